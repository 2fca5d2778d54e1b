#!/usr/bin/python3
"""Two figures of each archetype of liquid cooling on towers that no source gives: the water that the loop is supplied
with and the power of its CDU pumps. Fitted to the median PUE of every second climate zone of Lei 2025 (least squares
over whole kelvin, the pumps by their mean), judged on the other zones; both are printed, and what is found is written
by hand into scenarios/catalog/archetypes.xml: liquid_archetypes.py BUILD."""
import csv, json, os, subprocess, sys, tempfile

build = sys.argv[1] if len(sys.argv) > 1 else "build"
facility = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "facility")
climate = os.path.abspath(os.path.join(facility, "lei_climate_hourly.csv.gz"))
datahall = os.path.join(build, "datahall")
rows = [r for r in csv.DictReader(open(os.path.join(facility, "lei2025_pue_wue_quantiles.csv"))) if r["case_original"].startswith("15_")]


def keep(folder):
    path = os.path.join(folder, "rows.csv")
    with open(path, "w") as f:
        f.write("archetype,climate_zone\n")
        for r in rows:
            f.write("liquid-tower-%s,%s\n" % (r["it_loop(inferred)"].replace("_", "-"), r["climate_zone"]))
    subprocess.run([datahall, "predict", "pue", "-i", path, "--climate", climate, "--keep", folder, "--json"], check=True,
                   stdout=subprocess.DEVNULL)


def run(path, supply):
    out = subprocess.run([datahall, "run", path, "--no-output", "-q", "--json", "--set", f"//chiller-plant/@supply={supply} degC",
                          "--set", "//cdu/@pump=0 W"], check=True, capture_output=True, text=True).stdout
    def find(tree):
        for key, value in tree.items():
            if key == "energy.pue" or key == "pue":
                return value["value"] if isinstance(value, dict) else value
            if isinstance(value, dict) and (found := find(value)) is not None:
                return found
    return find(json.loads(out))


with tempfile.TemporaryDirectory() as folder:
    keep(folder)
    for loop in ("rear_door", "cold_plate", "immersion"):
        want = {r["climate_zone"]: float(r["PUE_p50"]) for r in rows if r["it_loop(inferred)"] == loop}
        path = lambda zone: os.path.join(folder, f"liquid-tower-{loop.replace('_', '-')}-{zone}.xml")
        zones = sorted(z for z in want if os.path.exists(path(z)))
        fit, judge = zones[::2], zones[1::2]
        best = None
        for supply in range(14, 27):
            left = [want[z] - run(path(z), supply) for z in fit]
            pump = min(max(sum(left) / len(left), 0), 0.03)
            worst = sum((x - pump) ** 2 for x in left)
            if best is None or worst < best[0]:
                best = worst, supply, pump
        _, supply, pump = best
        error = {z: run(path(z), supply) + pump - want[z] for z in zones}
        print(loop, f"supply {supply} degC, pumps {pump:.4f} of the heat; fitted on",
              " ".join(f"{z} {error[z]:+.3f}" for z in fit), "| judged on", " ".join(f"{z} {error[z]:+.3f}" for z in judge))
