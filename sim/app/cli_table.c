#include "sim/app/cli_table.h"

#include "sim/app/app.h"

#include <string.h>

// clang-format off

static const struct cli_option run_options[] = {
    {"output", 'o', "FILE", "file:h5", "write the result to FILE (default: NAME-SEED.h5 in this folder)"},
    {"no-output", 0, NULL, NULL, "write no result file"},
    {"jobs", 0, "FILE[:FORMAT[:PART]]", "file:csv",
     "replace the workload by this job log (csv, swf, itp, philly, muri, raps, openb, sacct); may be repeated"},
    {"param", 'p', "NAME=VALUE", NULL, "set a <parameter> of the scenario; may be repeated"},
    {"set", 0, "XPATH=VALUE", NULL, "override any attribute, such as '//utility/@rated=20 MW'; may be repeated"},
    {"profile", 0, "FILE", "file:xml",
     "constants of kernels as 'calibrate' wrote them, for the devices that the profiles are of; may be repeated"},
    {"calibrate-live", 0, NULL, NULL,
     "time the kernels that the work uses most on the attached device first, and use that (so does a device with profile=live)"},
    {"calibrate-every", 0, "DURATION", NULL, "and again every so long of simulated time"},
    {"backend", 0, "NAME", "words:auto,cuda,opencl,synthetic", "what drives the device to measure (default: the first that has one)"},
    {"device", 0, "N", NULL, "which of its devices, from 0 (default: 0)"},
    {"budget", 0, "DURATION", NULL, "time for one measurement (default: 60 s)"},
    {"cuda-lib", 0, "DIR", NULL, "look for vendors' libraries in this folder first (absolute)"},
    {"keep-profile", 0, "FILE", "file:xml", "write what was measured to FILE, for --profile"},
    {"seed", 's', "N", NULL, "random seed; the same seed gives the same result"},
    {"until", 0, "WHEN", "words:idle", "stop after a duration (30 d), at a time (2026-02-01) or at the last end (idle)"},
    {"trip", 0, "ID@TIME[:DURATION]", NULL,
     "make equipment fail: 'ups-a@2026-07-14T15:00:30 min', 'chilled/chiller:1@2 h'; may be repeated"},
    {"events", 0, "FILE", "file:csv", "the same from a CSV file with columns at, trip and optionally for; or at, do, what, value, for: set-points, caps, drained nodes, jobs, as `export actions` writes them"},
    {"threads", 0, "N", NULL, "threads to use; the result does not depend on it (default: 1)"},
    {"extremes", 0, NULL, NULL, "run it in a hot, a cold and a design-day year too (four runs), and compare their peaks"},
    {"view", 0, NULL, NULL, "show it in a window as it goes; the result is the same"},
    {"close", 0, NULL, NULL, "with --view: close the window when the run has ended"},
    {"no-series", 0, NULL, NULL, "keep only jobs, summary and audit in the result"},
    {"json", 0, NULL, NULL, "print the summary as JSON instead of the report"},
    {"fail-if", 0, "LIMIT", NULL, "exit with 1 when true, such as 'energy.peak_facility_kw > 24 MW'; may be repeated"},
    {"dry-run", 'n', NULL, NULL, "print the effective scenario and what the run would take, and stop"},
    {"progress", 0, "WHEN", "words:auto,always,never,json", "when to show progress (default: auto, on a terminal)"},
    {"replications", 0, "N", NULL, "N runs that differ in their seed alone: means with 95 % intervals"},
    {"workers", 'j', "N", NULL, "processes side by side for them (default: 1); the figures are the same for any number"},
    {"antithetic", 0, NULL, NULL, "replications in antithetic pairs: the second of each draws 1 - u where the first draws u"},
    {"precision", 0, "KEY:WIDTH", NULL, "end them as soon as KEY's mean is known to WIDTH either side, as \"cost.total:1 %\""},
    {0},
};

static const struct cli_option check_options[] = {
    {"format", 0, "FORMAT", "words:text,json", "how to print problems (default: text)"},
    {"param", 'p', "NAME=VALUE", NULL, "set a <parameter> of the scenario; may be repeated"},
    {"set", 0, "XPATH=VALUE", NULL, "override any attribute; may be repeated"},
    {"profile", 0, "FILE", "file:xml", "take these profiles of devices, as 'run' does; may be repeated"},
    {0},
};

static const struct cli_option init_options[] = {
    {"list", 'l', NULL, NULL, "list the templates"},
    {"output", 'o', "FILE", "file:xml", "write to FILE, which must not exist, instead of standard output"},
    {0},
};

static const struct cli_option report_options[] = {
    {"json", 0, NULL, NULL, "print the summary as JSON"},
    {"csv", 0, NULL, NULL, "print key,value,unit"},
    {"html", 0, NULL, NULL, "one HTML file with tables and charts, which needs nothing else"},
    {"pdf", 0, NULL, NULL, "the same on A4 pages as PDF"},
    {"markdown", 0, NULL, NULL, "the same tables as Markdown"},
    {"units", 0, "SYSTEM", NULL, "si, or us: degF, gallons, short tons, tons of refrigeration; JSON, CSV and electricity stay as they are"},
    {"explain", 0, "KEY", NULL, "what a number is and comes from: formula, inputs, sources; 'all': every one; with --json too"},
    {"output", 'o', "FILE", "file:html", "write to FILE instead of standard output"},
    {"brief", 'b', NULL, NULL, "the verdict and a line for each question only"},
    {"full", 'f', NULL, NULL, "every assumption, balance and input file too"},
    {"width", 'w', "N", NULL, "columns to use, 60-240 (default: 100)"},
    {"fail-if", 0, "LIMIT", NULL, "exit with 1 when true; may be repeated"},
    {0},
};

static const struct cli_option sweep_options[] = {
    {"output", 'o', "FOLDER", "file:", "where results and index.csv go (default: the study's name)"},
    {"workers", 'j', "N", NULL, "points side by side (default: 1)"},
    {"task", 0, "K/N", NULL, "only every N-th point, from the K-th: for job arrays; mpirun and Slurm arrays are noticed"},
    {"json", 0, NULL, NULL, "print responses as JSON"},
    {"html", 0, "FILE", "file:html", "write them with charts to FILE"},
    {"pdf", 0, "FILE", "file:pdf", "write the same as PDF to FILE"},
    {0},
};

static const struct cli_option plan_options[] = {
    {"json", 0, NULL, NULL, "print as JSON"},
    {"csv", 0, NULL, NULL, "print a row for each design that was simulated"},
    {"html", 0, NULL, NULL, "one HTML file with tables and charts, which needs nothing else"},
    {"markdown", 0, NULL, NULL, "the same tables as Markdown"},
    {"output", 'o', "FILE", "file:html", "write to FILE instead of standard output"},
    {"workers", 'j', "N", NULL, "simulations side by side (default: 1); the result is the same for any number"},
    {"runs", 0, "FOLDER", "file:", "where the figures of all runs are kept (default: the study's name)"},
    {"exhaustive", 0, NULL, NULL, "simulate every design"},
    {0},
};

static const struct cli_option compare_options[] = {
    {"json", 0, NULL, NULL, "print as JSON"},
    {"html", 0, NULL, NULL, "one HTML file with tables and charts, which needs nothing else"},
    {"pdf", 0, NULL, NULL, "the same on A4 pages as PDF"},
    {"pareto", 0, "KEY,KEY", NULL,
     "which results are beaten by none in both (default: cost and carbon, cost and wait); +KEY: more is better"},
    {"output", 'o', "FILE", "file:html", "write to FILE instead of standard output"},
    {"full", 'f', NULL, NULL, "every difference of the scenarios"},
    {"width", 'w', "N", NULL, "columns to use, 60-240 (default: 100)"},
    {0},
};

static const struct cli_option view_options[] = {
    {"screenshot", 0, "FILE", "file:png", "write a picture (PNG, and beside it what it shows as JSON) and end; needs no display"},
    {"frames", 0, "FOLDER", "file:", "write pictures from --at on, one --every so long, and end"},
    {"every", 0, "DURATION", NULL, "simulated time between them, such as '1 h'"},
    {"at", 0, "TIME", NULL, "show this time: '2026-07-14T15:00', or '36 h' after the start"},
    {"tab", 0, "TAB", "words:floor,power,cooling,network,work", "what to show first"},
    {"overlay", 0, "OVERLAY", NULL, "what the colours of racks tell: 1 to 9, or a name"},
    {"difference", 0, NULL, NULL, "of two results with the same racks: the second less the first, rack by rack, on one floor"},
    {"select", 0, "NAME", NULL, "look at this rack, hall, power stage, plant or service"},
    {"size", 0, "WxH", NULL, "pixels (default: 1920x1080 for pictures, most of the screen for a window)"},
    {"scale", 0, "N", NULL, "pixels of the screen for one of the design, 1 to 8 (default: by the height)"},
    {"gpu", 0, NULL, NULL, "draw with the graphics card, where there is one"},
    {"pace", 0, "DURATION", NULL, "of a scenario: so much simulated time a second, such as '10 min', to act in the run (default: as fast as it can)"},
    {"output", 'o', "FILE", "file:h5", "of a scenario: keep the result"},
    {"param", 'p', "NAME=VALUE", NULL, "of a scenario: set a <parameter>; may be repeated"},
    {"set", 0, "XPATH=VALUE", NULL, "of a scenario: override any attribute; may be repeated"},
    {"seed", 's', "N", NULL, "of a scenario: random seed"},
    {"until", 0, "WHEN", "words:idle", "of a scenario: stop after a duration, at a time, or at the last end (idle)"},
    {"trip", 0, "ID@TIME[:DURATION]", NULL, "of a scenario: make equipment fail; may be repeated"},
    {"events", 0, "FILE", "file:csv", "of a scenario: the same, and other deeds, from a CSV file"},
    {0},
};

static const struct cli_option info_options[] = {
    {"json", 0, NULL, NULL, "print as JSON"},
    {0},
};

static const struct cli_option output_options[] = {
    {"output", 'o', "FILE", "file:csv", "write to FILE instead of standard output"},
    {"at", 0, "WHEN", NULL, "prometheus: only the values of that instant (2026-07-14T15:00:00Z), or so long after the start (2 h)"},
    {0},
};

static const struct cli_option recover_options[] = {
    {"output", 'o', "FILE", "file:h5", "the result to make (default: NAME-recovered.h5)"},
    {0},
};

static const struct cli_option predict_options[] = {
    {"input", 'i', "FILE", "file:csv", "rows to predict; a header names the columns"},
    {"output", 'o', "FILE", "file:csv", "write the rows with predictions to FILE (default: standard output)"},
    {"json", 0, NULL, NULL, "print counts and errors as JSON instead of the rows"},
    {"tariff", 0, "TARIFF", "file:json",
     "bill: a rate of the Utility Rate Database or REopt as JSON, a scenario, or an id of the catalog"},
    {"load", 0, "FILE", "file:csv", "bill, when -i is a rate: the load as CSV (default: what the rate's file holds, else none)"},
    {"climate", 0, "FILE", "file:csv", "pue: hourly weather as CSV, plain or gzip; a column zone divides it by climate zones"},
    {"epw", 0, "FILE", "file:epw", "pue: weather of the rows that name none"},
    {"archetype", 0, "ARCHETYPE", NULL, "pue: archetype of the rows that name none"},
    {"links", 0, "FILE", "file:csv", "flows: the links of the network: link_id, bandwidth_Bps, latency_s where there is any, and what they join: from_level, from_pos, to_level, to_pos, or from, to"},
    {"routes", 0, "FILE", "file:csv", "flows: src, dst and links, the ids of a route with blanks between (default: shortest ways over the links, by destination where there are several)"},
    {"topology", 0, "WORDS", NULL, "flows: the network in words instead of --links, such as 'fat-tree hosts-per-leaf=32 units=32 oversubscription=4 rate=50GB/s'"},
    {"routing", 0, "WAY", NULL, "flows: which of equal ways: destination (default), hash (ECMP: flows collide) or adaptive (the least crowded of eight)"},
    {"failures", 0, "FILE", "file:csv", "flows: what fails: link_id, or level and position of a node, down_s, and up_s where it is repaired"},
    {"stack", 0, "STACK", NULL, "training: software of all rows, an id of the catalog (default: by the column framework)"},
    {"check-memory", 0, NULL, NULL, "training: a plan that does not fit its devices' memory is an error that names what is in the way and the nearest plan that fits"},
    {"profile", 0, "FILE", "file:xml", "attention, gemm: take these profiles of devices, as 'run' does"},
    {"keep", 0, "DIR", NULL, "pue: write each scenario there, with its weather beside it, for 'datahall run'"},
    {"year", 0, "N", NULL, "bill: the year of loads that count hours (default: the rate's)"},
    {0},
};

static const struct cli_option calibrate_options[] = {
    {"output", 'o', "FILE", "file:xml", "write to FILE"},
    {"list", 'l', NULL, NULL, "list the devices that can be measured, and stop"},
    {"backend", 0, "NAME", "words:auto,cuda,opencl,synthetic,recorded",
     "what drives the device (default: auto, the first that finds hardware)"},
    {"device", 0, "WHICH", NULL, "which of its devices, from 0 (default: 0); fit: id of the catalog's device that it is (default: by its name)"},
    {"budget", 0, "TIME", NULL, "about how long to measure, such as '10 min' (default: 5 min)"},
    {"quick", 0, NULL, NULL, "small sizes, as for a processor's OpenCL (default budget: 25 s)"},
    {"cuda-lib", 0, "DIR", NULL, "look for vendors' libraries in this folder first; absolute"},
    {"recording", 0, "FILE", "file:xml", "recorded: the samples to play back"},
    {"progress", 0, "WHEN", "words:auto,always,never", "when to show progress (default: auto, on a terminal)"},
    {"json", 0, NULL, NULL, "fit: print the report as JSON"},
    {0},
};

static const struct cli_option import_options[] = {
    {"output", 'o', "FILE", "file:csv", "write the converted rows to FILE (default: standard output)"},
    {"json", 0, NULL, NULL, "print figures of the converted data as JSON instead of the rows"},
    {0},
};

#define IMPORT_NOTES \
    "Without arguments the kinds are listed; FILE may be gzip when it is named .gz. The converted text goes to standard output, " \
    "--json prints figures instead that tell whether all of it arrived. Logs of jobs (sacct, swf, itp, philly, muri, raps, " \
    "openb, csv) need no conversion: <log href= format= part=> and run --jobs FILE:KIND:PART read them as they are. " \
    "sacct reads what 'TZ=UTC sacct -aXPn --starttime DATE -o COLUMNS' prints, where COLUMNS are JobIDRaw, Submit, Eligible, Start, End, " \
    "ElapsedRaw, TimelimitRaw, State, Partition, Account, User, QOS, ReqTRES, AllocTRES, NodeList and ConsumedEnergyRaw with commas between " \
    "and no blanks; or, without -n, any columns in any order as the header names them. Steps of jobs " \
    "are dropped, of a requeued job's attempts the last counts, jobs that never started are skipped, those that still run " \
    "keep the time they had; gres/gpu=8 counts, or the sum of gres/gpu:TYPE= where it is missing. " \
    "dcgm reads the answer of Prometheus' query_range (JSON), a table of Grafana ('series to columns', the legend on Auto) " \
    "or time,host,gpu,metric,value, with the names of dcgm-exporter. It is a load to replay: in each interval a host's GPUs work as one job " \
    "at their mean activity; with PART (IDLE-MAX, the watts of a GPU that rests and of one that is busy) activity comes from power, so that a device " \
    "of those powers draws the energy that was measured; the energy counter counts where there is one. Read it by run --jobs, with " \
    "policy=\"replay\" and limit=\"allow\". dcgm-series is the same as a table, for notebooks. " \
    "azure-llm is what <service requests=> reads, epw and weather what <climate epw= csv=> reads, carbon and price what " \
    "<grid csv=> and <tariff csv=> read. cloud makes a catalog of providers, for <import href=>; of several dates in a list the last " \
    "counts. spot gives means over time, for <instance spot=>; egress one price a line, for <provider egress=>. " \
    "netbox makes a scenario: rows of racks in halls (locations) of sites behind the panels of their power feeds. Power of " \
    "a rack is the sum of its primary feeds, volts times amperes times the highest utilization, times 1.732 for three phases; " \
    "PART is the rack type of catalog:racks.xml that stands there (dgx-h100-air), with as many nodes as that power carries."

static const struct cli_option help_options[] = {
    {"man", 0, NULL, NULL, "print the man page"},
    {"man-scenario", 0, NULL, NULL, "print the man page of the scenario language"},
    {"bash", 0, NULL, NULL, "print the bash completion"},
    {"summary", 0, NULL, NULL, "print every key of a summary with unit, definition and source"},
    {"xsd", 0, NULL, NULL, "print the XML schema of scenarios"},
    {0},
};

const struct cli_command cli_commands[] = {
    {"init", "[TEMPLATE]", "print a commented starter scenario",
     "Without TEMPLATE the first of `datahall init --list`.", NULL, 0, 1, init_options, cmd_init},
    {"check", "SCENARIO...", "validate scenarios and say what is wrong, where, and what was probably meant",
     NULL, "file:xml", 1, -1, check_options, cmd_check},
    {"run", "SCENARIO", "simulate a scenario, keep the result and print the report",
     "The result is written as FILE.part and renamed when it is complete, so FILE is never half a result. "
     "SIGINT, SIGTERM or SIGHUP ends the run early: the result so far is closed properly and marked as interrupted; a second "
     "one ends the program at once. --trip takes an id of the scenario (a power stage, hall, CDU group, plant, row or rack; "
     "ID/PART for chiller, tower, chilled-pump, condenser-pump, cooler, pump, air-handler, node, gpu; :N for N units of it, #N for the N-th), "
     "an instant or a duration after the start, and how long it lasts; the report says what followed. SIGUSR1 prints a line of status. Wall time, processor time (run_cpu_s: of the thread that simulates) and memory go to "
     "NAME.perf.json beside the result.",
     "file:xml", 1, 1, run_options, cmd_run},
    {"report", "RESULT", "print the cost and energy report of a result",
     "Assumptions about weather, prices, clouds and capital are printed, those about equipment counted; --full prints "
     "all of them, and --json always has them.",
     "file:h5", 1, 1, report_options, cmd_report},
    {"sweep", "STUDY.xml", "run a scenario in many variants",
     "A study names a scenario and what varies: <study scenario=\"a.xml\" design=\"cartesian\" seeds=\"5\"><vary "
     "path=\"//hall/@supply\" values=\"20 degC|24 degC\"/><vary parameter=\"gpus\" from=\"512\" to=\"2048\" levels=\"4\" "
     "whole=\"yes\"/></study>; designs are cartesian, list, latin-hypercube and sobol (with points=\"N\"), one-at-a-time (the scenario as it is, then both "
     "ends of each range alone) and sobol-indices (points=\"N\" rows of as many points as values vary, and two). Points whose "
     "result is in the folder are not run again, so that a sweep that was interrupted goes on where it was.",
     "file:xml", 1, 1, sweep_options, cmd_sweep},
    {"plan", "STUDY.xml", "find the best design of a study",
     "The study varies values as for 'sweep' and says what is wanted: <objective key=\"cost.total\" sense=\"min\"/> (several: the "
     "designs that no other beats in all of them are told too), <constraint key=\"jobs.wait_s.p95\" op=\"at-most\" value=\"30 min\" "
     "confidence=\"0.95\"/>. Keys are those of 'help --summary'. Every design runs with the same seeds, as many as the study's seeds=. "
     "A constraint is met when the mean over them meets its limit; with confidence c, when the one-sided bound of the mean by "
     "Student does; with probability p, when so many runs meet it that their share is at least p (at confidence c by Clopper and "
     "Pearson). Op is at-most, at-least, below or above. Of all designs a small share is simulated: <search share=\"0.05\"/> or "
     "simulations=\"400\" sets how many, --exhaustive takes all. The report says which constraint binds and what one unit more of it "
     "would be worth (step= says by how much its limit is moved), and what other demand would mean: <demand factors=\"0.8|1.2\" "
     "path=\"//jobs/@rate\" base=\"2 1/h\"/> says which value is demand. <phases years=\"6\" growth=\"0.25\" sigma=\"0.1\" "
     "confidence=\"0.9\"/> asks what to build when: demand grows by 25 % a year in the median, each year's design meets all "
     "constraints at what demand stays below with that probability, levels of variables (in the order in which they are written) never "
     "go back, and later years are discounted at rate= or the scenario's cost of capital; <path growth=\"0.05\" probability=\"0.3\"/> "
     "inside it, instead of growth and sigma, gives courses of demand. What was simulated is kept in FOLDER/runs, so that a plan that "
     "was interrupted goes on where it was. Exit status 1: no design meets the constraints; the report says which cannot be met "
     "and how near the nearest design comes.",
     "file:xml", 1, 1, plan_options, cmd_plan},
    {"compare", "BASE OTHER...", "say what changed between results, why, and how sure that is",
     "Up to eight results beside the first. The change in power, cost and carbon is split into parts that sum to it. "
     "Where both were made with --replications, each difference has the 95 % interval of its mean over runs of the same "
     "seeds, and \"no clear difference\" where that spans zero.",
     "file:h5", 2, 9, compare_options, cmd_compare},
    {"view", "SCENARIO.xml | RESULT.h5 [OTHER.h5]", "watch a run, or replay a result; pictures of either",
     "A scenario is run and shown as it goes; a result is replayed. In the window '?' lists all keys. Two results are "
     "shown beside each other. With --screenshot or --frames no window is opened.",
     "file:h5", 1, 2, view_options, cmd_view},
    {"info", "RESULT", "list what a result holds: tables, series, units, times, origin", NULL,
     "file:h5", 1, 1, info_options, cmd_info},
    {"export", "RESULT TABLE", "print one table of a result as CSV, or its series for Prometheus",
     "TABLE is jobs, summary, audit, actions (what was done in the run, for --events), scenario (the effective XML), profiles (those of its devices, for --profile), bom (the bill of materials, also of a scenario), or a series or its group as `datahall info` names it, "
     "such as /facility or /racks/rack_power_w; of /cooling, one column of the plant that is meant. "
     "prometheus prints all series as OpenMetrics text with timestamps (promtool tsdb create-blocks-from openmetrics takes it): "
     "datahall_facility_power_watts, datahall_pue, datahall_rack_power_watts, …, and for racks of GPUs "
     "DCGM_FI_DEV_GPU_TEMP (the hottest), DCGM_FI_DEV_GPU_UTIL (share that jobs hold), DCGM_FI_DEV_SM_CLOCK and DCGM_FI_DEV_POWER_USAGE "
     "(the rack's power over its GPUs: boards with their share of hosts, fans and supplies), with the rack as Hostname and instance, "
     "so that dashboards of dcgm-exporter show a simulation; a rack's gpu=\"0\" stands for all of its GPUs.",
     "file:h5", 2, 2, output_options, cmd_export},
    {"recover", "RESULT.part", "rescue what a killed run left",
     "Works on a copy; RESULT.part stays as it is.", "file:part", 1, 1, recover_options, cmd_recover},
    {"import", "KIND FILE...[:PART]", "turn foreign data into what scenarios read",
     IMPORT_NOTES, "file:csv", 0, -1, import_options, cmd_import},
    {"predict", "KIND", "predict rows of a CSV file with the models that runs use",
     "Without KIND the kinds are listed. Where rows carry measured values, errors are given too (mape, median, p90, "
     "in percent). "
     "carbon reads generation by source in the columns of the EIA (WND, SUN, WAT, OIL, NG, COL, NUC, OTH; avg_CI is the "
     "measured value), or time and g_per_kwh. "
     "bill reads a load: kw (or kwh of an hour) and one of time (UTC; on the tariff's own clock where it names none), "
     "time_s (seconds since 1 January) or hour (from 1, local clock; hours left out are zero); kw alone is a whole year "
     "in equal steps. Columns case, tariff and year make several bills of one file. A month is a row, then the whole; "
     "energy_usd and demand_usd of the input are taken as measured. -i RATE.json is the same with the tariff first. "
     "gemm reads gpu (an id or alias of the catalog's devices), dtype, m, n, k; attention reads gpu, phase (prefill, decode), kv_dtype, batch, "
     "q_len, kv_len, heads, kv_heads, head_dim: milliseconds of one kernel, with the band that holds 90 % of measurements; time_ms is the measured "
     "value. "
     "training reads a run a row: gpu, n_gpus, global_batch, seq_len; model (an id or alias of the catalog) or layers, hidden, heads and what "
     "else its architecture has; tp, pp, vpp, cp, ep, micro_batch, sharding, recompute, precision, network, framework: seconds of a step; "
     "measured_step_s or tokens_per_s_per_gpu is the measured value. "
     "inference reads a service a row: gpu, model and engine (names or aliases of the catalog), precision, kv_dtype, tp, pp, dp, ep, input_len, "
     "output_len, concurrency (or batch), mode (agg, disagg with prefill_cfg and decode_cfg, static-batch, offline-max-throughput): time to the "
     "first token, between tokens, tokens per second and end to end, each with its band; ttft_ms, tpot_ms, output_tok_s and e2e_ms are the "
     "measured values. "
     "collective reads system (a name that the catalog's interconnects and networks know, or one that contains an accelerator's and a network's), "
     "nodes, gpus, op (all_reduce, all_gather, reduce_scatter, alltoall, broadcast, send_recv, moe_dispatch, moe_combine), bytes as nccl-tests counts them, "
     "and notes: microseconds; time_us is the measured value. "
     "flows reads src, dst, bytes, and where there is any start in seconds, weight, cap_Bps; --links describes the network, --routes the ways through it, which else its links do (D-mod-k; hosts are level 0); --topology instead makes fat trees (hosts-per-leaf, units of one leaf or of one a rail, pods "
     "with a third tier, rails, domain, oversubscription, spine-oversubscription), dragonflies and dragonfly+ (hosts-per-leaf, groups, routers, spines, globals), tori (size=8x8x4) "
     "and meshes (sites), with rate, host-rate, local-rate, global-rate, domain-rate and latency; flows go around what --failures takes out of service, or wait: the instant "
     "(finish) at which each flow has delivered its bytes where links are shared max-min fairly; finish of the input is the measured value. "
     "pue reads a data center a row: archetype, or size and cooling_system (and it_loop: rear_door, cold_plate, "
     "immersion) in the words of Lei and Masanet, or a provider (or site) "
     "whose own design it is (Google, Meta, Microsoft, Amazon); and climate_zone of the table --climate, or epw. Each is a scenario of "
     "1 MW of constant IT load over a typical year, run by the hour. Columns PUE and WUE_L_per_kWh (or PUE_p50, WUE_p50, "
     "WUE, WUE_L_per_IT_kWh) are taken as measured; quantile (5th, 95th) or PUE_p05, PUE_p95, WUE_p05, WUE_p95 give a "
     "band, of which coverage90 is the share of predictions inside. Rows without a prediction say why. "
     "power reads gpu, n_gpus, phase (serving, idle), workload (words: a model, a task, tp=, dp=, ep=, a number format), batch and throughput in "
     "tok/s: mean watts of all devices; watts is the measured value. "
     "reliability reads a system a row: its kind, and the columns that the kind needs (name is kept; quantity asks for one "
     "figure, measured is what it is compared with). unit: mtbf_h, mttr_h. k-of-n: k, n, and availability or mtbf_h and "
     "mttr_h of a unit. crews: k, n, mtbf_h, mttr_h, crews (default n), standby (hot or cold), and for common shocks "
     "shock_per_year and shock_share (of the units that a shock fails). two-paths: a path's availability or times, and "
     "beta. block-redundant: n blocks and a catcher; distributed: 3N/2. generators: k, n, availability, "
     "failure_to_start, hours with mtbf_h, outages_per_year. backup: n, generator_kw, mtbf_h, availability, "
     "failure_to_start, battery_kwh (usable), battery_kw, start_kwh, charge_efficiency, discharge_efficiency, bins, "
     "and load_kw, an hour each or one with hours. job: nodes, failures_per_1000_node_days, and interval_s, write_s, "
     "restart_s. checkpoint: mtbf_s, write_s, restart_s, interval_s. goodput: the same (interval_s: by default the optimum), "
     "drain_s of a write behind the work, wait_s after a failure, availability of enough nodes, days. rate: events, units, days. "
     "sizing answers what to build, likewise a question a row. staffing: erlangs (arrivals times mean service) and limits: "
     "max_waits (share that waits), max_mean_wait, wait with max_over (times in mean services), or max_blocked with room for "
     "none or so many to wait: the least servers (Erlang C and B). queue: the figures of so many servers. redundancy: k units "
     "needed, availability or mtbf_h and mttr_h of one, min_availability or max_unavailability: the least units. reserve: "
     "own (cost of a unit owned), rent (of a unit rented when demand is above that), law (discrete, normal, lognormal, gamma, uniform, "
     "poisson) with mean and deviation, or demand \"10:0.5;20:0.5\": the units to own, whole=1 for whole ones. battery: load_kw "
     "\"0:300;28800:900\" (s: kW, until the next, over period_s), charge_efficiency, discharge_efficiency, max_charge_kw, and limit_kw, or "
     "battery_kwh with battery_kw, or prices for one and the same time per_kw of peak, per_battery_kwh, per_battery_kw: the battery, "
     "the peak that it leaves, or the best of all. ride-through: load_w, bus_v, seconds, rated_h, peukert_k, unit_ah: capacity and strings.",
     NULL, 0, 1, predict_options, cmd_predict},
    {"calibrate", "[measure|fit SAMPLES.xml]", "time real kernels on an attached accelerator, and fit constants to them",
     "measure drives matrix products, attention, memory, launches, copies and held loads on the device and writes samples; "
     "datahall-probe does the same on a machine that lacks what datahall needs. Libraries of vendors are opened at run time, "
     "from the loader's path, the absolute CUDA_HOME/lib64, /usr/local/cuda/lib64 and --cuda-lib; settings of a card are never "
     "changed. The samples grow as FILE.part; SIGINT, and a device that fails, keep what was measured so far, and the file says so. "
     "fit turns samples into a profile of the device, for 'run --profile': constants with intervals, cross-validated errors, the "
     "range of sizes that was measured; constants that the samples do not determine are marked, and the report shows those of the "
     "catalog beside them. Without a word it measures and fits, and keeps the samples beside the profile as NAME.samples.xml.",
     "words:measure,fit", 0, 2, calibrate_options, cmd_calibrate},
    {"help", "[COMMAND]", "explain a command, or print the man page and completion", NULL, "words:commands",
     0, 1, help_options, cmd_help},
    {"version", "", "print the version and what it was built with", NULL, NULL, 0, 0, NULL, cmd_version},
    {0},
};
// clang-format on
