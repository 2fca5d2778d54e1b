/* Scenario to facility: ids become rows, losses become polynomials, rows become racks and nodes. */
#include "models/facility.h"

#include "models/chiller.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns while they are written: the same members as the facility's, without the const. */
struct build {
#define COLUMN(type, name, rows, unit, about) type *name;
#include "models/facility.def"
#undef COLUMN
};

/* A stage as collected from the four lists, before parents are put first. */
struct raw_stage {
    enum dh_stage_kind kind;
    const char *id, *feed;
    double unit_w;
    int64_t count, redundant;
    const struct dh_loss_spec *loss;
    int32_t site, depth, parent, row;
};

/* Ids of one kind, sorted, so that a facility of 100,000 PDUs resolves quickly. */
struct index {
    const char *id;
    int32_t site, row;
};

static int compare_index(const void *left, const void *right) {
    const struct index *a = left, *b = right;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    return strcmp(a->id, b->id);
}

static int32_t index_find(const struct index *index, int32_t n, int32_t site, const char *id) {
    struct index key = {.id = id, .site = site};
    const struct index *hit = id && n > 0 ? bsearch(&key, index, (size_t)n, sizeof key, compare_index) : NULL;
    return hit ? hit->row : -1;
}

struct loss_terms {
    double fixed_w, linear, square_per_w;
};

/* n units of unit_w share the load equally. Form 1: each draws (out + fixed) / efficiency; form 2: each loses
 * unit_w (a + b x + c x^2), x its output over unit_w. Both are a polynomial of the common output. */
static struct loss_terms loss_of(const struct dh_loss_spec *loss, double unit_w, int64_t n) {
    if (!loss)
        return (struct loss_terms){0};
    if (!isnan(loss->efficiency))
        return (struct loss_terms){(double)n * loss->fixed_w / loss->efficiency, 1 / loss->efficiency - 1, 0};
    return (struct loss_terms){(double)n * unit_w * loss->a, loss->b, loss->c / ((double)n * unit_w)};
}

static const struct dh_loss_spec *first_loss(const struct dh_loss_spec *losses, int32_t n) {
    return n > 0 ? losses : NULL;
}

static int32_t collect_stages(const struct dh_scenario *sc, struct raw_stage *raw) {
    int32_t n = 0;
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_power_spec *power = &sc->sites[s].powers[0];
        for (int32_t i = 0; i < power->n_utilities; i++) {
            const struct dh_utility_spec *u = &power->utilities[i];
            if (raw)
                raw[n] =
                    (struct raw_stage){DH_STAGE_UTILITY, u->id, NULL, u->rated_w, 1, 0, NULL, s, 0, -1, 0};
            n++;
        }
        for (int32_t i = 0; i < power->n_transformers; i++) {
            const struct dh_transformer_spec *t = &power->transformers[i];
            if (raw)
                raw[n] = (struct raw_stage){DH_STAGE_TRANSFORMER,
                                            t->id,
                                            t->feed,
                                            t->rated_w,
                                            t->count,
                                            0,
                                            first_loss(t->losses, t->n_losses),
                                            s,
                                            0,
                                            -1,
                                            0};
            n++;
        }
        for (int32_t i = 0; i < power->n_upses; i++) {
            const struct dh_ups_spec *u = &power->upses[i];
            if (raw)
                raw[n] = (struct raw_stage){DH_STAGE_UPS,
                                            u->id,
                                            u->feed,
                                            u->rated_w,
                                            u->count,
                                            u->redundant,
                                            first_loss(u->losses, u->n_losses),
                                            s,
                                            0,
                                            -1,
                                            0};
            n++;
        }
        for (int32_t i = 0; i < power->n_pdus; i++) {
            const struct dh_pdu_spec *p = &power->pdus[i];
            if (raw)
                raw[n] = (struct raw_stage){DH_STAGE_PDU,
                                            p->id,
                                            p->feed,
                                            p->rated_w,
                                            p->count,
                                            0,
                                            first_loss(p->losses, p->n_losses),
                                            s,
                                            0,
                                            -1,
                                            0};
            n++;
        }
    }
    return n;
}

/* Sorted ids of each kind of stage; ids are unique within a kind and a site. */
struct stage_index {
    struct index *of_kind[4];
    int32_t n[4];
};

/* First match in the order utility, transformer, UPS, PDU. */
static int32_t find_stage(const struct stage_index *ids, int32_t site, const char *id) {
    for (int k = 0; k < 4; k++) {
        int32_t row = index_find(ids->of_kind[k], ids->n[k], site, id);
        if (row >= 0)
            return row;
    }
    return -1;
}

static enum dh_err index_stages(struct stage_index *ids, const struct raw_stage *raw, int32_t n,
                                struct dh_arena *mem) {
    for (int k = 0; k < 4; k++) {
        ids->of_kind[k] = dh_arena_array(mem, (size_t)n, sizeof(struct index));
        if (!ids->of_kind[k])
            return DH_ERR_MEMORY;
        for (int32_t i = 0; i < n; i++)
            if ((int)raw[i].kind == k)
                ids->of_kind[k][ids->n[k]++] = (struct index){raw[i].id, raw[i].site, i};
        qsort(ids->of_kind[k], (size_t)ids->n[k], sizeof(struct index), compare_index);
    }
    return DH_OK;
}

/* Depth below a utility, by walking up to the first known depth and back. The reader refused cycles. */
static void find_depths(struct raw_stage *raw, int32_t n, int32_t *path) {
    for (int32_t i = 0; i < n; i++)
        raw[i].depth = raw[i].parent < 0 ? 0 : -1;
    for (int32_t i = 0; i < n; i++) {
        int32_t length = 0, at = i;
        while (raw[at].depth < 0) {
            path[length++] = at;
            at = raw[at].parent;
        }
        for (int32_t depth = raw[at].depth; length > 0;)
            raw[path[--length]].depth = ++depth;
    }
}

static enum dh_err build_stages(struct dh_facility *f, struct build *b, struct stage_index *ids,
                                const struct dh_scenario *sc, struct dh_arena *scratch,
                                struct dh_diag *diag) {
    int32_t n = collect_stages(sc, NULL);
    struct raw_stage *raw = dh_arena_array(scratch, (size_t)n, sizeof *raw);
    int32_t *order = dh_arena_array(scratch, (size_t)n, sizeof *order);
    const char **names = dh_arena_array(&f->mem, (size_t)n, sizeof *names);
    if (!raw || !order || !names)
        return DH_ERR_MEMORY;
    collect_stages(sc, raw);
    DH_TRY(index_stages(ids, raw, n, scratch));
    for (int32_t i = 0; i < n; i++) {
        raw[i].parent = raw[i].feed ? find_stage(ids, raw[i].site, raw[i].feed) : -1;
        if (raw[i].feed && raw[i].parent < 0)
            return dh_fail(diag, DH_ERR_DANGLING_REF, sc->sites[raw[i].site].place, "%s: no feed %s",
                           raw[i].id, raw[i].feed);
    }
    find_depths(raw, n, order);
    /* Parents first, otherwise the file's order: a counting sort by depth. */
    int32_t row = 0;
    for (int32_t depth = 0; row < n; depth++)
        for (int32_t i = 0; i < n; i++)
            if (raw[i].depth == depth) {
                raw[i].row = row;
                order[row++] = i;
            }
    for (row = 0; row < n; row++) {
        const struct raw_stage *stage = &raw[order[row]];
        struct loss_terms loss = loss_of(stage->loss, stage->unit_w, stage->count);
        int64_t usable = stage->count > stage->redundant ? stage->count - stage->redundant : 1;
        names[row] = stage->id;
        b->stage_site[row] = stage->site;
        b->stage_kind[row] = stage->kind;
        b->stage_parent[row] = stage->parent < 0 ? -1 : raw[stage->parent].row;
        b->stage_rated_w[row] = stage->unit_w * (double)usable;
        b->stage_loss_fixed_w[row] = loss.fixed_w;
        b->stage_loss_linear[row] = loss.linear;
        b->stage_loss_square_per_w[row] = loss.square_per_w;
    }
    /* From here on the index gives final rows. */
    for (int k = 0; k < 4; k++)
        for (int32_t i = 0; i < ids->n[k]; i++)
            ids->of_kind[k][i].row = raw[ids->of_kind[k][i].row].row;
    f->stage_name = names;
    return DH_OK;
}

static int32_t device_row(const struct dh_scenario *sc, const char *id) {
    for (int32_t d = 0; d < sc->n_devices; d++)
        if (strcmp(sc->devices[d].id, id) == 0)
            return d;
    return -1;
}

static const struct dh_cooling_spec *cooling_of(const struct dh_site_spec *site) {
    return site->n_coolings > 0 ? &site->coolings[0] : NULL;
}

/* Rows of the site's cooling plants begin where those of the sites before it end. */
struct cooling_rows {
    int32_t first_cplant, first_lplant, first_cdu;
};

static int32_t find_cplant(const struct dh_cooling_spec *cooling, int32_t first, const char *id) {
    for (int32_t i = 0; cooling && id && i < cooling->n_chiller_plants; i++)
        if (strcmp(cooling->chiller_plants[i].id, id) == 0)
            return first + i;
    return -1;
}

static int32_t find_lplant(const struct dh_cooling_spec *cooling, int32_t first, const char *id) {
    for (int32_t i = 0; cooling && id && i < cooling->n_liquid_plants; i++)
        if (strcmp(cooling->liquid_plants[i].id, id) == 0)
            return first + i;
    return -1;
}

static int32_t find_cdu(const struct dh_cooling_spec *cooling, int32_t first, const char *id) {
    for (int32_t i = 0; cooling && id && i < cooling->n_cdus; i++)
        if (strcmp(cooling->cdus[i].id, id) == 0)
            return first + i;
    return -1;
}

static void build_cooling(struct build *b, const struct dh_site_spec *site, int32_t s, struct cooling_rows at,
                          const struct stage_index *ids) {
    const struct dh_cooling_spec *cooling = cooling_of(site);
    if (!cooling)
        return;
    for (int32_t i = 0; i < cooling->n_chiller_plants; i++) {
        b->cplant_site[at.first_cplant + i] = s;
        b->cplant_stage[at.first_cplant + i] = find_stage(ids, s, cooling->chiller_plants[i].feed);
    }
    for (int32_t i = 0; i < cooling->n_liquid_plants; i++) {
        b->lplant_site[at.first_lplant + i] = s;
        b->lplant_stage[at.first_lplant + i] = find_stage(ids, s, cooling->liquid_plants[i].feed);
    }
    for (int32_t i = 0; i < cooling->n_cdus; i++) {
        const struct dh_cdu_spec *cdu = &cooling->cdus[i];
        b->cdu_site[at.first_cdu + i] = s;
        b->cdu_stage[at.first_cdu + i] = find_stage(ids, s, cdu->feed);
        b->cdu_plant[at.first_cdu + i] = find_lplant(cooling, at.first_lplant, cdu->plant);
        b->cdu_rated_w[at.first_cdu + i] = cdu->rated_w * (double)cdu->count; /* NAN: set from its racks */
    }
}

/* What one rack of this type is, and its nodes behind it. */
static void build_rack(struct build *b, int32_t r, int32_t first_node, const struct dh_scenario *sc,
                       const struct dh_rack_type_spec *type, const struct dh_node_spec *node) {
    double supply_w =
        isnan(type->supply_rated_w) ? type->rated_w / (double)type->supplies : type->supply_rated_w;
    struct loss_terms supply = loss_of(first_loss(type->losses, type->n_losses), supply_w, type->supplies);
    /* A node's own converter is rated for all that it can draw; the rating matters for form 2 only. */
    double node_w = node->cpu_max_w + node->other_w + node->fan_max_w +
                    (double)node->gpus * sc->devices[device_row(sc, node->device)].tdp_w;
    struct loss_terms inside = loss_of(first_loss(node->losses, node->n_losses), node_w, 1);
    b->rack_device[r] = device_row(sc, node->device);
    b->rack_first_node[r] = first_node;
    b->rack_nodes[r] = (int32_t)type->nodes;
    b->rack_node_gpus[r] = (int32_t)node->gpus;
    b->rack_rated_w[r] = type->rated_w;
    b->rack_overhead_w[r] = type->overhead_w;
    b->rack_liquid_share[r] = type->liquid_share;
    b->rack_cpu_idle_w[r] = node->cpu_idle_w;
    b->rack_cpu_max_w[r] = node->cpu_max_w;
    b->rack_other_w[r] = node->other_w;
    b->rack_fan_max_w[r] = node->fan_max_w;
    b->rack_fan_min_share[r] = node->fan_min_share;
    b->rack_node_loss_fixed_w[r] = inside.fixed_w;
    b->rack_node_loss_linear[r] = inside.linear;
    b->rack_node_loss_square_per_w[r] = inside.square_per_w;
    b->rack_supply_loss_fixed_w[r] = supply.fixed_w;
    b->rack_supply_loss_linear[r] = supply.linear;
    b->rack_supply_loss_square_per_w[r] = supply.square_per_w;
    for (int32_t n = 0; n < type->nodes; n++) {
        b->node_rack[first_node + n] = r;
        b->node_gpus[first_node + n] = (int32_t)node->gpus;
    }
}

static const char *rack_name(struct dh_arena *mem, const char *row, int32_t number, int64_t count) {
    char text[320];
    int digits = count > 999 ? snprintf(NULL, 0, "%lld", (long long)count) : 3;
    snprintf(text, sizeof text, "%s-%0*d", row, digits, number);
    return dh_arena_strdup(mem, text);
}

/* For each rated watt of air-cooled heat, where a hall does not know better. Assumptions, FACILITY C11: 1 MW
 * in 2000 m3 of air (2.36 kg/kW of 1006 J/(kg K)) beside 60 t of steel and aluminium (600 J/(kg K)) with a
 * surface that passes 60 kW/K. */
static const double AIR_J_PER_K_PER_W = 2.37416, MASS_J_PER_K_PER_W = 36.0, MASS_W_PER_K_PER_W = 0.06;
/* Air handlers of a hall that names no capacity: an assumption. */
static const double AIR_CAPACITY_MARGIN = 1.1;

/* Counts, and fills when b is not NULL. */
struct counts {
    int32_t rack, node, hall, row;
};

static enum dh_err build_halls(struct dh_facility *f, struct build *b, const char **rack_names,
                               const struct dh_scenario *sc, const struct dh_site_spec *site, int32_t s,
                               struct cooling_rows at, const struct stage_index *ids, struct counts *n,
                               struct dh_diag *diag) {
    for (int32_t h = 0; h < site->n_halls; h++) {
        const struct dh_hall_spec *hall = &site->halls[h];
        double air_w = 0;
        for (int32_t i = 0; i < hall->n_rows; i++) {
            const struct dh_row_spec *row = &hall->rows[i];
            const struct dh_rack_type_spec *type = dh_scenario_rack_type(sc, row->rack);
            const struct dh_node_spec *node = type ? dh_scenario_node(sc, type->node) : NULL;
            if (!node)
                return dh_fail(diag, DH_ERR_DANGLING_REF, row->place, "row %s: no rack type %s with its node",
                               row->id, row->rack);
            int64_t racks = row->count, nodes = row->count * type->nodes;
            if (n->rack + racks > INT32_MAX / 2 || n->node + nodes > INT32_MAX / 2)
                return dh_fail(diag, DH_ERR_LIMIT_MEMORY, row->place, "row %s: too many racks or nodes",
                               row->id);
            for (int32_t k = 0; b && k < racks; k++) {
                int32_t r = n->rack + k;
                build_rack(b, r, n->node + k * (int32_t)type->nodes, sc, type, node);
                b->rack_site[r] = s;
                b->rack_hall[r] = n->hall;
                b->rack_row[r] = n->row;
                b->rack_stage[r] = find_stage(ids, s, row->feed);
                b->rack_cdu[r] = find_cdu(cooling_of(site), at.first_cdu, row->cdu);
                if (b->rack_cdu[r] < 0 && row->cdu)
                    return dh_fail(diag, DH_ERR_DANGLING_REF, row->place, "row %s: no CDU %s", row->id,
                                   row->cdu);
                rack_names[r] = rack_name(&f->mem, row->id, k + 1, racks);
                if (!rack_names[r])
                    return DH_ERR_MEMORY;
                air_w += type->rated_w * (b->rack_cdu[r] < 0 ? 1 : 1 - type->liquid_share);
            }
            n->rack += (int32_t)racks;
            n->node += (int32_t)nodes;
            n->row++;
        }
        if (b) {
            int32_t plant = find_cplant(cooling_of(site), at.first_cplant, hall->plant);
            b->hall_site[n->hall] = s;
            b->hall_plant[n->hall] = plant;
            b->hall_stage[n->hall] = plant < 0    ? -1
                                     : hall->feed ? find_stage(ids, s, hall->feed)
                                                  : b->cplant_stage[plant];
            b->hall_air_capacity_w[n->hall] =
                isnan(hall->air_capacity_w) ? AIR_CAPACITY_MARGIN * air_w : hall->air_capacity_w;
            b->hall_air_j_per_k[n->hall] =
                isnan(hall->air_j_per_k) ? AIR_J_PER_K_PER_W * air_w : hall->air_j_per_k;
            b->hall_mass_j_per_k[n->hall] =
                isnan(hall->mass_j_per_k) ? MASS_J_PER_K_PER_W * air_w : hall->mass_j_per_k;
            b->hall_mass_w_per_k[n->hall] =
                isnan(hall->mass_w_per_k) ? MASS_W_PER_K_PER_W * air_w : hall->mass_w_per_k;
        }
        n->hall++;
    }
    return DH_OK;
}

/* A CDU group that names no rating is sized for the rated liquid heat of its racks. */
static void rate_cdus(const struct dh_facility *f, struct build *b) {
    for (int32_t c = 0; c < f->n_cdu; c++) {
        if (!isnan(b->cdu_rated_w[c]))
            continue;
        double liquid_w = 0;
        for (int32_t r = 0; r < f->n_rack; r++)
            if (b->rack_cdu[r] == c)
                liquid_w += b->rack_rated_w[r] * b->rack_liquid_share[r];
        b->cdu_rated_w[c] = liquid_w;
    }
}

static enum dh_err count_rows(struct dh_facility *f, const struct dh_scenario *sc, struct dh_diag *diag) {
    struct counts n = {0};
    for (int32_t s = 0; s < sc->n_sites; s++) {
        DH_TRY(build_halls(f, NULL, NULL, sc, &sc->sites[s], s, (struct cooling_rows){0}, NULL, &n, diag));
        const struct dh_cooling_spec *cooling = cooling_of(&sc->sites[s]);
        f->n_cplant += cooling ? cooling->n_chiller_plants : 0;
        f->n_lplant += cooling ? cooling->n_liquid_plants : 0;
        f->n_cdu += cooling ? cooling->n_cdus : 0;
    }
    f->n_facility = f->n_queue = f->n_cost = 1;
    f->n_site = sc->n_sites;
    f->n_stage = collect_stages(sc, NULL);
    f->n_rack = n.rack;
    f->n_node = n.node;
    f->n_hall = n.hall;
    f->n_device = sc->n_devices;
    f->n_service = sc->n_workloads > 0 ? sc->workloads[0].n_services : 0;
    return DH_OK;
}

/* Pointers to the scenario's rows, in the order of the columns. */
static enum dh_err build_specs(struct dh_facility *f, const struct dh_scenario *sc) {
    const struct dh_device_spec **device = dh_arena_array(&f->mem, (size_t)f->n_device, sizeof *device);
    const struct dh_site_spec **site = dh_arena_array(&f->mem, (size_t)f->n_site, sizeof *site);
    const struct dh_hall_spec **hall = dh_arena_array(&f->mem, (size_t)f->n_hall, sizeof *hall);
    const struct dh_cdu_spec **cdu = dh_arena_array(&f->mem, (size_t)f->n_cdu, sizeof *cdu);
    const struct dh_chiller_plant_spec **cplant =
        dh_arena_array(&f->mem, (size_t)f->n_cplant, sizeof *cplant);
    struct dh_chiller_curves *curves = dh_arena_array(&f->mem, (size_t)f->n_cplant, sizeof *curves);
    const struct dh_chiller_curves **machine = dh_arena_array(&f->mem, (size_t)f->n_cplant, sizeof *machine);
    const struct dh_liquid_plant_spec **lplant = dh_arena_array(&f->mem, (size_t)f->n_lplant, sizeof *lplant);
    const struct dh_service_spec **service = dh_arena_array(&f->mem, (size_t)f->n_service, sizeof *service);
    if (!device || !site || !hall || !cdu || !cplant || !curves || !machine || !lplant || !service)
        return DH_ERR_MEMORY;
    for (int32_t d = 0; d < f->n_device; d++)
        device[d] = &sc->devices[d];
    for (int32_t v = 0; v < f->n_service; v++)
        service[v] = &sc->workloads[0].services[v];
    int32_t h = 0, c = 0, p = 0, m = 0, l = 0;
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_cooling_spec *cooling = cooling_of(&sc->sites[s]);
        site[s] = &sc->sites[s];
        for (int32_t i = 0; i < sc->sites[s].n_halls; i++)
            hall[h++] = &sc->sites[s].halls[i];
        for (int32_t i = 0; cooling && i < cooling->n_cdus; i++)
            cdu[c++] = &cooling->cdus[i];
        for (int32_t i = 0; cooling && i < cooling->n_chiller_plants; i++)
            cplant[p++] = &cooling->chiller_plants[i];
        for (int32_t i = 0; cooling && i < cooling->n_chiller_plants; i++, m++) {
            const struct dh_chiller_spec *spec = dh_scenario_chiller(sc, cooling->chiller_plants[i].machine);
            machine[m] = &dh_chiller_centrifugal_vsd;
            if (spec) {
                curves[m] = dh_chiller_curves_of(spec);
                machine[m] = &curves[m];
            }
        }
        for (int32_t i = 0; cooling && i < cooling->n_liquid_plants; i++)
            lplant[l++] = &cooling->liquid_plants[i];
    }
    f->device_spec = device;
    f->site_spec = site;
    f->hall_spec = hall;
    f->cdu_spec = cdu;
    f->cplant_spec = cplant;
    f->cplant_curves = machine;
    f->lplant_spec = lplant;
    f->service_spec = service;
    return DH_OK;
}

static enum dh_err compile(struct dh_facility *f, const struct dh_scenario *sc, struct dh_arena *scratch,
                           struct dh_diag *diag) {
    struct build b = {0};
    struct stage_index ids = {0};
    DH_TRY(count_rows(f, sc, diag));
#define COLUMN(type, name, rows, unit, about)                                                                \
    b.name = dh_arena_array(&f->mem, (size_t)f->n_##rows, sizeof(type));                                     \
    if (!b.name)                                                                                             \
        return DH_ERR_MEMORY;                                                                                \
    f->name = b.name;
#include "models/facility.def"
#undef COLUMN
    const char **rack_names = dh_arena_array(&f->mem, (size_t)f->n_rack, sizeof *rack_names);
    if (!rack_names)
        return DH_ERR_MEMORY;
    f->rack_name = rack_names;
    DH_TRY(build_stages(f, &b, &ids, sc, scratch, diag));
    struct counts n = {0};
    struct cooling_rows at = {0};
    for (int32_t s = 0; s < sc->n_sites; s++) {
        const struct dh_site_spec *site = &sc->sites[s];
        const struct dh_climate_spec *climate = site->climate ? dh_scenario_climate(sc, site->climate) : NULL;
        const struct dh_cooling_spec *cooling = cooling_of(site);
        b.site_house_w[s] = site->house_w;
        b.site_altitude_m[s] = climate ? climate->altitude_m : 0;
        b.site_utility[s] = find_stage(&ids, s, site->powers[0].utilities[0].id);
        build_cooling(&b, site, s, at, &ids);
        DH_TRY(build_halls(f, &b, rack_names, sc, site, s, at, &ids, &n, diag));
        at.first_cplant += cooling ? cooling->n_chiller_plants : 0;
        at.first_lplant += cooling ? cooling->n_liquid_plants : 0;
        at.first_cdu += cooling ? cooling->n_cdus : 0;
    }
    rate_cdus(f, &b);
    for (int32_t i = 0; i < f->n_node; i++)
        f->n_gpu += f->node_gpus[i];
    return build_specs(f, sc);
}

enum dh_err dh_facility_compile(struct dh_facility *out, const struct dh_scenario *scenario,
                                struct dh_diag *diag) {
    struct dh_arena scratch = {0};
    *out = (struct dh_facility){.scenario = scenario, .start_unix_s = scenario->horizons[0].start_unix_s};
    enum dh_err err = compile(out, scenario, &scratch, diag);
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, scenario->place, "no memory for a facility of this size");
    dh_arena_free(&scratch);
    if (err != DH_OK)
        dh_facility_free(out);
    return err;
}

void dh_facility_free(struct dh_facility *facility) {
    dh_arena_free(&facility->mem);
    *facility = (struct dh_facility){0};
}
