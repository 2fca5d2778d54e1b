#!/usr/bin/python3
"""Bills, carbon and capital against ../shared: money.py BUILD. Prints TAP."""
import csv, gzip, json, os, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.join(build, "datahall")
data = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data")


def near(a, b, tolerance):
    return abs(a - b) <= tolerance * abs(b)


def predict(*args):
    run = subprocess.run([datahall, "predict", *args, "--json"], capture_output=True, text=True)
    if run.returncode:
        return {"failed": run.stderr}
    return json.loads(run.stdout)


def carbon(folder):
    for state, mean, hours in (("VA", 362.61942, 8737), ("CA", 256.18807, 8757), ("TX", 347.20188, 8760)):
        path = f"{data}/traces/carbon/eia_2022_{state}_genmix_ci.csv.gz"
        got = predict("carbon", "-i", path)
        ok(near(got.get("mean_g_per_kwh", 0), mean, 1e-6) and got["hours"] == hours and got["gaps"] == 8760 - hours,
           f"carbon of {state} 2022: {mean} g/kWh over {hours} hours", got)
        ok(got.get("measured") == hours and got["mape"] < 1e-9, f"every hour of {state} is the published one", got)
        # An independent mean, from the rows that predict writes.
        out = f"{folder}/{state}.csv"
        subprocess.run([datahall, "predict", "carbon", "-i", path, "-o", out], check=True, capture_output=True)
        with open(out) as rows, gzip.open(path, "rt") as source:
            rows, source = list(csv.DictReader(rows)), list(csv.DictReader(source))
        values = [float(r["g_per_kwh"]) for r in rows if r["g_per_kwh"]]
        ok(len(rows) == len(source) == 8760 and near(sum(values) / len(values), mean, 1e-6),
           f"rows of {state}: one an hour, gaps empty")


def tariff(folder):
    rate = f"{data}/traces/tariff/reopt_leap_year.json"
    hour = 31 * 24 + 29 * 24 + 3 * 24 + 16
    load = f"{folder}/load.csv"
    with open(load, "w") as out:
        out.write(f"hour,kw\n{hour},10\n")
    for year, energy, demand in ((2023, 2.80, 180.50), (2024, 3.60, 280.50)):
        got = predict("bill", "-i", load, "--tariff", rate, "--year", str(year))
        ok(near(got.get("energy_usd", 0), energy, 1e-6) and near(got["demand_usd"], demand, 1e-6),
           f"REopt's leap year case, {year}: energy {energy}, demand {demand}", got)
    with open(rate) as source:
        case = json.load(source)
    for steps, leap in ((8760, False), (8784, True), (4 * 8760, False), (4 * 8784, True)):
        per_hour = steps // (8784 if leap else 8760)
        loads = [0.0] * steps
        loads[(hour - 1) * per_hour:hour * per_hour] = [10.0] * per_hour
        case["ElectricLoad"]["loads_kw"] = loads
        with open(f"{folder}/case.json", "w") as out:
            json.dump(case, out)
        got = predict("bill", "-i", f"{folder}/case.json")
        ok(near(got.get("energy_usd", 0), 3.60, 1e-6) and near(got["demand_usd"], 280.50, 1e-6),
           f"the same with the load in the file, {steps} values", got)


def oracle_rows(name):
    with open(f"{data}/oracles/{name}") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def bills(folder):
    """All rows of the exact table: each day as a case of one table, the tariff in a scenario."""
    scenario = f"{folder}/day.xml"
    with open(scenario, "w") as out:
        out.write("""<scenario xmlns="urn:datahall:scenario:1" name="day"><import href="catalog:racks.xml"/>
<tariff id="day" demand="15 USD/kW" utc-offset="0"><period hours="0-7" energy="0.06 USD/kWh"/>
<period hours="7-16" energy="0.11 USD/kWh"/><period hours="16-21" energy="0.24 USD/kWh"/>
<period hours="21-24" energy="0.09 USD/kWh"/></tariff><horizon duration="1 d"/><site id="s" tariff="day"><power>
<utility id="g" rated="1 MW"/></power><hall id="h"><row id="r" rack="dgx-h100-air" count="1" feed="g"/></hall></site>
</scenario>""")
    rows = oracle_rows("bill_tou_demand.csv")
    for row in rows:
        with open(f"{folder}/day.csv", "w") as out:
            out.write("time_s,kw\n")
            for step in row["load_steps_s:kW"].split(";"):
                out.write(step.replace(":", ",") + "\n")
            # The last value holds as long as the one before it: repeat it half way to the end of the day.
            last, kw = row["load_steps_s:kW"].split(";")[-1].split(":")
            out.write(f"{(int(last) + 86400) // 2},{kw}\n")
        got = predict("bill", "-i", f"{folder}/day.csv", "--tariff", scenario, "--year", "2026")
        good = "failed" not in got and all(near(got[key], float(row[column]), 1e-12) for key, column in (
            ("energy_kwh", "energy_kWh"), ("energy_usd", "energy_cost"), ("peak_kw", "max_15min_mean_kW"),
            ("demand_usd", "demand_charge_at_15_per_kW")))
        ok(good, f"bill_tou_demand, case {row['case']}: energy, cost, highest mean, demand within 1e-12", got)


def capital():
    """finance_crf and finance_npv_irr, all rows, by a small program against the library."""
    lines = ["#include \"models/finance.h\"", "#include <stdio.h>", "int main(void) {"]
    crf, flows = oracle_rows("finance_crf.csv"), oracle_rows("finance_npv_irr.csv")
    for row in crf:
        lines.append(f'printf("%.17g\\n", dh_finance_crf({row["rate"]}, {row["years"]}));')
    for row in flows:
        values = row["cashflows_year0_onward"].split(";")
        lines.append("{ const double f[] = {%s}; printf(\"%%.17g\\n%%.17g\\n\", dh_finance_npv(f, %d, %s), "
                     "dh_finance_irr(f, %d)); }" % (",".join(values), len(values), row["rate"], len(values)))
    lines.append("return 0; }")
    program = f"{build}/finance_rows"
    run = subprocess.run([os.environ.get("CC", "cc"), "-std=c17", "-O1", "-I.", "-Isim/include", "-x", "c", "-", "-x",
                          "none", f"{build}/libdatahall.a", "-lm", "-o", program], input="\n".join(lines), text=True,
                         capture_output=True)
    if run.returncode:
        ok(False, "finance_rows builds", run.stderr)
        return
    got = [float(x) for x in subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()]
    worst = max(abs(a / float(r["capital_recovery_factor"]) - 1) for a, r in zip(got, crf))
    ok(worst <= 1e-12, f"finance_crf, {len(crf)} rows within 1e-12", worst)
    rest = got[len(crf):]
    npv = max(abs(a - float(r["npv"])) / abs(float(r["npv"])) for a, r in zip(rest[::2], flows))
    irr = max(abs(a - float(r["irr"])) / abs(float(r["irr"])) for a, r in zip(rest[1::2], flows))
    ok(npv <= 1e-12, f"finance_npv_irr, NPV of {len(flows)} rows within 1e-12", npv)
    ok(irr <= 1e-10, f"finance_npv_irr, IRR of {len(flows)} rows within 1e-10", irr)


if not os.path.isdir(data):
    skip("money against reference data", f"no {data}")
    finish()
    sys.exit()
with tempfile.TemporaryDirectory() as folder:
    carbon(folder)
    tariff(folder)
    bills(folder)
    capital()
finish()
