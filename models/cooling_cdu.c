/* Coolant distribution: racks heat the coolant, pumps move it, a plate exchanger gives its heat to facility
 * water. */
#include "models/cooling.h"

#include "models/fluid.h"
#include "models/heat_exchanger.h"
#include "sim/math.h"

#include <math.h>

/* Coolant supplied where the heat leaves the model at the CDU: class W32. An assumption. */
#define UNCOOLED_SUPPLY_DEGC 32.0
/* Coolant between racks and exchanger for each watt of rating, m3, where a CDU names no volume: an NVL72 of
 * 115 kW to liquid holds 60 L (FACILITY B3). */
#define LOOP_M3_PER_W (0.060 / 115e3)

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

enum dh_err dh_cdus_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    (void)diag;
    for (int32_t i = 0; i < f->n_cdu; i++) {
        const struct dh_cdu_spec *spec = f->cdu_spec[i];
        struct dh_plant_cdu *c = &p->cdus[i];
        struct dh_fluid fluid = dh_fluid_of(spec->fluid);
        *c = (struct dh_plant_cdu){
            .set_degc = UNCOOLED_SUPPLY_DEGC,
            .rated_w = f->cdu_rated_w[i] > 1.0 ? f->cdu_rated_w[i] : 1.0,
            .pump_w = spec->pump_w * (double)spec->count,
            .held = spec->pressure_held,
            .plant = f->cdu_plant[i],
            .cplant = f->cdu_cplant[i],
            .map = f->site_map[f->cdu_site[i]] > 0,
            .constant_speed = spec->pump_control == DH_PUMP_CONSTANT || !(f->cdu_rated_w[i] > 1.0),
        };
        double volume_m3 =
            spec->volume_m3 > 0 ? spec->volume_m3 * (double)spec->count : LOOP_M3_PER_W * c->rated_w;
        c->j_per_k = volume_m3 * fluid.kg_per_m3 * fluid.cp_j_per_kg_k;
        c->temp_degc = c->set_degc;
        c->served = 1.0;
        double range_k, approach_k;
        if (c->plant >= 0) {
            range_k = f->lplant_spec[c->plant]->range_k;
            approach_k = f->lplant_spec[c->plant]->cdu_approach_k;
            c->set_degc = f->lplant_spec[c->plant]->supply_degc;
        } else if (c->cplant >= 0) {
            range_k = f->cplant_spec[c->cplant]->range_k;
            approach_k = spec->approach_k;
            c->set_degc = f->cplant_spec[c->cplant]->supply_degc + approach_k;
        } else {
            continue;
        }
        c->temp_degc = c->set_degc;
        /* Equal capacity flows on both sides, counterflow: effectiveness N / (1 + N), so that the approach is
         * range / N and UA = rated / approach. */
        c->exchanger = (struct dh_plate){
            .ua_w_per_k = c->rated_w / approach_k,
            .hot_w_per_k = c->rated_w / range_k,
            .cold_w_per_k = c->rated_w / range_k,
        };
        c->exchanger.fouling_k_per_w = dh_plate_fouling_k_per_w(&c->exchanger, spec->fouling);
    }
    return DH_OK;
}

/* Heat per kelvin between coolant returning and facility water supplied. Flows as shares of design; `up` of
 * the units work. */
static double exchanger_w_per_k(const struct dh_plant_cdu *c, double up, double coolant, double water) {
    return up > 0 ? up * dh_plate_w_per_k(&c->exchanger, coolant / up, water / up) : 0.0;
}

/* The coolant as one mass at supply temperature:
 *   C dT/dt = Q - K (T + Q / (m cp) - T_water), K the exchanger's with its valve open.
 * The valve closes so far that T does not fall below its set-point. Without flow on either side K is 0, and
 * the heat of the racks stays in the coolant. */
void dh_cdu_step(struct dh_plant *p, struct dh_state *s, int32_t i, double dt_s, double share) {
    struct dh_plant_cdu *c = &p->cdus[i];
    double up = dh_plant_up_share(p, DH_UNIT_CDU_PUMP, i);
    double flow = clamp(c->heat_w / c->rated_w, DH_LOWEST_FLOW, 1.0);
    double coolant = fmin(c->constant_speed ? 1.0 : flow, up);
    c->served = coolant < flow ? coolant / flow : 1.0;
    double pump_w = c->pump_w * dh_units_frac(coolant, up, c->held);
    double in_w = c->heat_w + pump_w;
    s->cdu_heat_w[i] += share * c->heat_w;
    s->cdu_pump_w[i] += share * pump_w;
    dh_sum_add(&p->ledger.pump_j, pump_w * dt_s);
    if (c->plant < 0 && c->cplant < 0) {
        dh_sum_add(&p->ledger.left_j, in_w * dt_s);
        return;
    }
    struct dh_plant_lplant *l = c->plant >= 0 ? &p->lplants[c->plant] : NULL;
    double pumps = l ? dh_plant_up_share(p, DH_UNIT_FACILITY_PUMP, c->plant)
                     : dh_plant_up_share(p, DH_UNIT_CHILLED_PUMP, c->cplant);
    double water_degc = l ? l->temp_degc : p->cplants[c->cplant].temp_degc;
    double water = fmin(flow, pumps);
    double open_w_per_k = exchanger_w_per_k(c, up, coolant, water);

    double stored_j = in_w * dt_s, out_w = 0.0;
    double from = c->temp_degc, to = from + stored_j / c->j_per_k; /* nothing leaves */
    if (open_w_per_k > 0) {
        double above_k =
            in_w / open_w_per_k - in_w / (c->exchanger.hot_w_per_k * coolant); /* steady, valve open */
        double end = water_degc + above_k;
        double left = c->map ? 0.0 : dh_exp(-open_w_per_k * dt_s / c->j_per_k);
        double open = end + (from - end) * left;
        double aim = fmax(open, c->set_degc);
        if (!l)
            p->cplants[c->cplant].requests += c->set_degc - open < DH_LITTLE_LEFT_K;
        if (c->map || aim < to) {
            to = aim;
            stored_j = c->map ? 0.0 : c->j_per_k * (to - from);
            out_w = in_w - stored_j / dt_s;
        }
        if (l)
            l->set_degc = fmin(l->set_degc, c->set_degc - above_k);
    }
    c->temp_degc = to;
    c->above_k = to - c->set_degc;
    dh_plant_changed(p, to - from);
    if (l) {
        l->heat_w += out_w;
        l->cdu_w += c->heat_w;
    } else {
        p->cplants[c->cplant].cdu_w += out_w;
    }
    dh_sum_add(&p->ledger.stored_j, stored_j);
    struct dh_loop_ledger *ledger = &p->cdu_ledger[i];
    dh_sum_add(&ledger->in_j, in_w * dt_s);
    dh_sum_add(&ledger->out_j, out_w * dt_s);
    dh_sum_add(&ledger->stored_j, stored_j);
}
