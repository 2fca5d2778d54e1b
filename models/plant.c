#include "models/cooling.h"

#include <math.h>
#include <string.h>

#define LONGEST_STEP_S 60.0

static void racks_init(struct dh_plant *p, const struct dh_facility *f) {
    for (int32_t r = 0; r < f->n_rack; r++)
        p->racks[r] = (struct dh_plant_rack){.share = f->rack_liquid_share[r] +
                                                      (1.0 - f->rack_liquid_share[r]) * f->rack_door_share[r],
                                             .plates = f->rack_liquid_share[r] > 0,
                                             .hall = f->rack_hall[r],
                                             .cdu = f->rack_cdu[r]};
}

enum dh_err dh_plant_init(struct dh_plant *out, const struct dh_facility *f, struct dh_diag *diag) {
    memset(out, 0, sizeof *out);
    const struct dh_place nowhere = {0};
#define ROWS(member, count)                                                                                  \
    if ((count) > 0 && !(out->member = dh_arena_array(&out->mem, (size_t)(count), sizeof *out->member))) {   \
        dh_plant_free(out);                                                                                  \
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory: cooling plants");                       \
    }
    ROWS(racks, f->n_rack)
    ROWS(halls, f->n_hall)
    ROWS(hall_ledger, f->n_hall)
    ROWS(cdus, f->n_cdu)
    ROWS(cdu_ledger, f->n_cdu)
    ROWS(cplants, f->n_cplant)
    ROWS(cplant_ledger, f->n_cplant)
    ROWS(lplants, f->n_lplant)
    ROWS(lplant_ledger, f->n_lplant)
#undef ROWS
    racks_init(out, f);
    out->all_map = true;
    for (int32_t i = 0; i < f->n_site; i++)
        out->all_map = out->all_map && f->site_map[i];
    enum dh_err err = dh_plant_units_init(out, f);
    if (err == DH_OK)
        err = dh_rack_heat_init(&out->rack_heat, f, &out->mem);
    if (err != DH_OK)
        dh_fail(diag, err, nowhere, "out of memory: cooling plants and racks");
    if (err == DH_OK)
        err = dh_cplants_init(out, f, diag);
    if (err == DH_OK)
        err = dh_halls_init(out, f, diag);
    if (err == DH_OK)
        err = dh_lplants_init(out, f, diag);
    if (err == DH_OK)
        err = dh_cdus_init(out, f, diag);
    if (err != DH_OK)
        dh_plant_free(out);
    return err;
}

void dh_plant_free(struct dh_plant *plant) {
    dh_arena_free(&plant->mem);
    memset(plant, 0, sizeof *plant);
}

/* Temperatures that the loops hold, into their columns. */
static void write_temperatures(const struct dh_plant *p, const struct dh_facility *f, struct dh_state *s) {
    for (int32_t h = 0; h < f->n_hall; h++) {
        s->zone_temp_degc[h] = p->halls[h].temp_degc;
        s->hall_return_degc[h] = p->halls[h].return_degc;
    }
    for (int32_t c = 0; c < f->n_cdu; c++)
        s->cdu_supply_degc[c] = p->cdus[c].temp_degc;
}

/* Air and coolant as they reach the racks. */
static void give_racks(struct dh_plant *p, const struct dh_facility *f, struct dh_state *s) {
    for (int32_t r = 0; r < f->n_rack; r++) {
        const struct dh_plant_rack *k = &p->racks[r];
        double inlet = p->halls[k->hall].temp_degc;
        s->rack_inlet_degc[r] = inlet;
        bool liquid = k->plates && k->cdu >= 0;
        s->rack_coolant_degc[r] = liquid ? s->cdu_supply_degc[k->cdu] : inlet;
        if (liquid)
            p->rack_heat.liquid_flow[r] = p->cdus[k->cdu].served;
    }
}

void dh_plant_start(struct dh_plant *p, const struct dh_facility *f, struct dh_state *s) {
    write_temperatures(p, f, s);
    for (int32_t i = 0; i < f->n_cplant; i++) {
        s->cplant_supply_degc[i] = p->cplants[i].temp_degc;
        s->cplant_condenser_degc[i] = p->cplants[i].condenser_degc;
    }
    for (int32_t i = 0; i < f->n_lplant; i++) {
        s->lplant_supply_degc[i] = p->lplants[i].temp_degc;
        s->lplant_return_degc[i] = p->lplants[i].return_degc;
    }
    give_racks(p, f, s);
    dh_rack_heat_start(&p->rack_heat, f, s);
}

/* rack_heat_w -> heat of hall air and of cold plates */
static void rack_heat(struct dh_plant *p, const struct dh_facility *f, const struct dh_state *s,
                      double dt_s) {
    for (int32_t h = 0; h < f->n_hall; h++)
        p->halls[h].heat_w = 0.0;
    for (int32_t c = 0; c < f->n_cdu; c++)
        p->cdus[c].heat_w = 0.0;
    double all_w = 0.0, left_w = 0.0;
    /* sums of the hall and the CDU that the racks before belong to, kept at hand: racks come hall by hall */
    double none_w = 0.0, hall_w = 0.0, cdu_w = 0.0, *hall = &none_w, *cdu = &none_w;
    for (int32_t r = 0; r < f->n_rack; r++) {
        const struct dh_plant_rack *k = &p->racks[r];
        double heat_w = s->rack_heat_w[r], liquid_w = heat_w * k->share;
        all_w += heat_w;
        if (hall != &p->halls[k->hall].heat_w) {
            *hall = hall_w;
            hall = &p->halls[k->hall].heat_w;
            hall_w = *hall;
        }
        hall_w += heat_w - liquid_w;
        if (k->cdu >= 0 && cdu != &p->cdus[k->cdu].heat_w) {
            *cdu = cdu_w;
            cdu = &p->cdus[k->cdu].heat_w;
            cdu_w = *cdu;
        }
        if (k->cdu >= 0)
            cdu_w += liquid_w;
        else
            left_w +=
                liquid_w; /* cold plates without a CDU: the language allows them only where no plant cools */
    }
    *hall = hall_w;
    *cdu = cdu_w;
    dh_sum_add(&p->ledger.it_j, all_w * dt_s);
    dh_sum_add(&p->ledger.left_j, left_w * dt_s);
}

static void zero_means(const struct dh_facility *f, struct dh_state *s) {
#define ZERO(column, count) memset(s->column, 0, (size_t)(count) * sizeof *s->column)
    if (f->n_hall > 0) {
        ZERO(hall_heat_w, f->n_hall);
        ZERO(hall_fan_w, f->n_hall);
        ZERO(hall_outdoor_w, f->n_hall);
        ZERO(hall_evaporation_kg_per_s, f->n_hall);
    }
    if (f->n_cdu > 0) {
        ZERO(cdu_heat_w, f->n_cdu);
        ZERO(cdu_pump_w, f->n_cdu);
    }
    if (f->n_cplant > 0) {
        ZERO(cplant_heat_w, f->n_cplant);
        ZERO(cplant_chiller_w, f->n_cplant);
        ZERO(cplant_pump_w, f->n_cplant);
        ZERO(cplant_fan_w, f->n_cplant);
        ZERO(cplant_free_frac, f->n_cplant);
        ZERO(cplant_reuse_w, f->n_cplant);
        ZERO(cplant_dry_w, f->n_cplant);
        ZERO(cplant_rejected_w, f->n_cplant);
        ZERO(cplant_evaporation_kg_per_s, f->n_cplant);
        ZERO(cplant_drift_kg_per_s, f->n_cplant);
        ZERO(cplant_blowdown_kg_per_s, f->n_cplant);
    }
    if (f->n_lplant > 0) {
        ZERO(lplant_heat_w, f->n_lplant);
        ZERO(lplant_fan_w, f->n_lplant);
        ZERO(lplant_pump_w, f->n_lplant);
        ZERO(lplant_reuse_w, f->n_lplant);
        ZERO(lplant_rejected_w, f->n_lplant);
        ZERO(lplant_evaporation_kg_per_s, f->n_lplant);
        ZERO(lplant_blowdown_kg_per_s, f->n_lplant);
    }
#undef ZERO
}

/* One part of a step, in causal order. */
static void advance(struct dh_plant *p, const struct dh_facility *f, struct dh_state *s,
                    const struct dh_outdoor *site_outdoor, double dt_s, double share) {
    for (int32_t i = 0; i < f->n_cplant; i++) {
        p->cplants[i].coil_w = p->cplants[i].cdu_w = 0.0;
        p->cplants[i].requests = 0;
    }
    for (int32_t i = 0; i < f->n_lplant; i++) {
        p->lplants[i].heat_w = p->lplants[i].cdu_w = 0.0;
        p->lplants[i].set_degc = INFINITY;
    }
    for (int32_t h = 0; h < f->n_hall; h++)
        dh_hall_step(p, s, h, site_outdoor ? &site_outdoor[f->hall_site[h]] : NULL, dt_s, share);
    for (int32_t c = 0; c < f->n_cdu; c++)
        dh_cdu_step(p, s, c, dt_s, share);
    for (int32_t i = 0; i < f->n_cplant; i++)
        dh_cplant_step(p, s, i, &site_outdoor[p->cplants[i].site], dt_s, share);
    for (int32_t i = 0; i < f->n_lplant; i++)
        dh_lplant_step(p, s, i, &site_outdoor[p->lplants[i].site], dt_s, share);
}

enum dh_err dh_plant_step(struct dh_plant *p, const struct dh_facility *f, struct dh_state *s,
                          const struct dh_outdoor *site_outdoor, double dt_s) {
    if (!(dt_s > 0) || (!site_outdoor && (f->n_cplant > 0 || f->n_lplant > 0)))
        return DH_ERR_INTERNAL;
    rack_heat(p, f, s, dt_s);
    zero_means(f, s);
    p->last_change_k = 0.0;
    /* Maps come to rest within any step; masses follow loops that stand still for at most a minute. */
    int parts = dt_s > LONGEST_STEP_S && !p->all_map ? (int)ceil(dt_s / LONGEST_STEP_S) : 1;
    for (int i = 0; i < parts; i++)
        advance(p, f, s, site_outdoor, dt_s / parts, 1.0 / parts);
    write_temperatures(p, f, s);
    give_racks(p, f, s);
    dh_rack_heat_step(&p->rack_heat, f, s, dt_s);
    p->ledger.n_step++;
    return DH_OK;
}

double dh_plant_next_step_s(const struct dh_plant *p, const struct dh_facility *f, double last_s) {
    const double shortest_s = 1.0, most_k = 1.0;
    double next_s = 2.0 * last_s;
    if (p->last_change_k * next_s > most_k * last_s)
        next_s = most_k * last_s / p->last_change_k;
    next_s = fmin(next_s, p->rack_heat.calm_s);
    for (int32_t i = 0; i < f->n_cplant; i++)
        if (p->cplants[i].starting_s > DH_STARTED_S && p->cplants[i].starting_s < next_s)
            next_s = p->cplants[i].starting_s;
    return next_s > shortest_s ? next_s : shortest_s;
}

double dh_plant_tank_least(const struct dh_plant *p, const struct dh_facility *f) {
    double least = NAN;
    for (int32_t i = 0; i < f->n_cplant; i++)
        if (p->cplants[i].tank.volume_m3 > 0 && !(least <= p->cplants[i].tank_least))
            least = p->cplants[i].tank_least;
    return least;
}

static double imbalance(double in, double out) {
    if (!isfinite(in) || !isfinite(out))
        return 1.0; /* what is no number is off by all of it */
    double larger = fmax(fabs(in), fabs(out));
    return larger > 0 ? fabs(in - out) / larger : 0.0;
}

static double loop_imbalance(const struct dh_loop_ledger *l) {
    return imbalance(dh_sum_value(&l->in_j), dh_sum_value(&l->out_j) + dh_sum_value(&l->stored_j));
}

double dh_plant_heat_residual(const struct dh_plant *p, const struct dh_facility *f) {
    const struct dh_plant_ledger *g = &p->ledger;
    double worst = imbalance(dh_sum_value(&g->it_j) + dh_sum_value(&g->other_j) + dh_sum_value(&g->fan_j) +
                                 dh_sum_value(&g->pump_j) + dh_sum_value(&g->chiller_j),
                             dh_sum_value(&g->rejected_j) + dh_sum_value(&g->reused_j) +
                                 dh_sum_value(&g->left_j) + dh_sum_value(&g->stored_j));
    for (int32_t i = 0; i < f->n_hall; i++)
        worst = fmax(worst, loop_imbalance(&p->hall_ledger[i]));
    for (int32_t i = 0; i < f->n_cplant; i++)
        worst = fmax(worst, loop_imbalance(&p->cplant_ledger[i]));
    for (int32_t i = 0; i < f->n_cdu; i++)
        worst = fmax(worst, loop_imbalance(&p->cdu_ledger[i]));
    for (int32_t i = 0; i < f->n_lplant; i++)
        worst = fmax(worst, loop_imbalance(&p->lplant_ledger[i]));
    return worst;
}

double dh_plant_water_residual(const struct dh_plant *p) {
    const struct dh_plant_ledger *g = &p->ledger;
    return imbalance(dh_sum_value(&g->makeup_kg), dh_sum_value(&g->evaporation_kg) +
                                                      dh_sum_value(&g->drift_kg) +
                                                      dh_sum_value(&g->blowdown_kg));
}
