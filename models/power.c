#include "models/power_internal.h"
#include "sim/rng.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

dh_uw dh_uw_from_w(double watts) {
    assert(!isnan(watts));
    const double most = 9e18; /* what a facility draws stays far below: scenarios/compile_limits.c */
    return (dh_uw)rint(fmin(fmax(watts * 1e6, -most), most));
}

double dh_uw_ns_to_j(dh_uw_ns energy) {
    return (double)energy * 1e-15;
}

void dh_meter_set(struct dh_meter *meter, dh_uw power, dh_time now) {
    meter->energy += (dh_uw_ns)meter->power * (now - meter->since);
    meter->since = now;
    meter->power = power;
}

/* ---- nodes -------------------------------------------------------------------------------------------- */

dh_uw dh_quadratic_loss(dh_uw out, double fixed_w, double linear, double square_per_w) {
    double w = dh_uw_to_w(out);
    return dh_uw_from_w(fixed_w + linear * w + square_per_w * w * w);
}

static void mark_rack(struct dh_power *p, int32_t r) {
    if (p->rack_dirty[r])
        return;
    p->rack_dirty[r] = true;
    p->dirty[p->n_dirty++] = r;
}

/* Node power from its parts, and the difference handed to its rack. */
static void update_node(struct dh_power *p, int32_t node) {
    const struct dh_facility *f = p->f;
    int32_t r = f->node_rack[node];
    const struct dh_device_spec *device = f->device_spec[f->rack_device[r]];
    double part = p->node_part ? p->node_part[node] : 1.0;
    double idle_w = f->rack_cpu_idle_w[r] + f->rack_other_w[r] + part * f->node_gpus[node] * device->idle_w;
    dh_uw dc = dh_uw_from_w(idle_w + p->rack_fan_w[r]) + p->node_work[node];
    dh_uw in = dc + dh_quadratic_loss(dc, f->rack_node_loss_fixed_w[r], f->rack_node_loss_linear[r],
                                      f->rack_node_loss_square_per_w[r]);
    if (p->rack_live[r]) {
        p->sum.node_dc_total += dc - p->node_dc[node];
        p->sum.node_in_total += in - p->node_in[node];
    }
    p->rack_dc[r] += dc - p->node_dc[node];
    p->rack_nodes[r] += in - p->node_in[node];
    p->node_dc[node] = dc;
    p->node_in[node] = in;
    mark_rack(p, r);
}

/* Sets the clock, too. */
static dh_uw holding_power(const struct dh_power *p, struct dh_holding *h) {
    const struct dh_facility *f = p->f;
    int32_t r = f->node_rack[h->node];
    const struct dh_device_spec *device = f->device_spec[f->rack_device[r]];
    double part = p->node_part ? p->node_part[h->node] : 1.0;
    struct dh_chip_point at = dh_chip_run(device, &h->load, h->gpu_util, p->rack_clock[r], p->rack_place[r],
                                          dh_power_worst_part(p, h->node));
    h->clock = at.clock;
    p->rack_below[r] -= h->below;
    h->below = at.clock < h->load.clock && at.clock < p->rack_clock[r];
    p->rack_below[r] += h->below;
    double gpu_w = part * (at.power_w - device->idle_w);
    double cpu_w = h->cpu_util * (f->rack_cpu_max_w[r] - f->rack_cpu_idle_w[r]);
    return dh_uw_from_w(h->gpus * gpu_w + cpu_w * h->gpus / f->node_gpus[h->node]);
}

static int32_t find_holding(const struct dh_power *p, int32_t node, int32_t job) {
    int32_t h = p->node_holding[node];
    while (h >= 0 && p->holding[h].job != job)
        h = p->holding[h].next;
    return h;
}

static void add_to_owner(struct dh_power *p, const struct dh_holding *h, dh_uw power) {
    if (h->owner >= 0)
        p->owner[h->owner].power += power;
}

/* Without fans, which are the rack's. */
static dh_uw idle_share(const struct dh_power *p, const struct dh_holding *h) {
    const struct dh_facility *f = p->f;
    int32_t r = f->node_rack[h->node];
    double gpus_w = f->node_gpus[h->node] * f->device_spec[f->rack_device[r]]->idle_w;
    return dh_uw_from_w((f->rack_cpu_idle_w[r] + f->rack_other_w[r] + gpus_w) * h->gpus /
                        f->node_gpus[h->node]);
}

enum dh_err dh_power_hold(struct dh_power *p, const struct dh_segment *segment, int32_t job,
                          const struct dh_power_use *activity) {
    int32_t row = p->free_holding;
    if (row < 0) {
        if (p->n_holding == p->holding_room) {
            int32_t room = p->holding_room ? 2 * p->holding_room : 1024;
            struct dh_holding *grown = realloc(p->holding, (size_t)room * sizeof *grown);
            if (!grown)
                return DH_ERR_MEMORY;
            p->holding = grown;
            p->holding_room = room;
        }
        row = p->n_holding++;
    } else {
        p->free_holding = p->holding[row].next;
    }
    struct dh_holding *h = &p->holding[row];
    *h = (struct dh_holding){
        .job = job,
        .node = segment->node,
        .gpus = segment->gpus,
        .next = p->node_holding[segment->node],
        .owner = activity->owner,
        .load = dh_chip_load(p->f->device_spec[p->f->rack_device[p->f->node_rack[segment->node]]],
                             activity->work),
        .gpu_util = activity->gpu_util,
        .cpu_util = activity->cpu_util};
    h->power = holding_power(p, h);
    h->idle = idle_share(p, h);
    add_to_owner(p, h, h->power + h->idle);
    p->node_holding[segment->node] = row;
    p->node_work[segment->node] += h->power;
    update_node(p, segment->node);
    return DH_OK;
}

void dh_power_release(struct dh_power *p, const struct dh_segment *segment, int32_t job) {
    int32_t *link = &p->node_holding[segment->node];
    while (*link >= 0 && p->holding[*link].job != job)
        link = &p->holding[*link].next;
    if (*link < 0)
        return;
    int32_t row = *link;
    *link = p->holding[row].next;
    p->node_work[segment->node] -= p->holding[row].power;
    add_to_owner(p, &p->holding[row], -p->holding[row].power - p->holding[row].idle);
    p->rack_below[p->f->node_rack[segment->node]] -= p->holding[row].below;
    p->holding[row].next = p->free_holding;
    p->free_holding = row;
    update_node(p, segment->node);
}

double dh_power_worst_part(const struct dh_power *p, int32_t node) {
    return p->node_worst ? p->node_worst[node] : 1.0;
}

double dh_power_clock(const struct dh_power *p, int32_t node, int32_t job) {
    int32_t row = find_holding(p, node, job);
    return row < 0 ? 0.0 : p->holding[row].clock;
}

static void reweigh(struct dh_power *p, struct dh_holding *h) {
    dh_uw power = holding_power(p, h);
    p->node_work[h->node] += power - h->power;
    add_to_owner(p, h, power - h->power);
    h->power = power;
}

void dh_power_activity(struct dh_power *p, const struct dh_segment *segment, int32_t job, double gpu_util,
                       double cpu_util) {
    int32_t row = find_holding(p, segment->node, job);
    if (row < 0 || (p->holding[row].gpu_util == gpu_util && p->holding[row].cpu_util == cpu_util))
        return;
    p->holding[row].gpu_util = gpu_util;
    p->holding[row].cpu_util = cpu_util;
    reweigh(p, &p->holding[row]);
    update_node(p, segment->node);
}

static void reweigh_rack(struct dh_power *p, int32_t rack) {
    const struct dh_facility *f = p->f;
    for (int32_t n = f->rack_first_node[rack]; n < f->rack_first_node[rack] + f->rack_nodes[rack]; n++) {
        if (p->node_holding[n] < 0)
            continue;
        for (int32_t h = p->node_holding[n]; h >= 0; h = p->holding[h].next)
            reweigh(p, &p->holding[h]);
        update_node(p, n);
    }
}

void dh_power_rack_clock(struct dh_power *p, int32_t rack, double clock) {
    if (p->rack_clock[rack] == clock)
        return;
    p->rack_clock[rack] = clock;
    reweigh_rack(p, rack);
}

void dh_power_rack_place(struct dh_power *p, int32_t rack, struct dh_chip_place place) {
    p->rack_place[rack] = place;
    reweigh_rack(p, rack);
}

void dh_power_rack_fan(struct dh_power *p, int32_t rack, double fan_w) {
    const struct dh_facility *f = p->f;
    if (p->rack_fan_w[rack] == fan_w)
        return;
    if (p->rack_live[rack])
        p->sum.fan += dh_uw_from_w(fan_w * f->rack_nodes[rack]) -
                      dh_uw_from_w(p->rack_fan_w[rack] * f->rack_nodes[rack]);
    p->rack_fan_w[rack] = fan_w;
    for (int32_t n = f->rack_first_node[rack]; n < f->rack_first_node[rack] + f->rack_nodes[rack]; n++)
        update_node(p, n);
}

/* ---- life ------------------------------------------------------------------------------------------------
 */

/* Parts differ: one stream of random numbers for each rack, so that another rack leaves them as they are. */
static enum dh_err draw_parts(struct dh_power *p, const struct dh_facility *f) {
    bool differ = false;
    for (int32_t r = 0; r < f->n_rack; r++)
        differ = differ || f->device_spec[f->rack_device[r]]->spread > 0;
    if (!differ)
        return DH_OK;
    p->node_part = dh_arena_array(&p->mem, (size_t)f->n_node, sizeof *p->node_part);
    p->node_worst = dh_arena_array(&p->mem, (size_t)f->n_node, sizeof *p->node_worst);
    if (!p->node_part || !p->node_worst)
        return DH_ERR_MEMORY;
    for (int32_t r = 0; r < f->n_rack; r++) {
        const struct dh_device_spec *device = f->device_spec[f->rack_device[r]];
        struct dh_rng rng =
            dh_rng_stream((uint64_t)f->scenario->seed, DH_RNG_DEVICE, dh_rng_entity(f->rack_name[r]));
        for (int32_t n = f->rack_first_node[r]; n < f->rack_first_node[r] + f->rack_nodes[r]; n++) {
            double sum = 0, worst = 0;
            for (int32_t g = 0; g < f->node_gpus[n]; g++) {
                double part = dh_chip_part(device, dh_rng_normal(&rng, 0, 1));
                sum += part;
                worst = part > worst ? part : worst;
            }
            p->node_part[n] = f->node_gpus[n] > 0 ? sum / f->node_gpus[n] : 1.0;
            p->node_worst[n] = f->node_gpus[n] > 0 ? worst : 1.0;
        }
    }
    return DH_OK;
}

static enum dh_err allocate(struct dh_power *p, const struct dh_facility *f) {
    size_t node = (size_t)f->n_node, rack = (size_t)f->n_rack;
    struct dh_arena *mem = &p->mem;
    if (!(p->node_holding = dh_arena_array(mem, node, sizeof *p->node_holding)) ||
        !(p->node_work = dh_arena_array(mem, node, sizeof *p->node_work)) ||
        !(p->node_dc = dh_arena_array(mem, node, sizeof *p->node_dc)) ||
        !(p->node_in = dh_arena_array(mem, node, sizeof *p->node_in)) ||
        !(p->rack_place = dh_arena_array(mem, rack, sizeof *p->rack_place)) ||
        !(p->rack_below = dh_arena_array(mem, rack, sizeof *p->rack_below)) ||
        !(p->rack_clock = dh_arena_array(mem, rack, sizeof *p->rack_clock)) ||
        !(p->rack_fan_w = dh_arena_array(mem, rack, sizeof *p->rack_fan_w)) ||
        !(p->rack_nodes = dh_arena_array(mem, rack, sizeof *p->rack_nodes)) ||
        !(p->rack_dc = dh_arena_array(mem, rack, sizeof *p->rack_dc)) ||
        !(p->rack_live = dh_arena_array(mem, rack, sizeof *p->rack_live)) ||
        !(p->rack_waits = dh_arena_array(mem, rack, sizeof *p->rack_waits)) ||
        !(p->rack = dh_arena_array(mem, rack, sizeof *p->rack)) ||
        !(p->owner = dh_arena_array(mem, (size_t)f->n_owner, sizeof *p->owner)) ||
        !(p->rack_dirty = dh_arena_array(mem, rack, sizeof *p->rack_dirty)) ||
        !(p->dirty = dh_arena_array(mem, rack, sizeof *p->dirty)))
        return DH_ERR_MEMORY;
    return dh_power_graph_init(p);
}

enum dh_err dh_power_init(struct dh_power *p, const struct dh_facility *f) {
    *p = (struct dh_power){.f = f, .free_holding = -1};
    if (allocate(p, f) != DH_OK || draw_parts(p, f) != DH_OK) {
        dh_power_free(p);
        return DH_ERR_MEMORY;
    }
    for (int32_t r = 0; r < f->n_rack; r++) {
        double least = f->rack_fan_min_share[r];
        p->rack_clock[r] = 1;
        p->rack_waits[r] = f->rack_energized[r] > 0;
        p->graph_changed = p->graph_changed || p->rack_waits[r];
        p->rack_place[r] = (struct dh_chip_place){NAN, 0};
        p->rack_fan_w[r] = f->rack_fan_max_w[r] * least * least * least; /* fan affinity law */
        mark_rack(p, r); /* a rack of empty nodes still has its overhead */
    }
    for (int32_t n = 0; n < f->n_node; n++) {
        p->node_holding[n] = -1;
        update_node(p, n);
    }
    dh_power_settle(p, 0);
    dh_power_changes_seen(p); /* this is how it was built */
    for (int32_t s = 0; s < f->n_stage; s++)
        p->stage[s].live_since = INT64_MIN;
    return DH_OK;
}

void dh_power_free(struct dh_power *p) {
    free(p->holding);
    dh_arena_free(&p->mem);
    *p = (struct dh_power){0};
}
