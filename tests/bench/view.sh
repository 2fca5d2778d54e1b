#!/bin/bash
# tests/bench/view.sh [BUILD [PART...]]: how long frames of the view take (parts `frames`, `window`), how a year is replayed (`year`), what a
# window costs the run that it shows (`cost`), how long pictures take (`pictures`). All of them where none is named.
build=${1:-build}
parts=${*:2}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
run() { "$build/datahall" run "$@" -q --progress never; }
busy() { echo "load of this machine: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"; }

# 400, 10,000 and 100,000 racks, with some jobs on them; and the main example.
results() {
    local racks
    for racks in 100:20 2500:500 25000:5000; do # in each of four halls, and jobs an hour
        [[ -s $tmp/${racks%:*}.h5 ]] || run tests/bench/view.xml -p racks="${racks%:*}" -p rate="${racks#*:}" -o "$tmp/${racks%:*}.h5"
    done
    [[ -s $tmp/example.h5 ]] || run scenarios/examples/ashburn-24mw.xml --until '30 d' -o "$tmp/example.h5"
}

frames() {
    local r
    results
    for r in 100 2500 25000 example; do
        busy
        "$build/bench_view" frames "$tmp/$r.h5"
    done
    echo "for information:"
    "$build/bench_view" frames "$tmp/example.h5" 3840x2160
}

# With presenting; SDL's dummy driver, and X11 where Xvfb is installed.
window() {
    results
    busy
    echo "SDL's dummy driver:"
    SDL_VIDEODRIVER=dummy "$build/bench_view" window "$tmp/example.h5"
    if command -v xvfb-run >/dev/null; then
        echo "X11 (Xvfb):"
        SDL_VIDEODRIVER=x11 xvfb-run -a -s '-screen 0 1920x1080x24' "$build/bench_view" window "$tmp/example.h5"
    fi
}

year() {
    run scenarios/examples/ashburn-24mw.xml --until '365 d' -o "$tmp/year.h5"
    busy
    "$build/bench_view" seek "$tmp/year.h5"
    for tab in floor power cooling network work; do # a month a second
        "$build/bench_view" play "$tmp/year.h5" "$tab" 2628000 12
    done
}

# The same run without and with a window, in turn: its own thread's processor time and wall time.
cost() {
    local turns=$1 name=$2 turn way
    shift 2
    busy
    for ((turn = 0; turn < turns; turn++)); do
        for way in without with; do
            if [[ $way == with ]]; then
                SDL_VIDEODRIVER=dummy run "$@" -o "$tmp/$name-$way.h5" --view --close
            else
                run "$@" -o "$tmp/$name-$way.h5"
            fi
            cp "$tmp/$name-$way.perf.json" "$tmp/$name-$way-$turn.json"
        done
    done
    /usr/bin/python3 - "$name" "$turns" "$tmp" <<'EOF'
import json, statistics, sys
name, turns, tmp = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for key in ("run_cpu_s", "wall_s"):
    a, b = ([json.load(open(f"{tmp}/{name}-{way}-{t}.json"))[key] for t in range(turns)] for way in ("without", "with"))
    print(f"{name}: {key} {statistics.median(a):.2f} without, {statistics.median(b):.2f} with a window, "
          f"{100 * (statistics.median(b) / statistics.median(a) - 1):+.1f} % (least: {min(a):.2f}, {min(b):.2f}, {100 * (min(b) / min(a) - 1):+.1f} %); {turns} times each, in turn")
EOF
    cmp "$tmp/$name-with.h5" "$tmp/$name-without.h5" && echo "$name: and the same bytes"
}

costs() {
    cost 5 small-hall-year scenarios/examples/small-hall.xml --until '365 d'
    cost 5 example-30-days scenarios/examples/ashburn-24mw.xml --until '30 d'
    cost 3 racks-10000 tests/bench/view.xml -p racks=2500 -p rate=500 --until '2 d'
}

pictures() {
    results
    busy
    time "$build/datahall" view "$tmp/example.h5" --frames "$tmp/frames" --every '12 h'
}

for part in ${parts:-frames window year cost pictures}; do
    case $part in
    cost) costs ;;
    frames | window | year | pictures) "$part" ;;
    *) echo "no such part: $part" >&2 && exit 2 ;;
    esac
done
