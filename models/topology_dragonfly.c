/* Dragonflies: canonical, and with leaves and spines (+).
 *
 * Global link q of a group leads to the (1 + q mod (groups - 1))-th group after it; with more links than
 * other groups, q / (groups - 1) counts the parallel ones. Links: of host h 2h to its router and 2h + 1 back;
 * then canonical: of each router those to the others of its group, by number; +: of each leaf to each spine
 * of its group 2c and back 2c + 1; then of each group its global links, by q, those of its first router or
 * spine first. Nodes: hosts, routers or leaves group by group, spines. */
#include "models/topology_internal.h"

#include <math.h>
#include <stdio.h>

static const char *check(const struct dh_topology *t, int32_t global_routers) {
    if (t->hosts_per_leaf < 1 || t->groups < 1 || t->routers < 1 || global_routers < 1 || t->globals < 0)
        return "a dragonfly has no hosts, no groups or no routers";
    if (t->hosts_per_leaf > 1 << 20 || t->groups > 1 << 20 || t->routers > 1 << 20 ||
        global_routers > 1 << 20 || t->globals > 1 << 20 ||
        (double)t->groups * t->routers * (t->hosts_per_leaf + t->routers + global_routers) > 1e9)
        return "there are more than 2^26 links or nodes";
    if (t->groups > 1 && (t->globals == 0 || (int64_t)global_routers * t->globals % (t->groups - 1) != 0))
        return "the global links of a group are no multiple of the other groups";
    return t->domain > 0 ? "domains are for fat trees" : NULL;
}

/* The global link of group `from` to group `to` that a number chooses. */
static int32_t port_to(const struct dh_topology *t, int32_t ports, int32_t from, int32_t to,
                       uint64_t number) {
    int32_t others = t->groups - 1, offset = (to - from + t->groups) % t->groups;
    return offset - 1 + others * (int32_t)(number % (uint64_t)(ports / others));
}

/* The other end's port of a group's port. */
static int32_t peer_port(const struct dh_topology *t, int32_t port) {
    int32_t others = t->groups - 1;
    return others - 1 - port % others + port / others * others;
}

static int32_t peer_group(const struct dh_topology *t, int32_t group, int32_t port) {
    return (group + 1 + port % (t->groups - 1)) % t->groups;
}

/* Half the groups send the other half what their links can, or their hosts. */
static double bisection_of(const struct dh_topology *t, int32_t ports) {
    double half = t->groups / 2;
    if (t->groups % 2 != 0)
        return NAN;
    double hosts = t->n_host / 2 * t->link[DH_LINK_HOST].bytes_per_s;
    double across = half * half * (ports / (t->groups - 1)) * t->link[DH_LINK_GLOBAL].bytes_per_s;
    return across < hosts ? across : hosts;
}

static struct dh_topology_link host_link(const struct dh_topology *t, int32_t link) {
    int32_t host = link / 2, router = t->n_host + host / t->hosts_per_leaf;
    return link % 2 == 0 ? (struct dh_topology_link){host, router, DH_LINK_HOST}
                         : (struct dh_topology_link){router, host, DH_LINK_HOST};
}

/* ---- canonical */

static const char *init(struct dh_topology *t, int64_t *n_host, int64_t *n_node, int64_t *n_link) {
    const char *why = check(t, t->routers);
    if (why)
        return why;
    int64_t routers = (int64_t)t->groups * t->routers;
    *n_host = routers * t->hosts_per_leaf;
    *n_node = *n_host + routers;
    *n_link = 2 * *n_host + routers * (t->routers - 1) + (t->groups > 1 ? routers * t->globals : 0);
    return NULL;
}

static int32_t first_global(const struct dh_topology *t) {
    return 2 * t->n_host + t->groups * t->routers * (t->routers - 1);
}

static struct dh_topology_link link(const struct dh_topology *t, int32_t link) {
    if (link < 2 * t->n_host)
        return host_link(t, link);
    if (link < first_global(t)) {
        int32_t i = link - 2 * t->n_host, from = i / (t->routers - 1), k = i % (t->routers - 1);
        int32_t within = from % t->routers, to = from - within + (k < within ? k : k + 1);
        return (struct dh_topology_link){t->n_host + from, t->n_host + to, DH_LINK_LOCAL};
    }
    int32_t ports = t->routers * t->globals, i = link - first_global(t), group = i / ports, port = i % ports;
    int32_t to = peer_group(t, group, port);
    return (struct dh_topology_link){t->n_host + group * t->routers + port / t->globals,
                                     t->n_host + to * t->routers + peer_port(t, port) / t->globals,
                                     DH_LINK_GLOBAL};
}

/* The link of one router of a group to another, if they are two. */
static int32_t local(const struct dh_topology *t, int32_t group, int32_t from, int32_t to, int32_t *links) {
    if (from == to)
        return 0;
    links[0] = 2 * t->n_host + (group * t->routers + from) * (t->routers - 1) + (to < from ? to : to - 1);
    return 1;
}

static int32_t route(const struct dh_topology *t, int32_t src, int32_t dst, uint64_t number, int32_t *links) {
    int32_t from = src / t->hosts_per_leaf, to = dst / t->hosts_per_leaf, n = 0;
    int32_t group = from / t->routers, there = to / t->routers, at = from % t->routers;
    uint64_t q = number == DH_BY_DESTINATION ? (uint64_t)dst : number;
    links[n++] = 2 * src;
    if (group != there) {
        int32_t ports = t->routers * t->globals, port = port_to(t, ports, group, there, q);
        n += local(t, group, at, port / t->globals, links + n);
        links[n++] = first_global(t) + group * ports + port;
        at = peer_port(t, port) / t->globals;
    }
    n += local(t, there, at, to % t->routers, links + n);
    links[n++] = 2 * dst + 1;
    return n;
}

static void node_name(const struct dh_topology *t, int32_t node, char *name, size_t room) {
    if (node < t->n_host)
        snprintf(name, room, "host %d", node);
    else
        snprintf(name, room, "router %d of group %d", (node - t->n_host) % t->routers,
                 (node - t->n_host) / t->routers);
}

static double bisection(const struct dh_topology *t) {
    return bisection_of(t, t->routers * t->globals);
}

const struct dh_topology_family dh_topology_dragonfly = {init, link, route, node_name, bisection};

/* ---- leaves and spines */

static const char *plus_init(struct dh_topology *t, int64_t *n_host, int64_t *n_node, int64_t *n_link) {
    const char *why = check(t, t->spines);
    if (why)
        return why;
    int64_t leaves = (int64_t)t->groups * t->routers, spines = (int64_t)t->groups * t->spines;
    *n_host = leaves * t->hosts_per_leaf;
    *n_node = *n_host + leaves + spines;
    *n_link = 2 * *n_host + 2 * leaves * t->spines + (t->groups > 1 ? spines * t->globals : 0);
    return NULL;
}

static int32_t plus_global(const struct dh_topology *t) {
    return 2 * t->n_host + 2 * t->groups * t->routers * t->spines;
}

static int32_t spine_node(const struct dh_topology *t, int32_t group, int32_t spine) {
    return t->n_host + t->groups * t->routers + group * t->spines + spine;
}

static struct dh_topology_link plus_link(const struct dh_topology *t, int32_t link) {
    if (link < 2 * t->n_host)
        return host_link(t, link);
    if (link < plus_global(t)) {
        int32_t cable = (link - 2 * t->n_host) / 2, leaf = cable / t->spines;
        int32_t down = t->n_host + leaf, up = spine_node(t, leaf / t->routers, cable % t->spines);
        return link % 2 == 0 ? (struct dh_topology_link){down, up, DH_LINK_LOCAL}
                             : (struct dh_topology_link){up, down, DH_LINK_LOCAL};
    }
    int32_t ports = t->spines * t->globals, i = link - plus_global(t), group = i / ports, port = i % ports;
    return (struct dh_topology_link){
        spine_node(t, group, port / t->globals),
        spine_node(t, peer_group(t, group, port), peer_port(t, port) / t->globals), DH_LINK_GLOBAL};
}

static int32_t plus_route(const struct dh_topology *t, int32_t src, int32_t dst, uint64_t number,
                          int32_t *links) {
    int32_t from = src / t->hosts_per_leaf, to = dst / t->hosts_per_leaf, n = 0;
    int32_t group = from / t->routers, there = to / t->routers, cables = 2 * t->n_host;
    uint64_t q = number == DH_BY_DESTINATION ? (uint64_t)dst : number;
    links[n++] = 2 * src;
    if (from != to) {
        int32_t up = (int32_t)(q % (uint64_t)t->spines), down = up, ports = t->spines * t->globals, port = 0;
        if (group != there) {
            port = port_to(t, ports, group, there, q);
            up = port / t->globals;
            down = peer_port(t, port) / t->globals;
        }
        links[n++] = cables + 2 * (from * t->spines + up);
        if (group != there)
            links[n++] = plus_global(t) + group * ports + port;
        links[n++] = cables + 2 * (to * t->spines + down) + 1;
    }
    links[n++] = 2 * dst + 1;
    return n;
}

static void plus_name(const struct dh_topology *t, int32_t node, char *name, size_t room) {
    int32_t leaf = node - t->n_host, spine = leaf - t->groups * t->routers;
    if (leaf < 0)
        snprintf(name, room, "host %d", node);
    else if (spine < 0)
        snprintf(name, room, "leaf %d of group %d", leaf % t->routers, leaf / t->routers);
    else
        snprintf(name, room, "spine %d of group %d", spine % t->spines, spine / t->spines);
}

static double plus_bisection(const struct dh_topology *t) {
    return bisection_of(t, t->spines * t->globals);
}

const struct dh_topology_family dh_topology_dragonfly_plus = {plus_init, plus_link, plus_route, plus_name,
                                                              plus_bisection};
