#!/bin/bash
# The promises of tests/cli/crash.py with 60 kills and every tenth of our allocations.
CRASH_KILLS=60 CRASH_ALLOCS=60 exec /usr/bin/python3 tests/cli/crash.py "$1"
