#!/bin/bash
# Random input, drawn as it comes: two results, both beside each other, and a run that goes on, in which things are done.
# VIEW_MONKEY: events each (1,000). tests/validation/view_monkey.sh has the long form, under sanitizers.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
monkey=$build/tools/monkey events=${VIEW_MONKEY:-1000}
examples=scenarios/examples

make_result() { gives 0 "$datahall" run "$examples/$1.xml" --until "$2" -q -o "$tmp/$1.h5" --seed "${3:-1}" && mv "$tmp/$1.h5" "$tmp/$1-${3:-1}.h5"; }
plays() { gives 0 "$monkey" "$events" "$@" && says out '^[0-9]+ events' && silent err; }
# plays_live SEED SCENARIO: some of what it does is possible
plays_live() { plays "$@" "$tmp/live.h5" && says out ' [1-9][0-9]* deeds'; }

for result in "small-hall 2&h" "shared-spine 20&min" ${VIEW_MONKEY:+"gb200-pod 1&h" "data-pipeline 12&h" "two-cords 3.2&h"}; do
    read -r name until <<<"$result"
    is "$name: a result" make_result "$name" "${until//&/ }"
    is "$name: random input" plays 1 "$tmp/$name-1.h5"
done
is "small-hall: another result" make_result small-hall '2 h' 2
is "two results" plays 2 "$tmp/small-hall-1.h5" "$tmp/small-hall-2.h5"
is "a run that goes on" plays_live 3 "$examples/hot-weather.xml"
done_testing
