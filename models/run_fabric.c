#include "models/run_fabric_internal.h"

#include "models/collective.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct rows {
    struct dh_fabric_row *all;
    int32_t n, n_node;
};

static bool is_in(const char *list, const char *id) {
    size_t n = strlen(id);
    for (const char *at = list; at && *at;) {
        size_t length = strcspn(at, " ");
        if (length == n && memcmp(at, id, n) == 0)
            return true;
        at += length + (at[length] == ' ');
    }
    return false;
}

/* All rows, as dh_facility_compile numbers their nodes. */
static enum dh_err list_rows(struct dh_run_fabrics *out, const struct dh_scenario *sc, struct rows *rows) {
    int32_t n = 0, hall = 0;
    for (int32_t s = 0; s < sc->n_sites; s++)
        for (int32_t h = 0; h < sc->sites[s].n_halls; h++)
            n += sc->sites[s].halls[h].n_rows;
    rows->all = dh_arena_array(&out->mem, (size_t)n + 1, sizeof *rows->all);
    if (!rows->all)
        return DH_ERR_MEMORY;
    for (int32_t s = 0; s < sc->n_sites; s++)
        for (int32_t h = 0; h < sc->sites[s].n_halls; h++, hall++)
            for (int32_t i = 0; i < sc->sites[s].halls[h].n_rows; i++) {
                const struct dh_row_spec *row = &sc->sites[s].halls[h].rows[i];
                const struct dh_rack_type_spec *type = dh_scenario_rack_type(sc, row->rack);
                const struct dh_node_spec *node = type ? dh_scenario_node(sc, type->node) : NULL;
                int64_t nodes = node ? row->count * type->nodes : 0;
                if (!node || rows->n_node + nodes > INT32_MAX / 2)
                    return DH_OK; /* told elsewhere */
                rows->all[rows->n++] = (struct dh_fabric_row){
                    .site = &sc->sites[s],
                    .hall = &sc->sites[s].halls[h],
                    .row = row,
                    .node = node,
                    .at_site = s,
                    .at_hall = hall,
                    .first_node = rows->n_node,
                    .nodes = (int32_t)nodes,
                    .rack_nodes = (int32_t)type->nodes,
                    .fabric = -1,
                };
                rows->n_node += (int32_t)nodes;
            }
    int32_t *gpus = dh_arena_array(&out->mem, (size_t)rows->n_node + 1, sizeof *gpus);
    if (!gpus)
        return DH_ERR_MEMORY;
    for (int32_t r = 0; r < rows->n; r++)
        for (int32_t k = 0; k < rows->all[r].nodes; k++)
            gpus[rows->all[r].first_node + k] = (int32_t)rows->all[r].node->gpus;
    out->def.node_gpus = gpus;
    out->def.n_node = rows->n_node;
    return DH_OK;
}

/* ---- what a fabric joins */

static int64_t adapters_of(const struct dh_run_fabric *f, const struct dh_node_spec *node) {
    double nics = f->network ? f->network->nics : 1;
    double n = floor((double)node->gpus * nics + 0.5);
    return n >= 1 ? (int64_t)n : 1;
}

/* Takes a row with its nodes; nodes NULL: only counts. */
static enum dh_err take(struct dh_run_fabric *f, struct dh_network_part_spec *p, int32_t *nodes,
                        struct dh_fabric_row *row, const struct dh_fabric_row *first, int32_t at,
                        struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    if (row->at_site != first->at_site) {
        dh_fail(diag, DH_ERR_VALUE, spec->place, "fabric %s joins rows of two sites, %s and %s", spec->id,
                first->site->id, row->site->id);
        dh_diag_hint(diag,
                     "a fabric for each site, and one with topology=\"mesh\" sites=\"%s %s\" between them",
                     first->site->id, row->site->id);
        return DH_ERR_VALUE;
    }
    if (row->fabric >= 0 && row->fabric != at) {
        dh_fail(diag, DH_ERR_DUPLICATE_ID, spec->place, "row %s is on two fabrics, one of them %s",
                row->row->id, spec->id);
        dh_diag_hint(diag, "rows= or halls= say what each fabric joins");
        return DH_ERR_DUPLICATE_ID;
    }
    if (spec->adapters < 0 && adapters_of(f, row->node) != adapters_of(f, first->node)) {
        dh_fail(diag, DH_ERR_VALUE, spec->place, "fabric %s: nodes of %s and %s have %d and %d adapters",
                spec->id, first->row->id, row->row->id, (int)adapters_of(f, first->node),
                (int)adapters_of(f, row->node));
        dh_diag_hint(diag, "adapters= for all of them, or a fabric each");
        return DH_ERR_VALUE;
    }
    row->fabric = at;
    for (int32_t k = 0; nodes && k < row->nodes; k++)
        nodes[p->n_node + k] = row->first_node + k;
    p->n_node += row->nodes;
    return DH_OK;
}

/* Its rows in the order of rows=, then those of halls=; by default all with accelerators. */
static struct dh_fabric_row *next_row(const struct dh_run_fabric_spec *spec, struct rows *rows, int32_t *at,
                                      const char **list) {
    while (*list && **list) {
        size_t n = strcspn(*list, " ");
        const char *id = *list;
        *list += n + (id[n] == ' ');
        for (int32_t r = 0; r < rows->n; r++)
            if (strlen(rows->all[r].row->id) == n && memcmp(rows->all[r].row->id, id, n) == 0)
                return &rows->all[r];
    }
    for (; *at < rows->n; (*at)++) {
        struct dh_fabric_row *row = &rows->all[*at];
        bool wanted = spec->halls ? row->node->gpus > 0 && is_in(spec->halls, row->hall->id) &&
                                        !(spec->rows && is_in(spec->rows, row->row->id))
                      : spec->rows ? false
                                   : row->node->gpus > 0;
        if (wanted) {
            ++*at;
            return row;
        }
    }
    return NULL;
}

static enum dh_err join_rows(struct dh_run_fabrics *out, int32_t i, struct dh_network_part_spec *p,
                             struct rows *rows, struct dh_fabric_row **first, const struct dh_scenario *sc,
                             struct dh_diag *diag) {
    struct dh_run_fabric *f = &out->fabrics[i];
    int32_t *nodes = NULL;
    *first = NULL;
    for (int pass = 0; pass < 2; pass++) {
        int32_t at = 0;
        const char *list = f->spec->rows;
        p->n_node = 0;
        for (struct dh_fabric_row *row; (row = next_row(f->spec, rows, &at, &list)) != NULL;) {
            if (!*first) {
                const struct dh_device_spec *device = dh_scenario_device(sc, row->node->device);
                *first = row;
                f->device = device ? (int32_t)(device - sc->devices) : -1;
                f->network = f->spec->network ? dh_scenario_network(sc, f->spec->network)
                             : device
                                 ? dh_collective_find_network(sc->networks, sc->n_networks, device->id, "")
                                 : NULL;
            }
            DH_TRY(take(f, p, nodes, row, *first, i, diag));
        }
        if (pass == 0 && !(nodes = dh_arena_array(&out->mem, (size_t)p->n_node + 1, sizeof *nodes)))
            return DH_ERR_MEMORY;
    }
    if (p->n_node == 0) {
        dh_fail(diag, DH_ERR_EMPTY, f->spec->place, "fabric %s reaches no node", f->spec->id);
        dh_diag_hint(diag, "rows= or halls= with accelerators");
        return DH_ERR_EMPTY;
    }
    p->nodes = nodes;
    p->adapters = (int32_t)(f->spec->adapters > 0 ? f->spec->adapters : adapters_of(f, (*first)->node));
    return DH_OK;
}

static enum dh_err join_sites(struct dh_run_fabrics *out, struct dh_run_fabric *f,
                              struct dh_network_part_spec *p, const struct dh_scenario *sc,
                              struct dh_diag *diag) {
    int32_t *sites = dh_arena_array(&out->mem, (size_t)sc->n_sites + 1, sizeof *sites);
    if (!sites)
        return DH_ERR_MEMORY;
    f->device = f->hall = -1;
    f->network = f->spec->network ? dh_scenario_network(sc, f->spec->network) : NULL;
    for (int32_t s = 0; s < sc->n_sites; s++)
        if (!f->spec->sites || is_in(f->spec->sites, sc->sites[s].id))
            sites[p->n_site++] = s;
    p->sites = sites;
    if (p->n_site >= 2)
        return DH_OK;
    dh_fail(diag, DH_ERR_VALUE, f->spec->place, "fabric %s: a mesh joins two sites or more", f->spec->id);
    dh_diag_hint(diag, "sites=\"east west\"");
    return DH_ERR_VALUE;
}

/* What would say nothing is no silence: who writes it means something else. */
static enum dh_err check_joins(const struct dh_run_fabric_spec *spec, struct dh_diag *diag) {
    bool mesh = spec->kind == DH_TOPOLOGY_MESH;
    const char *attr = mesh          ? (spec->rows    ? "rows"
                                        : spec->halls ? "halls"
                                                      : NULL)
                       : spec->sites ? "sites"
                                     : NULL;
    if (!attr)
        return DH_OK;
    dh_fail(diag, DH_ERR_VALUE, spec->place, "fabric %s: '%s' says nothing of %s", spec->id, attr,
            mesh ? "a mesh, which joins sites" : "what is no mesh");
    dh_diag_hint(diag, mesh ? "sites=\"east west\"" : "rows=, or halls=, says which nodes it joins");
    return DH_ERR_VALUE;
}

/* ---- where its switches stand */

static bool is_stage(const struct dh_site_spec *site, const char *id, size_t n) {
    const struct dh_power_spec *p = &site->powers[0];
#define LOOK(list, count)                                                                                    \
    for (int32_t i = 0; i < (count); i++)                                                                    \
        if (strlen((list)[i].id) == n && memcmp((list)[i].id, id, n) == 0)                                   \
            return true;
    LOOK(p->utilities, p->n_utilities)
    LOOK(p->transformers, p->n_transformers)
    LOOK(p->upses, p->n_upses)
    LOOK(p->pdus, p->n_pdus)
    LOOK(p->generators, p->n_generators)
#undef LOOK
    return false;
}

static enum dh_err stand(struct dh_run_fabric *f, const struct rows *rows, const struct dh_fabric_row *first,
                         struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    const struct dh_fabric_row *beside = first;
    for (int32_t r = 0; spec->hall && r < rows->n; r++) /* a hall has rows, or its racks none to be beside */
        if (strcmp(rows->all[r].hall->id, spec->hall) == 0) {
            beside = &rows->all[r];
            break;
        }
    if (spec->hall && strcmp(beside->hall->id, spec->hall) != 0) {
        dh_fail(diag, DH_ERR_VALUE, spec->place, "fabric %s: hall %s has no rows", spec->id, spec->hall);
        dh_diag_hint(diag, "switches stand in a hall that has racks");
        return DH_ERR_VALUE;
    }
    f->site = beside->at_site;
    f->hall = beside->at_hall;
    f->hall_spec = beside->hall;
    f->row_spec = beside->row;
    f->feed = spec->feed ? spec->feed : beside->row->feed;
    f->transfer = spec->transfer >= 0 ? spec->transfer : beside->row->transfer;
    for (const char *at = spec->feed; at && *at;) {
        size_t n = strcspn(at, " ");
        if (!is_stage(beside->site, at, n)) {
            dh_fail(diag, DH_ERR_DANGLING_REF, spec->place,
                    "fabric %s: '%.*s' stands in another site than hall %s", spec->id, (int)n, at,
                    beside->hall->id);
            dh_diag_hint(diag, "switches are fed by a stage of the site where they stand");
            return DH_ERR_DANGLING_REF;
        }
        at += n + (at[n] == ' ');
    }
    return DH_OK;
}

/* ---- all */

static const char *hint_for(const struct dh_run_fabric_spec *spec) {
    switch (spec->kind) {
    case DH_TOPOLOGY_TORUS:
        return "size= has room for the adapters of all its nodes, or rows= names fewer";
    case DH_TOPOLOGY_FAT_TREE:
        return "hosts-per-leaf, units-per-pod, ports and oversubscription have to fit together; more of "
               "them, or "
               "another tier, reach more nodes";
    case DH_TOPOLOGY_DRAGONFLY:
    case DH_TOPOLOGY_DRAGONFLY_PLUS:
        return "hosts-per-leaf times routers times groups adapters are reached, by global-links between all "
               "groups";
    default:
        return "see models/network.h";
    }
}

/* Several fabrics whose sites a mesh does not join are apart: training jobs of several nodes could land on
 * both, and on nodes of no fabric. */
static enum dh_err check_reach(struct dh_network *network, const struct rows *rows,
                               const struct dh_scenario *sc, struct dh_diag *diag) {
    struct dh_network_hop hops[DH_NETWORK_HOPS];
    bool many = false;
    for (int32_t w = 0; w < sc->n_workloads; w++)
        for (int32_t j = 0; j < sc->workloads[w].n_streams; j++)
            many |= sc->workloads[w].streams[j].n_trainings > 0;
    const struct dh_fabric_row *first = NULL;
    for (int32_t r = 0; many && r < rows->n; r++) {
        const struct dh_fabric_row *row = &rows->all[r];
        if (row->node->gpus == 0 || row->nodes == 0)
            continue;
        if (row->fabric < 0) {
            dh_fail(diag, DH_ERR_VALUE, row->row->place,
                    "row %s is on no fabric: training jobs could not reach its nodes", row->row->id);
            dh_diag_hint(diag, "a fabric with rows=\"… %s\", or one without rows= for all", row->row->id);
            return DH_ERR_VALUE;
        }
        bool joined = !first || row->fabric == first->fabric ||
                      dh_network_route(network, dh_network_host(network, first->first_node, 0),
                                       dh_network_host(network, row->first_node, 0), hops) >= 0;
        if (!joined) {
            dh_fail(
                diag, DH_ERR_VALUE, row->row->place,
                "row %s cannot be reached from row %s: nothing joins their fabrics, and training jobs may "
                "run on both",
                row->row->id, first->row->id);
            dh_diag_hint(diag, "one fabric for both, or of several sites a mesh between them");
            return DH_ERR_VALUE;
        }
        first = first ? first : row;
    }
    return DH_OK;
}

/* Links between switches, or of a torus or mesh: not those of hosts and domains. */
static bool is_between(const struct dh_network *network, int32_t link) {
    enum dh_link_class is = dh_network_link_class(network, link);
    return is == DH_LINK_LOCAL || is == DH_LINK_GLOBAL;
}

static enum dh_err list_links(struct dh_run_fabrics *out, const struct dh_network *network) {
    char name[320];
    int32_t n = 0;
    for (int32_t l = 0; l < dh_network_n_link(network); l++)
        n += is_between(network, l);
    n = n > DH_FABRIC_ROWS ? 0 : n;
    int32_t *link = dh_arena_array(&out->mem, (size_t)n + 1, sizeof *link);
    const char **names = dh_arena_array(&out->mem, (size_t)n + 1, sizeof *names);
    if (!link || !names)
        return DH_ERR_MEMORY;
    for (int32_t l = 0; out->n_link < n; l++)
        if (is_between(network, l)) {
            dh_network_link_name(network, l, name, sizeof name);
            link[out->n_link] = l;
            if (!(names[out->n_link++] = dh_arena_strdup(&out->mem, name)))
                return DH_ERR_MEMORY;
        }
    out->link = link;
    out->link_name = names;
    return DH_OK;
}

static enum dh_err list_units(struct dh_run_fabrics *out) {
    static const enum dh_network_unit kinds[] = {DH_NET_LEAF, DH_NET_SPINE, DH_NET_CORE, DH_NET_DOMAIN};
    enum { N_KIND = sizeof kinds / sizeof *kinds };
    char name[320];
    int64_t n = 0;
    for (int32_t i = 0; i < out->n; i++)
        for (int k = 0; k < N_KIND; k++)
            n += out->fabrics[i].facts.units[kinds[k]];
    n = n > DH_FABRIC_ROWS ? 0 : n;
    struct dh_fabric_unit *unit = dh_arena_array(&out->mem, (size_t)n + 1, sizeof *unit);
    const char **names = dh_arena_array(&out->mem, (size_t)n + 1, sizeof *names);
    if (!unit || !names)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < out->n && n > 0; i++)
        for (int k = 0; k < N_KIND; k++)
            for (int32_t u = 0; u < out->fabrics[i].facts.units[kinds[k]]; u++) {
                unit[out->n_unit] = (struct dh_fabric_unit){i, u, kinds[k]};
                snprintf(name, sizeof name, "%.280s/%s#%d", out->fabrics[i].spec->id,
                         dh_network_unit_name[kinds[k]], (int)u + 1);
                if (!(names[out->n_unit++] = dh_arena_strdup(&out->mem, name)))
                    return DH_ERR_MEMORY;
            }
    out->unit = unit;
    out->unit_name = names;
    return DH_OK;
}

static enum dh_err compile(struct dh_run_fabrics *out, const struct dh_scenario *sc, struct dh_diag *diag) {
    struct rows rows = {0};
    struct dh_network_part_spec *parts = dh_arena_array(&out->mem, (size_t)sc->n_fabrics, sizeof *parts);
    struct dh_network *network;
    const char *why;
    int32_t at = 0;
    out->n = sc->n_fabrics;
    out->fabrics = dh_arena_array(&out->mem, (size_t)sc->n_fabrics, sizeof *out->fabrics);
    if (!parts || !out->fabrics)
        return DH_ERR_MEMORY;
    DH_TRY(list_rows(out, sc, &rows));
    out->def.parts = parts;
    out->def.n_part = out->n;
    for (int32_t i = 0; i < out->n; i++) {
        struct dh_run_fabric *f = &out->fabrics[i];
        struct dh_fabric_row *first = NULL;
        f->spec = &sc->fabrics[i];
        bool mesh = f->spec->kind == DH_TOPOLOGY_MESH;
        DH_TRY(check_joins(f->spec, diag));
        DH_TRY(mesh ? join_sites(out, f, &parts[i], sc, diag)
                    : join_rows(out, i, &parts[i], &rows, &first, sc, diag));
        DH_TRY(dh_fabric_shape(f, &parts[i], f->device >= 0 ? &sc->devices[f->device] : NULL, first, diag));
        if (!mesh)
            DH_TRY(stand(f, &rows, first, diag));
        parts[i].site = f->site;
    }
    enum dh_err err = dh_network_new(&network, &out->def, &at, &why);
    if (err == DH_ERR_MEMORY)
        return err;
    if (err != DH_OK) {
        dh_fail(diag, err, sc->fabrics[at].place, "fabric %s: %s", sc->fabrics[at].id, why);
        dh_diag_hint(diag, "%s", hint_for(&sc->fabrics[at]));
        return err;
    }
    for (int32_t i = 0; i < out->n; i++) {
        out->fabrics[i].facts = dh_network_facts(network, i);
        dh_fabric_count(&out->fabrics[i], &out->n_rack);
    }
    err = check_reach(network, &rows, sc, diag);
    if (err == DH_OK)
        err = list_links(out, network);
    if (err == DH_OK)
        err = list_units(out);
    dh_network_delete(network);
    return err;
}

enum dh_err dh_run_fabrics_compile(struct dh_run_fabrics *out, const struct dh_scenario *sc,
                                   struct dh_diag *diag) {
    *out = (struct dh_run_fabrics){0};
    if (sc->n_fabrics == 0)
        return DH_OK;
    enum dh_err err = compile(out, sc, diag);
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, sc->fabrics[0].place, "no memory for fabrics of this size");
    if (err != DH_OK)
        dh_run_fabrics_free(out);
    return err;
}

void dh_run_fabrics_free(struct dh_run_fabrics *fabrics) {
    dh_arena_free(&fabrics->mem);
    *fabrics = (struct dh_run_fabrics){0};
}
