#!/usr/bin/python3
"""Measuring before and during a run: calibrate_live.py BUILD. Prints TAP. On the synthetic device always, on a real one by OpenCL where there is one:
what was measured moves the jobs, and the profile that is kept repeats the bytes without any device."""
import csv, hashlib, io, json, os, re, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


# A small model whose layers a processor can time: what matters is that its shapes are measured and used.
TINY = """<model id="m" layers="4" hidden="256" heads="4" kv-heads="4" ffn="512" vocab="1024"/>"""
LARGE = """<model id="m" layers="8" hidden="4096" heads="32" kv-heads="8" ffn="14336" vocab="8192"/>"""


def scenario(profile, large=False, horizon="12 h"):
    steps, sequence = (3000, 2048) if large else (2000, 256)
    with open("a.xml", "w") as f:
        f.write(f"""<scenario xmlns="urn:datahall:scenario:1" name="a" seed="3"><import href="catalog:racks.xml"/>
<import href="catalog:stacks.xml"/><horizon start="2026-07-06T00:00:00Z" duration="{horizon}"/>{LARGE if large else TINY}
<device id="card" base="{"a100-sxm" if large else "h100-sxm"}" {profile}/><node id="box" base="dgx-h100" device="card"/><rack-type id="rack" base="dgx-h100-air" node="box"/>
<site id="s"><power><utility id="g" rated="10 MW"/></power><hall id="h"><row id="r" rack="rack" count="2" feed="g"/></hall></site>
<workload><jobs id="t" arrival="regular" rate="0.5 1/h" count="6"><size gpus="4" share="1"/><training model="m" stack="default" steps="{steps}"
batch="4" sequence="{sequence}" micro-batch="1" tensor="1" pipeline="1" shard="none" recompute="none"/></jobs></workload></scenario>""")


def run(*options, out="a.h5"):
    done = subprocess.run([datahall, "run", "a.xml", "-o", out, "--json", "-q", *options], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 and done.stdout else {}, done.stderr


def lengths(out):
    text = subprocess.run([datahall, "export", out, "jobs"], capture_output=True, text=True).stdout
    return [float(j["end_s"]) - float(j["start_s"]) for j in csv.DictReader(io.StringIO(text)) if j["start_s"] and j["end_s"]]


def sha(file):
    return hashlib.sha256(open(file, "rb").read()).hexdigest()


def check(backend, budget, large):
    scenario("", large)
    code, _, said = run(out="plain.h5")
    before = lengths("plain.h5")
    ok(code == 0 and len(before) == 6, f"{backend}: the scenario runs with the catalog's constants", said)
    scenario('profile="live"', large)
    code, live, said = run("--backend", backend, "--budget", budget, "--keep-profile", f"{backend}.xml", out="live.h5")
    if not ok_or_none(code, said, backend):
        return
    rows = {(k["family"], k["format"]): k for k in live["kernels"]}
    ok(rows[("gemm", "bf16")]["origin"] == "measured", f"{backend}: a device with profile=live is measured first", rows)
    got = lengths("live.h5")
    ok(len(got) >= 1 and abs(got[0] / before[0] - 1) > 0.02, f"{backend}: durations change with what was measured ({before[0]:.1f} s, then {got[0] if got else 0:.1f} s)", said)
    ok(live["kernel_time"]["extrapolated_gpu_h"] < 0.1 * live["kernel_time"]["gpu_h"], f"{backend}: little of the time is beyond what was measured", live["kernel_time"])
    code, _, said = run("--profile", f"{backend}.xml", out="again.h5")
    ok(code == 0 and sha("again.h5") == sha("live.h5"), f"{backend}: the profile that was kept gives identical bytes", said)
    with open("x.xml", "w") as f:
        f.write(subprocess.run([datahall, "export", "live.h5", "profiles"], capture_output=True, text=True).stdout)
    run("--profile", "x.xml", out="x.h5")
    ok(sha("x.h5") == sha("live.h5"), f"{backend}: and so does the one that the result holds")


def ok_or_none(code, said, backend):
    if code == 69 and backend != "synthetic":
        skip(f"{backend}: measured before a run", said.strip().split("\n")[0][:200])
        return False
    ok(code == 0, f"{backend}: measured before a run", said)
    return code == 0


check("synthetic", "3 s", True)
check("opencl", "10 s", False)

# Again during the run: two more profiles, taken at their times, and the same bytes from what was kept.
scenario('profile="live"', True)
code, live, said = run("--backend", "synthetic", "--budget", "1 s", "--calibrate-every", "5 h", "--keep-profile", "every.xml", out="every.h5")
kept = open("every.xml").read() if os.path.exists("every.xml") else ""
ok(code == 0 and re.findall(r'<profile id="([^"]*)"', kept) == ["live", "live.1", "live.2"] and kept.count('follows="live"') == 2, "measured again every five hours", said + kept[:300])
run("--profile", "every.xml", out="every2.h5")
ok(code == 0 and sha("every.h5") == sha("every2.h5"), "which gives identical bytes as well")
ok(len(set(round(x, 9) for x in lengths("every.h5"))) == 3, "jobs take what was measured before they came", lengths("every.h5"))

# By the command line alone: the attached device must be one of the scenario's.
scenario("")
code, _, said = run("--calibrate-live", "--backend", "synthetic", "--budget", "1 s", out="b.h5")
ok(code in (0, 65) and (code == 0 or "no device of the scenario" in said and said.count("error:") == 1), "--calibrate-live takes the device that it is, or says that it is none", said)
scenario('profile="live"')
done = subprocess.run([datahall, "check", "a.xml"], capture_output=True, text=True)
ok(done.returncode == 0, "check needs no device", done.stderr)
code, _, said = run("--backend", "cuda", "--cuda-lib", "/nonexistent", out="c.h5")
ok(code in (0, 69) and (code == 0 or said.count("error:") == 1 and not os.path.exists("c.h5")), "without a device: one sentence, exit 69, no result", said)
code, _, said = run("--backend", "synthetic", "--budget", "soon", out="c.h5")
ok(code == 2 and "soon" in said, "a budget that is no duration", said)
scenario('profile="live"')
code, _, said = run("--backend", "synthetic", "--budget", "1000 s", "--calibrate-every", "10 min", out="c.h5")
ok(code == 65 and "72 measurements" in said and "hint" in said, "more measurements than a run may have are told before the first", said)
ok(not [f for f in os.listdir(tempfile.gettempdir()) if f.startswith("datahall-live")], "no file of samples is left behind")
finish()
