#!/bin/bash
# Every word of the view can be read: all tabs and overlays, with everything open that can be, at twelve sizes, of the
# shipped examples, of names of 255 bytes, of 60 things of each kind. Which words of the examples end with an ellipsis
# stands behind '#', the most frequent first. VALIDATE=quick: make test has that form of it (tests/unit/view_words.c).
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
[[ $VALIDATE == quick ]] && { echo "ok 1 - words of the view # SKIP make test has looked at some"; exit 0; }
VIEW_WORDS=full "$1/tests" words_ >"$log" 2>&1
status=$?
grep -E '^(not )?ok|^# .*(scale|ellipsis)|^[0-9]+\.\.' "$log"
grep -E '^# ' "$log" | grep -vE 'scale [12]:|ellipsis|datahall' | sed 's/^# [^"]*//' | sort | uniq -c | sort -rn | sed 's/^/# /' | head -60
exit $status
