#!/bin/bash
# Results are, to the bit, those of the day they were last explained (tests/golden/digests, a line for each group).
. tests/cli/tap.bash
plain_only
/usr/bin/python3 tests/golden/digest.py "$build" >"$tmp/now" 2>"$tmp/err"
is "golden scenarios run" test -s "$tmp/now" -a ! -s "$tmp/err"
same() { diff <(grep "^$1 " tests/golden/digests) <(grep "^$1 " "$tmp/now"); }
for case in $(cut -d' ' -f1 tests/golden/digests "$tmp/now" | sort -u); do is "bits of $case" same "$case"; done
done_testing
