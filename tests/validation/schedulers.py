#!/usr/bin/python3
"""schedulers.py BUILD: what the scheduler does with real job logs, job by job, beside independent simulators.

The references are per-job results in ../shared/data/traces/reference (flat pool, eight-GPU nodes, preemption) and
exact start times of small job sets (oracles/schedule_starts.csv). Prints TAP."""
import csv
import gzip
import os
import subprocess
import sys
import tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
DATA = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data")
REFERENCE = os.path.join(DATA, "traces", "reference")
JOBS = os.path.join(DATA, "traces", "jobs")


def report(name, passed, detail=""):
    ok(passed, name + (": " + detail if detail else ""))


def read(path):
    with gzip.open(path, "rt") as f:
        return list(csv.DictReader(f))


def simulate(folder, scenario, jobs, *options):
    """Jobs of a run, as `export jobs` gives them."""
    out = os.path.join(folder, "out.h5")
    run = [f"{BUILD}/datahall", "run", scenario, "--jobs", jobs, "--until", "idle", "-o", out]
    done = subprocess.run(run + list(options), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"Bail out! {' '.join(run)}: {done.stderr[:400]}")
    text = subprocess.run([f"{BUILD}/datahall", "export", out, "jobs"], capture_output=True, text=True, check=True)
    return list(csv.DictReader(text.stdout.splitlines()))


def compare_waits(name, rows, reference, column, every, mean_within):
    """Waits beside a reference column: how many jobs differ, and the means."""
    waits = {r["job_id"]: float(r[column]) for r in reference}
    got = {r["id"]: float(r["wait_s"]) for r in rows if r["wait_s"] != ""}
    if set(got) != set(waits):
        return report(name, False, f"{len(got)} jobs that started, {len(waits)} expected")
    differ = sum(abs(got[j] - waits[j]) > 1e-6 for j in waits)
    mean, expected = sum(got.values()) / len(got), sum(waits.values()) / len(waits)
    off = mean / expected - 1
    passed = differ == 0 if every else abs(off) <= mean_within
    report(name, passed, f"{differ} of {len(waits)} jobs differ, mean wait {mean:.3f} s ({100 * off:+.4f} %)")


FLAT = "scenarios/validation/flat-pool.xml"
# policy, estimates, column, whether every job must be equal
COLUMNS = [
    ("fcfs", "requested", "wait_fcfs", True),
    ("easy", "requested", "wait_easy", False),
    ("easy-sjbf", "requested", "wait_easy_sjbf", False),
    ("conservative", "requested", "wait_conservative", False),
    ("easy", "exact", "wait_easy_exact", True),
    ("easy-sjbf", "exact", "wait_easy_sjbf_exact", False),
    ("conservative", "exact", "wait_conservative_exact", False),
]
# name, log, reference, GPUs
FLAT_CASES = [
    ("KTH-SP2", "swf_KTH-SP2_filtered.swf.gz:swf", "pyss_KTH-SP2_100.csv.gz", 100),
    ("ITP 02", "msr_itp_2021_jobs.csv.gz:itp:2", "pyss_msr_itp_cluster02_112gpu.csv.gz", 112),
    ("ITP 06", "msr_itp_2021_jobs.csv.gz:itp:6", "pyss_msr_itp_cluster06_96gpu.csv.gz", 96),
]


def flat_pool(folder):
    for name, log, file, gpus in FLAT_CASES:
        reference = read(os.path.join(REFERENCE, file))
        for policy, estimates, column, every in COLUMNS:
            if column not in reference[0]:
                continue
            rows = simulate(folder, FLAT, os.path.join(JOBS, log), "--param", f"gpus={gpus}", "--param",
                            f"policy={policy}", "--param", f"estimates={estimates}")
            compare_waits(f"{name} {policy} with {estimates} estimates", rows, reference, column, every, 0.002)


def flat_pool_in_one_pass(folder):
    """One pass per instant: the textbook's EASY, and shortest job first, of other independent simulators."""
    cases = [
        (0, "easy", "requested", "wait_cleanroom_easy"), (0, "easy-sjbf", "requested", "wait_cleanroom_easy_sjbf"),
        (1, "sjf", "exact", "wait_sjf_nobackfill"), (2, "sjf", "exact", "wait_sjf_nobackfill"),
        (1, "conservative", "exact", "wait_conservative_exact"),
    ]
    for case, policy, estimates, column in cases:
        name, log, file, gpus = FLAT_CASES[case]
        rows = simulate(folder, FLAT, os.path.join(JOBS, log), "--param", f"gpus={gpus}", "--param",
                        f"policy={policy}", "--param", f"estimates={estimates}", "--set",
                        "/scenario/scheduler/@pass=instant")
        reference = read(os.path.join(REFERENCE, file))
        compare_waits(f"{name} {policy} with {estimates} estimates, a pass per instant", rows, reference, column, True,
                      0)


def packed_nodes(folder):
    cases = [
        ("Philly ee9e8c", "philly_2017_jobs.csv.gz:philly:ee9e8c", "helios_philly_ee9e8c_18nodes.csv.gz", 18),
        ("ITP 02", "msr_itp_2021_jobs.csv.gz:itp:2", "helios_msr_itp_cluster02_14nodes.csv.gz", 14),
    ]
    for name, log, file, nodes in cases:
        # Queue ties go by the log's order, so jobs are matched by their place in it.
        reference = read(os.path.join(REFERENCE, file))
        for policy, prefix in (("fcfs", "fifo"), ("sjf", "sjf")):
            rows = simulate(folder, "scenarios/validation/packed-nodes.xml", os.path.join(JOBS, log), "--param",
                            f"nodes={nodes}", "--param", f"policy={policy}")
            starts = sum(abs(float(a["start_s"]) - float(b[prefix + "_start_s"])) > 1e-6
                         for a, b in zip(rows, reference))
            places = sum(a["placement"] != b[prefix + "_nodes"] for a, b in zip(rows, reference))
            report(f"{name} {prefix} on eight-GPU nodes", len(rows) == len(reference) and starts + places == 0,
                   f"{starts} starts and {places} node lists of {len(reference)} differ")


def preemptive_nodes(folder):
    for policy in ("srtf", "srsf"):
        reference = read(os.path.join(REFERENCE, f"muri_trace3_{policy}_no_overhead_64gpu.csv.gz"))
        ends = {r["job_id"]: float(r["end_s"]) for r in reference}
        rows = simulate(folder, "scenarios/validation/preemptive-nodes.xml",
                        os.path.join(JOBS, "muri_trace3.csv.gz:muri"), "--param", f"policy={policy}")
        off = [abs(float(r["end_s"]) - ends[r["id"]]) if r["end_s"] and r["id"] in ends else 1e99 for r in rows]
        turnaround = sum(float(r["end_s"] or 0) - float(r["submit_s"]) for r in rows) / max(len(rows), 1)
        report(f"trace3 {policy}", len(rows) == len(reference) and max(off, default=1e99) <= 1,
               f"ends of {len(rows)} jobs within {max(off, default=1e99):.2g} s, mean turnaround {turnaround:.3f} s")


def exact_starts(folder):
    with open(os.path.join(DATA, "oracles", "schedule_starts.csv"), encoding="utf-8") as f:
        rows = list(csv.DictReader(line for line in f if not line.startswith("#")))
    log, wrong = os.path.join(folder, "jobs.csv"), []
    for row in rows:
        with open(log, "w", encoding="utf-8") as f:
            f.write("id,submit_s,duration_s,gpus,requested_s\n")
            for i, job in enumerate(row["jobs_arrive:nodes:runtime:estimate"].split(";")):
                arrive, gpus, run, estimate = job.split(":")
                f.write(f"{i},{arrive},{run},{gpus},{estimate}\n")
        got = simulate(folder, FLAT, log + ":csv", "--param", f"gpus={row['nodes']}", "--param",
                       f"policy={row['policy']}", "--set", "/scenario/scheduler/@pass=instant")
        if [float(r["start_s"]) for r in got] != [float(s) for s in row["start_times"].split(";")]:
            wrong.append(f"{row['case']} {row['policy']}")
    report("small job sets start at their exact times", not wrong,
           f"{len(rows) - len(wrong)} of {len(rows)}" + ("; wrong: " + ", ".join(wrong) if wrong else ""))


def main():
    if not os.path.isdir(REFERENCE):
        skip("schedulers", f"no {REFERENCE}")
        return
    with tempfile.TemporaryDirectory() as folder:
        flat_pool(folder)
        flat_pool_in_one_pass(folder)
        packed_nodes(folder)
        preemptive_nodes(folder)
        exact_starts(folder)
    finish()


main()
