#!/bin/bash
# tests/golden/pictures.sh [BUILD]: digests of pictures of this build, to be kept as tests/golden/pictures once they were looked at.
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
shots=()
for shot in small-hall:6\ h:10800 gb200-pod:4\ h:7200 shared-spine:1\ h:1200; do
    IFS=: read -r name until at <<<"$shot"
    "$build/datahall" run "scenarios/examples/$name.xml" --until "$until" -q --progress never -o "$tmp/$name.h5" || exit 1
    shots+=("$tmp/$name.h5:$at")
done
"$build/datahall" run scenarios/examples/small-hall.xml --until "6 h" --seed 2 -q --progress never -o "$tmp/other.h5" || exit 1
exec "$build/tools/pictures" "${shots[@]}" -d "$tmp/small-hall.h5" "$tmp/other.h5:10800"
