#!/bin/bash
# The laws of tests/cli/metamorphic.py, all of them on each of a hundred other scenarios; VALIDATE=quick: of eight.
count=100
[[ ${VALIDATE:-} == quick ]] && count=8
exec /usr/bin/python3 tests/cli/metamorphic.py "$1" $count 1000
