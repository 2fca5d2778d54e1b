#!/bin/sh
# Builds the made-up CUDA libraries of this folder into a folder: sh tests/fake/build.sh TO [part…]
# Parts: cuda lt nccl nvml (all of them by default), old-nvml in the place of nvml. From the repository's root.
set -e
to=$1
shift
[ $# -gt 0 ] || set -- cuda lt nccl nvml
cxx=${CXX:-g++} cc=${CC:-cc}
flags="-O2 -g -fPIC -shared -fvisibility=hidden -I. -Wall -Wextra -Wno-unknown-pragmas"
mkdir -p "$to"
for part in "$@"; do
    # shellcheck disable=SC2086 # words are wanted
    case $part in
        cuda) $cxx -std=c++17 $flags -Wl,-soname,libcuda.so.1 -o "$to/libcuda.so.1" tests/fake/libcuda.cc ;;
        lt)
            $cc -std=c17 -O2 -fPIC -fvisibility=hidden -I. -c -o "$to/common.o" models/gpu/common.c
            $cxx -std=c++17 $flags -Wl,-soname,libcublasLt.so.13 -Wl,-rpath,'$ORIGIN' -o "$to/libcublasLt.so.13" \
                tests/fake/libcublasLt.cc "$to/common.o" "$to/libcuda.so.1"
            ;;
        nccl) $cxx -std=c++17 $flags -Wl,-soname,libnccl.so.2 -Wl,-rpath,'$ORIGIN' -o "$to/libnccl.so.2" \
            tests/fake/libnccl.cc "$to/libcuda.so.1" ;;
        nvml) $cc -std=c17 $flags -D_GNU_SOURCE -Wl,-soname,libnvidia-ml.so.1 -Wl,-rpath,'$ORIGIN' -o "$to/libnvidia-ml.so.1" \
            tests/fake/libnvidia-ml.c "$to/libcuda.so.1" ;;
        old-nvml) $cc -std=c17 $flags -D_GNU_SOURCE -DDH_FAKE_OLD_NVML -Wl,-soname,libnvidia-ml.so.1 -Wl,-rpath,'$ORIGIN' \
            -o "$to/libnvidia-ml.so.1" tests/fake/libnvidia-ml.c "$to/libcuda.so.1" ;;
    esac
done
rm -f "$to/common.o"
