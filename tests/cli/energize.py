#!/usr/bin/python3
"""Racks that are energized in the course of a run: energize.py BUILD. Prints TAP."""
import csv, io, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
HOUR = 3600


def run(rows, log, horizon="duration='24 h'", *options):
    with open("jobs.csv", "w") as f:
        f.write("id,submit_s,gpus,duration_s\n" + "\n".join(log) + "\n")
    with open("e.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="e"><horizon start="2026-07-01T00:00:00Z" {horizon}/>
<device id="g" idle="100 W" tdp="400 W" price="10 kUSD" embodied="100 kg"/>
<node id="n" device="g" gpus="8" cpu-idle="100 W" cpu-max="100 W"/>
<rack-type id="t" node="n" nodes="1" rated="10 kW"/>
<site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h">{rows}</hall></site>
<workload><log href="jobs.csv"/></workload>
<economics it-life="5 a" capital-rate="0" it-residual="0" network="0" it-upkeep="0" software="100 USD/a"/>
<record rack-interval="30 min" interval="30 min"/></scenario>""")
    done = subprocess.run([datahall, "run", "e.xml", "-o", "e.h5", "--json", "-q", *options], capture_output=True, text=True)
    if done.returncode:
        print("#", done.stderr.replace("\n", "\n# "))
        return {}
    return json.loads(done.stdout)


def export(table):
    return list(csv.DictReader(io.StringIO(subprocess.run([datahall, "export", "e.h5", table], capture_output=True, text=True, check=True).stdout)))


# Two racks from the start; four more from noon on, one every two hours: at 12, 14, 16 and 18 h. A job that wants all 48 GPUs waits for the last
# of them; one of 16 starts at once.
ROWS = """<row id="a" rack="t" count="2" feed="u"/><row id="b" rack="t" count="4" feed="u" energized="2026-07-01T12:00:00Z" ramp="2 h"/>"""
JOBS = ["early,0,16,3600", "all,0,48,3600"]
s = run(ROWS, JOBS)
jobs = {j["id"]: j for j in export("jobs")}
ok(float(jobs["early"]["start_s"]) == 0 and float(jobs["all"]["start_s"]) == 18 * HOUR, "a job of all GPUs starts when the last rack is there", jobs)
events = [(r["kind"], float(r["time_s"]) / HOUR) for r in export("/events") if "rack" in r["kind"]]
ok(events == [(kind, float(h)) for h in (12, 14, 16, 18) for kind in ("rack_energized", "rack_lit")],
   "each rack's energization is an event, and nothing went dark before", events)
power = {}
for r in export("/racks/rack_power_w"):
    power.setdefault(r["rack"], []).append((float(r["time_s"]) / HOUR, float(r["rack_power_w"])))
dark = {rack: max((w for t, w in rows if t < date), default=0) for rack, date, rows in
        ((f"b-{k + 1:03d}", 12 + 2 * k, power[f"b-{k + 1:03d}"]) for k in range(4))}
lit = {rack: min(w for t, w in power[rack] if t > 18.6) for rack in power}
ok(max(dark.values()) == 0 and min(lit.values()) >= 800, "they draw nothing before, and at least their idle boards after", (dark, lit))
# GPU hours: 16 x 24, and 8 each of 12, 10, 8 and 6 hours. Waiting: 8 x (12 + 14 + 16 + 18).
installed, waiting = 16 * 24 + 8 * (12 + 10 + 8 + 6), 8 * (12 + 14 + 16 + 18)
g = s["gpus"]
ok(abs(g["waiting_h"] - waiting) < 1e-9 * waiting and abs(g["utilization"] - (16 + 48) / installed) < 1e-12, "racks that are not there yet are not installed", g)
ok(g.get("down_h", 0) == 0 and g.get("availability", 1) == 1, "nor are they down", g)
# Written off from energization on: 80 kUSD a rack over five years, and licenses of 100 USD a GPU and year.
year = 365 * 24
capex, software = 10e3 * installed / (5 * year), 100 * installed / year
# A year of the catalog's time is 8,760 h in one place and 8,766 in another where the scenario says "year"; both are the same here.
ok(abs(s["cost"]["capex"] / capex - 1) < 1e-3 and abs(s["cost"]["software"] / software - 1) < 1e-3, "capital and licenses begin with energization",
   (s["cost"]["capex"], capex, s["cost"]["software"], software))
ok(all(v <= 1e-9 for v in s["audit"].values() if isinstance(v, (int, float))), "the books close", s["audit"])

# A date before the start, and none: from the start; byte for byte the same but for the scenario's text.
plain = run("""<row id="a" rack="t" count="6" feed="u"/>""", JOBS)
past = run("""<row id="a" rack="t" count="6" feed="u" energized="2026-06-01T00:00:00Z" ramp="1 h"/>""", JOBS)
same = [k for k in plain if k not in ("scenario", "provenance", "performance") and plain[k] != past.get(k)]
ok(same in ([], ["sizing"]) and "waiting_h" not in plain["gpus"], "a date before the start is as none", same)
# A ramp alone counts from the start.
run("""<row id="a" rack="t" count="3" feed="u" ramp="90 min"/>""", ["j,0,24,600"])
ok(float(export("jobs")[0]["start_s"]) == 3 * HOUR, "a ramp alone counts from the start", export("jobs"))
# Until idle waits for racks that are yet to come; behind the end they never come, and the job does not start.
s = run(ROWS, ["all,0,48,3600"], "duration='1 h' end='idle'")
ok(s and s["scenario"]["duration_s"] == 19 * HOUR, "until idle waits for racks to come", s and s["scenario"])
s = run(ROWS.replace('ramp="2 h"', 'ramp="0 s"').replace("2026-07-01T12", "2028-07-01T12"), ["all,0,48,3600"], "duration='1 h' step='1 h' end='idle'")
ok(s and s["jobs"]["completed"] == 1 and s["scenario"]["duration_s"] == (731 * 24 + 13) * HOUR, "also for two years, in which nothing changes",
   s and s["scenario"])
s = run(ROWS, ["all,0,48,3600"], "duration='6 h'")
ok(s and s["jobs"]["queued"] == 1 and s["gpus"]["waiting_h"] == 32 * 6, "racks behind the end never come", s and (s["jobs"], s["gpus"]))
# A feed that is away at the date: the rack is lit when it is back.
trip = run(ROWS, ["all,0,48,600"], "duration='24 h'", "--trip", "u@17 h:2 h")
jobs = export("jobs")
ok(float(jobs[0]["start_s"]) == 19 * HOUR, "a rack whose feed is away at its date is lit when it is back", jobs)
finish()
