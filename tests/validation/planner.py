#!/usr/bin/python3
"""What to build in closed form, by `predict sizing`: planner.py BUILD. Prints TAP.

Against the oracles queue_mmc, queue_mmcK, availability_kofn and battery_peukert of ../shared, and against exhaustive
searches in exact fractions written here: least servers and units, capacity to own, batteries."""
import csv, math, os, random, subprocess, sys, tempfile
from fractions import Fraction as F
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.join(build, "datahall")
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data/oracles")
quick = os.environ.get("VALIDATE") == "quick"


def near(a, b, tolerance=1e-12):
    return abs(a - b) <= tolerance * abs(b) or a == b


def sizing(rows):
    """The answers to rows, each a dict of quantities."""
    names = sorted({k for row in rows for k in row})
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as f:
        out = csv.DictWriter(f, ["name"] + names)
        out.writeheader()
        for i, row in enumerate(rows):
            out.writerow({"name": i, **row})
        f.flush()
        run = subprocess.run([datahall, "predict", "sizing", "-i", f.name], capture_output=True, text=True)
    if run.returncode:
        print("#", run.stderr)
        return [{} for _ in rows]
    got = [{} for _ in rows]
    for row in csv.DictReader(run.stdout.splitlines()):
        got[int(row["name"])][row["quantity"]] = float(row["value"] or "nan")
    return got


def oracle(name):
    path = f"{data}/{name}.csv"
    if not os.path.exists(path):
        print(f"# {path} is not there: left out")
        return []
    with open(path) as f:
        return list(csv.DictReader(line for line in f if not line.startswith("#")))


def queues():
    rows = oracle("queue_mmc")
    got = sizing([dict(kind="queue", servers=r["servers"], erlangs=r["offered_erlangs"]) for r in rows]) if rows else []
    lost = sizing([dict(kind="queue", servers=r["servers"], erlangs=r["offered_erlangs"], room=0) for r in rows]) if rows else []
    worst = 0
    for r, g, b in zip(rows, got, lost):
        pairs = [(g["waits"], r["erlang_C"]), (g["mean_wait"], r["Wq"] if "Wq" in r else r["Wq_in_service_times"]), (b["blocked"], r["erlang_B"]),
                 (g["wait_p50"], r["wq_p50"]), (g["wait_p95"], r["wq_p95"]), (g["wait_p99"], r["wq_p99"])]
        worst = max([worst] + [abs(a - float(e)) / max(abs(float(e)), 1e-300) for a, e in pairs if a != float(e)])
    if rows:
        ok(worst <= 1e-12, f"queue_mmc: B, C, mean wait and quantiles of {len(rows)} queues up to {max(int(r['servers']) for r in rows)} servers, "
           f"worst {worst:.1e}")
    rows = oracle("queue_mmcK")
    got = sizing([dict(kind="queue", servers=r["servers"], erlangs=r["offered_erlangs"],
                       room=int(r["capacity_K"]) - int(r["servers"])) for r in rows]) if rows else []
    if rows:
        ok(all(near(g["blocked"], float(r["P_block"])) and near(g["busy_share"] * int(r["servers"]), float(r["accepted_erlangs"])) and
               ("mean_wait" not in g or near(g["mean_wait"], float(r["Wq"]))) for r, g in zip(rows, got)),
           f"queue_mmcK: blocking, load and wait of {len(rows)} queues with an end", got)


def erlang_b(a):
    """B of 1, 2, … servers, in fractions."""
    b, k = F(1), 0
    while True:
        k += 1
        b = a * b / (k + a * b)
        yield k, b


def staffing():
    rng = random.Random(7)
    rows, expected = [], []
    for i in range(20 if quick else 80):
        a = F(rng.randint(1, 600), 10)
        what = i % 3
        limit = F(1, 10 ** rng.randint(1, 4)) * rng.randint(1, 9)
        row = dict(kind="staffing", erlangs=float(a), **{("max_blocked", "max_waits", "max_mean_wait")[what]: float(limit)})
        limit = F(float(limit))
        a = F(float(a))
        for k, b in erlang_b(a):
            if what == 0 and b <= limit:
                break
            if what and k > a:
                c = b / (1 - a / k * (1 - b))
                if (c if what == 1 else c / (k - a)) <= limit:
                    break
        rows.append(row)
        expected.append(k)
    got = sizing(rows)
    bad = [(r, g.get("servers"), e) for r, g, e in zip(rows, got, expected) if g.get("servers") != e]
    ok(not bad, f"least servers of {len(rows)} random loads: those of exact fractions", bad[:3])
    # Large ones: the answer meets the limit and one server less does not, by the oracle's own formula in floats of Python.
    rows = [dict(kind="staffing", erlangs=a, max_waits=p) for a in (1000, 5000, 100000) for p in (0.5, 0.01, 1e-6)]
    good = True
    for row, g in zip(rows, sizing(rows)):
        a, servers, b, c = row["erlangs"], int(g["servers"]), 1.0, {}
        for k in range(1, servers + 1):
            b = a * b / (k + a * b)
            if k > a:
                c[k] = b / (1 - a / k * (1 - b))
        good = good and c[servers] <= row["max_waits"] and not c.get(servers - 1, 1) <= row["max_waits"]
    ok(good, "least servers of 1,000 to 100,000 erlangs")


def units():
    rows = oracle("availability_kofn")
    if rows:
        # The target is what the row's n units reach, and so n is the least; a hair more needs one unit more.
        ask = [dict(kind="redundancy", k=r["needed"], availability=r["unit_availability"],
                    max_unavailability=repr(float(r["unavailability"]) * (1 + d))) for r in rows for d in (1e-12, -1e-9)]
        got = sizing(ask)
        ok(all(g["units"] == int(r["units"]) and near(g["unavailability"], float(r["unavailability"])) and
               near(g["availability"], float(r["system_availability"])) and h["units"] == g["units"] + 1
               for r, g, h in zip(rows, got[::2], got[1::2])), f"availability_kofn: least units and their figures, {len(rows)} rows", got)
    rng, ask, expected = random.Random(3), [], []
    for _ in range(20 if quick else 60):
        k, a, most = rng.randint(1, 60), rng.choice([0.9, 0.95, 0.99, 0.998]), 10.0 ** -rng.randint(1, 9) * rng.randint(1, 9)
        n = k
        while sum(math.comb(n, j) * F(a) ** j * (1 - F(a)) ** (n - j) for j in range(k)) > F(most):
            n += 1
        ask.append(dict(kind="redundancy", k=k, availability=a, max_unavailability=repr(most)))
        expected.append(n)
    got = sizing(ask)
    ok([g.get("units") for g in got] == expected, f"least units of {len(ask)} random systems: those of exact fractions")


def cost_discrete(law, own, rent, q):
    return F(own) * q + F(rent) * sum(F(p) * max(F(0), v - q) for v, p in law)


def reserve():
    rng, ask, expected = random.Random(11), [], []
    for _ in range(20 if quick else 100):
        n = rng.randint(1, 30)
        values = sorted(rng.sample(range(0, 2000), n))
        weights = [rng.randint(1, 20) for _ in values]
        law = [(F(v), F(w, sum(weights))) for v, w in zip(values, weights)]
        own, rent = rng.randint(1, 100), rng.randint(1, 200)
        best = min([F(0)] + [v for v, _ in law], key=lambda q: (cost_discrete(law, own, rent, q), q))
        ask.append(dict(kind="reserve", own=own, rent=rent, demand=";".join(f"{v}:{float(p)!r}" for v, p in law)))
        expected.append((float(best), float(cost_discrete(law, own, rent, best))))
    got = sizing(ask)
    bad = [(a, g, e) for a, g, e in zip(ask, got, expected) if g.get("reserve") != e[0] or not near(g["cost"], e[1], 1e-11)]
    ok(not bad, f"capacity to own of {len(ask)} discrete demands: the value of least cost of all", bad[:2])
    # Ten equal chances and a ratio of three tenths: 7 of 10 values must be below, whatever 0.1 is in binary.
    g = sizing([dict(kind="reserve", own=0.3, rent=1, demand=";".join(str(10 * i) for i in range(1, 11)))])[0]
    ok(g["reserve"] == 70 and near(g["cost"], 0.3 * 70 + (10 + 20 + 30) / 10), "a tie of probabilities is no matter of rounding", g)
    # Laws with a density: quantiles known in closed form or from tables.
    z, phi = 1.6448536269514722, 0.10313564037537137  # normal: 95 % quantile, density there
    sd, m = 200.0, 1000.0
    rows = [dict(kind="reserve", own=0.05, rent=1, law="normal", mean=m, deviation=sd),
            dict(kind="reserve", own=0.25, rent=1, law="uniform", mean=m, deviation=sd),
            dict(kind="reserve", own=0.05, rent=1, law="lognormal", mean=m, deviation=sd),
            dict(kind="reserve", own=0.2, rent=1, law="gamma", mean=m, deviation=m),  # exponential
            dict(kind="reserve", own=0.2, rent=1, law="poisson", mean=30),
            dict(kind="reserve", own=2, rent=1, law="normal", mean=m, deviation=sd)]
    got = sizing(rows)
    s2 = math.log(1 + (sd / m) ** 2)
    exact = [m + sd * z, m + math.sqrt(3) * sd * 0.5, math.exp(math.log(m) - s2 / 2 + math.sqrt(s2) * z), m * math.log(5)]
    ok(all(near(g["reserve"], e) for g, e in zip(got, exact)), "normal, uniform, lognormal, exponential: the quantile", list(zip(got, exact)))
    ok(near(got[0]["cost"], 0.05 * m + sd * phi) and near(got[3]["cost"], 0.2 * m * math.log(5) + 0.2 * m),
       "and their cost: own x mean + deviation x rent x density; the exponential law's by hand", got)
    pmf, above, n = math.exp(-30), 1.0, 0
    while True:
        above -= pmf
        if above <= 0.2:
            break
        n += 1
        pmf *= 30 / n
    ok(got[4]["reserve"] == n, f"Poisson: {n}", got[4])
    ok(got[5]["reserve"] == 0, "what is dearer to own than to rent is not owned", got[5])


def needed(load, level, up, down):
    lack = most = F(0)
    for w, s in load + load:
        lack = max(F(0), lack + ((w - level) / down if w > level else (w - level) * up) * s)
        most = max(most, lack)
    return most


def batteries():
    rng, good, n = random.Random(5), True, 8 if quick else 30
    ask, exact = [], []
    for _ in range(n):
        starts = [0] + sorted(rng.sample(range(1, 24), rng.randint(1, 7)))
        kw = [rng.randint(1, 50) * 100 for _ in starts]
        load = [(F(w), F((starts[i + 1] if i + 1 < len(starts) else 24) - starts[i])) for i, w in enumerate(kw)]  # kW, h
        up, down = rng.choice([(F(1), F(1)), (F(15, 16), F(7, 8))])
        price, per_kwh, per_kw = rng.randint(5, 30), rng.randint(1, 20), rng.choice([0, 2, 4])
        # Lowest level: the balance, by the pieces between loads. Corners: loads, and where two windows need as much.
        def balance(x):
            return sum(((w - x) / down if w > x else (w - x) * up) * s for w, s in load)
        levels = sorted(set([w for w, _ in load] + [F(0)]))
        low = F(0)
        for a, b in zip(levels, levels[1:]):
            if balance(a) > 0 >= balance(b):
                low = a + (b - a) * balance(a) / (balance(a) - balance(b))
        high = max(levels)
        def cost(x):
            return price * x + per_kw * (high - x) + per_kwh * needed(load, x, up, down)
        # Windows: sums over runs of steps; the need of each is in straight pieces between loads.
        corners = {low, high} | {x for x in levels if x >= low}
        for a, b in zip([low] + [x for x in levels if x > low], [x for x in levels if x > low]):
            lines = set()
            mid = (a + b) / 2
            for i in range(len(load)):
                value = slope = F(0)
                for j in range(len(load)):
                    w, s = load[(i + j) % len(load)]
                    f = 1 / down if w > mid else up
                    value, slope = value + w * f * s, slope - f * s
                    lines.add((value, slope))
            lines = sorted(lines)
            for p in range(len(lines)):
                for q in range(p):
                    if lines[p][1] != lines[q][1]:
                        x = (lines[q][0] - lines[p][0]) / (lines[p][1] - lines[q][1])
                        if a < x < b:
                            corners.add(x)
        best = min(cost(x) for x in corners)
        text = ";".join(f"{3600 * h}:{w}" for h, w in zip(starts, kw))
        base = dict(kind="battery", load_kw=text, charge_efficiency=float(up), discharge_efficiency=float(down))
        level = low + (high - low) * F(1, 3)
        ask += [dict(base, per_kw=price, per_battery_kwh=per_kwh, per_battery_kw=per_kw), dict(base, limit_kw=float(level))]
        exact.append((float(best), float(low), float(needed(load, F(float(level)), up, down)), float(level)))
    got = sizing(ask)
    worst = 0
    for (best, low, held, level), a, b in zip(exact, got[::2], got[1::2]):
        for g, e in ((a["cost"], best), (a["lowest_peak_kw"], low), (b["battery_kwh"], held)):
            worst = max(worst, abs(g - e) / max(abs(e), 1e-9))
    ok(worst <= 1e-12, f"batteries of {n} random days: least cost over every corner, lowest level, energy for a level; worst {worst:.1e}")
    back = sizing([dict(ask[2 * i + 1], limit_kw="", battery_kwh=repr(exact[i][2]), battery_kw=1e6) for i in range(n)])
    ok(all(near(b["peak_kw"], e[3], 1e-11) for b, e in zip(back, exact)), "and a battery of that energy keeps that level")
    # A day of 1 MW with 4 h of 3 MW: 1 MW of battery for 4 h takes the peak to 2 MW; 20 h x 1 MW refill it many times.
    g = sizing([dict(kind="battery", load_kw="0:1000;36000:3000;50400:1000", limit_kw=2000),
                dict(kind="battery", load_kw="0:1000;36000:3000;50400:1000", per_kw=10, per_battery_kwh=2, per_battery_kw=1),
                dict(kind="battery", load_kw="0:1000;36000:3000;50400:1000", per_kw=10, per_battery_kwh=2.5)])
    ok(near(g[0]["battery_kwh"], 4000) and near(g[0]["battery_kw"], 1000), "by hand: 4 h of 1 MW are 4 MWh", g[0])
    # A kW less of peak saves 10, and costs 4 kWh and 1 kW: 4 x 2 + 1 = 9, worth it down to the balance, 4/3 MW.
    ok(near(g[1]["peak_kw"], 4000 / 3) and near(g[1]["saved"], (3000 - 4000 / 3) * 1), "as far as it can be refilled where it pays", g[1])
    ok(g[2]["saved"] == 0, "at 4 x 2.5 = 10 a kW nothing is gained", g[2])


def ride_through():
    rows = oracle("battery_peukert")
    ask = [dict(kind="ride-through", load_w=r["load_W"], bus_v=r["bus_V"], seconds=r["runtime_s"], rated_h=r["rated_hours"],
                peukert_k=r["peukert_k"], unit_ah=repr(float(r["capacity_Ah"]) / 4)) for r in rows]
    if rows:
        got = sizing(ask)
        ok(all(near(g["capacity_ah"], float(r["capacity_Ah"])) and g["strings"] == 4 and near(g["lasts_s"], float(r["runtime_s"]))
               for r, g in zip(rows, got)), f"battery_peukert: capacity for the run time, and four strings of a quarter, {len(rows)} rows", got)


queues()
staffing()
units()
reserve()
batteries()
ride_through()
finish()
