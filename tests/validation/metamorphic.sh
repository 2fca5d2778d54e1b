#!/bin/bash
# The laws of tests/cli/metamorphic.py, all of them on each of a hundred other scenarios.
exec /usr/bin/python3 tests/cli/metamorphic.py "$1" 100 1000
