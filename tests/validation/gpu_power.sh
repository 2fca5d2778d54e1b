#!/bin/bash
# tests/validation/gpu_power.sh BUILD: board power, clock and temperature of states that nothing was fitted to (what is
# fitted, what is assumed and what each prediction rests on: head of models/fit/fit_gpu_power.c), and thermal
# networks against their exact solutions.
set -u
build=${1:-build} data=${DATAHALL_SHARED:-../shared}/data
if [[ ! -f $data/facility/gpu_power_thermal_measured.csv ]]; then
    echo "ok - GPU power and heat # SKIP no $data/facility"
    exit 0
fi
"$build/fit_gpu_power" "$data" judge | grep -v '^1\.\.' || exit 1
${CC:-cc} -std=c17 -D_GNU_SOURCE -ffp-contract=off -O2 -Wall -Wextra -I. -Isim/include -o "$build/thermal_data" \
    tests/validation/thermal_data.c "$build/libdatahall.a" -lm -lz || { echo "not ok - thermal_data builds"; exit 1; }
"$build/thermal_data" "$data"
