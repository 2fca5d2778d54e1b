#!/bin/bash
# Jobs with phases: energy of each phase in turn, also when the clock stretches them; shares that do not add up.
build=${1:-build}
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
phases() { # SHARE-OF-THE-FIRST
    cat <<EOF
<scenario xmlns="urn:datahall:scenario:1" name="phases"><horizon duration="2 h"/>
<device id="g" idle="100 W" tdp="500 W"/><node id="n" device="g" gpus="2" cpu-idle="10 W" cpu-max="110 W"/>
<rack-type id="r" node="n" nodes="1" rated="2 kW"/>
<site id="s"><power><utility id="u" rated="${2:-1 MW}"/></power><hall id="h"><row id="w" rack="r" feed="u"/></hall></site>
<workload><jobs id="j" arrival="regular" rate="1 1/d" duration="constant" mean="1 h" count="1">
<size gpus="2" share="1"/><phase share="$1" gpu-util="1" cpu-util="1"/><phase share="0.5" gpu-util="0.25" cpu-util="0"/>
<phase share="0.25" gpu-util="0" cpu-util="0.5"/></jobs></workload></scenario>
EOF
}
phases 0.25 >"$out/a.xml"
"$build/datahall" run "$out/a.xml" -o "$out/a.h5" --json >"$out/a.json" 2>"$out/log" &&
    /usr/bin/python3 - "$out/a.json" "$out/a.h5" <<'EOF'
import json, sys
import h5py
got = json.load(open(sys.argv[1]))["energy"]["it_kwh"]
# idle 210 W for two hours; above it 800 + 100 W, 200 W, 50 W for a quarter, a half, a quarter of an hour
want = (210 * 2 + 900 * 0.25 + 200 * 0.5 + 50 * 0.25) / 1000
print("%sok 1 - energy of three phases is %g kWh, by hand %g" % ("" if abs(got - want) < 1e-12 else "not ", got, want))
with h5py.File(sys.argv[2]) as f:
    p = f["facility/it_power_w"][:]
good = (p[:15] == 1110).all() and (p[15:45] == 410).all() and (p[45:60] == 260).all() and (p[60:] == 210).all()
print("%sok 2 - power steps at the quarter, at three quarters, at the end" % ("" if good else "not "))
EOF
phases 0.3 >"$out/b.xml"
"$build/datahall" check "$out/b.xml" 2>"$out/b.log"
[[ $? == 65 ]] && grep -q 'shares of the phases add up to 1.05' "$out/b.log" || echo -n "not "
echo "ok 3 - phases that do not add up to a whole are refused"
echo 1..3
