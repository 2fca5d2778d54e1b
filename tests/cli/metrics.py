#!/usr/bin/env python3
"""Ratios against values known by hand: a chain of constant efficiencies, idle racks, no cooling; and the bounds and
identities that hold for any site. metrics.py BUILD"""
import csv, io, json, os, subprocess, sys, tempfile

build = sys.argv[1]
folder = tempfile.TemporaryDirectory()

# Two idle nodes: 100 W of GPUs, 300 W of other parts, fans 800 W x 0.5^3 = 100 W: 500 W each; switches of 200 W.
# Supplies of 0.8: 1500 W at the rack's feed.
CHAIN = """<scenario xmlns="urn:datahall:scenario:1" name="chain" seed="1"><horizon start="2026-01-01T00:00:00Z" duration="10 h"/>
<device id="d" idle="100 W" tdp="200 W" embodied="10 kg"/><node id="n" device="d" gpus="1" other="300 W" fan-max="800 W" fan-min="0.5" embodied="40 kg"/>
<rack-type id="rack" node="n" nodes="2" overhead="200 W" rated="2 kW"><loss efficiency="0.8"/></rack-type>
<grid id="g" carbon="500 g/kWh" water="2 L/kWh"/>
<site id="s" grid="g"><power><utility id="grid" rated="100 kW"/><transformer id="tx" feed="grid" rated="100 kW"><loss efficiency="0.9"/></transformer>
<ups id="ups" feed="tx" rated="50 kW"><loss efficiency="0.8"/></ups><pdu id="bus" feed="ups" rated="50 kW"><loss efficiency="0.5"/></pdu>
<pdu id="tap" feed="bus" rated="50 kW"><loss efficiency="0.5"/></pdu></power>
<hall id="h"><row id="a" rack="rack" count="3" feed="tap"/><row id="b" rack="rack" feed="bus"/></hall></site><workload/>
<economics building-embodied="0.5 t/kW" it-life="1 a" building-life="10 a"/></scenario>"""


def summary(text, *options):
    path = os.path.join(folder.name, "a.xml")
    with open(path, "w") as f:
        f.write(text)
    done = subprocess.run([f"{build}/datahall", "run", path, "--json", *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shipped(name, *options):
    done = subprocess.run([f"{build}/datahall", "run", f"scenarios/examples/{name}.xml", "--json", *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def close(is_, must, what, tolerance=1e-9):
    assert abs(is_ - must) <= tolerance * abs(must), f"{what} is {is_}, not {must}"


def by_hand():
    m = summary(CHAIN)
    it, tap = 4 * 1500, 3 * 1500 / 0.5
    bus_out = tap + 1500
    ups_out = bus_out / 0.5
    facility = ups_out / 0.8 / 0.9
    r = m["metrics"]
    close(r["pue3"], facility / it, "PUE3")
    close(r["pue2"], facility / bus_out, "PUE2: the tap is below the bus and counted once")
    close(r["pue1"], facility / ups_out, "PUE1")
    compute = 4 * (2 * 400 + 200)
    close(r["itue"], it / compute, "ITUE")
    close(r["tue"], facility / compute, "TUE")
    close(r["cue_kg_per_kwh"], 0.5 * facility / it, "CUE")
    for key in "mlc", "wue_site_l_per_kwh", "wue_source_l_per_kwh", "work_gpu_h_per_kwh":
        assert key not in r, f"{key} of a site that has no such thing"
    close(m["carbon"]["embodied_parts"]["it_kg"], 8 * 50 * 10 / 8760, "embodied carbon of IT")
    close(m["carbon"]["embodied_parts"]["building_kg"], 500 * 8 * 10 / 87600, "embodied carbon of the building")
    close(m["carbon"]["embodied_kg"], 8 * 50 * 10 / 8760 + 500 * 8 * 10 / 87600, "embodied carbon")


def absent():
    r = summary(CHAIN.replace('feed="bus"/></hall>', 'feed="ups"/></hall>'))["metrics"]
    assert "pue2" not in r and "pue1" in r, "a rack without a PDU"
    r = summary(CHAIN.replace('<row id="b" rack="rack" feed="bus"/>', '<row id="b" rack="rack" feed="tx"/>'))["metrics"]
    assert "pue1" not in r and "pue2" not in r and "pue3" in r, "a rack without a UPS"
    lossless = CHAIN.replace("<loss efficiency=\"0.5\"/>", "").replace("<loss efficiency=\"0.9\"/>", "")
    lossless = lossless.replace("<ups id=\"ups\" feed=\"tx\" rated=\"50 kW\"><loss efficiency=\"0.8\"/></ups>", "<ups id=\"ups\" feed=\"tx\" rated=\"50 kW\"/>")
    r = summary(lossless)["metrics"]
    assert r["pue1"] == r["pue2"] == r["pue3"] == 1, f"lossless chain: {r}"


def identities():
    for name in "small-hall", "gb200-pod":
        m = shipped(name, "--until=6 h", "--set=//chiller-plant/@refrigerant=100 kg") if name == "small-hall" else shipped(name, "--until=6 h")
        r, e = m["metrics"], m["energy"]
        assert r["pue3"] == e["pue"] and r["wue_site_l_per_kwh"] == e["wue_l_per_kwh"]
        assert 1 <= r["pue1"] <= r["pue2"] <= r["pue3"] <= r["tue"], f"{name}: {r}"
        close(r["tue"], r["itue"] * r["pue3"], "TUE", 1e-12)
        close(r["wue_consumption_l_per_kwh"], r["wue_site_l_per_kwh"] - 1000 * m["water"]["blowdown_m3"] / e["it_kwh"], "WUE by consumption", 1e-9)
        if name == "small-hall":
            close(r["wue_source_l_per_kwh"], r["wue_site_l_per_kwh"] + 1.8 * e["facility_kwh"] / e["it_kwh"], "WUE with source water")
        close(r["mlc"], e["cooling_kwh"] / e["it_kwh"], "MLC", 1e-12)
        if name == "small-hall":
            close(m["carbon"]["scope1_kg"], 100 * 0.02 * 1300 * 6 / 8760, "refrigerant")
    r = shipped("small-hall", "--until=6 h", "--set=//climate[@id='ashburn']/@zone=1A")["metrics"]
    assert r["mlc_limit"] == 0.26, r


def branch(m, name):
    return [b for b in m["branches"] if b["name"] == name][0]


def what_is_left():
    """A rack of 1500 W behind halves: 1500 W out of the bus, 3000 W out of the supplies, 3750 W of the transformer."""
    text = CHAIN.replace('<row id="a" rack="rack" count="3" feed="tap"/>', "").replace('<ups id="ups" feed="tx" rated="50 kW">', '<ups id="ups" feed="tx" rated="3100 W">')
    text = text.replace('<pdu id="bus" feed="ups" rated="50 kW">', '<pdu id="bus" feed="ups" rated="1600 W">')
    m = summary(text)
    bus, ups, tx = branch(m, "bus"), branch(m, "ups"), branch(m, "tx")
    for b, peak in (bus, 1.5), (ups, 3.0), (tx, 3.75):
        for key in "peak_kw", "p99_kw", "mean_kw":
            close(b[key], peak, f"{b['name']} {key}")
    assert (bus["hours_within_10pct"], bus["hours_within_5pct"], bus["hours_above"]) == (10, 0, 0), bus  # 93.75 %
    assert (ups["hours_within_10pct"], ups["hours_within_5pct"], ups["hours_above"]) == (10, 10, 0), ups  # 96.8 %
    close(bus["headroom_kw"], 0.1, "own headroom")
    close(bus["usable_kw"], 0.05, "a watt behind the bus is two before it, and the supplies have 100 W")
    assert bus["stranded_by"] == "power: ups", bus
    close(tx["headroom_kw"], 96.25, "transformer")
    close(tx["usable_kw"], (100 - 3.75 / 0.9) * 0.9, "what the utility leaves")
    # One rack stands, and one more would fit: 2 kW each, of which 1.5 are drawn.
    m = summary(text.replace('rated="1600 W"', 'rated="50 kW"').replace('rated="3100 W"', 'rated="50 kW"').replace('<hall id="h">', '<hall id="h" positions="2">'))
    assert branch(m, "bus")["stranded_by"] == "space: h", branch(m, "bus")
    close(branch(m, "bus")["usable_kw"], 2.5, "a free position and what the rack may still draw")
    m = summary(text.replace("<workload/>", "<workload/><scheduler power-cap=\"5 kW\"/>"))
    close(branch(m, "grid")["usable_kw"], 5 - 3.75 / 0.9, "what the power limit leaves")
    assert branch(m, "grid")["stranded_by"] == "power limit: s"


def hours_near():
    """GPUs at work for 3 of 10 hours: two of 100 W more, 250 W more behind supplies of 0.8."""
    log = os.path.join(folder.name, "log.csv")
    with open(log, "w") as f:
        f.write("id,submit_s,duration_s,gpus,gpu_util,cpu_util\na,3600,10800,2,1,0\n")
    text = CHAIN.replace('<row id="a" rack="rack" count="3" feed="tap"/>', "").replace('<pdu id="bus" feed="ups" rated="50 kW">', '<pdu id="bus" feed="ups" rated="1800 W">')
    bus = branch(summary(text, f"--jobs={log}"), "bus")
    close(bus["peak_kw"], 1.75, "peak")  # 97.2 %, before it 83.3 %
    close(bus["mean_kw"], 1.5 + 0.25 * 0.3, "mean")
    assert (bus["hours_within_10pct"], bus["hours_within_5pct"]) == (3, 3), bus
    close(bus["p99_kw"], 1.75, "p99")
    text = text.replace('duration="10 h"', 'duration="1000 h"')
    close(branch(summary(text, f"--jobs={log}"), "bus")["p99_kw"], 1.512, "3 of 1000 hours are beyond 99 %: 1500 W, to the next per cent of 1800 W")


def cooling_strands_power():
    m = shipped("small-hall", "--until=1 d", "--set=//chiller-plant/@capacity=280 kW", "--set=//hall/@air-capacity=500 kW", "--set=//utility/@rated=2 MW", "--set=//transformer/@rated=2 MW")
    ups, plant = branch(m, "ups"), branch(m, "chilled")
    assert ups["stranded_by"] == "cooling: chilled", ups
    close(ups["usable_kw"], 280 - plant["peak_kw"], "all of the racks' heat goes to air")
    assert plant["stranded_kw"] == 0 or plant["stranded_by"].startswith("power"), plant
    for b in m["branches"]:
        assert 0 <= b["usable_kw"] <= b["headroom_kw"] and abs(b["usable_kw"] + b["stranded_kw"] - b["headroom_kw"]) < 1e-9, b
        assert b["mean_kw"] <= b["p99_kw"] <= b["peak_kw"] * (1 + 1e-12) and b["hours_above"] <= b["hours_within_5pct"] <= b["hours_within_10pct"] <= 24, b


def permits():
    m = shipped("small-hall", "--until=6 h", "--set=//site/@permit-water=1 m3", "--set=//site/@permit-power=250 kW")
    p = m["permits"][0]
    close(p["water"]["used_m3"], m["energy"]["water_m3"], "water of the only site")
    close(p["water"]["expected"], m["energy"]["water_m3"] * 4 * 365, "water of a year")
    close(p["power"]["used_kw"], m["energy"]["peak_facility_kw"], "power of the only site")
    kinds = [v["kind"] for v in m["violations"]]
    assert kinds == ["water permit of s", "power permit of s"], kinds
    done = subprocess.run([f"{build}/datahall", "run", "scenarios/examples/small-hall.xml", "--until=6 h", "-q", "--no-series", "-o", folder.name + "/p.h5",
                           "--set=//site/@permit-water=1000 m3", "--fail-if=permits.0.water.expected > 90 %"], capture_output=True, text=True)
    assert done.returncode == 1 and "permits.0.water.expected" in done.stderr, done.stderr
    assert "permits" not in shipped("small-hall", "--until=1 h")


def generators():
    """Three hours without the grid, twelve seconds of them on the battery: two sets, fuel in proportion to load."""
    text = CHAIN.replace('<utility id="grid" rated="100 kW"/>', '<utility id="grid" rated="100 kW"/><generator id="gen" rated="100 kW" count="2" efficiency="0.4" idle-fuel="0" cool-down="0 s"/>')
    text = text.replace('<transformer id="tx" feed="grid" rated="100 kW"><loss efficiency="0.9"/></transformer>', "")
    text = text.replace('<ups id="ups" feed="tx" rated="50 kW">', '<ups id="ups" feed="grid gen" transfer="first" rated="50 kW"><ups-battery energy="50 kWh" recharge="0"/>')
    text = text.replace('<site id="s"', '<site id="s" permit-generators="5 h"').replace("<economics", '<failures><event at="6 h" trip="grid" for="3 h"/></failures><economics')
    m = summary(text)
    p, kw, hours = m["permits"][0]["generators"], (2 * 9 + 2 * 1.5) / 0.8, 3 - 12 / 3600
    close(p["used_h"], 2 * hours, "running hours of both sets")
    close(p["expected"], 2 * hours * 876 / 5, "of a year, over the permit")
    assert [(v["kind"], v["worst"]) for v in m["violations"]] == [("generator permit of s", 2 * hours / 5)], m["violations"]
    close(m["generators"][0]["energy_kwh"], kw * hours, "energy of the generators")
    kg = kw * hours / 0.4 * 22.58 * 0.45359237 / 40.7
    close(m["carbon"]["scope1_parts"]["diesel_kg"], kg, "carbon of the diesel")
    close(m["carbon"]["scope1_kg"], kg, "scope 1")
    close(m["metrics"]["cue_kg_per_kwh"], (kg + 0.5 * kw * 7) / (6 * 10), "CUE with the diesel", 1e-9)
    close(m["carbon"]["location_kg"], 0.5 * kw * 7, "the grid's own for seven hours")
    m = summary(text.replace('recharge="0"', 'recharge="0.5"'))
    close(m["energy"]["pue_max"], kw / 6, "PUE of the worst interval: what charges a battery is not used")


def years():
    """A year's extremes are those asked for; the typical year is untouched; peaks go with them."""
    def seen(year, *more):
        m = shipped("small-hall", "--until=40 d", "--no-series", "--set=//climate[@id='ashburn']/@year=" + year, "--set=//utility/@rated=2 MW", *more)
        return m["thermal"]["max_dry_bulb_degc"], m["energy"]["cooling_kwh"], m["energy"]["pue"]
    typical = seen("typical")
    assert typical == seen("typical", "--set=//climate[@id='ashburn']/@extreme-hot=60 degC"), "extremes move a typical year"
    hot = seen("hot", "--set=//climate[@id='ashburn']/@extreme-hot=45 degC")
    assert 42 < hot[0] <= 45.1 and hot[1] > typical[1] and hot[2] > typical[2], (typical, hot)
    assert seen("cold")[0] == typical[0], "July is above the median"
    design = seen("design-day")
    assert abs(design[0] - 34.1) < 0.02 and design[1] > typical[1], design
    m = shipped("small-hall", "--until=1 d", "--extremes")
    assert [e["year"] for e in m["extremes"]] == ["hot", "cold", "design-day"]
    assert m["extremes"][0]["peak_facility_kw"] >= m["energy"]["peak_facility_kw"] == m["extremes"][1]["peak_facility_kw"], m["extremes"]
    assert "extremes" not in shipped("small-hall", "--until=1 h")


def floor_phases_dates():
    text = CHAIN.replace('rated="2 kW">', 'rated="2 kW" weight="900 kg" width="0.6 m" depth="1.3 m" lead-time="10 week">')
    text = text.replace('<hall id="h">', '<hall id="h" area="5 m2" aisle="1.2 m" floor-load="500 kg/m2" positions="3" energized="2026-03-01T00:00:00Z">')
    text = text.replace('<row id="a" rack="rack" count="3" feed="tap"/>', '<row id="a" rack="rack" count="4" feed="tap" phases="one"/>')
    text = text.replace('<site id="s"', '<site id="s" ordered="2026-01-01T00:00:00Z"').replace('<ups id="ups"', '<ups id="ups" lead-time="5 week"')
    m = summary(text)
    h = m["sizing"]["halls"][0]
    close(h["area_used_m2"], 5 * 0.6 * 2.5, "area of five racks")
    close(h["floor_kg_per_m2"], 900 / (0.6 * 2.5), "floor load")
    close(h["mass_kg"], 4500, "mass")
    kinds = {v["kind"]: v["worst"] for v in m["violations"]}
    assert {"rack positions of h", "floor area of h", "floor load of h", "rack rack arrives late"} <= set(kinds), kinds
    close(kinds["floor area of h"], 1.5, "area")
    p = m["sizing"]["phases"]
    assert len(p) == 1 and (p[0]["name"], p[0]["a_kw"], p[0]["b_kw"], p[0]["c_kw"]) == ("tap", 4, 2, 2), p
    close(p[0]["imbalance"], (4 - 8 / 3) / (8 / 3), "two racks on A, one on B and C")
    assert [(x["name"], x["days"]) for x in m["sizing"]["late"]] == [("rack", 70 - 59)], m["sizing"]["late"]
    path = os.path.join(folder.name, "a.xml")
    bill = lambda file: list(csv.DictReader(io.StringIO(subprocess.run([f"{build}/datahall", "export", file, "bom"], capture_output=True, text=True, check=True).stdout)))
    rows = bill(path)
    assert [(r["kind"], r["item"], r["count"]) for r in rows] == [("transformer", "tx", "1"), ("ups", "ups", "1"), ("pdu", "bus", "1"), ("pdu", "tap", "1"),
                                                                 ("rack", "rack", "5"), ("node", "n", "10"), ("device", "d", "10")], rows
    assert rows[4]["late_days"] == "11" and rows[1]["late_days"] == str(35 - 59) and rows[0]["late_days"] == "", rows
    result = os.path.join(folder.name, "b.h5")
    subprocess.run([f"{build}/datahall", "run", path, "-q", "-o", result], check=True, capture_output=True)
    assert bill(result) == rows, "bill of a result"
    assert "sizing" not in summary(CHAIN)


def named():
    text = subprocess.run([f"{build}/datahall", "help", "--summary"], capture_output=True, text=True).stdout
    assert "metrics.pue1 (no unit)\n" in text and "as defined by ISO/IEC 30134-2, category 1" in text, text[:400]


for check in by_hand, absent, identities, what_is_left, hours_near, cooling_strands_power, permits, generators, years, floor_phases_dates, named:
    try:
        check()
        print(f"ok - {check.__name__.replace('_', ' ')}")
    except Exception as error:
        print(f"not ok - {check.__name__.replace('_', ' ')}\n# {type(error).__name__}: {error}")
