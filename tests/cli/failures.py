#!/usr/bin/python3
"""Failures, trips and their reports by the command line: failures.py BUILD. Prints TAP."""
import csv, json, os, re, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
hall = os.path.join(examples, "small-hall.xml")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def call(*args, status=0):
    run = subprocess.run([datahall, *args], capture_output=True, text=True)
    if run.returncode != status:
        print("# status", run.returncode, "instead of", status, args, run.stderr[:600].replace("\n", "\n# "))
    return run


def run(scenario, *args):
    out = call("run", scenario, "--no-output", "--json", "-q", *args)
    return json.loads(out.stdout) if out.stdout else {}


def export(result, table):
    return list(csv.DictReader(call("export", result, table).stdout.splitlines()))


# ---- trips
one_day = ("--until", "1 d")
s = run(hall, *one_day, "--trip", "ups@6 h:1 h")
b = s["blast"][0]
ok(b["racks_dark"] == 8 and b["dark_s"] == 0 and b["over_s"] == 3600 and b["down_gpu_h"] == 256
   and b["lost_power"].startswith("ups, bus"), "all of a UPS for an hour: eight racks dark, 256 GPU hours down", b)
ok(abs(b["lost_gpu_h"] - b["lost_work_gpu_h"] - 256) < 1e-9 and
   abs(b["lost_usd"] - b["lost_gpu_h"] * s["cost"]["per_gpu_hour_available"]) < 1e-6, "dollars are GPU hours times their cost", b)
ok(s["audit"]["gpu_hours"] == 0 and s["audit"]["energy"] <= 1e-9 and abs(s["gpus"]["availability"] - (1 - 256 / (256 * 24))) < 1e-12,
   "books close, availability is 23 of 24 hours", s["gpus"])
b = run(hall, *one_day, "--trip", "ups:1@6 h:1 h")["blast"][0]
ok(b["lost_power"] == b["lost_cooling_power"] == b["overloaded"] == "nothing" and b["jobs_killed"] == 0 and b["lost_gpu_h"] == 0,
   "one of three UPS modules: nothing happens, and that is said", b)
b = run(hall, *one_day, "--trip", "bus:1@6 h")["blast"][0]
ok(b["overloaded"] == "bus" and "for_s" not in b and "over_s" not in b, "half of the busways, for good: the other is overloaded", b)
b = run(hall, *one_day, "--trip", "chilled@6 h:1 h")["blast"][0]
ok(b["throttle_s"] < b["shutdown_s"] and b["racks_shut_down"] == 8 and b["jobs_killed"] > 0 and b["lost_power"] == "nothing",
   "no chilled water: throttling, then shutdown, without loss of power", b)
b = run(hall, *one_day, "--trip", "r/gpu:3@6 h:1 h")["blast"][0]
ok(b["down_gpu_h"] == 8, "three GPUs of a node take the node out", b)
both = run(hall, *one_day, "--trip", "r-001@2026-07-01T06:00:1 h", "--trip", "r-002/node@9 h:1 h")["blast"]
ok([x["at"][11:16] for x in both] == ["06:00", "09:00"] and [x["trip"] for x in both] == ["r-001", "r-002/node"], "instants and durations, in order of time", both)

# A pass after each event, as some schedulers do: what the node loses is not put back on it while it goes down.
open("at-once.xml", "w").write(open(hall).read().replace("</workload>", "</workload><scheduler pass='event'/>"))
at_once = subprocess.run([datahall, "run", "at-once.xml", "--no-output", "--json", "-q", *one_day, "--trip", "r/node:8@6 h:1 h"],
                         capture_output=True, text=True, timeout=60)
b = json.loads(at_once.stdout or "{}").get("blast", [{}])[0]
ok(at_once.returncode == 0 and b.get("jobs_killed", 0) > 0 and b.get("down_gpu_h") == 64, "with a pass after each event, too", at_once.stderr or b)

# Windows and mistakes that would end beyond the last instant that can be told (292 years) do not end.
open("late.xml", "w").write(open(hall).read().replace("</workload>", "</workload><failures>"
    "<maintenance of='chilled/tower' first='1 h' every='317 a' for='300 a' human-error='1' error-for='317 a'/></failures>"))
s = run("late.xml", *one_day)
ok(s.get("audit", {}).get("energy", 1) <= 1e-9, "a window of 300 years begins", s.get("audit"))

# ---- the same from a file, from the scenario, and again
with open("events.csv", "w") as f:
    f.write("# what if\nat,trip,for\n6 h,ups,1 h\n2026-07-01T12:00,chilled/chiller:1,30 min\n")
with_file = run(hall, *one_day, "--events", "events.csv")
with_trips = run(hall, *one_day, "--trip", "ups@6 h:1 h", "--trip", "chilled/chiller:1@2026-07-01T12:00:30 min")
for x in (with_file, with_trips):
    x.pop("performance")
ok(with_file == with_trips, "--events is --trip from a file")
call("run", hall, *one_day, "--trip", "ups@6 h:1 h", "-o", "a.h5", "-q")
open("again.xml", "w").write(call("export", "a.h5", "scenario").stdout)
ok("<event" in open("again.xml").read(), "trips are in the effective scenario")
call("run", "again.xml", "-o", "b.h5", "-q")
ok(all(call("export", "a.h5", t).stdout == call("export", "b.h5", t).stdout for t in ("jobs", "/events", "/facility", "/racks")),
   "which repeats them to the byte")
report = call("report", "a.h5").stdout
ok("WHAT IF ups FAILS" in report and re.search(r"racks dark +8\n", report) and re.search("first rack switched off by heat +did not happen", report),
   "the report says what followed, and what did not", report)

events = export("a.h5", "/events")
ok(["trip", "stage_dead", "stage_dead"] == [r["kind"] for r in events][:3] and [r["name"] for r in events][:3] == ["ups", "ups", "bus"]
   and {r["name"] for r in events if r["kind"] == "rack_dark"} == {f"r-00{i}" for i in range(1, 9)}, "events are exported in words, with names", events[:4])
call("run", hall, *one_day, "--trip", "bus:1@6 h:1 h", "--trip", "chilled@12 h:30 min", "-o", "c.h5", "-q")
told = [(float(r["time_s"]) / 3600, r["kind"], r["name"]) for r in export("c.h5", "/events")]
ok((6, "overload_begin", "bus") in told and any(6 < t <= 7 and k == "overload_end" and n == "bus" for t, k, n in told), "a stage above its rating is told, and when it no longer is", told)
warm = {(k, n): t for t, k, n in told if k.startswith("cooling_")}
ok(12 < warm["cooling_short", "hall"] < 12.1 and 12.5 < warm["cooling_met", "hall"] < 15 and
   ("cooling_dead", "hall") not in warm, "a hall that its plant leaves too warm is told, and when it no longer is: its mass stays warm longer", warm)

# Names of what trips at one instant are joined only as far as anybody shows them: all of 50,000 took 9 GB.
open("events.csv", "w").write("at,trip,for\n" + "1 h,ups:1,1 s\n" * 2000)
b = run(hall, "--until", "2 h", "--events", "events.csv")["blast"]
ok(len(b) == 1 and b[0]["units"] == 2000 and len(b[0]["trip"]) < 400, "two thousand trips at one instant", [len(x["trip"]) for x in b])

# ---- mistakes
for rows, says, name in [("1 h,ups\n" * 100001, "events.csv:100002:5: error: more than 100000 events", "too many events in a file"),
                         ("1 h,\n", "events.csv:2:", "an event of nothing in a file"), ("1 h," + "x" * 600 + "\n", "events.csv:2:5: error: an event says", "a long one")]:
    open("events.csv", "w").write("at,trip\n" + rows)
    run_ = subprocess.run([datahall, "run", hall, "--no-output", "-q", *one_day, "--events", "events.csv"], capture_output=True, text=True)
    ok(run_.returncode == 65 and says in run_.stderr and run_.stderr.count("error:") == 1, name, run_.stderr)
for args, status, says, name in [
    (["--trip", "upps@6 h"], 65, "did you mean 'ups'", "an unknown name, with what was meant"),
    (["--trip", "chilled/chillers@6 h"], 65, "did you mean 'chilled/chiller'", "an unknown part"),
    (["--trip", "ups:9@6 h"], 65, "there are 3", "more units than there are"),
    (["--trip", "chilled:1@6 h"], 65, "several parts", "a number of a plant's parts"),
    (["--trip", "ups@soon"], 2, "ID@TIME", "a time that is none"),
    (["--trip", "ups"], 2, "ID@TIME", "no time"),
    (["--trip", "ups@2020-01-01"], 65, "starts later", "a time before the start"),
    (["--events", "none.csv"], 66, "none.csv", "a file that is not there"),
]:
    r = call("run", hall, "--no-output", *args, status=status)
    ok(r.returncode == status and says in r.stderr, name, r.stderr)

two = os.path.join(os.path.dirname(hall), "two-cords.xml")
page = call("run", two, "--no-output", "-p", "pumps=bus-a bus-b", "--trip", "grid-a@5 h:1 h", "--trip", "grid-b@5 h:1 h").stdout
ok(re.search(r"BACKUP POWER\n  ups-a \(ups\)\n +times on battery +1 *\n +time on battery +0.2 min", page) and
   re.search(r"sets started +3", page) and "grid-a, grid-b out for 60.0 min: nothing lost" in page, "the report says what batteries and generators did", page[:3000])
r = call("run", hall, *one_day, "--no-output", "--trip", "ups@30 h")
ok("the run ends before" in r.stderr and "WHAT IF" not in r.stdout, "a trip behind the end of the run is said to be none", r.stderr)

# ---- failures of the scenario
base = open(hall).read()


def scenario(failures, name="f.xml", **changes):
    text = base.replace("</scenario>", "<failures " + failures + "</failures></scenario>")
    for a, b in changes.items():
        text = text.replace(a, b)
    open(name, "w").write(text)
    return name


import shutil
for extra in os.listdir(os.path.dirname(hall)):
    if not extra.endswith(".xml"):
        shutil.copy(os.path.join(os.path.dirname(hall), extra), ".")
for text, says, name in [
    ('><failure of="r/gpux" mtbf="100 h"/>', "did you mean 'r/gpu'", "a failure of nothing"),
    ('><failure of="r/gpu"/>', "needs mtbf, rate or kind", "a failure without a rate"),
    ('><failure of="ups:2" mtbf="1 h"/>', "every unit fails by itself", "a failure of a number of units"),
    ('><maintenance of="ups" every="1 h" for="2 h"/>', "longer than its period", "maintenance without end"),
    ('><failure of="ups" mtbf="1 h" crew="x"/>', "no crew called 'x'", "a crew that is not there"),
    ('><common-cause of="ups nobody" mtbf="1 h"/>', "'nobody'", "a common cause of nothing"),
    ('><checkpoints interval="1 h"/>', "how long does a write take?", "checkpoints without a size"),
    (' checkpoint="1 h"><checkpoints write="1 min"/>', "says the same", "checkpoints twice"),
    ('><checkpoints write="1 min" storage="1 GB/s"/>', "write and storage say the same", "a write in two ways"),
    ('><event at="6 h" trip="upps"/>', "did you mean 'ups'", "an event of nothing"),
]:
    r = call("check", scenario(text), status=65)
    ok(r.returncode == 65 and says in r.stderr and "f.xml:" in r.stderr and " hint: " in r.stderr, name, r.stderr)

week = ("--until", "7 d")
s = run(scenario('checkpoint="30 min" checkpoint-write="1 min" restart="2 min"><crew id="c" count="1"/><spare id="board" stock="1" lead="12 h"/>'
                 '<failure of="r/gpu" mtbf="2000 h" mttr="2 h" repair="exponential" crew="c"/>'
                 '<failure of="ups" mtbf="60 d" mttr="8 h" spare="board"/>'
                 '<common-cause of="r-001 r-002" mtbf="20 d" share="0.5" mttr="3 h"/>'
                 '<maintenance of="chilled/chiller" every="2 d" for="2 h" human-error="0.2" error-for="10 min"/>'), *week)
g = s["gpus"]
ok(s["failures"]["units"] > 5 and 0.8 < g["availability"] < 1 and 0 < g["lost_work_h"] and 0 < g["overhead_h"]
   and g["ettr"] <= g["goodput"] < 1 and s["audit"]["gpu_hours"] == 0 and s["audit"]["energy"] <= 1e-9,
   "a week of failures: availability, goodput, ETTR, and books that close", (s["failures"], g, s["audit"]))
ok(abs(sum(c["lost_work_h"] for c in s["causes"]) - g["lost_work_h"]) < 1e-9 and abs(sum(c["restart_h"] for c in s["causes"]) - g["restart_h"]) < 1e-9
   and abs(sum(c["waiting_h"] for c in s["causes"]) - g["requeued_h"]) < 1e-9 and sum(c["jobs_hit"] for c in s["causes"]) == s["failures"]["jobs_hit"]
   and {"r/gpu", "else"} <= {c["name"] for c in s["causes"]} and g["restart_h"] < g["overhead_h"], "what each cause took adds up", s["causes"])
often = ('<failure of="ups" mtbf="3 d" mttr="1 h"/>', '<failure of="r/gpu" mtbf="2000 h" mttr="2 h"/>', '<failure of="r/node" mtbf="2000 h" mttr="2 h"/>')
one, other = (run(scenario("><!-- -->" + "".join(rows)), *week)["causes"] for rows in (often, often[::-1]))
ok(one == other and [c["name"] for c in one if c["name"] != "else"] == sorted(c["name"] for c in one if c["name"] != "else") and len(one) > 1,
   "causes are told by name, whatever their order in the file", (one, other))
once, twice = run("f.xml", *week), run("f.xml", *week, "--threads", "3")
once.pop("performance"), twice.pop("performance")
ok(once == twice, "twice the same")

# Checkpoints of a model that is trained have its size, unless another is given; those of adapters alone have to say it.
factory = re.sub(r"<service.*</service>", "", open(os.path.join(examples, "ai-factory.xml")).read(), flags=re.S)
factory = re.sub(r'<jobs id="search".*?</jobs>', "", factory, flags=re.S)
factory = re.sub(r"<failures.*</failures>", "", factory, flags=re.S).replace("</scenario>", '<failures><failure of="r/node" rate="1 1/d"/></failures></scenario>')
found = []
for name, size in (("own", ""), ("given", 'parameters="70553706496"'), ("half", 'parameters="35e9"')):
    open("factory.xml", "w").write(re.sub(r'<checkpoints [^>]*>', f'<checkpoints {size} storage="10 GB/s" asynchronous="yes"/>', factory))
    found.append(run("factory.xml", "--until", "4 h")["gpus"])
ok(found[0] == found[1] and found[0]["overhead_h"] > 0 and found[0]["lost_work_h"] > found[2]["lost_work_h"] > 0,
   "checkpoints are as large as the model that is trained", [(g["overhead_h"], g["lost_work_h"]) for g in found])
open("factory.xml", "w").write(re.sub(r'<checkpoints [^>]*>', '<checkpoints storage="10 GB/s"/>', factory).replace('tokens="50e9"', 'tokens="50e9" lora-rank="16"'))
r = call("check", "factory.xml", status=65)
ok(r.returncode == 65 and "how long does a write take?" in r.stderr, "adapters do not say how large their checkpoints are", r.stderr)

# M12: a rate of zero is no failures, byte by byte but for the scenario's own text; repairs of no length cost no time.
call("run", scenario(">", "none.xml"), *week, "-o", "none.h5", "-q")
call("run", scenario('><failure of="r/gpu" rate="0 1/h" mttr="1 h"/><common-cause of="ups" rate="0 1/h"/>', "zero.xml"), *week, "-o", "zero.h5", "-q")
same = all(call("export", "none.h5", t).stdout == call("export", "zero.h5", t).stdout
           for t in ("jobs", "/facility", "/racks", "/events"))
a, b = export("none.h5", "summary"), export("zero.h5", "summary")
differ = [x["key"] for x, y in zip(a, b) if x != y]
ok(same and len(a) == len(b) and all(k.startswith(("scenario.sha256", "provenance.")) for k in differ), "rates of zero are no failures, to the byte (M12)", differ)
s = run(scenario('><failure of="ups" mtbf="10 h" mttr="0 s"/><failure of="r" mtbf="40 h" mttr="0 s" />'), *week)
ok(s["gpus"]["availability"] == 1 and s["failures"]["units"] > 20, "repairs of no length: availability 1 (M12)", s["gpus"])

# Adding a rack leaves the failures of the others where they were.
few = scenario('><failure of="r/gpu" mtbf="3000 h" mttr="2 h"/>', "few.xml")
more = scenario('><failure of="r/gpu" mtbf="3000 h" mttr="2 h"/>', "more.xml", **{'count="8" feed="bus"': 'count="9" feed="bus"'})
events = []
for name in (few, more):
    call("run", name, *week, "-o", name + ".h5", "-q")
    events.append({(r["time_s"], r["value"]) for r in export(name + ".h5", "/events")
                   if r["kind"] == "failure"})
ok(len(events[0]) > 5 and events[0] <= events[1], "a rack more leaves the others' failures as they were", (len(events[0]), len(events[1])))

# What is dark gives no heat: half an hour without power and without pumps, and nothing is too hot when both are back.
pod = os.path.join(examples, "gb200-pod.xml")
s = run(pod, "--until", "2 d", "--trip", "ups@1 d:30 min")
t = s["thermal"]
ok(t["throttled_gpu_h"] == 0 and t["max_junction_degc"] < 87, "racks that were dark for half an hour are not hot when power is back", t)
# When pumps start again, coolant hands over in seconds what it gathered: of the plant's capacity counts the mean of a minute. Eight racks of at
# most 132 kW and their idle boards' half an hour are no four times 1.2 MW.
s = run(os.path.join(examples, "two-cords.xml"))
warm = next(b for b in s["branches"] if b["name"] == "warm")
ok(1.0 < warm["peak_kw"] / warm["rated_kw"] < 1.6 and warm["hours_above"] > 0, "what coolant hands over at once counts as the mean of a step", warm)
late = call("run", pod, "--until", "1 d", "--trip", "ups@2 d", "--no-output")
ok(late.stderr.count("does not trip") == 1 and late.stderr.count("warning:") == 1, "a trip behind the end is named", late.stderr)
finish()
