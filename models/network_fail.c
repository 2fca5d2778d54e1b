/* What works of a network, and what its links have by that. */
#include "models/network_internal.h"

#include <stdlib.h>

const char *const dh_network_unit_name[DH_N_NETWORK_UNIT] = {"leaf",   "spine", "core",  "link",
                                                             "uplink", "trunk", "domain"};

int32_t dh_network_units(const struct dh_network *net, int32_t part, enum dh_network_unit unit) {
    return net->parts[part].units[unit];
}

/* ---- bundles */

/* Link j up of a leaf leads to spine j mod spines, link j up of a pod from spine j mod spines to core
 * j mod cores: with a spine for each link up the cables of models/fat_tree.h. */
static int32_t leaf_works(const struct dh_network_part *p, int32_t leaf) {
    int32_t n = 0;
    if (p->out[DH_NET_LEAF][leaf])
        return 0;
    for (int32_t j = 0; j < p->uplinks; j++)
        n += !p->out[DH_NET_UPLINK][leaf * p->uplinks + j] &&
             !p->out[DH_NET_SPINE][leaf / p->pod_leaves * p->spines + j % p->spines];
    return n;
}

static int32_t pod_works(const struct dh_network_part *p, int32_t pod) {
    int32_t n = 0;
    for (int32_t j = 0; j < p->trunks; j++)
        n += !p->out[DH_NET_TRUNK][pod * p->trunks + j] &&
             !p->out[DH_NET_SPINE][pod * p->spines + j % p->spines] && !p->out[DH_NET_CORE][j % p->cores];
    return n;
}

/* Cables between the routers of a group: pairs 0-1, 0-2, …. */
static int32_t group_works(const struct dh_network_part *p, int32_t group) {
    int32_t n = 0, routers = p->pod_leaves, cable = group * (routers * (routers - 1) / 2);
    const bool *out = p->out[DH_NET_LEAF] + group * routers;
    for (int32_t a = 0; a < routers; a++)
        for (int32_t b = a + 1; b < routers; b++)
            n += !p->out[DH_NET_UPLINK][cable++] && !out[a] && !out[b];
    return n;
}

/* The switch at one end of the k-th link between two groups; the ports of a group as in
 * models/topology_dragonfly.c. */
static bool end_works(const struct dh_network_part *p, int32_t from, int32_t to, int32_t k, bool peer) {
    bool plus = p->topology.kind == DH_TOPOLOGY_DRAGONFLY_PLUS;
    int32_t others = p->pods - 1, port = (to - from - 1 + p->pods) % p->pods + others * k;
    int32_t switches = plus ? p->spines : p->pod_leaves, ports = others * p->trunks;
    if (peer)
        port = others - 1 - port % others + port / others * others;
    /* Ports are spread evenly over switches. */
    int32_t at = (int32_t)((int64_t)port * switches / ports), group = peer ? to : from;
    return !p->out[plus ? DH_NET_SPINE : DH_NET_LEAF][group * switches + at];
}

static int32_t trunks_work(const struct dh_network_part *p, int32_t a, int32_t b) {
    int32_t n = 0, low = a < b ? a : b, high = a < b ? b : a;
    int32_t first = (low * (2 * p->pods - low - 1) / 2 + high - low - 1) * p->trunks;
    for (int32_t k = 0; k < p->trunks; k++)
        n += !p->out[DH_NET_TRUNK][first + k] && end_works(p, low, high, k, false) &&
             end_works(p, low, high, k, true);
    return n;
}

static void recount_bundles(const struct dh_network *net, const struct dh_network_part *p) {
    const struct dh_topology *t = &p->topology;
    double *capacity = net->capacity + p->first_link;
    for (int32_t h = 0; h < p->n_host; h++) {
        bool works = !p->out[DH_NET_LINK][h] && !p->out[DH_NET_LEAF][dh_network_leaf_of(p, h)];
        capacity[2 * h] = capacity[2 * h + 1] = works ? t->link[DH_LINK_HOST].bytes_per_s : 0;
    }
    for (int32_t l = 0; p->leaf_links + 2 * l < p->pod_links; l++) {
        double *of = capacity + p->leaf_links + 2 * l;
        of[0] = of[1] = leaf_works(p, l) * t->link[DH_LINK_LOCAL].bytes_per_s * p->leaf_share;
    }
    for (int32_t i = 0; p->pod_links + 2 * i < p->local_links; i++) {
        double *of = capacity + p->pod_links + 2 * i;
        of[0] = of[1] = pod_works(p, i) * t->link[DH_LINK_GLOBAL].bytes_per_s * p->pod_share;
    }
    for (int32_t g = 0; p->local_links + g < p->trunk_links; g++)
        capacity[p->local_links + g] =
            2.0 * group_works(p, g) * t->link[DH_LINK_LOCAL].bytes_per_s * p->leaf_share;
    for (int32_t i = 0; p->trunk_links + i < p->domain_links; i++) {
        int32_t from = i / (p->pods - 1), to = (from + 1 + i % (p->pods - 1)) % p->pods;
        capacity[p->trunk_links + i] =
            trunks_work(p, from, to) * t->link[DH_LINK_GLOBAL].bytes_per_s * p->pod_share;
    }
}

void dh_network_recount(struct dh_network *net, const struct dh_network_part *p) {
    double *capacity = net->capacity + p->first_link;
    if (p->bundled)
        recount_bundles(net, p);
    else
        for (int32_t i = 0; i < p->domain_links; i++) {
            bool works = p->mesh ? !p->out[DH_NET_LINK][i / 2] : p->down[i] == 0;
            enum dh_link_class is = p->mesh ? DH_LINK_GLOBAL : dh_topology_link(&p->topology, i).is;
            capacity[i] = works ? p->topology.link[is].bytes_per_s : 0;
        }
    for (int32_t d = 0; d < p->units[DH_NET_DOMAIN]; d++) {
        double gpus = 0;
        for (int32_t n = 0; n < p->domain_nodes; n++)
            gpus += net->node_gpus[net->host_node[p->first_host + (d * p->domain_nodes + n) * p->adapters]];
        capacity[p->domain_links + d] =
            p->out[DH_NET_DOMAIN][d] ? 0 : gpus * p->topology.link[DH_LINK_DOMAIN].bytes_per_s;
    }
}

double dh_network_works(const struct dh_network *net, int32_t part) {
    const struct dh_network_part *p = &net->parts[part];
    double now = 0, all = 0;
    for (int32_t i = p->first_link; i < p->first_link + p->domain_links; i++) {
        now += net->capacity[i];
        all += net->full[i];
    }
    return all > 0 ? now / all : 1;
}

/* ---- link by link */

struct end {
    int32_t low, high, link;
    bool back;
};

static int by_ends(const void *a, const void *b) {
    const struct end *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    if (x->back != y->back)
        return x->back ? 1 : -1;
    return (x->link > y->link) - (x->link < y->link);
}

static enum dh_network_unit unit_of(const struct dh_topology *t, enum dh_link_class is) {
    return t->kind == DH_TOPOLOGY_TORUS || is == DH_LINK_HOST ? DH_NET_LINK
           : is == DH_LINK_LOCAL                              ? DH_NET_UPLINK
                                                              : DH_NET_TRUNK;
}

/* Cables in the order of the first of their two links; those of ports without a host are left out. */
enum dh_err dh_network_find_cables(struct dh_network *net, struct dh_network_part *p) {
    const struct dh_topology *t = &p->topology;
    bool torus = t->kind == DH_TOPOLOGY_TORUS, plus = t->kind == DH_TOPOLOGY_DRAGONFLY_PLUS;
    struct end *ends = malloc(((size_t)t->n_link + 1) * sizeof *ends);
    int32_t *twin = calloc((size_t)t->n_link + 1, sizeof *twin);
    enum dh_err err = DH_ERR_MEMORY;
    p->down = dh_arena_array(&net->mem, (size_t)t->n_link + 1, sizeof *p->down);
    if (!ends || !twin || !p->down)
        goto out;
    for (int32_t i = 0; i < t->n_link; i++) {
        struct dh_topology_link l = dh_topology_link(t, i);
        bool back = l.from > l.to;
        ends[i] = (struct end){back ? l.to : l.from, back ? l.from : l.to, i, back};
    }
    qsort(ends, (size_t)t->n_link, sizeof *ends, by_ends);
    for (int32_t i = 0, j; i < t->n_link; i = j) { /* the k-th there belongs to the k-th back */
        for (j = i; j < t->n_link && ends[j].low == ends[i].low && ends[j].high == ends[i].high; j++)
            ;
        for (int32_t k = 0; k < (j - i) / 2; k++) {
            int32_t a = ends[i + k].link, b = ends[i + (j - i) / 2 + k].link;
            twin[a] = b;
            twin[b] = a;
        }
    }
    for (int pass = 0; pass < 2; pass++) {
        for (int u = DH_NET_LINK; u <= DH_NET_TRUNK; u++) {
            if (pass == 1 &&
                !(p->cable[u] = dh_arena_array(&net->mem, 2 * (size_t)p->units[u] + 2, sizeof(int32_t))))
                goto out;
            p->units[u] = 0;
        }
        for (int32_t i = 0; i < t->n_link; i++) {
            struct dh_topology_link l = dh_topology_link(t, i);
            int32_t low = l.from < l.to ? l.from : l.to;
            if (twin[i] < i || (!torus && l.is == DH_LINK_HOST && low >= p->n_host))
                continue;
            enum dh_network_unit u = unit_of(t, l.is);
            if (pass == 1) {
                p->cable[u][2 * p->units[u]] = i;
                p->cable[u][2 * p->units[u] + 1] = twin[i];
            }
            p->units[u]++;
        }
    }
    if (t->kind == DH_TOPOLOGY_FAT_TREE) {
        p->units[DH_NET_LEAF] = t->tree.down[1] * (t->pods > 0 ? t->pods : 1);
        p->units[DH_NET_SPINE] = t->tree.up[1] * (t->pods > 0 ? t->pods : 1);
        p->units[DH_NET_CORE] = t->pods > 0 ? t->tree.up[1] * t->tree.up[2] : 0;
    } else if (!torus) {
        p->units[DH_NET_LEAF] = t->groups * t->routers;
        p->units[DH_NET_SPINE] = plus ? t->groups * t->spines : 0;
    }
    err = DH_OK;
out:
    free(ends);
    free(twin);
    return err;
}

static void hold(struct dh_network_part *p, int32_t link, bool works) {
    p->down[link] = (uint16_t)(p->down[link] + (works ? -1 : 1));
}

static enum dh_err set_by_link(struct dh_network_part *p, enum dh_network_unit unit, int32_t index,
                               bool works) {
    const struct dh_topology *t = &p->topology;
    if (unit == DH_NET_DOMAIN)
        return DH_OK;
    if (!p->graph && !(p->graph = dh_topology_graph(t)))
        return DH_ERR_MEMORY;
    if (unit >= DH_NET_LINK) {
        for (int i = 0; i < 2; i++) {
            hold(p, p->cable[unit][2 * index + i], works);
            dh_link_graph_cut_link(p->graph, p->cable[unit][2 * index + i], !works);
        }
        return DH_OK;
    }
    int32_t node = t->n_host + index;
    for (int u = DH_NET_LEAF; u < (int)unit; u++)
        node += p->units[u];
    for (int32_t i = 0; i < t->n_link; i++) {
        struct dh_topology_link l = dh_topology_link(t, i);
        if (l.from == node || l.to == node)
            hold(p, i, works);
    }
    dh_link_graph_cut_node(p->graph, node, !works);
    return DH_OK;
}

enum dh_err dh_network_set(struct dh_network *net, int32_t part, enum dh_network_unit unit, int32_t index,
                           bool works) {
    struct dh_network_part *p = &net->parts[part];
    if (p->out[unit][index] == !works)
        return DH_OK;
    if (!p->bundled && !p->mesh && set_by_link(p, unit, index, works) != DH_OK)
        return DH_ERR_MEMORY;
    p->out[unit][index] = !works;
    dh_network_recount(net, p);
    if (p->mesh) /* a later mesh's links are above 2 index + 1, an earlier one's below first_link */
        for (int32_t i = 0; i < net->n_wan_link; i++)
            if (net->wan_link[i] >= p->first_link && (net->wan_link[i] - p->first_link) / 2 == index)
                dh_link_graph_cut_link(net->wan, i, !works);
    return DH_OK;
}
