#!/bin/bash
# run, report, info, export: what comes out, where, and with which status.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
repo=$PWD
escape=$(printf '\033')
scenario=$repo/scenarios/examples/small-hall.xml
json() { /usr/bin/python3 -c "import json, sys; d = json.load(open(sys.argv[1])); assert $2, d" "$tmp/$1"; }

cd "$tmp" || exit 1
is "run succeeds" gives 0 "$datahall" run "$scenario"
is "report is on standard output" says out '^ENERGY'
is "the end says where the result is" says err '^result: small-hall-1.h5'
is "result has the default name" test -s small-hall-1.h5
is "no .part is left" test ! -e small-hall-1.h5.part
is "performance is beside it" eval '/usr/bin/python3 -c "import json; d = json.load(open(\"small-hall-1.perf.json\")); assert d[\"events\"] > 0 and 0 < d[\"run_cpu_s\"] <= d[\"cpu_s\"] + 0.001 and d[\"peak_rss_bytes\"] > 1e6"'
cp out report-of-run
is "progress without a terminal is at most a line per 10 %" eval '[[ $(grep -c "ETA" err) -le 11 ]]'
is "report of the file is the report of the run" eval 'gives 0 "$datahall" report small-hall-1.h5 && cmp out report-of-run'
is "report fits 100 columns" eval '! grep -E ".{101}" report-of-run'
is "report has no colour off a terminal" eval '! grep -q "$escape" report-of-run'
is "report knows no NaN" eval '! grep -iw nan report-of-run'

is "run --json" gives 0 "$datahall" run "$scenario" --json -o a.h5 -q
is "is JSON with the core keys" json out 'd["scenario"]["name"] == "small-hall" and d["energy"]["pue"] > 1 and d["jobs"]["submitted"] > 0 and d["performance"]["wall_s"] > 0'
is "quiet says nothing else" silent err
cp out run.json
is "report --json" gives 0 "$datahall" report a.h5 --json
is "equals run --json but for performance" /usr/bin/python3 -c 'import json; a = json.load(open("run.json")); a.pop("performance"); assert a == json.load(open("out"))'
is "key order is the same" /usr/bin/python3 -c 'import json; a = json.load(open("run.json")); a.pop("performance"); assert json.dumps(a) == json.dumps(json.load(open("out")))'
is "books close" json run.json 'all(abs(v) <= 1e-9 for v in d["audit"].values()) and len(d["audit"]) >= 4'
is "energy adds up" json run.json 'abs(d["energy"]["facility_kwh"] / d["energy"]["it_kwh"] - d["energy"]["pue"]) < 1e-9'
is "cost adds up" json run.json '"cost" not in d or "total" not in d["cost"] or abs(sum(d["cost"].get(k, 0) for k in "energy demand fixed capex maintenance staff software water cloud egress carbon".split()) / d["cost"]["total"] - 1) < 1e-9'
is "every key of the summary is in the table" eval '"$datahall" report a.h5 --csv | cut -d, -f1 | tail -n +2 >keys && /usr/bin/python3 - "$repo/output/summary_keys.def" <<EOF
import re, sys
patterns = re.findall(r"^(?:KEY|METRIC)\(\"([^\"]+)\"", open(sys.argv[1]).read(), re.M)
rules = [re.compile("^" + re.escape(p).replace(r"\.N\.", r"\.[0-9]+\.").replace(r"\*", "[^.]+") + "$") for p in patterns]
bad = [k for k in open("keys").read().split() if not any(r.match(k) for r in rules)]
assert not bad, bad
EOF'
is "two runs give the same bytes" cmp small-hall-1.h5 a.h5
is "another seed gives another result" eval 'gives 0 "$datahall" run "$scenario" --seed 2 -q && test -s small-hall-2.h5 && ! cmp -s small-hall-2.h5 a.h5'
is "--threads changes nothing" eval 'gives 0 "$datahall" run "$scenario" --threads 2 -q -o t.h5 && cmp t.h5 a.h5'
is "--until shortens" eval 'gives 0 "$datahall" run "$scenario" --until "6 h" -q --json -o u.h5 && json out "abs(d[\"scenario\"][\"duration_s\"] - 21600) < 1"'
is "--until idle ends with the last job" eval 'gives 0 "$datahall" run "$scenario" --until idle -q --json -o i.h5 && json out "d[\"jobs\"].get(\"queued\", 0) == 0 and d[\"jobs\"].get(\"running\", 0) == 0"'
is "bad --until is wrong usage" gives 2 "$datahall" run "$scenario" --until tomorrow -o x.h5
is "bad --seed is wrong usage" gives 2 "$datahall" run "$scenario" --seed -1.5 -o x.h5
is "--no-output writes nothing" eval 'mkdir none && (cd none && gives 0 "$datahall" run "$scenario" --no-output -q && [[ -z $(ls) ]])'

is "--fail-if that holds is 1" eval 'gives 1 "$datahall" run "$scenario" -q -o f.h5 --fail-if "energy.pue > 1" && says err "energy.pue is .*E-FAIL-IF"'
is "the result is kept all the same" test -s f.h5
is "--fail-if that does not hold is 0" gives 0 "$datahall" run "$scenario" -q -o f.h5 --fail-if 'energy.peak_facility_kw > 24 MW' --fail-if 'energy.pue < 1'
is "report --fail-if" gives 1 "$datahall" report f.h5 -q --fail-if 'energy.it_kwh >= 1 kWh'

is "--dry-run prints the effective scenario" eval 'gives 0 "$datahall" run --dry-run "$scenario" && says out "<scenario " && says err "racks" && says err "SHA-256"'
cp out effective.xml
is "which is valid itself" gives 0 "$datahall" check effective.xml
is "and a fixed point" eval 'gives 0 "$datahall" run --dry-run effective.xml && cmp out effective.xml'
is "--dry-run runs nothing" test ! -e small-hall-1.h5.part

is "progress as JSON" eval 'gives 0 "$datahall" run "$scenario" --progress json -q --no-output && [[ ! -s err ]] || /usr/bin/python3 -c "import json; [json.loads(l) for l in open(\"err\")]"'
is "missing scenario is 66" gives 66 "$datahall" run none.xml
is "missing job log is 66" gives 66 "$datahall" run "$scenario" --jobs none.csv
is "folder that does not exist is 74" eval 'gives 74 "$datahall" run "$scenario" -q -o nowhere/a.h5 && says err "nowhere/a.h5"'
printf 'id,submit_s,duration_s,gpus\na,0,60,8\nb,10,60,16\nc,20,30,1000000\n' >jobs.csv
is "--jobs replaces the workload" eval 'gives 0 "$datahall" run "$scenario" --jobs jobs.csv:csv --until idle -q --json -o j.h5 && json out "d[\"jobs\"][\"submitted\"] == 3 and d[\"jobs\"][\"completed\"] == 2"'
is "and the effective scenario says so, and is valid" eval 'gives 0 "$datahall" export j.h5 scenario && says out "<log href" && cp "$tmp/out" effective.xml && gives 0 "$datahall" check effective.xml' 
is "export jobs" eval 'gives 0 "$datahall" export j.h5 jobs && head -1 out | grep -qx "id,submit_s,start_s,end_s,wait_s,gpus,nodes,placement,pool,state" && [[ $(cut -d, -f1 out | tr "\n" " ") == "id a b c " ]]'
is "export -o" eval 'gives 0 "$datahall" export j.h5 jobs -o jobs-out.csv && silent out && grep -q "^a," jobs-out.csv && test ! -e jobs-out.csv.part'
is "export scenario gives the effective XML" eval 'gives 0 "$datahall" export a.h5 scenario && grep -q "<scenario " out'
is "export of an unknown table is wrong usage" gives 2 "$datahall" export j.h5 horoscope
is "failed export leaves nothing" eval 'gives 2 "$datahall" export j.h5 horoscope -o h.csv; test ! -e h.csv -a ! -e h.csv.part'
is "info lists series with units" eval 'gives 0 "$datahall" info a.h5 && says out "facility_power_w" && says out "jobs"'
is "info --json is JSON" eval 'gives 0 "$datahall" info a.h5 --json && json out "d"'
is "report --csv" eval 'gives 0 "$datahall" report a.h5 --csv && head -1 out | grep -qx "key,value,unit" && says out "^energy.pue,"'
is "report --brief is shorter" eval 'gives 0 "$datahall" report a.h5 --brief && [[ $(wc -l <out) -lt $(wc -l <report-of-run) ]]'
is "report of something else is 65" eval 'echo no >no.h5; gives 65 "$datahall" report no.h5'
is "report of nothing is 66" gives 66 "$datahall" report none.h5
done_testing
