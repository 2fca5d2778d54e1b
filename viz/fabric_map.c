#include "viz/fabric_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Leaves count over all fabrics; of a torus each host is one, of a mesh there are none. */
struct dh_fabric_map {
    struct dh_network *network;
    int32_t *first_leaf;        /* of each fabric, and one behind the last */
    int32_t *rack_first, *leaf; /* leaves of each rack: leaf[rack_first[r]] … */
    double *load;               /* of each leaf, at `at` */
    double *rack_load;
    dh_time at;
    bool known;
};

void dh_fabric_map_free(struct dh_fabric_map *m) {
    if (!m)
        return;
    dh_network_delete(m->network);
    free(m->first_leaf);
    free(m->rack_first);
    free(m->leaf);
    free(m->load);
    free(m->rack_load);
    free(m);
}

static int32_t leaves_of(const struct dh_network *net, int32_t part) {
    struct dh_network_shape s = dh_network_shape(net, part);
    return s.kind == DH_TOPOLOGY_TORUS ? s.hosts : s.leaves;
}

/* The leaf of an adapter, over all fabrics; -1: none. */
static int32_t leaf_of(const struct dh_fabric_map *m, int32_t part, int32_t host) {
    int32_t leaf = dh_network_host_leaf(m->network, host);
    return leaf >= 0 && leaf < m->first_leaf[part + 1] - m->first_leaf[part] ? m->first_leaf[part] + leaf
                                                                             : -1;
}

/* Leaves of a rack, each once, from `out` on where it is not NULL; how many. */
static int32_t leaves_of_rack(const struct dh_fabric_map *m, const struct dh_facility *f, int32_t rack,
                              int32_t *seen, int32_t *out) {
    int32_t n = 0;
    for (int32_t node = f->rack_first_node[rack]; node < f->rack_first_node[rack] + f->rack_nodes[rack];
         node++) {
        int32_t part = dh_network_part(m->network, node);
        for (int32_t a = 0; part >= 0 && a < dh_network_adapters(m->network, node); a++) {
            int32_t leaf = leaf_of(m, part, dh_network_host(m->network, node, 0) + a);
            if (leaf < 0 || seen[leaf] == rack + 1)
                continue;
            seen[leaf] = rack + 1;
            if (out)
                out[n] = leaf;
            n++;
        }
    }
    return n;
}

static bool find_leaves(struct dh_fabric_map *m, const struct dh_facility *f) {
    int32_t n_part = f->fabric.n;
    m->first_leaf = calloc((size_t)n_part + 1, sizeof *m->first_leaf);
    for (int32_t i = 0; m->first_leaf && i < n_part; i++)
        m->first_leaf[i + 1] = m->first_leaf[i] + leaves_of(m->network, i);
    size_t n_leaf = m->first_leaf ? (size_t)m->first_leaf[n_part] + 1 : 1;
    int32_t *seen = calloc(2 * n_leaf, sizeof *seen);
    m->rack_first = calloc((size_t)f->n_rack + 1, sizeof *m->rack_first);
    m->load = malloc(n_leaf * sizeof *m->load);
    m->rack_load = malloc(((size_t)f->n_rack + 1) * sizeof *m->rack_load);
    bool good = m->first_leaf && seen && m->rack_first && m->load && m->rack_load;
    for (int32_t r = 0; good && r < f->n_rack; r++)
        m->rack_first[r + 1] = m->rack_first[r] + leaves_of_rack(m, f, r, seen, NULL);
    m->leaf = good ? malloc(((size_t)m->rack_first[f->n_rack] + 1) * sizeof *m->leaf) : NULL;
    for (int32_t r = 0; m->leaf && r < f->n_rack; r++)
        leaves_of_rack(m, f, r, seen + n_leaf, m->leaf + m->rack_first[r]);
    free(seen);
    return m->leaf != NULL;
}

static struct dh_fabric_map *map_of(struct dh_source *source) {
    const struct dh_facility *f = source->facility;
    int32_t part;
    const char *why;
    if (source->fabric_asked || f->fabric.n == 0)
        return source->fabric;
    source->fabric_asked = true;
    struct dh_fabric_map *m = calloc(1, sizeof *m);
    if (!m || dh_network_new(&m->network, &f->fabric.def, &part, &why) != DH_OK || !find_leaves(m, f)) {
        dh_fabric_map_free(m);
        return NULL;
    }
    return source->fabric = m;
}

const struct dh_network *dh_source_network(struct dh_source *source) {
    const struct dh_fabric_map *m = map_of(source);
    return m ? m->network : NULL;
}

/* ---- loads */

static void raise(struct dh_fabric_map *m, int32_t part, int32_t leaf, double load) {
    if (leaf < 0 || leaf >= m->first_leaf[part + 1] - m->first_leaf[part])
        return;
    double *at = &m->load[m->first_leaf[part] + leaf];
    *at = isnan(*at) || load > *at ? load : *at;
}

/* A load of a pod or group is that of all its leaves. */
static void raise_all(struct dh_fabric_map *m, const struct dh_network_shape *s, int32_t part, int32_t pod,
                      double load) {
    for (int32_t k = 0; k < s->pod_leaves; k++)
        raise(m, part, pod * s->pod_leaves + k, load);
}

/* A node of a topology whose links are single: a leaf, or of a torus a host. */
static int32_t single(const struct dh_network_shape *s, int32_t node) {
    return s->kind == DH_TOPOLOGY_TORUS ? node : node - s->hosts;
}

static void find_load(struct dh_fabric_map *m, int32_t link, double load) {
    struct dh_network_link_place p = dh_network_link_place(m->network, link);
    struct dh_network_shape s = dh_network_shape(m->network, p.part);
    switch (p.way) {
    case DH_WAY_LEAF_UP:
    case DH_WAY_LEAF_DOWN:
        raise(m, p.part, p.from, load);
        break;
    case DH_WAY_POD_UP:
    case DH_WAY_POD_DOWN:
    case DH_WAY_GROUP:
        raise_all(m, &s, p.part, p.from, load);
        break;
    case DH_WAY_GLOBAL:
        raise_all(m, &s, p.part, p.from, load);
        raise_all(m, &s, p.part, p.to, load);
        break;
    case DH_WAY_SINGLE:
        raise(m, p.part, single(&s, p.from), load);
        raise(m, p.part, single(&s, p.to), load);
        break;
    case DH_WAY_HOST_UP:
    case DH_WAY_HOST_DOWN:
    case DH_WAY_SITE:
    case DH_WAY_DOMAIN:
        break;
    }
}

static double load_of_switches(struct dh_source *source, int32_t rack) {
    const struct dh_facility *f = source->facility;
    int32_t at = rack - (f->n_rack - f->fabric.n_rack);
    for (int32_t i = 0; i < f->fabric.n; i++)
        for (int t = 0; t < DH_N_TIER; t++) {
            const struct dh_run_fabric *fabric = &f->fabric.fabrics[i];
            if (at >= fabric->first_rack[t] && at < fabric->first_rack[t] + fabric->racks[t])
                return dh_source_value(
                    source, t == 2 ? DH_COLUMN_fabric_global_most_frac : DH_COLUMN_fabric_local_most_frac, i);
        }
    return NAN;
}

static void find_loads(struct dh_source *source, struct dh_fabric_map *m) {
    const struct dh_facility *f = source->facility;
    const double *load = source->ops->column(source, DH_COLUMN_link_load_frac);
    for (int32_t i = 0; i < m->first_leaf[f->fabric.n]; i++)
        m->load[i] = NAN;
    for (int32_t row = 0; load && row < f->n_link; row++)
        find_load(m, f->fabric.link[row], load[row]);
    for (int32_t r = 0; r < f->n_rack; r++) {
        double most = NAN;
        for (int32_t k = m->rack_first[r]; k < m->rack_first[r + 1]; k++)
            most = isnan(most) || m->load[m->leaf[k]] > most ? m->load[m->leaf[k]] : most;
        m->rack_load[r] = dh_rack_is_switches(f, r) ? load_of_switches(source, r) : most;
    }
    m->at = source->at;
    m->known = true;
}

double dh_source_rack_load(struct dh_source *source, int32_t rack) {
    struct dh_fabric_map *m = map_of(source);
    if (!m || rack < 0 || rack >= source->facility->n_rack)
        return NAN;
    if (!m->known || m->at != source->at)
        find_loads(source, m);
    return m->rack_load[rack];
}
