#!/usr/bin/python3
"""tests/bench/flow.py BUILD [random|alltoall|ring]: processor time of max-min flows, all at once on a fat tree of 1,024 hosts, and of the
first 64 steps of a ring all-reduce over 4,096 hosts, beside SimGrid's for the same flows and routes in the same run (CSV), and how far the
ends are apart. SimGrid updates fully or lazily, whichever is faster: fully the random flows take it 45 s, lazily 57; for the rest both are
run. Without its library (Debian: libsimgrid-dev) its columns stay empty and the last line says so.
"""
import csv
import os
import subprocess
import sys
import tempfile


def seconds(command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, universal_newlines=True)
    return float(run.stdout.split()[-1])


def ends(path):
    with open(path) as f:
        return [float(row['finish']) for row in csv.DictReader(f)]


def main():
    bench = os.path.join(sys.argv[1], 'bench_flow')
    with tempfile.TemporaryDirectory() as folder:
        simgrid = os.path.join(folder, 'simgrid')
        built = subprocess.run(['c++', '-O2', '-o', simgrid, 'tests/bench/flow_simgrid.cpp', '-lsimgrid'], stderr=subprocess.DEVNULL).returncode == 0
        print('flows,n,datahall_s,simgrid_s,update,ratio,apart')
        for kind, n, steps, ways in (('random', 10000, [], ['Full']), ('alltoall', 65280, [], ['Full', 'Lazy']),
                                     ('ring', 64 * 4096, ['64'], ['Full', 'Lazy'])):
            if len(sys.argv) > 2 and kind not in sys.argv[2:]:
                continue
            workload, ours, theirs = (os.path.join(folder, name) for name in ('workload.csv', 'ours.csv', 'theirs.csv'))
            subprocess.run([bench, 'make', workload, kind], check=True)
            took = seconds([bench, 'run', workload, ours] + steps)
            if not built:
                print('%s,%d,%.4f,,,,' % (kind, n, took), flush=True)
                continue
            others = []
            for way in ways:
                others.append((seconds([simgrid, workload, theirs] + steps + ['--cfg=network/optim:' + way, '--log=root.thres:error']), way))
                apart = max(abs(a / b - 1) for a, b in zip(ends(ours), ends(theirs)))
            other, way = min(others)
            print('%s,%d,%.4f,%.3f,%s,%.0f,%.1e' % (kind, n, took, other, way, other / took, apart), flush=True)
        if not built:
            print('# SimGrid is not installed (Debian: libsimgrid-dev): no comparison')


if __name__ == '__main__':
    main()
