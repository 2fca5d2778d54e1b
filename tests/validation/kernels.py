#!/usr/bin/python3
"""Times of kernels against public measurements: kernels.py BUILD. Constants are fitted to half of the shapes of each device and number format
(models/fit/fit_kernels.c); which half a shape is in follows from a hash of its text, reckoned here again. Both halves are printed, the other one is
judged. Prints TAP."""
import csv, gzip, io, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from halves import judged
from tap import finish, ok, skip

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "aiperf")
if not os.path.exists(data):
    skip("times of kernels", f"no {data}")
    finish()
    sys.exit()


def halves(kind, file, keys):
    """Rows as predict writes them, each marked with its half."""
    text = subprocess.run([datahall, "predict", kind, "-i", os.path.join(data, file)], capture_output=True, text=True, check=True).stdout
    rows = [r for r in csv.DictReader(io.StringIO(text)) if r["predicted_time_ms"] and r["source"].split("@")[0] != "ml-engineering"]
    for r in rows:
        r["judged"] = judged(",".join(r[k] for k in keys))
        r["error"] = abs(float(r["predicted_time_ms"]) / float(r["time_ms"]) - 1)
        r["inside"] = float(r["low"]) <= float(r["time_ms"]) <= float(r["high"])
    return rows


def judge(name, rows, goal):
    fitted = [r for r in rows if not r["judged"]]
    other = [r for r in rows if r["judged"]]
    mape = lambda rows: 100 * sum(r["error"] for r in rows) / len(rows)
    inside = 100 * sum(r["inside"] for r in other) / len(other)
    ok(mape(other) <= goal, f"{name}: {mape(other):.1f} % on {len(other)} rows that nothing was fitted to ({mape(fitted):.1f} % on the {len(fitted)} others; goal {goal} %)")
    ok(85 <= inside <= 95, f"{name}: {inside:.1f} % of those rows within the 90 % band (85 to 95)")


products = halves("gemm", "gemm.csv.gz", ("gpu", "dtype", "m", "n", "k"))
for format, goal in (("bf16", 8), ("fp16", 8), ("fp8", 13)):
    judge(f"matrix products, {format}", [r for r in products if r["dtype"] == format], goal)
for device in sorted({r["gpu"] for r in products}):
    rows = [r for r in products if r["gpu"] == device and r["judged"]]
    print(f"# {device}, matrix products: " + ", ".join(f"{f} {100 * sum(r['error'] for r in x) / len(x):.1f} %" for f in ("bf16", "fp16", "fp8", "nvfp4")
                                                     if (x := [r for r in rows if r["dtype"] == f])))
attention = halves("attention", "attention.csv.gz", ("gpu", "kv_dtype", "batch", "q_len", "kv_len", "heads", "kv_heads", "head_dim"))
judge("attention", attention, 12)
for phase in ("prefill", "decode"):
    judge(f"attention, {phase}", [r for r in attention if r["phase"] == phase], 12)

# The same rows give the same figures in the summary.
summary = json.loads(subprocess.run([datahall, "predict", "attention", "-i", os.path.join(data, "attention.csv.gz"), "--json"],
                                    capture_output=True, text=True, check=True).stdout)
mean = 100 * sum(r["error"] for r in attention) / len(attention)
ok(abs(summary["mape"] - mean) < 1e-6 * mean, f"the summary's mean error is that of the rows: {summary['mape']:.3f} %")
finish()
