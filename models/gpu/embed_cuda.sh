#!/bin/sh
# C for models/gpu/cuda_internal.h: kernels.cu as text and, where nvcc can, as machine code for A100 (sm_80), H100
# and H200 (sm_90) and B200 (sm_100), with PTX of compute_80 for what comes later. An nvcc that knows fewer of them
# builds those that it knows; without nvcc the text alone goes in, which NVRTC compiles where it runs.
#   sh models/gpu/embed_cuda.sh kernels.cu kernels.fatbin >cuda_kernels.c       kernels.fatbin may be empty
#   sh models/gpu/embed_cuda.sh --build kernels.cu kernels.fatbin NVCC          NVCC may be empty
set -e
bytes() { od -An -v -tu1 "$1" | tr -s ' ' ',' | sed 's/^,//; s/$/,/'; }

if [ "$1" = --build ]; then
    source=$2 out=$3 nvcc=$4
    part=$out.part.$$
    kept=${out%.fatbin}.keep # machine code of each, for tests/cli/cuda_kernels.sh
    rm -rf "$kept"
    mkdir -p "$kept"
    for newest in 100 90 80; do
        [ -n "$nvcc" ] || break
        codes="-gencode arch=compute_80,code=sm_80 -gencode arch=compute_80,code=compute_80"
        [ $newest -lt 90 ] || codes="$codes -gencode arch=compute_90,code=sm_90"
        [ $newest -lt 100 ] || codes="$codes -gencode arch=compute_100,code=sm_100"
        # shellcheck disable=SC2086 # words are wanted
        if "$nvcc" -O3 -std=c++14 -Xfatbin=-compress-all $codes -keep -keep-dir "$kept" -fatbin -o "$part" "$source"; then
            find "$kept" -type f ! -name '*.cubin' ! -name '*.ptx' -exec rm -f {} +
            mv "$part" "$out"
            exit 0
        fi
        echo "nvcc cannot build $source for sm_$newest" >&2
    done
    : >"$part"
    mv "$part" "$out"
    exit 0
fi

echo '#include "models/gpu/cuda_internal.h"'
echo 'const char dh_cuda_source[] = {'
bytes "$1"
echo '0};'
# aligned as the driver reads it, by words of eight bytes
echo '_Alignas(16) const unsigned char dh_cuda_fatbin[] = {'
bytes "$2"
echo '0};'
echo 'const size_t dh_cuda_fatbin_bytes = sizeof dh_cuda_fatbin - 1;'
