#!/usr/bin/env python3
"""Laws between runs, on random scenarios: what must not change when a scenario is written differently, and what must
move in a known direction. Needs no expected values. metamorphic.py BUILD [COUNT [FIRST_SEED]]: without COUNT 10 scenarios
(4 under a sanitizer, which is several times slower), each under every second law; tests/validation/metamorphic*.sh put 200 others under all of them. A failure names the seed, which alone makes the scenario again."""
import concurrent.futures, copy, os, random, re, subprocess, sys, tempfile, threading, warnings
import xml.etree.ElementTree as ET
import h5py, numpy as np

warnings.simplefilter("ignore")
quick = len(sys.argv) < 3
build, first = sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 1
with open(f"{build}/datahall", "rb") as program:
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4 if b"__asan_init" in program.read() else 10
sys.argv = [sys.argv[0], build]
sys.path.insert(0, "tests/validation")
sys.dont_write_bytecode = True
import audit_recompute

folder = tempfile.TemporaryDirectory()
NS = "urn:datahall:scenario:1"


EQUAL_GPUS = "--set=//device/@spread=0"


class Broken(Exception):
    pass


class NoCase(Exception):
    """The law says nothing about this scenario."""


# ---- runs ----------------------------------------------------------------------------------------------------

class Run:
    """Every number of a result by its place, such as 'jobs/end_ns' or 'summary/energy.it_kwh'."""

    def __init__(self, scenario, *options, keep=False, log=None):
        base = os.path.join(folder.name, f"{threading.get_ident()}")
        with open(base + ".xml", "w") as f:
            f.write(scenario if isinstance(scenario, str) else ET.tostring(scenario, encoding="unicode"))
        if log is not None:
            with open(base + ".csv", "w") as f:
                f.write(log)
            options += ("--jobs=" + base + ".csv",)
        self.path = base + ".h5"
        done = subprocess.run([f"{build}/datahall", "run", base + ".xml", "-q", "-o", self.path, *options], capture_output=True, text=True)
        if done.returncode:
            raise Broken("does not run: " + done.stderr.strip()[-400:])
        self.numbers, self.texts = {}, {}
        with h5py.File(self.path) as f:
            for group in f:
                for name in f[group]:
                    values = f[group][name][()]
                    place = f"{group}/{name}"
                    (self.texts if f[group][name].dtype.kind == "O" else self.numbers)[place] = values
        if not keep:
            os.unlink(self.path)

    def __getitem__(self, place):
        value = self.numbers[place]
        return value.item() if np.ndim(value) == 0 else value

    def get(self, place, otherwise=0.0):
        return self[place] if place in self.numbers else otherwise


def same(a, b, what, only=None, skip=()):
    """Bit for bit, NaN equal to NaN; but for how many sources the scenario names, which elements that do nothing add to."""
    def chosen(run):
        return {k for k in run.numbers if not k.startswith(("provenance/", "summary/evidence.sources.") + tuple(skip)) and (only is None or k.startswith(only))}
    if chosen(a) ^ chosen(b):
        raise Broken(f"{what}: only in one result: {sorted(chosen(a) ^ chosen(b))[:5]}")
    for k in sorted(chosen(a)):
        x, y = np.asarray(a.numbers[k]), np.asarray(b.numbers[k])
        if x.shape != y.shape or x.tobytes() != y.tobytes():
            where = ""
            if x.shape == y.shape and x.size:
                rows = np.argwhere(~((x == y) | ((x != x) & (y != y))))
                where = f" first at {rows[0].tolist()}: {x[tuple(rows[0])]!r} and {y[tuple(rows[0])]!r}" if len(rows) else " in a sign or a NaN"
            raise Broken(f"{what}: {k} differs, {x.shape} and {y.shape}{where}")


def close(what, x, y, tolerance):
    if not abs(x - y) <= tolerance * max(abs(x), abs(y), 1e-300):
        raise Broken(f"{what}: {x!r} and {y!r}")


# ---- random scenarios ---------------------------------------------------------------------------------------------

def element(parent, tag, **attributes):
    return ET.SubElement(parent, tag, {k.replace("_", "-").rstrip("-"): str(v) for k, v in attributes.items()})


def hours(rng):
    return " ".join(f"{rng.choice((0, 2, 5, 8, 10, 12, 16, 20)) / 10 + 0.1:g}" for _ in range(24))


def inside(rng, power):
    """Batteries, bypass, staging and breakers of supplies; transformers that follow the weather; stages that cap."""
    if rng.random() < 0.3:
        for e in power.iter("ups"):
            element(e, "ups-battery", energy=f"{rng.choice((5, 40))} kWh", kind=rng.choice(("lithium", "vrla")))
            if rng.random() < 0.5:
                element(e, "eco-mode", qualify="1 min")
    if rng.random() < 0.2:
        for e in power.iter("ups"):
            e.set("stage-at", "0.7")
    if rng.random() < 0.2:
        for e in power.iter("pdu"):
            element(e, "breaker", trip="1.1", tau="60 s", reset="2 h")
    if rng.random() < 0.3:
        for e in power.iter("transformer"):
            e.set("winding-rise", "80 K")
    if rng.random() < 0.25:
        capped = rng.choice([e for e in power if e.tag in ("transformer", "ups", "pdu")])
        capped.set("cap", "yes")
        capped.set("rated", f"{int(int(capped.get('rated').split()[0]) * rng.choice((0.3, 0.5)))} kW")


def own_sources(rng, power, feed, rated):
    if rng.random() < 0.7:
        return
    if rng.random() < 0.7:
        element(power, "solar", id="roof", feed=feed, rated=f"{rng.choice((rated // 2, rated * 2))} kW", clearness="0.6",
                mount=rng.choice(("fixed", "tracked")), export=rng.choice(("yes", "no")))
    if rng.random() < 0.5:
        peak = rng.random() < 0.5
        store = element(power, "storage", id="store", feed=feed, rated=f"{rated} kW", energy=f"{rated * 2} kWh", policy="peak" if peak else "self")
        if peak:
            store.set("target", f"{int(rated * 0.6)} kW")
    if rng.random() < 0.4:
        element(power, "turbine", id="gas", feed=feed, rated=f"{rng.choice((rated // 2, rated * 2))} kW", fuel="0.03 USD/kWh")
    if rng.random() < 0.5:
        element(power, "signal", id="ask", limit=f"{int(rated * rng.choice((0.4, 0.8)))} kW", hours=rng.choice(("6-9", "0-12")), notice=rng.choice(("0 s", "1 h")),
                baseline=f"{rated} kW", payment="0.2 USD/kWh", penalty="1 USD/kWh")


def kinds_of_plant(rng, plant):
    if rng.random() < 0.3:
        plant.set("machine", rng.choice(("york-yt-563kw-10.61cop-vanes", "carrier-23xl-724kw-6.04cop-vanes", "mcquay-peh-703kw-7.03cop-vanes")))
    if rng.random() < 0.3:
        plant.set("tower-model", rng.choice(("york", "cooltools")))
    if rng.random() < 0.2:
        plant.set("rejection", "dry")
    if rng.random() < 0.3:
        plant.set("buffer", "5 m3")
    if rng.random() < 0.2:
        plant.set("economizer", "no")
    if rng.random() < 0.2:
        element(plant, "heat-reuse", capacity=f"{rng.choice((20, 100))} kW", least=rng.choice(("20 degC", "24 degC")), **rng.choice(({}, {"full_at": "5 degC", "none_at": "18 degC"})))
    if rng.random() < 0.2:
        element(plant, "free-cooler", capacity="100 kW")


def rear_doors(rng, root, cooling, cords, rated):
    """Exchangers in the doors of one air-cooled row, on chilled water."""
    rows = [row for row in root.iter("row") if row.get("rack") == "dgx-h100-air"]
    if rows and rng.random() < 0.3:
        element(cooling, "cdu", id="doors", base="cdu-1350kw", plant="chilled", feed=cords, rated=f"{rated} kW", pump="2 kW")
        rows[0].attrib.update({"cdu": "doors", "rear-door": str(rng.choice((0.5, 0.9)))})


def failing(rng, root):
    """Rates a hundred times those of the world, crews, parts, shocks, planned work, a trip."""
    plan = element(root, "failures", jobs=rng.choice(("requeue", "requeue", "fail")), restart="3 min")
    if rng.random() < 0.5:
        plan.attrib.update({"checkpoint": rng.choice(("30 min", "2 h")), "checkpoint-write": "1 min"})
    else:
        element(plan, "checkpoints", storage="1 GB/s", **rng.choice(({"size": "60 GB"}, {"parameters": "4e9", "interval": "1 h"}, {"size": "300 GB", "rule": "young"})),
                asynchronous=rng.choice(("yes", "no")), detection=rng.choice(("0 s", "2 min")))
    element(plan, "crew", id="night", count=1)
    element(plan, "spare", id="board", stock=1, lead="4 h")
    row = find(root, "row").get("id")
    for of, mtbf, mttr in ((f"{row}/node", "60 h", "2 h"), ("ups", "100 h", "1 h"), ("chilled/chiller", "50 h", "1 h"), ("grid", "80 h", "10 min"), ("bus", "90 h", "30 min")):
        if rng.random() < 0.4:
            element(plan, "failure", of=of, mtbf=mtbf, mttr=mttr, repair=rng.choice(("lognormal", "exponential", "fixed")),
                    **({"crew": "night"} if rng.random() < 0.5 else {}), **({"spare": "board"} if "node" in of else {}))
    if rng.random() < 0.3:
        element(plan, "common-cause", of=f"{row}/node ups", mtbf="40 h", share="0.3", mttr="1 h")
    if rng.random() < 0.3:
        element(plan, "maintenance", of="chilled/tower", every="10 h", first="3 h", for_="1 h")
    if rng.random() < 0.6:
        element(plan, "event", at=f"{rng.randrange(1, 5)} h", trip=rng.choice(("ups", "ups:1", "chilled", "grid", "bus", f"{row}/gpu:2", "chilled/chilled-pump")), for_="40 min")


def scenario(rng):
    root = ET.Element("scenario", {"xmlns": NS, "name": "random", "seed": str(rng.randrange(1, 10**9))})
    for name in "racks", "power", "plants", "chillers", "climates", "grids", "tariffs", "clouds", "failures":
        element(root, "import", href=f"catalog:{name}.xml")
    element(root, "horizon", start=f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 28):02d}T00:00:00Z",
            duration=f"{rng.choice((6, 12, 24, 36))} h", step=rng.choice(("60 s", "2 min", "5 min")))
    climate = element(root, "climate", id="here", base=rng.choice(("ashburn", "phoenix", "dublin", "singapore", "santa-clara", "stockholm")))
    climate.set("offset", f"{rng.choice((0, 0, 3, 6))} K")
    tariff = rng.choice(("virginia-tou", "flat-industrial", "large-load-ohio"))
    site = element(root, "site", id="site", climate="here", grid=rng.choice(("pjm-virginia", "ercot", "caiso", "ireland", "sweden")),
                   tariff=tariff, house_load=f"{rng.choice((0, 5, 20))} kW")
    power, cooling = element(site, "power"), element(site, "cooling")
    rows = [(rng.choice(("dgx-h100-air", "dgx-h100-air", "hgx-h100-liquid")), rng.randrange(1, 4)) for _ in range(rng.randrange(1, 4))]
    rated = sum(n * {"dgx-h100-air": 42, "hgx-h100-liquid": 71}[kind] for kind, n in rows)
    tight = rng.random() < 0.3
    element(power, "utility", id="grid", rated=f"{int(rated * (0.9 if tight else 3))} kW")
    feed = "grid"
    if rng.random() < 0.7:
        element(power, "transformer", id="tx", base="transformer-mv-lv", feed="grid", rated=f"{rated * 3} kW")
        feed = "tx"
    ups = rng.choice(("ups-double-conversion", "ups-double-conversion-best", "ups-eco", "ups-legacy"))
    # Two cords to each rack, a standby generator behind a transfer switch, a bus with two supplies before it: by chance.
    above, cords = feed, "bus"
    standby, sides, crossed = rng.random() < 0.3, rng.choice(("a", "a", "ab")), rng.random() < 0.3
    if standby:
        element(power, "generator", id="gen", rated=f"{rated} kW", count=3, redundant=1)
    for side in sides:
        name = "ups" if side == "a" else "ups-b"
        e = element(power, "ups", id=name, base=ups, feed=above + (" gen" if standby else ""), rated=f"{rated} kW", count=rng.randrange(2, 4), redundant="1")
        if standby:
            e.set("transfer", "first")
    for side in sides:
        element(power, "pdu", id="bus" if side == "a" else "bus-b", base=rng.choice(("pdu-busway", "pdu-transformer")),
                feed="ups ups-b" if crossed and sides == "ab" else "ups" if side == "a" else "ups-b", rated=f"{rated} kW")
    if sides == "ab":
        cords = "bus bus-b"
    inside(rng, power)
    own_sources(rng, power, feed, rated)
    if rng.random() < 0.15:
        cooling.set("fidelity", "map")
    plant = element(cooling, "chiller-plant", id="chilled", base="chiller-tower-economizer", feed=feed, capacity=f"{int(rated * 1.4)} kW", chillers=rng.randrange(1, 4))
    kinds_of_plant(rng, plant)
    if any(kind != "dgx-h100-air" for kind, _ in rows):
        element(cooling, "liquid-plant", id="warm", base=rng.choice(("warm-water-dry", "warm-water-adiabatic")), feed=feed,
                capacity=f"{int(rated * 1.2)} kW", volume="2 m3")
        element(cooling, "cdu", id="cdu", base="cdu-1350kw", plant="warm", feed=cords, rated="700 kW", pump="6 kW")
    halls = [element(site, "hall", id=f"hall-{i}", plant="chilled", supply=f"{rng.choice((22, 24, 27))} degC") for i in range(rng.randrange(1, 3))]
    for i, (kind, n) in enumerate(rows):
        row = element(halls[i % len(halls)] if i else halls[-1], "row", id=f"r{i}", rack=kind, count=n, feed=cords)
        if kind != "dgx-h100-air":
            row.set("cdu", "cdu")
    for hall in list(halls):
        if len(hall) == 0:
            site.remove(hall)
        elif rng.random() < 0.3:
            hall.attrib.update({"outdoor-air": "yes", "adiabatic": rng.choice(("0", "0.8")), "humidifier": rng.choice(("yes", "no"))})
    rear_doors(rng, root, cooling, cords, rated)
    gpus = sum(n * {"dgx-h100-air": 32, "hgx-h100-liquid": 64}[kind] for kind, n in rows)
    work = element(root, "workload")
    for i in range(rng.randrange(1, 4)):
        jobs = element(work, "jobs", id=f"stream-{i}", kind=rng.choice(("training", "finetune", "batch", "notebook", "hpc")),
                       rate=f"{max(1, gpus // rng.choice((16, 32, 64)))} 1/h", limit="12 h", overestimate=rng.choice((1, 1.5, 3)),
                       gpu_util=rng.choice((0.35, 0.9, 1)), priority=rng.choice((0, 0, 10)), input="5 GB", output="1 GB")
        law = rng.choice(("lognormal", "exponential", "erlang2", "hyper2"))
        jobs.set("duration", law)
        jobs.set(*(("median", f"{rng.randrange(10, 90)} min") if law == "lognormal" else ("mean", f"{rng.randrange(20, 120)} min")))
        if rng.random() < 0.5:
            jobs.set("hourly", hours(rng))
        for size, share in rng.choice((((8, 1),), ((1, 0.5), (8, 0.5)), ((4, 0.25), (8, 0.5), (16, 0.25)))):
            element(jobs, "size", gpus=size, share=share)
        if rng.random() < 0.2:
            for share, gpu in ((0.25, 0.4), (0.5, 1), (0.25, 0.1)):
                element(jobs, "phase", share=share, gpu_util=gpu)
    if rng.random() < 0.4:
        element(work, "service", id="answers", replica_gpus=rng.choice((1, 8)), min_replicas=1, max_replicas=3, rate=f"{rng.randrange(2, 20)} 1/s",
                hourly=hours(rng), prefill_rate=20000, decode_rate=2500)
    element(root, "scheduler", policy=rng.choice(("fcfs", "sjf", "easy", "easy-sjbf", "conservative", "srtf", "srsf")),
            placement=rng.choice(("flat", "packed", "rack")), capping=rng.choice(("all", "priority")))
    if rng.random() < 0.35:
        failing(rng, root)
    if rng.random() < 0.5:
        element(root, "burst", policy="wait", threshold=f"{rng.choice((1, 10, 60))} min", provider="aws-us-east-1", instance="p5.48xlarge",
                pricing=rng.choice(("on-demand", "spot")), max_gpus=rng.choice((16, 64, 1000)))
    if rng.random() < 0.5:
        element(root, "economics", building="10 USD/W", it_life="5 a", staff=3, staff_cost="100000 USD/a", water="2 USD/m3")
    element(root, "record", interval=rng.choice(("1 min", "5 min", "15 min")), rack_interval="15 min", precision=rng.choice(("full", "rounded")))
    return root


def find(root, tag):
    return root.find(f".//{tag}")


def changed(root, tag, **attributes):
    root = copy.deepcopy(root)
    for e in root.iter(tag):
        for k, v in attributes.items():
            e.set(k.replace("_", "-"), str(v))
    return root


def without(root, *tags):
    """A copy without the elements of these tags."""
    root = copy.deepcopy(root)
    for parent in list(root.iter()):
        for e in [e for e in parent if e.tag in tags]:
            parent.remove(e)
    return root


# ---- laws: written differently, the same ------------------------------------------------------------------------------

def attributes_permuted(rng, root, base):
    root = copy.deepcopy(root)
    for e in root.iter():
        items = list(e.attrib.items())
        rng.shuffle(items)
        e.attrib.clear()
        e.attrib.update(items)
    other = Run(root)
    same(base, other, "attributes permuted")
    if base.texts["provenance/scenario_sha256"] != other.texts["provenance/scenario_sha256"]:
        raise Broken("attributes permuted: the effective scenario has another SHA-256")


def elements_permuted(rng, root, base):
    """Elements are known by their ids, and ordered by them: their order in the file means nothing. Only sizes of a
    stream have none, and keep theirs."""
    root = copy.deepcopy(root)
    for parent in [e for e in root.iter() if e.tag != "jobs"]:
        children = list(parent)
        rng.shuffle(children)
        parent[:] = children
    same(base, Run(root), "elements permuted")


def cords_swapped(rng, root, base):
    """Live feeds share equally: their order means nothing but for the last microwatt, which the first one carries."""
    if not any(" " in e.get("feed", "") and e.get("transfer") != "first" for e in root.iter()):
        raise NoCase
    root = copy.deepcopy(root)
    for e in root.iter():
        if e.get("feed") and e.get("transfer") != "first":
            e.set("feed", " ".join(reversed(e.get("feed").split())))
    other = Run(root)
    same(base, other, "cords swapped", only=("jobs/",))
    for k in "energy.facility_kwh", "energy.it_kwh", "energy.cooling_kwh", "energy.peak_facility_kw":
        close(f"cords swapped: {k}", base["summary/" + k], other["summary/" + k], 1e-9)


def names_changed(rng, root, base):
    """Ids of everything but job streams and climates, whose names are the keys of their random numbers; the differences
    between GPUs, drawn by the names of their racks, and failures, drawn by the names of what fails, left out. The new names
    sort as the old ones did, since names order rows of equals."""
    root = without(root, "failure", "common-cause")
    text = ET.tostring(root, encoding="unicode")
    old = sorted({e.get("id") for e in root.iter() if e.get("id") and e.tag not in ("jobs", "climate")})
    names = {}
    for rank, name in enumerate(old):
        new = f"x{rank:03d}.{rng.randrange(10**6)}"
        names[name] = new
    for name, new in names.items():
        text = re.sub(rf'\b(id|plant|cdu)="{re.escape(name)}"', rf'\1="{new}"', text)
    text = re.sub(r'\bfeed="([^"]*)"', lambda m: 'feed="' + " ".join(names[x] for x in m[1].split()) + '"', text)
    text = re.sub(r'\b(of|trip)="([a-z][\w-]*)', lambda m: f'{m[1]}="{names[m[2]]}', text)
    same(Run(root, EQUAL_GPUS), Run(text, EQUAL_GPUS), "ids changed")


def units_changed(rng, root, base):
    text = ET.tostring(root, encoding="unicode")
    text = re.sub(r'"(\d+) kW"', lambda m: f'"{m[1]}000 W"' if rng.random() < 0.5 else f'"{int(m[1]) / 1000:.3f} MW"', text)
    text = re.sub(r'"(\d+) h"', lambda m: f'"{int(m[1]) * 60} min"' if rng.random() < 0.5 else f'"{int(m[1]) * 3600} s"', text)
    text = re.sub(r'"(\d+) min"', lambda m: f'"{int(m[1]) * 60} s"', text)
    text = re.sub(r'"(\d+) GB"', lambda m: f'"{m[1]}000 MB"', text)
    text = re.sub(r'"(\d+) USD/m3"', lambda m: f'"{int(m[1])}.0 USD/m3"', text)
    same(base, Run(text), "units changed")


def zeros_added(rng, root, base):
    """A stream that never comes, a size that no job has, definitions that no one refers to."""
    root = copy.deepcopy(root)
    idle = element(find(root, "workload"), "jobs", id="never", rate="0 1/h", median="1 h")
    element(idle, "size", gpus=8, share=1)
    for jobs in root.iter("jobs"):
        if jobs.get("id") != "never":
            element(jobs, "size", gpus=3, share=0)
    element(root, "climate", id="elsewhere", base="singapore")
    element(root, "tariff", id="other", energy="9 USD/kWh")
    same(base, Run(root), "zeros added")


PERIODIC = ("summary/energy.pue_max",)  # the worst record interval, by definition not independent of it


def observers(rng, root, base):
    """Whatever is recorded, the run is the same."""
    summary = {k: v for k, v in base.numbers.items() if k.startswith(("summary/", "audit/", "jobs/", "events/")) and k not in PERIODIC}
    for what, other in (("without series", Run(root, "--no-series")),
                        ("other intervals", Run(changed(root, "record", interval="7 min", rack_interval="11 min"))),
                        ("samples instead of means", Run(changed(root, "record", kind="point", interval="3 min"))),
                        ("full precision", Run(changed(root, "record", precision="full"))),
                        ("four threads", Run(root, "--threads=4"))):
        for k, v in summary.items():
            if k not in other.numbers or np.asarray(other.numbers[k]).tobytes() != np.asarray(v).tobytes():
                raise Broken(f"{what}: {k} is {other.numbers.get(k)!r} instead of {v!r}")


# ---- laws: what must move in one direction, or by a factor ----------------------------------------------------------------

def price_times_four(rng, root, base):
    priced = copy.deepcopy(root)
    tariff = element(priced, "tariff", id="mine-1", energy="0.07 USD/kWh", demand="12 USD/kW")
    element(tariff, "period", name="day", hours="8-20", energy="0.11 USD/kWh", demand="3 USD/kW")
    find(priced, "site").set("tariff", "mine-1")
    dear = copy.deepcopy(priced)
    tariff = [t for t in dear.iter("tariff") if t.get("id") == "mine-1"][0]
    for e in (tariff, tariff[0]):
        for k in "energy", "demand":
            number, unit = e.get(k).split()
            e.set(k, f"{round(float(number) * 4, 6):g} {unit}")
    a, b = Run(priced), Run(dear)
    for k in "cost.energy", "cost.demand":
        close(f"price times four: {k}", 4 * a["summary/" + k], b["summary/" + k], 1e-12)
    same(a, b, "price times four", only=("jobs/", "facility/", "power/", "racks/"))


def better_ups(rng, root, base):
    """Half the losses of every supply: not more energy. Where power or heat limits the clocks, work would move."""
    good = copy.deepcopy(root)
    bad = copy.deepcopy(root)
    for e, scale in [(e, 0.5) for e in good.iter("ups")] + [(e, 1) for e in bad.iter("ups")]:
        e.attrib.pop("base")
        element(e, "loss", a=0.012 * scale, b=0.02 * scale, c=0.03 * scale)
    a, b = Run(bad), Run(good)
    if a.get("summary/thermal.capped_gpu_h") or b.get("summary/thermal.capped_gpu_h") or a["jobs/end_ns"].tobytes() != b["jobs/end_ns"].tobytes():
        raise NoCase
    if not b["summary/energy.facility_kwh"] <= a["summary/energy.facility_kwh"] * (1 + 1e-12):
        raise Broken(f"better supplies: {a['summary/energy.facility_kwh']} kWh becomes {b['summary/energy.facility_kwh']}")


def colder(rng, root, base):
    """Dry and wet bulb lower by a few kelvin in every hour: PUE is not higher."""
    if any(hall.get("outdoor-air") for hall in root.iter("hall")):
        raise NoCase  # cold air may be too dry for the envelope
    offset = float(find(root, "climate").get("offset").split()[0])
    other = Run(changed(root, "climate", offset=f"{offset - rng.choice((2, 5, 9)):g} K"))
    if base["jobs/end_ns"].tobytes() != other["jobs/end_ns"].tobytes() or base.get("summary/thermal.throttled_gpu_h"):
        raise NoCase
    a, b = base["summary/energy.pue"], other["summary/energy.pue"]
    if not b <= a + 1e-12:
        raise Broken(f"colder: PUE {a} becomes {b}")


def no_quota(rng, root, base):
    """A cloud of no GPUs is no cloud; prices of a cloud move no job."""
    burst = root.find("burst")
    if burst is None:
        raise NoCase
    off, empty, local = Run(changed(root, "burst", policy="none")), Run(changed(root, "burst", max_gpus="0")), copy.deepcopy(root)
    local.remove(local.find("burst"))
    cloud = ("summary/burst", "summary/cost.cloud", "summary/cost.egress", "summary/jobs.burst")
    for what, other in (("quota of none", empty), ("no burst element", Run(local))):
        same(off, other, what, skip=cloud)
    if empty.get("summary/burst.gpu_h") or empty.get("summary/cost.cloud") or empty.get("summary/jobs.burst"):
        raise Broken("a cloud of no GPUs runs jobs")
    dear = copy.deepcopy(root)
    if burst.get("pricing") == "on-demand":
        provider = element(dear, "provider", id="dear", egress="5 USD/GB", start="3 min")
        element(provider, "instance", id="p5.48xlarge", device="h100-sxm", gpus=8, on_demand="3000 USD/h")
        plain = copy.deepcopy(dear)
        plain.findall("provider")[-1].set("egress", "0.05 USD/GB")
        plain.findall("provider")[-1][0].set("on-demand", "50 USD/h")
        for r in dear, plain:
            r.find("burst").set("provider", "dear")
        same(Run(dear), Run(plain), "dearer cloud", only=("jobs/", "facility/", "power/"))


def two_sites(rng, root, base):
    """Two equal sites at rest: what is extensive doubles, ratios stay."""
    single = without(root, "workload", "burst", "economics", "failures")
    element(single, "workload")
    double = copy.deepcopy(single)
    twin = copy.deepcopy(double.find("site"))
    for e in twin.iter():
        for k in "id", "feed", "plant", "cdu":
            if e.get(k):
                e.set(k, " ".join("twin-" + x for x in e.get(k).split()))
    double.insert(list(double).index(double.find("site")) + 1, twin)
    a, b = Run(single, EQUAL_GPUS), Run(double, EQUAL_GPUS)
    for k in ("energy.it_kwh", "energy.facility_kwh", "energy.cooling_kwh", "energy.water_m3", "energy.peak_facility_kw", "cost.energy", "cost.demand",
              "cost.fixed", "carbon.location_kg", "gpus.installed", "facility.racks"):
        if "summary/" + k in a.numbers:
            close(f"two sites: {k}", 2 * a["summary/" + k], b["summary/" + k], 1e-12)
    for k in "energy.pue", "energy.wue_l_per_kwh", "cost.energy_per_kwh", "thermal.max_inlet_degc", "thermal.free_cooling_share":
        if "summary/" + k in a.numbers:
            close(f"two sites: {k}", a["summary/" + k], b["summary/" + k], 1e-12)


def weeks_later(rng, root, base):
    """Without weather, whole weeks later is the same: failures, planned work and what they cost too."""
    bare = without(root, "solar", "turbine")
    for e in [e for e in bare.iter("failures")]:
        for child in [c for c in e if "chilled" in (c.get("of", "") + c.get("trip", ""))]:
            e.remove(child)
    for e in bare.iter("row"):
        e.attrib.pop("rear-door", None)
    site = bare.find("site")
    site.attrib.pop("climate")
    site.remove(site.find("cooling"))
    site.set("tariff", "flat-industrial")
    for e in bare.iter():
        if e.get("plant") or e.get("cdu"):
            e.attrib.pop("plant", None), e.attrib.pop("cdu", None)
    for hall in bare.iter("hall"):
        for row in hall:
            row.set("rack", "dgx-h100-air")
    bare.remove(bare.find("climate"))
    find(bare, "horizon").set("start", "2026-01-05T00:00:00Z")
    later = changed(bare, "horizon", start=rng.choice(("2026-02-02T00:00:00Z", "2027-01-04T00:00:00Z", "2024-02-26T00:00:00Z")))
    same(Run(bare), Run(later), "weeks later")


def weeks_later_outdoors(rng, root, base):
    """With weather that repeats every day and a flat tariff, whole weeks later is the same: plant, work, bill."""
    days = [(m, d) for m, n in ((1, 31), (2, 28), (3, 31), (4, 30)) for d in range(1, n + 1)]
    swing, mean, dew = rng.choice((2, 6, 11)), rng.choice((-4, 9, 21, 27)), rng.choice((-12, 3, 12))
    rows = "".join(f"2026-{m:02d}-{d:02d}T{h:02d}:00:00Z,{mean + swing * (1 - abs(h - 15) / 7.5):.3f},{min(dew, mean - swing):.3f}\n"
                   for m, d in days for h in range(24))
    path = os.path.join(folder.name, f"weather-{threading.get_ident()}.csv")
    with open(path, "w") as f:
        f.write("time,dry_bulb_degc,dew_point_degc\n" + rows)
    bare = without(root, "solar")  # the sun is not the same
    climate = find(bare, "climate")
    climate.attrib.clear()
    climate.attrib.update({"id": "here", "csv": os.path.basename(path)})
    find(bare, "site").set("tariff", "flat-industrial")
    find(bare, "horizon").set("start", "2026-01-05T00:00:00Z")
    later = changed(bare, "horizon", start=rng.choice(("2026-02-02T00:00:00Z", "2026-03-02T00:00:00Z", "2026-04-06T00:00:00Z")))
    same(Run(bare), Run(later), "weeks later, outdoors")


def steps_halved(rng, root, base):
    """At rest, the error of a plant step falls with its length: halved, by 2 to the 0.8 at least (order 1). Where a fan
    starts or an economizer opens, the instant is known to a step, and no order is promised."""
    rest = without(root, "workload", "burst", "economics", "failures")
    element(rest, "workload")
    find(rest, "horizon").set("duration", "3 h")
    find(rest, "record").set("interval", "1 min")  # so that starts show
    runs = [Run(changed(rest, "horizon", step=f"{h} s")) for h in (60, 30, 15, 7.5)]
    for k in runs[0].numbers:
        column = runs[0].numbers[k]
        if k.endswith(("lplant_fan_w", "cplant_free_frac", "cplant_evaporation_kg_per_s", "lplant_evaporation_kg_per_s")) and np.any((column.min(axis=0) == 0) & (column.max(axis=0) > 0)):
            raise NoCase
        if k.endswith("free_frac") and np.any((column.max(axis=0) == 1) & (column.min(axis=0) < 1)):
            raise NoCase
    drawn = [run["summary/energy.cooling_kwh"] for run in runs]
    change = [abs(a - b) for a, b in zip(drawn, drawn[1:])]
    for a, b in zip(change, change[1:]):
        if not (a >= 2**0.8 * b or a <= 1e-9 * drawn[-1]):
            raise Broken(f"steps of 60, 30, 15, 7.5 s: cooling takes {drawn} kWh, changes {change}")


def second_law(rng, root, base):
    """Heat goes from warm to cold at every exchanger, in every row: junction, coolant, facility water, outdoor air."""
    run = Run(changed(root, "record", precision="full", interval="5 min", rack_interval="5 min"))
    n = run.numbers
    dry, wet = n["sites/site_dry_bulb_degc"][:, 0], n["sites/site_wet_bulb_degc"][:, 0]
    def above(what, warm, cold):
        bad = np.argwhere(~(warm >= cold - 1e-9))
        if len(bad):
            i = tuple(bad[0])
            raise Broken(f"{what}: {np.asarray(warm)[i]} below {np.broadcast_to(cold, np.shape(warm))[i]} at {list(map(int, i))}")
    on = n["racks/rack_clock_frac"] > 0  # boards that are switched off follow what the rest of their nodes does to the coolant
    on[1:] &= on[:-1].copy()
    above("junction and coolant", np.where(on, n["racks/rack_junction_degc"], np.inf), n["racks/rack_coolant_degc"])
    above("inlet and coolant", n["racks/rack_inlet_degc"] + 1e9 * (n["racks/rack_coolant_degc"] != n["racks/rack_inlet_degc"]), n["racks/rack_coolant_degc"])
    if "halls/hall_return_degc" in n:
        # Where racks are dark the building's warmth is all there is, and bypassing air returns colder than the hall is.
        heat = n["halls/hall_heat_w"]
        warm = heat > 0.5 * heat.max(axis=0)
        warm[1:] &= warm[:-1].copy()
        warm[:-1] &= warm[1:].copy()  # heat is a mean, temperatures are those of the interval's end
        above("return and supply of the air", np.where(warm, n["halls/hall_return_degc"], np.inf), n["halls/zone_temp_degc"])
    cplant, lplant = next((k for k in n if k.endswith("cplant_condenser_degc")), None), next((k for k in n if k.endswith("lplant_supply_degc")), None)
    # Temperatures hold at the interval's end, the outdoor air before: half a kelvin. A loop that starts colder than the
    # air may stay so for a while, but it does not cool further.
    def not_cooled_below(what, water, air):
        falls = np.diff(water, axis=0) < -1e-9
        above(what, np.where(falls, water[1:], np.inf), np.minimum(air[:-1], air[1:])[:, None] - 0.5)
    if cplant:
        not_cooled_below("tower water and wet bulb", n[cplant], wet)
    if lplant:
        least = wet if find(root, "liquid-plant").get("base") == "warm-water-adiabatic" else dry
        not_cooled_below("cooler water and air", n[lplant], least)
        above("water returning and supplied", n[lplant.replace("supply", "return")], n[lplant])
        cdu = [str(name, "utf-8") for name in run.texts["cooling/cdu"]].index("cdu")
        above("coolant and facility water", n["cooling/cdu_supply_degc"][:, cdu], n[lplant].min(axis=1))


def always(rng, root, base):
    """Every book, recomputed from the file; shares between 0 and 1, PUE at least 1, and so on, in every row."""
    exact = Run(changed(root, "record", precision="full", interval="5 min", rack_interval="5 min"), keep=True)
    result = audit_recompute.Result(exact.path)
    try:
        for book in audit_recompute.BOOKS:
            book(result)
    except audit_recompute.Wrong as wrong:
        raise Broken(f"{book.__name__}: {wrong}") from None
    finally:
        result.f.close()
        os.unlink(exact.path)


# ---- laws of queues, on bare pools ---------------------------------------------------------------------------------------

POOL = """<scenario xmlns="urn:datahall:scenario:1" name="pool"><horizon start="2026-01-01T00:00:00Z" duration="1 a" step="1 d"/>
<device id="slot" idle="1 W" tdp="2 W"/><node id="n" device="slot" gpus="{node}"/><rack-type id="rack" node="n" nodes="{nodes}" rated="100 kW"/>
<site id="s"><power><utility id="grid" rated="1 MW"/></power><hall id="h"><row id="p" rack="rack" count="{racks}" feed="grid"/></hall></site>
<workload/><scheduler policy="{policy}" placement="{placement}"/><record series="no"/></scenario>"""


def log(jobs, k=1):
    return "id,submit_s,duration_s,gpus,requested_s\n" + "".join(f"j{i},{k * t},{k * d},{g},{k * q}\n" for i, (t, d, g, q) in enumerate(jobs))


def random_jobs(rng, gpus, n=80):
    at, jobs = 0, []
    for _ in range(n):
        at += rng.choice((0, 1, 7, 60, 300, 1000))
        work = rng.choice((1, 10, 59, 600, 3600, rng.randrange(1, 5000)))
        jobs.append((at, work, rng.choice((1, 1, 2, 4, rng.randrange(1, gpus + 1))), work * rng.choice((1, 1, 2, 5))))
    return jobs


def time_scaled(rng, root, base):
    pool = dict(node=4, nodes=4, racks=2, policy=rng.choice(("fcfs", "sjf", "easy", "easy-sjbf", "conservative", "srtf", "srsf")), placement=rng.choice(("flat", "packed", "rack")))
    jobs, k = random_jobs(rng, 32), rng.choice((2, 3, 10, 60))
    a, b = (Run(POOL.format(**pool), "--until=idle", log=log(jobs, n)) for n in (1, k))
    for column in "start_ns", "end_ns", "gpu_ns":
        if not np.array_equal(a["jobs/" + column] * k, b["jobs/" + column]):
            raise Broken(f"times {k}: {column} under {pool}")
    close(f"times {k}: utilization", a["summary/gpus.utilization"], b["summary/gpus.utilization"], 1e-9)


def more_gpus(rng, root, base):
    """Strict first come, first served: with more GPUs no job ends later. Backfilling promises no such thing (Graham)."""
    jobs = random_jobs(rng, 32)
    a = Run(POOL.format(node=1, nodes=32, racks=1, policy="fcfs", placement="flat"), "--until=idle", log=log(jobs))
    b = Run(POOL.format(node=1, nodes=32 + rng.randrange(1, 20), racks=1, policy="fcfs", placement="flat"), "--until=idle", log=log(jobs))
    if np.any(b["jobs/end_ns"] > a["jobs/end_ns"]):
        raise Broken(f"more GPUs: job {int(np.argmax(b['jobs/end_ns'] > a['jobs/end_ns']))} ends later")


def failures_off(rng, root, base):
    """What never fails is as if it could not; what is repaired in no time is always there."""
    plain = without(root, "failures")
    never = copy.deepcopy(plain)
    plan = element(never, "failures")  # no checkpoints: a breaker that trips would cost less work
    row = find(root, "row").get("id")
    for of in "grid", "ups", "bus", "chilled", "chilled/chiller", "chilled/tower", f"{row}/node", f"{row}/gpu", f"{row}-001":
        element(plan, "failure", of=of, rate="0 1/h", mttr="5 h")
    element(plan, "common-cause", of="grid ups", rate="0 1/h", mttr="5 h")
    element(plan, "maintenance", of="ups", every="1000 h", for_="1 h", human_error=1)
    a, b = Run(plain), Run(never)
    same(a, b, "what never fails", skip=("summary/failures", "summary/causes.", "summary/gpus.", "summary/constraints"))
    causes = {k: np.asarray(v).item().decode() for k, v in b.texts.items() if re.fullmatch(r"summary/causes\.\d+\.name", k)}
    if set(causes.values()) - {"else"}:  # breakers that trip, heat
        raise Broken(f"what never fails takes from jobs: {causes}")
    for k in a.numbers:
        if k.startswith("summary/gpus.") and a[k] != b[k]:
            raise Broken(f"what never fails: {k} is {b[k]!r} instead of {a[k]!r}")
    if a.get("summary/gpus.availability", 1) != 1:  # breakers that trip, heat
        return
    if b["summary/gpus.availability"] != 1 or b["summary/failures.units"] != 0:
        raise Broken(f"what never fails: availability {b['summary/gpus.availability']!r}")
    mended = copy.deepcopy(plain)
    element(element(mended, "failures"), "failure", of=f"{row}/node", mtbf="5 h", mttr="0 s", repair="fixed")
    c = Run(mended)
    if c["summary/gpus.availability"] != 1 or not c["summary/failures.units"]:
        raise Broken(f"mended in no time: availability {c['summary/gpus.availability']!r} after {c['summary/failures.units']!r} failures")


def better_plant(rng, root, base):
    """Better fans and pumps in the plant: not more energy, while the same work is done at the same times. Better chillers
    promise none where the economizer does much: their tower is sized for less heat."""
    for what, tag, change in (("air handlers", "hall", {"fan_efficiency": 0.9}), ("pumps", "chiller-plant", {"pump_efficiency": 0.9}),
                              ("tower fans", "chiller-plant", {"tower_fan": 0.005}), ("cooler fans", "liquid-plant", {"fan": 0.02})):
        if root.find(f".//{tag}") is None:
            continue
        other = Run(changed(root, tag, **change))
        if base["jobs/end_ns"].tobytes() != other["jobs/end_ns"].tobytes() or base.get("summary/thermal.throttled_gpu_h"):
            raise NoCase
        if not other["summary/energy.cooling_kwh"] <= base["summary/energy.cooling_kwh"] * (1 + 1e-12):
            raise Broken(f"better {what}: {base['summary/energy.cooling_kwh']} kWh of cooling becomes {other['summary/energy.cooling_kwh']}")


def more_power(rng, root, base):
    """Strict first come, first served on a site whose power holds back starts: with a higher rating no job ends later."""
    jobs, low = random_jobs(rng, 32), rng.randrange(40, 64)
    pool = POOL.format(node=1, nodes=32, racks=1, policy="fcfs", placement="flat")
    a, b = (Run(pool.replace('rated="1 MW"', f'rated="{w} W"'), "--until=idle", log=log(jobs)) for w in (low, low + rng.randrange(1, 12)))
    ends = np.where(a["jobs/end_ns"] == np.iinfo(np.int64).min, np.iinfo(np.int64).max, a["jobs/end_ns"])  # never: too large for the rating
    if np.any(b["jobs/end_ns"] > ends):
        raise Broken(f"more power: job {int(np.argmax(b['jobs/end_ns'] > ends))} ends later")
    if np.all(ends == b["jobs/end_ns"]):
        raise NoCase


LAWS = (attributes_permuted, elements_permuted, cords_swapped, names_changed, units_changed, zeros_added, observers, price_times_four, better_ups, colder,
        no_quota, two_sites, weeks_later, weeks_later_outdoors, steps_halved, second_law, always, time_scaled, more_gpus,
        failures_off, better_plant, more_power)


def trial(seed, laws=None):
    """Results of these laws (of all; quick: of half) on one scenario: None where it holds, False where it says nothing, or
    what is broken."""
    root = scenario(random.Random(seed))
    try:
        base = Run(root)
    except Exception as error:
        return {"runs": f"seed {seed}: {error}"}
    results = {}
    for law in laws or [law for number, law in enumerate(LAWS) if not (quick and (seed + number) % 2)]:
        try:
            law(random.Random(f"{seed} {law.__name__}"), root, base)
            results[law.__name__] = None
        except Broken as broken:
            results[law.__name__] = f"seed {seed}: {broken}"
        except NoCase:
            results[law.__name__] = False
        except Exception as error:  # the test's own mistake, or a result without what a law reads
            results[law.__name__] = f"seed {seed}: {type(error).__name__}: {error}"
    return results


if os.environ.get("SHOW"):
    print(ET.tostring(scenario(random.Random(first)), encoding="unicode").replace("><", ">\n<"))
    sys.exit()
with concurrent.futures.ThreadPoolExecutor(2) as workers:
    trials = list(workers.map(trial, range(first, first + count)))
# A law that none of them says anything about is asked of further ones.
for seed in range(first + count, first + count + 100):
    silent = [law for law in LAWS if not any(t.get(law.__name__, False) is None for t in trials)]
    if not silent or any(t.get(law.__name__) for law in silent for t in trials):
        break
    trials.append(trial(seed, silent))
count = len(trials)
broken = [t["runs"] for t in trials if "runs" in t]
print(f"{'not ok' if broken else 'ok'} - random scenarios run: {count - len(broken)} of {count}" + "".join("\n# " + b for b in broken[:5]))
for law in LAWS:
    outcomes = [t[law.__name__] for t in trials if law.__name__ in t]
    broken, none = [o for o in outcomes if o], sum(o is False for o in outcomes)
    held = len(outcomes) - len(broken) - none
    print(f"{'not ok' if broken or not held else 'ok'} - {law.__name__.replace('_', ' ')}: {held} of {len(outcomes)} hold, {none} not concerned"
          + "".join("\n# " + b for b in broken[:5]))
