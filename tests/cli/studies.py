#!/usr/bin/python3
"""Replications, comparisons and sweeps: studies.py BUILD. Prints TAP."""
import csv, io, json, math, os, shutil, signal, subprocess, sys, tempfile, time
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
T95 = {5: 2.570581835636314, 11: 2.200985160082949}  # Student's t, 97.5 %, by degrees of freedom


def call(*words, **options):
    return subprocess.run([datahall, *map(str, words)], capture_output=True, text=True, **options)


# Two racks, a queue, a tariff: what a seed changes is when jobs come and how long they are.
with open("a.xml", "w") as f:
    f.write("""<scenario xmlns="urn:datahall:scenario:1" name="a" seed="7"><grid id="pjm" carbon="380 g/kWh"/>
<parameter name="racks" value="2"/><horizon start="2026-07-01T00:00:00Z" duration="12 h"/>
<device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/><rack-type id="t" node="n" nodes="1" rated="10 kW"/>
<tariff id="flat" energy="0.10 USD/kWh"/>
<site id="s" grid="pjm" tariff="flat"><power><utility id="u" rated="1 MW"/><ups id="ups" feed="u" rated="20 kW" count="2"><loss a="0.02" b="0.03"/></ups></power>
<hall id="h"><row id="r" rack="t" count="${racks}" feed="ups"/></hall></site>
<workload><jobs id="j" rate="1.5 1/h" median="40 min" gpu-util="0.9"><size gpus="8" share="1"/></jobs></workload></scenario>""")
check = call("check", "a.xml")
if check.returncode:
    print("#", check.stderr)

# ---- replications
runs = json.loads(call("run", "a.xml", "--replications", 6, "-o", "a6.h5", "--json", "-q").stdout)["replications"]
singles = []
for seed in range(7, 13):
    singles.append(json.loads(call("run", "a.xml", "--seed", seed, "--no-output", "--json", "-q").stdout))


def pick(tree, key):
    for word in key.split("."):
        tree = tree[word]
    return tree


keys = ("energy.it_kwh", "cost.total", "jobs.submitted", "jobs.wait_s.mean")
values = {k: [pick(s, k) for s in singles] for k in keys}
good = runs["runs"] == 6 and runs["first_seed"] == 7
for k, v in values.items():
    mean, f = math.fsum(v) / 6, runs["figures"][k]
    sd = math.sqrt(math.fsum((x - mean) ** 2 for x in v) / 5)
    half = T95[5] * sd / math.sqrt(6)
    good = good and all(abs(a - b) <= 1e-12 * max(1, abs(b)) for a, b in
                        ((f["mean"], mean), (f["low"], mean - half), (f["high"], mean + half), (f["least"], min(v)), (f["most"], max(v))))
ok(good and len(set(values["energy.it_kwh"])) == 6, "run i is the run with seed + i, and its interval is Student's", (runs["figures"], values))
same = {}
for j in (1, 2, 5):
    call("run", "a.xml", "--replications", 9, "-j", j, "-o", f"j{j}.h5", "-q")
    same[open(f"j{j}.h5", "rb").read()] = j
ok(len(same) == 1, "the result is the same for 1, 2 and 5 processes", same.values())
rough = json.loads(call("run", "a.xml", "--replications", 400, "-j", 2, "--precision", "energy.it_kwh:8 %", "--no-output", "--json", "-q").stdout)["replications"]
figure = rough["figures"]["energy.it_kwh"]
n = rough["runs"]
ok(rough["precision_reached"] and 10 <= n < 400 and (figure["high"] - figure["low"]) / 2 <= 0.08 * figure["mean"], "runs end when a mean is known well enough", rough["figures"]["energy.it_kwh"])
before = json.loads(call("run", "a.xml", "--replications", n - 1, "--no-output", "--json", "-q").stdout)["replications"]["figures"]["energy.it_kwh"]
ok(n == 10 or (before["high"] - before["low"]) / 2 > 0.08 * before["mean"], "and not a run later", (n, before))
bad = call("run", "a.xml", "--replications", 20, "--precision", "energy.nothing:1 %", "--no-output")
ok(bad.returncode == 2 and "energy.nothing" in bad.stderr, "a figure that there is not", bad.stderr)
ok([call("run", "a.xml", *w).returncode for w in (("--replications", "1"), ("--replications", "x"), ("-j", "0"), ("--precision", "cost.total"))] == [2, 2, 2, 2],
   "numbers that make no sense are wrong usage")

# ---- antithetic pairs: run 2k and 2k + 1 are the seeds -(2 (7 + k) + 1) and one less; a pair is one value of the interval
pairs = json.loads(call("run", "a.xml", "--replications", 12, "--antithetic", "-j", 2, "-o", "pairs.h5", "--json", "-q").stdout)["replications"]
rows = list(csv.DictReader(io.StringIO(call("export", "pairs.h5", "/replications").stdout)))
single = json.loads(call("run", "a.xml", "--seed", -18, "--no-output", "--json", "-q").stdout)
column = [float(r["energy.it_kwh"]) for r in rows]
means = [(a + b) / 2 for a, b in zip(column[::2], column[1::2])]
mean = math.fsum(means) / 6
half = T95[5] * math.sqrt(math.fsum((x - mean) ** 2 for x in means) / 5 / 6)
f = pairs["figures"]["energy.it_kwh"]
ok([int(float(r["seed"])) for r in rows] == list(range(-15, -27, -1)) and column[3] == single["energy"]["it_kwh"] and pairs["antithetic"] and
   abs(f["mean"] - mean) < 1e-9 and abs(f["high"] - mean - half) < 1e-9, "antithetic pairs have seeds of their own, and intervals over pairs", (rows[0]["seed"], f, mean, half))
call("run", "a.xml", "--replications", 12, "--antithetic", "--param", "racks=3", "-o", "pairs3.h5", "-q")
c = json.loads(call("compare", "pairs.h5", "pairs3.h5", "--json").stdout)["others"][0]
more = [float(r["energy.it_kwh"]) for r in csv.DictReader(io.StringIO(call("export", "pairs3.h5", "/replications").stdout))]
difference = [(a + b) / 2 - m for a, b, m in zip(more[::2], more[1::2], means)]
ok(c["pairs"] == 6 and abs(c["deltas"]["energy.it_kwh"]["delta"] - math.fsum(difference) / 6) < 1e-9, "compare takes pairs for one value each", c["deltas"]["energy.it_kwh"])
call("run", "a.xml", "--replications", 4, "--antithetic", "-o", "few.h5", "-q")
d = json.loads(call("compare", "few.h5", "pairs3.h5", "--json").stdout)["others"][0]["deltas"]["energy.it_kwh"]
ok(abs(d["other"] - d["base"] - d["delta"]) < 1e-9, "of results with more and with fewer runs, both columns are of the runs that both have", d)
ok(call("run", "a.xml", "--replications", 5, "--antithetic", "--no-output").returncode == 2 and call("run", "a.xml", "--seed", -3, "--replications", 4, "--no-output").returncode == 2,
   "half a pair, and replications of one of a pair, are wrong usage")

# ---- several ranks: programs that know their number from the environment, as mpirun sets it, make one result, the same bytes
def ranks(n, *words):
    started = [subprocess.Popen([datahall, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=dict(os.environ, OMPI_COMM_WORLD_RANK=str(k), OMPI_COMM_WORLD_SIZE=str(n), PMIX_NAMESPACE="one")) for k in range(n)]
    return [(p.communicate(timeout=60), p.returncode) for p in started]


told = ranks(3, "run", "a.xml", "--replications", 9, "-j", 2, "-o", "ranks.h5")
ok([r[1] for r in told] == [0, 0, 0] and told[0][0][0] and not told[1][0][0] and open("ranks.h5", "rb").read() in same and not os.path.exists("ranks.h5.ranks-one"),
   "three ranks make one result, the same bytes", told)
told = ranks(2, "run", "a.xml", "--replications", 400, "--precision", "energy.it_kwh:8 %", "--no-output", "--json", "-q")
ok(json.loads(told[0][0][0])["replications"] == rough and told[1] == (("", ""), 0), "and stop at the same run", told[1])
mpirun = shutil.which("mpirun")
if mpirun:
    options = ["--allow-run-as-root", "--oversubscribe"] if "Open MPI" in subprocess.run([mpirun, "--version"], capture_output=True, text=True).stdout else []
    done = subprocess.run([mpirun, *options, "-n", "2", datahall, "run", "a.xml", "--replications", "9", "-o", "mpi.h5", "-q"], capture_output=True, text=True, timeout=60)
    ok(done.returncode == 0 and open("mpi.h5", "rb").read() in same, "mpirun -n 2 too", done.stderr)
else:
    skip("mpirun -n 2", "no mpirun here")

# ---- comparison: one rack more, and a worse UPS
for name, words in (("base", ()), ("rack", ("--param", "racks=3")), ("ups", ("--set", "//ups/loss/@b=0.06"))):
    call("run", "a.xml", *words, "--replications", 12, "-j", 2, "-o", name + ".h5", "-q")
c = json.loads(call("compare", "base.h5", "rack.h5", "ups.h5", "--json").stdout)
sums = []
for other in c["others"]:
    d = other["deltas"]
    hours = 12
    for part, total in (("power_kw", d["energy.facility_kwh"]["delta"] / hours), ("cost", d["cost.total"]["delta"]), ("carbon_kg", d["carbon.location_kg"]["delta"])):
        sums.append(abs(math.fsum(other["causes"][part].values()) - total) <= 1e-9 * max(abs(total), 1e-6))
ok(len(sums) == 6 and all(sums), "causes sum to the change in power, cost and carbon", c["others"])
ups = c["others"][1]
loss = {}
for name in ("base", "ups"):
    rows = list(csv.DictReader(io.StringIO(call("export", name + ".h5", "/replications").stdout)))
    loss[name] = [float(r["energy.loss_kwh.ups"]) for r in rows]
pairs = [b - a for a, b in zip(loss["base"], loss["ups"])]
mean = math.fsum(pairs) / 12
half = T95[11] * math.sqrt(math.fsum((x - mean) ** 2 for x in pairs) / 11 / 12)
d = ups["deltas"]["energy.loss_kwh.ups"]
ok(abs(d["delta"] - mean) < 1e-9 and abs(d["low"] - mean + half) < 1e-9 and abs(d["high"] - mean - half) < 1e-9 and d["clear"] and ups["pairs"] == 12,
   "intervals are those of differences of equal seeds", (d, mean, half))
ok(set(ups["causes"]["power_kw"]) == {"UPS"} and abs(ups["causes"]["power_kw"]["UPS"] * 12 - mean) < 1e-9 and not ups["deltas"]["energy.it_kwh"]["clear"],
   "a worse UPS is the cause of its loss, and IT shows no clear difference", ups["causes"])
ok([x["path"] for x in ups["scenario_changes"]] == ["site[@id='s']/power/ups[@id='ups']/loss/@b"] and ups["scenario_changes"][0]["other"] == "0.06",
   "the scenarios' difference has its path", ups["scenario_changes"])
text = call("compare", "base.h5", "ups.h5").stdout
ok("UPS" in text and "95 % interval" in text and "instead of" in text, "and all of that as text", text)
ok(call("compare", "base.h5").returncode == 2 and call("compare", "base.h5", "none.h5").returncode == 66, "one result is none, and a missing one is said")

# ---- sweeps
with open("s.xml", "w") as f:
    f.write("""<study xmlns="urn:datahall:scenario:1" scenario="a.xml" seeds="2"><vary name="racks" parameter="racks" from="1" to="3" levels="3" whole="yes"/>
<vary name="loss" path="//ups/loss/@b" values="0.03|0.06"/></study>""")
done = call("sweep", "s.xml", "-o", "s", "-j", 2, "--json")
rows = list(csv.DictReader(open("s/index.csv")))
ok(done.returncode == 0 and [(r["racks"], r["loss"]) for r in rows] == [(str(k), v) for k in (1, 2, 3) for v in ("0.03", "0.06")], "every value with every other", done.stderr)
one = json.loads(call("run", "a.xml", "--param", "racks=3", "--set", "//ups/loss/@b=0.06", "--replications", 2, "--no-output", "--json", "-q").stdout)["replications"]["figures"]
ok(abs(float(rows[5]["cost.total"]) - one["cost.total"]["mean"]) < 1e-9, "a point is the run that one would make by hand", (rows[5]["cost.total"], one["cost.total"]))
levels = json.loads(done.stdout)["responses"]["energy.loss_kwh.ups"]["loss"]["levels"]
by_hand = [math.fsum(float(r["energy.loss_kwh.ups"]) for r in rows if r["loss"] == v) / 3 for v in ("0.03", "0.06")]
ok([abs(a["mean"] - b) < 1e-9 for a, b in zip(levels, by_hand)] == [True, True], "responses are means by level", (levels, by_hand))
index = open("s/index.csv", "rb").read()
stamps = {p: os.stat("s/" + p).st_mtime_ns for p in os.listdir("s") if p.startswith("point") and p.endswith("h5")}
os.remove("s/point-000004.h5")
again = json.loads(call("sweep", "s.xml", "-o", "s", "--json").stdout)
ok(again["run"] == 1 and again["kept"] == 5 and open("s/index.csv", "rb").read() == index and
   all(os.stat("s/" + p).st_mtime_ns == t for p, t in stamps.items() if "000004" not in p), "what is there is not run again", again)
for k in (2, 1):
    call("sweep", "s.xml", "-o", "t", "--task", f"{k}/2", "-q")
environment = dict(os.environ, OMPI_COMM_WORLD_RANK="1", OMPI_COMM_WORLD_SIZE="2")
mpi = json.loads(call("sweep", "s.xml", "-o", "u", "--json", env=environment).stdout)
ok(open("t/index.csv", "rb").read() == index and mpi["run"] == 3, "tasks share the points, and ranks of mpirun are tasks", mpi)

# Killed in the middle, with what it left; then to its end.
with open("k.xml", "w") as f:
    f.write("""<study xmlns="urn:datahall:scenario:1" scenario="a.xml" design="latin-hypercube" points="24" seeds="3"><vary name="loss" path="//ups/loss/@b" from="0.01" to="0.09"/>
<vary name="rate" path="//jobs/@rate" from="0.5 1/h" to="3 1/h" scale="log"/></study>""")
process = subprocess.Popen([datahall, "sweep", "k.xml", "-o", "k", "-q"], start_new_session=True)
for _ in range(400):
    time.sleep(0.01)
    if os.path.isdir("k") and sum(p.endswith(".h5") for p in os.listdir("k")) >= 4:
        break
os.killpg(process.pid, signal.SIGKILL)
process.wait()
left = sum(p.endswith(".h5") for p in os.listdir("k"))
rest = json.loads(call("sweep", "k.xml", "-o", "k", "-j", 2, "--json").stdout)
whole = call("sweep", "k.xml", "-o", "k2", "-j", 2, "-q")
ok(rest["kept"] == left and rest["run"] == 24 - left and 4 <= left < 24 and open("k/index.csv", "rb").read() == open("k2/index.csv", "rb").read(),
   "a sweep that was killed goes on where it was", (left, rest["kept"], rest["run"]))
rows = list(csv.DictReader(open("k/index.csv")))
strata = sorted(int((float(r["loss"]) - 0.01) / 0.08 * 24) for r in rows)
rates = sorted(int(math.log(float(r["rate"].split()[0]) / 0.5) / math.log(6) * 24) for r in rows)
ok(strata == list(range(24)) and rates == list(range(24)), "a Latin hypercube has one point in each stratum", (strata, rates))

# One at a time: the scenario as it is is its first point, the others change one value each.
with open("one.xml", "w") as f:
    f.write("""<study xmlns="urn:datahall:scenario:1" scenario="a.xml" design="one-at-a-time"><vary name="racks" parameter="racks" from="1" to="4" whole="yes"/>
<vary name="loss" path="//ups/loss/@b" values="0.06"/></study>""")
done = call("sweep", "one.xml", "--html", "one.html", "--pdf", "one.pdf", "--json")
rows = list(csv.DictReader(open("one/index.csv")))
plain = json.loads(call("run", "a.xml", "--no-output", "--json", "-q").stdout)["cost"]["total"]
ok([(r["racks"], r["loss"]) for r in rows] == [("", ""), ("1", ""), ("4", ""), ("", "0.06")] and float(rows[0]["cost.total"]) == plain and
   json.loads(done.stdout)["responses"]["cost.total"]["racks"]["levels"][1]["mean"] == float(rows[2]["cost.total"]), "one value at a time", (done.stderr, rows and rows[0]))
page, paper = open("one.html").read(), open("one.pdf", "rb").read()
call("sweep", "one.xml", "--html", "one.html", "--pdf", "one.pdf", "-q")
ok("from one end of each value to the other" in page and page == open("one.html").read() and paper == open("one.pdf", "rb").read(), "its report has a tornado, and the same bytes again")

# Sobol's indices: rows of A, B and their mixtures; two values that add up have indices that sum to 1.
with open("indices.xml", "w") as f:
    f.write("""<study xmlns="urn:datahall:scenario:1" scenario="a.xml" design="sobol-indices" points="8"><vary name="price" path="//tariff/@energy" from="0.05 USD/kWh" to="0.15 USD/kWh"/>
<vary name="carbon" path="//grid/@carbon" from="100 g/kWh" to="500 g/kWh"/></study>""")
done = json.loads(call("sweep", "indices.xml", "-j", 2, "--json").stdout)["responses"]
rows = list(csv.DictReader(open("indices/index.csv")))
mixed = all(rows[4 * j + 2]["price"] == rows[4 * j + 1]["price"] and rows[4 * j + 2]["carbon"] == rows[4 * j]["carbon"] and
            rows[4 * j + 3]["price"] == rows[4 * j]["price"] and rows[4 * j + 3]["carbon"] == rows[4 * j + 1]["carbon"] for j in range(8))
cost, carbon = done["cost.total"], done["carbon.location_kg"]["carbon"]
y = [float(r["cost.total"]) for r in rows]
m = math.fsum(y[4 * j] + y[4 * j + 1] for j in range(8)) / 16
v = math.fsum((y[4 * j + i] - m) ** 2 for j in range(8) for i in (0, 1)) / 16
total = math.fsum((y[4 * j] - y[4 * j + 2]) ** 2 for j in range(8)) / 16 / v
first = math.fsum((y[4 * j + 1] - m) * (y[4 * j + 2] - y[4 * j]) for j in range(8)) / 8 / v
ok(len(rows) == 32 and mixed and abs(cost["price"]["sobol_total"] - total) < 1e-9 and abs(cost["price"]["sobol_first"] - first) < 1e-9 and
   carbon["sobol_total_low"] <= carbon["sobol_total"] <= carbon["sobol_total_high"], "Sobol's indices by hand", (cost, carbon, total, first))

faults = {
    "scenario=\"a.xml\" design=\"sobol-indices\"><vary path=\"//ups/@count\" from=\"1\" to=\"3\"/>": "points is missing",
    "scenario=\"a.xml\" design=\"one-at-a-time\" points=\"9\"><vary path=\"//ups/@count\" from=\"1\" to=\"3\"/>": "follows from",
    "scenario=\"../a.xml\"><vary path=\"//x/@y\" values=\"1\"/>": "folder",
    "scenario=\"a.xml\">": "varies something",
    "scenario=\"a.xml\"><vary path=\"//ups/@count\" from=\"3\" to=\"1\" levels=\"2\"/>": "ends above",
    "scenario=\"a.xml\"><vary path=\"//ups/@count\" from=\"1\" to=\"3\"/>": "levels is missing",
    "scenario=\"a.xml\"><vary path=\"//ups/@count\" from=\"1 kW\" to=\"3 MW\" levels=\"2\"/>": "same unit",
    "scenario=\"a.xml\"><vary path=\"//ups/@count\" from=\"nan\" to=\"3\" levels=\"2\"/>": "a number",
    "scenario=\"a.xml\"><vary path=\"//ups/@count\" from=\"-1\" to=\"3\" levels=\"2\" scale=\"log\"/>": "above 0",
    "scenario=\"a.xml\" design=\"sobol\"><vary path=\"//ups/@count\" from=\"1\" to=\"3\"/>": "points is missing",
    "scenario=\"a.xml\" design=\"sobol\" points=\"1e9\"><vary path=\"//ups/@count\" from=\"1\" to=\"3\"/>": "whole number",
    "scenario=\"a.xml\" seeds=\"0\"><vary path=\"//ups/@count\" values=\"1\"/>": "whole number",
    "scenario=\"a.xml\"><vary path=\"//ups/@count\" valuess=\"1\"/>": "is it values",
}
wrong = []
for inside, says in faults.items():
    with open("bad.xml", "w") as f:
        f.write(f'<study xmlns="urn:datahall:scenario:1" {inside}</study>')
    r = call("sweep", "bad.xml", "-o", "bad")
    if r.returncode != 65 or says not in r.stderr or "bad.xml:1:" not in r.stderr:
        wrong.append((inside, r.returncode, r.stderr))
ok(not wrong, f"{len(faults)} bad studies are refused with their place", wrong)
with open("half.xml", "w") as f:
    f.write('<study xmlns="urn:datahall:scenario:1" scenario="a.xml"><vary path="//ups/@count" values="2|-3"/></study>')
r = call("sweep", "half.xml", "-o", "half")
ok(r.returncode == 65 and "point 2" in r.stderr and len(list(csv.DictReader(open("half/index.csv")))) == 1, "a point that fails is told, the others are there", r.stderr)
finish()
