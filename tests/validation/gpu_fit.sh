#!/bin/bash
# tests/validation/gpu_fit.sh BUILD: constants of synthetic devices, fitted again; see gpu_fit.c.
set -u
build=${1:-build}
sets=50
[[ ${VALIDATE:-} == quick ]] && sets=5
${CC:-cc} -std=c17 -D_GNU_SOURCE -ffp-contract=off -O2 -Wall -Wextra -I. -Isim/include -o "$build/gpu_fit" \
    tests/validation/gpu_fit.c tests/unit/synthetic_device.c "$build/libdatahall.a" -lgsl -lgslcblas -lm -lz ||
    { echo "not ok - gpu_fit builds"; exit 1; }
"$build/gpu_fit" "$sets"
