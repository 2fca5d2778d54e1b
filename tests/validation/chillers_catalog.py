#!/usr/bin/env python3
"""tests/validation/chillers_catalog.py: the shipped catalog of chillers has every machine of the reference catalogue, and
each figure of it."""
import csv
import html
import os
import sys
import xml.etree.ElementTree as ET

path = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data/facility/chillers_eir_catalogue.csv")
if not os.path.exists(path):
    print("1..1\nok 1 - chillers.xml # SKIP no " + path)
    sys.exit(0)
NS = "{urn:datahall:scenario:1}"
shipped = {(c.get("form", "eir"), c.get("title")): c for c in ET.parse("scenarios/catalog/chillers.xml").getroot()}
rows = list(csv.reader(open(path, encoding="utf-8")))[1:]
worst, missing = 0.0, []


def figures(chiller, names):
    return [float(x) for name in names for x in chiller.get(name).split() if x not in ("W", "degC", "kg/s")]


for r in rows:
    name = html.unescape(r[1].split("EIRChiller ")[-1])
    c = shipped.get(("eir" if r[0] == "EIR" else "reformulated", name))
    if c is None:
        missing.append(name)
        continue
    plr = r[27:30] if r[0] == "EIR" else r[27:37]
    want = [float(x) for x in [r[2], r[3], r[4], r[5], r[7], *r[11:15], *r[8:11], *r[15:27], *plr]]
    got = figures(c, ("capacity", "cop", "evaporator", "condenser", "condenser-flow", "evaporator-range",
                      "condenser-range", "part-load", "capacity-curve", "efficiency-curve", "part-load-curve"))
    if len(got) != len(want):
        missing.append(name + ": other figures")
        continue
    worst = max([worst] + [abs(a - b) / max(abs(b), 1e-300) for a, b in zip(got, want) if a != b])
print("1..1")
for name in missing:
    print("# " + name)
ok = len(rows) == 316 == len(shipped) and not missing and worst < 1e-9
print("%s 1 - chillers.xml has the %d machines, figures within %.1e" % ("ok" if ok else "not ok", len(shipped), worst))
