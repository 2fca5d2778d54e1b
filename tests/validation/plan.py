#!/usr/bin/python3
"""Does the search find the optimum? plan.py BUILD. Prints TAP. Four studies, different in kind, each of 2,000 designs or more, are simulated whole
(--exhaustive) and searched with nothing said about how; the search may make a twentieth of the simulations in all, those for shadow prices and other demand
included, and must end with a feasible design within 1 % of the true optimum's objective. What is feasible and what is the best is decided here, from the
table of all designs and the runs' own figures, not by the program. VALIDATE=quick: a
cut of the fastest, of which the search may simulate a quarter."""
import csv, io, json, math, os, subprocess, sys, tempfile, time
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
quick = os.environ.get("VALIDATE") == "quick"
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
ns = 'xmlns="urn:datahall:scenario:1"'


racks = """<device id="g" idle="100 W" tdp="400 W" price="15000 USD"/><node id="n" device="g" gpus="8" price="60000 USD"/>
<rack-type id="t" node="n" nodes="1" rated="10 kW"/><grid id="pjm" carbon="380 g/kWh"/>"""

# Queueing, money and a cloud: racks, UPS modules, how long a job waits before it goes to the cloud. Waits are random: three seeds.
hall = f"""<scenario {ns} name="hall" seed="11">{racks}<parameter name="racks" value="4"/><parameter name="modules" value="4"/>
<parameter name="threshold" value="1 h"/><horizon start="2026-07-01T00:00:00Z" duration="2 d"/><tariff id="flat" energy="0.10 USD/kWh" demand="12 USD/kW"/>
<provider id="c" egress="0.09 USD/GB"><instance id="i" device="g" gpus="8" on-demand="30 USD/h"/></provider>
<site id="s" grid="pjm" tariff="flat"><power><utility id="u" rated="1 MW"/><ups id="ups" feed="u" rated="25 kW" count="${{modules}}"><loss a="0.03" b="0.02" c="0.03"/></ups></power>
<hall id="h"><row id="r" rack="t" count="${{racks}}" feed="ups"/></hall></site>
<workload><jobs id="j" rate="5 1/h" median="50 min" sigma="0.8" gpu-util="0.9" input="1 GB" output="3 GB"><size gpus="8" share="0.7"/><size gpus="16" share="0.3"/></jobs></workload>
<burst provider="c" instance="i" threshold="${{threshold}}"/><economics capital-rate="0.08"/></scenario>"""
hall_study = f"""<study {ns} scenario="hall.xml" seeds="3"><vary parameter="racks" from="1" to="18" whole="yes"/><vary parameter="modules" from="3" to="12" whole="yes"/>
<vary parameter="threshold" values="5 min|10 min|15 min|20 min|30 min|45 min|1 h|90 min|2 h|3 h|6 h|12 h"/>
<objective key="cost.total"/><constraint key="jobs.wait_s.p95" op="at-most" value="45 min" confidence="0.9"/>
<constraint key="energy.peak_facility_kw" op="at-most" value="32 kW"/></study>"""

# Cooling: temperatures, machines, and whether the tower may help. No chance in it: work that never ends.
cooling = f"""<scenario {ns} name="cooling" seed="1">{racks}<import href="catalog:climates.xml"/><horizon start="2026-04-20T00:00:00Z" duration="8 h" step="300 s"/>
<tariff id="flat" energy="0.10 USD/kWh" demand="12 USD/kW"/>
<site id="s" climate="ashburn" grid="pjm" tariff="flat"><power><utility id="u" rated="2 MW"/></power>
<cooling><chiller-plant id="p" feed="u" capacity="150 kW" chillers="2" supply="12 degC"/></cooling>
<hall id="h" plant="p" supply="22 degC"><row id="r" rack="t" count="12" feed="u"/></hall></site>
<workload><jobs id="j" arrival="regular" rate="12 1/h" duration="constant" mean="100 h" count="12" gpu-util="0.9"><size gpus="8" share="1"/></jobs></workload>
<economics water="30 USD/m3"/></scenario>"""
cooling_study = f"""<study {ns} scenario="cooling.xml"><vary name="air" path="//hall/@supply" from="16 degC" to="30 degC" levels="13"/>
<vary name="water" path="//chiller-plant/@supply" from="6 degC" to="20 degC" levels="13"/><vary name="economizer" path="//chiller-plant/@economizer" values="yes|no"/>
<vary name="rejection" path="//chiller-plant/@rejection" values="tower|dry"/><vary name="chillers" path="//chiller-plant/@chillers" from="1" to="3" whole="yes"/>
<objective key="cost.total"/><constraint key="energy.peak_facility_kw" op="at-most" value="40 kW"/>
<constraint key="energy.water_m3" op="at-most" value="0.39"/></study>"""

# Energy on site: panels, a battery and how it is driven, against carbon and what the grid may be asked for.
onsite = f"""<scenario {ns} name="onsite" seed="5">{racks}<import href="catalog:climates.xml"/><horizon start="2026-06-01T07:00:00Z" duration="1 d"/>
<tariff id="d" energy="0.07 USD/kWh" demand="2 USD/kW" export="0.02 USD/kWh"><period name="evening" months="6-9" hours="16-21" days="all" energy="0.26 USD/kWh"/></tariff>
<parameter name="solar" value="20 kW"/><parameter name="solar-price" value="1 USD"/><parameter name="storage" value="50 kWh"/>
<site id="s" climate="phoenix" grid="pjm" tariff="d"><power><utility id="u" rated="1 MW"/>
<solar id="roof" feed="u" rated="${{solar}}" mount="tracked" clearness="0.75" export="yes"/>
<storage id="b" feed="u" energy="${{storage}}" rated="30 kW" policy="peak" target="20 kW" charge-below="0.1 USD/kWh" discharge-above="0.2 USD/kWh"/></power>
<hall id="h"><row id="r" rack="t" count="6" feed="u"/></hall></site>
<workload><jobs id="j" rate="4 1/h" median="1 h" sigma="0.6" gpu-util="0.9" hourly="1 1 1 1 1 1 2 4 6 6 6 6 6 6 6 6 5 4 3 2 1 1 1 1"><size gpus="8" share="1"/></jobs></workload></scenario>"""
onsite_study = f"""<study {ns} scenario="onsite.xml" seeds="2"><vary name="solar" parameter="solar" from="1 kW" to="60 kW" levels="12"/>
<vary name="storage" parameter="storage" values="5 kWh|10 kWh|20 kWh|40 kWh|80 kWh|120 kWh|160 kWh|200 kWh"/><vary name="policy" path="//storage/@policy" values="self|peak|price"/>
<vary name="target" path="//storage/@target" from="8 kW" to="26 kW" levels="8"/><objective key="{{objective}}"/>
<constraint key="energy.peak_grid_kw" op="at-most" value="17 kW"/></study>"""

# Six variables, one of which says nothing, and a limit that only a corner meets.
corner = f"""<scenario {ns} name="corner" seed="2">{racks}<horizon start="2026-07-01T00:00:00Z" duration="12 h"/><tariff id="flat" energy="0.10 USD/kWh" demand="12 USD/kW"/>
<site id="s" grid="pjm" tariff="flat"><power><utility id="u" rated="1 MW"/><ups id="ups" feed="u" rated="40 kW" count="3"><loss a="0.03" b="0.02" c="0.03"/></ups></power>
<hall id="h"><row id="r" rack="t" count="4" feed="ups"/></hall></site><scheduler policy="easy"/>
<workload><jobs id="j" rate="4 1/h" median="50 min" sigma="0.8" gpu-util="0.9" overestimate="3"><size gpus="8" share="0.6"/><size gpus="24" share="0.4"/></jobs></workload>
<economics capital-rate="0.08"/></scenario>"""
corner_study = f"""<study {ns} scenario="corner.xml"><vary name="racks" path="//row/@count" from="3" to="10" whole="yes"/><vary name="modules" path="//ups/@count" from="2" to="5" whole="yes"/>
<vary name="policy" path="//scheduler/@policy" values="fcfs|sjf|easy|conservative"/><vary name="placement" path="//scheduler/@placement" values="packed|spread|rack"/>
<vary name="loss" path="//ups/loss/@a" values="0.01|0.02|0.03"/><vary name="staff" path="//scheduler/@estimates" values="requested|exact"/>
<objective key="cost.total"/><constraint key="jobs.wait_s.mean" op="at-most" value="22.5 min"/></study>"""

studies = {"hall": (hall, hall_study), "cooling": (cooling, cooling_study), "onsite": (onsite, onsite_study.replace("{objective}", "cost.total")), "corner": (corner, corner_study)}
if quick:
    cut = corner_study.replace('from="2" to="5"', 'from="2" to="3"').replace('values="packed|spread|rack"', 'values="packed|spread"').replace('"0.01|0.02|0.03"', '"0.01|0.03"')
    studies = {"corner": (corner, cut.replace('values="requested|exact"', 'values="requested"'))}
most_share, least_designs = (0.25, 200) if quick else (0.05, 2000)
only = sys.argv[2:] or list(studies)
for name in only:
    scenario, study = studies[name]
    for path, text in ((name + ".xml", scenario), (name + "-study.xml", study)):
        with open(path, "w") as f:
            f.write(text)
    begin = time.time()
    r = subprocess.run([datahall, "plan", name + "-study.xml", "--exhaustive", "-j", "2", "--runs", name, "--csv"], capture_output=True, text=True)
    took = time.time() - begin
    rows = [row for row in csv.DictReader(io.StringIO(r.stdout)) if row["demand"] == "1"]
    found = json.loads(subprocess.run([datahall, "plan", name + "-study.xml", "-j", "2", "--runs", name + "-search", "--json"], capture_output=True, text=True).stdout)
    keys = list(rows[0])
    limits = [k for k in keys if k.endswith(" (limit)")]
    objective = keys[keys.index(limits[0]) - 1]
    bounds = {c["key"] + " (limit)": c["limit"] for c in (found["best"] or found["nearest"])["constraints"]}
    feasible = [row for row in rows if row["state"] in ("feasible", "infeasible") and all(float(row[k]) <= bounds[k] for k in limits)]
    best = min((float(row[objective]) for row in feasible), default=math.nan)
    varied = list((found["best"] or found["nearest"])["values"])
    got = [row for row in rows if found["best"] and all(row[v] == found["best"]["values"][v] for v in varied)]
    ratio = float(got[0][objective]) / best if got else math.nan
    print(f"# {name}: {len(rows)} designs x {found['seeds']} runs simulated in {took:.0f} s, {len(feasible)} feasible; optimum {best:.6g}; found {found['best'] and found['best']['objective']}"
          f" = optimum x {ratio:.5f} with {found['evaluations']} simulations ({100 * found['share']:.2f} % of {len(rows) * found['seeds']}), {found['designs']} designs")
    ok(len(rows) >= least_designs and len(feasible) > 0, f"{name}: {len(rows)} designs, {len(feasible)} of them feasible", r.stderr)
    ok(bool(got) and got[0] in feasible and ratio <= 1.01, f"{name}: feasible, {100 * (ratio - 1):.2f} % above the optimum", found["best"])
    ok(found["share"] <= most_share, f"{name}: {100 * found['share']:.2f} % of the simulations", found["evaluations"])
finish()
