#!/usr/bin/python3
"""Times of training steps against public measurements: training.py BUILD. Constants of the software are fitted to half of the configurations of each
stack (models/fit/fit_training.c); which half a configuration is in follows from a hash of its text, reckoned here again. Both halves are printed, the
other one is judged: with the stack that a row names, and with the defaults for unknown software alone. Prints TAP."""
import csv, io, json, os, subprocess, sys
from collections import defaultdict
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from halves import judged
from tap import finish, ok, skip

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "aiperf", "training.csv")
if not os.path.exists(data):
    skip("times of training steps", f"no {data}")
    finish()
    sys.exit()


CONFIGURATION = ("model", "seq_len", "global_batch", "micro_batch", "gpu", "n_gpus", "tp", "pp", "vpp", "cp", "ep", "sharding", "recompute",
                 "precision", "framework")


def number(text):
    return float(text) if text else None


def read(*more):
    text = subprocess.run([datahall, "predict", "training", "-i", data, *more], capture_output=True, text=True, check=True).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    for r in rows:
        r["judged"] = judged(",".join(r[k].strip() for k in CONFIGURATION))
        r["measured"] = number(r["measured_step_s"])
        if r["measured"] is None and number(r["tokens_per_s_per_gpu"]):
            r["measured"] = float(r["global_batch"]) * float(r["seq_len"]) / float(r["n_gpus"]) / float(r["tokens_per_s_per_gpu"])
        r["from"] = r["source"].split("@")[0].split(":")[0].split(" ")[0]
        r["predicted"] = number(r["predicted_step_s"])
        if r["predicted"] and r["measured"]:
            r["error"] = 100 * abs(r["predicted"] / r["measured"] - 1)
            r["inside"] = float(r["low"]) <= r["measured"] <= float(r["high"])
    return rows


def mean(rows):
    return sum(r["error"] for r in rows) / len(rows)


def p90(rows):
    errors = sorted(r["error"] for r in rows)
    at = 0.9 * (len(errors) - 1)
    low = int(at)
    return errors[low] + (at - low) * (errors[min(low + 1, len(errors) - 1)] - errors[low])


def halves(rows):
    rows = [r for r in rows if "error" in r]
    return [r for r in rows if not r["judged"]], [r for r in rows if r["judged"]]


def text(rows):
    return f"{mean(rows):.1f} %, p90 {p90(rows):.1f} % on {len(rows)} rows" if rows else "no rows"


everything, unknown = read(), read("--stack", "default")
fitted, other = halves(everything)
ok(mean(other) <= 10 and p90(other) <= 18, f"software known: {text(other)} that nothing was fitted to ({text(fitted)} fitted; goal 10 %, p90 18 %)")
inside = 100 * sum(r["inside"] for r in other) / len(other)
ok(85 <= inside <= 95, f"software known: {inside:.1f} % of those rows within the 90 % band (85 to 95)")
fitted_unknown, other_unknown = halves(unknown)
ok(mean(other_unknown) <= 15, f"defaults alone: {text(other_unknown)} ({text(fitted_unknown)} of the half they were fitted to; goal 15 %)")
experts = [r for r in other if r["experts"]]
ok(mean(experts) <= 15, f"mixtures of experts: {text(experts)} ({text([r for r in fitted if r['experts']])} fitted; goal 15 %)")
for source in sorted({r["from"] for r in fitted + other}):
    of = lambda rows: [r for r in rows if r["from"] == source]
    print(f"# {source}: fitted {text(of(fitted))}; others {text(of(other))}; defaults alone, others {text(of(other_unknown))}")
print("# others, from published comparisons with the same kind of rows: Calculon 7 to 36 % by source, AIConfigurator 15 to 22 %")
means = sorted((mean([r for r in other if r["from"] == s]), s) for s in {r["from"] for r in other})
ok(sum(m <= 15 for m, s in means) >= len(means) - 1, "mean error of each source at most 15 %, but for one: " + ", ".join(f"{s} {m:.1f} %" for m, s in means))

# Scaling series: the same model, plan and share of the batch on more devices. Ratios of times to the smallest of the series.
series = defaultdict(list)
for r in other + fitted:
    n = float(r["n_gpus"])
    weak = round(float(r["global_batch"]) / n, 6)
    if r["dp"]:
        series[tuple(r[k] for k in ("model", "seq_len", "micro_batch", "gpu", "tp", "pp", "vpp", "cp", "ep", "sharding", "recompute", "precision",
                                    "framework", "source")) + (weak,)].append((n, r))
ratios, rows_of = [], 0
for rows in series.values():
    rows.sort(key=lambda x: x[0])
    if len(rows) > 1 and rows[0][0] < rows[-1][0]:
        first = rows[0][1]
        rows_of += 1
        for n, r in rows:
            if n > rows[0][0]:
                ratios.append(100 * abs(r["predicted"] / first["predicted"] / (r["measured"] / first["measured"]) - 1))
ratios.sort()
ok(sum(ratios) / len(ratios) <= 3, f"scaling series: ratios within {sum(ratios) / len(ratios):.1f} % on average (median {ratios[len(ratios) // 2]:.1f} %) in {rows_of} series, "
   f"{len(ratios)} ratios (goal 3 %)")

# What ran did fit its devices. One source chose micro-batches that fill them: those must not look half empty either.
fit = os.path.join(os.path.dirname(datahall), "fit_training")
folder = os.path.dirname(os.path.dirname(data))
shares = {}
for stack in ("composer", "internevo", "jax", "megatron-lm", "mlperf", "nemo"):
    lines = subprocess.run([fit, folder, stack, "rows"], capture_output=True, text=True, check=True).stdout.splitlines()
    shares[stack] = [float(line.rsplit(" ", 1)[1]) for line in lines if " memory " in line]
every = sorted(x for rows in shares.values() for x in rows)
ok(sum(x <= 100 for x in every) >= 0.95 * len(every) and every[-1] < 110,
   f"memory: {sum(x <= 100 for x in every)} of {len(every)} runs fit by our count, none needs more than {every[-1]:.0f} % of its device")
full = sorted(shares["composer"])
ok(full[len(full) // 2] > 70, f"memory: runs with the largest micro-batch that fitted fill {full[len(full) // 2]:.0f} % of it (median), {full[len(full) // 10]:.0f} to "
   f"{full[9 * len(full) // 10]:.0f} % in the middle eight tenths")

known = [r for r in everything if r["predicted"]]
ok(len(known) >= 0.98 * len(everything), f"{len(known)} of {len(everything)} rows are predicted; the others say why: "
   + "; ".join(sorted({r["reason"] for r in everything if not r["predicted"]})))

# The same rows give the same figures in the summary.
summary = json.loads(subprocess.run([datahall, "predict", "training", "-i", data, "--json"], capture_output=True, text=True, check=True).stdout)
whole = fitted + other
ok(abs(summary["mape"] - mean(whole)) < 1e-6 * mean(whole), f"the summary's mean error is that of the rows: {summary['mape']:.3f} %")
finish()
