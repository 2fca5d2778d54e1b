/* Air of a hall: racks heat it, air handlers move it, coils give its heat to chilled water. */
#include "models/cooling.h"

#include "models/heat_exchanger.h"
#include "models/psychro.h"
#include "sim/math.h"

#include <math.h>

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

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
            .node.air_j_per_k = fmax(f->hall_air_j_per_k[i], 1.0),
            .node.mass_j_per_k = fmax(f->hall_mass_j_per_k[i], 1.0),
            .node.between_w_per_k = fmax(f->hall_mass_w_per_k[i], 1e-3),
            .plant = f->hall_plant[i],
            .supply_degc = spec->supply_degc,
        };
        h->rack_air_w_per_k = h->capacity_w / spec->air_rise_k;
        h->handler_air_w_per_k = h->rack_air_w_per_k * (1.0 - r) / (1.0 - b);
        h->temp_degc = h->mass_degc = spec->supply_degc + r / (1.0 - r) * spec->air_rise_k;
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

/* Largest heat per kelvin between return air and chilled water, valves open: `up` of the air handlers at
 * `flow` of their design air flow each, with `water` of the design water flow. */
static double coil_w_per_k(const struct dh_plant_hall *h, double up, double flow, double water) {
    if (!(up > 0 && flow > 0 && water > 0))
        return 0.0;
    double air_w_per_k = h->handler_air_w_per_k * up * flow, water_w_per_k = h->coil_water_w_per_k * up * water;
    double c_min = fmin(air_w_per_k, water_w_per_k), c_max = fmax(air_w_per_k, water_w_per_k);
    double ua = h->coil_ua_w_per_k * up;
    if (flow != 1.0) /* equal resistances of air and water side; the air's follows flow^0.8 (FACILITY C6) */
        ua *= 2.0 / (1.0 + dh_exp(-0.8 * dh_log(flow)));
    return c_min * dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max);
}

/* Racks draw the air they need; what the handlers do not deliver, the racks take from their own outlets
 * (FACILITY C3). With R the racks' capacity flow, D what is delivered of it, r = 1 - D/R:
 *   C_a dT/dt = D (T_supply - T) + r Q + h (T_mass - T)
 * The coil valve holds T_supply at its set-point as long as the coil can; then T_supply follows the water. */
void dh_hall_step(struct dh_plant *p, struct dh_state *s, int32_t i, double dt_s, double share) {
    struct dh_plant_hall *h = &p->halls[i];
    if (h->plant < 0) {
        s->hall_heat_w[i] += share * h->heat_w;
        dh_sum_add(&p->ledger.left_j, h->heat_w * dt_s);
        return;
    }
    struct dh_plant_cplant *plant = &p->cplants[h->plant];
    double up = dh_plant_up_share(p, DH_UNIT_AIR_HANDLER, i);
    double water = dh_plant_up_share(p, DH_UNIT_CHILLED_PUMP, h->plant);
    double flow = clamp(h->heat_w / h->capacity_w, DH_LOWEST_FLOW, 1.0);
    double racks = h->rack_air_w_per_k * flow, handlers = h->handler_air_w_per_k * fmin(flow, up);
    double fan_w = h->fan_w * dh_units_frac(flow, up, dh_cube);
    double heat_w = h->heat_w + fan_w;

    /* what of the handlers' air reaches the racks, and the racks' share of their own outlet air */
    double delivered = fmin((1.0 - h->recirculation) * racks, (1.0 - h->bypass) * handlers);
    double again_w = h->heat_w * (1.0 - delivered / racks);
    double rise_k = h->heat_w / racks, passed = handlers > 0 ? delivered / handlers : 0.0;

    /* Supply air with the valve open is slope T + offset. */
    double slope = 1.0, offset = 0.0;
    if (handlers > 0) {
        double past = /* share of return air's excess that passes the coil */
            1.0 - coil_w_per_k(h, up, fmin(1.0, flow / up), water) / handlers;
        double whole = 1.0 - past * (1.0 - passed);
        if (whole > 1e-9) {
            slope = past * passed / whole;
            offset = (past * passed * rise_k + (1.0 - past) * plant->temp_degc + fan_w / handlers) / whole;
        }
    }

    double air_k = 0.0, mass_k = h->mass_degc - h->temp_degc, from = h->temp_degc;
    double started_k = mass_k;
    dh_two_node_after(&h->node, again_w + delivered * (h->set_degc - from), delivered, dt_s, &air_k, &mass_k);
    if (slope * (from + fmax(0.0, air_k)) + offset > h->set_degc) {
        double open_k = 0.0, open_mass_k = started_k;
        dh_two_node_after(&h->node, again_w + delivered * (offset - (1.0 - slope) * from),
                          delivered * (1.0 - slope), dt_s, &open_k, &open_mass_k);
        if (open_k > air_k) {
            air_k = open_k;
            mass_k = open_mass_k;
        }
    }
    double stored_j = h->node.air_j_per_k * air_k + h->node.mass_j_per_k * (mass_k - started_k);
    if (stored_j > heat_w * dt_s) {
        /* The coil is shut, or no air moves: nothing leaves, all heat stays in air and mass. */
        air_k = 0.0;
        mass_k = started_k;
        dh_two_node_after(&h->node, heat_w, 0.0, dt_s, &air_k, &mass_k);
        stored_j = heat_w * dt_s;
    }
    double coil_w = heat_w - stored_j / dt_s;
    if (handlers <= 0.0) { /* rounding: without air no heat reaches the coil */
        coil_w = 0.0;
        stored_j = heat_w * dt_s;
    }
    double to = from + air_k;
    h->temp_degc = to;
    dh_plant_changed(p, to - from);
    h->mass_degc = from + mass_k;
    h->supply_degc = handlers > 0 ? fmax(h->set_degc, slope * to + offset) : to;
    h->return_degc = (1.0 - passed) * h->supply_degc + passed * (to + rise_k);
    plant->coil_w += coil_w;
    if (h->supply_degc > h->set_degc + 0.05)
        p->ledger.n_short++;

    s->hall_heat_w[i] += share * heat_w;
    s->hall_fan_w[i] += share * fan_w;
    dh_sum_add(&p->ledger.fan_j, fan_w * dt_s);
    dh_sum_add(&p->ledger.stored_j, stored_j);
    struct dh_loop_ledger *l = &p->hall_ledger[i];
    dh_sum_add(&l->in_j, heat_w * dt_s);
    dh_sum_add(&l->out_j, coil_w * dt_s);
    dh_sum_add(&l->stored_j, stored_j);
}
