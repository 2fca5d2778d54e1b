/* How the parts of a network are laid out: for pictures of them. */
#include "models/network_internal.h"

struct dh_network_shape dh_network_shape(const struct dh_network *net, int32_t part) {
    const struct dh_network_part *p = &net->parts[part];
    return (struct dh_network_shape){.kind = p->topology.kind,
                                     .bundled = p->bundled,
                                     .mesh = p->mesh,
                                     .tiers = p->tiers,
                                     .rails = p->rails,
                                     .leaves = p->leaves,
                                     .pods = p->pods,
                                     .pod_leaves = p->pod_leaves,
                                     .spines = p->spines,
                                     .cores = p->cores,
                                     .domains = p->units[DH_NET_DOMAIN],
                                     .domain_nodes = p->domain_nodes,
                                     .hosts = p->mesh ? 0 : p->topology.n_host};
}

static struct dh_network_link_place place(int32_t part, enum dh_network_way way, int32_t from, int32_t to) {
    return (struct dh_network_link_place){part, way, from, to};
}

static struct dh_network_link_place site_pair(const struct dh_network_part *p, int32_t part, int32_t k) {
    int32_t a = 0, b = k / 2;
    while (b >= p->n_site - 1 - a)
        b -= p->n_site - 1 - a++;
    b += a + 1;
    return place(part, DH_WAY_SITE, p->sites[k % 2 ? b : a], p->sites[k % 2 ? a : b]);
}

struct dh_network_link_place dh_network_link_place(const struct dh_network *net, int32_t link) {
    int32_t i = 0;
    while (i + 1 < net->n_part && link >= net->parts[i + 1].first_link)
        i++;
    const struct dh_network_part *p = &net->parts[i];
    int32_t k = link - p->first_link;
    if (k >= p->domain_links)
        return place(i, DH_WAY_DOMAIN, k - p->domain_links, -1);
    if (p->mesh)
        return site_pair(p, i, k);
    if (!p->bundled) {
        struct dh_topology_link l = dh_topology_link(&p->topology, k);
        return place(i, DH_WAY_SINGLE, l.from, l.to);
    }
    if (k < p->leaf_links)
        return place(i, k % 2 ? DH_WAY_HOST_DOWN : DH_WAY_HOST_UP, k / 2, dh_network_leaf_of(p, k / 2));
    if (k < p->pod_links)
        return place(i, (k - p->leaf_links) % 2 ? DH_WAY_LEAF_DOWN : DH_WAY_LEAF_UP, (k - p->leaf_links) / 2,
                     -1);
    if (k < p->local_links)
        return place(i, (k - p->pod_links) % 2 ? DH_WAY_POD_DOWN : DH_WAY_POD_UP, (k - p->pod_links) / 2, -1);
    if (k < p->trunk_links)
        return place(i, DH_WAY_GROUP, k - p->local_links, -1);
    int32_t from = (k - p->trunk_links) / (p->pods - 1), offset = (k - p->trunk_links) % (p->pods - 1);
    return place(i, DH_WAY_GLOBAL, from, (from + 1 + offset) % p->pods);
}

int32_t dh_network_host_leaf(const struct dh_network *net, int32_t host) {
    for (int32_t i = 0; i < net->n_part; i++) {
        const struct dh_network_part *p = &net->parts[i];
        if (host >= p->first_host && host < p->first_host + p->n_host)
            return p->topology.kind == DH_TOPOLOGY_TORUS ? host - p->first_host
                                                         : dh_network_leaf_of(p, host - p->first_host);
    }
    return -1;
}

int32_t dh_network_node_domain(const struct dh_network *net, int32_t node) {
    int32_t part = net->node_part[node];
    if (part < 0 || net->parts[part].domain_nodes == 0)
        return -1;
    return dh_network_domain_of(&net->parts[part], net->node_first[node] - net->parts[part].first_host);
}
