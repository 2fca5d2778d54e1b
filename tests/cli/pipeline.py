#!/usr/bin/python3
"""Datasets, pipelines and jobs that wait for their data, against calculations by hand: pipeline.py BUILD. Prints TAP."""
import csv, io, json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
HOUR, GB = 3600.0, 1e9


def near(a, b, tolerance=1e-9):
    return abs(a - b) <= tolerance * max(abs(b), 1e-300)


def scenario(work, horizon="duration='48 h'", head="", tail="", store="", signal=""):
    with open("p.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="p" seed="3"><horizon start="2026-07-01T00:00:00Z" {horizon}/>
<device id="g" idle="100 W" tdp="400 W" price="10 kUSD" embodied="100 kg"/>
<node id="n" device="g" gpus="8" cpu-idle="100 W" cpu-max="100 W"/>
<rack-type id="t" node="n" nodes="1" rated="10 kW"/>{head}
<site id="s"><power><utility id="u" rated="1 MW"/>{signal}</power><hall id="h"><row id="r" rack="t" count="4" feed="u"/></hall></site>{store}
<workload>{work}</workload>{tail}<record series="no"/></scenario>""")


def run(*options):
    done = subprocess.run([datahall, "run", "p.xml", "-o", "p.h5", "--json", "-q", *options], capture_output=True, text=True)
    if done.returncode:
        print("#", done.stderr.replace("\n", "\n# "))
        return {}
    return json.loads(done.stdout)


def jobs():
    text = subprocess.run([datahall, "export", "p.h5", "jobs"], capture_output=True, text=True, check=True).stdout
    return {j["id"]: j for j in csv.DictReader(io.StringIO(text))}


def stages(summary, pipeline=0):
    return {s["id"]: s for s in summary["pipelines"][pipeline]["stages"]}


# ---- a chain from raw data to a training job ------------------------------------------------------------------------

TRAIN = """<jobs id="train" arrival="regular" rate="1 1/d" duration="constant" mean="2 h"><size gpus="16" share="1"/>
  <loader dataset="tokens" version="{version}"/></jobs>"""
CHAIN = """<dataset id="raw" size="1 TB" growth="{growth}" item-size="1 MB"/><dataset id="tokens" item-size="8 kB"/>
<pipeline id="daily" every="1 d" first="1 h">
  <stage id="fetch" kind="ingest" reads="raw" takes="new" path="16 Gbit/s" inspection="0.8"/>
  <stage id="clean" kind="clean" reads="fetch" ratio="0.5" cpu="100 s" cores="50" core-cost="0.04 USD/h"/>
  <stage id="label" kind="label" reads="clean" people="1000" item-time="5 s" latency="10 min" item-cost="0.01 USD" {check}/>
  <stage id="embed" kind="transform" reads="label" writes="tokens" gpus="8" gpu="40 s"/>
</pipeline>"""


def chain_seconds(raw_gb):
    """1.6 GB/s through the inspected path; 2 s a GB on 50 cores; 1000 people, 5 s an item, after 10 min; then half the bytes,
    5 s a GB on 8 GPUs."""
    return raw_gb / 1.6 + raw_gb * 2 + 600 + raw_gb * 1000 * 5 / 1000 + raw_gb / 2 * 5


scenario(TRAIN.format(version="any") + CHAIN.format(growth="0 B/s", check=""))
s = run()
first = HOUR + chain_seconds(1000)
j = jobs()
ok(near(float(j["train-1"]["start_s"]), first), f"a job starts when the version that it reads is there, after {first:g} s by hand", j)
ok(float(j["train-2"]["start_s"]) == 24 * HOUR, "once there is a version the next one starts at once", j)
ok(s["data"]["jobs_held"] == 1 and s["data"]["jobs_waiting"] == 0 and near(s["data"]["held_h"], first / HOUR), "what it waited is told", s["data"])
ok(near(s["datasets"][1]["first_s"], first) and s["datasets"][1]["versions"] == 1 and near(s["datasets"][1]["age_s"], 47 * HOUR)
   and near(s["datasets"][1]["mean_age_s"], (48 * HOUR - first) / 2 + first - HOUR), "age counts from when the run came due", s["datasets"])
st = stages(s)
ok([x["id"] for x in s["pipelines"][0]["stages"]] == ["fetch", "clean", "label", "embed"] and
   all(near(st[b]["bytes"], st[a]["out_bytes"]) for a, b in (("fetch", "clean"), ("clean", "label"), ("label", "embed"))) and
   near(st["fetch"]["bytes"], 1000 * GB) and near(st["clean"]["out_bytes"], 500 * GB) and near(s["datasets"][1]["bytes"], 500 * GB),
   "each stage reads what those before it gave, to the dataset", st)
ok(near(st["embed"]["gpu_h"], 500 * 40 / HOUR) and "gpu_h" not in st["clean"], "GPU time of a stage", st["embed"])
ok(near(s["cost"]["pipelines"], 0.01 * 1e6 + 0.04 * 1000 * 100 / HOUR) and
   near(st["label"]["cost"], 0.01 * 1e6), "items and core time are paid", s["cost"])
ok(s["pipelines"][0]["runs"] == 2 and s["pipelines"][0]["due"] == 2, "nothing new is nothing to do: the second run ends, without a version", s["pipelines"])
ok(s["audit"]["gpu_hours"] < 1e-12 and "train-1" in j and len(j) == 2, "stages are no jobs of the workload, and their GPU time is counted", s["audit"])

# New data each day: the second run takes what came since the first took its share; a job for each version.
scenario(TRAIN.format(version="new") + CHAIN.format(growth="2 MB/s", check=""))
s = run()
taken = [1000 + 0.002 * HOUR, 0.002 * 24 * HOUR]
ends = [HOUR + chain_seconds(taken[0]), 25 * HOUR + chain_seconds(taken[1])]
j = jobs()
ok(near(float(j["train-1"]["start_s"]), ends[0]) and near(float(j["train-2"]["start_s"]), ends[1]),
   f"version='new': each job waits for a version of its own, after {ends[0]:g} and {ends[1]:g} s by hand", j)
ok(near(stages(s)["fetch"]["bytes"], sum(taken) * GB), "takes='new': what came since the last time", stages(s)["fetch"])

# Three jobs wait from the first minutes on: each version lets one go.
scenario(TRAIN.format(version="new").replace('rate="1 1/d"', 'rate="1 1/min" count="3"') + CHAIN.format(growth="2 MB/s", check=""))
s = run()
j = jobs()
ok(near(float(j["train-1"]["start_s"]), ends[0]) and near(float(j["train-2"]["start_s"]), ends[1]) and s["data"]["jobs_waiting"] == 1 and
   s["jobs"]["submitted"] == 2, "of jobs that wait, each version lets one go", (j, s["data"]))

# ---- rework ---------------------------------------------------------------------------------------------------------

D = 0.2
scenario(TRAIN.format(version="any") + CHAIN.format(growth="0 B/s", check=f'defects="{D}" rework="clean"'))
s = run()
st = stages(s)
items, failed = st["label"]["items"], st["label"]["failed"]
passes = items / 1e6
error = math.sqrt(D) / (1 - D) / 1000
ok(items == 1e6 + failed and abs(passes - 1 / (1 - D)) < 4 * error, f"defects: {passes:g} passes of each item, by the series 1/(1-d) = {1 / (1 - D):g} +- {error:.2g}", st["label"])
ok(near(st["clean"]["bytes"], passes * 1000 * GB) and near(st["clean"]["rework"], passes) and near(st["fetch"]["bytes"], 1000 * GB) and
   near(st["embed"]["bytes"], 500 * GB), "the stages from rework to the check do it again, the others do not", st)
ok(near(s["cost"]["pipelines"], passes * (0.01 * 1e6 + 0.04 * 1000 * 100 / HOUR)), "and their cost goes up by it", s["cost"])
late = HOUR + 1000 / 1.6 + passes * (2000 + 5000) + 600 * st["label"]["rounds"] + 2500
# The second run has nothing to do: one round less.
late -= 600 * (st["label"]["rounds"] - st["clean"]["rounds"]) + 600
ok(near(float(jobs()["train-1"]["start_s"]), late, 1e-6), f"the training job starts later by it: {late:g} s by hand", (jobs(), st["label"]))
again = run()
ok(stages(again)["label"]["items"] == items and stages(run("--set", "//scenario/@seed=4"))["label"]["items"] != items,
   "the same seed gives the same defects, another one others")

# ---- triggers ----------------------------------------------------------------------------------------------------------

# Every 2 h, 5 h of work each, one at a time: later and later; three at a time: never late.
SLOW = """<dataset id="raw" size="10 GB"/><dataset id="a"/><dataset id="b" size="1 B"/>
<pipeline id="slow" every="2 h" count="4" at-once="{at_once}"><stage id="x" kind="clean" reads="raw" writes="a" cpu="1800 s"/></pipeline>
<pipeline id="then" after="a"><stage id="y" kind="load" reads="a" writes="b" cpu="360 s" appends="yes"/></pipeline>
<pipeline id="both" after="b slow"><stage id="z" kind="load" reads="b"/></pipeline>"""
scenario(SLOW.format(at_once=1))
s = run()
p = {x["id"]: x for x in s["pipelines"]}
ok(p["slow"]["runs"] == 4 and near(p["slow"]["late_s"], (0 + 3 + 6 + 9) / 4 * HOUR) and p["slow"]["mean_s"] == 5 * HOUR,
   "a run that comes due while another is under way waits for its end", p["slow"])
ok(p["then"]["runs"] == 4 and near(s["datasets"][1]["bytes"], 40 * GB + 1) and s["datasets"][1]["versions"] == 5, "a run after each new version; versions that are added to", s["datasets"])
ok(p["both"]["runs"] == 4, "a run once all of what it waits for has come", p["both"])
scenario(SLOW.format(at_once=3))
s = run()
ok(s["pipelines"][1]["late_s"] == 0 and s["pipelines"][1]["id"] == "slow", "several runs at a time", s["pipelines"])

# The run is over when the pipelines are: the last one ends after 6 + 5 + 1 h.
scenario(SLOW.format(at_once=3), horizon="duration='48 h' end='idle'")
s = run()
ok(near(s["scenario"]["duration_s"], 12 * HOUR), "end='idle' waits for pipelines", s["scenario"])
WAIT = """<jobs id="j" arrival="regular" rate="1 1/d" count="1" duration="constant" mean="1 h"><size gpus="8" share="1"/><loader dataset="a" version="new"/></jobs>"""
scenario(WAIT.replace('count="1"', 'count="2"') + """<dataset id="a" size="1 GB"/>""", horizon="duration='48 h' end='idle'")
s = run()
ok(near(s["scenario"]["duration_s"], 24 * HOUR) and s["data"]["jobs_waiting"] == 1 and s["jobs"]["completed"] == 1,
   "nor does it wait for a version that nobody will write", (s["scenario"], s["data"]))
scenario('<dataset id="a"/><dataset id="b"/>' + "".join(f'<pipeline id="p{x}"><stage id="s{x}" kind="clean" reads="{x}" writes="{y}"/></pipeline>' for x, y in ("ab", "ba")),
         horizon="duration='48 h' end='idle'")
s = run()
ok(365 * 24 * HOUR < s.get("scenario", {}).get("duration_s", 0) < 370 * 24 * HOUR, "nor, longer than a year, for pipelines that wait for each other", s.get("scenario"))

# Stages queue for GPUs like jobs, behind those of higher priority.
scenario("""<jobs id="j" arrival="regular" rate="1 1/d" count="1" duration="constant" mean="3 h"><size gpus="32" share="1"/></jobs>
<dataset id="raw" size="100 GB"/><pipeline id="p" first="1 h"><stage id="x" kind="transform" reads="raw" gpus="8" gpu="80 s"/></pipeline>""")
s = run()
x = stages(s)["x"]
ok(near(x["wait_s"], 2 * HOUR) and near(x["work_s"], 1000) and s["jobs"]["submitted"] == 1, "a stage waits for GPUs", x)

# ---- stores: what stages and jobs read takes its time ------------------------------------------------------------------

STORE = """<storage><object-store id="s3" read="{read} GB/s" write="{write} GB/s" requests="1e9 1/s"/>
<object-store id="other" read="100 GB/s"/><node-cache id="nvme" capacity="{cache} TB" read="10 GB/s" write="5 GB/s"/></storage>"""
COSTS = """<economics it-life="5 a" capital-rate="0" it-residual="0" network="0" it-upkeep="0" software="8760 USD/a"/>"""
READER = """<jobs id="{id}" arrival="regular" rate="1 1/d" count="1" duration="constant" mean="{hours} h" overestimate="9"><size gpus="16" share="1"/>
  <loader dataset="set" per-gpu="100 MB/s" {more}/></jobs>"""
SET = '<dataset id="set" store="s3" size="2.88 TB"/>'


def reading(read, work, cache=1, write=100, **more):
    """Work on datasets in a store of so many GB/s; end='idle'."""
    scenario(work, "duration='48 h' end='idle'", tail=COSTS + more.get("tail", ""),
             store=STORE.format(read=read, write=write, cache=cache), signal=more.get("signal", ""))
    return run()


# 16 GPUs want 1.6 GB/s for 2 h: 11.52 TB. A store of 2 GB/s keeps up; one of 0.8 GB/s makes it 4 h, half of it idle.
fast = reading(2, READER.format(id="j", hours=2, more="") + SET)
slow = reading(0.8, READER.format(id="j", hours=2, more="") + SET)
ok(near(fast["scenario"]["duration_s"], 2 * HOUR) and fast["gpu_time"].get("data_h", 0) == 0, "a store that keeps up costs nothing", fast.get("gpu_time"))
ok(near(slow["scenario"]["duration_s"], 4 * HOUR) and near(slow["gpu_time"]["data_h"], 32), "half of what is wanted: twice the time, half of it waiting for data: 32 GPU hours", slow.get("gpu_time"))
ok(near(fast["data"]["read_b"], 11520 * GB) and near(slow["data"]["read_b"], 11520 * GB), "the same bytes are read", (fast.get("data"), slow.get("data")))
ok(near(slow["cost"]["total"] - fast["cost"]["total"], 2 * (32 + 320000 / (5 * 8760))) and slow["energy"]["it_kwh"] > fast["energy"]["it_kwh"], "and the dollars: 2 h more of 32 GPUs, software at a dollar an hour and 10 kUSD over five years", (slow.get("cost"), fast.get("cost")))

# Two jobs share 2 GB/s: 1 GB/s each, pace 5/8; the shorter one ends after 1.6 h, and the other goes on at full pace.
s = reading(2, READER.format(id="a", hours=2, more="") + READER.format(id="b", hours=1, more="") + SET)
j = jobs()
ok(near(float(j["b-1"]["end_s"]), 1.6 * HOUR) and near(float(j["a-1"]["end_s"]), 2.6 * HOUR), "jobs that share a store slow each other, and only as long as both read", j)
# Cores that make ready half of it: as half a store.
s = reading(2, READER.format(id="j", hours=2, more='cores="4" core-rate="100 MB/s"') + SET)
ok(near(s["scenario"]["duration_s"], 4 * HOUR) and near(s["gpu_time"]["data_h"], 32), "loader cores limit alike", s.get("gpu_time"))
# Amounts beyond all stores are read for as long as the run takes.
scenario(READER.format(id="j", hours=200000, more="").replace("100 MB/s", "1000 TB/s").replace(' overestimate="9"', "") + SET, store=STORE.format(read=1, write=1, cache=1))
s = run()
ok(near(s.get("data", {}).get("read_b", 0), 48 * HOUR * GB) and near(s["storage"]["moved_tb"]["dataset"], 48 * 3.6) and near(max(x["read_tb"] for x in s["stores"]), 48 * 3.6),
   "more bytes than any store holds; those of who still reads at the end count", (s.get("data"), s.get("storage"), s.get("stores")))
# A version of 2.88 TB fits the caches of two nodes with 1.5 TB each: 1 h from the store, then 8.64 TB at full pace.
s = reading(0.8, READER.format(id="j", hours=2, more='cache="nvme"') + SET, cache=1.5)
ok(near(s["scenario"]["duration_s"], 2.5 * HOUR) and near(s["data"]["read_b"], 2880 * GB) and near(s["data"]["cache_b"], 8640 * GB), "what is in the nodes' caches is read from the store once", (s.get("scenario"), s.get("data")))
s = reading(0.8, READER.format(id="j", hours=2, more='cache="nvme"') + SET, cache=1.4)
ok(near(s["scenario"]["duration_s"], 4 * HOUR) and near(s["data"]["read_b"], 11520 * GB), "what does not fit is read from it over and over", s.get("data"))
# A request of the grid lowers the clocks: as long as the data is what limits, the time is that of the data.
s = reading(0.8, READER.format(id="j", hours=2, more="") + SET, signal='<signal id="low" limit="5.5 kW" start="2026-07-01T00:30:00Z" duration="90 min"/>')
ok(s["gpu_time"].get("power_h", 0) > 1 and near(s["scenario"]["duration_s"], 4 * HOUR) and near(s["data"]["read_b"], 11520 * GB), "slower clocks want less: the time is that of the data", (s.get("gpu_time"), s.get("scenario")))

# What <throughput> and <training> read follows from samples and tokens.
s = reading(2, """<jobs id="j" arrival="regular" rate="1 1/d" count="1"><size gpus="16" share="1"/><throughput samples="72e6" per-gpu="1000 1/s" gpus="8" doubling-loss="0.1"/>
<loader dataset="set" per-sample="100 kB"/></jobs>""" + SET)
ok(near(s["data"]["read_b"], 72e6 * 1e5) and near(s["scenario"]["duration_s"], 72e6 / (16 * 900)), "samples times their bytes are read", (s["data"], s["scenario"]))
MODEL = """<import href="catalog:models.xml"/><import href="catalog:stacks.xml"/><import href="catalog:gpus.xml"/>"""
scenario("""<jobs id="j" arrival="regular" rate="1 1/d" count="1"><size gpus="8" share="1"/><training model="llama3-8b" device="h100-sxm" stack="nemo-2024" tokens="1e8" batch="128" sequence="8192"/>
<loader dataset="set" per-token="4 B"/></jobs>""" + SET, "duration='48 h' end='idle'", store=STORE.format(read=2, write=1, cache=1))
with open("p.xml") as f:
    text = f.read().replace('<device id="g"', MODEL + '<device id="g"').replace('device="g" gpus', 'device="h100-sxm" gpus')
with open("p.xml", "w") as f:
    f.write(text)
s = run()
steps = math.ceil(1e8 / (128 * 8192))
ok(near(s["data"]["read_b"], steps * 128 * 8192 * 4), "tokens times their bytes are read", s.get("data"))

# A stage reads 1 TB at 1 GB/s while it works at 2, writes half of it at 0.25 (2000 s); then one on GPUs, which could take
# 2 GB/s, reads the result at 1: 500 s, half of them idle.
LAKE = """<dataset id="raw" store="s3" size="1 TB"/><dataset id="mid" store="slow" {keep}/><dataset id="end" store="other" keep="1"/>
<pipeline id="p" every="10 h" count="3"><stage id="x" kind="clean" reads="raw" writes="mid" ratio="0.5" cpu="100 s" cores="200"/>
<stage id="y" kind="transform" reads="mid" writes="end" gpus="8" gpu="4 s"/></pipeline>"""


def lake(read, keep=""):
    scenario(LAKE.format(keep=keep), tail=COSTS, store=f"""<storage><object-store id="s3" read="{read} GB/s"/>
    <object-store id="slow" read="1 GB/s" write="0.25 GB/s" capacity="1.2 TB"/><object-store id="other" read="100 GB/s"/></storage>""")
    return run()


s = lake(1, 'keep="1"')
st = stages(s)
ok(near(st["x"]["work_s"], 2000) and near(st["y"]["work_s"], 500) and near(st["y"]["gpu_h"], 8 * 500 / HOUR * 3) and s["pipelines"][0]["runs"] == 3, "reading, work and writing go side by side, at the pace of the slowest", st)
ok(near(s["gpu_time"]["data_h"], 8 * 250 / HOUR * 3), "GPUs of a stage wait for data", s.get("gpu_time"))
s = lake(0.25)
st = stages(s)
ok(near(st["x"]["work_s"], 4000) and s["pipelines"][0]["runs"] == 2, "a slower store makes the stage longer; results without room wait", (st, s["pipelines"]))

# Results that never find room: a run until idle gives up after a year.
scenario(LAKE.format(keep=""), "duration='48 h' end='idle'", store="""<storage><object-store id="s3" read="1 GB/s"/>
    <object-store id="slow" read="1 GB/s" capacity="400 GB"/><object-store id="other" read="100 GB/s"/></storage>""")
s = run()
ok(s["pipelines"][0]["runs"] == 0 and s["pipelines"][0]["due"] == 3 and 366 * 24 * HOUR < s["scenario"]["duration_s"] < 370 * 24 * HOUR,
   "end='idle' does not wait for ever for room", (s.get("pipelines"), s.get("scenario")))

# Where nothing queues, a stage asks again every minute.
scenario("""<jobs id="j" arrival="regular" rate="1 1/d" count="1" duration="constant" mean="3 h"><size gpus="32" share="1"/></jobs>
<dataset id="raw" size="100 GB"/><pipeline id="p" first="1 h"><stage id="x" kind="transform" reads="raw" gpus="8" gpu="80 s"/></pipeline>""", tail='<scheduler queue="no"/>')
x = stages(run())["x"]
ok(2 * HOUR <= x["wait_s"] <= 2 * HOUR + 60 and near(x["work_s"], 1000), "a stage asks for GPUs again where nothing queues", x)

# ---- what is refused -----------------------------------------------------------------------------------------------------


def refused(work, code, text, name, store=""):
    scenario(work, store=store)
    done = subprocess.run([datahall, "run", "p.xml", "-o", "q.h5"], capture_output=True, text=True)
    said = [l for l in done.stderr.splitlines() if "error:" in l]
    ok(done.returncode == 65 and len(said) == 1 and code in said[0] and text in said[0] and said[0].startswith("p.xml:") and "hint:" in done.stderr,
       "refused: " + name, (done.returncode, done.stderr))


RAW = '<dataset id="raw" size="1 TB"/><dataset id="out"/>'
STAGE = '<stage id="x" kind="clean" reads="raw" writes="out" {}/>'
refused(RAW + """<pipeline id="p"><stage id="a" kind="clean" reads="raw c"/><stage id="b" kind="clean" reads="a"/><stage id="c" kind="load" reads="b" writes="out"/></pipeline>""",
        "E-CYCLE", "circle", "stages in a circle")
refused(RAW + """<pipeline id="p"><stage id="a" kind="clean" reads="raw back"/><stage id="b" kind="load" reads="a" writes="out"/><stage id="c" kind="load" reads="out" writes="back"/></pipeline><dataset id="back"/>""",
        "E-CYCLE", "circle", "stages in a circle through datasets")
refused('<dataset id="a"/><dataset id="b"/><pipeline id="p" after="b"><stage id="x" kind="load" reads="b" writes="a"/></pipeline><pipeline id="q" after="a"><stage id="y" kind="load" reads="a" writes="b"/></pipeline>',
        "E-CYCLE", "sets itself off", "pipelines that set each other off")
refused('<dataset id="raw"/>', "E-MISSING", "no 'size'", "a dataset that nobody makes")
refused(RAW + "<pipeline id='p'>" + STAGE.format("") + '</pipeline><pipeline id="q"><stage id="y" kind="load" reads="raw" writes="out"/></pipeline>', "E-VALUE", "is written by", "a dataset of two stages")
refused(RAW + "<pipeline id='p'>" + STAGE.format("") + '</pipeline><pipeline id="q"><stage id="y" kind="load" reads="x"/></pipeline>', "E-VALUE", "another pipeline", "a stage of another pipeline")
refused(RAW + "<pipeline id='p'>" + STAGE.format('defects="0.1"') + "</pipeline>", "E-MISSING", "item-size", "defects of data without items")
refused(RAW + "<pipeline id='p'>" + STAGE.format('defects="0.96"') + "</pipeline>", "E-RANGE", "defects", "defects that hardly end")
refused(RAW + "<pipeline id='p'>" + STAGE.format('rework="y" defects="0.1"').replace('reads="raw"', 'reads="items"') +
        '<stage id="y" kind="load" reads="x"/></pipeline><dataset id="items" size="1 TB" item-size="1 MB"/>', "E-VALUE", "not before it", "rework behind the check")
refused(RAW + "<pipeline id='p'>" + STAGE.format('gpus="8"') + "</pipeline>", "E-MISSING", "go together", "GPUs without work")
refused(RAW + "<pipeline id='p'>" + STAGE.format('gpus="33" gpu="1 s"') + "</pipeline>", "E-RANGE", "there are 32", "more GPUs than there are")
refused(RAW + "<pipeline id='p' every='1 s'>" + STAGE.format("").replace("x", "x") + '<stage id="y" kind="load" reads="x"/></pipeline>', "E-LIMIT-STEPS", "runs of stages", "more runs than are kept")
refused(RAW + "<pipeline id='p'>" + STAGE.format("").replace('reads="raw"', 'reads="rav"') + "</pipeline>", "E-DANGLING-REF", "rav", "a dataset that is not there")
refused('<dataset id="a" size="1 TB"/>' + READER.format(id="j", hours=1, more='cache="nvme"').replace('"set"', '"a"'), "E-MISSING", "no store", "a cache of data in no store",
        STORE.format(read=1, write=1, cache=1))
refused('<dataset id="a" size="1 TB" keep="2"/>', "E-MISSING", "no store", "versions to be kept nowhere")
refused(SET + READER.format(id="j", hours=1, more='cores="4"'), "E-MISSING", "go together", "cores without a rate", STORE.format(read=1, write=1, cache=1))
refused(RAW + '<pipeline id="p" after="raw"><stage id="x" kind="clean" reads="raw" writes="out"/></pipeline>', "E-VALUE", "no stage writes", "waiting for versions that never come")

refused('<dataset id="d" size="1 TB" store="tape"/><jobs id="j" rate="1 1/d" mean="1 h"><size gpus="8" share="1"/><loader dataset="d" per-gpu="1 MB/s"/>'
        '<checkpoints to="tape" interval="10 min" size="1 GB"/></jobs>', "E-VALUE", "holds the drives", "checkpoints to the tape that a job reads",
        store='<storage><archive id="tape" drives="2" rate="300 MB/s" mount="60 s"/></storage>')
finish()
