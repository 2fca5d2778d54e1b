#!/bin/bash
# The laws of tests/cli/metamorphic.py, all of them on each of fifty scenarios; VALIDATE=quick: of one. Four such scripts make
# two hundred.
count=50
[[ ${VALIDATE:-} == quick ]] && count=1
exec /usr/bin/python3 tests/cli/metamorphic.py "$1" $count 2000
