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
            .map = f->site_map[f->hall_site[i]] > 0,
            .supply_degc = spec->supply_degc,
            .held = spec->pressure_held,
            .outdoor_air = spec->outdoor_air,
            .outdoor_partial = spec->outdoor_partial,
            .sensible = spec->sensible,
            .other_heat = spec->other_heat,
            .economizer = {.low_degc = spec->outdoor_low_degc,
                           .high_degc = spec->outdoor_high_degc,
                           .dew_low_degc = spec->dew_low_degc,
                           .dew_high_degc = spec->dew_high_degc,
                           .humidity_low = spec->humidity_low,
                           .humidity_high = spec->humidity_high,
                           .adiabatic = spec->adiabatic,
                           .humidifier = spec->humidifier},
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
        double heat_w = h->capacity_w * (1.0 + h->other_heat) + h->fan_w;
        h->coil_water_w_per_k = heat_w / plant->range_k;
        double in_k = spec->coil_approach_k + h->capacity_w * (1.0 + h->other_heat) /
                                                  h->handler_air_w_per_k; /* return air above water */
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
    double air_w_per_k = h->handler_air_w_per_k * up * flow,
           water_w_per_k = h->coil_water_w_per_k * up * water;
    double c_min = fmin(air_w_per_k, water_w_per_k), c_max = fmax(air_w_per_k, water_w_per_k);
    double ua = h->coil_ua_w_per_k * up;
    if (flow != 1.0) /* equal resistances of air and water side; the air's follows flow^0.8 (FACILITY C6) */
        ua *= 2.0 / (1.0 + dh_exp(-0.8 * dh_log(flow)));
    return c_min * dh_hx_effectiveness(DH_COUNTERFLOW, ua / c_min, c_min / c_max);
}

/* Outdoor air, where the hall takes any and where it may. Dampers shut at once and open again no sooner than
 * this after: an assumption. */
#define DAMPERS_SHUT_S 1200.0

struct outdoor {
    struct dh_air_supply alone; /* supplied without the coil, where open */
    bool partly;                /* taken ahead of the coil */
};

static struct outdoor take_outdoor_air(struct dh_plant_hall *h, const struct dh_outdoor *air, double heat_w,
                                       double handlers, double dt_s) {
    struct outdoor taken = {0};
    if (!h->outdoor_air)
        return taken;
    h->shut_s += dt_s;
    if (handlers > 0 && heat_w > 0) {
        taken.alone = dh_air_economizer_at(&h->economizer, air, heat_w / handlers);
        taken.partly = h->outdoor_partial && !taken.alone.open &&
                       dh_air_economizer_partial(&h->economizer, air, h->return_degc, h->partly);
    }
    h->partly = taken.partly;
    if (!taken.alone.open && !taken.partly)
        h->shut_s = 0.0;
    else if (!h->map && h->shut_s < DAMPERS_SHUT_S)
        taken = (struct outdoor){0};
    return taken;
}

/* Supply air at the temperature that the hall holds, or along slope T + offset where the coil cannot. */
struct supply {
    double held_degc, slope, offset;
    bool holds; /* whatever the coil can: outdoor air */
};

static struct supply coil_supply(const struct dh_plant_hall *h, double up, double flow, double water,
                                 double chilled_degc, double handlers, double passed, double rise_k,
                                 double handler_w) {
    struct supply s = {.held_degc = h->set_degc, .slope = 1.0};
    if (!(handlers > 0))
        return s;
    double past = /* share of return air's excess that passes the coil */
        1.0 - coil_w_per_k(h, up, fmin(1.0, flow / up), water) / handlers;
    double whole = 1.0 - past * (1.0 - passed);
    if (whole > 1e-9) {
        s.slope = past * passed / whole;
        s.offset = (past * passed * rise_k + (1.0 - past) * chilled_degc + handler_w / handlers) / whole;
    }
    return s;
}

/* The same where the coil gets outdoor air, which knows nothing of the hall: held at the warmest that outdoor
 * air is supplied with. */
static struct supply partial_supply(const struct dh_plant_hall *h, double up, double flow, double water,
                                    double chilled_degc, double handlers, double outdoor_degc,
                                    double handler_w) {
    double past = 1.0 - coil_w_per_k(h, up, fmin(1.0, flow / up), water) / handlers;
    return (struct supply){
        .held_degc = fmax(h->set_degc, h->economizer.high_degc),
        .offset = past * outdoor_degc + (1.0 - past) * chilled_degc + handler_w / handlers,
    };
}

/* Hall temperatures at the end of a part of a step; the heat that stays. */
struct change {
    double air_k, mass_k; /* both above the air at the start */
    double stored_j;
};

/* With R the racks' capacity flow, D what is delivered of it, r = 1 - D/R:
 *   C_a dT/dt = D (T_supply - T) + r Q + h (T_mass - T)
 * The coil valve holds T_supply at its set-point as long as the coil can; then T_supply follows the water. */
static struct change mix(const struct dh_plant_hall *h, const struct supply *s, double delivered,
                         double again_w, double heat_w, double dt_s) {
    double from = h->temp_degc, started_k = h->mass_degc - from;
    struct change c = {.mass_k = started_k}, open = {.mass_k = started_k};
    if (h->map && delivered > 0 && s->slope < 1.0) { /* where it comes to rest */
        double held = s->held_degc + again_w / delivered;
        double still = (s->offset + again_w / delivered) / (1.0 - s->slope);
        bool short_of = !s->holds && s->slope * held + s->offset > s->held_degc;
        c.air_k = c.mass_k = (short_of ? still : held) - from;
        return c;
    }
    dh_two_node_after(&h->node, again_w + delivered * (s->held_degc - from), delivered, dt_s, &c.air_k,
                      &c.mass_k);
    if (!s->holds && s->slope * (from + fmax(0.0, c.air_k)) + s->offset > s->held_degc) {
        dh_two_node_after(&h->node, again_w + delivered * (s->offset - (1.0 - s->slope) * from),
                          delivered * (1.0 - s->slope), dt_s, &open.air_k, &open.mass_k);
        if (open.air_k > c.air_k)
            c = open;
    }
    c.stored_j = h->node.air_j_per_k * c.air_k + h->node.mass_j_per_k * (c.mass_k - started_k);
    if (c.stored_j > heat_w * dt_s || delivered <= 0.0) {
        /* The coil is shut, or no air moves: nothing leaves, all heat stays in air and mass. */
        c = (struct change){.mass_k = started_k, .stored_j = heat_w * dt_s};
        dh_two_node_after(&h->node, heat_w, 0.0, dt_s, &c.air_k, &c.mass_k);
    }
    return c;
}

/* Racks draw the air they need; what the handlers do not deliver, the racks take from their own outlets
 * (FACILITY C3). What leaves goes to the coil, or out with the air where the dampers are open. */
void dh_hall_step(struct dh_plant *p, struct dh_state *s, int32_t i, const struct dh_outdoor *air,
                  double dt_s, double share) {
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
    double fan_w = h->fan_w * dh_units_frac(flow, up, h->held);
    double other_w = h->other_heat * h->heat_w, heat_w = h->heat_w + other_w + fan_w;

    /* what of the handlers' air reaches the racks, and the racks' share of their own outlet air */
    double delivered = fmin((1.0 - h->recirculation) * racks, (1.0 - h->bypass) * handlers);
    double again_w = h->heat_w * (1.0 - delivered / racks);
    double rise_k = h->heat_w / racks, passed = handlers > 0 ? delivered / handlers : 0.0;

    struct outdoor taken = take_outdoor_air(h, air, heat_w, handlers, dt_s);
    const struct dh_air_supply outdoor = taken.alone;
    struct supply supply = outdoor.open   ? (struct supply){.held_degc = outdoor.supply_degc, .holds = true}
                           : taken.partly ? partial_supply(h, up, flow, water, plant->temp_degc, handlers,
                                                           air->dry_bulb_degc, fan_w + other_w)
                                          : coil_supply(h, up, flow, water, plant->temp_degc, handlers,
                                                        passed, rise_k, fan_w + other_w);
    struct change c = mix(h, &supply, delivered, again_w, heat_w, dt_s);

    double from = h->temp_degc, to = from + c.air_k;
    double out_w = fmax(0.0, heat_w - c.stored_j / dt_s), outdoor_w = outdoor.open ? out_w : 0.0;
    h->temp_degc = to;
    dh_plant_changed(p, to - from);
    h->mass_degc = from + c.mass_k;
    h->supply_degc = supply.holds   ? supply.held_degc
                     : handlers > 0 ? fmax(supply.held_degc, supply.slope * to + supply.offset)
                                    : to;
    h->return_degc = (1.0 - passed) * h->supply_degc + passed * (to + rise_k);
    if (taken.partly) /* the coil takes what outdoor air and handlers bring above supply; less than none
                         leaves with the air where the outdoors are the warmer ones */
        outdoor_w = out_w - fmax(0.0, handlers * (air->dry_bulb_degc - h->supply_degc) + fan_w + other_w);
    plant->requests += !supply.holds && handlers > 0 &&
                       supply.held_degc - (supply.slope * to + supply.offset) < DH_LITTLE_LEFT_K;
    plant->coil_w += out_w - outdoor_w;
    if (!supply.holds && h->supply_degc > supply.held_degc + 0.05)
        p->ledger.n_short++;
    /* at the inlets, above what air of the set-point makes of it */
    h->above_k = supply.holds ? 0.0 : to - supply.held_degc - (delivered > 0 ? again_w / delivered : 0.0);
    double evaporation = outdoor.open ? dh_air_supply_water_kg_per_s(&outdoor, outdoor_w, heat_w / handlers)
                                      : dh_coil_condensate_kg_per_s(out_w - outdoor_w, h->sensible);

    s->hall_heat_w[i] += share * heat_w;
    s->hall_fan_w[i] += share * fan_w;
    s->hall_outdoor_w[i] += share * outdoor_w;
    s->hall_evaporation_kg_per_s[i] += share * evaporation;
    struct dh_plant_ledger *g = &p->ledger;
    dh_sum_add(&g->other_j, other_w * dt_s);
    dh_sum_add(&g->fan_j, fan_w * dt_s);
    dh_sum_add(&g->rejected_j, outdoor_w * dt_s);
    dh_sum_add(&g->stored_j, c.stored_j);
    dh_sum_add(&g->evaporation_kg, evaporation * dt_s);
    dh_sum_add(&g->makeup_kg, evaporation * dt_s);
    h->outdoor_s += outdoor.open || taken.partly ? dt_s : 0.0;
    struct dh_loop_ledger *l = &p->hall_ledger[i];
    dh_sum_add(&l->in_j, heat_w * dt_s);
    dh_sum_add(&l->out_j, out_w * dt_s);
    dh_sum_add(&l->stored_j, c.stored_j);
}
