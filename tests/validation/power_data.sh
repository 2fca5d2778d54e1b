#!/bin/bash
# tests/validation/power_data.sh BUILD: transformers and conversion curves against the reference files of
# ../shared/data/facility.
set -u
build=${1:-build} data=${DATAHALL_SHARED:-../shared}/data
if [[ ! -d $data/facility ]]; then
    echo "ok - power reference data # SKIP no $data/facility"
    exit 0
fi
${CC:-cc} -std=c17 -D_GNU_SOURCE -ffp-contract=off -O2 -Wall -Wextra -I. -Isim/include -o "$build/power_data" \
    tests/validation/power_data.c "$build/libdatahall.a" -lm -lz || { echo "not ok - power_data builds"; exit 1; }
"$build/power_data" "$data"
