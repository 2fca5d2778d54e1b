#!/usr/bin/python3
"""Jobs that write checkpoints behind their work, notice failures late and wait for spare nodes, in runs, against the closed
form (predict reliability, kind goodput): goodput.py BUILD. Prints TAP.

Each case is one small cluster that fails often, over some thousand failures and twelve seeds; the closed form must lie
within the 99.9 % t interval of the mean over seeds, and the interval must be narrow."""
import csv, json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
SEEDS, T_999, HOURS = 12, 4.437, 20000  # Student's t, 11 degrees of freedom


def runs(checkpoints, failures, nodes=4, of=4, until=HOURS, restart="2 min"):
    open("c.xml", "w").write(f"""<scenario xmlns="urn:datahall:scenario:1" name="c"><import href="catalog:racks.xml"/>
  <horizon duration="{until} h"/><site id="s"><power><utility id="grid" rated="1 MW"/></power>
    <hall id="h"><row id="r" rack="one" count="{of}" feed="grid"/></hall></site>
  <rack-type id="one" base="dgx-h100-air" nodes="1"/>
  <workload><jobs id="run" rate="1 1/s" arrival="regular" count="1" duration="constant" mean="200000 h" limit="1000000000 s"><size gpus="{8 * nodes}" share="1"/>
    <checkpoints {checkpoints}/></jobs></workload><scheduler policy="fcfs" limit="allow"/>
  <failures restart="{restart}">{failures}</failures><record series="no"/></scenario>""")
    found = []
    for seed in range(SEEDS):
        run = subprocess.run([datahall, "run", "c.xml", "--json", "-q", "--no-output", "--seed", str(seed)], capture_output=True, text=True)
        if run.returncode:
            sys.exit("Bail out! " + run.stderr)
        found.append(json.loads(run.stdout))
    return found


def closed(**columns):
    open("g.csv", "w").write("kind," + ",".join(columns) + "\ngoodput," + ",".join(f"{v:.12g}" for v in columns.values()) + "\n")
    out = subprocess.run([datahall, "predict", "reliability", "-i", "g.csv"], capture_output=True, text=True, check=True).stdout
    return {r["quantity"]: float(r["value"]) for r in csv.DictReader(out.splitlines())}


def near(name, values, exact, most):
    mean = sum(values) / SEEDS
    half = T_999 * math.sqrt(sum((v - mean) ** 2 for v in values) / (SEEDS - 1) / SEEDS)
    ok(abs(mean - exact) <= half + 2e-4 and half <= most, f"{name}: {mean:.5f} +- {half:.5f}, closed form {exact:.5f}")


# Four nodes of 40 h: the job fails every 10 h. Repairs take no time: no job waits.
NODE = '<failure of="r/node" mtbf="40 h" mttr="0 s"/>'
MTBF = 36000
for checkpoints, columns in [
    ('interval="30 min" write="2 min"', dict(interval_s=1800, write_s=120)),
    ('interval="30 min" write="20 min" asynchronous="yes" blocking="10 s"', dict(interval_s=1800, write_s=10, drain_s=1200)),
    ('interval="1 h" write="1 h" asynchronous="yes" blocking="1 min" detection="10 min"', dict(interval_s=3600, write_s=60, drain_s=3600, restart_s=720)),
    ('write="1 min"', dict(write_s=60)),
    ('write="15 min" asynchronous="yes" blocking="1 s"', dict(write_s=1, drain_s=900)),
    ('size="3.2 TB" storage="10 GB/s" asynchronous="yes" copy="1 GB/s"', dict(write_s=100, drain_s=320)),
    ('parameters="100e9" storage="10 GB/s" copy="1 GB/s"', dict(write_s=140 + 43.75)),
]:
    exact = closed(**{"mtbf_s": MTBF, "restart_s": 120, **columns})
    found = runs(checkpoints, NODE)
    near(checkpoints.replace('"', ""), [s["gpus"]["ettr"] for s in found], exact["ettr"], .01)
    held = [s["gpus"]["hours_busy"] for s in found]
    near("  restarts", [s["gpus"]["restart_h"] / h for s, h in zip(found, held)], exact["restart"], .01)
    near("  checkpoints", [(s["gpus"]["overhead_h"] - s["gpus"]["restart_h"]) / h for s, h in zip(found, held)], exact["checkpoint"], .01)
    near("  work done again", [s["gpus"]["lost_work_h"] / h for s, h in zip(found, held)], exact["rework"], .01)

# ---- spare nodes: k of n nodes must work; the rest stand by and fail, too
MTBF_H, MTTR_H = 40, 4
for spares in (0, 1, 2, 4):
    n = 4 + spares
    open("k.csv", "w").write(f"kind,quantity,k,n,mtbf_h,mttr_h\nk-of-n,availability,4,{n},{MTBF_H},{MTTR_H}\n")
    out = subprocess.run([datahall, "predict", "reliability", "-i", "k.csv"], capture_output=True, text=True, check=True).stdout
    available = float(next(csv.DictReader(out.splitlines()))["value"])
    exact = closed(mtbf_s=MTBF, restart_s=120, interval_s=1800, write_s=60, availability=available)
    found = runs('interval="30 min" write="1 min"', f'<failure of="r/node" mtbf="{MTBF_H} h" mttr="{MTTR_H} h" repair="exponential"/>', of=n)
    near(f"{spares} spare nodes, effective training time", [s["gpus"]["ettr"] for s in found], exact["ettr"], .02)
    near("  waiting", [s["gpus"]["requeued_h"] / (32 * HOURS) for s in found], exact["waiting"], .02)

# ---- causes: each is told apart, and has its own delay
found = runs('interval="30 min" write="1 min" detection="1 min"', '<failure of="r/node" mtbf="60 h"/><failure of="r/gpu" mtbf="960 h" detection="30 min"/>')
for name, per_h, lead_s in (("r/node", 4 / 60, 180), ("r/gpu", 32 / 960, 1920)):
    causes = [next(c for c in s["causes"] if c["name"] == name) for s in found]
    near(f"{name}: failures an hour", [c["jobs_hit"] / HOURS for c in causes], per_h, .005)
    # A restart ends at its own length or at the next failure: M (1 - exp(-lead / M)) of an attempt's mean life.
    near("  mean restart, h", [c["restart_h"] / 32 / c["jobs_hit"] for c in causes], 10 * -math.expm1(-lead_s / MTBF), .01)
finish()
