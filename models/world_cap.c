/* Power limits held by clock locks: of a site, and of each stage that says cap="yes". */
#include "models/chip.h"
#include "models/world.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* The power limit as operators keep it with clock locks: clocks go down by as many steps of 2 % as the excess
 * over the target asks for (above the knee power falls faster than the clock), up by one when 2 % of the
 * limit are free. Assumptions about the controller; the plant step is its period, and the target's distance
 * from the limit is what load may rise within one. */
static const double CAP_STEP = 0.02, CAP_POWER_PER_STEP = 0.02, CAP_RELEASE = 0.965;
enum { CAP_LEVELS = 40 };

/* Level of the controller after another look: 0 to as many times CAP_LEVELS as there are classes. */
static int32_t next_level(int32_t level, double power_w, double limit_w, int32_t n_class) {
    double target_w = DH_POWER_TARGET * limit_w, most = (double)n_class * CAP_LEVELS;
    if (power_w > target_w) /* a limit of nothing is infinitely exceeded */
        return (int32_t)fmin(most, level + ceil((power_w / target_w - 1) / CAP_POWER_PER_STEP));
    if (level > 0 && power_w < CAP_RELEASE * limit_w)
        level--;
    return level < most ? level : (int32_t)most;
}

static bool hangs_on(const struct dh_world *w, const struct dh_stage_cap *cap, int32_t rack) {
    const struct dh_facility *f = w->f;
    if (cap->stage < 0)
        return f->rack_site[rack] == cap->site;
    for (int32_t i = 0; i < f->rack_feeds[rack]; i++)
        if (cap->above[f->feed_stage[f->rack_first_feed[rack] + i]])
            return true;
    return false;
}

/* Highest priority of the jobs in a rack; INT_MIN: none runs there. */
static int32_t rack_priority(const struct dh_world *w, int32_t r) {
    const struct dh_facility *f = w->f;
    int32_t highest = INT_MIN;
    for (int32_t n = f->rack_first_node[r]; n < f->rack_first_node[r] + f->rack_nodes[r]; n++)
        for (int32_t h = w->power.node_holding[n]; h >= 0; h = w->power.holding[h].next) {
            int32_t priority = w->jobs.jobs[w->power.holding[h].job].priority;
            highest = priority > highest ? priority : highest;
        }
    return highest;
}

static int compare(const void *left, const void *right) {
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Distinct priorities of a cap's racks, lowest first, into w->cap_class. Without an order of priorities all
 * racks are of one class. */
static int32_t classes_of(struct dh_world *w, const struct dh_stage_cap *cap) {
    int32_t n = 0, distinct = 0;
    if (w->scheduler_spec.capping != DH_CAPPING_PRIORITY)
        return 1;
    for (int32_t r = 0; r < w->f->n_rack; r++)
        if (hangs_on(w, cap, r) && w->rack_priority[r] != INT_MIN)
            w->cap_class[n++] = w->rack_priority[r];
    qsort(w->cap_class, (size_t)n, sizeof *w->cap_class, compare);
    for (int32_t i = 0; i < n; i++)
        if (distinct == 0 || w->cap_class[i] != w->cap_class[distinct - 1])
            w->cap_class[distinct++] = w->cap_class[i];
    return distinct > 0 ? distinct : 1;
}

/* The lowest class goes all the way down before the next one begins. */
static void lock_clocks(struct dh_world *w, const struct dh_stage_cap *cap, int32_t n_class) {
    for (int32_t r = 0; r < w->f->n_rack; r++) {
        if (!hangs_on(w, cap, r))
            continue;
        int32_t class = 0;
        while (n_class > 1 && class < n_class - 1 && w->cap_class[class] < w->rack_priority[r])
            class ++;
        int32_t level = cap->level - class * CAP_LEVELS;
        level = level < 0 ? 0 : level > CAP_LEVELS ? CAP_LEVELS : level;
        double frac = 1 - CAP_STEP * level;
        if (frac < w->rack_cap_frac[r])
            w->rack_cap_frac[r] = frac;
    }
}

static enum dh_err hold(struct dh_world *w, struct dh_stage_cap *cap) {
    bool site = cap->stage < 0;
    double power_w =
        site ? dh_power_site_w(&w->power, cap->site) : dh_uw_to_w(w->power.stage_out[cap->stage]);
    double stage_w = site || !isnan(cap->limit_w) ? cap->limit_w : w->power.stage[cap->stage].rated_w;
    double limit_w = site ? w->site_limit_w[cap->site] : stage_w;
    bool was = cap->level > 0;
    int32_t n_class = classes_of(w, cap);
    cap->level = next_level(cap->level, power_w, limit_w, n_class);
    bool is = cap->level > 0;
    if (is)
        lock_clocks(w, cap, n_class);
    double frac = 1 - CAP_STEP * (cap->level < CAP_LEVELS ? cap->level : CAP_LEVELS);
    if (site)
        w->now.site_cap_frac[cap->site] = frac;
    if (is == was)
        return DH_OK;
    if (!site)
        return dh_world_incident(w, is ? DH_INCIDENT_STAGE_CAP_BEGIN : DH_INCIDENT_STAGE_CAP_END, cap->stage,
                                 frac);
    if (is)
        dh_binding_begin(w, &w->site_cap[cap->site]);
    else
        dh_binding_end(w, &w->site_cap[cap->site]);
    return dh_world_incident(w, is ? DH_INCIDENT_CAP_BEGIN : DH_INCIDENT_CAP_END, cap->site, frac);
}

/* Highest clock at which no GPU of a rack draws more than its cap in its busy times. */
static double gpu_cap_frac(const struct dh_world *w, int32_t r) {
    const struct dh_facility *f = w->f;
    double frac = 1, cap_w = w->actions.gpu_cap_w[r];
    if (!(cap_w < INFINITY) || f->rack_device[r] < 0)
        return 1;
    const struct dh_device_spec *device = f->device_spec[f->rack_device[r]];
    for (int32_t n = f->rack_first_node[r]; n < f->rack_first_node[r] + f->rack_nodes[r]; n++)
        for (int32_t h = w->power.node_holding[n]; h >= 0; h = w->power.holding[h].next) {
            const struct dh_chip_load *load = &w->power.holding[h].load;
            double clock = dh_chip_clock_for(device, load, device->leakage_degc, cap_w);
            if (clock < load->clock) /* else the load's own highest clock: the cap takes nothing from it */
                frac = fmin(frac, clock);
        }
    return frac;
}

enum dh_err dh_world_hold_limits(struct dh_world *w) {
    dh_power_settle(&w->power, w->des.now);
    for (int32_t r = 0; r < w->f->n_rack; r++) {
        w->rack_cap_frac[r] = w->actions.gpu_cap_w ? gpu_cap_frac(w, r) : 1;
        if (w->scheduler_spec.capping == DH_CAPPING_PRIORITY)
            w->rack_priority[r] = rack_priority(w, r);
    }
    for (int32_t i = 0; i < w->n_cap; i++)
        DH_TRY(hold(w, &w->cap[i]));
    return DH_OK;
}

/* The stages through which the racks of a cap draw. */
static enum dh_err find_above(struct dh_world *w, struct dh_stage_cap *cap) {
    const struct dh_facility *f = w->f;
    int32_t s = cap->stage;
    cap->above = dh_arena_array(&w->mem, (size_t)f->n_stage, sizeof *cap->above);
    if (!cap->above)
        return DH_ERR_MEMORY;
    for (int32_t t = s; t < f->n_stage; t++) { /* feeds have smaller rows */
        cap->above[t] = t == s;
        for (int32_t i = 0; i < f->stage_feeds[t]; i++)
            cap->above[t] = cap->above[t] || cap->above[f->feed_stage[f->stage_first_feed[t] + i]];
    }
    return DH_OK;
}

enum dh_err dh_world_cap_stage(struct dh_world *w, int32_t stage, double limit_w) {
    for (int32_t i = 0; i < w->n_cap; i++)
        if (w->cap[i].stage == stage) {
            w->cap[i].limit_w = limit_w;
            return DH_OK;
        }
    struct dh_stage_cap *all = dh_arena_array(&w->mem, (size_t)w->n_cap + 1, sizeof *all);
    if (!all)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < w->n_cap; i++)
        all[i] = w->cap[i];
    all[w->n_cap] =
        (struct dh_stage_cap){.site = w->f->stage_site[stage], .stage = stage, .limit_w = limit_w};
    DH_TRY(find_above(w, &all[w->n_cap]));
    w->cap = all;
    w->n_cap++;
    return DH_OK;
}

enum dh_err dh_world_caps_start(struct dh_world *w) {
    const struct dh_facility *f = w->f;
    int32_t n = f->n_site;
    size_t racks = (size_t)f->n_rack;
    for (int32_t s = 0; s < f->n_stage; s++)
        n += f->stage_cap[s];
    w->cap = dh_arena_array(&w->mem, (size_t)n, sizeof *w->cap);
    w->rack_cap_frac = dh_arena_array(&w->mem, racks, sizeof *w->rack_cap_frac);
    w->rack_priority = dh_arena_array(&w->mem, racks, sizeof *w->rack_priority);
    w->cap_class = dh_arena_array(&w->mem, racks, sizeof *w->cap_class);
    if (!w->cap || !w->rack_cap_frac || !w->rack_priority || !w->cap_class)
        return DH_ERR_MEMORY;
    for (int32_t s = 0; s < f->n_site; s++)
        w->cap[w->n_cap++] = (struct dh_stage_cap){.site = s, .stage = -1};
    for (int32_t s = 0; s < f->n_stage; s++) {
        if (!f->stage_cap[s])
            continue;
        struct dh_stage_cap *cap = &w->cap[w->n_cap++];
        *cap = (struct dh_stage_cap){.site = f->stage_site[s], .stage = s, .limit_w = NAN};
        DH_TRY(find_above(w, cap));
    }
    return DH_OK;
}
