/* Standby generators in a run: they start when somebody wants them, each set by itself and in several
 * attempts; the bus takes load when enough of them run; they cool down, fail, stall under too much load, and
 * run dry. */
#include "models/world.h"
#include "models/power_parts.h"

#include <math.h>

double dh_generator_fuel_j(const struct dh_power *p, const struct dh_generator_run *g, dh_time now) {
    double set_s = ((double)g->set_ns + (double)(now - g->counted_at) * g->n_running) * 1e-9;
    double out_j = dh_uw_ns_to_j(dh_meter_energy(&p->stage_in[g->stage], now));
    double unit_w = p->f->stage_unit_w[g->stage];
    return (g->spec->idle_share * unit_w * set_s + (1 - g->spec->idle_share) * out_j) / g->spec->efficiency;
}

/* Each set tries on its own: the attempt at which it starts, and when it would fail in running. */
static void start_sets(struct dh_world *w, struct dh_generator_run *g) {
    const struct dh_generator_spec *spec = g->spec;
    double first_s = spec->signal_s + spec->start_s;
    g->n_gave_up = 0;
    g->gave_up_at = dh_time_after(w->des.now, first_s + (double)(spec->attempts - 1) * spec->retry_s);
    g->closed = g->told_gave_up = false;
    for (int32_t i = 0; i < w->f->stage_units[g->stage]; i++) {
        int64_t attempt = 0;
        while (attempt < spec->attempts && dh_rng_uniform(&g->rng) < spec->fails_to_start)
            attempt++;
        bool starts = attempt < spec->attempts;
        g->n_failed_attempt += attempt;
        g->n_start += starts;
        g->n_gave_up += !starts;
        double runs_s =
            spec->failures_per_s > 0 ? dh_rng_exponential(&g->rng, 1 / spec->failures_per_s) : INFINITY;
        g->starts_at[i] =
            starts ? dh_time_after(w->des.now, first_s + (double)attempt * spec->retry_s) : DH_TIME_MAX;
        g->fails_at[i] = starts ? dh_time_after(g->starts_at[i], runs_s) : DH_TIME_MAX;
    }
    g->n_failed_start += g->n_gave_up;
}

/* Sets that run; and whether a further one will. */
static int32_t count_running(const struct dh_world *w, const struct dh_generator_run *g, bool *more) {
    dh_time now = w->des.now;
    int32_t n = 0;
    *more = false;
    if (g->phase == DH_GENERATOR_STOPPED || g->phase == DH_GENERATOR_STALLED)
        return 0;
    for (int32_t i = 0; i < w->power.stage[g->stage].n_up; i++) {
        n += g->starts_at[i] <= now && now < g->fails_at[i];
        *more = *more || (g->starts_at[i] > now && g->starts_at[i] != DH_TIME_MAX);
    }
    return n;
}

/* Paralleled sets wait for one another: the bus closes when those run that are not redundant (or as many as
 * closes-with says), or when no further one will start. */
static void set_bus(struct dh_world *w, struct dh_generator_run *g) {
    const struct dh_generator_spec *spec = g->spec;
    dh_time now = w->des.now;
    bool more;
    int32_t n = count_running(w, g, &more);
    int64_t needed = spec->closes_with > 0 ? spec->closes_with : spec->count - spec->redundant;
    g->set_ns += (dh_uw_ns)g->n_running * (now - g->counted_at);
    g->counted_at = now;
    g->n_running = n;
    if (n > 0 && !g->closed && (n >= needed || !more)) {
        g->closed = true;
        g->closed_at = now;
    }
    g->n_bus = g->closed ? n : 0;
    dh_power_set_source(&w->power, g->stage, g->n_bus);
}

/* Load over the rating of the sets on the bus. */
static double share_of(const struct dh_world *w, const struct dh_generator_run *g) {
    double rated_w = w->f->stage_unit_w[g->stage] * g->n_bus;
    return rated_w > 0 && w->power.stage[g->stage].live ? dh_uw_to_w(w->power.stage_out[g->stage]) / rated_w
                                                        : 0;
}

bool dh_generator_is_overloaded(const struct dh_world *w, const struct dh_generator_run *g) {
    return g->n_bus > 0 && share_of(w, g) > g->spec->overload;
}

/* Engines below the load's power lose speed within seconds, and all of them drop off: for as long as they are
 * wanted, until somebody resets them. */
static enum dh_err look_at_load(struct dh_world *w, struct dh_generator_run *g) {
    double share = share_of(w, g);
    if (g->closed && g->closed_at == w->des.now && share > g->first_step)
        g->first_step = share;
    if (!dh_generator_is_overloaded(w, g))
        return DH_OK;
    g->phase = DH_GENERATOR_STALLED;
    g->n_stall++;
    return dh_world_incident(w, DH_INCIDENT_GENERATOR_STALL, g->stage, share);
}

static enum dh_err tell_failed(struct dh_world *w, struct dh_generator_run *g) {
    const struct dh_stage *at = &w->power.stage[g->stage];
    dh_time now = w->des.now;
    int32_t failed = 0;
    if (g->phase == DH_GENERATOR_STOPPED || g->phase == DH_GENERATOR_STALLED)
        return DH_OK;
    for (int32_t i = 0; i < at->n_up; i++)
        failed += g->fails_at[i] == now && g->failed_told_at != now;
    if (failed > 0)
        g->failed_told_at = now;
    g->n_failed_run += failed;
    if (g->n_gave_up > 0 && now >= g->gave_up_at && !g->told_gave_up) {
        g->told_gave_up = true;
        failed += g->n_gave_up;
    }
    return failed > 0 ? dh_world_incident(w, DH_INCIDENT_GENERATOR_FAILED, g->stage, failed) : DH_OK;
}

enum dh_err dh_world_generator_step(struct dh_world *w, struct dh_generator_run *g) {
    const struct dh_stage *at = &w->power.stage[g->stage];
    dh_time now = w->des.now;
    int32_t were = g->n_bus;
    if (!g->dry && dh_generator_fuel_j(&w->power, g, now) >= g->tank_j) {
        g->dry = true;
        DH_TRY(dh_world_incident(w, DH_INCIDENT_FUEL_EMPTY, g->stage, 0));
    }
    bool wanted = at->wanted && at->n_up > 0 && !g->dry;
    if (wanted && g->phase == DH_GENERATOR_STOPPED) {
        g->phase = DH_GENERATOR_ASKED;
        start_sets(w, g);
    } else if (wanted && g->phase == DH_GENERATOR_COOLING) {
        g->phase = DH_GENERATOR_ASKED;
    } else if (!wanted && g->phase == DH_GENERATOR_ASKED) {
        g->phase = g->n_running > 0 && !g->dry ? DH_GENERATOR_COOLING : DH_GENERATOR_STOPPED;
        g->cool_until = dh_time_after(now, g->spec->cool_down_s);
    } else if (!wanted && g->phase == DH_GENERATOR_STALLED) {
        g->phase = DH_GENERATOR_STOPPED;
    }
    if (g->phase == DH_GENERATOR_COOLING && now >= g->cool_until)
        g->phase = DH_GENERATOR_STOPPED;
    DH_TRY(tell_failed(w, g));
    DH_TRY(look_at_load(w, g));
    set_bus(w, g);
    if (g->n_bus == were)
        return DH_OK;
    return dh_world_incident(w, g->n_bus > were ? DH_INCIDENT_GENERATOR_ON : DH_INCIDENT_GENERATOR_OFF,
                             g->stage, g->n_bus);
}

dh_time dh_world_generator_next(const struct dh_world *w, const struct dh_generator_run *g, bool *watch) {
    dh_time now = w->des.now, next = DH_TIME_MAX;
    if (g->phase == DH_GENERATOR_STOPPED || g->phase == DH_GENERATOR_STALLED)
        return next;
    for (int32_t i = 0; i < w->power.stage[g->stage].n_up; i++) {
        if (g->starts_at[i] > now && g->starts_at[i] < next)
            next = g->starts_at[i];
        if (g->fails_at[i] > now && g->fails_at[i] < next)
            next = g->fails_at[i];
    }
    if (g->n_gave_up > 0 && g->gave_up_at > now && g->gave_up_at < next)
        next = g->gave_up_at;
    if (g->phase == DH_GENERATOR_COOLING && g->cool_until < next)
        next = g->cool_until;
    *watch = *watch || g->n_bus > 0;
    if (g->n_running > 0 && g->tank_j < INFINITY && !g->dry) {
        *watch = true;
        double fuel_w = dh_generator_fuel_w(g->spec, w->f->stage_unit_w[g->stage], g->n_running,
                                            dh_uw_to_w(w->power.stage_in[g->stage].power));
        double left_s = (g->tank_j - dh_generator_fuel_j(&w->power, g, now)) / fmax(fuel_w, 0);
        dh_time dry = dh_time_after(now, fmax(left_s, 0) + 1e-9);
        next = dry < next ? dry : next;
    }
    return next;
}

enum dh_err dh_world_generator_start(struct dh_world *w, int32_t s) {
    struct dh_generator_run *g = &w->power_run.generator[w->power_run.n_generator++];
    const struct dh_generator_spec *spec = w->f->stage_generator[s];
    size_t n = (size_t)w->f->stage_units[s];
    *g = (struct dh_generator_run){
        .stage = s,
        .spec = spec,
        .starts_at = dh_arena_array(&w->mem, n, sizeof *g->starts_at),
        .fails_at = dh_arena_array(&w->mem, n, sizeof *g->fails_at),
        .failed_told_at = DH_TIME_NONE,
        .tank_j = isnan(spec->tank_m3) ? INFINITY : spec->tank_m3 * DH_DIESEL_J_PER_M3,
        .rng = dh_rng_stream((uint64_t)w->sc->seed, DH_RNG_GENERATOR, dh_rng_entity(spec->id))};
    return g->starts_at && g->fails_at ? DH_OK : DH_ERR_MEMORY;
}
