#!/usr/bin/python3
"""Calibration by OpenCL, end to end: calibrate_opencl.py BUILD. Prints TAP. Kernels run on the first OpenCL device (PoCL: the processor), the
samples are fitted, and a run takes the profile. No threshold is a time: a result's error, and the error of a fit, which is measured a second
time where the host was busy."""
import os, subprocess, sys, tempfile
import xml.etree.ElementTree as xml

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall, probe = (os.path.abspath(os.path.join(build, name)) for name in ("datahall", "datahall-probe"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
tests = 0
# Of a driver in the process; one thread of the two that CI has, so that half a processor is left to others.
env = dict(os.environ, LSAN_OPTIONS=os.environ.get("LSAN_OPTIONS_DRIVER", ""), POCL_MAX_PTHREAD_COUNT="1")
no_driver = dict(env, OCL_ICD_VENDORS=os.path.abspath("no-vendors"))
os.mkdir("no-vendors")
NAMESPACE = "{urn:datahall:scenario:1}"


def ok(good, name, detail=""):
    global tests
    tests += 1
    print("ok" if good else "not ok", tests, "-", name)
    if not good:
        print("#", str(detail)[:1500].replace("\n", "\n# "))


def skip(name, why):
    global tests
    tests += 1
    print("ok", tests, "-", name, "# SKIP", why.strip().replace("\n", " "))


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

# ---- measure ----

code, listed, said = run(datahall, "calibrate", "measure", "--backend", "opencl", "--list")
device = next((line for line in listed.splitlines() if line.split()[:2] == ["opencl", "0"]), None)


def measure():
    """The samples of a quick sweep: attributes of the whole, those of each kernel time, what was said."""
    code, out, said = run(datahall, "calibrate", "measure", "--backend", "opencl", "--quick", "--budget", "10 s", "-o", "samples.xml")
    if code != 0:
        return {}, [], (code, said)
    samples = xml.parse("samples.xml").getroot().find(NAMESPACE + "samples")
    return samples.attrib, [s.attrib for s in samples.iter(NAMESPACE + "sample")], said


def wrong(rows):
    """Results that are not right: products in fp32 to 1e-5 of their terms' sum, nothing else flagged."""
    return [r for r in rows if "wrong" in r.get("flags", "") or (r["kernel"] == "gemm" and r["format"] == "fp32" and not float(r.get("error", "nan")) <= 1e-5)]


if device is None:
    skip("kernels are measured", said or listed or "no OpenCL device")
else:
    about, rows, said = measure()
    kernels = {r["kernel"] for r in rows}
    products = [r for r in rows if r["kernel"] == "gemm"]
    ok(kernels >= {"gemm", "prefill", "decode", "triad", "copy", "gather", "layernorm", "softmax", "empty", "h2d", "d2h", "both"}, "every kernel is measured", (kernels, said))
    ok(len(products) >= 30 and not wrong(rows), "products in fp32 are right to 1e-5, and no result is wrong", wrong(rows) or said)
    ok(wrong([dict(products[0], error="1.1e-5")]) and wrong([{k: v for k, v in products[0].items() if k != "error"}]), "this test sees a result that is not right, and one that was not checked")
    ok(all(r.get("tile-m") == r.get("tile-n") == "32" for r in products) and len(about.get("kernels", "")) == 64 and about.get("runtime", "").startswith("OpenCL "),
       "samples tell the kernels' tile and digest, and the driver", about)

print(f"1..{tests}")
