/* The network of a run: links with capacities and the routes between its hosts, small enough to be solved
 * again with each job that starts, ends or fails.
 *
 * Hosts are network adapters. What a fabric's routing spreads evenly over equal links is one link here, a
 * bundle: all links up (and all down) of a leaf, of a pod, all global links from one group of a dragonfly to
 * another, all local links of a group. Traffic that is spread evenly over the links of bundles takes the same
 * shares of them as link by link (tests/unit/network.c), and routes need no hash and no table. Of the sum of
 * its links a bundle has the share that routing reaches:
 *
 *   adaptive     0.95 (AI.md 4)
 *   ECMP         (k/u) / (k/u + sqrt(2 (k/u) ln u)) for k equal flows thrown at random on u links: the mean
 *                load over that of the fullest (Raab and Steger, "Balls into bins", RANDOM 1998, for k of the
 *                order u ln u and above; AI.md 4). k is the hosts below, times the queue pairs among which
 *                each of them splits its messages. One link has no collisions.
 *   destination  link by link by the destination's number (D-mod-k: models/fat_tree.h); no bundles. Toruses
 *                and meshes are link by link, too.
 *
 * A network has parts, one a fabric. Parts of different sites are joined by meshes, whose nodes are sites;
 * traffic leaves and enters a part at its top: above the pods of a fat tree, at every group of a dragonfly,
 * at host 0 (or its switch) where a part is link by link.
 *
 * Capacities follow what works. A link that fails takes its share out of its bundle, a spine or core those
 * of its links; a host's link, a leaf or a domain leave nothing. Where a part is link by link routes lead
 * around what has failed, as far as there is a way. What follows from a capacity of 0 is the caller's matter.
 *
 * The same calls give the same bits. */
#ifndef DH_MODELS_NETWORK_H
#define DH_MODELS_NETWORK_H

#include "models/topology.h"

enum dh_network_routing { DH_ROUTE_ADAPTIVE, DH_ROUTE_ECMP, DH_ROUTE_DESTINATION };

/* Share of its links that adaptive routing reaches (AI.md 4). */
#define DH_ADAPTIVE_SHARE 0.95

/* What can fail in a part. */
enum dh_network_unit {
    DH_NET_LEAF,   /* leaves; routers of a dragonfly */
    DH_NET_SPINE,  /* pod by pod, group by group */
    DH_NET_CORE,   /* of fat trees with 3 tiers */
    DH_NET_LINK,   /* cables of hosts, host by host; every cable of a torus or mesh */
    DH_NET_UPLINK, /* cables between leaf and spine, leaf by leaf; within a group */
    DH_NET_TRUNK,  /* cables between spine and core, pod by pod; between groups */
    DH_NET_DOMAIN, /* switches of a domain: one a domain */
    DH_N_NETWORK_UNIT
};
extern const char *const dh_network_unit_name[DH_N_NETWORK_UNIT]; /* "leaf", "spine", … */

/* One fabric. Borrowed until dh_network_new returns. */
struct dh_network_part_spec {
    const char *name;
    /* Kind, sizes and rates as models/topology.h has them before dh_topology_init; `domain` is not read. Of
     * fat trees `units` are those of a pod, with 3 tiers; units of 2 tiers and pods are as many as the nodes
     * need, or more where given. Groups of a dragonfly likewise. hosts_per_leaf counts servers where there
     * are rails. A rate of DH_LINK_DOMAIN is that of one accelerator. */
    struct dh_topology topology;
    int32_t tiers; /* fat trees: 1 (a single leaf), 2 or 3 */
    enum dh_network_routing routing;
    double queue_pairs;   /* ECMP: of each host at a time; 0 stands for 1 */
    int32_t spine_ports;  /* links that a spine has; 0: spines are as many as links up of a leaf */
    int32_t core_ports;   /* of a core; 0: cores are as many as links up of a pod */
    const int32_t *nodes; /* that it joins, in the order of their hosts; none of a mesh */
    int32_t n_node;       /* 0 of a mesh */
    int32_t adapters;     /* of each node; with rails a multiple of them */
    int32_t domain_nodes; /* nodes, one after the other, that share a domain; 0: none */
    int32_t site;         /* where it is */
    const int32_t *sites; /* mesh: what it joins */
    int32_t n_site;       /* 0 of what is no mesh */
};

struct dh_network_def {
    const struct dh_network_part_spec *parts;
    int32_t n_part;
    const int32_t *node_gpus; /* of each node of the facility */
    int32_t n_node;
};

struct dh_network;

/* DH_ERR_RANGE with *part and *why, a sentence without a period, for what is none (what dh_topology_init
 * refuses; a node on two parts; more nodes than a torus has; nodes that are no whole number of domains;
 * spines with fewer ports than leaves); DH_ERR_MEMORY. Delete it. */
enum dh_err dh_network_new(struct dh_network **out, const struct dh_network_def *spec, int32_t *part,
                           const char **why);
void dh_network_delete(struct dh_network *network);

/* ---- links and routes */

int32_t dh_network_n_link(const struct dh_network *network);
int32_t dh_network_n_host(const struct dh_network *network);
/* Bytes/s of each link: now (0: nothing of it works), and with all in service. Valid as long as the network
 * is; the first changes with dh_network_set. */
const double *dh_network_capacity(const struct dh_network *network);
const double *dh_network_full_capacity(const struct dh_network *network);
/* Seconds on a link and in the switch behind it, of each link. */
const double *dh_network_latency(const struct dh_network *network);

/* The adapter that a GPU of a node uses, gpu adapters / gpus; -1: the node is on no fabric. */
int32_t dh_network_host(const struct dh_network *network, int32_t node, int32_t gpu);
int32_t dh_network_host_node(const struct dh_network *network, int32_t host);
/* The leaf unit that a node hangs on: the leaves of its adapters, all rails; by number over all parts, nodes
 * on none and the joined hosts of a torus each on one of their own. Below n_node. */
int32_t dh_network_leaf_unit(const struct dh_network *network, int32_t node);
/* Of the part that a node is on; -1: on none. */
int32_t dh_network_part(const struct dh_network *network, int32_t node);
int32_t dh_network_adapters(const struct dh_network *network, int32_t node); /* 0: on no fabric */
/* The link that stands for the switches of a node's domain, through which all that stays in the domain goes;
 * -1: none. Its capacity is the sum of its accelerators' rates. 0: the domain has failed. */
int32_t dh_network_domain_link(const struct dh_network *network, int32_t node);

enum { DH_NETWORK_HOPS = 512 };
/* One link of a route, and how many bytes it carries for one of the flow: below 1 where only some of what is
 * spread over a bundle passes it: local links of a dragonfly's groups. */
struct dh_network_hop {
    int32_t link;
    double share;
};
/* The route between two hosts; returns its links, 0 for src = dst. Where nothing leads around what has failed
 * it is the usual one, with a capacity of 0 in it. -1: nothing joins the two, ever. */
int32_t dh_network_route(struct dh_network *network, int32_t src, int32_t dst,
                         struct dh_network_hop hops[static DH_NETWORK_HOPS]);
/* Links of a part follow one another: one behind its last. And the class of one of them, faster. */
int32_t dh_network_part_end(const struct dh_network *network, int32_t part);
enum dh_link_class dh_network_link_class_of(const struct dh_network *network, int32_t part, int32_t link);
enum dh_link_class dh_network_link_class(const struct dh_network *network, int32_t link);
/* May routes change with what fails and is repaired? Else only capacities do. */
bool dh_network_reroutes(const struct dh_network *network);

/* "leaf 3 up", "pod 1 down", "host 12 > leaf 3", "global 1 > 4", "domain 7", after the part's name and ": ".
 */
void dh_network_link_name(const struct dh_network *network, int32_t link, char *name, size_t room);

/* ---- what fails */

int32_t dh_network_units(const struct dh_network *network, int32_t part, enum dh_network_unit unit);
/* A unit, from 0, goes out of service or comes back. DH_ERR_MEMORY. */
enum dh_err dh_network_set(struct dh_network *network, int32_t part, enum dh_network_unit unit, int32_t index,
                           bool works);

/* ---- what it is */

struct dh_network_facts {
    int32_t hosts, ports; /* adapters that are there; that it has room for */
    int32_t units[DH_N_NETWORK_UNIT];
    double host_bytes_per_s;      /* of an adapter */
    double bisection_bytes_per_s; /* between two halves of its room, before the share that routing reaches */
    double oversubscription;      /* what half the room could send over that */
    double routed;                /* share of a leaf's (a group's) links that routing reaches */
};
/* How a part is laid out, for whoever draws it. */
struct dh_network_shape {
    enum dh_topology_kind kind;
    bool bundled, mesh;    /* links are bundles (above), else they are single; a mesh joins sites */
    int32_t tiers, rails;  /* rails: 1 where there are none */
    int32_t leaves, pods;  /* pods, or groups of a dragonfly; 1 pod with fewer than 3 tiers */
    int32_t pod_leaves;    /* of a full pod or group */
    int32_t spines, cores; /* of a pod or group; of all */
    int32_t domains, domain_nodes;
    int32_t hosts; /* ports of the topology: its nodes before the switches */
};
struct dh_network_shape dh_network_shape(const struct dh_network *network, int32_t part);

/* What a link joins, by numbers within its part. */
enum dh_network_way {
    DH_WAY_HOST_UP, /* from: host, to: leaf */
    DH_WAY_HOST_DOWN,
    DH_WAY_LEAF_UP, /* from: leaf, all its links to spines */
    DH_WAY_LEAF_DOWN,
    DH_WAY_POD_UP, /* from: pod, all its links to cores */
    DH_WAY_POD_DOWN,
    DH_WAY_GROUP,  /* from: group, the links within it */
    DH_WAY_GLOBAL, /* from, to: groups */
    DH_WAY_SITE,   /* from, to: sites of the scenario */
    DH_WAY_SINGLE, /* from, to: nodes of the topology */
    DH_WAY_DOMAIN  /* from: domain */
};
struct dh_network_link_place {
    int32_t part;
    enum dh_network_way way;
    int32_t from, to; /* to -1: none */
};
struct dh_network_link_place dh_network_link_place(const struct dh_network *network, int32_t link);
/* Number within its part of the leaf that an adapter hangs on; of a torus that of the adapter. */
int32_t dh_network_host_leaf(const struct dh_network *network, int32_t host);
/* Number within its part of the domain that a node is in; -1: in none. */
int32_t dh_network_node_domain(const struct dh_network *network, int32_t node);

/* Bandwidth in service over all of a part, domains left out: 1 when nothing is out. */
double dh_network_works(const struct dh_network *network, int32_t part);
struct dh_network_facts dh_network_facts(const struct dh_network *network, int32_t part);

#endif
