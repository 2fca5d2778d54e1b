#!/usr/bin/env python3
"""Frontier as ExaDigiT RAPS models it (commit 6c142bf): idle, peak, a replayed day, and a day under EASY.

The closed form below is the published one (CPU, GPU, node and rectifier constants); it is written here again so
that nothing of datahall checks itself. tests/validation/README.md explains the schedule of RAPS in words.
Prints TAP; lines that begin with # are figures, measured and not asserted.
"""
import csv
import heapq
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
shared = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data")
datahall, scenario = os.path.join(build, "datahall"), "scenarios/examples/frontier.xml"


def say(text):
    print("# " + text, flush=True)


if not os.path.isdir(shared):
    skip("a published machine", "no reference data in " + shared)
    finish()
    sys.exit()

import h5py
import numpy as np

DAY, NODES = 86400, 9472


# ---- the closed form ------------------------------------------------------------------------------------------
def node_w(cpu, gpu):
    """Power of a node behind its converter; cpu 0..1, gpu 0..4."""
    return (cpu * 280 + (1 - cpu) * 90 + gpu * 560 + (4 - gpu) * 88 + 74.26 + 4 * 20 + 30 + 13) / 0.98


def system_w(nodes_w):
    return (nodes_w + 592 * 1000 + 2368 * 17) / 0.96 + 25 * 8473.47


IDLE_W, PEAK_W = 7306524, 28227884
idle_node_w = node_w(0, 0)


# ---- running ---------------------------------------------------------------------------------------------------
work = tempfile.TemporaryDirectory()


def run(name, *arguments):
    """Summary, series (None without a file) and processor time of one run."""
    out = os.path.join(work.name, name + ".h5")
    where = ["--no-output"] if "series=no" in arguments else ["-o", out]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run([datahall, "run", scenario, "-q", "--json", *where, *arguments], check=True,
                          stdout=subprocess.PIPE).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(text), out, cpu_s


def read_series(path):
    with h5py.File(path) as f:
        return {"kw": f["facility/facility_power_w"][:].ravel() / 1e3,
                "nodes": f["facility/gpus_busy"][:].ravel() / 4,
                "running": f["queue/running_jobs"][:].ravel(), "queued": f["queue/queue_jobs"][:].ravel()}


def read_starts(path):
    text = subprocess.run([datahall, "export", path, "jobs"], check=True, stdout=subprocess.PIPE).stdout.decode()
    return {int(r["id"]): int(r["start_s"]) for r in csv.DictReader(text.splitlines()) if r["start_s"]}


def number(text):
    return 0.0 if text in ("", "nan") else float(text)


class Job:
    def __init__(self, row):
        self.id, self.submit, self.nodes = int(row["id"]), int(row["submit_s"]), int(row["nodes"])
        self.run, self.limit = int(row["runtime_s"]), int(row["time_limit_s"])
        self.start = int(row["actual_start_s"]) if row["actual_start_s"] else None
        self.more_w = (node_w(number(row["cpu_util"]), number(row["gpu_util"])) - idle_node_w) * self.nodes


def read_list(name):
    path = os.path.join(shared, "frontier", name)
    with open(path + "_jobs.csv") as f:
        jobs = [Job(r) for r in csv.DictReader(f)]
    with open(path + "_power.csv") as f:
        rows = list(csv.DictReader(f))
    columns = {"kw": "total_kw", "loss": "loss_kw", "nodes": "active_nodes", "running": "running", "queued": "queued"}
    return jobs, {k: np.array([float(r[c]) for r in rows]) for k, c in columns.items()}, path + "_jobs.csv:raps"


def within(value, reference, tolerance, name):
    ok(abs(value - reference) <= tolerance, name, "%r instead of %r +- %g" % (value, reference, tolerance))


# ---- idle and peak ---------------------------------------------------------------------------------------------
idle, path, _ = run("idle")
w = read_series(path)["kw"] * 1e3
ok(abs(w - IDLE_W).max() <= 1, "idle draws 7,306,524 W within 1 W", "%.1f to %.1f" % (w.min(), w.max()))
within(idle["energy"]["mean_facility_kw"] * 1e3, system_w(NODES * idle_node_w), 0.01,
       "idle is the closed form within the microwatt to which a node is rounded")

full = os.path.join(work.name, "full.csv")
with open(full, "w") as f:
    f.write("id,submit_s,nodes,cpu_util,gpu_util,runtime_s,time_limit_s,actual_start_s\n0,0,9472,1,4,7200,7200,0\n")
peak, path, _ = run("peak", "--jobs", full + ":raps", "--until", "1 h")
w = read_series(path)["kw"] * 1e3
ok(abs(w - PEAK_W).max() <= 1, "peak draws 28,227,884 W within 1 W", "%.1f to %.1f" % (w.min(), w.max()))
for name, result, mw, lost_mw, eff in (("idle", idle, 7.3065, 0.5717, 92.18), ("peak", peak, 28.2279, 1.8102, 93.59)):
    hours = result["scenario"]["duration_s"] / 3600
    # RAPS keeps counting the rectifiers of the missing rack: 32 x ((250 + 17) / 0.96 - 250) W
    lost = sum(result["energy"]["loss_kwh"].values()) / hours / 1e3 + 32 * ((250 + 17) / 0.96 - 250) / 1e6
    within(lost, lost_mw, 5.1e-5, "%s loses %.4f MW, the missing rack's rectifiers included" % (name, lost_mw))
    within(100 * (1 - lost / (result["energy"]["mean_facility_kw"] / 1e3)), eff, 0.0051,
           "%s has an efficiency of %.2f %%" % (name, eff))
say("idle %.1f W, peak %.1f W" % (idle["energy"]["mean_facility_kw"] * 1e3, w[0]))


# ---- replay: every sample --------------------------------------------------------------------------------------
def compare_series(label, ours, raps, jobs):
    """RAPS frees nodes one second late, so a job that ends on a sample is still seen in it: and only there."""
    ends = {}
    for j in jobs:
        if j.start is not None and j.run > 0 and (j.start + j.run) % 15 == 0 and j.start + j.run < DAY:
            ends.setdefault((j.start + j.run) // 15, []).append(j)
    delta = ours["kw"] - raps["kw"]
    other = np.abs(np.delete(delta, list(ends))).max()
    ok(len(delta) == 5760 and other <= 0.1, label + ": 15 s series within 0.1 kW but for samples at which a job ends",
       "largest difference %.4f kW" % other)
    say("%s: largest difference of %d samples %.5f kW; the other %d:" % (label, 5760 - len(ends), other, len(ends)))
    explained = True
    for i, done in sorted(ends.items()):
        more_kw = sum(j.more_w for j in done) / 0.96 / 1e3
        explained &= abs(delta[i] + more_kw) <= 0.1
        say("  t %6d s  %10.3f kW  jobs that end here: %s, together %10.3f kW"
            % (i * 15, delta[i], ", ".join("%d" % j.id for j in done), more_kw))
    ok(explained, label + ": at job ends the difference is the power of the jobs that end")
    differs = set(np.nonzero(ours["running"] != raps["running"])[0])
    ok(differs == set(ends), label + ": the running jobs differ at these samples alone", str(sorted(differs)))
    ok((ours["queued"] == raps["queued"]).all(), label + ": the length of the queue is equal in every sample")
    # One sample more per job that ends on one gives RAPS's own mean.
    more = sum(j.more_w for done in ends.values() for j in done) / 0.96 / 1e3 / 5760
    within(ours["kw"].mean() + more, raps["kw"].mean(), 1e-3,
           label + ": mean of the samples equal once these are added")


def compare_columns(label, result, raps, jobs, reference):
    """Section 5 and 6 of the reference: what the scenario models."""
    mw, loss_mw, eff, mwh, t_co2, usd, use = reference
    energy = result["energy"]
    mean_mw = energy["mean_facility_kw"] / 1e3
    within(mean_mw, mw, 1e-4 * mw, "%s: mean %s MW within 0.01 %%" % (label, mw))
    within(energy["facility_kwh"] / 1e3, mwh, 1e-4 * mwh, "%s: %s MWh within 0.01 %%" % (label, mwh))
    lost = sum(energy["loss_kwh"].values()) / 24e3 + 32 * ((250 + 17) / 0.96 - 250) / 1e6
    efficiency = 1 - lost / mean_mw
    within(lost, loss_mw, 1e-4 * loss_mw + 5e-5, "%s: loss %s MW" % (label, loss_mw))
    within(100 * efficiency, eff, 1e-3, "%s: efficiency %s %%" % (label, eff))
    within(result["cost"]["energy"], usd, 1e-4 * usd, "%s: %s $" % (label, usd))
    # RAPS divides by the efficiency once more.
    t = result["carbon"]["location_kg"] / 1e3
    within(t / efficiency, t_co2, 1e-4 * t_co2, "%s: %s t of CO2, divided by the efficiency as RAPS does" % (label, t_co2))
    use_here = 100 * result["gpus"]["utilization"]
    within(use_here, use, 0.02, "%s: %s %% of the nodes used, within what samples of 15 s leave open" % (label, use))
    say("%s: %.6f MW (RAPS %.6f), loss %.5f MW (%.5f), efficiency %.4f %% (%.4f), %.3f MWh, %.2f $, %.3f t CO2"
        % (label, mean_mw, raps["kw"].mean() / 1e3, lost, raps["loss"].mean() / 1e3, 100 * efficiency,
           100 * (1 - raps["loss"].mean() / raps["kw"].mean()), energy["facility_kwh"] / 1e3, result["cost"]["energy"], t))


def replay(label, reference, figures):
    jobs, raps, log = read_list(label)
    result, path, cpu_s = run(label, "--jobs", log)
    ours = read_series(path)
    starts = read_starts(path)
    ok(starts == {j.id: j.start for j in jobs if j.start is not None}, label + ": every job starts when it did")
    compare_columns(label, result, raps, jobs, reference)
    compare_series(label, ours, raps, jobs)
    done, running_mean, running_max, queue_mean, queue_max, low, high = figures
    ok(result["jobs"]["completed"] == done, "%s: %d jobs done" % (label, done), str(result["jobs"]["completed"]))
    within(raps["running"].mean(), running_mean, 0.0051, "%s: the reference is the one that is meant" % label)
    within(ours["running"].mean(), running_mean, 0.0051, "%s: %s jobs run in the mean" % (label, running_mean))
    within(ours["nodes"].mean(), raps["nodes"].mean(), 1e-9, label + ": mean of the nodes in use equal over the samples")
    ok(ours["running"].max() == running_max, "%s: at most %d jobs run" % (label, running_max))
    within(ours["queued"].mean(), queue_mean, 0.0051, "%s: %s jobs wait in the mean" % (label, queue_mean))
    ok(result["jobs"]["max_queued"] == queue_max, "%s: at most %d jobs wait" % (label, queue_max))
    within(ours["kw"].min() / 1e3, low, 0.0051, "%s: lowest power %s MW" % (label, low))
    within(ours["kw"].max() / 1e3, high, 0.0051, "%s: highest power %s MW" % (label, high))
    bare, _, bare_s = run(label + "-bare", "--jobs", log, "--param", "series=no")
    within(bare["energy"]["facility_kwh"], result["energy"]["facility_kwh"], 0, label + ": the same energy without series")
    say("%s: processor time %.3f s with 15 s series, %.3f s without (a whole process each)" % (label, cpu_s, bare_s))
    return jobs, raps, log


replay("random24h_seed42", (16.616597, 1.1228, 93.243, 398.798, 165.349, 37487.04, 97.17),
       (45, 10.36, 14, 61.97, 89, 7.34, 19.82))
jobs, raps, log = replay("fcfs_easy_1000_seed42", (16.4076, 1.1104, 93.232, 393.782, 163.287, 37015.51, 94.58),
                         (34, 7.29, 13, 405.52, 823, 10.33, 22.92))


# ---- EASY, from RAPS's to the textbook's -----------------------------------------------------------------------
def schedule(jobs, late, by_end, spare_counts):
    """Starts under EASY as RAPS has it, each of its peculiarities to be switched off:
    late: s after its end at which a job's nodes are free; by_end: running jobs are looked through by the time at
    which their limit ends (else by the length of the limit); spare_counts: a job may also pass the first if it uses
    only nodes that the first leaves free. Both believe in limits; a job with limits past the end never matters."""
    start, running, queue, free = {}, [], [], NODES
    coming = sorted(jobs, key=lambda j: j.submit)
    times = sorted({max(0, j.submit) for j in jobs})
    while times:
        t = heapq.heappop(times)
        while times and times[0] == t:
            heapq.heappop(times)
        if t >= DAY:
            break
        for j in [j for j in running if start[j.id] + j.run + late <= t]:
            running.remove(j)
            free += j.nodes
        while coming and max(0, coming[0].submit) <= t:
            queue.append(coming.pop(0))

        def begin(j):
            nonlocal free
            queue.remove(j)
            start[j.id] = t
            free -= j.nodes
            running.append(j)
            heapq.heappush(times, t + j.run + late)

        while queue and queue[0].nodes <= free:
            begin(queue[0])
        while queue:
            first, at, then_free = queue[0], 0, free
            order = (lambda j: start[j.id] + j.limit) if by_end else (lambda j: j.limit)
            for j in sorted(running, key=order):
                if then_free >= first.nodes:
                    break
                then_free += j.nodes
                at = start[j.id] + j.limit
            if by_end:
                then_free = free + sum(j.nodes for j in running if start[j.id] + j.limit <= at)
            spare = then_free - first.nodes if spare_counts else 0
            fits = [j for j in queue if j.nodes <= free and (t + j.limit <= at or j.nodes <= spare)]
            if not fits:
                break
            begin(fits[0])
    return start


def figures(jobs, start, late):
    """Mean MW, done, node use, jobs that run, that wait (mean, largest at a sample), mean wait of those done."""
    def inside(j):
        return max(0, min(start[j.id] + j.run + late, DAY) - start[j.id])
    ran = [j for j in jobs if j.id in start]
    done = [j for j in ran if start[j.id] + j.run < DAY]
    waits = [(max(0, j.submit), start.get(j.id, DAY)) for j in jobs]
    waiting = [sum(a <= t < b for a, b in waits) for t in range(0, DAY, 15)]
    return (system_w(NODES * idle_node_w + sum(j.more_w * inside(j) for j in ran) / DAY) / 1e6, len(done),
            100 * sum(j.nodes * inside(j) for j in ran) / NODES / DAY, sum(inside(j) for j in ran) / DAY,
            sum(b - a for a, b in waits if a < DAY) / DAY, max(waiting),
            sum(start[j.id] - j.submit for j in done) / len(done))


raps_starts = {j.id: j.start for j in jobs if j.start is not None}
easy, path, easy_s = run("easy", "--jobs", log, "--param", "policy=easy")
easy_starts = read_starts(path)
easy_series = read_series(path)

variants = [
    ("RAPS: limits by length, nothing spare, nodes free 1 s late", schedule(jobs, 1, False, False), 1),
    ("  nodes free at the end of a job", schedule(jobs, 0, False, False), 0),
    ("  and the reservation by the ends of limits", schedule(jobs, 0, True, False), 0),
    ("  and spare nodes may be used: textbook EASY", schedule(jobs, 0, True, True), 0)]
ok(variants[0][1] == raps_starts, "EASY as RAPS has it, written again from its rules, starts all 1,000 jobs as RAPS did",
   "%d differ" % sum(variants[0][1].get(j.id) != j.start for j in jobs))
ok(variants[3][1] == easy_starts, "with its three peculiarities off it starts all 1,000 jobs as datahall does",
   "%d differ" % sum(variants[3][1].get(j.id) != easy_starts.get(j.id) for j in jobs))

say("")
say("EASY on fcfs_easy_1000_seed42, one peculiarity of RAPS after the other switched off")
say("%-60s %8s %5s %7s %8s %8s %6s %8s" % ("", "MW", "done", "use %", "running", "queue", "most", "wait s"))
line = "%-60s %8.4f %5d %7.2f %8.2f %8.2f %6d %8.0f"
say(line % ("RAPS, as printed (samples of 15 s)", raps["kw"].mean() / 1e3, 34, 100 * raps["nodes"].mean() / NODES,
            raps["running"].mean(), raps["queued"].mean(), raps["queued"].max(), 21053))
for name, start, late in variants:
    say(line % ((name,) + figures(jobs, start, late)))
e = easy
ours = (e["energy"]["mean_facility_kw"] / 1e3, e["jobs"]["completed"], 100 * e["gpus"]["utilization"],
        e["jobs"]["mean_running"], e["jobs"]["mean_queued"], easy_series["queued"].max(),
        sum(easy_starts[j.id] - j.submit for j in jobs if j.id in easy_starts and easy_starts[j.id] + j.run < DAY) /
        e["jobs"]["completed"])
say(line % (("datahall, policy easy",) + ours))
say("datahall, policy easy: processor time %.3f s with 15 s series" % easy_s)
want = figures(jobs, easy_starts, 0)
ok(all(abs(a - b) <= 1e-6 * abs(b) for a, b in zip(ours, want)), "datahall's figures are those of its starts by the closed form",
   "%s instead of %s" % (ours, want))
say("")
say("jobs whose start changes with each step, and the first of them:")
by_id = {j.id: j for j in jobs}
for (_, before, _), (name, after, _) in zip(variants, variants[1:]):
    differ = [i for i in by_id if before.get(i) != after.get(i)]
    first = min(differ, key=lambda i: (min(before.get(i, DAY), after.get(i, DAY)), i))
    say("  %-46s %3d jobs; job %d (%d nodes, limit %d s): %s s -> %s s"
        % (name.strip(), len(differ), first, by_id[first].nodes, by_id[first].limit, before.get(first, "no"),
           after.get(first, "no")))


# ---- a measurement ---------------------------------------------------------------------------------------------
facility = os.path.join(shared, "facility")
with open(os.path.join(facility, "frontier_hpl_trace_15s.csv")) as f:
    power = np.array([float(r["P_W"]) for r in csv.DictReader(f)])
with open(os.path.join(facility, "hpl_trace_summary.csv")) as f:
    whole = next(r for r in csv.DictReader(f) if r["system"].startswith("Frontier"))
high = np.nonzero(power > 0.5 * (power.min() + power.max()))[0]
core_w = system_w(NODES * node_w(0.33, 4 * 0.79))
say("")
say("measured HPL run on Frontier (ORNL data set 437) beside the closed form; formula minus measurement:")
line = "  %-46s %9.3f MW, formula %9.3f MW: %+5.1f %%"
say(line % ("before the run", power[:10].mean() / 1e6, IDLE_W / 1e6,
            100 * (IDLE_W / power[:10].mean() - 1)))
for name, mean_w in (("core phase, all of 2 h 12 min", float(whole["mean_W(core or file)"])),
                     ("its first %d minutes, in the samples kept here" % round((high[-1] - high[0]) / 4),
                      power[high[0]:high[-1] + 1].mean())):
    say(line % (name, mean_w / 1e6, core_w / 1e6, 100 * (core_w / mean_w - 1)))
say("  mean/max of the core phase %s, p5 %.1f MW: it is not flat, so no single use reproduces it"
    % (whole["mean_over_max"], float(whole["p5_W"]) / 1e6))
core_csv = os.path.join(work.name, "hpl.csv")
with open(core_csv, "w") as f:
    f.write("id,submit_s,nodes,cpu_util,gpu_util,runtime_s,time_limit_s,actual_start_s\n0,0,9472,0.33,3.16,7200,7200,0\n")
result, _, _ = run("hpl", "--jobs", core_csv + ":raps", "--until", "1 h")
within(result["energy"]["mean_facility_kw"] * 1e3, core_w, 0.01, "a full machine at the published HPL use is the closed form")
within(core_w, 22954453, 1, "HPL core phase draws 22,954,453 W within 1 W")
finish()
