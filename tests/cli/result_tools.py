#!/usr/bin/env python3
"""Result files as planners' tools see them (xarray with both engines, pandas, h5py, ncdump), the same bytes twice,
and how they end: complete, interrupted, failed, disk full, killed, damaged."""
import hashlib, os, random, resource, shutil, signal, subprocess, sys, tempfile, time
import h5py, numpy as np, xarray as xr

build = sys.argv[1]
write, read = f"{build}/tools/write_result", f"{build}/tools/read_result"
shared = os.environ.get("DATAHALL_SHARED", "../shared")
folder = tempfile.mkdtemp()
with open(os.path.join(build, "datahall"), "rb") as file:
    sanitized = b"__asan_init" in file.read()
kills = int(os.environ.get("RESULT_KILLS", "4" if sanitized else "10"))


def check(name):
    def run(test):
        try:
            reason = test()
            print(f"ok - {name}" + (f" # SKIP {reason}" if reason else ""), flush=True)
        except Exception as problem:  # one test's failure must not hide the others
            print(f"not ok - {name}\n# {type(problem).__name__}: {problem}", flush=True)
    return run


def at(name):
    return os.path.join(folder, name)


def run(*arguments, **more):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=60, **more)


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


run(write, at("a.h5"))
GROUPS = [g for g in h5py.File(at("a.h5")) if g]


@check("racks open in xarray with decoded time, units, labels and auxiliary coordinates, both engines")
def _():
    for engine in "h5netcdf", "netcdf4":
        racks = xr.open_dataset(at("a.h5"), group="racks", engine=engine).load()
        assert racks.time.values[1] - racks.time.values[0] == np.timedelta64(15, "m"), racks.time
        assert str(racks.time.values[0]).startswith("2026-01-01T00:00:00"), racks.time
        assert racks.rack_power_w.dims == ("time", "rack") and racks.rack_power_w.shape == (96, 50)
        assert racks.rack_power_w.units == "W" and racks.rack_power_w.long_name
        assert racks.rack.values[1] == "A-002"
        assert set(racks.rack_power_w.groupby("hall").mean(...)["hall"].values) == {"h1", "höll-2"}


@check("jobs open as a pandas frame with ids, times, states and placements")
def _():
    for engine in "h5netcdf", "netcdf4":
        jobs = xr.open_dataset(at("a.h5"), group="jobs", engine=engine).to_dataframe()
        assert len(jobs) == 100 and jobs.index[4] == "job-5"
        assert jobs.loc["job-2", "submit_s"] == 60.000000001 and np.isnan(jobs.loc["job-10", "start_s"])
        assert jobs.loc["job-4", "placement"] == "3-5:8|7:8", jobs.loc["job-4", "placement"]
        assert jobs.loc["job-2", "gpu_ns"] == 16 * 3600 * 10**9


@check("every group opens in xarray with both engines; every series has units, a name and a time of its own")
def _():
    assert {"facility", "sites", "power", "racks", "halls", "cooling", "queue", "events", "jobs", "summary", "audit",
            "provenance"} <= set(GROUPS), GROUPS
    for engine in "h5netcdf", "netcdf4":
        for group in GROUPS:
            data = xr.open_dataset(at("a.h5"), group=group, engine=engine).load()
            for name, variable in data.variables.items():
                assert variable.attrs.get("long_name"), (group, name)
                if "time" in data.dims and name in data.data_vars:
                    assert variable.attrs["units"] and variable.dims[0] == "time", (group, name)


@check("ncdump -h reads the file")
def _():
    dump = run("ncdump", "-h", at("a.h5"))
    assert dump.returncode == 0 and "double facility_power_w(time)" in dump.stdout, dump.stderr


@check("values come back: rounded to the quantum where one is given, exact where none is")
def _():
    with h5py.File(at("a.h5")) as f:
        power = f["racks/rack_power_w"]
        quantum = power.attrs["quantum"][0]
        assert quantum == 1 and np.all(power[()] % quantum == 0)
        assert f["racks/rack_inlet_degc"].attrs["quantum"][0] == 2.0**-7
        assert np.any(f["facility/facility_power_w"][()] % 1 != 0)
        assert f.attrs["status"] in (b"complete", "complete") and f.attrs["duration_s"][0] == 86400
        assert f["provenance/scenario_sha256"][()] == b"0" * 64


@check("two runs give the same bytes, whatever the time zone, locale, folder and name")
def _():
    os.mkdir(at("sub"))
    run(os.path.abspath(write), "b.h5", cwd=at("sub"), env={**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8", "MALLOC_PERTURB_": "165"})
    assert digest(at("a.h5")) == digest(at("sub/b.h5"))


@check("jobs are exported in log order with exact times, expanded placements and no formulas")
def _():
    lines = run(read, "jobs", at("a.h5")).stdout.splitlines()
    assert lines[0] == "id,submit_s,start_s,end_s,wait_s,gpus,nodes,placement,pool,state"
    assert lines[2] == "job-2,60.000000001,90.000000001,3690.000000001,30,16,2,1:8|2:8,h100-sxm,done", lines[2]
    assert lines[4].endswith("3:8|4:8|5:8|7:8,h100-sxm,done") and len(lines) == 101
    assert lines[10] == "job-10,540,,,,16,2,,,queued", lines[10]


@check("series are exported as CSV and equal the file's values")
def _():
    lines = run(read, "facility", at("a.h5"), "pue,it_power_w").stdout.splitlines()
    assert lines[0] == "time_s,it_power_w,pue" and len(lines) == 1441
    with h5py.File(at("a.h5")) as f:
        assert [float(x) for x in lines[3].split(",")] == [120, f["facility/it_power_w"][2], f["facility/pue"][2]]
    racks = run(read, "racks", at("a.h5")).stdout.splitlines()
    assert racks[0].startswith("time_s,rack,rack_power_w") and len(racks) == 1 + 96 * 50 and racks[2].startswith("0,A-002,")
    assert run(read, "nosuch", at("a.h5")).returncode == 2
    assert run(read, "facility", at("a.h5"), "nosuch").returncode == 2


@check("the summary is read back with its kinds")
def _():
    assert run(read, "summary", at("a.h5")).stdout == "scenario.name fake nan\nenergy.it_kwh kWh 1234.5\njobs.submitted 1 100\n"


@check("an interrupted run is marked, and replaces no finished result; a failed one leaves only .part")
def _():
    before = digest(at("a.h5"))
    run(write, at("a.h5"), 5, 3, 0.5, 60, 900, "interrupted")
    assert digest(at("a.h5")) == before and os.path.exists(at("a.h5.part"))
    run(write, at("i.h5"), 5, 3, 0.5, 60, 900, "interrupted")
    assert run(read, "info", at("i.h5")).stdout.startswith("interrupted ") and not os.path.exists(at("i.h5.part"))
    run(write, at("f.h5"), 5, 3, 0.5, 60, 900, "failed")
    assert not os.path.exists(at("f.h5")) and run(read, "info", at("f.h5.part")).stdout.startswith("failed ")


@check("a missing folder, an unwritable name, a missing input: one message, status 74, 74, 66")
def _():
    for path, status in (at("no/where.h5"), 74), ("/proc/x.h5", 74):
        done = run(write, path)
        assert done.returncode == status and done.stderr.count("\n") == 1, done
    done = run(read, "info", at("none.h5"))
    assert done.returncode == 66 and "No such file" in done.stderr, done


@check("a full disk ends in status 74 with the reason, no signal, an older result unharmed, rows recoverable")
def _():
    before = digest(at("a.h5"))
    for kib in 1, 40, 100, 200, 300, 400, 450:
        done = run(write, at("a.h5"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (kib * 1024,) * 2))
        assert done.returncode == 74 and "File too large" in done.stderr, (kib, done)
        assert digest(at("a.h5")) == before
    assert run(read, "recover", at("a.h5.part"), at("full.h5")).returncode == 0
    assert xr.open_dataset(at("full.h5"), group="facility").load().sizes["time"] >= 0


@check("each write that fails is reported: status 74, no signal, no false success")
def _():
    if not shutil.which("strace"):
        return "no strace"
    if sanitized:
        return "leak checkers do not run under strace"
    if run("strace", "-o", "/dev/null", "true").returncode:
        return "strace may not trace here"
    for error in "ENOSPC", "EIO":
        for n in range(1, 470, 24 if kills < 60 else 8):
            done = run("strace", "-o", "/dev/null", "-e", f"inject=pwrite64:error={error}:when={n}+", write, at("x.h5"))
            assert done.returncode == 74, (error, n, done)
            assert not os.path.exists(at("x.h5"))


# The kernel may stop a write at a page's end when its process is killed. If that was a block of HDF5's chunk index, its
# checksum is wrong for ever, and the series behind it is lost: seen once in some hundred kills on a busy machine.
@check(f"killed at any moment ({kills} times): no final name, and recover gives every flushed sample; at most one is torn by the kill")
def _():
    chance, rows, torn = random.Random(7), 0, 0
    for _ in range(kills):
        for name in "k.h5.part", "r.h5":
            if os.path.exists(at(name)):
                os.unlink(at(name))
        child = subprocess.Popen([write, at("k.h5"), "100", "0", "36500"])
        deadline = time.time() + 30
        while time.time() < deadline and not (os.path.exists(at("k.h5.part")) and os.path.getsize(at("k.h5.part")) > 400e3):
            time.sleep(0.002)
        time.sleep(chance.random() * 0.4)
        child.kill()
        child.wait()
        assert not os.path.exists(at("k.h5"))
        with h5py.File(at("k.h5.part"), "r", libver="latest", swmr=True) as f:
            flushed = {g: f[g]["time"].shape[0] for g in ("facility", "racks")}
        before = digest(at("k.h5.part"))
        done = run(read, "recover", at("k.h5.part"), at("r.h5"))
        assert done.returncode == 0, done
        assert digest(at("k.h5.part")) == before
        for group, n in flushed.items():
            for engine in "h5netcdf", "netcdf4":
                try:
                    data = xr.open_dataset(at("r.h5"), group=group, engine=engine).load()
                except OSError as error:
                    assert "checksum" in str(error), error
                    torn += 1
                    break
                assert data.sizes["time"] == n, (group, n, data.sizes)
                for variable in data.data_vars.values():
                    assert np.all(np.isfinite(variable.values)) if variable.dtype.kind == "f" else True
            else:
                assert np.all(data[f"{'rack' if group == 'racks' else 'facility'}_power_w"].values > 0)
        assert run(read, "info", at("r.h5")).stdout.startswith("recovered ")
        rows += sum(flushed.values())
    assert rows > 0 and torn <= 1, (rows, torn)


@check("another run that writes the same file is refused while the first goes on")
def _():
    child = subprocess.Popen([write, at("two.h5"), "100", "0", "36500"])
    while not os.path.exists(at("two.h5.part")) or os.path.getsize(at("two.h5.part")) < 200e3:
        time.sleep(0.01)
    done = run(write, at("two.h5"))
    child.kill()
    child.wait()
    assert done.returncode == 74 and "another run" in done.stderr, done


@check("hostile HDF5 files are refused: status 65, one message, no signal, within 2 s")
def _():
    corpus = os.path.join(shared, "data/hostile/badh5")
    if not os.path.isdir(corpus):
        return "no ../shared"
    for line in open(os.path.join(corpus, "manifest.csv")).read().splitlines()[1:]:
        name, expected, _ = line.split(",", 2)
        start = time.time()
        for command in "info", "summary", "jobs", "racks":
            done = run(read, command, os.path.join(corpus, name))
            assert expected == "refuse" and done.returncode == 65 and done.stderr.count("\n") == 1, (name, done)
        assert time.time() - start < 8, name
        assert run(read, "recover", os.path.join(corpus, name), at("h.h5")).returncode == 65, name
        assert not os.path.exists(at("h.h5")) and not os.path.exists(at("h.h5.recovering"))


def hostile(change):
    shutil.copy(at("i.h5"), at("bad.h5"))
    with h5py.File(at("bad.h5"), "r+", libver="latest") as f:
        change(f)
    done = run(read, "info", at("bad.h5"))
    assert done.returncode == 65 and done.stderr.count("\n") == 1, (change, done)


@check("results with a link, external values, a virtual dataset, a plugin filter, a huge chunk are refused")
def _():
    def external(f):
        f.create_dataset("racks/x", shape=(10,), dtype="f8", external=[("/etc/passwd", 0, 80)])
    def virtual(f):
        layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
        layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", shape=(4,))
        f["racks"].create_virtual_dataset("x", layout)
    def soft(f):
        f["racks/x"] = h5py.SoftLink("/jobs/job")
    def outside(f):
        f["racks/x"] = h5py.ExternalLink("/tmp/other.h5", "/")
    def cycle(f):
        f["racks/x"] = f["/"]
    def plugin(f):
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        create.set_chunk((4,))
        create.set_filter(32000, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(f.id, b"racks/x", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((4,)), create)
    def chunk(f):
        f.create_dataset("racks/x", shape=(1 << 22, 4), chunks=(1 << 20, 4), dtype="f8")
    def compound(f):
        f.create_dataset("racks/x", shape=(3,), dtype=[("a", "f8"), ("b", "f8")])
    def name(f):
        f["racks"].create_dataset("x\n\033[2J", data=1.0)
    def many(f):
        for i in range(2000):
            f.create_group(f"g{i}")
    for change in external, virtual, soft, outside, cycle, plugin, chunk, compound, name, many:
        hostile(change)


@check("recover writes its own copy alone: links to other results are refused, and these stay as they are")
def _():
    def link(f):  # cut to no rows as /facility/none is, were it followed
        del f["facility/pue"]
        f["facility/pue"] = h5py.ExternalLink(at("victim.h5"), "/facility/pue")
    def soft(f):
        f["facility/z"] = h5py.SoftLink("/jobs/submit_s")
    def virtual(f):
        layout = h5py.VirtualLayout(shape=(4,), maxshape=(None,), dtype="f8")
        layout[:] = h5py.VirtualSource(at("victim.h5"), "facility/pue", shape=(4,))
        f["facility"].create_virtual_dataset("v", layout)
    shutil.copy(at("i.h5"), at("victim.h5"))
    before = digest(at("victim.h5"))
    for change, status in (link, 65), (soft, 65), (virtual, 0):
        shutil.copy(at("i.h5"), at("links.h5.part"))
        with h5py.File(at("links.h5.part"), "r+", libver="latest") as f:
            f.create_dataset("facility/none", shape=(0,), maxshape=(None,), chunks=(60,), dtype="f8")
            change(f)
        done = run(read, "recover", at("links.h5.part"), at("links.h5"))
        assert digest(at("victim.h5")) == before, change
        assert done.returncode == status, (change, done)
        assert os.path.exists(at("links.h5")) == (status == 0)
        if status == 0:
            os.unlink(at("links.h5"))


@check("a damaged result never crashes the reader: 200 mutants are read or refused")
def _():
    chance, whole = random.Random(11), open(at("i.h5"), "rb").read()
    statuses = {}
    for i in range(200):
        bad = bytearray(whole)
        for _ in range(chance.choice((1, 4, 32))):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        if i % 10 == 0:
            del bad[chance.randrange(len(bad)):]
        open(at("m.h5"), "wb").write(bad)
        for command in ("info", "jobs") if i % 2 else ("summary", "racks"):
            start = time.time()
            done = run(read, command, at("m.h5"))
            statuses[done.returncode] = statuses.get(done.returncode, 0) + 1
            assert done.returncode in (0, 65) and time.time() - start < 5, (i, command, done)
    assert statuses.get(0) and statuses.get(65), statuses


shutil.rmtree(folder)
