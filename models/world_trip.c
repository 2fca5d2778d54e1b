/* What-ifs: equipment that is made to fail at a given time, and an account of what followed. */
#include "models/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* GPU hours lost to clocks below full, so far. */
static double slowed_gpu_h(const struct dh_world *w) {
    return (dh_sum_value(&w->stepped_gpu_s) - dh_sum_value(&w->busy_clock_gpu_s)) / 3600;
}

static double down_gpu_h(const struct dh_world *w) {
    return (double)w->down_gpu_ns / 3.6e12;
}

static int32_t n_hot(const struct dh_world *w) {
    int32_t n = 0;
    for (int32_t r = 0; r < w->f->n_rack; r++)
        n += w->rack_hot[r];
    return n;
}

/* The account up to now. */
static void settle(struct dh_world *w, struct dh_trip *t) {
    struct dh_blast *b = &t->blast;
    double hours = dh_time_to_s(w->des.now - b->at) / 3600;
    struct dh_power_watch most = dh_power_watch_now(&w->power);
    b->most_loaded = most.stage;
    b->overload = most.share;
    b->down_gpu_h = down_gpu_h(w) - b->down_mark_gpu_h - (double)b->down_before * hours;
    b->slowed_gpu_h = slowed_gpu_h(w) - b->slowed_mark_gpu_h;
}

/* Batteries full, generators at rest, each transfer switch where it was. */
static bool power_is_as_before(const struct dh_world *w, const struct dh_blast *b) {
    const struct dh_power_run *run = &w->power_run;
    for (int32_t i = 0; i < run->n_ups; i++)
        if (w->power.stage[run->ups[i].stage].on_battery || w->power.stage[run->ups[i].stage].charge > 0)
            return false;
    for (int32_t i = 0; i < run->n_generator; i++)
        if (run->generator[i].phase != DH_GENERATOR_STOPPED &&
            b->choice_before[run->generator[i].stage] == -2)
            return false;
    for (int32_t s = 0; s < w->f->n_stage; s++)
        if (w->power.stage[s].feeds.n > 0 && w->power.stage[s].choice != b->choice_before[s])
            return false;
    return true;
}

void dh_world_trip_look(struct dh_world *w) {
    struct dh_failure_run *r = &w->failure;
    if (r->newest < 0)
        return;
    struct dh_trip *t = &r->trips[r->newest];
    const struct dh_blast *b = &t->blast;
    if (b->back == DH_TIME_NONE || b->back > w->des.now || w->pool.n_down_gpu > b->down_before ||
        w->n_cooling_short > b->short_before || n_hot(w) > b->hot_before || !power_is_as_before(w, b))
        return;
    settle(w, t);
    t->blast.over = w->des.now;
    t->open = false;
    w->power.watch.on = false;
    r->newest = -1;
}

void dh_world_trips_close(struct dh_world *w) {
    if (w->failure.newest >= 0)
        settle(w, &w->failure.trips[w->failure.newest]);
}

void dh_world_trip_battery(struct dh_world *w, double lasts_s) {
    if (w->failure.newest < 0)
        return;
    struct dh_blast *b = &w->failure.trips[w->failure.newest].blast;
    b->battery_s = fmin(b->battery_s, lasts_s);
}

void dh_world_trip_inlet(struct dh_world *w, double inlet_degc) {
    if (w->failure.newest < 0)
        return;
    struct dh_blast *b = &w->failure.trips[w->failure.newest].blast;
    b->inlet_degc = fmax(b->inlet_degc, inlet_degc);
}

/* Takes out the units that are meant: all, or the first ones in service. */
static enum dh_err take_out(struct dh_world *w, struct dh_trip *t) {
    const struct dh_equipment *e = &w->failure.equipment;
    int32_t first = e->groups[t->target.group].first_unit + t->target.first;
    for (int32_t i = 0; i < t->target.of && t->n_held < t->target.n; i++)
        if (!t->target.some || e->causes[first + i] == 0)
            t->held[t->n_held++] = first + i;
    for (int32_t i = 0; i < t->n_held; i++)
        DH_TRY(dh_world_unit_out(w, t->held[i]));
    return DH_OK;
}

/* An account of its own from here on. A generator that rests has the mark -2, one that runs -3. */
static enum dh_err begin(struct dh_world *w, struct dh_trip *t) {
    struct dh_failure_run *r = &w->failure;
    int32_t n = w->f->n_stage;
    if (r->newest >= 0) {
        settle(w, &r->trips[r->newest]);
        r->trips[r->newest].blast.next = w->des.now;
        r->trips[r->newest].open = false;
    }
    dh_blast_begin(&t->blast, t->spec->trip, w->des.now, 0);
    t->blast.down_mark_gpu_h = down_gpu_h(w);
    t->blast.slowed_mark_gpu_h = slowed_gpu_h(w);
    t->blast.down_before = w->pool.n_down_gpu;
    t->blast.hot_before = n_hot(w);
    t->blast.short_before = w->n_cooling_short;
    t->blast.over_mark = dh_arena_array(&w->mem, (size_t)n, sizeof *t->blast.over_mark);
    t->blast.choice_before = dh_arena_array(&w->mem, (size_t)n, sizeof *t->blast.choice_before);
    if (!t->blast.over_mark || !t->blast.choice_before)
        return DH_ERR_MEMORY;
    for (int32_t s = 0; s < n; s++) {
        t->blast.over_mark[s] = w->power.stage_peak[s].n_over;
        t->blast.choice_before[s] = w->power.stage[s].choice;
    }
    for (int32_t i = 0; i < w->power_run.n_generator; i++) {
        const struct dh_generator_run *g = &w->power_run.generator[i];
        t->blast.choice_before[g->stage] = g->phase == DH_GENERATOR_STOPPED ? -2 : -3;
    }
    t->began = t->open = true;
    dh_power_watch_begin(&w->power);
    r->newest = (int32_t)(t - r->trips);
    return DH_OK;
}

/* What trips at the same instant is one what-if. No report shows a longer name than this. */
enum { MOST_NAME = 300 };

static enum dh_err join(struct dh_world *w, struct dh_blast *b, const struct dh_trip *t) {
    size_t n = strlen(b->trip) + strlen(t->spec->trip) + 3;
    if (strlen(b->trip) > MOST_NAME)
        return DH_OK;
    char *both = dh_arena_alloc(&w->mem, n);
    if (!both)
        return DH_ERR_MEMORY;
    snprintf(both, n, "%s, %s", b->trip, t->spec->trip);
    b->trip = both;
    return DH_OK;
}

/* It trips. */
static enum dh_err trip(struct dh_world *w, int32_t row) {
    struct dh_failure_run *r = &w->failure;
    struct dh_trip *t = &r->trips[row];
    bool first = r->newest < 0 || r->trips[r->newest].blast.at != w->des.now;
    if (first)
        DH_TRY(begin(w, t));
    struct dh_blast *b = &r->trips[r->newest].blast;
    if (!first)
        DH_TRY(join(w, b, t));
    b->units += t->target.n;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_TRIP, t->target.group, t->target.n));
    DH_TRY(take_out(w, t));
    DH_TRY(dh_world_equipment_changed(w));
    double for_s = t->spec->for_s;
    if (!(for_s < 9e9) || dh_time_from_s(for_s) >= DH_TIME_MAX - w->des.now) {
        b->back = DH_TIME_NONE;
        return DH_OK;
    }
    dh_time back = w->des.now + dh_time_from_s(for_s);
    if (first || (b->back != DH_TIME_NONE && back > b->back))
        b->back = back;
    r->n_away++;
    return dh_des_schedule(&w->des, back, DH_PHASE_FAILURE, DH_EVENT_TRIP, row, 1);
}

/* value 0: it trips; 1: it is put back, unless somebody did so before. */
enum dh_err dh_world_on_trip(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_failure_run *r = &w->failure;
    struct dh_trip *t = &r->trips[ev->subject];
    (void)des;
    if (ev->value == 0)
        return trip(w, ev->subject);
    r->n_away--;
    if (t->n_held == 0 && t->by_hand)
        return DH_OK;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_TRIP_END, t->target.group, t->n_held));
    for (int32_t i = 0; i < t->n_held; i++)
        DH_TRY(dh_world_unit_back(w, t->held[i]));
    t->n_held = 0;
    return dh_world_equipment_changed(w);
}

/* ---- by hand ----------------------------------------------------------------------------------------------
 */

/* Room for one more; those that are there stay the same rows. */
static enum dh_err grow(struct dh_world *w) {
    struct dh_failure_run *r = &w->failure;
    if (r->n_trip < r->trip_room)
        return DH_OK;
    int32_t room = 2 * r->n_trip + 8;
    struct dh_trip *trips = dh_arena_array(&w->mem, (size_t)room, sizeof *trips);
    if (!trips)
        return DH_ERR_MEMORY;
    if (r->n_trip > 0)
        memcpy(trips, r->trips, (size_t)r->n_trip * sizeof *trips);
    r->trips = trips;
    r->trip_room = room;
    return DH_OK;
}

enum dh_err dh_world_trip(struct dh_world *w, const struct dh_target *target, const char *name,
                          double for_s) {
    struct dh_failure_run *r = &w->failure;
    DH_TRY(dh_world_failures_need(w));
    DH_TRY(grow(w));
    struct dh_event_spec *spec = dh_arena_alloc(&w->mem, sizeof *spec);
    struct dh_trip *t = &r->trips[r->n_trip];
    *t = (struct dh_trip){.spec = spec, .target = *target, .at = w->des.now};
    t->held = dh_arena_array(&w->mem, (size_t)target->n, sizeof *t->held);
    if (!spec || !t->held)
        return DH_ERR_MEMORY;
    *spec = (struct dh_event_spec){.trip = name, .for_s = for_s};
    r->models = true;
    return trip(w, r->n_trip++);
}

static bool is_meant(const struct dh_world *w, const struct dh_target *target, int32_t unit) {
    const struct dh_equipment *e = &w->failure.equipment;
    int32_t first = e->groups[target->group].first_unit + target->first;
    return unit >= first && unit < first + (target->some ? target->of : target->n);
}

/* Of one trip; `most`: no more than so many. */
static enum dh_err release(struct dh_world *w, struct dh_trip *t, const struct dh_target *target,
                           int32_t most, int32_t *n) {
    int32_t kept = 0;
    for (int32_t i = 0; i < t->n_held; i++) {
        int32_t unit = t->held[i];
        if (*n < most && is_meant(w, target, unit)) {
            DH_TRY(dh_world_unit_back(w, unit));
            ++*n;
        } else {
            t->held[kept++] = unit;
        }
    }
    t->by_hand |= kept < t->n_held;
    if (kept == 0 && t->n_held > 0 && t->blast.back == DH_TIME_NONE)
        t->blast.back = w->des.now;
    t->n_held = kept;
    return DH_OK;
}

enum dh_err dh_world_put_back(struct dh_world *w, const struct dh_target *target, int32_t *n) {
    struct dh_failure_run *r = &w->failure;
    *n = 0;
    DH_TRY(dh_world_failures_need(w));
    for (int32_t i = 0; i < r->n_trip; i++)
        DH_TRY(release(w, &r->trips[i], target, target->n, n));
    const struct dh_equipment_group *g = &r->equipment.groups[target->group];
    if (g->kind == DH_EQUIPMENT_STAGE)
        *n += dh_world_close_breaker(w, g->row) ? 1 : 0;
    return dh_world_equipment_changed(w);
}

/* ---- set up ---------------------------------------------------------------------------------------------
 */

enum dh_err dh_world_trips_start(struct dh_world *w, const struct dh_failures_spec *spec,
                                 struct dh_diag *diag) {
    struct dh_failure_run *r = &w->failure;
    r->trip_room = spec->n_events + 1;
    r->trips = dh_arena_array(&w->mem, (size_t)r->trip_room, sizeof *r->trips);
    if (!r->trips)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < spec->n_events; i++) {
        const struct dh_event_spec *event = &spec->events[i];
        if (event->deed >= 0 || !event->trip)
            continue;
        struct dh_trip *t = &r->trips[r->n_trip++];
        t->spec = event;
        DH_TRY(dh_event_time(event->at, w->f->start_unix_s, &t->at, event->place, diag));
        DH_TRY(dh_equipment_find(&r->equipment, w->f, event->trip, strlen(event->trip), &t->target,
                                 event->place, diag));
        t->held = dh_arena_array(&w->mem, (size_t)t->target.n, sizeof *t->held);
        if (!t->held)
            return DH_ERR_MEMORY;
        if (t->at < w->until || w->until_idle)
            DH_TRY(dh_des_schedule(&w->des, t->at, DH_PHASE_FAILURE, DH_EVENT_TRIP, r->n_trip - 1, 0));
        else
            dh_warn(diag, DH_ERR_W_VALUE, event->place, "%.100s does not trip at %.60s: the run ends before",
                    event->trip, event->at);
    }
    return DH_OK;
}
