#!/usr/bin/python3
"""Solar, storage, turbines and requests of the grid: days worked out by hand, and books that close.

tests/cli/onsite.py BUILD."""
import json, math, os, subprocess, sys, tempfile

build = sys.argv[1] if len(sys.argv) > 1 else "build"
program = os.path.join(build, "datahall")
folder = tempfile.mkdtemp()
failed = False

HEAD = """<scenario xmlns="urn:datahall:scenario:1" name="onsite" seed="1">
  <import href="catalog:racks.xml"/><import href="catalog:climates.xml"/>
  <horizon start="2026-07-01T00:00:00Z" duration="%(days)s d"/>
  <tariff id="t" energy="0.05 USD/kWh" demand="10 USD/kW" export="0.02 USD/kWh" utc-offset="0">
    <period hours="12-18" energy="0.30 USD/kWh"/>
  </tariff>
  <grid id="g" carbon="400 g/kWh"/>
  <site id="s" climate="ashburn" grid="g" tariff="t" house-load="100 kW">
    <power><utility id="grid" rated="5 MW"/>
      <transformer id="tx" feed="grid" rated="1 MW"><loss a="0.001" c="0.01"/></transformer>
      %(sources)s
    </power>
    <hall id="h"><row id="r" rack="dgx-h100-air" count="1" feed="tx"/></hall>
  </site>
  %(work)s
  <record interval="15 min" precision="full"/>
</scenario>"""
# one job from 0:00 to 3:00 on all 32 GPUs
JOB = ("<workload><jobs id=\"j\" arrival=\"regular\" rate=\"4 1/d\" count=\"1\" duration=\"constant\" mean=\"3 h\">"
       "<size gpus=\"32\" share=\"1\"/></jobs></workload>")


def say(ok, name, detail=""):
    global failed
    failed |= not ok
    print(("ok - " if ok else "not ok - ") + name + (" # " + detail if detail and not ok else ""), flush=True)


def run(sources, days=1, work="", trip=None):
    path = os.path.join(folder, "a.xml")
    with open(path, "w") as file:
        file.write(HEAD % {"sources": sources, "days": days, "work": work})
    done = subprocess.run([program, "run", path, "--json", "--progress", "never", "-q", "-o", os.path.join(folder, "a.h5")] +
                          (["--trip", trip] if trip else []), capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        print(done.stderr)
        return {}
    summary = json.loads(done.stdout)
    books(summary)
    return summary


def at(summary, key):
    value = summary
    for part in key.split("."):
        value = value.get(part, {}) if isinstance(value, dict) else {}
    return value if isinstance(value, (int, float)) else math.nan


def near(a, b, relative=1e-9):
    return abs(a - b) <= relative * max(abs(a), abs(b), 1e-9)


worst = 0


def books(s):
    """grid + solar + turbines + discharge = loads and losses + charge; the bill saw the grid's part."""
    global worst
    given = sum(at(s, "energy." + k) for k in ("solar_kwh", "turbine_kwh", "storage_discharge_kwh") if at(s, "energy." + k) == at(s, "energy." + k))
    given += sum(g["energy_kwh"] for g in s.get("generators", []))
    taken = at(s, "energy.storage_charge_kwh")
    grid = at(s, "energy.grid_kwh")
    if grid == grid:
        worst = max(worst, abs(grid + given - (0 if taken != taken else taken) - at(s, "energy.facility_kwh")) / at(s, "energy.facility_kwh"))
    worst = max(worst, *[v for k, v in s["audit"].items() if isinstance(v, (int, float))])


plain = run("")
busy = run("", work=JOB)
idle_kw = at(plain, "energy.mean_facility_kw")
say(near(at(plain, "cost.demand"), 10 * idle_kw), "without sources the demand charge is that of a constant load")
say(at(busy, "cost.demand") > 10 * (idle_kw + 10), "the job raises it")

# A peak shaved: demand is the target to the last digit, also through the losses of a transformer.
for feed in ("grid", "tx"):
    s = run('<storage id="b" feed="%s" energy="400 kWh" rated="100 kW" policy="peak" target="125 kW" first-charge="1"/>' % feed, work=JOB)
    say(near(at(s, "cost.demand"), 1250, 1e-6 if feed == "tx" else 1e-9), "a battery at %s holds demand at its target: 1250 USD" % feed,
        str(at(s, "cost.demand")))
    say(abs(at(s, "energy.peak_grid_kw") - 125) < 0.01 < at(s, "energy.peak_facility_kw") - 125, "the grid's peak is the target, the facility's higher")
    say(at(s, "energy.storage_discharge_kwh") > 10, "and gives what the job takes above it")

# Arbitrage without losses: 4 h x 100 kW bought at 0.05 and given at 0.30: 100 USD a day.
perfect = 'charge-efficiency="1" discharge-efficiency="1" lowest-charge="0" first-charge="0"'
s = run('<storage id="b" feed="grid" energy="400 kWh" rated="100 kW" policy="price" charge-below="0.1 USD/kWh" discharge-above="0.2 USD/kWh" %s/>' % perfect)
# after 18 h it fills again: 400 kWh more at 0.05
say(near(at(plain, "cost.energy") - at(s, "cost.energy"), 400 * 0.25 - 400 * 0.05), "bought at night, given at noon, bought again: 80 USD saved",
    str(at(plain, "cost.energy") - at(s, "cost.energy")))
say(near(at(s, "energy.storage_cycles"), 1.5) and at(s, "energy.storage_loss_kwh") == 0, "one and a half cycles, nothing lost")

# Sun: what is not used is kept, then turned down; with permission it goes to the grid and is paid.
solar = '<solar id="pv" feed="grid" rated="600 kW" clearness="0.8"%s/>'
a, b = run(solar % ""), run(solar % ' export="yes"')
say(at(a, "energy.export_kwh") == 0 and at(a, "energy.solar_curtailed_kwh") > 500, "without permission nothing goes to the grid: panels are turned down")
say(near(at(b, "energy.solar_kwh"), at(a, "energy.solar_kwh") + at(a, "energy.solar_curtailed_kwh")), "with permission all of it is used")
say(near(at(b, "cost.export"), -0.02 * at(b, "energy.export_kwh")) and at(b, "energy.export_kwh") > 500, "and paid at the price of exports")
say(near(at(a, "cost.energy"), at(b, "cost.energy"), 1e-6), "energy taken costs the same in both")
a, c = run(solar % "", 2), run(solar % "" + '<storage id="b" feed="grid" energy="2 MWh" rated="500 kW" first-charge="0.2"/>', 2)
say(at(c, "energy.solar_curtailed_kwh") < at(a, "energy.solar_curtailed_kwh") and at(c, "carbon.cfe_score") > at(a, "carbon.cfe_score"),
    "a battery keeps the sun: less turned down, more carbon-free")
say(near(at(a, "carbon.cfe_score"), at(a, "energy.solar_kwh") / at(a, "energy.facility_kwh")), "without it carbon-free is the sun's share")
small = solar.replace("600", "300") % "" + '<storage id="b" feed="grid" energy="2 MWh" rated="500 kW" first-charge="0.2"%s/>'
worse, better = run(small % "", 3), run(small % ' charge-efficiency="0.99" discharge-efficiency="0.99"', 3)
say(at(better, "energy.grid_kwh") < at(worse, "energy.grid_kwh") - 10, "better efficiency takes less from the grid")

# Turbine: follows the load; fuel by the part-load line, carbon of scope 1, nothing from the grid.
s = run('<turbine id="e" feed="grid" rated="200 kW" efficiency="0.4" part-load="0.08" minimum="0.25" derate="0" fuel="0.03 USD/kWh" upkeep="0.01 USD/kWh"/>')
fuel = 24 * idle_kw / 0.4 * (0.92 + 0.08 * 200 / idle_kw)
say(near(at(s, "energy.turbine_kwh"), 24 * idle_kw) and abs(at(s, "energy.grid_kwh")) < 1e-6, "a turbine carries the site alone")
say(near(at(s, "metrics.cue_kg_per_kwh"), 0.198 * fuel / at(s, "energy.it_kwh"), 1e-6) and at(s, "energy.peak_grid_kw") < 1e-6,
    "CUE has its fuel, the grid no peak", str(at(s, "metrics.cue_kg_per_kwh")))
say(near(at(s, "energy.fuel_kwh"), fuel) and near(at(s, "cost.fuel"), 0.03 * fuel) and near(at(s, "cost.onsite_upkeep"), 0.24 * idle_kw),
    "its fuel and upkeep are those of the part-load line")
say(near(at(s, "carbon.scope1_kg"), 0.198 * fuel) and at(s, "carbon.location_kg") < 1e-6, "its carbon is scope 1, the grid's none")
s = run('<turbine id="e" feed="grid" rated="200 kW" efficiency="0.4" part-load="0" minimum="0.25" derate="0" policy="price" fuel="0.03 USD/kWh" upkeep="0.01 USD/kWh"/>')
say(near(at(s, "energy.turbine_kwh"), 6 * idle_kw), "by price it runs in the six dear hours: 0.085 against 0.30 USD/kWh")

# A request of the grid: the battery's reserve answers, and is paid from the baseline.
signal = '<signal id="dr" hours="16-18" limit="90 kW" baseline="%r kW" payment="1 USD/kWh"/>' % idle_kw
s = run('<storage id="b" feed="grid" energy="400 kWh" rated="100 kW" policy="peak" target="1 MW" reserve="0.7" first-charge="1"/>' + signal)
say(near(at(s, "cost.response"), -2 * (idle_kw - 0.985 * 90)) and at(s, "signals.above_limit_kwh") == 0,
    "a request is met from the reserve, 1.5 % below its limit, and paid", str(at(s, "cost.response")))
say(near(at(s, "signals.hours"), 2) and at(s, "signals.events") == 1, "it held for two hours")
# 112 kW for a quarter hour above 90: a penalty without any means.
request = '<signal id="dr" start="2026-07-01T03:00:00Z" duration="15 min" limit="%s" penalty="2 USD/kWh"/>'
s, lax = run(request % "90 kW"), run(request % "10 MW") # requests are watched in steps, in which fans follow their inlets
say(near(at(s, "cost.response"), 2 * 0.25 * (at(lax, "energy.peak_facility_kw") - 90)), "without means the penalty is due")
# A request for nothing at all: clocks go down as far as they do, 40 steps of 2 %, within the first minute.
s = run('<signal id="dr" start="2026-07-01T01:00:00Z" duration="1 h" limit="0 kW"/>', work=JOB)
say(at(s, "thermal.capped_gpu_h") > 30, "a request for no power at all lowers clocks", str(at(s, "thermal.capped_gpu_h")))
# A job that comes in the notice before a request waits until it is over.
s = run('<signal id="dr" start="2026-07-01T01:00:00Z" duration="2 h" notice="90 min" limit="%r kW"/>' % (idle_kw + 5), work=JOB)
say(near(at(s, "jobs.wait_s.max"), 3 * 3600), "a job within the notice waits for the end of the request", str(at(s, "jobs.wait_s.max")))
s = run('<signal id="dr" start="2026-07-01T01:00:00Z" duration="2 h" limit="%r kW"/>' % (idle_kw + 5), work=JOB)
say(at(s, "jobs.wait_s.max") == 0, "without notice it starts")
# The transformer's utility is away from 15 to 17 h and a generator carries it; another utility is still there. Panels
# behind the transformer would push their power into the generator: they stand still until their own grid is back.
backed = HEAD.replace('<utility id="grid"', '<utility id="other" rated="1 MW"/><generator id="gen" rated="1 MW" tank="5 m3"/><utility id="grid"') \
    .replace('id="tx" feed="grid"', 'id="tx" feed="grid gen" transfer="first"')
plain_head, HEAD = HEAD, backed
away, there = run(solar.replace("grid", "tx") % ' export="yes"', trip="grid@15 h:2 h"), run(solar.replace("grid", "tx") % ' export="yes"')
alone = run("", trip="grid@15 h:2 h")
fuel_m3, alone_m3 = (s["generators"][0]["fuel_m3"] for s in (away, alone))
HEAD = plain_head
say(alone_m3 > 0 and near(fuel_m3, alone_m3), "panels push nothing into a generator", "%g instead of %g m3" % (fuel_m3, alone_m3))
say(at(away, "energy.solar_kwh") < at(there, "energy.solar_kwh") - 500, "they stand still while it carries their stage")
say(worst <= 1e-9, "books of every run close", "%.1e" % worst)
sys.exit(failed)
