#!/bin/bash
# The promises of tests/cli/crash.py with 60 kills and every tenth of our allocations; VALIDATE=quick: as in make test.
kills=60
[[ ${VALIDATE:-} == quick ]] && kills=8
CRASH_KILLS=$kills CRASH_ALLOCS=$kills exec /usr/bin/python3 tests/cli/crash.py "$1"
