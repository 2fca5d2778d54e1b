#!/bin/bash
# The CUDA back end where there is no CUDA: no driver, the toolkit's stub of one, the toolkit hidden. One sentence,
# status 69, and nothing else happens.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.bash"
probe=$PWD/$build/datahall-probe datahall=$PWD/$build/datahall
mkdir "$tmp/empty" "$tmp/stub" "$tmp/work"

# refuses REGEX COMMAND...: in a folder that stays empty
refuses() {
    local regex=$1
    shift
    cd "$tmp/work" || return 1
    gives 69 "$@"
    local status=$?
    cd "$OLDPWD" || return 1
    ((status == 0)) && silent out && says err "$regex" && (($(wc -l <"$tmp/err") == 1)) || return 1
    [[ -z $(ls -A "$tmp/work") ]] || { echo "left: $(ls -A "$tmp/work")"; return 1; }
}
# each NAME REGEX COMMAND...: by the probe and by the program itself
each() {
    local name=$1 regex=$2
    shift 2
    is "datahall-probe: $name" refuses "^datahall-probe: error: $regex" "$@" "$probe" --backend cuda -o s.xml "${more[@]}"
    is "datahall calibrate measure: $name" refuses "^datahall: error: ${regex%\$} \[E-NO-DEVICE\]$" "$@" "$datahall" calibrate measure --backend cuda -o s.xml \
        "${more[@]}"
}
skip() { tests=$((tests + 1)) && echo "ok $tests - $1 # SKIP $2"; }

more=()
if ldconfig -p 2>/dev/null | grep -q 'libcuda\.so\.1 '; then
    skip "no driver: one sentence" "there is one here"
else
    each "no driver" 'no CUDA driver here: libcuda.so.1 not found$' env LD_LIBRARY_PATH=
    more=(--cuda-lib "$tmp/empty")
    each "no driver in the folder given either" 'no CUDA driver here: libcuda.so.1 not found$' env
    more=()
    # An empty folder over the toolkit, where this may be done.
    if unshare -m sh -c "mount --bind '$tmp/empty' /usr/local/cuda" 2>/dev/null; then
        each "no driver and no toolkit" 'no CUDA driver here: libcuda.so.1 not found$' \
            env LD_LIBRARY_PATH= CUDA_HOME=/nonexistent unshare -m sh -c "mount --bind '$tmp/empty' /usr/local/cuda && exec \"\$@\"" sh
    else
        each "no driver, CUDA_HOME elsewhere" 'no CUDA driver here: libcuda.so.1 not found$' env CUDA_HOME=/nonexistent
    fi
fi

stub=$(ls /usr/local/cuda/lib64/stubs/libcuda.so 2>/dev/null)
if [[ -n $stub ]]; then
    cp "$stub" "$tmp/stub/libcuda.so.1"
    says_stub='/.*/stub/libcuda.so.1 is the toolkit.s stub, not a driver \(CUDA_ERROR_STUB_LIBRARY, 34\)$'
    more=(--cuda-lib "$tmp/stub")
    each "the toolkit's stub in the folder given" "$says_stub" env
    more=()
    mkdir -p "$tmp/stub/lib64" && cp "$stub" "$tmp/stub/lib64/libcuda.so.1"
    if ! ldconfig -p 2>/dev/null | grep -q 'libcuda\.so\.1 '; then
        each "the toolkit's stub on the loader's path" 'libcuda.so.1 is the toolkit.s stub, not a driver \(CUDA_ERROR_STUB_LIBRARY, 34\)$' \
            env LD_LIBRARY_PATH="$tmp/stub"
        each "the toolkit's stub below CUDA_HOME" '/.*/stub/lib64/libcuda.so.1 is the toolkit.s stub, not a driver \(CUDA_ERROR_STUB_LIBRARY, 34\)$' \
            env CUDA_HOME="$tmp/stub"
        # what is not absolute is not looked at
        is "CUDA_HOME counts only where it is absolute" refuses 'libcuda.so.1 not found$' env CUDA_HOME=../stub \
            "$probe" --backend cuda -o s.xml
    fi
else
    skip "the toolkit's stub" "no toolkit"
fi
done_testing
