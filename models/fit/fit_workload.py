#!/usr/bin/python3
"""Fits the synthetic job streams of models/workload.c to public GPU cluster logs: shares of sizes, median and sigma
(standard deviation of the logarithm) of run times per size, relative rates by hour and weekday.

models/fit/fit_workload.py [TRACES]; prints the table of scenarios/catalog/workloads.md. Figures come from every second
job in order of submission; KS is the largest distance between the fitted law and the distribution of the other half,
beside the 5 % bound of a perfect fit to that many jobs."""
import csv, datetime, gzip, math, os, sys

traces = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data/traces")
LEAST = 60  # jobs of a size in each half, fewer are not fitted


def rows(name, gpus, duration, submit, when=None):
    """(submit s, gpus, run time s, instant or None) of every job that ran on a GPU, in order of submission."""
    jobs = []
    with gzip.open(os.path.join(traces, "jobs", name), "rt") as table:
        for row in csv.DictReader(table):
            g, d = int(row[gpus]), float(row[duration]) if row[duration] else -1
            if g > 0 and d > 0:
                at = datetime.datetime.fromisoformat(row[when]) if when else None
                jobs.append((float(row[submit]), g, d, at))
    return sorted(jobs, key=lambda job: job[0])


def openb():
    jobs = []
    with gzip.open(os.path.join(traces, "jobs/alibaba_openb_pod_list_default.csv.gz"), "rt") as table:
        for row in csv.DictReader(table):
            if row["scheduled_time"] and int(row["num_gpu"]) > 0:
                d = float(row["deletion_time"]) - float(row["scheduled_time"])
                if d > 0:
                    jobs.append((float(row["creation_time"]), int(row["num_gpu"]), d, None))
    return sorted(jobs, key=lambda job: job[0])


def quantile(values, q):
    values = sorted(values)
    at = q * (len(values) - 1)
    low = int(at)
    return values[low] + (at - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def normal_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def distance(run_times, median, sigma):
    ordered = sorted(run_times)
    n, worst = len(ordered), 0
    for i, t in enumerate(ordered):
        fitted = normal_cdf((math.log(t) - math.log(median)) / sigma)
        worst = max(worst, abs(fitted - i / n), abs(fitted - (i + 1) / n))
    return worst


def fit(jobs):
    """The law whose logarithm has the sample's mean and deviation: maximum likelihood of a lognormal."""
    logs = [math.log(job[2]) for job in jobs]
    mean = math.fsum(logs) / len(logs)
    return math.exp(mean), math.sqrt(math.fsum((x - mean) ** 2 for x in logs) / len(logs))


def table(name, jobs):
    train, held = jobs[0::2], jobs[1::2]
    all_gpu_s = sum(g * d for _, g, d, _ in jobs)
    print("| %s | GPUs | share of jobs | share of GPU time | median s | fitted median s | sigma | KS held out | bound |" % name)
    print("|---|---|---|---|---|---|---|---|---|")
    for size in [None] + sorted({g for _, g, _, _ in jobs}):
        a = [job for job in train if size in (None, job[1])]
        b = [job for job in held if size in (None, job[1])]
        whole = [job for job in jobs if size in (None, job[1])]
        if min(len(a), len(b)) < LEAST:
            if len(whole) >= 10:
                print("| | %s | %.4f | %.4f | %.0f | too few | | | |" %
                      (size, len(whole) / len(jobs), sum(g * d for _, g, d, _ in whole) / all_gpu_s,
                       quantile([job[2] for job in whole], 0.5)))
            continue
        median, sigma = fit(a)
        print("| | %s | %.4f | %.4f | %.0f | %.0f | %.2f | %.3f | %.3f |" %
              (size or "all", len(whole) / len(jobs), sum(g * d for _, g, d, _ in whole) / all_gpu_s,
               quantile([job[2] for job in a], 0.5), median, sigma, distance([job[2] for job in b], median, sigma),
               1.358 / math.sqrt(len(b))))
    print()


def shape(name, jobs):
    hours, days = [0] * 24, [0] * 7
    for _, _, _, at in jobs:
        hours[at.hour] += 1
        days[at.weekday()] += 1
    print("%s, arrivals by hour (UTC): `hourly=\"%s\"`" % (name, " ".join("%.2f" % (24 * h / len(jobs)) for h in hours)))
    print()
    print("%s, arrivals by weekday from Monday: `weekly=\"%s\"`" % (name, " ".join("%.2f" % (7 * d / len(jobs)) for d in days)))
    print()


def published():
    """Lognormals that have a cluster's published mean and median: sigma = sqrt(2 ln(mean / median))."""
    print("| published means and medians | mean s | median s | sigma |")
    print("|---|---|---|---|")
    with open(os.path.join(traces, "jobs/gpu_cluster_summary_stats.csv")) as stats:
        for row in csv.DictReader(stats):
            mean, median = float(row["avg_run_time_gpu"]), float(row["med_run_time_gpu"])
            print("| %s | %.0f | %.0f | %.2f |" % (row["id"], mean, median, math.sqrt(2 * math.log(mean / median))))
    print()


if not os.path.isdir(traces):
    sys.exit("no " + traces)
itp = rows("msr_itp_2021_jobs.csv.gz", "num_gpu", "duration_s", "submission_s")
philly = rows("philly_2017_jobs.csv.gz", "num_gpu", "duration_s", "submit_s", "submit_utc")
table("Microsoft ITP 2021", itp)
table("Microsoft Philly 2017, two virtual clusters", philly)
table("Alibaba openb 2023", openb())
shape("Philly", philly)
published()
