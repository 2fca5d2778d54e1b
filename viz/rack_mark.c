#include "viz/rack_mark.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *dh_rack_mark_word(enum dh_rack_mark mark) {
    static const char *const words[DH_N_RACK_MARK] = {"", "partly out of service", "drained",
                                                      "out of service"};
    return words[mark];
}

static void add(int32_t *count, int32_t by) {
    int64_t sum = (int64_t)*count + by;
    *count = sum < 0 ? 0 : sum > INT32_MAX ? INT32_MAX : (int32_t)sum;
}

/* A unit of racks, nodes or GPUs left service, or came back. */
static void take_unit(struct dh_rack_marks *m, const struct dh_facility *f,
                      const struct dh_equipment_group *g, double value, int32_t by) {
    if (!(value >= 1) || value > g->n)
        return;
    int32_t unit = (int32_t)value - 1;
    if (g->kind == DH_EQUIPMENT_RACK && g->row + unit < f->n_rack)
        add(&m->out[g->row + unit], by * f->rack_nodes[g->row + unit]);
    if (g->kind == DH_EQUIPMENT_GPU)
        unit = g->unit_gpus > 0 ? unit / g->unit_gpus : 0;
    if ((g->kind == DH_EQUIPMENT_NODE || g->kind == DH_EQUIPMENT_GPU) && g->row + unit < f->n_node)
        add(&m->out[f->node_rack[g->row + unit]], by);
}

static void take_event(struct dh_rack_marks *m, const struct dh_facility *f,
                       const struct dh_equipment *equipment, const struct dh_view_event *e) {
    bool failed = e->kind == DH_INCIDENT_FAILURE, group = e->subject >= 0 && e->subject < equipment->n_group;
    if (group && (failed || e->kind == DH_INCIDENT_REPAIRED))
        take_unit(m, f, &equipment->groups[e->subject], e->value, failed ? 1 : -1);
}

static bool make(struct dh_rack_marks *m, int32_t n) {
    size_t room = (size_t)n + 1;
    m->mark = calloc(room, sizeof *m->mark);
    m->out = calloc(room, sizeof *m->out);
    m->failed = !m->mark || !m->out;
    return !m->failed;
}

void dh_rack_marks_read(struct dh_rack_marks *m, struct dh_source *s, const struct dh_equipment *equipment,
                        const int32_t *drained) {
    const struct dh_facility *f = s->facility;
    if (m->failed || (!m->mark && !make(m, f->n_rack)))
        return;
    int64_t newest = dh_source_event(s, s->at + 1);
    if (newest < m->events) { /* back in time: from the start again */
        memset(m->out, 0, (size_t)f->n_rack * sizeof *m->out);
        m->events = 0;
    }
    for (; m->events < newest; m->events++)
        take_event(m, f, equipment, &s->events[m->events]);
    memset(m->n, 0, sizeof m->n);
    for (int32_t r = 0; r < f->n_rack; r++) {
        bool there = f->rack_energized[r] <= s->at, dark = dh_source_rack_dark(s, r);
        int32_t nodes = f->rack_nodes[r];
        m->mark[r] = !there                                      ? DH_MARK_NONE
                     : dark || (nodes > 0 && m->out[r] >= nodes) ? DH_MARK_OUT
                     : drained && drained[r] > 0                 ? DH_MARK_DRAINED
                     : m->out[r] > 0                             ? DH_MARK_PART
                                                                 : DH_MARK_NONE;
        m->n[m->mark[r]]++;
    }
}

void dh_rack_marks_free(struct dh_rack_marks *m) {
    free(m->mark);
    free(m->out);
    *m = (struct dh_rack_marks){0};
}
