#!/bin/bash
# A published machine without reference files: idle, peak and three replayed jobs, against its closed form.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
scenario=$PWD/scenarios/examples/frontier.xml
cd "$tmp" || exit 1
# near KEY W WITHIN: is this power or energy of the run, in W or Wh, what the closed form says?
near() { /usr/bin/python3 -c 'import json, sys; v = json.load(open("out"))["energy"][sys.argv[1]] * 1e3; assert abs(v - float(sys.argv[2])) <= float(sys.argv[3]), v' "$@"; }
head="id,submit_s,nodes,cpu_util,gpu_util,runtime_s,time_limit_s,actual_start_s"

# Node: 90 CPU + 4 x 88 GPU + 184.26 = 626.26 W; (626.26 + 13) / .98 = 652.306122 W at its converter. System:
# (9472 nodes + 592 chassis x 1000 W of switches + 2368 rectifiers x 17 W) / .96 + 25 x 8473.47 W of pumps.
is "idle" gives 0 "$datahall" run "$scenario" --no-output --json -q
is "is 7,306,524 W" near mean_facility_kw 7306524 1
# 280 + 4 x 560 + 184.26 = 2704.26 W; / .98 with its 13 W 2772.714286 W a node
printf '%s\n0,0,9472,1,4,7200,7200,0\n' "$head" >full.csv
is "every processor busy" gives 0 "$datahall" run "$scenario" --jobs full.csv:raps --until '1 h' --no-output --json -q
is "is 28,227,884 W" near mean_facility_kw 28227884 1
is "at any time" near peak_facility_kw 28227884 1

# Above idle a node draws (190 c + 472 g) / .98 / .96 W:
#   job a   100 nodes  c .5   g 2    3600 s from 600 s:     100 x 1039   / .9408 = 110,437.92517 W for 1 h
#   job b  9000 nodes  c 1    g 4    1800 s from 1800 s:   9000 x 2078   / .9408 = 19,878,826.53061 W for 1/2 h
#   job c     1 node   c 0    g 1    its last 600 s beyond the 2 h, 1200 s in: 472 / .9408 = 501.70068 W for 1/3 h
# 2 h idle 14,613,047.64966 Wh + 110,437.92517 + 9,939,413.26531 + 167.23356 = 24,663,066.07370 Wh
printf '%s\n' "$head" a,0,100,.5,2,3600,3600,600 b,30,9000,1,4,1800,1800,1800 c,40,1,0,1,1800,1800,6000 >three.csv
is "three jobs replayed" gives 0 "$datahall" run "$scenario" --jobs three.csv:raps --until '2 h' --json -q -o three.h5
is "need the energy by hand" near facility_kwh 24663066.07370 0.05
is "and start when they did" eval '[[ $("$datahall" export three.h5 jobs | cut -d, -f1,3,4 | tr "\n" " ") == "id,start_s,end_s a,600,4200 b,1800,3600 c,6000, " ]]'
done_testing
