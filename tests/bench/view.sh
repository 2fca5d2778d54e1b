#!/bin/bash
# tests/bench/view.sh [BUILD]: frames of 400, 10,000 and 100,000 racks; seeking in a year; what a window costs the run that it shows.
build=${1:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
for racks in 100:20 2500:500 25000:5000; do # in each of four halls, and jobs an hour
    "$build/datahall" run tests/bench/view.xml -p racks="${racks%:*}" -p rate="${racks#*:}" -q --progress never -o "$tmp/a.h5"
    "$build/bench_view" "$tmp/a.h5"
done
"$build/datahall" run scenarios/examples/small-hall.xml --until '365 d' -q --progress never -o "$tmp/year.h5"
echo -n "a year, seeking: " && "$build/bench_view" "$tmp/year.h5"
# The run's own processor time with and without a window (SDL's dummy driver draws it all the same, 30 times a second and more).
for way in without with without with without with; do
    if [[ $way == with ]]; then
        SDL_VIDEODRIVER=dummy timeout -s TERM 60 "$build/datahall" run scenarios/examples/small-hall.xml --until '365 d' -q --progress never \
            -o "$tmp/year-$way.h5" --view --close
    else
        "$build/datahall" run scenarios/examples/small-hall.xml --until '365 d' -q --progress never -o "$tmp/year-$way.h5"
    fi
    /usr/bin/python3 -c 'import json, sys; print(sys.argv[2], "a window:", round(json.load(open(sys.argv[1]))["wall_s"], 2), "s")' "$tmp/year-$way.perf.json" "$way"
done
cmp "$tmp/year-with.h5" "$tmp/year-without.h5" && echo "and the same bytes"
