#!/usr/bin/python3
"""Profiles of devices in runs: profiles.py BUILD. Prints TAP. A profile stretches what the catalog's constants gave, by hand; one that takes over
at an instant changes what is submitted later; the report says what rests on what; the effective scenario alone repeats the bytes."""
import csv, hashlib, io, json, os, re, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
catalog = open(os.path.abspath("scenarios/catalog/gpus.xml")).read()
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


# Six jobs, one every two hours; each takes about an hour and a half.
with open("a.xml", "w") as f:
    f.write("""<scenario xmlns="urn:datahall:scenario:1" name="a" seed="3"><import href="catalog:racks.xml"/><import href="catalog:models.xml"/>
<import href="catalog:stacks.xml"/><import href="catalog:engines.xml"/><horizon start="2026-07-06T00:00:00Z" duration="1 d"/>
<site id="s"><power><utility id="g" rated="10 MW"/></power><hall id="h"><row id="r" rack="dgx-h100-air" count="16" feed="g"/></hall></site>
<workload><jobs id="t" arrival="regular" rate="0.5 1/h" count="6"><size gpus="8" share="1"/><training model="llama3-8b" stack="nemo" steps="200"
batch="32" sequence="8192" micro-batch="1" tensor="2" pipeline="1" shard="optimizer" recompute="none"/></jobs>
<service id="c" model="llama3-8b" engine="vllm" replica-gpus="1" min-replicas="1" max-replicas="4" rate="2 1/s" prompt-tokens="500" output-tokens="300"
slo-ttft="1 s" slo-tpot="50 ms"/></workload></scenario>""")
h100 = catalog[catalog.index('<device id="h100-sxm"'):]
own = re.search(r'<gemm format="bf16"[^>]*/>', h100).group(0)
efficiency = float(re.search(r'efficiency="([^"]*)"', own).group(1))


def profile(name, entries, file="p.xml"):
    with open(file, "w") as f:
        f.write(f'<catalog xmlns="urn:datahall:scenario:1">{entries}</catalog>')
    return file


def gemm(scale, hull="128 16384 128 32768 128 32768"):
    plain_one = re.sub(r' (origin|hull)="[^"]*"', "", own)
    changed = plain_one.replace(f'efficiency="{efficiency:.4f}"', f'efficiency="{efficiency * scale:.6f}"')
    assert changed != plain_one or scale == 1
    return changed.replace("<gemm ", f'<gemm origin="measured" hull="{hull}" ')


def run(*options, scenario="a.xml", out="a.h5"):
    done = subprocess.run([datahall, "run", scenario, "-o", out, "--json", "-q", *options], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else {}, done.stderr


def lengths(out="a.h5"):
    text = subprocess.run([datahall, "export", out, "jobs"], capture_output=True, text=True, check=True).stdout
    return [float(j["end_s"]) - float(j["start_s"]) for j in csv.DictReader(io.StringIO(text)) if j["start_s"] and j["end_s"]][:6]


def sha(file):
    return hashlib.sha256(open(file, "rb").read()).hexdigest()


code, plain, said = run()
before = lengths()
ok(code == 0 and len(before) == 6 and max(before) - min(before) < 1e-6, "all jobs take the same without a profile", said or before)
rows = {(k["family"], k["format"]): k for k in plain["kernels"]}
ok(rows[("gemm", "bf16")]["origin"] == "published" and plain["kernel_time"]["gpu_h"] > 0, "the summary says where the constants come from", rows)

# Half of the efficiency: products that compute take twice as long, and nothing else changes. The step says how much that is.
profile("half", f'<profile id="half" aliases="h100-sxm" device="some card" date="2026-11-21T00:00:00Z">{gemm(0.5)}</profile>')
code, half, said = run("--profile", "p.xml", out="b.h5")
slow = lengths("b.h5")
ok(code == 0 and len(slow) == 6, "a run with a profile", said)
kernel_h, kernel2_h = rows[("gemm", "bf16")]["gpu_h"], next(k for k in half["kernels"] if k["family"] == "gemm")["gpu_h"]
ratio = slow[0] / before[0]
ok(1.2 < ratio < 2, f"jobs take {ratio:.3f} times as long", (before, slow))
# by hand: the step is that of the catalog with the same constants written into the device
with open("c.xml", "w") as f:
    f.write(open("a.xml").read().replace("<horizon", '<device id="mine" base="h100-sxm">%s</device><horizon' % gemm(0.5), 1))
code, hand, said = run("--set", '//node[@id="dgx-h100"]/@device=mine', scenario="c.xml", out="c.h5")
ok(code == 0 and lengths("c.h5") == slow, "to the last digit as with the same constants in the device", (said, code and said, slow, code == 0 and lengths("c.h5")))
rows2 = {(k["family"], k["format"]): k for k in half["kernels"]}
ok(rows2[("gemm", "bf16")]["origin"] == "measured" and "some card" in rows2[("gemm", "bf16")]["profile"] and rows2[("prefill", "bf16")]["origin"] == "published",
   "what was measured and what not is told by kernel", rows2)
ok("extrapolated_gpu_h" in rows2[("gemm", "bf16")] and rows2[("gemm", "bf16")]["extrapolated_gpu_h"] == half["kernel_time"]["extrapolated_gpu_h"],
   "extrapolated time is counted where the range is known", half["kernel_time"])
profile("narrow", f'<profile id="narrow" aliases="h100-sxm">{gemm(0.5, "128 256 128 256 128 256")}</profile>', "n.xml")
code, narrow, said = run("--profile", "n.xml", out="n.h5")
row = {(k["family"], k["format"]): k for k in narrow.get("kernels", [])}.get(("gemm", "bf16"), {})
ok(code == 0 and row["extrapolated_gpu_h"] > 0.95 * row["gpu_h"] and lengths("b.h5") == slow, "nearly all products of a large model are beyond a hull of 256", row or said)
report = subprocess.run([datahall, "report", "b.h5"], capture_output=True, text=True).stdout
ok("KERNEL TIME OF MODELS" in report and "measured" in report and "some card" in report, "and the report says so", report)

# One that takes over after five hours: jobs of hours 0, 2, 4 as before, those of 6, 8, 10 as with it from the beginning.
profile("later", f'<profile id="one" aliases="h100-sxm">{gemm(1)}</profile><profile id="two" follows="one" at="5 h">{gemm(0.5)}</profile>', "l.xml")
code, later, said = run("--profile", "l.xml", out="l.h5")
got = lengths("l.h5")
ok(code == 0 and got[:3] == before[:3] and all(abs(a / b - 1) < 1e-9 for a, b in zip(got[3:], slow[3:])), "one that takes over changes jobs submitted later", (said, got, before, slow))
early, late = plain["services"][0], half["services"][0]
mixed = later["services"][0]
ok(early["ttft_s"]["p50"] < late["ttft_s"]["p50"] and early["tpot_s"]["p95"] <= mixed["tpot_s"]["p95"] <= late["tpot_s"]["p95"] * 1.001
   and mixed["ttft_s"]["p50"] > early["ttft_s"]["p50"], "and the service from then on", (early, mixed, late))

# The effective scenario has it all: without the profile's file it gives the same bytes.
with open("e.xml", "w") as f:
    f.write(subprocess.run([datahall, "export", "l.h5", "scenario"], capture_output=True, text=True, check=True).stdout)
run("--profile", "l.xml", out="l2.h5")
ok(sha("l.h5") == sha("l2.h5"), "the same profile gives the same bytes")
code, again, said = run(scenario="e.xml", out="e.h5")
ok(code == 0 and lengths("e.h5") == got and again["scenario"]["sha256"] == later["scenario"]["sha256"], "the effective scenario alone repeats the run", said)

# And the profiles that a result had come out as they went in: once more the same bytes.
with open("x.xml", "w") as f:
    f.write(subprocess.run([datahall, "export", "l.h5", "profiles"], capture_output=True, text=True, check=True).stdout)
run("--profile", "x.xml", out="x.h5")
ok(sha("x.h5") == sha("l.h5"), "the profiles that a result exports give its bytes", open("x.xml").read())
done = subprocess.run([datahall, "export", "a.h5", "profiles"], capture_output=True, text=True)
ok(done.returncode == 2 and "no device" in done.stderr, "a result without any says so", done.stderr)

# Mistakes.
for name, entries, options, word in (
        ("a profile of no device", f'<profile id="x" aliases="nobody">{gemm(1)}</profile>', [], "no device"),
        ("one that follows nothing", f'<profile id="x" aliases="h100-sxm">{gemm(1)}</profile><profile id="y" follows="z" at="1 h"/>', [], "follows 'z'"),
        ("another catalog", '<device id="d" idle="1 W" tdp="2 W"/>', [], "<device>"),
        ("live without a device to measure", f'<profile id="x" aliases="h100-sxm">{gemm(1)}</profile>', ["--set", '//device[@id="h100-sxm"]/@profile=lively'], "lively")):
    profile("bad", entries, "bad.xml")
    done = subprocess.run([datahall, "check", "a.xml", "--profile", "bad.xml", *options], capture_output=True, text=True)
    ok(done.returncode == 65 and word in done.stderr and done.stderr.count("error:") == 1, f"refused: {name}", done.stderr)
done = subprocess.run([datahall, "run", "a.xml", "--profile", "none.xml", "--no-output"], capture_output=True, text=True)
ok(done.returncode == 66 and "none.xml" in done.stderr, "a file that is not there", done.stderr)
finish()
