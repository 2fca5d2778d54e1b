#!/usr/bin/python3
"""Stores of data and checkpoints that travel to them, in whole runs, by hand: storage.py BUILD. Prints TAP."""
import json, math, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def command(*arguments):
    return subprocess.run([datahall, *arguments], capture_output=True, text=True)


def run(path, *options):
    done = command("run", path, "-o", "e.h5", "--json", "-q", *options)
    if done.returncode:
        print("#", done.stderr.replace("\n", "\n# "))
        return {}
    return json.loads(done.stdout)


def near(got, wanted, tolerance=1e-9):
    return all(abs(g - w) <= tolerance * max(1e-300, abs(w)) for g, w in zip(got, wanted, strict=True))


# 4 data servers read 40 GB/s or write 20 GB/s; a job of 4 nodes has 100 GB/s of adapters.
FILES = '<file-system id="fs" servers="4" spare="1" read="10 GB/s" write="5 GB/s" capacity="1 PB" price="20 USD/TB/month"/>'


def hall(jobs, checkpoints, more="", stores=FILES, horizon="12 h"):
    """4 racks of 4 nodes of 8 GPUs, all jobs of the list with the same checkpoints."""
    with open("jobs.csv", "w") as f:
        f.write("id,submit_s,gpus,duration_s\n" + "\n".join(jobs) + "\n")
    with open("e.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="e"><horizon start="2026-01-01T00:00:00Z" duration="{horizon}"/>
<device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="4" rated="40 kW"/>
<site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="a" rack="t" count="4" feed="u"/></hall></site>
<storage adapter="25 GB/s">{stores}</storage><workload><log href="jobs.csv"/></workload><scheduler policy="fcfs"/>
<failures restart="30 s">{checkpoints}{more}</failures><economics/><record interval="5 min" precision="full"/></scenario>""")
    return "e.xml"


def saves(how, to='to="fs"'):
    return f'<checkpoints size="2 TB" {how} {to}/>'


# ---- a store for itself: what the closed form says
# 3 checkpoints of 2 TB: each 1.25 s of copy (2 TB over 32 GPUs at 50 GB/s), and 100 s of writing.
for kind in ("no", "yes"):
    how = f'interval="30 min" asynchronous="{kind}"'
    closed = run(hall(["a,0,32,7200"], saves(how, 'storage="20 GB/s"'), '<event at="7000 s" trip="a-001" for="10 min"/>'))
    flows = run(hall(["a,0,32,7200"], saves(how), '<event at="7000 s" trip="a-001" for="10 min"/>'))
    # it goes on in 50 s less: the closed form knows no reading back
    ends = [r["jobs"]["turnaround_s"]["max"] for r in (closed, flows)]
    figures = [[r["gpus"][k] for k in ("lost_work_h",)] + [r["gpu_time"][k] for k in ("work_h", "checkpoint_h")] for r in (closed, flows)]
    ok(near([ends[1]], [ends[0] + 50], 1e-12) and near(*figures) and near([flows["gpus"]["restart_h"]], [32 * 80 / 3600]),
       f"asynchronous={kind}: a job that has the store for itself loses what the closed form says, and reads back in 50 s",
       (ends, figures, flows.get("gpus")))
ok(near([flows["gpus"]["lost_work_h"]], [32 * (7000 - 3 * 1801.25) / 3600]) and
   near([ends[1]], [7000 + 80 + 7200 - 5400], 1e-9),
   "the work since the third of its checkpoints is done again, on another rack", (flows.get("gpus"), ends))

# ---- a storm: four jobs write at once, each with a quarter of the rate
four = [f"{i},0,32,7200" for i in "abcd"]
result = run(hall(four, saves('interval="30 min"')))
ends = result["jobs"]["turnaround_s"]
ok(near([ends["p50"], ends["max"]], [7200 + 3 * 401.25] * 2), "four jobs that write at once take four times as long", ends)
ok(near([result["gpu_time"]["checkpoint_h"], result["storage"]["longest_write_s"], result["storage"]["longest_write_share"]],
        [128 * 3 * 401.25 / 3600, 400, 4]), "their GPUs wait so long, and the report says so", result.get("storage"))
report = command("report", "e.h5").stdout
ok("STORAGE" in report and "6.7 min, up to 4.0 times as long as alone" in report, "the report tells the longest write", report)
fs = result["stores"][0]
month = 31536000 / 12
ok(near([fs["written_tb"], fs["read_tb"], fs["stored_tb"], fs["peak_tb"], fs["busy"]], [24, 0, 8, 10, 1200 / 43200], 1e-8),
   "what the store moved and holds: one checkpoint of each job", fs)
ok(near([fs["usd"], result["cost"]["storage"], result["cost"]["total"]], [20 * 1000 * 43200 / month] * 3), "its price is that of its capacity",
   (fs, result["cost"]))
ok(result["audit"]["bytes"] <= 1e-9, "bytes asked are delivered", result["audit"])

# Every 5 min, asynchronously: the next is due 300 s after a write of 400 s began, and waits for it.
result = run(hall([f"{i},0,32,3000" for i in "abcd"], saves('interval="5 min" asynchronous="yes"')))
ok(near([result["jobs"]["turnaround_s"]["max"], result["gpu_time"]["checkpoint_h"]],
        [301.25 + 8 * 401.25 + 300, 128 * (9 * 1.25 + 8 * 100) / 3600]), "a checkpoint waits for the write before it", result["jobs"])

# ---- failures
# Its rack goes in the middle of the second write: 1 TB of it is cancelled, the first holds 600 s of work.
result = run(hall(["a,0,32,3000"], saves('interval="10 min" asynchronous="yes"'), '<event at="1252.5 s" trip="a-001" for="1 min"/>'))
fs = result["stores"][0]
ok(near([fs["written_tb"], fs["read_tb"], fs["stored_tb"]], [2 + 1 + 3 * 2, 2, 2]), "a write that a failure cuts short is not kept", fs)
ok(near([result["jobs"]["turnaround_s"]["max"]], [1252.5 + 30 + 50 + 2400 + 3 * 1.25]), "the job goes on from the write that had ended",
   result["jobs"])
ok(near([result["gpus"]["lost_work_h"]], [32 * 650 / 3600]) and result["audit"]["bytes"] <= 1e-9, "and has done the rest for nothing",
   (result["gpus"], result["audit"]))

# One of four data servers out: three write 15 GB/s. Two: more than may be, and nothing moves for 10 min.
jobs, how = ["a,0,32,3600"], saves('interval="30 min"')
result = run(hall(jobs, how, '<event at="10 s" trip="fs/server:1" for="3 h"/>'))
ok(near([result["jobs"]["turnaround_s"]["max"]], [3600 + 1.25 + 2000 / 15]), "a store with a server less is slower", result["jobs"])
result = run(hall(jobs, how), "--trip", "fs/server:2@1811.25s")
ok(result["stores"][0]["still_h"] > 11 and near([result["storage"].get("checkpoints", -1)], [0]) and result["jobs"]["running"] == 1,
   "a store with too few servers stands still, and who writes to it waits", (result.get("stores"), result.get("jobs")))
ok(near([result["stores"][0]["written_tb"]], [0.2]) and result["audit"]["bytes"] <= 1e-9 and
   near([result["gpu_time"]["checkpoint_h"]], [32 * (43200 - 1800) / 3600]), "no byte of that is lost or made", (result["stores"], result["gpu_time"]))
result = run(hall(jobs, how, '<event at="1811.25 s" trip="fs/server:2" for="10 min"/>'))
ok(near([result["jobs"]["turnaround_s"]["max"], result["stores"][0]["still_h"]], [3600 + 101.25 + 600, 1 / 6]), "until they are back",
   (result["jobs"], result["stores"]))
events = command("export", "e.h5", "events").stdout
ok("store_still" in events and "store_back" in events, "the events tell both", events)
result = run(hall(jobs, how, '<failure of="fs/server" mtbf="2 h" mttr="10 min"/><failure of="a/node" mtbf="100 h" mttr="1 h"/>', horizon="2 d"))
ok(result["audit"]["bytes"] <= 1e-9 and result["audit"]["gpu_hours"] <= 1e-12, "servers that fail at random keep the books in order", result.get("audit"))

result = run(hall(jobs, how, '<event at="1811.25 s" trip="fs/server:2"/>'), "--until", "idle", "--set", "//record/@series=no")
ok(result.get("jobs", {}).get("running") == 1 and result["scenario"]["duration_s"] < 400 * 86400, "a run until idle does not wait for ever for a store that nobody mends",
   result.get("jobs"))

# Its servers draw 4 x 2 kW beside a row with a feed of its own; without that it stands still.
source = open(hall(jobs, how, stores=FILES.replace("/>", ' power="2 kW" row="b"/>'))).read()
open("e.xml", "w").write(source.replace('</power><hall id="h">', '<utility id="v" rated="1 MW"/></power><hall id="h"><row id="b" rack="t" count="1" feed="v"/>'))
lit = run("e.xml")
open("f.xml", "w").write(open("e.xml").read().replace(' power="2 kW" row="b"', ""))
ok(near([lit["energy"]["it_kwh"]], [run("f.xml")["energy"]["it_kwh"] + 8 * 12]), "servers draw power", lit.get("energy"))
source = open("e.xml").read()
open("e.xml", "w").write(source.replace("</failures>", '<event at="1811.25 s" trip="v" for="10 min"/></failures>'))
result = run("e.xml")
ok(near([result["jobs"]["turnaround_s"]["max"], result["stores"][0]["still_h"]], [3600 + 101.25 + 600, 1 / 6]), "and stand still without",
   (result["jobs"], result["stores"], result["energy"]))

# ---- room, tiers, prices
small = '<file-system id="fs" servers="4" read="10 GB/s" write="5 GB/s" capacity="3 TB"/>'
result = run(hall(["a,0,32,7200"], saves('interval="30 min"'), stores=small))
ok(result["storage"]["checkpoints"] == 1 and result["storage"]["checkpoints_left_out"] == 2 and result["stores"][0]["refused"] == 2,
   "a checkpoint without room for two is left out", result.get("storage"))
ok(near([result["jobs"]["turnaround_s"]["max"]], [7200 + 100 + 3 * 1.25]), "and the job goes on", result["jobs"])
# Objects move to tape when they are 20 min old: mount 60 s, 2 TB at 0.4 GB/s 5000 s. Reading them takes a hundredth of the gateway's time from the
# second and third write.
tiers = ('<object-store id="fs" read="40 GB/s" write="20 GB/s" price="23 USD/TB/month" write-request="0.000005 USD" tier="tape" tier-after="20 min"/>'
         '<archive id="tape" drives="1" rate="400 MB/s" mount="1 min" price="1 USD/TB/month"/>')
result = run(hall(["a,0,32,7200"], saves('interval="30 min" keep="3"'), stores=tiers, horizon="8 h"))
fs, tape = result["stores"]
written = [1901.25 + k * (1801.25 + 2000 / 19.8) for k in range(3)]
moved, drive = [], 0
for at in written:
    drive = max(drive, at + 1200) + 5060
    moved.append(drive)
ok(near([fs["stored_tb"], fs["read_tb"], tape["stored_tb"], tape["written_tb"]], [0, 6, 6, 6]), "what is old moves on to tape", (fs, tape))
ok(near([tape["longest_wait_s"]], [moved[1] - (written[2] + 1200)]),
   "one drive after the other", (tape, moved))
usd = 23 * sum(2 * (m - w) for m, w in zip(moved, written)) / month + 3 * math.ceil(2e12 / 2**23) * 5e-6
ok(near([fs["usd"], tape["usd"]], [usd, sum(2 * (28800 - m) for m in moved) / month], 1e-8),
   "prices of data over time and of requests, by hand", (fs["usd"], usd, tape["usd"]))

# What is deleted on its way to tape is not moved further. The second write begins when 3,702.5 s are over, and takes 2 TB / 19.8 GB/s.
result = run(hall(["a,0,32,5400"], saves('interval="30 min"'), stores=tiers, horizon="8 h"))
fs, tape = result["stores"]
ok(near([tape["written_tb"], fs["written_tb"], fs["read_tb"]], [0.0004 * (3702.5 + 2000 / 19.8 - 3161.25) + 2, 4, 0.0004 * (3702.5 + 2000 / 19.8 - 3161.25) + 2])
   and near([tape["stored_tb"]], [2]) and result["audit"]["bytes"] <= 1e-9, "a checkpoint that is deleted on its way to tape", (fs, tape))
# A restart reads the checkpoint where it is: its only one has moved to tape by 17,161.25 s.
result = run(hall(["a,0,32,21600"], saves('interval="3 h"'), '<event at="18000 s" trip="a-001" for="10 min"/>', stores=tiers))
ok(near([result["jobs"]["turnaround_s"]["max"], result["gpu_time"]["restart_h"]], [18000 + 30 + 5060 + 10800, 32 * 5090 / 3600]),
   "a restart reads from tape what has moved there", (result["jobs"], result["gpu_time"]))
# Above half of 10 TB the oldest moves: the third write makes it 6 TB.
full = ('<file-system id="fs" servers="4" read="10 GB/s" write="5 GB/s" capacity="10 TB" tier="tape" tier-above="0.5"/>'
        '<archive id="tape" drives="1" rate="400 MB/s"/>')
result = run(hall(["a,0,32,7200"], saves('interval="30 min" keep="9"'), stores=full))
ok(near([s["stored_tb"] for s in result["stores"]], [4, 2]), "what is too much moves on, oldest first", result["stores"])
# Metadata servers are needed for files.
meta = '<file-system id="fs" servers="4" read="10 GB/s" write="5 GB/s" metadata-servers="2" spare-metadata="1" metadata="1000 1/s"/>'
result = run(hall(jobs, how, '<event at="1811.25 s" trip="fs/metadata" for="10 min"/>', stores=meta))
ok(near([result["jobs"]["turnaround_s"]["max"]], [3600 + 101.25 + 600]), "without metadata servers a file system stands still", result["jobs"])
result = run(hall(jobs, how, '<event at="1811.25 s" trip="fs/metadata:1" for="10 min"/>', stores=meta))
ok(near([result["jobs"]["turnaround_s"]["max"]], [3600 + 101.25]), "with one of two it goes on", result["jobs"])

# A restart reads from where the checkpoint lies by then: mount and read from tape, beside that by itself.
result = run(hall(["a,0,32,20000"], saves('interval="150 min"'), '<event at="15000 s" trip="a-001" for="1 min"/>', stores=tiers.replace("20 min", "1 min")))
ok(near([result["storage"]["longest_read_s"], result["storage"]["longest_read_share"]], [5060, 1.012]), "what has moved on is read back from there", result["storage"])

# ---- series, and the same result always
run(hall(four, saves('interval="30 min"')))
rows = command("export", "e.h5", "storage").stdout.splitlines()
ok(len(rows) > 10 and "store_write_b_per_s" in rows[0], "series of the store", rows[:3])
head = rows[0].split(",") if rows else []
if "store_write_b_per_s" in head:
    at = head.index("store_write_b_per_s")
    total = sum(float(r.split(",")[at]) * 300 for r in rows[1:])
    ok(near([total], [24e12]), "their mean rates add up to the bytes", total)
else:
    ok(False, "their mean rates add up to the bytes", head)
sums = []
for i in range(2):
    run("e.xml", *(["--threads", "2"] if i else []))
    sums.append(open("e.h5", "rb").read())
ok(sums[0] == sums[1], "the same bytes twice")
ok("keep=\"1\"" in command("run", "e.xml", "--dry-run").stdout, "--dry-run shows what is left out")

# ---- bad input
def refused(what, old, new, text, path=None):
    source = open(hall(["a,0,32,7200"], saves('interval="30 min"'), stores=tiers)).read() if path is None else path
    open("bad.xml", "w").write(source.replace(old, new, 1))
    done = command("check", "bad.xml")
    messages = [l for l in done.stderr.splitlines() if "error" in l.lower()]
    ok(done.returncode == 65 and text in done.stderr and "bad.xml:" in done.stderr, what, done.stderr)

refused("bandwidth of zero", 'read="40 GB/s"', 'read="0 GB/s"', "read")
refused("a rate that is no bandwidth", 'read="40 GB/s"', 'read="40 GB"', "read")
refused("a store that is not there", 'to="fs"', 'to="fss"', "did you mean 'fs'")
refused("a tier that leads back", 'price="1 USD/TB/month"/>', 'price="1 USD/TB/month"/><object-store id="b" read="1 GB/s" tier="fs" tier-after="1 d"/>'
        , "lead back", open(hall(["a,0,32,7200"], saves('interval="30 min"'), stores=tiers)).read().replace('tier="tape"', 'tier="b"', 1))
refused("a tier without a time", ' tier-after="20 min"', "", "when does data move on")
refused("a tier that is itself", 'tier="tape"', 'tier="fs"', "lead back")
refused("servers with power that stand nowhere", 'read="40 GB/s"', 'read="40 GB/s" power="1 kW"', "where do its servers stand")
refused("all servers spare", 'read="40 GB/s"', 'read="40 GB/s" servers="2" spare="2"', "spare")
refused("more filled than there is", 'read="40 GB/s"', 'read="40 GB/s" capacity="1 TB" filled="2 TB"', "filled")
refused("two stores of one name", '<archive id="tape"', '<archive id="fs"', "taken")
refused("a checkpoint of unknown size", 'size="2 TB"', "", "how large")
refused("a store and a rate", 'to="fs"', 'to="fs" storage="1 GB/s"', "leave out")
refused("a server that is not there", "<economics/>", '<economics/>', "there are 1", open(hall(["a,0,32,7200"], saves('interval="30 min"'), '<event at="1 h" trip="fs/server:9"/>', stores=tiers)).read())
refused("a cache as a place for checkpoints", '<archive id="tape"', '<node-cache id="nvme" capacity="1 TB" read="1 GB/s"/><archive id="tape"', "nvme",
        open("e.xml").read().replace('to="fs"', 'to="nvme"', 1))
finish()
