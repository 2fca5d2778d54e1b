/* What somebody does in a run: at times known before, or now. Each deed is an event in a phase of its own, so
 * that one that came up by hand has the place among others that it has when it is repeated by its time. */
#include "models/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ---------------------------------------------------------------------------------------------
 */

static double own_cap_w(const struct dh_world *w, int32_t site) {
    if (w->actions.cap_w)
        return w->actions.cap_w[site];
    return isnan(w->scheduler_spec.power_cap_w) ? INFINITY : w->scheduler_spec.power_cap_w;
}

static enum dh_err set_site_cap(struct dh_world *w, int32_t site, double cap_w) {
    double rated_w = 0;
    if (!w->actions.cap_w) {
        double *all = dh_arena_array(&w->mem, (size_t)w->f->n_site, sizeof *all);
        if (!all)
            return DH_ERR_MEMORY;
        for (int32_t s = 0; s < w->f->n_site; s++)
            all[s] = own_cap_w(w, s);
        w->actions.cap_w = all;
    }
    for (int32_t t = 0; t < w->f->n_stage; t++)
        if (w->f->stage_kind[t] == DH_STAGE_UTILITY && w->f->stage_site[t] == site)
            rated_w += w->f->stage_rated_w[t];
    w->actions.cap_w[site] = cap_w;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_SET_CAP, site, cap_w < INFINITY ? cap_w : NAN));
    DH_TRY(dh_world_limit_site(w, site, fmin(rated_w, cap_w)));
    DH_TRY(dh_world_plant_disturb(w));
    return dh_world_plan_pass(w);
}

/* NAN: its rating, or nothing, as the scenario has it. */
static double stage_cap_w(const struct dh_world *w, int32_t stage) {
    for (int32_t i = 0; i < w->n_cap; i++)
        if (w->cap[i].stage == stage)
            return w->cap[i].limit_w;
    return INFINITY;
}

static enum dh_err set_stage_cap(struct dh_world *w, int32_t stage, double cap_w) {
    DH_TRY(dh_world_incident(w, DH_INCIDENT_SET_STAGE_CAP, stage, cap_w < INFINITY ? cap_w : NAN));
    DH_TRY(dh_world_cap_stage(w, stage, cap_w));
    return dh_world_plant_disturb(w);
}

static enum dh_err put_gpu_cap(struct dh_world *w, int32_t rack, double cap_w) {
    w->actions.gpu_cap_w[rack] = cap_w;
    return dh_world_incident(w, DH_INCIDENT_SET_GPU_CAP, rack, cap_w < INFINITY ? cap_w : NAN);
}

static enum dh_err set_gpu_cap(struct dh_world *w, int32_t first, int32_t n, double cap_w) {
    if (!w->actions.gpu_cap_w) {
        double *all = dh_arena_array(&w->mem, (size_t)w->f->n_rack, sizeof *all);
        if (!all)
            return DH_ERR_MEMORY;
        for (int32_t r = 0; r < w->f->n_rack; r++)
            all[r] = INFINITY;
        w->actions.gpu_cap_w = all;
    }
    for (int32_t r = first; r < first + n; r++)
        DH_TRY(put_gpu_cap(w, r, cap_w));
    return dh_world_plant_disturb(w);
}

static enum dh_err set_supply(struct dh_world *w, int32_t row, double degc) {
    DH_TRY(dh_world_plant_disturb(w)); /* as it was, until now */
    dh_plant_set_supply(&w->plant, w->f, row, degc);
    return dh_world_incident(w, DH_INCIDENT_SET_SUPPLY, row, degc);
}

/* Of one that nobody has set. */
static double setting_now(const struct dh_world *w, const struct dh_action *a) {
    switch (a->setting) {
    case DH_SET_SUPPLY:
        return dh_plant_supply(&w->plant, w->f, a->row);
    case DH_SET_SITE_CAP:
        return own_cap_w(w, a->row);
    case DH_SET_STAGE_CAP:
        return stage_cap_w(w, a->row);
    case DH_SET_GPU_CAP:
        return INFINITY; /* no scenario has one */
    case DH_SET_BURST:
        break;
    }
    return w->bursts ? w->cloud.spec->threshold_s : 0;
}

static enum dh_err set(struct dh_world *w, const struct dh_action *a, double value) {
    switch (a->setting) {
    case DH_SET_SUPPLY:
        return set_supply(w, a->row, value);
    case DH_SET_SITE_CAP:
        return set_site_cap(w, a->row, value);
    case DH_SET_STAGE_CAP:
        return set_stage_cap(w, a->row, value);
    case DH_SET_GPU_CAP:
        return set_gpu_cap(w, a->row, a->n, value);
    case DH_SET_BURST:
        break;
    }
    DH_TRY(dh_world_incident(w, DH_INCIDENT_SET_BURST, -1, value));
    return dh_world_burst_after(w, value);
}

/* ---- nodes ------------------------------------------------------------------------------------------------
 */

/* An incident for each rack of which nodes changed. */
static enum dh_err drain(struct dh_world *w, int32_t first, int32_t count, bool drained) {
    for (int32_t node = first, n; node < first + count; node = n) {
        int32_t rack = w->f->node_rack[node], changed;
        for (n = node; n < first + count && w->f->node_rack[n] == rack; n++) {
        }
        DH_TRY(dh_world_drain(w, node, n - node, drained, &changed));
        DH_TRY(dh_world_incident(w, drained ? DH_INCIDENT_DRAIN : DH_INCIDENT_UNDRAIN, rack, changed));
    }
    return DH_OK;
}

/* ---- deeds in force ---------------------------------------------------------------------------------------
 *
 * The newest deed decides about a thing: a setting, a rack's cap, a node that takes jobs. One that ends
 * leaves the thing to the newest of the others that have not ended, and to what it was before the first when
 * there are none. */

/* Things that a deed is about lie in a row; the first is a->row. */
static int32_t n_thing(const struct dh_action *a) {
    return a->deed != DH_DO_SET || a->setting == DH_SET_GPU_CAP ? a->n : 1;
}

static bool alike(const struct dh_action *a, const struct dh_action *b) {
    return (a->deed == DH_DO_SET) == (b->deed == DH_DO_SET) &&
           (a->deed != DH_DO_SET || a->setting == b->setting);
}

/* Who decides about a thing of a kind; NULL: nobody. */
static const struct dh_action *in_force(const struct dh_world *w, const struct dh_action *kind,
                                        int32_t thing) {
    const struct dh_action *a = w->actions.in_force;
    while (a && !(alike(a, kind) && thing >= a->row && thing - a->row < n_thing(a)))
        a = a->under;
    return a;
}

/* From now on. Those that it covers for good will never decide again. */
static void take_force(struct dh_world *w, struct dh_action *a) {
    if (isnan(a->for_s))
        for (struct dh_action **at = &w->actions.in_force; *at;) {
            struct dh_action *b = *at;
            bool covered = alike(a, b) && b->row >= a->row && b->row - a->row + n_thing(b) <= n_thing(a);
            if (covered)
                *at = b->under;
            else
                at = &b->under;
        }
    a->under = w->actions.in_force;
    w->actions.in_force = a;
}

static void lose_force(struct dh_world *w, const struct dh_action *a) {
    struct dh_action **at = &w->actions.in_force;
    while (*at && *at != a)
        at = &(*at)->under;
    if (*at)
        *at = a->under;
}

/* ---- deeds ------------------------------------------------------------------------------------------------
 */

/* Until then others wait for it, as for a repair. A trip has an end of its own. */
static enum dh_err plan_end(struct dh_world *w, const struct dh_action *a, int32_t row) {
    dh_time end = isnan(a->for_s) ? DH_TIME_MAX : dh_time_after(w->des.now, a->for_s);
    if (end == DH_TIME_MAX)
        return DH_OK;
    w->failure.n_away++;
    /* Not among deeds: one that is repeated was planned before this end, and one by hand was not. */
    return dh_des_schedule(&w->des, end, DH_PHASE_FAILURE, DH_EVENT_ACTION, row, 1);
}

static enum dh_err put_back(struct dh_world *w, const struct dh_action *a) {
    int32_t n;
    DH_TRY(dh_world_put_back(w, &a->target, &n));
    return dh_world_incident(w, DH_INCIDENT_PUT_BACK, a->target.group, n);
}

static enum dh_err begin(struct dh_world *w, struct dh_action *a, int32_t row) {
    const struct dh_action *below;
    switch (a->deed) {
    case DH_DO_TRIP:
        return dh_world_trip(w, &a->target, a->what, a->for_s);
    case DH_DO_RESTORE:
        return put_back(w, a);
    case DH_DO_SET:
        below = in_force(w, a, a->row);
        a->before = below ? below->before : setting_now(w, a);
        take_force(w, a);
        DH_TRY(set(w, a, a->value));
        return plan_end(w, a, row);
    case DH_DO_DRAIN:
    case DH_DO_UNDRAIN:
        take_force(w, a);
        DH_TRY(drain(w, a->row, a->n, a->deed == DH_DO_DRAIN));
        return plan_end(w, a, row);
    case DH_DO_INJECT:
    case DH_N_DEED:
        break;
    }
    return dh_world_inject(w, a);
}

/* Its racks' caps, of those that it decided about: without it. */
static enum dh_err end_gpu_cap(struct dh_world *w, const struct dh_action *a, const bool *decided) {
    bool any = false;
    for (int32_t i = 0; i < a->n; i++) {
        const struct dh_action *below = in_force(w, a, a->row + i);
        any = any || decided[i];
        if (decided[i])
            DH_TRY(put_gpu_cap(w, a->row + i, below ? below->value : INFINITY));
    }
    return any ? dh_world_plant_disturb(w) : DH_OK;
}

/* Its nodes likewise; those next to each other together, as it began. */
static enum dh_err end_drain(struct dh_world *w, const struct dh_action *a, const bool *decided) {
    for (int32_t i = 0, n; i < a->n; i += n + (n == 0)) {
        for (n = 0; i + n < a->n && decided[i + n]; n++) {
            const struct dh_action *below = in_force(w, a, a->row + i + n);
            if (below && below->deed == DH_DO_DRAIN)
                break;
        }
        if (n > 0)
            DH_TRY(drain(w, a->row + i, n, false));
    }
    return DH_OK;
}

static enum dh_err end(struct dh_world *w, const struct dh_action *a) {
    int32_t n = n_thing(a);
    bool *decided = malloc((size_t)n + 1);
    enum dh_err err = decided ? DH_OK : DH_ERR_MEMORY;
    w->failure.n_away--;
    for (int32_t i = 0; !err && i < n; i++)
        decided[i] = in_force(w, a, a->row + i) == a;
    lose_force(w, a);
    const struct dh_action *below = in_force(w, a, a->row);
    if (err)
        return err;
    if (a->deed != DH_DO_SET)
        err = end_drain(w, a, decided);
    else if (a->setting == DH_SET_GPU_CAP)
        err = end_gpu_cap(w, a, decided);
    else if (decided[0])
        err = set(w, a, below ? below->value : a->before);
    free(decided);
    return err;
}

static void tell(struct dh_actions_run *r, struct dh_action *a) {
    a->done = true;
    a->next = NULL;
    if (!a->kept)
        return;
    if (r->last_done)
        r->last_done->next = a;
    else
        r->first_done = a;
    r->last_done = a;
}

enum dh_err dh_world_on_action(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_action *a = w->actions.all[ev->subject];
    (void)des;
    if (ev->value != 0)
        return end(w, a);
    tell(&w->actions, a);
    for (int32_t i = 0; i < w->n_observer && a->kept; i++)
        if (w->observers[i].action)
            DH_TRY(w->observers[i].action(w->observers[i].self, w->des.now, a));
    return begin(w, a, ev->subject);
}

/* ---- known before, and by hand ----------------------------------------------------------------------------
 */

static enum dh_err schedule(struct dh_world *w, struct dh_action *a) {
    struct dh_actions_run *r = &w->actions;
    if (r->n == r->room) {
        int32_t room = r->room ? 2 * r->room : 32;
        struct dh_action **all = dh_arena_array(&w->mem, (size_t)room, sizeof *all);
        if (!all)
            return DH_ERR_MEMORY;
        if (r->n > 0)
            memcpy(all, r->all, (size_t)r->n * sizeof *all);
        r->all = all;
        r->room = room;
    }
    r->all[r->n] = a;
    return dh_des_schedule(&w->des, a->at, DH_PHASE_ACTION, DH_EVENT_ACTION, r->n++, 0);
}

enum dh_err dh_world_actions_start(struct dh_world *w, const struct dh_world_options *options) {
    for (int32_t i = 0; i < options->n_action; i++)
        DH_TRY(schedule(w, options->actions[i]));
    return DH_OK;
}

dh_time dh_world_action_time(dh_time now, int64_t start_unix_s, char at_text[static 40]) {
    for (dh_time at = now + 1, step = 1;; at += step, step *= 2) {
        dh_time read;
        snprintf(at_text, 40, "%lld.%09lld s", (long long)(at / DH_NS_PER_S), (long long)(at % DH_NS_PER_S));
        if (dh_event_time(at_text, start_unix_s, &read, (struct dh_place){0}, NULL) != DH_OK)
            return DH_TIME_MAX; /* beyond what an event may be at */
        if (read > now) /* rounding of the text may have moved it: that is when it happens, then and again */
            return read;
    }
}

enum dh_err dh_world_act(struct dh_world *w, struct dh_action *action) {
    return schedule(w, action);
}
