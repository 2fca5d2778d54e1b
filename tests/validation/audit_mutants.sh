#!/bin/bash
# The audit can fail: builds in which one line of the books is wrong turn the recomputation red.
. tests/cli/tap.bash
mkdir "$tmp/src" && tar -c --exclude='build*' --exclude=.git . | tar -x -C "$tmp/src"
# What is built already need not be built again: the copy has the objects where make looks for them, and their times.
mkdir -p "$tmp/src/build" "$tmp/src/build-m" && cp -a "$build/obj" "$tmp/src/build-m/" && cp -a "$build"/*.c "$build"/*.a "$build"/.deps "$tmp/src/build-m/"
cp -a build/kernels*.fatbin "$tmp/src/build/"
make -s -C "$tmp/src" B=build-m CFLAGS=-O1 -j2 build-m/datahall >"$tmp/log" 2>&1 || tail -5 "$tmp/log"
"$datahall" run scenarios/examples/hot-weather.xml --until="2 d" -q -o "$tmp/good.h5" >/dev/null
is "the books of the build as it is close" sh -c "/usr/bin/python3 tests/validation/audit_recompute.py $build $tmp/good.h5 >$tmp/a && ! grep '^not ok' $tmp/a"

# mutant NAME FILE OLD NEW: replaces one piece of text, builds, runs, expects red, puts it back
mutant() {
    cp "$tmp/src/$2" "$tmp/kept"
    OLD=$3 NEW=$4 /usr/bin/python3 - "$tmp/src/$2" <<'P' || { echo "the text to change is not in $2"; return 1; }
import os, sys
text = open(sys.argv[1]).read()
assert text.count(os.environ["OLD"]) == 1
open(sys.argv[1], "w").write(text.replace(os.environ["OLD"], os.environ["NEW"]))
P
    make -s -C "$tmp/src" B=build-m CFLAGS=-O1 build-m/datahall >"$tmp/log" 2>&1 || { tail -5 "$tmp/log"; return 1; }
    "$tmp/src/build-m/datahall" run scenarios/examples/hot-weather.xml --until="2 d" -q -o "$tmp/bad.h5" >/dev/null || return 1
    cp "$tmp/kept" "$tmp/src/$2"
    /usr/bin/python3 tests/validation/audit_recompute.py "$build" "$tmp/bad.h5" >"$tmp/bad.txt"
    grep '^not ok' "$tmp/bad.txt" || { echo "all books close"; return 1; }
}
is "red: losses of a stage are not drawn" mutant x models/power_graph.c 'dh_uw in = out + loss + stored,' 'dh_uw in = out + stored,'
is "red: losses of the stages are not counted" mutant x models/power_graph.c 'p->sum.loss += loss - p->stage_loss[s].power;' ';'
is "red: a CDU's pumps draw nothing" mutant x models/world_plant.c 'dh_power_cdu_load(&w->power, c, s->cdu_pump_w[c]);' 'dh_power_cdu_load(&w->power, c, 0);'
is "red: the fans of the air handlers give no heat" mutant x models/cooling_hall.c 'dh_sum_add(&g->fan_j,' 'if (0) dh_sum_add(&g->fan_j,'
is "red: drift is not made up" mutant x models/cooling_chilled.c 'dh_sum_add(&g->drift_kg,' 'if (0) dh_sum_add(&g->drift_kg,'
is "red: energy billed at the price of the slice's end" mutant x models/world_record.c 'dh_bill_add(&w->bill[s], unix_s, seconds,' 'dh_bill_add(&w->bill[s], unix_s + (int64_t)seconds, seconds,'
is "red: demand averaged over 901 seconds" mutant x models/bill.c 'double seconds = bill->tariff->demand_window_s;' 'double seconds = bill->tariff->demand_window_s + 1;'
is "red: a job's last GPU time is lost" mutant x models/world_clock.c 'w->busy_gpu_ns += (dh_gpu_ns)w->pool.n_busy_gpu * passed;' 'w->busy_gpu_ns += (dh_gpu_ns)w->pool.n_busy_gpu * (passed - 1);'

# own NAME FILE OLD NEW: the same, told by the residuals of the run itself
own() {
    rm -f "$tmp/bad.h5"
    mutant "$@" >"$tmp/log2" 2>&1
    [[ -s $tmp/bad.h5 ]] || { cat "$tmp/log2"; return 1; }
    ! "$datahall" report "$tmp/bad.h5" -q --fail-if 'audit.energy > 1e-9' --fail-if 'audit.bill > 1e-9' >/dev/null 2>&1
}
is "the run's own books are closed" "$datahall" report "$tmp/good.h5" -q --fail-if 'audit.energy > 1e-9' --fail-if 'audit.bill > 1e-9'
is "own books red: a CDU's pumps draw nothing" own x models/world_plant.c 'dh_power_cdu_load(&w->power, c, s->cdu_pump_w[c]);' 'dh_power_cdu_load(&w->power, c, 0);'
is "own books red: losses in total" own x models/power_graph.c 'p->sum.loss += loss - p->stage_loss[s].power;' ';'
is "own books red: an amount is not in the total" own x sim/api/summarize_cost.c 'dh_or_zero(c->demand) + ' ''
is "own books red: energy billed twice" own x models/world_record.c '        w->meter_energy[s] = energy;' ''
done_testing
