#!/usr/bin/python3
"""What a result gives to other programs: OpenMetrics text read by a strict parser of its own, every table as CSV in
pandas, and the notebook of scenarios/examples, whose cells are run.

tests/cli/exports.py BUILD"""
import ast, contextlib, io, json, math, os, re, subprocess, sys, tempfile
import h5py, numpy as np, pandas as pd
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

datahall = os.path.join(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build"), "datahall")
notebook = os.path.abspath("scenarios/examples/results.ipynb")
os.chdir(tempfile.mkdtemp())


def call(*words, status=0):
    done = subprocess.run([datahall, *words], capture_output=True, text=True)
    if done.returncode != status:
        ok(False, " ".join(words[:3]), f"status {done.returncode}: {done.stderr}")
    return done


SITE = r"""<scenario xmlns="urn:datahall:scenario:1" name="a-site" seed="3"><import href="catalog:climates.xml"/><import href="catalog:plants.xml"/>
<horizon start="2026-07-01T00:00:00Z" duration="3 h"/><device id="d" title="one &quot;x&quot; \ two" idle="100 W" tdp="700 W" clock-max="1.98 GHz"/>
<node id="n" device="d" gpus="8"/><rack-type id="r" node="n" nodes="4" rated="40 kW"/><tariff id="t" energy="0.1 USD/kWh"/><grid id="g" carbon="300 g/kWh"/>
<site id="s" climate="ashburn" tariff="t" grid="g"><power><utility id="u" rated="1 MW"/></power>
<cooling><chiller-plant id="p" base="chiller-tower-economizer" feed="u" capacity="100 kW"/></cooling>
<hall id="h" plant="p" supply="%s"><row id="w-1" rack="r" count="2" feed="u"/></hall></site>
<workload><jobs id="j" rate="6 1/h" median="20 min" overestimate="2"><size gpus="8" share="0.5"/><size gpus="32" share="0.5"/></jobs></workload>
<record interval="10 min" rack-interval="30 min"/></scenario>"""
for name, supply in (("base", "22 degC"), ("other", "26 degC")):
    open(name + ".xml", "w").write(SITE % supply)
    call("run", name + ".xml", "-q", "-o", name + ".h5")

# ---- OpenMetrics -----------------------------------------------------------------------------------------------

NAME, NUMBER = r"[a-zA-Z_:][a-zA-Z0-9_:]*", r"[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)?\}})? ({NUMBER})(?: ({NUMBER}))?\Z")


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def parse(text):
    """Families as the ABNF of OpenMetrics 1.0 has them: {name: (type, unit, help, {labels: [(value, time)]})}."""
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1, "ends with # EOF"
    families, name = {}, None
    for line in text[:-6].splitlines():
        head = re.match(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)\Z", line)
        if line.startswith("#"):
            assert head, line
            if head[2] != name:
                assert head[2] not in families and head[1] == "TYPE", "a family twice, or not begun by its type: " + line
                name = head[2]
                families[name] = {"points": {}}
            assert head[1] not in families[name] and not families[name]["points"], line
            assert re.fullmatch(r'(?:[^"\\]|\\["\\n])*', head[3]), "escapes: " + line
            families[name][head[1]] = head[3]
            if head[1] == "UNIT":
                assert name.endswith("_" + head[3]), line
            continue
        sample = SAMPLE.match(line)
        assert sample, line
        family = families[name]
        assert sample[1] == name + {"info": "_info", "counter": "_total", "gauge": ""}[family["TYPE"]], line
        pairs = re.findall(LABEL, line[len(sample[1]):line.rindex("}") + 1] if "{" in line else "")
        labels = tuple((k, unescape(v)) for k, v in pairs)
        assert len(dict(labels)) == len(labels), "a label twice: " + line
        points = family["points"]
        if labels in points:
            assert labels == next(reversed(points)), "points of one set of labels apart: " + line
            assert float(sample[8]) > points[labels][-1][1], "times: " + line
        points.setdefault(labels, []).append((float(sample[7]), float(sample[8]) if sample[8] else None))
    return families


text = call("export", "base.h5", "prometheus").stdout
try:
    families = parse(text)
    ok(True, f"OpenMetrics: {len(families)} families in its grammar")
except AssertionError as error:
    families = {}
    ok(False, "OpenMetrics: in its grammar", error)
T0, data, missing, compared = 1782864000, h5py.File("base.h5", "r"), [], 0
ENDS = {"_w": "_watts", "_degc": "_celsius", "_j": "_joules", "_frac": "_ratio", "_kg_per_s": "_kilograms_per_second", "_s": "_seconds", "_kg": "_kilograms"}
for group in data:
    for column, d in data[group].items() if group not in ("summary", "audit", "provenance", "events", "jobs") else ():
        if column in ("time", "interval_s") or d.dtype.kind not in "fiu" or d.ndim == 0 or len(d) != len(data[group].get("time", ())):
            continue
        end = next((e for e in sorted(ENDS, key=len, reverse=True) if column.endswith(e) and not (e == "_s" and column.endswith("_per_s"))), None)
        points = families.get("datahall_" + (column[:-len(end)] + ENDS[end] if end else column), {"points": {}})["points"]
        values = np.asarray(d, float).reshape(len(d), -1)
        rows = [tuple(v for k, v in labels if k not in ("hall",) or group == "halls") for labels in points]
        for k in range(values.shape[1]):
            told = list(points.values())[k] if k < len(points) else []
            wanted = [(v, T0 + t) for v, t in zip(values[:, k], data[group]["time"][:]) if not math.isnan(v)]
            compared += len(wanted)
            if wanted != told and wanted:
                missing.append((group, column, k, wanted[:2], told[:2]))
ok(not missing and compared > 500, f"each of {compared} values is the result's, at its time", missing[:3])
racks, power = data["racks"], families.get("DCGM_FI_DEV_POWER_USAGE", {"points": {}})["points"]
labels = [dict(l) for l in power]
ok([l["Hostname"] for l in labels] == ["w-1-001", "w-1-002"] and all(l["gpu"] == "0" and l["hall"] == "h" and l["instance"] == l["Hostname"] for l in labels) and
   labels[0]["modelName"] == 'one "x" \\ two', "names of dcgm-exporter: racks as hosts, texts escaped", labels)
first = {name: list(families.get(name, {"points": {0: [(0, 0)]}})["points"].values())[1][-1][0] for name in
         ("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_SM_CLOCK")}
ok(first == {"DCGM_FI_DEV_POWER_USAGE": racks["rack_power_w"][-1, 1] / 32, "DCGM_FI_DEV_GPU_TEMP": racks["rack_junction_degc"][-1, 1],
             "DCGM_FI_DEV_GPU_UTIL": 100 * racks["rack_gpus_busy"][-1, 1] / 32, "DCGM_FI_DEV_SM_CLOCK": racks["rack_clock_frac"][-1, 1] * 1980},
   "and their values: watts over 32 GPUs, hottest junction, per cent held, megahertz", first)
ok(dict(next(iter(families["datahall"]["points"])))["scenario"] == "a-site" if families else False, "the scenario by name")
for when in ("95 min", "2026-07-01T01:35:00Z"):
    then = parse(call("export", "base.h5", "prometheus", "--at", when).stdout)
    same = all(list(p)[0] == [x for x in families[n]["points"][l] if x[1] <= T0 + 95 * 60][-1] for n in then if n != "datahall" for l, p in
               ((l, [q]) for l, ps in then[n]["points"].items() for q in ps))
    ok(same and then.keys() == families.keys() and then["datahall_pue"]["points"][()][0][1] == T0 + 5400 and
       list(then["datahall_rack_power_watts"]["points"].values())[0][0][1] == T0 + 5400, f"--at {when}: the last values up to then")
ok("lies outside" in call("export", "base.h5", "prometheus", "--at", "4 h", status=2).stderr and
   "not 'noon'" in call("export", "base.h5", "prometheus", "--at", "noon", status=2).stderr and
   "--at is for" in call("export", "base.h5", "jobs", "--at", "1 h", status=2).stderr, "--at outside the run, no time, or of another table: usage")
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as official
    ok({f.name for f in official(text)} == set(families), "prometheus_client reads the same families")
except ImportError:
    skip("prometheus_client reads the same families", "python3-prometheus-client is not installed")

# ---- every table as CSV -----------------------------------------------------------------------------------------

wrong = []
for group in data:
    if group in ("provenance", "network", "storage") or (group != "jobs" and "time" not in data[group] and group not in ("summary", "audit")):
        continue
    frame = pd.read_csv(io.StringIO(call("export", "base.h5", "/" + group).stdout))
    rows = len(data[group]["job"]) if group == "jobs" else len(data[group]) if group == "audit" else None
    if rows is None and group != "summary":
        rows = len(data[group]["time"]) * (1 if frame.columns[1] not in data[group] or data[group][frame.columns[1]].dtype.kind != "O" else len(data[group][frame.columns[1]]))
    if len(frame.columns) < 2 or (rows is not None and len(frame) != rows) or (group == "summary" and "energy.pue" not in frame.key.values):
        wrong.append((group, len(frame), rows, list(frame.columns)))
ok(not wrong, "each table opens in pandas, whole: " + " ".join(data), wrong)

# ---- the notebook -----------------------------------------------------------------------------------------------

book = json.load(open(notebook))
ok(book["nbformat"] == 4 and all(c.get("outputs", []) == [] and c.get("execution_count") is None and set(c) >= {"cell_type", "metadata", "source"} for c in book["cells"]),
   "notebook: nbformat 4, without outputs")
os.environ.update(DATAHALL_BASE="base.h5", DATAHALL_OTHER="other.h5", MPLBACKEND="Agg")
try:
    import matplotlib  # noqa: F401
    pictures = True
except ImportError:
    pictures = False
names, said, failed, n_plot = {}, [], None, 0
for i, cell in enumerate(c for c in book["cells"] if c["cell_type"] == "code"):
    if "plot" in cell["metadata"].get("tags", []) and not pictures:
        n_plot += 1
        ast.parse("".join(cell["source"]))
        continue
    tree = ast.parse("".join(cell["source"]))
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, f"cell {i}", "exec"), names)
            said.append(eval(compile(ast.Expression(last.value), f"cell {i}", "eval"), names) if last else None)
    except Exception as error:  # noqa: BLE001
        failed = f"cell {i}: {type(error).__name__}: {error}"
        break
ok(failed is None, "notebook: its cells run in order", failed)
if not pictures:
    skip("notebook: its pictures are drawn", f"no matplotlib: {n_plot} cells that plot were only compiled")
if failed is None:
    report = json.loads(call("report", "base.h5", "--json").stdout)
    ok(abs(names["pue"] / report["energy"]["pue"] - 1) < 1e-6 and abs(names["both"].loc["energy.facility_kwh", "base"] / report["energy"]["facility_kwh"] - 1) < 1e-12 and
       abs(names["per_hour"].energy_usd.sum() / report["cost"]["energy"] - 1) < 1e-6 and len(names["jobs"]) == report["jobs"]["submitted"],
       "notebook: PUE, energy, cost and jobs are the report's", (names["pue"], report["energy"]))
finish()
