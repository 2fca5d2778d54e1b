#!/usr/bin/python3
"""datahall import on small files typed here, against totals by hand; and what it gives through a scenario to the same
totals once more.

tests/cli/imports.py BUILD"""
import csv, gzip, io, json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

datahall = os.path.join(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build"), "datahall")
os.chdir(tempfile.mkdtemp())


def near(a, b, relative=1e-12):
    return a is not None and abs(a - b) <= relative * max(abs(a), abs(b), 1e-300)


def put(name, text):
    with (gzip.open if name.endswith(".gz") else open)(name, "wt") as file:
        file.write(text)
    return name


def call(*words, status=0):
    done = subprocess.run([datahall, *words], capture_output=True, text=True)
    return done if done.returncode == status else ok(False, " ".join(words[:3]), f"status {done.returncode}: {done.stderr}") or done


def convert(kind, *files):
    """The figures, the text, and the warnings."""
    done = call("import", kind, *files, "--json", "-o", "converted")
    return json.loads(done.stdout or "{}"), open("converted").read() if os.path.exists("converted") else "", done.stderr


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def run(scenario, *more):
    return json.loads(call("run", scenario, "--json", "-q", "-o", "r.h5", *more).stdout or "{}")


SITE = """<scenario xmlns="urn:datahall:scenario:1" name="a"><import href="catalog:climates.xml"/>%s<horizon start="2026-07-01T00:00:00Z" duration="%s"/>
<device id="d" idle="100 W" tdp="700 W"/>
<node id="n" device="d" gpus="8" cpu-idle="0 W" cpu-max="0 W"/><rack-type id="r" node="n" nodes="4" rated="40 kW"/>
<site id="s" climate="ashburn" %s><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="w" rack="r" count="4" feed="u"/></hall></site>
%s</scenario>"""


def site(name, imports="", duration="1 d", attributes="", rest=""):
    return put(name, SITE % (imports, duration, attributes, rest))


# ---- sacct ----------------------------------------------------------------------------------------------------

SACCT = """101|2026-07-01T00:00:00|2026-07-01T00:00:00|2026-07-01T00:10:00|2026-07-01T01:10:00|3600|120|COMPLETED|gpu|red|ann|normal|cpu=64,gres/gpu=8|billing=8,cpu=64,gres/gpu:h100=8,gres/gpu=8,mem=1T,node=1|n1|3600000
101.batch|2026-07-01T00:00:00|2026-07-01T00:00:00|2026-07-01T00:10:00|2026-07-01T01:10:00|3600||COMPLETED||red|||||n1|3600000
102|2026-07-01T00:05:00|2026-07-01T00:05:00|2026-07-01T00:05:00|2026-07-01T00:35:00|1800|UNLIMITED|NODE_FAIL|gpu|blue|bob|normal|cpu=1,gres/gpu:h100=16|cpu=1,gres/gpu:h100=16|n[2-3]|18446744073709551614
102|2026-07-01T00:35:00|2026-07-01T00:37:00|2026-07-01T00:40:00|2026-07-01T02:40:00|7200|UNLIMITED|COMPLETED|gpu|blue|bob|normal|cpu=1,gres/gpu:h100=16|cpu=1,gres/gpu:h100=16|n[2-3]|
103|2026-07-01T00:06:00|2026-07-01T00:06:00|Unknown|Unknown|0|60|PENDING|gpu|red|ann|normal|cpu=1,gres/gpu=4||None assigned|
104|2026-07-01T00:07:00|2026-07-01T00:07:00|2026-07-01T00:07:00|2026-07-01T00:17:00|600|60|COMPLETED|cpu|red|ann|normal|cpu=4|cpu=4,node=1|c1|
105|2026-07-01T00:08:00|2026-07-01T00:08:00|2026-07-01T00:10:00|Unknown|300|60|RUNNING|gpu|red|ann|normal|cpu=1|cpu=1,gres/gpu:a100=1,gres/gpu:h100=2|n4|
106_[2-4]|2026-07-01T00:09:00|Unknown|Unknown|Unknown|0|60|PENDING|gpu|red|ann|normal|gres/gpu=1||None assigned|
106_1|2026-07-01T00:09:00|2026-07-01T00:09:00|2026-07-01T00:20:00|2026-07-01T00:50:00|1800|60|CANCELLED by 7|gpu|red|ann|normal|gres/gpu=1|gres/gpu=1|n4|
"""
put("s.txt", SACCT)
got, text, said = convert("sacct", "s.txt")
# 8 x 1 h + 16 x 2 h + 3 x 5 min + 1 x 30 min
ok(got == {"records": 9, "jobs": 4, "gpu_hours": 40.75, "skipped_without_gpu": 1, "skipped_without_run_time": 2,
           "steps_dropped": 1, "requeued_attempts": 1, "requeued_gpu_hours": 8, "measured_energy_kwh": 1}, "sacct: figures by hand", got)
rows = {r["id"]: r for r in table(text)}
ok([(r["submit_s"], r["duration_s"], r["gpus"], r["requested_s"], r["tenant"], r["start_s"]) for r in (rows["101"], rows["102"], rows["105"])]
   == [("0", "3600", "8", "7200", "red", "600"), ("300", "7200", "16", "", "blue", "2400"), ("480", "300", "3", "3600", "red", "600")],
   "sacct: steps are dropped, the last attempt counts from the first submission, kinds of GPUs are not added to their sum", rows)
ok(all(word in said for word in ("s.txt:5: warning: skipped, as they have no run time: 2", "s.txt:4: warning: earlier attempts", "still running")),
   "sacct: what is left out is told with its line", said)
epoch = "\n".join("|".join(str(1782864000 + 60 * int(f[14:16]) + 3600 * int(f[11:13])) if f.startswith("2026-07-01T") else f for f in line.split("|"))
                  for line in SACCT.splitlines())
ok(convert("sacct", put("e.txt", epoch + "\n"))[1] == text, "sacct: seconds since 1970 are the same")
HEADER = "State|JobIDRaw|User|AllocTRES|Submit|ElapsedRaw|Start|Timelimit|Elapsed"
got, text, _ = convert("sacct", put("h.txt.gz", HEADER + "\nCOMPLETED|7|eve|gres/gpu=2|2026-07-01T00:00:00|90|2026-07-01T00:00:30|1-02:03:04|00:01:30\n"))
ok(table(text)[0] | {} == {"id": "7", "submit_s": "0", "duration_s": "90", "gpus": "2", "nodes": "", "requested_s": "93784", "tenant": "eve",
                           "kind": "training", "cpu_util": "0.2", "gpu_util": "1", "start_s": "30"}, "sacct: a header names columns in any order", text)
ok(convert("sacct", "s.txt:gpu")[0]["jobs"] == 4 and "no job of part x" in call("import", "sacct", "s.txt:x", status=65).stderr, "sacct: PART is a partition")
for bad, place in (("gres/gpu=8x", "1:62"), ("gres/gpu=8,gres/gpu=8", "1:64"), ("gpu", "1:53"), ("gres/gpu=1e300", "1:62")):
    said = call("import", "sacct", put("b.txt", "7|2026-07-01|2026-07-01|2026-07-01||9|1|R|p|a|u|q||" + bad + "|n|\n"), status=65).stderr
    column = len("7|2026-07-01|2026-07-01|2026-07-01||9|1|R|p|a|u|q||") + 1
    ok(f"b.txt:1:{column}" in said or f"b.txt:1:{column + 9}" in said or f"b.txt:1:{column + 11}" in said, f"sacct: {bad} is refused where it is", said)
    ok("hint: sacct:" in said, "with what such a file looks like", said)
scenario = site("sacct.xml", rest='<workload><log href="s.txt" format="sacct" part="gpu"/></workload><scheduler policy="replay" limit="allow"/>')
ran = run(scenario)
ok(ran["jobs"]["completed"] == 4 and near(ran["gpus"]["hours_busy"], 40.75), "sacct: replayed by a scenario, the same GPU hours", ran.get("gpus"))
jobs = {r["id"]: r for r in table(call("export", "r.h5", "jobs").stdout)}
ok(jobs["102"]["start_s"] == "2400" and jobs["102"]["submit_s"] == "300" and jobs["102"]["end_s"] == "9600", "and the same starts", jobs)

# ---- measured GPUs ----------------------------------------------------------------------------------------------

T0 = 1782864000


def series(metric, host, gpu, samples):
    return {"metric": {"__name__": metric, "Hostname": host, "gpu": gpu, "instance": "10.0.0.1:9400", "modelName": "H100"},
            "values": [[T0 + t, str(v)] for t, v in samples]}


steps = [30 * i for i in range(6)]
answer = {"status": "success", "data": {"resultType": "matrix", "result": [
    series("DCGM_FI_DEV_POWER_USAGE", "n1", "0", zip(steps, (100, 400, 700) * 2)),
    series("DCGM_FI_DEV_GPU_UTIL", "n1", "0", zip(steps, (0, 50, 100) * 2)),
    series("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "n1", "1", ((0, 9e9), (60, 9e9 + 24e6), (120, 6e6), (180, 6e6 + 42e6))),
    series("DCGM_FI_DEV_GPU_UTIL", "n1", "1", zip(steps, (25,) * 6)),
    series("DCGM_FI_DEV_FB_USED", "n1", "1", ((0, 4000),))]}}
put("p.json", json.dumps(answer))
got, text, _ = convert("dcgm", "p.json")
# by 60 s: GPU 0 at 0.25, 0.5, 0.75, GPU 1 at 0.25; 72 kJ each, the counter from 0 again after its fall
ok([(r["gpus"], r["gpu_util"], r["start_s"], r["duration_s"]) for r in table(text)] ==
   [("2", "0.25", "0", "60"), ("2", "0.375", "60", "60"), ("2", "0.5", "120", "60")], "dcgm: activity of a host by the minute", text)
ok(near(got["gpu_hours"], 0.1) and near(got["active_gpu_hours"], (1.5 * 60 + 0.25 * 180) / 3600) and near(got["energy_kwh"], 144e3 / 3.6e6) and
   (got["counter_resets"], got["samples"], got["samples_of_other_metrics"], got["gpus"], got["hosts"]) == (1, 22, 1, 2, 1), "dcgm: totals by hand", got)
got, text, _ = convert("dcgm", "p.json:100-700")
ok([r["gpu_util"] for r in table(text)] == ["0.375", "0.25", "0.875"], "dcgm: activity from power and the energy counter", text)
wide = '"Time",' + ",".join('"%s{Hostname=""%s"", gpu=""%s""}"' % (r["metric"]["__name__"], "n1", r["metric"]["gpu"]) for r in answer["data"]["result"][:2]) + "\n"
wide += "".join(f"2026-07-01 00:{t // 60:02}:{t % 60:02},{(100, 400, 700)[i % 3]} W,{(0, 50, 100)[i % 3]}%\n" for i, t in enumerate(steps))
long = "time,host,gpu,metric,value\n" + "".join(f"{1000 * (T0 + t)},n1,0,DCGM_FI_DEV_{m},{v}\n" for i, t in enumerate(steps)
                                               for m, v in (("POWER_USAGE", (100, 400, 700)[i % 3]), ("GPU_UTIL", (0, 50, 100)[i % 3])))
one = json.dumps({"data": {"result": answer["data"]["result"][:2]}})
same = [convert("dcgm", put(*file))[:2] for file in (("w.csv", wide), ("l.csv", long), ("o.json", one), ("o.json.gz", one))]
ok(all(s == same[0] for s in same) and same[0][0]["jobs"] == 3, "dcgm: Grafana's table, rows, JSON and gzip give the same", same)
got, text, _ = convert("dcgm-series", "p.json")
ok(got["rows"] == 13 and table(text)[1] == {"unix_s": str(T0 + 30), "host": "n1", "gpu": "0", "power_w": "400", "energy_j": "", "active": "0.5",
   "tensor_active": "", "dram_active": "", "temp_degc": "", "clock_hz": ""}, "dcgm-series: a line an instant", text)
ok("p.json" in call("import", "dcgm", "p.json:700", status=2).stderr, "dcgm: PART has to be IDLE-MAX")
gap = "time,host,gpu,metric,value\n" + "".join(f"{T0 + t},n1,0,DCGM_FI_DEV_GPU_UTIL,100\n" for t in (0, 15, 30, 45, 3600))
got, _, said = convert("dcgm", put("gap.csv", gap))
ok(near(got["gpu_hours"], 75 / 3600) and "out of sight" in said, "dcgm: a gap is no load", got)
convert("dcgm", "p.json:100-700")
os.rename("converted", "load.csv")
scenario = site("dcgm.xml", duration="3 min", rest='<workload><log href="load.csv"/></workload><scheduler policy="replay" limit="allow"/>')
ran = run(scenario)
# 128 GPUs of which two draw 144 kJ in three minutes, the others their idle power
ok(near(ran["gpus"]["hours_busy"], 0.1) and near(ran["energy"]["it_kwh"], (144e3 + 126 * 100 * 180) / 3.6e6, 1e-9),
   "dcgm: replayed, a device of those powers draws the measured energy", ran["energy"])

# ---- carbon, prices ---------------------------------------------------------------------------------------------

OLD = "Datetime (UTC),Country,Zone Name,Zone Id,Carbon Intensity gCO₂eq/kWh (direct),Carbon Intensity gCO₂eq/kWh (LCA),Low Carbon Percentage\n"
NEW = "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),Carbon intensity gCO₂eq/kWh (Life cycle),Carbon-free energy percentage (CFE%)\n"
zones = "".join(f"2026-07-01 {h:02}:00:00,Denmark,{n},{z},{90 + h},{g + h},60\n" for h in range(24) for n, z, g in (("West Denmark", "DK-DK1", 140), ("East Denmark", "DK-DK2", 240)))
for name, head in (("old", OLD), ("new", NEW)):
    put(name + ".csv", head + zones)
    got, text, _ = convert("carbon", name + ".csv:DK-DK2")
    ok(got == {"records": 24, "hours": 24, "missing_hours": 0, "mean_g_per_kwh": 251.5} and table(text)[3] == {"time": "2026-07-01T03:00:00Z", "g_per_kwh": "243"},
       f"ElectricityMaps, {name} names: life cycle, one zone", (got, text[:200]))
ok(convert("carbon", "old.csv:West Denmark")[0]["mean_g_per_kwh"] == 151.5, "a zone by its name")
said = call("import", "carbon", "old.csv", status=65).stderr
ok("old.csv:3:" in said and "DK-DK1, DK-DK2" in said and "FILE:DK-DK1" in said, "several zones have to be chosen from", said)
ok("no record of zone DE" in call("import", "carbon", "old.csv:DE", status=65).stderr, "a zone that is not there")
convert("carbon", "new.csv:DK-DK2")
os.rename("converted", "carbon.csv")
prices = "time,value\n" + "".join(f"2026-07-01T{h:02}:00:00Z,{20 + h}\n" for h in range(24))
got, _, _ = convert("price", put("lmp.csv", prices))
ok(got["mean_usd_per_mwh"] == 31.5 and got["hours"] == 24, "prices: time,value", got)
os.rename("converted", "price.csv")
scenario = site("money.xml", attributes='grid="g" tariff="t"',
                imports='<grid id="g" csv="carbon.csv"/><tariff id="t" csv="price.csv"/>')
ran = run(scenario)
kwh = ran["energy"]["facility_kwh"]  # idle all day: the same every hour
ok(near(kwh, 128 * 100 * 24 / 1000) and near(ran["carbon"]["location_kg"], kwh * 251.5 / 1000, 1e-9) and near(ran["cost"]["energy"], kwh * 31.5 / 1000, 1e-9),
   "both through a scenario: carbon and bill by hand", (kwh, ran["carbon"], ran["cost"]))

# ---- clouds -----------------------------------------------------------------------------------------------------

aws = """snapshot_date,region,instance,gpu,gpu_count,on_demand_usd_per_hour
2026-01-01,us-east-1,p5.48xlarge,H100-80,8,98.32
2026-07-20,us-east-1,p5.48xlarge,H100-80,8,55.04
2026-07-20,us-east-1,g6.48xlarge,L4,8,13.35
2026-07-20,eu-west-1,p5.48xlarge,H100-80,8,60
"""
got, text, said = convert("cloud", put("aws.csv", aws))
ok((got["regions"], got["instances"], got["older_prices"], got["skipped_without_device"]) == (2, 2, 1, 1) and near(got["mean_usd_per_gpu_hour"], 115.04 / 16) and
   "aws.csv:4: warning" in said and "g6.48xlarge" in said, "cloud: the newest price of each instance that the catalog's devices make up", (got, said))
convert("cloud", "aws.csv:us-east-1")
os.rename("converted", "cloud.xml")
put("j.csv", "id,submit_s,duration_s,gpus\na,0,7200,16\nb,0,3600,8\n")
scenario = site("burst.xml", imports='<import href="cloud.xml"/>',
                rest='<workload><log href="j.csv"/></workload><scheduler policy="easy"/><burst provider="us-east-1" instance="p5.48xlarge" threshold="0 s" pricing="on-demand"/>')
put("burst.xml", open("burst.xml").read().replace('count="4"', 'count="1"').replace('nodes="4"', 'nodes="1"').replace('gpus="8" cpu', 'gpus="1" cpu'))
ran = run(scenario)
ok(ran["jobs"].get("burst") == 2 and near(ran["cost"]["cloud"], 55.04 * (2 * 2 + 1), 0.06) and ran["cost"]["cloud"] >= 55.04 * 5,
   "cloud: a run pays that price: five instance hours and their starts", ran.get("cost"))
spot = "instance,zone,timestamp_utc,spot_usd_per_hour\n" + "p,a,2026-01-01T00:00:00Z,1\np,a,2026-01-01T03:00:00Z,2\np,b,2026-01-01T00:00:00Z,4\np,a,2026-01-01T04:00:00Z,7\n"
got, text, _ = convert("spot", put("spot.csv", spot))
ok([(r["zone"], r["mean_usd_per_hour"], r["low_usd_per_hour"], r["high_usd_per_hour"], r["hours"]) for r in table(text)] ==
   [("a", "1.25", "1", "7", "4"), ("b", "4", "4", "4", "4")] and near(got["mean_usd_per_hour"], 21 / 8), "spot: prices hold until the next", text)
got, text, _ = convert("egress", put("egress.csv", ",x,y,z\nx,0,0.02,0.05\ny,0.02,0,\nz,0.08,0.05,0\n"))
ok(got == {"regions": 3, "pairs": 5, "mean_usd_per_gb": 0.044, "highest_usd_per_gb": 0.08} and text.startswith("from,to,usd_per_gb\nx,y,0.02\n"), "egress: pairs of regions", got)

# ---- NetBox -----------------------------------------------------------------------------------------------------

racks = [("A1", "DM-Akron", "Hall 1", "active"), ("A2", "DM-Akron", "Hall 1", "active"), ("A3", "DM-Akron", "Hall 1", "planned"),
         ("B1", "DM-Akron", "Hall 2", "active"), ("B2", "DM-Akron", "Hall 2", "active"), ("A1", "DM-Troy", "Hall 1", "active")]
feeds = [("DM-Akron", "Panel 1", "Hall 1", "A1", "active", "primary", "three-phase", 415, 80, 80), ("DM-Akron", "Panel 2", "Hall 1", "A1", "active", "redundant", "three-phase", 415, 80, 80),
         ("DM-Akron", "Panel 1", "Hall 1", "A2", "active", "primary", "single-phase", 230, 63, 80), ("DM-Akron", "Panel 2", "Hall 2", "B1", "active", "primary", "three-phase", 415, 32, 80),
         ("DM-Akron", "Panel 2", "Hall 2", "B1", "offline", "primary", "three-phase", 415, 32, 80), ("DM-Troy", "Panel 1", "Hall 1", "A1", "active", "primary", "three-phase", 400, 63, 100)]
put("racks.csv", "name,site,location,status,rack_type,u_height\n" + "".join(f"{n},{s},{l},{a},APC 48U,48\n" for n, s, l, a in racks))
put("feeds.csv", "Name,Site,Power Panel,Location,Rack,Status,Type,Phase,Voltage,Amperage,Max Utilization\n" +
    "".join(f"F{i},{s},{p},{l},{r},{a},{t},{ph},{v},{am},{u}%\n" for i, (s, p, l, r, a, t, ph, v, am, u) in enumerate(feeds)))
kw = [415 * 80 * .8 * 3 ** .5, 230 * 63 * .8, 415 * 32 * .8 * 3 ** .5, 400 * 63 * 3 ** .5]
got, text, said = convert("netbox", "racks.csv", "feeds.csv")
ok((got["sites"], got["halls"], got["racks"], got["panels"], got["feeds"], got["not_active"], got["racks_without_feed"]) == (2, 3, 4, 3, 5, 2, 1) and
   near(got["rack_kw"], sum(map(round, kw)) / 1000) and got["nodes"] == 4 + 1 + 1 + 4, "NetBox: kilowatts of racks are those of their primary feeds", (got, said))


def ref(kind, i, name):
    return {"id": i, "url": f"http://netbox/api/dcim/{kind}/{i}/", "display": name, "name": name}


racks_json = {"count": 6, "next": None, "results": [dict(ref("racks", i, n), site=ref("sites", 1, s), location=ref("locations", 2, l), tenant=None, tags=[],
              status={"value": a, "label": a.title()}, rack_type={"id": 3, "model": "AR3100"}, u_height=42.0) for i, (n, s, l, a) in enumerate(racks)]}
place = {(s, l, n): i for i, (n, s, l, a) in enumerate(racks)}
feeds_json = [dict(ref("power-feeds", i, f"F{i}"), power_panel=ref("power-panels", i, p), rack=ref("racks", place[s, l, r], r), status={"value": a}, type={"value": t},
              supply={"value": "ac"}, phase={"value": ph}, voltage=v, amperage=am, max_utilization=u) for i, (s, p, l, r, a, t, ph, v, am, u) in enumerate(feeds)]
put("all.json", json.dumps(racks_json) + "\n" + json.dumps({"results": feeds_json}, indent=1))
put("feeds.json", json.dumps(feeds_json))
put("racks.json", json.dumps(racks_json))
ok(convert("netbox", "all.json")[1] == text and convert("netbox", "feeds.json", "racks.json")[1] == text, "NetBox: CSV and JSON, one file or several, in any order: the same")
alone = convert("netbox", "feeds.csv")[0]
ok(alone["racks"] == 4 and alone["rack_kw"] == got["rack_kw"], "NetBox: feeds alone name their racks", alone)
put("nb.xml", text)
ran = run("nb.xml", "--jobs", "j.csv")
ok(ran["gpus"]["installed"] == 80 and ran["jobs"]["completed"] == 2, "NetBox: run accepts it", ran.get("gpus"))
branches = call("report", "r.h5", "--full").stdout
ok("Panel-1 (pdu)" in branches and "57.6 kW" in branches, "NetBox: panels are as large as their feeds", branches)
for file, change, where in (("feeds.csv", ("F3,DM-Akron,Panel 2,Hall 2,B1", "F3,DM-Akron,Panel 2,Hall 2,B9"), "broken:5:"), ("feeds.csv", ("three-phase,415,32", "3p,415,32"), "broken:5:"),
                            ("all.json", ('"voltage": 230', '"voltage": "x"'), "broken:"), ("all.json", ('"amperage": 63', '"amperage": 0'), "broken:")):
    changed = open(file).read().replace(*change)
    said = call("import", "netbox", *(["racks.csv"] if file == "feeds.csv" else []), put("broken", changed), status=65).stderr
    line, column = (int(x) for x in said.split("broken:")[1].split(":")[:2]) if "broken:" in said else (0, 0)
    ok(where in said and line > 1 and column >= 1 and "hint: " in said, f"NetBox: {change[1][-30:]} is refused where it is", said)
finish()
