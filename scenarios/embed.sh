#!/bin/sh
# Turns files into a C table for scenarios/catalog.h, sorted by name. The same files give the same bytes.
#   sh scenarios/embed.sh scenarios/catalog/gpus.xml … >embedded.c
set -e
LC_ALL=C
export LC_ALL
files=$(for f in "$@"; do echo "$f"; done | sort)
echo '#include "scenarios/catalog.h"'
i=0
for f in $files; do
    echo "static const unsigned char file_$i[] = {"
    od -An -v -tu1 "$f" | tr -s ' ' ',' | sed 's/^,//; s/$/,/'
    echo "0};"
    i=$((i + 1))
done
echo "const struct dh_embedded_file dh_embedded_files[] = {"
i=0
for f in $files; do
    echo "    {\"${f#scenarios/}\", (const char *)file_$i, sizeof file_$i - 1},"
    i=$((i + 1))
done
echo "    {0, 0, 0},"
echo "};"
