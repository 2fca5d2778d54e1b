#include "tests/tests.h"

#include "models/network.h"

#include <math.h>
#include <string.h>

enum { MOST_NODES = 512 };
static int32_t every_node[MOST_NODES], gpus_each[MOST_NODES];

/* A network of one part on all of its n nodes. */
static struct dh_network *network_of(struct dh_network_part_spec part, int32_t n, int32_t gpus) {
    struct dh_network *net = NULL;
    const char *why = NULL;
    int32_t at;
    for (int32_t i = 0; i < MOST_NODES; i++) {
        every_node[i] = i;
        gpus_each[i] = gpus;
    }
    part.nodes = every_node;
    part.n_node = n;
    struct dh_network_def spec = {.parts = &part, .n_part = 1, .node_gpus = gpus_each, .n_node = n};
    if (dh_network_new(&net, &spec, &at, &why) != DH_OK)
        fail_msg("%s", why);
    return net;
}

static int32_t link_of(const struct dh_network *net, const char *name) {
    char text[200];
    for (int32_t l = 0; l < dh_network_n_link(net); l++) {
        dh_network_link_name(net, l, text, sizeof text);
        if (strcmp(text, name) == 0)
            return l;
    }
    fail_msg("no link %s", name);
    return -1;
}

/* Seconds until every host has sent a byte to each other, `share` being what routing leaves of bundles. */
static double all_to_all_s(struct dh_network *net, double share) {
    double load[20000] = {0}, most = 0;
    struct dh_network_hop hops[DH_NETWORK_HOPS];
    int32_t hosts = dh_network_n_host(net);
    assert_true(dh_network_n_link(net) <= 20000);
    for (int32_t a = 0; a < hosts; a++)
        for (int32_t b = 0; b < hosts; b++) {
            int32_t n = dh_network_route(net, a, b, hops);
            for (int32_t i = 0; i < n; i++)
                load[hops[i].link] += hops[i].share;
        }
    for (int32_t l = 0; l < dh_network_n_link(net); l++) {
        double capacity = dh_network_capacity(net)[l] / (l < 2 * hosts ? 1 : share);
        double s = load[l] / capacity;
        most = s > most ? s : most;
    }
    return most;
}

/* What bundles take of evenly spread traffic is what it takes link by link. */
void bundles_carry_even_traffic_as_their_links_do(void **state) {
    (void)state;
    static const struct {
        struct dh_topology t;
        int32_t tiers, nodes, adapters;
    } each[] = {
        {{.hosts_per_leaf = 8, .oversubscription = {2, 0}},                                                  2, 64, 1},
        {{.hosts_per_leaf = 4, .units = 4, .oversubscription = {1, 4}},                                      3, 64, 1},
        {{.hosts_per_leaf = 4, .units = 2, .oversubscription = {2, 2}},                                      3, 64, 1},
        {{.hosts_per_leaf = 4, .rails = 4, .oversubscription = {4, 0}},                                      2, 16, 4},
        {{.kind = DH_TOPOLOGY_DRAGONFLY, .hosts_per_leaf = 2, .routers = 4, .globals = 2},                   0, 72, 1},
        {{.kind = DH_TOPOLOGY_DRAGONFLY, .hosts_per_leaf = 1, .routers = 4, .globals = 1},                   0, 20, 1},
        {{.kind = DH_TOPOLOGY_DRAGONFLY_PLUS, .hosts_per_leaf = 2, .routers = 4, .spines = 4, .globals = 2},
         0,                                                                                                     72,
         1                                                                                                           },
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        struct dh_network_part_spec part = {
            .topology = each[i].t, .tiers = each[i].tiers, .adapters = each[i].adapters};
        /* Uplinks and what is global are slow, so that it is they that bind. */
        for (int c = 0; c < DH_N_LINK_CLASS; c++)
            part.topology.link[c].bytes_per_s = c == DH_LINK_HOST ? 100 : c == DH_LINK_LOCAL ? 10 : 4;
        struct dh_network *bundled = network_of(part, each[i].nodes, each[i].adapters);
        part.routing = DH_ROUTE_DESTINATION;
        struct dh_network *links = network_of(part, each[i].nodes, each[i].adapters);
        assert_true(dh_network_n_link(bundled) <= dh_network_n_link(links));
        double a = all_to_all_s(bundled, DH_ADAPTIVE_SHARE), b = all_to_all_s(links, 1);
        if (fabs(a / b - 1) > 1e-12)
            fail_msg("topology %d: %g s in bundles, %g s by links", (int)i, a, b);
        struct dh_network_facts f = dh_network_facts(bundled, 0), g = dh_network_facts(links, 0);
        for (int u = 0; u < DH_N_NETWORK_UNIT; u++)
            if (f.units[u] != g.units[u])
                fail_msg("topology %d: %d %ss, %d by links", (int)i, (int)f.units[u], dh_network_unit_name[u],
                         (int)g.units[u]);
        dh_network_delete(bundled);
        dh_network_delete(links);
    }
}

/* 1,024 nodes of 8 adapters in 3 tiers: 32 servers a unit, 8 rails, 8 units a pod; 2:1 and 4:1. A leaf has
 * 32 hosts and 16 links up, a pod 64 leaves, 16 spines of 128 ports or more, each 16 links up. */
void networks_have_the_links_by_hand(void **state) {
    (void)state;
    struct dh_network_part_spec part = {
        .name = "ib",
        .topology = {.hosts_per_leaf = 32, .units = 8, .rails = 8, .oversubscription = {2, 4}},
        .tiers = 3,
        .adapters = 8,
        .domain_nodes = 1
    };
    for (int c = 0; c < DH_N_LINK_CLASS; c++) {
        part.topology.link[c].bytes_per_s = c == DH_LINK_DOMAIN ? 450e9 : 50e9;
        part.topology.link[c].latency_s = 1e-6 * (c + 1);
    }
    struct dh_network *net = network_of(part, 512, 8);
    struct dh_network_hop hops[DH_NETWORK_HOPS];
    struct dh_network_facts f = dh_network_facts(net, 0);
    assert_int_equal(f.hosts, 4096);
    assert_int_equal(f.units[DH_NET_LEAF], 128);
    assert_int_equal(f.units[DH_NET_SPINE], 32);
    assert_int_equal(f.units[DH_NET_CORE], 256);
    assert_int_equal(f.units[DH_NET_LINK], 4096);
    assert_int_equal(f.units[DH_NET_UPLINK], 2048);
    assert_int_equal(f.units[DH_NET_TRUNK], 512);
    assert_int_equal(f.units[DH_NET_DOMAIN], 512);
    assert_true(f.bisection_bytes_per_s == 256 * 50e9 && f.oversubscription == 8);
    assert_int_equal(dh_network_n_link(net), 2 * (4096 + 128 + 2) + 512);
    const double *capacity = dh_network_capacity(net);
    assert_true(capacity[link_of(net, "ib: leaf 0 up")] == 16 * 50e9 * 0.95);
    assert_true(capacity[link_of(net, "ib: pod 1 down")] == 256 * 50e9 * 0.95);
    assert_true(capacity[link_of(net, "ib: domain 7")] == 8 * 450e9);
    /* GPU 5 of node 1 is on leaf 5 of the first unit; the same of node 33 on that of the second. */
    int32_t a = dh_network_host(net, 1, 5), b = dh_network_host(net, 33, 5);
    assert_int_equal(a, 13);
    assert_int_equal(dh_network_host_node(net, b), 33);
    assert_int_equal(dh_network_route(net, a, a, hops), 0);
    assert_int_equal(dh_network_route(net, a, b, hops), 4);
    assert_int_equal(hops[0].link, link_of(net, "ib: host 13 > leaf 5"));
    assert_int_equal(hops[1].link, link_of(net, "ib: leaf 5 up"));
    assert_int_equal(hops[2].link, link_of(net, "ib: leaf 13 down"));
    assert_true(hops[0].share == 1 && dh_network_latency(net)[hops[1].link] == 3e-6);
    assert_int_equal(dh_network_route(net, a, dh_network_host(net, 511, 5), hops), 6);
    assert_int_equal(hops[2].link, link_of(net, "ib: pod 0 up"));
    /* Within the server by NVLink, to another rail by NVLink first. */
    assert_int_equal(dh_network_route(net, a, dh_network_host(net, 1, 0), hops), 1);
    assert_int_equal(hops[0].link, dh_network_domain_link(net, 1));
    assert_int_equal(dh_network_route(net, a, dh_network_host(net, 2, 6), hops), 3);
    assert_int_equal(hops[1].link, link_of(net, "ib: host 14 > leaf 6"));
    assert_false(dh_network_reroutes(net));
    dh_network_delete(net);
}

/* 8 flows on 8 links: 1/(1 + sqrt(2 ln 8)); 16 queue pairs each: 16/(16 + sqrt(32 ln 8)). */
void ecmp_loses_what_collisions_take(void **state) {
    (void)state;
    struct dh_network_part_spec part = {
        .topology = {.link = {{0, 0}, {10, 0}, {10, 0}, {0, 0}}, .hosts_per_leaf = 8},
        .tiers = 2,
        .adapters = 1,
        .routing = DH_ROUTE_ECMP
    };
    struct dh_network *net = network_of(part, 16, 1);
    double share = 1 / (1 + sqrt(2 * log(8)));
    assert_true(fabs(dh_network_capacity(net)[link_of(net, "leaf 1 up")] / (80 * share) - 1) < 1e-14);
    dh_network_delete(net);
    part.queue_pairs = 16;
    net = network_of(part, 16, 1);
    share = 16 / (16 + sqrt(32 * log(8)));
    assert_true(fabs(dh_network_capacity(net)[link_of(net, "leaf 1 up")] / (80 * share) - 1) < 1e-14);
    assert_true(fabs(dh_network_facts(net, 0).routed / share - 1) < 1e-14);
    dh_network_delete(net);
}

static void set(struct dh_network *net, enum dh_network_unit unit, int32_t index, bool works) {
    assert_int_equal(dh_network_set(net, 0, unit, index, works), DH_OK);
}

/* Leaves of 8 hosts with 8 links up to 2 spines of 16 ports, 10 bytes/s each, 0.95 of them used. */
void failures_take_their_share_of_bundles(void **state) {
    (void)state;
    struct dh_network_part_spec part = {
        .topology = {.link = {{30, 0}, {10, 0}, {10, 0}, {10, 0}}, .hosts_per_leaf = 8},
        .tiers = 2,
        .adapters = 1,
        .spine_ports = 16,
        .domain_nodes = 2
    };
    struct dh_network *net = network_of(part, 32, 4);
    const double *now = dh_network_capacity(net), *full = dh_network_full_capacity(net);
    int32_t up = link_of(net, "leaf 1 up"), other = link_of(net, "leaf 2 down");
    int32_t host = link_of(net, "host 8 > leaf 1"), domain = dh_network_domain_link(net, 8);
    assert_int_equal(dh_network_units(net, 0, DH_NET_SPINE), 2);
    assert_true(now[up] == 76 && now[domain] == 2 * 4 * 30);
    set(net, DH_NET_UPLINK, 8, false); /* leaf 1's first, to spine 0 */
    assert_true(now[up] == 7 * 10 * 0.95 && now[other] == 76);
    set(net, DH_NET_SPINE, 0, false);
    assert_true(now[up] == 38 && now[other] == 38);
    set(net, DH_NET_SPINE, 0, false); /* once is enough */
    set(net, DH_NET_UPLINK, 8, true);
    assert_true(now[up] == 38);
    set(net, DH_NET_SPINE, 1, false);
    assert_true(now[up] == 0 && now[host] == 10);
    set(net, DH_NET_SPINE, 0, true);
    set(net, DH_NET_SPINE, 1, true);
    set(net, DH_NET_LEAF, 1, false);
    set(net, DH_NET_DOMAIN, 4, false);
    assert_true(now[up] == 0 && now[host] == 0 && now[host + 1] == 0 && now[other] == 76 && now[domain] == 0);
    set(net, DH_NET_LINK, 0, false);
    assert_true(now[0] == 0 && now[1] == 0 && now[2] == 10);
    set(net, DH_NET_LINK, 0, true);
    set(net, DH_NET_LEAF, 1, true);
    set(net, DH_NET_DOMAIN, 4, true);
    for (int32_t l = 0; l < dh_network_n_link(net); l++)
        assert_true(now[l] == full[l]);
    dh_network_delete(net);
}

/* Group 0's router 0 has the only link to group 1 (offset 0). */
void dragonflies_lose_what_their_routers_carry(void **state) {
    (void)state;
    struct dh_network_part_spec part = {
        .topology = {.kind = DH_TOPOLOGY_DRAGONFLY, .hosts_per_leaf = 2, .routers = 4, .globals = 1},
        .adapters = 1,
    };
    for (int c = 0; c < DH_N_LINK_CLASS; c++)
        part.topology.link[c].bytes_per_s = 20;
    struct dh_network *net = network_of(part, 40, 1); /* 5 groups of 4 routers of 2 */
    const double *now = dh_network_capacity(net), *full = dh_network_full_capacity(net);
    int32_t away = link_of(net, "global 0 > 1"), back = link_of(net, "global 1 > 0");
    int32_t elsewhere = link_of(net, "global 0 > 2"), group = link_of(net, "group 0");
    assert_true(now[away] == 19 && now[group] == 12 * 19);
    set(net, DH_NET_LEAF, 0, false);
    assert_true(now[away] == 0 && now[back] == 0 && now[elsewhere] == 19 && now[group] == 6 * 19);
    set(net, DH_NET_LEAF, 0, true);
    set(net, DH_NET_TRUNK, 1, false); /* 0-1, 0-2, … */
    assert_true(now[away] == 19 && now[elsewhere] == 0);
    set(net, DH_NET_TRUNK, 1, true);
    set(net, DH_NET_UPLINK, 5, false); /* routers 2 and 3 */
    assert_true(now[group] == 10 * 19);
    set(net, DH_NET_UPLINK, 5, true);
    for (int32_t l = 0; l < dh_network_n_link(net); l++)
        assert_true(now[l] == full[l]);
    dh_network_delete(net);
}

void toruses_route_around_what_failed(void **state) {
    (void)state;
    struct dh_network_part_spec part = {
        .topology = {.kind = DH_TOPOLOGY_TORUS, .link = {{0, 0}, {0, 0}, {10, 0}, {0, 0}}, .size = {4, 4}},
        .adapters = 1
    };
    struct dh_network *net = network_of(part, 16, 1);
    struct dh_network_hop before[DH_NETWORK_HOPS], after[DH_NETWORK_HOPS];
    assert_true(dh_network_reroutes(net));
    assert_int_equal(dh_network_units(net, 0, DH_NET_LINK), 32);
    assert_int_equal(dh_network_route(net, 0, 1, before), 1);
    int32_t cable = 0; /* that of the way from 0 to 1 */
    for (; cable < 32; cable++) {
        set(net, DH_NET_LINK, cable, false);
        if (dh_network_capacity(net)[before[0].link] == 0)
            break;
        set(net, DH_NET_LINK, cable, true);
    }
    assert_int_equal(dh_network_route(net, 0, 1, after), 3);
    for (int i = 0; i < 3; i++)
        assert_true(dh_network_capacity(net)[after[i].link] == 10);
    for (int32_t c = 0; c < 32; c++)
        set(net, DH_NET_LINK, c, false);
    assert_int_equal(dh_network_route(net, 0, 1, after), 1); /* stands still on the usual way */
    assert_true(dh_network_capacity(net)[after[0].link] == 0);
    for (int32_t c = 0; c < 32; c++)
        set(net, DH_NET_LINK, c, true);
    assert_int_equal(dh_network_route(net, 0, 1, after), 1);
    assert_true(dh_network_capacity(net)[after[0].link] == 10);
    dh_network_delete(net);
}

/* A fat tree at site 0, a dragonfly at 1, another fabric at 0; sites 0, 1 and 2 are joined. */
void meshes_join_fabrics_of_sites(void **state) {
    (void)state;
    static const int32_t nodes[3][4] = {
        {0, 1, 2,  3 },
        {4, 5, 6,  7 },
        {8, 9, 10, 11}
    };
    static const int32_t sites[] = {0, 1, 2};
    struct dh_network_part_spec parts[4] = {
        {.name = "tree",
         .topology = {.hosts_per_leaf = 2},
         .tiers = 2,
         .adapters = 1,
         .nodes = nodes[0],
         .n_node = 4},
        {.name = "fly",
         .topology = {.kind = DH_TOPOLOGY_DRAGONFLY, .hosts_per_leaf = 1, .routers = 2, .globals = 1},
         .adapters = 1,
         .nodes = nodes[1],
         .n_node = 4,
         .site = 1},
        {.name = "alone",
         .topology = {.hosts_per_leaf = 2},
         .tiers = 2,
         .adapters = 1,
         .nodes = nodes[2],
         .n_node = 4},
        {.name = "wan", .topology = {.kind = DH_TOPOLOGY_MESH},                        .sites = sites,               .n_site = 3                                                                           }
    };
    int32_t gpus[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, part;
    const char *why;
    struct dh_network *net;
    struct dh_network_hop hops[DH_NETWORK_HOPS];
    for (int i = 0; i < 4; i++)
        for (int c = 0; c < DH_N_LINK_CLASS; c++)
            parts[i].topology.link[c].bytes_per_s = 10 * (i + 1);
    struct dh_network_def spec = {.parts = parts, .n_part = 4, .node_gpus = gpus, .n_node = 12};
    assert_int_equal(dh_network_new(&net, &spec, &part, &why), DH_OK);
    assert_int_equal(dh_network_route(net, 0, 4, hops), 5);
    assert_int_equal(hops[1].link, link_of(net, "tree: leaf 0 up"));
    assert_int_equal(hops[2].link, link_of(net, "wan: site 0 > 1"));
    assert_int_equal(hops[3].link, link_of(net, "fly: host 0 > leaf 0") + 1);
    assert_int_equal(hops[4].link, link_of(net, "fly: group 0"));
    assert_true(hops[4].share == 0.5 && dh_network_capacity(net)[hops[2].link] == 40);
    assert_int_equal(dh_network_set(net, 3, DH_NET_LINK, 0, false), DH_OK);
    assert_int_equal(dh_network_route(net, 0, 4, hops), 6); /* by site 2 */
    assert_int_equal(hops[2].link, link_of(net, "wan: site 0 > 2"));
    assert_int_equal(dh_network_set(net, 3, DH_NET_LINK, 1, false), DH_OK);
    assert_int_equal(dh_network_route(net, 0, 4, hops), 5);
    assert_true(dh_network_capacity(net)[hops[2].link] == 0);
    assert_int_equal(dh_network_route(net, 0, 8, hops), -1);
    dh_network_delete(net);
}

void impossible_networks_say_why(void **state) {
    (void)state;
    static const int32_t nodes[] = {0, 1, 2, 3}, twice[] = {0, 0}, gpus[] = {8, 8, 8, 8};
    static const struct {
        struct dh_topology t;
        int32_t tiers, adapters, n_node, domain, spine_ports;
        const int32_t *nodes;
        const char *why;
    } each[] = {
        {{.hosts_per_leaf = 2},                                                            4, 1, 4, 0, 0, nodes, "1, 2 or 3 tiers"                  },
        {{.hosts_per_leaf = 2},                                                            3, 1, 4, 0, 0, nodes, "no size of its pods"              },
        {{.hosts_per_leaf = 2},                                                            1, 1, 4, 0, 0, nodes, "too few ports"                    },
        {{.hosts_per_leaf = 2, .units = 1},                                                2, 1, 4, 0, 0, nodes, "fewer ports than its nodes"       },
        {{.hosts_per_leaf = 2, .oversubscription = {0.5, 0}},                              2, 1, 4, 0, 0, nodes, "below 1"                          },
        {{.hosts_per_leaf = 2, .rails = 3},                                                2, 8, 4, 0, 0, nodes, "multiple of the rails"            },
        {{.hosts_per_leaf = 2},                                                            2, 1, 4, 3, 0, nodes, "whole number of domains"          },
        {{.hosts_per_leaf = 2},                                                            2, 1, 4, 0, 1, nodes, "fewer ports than there are leaves"},
        {{.hosts_per_leaf = 2},                                                            2, 1, 2, 0, 0, twice, "on two fabrics"                   },
        {{.hosts_per_leaf = 0},                                                            2, 1, 4, 0, 0, nodes, "has no hosts"                     },
        {{.kind = DH_TOPOLOGY_TORUS, .size = {3}},                                         0, 1, 4, 0, 0, nodes, "fewer ports than its nodes"       },
        {{.kind = DH_TOPOLOGY_DRAGONFLY, .hosts_per_leaf = 1, .routers = 1, .globals = 1},
         0,                                                                                   1,
         4,                                                                                         0,
         0,                                                                                               nodes,
         "fewer global links"                                                                                                                       },
        {{.kind = DH_TOPOLOGY_DRAGONFLY, .hosts_per_leaf = 1, .routers = 0, .globals = 1},
         0,                                                                                   1,
         4,                                                                                         0,
         0,                                                                                               nodes,
         "no routers"                                                                                                                               },
        {{.kind = DH_TOPOLOGY_DRAGONFLY,
          .hosts_per_leaf = 1,
          .groups = 1 << 19,
          .routers = 4,
          .globals = 1 << 19},
         0,                                                                                   1,
         4,                                                                                         0,
         0,                                                                                               nodes,
         "2^2"                                                                                                                                      },
        {{.kind = DH_TOPOLOGY_MESH},                                                       0, 1, 4, 0, 0, nodes, "fewer than two sites"             },
        {{.hosts_per_leaf = 1 << 28, .units = 1 << 28},                                    2, 1, 4, 0, 0, nodes, "2^2"                              },
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        struct dh_network_part_spec part = {.topology = each[i].t,
                                            .tiers = each[i].tiers,
                                            .adapters = each[i].adapters,
                                            .nodes = each[i].nodes,
                                            .n_node = each[i].n_node,
                                            .spine_ports = each[i].spine_ports,
                                            .domain_nodes = each[i].domain};
        for (int c = 0; c < DH_N_LINK_CLASS; c++)
            part.topology.link[c].bytes_per_s = 1;
        struct dh_network_def spec = {.parts = &part, .n_part = 1, .node_gpus = gpus, .n_node = 4};
        struct dh_network *net;
        const char *why = "";
        int32_t at;
        assert_int_equal(dh_network_new(&net, &spec, &at, &why), DH_ERR_RANGE);
        if (!strstr(why, each[i].why))
            fail_msg("network %d: %s", (int)i, why);
        assert_null(net);
    }
}
