#!/usr/bin/python3
"""A training run of 54 days on 16,384 H100 in runs: interruptions and effective training time, with the run's own rates of
failure and with those of other published clusters, against what was published of it: llama_scale.py BUILD. Prints TAP.

Published: 419 unexpected interruptions, effective training time above 90 % (A. Dubey et al., The Llama 3 herd of models,
2024). Rates: scenarios/catalog/failures.xml, checked here against the files they were taken from."""
import csv, json, math, os, re, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
catalog = open(os.path.join(os.path.dirname(__file__), "..", "..", "scenarios", "catalog", "failures.xml")).read()
shared = os.path.abspath(os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
DAYS, NODES, GPUS, SPARES, PUBLISHED = 54, 2048, 16384, 64, 419
SEEDS = 8 if os.environ.get("VALIDATE") == "quick" else 20
T_999 = {8: 5.408, 20: 3.883}[SEEDS]  # Student's t


def say(text):
    print("#", text)


# Who notices: a fault of GPU or host ends a process at once; a broken link or a collective that hangs is noticed when the
# collective times out, 10 minutes by default.
OWN = {"gpu-h100": ("r/gpu", 1), "node-llama3-software": ("r/node", 1), "node-llama3-network": ("r/node", 10), "node-llama3-maintenance": ("r/node", 1),
       "node-llama3-parts": ("r/node", 1), "node-llama3-unknown": ("r/node", 10)}
OTHERS = {"node-gpu-fault": ("r/node", 1), "node-gpu-replaced": ("r/node", 1), "node-host": ("r/node", 1), "node-network-fault": ("r/node", 10),
          "node-network-hardware": ("r/node", 10), "node-network-other": ("r/node", 10)}
RESTART_MIN = 5  # of a research cluster of the same owner: A. Kokolis et al., HPCA 2025


def rate(kind):
    """Failures of the whole job a second."""
    value, unit = re.search(rf'id="{kind}"[^>]* rate="([0-9.e-]+) 1/([da])"', catalog).groups()
    return float(value) * (GPUS if kind == "gpu-h100" else NODES) / (86400 * (365 if unit == "a" else 1))


def scenario(causes, checkpoints='parameters="405e9" storage="2 TB/s"', spares=SPARES):
    failures = "".join(f'<failure of="{of}" kind="{kind}" detection="{minutes} min"/>' for kind, (of, minutes) in causes.items())
    return f"""<scenario xmlns="urn:datahall:scenario:1" name="llama"><import href="catalog:racks.xml"/><import href="catalog:failures.xml"/>
  <horizon start="2024-01-01T00:00:00Z" duration="{DAYS} d"/>
  <site id="s"><power><utility id="grid" rated="60 MW"/></power>
    <hall id="h"><row id="r" rack="dgx-h100-air" count="{(NODES + spares) // 4}" feed="grid"/></hall></site>
  <workload><jobs id="run" rate="1 1/min" arrival="regular" count="1" duration="constant" mean="80 d" limit="90 d">
    <size gpus="{GPUS}" share="1"/><checkpoints {checkpoints}/></jobs></workload>
  <scheduler policy="fcfs" limit="allow"/>
  <failures restart="{RESTART_MIN} min">{failures}</failures><record series="no"/></scenario>"""


def runs(*args, **more):
    open("c.xml", "w").write(scenario(*args, **more))
    found = []
    for seed in range(SEEDS):
        run = subprocess.run([datahall, "run", "c.xml", "--json", "-q", "--no-output", "--seed", str(seed)], capture_output=True, text=True)
        if run.returncode:
            sys.exit("Bail out! " + run.stderr)
        found.append(json.loads(run.stdout))
    return found


def mean_and_half(values):
    mean = sum(values) / len(values)
    return mean, T_999 * math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))


def closed_form(causes):
    """By datahall predict: mean restart of all causes, 2 TB/s for 14 B of each of 405e9 parameters."""
    total = sum(map(rate, causes))
    lead = sum(rate(k) * (RESTART_MIN + m) * 60 for k, (_, m) in causes.items()) / total
    open("g.csv", "w").write("kind,mtbf_s,write_s,restart_s,days\n" +
                             f"goodput,{1 / total:.9g},{405e9 * 14 / 2e12 + 405e9 * 14 / GPUS / 50e9:.9g},{lead:.9g},{DAYS}\n")
    out = subprocess.run([datahall, "predict", "reliability", "-i", "g.csv"], capture_output=True, text=True, check=True).stdout
    return {r["quantity"]: float(r["value"]) for r in csv.DictReader(out.splitlines())}


def compare(name, causes):
    found = runs(causes)
    hits, hits_half = mean_and_half([s["failures"]["jobs_hit"] for s in found])
    ettr, ettr_half = mean_and_half([s["gpus"]["ettr"] for s in found])
    exact = closed_form(causes)
    say(f"{name}: {hits:.1f} +- {hits_half:.1f} interruptions in {DAYS} days, effective training time {100 * ettr:.2f} +- {100 * ettr_half:.2f} %")
    say(f"  closed form {exact['interruptions']:.1f} and {100 * exact['ettr']:.2f} %: {100 * exact['restart']:.2f} % restarts, {100 * exact['rework']:.2f} % work done "
        f"again, {100 * exact['checkpoint']:.2f} % checkpoints, every {exact['interval_s']:.0f} s")
    ok(abs(ettr - exact["ettr"]) <= ettr_half + 2e-4 and ettr_half < .01, f"{name}: effective training time in runs as in closed form")
    ok(abs(hits - exact["interruptions"]) <= hits_half + .005 * hits, f"{name}: interruptions in runs as in closed form")
    ok(all(s["audit"]["gpu_hours"] == 0 and s["gpus"]["requeued_h"] == 0 for s in found), f"{name}: spare nodes take over at once, books close")
    return found, hits, ettr


own, own_hits, own_ettr = compare("its own rates", OWN)
low, high = PUBLISHED - 1.96 * math.sqrt(PUBLISHED), PUBLISHED + 1.96 * math.sqrt(PUBLISHED)
ok(low <= own_hits <= high, f"own rates: {own_hits:.1f} interruptions within the 95 % Poisson band of 419, {low:.0f} to {high:.0f}")
outside = sum(abs(s["failures"]["jobs_hit"] - PUBLISHED) > 3.3 * math.sqrt(PUBLISHED) for s in own)
ok(outside <= SEEDS // 10, f"own rates: {outside} of {SEEDS} runs outside the 99.9 % band")
ok(own_ettr > .90, f"own rates: effective training time {100 * own_ettr:.1f} % is above 90 %, as published")
for kind, published in (("gpu-h100", 268), ("node-llama3-software", 56), ("node-llama3-network", 35), ("node-llama3-maintenance", 32),
                        ("node-llama3-parts", 21), ("node-llama3-unknown", 7)):
    hit = sum(c["jobs_hit"] for s in own for c in s["causes"] if c["name"] == kind)
    ok(abs(hit - SEEDS * published) <= 3.3 * math.sqrt(SEEDS * published) + .02 * hit, f"own rates: {kind} {hit / SEEDS:.1f} times, published {published}")

others, hits, ettr = compare("rates of other clusters", OTHERS)
ok(PUBLISHED / 1.5 <= hits <= PUBLISHED * 1.5, f"other clusters: {hits:.0f} interruptions, {hits / PUBLISHED:.2f} times the 419 published")
ok(abs(ettr - .90) <= .03, f"other clusters: effective training time {100 * ettr:.1f} %, 90 +- 3 %")
say("why more: of the five clusters RSC-1 (A100, 16,000 GPUs, many jobs of many users) has two thirds of the node-days, and 2.8 times the rate of its")
say("sister RSC-2; alone they give")
for name, per_day in (("RSC-1", .0065), ("RSC-2", .00234), ("Crusoe H200", 205 / (1600 * 120 / 8)), ("OPT-175B", 105 / (992 * 60 / 8)),
                      ("BLOOM, GPUs only", 22.5 / (384 * 105 / 8))):
    say(f"  {name}: {per_day * NODES * DAYS:.0f} interruptions, {per_day * NODES * DAYS / PUBLISHED:.2f} times")
gpu = sum(rate(k) for k in ("node-gpu-fault", "node-gpu-replaced")) / sum(map(rate, OTHERS))
say(f"by component GPUs have {100 * gpu:.0f} % of them ({100 * 268 / 419:.0f} % published), the network {100 * sum(rate(k) for k in OTHERS if 'network' in k) / sum(map(rate, OTHERS)):.0f} % "
    f"({100 * 35 / 419:.0f} %), software none (13 %): their counts have only what broke")

# ---- the planner's interval is the best one in runs, too
best, half = mean_and_half([s["gpus"]["ettr"] for s in others])
for factor in (.2, 5):
    every = factor * closed_form(OTHERS)["interval_s"]
    other, _ = mean_and_half([s["gpus"]["ettr"] for s in runs(OTHERS, f'interval="{every:.1f} s" parameters="405e9" storage="2 TB/s"')])
    ok(other < best - half / 3, f"a checkpoint every {every:.0f} s: {100 * other:.2f} % instead of {100 * best:.2f} %")

# ---- the catalog beside the files
path = os.path.join(shared, "aiperf", "failures.csv")
if os.path.exists(path):
    rows = list(csv.DictReader(open(path)))
    crusoe = {r["component"]: float(r["share_pct"]) for r in rows if "Crusoe" in r["system"]}
    names = {"node-gpu-fault": "GPU recoverable faults", "node-gpu-replaced": "GPU host replacement", "node-host": "Other host issues",
             "node-network-fault": "InfiniBand recoverable faults", "node-network-hardware": "InfiniBand hardware issues", "node-network-other": "InfiniBand other issues"}
    total = sum(map(rate, OTHERS))
    ok(all(abs(rate(k) / total - crusoe[c] / 100) < 1e-3 for k, c in names.items()), "other clusters: shares of components as in the file")
    llama = {r["component"]: r["count"] for r in rows if r["system"].startswith("Meta Llama 3 405B")}
    ok(int(llama["ALL unexpected"]) == PUBLISHED and abs(sum(map(rate, OWN)) * DAYS * 86400 - PUBLISHED) < .5, "own rates: 419 in all, as in the file")
finish()
