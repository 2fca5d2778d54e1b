/* Hosts, routes and names of a network. */
#include "models/network_internal.h"

#include <stdio.h>

int32_t dh_network_n_link(const struct dh_network *net) {
    return net->n_link;
}

int32_t dh_network_n_host(const struct dh_network *net) {
    return net->n_host;
}

const double *dh_network_capacity(const struct dh_network *net) {
    return net->capacity;
}

const double *dh_network_full_capacity(const struct dh_network *net) {
    return net->full;
}

const double *dh_network_latency(const struct dh_network *net) {
    return net->latency_s;
}

static bool is_node(const struct dh_network *net, int32_t node) {
    return node >= 0 && node < net->n_node && net->node_part[node] >= 0;
}

int32_t dh_network_part(const struct dh_network *net, int32_t node) {
    return is_node(net, node) ? net->node_part[node] : -1;
}

int32_t dh_network_adapters(const struct dh_network *net, int32_t node) {
    return is_node(net, node) ? net->parts[net->node_part[node]].adapters : 0;
}

int32_t dh_network_host(const struct dh_network *net, int32_t node, int32_t gpu) {
    if (!is_node(net, node))
        return -1;
    int64_t adapters = net->parts[net->node_part[node]].adapters, gpus = net->node_gpus[node];
    return net->node_first[node] + (gpus > 0 ? (int32_t)(gpu * adapters / gpus) : 0);
}

int32_t dh_network_host_node(const struct dh_network *net, int32_t host) {
    return net->host_node[host];
}

int32_t dh_network_domain_link(const struct dh_network *net, int32_t node) {
    if (!is_node(net, node))
        return -1;
    const struct dh_network_part *p = &net->parts[net->node_part[node]];
    int32_t domain = dh_network_domain_of(p, net->node_first[node] - p->first_host);
    return domain < 0 ? -1 : p->first_link + p->domain_links + domain;
}

bool dh_network_reroutes(const struct dh_network *net) {
    for (int32_t i = 0; i < net->n_part; i++)
        if (!net->parts[i].bundled)
            return true;
    return false;
}

/* ---- places within a part */

int32_t dh_network_leaf_of(const struct dh_network_part *p, int32_t host) {
    int32_t server = host / p->rails;
    return server / p->topology.hosts_per_leaf * p->rails + host % p->rails;
}

int32_t dh_network_domain_of(const struct dh_network_part *p, int32_t host) {
    return p->domain_nodes > 0 ? host / p->adapters / p->domain_nodes : -1;
}

static void put(const struct dh_network_part *p, struct dh_network_hop *hops, int32_t *n, int32_t link,
                double share) {
    hops[(*n)++] = (struct dh_network_hop){p->first_link + link, share};
}

/* The number of the links from one group to another. */
static int32_t trunk(const struct dh_network_part *p, int32_t from, int32_t to) {
    return p->trunk_links + from * (p->pods - 1) + (to - from - 1 + p->pods) % p->pods;
}

/* Of what is spread over a group's routers, so much crosses from one to another. */
static double crossing(const struct dh_network_part *p) {
    return (p->pod_leaves - 1.0) / p->pod_leaves;
}

/* ---- routes */

/* Link by link, around what has failed if there is a way. */
static int32_t by_link(struct dh_network *net, const struct dh_network_part *p, int32_t src, int32_t dst,
                       int32_t links[static DH_TOPOLOGY_HOPS]) {
    int32_t n = dh_topology_route(&p->topology, src, dst, DH_BY_DESTINATION, links), around;
    int32_t detour[DH_TOPOLOGY_HOPS];
    bool fails = false;
    for (int32_t i = 0; i < n; i++)
        fails |= net->capacity[p->first_link + links[i]] == 0;
    if (!fails || !p->graph)
        return n;
    around = dh_link_graph_route(p->graph, src, dst, (uint64_t)dst, DH_TOPOLOGY_HOPS, detour);
    if (around <= 0 || around > DH_TOPOLOGY_HOPS)
        return n;
    for (int32_t i = 0; i < around; i++)
        links[i] = detour[i];
    return around;
}

static void put_by_link(struct dh_network *net, const struct dh_network_part *p, int32_t src, int32_t dst,
                        bool to_gate, bool from_gate, struct dh_network_hop *hops, int32_t *n) {
    int32_t links[DH_TOPOLOGY_HOPS], k = by_link(net, p, src, dst, links);
    bool torus = p->topology.kind == DH_TOPOLOGY_TORUS; /* else the gate is at the switch of host 0 */
    int32_t first = from_gate && !torus && k > 0 ? 1 : 0, end = to_gate && !torus && k > 0 ? k - 1 : k;
    for (int32_t i = first; i < end; i++)
        put(p, hops, n, links[i], 1);
}

/* From a host to the top of its part, or from there to it. */
static void climb(struct dh_network *net, const struct dh_network_part *p, int32_t host, bool down,
                  struct dh_network_hop *hops, int32_t *n) {
    if (!p->bundled) {
        put_by_link(net, p, down ? 0 : host, down ? host : 0, !down, down, hops, n);
        return;
    }
    int32_t leaf = dh_network_leaf_of(p, host), pod = leaf / p->pod_leaves;
    put(p, hops, n, 2 * host + down, 1);
    if (p->topology.kind == DH_TOPOLOGY_DRAGONFLY)
        put(p, hops, n, p->local_links + pod, crossing(p));
    else if (p->tiers != 1)
        put(p, hops, n, p->leaf_links + 2 * leaf + down, 1);
    if (p->topology.kind == DH_TOPOLOGY_FAT_TREE && p->tiers == 3)
        put(p, hops, n, p->pod_links + 2 * pod + down, 1);
}

static int32_t within(struct dh_network *net, const struct dh_network_part *p, int32_t src, int32_t dst,
                      struct dh_network_hop *hops) {
    int32_t n = 0, domain = dh_network_domain_of(p, src);
    if (domain >= 0 && domain == dh_network_domain_of(p, dst)) {
        put(p, hops, &n, p->domain_links + domain, 1);
        return n;
    }
    if (domain >= 0 && src % p->rails != dst % p->rails) { /* PXN */
        put(p, hops, &n, p->domain_links + domain, 1);
        src += dst % p->rails - src % p->rails;
    }
    if (!p->bundled) {
        put_by_link(net, p, src, dst, false, false, hops, &n);
        return n;
    }
    int32_t from = dh_network_leaf_of(p, src), to = dh_network_leaf_of(p, dst);
    int32_t pod = from / p->pod_leaves, there = to / p->pod_leaves;
    if (from != to && p->tiers == 1 && p->topology.kind == DH_TOPOLOGY_FAT_TREE)
        return -1; /* rails that nothing joins */
    put(p, hops, &n, 2 * src, 1);
    if (from != to && p->topology.kind == DH_TOPOLOGY_DRAGONFLY) {
        put(p, hops, &n, p->local_links + pod, pod == there ? 1 : crossing(p));
        if (pod != there) {
            put(p, hops, &n, trunk(p, pod, there), 1);
            put(p, hops, &n, p->local_links + there, crossing(p));
        }
    } else if (from != to) {
        bool tree = p->topology.kind == DH_TOPOLOGY_FAT_TREE;
        put(p, hops, &n, p->leaf_links + 2 * from, 1);
        if (pod != there && tree) {
            put(p, hops, &n, p->pod_links + 2 * pod, 1);
            put(p, hops, &n, p->pod_links + 2 * there + 1, 1);
        } else if (pod != there)
            put(p, hops, &n, trunk(p, pod, there), 1);
        put(p, hops, &n, p->leaf_links + 2 * to + 1, 1);
    }
    put(p, hops, &n, 2 * dst + 1, 1);
    return n;
}

int32_t dh_network_route(struct dh_network *net, int32_t src, int32_t dst,
                         struct dh_network_hop hops[static DH_NETWORK_HOPS]) {
    if (src == dst)
        return 0;
    const struct dh_network_part *p = &net->parts[net->node_part[net->host_node[src]]];
    const struct dh_network_part *q = &net->parts[net->node_part[net->host_node[dst]]];
    int32_t links[DH_TOPOLOGY_HOPS], n = 0, k;
    if (p == q)
        return within(net, p, src - p->first_host, dst - p->first_host, hops);
    if (!net->wan || p->site == q->site || p->site >= net->n_site || q->site >= net->n_site)
        return -1;
    k = dh_link_graph_route(net->wan, p->site, q->site, (uint64_t)q->site, DH_TOPOLOGY_HOPS, links);
    /* With all ways cut, one of them, so that the flow stands still. */
    if (k < 0) {
        for (int32_t i = 0; i < net->n_wan_link; i++)
            if (net->capacity[net->wan_link[i]] == 0)
                dh_link_graph_cut_link(net->wan, i, false);
        k = dh_link_graph_route(net->wan, p->site, q->site, (uint64_t)q->site, DH_TOPOLOGY_HOPS, links);
        for (int32_t i = 0; i < net->n_wan_link; i++)
            if (net->capacity[net->wan_link[i]] == 0)
                dh_link_graph_cut_link(net->wan, i, true);
    }
    if (k < 0 || k > DH_TOPOLOGY_HOPS)
        return -1;
    climb(net, p, src - p->first_host, false, hops, &n);
    for (int32_t i = 0; i < k && n < DH_NETWORK_HOPS - DH_TOPOLOGY_HOPS; i++)
        hops[n++] = (struct dh_network_hop){net->wan_link[links[i]], 1};
    climb(net, q, dst - q->first_host, true, hops, &n);
    return n;
}

/* ---- names */

void dh_network_link_name(const struct dh_network *net, int32_t link, char *name, size_t room) {
    int32_t i = 0;
    while (i + 1 < net->n_part && link >= net->parts[i + 1].first_link)
        i++;
    const struct dh_network_part *p = &net->parts[i];
    char text[160];
    int32_t k = link - p->first_link;
    if (k >= p->domain_links)
        snprintf(text, sizeof text, "domain %d", k - p->domain_links);
    else if (p->mesh) {
        struct dh_network_link_place pair = dh_network_link_place(net, link);
        snprintf(text, sizeof text, "site %d > %d", pair.from, pair.to);
    } else if (!p->bundled)
        dh_topology_link_name(&p->topology, k, text, sizeof text);
    else if (k < p->leaf_links) {
        int32_t leaf = dh_network_leaf_of(p, k / 2);
        snprintf(text, sizeof text, k % 2 ? "leaf %d > host %d" : "host %d > leaf %d", k % 2 ? leaf : k / 2,
                 k % 2 ? k / 2 : leaf);
    } else if (k < p->pod_links)
        snprintf(text, sizeof text, "leaf %d %s", (k - p->leaf_links) / 2,
                 (k - p->leaf_links) % 2 ? "down" : "up");
    else if (k < p->local_links)
        snprintf(text, sizeof text, "pod %d %s", (k - p->pod_links) / 2,
                 (k - p->pod_links) % 2 ? "down" : "up");
    else if (k < p->trunk_links)
        snprintf(text, sizeof text, "group %d", k - p->local_links);
    else {
        int32_t from = (k - p->trunk_links) / (p->pods - 1), offset = (k - p->trunk_links) % (p->pods - 1);
        snprintf(text, sizeof text, "global %d > %d", from, (from + 1 + offset) % p->pods);
    }
    snprintf(name, room, "%s%s%s", p->name, p->name[0] ? ": " : "", text);
}
