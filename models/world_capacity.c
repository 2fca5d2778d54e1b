/* Heat against capacity of what cools, as means of the plant's usual steps, and the water that each site
 * takes. After a disturbance steps are short: when pumps start again, a CDU hands over in seconds what its
 * coolant had gathered, and a peak of seconds limits nobody. */
#include "models/world.h"

static enum dh_err curves(struct dh_world *w, struct dh_load_curve **out, double **window_j, int32_t n) {
    *out = dh_arena_array(&w->mem, (size_t)n, sizeof **out);
    *window_j = dh_arena_array(&w->mem, (size_t)n, sizeof **window_j);
    return *out && *window_j ? DH_OK : DH_ERR_MEMORY;
}

/* Equipment without a capacity counts against one watt, and is left out of reports. */
static void rate(struct dh_load_curve *curve, double capacity_w) {
    dh_load_curve_init(curve, dh_uw_from_w(capacity_w >= 1 ? capacity_w : 1));
}

enum dh_err dh_world_capacity_start(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    DH_TRY(curves(w, &w->hall_curve, &w->hall_window_j, f->n_hall));
    DH_TRY(curves(w, &w->cdu_curve, &w->cdu_window_j, f->n_cdu));
    DH_TRY(curves(w, &w->cplant_curve, &w->cplant_window_j, f->n_cplant));
    DH_TRY(curves(w, &w->lplant_curve, &w->lplant_window_j, f->n_lplant));
    w->site_makeup_kg = dh_arena_array(&w->mem, (size_t)f->n_site, sizeof *w->site_makeup_kg);
    if (!w->site_makeup_kg)
        return DH_ERR_MEMORY;
    for (int32_t h = 0; h < f->n_hall; h++)
        rate(&w->hall_curve[h], f->hall_air_capacity_w[h]);
    for (int32_t c = 0; c < f->n_cdu; c++)
        rate(&w->cdu_curve[c], f->cdu_rated_w[c]);
    for (int32_t c = 0; c < f->n_cplant; c++)
        rate(&w->cplant_curve[c], f->cplant_spec[c]->capacity_w);
    for (int32_t l = 0; l < f->n_lplant; l++)
        rate(&w->lplant_curve[l], f->lplant_spec[l]->capacity_w);
    return DH_OK;
}

/* A plant step and the window that it belongs to, which ends on the grid of usual steps. */
struct step {
    dh_time from, to, window_from;
    bool ends;
};

static void count(struct dh_load_curve *curve, double *window_j, const double *heat_w, int32_t n,
                  const struct step *step) {
    bool whole = step->ends && step->window_from == step->from;
    for (int32_t i = 0; i < n; i++) {
        double mean_w = heat_w[i];
        if (!whole) {
            window_j[i] += heat_w[i] * dh_time_to_s(step->to - step->from);
            mean_w = window_j[i] / dh_time_to_s(step->to - step->window_from);
        }
        if (!step->ends)
            continue;
        dh_load_curve_add(&curve[i], dh_uw_from_w(mean_w), step->window_from, step->to - step->window_from);
        window_j[i] = 0;
    }
}

void dh_world_count_capacity(struct dh_world *w, dh_time from, dh_time to) {
    const struct dh_facility *f = w->f;
    const struct dh_state *s = &w->now;
    if (to <= from)
        return;
    double dt_s = dh_time_to_s(to - from);
    bool ends = to % dh_time_from_s(w->sc->horizons[0].step_s) == 0;
    struct step step = {from, to, w->capacity_from, ends};
    count(w->hall_curve, w->hall_window_j, s->hall_heat_w, f->n_hall, &step);
    count(w->cdu_curve, w->cdu_window_j, s->cdu_heat_w, f->n_cdu, &step);
    count(w->cplant_curve, w->cplant_window_j, s->cplant_heat_w, f->n_cplant, &step);
    count(w->lplant_curve, w->lplant_window_j, s->lplant_heat_w, f->n_lplant, &step);
    if (ends)
        w->capacity_from = to;
    for (int32_t c = 0; c < f->n_cplant; c++)
        dh_sum_add(&w->site_makeup_kg[f->cplant_site[c]],
                   (s->cplant_evaporation_kg_per_s[c] + s->cplant_drift_kg_per_s[c] +
                    s->cplant_blowdown_kg_per_s[c]) *
                       dt_s);
    for (int32_t l = 0; l < f->n_lplant; l++)
        dh_sum_add(&w->site_makeup_kg[f->lplant_site[l]],
                   (s->lplant_evaporation_kg_per_s[l] + s->lplant_blowdown_kg_per_s[l]) * dt_s);
}
