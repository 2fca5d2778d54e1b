#!/usr/bin/env python3
"""Hostile scenario files. tests/validation/hostile_xml.py BUILD

Each attack of data/hostile/badxml (manifest.csv, make_yourself.csv) is carried into a scenario that is accepted
without it. For each: exit status, one message, its code, its line, at most 2 s of CPU time and 256 MiB; and under
strace that nothing but the scenario was opened and no socket was made. TAP on standard output."""
import csv
import gzip
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

build = sys.argv[1] if len(sys.argv) > 1 else "build"
program = os.path.abspath(os.path.join(build, "datahall"))
shared = os.environ.get("DATAHALL_SHARED", "../shared")
corpus = os.path.join(shared, "data/hostile/badxml")
work = tempfile.mkdtemp(prefix="datahall-hostile-")
folder = os.path.join(work, "in")
os.mkdir(folder)
strace = shutil.which("strace")

BASE = """<?xml version="1.0" encoding="UTF-8"?>
<scenario xmlns="urn:datahall:scenario:1" name="base" seed="42">
  <import href="catalog:climates.xml"/>
  <horizon duration="1 d" step="60 s"/>
  <device id="g" idle="60 W" tdp="700 W"/>
  <node id="n" device="g" gpus="8" other="1 kW"/>
  <rack-type id="t" node="n" nodes="4" rated="40 kW"/>
  <tariff id="m">
    <period hours="8-20" energy="0.1 USD/kWh"/>
  </tariff>
  <site id="s" climate="ashburn" tariff="m">
    <power>
      <utility id="u1" rated="2 MW"/>
      <ups id="ups1" feed="u1" rated="1 MW"><loss efficiency="0.96"/></ups>
      <pdu id="pdu1" feed="ups1" rated="200 kW"/>
    </power>
    <cooling>
      <chiller-plant id="c1" feed="u1" capacity="500 kW"/>
    </cooling>
    <hall id="h" plant="c1">
      <row id="r1" rack="t" count="4" feed="pdu1"/>
    </hall>
  </site>
  <workload>
    <jobs id="j" rate="4 1/h" median="1 h">
      <size gpus="8" share="0.7"/>
      <size gpus="16" share="0.3"/>
    </jobs>
  </workload>
</scenario>
"""
base = BASE.encode()


def swap(old, new, text=None):
    """BASE with old replaced, and the line that holds what is new."""
    text = text or BASE
    assert text.count(old) == 1, old
    return text.replace(old, new).encode(), text[:text.index(old)].count("\n") + 1


def insert(line_with, new, text=None):
    """new as a line of its own behind the one that contains line_with."""
    lines = (text or BASE).split("\n")
    at = next(i for i, l in enumerate(lines) if line_with in l) + 1
    lines.insert(at, new)
    return "\n".join(lines).encode(), at + 1


def rated(value):
    return swap('nodes="4" rated="40 kW"', f'nodes="4" rated="{value}"')


def row_id(value):
    return swap('row id="r1"', f'row id="{value}"')


def log(path):
    return insert("<workload>", f'    <log href="{path}"/>')


def text(content):
    data, line = insert("<hall ", "      <!-- -->@@")
    return data.replace(b"@@", content), line


def doctype(name):
    """The file's own internal subset before the root, and its entity in an attribute."""
    hostile = open(os.path.join(corpus, name), "rb").read()
    start = hostile.index(b"<!DOCTYPE")
    depth, end = 0, start
    quote = None
    for end in range(start, len(hostile)):
        c = hostile[end:end + 1]
        if quote:
            quote = None if c == quote else quote
        elif c in b"\"'":
            quote = c
        elif c == b"[":
            depth += 1
        elif c == b"]":
            depth -= 1
        elif c == b">" and depth == 0:
            break
    return base.replace(b"<scenario", hostile[start:end + 1] + b"\n<scenario", 1), 2


def elements(n, make):
    return swap('      <row id="r1" rack="t" count="4" feed="pdu1"/>\n', "".join(make(i) for i in range(n)))


def chain():
    pdus = "".join(f'      <pdu id="q{i}" feed="{"pdu1" if i == 0 else f"q{i - 1}"}" rated="200 kW"/>\n'
                   for i in range(999))
    data, line = insert('<pdu id="pdu1"', pdus.rstrip("\n"))
    return data, line + 998


def curve(months):
    rows = "".join(f'    <month n="{n}" mean="10 degC" high="15 degC" low="5 degC" dew-point="4 degC"/>\n' for n in months)
    return swap('climate="ashburn"', 'climate="c"')[0].replace(
        b"  <site ", f'  <climate id="c">\n{rows}  </climate>\n  <site '.encode(), 1)


def stages(n, make):
    """n more elements of <power>, all in one line."""
    return insert('<pdu id="pdu1"', "".join(make(i) for i in range(n)))


def pdus_of_a_watt(n):
    """A chain in place of pdu1 whose losses square what goes through."""
    chain = "".join(f'<pdu id="{"pdu1" if i == n - 1 else f"z{i}"}" feed="{f"z{i - 1}" if i else "ups1"}" rated="1 W"><loss a="0" c="1"/></pdu>'
                    for i in range(n))
    return swap('<pdu id="pdu1" feed="ups1" rated="200 kW"/>', chain)[0]


def failures(elements):
    return insert("</workload>", f"<failures>{elements}</failures>")


def chiller(cap="1 0 0 0 0 0", evap="5 10"):
    data, line = insert("<device", '<chiller id="m" capacity="1 MW" cop="5" evaporator="7 degC" condenser="30 degC" condenser-flow="50 kg/s" '
        f'evaporator-range="{evap}" condenser-range="20 35" part-load="0.1 0.2 1" capacity-curve="{cap}" '
        'efficiency-curve="1 0 0 0 0 0" part-load-curve="0 1 0"/>')
    return data.replace(b'<chiller-plant id="c1"', b'<chiller-plant id="c1" machine="m"'), line


utf8 = ("wf_13", b"\xc0\xaf"), ("wf_14", b"\xed\xa0\x80"), ("wf_15", b"\x80"), ("wf_16", b"\xf4\x90\x80\x80"), \
    ("wf_25", b"\xe9t\xe9"), ("wf_11", b"a\x00b"), ("wf_17", b"&#0;"), ("wf_19", b"&#x100000041;")
last_line = BASE.count("\n") + 1

CASES = {
    "ok_00": lambda: (base, None),
    "ok_02": lambda: (base.replace(b"\n", b"\r\n"), None),
    "ok_03": lambda: (base[base.index(b"\n") + 1:], None),
    "ok_04": lambda: insert("<hall ", '    <!-- rack & roll --><?editor tabs="4"?>'),
    "ok_06": lambda: swap('name="base"', 'name="b&#97;se" title="a &amp; b &lt; c"'),
    "ok_07": lambda: swap('rack="t" count="4" feed="pdu1"', 'feed="pdu1" count="4" rack="t"'),
    "wf_01": lambda: (b"", None),
    "wf_03": lambda: (base[:base.index(b'rack="t"')], BASE[:BASE.index('rack="t"')].count("\n") + 1),
    "wf_04": lambda: (base[:base.index(b'rack="t"')] + b'title="\xe2\x82', BASE[:BASE.index('rack="t"')].count("\n") + 1),
    "wf_05": lambda: (base.replace(b"</scenario>\n", b""), None),
    "wf_06": lambda: (base + b"<scenario/>\n", last_line),
    "wf_07": lambda: (b"x" + base, 1),
    "wf_22": lambda: swap('encoding="UTF-8"', 'encoding="UTF-7"'),
    "wf_23": lambda: (b"\xff\xfe" + BASE.replace("UTF-8", "UTF-16").encode("utf-16-le"), 1),
    "wf_27": lambda: swap('<?xml version="1.0"', '<?xml version="1.1"'),
    "wf_28": lambda: (open(os.path.join(corpus, "wf_28_html.xml"), "rb").read(), 1),
    "wf_29": lambda: (b'{"racks": 4}', 1),
    "wf_31": lambda: (gzip.compress(base.replace(b"<scenario", b" " * (32 << 20) + b"<scenario"), 9), 1),
    "dtd_14": lambda: swap("<scenario ", '<?oasis-xml-catalog catalog="evil-catalog.xml"?><scenario '),
    "xi_01": lambda: insert("<hall ", '    <xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'),
    "xi_03": lambda: insert("<hall ", '    <xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="case.xml"/>'),
    "xi_04": lambda: insert("<hall ", '    <xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="http://127.0.0.1:9/x"><xi:fallback/></xi:include>'),
    "xi_07": lambda: swap('name="base"', 'name="base" xml:base="/etc/"'),
    "size_01": lambda: insert("<hall ", "<a>" * 300 + "</a>" * 300),
    "size_07": lambda: insert("<hall ", f"<{'n' * 60000}/>"),
    "size_11": lambda: (swap("<hall id", "\n" * 69988 + "<hall id")[0].replace(b"<row id", b"<row colour='red' id"), 70009),
    "num_02": lambda: rated("inf kW"), "num_04": lambda: rated("0x1p4 kW"), "num_05": lambda: rated("1e400 W"),
    "num_06": lambda: rated("1e-400 W"), "num_07": lambda: rated("-40 kW"),
    "num_12": lambda: swap('count="4"', 'count="2147483648"'),
    "num_13": lambda: swap('count="4"', 'count="18446744073709551617"'),
    "num_16": lambda: rated("40kWx"), "num_18": lambda: rated("40,5 kW"), "num_21": lambda: rated("kW"),
    "num_23": lambda: rated("40 kWh"), "num_24": lambda: rated("40 mW"), "num_25": lambda: rated("40 KW"),
    "num_27": lambda: rated("\u221240 kW"), "num_28": lambda: rated("40\u00a0kW"),
    "num_40": lambda: swap('feed="u1" rated="1 MW"', 'feed="u1" rated="0 W"'),
    "num_42": lambda: swap('efficiency="0.96"', 'efficiency="96"'),
    "num_44": lambda: swap('step="60 s"', 'step="0 s"'), "num_45": lambda: swap('step="60 s"', 'step="1 ns"'),
    "num_46": lambda: swap('duration="1 d"', 'duration="1e30 s"'),
    "num_49": lambda: swap('share="0.7"', 'share="1.5"'),
    "num_50": lambda: swap('hours="8-20"', 'hours="0-8,6-20"'),
    "num_51": lambda: (curve([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11]), 23),
    "num_52": lambda: swap('median="1 h"', 'median="1 h" hourly="1 1 2"'),
    "num_54": lambda: (swap('share="0.3"', 'share="0.5"')[0], 25),
    "top_01": lambda: insert('<pdu id="pdu1"', '      <pdu id="pdu1" feed="ups1" rated="200 kW"/>'),
    "top_02": lambda: swap('count="4" feed="pdu1"', 'count="4" feed="pdv1"'),
    "top_03": lambda: swap('<pdu id="pdu1" feed="ups1"', '<pdu id="pdu1" feed="pdu1"'),
    "top_04": lambda: insert('<pdu id="pdu1"', '      <pdu id="p2" feed="p3" rated="1 kW"/><pdu id="p3" feed="p2" rated="1 kW"/>'),
    "top_06": chain,
    "top_07": lambda: swap('count="4" feed="pdu1"', 'count="4" feed="c1"'),
    "top_08": lambda: swap(' count="4" feed="pdu1"', ' count="4"'),
    "top_09": lambda: (swap('nodes="4" rated="40 kW"', 'nodes="4" rated="100 kW"')[0], 15),
    "top_10": None,  # the language has no links between machines yet
    "top_11": lambda: insert("</workload>", '  <burst provider="p" instance="i" wan="0 Gbit/s"/>'
                             '<provider id="p"><instance id="i" device="g" gpus="8" on-demand="1 USD/h"/></provider>'),
    "top_13": lambda: insert("<hall ", '      <rwo id="x" rack="t" feed="pdu1"/>'),
    "top_15": lambda: insert("<hall ", '      <row xmlns="urn:other" id="x" rack="t" feed="pdu1"/>'),
    "top_16": lambda: (b"<html/>", 1),
    "top_18": lambda: insert("<hall ", "      oops"),
    "top_19": lambda: swap(' capacity="500 kW"', ""),
    "top_20": lambda: (swap('      <row id="r1" rack="t" count="4" feed="pdu1"/>\n', "")[0], 20),
    "top_21": lambda: insert("<hall ", "      <Row/>"),
    "str_02": lambda: row_id("&#x9b;31mred"), "str_03": lambda: row_id("a&#10;ERROR: all good"),
    "str_05": lambda: row_id("abc&#x202e;cba"), "str_06": lambda: row_id("../../etc/cron.d/x"),
    "str_07": lambda: row_id("."), "str_08": lambda: row_id("a/b"), "str_12": lambda: row_id(""),
    "str_13": lambda: row_id("   "),
    "path_02": lambda: log("../../../../etc/passwd"), "path_03": lambda: log("/dev/zero"),
    "path_04": lambda: log("/proc/self/mem"), "path_08": lambda: log("link-to-outside.csv"),
    "path_09": lambda: log("http://127.0.0.1:9/t.csv"), "path_10": lambda: log("a.csv&#xFFFD;"),
    "path_12": lambda: log("$HOME/t.csv"), "path_13": lambda: log("|touch pwned"),
    "path_14": lambda: log("case.xml"), "path_15": lambda: log("result.h5"),
    "big/size_02": lambda: insert("<hall ", "<a>" * 100000 + "</a>" * 100000),
    "big/size_03": lambda: swap('name="base"', 'name="base" title="' + "x" * (11 << 20) + '"'),
    "big/size_04": lambda: swap('row id="r1"', "row " + " ".join(f'a{i}=""' for i in range(20000)) + ' id="r1"'),
    "big/size_05": lambda: swap('row id="r1"', "row " + " ".join(f'a{i}=""' for i in range(100000)) + ' id="r1"'),
    "big/size_06": lambda: swap('row id="r1"', "row " + " ".join(f'xmlns:a{i}="u"' for i in range(20000)) + ' id="r1"'),
    "big/size_09": lambda: (elements(1000000, lambda i: f'      <row id="r{i}" rack="t" feed="pdu1"/>\n')[0], None),
    "big/size_10": lambda: (elements(200000, lambda i: f"<name{i}/>\n")[0], None),
    "size_13": lambda: (elements(5000, lambda i: f'      <row id="r{i}" rack="t" count="many" feed="pdu1"/>\n')[0], None),
}
for case, content in utf8:
    CASES[case] = lambda content=content: text(content)

# more than the corpus has: our own imports, parameters, base=
IMPORT = '  <import href="catalog:climates.xml"/>\n'
MORE = [
    ("import_dotdot", "E-PATH", lambda: insert("<import", '  <import href="../x.xml"/>')),
    ("import_absolute", "E-PATH", lambda: insert("<import", '  <import href="/etc/passwd"/>')),
    ("import_address", "E-PATH", lambda: insert("<import", '  <import href="http://127.0.0.1:9/x.xml"/>')),
    ("import_file_address", "E-PATH", lambda: insert("<import", '  <import href="file:///etc/passwd"/>')),
    ("import_link_outside", "E-PATH", lambda: insert("<import", '  <import href="link-to-outside.csv"/>')),
    ("import_link_folder", "E-PATH", lambda: insert("<import", '  <import href="out/passwd"/>')),
    ("import_pipe", "E-PATH", lambda: insert("<import", '  <import href="fifo"/>')),
    ("import_folder", "E-PATH", lambda: insert("<import", '  <import href="."/>')),
    ("import_itself", "E-CYCLE", lambda: insert("<import", '  <import href="case.xml"/>')),
    ("import_catalog_unknown", "E-PATH", lambda: insert("<import", '  <import href="catalog:gpu.xml"/>')),
    ("import_doctype", "E-XML-DOCTYPE", lambda: (insert("<import", '  <import href="evil.xml"/>')[0], 1)),
    ("parameter_unknown", "E-DANGLING-REF", lambda: swap('count="4"', 'count="${n}"')),
    ("parameter_growth", "E-LIMIT-TEXT", lambda: (insert("<import", "".join(
        f'<parameter name="p{i}" value="{"x" if i == 0 else ("${p%d}" % (i - 1)) * 10}"/>' for i in range(10))))),
    ("parameter_circle", "E-CYCLE", lambda: insert("<import", '<parameter name="a" value="${b}"/><parameter name="b" value="${a}"/>')),
    ("base_circle", "E-CYCLE", lambda: insert("<device", '<device id="a" base="b"/><device id="b" base="a"/>')),
    ("base_kind", "E-REF-KIND", lambda: swap('<device id="g"', '<device id="g" base="n"')),
    ("name_is_a_path", "E-ID", lambda: swap('name="base"', 'name="../../x"')),
    # the power graph
    ("feed_twice", "E-VALUE", lambda: swap('count="4" feed="pdu1"', 'count="4" feed="pdu1 pdu1"')),
    ("feed_of_a_mebibyte", "E-LIMIT-TEXT", lambda: swap('count="4" feed="pdu1"', 'count="4" feed="' + "pdu1 " * 200000 + '"')),
    ("chain_of_40000", "W-DEPTH", lambda: stages(40000, lambda i: f'<pdu id="q{i}" feed="{f"q{i - 1}" if i else "pdu1"}" rated="200 kW"/>')),
    ("caps_of_40000", "", lambda: stages(40000, lambda i: f'<pdu id="q{i}" feed="pdu1" rated="200 kW" cap="yes"/>')),
    ("generator_is_fed", "E-UNKNOWN-ATTRIBUTE", lambda: stages(1, lambda i: '<generator id="g1" feed="ups1" rated="1 MW"/>')),
    ("rated_beyond_microwatts", "E-RANGE", lambda: (swap('feed="ups1" rated="200 kW"', 'feed="ups1" rated="100 GW" count="10000"')[0], 12)),
    ("overload_squared", "E-RANGE", lambda: (pdus_of_a_watt(6), None)),
    ("storage_feeds_itself", "E-REF-KIND", lambda: stages(1, lambda i: '<storage id="s1" feed="s1" energy="1 kWh" rated="1 kW"/>')),
    ("sun_unknown", "E-MISSING", lambda: stages(1, lambda i: '<solar id="s1" feed="u1" rated="1 MW"/>')),
    ("hours_backwards", "E-VALUE", lambda: stages(1, lambda i: '<signal id="s1" limit="0 W" hours="24-0"/>')),
    ("hours_huge", "E-VALUE", lambda: stages(1, lambda i: '<signal id="s1" limit="0 W" hours="0-99999999999999999999"/>')),
    ("battery_empty", "E-RANGE", lambda: swap('<loss efficiency="0.96"/>', '<loss efficiency="0.96"/><ups-battery energy="0 J"/>')),
    ("battery_twice", "E-VALUE", lambda: swap('<loss efficiency="0.96"/>', '<ups-battery energy="1 kWh"/><ups-battery energy="1 kWh"/>')),
    ("battery_huge", "", lambda: swap('rated="1 MW"><loss efficiency="0.96"/>', 'rated="1 MW" count="10000"><loss efficiency="0.96"/><ups-battery energy="1000000 MJ"/>')),
    ("eco_without_loss", "E-MISSING", lambda: swap('<loss efficiency="0.96"/>', '<eco-mode/>')),
    ("breaker_nan", "E-NUMBER", lambda: swap('feed="ups1" rated="200 kW"/>', 'feed="ups1" rated="200 kW"><breaker trip="nan"/></pdu>')),
    # cooling
    ("cdu_cools_itself", "E-REF-KIND", lambda: insert("<chiller-plant", '<cdu id="x" plant="x" feed="u1"/>')),
    ("curve_short", "E-TABLE", lambda: chiller(cap="1 0 0")),
    ("curve_nan", "E-NUMBER", lambda: chiller(cap="nan 0 0 0 0 0")),
    ("curve_of_nothing", "E-RANGE", lambda: (chiller(cap="0 0 0 0 0 0")[0], 19)),
    ("curve_backwards", "E-RANGE", lambda: (chiller(evap="10 5")[0], 19)),
    # failures
    ("failure_of_nothing", "E-DANGLING-REF", lambda: failures('<failure of="" mtbf="1 h"/>')),
    ("failure_of_a_part_that_is_not", "E-DANGLING-REF", lambda: failures('<failure of="ups1/node" mtbf="1 h"/>')),
    ("failure_without_rate", "E-MISSING", lambda: failures('<failure of="ups1"/>')),
    ("failure_inf", "E-NUMBER", lambda: failures('<failure of="ups1" mtbf="inf s"/>')),
    ("failure_crew_gone", "E-DANGLING-REF", lambda: failures('<failure of="ups1" mtbf="1 h" crew="nobody"/>')),
    ("failure_kind_wrong", "E-REF-KIND", lambda: failures('<failure of="ups1" kind="ups1"/>')),
    ("failures_without_end", "E-LIMIT-STEPS", lambda: (failures('<failure of="h" mtbf="1 ms"/>')[0].replace(b'duration="1 d"', b'duration="365 d"'), 30)),
    ("shock_10000_times", "", lambda: failures('<common-cause of="' + "ups1 " * 10000 + '" mtbf="10 h"/>')),
    ("maintenance_overlaps", "E-RANGE", lambda: failures('<maintenance of="ups1" every="1 h" for="2 h"/>')),
    ("maintenance_of_all", "", lambda: failures('<maintenance of="ups1" every="1 h" for="30 min" units="1000000"/>')),
    ("event_before", "E-RANGE", lambda: failures('<event at="2025-01-01" trip="ups1"/>')),
    ("event_soon", "E-VALUE", lambda: failures('<event at="soon" trip="ups1"/>')),
    ("event_of_99", "E-RANGE", lambda: failures('<event at="1 h" trip="ups1:99"/>')),
    ("events_80000", "", lambda: failures("".join(f'<event at="{i} s" trip="r1-001" for="1 s"/>' for i in range(80000)))),
    ("gpus_that_fail", "E-LIMIT-MEMORY", lambda: (failures('<event at="1 h" trip="r1-001"/>')[0].replace(b'gpus="8" other', b'gpus="1024" other')
        .replace(b'nodes="4" rated', b'nodes="4096" rated').replace(b'count="4" feed', b'count="200" feed'), 21)),
    # work
    ("phases_of_a_half", "E-RANGE", lambda: (swap('<size gpus="16" share="0.3"/>', '<size gpus="16" share="0.3"/><phase share="0.5"/>')[0], 25)),
    ("swing_twice", "E-VALUE", lambda: swap('<size gpus="16" share="0.3"/>', '<size gpus="16" share="0.3"/>' + '<swing iteration="1 s" compute="0.5"/>' * 2)),
]

MESSAGE = re.compile(r"^(?P<file>[^\n]*?):(?P<line>\d+)(?::(?P<col>\d+))?: (?:error|warning): .*\[(?P<code>[EW]-[A-Z-]+)\]$")
NO_PLACE = re.compile(r"^(?P<file>[^\n]*?): (?:error|warning): .*\[(?P<code>[EW]-[A-Z-]+)\]$")


def run(command):
    """Exit status, standard error, CPU seconds, peak MiB."""
    with tempfile.TemporaryFile() as err:
        child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        return child.returncode, err.read().decode("utf-8", "replace"), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def messages(text):
    found = []
    for line in text.split("\n"):
        m = MESSAGE.match(line) or NO_PLACE.match(line)
        if m:
            found.append(m.groupdict())
    return found


LIBRARY = ("/lib/", "/lib64/", "/usr/lib/", "/usr/local/lib/", "/etc/ld.so", "/usr/share/locale", "/dev/null",
           "/usr/share/zoneinfo", "/etc/localtime", "/proc/cpuinfo")
# the scenario's own folder: a file must be opened to see that it is no regular file, or HDF5
INSIDE = ("case.xml", "./case.xml", ".", "evil.xml", "fifo", "result.h5")


def opened_elsewhere(log_path):
    """What succeeded in being opened and is neither a library nor the scenario or its folder; and all sockets."""
    bad = []
    for line in open(log_path, errors="replace"):
        if re.search(r"\b(socket|connect|sendto|bind)\(", line):
            bad.append(line.strip())
        m = re.search(r'\b(?:open|openat|openat2|creat)\((?:[^"]*)"([^"]*)".*\)\s*=\s*(\d+)', line)
        if m and not m.group(1).startswith(LIBRARY) and m.group(1) not in INSIDE:
            bad.append(line.strip())
    return bad


number = 0
failed = 0


def report(good, name, why=""):
    global number, failed
    number += 1
    failed += not good
    print(("ok" if good else "not ok") + f" - {name}" + ("" if good else f"\n# {why}"), flush=True)


def check(name, expected, code, data, line, trace):
    path = os.path.join(folder, "case.xml")
    with open(path, "wb") as f:
        f.write(data)
    log_path = os.path.join(work, "trace")
    status, err, seconds, mib = run([program, "check", "case.xml"])
    found = messages(err)
    problems = []
    if expected == "accept":
        if status != 0 or found:
            problems.append(f"status {status}, {len(found)} messages")
    elif expected == "warn":
        if status != 0 or [m["code"] for m in found] != [code]:
            problems.append(f"status {status}, messages {[m['code'] for m in found]}")
    else:
        if status != 65:
            problems.append(f"status {status} instead of 65")
        codes = [m["code"] for m in found]
        if code == "E-TOO-MANY":
            if codes[-1:] != [code] or not 15 <= len(codes) <= 25:
                problems.append(f"{len(codes)} messages, the last {codes[-1:]}")
        elif code == "E-UNKNOWN-ELEMENT" and "size_10" in name:
            if codes[:1] != [code] or len(codes) > 25:
                problems.append(f"{len(codes)} messages, the first {codes[:1]}")
        elif "overload" in name: # each stage is warned of before
            if [c for c in codes if c != "W-OVERLOAD"] != [code]:
                problems.append(f"codes {codes}")
        elif codes != [code]:
            problems.append(f"codes {codes} instead of [{code}]")
    if line is not None and found and expected != "accept":
        if found[0].get("line") != str(line):
            problems.append(f"line {found[0].get('line')} instead of {line}")
    if any(ord(c) < 32 and c not in "\n\t" or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2028" for c in err):
        problems.append("a control character reached the terminal")
    if seconds > 2 or mib > 256:
        problems.append(f"{seconds:.2f} s, {mib:.0f} MiB")
    if os.path.exists(os.path.join(folder, "pwned")):
        problems.append("a command was run")
    if trace and strace:
        run([strace, "-f", "-qq", "-o", log_path, "-e", "trace=%file,%network", program, "check", "case.xml"])
        bad = opened_elsewhere(log_path)
        if bad:
            problems.append("opened: " + " | ".join(bad[:3]))
    report(not problems, name, "; ".join(problems) + "\n# " + err.strip().replace("\n", "\n# ")[:1500])


def main():
    if not os.access(program, os.X_OK):
        print(f"ok - hostile scenarios # SKIP no {program}")
        return 0
    with open(os.path.join(folder, "result.h5"), "wb") as f:
        f.write(b"\x89HDF\r\n\x1a\n" + bytes(500))
    os.symlink("/etc/passwd", os.path.join(folder, "link-to-outside.csv"))
    os.symlink("/etc", os.path.join(folder, "out"))
    os.mkfifo(os.path.join(folder, "fifo"))
    with open(os.path.join(folder, "evil.xml"), "w") as f:
        f.write('<!DOCTYPE catalog [<!ENTITY e SYSTEM "file:///etc/passwd">]><catalog xmlns="urn:datahall:scenario:1">&e;</catalog>')
    check("the base scenario is accepted", "accept", "", base, None, True)
    for name, code, make in MORE:
        data, line = make()
        check(name, "warn" if code.startswith("W-") else "semantic" if code else "accept", code, data, line, True)
    if not os.path.isdir(corpus):
        print("ok - hostile corpus # SKIP no ../shared/data/hostile/badxml")
        return failed != 0
    rows = list(csv.DictReader(open(os.path.join(corpus, "manifest.csv"))))
    rows += list(csv.DictReader(open(os.path.join(corpus, "make_yourself.csv"))))
    for row in rows:
        name = row["file"][:-4]
        key = next((k for k in CASES if name == k or name.startswith(k + "_")), None)
        if key is None and row["class"] in ("dtd", "xxe"):
            make = lambda row=row: doctype(row["file"])
        elif key is None:
            report(False, name, "no attack is built for this row of the manifest")
            continue
        else:
            make = CASES[key]
        if make is None:
            print(f"ok - {name} # SKIP the language has no such element")
            continue
        data, line = make()
        trace = row["class"] in ("xxe", "path", "xinclude")
        check(f"{name}: {row['what']}".replace("#", "number "), row["expected"], row["diagnostic"], data, line, trace)
    return failed != 0


try:
    sys.exit(main())
finally:
    shutil.rmtree(work, ignore_errors=True)
