/* What-ifs: equipment that is made to fail at a given time, and an account of what followed. */
#include "models/world.h"

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
    b->down_gpu_h = down_gpu_h(w) - b->down_mark_gpu_h - (double)b->down_before * hours;
    b->slowed_gpu_h = slowed_gpu_h(w) - b->slowed_mark_gpu_h;
}

void dh_world_trip_look(struct dh_world *w) {
    struct dh_failure_run *r = &w->failure;
    if (r->newest < 0)
        return;
    struct dh_trip *t = &r->trips[r->newest];
    if (t->blast.back == DH_TIME_NONE || t->blast.back > w->des.now ||
        w->pool.n_down_gpu > t->blast.down_before || n_hot(w) > 0)
        return;
    settle(w, t);
    t->blast.over = w->des.now;
    t->open = false;
    r->newest = -1;
}

void dh_world_trips_close(struct dh_world *w) {
    if (w->failure.newest >= 0)
        settle(w, &w->failure.trips[w->failure.newest]);
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

/* value 0: it trips; 1: it is put back. */
enum dh_err dh_world_on_trip(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_failure_run *r = &w->failure;
    struct dh_trip *t = &r->trips[ev->subject];
    if (ev->value != 0) {
        r->n_away--;
        DH_TRY(dh_world_incident(w, DH_INCIDENT_TRIP_END, t->target.group, t->n_held));
        for (int32_t i = 0; i < t->n_held; i++)
            DH_TRY(dh_world_unit_back(w, t->held[i]));
        DH_TRY(dh_world_equipment_changed(w));
        dh_world_trip_look(w);
        return DH_OK;
    }
    if (r->newest >= 0) { /* from here on effects are this one's */
        settle(w, &r->trips[r->newest]);
        r->trips[r->newest].open = false;
    }
    dh_blast_begin(&t->blast, t->spec->trip, des->now, t->target.n);
    t->blast.down_mark_gpu_h = down_gpu_h(w);
    t->blast.slowed_mark_gpu_h = slowed_gpu_h(w);
    t->blast.down_before = w->pool.n_down_gpu;
    t->blast.over_mark = dh_arena_array(&w->mem, (size_t)w->f->n_stage, sizeof(int64_t));
    if (!t->blast.over_mark)
        return DH_ERR_MEMORY;
    for (int32_t s = 0; s < w->f->n_stage; s++)
        t->blast.over_mark[s] = w->power.stage_peak[s].n_over;
    t->began = t->open = true;
    r->newest = ev->subject;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_TRIP, t->target.group, t->target.n));
    DH_TRY(take_out(w, t));
    DH_TRY(dh_world_equipment_changed(w));
    double for_s = t->spec->for_s;
    if (!(for_s < 9e9) || dh_time_from_s(for_s) >= DH_TIME_MAX - des->now)
        return DH_OK;
    r->n_away++;
    t->blast.back = des->now + dh_time_from_s(for_s);
    return dh_des_schedule(des, t->blast.back, DH_PHASE_FAILURE, DH_EVENT_TRIP, ev->subject, 1);
}

enum dh_err dh_world_trips_start(struct dh_world *w, const struct dh_failures_spec *spec,
                                 struct dh_diag *diag) {
    struct dh_failure_run *r = &w->failure;
    r->trips = dh_arena_array(&w->mem, (size_t)spec->n_events + 1, sizeof *r->trips);
    if (!r->trips)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < spec->n_events; i++) {
        const struct dh_event_spec *event = &spec->events[i];
        struct dh_trip *t = &r->trips[r->n_trip++];
        t->spec = event;
        DH_TRY(dh_event_time(event->at, w->f->start_unix_s, &t->at, event->place, diag));
        DH_TRY(dh_equipment_find(&r->equipment, w->f, event->trip, strlen(event->trip), &t->target,
                                 event->place, diag));
        t->held = dh_arena_array(&w->mem, (size_t)t->target.n, sizeof *t->held);
        if (!t->held)
            return DH_ERR_MEMORY;
        if (t->at < w->until || w->until_idle)
            DH_TRY(dh_des_schedule(&w->des, t->at, DH_PHASE_FAILURE, DH_EVENT_TRIP, i, 0));
    }
    return DH_OK;
}
