# Sourced by the scripts of tests/cli: $datahall, a scratch folder $tmp, and TAP.
# shellcheck shell=bash disable=SC2034
build=${1:-build}
datahall=$PWD/$build/datahall
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
tests=0
unset NO_COLOR
export TERM=xterm

# is NAME COMMAND...: passes when the command succeeds.
is() {
    local name=$1
    shift
    tests=$((tests + 1))
    if "$@" >"$tmp/is.log" 2>&1; then
        echo "ok $tests - $name"
    else
        echo "not ok $tests - $name"
        head -20 "$tmp/is.log" "$tmp/out" "$tmp/err" 2>/dev/null | sed 's/^/# /'
    fi
}
# gives STATUS COMMAND...: runs it, keeps $tmp/out and $tmp/err, and compares its exit status.
gives() {
    local expected=$1 status
    shift
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    ((status == expected)) && return 0
    echo "status $status instead of $expected: $*"
    return 1
}
# says FILE REGEX: does the file contain it?
says() { grep -qE -- "$2" "$tmp/$1" || { echo "no '$2' in $1"; return 1; }; }
silent() { [[ ! -s $tmp/$1 ]] || { echo "$1 is not empty"; return 1; }; }
# plain_only: ends a script that compares bits or pixels, which the build without sanitizers does several times faster; others run
# the same code under them.
plain_only() {
    grep -qaE '__(asan|tsan)_init' "$datahall" || return 0
    echo "ok 1 - bits and pixels # SKIP the build without sanitizers compares them"
    echo 1..1
    exit 0
}
done_testing() { echo "1..$tests"; }
