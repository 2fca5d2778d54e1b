#include "models/cooling.h"

#include <math.h>

/* Water in the chilled-water loop, as seconds of design flow: an assumption; pipes and coils, no buffer tank.
 */
#define LOOP_S 120.0
/* Coefficient of performance of machines that are not named: FACILITY C8, below the median of the catalogue.
 */
#define USUAL_COP 6.1
/* Lowest condenser water flow as a share of design: nozzles and tubes need it. An assumption. */
#define LOWEST_CONDENSER_FLOW 0.5

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

enum dh_err dh_cplants_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    for (int32_t i = 0; i < f->n_cplant; i++) {
        const struct dh_chiller_plant_spec *spec = f->cplant_spec[i];
        struct dh_plant_cplant *c = &p->cplants[i];
        const struct dh_chiller_curves *curves =
            f->cplant_curves ? f->cplant_curves[i] : &dh_chiller_centrifugal_vsd;
        double cop = isfinite(spec->cop) ? spec->cop : spec->machine ? curves->cop_ref : USUAL_COP;
        double rejected_w = spec->capacity_w * (1.0 + 1.0 / cop);
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
            .curves = curves,
            .cop = cop,
            .cycles = spec->cycles,
            .chilled_pump_w = pump_per_w_per_k * spec->capacity_w / spec->range_k,
            .condenser_pump_w = pump_per_w_per_k * rejected_w / spec->tower_range_k,
            .j_per_k = LOOP_S * spec->capacity_w / spec->range_k,
            .machine_w = spec->capacity_w / (double)spec->chillers,
            .machines = (int)spec->chillers,
            .restart_s = spec->chiller_restart_s,
            .site = f->cplant_site[i],
            .temp_degc = spec->supply_degc,
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

/* What of the plant works in this part of a step. */
struct working {
    double chilled_pumps, condenser_pumps, cells; /* shares of those installed */
    int chillers;
};

static struct working what_works(const struct dh_plant *p, int32_t i) {
    struct working up = {
        .chilled_pumps = dh_plant_up_share(p, DH_UNIT_CHILLED_PUMP, i),
        .condenser_pumps = dh_plant_up_share(p, DH_UNIT_CONDENSER_PUMP, i),
        .cells = dh_plant_up_share(p, DH_UNIT_TOWER_CELL, i),
        .chillers = p->cplants[i].starting_s > DH_STARTED_S ? 0 : dh_plant_up(p, DH_UNIT_CHILLER, i),
    };
    return up;
}

/* The cells that work, as one tower. */
static struct dh_tower tower_of(const struct dh_plant_cplant *c, double cells) {
    struct dh_tower tower = c->tower;
    tower.ua0_w_per_k *= cells;
    tower.air_m3_per_s *= cells;
    tower.water_kg_per_s *= cells;
    tower.fan_w *= cells;
    return tower;
}

/* How the plant removes heat when the towers give water of one temperature. */
struct split {
    double economizer_w, chiller_heat_w, chiller_w, rejected_w;
    bool clamped;
};

static struct split split_heat(const struct dh_plant_cplant *c, int chillers, double need_w,
                               double return_degc, double flow_w_per_k, double condenser_pump_w,
                               double condenser_degc) {
    struct split x = {0};
    if (c->economizer) /* return water cools to the condenser water plus the exchanger's approach, at best */
        x.economizer_w = clamp(flow_w_per_k * (return_degc - c->economizer_k - condenser_degc), 0.0, need_w);
    double rest_w = need_w - x.economizer_w;
    if (rest_w > 0 && chillers > 0) {
        double cond_w_per_k = c->tower.water_kg_per_s * DH_CP_WATER_J_PER_KG_K / c->machines;
        struct dh_chiller_work work =
            dh_chiller_carry(c->curves, c->machine_w, c->cop, chillers, fmax(c->temp_degc, c->set_degc),
                             condenser_degc, cond_w_per_k, rest_w);
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
    struct working up = what_works(p, i);
    if (c->starting_s > 0)
        c->starting_s -= dt_s;
    double load = c->coil_w / c->capacity_w;
    double flow = fmin(clamp(load, DH_LOWEST_FLOW, 1.0), up.chilled_pumps);
    double condenser_flow = fmin(clamp(load, LOWEST_CONDENSER_FLOW, 1.0), up.condenser_pumps);
    double chilled_pump_w = c->chilled_pump_w * dh_units_frac(flow, up.chilled_pumps, dh_pump_frac);
    double condenser_pump_w =
        c->condenser_pump_w * dh_units_frac(condenser_flow, up.condenser_pumps, dh_pump_frac);
    double in_w = c->coil_w + chilled_pump_w;
    double flow_w_per_k = c->design_w_per_k * flow;
    double return_degc = flow > 0 ? c->temp_degc + in_w / flow_w_per_k : c->temp_degc;
    double need_w = in_w + c->j_per_k * (c->temp_degc - c->set_degc) / dt_s;
    bool flows = flow > 0 && condenser_flow > 0 && up.cells > 0; /* else no heat leaves the chilled water */
    need_w = need_w > 0 && flows ? need_w : 0.0;

    double aim = fmax(c->tower_min_degc, air->wet_bulb_degc + c->tower_approach_k);
    if (c->economizer)
        aim = fmax(aim, c->set_degc - c->economizer_k);
    struct split x = split_heat(c, up.chillers, need_w, return_degc, flow_w_per_k, condenser_pump_w, aim);
    struct dh_tower_point t = {.out_degc = c->condenser_degc, .fan_speed = c->fan_speed};
    if (flows) {
        struct dh_tower tower = tower_of(c, up.cells);
        double each = fmin(condenser_flow / up.cells, 1.0);
        double coldest = dh_tower_coldest_degc(&tower, air, x.rejected_w, each), water = aim;
        bool short_of_fans = coldest > aim;
        if (short_of_fans) {
            /* Full speed is not enough: warmer water, harder work of the chillers. Secant on water =
             * coldest(water), whose slope against itself is small. */
            double at = aim, miss = coldest - aim;
            water = fmax(coldest, c->condenser_degc);
            for (int k = 0; k < 30; k++) {
                x = split_heat(c, up.chillers, need_w, return_degc, flow_w_per_k, condenser_pump_w, water);
                double new_miss = dh_tower_coldest_degc(&tower, air, x.rejected_w, each) - water;
                if (fabs(new_miss) < 1e-6)
                    break;
                double gain = fabs(water - at) > 1e-9 ? (new_miss - miss) / (water - at) : -1.0;
                at = water;
                miss = new_miss;
                water = fmax(aim, at - miss / (gain < -0.2 ? gain : -1.0));
            }
        }
        t = dh_tower_reject(&tower, air, x.rejected_w, each, short_of_fans ? -INFINITY : aim,
                            short_of_fans ? 1.0 : c->fan_speed);
        c->condenser_degc = t.out_degc;
        c->fan_speed = t.fan_speed;
    } else {
        x = (struct split){.rejected_w = condenser_pump_w}; /* their heat leaves through pipes and basins */
    }

    double removed_w = x.economizer_w + x.chiller_heat_w;
    double stored_j = (in_w - removed_w) * dt_s, from = c->temp_degc, to = from + stored_j / c->j_per_k;
    c->temp_degc = fabs(to - c->set_degc) < 1e-12 ? c->set_degc : to;
    to = c->temp_degc;
    dh_plant_changed(p, to - from);
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
    dh_sum_add(&g->stored_j, stored_j);
    dh_sum_add(&g->evaporation_kg, t.evaporation_kg_per_s * dt_s);
    dh_sum_add(&g->drift_kg, t.drift_kg_per_s * dt_s);
    dh_sum_add(&g->blowdown_kg, blowdown * dt_s);
    dh_sum_add(&g->makeup_kg, (t.evaporation_kg_per_s + t.drift_kg_per_s + blowdown) * dt_s);
    g->n_chiller_clamped += x.clamped;
    g->n_short += to > c->set_degc + 0.05;
    struct dh_loop_ledger *l = &p->cplant_ledger[i];
    dh_sum_add(&l->in_j, (c->coil_w + chilled_pump_w + condenser_pump_w + x.chiller_w) * dt_s);
    dh_sum_add(&l->out_j, x.rejected_w * dt_s);
    dh_sum_add(&l->stored_j, stored_j);
}
