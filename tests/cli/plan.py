#!/usr/bin/python3
"""The search for the best design: plan.py BUILD. Prints TAP. The optimum is known without the program: jobs are there from the start and never end, so a
site of R racks draws R times a rack, and what it costs follows from its tariff and the price of its racks."""
import csv, io, json, math, os, signal, subprocess, sys, tempfile, time
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
ns = 'xmlns="urn:datahall:scenario:1"'


def call(*words, **options):
    return subprocess.run([datahall, *map(str, words)], capture_output=True, text=True, **options)


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def plan(study, *words):
    r = call("plan", study, *words, "--json")
    return (json.loads(r.stdout) if r.stdout else None), r


# A rack of one node of eight GPUs draws 3.2 kW when it works and 0.8 kW when it does not; so many racks work as there are jobs.
write("a.xml", f"""<scenario {ns} name="a" seed="7"><parameter name="racks" value="2"/><parameter name="cap" value="60 kW"/>
<horizon start="2026-07-01T00:00:00Z" duration="1 h"/><device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/>
<rack-type id="t" node="n" nodes="1" rated="10 kW"/><tariff id="flat" energy="0.10 USD/kWh"/>
<site id="s" tariff="flat"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="r" rack="t" count="${{racks}}" feed="u"/></hall></site>
<scheduler policy="easy" placement="packed"/>
<workload><jobs id="j" arrival="regular" rate="3600 1/h" duration="constant" mean="10 h" count="9"><size gpus="8" share="1"/></jobs></workload></scenario>""")
study = f"""<study {ns} scenario="a.xml"><vary parameter="racks" from="1" to="12" whole="yes"/><vary name="placement" path="//scheduler/@placement" values="packed|spread"/>
<vary name="idle" path="//device/@idle" from="60 W" to="100 W" levels="3"/>
<objective key="cost.total"/><constraint name="work" key="jobs.mean_running" op="at-least" value="6.4" step="1"/>
<constraint key="energy.peak_facility_kw" op="&lt;=" value="0.03 MW"/>{{more}}</study>"""
write("s.xml", study.replace("{more}", ""))

best, r = plan("s.xml", "--exhaustive", "--runs", "all")
rows = [row for row in csv.DictReader(io.StringIO(call("plan", "s.xml", "--exhaustive", "--runs", "all", "--csv").stdout)) if row["demand"] == "1"]
feasible = [row for row in rows if row["state"] == "feasible"]
least = min(float(row["cost.total"]) for row in feasible)
ok(r.returncode == 0 and len(rows) == 72 and best["best"]["values"]["racks"] == "7" and best["best"]["values"]["idle"] == "60 W" and
   abs(best["best"]["objective"] - least) < 1e-12, "of all designs the best is the one known: seven racks do the work, idle GPUs draw the least", r.stderr or best["best"])
one = json.loads(call("run", "a.xml", "--param", "racks=7", "--set", "//scheduler/@placement=" + best["best"]["values"]["placement"], "--set", "//device/@idle=60 W",
                      "--no-output", "--json", "-q").stdout)
ok(abs(one["cost"]["total"] - best["best"]["objective"]) < 1e-12 and abs(one["energy"]["peak_facility_kw"] / 1000 - best["best"]["constraints"][1]["mean"]) < 1e-12,
   "a design is the run that one would make by hand, limits are in the study's unit", best["best"])
six = min(float(row["cost.total"]) for row in rows if row["racks"] == "6")
price = {b["constraint"]: b for b in best["binding"]}
ok(price["work"]["binds"] and abs(price["work"]["shadow_price"] - (least - six) / 1) < 1e-9 and price["work"]["unit"] == "USD per 1" and
   price["energy.peak_facility_kw"]["shadow_price"] == 0 and not price["energy.peak_facility_kw"]["binds"],
   "the binding constraint and its price: one rack less for one job less; none for the other", best["binding"])

found, r = plan("s.xml", "--runs", "s")
ok(found["best"]["objective"] == best["best"]["objective"] and found["best"]["values"]["racks"] == "7" and found["evaluations"] < 60, "the search finds it with fewer simulations",
   (found["best"], found["evaluations"]))
texts = {}
for j in (1, 2, 5):
    texts[call("plan", "s.xml", "--runs", f"j{j}", "-j", j, "--json").stdout] = j
texts[call("plan", "s.xml", "--runs", "j5", "--json").stdout] = 0
ok(len(texts) == 1, "the same bytes for 1, 2 and 5 processes, and from what is kept", texts.values())

# Killed in the middle: what is there is not run again.
write("k.xml", study.replace("{more}", "").replace("<study ", '<study seeds="4" ').replace('duration="1 h"', 'duration="2 h"'))
whole = call("plan", "k.xml", "--runs", "k2", "--json").stdout
process = subprocess.Popen([datahall, "plan", "k.xml", "--runs", "k", "-q"], start_new_session=True, stdout=subprocess.DEVNULL)
for _ in range(400):
    time.sleep(0.005)
    if os.path.isdir("k/runs") and sum(p.endswith(".csv") for p in os.listdir("k/runs")) >= 5:
        break
os.killpg(process.pid, signal.SIGKILL)
process.wait()
left = {p: os.stat("k/runs/" + p).st_mtime_ns for p in os.listdir("k/runs") if p.endswith(".csv")}
again = call("plan", "k.xml", "--runs", "k", "--json").stdout
ok(again == whole and len(left) >= 5 and all(os.stat("k/runs/" + p).st_mtime_ns == t for p, t in left.items()), "a search that was killed goes on where it was", len(left))

# Demand: all that arrives times a number, so that a year of it costs what that many jobs do.
write("d.xml", f"""<scenario {ns} name="d" seed="3"><horizon start="2026-07-01T00:00:00Z" duration="10 h"/><device id="g" idle="100 W" tdp="400 W"/><node id="n" device="g" gpus="8"/>
<rack-type id="t" node="n" nodes="1" rated="10 kW"/><site id="s"><power><utility id="u" rated="1 MW"/></power><hall id="h"><row id="r" rack="t" count="4" feed="u"/></hall></site>
<workload><log href="log.csv"/><jobs id="j" arrival="regular" rate="10 1/h" duration="constant" mean="1 min"><size gpus="1" share="1"/></jobs></workload></scenario>""")
write("log.csv", "id,submit_s,duration_s,gpus\n" + "".join(f"x{i},{60 * i},10,1\n" for i in range(400)))


def ids(demand):
    call("run", "d.xml", "--set", f"//workload/@demand={demand}", "-o", "d.h5", "-q")
    rows = list(csv.DictReader(io.StringIO(call("export", "d.h5", "jobs").stdout)))
    return {row["id"] for row in rows if row["id"].startswith("x")}, sum(row["id"].startswith("j-") for row in rows)


sets = {f: ids(f) for f in (0.5, 0.8, 1, 1.2, 2)}
n = {f: len(s[0]) for f, s in sets.items()}
ok(n[1] == 400 and n[2] == 800 and 160 < n[0.5] < 240 and 290 < n[0.8] < 350 and 450 < n[1.2] < 510 and sets[0.5][0] < sets[0.8][0] < sets[1][0] < sets[1.2][0] < sets[2][0],
   "logs are thinned and repeated, and a larger demand holds all of a smaller one", n)
ok([abs(sets[f][1] - 100 * f) <= 1 for f in sets] == [True] * 5, "and rates are multiplied", {f: s[1] for f, s in sets.items()})
factors = {d["factor"]: d for d in found["demand"]}
ok(set(factors) == {0.8, 1.2} and factors[0.8]["feasible"] and factors[1.2]["feasible"], "at other demand", found["demand"])
write("s2.xml", study.replace("{more}", '<demand factors="0.5|2" path="//jobs/@count" base="8"/>'))
named, r = plan("s2.xml", "--exhaustive", "--runs", "all")
ok([d["factor"] for d in named["demand"]] == [0.5, 2] and not named["demand"][0]["feasible"] and named["demand"][1]["objective"] is not None,
   "or of the value that the study names: four jobs cannot be 6.4 at a time", named["demand"])

# What cannot be met is said, with how near the nearest comes.
write("i.xml", study.replace("{more}", "").replace('value="6.4"', 'value="8.5"').replace("0.03 MW", "0.02 MW"))
none, r = plan("i.xml", "--exhaustive", "--runs", "all")
text = call("plan", "i.xml", "--exhaustive", "--runs", "all").stdout
ok(r.returncode == 1 and not none["feasible"] and none["best"] is None and none["nearest"] and "INFEASIBLE" in text and "none that meets the other" in text,
   "constraints that no design meets together: status 1, and the nearest design", text)
write("i.xml", study.replace("{more}", "").replace('value="6.4"', 'value="40"'))
text = call("plan", "i.xml", "--exhaustive", "--runs", "all")
ok(text.returncode == 1 and "work cannot be met" in text.stdout and "short of the limit" in text.stdout, "one that no design meets is named, with what is missing", text.stdout)

# Two objectives.
write("p.xml", f"""<study {ns} scenario="a.xml"><vary parameter="racks" from="1" to="12" whole="yes"/><vary name="idle" path="//device/@idle" values="100 W|60 W"/>
<objective key="cost.total"/><objective key="jobs.mean_running" sense="max"/></study>""")
front, r = plan("p.xml", "--runs", "all")
pairs = [(d["objectives"]["cost.total"]["mean"], d["objectives"]["jobs.mean_running"]["mean"]) for d in front["pareto"]]
ok([d["values"]["racks"] for d in front["pareto"]] == [str(k) for k in range(1, 10)] and all(a[0] < b[0] and a[1] < b[1] for a, b in zip(pairs, pairs[1:])),
   "the front: one to nine racks, for there are nine jobs", front["pareto"])
html = call("plan", "p.xml", "--runs", "all", "--html").stdout
ok(html.count("<svg") == 1 and "PARETO" in html and "http" not in html.replace("http://www.w3.org", "") and "| " in call("plan", "p.xml", "--runs", "all", "--markdown").stdout,
   "as HTML with its chart, and as Markdown", html[:300])

# Designs that cannot be run are counted, with the reason.
write("f.xml", study.replace("{more}", "").replace('from="1" to="12" whole="yes"', 'values="7|0|8|-3"'))
some, r = plan("f.xml", "--exhaustive", "--runs", "all")
ok(some and some["best"]["values"]["racks"] == "7" and sum(some["failed"].values()) >= 8, "designs that cannot be run are not the best", (some and some["failed"], r.stderr))

head = f'<study {ns} scenario="a.xml"'
vary = '<vary parameter="racks" values="2|3"/>'
goal = '<objective key="cost.total"/>'
faults = {
    f"{head}>{vary}</study>": "no objective",
    f"{head}>{vary}<objective/></study>": "key is missing",
    f'{head}>{vary}<objective key="cost.totl"/></study>': "cost.total",
    f'{head}>{vary}<objective key="cost.currency"/></study>': "a text",
    f'{head}>{vary}<objective key="cost.total" sense="least"/></study>': "min or max",
    f'{head}>{vary}{goal}{goal}</study>': "already",
    f'{head}>{vary}<objective key="burst.gpu_h"/></study>': "does not model",
    f'{head}>{vary}{goal}<constraint key="energy.pue" value="2"/></study>': "at-most",
    f'{head}>{vary}{goal}<constraint key="energy.pue" op="==" value="2"/></study>': "at-most",
    f'{head}>{vary}{goal}<constraint key="energy.pue" op="at-most"/></study>': "value is missing",
    f'{head}>{vary}{goal}<constraint key="energy.peak_facility_kw" op="at-most" value="nan kW"/></study>': "not a number",
    f'{head}>{vary}{goal}<constraint key="energy.peak_facility_kw" op="at-most" value="3 min"/></study>': "not a unit",
    f'{head}>{vary}{goal}<constraint key="energy.peak_facility_kw" op="at-most" value="9 kW" step="-1 kW"/></study>': "above 0",
    f'{head} seeds="3">{vary}{goal}<constraint key="energy.pue" op="at-most" value="2" confidence="1"/></study>': "between 0 and 1",
    f'{head} seeds="3">{vary}{goal}<constraint key="energy.pue" op="at-most" value="2" confidence="nan"/></study>': "a number",
    f'{head}>{vary}{goal}<constraint key="energy.pue" op="at-most" value="2" confidence="0.9"/></study>': "no confidence",
    f'{head} seeds="3">{vary}{goal}<constraint key="energy.pue" op="at-most" value="2" confidence="0.95" probability="0.9"/></study>': "cannot show",
    f'{head}>{vary}{goal}<constraint key="energy.pue" op="at-most" value="2"/><constraint key="energy.pue" op="at-least" value="3"/></study>': "contradict",
    f'{head}>{vary}{vary}{goal}</study>': "varies already",
    f'{head}>{vary}<vary name="again" parameter="racks" values="4|5"/>{goal}</study>': "varies already",
    f'{head}><vary parameter="raks" values="2|3"/>{goal}</study>': "cannot vary so",
    f'{head}><vary path="//row/@cout" values="2|3"/>{goal}</study>': "cannot vary so",
    f'{head}><vary path="//utility/@rated" values="2 m|3 m"/>{goal}</study>': "cannot vary so",
    f'{head}><vary parameter="racks" values=""/>{goal}</study>': "1 to 95",
    f'{head}><vary parameter="racks" from="nan" to="3" levels="3"/>{goal}</study>': "a number",
    f'{head}><vary parameter="racks" from="1" to="inf" levels="3"/>{goal}</study>': "a number",
    f'{head}><vary parameter="racks" from="3" to="1" whole="yes"/>{goal}</study>': "ends above",
    f'{head}><vary parameter="racks" from="1" to="3" levels="0"/>{goal}</study>': "whole number",
    f'{head}><vary parameter="racks" from="1" to="3" levels="1000000000000"/>{goal}</study>': "whole number",
    f'{head}><vary parameter="racks" from="1" to="2000" whole="yes"/><vary path="//jobs/@mean" from="1 h" to="2 h" levels="1000"/>{goal}</study>': "points; at most",
    f'{head}><vary parameter="racks" from="1" to="50" whole="yes"/>{goal}<search simulations="3"/></study>': "too few",
    f'{head}>{vary}{goal}<search simulations="-3"/></study>': "whole number",
    f'{head}>{vary}{goal}<search share="2"/></study>': "between 0 and 1",
    f'{head}>{vary}{goal}<demand factors="-1"/></study>': "above 0",
    f'{head}>{vary}{goal}<demand path="//jobs/@rate"/></study>': "base",
    f'{head}><vary path="//ups/@count" values="1|2"/>{goal}<demand path="//ups/@count" base="4"/></study>': "variable of the design",
    f'{head} design="sobol" points="4">{vary}{goal}</study>': "cartesian",
    f'{head}>{vary}{goal}<constrain/></study>': "no element",
}
wrong = []
for text, says in faults.items():
    write("bad.xml", text)
    r = call("plan", "bad.xml", "--runs", "bad")
    if r.returncode != 65 or says not in r.stderr or "bad.xml" not in r.stderr.split("error")[0] or r.stderr.count(" error: ") != 1:
        wrong.append((text[len(head):], says, r.returncode, r.stderr))
ok(not wrong, f"{len(faults)} studies that make no sense are refused with place and reason", "\n".join(map(str, wrong)))
ok(call("plan", "none.xml").returncode == 66 and call("plan", "s.xml", "-j", "0").returncode == 2 and call("plan", "s.xml", "--json", "--html").returncode == 2, "what is missing, and wrong usage")
finish()
