/* Racks that are energized in the course of the run, one after another: until its date a rack draws nothing
 * and its nodes are down. */
#include "models/world.h"

dh_time dh_world_rack_there(const struct dh_world *w, int32_t rack) {
    dh_time from = w->f->rack_energized[rack];
    return w->des.now > from ? w->des.now - from : 0;
}

dh_gpu_ns dh_world_waiting_gpu_ns(const struct dh_world *w) {
    const struct dh_facility *f = w->f;
    dh_gpu_ns sum = 0;
    for (int32_t r = 0; r < f->n_rack; r++)
        sum += (dh_gpu_ns)(w->des.now - dh_world_rack_there(w, r)) * f->rack_nodes[r] * f->rack_node_gpus[r];
    return sum;
}

/* The next date, or DH_TIME_MAX. */
static dh_time next_date(const struct dh_world *w) {
    dh_time next = DH_TIME_MAX;
    for (int32_t r = 0; r < w->f->n_rack; r++)
        if (w->power.rack_waits[r] && w->f->rack_energized[r] < next)
            next = w->f->rack_energized[r];
    return next;
}

static enum dh_err plan(struct dh_world *w) {
    dh_time next = w->n_rack_waiting > 0 ? next_date(w) : DH_TIME_MAX;
    return next == DH_TIME_MAX ? DH_OK
                               : dh_des_schedule(&w->des, next, DH_PHASE_FAILURE, DH_EVENT_ENERGIZE, -1, 0);
}

enum dh_err dh_world_on_energize(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    for (int32_t r = 0; r < w->f->n_rack; r++)
        if (w->power.rack_waits[r] && w->f->rack_energized[r] <= des->now) {
            DH_TRY(dh_world_incident(w, DH_INCIDENT_RACK_ENERGIZED, r, 0));
            dh_power_energize(&w->power, r);
            w->n_rack_waiting--;
        }
    DH_TRY(dh_world_power_changed(w));
    return plan(w);
}

enum dh_err dh_world_energize_start(struct dh_world *w) {
    for (int32_t r = 0; r < w->f->n_rack; r++) {
        if (!w->power.rack_waits[r])
            continue;
        w->n_rack_waiting++;
        dh_power_rack_clock(&w->power, r, 0);
        w->now.rack_clock_frac[r] = 0;
        DH_TRY(dh_world_plant_rack(w, r, false));
        DH_TRY(dh_world_rack_down(w, r, true));
    }
    w->n_node_down = 0; /* they were never up: nothing is lost */
    for (int32_t i = 0; i < w->f->fabric.n; i++)
        for (int u = 0; u < DH_N_NETWORK_UNIT; u++)
            w->fabrics[i].units[u].n_failed = 0;
    return plan(w);
}
