#!/bin/bash
# tests/validation/collectives_data.sh BUILD: textbook collectives against the table of exact answers in ../shared/data.
set -u
build=${1:-build} data=${DATAHALL_SHARED:-../shared}/data
if [[ ! -d $data/oracles ]]; then
    echo "ok - textbook collectives # SKIP no $data/oracles"
    exit 0
fi
${CC:-cc} -std=c17 -D_GNU_SOURCE -ffp-contract=off -O2 -Wall -Wextra -I. -Isim/include -o "$build/collectives_data" \
    tests/validation/collectives_data.c "$build/libdatahall.a" -lm -lz || { echo "not ok - collectives_data builds"; exit 1; }
"$build/collectives_data" "$data"
