"""Scenarios at the edge of what the language allows: each must end soon, with books that close and the numbers that
can be worked out by hand. TAP; takes the build folder."""
import json
import os
import resource
import subprocess
import sys
import tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

datahall = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall"))
tmp = tempfile.TemporaryDirectory()
os.chdir(tmp.name)

PARTS = """<device id='g' idle='100 W' tdp='400 W'/><node id='n' device='g' gpus='8' cpu-idle='100 W' cpu-max='100 W'/>
<rack-type id='r' node='n' nodes='1' rated='10 kW'/>"""
SITE = """<site id='s' {site}><power><utility id='u' rated='{utility}'/></power>{cooling}
<hall id='h' {hall}><row id='w' rack='r' count='{racks}' feed='u'/></hall></site>"""
CLOUD = """<provider id='c' start='0 s'><instance id='i' device='g' gpus='8' on-demand='8 USD/h'/></provider>"""
MONTHS = "".join(f"<month n='{m}' mean='{t} degC' high='{t + 5} degC' low='{t - 5} degC' dew-point='{t - 8} degC'/>"
                 for m, t in zip(range(1, 13), (0, 2, 6, 12, 18, 24, 28, 27, 22, 15, 8, 2)))
CLIMATE = f"<climate id='k'>{MONTHS}</climate>"
COOLING = """<cooling><chiller-plant id='cp' feed='u' capacity='200 kW'/></cooling>"""


def scenario(workload="", horizon="duration='1 h'", scheduler="", more="", sites=None, site="", utility="1 MW", racks=1,
             cooling="", hall=""):
    sites = sites or SITE.format(site=site, utility=utility, racks=racks, cooling=cooling, hall=hall)
    return (f"<scenario xmlns='urn:datahall:scenario:1' name='edge'><horizon {horizon}/>{PARTS}"
            f"{CLOUD if '<burst' in more else ''}{CLIMATE if 'climate=' in sites else ''}"
            f"{sites}<workload>{workload}</workload>{scheduler}{more}</scenario>")


def log(rows, head="id,submit_s,gpus,duration_s"):
    with open("log.csv", "w", encoding="ascii") as f:
        f.write("\n".join([head] + rows) + "\n")
    return "<log href='log.csv'/>"


def run(text, *options, limit_s=60):
    """Summary of the run; None when it failed or took more processor time."""
    with open("edge.xml", "w", encoding="utf-8") as f:
        f.write(text)
    try:
        ran = subprocess.run([datahall, "run", "edge.xml", "-o", "edge.h5", "--json", "-q", *options],
                             capture_output=True, text=True, timeout=10 * limit_s, check=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s)))
    except subprocess.TimeoutExpired:
        print(f"# did not end within {limit_s} s")
        return None
    if ran.returncode != 0:
        print("# " + ran.stderr.replace("\n", "\n# "))
        return None
    return json.loads(ran.stdout)


def refuses(text):
    with open("edge.xml", "w", encoding="utf-8") as f:
        f.write(text)
    return subprocess.run([datahall, "check", "edge.xml"], capture_output=True, check=False).returncode == 65


def jobs():
    """What became of each job: (state, start, end) by id."""
    out = subprocess.run([datahall, "export", "edge.h5", "jobs"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(",") for line in out.strip().split("\n")]
    at = {name: i for i, name in enumerate(rows[0])}
    number = lambda text: float(text) if text else None
    return {r[at["id"]]: (r[at["state"]], number(r[at["start_s"]]), number(r[at["end_s"]])) for r in rows[1:]}


def test(name, good):
    ok(good, name)


def near(a, b, relative=1e-9):
    return a is not None and b is not None and abs(a - b) <= relative * max(abs(a), abs(b))


def books(got):
    return got is not None and all(abs(v) <= 1e-9 for v in got["audit"].values())


# ---- jobs that take no time
for policy in ("fcfs", "sjf", "easy", "easy-sjbf", "conservative", "srtf", "srsf"):
    for when in ("instant", "event"):
        got = run(scenario(log(["a,0,8,100", "b,0,8,0", "c,0,8,0", "d,0,8,50"]),
                           scheduler=f"<scheduler policy='{policy}' pass='{when}'/>"))
        test(f"GPUs freed by a job of no length serve the next: {policy}, pass={when}",
             books(got) and got["jobs"]["completed"] == 4 and got["jobs"]["turnaround_s"]["max"] < 150.001)

# ---- until idle, with a queue that can never move
IDLE = "duration='1 h' end='idle'"
one = lambda: log(["a,0,8,600"])
got = run(scenario(one(), IDLE, "<scheduler power-cap='500 W'/>"))
test("until idle ends when power can never come back", books(got) and got["jobs"]["queued"] == 1)
YEAR = "<record series='no'/>" # and steps of an hour: a year of minutes takes long
got = run(scenario(one(), IDLE + " step='1 h'", "<scheduler power-cap='500 W'/>", YEAR, site="climate='k'", cooling=COOLING,
                   hall="plant='cp'"), limit_s=120)
test("until idle gives up when a year of weather brought no power back",
     books(got) and got["jobs"]["queued"] == 1 and 366 * 86400 <= got["scenario"]["duration_s"] <= 367 * 86400)
for limit in ("max-job-gpus", "max-gpus"):
    got = run(scenario(one(), IDLE, "<scheduler policy='none'/>",
                       f"<burst provider='c' instance='i' threshold='10 min' {limit}='4'/>"))
    test(f"until idle ends when the cloud will never take who waits: {limit}", books(got) and got["jobs"]["queued"] == 1)
got = run(scenario(one(), IDLE, "<scheduler policy='none'/>", "<burst provider='c' instance='i' threshold='10 min'/>"))
test("until idle waits for those whom the cloud will take",
     books(got) and got["jobs"]["burst"] == 1 and got["scenario"]["duration_s"] == 1200)

got = run(scenario(log(["a,0,8,6000"]), IDLE + " step='1 h'", more=YEAR, site="climate='k'", cooling=COOLING, hall="plant='cp'").replace(
    "tdp='400 W'/>", "tdp='400 W' throttle-at='20 degC' slowdown-at='21 degC' shutdown-at='22 degC'/>"), limit_s=120)
test("until idle gives up on a job whose node heat has kept down for a year",
     books(got) and got["jobs"]["queued"] == 1 and got["failures"]["jobs_hit"] == 1 and
     366 * 86400 <= got["scenario"]["duration_s"] <= 367 * 86400)

got = run(scenario(log(["a,0,8,20000000"]), "duration='1 d' end='idle' step='1 h'", more=YEAR, site="climate='k'", cooling=COOLING,
                   hall="plant='cp'"))
test("a job that outlasts the horizon sees the summer", books(got) and got["thermal"]["max_dry_bulb_degc"] > 30)

# ---- the limit of a job that is set aside
got = run(scenario(log(["long,0,8,1000,1000", "short,100,8,300,300"], "id,submit_s,gpus,duration_s,requested_s"),
                   scheduler="<scheduler policy='srtf'/>"))
test("the requested time counts time on GPUs, not time set aside",
     books(got) and jobs() == {"long": ("done", 0, 1300), "short": ("done", 100, 400)})
got = run(scenario(log(["long,0,8,1000,600", "short,100,8,300,300"], "id,submit_s,gpus,duration_s,requested_s"),
                   scheduler="<scheduler policy='srtf'/>"))
test("and all runs of a job together", books(got) and jobs() == {"long": ("killed", 0, 900), "short": ("done", 100, 400)})

# ---- what holds a site back
got = run(scenario(log(["a,0,8,60,1800"], "id,submit_s,gpus,duration_s,start_s"), scheduler="<scheduler policy='replay'/>"))
test("a replayed start that is still to come wants for no GPU", books(got) and "constraints" not in got)
got = run(scenario(log(["a,0,8,600,600", "b,0,8,600,900"], "id,submit_s,gpus,duration_s,start_s"),
                   scheduler="<scheduler policy='replay'/>"))
test("one that finds none does", books(got) and near(got["constraints"][0]["hours_binding"], 300 / 3600))
got = run(scenario(one(), scheduler="<scheduler policy='none'/>"))
test("a policy that starts nothing wants for no GPU", books(got) and "constraints" not in got)

# ---- peaks
got = run(scenario(log(["a,0,8,600", "b,0,8,600"]), scheduler="<scheduler policy='srtf' pass='event'/>"))
test("power that no time held is no peak", books(got) and near(got["energy"]["peak_it_kw"], 3.3))

# ---- services
SERVICE = """<service id='v' replica-gpus='8' min-replicas='1' max-replicas='1' rate='2 1/s' prompt-tokens='{0}'
output-tokens='{0}' prefill-rate='10000' decode-rate='10000'/>"""
got = run(scenario(SERVICE.format(100), "duration='90 s'"))
test("requests count to the end of a run that ends between two controls",
     books(got) and near(got["services"][0]["requests"], 180) and near(got["services"][0]["mean_replicas"], 1))
test("replicas are no jobs that run", got is not None and "jobs" not in got or got["jobs"].get("mean_running", 0) == 0)
test("a service without tokens is refused", refuses(scenario(SERVICE.format(0))))
got = run(scenario(SERVICE.format(100), scheduler="<scheduler power-cap='2 kW'/>"))
test("a replica that may come to more than the power limit does not start",
     books(got) and got["services"][0]["peak_replicas"] == 0)

slow = scenario(SERVICE.format(100).replace("rate='2 1/s'", "rate='40 1/s'"), site="climate='k'", cooling=COOLING,
                hall="plant='cp'").replace(
    "tdp='400 W'/>", "tdp='400 W' clock-max='1 GHz' clock-min='0.5 GHz' throttle-at='20 degC' slowdown-at='150 degC' "
    "shutdown-at='160 degC'><power work='prefill' board='400 W' compute-share='1'/>"
    "<power work='decode' board='400 W' compute-share='0'/></device>")
got = run(slow)
test("at half clock prompts are read at half speed, and answers that wait for memory come as before",
     books(got) and near(got["services"][0]["served"], 3600 / (0.01 / 0.5 + 0.01), 1e-6))

# ---- horizons and intervals
for name, horizon, record in (("of a microsecond", "duration='1 us'", ""), ("of a second", "duration='1 s'", ""),
                              ("that begins within a minute", "start='2026-01-17T05:07:13Z' duration='3700 s'",
                               "<record interval='77 s' rack-interval='1 h'/>"),
                              ("shorter than a row", "duration='10 min'", "<record interval='1 d' rack-interval='7 d'/>"),
                              ("with steps longer than it", "duration='10 min' step='1 h'", "<record interval='7 s'/>")):
    got = run(scenario(log(["a,0,8,100"]), horizon, more=record, site="climate='k'", cooling=COOLING, hall="plant='cp'"))
    test(f"a horizon {name}", books(got) and got["jobs"]["submitted"] == 1)

# ---- several sites
SITES = "".join(f"""<site id='s{i}' tariff='t{i}' {grid}><power><utility id='u{i}' rated='1 MW'/></power>
<hall id='h{i}'><row id='w{i}' rack='r' count='1' feed='u{i}'/></hall></site>"""
                for i, grid in ((1, "grid='clean'"), (2, "")))
TARIFFS = """<tariff id='t1' energy='0 USD/kWh' demand='1 USD/kW' demand-window='{0} s'/>
<tariff id='t2' energy='0 USD/kWh' demand='1 USD/kW' demand-window='{1} s'/><grid id='clean' carbon='50 g/kWh'/>"""
peaks = []
for windows in ((300, 300), (450, 450), (300, 450)):
    got = run(scenario(log(["a,0,16,1320", "b,1350,16,600"]), sites=TARIFFS.format(*windows) + SITES,
                       scheduler="<scheduler policy='fcfs' placement='flat'/>"))
    peaks.append(got["cost"]["demand"] if books(got) else None)
test("a site's demand window is its own, whatever another's", near(peaks[2], (peaks[0] + peaks[1]) / 2))
test("mean carbon is over the energy that has some", got is not None and near(got["carbon"]["mean_g_per_kwh"], 50))

# ---- nodes without GPUs
cpu = ("<node id='n0' device='g' gpus='0' cpu-idle='100 W' cpu-max='300 W'/>"
       "<rack-type id='r0' node='n0' nodes='2' rated='1 kW'/>")
both = cpu + SITE.format(site="", utility="1 MW", cooling="", hall="", racks=1).replace(
    "<row", "<row id='z' rack='r0' count='1' feed='u'/><row")
got = run(scenario(log(["a,0,1,100"], "id,submit_s,nodes,duration_s"), sites=both))
test("a log of nodes means nodes with GPUs", books(got) and near(got["gpus"]["hours_busy"], 8 * 100 / 3600))

# ---- a power limit on each of several sites
got = run(scenario(log(["a,0,16,100"]), sites=SITES.replace("tariff='t1' grid='clean'", "").replace("tariff='t2'", "").replace(
    "id='u2' rated='1 MW'", "id='u2' rated='2 kW'"), scheduler="<scheduler placement='flat'/>"))
test("a job on two sites starts only where both have the power", books(got) and got["jobs"]["queued"] == 1)

finish()
