#!/bin/bash
# tests/validation/cooling_data.sh BUILD: cooling models against the reference files of ../shared/data/facility.
set -u
build=${1:-build} data=${DATAHALL_SHARED:-../shared}/data
if [[ ! -d $data/facility ]]; then
    echo "ok - cooling reference data # SKIP no $data/facility"
    exit 0
fi
for program in cooling_data chiller_tower_data; do
    ${CC:-cc} -std=c17 -D_GNU_SOURCE -ffp-contract=off -O2 -Wall -Wextra -I. -Isim/include -o "$build/$program" \
        "tests/validation/$program.c" "$build/libdatahall.a" -lm -lz || { echo "not ok - $program builds"; exit 1; }
    "$build/$program" "$data" || exit 1
done
