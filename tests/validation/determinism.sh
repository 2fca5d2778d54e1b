#!/bin/bash
# One result, bit for bit: three runs, threads, compilers, optimization, time zone, locale, folder, memory layout,
# uninitialized memory, processors without fused multiply-add. The short form is tests/cli/determinism.sh.
. tests/cli/tap.bash
root=$PWD
cases=("small-hall" "hot-weather -p warmer=8&K" "gb200-pod" "ashburn-24mw --until=3&d"
    "ashburn-24mw --until=2&d -p burst=1&min -p policy=conservative -p connection=18&MW"
    "small-hall --seed=3" "frontier --until=1&h")
[[ ${VALIDATE:-} == quick ]] && cases=("small-hall" "hot-weather -p warmer=8&K" "ashburn-24mw --until=1&d")

# digest CASE COMMAND...: SHA-256 of the result; & in the case stands for a blank
digest() {
    local case=$1 file=$root/scenarios/examples/${1%% *}.xml options
    read -ra options <<<"${case#"${case%% *}"}"
    shift
    "$@" "${program:-$datahall}" run "$file" "${options[@]//&/ }" ${threads:+"--threads=$threads"} -q -o "$tmp/r.h5" >/dev/null || return
    sha256sum <"$tmp/r.h5" | cut -d' ' -f1
    rm -f "$tmp/r.h5"
}
same() {
    local case found
    for case in "${cases[@]}"; do
        found=$(digest "$case" "$@") || return
        [[ $found == "${reference[$case]}" ]] || { echo "$case: $found instead of ${reference[$case]}"; return 1; }
    done
}
differs() { ! same "$@" >/dev/null; }
in_folder() { (cd "$1" && same env); }
with_threads() { threads=$1 same env; }
with_program() { program=$1 same env; }

declare -A reference
for case in "${cases[@]}"; do
    is "runs: ${case//&/ }" digest "$case" env
    reference[$case]=$(digest "$case" env)
done
is "a second run" same env
is "a third run" same env
for n in 1 2 4; do is "$n threads" with_threads "$n"; done
is "time zone of Nepal" same env TZ=Asia/Kathmandu
is "time zone west of Greenwich, with summer time" same env TZ=America/St_Johns
is "another folder" in_folder /
is "empty environment" same env -i
is "fresh memory filled with 0x5a" same env MALLOC_PERTURB_=165
is "fresh memory filled with 0xff, no caches" same env MALLOC_PERTURB_=1 GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=4096
is "other arenas" same env MALLOC_TOP_PAD_=1 MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1024
is "fixed addresses" same setarch -R env
is "another stack" same env FILLER="$(head -c 20000 /dev/zero | tr '\0' x)"

# Processors without fused multiply-add. That the setting works is shown by the C library's own exp.
nofma=GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4,-AVX512F,-AVX2_Usable,-FMA_Usable,-FMA4_Usable
exps='import math; print(hash(tuple(math.exp(i / 997) + math.sin(i / 991) * 1e-3 for i in range(200000))))'
if grep -qw fma /proc/cpuinfo; then
    changes() { [[ $(python3 -c "$exps") != $(env $nofma python3 -c "$exps") ]]; }
    is "the setting changes the C library's functions" changes
else
    echo "# this processor has no fused multiply-add: nothing to switch off"
fi
is "no fused multiply-add, no AVX2" same env $nofma

# A locale with decimal commas, made here where the system has none.
if ! LC_ALL=de_DE.UTF-8 locale decimal_point 2>/dev/null | grep -q ,; then
    mkdir "$tmp/locale" && localedef -i de_DE -f UTF-8 "$tmp/locale/de_DE.UTF-8" 2>/dev/null
    export LOCPATH=$tmp/locale
fi
if [[ $(LC_ALL=de_DE.UTF-8 locale decimal_point 2>/dev/null) == , ]]; then
    is "locale with decimal commas (de_DE.UTF-8)" same env LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8
else
    is "locales POSIX and C.UTF-8 (no de_DE on this system)" same env LC_ALL=POSIX
fi
unset LOCPATH
is "no locale" same env LC_ALL=C

golden() { # SOURCES BUILD BUILD
    local digests
    digests=$("$1/tests/golden/update" "$2") && diff <(echo "$digests") <("$1/tests/golden/update" "$3")
}
# Builds by other compilers. The quick form takes one that is there already.
other=${OTHER_BUILD:+$(realpath "$OTHER_BUILD")}
if [[ ${VALIDATE:-} == quick && -x $other/datahall ]]; then
    is "another compiler's build" with_program "$other/datahall"
    is "its golden digests" golden "$root" "$other" "$build"
    gcc_o2=$datahall
else
    # Builds of the same sources: a copy, so that no edit falls between two of them.
    mkdir "$tmp/src" && tar -c --exclude='build*' --exclude=.git . | tar -x -C "$tmp/src"
    make_with() { # NAME COMPILER FLAGS
        make -s -C "$tmp/src" B="build-$1" CC="$2" CFLAGS="$3" "build-$1/datahall" >"$tmp/$1.log" 2>&1 || tail -5 "$tmp/$1.log"
    }
    builds=("gcc-O0 gcc -O0" "gcc-O2 gcc -O2" "gcc-O3 gcc -O3" "clang-O0 clang -O0" "clang-O2 clang -O2" "clang-O3 clang -O3")
    for ((i = 0; i < ${#builds[@]}; i += 2)); do
        for b in "${builds[@]:i:2}"; do
            read -r name cc flags <<<"$b"
            make_with "$name" "$cc" "$flags" &
        done
        wait
    done
    program=$tmp/src/build-gcc-O2/datahall
    for case in "${cases[@]}"; do reference[$case]=$(digest "$case" env); done # of the copy's sources
    unset program
    for b in "${builds[@]}"; do
        read -r name cc flags <<<"$b"
        is "$cc $flags" with_program "$tmp/src/build-$name/datahall"
    done

    is "golden digests of clang -O3 and gcc -O2" golden "$tmp/src" "$tmp/src/build-clang-O3" "$tmp/src/build-gcc-O2"

    # Contracted arithmetic would change the bits: the check can fail.
    if grep -qw fma /proc/cpuinfo; then
        sed -i 's/-ffp-contract=off/-ffp-contract=fast -mfma/' "$tmp/src/Makefile"
        make_with contracted gcc -O2
        datahall=$tmp/src/build-contracted/datahall
        is "the check itself: contracted arithmetic gives other bytes" differs env
    fi
    gcc_o2=$tmp/src/build-gcc-O2/datahall
fi

# Memory never written: valgrind on a run cut short.
if command -v valgrind >/dev/null; then
    datahall=$gcc_o2
    undefined() {
        valgrind -q --error-exitcode=9 --undef-value-errors=yes --leak-check=no --track-origins=no \
            "$datahall" run "$root/scenarios/examples/$1.xml" --until="$2" -q --no-output
    }
    for run in "small-hall 4 h" "hot-weather 12 h" "gb200-pod 12 h"; do
        is "no branch on memory never written: $run" undefined "${run%% *}" "${run#* }"
    done
    written() { # padding and rubbish on their way to the file
        valgrind --error-exitcode=9 --leak-check=no "$datahall" run "$root/scenarios/examples/small-hall.xml" \
            --until="2 h" -q -o "$tmp/v.h5" 2>&1 | grep -A12 -E 'uninitialised byte' && return 1
        return 0
    }
    is "no memory never written goes to the file" written
fi
done_testing
