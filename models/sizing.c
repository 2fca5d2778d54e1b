#include "models/sizing.h"

#include <math.h>
#include <string.h>

/* ---- bill of materials
 * -------------------------------------------------------------------------------------- */

static int64_t earliest(int64_t a, int64_t b) {
    return a == INT64_MIN ? b : b == INT64_MIN || a < b ? a : b;
}

static int64_t needed_of(const struct dh_hall_spec *hall, const struct dh_row_spec *row) {
    return row->needed_unix_s != INT64_MIN ? row->needed_unix_s : hall->needed_unix_s;
}

static int64_t site_needed(const struct dh_site_spec *site) {
    int64_t first = INT64_MIN;
    for (int32_t h = 0; h < site->n_halls; h++)
        for (int32_t i = 0; i < site->halls[h].n_rows; i++)
            first = earliest(first, needed_of(&site->halls[h], &site->halls[h].rows[i]));
    return first;
}

struct walk {
    const struct dh_scenario *sc;
    const struct dh_site_spec *site;
    int64_t needed;
    enum dh_err (*item)(void *, const struct dh_bill_item *);
    void *self;
};

static enum dh_err give(const struct walk *w, struct dh_bill_item item) {
    item.ordered_unix_s = w->site->ordered_unix_s;
    if (!item.title)
        item.title = "";
    return w->item(w->self, &item);
}

/* Rows of a list of elements of the site, which have no price of their own. */
#define GIVE_ALL(list, n, kind_, rating)                                                                     \
    for (int32_t i = 0; i < (n); i++)                                                                        \
    DH_TRY(give(w, (struct dh_bill_item){.kind = kind_,                                                      \
                                         .id = (list)[i].id,                                                 \
                                         .count = (list)[i].count,                                           \
                                         .unit_w = (rating),                                                 \
                                         .unit_usd = NAN,                                                    \
                                         .lead_s = (list)[i].lead_s,                                         \
                                         .needed_unix_s = w->needed,                                         \
                                         .sources = (list)[i].sources,                                       \
                                         .n_source = (list)[i].n_sources}))

static enum dh_err give_plant(const struct walk *w) {
    const struct dh_power_spec *power = &w->site->powers[0];
    GIVE_ALL(power->transformers, power->n_transformers, "transformer", power->transformers[i].rated_w);
    GIVE_ALL(power->generators, power->n_generators, "generator", power->generators[i].rated_w);
    GIVE_ALL(power->upses, power->n_upses, "ups", power->upses[i].rated_w);
    GIVE_ALL(power->pdus, power->n_pdus, "pdu", power->pdus[i].rated_w);
    if (w->site->n_coolings == 0)
        return DH_OK;
    const struct dh_cooling_spec *c = &w->site->coolings[0];
    for (int32_t i = 0; i < c->n_chiller_plants; i++) {
        const struct dh_chiller_plant_spec *plant = &c->chiller_plants[i];
        DH_TRY(give(w, (struct dh_bill_item){.kind = "chiller",
                                             .id = plant->id,
                                             .count = plant->chillers,
                                             .unit_w = plant->capacity_w / (double)plant->chillers,
                                             .unit_usd = NAN,
                                             .lead_s = plant->lead_s,
                                             .needed_unix_s = w->needed,
                                             .sources = plant->sources,
                                             .n_source = plant->n_sources}));
    }
    for (int32_t i = 0; i < c->n_liquid_plants; i++) {
        const struct dh_liquid_plant_spec *plant = &c->liquid_plants[i];
        DH_TRY(give(w, (struct dh_bill_item){.kind = "liquid-plant",
                                             .id = plant->id,
                                             .count = 1,
                                             .unit_w = plant->capacity_w,
                                             .unit_usd = NAN,
                                             .lead_s = plant->lead_s,
                                             .needed_unix_s = w->needed,
                                             .sources = plant->sources,
                                             .n_source = plant->n_sources}));
    }
    GIVE_ALL(c->cdus, c->n_cdus, "cdu", c->cdus[i].rated_w);
    return DH_OK;
}

/* A rack type of the site with its nodes and their devices: three lines. */
static enum dh_err give_racks(const struct walk *w, const struct dh_rack_type_spec *type, int64_t racks,
                              int64_t needed) {
    const struct dh_node_spec *node = dh_scenario_node(w->sc, type->node);
    const struct dh_device_spec *device = node ? dh_scenario_device(w->sc, node->device) : NULL;
    DH_TRY(give(w, (struct dh_bill_item){.kind = "rack",
                                         .id = type->id,
                                         .title = type->title,
                                         .count = racks,
                                         .unit_w = type->rated_w,
                                         .unit_usd = type->price_usd,
                                         .lead_s = type->lead_s,
                                         .needed_unix_s = needed,
                                         .sources = type->sources,
                                         .n_source = type->n_sources}));
    if (!node || !device)
        return DH_OK;
    DH_TRY(give(w, (struct dh_bill_item){.kind = "node",
                                         .id = node->id,
                                         .title = node->title,
                                         .count = racks * type->nodes,
                                         .unit_w = NAN,
                                         .unit_usd = node->price_usd,
                                         .lead_s = type->lead_s,
                                         .needed_unix_s = needed,
                                         .sources = node->sources,
                                         .n_source = node->n_sources}));
    return give(w, (struct dh_bill_item){.kind = "device",
                                         .id = device->id,
                                         .title = device->title,
                                         .count = racks * type->nodes * node->gpus,
                                         .unit_w = device->tdp_w,
                                         .included = !isnan(node->price_usd),
                                         .unit_usd = device->price_usd,
                                         .lead_s = type->lead_s,
                                         .needed_unix_s = needed,
                                         .sources = device->sources,
                                         .n_source = device->n_sources});
}

/* Switches and cables of the fabrics whose switches stand in the site. */
static enum dh_err give_fabrics(const struct walk *w, const struct dh_run_fabrics *all, int32_t site) {
    static const char *const switches[DH_N_TIER] = {"leaf-switch", "spine-switch", "core-switch"};
    static const char *const cables[DH_N_CABLE] = {"host-cable", "local-cable", "global-cable"};
    for (int32_t i = 0; i < all->n; i++) {
        const struct dh_run_fabric *f = &all->fabrics[i];
        if (f->site != site)
            continue;
        struct dh_bill_item item = {.id = f->spec->id,
                                    .lead_s = f->spec->lead_s,
                                    .needed_unix_s =
                                        f->row_spec ? needed_of(f->hall_spec, f->row_spec) : w->needed,
                                    .sources = f->spec->sources,
                                    .n_source = f->spec->n_sources};
        for (int t = 0; t < DH_N_TIER; t++) {
            item.kind = switches[t];
            item.price_word = "switch";
            item.title = f->tier[t] ? f->tier[t]->title : "";
            item.count = f->switches[t];
            item.unit_w = f->tier[t] ? f->tier[t]->power_w : NAN;
            item.unit_usd = f->tier[t] ? f->tier[t]->price_usd : NAN;
            if (item.count > 0)
                DH_TRY(give(w, item));
        }
        for (int c = 0; c < DH_N_CABLE; c++) {
            item.kind = cables[c];
            item.price_word = "link";
            item.title = f->cable[c] ? f->cable[c]->title : "";
            item.count = f->cables[c];
            item.unit_w = f->cable[c] ? f->cable[c]->power_w : NAN;
            item.unit_usd = f->cable[c] ? f->cable[c]->price_usd : NAN;
            if (item.count > 0)
                DH_TRY(give(w, item));
        }
    }
    return DH_OK;
}

static enum dh_err give_sites(const struct dh_scenario *sc, const struct dh_run_fabrics *fabrics,
                              enum dh_err (*item)(void *self, const struct dh_bill_item *item), void *self) {
    for (int32_t s = 0; s < sc->n_sites; s++) {
        struct walk w = {sc, &sc->sites[s], site_needed(&sc->sites[s]), item, self};
        DH_TRY(give_plant(&w));
        for (int32_t t = 0; t < sc->n_rack_types; t++) {
            int64_t racks = 0, needed = INT64_MIN;
            for (int32_t h = 0; h < w.site->n_halls; h++)
                for (int32_t i = 0; i < w.site->halls[h].n_rows; i++) {
                    const struct dh_row_spec *row = &w.site->halls[h].rows[i];
                    if (strcmp(row->rack, sc->rack_types[t].id) != 0)
                        continue;
                    racks += row->count;
                    needed = earliest(needed, needed_of(&w.site->halls[h], row));
                }
            if (racks > 0)
                DH_TRY(give_racks(&w, &sc->rack_types[t], racks, needed));
        }
        DH_TRY(give_fabrics(&w, fabrics, s));
    }
    return DH_OK;
}

enum dh_err dh_sizing_items(const struct dh_scenario *sc,
                            enum dh_err (*item)(void *self, const struct dh_bill_item *item), void *self) {
    struct dh_run_fabrics fabrics;
    DH_TRY(dh_run_fabrics_compile(&fabrics, sc, NULL));
    enum dh_err err = give_sites(sc, &fabrics, item, self);
    dh_run_fabrics_free(&fabrics);
    return err;
}

double dh_sizing_late_s(const struct dh_bill_item *item) {
    if (item->ordered_unix_s == INT64_MIN || item->needed_unix_s == INT64_MIN)
        return NAN;
    return (double)(item->ordered_unix_s - item->needed_unix_s) + item->lead_s;
}

/* ---- floor and phases
 * ----------------------------------------------------------------------------------------- */

struct dh_floor dh_sizing_floor(const struct dh_scenario *sc, const struct dh_hall_spec *hall) {
    struct dh_floor floor = {.worst_kg_per_m2 = NAN};
    for (int32_t i = 0; i < hall->n_rows; i++) {
        const struct dh_rack_type_spec *type = dh_scenario_rack_type(sc, hall->rows[i].rack);
        double n = (double)hall->rows[i].count;
        if (!type)
            continue;
        double place_m2 = type->width_m * (type->depth_m + hall->aisle_m), load = type->weight_kg / place_m2;
        floor.racks += hall->rows[i].count;
        floor.area_m2 += n * place_m2;
        floor.mass_kg += n * type->weight_kg;
        if (!(floor.worst_kg_per_m2 >= load))
            floor.worst_kg_per_m2 = load;
    }
    return floor;
}

double dh_phase_imbalance(const double phase_w[static 3]) {
    double mean = (phase_w[0] + phase_w[1] + phase_w[2]) / 3, worst = 0;
    for (int i = 0; i < 3; i++)
        worst = fmax(worst, fabs(phase_w[i] - mean));
    return mean > 0 ? worst / mean : 0;
}

bool dh_sizing_phases(const struct dh_facility *f, int32_t stage, double phase_w[static 3]) {
    int next = 0;
    bool any = false;
    phase_w[0] = phase_w[1] = phase_w[2] = 0;
    for (int32_t r = 0; r < f->n_rack; r++) {
        int32_t first = f->rack_first_feed[r], n = f->rack_feeds[r];
        for (int32_t i = first; i < first + n; i++) {
            if (f->feed_stage[i] != stage)
                continue;
            double w = f->rack_rated_w[r] / n;
            if (f->rack_one_phase[r]) {
                phase_w[next] += w;
                next = (next + 1) % 3;
                any = true;
            } else {
                for (int k = 0; k < 3; k++)
                    phase_w[k] += w / 3;
            }
        }
    }
    return any;
}
