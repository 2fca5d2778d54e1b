#include "tests/tests.h"

#include "models/collective.h"

#include <math.h>

static double hypotenuse(double a, double b) {
    return sqrt(a * a + b * b);
}

static void near(double is, double want) {
    assert_true(fabs(is - want) <= 1e-12 * want);
}

/* Rows of the project's table of exact answers (A14), retyped: alpha 5 us, beta 50 GB/s. */
void textbook_collectives_take_the_exact_times(void **state) {
    (void)state;
    static const struct {
        int32_t ranks;
        double bytes, all_reduce, all_gather, halving, all_to_all, broadcast;
    } rows[] = {
        {4,     4096,         0.00003012288, 0.00001506144, 0.00002012288, 0.00001506144, 0.00001016384},
        {8,     1048576,      0.00010670016, 0.00005335008, 0.00006670016, 0.00005335008, 0.00007791456},
        {64,    1073741824,   0.04290858432, 0.02145429216, 0.04233858432, 0.02145429216, 0.12887901888},
        {1024,  1048576,      0.01027190208, 0.00513595104, 0.00014190208, 0.00513595104, 0.0002597152 },
        {256,   140000000000, 5.580675,      2.7903375,     5.578205,      2.7903375,     22.40004     },
        {16384, 1048576,      0.16387194048, 0.08193597024, 0.00018194048, 0.08193597024, 0.00036360128},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t n = rows[i].ranks;
        double s = rows[i].bytes;
        near(dh_ring_all_reduce_s(n, s, 5e-6, 50e9), rows[i].all_reduce);
        near(dh_ring_all_gather_s(n, s, 5e-6, 50e9), rows[i].all_gather);
        near(dh_halving_doubling_all_reduce_s(n, s, 5e-6, 50e9), rows[i].halving);
        near(dh_pairwise_all_to_all_s(n, s, 5e-6, 50e9), rows[i].all_to_all);
        near(dh_binomial_broadcast_s(n, s, 5e-6, 50e9), rows[i].broadcast);
    }
    /* one rank has nothing to do; six fold two onto four: 2 (2 a + 3/4 S/b) + 2 (a + S/b) */
    assert_true(dh_ring_all_reduce_s(1, 1e6, 5e-6, 50e9) == 0);
    assert_true(dh_binomial_broadcast_s(1, 1e6, 5e-6, 50e9) == 0);
    near(dh_halving_doubling_all_reduce_s(6, 1e6, 5e-6, 50e9), 6 * 5e-6 + 3.5 * 1e6 / 50e9);
}

#define NO_LIMIT .piece_max = NAN, .moved_max = NAN

/* A domain of eight, 400 GB/s; a network with an adapter of 25 GB/s for two ranks. */
static struct dh_collective_spec ways[] = {
    {.op = DH_ALL_REDUCE,
     .way = DH_WAY_RING,
     .protocol = "small",
     .ranks_min = 2,
     NO_LIMIT,            .start_s = 4e-6,
     .step_s = 1e-6,
     .bytes_per_s = 50e9       },
    {.op = DH_ALL_REDUCE,
     .way = DH_WAY_RING,
     .protocol = "large",
     .ranks_min = 2,
     NO_LIMIT,            .start_s = 20e-6,
     .step_s = 1e-6,
     .bytes_per_s = 400e9      },
    {.op = DH_ALL_REDUCE,
     .way = DH_WAY_SWITCH,
     .protocol = "switch",
     .ranks_min = 5,
     NO_LIMIT,            .start_s = 40e-6,
     .step_s = 0,
     .bytes_per_s = 300e9      },
    {.op = DH_ALL_GATHER,
     .way = DH_WAY_RING,
     .protocol = "large",
     .ranks_min = 2,
     NO_LIMIT,            .start_s = 20e-6,
     .step_s = 1e-6,
     .bytes_per_s = 400e9,
     .own = 0.5,
     .pipeline_s = 1e-6},
    {.op = DH_ALL_TO_ALL,
     .way = DH_WAY_DIRECT,
     .protocol = "large",
     .ranks_min = 2,
     NO_LIMIT, .start_s = 10e-6,
     .step_s = 1e-6,
     .bytes_per_s = 400e9},
    {.op = DH_SEND,
     .way = DH_WAY_RING,
     .protocol = "large",
     .ranks_min = 2,
     NO_LIMIT, .start_s = 10e-6,
     .step_s = 1e-6,
     .bytes_per_s = 400e9},
};
static const struct dh_interconnect_spec domain = {
    .collectives = ways, .n_collectives = 6, .domain = 8, .low = 0.9, .high = 1.1};
static struct dh_transport_spec transport = {
    .protocol = "net", .start_s = 30e-6, .hop_s = 5e-6, .efficiency = 0.8, .inside = 1};
static struct dh_network_spec network = {.nics = 0.5,
                                         .nic_bytes_per_s = 25e9,
                                         .transports = &transport,
                                         .n_transports = 1,
                                         .tree = true,
                                         .low = 0.7,
                                         .high = 1.4};
static const struct dh_collective_fabric fabric = {&domain, &network};

static double seconds(enum dh_collective_op op, double bytes, int32_t ranks) {
    struct dh_collective_group g = {.ranks = ranks};
    return dh_collective_s(&fabric, op, bytes, &g);
}

void the_fastest_protocol_of_a_domain_counts(void **state) {
    (void)state;
    near(seconds(DH_ALL_REDUCE, 1000, 4), 4e-6 + hypotenuse(6e-6, 1.5 * 1000 / 50e9));
    near(seconds(DH_ALL_REDUCE, 1e9, 4), 20e-6 + hypotenuse(6e-6, 1.5 * 1e9 / 400e9));
    /* in the switch each byte goes up and down once, for five ranks and more: 1e9/300e9 is less
     * than 1.75e9/400e9 */
    near(seconds(DH_ALL_REDUCE, 1e9, 8), 40e-6 + 1e9 / 300e9);
    /* its own quarter costs half of one that moves; and the parts of a message */
    double x = 0.75 * 1e9 / 400e9 * (1 + 0.5 / 3);
    near(seconds(DH_ALL_GATHER, 1e9, 4), 20e-6 + hypotenuse(3e-6, x) + 2 * sqrt(1e-6 * x));
    /* all at once: no ring hides its steps */
    near(seconds(DH_ALL_TO_ALL, 1e6, 4), 10e-6 + 3e-6 + 0.75 * 1e6 / 400e9);
    assert_true(seconds(DH_ALL_REDUCE, 1e9, 1) == 0);
    assert_true(isnan(seconds(DH_BROADCAST, 1e9, 4))); /* not in the catalog */
}

void several_domains_add_their_network(void **state) {
    (void)state;
    /* 2 domains of 8: tree S across at 80 GB/s, two hops; ring 15/8 S. Within the domain 14 steps start it.
     */
    near(seconds(DH_ALL_REDUCE, 1e9, 16), 30e-6 + 2 * 5e-6 + 18e-6 + 1e9 / 80e9);
    network.tree = false;
    near(seconds(DH_ALL_REDUCE, 1e9, 16), 30e-6 + 2 * 5e-6 + 32e-6 + 1.875e9 / 80e9); /* twice 14 steps */
    network.tree = true;
    /* 4 domains: tree 2 S and four hops, ring 2 31/32 S and six: the ring; small messages take the tree */
    near(seconds(DH_ALL_REDUCE, 1e9, 32), 30e-6 + 6 * 5e-6 + 60e-6 + 2 * 31.0 / 32 * 1e9 / 80e9);
    near(seconds(DH_ALL_REDUCE, 0, 32), 30e-6 + 4 * 5e-6 + 18e-6);
    struct dh_collective_group rings = {.ranks = 32, .rings = true};
    near(dh_collective_s(&fabric, DH_ALL_REDUCE, 0, &rings), 30e-6 + 6 * 5e-6 + 60e-6);
    network.reduces = true;
    near(seconds(DH_ALL_REDUCE, 1e9, 32), 30e-6 + 2 * 5e-6 + 18e-6 + 1e9 / 80e9);
    network.reduces = false;
    /* 8 domains lose a doubling of 10 % */
    network.doubling_loss = 0.1;
    near(seconds(DH_ALL_GATHER, 1e9, 64), 30e-6 + 7 * 5e-6 + 20e-6 + 8 * 7e-6 + 63.0 / 64 * 1e9 / 72e9);
    network.doubling_loss = 0;
    /* all-to-all: seven eighths of what eight ranks hold leave; a message uses one adapter */
    near(seconds(DH_ALL_TO_ALL, 1e8, 64), 30e-6 + 3 * 5e-6 + 17e-6 + 8 * 1e8 * 7 / 8 / 80e9);
    struct dh_collective_group far = {.ranks = 2, .ranks_per_domain = 1};
    near(dh_collective_s(&fabric, DH_SEND, 1e9, &far), 30e-6 + 5e-6 + 1e9 / 20e9);
    /* one rank of each of two nodes, with one adapter of four: a ring of two */
    far.nics = 1;
    near(dh_collective_s(&fabric, DH_ALL_GATHER, 1e9, &far), 30e-6 + 5e-6 + 0.5e9 / 20e9);
    struct dh_collective_fabric alone = {&domain, NULL};
    assert_true(isnan(dh_collective_s(&alone, DH_ALL_GATHER, 1e9, &far)));
}

void a_plan_says_what_its_links_carry(void **state) {
    (void)state;
    struct dh_collective_group g = {.ranks = 64};
    struct dh_collective_plan p = dh_collective_plan(&fabric, DH_ALL_TO_ALL, 1e8, &g);
    assert_int_equal(p.domains, 8);
    near(p.domain_bytes, 7e8);
    near(p.rank_bytes, 63.0 / 64 * 1e8);
    near(p.latency_s, 62e-6);
    assert_true(p.low == 0.7 && p.high == 1.4);
    g.ranks = 8;
    p = dh_collective_plan(&fabric, DH_ALL_REDUCE, 1e9, &g);
    assert_int_equal(p.domains, 1);
    assert_true(p.domain_bytes == 0 && p.rank_bytes == 1e9);
    assert_string_equal(p.protocol, "switch");
}

void more_bytes_or_ranks_never_take_less(void **state) {
    (void)state;
    static const enum dh_collective_op ops[] = {DH_ALL_REDUCE, DH_ALL_GATHER, DH_ALL_TO_ALL};
    for (size_t o = 0; o < 3; o++) {
        for (int32_t ranks = 2; ranks <= 1024; ranks *= 2) {
            double before = 0;
            for (double bytes = 1; bytes < 1e11; bytes *= 1.7) {
                double now = seconds(ops[o], bytes, ranks);
                assert_true(now >= before);
                before = now;
            }
        }
        ways[2].ranks_min = 2; /* the same ways for every size of a group */
        for (double bytes = 1; bytes < 1e11; bytes *= 7)
            for (int32_t ranks = 2; ranks <= 512; ranks *= 2)
                assert_true(seconds(ops[o], bytes, 2 * ranks) >= seconds(ops[o], bytes, ranks) * (1 - 1e-12));
        ways[2].ranks_min = 5;
    }
    /* an all-reduce is at least an all-gather of its bytes through the same links */
    ways[3].own = ways[3].pipeline_s = 0;
    for (double bytes = 1; bytes < 1e11; bytes *= 3)
        assert_true(seconds(DH_ALL_REDUCE, bytes, 4) >=
                    seconds(DH_ALL_GATHER, bytes, 4) * (bytes < 1e7 ? 0 : 1));
    ways[3].own = 0.5, ways[3].pipeline_s = 1e-6;
}

void systems_are_known_by_names_and_words(void **state) {
    (void)state;
    static const struct dh_interconnect_spec all[] = {
        {.id = "a", .aliases = "A100 DGX;other", .devices = "A100",          .words = "profile"},
        {.id = "b", .aliases = "",               .devices = "A100;A100-SXM", .words = ""       },
        {.id = "c", .aliases = "",               .devices = "H100",          .words = ""       },
        {.id = "d", .aliases = "",               .devices = "H100",          .words = "custom" },
    };
    assert_ptr_equal(dh_collective_find_domain(all, 4, "A100 DGX", ""), &all[0]);
    assert_ptr_equal(dh_collective_find_domain(all, 4, "a100-sxm4-80gb node", ""), &all[1]);
    assert_ptr_equal(dh_collective_find_domain(all, 4, "4x8 A100, EFA", "a profile"), &all[0]);
    assert_ptr_equal(dh_collective_find_domain(all, 4, "2x8 H100", ""), &all[2]);
    assert_ptr_equal(dh_collective_find_domain(all, 4, "2x8 H100", "vLLM custom all-reduce"), &all[3]);
    assert_null(dh_collective_find_domain(all, 4, "GH100", "")); /* a part of a word is none */
    assert_null(dh_collective_find_domain(all, 4, "MI300X", ""));
    static const struct dh_network_spec nets[] = {
        {.id = "x", .aliases = "Q;2x8 H100", .words = "IB",             .devices = ""},
        {.id = "y", .aliases = "",           .words = "RoCE;slow RoCE", .devices = ""}
    };
    assert_ptr_equal(dh_collective_find_network(nets, 2, "2x8 h100", ""), &nets[0]);
    assert_ptr_equal(dh_collective_find_network(nets, 2, "16 nodes 400G IB", ""), &nets[0]);
    assert_ptr_equal(dh_collective_find_network(nets, 2, "2 nodes IB", "slow RoCE"), &nets[1]);
    assert_null(dh_collective_find_network(nets, 2, "2 nodes", "fast"));
    static const struct dh_network_spec built[] = {
        {.id = "x",      .aliases = "",          .words = "EFA",    .devices = "A100"},
        {         .id = "y", .aliases = "",         .words = "EFA", .devices = "H100"                 },
        { .id = "z", .aliases = "", .words = "IB",     .devices = "H100;A100",                  .usual = true}
    };
    assert_ptr_equal(dh_collective_find_network(built, 3, "2x8 H100", "over EFA"), &built[1]);
    assert_ptr_equal(dh_collective_find_network(built, 3, "2x8 A100", ""), &built[2]);
}
