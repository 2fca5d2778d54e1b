/* One plant step in the run: mean heat in, cooling solved against the weather, loads and clocks out. */
#include "models/world.h"
#include "models/node_fan.h"

#include <math.h>

/* The hottest GPU of a rack sets how warm its junctions can get. */
static void find_hottest(struct dh_world *w, int32_t r) {
    const struct dh_facility *f = w->f;
    const struct dh_device_spec *device = f->device_spec[f->rack_device[r]];
    const struct dh_chip_place nowhere = {NAN, 0};
    struct dh_rack_work hottest = {.load.clock = 1, .util = 0, .part = 1}; /* idle */
    /* One that heat has switched off waits until it could work. */
    double hottest_w = w->rack_stopped[r] ? device->tdp_w : device->idle_w;
    for (int32_t n = f->rack_first_node[r]; n < f->rack_first_node[r] + f->rack_nodes[r]; n++)
        for (int32_t h = w->power.node_holding[n]; h >= 0; h = w->power.holding[h].next) {
            const struct dh_holding *holding = &w->power.holding[h];
            double part = dh_power_worst_part(&w->power, n);
            double full_w =
                part * dh_chip_run(device, &holding->load, holding->gpu_util, 1, nowhere, 1).power_w;
            if (full_w > hottest_w) {
                hottest_w = full_w;
                hottest = (struct dh_rack_work){holding->load, holding->gpu_util, part};
            }
        }
    dh_rack_heat_work(&w->plant.rack_heat, r, &hottest);
}

/* Mean heat of the step: the energy since its start, or the power where it did not change meanwhile. */
static double mean_heat_w(const struct dh_meter *meter, dh_uw_ns *mark, dh_time from, dh_time now) {
    dh_uw_ns before = *mark;
    *mark = dh_meter_energy(meter, now);
    if (meter->since <= from)
        return dh_uw_to_w(meter->power);
    return dh_uw_ns_to_j(*mark - before) / dh_time_to_s(now - from);
}

static void take_heat(struct dh_world *w) {
    for (int32_t r = 0; r < w->f->n_rack; r++) {
        w->now.rack_heat_w[r] =
            mean_heat_w(&w->power.rack[r], &w->plant_rack_energy[r], w->plant_at, w->des.now);
        if (w->rack_jobs_changed[r]) {
            find_hottest(w, r);
            w->rack_jobs_changed[r] = false;
        }
    }
}

static void look_outside(struct dh_world *w, dh_time at) {
    for (int32_t s = 0; s < w->f->n_site; s++) {
        if (w->weather[s].n_hour == 0)
            continue;
        w->outdoor[s] = dh_weather_at(&w->weather[s], at);
        w->now.site_dry_bulb_degc[s] = w->outdoor[s].dry_bulb_degc;
        w->now.site_wet_bulb_degc[s] = w->outdoor[s].wet_bulb_degc;
        w->max_dry_bulb_degc = fmax(w->max_dry_bulb_degc, w->outdoor[s].dry_bulb_degc);
    }
}

/* What the plant draws, from this step on. What has no power draws none, whatever the step was like. */
static void set_loads(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    struct dh_state *s = &w->now;
    for (int32_t h = 0; h < f->n_hall; h++)
        if (!dh_power_hall_live(&w->power, h))
            s->hall_fan_w[h] = 0;
    for (int32_t c = 0; c < f->n_cdu; c++)
        if (!dh_power_cdu_live(&w->power, c))
            s->cdu_pump_w[c] = 0;
    for (int32_t c = 0; c < f->n_cplant; c++)
        if (!dh_power_cplant_live(&w->power, c))
            s->cplant_chiller_w[c] = s->cplant_pump_w[c] = s->cplant_fan_w[c] = 0;
    for (int32_t l = 0; l < f->n_lplant; l++)
        if (!dh_power_lplant_live(&w->power, l))
            s->lplant_fan_w[l] = s->lplant_pump_w[l] = 0;
    for (int32_t h = 0; h < f->n_hall; h++)
        dh_power_hall_load(&w->power, h, s->hall_fan_w[h]);
    for (int32_t c = 0; c < f->n_cdu; c++)
        dh_power_cdu_load(&w->power, c, s->cdu_pump_w[c]);
    for (int32_t c = 0; c < f->n_cplant; c++)
        dh_power_cplant_load(&w->power, c, s->cplant_chiller_w[c] + s->cplant_pump_w[c] + s->cplant_fan_w[c]);
    for (int32_t l = 0; l < f->n_lplant; l++)
        dh_power_lplant_load(&w->power, l, s->lplant_fan_w[l] + s->lplant_pump_w[l]);
}

/* Leakage follows the inlet or the coolant in steps, so that not every node is reckoned again for a hair: 1 K
 * is 1.25 % of the leakage, 2 % of the resistance as much. */
static const double PLACE_STEP_K = 1.0, PLACE_STEP_SHARE = 0.02;

/* Fans, and where the GPUs sit. */
static void set_surroundings(struct dh_world *w, int32_t r) {
    const struct dh_facility *f = w->f;
    const struct dh_rack_heat *h = &w->plant.rack_heat;
    if (h->fan_speed[r] != w->rack_fan_speed[r]) {
        w->rack_fan_speed[r] = h->fan_speed[r];
        double density = dh_air_density_at(f->site_altitude_m[f->rack_site[r]]);
        dh_power_rack_fan(&w->power, r, dh_node_fan_w(f->rack_fan_max_w[r], h->fan_speed[r], density));
    }
    if (!(f->device_spec[f->rack_device[r]]->leakage_w > 0))
        return;
    struct dh_chip_place is = w->power.rack_place[r];
    double k_per_w = fmin(h->k_per_w[r], 1e3); /* without flow: what matters is that it is hot */
    if (!(fabs(w->now.rack_coolant_degc[r] - is.reference_degc) < PLACE_STEP_K) ||
        !(fabs(k_per_w - is.k_per_w) < PLACE_STEP_SHARE * is.k_per_w)) {
        dh_power_rack_place(&w->power, r, (struct dh_chip_place){w->now.rack_coolant_degc[r], k_per_w});
        dh_world_rack_rates(w, r);
    }
}

/* NAN: none yet. */
static void keep_largest(double *largest, double value) {
    if (!(*largest >= value))
        *largest = value;
}

/* A rack that heat switched off has its nodes down: jobs start again elsewhere, or when it is cool. */
static enum dh_err set_stopped(struct dh_world *w, int32_t r, bool stops) {
    DH_TRY(dh_world_incident(w, stops ? DH_INCIDENT_SHUTDOWN : DH_INCIDENT_RESTORED, r,
                             w->now.rack_junction_degc[r]));
    w->rack_jobs_changed[r] = true;
    w->rack_stopped[r] = stops;
    return dh_world_rack_down(w, r, stops);
}

static enum dh_err set_racks(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    struct dh_state *s = &w->now;
    for (int32_t r = 0; r < f->n_rack; r++) {
        if (!dh_power_rack_live(&w->power, r))
            continue; /* world_power.c has stopped it */
        const struct dh_device_spec *device = f->device_spec[f->rack_device[r]];
        double cap = w->rack_cap_frac[r], thermal = s->rack_thermal_frac[r];
        double clock = thermal < cap ? thermal : cap < 1 ? dh_chip_clock_floor(device, cap) : 1;
        bool stops = clock <= 0;
        if (stops != w->rack_stopped[r])
            DH_TRY(set_stopped(w, r, stops));
        if (clock != w->power.rack_clock[r]) {
            dh_power_rack_clock(&w->power, r, clock);
            dh_world_rack_rates(w, r);
        }
        s->rack_clock_frac[r] = clock;
        set_surroundings(w, r);
        bool hot = thermal < 1;
        if (hot != w->rack_hot[r]) {
            w->rack_hot[r] = hot;
            DH_TRY(dh_world_incident(w, hot ? DH_INCIDENT_THROTTLE_BEGIN : DH_INCIDENT_THROTTLE_END, r,
                                     s->rack_junction_degc[r]));
        }
        keep_largest(&w->max_inlet_degc, s->rack_inlet_degc[r]);
        dh_world_trip_inlet(w, s->rack_inlet_degc[r]);
        if (f->rack_cdu[r] >= 0)
            keep_largest(&w->max_coolant_degc, s->rack_coolant_degc[r]);
        keep_largest(&w->max_junction_degc, s->rack_junction_degc[r]);
    }
    return dh_world_rates(w);
}

/* Busy GPU time of the step below full clock, by cause: heat where it is the lower of the two. */
static void count_clocks(struct dh_world *w, double dt_s) {
    const struct dh_facility *f = w->f;
    double busy = 0, clocked = 0, throttled = 0, capped = 0;
    for (int32_t r = 0; r < f->n_rack; r++) {
        double gpus = f->rack_nodes[r] * f->rack_node_gpus[r] - w->pool.rack_free[r] - w->pool.rack_down[r];
        double clock = w->power.rack_clock[r];
        busy += gpus;
        clocked += gpus * clock;
        if (clock < 1)
            *(w->now.rack_thermal_frac[r] <= clock ? &throttled : &capped) += gpus;
    }
    dh_sum_add(&w->stepped_gpu_s, busy * dt_s);
    dh_sum_add(&w->busy_clock_gpu_s, clocked * dt_s);
    dh_sum_add(&w->throttled_gpu_s, throttled * dt_s);
    dh_sum_add(&w->capped_gpu_s, capped * dt_s);
}

/* Cooling from the last step to this instant. */
static enum dh_err advance(struct dh_world *w) {
    dh_time now = w->des.now;
    double dt_s = dh_time_to_s(now - w->plant_at);
    dh_world_count_draw(w, dt_s);
    dh_world_count_plant(w); /* what was set at the last step held until now */
    count_clocks(w, dt_s);   /* with the clocks that held in the step */
    take_heat(w);
    look_outside(w, now - (now - w->plant_at) / 2);
    DH_TRY(dh_plant_step(&w->plant, w->f, &w->now, w->outdoor, dt_s));
    DH_TRY(dh_world_watch_cooling(w));
    dh_world_count_capacity(w, w->plant_at, now);
    w->plant_at = now;
    set_loads(w);
    dh_world_transformers(w);
    dh_power_settle(&w->power, w->des.now);
    dh_world_energy_follow(w);
    DH_TRY(dh_world_hold_limits(w));
    return set_racks(w);
}

static enum dh_err schedule(struct dh_world *w, dh_time at) {
    return dh_des_schedule_generation(&w->des, at, DH_PHASE_PLANT, DH_EVENT_PLANT, -1, ++w->plant_generation,
                                      0);
}

/* Steps have the scenario's length. After a disturbance they are short at first and grow with the calm; the
 * first one that would be as long as usual ends on the grid of usual steps. */
static dh_time next_step(struct dh_world *w, double last_s) {
    dh_time now = w->des.now, usual = dh_time_from_s(w->sc->horizons[0].step_s);
    if (w->plant_disturbed) {
        dh_time next = dh_time_from_s(dh_plant_next_step_s(&w->plant, w->f, last_s));
        if (next < usual)
            return now + next;
        w->plant_disturbed = false;
    }
    return now - now % usual + usual;
}

enum dh_err dh_world_on_plant(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    if (ev->generation != w->plant_generation)
        return DH_OK; /* a disturbance came in between and planned its own steps */
    double last_s = dh_time_to_s(des->now - w->plant_at);
    DH_TRY(advance(w));
    DH_TRY(schedule(w, next_step(w, last_s)));
    /* Room under the limit may let a job start that was held back. */
    return w->start_gate.since != DH_TIME_NONE ? dh_world_plan_pass(w) : DH_OK;
}

/* Brings the plant to this instant, as it was until now; the next steps are short. */
static enum dh_err disturb(struct dh_world *w) {
    if (w->des.now > w->plant_at)
        DH_TRY(advance(w));
    w->plant_disturbed = true;
    dh_time first = dh_time_from_s(1), usual = dh_time_from_s(w->sc->horizons[0].step_s);
    return schedule(w, w->des.now + (first < usual ? first : usual));
}

/* Without steps the racks' heat had no account yet. */
static enum dh_err begin_steps(struct dh_world *w) {
    dh_world_plant_power(w);
    for (int32_t r = 0; r < w->f->n_rack; r++)
        w->plant_unstepped += w->plant_rack_energy[r] = dh_meter_energy(&w->power.rack[r], w->des.now);
    w->plant_steps = true;
    return DH_OK;
}

enum dh_err dh_world_plant_disturb(struct dh_world *w) {
    if (!w->plant_steps)
        DH_TRY(begin_steps(w));
    return disturb(w);
}

enum dh_err dh_world_plant_units(struct dh_world *w, enum dh_plant_unit unit, int32_t row, int32_t n_up) {
    if (w->plant_steps)
        DH_TRY(disturb(w));
    dh_plant_set_units(&w->plant, unit, row, n_up);
    return DH_OK;
}

enum dh_err dh_world_plant_live(struct dh_world *w, enum dh_plant_unit unit, int32_t row, bool live) {
    if (w->plant.units[unit][row].live == live)
        return DH_OK;
    if (w->plant_steps)
        DH_TRY(disturb(w));
    dh_plant_set_live(&w->plant, unit, row, live);
    return DH_OK;
}

enum dh_err dh_world_plant_rack(struct dh_world *w, int32_t rack, bool live) {
    if (w->plant_steps)
        DH_TRY(disturb(w));
    if (w->f->rack_device[rack] >= 0)
        dh_rack_heat_dark(&w->plant.rack_heat, &w->now, rack, !live);
    return DH_OK;
}

/* Without steps nothing but the pumps of CDUs draws, always the same. */
void dh_world_plant_power(struct dh_world *w) {
    if (!w->plant_steps) {
        dh_world_count_draw(w, dh_time_to_s(w->des.now - w->plant_at));
        dh_world_count_plant(w);
        w->plant_at = w->des.now;
        for (int32_t c = 0; c < w->f->n_cdu; c++)
            w->now.cdu_pump_w[c] = w->f->cdu_spec[c]->pump_w * (double)w->f->cdu_spec[c]->count;
    }
    set_loads(w);
}

enum dh_err dh_world_plant_start(struct dh_world *w, struct dh_diag *diag) {
    const struct dh_facility *f = w->f;
    DH_TRY(dh_plant_init(&w->plant, f, diag));
    dh_plant_start(&w->plant, f, &w->now);
    w->plant_steps = f->n_cplant + f->n_lplant > 0;
    for (int32_t c = 0; c < f->n_cdu; c++) {
        w->now.cdu_pump_w[c] = f->cdu_spec[c]->pump_w * (double)f->cdu_spec[c]->count;
        if (f->cdu_spec[c]->pump_control == DH_PUMP_VARIABLE)
            w->plant_steps = true;
    }
    for (int32_t t = 0; t < f->n_stage; t++)
        if (f->stage_cap[t])
            w->plant_steps = true;
    /* Without a plant temperatures stand still; a site's rating then holds back starts and caps no clock, but
     * a request of the grid comes while jobs run. */
    for (int32_t s = 0; s < f->n_site; s++) {
        if (f->site_spec[s]->powers[0].n_signals > 0)
            w->plant_steps = true;
        w->now.site_cap_frac[s] = 1;
        w->now.site_dry_bulb_degc[s] = w->now.site_wet_bulb_degc[s] = NAN;
    }
    look_outside(w, 0);
    set_loads(w);
    for (int32_t r = 0; r < f->n_rack; r++) {
        w->now.rack_clock_frac[r] = 1;
        w->rack_jobs_changed[r] = true;
        w->rack_fan_speed[r] = NAN;
    }
    if (!w->plant_steps)
        return DH_OK;
    dh_time step = dh_time_from_s(w->sc->horizons[0].step_s);
    return schedule(w, step);
}
