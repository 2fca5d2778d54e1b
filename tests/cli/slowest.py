#!/usr/bin/env python3
"""Heat slows a job, and a job runs at its slowest member: clocks and run times worked out by hand, end to end.
slowest.py BUILD"""
import csv, io, math, os, subprocess, sys, tempfile
import h5py

build = sys.argv[1]
folder = tempfile.TemporaryDirectory()

# Boards of 100 W idle and 600 W in training, V at 0.7 up to 60 % of the clock and in a straight line from there; 0.08 K/W
# from the air. Both halls have what air they are set to at the racks: nothing recirculates, fans stand at one speed.
SITE = """<scenario xmlns="urn:datahall:scenario:1" name="slowest" seed="1"><import href="catalog:climates.xml"/><import href="catalog:plants.xml"/>
<horizon start="2026-07-01T00:00:00Z" duration="6 h" step="10 s"/>
<device id="d" idle="100 W" tdp="700 W" clock-max="2 GHz" clock-min="0.4 GHz" clock-step="20 MHz" clock-knee="0.6" voltage-min="0.7" throttle-at="87 degC"
 slowdown-at="95 degC" shutdown-at="99 degC" air-resistance="0.08 K/W" spread="%(spread)s"><power work="training" board="%(board)s W" compute-share="0.8"/></device>
<node id="n" device="d" gpus="8" fan-max="100 W" fan-min="1"/><rack-type id="rack" node="n" nodes="%(nodes)d" rated="%(rated)d kW"/>
<climate id="here" base="ashburn" altitude="0 m"/>
<site id="s" climate="here"><power><utility id="grid" rated="1 MW"/></power>
<cooling><chiller-plant id="cw" base="chiller-tower-economizer" feed="grid" capacity="500 kW"/></cooling>
<hall id="cool" plant="cw" supply="22 degC" recirculation="0" air-capacity="200 kW"><row id="a" rack="rack" feed="grid"/></hall>
<hall id="hot" plant="cw" supply="45 degC" recirculation="0" air-capacity="200 kW"><row id="b" rack="rack" feed="grid"/></hall></site>
<workload/><scheduler policy="fcfs"/><record interval="10 s" rack-interval="10 s" precision="full"/></scenario>"""


def run(jobs, **figures):
    """Run times of jobs (GPUs, seconds) that all come at once, and the result."""
    figures = {"spread": 0, "board": 600, "nodes": 1, "rated": 10} | figures
    path = os.path.join(folder.name, "a")
    with open(path + ".xml", "w") as f:
        f.write(SITE % figures)
    with open(path + ".csv", "w") as f:
        f.write("id,submit_s,duration_s,gpus,kind\n" + "".join(f"j{i},0,{s},{gpus},training\n" for i, (gpus, s) in enumerate(jobs)))
    subprocess.run([f"{build}/datahall", "run", path + ".xml", "-q", "-o", path + ".h5", "--jobs=" + path + ".csv"], check=True, capture_output=True)
    result = h5py.File(path + ".h5")
    return [float(e - s) for s, e in zip(result["jobs/start_s"][()], result["jobs/end_s"][()])], result


def rate(clock):
    """0.8 of the time goes with the clock."""
    return 1 / (0.8 / clock + 0.2)


def hot_member():
    """45 degC and 0.08 K/W leave (87 - 45) / 0.08 = 525 W: V^2 f = 425 / 500 = 0.85. At f = 0.93, V = 0.9475: 0.835; at 0.94,
    V = 0.955: 0.857. So the hot rack settles at 0.93, and with it a job on both racks: the cool one could run at 1."""
    (seconds,), result = run([(16, 3600)])
    racks = [n.decode() for n in result["racks/rack"][()]]
    clock = result["racks/rack_clock_frac"][()]
    a, b = clock[:, racks.index("a-001")], clock[:, racks.index("b-001")]
    inlet = result["racks/rack_inlet_degc"][60, racks.index("b-001")]
    assert abs(inlet - 45) < 0.01, f"the hot hall has {inlet} degC"
    assert abs(b[200] - 0.93) < 1e-9, f"clock {b[200]}"
    assert (a == 1).all(), "the cool rack is not slowed"
    hottest = result["racks/rack_junction_degc"][200, racks.index("b-001")]
    assert abs(hottest - (45 + 0.08 * (100 + 500 * 0.9475**2 * 0.93))) < 0.05, f"junction {hottest}"
    whole = int(seconds // 10)  # an hour of work: each ten seconds at the clock that held in them
    done = sum(10 * rate(c) for c in b[:whole]) + (seconds - 10 * whole) * rate(b[whole])
    assert abs(done - 3600) < 1e-5, f"{done} s of work in {seconds} s"
    assert 3600 / rate(0.93) - 30 < seconds < 3600 / rate(0.93), f"{seconds} s, {3600 / rate(0.93)} s if it had been hot from the start"
    (alone,), result = run([(8, 3600)])
    assert alone == 3600, f"a job in the cool hall takes {alone} s"


def hungriest_part():
    """At the cap each board runs at the clock that its own power allows: a job on all nodes takes as long as the slowest of
    jobs on one node each, to the nanosecond."""
    each, _ = run([(8, 1800)] * 6, board=1400, spread=0.06, nodes=3, rated=20)
    together, _ = run([(48, 1800)], board=1400, spread=0.06, nodes=3, rated=20)
    assert len(set(each)) > 3, f"parts do not differ: {each}"
    assert together[0] == max(each), f"{together[0]} s together, {each} alone"
    # 700 W of a board of 1400: V^2 f = 600 / 1300 = 0.4615; f = 0.73, V = 0.7975: 0.4643; f = 0.72, V = 0.79: 0.4494
    nominal, _ = run([(8, 1800)], board=1400)
    assert abs(nominal[0] - 1800 / rate(0.72)) < 1e-6, f"a nominal board takes {nominal[0]} s, not {1800 / rate(0.72)}"


for check in hot_member, hungriest_part:
    try:
        check()
        print(f"ok - {check.__name__.replace('_', ' ')}")
    except Exception as error:
        print(f"not ok - {check.__name__.replace('_', ' ')}\n# {type(error).__name__}: {error}")
