#!/bin/bash
# tests/cli/facility_errors.sh BUILD: plants and weather that cannot be. Each is refused with one message that names the
# place and says what to do, with status 65, by `check` and by `run` alike, and leaves no result behind.
. tests/cli/tap.bash

# site ID POWER HALL: a scenario around them; $climate, $cooling may be set.
scenario() {
    cat >"$tmp/a.xml" <<X
<scenario xmlns="urn:datahall:scenario:1" name="bad">
  <import href="catalog:racks.xml"/><import href="catalog:climates.xml"/><import href="catalog:power.xml"/><import href="catalog:plants.xml"/>
  <horizon duration="2 d"/>
  ${climate:-}
  <site id="s" climate="${here:-ashburn}">
    <power>
      ${grid:-<utility id='grid' rated='1 MW'/>}
      $1
    </power>
    ${cooling:+<cooling>$cooling</cooling>}
    <hall id="h" ${hall:-}><row id="r" rack="dgx-h100-air" feed="grid"/></hall>
  </site>
</scenario>
X
}

# refused NAME CODE WORDS: one error with this code and these words, at a place, with a hint; nothing else.
refused() {
    local name=$1 code=$2 words=$3 command status
    for command in check "run -q -o $tmp/a.h5"; do
        "$datahall" $command "$tmp/a.xml" >"$tmp/out" 2>"$tmp/err"
        status=$?
        { [[ $status == 65 ]] && [[ $(grep -c 'error:' "$tmp/err") == 1 ]] && grep -qE "^[^ ]+:[0-9]+(:[0-9]+)?: error: " "$tmp/err" &&
          grep -q "\[$code\]" "$tmp/err" && grep -q -- "$words" "$tmp/err" && grep -q "^ *hint: " "$tmp/err" && [[ ! -e $tmp/a.h5 ]]; } ||
            { is "$name: ${command%% *}" sh -c "echo status $status; cat $tmp/err; false"; return; }
    done
    is "$name" true
}

bad() { # NAME CODE WORDS POWER
    scenario "$4"
    refused "$1" "$2" "$3"
}

# ---- the power tree
bad "a circle of two" E-CYCLE "circle\|itself" '<pdu id="a" feed="b" rated="1 MW"/><pdu id="b" feed="a" rated="1 MW"/>'
bad "a stage that feeds itself" E-CYCLE "circle\|itself" '<pdu id="a" feed="a" rated="1 MW"/>'
bad "a feed that is not there" E-DANGLING-REF "gird" '<pdu id="a" feed="gird" rated="1 MW"/>'
bad "a UPS of no capacity" E-RANGE "rated" '<ups id="a" feed="grid" rated="0 kW"/>'
bad "a UPS of no modules" E-RANGE "count" '<ups id="a" feed="grid" rated="1 MW" count="0"/>'
bad "a UPS whose modules are all redundant" E-RANGE "redundant" '<ups id="a" feed="grid" rated="1 MW" count="2" redundant="2"/>'
bad "an efficiency above 1" E-RANGE "efficiency" '<ups id="a" feed="grid" rated="1 MW"><loss efficiency="1.04"/></ups>'
bad "a loss without its curve" E-MISSING "efficiency\|curve\|'a'" '<ups id="a" feed="grid" rated="1 MW"><loss b="0.01"/></ups>'
grid='<utility id="grid" rated="0 MW"/>' bad "a grid of no capacity" E-RANGE "rated" ''
bad "generators that wait for more sets than there are" E-RANGE "closes-with\|sets" '<generator id="g" rated="1 MW" count="2" closes-with="3"/>'
bad "a breaker that trips at once below what it carries" E-RANGE "at once" '<pdu id="a" feed="grid" rated="1 MW"><breaker trip="2" instant="1.5"/></pdu>'
bad "a battery of no energy" E-RANGE "energy" '<ups id="a" feed="grid" rated="1 MW"><loss a="0.01"/><ups-battery energy="0 kWh"/></ups>'
bad "an inverter of an efficiency above 1" E-RANGE "inverter" '<ups id="a" feed="grid" rated="1 MW"><loss a="0.01"/><ups-battery energy="9 kWh" inverter="1.1"/></ups>'

# doubtful NAME WORDS POWER: valid, with one warning that says so and what to do.
doubtful() {
    scenario "$3"
    "$datahall" check "$tmp/a.xml" >"$tmp/out" 2>"$tmp/err"
    local status=$?
    if [[ $status == 0 && $(grep -c 'warning:' "$tmp/err") == 1 ]] && grep -q "\[W-VALUE\]" "$tmp/err" && grep -q -- "$2" "$tmp/err" && grep -q "^ *hint: " "$tmp/err"; then
        is "$1" true
    else
        is "$1" sh -c "echo status $status; cat $tmp/err; false"
    fi
}
doubtful "a UPS without a loss" "no loss" '<ups id="a" feed="grid" rated="1 MW"/>'
doubtful "a battery that cannot carry its module" "gives 28.8 kW at most" '<ups id="a" feed="grid" rated="1 MW"><loss a="0.01"/><ups-battery energy="5 kWh"/></ups>'
doubtful "a switch that is none" "several feeds" '<pdu id="a" feed="grid" takeover="5 s" rated="1 MW"/>'
bad "a loss of two forms" E-VALUE "both forms" '<ups id="a" feed="grid" rated="1 MW"><loss a="0.01" efficiency="0.9"/></ups>'
bad "a loss that gives" E-RANGE "energy from nothing" '<ups id="a" feed="grid" rated="1 MW"><loss a="0.01" b="-0.1"/></ups>'
bad "eco mode without a loss" E-MISSING "none" '<ups id="a" feed="grid" rated="1 MW"><eco-mode a="0.01"/></ups>'
# ---- cooling
cooling='<chiller-plant id="c" feed="grid" capacity="0 kW"/>' bad "a chiller of no capacity" E-RANGE "capacity" ''
cooling='<chiller-plant id="c" feed="grid" capacity="1 MW" machine="nobodys"/>' bad "a chiller without its curves" E-DANGLING-REF "nobodys" ''
cooling='<chiller-plant id="c" feed="grid" capacity="1 MW"/>' hall='plant="c" fan-efficiency="1.2"' bad "fans of an efficiency above 1" E-RANGE "fan-efficiency" ''
cooling='<chiller-plant id="c" feed="grid" capacity="1 MW"><heat-reuse capacity="1 kW" full-at="20 degC"/></chiller-plant>' bad "heating wanted in summer" E-RANGE "full-at" ''
cooling='<chiller-plant id="c" feed="grid" capacity="1 MW"><free-cooler capacity="0 W"/></chiller-plant>' bad "a free cooler of no capacity" E-RANGE "capacity" ''
cooling='<chiller-plant id="c" feed="grid" capacity="1 MW" supply="15 degC" supply-highest="10 degC"/>' bad "a reset downwards" E-RANGE "supply-highest" ''
cooling='<chiller-plant id="c" feed="grid" capacity="1 MW" tank="20 m3"/>' scenario ''
sed -i 's/<cooling>/<cooling fidelity="map">/' "$tmp/a.xml"
refused "a tank in a plant without minutes" E-VALUE "tank"
# ---- sources of the site's own
bad "a battery of no capacity" E-RANGE "energy" '<storage id="b" feed="grid" energy="0 kWh" rated="1 MW"/>'
bad "a battery that gives more than it took" E-RANGE "charge-efficiency" '<storage id="b" feed="grid" energy="1 MWh" rated="1 MW" charge-efficiency="1.1"/>'
bad "a battery that may not hold anything" E-RANGE "lowest" '<storage id="b" feed="grid" energy="1 MWh" rated="1 MW" lowest-charge="0.9" highest-charge="0.8"/>'
bad "a battery without its target" E-MISSING "target" '<storage id="b" feed="grid" energy="1 MWh" rated="1 MW" policy="peak"/>'
bad "a turbine of an efficiency above 1" E-RANGE "efficiency" '<turbine id="t" feed="grid" rated="1 MW" efficiency="1.5"/>'
bad "panels under a sky that is not known" E-MISSING "irradiance" '<solar id="p" feed="grid" rated="1 MW"/>'
bad "a request at no hour" E-VALUE "25" '<signal id="g" limit="1 MW" hours="16-25"/>'
bad "a battery by prices without a tariff" E-MISSING "tariff" '<storage id="b" feed="grid" energy="1 MWh" rated="1 MW" policy="price" charge-below="1 USD/kWh" discharge-above="2 USD/kWh"/>'
bad "a turbine by prices without a tariff" E-MISSING "tariff" '<turbine id="t" feed="grid" rated="1 MW" policy="price"/>'
bad "a request that begins and never ends" E-MISSING "belong together" '<signal id="g" limit="1 MW" start="2026-07-14T15:00:00Z"/>'
bad "a payment for less than nothing in particular" E-MISSING "baseline" '<signal id="g" limit="1 MW" payment="1 USD/kWh"/>'
# ---- the last of too many errors has no hint that belongs to another
scenario "$(for i in $(seq 60); do echo "<ups id='u$i' feed='grid' rated='1 MW' count='2' redundant='2'><loss a='0.01'/></ups>"; done)"
"$datahall" check "$tmp/a.xml" >"$tmp/out" 2>"$tmp/err"
is "too many errors: each with its hint, the end without one" sh -c "grep -q 'stopped after' '$tmp/err' && ! grep -A3 'stopped after' '$tmp/err' | grep -q 'hint:' &&
    [ \$(grep -c 'hint: ' '$tmp/err') -ge \$((\$(grep -c 'error:' '$tmp/err') - 2)) ]"
# ---- weather
weather() { # AWK-CONDITION: hours of 2026 from 1 January; where it holds the row is left out
    awk 'BEGIN { print "time,dry_bulb_degc,relative_humidity"
        split("31 28 31", days); h = 0
        for (m = 1; m <= 3; m++) for (d = 1; d <= days[m]; d++) for (i = 0; i < 24; i++) { h++; if (!('"$1"'))
            printf "2026-%02d-%02dT%02d:00:00Z,%g,0.5\n", m, d, i, 10 + i / 4 } }' >"$tmp/w.csv"
}
climate='<climate id="here" csv="w.csv"/>' here=here
weather 'h > 500 && h <= 580'
bad "weather with a hole of 80 hours" E-DATA "80 hours on end" ''
weather 'h % 8 == 3'
bad "weather with an eighth of its hours missing" E-DATA "missing in" ''
weather '0'
bad "panels under weather without irradiance" E-DATA "irradiance" '<solar id="p" feed="grid" rated="1 MW"/>'
sed -i 's/relative_humidity/humidity/' "$tmp/w.csv"
bad "weather without humidity" E-MISSING "relative_humidity\|dew_point" ''
weather 'h > 500 && h <= 570'
scenario ''
is "a hole of 70 hours is filled, and told" sh -c "'$datahall' run '$tmp/a.xml' --no-output --json --progress never 2>'$tmp/err' >'$tmp/out' &&
    grep -q '70 from neighbouring days' '$tmp/err' && grep -q '\"filled_hours\": 70' '$tmp/out' && grep -q '70 from neighbouring days' '$tmp/out'"
# ---- powers beyond what can be told are refused; the largest plans are not
campus() { # COUNT of racks, their cooling too, behind supplies and two levels of transformers of a gigawatt
    cat >"$tmp/c.xml" <<EOF
<scenario xmlns="urn:datahall:scenario:1" name="campus"><import href="catalog:racks.xml"/><import href="catalog:power.xml"/>
<import href="catalog:plants.xml"/><import href="catalog:climates.xml"/><horizon duration="1 h"/><site id="s" climate="ashburn"><power>
<utility id="grid" rated="1.6 GW"/><transformer id="hv" base="transformer-mv-lv" feed="grid" rated="100 MW" count="16"/>
<transformer id="mv" base="transformer-mv-lv" feed="hv" count="640"/><ups id="ups" base="ups-double-conversion" feed="mv" count="800"/></power>
<cooling><chiller-plant id="cp" base="chiller-tower-economizer" feed="ups" capacity="1.2 GW"/></cooling>
<hall id="h" plant="cp"><row id="r" rack="dgx-h100-air" count="$1" feed="ups"/></hall></site></scenario>
EOF
}
campus 20000
is "a campus of a gigawatt is accepted" "$datahall" check "$tmp/c.xml"
sed -i 's/feed="mv" count="800"/feed="mv" rated="1 kW" count="1"/' "$tmp/c.xml"
is "one behind supplies of a kilowatt is refused, with one message" sh -c "'$datahall' check '$tmp/c.xml' 2>'$tmp/err'; [ \$? -eq 65 ] && [ \$(grep -c 'error:' '$tmp/err') -eq 1 ] && grep -q 'powers up to' '$tmp/err'"
done_testing
