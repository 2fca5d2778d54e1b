#include "models/equipment.h"

#include "sim/text.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *part;
    enum dh_plant_unit unit;
} hall_parts[] =
    {
        {"air-handler", DH_UNIT_AIR_HANDLER}
},
  cdu_parts[] = {{"pump", DH_UNIT_CDU_PUMP}},
  cplant_parts[] = {{"chiller", DH_UNIT_CHILLER},
                    {"tower", DH_UNIT_TOWER_CELL},
                    {"chilled-pump", DH_UNIT_CHILLED_PUMP},
                    {"condenser-pump", DH_UNIT_CONDENSER_PUMP}},
  lplant_parts[] = {{"cooler", DH_UNIT_COOLER}, {"pump", DH_UNIT_FACILITY_PUMP}};

/* ---- the table ------------------------------------------------------------------------------------------
 */

/* Counts, and fills once there is room. */
struct build {
    struct dh_equipment *e;
    bool fills, failed;
};

static void add(struct build *b, const char *id, const char *part, struct dh_equipment_group group) {
    struct dh_equipment *e = b->e;
    if (group.n <= 0)
        return;
    if (b->fills) {
        char name[400];
        snprintf(name, sizeof name, part ? "%s/%s" : "%s", id, part);
        group.name = dh_arena_strdup(&e->mem, name);
        b->failed |= !group.name;
        group.first_unit = e->n_unit;
        for (int32_t u = 0; e->unit_group && u < group.n; u++)
            e->unit_group[e->n_unit + u] = e->n_group;
        e->groups[e->n_group] = group;
    }
    e->n_group++;
    e->n_unit += group.n;
}

static void add_part(struct build *b, const struct dh_plant *plant, const char *id, const char *part,
                     enum dh_plant_unit unit, int32_t row) {
    add(b, id, part,
        (struct dh_equipment_group){.kind = DH_EQUIPMENT_PLANT,
                                    .row = row,
                                    .part = (int32_t)unit,
                                    .n = dh_plant_installed(plant, unit, row)});
}

#define ADD_PARTS(list, id, row)                                                                             \
    for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)                                               \
    add_part(b, plant, id, (list)[i].part, (list)[i].unit, row)

/* A row of racks, its nodes, its GPUs. */
static void add_row(struct build *b, const struct dh_facility *f, const char *id, int32_t first, int32_t n) {
    int32_t nodes = f->rack_nodes[first], gpus = f->rack_node_gpus[first];
    add(b, id, NULL, (struct dh_equipment_group){.kind = DH_EQUIPMENT_RACK, .row = first, .n = n});
    add(b, id, "node",
        (struct dh_equipment_group){
            .kind = DH_EQUIPMENT_NODE, .row = f->rack_first_node[first], .part = nodes, .n = n * nodes});
    if ((int64_t)n * nodes * gpus <= INT32_MAX / 2)
        add(b, id, "gpu",
            (struct dh_equipment_group){.kind = DH_EQUIPMENT_GPU,
                                        .row = f->rack_first_node[first],
                                        .part = nodes * gpus,
                                        .n = n * nodes * gpus,
                                        .unit_gpus = gpus});
}

static void add_all(struct build *b, const struct dh_facility *f, const struct dh_plant *plant) {
    b->e->n_group = b->e->n_unit = 0;
    for (int32_t s = 0; s < f->n_stage; s++)
        add(b, f->stage_name[s], NULL,
            (struct dh_equipment_group){.kind = DH_EQUIPMENT_STAGE, .row = s, .n = f->stage_units[s]});
    for (int32_t p = 0; p < f->n_cplant; p++)
        ADD_PARTS(cplant_parts, f->cplant_spec[p]->id, p);
    for (int32_t p = 0; p < f->n_lplant; p++)
        ADD_PARTS(lplant_parts, f->lplant_spec[p]->id, p);
    for (int32_t c = 0; c < f->n_cdu; c++)
        ADD_PARTS(cdu_parts, f->cdu_spec[c]->id, c);
    for (int32_t h = 0; h < f->n_hall; h++)
        ADD_PARTS(hall_parts, f->hall_spec[h]->id, h);
    for (int32_t s = 0; s < f->storage.n_store; s++) {
        const struct dh_store *store = &f->storage.stores[s];
        add(b, store->id, "server",
            (struct dh_equipment_group){.kind = DH_EQUIPMENT_STORE, .row = s, .n = store->n_server});
        add(b, store->id, "metadata",
            (struct dh_equipment_group){
                .kind = DH_EQUIPMENT_STORE, .row = s, .part = 1, .n = store->n_metadata});
    }
    int32_t first = 0;
    for (int32_t h = 0; h < f->n_hall; h++)
        for (int32_t r = 0; r < f->hall_spec[h]->n_rows; r++) {
            const struct dh_row_spec *row = &f->hall_spec[h]->rows[r];
            add_row(b, f, row->id, first, (int32_t)row->count);
            first += (int32_t)row->count;
        }
    for (int32_t i = 0; i < f->fabric.n; i++)
        for (int u = 0; u < DH_N_NETWORK_UNIT; u++)
            add(b, f->fabric.fabrics[i].spec->id, dh_network_unit_name[u],
                (struct dh_equipment_group){.kind = DH_EQUIPMENT_FABRIC,
                                            .row = i,
                                            .part = u,
                                            .n = f->fabric.fabrics[i].facts.units[u]});
    for (int32_t i = 0; i < f->fabric.n; i++)
        for (int t = 0; t < DH_N_TIER; t++) {
            const struct dh_run_fabric *fabric = &f->fabric.fabrics[i];
            char id[320];
            snprintf(id, sizeof id, "%.280s-%s", fabric->spec->id, dh_tier_name[t]);
            add(b, id, NULL,
                (struct dh_equipment_group){.kind = DH_EQUIPMENT_RACK,
                                            .row = f->n_rack - f->fabric.n_rack + fabric->first_rack[t],
                                            .n = fabric->racks[t]});
        }
}

static enum dh_err init(struct dh_equipment *out, const struct dh_facility *f, const struct dh_plant *plant,
                        bool units) {
    *out = (struct dh_equipment){0};
    struct build b = {.e = out};
    add_all(&b, f, plant);
    size_t n_unit = (size_t)out->n_unit;
    out->groups = dh_arena_array(&out->mem, (size_t)out->n_group, sizeof *out->groups);
    out->causes = units ? dh_arena_array(&out->mem, n_unit, sizeof *out->causes) : NULL;
    out->unit_group = units ? dh_arena_array(&out->mem, n_unit, sizeof *out->unit_group) : NULL;
    b.fills = b.failed = out->groups && (!units || (out->causes && out->unit_group));
    if (b.fills) {
        b.failed = false;
        add_all(&b, f, plant);
        if (!b.failed)
            return DH_OK;
    }
    dh_equipment_free(out);
    return DH_ERR_MEMORY;
}

enum dh_err dh_equipment_init(struct dh_equipment *out, const struct dh_facility *f,
                              const struct dh_plant *plant) {
    return init(out, f, plant, true);
}

enum dh_err dh_equipment_init_groups(struct dh_equipment *out, const struct dh_facility *f,
                                     const struct dh_plant *plant) {
    return init(out, f, plant, false);
}

void dh_equipment_free(struct dh_equipment *equipment) {
    dh_arena_free(&equipment->mem);
    *equipment = (struct dh_equipment){0};
}

/* ---- names ----------------------------------------------------------------------------------------------
 */

/* Is the element that a group belongs to called id[0 .. n)? */
static bool of_element(const struct dh_equipment_group *g, const char *id, size_t n) {
    return strncmp(g->name, id, n) == 0 && (g->name[n] == '\0' || g->name[n] == '/');
}

/* A rack by its name: the units of its row's racks, nodes or GPUs that it is, or has. */
static bool find_in_rack(const struct dh_equipment *e, const struct dh_facility *f, const char *id, size_t n,
                         const char *part, size_t part_n, struct dh_target *out) {
    int32_t r = 0;
    while (r < f->n_rack && !(strncmp(f->rack_name[r], id, n) == 0 && f->rack_name[r][n] == '\0'))
        r++;
    for (int32_t i = 0; r < f->n_rack && i < e->n_group; i++) {
        const struct dh_equipment_group *g = &e->groups[i];
        if (g->kind != DH_EQUIPMENT_RACK || r < g->row || r >= g->row + g->n)
            continue;
        int32_t at = r - g->row;
        *out = (struct dh_target){.group = i, .n_group = 1, .first = at, .n = 1, .of = 1};
        if (part_n == 0)
            return true;
        for (int32_t k = i + 1; k <= i + 2 && k < e->n_group; k++) {
            const char *slash = strrchr(e->groups[k].name, '/');
            if (slash && strlen(slash + 1) == part_n && memcmp(slash + 1, part, part_n) == 0) {
                out->group = k;
                out->n = out->of = e->groups[k].part; /* units of one rack */
                out->first = at * out->n;
                return true;
            }
        }
    }
    return false;
}

static bool find_group(const struct dh_equipment *e, const char *id, size_t n, const char *part,
                       size_t part_n, struct dh_target *out) {
    for (int32_t i = 0; i < e->n_group; i++) {
        const struct dh_equipment_group *g = &e->groups[i];
        if (!of_element(g, id, n))
            continue;
        if (part_n > 0 ? g->name[n] != '/' || strlen(g->name + n + 1) != part_n ||
                             memcmp(g->name + n + 1, part, part_n) != 0
                       : false)
            continue;
        *out = (struct dh_target){.group = i, .n_group = 1, .n = g->n, .of = g->n};
        /* A plant, store or fabric by its id alone is all its parts, which follow one another. */
        bool parts =
            g->kind == DH_EQUIPMENT_PLANT || g->kind == DH_EQUIPMENT_STORE || g->kind == DH_EQUIPMENT_FABRIC;
        while (part_n == 0 && parts && i + out->n_group < e->n_group &&
               e->groups[i + out->n_group].kind == g->kind && of_element(&e->groups[i + out->n_group], id, n))
            out->n += e->groups[i + out->n_group++].n;
        out->of = out->n;
        return true;
    }
    return false;
}

static enum dh_err unknown(const struct dh_equipment *e, const struct dh_facility *f, const char *name,
                           size_t n, struct dh_place place, struct dh_diag *diag) {
    char wanted[300];
    snprintf(wanted, sizeof wanted, "%.*s", (int)(n < 280 ? n : 280), name);
    struct dh_nearest nearest = {.wanted = wanted};
    for (int32_t i = 0; i < e->n_group; i++)
        dh_nearest_offer(&nearest, e->groups[i].name);
    for (int32_t r = 0; r < f->n_rack && r < 100000; r++)
        dh_nearest_offer(&nearest, f->rack_name[r]);
    for (int32_t i = 0; i < e->n_group && !nearest.best; i++) { /* the element is right, its part is not */
        const char *slash = strchr(e->groups[i].name, '/');
        if (slash && strncmp(wanted, e->groups[i].name, (size_t)(slash - e->groups[i].name) + 1) == 0)
            nearest.best = e->groups[i].name;
    }
    dh_fail(diag, DH_ERR_DANGLING_REF, place, "nothing that can fail is called '%.200s'", wanted);
    if (nearest.best)
        dh_diag_hint(diag, "did you mean '%s'?", nearest.best);
    else
        dh_diag_hint(diag, "a power stage, hall, CDU group, plant, store, row or rack, or a part of it as "
                           "ID/chiller or FABRIC/leaf");
    return DH_ERR_DANGLING_REF;
}

enum dh_err dh_equipment_find(const struct dh_equipment *e, const struct dh_facility *f, const char *name,
                              size_t n, struct dh_target *out, struct dh_place place, struct dh_diag *diag) {
    /* Ids may hold colons: only digits behind the last one are a number, and only if no such id exists. They
     * hold no '#'. */
    size_t whole = n, digits = n;
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
        digits--;
    bool one = digits < n && digits > 1 && name[digits - 1] == '#' && n - digits <= 9;
    bool numbered = one || (digits < n && digits > 1 && name[digits - 1] == ':' && n - digits <= 9);
    int32_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1 && !numbered)
            break;
        whole = pass == 0 ? n : digits - 1;
        const char *slash = memchr(name, '/', whole);
        size_t id_n = slash ? (size_t)(slash - name) : whole, part_n = slash ? whole - id_n - 1 : 0;
        bool empty = id_n == 0 || (slash && part_n == 0);
        if (!empty && (find_group(e, name, id_n, slash ? slash + 1 : NULL, part_n, out) ||
                       find_in_rack(e, f, name, id_n, slash ? slash + 1 : NULL, part_n, out))) {
            if (pass == 0)
                return DH_OK;
            for (size_t i = digits; i < n; i++)
                count = 10 * count + (name[i] - '0');
            if (out->n_group > 1)
                return dh_fail(diag, DH_ERR_VALUE, place,
                               "'%.*s' has several parts: name the one of which %s%d %s meant", (int)whole,
                               name, one ? "number " : "", count, one ? "is" : "are");
            if (count < 1 || count > out->of)
                return dh_fail(diag, DH_ERR_RANGE, place, "'%.*s': there are %d of '%.*s'", (int)n, name,
                               out->of, (int)whole, name);
            out->n = one ? 1 : count;
            out->some = !one;
            if (one) {
                out->first += count - 1;
                out->of = 1;
            }
            return DH_OK;
        }
    }
    return unknown(e, f, name, numbered ? digits - 1 : n, place, diag);
}

/* ---- state ----------------------------------------------------------------------------------------------
 */

bool dh_equipment_hold(struct dh_equipment *e, int32_t unit) {
    if (e->causes[unit]++ > 0)
        return false;
    e->groups[e->unit_group[unit]].n_out++;
    return true;
}

bool dh_equipment_release(struct dh_equipment *e, int32_t unit) {
    if (--e->causes[unit] > 0)
        return false;
    e->groups[e->unit_group[unit]].n_out--;
    return true;
}

void dh_equipment_unit_name(const struct dh_equipment *e, int32_t unit, char *text, size_t room) {
    const struct dh_equipment_group *g = &e->groups[e->unit_group[unit]];
    if (g->n == 1)
        snprintf(text, room, "%s", g->name);
    else
        snprintf(text, room, "%s#%d", g->name, (int)(unit - g->first_unit) + 1);
}
