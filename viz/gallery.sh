#!/bin/bash
# viz/gallery.sh [BUILD]: the pictures of the README, drawn anew from shipped examples; that of a network from one made larger.
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
result() { "$build/datahall" run "scenarios/examples/$1.xml" --until "$2" -q --progress never "${@:3}" -o "$tmp/$1.h5" || exit 1; }
shot() { "$build/datahall" view "${@:2}" --size 1600x900 --screenshot "viz/gallery/$1.png" && rm "viz/gallery/$1.json"; }
mkdir -p viz/gallery
result ashburn-24mw '12 d'
result gb200-pod '1 d'
result shared-spine '40 min' --set '//row/@count=24' --set '//utility/@rated=3 MW' --set '//transformer/@rated=3 MW' \
    --set '//ups/@rated=500 kW' --set '//pdu/@rated=1 MW' --set '//chiller-plant/@capacity=2 MW' --set '//fabric/@units=12' \
    --set '//switch[1]/@oversubscription=8' --set '//jobs/@count=2' --set '//jobs/@rate=12 1/h' --set '//jobs[1]/size/@gpus=96' \
    --set '//jobs[2]/size/@gpus=160' --set '//training/@batch=480' --set '//scheduler/@placement=packed'
shot floor "$tmp/ashburn-24mw.h5" --at '9 d' --overlay jobs
shot power "$tmp/ashburn-24mw.h5" --at '9 d' --tab power
shot cooling "$tmp/ashburn-24mw.h5" --at '9 d' --tab cooling
shot work "$tmp/ashburn-24mw.h5" --at '9 d' --tab work
shot network "$tmp/shared-spine.h5" --at '20 min' --tab network --select second-2
shot rack "$tmp/gb200-pod.h5" --at '20 h' --select n-002
