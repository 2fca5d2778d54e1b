#!/usr/bin/python3
"""Availability of nodes, and goodput of jobs that fail and start again from checkpoints, in runs, against the exact value: checkpoints.py BUILD.
Rows of data/oracles/checkpoint_exponential.csv. Prints TAP.

Sixteen jobs on sixteen nodes, each of which fails exponentially and is back at once; twenty seeds. The exact value must
lie within the 99.9 % t interval of the mean over seeds, and the interval must be narrow."""
import csv, json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
table = os.path.abspath(os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "oracles", "checkpoint_exponential.csv"))
if not os.path.exists(table):
    skip("checkpoints", f"no reference data at {table}")
    finish()
    sys.exit()
rows = list(csv.DictReader(line for line in open(table) if not line.startswith("#")))
if os.environ.get("VALIDATE") == "quick":
    rows = rows[::8]
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
open("jobs.csv", "w").write("id,submit_s,duration_s,gpus\n" + "".join(f"j{i},0,1000000000,8\n" for i in range(16)))
SEEDS, T_999 = 20, 3.883  # Student's t, 19 degrees of freedom
for r in rows:
    mtbf, write, restart, interval = (float(r[c]) for c in ("MTBF_s", "ckpt_cost_s", "restart_s", "interval_useful_s"))
    open("c.xml", "w").write(f"""<scenario xmlns="urn:datahall:scenario:1" name="c"><import href="catalog:racks.xml"/>
  <horizon duration="{150 * mtbf:.0f} s"/>
  <site id="s"><power><utility id="grid" rated="1 MW"/></power>
    <hall id="h"><row id="r" rack="dgx-h100-air" count="4" feed="grid"/></hall></site>
  <workload/><scheduler policy="fcfs" limit="allow"/>
  <failures checkpoint="{interval:.9f} s" checkpoint-write="{write:.0f} s" restart="{restart:.0f} s">
    <failure of="r/node" mtbf="{mtbf:.0f} s" mttr="0 s"/></failures>
  <record series="no"/></scenario>""")
    found = []
    for seed in range(SEEDS):
        run = subprocess.run([datahall, "run", "c.xml", "--jobs", "jobs.csv", "--json", "-q", "--no-output", "--seed", str(seed)],
                             capture_output=True, text=True)
        if run.returncode:
            print("# " + run.stderr.replace("\n", "\n# "))
            break
        s = json.loads(run.stdout)
        found.append(s["gpus"]["goodput"] if s["audit"]["gpu_hours"] == 0 and s["gpus"]["availability"] == 1 else math.nan)
    mean = sum(found) / max(1, len(found))
    half = T_999 * math.sqrt(sum((x - mean) ** 2 for x in found) / (SEEDS - 1) / SEEDS)
    exact = float(r["goodput"])
    # The end of a run cuts a segment short: what it did so far counts, though a failure might have taken it.
    cut = interval / (150 * mtbf)
    good = len(found) == SEEDS and abs(mean - exact) <= half + cut and half <= .02 * exact
    if len(found) < SEEDS:
        found = []
    ok(good, f"MTBF {mtbf:.0f} s, every {interval:.0f} s: goodput {mean:.4f} +- {half:.4f}, exact {exact:.4f}")

# ---- availability of nodes: the machine-repair model with crews, and any laws where nobody waits for one
open("a.csv", "w").write("kind,quantity,k,n,mtbf_h,mttr_h,crews\ncrews,unit_availability,1,16,10,1,2\nunit,availability,,,10,1,\n")
predicted = subprocess.run([datahall, "predict", "reliability", "-i", "a.csv"], capture_output=True, text=True)
exact = [float(r["value"]) for r in csv.DictReader(predicted.stdout.splitlines())]
CASES = [("two crews for sixteen nodes", '<crew id="c" count="2"/>', 'repair="exponential" crew="c"', exact[0]),
         ("Weibull lives and lognormal repairs", "", 'distribution="weibull" shape="2" repair="lognormal" sigma="0.8"', exact[1]),
         ("early failures and fixed repairs", "", 'distribution="weibull" shape="0.7" repair="fixed"', exact[1])]
for name, crew, laws, value in CASES:
    open("c.xml", "w").write(f"""<scenario xmlns="urn:datahall:scenario:1" name="c"><import href="catalog:racks.xml"/>
  <horizon duration="4000 h"/><site id="s"><power><utility id="grid" rated="1 MW"/></power>
    <hall id="h"><row id="r" rack="dgx-h100-air" count="4" feed="grid"/></hall></site>
  <failures>{crew}<failure of="r/node" mtbf="10 h" mttr="1 h" {laws}/></failures><record series="no"/></scenario>""")
    found = []
    for seed in range(SEEDS):
        run = subprocess.run([datahall, "run", "c.xml", "--json", "-q", "--no-output", "--seed", str(seed)], capture_output=True, text=True)
        found.append(json.loads(run.stdout)["gpus"]["availability"] if run.returncode == 0 else math.nan)
    mean = sum(found) / SEEDS
    half = T_999 * math.sqrt(sum((x - mean) ** 2 for x in found) / (SEEDS - 1) / SEEDS)
    # All nodes work at the start: the first repair time is better than the rest.
    good = abs(mean - value) <= half + 1 / 4000 and half <= .01
    ok(good, f"availability, {name}: {mean:.5f} +- {half:.5f}, exact {value:.5f}")
finish()
