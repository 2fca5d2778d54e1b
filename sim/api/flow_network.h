/* The network of `predict flows`: links, and the routes that a file gives or that the links themselves do.
 * Private to sim/api. */
#ifndef DH_SIM_API_FLOW_NETWORK_H
#define DH_SIM_API_FLOW_NETWORK_H

#include "models/fabric.h"
#include "scenarios/csv_read.h"

struct dh_network_node {
    int64_t level, position;
};
struct dh_network_link {
    int64_t id;
    double capacity, latency_s; /* bytes/s */
    struct dh_network_node from, to;
    int32_t line;
};
struct dh_network_route {
    int64_t src, dst;
    int32_t first, n, line; /* links: hops[first …] */
    double latency_s;
};

/* {0} holds nothing. */
struct dh_flow_network {
    const char *links_path, *routes_path; /* routes NULL: from the links */
    struct dh_topology topology;          /* links_path NULL: of this */
    struct dh_diag *diag;
    struct dh_network_link *links;   /* by id */
    struct dh_network_route *routes; /* by src, dst */
    int32_t *hops;                   /* indices of links */
    struct dh_network_node *nodes;   /* by level, position; without routes only */
    struct dh_link_graph *graph;
    int32_t n_link, n_route, n_hop, n_node, link_room, route_room, hop_room;
};

/* Host numbers are at most this. */
#define DH_NETWORK_MOST_HOST 1e15

/* Who flows to whom, to be routed. */
struct dh_network_pair {
    int64_t src, dst;
    int32_t line, col, route; /* route: set by dh_flow_network_route */
};

/* Reads links and, if there is a path to them, routes. Without one the links must say where they lead:
 * from_level, from_pos, to_level and to_pos, hosts being level 0, or from and to, each node being a host that
 * passes on what is not for it. Hosts with a level pass nothing on, unless hosts are linked to hosts. Free it
 * in any case. */
enum dh_err dh_flow_network_read(struct dh_flow_network *net, const char *links, const char *routes,
                                 struct dh_diag *diag);
/* The same of a topology in words (sim/api/flow_topology.h). Links are numbered from 0 as it does; nodes have
 * the level 0 for hosts, 1 for switches, and the topology's numbers, those of switches from 0. */
enum dh_err dh_flow_network_make(struct dh_flow_network *net, const char *topology, struct dh_diag *diag);
void dh_flow_network_free(struct dh_flow_network *net);

/* Sets each pair's route, an index into net->routes. DH_ERR_MISSING with the place of the first pair (by line
 * of `input`) that has none. */
enum dh_err dh_flow_network_route(struct dh_flow_network *net, struct dh_network_pair *pairs, int32_t n,
                                  const char *input);

/* Indices of a link by its id, of a node; -1: there is none. */
int32_t dh_flow_network_link(const struct dh_flow_network *net, int64_t id);
int32_t dh_flow_network_node(const struct dh_flow_network *net, struct dh_network_node node);
/* The network for flows whose routes change or are chosen `way`. NULL without memory; not for routes of a
 * file.
 */
struct dh_fabric *dh_flow_network_fabric(const struct dh_flow_network *net, enum dh_fabric_way way);

/* A number of a column that must be above zero: one message for what is none, one for zero and less. */
enum dh_err dh_network_above_zero(const struct dh_csv *csv, int32_t column, double least, double most,
                                  const char *what, struct dh_diag *diag, double *value);

/* Room for one more in *array, which has n of *have elements of `size` bytes. */
bool dh_network_room(void *array, int32_t n, int32_t *have, size_t size);

#endif
