/* Limits: how far each branch of power and cooling is from its own, which limit strands what is left, what
 * held work back, what was crossed. */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct constraint {
    char name[300];
    double hours, stranded_kw;
};

static int compare_constraints(const void *left, const void *right) {
    const struct constraint *a = left, *b = right;
    if (a->hours != b->hours)
        return a->hours > b->hours ? -1 : 1;
    return strcmp(a->name, b->name);
}

static double site_it_rated_w(const struct dh_facility *f, int32_t site) {
    double sum = 0;
    for (int32_t r = 0; r < f->n_rack; r++)
        sum += f->rack_site[r] == site ? f->rack_rated_w[r] : 0;
    return sum;
}

/* Capacity elsewhere that a limit kept from use: under a power limit the racks' rating, under a want of GPUs
 * the power that the site may draw; each less what was drawn while the limit bound. */
static struct constraint constraint_of(const char *name, const struct dh_binding *b, double capacity_w,
                                       bool it) {
    struct constraint c = {.hours = dh_time_to_s(b->total) / S_PER_H};
    double drawn_w = dh_uw_ns_to_j(it ? b->it_energy : b->facility_energy) / dh_time_to_s(b->total);
    snprintf(c.name, sizeof c.name, "%s", name);
    c.stranded_kw = fmax(0, capacity_w - drawn_w) / 1000;
    return c;
}

static void put_constraints(struct dh_summary *out, const struct dh_world *w) {
    struct constraint *list = malloc((size_t)(2 * w->f->n_site + 1) * sizeof *list);
    int32_t n = 0;
    char name[300];
    if (!list) {
        out->err = DH_ERR_MEMORY;
        return;
    }
    for (int32_t s = 0; s < w->f->n_site; s++) {
        if (w->site_cap[s].total > 0) {
            snprintf(name, sizeof name, "power: clocks capped at %.250s", w->f->site_spec[s]->id);
            list[n++] = constraint_of(name, &w->site_cap[s], site_it_rated_w(w->f, s), true);
        }
        if (w->site_gate[s].total > 0) {
            snprintf(name, sizeof name, "power: starts held back at %.250s", w->f->site_spec[s]->id);
            list[n++] = constraint_of(name, &w->site_gate[s], site_it_rated_w(w->f, s), true);
        }
    }
    if (w->gpus_bind.total > 0)
        list[n++] = constraint_of("gpus", &w->gpus_bind, dh_limit_w(w), false);
    qsort(list, (size_t)n, sizeof *list, compare_constraints);
    for (int32_t i = 0; i < n; i++) {
        dh_put_text_at(out, list[i].name, "constraints.%d.name", (int)i);
        dh_put_at(out, list[i].hours, "constraints.%d.hours_binding", (int)i);
        dh_put_at(out, list[i].stranded_kw, "constraints.%d.stranded_kw", (int)i);
    }
    free(list);
}

/* ---- violations: rows of one list
 * ---------------------------------------------------------------------------- */

void dh_put_violation(struct dh_summary *out, int32_t *n, const char *kind, double count, double worst,
                      const char *at) {
    dh_put_text_at(out, kind, "violations.%d.kind", (int)*n);
    dh_put_at(out, count, "violations.%d.count", (int)*n);
    dh_put_at(out, worst, "violations.%d.worst", (int)*n);
    if (at)
        dh_put_text_at(out, at, "violations.%d.at", (int)*n);
    ++*n;
}

static void put_stage_violations(struct dh_summary *out, const struct dh_world *w, int32_t *n) {
    char kind[400], at[21];
    for (int32_t t = 0; t < w->f->n_stage; t++) {
        const struct dh_stage_peak *peak = &w->power.stage_peak[t];
        if (peak->n_over == 0)
            continue;
        dh_put_instant(at, w, peak->at);
        snprintf(kind, sizeof kind, "load above the rating of %.250s", w->f->stage_name[t]);
        dh_put_violation(out, n, kind, (double)peak->n_over, dh_uw_to_w(peak->out) / peak->rated_w, at);
        dh_put_at(out, dh_time_to_s(dh_load_curve_above(&w->power.stage_curve[t], 100)) / S_PER_H,
                  "violations.%d.hours", (int)*n - 1);
    }
}

/* ---- permits
 * ------------------------------------------------------------------------------------------------- */

static double site_water_m3(const struct dh_world *w, int32_t s) {
    if (w->f->n_cplant + w->f->n_lplant == 0)
        return NAN;
    return w->f->n_site == 1 ? dh_makeup_m3(w) : dh_sum_value(&w->site_makeup_kg[s]) / 1000;
}

/* used against limit, both in the unit of the keys permits.N.WHAT.*; NAN: not modelled or no permit. */
static void put_permit(struct dh_summary *out, int32_t row, const char *what, const char *unit, double limit,
                       double used) {
    if (isnan(limit) || isnan(used))
        return;
    dh_put_at(out, limit, "permits.%d.%s.limit_%s", (int)row, what, unit);
    dh_put_at(out, used, "permits.%d.%s.used_%s", (int)row, what, unit);
    if (limit > 0)
        dh_put_at(out, used / limit, "permits.%d.%s.share", (int)row, what);
}

/* An allowance for a year: how much of it a year of this would take. */
static void put_expected(struct dh_summary *out, const struct dh_world *w, int32_t row, const char *what,
                         double limit, double used) {
    if (limit > 0 && !isnan(used))
        dh_put_at(out, used * S_PER_YEAR / dh_time_to_s(w->des.now) / limit, "permits.%d.%s.expected",
                  (int)row, what);
}

static void put_permits(struct dh_summary *out, const struct dh_world *w, int32_t *n_violation) {
    int32_t row = 0;
    char kind[400], at[21];
    for (int32_t s = 0; s < w->f->n_site; s++) {
        const struct dh_site_spec *site = w->f->site_spec[s];
        double water_m3 = site_water_m3(w, s), power_w = dh_uw_to_w(w->power.site_peak[s]);
        double set_h = dh_generator_hours(w, s), permit_h = site->permit_generators_s / S_PER_H;
        if (isnan(site->permit_water_m3) && isnan(site->permit_peak_w) && isnan(permit_h))
            continue;
        dh_put_text_at(out, site->id, "permits.%d.site", (int)row);
        put_permit(out, row, "water", "m3", site->permit_water_m3, water_m3);
        put_expected(out, w, row, "water", site->permit_water_m3, water_m3);
        put_permit(out, row, "power", "kw", site->permit_peak_w / 1000, power_w / 1000);
        put_permit(out, row, "generators", "h", permit_h, set_h);
        put_expected(out, w, row, "generators", permit_h, set_h);
        if (set_h > permit_h) {
            snprintf(kind, sizeof kind, "generator permit of %.250s", site->id);
            dh_put_violation(out, n_violation, kind, 1, set_h / permit_h, NULL);
        }
        if (water_m3 > site->permit_water_m3) {
            snprintf(kind, sizeof kind, "water permit of %.250s", site->id);
            dh_put_violation(out, n_violation, kind, 1, water_m3 / site->permit_water_m3, NULL);
        }
        if (power_w > site->permit_peak_w) {
            dh_put_instant(at, w, w->power.site_peak_at[s]);
            snprintf(kind, sizeof kind, "power permit of %.250s", site->id);
            dh_put_violation(out, n_violation, kind, 1, power_w / site->permit_peak_w, at);
        }
        row++;
    }
}

/* A yearly allowance that a year like this comes near. */
static void put_permit_alerts(struct dh_summary *out, int32_t *n_alert) {
    static const struct {
        const char *key, *name;
    } kinds[] = {
        {"water",      "water permit"    },
        {"generators", "generator permit"},
    };
    char key[64], what[400];
    for (int32_t i = 0;; i++) {
        snprintf(key, sizeof key, "permits.%d.site", (int)i);
        const struct dh_summary_entry *site = dh_summary_find(out, key);
        if (!site)
            return;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            snprintf(key, sizeof key, "permits.%d.%s.expected", (int)i, kinds[k].key);
            double share = dh_summary_value(out, key);
            snprintf(what, sizeof what, "%s of %.250s, a year like this", kinds[k].name, site->text);
            if (share >= DH_ALERT_FROM)
                dh_put_alert(out, n_alert, what, NAN, share, NAN, NULL);
        }
    }
}

void dh_summarize_limits(struct dh_summary *out, const struct dh_world *w) {
    int32_t n_alert = 0;
    dh_summarize_branches(out, w, &n_alert);
    dh_summarize_redundancy(out, w);
    put_constraints(out, w);
    int32_t n_violation = 0;
    put_stage_violations(out, w, &n_violation);
    put_permits(out, w, &n_violation);
    put_permit_alerts(out, &n_alert);
    dh_summarize_sizing(out, w, &n_violation);
}
