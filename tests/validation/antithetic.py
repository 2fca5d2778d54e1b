#!/usr/bin/python3
"""Antithetic pairs: antithetic.py BUILD. Prints TAP. Two racks as an M/M/2 queue for 20 days, from empty: means of pairs must be those of
independent runs and of theory, and their variance smaller."""
import json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
runs = 200 if os.environ.get("VALIDATE") == "quick" else 2000
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


with open("mm2.xml", "w") as f:
    f.write("""<scenario xmlns="urn:datahall:scenario:1" name="mm2" seed="7"><grid id="pjm" carbon="380 g/kWh"/><horizon start="2026-07-01T00:00:00Z" duration="20 d"/>
<device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="1" rated="10 kW"/><tariff id="flat" energy="0.10 USD/kWh"/>
<site id="s" grid="pjm" tariff="flat"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="r" rack="t" count="2" feed="u"/></hall></site>
<workload><jobs id="j" rate="2 1/h" duration="exponential" mean="42 min" limit="60 d" gpu-util="0.9"><size gpus="8" share="1"/></jobs></workload></scenario>""")


def run(*words):
    done = subprocess.run([datahall, "run", "mm2.xml", "--replications", str(runs), "-j", "2", "--no-output", "--json", "-q", *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["replications"]["figures"]


plain, pairs = run(), run("--antithetic")
for key in ("jobs.submitted", "energy.it_kwh", "jobs.wait_s.mean", "cost.total"):
    a, b = plain[key], pairs[key]
    gap, error = b["mean"] - a["mean"], math.hypot((a["high"] - a["low"]) / 2, (b["high"] - b["low"]) / 2) / 1.96
    ok(abs(gap) < 4 * error, f"{key}: pairs {b['mean']:.5g}, independent runs {a['mean']:.5g}", (gap, error))
    print(f"# variance of the mean, to that of as many independent runs: {b['variance_ratio']:.2f}")
f = pairs["jobs.submitted"]
ok(abs(f["mean"] - 960) < 4 * (f["high"] - f["low"]) / 3.92, "960 jobs come in 20 days at 2 an hour", f)
ok(pairs["energy.it_kwh"]["variance_ratio"] < 0.6 and pairs["jobs.wait_s.mean"]["variance_ratio"] < 0.95, "pairs need fewer runs", pairs["energy.it_kwh"])
finish()
