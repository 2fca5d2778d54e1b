#!/bin/bash
# The run and its view beside each other under the thread sanitizer: what unit tests do with two threads, random input and deeds in a
# run, the program with the dummy driver, and all that tests/validation/view_window.py does in a real window, where that can be. Needs a build of its
# own (two minutes); VALIDATE=quick leaves it out.
if [[ ${VALIDATE:-} == quick ]]; then
    echo "ok 1 - a live view under the thread sanitizer # SKIP needs a build of its own"
    echo 1..1
    exit 0
fi
san=$1
if ! grep -qaE __tsan_init "$1/datahall"; then
    san=$1/threads
    make -s -j"$(nproc)" B="$san" SAN=thread CFLAGS="-O1 -g" "$san/datahall" "$san/tests" "$san/tools/monkey" "$san/tools/hits" >&2 || exit
fi
set -- "$san"
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
export TSAN_OPTIONS=halt_on_error=0:exitcode=66
# clean COMMAND...: succeeds, and there is no report
clean() { gives 0 "$@" && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out" "$tmp/err"; }
# A report is a failure: a race that is there on purpose.
race() {
    printf '%s\n' '#include <pthread.h>' 'int n; void *f(void *x) { n++; return x; }' \
        'int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); n++; pthread_join(t, 0); return n == 0; }' >"$tmp/race.c"
    cc -fsanitize=thread -o "$tmp/race" "$tmp/race.c" -lpthread && ! clean "$tmp/race"
}
is "a race is seen" race
for pattern in snapshot deeds_of_another jobs_of_a_run a_view_of; do is "unit tests: $pattern" clean "$build/tests" "$pattern"; done
is "random input and deeds in a run" clean "$build/tools/monkey" "${VIEW_MONKEY:-5000}" 1 scenarios/examples/hot-weather.xml "$tmp/o.h5"
is "run --view --close" clean env SDL_VIDEODRIVER=dummy "$datahall" run scenarios/examples/small-hall.xml --until '10 d' --view --close -q -o "$tmp/r.h5"
is "run --view --close of a fabric" clean env SDL_VIDEODRIVER=dummy "$datahall" run scenarios/examples/shared-spine.xml --until '2 h' --view --close -q -o "$tmp/s.h5"
gives 0 /usr/bin/python3 tests/validation/view_window.py "$build"
status=$?
reason=$(sed -n 's/.*# SKIP/# SKIP/p' "$tmp/out" | head -1)
is "keys, mouse and deeds in a window ${reason}" eval "cat '$tmp/out'; ((status == 0)) && ! grep '^not ok' '$tmp/out'"
done_testing
