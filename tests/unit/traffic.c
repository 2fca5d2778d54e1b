#include "tests/tests.h"

#include "models/collective.h"
#include "models/collective_flow.h"
#include "models/traffic.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>

static void near(double is, double want) {
    if (fabs(is - want) > 1e-9 * fabs(want))
        print_message("# %.17g for %.17g\n", is, want);
    assert_true(fabs(is - want) <= 1e-9 * fabs(want));
}

static struct dh_fabric *fabric_of(struct dh_topology t) {
    const char *why = NULL;
    dh_topology_init(&t, &why);
    assert_null(why);
    struct dh_fabric *f = dh_fabric_new(&(struct dh_fabric_spec){.topology = &t});
    assert_non_null(f);
    return f;
}

struct job {
    enum dh_pattern pattern;
    const int32_t *hosts; /* NULL: 0, 1, … */
    int32_t ranks;
    double bytes, start;
};

/* Ends of jobs on a fabric of their own. */
static void run(const struct dh_topology *t, const struct job *jobs, int32_t n, double *ends) {
    struct dh_fabric *f = fabric_of(*t);
    struct dh_traffic *traffic = dh_traffic_new(f);
    int32_t id, in_order[256];
    for (int32_t i = 0; i < 256; i++)
        in_order[i] = i;
    for (int32_t i = 0; i < n; i++) {
        assert_int_equal(dh_traffic_add(traffic, jobs[i].pattern, jobs[i].hosts ? jobs[i].hosts : in_order,
                                        jobs[i].ranks, jobs[i].bytes, jobs[i].start, &id),
                         DH_OK);
        assert_int_equal(id, i);
        assert_true(dh_traffic_end(traffic, id) == INFINITY);
    }
    assert_int_equal(dh_traffic_run(traffic, INFINITY), DH_OK);
    for (int32_t i = 0; i < n; i++)
        ends[i] = dh_traffic_end(traffic, i);
    dh_traffic_delete(traffic);
    dh_fabric_delete(f);
}

static double end_of(const struct dh_topology *t, enum dh_pattern pattern, int32_t ranks, double bytes) {
    double end;
    run(t, &(struct job){pattern, NULL, ranks, bytes, 0}, 1, &end);
    return end;
}

/* One leaf of 50 GB/s with 1 us each way to it: alpha is 2 us, beta 50 GB/s. Any number of ranks. */
void collectives_as_flows_take_the_closed_form(void **state) {
    (void)state;
    static const double beta = 50e9, alpha = 2e-6, sizes[] = {0, 1, 4096, 1e6, 1.5e9};
    for (int32_t n = 1; n <= 40; n += n < 20 ? 1 : 5) {
        struct dh_topology t = {
            .link = {{0, 0}, {beta, alpha / 2}, {beta, 0}, {0, 0}},
              .hosts_per_leaf = n, .units = 1
        };
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            double s = sizes[i];
            near(end_of(&t, DH_RING_ALL_REDUCE, n, s), dh_ring_all_reduce_s(n, s, alpha, beta));
            near(end_of(&t, DH_RING_ALL_GATHER, n, s), dh_ring_all_gather_s(n, s, alpha, beta));
            near(end_of(&t, DH_RING_REDUCE_SCATTER, n, s), dh_ring_all_gather_s(n, s, alpha, beta));
            near(end_of(&t, DH_HALVING_DOUBLING_ALL_REDUCE, n, s),
                 dh_halving_doubling_all_reduce_s(n, s, alpha, beta));
            near(end_of(&t, DH_PAIRWISE_ALL_TO_ALL, n, s), dh_pairwise_all_to_all_s(n, s, alpha, beta));
            near(end_of(&t, DH_BINOMIAL_BROADCAST, n, s), dh_binomial_broadcast_s(n, s, alpha, beta));
        }
    }
}

/* Rings of neighbors have all links to themselves on any fabric: no contention, no latency, the closed form.
 */
void rings_take_the_closed_form_on_every_fabric(void **state) {
    (void)state;
    static const double beta = 50e9, s = 1e9;
    struct dh_topology fabrics[] = {
        {.hosts_per_leaf = 16, .units = 8    },
        {.hosts_per_leaf = 16, .units = 8,     .oversubscription = {8}},
        {.hosts_per_leaf = 4,                    .units = 4,                .pods = 8},
        {.hosts_per_leaf = 4,           .units = 4,          .rails = 8, .domain = 8},
        {.kind = DH_TOPOLOGY_DRAGONFLY,.hosts_per_leaf = 2,.groups = 9, .routers = 4, .globals = 2},
        {.kind = DH_TOPOLOGY_DRAGONFLY_PLUS,
         .hosts_per_leaf = 4,
         .groups = 5,
         .routers = 4,
         .spines = 4,
         .globals = 4},
        {.kind = DH_TOPOLOGY_TORUS,         .size = {64}                },
        {.kind = DH_TOPOLOGY_MESH,                    .sites = 20},
    };
    for (size_t i = 0; i < sizeof fabrics / sizeof *fabrics; i++) {
        const char *why = NULL;
        for (int k = 0; k < DH_N_LINK_CLASS; k++)
            fabrics[i].link[k].bytes_per_s = k == DH_LINK_DOMAIN ? 450e9 : beta;
        assert_int_equal(dh_topology_init(&fabrics[i], &why), DH_OK);
        int32_t n = fabrics[i].n_host;
        /* From group to group of the dragonfly: to the router with the global link, and from the one where it
         * ends, are the same two of each group, so that two messages share that link at every step. */
        double share = fabrics[i].kind == DH_TOPOLOGY_DRAGONFLY ? beta / 2 : beta;
        near(end_of(&fabrics[i], DH_RING_ALL_REDUCE, n, s), dh_ring_all_reduce_s(n, s, 0, share));
        near(end_of(&fabrics[i], DH_RING_ALL_GATHER, n, s), dh_ring_all_gather_s(n, s, 0, share));
    }
}

/* Two rings of four hosts on two leaves with one link up each, 10 bytes/s: packed, each on its leaf, they do
 * not see each other; scattered over both leaves, each has two messages on the link up, both together four.
 */
void scattered_jobs_slow_each_other(void **state) {
    (void)state;
    const struct dh_topology t = {
        .link = {{0, 0},   {10, 0}, {10, 0}, {0, 0}},
          .hosts_per_leaf = 4, .units = 2, .oversubscription = {4}
    };
    static const int32_t near_a[4] = {0, 1, 2, 3}, near_b[4] = {4, 5, 6, 7}, far_a[4] = {0, 4, 1, 5},
                         far_b[4] = {2, 6, 3, 7};
    const double alone = dh_ring_all_reduce_s(4, 400, 0, 10); /* 6 steps of 100 bytes */
    struct job packed[2] =
        {
            {DH_RING_ALL_REDUCE, near_a, 4, 400, 0},
            {DH_RING_ALL_REDUCE, near_b, 4, 400, 0}
    },
               scattered[2] = {{DH_RING_ALL_REDUCE, far_a, 4, 400, 0},
                               {DH_RING_ALL_REDUCE, far_b, 4, 400, 0}};
    double ends[2];
    assert_true(alone == 60);
    run(&t, packed, 2, ends);
    assert_true(ends[0] == alone && ends[1] == alone);
    run(&t, scattered, 1, ends);
    assert_true(ends[0] == 2 * alone);
    run(&t, scattered, 2, ends);
    assert_true(ends[0] == 4 * alone && ends[1] == 4 * alone);
    /* The second begins when the first has done 3 of 6 steps: those took 60 s, the other 3 take 120 beside
     * it; then it has 3 of its own to do, alone again. */
    scattered[1].start = 60;
    run(&t, scattered, 2, ends);
    assert_true(ends[0] == 180 && ends[1] == 240);
}

/* When the first of some rings ends, each of them one flow. */
static double first_end(const struct dh_topology *t, const struct job *jobs, int32_t n) {
    double *capacity = calloc((size_t)t->n_link, sizeof *capacity);
    for (int32_t l = 0; l < t->n_link; l++)
        capacity[l] = t->link[dh_topology_link(t, l).is].bytes_per_s;
    struct dh_flow_net *net = dh_flow_net_new(capacity, t->n_link);
    for (int32_t i = 0; i < n; i++) {
        struct dh_ring_flow ring;
        int32_t id;
        assert_int_equal(dh_ring_flow_init(&ring, t, jobs[i].hosts, jobs[i].ranks), DH_OK);
        struct dh_flow_spec flow = {
            ring.links, ring.n, 2 * (jobs[i].ranks - 1) * jobs[i].bytes / jobs[i].ranks, 0, 0, ring.shares};
        assert_int_equal(dh_flow_net_start(net, &flow, &id), DH_OK);
        dh_ring_flow_free(&ring);
    }
    double end = dh_flow_net_next(net);
    dh_flow_net_delete(net);
    free(capacity);
    return end;
}

/* Four rings of 16 ranks placed at random on an oversubscribed tree by rails. Alone one flow takes as long as
 * message by message. Together mostly, too; else it is over a little sooner, for messages that wait leave
 * links idle that the flow would use. */
void rings_are_single_flows(void **state) {
    (void)state;
    enum { RINGS = 4, RANKS = 16, ROUNDS = 20 };
    const char *why;
    struct dh_topology t = {
        .link = {{90, 0},  {10, 0}, {10, 0}, {10, 0}},
        .hosts_per_leaf = 4,
        .units = 2,
        .pods = 2,
        .rails = 4,
        .domain = 4,
        .oversubscription = {2, 2       }
    };
    assert_int_equal(dh_topology_init(&t, &why), DH_OK);
    int32_t n_equal = 0;
    for (int32_t round = 0; round < ROUNDS; round++) {
        struct dh_rng rng = dh_rng_stream(10, DH_RNG_TEST, (uint64_t)round);
        int32_t hosts[RINGS * RANKS];
        struct job jobs[RINGS];
        double ends[RINGS], least = INFINITY;
        for (int32_t i = 0; i < RINGS * RANKS; i++) {
            int32_t k = (int32_t)dh_rng_below(&rng, (uint64_t)i + 1);
            hosts[i] = hosts[k];
            hosts[k] = i;
        }
        for (int32_t i = 0; i < RINGS; i++)
            jobs[i] = (struct job){DH_RING_ALL_REDUCE, hosts + i * RANKS, RANKS, 1600, 0};
        run(&t, jobs, 1, ends);
        near(first_end(&t, jobs, 1), ends[0]);
        run(&t, jobs, RINGS, ends);
        for (int32_t i = 0; i < RINGS; i++)
            least = fmin(least, ends[i]);
        double together = first_end(&t, jobs, RINGS);
        assert_true(together <= least * (1 + 1e-9) && together > 0.85 * least);
        n_equal += together >= least * (1 - 1e-9);
    }
    assert_int_equal(n_equal, 17);
}

void rings_of_no_hosts_are_refused(void **state) {
    (void)state;
    const char *why;
    struct dh_topology t = {
        .link = {{0, 0}, {10, 1}, {10, 2}, {0, 0}},
          .hosts_per_leaf = 2, .units = 2
    };
    static const int32_t hosts[3] = {0, 2, 4};
    struct dh_ring_flow ring;
    assert_int_equal(dh_topology_init(&t, &why), DH_OK);
    assert_int_equal(dh_ring_flow_init(&ring, &t, hosts, 0), DH_ERR_RANGE);
    assert_int_equal(dh_ring_flow_init(&ring, &t, hosts, 3), DH_ERR_RANGE);
    dh_ring_flow_free(&ring);
    assert_int_equal(dh_ring_flow_init(&ring, &t, hosts, 2), DH_OK);
    assert_true(ring.n == 8 && ring.shares[7] == 1 && ring.latency_s == 1 + 2 + 2 + 1);
    dh_ring_flow_free(&ring);
    assert_int_equal(dh_ring_flow_init(&ring, &t, hosts, 1), DH_OK);
    assert_true(ring.n == 0);
    dh_ring_flow_free(&ring);
}

/* A ring over 4,096 hosts, each second one first: all of its 16,384 messages' links in one flow. */
void rings_of_thousands_are_single_flows(void **state) {
    (void)state;
    enum { N = 4096 };
    static int32_t hosts[N];
    struct dh_topology t = {
        .link = {{0, 0}, {10, 0}, {10, 0}, {0, 0}},
          .hosts_per_leaf = 64, .units = 64
    };
    const char *why;
    assert_int_equal(dh_topology_init(&t, &why), DH_OK);
    for (int32_t i = 0; i < N; i++)
        hosts[i] = i < N / 2 ? 2 * i : 2 * (i - N / 2) + 1;
    struct job job = {DH_RING_ALL_REDUCE, hosts, N, N * 10.0, 0};
    assert_true(first_end(&t, &job, 1) == 2 * (N - 1));
}

/* A ring over both leaves whose only link up fails for a while ends that much later; bytes are what they
 * were. */
void collectives_wait_for_repair(void **state) {
    (void)state;
    const struct dh_topology t = {
        .link = {{0, 0},   {10, 0}, {10, 0}, {0, 0}},
          .hosts_per_leaf = 2, .units = 2, .oversubscription = {2}
    };
    static const int32_t hosts[4] = {0, 1, 2, 3};
    struct dh_fabric *f = fabric_of(t);
    struct dh_traffic *traffic = dh_traffic_new(f);
    int32_t id;
    assert_int_equal(dh_traffic_add(traffic, DH_RING_ALL_REDUCE, hosts, 4, 400, 0, &id), DH_OK);
    assert_int_equal(dh_traffic_run(traffic, 25), DH_OK);
    assert_true(dh_flow_net_now(dh_fabric_net(f)) == 25);
    int32_t spine = 4 + 2;
    assert_int_equal(dh_fabric_set_node(f, spine, false), DH_OK);
    assert_int_equal(dh_traffic_run(traffic, INFINITY), DH_OK); /* nothing moves for ever */
    assert_true(dh_traffic_end(traffic, id) == INFINITY && dh_fabric_events(f).stalled == 2);
    assert_int_equal(dh_traffic_run(traffic, 100), DH_OK);
    assert_int_equal(dh_fabric_set_node(f, spine, true), DH_OK);
    assert_int_equal(dh_traffic_run(traffic, INFINITY), DH_OK);
    assert_true(dh_traffic_end(traffic, id) == 60 + 75);
    double sent = 0;
    for (int32_t h = 0; h < 4; h++)
        sent += dh_flow_net_carried(dh_fabric_net(f), 2 * h);
    assert_true(sent == 4 * 600);
    dh_traffic_delete(traffic);
    dh_fabric_delete(f);
}

void impossible_collectives_are_refused(void **state) {
    (void)state;
    struct dh_fabric *f = fabric_of((struct dh_topology){
        .link = {{0, 0}, {10, 0}, {10, 0}, {0, 0}},
          .hosts_per_leaf = 4, .units = 1
    });
    struct dh_traffic *traffic = dh_traffic_new(f);
    static const int32_t hosts[2] = {0, 9};
    int32_t id;
    assert_int_equal(dh_traffic_add(traffic, DH_RING_ALL_REDUCE, hosts, 0, 1, 0, &id), DH_ERR_RANGE);
    assert_int_equal(dh_traffic_add(traffic, DH_RING_ALL_REDUCE, hosts, 2, -1, 0, &id), DH_ERR_RANGE);
    assert_int_equal(dh_traffic_add(traffic, DH_RING_ALL_REDUCE, hosts, 2, NAN, 0, &id), DH_ERR_RANGE);
    assert_int_equal(dh_traffic_add(traffic, DH_RING_ALL_REDUCE, hosts, 2, 1, -1, &id), DH_ERR_RANGE);
    assert_int_equal(dh_traffic_add(traffic, DH_RING_ALL_REDUCE, hosts, 2, 1, 0, &id), DH_OK);
    assert_int_equal(dh_traffic_run(traffic, INFINITY), DH_ERR_RANGE); /* no host 9 */
    dh_traffic_delete(traffic);
    dh_fabric_delete(f);
}
