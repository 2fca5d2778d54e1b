#!/usr/bin/env python3
"""The HPL run measured on Frontier (ORNL data set 437) from the power model and the run's phases.

The trace kept here holds the idle minutes and the first hour of a core phase of 2:12:09; of the whole there are
published figures (hpl_trace_summary.csv). What goes in:

  power model   Frontier's own configuration in ExaDigiT RAPS (scenarios/catalog), fitted to nothing here
  activity      HPL as RAPS publishes it: CPU 0.33, GPU 0.79, a mean over the core phase
  two phases    a plateau and the tail in which the matrix has become small. The trace's summary gives only their
                shape, as ratios of what lies above the power before the run: where the plateau's middle lies over
                the mean (from 95th percentile and maximum, below), and where the 5th percentile lies for the tail;
                their lengths follow, as their mean must be the published 0.79
  times         start and length of the core phase

So no power level of the trace sets a power level of the model: all powers scaled by a tenth would leave the phases
as they are and move every figure below by a tenth. The plateau is judged on the first hour, the mean on the whole.
Prints TAP.
"""
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok, skip

build = sys.argv[1] if len(sys.argv) > 1 else "build"
facility = os.path.join(os.environ.get("DATAHALL_SHARED", "../shared"), "data", "facility")


def within(value, want, share, name):
    ok(abs(value / want - 1) <= share, "%s: %.3f MW, measured %.3f: %+.1f %% (within %g %%)"
       % (name, value / 1e6, want / 1e6, 100 * (value / want - 1), 100 * share))


if not os.path.isdir(facility):
    skip("the measured HPL run", "no reference data in " + facility)
    finish()
    sys.exit()

import h5py
import numpy as np

with open(os.path.join(facility, "frontier_hpl_trace_15s.csv")) as f:
    power = np.array([float(r["P_W"]) for r in csv.DictReader(f)])
with open(os.path.join(facility, "hpl_trace_summary.csv")) as f:
    whole = next(r for r in csv.DictReader(f) if r["system"].startswith("Frontier"))
mean_w, p5_w, p95_w = (float(whole[k]) for k in ("mean_W(core or file)", "p5_W", "p95_W"))
before_w = float(whole["start_mean10_W"])
CORE_S = 2 * 3600 + 12 * 60 + 9
GPU, CPU = 0.79, 0.33

# The 95th percentile and the maximum of all samples are high quantiles of the plateau's, which scatter around its middle:
# with normal scatter the middle lies as many standard deviations below them as those quantiles do (Blom's for a maximum).
samples, max_w = CORE_S / float(whole["dt_s"]), float(whole["max_W"])
tail = GPU * (p5_w - before_w) / (mean_w - before_w)
middle_w, normal = p95_w, statistics.NormalDist()
for _ in range(50):  # the share of samples that are the plateau's follows from its middle
    plateau = GPU * (middle_w - before_w) / (mean_w - before_w)
    share = (GPU - tail) / (plateau - tail)
    n = share * samples
    at_p95, at_max = normal.inv_cdf(1 - 0.05 / share), normal.inv_cdf((n - 0.375) / (n + 0.25))
    sigma = (max_w - p95_w) / (at_max - at_p95)
    middle_w = p95_w - at_p95 * sigma
print("# plateau: GPU %.3f for %.0f min (the percentile lies %.2f, the maximum %.2f standard deviations of %.2f MW above its middle); tail: GPU %.3f for %.0f min"
      % (plateau, share * CORE_S / 60, at_p95, at_max, sigma / 1e6, tail, (1 - share) * CORE_S / 60))

work = tempfile.TemporaryDirectory()
text = open("scenarios/examples/frontier.xml").read().replace("<workload/>", """<workload>
    <jobs id="hpl" kind="hpc" arrival="regular" rate="1 1/d" duration="constant" mean="%d s" count="1">
      <size gpus="37888" share="1"/>
      <phase share="%.9f" gpu-util="%.9f" cpu-util="%g"/>
      <phase share="%.9f" gpu-util="%.9f" cpu-util="%g"/>
    </jobs>
  </workload>""" % (CORE_S, share, plateau, CPU, 1 - share, tail, CPU))
text = text.replace('kind="point"', 'kind="mean"')
path = os.path.join(work.name, "hpl.xml")
open(path, "w").write(text)
out = os.path.join(work.name, "hpl.h5")
run = subprocess.run([os.path.join(build, "datahall"), "run", path, "--param", "policy=fcfs", "--until", "3 h", "-o", out,
                      "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
if run.returncode:
    print("# " + run.stderr.decode()[-500:])
    ok(False, "the run")
    sys.exit(1)
with h5py.File(out) as f:
    model = f["facility/facility_power_w"][:]

high = np.nonzero(power > 0.5 * (power.min() + power.max()))[0]
first, last = high[0], high[-1] + 1
core = power[first:last]
idle_w = model[-1]
within(idle_w, power[:first].mean(), 0.07, "idle, before the run")
within(model[:len(core)].mean(), core.mean(), 0.02, "core phase, mean of the %d minutes in the file" % (len(core) // 4))
n = int(CORE_S // 15)
within(model[:n].mean(), mean_w, 0.02, "core phase, mean of all 2 h 12 min")
energy = (idle_w * first + model[:len(core)].sum() + idle_w * (len(power) - last)) * 15
ok(abs(energy / (power.sum() * 15) - 1) <= 0.03,
   "energy of the file: %.2f MWh, measured %.2f: %+.1f %% (within 3 %%)"
   % (energy / 3.6e9, power.sum() * 15 / 3.6e9, 100 * (energy / (power.sum() * 15) - 1)))
# the phases against their closed form (FRONTIER.md): a job with phases is nothing but its phases one after the other
node = lambda cpu, gpu: (cpu * 280 + (1 - cpu) * 90 + 4 * (gpu * 560 + (1 - gpu) * 88) + 74.26 + 4 * 20 + 30 + 13) / 0.98
system = lambda gpu: (9472 * node(CPU, gpu) + 592 * 1000 + 2368 * 17) / 0.96 + 25 * 8473.47
want = share * system(plateau) + (1 - share) * system(tail)
got = json.loads(run.stdout)["energy"]["facility_kwh"] * 3.6e6 - idle_w * (3 * 3600 - CORE_S)
ok(abs(got / (want * CORE_S) - 1) < 1e-8, "energy of the phases is that of their closed form: %.9f of it" % (got / want / CORE_S))
cdu = 25 * 8473.47
print("# if the trace leaves out the CDUs' pumps, which its source does not say: idle %+.1f, first hour %+.1f, whole core %+.1f %%"
      % tuple(100 * ((m - cdu) / t - 1) for m, t in ((idle_w, power[:first].mean()), (model[:len(core)].mean(), core.mean()),
                                                     (model[:n].mean(), mean_w))))
print("# in single samples the measured core runs from %.1f to %.1f MW, with pauses of half a minute that are not modelled; "
      "model %.2f MW" % (core.min() / 1e6, core.max() / 1e6, model[:len(core)].mean() / 1e6))
finish()
