#!/bin/bash
# datahall calibrate and datahall-probe on the synthetic device: files, messages, exit statuses, interruption.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
probe=$PWD/$build/datahall-probe
cd "$tmp" || exit 1

# valid FILE: of the language, by its schema
schema=$tmp/scenario.xsd
"$datahall" help --xsd >"$schema"
valid() { xmllint --noout --schema "$schema" "$1"; }
# says_complete yes|no FILE
says_complete() { grep -q "complete=\"$1\"" "$2"; }

# It must run where there is a GPU and little else.
needs() {
    local strangers
    strangers=$(ldd "$probe" | awk '{print $1}' | grep -vE '^(linux-vdso|lib(c|m|dl|pthread|asan|ubsan|gcc_s|stdc\+\+)\.so|/lib.*/ld-linux|librt\.so)')
    [[ -z $strangers ]] || { echo "needs $strangers"; return 1; }
}
is "datahall-probe needs libc, libm and libdl only" needs

lists_devices() {
    gives 0 "$1" ${2:+"$2"} --list && says out '^synthetic  0  synthetic ' && says out '^recorded   -  there is no recording' && silent err
}
is "calibrate lists devices" lists_devices "$datahall" calibrate
is "datahall-probe lists the same" lists_devices "$probe"

measures() {
    gives 0 "$@" --backend synthetic --quick --budget 600s --progress never -o s.xml && silent err &&
        says out '^synthetic: [0-9]+ samples, 0 loads held, 3 points refused, in .* s: s.xml$' && valid s.xml &&
        says_complete yes s.xml && [[ ! -e s.xml.part ]] && (($(grep -c '<sample kernel="gemm"' s.xml) >= 60)) &&
        ! grep -q wrong s.xml
}
is "calibrate measure writes samples of the language" measures "$datahall" calibrate measure
is "so does datahall-probe" measures "$probe"

# first_times FILE: size and time of each product, the first where there are several
first_times() {
    sed -nE 's/^<sample kernel="gemm" format="fp32" size="([^"]*)" time="([^ ]*) s".*/\1 \2/p' "$1" |
        awk '!seen[$1, $2, $3]++ {printf "%d %d %d %.6g\n", $1, $2, $3, $4}' | sort
}
plays_back() {
    gives 0 "$datahall" calibrate measure --backend recorded --recording s.xml -o r.xml && valid r.xml &&
        says_complete yes r.xml && ! grep -q '<refusal' r.xml && (($(first_times s.xml | wc -l) > 50)) &&
        diff <(first_times s.xml) <(first_times r.xml)
}
is "a recording is played back, point by point" plays_back

short_of_time() {
    gives 0 "$datahall" calibrate measure --backend synthetic --budget '1 s' -o b.xml && says err 'the time budget of 1 s was up' &&
        valid b.xml && says_complete no b.xml
}
is "a budget that is up is a warning, and the file says so" short_of_time

# interrupted SIGNAL STATUS COMMAND...: in the middle of the plan, with the progress as the clock
interrupted() {
    local signal=$1 status=$2 pid
    shift 2
    rm -f i.xml i.xml.part
    "$@" --backend synthetic --budget 60s -o i.xml >out 2>err </dev/null &
    pid=$!
    for ((i = 0; i < 200; i++)); do
        [[ -e i.xml.part ]] && (($(grep -c '<sample ' i.xml.part) > 3)) && break
        sleep 0.05
    done
    kill "-$signal" $pid
    wait $pid
    local got=$?
    ((got == status)) || { echo "status $got instead of $status"; return 1; }
}
stops() {
    interrupted "$@" && [[ ! -e i.xml.part ]] && valid i.xml && says_complete no i.xml && says err 'interrupted after [0-9]+ samples'
}
# a shell leaves SIGINT ignored in what it starts in the background; these programs catch it all the same
is "SIGINT ends calibrate with 130 and keeps the samples" stops INT 130 "$datahall" calibrate measure
is "SIGTERM ends datahall-probe with 143 and keeps them" stops TERM 143 "$probe"
killed() {
    interrupted KILL 137 "$probe" && [[ ! -e i.xml ]] && valid i.xml.part && says_complete no i.xml.part
}
is "after SIGKILL FILE.part is a whole file" killed

refuses() { # STATUS REGEX ARGUMENT...
    local status=$1 regex=$2
    shift 2
    rm -f x.xml
    gives "$status" "$datahall" calibrate "$@" && says err "$regex" && silent out && (($(wc -l <"$tmp/err") <= 3)) &&
        [[ ! -e x.xml && ! -e x.xml.part ]]
}
is "a device that is not there: 69" refuses 69 'there is one synthetic device, number 0' measure --backend synthetic --device 1 -o x.xml
is "no file to write to: 2" refuses 2 'measure needs -o' measure --backend synthetic
is "a folder that is not there: 74" refuses 74 'nowhere/x.xml.part: No such file' measure --backend synthetic -o nowhere/x.xml
is "a folder of libraries that is not absolute: 2" refuses 2 'absolute' measure --cuda-lib lib -o x.xml
is "a budget that is none: 2" refuses 2 "budget 'soon'" measure --backend synthetic --budget soon -o x.xml
is "a back end that is none: 2" refuses 2 'backend is one of' measure --backend vulkan -o x.xml
is "a recording that is none: 66" refuses 66 'none.xml' measure --backend recorded --recording none.xml -o x.xml
is "something else to do: 2" refuses 2 "cannot 'measur'; it can measure and fit" measur -o x.xml
probe_refuses() {
    gives "$1" "$probe" "${@:3}" && says err "$2" && silent out
}
is "datahall-probe: a device that is not there: 69" probe_refuses 69 'number 0' --backend synthetic --device 1 -o x.xml
is "datahall-probe: no file: 2" probe_refuses 2 usage --backend synthetic
is "datahall-probe: a budget that is none: 2" probe_refuses 2 usage --budget soon -o x.xml
is "datahall-probe: help" gives 0 "$probe" --help
done_testing
