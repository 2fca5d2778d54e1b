#!/bin/bash
# Another hundred scenarios beside those of metamorphic.sh.
exec /usr/bin/python3 tests/cli/metamorphic.py "$1" 100 2000
