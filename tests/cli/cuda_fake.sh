#!/bin/bash
# The CUDA back end against made-up libraries (tests/fake), which compute: kernels.cu runs on the host, products by a
# made-up cuBLASLt, in several orders of threads. Then what a driver can do wrong, by script, through the back end's
# own table and through datahall-probe: one message each, and samples so far are kept and marked.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.bash"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
if ! command -v "${CXX:-g++}" >/dev/null; then
    echo "ok 1 - the CUDA back end on a made-up driver # SKIP no C++ compiler"
    echo 1..1
    exit 0
fi
drive=$build/tools/cuda_fake probe=$build/datahall-probe
fake=$PWD/build/fake
is "the made-up libraries build" sh tests/fake/build.sh "$fake"
# Others: with an NVML of 2016, without NVML, with a driver that lacks a function.
old=$tmp/old less=$tmp/less
for folder in "$old" "$less" "$tmp/without" "$tmp/graphless"; do
    mkdir "$folder" && cp "$fake"/*.so.* "$folder"
done
rm "$less/libnvidia-ml.so.1"
sh tests/fake/build.sh "$old" --old-nvml "$fake"

# right FOLDER SCRIPT: all kernels at all sizes
right() {
    DH_FAKE_CUDA=$2 gives 0 "$drive" "$1" check || { grep '^not ok' "$tmp/out"; return 1; }
    says out '^1\.\.[0-9]{2,}$'
}
is "with cuBLASLt and four devices every kernel gives what it should" right "$fake" devices=4
is "with threads the other way round too" right "$fake" "order=1 major=8"
is "without cuBLASLt the own products do, and so they do with threads in any order" right "$fake" "no-lt order=5"
is "what was checked includes collectives and fp8" bash -c "DH_FAKE_CUDA=devices=2 '$drive' '$fake' check >'$tmp/list' &&
    for w in 'gemm fp8' alltoall allgather allreduce peer 'decode fp16' 'prefill bf16' 'gather'; do
        grep -q \"^ok .*\$w\" '$tmp/list' || exit 1; done"

contract() { # the test that every back end takes, tests/unit/test_gpu_backend.c
    LD_LIBRARY_PATH=$fake DH_FAKE_CUDA=$1 gives 0 "$build/tests" cuda_devices_keep_the_contract &&
        says out '^ok 1 - cuda_devices_keep_the_contract$'
}
is "it keeps the contract of all back ends" contract ''
is "it keeps it without cuBLASLt" contract no-lt

# tells FOLDER SCRIPT VERB REGEX...: status 0, and the output has these
tells() {
    local folder=$1 script=$2 verb=$3 regex
    shift 3
    DH_FAKE_CUDA=$script gives 0 "$drive" "$folder" "$verb" || return 1
    for regex; do says out "$regex" || return 1; done
    silent err
}
is "a device is described in full" tells "$fake" devices=3 describe '^name Made-up GPU$' '^count 3$' '^units 8$' \
    '^runtime CUDA 13.0, driver 580.00, kernels ' '^uuid GPU-00010203-0405-0607-0809-0a0b0c0d0e0f$' \
    '^pci 0000:01:00.0$' '^rate 335232000000$' '^limit 700$' '^libraries cublasLt 13.0.2, NVML, NCCL 2.28.0$' \
    '^gemm cublasLt$' '^left 0$'
if ldconfig -p 2>/dev/null | grep -q 'libnvidia-ml\.so\.1 '; then
    tests=$((tests + 1))
    echo "ok $tests - libraries that are missing are named # SKIP there is an NVML here"
else
    is "libraries that are missing are named" tells "$less" no-lt describe 'missing: cuBLASLt \(it refused to start\)' \
        'NVML, so no power, clocks and temperature \(libnvidia-ml.so.1 not found\)' '^gemm own, lower bound$' '^limit nan$'
fi
is "a library for a newer driver is passed over" tells "$fake" version=12040 describe '^runtime CUDA 12.4,' \
    'missing: cuBLASLt \((libcublasLt.so.12 not found|it refused to start)\)' '^gemm own, lower bound$'
is "counters are read" tells "$fake" '' counters '^status 0$' '^energy [1-9]' '^power 300$' '^clock 1.755e\+09$' \
    '^temperature 61$' '^throttle 0$' '^others 0$'
is "so they are by the names of 2016" tells "$old" 'throttle=64 others=3' counters '^energy [1-9]' '^power 300$' \
    '^throttle 2$' '^others 3$'
is "what a device does not count is not a number" tells "$fake" 'no-energy no-power' counters '^energy nan$' \
    '^power nan$' '^temperature 61$'
is "power cap, heat and brake are told apart" bash -c "
    for pair in 4:1 32:2 64:2 128:4 8:2 136:4 1:0 256:0 68:3; do
        DH_FAKE_CUDA=throttle=\${pair%:*} '$drive' '$fake' counters | grep -qx \"throttle \${pair#*:}\" || exit 1
    done"
is "other processes are counted, more than fit into a list too" bash -c "
    for n in 1 63 64 200; do
        DH_FAKE_CUDA=others=\$n '$drive' '$fake' counters | grep -qx \"others \$n\" || exit 1
    done"

# refuses FOLDER SCRIPT REGEX: status 69, one line that says so
refuses() {
    DH_FAKE_CUDA=$2 gives 69 "$drive" "$1" describe && silent out && says err "$3" && (($(wc -l <"$tmp/err") == 1))
}
is "a driver without devices" refuses "$fake" devices=0 '^the CUDA driver sees no device$'
is "a driver that finds none" refuses "$fake" init=100 '^the CUDA driver sees no device \(CUDA_ERROR_NO_DEVICE, 100\)$'
is "a driver that does not fit the kernel's part" refuses "$fake" init=803 'cannot be used: .*, 803\)$'
sh tests/fake/build.sh "$tmp/without" --without cuLaunchKernel "$fake"
is "a driver that lacks a function" refuses "$tmp/without" '' \
    "^the CUDA driver is too old: $tmp/without/libcuda.so.1 lacks cuLaunchKernel; 470 or later is needed$"
is "a folder that is not absolute" bash -c "cd '$fake' && LD_LIBRARY_PATH= '$PWD/$drive' . describe 2>&1 >/dev/null |
    grep -qx 'the folder of CUDA libraries must be absolute: .'"
sh tests/fake/build.sh "$tmp/graphless" --without cuGraphLaunch "$fake"
is "without graphs launches go one by one" right "$tmp/graphless" ''
echo 'not a library' >"$tmp/without/libnvidia-ml.so.1"
cp "$fake/libcuda.so.1" "$tmp/without"
is "a library that cannot be loaded is named with the reason" tells "$tmp/without" '' describe \
    'libnvidia-ml.so.1 cannot be loaded: '

is "too little memory is one point's matter" tells "$fake" '' sweep '^large 3 .*: out of memory \(CUDA_ERROR_OUT_OF_MEMORY, 2\)$' \
    '^small 0 $' '^launches 100 then 0 $' '^download 0 $' '^left 0$'
is "a launch that fails ends it, in and outside of graphs, and nothing is left" tells "$fake" fail=6 sweep \
    '^launches [0-9]+ then 4 .*: unspecified launch failure \(CUDA_ERROR_LAUNCH_FAILED, 719\)$' '^download 4 ' '^left 0$'

# Kernels by NVRTC, where there is one: the driver takes none of those built in.
if ls /usr/local/cuda/lib64/libnvrtc.so.1[123]* >/dev/null 2>&1 && ! nm "$drive" | grep -q __asan_init; then
    is "where the driver takes no machine code, NVRTC makes it" tells "$fake" fatbin=209 describe ' kernels by NVRTC 1[123]\.'
else
    tests=$((tests + 1))
    echo "ok $tests - where the driver takes no machine code, NVRTC makes it # SKIP no NVRTC here, or sanitizers"
fi
is "below compute capability 8.0 there are no kernels, but products and copies" tells "$fake" major=7 describe \
    'no kernels: they need compute capability 8.0' '^gemm cublasLt$'

# measures SCRIPT STATUS [BUDGET]: by the probe
measures() {
    rm -f "$tmp/samples.xml"
    DH_FAKE_CUDA=$1 gives "$2" "$probe" --backend cuda --cuda-lib "$fake" --quick --budget "${3:-1s}" --progress never \
        -o "$tmp/samples.xml"
}
# has REGEX...: the samples
has() {
    local regex
    for regex; do grep -qE -- "$regex" "$tmp/samples.xml" || { echo "no $regex"; return 1; }; done
}
one_line() { (($(wc -l <"$tmp/$1") == 1)) || { echo "not one line in $1"; return 1; }; }

is "a sweep ends in samples that are valid" bash -c "
    DH_FAKE_CUDA='no-energy no-power' '$probe' --backend cuda --cuda-lib '$fake' --quick --budget 1s -o '$tmp/s.xml' 2>'$tmp/err' &&
    xmllint --noout --schema scenarios/scenario.xsd '$tmp/s.xml' && grep -q 'backend=\"cuda\"' '$tmp/s.xml' && grep -q '<sample .*library=\"cublasLt\"' '$tmp/s.xml'"
in_time() {
    local spent
    measures '' 0 4s && spent=$(sed -nE 's/.* spent="([0-9]+)[^"]*".*/\1/p' "$tmp/samples.xml") && ((spent <= 8)) ||
        { echo "${spent-?} s of 4"; return 1; }
}
is "a device that is much slower than its clock says exceeds the budget by little" in_time
no_power() { measures 'no-energy no-power' 0 && has 'why="the device tells neither energy nor power' '<sample '; }
is "without a power counter kernels are timed, and loads are refused with the reason" no_power
throttled() { measures 'no-energy no-power throttle=64' 0 && has '<sample .*flags="thermal"'; }
is "samples under throttling are kept and marked" throttled
shared() { measures 'no-energy no-power others=2' 0 && has '<samples ' 'flags="(noisy )?shared"'; }
is "another process on the device is told" shared
fails() {
    measures 'no-energy no-power fail=1500' 0 60s && one_line err && says err 'stopped working after [1-9][0-9]* samples, which are kept: ' &&
        has '<sample ' 'flags="(noisy )?failed"' '<refusal .*(CUDA_ERROR_LAUNCH_FAILED|cuBLASLt)'
}
is "a failure amid a sweep is one message; samples so far are kept and marked" fails
none() { measures init=100 69 && one_line err && silent out && [[ ! -e $tmp/samples.xml ]]; }
is "no device: one message, status 69, no file" none
small() { measures 'no-energy no-power room=3e5' 0 20s && has '<sample ' '<refusal .*(memory|fit)'; }
is "what does not fit is refused, the rest is measured" small
done_testing
