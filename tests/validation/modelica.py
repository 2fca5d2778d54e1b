#!/usr/bin/python3
"""Three examples of the Modelica Buildings library beside scenarios of ours: modelica.py BUILD. Prints TAP.

The first is a week of the data center with a water-side economizer (Examples.ChillerPlant,
DataCenterContinuousTimeControl; lbl-srg/modelica-buildings, 500 kW of IT, San Francisco) beside a scenario with its
published parameters, driven by the wet bulb of its trajectory; the others stand below.

Published: 500 kW; air 500e3/(1005 x 15) kg/s at 750 Pa; supply air 27 degC; coil UA = 5 x 1006 x air flow; water
11.9 kg/s; chiller Carrier 19XR 742 kW; tower 39.7 kg/s, 16 degC at a wet bulb of 10 degC, range 6 K, fan 6 kW at full
speed; condenser pump at constant flow; economizer effectiveness 0.8; chilled water pump at most 20 x 6,485 Pa against
the loop's pressure drops; fan and pump efficiency 0.7 x 0.7 (the library's default). Derived: the chilled water that
holds 27 degC at that pressure, which is where the example's reset comes to rest; range = heat over flow; economizer
approach = (1 - 0.8) x (return - tower). Assumed: saturated air (only the wet bulb is recorded, and only that matters
to a tower); no recirculation or bypass; the same pressure for the condenser pump."""
import csv, json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "facility")
SOURCE = os.path.join(data, "dymola_dc_continuous_week.csv")

if not os.path.exists(SOURCE):
    skip("a plant of the Modelica Buildings library", f"no {SOURCE}")
    finish()
    sys.exit(0)
rows = [{k: float(v) for k, v in r.items()} for r in csv.DictReader(open(SOURCE))]
start = rows[0]["t_s"]


def column(name, hour):
    at = start + 3600 * hour
    for a, b in zip(rows, rows[1:]):
        if a["t_s"] <= at <= b["t_s"] and b["t_s"] > a["t_s"]:
            return a[name] + (b[name] - a[name]) * (at - a["t_s"]) / (b["t_s"] - a["t_s"])
    return rows[-1][name]


# The coil as the library has it: four mixed volumes on either side in counterflow, UA with half of the conductance on
# the air side and the water side's as flow^0.85. Water flows as the loop lets it at the highest pump pressure.
air, full = 500e3 / 15 * 1006 / 1005, 2 * 500e3 / (4200 * 20)      # W/K, kg/s
flow = full * math.sqrt(20 * 6485 / (90580 + 20902 + 59720 + 1000 + 20902 + 14930 + 89580))
water = flow * 4186                                                # W/K
conductance = 3 / (2 + (full / flow) ** 0.85)                      # over nominal
heat = 500e3 + air / 1006 / 1.2 * 750 / 0.49                       # with the fan's own
each = air * 5 * conductance / 4                                   # W/K of one of four
hot, cold = [27 + 15.0] * 4, [27.0] * 4
guess = 18.0
for _ in range(4000):                                              # both sides, and the water that gives 27 degC
    for k in range(4):
        a_in, w_in = (hot[k - 1] if k else 42.0), (cold[k + 1] if k < 3 else guess)
        q = each * (a_in - w_in) / (1 + each / air + each / water)
        hot[k], cold[k] = a_in - q / air, w_in + q / water
    guess += 0.3 * (27 - (heat - 500e3) / air - hot[3])
supply = guess
approach = 0.2 * (supply + heat / water - 16)                      # economizer, effectiveness 0.8, tower at design
SCENARIO = f"""<scenario xmlns="urn:datahall:scenario:1" name="modelica-week">
  <import href="catalog:chillers.xml"/>
  <device id="none" idle="0 W" tdp="1 W"/><node id="n" device="none" gpus="1"/>
  <rack-type id="r" node="n" nodes="1" overhead="50 kW" rated="50 kW"/>
  <climate id="sfo" csv="wet.csv" altitude="0 m"/>
  <horizon start="2026-06-01T00:00:00Z" duration="7 d" step="60 s"/>
  <site id="s" climate="sfo">
    <power><utility id="u" rated="2 MW"/></power>
    <cooling><chiller-plant id="p" feed="u" capacity="742 kW" chillers="1" machine="carrier-19xr-742kw-5.42cop-vsd"
      supply="{supply} degC" range="{heat / water} K" economizer-approach="{approach} K" tower-model="york" tower-approach="6 K"
      tower-range="{742e3 * (1 + 1 / 5.42) / (2 * 500e3 / (4200 * 6) * 4186)} K" tower-wet-bulb="10 degC"
      tower-fan="{6e3 / (742e3 * (1 + 1 / 5.42))}" tower-fans="constant" condenser-pump="constant"
      pump-head="{20 * 6485} Pa" pump-efficiency="0.49"/></cooling>
    <hall id="h" plant="p" supply="27 degC" recirculation="0" bypass="0" air-rise="15 K" air-capacity="500 kW"
      coil-approach="{27 - supply} K" fan-pressure="750 Pa" fan-efficiency="0.49">
      <row id="w" rack="r" count="10" feed="u"/></hall>
  </site>
  <record interval="10 min"/>
</scenario>"""

with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "wet.csv"), "w") as f:
        print("time,dry_bulb_degc,relative_humidity", file=f)
        for h in range(169):
            print(f"2026-06-{1 + h // 24:02d}T{h % 24:02d}:00:00Z,{column('wseCon.TWetBul', h) - 273.15:.6f},1", file=f)
    path, result = os.path.join(folder, "week.xml"), os.path.join(folder, "week.h5")
    open(path, "w").write(SCENARIO)
    run = subprocess.run([os.path.join(build, "datahall"), "run", path, "--json", "-o", result], capture_output=True, text=True)
    if run.returncode:
        ok(False, "the scenario runs", run.stderr)
        sys.exit(1)
    summary = json.loads(run.stdout)
    modes = subprocess.run([os.path.join(build, "datahall"), "export", result, "cooling/cplant_mode"], capture_output=True, text=True)
    mode = [float(r["cplant_mode"]) for r in csv.DictReader(modes.stdout.splitlines())]
    parts = summary["energy"]["parts"]

got, want = summary["energy"]["cooling_kwh"] * 3.6e-3, rows[-1]["EHVAC.y"] / 1e9
on = {k: sum(r[k] * (b["t_s"] - r["t_s"]) for r, b in zip(rows, rows[1:])) / 3600 for k in ("wseCon.y1", "chiCon.y")}
wse = 168 * sum(m < 2 for m in mode) / len(mode)
chiller = 168 * sum(m > 0 for m in mode) / len(mode)
tests = []
tests += ((abs(got / want - 1) <= 0.05, f"week: HVAC {got:.3f} GJ, Modelica {want:.3f} ({got / want - 1:+.1%}, 5 % allowed)"),
          (abs(wse / on["wseCon.y1"] - 1) <= 0.05, f"week: economizer {wse:.1f} h, Modelica {on['wseCon.y1']:.1f}"),
          (abs(chiller / on["chiCon.y"] - 1) <= 0.05, f"week: chiller enabled {chiller:.1f} h, Modelica {on['chiCon.y']:.1f}"))
note = {k: round(v * 3.6e-3, 2) for k, v in parts.items()}


def trajectory(name):
    with open(os.path.join(data, name)) as f:
        return [{k: float(v) for k, v in r.items()} for r in csv.DictReader(f)]


def hours_in(rows, name, value):
    return sum(b["t_s"] - a["t_s"] for a, b in zip(rows, rows[1:]) if a[name] == value) / 3600


def simulate(scenario, weather, *series):
    """Hours of weather as (dry bulb degC, relative humidity); the summary, and the columns of the series that are named."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "air.csv"), "w") as f:
            print("time,dry_bulb_degc,relative_humidity", file=f)
            for h, (dry, humid) in enumerate(weather):
                print(f"2026-06-{1 + h // 24:02d}T{h % 24:02d}:00:00Z,{dry:.6f},{humid:.6f}", file=f)
        path, result = os.path.join(folder, "a.xml"), os.path.join(folder, "a.h5")
        open(path, "w").write(scenario)
        run = subprocess.run([os.path.join(build, "datahall"), "run", path, "--json", "-o", result], capture_output=True, text=True)
        if run.returncode:
            sys.exit("Bail out! " + run.stderr)
        columns = []
        for name in series:
            text = subprocess.run([os.path.join(build, "datahall"), "export", result, name], capture_output=True, text=True).stdout
            columns.append([float(r[name.split("/")[1]]) for r in csv.DictReader(text.splitlines())])
        return json.loads(run.stdout), *columns


# ---- a day of the integrated economizer on the load side (Applications.DataCenters.ChillerCooled), 500 kW. Only its mode
# control is compared: the water that its tower makes is given, as dry coolers that come within half a kelvin of air half
# a kelvin colder; the exchanger's approach is what the trajectory shows while economizer and chiller run.
rows = trajectory("dymola_dc_wse_integrated_primary_day.csv")
both = [r for r in rows if r["cooModCon.y"] == 2]
approach = sum(r["chiWSE.TCHWSupWSE"] - r["TCWSup.T"] for r in both) / len(both)


def tower_water(hour):
    at = 3600 * hour
    for a, b in zip(rows, rows[1:]):
        if a["t_s"] <= at <= b["t_s"] and b["t_s"] > a["t_s"]:
            return a["TCWSup.T"] + (b["TCWSup.T"] - a["TCWSup.T"]) * (at - a["t_s"]) / (b["t_s"] - a["t_s"]) - 273.15
    return rows[-1]["TCWSup.T"] - 273.15


summary, = simulate(f"""<scenario xmlns="urn:datahall:scenario:1" name="modelica-day">
  <device id="none" idle="0 W" tdp="1 W"/><node id="n" device="none" gpus="1"/>
  <rack-type id="r" node="n" nodes="1" overhead="50 kW" rated="50 kW"/>
  <climate id="c" csv="air.csv"/><horizon start="2026-06-01T00:00:00Z" duration="1 d" step="60 s"/>
  <site id="s" climate="c"><power><utility id="u" rated="2 MW"/></power>
    <cooling><chiller-plant id="p" feed="u" capacity="550 kW" chillers="2" supply="8 degC" range="16 K" rejection="dry"
      tower-approach="0.5 K" tower-range="2 K" tower-fans="constant" condenser-pump="constant" tower-min="4 degC"
      economizer-approach="{approach} K"/></cooling>
    <hall id="h" plant="p" supply="18 degC" recirculation="0" bypass="0" fan-pressure="10 Pa">
      <row id="w" rack="r" count="10" feed="u"/></hall></site>
</scenario>""", [(tower_water(h) - 0.5, 0.5) for h in range(25)])
for key, value, name in (("thermal.free_cooling_h", 1, "free"), ("thermal.partly_free_h", 2, "with chillers")):
    ours, theirs = summary["thermal"][key.split(".")[1]], hours_in(rows, "cooModCon.y", value)
    tests.append((abs(ours / theirs - 1) <= 0.05, f"day, integrated: economizer {name} {ours:.2f} h, Modelica {theirs:.2f}"))

# ---- 200 hours of a direct-expansion unit with an air-side economizer (Applications.DataCenters.DXCooled): supply air of
# 18 degC, room of 25 degC. Compared: hours on outdoor air alone, on outdoor air that the coil cools, on return air.
rows = trajectory("dymola_dc_dx_airside_econ.csv")


def saturation_pa(degc):
    return 611.2 * math.exp(17.62 * degc / (243.12 + degc))  # Magnus


def outdoors(hour):
    at = rows[0]["t_s"] + 3600 * hour
    for a, b in zip(rows, rows[1:]):
        if a["t_s"] <= at < b["t_s"]:
            break
    dry, dew = (a[k] + (b[k] - a[k]) * (at - a["t_s"]) / (b["t_s"] - a["t_s"]) - 273.15 for k in ("weaBus.TDryBul", "weaBus.TDewPoi"))
    return dry, min(saturation_pa(dew) / saturation_pa(dry), 1)


_, out, heat, fans = simulate("""<scenario xmlns="urn:datahall:scenario:1" name="modelica-air">
  <device id="none" idle="0 W" tdp="1 W"/><node id="n" device="none" gpus="1"/>
  <rack-type id="r" node="n" nodes="1" overhead="50 kW" rated="50 kW"/>
  <climate id="c" csv="air.csv"/><horizon start="2026-06-01T00:00:00Z" duration="200 h" step="60 s"/>
  <site id="s" climate="c"><power><utility id="u" rated="2 MW"/></power>
    <cooling><chiller-plant id="p" feed="u" capacity="900 kW" supply="8 degC"/></cooling>
    <hall id="h" plant="p" supply="18 degC" recirculation="0" bypass="0" air-rise="7 K" air-capacity="500 kW" fan-pressure="10 Pa"
      outdoor-air="yes" outdoor-partial="yes" outdoor-low="18 degC" outdoor-high="18 degC" dew-low="-40 degC" dew-high="25 degC"
      humidity-low="0" humidity-high="1"><row id="w" rack="r" count="10" feed="u"/></hall></site>
  <record interval="10 min"/>
</scenario>""", [outdoors(h) for h in range(201)], "halls/hall_outdoor_w", "halls/hall_heat_w", "halls/hall_fan_w")
share = [o / h for o, h in zip(out, heat)]
step = (len(share) - 1) / (len(rows) - 1)
modes = [1 if s > 0.99 else 2 if s else 3 for s in (share[round(k * step)] for k in range(len(rows)))]  # where theirs is known
agree = sum(m == r["ecoCon.cooMod"] for m, r in zip(modes, rows))
if "-v" in sys.argv:
    for m, r, k in zip(modes, rows, range(len(rows))):
        print("#", k, m, r["ecoCon.cooMod"], f"{r['weaBus.TDryBul'] - 273.15:.1f}")
for name, value in (("alone", 1), ("and coil", 2), ("shut out", 3)):
    ours, theirs = 200 / len(rows) * sum(m == value for m in modes), hours_in(rows, "ecoCon.cooMod", value)
    tests.append((abs(ours - theirs) <= 0.05 * 200, f"200 h on outdoor air: {name} {ours:.1f} h, Modelica {theirs:.1f} (seen every two hours; 10 h allowed)"))
tests.append((agree >= 0.9 * len(rows), f"200 h on outdoor air: the same mode at {agree} of {len(rows)} instants"))
for good, text in tests:
    ok(good, text)
finish()
print("#", note, "GJ")
