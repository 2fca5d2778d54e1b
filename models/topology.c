/* What all topologies share: checks, names, graphs. */
#include "models/topology_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct dh_topology_family *family(const struct dh_topology *t) {
    static const struct dh_topology_family *const all[] = {
        [DH_TOPOLOGY_FAT_TREE] = &dh_topology_fat_tree,
        [DH_TOPOLOGY_DRAGONFLY] = &dh_topology_dragonfly,
        [DH_TOPOLOGY_DRAGONFLY_PLUS] = &dh_topology_dragonfly_plus,
        [DH_TOPOLOGY_TORUS] = &dh_topology_torus,
        [DH_TOPOLOGY_MESH] = &dh_topology_mesh,
    };
    return all[t->kind];
}

/* Each class of which the topology has links needs a rate. */
static const char *check_rates(const struct dh_topology *t) {
    for (int32_t i = 0; i < t->n_link; i++) {
        double rate = t->link[dh_topology_link(t, i).is].bytes_per_s;
        if (!(rate > 0) || !isfinite(rate))
            return "a link has no rate above 0";
    }
    for (int i = 0; i < DH_N_LINK_CLASS; i++)
        if (!(t->link[i].latency_s >= 0) || !isfinite(t->link[i].latency_s))
            return "a link's latency is below 0";
    return NULL;
}

enum dh_err dh_topology_init(struct dh_topology *t, const char **why) {
    int64_t n_host = 0, n_node = 0, n_link = 0;
    *why = t->domain < 0 ? "a domain's accelerators are a negative number"
                         : family(t)->init(t, &n_host, &n_node, &n_link);
    if (*why)
        return DH_ERR_RANGE;
    if (n_link > 1 << 26 || n_node > 1 << 26) {
        *why = "there are more than 2^26 links or nodes";
        return DH_ERR_RANGE;
    }
    t->n_host = (int32_t)n_host;
    t->n_node = (int32_t)n_node;
    t->n_link = (int32_t)n_link;
    *why = check_rates(t);
    return *why ? DH_ERR_RANGE : DH_OK;
}

struct dh_topology_link dh_topology_link(const struct dh_topology *t, int32_t link) {
    return family(t)->link(t, link);
}

int32_t dh_topology_route(const struct dh_topology *t, int32_t src, int32_t dst, uint64_t number,
                          int32_t links[static DH_TOPOLOGY_HOPS]) {
    return src == dst ? 0 : family(t)->route(t, src, dst, number, links);
}

void dh_topology_node_name(const struct dh_topology *t, int32_t node, char *name, size_t room) {
    family(t)->node_name(t, node, name, room);
}

void dh_topology_link_name(const struct dh_topology *t, int32_t link, char *name, size_t room) {
    struct dh_topology_link l = dh_topology_link(t, link);
    char from[64], to[64];
    dh_topology_node_name(t, l.from, from, sizeof from);
    dh_topology_node_name(t, l.to, to, sizeof to);
    snprintf(name, room, "%s > %s", from, to);
}

double dh_topology_bisection(const struct dh_topology *t) {
    return family(t)->bisection(t);
}

struct dh_link_graph *dh_topology_graph(const struct dh_topology *t) {
    struct dh_graph_link *links = malloc(((size_t)t->n_link + 1) * sizeof *links);
    bool *ends = calloc((size_t)t->n_node + 1, sizeof *ends);
    struct dh_link_graph *graph = NULL;
    if (links && ends) {
        /* Hosts pass on what is theirs to pass on: in a torus or a mesh of sites, and to another rail. */
        bool pass = t->kind == DH_TOPOLOGY_TORUS || t->kind == DH_TOPOLOGY_MESH || t->domain > 0;
        for (int32_t i = 0; i < t->n_host; i++)
            ends[i] = !pass;
        for (int32_t i = 0; i < t->n_link; i++) {
            struct dh_topology_link l = dh_topology_link(t, i);
            links[i] = (struct dh_graph_link){l.from, l.to};
        }
        graph = dh_link_graph_new(t->n_node, ends, links, t->n_link);
    }
    free(links);
    free(ends);
    return graph;
}
