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

static void put_violations(struct dh_summary *out, const struct dh_world *w) {
    int32_t n = 0;
    char kind[400];
    for (int32_t t = 0; t < w->f->n_stage; t++) {
        const struct dh_stage_peak *peak = &w->power.stage_peak[t];
        if (peak->n_over == 0)
            continue;
        char at[21];
        dh_put_instant(at, w, peak->at);
        snprintf(kind, sizeof kind, "load above the rating of %.250s", w->f->stage_name[t]);
        dh_put_text_at(out, kind, "violations.%d.kind", (int)n);
        dh_put_at(out, (double)peak->n_over, "violations.%d.count", (int)n);
        dh_put_at(out, dh_uw_to_w(peak->out) / w->f->stage_rated_w[t], "violations.%d.worst", (int)n);
        dh_put_text_at(out, at, "violations.%d.at", (int)n);
        n++;
    }
}

void dh_summarize_limits(struct dh_summary *out, const struct dh_world *w) {
    dh_summarize_branches(out, w);
    put_constraints(out, w);
    put_violations(out, w);
}
