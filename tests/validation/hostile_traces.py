#!/usr/bin/python3
"""Hostile job logs and weather: each refused, warned about or accepted as the manifest says, within 2 s of processor
time and 256 MiB, with one message that has a place, nothing written.

tests/validation/hostile_traces.py BUILD. The corpus is ../shared/data/hostile/badtraces (DATAHALL_SHARED); the cases
of its make_yourself.csv and further mutants are made here."""
import csv, gzip, os, re, resource, subprocess, sys, tempfile

build = sys.argv[1] if len(sys.argv) > 1 else "build"
shared = os.environ.get("DATAHALL_SHARED", "../shared")
corpus = os.path.join(shared, "data/hostile/badtraces")
program = os.path.abspath(os.path.join(build, "datahall"))
failed = False


def say(ok, name, detail=""):
    global failed
    failed |= not ok
    print(("ok - " if ok else "not ok - ") + name + (" # " + detail.replace("\n", " | ")[:300] if not ok else ""), flush=True)


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (4, 4))


def check(name, kind, path, expected, part=None, code=None):
    """accept: status 0, no message. warn: 0 and a W-. reject: 65, one message with file:line, nothing written."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.csv")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run([program, "import", kind, path + (":" + part if part else ""), "-o", out],
                                  capture_output=True, text=True, errors="replace", preexec_fn=limits, timeout=10)
        except subprocess.TimeoutExpired:
            say(False, name, "hangs")
            return
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        left = os.listdir(folder)
    text = done.stderr
    warnings = len(re.findall(r"\[W-[A-Z-]+\]", text))
    errors = re.findall(r"\[(E-[A-Z-]+)\]", text)
    base = re.escape(os.path.basename(path))
    if expected == "accept":
        ok = done.returncode == 0 and warnings == 0 and not errors
    elif expected == "warn":
        ok = done.returncode == 0 and warnings >= 1 and not errors
    else:
        placed = re.search(base + r":[0-9]+", text) or code in ("E-LIMIT-BYTES", "E-NOT-FOUND") or "gzip" in text or \
            "regular" in text or "UTF-16" in text
        ok = done.returncode in (65, 66) and len(errors) == 1 and bool(placed) and not left
        ok = ok and (code is None or errors[0] == code)
    ok = ok and cpu <= 2 and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    say(ok, name, "%s: status %d, %.2f s, left %s: %s" % (expected, done.returncode, cpu, left, text))


# ---- the corpus ----------------------------------------------------------------------------------------------

if os.path.isdir(corpus):
    with open(os.path.join(corpus, "manifest.csv")) as table:
        for row in csv.DictReader(table):
            expected = row["expected"]
            if row["file"].startswith("csv_28"):
                done = subprocess.run([program, "run", "scenarios/validation/flat-pool.xml", "--jobs",
                                       os.path.join(corpus, row["file"]), "--dry-run"], capture_output=True, text=True)
                say(done.returncode == 0 and "W-DATA" in done.stderr, row["file"] + ": run warns", done.stderr)
                expected = "accept"  # import knows of no cluster
            check(row["file"] + ": " + row["what"], row["format"], os.path.join(corpus, row["file"]), expected)
else:
    print("ok - hostile corpus # SKIP no " + corpus)

# ---- made here: logs -----------------------------------------------------------------------------------------

HEAD = b"submit_s,gpus,run_s,estimate_s,user\n"
folder = tempfile.mkdtemp()


def made(name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def log(name, rows, expected, code=None, kind="csv", head=HEAD):
    check("log: " + name, kind, made(re.sub("[^a-z0-9]+", "_", name) + ".csv", head + rows), expected, code=code)


log("a number beyond 64 bits", b"0,99999999999999999999999,1,1,u\n", "reject", "E-RANGE")
log("a run time of 1e308 s", b"0,1,1e308,1,u\n", "reject", "E-RANGE")
log("hexadecimal", b"0x10,1,1,1,u\n", "reject", "E-NUMBER")
log("a decimal comma", b'"0,5",1,1,1,u\n', "reject", "E-NUMBER")
log("an Arabic digit", "٣,1,1,1,u\n".encode(), "reject", "E-NUMBER")
log("a minus sign U+2212", "−3,1,1,1,u\n".encode(), "reject", "E-NUMBER")
log("milliseconds since 1970", b"1700000000000,1,1,1,u\n", "reject", "E-RANGE")
log("a terminal escape as a user", b"0,1,1,1,\x1b]0;owned\x07\n", "accept")
log("an escape in a number", b"0,\x1b[2J,1,1,u\n", "reject", "E-NUMBER")
log("bytes that are no UTF-8", b"0,1,1,1,\xff\xfe\xfd\n", "accept")
log("a user of 10,000 bytes", b"0,1,1,1," + b"u" * 10000 + b"\n", "reject", "E-DATA")
log("a field of 2 MiB", b"0,1,1,1," + b"u" * (2 << 20) + b"\n", "reject", "E-LIMIT-TEXT")
log("a quote opened, then 8 MiB of lines", b'0,1,1,1,"u\n' + b"0,1,1,1,u\n" * 800000, "reject", "E-LIMIT-TEXT")
log("100,000 fields", b"0," * 100000 + b"0\n", "reject", "E-DATA")
log("100,000 columns", b"0\n", "reject", "E-DATA", head=b"submit_s" + b",c" * 100000 + b"\n")
log("4,000 columns", b"0,1,1" + b",0" * 3900 + b"\n", "warn",
    head=b"submit_s,gpus,run_s" + b"".join(b",c%d" % i for i in range(3900)) + b"\n")
log("200,000 users", b"".join(b"%d,1,1,1,u%d\n" % (i, i) for i in range(200000)), "accept")
log("lone carriage returns", b"0,1,1,1,u\r1,1,1,1,u\r", "reject", "E-DATA")
log("only a header", b"", "warn")
log("a header of blanks", b"", "reject", head=b"   ,  \n")
log("binary", os.urandom(4096) + b"\0\n", "reject")
log("swf: binary numbers", b"1 0 10 100 8 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1 inf\n", "reject", "E-NUMBER", "swf", b"")
log("swf: run time nan", b"1 0 10 nan 8 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1 -1\n", "reject", "E-NUMBER", "swf", b"")
log("swf: 2^40 processors", b"1 0 10 1 1099511627776 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1 -1\n", "reject", "E-RANGE", "swf", b"")
log("swf: 1e9 header lines' worth of text in one", b";" * (2 << 20) + b"\n", "reject", "E-LIMIT-TEXT", "swf", b"")
log("swf: cut in the last line", b"1 0 10 1 1 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1 -1\n2 0 10 1", "reject", "E-DATA", "swf", b"")

bomb = made("bomb.csv.gz", gzip.compress(HEAD + b"\n" * (300 << 20), 9))
check("log: a gzip bomb of 300 MiB", "csv", bomb, "reject", code="E-LIMIT-BYTES")
good = gzip.compress(HEAD + b"0,1,1,1,u\n")
check("log: gzip", "csv", made("good.csv.gz", good), "accept")
check("log: gzip cut off", "csv", made("cut.csv.gz", good[:-9]), "reject", code="E-DATA")
check("log: gzip with a wrong checksum", "csv", made("crc.csv.gz", good[:-8] + b"\0" * 8), "reject", code="E-DATA")
check("log: text named .gz", "csv", made("text.csv.gz", HEAD), "reject", code="E-DATA")
check("log: UTF-16", "csv", made("utf16.csv", "submit_s,gpus,run_s\n0,1,1\n".encode("utf-16")), "reject", code="E-DATA")
check("log: a folder", "csv", folder, "reject", code="E-DATA")
check("log: /dev/zero", "csv", "/dev/zero", "reject", code="E-DATA")
os.mkfifo(os.path.join(folder, "fifo"))
check("log: a FIFO without a writer", "csv", os.path.join(folder, "fifo"), "reject", code="E-DATA")
check("log: no file", "csv", os.path.join(folder, "none.csv"), "reject", code="E-NOT-FOUND")

# ---- made here: weather --------------------------------------------------------------------------------------

EPW_HEAD = ["LOCATION,Test,XX,XXX,TMY3,000000,39.83,-104.65,-7.0,1650.0", "DESIGN CONDITIONS,0",
            "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0", "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,test",
            "COMMENTS 2,", "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31"]


def epw_rows(minute=60, dry="%.1f", **change):
    rows = []
    for month, days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1):
        for day in range(1, days + 1):
            for hour in range(1, 25):
                f = ["1999", str(month), str(day), str(hour), str(minute), "?9?9", dry % (10 + hour % 7), "10.0", "85", "83500"]
                rows.append(f + "0,0,181,0,0,0,0,0,0,0,0,0.0,2,2,777.7,77777,9,999999999,30,0.0440,0,88,0.220,999.0,99.0".split(","))
    for column, value in change.items():
        for row in rows:
            row[int(column[1:])] = value
    return rows


def epw(name, expected, rows=None, head=EPW_HEAD, code=None, edit=None):
    rows = epw_rows() if rows is None else rows
    if edit:
        edit(rows)
    data = "\n".join(head + [",".join(row) for row in rows]) + "\n"
    check("weather: " + name, "epw", made(re.sub("[^a-z0-9]+", "_", name) + ".epw", data.encode()), expected, code=code)


def put(row, column, value):
    return lambda rows: rows[row].__setitem__(column, value)


def consistent(rows):
    for row in rows:
        row[6], row[7], row[8] = "12.0", "12.0", "100"


epw("base", "accept", edit=consistent)
epw("minute 0", "accept", rows=epw_rows(minute=0), edit=consistent)
epw("every dry bulb missing", "reject", rows=epw_rows(c6="99.9"), code="E-DATA")
epw("humidity 999", "warn", rows=epw_rows(c8="999"))
epw("pressure 0", "reject", edit=put(100, 9, "0"), code="E-RANGE")
epw("pressure in hPa", "reject", rows=epw_rows(c9="835.0"), code="E-RANGE")
epw("an hour twice, the next missing", "reject", edit=put(100, 3, "4"), code="E-DATA")
epw("20 fields in a row", "reject", edit=lambda rows: rows.__setitem__(50, rows[50][:20]), code="E-DATA")
epw("seven header lines", "reject", head=EPW_HEAD[:7], code="E-DATA")
epw("header lines in another order", "reject", head=[EPW_HEAD[1], EPW_HEAD[0]] + EPW_HEAD[2:], code="E-DATA")
epw("dry bulb 'cold'", "reject", edit=put(9, 6, "cold"), code="E-NUMBER")
epw("dry bulb nan", "reject", edit=put(9, 6, "nan"), code="E-NUMBER")
epw("dry bulb 1e300", "reject", edit=put(9, 6, "1e300"), code="E-RANGE")
epw("dry bulb in Fahrenheit", "reject", edit=put(9, 6, "95.0"), code="E-RANGE")
epw("hour 25", "reject", edit=put(23, 3, "25"), code="E-RANGE")
epw("month 13", "reject", edit=put(23, 1, "13"), code="E-RANGE")
epw("31 April", "reject", edit=put(31 * 24 + 28 * 24 + 31 * 24 + 29 * 24, 2, "31"), code="E-RANGE")
epw("two months swapped", "reject", rows=(lambda r: r[744:1416] + r[:744] + r[1416:])(epw_rows()), code="E-DATA")
epw("half-hourly", "reject", head=EPW_HEAD[:7] + ["DATA PERIODS,1,2,Data,Sunday, 1/ 1,12/31"], code="E-RANGE")
epw("cut in the last row", "reject", edit=lambda rows: rows.__setitem__(-1, rows[-1][:12]), code="E-DATA")
epw("no rows", "reject", rows=[], code="E-DATA")
epw("latitude 99", "reject", head=[EPW_HEAD[0].replace("39.83", "99")] + EPW_HEAD[1:], code="E-RANGE")
check("weather: an empty file", "epw", made("empty.epw", b""), "reject", code="E-DATA")
check("weather: a NUL", "epw", made("nul.epw", ("\n".join(EPW_HEAD) + "\n1999,1,1,1\0").encode()), "reject", code="E-DATA")
check("weather: gzip named .epw", "epw", made("packed.epw", gzip.compress(b"LOCATION")), "reject", code="E-DATA")

subprocess.run(["rm", "-rf", folder])
sys.exit(1 if failed else 0)
