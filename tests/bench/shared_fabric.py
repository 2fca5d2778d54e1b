#!/usr/bin/python3
"""Reads the summary of a run of shared-fabric.xml, and says what it took, and what came of it."""
import json, sys

r = json.load(sys.stdin)
p, n = r["performance"], r["network"]
print("%d jobs over a week on %d accelerators that share a fabric: %.1f s of processor time, %.0f MB, %d events"
      % (r["jobs"]["submitted"], r["gpus"]["installed"], p["cpu_s"], p["peak_rss_bytes"] / 1e6, p["events"]))
print("slow-down %.3f on average, %.2f at most; %.0f GPU hours of %.0f waited for the network"
      % (n["slowdown_mean"], n["slowdown_max"], n["lost_gpu_h"], r["gpu_time"]["installed_h"]))
