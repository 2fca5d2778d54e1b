#!/bin/bash
# Another hundred scenarios beside those of metamorphic.sh; VALIDATE=quick: four.
count=100
[[ ${VALIDATE:-} == quick ]] && count=4
exec /usr/bin/python3 tests/cli/metamorphic.py "$1" $count 2000
