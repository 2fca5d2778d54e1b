#include "viz/condition.h"

#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dh_conditions_free(struct dh_conditions *c) {
    free(c->told);
    free(c->drained);
    free(c->tripped);
    free(c->failed);
    free(c->planned);
    free(c->gpu_cap_w);
    free(c->site_cap_w);
    free(c->stage_cap_w);
    *c = (struct dh_conditions){0};
}

/* ---- events that say something lasting */

static bool lasts(enum dh_incident kind) {
    switch (kind) {
    case DH_INCIDENT_DRAIN:
    case DH_INCIDENT_UNDRAIN:
    case DH_INCIDENT_TRIP:
    case DH_INCIDENT_TRIP_END:
    case DH_INCIDENT_PUT_BACK:
    case DH_INCIDENT_FAILURE:
    case DH_INCIDENT_REPAIRED:
    case DH_INCIDENT_MAINTENANCE:
    case DH_INCIDENT_MAINTENANCE_END:
    case DH_INCIDENT_SET_CAP:
    case DH_INCIDENT_SET_STAGE_CAP:
    case DH_INCIDENT_SET_GPU_CAP:
        return true;
    default:
        return false;
    }
}

static bool reset(struct dh_conditions *c, const struct dh_view *v) {
    const struct dh_facility *f = v->facility;
    size_t racks = (size_t)f->n_rack + 1, groups = (size_t)v->equipment.n_group + 1,
           sites = (size_t)f->n_site + 1, stages = (size_t)f->n_stage + 1;
    if (!c->ready) {
        c->drained = malloc(racks * sizeof *c->drained);
        c->tripped = malloc(groups * sizeof *c->tripped);
        c->failed = malloc(groups * sizeof *c->failed);
        c->planned = malloc(groups * sizeof *c->planned);
        c->gpu_cap_w = malloc(racks * sizeof *c->gpu_cap_w);
        c->site_cap_w = malloc(sites * sizeof *c->site_cap_w);
        c->stage_cap_w = malloc(stages * sizeof *c->stage_cap_w);
        c->broken = !c->drained || !c->tripped || !c->failed || !c->planned || !c->gpu_cap_w ||
                    !c->site_cap_w || !c->stage_cap_w;
        c->ready = true;
    }
    if (c->broken)
        return false;
    memset(c->drained, 0, racks * sizeof *c->drained);
    memset(c->tripped, 0, groups * sizeof *c->tripped);
    memset(c->failed, 0, groups * sizeof *c->failed);
    memset(c->planned, 0, groups * sizeof *c->planned);
    for (size_t i = 0; i < racks; i++)
        c->gpu_cap_w[i] = NAN;
    for (size_t i = 0; i < sites; i++)
        c->site_cap_w[i] = NAN;
    for (size_t i = 0; i < stages; i++)
        c->stage_cap_w[i] = NAN;
    c->any_drained = false;
    c->n_counted = 0;
    return true;
}

/* Of how many units an event speaks: a file may say anything. */
static int32_t whole(double value) {
    return value >= 0 && value <= 1e9 ? (int32_t)value : 0;
}

static int32_t limit(int64_t n, int32_t most) {
    return n < 0 ? 0 : n > most ? most : (int32_t)n;
}

static void count(struct dh_conditions *c, const struct dh_view *v, const struct dh_view_event *e) {
    const struct dh_facility *f = v->facility;
    bool rack = e->subject >= 0 && e->subject < f->n_rack,
         group = e->subject >= 0 && e->subject < v->equipment.n_group;
    int32_t n = whole(e->value), most = group ? v->equipment.groups[e->subject].n : 0;
    int32_t *tripped = group ? &c->tripped[e->subject] : NULL,
            *failed = group ? &c->failed[e->subject] : NULL,
            *planned = group ? &c->planned[e->subject] : NULL;
    switch (e->kind) {
    case DH_INCIDENT_DRAIN:
    case DH_INCIDENT_UNDRAIN:
        if (rack)
            c->drained[e->subject] =
                limit((int64_t)c->drained[e->subject] + (e->kind == DH_INCIDENT_DRAIN ? n : -n),
                      f->rack_nodes[e->subject]);
        c->any_drained |= rack;
        break;
    case DH_INCIDENT_TRIP:
        if (group)
            *tripped = limit((int64_t)*tripped + n, most);
        break;
    case DH_INCIDENT_TRIP_END:
    case DH_INCIDENT_PUT_BACK:
        if (group)
            *tripped = limit((int64_t)*tripped - n, most);
        break;
    case DH_INCIDENT_FAILURE: /* the value says which */
        if (group)
            *failed = limit((int64_t)*failed + 1, most);
        break;
    case DH_INCIDENT_REPAIRED:
        if (group)
            *failed = limit((int64_t)*failed - 1, most);
        break;
    case DH_INCIDENT_MAINTENANCE:
        if (group)
            *planned = limit((int64_t)*planned + n, most);
        break;
    case DH_INCIDENT_MAINTENANCE_END:
        if (group)
            *planned = limit((int64_t)*planned - n, most);
        break;
    case DH_INCIDENT_SET_CAP:
        if (e->subject >= 0 && e->subject < f->n_site)
            c->site_cap_w[e->subject] = (float)e->value;
        break;
    case DH_INCIDENT_SET_STAGE_CAP:
        if (e->subject >= 0 && e->subject < f->n_stage)
            c->stage_cap_w[e->subject] = (float)e->value;
        break;
    case DH_INCIDENT_SET_GPU_CAP:
        if (rack)
            c->gpu_cap_w[e->subject] = (float)e->value;
        break;
    default:
        break;
    }
}

/* Events that came since, without the many that say nothing lasting. */
static void look(struct dh_conditions *c, const struct dh_source *s) {
    if (s->n_event < c->n_seen) /* the file was read anew, and has fewer */
        c->n_seen = c->n_told = c->n_counted = 0, c->counted_to = DH_TIME_MAX;
    for (; c->n_seen < s->n_event; c->n_seen++) {
        if (!lasts(s->events[c->n_seen].kind))
            continue;
        if (c->n_told == c->room) {
            int64_t room = c->room ? 2 * c->room : 64;
            struct dh_view_event *more = realloc(c->told, (size_t)room * sizeof *more);
            if (!more) {
                c->broken = true;
                return;
            }
            c->told = more;
            c->room = room;
        }
        c->told[c->n_told++] = s->events[c->n_seen];
    }
}

/* The figures of the instant shown; of a run that is followed, of all that it has told: a deed shows before
 * the interval in which it was done is over. */
static bool bring_to_now(struct dh_view *v) {
    struct dh_conditions *c = &v->conditions;
    dh_time to = v->following && v->source->live ? DH_TIME_MAX : v->at;
    look(c, v->source);
    if ((!c->ready || to < c->counted_to) && !reset(c, v))
        return false;
    for (; c->n_counted < c->n_told && c->told[c->n_counted].at <= to; c->n_counted++)
        count(c, v, &c->told[c->n_counted]);
    c->counted_to = to;
    return !c->broken;
}

/* ---- of a thing */

const int32_t *dh_view_drained(struct dh_view *v) {
    return bring_to_now(v) && v->conditions.any_drained ? v->conditions.drained : NULL;
}

int32_t dh_view_units_out(struct dh_view *v, int32_t group) {
    const struct dh_conditions *c = &v->conditions;
    if (group < 0 || group >= v->equipment.n_group || !bring_to_now(v))
        return 0;
    return limit((int64_t)c->tripped[group] + c->failed[group] + c->planned[group],
                 v->equipment.groups[group].n);
}

void dh_view_condition(struct dh_view *v, struct dh_view_thing t, struct dh_condition *out) {
    const struct dh_conditions *c = &v->conditions;
    const struct dh_facility *f = v->facility;
    *out = (struct dh_condition){.cap_w = NAN, .gpu_cap_w = NAN};
    if (t.what == DH_NOTHING || t.row < 0 || t.what == DH_A_JOB || t.row >= dh_thing_count(v, t.what) ||
        !bring_to_now(v))
        return;
    if (t.what == DH_A_RACK) {
        out->nodes = f->rack_nodes[t.row];
        out->drained = c->drained[t.row];
        out->gpu_cap_w = (double)c->gpu_cap_w[t.row];
    }
    if (t.what == DH_A_SITE)
        out->cap_w = (double)c->site_cap_w[t.row];
    if (t.what == DH_A_STAGE)
        out->cap_w = (double)c->stage_cap_w[t.row];
    out->set = dh_supply_was_set(v, t);
    for (int32_t g = 0; g < v->equipment.n_group; g++) {
        const struct dh_equipment_group *group = &v->equipment.groups[g];
        struct dh_view_thing about = dh_group_thing(f, group);
        /* A row of racks is shown by its first: what is out of it may be any. */
        if (about.what != t.what || about.row != t.row || (t.what == DH_A_RACK && group->n > 1))
            continue;
        out->units += group->n;
        out->tripped += c->tripped[g];
        out->failed += c->failed[g];
        out->planned += c->planned[g];
    }
}

static void add(char *room, size_t n, const char *words) {
    size_t length = strlen(room);
    if (length < n)
        snprintf(room + length, n - length, "%s%s", length ? ", " : "", words);
}

static void add_units(char *room, size_t n, int32_t out, int32_t units, const char *word) {
    char text[64];
    if (out <= 0)
        return;
    if (units > 1)
        snprintf(text, sizeof text, "%d of %d units %s", (int)out, (int)units, word);
    else
        snprintf(text, sizeof text, "%s", word);
    add(room, n, text);
}

const char *dh_condition_text(const struct dh_condition *c, char *room, size_t n) {
    char text[64];
    room[0] = '\0';
    if (c->drained > 0 && c->drained >= c->nodes)
        add(room, n, "drained: no job starts here");
    else if (c->drained > 0) {
        snprintf(text, sizeof text, "%d of %d nodes drained", (int)c->drained, (int)c->nodes);
        add(room, n, text);
    }
    add_units(room, n, c->tripped, c->units, "tripped");
    add_units(room, n, c->failed, c->units, "failed");
    add_units(room, n, c->planned, c->units, "in maintenance");
    if (room[0]) {
        size_t length = strlen(room);
        static const char mark[] = "\u25b2 ";
        if (length + sizeof mark <= n) {
            memmove(room + sizeof mark - 1, room, length + 1);
            memcpy(room, mark, sizeof mark - 1);
        }
    }
    return room;
}
