/* The power graph in a run: what is put out of service and back, batteries that empty, generators that start,
 * transfer switches that wait, and who has to know. Every deadline is exact: it follows from energies and
 * powers that hold until the next event, and is reckoned again whenever these change. */
#include "models/world.h"
#include "models/breaker.h"
#include "models/power_parts.h"
#include "models/ups.h"

#include <math.h>

dh_uw_ns dh_ups_level(const struct dh_power *p, const struct dh_ups_run *ups, dh_time now) {
    return ups->reserve + dh_meter_energy(&p->stage_stored[ups->stage], now);
}

/* What modules out of service keep to themselves. */
static dh_uw_ns out_of_reach(const struct dh_power *p, const struct dh_ups_run *ups) {
    int32_t all = p->f->stage_units[ups->stage], up = p->stage[ups->stage].n_up;
    return ups->reserve / all * (all - up);
}

/* First nanosecond at which an energy is used up or filled. */
static dh_time until(dh_time now, dh_uw_ns energy, dh_uw power) {
    if (power <= 0)
        return DH_TIME_MAX;
    dh_uw_ns ns = energy <= 0 ? 0 : (energy + power - 1) / power;
    return ns > DH_TIME_MAX - 1 - now ? DH_TIME_MAX : now + (dh_time)ns;
}

/* ---- UPS -------------------------------------------------------------------------------------------------
 */

static void set_battery(struct dh_world *w, struct dh_ups_run *u, bool holds, double charge_w) {
    struct dh_power *p = &w->power;
    const struct dh_stage *at = &p->stage[u->stage];
    struct dh_battery_drain drain = dh_ups_drain(u->battery, at->n_up);
    if (holds != at->battery_holds || dh_uw_from_w(charge_w) != at->charge ||
        drain.knee_w != at->drain.knee_w)
        dh_power_set_battery(p, u->stage, holds, drain, charge_w);
}

/* A transfer from the bypass to the inverter drops the load with the chance that the scenario says. */
static void transfer(struct dh_ups_run *u) {
    u->on_bypass = false;
    u->n_transfer++;
    if (dh_rng_uniform(&u->rng) < u->eco->fails) {
        u->n_failed_transfer++;
        u->gave_up = true;
    }
}

static void step_eco(struct dh_world *w, struct dh_ups_run *u, bool fed) {
    struct dh_power *p = &w->power;
    const struct dh_facility *f = p->f;
    int32_t s = u->stage;
    bool bypass = fed && w->des.now >= dh_time_after(u->fed_since, u->eco->qualify_s);
    if (u->on_bypass == bypass)
        return;
    if (u->on_bypass)
        transfer(u);
    u->on_bypass = bypass;
    struct dh_stage_loss own = {f->stage_loss_fixed_w[s], f->stage_loss_linear[s],
                                f->stage_loss_square_per_w[s]};
    dh_power_set_loss(p, s, bypass ? dh_ups_eco_loss(u->eco, f->stage_unit_w[s], f->stage_units[s]) : own);
}

/* Above the battery's C-rate, or what the inverters carry. */
static bool is_beyond(const struct dh_power *p, const struct dh_ups_run *u) {
    int32_t s = u->stage, n_up = p->stage[s].n_up;
    return -p->stage_stored[s].power > dh_uw_from_w(dh_ups_highest_drain_w(u->battery, n_up)) ||
           p->stage_out[s] > dh_uw_from_w(u->battery->overload * p->f->stage_unit_w[s] * n_up);
}

/* At the load of now, s. */
static double lasts_s(const struct dh_power *p, const struct dh_ups_run *u, dh_time now) {
    double left_j = dh_uw_ns_to_j(dh_ups_level(p, u, now) - out_of_reach(p, u)),
           w = -dh_uw_to_w(p->stage_stored[u->stage].power);
    return w > 0 ? left_j / w : INFINITY;
}

static enum dh_err step_ups(struct dh_world *w, struct dh_ups_run *u) {
    struct dh_power *p = &w->power;
    const struct dh_stage *at = &p->stage[u->stage];
    dh_time now = w->des.now;
    bool fed = at->live && !at->on_battery;
    if (fed && !u->was_fed) {
        u->fed_since = now;
        u->gave_up = false;
    }
    u->was_fed = fed;
    if (u->eco)
        step_eco(w, u, fed);
    if (at->on_battery != u->was_on_battery) {
        u->was_on_battery = at->on_battery;
        u->n_on_battery += at->on_battery;
        if (at->on_battery)
            u->on_since = now;
        else
            u->on_total += now - u->on_since;
        if (at->on_battery || fed) /* else it has dropped its load, which was said when it did */
            DH_TRY(dh_world_incident(w, fed ? DH_INCIDENT_BATTERY_END : DH_INCIDENT_BATTERY_BEGIN, u->stage,
                                     dh_uw_ns_to_j(dh_ups_level(p, u, now))));
        if (at->on_battery)
            dh_world_trip_battery(w, lasts_s(p, u, now));
    }
    if (!u->battery)
        return DH_OK;
    dh_uw_ns level = dh_ups_level(p, u, now);
    bool holds = level > out_of_reach(p, u) && !u->gave_up && (fed || at->on_battery);
    if (holds && at->on_battery && is_beyond(p, u)) {
        u->gave_up = true;
        holds = false;
    }
    if (at->on_battery && !holds) {
        u->n_empty++;
        DH_TRY(dh_world_incident(w, DH_INCIDENT_BATTERY_EMPTY, u->stage, fmax(0, dh_uw_ns_to_j(level))));
    }
    double charge_w =
        fed && level < u->reserve ? u->battery->recharge * p->f->stage_unit_w[u->stage] * at->n_up : 0;
    set_battery(w, u, holds, charge_w);
    return DH_OK;
}

static dh_time next_of_ups(const struct dh_world *w, const struct dh_ups_run *u, bool *watch) {
    const struct dh_power *p = &w->power;
    const struct dh_stage *at = &p->stage[u->stage];
    dh_time now = w->des.now, next = DH_TIME_MAX;
    if (at->on_battery) {
        *watch = true;
        next = until(now, dh_ups_level(p, u, now) - out_of_reach(p, u), -p->stage_stored[u->stage].power);
    } else if (at->live && at->charge > 0) {
        next = until(now, u->reserve - dh_ups_level(p, u, now), at->charge);
    }
    if (u->eco && u->was_fed && !u->on_bypass) {
        dh_time bypass = dh_time_after(u->fed_since, u->eco->qualify_s);
        next = bypass < next ? bypass : next;
    }
    return next;
}

/* ---- breakers --------------------------------------------------------------------------------------------
 */

static void heat_until(struct dh_breaker_run *b, dh_time now) {
    if (now > b->at)
        b->heat = dh_breaker_heat(b->heat, b->share, b->spec->tau_s, dh_time_to_s(now - b->at));
    b->at = now;
}

/* Current of the most loaded phase of one unit, over the rated one. */
static double breaker_share(const struct dh_power *p, const struct dh_breaker_run *b) {
    int32_t s = b->stage, n = p->stage[s].n_up;
    if (n == 0 || !p->stage[s].live)
        return 0;
    return dh_breaker_share(b->spec, p->f->stage_unit_w[s], n, dh_uw_to_w(p->stage_out[s]));
}

static enum dh_err step_breaker(struct dh_world *w, struct dh_breaker_run *b) {
    struct dh_power *p = &w->power;
    dh_time now = w->des.now;
    double share = breaker_share(p, b);
    bool due = b->share > 0 && dh_breaker_trips_in_s(b->heat, b->share, b->spec->tau_s, b->spec->trip) <=
                                   dh_time_to_s(now - b->at);
    if (share != b->share || due) {
        heat_until(b, now);
        b->share = share;
    }
    if (p->stage[b->stage].open) {
        if (now >= b->closes_at)
            dh_power_set_open(p, b->stage, false);
        return DH_OK;
    }
    if (share < b->spec->instant && !due)
        return DH_OK;
    dh_power_set_open(p, b->stage, true);
    b->n_trip++;
    b->closes_at = isnan(b->spec->reset_s) ? DH_TIME_MAX : dh_time_after(now, b->spec->reset_s);
    return dh_world_incident(w, DH_INCIDENT_BREAKER_TRIP, b->stage, share);
}

bool dh_world_close_breaker(struct dh_world *w, int32_t stage) {
    for (int32_t i = 0; i < w->power_run.n_breaker; i++)
        if (w->power_run.breaker[i].stage == stage && w->power.stage[stage].open) {
            dh_power_set_open(&w->power, stage, false);
            return true;
        }
    return false;
}

static dh_time next_of_breaker(const struct dh_world *w, const struct dh_breaker_run *b) {
    if (w->power.stage[b->stage].open)
        return b->closes_at;
    double s = dh_breaker_trips_in_s(b->heat, b->share, b->spec->tau_s, b->spec->trip);
    dh_time at = b->share > 0 && s < 9e9 ? b->at + dh_time_from_s(s) + 1 : DH_TIME_MAX;
    return at > w->des.now ? at : w->des.now + 1;
}

/* ---- all together ----------------------------------------------------------------------------------------
 */

/* Plans the next look: the earliest deadline. A look too many does no harm. */
static enum dh_err plan(struct dh_world *w) {
    struct dh_power_run *run = &w->power_run;
    dh_time next = w->power.look_again_at;
    run->watch = false;
    for (int32_t i = 0; i < run->n_ups; i++) {
        dh_time at = next_of_ups(w, &run->ups[i], &run->watch);
        next = at < next ? at : next;
    }
    for (int32_t i = 0; i < run->n_generator; i++) {
        dh_time at = dh_world_generator_next(w, &run->generator[i], &run->watch);
        next = at < next ? at : next;
    }
    for (int32_t i = 0; i < run->n_breaker; i++) {
        dh_time at = next_of_breaker(w, &run->breaker[i]);
        next = at < next ? at : next;
        run->watch = true;
    }
    if (next == DH_TIME_MAX || (run->planned != DH_TIME_NONE && run->planned <= next))
        return DH_OK;
    run->planned = next;
    return dh_des_schedule(&w->des, next, DH_PHASE_POWER, DH_EVENT_POWER, -1, 0);
}

/* Stages that lost or got power are told before the machines act on it. */
static enum dh_err settle_and_tell(struct dh_world *w) {
    struct dh_power *p = &w->power;
    dh_power_settle(p, w->des.now);
    for (int32_t i = 0; i < p->n_change; i++) {
        int32_t s = p->change[i].row;
        if (p->change[i].what != DH_CHANGED_STAGE || p->stage[s].live == w->power_run.told_live[s])
            continue;
        w->power_run.told_live[s] = p->stage[s].live;
        DH_TRY(dh_world_incident(w, p->stage[s].live ? DH_INCIDENT_STAGE_LIVE : DH_INCIDENT_STAGE_DEAD, s,
                                 p->stage[s].n_up));
    }
    return DH_OK;
}

/* What one machine does may concern another: until nothing moves any more. A machine acts on the graph at
 * most a few times in an instant; the bound is for a fault of ours. */
static enum dh_err step_machines(struct dh_world *w) {
    struct dh_power_run *run = &w->power_run;
    enum { MOST = 64 };
    for (int turn = 0; turn < MOST; turn++) {
        DH_TRY(settle_and_tell(w));
        for (int32_t i = 0; i < run->n_ups; i++)
            DH_TRY(step_ups(w, &run->ups[i]));
        for (int32_t i = 0; i < run->n_generator; i++)
            DH_TRY(dh_world_generator_step(w, &run->generator[i]));
        for (int32_t i = 0; i < run->n_breaker; i++)
            DH_TRY(step_breaker(w, &run->breaker[i]));
        if (!w->power.graph_changed)
            break;
    }
    return settle_and_tell(w);
}

/* What of the plant hangs on each load. */
static const struct plant_of_load {
    enum dh_load_kind load;
    enum dh_plant_unit unit;
} plant_of_load[] = {
    {DH_LOAD_HALL,   DH_UNIT_AIR_HANDLER   },
    {DH_LOAD_CDU,    DH_UNIT_CDU_PUMP      },
    {DH_LOAD_CPLANT, DH_UNIT_CHILLER       },
    {DH_LOAD_CPLANT, DH_UNIT_TOWER_CELL    },
    {DH_LOAD_CPLANT, DH_UNIT_CHILLED_PUMP  },
    {DH_LOAD_CPLANT, DH_UNIT_CONDENSER_PUMP},
    {DH_LOAD_LPLANT, DH_UNIT_COOLER        },
    {DH_LOAD_LPLANT, DH_UNIT_FACILITY_PUMP },
};

static enum dh_err tell_plant(struct dh_world *w, const struct dh_power_change *change) {
    if (change->load != DH_LOAD_HOUSE)
        DH_TRY(dh_world_incident(w, change->live ? DH_INCIDENT_COOLING_LIVE : DH_INCIDENT_COOLING_DEAD,
                                 w->power.first_load[change->load] + change->row, 0));
    for (size_t i = 0; i < sizeof plant_of_load / sizeof *plant_of_load; i++)
        if (plant_of_load[i].load == change->load)
            DH_TRY(dh_world_plant_live(w, plant_of_load[i].unit, change->row, change->live));
    return DH_OK;
}

/* GPUs without power stand still: their nodes are down, and their jobs have lost them. */
static enum dh_err tell_rack(struct dh_world *w, int32_t rack, bool live) {
    DH_TRY(dh_world_plant_rack(w, rack, live));
    dh_power_rack_clock(&w->power, rack, live ? 1 : 0);
    w->now.rack_clock_frac[rack] = live ? 1 : 0;
    w->rack_jobs_changed[rack] = true;
    DH_TRY(dh_world_incident(w, live ? DH_INCIDENT_RACK_LIT : DH_INCIDENT_RACK_DARK, rack, 0));
    return dh_world_rack_down(w, rack, !live);
}

enum dh_err dh_world_power_changed(struct dh_world *w) {
    DH_TRY(step_machines(w));
    for (int32_t i = 0; i < w->power.n_change; i++) {
        const struct dh_power_change *change = &w->power.change[i];
        if (change->what == DH_CHANGED_RACK)
            DH_TRY(tell_rack(w, change->row, change->live));
        else if (change->what == DH_CHANGED_LOAD)
            DH_TRY(tell_plant(w, change));
    }
    if (w->power.n_change > 0) {
        dh_world_plant_power(w);
        dh_power_changes_seen(&w->power);
        DH_TRY(dh_world_rates(w));
        dh_power_settle(&w->power, w->des.now);
    }
    return plan(w);
}

enum dh_err dh_world_set_units(struct dh_world *w, int32_t stage, int32_t n_up) {
    dh_power_set_units(&w->power, stage, n_up);
    return dh_world_power_changed(w);
}

enum dh_err dh_world_on_power(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    if (w->power_run.planned <= des->now)
        w->power_run.planned = DH_TIME_NONE;
    return dh_world_power_changed(w);
}

enum dh_err dh_world_power_watch(void *world) {
    struct dh_world *w = world;
    if (!w->power_run.watch)
        return DH_OK;
    dh_power_settle(&w->power, w->des.now);
    for (int32_t i = 0; i < w->power_run.n_breaker; i++)
        if (breaker_share(&w->power, &w->power_run.breaker[i]) != w->power_run.breaker[i].share)
            return dh_world_power_changed(w);
    for (int32_t i = 0; i < w->power_run.n_generator; i++)
        if (dh_generator_is_overloaded(w, &w->power_run.generator[i]))
            return dh_world_power_changed(w);
    return plan(w);
}

void dh_world_transformers(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    for (int32_t s = 0; s < f->n_stage; s++) {
        const struct dh_transformer_spec *t = f->stage_transformer[s];
        double outdoor_degc = w->now.site_dry_bulb_degc[f->stage_site[s]];
        if (!t || isnan(t->rise_k) || isnan(outdoor_degc))
            continue;
        double share = fabs(dh_uw_to_w(w->power.stage_out[s])) / (f->stage_unit_w[s] * f->stage_units[s]);
        double warmth = dh_transformer_warmth((enum dh_conductor)t->conductor, t->rise_k, t->dc_share, share,
                                              outdoor_degc);
        dh_power_set_loss(&w->power, s,
                          (struct dh_stage_loss){f->stage_loss_fixed_w[s], f->stage_loss_linear[s],
                                                 f->stage_loss_square_per_w[s] * warmth});
    }
}

static enum dh_err allocate(struct dh_world *w) {
    struct dh_power_run *run = &w->power_run;
    const struct dh_facility *f = w->f;
    int32_t n_ups = 0, n_generator = 0, n_breaker = 0;
    for (int32_t s = 0; s < f->n_stage; s++) {
        n_ups += f->stage_ups[s] && f->stage_ups[s]->n_batteries + f->stage_ups[s]->n_eco_modes > 0;
        n_generator += f->stage_generator[s] != NULL;
        n_breaker += f->stage_breaker[s] != NULL;
    }
    run->ups = dh_arena_array(&w->mem, (size_t)n_ups, sizeof *run->ups);
    run->generator = dh_arena_array(&w->mem, (size_t)n_generator, sizeof *run->generator);
    run->breaker = dh_arena_array(&w->mem, (size_t)n_breaker, sizeof *run->breaker);
    run->told_live = dh_arena_array(&w->mem, (size_t)f->n_stage, sizeof *run->told_live);
    return run->ups && run->generator && run->breaker && run->told_live ? DH_OK : DH_ERR_MEMORY;
}

static void start_ups(struct dh_world *w, int32_t s) {
    const struct dh_ups_spec *spec = w->f->stage_ups[s];
    struct dh_ups_run *u = &w->power_run.ups[w->power_run.n_ups++];
    *u =
        (struct dh_ups_run){.stage = s,
                            .battery = spec->n_batteries > 0 ? &spec->batteries[0] : NULL,
                            .eco = spec->n_eco_modes > 0 ? &spec->eco_modes[0] : NULL,
                            .was_fed = true,
                            .rng = dh_rng_stream((uint64_t)w->sc->seed, DH_RNG_UPS, dh_rng_entity(spec->id))};
    if (u->battery)
        u->reserve = (dh_uw_ns)rint(dh_ups_reserve_j(u->battery, w->f->stage_units[s]) * 1e6) * DH_NS_PER_S;
    if (u->eco)
        u->fed_since = -dh_time_from_s(u->eco->qualify_s); /* good for as long as anybody remembers */
}

enum dh_err dh_world_power_start(struct dh_world *w) {
    DH_TRY(allocate(w));
    w->power_run.planned = DH_TIME_NONE;
    for (int32_t s = 0; s < w->f->n_stage; s++) {
        const struct dh_ups_spec *ups = w->f->stage_ups[s];
        w->power_run.told_live[s] = w->power.stage[s].live;
        if (ups && ups->stage_at > 0)
            dh_power_set_staging(&w->power, s, ups->stage_at);
        if (ups && ups->n_batteries + ups->n_eco_modes > 0)
            start_ups(w, s);
        if (w->f->stage_breaker[s])
            w->power_run.breaker[w->power_run.n_breaker++] =
                (struct dh_breaker_run){.stage = s, .spec = w->f->stage_breaker[s]};
        if (w->f->stage_generator[s])
            DH_TRY(dh_world_generator_start(w, s));
    }
    dh_world_transformers(w);
    return dh_world_power_changed(w);
}
