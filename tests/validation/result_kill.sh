#!/bin/bash
# The tests of result files with 60 kills and a denser sweep of failing writes.
RESULT_KILLS=60 exec /usr/bin/python3 tests/cli/result_tools.py "$1"
