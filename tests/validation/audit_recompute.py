#!/usr/bin/env python3
"""Recomputes energy, heat, water, GPU time, bill and carbon of a result from its series, jobs and scenario text
alone, and compares with /audit and /summary to 1e-9. Shares no code with datahall.
audit_recompute.py BUILD [RESULT.h5...]: without results, every shipped scenario is run first, cut to some days.

What makes this exact: <record kind="mean" precision="full">, an interval that divides a quarter of an hour and
begins on one, the same rack-interval, a horizon of whole plant steps. With the default precision the stages' and
the racks' powers are rounded to a watt each, and their sums are compared within that."""
import datetime, glob, math, os, re, subprocess, sys, tempfile
import xml.etree.ElementTree as ET
import h5py, numpy as np

TOLERANCE = 1e-9
UNIT = {"W": 1, "kW": 1e3, "MW": 1e6, "GW": 1e9, "s": 1, "min": 60, "h": 3600, "d": 86400, "week": 604800, "a": 31536000,
        "USD/kWh": 1 / 3.6e6, "USD/MWh": 1 / 3.6e9, "USD/W": 1, "USD/kW": 1e-3, "USD/MW": 1e-6, "USD/h": 1 / 3600,
        "USD/month": 12 / 31536000, "USD/a": 1 / 31536000, "g/kWh": 1e-3 / 3.6e6, "kg/kWh": 1 / 3.6e6, "m3": 1, "ms": 1e-3,
        "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "USD/GB/month": 12e-9 / 31536000, "USD/TB/month": 12e-12 / 31536000}


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
        # The plant's books are those of whole steps; its series hold to the very end. With a horizon that ends within a
        # step the two differ by at most that step.
        step, duration = quantity(self.xml.find("horizon").get("step"), 60.0), float(self.f.attrs["duration_s"][0])
        self.plant_tolerance = TOLERANCE if round(duration * 1e9) % round(step * 1e9) == 0 else 2 * step / duration
        # Something that is meant to stand can be away: by a plan of failures, or because a breaker tripped.
        self.failing = (self.xml.find("failures") is not None and len(self.xml.find("failures")) > 0) or self.happened("breaker_trip")
        self.step = step
        self.means = (kind.decode() if isinstance(kind, bytes) else kind) == "time: mean"

    def happened(self, word):
        if "events/kind" not in self.f:
            return False
        kind = self.f["events/kind"]
        words = kind.attrs["flag_meanings"]
        words = (words.decode() if isinstance(words, bytes) else words).split()
        return word in words and bool(np.any(kind[()] == kind.attrs["flag_values"][words.index(word)]))

    def integral(self, name):
        """Sum over rows, and over what stands in them, of value times interval; 0 for an absent series."""
        if name not in self.f:
            return 0.0
        values = self.f[name][()]
        return math.fsum(values.reshape(len(self.dt), -1).sum(axis=1) * self.dt)

    def lag(self, *names):
        """The plant's series hold what a step gave until the next one, its books what it gave over that step. After a
        failure steps are short and grow: then the two differ by at most one step of whatever the values moved by, from nothing before the first."""
        if not self.failing:
            return 0.0
        moved = sum(float(np.abs(np.diff(self.f[n][()].reshape(len(self.dt), -1), axis=0, prepend=0)).sum()) for n in names if n in self.f)
        return 2 * self.step * moved

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
    own = r.integral("onsite/onsite_power_w") if "onsite" in r.f else 0.0
    if "onsite" in r.f:
        r.same("energy.onsite_j", own, a["energy.onsite_j"], facility)
    rows = {k: r.f[f"facility/{k}_power_w"][()] for k in ("facility", "it", "cooling", "loss", "generator", "stored")}
    generator, stored = r.integral("facility/generator_power_w"), r.integral("facility/stored_power_w")
    left = rows["facility"] - rows["it"] - rows["cooling"] - rows["loss"] - rows["stored"]
    if r.failing:  # without a utility the house is dark: between nothing and all of it, in every row
        r.same("energy in = energy out in every row", float(np.max(np.maximum(left - house / duration, -left))), 0, np.max(rows["facility"]))
        house = math.fsum(left * r.dt)
    for ours, term in (facility - own - generator, "utility"), (it, "it"), (cooling, "cooling"), (loss, "loss"), (house, "house"):
        r.same(f"energy.{term}_j", ours, a[f"energy.{term}_j"], facility)
    r.same("energy in = energy out", facility, it + cooling + loss + house + stored)
    worst = np.max(np.abs(left - house / duration)) if not r.failing else 0.0
    r.same("energy in = energy out in every row", worst, 0, np.max(rows["facility"]))
    r.same("facility = sites + generators + on-site sources", facility, r.integral("sites/site_power_w") + generator + own)
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
    out = r.integral("cooling/cplant_rejected_w") + r.integral("cooling/lplant_rejected_w") + r.integral("halls/hall_outdoor_w")
    fans, chillers = r.integral("halls/hall_fan_w"), r.integral("cooling/cplant_chiller_w")
    pumps = sum(r.integral(f"cooling/{k}_pump_w") for k in ("cplant", "lplant", "cdu"))
    # The series hold from step to step and begin with what ran before the first step, which the plant's ledger
    # does not see: the pumps of CDUs at least run from the start.
    step = quantity(r.xml.find("horizon").get("step"), 60.0)
    total = a["heat.it_j"] + a["heat.other_j"] + a["heat.fan_j"] + a["heat.pump_j"] + a["heat.chiller_j"]
    late = r.lag("cooling/cplant_rejected_w", "cooling/lplant_rejected_w", "cooling/cplant_reuse_w", "cooling/lplant_reuse_w", "halls/hall_outdoor_w", "halls/hall_fan_w",
                 "cooling/cplant_chiller_w", "cooling/cplant_pump_w", "cooling/lplant_pump_w", "cooling/cdu_pump_w") / total if total else 0
    within = r.plant_tolerance + late
    r.same("heat.rejected_j", out, a["heat.rejected_j"], total, within)
    reused = r.integral("cooling/cplant_reuse_w") + r.integral("cooling/lplant_reuse_w")
    r.same("heat.reused_j", reused, a["heat.reused_j"], total, within)
    r.same("heat.fan_j", fans, a["heat.fan_j"], total if r.failing else None, within)
    r.same("heat.chiller_j", chillers, a["heat.chiller_j"], total, within)
    before = pumps - a["heat.pump_j"]
    most = sum(quantity(c.get("pump")) * float(c.get("count", "1")) for c in r.xml.iter("cdu")) * step
    most += late * total
    if not -within * total <= before <= most * (1 + TOLERANCE) + TOLERANCE * total:
        raise Wrong(f"heat.pump_j: recomputed {pumps!r}, in the file {a['heat.pump_j']!r}")
    r.same("heat in = heat out + stored", total, a["heat.rejected_j"] + a["heat.reused_j"] + a["heat.left_j"] + a["heat.stored_j"])
    # All electricity of the racks becomes heat; the ledger ends with the last whole step.
    it = r.integral("facility/it_power_w")
    peak = r.f["facility/it_power_w"][-1]
    if not -TOLERANCE * it <= it - a["heat.it_j"] <= 1.5 * step * max(peak, r.summary["energy.peak_it_kw"] * 1e3):
        raise Wrong(f"heat.it_j {a['heat.it_j']!r} does not fit the racks' energy {it!r}")
    parts = fans + chillers + pumps + r.integral("cooling/cplant_fan_w") + r.integral("cooling/lplant_fan_w")
    r.same("cooling power = sum of its parts", parts, r.integral("facility/cooling_power_w"), r.integral("facility/facility_power_w"))


def water(r):
    a = r.audit
    if "water.makeup_kg" not in a:
        return "no plant"
    parts = {k: r.integral(f"cooling/cplant_{k}_kg_per_s") + r.integral(f"cooling/lplant_{k}_kg_per_s")
             for k in ("evaporation", "drift", "blowdown")}
    parts["evaporation"] += r.integral("halls/hall_evaporation_kg_per_s")
    makeup = a["water.makeup_kg"]
    late = r.lag("facility/water_kg_per_s") / makeup if makeup else 0
    for k, ours in parts.items():
        r.same(f"water.{k}_kg", ours, a[f"water.{k}_kg"], makeup if r.failing else None, r.plant_tolerance + late)
    r.same("water.makeup_kg", sum(parts.values()), makeup, None, r.plant_tolerance + late)
    r.same("water.makeup_kg from the facility's series", r.integral("facility/water_kg_per_s"), makeup, None, r.plant_tolerance + late)
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
    plan = r.xml.find("failures")
    if r.failing and (plan is None or plan.get("jobs", "requeue") == "requeue"):
        return None  # likewise after a failure
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
    kg = exported = 0.0
    for number, site in enumerate(r.xml.iter("site")):
        energy_j = r.f["sites/site_power_w"][:, number] * r.dt
        # A quarter of an hour in which more was given than taken is an export, and no energy charge.
        _, quarter = np.unique(unix // 900, return_inverse=True)
        net_j = np.bincount(quarter, energy_j)
        exported += math.fsum(-net_j[net_j < 0] * quantity(next((t.get("export") for t in r.xml.iter("tariff")
                                                                 if t.get("id") == site.get("tariff")), None)))
        energy_j = np.where(net_j[quarter] < 0, 0, energy_j)
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
    if "cost.export" in r.summary:
        r.same("cost.export", -exported, float(r.summary["cost.export"]), max(sum(charges.values()), 1e-9))
    if "carbon.location_kg" in r.summary:
        r.same("carbon.location_kg", kg, float(r.summary["carbon.location_kg"]))


def rack_gpus(r, row):
    """Accelerators of a rack of this row."""
    kind = next(t for t in r.xml.findall("rack-type") if t.get("id") == row.get("rack"))
    return int(next(n for n in r.xml.findall("node") if n.get("id") == kind.get("node")).get("gpus"))


def in_halls(r, row, fabric):
    """Is it in one of the halls that the fabric joins? All of them where it names none."""
    named = (fabric.get("halls") or "").split()
    return not named or any(hall.get("id") in named and row in list(hall.iter("row")) for hall in r.xml.iter("hall"))


def tree(r):
    """In = out + loss at every stage, in every row: what a stage feeds is found from the scenario's text."""
    if "racks" not in r.f or "power" not in r.f:
        return "no series of racks"
    names = [n.decode() for n in r.f["power/stage"][()]]
    stage_w, loss_w = r.f["power/stage_power_w"][()], r.f["power/stage_loss_w"][()]
    rack_w, rack_time = r.f["racks/rack_power_w"][()], r.f["racks/time"][()]
    racks = [n.decode() for n in r.f["racks/rack"][()]]
    full = rack_w.dtype == np.float64
    lengths = np.diff(np.append(rack_time, float(r.f.attrs["duration_s"][0])))
    rack_j = math.fsum((rack_w.sum(axis=1, dtype=np.float64) * lengths).tolist())
    it = r.integral("facility/it_power_w")
    r.same("energy of the racks", rack_j, it, it if full else it + 0.5 * len(racks) * lengths.sum() / TOLERANCE)
    if len(rack_time) != len(r.dt) or len(set(names)) != len(names):
        return None  # other intervals: only the sums above
    out = np.zeros_like(stage_w)
    def carry(consumer, watts):
        """A consumer's power to its feeds: each live one an equal part, or all to the first (no feed fails here)."""
        at = consumer.get("feed").split()
        if consumer.get("transfer") == "first":
            at = at[:1]
        for feed in at:
            out[:, names.index(feed)] += watts / len(at)
    for site in r.xml.iter("site"):
        halls = list(site.iter("hall"))
        plants = {p.get("id"): p for p in site.iter("chiller-plant")}
        for kind in "transformer", "ups", "pdu":
            for stage in site.iter(kind):
                carry(stage, stage_w[:, names.index(stage.get("id"))])
        for kind in "solar", "turbine", "storage":
            for source in site.iter(kind):
                place = [n.decode() for n in r.f["onsite/source"][()]].index(source.get("id"))
                carry(source, -r.f["onsite/onsite_power_w"][:, place])
        for hall in halls:
            for row in hall.iter("row"):
                mine = [i for i, name in enumerate(racks) if re.fullmatch(re.escape(row.get("id")) + r"-\d+", name)]
                if len(mine) != int(row.get("count", "1")):
                    raise Wrong(f"row {row.get('id')}: {len(mine)} racks in the file")
                carry(row, rack_w[:, mine].sum(axis=1, dtype=np.float64))
                for store in r.xml.findall("storage/*[@row]"):  # its servers stand in one more rack, fed likewise
                    beside = [i for i, name in enumerate(racks) if name == store.get("id") + "-001" and store.get("row") == row.get("id")]
                    carry(row, rack_w[:, beside].sum(axis=1, dtype=np.float64))
        here = {row.get("id"): row for row in site.iter("row")}
        for fabric in r.xml.findall("fabric"):  # its switches stand in racks of their own, fed as it says or as its first row
            named = (fabric.get("rows") or "").split()
            first = named[0] if named else next((row.get("id") for row in r.xml.iter("row")
                                                 if rack_gpus(r, row) > 0 and in_halls(r, row, fabric)), None)
            if first not in here:
                continue
            beside = [i for i, name in enumerate(racks) if re.fullmatch(re.escape(fabric.get("id")) + r"-(leaf|spine|core)-\d+", name)]
            carry(fabric if fabric.get("feed") else here[first], rack_w[:, beside].sum(axis=1, dtype=np.float64))
        loads = [("halls", "hall", ("hall_fan",), [(h.get("id"), h if h.get("feed") else plants.get(h.get("plant"))) for h in halls])]
        for dimension, tag, columns in (("cdu", "cdu", ("cdu_pump",)), ("chiller_plant", "chiller-plant",
                                        ("cplant_chiller", "cplant_pump", "cplant_fan")),
                                        ("liquid_plant", "liquid-plant", ("lplant_fan", "lplant_pump"))):
            loads.append(("cooling", dimension, columns, [(e.get("id"), e) for e in site.iter(tag)]))
        for group, dimension, columns, entries in loads:
            for name, consumer in entries:
                if consumer is None:
                    continue
                place = [n.decode() for n in r.f[f"{group}/{dimension}"][()]].index(name)
                for column in columns:
                    carry(consumer, r.f[f"{group}/{column}_w"][:, place])
        out[:, names.index(site.find("power").find("utility").get("id"))] += quantity(site.get("house-load"))
    # One reading of each rack and stage is rounded to a microwatt inside, to a watt in a rounded file: two microwatts
    # are allowed where a stage carries next to nothing.
    allowed = 0 if full else 0.5 * (len(racks) + len(names))
    apart = np.abs(stage_w - loss_w - out)
    if r.failing:  # which feeds carry is only known where all stages are live, and no battery gives or takes
        live, battery = r.f["power/stage_live"][()], r.f["power/stage_battery_j"][()]
        sets = [names.index(g.get("id")) for g in r.xml.iter("generator")]
        whole = np.all(np.delete(live, sets, axis=1) == 1, axis=1) & np.all(np.isnan(battery) | (battery == np.nanmax(battery, axis=0)), axis=1)
        if "events" in r.f:  # they show the end of an interval: what came and went within one is an event
            at = np.searchsorted(r.f["power/time"][()], r.f["events/time"][()], side="right") - 1
            whole[np.clip(at, 0, len(whole) - 1)] = False
        whole[1:] &= whole[:-1].copy()
        whole[:-1] &= whole[1:].copy()
        if not whole.any():
            return "a stage out or a battery in use all the time"
        apart = apart[whole]
    for t, name in enumerate(names):
        r.same(f"stage {name}: in = out + loss in every row", float(apart[:, t].max()), 0,
               float(np.abs(stage_w[:, t]).max()) + (allowed + 2e-6) / TOLERANCE)  # below zero: a turbine behind it feeds the site
    r.same("losses of the stages", math.fsum((loss_w.sum(axis=1) * r.dt).tolist()), r.integral("facility/loss_power_w"),
           it + allowed * r.dt.sum() / TOLERANCE)


def storage(r):
    """What series say that stores moved, held and cost, by the scenario's text."""
    if "storage" not in r.f:
        return "no stores"
    names = [n.decode() for n in r.f["storage/store"][()]]
    usd, seconds = 0.0, math.fsum(r.dt)
    stores = {s.get("id"): s for s in r.xml.findall("storage/*")}
    for i, name in enumerate(names):
        key = next(k[:-3] for k, v in r.summary.items() if re.fullmatch(r"stores\.\d+\.id", k) and v in (name, name.encode()))
        moved = {}
        for word in "read", "write":
            moved[word] = math.fsum(r.f[f"storage/store_{word}_b_per_s"][:, i] * r.dt)
            r.same(f"{name}: bytes {word}", moved[word] / 1e12, float(r.summary[key + {"read": ".read_tb", "write": ".written_tb"}[word]]))
        usd += float(r.summary.get(key + ".usd", 0))
        spec = stores[name]
        if spec.tag == "file-system" and spec.get("capacity") and spec.get("price"):
            r.same(f"{name}: price of its capacity", quantity(spec.get("capacity")) * quantity(spec.get("price")) * seconds, float(r.summary[key + ".usd"]))
        if spec.get("capacity") and spec.tag != "node-cache" and np.any(r.f["storage/store_stored_b"][:, i] > quantity(spec.get("capacity")) * (1 + 1e-12)):
            raise Wrong(f"{name} holds more than it can")
    if "cost.storage" in r.summary:
        r.same("cost.storage", usd, float(r.summary["cost.storage"]))


def jobs(r):
    """Every job is somewhere, and none runs before it is submitted; mean numbers are Little's law."""
    if "jobs" not in r.f:
        return "no jobs"
    j, s = r.f["jobs"], r.summary
    words = j["state"].attrs["flag_meanings"]
    words = (words.decode() if isinstance(words, bytes) else words).split()
    never, end = np.iinfo(np.int64).min, round(float(r.f.attrs["duration_s"][0]) * 1e9)
    own = (j["service"][()] < 0) & (j["submit_ns"][()] < end)
    states = [words[i] for i in j["state"][()][own]]
    submitted, start, last = (j[k][()] for k in ("submit_ns", "start_ns", "end_ns"))
    if s["jobs.submitted"] != int(own.sum()):
        raise Wrong(f"jobs.submitted {s['jobs.submitted']}, but {int(own.sum())} in the list")
    count = {k: int(s.get(f"jobs.{k}", 0)) for k in ("completed", "failed", "killed", "rejected", "running", "queued")}
    away = int(np.sum(own & (j["state"][()] == words.index("burst")) & (last == never)))  # still in the cloud, or on the way
    if sum(count.values()) + away != int(s["jobs.submitted"]):
        raise Wrong(f"{int(s['jobs.submitted'])} jobs submitted, but {count} and {away} in the cloud")
    began, ended = start != never, last != never
    if np.any((start < submitted)[began]) or np.any(last[began & ended] < start[began & ended]):
        raise Wrong("a job starts before it is submitted or ends before it starts")
    r.lines += 3


def bounds(r):
    """What holds in every row of every result."""
    f = r.f
    rows = {k: f[f"facility/{k}"][()] for k in ("facility_power_w", "it_power_w", "cooling_power_w", "loss_power_w", "pue", "gpus_busy")}
    for k, v in rows.items():
        if np.any(v[~np.isnan(v)] < 0):
            raise Wrong(f"{k} is negative")
    if np.any(rows["pue"] < 1):
        raise Wrong(f"PUE {np.nanmin(rows['pue'])}")
    gpus = int(r.summary["gpus.installed"]) if "gpus.installed" in r.summary else None
    if gpus is not None and np.any(rows["gpus_busy"] > gpus):
        raise Wrong("more GPUs busy than installed")
    for name in "site_cap_frac",:
        v = f[f"sites/{name}"][()]
        if np.any((v < 0) | (v > 1)):
            raise Wrong(f"{name} outside 0 to 1")
    site = f["sites/site_dry_bulb_degc"][()] - f["sites/site_wet_bulb_degc"][()]
    if np.any(site[~np.isnan(site)] < -1e-9):
        raise Wrong("wet bulb above dry bulb")
    if "cooling/cplant_free_frac" in f:
        v = f["cooling/cplant_free_frac"][()]
        if np.any((v < 0) | (v > 1)):
            raise Wrong("cplant_free_frac outside 0 to 1")
        for k in "heat", "chiller", "pump", "fan", "rejected":
            if np.any(f[f"cooling/cplant_{k}_w"][()] < -1e-6):
                raise Wrong(f"cplant_{k}_w is negative")
    if "cooling/lplant_supply_degc" in f:
        apart = f["cooling/lplant_return_degc"][()] - f["cooling/lplant_supply_degc"][()]
        if np.any(apart < -0.011):
            raise Wrong(f"facility water returns {apart.min()} K colder than supplied")
    clock = f["racks/rack_clock_frac"][()] if "racks/rack_clock_frac" in f else np.ones(1)
    if np.any((clock < 0) | (clock > 1) | ((clock == 0) & (not r.failing))):  # 0: dark, or switched off by heat
        raise Wrong("a rack's clock is outside 0 to 1")
    if "halls/hall_return_degc" in f:
        # while a hall cools down, supply air that passes the racks by is colder than what they still stand in
        zone = f["halls/zone_temp_degc"][()].reshape(len(f["halls/time"]), -1)
        cools = np.diff(zone, axis=0, prepend=zone[:1]) < -0.5
        if np.any((f["halls/hall_return_degc"][()].reshape(zone.shape) < zone - 0.5) & ~cools):
            raise Wrong("hall air returns colder than it is at the inlets")
    r.lines += 10


def residuals(r):
    for name in "energy", "heat", "water", "gpu_hours", "bytes", "bill":
        value = r.summary.get(f"audit.{name}")
        if value is not None:
            r.same(f"audit.{name}", float(value), 0, 1)


def check(path, name):
    r = Result(path)
    # Series that are samples (kind="point") or absent integrate to nothing: the jobs and the residuals remain.
    for book in BOOKS if r.means else (residuals, gpu_time, jobs):
        before = r.lines
        try:
            reason = book(r)
            figures = f"{r.lines - before} figures"
            print(f"ok - {name}: {book.__name__} recomputed from the file, {reason or figures}", flush=True)
        except Wrong as wrong:
            print(f"not ok - {name}: {book.__name__} recomputed from the file\n# {wrong}", flush=True)


BOOKS = residuals, energy, tree, heat, water, gpu_time, storage, jobs, bill, bounds
RECORD = '<record kind="mean" precision="full" interval="{0}" rack-interval="{0}"/>'
LOG = "id,submit_s,duration_s,gpus,requested_s\n" + "".join(
    f"{i},{97 * i % 3000},{60 + 7919 * i % 1500},{1 + 5 * i % 8},{120 + 7919 * i % 1500}\n" for i in range(40))
LONG = {"ashburn-24mw": "3 d", "gb200-pod": "10 d", "flat-pool": "2 h", "packed-nodes": "2 h", "preemptive-nodes": "2 h", "frontier": "2 h",
        "solar-battery": "10 d"}
# Beside each shipped scenario as it is: burst, power limit, throttling, months of bills, a horizon in summer.
VARIANTS = {
    "ashburn-24mw": [["-p", "burst=1 min", "-p", "connection=18 MW"]],
    "hot-weather": [["-p", "warmer=8 K"], ["--set=//burst/@pricing=spot", "--set=//burst/@threshold=1 min"]],
    "solar-battery": [["--set=//horizon/@start=2026-07-01T00:00:00Z"]],
    "small-hall": [["--set=//site/@tariff=virginia-tou", "--set=//horizon/@duration=70 d", "--set=//horizon/@start=2026-05-20T00:00:00Z"],
                   ["--set=//site/@house-load=12.5 kW", "--set=//site/@climate=phoenix"]],
}


def shipped(folder):
    """Each shipped scenario with its options, and what it is called."""
    log = os.path.join(folder, "log.csv")
    with open(log, "w") as f:
        f.write(LOG)
    for source in sorted(glob.glob("scenarios/examples/*.xml") + glob.glob("scenarios/validation/*.xml")):
        name = os.path.splitext(os.path.basename(source))[0]
        with open(source) as f:
            text = f.read()
        text = re.sub(r"<record[^>]*/>", "", text)
        text = text.replace("</scenario>", RECORD.format("1 min") + "</scenario>")
        path = os.path.join(folder, name + ".xml")
        with open(path, "w") as f:
            f.write(text)
        options = ["--until=" + LONG[name]] if name in LONG else []
        if "<workload/>" in text:
            options += ["--jobs=" + log]
            if name == "frontier":
                options += ["-p", "policy=easy"]
        yield name, path, options
        for variant in VARIANTS.get(name, []):
            yield f"{name} {' '.join(variant)}", path, options + variant


def main():
    build, given = sys.argv[1], sys.argv[2:]
    for path in given:
        check(path, os.path.basename(path))
    if given:
        return
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "result.h5")
        for name, path, options in shipped(folder):
            done = subprocess.run([f"{build}/datahall", "run", path, "-q", "-o", out, *options], capture_output=True, text=True)
            if done.returncode or not os.path.exists(out):
                print(f"not ok - {name}: runs\n# {done.stderr[-300:]}")
                continue
            check(out, name)
            os.unlink(out)


if __name__ == "__main__":
    main()
