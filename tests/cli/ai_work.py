#!/usr/bin/python3
"""Jobs and services with content in a run: ai_work.py BUILD. Prints TAP. Training streams take their time from the step that `predict training`
prints; services answer request by request or as a fluid, and the two agree; nothing that arrives is lost."""
import csv, io, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def run(workload, horizon="2 h", racks=2, more="", *options):
    with open("a.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="a" seed="3"><import href="catalog:racks.xml"/><import href="catalog:models.xml"/>
<import href="catalog:stacks.xml"/><import href="catalog:engines.xml"/><horizon start="2026-07-06T00:00:00Z" duration="{horizon}"/>
<site id="s"><power><utility id="g" rated="10 MW"/></power><hall id="h"><row id="r" rack="dgx-h100-air" count="{racks}" feed="g"/></hall></site>
<workload>{workload}</workload>{more}</scenario>""")
    done = subprocess.run([datahall, "run", "a.xml", "-o", "a.h5", "--json", "-q", *options], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else {}, done.stderr


def export(table):
    return list(csv.DictReader(io.StringIO(subprocess.run([datahall, "export", "a.h5", table], capture_output=True, text=True, check=True).stdout)))


def service(rate, fidelity, extra="", replicas="min-replicas='1' max-replicas='1'"):
    return f"""<service id="a" model="llama3-8b" engine="vllm" replica-gpus="1" {replicas} rate="{rate} 1/s" prompt-tokens="500" output-tokens="300"
fidelity="{fidelity}" slo-ttft="1 s" {extra}/>"""


# The example: what a planner asks of AI work is in the summary and in the report.
done = subprocess.run([datahall, "run", os.path.join(examples, "ai-factory.xml"), "-o", "f.h5", "--json", "-q"], capture_output=True, text=True)
ok(done.returncode == 0, "the example runs", done.stderr)
s = json.loads(done.stdout) if done.returncode == 0 else {"streams": [], "services": []}
streams, services = {x["id"]: x for x in s["streams"]}, {x["id"]: x for x in s["services"]}
ok(set(streams) == {"pretrain", "search"} and all(0.5 < x["goodput"] <= 1 + 1e-12 for x in streams.values()), "its training and its search have a goodput", streams)
ok(all(x["joules_per_token"] > 0 and x["usd_per_million_tokens"] > 0 and 0.9 < x["slo_met"] <= 1 and x["ttft_s"]["p95"] > x["ttft_s"]["p50"] > 0
       and x["tpot_s"]["p50"] > 0 for x in services.values()) and len(services) == 2, "its services have objectives, latencies, energy and cost", services)
report = subprocess.run([datahall, "report", "f.h5"], capture_output=True, text=True).stdout
ok(all(word in report for word in ("goodput", "in objective", "energy/token", "cost/1M tokens", "TTFT 95 %")), "and the report shows them", report)
energy = sum(x["energy_kwh"] for x in list(streams.values()) + list(services.values()))
ok(0.2 < energy / s["energy"]["it_kwh"] < 1, "what they drew is a part of the IT energy", energy)

# A run of 1,000 steps takes a thousand times what predict prints for one: the same functions.
TRAIN = """<jobs id="t" arrival="regular" rate="1 1/h" count="1"><size gpus="64" share="1"/><training model="llama3-8b" stack="nemo" steps="1000"
batch="128" sequence="8192" micro-batch="1" tensor="2" pipeline="1" shard="optimizer" recompute="none"/></jobs>"""
code, s, said = run(TRAIN, "24 h")
jobs = export("jobs") if code == 0 else [{"end_s": "nan", "start_s": "nan"}]
took = float(jobs[0]["end_s"]) - float(jobs[0]["start_s"]) if jobs[0]["end_s"] else 0
with open("row.csv", "w") as f:
    f.write("id,source,model,arch,params_b,layers,hidden,heads,kv_heads,head_dim,ffn,gated_ffn,vocab,seq_len,experts,topk,moe_ffn,global_batch,micro_batch,"
            "gpu,n_gpus,tp,pp,vpp,cp,ep,dp,sharding,recompute,precision,framework\n"
            "1,x,llama3-8b,llama,8.03,32,4096,32,8,128,14336,1,128256,8192,,,,128,1,H100-SXM-80G,64,2,1,,1,1,32,zero1,none,bf16,NeMo 25.04\n")
row = subprocess.run([datahall, "predict", "training", "-i", "row.csv"], capture_output=True, text=True).stdout
step = float(next(csv.DictReader(io.StringIO(row)))["predicted_step_s"]) if row else 0
ok(step > 0 and abs(took / (1000 * step) - 1) < 1e-5, "a run takes its steps at the time that predict prints", (took, step, said))

# Checkpoints are part of what a job asks for: it is not ended for them.
code, s, said = run(TRAIN.replace("</jobs>", "<checkpoints interval='2 min' write='20 s'/></jobs>"), "24 h")
jobs = export("jobs") if code == 0 else [{"state": said}]
ok(jobs[0]["state"] == "done" and float(jobs[0]["end_s"]) > 1000 * step * 1.1, "a job that writes checkpoints is not ended at the time of its work", jobs)

# What does not fit says so before anything runs.
code, s, said = run(TRAIN.replace('model="llama3-8b"', 'model="llama3.1-405b"').replace('gpus="64"', 'gpus="16"').replace('tensor="2"', 'tensor="8"'))
ok(code == 65 and "GB" in said and "optimizer" in said and "hint" in said, "a plan that does not fit names the tensors, the bytes and one that does", said)
code, s, said = run(service(1, "fluid").replace("llama3-8b", "llama3-70b"))
ok(code == 65 and "does not fit" in said and "hint" in said, "so does a service", said)

# The fluid and the requests of one service agree at loads that both hold for.
for rate in (1, 4, 8):
    _, fluid, said = run(service(rate, "fluid"))
    _, request, said = run(service(rate, "request"))
    a, b = (x.get("services", [{}])[0] for x in (fluid, request))
    near = lambda key, share: abs(dict(a, **{"ttft": a["ttft_s"]["mean"], "tpot": a["tpot_s"]["p50"]})[key] /
                                  dict(b, **{"ttft": b["ttft_s"]["mean"], "tpot": b["tpot_s"]["p50"]})[key] - 1) < share
    ok(a and b and near("tokens_per_s", 0.03) and near("ttft", 0.12) and near("tpot", 0.06) and near("energy_kwh", 0.05),
       f"fluid and request agree at {rate} requests a second", (a, b, said))

# A replica that loses its rack: nobody is lost, all are read again elsewhere.
code, s, said = run(service(4, "request", "", "min-replicas='2' max-replicas='2'"), "2 h", 2, "", "--trip", "r-001@2026-07-06T01:00:00Z")
a = s["services"][0] if s else {}
ok(code == 0 and a and a["requests"] == a["served"] + a["unanswered"] + a["refused"] and s["audit"]["requests"] == 0 and a["served"] > 28000 * 0.95,
   "requests of a replica that goes dark are answered by others", (a, said))
calm = run(service(4, "request", "", "min-replicas='2' max-replicas='2'"))[1]["services"][0]
ok(a and a["ttft_s"]["p99"] > calm["ttft_s"]["p99"], "some of them late", (a, calm))

# A log: each of its requests, once. One that no cache can hold is refused.
with open("log.csv", "w") as f:
    f.write("submit_s,prompt_tokens,output_tokens\n" + "".join(f"{10 * k},{200 + k},{20 + k}\n" for k in range(100)) + "1000,90000000,5\n")
code, s, said = run(service(1, "request", "requests='log.csv'"), "1 h")
a = s["services"][0] if s else {}
ok(code == 0 and a and (a["requests"], a["served"], a["refused"]) == (101, 100, 1), "a log of requests is followed", (a, said))
ok(a and abs(a["tokens_per_s"] * 3600 - sum(20 + k for k in range(100))) < 1e-6, "token by token", a)

# Replicas follow the load and finish what they have: three times the load at noon.
hours = " ".join(["1"] * 6 + ["12"] * 6 + ["1"] * 12)
code, s, said = run(service(6, "request", f"hourly='{hours}' start='30 s' slo-tpot='10 ms'", "min-replicas='1' max-replicas='8'"), "24 h")
a = s["services"][0] if s else {}
ok(code == 0 and a and a["peak_replicas"] > 1 and a["mean_replicas"] < a["peak_replicas"] and a["slo_met"] > 0.8 and s["audit"]["requests"] == 0,
   "replicas come and go with the load", (a, said))
again = run(service(6, "request", f"hourly='{hours}' start='30 s' slo-tpot='10 ms'", "min-replicas='1' max-replicas='8'"), "24 h")[1]["services"][0]
ok(again == a, "the same seed gives the same service", (again, a))

# Prompts apart from answers: whoever writes is not held up by those who read, so tokens come evenly; nobody is lost on the way.
four = "min-replicas='4' max-replicas='4'"
together = run(service(40, "request", "", four), "30 min")[1]["services"][0]
code, s, said = run(service(40, "request", "prefill-replicas='2'", four), "30 min")
a = s["services"][0] if s else {}
ok(code == 0 and a and s["audit"]["requests"] == 0 and a["served"] > 0.99 * together["served"] and
   a["tpot_s"]["p95"] / a["tpot_s"]["p50"] < together["tpot_s"]["p95"] / together["tpot_s"]["p50"], "prompts may be read apart", (a, together, said))

# What cannot be is said before anything runs: where, why, and what to do; exit 65.
serve = service(4, "request")
for name, work, words, options in (
        ("a plan that does not divide its GPUs", TRAIN.replace('tensor="2"', 'tensor="3"').replace('micro-batch="1" ', ""), ("does not divide 64", "hint"), ()),
        ("a plan of more ranks than numbers have", TRAIN.replace('tensor="2" pipeline="1"', 'tensor="1000000" pipeline="1000000" context="1000000"').replace('micro-batch="1" ', ""),
         ("does not divide 64",), ()),
        ("a training of ages", TRAIN.replace('steps="1000"', 'tokens="1e18"'), ("at most 126", "E-RANGE"), ()),
        ("measured work of ages", "<jobs id='t' rate='1 1/h'><size gpus='8' share='1'/><throughput samples='1e18' per-gpu='1e-9 1/s'/></jobs>", ("at most 126",), ()),
        ("a number format without constants", TRAIN.replace('micro-batch="1"', 'precision="nvfp4"').replace('tensor="2" pipeline="1"', ""), ("no constants", "bf16"), ()),
        ("weights without constants", service(4, "request", "weights='nvfp4'"), ("service a: device", "no constants", "hint"), ()),
        ("an engine that nobody knows", serve.replace('"vllm"', '"vlm"'), ("no engine 'vlm'", "hint"), ()),
        ("a device that does not stand there", service(4, "request", "device='h200-sxm'"), ("no h200-sxm stands", "hint"), ()),
        ("experts that a model does not have", service(4, "request", "expert='2'"), ("expert-parallel",), ()),
        ("requests longer than their context", service(4, "request", "context='500'"), ("context", "hint"), ()),
        ("more requests than a life is long", service("1e9", "request"), ("E-LIMIT-STEPS", "fluid"), ())):
    code, s, said = run(work, "2 h", 2, "", *options)
    checked = subprocess.run([datahall, "check", "a.xml"], capture_output=True, text=True)
    ok(code == 65 and "a.xml:" in said and all(word in said for word in words), name + " is refused", (code, said))
    ok(checked.returncode == 65 and all(word in checked.stderr for word in words), "  and by check as well", checked.stderr)

# Two kinds of accelerators in one pool: which one a model runs on is not asked.
run(serve + TRAIN, "1 h", '1" feed="g"/><row id="q" rack="gb200-nvl72" count="1')
said = subprocess.run([datahall, "check", "a.xml"], capture_output=True, text=True).stderr
ok("its replicas may run on" in said and "they may train on" in said, "devices of two types are warned of", said)

# A replica that can never start is no job that is done: the run goes on until the others are.
code, s, said = run(service(1, "request").replace('replica-gpus="1"', 'replica-gpus="128" tensor="8"') + TRAIN.replace('"64"', '"32"').replace("1000", "10"), "30 d", 2, "",
                    "--until", "idle")
ok(code == 0 and s["streams"][0]["completed"] == 1 and s["scenario"]["duration_s"] < 86400 and s["services"][0]["unanswered"] == s["services"][0]["requests"],
   "a replica that never starts does not end a run, nor keep it", (s.get("scenario"), said))

# Replicas that are emptied to go and lose their rack meanwhile: none is forgotten.
hours = " ".join(["1"] + ["0.03"] * 23)
code, s, said = run(service(0.001, "request", f"hourly='{hours}' output-sigma='0' start='0 s' prompt-sigma='0' target-utilization='0.2'", "min-replicas='1' max-replicas='8'").replace("output-tokens=\"300\"", "output-tokens=\"60000\""),
                    "3 h", 1, "", *(x for m in range(1, 40, 3) for x in ("--trip", f"r-001@2026-07-06T01:{m:02}:30Z:20 s")))
rows = export("services") if code == 0 else []
ok(rows and max(int(r["service_replicas"]) for r in rows) > 2 and min(int(r["service_replicas"]) for r in rows[-30:]) == 1, "replicas that lose their rack while they are emptied are not forgotten",
   (rows[-30:], said))

# What waits inside a replica is seen by who asks for more of them: a burst is worked off by both.
with open("log.csv", "w") as f:
    f.write("submit_s,prompt_tokens,output_tokens\n" + "10,1000,200\n" * 50000)
code, s, said = run(service(1, "request", "requests='log.csv'", "min-replicas='1' max-replicas='2'"), "1 h")
a = s["services"][0] if s else {}
ok(code == 0 and a and a["mean_replicas"] > 1.5 and s["audit"]["requests"] == 0, "requests that wait in a replica keep another one", (a, said))

# Answers that take many minutes are work in each of them.
code, s, said = run(service(0.03, "request", "output-sigma='0'").replace('output-tokens="300"', 'output-tokens="30000"'), "1 h")
used = [float(r["service_utilization"]) for r in export("services")[20:]] if code == 0 else [0]
ok(min(used) > 0.2, "long answers are work while they are written", (used, said))

# Lengths that reach the context have a bounded spread: the wait in front of a prompt stays in proportion.
code, s, said = run(service(4, "fluid", "prompt-sigma='5'"))
ok(code == 0 and s["services"][0]["ttft_s"]["mean"] < 1, "the wait for long prompts is bounded by the context", (s.get("services"), said))

# Neither a minute nor a whole number of them: the books hold, and what is given in vain is said.
code, s, said = run(service(9, "request", "prefill-rate='100'"), "61.5 s")
ok(code == 0 and s["audit"]["requests"] == 0 and s["services"][0]["requests"] > 400, "a run may end within a minute", (s.get("services"), said))
ok("'prefill-rate' counts only without a model" in subprocess.run([datahall, "check", "a.xml"], capture_output=True, text=True).stderr, "a rate beside a model is said to count nothing")
finish()
