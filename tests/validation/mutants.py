#!/usr/bin/python3
"""Tests can fail: builds that are wrong in one place, each of which at least one test must turn red. mutants.py BUILD
[PATTERN]. Mutants of the books: audit_mutants.sh; of the links from weather to dollars: coupling.py. Prints TAP."""
import json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from mutants import build_mutant

build = sys.argv[1] if len(sys.argv) > 1 else "build"
pattern = sys.argv[2] if len(sys.argv) > 2 else ""

# What is wrong, file, what is there, what replaces it, and the unit tests (by pattern) or check below that must see it.
MUTANTS = [
    ("leakage that does not grow with the temperature", "models/chip.c",
     "dh_exp(device->leakage_per_k * (junction_degc - device->leakage_degc))", "1.0", "leakage_settles"),
    ("heat of the die lost on its way to the sink", "models/thermal_rc.c", ".p2 = (is - ii) * s21 / n->c1_j_per_k,", ".p2 = 0,",
     "without_flow"),
    ("storage for a swing without its duty", "models/swing.c", "wave->period_s * wave->duty * (1 - wave->duty);", "wave->period_s;",
     "flattening"),
    ("efficiency multiplied instead of divided", "scenarios/compile_power.c", "1 / loss->efficiency - 1,",
     "1 - loss->efficiency,", "cost_of_a_gpu_hour"),
    ("idle power of GPUs dropped", "models/power.c", "f->node_gpus[node] * device->idle_w;", "0 * device->idle_w;",
     "cost_of_a_gpu_hour"),
    ("PUE without the losses of the UPS", "sim/api/summarize.c", '"energy.pue", facility / it)',
     '"energy.pue", (facility - dh_energy_kwh(&p->loss, now)) / it)', "cost_of_a_gpu_hour"),
    ("air handler fans: square instead of cube", "models/cooling_hall.c", "h->fan_w * dh_units_frac(flow, up, h->held)",
     "h->fan_w * dh_units_frac(flow, up, h->held) / flow", "air_handlers_at_half_speed"),
    ("server fans: square instead of cube", "models/node_fan.c", "density * speed * speed * speed", "density * speed * speed",
     "node_fans_at_half_speed"),
    ("cooling without the limit of its capacity", "models/chiller.c",
     "double carried = fmin(each_w, p.capacity_w * c->plr_max);", "double carried = each_w;", "overloaded_chillers"),
    ("kW for kWh", "models/bill.c", "J_PER_KWH = 3.6e6", "J_PER_KWH = 3.6e3", "hourly_values"),
    ("periods begin an hour early", "models/hours.c", "hours->hours >> local->hour & 1", "hours->hours >> (local->hour + 1) % 24 & 1",
     "later_periods"),
    ("periods end an hour late", "models/hours.c", "to < from + (exclusive ? 1 : 0))\n            return false;",
     "to < from + (exclusive ? 1 : 0))\n            return false;\n        to += exclusive && to < last;", "later_periods"),
    ("demand over 901 s", "models/bill.c", "double seconds = bill->tariff->demand_window_s;",
     "double seconds = bill->tariff->demand_window_s + 1;", "demand_windows"),
    ("windows begin with the first load", "models/bill.c", "int64_t start = local_s - (local_s % window_s + window_s) % window_s;",
     "int64_t start = bill->window_start != INT64_MIN && local_s < bill->window_start + window_s ? bill->window_start : local_s;",
     "demand_windows"),
    ("ratchet forgotten", "models/bill.c", "tariff->ratchet * bill->past_peak_w[m]", "0 * bill->past_peak_w[m]", "demand_is_billed"),
    ("clock of the tariff runs the other way", "models/bill.c", "return dh_calendar_of(unix_s + (int64_t)",
     "return dh_calendar_of(unix_s - (int64_t)", "tariffs_keep"),
    ("gap in the carbon not counted", "models/hourly.c", "return there >= series->unix_s[row_at(series, there)] + step_of(series);",
     "return false;", "hourly_values"),
    ("29 February is 1 March", "models/hourly.c", "!is_leap(year) ? 28 : at.day", "false ? 28 : at.day", "leap_day"),
    ("present value starts with year 1", "models/finance.c", "double factor = 1;", "double factor = 1 + rate;", "present_value"),
    ("annuity divides by zero without interest", "models/finance.c", "return discounted > 0 ? rate / discounted : 1 / years;",
     "return rate / discounted;", "annuities"),
    ("residual value not discounted", "models/finance.c", "residual * cost * dh_exp(-years * dh_log1p(rate))", "residual * cost", "annuities"),
    ("egress charged on the way in", "models/cloud.c", "plan->egress_usd = asked->output_b", "plan->egress_usd = asked->input_b",
     "cloud_job_pays"),
    ("WAN in bits", "models/cloud.c", "later(free_at, asked->input_b / cloud", "later(free_at, asked->input_b / 8 / cloud", "cloud_transfers"),
    ("interruption keeps work that was never done", "models/cloud.c", "floor(until_s / checkpoint_s)", "ceil(until_s / checkpoint_s)", "spot_"),
    ("job done in the last instant not billed", "models/cloud.c", "            settle(cloud, plan, &list->jobs[j]);", "            ;",
     "cloud_costs_are_cut"),
    ("one random stream for two entities", "sim/rng.c", "(uint32_t)entity, (uint32_t)(entity >> 32)", "0, 0", "stream"),
    ("variance over n", "tests/stat.c", "squares / (n - 1) / n", "squares / n / n", "t_interval"),
    ("backfill refuses who ends with the reservation", "models/job_tree.c", "(e->length <= want->length ||", "(e->length < want->length ||",
     "job_tree"),
    ("GPUs released one end late", "models/scheduler.c", "    dh_pool_give(s->pool, run);\n    if (s->profile_holds",
     "    static struct dh_job_run *late;\n    if (late) dh_pool_give(s->pool, late);\n    late = run;\n    if (s->profile_holds", "freed_at_an_instant"),
    ("ends handled after arrivals and the pass", "models/world_jobs.c", "w->des.now + takes, DH_PHASE_END, DH_EVENT_END",
     "w->des.now + takes, DH_PHASE_SAMPLE_POINT, DH_EVENT_END", "freed_at_an_instant"),
    ("UPS loss not passed to the parent", "models/power_graph.c", "dh_uw in = out + loss + stored,", "dh_uw in = out + stored,", "audit"),
    ("bill without the last partial slice", "models/world_record.c",
     "enum dh_err dh_world_record_end(struct dh_world *w) {\n    meter(w);", "enum dh_err dh_world_record_end(struct dh_world *w) {", "audit"),
]

def summary(program, *args):
    done = subprocess.run([program, "run", *args, "--no-output", "--json"], capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout) if done.returncode == 0 else None


def audit(program, folder):
    """The books of a run that ends in the middle of everything."""
    got = summary(program, "scenarios/examples/hot-weather.xml", "--until", "100003 s")
    return got is not None and all(v <= 1e-9 for v in got["audit"].values() if isinstance(v, (int, float)))


CHECKS = {"audit": audit}


def green(program, killer, folder):
    if killer in CHECKS:
        return CHECKS[killer](program, folder)
    done = subprocess.run([program, killer], capture_output=True, text=True, timeout=300)
    if done.returncode == 0 and "\nok " not in "\n" + done.stdout:
        raise ValueError(f"no unit test is called {killer}")
    return done.returncode == 0


with tempfile.TemporaryDirectory() as folder:
    wanted = [m for m in MUTANTS if pattern in m[0]]
    if os.environ.get("VALIDATE") == "quick" and not pattern:
        wanted = wanted[::8]
    for killer in sorted({m[4] for m in wanted}):
        program = os.path.join(build, "datahall" if killer in CHECKS else "tests")
        ok(green(program, killer, folder), f"green as it is: {killer}")
    for name, source, old, new, killer in wanted:
        try:
            program = build_mutant(build, folder, source, old, new, "datahall" if killer in CHECKS else "tests")
            ok(not green(program, killer, folder), f"red by {killer}: {name}", "all of them pass")
        except subprocess.TimeoutExpired:
            ok(True, f"red by {killer}: {name}")
        except (ValueError, subprocess.CalledProcessError) as fault:
            ok(False, f"red by {killer}: {name}", getattr(fault, "stderr", None) or fault)
finish()
