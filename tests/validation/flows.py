#!/usr/bin/python3
"""Ends of flows against SimGrid's (max-min, no factors, no latency) on fat trees of 128 and 1,024 hosts, plain and oversubscribed, over the routes
given and over those that the links themselves give: flows.py BUILD.
Every one within 1e-9; and the tables of exact rates and ends. Routes of the all-to-all, which the data leave out, follow the rule that the data's README gives, written here a second time.
Prints TAP."""
import csv, json, os, random, subprocess, sys, tempfile
from fractions import Fraction
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "network")
CASES = [("r1024_1k", "T1_1024", "1,000 random flows on 1,024 hosts", "hosts-per-leaf=32 units=32"),
         ("r1024o_1k", "T1o_1024_oversub4", "the same, 4:1 oversubscribed", "hosts-per-leaf=32 units=32 oversubscription=4"),
         ("s1024_5k", "T1_1024", "5,000 flows with their own starts", "hosts-per-leaf=32 units=32"),
         ("a2a128", "T128", "all-to-all of 128 hosts", "hosts-per-leaf=16 units=8")]


def routes_of_two_levels(path, hosts, leaf, spines):
    """D-mod-k over two levels: up to the leaf, up to spine dst mod spines, down to the destination's leaf, down to it."""
    with open(path, "w") as f:
        f.write("src,dst,links\n")
        for src in range(hosts):
            for dst in range(hosts):
                if src == dst:
                    continue
                k = dst % spines
                above = [2 * (hosts + src // leaf * spines + k), 2 * (hosts + dst // leaf * spines + k) + 1] if src // leaf != dst // leaf else []
                f.write(f"{src},{dst},{' '.join(map(str, [2 * src] + above + [2 * dst + 1]))}\n")


def predict(folder, name, topology, measured, routed=True, words=None):
    routes = os.path.join(data, name + "_strict_lazy.routes.csv")
    if not os.path.exists(routes):
        routes = os.path.join(folder, name + ".routes.csv")
        routes_of_two_levels(routes, 128, 16, 16)
    flows = os.path.join(data, name + "_strict_lazy.csv" if measured else "workload_" + name.replace("o_", "_") + ".csv")
    out = os.path.join(folder, "finish.csv")
    network = ["--topology", words] if words else ["--links", os.path.join(data, f"topo_{topology}.links.csv"), *(["--routes", routes] if routed else [])]
    run = subprocess.run([datahall, "predict", "flows", *network, "-i", flows, "-o", out, "--json"], capture_output=True, text=True, check=True)
    return json.loads(run.stdout), list(csv.DictReader(open(out)))


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, topology, what, words in CASES:
            theirs_path = os.path.join(data, name + "_strict_lazy.csv")
            theirs = {} # by the workload's own words: it is not everywhere in the order of the ends
            for r in csv.DictReader(open(theirs_path)):
                theirs.setdefault((int(r["src"]), int(r["dst"]), float(r["bytes"]), float(r["start"])), []).append(float(r["finish"]))
            summary, rows = predict(folder, name, topology, True)
            worst = max(abs(float(r["predicted_finish"]) / float(r["finish"]) - 1) for r in rows)
            ok(len(rows) == sum(map(len, theirs.values())) and worst <= 1e-9, f"{what}: {len(rows)} ends within {worst:.1e} of SimGrid's (goal 1e-9)", worst)
            ok(summary["measured"] == summary["predicted"] == summary["rows"] == len(rows) and summary["max"] <= 1e-7, f"{what}: the summary says so", summary)
            summary, rows = predict(folder, name, topology, False)
            far = [r for r in rows if min(abs(float(r["finish"]) / x - 1) for x in
                                          theirs[int(r["src"]), int(r["dst"]), float(r["bytes"]), float(r["start"])]) > 1e-9]
            ok(len(rows) == sum(map(len, theirs.values())) and not far, f"{what}: the same from the workload alone", far[:2])
            alone, found = predict(folder, name, topology, False, False)
            ok(found == rows and alone == summary, f"{what}: without --routes the same to the last digit", (alone, summary))
            alone, found = predict(folder, name, topology, False, False, f"fat-tree {words} rate=50GB/s")
            ok(found == rows and alone == summary, f"{what}: by --topology the same to the last digit", (alone, summary))
            ok(abs(summary["bytes"] - sum(float(r["bytes"]) for r in rows)) == 0, f"{what}: bytes delivered are bytes asked for", summary["bytes"])


def one(folder, capacity, flows):
    """flows: (start, bytes, links, weight, cap); ends by predict flows, each between two hosts of its own."""
    paths = {k: os.path.join(folder, k + ".csv") for k in ("links", "routes", "flows", "out")}
    with open(paths["links"], "w") as f:
        f.write("link_id,bandwidth_Bps\n" + "".join(f"{i},{c}\n" for i, c in enumerate(capacity)))
    with open(paths["routes"], "w") as f:
        f.write("src,dst,links\n" + "".join(f"{i},{i + 1000},{x[2]}\n" for i, x in enumerate(flows)))
    with open(paths["flows"], "w") as f:
        f.write("src,dst,bytes,start,weight,cap_Bps\n" + "".join(f"{i},{i + 1000},{x[1]},{x[0]},{x[3]},{x[4]}\n" for i, x in enumerate(flows)))
    subprocess.run([datahall, "predict", "flows", "--links", paths["links"], "--routes", paths["routes"], "-i", paths["flows"], "-o", paths["out"]], check=True)
    return [float(r["finish"]) for r in csv.DictReader(open(paths["out"]))]


def rows_of(name):
    with open(os.path.join(data, "..", "oracles", name)) as f:
        return list(csv.DictReader(line for line in f if not line.startswith("#")))


def oracles():
    with tempfile.TemporaryDirectory() as folder:
        worst, n = 0, 0
        for r in rows_of("maxmin_fairness.csv"):
            # Whoever is to have the rate r and sends r bytes ends after one second, with all others.
            rates = r["rates_exact"].split(";")
            exact = [repr(float(x.split("/")[0]) / float(x.split("/")[1]) if "/" in x else float(x)) for x in rates]
            flows = list(zip([0] * len(exact), exact, r["flow_links"].split(";"), (r["weights"] or ";" * (len(exact) - 1)).split(";"),
                             (r["caps"] or ";" * (len(exact) - 1)).split(";")))
            ends = one(folder, r["link_capacity"].split(";"), flows)
            worst, n = max([worst] + [abs(x - 1) for x in ends]), n + 1
        ok(n > 20 and worst <= 1e-12, f"rates of {n} networks with weights and caps within {worst:.1e} (goal 1e-12)", worst)
        worst, n = 0, 0
        for r in rows_of("flow_completion_fluid.csv"):
            flows = [(*x.split(":"), "", "") for x in r["flows_arrival:bytes:links"].split(";")]
            ends = one(folder, r["link_bytes_per_s"].split(";"), flows)
            worst, n = max([worst] + [abs(x / float(y) - 1) for x, y in zip(ends, r["completion_s"].split(";"))]), n + 1
        ok(n >= 8 and worst <= 1e-12, f"ends in {n} networks with arrivals within {worst:.1e} (goal 1e-12)", worst)


def levels(capacity, flows):
    """Rates by progressive filling in exact fractions; flows: (links, weight, cap or None)."""
    rates, left = {}, [Fraction(c) for c in capacity]
    while len(rates) < len(flows):
        todo = [i for i in range(len(flows)) if i not in rates]
        weights = [sum(flows[i][1] for i in todo if l in flows[i][0]) for l in range(len(left))]
        bounds = [(left[l] / weights[l], "link", l) for l in range(len(left)) if weights[l] > 0]
        bounds += [(Fraction(flows[i][2]) / flows[i][1], "cap", i) for i in todo if flows[i][2] is not None]
        level, kind, at = min(bounds)
        for i in ([at] if kind == "cap" else [i for i in todo if at in flows[i][0]]):
            rates[i] = level * flows[i][1]
            for l in flows[i][0]:
                left[l] -= rates[i]
    return [rates[i] for i in range(len(flows))]


def drawn():
    """Networks drawn at random, solved here in fractions: whoever sends what its rate makes in a second ends after one."""
    draw, worst, n = random.Random(2), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        while n < 40:
            capacity = [draw.choice([10, 25, 40, 50, 100, 200, 400]) for _ in range(draw.randint(2, 14))]
            flows = [(sorted(draw.sample(range(len(capacity)), draw.randint(1, min(6, len(capacity))))), draw.choice([1, 1, 1, 2, 3]),
                      draw.choice([None, None, None, draw.randint(1, 60)])) for _ in range(draw.randint(3, 40))]
            rates = levels(capacity, flows)
            ends = one(folder, capacity, [(0, repr(float(r)), " ".join(map(str, f[0])), f[1], f[2] or "") for r, f in zip(rates, flows)])
            worst, n = max([worst] + [abs(x - 1) for x in ends]), n + 1
    ok(worst <= 1e-12, f"rates of {n} networks drawn at random, solved in fractions, within {worst:.1e} (goal 1e-12)", worst)


if os.path.isdir(data):
    main()
    oracles()
else:
    skip("ends of flows", f"no {data}")
drawn()
finish()
