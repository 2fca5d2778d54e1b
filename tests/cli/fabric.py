#!/usr/bin/python3
"""Fabrics in whole runs, by hand: sizes, power, heat, money, failures, and what is refused: fabric.py BUILD. Prints TAP."""
import csv, io, json, os, re, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def command(*arguments):
    return subprocess.run([datahall, *arguments], capture_output=True, text=True)


def run(path, *options):
    done = command("run", path, "-o", "e.h5", "--json", "-q", *options)
    if done.returncode:
        print("#", done.stderr.replace("\n", "\n# "))
        return {}
    return json.loads(done.stdout)


def table(name):
    return list(csv.DictReader(io.StringIO(command("export", "e.h5", name).stdout)))


def near(got, wanted, tolerance=1e-9):
    return abs(got - wanted) <= tolerance * max(1e-300, abs(wanted))


# 4 leaves of 4 nodes of 8 adapters, 8:1 oversubscribed: 4 links up each, to 4 spines.
FABRIC = """<fabric id="ib" rate="50 GB/s" hall="net" feed="p2"><switch tier="leaf" ports="36" oversubscription="8" power="1 kW"
price="30 kUSD" embodied="100 kg" per-rack="3"/><switch tier="spine" power="2 kW" price="50 kUSD" embodied="200 kg"/>
<link of="host" power="5 W" price="100 USD" embodied="1 kg"/><link of="local" power="10 W" price="200 USD" embodied="2 kg"/></fabric>"""
POWER_W = 4 * 1000 + 4 * 2000 + 128 * 5 + 16 * 2 * 10
# 64 GPUs on two leaves: a ring of 8 nodes, each sending 8 x 20 GB/s for half of its time; 160 of 0.95 x 200 GB/s cross.
JOB = """<jobs id="j" arrival="regular" rate="1 1/d" count="1" duration="constant" mean="4 h" overestimate="3" network-share="0.5"
network-rate="20 GB/s"><size gpus="64" share="1"/></jobs>"""


def hall(fabric=FABRIC, jobs=JOB, more="", horizon="6 h", placement="packed"):
    with open("e.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="e">
<import href="catalog:fabrics.xml"/><import href="catalog:plants.xml"/><import href="catalog:climates.xml"/><import href="catalog:failures.xml"/>
<horizon start="2026-01-01T00:00:00Z" duration="{horizon}" step="5 min"/>
<device id="g" idle="100 W" tdp="400 W" link-bandwidth="900 GB/s" price="10 kUSD"/><node id="n" device="g" gpus="8"/>
<node id="cpu" device="g" gpus="0"/><rack-type id="t" node="n" nodes="4" rated="40 kW"/><rack-type id="c" node="cpu" nodes="1" rated="1 kW"/>
<site id="s" climate="ashburn"><power><utility id="u" rated="1 MW"/><pdu id="p1" rated="300 kW" feed="u"/><pdu id="p2" rated="50 kW" feed="u"/></power>
<cooling><chiller-plant id="cold" base="chiller-tower-economizer" feed="u" capacity="300 kW" chillers="1"/></cooling>
<hall id="gpus" plant="cold"><row id="a" rack="t" count="4" feed="p1"/></hall>
<hall id="net" plant="cold"><row id="b" rack="c" feed="p1"/></hall></site>
{fabric}<workload>{jobs}</workload><scheduler policy="fcfs" placement="{placement}"/>{more}
<economics it-life="5 a" capital-rate="0.08" network="0.1"/><record interval="5 min" precision="full"/></scenario>""")
    return "e.xml"


def trip(what, at="1 h", hours="1 h"):
    return f'<failures><event at="{at}" trip="{what}" for="{hours}"/></failures>'


# ---- power, heat, money
without, plain = run(hall("")), run(hall())
fabric = plain["fabrics"][0]
ok(fabric["hosts"] == 128 and fabric["ports"] == 128 and fabric["switches"] == {"leaf": 4, "spine": 4} and
   fabric["cables"] == {"host": 128, "local": 16} and fabric["bisection_gb_per_s"] == 400 and fabric["oversubscription"] == 8 and
   fabric["routed_share"] == 0.95, "4 leaves of 32 adapters and 4 links up, 4 spines", fabric)
ok(near(fabric["power_kw"], POWER_W / 1000) and near(fabric["energy_kwh"], 6 * POWER_W / 1000) and
   near(plain["energy"]["it_kwh"] - without["energy"]["it_kwh"], 6 * POWER_W / 1000, 1e-7) and
   plain["facility"]["racks"] - without["facility"]["racks"] == 3,
   "switches and optics at their ports draw power, in two racks of leaves and one of spines",
   (fabric["energy_kwh"], plain["energy"]["it_kwh"], without["energy"]["it_kwh"]))
heat = [r for r in table("/halls") if r["hall"] == "net"][-1]
ok(near(float(heat["hall_heat_w"]) - float(heat["hall_fan_w"]), POWER_W, 1e-6), "and heat the hall where they stand", heat)
usd = 4 * 30000 + 4 * 50000 + 128 * 100 + 16 * 200
kg = 4 * 100 + 4 * 200 + 128 + 16 * 2
cost = plain["cost"]
ok(near(fabric["purchase"], usd) and near(cost["purchase"]["network"], usd) and
   near(without["cost"]["purchase"]["network"], 0.1 * without["cost"]["purchase"]["it"]) and
   near(cost["capex_parts"]["network"] / cost["capex_parts"]["it"], usd / cost["purchase"]["it"]),
   "they are bought at their prices, in place of a share of the IT", cost)
ok(near(plain["carbon"]["embodied_parts"]["network_kg"], kg * 6 / (5 * 365 * 24)), "their carbon is written off over the life of IT",
   plain.get("carbon"))
bom = {r["kind"]: r for r in csv.DictReader(io.StringIO(command("export", "e.xml", "bom").stdout))}
ok([(bom[k]["count"], float(bom[k]["price"])) for k in ("leaf-switch", "spine-switch", "host-cable", "local-cable")] ==
   [("4", 120000), ("4", 200000), ("128", 12800), ("16", 3200)], "and stand in the bill of materials", bom.keys())
priced = csv.DictReader(io.StringIO(command("export", hall('<fabric id="ib" base="infiniband-ndr-rails"/>'), "bom").stdout))
ok(all("assumption" in r["price_source"] for r in priced if r["kind"] in ("leaf-switch", "host-cable")), "with the source of their price", "")
run(hall())
works = table("/network")
ok(works and all(float(v) == 1 for r in works for k, v in r.items() if "works" in k), "the result has the fabric's state in /network", works[:2])

# ---- failures
HOUR = 3600
ends = {}
for name, what, pace in (("nothing", "", 1), ("a spine", "ib/spine:1", 0.5 + 0.5 * 160 / 142.5),
                         ("two spines", "ib/spine:2", 0.5 + 0.5 * 160 / 95), ("two cables of a leaf", "ib/uplink:2", 0.5 + 0.5 * 160 / 95)):
    r = run(hall(more=trip(what) if what else ""))
    wanted = 4 * HOUR + HOUR * (1 - 1 / pace)
    ok(near(r["jobs"]["turnaround_s"]["max"], wanted, 1e-6), f"{name} out for an hour: the job ends by hand",
       (r["jobs"]["turnaround_s"]["max"], wanted))
for name, what in (("a leaf", "ib/leaf:1"), ("an adapter's cable", "ib/link:1"), ("an NVLink domain", "ib/domain:1"),
                   ("all spines", "ib/spine"), ("the fabric", "ib"), ("the feed of the switches", "p2"), ("a rack of switches", "ib-leaf-001")):
    r = run(hall(more=trip(what)))
    ok(near(r["jobs"]["turnaround_s"]["max"], 5 * HOUR) and near(r["gpu_time"]["network_h"], 64) and
       near(r["gpu_time"]["work_h"], 256), f"{name} out for an hour: the job stands still and goes on",
       (r["jobs"]["turnaround_s"]["max"], r["gpu_time"]))
    if what == "p2":
        f = r["fabrics"][0]
        ok(f["failed"] == {"leaf": 4, "spine": 4} and near(f["out_h"]["leaf"], 4) and near(f["energy_kwh"], 5 * POWER_W / 1000),
           "without power they draw none", f)
r = run(hall(more=trip("ib-leaf-002"))) # the fourth
ok(near(r["jobs"]["turnaround_s"]["max"], 4 * HOUR) and r["fabrics"][0]["failed"] == {"leaf": 1},
   "the leaf of nobody's nodes matters to nobody", r["jobs"]["turnaround_s"])
r = run(hall(more='<failures><failure of="ib/link" kind="fabric-link" rate="10 1/a" mttr="1 h"/><failure of="ib/spine" kind="fabric-switch" '
                  'rate="100 1/a" mttr="30 min"/><maintenance of="ib/leaf" every="3 h" for="10 min"/>'
                  '<common-cause of="ib/uplink ib/leaf" mtbf="6 h" share="0.3" mttr="10 min"/></failures>', horizon="2 d"))
f = r["fabrics"][0]
events = table("events")
ok(set(f["failed"]) >= {"leaf", "link"} and sum(f["failed"].values()) > 20 and any(e["name"] == "ib/leaf" and e["kind"] == "maintenance" for e in events)
   and max(abs(v) for v in [r["audit"]["gpu_hours"], r["audit"]["energy"]]) < 1e-9,
   "parts fail, are serviced and struck together, and nothing is lost from the ledgers", (f, r.get("audit")))
first = command("export", "e.h5", "summary").stdout
run("e.xml", "--threads", "2")
ok(command("export", "e.h5", "summary").stdout == first, "the same again gives the same")

# ---- two sites: 8 x 20 GB/s of a job's two nodes cross a line of 80 GB/s, and come back by another
def sites(mesh, more=""):
    rows = "".join(f"""<site id="{s}"><power><utility id="u{s}" rated="1 MW"/></power><hall id="h{s}"><row id="r{s}" rack="t" feed="u{s}"/></hall></site>"""
                   for s in "ab")
    with open("e.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="e"><horizon start="2026-01-01T00:00:00Z" duration="9 h"/>
<device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="1" rated="10 kW"/>{rows}
<fabric id="fa" rate="50 GB/s" rows="ra" hosts-per-leaf="8"/><fabric id="fb" rate="50 GB/s" rows="rb" hosts-per-leaf="8"/>{mesh}
<workload>{JOB.replace('"64"', '"16"')}</workload><scheduler policy="fcfs"/>{more}</scenario>""")
    return "e.xml"


MESH = '<fabric id="wan" topology="mesh" sites="a b" rate="80 GB/s" latency="5 ms"/>'
r = run(sites(MESH))
ok(near(r["jobs"]["turnaround_s"]["max"], 4 * HOUR * 1.5, 1e-6) and r["fabrics"][2]["cables"] == {"global": 1},
   "a job on two sites goes at the pace of the line between them", (r["jobs"]["turnaround_s"], r["fabrics"]))
r = run(sites(MESH, trip("wan/link")))
ok(near(r["jobs"]["turnaround_s"]["max"], 4 * HOUR * 1.5 + HOUR, 1e-6), "and stands still without it", r["jobs"]["turnaround_s"])

# ---- what has no fabric goes by
r = run(hall('<fabric id="ib" rate="50 GB/s" hosts-per-leaf="32" fidelity="none"/>'))
ok(near(r["jobs"]["turnaround_s"]["max"], 4 * HOUR) and "power_kw" not in r["fabrics"][0] and
   r["energy"]["it_kwh"] == without["energy"]["it_kwh"], "a fabric without fidelity and power changes nothing", r.get("fabrics"))

# ---- every catalog entry, and the effective scenario
bad = []
for id, more in (("infiniband-ndr-rails", ""), ("infiniband-ndr-rails-3", ""), ("infiniband-xdr", ""), ("spectrum-x", ""), ("roce-ecmp", ""),
                 ("slingshot-dragonfly", ""), ("torus-3d", 'adapters="8" size="4 4 8"')):
    done = command("run", hall(f'<fabric id="ib" base="{id}" {more}/>'), "--dry-run")
    with open("again.xml", "w") as f:
        f.write(done.stdout)
    again = command("run", "again.xml", "--dry-run")
    if done.returncode or again.stdout != done.stdout or '<fabric id="ib"' not in done.stdout:
        bad.append((id, done.stderr, again.stderr))
ok(not bad, "every fabric of the catalog is a base, and is the same when its effective scenario is read again", bad)

# ---- what is refused: one message with place and hint
TRAINS = '<jobs id="j" rate="1 1/d"><size gpus="64" share="1"/><training model="m" steps="10"/></jobs>'
LEAF = '<switch tier="leaf" ports="36"/>'
for name, wrong, says in (
        ("a zero-capacity link", '<fabric id="ib" rate="0 GB/s" hosts-per-leaf="32"/>', "E-RANGE"),
        ("a zero-capacity class", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32"><link of="local" rate="0 B/s"/></fabric>', "E-RANGE"),
        ("oversubscription below 1", '<fabric id="ib" rate="1 GB/s"><switch tier="leaf" ports="36" oversubscription="0.5"/></fabric>', "E-RANGE"),
        ("a cyclic tier", '<fabric id="ib" rate="1 GB/s"><switch tier="leaf" ports="36" up="spine"/><switch tier="spine" up="leaf"/></fabric>',
         r"tiers go in a circle: spine leads up to leaf.*E-CYCLE"),
        ("a tier above itself", '<fabric id="ib" rate="1 GB/s"><switch tier="leaf" ports="36" up="leaf"/></fabric>', "E-CYCLE"),
        ("a tier that is not there", '<fabric id="ib" rate="1 GB/s"><switch tier="leaf" ports="36" up="core"/></fabric>', "leads up to core"),
        ("a tier that nobody leads to", f'<fabric id="ib" rate="1 GB/s"><switch tier="leaf" ports="36" up="core"/><switch tier="spine"/><switch tier="core"/></fabric>',
         "no tier leads up to spine"),
        ("no leaf", '<fabric id="ib" rate="1 GB/s"><switch tier="spine"/></fabric>', "none of the tier leaf"),
        ("two of a tier", f'<fabric id="ib" rate="1 GB/s">{LEAF}{LEAF}</fabric>', "two elements"),
        ("oversubscription above the highest tier", f'<fabric id="ib" rate="1 GB/s"><switch tier="leaf" ports="256" oversubscription="2"/></fabric>', "highest tier"),
        ("unreachable hosts", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32" units="2"/>', "fewer ports than its nodes have adapters"),
        ("a torus that is too small", '<fabric id="ib" base="torus-3d" adapters="8" size="4 4"/>', "fewer ports"),
        ("a spine with fewer ports than leaves", '<fabric id="ib" rate="1 GB/s"><switch tier="leaf" ports="64"/><switch tier="spine" ports="3"/></fabric>',
         "fewer ports than there are leaves"),
        ("no rate", '<fabric id="ib" hosts-per-leaf="32"/>', "no rate"),
        ("no size", '<fabric id="ib" rate="1 GB/s"/>', "how many adapters"),
        ("too few ports on a leaf", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32"><switch tier="leaf" ports="40"/><switch tier="spine"/></fabric>', "a leaf has 40 ports"),
        ("a row on two fabrics", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32"/><fabric id="eth" rate="1 GB/s" hosts-per-leaf="32"/>', "on two fabrics"),
        ("a fabric without nodes", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32" halls="net"/>', "reaches no node"),
        ("a domain across nodes", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32" domain="12"/>', "whole number of domains"),
        ("a mesh of one site", '<fabric id="ib" base="wan-100g"/>', "two sites or more"),
        ("sites of what is no mesh", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32" sites="s"/>', "'sites' says nothing"),
        ("slow uplinks", '<fabric id="ib" rate="4 GB/s" hosts-per-leaf="32"><link of="local" rate="1 GB/s"/></fabric>', "local links are slower"),
        ("a torus with switches", f'<fabric id="ib" base="torus-3d" adapters="8" size="4 4 8">{LEAF}</fabric>', "has no switches"),
        ("a dragonfly whose groups cannot meet", '<fabric id="ib" base="slingshot-dragonfly" hosts-per-leaf="1" routers="1" global-links="2"/>', "fewer global links"),
        ("links beyond number", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="1000000" units="1000000"/>', r"more than 2\^2"),
        ("another row", '<fabric id="ib" rate="1 GB/s" hosts-per-leaf="32" rows="aa"/>', "E-DANGLING-REF")):
    done = command("run", hall(wrong), "--dry-run")
    errors = re.findall(r"^.*error: .*$", done.stderr, re.M)
    ok(done.returncode == 65 and len(errors) == 1 and re.search(says, done.stderr) and errors[0].startswith("e.xml:") and "hint:" in done.stderr,
       f"{name} is refused with one message", (done.returncode, done.stderr))
done = command("run", hall(more=trip("ib/cores")), "--dry-run")
ok(done.returncode == 65 and "did you mean 'ib/core" in done.stderr or "ib/leaf" in done.stderr, "parts that it does not have", done.stderr)

# ---- a row on no fabric, two fabrics that nothing joins
with open("e.xml") as f:
    base = f.read()
model = '<import href="catalog:models.xml"/><import href="catalog:stacks.xml"/><import href="catalog:racks.xml"/>'
for name, fabric, says in (
        ("a row on no fabric where training jobs run", '<fabric id="ib" rate="50 GB/s" hosts-per-leaf="32" rows="a1"/>', "row a2 is on no fabric"),
        ("fabrics that nothing joins", '<fabric id="ib" rate="50 GB/s" hosts-per-leaf="32" rows="a1"/><fabric id="eth" rate="50 GB/s" hosts-per-leaf="32" rows="a2"/>',
         "row a2 cannot be reached from row a1")):
    jobs = '<jobs id="j" rate="1 1/d"><size gpus="64" share="1"/><training model="llama3-8b" stack="nemo-2024" steps="10" batch="64" sequence="4096"/></jobs>'
    with open("e.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="e">{model}<horizon duration="1 d"/>
<site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="a1" rack="dgx-h100-air-apart" feed="u"/><row id="a2" rack="dgx-h100-air-apart" feed="u"/></hall></site>
{fabric}<workload>{jobs}</workload></scenario>""")
    done = command("run", "e.xml", "--dry-run")
    ok(done.returncode == 65 and done.stderr.count("error:") == 1 and says in done.stderr and "hint:" in done.stderr, f"{name} is refused", done.stderr)
finish()
