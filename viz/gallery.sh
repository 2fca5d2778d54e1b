#!/bin/bash
# viz/gallery.sh [BUILD]: the pictures of the README, drawn anew from shipped examples.
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
result() { "$build/datahall" run "scenarios/examples/$1.xml" --until "$2" -q --progress never "${@:3}" -o "$tmp/$1.h5"; }
shot() { "$build/datahall" view "${@:2}" --size 1600x900 --screenshot "viz/gallery/$1.png" && rm "viz/gallery/$1.json"; }
mkdir -p viz/gallery
result ashburn-24mw '12 d'
result shared-spine '1 h'
shot floor "$tmp/ashburn-24mw.h5" --at '9 d' --overlay jobs
shot power "$tmp/ashburn-24mw.h5" --at '9 d' --tab power
shot cooling "$tmp/ashburn-24mw.h5" --at '9 d' --tab cooling
shot work "$tmp/ashburn-24mw.h5" --at '9 d' --tab work
shot network "$tmp/shared-spine.h5" --at '20 min' --tab network
