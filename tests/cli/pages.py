#!/usr/bin/python3
"""Reports and comparisons as pages: pages.py BUILD. Prints TAP. Reads the PDF's own content, with the widths of letters that output/svg.c has, and
looks for text outside of pages, text upon text, numbers that the HTML has and the PDF lacks, headings alone at a page's end, tables without heads;
and in the charts of the HTML for text outside of pictures or upon other text."""
import html.parser, os, re, subprocess, sys, tempfile, zlib
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall = os.path.abspath(os.path.join(build, "datahall"))
examples = os.path.abspath("scenarios/examples")
source = open("output/svg.c").read()
widths = [[int(w) for w in re.findall(r"\d+", body)] for body in re.findall(r"static const int16_t \w+\[95\] = \{(.*?)\};", source, re.S)]
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def width(text, size, bold):
    return sum(widths[bold][ord(c) - 32] if " " <= c <= "~" else widths[bold][ord("m") - 32] for c in text) * size / 1000


def call(*words):
    return subprocess.run([datahall, *map(str, words)], capture_output=True)


def meet(a, b):
    return a[0] < b[2] - 0.5 and b[0] < a[2] - 0.5 and a[1] < b[3] - 0.5 and b[1] < a[3] - 0.5


class Charts(html.parser.HTMLParser):
    """Texts of pictures with their boxes, texts of tables."""

    def __init__(self, text):
        super().__init__()
        self.charts, self.now, self.cells, self.deep = [], None, [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "svg":
            self.charts.append(([float(x) for x in a["viewbox"].split()][2:], []))
        if tag == "text":
            self.now = [float(a["x"]), float(a["y"]), a.get("text-anchor", "start"), a.get("class", ""), ""]
        self.deep += tag in ("td", "th", "p")

    def handle_endtag(self, tag):
        if tag == "text":
            x, y, anchor, cls, text = self.now
            title = "title" in cls.split()
            bold = title or "strong" in cls or cls.startswith("on")
            size = 14 if title else 12
            w = width(text, size, bold)
            x -= {"start": 0, "middle": w / 2, "end": w}[anchor]
            self.charts[-1][1].append((x, y - 0.72 * size, x + w, y + 0.1 * size, text))
            self.now = None
        self.deep -= tag in ("td", "th", "p")

    def handle_data(self, data):
        if self.now:
            self.now[4] += data
        elif self.deep:
            self.cells.append(data)


def crowded(name, text):
    page = Charts(text)
    out = [(t, box) for box, texts in page.charts for t in texts if t[0] < -0.5 or t[1] < -0.5 or t[2] > box[0] + 0.5 or t[3] > box[1] + 0.5]
    over = [(a, b) for _, texts in page.charts for i, a in enumerate(texts) for b in texts[i + 1:] if meet(a, b)]
    ok(not out and not over and page.charts, f"{name}: {len(page.charts)} charts, no text outside of them or upon another", (out[:3], over[:3]))
    return page


def pages_of(data):
    """For each page its texts (x, y from the top, size, bold, text)."""
    found = []
    for stream in re.findall(rb"/FlateDecode>>stream\n(.*?)\nendstream", data, re.S):
        texts = []
        for bold, size, x, y, text in re.findall(rb"BT /([RB]) ([\d.]+) Tf ([\d.-]+) ([\d.-]+) Td \(((?:\\.|[^\\)])*)\) Tj", zlib.decompress(stream)):
            text = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m.group(1), 8)]), text)
            text = re.sub(rb"\\(.)", rb"\1", text).decode("cp1252")
            texts.append((float(x), 841.89 - float(y), float(size), bold == b"B", text))
        found.append(texts)
    return found


def numbers(text):
    return re.findall(r"\d[\d,]*\.?\d*(?:e[-+]\d+)?", text)


def good_pages(name, data, page):
    pages = pages_of(data)
    out, over, alone, tall = [], [], [], []
    for i, texts in enumerate(pages):
        boxes = [(x, y - 0.72 * s, x + width(t, s, b), y + 0.1 * s, t) for x, y, s, b, t in texts]
        out += [(i + 1, t) for t in boxes if t[0] < 39 or t[2] > 556.5 or t[1] < 20 or t[3] > 830]
        rows = sorted(boxes, key=lambda t: t[1])
        for k, a in enumerate(rows):
            for b in rows[k + 1:]:
                if b[1] > a[3]:
                    break
                if meet(a, b):
                    over.append((i + 1, a, b))
        body = [t for t in texts if not t[4].startswith("page ")]
        lowest = max(body, key=lambda t: t[1])
        if lowest[3] and lowest[2] > 9:
            alone.append((i + 1, lowest))
        if f"page {i + 1} of {len(pages)}" not in [t[4] for t in texts]:
            tall.append(i + 1)
    ok(not out and not over, f"{name}: {len(pages)} pages, no text outside of them or upon another", (out[:3], over[:3]))
    ok(not alone and not tall and len(pages) > 1, f"{name}: pages are numbered, no heading ends one", (alone, tall))
    said = " ".join(t[4] for texts in pages for t in texts)
    # What the HTML says more than once is there as often; a page's end repeats heads and groups.
    there = {}
    for n in numbers(said):
        there[n] = there.get(n, 0) + 1
    lacks = []
    for n in numbers(" ".join(page.cells)):
        there[n] = there.get(n, 0) - 1
        if there[n] < 0:
            lacks.append(n)
    # a wrapped text may be broken within what looks like a number (a hash)
    lacks = [n for n in lacks if len(n) < 12]
    ok(not lacks, f"{name}: every number of the HTML's tables is in the PDF", lacks[:20])
    return pages


def xref_good(data):
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    table = data[start:].split(b"\n")
    count = int(table[1].split()[1])
    return all(data[int(table[2 + i][:10]):].startswith(b"%d 0 obj" % i) for i in range(1, count))


call("run", f"{examples}/hot-weather.xml", "-o", "hot.h5", "-q")
html_text = call("report", "--html", "hot.h5").stdout.decode()
page = crowded("report", html_text)
pdf = call("report", "--pdf", "hot.h5").stdout
ok(pdf.startswith(b"%PDF-1.4") and pdf.rstrip().endswith(b"%%EOF") and xref_good(pdf), "the PDF's table of objects is right")
ok(call("report", "--pdf", "hot.h5").stdout == pdf and b"Date" not in pdf, "the same result gives the same bytes")
pages = good_pages("report", pdf, page)
tall = [i for i, texts in enumerate(pages) if texts[0][4] != "hot-weather" and i > 0]
ok(not tall, "each page says of what it is", tall)
heads = re.findall(r"<h2>(.*?)</h2>", html_text)
marks = [m.decode() for m in re.findall(rb"/Parent 6 0 R/Title \((.*?)\)", pdf)]
ok([h.replace("&amp;", "&") for h in heads] == marks, "its outline lists the sections", (heads, marks))

# Three variants with replications, one of which has a name that needs care.
for name, words in (("a", ()), ("b", ("--set", "//row/@count=10")), ("c", ("--set", "//hall/@supply=20 degC"))):
    call("run", f"{examples}/small-hall.xml", *words, "--replications", 3, "-o", name + ".h5", "-q", "--until", "1 d")
words = ("compare", "a.h5", "b.h5", "c.h5")
html_text = call(*words, "--html").stdout.decode()
page = crowded("comparison", html_text)
good_pages("comparison", call(*words, "--pdf").stdout, page)
ok("none is better in both" in html_text and "no clear difference" in html_text + call("compare", "a.h5", "c.h5").stdout.decode(), "the comparison says who is beaten and what is not clear")
open("hall.xml", "w").write(open(f"{examples}/small-hall.xml").read().replace('duration="1 d"', 'duration="3 h"'))
open("one.xml", "w").write('''<study xmlns="urn:datahall:scenario:1" scenario="hall.xml" design="one-at-a-time"><vary name="racks" path="//row/@count" from="6" to="10"/>
<vary name="supply air of the whole hall, as its operator sets it" path="//hall/@supply" from="20 degC" to="30 degC" levels="5"/></study>''')
call("sweep", "one.xml", "-j", 2, "--html", "one.html", "--pdf", "one.pdf", "-q")
page = crowded("study", open("one.html").read())
good_pages("study", open("one.pdf", "rb").read(), page)
call("run", f"{examples}/small-hall.xml", "--set", "/scenario/@title=(\\) Zürich — 温度 " + "very long words " * 12, "-o", "odd.h5", "-q", "--until", "1 h")
odd = call("report", "--pdf", "odd.h5").stdout
texts = [t[4] for t in pages_of(odd)[0]]
ok(xref_good(odd) and any("(\\) Zürich — ??" in t for t in texts), "brackets, umlauts and letters that the fonts lack", texts[:3])
ok(call("report", "--pdf", "--html", "hot.h5").returncode == 2 and call("compare", "a.h5", "b.h5", "--json", "--pdf").returncode == 2, "forms exclude each other")
finish()
