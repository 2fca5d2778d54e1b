#include "models/cooling.h"

#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "sim/math.h"

#include <math.h>

/* Water in the chilled-water loop, as seconds of design flow: an assumption; pipes and coils, no buffer tank.
 */
#define LOOP_S 120.0
/* Lowest condenser water flow as a share of design: nozzles and tubes need it. An assumption. */
#define LOWEST_CONDENSER_FLOW 0.5

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

double dh_pump_frac(double flow) {
    const double constant_head = 0.3;
    return constant_head * flow + (1.0 - constant_head) * flow * flow * flow;
}

double dh_blowdown_kg_per_s(double evaporation_kg_per_s, double drift_kg_per_s, double cycles) {
    double blowdown = evaporation_kg_per_s / (cycles - 1.0) - drift_kg_per_s;
    return blowdown > 0 ? blowdown : 0.0;
}

/* ---- hall
 * -------------------------------------------------------------------------------------------------- */

enum dh_err dh_halls_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    for (int32_t i = 0; i < f->n_hall; i++) {
        const struct dh_hall_spec *spec = f->hall_spec[i];
        struct dh_plant_hall *h = &p->halls[i];
        double r = spec->recirculation, b = spec->bypass;
        *h = (struct dh_plant_hall){
            .set_degc = spec->supply_degc,
            .recirculation = r,
            .bypass = b,
            .rise_k = spec->air_rise_k,
            .capacity_w = f->hall_air_capacity_w[i] > 1.0 ? f->hall_air_capacity_w[i] : 1.0,
            .j_per_k = f->hall_air_j_per_k[i] > 1.0 ? f->hall_air_j_per_k[i] : 1.0,
            .plant = f->hall_plant[i],
            .supply_degc = spec->supply_degc,
        };
        h->rack_air_w_per_k = h->capacity_w / spec->air_rise_k;
        h->handler_air_w_per_k = h->rack_air_w_per_k * (1.0 - r) / (1.0 - b);
        h->temp_degc = h->start_degc = spec->supply_degc + r / (1.0 - r) * spec->air_rise_k;
        h->return_degc = spec->supply_degc + spec->air_rise_k * (1.0 - b) / (1.0 - r);
        if (h->plant < 0)
            continue;
        const struct dh_chiller_plant_spec *plant = f->cplant_spec[h->plant];
        double air_kg_per_m3 = dh_psy_density_kg_per_m3(
            spec->supply_degc, 0.008, dh_psy_pressure_pa(f->site_altitude_m[f->hall_site[i]]));
        double air_m3_per_s = h->handler_air_w_per_k / DH_PSY_CP_AIR_J_PER_KG_K / air_kg_per_m3;
        h->fan_w = air_m3_per_s * spec->fan_pressure_pa / spec->fan_efficiency;
        /* The coil at design: all heat and the fans' own, from return air to water that rises by the plant's
         * range, supply air (behind the fans) coil-approach above the water. */
        double heat_w = h->capacity_w + h->fan_w;
        h->coil_water_w_per_k = heat_w / plant->range_k;
        double in_k =
            spec->coil_approach_k + h->capacity_w / h->handler_air_w_per_k; /* return air above water */
        double c_min = fmin(h->handler_air_w_per_k, h->coil_water_w_per_k);
        double c_max = fmax(h->handler_air_w_per_k, h->coil_water_w_per_k);
        double ntu = dh_hx_ntu(DH_COUNTERFLOW, heat_w / (c_min * in_k), c_min / c_max);
        if (!isfinite(ntu))
            return dh_fail(
                diag, DH_ERR_RANGE, spec->place,
                "hall %s: no coil is large enough: air leaves it %g K above water that warms by %g K",
                spec->id, spec->coil_approach_k, plant->range_k);
        h->coil_ua_w_per_k = ntu * c_min;
    }
    return DH_OK;
}

/* Largest heat per kelvin between return air and chilled water: valve open, air at `flow` of design. */
static double coil_w_per_k(const struct dh_plant_hall *h, double flow) {
    double air = h->handler_air_w_per_k * flow, water = h->coil_water_w_per_k;
    double c_min = fmin(air, water), c_max = fmax(air, water);
    double ua = h->coil_ua_w_per_k;
    if (flow != 1.0) /* equal resistances of air and water side; the air's follows flow^0.8 (FACILITY C6) */
        ua *= 2.0 / (1.0 + dh_exp(-0.8 * dh_log(flow)));
    return c_min * dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max);
}

/* Air of the hall, mixed from supply air and recirculated rack outlet air (FACILITY C3):
 *   C dT/dt = m cp [(1 - r)(T_supply - T) + r dT_rack]
 * The coil valve holds T_supply at its set-point as long as the coil can; then T_supply follows the water. */
void dh_hall_step(struct dh_plant *p, const struct dh_facility *f, struct dh_state *s, int32_t i, double dt_s,
                  double share) {
    struct dh_plant_hall *h = &p->halls[i];
    (void)f;
    if (h->plant < 0) {
        s->hall_heat_w[i] += share * h->heat_w;
        dh_sum_add(&p->ledger.left_j, h->heat_w * dt_s);
        return;
    }
    struct dh_plant_cplant *plant = &p->cplants[h->plant];
    double flow = clamp(h->heat_w / h->capacity_w, DH_LOWEST_FLOW, 1.0);
    double racks = h->rack_air_w_per_k * flow, handlers = h->handler_air_w_per_k * flow;
    double fan_w = h->fan_w * flow * flow * flow;
    double rise_k = h->heat_w / racks, r = h->recirculation, b = h->bypass;
    double heat_w = h->heat_w + fan_w;

    /* Supply air with the valve open is slope T + offset. */
    double pass =
        1.0 - coil_w_per_k(h, flow) / handlers; /* share of return air's excess that passes the coil */
    double whole = 1.0 - pass * b;
    double slope = pass * (1.0 - b) / whole;
    double offset = (pass * (1.0 - b) * rise_k + (1.0 - pass) * plant->temp_degc + fan_w / handlers) / whole;

    double rate = racks * (1.0 - r) / h->j_per_k;
    double from = h->temp_degc;
    double held = h->set_degc + r / (1.0 - r) * rise_k;
    double to = held + (from - held) * dh_exp(-rate * dt_s);
    if (slope * fmax(from, to) + offset > h->set_degc) {
        double open_rate = rate * (1.0 - slope);
        double open = (offset + r / (1.0 - r) * rise_k) / (1.0 - slope);
        double open_to = open + (from - open) * dh_exp(-open_rate * dt_s);
        if (open_to > to)
            to = open_to;
    }
    double warmest = from + heat_w * dt_s / h->j_per_k; /* the coil shut */
    if (to > warmest)
        to = warmest;
    double coil_w = heat_w - h->j_per_k * (to - from) / dt_s;
    if (coil_w < 0) /* rounding of the line above */
        coil_w = 0.0;
    h->temp_degc = to;
    h->supply_degc = fmax(h->set_degc, slope * to + offset);
    h->return_degc = b * h->supply_degc + (1.0 - b) * (to + rise_k);
    plant->coil_w += coil_w;
    if (h->supply_degc > h->set_degc + 0.05)
        p->ledger.n_short++;

    s->hall_heat_w[i] += share * heat_w;
    s->hall_fan_w[i] += share * fan_w;
    dh_sum_add(&p->ledger.fan_j, fan_w * dt_s);
    dh_sum_add(&p->ledger.stored_j, h->j_per_k * (to - from));
    struct dh_loop_ledger *l = &p->hall_ledger[i];
    dh_sum_add(&l->in_j, heat_w * dt_s);
    dh_sum_add(&l->out_j, coil_w * dt_s);
    l->stored_j = h->j_per_k * (to - h->start_degc);
}

/* ---- chilled water
 * ------------------------------------------------------------------------------------------- */

enum dh_err dh_cplants_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    for (int32_t i = 0; i < f->n_cplant; i++) {
        const struct dh_chiller_plant_spec *spec = f->cplant_spec[i];
        struct dh_plant_cplant *c = &p->cplants[i];
        double rejected_w = spec->capacity_w * (1.0 + 1.0 / spec->cop);
        double pump_per_w_per_k =
            spec->pump_head_pa / (DH_WATER_KG_PER_M3 * DH_CP_WATER_J_PER_KG_K * spec->pump_efficiency);
        *c = (struct dh_plant_cplant){
            .set_degc = spec->supply_degc,
            .capacity_w = spec->capacity_w,
            .design_w_per_k = spec->capacity_w / spec->range_k,
            .economizer = spec->economizer,
            .economizer_k = spec->economizer_k,
            .tower_approach_k = spec->tower_approach_k,
            .tower_min_degc = spec->tower_min_degc,
            .cop = spec->cop,
            .cycles = spec->cycles,
            .chilled_pump_w = pump_per_w_per_k * spec->capacity_w / spec->range_k,
            .condenser_pump_w = pump_per_w_per_k * rejected_w / spec->tower_range_k,
            .j_per_k = LOOP_S * spec->capacity_w / spec->range_k,
            .machine_w = spec->capacity_w / (double)spec->chillers,
            .machines = (int)spec->chillers,
            .site = f->cplant_site[i],
            .temp_degc = spec->supply_degc,
            .start_degc = spec->supply_degc,
            .condenser_degc = spec->tower_min_degc,
            .fan_speed = 0.5,
        };
        if (dh_tower_size(&c->tower, rejected_w, spec->tower_wet_bulb_degc, spec->tower_approach_k,
                          spec->tower_range_k, spec->tower_fan_share * rejected_w, spec->drift))
            return dh_fail(diag, DH_ERR_RANGE, spec->place,
                           "chiller plant %s: no tower comes within %g K of the wet bulb", spec->id,
                           spec->tower_approach_k);
    }
    return DH_OK;
}

/* How the plant removes heat when the towers give water of one temperature. */
struct split {
    double economizer_w, chiller_heat_w, chiller_w, rejected_w;
    bool clamped;
};

static struct split split_heat(const struct dh_plant_cplant *c, double need_w, double return_degc,
                               double flow_w_per_k, double condenser_pump_w, double condenser_degc) {
    struct split x = {0};
    if (c->economizer) /* return water cools to the condenser water plus the exchanger's approach, at best */
        x.economizer_w = clamp(flow_w_per_k * (return_degc - c->economizer_k - condenser_degc), 0.0, need_w);
    double rest_w = need_w - x.economizer_w;
    if (rest_w > 0) {
        double cond_w_per_k = c->tower.water_kg_per_s * DH_CP_WATER_J_PER_KG_K / c->machines;
        struct dh_chiller_work work =
            dh_chiller_carry(&dh_chiller_centrifugal_vsd, c->machine_w, c->cop, c->machines,
                             fmax(c->temp_degc, c->set_degc), condenser_degc, cond_w_per_k, rest_w);
        x.chiller_heat_w = work.carried_w;
        x.chiller_w = work.power_w;
        x.clamped = work.clamped;
    }
    x.rejected_w = x.economizer_w + x.chiller_heat_w + x.chiller_w + condenser_pump_w;
    return x;
}

/* Return water -> economizer -> chillers -> supply; their heat and work -> condenser water -> tower.
 *
 * The tower aims at its design approach above the wet bulb, but at no colder water than what lets the
 * economizer take all heat, nor than tower-min. So fans slow down in winter, run hardest where the economizer
 * carries part of the load, and power changes without jumps. */
void dh_cplant_step(struct dh_plant *p, struct dh_state *s, int32_t i, const struct dh_outdoor *air,
                    double dt_s, double share) {
    struct dh_plant_cplant *c = &p->cplants[i];
    double load = c->coil_w / c->capacity_w;
    double flow = clamp(load, DH_LOWEST_FLOW, 1.0), condenser_flow = clamp(load, LOWEST_CONDENSER_FLOW, 1.0);
    double chilled_pump_w = c->chilled_pump_w * dh_pump_frac(flow);
    double condenser_pump_w = c->condenser_pump_w * dh_pump_frac(condenser_flow);
    double in_w = c->coil_w + chilled_pump_w;
    double flow_w_per_k = c->design_w_per_k * flow;
    double return_degc = c->temp_degc + in_w / flow_w_per_k;
    double need_w = in_w + c->j_per_k * (c->temp_degc - c->set_degc) / dt_s;
    need_w = need_w > 0 ? need_w : 0.0;

    double aim = fmax(c->tower_min_degc, air->wet_bulb_degc + c->tower_approach_k);
    if (c->economizer)
        aim = fmax(aim, c->set_degc - c->economizer_k);
    struct split x = split_heat(c, need_w, return_degc, flow_w_per_k, condenser_pump_w, aim);
    double coldest = dh_tower_coldest_degc(&c->tower, air, x.rejected_w, condenser_flow), water = aim;
    if (coldest > aim) {
        /* Full speed is not enough: warmer water, harder work of the chillers. Secant on water =
         * coldest(water), whose slope against itself is small. */
        double at = aim, miss = coldest - aim;
        water = fmax(coldest, c->condenser_degc);
        for (int k = 0; k < 30; k++) {
            x = split_heat(c, need_w, return_degc, flow_w_per_k, condenser_pump_w, water);
            double new_miss = dh_tower_coldest_degc(&c->tower, air, x.rejected_w, condenser_flow) - water;
            if (fabs(new_miss) < 1e-6)
                break;
            double gain = fabs(water - at) > 1e-9 ? (new_miss - miss) / (water - at) : -1.0;
            at = water;
            miss = new_miss;
            water = fmax(aim, at - miss / (gain < -0.2 ? gain : -1.0));
        }
    }
    bool short_of_fans = coldest > aim;
    struct dh_tower_point t =
        dh_tower_reject(&c->tower, air, x.rejected_w, condenser_flow, short_of_fans ? -INFINITY : aim,
                        short_of_fans ? 1.0 : c->fan_speed);
    c->condenser_degc = t.out_degc;
    c->fan_speed = t.fan_speed;

    double removed_w = x.economizer_w + x.chiller_heat_w;
    double from = c->temp_degc, to = from + (in_w - removed_w) * dt_s / c->j_per_k;
    c->temp_degc = fabs(to - c->set_degc) < 1e-12 ? c->set_degc : to;
    to = c->temp_degc;
    double blowdown = dh_blowdown_kg_per_s(t.evaporation_kg_per_s, t.drift_kg_per_s, c->cycles);

    s->cplant_heat_w[i] += share * c->coil_w;
    s->cplant_chiller_w[i] += share * x.chiller_w;
    s->cplant_pump_w[i] += share * (chilled_pump_w + condenser_pump_w);
    s->cplant_fan_w[i] += share * t.fan_w;
    s->cplant_rejected_w[i] += share * x.rejected_w;
    s->cplant_evaporation_kg_per_s[i] += share * t.evaporation_kg_per_s;
    s->cplant_drift_kg_per_s[i] += share * t.drift_kg_per_s;
    s->cplant_blowdown_kg_per_s[i] += share * blowdown;
    s->cplant_free_frac[i] += share * (removed_w > 0 ? x.economizer_w / removed_w : 0.0);
    s->cplant_supply_degc[i] = to;
    s->cplant_condenser_degc[i] = t.out_degc;

    struct dh_plant_ledger *g = &p->ledger;
    dh_sum_add(&g->pump_j, (chilled_pump_w + condenser_pump_w) * dt_s);
    dh_sum_add(&g->chiller_j, x.chiller_w * dt_s);
    dh_sum_add(&g->cooler_fan_j, t.fan_w * dt_s);
    dh_sum_add(&g->rejected_j, x.rejected_w * dt_s);
    dh_sum_add(&g->stored_j, c->j_per_k * (to - from));
    dh_sum_add(&g->evaporation_kg, t.evaporation_kg_per_s * dt_s);
    dh_sum_add(&g->drift_kg, t.drift_kg_per_s * dt_s);
    dh_sum_add(&g->blowdown_kg, blowdown * dt_s);
    dh_sum_add(&g->makeup_kg, (t.evaporation_kg_per_s + t.drift_kg_per_s + blowdown) * dt_s);
    g->n_chiller_clamped += x.clamped;
    g->n_short += to > c->set_degc + 0.05;
    struct dh_loop_ledger *l = &p->cplant_ledger[i];
    dh_sum_add(&l->in_j, (c->coil_w + chilled_pump_w + condenser_pump_w + x.chiller_w) * dt_s);
    dh_sum_add(&l->out_j, x.rejected_w * dt_s);
    l->stored_j = c->j_per_k * (to - c->start_degc);
}
