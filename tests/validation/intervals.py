#!/usr/bin/python3
"""Do 95 % intervals hold the truth in 95 % of experiments? intervals.py BUILD. Prints TAP. Each experiment is a run of ten replications whose
seeds no other has; the truth is known without the program: jobs arrive as a Poisson process of 100 an hour. Bounds: what binomial trials of 0.95 leave with
a probability of some 1e-6 on either side; 1,000 experiments, of VALIDATE=quick 200."""
import json, os, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
quick = os.environ.get("VALIDATE") == "quick"
n, low, high = (200, 174, 200) if quick else (1000, 913, 980)
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
with open("a.xml", "w") as f:
    f.write("""<scenario xmlns="urn:datahall:scenario:1" name="a"><horizon start="2026-07-01T00:00:00Z" duration="1 h"/>
<device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="1" rated="10 kW"/>
<site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="r" rack="t" count="4" feed="u"/></hall></site>
<workload><jobs id="j" rate="100 1/h" duration="exponential" mean="6 min"><size gpus="1" share="1"/></jobs></workload></scenario>""")


def experiment(k):
    text = subprocess.run([datahall, "run", "a.xml", "--replications", "10", "--seed", str(10 * k + 1), "--no-output", "--json", "-q"],
                          capture_output=True, text=True, check=True).stdout
    return json.loads(text)["replications"]["figures"]["jobs.submitted"]


with ThreadPoolExecutor(2) as pool:
    found = list(pool.map(experiment, range(n)))
held = sum(f["low"] <= 100 <= f["high"] for f in found)
mean = sum(f["mean"] for f in found) / n
print(f"# {held} of {n} intervals hold the truth; mean of all {10 * n} runs {mean:.3f} (100)")
print("ok" if low <= held <= high else "not ok", "1 - coverage of 95 % intervals is", held, "of", n)
print("ok" if abs(mean - 100) <= 5 * 10 / (10 * n) ** 0.5 else "not ok", "2 - the mean of all runs is the truth")
print("1..2")
