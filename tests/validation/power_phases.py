#!/usr/bin/python3
"""Board power of language models in service against public measurements: power_phases.py BUILD. Constants are fitted to half of the configurations
(models/fit/fit_power_phases.c); which half one is in follows from a hash of its text, reckoned here again. Both halves are printed, the other one is
judged. Prints TAP."""
import csv, io, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from halves import judged
from tap import finish, ok, skip

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
path = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "aiperf", "power.csv")
if not os.path.exists(path):
    skip("phases of power", "no reference data at " + path)
    finish()
    sys.exit()


# Which models have experts is said in their names; kept here apart from the catalog.
EXPERTS = ("A3B", "A22B", "A35B", "DeepSeek", "gpt-oss", "Llama-4")
text = subprocess.run([datahall, "predict", "power", "-i", path], capture_output=True, text=True, check=True).stdout
rows = [r for r in csv.DictReader(io.StringIO(text)) if r["watts"] and r["predicted_watts"] and r["phase"] != "idle"]
for r in rows:
    r["judged"] = judged(r["gpu"] + " " + r["workload"])
    r["error"] = abs(float(r["predicted_watts"]) / float(r["watts"]) - 1)
    r["inside"] = float(r["low"]) <= float(r["watts"]) <= float(r["high"])
    r["experts"] = any(e in r["workload"] for e in EXPERTS)
mape = lambda rows: 100 * sum(r["error"] for r in rows) / max(1, len(rows))
p90 = lambda rows: 100 * sorted(r["error"] for r in rows)[int(.9 * (len(rows) - 1))]
for name, experts, goal in (("dense models", False, 10), ("models with experts", True, 15)):
    fitted = [r for r in rows if r["experts"] == experts and not r["judged"]]
    other = [r for r in rows if r["experts"] == experts and r["judged"]]
    ok(len(other) > 50 and mape(other) <= goal, f"{name}: {mape(other):.1f} %, p90 {p90(other):.1f} %, on {len(other)} rows that nothing was fitted to "
       f"({mape(fitted):.1f} % on the {len(fitted)} others; goal {goal} %)")
    for gpu in sorted({r["gpu"] for r in other}):
        a, b = [r for r in fitted if r["gpu"] == gpu], [r for r in other if r["gpu"] == gpu]
        print(f"# {gpu}, {name}: fitted {mape(a):.1f} % of {len(a)}, others {mape(b):.1f} % of {len(b)}, {100 * sum(r['inside'] for r in b) / len(b):.0f} % in the band")
other = [r for r in rows if r["judged"]]
inside = 100 * sum(r["inside"] for r in other) / len(other)
ok(85 <= inside <= 95, f"{inside:.1f} % of the rows that nothing was fitted to within the 90 % band (85 to 95)")
# Of one configuration power follows the batch: of pairs whose measured power differs by more than a tenth, most are ordered alike.
alike = pairs = 0
for configuration in {(r["gpu"], r["workload"]) for r in other}:
    of = [r for r in other if (r["gpu"], r["workload"]) == configuration]
    for i, a in enumerate(of):
        for b in of[:i]:
            if abs(float(a["watts"]) / float(b["watts"]) - 1) > .1:
                pairs += 1
                alike += (float(a["watts"]) > float(b["watts"])) == (float(a["predicted_watts"]) > float(b["predicted_watts"]))
ok(alike > .8 * pairs, f"within configurations {100 * alike / pairs:.0f} % of {pairs} pairs that differ by over 10 % are ordered as measured (over 80 %)")
# The summary says the same, and names why rows have no prediction.
summary = json.loads(subprocess.run([datahall, "predict", "power", "-i", path, "--json"], capture_output=True, text=True, check=True).stdout)
ok(abs(summary["mape"] - mape(rows)) < 1e-6 and summary["predicted"] + sum(r["rows"] for r in summary["not_predicted"]) == summary["rows"],
   f"the summary's mean error is that of the rows: {summary['mape']:.3f} %; each row is predicted or counted with a reason")
for r in summary["not_predicted"]:
    print(f"# {r['rows']} rows: {r['reason']}")
finish()
