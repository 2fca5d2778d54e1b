#!/bin/bash
# tests/validation/cooling_data.sh BUILD: cooling models against the reference files of ../shared/data/facility.
set -u
build=${1:-build} data=${DATAHALL_SHARED:-../shared}/data
if [[ ! -d $data/facility ]]; then
    echo "ok - cooling reference data # SKIP no $data/facility"
    exit 0
fi
${CC:-cc} -std=c17 -D_GNU_SOURCE -ffp-contract=off -O2 -I. -Isim/include -o "$build/cooling_data" \
    tests/validation/cooling_data.c "$build/libdatahall.a" -lm || { echo "not ok - cooling_data builds"; exit 1; }
exec "$build/cooling_data" "$data"
