#!/usr/bin/env python3
"""Recomputes energy, heat, water, GPU time, bill and carbon of a result from its series, jobs and scenario text
alone, and compares with /audit and /summary to 1e-9. Shares no code with datahall.
audit_recompute.py BUILD [RESULT.h5...]: without results, every shipped example is run first."""
import datetime, glob, math, os, re, subprocess, sys, tempfile
import xml.etree.ElementTree as ET
import h5py, numpy as np

TOLERANCE = 1e-9
UNIT = {"W": 1, "kW": 1e3, "MW": 1e6, "GW": 1e9, "s": 1, "min": 60, "h": 3600, "d": 86400, "week": 604800, "a": 31536000,
        "USD/kWh": 1 / 3.6e6, "USD/MWh": 1 / 3.6e9, "USD/W": 1, "USD/kW": 1e-3, "USD/MW": 1e-6, "USD/h": 1 / 3600,
        "USD/month": 12 / 31536000, "USD/a": 1 / 31536000, "g/kWh": 1e-3 / 3.6e6, "kg/kWh": 1 / 3.6e6, "m3": 1, "ms": 1e-3}


def quantity(text, otherwise=0.0):
    if text is None:
        return otherwise
    number, _, unit = text.strip().partition(" ")
    return float(number) * (UNIT[unit] if unit else 1)


class Wrong(Exception):
    pass


class Result:
    def __init__(self, path):
        self.f = h5py.File(path)
        text = self.f["provenance/scenario_xml"][()].decode()
        self.xml = ET.fromstring(re.sub(r'\sxmlns="[^"]*"', "", text, count=1))
        self.audit = {k: v[()] for k, v in self.f["audit"].items()}
        self.summary = {k: v[()] for k, v in self.f["summary"].items()}
        self.dt = self.f["facility/interval_s"][()] if "facility" in self.f else None
        self.lines = 0
        kind = self.f["facility/facility_power_w"].attrs["cell_methods"] if "facility" in self.f else b""
        self.means = (kind.decode() if isinstance(kind, bytes) else kind) == "time: mean"

    def integral(self, name):
        """Sum over rows, and over what stands in them, of value times interval; 0 for an absent series."""
        if name not in self.f:
            return 0.0
        values = self.f[name][()]
        return math.fsum(values.reshape(len(self.dt), -1).sum(axis=1) * self.dt)

    def same(self, what, ours, theirs, scale=None, tolerance=TOLERANCE):
        scale = max(abs(ours), abs(theirs)) if scale is None else scale
        self.lines += 1
        if not abs(ours - theirs) <= tolerance * scale:
            raise Wrong(f"{what}: recomputed {ours!r}, in the file {theirs!r}, apart {abs(ours - theirs) / (scale or 1):.2e}")


def energy(r):
    a, s = r.audit, r.summary
    facility, it = r.integral("facility/facility_power_w"), r.integral("facility/it_power_w")
    cooling, loss = r.integral("facility/cooling_power_w"), r.integral("facility/loss_power_w")
    duration = math.fsum(r.dt)
    house = sum(quantity(site.get("house-load")) for site in r.xml.iter("site")) * duration
    for ours, term in (facility, "utility"), (it, "it"), (cooling, "cooling"), (loss, "loss"), (house, "house"):
        r.same(f"energy.{term}_j", ours, a[f"energy.{term}_j"], facility)
    r.same("energy in = energy out", facility, it + cooling + loss + house)
    rows = {k: r.f[f"facility/{k}_power_w"][()] for k in ("facility", "it", "cooling", "loss")}
    worst = np.max(np.abs(rows["facility"] - rows["it"] - rows["cooling"] - rows["loss"] - house / duration))
    r.same("energy in = energy out in every row", worst, 0, np.max(rows["facility"]))
    r.same("facility = sites", facility, r.integral("sites/site_power_w"))
    r.same("energy.facility_kwh", facility / 3.6e6, s["energy.facility_kwh"])
    r.same("energy.it_kwh", it / 3.6e6, s["energy.it_kwh"])
    if "energy.pue" in s and it > 0:
        r.same("energy.pue", facility / it, s["energy.pue"])
    stages = sum(v for k, v in s.items() if k.startswith("energy.loss_kwh.")
                 and not k.endswith((".rack_supply", ".node")))  # those lie behind the racks' feeds
    r.same("losses = sum of the stages'", loss / 3.6e6, stages, facility / 3.6e6)


def heat(r):
    a = r.audit
    if "heat.rejected_j" not in a:
        return "no plant"
    out = r.integral("cooling/cplant_rejected_w") + r.integral("cooling/lplant_rejected_w")
    fans, chillers = r.integral("halls/hall_fan_w"), r.integral("cooling/cplant_chiller_w")
    pumps = sum(r.integral(f"cooling/{k}_pump_w") for k in ("cplant", "lplant", "cdu"))
    # The series hold from step to step and begin with what ran before the first step, which the plant's ledger
    # does not see: the pumps of CDUs at least run from the start.
    step = quantity(r.xml.find("horizon").get("step"), 60.0)
    total = a["heat.it_j"] + a["heat.fan_j"] + a["heat.pump_j"] + a["heat.chiller_j"]
    r.same("heat.rejected_j", out, a["heat.rejected_j"])
    r.same("heat.fan_j", fans, a["heat.fan_j"])
    r.same("heat.chiller_j", chillers, a["heat.chiller_j"], total)
    before = pumps - a["heat.pump_j"]
    most = sum(quantity(c.get("pump")) * float(c.get("count", "1")) for c in r.xml.iter("cdu")) * step
    if not -TOLERANCE * total <= before <= most * (1 + TOLERANCE) + TOLERANCE * total:
        raise Wrong(f"heat.pump_j: recomputed {pumps!r}, in the file {a['heat.pump_j']!r}")
    r.same("heat in = heat out + stored", total, a["heat.rejected_j"] + a["heat.left_j"] + a["heat.stored_j"])
    # All electricity of the racks becomes heat; the ledger ends with the last whole step.
    it = r.integral("facility/it_power_w")
    peak = r.f["facility/it_power_w"][-1]
    if not 0 <= it - a["heat.it_j"] <= 1.5 * step * max(peak, r.summary["energy.peak_it_kw"] * 1e3):
        raise Wrong(f"heat.it_j {a['heat.it_j']!r} does not fit the racks' energy {it!r}")
    parts = fans + chillers + pumps + r.integral("cooling/cplant_fan_w") + r.integral("cooling/lplant_fan_w")
    r.same("cooling power = sum of its parts", parts, r.integral("facility/cooling_power_w"), r.integral("facility/facility_power_w"))


def water(r):
    a = r.audit
    if "water.makeup_kg" not in a:
        return "no plant"
    parts = {k: r.integral(f"cooling/cplant_{k}_kg_per_s") + r.integral(f"cooling/lplant_{k}_kg_per_s")
             for k in ("evaporation", "drift", "blowdown")}
    for k, ours in parts.items():
        r.same(f"water.{k}_kg", ours, a[f"water.{k}_kg"])
    r.same("water.makeup_kg", sum(parts.values()), a["water.makeup_kg"])
    r.same("water.makeup_kg from the facility's series", r.integral("facility/water_kg_per_s"), a["water.makeup_kg"])
    if "energy.water_m3" in r.summary:
        litres_per_kg = r.summary["energy.water_m3"] * 1e3 / a["water.makeup_kg"] if a["water.makeup_kg"] else 1
        if not 0.999 < litres_per_kg < 1.01:
            raise Wrong(f"energy.water_m3 is {litres_per_kg} L for each kg")


def gpu_time(r):
    if "jobs" not in r.f:
        return "no jobs"
    j = {k: v[()] for k, v in r.f["jobs"].items()}
    ns = sum(int(x) for x in j["gpu_ns"])  # Python's integers: exact
    held = r.audit["gpu_hours.held_gpu_s"]
    if ns / 1e9 != held or ns / 1e9 != r.audit["gpu_hours.busy_gpu_s"]:
        raise Wrong(f"GPU time: jobs {ns} ns, audit {held!r} s held, {r.audit['gpu_hours.busy_gpu_s']!r} s busy")
    r.same("gpus.hours_busy", ns / 3.6e12, r.summary["gpus.hours_busy"])
    scheduler = r.xml.find("scheduler")
    if scheduler is not None and scheduler.get("policy") in ("srtf", "srsf"):
        return None  # jobs stop and go on: first start and end do not tell the time held
    end = round(float(r.f.attrs["duration_s"][0]) * 1e9)
    words = r.f["jobs/state"].attrs["flag_meanings"]
    words = (words.decode() if isinstance(words, bytes) else words).split()
    never = np.iinfo(np.int64).min
    for i in range(len(j["job"])):
        if j["service"][i] >= 0:
            continue  # a replica starts and stops as often as its service asks
        if words[j["state"][i]] == "burst" or j["start_ns"][i] == never or not np.isnan(j["burst_s"][i]):
            continue
        last = end if j["end_ns"][i] == never else int(j["end_ns"][i])
        if int(j["gpus"][i]) * (last - int(j["start_ns"][i])) != int(j["gpu_ns"][i]):
            raise Wrong(f"job {j['job'][i]}: {j['gpus'][i]} GPUs from {j['start_ns'][i]} to {last} ns, but {j['gpu_ns'][i]} GPU ns")


def hours_set(text, low, high):
    chosen = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        chosen |= set(range(int(first), int(last or first) + 1 - (high == 24)))
    return chosen


def bill(r):
    """Time of use, demand and fixed charges from the tariff's text and the sites' power; hourly prices from the
    recorded price at each interval's start."""
    if "cost.energy" not in r.summary:
        return "no prices"
    start = datetime.datetime.fromisoformat(r.xml.find("horizon").get("start").replace("Z", "+00:00"))
    seconds = np.rint(r.f["sites/time"][()]).astype(np.int64)
    if np.any(seconds % 60) or np.max(r.dt) > 900 or 900 % int(r.dt[0]) or int(start.timestamp()) % 900:
        return "the record interval does not divide a quarter of an hour"
    unix = seconds + int(start.timestamp())
    charges = {"energy": 0.0, "demand": 0.0, "fixed": 0.0}
    kg = 0.0
    for number, site in enumerate(r.xml.iter("site")):
        energy_j = r.f["sites/site_power_w"][:, number] * r.dt
        carbon = r.f["sites/site_carbon_g_per_kwh"][:, number]
        kg += math.fsum(energy_j / 3.6e6 * carbon / 1e3)
        tariff = next((t for t in r.xml.iter("tariff") if t.get("id") == site.get("tariff")), None)
        if tariff is None:
            continue
        offset = tariff.get("utc-offset")
        if offset is None:
            climate = next((c for c in r.xml.iter("climate") if c.get("id") == site.get("climate")), None)
            offset = climate.get("utc-offset", "0") if climate is not None else "0"
        local = unix + int(float(offset) * 3600)
        hour, weekday = local % 86400 // 3600, (local // 86400 + 3) % 7
        months = local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        price = np.full(len(unix), quantity(tariff.get("energy")))
        group = {}
        demand_of = np.full(len(unix), -1)
        for period in tariff.iter("period"):
            chosen = np.isin(hour, list(hours_set(period.get("hours", "0-24"), 0, 24)))
            chosen &= np.isin(months % 12 + 1, list(hours_set(period.get("months", "1-12"), 1, 12)))
            days = period.get("days", "all")
            chosen &= (weekday < 5) if days == "weekday" else (weekday >= 5) if days == "weekend" else True
            if period.get("energy") is not None:
                price[chosen] = quantity(period.get("energy"))
            if period.get("demand") is not None and quantity(period.get("demand")) > 0:
                name = period.get("name", "")
                group.setdefault(name, (len(group), quantity(period.get("demand"))))
                demand_of[chosen] = group[name][0]
            else:
                demand_of[chosen] = -1  # later rows win
        if tariff.get("csv"):
            price = r.f["sites/site_price_usd_per_kwh"][:, number] / 3.6e6
        recorded = r.f["sites/site_price_usd_per_kwh"][:, number] / 3.6e6
        r.same("price in every row", float(np.max(np.abs(price - recorded))), 0, float(np.max(np.abs(recorded))) or 1)
        charges["energy"] += math.fsum(energy_j * price)
        charges["fixed"] += quantity(tariff.get("fixed")) * math.fsum(r.dt)
        window_s = int(quantity(tariff.get("demand-window"), 900))
        window = local // window_s
        names, first, inverse = np.unique(window, return_index=True, return_inverse=True)
        window_w = np.bincount(inverse, energy_j) / window_s
        window_month = months[first]
        past = {}
        for month in np.unique(window_month):
            peak = np.max(window_w[window_month == month])
            billed = max([peak, quantity(tariff.get("minimum"))]
                         + [float(tariff.get("ratchet", "0")) * p for m, p in past.items() if month - m <= 11])
            charges["demand"] += billed * quantity(tariff.get("demand"))
            past[month] = peak
            for place, usd_per_w in group.values():
                inside = np.bincount(inverse, np.where(demand_of == place, energy_j, 0)) / window_s
                charges["demand"] += usd_per_w * np.max(inside[window_month == month])
    for what, ours in charges.items():
        r.same(f"cost.{what}", ours, float(r.summary[f"cost.{what}"]), max(sum(charges.values()), 1e-9))
    if "carbon.location_kg" in r.summary:
        r.same("carbon.location_kg", kg, float(r.summary["carbon.location_kg"]))


def residuals(r):
    for name in "energy", "heat", "water", "gpu_hours", "bill":
        value = r.summary.get(f"audit.{name}")
        if value is not None:
            r.same(f"audit.{name}", float(value), 0, 1)


def check(path, name):
    r = Result(path)
    # Series that are samples (kind="point") or absent integrate to nothing: the jobs and the residuals remain.
    for book in (residuals, energy, heat, water, gpu_time, bill) if r.means else (residuals, gpu_time):
        before = r.lines
        try:
            reason = book(r)
            extra = f" # SKIP {reason}" if reason else ""
            print(f"ok - {name}: {book.__name__} recomputed from the file, {r.lines - before} figures{extra}", flush=True)
        except Wrong as wrong:
            print(f"not ok - {name}: {book.__name__} recomputed from the file\n# {wrong}", flush=True)


build, given = sys.argv[1], sys.argv[2:]
if given:
    for path in given:
        check(path, os.path.basename(path))
else:
    with tempfile.TemporaryDirectory() as folder:
        for scenario in sorted(glob.glob("scenarios/examples/*.xml")):
            name = os.path.splitext(os.path.basename(scenario))[0]
            out = os.path.join(folder, name + ".h5")
            done = subprocess.run([f"{build}/datahall", "run", scenario, "-o", out], capture_output=True, text=True)
            if done.returncode or not os.path.exists(out):
                print(f"not ok - {name}: runs\n# {done.stderr[-300:]}")
                continue
            check(out, name)
            os.unlink(out)
