#!/bin/sh
# Builds the made-up CUDA libraries of this folder, from the repository's root, and what is newer than its sources
# stays:
#   sh tests/fake/build.sh TO                         all of them into the folder TO
#   sh tests/fake/build.sh TO --without F FROM        a libcuda.so.1 in TO that lacks function F, of what FROM has
#   sh tests/fake/build.sh TO --old-nvml FROM         an NVML of 2016 in TO
set -e
to=$1
cxx=${CXX:-g++} cc=${CC:-cc}
flags="-O2 -g -fPIC -fvisibility=hidden -I. -Wall -Wextra -Wno-unknown-pragmas"
mkdir -p "$to"
case $2 in
    --without)
        printf '{ local: %s; };\n' "$3" >"$to/without.map"
        "$cxx" -shared -Wl,--version-script="$to/without.map" -Wl,-soname,libcuda.so.1 -o "$to/libcuda.so.1" "$4/libcuda.o"
        exit 0
        ;;
    --old-nvml)
        # shellcheck disable=SC2086,SC2016 # words are wanted, and $ORIGIN is the loader's
        "$cc" -std=c17 $flags -shared -D_GNU_SOURCE -DDH_FAKE_OLD_NVML -Wl,-soname,libnvidia-ml.so.1 \
            -Wl,-rpath,'$ORIGIN' -o "$to/libnvidia-ml.so.1" tests/fake/libnvidia-ml.c "$3/libcuda.so.1"
        exit 0
        ;;
esac
newest=$(ls -t tests/fake/* models/gpu/kernels.cu models/gpu/common.c models/gpu/backend.h | head -1)
[ "$to/done" -nt "$newest" ] && exit 0
# shellcheck disable=SC2086,SC2016
{
    "$cxx" -std=c++17 $flags -c -o "$to/libcuda.o" tests/fake/libcuda.cc
    "$cxx" -shared -Wl,-soname,libcuda.so.1 -o "$to/libcuda.so.1" "$to/libcuda.o"
    "$cc" -std=c17 $flags -c -o "$to/common.o" models/gpu/common.c
    "$cxx" -std=c++17 $flags -O3 -ffast-math -shared -Wl,-soname,libcublasLt.so.13 -Wl,-rpath,'$ORIGIN' \
        -o "$to/libcublasLt.so.13" tests/fake/libcublasLt.cc "$to/common.o" "$to/libcuda.so.1"
    "$cxx" -std=c++17 $flags -shared -Wl,-soname,libnccl.so.2 -Wl,-rpath,'$ORIGIN' -o "$to/libnccl.so.2" \
        tests/fake/libnccl.cc "$to/libcuda.so.1"
    "$cc" -std=c17 $flags -shared -D_GNU_SOURCE -Wl,-soname,libnvidia-ml.so.1 -Wl,-rpath,'$ORIGIN' \
        -o "$to/libnvidia-ml.so.1" tests/fake/libnvidia-ml.c "$to/libcuda.so.1"
}
touch "$to/done"
