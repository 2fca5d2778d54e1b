#!/bin/bash
# models/gpu/kernels.cu compiles for compute_80, sm_90 and sm_100, by nvcc and by NVRTC, with every kernel in it that
# the driver's part asks for; models/gpu/cuda_api.h declares what NVIDIA's headers do. Needs a CUDA toolkit, no GPU.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.bash"
skip() { tests=$((tests + 1)) && echo "ok $tests - $1 # SKIP $2"; }
toolkit=/usr/local/cuda
nvcc=$(command -v nvcc || ls $toolkit/bin/nvcc 2>/dev/null)

# The list of cuda_internal.h, as C reads it.
wanted=$(printf '#include "models/gpu/cuda_internal.h"\n#define NAME(name) dh_##name\nWANTED DH_CUDA_KERNELS(NAME)\n' |
    "${CC:-cc}" -E -P -I. -x c - | sed -n 's/^WANTED *//p' | tr ' ' '\n' | sort)
has_all() { # of a list of names on standard input
    local lacks
    lacks=$(comm -23 <(echo "$wanted") <(sort -u))
    [[ -z $lacks ]] || { echo "missing: $lacks"; return 1; }
}
in_source() { sed -nE 's/^KERNEL\([0-9]+\) (dh_[a-z0-9_]+)\(.*/\1/p' models/gpu/kernels.cu | has_all; }
in_ptx() { sed -nE 's/^\.visible \.entry (dh_[a-z0-9_]+)\(.*/\1/p' "$1" | has_all; }
in_code() { readelf -sW "$1" 2>/dev/null | awk '$4 == "FUNC" {print $NF}' | has_all; }
number() { (($(wc -w <<<"$wanted") >= 30)) || { echo "only: $wanted"; return 1; }; }
is "the list of kernels is read" number
is "every kernel that is launched is in the source" in_source
lacking() { ! grep -v dh_gemm_fp16 <<<"$wanted" | has_all; }
is "a kernel that is not there is seen" lacking

if [[ -f $toolkit/include/cuda.h ]]; then
    nccl=
    [[ -f $toolkit/include/nccl.h ]] && nccl=-DWITH_NCCL
    # shellcheck disable=SC2086
    is "types, prototypes and numbers are those of NVIDIA's headers" "${CC:-cc}" -std=gnu17 -fsyntax-only -I. \
        -isystem $toolkit/include $nccl tests/cli/cuda_api_check.c
    other() { # a header that says otherwise is noticed
        mkdir -p "$tmp/other/models/gpu" &&
            sed 's/cuMemFree_v2, (CUdeviceptr/cuMemFree_v2, (int/' models/gpu/cuda_api.h >"$tmp/other/models/gpu/cuda_api.h" &&
            ! "${CC:-cc}" -std=gnu17 -fsyntax-only "-I$tmp/other" -isystem $toolkit/include $nccl tests/cli/cuda_api_check.c
    }
    is "another prototype would be noticed" other
else
    skip "types, prototypes and numbers are those of NVIDIA's headers" "no CUDA toolkit"
fi

if [[ -z $nvcc || ! -d build/kernels.keep ]]; then
    skip "nvcc compiles the kernels for sm_80, sm_90 and sm_100" "no nvcc, or a build without it"
else # the build has done it
    for arch in sm_80 sm_90 sm_100; do
        if "$nvcc" --list-gpu-code | grep -qx $arch; then
            is "nvcc compiles every kernel for $arch" in_code build/kernels.keep/kernels.*_"${arch#sm_}".cubin
        else
            skip "nvcc compiles every kernel for $arch" "this nvcc does not know it"
        fi
    done
    is "and PTX for compute_80, for what comes later" in_ptx build/kernels.keep/kernels.compute_80.ptx
    is "they are in the program" test "$(stat -c %s build/kernels.fatbin)" -gt 100000
fi

if nm "$build/datahall" 2>/dev/null | grep -q __asan_init; then
    skip "NVRTC compiles every kernel" "the build without sanitizers does it"
else
    for arch in compute_80 sm_90 compute_100; do
        gives 0 "$build/tools/cuda_nvrtc" $arch "$tmp/$arch"
        status=$?
        if ((status)) && says err 'libnvrtc.*not found' >/dev/null; then
            skip "NVRTC compiles every kernel for $arch" "no NVRTC"
            continue
        fi
        list=in_ptx
        [[ $arch == sm_* ]] && list=in_code
        is "NVRTC compiles every kernel for $arch" $list "$tmp/$arch"
    done
fi
done_testing
