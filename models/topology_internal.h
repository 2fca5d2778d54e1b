/* What each family of topologies gives to models/topology.c. */
#ifndef DH_MODELS_TOPOLOGY_INTERNAL_H
#define DH_MODELS_TOPOLOGY_INTERNAL_H

#include "models/topology.h"

struct dh_topology_family {
    /* Sets n_host, n_node and n_link, checks what the family needs: NULL, or what is wrong. */
    const char *(*init)(struct dh_topology *t, int64_t *n_host, int64_t *n_node, int64_t *n_link);
    struct dh_topology_link (*link)(const struct dh_topology *t, int32_t link);
    int32_t (*route)(const struct dh_topology *t, int32_t src, int32_t dst, uint64_t number, int32_t *links);
    void (*node_name)(const struct dh_topology *t, int32_t node, char *name, size_t room);
    double (*bisection)(const struct dh_topology *t);
};

extern const struct dh_topology_family dh_topology_fat_tree, dh_topology_dragonfly,
    dh_topology_dragonfly_plus, dh_topology_torus, dh_topology_mesh;

#endif
