#!/usr/bin/python3
"""Hostile files for every kind of import: attacks by hand, and mutants of good files (cut at every byte, bytes changed,
numbers blown up). Each is refused with one message that has file, line and a hint, or taken; never a crash, within 2 s
of processor time and 256 MiB, nothing written.

tests/validation/hostile_imports.py BUILD. Needs nothing from outside. VALIDATE=quick takes a sample of the mutants.
HOSTILE_UNLIMITED=1 sets no limit of memory, for sanitized builds."""
import concurrent.futures, gzip, json, os, random, re, resource, subprocess, sys, tempfile

program = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
quick = os.environ.get("VALIDATE") == "quick"
unlimited = os.environ.get("HOSTILE_UNLIMITED") == "1"
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
failed = False


def say(ok, name, detail=""):
    global failed
    failed |= not ok
    print(("ok - " if ok else "not ok - ") + name + (" # " + detail.replace("\n", " | ")[:500] if not ok else ""), flush=True)


def limits():
    if not unlimited:
        resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (20 if unlimited else 2, 20 if unlimited else 2))


def convert(kind, name, part=None):
    """What is wrong with how this file was met; '' if nothing. Its status too."""
    out = name + ".out"
    done = subprocess.run([program, "import", kind, name + (":" + part if part else ""), "-o", out], capture_output=True, text=True,
                          errors="replace", preexec_fn=limits, timeout=60)
    written = [f for f in (out, out + ".part") if os.path.exists(f)]
    errors = re.findall(r"\[(E-[A-Z-]+)\]", done.stderr)
    wrong = ""
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.stderr):
        wrong = "control characters in the message"
    elif done.returncode == 0:
        wrong = "an error, and status 0" if errors else ""
    elif done.returncode != 65:
        wrong = f"status {done.returncode}"
    elif len(errors) != 1 or not re.search(re.escape(name) + r":[0-9]+(:[0-9]+)?: error", done.stderr):
        wrong = "not one error with a place"
    elif "hint: " not in done.stderr:
        wrong = "no hint"
    elif written:
        wrong = "left " + str(written)
    for f in written:
        os.unlink(f)
    return done.returncode, wrong and wrong + ": " + done.stderr


def put(name, data):
    with open(name, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return name


# ---- good files -------------------------------------------------------------------------------------------------

T0 = 1782864000


def prom(metric, gpu, values):
    return {"metric": {"__name__": metric, "Hostname": "n1", "gpu": gpu}, "values": [[T0 + 30 * i, str(v)] for i, v in enumerate(values)]}


EPW = ["LOCATION,Test,XX,XXX,TMY3,000000,39.83,-104.65,-7.0,1650.0", "DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0",
       "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,test", "COMMENTS 2,", "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31"]
for month, days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1):
    EPW += [f"1999,{month},{day},{hour},60,?9?9,12.0,12.0,100,83500,0,0,181,0,0,0,0,0,0,0,0,0.0,2,2,777.7,77777,9,999999999,30,0.0440,0,88,0.220,999.0,99.0"
            for day in range(1, days + 1) for hour in range(1, 25)]
REF = lambda kind, i, name: {"id": i, "url": f"http://n/api/dcim/{kind}/{i}/", "display": name, "name": name}
NETBOX = {"count": 2, "next": None, "results": [
    dict(REF("racks", 1, "A1"), site=REF("sites", 1, "S"), location=REF("locations", 1, "H"), status={"value": "active"}, u_height=42.0, tags=[]),
    dict(REF("power-feeds", 1, "F1"), power_panel=REF("power-panels", 1, "P"), rack=REF("racks", 1, "A1"), status={"value": "active"}, type={"value": "primary"},
         phase={"value": "three-phase"}, voltage=415, amperage=63, max_utilization=80)]}
GOOD = {
    "sacct": ("""1|2026-07-01T00:00:00|2026-07-01T00:00:00|2026-07-01T00:10:00|2026-07-01T01:10:00|3600|120|COMPLETED|gpu|red|ann|q|gres/gpu=8|cpu=1,gres/gpu:h=8,gres/gpu=8|n1|36
1.batch|2026-07-01T00:00:00|2026-07-01T00:00:00|2026-07-01T00:10:00|2026-07-01T01:10:00|3600||COMPLETED||red|||||n1|
2|1782864000|1782864000|1782864060|Unknown|30|UNLIMITED|RUNNING|gpu|red|ann|q||gres/gpu:a=1,gres/gpu:h=2|n4|0
""", None),
    "swf": ("; Version: 2.2\n; MaxProcs: 64\n1 0 10 100 8 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1 -1\n2 5 0 50 4 -1 -1 4 60 -1 1 2 1 -1 1 -1 -1 -1\n", None),
    "csv": ("id,submit_s,duration_s,gpus,requested_s,tenant,kind,cpu_util,gpu_util,start_s\na,0.5,60,8,120,red,batch,0.25,0.75,10\n\"b,\"\"x\",1,0,1,,,,,,\n", None),
    "itp": ("cluster,job,submission_s,duration_s,num_gpu\n2,a,100.125,20,8\n2,c,160,30.5,64\n", None),
    "philly": ("vc,job,submit_utc,submit_s,duration_s,num_gpu\nee,1,2017-09-19T05:06:40,100,20,8\n", None),
    "openb": ("name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\np-0,12000,16384,1,500,,LS,Running,0,100,5\n", None),
    "openb-nodes": ("sn,cpu_milli,memory_mib,gpu,model\nn-0,64000,262144,2,P100\n", None),
    "muri": ("job_id,num_gpu,submit_time,iterations,iteration_time\n0,4,1456000,1046811,886\n", None),
    "raps": ("id,submit_s,nodes,runtime_s,time_limit_s,cpu_util,gpu_util,actual_start_s\n1,0,4,100,200,0.5,nan,10\n", "4"),
    "azure-llm": ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n", None),
    "dcgm": (json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [prom("DCGM_FI_DEV_POWER_USAGE", "0", (100, 400, 700)),
             prom("DCGM_FI_DEV_GPU_UTIL", "0", (0, 50, 100)), prom("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "0", (9e9, 9.1e9, 1e6))]}}), "100-700"),
    "dcgm-series": ('"Time","DCGM_FI_DEV_POWER_USAGE{Hostname=""n1"", gpu=""0""}","DCGM_FI_DEV_GPU_TEMP{Hostname=""n1"", gpu=""0""}"\n2026-07-01 00:00:00,312 W,61\n2026-07-01 00:00:15,300 W,\n', None),
    "dcgm-long": ("time,host,gpu,metric,value\n1782864000,n1,0,DCGM_FI_DEV_GPU_UTIL,50\n1782864015000,n1,0,DCGM_FI_DEV_GPU_UTIL,75\n", None),
    "carbon": ("Datetime (UTC),Country,Zone Name,Zone Id,Carbon Intensity gCO₂eq/kWh (direct),Carbon Intensity gCO₂eq/kWh (LCA)\n2026-07-01 00:00:00,D,West,DK1,90,140.5\n2026-07-01 01:00:00,D,West,DK1,91,\n", "DK1"),
    "price": ("time,value\n2026-07-01T00:00:00Z,20.5\n2026-07-01T01:00:00Z,-3\n", None),
    "cloud": ("snapshot_date,region,instance,gpu,gpu_count,on_demand_usd_per_hour\n2026-07-20,us-east-1,p5.48xlarge,H100-80,8,55.04\n2026-07-20,us-east-1,g6,L4,8,13.35\n", None),
    "spot": ("instance,zone,timestamp_utc,spot_usd_per_hour\np,a,2026-01-01T00:00:00Z,1\np,a,2026-01-01T03:00:00Z,2\n", "p"),
    "egress": (",x,y\nx,0,0.02\ny,0.02,0\n", None),
    "netbox": (json.dumps(NETBOX), "dgx-h100-air"),
    "netbox-csv": ("site,power_panel,location,rack,name,status,type,supply,phase,voltage,amperage,max_utilization\nS,P,H,A1,F1,active,primary,ac,three-phase,415,63,80\n", None),
    "weather": ("hour,dry_bulb_degc,dew_point_degc,pressure_pa\n" + "".join(f"{h},{10 + h % 7},5,100000\n" for h in range(8760)), None),
    "epw": ("\n".join(EPW) + "\n", None),
}
KIND = {"dcgm-long": "dcgm", "netbox-csv": "netbox"}
for name, (text, part) in GOOD.items():
    status, wrong = convert(KIND.get(name, name), put("good", text), part)
    packed = convert(KIND.get(name, name), put("good.gz", gzip.compress(text.encode())), part)
    say((status, wrong) == (0, "") == packed, name + ": the good file is taken, gzip too", f"{status} {wrong} {packed}")

# ---- mutants ----------------------------------------------------------------------------------------------------

rng = random.Random(20260701)
HUGE = [b"1e999", b"-1e308", b"9" * 400, b"nan", b"NaN", b"inf", b"-Infinity", b"0x1p9", b"1,5", b"-1", b"", b"1e-400", b"18446744073709551617"]


def mutants(text):
    data = text.encode()
    big = len(data) > 20000
    cuts = range(len(data)) if not big else sorted(rng.sample(range(len(data)), 60))
    if quick:
        cuts = rng.sample(list(cuts), min(6, len(cuts)))
    for cut in cuts:
        yield "cut at byte %d" % cut, data[:cut]
    for _ in range(4 if quick else 60 if big else 200):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 1, 2, 5))):
            changed[rng.randrange(len(changed))] = rng.choice((rng.randrange(256), 0, 10, 34, 44, 0x7B, 0xFF))
        yield "changed bytes " + str([i for i in range(len(data)) if data[i] != changed[i]][:5]), bytes(changed)
    numbers = [m for m in re.finditer(rb"(?<![\w.])-?[0-9]+(?:\.[0-9]+)?(?![\w])", data[:4000])]
    for match in rng.sample(numbers, min(len(numbers), 2 if quick else 20)):
        for huge in HUGE if not quick else rng.sample(HUGE, 2):
            yield f"{huge[:12]} at byte {match.start()}", data[:match.start()] + huge + data[match.end():]
    lines = data.split(b"\n")
    yield "a line twice", b"\n".join(lines[:2] + lines[1:])
    yield "fields more", data.replace(b",", b",,", 1) if b"," in data else data + b" 1"
    yield "a field less", data.replace(b",", b"", 1) if b"," in data else data.replace(b" ", b"", 1)
    yield "a line of 2 MB", data + b"1" * (2 << 20)
    yield "a NUL", data[:len(data) // 2] + b"\0" + data[len(data) // 2:]
    yield "UTF-16", text.encode("utf-16")
    yield "the other way round", data[::-1]


def one(job):
    name, what, data, index = job
    path = "m%d" % index
    try:
        status, wrong = convert(KIND.get(name, name), put(path, data), GOOD[name][1])
    except subprocess.TimeoutExpired:
        status, wrong = -1, "hangs"
    if wrong:
        return what, wrong, data, status
    os.unlink(path)
    return None if status == 0 else (None,)


with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for name, (text, part) in GOOD.items():
        jobs = [(name, what, data, i) for i, (what, data) in enumerate(mutants(text))]
        ends = list(pool.map(one, jobs))
        bad = [e for e in ends if e and e[0]]
        refused = sum(e is not None for e in ends)
        say(not bad and refused > 0, f"{name}: {len(jobs)} mutants, {refused} refused with line and hint, the others taken",
            f"{len(bad)} badly met, such as {bad[0][0]}: {bad[0][1]}" if bad else "none refused")

# ---- attacks ----------------------------------------------------------------------------------------------------


def refused(name, kind, data, code=None, part=None):
    status, wrong = convert(kind, put(re.sub("[^a-z0-9]+", "_", name) + (".gz" if data[:2] == b"\x1f\x8b" else ""), data), part)
    say(status == 65 and not wrong, f"{kind}: {name}", f"status {status} {wrong}")


PROM = '{"status":"success","data":{"resultType":"matrix","result":[%s]}}'
ONE = '{"metric":{"__name__":"DCGM_FI_DEV_GPU_UTIL","Hostname":"n","gpu":"0"},"values":[%s]}'
refused("nested 100,000 deep", "dcgm", "[" * 100000)
refused("objects nested 100,000 deep", "netbox", '{"results":[' * 50000)
refused("nested deep where it is skipped", "dcgm", '{"warnings":' + "[" * 5000 + "]" * 5000 + "}")
refused("keys twice", "dcgm", PROM % (ONE % "")[:-1].replace('"values":[]', '"metric":{},"values":[]') + "}")
refused("values twice", "dcgm", PROM % (ONE % "").replace('"values":[]', '"values":[],"values":[]'))
refused("a key twice", "netbox", '[{"name":"a","name":"b"}]')
refused("a text of 1 MB", "dcgm", PROM % (ONE % "").replace("Hostname", "x" * (1 << 20)))
refused("a text that never ends", "netbox", '{"name":"' + "x" * 60000)
refused("half a pair of surrogates", "netbox", '[{"name":"\\ud800"}]')
refused("a NUL by its escape", "netbox", '[{"name":"\\u0000"}]')
refused("bytes that are no UTF-8", "netbox", b'[{"name":"\xff"}]')
refused("overlong UTF-8", "netbox", b'[{"name":"\xc0\xaf"}]')
refused("a surrogate in UTF-8", "netbox", b'[{"name":"\xed\xa0\x80"}]')
refused("a comma too many", "dcgm", '{"a":1,}')
refused("a number with a leading zero", "dcgm", '{"a":01}')
refused("single quotes", "netbox", "{'a':1}")
refused("a value of infinity", "dcgm", PROM % (ONE % f'[{T0},"+Inf"]'))
refused("only NaN", "dcgm", PROM % (ONE % f'[{T0},"NaN"]'))
refused("a time of nanoseconds", "dcgm", PROM % (ONE % f'[{T0}000000000,"1"]'))
refused("times fifty years apart", "dcgm", PROM % (ONE % f'[700000000,"1"],[{T0},"1"]'))
refused("an activity of 150 %", "dcgm", PROM % (ONE % f'[{T0},"150"]'))
refused("an answer that is an error", "dcgm", '{"status":"error","errorType":"timeout","error":"query timed out"}')
refused("an array, not an answer", "dcgm", "[1,2,3]")
refused("no labels", "dcgm", PROM % '{"metric":{"__name__":"DCGM_FI_DEV_GPU_UTIL"},"values":[]}')
refused("another file's JSON", "netbox", PROM % "")
refused("a bomb of gzip", "dcgm", gzip.compress(b'{"a":"' + b" " * (64 << 20), 9))
refused("a bomb of blanks in gzip", "netbox", gzip.compress(b" " * (64 << 20), 9))
refused("a bomb of lines in gzip", "sacct", gzip.compress(b"\n" * (64 << 20), 9))
refused("gzip cut off", "dcgm", gzip.compress((PROM % "").encode() * 100)[:-20])
refused("300 fields", "sacct", "1" + "|" * 300 + "\n")
refused("a header without states", "sacct", "JobID|Submit|Start|ElapsedRaw|AllocTRES\n1|2026-07-01|2026-07-01|5|gres/gpu=1\n")
refused("a count of 1e9 GPUs", "sacct", "1|2026-07-01|x|2026-07-01|2026-07-01|9|1|R|p|a|u|q||gres/gpu=1000000000|n|\n".replace("|x|", "|2026-07-01|"))
refused("a rack of nothing", "netbox", "name,site,location,status,rack_type,u_height\n,S,H,active,x,42\n")
refused("a feed of a rack that is not there", "netbox", json.dumps([NETBOX["results"][0], dict(NETBOX["results"][1], rack={"id": 9, "name": "Z"})]))
refused("a feed of 1e9 V", "netbox", json.dumps([NETBOX["results"][0], dict(NETBOX["results"][1], voltage=1e9)]))
refused("20 panels for a rack", "netbox", "site,power_panel,rack,name,phase,voltage,amperage\n" + "".join(f"S,P{i},A,F{i},single-phase,230,63\n" for i in range(20)))
refused("4,097 columns", "egress", "," + ",".join(f"r{i}" for i in range(4097)) + "\n")
refused("a region without a name", "egress", ",x\n,1\n")
refused("prices below zero", "spot", "instance,zone,timestamp_utc,spot_usd_per_hour\np,a,2026-01-01T00:00:00Z,-1\n")
refused("3,000 markets", "spot", "instance,zone,timestamp_utc,spot_usd_per_hour\n" + "".join(f"p{i},a,2026-01-01T00:00:00Z,1\n" for i in range(3000)))
refused("no known accelerator", "cloud", "region,instance,on_demand_usd_per_hour\nr,t3.micro,0.01\n")
long = "time,host,gpu,metric,value\n" + "".join(f"{T0},h{i},0,DCGM_FI_DEV_GPU_UTIL,1\n" for i in range(20000)) + f"{T0 + 9 * 366 * 86400},h1,0,DCGM_FI_DEV_GPU_UTIL,1\n"
status, wrong = convert("dcgm", put("wide", long))
say(status == 0 and not wrong, "dcgm: 20,000 hosts, nine years apart: taken in time and memory", f"{status} {wrong}")
sys.exit(1 if failed else 0)
