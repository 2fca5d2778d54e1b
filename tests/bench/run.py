#!/usr/bin/python3
"""tests/bench/run.py BUILD: events per second of the engine, beside SimPy's in the same run (CSV).

The models are those of bench.c. SimPy does fewer events (the column simpy_events) because it would take
minutes; both figures are the best of three by processor time. Without SimPy (Debian: python3-simpy3) its
columns stay empty and the last line says so.
"""
import random
import subprocess
import sys
import time

try:
    import simpy
    if int(simpy.__version__.split('.')[0]) < 3:
        simpy = None
except ImportError:
    simpy = None

BATCHES = 3


def hold(size):
    """(events, seconds): `size` processes that sleep exponential times."""
    env = simpy.Environment()
    draw = random.Random(1).expovariate
    n_event = 200000
    count = [0]
    reached = [None]

    def timer():
        while True:
            yield env.timeout(draw(1.0))
            count[0] += 1
            if count[0] == n_event:
                reached[0].succeed()
    for _ in range(size):
        env.process(timer())
    best = None
    for batch in range(-1, BATCHES):
        count[0] = 0
        reached[0] = env.event()
        start = time.process_time()
        env.run(until=reached[0])
        seconds = time.process_time() - start
        if batch == 0 or (batch > 0 and seconds < best):
            best = seconds
    return n_event, best


def mmc(servers):
    """(events, seconds): one process a job, the usual way in SimPy. Two model events a job."""
    n_job = 100000
    best = None
    for _ in range(BATCHES):
        env = simpy.Environment()
        draw = random.Random(1).expovariate
        station = simpy.Resource(env, capacity=servers)
        waits = [0.0]

        def job():
            arrived = env.now
            with station.request() as place:
                yield place
                waits[0] += env.now - arrived
                yield env.timeout(draw(1.0))

        def source():
            for _ in range(n_job):
                env.process(job())
                yield env.timeout(draw(0.9 * servers))
        env.process(source())
        start = time.process_time()
        env.run()
        seconds = time.process_time() - start
        best = seconds if best is None or seconds < best else best
    return 2 * n_job, best


def main():
    ours = subprocess.run([sys.argv[1] + '/bench'], stdout=subprocess.PIPE, check=True, universal_newlines=True)
    print('name,size,datahall_events_per_s,simpy_events_per_s,ratio,datahall_events,simpy_events')
    for line in ours.stdout.split():
        name, size, events, seconds = line.split(',')
        rate = int(events) / float(seconds)
        if simpy:
            theirs, theirs_s = {'hold': hold, 'mmc': mmc}[name](int(size))
            print('%s,%s,%.0f,%.0f,%.1f,%s,%d' % (name, size, rate, theirs / theirs_s, rate * theirs_s / theirs,
                                                events, theirs), flush=True)
        else:
            print('%s,%s,%.0f,,,%s,' % (name, size, rate, events), flush=True)
    if not simpy:
        print('# SimPy 3 is not installed (Debian: python3-simpy3): no comparison')


if __name__ == '__main__':
    main()
