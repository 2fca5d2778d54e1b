#!/bin/bash
# Power swings of a scenario's training jobs in its summary, against figures done by hand; none where none is said.
build=${1:-build}
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
run() { "$build/datahall" run "$@" --until 4d -o "$out/a.h5" --json >"$out/a.json" 2>/dev/null; }
run scenarios/examples/gb200-pod.xml --set '//swing/@floor=0' || { echo "not ok 1 - run"; exit 1; }
/usr/bin/python3 - "$out/a.json" <<'EOF'
import json, sys
s = json.load(open(sys.argv[1]))["swing"]
gpus = s["gpus"]
# training 1040 W, idle 200 W, 80 % computing, 0.3 of that activity in the rest; iterations of 2 s, edges of 50 ms
step = (1040 - 200) * 0.7 / (0.8 + 0.2 * 0.3) * gpus * 1e-6
flat = step * 1e6 * 2 * 0.8 * 0.2
share = 65 * gpus / flat
n = 0
for name, want in [("mw", step), ("max_ramp_mw_per_s", step / 0.05), ("flat_kwh", flat / 3.6e6),
                   ("residual_mw", step * (1 - share)), ("cost_kw", 0.05 * share * flat / 2 / 1000)]:
    n += 1
    good = abs(s[name] - want) <= 1e-9 * want
    print("%sok %d - swing.%s is %g, by hand %g" % ("" if good else "not ", n, name, s[name], want))
EOF
run scenarios/examples/gb200-pod.xml --set '//swing/@floor=0.9' --set '//swing/@storage=0 J' &&
    /usr/bin/python3 - "$out/a.json" <<'EOF'
import json, sys
s = json.load(open(sys.argv[1]))["swing"]
high = 200 + 840 / 0.86
low = 200 + 0.3 * 840 / 0.86
good = abs(s["cost_kw"] - 0.2 * (0.9 * high - low) * s["gpus"] / 1000) < 1e-9 * s["cost_kw"]
good = good and abs(s["residual_mw"] - 0.1 * high * s["gpus"] * 1e-6) < 1e-9
print("%sok 6 - a floor of nine tenths leaves a tenth of the power while computing" % ("" if good else "not "))
EOF
run scenarios/examples/small-hall.xml
grep -q '"swing"' "$out/a.json" && echo -n "not "
echo "ok 7 - nothing is said of swings that are not modelled"
echo 1..7
