#!/usr/bin/python3
"""datahall import against the published counts of public traces, and readers against independent statistics.

tests/validation/conversions.py BUILD. Needs ../shared/data/traces (DATAHALL_SHARED)."""
import csv, datetime, gzip, io, json, math, os, subprocess, sys, tempfile

build = sys.argv[1] if len(sys.argv) > 1 else "build"
shared = os.environ.get("DATAHALL_SHARED", "../shared")
traces = os.path.join(shared, "data/traces")
program = os.path.join(build, "datahall")
failed = False


def say(ok, name, detail=""):
    global failed
    failed |= not ok
    print(("ok - " if ok else "not ok - ") + name + (" # " + detail if detail and not ok else ""), flush=True)


def figures(kind, path, *more):
    done = subprocess.run([program, "import", kind, path, "--json", *more], capture_output=True, text=True)
    if done.returncode != 0:
        return {"error": done.stderr.strip()}
    return json.loads(done.stdout)


def near(a, b, digits):
    """Equal when rounded as the published figure is."""
    return a is not None and abs(a - b) <= 0.5000001 * 10 ** -digits


if not os.path.isdir(traces):
    print("ok - conversions # SKIP no " + traces)
    sys.exit(0)

KIND = {"msr_itp": "itp", "philly": "philly", "alibaba_openb_pod": "openb", "alibaba_openb_node": "openb-nodes",
        "azure_llm": "azure-llm", "swf_": "swf"}
KEY = {"jobs": "jobs", "GPU-hours": "gpu_hours", "pods": "pods", "pods that ask for a GPU": "pods_with_gpu",
       "nodes": "nodes", "GPUs": "gpus", "requests": "requests", "mean input tokens": "mean_input_tokens",
       "mean output tokens": "mean_output_tokens"}
cache = {}
with open(os.path.join(traces, "reference/trace_conversion_expected.csv")) as table:
    for row in csv.DictReader(table):
        name = os.path.basename(row["file"])
        kind = next(k for start, k in KIND.items() if name.startswith(start))
        path = os.path.join(traces, row["file"])
        if path not in cache:
            cache[path] = figures(kind, path)
        quantity, expected = row["quantity"], row["expected"]
        key = "jobs_of_" + quantity[8:] if quantity.startswith("jobs of ") else KEY[quantity]
        got = cache[path].get(key)
        digits = len(expected.split(".")[1]) if "." in expected else 0
        say(near(got, float(expected), digits), "%s: %s is %s" % (name, quantity, expected),
            "got %s %s" % (got, cache[path].get("error", "")))

# carbon: INDEX.md, within 1e-6 relative, and the hours that are complete
for zone, mean, hours in (("VA", 362.61942, 8737), ("CA", 256.18807, 8757), ("TX", 347.20188, 8760)):
    got = figures("carbon", os.path.join(traces, "carbon/eia_2022_%s_genmix_ci.csv.gz" % zone))
    say(got.get("hours") == hours and abs(got["mean_g_per_kwh"] / mean - 1) <= 1e-6 and
        got["missing_hours"] == 8760 - hours, "carbon of %s: %s g/kWh over %d hours" % (zone, mean, hours), str(got))

# EPW: an independent reader's statistics
with open(os.path.join(traces, "weather/epw_expected_stats.csv")) as table:
    for row in csv.DictReader(table):
        path = os.path.join(traces, "weather", row["file"] + ".epw.gz")
        if not os.path.exists(path):
            print("ok - weather of %s # SKIP its EPW is not at hand" % row["file"])
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "w.csv")
            got = figures("epw", path, "-o", out)
            rows = list(csv.DictReader(open(out))) if os.path.exists(out) else []
        dry = [float(r["dry_bulb_degc"]) for r in rows]
        ok = len(rows) == int(row["rows"]) and near(got["mean_dry_bulb_degc"], float(row["mean_drybulb_c"]), 5) and \
            near(got["mean_dew_point_degc"], float(row["mean_dewpoint_c"]), 5) and \
            near(got["mean_relative_humidity_pct"], float(row["mean_rh_pct"]), 5) and \
            near(got["mean_pressure_pa"], float(row["mean_pressure_pa"]), 3) and \
            min(dry) == float(row["min_drybulb_c"]) and max(dry) == float(row["max_drybulb_c"]) and \
            all(sum(t <= limit for t in dry) == int(row["hours_db_le_%d" % limit]) for limit in (10, 18, 24, 27)) and \
            sum(t > 32 for t in dry) == int(row["hours_db_gt_32"]) and \
            abs(sum(max(t - 18, 0) for t in dry) - float(row["deg_hours_above_18"])) < 0.06
        say(ok, "weather of " + row["file"], str(got))

# Hour counts at economizer limits, and a dry cooler's year, need eleven EPW files that the reference names.
for name in ("ref_weather_stats_economizer_hours", "ref_annual_drycooler_loop"):
    with open(os.path.join(shared, "data/facility", name + ".csv")) as table:
        for epw in sorted({row["epw"] for row in csv.DictReader(table)}):
            if not os.path.exists(os.path.join(traces, "weather", epw + ".epw.gz")):
                print("ok - %s: %s # SKIP its EPW is not at hand" % (name, epw))

# prices: means and gaps counted here
for name in ("US-MIDA-PJM", "US-TEX-ERCO"):
    path = os.path.join(traces, "prices/electricity_2022-2024_%s.csv.gz" % name)
    with gzip.open(path, "rt") as table:
        rows = [(r["datetime_utc"], float(r["usd_per_mwh"])) for r in csv.DictReader(table)]
    got = figures("price", path)
    say(got.get("records") == len(rows) and abs(got["mean_usd_per_mwh"] - math.fsum(p for _, p in rows) / len(rows)) < 1e-9,
        "prices of " + name, str(got))

# clouds: the newest price of each instance, read here by hand; spot prices held until the next; pairs of regions
prices = os.path.join(traces, "prices")
newest = {}
for row in csv.DictReader(open(os.path.join(prices, "aws_gpu_on_demand_history_us-east-1.csv"))):
    if row["gpu"] in ("V100-32", "A100-40", "A100-80", "H100-80", "H200", "B200"):
        newest[row["instance"]] = max(newest.get(row["instance"], ("",)), (row["snapshot_date"], float(row["on_demand_usd_per_hour"]), int(row["gpu_count"])))
got = figures("cloud", os.path.join(prices, "aws_gpu_on_demand_history_us-east-1.csv"))
say(got.get("instances") == len(newest) and got["records"] == 539 and
    abs(got["mean_usd_per_gpu_hour"] / (math.fsum(p / n for _, p, n in newest.values()) / len(newest)) - 1) < 1e-12, "price list of Amazon: the newest of each instance", str(got))
for name, regions, instances in (("azure_gpu_on_demand_2026-06", 42, lambda i: "_ND" in i), ("gcp_gpu_on_demand_and_spot_2026", 20, lambda i: not i.startswith("g2"))):
    rows = [r for r in csv.DictReader(open(os.path.join(prices, name + ".csv"))) if instances(r["instance"])]
    got = figures("cloud", os.path.join(prices, name + ".csv"))
    say((got.get("instances"), got.get("regions")) == (len(rows), len({r["region"] for r in rows})) and got["regions"] == regions, "price list " + name, str(got))
usd = hours = 0
with gzip.open(os.path.join(prices, "aws_spot_history_p2_p3_2020_us-east-1.csv.gz"), "rt") as table:
    rows = [(r["instance"], r["zone"], datetime.datetime.fromisoformat(r["timestamp_utc"].replace("Z", "+00:00")).timestamp(), float(r["spot_usd_per_hour"]))
            for r in csv.DictReader(table)]
end = max(r[2] for r in rows)
for market in {r[:2] for r in rows}:
    times = sorted(r[2:] for r in rows if r[:2] == market)
    for (t, p), until in zip(times, [t for t, _ in times[1:]] + [end]):
        usd, hours = usd + p * (until - t) / 3600, hours + (until - t) / 3600
got = figures("spot", os.path.join(prices, "aws_spot_history_p2_p3_2020_us-east-1.csv.gz"))
say(got.get("prices") == len(rows) and abs(got["hours"] / hours - 1) < 1e-12 and abs(got["mean_usd_per_hour"] / (usd / hours) - 1) < 1e-12, "history of spot prices", str(got))
for cloud in ("aws", "azure", "gcp"):
    rows = list(csv.reader(open(os.path.join(prices, f"interregion_egress_{cloud}_usd_per_gb.csv"))))
    pairs = [float(v) for r in rows[1:] for to, v in zip(rows[0][1:], r[1:]) if v and to != r[0]]
    got = figures("egress", os.path.join(prices, f"interregion_egress_{cloud}_usd_per_gb.csv"))
    say(got.get("pairs") == len(pairs) and abs(got["mean_usd_per_gb"] / (math.fsum(pairs) / len(pairs)) - 1) < 1e-12 and got["highest_usd_per_gb"] == max(pairs),
        "prices of data between regions of " + cloud, str(got))

# what import writes, import reads: the same jobs once more
with tempfile.TemporaryDirectory() as folder:
    for kind, name, part in (("itp", "msr_itp_2021_jobs.csv.gz", ":2"), ("philly", "philly_2017_jobs.csv.gz", ":ee9e8c"),
                             ("muri", "muri_trace3.csv.gz", ""), ("swf", "swf_KTH-SP2_filtered.swf.gz", "")):
        once, twice = os.path.join(folder, "1.csv"), os.path.join(folder, "2.csv")
        a = figures(kind, os.path.join(traces, "jobs", name) + part, "-o", once)
        b = figures("csv", once, "-o", twice)
        say(a.get("jobs", 0) > 0 and a["jobs"] == b.get("jobs") and a["gpu_hours"] == b["gpu_hours"] and
            open(once).read() == open(twice).read(), "converted %s reads back the same" % kind, str((a, b)))
sys.exit(1 if failed else 0)
