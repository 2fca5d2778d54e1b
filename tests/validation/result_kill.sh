#!/bin/bash
# The tests of result files with 60 kills and a denser sweep of failing writes.
kills=60
[[ ${VALIDATE:-} == quick ]] && kills=10
RESULT_KILLS=$kills exec /usr/bin/python3 tests/cli/result_tools.py "$1"
