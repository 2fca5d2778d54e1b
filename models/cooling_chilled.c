/* Chilled water: halls and CDUs warm it; an economizer and chillers cool it; condenser water takes their heat
 * and work to towers or dry coolers. */
#include "models/cooling.h"

#include "sim/math.h"

#include <math.h>

/* Water in the chilled-water loop, as seconds of design flow: an assumption; pipes and coils, no buffer tank.
 */
#define LOOP_S 120.0
/* Coefficient of performance of machines that are not named: FACILITY C8, below the median of the catalogue.
 */
#define USUAL_COP 6.1
/* Lowest condenser water flow as a share of design: nozzles and tubes need it. An assumption. */
#define LOWEST_CONDENSER_FLOW 0.5
/* Another number of chillers must save this share of the power before it is worth a start. An assumption. */
#define WORTH_A_START 0.02
/* How often the number of chillers is thought over. An assumption. */
#define STAGING_PERIOD_S 300.0

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* FACILITY C10: trim 0.2 K, respond 0.4 K a request, every two minutes; no more than 1.2 K at once (an
 * assumption). */
static struct dh_trim_rule supply_reset(const struct dh_chiller_plant_spec *spec) {
    return (struct dh_trim_rule){
        .low = spec->supply_degc,
        .high = isnan(spec->highest_degc) ? spec->supply_degc : spec->highest_degc,
        .trim = 0.2,
        .respond = -0.4,
        .respond_most = -1.2,
        .period_s = 120,
    };
}

enum dh_err dh_cplants_init(struct dh_plant *p, const struct dh_facility *f, struct dh_diag *diag) {
    for (int32_t i = 0; i < f->n_cplant; i++) {
        const struct dh_chiller_plant_spec *spec = f->cplant_spec[i];
        struct dh_plant_cplant *c = &p->cplants[i];
        const struct dh_chiller_curves *curves =
            f->cplant_curves ? f->cplant_curves[i] : &dh_chiller_centrifugal_vsd;
        double cop = isfinite(spec->cop) ? spec->cop : spec->machine ? curves->cop_ref : USUAL_COP;
        bool machines = spec->chillers > 0;
        double rejected_w = spec->capacity_w * (machines ? 1.0 + 1.0 / cop : 1.0);
        double pump_per_w_per_k =
            spec->pump_head_pa / (DH_WATER_KG_PER_M3 * DH_CP_WATER_J_PER_KG_K * spec->pump_efficiency);
        *c = (struct dh_plant_cplant){
            .set_degc = spec->supply_degc,
            .capacity_w = spec->capacity_w,
            .design_w_per_k = spec->capacity_w / spec->range_k,
            .economizer = spec->economizer || !machines,
            .economizer_k = spec->economizer_k,
            .tower_approach_k = spec->tower_approach_k,
            .tower_min_degc = spec->tower_min_degc,
            .tower_loss = spec->tower_loss,
            .curves = curves,
            .air_cooled = machines && curves->air_cooled,
            .cop = cop,
            .cycles = dh_cycles_allowed(
                &(struct dh_water_quality){spec->makeup_silica,                   spec->makeup_hardness, spec->makeup_chloride},
                &dh_water_limits, spec->cycles),
            .chilled_pump_w = pump_per_w_per_k * spec->capacity_w / spec->range_k,
            .condenser_pump_w = pump_per_w_per_k * rejected_w / spec->tower_range_k,
            .j_per_k = LOOP_S * spec->capacity_w / spec->range_k +
                       spec->buffer_m3 * DH_WATER_KG_PER_M3 * DH_CP_WATER_J_PER_KG_K,
            .machine_w = machines ? spec->capacity_w / (double)spec->chillers : 0.0,
            .machine_condenser_w_per_k =
                machines ? rejected_w / spec->tower_range_k / (double)spec->chillers : 0.0,
            .restart_s = spec->chiller_restart_s,
            .constant_fans = spec->tower_fans == DH_SPEED_CONSTANT,
            .constant_condenser = spec->condenser_pump == DH_SPEED_CONSTANT,
            .least_run_s = spec->chiller_run_s,
            .rule = { .tower_approach_k = spec->tower_approach_k,
                                           .exchanger_approach_k = spec->economizer_k,
                                           .enable_k = spec->economizer_enable_k,
                                           .chiller_on_k = spec->chiller_on_k,
                                           .chiller_off_k = spec->chiller_off_k,
                                           .least_s = spec->mode_least_s},
            .site = f->cplant_site[i],
            .map = f->site_map[f->cplant_site[i]] > 0,
            .temp_degc = spec->supply_degc,
            .return_degc = spec->supply_degc,
            .condenser_degc = spec->tower_min_degc,
            .fan_speed = 0.5,
            .staged_s = -INFINITY,
            .rejection.dry = spec->rejection == DH_REJECTION_DRY,
            .held = spec->pressure_held,
            .tower_reset = spec->tower_reset,
            .reset = supply_reset(spec),
            .trim.value = spec->supply_degc,
            .tank = {                                                         .volume_m3 = spec->tank_m3,
                                           .mixing = spec->tank_mixing,
                                           .cold_m3 = spec->tank_m3,
                                           .cold_degc = spec->supply_degc,
                                           .warm_degc = spec->supply_degc + spec->range_k},
            .tank_m3_per_s = spec->tank_m3 > 0 ? spec->tank_m3 / spec->tank_fill_s : 0.0,
            .tank_least = 1.0,
        };
        if (dh_return_water_init(&c->first, spec->n_heat_reuses > 0 ? spec->heat_reuses : NULL,
                                 spec->n_free_coolers > 0 ? spec->free_coolers : NULL, spec->range_k))
            return dh_fail(
                diag, DH_ERR_RANGE, spec->place,
                "chiller plant %s: no free cooler comes within %g K of the air with a range of %g K",
                spec->id, spec->free_coolers->approach_k, spec->range_k);
        if (c->air_cooled) { /* their condensers stand outdoors: no condenser water to make free cooling with
                              */
            c->economizer = false;
            c->condenser_pump_w = 0.0;
            c->rejection.dry = true;
            continue;
        }
        double fan_w = spec->tower_fan_share * rejected_w;
        if (c->rejection.dry
                ? dh_dry_cooler_size(&c->rejection.cooler, rejected_w, spec->tower_range_k,
                                     spec->tower_approach_k, fan_w)
                : dh_tower_size(&c->rejection.tower, rejected_w, spec->tower_wet_bulb_degc,
                                spec->tower_approach_k, spec->tower_range_k, fan_w, spec->drift) &&
                      spec->tower_model == DH_TOWER_MERKEL)
            return dh_fail(diag, DH_ERR_RANGE, spec->place,
                           "chiller plant %s: no %s comes within %g K of the %s bulb", spec->id,
                           c->rejection.dry ? "dry cooler" : "tower", spec->tower_approach_k,
                           c->rejection.dry ? "dry" : "wet");
        if (!c->rejection.dry &&
            dh_tower_calibrate(&c->rejection.tower, (enum dh_tower_model)spec->tower_model,
                               spec->tower_approach_k, spec->tower_range_k))
            return dh_fail(
                diag, DH_ERR_RANGE, spec->place,
                "chiller plant %s: tower-model has no tower with an approach of %g K and a range of %g K",
                spec->id, spec->tower_approach_k, spec->tower_range_k);
    }
    return DH_OK;
}

/* What of the plant works in this part of a step. */
struct working {
    double chilled_pumps, condenser_pumps, cells; /* shares of those installed */
    int chillers;
};

static struct working what_works(const struct dh_plant *p, int32_t i) {
    return (struct working){
        .chilled_pumps = dh_plant_up_share(p, DH_UNIT_CHILLED_PUMP, i),
        .condenser_pumps = dh_plant_up_share(p, DH_UNIT_CONDENSER_PUMP, i),
        .cells = dh_plant_up_share(p, DH_UNIT_TOWER_CELL, i),
        .chillers = p->cplants[i].starting_s > DH_STARTED_S ? 0 : dh_plant_up(p, DH_UNIT_CHILLER, i),
    };
}

/* What one part of a step has to do, and with what. */
struct task {
    double in_w; /* heat of halls, CDUs and pumps, less what was taken first */
    struct dh_return_taken taken;
    double need_w;         /* to be removed so that the set-point is met at the end */
    double flow_w_per_k;   /* of the chilled water */
    double condenser_flow; /* share of design */
    double condenser_pump_w, dt_s;
    int chillers; /* that may run */
    bool free;    /* may use the economizer */
};

/* How the plant removes heat when the towers give water of one temperature. */
struct split {
    double economizer_w, chiller_heat_w, chiller_w, rejected_w;
    bool clamped;
};

/* Chilled water cools to the condenser water plus the exchanger's approach, at best. Where chillers follow in
 * series the economizer gets water warmed from the present supply; alone, it draws the loop's water there
 * exponentially, and this is the mean over the part of the step. */
static double economizer_most_w(const struct dh_plant_cplant *c, const struct task *t,
                                double condenser_degc) {
    double above_k = c->temp_degc - (condenser_degc + c->economizer_k);
    if (t->chillers > 0)
        return t->in_w + t->flow_w_per_k * above_k;
    return t->in_w + c->j_per_k * above_k * (1.0 - dh_exp(-t->flow_w_per_k * t->dt_s / c->j_per_k)) / t->dt_s;
}

static double evaporator_degc(const struct dh_plant_cplant *c) {
    return fmax(c->temp_degc, c->set_degc);
}

static struct split split_heat(const struct dh_plant_cplant *c, const struct task *t, double condenser_degc) {
    struct split x = {0};
    if (t->free)
        x.economizer_w = clamp(economizer_most_w(c, t, condenser_degc), 0.0, t->need_w);
    double rest_w = t->need_w - x.economizer_w;
    if (rest_w > 0 && t->chillers > 0) {
        struct dh_chiller_work work =
            c->map ? dh_chiller_carry(c->curves, c->machine_w, c->cop, t->chillers, evaporator_degc(c),
                                      condenser_degc, c->machine_condenser_w_per_k, rest_w)
                   : dh_chiller_share(c->curves, c->machine_w, c->cop, t->chillers, evaporator_degc(c),
                                      condenser_degc, c->machine_condenser_w_per_k, rest_w);
        x.chiller_heat_w = work.carried_w;
        x.chiller_w = work.power_w;
        x.clamped = work.clamped;
    }
    x.rejected_w = x.economizer_w + x.chiller_heat_w + x.chiller_w + t->condenser_pump_w;
    return x;
}

/* Free, partly free or mechanical: with hysteresis, each for a least time. At the start, and in a map, the
 * one that comes to rest with the water that towers make of all heat at full speed. */
static void choose_mode(struct dh_plant_cplant *c, const struct task *t,
                        const struct dh_heat_rejection *rejection, const struct dh_outdoor *air, double each,
                        int chillers) {
    if (!c->economizer || chillers < 1) {
        c->mode.mode = c->economizer ? DH_FREE_COOLING : DH_MECHANICAL;
        return;
    }
    double air_degc = dh_heat_rejection_air_degc(rejection, air);
    if (c->map || c->clock_s <= 0) {
        double lowest = fmax(c->tower_min_degc, air_degc + c->tower_approach_k);
        double all_w = t->in_w + t->condenser_pump_w;
        double coldest = dh_heat_rejection_coldest_degc(rejection, air, all_w, each);
        double worth = air_degc + c->tower_approach_k + c->economizer_k + c->rule.enable_k;
        c->mode.mode = fmax(lowest, coldest) + c->economizer_k <= c->set_degc + c->rule.chiller_off_k
                           ? DH_FREE_COOLING
                       : c->set_degc + t->in_w / t->flow_w_per_k > worth ? DH_PARTLY_FREE
                                                                         : DH_MECHANICAL;
        return;
    }
    double behind = c->mode.mode == DH_FREE_COOLING ? c->temp_degc : c->condenser_degc + c->economizer_k;
    dh_mode_next(&c->mode, &c->rule, c->clock_s, c->return_degc, c->set_degc, air_degc, behind);
}

/* How many chillers run: fewest power for the load, thought over now and then, and no change that saves
 * little or comes too soon after the last; more at once where those that run cannot carry the load. */
static int choose_chillers(struct dh_plant_cplant *c, const struct task *t, int most) {
    double rest_w = t->need_w;
    if (t->free)
        rest_w -= clamp(economizer_most_w(c, t, c->condenser_degc), 0.0, t->need_w);
    c->on = c->on > most ? most : c->on;
    if (!(rest_w > 0) || most < 1 || c->map)
        return c->map ? most : c->on > 0 ? c->on : most > 0;
    bool short_of = c->on < 1 || rest_w > c->on_most_w;
    if (!short_of && c->clock_s < c->think_s)
        return c->on;
    c->think_s = c->clock_s + STAGING_PERIOD_S;
    struct dh_chiller_work best = dh_chiller_carry(c->curves, c->machine_w, c->cop, most, evaporator_degc(c),
                                                   c->condenser_degc, c->machine_condenser_w_per_k, rest_w);
    struct dh_chiller_work now = dh_chiller_share(c->curves, c->machine_w, c->cop, c->on, evaporator_degc(c),
                                                  c->condenser_degc, c->machine_condenser_w_per_k, rest_w);
    short_of = c->on < 1 || now.carried_w < best.carried_w * (1 - 1e-9);
    bool may = c->clock_s >= c->staged_s + c->least_run_s;
    if (best.running != c->on && (short_of || (may && best.power_w < (1.0 - WORTH_A_START) * now.power_w))) {
        c->n_stage_change += c->on > 0;
        c->on = best.running;
        c->staged_s = c->clock_s;
    }
    c->on_most_w = best.most_w / most * c->on;
    return c->on;
}

/* Condenser water that the towers are to make: their design approach above the air's wet bulb (or dry bulb),
 * no colder than tower-min, nor colder than what lets the economizer alone hold the set-point, nor than what
 * chillers alone can make use of. So fans slow down in winter and work hardest where the economizer carries a
 * part. */
static double condenser_aim_degc(const struct dh_plant_cplant *c, const struct task *t,
                                 const struct dh_outdoor *air) {
    if (c->constant_fans) /* full speed whatever comes of it: no water is as cold as this */
        return dh_heat_rejection_air_degc(&c->rejection, air);
    double load = c->tower_reset ? (c->coil_w + c->cdu_w) / c->capacity_w : 1.0;
    double aim = dh_condenser_set_degc(dh_heat_rejection_air_degc(&c->rejection, air), c->tower_approach_k,
                                       load, c->tower_min_degc);
    if (!t->free && t->chillers > 0) {
        double rise_k = t->need_w * (1 + 1 / c->cop) / (c->machine_condenser_w_per_k * (double)t->chillers);
        aim = fmax(aim, dh_chiller_coldest_useful_degc(c->curves, evaporator_degc(c), rise_k));
    }
    return c->economizer ? fmax(aim, c->set_degc - c->economizer_k) : aim;
}

/* Machines whose condensers stand outdoors; their fans are part of their power. */
static struct split meet_air(struct dh_plant_cplant *c, const struct task *t, const struct dh_outdoor *air) {
    c->condenser_degc = air->dry_bulb_degc;
    return split_heat(c, t, air->dry_bulb_degc);
}

/* The split and the water at which towers and machines agree. */
static struct split meet_towers(struct dh_plant_cplant *c, const struct task *t,
                                const struct dh_heat_rejection *rejection, const struct dh_outdoor *air,
                                double each, struct dh_tower_point *point) {
    double aim = condenser_aim_degc(c, t, air);
    struct split x = split_heat(c, t, aim);
    double coldest = dh_heat_rejection_coldest_degc(rejection, air, x.rejected_w, each);
    bool short_of_fans = coldest > aim;
    if (short_of_fans) {
        /* Full speed is not enough: warmer water, harder work of the chillers. Secant on water =
         * coldest(water), whose slope against itself is small. */
        double at = aim, miss = coldest - aim, water = fmax(coldest, c->condenser_degc);
        for (int k = 0; k < 30; k++) {
            x = split_heat(c, t, water);
            double new_miss = dh_heat_rejection_coldest_degc(rejection, air, x.rejected_w, each) - water;
            if (fabs(new_miss) < 1e-6)
                break;
            double gain = fabs(water - at) > 1e-9 ? (new_miss - miss) / (water - at) : -1.0;
            at = water;
            miss = new_miss;
            water = fmax(aim, at - miss / (gain < -0.2 ? gain : -1.0));
        }
    }
    *point = dh_heat_rejection_reject(rejection, air, x.rejected_w, each, short_of_fans ? -INFINITY : aim,
                                      short_of_fans ? 1.0 : c->fan_speed);
    c->condenser_degc = point->out_degc;
    c->fan_speed = point->fan_speed;
    return x;
}

/* What the ledger calls it: dry coolers ahead of chillers without an economizer are free cooling too. */
static enum dh_cooling_mode mode_told(const struct dh_plant_cplant *c, const struct task *t,
                                      const struct split *x) {
    if (c->economizer || !(t->taken.dry_w > 0))
        return c->mode.mode;
    return x->chiller_heat_w > 0 ? DH_PARTLY_FREE : DH_FREE_COOLING;
}

static void book(struct dh_plant *p, struct dh_state *s, int32_t i, const struct task *t,
                 const struct split *x, const struct dh_tower_point *tower, double chilled_pump_w,
                 double stored_j, double share) {
    struct dh_plant_cplant *c = &p->cplants[i];
    double free_w = x->economizer_w + t->taken.dry_w, removed_w = free_w + x->chiller_heat_w, dt_s = t->dt_s;
    enum dh_cooling_mode mode = mode_told(c, t, x);
    double blowdown = dh_blowdown_kg_per_s(tower->evaporation_kg_per_s, tower->drift_kg_per_s, c->cycles);
    s->cplant_heat_w[i] += share * (c->coil_w + c->cdu_w);
    s->cplant_chiller_w[i] += share * x->chiller_w;
    s->cplant_pump_w[i] += share * (chilled_pump_w + t->condenser_pump_w);
    s->cplant_fan_w[i] += share * (tower->fan_w + t->taken.fan_w);
    s->cplant_reuse_w[i] += share * t->taken.reuse_w;
    s->cplant_dry_w[i] += share * t->taken.dry_w;
    s->cplant_rejected_w[i] += share * x->rejected_w;
    s->cplant_evaporation_kg_per_s[i] += share * tower->evaporation_kg_per_s;
    s->cplant_drift_kg_per_s[i] += share * tower->drift_kg_per_s;
    s->cplant_blowdown_kg_per_s[i] += share * blowdown;
    s->cplant_free_frac[i] += share * (removed_w > 0 ? free_w / removed_w : 0.0);
    s->cplant_supply_degc[i] = c->temp_degc;
    s->cplant_condenser_degc[i] = c->condenser_degc;
    s->cplant_mode[i] = mode;
    s->cplant_chillers_on[i] = x->chiller_heat_w > 0 ? t->chillers : 0;

    struct dh_plant_ledger *g = &p->ledger;
    dh_sum_add(&g->reused_j, t->taken.reuse_w * dt_s);
    dh_sum_add(&g->dry_j, t->taken.dry_w * dt_s);
    g->mode_s[mode] += dt_s;
    g->n_mode_change += c->mode.n_change - c->n_mode_told;
    g->n_stage_change += c->n_stage_change - c->n_stage_told;
    c->n_mode_told = c->mode.n_change;
    c->n_stage_told = c->n_stage_change;
    dh_sum_add(&g->pump_j, (chilled_pump_w + t->condenser_pump_w) * dt_s);
    dh_sum_add(&g->chiller_j, x->chiller_w * dt_s);
    dh_sum_add(&g->cooler_fan_j, (tower->fan_w + t->taken.fan_w) * dt_s);
    dh_sum_add(&g->rejected_j, x->rejected_w * dt_s);
    dh_sum_add(&g->stored_j, stored_j);
    dh_sum_add(&g->evaporation_kg, tower->evaporation_kg_per_s * dt_s);
    dh_sum_add(&g->drift_kg, tower->drift_kg_per_s * dt_s);
    dh_sum_add(&g->blowdown_kg, blowdown * dt_s);
    dh_sum_add(&g->makeup_kg, (tower->evaporation_kg_per_s + tower->drift_kg_per_s + blowdown) * dt_s);
    dh_sum_add(&g->chiller_clamped_s, x->clamped ? dt_s : 0.0);
    c->above_k = c->temp_degc - c->set_degc - (c->mode.mode == DH_FREE_COOLING ? c->rule.chiller_on_k : 0);
    g->n_short += c->above_k > 0.05;
    struct dh_loop_ledger *l = &p->cplant_ledger[i];
    double in_w = t->in_w + t->taken.reuse_w + t->taken.dry_w;
    dh_sum_add(&l->in_j, (in_w + t->condenser_pump_w + x->chiller_w) * dt_s);
    dh_sum_add(&l->out_j, (x->rejected_w + t->taken.reuse_w) * dt_s);
    dh_sum_add(&l->stored_j, stored_j);
}

#define WATER_J_PER_M3_K (DH_WATER_KG_PER_M3 * DH_CP_WATER_J_PER_KG_K)

/* Heat that the machines are to take from the tank's warm layer besides what the loop needs. */
static double tank_asks_w(const struct dh_plant_cplant *c, double dt_s) {
    double warm_m3 = c->tank.volume_m3 - c->tank.cold_m3, above_k = c->tank.warm_degc - c->set_degc;
    if (c->map || !(warm_m3 > 0) || !(above_k > 0))
        return 0.0;
    return WATER_J_PER_M3_K * above_k * fmin(c->tank_m3_per_s, warm_m3 / dt_s);
}

/* What the tank gives to the loop, or takes (below zero): cold water for as much of the return water as makes
 * up for what the machines left, or warm water of its own back to them. asked_w: of that in need. */
static double tank_gives_w(struct dh_plant_cplant *c, const struct task *t, double removed_w,
                           double asked_w) {
    struct dh_tank *tank = &c->tank;
    if (c->map || !(tank->volume_m3 > 0) || !(t->flow_w_per_k > 0))
        return 0.0;
    double left_w = t->need_w - asked_w - removed_w, flow = 0.0, in_degc = c->return_degc;
    if (left_w > 1e-9 * c->capacity_w && in_degc > tank->cold_degc) {
        flow = fmin(left_w / (in_degc - tank->cold_degc), t->flow_w_per_k) / WATER_J_PER_M3_K;
        flow = fmin(flow, tank->cold_m3 / t->dt_s);
    } else if (left_w < 0 && asked_w > 0) {
        flow = left_w / (WATER_J_PER_M3_K * (tank->warm_degc - c->set_degc));
        in_degc = c->set_degc;
    }
    if (flow == 0.0)
        return 0.0;
    double drawn_degc = dh_tank_step(tank, flow, in_degc, t->dt_s);
    c->tank_least = fmin(c->tank_least, tank->cold_m3 / tank->volume_m3);
    return WATER_J_PER_M3_K * fabs(flow) * (in_degc - drawn_degc);
}

/* Return water -> economizer -> chillers -> supply; their heat and work -> condenser water -> towers. */
void dh_cplant_step(struct dh_plant *p, struct dh_state *s, int32_t i, const struct dh_outdoor *air,
                    double dt_s, double share) {
    struct dh_plant_cplant *c = &p->cplants[i];
    struct working up = what_works(p, i);
    double load_w = c->coil_w + c->cdu_w, load = load_w / c->capacity_w;
    if (c->reset.high > c->reset.low && !c->map) /* respond -0.4: a request more takes back two trims */
        c->set_degc = dh_trim_and_respond(&c->trim, &c->reset, c->clock_s, c->requests);
    /* Without load pumps stand still, and no water drifts: halls on outdoor air. */
    bool loaded = load_w > 0 || c->temp_degc > c->set_degc + 0.05;
    double flow = loaded ? fmin(clamp(load, DH_LOWEST_FLOW, 1.0), up.chilled_pumps) : 0.0;
    double chilled_pump_w = c->chilled_pump_w * dh_units_frac(flow, up.chilled_pumps, c->held);
    struct task t = {
        .in_w = load_w + chilled_pump_w,
        .flow_w_per_k = c->design_w_per_k * flow,
        .dt_s = dt_s,
    };
    double above_j = c->j_per_k * (c->temp_degc - c->set_degc);
    double return_degc = flow > 0 ? c->temp_degc + t.in_w / t.flow_w_per_k : c->temp_degc;
    t.taken = dh_return_water_take(&c->first, air, up.cells, t.flow_w_per_k, return_degc,
                                   fmax(0.0, t.in_w + above_j / dt_s));
    double taken_w = t.taken.reuse_w + t.taken.dry_w;
    t.in_w -= taken_w;
    c->return_degc = flow > 0 ? c->temp_degc + t.in_w / t.flow_w_per_k : c->temp_degc;
    double asked_w = tank_asks_w(c, dt_s);
    t.need_w = fmax(0.0, t.in_w + above_j / dt_s) + asked_w;

    /* Where the return water was cooled enough already, condenser water stands still. */
    bool rests = taken_w > 0 && t.need_w <= 1e-9 * taken_w;
    double condenser_load =
        c->constant_condenser ? 1.0 : clamp((load_w - taken_w) / c->capacity_w, LOWEST_CONDENSER_FLOW, 1.0);
    t.condenser_flow = loaded && !rests ? fmin(condenser_load, up.condenser_pumps) : 0.0;
    t.condenser_pump_w = c->condenser_pump_w * dh_units_frac(t.condenser_flow, up.condenser_pumps, c->held);

    struct split x = {.rejected_w = t.condenser_pump_w}; /* leaves through pipes and basins */
    struct dh_tower_point tower = {0};
    if (flow > 0 && t.condenser_flow > 0 && up.cells > 0) { /* else no heat leaves the chilled water here */
        struct dh_heat_rejection rejection = dh_heat_rejection_part(&c->rejection, up.cells);
        double each = fmin(t.condenser_flow / up.cells, 1.0);
        choose_mode(c, &t, &rejection, air, each, up.chillers);
        t.free = c->mode.mode != DH_MECHANICAL;
        t.chillers = c->mode.mode != DH_FREE_COOLING ? choose_chillers(c, &t, up.chillers) : 0;
        if (t.chillers == 0)
            c->on = 0;
        x = c->air_cooled ? meet_air(c, &t, air) : meet_towers(c, &t, &rejection, air, each, &tower);
        if (!isnan(c->tower_loss) && tower.evaporation_kg_per_s > 0)
            tower.evaporation_kg_per_s = c->tower_loss * x.rejected_w / DH_CP_WATER_J_PER_KG_K;
    }
    x.rejected_w += t.taken.dry_w;

    /* in loop and tank */
    double stored_j = (t.in_w - x.economizer_w - x.chiller_heat_w) * dt_s;
    double tank_w = tank_gives_w(c, &t, x.economizer_w + x.chiller_heat_w, asked_w);
    double from = c->temp_degc, to = from + (stored_j - tank_w * dt_s) / c->j_per_k;
    c->temp_degc = to;
    if (fabs(to - c->set_degc) < 1e-12)
        c->temp_degc = c->set_degc;
    dh_plant_changed(p, to - from);
    c->clock_s += dt_s;
    if (c->starting_s > 0)
        c->starting_s -= dt_s;
    book(p, s, i, &t, &x, &tower, chilled_pump_w, stored_j, share);
}
