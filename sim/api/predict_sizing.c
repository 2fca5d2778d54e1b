/* What to build in closed form, row by row: servers for a random load, units for an availability, capacity to
 * own beside what can be rented, batteries for a peak and for a gap. By models/staffing.h, reliability.h and
 * peak_battery.h, and by reserve.h, which asks GSL; `plan` finds the same by simulation. The kinds and their
 * columns: enum column, kinds[]. */
#include "sim/api/predict_kinds.h"

#include "models/battery.h"
#include "models/peak_battery.h"
#include "models/reliability.h"
#include "sim/api/reserve.h"
#include "models/staffing.h"
#include "sim/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MINUTES_PER_YEAR = 525600, J_PER_KWH = 3.6e6;

enum column {
    ERLANGS,
    SERVERS,
    ROOM,
    MAX_BLOCKED,
    MAX_WAITS,
    MAX_MEAN_WAIT,
    WAIT,
    MAX_OVER,
    K,
    AVAILABILITY,
    MTBF_H,
    MTTR_H,
    MIN_AVAILABILITY,
    MAX_UNAVAILABILITY,
    OWN,
    RENT,
    MEAN,
    DEVIATION,
    WHOLE,
    PERIOD_S,
    CHARGE_EFFICIENCY,
    DISCHARGE_EFFICIENCY,
    MAX_CHARGE_KW,
    LIMIT_KW,
    BATTERY_KWH,
    BATTERY_KW,
    PER_KW,
    PER_BATTERY_KW,
    PER_BATTERY_KWH,
    LOAD,
    BUS_V,
    SECONDS,
    RATED_H,
    PEUKERT,
    UNIT_AH,
    N_COLUMN
};

static const struct dh_kind_column columns[N_COLUMN] = {
    [ERLANGS] = {"erlangs",              1e-9,   1e7,                  NAN     },
    [SERVERS] = {"servers",              1,      DH_STAFFING_SERVERS,  NAN     },
    [ROOM] = {"room",                 0,      1e7,                  NAN     },
    [MAX_BLOCKED] = {"max_blocked",          1e-15,  1,                    NAN     },
    [MAX_WAITS] = {"max_waits",            1e-15,  1,                    NAN     },
    [MAX_MEAN_WAIT] = {"max_mean_wait",        1e-12,  1e12,                 NAN     },
    [WAIT] = {"wait",                 0,      1e12,                 NAN     },
    [MAX_OVER] = {"max_over",             1e-15,  1,                    NAN     },
    [K] = {"k",                    1,      DH_RELIABILITY_UNITS, NAN     },
    [AVAILABILITY] = {"availability",         1e-6,   1,                    NAN     },
    [MTBF_H] = {"mtbf_h",               1e-9,   1e15,                 NAN     },
    [MTTR_H] = {"mttr_h",               0,      1e15,                 NAN     },
    [MIN_AVAILABILITY] = {"min_availability",     0,      1,                    NAN     },
    [MAX_UNAVAILABILITY] = {"max_unavailability",   1e-300, 1,                    NAN     },
    [OWN] = {"own",                  1e-9,   1e15,                 NAN     },
    [RENT] = {"rent",                 1e-9,   1e15,                 NAN     },
    [MEAN] = {"mean",                 1e-9,   1e9,                  NAN     },
    [DEVIATION] = {"deviation",            1e-9,   1e9,                  NAN     },
    [WHOLE] = {"whole",                0,      1,                    0       },
    [PERIOD_S] = {"period_s",             1e-3,   1e9,                  86400   },
    [CHARGE_EFFICIENCY] = {"charge_efficiency",    0.01,   1,                    1       },
    [DISCHARGE_EFFICIENCY] = {"discharge_efficiency", 0.01,   1,                    1       },
    [MAX_CHARGE_KW] = {"max_charge_kw",        1e-9,   1e9,                  INFINITY},
    [LIMIT_KW] = {"limit_kw",             0,      1e9,                  NAN     },
    [BATTERY_KWH] = {"battery_kwh",          0,      1e9,                  NAN     },
    [BATTERY_KW] = {"battery_kw",           0,      1e9,                  NAN     },
    [PER_KW] = {"per_kw",               0,      1e12,                 NAN     },
    [PER_BATTERY_KW] = {"per_battery_kw",       0,      1e12,                 0       },
    [PER_BATTERY_KWH] = {"per_battery_kwh",      0,      1e12,                 NAN     },
    [LOAD] = {"load_w",               1e-3,   1e12,                 NAN     },
    [BUS_V] = {"bus_v",                1e-3,   1e6,                  NAN     },
    [SECONDS] = {"seconds",              1e-3,   1e9,                  NAN     },
    [RATED_H] = {"rated_h",              1e-3,   1e6,                  NAN     },
    [PEUKERT] = {"peukert_k",            1,      3,                    NAN     },
    [UNIT_AH] = {"unit_ah",              1e-6,   1e9,                  NAN     },
};

enum { MOST_STEPS = 10000 };

struct extras {
    int32_t law, demand, load; /* columns */
    double first[MOST_STEPS], second[MOST_STEPS];
};

#define NEED(...) DH_KIND_NEED(t, __VA_ARGS__)

static enum dh_err wrong(struct dh_kind_table *t, int32_t column, const char *says) {
    return dh_fail(t->p->diag, DH_ERR_RANGE, dh_csv_place(&t->csv, column), "%s", says);
}

static enum dh_err whole(struct dh_kind_table *t, enum column c) {
    return isnan(t->value[c]) || rint(t->value[c]) == t->value[c]
               ? DH_OK
               : wrong(t, t->at[c], "this is a whole number");
}

/* Pairs "3343:0.2;4420:0.8" of a column of text, numbers both; second NAN where a pair has none. */
static enum dh_err read_pairs(struct dh_kind_table *t, int32_t column, int32_t *n) {
    struct extras *x = t->self;
    struct dh_csv_field *field = column < 0 ? NULL : &t->csv.fields[column], whole_field;
    enum dh_err err = DH_OK;
    *n = 0;
    if (!field || dh_csv_is_empty(&t->csv, column))
        return DH_OK;
    whole_field = *field;
    for (size_t i = 0; i <= whole_field.n && err == DH_OK; i++) {
        size_t from = i, colon = 0;
        for (; i < whole_field.n && whole_field.text[i] != ';'; i++)
            colon = whole_field.text[i] == ':' ? i : colon;
        if (i == from)
            continue;
        if (*n == MOST_STEPS) {
            err = wrong(t, column, "more than 10,000 values");
            break;
        }
        *field = (struct dh_csv_field){whole_field.text + from, (colon ? colon : i) - from, whole_field.col};
        err = dh_csv_double(&t->csv, column, 0, 1e12, &x->first[*n]);
        x->second[*n] = NAN;
        if (colon && err == DH_OK) {
            *field = (struct dh_csv_field){whole_field.text + colon + 1, i - colon - 1, whole_field.col};
            err = dh_csv_double(&t->csv, column, 0, 1e12, &x->second[*n]);
        }
        ++*n;
    }
    *field = whole_field;
    return err;
}

/* ---- servers */

static enum dh_err put_queue(struct dh_kind_table *t, int32_t servers, int32_t room) {
    double a = t->value[ERLANGS];
    struct dh_queue_figures f = dh_queue_figures(servers, a, room);
    DH_TRY(dh_kind_put(t, "busy_share", f.busy / servers, "1"));
    if (room >= 0)
        DH_TRY(dh_kind_put(t, "blocked", f.blocked, "1"));
    if (room == 0)
        return DH_OK;
    DH_TRY(dh_kind_put(t, "waits", f.waits, "1"));
    DH_TRY(dh_kind_put(t, "mean_wait", f.mean_wait, "services"));
    if (room > 0)
        return DH_OK;
    DH_TRY(dh_kind_put(t, "wait_p50", dh_queue_quantile(servers, a, 0.5), "services"));
    DH_TRY(dh_kind_put(t, "wait_p95", dh_queue_quantile(servers, a, 0.95), "services"));
    DH_TRY(dh_kind_put(t, "wait_p99", dh_queue_quantile(servers, a, 0.99), "services"));
    return isnan(t->value[WAIT]) ? DH_OK
                                 : dh_kind_put(t, "over", dh_queue_over(servers, a, t->value[WAIT]), "1");
}

static int32_t room_of(const struct dh_kind_table *t) {
    return isnan(t->value[ROOM]) ? -1 : (int32_t)t->value[ROOM];
}

static enum dh_err queue(struct dh_kind_table *t) {
    NEED(ERLANGS, SERVERS);
    DH_TRY(whole(t, SERVERS));
    DH_TRY(whole(t, ROOM));
    if (isnan(t->value[ROOM]) && !(t->value[SERVERS] > t->value[ERLANGS]))
        return wrong(t, t->at[SERVERS],
                     "a queue without end needs more servers than erlangs; give it a room");
    return put_queue(t, (int32_t)t->value[SERVERS], room_of(t));
}

static enum dh_err staffing(struct dh_kind_table *t) {
    const double *v = t->value;
    NEED(ERLANGS);
    DH_TRY(whole(t, ROOM));
    struct dh_staffing wanted = {v[ERLANGS],       room_of(t), v[MAX_BLOCKED], v[MAX_WAITS],
                                 v[MAX_MEAN_WAIT], v[WAIT],    v[MAX_OVER]};
    if (!isnan(v[MAX_BLOCKED]) && wanted.room < 0)
        wanted.room = 0; /* what is blocked has nowhere to wait */
    if (isnan(v[MAX_BLOCKED]) && isnan(v[MAX_WAITS]) && isnan(v[MAX_MEAN_WAIT]) && isnan(v[MAX_OVER]))
        return dh_fail(
            t->p->diag, DH_ERR_MISSING, dh_csv_place(&t->csv, t->kind),
            "staffing needs a limit: max_blocked, max_waits, max_mean_wait, or wait with max_over");
    if (!isnan(v[MAX_OVER]) && (isnan(v[WAIT]) || wanted.room >= 0))
        return wrong(t, t->at[MAX_OVER], "max_over goes with wait, and with a queue without end");
    int32_t servers = dh_staffing_least(&wanted);
    if (servers == 0)
        return wrong(t, t->at[ERLANGS], "no ten million servers meet that");
    DH_TRY(dh_kind_put(t, "servers", servers, "1"));
    return put_queue(t, servers, wanted.room);
}

/* ---- units */

static enum dh_err redundancy(struct dh_kind_table *t) {
    const double *v = t->value;
    NEED(K);
    DH_TRY(whole(t, K));
    double a = v[AVAILABILITY];
    if (isnan(a)) {
        NEED(MTBF_H, MTTR_H);
        a = dh_availability(v[MTBF_H], v[MTTR_H]);
    }
    double most = isnan(v[MAX_UNAVAILABILITY]) ? 1 - v[MIN_AVAILABILITY] : v[MAX_UNAVAILABILITY];
    if (isnan(most))
        return dh_fail(t->p->diag, DH_ERR_MISSING, dh_csv_place(&t->csv, t->kind),
                       "redundancy needs min_availability or max_unavailability");
    int32_t n = dh_k_of_n_least((int32_t)v[K], a, most);
    if (n == 0)
        return wrong(t, t->at[K], "no number of units up to 100,000 is enough");
    double lost = dh_k_of_n_lost((int32_t)v[K], n, a);
    DH_TRY(dh_kind_put(t, "units", n, "1"));
    DH_TRY(dh_kind_put(t, "spare", n - v[K], "1"));
    DH_TRY(dh_kind_put(t, "availability", dh_k_of_n((int32_t)v[K], n, a), "1"));
    DH_TRY(dh_kind_put(t, "unavailability", lost, "1"));
    return dh_kind_put(t, "down_min_per_year", lost * MINUTES_PER_YEAR, "min");
}

/* ---- capacity to own */

struct likely {
    double value, probability;
};

static int by_value(const void *a, const void *b) {
    const struct likely *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* The column demand as a law: values in order, equally likely where they say nothing else. */
static enum dh_err read_demand(struct dh_kind_table *t, struct dh_demand *demand) {
    struct extras *x = t->self;
    double sum = 0;
    DH_TRY(read_pairs(t, x->demand, &demand->n));
    if (demand->n == 0)
        return dh_fail(t->p->diag, DH_ERR_MISSING, dh_csv_place(&t->csv, t->kind),
                       "a discrete demand is a list: demand \"10:0.5;20:0.5\", or values alone");
    struct likely *rows = malloc((size_t)demand->n * sizeof *rows);
    if (!rows)
        return dh_fail(t->p->diag, DH_ERR_MEMORY, dh_csv_place(&t->csv, -1), "out of memory");
    for (int32_t i = 0; i < demand->n; i++) {
        rows[i] = (struct likely){x->first[i], isnan(x->second[i]) ? 1.0 / demand->n : x->second[i]};
        sum += rows[i].probability;
    }
    qsort(rows, (size_t)demand->n, sizeof *rows, by_value);
    for (int32_t i = 0; i < demand->n; i++) {
        x->first[i] = rows[i].value;
        x->second[i] = rows[i].probability;
    }
    free(rows);
    demand->values = x->first;
    demand->probabilities = x->second;
    return fabs(sum - 1) <= 1e-9 ? DH_OK : wrong(t, x->demand, "probabilities sum to 1");
}

static enum dh_err reserve(struct dh_kind_table *t) {
    struct extras *x = t->self;
    const double *v = t->value;
    char law[32] = "discrete";
    NEED(OWN, RENT);
    if (!dh_csv_is_empty(&t->csv, x->law))
        dh_csv_text(&t->csv, x->law, law, sizeof law);
    int which = dh_word_index(DH_DEMAND_LAWS, law, strlen(law));
    if (which < 0) {
        wrong(t, x->law, "no such law of demand");
        dh_diag_hint(t->p->diag, "laws are %s", DH_DEMAND_LAWS);
        return DH_ERR_RANGE;
    }
    struct dh_demand demand = {.law = (enum dh_demand_law)which, .mean = v[MEAN], .deviation = v[DEVIATION]};
    if (demand.law == DH_DEMAND_DISCRETE)
        DH_TRY(read_demand(t, &demand));
    else
        NEED(MEAN);
    if (demand.law != DH_DEMAND_DISCRETE && demand.law != DH_DEMAND_POISSON) {
        NEED(DEVIATION);
        if (demand.deviation > demand.mean * 1e3 || demand.deviation < demand.mean * 1e-6)
            return wrong(t, t->at[DEVIATION], "a deviation is a millionth to a thousand times the mean");
    }
    double own = v[OWN], rent = v[RENT], q = dh_reserve_best(&demand, own, rent, v[WHOLE] != 0);
    DH_TRY(dh_kind_put(t, "reserve", q, "units"));
    DH_TRY(dh_kind_put(t, "critical_ratio", own < rent ? 1 - own / rent : 0, "1"));
    DH_TRY(dh_kind_put(t, "short_probability", dh_demand_above(&demand, q), "1"));
    DH_TRY(dh_kind_put(t, "rented", dh_demand_excess(&demand, q), "units"));
    DH_TRY(dh_kind_put(t, "cost", dh_reserve_cost(&demand, own, rent, q), "money"));
    DH_TRY(dh_kind_put(t, "cost_rented_only", rent * dh_demand_excess(&demand, 0), "money"));
    return dh_kind_put(t, "cost_of_mean", dh_reserve_cost(&demand, own, rent, dh_demand_mean(&demand)),
                       "money");
}

/* ---- batteries */

/* Steps "0:3343;840:376" (when it begins, s: kW) of a period; each holds until the next. */
static enum dh_err read_load(struct dh_kind_table *t, struct dh_peak_load *load) {
    struct extras *x = t->self;
    int32_t n;
    DH_TRY(read_pairs(t, x->load, &n));
    if (n == 0)
        return dh_fail(t->p->diag, DH_ERR_MISSING, dh_csv_place(&t->csv, t->kind),
                       "battery needs a load: load_kw \"0:300;28800:900;64800:300\" (s: kW)");
    for (int32_t i = 0; i < n; i++) {
        double end = i + 1 < n ? x->first[i + 1] : t->value[PERIOD_S];
        if (isnan(x->second[i]) || (i == 0 && x->first[i] != 0) || !(end > x->first[i]))
            return wrong(t, x->load, "steps begin at 0 s, each later than the one before, within period_s");
        x->first[i] = end - x->first[i];
        x->second[i] *= 1000;
    }
    *load = (struct dh_peak_load){x->second,
                                  x->first,
                                  n,
                                  t->value[CHARGE_EFFICIENCY],
                                  t->value[DISCHARGE_EFFICIENCY],
                                  1000 * t->value[MAX_CHARGE_KW]};
    return DH_OK;
}

static enum dh_err battery(struct dh_kind_table *t) {
    const double *v = t->value;
    struct dh_peak_load load;
    struct dh_peak_battery b;
    DH_TRY(read_load(t, &load));
    double lowest = dh_peak_lowest_w(&load), highest = dh_peak_highest_w(&load);
    if (!isnan(v[PER_KW])) {
        NEED(PER_BATTERY_KWH);
        b = dh_peak_best(&load, v[PER_KW] / 1000, v[PER_BATTERY_KW] / 1000, v[PER_BATTERY_KWH] / J_PER_KWH);
    } else if (!isnan(v[BATTERY_KWH])) {
        NEED(BATTERY_KW);
        b = dh_peak_for_level(&load, dh_peak_with(&load, v[BATTERY_KWH] * J_PER_KWH, 1000 * v[BATTERY_KW]));
    } else {
        NEED(LIMIT_KW);
        b = dh_peak_for_level(&load, 1000 * v[LIMIT_KW]);
        if (isinf(b.held_j))
            return dh_fail(t->p->diag, DH_ERR_RANGE, dh_csv_place(&t->csv, t->at[LIMIT_KW]),
                           "no battery keeps that: what it gives it must take again in a period, which needs "
                           "%.12g kW",
                           lowest / 1000);
    }
    DH_TRY(dh_kind_put(t, "peak_kw", b.level_w / 1000, "kW"));
    if (isnan(v[BATTERY_KWH]) || !isnan(v[PER_KW])) {
        DH_TRY(dh_kind_put(t, "battery_kwh", b.held_j / J_PER_KWH, "kWh"));
        DH_TRY(dh_kind_put(t, "battery_kw", b.converter_w / 1000, "kW"));
    }
    DH_TRY(dh_kind_put(t, "peak_without_kw", highest / 1000, "kW"));
    DH_TRY(dh_kind_put(t, "lowest_peak_kw", lowest / 1000, "kW"));
    if (isnan(v[PER_KW]))
        return DH_OK;
    DH_TRY(dh_kind_put(t, "cost", b.cost, "money"));
    return dh_kind_put(t, "saved", v[PER_KW] * highest / 1000 - b.cost, "money");
}

static enum dh_err ride_through(struct dh_kind_table *t) {
    const double *v = t->value;
    NEED(LOAD, BUS_V, SECONDS, RATED_H, PEUKERT);
    double ah = dh_ride_through_ah(v[LOAD], v[BUS_V], v[SECONDS], v[RATED_H], v[PEUKERT]);
    DH_TRY(dh_kind_put(t, "capacity_ah", ah, "Ah"));
    if (isnan(v[UNIT_AH]))
        return DH_OK;
    int32_t n = dh_ride_through_strings(v[LOAD], v[BUS_V], v[SECONDS], v[RATED_H], v[PEUKERT], v[UNIT_AH]);
    if (n == 0)
        return wrong(t, t->at[UNIT_AH], "that takes more than a million strings");
    DH_TRY(dh_kind_put(t, "strings", n, "1"));
    double h = dh_battery_peukert_h(n * v[UNIT_AH], v[RATED_H], v[PEUKERT], v[LOAD] / v[BUS_V]);
    return dh_kind_put(t, "lasts_s", 3600 * h, "s");
}

static const struct dh_kind kinds[] = {
    {"queue",        queue       },
    {"staffing",     staffing    },
    {"redundancy",   redundancy  },
    {"reserve",      reserve     },
    {"battery",      battery     },
    {"ride-through", ride_through},
    {NULL,           NULL        },
};

static enum dh_err open_table(struct dh_kind_table *t) {
    struct extras *x = t->self;
    enum dh_err err = DH_OK;
    x->law = dh_csv_column(&t->csv, "law", NULL, &err);
    x->demand = dh_csv_column(&t->csv, "demand", NULL, &err);
    x->load = dh_csv_column(&t->csv, "load_kw", NULL, &err);
    return err;
}

enum dh_err dh_predict_sizing(struct dh_prediction *p) {
    struct extras *x = malloc(sizeof *x);
    struct dh_kind_table t = {.columns = columns, .n_column = N_COLUMN, .self = x};
    enum dh_err err = x ? dh_kind_table(&t, p, kinds, open_table, NULL)
                        : dh_fail(p->diag, DH_ERR_MEMORY, (struct dh_place){p->input, 0, 0}, "out of memory");
    free(x);
    return err;
}
