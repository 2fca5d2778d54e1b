#!/usr/bin/python3
"""Language models in service against public measurements: serving.py BUILD. Constants of each stack are fitted to half of the configurations
(models/fit/fit_serving.c); which half one is in follows from a hash of its text, reckoned here again. Both halves are printed, the other one is judged.
Errors of dense models are judged by the goals of the project; mixtures of experts by what is reached, with room for other rows: one version of a stack
was measured with and without speculation, and no column tells. Prints TAP."""
import csv, io, json, os, statistics, subprocess, sys, time
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
import halves
from tap import finish, ok, skip

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "aiperf", "inference.csv.gz")
if not os.path.exists(data):
    skip("language models in service", f"no {data}")
    finish()
    sys.exit()


KEYS = ("engine", "model", "gpu", "mode", "precision", "tp", "pp", "dp", "ep", "input_len", "output_len", "concurrency", "prefill_cfg", "decode_cfg")


def judged(row):
    return halves.judged(",".join(row[k].strip() for k in KEYS))


began = time.time()
text = subprocess.run([datahall, "predict", "inference", "-i", data], capture_output=True, text=True, check=True).stdout
took = time.time() - began
rows = [r for r in csv.DictReader(io.StringIO(text)) if not r["reason"]]
for r in rows:
    r["judged"] = judged(r)
    name = r["model"].split("/")[-1]
    r["experts"] = any(w in name for w in ("-A3B", "-A22B", "-A35B", "DeepSeek", "Kimi", "MiniMax", "GLM", "Scout", "Maverick"))
    r["from"] = r["source"].split("@")[0].split(":")[0]
reached = []


def errors(which, quantity):
    """Error and whether it is within the band, of rows that have the measured value."""
    out = []
    for r in which:
        try:
            m = float(r[quantity])
        except ValueError:
            continue
        if m > 0 and r[f"predicted_{quantity}"]:
            p = float(r[f"predicted_{quantity}"])
            out.append((abs(p / m - 1), float(r[f"{quantity}_low"]) <= m <= float(r[f"{quantity}_high"])))
    return out


def judge(name, quantity, which, limit, goal=None, statistic="mean"):
    fitted = [e for e, _ in errors([r for r in which if not r["judged"]], quantity)]
    other = errors([r for r in which if r["judged"]], quantity)
    value = 100 * (statistics.fmean if statistic == "mean" else statistics.median)(e for e, _ in other)
    text = f"{name}: {statistic} error {value:.1f} % on {len(other)} rows that nothing was fitted to ({100 * statistics.fmean(fitted):.1f} % mean on the {len(fitted)} others)"
    if goal:
        text += f"; goal {goal} %" + ("" if value <= goal else f", not reached; held to {limit} %")
    ok(value <= limit, text)
    return other


dense = [r for r in rows if not r["experts"]]
loop = [r for r in dense if r["mode"] == "agg" and r["from"] == "aiconfigurator"]
static = [r for r in dense if r["mode"] == "static-batch"]
judge("time per token, dense, closed loops", "tpot_ms", loop, 10, 8)
judge("time per token, dense, closed loops", "tpot_ms", loop, 7, 8, "median")
judge("time per token, dense, one batch", "tpot_ms", static, 10, 8)
judge("gaps between tokens, dense, ML.ENERGY", "tpot_ms", [r for r in dense if r["from"].startswith("ml-energy")], 20)
judge("time to the first token, dense, closed loops", "ttft_ms", loop, 35, 15)
judge("time to the first token, dense, closed loops", "ttft_ms", loop, 17, 15, "median")
judge("time to the first token, dense, one batch", "ttft_ms", static, 17, 15)
# where the answer has the length that the row names: its own parts add up
whole = [r for r in static if r["e2e_ms"] and abs((float(r["ttft_ms"]) + (float(r["output_len"]) - 1) * float(r["tpot_ms"])) / float(r["e2e_ms"]) - 1) < 0.05]
cut = sum(1 for r in static if r["e2e_ms"]) - len(whole)
judge(f"end to end, dense, one batch (without {cut} rows whose answers ended early)", "e2e_ms", whole, 10, 8)
peak = [r for r in rows if r["mode"] == "offline-max-throughput"]
judge("peak throughput, dense", "output_tok_s", [r for r in peak if not r["experts"]], 10, 10)
judge("peak throughput, experts", "output_tok_s", [r for r in peak if r["experts"]], 40)
experts = [r for r in rows if r["experts"] and r["from"] == "aiconfigurator"]
judge("time per token, experts, closed loops", "tpot_ms", [r for r in experts if r["mode"] == "agg"], 22)
judge("time per token, experts, prefill apart", "tpot_ms", [r for r in experts if r["mode"] == "disagg"], 45)
judge("time to the first token, experts, closed loops", "ttft_ms", [r for r in experts if r["mode"] == "agg"], 30, None, "median")
for quantity in ("ttft_ms", "tpot_ms", "output_tok_s"):
    band = [inside for _, inside in errors([r for r in rows if r["judged"]], quantity)]
    share = 100 * sum(band) / len(band)
    ok(84 <= share <= 95, f"{quantity}: {share:.1f} % of {len(band)} rows that nothing was fitted to within the 90 % band (85 to 95)")

# The table by stack and device, both halves.
print("# stack, device, kind: rows, mean error of the fitted and the other half")
groups = {}
for r in rows:
    groups.setdefault((r["from"], r["engine"].split()[0], r["gpu"], "experts" if r["experts"] else "dense", r["mode"]), []).append(r)
for key in sorted(groups):
    line = []
    for quantity, word in (("ttft_ms", "first"), ("tpot_ms", "token"), ("output_tok_s", "rate"), ("e2e_ms", "whole")):
        halves = [[e for e, _ in errors([r for r in groups[key] if r["judged"] == h], quantity)] for h in (0, 1)]
        if halves[0] and halves[1]:
            line.append(f"{word} {100 * statistics.fmean(halves[0]):.1f} {100 * statistics.fmean(halves[1]):.1f}")
    print("#", " ".join(key) + f" ({len(groups[key])}):", ", ".join(line))

summary = json.loads(subprocess.run([datahall, "predict", "inference", "-i", data, "--json"], capture_output=True, text=True, check=True).stdout)
mean = 100 * statistics.fmean(e for e, _ in errors(rows, "tpot_ms"))
ok(abs(summary["tpot_ms"]["mape"] - mean) < 1e-6 * mean, f"the summary's mean error is that of the rows: {summary['tpot_ms']['mape']:.3f} %")
ok(summary["predicted"] + sum(x["rows"] for x in summary["not_predicted"]) == summary["rows"], f"{summary['predicted']} of {summary['rows']} rows are predicted, the others have a reason")
ok(took < 10, f"{summary['rows']} rows in {took:.2f} s")
finish()
