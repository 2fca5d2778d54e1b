#!/bin/bash
# README.md tells the truth: the paths that it names are there, its scenario commands work as printed.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
paths() { grep -o '`[^` ]*`' README.md | tr -d '`' | grep -E '^(\.ci|sim|models|scenarios|output|viz|tests)/' | sort -u; }
is "README names paths" eval '[[ $(paths | wc -l) -ge 10 ]]'
for path in $(paths); do is "$path is there" test -e "$path"; done
targets() { grep -oE '`make [a-z-]+' README.md | cut -d' ' -f2 | sort -u; }
for target in $(targets); do is "make knows $target" grep -qE "^$target:" Makefile; done
for name in $(grep -oE 'make validate T=[a-z]+' README.md | sed 's/.*T=//' | sort -u); do
    is "there is a validation called $name" eval "ls tests/validation/*$name*.{py,sh} 2>/dev/null | grep -q ."
done

# The commands of "First result" and of the changes below it, in order, in an empty folder. Those of "On your own GPU"
# want one that is in the scenario; tests/cli/calibrate_*.py run them on what is there. A window wants a display.
grep -E '^    datahall ' README.md | grep -vE 'calibrate|my\.xml|view a\.(xml|h5) *#' | sed 's/ # .*//' >"$tmp/commands"
is "README has commands" eval '[[ $(wc -l <"$tmp/commands") -ge 6 ]]'
printf 'id,submit_s,duration_s,gpus\na,0,60,8\n' >"$tmp/mylog.csv"
echo '1|2026-07-01T00:00:00||2026-07-01T00:00:00|2026-07-01T00:01:00|60|5|COMPLETED|gpu|a|u|q||gres/gpu=8|n|' >"$tmp/slurm.txt"
echo '{"data":{"result":[{"metric":{"__name__":"DCGM_FI_DEV_POWER_USAGE","Hostname":"n","gpu":"0"},"values":[[1782864000,"300"]]}]}}' >"$tmp/week.json"
printf 'name,site,location,status,u_height\nA1,S,H,active,42\n' >"$tmp/racks.csv"
printf 'site,power_panel,location,rack,name,phase,voltage,amperage\nS,P,H,A1,F1,three-phase,415,80\n' >"$tmp/feeds.csv"
cat >"$tmp/study.xml" <<'XML'
<study xmlns="urn:datahall:scenario:1" scenario="a.xml"><vary path="//ups/@count" values="3|4"/></study>
XML
cat >"$tmp/wanted.xml" <<'XML'
<study xmlns="urn:datahall:scenario:1" scenario="a.xml"><vary path="//ups/@count" values="3|4"/><objective key="energy.facility_kwh"/>
<constraint key="energy.peak_facility_kw" op="at-most" value="1 MW"/><demand factors="none"/></study>
XML
cd "$tmp" || exit 1
datahall() { "$datahall" "$@"; }
while read -r command; do
    [[ $command == *compare* ]] && cp a.h5 b.h5 && cp a.h5 c.h5
    is "works as printed: $command" eval "( $command ) </dev/null >/dev/null 2>&1"
done <commands
done_testing
