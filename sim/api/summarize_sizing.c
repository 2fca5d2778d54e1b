/* Floor, phases and dates: what building and calendar say to the scenario. */
#include "sim/api/summarize.h"
#include "models/sizing.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_hall(struct dh_summary *out, const struct dh_world *w, int32_t h, int32_t *row,
                     int32_t *n_violation) {
    const struct dh_hall_spec *hall = w->f->hall_spec[h];
    struct dh_floor floor = dh_sizing_floor(w->sc, hall);
    bool positions = hall->positions > 0;
    char kind[400];
    if (!positions && isnan(hall->area_m2) && isnan(hall->floor_kg_per_m2))
        return;
    int i = (int)(*row)++;
    dh_put_text_at(out, hall->id, "sizing.halls.%d.name", i);
    dh_put_at(out, (double)floor.racks, "sizing.halls.%d.racks", i);
    if (positions)
        dh_put_at(out, (double)hall->positions, "sizing.halls.%d.positions", i);
    dh_put_at(out, floor.area_m2, "sizing.halls.%d.area_used_m2", i);
    dh_put_at(out, hall->area_m2, "sizing.halls.%d.area_m2", i);
    dh_put_at(out, floor.mass_kg, "sizing.halls.%d.mass_kg", i);
    dh_put_at(out, floor.worst_kg_per_m2, "sizing.halls.%d.floor_kg_per_m2", i);
    dh_put_at(out, hall->floor_kg_per_m2, "sizing.halls.%d.floor_limit_kg_per_m2", i);
    const struct {
        const char *what;
        double used, limit;
    } limits[] = {
        {"rack positions", (double)floor.racks,   positions ? (double)hall->positions : NAN},
        {"floor area",     floor.area_m2,         hall->area_m2                            },
        {"floor load",     floor.worst_kg_per_m2, hall->floor_kg_per_m2                    },
    };
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++)
        if (limits[k].used > limits[k].limit) {
            snprintf(kind, sizeof kind, "%s of %.250s", limits[k].what, hall->id);
            dh_put_violation(out, n_violation, kind, 1, limits[k].used / limits[k].limit, NULL);
        }
}

static void put_phases(struct dh_summary *out, const struct dh_world *w) {
    int32_t row = 0;
    double phase_w[3];
    bool any = false;
    for (int32_t r = 0; r < w->f->n_rack && !any; r++)
        any = w->f->rack_one_phase[r];
    for (int32_t s = 0; any && s < w->f->n_stage && row < 100; s++) {
        if (!dh_sizing_phases(w->f, s, phase_w))
            continue;
        dh_put_text_at(out, w->f->stage_name[s], "sizing.phases.%d.name", (int)row);
        dh_put_at(out, phase_w[0] / 1000, "sizing.phases.%d.a_kw", (int)row);
        dh_put_at(out, phase_w[1] / 1000, "sizing.phases.%d.b_kw", (int)row);
        dh_put_at(out, phase_w[2] / 1000, "sizing.phases.%d.c_kw", (int)row);
        dh_put_at(out, dh_phase_imbalance(phase_w), "sizing.phases.%d.imbalance", (int)row);
        row++;
    }
}

struct late {
    struct dh_summary *out;
    int32_t row, *n_violation;
};

static enum dh_err put_late(void *self, const struct dh_bill_item *item) {
    struct late *l = self;
    double late_s = dh_sizing_late_s(item);
    char needed[21], arrives[21], kind[400];
    if (!(late_s > 0) || strcmp(item->kind, "node") == 0 || strcmp(item->kind, "device") == 0)
        return DH_OK; /* nodes and devices come with their racks */
    dh_timestamp_format(item->needed_unix_s, needed);
    dh_timestamp_format(item->needed_unix_s + (int64_t)late_s, arrives);
    dh_put_text_at(l->out, item->kind, "sizing.late.%d.kind", (int)l->row);
    dh_put_text_at(l->out, item->id, "sizing.late.%d.name", (int)l->row);
    dh_put_at(l->out, (double)item->count, "sizing.late.%d.count", (int)l->row);
    dh_put_text_at(l->out, needed, "sizing.late.%d.needed", (int)l->row);
    dh_put_text_at(l->out, arrives, "sizing.late.%d.arrives", (int)l->row);
    dh_put_at(l->out, late_s / 86400, "sizing.late.%d.days", (int)l->row);
    l->row++;
    snprintf(kind, sizeof kind, "%s %.250s arrives late", item->kind, item->id);
    dh_put_violation(l->out, l->n_violation, kind, (double)item->count,
                     1 + late_s / (item->lead_s > 0 ? item->lead_s : late_s), needed);
    return DH_OK;
}

void dh_summarize_sizing(struct dh_summary *out, const struct dh_world *w, int32_t *n_violation) {
    int32_t row = 0;
    for (int32_t h = 0; h < w->f->n_hall; h++)
        put_hall(out, w, h, &row, n_violation);
    put_phases(out, w);
    struct late late = {.out = out, .n_violation = n_violation};
    dh_sizing_items(w->sc, put_late, &late);
}
