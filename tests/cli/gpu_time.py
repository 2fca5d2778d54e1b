#!/usr/bin/python3
"""Where the time of installed GPUs went, by hand: gpu_time.py BUILD. Prints TAP."""
import json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def run(path, *options):
    done = subprocess.run([datahall, "run", path, "-o", "e.h5", "--json", "-q", *options], capture_output=True, text=True)
    if done.returncode:
        print("#", done.stderr.replace("\n", "\n# "))
        return {}
    return json.loads(done.stdout)


def parts(result):
    return {k: v for k, v in result.get("gpu_time", {}).items() if k != "installed_h"}


def adds_up(result):
    installed = result["gpu_time"]["installed_h"]
    return abs(sum(parts(result).values()) - installed) <= 1e-12 * installed and result["audit"]["gpu_hours"] <= 1e-12


def hall(jobs, more="", horizon="6 h"):
    with open("jobs.csv", "w") as f:
        f.write("id,submit_s,gpus,duration_s\n" + "\n".join(jobs) + "\n")
    with open("e.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="e"><horizon start="2026-07-01T00:00:00Z" duration="{horizon}"/>
<device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="1" rated="10 kW"/>
<site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="a" rack="t" count="2" feed="u"/></hall></site>
<workload><log href="jobs.csv"/></workload><scheduler policy="fcfs"/>{more}</scenario>""")
    return "e.xml"


def same(result, expected, name):
    got = parts(result)
    good = got.keys() == expected.keys() and all(abs(got[k] - v) <= 1e-12 * max(1, v) for k, v in expected.items())
    ok(good and adds_up(result), name, (got, expected, result.get("audit")))


# One job of 8 GPUs for 2 h; one of 16 waits for it, then runs an hour; the rest of 6 h nobody waits.
same(run(hall(["a,0,8,7200", "b,0,16,3600"])), {"work_h": 16 + 16, "idle_queue_h": 8 * 2, "idle_h": 16 * 3},
     "free GPUs while a job waits for more are told from those that nobody wants")

# A job of 16 GPUs and 3 h of work saves it every 30 min in 5 min. Its first rack is dark from 1 h to 1 h 20 min. By then it has saved 30 min of
# work (at 35 min) and done 25 more of the next 30, which are lost. At 1 h 20 min it starts again, takes 10 min, and does the 150 min that are left
# with 4 checkpoints (none at the end): 180 min until 4 h 20 min.
result = run(hall(["a,0,16,10800"], """<failures checkpoint="30 min" checkpoint-write="5 min" restart="10 min">
<event at="1 h" trip="a-001" for="20 min"/></failures>"""))
same(result, {"work_h": 16 * 3.0, "checkpoint_h": 16 * (5 + 4 * 5) / 60, "lost_h": 16 * 25 / 60, "restart_h": 16 * 10 / 60,
              "idle_queue_h": 8 * 20 / 60, "down_h": 8 * 20 / 60, "idle_h": 16 * (6 - 1 - 20 / 60 - 3)},
     "checkpoints, lost work, restart and what was down, by hand")

# Racks that come later.
path = hall(["a,0,8,3600"])
text = open(path).read().replace('count="2" feed="u"/>', 'count="1" feed="u"/><row id="b" rack="t" feed="u" energized="2026-07-01T02:00:00Z"/>')
open(path, "w").write(text)
same(run(path), {"work_h": 8, "idle_h": 8 * 5 + 8 * 4, "waiting_h": 16}, "GPU time before energization")

# Clocks that a power limit lowers: what they cost is the length that they add.
path = hall(["a,0,16,7200"])
text = open(path).read().replace('rated="1 MW"/></power>', 'rated="1 MW"/><signal id="d" limit="5 kW" start="2026-07-01T00:30:00Z" duration="1 h"/></power>')
open(path, "w").write(text)
result = run(path)
job_h = result["jobs"]["turnaround_s"]["max"] / 3600
ok(adds_up(result) and job_h > 2.05 and abs(parts(result)["work_h"] - 32) < 1e-6 and abs(parts(result).get("power_h", 0) - 16 * (job_h - 2)) < 1e-6,
   "what a power limit costs is the time by which the job is longer", (parts(result), job_h))

# A synthetic job's request is known to nobody where it is exact: being slowed does not end it. One per cent more is a limit.
ends = {}
for request in ("", 'overestimate="1.01"', 'overestimate="1.2"'):
    work = f'<workload><jobs id="j" arrival="regular" rate="1 1/h" count="1" duration="constant" mean="2 h" {request}><size gpus="16" share="1"/></jobs></workload>'
    text = open(path).read()
    text = text[:text.index("<workload>")] + work + text[text.index("</workload>") + 11:]
    open("f.xml", "w").write(text)
    jobs = run("f.xml", "--set", "//signal/@start=2026-07-01T01:30:00Z")["jobs"]
    ends[request] = (jobs["completed"], jobs["killed"])
ok(list(ends.values()) == [(1, 0), (0, 1), (1, 0)], "an exact request is no limit, one beyond it is", ends)

# Whole examples: training, services, failures, limits, heat.
for name, until in (("hot-weather", "1 d"), ("redundancy", "1 d"), ("gb200-pod", "3 h")):
    result = run(os.path.join(examples, name + ".xml"), "--until", until)
    ok(result and adds_up(result), f"{name}: the parts are the installed GPU time", parts(result))
finish()
