#include "models/cooling.h"

#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "sim/math.h"

#include <math.h>

/* Coolant supplied where the heat leaves the model at the CDU: class W32. An assumption. */
#define UNCOOLED_SUPPLY_DEGC 32.0
/* Pads are wetted in stages over this many kelvin above adiabatic-from. An assumption. */
#define PAD_STAGES_K 2.0

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* ---- CDU
 * ----------------------------------------------------------------------------------------------------- */

enum dh_err dh_cdus_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    (void)diag;
    for (int32_t i = 0; i < f->n_cdu; i++) {
        const struct dh_cdu_spec *spec = f->cdu_spec[i];
        struct dh_plant_cdu *c = &p->cdus[i];
        *c = (struct dh_plant_cdu){
            .set_degc = UNCOOLED_SUPPLY_DEGC,
            .rated_w = f->cdu_rated_w[i] > 1.0 ? f->cdu_rated_w[i] : 1.0,
            .pump_w = spec->pump_w * (double)spec->count,
            .plant = f->cdu_plant[i],
            .constant_speed = spec->pump_control == DH_PUMP_CONSTANT || !(f->cdu_rated_w[i] > 1.0),
        };
        if (c->plant < 0)
            continue;
        const struct dh_liquid_plant_spec *plant = f->lplant_spec[c->plant];
        c->set_degc = plant->supply_degc;
        /* Equal capacity flows on both sides, counterflow: effectiveness N / (1 + N), so that the approach is
         * range / N and UA = rated / approach. */
        c->design_w_per_k = c->rated_w / plant->range_k;
        c->ua_w_per_k = c->rated_w / plant->cdu_approach_k;
    }
    return DH_OK;
}

/* Coolant supplied above facility water supplied: FACILITY C4, equal resistances of both sides. */
static double approach_k(const struct dh_plant_cdu *c, double heat_w, double coolant, double water) {
    double side_w = c->design_w_per_k;
    if (coolant == water) { /* N = N0 flow^-0.2 */
        double ua = c->ua_w_per_k;
        if (water != 1.0)
            ua *= dh_exp(0.8 * dh_log(water));
        return heat_w / ua;
    }
    double ua = 2.0 * c->ua_w_per_k / (dh_exp(-0.8 * dh_log(coolant)) + dh_exp(-0.8 * dh_log(water)));
    double c_min = side_w * fmin(coolant, water), c_max = side_w * fmax(coolant, water);
    double hot_k = heat_w / (c_min * dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max));
    return hot_k - heat_w / (side_w * coolant);
}

void dh_cdu_step(struct dh_plant *p, struct dh_state *s, int32_t i, double dt_s, double share) {
    struct dh_plant_cdu *c = &p->cdus[i];
    double flow = clamp(c->heat_w / c->rated_w, DH_LOWEST_FLOW, 1.0);
    double coolant = c->constant_speed ? 1.0 : flow;
    double pump_w = c->pump_w * coolant * coolant * coolant; /* a closed loop without lift */
    s->cdu_heat_w[i] += share * c->heat_w;
    s->cdu_pump_w[i] += share * pump_w;
    dh_sum_add(&p->ledger.pump_j, pump_w * dt_s);
    if (c->plant < 0) {
        dh_sum_add(&p->ledger.left_j, (c->heat_w + pump_w) * dt_s);
        return;
    }
    struct dh_plant_lplant *l = &p->lplants[c->plant];
    c->approach_k = approach_k(c, c->heat_w + pump_w, coolant, flow);
    l->heat_w += c->heat_w + pump_w;
    l->cdu_w += c->heat_w;
    l->set_degc = fmin(l->set_degc, c->set_degc - c->approach_k);
}

/* The valve holds the set-point as long as the facility water is cold enough. */
double dh_cdu_supply_degc(const struct dh_plant *p, int32_t i) {
    const struct dh_plant_cdu *c = &p->cdus[i];
    return c->plant < 0 ? c->set_degc : fmax(c->set_degc, p->lplants[c->plant].temp_degc + c->approach_k);
}

/* ---- facility water
 * ------------------------------------------------------------------------------------------ */

enum dh_err dh_lplants_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    for (int32_t i = 0; i < f->n_lplant; i++) {
        const struct dh_liquid_plant_spec *spec = f->lplant_spec[i];
        struct dh_plant_lplant *l = &p->lplants[i];
        *l = (struct dh_plant_lplant){
            .capacity_w = spec->capacity_w,
            .design_w_per_k = spec->capacity_w / spec->range_k,
            .j_per_k = spec->volume_m3 * DH_WATER_KG_PER_M3 * DH_CP_WATER_J_PER_KG_K,
            .pump_w = spec->pump_share * spec->capacity_w,
            .fan_w = spec->fan_share * spec->capacity_w,
            .adiabatic = spec->adiabatic,
            .adiabatic_from_degc = spec->adiabatic_from_degc,
            .cycles = spec->cycles,
            .site = f->lplant_site[i],
            .temp_degc = spec->supply_degc - spec->cdu_approach_k,
            .start_degc = spec->supply_degc - spec->cdu_approach_k,
            .return_degc = spec->supply_degc - spec->cdu_approach_k,
            .fan_speed = 0.5,
        };
        if (dh_dry_cooler_size(&l->cooler, spec->capacity_w, spec->range_k, spec->cooler_approach_k,
                               l->fan_w))
            return dh_fail(diag, DH_ERR_RANGE, spec->place,
                           "liquid plant %s: no cooler comes within %g K of the air with a range of %g K",
                           spec->id, spec->cooler_approach_k, spec->range_k);
    }
    return DH_OK;
}

/* Facility water, one mass at supply temperature:
 *   C dT/dt = Q - K (T + Q / (m cp) - T_air), K the cooler's conductance at its fan speed.
 * Fans hold the temperature that the CDUs need; where full speed is not enough, it rises. */
void dh_lplant_step(struct dh_plant *p, struct dh_state *s, int32_t i, const struct dh_outdoor *air,
                    double dt_s, double share) {
    struct dh_plant_lplant *l = &p->lplants[i];
    double flow = clamp(l->cdu_w / l->capacity_w, DH_LOWEST_FLOW, 1.0);
    double pump_w = l->pump_w * dh_pump_frac(flow);
    double in_w = l->heat_w + pump_w;
    double rise_k = in_w / (l->design_w_per_k * flow);
    double wet = 0.0, air_degc = air->dry_bulb_degc;
    if (l->adiabatic > 0 && air_degc > l->adiabatic_from_degc) {
        wet = l->adiabatic * clamp((air_degc - l->adiabatic_from_degc) / PAD_STAGES_K, 0.0, 1.0);
        air_degc = dh_pad_air_degc(air, wet);
    }

    double from = l->temp_degc, set = l->set_degc < 1e3 ? l->set_degc : from;
    double most = dh_dry_cooler_w_per_k(&l->cooler, flow, 1.0);
    double still = air_degc - rise_k + in_w / most; /* where full speed would end */
    double to = still + (from - still) * dh_exp(-most * dt_s / l->j_per_k);
    double speed = 1.0, rejected_w;
    if (to < set) {
        double shut = from + in_w * dt_s / l->j_per_k; /* nothing rejected */
        to = fmin(set, shut);
        rejected_w = in_w - l->j_per_k * (to - from) / dt_s;
        double drive_k = 0.5 * (from + to) + rise_k - air_degc;
        speed =
            rejected_w > 0 ? dh_dry_cooler_speed(&l->cooler, flow, rejected_w / drive_k, l->fan_speed) : 0.0;
    } else {
        rejected_w = in_w - l->j_per_k * (to - from) / dt_s;
        p->ledger.n_short += to > set + 0.05;
    }
    if (rejected_w <
        0) { /* air warmer than the water at full speed: fans stop, nothing is gained from outdoors */
        rejected_w = 0.0;
        to = from + in_w * dt_s / l->j_per_k;
        speed = 0.0;
    }
    l->temp_degc = to;
    l->return_degc = to + rise_k;
    l->fan_speed = speed;
    double fan_w = l->fan_w * speed * speed * speed;
    double evaporation = 0.0;
    if (wet > 0) {
        /* Air keeps its wet bulb while it takes up water. */
        double humidity = dh_psy_humidity_from_wet_bulb(air_degc, air->wet_bulb_degc, air->pressure_pa);
        evaporation = l->cooler.air_kg_per_s * speed * fmax(0.0, humidity - air->humidity_kg_per_kg);
    }
    double blowdown = dh_blowdown_kg_per_s(evaporation, 0.0, l->cycles);

    s->lplant_heat_w[i] += share * l->heat_w;
    s->lplant_fan_w[i] += share * fan_w;
    s->lplant_pump_w[i] += share * pump_w;
    s->lplant_rejected_w[i] += share * rejected_w;
    s->lplant_evaporation_kg_per_s[i] += share * evaporation;
    s->lplant_blowdown_kg_per_s[i] += share * blowdown;
    s->lplant_supply_degc[i] = to;
    s->lplant_return_degc[i] = l->return_degc;

    struct dh_plant_ledger *g = &p->ledger;
    dh_sum_add(&g->pump_j, pump_w * dt_s);
    dh_sum_add(&g->cooler_fan_j, fan_w * dt_s);
    dh_sum_add(&g->rejected_j, rejected_w * dt_s);
    dh_sum_add(&g->stored_j, l->j_per_k * (to - from));
    dh_sum_add(&g->evaporation_kg, evaporation * dt_s);
    dh_sum_add(&g->blowdown_kg, blowdown * dt_s);
    dh_sum_add(&g->makeup_kg, (evaporation + blowdown) * dt_s);
    struct dh_loop_ledger *ledger = &p->lplant_ledger[i];
    dh_sum_add(&ledger->in_j, in_w * dt_s);
    dh_sum_add(&ledger->out_j, rejected_w * dt_s);
    ledger->stored_j = l->j_per_k * (to - l->start_degc);
}
