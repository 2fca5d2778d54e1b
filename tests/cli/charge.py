#!/usr/bin/python3
"""Who pays, credits, alerts and what a run rests on: charge.py BUILD. Prints TAP. Two tenants, a service with terms of credit, a log without meters; all by hand."""
import csv, io, json, os, re, subprocess, sys, tempfile
sys.path[:0] = [os.path.abspath("tests/tools"), os.path.abspath("tests/validation")]
import report_keys, report_numbers
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
example = os.path.abspath("scenarios/examples/small-hall.xml")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def run(path, *words):
    done = subprocess.run([datahall, "run", path, "-q", "-o", "a.h5", *words], capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr
    return json.loads(subprocess.run([datahall, "report", "--json", "a.h5"], capture_output=True, text=True).stdout), done.stderr


text = open(example).read()
work = """<workload>
    <jobs id="batch" rate="6 1/h" median="1 h" sigma="0.5" limit="6 h" tenant="science"><size gpus="8" share="1"/></jobs>
    <jobs id="tune" rate="3 1/h" median="2 h" sigma="0.5" limit="6 h" tenant="product"><size gpus="16" share="1"/></jobs>
    <service id="chat" replica-gpus="8" max-replicas="2" rate="4 1/s" prefill-rate="20000" decode-rate="1500" slo-ttft="1 ms" tenant="product">
      <credit below="0.999" share="0.1"/><credit below="0.9" share="0.25"/></service>
    <tenant id="science" wait="10 min"><credit below="1" share="0.05"/><credit below="0.0001" share="1"/></tenant>
  </workload>"""
text = re.sub(r"<workload.*?</workload>|<workload[^>]*/>", "", text, flags=re.S).replace("</scenario>", work + """
  <economics building="10 USD/W" it-life="5 a" capital-rate="0.08" staff="1" staff-cost="100000 USD/a" water="3 USD/m3"/></scenario>""")
open("t.xml", "w").write(text)
s, said = run("t.xml", "--until", "1 d")
if s is None:
    ok(False, "the scenario runs", said)
    finish()
    sys.exit()
t = {x["id"]: x for x in s["tenants"]}
ok(sorted(t) == ["product", "science"] and abs(sum(x["cost"] for x in t.values()) - s["cost"]["total"]) <= 1e-12 * s["cost"]["total"], "tenants' costs add up to the total", t)
ok(abs(sum(x["energy_share"] for x in t.values()) - 1) < 1e-12 and abs(sum(x["gpu_h"] for x in t.values()) - s["gpus"]["hours_busy"]) < 1e-6, "so do energy and GPU hours", t)
rows = list(csv.DictReader(io.StringIO(subprocess.run([datahall, "export", "a.h5", "jobs"], capture_output=True, text=True).stdout)))
explained = json.loads(subprocess.run([datahall, "report", "a.h5", "--explain", "all", "--json"], capture_output=True, text=True).stdout)
keys = report_keys.Keys("a.h5", explained)
verdicts = {k: keys.check(k) for k in keys.s if k.startswith(("tenants.", "credits."))}
ok(all(v[0] in ("same", "text") or k.endswith((".below", ".share")) for k, v in verdicts.items()) and sum(v[0] == "same" for v in verdicts.values()) >= 20,
   "each figure follows from jobs, meters and costs of the file", {k: v for k, v in verdicts.items() if v[0] not in ("same", "text")})
energy = s["cost"]["energy"] + s["cost"]["demand"] + s["cost"]["fixed"] + s["cost"].get("water", 0)
science = energy * t["science"]["energy_share"] + (s["cost"]["total"] - energy) * t["science"]["gpu_h"] / (t["science"]["gpu_h"] + t["product"]["gpu_h"])
ok(abs(science - t["science"]["cost"]) < 1e-9 * science, "electricity and water go by energy, all else by GPU hours", (science, t["science"]))
streams, service = {x["id"]: x for x in s["streams"]}, s["services"][0]
metered = {"science": streams["batch"]["energy_kwh"], "product": streams["tune"]["energy_kwh"] + service["energy_kwh"]}
ok(abs(metered["science"] / sum(metered.values()) - t["science"]["energy_share"]) < 1e-9, "energy is that of the tenants' streams and services", metered)
c = {x["whom"]: x for x in s["credits"]}
due = 0.25 if service["slo_met"] < 0.9 else 0.1 if service["slo_met"] < 0.999 else 0
ok(service["slo_met"] < 0.9 and c["service chat"]["share"] == due and abs(c["service chat"]["usd"] - due * service["gpu_h"] * s["cost"]["per_gpu_hour"]) < 1e-9 * s["cost"]["total"],
   "a service gives back the greatest share that is due, of what its GPU hours cost", c)
jobs = keys.jobs()
mine = [k for k in range(len(jobs["job"])) if jobs["job"][k].decode().startswith("batch-")]
waits = [(jobs["start_ns"][k] - jobs["submit_ns"][k]) / 1e9 if jobs["start_ns"][k] != report_keys.NEVER else None for k in mine]
late = [86400 - jobs["submit_ns"][k] / 1e9 > 600 for k in mine]
kept = sum(w is not None and w <= 600 for w in waits) / sum(w is not None or l for w, l in zip(waits, late))
ok(abs(c["tenant science"]["met"] - kept) < 1e-12 and c["tenant science"]["share"] == (0.05 if kept < 1 else 0) and
   abs(t["science"]["bill"] - t["science"]["cost"] * (1 - c["tenant science"]["share"])) < 1e-9 * t["science"]["cost"],
   "a tenant's objective counts its jobs that started in time, or waited longer", (c, kept))
e = s["evidence"]
ok(abs(sum(e["gpu_h"].values()) - s["gpus"]["hours_busy"]) < 1e-6 and abs(sum(e["energy_kwh"].values()) - s["energy"]["it_kwh"]) < 1e-6, "GPU hours and energy by evidence add up", e)
xml = keys.xml
count = {w: 0 for w in ("published", "measured", "computed", "assumed")}
nodes = {n.get("device") for n in xml.findall("node")}
for parent in xml.iter():
    for source in parent.findall("source"):
        if source.get("for") != "lead-time" and not (parent.tag == "device" and parent.get("id") not in nodes):
            count[source.get("evidence", "published")] += 1
ok(e["sources"] == count, "sources are counted by their evidence", (e["sources"], count))
page = subprocess.run([datahall, "report", "a.h5"], capture_output=True, text=True).stdout
ok(all(w in page for w in ("WHO PAYS", "CREDITS FOR OBJECTIVES", "WHAT ONE COSTS", "WHAT IT RESTS ON", "service chat", "science")), "the report has the sections", page)
printed = report_numbers.Numbers("a.h5", os.path.dirname(datahall))
printed.check()
ok(not printed.wrong and not printed.unknown and printed.good > 150, "each number that the report prints of it is that of the file", (printed.wrong, printed.unknown))
peak = max((b["peak_kw"] / b["rated_kw"], b["name"]) for b in s["branches"])
s, said = run("t.xml", "--until", "1 d", "--set", f"//utility/@rated={s['energy']['peak_facility_kw'] * 1.02} kW")
near = [a for a in (s or {}).get("alerts", []) if "utility" in a["what"]]
top = [b for b in (s or {}).get("branches", []) if b["kind"] == "utility"]
ok(len(near) == 1 and near[0]["worst"] >= 0.9 and abs(near[0]["worst"] - top[0]["peak_kw"] / top[0]["rated_kw"]) < 1e-9 and near[0]["hours"] == top[0]["hours_within_10pct"],
   "a connection that comes near its rating is an alert, with how long and when", (said, near, top))
s, said = run("t.xml", "--until", "6 h", "--set", "//ups/@rated=20 kW")
over = [v for v in (s or {}).get("violations", []) if "above the rating" in v["kind"]]
names = {b["name"]: b for b in (s or {}).get("branches", [])}
ok(over and all(v["hours"] == names[v["kind"].split()[-1]]["hours_above"] > 0 and v["worst"] > 1 for v in over), "a limit that is crossed says for how long", (said, over))
bad, said = run("t.xml", "--set", "//credit/@share=2")
ok(bad is None and "share" in said, "a share above all of the bill is refused", said)
open("u.xml", "w").write(text.replace(' slo-ttft="1 ms"', ""))
bad, said = run("u.xml")
ok(bad is None and "no objective" in said, "credits without an objective are refused", said)
finish()
