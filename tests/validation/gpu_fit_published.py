#!/usr/bin/python3
"""tests/validation/gpu_fit_published.py BUILD: published times of A100, H100 and B200 (../shared/data/aiperf) as if
'datahall calibrate measure' had written them: fitted, judged by the 30 % that are kept back, and the profile's
predictions of those rows beside the catalog's, whose constants were fitted to other halves of the same rows."""
import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
data = os.environ.get("DATAHALL_SHARED", "../shared") + "/data/aiperf"
datahall = os.path.abspath(build + "/datahall")
FORMATS = {"bf16": "bf16", "bfloat16": "bf16", "fp16": "fp16"}


def rows(file):
    with gzip.open(f"{data}/{file}", "rt", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def held(sizes):
    return hashlib.sha256(" ".join(sizes).encode()).digest()[0] < 77  # 30 %


def sample(kernel, fmt, sizes, ms):
    t = float(ms) / 1e3
    return (f'<sample kernel="{kernel}" format="{fmt}" size="{" ".join(sizes)}" time="{t!r} s" low="{t!r} s" high="{t!r} s" n="1"'
            f' held="{"yes" if held(sizes) else "no"}" library="published"/>')


def judge(name, device, units, cache, chosen, file, kernel):
    """The fit of these rows, and predictions of the held ones by the catalog's constants and by the profile's."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [sample(k, FORMATS[fmt], sizes, row["time_ms"]) for k, fmt, sizes, row in chosen]
        with open(f"{folder}/s.xml", "w", encoding="utf-8") as f:
            f.write(f'<catalog xmlns="urn:datahall:scenario:1"><samples id="published" device="{device}" backend="recorded"'
                    f' units="{units}" cache="{cache}" complete="yes">' + "".join(lines) + "</samples></catalog>")
        fit = subprocess.run([datahall, "calibrate", "fit", f"{folder}/s.xml", "-o", f"{folder}/p.xml", "--json"],
                             capture_output=True, text=True)
        if fit.returncode:
            return ok(False, f"{name}: {fit.stderr}")
        report = json.loads(fit.stdout)["fits"][0]
        kept = [row for _, _, sizes, row in chosen if held(sizes)]
        with open(f"{folder}/held.csv", "w", newline="", encoding="utf-8") as f:
            w = csv.DictWriter(f, kept[0].keys())
            w.writeheader()
            w.writerows(kept)
        errors = []
        for options in ([], ["--profile", f"{folder}/p.xml"]):
            r = subprocess.run([datahall, "predict", file, "-i", f"{folder}/held.csv", "--json", *options],
                               capture_output=True, text=True)
            errors.append(json.loads(r.stdout) if r.returncode == 0 else {"median": 1e9, "p90": 1e9})
        shipped, mine = errors
        ok(report["held_p50"] < 0.15 and report["held_p90"] < 0.40 and mine["median"] < 1.25 * shipped["median"] + 1,
           f"{name}: {report['points']:.0f} fitted, cross-validated {100 * report['cv_p50']:.1f} and {100 * report['cv_p90']:.1f} %; "
           f"{report['held']:.0f} held: {100 * report['held_p50']:.1f} and {100 * report['held_p90']:.1f} %; predict {file}: "
           f"profile {mine['median']:.1f} and {mine['p90']:.1f} %, catalog {shipped['median']:.1f} and {shipped['p90']:.1f} %")


if not os.path.isdir(data):
    skip("published times as samples", f"no {data}")
    finish()
    sys.exit()
products, attention = rows("gemm.csv.gz"), rows("attention.csv.gz")
for gpu, device, units, cache in (("A100-SXM-80G", "NVIDIA A100-SXM4-80GB", 108, "40 MB"),
                                  ("H100-SXM-80G", "NVIDIA H100 80GB HBM3", 132, "50 MB"),
                                  ("B200", "NVIDIA B200", 148, "126 MB")):
    if os.environ.get("VALIDATE") == "quick" and gpu != "H100-SXM-80G":
        continue
    for source, fmt in (("aiconfigurator", "bf16"), ("vidur", "fp16")):
        chosen = [("gemm", fmt, (r["m"], r["n"], r["k"]), r) for r in products
                  if r["gpu"] == gpu and r["dtype"] == fmt and r["source"].startswith(source) and r["m"]]
        if chosen:
            judge(f"{gpu} gemm {fmt}, {source}", device, units, cache, chosen, "gemm", "gemm")
    for phase in ("prefill", "decode"):
        chosen = [(phase, "bf16", (r["batch"], r["q_len"], r["kv_len"], r["heads"], r["kv_heads"], r["head_dim"]), r)
                  for r in attention if r["gpu"] == gpu and r["phase"] == phase and r["kv_dtype"] == "bfloat16"]
        if chosen:
            judge(f"{gpu} {phase} bf16", device, units, cache, chosen, "attention", phase)
finish()
