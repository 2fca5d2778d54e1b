#!/bin/bash
# Every number of a small report against the result file: tests/validation/report_numbers.py has all examples.
exec /usr/bin/python3 tests/validation/report_numbers.py "${1:-build}" --small
