#!/bin/bash
# Help, man pages, completion, suggestions, wrong usage.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash

usage() { gives 2 "$datahall" "$@" && silent out; }

is "help goes to standard output" gives 0 "$datahall" help
is "help is on standard output alone" silent err
is "no command is wrong usage" usage
is "unknown command suggests the nearest" eval 'usage rnu && says err "did you mean .run"'
is "unknown command without a near one points to help" eval 'usage frobnicate && says err "datahall help"'
is "unknown option suggests the nearest" eval 'usage run --jsn x.xml && says err "did you mean .--json"'
is "unknown letter is refused" usage run -Z x.xml
is "missing value is refused" eval 'usage run x.xml -o && says err "needs a value"'
is "value for a flag is refused" eval 'usage run --json=3 x.xml && says err "takes no value"'
is "word outside the list is refused" eval 'usage run --progress=loud x.xml && says err "one of auto,always,never,json"'
is "missing argument is refused" usage run
is "superfluous argument is refused" eval 'usage version x && says err "does not know what to do with"'
is "threads must be a number" usage run --threads many x.xml
is "bad limit is refused before the run" eval 'usage run --fail-if "energy.puue > 1" x.xml && says err "did you mean .energy.pue"'
is "limit with a foreign unit is refused" usage run --fail-if "energy.pue > 3 kW" x.xml
is "unknown template suggests" eval 'usage init gpu-hal && says err "did you mean .gpu-hall"'
is "unknown predict kind is refused" usage predict horoscope -i x.csv
is "version" eval 'gives 0 "$datahall" version && says out "^datahall [0-9]+\.[0-9]+\.[0-9]+$"'
is "--version is the same" eval 'gives 0 "$datahall" --version && says out "^datahall "'

for command in init check run report info export recover import predict help version; do
    is "help $command" eval "gives 0 \"\$datahall\" help $command && says out '^usage: datahall $command'"
    is "$command --help" eval "gives 0 \"\$datahall\" $command --help && says out '^usage: datahall $command'"
done
is "help of an unknown command suggests" eval 'usage help repor && says err "did you mean .report"'
is "no help line is wider than 100" eval '! for c in "" run report export; do "$datahall" help $c; done | grep -E ".{101}"'

for page in man man-scenario; do
    if command -v man >/dev/null; then
        "$datahall" help --$page >"$tmp/page.man"
        is "$page formats without a warning" eval 'gives 0 env LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -l "$tmp/page.man" && silent err'
    else
        tests=$((tests + 1))
        echo "ok $tests - $page formats without a warning # SKIP no man here"
    fi
done
"$datahall" help --man >"$tmp/page.man"
is "man page has every exit status" eval 'for s in 0 1 2 65 66 69 70 71 74 130 143; do grep -qx "\.B $s" "$tmp/page.man" || exit 1; done'
is "scenario page knows every unit it names" eval '"$datahall" help --man-scenario | grep -q "case..sensitive"'
is "schema is well-formed" eval '"$datahall" help --xsd >"$tmp/scenario.xsd" && xmllint --noout "$tmp/scenario.xsd"'

# complete WORD...: what the completion offers for the last word.
complete_words() {
    bash -c 'set -eu; . "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; set +eu; _datahall; printf "%s\n" "${COMPREPLY[@]}"' \
        - "$tmp/bash" "$@"
}
"$datahall" help --bash >"$tmp/bash"
touch "$tmp/one.xml" "$tmp/two.h5"
is "completion loads in bash" bash -n "$tmp/bash"
is "completion offers commands" eval '[[ $(complete_words datahall re | tr "\n" " ") == "report recover " ]]'
is "completion offers options" eval 'complete_words datahall run --s | grep -qx -- "--seed="'
is "completion offers words" eval '[[ $(complete_words datahall run --progress = j) == json ]]'
is "completion offers scenarios to run" eval '[[ $(cd "$tmp" && complete_words datahall run o) == one.xml ]]'
is "completion offers results to report" eval '[[ $(cd "$tmp" && complete_words datahall report "") == two.h5 ]]'
is "completion offers commands to help" eval 'complete_words datahall help ex | grep -qx export'

is "full standard output is an I/O error" eval '"$datahall" help --man >/dev/full 2>/dev/null; [[ $? == 74 ]]'
done_testing
