/* libdatahall: simulate a data center from a scenario and read its results. The command line is built on this
 * header alone, so what it can do any program can.
 *
 *     struct dh_diag *diag = dh_diag_new();
 *     struct dh_sim *sim = NULL;
 *     struct dh_run_options run = {.output = "a.h5"};
 *     if (dh_sim_open(&sim, "a.xml", NULL, diag) == DH_OK && dh_sim_run(sim, &run, diag) == DH_OK)
 *         printf("PUE %.3f\n", dh_summary_value(dh_sim_summary(sim), "energy.pue"));
 *     dh_sim_close(sim);
 *     dh_diag_delete(diag);
 *
 * Conventions. SI units inside, stated where a name does not say them. What can fail returns enum dh_err
 * (err.h) and explains itself once in diag; diag may be NULL. Strings that come out belong to the object they
 * came from unless their function says otherwise; strings that go in are copied. The library never prints,
 * never exits, never changes the locale, and installs no signal
 * handler (but ignores SIGXFSZ where it had its default, so that a file size limit is an ordinary error).
 * Objects are independent of each other, but one object must not be used by two threads at once (but for
 * dh_sim_act, which is for another thread). Options
 * structs may be zeroed: zero is the default everywhere. */
#ifndef DATAHALL_DATAHALL_H
#define DATAHALL_DATAHALL_H

#include <datahall/err.h>
#include <datahall/time.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DH_VERSION "0.1.0"

/* Version of the library that is linked ("0.1.0"), and of what it was built with ("HDF5 1.10.8,
 * libxml2 2.9.14"). */
const char *dh_version(void);
const char *dh_build_info(void);

/* ---- diagnostics
 * ------------------------------------------------------------------------------------------- */

struct dh_diag; /* messages, in the order in which they arose */

struct dh_diag_message {
    enum dh_err code;
    int32_t warning;    /* 1: the work went on */
    const char *file;   /* NULL: no place */
    int32_t line, col;  /* from 1; 0: unknown */
    const char *text;   /* one sentence, safe to print on a terminal */
    const char *hint;   /* what to do about it, or NULL */
    const char *source; /* the source line that line and col point into, or NULL */
};

struct dh_diag *dh_diag_new(void); /* NULL when memory is exhausted */
int32_t dh_diag_count(const struct dh_diag *diag);
/* Message i, 0 <= i < count. Its texts live until dh_diag_clear or dh_diag_delete. */
struct dh_diag_message dh_diag_at(const struct dh_diag *diag, int32_t i);
int32_t dh_diag_errors(const struct dh_diag *diag);
int32_t dh_diag_warnings(const struct dh_diag *diag);
void dh_diag_clear(struct dh_diag *diag);
void dh_diag_delete(struct dh_diag *diag); /* NULL is allowed */

/* ---- text that comes out
 * ----------------------------------------------------------------------------------- */

/* Takes the next n bytes of a text. Returns 0, or anything else to stop: the function then fails with
 * DH_ERR_IO. */
typedef int (*dh_write_fn)(void *self, const char *bytes, size_t n);

/* ---- a scenario
 * -------------------------------------------------------------------------------------------- */

struct dh_scenario_changes {
    const char *const *params; /* NAME=VALUE, for <parameter> */
    int32_t n_param;
    const char *const *sets; /* XPATH=VALUE */
    int32_t n_set;
    const char *const *jobs; /* FILE[:FORMAT[:PART]]: these logs replace the scenario's whole workload */
    int32_t n_job_log;
    const char *const *trips; /* ID@TIME[:DURATION]: equipment made to fail, as <event> of the scenario */
    int32_t n_trip;
    /* CSV with columns at, trip and optionally for: the same from a file. Or with at, do, what, value, for:
     * what dh_sim_act does, at known times; these are no part of the scenario's text. NULL: none */
    const char *events;
    const char *const
        *profiles; /* FILE: catalogs of <profile>, for the devices that name them or are named */
    int32_t n_profile;
    int32_t live_later; /* 1: profile="live" may stand for a measurement yet to come; else it is an error */
    const char *live;   /* the text of such a catalog, as dh_calibrate_live gave it; NULL: none */
    const char *seed;   /* decimal; NULL: the scenario's */
    const char
        *until; /* "30 d", "2026-02-01T00:00:00Z", "idle" (the end of the last job); NULL: the horizon */
};

struct dh_sim; /* one scenario, ready to run once */

/* Reads, merges, validates and compiles a scenario. Everything that a run would refuse is refused here,
 * except for what only arises while it runs. *sim is NULL on failure. DH_ERR_USAGE: a bad param, set, jobs,
 * seed, until. */
enum dh_err dh_sim_open(struct dh_sim **sim, const char *path, const struct dh_scenario_changes *changes,
                        struct dh_diag *diag);
/* The same from memory; relative paths in it start at folder. path only names it in messages. */
enum dh_err dh_sim_open_memory(struct dh_sim **sim, const char *text, size_t n, const char *path,
                               const char *folder, const struct dh_scenario_changes *changes,
                               struct dh_diag *diag);
void dh_sim_close(struct dh_sim *sim); /* NULL is allowed */

const char *dh_sim_name(const struct dh_sim *sim); /* the scenario's name: safe as a file name */
int64_t dh_sim_seed(const struct dh_sim *sim);
const char *dh_sim_effective_xml(const struct dh_sim *sim); /* UTF-8; merged, every default filled in */
const char *dh_sim_sha256(const struct dh_sim *sim);        /* of that text: 64 hexadecimal digits */

/* Devices whose profile is "live" and not there, with live_later: a run is refused (DH_ERR_USAGE) until
 * dh_calibrate_live has measured it. */
int32_t dh_sim_unmeasured(const struct dh_sim *sim);

/* What a run would take, known before anything large is allocated. */
struct dh_estimate {
    int64_t racks, nodes, gpus, jobs; /* jobs: of the logs, and the expected number of the synthetic ones */
    int64_t requests;                 /* expected, of services one by one without a log */
    int64_t plant_steps;              /* steps of the cooling plant; 0: there is none */
    double memory_bytes, result_bytes;
    double duration_s; /* simulated */
};
struct dh_estimate dh_sim_estimate(const struct dh_sim *sim);

/* ---- measuring for a run
 * ----------------------------------------------------------------------------------------------- */

struct dh_live_options {
    int32_t always;          /* 1: also where no device of the scenario has profile="live" */
    const char *backend;     /* "cuda", "opencl"; NULL: the first that has a device */
    int32_t device;          /* of the back end, from 0 */
    const char *library_dir; /* absolute folder in which vendors' libraries are looked for first, or NULL */
    const char *budget;      /* time for one measurement, "60 s" (default) */
    const char *every;       /* measure again every so long of simulated time, "6 h"; NULL: before it alone */
    const volatile int *stop;
    void (*progress)(void *self, double share, const char *what); /* 0-1 of the budget; what is measured */
    void *self;
};

/* Times the kernels that the scenario's training jobs and services use most on the attached device, for the
 * devices of the scenario whose profile is "live" (with `always`, where there are none, for the one that it
 * is), and fits them. *profiles is the text for changes.live, to be freed; NULL: nothing is to be measured.
 * To measure again during the run the scenario is simulated once without a result. DH_ERR_NO_DEVICE. */
enum dh_err dh_calibrate_live(const char *scenario, const struct dh_scenario_changes *changes,
                              const struct dh_live_options *options, char **profiles, struct dh_diag *diag);

/* ---- a run
 * ------------------------------------------------------------------------------------------------- */

struct dh_progress {
    double fraction;    /* of the horizon, 0-1; with until "idle" of the jobs */
    double simulated_s; /* since the horizon's start */
    double wall_s;      /* since the run began */
    int64_t events;
};

/* A run in a year that is not the typical one (climate/@year). */
struct dh_year_figures {
    const char *year; /* "hot", "cold", "design-day" */
    double peak_facility_kw, peak_it_kw, pue, pue_max, water_m3, throttled_gpu_h,
        max_dry_bulb_degc; /* NaN: not modelled */
};

struct dh_run_options {
    const char *output; /* result file; NULL: none. Written as OUTPUT.part and renamed when it is complete */
    int32_t threads;    /* 0 or 1: none besides the caller's. The result is the same for any number */
    int32_t no_series;  /* 1: only jobs, summary and audit are kept */
    /* Read between events: once it is not 0 the run ends, the result is closed properly and marked as
     * interrupted, and dh_sim_run returns DH_ERR_INTERRUPTED. May be set by a signal handler. */
    const volatile int *stop;
    /* Called from the calling thread at least ten times a second of wall time while events flow. */
    void (*progress)(void *self, const struct dh_progress *progress);
    void *self;
    /* What the same scenario came to in other years, to be kept beside this run's figures; NULL: none. */
    const struct dh_year_figures *years;
    int32_t n_year;
    /* Figures of runs with other seeds, to be kept beside this run's: /replications; NULL: none. */
    const struct dh_replications *replications;
};

/* What differs between two runs of one scenario, and therefore is in no result file. */
struct dh_performance {
    double wall_s, cpu_s; /* cpu_s: processor time of all threads */
    double run_cpu_s;     /* of the thread that runs: what a window costs the run shows here */
    int64_t events;
    double events_per_s; /* of wall time */
    int64_t peak_rss_bytes;
};

/* Runs to the end. A sim runs once: a second call fails with DH_ERR_USAGE. */
enum dh_err dh_sim_run(struct dh_sim *sim, const struct dh_run_options *options, struct dh_diag *diag);
struct dh_performance dh_sim_performance(const struct dh_sim *sim);

/* ---- watching a run
 * ---------------------------------------------------------------------------------------------------------
 */

struct dh_facility; /* the plant as built (models/facility.h); for views, which look into it */
struct dh_observer; /* models/observer.h */

/* Lives as long as sim. */
const struct dh_facility *dh_sim_facility(const struct dh_sim *sim);

/* The scenario that a result was made from, compiled to its plant: for a replay. It cannot be run.
 * DH_ERR_RESULT, and what opening fails with. */
enum dh_err dh_sim_open_result(struct dh_sim **sim, const char *result, struct dh_diag *diag);

/* Lets someone watch the coming run, besides the recorder: a live view, by way of a snapshot of the facility.
 * The observer sees what the recorder sees, at the scenario's intervals, and must not change anything. To be
 * called between dh_sim_open and dh_sim_run. DH_ERR_USAGE: later, or more than four. */
enum dh_err dh_sim_watch(struct dh_sim *sim, const struct dh_observer *observer);

/* ---- doing things in a run
 * ---------------------------------------------------------------------------------------------------------
 */

/* Does something in the run that goes on, or is about to: the one function that another thread may call while
 * dh_sim_run works, also several at once, each with a diag of its own. What can be said, "" or NULL where
 * not:
 *
 *   deed       what                                       value          lasts
 *   "trip"     equipment as in --trip                                    until it is back; default: for good
 *   "restore"  the same: what trips hold, and breakers
 *   "set"      HALL/supply, PLANT/supply, CDU/supply      "26 degC"      until it is as before
 *              SITE/cap, STAGE/cap, RACK/gpu-cap, ROW/gpu-cap  "1.2 MW", "none"
 *              burst/threshold                            "10 min"
 *   "drain"    RACK, ROW, RACK/node#3                                    until jobs start there again
 *   "undrain"  the same
 *   "inject"   name of the job                            its GPUs       its work
 *
 * It takes effect at the next instant of simulated time at which the run looks, within nanoseconds of it, and
 * is kept in the result: as incidents, and in /actions, whose export is what changes.events reads; a run with
 * that file gives the same result. The run never waits. DH_OK: it is planned (it is not done if the run ends
 * within these nanoseconds). Else nothing happens: DH_ERR_VALUE, DH_ERR_DANGLING_REF, DH_ERR_RANGE, … say
 * what is wrong with it, DH_ERR_USAGE that the run is over or has 256 deeds before it. */
enum dh_err dh_sim_act(struct dh_sim *sim, const char *deed, const char *what, const char *value,
                       const char *lasts, struct dh_diag *diag);

/* ---- runs of one scenario that differ in their seed alone
 * --------------------------------------------------------------- */

struct dh_replications;

struct dh_replication_options {
    int32_t n;          /* runs, at least 2; with a precision at most so many */
    int32_t workers;    /* processes side by side; 0: 1. The result is the same for any number */
    int32_t antithetic; /* 1: in antithetic pairs, the second with 1 - u where the first has u; n is even */
    /* Of n_rank programs with the same options, started together, each makes its share; all meet in `folder`,
     * which they share and which must be new: rank 0 gathers. n_rank 0: this one alone */
    int32_t rank, n_rank;
    const char *folder;
    const char *precision_key; /* a key of the summary; NULL: all n runs */
    double precision; /* the runs end as soon as the 95 % interval of that key's mean is at most this to */
    int32_t relative; /* either side (at least 10 runs); 1: times the mean */
    const volatile int *stop;
    void (*progress)(void *self, int32_t done, int32_t n);
    void *self;
};

/* Run i has the scenario's seed (or that of changes) plus i; of antithetic pairs the runs 2 k and 2 k + 1 are
 * those of seed + k, and have the seeds -(2 (seed + k) + 1) and -(2 (seed + k) + 2). Nothing is written.
 * DH_ERR_USAGE, what opening and running fail with. The caller deletes it; *r is NULL on failure, and in
 * every rank but 0. */
enum dh_err dh_replicate(struct dh_replications **r, const char *scenario,
                         const struct dh_scenario_changes *changes,
                         const struct dh_replication_options *options, struct dh_diag *diag);
void dh_replications_delete(struct dh_replications *r); /* NULL is allowed */

int32_t dh_replications_runs(const struct dh_replications *r); /* that count */
int64_t dh_replications_seed(const struct dh_replications *r, int32_t run);
int32_t dh_replications_reached(const struct dh_replications *r); /* 0: a precision was asked for in vain */

/* Figure i: mean over the runs and half the width of its 95 % interval (Student; runs, or pairs, are
 * independent);
 * standard deviation, least and greatest of the runs. key NULL: past the end. n: runs that have it. */
struct dh_replication_figure {
    const char *key, *unit;
    int32_t n;
    double mean, half_width, deviation, least, most;
    double variance_ratio; /* of antithetic pairs: variance of the mean to that of as many independent runs;
                              NaN */
};
struct dh_replication_figure dh_replications_at(const struct dh_replications *r, int32_t i);
double dh_replications_value(const struct dh_replications *r, int32_t run, int32_t i); /* NaN: not there */

/* Text, JSON ({"replications": {"runs", "first_seed", "confidence", "figures": {KEY: {…}}}}), or CSV with a
 * row a run. */
enum dh_err dh_replications_report(const struct dh_replications *r, dh_write_fn write, void *self,
                                   struct dh_diag *diag);
enum dh_err dh_replications_json(const struct dh_replications *r, dh_write_fn write, void *self,
                                 struct dh_diag *diag);
enum dh_err dh_replications_csv(const struct dh_replications *r, dh_write_fn write, void *self,
                                struct dh_diag *diag);

/* ---- studies: one scenario in many variants
 * --------------------------------------------------------------------- */

struct dh_sweep;

struct dh_sweep_options {
    const char *folder;   /* of the results: point-000001.h5, …, index.csv; made where it is not there */
    int32_t workers;      /* points side by side, each in its own process; 0: 1 */
    int32_t task, n_task; /* of this process: points task, task + n_task, … (from 0); n_task 0: all */
    const volatile int *stop;
    void (*progress)(void *self, int32_t done, int32_t n);
    void (*failed)(void *self, int32_t point, const char *text); /* from 1; the others go on */
    void *self;
};

/* Runs the points of a study (scenarios/study.h says what one is) whose results are not there yet, and writes
 * the index of all that are. *sweep is NULL on failure. DH_ERR_INTERRUPTED: *sweep holds what is there. */
enum dh_err dh_sweep_run(struct dh_sweep **sweep, const char *study, const struct dh_sweep_options *options,
                         struct dh_diag *diag);
void dh_sweep_delete(struct dh_sweep *sweep); /* NULL is allowed */

struct dh_sweep_count {
    int32_t points, run, kept, failed, there; /* there: in the index */
};
struct dh_sweep_count dh_sweep_count(const struct dh_sweep *sweep);

/* How figures respond to what varied: text, JSON. */
enum dh_err dh_sweep_report(const struct dh_sweep *sweep, dh_write_fn write, void *self,
                            struct dh_diag *diag);
enum dh_err dh_sweep_json(const struct dh_sweep *sweep, dh_write_fn write, void *self, struct dh_diag *diag);
/* The same with charts, as one HTML document or as PDF; the same results give the same bytes. */
enum dh_err dh_sweep_html(const struct dh_sweep *sweep, dh_write_fn write, void *self, struct dh_diag *diag);
enum dh_err dh_sweep_pdf(const struct dh_sweep *sweep, dh_write_fn write, void *self, struct dh_diag *diag);

/* ---- the best design of a study
 * -------------------------------------------------------------------------------------------- */

struct dh_report_options {
    int32_t color;    /* 1: ANSI colours */
    int32_t width;    /* columns; 0: 100 */
    int32_t brief;    /* 1: verdict and a line each for power, energy, cost, jobs, GPUs and services */
    int32_t full;     /* 1: every assumption, book and input file too */
    int32_t markdown; /* 1: as Markdown */
    int32_t us_units; /* 1: degF, gallons, short tons, tons of refrigeration; electricity stays in kWh */
};

struct dh_plan;

struct dh_plan_options {
    const char *folder; /* of what the runs came to; made where it is not there. Runs that are in it are not
                         * made again */
    int32_t workers;    /* runs side by side, each in its own process; 0: 1. The result is the same for any
                         * number */
    int32_t exhaustive; /* 1: every point is simulated */
    const volatile int *stop;
    void (*progress)(void *self, int64_t done, int64_t budget); /* simulations */
    void *self;
};

/* Searches the designs of a study (scenarios/study.h says what one is) for the one with the best objective
 * among those that meet the constraints; then for what binds, and what other demand would mean. A constraint
 * with confidence c is met when the one-sided bound of the mean over the runs of a design, at confidence c by
 * Student, meets its limit; with probability p when so many of its runs meet the limit that their share is at
 * least p (at confidence c by Clopper and Pearson). The chance of error is that of one design: of the many
 * that a search compares, the best is likely to be one that was lucky with its seeds, so it is wise to run it
 * with others. *plan is NULL on failure. That no design meets the constraints is no failure. */
enum dh_err dh_plan_run(struct dh_plan **plan, const char *study, const struct dh_plan_options *options,
                        struct dh_diag *diag);
void dh_plan_delete(struct dh_plan *plan); /* NULL is allowed */
int32_t dh_plan_is_feasible(const struct dh_plan *plan);

enum dh_plan_form { DH_PLAN_TEXT, DH_PLAN_MARKDOWN, DH_PLAN_HTML };
enum dh_err dh_plan_report(const struct dh_plan *plan, int32_t form, const struct dh_report_options *options,
                           dh_write_fn write, void *self, struct dh_diag *diag);
/* {feasible, best: {values, objective, …}, evaluations, pareto: […], binding: [{constraint, slack,
 * shadow_price, unit, …}], demand: [{factor, objective, …}], …}. */
enum dh_err dh_plan_json(const struct dh_plan *plan, dh_write_fn write, void *self, struct dh_diag *diag);
/* A row for each design that was simulated, in that order. */
enum dh_err dh_plan_csv(const struct dh_plan *plan, dh_write_fn write, void *self, struct dh_diag *diag);

/* ---- the summary: a whole run in named numbers
 * --------------------------------------------------------------- */

struct dh_summary;

enum dh_item_kind { DH_ITEM_NUMBER, DH_ITEM_INTEGER, DH_ITEM_TEXT };

struct dh_summary_item {
    const char *key;  /* "energy.it_kwh", "services.0.id" */
    const char *unit; /* "kWh"; "1": none */
    enum dh_item_kind kind;
    double number; /* of an integer too */
    int64_t integer;
    const char *text; /* NULL unless kind is DH_ITEM_TEXT */
};

/* Of a finished or interrupted run; NULL before. Belongs to sim. */
const struct dh_summary *dh_sim_summary(const struct dh_sim *sim);
/* Reads a result file's. The caller deletes it. */
enum dh_err dh_summary_read(struct dh_summary **summary, const char *result, struct dh_diag *diag);
void dh_summary_delete(struct dh_summary *summary); /* only for those that the caller owns; NULL is allowed */

int32_t dh_summary_size(const struct dh_summary *summary);
struct dh_summary_item dh_summary_at(const struct dh_summary *summary, int32_t i);
/* NaN when the key is absent (what a scenario does not model is absent, never zero) or is a text. */
double dh_summary_value(const struct dh_summary *summary, const char *key);

/* Every key that a summary may hold. */
struct dh_summary_row {
    const char *key;  /* "energy.pue"; N stands for a number from 0, * for a name; NULL: past the end */
    const char *unit; /* "1": none; "": a text */
    const char *about;
    const char *source; /* who defines it so; "" where it explains itself */
};
struct dh_summary_row dh_summary_row_at(int32_t i);

/* The summary as a nested JSON object; performance (may be NULL) is added as its last member. */
enum dh_err dh_summary_json(const struct dh_summary *summary, const struct dh_performance *performance,
                            dh_write_fn write, void *self, struct dh_diag *diag);
/* "key,value,unit" with a header, one line an item. */
enum dh_err dh_summary_csv(const struct dh_summary *summary, dh_write_fn write, void *self,
                           struct dh_diag *diag);

/* The cost and energy report as text. options may be NULL. */
enum dh_err dh_summary_report(const struct dh_summary *summary, const struct dh_report_options *options,
                              dh_write_fn write, void *self, struct dh_diag *diag);

/* The report of a result file as one HTML document with tables and charts: it fetches nothing, and the same
 * result gives the same bytes. Of options (may be NULL) us_units counts. */
enum dh_err dh_result_report_html(const char *result, const struct dh_report_options *options,
                                  dh_write_fn write, void *self, struct dh_diag *diag);
/* The same on A4 pages as PDF, its text selectable. */
enum dh_err dh_result_report_pdf(const char *result, const struct dh_report_options *options,
                                 dh_write_fn write, void *self, struct dh_diag *diag);

struct dh_explain_options {
    int32_t json;
    int32_t full;  /* 1: text names every source, not assumptions alone */
    int32_t width; /* columns of text; 0: 100 */
};
/* What a number of a result is and comes from: value, formula with its inputs' values and their own formulas,
 * the definition's source, what it rests on, how sure it is. key: one of the summary, or "all". DH_ERR_USAGE
 * with the nearest key as hint: no summary has it. */
enum dh_err dh_result_explain(const char *result, const char *key, const struct dh_explain_options *options,
                              dh_write_fn write, void *self, struct dh_diag *diag);
/* The same check without a result. */
enum dh_err dh_explain_check(const char *key, struct dh_diag *diag);

/* A limit "KEY OP VALUE[ UNIT]" with OP one of < <= > >= == !=, such as "energy.peak_facility_kw > 24 MW".
 * dh_limit_check only reads it: DH_ERR_USAGE for a bad expression or a key that no summary has (nearest key
 * as hint). dh_limit_crossed also compares: DH_ERR_LIMIT_CROSSED, with the value in diag, when the expression
 * is true; DH_ERR_USAGE when the run does not model the key. */
enum dh_err dh_limit_check(const char *expression, struct dh_diag *diag);
enum dh_err dh_limit_crossed(const struct dh_summary *summary, const char *expression, struct dh_diag *diag);

/* ---- result files
 * -------------------------------------------------------------------------------------------- */

/* ---- results side by side
 * ------------------------------------------------------------------------------------------- */

enum dh_compare_form { DH_COMPARE_TEXT, DH_COMPARE_JSON, DH_COMPARE_HTML, DH_COMPARE_PDF };

struct dh_compare_options {
    int32_t form;         /* enum dh_compare_form */
    int32_t color, width; /* of text, as in dh_report_options */
    int32_t full;         /* 1: every difference of the scenarios */
    /* "KEY,KEY": which results are shown as beaten by none in both; + before a key: more is better, -: less.
     * NULL: cost and carbon, cost and wait */
    const char *objectives;
};

/* results[0] is the base, the others (at most eight) stand beside it: figures with their differences, with
 * replications 95 % intervals of the mean difference of runs of the same seed; what the change in power, cost
 * and carbon is made of, in parts that sum to it; what the scenarios say differently. JSON: {base, others:
 * [{name, pairs, deltas: {KEY: {base, other, delta, low, high, clear}}, causes: {power_kw: {PART: DELTA},
 * cost, carbon_kg}, scenario_changes: [{path, base, other}]}], pareto: [{objectives: [KEY, KEY], best:
 * [NAME]}]}. DH_ERR_USAGE, DH_ERR_RESULT. */
enum dh_err dh_compare(const char *const *results, int32_t n, const struct dh_compare_options *options,
                       dh_write_fn write, void *self, struct dh_diag *diag);

/* What a result holds: groups, data sets with sizes and units, times, status, provenance. json: 0 or 1. */
enum dh_err dh_result_info(const char *result, int32_t json, dh_write_fn write, void *self,
                           struct dh_diag *diag);

/* CSV of one table of a result: "jobs", "actions" (what was done in the run: a file for changes.events),
 * "summary", "scenario" (the effective XML), "profiles" (those of
 * its devices, for --profile), or the path of a series or
 * its group
 * ("/facility", "/racks/rack_power_w": a time column, then one column a row). Names are those that info
 * lists. */
enum dh_err dh_result_export(const char *result, const char *table, dh_write_fn write, void *self,
                             struct dh_diag *diag);

/* The series of a result as OpenMetrics text with timestamps: names datahall_…, and for racks of GPUs those
 * of dcgm-exporter (output/export_prometheus.h lists them). at: an instant or a duration after the start,
 * whose last values are given; NULL: all. DH_ERR_USAGE for an `at` outside the result. */
enum dh_err dh_result_export_metrics(const char *result, const char *at, dh_write_fn write, void *self,
                                     struct dh_diag *diag);

/* Bill of materials as CSV, of a scenario (a path that ends with .xml) or of the one that a result was made
 * from: kind, item, count, rating, price, lead time with their sources, and what arrives late. A device whose
 * price is within its node's has a unit price and no total. */
enum dh_err dh_bill_of_materials(const char *path, dh_write_fn write, void *self, struct dh_diag *diag);

/* Makes a readable result of what a killed run left (NAME.h5.part), every sample up to the last flush. Works
 * on a copy; output must not exist. */
enum dh_err dh_result_recover(const char *part, const char *output, struct dh_diag *diag);

/* ---- beginnings, data, predictions
 * --------------------------------------------------------------------------- */

/* Commented starter scenarios. Template i, 0 <= i < count; text is NULL when there is no such name. */
struct dh_template {
    const char *name, *about, *text;
};
int32_t dh_template_count(void);
struct dh_template dh_template_at(int32_t i);

/* Turns foreign data into what scenarios read; the kinds are listed by dh_import_kind(i), NULL at the end.
 * part: what the kind's `about` calls PART, or NULL. write may be NULL. *summary (may be
 * NULL) gets figures that tell whether all of it arrived (jobs, gpu_hours, hours, …); the caller deletes it.
 */
struct dh_import_kind {
    const char *name, *about; /* name NULL: past the end */
};
struct dh_import_kind dh_import_kind_at(int32_t i);
enum dh_err dh_import(const char *kind, const char *file, const char *part, dh_write_fn write, void *self,
                      struct dh_summary **summary, struct dh_diag *diag);
/* The same from several files, which "netbox" alone takes: racks, feeds, panels, types. n_file >= 1. */
enum dh_err dh_import_files(const char *kind, const char *const *files, int32_t n_file, const char *part,
                            dh_write_fn write, void *self, struct dh_summary **summary, struct dh_diag *diag);

/* Rows of a CSV file in, the same rows with predictions out, by the functions that runs use. *summary (may be
 * NULL) gets rows, predicted, and where the rows carry measured values their errors; the caller deletes it.
 */
struct dh_predict_kind {
    const char *name, *about; /* name NULL: past the end */
};
struct dh_predict_kind dh_predict_kind_at(int32_t i);
/* What some kinds need besides rows; zeros where not given. */
struct dh_predict_options {
    const char *tariff;    /* bill: rate as JSON, scenario, or id in the catalog */
    const char *load;      /* bill, when the input is a rate: CSV of the load */
    int32_t year;          /* bill: of loads that count hours; 0: the rate's */
    const char *climate;   /* pue: hourly weather, of one climate or by zones */
    const char *epw;       /* pue: weather of all rows that name none */
    const char *archetype; /* pue: of all rows that name none */
    const char *keep;      /* pue: folder that gets each scenario, with its weather */
    const char *stack;  /* training: software of all rows, whatever they name; "default": unknown software */
    const char *links;  /* flows: CSV of the network's links */
    const char *routes; /* flows: CSV of the links between hosts; NULL: by what the links join */
    const char *topology; /* flows: the network in words, instead of links */
    const char *routing;  /* flows: "destination", "hash" or "adaptive"; NULL: the first */
    const char *failures; /* flows: CSV of links and nodes that fail; NULL: none does */
    const char
        *profile; /* attention, gemm: FILE of profiles, whose constants the devices that they are of take */
    int32_t check_memory; /* training: not 0: a plan that does not fit its devices' memory is an error */
};
/* options and write may be NULL. */
enum dh_err dh_predict(const char *kind, const char *input, const struct dh_predict_options *options,
                       dh_write_fn write, void *self, struct dh_summary **summary, struct dh_diag *diag);

/* ---- calibration
 * ----------------------------------------------------------------------------------------------- */

/* Drives real kernels on an attached accelerator and keeps what they say. Zeros where not given. */
struct dh_calibrate_options {
    const char *backend; /* "cuda", "opencl", "synthetic", "recorded"; NULL, "auto": what drives hardware */
    int32_t device;      /* of the back end, from 0 */
    const char *library_dir;  /* absolute folder in which vendors' libraries are looked for first */
    const char *recording;    /* "recorded": file of samples to play back, each of its points */
    const char *budget;       /* "5 min"; NULL: that, and 25 s where quick */
    int32_t quick;            /* 1: small sizes, for a processor's OpenCL */
    const volatile int *stop; /* not 0: stop, and keep what was measured */
    void (*progress)(void *self, double share, const char *what); /* 0-1 of the budget; what is measured */
    void *self;
};

struct dh_calibrate_result {
    char device[128];                 /* name that the driver gives */
    int32_t samples, loads, refusals; /* kernel times, loads that were held, points without a time */
    int32_t wrong;                    /* samples whose result was not right */
    double spent_s;
};

/* Measures and writes the file of samples, which grows as OUTPUT.part. result may be NULL. A device that
 * fails on the way, and a budget that is up first, are warnings (the file says so). DH_ERR_NO_DEVICE;
 * DH_ERR_USAGE; DH_ERR_IO; DH_ERR_INTERRUPTED, with the file kept. */
enum dh_err dh_calibrate_measure(const char *output, const struct dh_calibrate_options *options,
                                 struct dh_calibrate_result *result, struct dh_diag *diag);

/* A line for each device that can be measured, and for each back end without one, why. Only library_dir of
 * the options counts. */
enum dh_err dh_calibrate_list(const struct dh_calibrate_options *options, dh_write_fn write, void *self,
                              struct dh_diag *diag);

struct dh_calibrate_fit_options {
    const char *samples; /* file of <samples>, as measured */
    const char
        *device;    /* id in the catalog: constants are shares of its datasheet; NULL: by the driver's name */
    const char *id; /* of the profile; NULL: that of the samples */
    int32_t json;   /* 1: the report as JSON */
};

/* Constants of kernels from samples: a catalog with one profile goes to write, a report to report (may be
 * NULL). DH_ERR_DATA and other errors of files where the samples cannot be used; DH_ERR_USAGE: no such device
 * or id. */
enum dh_err dh_calibrate_fit(const struct dh_calibrate_fit_options *options, dh_write_fn write, void *self,
                             dh_write_fn report, void *report_self, struct dh_diag *diag);

/* The scenario language as rows, for reference pages. */
struct dh_language_row {
    const char *element;   /* NULL: past the end */
    const char *attribute; /* NULL: the row is about the element itself */
    const char *unit;      /* SI unit of a quantity, the words of a choice, "text", "integer", … */
    const char *standard;  /* default as written in a file; NULL: mandatory; "": may be left out */
    const char *about;
};
struct dh_language_row dh_language_at(int32_t i);
/* Its XML schema, as shipped in scenario.xsd. */
enum dh_err dh_language_schema(dh_write_fn write, void *self, struct dh_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
