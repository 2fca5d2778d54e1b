#!/usr/bin/python3
"""report --units us: units.py BUILD. Prints TAP. Each figure beside that of the SI report, by the definitions of NIST Handbook 44."""
import json, os, re, subprocess, sys, tempfile
sys.path[:0] = [os.path.abspath("tests/tools"), os.path.abspath("tests/validation")]
import report_numbers
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
TO = {"degC": ("degF", 9 / 5, 32), "m3": ("gal", 1000 / 3.785411784, 0), "L": ("gal", 1 / 3.785411784, 0), "L/kWh": ("gal/kWh", 1 / 3.785411784, 0), "t CO2e": ("short tons", 2204.6226218 / 2000, 0),
      "kt CO2e": ("short tons", 2204622.6218 / 2000, 0), "kg/kWh": ("lb/kWh", 2.2046226218, 0), "g/kWh": ("lb/MWh", 2.2046226218, 0), "m2": ("sq ft", 10.763910417, 0),
      "kg/m2": ("lb/sq ft", 0.2048161436, 0), "kW": ("tons", 1 / 3.5168528421, 0), "kWh": ("kBtu", 3.4121416331, 0), "MWh": ("MMBtu", 3.4121416331, 0)}


def report(*words):
    return subprocess.run([datahall, "report", "a.h5", *words], capture_output=True, text=True).stdout


def figure(cell):
    m = re.match(r"(-?[\d,]+(?:\.(\d+))?) ?(.*)", cell)
    return (float(m.group(1).replace(",", "")), 0.5 * 10 ** -len(m.group(2) or ""), m.group(3)) if m else None


changed = {}
for name in "hot-weather", "solar-battery", "two-cords":
    subprocess.run([datahall, "run", os.path.join(examples, name + ".xml"), "--until", "12 h", "-q", "-o", "a.h5"], check=True, capture_output=True)
    si, us = report_numbers.Page(report("--html")), report_numbers.Page(report("--html", "--units", "us"))
    wrong = []
    pairs = [(a, b) for ra, rb in zip(si.rows + [("", "", "", t) for t in si.tiles], us.rows + [("", "", "", t) for t in us.tiles]) for a, b in zip(ra[3], rb[3])]
    for a, b in pairs:
        if a == b:
            continue
        x, y = figure(a), figure(b)
        to = TO.get(x[2]) if x and y else None
        if not to or to[0] != y[2] or abs(x[0] * to[1] + to[2] - y[0]) > (x[1] * to[1] + y[1]) * 1.001:
            wrong.append((a, b))
        else:
            changed[x[2]] = changed.get(x[2], 0) + 1
    ok(not wrong and len(si.rows) == len(us.rows) and len(pairs) > 100, f"{name}: every figure of the US report is that of the other", wrong)
    pages = [report("--units", "us"), report("--units", "us", "--html"), report("--units", "us", "--markdown")]
    # Texts of the scenario's sources, and of events as the run told them, stay as they were written.
    quoted = [v for k, v in report_numbers.report_keys.h5py.File("a.h5")["summary"].items() if k.endswith((".text", ".what"))]
    quoted = " ".join(v[()].decode() for v in quoted)
    left = [m.group(0) for p in pages for m in re.finditer(r"[\d.]+ (degC|m3|L/kWh|k?t CO2e|kg/m2|m2|kg/kWh)\b", re.sub(r"\s+", " ", p)) if m.group(0) not in quoted]
    ok(not left and all("degF" in p for p in pages), f"{name}: no other unit is left, in text, HTML and Markdown", left)
ok({"degC", "m3", "L/kWh", "t CO2e", "kg/kWh", "g/kWh", "kW"} <= set(changed), "temperatures, water, carbon and cooling are among them", changed)
summary = json.loads(report("--json", "--units", "us"))
ok(summary == json.loads(report("--json")), "JSON stays as it is")
subprocess.run([datahall, "run", os.path.join(examples, "hot-weather.xml"), "--until", "12 h", "-q", "-o", "a.h5"], check=True, capture_output=True)
s = json.loads(report("--json"))
text = report("--units", "us")
ok(f"{s['thermal']['max_inlet_degc'] * 1.8 + 32:.1f} degF" in text and f"{s['energy']['water_m3'] * 264.17205236:,.1f} gal" in text and f"{s['carbon']['location_kg'] / 907.18474:,.1f} short tons" in text,
   "hottest inlet, water and carbon are converted from the whole figure", text)
ok(report("--units", "si") == report() and subprocess.run([datahall, "report", "a.h5", "--units", "cgs"], capture_output=True).returncode == 2, "si is the default, other systems are refused")
finish()
