#include "tests/tests.h"

#include "models/flow.h"
#include "models/topology.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double rate = 1e9;

static struct dh_topology with_rates(struct dh_topology t) {
    for (int i = 0; i < DH_N_LINK_CLASS; i++)
        if (t.link[i].bytes_per_s == 0)
            t.link[i].bytes_per_s = i == DH_LINK_DOMAIN ? 9 * rate : rate;
    return t;
}

static struct dh_topology make(struct dh_topology t) {
    t = with_rates(t);
    const char *why = NULL;
    if (dh_topology_init(&t, &why) != DH_OK)
        print_message("# %s\n", why);
    assert_null(why);
    return t;
}

static const struct dh_topology
    plain =
        {
            .hosts_per_leaf = 16, .units = 8
},
    oversubscribed = {.hosts_per_leaf = 16, .units = 8, .oversubscription = {4}},
    pods = {.hosts_per_leaf = 4, .units = 4, .pods = 8},
    rails = {.hosts_per_leaf = 4, .units = 2, .rails = 4, .domain = 4},
    racks = {.hosts_per_leaf = 4, .units = 2, .pods = 2, .rails = 2, .domain = 8, .oversubscription = {2, 4}},
    dragonfly = {.kind = DH_TOPOLOGY_DRAGONFLY, .hosts_per_leaf = 2, .groups = 9, .routers = 4, .globals = 2},
    two_groups = {.kind = DH_TOPOLOGY_DRAGONFLY,
                  .hosts_per_leaf = 2,
                  .groups = 2,
                  .routers = 4,
                  .globals = 1},
    plus = {.kind = DH_TOPOLOGY_DRAGONFLY_PLUS,
            .hosts_per_leaf = 4,
            .groups = 5,
            .routers = 4,
            .spines = 4,
            .globals = 4},
    cube = {.kind = DH_TOPOLOGY_TORUS, .size = {4, 4, 4}}, ring = {.kind = DH_TOPOLOGY_TORUS, .size = {8}},
    ladder = {.kind = DH_TOPOLOGY_TORUS, .size = {2, 5, 1, 3}}, mesh = {.kind = DH_TOPOLOGY_MESH, .sites = 5};

/* Hosts, nodes, directed links, longest route and bytes/s between halves in closed form: of a fat tree of
 * switches with k ports k^3/4 hosts, 5 k^2/4 switches, 3 k^3/4 cables; of a dragonfly p a g hosts, a g
 * routers, 2 p a g + a (a - 1) g + a h g links; of a torus of n hosts 2 n links a dimension. */
static const struct {
    const struct dh_topology *t;
    int32_t n_host, n_node, n_link, longest;
    double bisection; /* in links; NAN: halves would divide something */
} facts[] = {
    {&plain,          128, 128 + 8 + 16,           2 * (128 + 128),                   4,             64 },
    {&oversubscribed, 128, 128 + 8 + 4,            2 * (128 + 32),                    4,             16 },
    {&pods,           128, 128 + 80,               768,                               6,             64 },
    {&rails,          32,  32 + 8 + 4 + 8,         2 * (32 + 32) + 64,                6,             16 },
    {&racks,          32,  32 + 8 + 2 * 2 + 2 + 4, 2 * (32 + 8 * 2 + 2 * 2 * 1) + 64, 8,             2  },
    {&dragonfly,      72,  72 + 36,                144 + 36 * 3 + 36 * 2,             5,             NAN},
    {&two_groups,     16,  16 + 8,                 32 + 8 * 3 + 8,                    5,             4  },
    {&plus,           80,  80 + 20 + 20,           160 + 2 * 80 + 80,                 5,             NAN},
    {&cube,           64,  64,                     384,                               6,             32 },
    {&ring,           8,   8,                      16,                                4,             2  },
    {&ladder,         30,  30,                     30 * (1 + 2 + 2),                  1 + 2 + 0 + 1, NAN},
    {&mesh,           5,   5,                      20,                                1,             NAN},
};
enum { N_FACTS = sizeof facts / sizeof *facts };

void topologies_have_the_links_of_the_closed_form(void **state) {
    (void)state;
    for (int32_t i = 0; i < N_FACTS; i++) {
        struct dh_topology t = make(*facts[i].t);
        assert_int_equal(t.n_host, facts[i].n_host);
        assert_int_equal(t.n_node, facts[i].n_node);
        assert_int_equal(t.n_link, facts[i].n_link);
        double across = dh_topology_bisection(&t);
        assert_true(isnan(facts[i].bisection) ? isnan(across) : across == facts[i].bisection * rate);
        /* Each cable has its other direction, and each node its own name. */
        int32_t *degree = calloc((size_t)t.n_node * (size_t)t.n_node, sizeof *degree);
        char(*names)[64] = calloc((size_t)t.n_node, sizeof *names);
        for (int32_t l = 0; l < t.n_link; l++) {
            struct dh_topology_link link = dh_topology_link(&t, l);
            assert_true(link.from != link.to);
            degree[link.from * t.n_node + link.to]++;
            degree[link.to * t.n_node + link.from]--;
        }
        for (int32_t k = 0; k < t.n_node * t.n_node; k++)
            assert_int_equal(degree[k], 0);
        for (int32_t k = 0; k < t.n_node; k++) {
            dh_topology_node_name(&t, k, names[k], sizeof names[k]);
            for (int32_t m = 0; m < k; m++)
                assert_string_not_equal(names[k], names[m]);
        }
        free(degree);
        free(names);
    }
}

/* A route is a walk over distinct links from its source to its destination, as short as a search of the graph
 * finds one. But what crosses to another rail first takes up to two links more than a spine would; and in
 * dragonflies a route takes one global link, where two may be shorter by one, and any of parallel ones. */
void routes_of_topologies_are_shortest_walks(void **state) {
    (void)state;
    for (int32_t i = 0; i < N_FACTS; i++) {
        struct dh_topology t = make(*facts[i].t);
        struct dh_link_graph *graph = dh_topology_graph(&t);
        int32_t longest = 0, links[DH_TOPOLOGY_HOPS], other[DH_TOPOLOGY_HOPS];
        assert_non_null(graph);
        for (int32_t dst = 0; dst < t.n_host; dst++)
            for (int32_t src = 0; src < t.n_host; src++)
                for (uint64_t number = 0; number < 4; number++) {
                    int32_t at = src, n_global = 0,
                            n = dh_topology_route(
                                &t, src, dst, number < 3 ? number * 0x9e3779b97f4a7c15 : DH_BY_DESTINATION,
                                links);
                    for (int32_t k = 0; k < n; k++) {
                        struct dh_topology_link l = dh_topology_link(&t, links[k]);
                        assert_true(links[k] >= 0 && links[k] < t.n_link && l.from == at);
                        for (int32_t m = 0; m < k; m++)
                            assert_true(links[m] != links[k]);
                        at = l.to;
                        n_global += l.is == DH_LINK_GLOBAL;
                    }
                    assert_int_equal(at, dst);
                    if (t.groups > 0)
                        assert_int_equal(n_global, src * t.groups / t.n_host != dst * t.groups / t.n_host);
                    int32_t shortest = dh_link_graph_route(graph, src, dst, number, DH_TOPOLOGY_HOPS, other);
                    bool crosses =
                        t.domain > 0 && src / t.domain != dst / t.domain && src % t.rails != dst % t.rails;
                    bool one_global = t.kind == DH_TOPOLOGY_DRAGONFLY;
                    assert_true(n == shortest || ((crosses || one_global) && n <= shortest + 2));
                    longest = n > longest ? n : longest;
                }
        assert_int_equal(longest, facts[i].longest);
        dh_link_graph_delete(graph);
    }
}

/* Rates of flows from each host to all others, or to the next one; by src * n_host + dst. */
static double *rates_of(const struct dh_topology *t, bool all) {
    size_t n = (size_t)t->n_host * (size_t)t->n_host;
    double *capacity = calloc((size_t)t->n_link, sizeof *capacity), *rates = calloc(n, sizeof *rates);
    int32_t *id = calloc(n, sizeof *id);
    for (int32_t l = 0; l < t->n_link; l++)
        capacity[l] = t->link[dh_topology_link(t, l).is].bytes_per_s;
    struct dh_flow_net *net = dh_flow_net_new(capacity, t->n_link);
    assert_non_null(net);
    for (int32_t src = 0; src < t->n_host; src++)
        for (int32_t dst = 0; dst < t->n_host; dst++) {
            int32_t links[DH_TOPOLOGY_HOPS], pair = src * t->n_host + dst;
            id[pair] = -1;
            if (src == dst || (!all && dst != (src + 1) % t->n_host))
                continue;
            struct dh_flow_spec flow = {links, dh_topology_route(t, src, dst, DH_BY_DESTINATION, links), 1e6,
                                        0, 0};
            assert_int_equal(dh_flow_net_start(net, &flow, &id[pair]), DH_OK);
        }
    for (size_t i = 0; i < n; i++)
        rates[i] = id[i] < 0 ? 0 : dh_flow_net_rate(net, id[i]);
    dh_flow_net_delete(net);
    free(capacity);
    free(id);
    return rates;
}

static void all_are(const struct dh_topology *topology, bool all, double want) {
    struct dh_topology t = make(*topology);
    double *rates = rates_of(&t, all);
    int32_t n = 0;
    for (int32_t i = 0; i < t.n_host * t.n_host; i++)
        if (rates[i] > 0) {
            assert_true(fabs(rates[i] - want) <= 1e-12 * want);
            n++;
        }
    assert_int_equal(n, all ? t.n_host * (t.n_host - 1) : t.n_host);
    free(rates);
}

/* Rings of neighbors have their links to themselves. All-to-all: a link that m flows share gives each 1/m. */
void rates_on_topologies_are_those_by_hand(void **state) {
    (void)state;
    all_are(&plain, true, rate / 127); /* the hosts' links; a leaf's have 16 sources, 7 destinations each */
    all_are(&plain, false, rate);
    all_are(&oversubscribed, false, rate); /* one flow leaves a leaf */
    all_are(&pods, true, rate / 127);      /* a leaf's links: 4 sources, 31 destinations */
    all_are(&pods, false, rate);
    all_are(&ring, true, rate / 8); /* 1 + 2 + 3 of each distance, half of the 4 that go halfway round */
    all_are(&ring, false, rate);
    all_are(&mesh, true, rate);

    /* A leaf's link has 16 sources, 28 destinations elsewhere; what these leave of a host's link, 15 share.
     */
    struct dh_topology t = make(oversubscribed);
    double *rates = rates_of(&t, true);
    for (int32_t i = 0; i < t.n_host * t.n_host; i++) {
        bool inside = i / t.n_host / 16 == i % t.n_host / 16;
        double want = i / t.n_host == i % t.n_host ? 0 : inside ? rate / 20 : rate / 448;
        assert_true(fabs(rates[i] - want) <= 1e-12 * want);
    }
    free(rates);

    /* A dragonfly whose links within groups are half as fast: 4 flows of a pair of routers, 2 x 16 to the
     * groups behind the other router, 16 x 2 from there. Of a host's 71 flows 66 take such a link; the others
     * are 5. */
    struct dh_topology half = dragonfly;
    half.link[DH_LINK_LOCAL].bytes_per_s = rate / 2;
    t = make(half);
    rates = rates_of(&t, true);
    int32_t n_local = 0;
    for (int32_t i = 0; i < t.n_host * t.n_host; i++) {
        int32_t links[DH_TOPOLOGY_HOPS],
            n = dh_topology_route(&t, i / t.n_host, i % t.n_host, DH_BY_DESTINATION, links);
        bool local = false;
        for (int32_t k = 0; k < n; k++)
            local |= dh_topology_link(&t, links[k]).is == DH_LINK_LOCAL;
        double want = n == 0 ? 0 : local ? rate / 136 : 7 * rate / 68;
        assert_true(fabs(rates[i] - want) <= 1e-12 * want);
        n_local += local;
    }
    assert_int_equal(n_local, 72 * 66);
    free(rates);

    /* Accelerators of a server pass to the next at the domain's rate; the last one's message goes through the
     * first of its server, whose rail it needs, and has the adapter to itself. */
    t = make(rails);
    rates = rates_of(&t, false);
    for (int32_t i = 0; i < t.n_host; i++)
        assert_true(rates[i * t.n_host + (i + 1) % t.n_host] == (i % 4 == 3 ? rate : 9 * rate));
    free(rates);
}

void rails_stay_on_their_leaf(void **state) {
    (void)state;
    struct dh_topology t = make(rails);
    int32_t links[DH_TOPOLOGY_HOPS];
    char name[64];
    /* rail 2 of servers 0 and 3, one unit: one leaf between */
    assert_int_equal(dh_topology_route(&t, 2, 3 * 4 + 2, DH_BY_DESTINATION, links), 2);
    dh_topology_link_name(&t, links[0], name, sizeof name);
    assert_string_equal(name, "host 2 > leaf 2");
    dh_topology_link_name(&t, links[1], name, sizeof name);
    assert_string_equal(name, "leaf 2 > host 14");
    /* to rail 1 of server 3: over NVLink first */
    assert_int_equal(dh_topology_route(&t, 2, 3 * 4 + 1, DH_BY_DESTINATION, links), 4);
    dh_topology_link_name(&t, links[0], name, sizeof name);
    assert_string_equal(name, "host 2 > domain 0");
    dh_topology_link_name(&t, links[2], name, sizeof name);
    assert_string_equal(name, "host 1 > leaf 1");
    /* another unit: over a spine, which the number chooses */
    assert_int_equal(dh_topology_route(&t, 2, 4 * 4 + 2, 3, links), 4);
    dh_topology_link_name(&t, links[1], name, sizeof name);
    assert_string_equal(name, "leaf 2 > spine 3");
}

void impossible_topologies_say_why(void **state) {
    (void)state;
    struct {
        struct dh_topology t;
        const char *why;
    } cases[] = {
        {oversubscribed, "below 1"                },
        {oversubscribed, "no whole number"        },
        {plain,          "no rate above 0"        },
        {plain,          "no hosts"               },
        {plain,          "whole number of domains"},
        {rails,          "whole number of servers"},
        {dragonfly,      "no multiple"            },
        {plus,           "no routers"             },
        {cube,           "below 0"                },
        {cube,           "longer than 255"        },
        {mesh,           "32,768"                 },
        {plain,          "2^26"                   },
        {dragonfly,      "2^26"                   },
        {plain,          "latency"                },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cases[i].t = with_rates(cases[i].t);
    cases[0].t.oversubscription[0] = 0.5;
    cases[1].t.oversubscription[0] = 3;
    cases[2].t.link[DH_LINK_LOCAL].bytes_per_s = 0;
    cases[3].t.hosts_per_leaf = 0;
    cases[4].t.domain = 3;
    cases[5].t.domain = 6;
    cases[6].t.groups = 8;
    cases[7].t.spines = 0;
    cases[8].t.size[1] = -1;
    cases[9].t.size[0] = 600;
    cases[10].t.sites = 100000;
    cases[11].t.units = 1 << 28;
    cases[12].t.routers = 1 << 20;
    cases[13].t.link[DH_LINK_HOST].latency_s = -1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why = NULL;
        assert_int_equal(dh_topology_init(&cases[i].t, &why), DH_ERR_RANGE);
        if (!why || !strstr(why, cases[i].why))
            print_message("# %s: %s\n", cases[i].why, why ? why : "no reason");
        assert_true(why && strstr(why, cases[i].why));
    }
}
