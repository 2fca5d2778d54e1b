#!/usr/bin/python3
"""The report as HTML: report_html.py BUILD. Prints TAP. Every figure of its head and of the tables of energy, cost and GPU time is computed again
from the result file by h5py, to the precision that is printed."""
import html.parser, math, os, re, subprocess, sys, tempfile
import h5py, numpy
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


class Page(html.parser.HTMLParser):
    """Rows of tables by section, tags that were left open, what is fetched, texts of pictures with their places."""

    void = {"meta", "br", "hr", "img", "input", "link"}

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.fetched, self.sections, self.section = [], [], [], {}, ""
        self.row, self.cell, self.ids, self.texts, self.box = None, None, [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag not in self.void:
            self.open.append(tag)
        if tag == "section":
            self.section = a.get("id", "")
            self.ids.append(self.section)
        for name in ("src", "href", "data", "action"):
            if name in a and not a[name].startswith("#"):
                self.fetched.append(a[name])
        if tag == "tr":
            self.row = []
        if tag in ("td", "th") and self.row is not None:
            self.cell = ""
        if tag == "svg":
            self.box = [float(x) for x in a["viewbox"].split()]
        if tag == "text":
            self.texts.append([self.box, float(a["x"]), float(a["y"]), a.get("text-anchor", "start"), a.get("class", ""), ""])

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()))
        if tag in ("td", "th") and self.row is not None and self.cell is not None:
            self.row.append(self.cell)
            self.cell = None
        if tag == "tr":
            self.sections.setdefault(self.section, []).append(self.row)
            self.row = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data
        if self.open and self.open[-1] == "text":
            self.texts[-1][5] += data


# Widths of Arial's letters that matter: digits and small letters at most so wide, capitals and m, w wider.
def width(text, bold):
    return sum(0.28 if c in " .,:;ijltf|!'()-/" else 0.89 if c in "mwMW%@" else 0.72 if c.isupper() else 0.56 for c in text) * (14 if bold else 12)


def number(cell):
    m = re.match(r"-?[\d,]+(\.\d+)?", cell)
    return float(m.group(0).replace(",", "")) if m else math.nan


def printed(value, cell):
    """Is `cell` the value, rounded as it prints it?"""
    m = re.match(r"-?[\d,]+(?:\.(\d+))?", cell)
    decimals = len(m.group(1)) if m and m.group(1) else 0
    return m and abs(number(cell) - value) <= 0.5000001 * 10 ** -decimals


def run(name, *words):
    subprocess.run([datahall, "run", os.path.join(examples, name + ".xml"), "-o", name + ".h5", "-q", *words], check=True, capture_output=True)
    done = subprocess.run([datahall, "report", "--html", name + ".h5"], capture_output=True, text=True)
    return done.stdout


text = run("hot-weather")
page = Page(text)
ok(not page.wrong and not page.open, "tags close what they open", (page.wrong, page.open))
ok(not page.fetched and "url(" not in text and "@import" not in text and "<script" not in text, "nothing is fetched, nothing runs", page.fetched)
ok(len(text) < 500000, "less than 500 kB", len(text))
ok(subprocess.run([datahall, "report", "--html", "hot-weather.h5"], capture_output=True, text=True).stdout == text, "the same result gives the same bytes")
clipped = [t for t in page.texts if not (t[2] - 9 >= 0 and t[2] <= t[0][3] and
           t[1] - (width(t[5], "title" in t[4]) * {"start": 0, "middle": 0.5, "end": 1}[t[3]]) >= -1 and
           t[1] + (width(t[5], "title" in t[4]) * {"start": 1, "middle": 0.5, "end": 0}[t[3]]) <= t[0][2] + 1)]
ok(not clipped and len(page.texts) > 60, "no text of a chart leaves its picture", clipped[:5])
over = [(a, b) for i, a in enumerate(page.texts) for b in page.texts[i + 1:i + 40] if a[0] == b[0] and abs(a[2] - b[2]) < 9 and a[3] == b[3] == "middle" and
        abs(a[1] - b[1]) < (width(a[5], False) + width(b[5], False)) / 2 - 1]
ok(not over, "no date or label lies upon another", over[:3])

f = h5py.File("hot-weather.h5")
s = {k: v[()] for k, v in f["summary"].items()}
dt = f["facility/interval_s"][:]
hours = dt.sum() / 3600
facility = (f["facility/facility_power_w"][:] * dt).sum() / 3.6e6
it = (f["facility/it_power_w"][:] * dt).sum() / 3.6e6
cooling = (f["facility/cooling_power_w"][:] * dt).sum() / 3.6e6
rows = {r[0]: r[1:] for r in page.sections["energy"] if r}
unit = {"kWh": 1, "MWh": 1e-3, "GWh": 1e-6}[rows["Facility"][0].split()[1]]
energies = {"Facility": facility, "IT equipment": it, "Cooling": cooling}
ok(all(printed(e * unit, rows[k][0]) and printed(e / hours, rows[k][1]) and printed(100 * e / facility, rows[k][2]) for k, e in energies.items()),
   "energy, mean power and shares are those of the series", rows)
stored = (f["facility/stored_power_w"][:] * dt).sum() / 3.6e6
ok(printed((facility - stored) / it, rows["PUE"][0]), "PUE is that of the series", (rows["PUE"], (facility - stored) / it))
parts = {r[0]: number(r[1]) for r in page.sections["money"] if len(r) > 2 and r[0]}
total = parts.pop("Total")
costs = {k: v for k, v in parts.items() if k in ("Energy", "Demand charges", "Fixed charges", "Water and sewer", "Capital", "Maintenance", "Staff", "Software")}
ok(abs(sum(costs.values()) - total) <= 0.51 * (len(costs) + 1) * (1 if total > 1e5 else 0.01) and printed(float(s["cost.total"]), [r for r in page.sections["money"] if r[0] == "Total"][0][1]),
   "parts of the cost are its total", (costs, total))
jobs = f["jobs"]
own = jobs["service"][:] < 0
held = jobs["gpu_ns"][:].sum() / 3.6e12
gpus = {r[0]: r[1:] for r in page.sections["gpus"] if r}
ok(printed(held, gpus["GPU hours used"][0]) and printed(100 * held / (float(s["gpus.installed"]) * hours), gpus["Utilization"][0]), "GPU hours are those of the jobs", (held, gpus))
wait = numpy.sort(jobs["wait_s"][:][own & ~numpy.isnan(jobs["wait_s"][:])])
waits = [r for r in page.sections["jobs"] if r and r[0] == "wait"][0]
p95 = wait[math.ceil(0.95 * len(wait)) - 1]
shown = {"s": 1, "min": 60, "h": 3600, "d": 86400}
ok(printed(p95 / shown[waits[2].split()[1]], waits[2]) and printed(wait.max() / shown[waits[4].split()[1]], waits[4]), "waits are those of the jobs", (waits, p95))
time = {r[0]: number(r[1]) for r in page.sections["gpu_time"] if len(r) > 2 and r[0]}
ok(abs(sum(v for k, v in time.items() if k != "Installed") - time["Installed"]) <= 0.06 * len(time), "GPU time adds up to what is installed", time)
peak = f["facility/facility_power_w"][:].max() / 1000
power = {r[0]: r[1:] for r in page.sections["power"] if r}
ok(number(power["Facility"][0]) >= peak - 0.06, "the peak is not below any interval's mean", (power, peak))
ok("Load duration" in text and "Power over time" in text and "Where the energy goes" in text and "part by part" in text, "the charts are there")

# A page that is made of texts from a scenario says them, and does not become them.
with open("evil.xml", "w") as g:
    g.write(open(os.path.join(examples, "small-hall.xml")).read().replace("<scenario ", "<scenario ", 1))
evil = subprocess.run([datahall, "run", "evil.xml", "--set", "/scenario/@title=</title><script>alert(1)</script>&amp; \"quotes\"", "--until", "1 h", "-o", "evil.h5", "-q"],
                      capture_output=True, text=True)
told = subprocess.run([datahall, "report", "--html", "evil.h5"], capture_output=True, text=True).stdout
ok(evil.returncode == 0 and "<script" not in told and "&lt;script&gt;" in told, "a title is a text", evil.stderr)
ok(subprocess.run([datahall, "report", "--html", "--json", "evil.h5"], capture_output=True).returncode == 2 and
   subprocess.run([datahall, "report", "--html", "evil.h5", "-o", "/nowhere/a.html"], capture_output=True).returncode == 74, "wrong usage and no place to write are said")
finish()
