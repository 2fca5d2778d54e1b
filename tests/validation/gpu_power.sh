#!/bin/bash
# tests/validation/gpu_power.sh BUILD: board power, clock and temperature of states that nothing was fitted to;
# what is fitted, what is assumed and what each prediction rests on: head of models/fit/fit_gpu_power.c.
set -u
build=${1:-build} data=${DATAHALL_SHARED:-../shared}/data
if [[ ! -f $data/facility/gpu_power_thermal_measured.csv ]]; then
    echo "ok - GPU power and heat # SKIP no $data/facility"
    exit 0
fi
exec "$build/fit_gpu_power" "$data" judge
