#!/usr/bin/env python3
"""What the command line promises about its results when it is killed, stopped, out of disk or out of memory:
the name of a result stands for a complete result or for what was there before; what was flushed can be rescued;
and the end is one sentence and an exit status, never a signal. CRASH_KILLS (8) kills, CRASH_ALLOCS (12) allocations."""
import glob
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np
import xarray as xr

build, repo = sys.argv[1], os.getcwd()
datahall = os.path.abspath(os.path.join(build, "datahall"))
long_run = os.path.join(repo, "scenarios/examples/ashburn-24mw.xml")
short_run = os.path.join(repo, "scenarios/examples/small-hall.xml")
kills, allocs = int(os.environ.get("CRASH_KILLS", "8")), int(os.environ.get("CRASH_ALLOCS", "12"))
with open(datahall, "rb") as file:  # what runs under a sanitizer cannot be preloaded with the shim
    program = file.read()
sanitized = b"__asan_init" in program or b"__tsan_init" in program
folder = tempfile.mkdtemp()
os.chdir(folder)


def check(name):
    def run(test):
        try:
            reason = test()
            print("ok - " + name + (" # SKIP " + reason if reason else ""), flush=True)
        except Exception as problem:  # one test's failure must not hide the others
            print("not ok - %s\n# %s: %s" % (name, type(problem).__name__, str(problem).replace("\n", "\n# ")), flush=True)
    return run


def run(*arguments, **more):
    return subprocess.run([datahall, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=120, **more)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def says(done, status, *words):
    """The exit status, and one line of message with these words."""
    lines = [l for l in done.stderr.splitlines() if "error:" in l]
    assert done.returncode == status and len(lines) == 1 and all(w in lines[0] for w in words), \
        (done.args, done.returncode, done.stderr[-600:])


def forget(*names):
    for name in names:
        if os.path.exists(name):
            os.unlink(name)


# ---- kill -9 --------------------------------------------------------------------------------------------------
run("run", long_run, "--until", "20 d", "-q", "--progress", "never", "-o", "whole.h5")


@check("kill -9 in a run (%d times): nothing under the final name, recover gives every flushed sample, all of them right" % kills)
def _():
    chance, rows = random.Random(3), []
    with h5py.File("whole.h5") as whole:
        # The same scenario but for its horizon: what both have must be equal, bit by bit.
        right = {"facility": whole["facility/facility_power_w"][:], "racks": whole["racks/rack_power_w"][:]}
    for k in range(kills):
        forget("k.h5.part", "r.h5")
        child = subprocess.Popen([datahall, "run", long_run, "--until", "300 d", "-q", "--progress", "never", "-o", "k.h5"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 60
        while time.time() < deadline and not (os.path.exists("k.h5.part") and os.path.getsize("k.h5.part") > 300e3):
            time.sleep(0.002)
        # Half of the kills wait for a flush, however slow the machine; the others come at any moment.
        begun = os.path.getsize("k.h5.part")
        while k % 2 == 0 and time.time() < deadline and os.path.getsize("k.h5.part") < begun + 100e3:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.6)
        child.kill()
        assert child.wait() == -signal.SIGKILL
        assert not os.path.exists("k.h5")
        with h5py.File("k.h5.part", "r", libver="latest", swmr=True) as f:
            flushed = {g: f[g]["time"].shape[0] for g in right}
        before = digest("k.h5.part")
        done = run("recover", "k.h5.part", "-o", "r.h5")
        assert done.returncode == 0, done
        assert digest("k.h5.part") == before
        for group, n in flushed.items():
            for engine in "h5netcdf", "netcdf4":
                data = xr.open_dataset("r.h5", group=group, engine=engine).load()
                assert data.sizes["time"] == n, (group, n, data.sizes)
            name = "rack_power_w" if group == "racks" else "facility_power_w"
            m = min(n, len(right[group]))
            assert m == 0 or np.array_equal(data[name].values[:m], right[group][:m]), (k, group)
        assert run("info", "r.h5").returncode == 0 and run("report", "k.h5.part").returncode in (0, 65)
        rows.append(flushed["facility"])
    assert sum(rows) > 0
    print("# flushed samples of a minute: %d to %d, mean %.0f" % (min(rows), max(rows), sum(rows) / len(rows)))
    forget("k.h5.part", "r.h5")


# ---- a result that is there --------------------------------------------------------------------------------------
@check("a result that is there survives a run that is killed, interrupted, out of disk, or wrong")
def _():
    run("run", short_run, "--until", "6 h", "-q", "-o", "keep.h5")
    before = digest("keep.h5")
    for send, status in (signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 143):
        child = subprocess.Popen([datahall, "run", long_run, "--until", "300 d", "-q", "--progress", "never", "-o", "keep.h5"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not (os.path.exists("keep.h5.part") and os.path.getsize("keep.h5.part") > 300e3):
            time.sleep(0.01)
        child.send_signal(send)
        text = child.communicate(timeout=20)[1]
        assert child.returncode == status and digest("keep.h5") == before, (send, child.returncode, text)
        assert os.path.exists("keep.h5.part")
        if status > 0:
            assert "keep.h5.part" in text, "where the interrupted result is: " + text
        forget("keep.h5.part")
    says(run("run", long_run, "-q", "-o", "keep.h5", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200 * 1024,) * 2)),
         74, "keep.h5.part", "File too large")
    assert digest("keep.h5") == before
    assert run("run", short_run, "-q", "-o", "keep.h5", "--set", "/scenario/horizon/@step=-1 s").returncode == 65
    assert digest("keep.h5") == before
    forget("keep.h5.part")


# ---- the disk ---------------------------------------------------------------------------------------------------
def build_failing():
    if not os.path.exists("failing.so"):
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", "failing.so", os.path.join(repo, "tests/cli/failing.c"), "-ldl"],
                       check=True)
    return os.path.abspath("failing.so")


@check("a full disk at any point of the file: status 74, path and reason in one sentence, rows rescued, no result")
def _():
    if sanitized:
        return "the sanitizer wants to be first in the program"
    n_rescued = 0
    for kib in 0, 1, 5, 20, 60, 100, 150, 200, 220, 250, 300, 500, 900, 1500, 2500, 4000:
        forget("d.h5.part", "dr.h5")
        done = run("run", long_run, "--until", "60 d", "-q", "-o", "d.h5",
                   env={**os.environ, "LD_PRELOAD": build_failing(), "FAIL_AFTER_BYTES": str(kib * 1024)})
        says(done, 74, "d.h5.part", "No space left on device")
        assert not os.path.exists("d.h5")
        n_rescued += run("recover", "d.h5.part", "-o", "dr.h5").returncode == 0 and run("info", "dr.h5").returncode == 0
    assert n_rescued >= 8, "%d of 9 that had their layout" % n_rescued
    forget("d.h5.part", "dr.h5")


@check("a full file system (tmpfs)")
def _():
    os.mkdir("disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", "disk"], stderr=subprocess.DEVNULL).returncode:
        return "mounting is not allowed here; the same by failing writes above"
    try:
        says(run("run", long_run, "--until", "60 d", "-q", "-o", "disk/d.h5"), 74, "disk/d.h5.part", "No space left on device")
        assert os.listdir("disk") == ["d.h5.part"], os.listdir("disk")
        assert run("recover", "disk/d.h5.part", "-o", "dr.h5").returncode == 0
        assert run("info", "dr.h5").returncode == 0
        says(run("recover", "disk/d.h5.part", "-o", "disk/dr.h5"), 74, "disk/dr.h5", "No space left on device")
        assert os.listdir("disk") == ["d.h5.part"], os.listdir("disk")
        says(run("export", "dr.h5", "facility", "-o", "disk/t.csv"), 74, "No space left on device")
        assert os.listdir("disk") == ["d.h5.part"], os.listdir("disk")
    finally:
        subprocess.run(["umount", "disk"], check=True)


# ---- names that cannot be written ------------------------------------------------------------------------------------
@check("a name that cannot be written is refused before the run: folder, device, pipe, link to itself, nothing")
def _():
    os.mkdir("folder.h5")
    os.mkfifo("pipe.h5")
    os.symlink("loop.h5.part", "loop.h5.part")
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    for name, *words in (("folder.h5", "Is a directory"), ("folder.h5/", "not the name of a file"), ("", "not the name of a file"),
                         ("pipe.h5", "Not a regular file"), ("none/a.h5", "none/a.h5.part", "No such file"),
                         (os.path.join(folder, "whole.h5/a.h5"), "Not a directory"), ("x" * 300 + ".h5", "File name too long")):
        says(run("run", long_run, "-q", "-o", name), 74, *words)
    assert sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before < 20, "these years were simulated first"
    assert run("run", short_run, "--until", "1 h", "-q", "-o", "loop.h5").returncode == 0 # a left-over link goes, unfollowed
    assert os.path.isfile("loop.h5") and not os.path.lexists("loop.h5.part")
    assert os.path.isdir("folder.h5") and not glob.glob("folder.h5*part") and not glob.glob("pipe*part")


@check("a device is never replaced by a result")
def _():
    if os.geteuid() == 0:
        # A node of our own: nobody needs it.
        if subprocess.run(["mknod", "full.h5", "c", "1", "7"], stderr=subprocess.DEVNULL).returncode:
            return "device nodes cannot be made here"
        device = "full.h5"
    else:
        device = "/dev/full" # its folder is not ours to write either way
    says(run("run", short_run, "--until", "1 h", "-q", "-o", device), 74, device)
    assert not os.path.isfile(device)
    if device == "full.h5":
        says(run("export", "whole.h5", "facility", "-o", device), 74, "No space left on device")
        assert not os.path.isfile(device)
        forget(device)


@check("a folder that may not be written: one sentence, nothing left, for results and tables")
def _():
    os.mkdir("shut")
    os.chmod(folder, 0o755)
    os.chmod("shut", 0o555)
    anyone = (lambda: (os.setgid(65534), os.setuid(65534))) if os.geteuid() == 0 else None
    # The project may lie where others may not look: program and scenario go with them.
    shutil.copy(short_run, "hall.xml")
    shutil.copy(datahall, "program")
    for name, mode in (("hall.xml", 0o644), ("program", 0o755), ("whole.h5", 0o644)):
        os.chmod(name, mode)
    them = {"executable": os.path.join(folder, "program"), "preexec_fn": anyone}
    says(run("run", "hall.xml", "-q", "-o", "shut/a.h5", **them), 74, "shut/a.h5.part", "Permission denied")
    says(run("export", "whole.h5", "facility", "-o", "shut/t.csv", **them), 74, "shut/t.csv", "Permission denied")
    assert os.listdir("shut") == []
    forget("hall.xml", "program")


@check("standard output that cannot be written is an error with its reason, whatever is printed")
def _():
    for arguments in (("report", "whole.h5"), ("report", "whole.h5", "--json"), ("report", "whole.h5", "--csv"), ("info", "whole.h5"),
                      ("export", "whole.h5", "facility"), ("help",), ("help", "--xsd"), ("help", "--man"), ("--version",),
                      ("check", long_run), ("run", "--dry-run", short_run), ("run", short_run, "--no-output", "--until", "1 h")):
        with open("/dev/full", "w") as full:
            done = subprocess.run([datahall, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
        says(done, 74, "No space left on device")


# ---- memory ---------------------------------------------------------------------------------------------------------
@check("an allocation of ours that fails (%d places, once and from then on) ends in a message or in the same result" % allocs)
def _():
    if sanitized:
        return "the sanitizer wants to be first in the program"
    command = [datahall, "run", short_run, "--until", "2 h", "-q", "-o", "m.h5"]
    preload = {**os.environ, "LD_PRELOAD": build_failing(), "FAIL_COUNT": os.path.abspath("count")}
    subprocess.run(command, check=True, env=preload, stdout=subprocess.DEVNULL)
    right, n = digest("m.h5"), int(open("count").read())
    ends, bad = {}, []
    for forever in False, True:
        for i in range(allocs):
            at = 1 + (n - 1) * i // max(1, allocs - 1)
            forget("m.h5", "m.h5.part")
            env = {**preload, "FAIL_ALLOC": str(at), **({"FAIL_FOREVER": "1"} if forever else {})}
            done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
            key = ("from then on" if forever else "once", done.returncode)
            ends[key] = ends.get(key, 0) + 1
            if done.returncode == 0:
                good = digest("m.h5") == right
            else:
                good = done.returncode > 0 and done.stderr.strip() and not os.path.exists("m.h5")
            if not good:
                bad.append((at, *key, done.stderr[-200:]))
    print("# %d allocations of our own; ends by status: %s" % (n, ", ".join("%s %d: %d" % (*k, v) for k, v in sorted(ends.items()))))
    assert not bad, "%d: %s" % (len(bad), bad[:8])
    assert set(s for _, s in ends) <= {0, 71}, ends


shutil.rmtree(folder)
