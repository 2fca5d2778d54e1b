#!/usr/bin/python3
"""report --explain: explain.py BUILD. Prints TAP. Every number of a small result is explained, and each expression evaluated again by other means
(tests/tools/report_keys.py) from the result file gives it."""
import json, os, subprocess, sys, tempfile
sys.path[:0] = [os.path.abspath("tests/tools"), os.path.abspath("tests/validation")]
import report_keys
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
example = os.path.join(examples, "small-hall.xml")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def explain(*words):
    return subprocess.run([datahall, "report", "a.h5", "--explain", *words], capture_output=True, text=True)


subprocess.run([datahall, "run", example, "--until", "2 d", "-q", "-o", "a.h5"], check=True, capture_output=True)
everything = json.loads(explain("all", "--json").stdout)
summary = json.loads(subprocess.run([datahall, "report", "a.h5", "--json"], capture_output=True, text=True).stdout)
keys = report_keys.Keys("a.h5", everything)
ok([r["key"] for r in everything] == [k for k in [r["key"] for r in everything] if k in keys.s] and len(everything) == len(keys.s), "every item of the summary is explained")
bare = [r["key"] for r in everything if r["unit"] and not (r["formula"] or r["words"])]
ok(not bare, "every number says how it comes about", bare)
verdicts = {k: keys.check(k) for k in keys.s}
wrong = {k: v for k, v in verdicts.items() if v[0] == "differs"}
same = [k for k, v in verdicts.items() if v[0] == "same"]
ok(not wrong and len(same) >= 80, f"{len(same)} numbers are what their expressions and tables give", wrong)
own = [(r["key"], r["value"], r["recomputed"]) for r in everything if r["how"] == "formula" and
       (r["recomputed"] is None or abs(r["value"] - r["recomputed"]) > 1e-6 * abs(r["value"]) + 1e-12)]
ok(not own, "what --explain recomputes is the number", own)
pue = json.loads(explain("energy.pue", "--json").stdout)
ok(pue["formula"] == "energy.facility_kwh / energy.it_kwh" and [i["name"] for i in pue["inputs"]] == ["energy.facility_kwh", "energy.it_kwh"] and
   abs(pue["inputs"][0]["value"] / pue["inputs"][1]["value"] - summary["energy"]["pue"]) < 1e-12 and pue["inputs"][0]["formula"].startswith("integral("),
   "a formula names its inputs, their values and their own formulas", pue)
ok({r["word"] for r in pue["rests_on"]} >= {"work", "power", "chain", "plant"} and sum(r["assumed"] + r["published"] for r in pue["rests_on"]) > 5,
   "what it rests on follows from its inputs", pue["rests_on"])
text = explain("metrics.pue3").stdout
ok("ISO/IEC 30134-2" in text and "energy.it_kwh = " in text and "one run" in text, "a metric says who defined it so, and a single run that it is one", text)
full = explain("energy.pue", "--full").stdout
ok(len(full) > 1.5 * len(explain("energy.pue").stdout) and "published: " in full, "--full has the sources' texts")
name = explain("scenario.name").stdout
ok(name.startswith("scenario.name = small-hall"), "a text is told as well", name)
whole = explain("scenario.seed").stdout
ok("\n  seed" in whole and name.splitlines()[1] == "  name of the scenario", "words that begin a line are apart", name + whole)
absent = explain("metrics.ere")
ok(absent.returncode == 0 and "not in this result" in absent.stdout, "what the run does not model is said", absent.stdout)
near = explain("energy.peu")
ok(near.returncode == 2 and "energy.pue" in near.stderr and not near.stdout, "an unknown key gives the nearest one", near.stderr)
ok(explain("energy.pue", "--html").returncode == 2 and subprocess.run([datahall, "report", "none.h5", "--explain", "energy.pue"], capture_output=True).returncode == 66,
   "wrong usage and a missing file are said")
subprocess.run([datahall, "run", os.path.join(examples, "hot-weather.xml"), "--until", "6 h", "-q", "-o", "a.h5"], check=True, capture_output=True)
fixed = explain("cost.fixed").stdout
price = json.loads(explain("cost.fixed", "--json").stdout)
ok("//tariff/@fixed = " in fixed and "USD" in price["inputs"][0]["text"] and price["inputs"][0]["evidence"] == "published" and price["inputs"][0]["source"] in fixed.replace("\n            ", " "),
   "a figure of the scenario has its value and its source", fixed)
subprocess.run([datahall, "run", example, "--until", "6 h", "--replications", "4", "-q", "-o", "a.h5"], check=True, capture_output=True)
many = json.loads(explain("energy.it_kwh", "--json").stdout)
column = report_keys.h5py.File("a.h5")["replications/energy.it_kwh"][()]
ok(many["replications"] == 4 and abs(many["mean"] - column.mean()) < 1e-9 * column.mean() and abs(many["half_width_95"] - 3.182446 * column.std(ddof=1) / 2) < 1e-5 * column.std() and
   "4 seeds" in explain("energy.it_kwh").stdout, "with replications it has the interval of their mean", many)
finish()
