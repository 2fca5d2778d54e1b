#!/usr/bin/python3
"""What is done in a run at given times (--events with a column do, <event do=>), each deed against a calculation by hand:
actions.py BUILD. Prints TAP. Deeds that come from another thread: tests/unit/actions.c."""
import csv, hashlib, os, signal, subprocess, sys, tempfile, time

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
tests = 0
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)

HALL = """<scenario xmlns="urn:datahall:scenario:1" name="hall" seed="1">
  <import href="catalog:racks.xml"/><import href="catalog:power.xml"/><import href="catalog:plants.xml"/>
  <import href="catalog:climates.xml"/><import href="catalog:clouds.xml"/>
  <horizon start="2026-07-01T00:00:00Z" duration="1 d"/>
  <site id="s" climate="ashburn">
    <power>
      <utility id="grid" rated="900 kW"/>
      <ups id="ups" base="ups-double-conversion" feed="grid" rated="200 kW" count="3"><ups-battery energy="6 kWh" c-rate="30"/></ups>
    </power>
    <cooling>
      <chiller-plant id="chilled" base="chiller-tower-economizer" feed="grid" capacity="450 kW" chillers="2" supply="16 degC"
                     economizer="no"/>
    </cooling>
    <hall id="hall" plant="chilled" supply="22 degC"><row id="r" rack="dgx-h100-air" count="8" feed="ups"/></hall>
  </site>
  %s
  <record interval="1 min" rack-interval="1 min" precision="full"/>
</scenario>
"""
# 64 GPUs of four hours, one an hour: all 256 GPUs are busy from the fourth hour on, and nobody ever waits.
FULL = """<workload><jobs id="j" kind="training" arrival="regular" rate="1 1/h" duration="constant" mean="4 h">
  <size gpus="64" share="1"/></jobs></workload><scheduler policy="fcfs" placement="packed"/>"""
# One an hour too many: they queue, and leave for the cloud after four hours.
CROWD = """<workload><jobs id="j" kind="training" arrival="regular" rate="2 1/h" duration="constant" mean="4 h">
  <size gpus="64" share="1"/></jobs></workload><scheduler policy="fcfs" placement="packed"/>
  <burst provider="aws-us-east-1" instance="p5.48xlarge" threshold="4 h"/>"""
# Eight GPUs every ten minutes for half an hour: three nodes of 32 are busy.
FEW = """<workload><jobs id="j" kind="training" arrival="regular" rate="6 1/h" duration="constant" mean="90 min">
  <size gpus="8" share="1"/></jobs></workload><scheduler policy="fcfs" placement="packed"/>"""


def ok(good, name, detail=""):
    global tests
    tests += 1
    print(("ok" if good else "not ok"), tests, "-", name)
    if not good and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


def call(*args, status=0):
    run = subprocess.run([datahall, *args], capture_output=True, text=True)
    if run.returncode != status:
        print("# status", run.returncode, "instead of", status, args, run.stderr[:600].replace("\n", "\n# "))
    return run


def write(name, text):
    with open(name, "w") as f:
        f.write(text)
    return name


def events_file(*rows):
    return write("e.csv", "at,do,what,value,for\n" + "".join(r + "\n" for r in rows))


class Run:
    def __init__(self, work, *rows, until="12 h", out="o.h5", scenario=None):
        scenario = scenario or write("s.xml", HALL % work)
        more = ("--events", events_file(*rows)) if rows else ()
        call("run", scenario, "-q", "--until", until, "-o", out, *more)
        self.out = out

    def table(self, name):
        return list(csv.DictReader(call("export", self.out, name).stdout.splitlines()))

    def events(self, *kinds):
        return [(float(e["time_s"]), e["kind"], e["name"], float(e["value"] or "nan")) for e in self.table("events") if e["kind"] in kinds]

    def series(self, column, label=None, name=None):
        """Value of a column by the start of its interval."""
        key = column.split("/")[-1]
        return {float(r["time_s"]): float(r[key]) for r in self.table(column) if not label or r[label] == name}


def sha(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


H = 3600

# ---- equipment
r = Run(FULL, "6 h,trip,grid,,")
begin, dark = r.events("battery_begin"), r.events("rack_dark")
load = sum(r.series("/facility/it_power_w")[6 * H + t] for t in (0, 60, 120)) / 3  # fans of the nodes turn faster and faster
lasts = 0.96 * begin[0][3] / load  # with the inverter's efficiency
ok(begin[0][0] == 6 * H and len(dark) == 8 and abs(dark[0][0] - 6 * H - lasts) < 0.06 * lasts,
   "the utility trips: racks go dark when the energy in the UPS is used up at its load", (begin, dark[:1], load, lasts))
r = Run(FULL, "6 h,trip,grid,,", "6.01 h,restore,grid,,")
ok(not r.events("rack_dark") and [e[1:] for e in r.events("put_back")] == [("put_back", "grid", 1.0)] and r.events("battery_end"),
   "put back after 36 s: no rack goes dark", r.events("rack_dark", "put_back"))
r = Run(FULL, "6 h,trip,ups:2,,", "7 h,restore,ups:1,,", "8 h,restore,ups,,", "9 h,restore,ups,,")
ok([e[3] for e in r.events("put_back")] == [1, 1, 0], "of two that tripped one, then the other is put back, then none", r.events("put_back"))
r = Run(FULL, "6 h,trip,chilled/chiller:1,,2 h", "7 h,restore,chilled,,")
ok(len(r.events("trip")) == 1 and [e[0] for e in r.events("put_back")] == [7 * H] and not r.events("trip_end"),
   "what was put back by hand does not come back a second time", r.events("trip", "put_back", "trip_end"))

# Each kind of equipment, for half an hour: what it leads to, in whichever column shows it; then it is as before.
parts = [("hall/air-handler", "/halls/zone_temp_degc", "hall", "hall", 3), ("cdu/pump", "/racks/rack_junction_degc", "rack", "l-001", 3),
         ("warm/cooler", "/cooling/lplant_supply_degc", "liquid_plant", "warm", 3), ("warm/pump", "/cooling/cdu_supply_degc", "cdu", "cdu", 3),
         ("chilled/chiller", "/cooling/cplant_supply_degc", "chiller_plant", "chilled", 3),
         ("chilled/tower", "/cooling/cplant_condenser_degc", "chiller_plant", "chilled", 1),
         ("chilled/chilled-pump", "/halls/zone_temp_degc", "hall", "hall", 1), ("ups", "/racks/rack_power_w", "rack", "l-001", None)]
rows = [f"{6 + 5 * i} h,trip,{part[0]},,30 min" for i, part in enumerate(parts)]
r = Run(None, *rows, scenario=f"{examples}/hot-weather.xml", until="2 d")
wrong, trips, ends = [], r.events("trip"), r.events("trip_end")
for i, (part, column, label, name, rise) in enumerate(parts):
    at, series = (6 + 5 * i) * H, r.series(column, label, name)
    before = [v for t, v in series.items() if at - H <= t < at - 900]
    during = [v for t, v in series.items() if at <= t <= at + 2700]
    good = min(during) < 1 if rise is None else max(during) > max(before) + rise
    if not good or not any(t == at and n.startswith(part.split("/")[0]) for t, _, n, _ in trips) or not any(t == at + 1800 for t, *_ in ends):
        wrong.append((part, before[-1:], min(during), max(during)))
ok(not wrong and len(trips) == len(ends) == len(parts), "air handlers, pumps, coolers, chillers, towers and a UPS: without them it gets warmer, or dark", (wrong, trips))

# ---- set-points
r = Run(FULL, "6 h,set,hall/supply,24 degC,2 h")
inlet = r.series("/halls/hall_inlet_degc", "hall", "hall") if "hall_inlet_degc" in call("info", r.out).stdout else None
inlet = inlet or r.series("/racks/rack_inlet_degc", "rack", "r-001")
ok(abs(inlet[8 * H - 120] - inlet[6 * H - 120] - 2) < 0.02 and abs(inlet[10 * H] - inlet[6 * H - 120]) < 0.02,
   "supply air 2 K warmer for two hours: so is the air at the racks", (inlet[6 * H - 120], inlet[8 * H - 120], inlet[10 * H]))
r = Run(FULL, "6 h,set,chilled/supply,14 degC,")
water = r.series("/cooling/cplant_supply_degc", "chiller_plant", "chilled")
ok(abs(water[6 * H - 120] - 16) < 0.1 and abs(water[8 * H] - 14) < 0.1, "chilled water is made at its new set-point", (water[6 * H - 120], water[8 * H]))

# ---- caps
r = Run(FULL, "6.5 h,set,s/cap,260 kW,2 h")
watts, clock = r.series("/facility/facility_power_w"), r.series("/racks/rack_clock_frac", "rack", "r-001")
ok(watts[6.4 * H] > 290e3 and max(watts[6.5 * H + 600 + 60 * i] for i in range(100)) < 260e3 and clock[6.6 * H] < 0.99 and clock[6.4 * H] == 1 and
   watts[11.5 * H] > 290e3 and clock[11.5 * H] == 1, "a cap of the site: clocks fall until its power keeps it, and rise again",
   (watts[6.4 * H], watts[7 * H], clock[6.6 * H], watts[11.5 * H]))
r = Run(FULL, "6 h,set,ups/cap,220 kW,")
it = r.series("/facility/it_power_w")
ok(it[6 * H - 60] > 245e3 and max(it[6 * H + 600 + 60 * i] for i in range(200)) < 220e3, "a cap of a stage holds what it feeds", (it[6 * H - 60], it[8 * H]))
r = Run(FULL, "6 h,set,r-001/gpu-cap,400 W,")
one, two = (r.series("/racks/rack_power_w", "rack", name) for name in ("r-001", "r-002"))
less = (one[6 * H - 120] - one[7 * H]) / 32
fans = (two[6 * H - 120] - two[7 * H]) / 32
ok(230 < less - fans < 1.12 * 230, "GPUs that train at 630 W and may draw 400 W draw 230 W less each, and fans and power supplies a tenth of that", (less, fans))
ends = {j["id"]: float(j["end_s"]) - float(j["start_s"]) for j in r.table("jobs") if j["state"] == "done"}
ok(max(ends.values()) > 4 * H + 60, "and their jobs take longer", ends)

bare = """<scenario xmlns="urn:datahall:scenario:1" name="bare" seed="1"><import href="catalog:racks.xml"/><horizon start="2026-07-01" duration="1 d"/>
  <site id="s"><power><utility id="grid" rated="900 kW"/></power><hall id="hall"><row id="r" rack="dgx-h100-air" count="8" feed="grid"/></hall></site>
  %s<record interval="1 min" rack-interval="1 min" precision="full"/></scenario>""" % FULL
r = Run(FULL, "6.5 h,set,s/cap,200 kW,", scenario=write("bare.xml", bare))
audit = [float(x["value"]) for x in r.table("summary") if x["key"] in ("audit.heat", "audit.energy", "audit.gpu_hours")]
clock = r.series("/racks/rack_clock_frac", "rack", "r-001")
ok(len(audit) == 3 and max(audit) < 1e-9 and clock[6.6 * H] < 0.99 and clock[6.4 * H] == 1, "without a plant clocks fall for a cap, too, and the books close", (audit, clock[6.6 * H]))

# ---- nodes
r = Run(FEW, "2 h,drain,r-001,,", "6 h,undrain,r-001,,")
placed = [(float(j["start_s"]), float(j["end_s"] or "nan"), {int(p.split(":")[0].split("-")[0]) for p in j["placement"].split("|") if p})
          for j in r.table("jobs") if j["start_s"]]
there = {0, 1, 2, 3}
ok(any(s < 2 * H < e and n & there for s, e, n in placed) and not any(2 * H <= s < 6 * H and n & there for s, e, n in placed) and
   any(s >= 6 * H and n & there for s, e, n in placed) and all(abs(e - s - 5400) < 1e-6 for s, e, n in placed if e == e),
   "a drained rack takes no job, those that run there end, and afterwards it takes some again", placed)
down = {t: v for t, v in r.series("/racks/rack_gpus_busy", "rack", "r-001").items()}
ok(down[4 * H] == 0 and down[H] > 0, "its GPUs are idle once they have ended", (down[H], down[4 * H]))

# ---- work
r = Run(FEW, "3 h,inject,mine,128,2 h", "3 h,inject,,8,1 h")
mine = [j for j in r.table("jobs") if j["id"] in ("mine", "injected-2")]
plain = Run(FEW, out="p.h5")
ok([(j["gpus"], float(j["submit_s"]), float(j["end_s"])) for j in mine] == [("128", 3 * H, 5 * H), ("8", 3 * H, 4 * H)] and
   len(r.table("jobs")) == len(plain.table("jobs")) + 2, "two jobs more, of so many GPUs, for so long", mine)
r = Run(CROWD, "8 h,set,burst/threshold,30 min,", until="16 h")
left = r.events("burst")
plain = Run(CROWD, until="16 h", out="p.h5")
submit = {j["id"]: float(j["submit_s"]) for j in r.table("jobs")}
wait = {name: t - submit[name] for t, _, name, _ in left}
ok(left and min(t for t, *_ in left) >= 6 * H - 1 and sum(t == 8 * H for t, *_ in left) >= 3 and
   all(abs(w - 1800) < 1 for n, w in wait.items() if submit[n] >= 8 * H) and len(left) > len(plain.events("burst")),
   "with a shorter wait those who have waited longer leave at once, and the others after it", (left, wait))

# ---- several on the same thing: the last that is not over
rows = ["1 h,set,s/cap,500 kW,1 h", "1.5 h,set,s/cap,400 kW,", "3 h,set,s/cap,300 kW,2 h", "4 h,set,s/cap,350 kW,30 min", "8 h,set,s/cap,none,"]
r = Run(FEW, *rows)
caps = [(t / H, v if v == v else "none") for t, _, _, v in r.events("set_cap")]
ok(caps == [(1, 500e3), (1.5, 400e3), (3, 300e3), (4, 350e3), (4.5, 300e3), (5, 400e3), (8, "none")],
   "a cap that ends leaves a later one as it is, and gives way to the one before it", caps)
r = Run(FEW, "1 h,set,r/gpu-cap,500 W,2 h", "2 h,set,r-003/gpu-cap,400 W,", "4 h,set,hall/supply,24 degC,1 h", "4.5 h,set,hall/supply,25 degC,1 h")
caps = {(t / H, name): v for t, _, name, v in r.events("set_gpu_cap")}
ok(len(caps) == 16 and caps[2, "r-003"] == 400 and (3, "r-003") not in caps and all(caps[3, f"r-00{i}"] != caps[3, f"r-00{i}"] for i in (1, 2, 4, 8)),
   "a row's cap that ends leaves the rack with one of its own", caps)
supply = [(t / H, v) for t, _, _, v in r.events("set_supply")]
ok(supply == [(4, 24), (4.5, 25), (5.5, 22)], "where both have an end it is at the last as before the first", supply)
rows = ["1 h,drain,r-001,,1 h", "1.5 h,drain,r-001/node#2,,", "3 h,drain,r-001,,1 h", "5 h,undrain,r-001,,", "6 h,drain,r-002,,2 h", "7 h,undrain,r-002,,"]
r = Run(FEW, *rows)
nodes = [(t / H, kind, name, v) for t, kind, name, v in r.events("drain", "undrain")]
ok(nodes == [(1, "drain", "r-001", 4), (1.5, "drain", "r-001", 0), (2, "undrain", "r-001", 1), (2, "undrain", "r-001", 2), (3, "drain", "r-001", 3),
             (4, "undrain", "r-001", 1), (4, "undrain", "r-001", 2), (5, "undrain", "r-001", 1), (6, "drain", "r-002", 4), (7, "undrain", "r-002", 4)],
   "a drain that ends leaves the nodes drained that somebody drained for good", nodes)
call("run", "s.xml", "-q", "--until", "12 h", "--events", write("over.csv", call("export", r.out, "actions").stdout), "-o", "again.h5")
ok(sha("again.h5") == sha(r.out), "and done again gives the same bytes")

# ---- the same again
rows = ["1 h,set,hall/supply,24 degC,", "2 h,trip,ups:1,,10 min", "3 h,drain,r-003/node#2,,1 h", "3 h,inject,,64,30 min", "14400.000000001 s,set,s/cap,280 kW,",
        "5 h,trip,chilled,,", "5.05 h,restore,chilled,,", "6 h,set,s/cap,none,"]
r = Run(CROWD, *rows)
first = sha(r.out)
told = call("export", r.out, "actions").stdout
ok(told == "at,do,what,value,for\n" + "".join(x + "\n" for x in rows), "what was done is told as it was said", told)
write("again.csv", told)
call("run", "s.xml", "-q", "--until", "12 h", "--events", "again.csv", "-o", "again.h5")
ok(sha("again.h5") == first, "and done again gives the same bytes")
shuffled = write("e2.csv", "at,do,what,value,for\n" + "".join(x + "\n" for x in rows[4:] + rows[:4]))
call("run", "s.xml", "-q", "--until", "12 h", "--events", shuffled, "-o", "again.h5")
ok(sha("again.h5") == first, "the order of a file matters within an instant alone")
own = HALL.replace("<record", "<failures>" + "".join(
    '<event at="%s" do="%s" what="%s"%s%s/>' % (a, d, w, f' value="{v}"' if v else "", f' for="{f}"' if f else "")
    for a, d, w, v, f in (x.split(",") for x in rows)) + "</failures><record")
write("own.xml", own % CROWD)
o = Run(CROWD, scenario="own.xml", out="own.h5")
ok(o.table("events") == r.table("events") and o.table("actions") == [], "events of the scenario itself do the same, and are told by the scenario")
call("run", "s.xml", "-q", "--until", "12 h", "--events", write("old.csv", "at,trip,for\n2 h,ups:1,10 min\n"), "-o", "old.h5")
call("run", "s.xml", "-q", "--until", "12 h", "--trip", "ups:1@2 h:10 min", "-o", "trip.h5")
ok(sha("old.h5") == sha("trip.h5"), "files of trips alone are read as ever")
ok(call("export", "trip.h5", "actions").stdout == "at,do,what,value,for\n", "a run in which nothing was done by hand has a table without rows")

# ---- a run that is killed has told what was done in it
write("s.xml", HALL % FEW)
rows = ["1 h,set,hall/supply,24 degC,", "2 h,trip,ups:1,,10 min", "3 h,drain,r-003,,", "4 h,inject,mine,64,30 min"]
late = "2000 d,undrain,r-003,,"
run = subprocess.Popen([datahall, "run", "s.xml", "-q", "--until", "3000 d", "--events", events_file(*rows, late), "-o", "k.h5"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
told, until = "", time.time() + 60
while told.count("\n") <= len(rows) and time.time() < until:
    time.sleep(0.02)
    told = subprocess.run([datahall, "export", "k.h5.part", "actions"], capture_output=True, text=True).stdout
run.send_signal(signal.SIGKILL)
run.wait()
ok(told == "at,do,what,value,for\n" + "".join(x + "\n" for x in rows), "while a run goes on its file tells what was done so far", told)
call("recover", "k.h5.part", "-o", "k.h5")
r = call("export", "k.h5", "actions").stdout
ok(r == told, "after kill -9 recover brings it back", r)
ok("/running\n" not in call("info", "k.h5").stdout and "/actions\n" in call("info", "k.h5").stdout, "as /actions, like that of a run that ended")
write("k.csv", r)
one = Run(FEW, *rows, out="one.h5")
call("run", "s.xml", "-q", "--until", "12 h", "--events", "k.csv", "-o", "two.h5")
ok(sha("one.h5") == sha("two.h5"), "and it is done again to the byte")
ok("/running\n" not in call("info", "one.h5").stdout, "a result that is whole has no list of its way there")

# ---- what makes no sense
write("s.xml", HALL % CROWD)
for row, says in (("1 h,explode,ups,,", "trip, restore, set"), ("1 h,set,hall/suply,24 degC,", "did you mean 'hall/supply'?"),
                  ("1 h,set,hall/supply,24 kW,", "degC"), ("1 h,set,hall/supply,99 degC,", "5 degC"), ("1 h,trip,upps,,", "did you mean 'ups'?"),
                  ("soon,trip,ups,,", "2026-07-14"), ("1 h,drain,r-099,,", "r-0"), ("1 h,inject,,9999,1 h", "from 1"), ("1 h,inject,,8,", "for="),
                  ("1 h,restore,ups,,1 h", "leave it out"), (",trip,ups,,", "3 h")):
    err = call("run", "s.xml", "-q", "--no-output", "--events", events_file("0 s,drain,r-001,,", row), status=65).stderr
    ok(err.count("error:") == 1 and "e.csv:3" in err and "hint:" in err and says in err, f"refused with its place and a hint: {row}", err)
for event, says in (('at="1 h"', "trip="), ('at="1 h" trip="ups" do="trip" what="ups"', "trip="), ('at="1 h" do="set" what="hall/supply"', "value="),
                    ('at="1 h" do="fly" what="ups"', "drain")):
    write("bad.xml", (HALL % CROWD).replace("<record", f"<failures><event {event}/></failures><record"))
    err = call("run", "bad.xml", "-q", "--no-output", status=65).stderr
    ok(err.count("error:") == 1 and "bad.xml:" in err and says in err, f"refused in a scenario: {event}", err)
err = call("run", "s.xml", "--no-output", "--until", "2 h", "--events", events_file("3 h,trip,ups,,")).stderr
ok("is not done at 3 h" in err, "a deed after the end is a warning", err)
print(f"1..{tests}")
