#!/usr/bin/python3
"""Every number that the HTML report prints, in its tables, its tiles and its lines, against the one that report_keys.py recomputes from the result file:
report_numbers.py BUILD [RESULT.h5...]. Prints TAP. Without results every shipped example is run first (VALIDATE=quick: three of them), cut to some days.

Which number is what stands here, in RULES, and not in the report. A number that no rule knows fails the test. A number whose keys cannot be recomputed, since
they are kept by the run alone, must be named in KEPT with the reason; the last line of each result counts both."""
import glob, html.parser, json, math, os, re, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import report_keys

RUN_S = "first(simulated_s, scenario.duration_s)"
SITE = "(cost.total - or0(cost.cloud) - or0(cost.egress))"

# Keys that no data set of the file gives, and why. Each must be at work in some example, or be of a kind that none has.
KEPT = {
    r"energy\.peak_.*|branches\..*|alerts\..*|permits\..*(used|limit).*|constraints\..*|violations\..*": "by the instant between two events; series hold means of intervals",
    r"thermal\..*|burst\.(hours_active|peak_gpus)|jobs\.max_queued|services\.\d+\.peak_replicas": "extremes and times by the step of the plant or by the instant",
    r"energy\.loss_kwh\.(rack_supply|node)|metrics\.(itue|tue|work_gpu_h_per_kwh)|gpus\.goodput|streams\.\d+\.(goodput|energy_kwh|tokens)|services\.\d+\.(energy_kwh|tokens_per_s)": "meters inside racks and of owners; series of racks have their input",
    r"gpu_time\..*|gpus\.(down_h|lost_work_h|overhead_h|restart_h|requeued_h|waiting_h|ettr|availability)|causes\..*": "GPU time by cause, in whole ns; the parts add up to what is installed, which is checked",
    r"services\.\d+\.(slo_met|ttft_s|tpot_s|e2e_s|unanswered|refused).*|jobs\.(preemptions|mean_running|mean_queued)": "of each request or decision, which are not kept",
    r"carbon\.(market_kg|scope1.*|embodied.*|cfe_score|gap_hours)|signals\..*|energy\.(fuel_kwh|storage_.*|export_kwh|grid_kwh)|burst\.(in_tb|out_tb)": "kept by the run as it goes, from figures of the scenario",
    r"network\..*|stores\..*|storage\..*|data\..*|datasets\..*|pipelines\..*|kernels\..*|kernel_time\..*|failures\..*|blast\..*|ups\..*|generators\..*|breakers\..*": "kept by the run as it goes",
    r"facility\..*|fabrics\..*|single\..*|sizing\..*|swing\..*|extremes\..*|metrics\.mlc_limit|cost\.purchase\..*|cost\.capex_parts\.onsite|scenario\..*|gpus\.installed|streams\.\d+\.(plan|step|mfu|plan_gpus|tokens_per_s_per_gpu).*|credits\.\d+\.(below|share)|evidence\..*|finance\..*":
        "worked out from the scenario before the run, or from keys beside",
    r"cost\.(demand|energy|export|fuel|onsite_upkeep|response|capex.*)|carbon\.location_kg|jobs\..*|streams\..*|tenants\..*|cost\.total|audit\..*": "of this example: tables that the file lacks (no series, no jobs), or an interval that does not divide a quarter of an hour",
}

# (section, label, list, expressions): list "branches": the row begins the next item of that list, "branches+": it is of the current one; N in an expression
# is that item's number. A text cell is "", anything that is no number is skipped by itself.
RULES = [
    ("power", "IT equipment", "", ["energy.peak_it_kw", "facility.it_rated_kw", "energy.peak_it_kw / facility.it_rated_kw"]),
    ("power", "Facility", "", ["energy.peak_facility_kw", "facility.limit_kw", "energy.peak_facility_kw / facility.limit_kw"]),
    ("power", "From the grid", "", ["energy.peak_grid_kw", "facility.limit_kw", "energy.peak_grid_kw / facility.limit_kw"]),
    ("power", "Highest at", "", ["@energy.peak_at"]),
    ("limits:WHAT HELD", ".*", "constraints", ["3600 * constraints.N.hours_binding", "3600 * constraints.N.hours_binding / " + RUN_S, "constraints.N.stranded_kw"]),
    ("limits:LIMITS", ".*", "violations", ["violations.N.count", "violations.N.worst", "3600 * violations.N.hours", "@violations.N.at"]),
    ("alerts", ".*", "alerts", ["alerts.N.limit_kw", "alerts.N.worst", "3600 * alerts.N.hours", "@alerts.N.at"]),
    ("branches", "at 90 % or more.*", "branches+", ["3600 * branches.N.hours_within_10pct", "3600 * branches.N.hours_within_5pct"]),
    ("branches", "stranded", "branches+", ["branches.N.stranded_kw"]),
    ("branches", ".*", "branches", ["branches.N.rated_kw", "branches.N.peak_kw / branches.N.rated_kw", "branches.N.usable_kw"]),
    ("failures", "nothing", "", ["0", "facility.most_loaded_share"]),
    ("failures", ".*", "single", ["single.N.racks_dark", "single.N.share", "single.N.cooling_dark"]),
    ("money", "Total", "", ["cost.total", "1", "cost.per_gpu_hour"]),
    ("money", "Site, per GPU hour used there", "", [SITE + " / gpus.hours_busy"]),
    ("money", "Site, per GPU hour installed", "", ["cost.per_gpu_hour_available"]),
    ("money", "Electricity, with demand charges", "", ["cost.energy_per_kwh"]),
    *[("money", name, "", [f"cost.{key}", f"cost.{key} / cost.total", f"cost.{key} / " + ("burst.gpu_h" if key in ("cloud", "egress") else "gpus.hours_busy")])
      for name, key in {"Energy": "energy", "Demand charges": "demand", "Fixed charges": "fixed", "Carbon price": "carbon", "Water and sewer": "water", "Fuel": "fuel",
                        "Upkeep of turbines": "onsite_upkeep", "Energy given to the grid": "export", "Requests of the grid": "response", "Capital": "capex",
                        "Maintenance": "maintenance", "Staff": "staff", "Software": "software", "Data: labels and cores": "pipelines", "Stores of data": "storage",
                        "Cloud instances": "cloud", "Cloud egress": "egress"}.items()],
    ("unit_costs", "GPU hour used.*", "", ["cost.per_gpu_hour"]),
    ("unit_costs", "GPU hour installed.*", "", ["cost.per_gpu_hour_available"]),
    ("unit_costs", "Job completed", "", ["cost.per_job"]),
    ("unit_costs", "Million tokens of .*", "services", ["services.N.usd_per_million_tokens"]),
    ("unit_costs", "Million tokens trained by (.*)", "streams=", ["streams.N.usd_per_million_tokens"]),
    ("tenants:WHO", "Total", "", ["sum(tenants.*.gpu_h) + or0(sum(tenants.*.cloud_gpu_h))", "sum(tenants.*.energy_share)", "sum(tenants.*.cost)", "sum(tenants.*.credit)", "sum(tenants.*.bill)"]),
    ("tenants:WHO", "(.*)", "tenants=", ["tenants.N.gpu_h + or0(tenants.N.cloud_gpu_h)", "tenants.N.energy_share", "tenants.N.cost", "tenants.N.credit", "tenants.N.bill"]),
    ("tenants:of that", "(.*)", "tenants=", ["tenants.N.cost_energy", "tenants.N.cost_capacity", "tenants.N.cost_cloud", "tenants.N.per_gpu_hour", "tenants.N.in_time"]),
    ("credits", "Total", "", ["", "", "", "", "sum(credits.*.usd)"]),
    ("credits", ".*", "credits", ["credits.N.met", "credits.N.below", "credits.N.share", "credits.N.of", "credits.N.usd"]),
    *[("jobs", name, "", ["jobs." + key]) for name, key in {"submitted": "submitted", "completed": "completed", "failed": "failed", "preemptions": "preemptions", "sent to the cloud": "burst",
                                                           "still running at the end": "running", "still waiting at the end": "queued", "ended at their requested time": "killed",
                                                           "too large ever to start": "rejected", "longest queue": "max_queued", "mean bounded slowdown": "bounded_slowdown_mean"}.items()],
    *[("jobs", name, "", [f"jobs.{name}_s.{k}" for k in ("p50", "p95", "p99", "max", "mean")]) for name in ("wait", "turnaround")],
    ("streams", "(.*)", "streams=", ["streams.N.jobs", "streams.N.completed", "streams.N.gpu_h", "streams.N.goodput", "streams.N.energy_kwh"]),
    ("services:SERVICES", "(.*)", "services=", ["services.N.requests", "services.N.tokens_per_s", "services.N.mean_replicas", "services.N.joules_per_token", "services.N.usd_per_million_tokens"]),
    ("services:how fast", "(.*)", "services=", ["services.N.slo_met", "services.N.ttft_s.p50", "services.N.ttft_s.p95", "services.N.tpot_s.p50", "services.N.tpot_s.p95"]),
    ("burst", "Jobs sent there", "", ["jobs.burst"]),
    ("burst", "GPU hours", "", ["3600 * burst.gpu_h"]),
    ("burst", "Hours with a job there", "", ["3600 * burst.hours_active"]),
    ("burst", "Most GPUs at once", "", ["burst.peak_gpus"]),
    ("burst", "Data in", "", ["burst.in_tb"]),
    ("burst", "Data out", "", ["burst.out_tb"]),
    ("burst", "Bill for instances", "", ["cost.cloud"]),
    ("burst", "Bill for data out", "", ["cost.egress"]),
    ("burst", "Bill", "", ["cost.cloud + cost.egress"]),
    ("burst", "Cost of a GPU hour, with egress", "", ["burst.usd_per_gpu_h"]),
    ("energy", "PUE", "", ["energy.pue"]),
    ("energy", "PUE, worst interval", "", ["energy.pue_max"]),
    *[("energy", name, "", [k, f"{k} * 3600 / {RUN_S}", f"{k} / energy.facility_kwh"]) for name, k in {
        "IT equipment": "energy.it_kwh", "lost in rack supplies": "energy.loss_kwh.rack_supply", "lost in node converters": "energy.loss_kwh.node", "Cooling": "energy.cooling_kwh",
        "chillers": "energy.parts.chiller_kwh", "tower fans": "energy.parts.tower_fan_kwh", "chilled-water pumps": "energy.parts.chw_pump_kwh", "air handlers": "energy.parts.air_handler_kwh",
        "dry-cooler fans": "energy.parts.cooler_fan_kwh", "facility-water pumps": "energy.parts.facility_pump_kwh", "CDU pumps": "energy.parts.cdu_pump_kwh",
        "Losses of the power tree": "(or0(energy.loss_kwh.utility) + or0(energy.loss_kwh.transformer) + or0(energy.loss_kwh.ups) + or0(energy.loss_kwh.pdu) + or0(energy.loss_kwh.generator))",
        "transformers": "energy.loss_kwh.transformer", "UPS": "energy.loss_kwh.ups", "distribution": "energy.loss_kwh.pdu", "Lighting, offices, security": "energy.house_kwh",
        "Facility": "energy.facility_kwh"}.items()],
    *[("ratios", name, "", ["metrics." + k]) for name, k in {
        "PUE1": "pue1", "PUE2": "pue2", "PUE3": "pue3", "ERE": "ere", "ITUE": "itue", "TUE": "tue", "WUE, site": "wue_site_l_per_kwh", "WUE, consumption": "wue_consumption_l_per_kwh",
        "WUE, source": "wue_source_l_per_kwh", "CUE": "cue_kg_per_kwh", "MLC": "mlc", "MLC, limit of the zone": "mlc_limit", "Work per energy": "work_gpu_h_per_kwh"}.items()],
    *[("planet", name, "", [k]) for name, k in {
        "Carbon, location-based": "carbon.location_kg", "Carbon, market-based": "carbon.market_kg", "Carbon, direct .scope 1.": "carbon.scope1_kg", "Carbon, embodied, written off": "carbon.embodied_kg",
        "Mean carbon intensity": "carbon.mean_g_per_kwh", "Gaps filled in carbon series": "3600 * carbon.gap_hours", "Water": "energy.water_m3", "evaporated": "water.evaporation_m3",
        "drift": "water.drift_m3", "blowdown": "water.blowdown_m3", "Water per IT energy .WUE.": "energy.wue_l_per_kwh"}.items()],
    ("gpu_time", "Installed", "", ["3600 * gpu_time.installed_h", "1"]),
    *[("gpu_time", name, "", [f"3600 * gpu_time.{k}_h", f"gpu_time.{k}_h / gpu_time.installed_h"]) for name, k in {
        "Work at full speed": "work", "Communication within steps": "communication", "Pipelines that fill and drain": "bubble", "Held by services": "serving", "Writing checkpoints": "checkpoint",
        "Noticing failures, starting again": "restart", "Work lost by failures": "lost", "Waiting for the network": "network", "Waiting for data": "data",
        "Clocks lowered by power limits": "power", "Clocks lowered by heat": "heat", "Free while jobs wait": "idle_queue", "Free, held back by power limits": "idle_power",
        "Free, nobody waits": "idle", "Down": "down", "Not yet energized": "waiting"}.items()],
    *[("gpus", name, "", [k]) for name, k in {
        "GPU hours used": "3600 * gpus.hours_busy", "Utilization": "gpus.utilization", "Work done of full speed .goodput.": "gpus.goodput", "Availability": "gpus.availability",
        "Effective training time .ETTR.": "gpus.ettr", "Not yet energized": "3600 * gpus.waiting_h", "Down": "3600 * gpus.down_h", "Work lost by failures": "3600 * gpus.lost_work_h",
        "Checkpoints and restarts": "3600 * gpus.overhead_h", "GPU time below full clock, heat": "3600 * thermal.throttled_gpu_h", "GPU time below full clock, power": "3600 * thermal.capped_gpu_h",
        "Mean clock of working GPUs": "thermal.mean_clock", "Hottest outdoor air": "thermal.max_dry_bulb_degc", "Hottest rack inlet": "thermal.max_inlet_degc",
        "Warmest coolant": "thermal.max_coolant_degc", "Hottest GPU junction": "thermal.max_junction_degc", "Chilled water by free cooling": "thermal.free_cooling_share"}.items()],
    ("causes", ".*", "causes", ["3600 * causes.N.lost_work_h", "3600 * causes.N.restart_h", "3600 * causes.N.waiting_h"]),
    *[("audit", name, "", ["audit." + name.replace("GPU hours", "gpu_hours")]) for name in ("energy", "heat", "water", "GPU hours", "requests", "bytes", "bill")],
    *[("evidence", name, "", [f"evidence.sources.{k}", f"3600 * evidence.gpu_h.{k}", f"evidence.gpu_h.{k} / sum(evidence.gpu_h.*)", f"evidence.energy_kwh.{k}",
                              f"evidence.energy_kwh.{k} / sum(evidence.energy_kwh.*)"])
      for name, k in {"measured": "measured", "published": "published", "computed, fitted": "computed", "assumed": "assumed", "no source named": "not_said", "idle and the rest": "rest"}.items()],
    ("sizing:FLOOR", "there is", "sizing.halls+", ["sizing.halls.N.positions", "sizing.halls.N.area_m2", "sizing.halls.N.floor_limit_kg_per_m2"]),
    ("sizing:FLOOR", ".*", "sizing.halls", ["sizing.halls.N.racks", "sizing.halls.N.area_used_m2", "sizing.halls.N.floor_kg_per_m2"]),
    ("sizing:PHASES", ".*", "sizing.phases", ["-max(max(-sizing.phases.N.a_kw, -sizing.phases.N.b_kw), -sizing.phases.N.c_kw)",
                                              "max(max(sizing.phases.N.a_kw, sizing.phases.N.b_kw), sizing.phases.N.c_kw)", "sizing.phases.N.imbalance"]),
    ("sizing:LATE", ".*", "sizing.late", ["@sizing.late.N.needed", "@sizing.late.N.arrives", "86400 * sizing.late.N.days"]),
    ("years", "this run", "", ["energy.peak_facility_kw", "", "energy.pue"]),
    ("years", ".*", "extremes", ["extremes.N.peak_facility_kw", "extremes.N.peak_facility_kw / energy.peak_facility_kw - 1", "extremes.N.pue"]),
    ("permits", "water", "permits:site", ["permits.N.water.used_m3", "permits.N.water.limit_m3", "permits.N.water.share", "permits.N.water.expected"]),
    ("permits", "power", "permits:site", ["permits.N.power.used_kw", "permits.N.power.limit_kw", "permits.N.power.share"]),
    ("permits", "standby generators", "permits:site", ["3600 * permits.N.generators.used_h", "3600 * permits.N.generators.limit_h", "permits.N.generators.share", "permits.N.generators.expected"]),
    *[("backup", name, "*", ["L.N." + k if unit == "" else f"{unit} * L.N.{k}"]) for name, k, unit in (
        ("times on battery", "times_on_battery", ""), ("time on battery", "on_battery_s", ""), ("times that it dropped its load", "times_empty", ""), ("transfers from the bypass", "transfers", ""),
        ("of these failed", "failed_transfers", ""), ("sets started", "starts", ""), ("attempts that failed", "failed_attempts", ""), ("sets that did not start", "failed_starts", ""),
        ("sets that failed while running", "failed_running", ""), ("times stalled by too much load", "stalls", ""), ("largest first load step", "first_step", ""),
        ("running time of all sets", "run_h", "3600"), ("electricity given", "energy_kwh", ""), ("diesel burnt", "fuel_m3", "1000"), ("trips", "trips", ""))],
    *[("onsite", name, "", [k]) for name, k in {
        "From the grid, net": "energy.grid_kwh", "Given to the grid": "energy.export_kwh", "Solar": "energy.solar_kwh", "turned down": "energy.solar_curtailed_kwh", "Turbines": "energy.turbine_kwh",
        "fuel": "energy.fuel_kwh", "Storage, given": "energy.storage_discharge_kwh", "taken": "energy.storage_charge_kwh", "lost": "energy.storage_loss_kwh", "full cycles": "energy.storage_cycles",
        "Carbon-free by own means": "carbon.cfe_score", "Requests of the grid": "3600 * signals.hours", "energy below the baseline": "signals.below_baseline_kwh",
        "energy above the limit": "signals.above_limit_kwh"}.items()],
    ("data:DATA", "(.*)", "datasets=", ["datasets.N.versions", "datasets.N.bytes / 1e9", "datasets.N.first_s", "datasets.N.age_s", "datasets.N.mean_age_s"]),
    ("data:PIPELINES", ".*", "stages", ["pipelines.P.stages.N.rounds", "pipelines.P.stages.N.bytes / 1e9", "pipelines.P.stages.N.rework", "pipelines.P.stages.N.wait_s", "pipelines.P.stages.N.work_s"]),
    ("kernels", ".*", "kernels", ["3600 * kernels.N.gpu_h", "kernels.N.extrapolated_gpu_h / kernels.N.gpu_h", ["kernels.N.low - 1", "kernels.N.high - 1"]]),
    ("network:JOBS", "jobs on several nodes", "", ["network.jobs"]),
    ("network:JOBS", "sent to other nodes", "", ["network.sent_tb"]),
    ("network:JOBS", "over links of leaves.*", "", ["network.local_tb"]),
    ("network:JOBS", "over links of pods.*", "", ["network.global_tb"]),
    ("network:JOBS", "time over that.*", "", ["network.slowdown_mean"]),
    ("network:JOBS", "most", "", ["network.slowdown_max"]),
    ("network:SLOWED", ".*", "network.slowest", ["network.slowest.N.slowdown", "3600 * network.slowest.N.gpu_h"]),
    ("fabrics:FABRIC", "(.*)", "fabrics=", ["fabrics.N.hosts", "sum(fabrics.N.switches.*)", "sum(fabrics.N.cables.*)", "fabrics.N.bisection_gb_per_s", "fabrics.N.power_kw", "fabrics.N.oversubscription"]),
    ("fabrics:OUT", "(leaf|spine|core|domain|link).*", "fabrics:id", ["sum(fabrics.N.failed.*)", "3600 * sum(fabrics.N.out_h.*)"]),
    ("storage:STORAGE", "(.*)", "stores=", ["stores.N.read_tb", "stores.N.written_tb", "stores.N.peak_tb", "stores.N.peak_tb / stores.N.capacity_tb", "stores.N.busy", "?"]),
    ("storage:CHECK", "Written", "", ["storage.checkpoints"]),
    ("storage:CHECK", "Left out.*", "", ["storage.checkpoints_left_out"]),
    ("storage:CHECK", "Longest write", "", [["storage.longest_write_s", "storage.longest_write_share"]]),
    ("storage:CHECK", "Longest read.*", "", [["storage.longest_read_s", "storage.longest_read_share"]]),
    ("storage:CHECK", "GPU time for checkpoints", "", [["3600 * gpu_time.checkpoint_h", "gpu_time.checkpoint_h / gpu_time.installed_h"]]),
    ("storage:CHECK", "GPU time for restarts", "", [["3600 * gpu_time.restart_h", "gpu_time.restart_h / gpu_time.installed_h"]]),
    *[("blast", name, "blast", [k]) for name, k in {
        "racks dark": "blast.N.racks_dark", "racks slowed by heat": "blast.N.racks_throttled", "racks switched off by heat": "blast.N.racks_shut_down",
        "jobs that lost their nodes": "blast.N.jobs_killed", "work to be done again": "3600 * blast.N.lost_work_gpu_h", "GPUs down": "3600 * blast.N.down_gpu_h",
        "GPUs slowed": "3600 * blast.N.slowed_gpu_h", "lost in all": "3600 * blast.N.lost_gpu_h", "lost, at the cost of a GPU hour": "blast.N.lost_usd",
        "most loaded meanwhile": (r", ([\d.]+ %) of", "blast.N.most_loaded_share"), "batteries last at that load": "blast.N.battery_lasts_s", "first GPU slowed by heat": (r"after (.*)", "blast.N.throttle_s"),
        "first rack switched off by heat": (r"after (.*)", "blast.N.shutdown_s"), "hottest rack inlet meanwhile": "blast.N.hottest_inlet_degc",
        "all as before": (r"after (.*)", "first(blast.N.next_trip_s, blast.N.over_s)"), "loaded above its rating": ""}.items()],
    *[("finance:OVER", name, "", [k]) for name, k in {
        "Cost after tax, worth today": "finance.after_tax_cost", "Before tax": "finance.pretax_cost", "Cost after tax, the same each year": "finance.annualized_cost",
        "GPU hour that pays for all of it": "finance.per_gpu_hour", "Net present value with revenue": "finance.npv", "Internal rate of return": "finance.irr",
        "Cost of capital": (r"([\d.]+ %) a year", "finance.rate"), "Life, tax": (r"([\d.]+) years", "finance.life_years"), "Paid back": (r"in ([\d.]+) years", "finance.payback_years")}.items()],
    ("finance:LEASE", ".*", "finance.leases", ["-finance.leases.N.buy_npv", "-finance.leases.N.lease_npv", "finance.leases.N.lease_npv - finance.leases.N.buy_npv", "finance.leases.N.month", "finance.leases.N.break_even"]),
    ("finance:YEAR", r"\d+", "finance.flows", ["or0(finance.flows.N.revenue) - or0(finance.flows.N.energy) - or0(finance.flows.N.staff) - or0(finance.flows.N.cloud) - or0(finance.flows.N.other) - or0(finance.flows.N.lease)",
                                                "or0(finance.flows.N.sales) - or0(finance.flows.N.purchases)", "-or0(finance.flows.N.tax)", "finance.flows.N.flow", "finance.flows.N.present"]),
    ("finance:YEAR", "All", "", ["or0(sum(finance.flows.*.revenue)) - or0(sum(finance.flows.*.energy)) - or0(sum(finance.flows.*.staff)) - or0(sum(finance.flows.*.cloud)) - or0(sum(finance.flows.*.other)) - or0(sum(finance.flows.*.lease))",
                                 "or0(sum(finance.flows.*.sales)) - or0(sum(finance.flows.*.purchases))", "-or0(sum(finance.flows.*.tax))", "sum(finance.flows.*.flow)", "sum(finance.flows.*.present)"]),
]
TILES = {
    "Peak facility power": ["energy.peak_facility_kw", "energy.peak_facility_kw / facility.limit_kw"], "Peak power from the grid": ["energy.peak_grid_kw", "energy.peak_grid_kw / facility.limit_kw"],
    "Peak from the grid": ["energy.peak_grid_kw", "energy.peak_grid_kw / facility.limit_kw"], "Cost of a completed job": ["cost.per_job"],
    "Energy": ["energy.facility_kwh"], "PUE": ["energy.pue"], "Water per IT energy": ["energy.wue_l_per_kwh"], "Carbon, location-based": ["carbon.location_kg"], "Cost": ["cost.total"],
    "Cost of a GPU hour used": ["cost.per_gpu_hour"], "GPU hours used": ["gpus.utilization"], "95 % of jobs start within": ["jobs.wait_s.p95"],
}
LINES = {  # of the lines below the tiles: what each number is by the words around it
    "Power": [(r"peak ([\d.,]+ \wW)", "energy.peak_facility_kw"), (r"grid ([\d.,]+ \wW)", "energy.peak_grid_kw"), (r"([\d.,]+ %) of the", "first(energy.peak_grid_kw, energy.peak_facility_kw) / facility.limit_kw"),
              (r"of the ([\d.,]+ \wW) limit", "facility.limit_kw"), (r"on (\S+ at \S+) UTC", "@energy.peak_at"), (r"mean ([\d.,]+ \wW)", "energy.mean_facility_kw")],
    "Energy": [(r"^([\d.,]+ \wWh)", "energy.facility_kwh"), (r"PUE ([\d.]+)", "energy.pue"), (r"([\d.,]+ t CO2e)", "carbon.location_kg"), (r"([\d.,]+ m3)", "energy.water_m3")],
    "Cost": [(r"^([\d.,]+ (?:[kMGT] )?\w+)", "cost.total"), (r"([\d.,]+) per GPU", "cost.per_gpu_hour"), (r"capital ([\d.,]+ %)", "cost.capex / cost.total"),
             (r"electricity ([\d.,]+ %)", "(cost.energy + cost.demand) / cost.total"), (r"cloud ([\d.,]+ %)", "cost.cloud / cost.total")],
    "Jobs": [(r"([\d,]+) submitted", "jobs.submitted"), (r"([\d,]+) completed", "jobs.completed"), (r"\(([\d,]+) in the", "jobs.burst"), (r"start within ([\d.,]+ \w+)", "jobs.wait_s.p95"),
             (r"half within ([\d.,]+ \w+)", "jobs.wait_s.p50"), (r"(95 %)", "0.95")],
    "GPUs": [(r"^([\d.]+ %)", "gpus.utilization"), (r"clock of ([\d.]+ %)", "thermal.mean_clock")],
}
SCALE = {"": 1, "%": 0.01, "kWh": 1, "MWh": 1e3, "GWh": 1e6, "TWh": 1e9, "kW": 1, "MW": 1e3, "GW": 1e6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400, "GPU h": 3600, "t CO2e": 1e3,
         "kt CO2e": 1e6, "Mt CO2e": 1e9, "M": 1e6, "k": 1e3, "G": 1e9, "GB": 1, "TB": 1e3, "PB": 1e6, "EB": 1e9, "GB/s": 1, "TB/s": 1e3, "PB/s": 1e6}
# Cells in TB of stores and of the network are of keys in TB.
IN_TB = ("storage", "network", "burst")


class Page(html.parser.HTMLParser):
    """Rows (section, heading, group, cells), tiles and lines."""

    def __init__(self, text):
        super().__init__()
        self.section = self.heading = self.group = ""
        self.rows, self.tiles, self.lines = [], [], []
        self.cell = self.row = self.box = None
        self.kind, self.titled, self.is_group = "", False, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "section":
            self.section, self.heading, self.group = a.get("id", ""), "", ""
        elif tag in ("h2", "h3"):
            self.heading, self.titled, self.group = "", True, ""
        elif tag == "tr":
            self.row, self.is_group = [], False
        elif tag in ("td", "th") and self.row is not None:
            self.cell, self.is_group = "", self.is_group or a.get("scope") == "rowgroup"
            self.column_head = a.get("scope") == "col"
        elif tag == "div" and a.get("class") in ("kpi", "glance"):
            self.box, self.kind = [], a["class"]
        elif tag in ("span", "b") and self.box is not None:
            self.cell = ""

    def handle_endtag(self, tag):
        if tag in ("h2", "h3"):
            self.titled = False
        elif tag in ("td", "th") and self.row is not None and self.cell is not None:
            self.row.append(self.cell.strip())
            self.cell = None
        elif tag in ("span", "b") and self.box is not None and self.cell is not None:
            self.box.append(self.cell.strip())
            self.cell = None
        elif tag == "tr" and self.row is not None:
            if self.is_group:
                self.group = self.row[0]
            elif self.row and self.row[0]:
                self.rows.append((self.section, self.heading, self.group, self.row))
            self.row = None
        elif tag == "div" and self.box is not None:
            (self.tiles if self.kind == "kpi" else self.lines).append(self.box)
            self.box = None

    def handle_data(self, data):
        if self.titled:
            self.heading += data
        if self.cell is not None:
            self.cell += data


class Numbers:
    def __init__(self, path, build, spoil=lambda html: html):
        run = lambda *words: subprocess.run([os.path.abspath(f"{build}/datahall"), "report", path, *words], capture_output=True, text=True).stdout
        self.keys = report_keys.Keys(path, json.loads(run("--explain", "all", "--json")))
        self.page = Page(spoil(run("--html")))
        self.headings = {}
        self.verdicts, self.wrong, self.unknown, self.kept, self.good = {}, [], [], {}, 0
        self.currency = self.keys.s.get("cost.currency", "USD")

    def judge(self, where, cell, expression, section=""):
        """Compares one printed number."""
        if expression.startswith("@"):
            text = self.keys.s.get(expression[1:], "")
            days = re.findall(r"\d{4}-\d\d-\d\d|\d\d:\d\d", cell)
            if not days or any(d not in text for d in days):
                self.wrong.append(f"{where}: '{cell}' is not {text}")
            self.good += 1
            return
        m = re.match(r"(-?[\d,]+(?:\.(\d+))?)(e[+-]\d+)?\s*(.*)", cell)
        if not m:
            return  # a text
        unit = re.sub(r" of all$| in a year$", "", m.group(4).replace(self.currency, "").strip())
        unit = re.sub(r"^(times|time|times as long as alone|x|:1 oversubscribed|/a|g/kWh|kg/kWh|L/kWh|h/kWh|m3|m2|kg/m2|degC|L|J|/h|/kWh|kg|more.*)$", "", unit)
        if section in IN_TB and unit in ("TB", "GB", "PB"):
            scale = {"GB": 1e-3, "TB": 1, "PB": 1e3}[unit]
        else:
            scale = SCALE.get(unit.rstrip(",;"))
        value = self.keys.evaluate(expression)
        if scale is None or value is None:
            self.unknown.append(f"{where}: '{cell}' ({'unit ' + unit if scale is None else expression + ' is absent'})")
            return
        shown = float(m.group(1).replace(",", ""))
        half = 0.5000001 * 10 ** -len(m.group(2) or "")
        if m.group(3):
            shown, half = float(m.group(1) + m.group(3)), half * 10 ** int(m.group(3)[1:])
        if abs(shown - value / scale) > half * 1.000001 + 1e-12 * abs(shown):
            self.wrong.append(f"{where}: '{cell}', but {expression} is {value / scale}")
        for key in re.findall(r"(?<![\w/@.])[a-z_]\w*(?:\.[\w*]+)+", expression):
            pattern = re.compile(re.escape(key).replace(r"\*", r"[^.]+"))
            for one in [k for k in self.keys.s if pattern.fullmatch(k)]:
                if one not in self.verdicts:
                    self.verdicts[one] = self.keys.check(one)
                verdict, detail = self.verdicts[one]
                if verdict == "differs":
                    self.wrong.append(f"{where}: {detail}")
                elif verdict == "not in the file":
                    self.kept[one] = detail
        self.good += 1

    def index_of(self, name, value, member="id"):
        for key, text in self.keys.s.items():
            m = re.fullmatch(re.escape(name) + r"\.(\d+)\." + member, key)
            if m and text == value:
                return int(m.group(1))
        return None

    def row(self, section, heading, group, cells, at):
        label, rest = cells[0], cells[1:]
        where = f"{section}, {heading}, {label}"
        for wanted, pattern, which, expressions in RULES:
            id, _, title = wanted.partition(":")
            m = re.fullmatch(pattern, label)
            if id != section or not heading.startswith(title) or not m:
                continue
            n, p = None, None
            if which == "stages":
                p = next(i for i in range(1000) if group.startswith(self.keys.s.get(f"pipelines.{i}.id", "\0")))
                n = self.index_of(f"pipelines.{p}.stages", label)
            elif which == "*":
                name, _, kind = group.rpartition(" (")
                which = {"ups)": "ups", "generators)": "generators", "breaker)": "breakers"}[kind]
                n = self.index_of(which, name, "name")
                expressions = [e.replace("L.", which + ".") for e in expressions]
            elif ":" in which:
                n = self.index_of(which.split(":")[0], group, which.split(":")[1])
            elif which.endswith("="):
                n = self.index_of(which[:-1], m.group(1))
            elif which:
                name = which.rstrip("+")
                at[section, name] = n = at.get((section, name), -1) + (not which.endswith("+"))
                if section == "unit_costs":
                    n = self.index_of(name, label[len("Million tokens of "):])
                if section == "blast":  # one table a trip
                    seen = self.headings.setdefault(section, [])
                    if heading not in seen:
                        seen.append(heading)
                    n = seen.index(heading)
            for cell, expression in zip(rest, expressions):
                parts = re.sub(r"^(-\d+)\.\.\+(\d+ %)", r"\1 %, \2", cell)
                for part, one in zip(re.split(r", (?:up to )?(?=[-\d])", parts), expression) if isinstance(expression, list) else [(cell, expression)]:
                    if isinstance(one, tuple):
                        found, one = re.search(one[0], part), one[1]
                        if not found:
                            continue
                        part = found.group(1)
                    one = one.replace(".P.", f".{p}.").replace(".N.", f".{n}.") if n is not None else one
                    if one == "" and re.match(r"-?[\d,]+(\.\d+)?( |$)", part):
                        self.unknown.append(f"{where}: '{part}'")
                    if one in ("", "?"):
                        continue
                    dark = re.search(r"cooling dark: (\d+)", part)
                    self.judge(where, dark.group(1) if dark else part, one, section)
            for cell in rest[len(expressions):]:
                if re.match(r"-?[\d,]+(\.\d+)?( |$)", cell) and section not in ("origin",):
                    self.unknown.append(f"{where}: '{cell}'")
            return
        if section != "origin" and any(re.match(r"-?[\d,]+(\.\d+)?( |$)", c) for c in rest):
            self.unknown.append(f"{where}: {rest}")

    def check(self):
        at = {}
        for row in self.page.rows:
            self.row(*row, at)
        for box in self.page.tiles:
            name, numbers = box[0], box[1:]
            expressions = TILES.get(name, self.tile_of(name))
            for cell, expression in zip(numbers, expressions or []):
                self.judge("tile " + name, re.sub(r" of the limit$", "", cell), expression)
            if expressions is None:
                self.unknown.append(f"tile {name}: {numbers}")
        for name, says in self.page.lines:
            left = says
            for pattern, expression in LINES.get(name, []):
                m = re.search(pattern, says)
                if m:
                    self.judge(f"line {name}", m.group(1), expression)
                    left = left.replace(m.group(1), "", 1)
            if name in LINES and re.search(r"\d", re.sub(r"CO2e|m3|95 %", "", left)):
                self.unknown.append(f"line {name}: '{left}' of '{says}'")
            if name == "Services":
                for who, share in re.findall(r"(?:^|, )(\S+) ([\d.]+ %)", says):
                    self.judge(f"line {name}", share, f"services.{self.index_of('services', who)}.slo_met")

    def tile_of(self, name):
        if name == "Cost of 1M tokens written":
            n = len([k for k in self.keys.s if re.fullmatch(r"services\.\d+\.id", k)])
            tokens = [f"services.{i}.tokens_per_s" for i in range(n)]
            return ["(" + " + ".join(f"or0(services.{i}.usd_per_million_tokens * services.{i}.tokens_per_s)" for i in range(n)) + ") / (" + " + ".join(tokens) + ")"]
        return None


def examples(folder, build):
    quick = os.environ.get("VALIDATE") == "quick" or "--small" in sys.argv
    wanted = ("small-hall",) if "--small" in sys.argv else ("hot-weather", "gb200-pod", "solar-battery")
    for path in sorted(glob.glob("scenarios/examples/*.xml")):
        name = os.path.splitext(os.path.basename(path))[0]
        if quick and name not in wanted:
            continue
        out = os.path.join(folder, name + ".h5")
        done = subprocess.run([f"{build}/datahall", "run", path, "-q", "-o", out, "--until", "1 d" if "--small" in sys.argv else "3 d"], capture_output=True, text=True)
        if done.returncode == 0:
            yield name, out
        else:
            print(f"not ok - {name}: runs\n# {done.stderr[-400:]}")


def spoiled(name, path, build):
    """Does it see one wrong figure of a table, of a tile, and a figure that it does not know?"""
    def one_more(pattern, html):
        m = re.search(pattern, html, re.S)
        digit = html[m.end() - 1]
        return html[:m.end() - 1] + str((int(digit) + 1) % 10) + html[m.end():]
    seen = []
    for pattern in (r'<section id="energy">.*?<td>[\d,.]*\d', r"<span>PUE</span><b>[\d.]*\d", r'<section id="gpu_time">.*?<td>[\d,.]* h</td><td>[\d,.]*\d'):
        n = Numbers(path, build, lambda html: one_more(pattern, html))
        n.check()
        seen.append(len(n.wrong) == 1)
    n = Numbers(path, build, lambda html: html.replace("Utilization</th>", "Use</th>"))
    n.check()
    print("ok" if all(seen) and len(n.unknown) == 1 else "not ok", f"- {name}: one wrong digit is seen, and a figure that no rule knows")


def main():
    build, given = sys.argv[1], [a for a in sys.argv[2:] if not a.startswith("--")]
    with tempfile.TemporaryDirectory() as folder:
        for name, path in [(os.path.basename(p), p) for p in given] or examples(folder, build):
            n = Numbers(path, build)
            n.check()
            unnamed = sorted(k for k in n.kept if not any(re.fullmatch(p, k) for p in KEPT))
            print("ok" if not n.wrong else "not ok", f"- {name}: {n.good} printed numbers are those of the file")
            for line in n.wrong[:20]:
                print("#", line)
            print("ok" if not n.unknown else "not ok", f"- {name}: every number of the report is known here")
            for line in n.unknown[:40]:
                print("#", line)
            print("ok" if not unnamed else "not ok", f"- {name}: {len(n.kept)} of the {len(n.verdicts)} keys behind them are kept by the run alone, each for a reason")
            for line in unnamed[:20]:
                print("#", line, n.kept[line])
            if "--small" in sys.argv or len(given) > 0:
                spoiled(name, path, build)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
