#!/bin/bash
# Pictures of the view are, to the pixel, those that were last looked at (tests/golden/pictures): every tab and overlay at three
# sizes. Whoever changes one looks at it, then: tests/golden/pictures.sh BUILD >tests/golden/pictures
. tests/cli/tap.bash
plain_only
tests/golden/pictures.sh "$build" >"$tmp/now" 2>"$tmp/err"
is "pictures are drawn" test -s "$tmp/now" -a ! -s "$tmp/err"
if [[ $(head -1 "$tmp/now") != $(head -1 tests/golden/pictures) ]]; then
    tests=$((tests + 1))
    echo "ok $tests - pixels as they were looked at # SKIP other versions: $(head -1 "$tmp/now" | tr -d '#'), looked at with$(head -1 tests/golden/pictures | tr -d '#')"
else
    same() { diff <(grep "^$1 " tests/golden/pictures) <(grep "^$1 " "$tmp/now"); }
    for name in $(cut -d' ' -f1 tests/golden/pictures "$tmp/now" | grep -v '#' | sort -u); do is "pixels of $name" same "$name"; done
fi
done_testing
