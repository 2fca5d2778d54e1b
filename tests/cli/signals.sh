#!/bin/bash
# Signals: a run that is stopped closes its result properly; one that is killed leaves what recover rescues.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash
repo=$PWD
cd "$tmp" || exit 1
long=$repo/scenarios/examples/ashburn-24mw.xml

# cpu_ms FIELDS PID: processor time by /proc/PID/stat.
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" "{print int(($1) * 1000 / hz)}" "/proc/$2/stat" 2>/dev/null || echo 0; }

# stop SIGNAL...: starts a long run, sends the signals, sets $status, and $took and $used: ms and ms of processor time
# from the last signal to the end.
stop() {
    rm -f s.h5 s.h5.part
    "$datahall" run "$long" -o s.h5 --progress json --json >out 2>err &
    local pid=$! from before
    for _ in $(seq 300); do # until it tells of simulated time and writes, so that the stop falls into the run
        [[ -s s.h5.part ]] && grep -qE '"simulated_s": [1-9]' err && break
        sleep 0.1
    done
    for signal in "$@"; do
        kill -"$signal" $pid 2>/dev/null
        from=$(date +%s%3N)
        before=$(($(cpu_ms '$14 + $15' $pid) + $(cpu_ms '$16 + $17' $$)))
        sleep 0.01 # or two of a kind become one
        [[ $signal == USR1 ]] && sleep 1 # the status line is due at the next progress call, ten times a second
    done
    wait $pid
    status=$?
    took=$(($(date +%s%3N) - from))
    used=$(($(cpu_ms '$16 + $17' $$) - before))
}

# Whether it was as fast; on a busy machine, where a process waits for seconds, whether it used as little time.
within() { test "$took" -le "$1" -o \( "$used" -le "$1" -a "$took" -le $(($1 * 15)) \) || { echo "$took ms, $used used"; return 1; }; }

stop INT
is "SIGINT gives 130" test $status -eq 130
is "within 2 s" within 2000
is "the result has its name" test -s s.h5
is "no .part is left" test ! -e s.h5.part
is "the summary says interrupted" /usr/bin/python3 -c 'import json; d = json.load(open("out")); assert d["status"] == "interrupted" and 0 < d["simulated_s"] < d["scenario"]["duration_s"], d'
is "the interrupted result can be read" eval '"$datahall" report s.h5 | grep -q INTERRUPTED'
stop TERM
is "SIGTERM gives 143" test $status -eq 143
is "and closes the result" eval '"$datahall" info s.h5 >/dev/null'
if (((0x$(awk '/^SigIgn/ {print $2}' /proc/self/status) & 1) == 0)); then # under nohup it is not to be heard
    stop HUP
    is "a terminal that is gone is the same" test $status -eq 143 -a -s s.h5 -a ! -e s.h5.part
fi
stop USR1 INT
is "SIGUSR1 prints a line of status" grep -q 'ETA' err
stop INT INT
is "a second signal ends at once" eval '((status == 130)) && within 1000'

rm -f s.h5
stop KILL
is "kill -9 leaves no result" test ! -e s.h5
if [[ -s s.h5.part ]]; then
    cp s.h5.part before
    is "recover rescues it" gives 0 "$datahall" recover s.h5.part
    is "under a name of its own" test -s s-recovered.h5
    is "the original stays as it is" cmp s.h5.part before
    is "the rescued result can be read" eval '"$datahall" info s-recovered.h5 | grep -q facility_power_w'
    is "recover never overwrites" eval '! gives 0 "$datahall" recover s.h5.part'
else
    is "kill -9 leaves a .part" false
fi
is "a failing run harms no result" eval 'cp s-recovered.h5 keep.h5; sum=$(sha256sum <keep.h5); (ulimit -f 200; gives 74 "$datahall" run "$long" -o keep.h5 -q); [[ $(sha256sum <keep.h5) == "$sum" ]]'
done_testing
