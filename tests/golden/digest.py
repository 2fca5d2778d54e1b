#!/usr/bin/env python3
"""digest.py BUILD: runs the cases below and prints, for each group of each result, the SHA-256 of its values.

Names, shapes, types and bits of all data sets count; texts about the run do not (provenance, titles, assumptions), so
that a better sentence in the catalog changes nothing here and a changed last bit of a power does."""
import hashlib, os, subprocess, sys, tempfile
import h5py

E, V = "scenarios/examples/", "scenarios/validation/"
LOG = "id,submit_s,duration_s,gpus,requested_s\n" + "".join(
    f"{i},{97 * i % 3000},{60 + 7919 * i % 1500},{1 + 5 * i % 8},{120 + 7919 * i % 1500}\n" for i in range(60))
CASES = {
    "small-hall": [E + "small-hall.xml"],
    "small-hall-tariff": [E + "small-hall.xml", "--set=//site/@tariff=virginia-tou", "--set=//horizon/@duration=40 d"],
    "small-hall-seed-2": [E + "small-hall.xml", "--seed=2"],
    "hot-weather": [E + "hot-weather.xml"],
    "hot-weather-warmer": [E + "hot-weather.xml", "-p", "warmer=8 K"],
    "hot-weather-spot": [E + "hot-weather.xml", "-p", "warmer=8 K", "--set=//burst/@pricing=spot"],
    "gb200-pod": [E + "gb200-pod.xml", "--until=7 d"],
    "ashburn-24mw": [E + "ashburn-24mw.xml", "--until=2 d"],
    "ashburn-24mw-limit": [E + "ashburn-24mw.xml", "--until=1 d", "-p", "burst=1 min", "-p", "connection=18 MW"],
    "ashburn-24mw-conservative": [E + "ashburn-24mw.xml", "--until=1 d", "-p", "policy=conservative", "--no-series"],
    "solar-battery": [E + "solar-battery.xml", "--set=//horizon/@start=2026-07-01T00:00:00Z", "--until=7 d"],
    "frontier": [E + "frontier.xml", "--until=1 h", "-p", "policy=easy", "--jobs=LOG"],
    "flat-pool": [V + "flat-pool.xml", "--until=idle", "--jobs=LOG"],
    "packed-nodes": [V + "packed-nodes.xml", "--until=idle", "--jobs=LOG"],
    "preemptive-nodes": [V + "preemptive-nodes.xml", "--until=idle", "--jobs=LOG"],
}
TEXTS = ("assumptions.", "provenance.", "scenario.")


def digest(group, leave_out=()):
    total = hashlib.sha256()
    for name in sorted(group):
        if name.startswith(leave_out):
            continue
        values = group[name][()]
        kind = group[name].dtype
        if kind.kind == "O":
            data = repr(values.tolist() if hasattr(values, "tolist") else values).encode()
        else:
            data = values.tobytes()
        total.update(f"{name} {group[name].shape} {'text' if kind.kind == 'O' else kind.str} ".encode() + data)
    return total.hexdigest()[:32]


def main():
    with tempfile.TemporaryDirectory() as folder:
        log, out = os.path.join(folder, "log.csv"), os.path.join(folder, "r.h5")
        with open(log, "w") as f:
            f.write(LOG)
        for case, arguments in CASES.items():
            arguments = [a.replace("LOG", log) for a in arguments]
            done = subprocess.run([f"{sys.argv[1]}/datahall", "run", *arguments, "-q", "-o", out], capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{case}: {done.stderr}")
            with h5py.File(out) as f:
                for group in sorted(f):
                    if group != "provenance":
                        print(case, group, digest(f[group], TEXTS if group == "summary" else ()))
            os.unlink(out)


main()
