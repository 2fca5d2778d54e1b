#!/bin/bash
# The laws of tests/cli/metamorphic.py on ten times as many scenarios, and on others than there.
exec /usr/bin/python3 tests/cli/metamorphic.py "$1" 200 1000
