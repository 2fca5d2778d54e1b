#include "output/compare_front.h"

#include "output/chart.h"
#include "output/summary_keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Objectives with their usual names. Of other keys less is better unless it is said. */
static const struct dh_objective known[] = {
    {"cost.total",              "Cost",                    "",       1,        false},
    {"carbon.location_kg",      "Carbon, location-based",  "t CO2e", 1e-3,     false},
    {"carbon.market_kg",        "Carbon, market-based",    "t CO2e", 1e-3,     false},
    {"jobs.wait_s.p95",         "Wait, 95 %",              "min",    1.0 / 60, false},
    {"jobs.wait_s.mean",        "Wait, mean",              "min",    1.0 / 60, false},
    {"cost.per_gpu_hour",       "Cost of a GPU hour used", "",       1,        false},
    {"energy.facility_kwh",     "Energy",                  "MWh",    1e-3,     false},
    {"energy.peak_facility_kw", "Peak facility power",     "kW",     1,        false},
    {"energy.pue",              "PUE",                     "",       1,        false},
    {"energy.water_m3",         "Water",                   "m3",     1,        false},
    {"gpus.utilization",        "GPU hours used",          "%",      100,      true },
    {"gpus.goodput",            "Goodput",                 "%",      100,      true },
    {"gpus.availability",       "Availability",            "%",      100,      true },
    {"jobs.completed",          "Jobs completed",          "",       1,        true },
};
enum { N_KNOWN = sizeof known / sizeof *known };

static const struct dh_compared *result(const struct dh_comparison *c, int32_t k) {
    return k < 0 ? &c->base : &c->others[k];
}

double dh_compare_value(const struct dh_comparison *c, int32_t k, const char *key) {
    return dh_compare_delta(result(c, k), result(c, k), key).base;
}

static bool all_have(const struct dh_comparison *c, const char *key) {
    for (int32_t k = -1; k < c->n_other; k++)
        if (isnan(dh_compare_value(c, k, key)))
            return false;
    return true;
}

/* Amounts of money in the bills' currency, large ones in millions. */
static struct dh_objective fit_unit(struct dh_objective o, const struct dh_comparison *c,
                                    struct dh_arena *arena) {
    if (strncmp(o.key, "cost.", 5) != 0)
        return o;
    const struct dh_summary_entry *e = dh_summary_find(&c->base.summary, "cost.currency");
    double most = 0;
    char unit[40];
    for (int32_t k = -1; k < c->n_other; k++)
        most = fmax(most, fabs(dh_compare_value(c, k, o.key)));
    if (most >= 1e6)
        o.scale = 1e-6;
    snprintf(unit, sizeof unit, "%s%.20s", most >= 1e6 ? "M " : "",
             e && e->kind == DH_SUMMARY_TEXT ? e->text : "USD");
    o.unit = dh_arena_strdup(arena, unit);
    o.unit = o.unit ? o.unit : "";
    return o;
}

static bool objective_of(struct dh_objective *o, const struct dh_comparison *c, const char *text, size_t n,
                         struct dh_arena *arena, const char **missing) {
    char sign = n > 0 && (*text == '+' || *text == '-') ? *text : 0;
    const char *key = dh_arena_strndup(arena, text + (sign != 0), n - (sign != 0));
    *missing = key ? key : "";
    if (!key || !all_have(c, key))
        return false;
    const struct dh_summary_entry *e = dh_summary_find(&c->base.summary, key);
    *o = (struct dh_objective){key, key, e && strcmp(e->unit, "1") != 0 ? e->unit : "", 1, false};
    for (int i = 0; i < N_KNOWN; i++)
        if (strcmp(known[i].key, key) == 0)
            *o = known[i];
    if (sign)
        o->more = sign == '+';
    *o = fit_unit(*o, c, arena);
    return true;
}

int32_t dh_compare_fronts(struct dh_compare_front fronts[DH_COMPARE_FRONTS], const struct dh_comparison *c,
                          const char *objectives, struct dh_arena *arena, const char **missing) {
    static const int others[] = {1, 3}; /* carbon, wait */
    int32_t n = 0;
    *missing = NULL;
    if (objectives) {
        size_t first = strcspn(objectives, ",");
        const char *second = objectives + first + (objectives[first] != 0);
        bool good = objective_of(&fronts[0].x, c, objectives, first, arena, missing) &&
                    objective_of(&fronts[0].y, c, second, strlen(second), arena, missing);
        return good ? 1 : -1;
    }
    if (!all_have(c, known[0].key))
        return 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const char *key = known[others[i]].key;
        bool differ = false;
        for (int32_t k = 0; k < c->n_other; k++)
            differ = differ || dh_compare_value(c, k, key) != dh_compare_value(c, -1, key);
        if (differ && all_have(c, key))
            fronts[n++] =
                (struct dh_compare_front){fit_unit(known[0], c, arena), fit_unit(known[others[i]], c, arena)};
    }
    return n;
}

void dh_compare_on_front(const struct dh_comparison *c, const struct dh_compare_front *front,
                         bool on[DH_COMPARE_OTHERS + 1]) {
    double x[DH_COMPARE_OTHERS + 1], y[DH_COMPARE_OTHERS + 1];
    for (int32_t k = -1; k < c->n_other; k++) {
        x[k + 1] = dh_compare_value(c, k, front->x.key);
        y[k + 1] = dh_compare_value(c, k, front->y.key);
    }
    dh_front_of(on, x, y, c->n_other + 1, front->x.more, front->y.more);
}

static const char *named(char room[static 120], const struct dh_objective *o) {
    snprintf(room, 120, "%.70s%s%.30s", o->name, o->unit[0] ? ", " : "", o->unit);
    return room;
}

enum dh_err dh_compare_front_chart(const struct dh_comparison *c, const struct dh_compare_front *front,
                                   struct dh_text *out) {
    struct dh_front_point points[DH_COMPARE_OTHERS + 1];
    char x_name[120], y_name[120];
    for (int32_t k = -1; k < c->n_other; k++) {
        const char *keys[2] = {front->x.key, front->y.key};
        double v[2], low[2], high[2];
        for (int i = 0; i < 2; i++) {
            struct dh_compared_mean m = dh_compare_mean(result(c, k), keys[i]);
            v[i] = m.mean;
            low[i] = m.low;
            high[i] = m.high;
        }
        points[k + 1] = (struct dh_front_point){.name = result(c, k)->name,
                                                .x = v[0],
                                                .y = v[1],
                                                .x_low = low[0],
                                                .x_high = high[0],
                                                .y_low = low[1],
                                                .y_high = high[1]};
    }
    return dh_chart_front(out, "Filled: no other result is better in both",
                          &(struct dh_front_axis){named(x_name, &front->x), front->x.scale, front->x.more},
                          &(struct dh_front_axis){named(y_name, &front->y), front->y.scale, front->y.more},
                          points, c->n_other + 1);
}
