#!/usr/bin/env python3
"""Result files that are damaged or foreign, as pictures of the view: view_mutants.py BUILD [FIRST [COUNT]]. 1,000 mutants of good
results (VALIDATE=quick: 20), bytes and structure, each by its number and through two tabs (one); and ../shared/data/hostile/badh5. A picture with
its data or one message; no crash, no hang, and no file opened but the named one: canaries that mutants point to are watched (inotify), and
some mutants are traced (strace, where it is). Prints TAP."""
import concurrent.futures, ctypes, json, os, random, re, resource, shutil, struct, subprocess, sys, tempfile
import h5py, numpy

build = sys.argv[1] if len(sys.argv) > 1 else "build"
quick = os.environ.get("VALIDATE") == "quick"
datahall, examples = os.path.abspath(os.path.join(build, "datahall")), os.path.abspath("scenarios/examples")
hostile = os.path.abspath(os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data/hostile/badh5"))
FIRST = int(sys.argv[2]) if len(sys.argv) > 2 else 0
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 20 if quick else 1000
GOOD = [("small-hall", "6 h"), ("shared-spine", "20 min"), ("gb200-pod", "40 min"), ("data-pipeline", "12 h")][: 2 if quick else 4]
TABS = ["floor", "power", "cooling", "network", "work"]
STATUSES = (65, 66, 71, 74)  # bad file, missing, no memory, input or output
PATIENCE_S = 120
env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
tests = 0


def ok(good, name, detail=""):
    global tests
    tests += 1
    print("ok" if good else "not ok", tests, "-", name, flush=True)
    if not good:
        print("#", str(detail)[:3000].replace("\n", "\n# "), flush=True)


# ---- mutations of bytes: rng, bytearray


def flip(rng, data):
    for _ in range(rng.choice((1, 4, 16, 64))):
        data[rng.randrange(len(data))] = rng.randrange(256)


def flip_metadata(rng, data):
    """Near the marks of HDF5's own structures."""
    marks = [m.start() for m in re.finditer(rb"TREE|SNOD|HEAP|OHDR|GCOL|FRHP|FHDB|BTHD|BTLF|OCHK|\x89HDF", data)]
    for _ in range(rng.choice((1, 2, 6))):
        at = rng.choice(marks) + rng.randrange(4, 120)
        if at < len(data):
            data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def truncate(rng, data):
    del data[rng.choice((0, 8, 100, rng.randrange(len(data)), len(data) - 1)) :]


def swap(rng, data):
    n = rng.choice((64, 512, 4096))
    a, b = sorted(rng.randrange(len(data) - n) for _ in range(2))
    data[a : a + n], data[b : b + n] = data[b : b + n], data[a : a + n]


def blank(rng, data):
    a, n = rng.randrange(len(data)), rng.choice((16, 512, 4096, 65536))
    data[a : a + n] = bytes([rng.choice((0, 0xFF))]) * len(data[a : a + n])


def shift(rng, data):
    a = rng.randrange(len(data))
    if rng.random() < 0.5:
        data[a:a] = rng.randbytes(rng.choice((1, 8, 300)))
    else:
        del data[a : a + rng.choice((1, 8, 300))]


# ---- mutations of structure: rng, open h5py file, folder of canaries


def datasets(f, want=lambda name, d: True):
    names = []
    f.visititems(lambda name, d: names.append(name) if isinstance(d, h5py.Dataset) and want(name, d) else None)
    # what is shown; of the tables of figures there are many
    near = [n for n in names if not n.startswith(("summary/", "audit/", "replications/"))]
    return near or names


def some(rng, f, want=lambda name, d: True):
    return rng.choice(datasets(f, want))


def numeric(name, d):
    return d.dtype.kind in "iuf"


def replace(f, name, *more, **words):
    del f[name]
    f.create_dataset(name, *more, **words)


def another_rank(rng, f, lure):
    name = some(rng, f, numeric)
    values = f[name][()]
    shape = rng.choice(((), (1,), (2, 3), (4, 1), (2, 2, 2), (0,), (0, 4), (3, 0)))
    replace(f, name, data=numpy.resize(values, shape) if numpy.size(values) else numpy.zeros(shape))


def another_type(rng, f, lure):
    name = some(rng, f)
    n = f[name].shape or (1,)
    kind = rng.choice(("i1", "u8", "f2", "f8", ">f4", "S7", "?", "V16", "text", "pair", "enum", "reference", "list"))
    if kind == "text":
        replace(f, name, data=["\u202e\x1b[31m%s" * 3] * n[0], dtype=h5py.string_dtype())
    elif kind == "pair":
        replace(f, name, data=numpy.zeros(n, [("a", "f8"), ("b", "S3")]))
    elif kind == "enum":
        replace(f, name, n, dtype=h5py.enum_dtype({"no": 0, "yes": 1}))
    elif kind == "reference":
        replace(f, name, n, dtype=h5py.ref_dtype)
    elif kind == "list":
        replace(f, name, n, dtype=h5py.vlen_dtype("f8"))
    else:
        replace(f, name, n, dtype=kind)


def another_length(rng, f, lure):
    name = some(rng, f, lambda name, d: d.shape and d.shape[0] > 0)
    values = f[name][()]
    n = rng.choice((0, 1, len(values) - 1, len(values) + 1, 3 * len(values)))
    replace(f, name, data=numpy.resize(values, (n,) + values.shape[1:]), dtype=f[name].dtype)


def huge(rng, f, lure):
    name = some(rng, f, numeric)
    shape = rng.choice(((2**31 - 1,), (2**31,), (2**45,), (2**62,), (2**20, 2**20), (2**31, 4), (3, 2**40), (2**63 - 1, 1)))
    replace(f, name, shape, dtype=rng.choice(("f4", "f8", "i4")), chunks=tuple(min(n, 1024) for n in shape), maxshape=(None,) * len(shape),
            fillvalue=rng.choice((0, 1, -1)))


WILD = (float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 1e308, -1e308, 1e-320, 9.1e9, -9.3e18, 2.0**31, 2.0**53, 4e18, 1e6)


def wild_values(rng, f, lure):
    for _ in range(rng.choice((1, 3, 12))):
        name = some(rng, f, lambda name, d: numeric(name, d) and d.size)
        d = f[name]
        values = d[()] if d.shape else numpy.array([d[()]])
        flat = values.reshape(-1)
        value = rng.choice(WILD)
        if values.dtype.kind in "iu":
            limits = numpy.iinfo(values.dtype)
            value = rng.choice((limits.min, limits.max, 0, limits.max // 2))
        with numpy.errstate(all="ignore"):
            flat[:: rng.choice((1, 2, 7))] = value
        d[...] = values if d.shape else flat[0]


def wild_tables(rng, f, lure):
    """What points elsewhere: jobs, events, placements."""
    group = rng.choice([g for g in ("jobs", "events", "jobs", "pipelines") if g in f and len(f[g])])
    name = group + "/" + rng.choice([n for n in f[group] if isinstance(f[group][n], h5py.Dataset)])
    d = f[name]
    if not d.size or not d.shape:
        return wild_values(rng, f, lure)
    if d.dtype.kind == "O":
        d[...] = [rng.choice(("", "999999-1000000:8", "-5:-1", "0-2147483647:1", "7-3:2", "1|2||x", "\x7f\n\t", "0:1|" * 2000)) for _ in range(len(d))]
    elif d.dtype.kind in "iu":
        limits = numpy.iinfo(d.dtype)
        d[...] = [rng.choice((limits.min, -1 if limits.min else 0, limits.max, 2**31 - 1 if limits.max > 2**31 else 99, 0)) for _ in range(len(d))]
    else:
        with numpy.errstate(all="ignore"):
            d[...] = numpy.array([rng.choice(WILD) for _ in range(len(d))]).astype(d.dtype)


def wild_times(rng, f, lure):
    name = rng.choice([n for n in datasets(f) if n.endswith("/time")])
    t = f[name][()]
    if not len(t):
        return
    how = rng.randrange(6)
    if how == 0:
        t = t[::-1]
    elif how == 1:
        t[:] = rng.choice(WILD)
    elif how == 2:
        t *= rng.choice((1e-12, 1e6, 1e15, -1))
    elif how == 3:
        t[rng.randrange(len(t)) :] = float("nan")
    elif how == 4:
        t += rng.choice((-1e12, 1e12, -1e19, 8.9e9))
    else:
        t[0], t[-1] = -1e300, 1e300
    f[name][...] = t


def absent(rng, f, lure):
    for _ in range(rng.choice((1, 1, 5, 40))):
        names = datasets(f) + list(f)
        del f[rng.choice(names)]


def links(rng, f, lure):
    name = rng.choice(datasets(f) + [g for g in f])
    group, _, leaf = name.rpartition("/")
    how = rng.randrange(9)
    parent = f[group] if group else f
    kept = parent[leaf]
    del parent[leaf]
    if how == 0:
        parent[leaf] = h5py.SoftLink("/" + name)
    elif how == 1:
        parent[leaf] = h5py.SoftLink("/nowhere")
    elif how == 2:
        parent[leaf] = h5py.ExternalLink(os.path.join(lure, "canary.h5"), "/" + name)
    elif how == 3:
        parent[leaf] = h5py.ExternalLink("lure/canary.h5", "/")
    elif how == 4:
        parent[leaf] = f["/"]  # a ring
    elif how == 5:
        parent.create_group(leaf)
    elif how == 6:
        parent[leaf] = kept
        parent[leaf + " again"] = kept
    elif how == 7:
        parent[leaf] = h5py.SoftLink("/a")
        f["a"], f["b"] = h5py.SoftLink("/b"), h5py.SoftLink("/a")
    else:
        parent.create_dataset(leaf, (3,))


def elsewhere(rng, f, lure):
    """Values that lie in another file."""
    name = some(rng, f, lambda name, d: numeric(name, d) and d.shape)
    shape, kind = f[name].shape, f[name].dtype
    del f[name]
    if rng.random() < 0.5:
        f.create_dataset(name, shape, kind, external=[(rng.choice((os.path.join(lure, "canary.raw"), "lure/canary.raw", "/etc/passwd")), 0, h5py.h5f.UNLIMITED)])
    else:
        layout = h5py.VirtualLayout(shape, kind)
        layout[...] = h5py.VirtualSource(os.path.join(lure, "canary.h5"), name, shape=shape)
        f.create_virtual_dataset(name, layout)


def attributes(rng, f, lure):
    def put(target, key):
        value = rng.choice((3, 1e308, float("nan"), "", "x" * 60000, "\x1b]0;x\x07\"'<&\n", b"\xff\xfe\x80", [1, 2, 3], ["a", "b"], numpy.zeros((2, 2)), None))
        if key in target.attrs:
            del target.attrs[key]
        if isinstance(value, bytes):
            target.attrs.create(key, numpy.bytes_(value))
        elif value is not None:
            target.attrs[key] = value

    for _ in range(rng.choice((1, 4))):
        target = f if rng.random() < 0.5 else f[some(rng, f)]
        keys = [k for k in target.attrs if k not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")]
        put(target, rng.choice(keys or ["units"]))


def scenario(rng, f, lure):
    d = f["provenance/scenario_xml"]
    text = d[()].decode()
    how = rng.randrange(7)
    if how == 0:  # other numbers
        found = [m for m in re.finditer(r'="(\d+)"', text)]
        for m in rng.sample(found, min(len(found), 3)):
            text = text.replace(m.group(0), '="%s"' % rng.choice(("0", "1", "99", "1000000", "-1", "4294967296")), 1)
    elif how == 1:
        a = rng.randrange(len(text))
        text = text[:a] + rng.choice(("<", "&", '"', "\x01", "\u202e", "<!--", "</scenario>")) + text[a + 1 :]
    elif how == 2:
        text = '<!DOCTYPE scenario [<!ENTITY x SYSTEM "%s">]>' % os.path.join(lure, "canary.xml") + re.sub(r"^<\?xml[^>]*>", "", text).replace('name="', 'name="&x;', 1)
    elif how == 3:
        text = re.sub(r"(<scenario[^>]*>)", r'\1<import href="%s"/>' % rng.choice((os.path.join(lure, "canary.xml"), "lure/canary.xml", "catalog:../canary.xml")), text, 1)
    elif how == 4:
        text = text.replace('climate="', 'weather="%s" was="' % os.path.join(lure, "canary.epw"), 1)
    elif how == 5:
        text = text[: rng.randrange(len(text))]
    else:
        text = re.sub(r"(</workload>)", r'<jobs id="log" file="%s"/>\1' % os.path.join(lure, "canary.csv"), text, 1)
    del f["provenance/scenario_xml"]
    f["provenance"].create_dataset("scenario_xml", data=text, dtype=h5py.string_dtype())


def labels(rng, f, lure):
    """Names of racks, rows, links and jobs."""
    name = some(rng, f, lambda name, d: d.dtype.kind == "O" and d.shape and d.size)
    text = rng.choice(("", "x" * 70000, "\x1b[2J\"\\", "\ud7ff\u202e\u0301" * 40, "a\tb\nc"))
    f[name][...] = [text] * len(f[name])


BYTES = [flip, flip_metadata, truncate, swap, blank, shift]
STRUCTURE = [another_rank, another_type, another_length, huge, wild_values, wild_tables, wild_times, absent, links, elsewhere, attributes, scenario, labels]


def make_mutant(number, good, folder):
    """Writes m.h5 into the folder; what was done."""
    rng = random.Random(number)
    how = (BYTES + STRUCTURE * 2)[number % (len(BYTES) + 2 * len(STRUCTURE))]
    source = good[rng.randrange(len(good))]
    path = os.path.join(folder, "m.h5")
    if how in BYTES:
        data = bytearray(open(source, "rb").read())
        how(rng, data)
        with open(path, "wb") as f:
            f.write(data)
    else:
        shutil.copyfile(source, path)
        with h5py.File(path, "r+", libver="latest") as f:
            for _ in range(rng.choice((1, 1, 2))):
                try:
                    how(rng, f, os.path.join(folder, "lure"))
                except (TypeError, ValueError, OSError, RuntimeError, KeyError, OverflowError):  # h5py itself would not
                    pass
    return f"{number} {how.__name__} of {os.path.basename(source)}"


# ---- watching


class Watch:
    """Who opens what lies in a folder."""

    def __init__(self, folder):
        self.c = ctypes.CDLL(None, use_errno=True)
        self.fd = self.c.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.c.inotify_add_watch(self.fd, folder.encode(), 0x20 | 0x1)  # IN_OPEN, IN_ACCESS

    def seen(self):
        names = set()
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return names
        while data:
            n = struct.unpack("iIII", data[:16])[3]
            names.add(data[16 : 16 + n].rstrip(b"\0").decode())
            data = data[16 + n :]
        return names - {""}


def prepare(folder, good):
    os.makedirs(os.path.join(folder, "lure"))
    shutil.copyfile(good[0], os.path.join(folder, "lure", "canary.h5"))
    for name in ("canary.raw", "canary.xml", "canary.epw", "canary.csv"):
        with open(os.path.join(folder, "lure", name), "w") as f:
            f.write("<scenario/>" * 100)
    return Watch(os.path.join(folder, "lure"))


def strangers(log):
    """What was opened, and is neither ours nor the system's."""
    bad = set()
    for line in open(log, errors="replace"):
        m = re.search(r'(?:open|openat|openat2)\((?:[^,]*, )?"([^"]*)"[^=]*\) = (\d+)', line)
        if m and "O_PATH" not in line and not re.match(r"(/usr/|/lib|/etc/ld\.so|/proc/|/sys/|/dev/(null|urandom|shm)|/etc/(localtime|nsswitch|passwd)$)", m.group(1)):
            bad.add(m.group(1))
    return bad


def limits():
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_S, PATIENCE_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def shoot(folder, file, words, watch, trace):
    """What is wrong with a picture of a file, and the exit status."""
    wrong, log = [], os.path.abspath(os.path.join(folder, "trace"))
    for name in ("p.png", "p.json"):
        if os.path.exists(os.path.join(folder, name)):
            os.remove(os.path.join(folder, name))
    if watch:
        watch.seen()
    command = [datahall, "view", *file, "--screenshot", "p.png", "--size", "640x360", *words]
    if trace:
        command = ["strace", "-f", "-qq", "-o", log, "-e", "trace=open,openat,openat2,connect", *command]
    try:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=PATIENCE_S, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return ["hangs"], None
    said = done.stderr.decode(errors="replace")
    lines = [line for line in said.splitlines() if not line.startswith((" ", "datahall: hint"))]
    if done.returncode == 0:
        try:
            with open(os.path.join(folder, "p.json"), encoding="utf-8") as f:
                json.load(f)
            with open(os.path.join(folder, "p.png"), "rb") as f:
                if not f.read().endswith(b"IEND\xaeB`\x82"):
                    wrong.append("half a picture")
        except (OSError, ValueError) as e:
            wrong.append(f"its data: {e}")
        if said:
            wrong.append("a picture with complaints")
    elif done.returncode not in STATUSES:
        wrong.append(f"status {done.returncode}")
    elif len(lines) != 1 and not all(re.match(r"m\.h5:\d+:\d+: error: ", line) for line in lines): # several of its scenario
        wrong.append("not one message")
    elif "error:" not in lines[0]:
        wrong.append("not an error")
    if any(ord(c) < 32 and c != "\n" or c in "\u202e\x7f" for c in said):
        wrong.append("control characters on the terminal")
    opened = watch.seen() if watch else set()
    if opened:
        wrong.append(f"opened {sorted(opened)}")
    if trace:
        bad = strangers(log) - {*file, "p.png", "p.json", "./p.png"}
        if bad:
            wrong.append(f"opened {sorted(bad)}")
    return ([f"{w}: {' '.join(words)}: {said[:400]}" for w in wrong], done.returncode)


def try_mutant(number, good, folder, watch, trace):
    what = make_mutant(number, good, folder)
    rng = random.Random(-1 - number)
    wrong, statuses = [], []
    for tab in rng.sample(TABS, 1 if quick else 2):
        words = ["--tab", tab]
        words += ["--overlay", str(rng.randrange(1, 10))] if tab == "floor" else []
        words += ["--at", rng.choice(("0", "10 min", "3 h", "400 d"))]
        file = [os.path.abspath(good[0]), "m.h5"] if number % 16 == 5 else ["m.h5"]
        bad, status = shoot(folder, file, words, watch, trace)
        wrong += [f"{what}: {w}" for w in bad]
        statuses.append(status)
    return wrong, statuses


def traceable(folder):
    if not shutil.which("strace") or b"__asan_init" in open(datahall, "rb").read():
        return False
    return subprocess.run(["strace", "-o", os.path.join(folder, "trace"), "true"], capture_output=True).returncode == 0


def work(part, good, folder):
    watch, trace = prepare(folder, good), traceable(folder)
    with open(os.path.join(folder, "lure", "canary.raw")) as f:
        f.read()
    out, sees = [], watch.seen() == {"canary.raw"}
    for number in part:
        out.append((number, *try_mutant(number, good, folder, watch, trace and number % 10 == 3)))
    return sees, trace, out


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    good = []
    for name, until in GOOD:
        subprocess.run([datahall, "run", f"{examples}/{name}.xml", "--until", until, "-q", "-o", f"{name}.h5"], check=True, env=env)
        good.append(os.path.abspath(f"{name}.h5"))
    workers = os.cpu_count() or 1
    numbers = range(FIRST, FIRST + COUNT)
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        parts = [pool.submit(work, numbers[k::workers], good, os.path.abspath(f"w{k}")) for k in range(workers)]
        found = [p.result() for p in parts]
    ok(all(sees for sees, _, _ in found), "a canary that is opened is seen")
    wrong = [w for _, _, out in found for _, bad, _ in sorted(out) for w in bad]
    count = {}
    for _, _, out in found:
        for _, _, statuses in out:
            for status in statuses:
                count[status] = count.get(status, 0) + 1
    ok(not wrong, f"{COUNT} mutants: a picture or one message each, and no other file is opened", "\n".join(wrong))
    print("# statuses of the pictures:", ", ".join(f"{s}: {n}" for s, n in sorted(count.items(), key=str)), "" if found[0][1] else "(no strace)")
    ok(COUNT < 20 or count.get(0, 0) > COUNT / 5 and count.get(65, 0) > COUNT / 5, "some can be shown, and some cannot", count)
    if os.path.isdir(hostile):
        wrong, watch = [], prepare("hostile", good)
        for name in sorted(n for n in os.listdir(hostile) if n.endswith(".h5")):
            for tab in TABS[:1] if quick else TABS:
                bad, status = shoot("hostile", [os.path.join(hostile, name)], ["--tab", tab], watch, found[0][1] and tab == "floor")
                wrong += [f"{name}: {w}" for w in bad] + ([f"{name}: shown"] if status == 0 else [])
        ok(not wrong, "the damaged and foreign files of others: one message each", "\n".join(wrong))
    else:
        ok(True, f"files of others # SKIP {hostile} is not there")
    os.chdir("/")
print(f"1..{tests}")
