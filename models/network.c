#include "models/network_internal.h"

#include "sim/math.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINKS = 1 << 23 };

/* ---- sizes */

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* Mean load of links over that of the fullest, k equal flows thrown on u links. */
static double collisions(double k, double u) {
    double mean = k / u;
    return mean / (mean + sqrt(2 * mean * dh_log(u)));
}

static double share(const struct dh_network_part_spec *spec, double hosts, double links) {
    double pairs = spec->queue_pairs > 0 ? spec->queue_pairs : 1;
    return spec->routing == DH_ROUTE_ECMP       ? collisions(hosts * pairs, links)
           : spec->routing == DH_ROUTE_ADAPTIVE ? DH_ADAPTIVE_SHARE
                                                : 1;
}

/* Units, pods or groups that are not given follow from the hosts. */
static const char *fit(struct dh_topology *t, const struct dh_network_part_spec *spec, int64_t hosts) {
    int64_t rails = t->rails > 1 ? t->rails : 1;
    if (t->kind == DH_TOPOLOGY_TORUS || t->hosts_per_leaf < 1 || t->routers < 0)
        return NULL; /* dh_topology_init says what is wrong */
    if (t->kind == DH_TOPOLOGY_FAT_TREE) {
        if (spec->adapters % rails != 0)
            return "the adapters of a node are no multiple of the rails";
        int64_t units = ceil_div(ceil_div(hosts, rails), t->hosts_per_leaf);
        if (spec->tiers == 3 && t->units < 1)
            return "a fat tree of 3 tiers has no size of its pods";
        if (spec->tiers == 3)
            t->pods = t->pods > 0 ? t->pods : (int32_t)ceil_div(units, t->units);
        else {
            t->pods = 0;
            t->units = t->units > 0 ? t->units : (int32_t)units;
        }
        if (spec->tiers == 1 && t->units > 1)
            return "one leaf has too few ports for its nodes";
    } else if (t->groups < 1 && t->routers > 0)
        t->groups = (int32_t)ceil_div(hosts, (int64_t)t->hosts_per_leaf * t->routers);
    return NULL;
}

static const char *count_tree(struct dh_network_part *p, const struct dh_network_part_spec *spec) {
    const struct dh_topology *t = &p->topology;
    double over = t->oversubscription[1] == 0 ? 1 : t->oversubscription[1];
    int32_t units = spec->tiers == 3 && spec->topology.pods == 0 /* only those that are needed */
                        ? (int32_t)ceil_div(ceil_div(p->n_host, p->rails), t->hosts_per_leaf)
                        : t->units * (t->pods > 0 ? t->pods : 1);
    p->leaves = units * p->rails;
    p->pods = t->pods > 0 ? t->pods : 1;
    p->pod_leaves = t->units * p->rails;
    if (p->tiers == 1)
        return NULL;
    p->uplinks = p->spines = t->tree.up[1];
    if (spec->spine_ports > 0) {
        int64_t down = p->tiers == 3 ? (int64_t)(spec->spine_ports / (1 + 1 / over)) : spec->spine_ports;
        int64_t spines = down > 0 ? ceil_div((int64_t)p->pod_leaves * p->uplinks, down) : INT32_MAX;
        if (spines > p->uplinks)
            return "a spine has fewer ports than there are leaves below it";
        p->spines = (int32_t)spines;
    }
    p->leaf_share = share(spec, t->hosts_per_leaf, p->uplinks);
    if (p->tiers < 3)
        return NULL;
    p->trunks = p->cores = t->tree.up[1] * t->tree.up[2];
    if (spec->core_ports > 0) {
        int64_t cores = ceil_div((int64_t)p->pods * p->trunks, spec->core_ports);
        if (cores > p->trunks)
            return "a core has fewer ports than there are pods";
        p->cores = (int32_t)cores;
    }
    p->pod_share = share(spec, (double)t->hosts_per_leaf * p->pod_leaves, p->trunks);
    return NULL;
}

static const char *count_dragonfly(struct dh_network_part *p, const struct dh_network_part_spec *spec) {
    const struct dh_topology *t = &p->topology;
    bool plus = t->kind == DH_TOPOLOGY_DRAGONFLY_PLUS;
    int64_t ports = (int64_t)(plus ? t->spines : t->routers) * spec->topology.globals;
    p->pods = t->groups;
    p->pod_leaves = t->routers;
    p->leaves = t->groups * t->routers;
    p->spines = plus ? t->spines : 0;
    p->uplinks = plus ? t->spines : t->routers - 1;
    p->trunks = t->groups > 1 ? (int32_t)(ports / (t->groups - 1)) : 0;
    if (t->groups > 1 && p->trunks < 1)
        return "a group has fewer global links than there are other groups";
    double hosts = (double)t->hosts_per_leaf * t->routers;
    p->leaf_share = plus             ? share(spec, t->hosts_per_leaf, t->spines)
                    : t->routers > 1 ? share(spec, hosts, t->routers * (t->routers - 1.0))
                                     : 1;
    p->pod_share = t->groups > 1 ? share(spec, hosts / (t->groups - 1), p->trunks) : 1;
    return NULL;
}

static const char *size_part(struct dh_network_part *p, const struct dh_network_part_spec *spec) {
    struct dh_topology *t = &p->topology;
    const char *why = NULL;
    *p = (struct dh_network_part){.name = spec->name,
                                  .topology = spec->topology,
                                  .tiers = spec->tiers,
                                  .rails = spec->topology.rails > 1 ? spec->topology.rails : 1,
                                  .adapters = spec->adapters,
                                  .domain_nodes = spec->domain_nodes,
                                  .site = spec->site,
                                  .mesh = spec->topology.kind == DH_TOPOLOGY_MESH,
                                  .n_node = spec->n_node,
                                  .n_site = spec->n_site,
                                  .leaf_share = 1,
                                  .pod_share = 1};
    bool torus = t->kind == DH_TOPOLOGY_TORUS, tree = t->kind == DH_TOPOLOGY_FAT_TREE;
    if (tree && (spec->tiers < 1 || spec->tiers > 3))
        return "a fat tree has 1, 2 or 3 tiers";
    if (p->mesh ? spec->n_site < 2 : spec->n_node < 1 || spec->adapters < 1)
        return p->mesh ? "a mesh joins fewer than two sites" : "no node is on it";
    if ((int64_t)spec->n_node * spec->adapters > MOST_LINKS)
        return "there are more than 2^23 links";
    if (p->domain_nodes < 0 || (p->domain_nodes > 0 && p->n_node % p->domain_nodes != 0))
        return "the nodes are no whole number of domains";
    p->n_host = spec->n_node * spec->adapters;
    p->bundled = !p->mesh && !torus && (spec->routing != DH_ROUTE_DESTINATION || (tree && p->tiers == 1));
    t->domain = 0;
    t->sites = spec->n_site;
    if (!p->mesh && (why = fit(t, spec, p->n_host)) != NULL)
        return why;
    if (tree && p->tiers == 1)
        t->link[DH_LINK_LOCAL] = t->link[DH_LINK_HOST];
    if (p->bundled && !tree && t->groups > 1 && t->globals > 0)
        t->globals = t->groups - 1; /* parts of links that are left over are not used */
    if (dh_topology_init(t, &why) != DH_OK)
        return why;
    if (!p->mesh && t->n_host < p->n_host)
        return "it has fewer ports than its nodes have adapters";
    if (tree)
        return count_tree(p, spec);
    return p->bundled ? count_dragonfly(p, spec) : NULL;
}

/* ---- links and units */

static void number_links(struct dh_network_part *p) {
    const struct dh_topology *t = &p->topology;
    bool tree = t->kind == DH_TOPOLOGY_FAT_TREE, canonical = t->kind == DH_TOPOLOGY_DRAGONFLY;
    int32_t n = p->bundled ? 2 * p->n_host : p->mesh ? p->n_site * (p->n_site - 1) : t->n_link;
    p->leaf_links = n;
    n += p->bundled && !canonical && p->tiers != 1 ? 2 * p->leaves : 0;
    p->pod_links = n;
    n += p->bundled && tree && p->tiers == 3 ? 2 * p->pods : 0;
    p->local_links = n;
    n += p->bundled && canonical ? p->pods : 0;
    p->trunk_links = n;
    n += p->bundled && !tree ? p->pods * (p->pods - 1) : 0;
    p->domain_links = n;
    n += p->domain_nodes > 0 ? p->n_node / p->domain_nodes : 0;
    p->n_link = n;
}

static void count_units(struct dh_network_part *p) {
    int32_t *units = p->units;
    units[DH_NET_DOMAIN] = p->domain_nodes > 0 ? p->n_node / p->domain_nodes : 0;
    if (p->mesh)
        units[DH_NET_LINK] = p->n_site * (p->n_site - 1) / 2;
    if (!p->bundled)
        return; /* dh_network_find_cables */
    bool tree = p->topology.kind == DH_TOPOLOGY_FAT_TREE;
    bool canonical = p->topology.kind == DH_TOPOLOGY_DRAGONFLY;
    units[DH_NET_LEAF] = p->leaves;
    units[DH_NET_SPINE] = p->pods * p->spines;
    units[DH_NET_CORE] = p->cores;
    units[DH_NET_LINK] = p->n_host;
    units[DH_NET_UPLINK] =
        canonical ? p->pods * (p->pod_leaves * (p->pod_leaves - 1) / 2) : p->leaves * p->uplinks;
    units[DH_NET_TRUNK] = tree ? p->pods * p->trunks : p->pods * (p->pods - 1) / 2 * p->trunks;
}

/* Products of sizes that a file gives fit. */
static bool fits(const struct dh_network_part *p) {
    double links = 2.0 * p->n_host + (p->bundled ? 2.0 * p->leaves + 2.0 * p->pods : p->topology.n_link) +
                   (p->mesh ? (double)p->n_site * p->n_site : 0);
    double cables = (double)p->leaves * p->uplinks;
    if (p->topology.kind == DH_TOPOLOGY_FAT_TREE)
        cables += (double)p->pods * p->trunks;
    else {
        links += (double)p->pods * p->pods;
        cables += (double)p->pods * p->pods * p->trunks;
    }
    return links < MOST_LINKS && cables < MOST_LINKS && (double)p->pods * p->spines < MOST_LINKS;
}

static enum dh_link_class class_of(const struct dh_network_part *p, int32_t link) {
    return p->mesh                   ? DH_LINK_GLOBAL
           : link >= p->domain_links ? DH_LINK_DOMAIN
           : !p->bundled             ? dh_topology_link(&p->topology, link).is
           : link < p->leaf_links    ? DH_LINK_HOST
           : link < p->pod_links     ? DH_LINK_LOCAL
           : link < p->local_links   ? DH_LINK_GLOBAL
           : link < p->trunk_links   ? DH_LINK_LOCAL
                                     : DH_LINK_GLOBAL;
}

static void latencies(const struct dh_network *net, const struct dh_network_part *p) {
    for (int32_t i = 0; i < p->n_link; i++)
        net->latency_s[p->first_link + i] = p->topology.link[class_of(p, i)].latency_s;
}

/* The graph of sites: the links of all meshes, in their order. */
static enum dh_err join_sites(struct dh_network *net) {
    struct dh_graph_link *links = malloc(((size_t)net->n_wan_link + 1) * sizeof *links);
    net->wan_link = dh_arena_array(&net->mem, (size_t)net->n_wan_link + 1, sizeof *net->wan_link);
    int32_t n = 0;
    for (int32_t i = 0; links && net->wan_link && i < net->n_part; i++) {
        const struct dh_network_part *p = &net->parts[i];
        int32_t link = p->first_link;
        for (int32_t a = 0; p->mesh && a < p->n_site; a++)
            for (int32_t b = a + 1; b < p->n_site; b++)
                for (int back = 0; back < 2; back++, n++) {
                    links[n] = (struct dh_graph_link){p->sites[back ? b : a], p->sites[back ? a : b]};
                    net->n_site = links[n].from >= net->n_site ? links[n].from + 1 : net->n_site;
                    net->wan_link[n] = link++;
                }
    }
    if (links && net->wan_link)
        net->wan = dh_link_graph_new(net->n_site, NULL, links, net->n_wan_link);
    free(links);
    return net->wan ? DH_OK : DH_ERR_MEMORY;
}

static enum dh_err build(struct dh_network *net, const struct dh_network_def *spec, int32_t *part,
                         const char **why) {
    net->n_part = spec->n_part;
    net->n_node = spec->n_node;
    net->parts = dh_arena_array(&net->mem, (size_t)spec->n_part + 1, sizeof *net->parts);
    net->node_part = dh_arena_array(&net->mem, (size_t)spec->n_node + 1, sizeof(int32_t));
    net->node_first = dh_arena_array(&net->mem, (size_t)spec->n_node + 1, sizeof(int32_t));
    net->node_gpus = dh_arena_array(&net->mem, (size_t)spec->n_node + 1, sizeof(int32_t));
    if (!net->parts || !net->node_part || !net->node_first || !net->node_gpus)
        return DH_ERR_MEMORY;
    for (int32_t n = 0; n < spec->n_node; n++) {
        net->node_part[n] = -1;
        net->node_gpus[n] = spec->node_gpus[n];
    }
    for (int32_t i = 0; i < spec->n_part; i++) {
        const struct dh_network_part_spec *from = &spec->parts[i];
        struct dh_network_part *p = &net->parts[i];
        *part = i;
        if ((*why = size_part(p, from)) != NULL)
            return DH_ERR_RANGE;
        *why = fits(p) ? NULL : "there are more than 2^23 links";
        if (*why)
            return DH_ERR_RANGE;
        number_links(p);
        count_units(p);
        p->first_link = net->n_link;
        p->first_host = net->n_host;
        net->n_link += p->n_link;
        net->n_host += p->n_host;
        net->n_wan_link += p->mesh ? p->domain_links : 0;
        if (net->n_link > MOST_LINKS) {
            *why = "there are more than 2^23 links";
            return DH_ERR_RANGE;
        }
        for (int32_t n = 0; n < from->n_node; n++) {
            int32_t node = from->nodes[n];
            if (node < 0 || node >= spec->n_node || net->node_part[node] >= 0) {
                *why = "a node is on two fabrics";
                return DH_ERR_RANGE;
            }
            net->node_part[node] = i;
            net->node_first[node] = p->first_host + n * p->adapters;
        }
        p->name = dh_arena_strdup(&net->mem, from->name ? from->name : "");
        int32_t *sites = dh_arena_array(&net->mem, (size_t)from->n_site + 1, sizeof *sites);
        if (!p->name || !sites)
            return DH_ERR_MEMORY;
        if (from->n_site > 0)
            memcpy(sites, from->sites, (size_t)from->n_site * sizeof *sites);
        p->sites = sites;
        if (!p->bundled && !p->mesh && dh_network_find_cables(net, p) != DH_OK)
            return DH_ERR_MEMORY;
    }
    return DH_OK;
}

static enum dh_err fill(struct dh_network *net, const struct dh_network_def *spec) {
    net->capacity = dh_arena_array(&net->mem, (size_t)net->n_link + 1, sizeof(double));
    net->full = dh_arena_array(&net->mem, (size_t)net->n_link + 1, sizeof(double));
    net->latency_s = dh_arena_array(&net->mem, (size_t)net->n_link + 1, sizeof(double));
    net->host_node = dh_arena_array(&net->mem, (size_t)net->n_host + 1, sizeof(int32_t));
    if (!net->capacity || !net->full || !net->latency_s || !net->host_node)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < net->n_part; i++) {
        struct dh_network_part *p = &net->parts[i];
        for (int u = 0; u < DH_N_NETWORK_UNIT; u++)
            if (!(p->out[u] = dh_arena_array(&net->mem, (size_t)p->units[u] + 1, sizeof(bool))))
                return DH_ERR_MEMORY;
        for (int32_t h = 0; h < p->n_host; h++)
            net->host_node[p->first_host + h] = spec->parts[i].nodes[h / p->adapters];
        latencies(net, p);
        dh_network_recount(net, p);
    }
    memcpy(net->full, net->capacity, (size_t)net->n_link * sizeof(double));
    return net->n_wan_link > 0 ? join_sites(net) : DH_OK;
}

enum dh_err dh_network_new(struct dh_network **out, const struct dh_network_def *spec, int32_t *part,
                           const char **why) {
    struct dh_network *net = calloc(1, sizeof *net);
    *why = NULL;
    *part = 0;
    enum dh_err err = net ? build(net, spec, part, why) : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = fill(net, spec);
    if (err != DH_OK)
        dh_network_delete(net);
    *out = err == DH_OK ? net : NULL;
    return err;
}

void dh_network_delete(struct dh_network *net) {
    if (!net)
        return;
    for (int32_t i = 0; net->parts && i < net->n_part; i++)
        dh_link_graph_delete(net->parts[i].graph);
    dh_link_graph_delete(net->wan);
    dh_arena_free(&net->mem);
    free(net);
}

int32_t dh_network_part_end(const struct dh_network *net, int32_t part) {
    return net->parts[part].first_link + net->parts[part].n_link;
}

enum dh_link_class dh_network_link_class_of(const struct dh_network *net, int32_t part, int32_t link) {
    return class_of(&net->parts[part], link - net->parts[part].first_link);
}

enum dh_link_class dh_network_link_class(const struct dh_network *net, int32_t link) {
    int32_t part = 0;
    while (part + 1 < net->n_part && link >= net->parts[part + 1].first_link)
        part++;
    return class_of(&net->parts[part], link - net->parts[part].first_link);
}

int32_t dh_network_leaf_unit(const struct dh_network *net, int32_t node) {
    if (net->node_part[node] < 0)
        return node;
    const struct dh_network_part *p = &net->parts[net->node_part[node]];
    if (p->topology.kind == DH_TOPOLOGY_TORUS)
        return node;
    int32_t leaf = dh_network_leaf_of(p, net->node_first[node] - p->first_host) / p->rails;
    /* the first node of that leaf unit stands for it */
    int64_t first = (int64_t)leaf * p->topology.hosts_per_leaf * p->rails;
    return net->host_node[p->first_host + first];
}

/* ---- what it is */

struct dh_network_facts dh_network_facts(const struct dh_network *net, int32_t part) {
    const struct dh_network_part *p = &net->parts[part];
    const struct dh_topology *t = &p->topology;
    struct dh_network_facts facts = {.hosts = p->n_host, .ports = p->mesh ? 0 : t->n_host};
    memcpy(facts.units, p->units, sizeof facts.units);
    facts.host_bytes_per_s = t->link[t->kind == DH_TOPOLOGY_TORUS ? DH_LINK_LOCAL : DH_LINK_HOST].bytes_per_s;
    facts.routed = p->leaf_share;
    if (p->mesh) {
        facts.host_bytes_per_s = facts.bisection_bytes_per_s = NAN;
        facts.oversubscription = NAN;
        return facts;
    }
    if (t->kind == DH_TOPOLOGY_FAT_TREE) {
        int32_t leaf_hosts = t->hosts_per_leaf;
        double half = (double)p->leaves * leaf_hosts / 2 * facts.host_bytes_per_s, least = half;
        double leaf_up = (double)p->leaves * p->uplinks / 2 * t->link[DH_LINK_LOCAL].bytes_per_s;
        double pod_up = (double)p->pods * p->trunks / 2 * t->link[DH_LINK_GLOBAL].bytes_per_s;
        facts.ports = p->leaves * leaf_hosts;
        least = p->tiers > 1 && leaf_up < least ? leaf_up : least;
        least = p->tiers > 2 && pod_up < least ? pod_up : least;
        facts.bisection_bytes_per_s = least;
        facts.oversubscription = half / least;
        return facts;
    }
    struct dh_topology real = *t;
    double half = (double)t->n_host / 2 * facts.host_bytes_per_s;
    if (p->bundled && t->groups > 1) { /* of its whole number of links between two groups */
        double a = t->groups / 2, across = a * (t->groups - a) * p->trunks;
        facts.bisection_bytes_per_s = across * t->link[DH_LINK_GLOBAL].bytes_per_s;
        if (facts.bisection_bytes_per_s > half)
            facts.bisection_bytes_per_s = half;
    } else
        facts.bisection_bytes_per_s = t->groups == 1 && p->bundled ? half : dh_topology_bisection(&real);
    facts.oversubscription = half / facts.bisection_bytes_per_s;
    return facts;
}
