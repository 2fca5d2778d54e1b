#include "models/cooling.h"

#include "models/fluid.h"
#include "models/psychro.h"
#include "sim/math.h"

#include <math.h>

/* Pads are wetted in stages over this many kelvin above adiabatic-from. An assumption. */
#define PAD_STAGES_K 2.0

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

enum dh_err dh_lplants_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    for (int32_t i = 0; i < f->n_lplant; i++) {
        const struct dh_liquid_plant_spec *spec = f->lplant_spec[i];
        struct dh_plant_lplant *l = &p->lplants[i];
        struct dh_fluid fluid = dh_fluid_of(spec->fluid);
        *l = (struct dh_plant_lplant){
            .capacity_w = spec->capacity_w,
            .design_w_per_k = spec->capacity_w / spec->range_k,
            .j_per_k = spec->volume_m3 * fluid.kg_per_m3 * fluid.cp_j_per_kg_k,
            .pump_w = spec->pump_share * spec->capacity_w,
            .held = spec->pressure_held,
            .fan_w = spec->fan_share * spec->capacity_w,
            .adiabatic = spec->adiabatic,
            .adiabatic_from_degc = spec->adiabatic_from_degc,
            .cycles = spec->cycles,
            .reuse = spec->n_heat_reuses > 0 ? spec->heat_reuses : NULL,
            .site = f->lplant_site[i],
            .temp_degc = spec->supply_degc - spec->cdu_approach_k,
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
 *   C dT/dt = Q - K (T + Q / (m cp) - T_air), K the coolers' conductance at their fan speed.
 * Fans hold the temperature that the CDUs need; where full speed is not enough, it rises. Without pumps the
 * water stands still and keeps its temperature. */
void dh_lplant_step(struct dh_plant *p, struct dh_state *s, int32_t i, const struct dh_outdoor *air,
                    double dt_s, double share) {
    struct dh_plant_lplant *l = &p->lplants[i];
    double pumps = dh_plant_up_share(p, DH_UNIT_FACILITY_PUMP, i);
    double coolers = dh_plant_up_share(p, DH_UNIT_COOLER, i);
    double flow = fmin(clamp(l->cdu_w / l->capacity_w, DH_LOWEST_FLOW, 1.0), pumps);
    double pump_w = l->pump_w * dh_units_frac(flow, pumps, l->held);
    double all_w = l->heat_w + pump_w, flow_w_per_k = l->design_w_per_k * flow;
    double warm_k = flow > 0 ? all_w / flow_w_per_k : 0.0;
    double reuse_w =
        flow > 0 ? dh_heat_reuse_w(l->reuse, air->dry_bulb_degc, l->temp_degc + warm_k, flow_w_per_k, all_w)
                 : 0.0;
    double in_w = all_w - reuse_w; /* that is left for the coolers */
    double rise_k = flow > 0 ? in_w / flow_w_per_k : 0.0;
    double wet = 0.0, air_degc = air->dry_bulb_degc;
    if (l->adiabatic > 0 && air_degc > l->adiabatic_from_degc) {
        wet = l->adiabatic * clamp((air_degc - l->adiabatic_from_degc) / PAD_STAGES_K, 0.0, 1.0);
        air_degc = dh_pad_air_degc(air, wet);
    }

    /* Water flows through the coolers that work, through each at most its design flow. */
    double each = coolers > 0 ? fmin(flow / coolers, 1.0) : 0.0;
    double from = l->temp_degc, set = l->set_degc < 1e3 ? l->set_degc : from;
    double stored_j = in_w * dt_s, to = from + stored_j / l->j_per_k; /* nothing rejected */
    double speed = 0.0, rejected_w = 0.0;
    double most = each > 0 ? coolers * dh_dry_cooler_w_per_k(&l->cooler, each, 1.0) : 0.0;
    if (most > 0) {
        double still = air_degc - rise_k + in_w / most; /* where full speed would end */
        double coldest = still + (from - still) * dh_exp(-most * dt_s / l->j_per_k);
        double aim = fmax(coldest, set);
        if (aim < to) { /* else fans stop: also where the air is warmer than the water */
            to = aim;
            stored_j = l->j_per_k * (to - from);
            rejected_w = in_w - stored_j / dt_s;
            double drive_k = 0.5 * (from + to) + rise_k - air_degc;
            speed = coldest < to ? dh_dry_cooler_speed(&l->cooler, each, rejected_w / (coolers * drive_k),
                                                       l->fan_speed)
                                 : 1.0;
        }
    }
    p->ledger.n_short += to > set + 0.05;
    l->above_k = most > 0 && speed < 1.0 ? 0.0 : to - set;
    l->temp_degc = to;
    dh_plant_changed(p, to - from);
    l->return_degc = to + warm_k;
    l->fan_speed = speed;
    double fan_w = l->fan_w * coolers * dh_cube(speed);
    double evaporation = 0.0;
    if (wet > 0) {
        /* Air keeps its wet bulb while it takes up water. */
        double humidity = dh_psy_humidity_from_wet_bulb(air_degc, air->wet_bulb_degc, air->pressure_pa);
        evaporation =
            l->cooler.air_kg_per_s * coolers * speed * fmax(0.0, humidity - air->humidity_kg_per_kg);
    }
    double blowdown = dh_blowdown_kg_per_s(evaporation, 0.0, l->cycles);

    s->lplant_heat_w[i] += share * l->heat_w;
    s->lplant_fan_w[i] += share * fan_w;
    s->lplant_pump_w[i] += share * pump_w;
    s->lplant_reuse_w[i] += share * reuse_w;
    s->lplant_rejected_w[i] += share * rejected_w;
    s->lplant_evaporation_kg_per_s[i] += share * evaporation;
    s->lplant_blowdown_kg_per_s[i] += share * blowdown;
    s->lplant_supply_degc[i] = to;
    s->lplant_return_degc[i] = l->return_degc;

    struct dh_plant_ledger *g = &p->ledger;
    dh_sum_add(&g->pump_j, pump_w * dt_s);
    dh_sum_add(&g->cooler_fan_j, fan_w * dt_s);
    dh_sum_add(&g->rejected_j, rejected_w * dt_s);
    dh_sum_add(&g->reused_j, reuse_w * dt_s);
    dh_sum_add(&g->stored_j, stored_j);
    dh_sum_add(&g->evaporation_kg, evaporation * dt_s);
    dh_sum_add(&g->blowdown_kg, blowdown * dt_s);
    dh_sum_add(&g->makeup_kg, (evaporation + blowdown) * dt_s);
    struct dh_loop_ledger *ledger = &p->lplant_ledger[i];
    dh_sum_add(&ledger->in_j, all_w * dt_s);
    dh_sum_add(&ledger->out_j, (rejected_w + reuse_w) * dt_s);
    dh_sum_add(&ledger->stored_j, stored_j);
}
