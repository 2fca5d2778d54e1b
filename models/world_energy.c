/* Sources of the site's own in a run. They follow the load whenever it changes, so that no instant passes in
 * which a battery lets go of what it should hold; once a minute of the clock sun, air, prices and requests of
 * the grid are looked at again, and what is in storage is parcelled out until the next look. */
#include "models/world.h"

#include "models/psychro.h"

#include <math.h>
#include <string.h>

static const int64_t LOOK_S = 60;
static const double J_PER_KWH = 3.6e6;

/* ---- set up ----------------------------------------------------------------------------------------------
 */

static void set_up_solar(struct dh_onsite_run *u, const struct dh_solar_spec *spec) {
    u->unit.kind = DH_ONSITE_SOLAR;
    u->unit.exports = spec->exports;
    u->sun_ends_unix_s = INT64_MIN;
    u->array = (struct dh_pv_array){.dc_w = spec->dc_w,
                                    .ac_w = isnan(spec->ac_w) ? spec->dc_w / 1.2 : spec->ac_w,
                                    .losses = spec->losses,
                                    .inverter = spec->inverter_efficiency,
                                    .per_k = spec->per_k,
                                    .albedo = spec->albedo,
                                    .mount = spec->mount == DH_MOUNT_TRACKED ? DH_PV_TRACKED : DH_PV_FIXED,
                                    .tilt_deg = spec->tilt_deg,
                                    .azimuth_deg = spec->azimuth_deg,
                                    .ground_cover = spec->ground_cover};
}

static void set_up_turbine(struct dh_onsite_run *u, const struct dh_turbine_spec *spec) {
    u->unit = (struct dh_onsite){.kind = DH_ONSITE_TURBINE,
                                 .policy = (enum dh_dispatch_policy)spec->policy,
                                 .lowest_w = spec->minimum * spec->rated_w,
                                 .target_w = spec->target_w,
                                 .high_usd_per_j =
                                     spec->fuel_usd_per_j / spec->efficiency + spec->upkeep_usd_per_j};
    u->turbine = (struct dh_turbine){spec->rated_w, spec->efficiency, spec->part_load, spec->minimum,
                                     spec->derate_per_k};
    u->switched = DH_TIME_NONE;
}

static void set_up_storage(struct dh_onsite_run *u, const struct dh_storage_spec *spec) {
    double first = fmin(fmax(spec->first, spec->lowest), spec->highest);
    u->unit = (struct dh_onsite){
        .kind = DH_ONSITE_STORAGE,
        .policy = (enum dh_dispatch_policy)spec->policy,
        .battery = {.capacity_j = spec->capacity_j,
                    .charge_w = spec->rated_w,
                    .discharge_w = spec->rated_w,
                    .charge_share = spec->charge_share,
                    .discharge_share = spec->discharge_share,
                    .soc_min = spec->lowest,
                    .soc_max = spec->highest,
                    .stored_j = first * spec->capacity_j},
        .target_w = spec->target_w,
        .low_usd_per_j = spec->low_usd_per_j,
        .high_usd_per_j = spec->high_usd_per_j,
        .reserve = fmin(spec->reserve, spec->highest - spec->lowest)
    };
    u->first_j = u->unit.battery.stored_j;
}

static void set_up_units(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    struct dh_world_energy *e = &w->energy;
    for (int32_t i = 0; i < f->n_onsite; i++) {
        int32_t s = f->onsite_site[i], row = f->onsite_row[i];
        const struct dh_power_spec *p = &f->site_spec[s]->powers[0];
        struct dh_onsite_run *u = &e->units[i];
        if (e->sites[s].n++ == 0)
            e->sites[s].first = i;
        if (f->onsite_kind[i] == DH_ONSITE_STORAGE)
            set_up_storage(u, &p->storages[row]);
        else if (f->onsite_kind[i] == DH_ONSITE_TURBINE)
            set_up_turbine(u, &p->turbines[row]);
        else
            set_up_solar(u, &p->solars[row]);
    }
}

static void set_up_signals(struct dh_world *w) {
    for (int32_t s = 0; s < w->f->n_site; s++)
        for (int32_t i = 0; i < w->f->site_spec[s]->powers[0].n_signals; i++) {
            const struct dh_signal_spec *spec = &w->f->site_spec[s]->powers[0].signals[i];
            struct dh_signal_run *signal = &w->energy.signals[w->energy.n_signal++];
            const char *wrong; /* the reader has seen that nothing is */
            *signal = (struct dh_signal_run){.site = s, .spec = spec};
            dh_hours_parse(&signal->hours, spec->months, spec->days, spec->hours, &wrong);
        }
}

/* ---- what was --------------------------------------------------------------------------------------------
 */

/* Energy that came from the sun: on its way through storage it is known by its share of what is stored. */
static void count_green(struct dh_world *w, int32_t s, double dt_s) {
    struct dh_site_energy *site = &w->energy.sites[s];
    double solar_w = 0, charge_w = 0, green_w = 0, stored_j = 0;
    double grid_w = fmax(0, dh_uw_to_w(site->grid)), load_w = dh_uw_to_w(site->grid + site->injected);
    for (int32_t i = site->first; i < site->first + site->n; i++) {
        const struct dh_onsite_run *u = &w->energy.units[i];
        double power_w = dh_uw_to_w(u->power);
        if (u->unit.kind == DH_ONSITE_SOLAR)
            solar_w += power_w;
        if (u->unit.kind != DH_ONSITE_STORAGE)
            continue;
        charge_w += fmax(0, -power_w);
        stored_j += u->unit.battery.stored_j;
    }
    double from_sun_w = fmax(0, fmin(charge_w - grid_w, solar_w)),
           share = charge_w > 0 ? from_sun_w / charge_w : 0;
    double green_share = stored_j > 0 ? site->green_j / stored_j : 0;
    for (int32_t i = site->first; i < site->first + site->n; i++) {
        const struct dh_onsite_run *u = &w->energy.units[i];
        double power_w = dh_uw_to_w(u->power);
        if (u->unit.kind != DH_ONSITE_STORAGE)
            continue;
        double out_j = fmax(0, power_w) / u->unit.battery.discharge_share * dt_s;
        site->green_j +=
            fmax(0, -power_w) * share * u->unit.battery.charge_share * dt_s - out_j * green_share;
        green_w += fmax(0, power_w) * green_share;
    }
    site->green_j = fmax(0, site->green_j);
    dh_sum_add(&site->load_j, load_w * dt_s);
    dh_sum_add(&site->carbon_free_j, fmax(0, fmin(load_w, solar_w - from_sun_w + green_w)) * dt_s);
}

/* Adds up what has held since the last count. */
static void count(struct dh_world *w) {
    struct dh_world_energy *e = &w->energy;
    dh_time passed = w->des.now - e->counted_at;
    double dt_s = dh_time_to_s(passed);
    if (passed <= 0)
        return;
    e->counted_at = w->des.now;
    for (int32_t s = 0; s < w->f->n_site; s++)
        count_green(w, s, dt_s);
    for (int32_t i = 0; i < w->f->n_onsite; i++) {
        struct dh_onsite_run *u = &e->units[i];
        double power_w = dh_uw_to_w(u->power);
        *(u->power > 0 ? &u->given : &u->taken) += (dh_uw_ns)(u->power > 0 ? u->power : -u->power) * passed;
        if (u->unit.kind == DH_ONSITE_STORAGE)
            u->unit.battery.stored_j = dh_battery_after_j(&u->unit.battery, power_w, dt_s);
        else if (u->unit.kind == DH_ONSITE_TURBINE)
            dh_sum_add(&u->fuel_j, dh_turbine_fuel_w(&u->turbine, power_w) * dt_s);
        else
            dh_sum_add(&u->available_j, u->unit.available_w * dt_s);
    }
    for (int32_t i = 0; i < e->n_signal; i++) {
        struct dh_signal_run *signal = &e->signals[i];
        double grid_w = dh_uw_to_w(e->sites[signal->site].grid);
        if (!signal->active)
            continue;
        signal->total += passed;
        dh_sum_add(&signal->above_j, fmax(0, grid_w - signal->spec->limit_w) * dt_s);
        if (!isnan(signal->spec->baseline_w))
            dh_sum_add(&signal->below_j, fmax(0, signal->spec->baseline_w - grid_w) * dt_s);
    }
}

/* ---- what is ---------------------------------------------------------------------------------------------
 */

/* The sun of this hour on a site's panels. */
static void look_at_sun(struct dh_world *w, int32_t i) {
    struct dh_onsite_run *u = &w->energy.units[i];
    int32_t s = w->f->onsite_site[i];
    const struct dh_weather *weather = &w->weather[s];
    const struct dh_solar_spec *spec = &w->f->site_spec[s]->powers[0].solars[w->f->onsite_row[i]];
    int64_t ends_unix_s;
    int32_t hour = dh_weather_hour(weather, w->des.now, &ends_unix_s);
    if (ends_unix_s == u->sun_ends_unix_s)
        return;
    u->sun_ends_unix_s = ends_unix_s;
    double altitude_m = w->f->site_altitude_m[s];
    struct dh_place_on_earth place = {weather->latitude_deg, weather->longitude_deg, altitude_m,
                                      dh_psy_pressure_pa(altitude_m), 10};
    struct dh_sun_direction sun = dh_sun_direction(&place, (double)(ends_unix_s - 1800));
    struct dh_sun light = weather->sun ? weather->sun[hour] : dh_pv_assumed_sun(&sun, spec->clearness);
    u->unit.available_w = dh_pv_power_w(&u->array, &sun, &light, weather->hours[hour].dry_bulb_degc);
}

/* A source follows the grid's voltage: a stage that hangs on a generator or a battery has none, and neither
 * could take what the source gives. */
static bool is_live(const struct dh_world *w, int32_t i) {
    return dh_power_stage_on_grid(&w->power, w->f->onsite_stage[i]);
}

static struct dh_dispatch conditions(const struct dh_world *w, int32_t s) {
    int64_t unix_s = w->f->start_unix_s + w->des.now / DH_NS_PER_S;
    const struct dh_site_energy *site = &w->energy.sites[s];
    return (struct dh_dispatch){
        .load_w = dh_uw_to_w(w->power.site_power[s] + site->injected),
        .limit_w = DH_POWER_TARGET * w->site_limit_w[s],
        .usd_per_j = dh_bill_usd_per_kwh(&w->bill[s], unix_s) / J_PER_KWH,
        .signal = site->signal,
        .hold_s = dh_time_to_s(w->energy.next > w->des.now ? w->energy.next - w->des.now : DH_NS_PER_S)};
}

/* Asks every source of a site for its part and lets the losses between it and the grid follow, until they
 * stand still: a source behind a transformer relieves the transformer too. */
static void dispatch(struct dh_world *w, int32_t s) {
    enum { ROUNDS = 8 };
    struct dh_world_energy *e = &w->energy;
    struct dh_site_energy *site = &e->sites[s];
    for (int round = 0; round < ROUNDS; round++) {
        struct dh_dispatch now = conditions(w, s);
        dh_uw injected = 0;
        struct dh_onsite *answer = e->answer;
        int32_t n = site->n;
        for (int32_t i = 0; i < n; i++) {
            answer[i] = e->units[site->first + i].unit;
            answer[i].live = is_live(w, site->first + i);
        }
        dh_dispatch(&now, answer, n);
        for (int32_t i = 0; i < n; i++) {
            struct dh_onsite_run *u = &e->units[site->first + i];
            int32_t stage = w->f->onsite_stage[site->first + i];
            dh_uw power = dh_uw_from_w(answer[i].power_w);
            u->unit.live = answer[i].live;
            e->stage_w[stage] += power - u->power;
            u->power = power;
            injected += power;
            dh_power_inject(&w->power, stage, dh_uw_to_w(e->stage_w[stage]));
        }
        site->injected = injected;
        dh_power_settle(&w->power, w->des.now);
        double load_w = dh_uw_to_w(w->power.site_power[s] + site->injected);
        if (fabs(load_w - now.load_w) < 1e-3)
            return;
    }
}

void dh_world_energy_follow(struct dh_world *w) {
    struct dh_world_energy *e = &w->energy;
    if (!e->any)
        return;
    count(w);
    for (int32_t s = 0; s < w->f->n_site; s++) {
        struct dh_site_energy *site = &e->sites[s];
        bool changed = w->power.site_power[s] != site->grid;
        for (int32_t i = site->first; i < site->first + site->n; i++)
            changed = changed || w->energy.units[i].unit.live != is_live(w, i);
        if (site->n > 0 && changed)
            dispatch(w, s);
        site->grid = w->power.site_power[s];
    }
}

/* ---- requests of the grid
 * ---------------------------------------------------------------------------------- */

static bool signal_holds(const struct dh_world *w, const struct dh_signal_run *signal, int64_t unix_s) {
    if (signal->spec->start_unix_s != INT64_MIN)
        return unix_s >= signal->spec->start_unix_s &&
               (double)(unix_s - signal->spec->start_unix_s) < signal->spec->duration_s;
    double offset_h = w->bill[signal->site].utc_offset_h;
    struct dh_calendar local = dh_calendar_of(unix_s + (int64_t)rint(offset_h * 3600));
    return dh_hours_hold(&signal->hours, &local);
}

static enum dh_err look_at_signals(struct dh_world *w) {
    struct dh_world_energy *e = &w->energy;
    int64_t unix_s = w->f->start_unix_s + w->des.now / DH_NS_PER_S;
    for (int32_t s = 0; s < w->f->n_site; s++) {
        e->sites[s].signal = false;
        w->site_limit_w[s] = e->start_limit_w[s] = e->sites[s].rated_limit_w;
    }
    for (int32_t i = 0; i < e->n_signal; i++) {
        struct dh_signal_run *signal = &e->signals[i];
        int32_t s = signal->site;
        bool holds = signal_holds(w, signal, unix_s);
        bool known = holds || signal_holds(w, signal, unix_s + (int64_t)signal->spec->notice_s);
        if (holds != signal->active)
            DH_TRY(dh_world_incident(w, holds ? DH_INCIDENT_SIGNAL_BEGIN : DH_INCIDENT_SIGNAL_END, s,
                                     signal->spec->limit_w));
        signal->n_event += holds && !signal->active;
        signal->active = holds;
        e->sites[s].signal = e->sites[s].signal || holds;
        if (holds)
            w->site_limit_w[s] = fmin(w->site_limit_w[s], signal->spec->limit_w);
        if (known)
            e->start_limit_w[s] = fmin(e->start_limit_w[s], signal->spec->limit_w);
    }
    return DH_OK;
}

enum dh_err dh_world_limit_site(struct dh_world *w, int32_t site, double limit_w) {
    w->energy.sites[site].rated_limit_w = limit_w;
    return look_at_signals(w);
}

/* ---- events
 * ------------------------------------------------------------------------------------------------ */

static void look_at_turbine(struct dh_world *w, int32_t i) {
    struct dh_onsite_run *u = &w->energy.units[i];
    int32_t s = w->f->onsite_site[i];
    const struct dh_turbine_spec *spec = &w->f->site_spec[s]->powers[0].turbines[w->f->onsite_row[i]];
    double air_degc = w->weather[s].n_hour > 0 ? dh_weather_at(&w->weather[s], w->des.now).dry_bulb_degc : 15;
    u->unit.available_w = dh_turbine_available_w(&u->turbine, air_degc);
    if (u->switched != DH_TIME_NONE && w->des.now - u->switched < dh_time_from_s(spec->run_s))
        return;
    struct dh_dispatch now = conditions(w, s);
    for (int32_t k = w->energy.sites[s].first; k < i; k++) /* solar and the turbines before it go first */
        now.load_w -= w->energy.units[k].unit.kind == DH_ONSITE_SOLAR ? w->energy.units[k].unit.available_w
                                                                      : dh_uw_to_w(w->energy.units[k].power);
    bool wanted = dh_turbine_wanted(&u->unit, &now);
    if (wanted == u->unit.runs)
        return;
    u->unit.runs = wanted;
    u->switched = w->des.now;
}

static enum dh_err look(struct dh_world *w) {
    struct dh_world_energy *e = &w->energy;
    int64_t unix_s = w->f->start_unix_s + w->des.now / DH_NS_PER_S;
    e->next =
        w->des.now + (LOOK_S - (unix_s % LOOK_S + LOOK_S) % LOOK_S) * DH_NS_PER_S - w->des.now % DH_NS_PER_S;
    dh_power_settle(&w->power, w->des.now);
    count(w);
    DH_TRY(look_at_signals(w));
    for (int32_t i = 0; i < w->f->n_onsite; i++) {
        if (e->units[i].unit.kind == DH_ONSITE_SOLAR)
            look_at_sun(w, i);
        else if (e->units[i].unit.kind == DH_ONSITE_TURBINE)
            look_at_turbine(w, i);
    }
    for (int32_t s = 0; s < w->f->n_site; s++) {
        if (e->sites[s].n > 0)
            dispatch(w, s);
        e->sites[s].grid = w->power.site_power[s];
    }
    DH_TRY(dh_des_schedule(&w->des, e->next, DH_PHASE_ENERGY, DH_EVENT_ENERGY, -1, 0));
    /* A request that is over may let a job start that was held back. */
    return e->n_signal > 0 && w->start_gate.since != DH_TIME_NONE ? dh_world_plan_pass(w) : DH_OK;
}

enum dh_err dh_world_on_energy(struct dh_des *des, void *world, const struct dh_event *ev) {
    (void)des;
    (void)ev;
    return look(world);
}

enum dh_err dh_world_energy_start(struct dh_world *w) {
    struct dh_world_energy *e = &w->energy;
    const struct dh_facility *f = w->f;
    size_t n_signal = 0, n_site = (size_t)f->n_site;
    for (int32_t s = 0; s < f->n_site; s++)
        n_signal += (size_t)f->site_spec[s]->powers[0].n_signals;
    if (!(e->start_limit_w = dh_arena_array(&w->mem, n_site, sizeof *e->start_limit_w)) ||
        !(e->sites = dh_arena_array(&w->mem, n_site, sizeof *e->sites)) ||
        !(e->units = dh_arena_array(&w->mem, (size_t)f->n_onsite, sizeof *e->units)) ||
        !(e->answer = dh_arena_array(&w->mem, (size_t)f->n_onsite, sizeof *e->answer)) ||
        !(e->signals = dh_arena_array(&w->mem, n_signal, sizeof *e->signals)) ||
        !(e->stage_w = dh_arena_array(&w->mem, (size_t)f->n_stage, sizeof *e->stage_w)))
        return DH_ERR_MEMORY;
    for (int32_t s = 0; s < f->n_site; s++)
        e->sites[s].rated_limit_w = e->start_limit_w[s] = w->site_limit_w[s];
    set_up_units(w);
    set_up_signals(w);
    e->any = f->n_onsite + e->n_signal > 0;
    return e->any ? dh_des_schedule(&w->des, 0, DH_PHASE_ENERGY, DH_EVENT_ENERGY, -1, 0) : DH_OK;
}

void dh_world_energy_end(struct dh_world *w) {
    if (!w->energy.any)
        return;
    count(w);
    for (int32_t s = 0; s < w->f->n_site; s++) /* the report speaks of the site's own limit */
        w->site_limit_w[s] = w->energy.sites[s].rated_limit_w;
}

void dh_world_energy_sample(struct dh_world *w, double interval_s) {
    count(w);
    for (int32_t i = 0; i < w->f->n_onsite; i++) {
        struct dh_onsite_run *u = &w->energy.units[i];
        double available_j = dh_sum_value(&u->available_j);
        dh_uw_ns net = u->given - u->taken;
        bool storage = u->unit.kind == DH_ONSITE_STORAGE, solar = u->unit.kind == DH_ONSITE_SOLAR;
        w->out.onsite_power_w[i] =
            interval_s > 0 ? dh_uw_ns_to_j(net - u->mark) / interval_s : dh_uw_to_w(u->power);
        w->out.onsite_available_w[i] = storage ? NAN
                                       : solar && interval_s > 0
                                           ? (available_j - u->available_mark_j) / interval_s
                                           : u->unit.available_w;
        w->out.onsite_stored_frac[i] = storage ? u->unit.battery.stored_j / u->unit.battery.capacity_j : NAN;
        u->mark = net;
        u->available_mark_j = available_j;
    }
}
