#!/usr/bin/python3
"""tests/bench/flow.py BUILD: processor time of max-min flows, all at once on a fat tree of 1,024 hosts, beside SimGrid's for the same flows and
routes in the same run (CSV), and how far the ends are apart. SimGrid updates fully, its faster way
here: the random flows take it 45 s, lazily 57. Without its library (Debian: libsimgrid-dev) its columns stay empty and the last line says so.
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
        print('flows,n,datahall_s,simgrid_s,ratio,apart')
        for kind, n in (('random', 10000), ('alltoall', 65280)):
            workload, ours, theirs = (os.path.join(folder, name) for name in ('workload.csv', 'ours.csv', 'theirs.csv'))
            subprocess.run([bench, 'make', workload, kind], check=True)
            took = seconds([bench, 'run', workload, ours])
            if not built:
                print('%s,%d,%.4f,,,' % (kind, n, took), flush=True)
                continue
            other = seconds([simgrid, workload, theirs, '--cfg=network/optim:Full', '--log=root.thres:error'])
            apart = max(abs(a / b - 1) for a, b in zip(ends(ours), ends(theirs)))
            print('%s,%d,%.4f,%.3f,%.0f,%.1e' % (kind, n, took, other, other / took, apart), flush=True)
        if not built:
            print('# SimGrid is not installed (Debian: libsimgrid-dev): no comparison')


if __name__ == '__main__':
    main()
