/* Reliability row by row, by the functions of models/reliability.h and models/checkpoint.h. The kinds and
 * their columns: enum column, kinds[]. */
#include "sim/api/predict_kinds.h"

#include "models/checkpoint.h"
#include "models/goodput.h"
#include "models/reliability.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double HOURS_PER_YEAR = 8760, MINUTES_PER_YEAR = 525600, DAYS_PER_YEAR = 365;

enum column {
    K,
    N,
    AVAILABILITY,
    MTBF_H,
    MTTR_H,
    CREWS,
    BETA,
    SHOCK_PER_YEAR,
    SHOCK_SHARE,
    FAILURE_TO_START,
    HOURS,
    OUTAGES_PER_YEAR,
    GENERATOR_KW,
    BATTERY_KWH,
    BATTERY_KW,
    START_KWH,
    CHARGE_EFFICIENCY,
    DISCHARGE_EFFICIENCY,
    BINS,
    NODES,
    NODE_RATE,
    MTBF_S,
    INTERVAL_S,
    WRITE_S,
    RESTART_S,
    DRAIN_S,
    WAIT_S,
    EVENTS,
    UNITS,
    DAYS,
    N_COLUMN
};

static const struct dh_kind_column columns[N_COLUMN] = {
    [K] = {"k",                           1,     DH_RELIABILITY_UNITS, NAN     },
    [N] = {"n",                           1,     DH_RELIABILITY_UNITS, NAN     },
    [AVAILABILITY] = {"availability",                0,     1,                    NAN     },
    [MTBF_H] = {"mtbf_h",                      1e-9,  1e15,                 NAN     },
    [MTTR_H] = {"mttr_h",                      0,     1e15,                 NAN     },
    [CREWS] = {"crews",                       1,     DH_RELIABILITY_UNITS, INFINITY},
    [BETA] = {"beta",                        0,     1,                    0       },
    [SHOCK_PER_YEAR] = {"shock_per_year",              0,     1e9,                  0       },
    [SHOCK_SHARE] = {"shock_share",                 0,     1,                    1       },
    [FAILURE_TO_START] = {"failure_to_start",            0,     1,                    0       },
    [HOURS] = {"hours",                       0,     1e6,                  NAN     },
    [OUTAGES_PER_YEAR] = {"outages_per_year",            0,     1e9,                  NAN     },
    [GENERATOR_KW] = {"generator_kw",                0,     1e9,                  NAN     },
    [BATTERY_KWH] = {"battery_kwh",                 0,     1e9,                  0       },
    [BATTERY_KW] = {"battery_kw",                  0,     1e9,                  0       },
    [START_KWH] = {"start_kwh",                   0,     1e9,                  0       },
    [CHARGE_EFFICIENCY] = {"charge_efficiency",           0.01,  1,                    1       },
    [DISCHARGE_EFFICIENCY] = {"discharge_efficiency",        0.01,  1,                    1       },
    [BINS] = {"bins",                        2,     100000,               101     },
    [NODES] = {"nodes",                       1,     1e9,                  NAN     },
    [NODE_RATE] = {"failures_per_1000_node_days", 1e-12, 1e12,                 NAN     },
    [MTBF_S] = {"mtbf_s",                      1e-9,  1e15,                 NAN     },
    [INTERVAL_S] = {"interval_s",                  1e-9,  1e15,                 NAN     },
    [WRITE_S] = {"write_s",                     0,     1e15,                 0       },
    [RESTART_S] = {"restart_s",                   0,     1e15,                 0       },
    [DRAIN_S] = {"drain_s",                     0,     1e15,                 0       },
    [WAIT_S] = {"wait_s",                      0,     1e15,                 0       },
    [EVENTS] = {"events",                      0,     1e15,                 NAN     },
    [UNITS] = {"units",                       1e-9,  1e15,                 NAN     },
    [DAYS] = {"days",                        1e-9,  1e9,                  NAN     },
};

enum { MOST_HOURS = 8784 };

struct extras {
    int32_t standby, load; /* columns */
    bool cold;
    double *load_w; /* MOST_HOURS */
    int32_t n_load;
};

static struct extras *extras(struct dh_kind_table *t) {
    return t->self;
}

#define NEED(...) DH_KIND_NEED(t, __VA_ARGS__)

/* A unit's availability as given, or from its mean times. */
static enum dh_err unit_availability(struct dh_kind_table *t, double *a) {
    *a = t->value[AVAILABILITY];
    if (!isnan(*a))
        return DH_OK;
    NEED(MTBF_H, MTTR_H);
    *a = dh_availability(t->value[MTBF_H], t->value[MTTR_H]);
    return DH_OK;
}

/* Its complement, without the digits that 1 - a loses. */
static enum dh_err unit_unavailability(struct dh_kind_table *t, double *u) {
    double a;
    DH_TRY(unit_availability(t, &a));
    *u = isnan(t->value[AVAILABILITY]) ? t->value[MTTR_H] / (t->value[MTBF_H] + t->value[MTTR_H]) : 1 - a;
    return DH_OK;
}

static enum dh_err put_lost(struct dh_kind_table *t, double lost) {
    DH_TRY(dh_kind_put(t, "availability", 1 - lost, "1"));
    DH_TRY(dh_kind_put(t, "unavailability", lost, "1"));
    return dh_kind_put(t, "down_min_per_year", lost * MINUTES_PER_YEAR, "min");
}

static enum dh_err unit(struct dh_kind_table *t) {
    double a, u;
    DH_TRY(unit_availability(t, &a));
    DH_TRY(unit_unavailability(t, &u));
    DH_TRY(dh_kind_put(t, "availability", a, "1"));
    DH_TRY(dh_kind_put(t, "unavailability", u, "1"));
    return dh_kind_put(t, "down_min_per_year", u * MINUTES_PER_YEAR, "min");
}

static enum dh_err order(struct dh_kind_table *t) {
    if (t->value[K] <= t->value[N] && rint(t->value[K]) == t->value[K] && rint(t->value[N]) == t->value[N])
        return DH_OK;
    return dh_fail(t->p->diag, DH_ERR_RANGE, dh_csv_place(&t->csv, t->at[K]),
                   "k and n are whole numbers, k not above n");
}

static enum dh_err k_of_n(struct dh_kind_table *t) {
    double a;
    NEED(K, N);
    DH_TRY(order(t));
    DH_TRY(unit_availability(t, &a));
    int32_t k = (int32_t)t->value[K], n = (int32_t)t->value[N];
    double lost = dh_k_of_n_lost(k, n, a);
    DH_TRY(dh_kind_put(t, "availability", dh_k_of_n(k, n, a), "1"));
    DH_TRY(dh_kind_put(t, "unavailability", lost, "1"));
    return dh_kind_put(t, "down_min_per_year", lost * MINUTES_PER_YEAR, "min");
}

static enum dh_err crews(struct dh_kind_table *t) {
    NEED(K, N, MTBF_H, MTTR_H);
    DH_TRY(order(t));
    struct dh_redundant system = {.k = (int32_t)t->value[K],
                                  .n = (int32_t)t->value[N],
                                  .crews = (int32_t)(isinf(t->value[CREWS]) ? t->value[N] : t->value[CREWS]),
                                  .mtbf_h = t->value[MTBF_H],
                                  .mttr_h = t->value[MTTR_H],
                                  .cold = extras(t)->cold};
    double *p = malloc(((size_t)system.n + 1) * sizeof *p);
    if (!p)
        return dh_fail(t->p->diag, DH_ERR_MEMORY, dh_csv_place(&t->csv, -1), "out of memory");
    struct dh_reliability r;
    double shocks = t->value[SHOCK_PER_YEAR] / HOURS_PER_YEAR;
    enum dh_err err = shocks > 0 ? dh_redundant_solve_shocks(&system, shocks, t->value[SHOCK_SHARE], p, &r)
                                 : dh_redundant_solve(&system, p, &r);
    if (err == DH_ERR_RANGE)
        dh_fail(t->p->diag, err, dh_csv_place(&t->csv, t->at[N]), "shocks are solved for up to 400 units");
    const struct {
        const char *quantity, *unit;
        double value;
    } rows[] = {
        {"availability",         "1",   r.availability                         },
        {"unavailability",       "1",   r.unavailability                       },
        {"down_min_per_year",    "min", r.unavailability * MINUTES_PER_YEAR    },
        {"failures_per_year",    "1/a", r.failures_per_h * HOURS_PER_YEAR      },
        {"up_h",                 "h",   r.up_h                                 },
        {"down_h",               "h",   r.down_h                               },
        {"mean_down",            "1",   r.mean_down                            },
        {"unit_availability",    "1",   1 - r.mean_down / system.n             },
        {"probability_all_up",   "1",   p[0]                                   },
        {"probability_down_le1", "1",   p[0] + p[1]                            },
        {"probability_down_le2", "1",   p[0] + p[1] + (system.n > 1 ? p[2] : 0)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows && err == DH_OK; i++)
        err = dh_kind_put(t, rows[i].quantity, rows[i].value, rows[i].unit);
    free(p);
    return err;
}

static enum dh_err two_paths(struct dh_kind_table *t) {
    double u;
    DH_TRY(unit_unavailability(t, &u));
    return put_lost(t, dh_two_paths_lost(u, t->value[BETA]));
}

static enum dh_err block_redundant(struct dh_kind_table *t) {
    double u;
    NEED(N);
    DH_TRY(unit_unavailability(t, &u));
    int32_t n = (int32_t)t->value[N];
    DH_TRY(put_lost(t, dh_block_redundant_lost(n, u)));
    DH_TRY(dh_kind_put(t, "unavailability_any", dh_block_redundant_any_lost(n, u), "1"));
    return dh_kind_put(t, "unavailability_approx", dh_block_redundant_lost_approx(n, u), "1");
}

static enum dh_err distributed(struct dh_kind_table *t) {
    double u;
    DH_TRY(unit_unavailability(t, &u));
    DH_TRY(put_lost(t, dh_distributed_lost(u)));
    return dh_kind_put(t, "unavailability_any", dh_distributed_any_lost(u), "1");
}

static enum dh_err generators(struct dh_kind_table *t) {
    NEED(K, N);
    DH_TRY(order(t));
    int32_t k = (int32_t)t->value[K], n = (int32_t)t->value[N];
    double a = isnan(t->value[AVAILABILITY]) ? 1 : t->value[AVAILABILITY], fails = t->value[FAILURE_TO_START];
    DH_TRY(dh_kind_put(t, "probability", dh_generators_start(k, n, a, fails), "1"));
    if (!isnan(t->value[HOURS])) {
        NEED(MTBF_H);
        if (t->value[MTBF_H] < 1)
            return dh_fail(t->p->diag, DH_ERR_RANGE, dh_csv_place(&t->csv, t->at[MTBF_H]),
                           "generators fail by the hour: mtbf_h is 1 or more");
        DH_TRY(dh_kind_put(t, "run_probability",
                           dh_generators_run(k, n, a, fails, t->value[MTBF_H], t->value[HOURS]), "1"));
    }
    if (isnan(t->value[OUTAGES_PER_YEAR]))
        return DH_OK;
    double none = dh_k_of_n_lost(k, n, a * (1 - fails));
    return dh_kind_put(t, "losses_per_year", t->value[OUTAGES_PER_YEAR] * none, "1/a");
}

/* load_kw: one value for all hours, or one an hour, separated by blanks. */
static enum dh_err read_load(struct dh_kind_table *t) {
    extras(t)->n_load = 0;
    if (dh_csv_is_empty(&t->csv, extras(t)->load))
        return dh_fail(t->p->diag, DH_ERR_MISSING, dh_csv_place(&t->csv, extras(t)->load),
                       "this kind needs load_kw");
    struct dh_csv_field *field = &t->csv.fields[extras(t)->load], whole = *field;
    enum dh_err err = DH_OK;
    for (size_t i = 0; i < whole.n && err == DH_OK;) {
        size_t from = i;
        while (i < whole.n && whole.text[i] != ' ')
            i++;
        *field = (struct dh_csv_field){.text = whole.text + from, .n = i - from, .col = whole.col};
        if (i > from && extras(t)->n_load == MOST_HOURS)
            err = dh_fail(t->p->diag, DH_ERR_RANGE, dh_csv_place(&t->csv, extras(t)->load),
                          "more than %d hours", MOST_HOURS);
        else if (i > from)
            err = dh_csv_double(&t->csv, extras(t)->load, 0, 1e9, &extras(t)->load_w[extras(t)->n_load]);
        if (i > from && err == DH_OK)
            extras(t)->load_w[extras(t)->n_load++] *= 1000;
        i++;
    }
    *field = whole;
    if (err == DH_OK && extras(t)->n_load == 1 && t->value[HOURS] >= 1 && t->value[HOURS] <= MOST_HOURS) {
        extras(t)->n_load = (int32_t)t->value[HOURS];
        for (int32_t h = 1; h < extras(t)->n_load; h++)
            extras(t)->load_w[h] = extras(t)->load_w[0];
    }
    return err;
}

static enum dh_err backup(struct dh_kind_table *t) {
    NEED(N, GENERATOR_KW, MTBF_H);
    DH_TRY(read_load(t));
    struct dh_backup b = {.generators = (int32_t)t->value[N],
                          .generator_w = 1000 * t->value[GENERATOR_KW],
                          .available = isnan(t->value[AVAILABILITY]) ? 1 : t->value[AVAILABILITY],
                          .failure_to_start = t->value[FAILURE_TO_START],
                          .mttf_h = t->value[MTBF_H],
                          .battery_wh = 1000 * t->value[BATTERY_KWH],
                          .battery_w = 1000 * t->value[BATTERY_KW],
                          .start_wh = 1000 * t->value[START_KWH],
                          .charge_efficiency = t->value[CHARGE_EFFICIENCY],
                          .discharge_efficiency = t->value[DISCHARGE_EFFICIENCY],
                          .bins = (int32_t)t->value[BINS]};
    double probability;
    enum dh_err err = dh_backup_survives(&b, extras(t)->load_w, extras(t)->n_load, &probability);
    if (err == DH_ERR_RANGE)
        return dh_fail(t->p->diag, err, dh_csv_place(&t->csv, -1),
                       "at most 1,000 generators of an mtbf_h of 1 and more, their square times bins times "
                       "hours at most "
                       "2e10; start_kwh not above battery_kwh");
    DH_TRY(err);
    return dh_kind_put(t, "probability", probability, "1");
}

static enum dh_err job(struct dh_kind_table *t) {
    NEED(NODES, NODE_RATE);
    double per_day = t->value[NODE_RATE] / 1000, interval_d = t->value[INTERVAL_S] / 86400;
    DH_TRY(dh_kind_put(t, "mtbf_h", 24 / (t->value[NODES] * per_day), "h"));
    if (isnan(interval_d))
        return DH_OK;
    return dh_kind_put(
        t, "ettr",
        dh_ettr(t->value[NODES], per_day, t->value[RESTART_S] / 86400, interval_d, t->value[WRITE_S] / 86400),
        "1");
}

static enum dh_err checkpoint(struct dh_kind_table *t) {
    NEED(MTBF_S);
    double mtbf = t->value[MTBF_S], write = t->value[WRITE_S], restart = t->value[RESTART_S];
    DH_TRY(dh_kind_put(t, "optimum_s", dh_checkpoint_optimum(write, mtbf), "s"));
    DH_TRY(dh_kind_put(t, "young_s", dh_checkpoint_young(write, mtbf), "s"));
    DH_TRY(dh_kind_put(t, "daly_s", dh_checkpoint_daly(write, mtbf), "s"));
    double interval = t->value[INTERVAL_S];
    if (isnan(interval))
        return DH_OK;
    double wall = dh_checkpoint_segment(interval, write, restart, mtbf);
    DH_TRY(dh_kind_put(t, "segment_s", wall, "s"));
    DH_TRY(dh_kind_put(t, "wall_per_useful", wall / interval, "1"));
    return dh_kind_put(t, "goodput", interval / wall, "1");
}

static enum dh_err goodput(struct dh_kind_table *t) {
    NEED(MTBF_S);
    struct dh_checkpoint_cost cost = {.blocking_s = t->value[WRITE_S], .drain_s = t->value[DRAIN_S]};
    struct dh_goodput_cause cause = {
        .per_s = 1 / t->value[MTBF_S], .restart_s = t->value[RESTART_S], .wait_s = t->value[WAIT_S]};
    struct dh_goodput_plan plan = {.interval_s = t->value[INTERVAL_S],
                                   .blocking_s = cost.blocking_s,
                                   .drain_s = cost.drain_s,
                                   .available = isnan(t->value[AVAILABILITY]) ? 1 : t->value[AVAILABILITY]};
    if (isnan(plan.interval_s))
        plan.interval_s = dh_checkpoint_interval(DH_CHECKPOINT_OPTIMAL, cost, t->value[MTBF_S]);
    if (plan.interval_s < plan.drain_s)
        plan.interval_s = plan.drain_s;
    struct dh_goodput g;
    dh_goodput(&plan, &cause, 1, &g, NULL);
    DH_TRY(dh_kind_put(t, "interval_s", plan.interval_s, "s"));
    DH_TRY(dh_kind_put(t, "goodput", g.goodput, "1"));
    DH_TRY(dh_kind_put(t, "ettr", g.ettr, "1"));
    DH_TRY(dh_kind_put(t, "checkpoint", g.checkpoint, "1"));
    DH_TRY(dh_kind_put(t, "rework", g.loss.rework, "1"));
    DH_TRY(dh_kind_put(t, "restart", g.loss.restart, "1"));
    DH_TRY(dh_kind_put(t, "waiting", g.loss.waiting, "1"));
    if (isnan(t->value[DAYS]))
        return DH_OK;
    return dh_kind_put(t, "interruptions", t->value[DAYS] * 86400 * g.per_s * (1 - g.loss.waiting), "1");
}

static enum dh_err rate(struct dh_kind_table *t) {
    NEED(EVENTS, UNITS, DAYS);
    double per_day = t->value[EVENTS] / (t->value[UNITS] * t->value[DAYS]);
    DH_TRY(dh_kind_put(t, "per_1000_unit_days", 1000 * per_day, "1/d"));
    DH_TRY(dh_kind_put(t, "per_unit_year", DAYS_PER_YEAR * per_day, "1/a"));
    return dh_kind_put(t, "mtbf_h", 24 / per_day, "h");
}

static const struct dh_kind kinds[] = {
    {"unit",            unit           },
    {"k-of-n",          k_of_n         },
    {"crews",           crews          },
    {"two-paths",       two_paths      },
    {"block-redundant", block_redundant},
    {"distributed",     distributed    },
    {"generators",      generators     },
    {"backup",          backup         },
    {"job",             job            },
    {"checkpoint",      checkpoint     },
    {"goodput",         goodput        },
    {"rate",            rate           },
    {NULL,              NULL           },
};

static enum dh_err open_table(struct dh_kind_table *t) {
    enum dh_err err = DH_OK;
    extras(t)->standby = dh_csv_column(&t->csv, "standby", NULL, &err);
    extras(t)->load = dh_csv_column(&t->csv, "load_kw", NULL, &err);
    return err;
}

static enum dh_err read_standby(struct dh_kind_table *t) {
    struct extras *x = extras(t);
    x->cold = !dh_csv_is_empty(&t->csv, x->standby) && dh_kind_field_is(t, x->standby, "cold");
    if (!dh_csv_is_empty(&t->csv, x->standby) && !x->cold && !dh_kind_field_is(t, x->standby, "hot"))
        return dh_fail(t->p->diag, DH_ERR_DATA, dh_csv_place(&t->csv, x->standby), "standby is hot or cold");
    return DH_OK;
}

enum dh_err dh_predict_reliability(struct dh_prediction *p) {
    struct extras x = {.load_w = calloc(MOST_HOURS, sizeof *x.load_w)};
    struct dh_kind_table t = {.columns = columns, .n_column = N_COLUMN, .self = &x};
    enum dh_err err =
        x.load_w ? dh_kind_table(&t, p, kinds, open_table, read_standby)
                 : dh_fail(p->diag, DH_ERR_MEMORY, (struct dh_place){p->input, 0, 0}, "out of memory");
    free(x.load_w);
    return err;
}
