#include "models/power.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>

dh_uw dh_uw_from_w(double watts) {
    return (dh_uw)rint(watts * 1e6);
}

double dh_uw_ns_to_j(dh_uw_ns energy) {
    return (double)energy * 1e-15;
}

static void meter_set(struct dh_meter *meter, dh_uw power, dh_time now) {
    meter->energy += (dh_uw_ns)meter->power * (now - meter->since);
    meter->since = now;
    meter->power = power;
}

/* ---- nodes -------------------------------------------------------------------------------------------- */

static dh_uw quadratic_loss(dh_uw out, double fixed_w, double linear, double square_per_w) {
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
    dh_uw in = dc + quadratic_loss(dc, f->rack_node_loss_fixed_w[r], f->rack_node_loss_linear[r],
                                   f->rack_node_loss_square_per_w[r]);
    p->sum.node_dc_total += dc - p->node_dc[node];
    p->sum.node_in_total += in - p->node_in[node];
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
    struct dh_chip_load load = dh_chip_load(device, h->work);
    double part = p->node_part ? p->node_part[h->node] : 1.0;
    struct dh_chip_point at = dh_chip_run(device, &load, h->gpu_util, p->rack_clock[r], p->rack_place[r],
                                          dh_power_worst_part(p, h->node));
    h->clock = at.clock;
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

enum dh_err dh_power_hold(struct dh_power *p, const struct dh_segment *segment, int32_t job,
                          enum dh_work work, double gpu_util, double cpu_util) {
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
    *h = (struct dh_holding){.job = job,
                             .node = segment->node,
                             .gpus = segment->gpus,
                             .next = p->node_holding[segment->node],
                             .work = work,
                             .gpu_util = gpu_util,
                             .cpu_util = cpu_util};
    h->power = holding_power(p, h);
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
    h->power = power;
}

void dh_power_activity(struct dh_power *p, const struct dh_segment *segment, int32_t job, double gpu_util) {
    int32_t row = find_holding(p, segment->node, job);
    if (row < 0 || p->holding[row].gpu_util == gpu_util)
        return;
    p->holding[row].gpu_util = gpu_util;
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
    p->sum.fan -= dh_uw_from_w(p->rack_fan_w[rack] * f->rack_nodes[rack]);
    p->rack_fan_w[rack] = fan_w;
    p->sum.fan += dh_uw_from_w(fan_w * f->rack_nodes[rack]);
    for (int32_t n = f->rack_first_node[rack]; n < f->rack_first_node[rack] + f->rack_nodes[rack]; n++)
        update_node(p, n);
}

/* ---- power stages ---------------------------------------------------------------------------------------
 */

static void mark_stage(struct dh_power *p, int32_t stage) {
    p->stage_dirty[stage / 64] |= UINT64_C(1) << (stage % 64);
    p->any_stage_dirty = true;
}

static void set_load(struct dh_power *p, int32_t row, double watts, dh_uw *total) {
    struct dh_load *load = &p->load[row];
    dh_uw power = load->stage < 0 ? 0 : dh_uw_from_w(watts);
    if (power == load->power)
        return;
    p->stage_out[load->stage] += power - load->power;
    *total += power - load->power;
    load->power = power;
    mark_stage(p, load->stage);
}

void dh_power_hall_load(struct dh_power *p, int32_t hall, double watts) {
    set_load(p, hall, watts, &p->sum.cooling);
}

void dh_power_cdu_load(struct dh_power *p, int32_t cdu, double watts) {
    set_load(p, p->f->n_hall + cdu, watts, &p->sum.cooling);
}

void dh_power_cplant_load(struct dh_power *p, int32_t cplant, double watts) {
    set_load(p, p->f->n_hall + p->f->n_cdu + cplant, watts, &p->sum.cooling);
}

void dh_power_lplant_load(struct dh_power *p, int32_t lplant, double watts) {
    set_load(p, p->f->n_hall + p->f->n_cdu + p->f->n_cplant + lplant, watts, &p->sum.cooling);
}

dh_uw dh_stage_loss(const struct dh_facility *f, int32_t stage, dh_uw out) {
    return quadratic_loss(out, f->stage_loss_fixed_w[stage], f->stage_loss_linear[stage],
                          f->stage_loss_square_per_w[stage]);
}

/* Rack power from its nodes: overhead joins behind the supplies, which add their loss. */
static void settle_rack(struct dh_power *p, int32_t r, dh_time now) {
    const struct dh_facility *f = p->f;
    dh_uw out = p->rack_nodes[r] + dh_uw_from_w(f->rack_overhead_w[r]);
    dh_uw in = out + quadratic_loss(out, f->rack_supply_loss_fixed_w[r], f->rack_supply_loss_linear[r],
                                    f->rack_supply_loss_square_per_w[r]);
    p->rack_dirty[r] = false;
    if (in == p->rack[r].power)
        return;
    int32_t stage = f->rack_stage[r];
    p->stage_out[stage] += in - p->rack[r].power;
    p->sum.it += in - p->rack[r].power;
    meter_set(&p->rack[r], in, now);
    mark_stage(p, stage);
}

/* A stage's output since its last change, if that held for a moment. */
static void count_stage_peak(struct dh_power *p, int32_t s, dh_time now) {
    struct dh_stage_peak *peak = &p->stage_peak[s];
    if (now <= p->stage_in[s].since)
        return;
    dh_uw out = p->stage_in[s].power - p->stage_loss[s].power;
    dh_load_curve_add(&p->stage_curve[s], out, p->stage_in[s].since, now - p->stage_in[s].since);
    bool over = out > dh_uw_from_w(p->f->stage_rated_w[s]);
    peak->n_over += over && !peak->over;
    peak->over = over;
    if (over && out > peak->out) {
        peak->out = out;
        peak->at = p->stage_in[s].since;
    }
}

static void count_peaks(struct dh_power *p, dh_time now) {
    for (int32_t s = 0; s < p->f->n_site && now > p->facility.since; s++)
        if (p->site_held[s] > p->site_peak[s]) {
            p->site_peak[s] = p->site_held[s];
            p->site_peak_at[s] = p->facility.since;
        }
    if (now > p->it.since && p->it.power > p->peak_it)
        p->peak_it = p->it.power;
    if (now > p->facility.since && p->facility.power > p->peak_facility) {
        p->peak_facility = p->facility.power;
        p->peak_facility_at = p->facility.since;
    }
}

static void settle_stage(struct dh_power *p, int32_t s, dh_time now) {
    count_stage_peak(p, s, now);
    const struct dh_facility *f = p->f;
    dh_uw loss = dh_stage_loss(f, s, p->stage_out[s]);
    dh_uw in = p->stage_out[s] + loss;
    dh_uw before = p->stage_in[s].power;
    p->sum.loss += loss - p->stage_loss[s].power;
    meter_set(&p->stage_in[s], in, now);
    meter_set(&p->stage_loss[s], loss, now);
    if (f->stage_parent[s] >= 0) {
        p->stage_out[f->stage_parent[s]] += in - before;
        mark_stage(p, f->stage_parent[s]);
    } else {
        p->sum.facility += in - before;
        p->site_power[f->stage_site[s]] += in - before;
    }
}

void dh_power_settle(struct dh_power *p, dh_time now) {
    if (p->n_dirty == 0 && !p->any_stage_dirty)
        return;
    for (int32_t i = 0; i < p->n_dirty; i++)
        settle_rack(p, p->dirty[i], now);
    p->n_dirty = 0;
    /* Parents have smaller rows, so one sweep from the leaves up reaches the utilities. */
    for (int32_t word = (p->f->n_stage - 1) / 64; word >= 0; word--)
        while (p->stage_dirty[word]) {
            int bit = 63 - __builtin_clzll(p->stage_dirty[word]);
            p->stage_dirty[word] &= ~(UINT64_C(1) << bit);
            settle_stage(p, word * 64 + bit, now);
        }
    p->any_stage_dirty = false;
    count_peaks(p, now);
    for (int32_t s = 0; s < p->f->n_site; s++)
        p->site_held[s] = p->site_power[s];
    meter_set(&p->facility, p->sum.facility, now);
    meter_set(&p->it, p->sum.it, now);
    meter_set(&p->cooling, p->sum.cooling, now);
    meter_set(&p->house, p->sum.house, now);
    meter_set(&p->loss, p->sum.loss, now);
    meter_set(&p->node_dc_total, p->sum.node_dc_total, now);
    meter_set(&p->node_in_total, p->sum.node_in_total, now);
    meter_set(&p->fan, p->sum.fan, now);
}

void dh_power_close(struct dh_power *p, dh_time now) {
    for (int32_t s = 0; s < p->f->n_stage; s++)
        count_stage_peak(p, s, now);
    count_peaks(p, now);
}

double dh_power_site_w(const struct dh_power *p, int32_t site) {
    return dh_uw_to_w(p->site_power[site]);
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
    size_t node = (size_t)f->n_node, rack = (size_t)f->n_rack, stage = (size_t)f->n_stage;
    struct dh_arena *mem = &p->mem;
    p->n_load = f->n_hall + f->n_cdu + f->n_cplant + f->n_lplant + f->n_site;
    if (!(p->node_holding = dh_arena_array(mem, node, sizeof *p->node_holding)) ||
        !(p->node_work = dh_arena_array(mem, node, sizeof *p->node_work)) ||
        !(p->node_dc = dh_arena_array(mem, node, sizeof *p->node_dc)) ||
        !(p->node_in = dh_arena_array(mem, node, sizeof *p->node_in)) ||
        !(p->rack_place = dh_arena_array(mem, rack, sizeof *p->rack_place)) ||
        !(p->rack_clock = dh_arena_array(mem, rack, sizeof *p->rack_clock)) ||
        !(p->rack_fan_w = dh_arena_array(mem, rack, sizeof *p->rack_fan_w)) ||
        !(p->rack_nodes = dh_arena_array(mem, rack, sizeof *p->rack_nodes)) ||
        !(p->rack = dh_arena_array(mem, rack, sizeof *p->rack)) ||
        !(p->rack_dirty = dh_arena_array(mem, rack, sizeof *p->rack_dirty)) ||
        !(p->dirty = dh_arena_array(mem, rack, sizeof *p->dirty)) ||
        !(p->stage_out = dh_arena_array(mem, stage, sizeof *p->stage_out)) ||
        !(p->stage_in = dh_arena_array(mem, stage, sizeof *p->stage_in)) ||
        !(p->stage_loss = dh_arena_array(mem, stage, sizeof *p->stage_loss)) ||
        !(p->stage_peak = dh_arena_array(mem, stage, sizeof *p->stage_peak)) ||
        !(p->stage_curve = dh_arena_array(mem, stage, sizeof *p->stage_curve)) ||
        !(p->stage_dirty = dh_arena_array(mem, stage / 64 + 1, sizeof *p->stage_dirty)) ||
        !(p->site_power = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_power)) ||
        !(p->site_held = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_held)) ||
        !(p->site_peak = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_peak)) ||
        !(p->site_peak_at = dh_arena_array(mem, (size_t)f->n_site, sizeof *p->site_peak_at)) ||
        !(p->load = dh_arena_array(mem, (size_t)p->n_load, sizeof *p->load)))
        return DH_ERR_MEMORY;
    return DH_OK;
}

enum dh_err dh_power_init(struct dh_power *p, const struct dh_facility *f) {
    *p = (struct dh_power){.f = f, .free_holding = -1};
    if (allocate(p, f) != DH_OK || draw_parts(p, f) != DH_OK) {
        dh_power_free(p);
        return DH_ERR_MEMORY;
    }
    int32_t row = 0;
    for (int32_t h = 0; h < f->n_hall; h++)
        p->load[row++].stage = f->hall_stage[h];
    for (int32_t c = 0; c < f->n_cdu; c++)
        p->load[row++].stage = f->cdu_stage[c];
    for (int32_t c = 0; c < f->n_cplant; c++)
        p->load[row++].stage = f->cplant_stage[c];
    for (int32_t l = 0; l < f->n_lplant; l++)
        p->load[row++].stage = f->lplant_stage[l];
    for (int32_t s = 0; s < f->n_site; s++) {
        p->load[row].stage = f->site_utility[s];
        set_load(p, row++, f->site_house_w[s], &p->sum.house);
    }
    for (int32_t r = 0; r < f->n_rack; r++) {
        double least = f->rack_fan_min_share[r];
        p->rack_clock[r] = 1;
        p->rack_place[r] = (struct dh_chip_place){NAN, 0};
        p->rack_fan_w[r] = f->rack_fan_max_w[r] * least * least * least; /* fan affinity law */
        p->sum.fan += dh_uw_from_w(p->rack_fan_w[r] * f->rack_nodes[r]);
        mark_rack(p, r); /* a rack of empty nodes still has its overhead */
    }
    for (int32_t n = 0; n < f->n_node; n++) {
        p->node_holding[n] = -1;
        update_node(p, n);
    }
    for (int32_t s = 0; s < f->n_stage; s++)
        dh_load_curve_init(&p->stage_curve[s], dh_uw_from_w(f->stage_rated_w[s]));
    for (int32_t s = 0; s < f->n_stage; s++)
        mark_stage(p, s); /* no-load losses of stages that feed nothing */
    dh_power_settle(p, 0);
    return DH_OK;
}

void dh_power_free(struct dh_power *p) {
    free(p->holding);
    dh_arena_free(&p->mem);
    *p = (struct dh_power){0};
}
