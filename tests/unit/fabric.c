#include "tests/tests.h"

#include "models/fabric.h"
#include "sim/rng.h"

#include <math.h>
#include <string.h>

/* Two leaves of two hosts, two spines, 10 bytes/s a link: 0 to 2 takes spine 0, 1 to 3 spine 1. */
static struct dh_fabric *two_leaves(enum dh_fabric_way way, struct dh_topology *t) {
    const char *why;
    *t = (struct dh_topology){
        .link = {{0, 0}, {10, 0}, {10, 0}, {10, 0}},
          .hosts_per_leaf = 2, .units = 2
    };
    assert_int_equal(dh_topology_init(t, &why), DH_OK);
    struct dh_fabric *f = dh_fabric_new(&(struct dh_fabric_spec){.topology = t, .way = way});
    assert_non_null(f);
    return f;
}

static int32_t begin(struct dh_fabric *f, int32_t src, int32_t dst, double bytes) {
    int32_t id = -1;
    assert_int_equal(dh_fabric_start(f, &(struct dh_fabric_flow){src, dst, bytes, 0, 0}, &id), DH_OK);
    return id;
}

static int32_t link_named(const struct dh_topology *t, const char *name) {
    char text[128];
    for (int32_t l = 0; l < t->n_link; l++) {
        dh_topology_link_name(t, l, text, sizeof text);
        if (strcmp(text, name) == 0)
            return l;
    }
    fail_msg("no link %s", name);
    return -1;
}

static int32_t go(struct dh_fabric *f, double at) {
    const int32_t *ended;
    int32_t n;
    dh_flow_net_advance(dh_fabric_net(f), at, &ended, &n);
    assert_true(dh_flow_net_now(dh_fabric_net(f)) == at);
    return n;
}

void flows_go_around_failed_links(void **state) {
    (void)state;
    struct dh_topology t;
    struct dh_fabric *f = two_leaves(DH_WAY_BY_DESTINATION, &t);
    struct dh_flow_net *net = dh_fabric_net(f);
    int32_t up0 = link_named(&t, "leaf 0 > spine 0"), up1 = link_named(&t, "leaf 0 > spine 1");
    int32_t spine0 = 4 + 2, spine1 = 4 + 2 + 1;
    int32_t a = begin(f, 0, 2, 40), b = begin(f, 1, 3, 40);
    assert_true(dh_flow_net_rate(net, a) == 10 && dh_flow_net_rate(net, b) == 10);
    go(f, 1);
    assert_int_equal(dh_fabric_set_link(f, up0, false), DH_OK); /* both over spine 1 now */
    assert_true(dh_flow_net_rate(net, a) == 5 && dh_flow_net_rate(net, b) == 5);
    go(f, 2);
    assert_int_equal(dh_fabric_set_link(f, up0, true), DH_OK); /* who has left stays away */
    assert_true(dh_flow_net_rate(net, a) == 5 && dh_fabric_events(f).rerouted == 1);
    go(f, 3);
    assert_int_equal(dh_fabric_set_node(f, spine1, false), DH_OK); /* both over spine 0 */
    assert_true(dh_flow_net_rate(net, a) == 5 && dh_fabric_events(f).rerouted == 3);
    go(f, 4);
    assert_int_equal(dh_fabric_set_node(f, spine0, false), DH_OK); /* nothing is left */
    assert_true(dh_fabric_stalled(f, a) && dh_fabric_stalled(f, b) && dh_flow_net_next(net) == INFINITY);
    int32_t c = begin(f, 3, 0, 20),
            d = begin(f, 0, 1, 30); /* one begins while it cannot; one needs no spine */
    assert_true(dh_fabric_stalled(f, c) && !dh_fabric_stalled(f, d) && dh_flow_net_rate(net, d) == 10);
    assert_int_equal(dh_fabric_events(f).stalled, 3);
    assert_int_equal(go(f, 7), 1); /* d */
    go(f, 7);
    assert_true(dh_flow_net_sent(net, a) == 25 && dh_flow_net_left(net, a) == 15 &&
                dh_flow_net_left(net, c) == 20);
    assert_int_equal(dh_fabric_set_node(f, spine1, true), DH_OK);
    assert_true(!dh_fabric_stalled(f, a) && !dh_fabric_stalled(f, c));
    assert_true(dh_flow_net_rate(net, a) == 5 && dh_flow_net_rate(net, b) == 5 &&
                dh_flow_net_rate(net, c) == 10);
    assert_int_equal(go(f, 9), 1);  /* c: 20 bytes at 10 */
    assert_int_equal(go(f, 10), 2); /* a and b: 15 at 5 */
    assert_true(dh_flow_net_next(net) == INFINITY);
    assert_true(dh_flow_net_carried(net, up0) == 10 + 5 + 5 &&
                dh_flow_net_carried(net, up1) == 10 + 10 + 10 + 30);
    assert_true(dh_flow_net_carried(net, link_named(&t, "host 0 > leaf 0")) == 40 + 30);
    dh_fabric_delete(f);
}

void flows_of_a_failed_leaf_wait_for_it(void **state) {
    (void)state;
    struct dh_topology t;
    struct dh_fabric *f = two_leaves(DH_WAY_BY_HASH, &t);
    struct dh_flow_net *net = dh_fabric_net(f);
    int32_t a = begin(f, 0, 2, 40);
    go(f, 1);
    assert_int_equal(dh_fabric_set_node(f, 4, false), DH_OK);
    assert_int_equal(dh_fabric_set_node(f, 4, false), DH_OK); /* twice is once */
    assert_true(dh_fabric_stalled(f, a) && dh_flow_net_rate(net, a) == 0);
    go(f, 100);
    assert_int_equal(dh_fabric_set_node(f, 4, true), DH_OK);
    assert_true(dh_flow_net_next(net) == 103 && dh_fabric_events(f).rerouted == 0 &&
                dh_fabric_events(f).stalled == 1);
    dh_fabric_delete(f);
}

void adaptive_routes_avoid_crowds(void **state) {
    (void)state;
    struct dh_topology t;
    for (int32_t i = 0; i < 20; i++) {
        struct dh_fabric *f = two_leaves(DH_WAY_ADAPTIVE, &t);
        struct dh_flow_net *net = dh_fabric_net(f);
        for (int32_t k = 0; k < i; k++) { /* another hash each time */
            begin(f, 0, 1, 1);
            go(f, dh_flow_net_next(net));
        }
        int32_t a = begin(f, 0, 2, 40), b = begin(f, 1, 3, 40); /* never both over one spine */
        assert_true(dh_flow_net_rate(net, a) == 10 && dh_flow_net_rate(net, b) == 10);
        dh_fabric_delete(f);
    }
}

/* Flows hashed onto as many links collide: the slowest of k on u links gets on average 1/(k/u + sqrt(2 (k/u)
 * ln u)) of what k/u of them would each, by the largest of u loads (Raab and Steger, Balls into bins, 1998);
 * adaptively they lose less. 32 hosts send to 32 behind another leaf, over 32 spines, one flow each and
 * eight. */
void hashed_flows_collide(void **state) {
    (void)state;
    enum { HOSTS = 32, ROUNDS = 40 };
    for (int32_t each = 1; each <= 8; each *= 8) {
        double share[2] = {0}; /* by hash, adaptively */
        for (int32_t way = 0; way < 2; way++) {
            const char *why;
            struct dh_topology t = {
                .link = {{0, 0}, {1e9, 0}, {1, 0}, {0, 0}},
                  .hosts_per_leaf = HOSTS, .units = 2
            };
            assert_int_equal(dh_topology_init(&t, &why), DH_OK);
            struct dh_fabric *f = dh_fabric_new(
                &(struct dh_fabric_spec){.topology = &t, .way = way == 0 ? DH_WAY_BY_HASH : DH_WAY_ADAPTIVE});
            struct dh_flow_net *net = dh_fabric_net(f);
            for (int32_t round = 0; round < ROUNDS; round++) {
                double least = INFINITY;
                int32_t id[8 * HOSTS];
                for (int32_t i = 0; i < each * HOSTS; i++)
                    id[i] = begin(f, i % HOSTS, HOSTS + i % HOSTS, 1);
                for (int32_t i = 0; i < each * HOSTS; i++)
                    least = fmin(least, dh_flow_net_rate(net, id[i]));
                share[way] += each * least / ROUNDS;
                while (dh_flow_net_next(net) < INFINITY) {
                    const int32_t *ended;
                    int32_t n;
                    dh_flow_net_advance(net, INFINITY, &ended, &n);
                }
            }
            dh_fabric_delete(f);
        }
        double published = each / (each + sqrt(2 * each * log(HOSTS)));
        if (!(fabs(share[0] - published) < 0.15 * published))
            print_message("# %d flows each: %.3f hashed, %.3f adaptive, %.3f published\n", each, share[0],
                          share[1], published);
        assert_true(fabs(share[0] - published) < 0.15 * published);
        assert_true(share[1] > 1.5 * share[0] && share[1] <= 1);
    }
}

/* A dragonfly whose links and routers fail and come back at random: whatever happens, what was sent and what
 * is left are what was asked for, no link carries more than it can or anything while it is out, and all ends
 * once all is repaired. */
void bytes_are_conserved_while_fabrics_fail(void **state) {
    (void)state;
    enum { FLOWS = 150 };
    static const enum dh_fabric_way ways[] = {DH_WAY_BY_DESTINATION, DH_WAY_BY_HASH, DH_WAY_ADAPTIVE};
    for (int32_t round = 0; round < 9; round++) {
        struct dh_rng rng = dh_rng_stream(9, DH_RNG_TEST, (uint64_t)round);
        const char *why;
        struct dh_topology t = {
            .kind = DH_TOPOLOGY_DRAGONFLY,
            .link = {{0, 0}, {10, 0}, {10, 0}, {10, 0}},
            .hosts_per_leaf = 2,
            .groups = 5,
            .routers = 4,
            .globals = 1
        };
        assert_int_equal(dh_topology_init(&t, &why), DH_OK);
        struct dh_fabric *f = dh_fabric_new(&(struct dh_fabric_spec){.topology = &t, .way = ways[round % 3]});
        struct dh_flow_net *net = dh_fabric_net(f);
        double asked[FLOWS], carried[512], sum = 0, host_sum = 0;
        bool live[FLOWS], out[512] = {false};
        int32_t id[FLOWS], row_of[FLOWS], n_live = FLOWS, n_out = 0;
        for (int32_t i = 0; i < FLOWS; i++) {
            int32_t src = (int32_t)dh_rng_below(&rng, 40);
            asked[i] = 1 + (double)dh_rng_below(&rng, 500);
            sum += asked[i];
            id[i] = begin(f, src, (src + 1 + (int32_t)dh_rng_below(&rng, 39)) % 40, asked[i]);
            row_of[id[i]] = i;
            live[i] = true;
        }
        for (int32_t step = 0; n_live > 0; step++) {
            assert_true(step < 2000);
            int32_t l = (int32_t)dh_rng_below(&rng, (uint64_t)t.n_link);
            if (step < 300) {
                out[l] = !out[l];
                assert_int_equal(dh_fabric_set_link(f, l, !out[l]), DH_OK);
                int32_t node = (int32_t)dh_rng_below(&rng, (uint64_t)t.n_node);
                assert_int_equal(dh_fabric_set_node(f, node, step % 2 == 1), DH_OK);
            } else if (step == 300) {
                for (int32_t i = 0; i < t.n_link; i++)
                    assert_int_equal(dh_fabric_set_link(f, i, true), DH_OK);
                for (int32_t i = 0; i < t.n_node; i++)
                    assert_int_equal(dh_fabric_set_node(f, i, true), DH_OK);
                memset(out, 0, sizeof out);
            }
            for (int32_t i = 0; i < t.n_link; i++)
                carried[i] = dh_flow_net_carried(net, i);
            double now = dh_flow_net_now(net), at = fmin(dh_flow_net_next(net), now + 1);
            const int32_t *ended;
            int32_t n;
            dh_flow_net_advance(net, at, &ended, &n);
            for (int32_t i = 0; i < t.n_link; i++) {
                double more = dh_flow_net_carried(net, i) - carried[i];
                assert_true(more >= -1e-9 && more <= (out[i] ? 1e-9 : 10 * (at - now) + 1e-9));
            }
            for (int32_t k = 0; k < n; k++, n_live--)
                live[row_of[ended[k]]] = false;
            for (int32_t i = 0; i < FLOWS; i++)
                if (live[i]) {
                    assert_true(dh_flow_net_sent(net, id[i]) + dh_flow_net_left(net, id[i]) == asked[i]);
                    assert_true(!dh_fabric_stalled(f, id[i]) || dh_flow_net_rate(net, id[i]) == 0);
                }
            n_out += dh_fabric_events(f).stalled > 0;
        }
        for (int32_t i = 0; i < t.n_link; i++)
            if (dh_topology_link(&t, i).from < t.n_host)
                host_sum += dh_flow_net_carried(net, i);
        assert_true(fabs(host_sum - sum) <= 1e-9 * sum); /* all of it left its host, over whatever links */
        assert_true(n_out > 0 && dh_fabric_events(f).rerouted > 0);
        dh_fabric_delete(f);
    }
}

/* Nodes in a row, no topology: what is not joined at all is refused, as are ends that there are not. */
void fabrics_of_links_refuse_what_is_not_joined(void **state) {
    (void)state;
    static const struct dh_graph_link links[] = {
        {0, 1},
        {1, 2}
    };
    static const double capacity[] = {10, 5};
    struct dh_fabric *f = dh_fabric_new(
        &(struct dh_fabric_spec){.n_node = 3, .n_link = 2, .links = links, .capacity = capacity});
    int32_t id = begin(f, 0, 2, 10);
    assert_true(dh_flow_net_next(dh_fabric_net(f)) == 2 && !dh_fabric_stalled(f, id));
    struct dh_fabric_flow back = {2, 0, 10, 0, 0}, beyond = {0, 3, 10, 0, 0};
    assert_int_equal(dh_fabric_start(f, &back, &id), DH_ERR_MISSING);
    assert_int_equal(dh_fabric_start(f, &beyond, &id), DH_ERR_RANGE);
    assert_int_equal(dh_fabric_set_link(f, 2, false), DH_ERR_RANGE);
    assert_int_equal(dh_fabric_set_node(f, -1, false), DH_ERR_RANGE);
    dh_fabric_delete(f);
}
