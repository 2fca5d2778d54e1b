/* The ratios by which sites are compared. What each is, and who defined it so, stands in
 * output/summary_keys.def. */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- energy at a point between utility and racks ----------------------------------------------------------
 */

/* How a stage stands to the kind in question. */
struct standing {
    bool covered; /* it is of the kind, or every way up from it passes one */
    bool needed;  /* a rack draws through it, with none of the kind in between */
    bool under;   /* one that counts is above it */
};

/* Marks as needed and covered the first stages of this kind above each rack, on all its feeds. False: a rack
 * has a way up without one. */
static bool stand_above_racks(const struct dh_facility *f, enum dh_stage_kind kind, struct standing *at) {
    for (int32_t s = 0; s < f->n_stage; s++) { /* feeds have smaller rows */
        at[s].covered = f->stage_feeds[s] > 0;
        for (int32_t i = 0; i < f->stage_feeds[s]; i++)
            at[s].covered = at[s].covered && at[f->feed_stage[f->stage_first_feed[s] + i]].covered;
        at[s].covered = at[s].covered || f->stage_kind[s] == (int32_t)kind;
    }
    for (int32_t r = 0; r < f->n_rack; r++)
        for (int32_t i = 0; i < f->rack_feeds[r]; i++) {
            struct standing *feed = &at[f->feed_stage[f->rack_first_feed[r] + i]];
            if (!feed->covered)
                return false;
            feed->needed = true;
        }
    for (int32_t s = f->n_stage - 1; s >= 0; s--)
        for (int32_t i = 0; at[s].needed && f->stage_kind[s] != (int32_t)kind && i < f->stage_feeds[s]; i++)
            at[f->feed_stage[f->stage_first_feed[s] + i]].needed = true;
    return f->n_rack > 0;
}

/* Energy out of the stages of this kind that feed racks, each counted once; NAN where a rack has none. */
static double output_kwh(struct dh_summary *out, const struct dh_world *w, enum dh_stage_kind kind) {
    const struct dh_facility *f = w->f;
    const struct dh_power *p = &w->power;
    dh_time now = w->des.now;
    struct standing *at = calloc((size_t)f->n_stage + 1, sizeof *at);
    dh_uw_ns sum = 0;
    if (!at) {
        out->err = DH_ERR_MEMORY;
        return NAN;
    }
    bool all = stand_above_racks(f, kind, at);
    for (int32_t s = 0; s < f->n_stage; s++) {
        for (int32_t i = 0; i < f->stage_feeds[s]; i++) {
            int32_t above = f->feed_stage[f->stage_first_feed[s] + i];
            bool counts = at[above].needed && f->stage_kind[above] == (int32_t)kind;
            at[s].under = at[s].under || at[above].under || counts;
        }
        if (at[s].needed && f->stage_kind[s] == (int32_t)kind && !at[s].under)
            sum += dh_meter_energy(&p->stage_in[s], now) - dh_meter_energy(&p->stage_loss[s], now) -
                   dh_meter_energy(&p->stage_stored[s], now);
    }
    free(at);
    return all ? dh_kwh(sum) : NAN;
}

/* ---- ASHRAE 90.4 ------------------------------------------------------------------------------------------
 */

/* Highest annualized MLC by climate zone, for more and for less than 300 kW of IT: ASHRAE 90.4-2016 Addendum
 * g (2019), table 6.6, the five zones that are quoted publicly. */
static double mlc_limit(const struct dh_world *w) {
    static const struct {
        const char *zone;
        double large, small;
    } limits[] = {
        {"1A", 0.26, 0.31},
        {"2A", 0.23, 0.29},
        {"3A", 0.21, 0.27},
        {"5A", 0.16, 0.25},
        {"8",  0.13, 0.22},
    };
    const struct dh_climate_spec *climate = dh_scenario_climate(w->sc, w->f->site_spec[0]->climate);
    for (size_t i = 0; climate && w->f->n_site == 1 && i < sizeof limits / sizeof *limits; i++)
        if (strcmp(climate->zone, limits[i].zone) == 0)
            return dh_it_rated_w(w->f) > 300e3 ? limits[i].large : limits[i].small;
    return NAN;
}

/* ---- water and carbon of the supply
 * ------------------------------------------------------------------------ */

/* Water consumed where the electricity was made, m3; NAN where a site's grid does not say. */
static double source_water_m3(const struct dh_world *w) {
    double sum = 0;
    for (int32_t s = 0; s < w->f->n_site; s++) {
        const struct dh_grid_spec *grid = w->bill[s].grid;
        sum += grid ? grid->water_m3_per_j * dh_sum_value(&w->bill[s].energy_j) : NAN;
    }
    return sum;
}

static double emissions_kg(const struct dh_world *w) {
    double sum = dh_or_zero(dh_onsite_fuel_kg(w)) + dh_or_zero(dh_diesel_kg(w));
    for (int32_t s = 0; s < w->f->n_site; s++)
        sum += w->bill[s].grid ? dh_sum_value(&w->bill[s].location_kg) : NAN;
    return sum;
}

void dh_summarize_metrics(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_power *p = &w->power;
    dh_time now = w->des.now;
    double facility = dh_energy_kwh(&p->facility, now), it = dh_energy_kwh(&p->it, now);
    if (!(it > 0))
        return;
    dh_put_number(out, "metrics.pue1", facility / output_kwh(out, w, DH_STAGE_UPS));
    dh_put_number(out, "metrics.pue2", facility / output_kwh(out, w, DH_STAGE_PDU));
    dh_put_number(out, "metrics.pue3", facility / it);
    if (w->f->n_cplant + w->f->n_lplant > 0) {
        double makeup = dh_makeup_m3(w), blowdown = dh_sum_value(&w->plant.ledger.blowdown_kg) / 1000;
        dh_put_number(out, "metrics.wue_site_l_per_kwh", 1000 * makeup / it);
        dh_put_number(out, "metrics.wue_consumption_l_per_kwh", 1000 * (makeup - blowdown) / it);
        dh_put_number(out, "metrics.wue_source_l_per_kwh", 1000 * (makeup + source_water_m3(w)) / it);
    }
    double reused = dh_reused_kwh(w);
    if (!isnan(reused))
        dh_put_number(out, "metrics.ere", (facility - reused) / it);
    dh_put_number(out, "metrics.cue_kg_per_kwh", emissions_kg(w) / it);
    /* Compute parts: behind the nodes' converters without their fans, and the racks' switches. */
    double compute = dh_energy_kwh(&p->node_dc_total, now) - dh_energy_kwh(&p->fan, now) +
                     dh_energy_kwh(&p->overhead, now);
    if (compute > 0) {
        dh_put_number(out, "metrics.itue", it / compute);
        dh_put_number(out, "metrics.tue", facility / compute);
    }
    if (w->f->n_cdu + w->f->n_cplant + w->f->n_lplant > 0) {
        dh_put_number(out, "metrics.mlc", dh_energy_kwh(&p->cooling, now) / it);
        dh_put_number(out, "metrics.mlc_limit", mlc_limit(w));
    }
    double work_h = dh_sum_value(&w->work_gpu_s) / S_PER_H;
    if (work_h > 0)
        dh_put_number(out, "metrics.work_gpu_h_per_kwh", work_h / facility);
}
