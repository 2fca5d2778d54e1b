#!/usr/bin/python3
"""Weather reaches the bill: scenarios/examples/hot-weather.xml as it is and 8 K warmer. Each link of the chain must
move, and each is compared with a calculation by hand: here, from published inputs, with no code of datahall's. Then
each link is cut in a test build; everything behind it must stand still. coupling.py BUILD [links]. Prints TAP."""
import csv, datetime, io, json, math, os, statistics, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from mutants import build_mutant

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.join(build, "datahall")
SCENARIO = "scenarios/examples/hot-weather.xml"
WARMER = 8.0


def compare(name, got, by_hand, tolerance, unit):
    ok(abs(got - by_hand) <= tolerance, f"{name}: {got:.6g} {unit}, by hand {by_hand:.6g} (within {tolerance:g})")


def run(program, warmer, result, *options):
    done = subprocess.run([program, "run", SCENARIO, "--param", f"warmer={warmer:g} K", "--json", "-o", result, "--set",
                           "/scenario/record/@interval=1 min", "--set", "/scenario/record/@rack-interval=1 min", *options],
                          capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


class Result:
    def __init__(self, program, warmer, folder, name, *options):
        self.path = os.path.join(folder, name)
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.summary = run(program, warmer, self.path, *options)

    def export(self, table):
        text = subprocess.run([datahall, "export", self.path, table], capture_output=True, text=True, check=True).stdout
        return list(csv.DictReader(io.StringIO(text)))

    def series(self, name):
        """Rows of a series, one value each; of several racks a list each."""
        column = name.rsplit("/", 1)[1]
        rows = self.export(name)
        times = len({r["time_s"] for r in rows})
        wide = len(rows) // times
        values = [float(r[column]) for r in rows]
        return values if wide == 1 else [values[i * wide:(i + 1) * wide] for i in range(times)]


# ---- inputs, as the scenario and the catalogs publish them -----------------------------------------------------------

CAPACITY_W, RANGE_K, COOLER_APPROACH_K, CDU_APPROACH_K = 220e3, 10.0, 22.0, 6.0
CDU_RATED_W, PUMP_W = 250e3, 0.01 * 220e3
LIQUID_SHARE = 0.77
TOWER_APPROACH_K, TOWER_MIN_C, CHILLED_C, ECONOMIZER_K = 3.9, 12.0, 18.0, 2.0
IDLE_W, IDLE_C, TRAINING_W, CAP_W, K_PER_W, THROTTLE_C = 101.0, 30.0, 630.0, 700.0, 0.028, 87.0
LEAKAGE_W, LEAKAGE_C, LEAKAGE_PER_K, CLOCK_TREE_W = 70.0, 60.0, 0.0125, 28.0
STEADY_W = 0.4 * 163.0 + 0.2 * 36.0 # training's share of memory and links, whatever the clock
SEED, SPREAD, NODES, GPUS = 7, 0.015, 8, 8
CLOCK_MHZ, LOWEST_MHZ, STEP_MHZ, KNEE, VOLTAGE_MIN, COMPUTE_SHARE = 1980, 210, 15, 0.6, 0.7, 0.7
WORK_S, EVERY_S, HORIZON_S, THRESHOLD_S, RACKS = 4 * 3600.0, 3600.0, 7 * 86400.0, 1200.0, 4
INSTANCES, USD_PER_H, START_S, WAN_BYTES_PER_S = 8, 55.04, 600.0, 10e9 / 8
IN_BYTES, OUT_BYTES, EGRESS_USD_PER_GB = 64 * 10e9, 64 * 1e9, 0.09
ALTITUDE_M = 337.0


# ---- physics by hand -------------------------------------------------------------------------------------------------

def saturation_pa(t):
    """ASHRAE Fundamentals 2017, chapter 1, equation 6."""
    k = t + 273.15
    return math.exp(-5.8002206e3 / k + 1.3914993 - 4.8640239e-2 * k + 4.1764768e-5 * k * k - 1.4452093e-8 * k ** 3 +
                    6.5459673 * math.log(k))


PRESSURE_PA = 101325 * (1 - 2.25577e-5 * ALTITUDE_M) ** 5.2559


def humidity(pw):
    return 0.621945 * pw / (PRESSURE_PA - pw)


def humidity_of_wet_bulb(t, wb):
    """Equation 33."""
    return ((2501 - 2.326 * wb) * humidity(saturation_pa(wb)) - 1.006 * (t - wb)) / (2501 + 1.86 * t - 4.186 * wb)


def wet_bulb(t, relative):
    low, high, w = -20.0, t, humidity(relative * saturation_pa(t))
    for _ in range(80):
        wb = (low + high) / 2
        low, high = (wb, high) if humidity_of_wet_bulb(t, wb) < w else (low, wb)
    return wb


def relative_humidity(t, wb):
    w = humidity_of_wet_bulb(t, wb)
    return w * PRESSURE_PA / (0.621945 + w) / saturation_pa(t)


def cross_flow(ntu, ratio):
    """Effectiveness, both streams unmixed."""
    return 1 - math.exp(ntu ** 0.22 / ratio * (math.exp(-ratio * ntu ** 0.78) - 1))


def cooler_conductance(flow):
    """W per K between entering water and air at full fan speed: air side half as good as the water side at design."""
    stream = CAPACITY_W / RANGE_K
    wanted, low, high = RANGE_K / (RANGE_K + COOLER_APPROACH_K), 0.0, 20.0
    for _ in range(100):
        ntu = (low + high) / 2
        low, high = (ntu, high) if cross_flow(ntu, 1) < wanted else (low, ntu)
    water, air = 3 * ntu * stream * flow ** 0.85, 1.5 * ntu * stream
    ua = water * air / (water + air)
    return stream * flow * cross_flow(ua / (stream * flow), flow)


def facility_water(air_c, cdu_w, pumps_w):
    """Fans at full speed: all heat leaves, water = air - rise + heat / conductance."""
    flow = min(1, max(0.3, cdu_w / CAPACITY_W))
    heat = cdu_w + pumps_w + PUMP_W * (0.3 * flow + 0.7 * flow ** 3)
    return air_c - heat / (CAPACITY_W / RANGE_K * flow) + heat / cooler_conductance(flow)


def coolant_approach(cdu_w, pumps_w):
    """Counterflow with equal streams: heat / UA, UA falls with flow^0.8."""
    flow = min(1, max(0.3, cdu_w / CDU_RATED_W))
    return (cdu_w + pumps_w) / (CDU_RATED_W / CDU_APPROACH_K * flow ** 0.8)


# Carrier 19XR 1407kW/6.04COP/VSD in EnergyPlus' Chillers.idf: capacity and power over temperatures, power over load.
CAP = (1.042261, 0.002644821, -0.001468026, 0.01366256, -0.0008302334, 0.001573579)
EIR = (1.02634, -0.01612819, -0.001092591, -0.01784393, 0.0007961842, -9.586049e-05)
PLR = (0.118888, 0.6723542, 0.2068754)
MACHINES, MACHINE_W, COP = 2, 50e3, 6.1


def chiller_w(coil_w, condenser_c):
    """The same lift at the edge of the curves, 10 degC of chilled water instead of 18, and Carnot's share of the work,
    lift / absolute temperature; loop pumps add to the heat; the number of machines that draws least."""
    def curve(a, x, y):
        return a[0] + a[1] * x + a[2] * x * x + a[3] * y + a[4] * y * y + a[5] * x * y
    flow = min(1, max(0.3, coil_w / (MACHINES * MACHINE_W)))
    pump = 180e3 / (992 * 4186 * 0.7) * MACHINES * MACHINE_W / 8 * (0.3 * flow + 0.7 * flow ** 3)
    at, reference = (10, condenser_c - 8), (6.67, 29.44)
    cap = MACHINE_W * curve(CAP, *at) / curve(CAP, *reference)
    eir = curve(EIR, *at) / curve(EIR, *reference) / COP * (273.15 + 10) / (273.15 + 18)
    def power(n):
        x = max(0.2, (coil_w + pump) / (n * cap))
        return n * cap * eir * (PLR[0] + PLR[1] * x + PLR[2] * x * x) / sum(PLR)
    return min(power(n) for n in (1, 2) if (coil_w + pump) <= 1.04 * n * cap)


def philox(counter, key):
    """Philox4x32-10, Salmon et al., SC 2011."""
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def hottest_part(rack):
    """Power of the rack's most thirsty GPU over that of a nominal one: lognormal with mean 1, by inversion, from the
    rack's stream of random numbers (sim/rng.h says how one is addressed; purpose 12 is the spread of devices)."""
    mask, entity = 2 ** 64 - 1, 0xCBF29CE484222325
    for byte in rack.encode():
        entity = (entity ^ byte) * 0x100000001B3 & mask
    entity = (entity ^ entity >> 30) * 0xBF58476D1CE4E5B9 & mask
    entity = (entity ^ entity >> 27) * 0x94D049BB133111EB & mask
    entity ^= entity >> 31
    draws = []
    for block in range(NODES * GPUS // 2):
        c = philox((block, 12, entity & 0xFFFFFFFF, entity >> 32), (SEED, 0))
        draws += [c[1] << 32 | c[0], c[3] << 32 | c[2]]
    z = max(statistics.NormalDist().inv_cdf(((d >> 12) + 0.5) / 2 ** 52) for d in draws)
    return math.exp(SPREAD * z - SPREAD ** 2 / 2)


def voltage(clock):
    return VOLTAGE_MIN + (1 - VOLTAGE_MIN) * max(0, clock - KNEE) / (1 - KNEE)


def leakage_w(junction_c):
    return LEAKAGE_W * math.exp(LEAKAGE_PER_K * (junction_c - LEAKAGE_C))


def board_w(clock, junction_c):
    """base + memory and links + leakage + switching. Base: measured when idle, less what leaks then and what the clock
    tree takes at the lowest clock. Switching: what is left of the board power of training, which holds at full clock
    and the temperature of the leakage."""
    lowest = LOWEST_MHZ / CLOCK_MHZ
    base = IDLE_W - voltage(lowest) * leakage_w(IDLE_C) - voltage(lowest) ** 2 * lowest * CLOCK_TREE_W
    switching = TRAINING_W - base - STEADY_W - LEAKAGE_W
    return base + STEADY_W + voltage(clock) * leakage_w(junction_c) + voltage(clock) ** 2 * clock * switching


def hottest_w(clock, junction_c, part):
    return min(CAP_W, part * board_w(clock, junction_c))


def junction_of(coolant_c, clock, part):
    """T = coolant + R P(T): a contraction, its slope R x 0.0125/K x leakage is under 0.04."""
    junction = coolant_c
    for _ in range(50):
        junction = coolant_c + K_PER_W * hottest_w(clock, junction, part)
    return junction


def highest_clock(coolant_c, limit_c, part):
    for steps in range(CLOCK_MHZ // STEP_MHZ, LOWEST_MHZ // STEP_MHZ, -1):
        if junction_of(coolant_c, steps * STEP_MHZ / CLOCK_MHZ, part) <= limit_c:
            return steps * STEP_MHZ / CLOCK_MHZ
    return LOWEST_MHZ / CLOCK_MHZ


def rate(clock):
    return 1 / (COMPUTE_SHARE / clock + 1 - COMPUTE_SHARE)


def grid(clock):
    """The file rounds the clock to 0.001; the device has steps of 15 MHz."""
    return round(clock * CLOCK_MHZ / STEP_MHZ) * STEP_MHZ / CLOCK_MHZ


def end_of(start, clocks, rack):
    """When four hours of work are done on a rack, minute by minute."""
    left, t = WORK_S, start
    while t < HORIZON_S:
        minute = int(t // 60)
        until, speed = (minute + 1) * 60.0, rate(grid(clocks[minute][rack]))
        if left <= speed * (until - t):
            return t + left / speed
        left -= speed * (until - t)
        t = until
    return math.inf


def count_queue(clocks):
    """First come, first served on four racks, lowest free rack first; who waits too long leaves. (submit, start or time
    of leaving, end, burst) of each job."""
    free, jobs = [0.0] * RACKS, []
    for k in range(int(HORIZON_S / EVERY_S)):
        submit = k * EVERY_S
        start = max(submit, min(free))
        if start - submit > THRESHOLD_S:
            jobs.append((submit, submit + THRESHOLD_S, None, True))
            continue
        rack = next(r for r in range(RACKS) if free[r] <= start)
        free[rack] = end_of(start, clocks, rack)
        jobs.append((submit, start, free[rack], False))
    return jobs


def cloud_bill(jobs):
    """Dollars for instances and egress. One transfer at a time; paid from the request; cut at the end of the week."""
    wire, instances, egress, running = 0.0, 0.0, 0.0, []
    for submit, left, _, burst in jobs:
        if not burst:
            continue
        asked = max(wire, left) + IN_BYTES / WAN_BYTES_PER_S
        wire = asked
        end = asked + START_S + WORK_S
        running.append(asked + START_S)
        instances += INSTANCES * USD_PER_H / 3600 * max(0, min(end, HORIZON_S) - asked)
        if end + OUT_BYTES / WAN_BYTES_PER_S <= HORIZON_S:
            egress += OUT_BYTES / 1e9 * EGRESS_USD_PER_GB
    return instances, egress, running


def electricity_bill(watts):
    """Minute by minute: virginia-tou in July, UTC-5: weekdays 10 to 22 h on peak. Demand over 30 minutes."""
    energy, peak, peak_on, window, window_on = 0.0, 0.0, 0.0, 0.0, 0.0
    for i, w in enumerate(watts):
        hours = (i * 60 - 5 * 3600) / 3600  # 6 July 2026 is a Monday; local time begins on Sunday
        on = math.floor(hours / 24) % 7 < 5 and 10 <= hours % 24 < 22
        energy += w * 60 / 3.6e6 * (0.0465 if on else 0.0415)
        window, window_on = window + w * 60, window_on + (w * 60 if on else 0)
        if i % 30 == 29:
            peak, peak_on = max(peak, window / 1800), max(peak_on, window_on / 1800)
            window = window_on = 0.0
    return energy, (5.593 * peak + 8.976 * peak_on) / 1000


# ---- the chain -------------------------------------------------------------------------------------------------------

def links(folder):
    cool, hot = Result(datahall, 0, folder, "cool.h5"), Result(datahall, WARMER, folder, "hot.h5")
    both = (("cool", cool), ("hot", hot))
    dry = {n: r.series("/sites/site_dry_bulb_degc") for n, r in both}
    wet = {n: r.series("/sites/site_wet_bulb_degc") for n, r in both}
    clocks = {n: r.series("/racks/rack_clock_frac") for n, r in both}
    busy = [r.series("/facility/gpus_busy") for r in (cool, hot)]
    # The hottest minute after the first day that is settled: all GPUs at work and all clocks unchanged for ten minutes.
    settled = [i for i in range(1440, len(dry["hot"])) if all(min(b[i - 10:i + 1]) == 256 for b in busy) and
               all(c[k] == c[i] for c in clocks.values() for k in range(i - 10, i))]
    at = max(settled, key=lambda i: dry["hot"][i])

    compare("weather, warmer at every minute, at most", max(h - c for h, c in zip(dry["hot"], dry["cool"])), WARMER, 1e-9, "K")
    compare("weather, warmer at every minute, at least", min(h - c for h, c in zip(dry["hot"], dry["cool"])), WARMER, 1e-9, "K")
    phi = relative_humidity(dry["cool"][at], wet["cool"][at])
    compare("wet bulb at the same relative humidity", wet["hot"][at], wet_bulb(dry["hot"][at], phi), 0.05, "degC")

    parts = [hottest_part(f"l-{k + 1:03d}") for k in range(RACKS)]
    moved = {}
    for name, r in both:
        condenser = r.series("/cooling/cplant_condenser_degc")[at]
        compare(f"{name}: condenser water, wet bulb + approach", condenser,
                max(TOWER_MIN_C, CHILLED_C - ECONOMIZER_K, wet[name][at] + TOWER_APPROACH_K), 0.02, "degC")
        coil_w, chillers = r.series("/cooling/cplant_heat_w")[at], r.series("/cooling/cplant_chiller_w")[at]
        by_hand = chiller_w(coil_w, condenser)
        compare(f"{name}: chillers at {coil_w / 1000:.1f} kW of heat", chillers, by_hand, 0.005 * by_hand, "W")
        rack_w = r.series("/racks/rack_power_w")
        cdu_w = sum(sum(rack_w[i]) for i in range(at - 10, at)) / 10 * LIQUID_SHARE
        pump_w = r.series("/cooling/cdu_pump_w")[at]
        water, coolant = r.series("/cooling/lplant_supply_degc")[at], r.series("/cooling/cdu_supply_degc")[at]
        by_hand = facility_water(dry[name][at], cdu_w, pump_w)
        compare(f"{name}: facility water, dry cooler at {cdu_w / 1000:.1f} kW", water, by_hand, 0.1, "degC")
        by_hand += coolant_approach(cdu_w, pump_w)
        compare(f"{name}: coolant, water + approach of the CDU", coolant, by_hand, 0.1, "degC")
        junctions = r.series("/racks/rack_junction_degc")[at]
        for k, part in enumerate(parts):
            clock = grid(clocks[name][at][k])
            low, high = highest_clock(coolant, THROTTLE_C - 1, part), highest_clock(coolant, THROTTLE_C, part)
            ok(low <= clock <= high and (name == "hot") == (clock < 1), f"{name}: clock of rack {k + 1} {clock:.4f}, by hand "
               f"{low:.4f} with 1 K to spare to {high:.4f} at 87 degC, its hottest GPU drawing {part:.4f} of the mean")
            compare(f"{name}: junction of rack {k + 1}, coolant + R P", junctions[k], junction_of(coolant, clock, part), 0.15,
                    "degC")
        moved[name] = (condenser, water, coolant, max(clocks[name][at]))
        moved[name] += (chillers / coil_w,)

    for i, what in enumerate(("condenser water", "facility water", "coolant")):
        ok(moved["hot"][i] > moved["cool"][i] + 2, f"{what} moves: {moved['cool'][i]:.2f} to {moved['hot'][i]:.2f} degC")
    ok(moved["hot"][4] > 1.05 * moved["cool"][4], f"chillers move: {moved['cool'][4]:.4f} to {moved['hot'][4]:.4f} W per W")

    for name, r in both:
        jobs = r.export("jobs")
        by_hand = count_queue(clocks[name])
        worst = max((abs(float(j["end_s"]) - h[2]) for j, h in zip(jobs, by_hand) if j["state"] == "done"), default=0)
        ok(len(jobs) == len(by_hand) and worst <= 0.05, f"{name}: all ends of jobs from the clock, by hand within 0.05 s "
           f"(worst {worst:.4f})", worst)
        _, _, running = cloud_bill(by_hand)
        starts = iter(running)
        expected = [next(starts) if h[3] else h[1] for h in by_hand]
        worst = max(abs(float(j["start_s"]) - e) for j, e in zip(jobs, expected) if j["start_s"])
        ok(worst <= 0.05, f"{name}: all waits by counting, within 0.05 s (worst {worst:.4f}; longest on site "
           f"{max(h[1] - h[0] for h in by_hand if not h[3]):.1f} s)", worst)
        left = [j["id"] for j in jobs if j["state"] == "burst"]
        ok(left == [j["id"] for j, h in zip(jobs, by_hand) if h[3]], f"{name}: who bursts, {len(left)} jobs", left)
        cost = r.summary["cost"]
        instances, egress, _ = cloud_bill(by_hand)
        compare(f"{name}: dollars to the cloud", cost["cloud"], instances, 1e-9 * instances, "USD")
        compare(f"{name}: dollars of egress", cost["egress"], egress, 1e-9 * egress, "USD")
        energy, demand = electricity_bill(r.series("/facility/facility_power_w"))
        compare(f"{name}: dollars of energy", cost["energy"], energy, 1e-6 * energy, "USD")
        compare(f"{name}: dollars of demand", cost["demand"], demand, 1e-6 * demand, "USD")
        load = os.path.join(folder, "load.csv")
        with open(load, "w") as out:
            begin = datetime.datetime(2026, 7, 6)
            out.write("time,w\n" + "".join(f"{begin + datetime.timedelta(minutes=i):%Y-%m-%dT%H:%M:%SZ},{w!r}\n" for i, w in
                                           enumerate(r.series("/facility/facility_power_w"))))
        predicted = json.loads(subprocess.run([datahall, "predict", "bill", "-i", load, "--tariff", SCENARIO, "--json"],
                                              capture_output=True, text=True, check=True).stdout)
        for key, mine in (("energy_usd", "energy"), ("demand_usd", "demand"), ("fixed_usd", "fixed")):
            ok(abs(cost[mine] - predicted[key]) <= 1e-11 * predicted[key], f"{name}: {mine}, predict bill of the run's load "
               f"equals the run's {cost[mine]:.6g} USD within 1e-11", predicted[key])
        used = r.summary["gpus"]["hours_busy"] + r.summary["burst"]["gpu_h"]
        total = instances + egress + energy + demand + cost["fixed"]
        compare(f"{name}: dollars for a GPU hour, on site and in the cloud", cost["per_gpu_hour"], total / used,
                1e-6 * total / used, "USD")
        audit = r.summary["audit"]
        ok(all(v <= 1e-9 for v in audit.values() if isinstance(v, (int, float))), f"{name}: audit closes", audit)
    c, h = cool.summary, hot.summary
    ok(c["jobs"]["turnaround_s"]["mean"] == WORK_S < h["jobs"]["turnaround_s"]["mean"], "jobs get slower")
    ok(c["jobs"]["wait_s"]["max"] == 0 < h["jobs"]["wait_s"]["mean"], "jobs wait")
    ok(c["jobs"]["burst"] == 0 < h["jobs"]["burst"], "jobs burst")
    ok(c["cost"]["cloud"] == 0 < h["cost"]["cloud"] and c["cost"]["total"] < h["cost"]["total"], "dollars follow")


# ---- the chain cut ---------------------------------------------------------------------------------------------------

CHAIN = ["weather", "coolant", "clock", "ends", "waits", "burst", "cloud"]
SIDE = ["weather", "condenser", "chiller"]

CUTS = [
    # name, file, what is there, what replaces it, chain, first link that must stand still
    ("weather: the offset is not applied", "models/weather.c", "double dry = dry_degc + climate->offset_k;",
     "double dry = dry_degc;", CHAIN, "weather"),
    ("dry cooler: air of 35 degC whatever the weather", "models/cooling_facility.c",
     "double wet = 0.0, air_degc = air->dry_bulb_degc;", "double wet = 0.0, air_degc = 35.0;", CHAIN, "coolant"),
    # It limits the clock by the junction, and by the leakage that leaves less under the cap: both see the rack's coolant.
    ("coolant does not reach the racks", "models/plant.c", "liquid ? s->cdu_supply_degc[k->cdu] : inlet;",
     "liquid ? 45.0 : inlet;", CHAIN, "clock"),
    ("clock does not reach the work", "models/chip.c", "    return 1.0 / (s * highest / clock_frac + (1.0 - s));", "    return 1.0 + 0 * s;",
     CHAIN, "ends"),
    ("waits do not reach the burst policy", "models/world_burst.c", "threshold = dh_time_from_s(w->cloud.spec->threshold_s);",
     "threshold = DH_TIME_MAX / 4;", CHAIN, "burst"),
    ("jobs in the cloud do not reach the bill", "models/cloud.c", "    plan->instance_usd = price * (run_s + cloud->provider->start_s);",
     "    plan->instance_usd = 0 * price;", CHAIN, "cloud"),
    ("tower: wet bulb of 20 degC whatever the weather", "models/cooling_chilled.c",
     "    struct working up = what_works(p, i);\n    double load_w",
     "    struct dh_outdoor fixed = {20, 20, 0.015, 97000};\n    air = &fixed;\n"
     "    struct working up = what_works(p, i);\n    double load_w", SIDE, "condenser"),
    ("condenser water does not reach the chillers", "models/cooling_chilled.c",
     "    struct split x = {0};\n", "    struct split x = {0};\n    condenser_degc = 25.0;\n", SIDE, "chiller"),
]


def values(result):
    s = result.summary
    jobs = result.export("jobs")
    return {"weather": result.series("/sites/site_dry_bulb_degc"),
            "condenser": result.series("/cooling/cplant_condenser_degc"),
            "chiller": result.series("/cooling/cplant_chiller_w"),
            "coolant": result.series("/cooling/cdu_supply_degc"),
            "clock": result.series("/racks/rack_clock_frac"),
            "ends": [j["end_s"] for j in jobs if j["state"] != "burst"],
            "waits": [j["wait_s"] for j in jobs if j["state"] != "burst"],
            "burst": s["jobs"]["burst"], "cloud": s["cost"]["cloud"]}


def cuts(folder):
    for name, source, old, new, chain, still in CUTS[::3] if os.environ.get("VALIDATE") == "quick" else CUTS:
        try:
            program = build_mutant(build, folder, source, old, new)
        except (ValueError, subprocess.CalledProcessError) as fault:
            ok(False, f"cut: {name}", getattr(fault, "stderr", None) or fault)
            continue
        # Beside the chain racks shall give the same heat: without leakage, and colder, hence without throttling. And
        # nothing but the curves of the machine shall see the condenser water: no staging, no economizer.
        pair, options = ((0, WARMER), ()) if chain is CHAIN else ((-WARMER, 0), (
            "--set=//device/@leakage=0 W", "--set=//chiller-plant/@chillers=1", "--set=//chiller-plant/@economizer=no"))
        cool, hot = (values(Result(program, k, folder, "cut.h5", *options)) for k in pair)
        first = chain.index(still)
        moves = [link for link in chain[:first] if cool[link] == hot[link]]
        behind = chain[first:]
        stands = [link for link in behind if cool[link] != hot[link]]
        ok(not moves and not stands, f"cut: {name}: {', '.join(chain[:first]) or 'nothing'} before it moves, "
           f"{', '.join(behind)} stands still", f"did not move: {moves}; moved: {stands}")


with tempfile.TemporaryDirectory() as folder:
    links(folder)
    if "links" not in sys.argv[2:]:
        cuts(folder)
finish()
