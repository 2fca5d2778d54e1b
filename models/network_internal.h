/* What models/network*.c share. */
#ifndef DH_MODELS_NETWORK_INTERNAL_H
#define DH_MODELS_NETWORK_INTERNAL_H

#include "models/network.h"
#include "sim/arena.h"

/* Links of a part, from first_link on. Bundled: of host h 2h up and 2h + 1 down; then
 *   fat trees, dragonfly+  of leaf l two: up, down
 *   fat trees, 3 tiers     of pod p two: up, down
 *   dragonfly              of each group its local links, together
 *   dragonflies            of each group those to each other group, by offset: (to - from - 1) mod groups
 * Link by link: those of the topology; a mesh of sites: of pair c, as they come (0-1, 0-2, …), two.
 * Then one of each domain. */
struct dh_network_part {
    const char *name;
    struct dh_topology topology; /* initialized; of bundled dragonflies only sizes and rates count */
    int32_t tiers, rails, adapters, domain_nodes, site;
    bool bundled, mesh;
    const int32_t *sites;
    int32_t n_site;
    int32_t first_link, n_link, first_host, n_host, n_node;
    int32_t leaf_links, pod_links, local_links, trunk_links, domain_links; /* first of each */
    int32_t leaves, pods;  /* pods: groups of a dragonfly; 1 with fewer than 3 tiers */
    int32_t pod_leaves;    /* of a full pod or group */
    int32_t uplinks;       /* of a leaf */
    int32_t spines, cores; /* of a pod or group; of all */
    int32_t trunks;        /* of a pod; between two groups */
    double leaf_share, pod_share;
    int32_t units[DH_N_NETWORK_UNIT];
    bool *out[DH_N_NETWORK_UNIT];
    /* link by link */
    int32_t *cable[DH_N_NETWORK_UNIT]; /* of LINK, UPLINK, TRUNK: its two links */
    uint16_t *down;                    /* of each link of the topology: reasons */
    struct dh_link_graph *graph;       /* once something failed */
    int32_t n_out;
};

struct dh_network {
    struct dh_network_part *parts;
    int32_t n_part, n_link, n_host, n_node;
    int32_t *node_part, *node_first, *node_gpus; /* of each node; part -1: on none */
    int32_t *host_node;
    double *capacity, *full, *latency_s;
    struct dh_link_graph *wan; /* of sites; NULL: no mesh */
    int32_t n_site;
    int32_t *wan_link; /* of its links: those of the network */
    int32_t n_wan_link;
    struct dh_arena mem;
};

/* Where a host of a part, counted from 0 there, is. */
int32_t dh_network_leaf_of(const struct dh_network_part *p, int32_t host);
int32_t dh_network_domain_of(const struct dh_network_part *p, int32_t host);

/* Finds the capacities of all links of a part again. */
void dh_network_recount(struct dh_network *net, const struct dh_network_part *p);

/* Cables of a part that is link by link: sets units and cables. DH_ERR_MEMORY. */
enum dh_err dh_network_find_cables(struct dh_network *net, struct dh_network_part *p);

#endif
