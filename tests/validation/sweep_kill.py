#!/usr/bin/python3
"""A sweep that is killed (SIGKILL, its children too) at random instants and started again until it ends: sweep_kill.py BUILD. Prints TAP. No point may
be run twice, and the index must be that of a sweep that nobody disturbed."""
import json, os, random, signal, subprocess, sys, tempfile, time
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
rounds, most = (1, 8) if os.environ.get("VALIDATE") == "quick" else (10, 60)
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
with open("a.xml", "w") as f:
    f.write("""<scenario xmlns="urn:datahall:scenario:1" name="a" seed="7"><grid id="pjm" carbon="380 g/kWh"/><horizon start="2026-07-01T00:00:00Z" duration="12 h"/>
<device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="1" rated="10 kW"/><tariff id="flat" energy="0.10 USD/kWh"/>
<site id="s" grid="pjm" tariff="flat"><power><utility id="u" rated="1 MW"/><ups id="ups" feed="u" rated="20 kW" count="2"><loss a="0.02" b="0.03"/></ups></power>
<hall id="h"><row id="r" rack="t" count="2" feed="ups"/></hall></site>
<workload><jobs id="j" rate="1.5 1/h" median="40 min" gpu-util="0.9"><size gpus="8" share="1"/></jobs></workload></scenario>""")
with open("k.xml", "w") as f:
    f.write("""<study xmlns="urn:datahall:scenario:1" scenario="a.xml" design="sobol" points="40" seeds="2"><vary name="loss" path="//ups/loss/@b" from="0.01" to="0.09"/>
<vary name="rate" path="//jobs/@rate" from="0.5 1/h" to="3 1/h"/></study>""")
subprocess.run([datahall, "sweep", "k.xml", "-o", "whole", "-j", "2", "-q"], check=True)
whole = open("whole/index.csv", "rb").read()
dice = random.Random(1)
for number in range(rounds):
    out, stamps, kills, wrong = f"k{number}", {}, 0, []
    for _ in range(most):
        process = subprocess.Popen([datahall, "sweep", "k.xml", "-o", out, "-j", "2", "-q"], start_new_session=True)
        try:
            process.wait(timeout=dice.uniform(0.02, 0.4))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
        else:
            break
        for name in os.listdir(out) if os.path.isdir(out) else []:
            if name.endswith(".h5"):
                now = os.stat(os.path.join(out, name)).st_mtime_ns
                if stamps.setdefault(name, now) != now:
                    wrong.append(name)
    rest = json.loads(subprocess.run([datahall, "sweep", "k.xml", "-o", out, "--json"], capture_output=True, text=True, check=True).stdout)
    wrong += [n for n, t in stamps.items() if os.stat(os.path.join(out, n)).st_mtime_ns != t]
    good = not wrong and open(f"{out}/index.csv", "rb").read() == whole and rest["there"] == 40
    ok(good, f"killed {kills} times, then to its end: each point run once, the index as if nothing had happened")
    if not good:
        print("#", wrong[:5], rest["there"])
finish()
