#!/usr/bin/python3
"""Times of collectives against public measurements, and laws that hold for any system: collectives.py BUILD. Constants are fitted to half of the
configurations (models/fit/fit_collectives.c); which half one is in follows from a hash of its text, reckoned here again. Both halves are printed, the
other one is judged. Prints TAP."""
import csv, io, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from halves import judged
from tap import finish, ok, skip

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "aiperf", "collectives.csv")
MORE = {"all_reduce": lambda n: 2 * (n - 1) / n, "all_gather": lambda n: (n - 1) / n, "reduce_scatter": lambda n: (n - 1) / n,
        "alltoall": lambda n: (n - 1) / n, "broadcast": lambda n: 1}


def predict(path):
    text = subprocess.run([datahall, "predict", "collective", "-i", path], capture_output=True, text=True, check=True).stdout
    return list(csv.DictReader(io.StringIO(text)))


def mape(rows):
    return 100 * sum(r["error"] for r in rows) / len(rows) if rows else float("nan")


def inside(rows):
    return 100 * sum(r["inside"] for r in rows) / len(rows) if rows else float("nan")


def table(title, rows, key):
    print(f"# {title}: fitted half / judged half (rows), share of the judged half within the band")
    for k in sorted({key(r) for r in rows}):
        fitted, other = ([r for r in rows if key(r) == k and r["judged"] == half] for half in (0, 1))
        print(f"#   {k}: {mape(fitted):.1f} % ({len(fitted)}) / {mape(other):.1f} % ({len(other)}), {inside(other):.0f} %")


def measured():
    rows = [r for r in predict(data) if r["predicted_time_us"] and r["time_us"]]
    for r in rows:
        r["judged"] = judged(",".join(r[k] for k in ("system", "nodes", "gpus", "op", "bytes")))
        r["error"] = abs(float(r["predicted_time_us"]) / float(r["time_us"]) - 1)
        r["inside"] = float(r["low"]) <= float(r["time_us"]) <= float(r["high"])
    one = [r for r in rows if r["nodes"] == "1"]
    several = [r for r in rows if r["nodes"] != "1"]
    for name, part, goal in (("one node", one, 10), ("several nodes", several, 15)):
        other, fitted = ([r for r in part if r["judged"] == half] for half in (1, 0))
        ok(mape(other) <= goal, f"{name}: {mape(other):.1f} % on {len(other)} rows that nothing was fitted to ({mape(fitted):.1f} % on the {len(fitted)} others; goal {goal} %)")
    other = [r for r in rows if r["judged"]]
    ok(85 <= inside(other) <= 95, f"{inside(other):.1f} % of the judged half within the 90 % band (85 to 95)")
    for op in sorted({r["op"] for r in one} - {"send_recv"}): # messages between bridged A100 were measured faster than their bridges are
        part = [r for r in one if r["op"] == op and r["judged"]]
        ok(mape(part) <= 10, f"one node, {op}: {mape(part):.1f} % on {len(part)} judged rows (goal 10 %)")
    table("by system", rows, lambda r: f"{r['system'][:40]}, {r['op']}")
    table("by source", rows, lambda r: r["source"].split("@")[0].split(" ")[0])
    lost = [r for r in csv.DictReader(open(data))]
    ok(len(rows) >= 0.97 * len(lost), f"{len(rows)} of {len(lost)} rows have a prediction")


def grid():
    """Every interconnect and network by name, every operation, sizes and ranks beyond any measurement."""
    systems = [("A100-SXM4-80GB node", 300), ("H100-SXM node", 450), ("H200-SXM node", 450), ("B200 node", 900), ("GB200 NVL72", 900)]
    several = [("A100 nodes, HDR", 25), ("H100 nodes, IB NDR", 50), ("H100 nodes, RoCE", 50), ("H100 nodes, AWS p5 EFA", 50), ("B200 nodes", 50), ("GB200 nodes", 50)]
    rows = []
    for system, wire in systems:
        for n in (2, 3, 4, 5, 8):
            rows += [(system, wire, 1, n, op, 2 ** b) for op in MORE for b in range(0, 36)]
    for system, nic in several:
        for nodes in (2, 3, 4, 16, 128):
            rows += [(system, nic, nodes, 8 * nodes, op, 2 ** b) for op in MORE for b in range(0, 36)]
    return rows


def laws():
    rows = grid()
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as f:
        f.write("system,nodes,gpus,op,bytes\n" + "".join(f'"{s}",{n},{g},{op},{b}\n' for s, w, n, g, op, b in rows))
        f.flush()
        out = predict(f.name)
    ok(all(r["predicted_time_us"] for r in out), f"{len(out)} cases of a grid have a prediction", str([r for r in out if not r["predicted_time_us"]][:2]))
    t = {(s, n, g, op, b): float(r["predicted_time_us"]) * 1e-6 for (s, w, n, g, op, b), r in zip(rows, out)}
    bad = [(k, t[k]) for k in t if k[4] > 1 and t[k] < t[k[:4] + (k[4] // 2,)]]
    ok(not bad, "more bytes never take less time", str(bad[:2]))
    bad = [k for k in t if k[4] >= 2 ** 28 and k[:4] + (2 * k[4],) in t and t[k] < 0.5 * t[k[:4] + (2 * k[4],)] * (1 - 1e-9)]
    ok(not bad, "beyond 256 MiB, where every library has its last protocol, twice the bytes take at most twice the time", str(bad[:2]))
    wires = {(s, n): w for s, w, n, g, op, b in rows}
    # A reducing switch moves each byte once; all others move MORE bytes through the rank's links or the adapters.
    def moved(s, n, g, op, b):
        factor = MORE[op](g)
        return b * (min(factor, 1) if op == "all_reduce" else factor)
    bad = [(k, moved(*k) / t[k] / 1e9) for k in t if k[1] == 1 and moved(*k) / t[k] > wires[k[0], k[1]] * 1e9]
    ok(not bad, "no bandwidth above the wire within a domain", str(bad[:2]))
    bad = []
    for (s, n, g, op, b), x in t.items():
        if n > 1:
            adapters = wires[s, n] * 1e9 * (g if "GB200" in s else 8)
            least = b * (8 * (n - 1) / n if op == "alltoall" else 1 if op == "all_reduce" and n == 2 else MORE[op](g))
            if "GB200" in s:
                continue  # its domains are racks, not servers
            if least / x > adapters:
                bad.append((s, n, op, b, least / x / 1e9))
    ok(not bad, "nor above the adapters between servers", str(bad[:2]))
    bad = [k for k in t if k[3] == "all_reduce" and k[1] == 1 and k[2] < 5 and k[4] >= 2 ** 24
           and t[k] < max(t[k[:3] + ("all_gather", k[4])], t[k[:3] + ("reduce_scatter", k[4])])]
    ok(not bad, "an all-reduce by rings takes at least as long as each of its halves", str(bad[:2]))
    big = 2 ** 35
    bad = [(s, op, n, t[s, n, 8 * n, op, big]) for s in {r[0] for r in rows if r[2] > 1} for op in MORE for n, m in ((4, 16), (16, 128))
           if t[s, m, 8 * m, op, big] < t[s, n, 8 * n, op, big]]
    ok(not bad, "beyond four servers, more of them never take less time for 32 GiB", str(bad[:2]))
    bad = [k for k in t if k[4] == 1 and (k[1:3], k[3]) == ((1, 8), "all_reduce") and not 3e-6 < t[k] < 60e-6]
    ok(not bad, "the smallest all-reduce of a node takes 3 to 60 us", str(bad[:2]))


if not os.path.exists(data):
    skip("times of collectives", f"no {data}")
else:
    measured()
laws()
finish()
