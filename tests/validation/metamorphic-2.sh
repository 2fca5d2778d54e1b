#!/bin/bash
# The laws of tests/cli/metamorphic.py, all of them on each of fifty scenarios; VALIDATE=quick: of three. Four such scripts make
# two hundred.
count=50
[[ ${VALIDATE:-} == quick ]] && count=3
exec /usr/bin/python3 tests/cli/metamorphic.py "$1" $count 2000
