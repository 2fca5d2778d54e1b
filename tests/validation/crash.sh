#!/bin/bash
# The promises of tests/cli/crash.py with 60 kills and every tenth of our allocations; VALIDATE=quick: make test has done that.
if [[ ${VALIDATE:-} == quick ]]; then
    echo "ok 1 - kills and allocations that fail # SKIP tests/cli/crash.py is the quick form"
    echo 1..1
    exit 0
fi
CRASH_KILLS=60 CRASH_ALLOCS=60 exec /usr/bin/python3 tests/cli/crash.py "$1"
