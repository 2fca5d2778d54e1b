#!/usr/bin/python3
"""`plan` over simulations finds what closed forms say: plan_exact.py BUILD. Prints TAP.

Servers for a mean wait (Erlang C) and for a loss (Erlang B), spare units (k of n), capacity to own beside a cloud
(newsvendor), a battery for a peak: each question is put to `predict sizing` and, as a study, to `plan`. Limits lie
half way (geometrically) between what the answer and its neighbour come to, so that chance cannot decide."""
import json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
quick = os.environ.get("VALIDATE") == "quick"
NS = 'xmlns="urn:datahall:scenario:1"'


def sizing(folder, **row):
    with open(f"{folder}/q.csv", "w") as f:
        f.write(",".join(row) + "\n" + ",".join(str(v) for v in row.values()) + "\n")
    out = subprocess.run([datahall, "predict", "sizing", "-i", "q.csv"], cwd=folder, capture_output=True, text=True, check=True).stdout
    return {r.split(",")[2]: float(r.split(",")[3]) for r in out.splitlines()[1:]}


def plan(folder, scenario, study, *more):
    with open(f"{folder}/a.xml", "w") as f:
        f.write(scenario)
    with open(f"{folder}/s.xml", "w") as f:
        f.write(f'<study {NS} scenario="a.xml" seeds="1">{study}<demand factors="none"/></study>')
    got = subprocess.run([datahall, "plan", "s.xml", "-j", "2", "--json", *more], cwd=folder, capture_output=True, text=True)
    if got.returncode not in (0, 1):
        print("#", got.stderr)
        return {"best": {"values": {}}}
    return json.loads(got.stdout)


def site(jobs, more="", days=3650, failures="", price=1000, economics=""):
    """Racks of one GPU each; their number is row/@count."""
    return f"""<scenario {NS} name="servers" seed="5"><device id="gpu" idle="50 W" tdp="50 W" price="{price} USD"/>
<node id="node" device="gpu" gpus="1"/><rack-type id="rack" node="node" nodes="1" rated="60 W"/>
<provider id="cloud"><instance id="one" device="gpu" gpus="1" on-demand="1 USD/h"/></provider>
<horizon start="2026-01-01T00:00:00Z" duration="{days} d" step="1 d"/><site id="s"><power><utility id="grid" rated="1 MW"/></power>
<hall id="h"><row id="r" rack="rack" count="1" feed="grid"/></hall></site><workload>{jobs}</workload>
<scheduler policy="fcfs" placement="flat"/>{more}<economics it-life="5 a" capital-rate="0" {economics}/>{failures}<record series="no"/></scenario>"""


BURST = '<burst provider="cloud" instance="one" threshold="0 s"/>'
RACKS = '<vary name="servers" path="//row/@count" from="{}" to="{}" whole="yes"/><objective key="cost.capex" name="capital"/>'


def servers(folder):
    n = 40000 if quick else 200000
    for a, limit in ((6, 0.05), (12, 0.02)):
        erlang = {c: sizing(folder, kind="queue", erlangs=a, servers=c)["mean_wait"] for c in range(a + 1, a + 9)}
        best = min(c for c in erlang if erlang[c] <= limit)
        between = math.sqrt(erlang[best] * erlang[best - 1])
        exact = sizing(folder, kind="staffing", erlangs=a, max_mean_wait=between)["servers"]
        jobs = f'<jobs id="j" rate="{a} 1/h" duration="exponential" mean="1 h" count="{n}"><size gpus="1" share="1"/></jobs>'
        got = plan(folder, site(jobs), RACKS.format(a + 1, a + 8) +
                   f'<constraint key="jobs.wait_s.mean" op="at-most" value="{3600 * between:.6f} s"/>')
        ok(got["best"] and got["best"]["values"].get("servers") == f"{exact:.0f}" and exact == best,
           f"Erlang C: {exact:.0f} servers for {a} erlangs and a mean wait of {between:.4f} services", (exact, got["best"]))
    a, share = 10, 0.05
    loss = {c: sizing(folder, kind="queue", erlangs=a, servers=c, room=0)["blocked"] for c in range(5, 25)}
    best = min(c for c in loss if loss[c] <= share)
    between = math.sqrt(loss[best] * loss[best - 1])
    exact = sizing(folder, kind="staffing", erlangs=a, max_blocked=between)["servers"]
    jobs = f'<jobs id="j" rate="{a} 1/h" duration="lognormal" mean="1 h" sigma="0.8" count="{n}"><size gpus="1" share="1"/></jobs>'
    got = plan(folder, site(jobs, BURST), RACKS.format(8, 22) + f'<constraint key="jobs.burst" op="at-most" value="{between * n:.3f}"/>')
    ok(got["best"] and got["best"]["values"].get("servers") == f"{exact:.0f}" and exact == best,
       f"Erlang B: {exact:.0f} servers for {a} erlangs and {between:.3%} to the cloud, whatever the law of run times", (exact, got["best"]))


def units(folder):
    """Work that needs k at a time comes at random: the share that finds fewer is their unavailability."""
    k, mtbf, mttr, n = 4, 90, 10, 20000 if quick else 100000
    lost = {u: sum(math.comb(u, j) * 0.9 ** j * 0.1 ** (u - j) for j in range(k)) for u in range(k, 12)}
    best = min(u for u in lost if lost[u] <= 0.02)
    between = math.sqrt(lost[best] * lost[best - 1])
    exact = sizing(folder, kind="redundancy", k=k, mtbf_h=mtbf, mttr_h=mttr, max_unavailability=between)["units"]
    jobs = f'<jobs id="j" rate="1 1/h" duration="constant" mean="1 s" count="{n}"><size gpus="{k}" share="1"/></jobs>'
    failures = f'<failures><failure of="r" mtbf="{mtbf} h" mttr="{mttr} h" repair="exponential"/></failures>'
    got = plan(folder, site(jobs, BURST, failures=failures), RACKS.format(k, 11) + f'<constraint key="jobs.burst" op="at-most" value="{between * n:.3f}"/>')
    ok(got["best"] and got["best"]["values"].get("servers") == f"{exact:.0f}" and exact == best,
       f"k of n: {exact:.0f} units where {k} are needed, each up 90 % of the time", (exact, got["best"]))


def reserve(folder):
    demand = [3, 5, 5, 6, 7, 7, 8, 8, 9, 12]
    with open(f"{folder}/j.csv", "w") as f:
        f.write("submit_s,duration_s,gpus\n")
        for day, d in enumerate(demand):
            f.writelines(f"{86400 * day},35820,1\n" for _ in range(d))  # 3 min of starting an instance are paid, too
    for price in (4380, 13140, 17337.5):
        own, rent = price / 5 / 365, 10  # a GPU a day; 10 h in the cloud
        exact = sizing(folder, kind="reserve", own=own, rent=rent, demand=";".join(map(str, demand)))
        got = plan(folder, site('<log href="j.csv"/>', BURST, days=10, price=price),
                   '<vary name="servers" path="//row/@count" from="1" to="14" whole="yes"/><objective key="cost.total"/>')
        ok(got["best"]["values"].get("servers") == f"{exact['reserve']:.0f}" and abs(got["best"]["objective"] / 10 - exact["cost"]) < 1e-9 * exact["cost"],
           f"newsvendor: {exact['reserve']:.0f} GPUs owned at {own:.2f} a day beside {rent}, and the cost", (exact, got["best"]))


def battery(folder):
    def scenario(sources):
        return f"""<scenario {NS} name="peak" seed="1"><import href="catalog:racks.xml"/>
<horizon start="2026-07-01T00:00:00Z" duration="10 d"/><tariff id="t" energy="0 USD/kWh" demand="10 USD/kW" utc-offset="0"/>
<site id="s" tariff="t" house-load="10 kW"><power><utility id="grid" rated="5 MW"/>{sources}</power>
<hall id="h"><row id="r" rack="dgx-h100-air" count="4" feed="grid"/></hall></site>
<workload><jobs id="j" arrival="regular" rate="1 1/d" duration="constant" mean="3 h"><size gpus="64" share="1"/></jobs>
<jobs id="k" arrival="regular" rate="1 1/d" duration="constant" mean="9 h"><size gpus="64" share="1"/></jobs></workload>
<economics capital-rate="0"/><record interval="15 min" precision="full"/></scenario>"""
    with open(f"{folder}/b.xml", "w") as f:
        f.write(scenario(""))
    subprocess.run([datahall, "run", "b.xml", "-q", "-o", "b.h5"], cwd=folder, capture_output=True, check=True)
    said = json.loads(subprocess.run([datahall, "report", "b.h5", "--json"], cwd=folder, capture_output=True, text=True, check=True).stdout)
    import h5py
    with h5py.File(f"{folder}/b.h5") as f:
        kw = [round(float(v) / 1000, 9) for v in f["facility/facility_power_w"][:96]]
    steps = [(0, kw[0])] + [(900 * i, b) for i, (a, b) in enumerate(zip(kw, kw[1:]), 1) if b != a]
    low, high = min(kw), max(kw)
    load = ";".join(f"{t}:{p!r}" for t, p in steps)
    targets = [round(low + (high - low) * i / 8, 3) for i in range(2, 9)]
    needs = {}
    for target in targets[:-1]:
        try:
            needs[target] = sizing(folder, kind="battery", load_kw=load, limit_kw=target)["battery_kwh"]
        except subprocess.CalledProcessError:
            pass  # cannot be filled again within the day
    energies = sorted(math.ceil(100 * e) / 100 for e in needs.values())
    days, life = 10, 10 * 365
    rest = said["cost"]["total"] - 10 * high  # what is not the demand charge
    for per_kwh in (700,) if quick else (200, 700, 2000):
        best = (math.inf,)
        for target, need in needs.items():
            size = min(e for e in energies if e >= need)
            best = min(best, (rest + 10 * target + per_kwh * size * days / life, target, size))
        store = (f'<storage id="b" feed="grid" energy="${{kwh}} kWh" rated="1 MW" charge-efficiency="1" discharge-efficiency="1" lowest-charge="0" '
                 f'first-charge="1" policy="peak" target="40 kW" price="${{usd}} USD" life="10 a"/>')
        got = None
        # The price follows the size: one study for each size, and the cheapest of them.
        for e in energies:
            text = scenario(store.replace("${kwh}", repr(e)).replace("${usd}", repr(per_kwh * e)))
            one = plan(folder, text, '<vary name="target" path="//storage/@target" values="' + "|".join(f"{t!r} kW" for t in targets) + '"/><objective key="cost.total"/>')
            found = (one["best"].get("objective", math.inf), one["best"]["values"].get("target"), e)
            got = found if got is None or found[0] < got[0] else got
        ok(got and abs(got[0] - best[0]) < 1e-6 * best[0] and got[1] == f"{best[1]!r} kW" and got[2] == best[2],
           f"battery at {per_kwh} USD/kWh: {best[2]:.1f} kWh, peak {best[1]:.1f} of {high:.1f} kW", (got, best))


def phases(folder):
    """Years with a search of few simulations beside all designs at all demands."""
    jobs = '<jobs id="j" rate="8 1/h" duration="exponential" mean="1 h"><size gpus="1" share="0.7"/><size gpus="2" share="0.3"/></jobs>'
    study = ('<vary name="servers" path="//row/@count" from="8" to="60" whole="yes"/><vary name="after" path="//burst/@threshold" values="0 s|10 min|1 h|4 h"/>'
             '<objective key="cost.total" name="cost"/><constraint key="jobs.wait_s.p95" op="at-most" value="15 min" name="wait"/>'
             '<search simulations="40"/><phases years="4" growth="0.3" sigma="0.1" confidence="0.9" rate="0.08"/>')
    text = site(jobs, BURST.replace("0 s", "1 h"), days=20, price=20000)
    few, every = plan(folder, text, study), plan(folder, text, study, "--exhaustive")
    a, b = few.get("phases", {}), every.get("phases", {})
    ok(a.get("found") and b.get("found") and b["expected"] <= a["expected"] * (1 + 1e-9) and a["expected"] <= 1.01 * b["expected"],
       f"years by a search: {few.get('evaluations')} simulations for {every.get('evaluations')}, cost {a.get('expected', 0) / b.get('expected', 1) - 1:+.2%}",
       [[(y["values"], y["cost"]) for y in p.get("years", []) if "values" in y] for p in (a, b)])


with tempfile.TemporaryDirectory() as folder:
    servers(folder)
    units(folder)
    reserve(folder)
    battery(folder)
    if not quick:
        phases(folder)
finish()
