#!/usr/bin/python3
"""Trips against hand calculation: trips.py BUILD. Prints TAP.

A UPS, a chiller, a CDU pump and a utility feed at 2N and N+1: battery minutes, generator start, the coolant of an NVL72
without flow; and nothing else trips. All figures that are expected follow from the scenario written here."""
import csv, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def near(a, b, tolerance):
    return a is not None and abs(a - b) <= tolerance * abs(b)


# All GPUs busy for the whole run: constant power, so that minutes can be reckoned by hand.
open("all.csv", "w").write("id,submit_s,duration_s,gpus\nall,0,1000000,576\n")
LIQUID = 0.87
BATTERY = '<ups-battery energy="50 kWh" usable="0.85" inverter="0.96"/>'
HEAD = """<scenario xmlns="urn:datahall:scenario:1" name="trips">
  <import href="catalog:racks.xml"/><import href="catalog:power.xml"/><import href="catalog:plants.xml"/>
  <import href="catalog:climates.xml"/>
  <horizon start="2026-07-01T00:00:00Z" duration="4 h" step="10 s"/>
  <site id="s" climate="stockholm"><power>%s</power>%s
    <hall id="pod"%s><row id="n" rack="gb200-nvl72" count="8" feed="%s"%s/></hall></site>
  <workload/><scheduler policy="fcfs" limit="allow"/>
  <record interval="1 s" rack-interval="1 s" kind="point"/>
</scenario>"""
TWO_N = "".join(f"""<utility id="grid-{x}" rated="3 MW"/><generator id="gen-{x}" rated="2.5 MW" signal="2 s" start="10 s"/>
  <transformer id="tx-{x}" base="transformer-mv-lv" feed="grid-{x} gen-{x}" transfer="first" return="5 min"/>
  <ups id="ups-{x}" base="ups-double-conversion-best" feed="tx-{x}" rated="600 kW" count="4" redundant="1">{BATTERY}</ups>
  <pdu id="bus-{x}" base="pdu-busway" feed="ups-{x}" rated="500 kW" count="4"/>""" for x in "ab")
N_PLUS_1 = f"""<utility id="grid" rated="3 MW"/><transformer id="tx" base="transformer-mv-lv" feed="grid"/>
  <ups id="ups" base="ups-double-conversion-best" feed="tx" rated="600 kW" count="4" redundant="1">{BATTERY}</ups>
  <pdu id="bus" base="pdu-busway" feed="ups" rated="500 kW" count="4"/>"""
COOLING = """<cooling><chiller-plant id="chilled" base="chiller-tower-economizer" feed="tx" capacity="450 kW" chillers="3" economizer="no"/>
  <liquid-plant id="warm" base="warm-water-dry" feed="tx" capacity="1.3 MW"/>
  <cdu id="cdu" base="cdu-1350kw" plant="warm" feed="bus" count="2" volume="0.24 m3"/></cooling>"""
open("2n.xml", "w").write(HEAD % (TWO_N, "", "", "bus-a bus-b", ""))
open("n1.xml", "w").write(HEAD % (N_PLUS_1, "", "", "bus", ""))
open("cool.xml", "w").write(HEAD % (N_PLUS_1.replace("<ups-battery", "<ups-battery"), COOLING, ' plant="chilled"', "bus", ' cdu="cdu"'))


def run(scenario, *trips, keep=None):
    args = ["run", scenario, "--jobs", "all.csv", "--json", "-q"] + (["-o", keep] if keep else ["--no-output"])
    for t in trips:
        args += ["--trip", t]
    out = subprocess.run([datahall, *args], capture_output=True, text=True)
    if out.returncode:
        print("#", out.stderr.replace("\n", "\n# "))
        return {}
    return json.loads(out.stdout)


def series(result, name, of):
    """time -> value of one row of a series."""
    out = subprocess.run([datahall, "export", result, name], capture_output=True, text=True)
    column = name.rsplit("/", 1)[1]
    return {float(r["time_s"]): float(r[column] or "nan") for r in csv.DictReader(out.stdout.splitlines()) if of in r.values()}


def blast(scenario, *trips, keep=None):
    return run(scenario, *trips, keep=keep).get("blast", [{}])[0]


def unharmed(b):
    return b.get("lost_gpu_h") == 0 and b["racks_dark"] == b["racks_throttled"] == b["racks_shut_down"] == b["jobs_killed"] == 0


# ---- 2N
b = blast("2n.xml", "ups-a@1 h:30 min")
ok(unharmed(b) and b["lost_power"] == "ups-a, bus-a" and b["overloaded"] == "nothing" and b["over_s"] == 1800,
   "2N, a whole UPS: the other side carries the racks, nothing is overloaded or lost", b)
b = blast("2n.xml", "grid-a@1 h:30 min")
ok(unharmed(b) and b["overloaded"] == "nothing" and b.get("battery_begin_s", 0) == 0 and "battery_empty_s" not in b and "dark_s" not in b,
   "2N, a utility feed: nothing is lost", b)
b = blast("2n.xml", "grid-a@1 h:30 min", "grid-b@1 h:30 min")
s = run("2n.xml", "grid-a@1 h:30 min", "grid-b@1 h:30 min")
last = s.get("blast", [{}])[-1]
ok(unharmed(last) and last.get("generator_s") == 12 and last.get("battery_end_s") == 12 and "battery_empty_s" not in last,
   "2N, both utilities: generators on the bus after 2 s + 10 s, until then on batteries, no rack dark", last)
ok(len(s["blast"]) == 1 and last["trip"] == "grid-a, grid-b" and last["units"] == 2, "what trips at one instant is one what-if", s["blast"])
told = [(x["after_s"], x["what"]) for x in last["steps"]]
ok(told == sorted(told, key=lambda x: x[0]) and [w.split(":")[0] for t, w in told if t <= 12] ==
   ["without power", "on battery", "generators on the bus", "with power again", "fed again, off battery"] and
   any(t == 1800 and "grid-a, grid-b" in w for t, w in told), "its steps are told in the order of their causes", told)
# 2 x 4 batteries of 50 kWh; each side carried half of the racks. Recharging takes 12 s of the load at 10 % of 2.4 MW a side.
side_w = last["most_loaded_share"] and 4 * 50e3 * 3600 * .85 / last["battery_lasts_s"]
ok(4e5 < side_w < 6e5, f"their batteries would have lasted {last['battery_lasts_s'] / 60:.1f} min at {side_w / 1e3:.0f} kW a side", last)
# The feeds are taken 5 min after their return, and the generators cool down for 5 min more.
ok(last["over_s"] == 1800 + 300 + 300, "all is as before when the generators rest again", last)
ok(s.get("audit", {}).get("energy", 1) <= 1e-9 and s["audit"]["gpu_hours"] == 0, "its books close", s.get("audit"))

# ---- N+1
b = blast("n1.xml", "ups:1@1 h:30 min")
ok(unharmed(b) and b["lost_power"] == "nothing" and b["overloaded"] == "nothing", "N+1, one UPS module: nothing", b)
b = blast("n1.xml", "ups@1 h:30 min")
ok(b.get("racks_dark") == 8 and b["dark_s"] == 0 and b["jobs_killed"] == 1 and near(b["down_gpu_h"], 576 / 2, 1e-9),
   "N+1, the whole UPS: all racks dark at once, half an hour of 576 GPUs", b)
b = blast("n1.xml", "grid@1 h:30 min", keep="n.h5")
bus_w = series("n.h5", "/power/stage_power_w", "bus").get(3590, 0)
minutes = 4 * 50e3 * 3600 * .85 * .96 / bus_w / 60 if bus_w else 0
ok(bus_w > 8e5 and near(b.get("battery_empty_s", 0) / 60, minutes, 2e-3) and b["dark_s"] == b["battery_empty_s"],
   f"N+1, the utility, no generator: four batteries of 50 kWh carry {bus_w / 1e3:.1f} kW for {minutes:.2f} min, then it is dark", b)
ok(b.get("jobs_killed") == 1 and near(b["down_gpu_h"], 576 * (1800 - b["battery_empty_s"]) / 3600, 1e-9) and
   near(b["lost_work_gpu_h"], 576 * (3600 + b["battery_empty_s"]) / 3600, 1e-9),
   "the job loses all since its start; GPUs are down until the feed is back", b)

# ---- cooling
b = blast("cool.xml", "chilled/chiller:1@1 h:30 min")
ok(unharmed(b) and b["lost_cooling_power"] == "nothing", "one of three chillers at N+1: nothing", b)
b = blast("cool.xml", "cdu/pump@1 h:5 min", keep="c.h5")
coolant = series("c.h5", "/racks/rack_coolant_degc", "n-001")
before = coolant.get(3599, 0)
warm = next((t - 3600 for t in sorted(coolant) if t >= 3600 and coolant[t] >= before + 10), None)
# 60 L for each rack, of water (4.15 MJ/m3 K): C dT = integral of the liquid share (115 of 132 kW) of the rack's power, which falls
# as clocks do. A sample is the state at the end of the plant's last step.
power = series("c.h5", "/racks/rack_power_w", "n-001")
heat, reckoned = 0, None
for t in range(3600, 3700):
    heat += power.get(t, 0) * LIQUID
    if reckoned is None and heat >= 10 * .06 * 4.15e6:
        reckoned = t + 1 - 3600
full = 10 * .06 * 4.15e6 / (power.get(3590, 1) * LIQUID)
ok(warm is not None and abs(warm - reckoned) <= 3 and 18 <= full <= 28,
   f"NVL72 without flow: coolant +10 K after {warm} s; by hand {reckoned} s with the power it drew, {full:.1f} s at full power", (before, warm, reckoned))
# Die and cold plate, 325 J/K, take a GPU's kilowatt or so alone: some 3 K a second, from the junction before to 88 and 93 degC.
ok(4 <= b.get("throttle_s", 99) <= 14 and b["shutdown_s"] - b["throttle_s"] <= 8, "cold plates without flow are too hot in seconds", b)
ok(b.get("throttle_s") is not None and b["lost_power"] == "nothing" and b["throttle_s"] <= b.get("shutdown_s", 1e9) and b["jobs_killed"] >= 1,
   f"then the GPUs throttle ({b.get('throttle_s')} s) and are switched off ({b.get('shutdown_s')} s)", b)
none = run("cool.xml")
ok(none.get("blast") is None and "failures" not in none, "without a trip nothing trips", none.get("failures"))
finish()
