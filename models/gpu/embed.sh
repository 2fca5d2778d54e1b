#!/bin/sh
# Turns a text into a C string: sh models/gpu/embed.sh models/gpu/kernels.cl dh_opencl_kernels >kernels_cl.c
set -e
LC_ALL=C
export LC_ALL
echo "extern const char $2[];"
echo "const char $2[] = {"
od -An -v -tu1 "$1" | tr -s ' ' ',' | sed 's/^,//; s/$/,/'
echo "0};"
