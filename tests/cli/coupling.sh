#!/bin/bash
# Weather to dollars, link by link, against calculations by hand. With each link cut: tests/validation/coupling.py.
exec /usr/bin/python3 tests/validation/coupling.py "${1:-build}" links
