#!/usr/bin/python3
"""The reliability engine, by `predict reliability`, against ../shared: reliability.py BUILD. Prints TAP.

Every row of ref_reliability.csv and of the oracles availability_kofn, machine_repair, checkpoint_exponential.
Simulation against the same rows: reliability_simulated.sh."""
import csv, json, os, re, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.join(build, "datahall")
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data")


def read(path):
    with open(path) as f:
        return list(csv.DictReader(line for line in f if not line.startswith("#")))


# Systems of the table that its text names but does not give in full (reliability_components.csv, FACILITY D2).
UPS, CHILLER, GEN, PATH = (250000, 8), (13140, 48), (1100, 24), (40000, 12)
SYSTEMS = {
    "UPS N+1 4+1, 1 crew": (4, 5, 1, UPS), "UPS N+1 4+1, inf crews": (4, 5, "", UPS),
    "chiller N+1 3+1, 1 crew": (3, 4, 1, CHILLER), "chiller N+2 6+2, 2 crews": (6, 8, 2, CHILLER),
    "gens N+1 5+1 cold standby, 1 crew": (5, 6, 1, GEN), "gens N+2 10+2, 2 crews": (10, 12, 2, GEN),
    "2N: 1-of-2 paths MTBF 40000 MTTR 12": (1, 2, "", PATH), "N: 1-of-1": (1, 1, "", PATH),
}
path = {"mtbf_h": PATH[0], "mttr_h": PATH[1]}


def row_of(text):
    """The input row whose `quantity` is the table's row."""
    number = lambda name: float(re.search(re.escape(name) + r"=([0-9.e+]+)", text).group(1))
    if text.startswith("k_of_n"):
        return dict(kind="k-of-n", quantity="availability", k=int(number("k")), n=int(number("n")), availability=number("a"))
    if text.startswith("A("):
        return dict(kind="unit", quantity="availability", mtbf_h=number("MTBF"), mttr_h=number("MTTR"))
    if text.startswith("markov"):
        what, system = text.split(": ", 1)
        k, n, crews, (mtbf, mttr) = SYSTEMS[system]
        quantity = {"markov A": "availability", "markov freq per yr": "failures_per_year", "markov MTBF_sys h": "up_h",
                    "markov MDT h": "down_h"}[what]
        return dict(kind="crews", quantity=quantity, k=k, n=n, crews=crews, mtbf_h=mtbf, mttr_h=mttr,
                    standby="cold" if "cold" in system else "")
    if text.startswith("2N beta"):
        return dict(kind="two-paths", quantity="unavailability", beta=number("beta"), **path)
    if text.startswith("block-redundant"):
        quantity = "unavailability_any" if "any" in text else "unavailability" if "EXACT" in text else "unavailability_approx"
        return dict(kind="block-redundant", quantity=quantity, n=int(text[16]), **path)
    if text.startswith("distributed"):
        return dict(kind="distributed", quantity="unavailability" + ("_any" if "any" in text else ""), **path)
    if text.startswith("gen start"):
        return dict(kind="generators", quantity="probability", k=int(number("k")), n=int(number("n")),
                    availability=number("OA"), failure_to_start=number("FTS"))
    if text.startswith("gen survive"):
        return dict(kind="generators", quantity="run_probability", k=int(number("k")), n=int(number("n")), availability=.995,
                    failure_to_start=.0094, mtbf_h=1100, hours=int(re.search(r"(\d+) h", text).group(1)))
    if text.startswith("IT loss"):
        return dict(kind="generators", quantity="losses_per_year", k=5, n=6, availability=.995, failure_to_start=.0094,
                    outages_per_year=1.956)
    if "case A" in text:
        return dict(kind="backup", quantity="probability", n=2, generator_kw=1, mtbf_h=5, battery_kwh=2, battery_kw=1,
                    start_kwh=1, bins=3, load_kw="1 2 2")
    if "case B" in text:
        return dict(kind="backup", quantity="probability", n=1, generator_kw=100, mtbf_h=100, availability=.98,
                    failure_to_start=.1, battery_kwh=400, battery_kw=100, start_kwh=400, load_kw=100, hours=24)
    if text.startswith("job MTTF"):
        return dict(kind="job", quantity="mtbf_h", nodes=int(re.search(r"(\d+) nodes", text).group(1)),
                    failures_per_1000_node_days=6.5)
    if text.startswith("E[ETTR]"):
        return dict(kind="job", quantity="ettr", nodes=int(number("N")), failures_per_1000_node_days=6.5,
                    restart_s=round(number("u0") * 86400), interval_s=round(number("dt") * 86400),
                    write_s=round(number(" w") * 86400))
    if text.startswith("Young") or text.startswith("Daly"):
        return dict(kind="checkpoint", quantity="young_s" if text[0] == "Y" else "daly_s", write_s=number("C"), mtbf_s=number("M"))
    if text.startswith("Llama3"):
        return dict(kind="rate", days=54, events=268 if "category" in text else 419,
                    units=2048 if "8 GPU nodes" in text else 16384,
                    quantity="per_unit_year" if "category" in text else "per_1000_unit_days")
    return None


def predict(rows):
    """Values of the rows' quantities, by `datahall predict`."""
    columns = list(dict.fromkeys(c for row in rows for c in row))
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as f:
        w = csv.DictWriter(f, columns)
        w.writeheader()
        w.writerows(rows)
        f.flush()
        run = subprocess.run([datahall, "predict", "reliability", "-i", f.name], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit("not ok - predict: " + run.stderr)
    return [float(r["value"]) for r in csv.DictReader(run.stdout.splitlines())]


def worst(pairs, tolerance):
    """Largest error relative to the tolerance each row allows, its name."""
    return max((abs(p - e) / (tolerance * abs(e) + digits), name) for name, p, e, digits in pairs)


def digits_of(text):
    """Half a unit of the last digit printed: 12 significant digits say no more."""
    m = re.match(r"-?(\d*)\.?(\d*)(?:e([-+]?\d+))?$", text)
    return .5 * 10 ** (int(m.group(3) or 0) - len(m.group(2))) if m.group(2) else 0


if not os.path.isdir(os.path.join(data, "facility")):
    skip("reliability", f"no reference data in {data}")
    finish()
    sys.exit()

rows, pairs, two, unavailable = read(os.path.join(data, "facility", "ref_reliability.csv")), [], {}, []
asked = []
for r in rows:
    text = r["quantity"]
    if "starting_probabilities" in text:  # two types of generators: the product of the two
        two[text] = len(asked)
        asked.append(dict(kind="generators", quantity="probability", k=2, n=2, availability=.99, failure_to_start=.05))
        asked.append(dict(kind="generators", quantity="probability", k=1, n=1, availability=.95, failure_to_start=.1))
    else:
        asked.append(row_of(text))
ok(len(rows) == 89 and None not in asked, "every one of the 89 rows of ref_reliability.csv is asked for",
   [r["quantity"] for r, a in zip(rows, asked) if a is None])
values = iter(predict(asked))
for r in rows:
    value = next(values) * (next(values) if r["quantity"] in two else 1)
    expected, digits = float(r["value"]), digits_of(r["value"])
    if r["quantity"].startswith("markov MDT"):
        # The table's mean down times are (1 - A) / frequency: of a rare failure's 1 - A the last digits are lost
        # (2N: 5.99999998553 where 1 / (2 mu) is 6). Ours sum the down states; the difference allowed is what a
        # rounding of A makes.
        lost = next(u for q, u in unavailable if q == r["quantity"].split(": ", 1)[1])
        digits += expected * 2.3e-16 / lost
    if r["quantity"].startswith("markov A"):
        unavailable.append((r["quantity"].split(": ", 1)[1], float(re.search(r"unavail=([0-9.e-]+)", r["formula_or_source"] or "").group(1)) / 525600
                            if "unavail" in (r["formula_or_source"] or "") else 1))
    pairs.append((r["quantity"], value, expected, digits))
error, name = worst(pairs, 1e-10)
ok(error <= 1, f"ref_reliability.csv: {len(pairs)} rows within 1e-10 and the last digit printed (worst {error:.2f} of that)", name)

rows = read(os.path.join(data, "oracles", "availability_kofn.csv"))
found = predict([dict(kind="k-of-n", quantity=q, k=r["needed"], n=r["units"], availability=r["unit_availability"])
                 for r in rows for q in ("availability", "unavailability")])
expected = [float(r[c]) for r in rows for c in ("system_availability", "unavailability")]
# 1 - a of a decimal a is off by 1e-16 / (1 - a)
error = max(abs(f - e) / e for f, e in zip(found, expected))
ok(error < 1e-12, f"availability_kofn: {len(rows)} rows within {error:.1e}")

rows, pairs = read(os.path.join(data, "oracles", "machine_repair.csv")), []
columns = {"P_none_down": "probability_all_up", "mean_down": "mean_down", "availability": "unit_availability",
           "P_down_le_1": "probability_down_le1", "P_down_le_2": "probability_down_le2"}
found = predict([dict(kind="crews", quantity=q, k=1, n=r["machines"], crews=r["repair_crews"], mtbf_h=1,
                      mttr_h=r["lambda_over_mu"]) for r in rows for q in columns.values()])
error = max(abs(f - e) / e for f, e in zip(found, [float(r[c]) for r in rows for c in columns]))
ok(error < 1e-12, f"machine_repair: {len(rows)} rows within {error:.1e}")

rows = read(os.path.join(data, "oracles", "checkpoint_exponential.csv"))
what = {"optimum": "optimum_s", "young": "young_s", "daly": "daly_s"}
asked, expected = [], []
for r in rows:
    base = dict(kind="checkpoint", mtbf_s=r["MTBF_s"], write_s=r["ckpt_cost_s"], restart_s=r["restart_s"],
                interval_s=r["interval_useful_s"])
    for quantity, column in (("goodput", "goodput"), ("segment_s", "E_wall_per_segment_s"), ("wall_per_useful", "wall_per_useful")):
        asked.append({**base, "quantity": quantity})
        expected.append(float(r[column]))
    if r["interval_kind"] in what:
        asked.append({**base, "quantity": what[r["interval_kind"]]})
        expected.append(float(r["interval_useful_s"]))
found = predict(asked)
error = max(abs(f - e) / e for f, e in zip(found, expected))
ok(error < 1e-12, f"checkpoint_exponential: {len(rows)} rows, goodput and intervals within {error:.1e}")

# ---- simulation: every row that a random process underlies, each by a run of its own


def simulated(text, asked):
    """KIND QUANTITY K N CREWS MTBF MTTR COLD P BETA HOURS SCALE of tests/tools/simulate_reliability.c, and whether it
    gives the complement; None: the row is a formula without a process (an approximation, an optimum, a rate)."""
    a, kind = asked, asked["kind"]
    if kind in ("checkpoint", "rate", "backup") or a["quantity"] == "ettr" or "approx" in a["quantity"]:
        return None
    k, n = a.get("k", 1), a.get("n", 1)
    mtbf, mttr = a.get("mtbf_h", 1), a.get("mttr_h", 1)
    if kind == "job":
        return ("job", "mean", 1, a["nodes"], 1, 24 / .0065, 0, 0, 0, 0, 0, 1), False
    if kind == "generators":
        p = 1 - a["availability"] * (1 - a["failure_to_start"])
        scale = a.get("outages_per_year", 1)
        return ("generators", "lost", k, n, 1, a.get("mtbf_h", 1e9), 0, 0, p, 0, a.get("hours", 0), scale), scale == 1
    if kind == "two-paths":
        if a["beta"] > 0:
            return ("two-paths", "lost", 1, 2, 2, mtbf, mttr, 0, 0, a["beta"], 0, 1), False
        kind, k, n = "crews", 1, 2
    if kind == "k-of-n":
        mtbf, mttr = a["availability"], 1 - a["availability"]
    if kind == "block-redundant":
        n += 1
    if kind == "distributed":
        n = 3
    what = {"failures_per_year": "frequency", "up_h": "up", "down_h": "down", "unavailability_any": "any"}.get(a["quantity"], "lost")
    return (kind, what, k, n, a.get("crews") or n, mtbf, mttr, int(a.get("standby") == "cold"), 0, 0, 0,
            8760 if what == "frequency" else 1), a["quantity"] == "availability"


def band(n, p, tail):
    """Smallest and largest number of n successes of probability p that are not in a tail of that probability."""
    import math
    mass = [math.comb(n, i) * p ** i * (1 - p) ** (n - i) for i in range(n + 1)]
    low = next(i for i in range(n + 1) if sum(mass[:i + 1]) > tail)
    high = next(i for i in range(n, -1, -1) if sum(mass[i:]) > tail)
    return low, high


tool = os.path.join(build, "tools", "simulate_reliability")
rows = read(os.path.join(data, "facility", "ref_reliability.csv"))
wanted = [(r, simulated(r["quantity"], row_of(r["quantity"]))) for r in rows if "starting_probabilities" not in r["quantity"]]
wanted = [(r, w) for r, w in wanted if w]
run = subprocess.run([tool], input="".join(" ".join(map(str, w[0])) + "\n" for _, w in wanted), capture_output=True, text=True)
lines = [tuple(map(float, line.split())) for line in run.stdout.splitlines()]
ok(run.returncode == 0 and len(lines) == len(wanted), f"{len(wanted)} of the 89 rows are simulated; the others are formulas without a process")
hits, missed, wide = 0, [], 0
for (r, (_, complement)), (estimate, low, high) in zip(wanted, lines):
    exact = 1 - float(r["value"]) if complement else float(r["value"])
    slack = digits_of(r["value"])  # 1 - 0.999999979521 has five digits
    inside = low - slack <= exact <= high + slack
    hits += inside
    wide = max(wide, (high - low) / 2 / estimate)
    if not inside:
        missed.append((r["quantity"], exact, (low, high)))
low, high = band(len(wanted), .95, 5e-4)
ok(low <= hits <= high, f"the exact value lies in the 95 % interval of {hits} of {len(wanted)} rows: in the band {low} to {high} of 99.9 %", missed)
ok(wide < .15, f"no interval is wider than {100 * wide:.1f} % of its estimate: rare events are seen", "")
finish()
