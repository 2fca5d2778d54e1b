#!/usr/bin/python3
"""When to build what (`plan` with <phases>) against every way there is: plan_phases.py BUILD. Prints TAP.

The table of all designs at all demands (`plan --csv`) is searched here by going through all sequences; demand, its
quantiles and the expectation over its paths are computed again."""
import csv, io, itertools, json, math, os, statistics, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
DAYS = 2


def near(a, b, tolerance=1e-6):
    return a is not None and b is not None and abs(a - b) <= tolerance * max(abs(a), abs(b))


SCENARIO = f"""<scenario xmlns="urn:datahall:scenario:1" name="growing" seed="1"><import href="catalog:racks.xml"/>
<tariff id="flat" energy="0.08 USD/kWh" utc-offset="0"/><horizon start="2026-07-01T00:00:00Z" duration="{DAYS} d"/>
<site id="s" tariff="flat"><power><utility id="grid" rated="600 kW"/></power>
<hall id="hall"><row id="r" rack="dgx-h100-air" count="2" feed="grid"/></hall></site>
<workload><jobs id="x" kind="training" rate="4 1/h" median="1 h" sigma="0.5"><size gpus="8" share="1"/></jobs></workload>
<economics building="11.7 USD/W" network="0.12" it-life="5 a" capital-rate="0.09" staff="1" staff-cost="140000 USD/a"/></scenario>"""
STUDY = """<study xmlns="urn:datahall:scenario:1" scenario="a.xml" seeds="1">
<vary name="racks" path="//row/@count" from="2" to="6" whole="yes"/><vary name="staff" path="//economics/@staff" values="1|2"/>
<objective key="cost.total" name="cost"/><constraint key="jobs.wait_s.p95" op="at-most" value="20 min" name="wait"/>
<demand factors="1.1" path="//jobs/@rate" base="4 1/h"/>
{phases}</study>"""
PATHS = [("low", 0.05, 0.3), ("middle", 0.3, 0.5), ("high", 0.7, 0.2)]
GIVEN = '<phases years="3" confidence="0.8" rate="0.07">' + "".join(
    f'<path name="{n}" growth="{g}" probability="{p}"/>' for n, g, p in PATHS) + "</phases>"


def run(folder, study, *more):
    """In its own folder, for that is where simulations are kept."""
    return subprocess.run([datahall, "plan", study, *more], capture_output=True, text=True, cwd=folder)


def plan(folder, phases, *more):
    with open(f"{folder}/s.xml", "w") as f:
        f.write(STUDY.format(phases=phases))
    return run(folder, "s.xml", "-q", "-j", "2", *more)


def straight(nodes, x):
    i = 0
    while i < len(nodes) - 2 and nodes[i + 1][0] < x:
        i += 1
    (a, p), (b, q) = nodes[i], nodes[i + 1]
    return p + (q - p) * (x - a) / (b - a)


with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/a.xml", "w") as f:
        f.write(SCENARIO)
    got = plan(folder, GIVEN, "--json")
    phases = json.loads(got.stdout)["phases"] if got.returncode == 0 else {}
    ok(phases.get("found"), "years are planned along three paths", got.stderr)
    years = phases["years"]
    # 80 % of the paths: the middle one (30 + 50 %).
    ok(all(near(y["demand"], 1.3 ** i) for i, y in enumerate(years)), "each year's design bears the path that 80 % stay below", years)
    table = {}
    for row in csv.DictReader(io.StringIO(plan(folder, GIVEN, "--csv").stdout)):
        where = (int(row["racks"]), int(row["staff"]))
        table.setdefault(where, {})[float(row["demand"])] = (row["state"], float(row["cost.total"] or "nan"))
    factors = sorted({1.0} | {1.3 ** y for y in range(3)} | {1.05 ** 2, 1.7 ** 2})
    factors = [f for f in factors if f >= 1 and not near(f, 1.05 ** 2)]  # inside of the others: not simulated
    cost = {}
    for where, at in table.items():
        nodes = [(f, next((c for d, (s, c) in at.items() if near(d, f, 1e-5) and s in ("feasible", "infeasible")), math.nan)) for f in factors]
        cost[where] = [sum(p * straight(nodes, (1 + g) ** y) for _, g, p in PATHS) * 365 / DAYS for y in range(3)]
    bears = {w: [any(near(d, 1.3 ** y, 1e-5) and s == "feasible" for d, (s, _) in at.items()) for y in range(3)] for w, at in table.items()}
    best = min((sum(cost[w][y] / 1.07 ** (y + 1) for y, w in enumerate(way)), way) for way in itertools.product(table, repeat=3)
               if all(bears[w][y] and not math.isnan(cost[w][y]) for y, w in enumerate(way)) and
               all(a[0] <= b[0] and a[1] <= b[1] for a, b in zip(way, way[1:])))
    way = tuple((int(y["values"]["racks"]), int(y["values"]["staff"])) for y in years)
    ok(way == best[1] and near(phases["expected"], best[0]), f"the best of all {len(table) ** 3} sequences that only add", (way, best, phases["expected"]))
    ok(len({w[0] for w in way}) > 1, "more is built as demand grows", way)
    ok(all(near(y["cost"], cost[w][i]) for i, (y, w) in enumerate(zip(years, way))), "each year's cost: straight lines between demands, over the paths")
    once = min((sum(cost[w][y] / 1.07 ** (y + 1) for y in range(3)), w) for w in table if all(bears[w]) and not any(map(math.isnan, cost[w])))
    ok(near(phases["at_once_cost"], once[0]) and (int(phases["at_once"]["racks"]), int(phases["at_once"]["staff"])) == once[1],
       "and of building it all at once")
    ok(phases["at_once_cost"] > phases["expected"], "phases save")
    forced = [y["forced_by"] for y in years if y["changed"]]
    ok(forced and all(f == "wait" for f in forced), "what forces each step is named", years)
    text = plan(folder, GIVEN).stdout or run(folder, "s.xml").stdout
    ok("WHEN TO BUILD WHAT" in text and "building in phases saves" in text and ", for wait" in text, "the report tells it", text[-3000:])
    # Drawn paths: the quantile in closed form, the same result again, an interval around the mean.
    drawn = '<phases years="3" growth="0.2" sigma="0.1" confidence="0.9"/>'
    first, again = plan(folder, drawn, "--json"), plan(folder, drawn, "--json")
    phases = json.loads(first.stdout)["phases"]
    z = statistics.NormalDist().inv_cdf(0.9)
    ok(all(near(y["demand"], 1.2 ** i * math.exp(0.1 * math.sqrt(i) * z)) for i, y in enumerate(phases["years"])), "drawn demand: quantiles of the lognormal law")
    ok(first.stdout == again.stdout, "the same bytes again")
    ok(near(phases["rate"], 0.09) and phases["low"] < phases["expected"] < phases["high"] and 0 < phases["half_width"] < phases["high"] - phases["low"],
       "the scenario's cost of capital; nine of ten paths around the mean", phases)
    far = plan(folder, '<phases years="6" growth="0.9" rate="0.07"/>', "--json")
    phases = json.loads(far.stdout)["phases"]
    ok(not phases["found"] and 3 <= phases["missing_year"] <= 6, "a demand that no design bears: which year", phases)
    for name, bad, says in (("no growth", '<phases years="3"/>', "growth"), ("both", GIVEN.replace("<phases ", '<phases growth="0.1" '), "one of them"),
                            ("chances beyond 1", GIVEN.replace('"0.3"', '"0.6"').replace('"0.5"', '"0.6"'), "sum to 1"),
                            ("a century", '<phases years="100" growth="0.1"/>', "2 to 12"), ("not a number", '<phases years="3" growth="nan"/>', "growth"),
                            ("a path of another kind", '<phases years="3"><way/></phases>', "no element way"),
                            ("demand beyond all", '<phases years="12" growth="8"/>', "demand of year"),
                            ("paths beyond all", '<phases years="12" growth="0.01" sigma="1.9" confidence="0.5"/>', "0.001 to 1000")):
        got = plan(folder, bad)
        ok(got.returncode == 65 and says in got.stderr and "s.xml:" in got.stderr, f"refused: {name}", got.stderr)
    with open(f"{folder}/t.xml", "w") as f:
        f.write(STUDY.format(phases=GIVEN).replace("cost.total", "energy.pue"))
    got = run(folder, "t.xml")
    ok(got.returncode == 65 and "least yearly cost" in got.stderr, "refused: an objective that is no cost", got.stderr)
finish()
