/* Fat trees, plain and by rails, with domains.
 *
 * Links: those of models/fat_tree.h, whose host i is a position on a leaf; then of each domain's accelerator
 * h two, to its switch and back. Nodes: hosts, leaves, spines, cores, domains. */
#include "models/topology_internal.h"

#include <math.h>
#include <stdio.h>

static int32_t at_least_one(int32_t n) {
    return n > 0 ? n : 1;
}

/* Links up of a switch with `below` links down; 0: no whole number. */
static int32_t links_up(int32_t below, double oversubscription) {
    double up = below / oversubscription;
    return up >= 1 && up == floor(up) ? (int32_t)up : 0;
}

static int32_t switches(const struct dh_topology *t, int32_t level) {
    int64_t n = 1;
    for (int32_t i = 0; i < t->tree.n_level; i++)
        n *= i < level ? t->tree.up[i] : t->tree.down[i];
    return (int32_t)n;
}

static const char *init(struct dh_topology *t, int64_t *n_host, int64_t *n_node, int64_t *n_link) {
    int32_t rails = at_least_one(t->rails), leaves;
    double over[2];
    for (int i = 0; i < 2; i++) {
        over[i] = t->oversubscription[i] == 0 ? 1 : t->oversubscription[i];
        if (!(over[i] >= 1) || !isfinite(over[i]))
            return "an oversubscription is below 1";
    }
    if (t->hosts_per_leaf < 1 || t->units < 1 || t->pods < 0 || t->rails < 0)
        return "a fat tree has no hosts, no leaves or a negative number of pods or rails";
    if (t->units > (1 << 30) / rails)
        return "there are more than 2^26 links or nodes";
    leaves = t->units * rails;
    t->tree = (struct dh_fat_tree){
        .n_level = t->pods > 0 ? 3 : 2,
        .down = {t->hosts_per_leaf, leaves,                t->pods     },
        .up = { 1, links_up(t->hosts_per_leaf, over[0]), t->pods > 0 ? links_up(leaves, over[1]) : 0}
    };
    if (t->tree.up[1] == 0 || (t->pods > 0 && t->tree.up[2] == 0))
        return "an oversubscription leaves a switch no whole number of links up";
    if (dh_fat_tree_init(&t->tree) != DH_OK)
        return "there are more than 2^26 links or nodes";
    *n_host = t->tree.n_host;
    if (t->domain > 0 && (t->domain % rails != 0 || *n_host % t->domain != 0))
        return "a domain is no whole number of servers, or the hosts are no whole number of domains";
    *n_node = 0;
    for (int32_t level = 0; level <= t->tree.n_level; level++)
        *n_node += switches(t, level);
    *n_node += t->domain > 0 ? *n_host / t->domain : 0;
    *n_link = (int64_t)t->tree.n_link + (t->domain > 0 ? 2 * *n_host : 0);
    return NULL;
}

/* Where on the leaves a host is, and back. Hosts count server by server, rail by rail. */
static int32_t port_of(const struct dh_topology *t, int32_t host) {
    int32_t rails = at_least_one(t->rails), server = host / rails, rail = host % rails;
    int32_t unit = server / t->hosts_per_leaf;
    return (unit * rails + rail) * t->hosts_per_leaf + server % t->hosts_per_leaf;
}

static int32_t host_at(const struct dh_topology *t, int32_t port) {
    int32_t rails = at_least_one(t->rails), leaf = port / t->hosts_per_leaf;
    int32_t server = leaf / rails * t->hosts_per_leaf + port % t->hosts_per_leaf;
    return server * rails + leaf % rails;
}

static int32_t node_of(const struct dh_topology *t, int32_t level, int32_t position) {
    int32_t first = 0;
    for (int32_t i = 0; i < level; i++)
        first += switches(t, i);
    return level == 0 ? host_at(t, position) : first + position;
}

static struct dh_topology_link link(const struct dh_topology *t, int32_t link) {
    if (link >= t->tree.n_link) {
        int32_t host = (link - t->tree.n_link) / 2;
        int32_t own = t->n_node - t->n_host / t->domain + host / t->domain;
        return (link - t->tree.n_link) % 2 == 0 ? (struct dh_topology_link){host, own, DH_LINK_DOMAIN}
                                                : (struct dh_topology_link){own, host, DH_LINK_DOMAIN};
    }
    struct dh_fat_tree_link l = dh_fat_tree_link(&t->tree, link);
    int32_t lower = l.from_level < l.to_level ? l.from_level : l.to_level;
    return (struct dh_topology_link){node_of(t, l.from_level, l.from), node_of(t, l.to_level, l.to),
                                     lower == 0   ? DH_LINK_HOST
                                     : lower == 1 ? DH_LINK_LOCAL
                                                  : DH_LINK_GLOBAL};
}

static int32_t cross_domain(const struct dh_topology *t, int32_t src, int32_t dst, int32_t *links) {
    links[0] = t->tree.n_link + 2 * src;
    links[1] = t->tree.n_link + 2 * dst + 1;
    return 2;
}

static int32_t route(const struct dh_topology *t, int32_t src, int32_t dst, uint64_t number, int32_t *links) {
    int32_t rails = at_least_one(t->rails), n = 0;
    if (t->domain > 0 && src / t->domain == dst / t->domain)
        return cross_domain(t, src, dst, links);
    if (t->domain > 0 && src % rails != dst % rails) {
        int32_t by = src - src % rails + dst % rails;
        n = cross_domain(t, src, by, links);
        src = by;
    }
    int32_t to = port_of(t, dst);
    return n + dh_fat_tree_route_by(&t->tree, port_of(t, src), to,
                                    number == DH_BY_DESTINATION ? (uint64_t)to : number, links + n);
}

static void node_name(const struct dh_topology *t, int32_t node, char *name, size_t room) {
    static const char *const tiers[] = {"host", "leaf", "spine", "core"};
    int32_t level = 0, n;
    for (; level <= t->tree.n_level && node >= (n = switches(t, level)); level++)
        node -= n;
    snprintf(name, room, "%s %d", level <= t->tree.n_level ? tiers[level] : "domain", node);
}

/* What half of the tree below the top sends up is the least of what its tiers can: leaves and, with three
 * tiers, spines of half the pods. */
static double bisection(const struct dh_topology *t) {
    int32_t parts = t->pods > 0 ? t->pods : t->units; /* of whole units, so that servers stay whole */
    if (parts % 2 != 0)
        return NAN;
    double least = t->n_host / 2 * t->link[DH_LINK_HOST].bytes_per_s;
    for (int32_t level = 1; level < t->tree.n_level; level++) {
        double up = (double)(switches(t, level) / 2) * t->tree.up[level] *
                    t->link[level == 1 ? DH_LINK_LOCAL : DH_LINK_GLOBAL].bytes_per_s;
        least = up < least ? up : least;
    }
    return least;
}

const struct dh_topology_family dh_topology_fat_tree = {init, link, route, node_name, bisection};
