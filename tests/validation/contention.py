#!/usr/bin/python3
"""Steps of jobs that share links beside an independent simulation: contention.py BUILD. Prints TAP.

Random instances of 2 to 6 jobs of 1 to 3 phases on 1 to 4 links. The simulation here fills links progressively (all flows at one level; whoever meets
a full link or its full speed stays there), goes from end to end, and takes the same steps into its means: from the first end of each job's steps to
its last when all have made as many as asked for. Jobs that no link couples are not simulated by the program: their steps are closed forms.
"""
import os, random, subprocess, sys

build = sys.argv[1] if len(sys.argv) > 1 else "build"
quick = os.environ.get("VALIDATE") == "quick"


def rates(flows, capacity):
    """Of flows {job: {link: share}}: share of full speed of each, max-min fair."""
    left, open_flows, got = dict(enumerate(capacity)), set(flows), {}
    level = 0.0
    while open_flows:
        load = {}
        for f in open_flows:
            for link, share in flows[f].items():
                load[link] = load.get(link, 0) + share
        rise = min([1 - level] + [left[l] / load[l] for l in load])
        level += rise
        for l in load:
            left[l] -= rise * load[l]
        full = {l for l in load if left[l] <= 1e-12 * capacity[l]}
        stop = {f for f in open_flows if level >= 1 - 1e-15 or full & set(flows[f])}
        for f in stop:
            got[f] = level
        open_flows -= stop
    return got


def simulate(jobs, capacity, steps):
    full = [sum(q + max(w, n) for q, w, n, _ in phases) for _, phases in jobs]
    state = [["wait", start * full[j], -1] for j, (start, _) in enumerate(jobs)]  # what, until when, phase
    sending = {}  # job: [left, began]
    ends = [[] for _ in jobs]
    now = 0.0

    def begin(j):
        phase = jobs[j][1][state[j][2]]
        if phase[0] > 0:
            state[j][:2] = ["quiet", now + phase[0]]
        else:
            send(j)

    def send(j):
        state[j][:2] = ["send", None]
        sending[j] = [jobs[j][1][state[j][2]][2], now]

    def over(j):
        state[j][2] += 1
        if state[j][2] == len(jobs[j][1]):
            state[j][2] = 0
            ends[j].append(now)
        begin(j)
    while min(len(e) for e in ends) < steps + 1:
        speed = rates({j: jobs[j][1][state[j][2]][3] for j in sending}, capacity) if sending else {}
        times = [s[1] for s in state if s[0] != "send"] + [now + sending[j][0] / speed[j] for j in sending]
        then = min(times)
        for j in sending:
            sending[j][0] -= speed[j] * (then - now)
        now = then
        for j in range(len(jobs)):
            if state[j][0] == "send" and sending[j][0] <= 1e-12:
                began = sending.pop(j)[1]
                state[j][:2] = ["wait", began + jobs[j][1][state[j][2]][1]]
                if state[j][1] <= now:
                    over(j)
            elif state[j][0] == "quiet" and state[j][1] <= now:
                send(j)
            elif state[j][0] == "wait" and state[j][1] <= now:
                over(j)
    return [(e[-1] - e[0]) / (len(e) - 1) for e in ends]


def coupled(jobs, capacity):
    """Groups through links that all their users could fill."""
    most = [{} for _ in jobs]
    for j, (_, phases) in enumerate(jobs):
        for phase in phases:
            for l, s in phase[3].items():
                most[j][l] = max(most[j].get(l, 0), s)
    group = list(range(len(jobs)))
    for l, c in enumerate(capacity):
        users = [j for j in range(len(jobs)) if l in most[j]]
        if sum(most[j][l] for j in users) > c * (1 + 1e-12):
            for j in users:
                old, new = group[j], group[users[0]]
                group = [new if g == old else g for g in group]
    return [[j for j in range(len(jobs)) if group[j] == g] for g in sorted(set(group))]


def alone(phases, capacity):
    return sum(q + max(w, n * max([1] + [s / capacity[l] for l, s in links.items()])) for q, w, n, links in phases)


draw = random.Random(5)
worst, n_coupled, n_alone, instances = 0, 0, 0, 30 if quick else 300
for _ in range(instances):
    n_link = draw.randint(1, 4)
    capacity = [draw.uniform(1, 4) for _ in range(n_link)]
    jobs = []
    for _ in range(draw.randint(2, 6)):
        phases = []
        for _ in range(draw.randint(1, 3)):
            links = draw.sample(range(n_link), draw.randint(1, n_link))
            phases.append((draw.choice([0, draw.uniform(0, 2)]), draw.choice([0, draw.uniform(0, 3)]), draw.uniform(0.1, 2),
                           {l: draw.uniform(0.2, 2) for l in links}))
        jobs.append((draw.random(), phases))
    steps = 40
    text = [steps, n_link, *capacity, len(jobs)]
    for start, phases in jobs:
        text += [start, len(phases)]
        for q, w, n, links in phases:
            text += [q, w, n, len(links)] + [x for pair in links.items() for x in pair]
    done = subprocess.run([os.path.join(build, "tools/contention")], input=" ".join(repr(x) for x in text), capture_output=True, text=True, check=True)
    got = [float(line) for line in done.stdout.split()]
    for group in coupled(jobs, capacity):
        if len(group) == 1:
            wanted = [alone(jobs[group[0]][1], capacity)]
            n_alone += 1
        else:
            wanted = simulate([jobs[j] for j in group], capacity, steps)
            n_coupled += len(group)
        worst = max([worst] + [abs(got[j] - w) / w for j, w in zip(group, wanted)])
good = worst <= 1e-8 and n_coupled > instances and n_alone > 0
print("ok" if good else "not ok", "1 -", f"mean steps of {n_coupled} coupled jobs and {n_alone} others, {instances} instances: within {worst:.1g}")
print("1..1")
