/* Topologies of fabrics: which links join which nodes, and the route between two hosts by their coordinates,
 * without tables. All links are directed; a cable is two.
 *
 *   fat tree     2 or 3 tiers of switches; leaves, spines and cores by models/fat_tree.h. A leaf of h hosts
 *                has h/oversubscription links up, a spine with l leaves below it l/oversubscription.
 *   rails        the same where each of a server's `rails` accelerators has its own adapter on a leaf of its
 *                own: leaf r of a unit takes accelerator r of all servers of the unit (NVIDIA DGX SuperPOD
 *                reference architecture; Wang et al., Rail-only, 2023).
 *   dragonfly    groups of routers, all joined within a group, groups joined by global links (Kim, Dally,
 *                Scott, Abts, Technology-driven, highly-scalable dragonfly topology, ISCA 2008); minimal
 *                routes, of one global link.
 *   dragonfly+   groups are leaves and spines, global links are the spines' (Shpiner et al., Dragonfly+,
 *                HiPINEB 2017).
 *   torus        up to 4 dimensions, hosts pass on; dimension after dimension, the shorter way around; where
 *                both are as long, up from even and down from odd coordinates.
 *   mesh         a line each way between every two sites: a WAN.
 *
 * With `domain`, that many accelerators, one after the other, have a switch of their own besides (NVLink
 * within a server or rack): traffic within a domain stays there, and with rails what is for another rail
 * crosses to the accelerator of that rail in its own server first (NCCL's PXN; NVIDIA developer blog,
 * February 2022).
 *
 * Where links are equivalent a number chooses: the destination's own (D-mod-k), or a hash as ECMP does.
 *
 * Nodes: hosts 0 … n_host - 1, then switches. Links: as the comments of models/topology_*.c say. */
#ifndef DH_MODELS_TOPOLOGY_H
#define DH_MODELS_TOPOLOGY_H

#include "models/fat_tree.h"
#include "models/link_graph.h"

#include <stddef.h>

enum dh_topology_kind {
    DH_TOPOLOGY_FAT_TREE,
    DH_TOPOLOGY_DRAGONFLY,
    DH_TOPOLOGY_DRAGONFLY_PLUS,
    DH_TOPOLOGY_TORUS,
    DH_TOPOLOGY_MESH
};
enum { DH_TORUS_DIMENSIONS = 4, DH_TOPOLOGY_HOPS = 255 };

/* What a link is: each class has its rate and its latency. */
enum dh_link_class {
    DH_LINK_DOMAIN, /* accelerator and the switch of its domain */
    DH_LINK_HOST,   /* host and its leaf or router */
    DH_LINK_LOCAL,  /* leaf and spine, routers of a group, torus */
    DH_LINK_GLOBAL, /* spine and core, groups, sites */
    DH_N_LINK_CLASS
};

struct dh_topology {
    enum dh_topology_kind kind;
    struct {
        double bytes_per_s, latency_s; /* rate above 0 where the topology has such links */
    } link[DH_N_LINK_CLASS];

    /* fat trees. units: of one leaf, or with rails of one leaf a rail; those of a pod where there are pods.
     * pods 0: 2 tiers. oversubscription of leaves, of spines: at least 1; 0 stands for 1. */
    int32_t hosts_per_leaf, units, pods, rails, domain; /* rails 0 or 1: plain; domain 0: none */
    double oversubscription[2];

    /* dragonflies: hosts of a router or leaf: hosts_per_leaf; routers: leaves with +; spines: of + only;
     * globals: global links of a router or spine, in all a multiple of groups - 1. */
    int32_t groups, routers, spines, globals;

    int32_t size[DH_TORUS_DIMENSIONS]; /* torus; 0: no such dimension */
    int32_t sites;                     /* mesh */

    /* set by dh_topology_init */
    int32_t n_host, n_node, n_link;
    struct dh_fat_tree tree;
};

/* DH_ERR_RANGE with *why, a sentence without a period, for what is none: an oversubscription below 1 or one
 * that leaves no whole number of links, links without a rate, sizes below 1, more than 2^26 links. */
enum dh_err dh_topology_init(struct dh_topology *topology, const char **why);

struct dh_topology_link {
    int32_t from, to; /* nodes */
    enum dh_link_class is;
};
struct dh_topology_link dh_topology_link(const struct dh_topology *topology, int32_t link);

/* Links of the route from host src to host dst, in order; returns their number, 0 for src = dst. */
#define DH_BY_DESTINATION UINT64_MAX
int32_t dh_topology_route(const struct dh_topology *topology, int32_t src, int32_t dst, uint64_t number,
                          int32_t links[static DH_TOPOLOGY_HOPS]);

/* "leaf 3", "host 12 > leaf 3"; at most room - 1 bytes. */
void dh_topology_node_name(const struct dh_topology *topology, int32_t node, char *name, size_t room);
void dh_topology_link_name(const struct dh_topology *topology, int32_t link, char *name, size_t room);

/* Bytes/s that one half of the hosts can send to the other at once, the halves being neighbors by number
 * (torus: along its longest dimension) and whole leaves, pods, groups; without the links of domains. In
 * closed form; NAN for halves that would divide one of those. */
double dh_topology_bisection(const struct dh_topology *topology);

/* The same links for routes around what has failed. NULL without memory. */
struct dh_link_graph *dh_topology_graph(const struct dh_topology *topology);

#endif
