"""What a result's summary must say, from its series, jobs, events and scenario text: no code in common with datahall but the expressions that
`report --explain` prints, which are read and evaluated here once more. Used by tests/validation/report_numbers.py and scripts of tests/cli."""
import math, os, re, sys
import h5py, numpy as np
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "validation"))
import audit_recompute
import xml.etree.ElementTree as ET

NEVER = np.iinfo(np.int64).min
UNIT = {"": 1, "W": 1, "kW": 1e3, "MW": 1e6, "GW": 1e9, "mW": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400, "week": 604800, "a": 31536000, "ms": 1e-3,
        "us": 1e-6, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "kg": 1, "t": 1e3, "m3": 1, "L": 1e-3, "J": 1, "kWh": 3.6e6,
        "MWh": 3.6e9, "month": 31536000 / 12, "g": 1e-3, "USD": 1, "kUSD": 1e3, "MUSD": 1e6, "K": 1, "degC": 1, "1": 1, "GiB": 2 ** 30}


def quantity(text):
    """"3 USD/m3" in SI; None where there is none."""
    if not text:
        return None
    number, _, unit = text.strip().partition(" ")
    scale = 1.0
    for i, part in enumerate(unit.split("/")):
        scale = scale * UNIT[part] if i == 0 else scale / UNIT[part]
    return float(number) * scale


class Absent(Exception):
    pass


class Keys:
    def __init__(self, path, explained):
        self.f = h5py.File(path)
        self.xml = ET.fromstring(re.sub(r'\sxmlns="[^"]*"', "", self.f["provenance/scenario_xml"][()].decode(), count=1))
        self.s = {k: v[()] for k, v in self.f["summary"].items()}
        self.s = {k: v.decode() if isinstance(v, bytes) else v for k, v in self.s.items()}
        self.how = {r["key"]: r for r in explained}
        self.duration = float(self.f.attrs["duration_s"][0])
        step = quantity(self.xml.find("horizon").get("step") or "60 s")
        # The plant's own books end with its last whole step, and after a failure its steps are of any length.
        self.whole = round(self.duration * 1e9) % round(step * 1e9) == 0
        self.step = step
        self.audited = audit_recompute.Result(path)

    # ---- expressions
    def series(self, function, name):
        name, _, column = name.partition("[")
        if name[1:] not in self.f:
            raise Absent(name)
        data = self.f[name[1:]]
        if function == "count":
            return data.shape[0]
        values = data[()].astype(float)
        values = values.reshape(len(values), -1)
        if column:
            values = values[:, [int(column[:-1])]]
        if function == "total":
            return math.fsum(values.ravel())
        if function == "highest":
            return np.nanmax(values)
        rows = np.nansum(values, axis=1)
        if function == "last":
            return rows[-1]
        time = self.f[name[1:].rsplit("/", 1)[0] + "/time"][()]
        dt = np.diff(np.append(time, self.duration))
        total = math.fsum(rows * dt)
        return total if function == "integral" else total / dt.sum()

    def key(self, name):
        if name not in self.s or isinstance(self.s[name], str):
            raise Absent(name)
        return float(self.s[name])

    def figure(self, path):
        element, attribute = re.fullmatch(r"//([a-z-]+)/@([a-z-]+)", path).groups()
        found = self.xml.find(f".//{element}")
        value = quantity(found.get(attribute)) if found is not None else None
        if value is None:
            raise Absent(path)
        return value

    def evaluate(self, text):
        """Value of an expression of output/summary_how.def."""
        tokens = re.findall(r"//[a-z-]+/@[a-z-]+|/[a-z_]+/[a-z0-9_]+(?:\[\d+\])?|[a-z_][\w.*]*|\d[\d.e]*|[-+*/(),]", text)
        at = 0

        def peek():
            return tokens[at] if at < len(tokens) else None

        def take(wanted=None):
            nonlocal at
            at += 1
            if wanted and tokens[at - 1] != wanted:
                raise SyntaxError(text)
            return tokens[at - 1]

        def lazily(f):
            try:
                return f()
            except Absent:
                return None

        def call(name):
            if name == "sum":
                pattern = re.compile("".join(r"[^.]+" if c in "*N" else re.escape(c) if c != "." else r"\." for c in re.split(r"(\.)", take())))
                take(")")
                found = [float(v) for k, v in self.s.items() if pattern.fullmatch(k)]
                return math.fsum(found) if found else None
            if peek().startswith("/") and not peek().startswith("//"):
                which = take()
                take(")")
                return lazily(lambda: self.series(name, which))
            arguments = [expression()]
            while peek() == ",":
                take()
                arguments.append(expression())
            take(")")
            if name == "or0":
                return arguments[0] or 0.0
            if name == "first":
                return arguments[1] if arguments[0] is None else arguments[0]
            if None in arguments:
                return None
            if name == "max":
                return max(arguments)
            cost, residual, rate, life = arguments  # yearly: an annuity (Blank and Tarquin)
            years = life / 31536000
            left = residual * cost * (1 + rate) ** -years
            return (cost - left) * (rate / (1 - (1 + rate) ** -years) if rate > 0 else 1 / years)

        def factor():
            token = take()
            if token == "(":
                value = expression()
                take(")")
                return value
            if token == "-":
                value = factor()
                return None if value is None else -value
            if token[0].isdigit():
                return float(token)
            if token.startswith("//"):
                return lazily(lambda: self.figure(token))
            if peek() == "(":
                take()
                return call(token)
            return lazily(lambda: self.key(token))

        def chain(below, operators):
            value = below()
            while peek() in operators:
                operator, other = take(), below()
                if value is None or other is None or (operator == "/" and other == 0):
                    value = None
                else:
                    value = {"+": value + other, "-": value - other, "*": value * other, "/": value / other if other else None}[operator]
            return value

        def expression():
            return chain(lambda: chain(factor, ("*", "/")), ("+", "-"))

        value = expression()
        if at != len(tokens):
            raise SyntaxError(text)
        return value

    # ---- figures that follow from tables
    def jobs(self):
        j = {k: self.f["jobs/" + k][()] for k in ("submit_ns", "start_ns", "end_ns", "state", "service", "gpu_ns", "gpus", "wait_s", "burst_s")}
        words = self.f["jobs/state"].attrs["flag_meanings"].decode().split()
        j["own"] = (j["service"] < 0)
        j["word"] = np.array(words)[j["state"]]
        j["job"] = self.f["jobs/job"][()]
        return {k: v[j["own"] & (j["word"] != "pending")] for k, v in j.items()}

    def events(self, word):
        if "events/kind" not in self.f:
            return np.array([], dtype=int)
        kind = self.f["events/kind"]
        words = kind.attrs["flag_meanings"].decode().split()
        return np.flatnonzero(kind[()] == kind.attrs["flag_values"][words.index(word)]) if word in words else np.array([], dtype=int)

    def dt(self, group):
        return np.diff(np.append(self.f[group + "/time"][()], self.duration))

    @staticmethod
    def ranks(values, what):
        values = np.sort(values)
        if what == "mean":
            return math.fsum(values) / len(values)
        return values[-1] if what == "max" else values[max(1, math.ceil(int(what[1:]) / 100 * len(values) - 1e-12)) - 1]

    def stage_kinds(self):
        kinds = {}
        for kind in "utility", "transformer", "ups", "pdu", "generator":
            for e in self.xml.iter(kind):
                kinds.setdefault(e.get("id"), kind)
        return [kinds.get(n.decode()) for n in self.f["power/stage"][()]]

    def purchase(self, of="price"):
        """Price or embodied carbon of nodes, devices and racks of all rows."""
        entry = {tag: {e.get("id"): e for e in self.xml.findall(tag)} for tag in ("rack-type", "node", "device")}
        total = 0.0
        for row in self.xml.iter("row"):
            kind = entry["rack-type"][row.get("rack")]
            node = entry["node"][kind.get("node")]
            device = entry["device"].get(node.get("device"))
            gpus, racks, nodes = int(node.get("gpus") or 0), int(row.get("count", "1")), int(kind.get("nodes"))
            each = quantity(node.get(of))
            mine = quantity(device.get(of)) if device is not None else None
            if of == "price":
                each = gpus * mine if each is None else each
                total += racks * (nodes * each + (quantity(kind.get(of)) or 0))
            else:
                total += racks * nodes * (gpus * (mine or 0) + (each or 0))
        return total

    def from_tables(self, key):
        """Value of a key that follows from a table; None: not from this file. A pair: (value, tolerance)."""
        s, x, parts = self.s, self.xml, key.split(".")
        if key.startswith("jobs.") or key.startswith("streams."):
            if "jobs" not in self.f:
                return 0.0 if len(parts) == 2 and float(s[key]) == 0 else None
            j = self.jobs()
            ended = (j["end_ns"] != NEVER) & (j["start_ns"] != NEVER)
            moved = float(s.get("jobs.preemptions", 0)) > 0 or len(self.events("job_failed")) > 0 or len(self.events("cap_begin")) > 0
        if key == "jobs.submitted":
            return len(j["own"])
        if key == "jobs.completed":
            return np.sum(j["word"] == "done") + np.sum((j["word"] == "burst") & (j["end_ns"] != NEVER))
        if key in ("jobs.failed", "jobs.killed", "jobs.rejected", "jobs.running", "jobs.queued"):
            return np.sum(j["word"] == parts[1])
        if key == "jobs.burst":
            return np.sum(~np.isnan(j["burst_s"]))
        if parts[:2] == ["jobs", "wait_s"]:
            started = j["start_ns"] != NEVER
            return self.ranks((j["start_ns"] - j["submit_ns"])[started] / 1e9, parts[2])
        if parts[:2] == ["jobs", "turnaround_s"]:
            return self.ranks((j["end_ns"] - j["submit_ns"])[ended] / 1e9, parts[2])
        if key == "jobs.bounded_slowdown_mean":
            turn, ran = (j["end_ns"] - j["submit_ns"])[ended] / 1e9, (j["end_ns"] - j["start_ns"])[ended] / 1e9
            return math.fsum(np.maximum(1, turn / np.maximum(ran, 10))) / np.sum(ended)
        if key in ("jobs.mean_running", "jobs.mean_queued"):
            if moved or np.any(j["word"] == "rejected") or (key == "jobs.mean_queued" and "services" in self.f):  # replicas wait, too
                return None
            end = round(self.duration * 1e9)
            site = np.isnan(j["burst_s"])
            if key == "jobs.mean_running":
                on = site & (j["start_ns"] != NEVER)
                return math.fsum((np.where(j["end_ns"] == NEVER, end, j["end_ns"]) - j["start_ns"])[on] / 1e9) / self.duration
            left = np.where(site, np.where(j["start_ns"] == NEVER, end, j["start_ns"]), np.round(np.nan_to_num(j["burst_s"]) * 1e9))
            return math.fsum((left - j["submit_ns"]) / 1e9) / self.duration, 1e-6
        if parts[0] == "streams":
            if s.get("data.jobs_held") is not None:
                return None
            name = s[f"streams.{parts[1]}.id"]
            mine = np.array([bool(re.fullmatch(re.escape(name) + r"-\d+", n.decode())) for n in j["job"]])
            return {"jobs": lambda: np.sum(mine), "completed": lambda: np.sum(mine & (j["word"] == "done")),
                    "gpu_h": lambda: math.fsum(j["gpu_ns"][mine].astype(float)) / 3.6e12}[parts[2]]()
        if key == "burst.gpu_h":
            return None
        if parts[:2] == ["energy", "loss_kwh"]:
            mine = [i for i, kind in enumerate(self.stage_kinds()) if kind == parts[2]]
            dt = self.dt("power")
            rounded = 0.5 * len(mine) * self.duration / 3.6e6
            value = math.fsum(self.f["power/stage_loss_w"][()][:, mine].sum(axis=1, dtype=float) * dt) / 3.6e6
            return value, max(1e-6, rounded / value if value else 1)
        if key.startswith("failures.") or key == "signals.events":
            word = {"units": "failure", "shocks": "shock", "human_errors": "human_error", "jobs_hit": "job_failed", "events": "signal_begin"}[parts[1]]
            return len(self.events(word))
        if key == "signals.hours":
            begin, time, subject = self.events("signal_begin"), self.f["events/time"][()], self.f["events/subject"][()]
            end = self.events("signal_end")
            total = 0.0
            for b in begin:
                later = [time[e] for e in end if subject[e] == subject[b] and time[e] >= time[b]]
                total += (min(later) if later else self.duration) - time[b]
            return total / 3600
        if key in ("thermal.free_cooling_h", "thermal.partly_free_h", "thermal.mechanical_h"):
            mode = self.f["cooling/cplant_mode"][()]
            which = ("free_cooling", "partly_free", "mechanical").index(parts[1][:-2])
            # samples at the ends of intervals: within one interval at each change, and where there is no load there is no mode
            dt = self.dt("cooling")
            hours = float(((mode == which) * dt[:, None]).sum()) / 3600
            return hours, max(0.02, 2 * dt.max() / 3600 * (1 + np.sum(np.diff(mode, axis=0) != 0)) / max(hours, 1e-9))
        if key == "thermal.free_cooling_share":
            heat, free = self.f["cooling/cplant_heat_w"][()], self.f["cooling/cplant_free_frac"][()]
            dt = self.dt("cooling")[:, None]
            return float((heat * free * dt).sum() / (heat * dt).sum()), 2e-2
        if parts[0] == "energy" and parts[1] in ("solar_kwh", "turbine_kwh", "storage_charge_kwh", "storage_discharge_kwh", "solar_curtailed_kwh"):
            tag = parts[1].split("_")[0]
            names = [n.decode() for n in self.f["onsite/source"][()]]
            ids = {e.get("id") for e in x.iter(tag) if e.get("id") in names}
            mine = [i for i, n in enumerate(names) if n in ids]
            dt = self.dt("onsite")[:, None]
            power = self.f["onsite/onsite_power_w"][()][:, mine]
            if parts[1] == "solar_curtailed_kwh":
                return max(0.0, float(((self.f["onsite/onsite_available_w"][()][:, mine] - power) * dt).sum())) / 3.6e6, 1e-3
            sign = {"storage_charge_kwh": -1, "storage_discharge_kwh": 1}.get(parts[1])
            return float(((power if sign is None else np.maximum(sign * power, 0)) * dt).sum()) / 3.6e6, 1e-6 if sign is None else 1e-2  # a mean nets what went in and out
        if key in ("cost.energy", "cost.demand", "cost.export", "carbon.location_kg", "energy.export_kwh"):
            return self.billed(key)
        if key == "metrics.wue_source_l_per_kwh":
            site_j = self.series("integral", "/sites/site_power_w")
            grids = {g.get("id"): g for g in x.findall("grid")}
            at = [grids.get(site.get("grid")) for site in x.iter("site")]
            if len(at) != 1 or at[0] is None:
                return None
            per_j = float(at[0].get("water").split()[0]) / {"L/kWh": 3.6e9, "m3/MWh": 3.6e9, "m3/kWh": 3.6e6}[at[0].get("water").split()[1]]
            return 1000 * (float(s["energy.water_m3"]) + site_j * per_j) / float(s["energy.it_kwh"])
        if key in ("metrics.pue1", "metrics.pue2"):
            # with one stage of the kind above every rack; several may stand one behind another, which audit_recompute's tree follows
            kind = {"metrics.pue1": "ups", "metrics.pue2": "pdu"}[key]
            names = [n.decode() for n in self.f["power/stage"][()]]
            fed = {e.get("id"): (e.get("feed") or "").split() for tag in ("ups", "pdu", "transformer") for e in x.iter(tag)}
            kinds = dict(zip(names, self.stage_kinds()))
            frontier, counted = {f for row in x.iter("row") for f in (row.get("feed") or "").split()}, set()
            while frontier:
                at = frontier.pop()
                if kinds.get(at) == kind:
                    counted.add(at)
                else:
                    frontier |= set(fed.get(at, []))
            if any(other in counted for one in counted for other in fed.get(one, [])):
                return None
            mine = [names.index(n) for n in counted]
            dt = self.dt("power")
            out = self.f["power/stage_power_w"][()][:, mine].sum(axis=1, dtype=float) - self.f["power/stage_loss_w"][()][:, mine].sum(axis=1, dtype=float)
            if len(self.events("battery_begin")):
                return None  # what goes into batteries is not in the series of stages
            value = self.series("integral", "/facility/facility_power_w") / math.fsum(out * dt)
            return value, max(1e-6, len(mine) * self.duration / math.fsum(out * dt))
        if key == "cost.purchase.it":
            return self.purchase()
        if key == "cost.purchase.network":
            share = quantity(x.find("economics").get("network"))
            return None if x.find("fabric") is not None else share * self.purchase()
        if key == "cost.purchase.onsite":
            return sum(quantity(e.get("price")) or 0 for tag in ("solar", "turbine", "storage") for site in x.iter("site") for e in site.iter(tag))
        if key == "carbon.embodied_parts.it_kg":
            return None if any(row.get("energize") or row.get("energized") for row in x.iter("row")) else \
                self.purchase("embodied") * self.duration / quantity(x.find("economics").get("it-life"))
        if parts[0] == "services":
            name = s[f"services.{parts[1]}.id"]
            spec = next(e for e in x.iter("service") if e.get("id") == name)
            column = [n.decode() for n in self.f["services/service"][()]].index(name)
            dt = self.dt("services")
            if parts[2] == "gpu_h":
                return float(s[f"services.{parts[1]}.mean_replicas"]) * self.duration / 3600 * int(spec.get("replica-gpus"))
            values = self.f["services/" + {"requests": "service_requests_per_s", "served": "service_served_per_s", "mean_replicas": "service_replicas"}[parts[2]]][()][:, column]
            held = self.spread(values, dt) / (self.duration if parts[2] == "mean_replicas" else 1)
            total = float((np.nan_to_num(values) * dt).sum()) / (self.duration if parts[2] == "mean_replicas" else 1)
            return total, max(1e-6, held / total if total else 0)
        if parts[0] == "tenants":
            return self.tenant(s[f"tenants.{parts[1]}.id"], parts[2], parts[1])
        if parts[0] == "credits":
            kind, _, name = s[f"credits.{parts[1]}.whom"].partition(" ")
            rows = [k.split(".")[1] for k, v in s.items() if re.fullmatch(kind + r"s\.\d+\.id", k) and v == name]
            number = lambda key: float(s[f"{kind}s.{rows[0]}.{key}"])
            if parts[2] == "met":
                return number("slo_met" if kind == "service" else "in_time")
            return number("gpu_h") * float(s["cost.per_gpu_hour"]) if kind == "service" else number("cost")
        if key.startswith("audit."):
            name = {"gpu_hours": "gpu_hours", "bytes": "bytes", "requests": "requests"}.get(parts[1], parts[1]) + ".residual"
            return self.f["audit/" + name][()] if name in self.f["audit"] else None
        return None

    def tenant_table(self):
        """GPU time on site and in clouds, jobs and energy by tenant, from /jobs and the metered energy of streams and services."""
        if hasattr(self, "table"):
            return self.table
        f, x = self.f, self.xml
        name = np.array([n.decode() for n in f["jobs/tenant"][()]])
        job = np.array([n.decode() for n in f["jobs/job"][()]])
        words = f["jobs/state"].attrs["flag_meanings"].decode().split()
        pending = f["jobs/state"][()] == words.index("pending")
        gpu = f["jobs/gpu_ns"][()].astype(float) / 3.6e12
        cloud = f["jobs/cloud_gpu_s"][()] / 3600 if "jobs/cloud_gpu_s" in f else np.zeros(len(gpu))
        replica = np.array(["/" in j for j in job]) & (f["jobs/service"][()] >= 0)
        stage = (f["jobs/service"][()] >= 0) & ~replica
        metered, energy_of, owners = np.zeros(len(gpu), bool), {}, []
        for kind, tag in ("streams", "jobs"), ("services", "service"):
            for k, v in self.s.items():
                if re.fullmatch(kind + r"\.\d+\.id", k):
                    spec = next(e for e in x.iter(tag) if e.get("id") == v)
                    owners.append((spec.get("tenant", ""), float(self.s[k[:-2] + "energy_kwh"])))
                    mine = np.char.startswith(job, v + ("-" if kind == "streams" else "/"))
                    metered |= mine & (np.char.str_len(name) >= 0)
        for who, kwh in owners:
            energy_of[who] = energy_of.get(who, 0) + kwh
        mean = sum(energy_of.values()) / gpu[metered].sum() if gpu[metered].sum() > 0 and sum(energy_of.values()) > 0 else 1
        self.table = {}
        for who in np.unique(np.append(name, list(energy_of) or [""])):
            mine = name == who
            self.table[str(who)] = {"gpu_h": math.fsum(gpu[mine]), "cloud_gpu_h": math.fsum(cloud[mine]), "jobs": int(np.sum(mine & ~replica & ~pending)),
                                    "energy": energy_of.get(str(who), 0) + mean * math.fsum(gpu[mine & ~metered])}
        return self.table

    def tenant(self, name, what, row):
        s, table = self.s, self.tenant_table()
        if name == "no tenant named" and len([k for k in s if re.fullmatch(r"tenants\.\d+\.id", k)]) > 200:
            return None
        me = table["" if name == "no tenant named" else name]
        sums = {k: sum(t[k] for t in table.values()) for k in me}
        if what in ("gpu_h", "cloud_gpu_h", "jobs"):
            return me[what]
        if what == "energy_share":
            return me["energy"] / sums["energy"]
        away = float(s.get("cost.cloud", 0)) + float(s.get("cost.egress", 0))
        if what == "cost_cloud":
            return away * me["cloud_gpu_h"] / sums["cloud_gpu_h"] if sums["cloud_gpu_h"] > 0 else 0.0
        if what == "cost_capacity":
            by_energy = sum(float(s.get("cost." + k, 0)) for k in ("energy", "demand", "fixed", "export", "fuel", "water", "onsite_upkeep", "response", "carbon"))
            rest = float(s["cost.total"]) - by_energy - (away if sums["cloud_gpu_h"] > 0 else 0)
            return rest * me["gpu_h"] / sums["gpu_h"], 1e-6
        if what == "credit":
            mine = {"tenant " + name} | {"service " + e.get("id") for e in self.xml.iter("service") if e.get("tenant", "") == name}
            return sum(float(s[k[:-4] + "usd"]) for k, v in s.items() if re.fullmatch(r"credits\.\d+\.whom", k) and v in mine)
        promise = next(quantity(e.get("wait")) for e in self.xml.iter("tenant") if e.get("id") == name)
        j = self.f["jobs"]
        mine = np.array([n.decode() == name for n in j["tenant"][()]]) & (j["service"][()] < 0)
        submit, start = j["submit_ns"][()][mine], j["start_ns"][()][mine]
        end, limit = round(self.duration * 1e9), round(promise * 1e9)
        began = start != NEVER
        in_time = began & (start - submit <= limit)
        return in_time.sum() / (began | (end - submit > limit)).sum()

    @staticmethod
    def spread(values, dt):
        """How far a sum of samples may lie from the integral: a step's change at each end of an interval."""
        values = np.nan_to_num(values)
        return float(np.abs(np.diff(values, prepend=0)).sum() * dt.max())

    def billed(self, key):
        """By audit_recompute's reading of the tariff, which raises where the file differs."""
        r = self.audited
        if not r.means or np.any(np.rint(self.f["sites/time"][()]) % 60) or np.max(r.dt) > 900:
            return None
        if key == "energy.export_kwh":
            seconds = np.rint(self.f["sites/time"][()]).astype(np.int64)
            total = 0.0
            for column in range(self.f["sites/site_power_w"].shape[1]):
                net = np.bincount(seconds // 900, self.f["sites/site_power_w"][:, column] * r.dt)
                total -= net[net < 0].sum()
            return total / 3.6e6
        before = r.lines
        try:
            reason = audit_recompute.bill(r)
        except audit_recompute.Wrong as wrong:
            return float("nan") if key in str(wrong) else float(self.s[key])
        return None if reason or r.lines == before else float(self.s[key])

    # ---- one key
    def check(self, key):
        """(verdict, detail): "same", "differs", "not in the file", "text"."""
        row = self.how.get(key)
        if row is None or row["how"] == "text" or isinstance(self.s[key], str):
            return "text", ""
        value = float(self.s[key])
        tolerance = 1e-6
        if row["how"] == "formula":
            ours = self.evaluate(row["formula"])
            if re.search(r"/cooling/|/halls/|water_kg", row["formula"]) and not (self.whole and not self.audited.failing):
                tolerance = max(1e-2, 2 * self.step / self.duration)
        elif row["how"] == "series":
            ours = self.from_tables(key)
            if isinstance(ours, tuple):
                ours, tolerance = ours
        else:
            return "not in the file", row["words"]
        if ours is None:
            return ("differs", "an input is absent") if row["how"] == "formula" else ("not in the file", row["words"])
        if not abs(float(ours) - value) <= tolerance * max(abs(value), abs(float(ours))) + 1e-12:
            return "differs", f"{key}: recomputed {float(ours)!r}, in the file {value!r}"
        return "same", float(ours)
