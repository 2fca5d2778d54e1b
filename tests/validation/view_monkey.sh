#!/bin/bash
# tests/cli/view_monkey.sh with 100,000 events of each kind under address and undefined behaviour sanitizers, whose programs are
# built where BUILD has none; VALIDATE=quick: make test has done a few.
if [[ ${VALIDATE:-} == quick ]]; then
    echo "ok 1 - 100,000 random events # SKIP tests/cli/view_monkey.sh is the quick form"
    echo 1..1
    exit 0
fi
san=$1
if ! grep -qaE __asan_init "$1/datahall"; then
    san=$1/monkey
    make -s -j"$(nproc)" B="$san" SAN=address,undefined CFLAGS="-O1 -g" "$san/datahall" "$san/tools/monkey" >&2 || exit
fi
VIEW_MONKEY=${VIEW_MONKEY:-100000} exec tests/cli/view_monkey.sh "$san"
