#!/usr/bin/python3
"""Training jobs that share a fabric, by hand: network.py BUILD. Prints TAP."""
import csv, io, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def command(*arguments):
    return subprocess.run([datahall, *arguments], capture_output=True, text=True)


def run(*options):
    done = command("run", "e.xml", "-o", "e.h5", "--json", "-q", *options)
    if done.returncode:
        print("#", done.stderr.replace("\n", "\n# "))
        return {}, []
    return json.loads(done.stdout), list(csv.DictReader(io.StringIO(command("export", "e.h5", "jobs").stdout)))


def near(got, wanted, tolerance=1e-9):
    return abs(got - wanted) <= tolerance * max(1e-3, abs(wanted))


def start_of(name, seed):
    """Share of a step after which a job begins its first: the first draw of its stream (Philox4x32-10, FNV-1a, SplitMix64)."""
    full, low = 2**64 - 1, 2**32 - 1
    h = 0xcbf29ce484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001b3 & full
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9 & full
    h = (h ^ h >> 27) * 0x94d049bb133111eb & full
    h ^= h >> 31
    c, k0, k1 = [0, 23, h & low, h >> 32], seed & low, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k0, p1 & low, (p0 >> 32) ^ c[3] ^ k1, p0 & low]
        k0, k1 = k0 + 0x9E3779B9 & low, k1 + 0xBB67AE85 & low
    return ((c[1] << 32 | c[0]) >> 11) / 2**53


# Two leaves of eight nodes of eight GPUs. A dense model of H = 4096, F = 16384, 32 layers, 32 heads, 32,000 words; data parallel alone. The software
# hides nothing, and loses nothing with servers.
NODES, GPUS, STEPS, H, F, LAYERS, VOCAB = 8, 64, 4000, 4096, 16384, 32, 32000
PARAMETERS = LAYERS * (4 * H * H + 3 * H * F + 2 * H) + 2 * VOCAB * H + H
IDLE_W, BUSY_W, HOURS = 100, 400, 6


def hall(uplinks=8, placement="spread", fidelity="flow", jobs=("a", "b"), overlap=0, more="", routing="adaptive"):
    streams = "".join(f'''<jobs id="{j}" arrival="regular" rate="1 1/d" count="1" overestimate="9" cpu-util="0"><size gpus="{GPUS}" share="1"/>
<training model="m" stack="s" steps="{STEPS}" batch="64" sequence="4096" tensor="1" micro-batch="1" shard="none" recompute="full"/></jobs>''' for j in jobs)
    with open("e.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="e" seed="1">
<horizon start="2026-01-01T00:00:00Z" duration="{HOURS} h" step="5 min"/>
<device id="g" idle="{IDLE_W} W" tdp="{BUSY_W} W" memory="400 GB" memory-bandwidth="4 TB/s" link-bandwidth="900 GB/s" multiprocessors="100">
<gemm format="bf16" peak="1000 TFLOP/s" start="3 us" efficiency="0.8" memory="0.8"/></device>
<model id="m" layers="{LAYERS}" hidden="{H}" heads="32" ffn="{F}" vocab="{VOCAB}"/>
<stack id="s" link="0.75" nic="0.75" latency="0 s" data-overlap="{overlap}" scale="0"/>
<node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="4" rated="40 kW"/>
<site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="a" rack="t" count="4" feed="u"/></hall></site>
<fabric id="net" rate="50 GB/s" hosts-per-leaf="64" units="2" fidelity="{fidelity}" routing="{routing}"><switch tier="leaf" oversubscription="{64 // uplinks}"/>
<switch tier="spine"/></fabric>
<workload>{streams}</workload><scheduler policy="fcfs" placement="{placement}"/>{more}<record precision="full"/></scenario>""")


def sent(result):
    return result["network"]["sent_tb"] * 1e12


hall(placement="leaf")
packed, rows = run()
hall(placement="leaf", fidelity="collective")
closed, closed_rows = run()
step = packed["streams"][0]["step_s"]
# fp32 gradients around a ring of 64: out of each node 2 (64 - 1)/64 times 4 bytes of each parameter
node_bytes = 2 * 63 / 64 * 4 * PARAMETERS
ok(near(sent(packed), 2 * NODES * STEPS * node_bytes), "each node sends its share of a ring for each step", (sent(packed), node_bytes, packed["network"]))
ok(packed["network"]["local_tb"] == 0 and all(float(r["network_slowdown"]) == 1 for r in rows) and
   packed["gpu_time"].get("network_h", 0) == 0, "packed on a leaf each, they do not slow each other", packed["network"])
ok([r["end_s"] for r in rows] == [r["end_s"] for r in closed_rows] and near(float(rows[0]["end_s"]), STEPS * step),
   "and end with the closed form, to the nanosecond", (rows, closed_rows))
hall(uplinks=64, jobs="a")
alone, rows = run()
ok(float(rows[0]["network_slowdown"]) == 1 and float(rows[0]["end_s"]) == float(closed_rows[0]["end_s"]),
   "alone over a spine with all bandwidth, a job is exactly as fast", rows)

# Full speed: eight adapters at 0.75 of their rate, less 5.5 % for eight servers (a doubling beyond four).
rate = 8 * 50e9 * 0.75 / (1 + 0.055)
busy = node_bytes / rate
ok(near(packed["gpu_time"]["communication_h"], 2 * GPUS * STEPS * busy / 3600, 1e-7), "what nothing hides shows in the step",
   (packed["gpu_time"], 2 * GPUS * STEPS * busy / 3600))


def slowed(capacity, starts, step=step, busy=busy):
    """Steps of two equal jobs: whoever is ahead by d sends alone for d, both until it is done, the other alone for d."""
    alone, both = min(1, capacity / rate), capacity / (2 * rate)
    length = step - busy + busy / alone
    ahead = abs(starts[0] - starts[1]) * step
    ahead = min(ahead, step - ahead)
    if ahead >= busy / alone:
        return length
    return step - busy + ahead + (busy - ahead * alone) / both


for seed in (2, 7, 9, 10):
    starts = [start_of("a-1", seed), start_of("b-1", seed)]
    hall()
    r, rows = run("--seed", str(seed))
    wanted = slowed(0.95 * 8 * 50e9, starts) / step
    got = [float(x["network_slowdown"]) for x in rows]
    ok(all(near(g, wanted, 1e-6) for g in got) and near(float(rows[0]["end_s"]), STEPS * step * wanted, 1e-6),
       f"over one spine, seed {seed}: both are slowed as their distance says", (got, wanted, starts, busy / step))
    ok(near(r["network"]["slowdown_mean"], got[0], 1e-6) and near(r["network"]["slowdown_max"], max(got), 1e-9) and
       near(r["network"]["lost_gpu_h"], r["gpu_time"].get("network_h", 0)) and
       near(r["network"]["lost_gpu_h"], 2 * GPUS * (float(rows[0]["end_s"]) - STEPS * step) / 3600, 1e-6),
       f"seed {seed}: the summary says so, and what it cost", r["network"])
    ok(near(sent(r), sent(packed), 1e-9) and near(r["network"]["local_tb"] * 1e12, 2 * 2 * STEPS * node_bytes, 1e-9),
       f"seed {seed}: the same bytes are sent, of which two links of each ring cross the spine", r["network"])
    # While they wait GPUs draw 0.3 of what work draws above idle (communication); nothing loses power on the way.
    more_j = 2 * GPUS * 0.3 * (BUSY_W - IDLE_W) * (float(rows[0]["end_s"]) - STEPS * step)
    ok(abs((r["energy"]["it_kwh"] - packed["energy"]["it_kwh"]) * 3.6e6 - more_j) <= 1e-6 * more_j + 1 and r["audit"]["gpu_hours"] <= 1e-12,
       f"seed {seed}: the longer run's energy", ((r["energy"]["it_kwh"] - packed["energy"]["it_kwh"]) * 3.6e6, more_j))

# Alone over two links up of 50 GB/s each: its own ring fills them.
hall(uplinks=2, jobs="a")
r, rows = run()
ok(near(float(rows[0]["network_slowdown"]), (step - busy + node_bytes / (0.95 * 100e9)) / step, 1e-9),
   "alone but scattered over an oversubscribed spine, a job waits for its own traffic", rows)
# A part of the backward pass hides traffic.
waited = float(rows[0]["end_s"]) / STEPS - step
hall(uplinks=2, jobs="a", overlap=0.25)
hidden, rows = run()
window = step - hidden["streams"][0]["step_s"]
ok(0.1 * busy < window < busy and near(float(rows[0]["end_s"]) / STEPS - (step - window), waited, 1e-6),
   "computing hides no more of traffic that is slower", (window, busy, waited, rows))
hall(uplinks=2, jobs="a", overlap=0.9)
hidden, rows = run()
ok(near(step - hidden["streams"][0]["step_s"], busy, 1e-9) and
   0 < float(rows[0]["end_s"]) / STEPS - (step - busy) < 0.9 * waited, "a longer window than the traffic at full speed hides more of it",
   (step - hidden["streams"][0]["step_s"], busy, waited, rows))

# ECMP: 64 flows on 8 links reach (k/u) / (k/u + sqrt(2 (k/u) ln u)) of them.
import math
hall(jobs="a", routing="ecmp")
r, rows = run()
share = 8 / (8 + math.sqrt(2 * 8 * math.log(8)))
ok(near(float(rows[0]["network_slowdown"]), (step - busy + node_bytes / (share * 400e9)) / step, 1e-9), "flows that collide slow a job, too", rows)

# A leaf out for ten minutes: both stand still; all they have to send is sent.
hall(more='<failures><event at="20 min" trip="net/leaf:1" for="10 min"/></failures>')
r, rows = run()
wanted = STEPS * step * slowed(0.95 * 400e9, [start_of("a-1", 1), start_of("b-1", 1)]) / step + 600
ok(near(float(rows[0]["end_s"]), wanted, 1e-6) and near(sent(r), sent(packed), 1e-9) and r["audit"]["gpu_hours"] <= 1e-12,
   "a leaf that fails: both wait for it, and nothing is lost", (rows, wanted, sent(r), sent(packed)))

# Constants measured on InfiniBand and NVLink, several kinds of plans: as flows, alone on a fabric of full bandwidth, as in closed form.
example = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scenarios", "examples", "shared-spine.xml")
for name, plan in (("sharded weights", 'shard="weights"'), ("tensor and pipeline", 'tensor="4" pipeline="2" chunks="2" shard="optimizer"'),
                   ("context, no sharding", 'tensor="2" context="4" shard="none" recompute="full"')):
    with open(example) as f:
        text = f.read()
    text = text.replace('tensor="1" shard="weights"', plan).replace('oversubscription="16"', "").replace('recompute="none"', "")
    text = text.replace('recompute="full"', "").replace('placement="spread"', 'placement="flat"') if "full" not in plan else text
    with open("e.xml", "w") as f:
        f.write(text)
    ends = []
    for fidelity in ("flow", "collective"):
        r, rows = run("--set", f"//fabric/@fidelity={fidelity}", "--set", "//jobs[2]/@count=0")
        ends.append([x["end_s"] for x in rows] if r and r["network"]["sent_tb"] > 0 else fidelity)
    ok(ends[0] == ends[1], f"{name}: the end of a run with flows is that of its closed form", ends)

# Other work says how much it communicates; flat pools and single nodes send nothing.
hall(fidelity="none")
r, rows = run()
ok("network" not in r and all(x["network_slowdown"] == "" for x in rows), "fidelity none: nobody has traffic", r.get("network"))
finish()
