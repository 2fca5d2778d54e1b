#!/usr/bin/python3
"""Calibration by OpenCL, end to end: calibrate_opencl.py BUILD. Prints TAP. Kernels run on the first OpenCL device (PoCL: the processor), the
samples are fitted, and a run takes the profile. No threshold is a time: a result's error, and the error of a fit, which is measured again
where it is too large, and not judged on a host that is busy with other work."""
import csv, io, json, os, subprocess, sys, tempfile
import xml.etree.ElementTree as xml
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall, probe = (os.path.abspath(os.path.join(build, name)) for name in ("datahall", "datahall-probe"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
# Of a driver in the process; one thread of the two that CI has, so that half a processor is left to others.
env = dict(os.environ, LSAN_OPTIONS=os.environ.get("LSAN_OPTIONS_DRIVER", ""), POCL_MAX_PTHREAD_COUNT="1")
no_driver = dict(env, OCL_ICD_VENDORS=os.path.abspath("no-vendors"))
os.mkdir("no-vendors")
NAMESPACE = "{urn:datahall:scenario:1}"


def run(*command, env=env):
    done = subprocess.run(command, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


# ---- what cannot work says so ----

for program in ((datahall, "calibrate", "measure"), (probe,)):
    name = os.path.basename(program[0])
    code, out, said = run(*program, "--backend", "opencl", "-o", "none.xml", env=no_driver)
    ok(code == 69 and not out and said.count("\n") == 1 and ("no platform" in said or "no OpenCL" in said), f"{name}: without a driver one sentence and status 69", (code, out, said))
    code, out, said = run(*program, "--backend", "nonesuch", "-o", "none.xml")
    ok(code == 2 and said.count("\n") == 1 and "opencl" in said and "nonesuch" in said, f"{name}: an unknown back end is wrong usage, and the known ones are named", (code, said))
    code, out, said = run(*program, "--backend", "opencl", "--device", "63", "-o", "none.xml")
    ok(code == 69 and said.count("\n") == 1 and ("no device 63" in said or "no platform" in said or "no OpenCL" in said), f"{name}: a device that is not there too", (code, said))
ok(os.listdir() == ["no-vendors"], "and no file is left", os.listdir())

# ---- measure, fit, run ----

code, listed, said = run(datahall, "calibrate", "measure", "--backend", "opencl", "--list")
device = next((line for line in listed.splitlines() if line.split()[:2] == ["opencl", "0"]), None)


def calibrate(budget_s):
    """A quick sweep and its fit: attributes of the samples, those of each kernel time, of the profile, of each family's fit, what was said."""
    code, out, said = run(datahall, "calibrate", "--backend", "opencl", "--quick", "--budget", f"{budget_s} s", "-o", "profile.xml")
    if code != 0:
        return {}, [], {}, {}, (code, said)
    samples = xml.parse("profile.samples.xml").getroot().find(NAMESPACE + "samples")
    profile = xml.parse("profile.xml").getroot().find(NAMESPACE + "profile")
    fits = {f.get("of"): f.attrib for f in profile.iter(NAMESPACE + "fit")}
    return samples.attrib, [s.attrib for s in samples.iter(NAMESPACE + "sample")], profile, fits, (out, said)


EVERY = {"gemm", "prefill", "decode", "triad", "copy", "gather", "layernorm", "softmax", "empty", "h2d", "d2h", "both"}


def wrong(rows):
    """Results that are not right: products in fp32 to 1e-5 of their terms' sum, nothing else flagged."""
    return [r for r in rows if "wrong" in r.get("flags", "") or (r["kernel"] == "gemm" and r["format"] == "fp32" and not float(r.get("error", "nan")) <= 1e-5)]


def error_of(fits):
    """Cross-validated median error of products in fp32; NaN: there is none."""
    return float(fits.get("gemm:fp32", {}).get("cv-p50", "nan"))


if device is None:
    skip("kernels are measured, fitted and used", said or listed or "no OpenCL device")
else:
    # Others may have the processor meanwhile: the best of up to four.
    best = None
    for budget_s in (16, 16, 24, 32):
        tried = calibrate(budget_s)
        if tried[1] and (best is None or not error_of(best[3]) <= error_of(tried[3])):
            best = tried
            os.replace("profile.xml", "best.xml")
        if best and {r["kernel"] for r in best[1]} >= EVERY and error_of(best[3]) <= 0.10:
            break
    about, rows, profile, fits, said = best or tried
    kernels = {r["kernel"] for r in rows}
    products = [r for r in rows if r["kernel"] == "gemm" and r["format"] == "fp32"]
    ok(kernels >= EVERY, "every kernel is measured", (kernels, said))
    ok(len(products) >= 15 and not wrong(rows), "products in fp32 are right to 1e-5, and no result is wrong", wrong(rows) or said)
    ok(products and wrong([dict(products[0], error="1.1e-5")]) and wrong([{k: v for k, v in products[0].items() if k != "error"}]),
       "this test sees a result that is not right, and one that was not checked")
    ok(products and all(r.get("tile-m") == r.get("tile-n") == "32" for r in products) and len(about.get("kernels", "")) == 64 and about.get("runtime", "").startswith("OpenCL "),
       "samples tell the kernels' tile and digest, and the driver", about)
    name = f"products in fp32 are predicted with a cross-validated median error of {100 * error_of(fits):.1f} % (at most 10)"
    load, flags = float(about.get("load-average", 0)), about.get("flags", "")
    # What another process on the same core makes of times is 1.4; a repeated point that comes out otherwise is called noisy.
    if error_of(fits) > 0.10 and (load > 0.7 * os.cpu_count() or "noisy" in flags):
        skip(name, f"the host is busy with other work: load average {load:.1f} on {os.cpu_count()} processors, samples called '{flags}'")
    else:
        ok(error_of(fits) <= 0.10, name, (fits, said))

    # A device that does a TFLOP/s by its own constants is measured to be a processor.
    with open("s.xml", "w") as f:
        f.write("""<scenario xmlns="urn:datahall:scenario:1" name="a"><import href="catalog:models.xml"/><import href="catalog:stacks.xml"/>
<horizon start="2026-07-06T00:00:00Z" duration="1 d"/>
<device id="host" idle="60 W" tdp="300 W" memory="2 TB" multiprocessors="2" cache="32 MB" memory-bandwidth="20 GB/s">
<gemm format="bf16" peak="1 TFLOP/s" start="5 us" efficiency="0.9" memory="0.8"/><gemm format="fp32" peak="1 TFLOP/s" start="5 us" efficiency="0.9" memory="0.8"/>
<prefill kv="bf16" peak="1 TFLOP/s" efficiency="0.5" start="5 us"/></device>
<node id="n" device="host" gpus="8"/><rack-type id="rt" node="n" nodes="4" rated="40 kW"/>
<site id="s"><power><utility id="g" rated="10 MW"/></power><hall id="h"><row id="r" rack="rt" count="2" feed="g"/></hall></site>
<workload><jobs id="t" arrival="regular" rate="1 1/h" count="1"><size gpus="8" share="1"/><training model="llama3-8b" stack="nemo" device="host" precision="fp32"
steps="1" batch="8" sequence="512" micro-batch="1" tensor="1" pipeline="1" shard="none" recompute="none"/></jobs></workload></scenario>""")
    lengths, origins = [], []
    for options in (), ("--profile", "best.xml", "--set", f"//device[@id=\"host\"]/@profile={profile.get('id')}"):
        code, out, said = run(datahall, "run", "s.xml", "-o", "s.h5", "--json", "-q", *options)
        kernels = {(k["family"], k["format"]): k for k in json.loads(out)["kernels"]} if code == 0 else {}
        origins.append((kernels.get(("gemm", "fp32"), {}).get("origin"), kernels.get(("gemm", "fp32"), {}).get("profile", ""), said))
        jobs = list(csv.DictReader(io.StringIO(run(datahall, "export", "s.h5", "jobs")[1])))
        lengths.append(float(jobs[0]["end_s"]) - float(jobs[0]["start_s"]) if code == 0 and jobs else 0)
    ok(origins[0][0] != "measured" and origins[1][0] == "measured" and about.get("device", "?") in origins[1][1], "a run takes the profile, and tells that it was measured", origins)
    # by hand: 6 operations a parameter and token are 2e14; a core does 1e10 to 1e13 of them a second
    ok(lengths[1] != lengths[0] > 0 and 6 * 8e9 * 4096 / 8 / 1e13 < lengths[1] < 6 * 8e9 * 4096 / 8 / 1e9, "its jobs take as long as such a processor takes", lengths)

finish()
