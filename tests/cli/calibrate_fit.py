#!/usr/bin/python3
"""datahall calibrate fit: a file of samples becomes a profile that runs take; files that cannot be used are refused
with one message and leave nothing behind."""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

datahall = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build") + "/datahall"


def is_(name, good, why=""):
    ok(good, name, why)


def run(*arguments):
    r = subprocess.run([datahall, *arguments], capture_output=True, text=True, timeout=120)
    return r.returncode, r.stdout, r.stderr


def product(m, n, k):
    """One tile of 128 x 128 on an H100: start 5 us, half of the peak, 0.85 of the bandwidth, prologue 100."""
    units, peak, bandwidth = 132, 989.4e12, 3.35e12
    tiles = math.ceil(m / 128) * math.ceil(n / 128)
    waves = max(1, tiles / units)
    compute = waves * 2 * 128 * 128 * (k + 100) / (0.5 * peak / units)
    moved = 2 * (m * k + k * n + m * n)
    return 5e-6 + max(compute, moved / (0.85 * bandwidth))


def samples(device="NVIDIA H100 80GB HBM3", extra="", flags="", n=60, body=None):
    draw = random.Random(1)
    rows = []
    for i in range(n):
        m, n_, k = (8 * round(math.exp(draw.uniform(math.log(16), math.log(2048)))) for _ in range(3))
        t = product(m, n_, k) * math.exp(draw.gauss(0, 0.02))
        rows.append(f'<sample kernel="gemm" format="bf16" size="{m} {n_} {k}" time="{t} s" low="{t} s" high="{t} s" n="9"'
                    f' held="{"yes" if i % 4 == 3 else "no"}" library="own, lower bound" tile-m="128" tile-n="128"'
                    f' flags="{flags}"/>')
    return ('<catalog xmlns="urn:datahall:scenario:1"><samples id="mine" device="' + device + '" backend="cuda" units="132"'
            ' memory="85 GB" complete="yes" date="2026-11-21T00:00:00Z">' + extra +
            ("\n".join(rows) if body is None else body) + "</samples></catalog>\n")


SCENARIO = """<scenario xmlns="urn:datahall:scenario:1" name="s"><import href="catalog:gpus.xml"/><horizon duration="1 h"/>
<node id="n" device="h100-sxm" gpus="8"/><rack-type id="r" node="n" nodes="1" rated="12 kW"/>
<site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="w" rack="r" feed="u"/></hall></site>
</scenario>"""

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)

    def write(name, text):
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)

    write("samples.xml", samples())
    status, out, err = run("calibrate", "fit", "samples.xml", "-o", "profile.xml")
    is_("a report, and nothing else is said", status == 0 and "gemm:bf16" in out and err == "", out + err)
    is_("the device is found by its driver's name", "in the catalog: h100-sxm" in out, out)
    first = open("profile.xml", "rb").read()
    run("calibrate", "fit", "samples.xml", "-o", "again.xml")
    is_("the same samples give the same bytes", first == open("again.xml", "rb").read())
    status, out, err = run("calibrate", "fit", "samples.xml", "-o", "again.xml", "--json")
    report = json.loads(out)
    figures = {f["of"]: f for f in report["figures"]}
    e = figures["gemm:bf16:efficiency"]
    is_("the efficiency is what the samples were made with", e["low"] < 0.5 < e["high"] and e["high"] < 1.05 * e["low"], e)
    is_("the catalog's stands beside it", e["shipped"] == 0.8389, e)
    is_("cross-validated and held errors are those of the noise",
        report["fits"][0]["cv_p50"] < 0.03 and report["fits"][0]["held_p50"] < 0.03 and report["fits"][0]["held"] == 15,
        report["fits"])
    write("s.xml", SCENARIO)
    status, out, err = run("run", "s.xml", "--profile", "profile.xml", "-o", "s.h5")
    is_("run takes the profile", status == 0, out + err)
    write("rows.csv", "gpu,dtype,m,n,k,time_ms,kind\n" + "".join(
        f"H100,bf16,{m},4096,4096,{1e3 * product(m, 4096, 4096)},cuBLASLt\n" for m in range(256, 8192, 256)))
    errors = [json.loads(run("predict", "gemm", "-i", "rows.csv", "--json", *more)[1])["median"]
              for more in ([], ["--profile", "profile.xml"])]
    is_("predict takes it too, and knows the device better than the catalog", errors[1] < 3 < 20 < errors[0], errors)
    status, out, err = run("predict", "gemm", "-i", "rows.csv", "--profile", "samples.xml")
    is_("samples are no profile: 65", status == 65 and "samples" in err, f"{status} {err}")
    status, out, err = run("calibrate", "fit", "samples.xml", "-o", "b200.xml", "--device", "b200", "--json")
    is_("--device says otherwise what it is", status == 0 and json.loads(out)["catalog"] == "b200", out + err)
    write("other.xml", samples(device="Some &lt;other&gt; card"))
    status, out, err = run("calibrate", "fit", "other.xml", "-o", "other-profile.xml")
    is_("an unknown device has its own rate as peak", status == 0 and "gemm:bf16:peak" in out, out + err)

    def refused(name, text, expected=65, arguments=(), says=""):
        if text is not None:
            write("bad.xml", text)
        elif os.path.exists("bad.xml"):
            os.remove("bad.xml")
        got, out_, err_ = run("calibrate", "fit", "bad.xml", "-o", "none.xml", *arguments)
        left = [f for f in os.listdir(".") if f.startswith("none.xml")]
        is_(name, got == expected and out_ == "" and err_.count(" error: ") == 1 and says in err_ and not left,
            f"status {got}, left {left}\n{out_}{err_}")

    refused("no file: 66", None, 66)
    refused("no such device: 2", samples(), 2, ("--device", "h100-smx"), "did you mean 'h100-sxm'")
    refused("too few samples", samples(n=4), says="too few")
    refused("no samples at all", samples(body=""), says="too few")
    refused("all under thermal slowdown", samples(flags="thermal"), says="too few")
    refused("all wrong", samples(flags="wrong"), says="too few")
    refused("an empty file", "")
    refused("a truncated file", samples()[:2000])
    refused("a scenario", SCENARIO)
    refused("a profile instead", first.decode(), says="samples")
    refused("two sets", samples().replace("</catalog>", samples().split('1">', 1)[1].replace('"mine"', '"yours"')))
    row = '<sample kernel="gemm" format="bf16" size="{0}" time="{1}" low="{1}" high="{1}" n="9"/>'
    refused("a product of two sizes", samples(extra=row.format("4 4", "1 us")), says="sizes")
    refused("a size of zero", samples(extra=row.format("4 4 0", "1 us")), says="from 1")
    refused("a negative size", samples(extra=row.format("4 4 -4", "1 us")))
    refused("a size that is no number", samples(extra=row.format("4 4 nan", "1 us")))
    lone = row.replace('low="{1}" high="{1}"', 'low="1 us" high="1 us"')
    refused("no time at all", samples(extra=lone.format("4 4 4", "0 s")))
    refused("an endless time", samples(extra=lone.format("4 4 4", "1e300 s")))
    many = '<sample kernel="empty" format="fp32" size="1" time="2 us" low="2 us" high="2 us" n="9"/>'
    refused("more samples than can be fitted", samples(body=10001 * many), says="10001 samples")
    os.mkdir("there")
    status, out, err = run("calibrate", "fit", "samples.xml", "-o", "there")
    is_("a folder instead of a file: 74, nothing left", status == 74 and "directory" in err and not os.path.exists("there.part"), err)
    status, out, err = run("calibrate", "--backend", "synthetic", "--budget", "2 s", "-o", "there")
    is_("which is told before anything is measured", status == 74 and err.count(" error: ") == 1
        and not os.path.exists("there.samples.xml"), err)
    beside = '<sample kernel="empty" format="fp32" size="1" time="2 us" low="{}" high="{}" n="9"/>'
    refused("an interval above its time", samples(extra=beside.format("5 s", "6 s")), says="between its low and its high")
    refused("an interval the wrong way round", samples(extra=beside.format("3 us", "1 us")), says="between its low and its high")
    refused("heads that cannot be", samples(extra=row.format("1 1 9 4 8 64", "1 us").replace("gemm", "decode")), says="heads")
    refused("one rank alone", samples(extra=row.format("1 1000", "1 us").replace("gemm", "allreduce")), says="ranks")
    wild = "".join(row.format(f"{10 ** (i % 5)} {10 ** (i % 4)} {10 ** (i % 3)}", f"{1e-12 if i % 2 else 1e5} s") for i in range(40))
    write("wild.xml", samples(body=wild))
    status, out, err = run("calibrate", "fit", "wild.xml", "-o", "wild-profile.xml")
    is_("times that make no sense end in wide intervals or are refused", status in (0, 65), f"{status} {err}")
finish()
