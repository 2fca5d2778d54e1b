#!/bin/bash
# init and check: templates are valid, mistakes are found where they are, with what was meant.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
escape=$(printf '\033')

is "templates are listed" eval 'gives 0 "$datahall" init --list && [[ $(wc -l <"$tmp/out") -ge 3 ]]'
mapfile -t templates < <("$datahall" init --list | awk '{print $1}')
for name in "${templates[@]}"; do
    "$datahall" init "$name" >"$tmp/$name.xml"
    is "template $name has comments" grep -q '<!--' "$tmp/$name.xml"
    is "template $name is valid" eval "gives 0 \"\$datahall\" check '$tmp/$name.xml' && says out 'valid'"
    is "template $name runs, and its report says so" eval "gives 0 \"\$datahall\" run '$tmp/$name.xml' --no-output && says out '^WITHIN LIMITS' && says out '^  Jobs '"
done
is "init prints the first template" eval '"$datahall" init | cmp - "$tmp/${templates[0]}.xml"'
is "init -o writes a new file" gives 0 "$datahall" init -o "$tmp/new.xml"
is "init -o never overwrites" gives 74 "$datahall" init -o "$tmp/new.xml"
for scenario in scenarios/examples/*.xml; do
    is "$(basename "$scenario") is valid" gives 0 "$datahall" check "$scenario"
done

base=scenarios/examples/small-hall.xml
sed 's/rated="600 kW"/rated="600 kWh"/' "$base" >"$tmp/unit.xml"
line=$(grep -n '600 kWh' "$tmp/unit.xml" | cut -d: -f1)
is "energy for power is refused with its place" eval "gives 65 \"\$datahall\" check '$tmp/unit.xml' && says err 'unit.xml:$line:[0-9]+: error: .*E-UNIT'"
is "the source line is shown" says err '^ +.*rated="600 kWh"'
is "with a caret under the attribute" eval "awk '/600 kWh/ {l = \$0; getline; c = index(\$0, \"^\"); print substr(l, c, 12)}' '$tmp/err' | grep -qE 'rated|600'"
sed 's/<cooling>/<coolling>/; s/<\/cooling>/<\/coolling>/' "$base" >"$tmp/name.xml"
is "misspelt element suggests" eval "gives 65 \"\$datahall\" check '$tmp/name.xml' && says err \"did you mean 'cooling'\""
sed 's/feed="tx" rated/feed="txx" rated/' "$base" >"$tmp/ref.xml"
is "reference to nothing is refused" eval "gives 65 \"\$datahall\" check '$tmp/ref.xml' && says err 'E-DANGLING-REF'"
is "json names file, line and code" eval "gives 65 \"\$datahall\" check --format json '$tmp/unit.xml' && /usr/bin/python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
m = d[0][\"messages\"][0]
assert not d[0][\"valid\"] and m[\"code\"] == \"E-UNIT\" and m[\"line\"] == $line and m[\"column\"] > 0, d
' '$tmp/out'"
is "json of a valid file" eval "gives 0 \"\$datahall\" check --format json '$base' && /usr/bin/python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))[0][\"valid\"]' '$tmp/out'"
is "missing file is 66" gives 66 "$datahall" check "$tmp/none.xml"
is "one bad file among good ones is found" eval "gives 65 \"\$datahall\" check '$base' '$tmp/ref.xml' && says out 'small-hall.xml: valid'"
is "no colour when not a terminal" eval '! grep -q "$escape" "$tmp/err"'
is "colour on demand" eval "gives 65 \"\$datahall\" check --color always '$tmp/ref.xml' && grep -q '$escape' '$tmp/err'"
is "--set reaches any attribute" gives 0 "$datahall" check "$base" --set '//utility/@rated=700 kW'
is "--set that matches nothing is wrong usage" gives 2 "$datahall" check "$base" --set '//nothing/@rated=700 kW'
is "--set is checked like the file" gives 65 "$datahall" check "$base" --set '//utility/@rated=700 kWh'
is "--param without such a parameter is wrong usage" gives 2 "$datahall" check "$base" --param nothing=1
"$datahall" init gpu-hall | sed 's/<row id="liquid"/<row id="air"/' >"$tmp/twice.xml"
is "a duplicate id is one message, whatever hangs on it" eval 'gives 65 "$datahall" check "$tmp/twice.xml" && [[ $(grep -c ": error: " "$tmp/err") == 1 ]]'
"$datahall" init gpu-hall | sed '/catalog:racks/d' >"$tmp/import.xml"
is "a forgotten import is named" eval 'gives 65 "$datahall" check "$tmp/import.xml" && says err "<import href=.catalog:racks.xml./>"'
size() { "$datahall" run "$1" --dry-run 2>&1 >/dev/null | sed -nE 's/.*result about ([0-9.]+) kB.*/\1/p'; }
is "the estimate of the file is near" eval '"$datahall" run scenarios/examples/small-hall.xml -q -o "$tmp/small.h5" && /usr/bin/python3 -c "import os, sys; r = 1e3 * float(sys.argv[1]) / os.path.getsize(sys.argv[2]); assert 0.7 < r < 1.5, r" "$(size scenarios/examples/small-hall.xml)" "$tmp/small.h5"'
done_testing
