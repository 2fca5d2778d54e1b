#include "tests/tests.h"

#include "models/fat_tree.h"
#include "models/flow.h"
#include "sim/rng.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static void near(double is, double want, double share) {
    assert_true(fabs(is - want) <= share * fabs(want));
}

/* Starts a flow over the links of a text, "0 2 5". */
static int32_t start(struct dh_flow_net *net, const char *links, double bytes, double weight, double cap) {
    int32_t route[16], n = 0, id = -1, step;
    for (int32_t link; sscanf(links, "%d%n", &link, &step) == 1; links += step)
        route[n++] = link;
    struct dh_flow_spec flow = {route, n, bytes, weight, cap};
    assert_int_equal(dh_flow_net_start(net, &flow, &id), DH_OK);
    return id;
}

/* Networks of the project's table of exact rates (A12), retyped. */
void flows_have_the_exact_rates(void **state) {
    (void)state;
    static const struct {
        int32_t n_link, n_flow;
        double capacity[8];
        const char *links[10];
        double weight[10], cap[10], rate[10];
    } nets[] = {
        {3, 4, {10, 10, 10},                        {"0 1 2", "0", "1", "2"},   {0}, {0},  {5, 5, 5, 5}                      },
        {2, 3, {100, 40},                           {"0", "0 1", "0"},          {0}, {10}, {10, 40, 50}                      },
        {3, 4, {10, 5, 7},                          {"0 1", "0 2", "0", "1 2"}, {0}, {0},  {5. / 2, 15. / 4, 15. / 4, 5. / 2}},
        {8,
         5,    {40, 10, 400, 200, 25, 50, 10, 40},
         {"1", "1 4 7", "4", "7", "5"},
         {0},
         {0},
         {5, 5, 20, 35, 50}                                                                                                  },
        {8,
         10,   {50, 100, 25, 100, 25, 10, 50, 200},
         {"0 1 7", "0 1 2 6", "0 1 3 5", "2 5 6", "0 2 3 4", "3", "1 2 3 5", "0 2 3 6", "1 3 4 5 7",
          "0 1 3 4"},
         {1, 1, 1, 3, 1, 2, 1, 1, 1, 2},
         {0},
         {115. / 9, 55. / 9, 5. / 3, 5, 55. / 9, 590. / 9, 5. / 3, 55. / 9, 5. / 3, 155. / 9}                                },
        {6,
         4,    {10, 10, 10, 100, 40, 40},
         {"4", "1 3 4", "0 1 2 3 4", "0 1 2 3 4"},
         {0},
         {0, 0, 10},
         {30, 10. / 3, 10. / 3, 10. / 3}                                                                                     },
        {4,
         6,    {100, 25, 40, 25},
         {"0", "1", "0", "0", "0 1 2", "0 1 2 3"},
         {0},
         {3, 0, 0, 0, 49},
         {3, 25. / 3, 241. / 6, 241. / 6, 25. / 3, 25. / 3}                                                                  },
    };
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
        for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
            struct dh_flow_net *net = dh_flow_net_new(nets[i].capacity, nets[i].n_link);
            int32_t id[10];
            assert_non_null(net);
            for (int32_t f = 0; f < nets[i].n_flow; f++) {
                id[f] = start(net, nets[i].links[f], 1, nets[i].weight[f], nets[i].cap[f]);
                if (one_by_one)
                    dh_flow_net_rate(net, id[f]);
            }
            for (int32_t f = 0; f < nets[i].n_flow; f++)
                near(dh_flow_net_rate(net, id[f]), nets[i].rate[f], 1e-12);
            dh_flow_net_delete(net);
        }
}

/* Rows of the table of exact ends (A13), retyped. */
void flows_end_at_the_exact_times(void **state) {
    (void)state;
    static const struct {
        int32_t n_link, n_flow;
        double capacity[5];
        struct {
            double at, bytes;
            const char *links;
            double end;
        } flows[8];
    } cases[] = {
        {1, 2, {10},         {{0, 100, "0", 15}, {0, 50, "0", 10}}                  },
        {2, 3, {10, 10},     {{0, 60, "0 1", 11}, {0, 40, "0", 8}, {2, 40, "1", 10}}},
        {3,
         5,    {25, 25, 10},
         {{5, 13, "0 2", 143. / 15},
          {3, 190, "0", 2344. / 165},
          {0, 129, "0 2", 203. / 6},
          {7, 140, "2", 39.9},
          {2, 117, "0 1 2", 1063. / 30}}                                            },
        {2,
         6,    {50, 25},
         {{8, 31, "0 1", 11.22},
          {8, 83, "0", 11.32},
          {9, 37, "0 1", 12.7},
          {6, 27, "0", 7.08},
          {3, 63, "1", 5.52},
          {6, 191, "0 1", 16.36}}                                                   },
        {3,
         7,    {10, 25, 25},
         {{7, 42, "0 1 2", 13.32},
          {2, 170, "1", 15.64},
          {3, 166, "2", 16.32},
          {3, 50, "0 1 2", 10.2},
          {7, 164, "1", 19.04},
          {0, 36, "0", 4.2},
          {8, 75, "2", 15.92}}                                                      },
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct dh_flow_net *net = dh_flow_net_new(cases[c].capacity, cases[c].n_link);
        int32_t row_of[8], left = cases[c].n_flow, todo = 0xff;
        double carried[5] = {0};
        assert_non_null(net);
        while (left > 0) {
            double next = dh_flow_net_next(net);
            const int32_t *ended;
            int32_t n;
            for (int32_t f = 0; f < cases[c].n_flow; f++)
                if (todo >> f & 1 && cases[c].flows[f].at < next)
                    next = cases[c].flows[f].at;
            dh_flow_net_advance(net, next, &ended, &n);
            for (int32_t i = 0; i < n; i++, left--)
                near(dh_flow_net_now(net), cases[c].flows[row_of[ended[i]]].end, 1e-12);
            for (int32_t f = 0; f < cases[c].n_flow; f++)
                if (todo >> f & 1 && cases[c].flows[f].at == next) {
                    todo &= ~(1 << f);
                    row_of[start(net, cases[c].flows[f].links, cases[c].flows[f].bytes, 0, 0)] = f;
                    for (const char *l = cases[c].flows[f].links; *l; l++)
                        if (*l != ' ')
                            carried[*l - '0'] += cases[c].flows[f].bytes;
                }
        }
        for (int32_t l = 0; l < cases[c].n_link; l++)
            assert_true(dh_flow_net_carried(net, l) == carried[l]);
        dh_flow_net_delete(net);
    }
}

enum { MOST = 10000, MOST_LINKS = 1200 };

struct instance {
    int32_t n_link, n_live;
    double capacity[MOST_LINKS], used[MOST_LINKS], most[MOST_LINKS];
    struct {
        int32_t id, n, links[6];
        double shares[6];
        double weight, cap, level, integral, bytes;
        bool capped, live;
    } flows[MOST];
    int32_t row_of[MOST];
};

/* Feasible, and every flow is at its cap or has a full link on which its level is the highest. */
static void certify(struct instance *x, struct dh_flow_net *net) {
    memset(x->used, 0, sizeof x->used);
    memset(x->most, 0, sizeof x->most);
    for (int32_t i = 0; i < MOST; i++) {
        if (!x->flows[i].live)
            continue;
        double rate = dh_flow_net_rate(net, x->flows[i].id);
        assert_true(rate >= 0 && (!x->flows[i].capped || rate <= x->flows[i].cap * (1 + 1e-12)));
        x->flows[i].level = rate / x->flows[i].weight;
        for (int32_t k = 0; k < x->flows[i].n; k++) {
            int32_t l = x->flows[i].links[k];
            x->used[l] += rate * x->flows[i].shares[k];
            x->most[l] = x->flows[i].level > x->most[l] ? x->flows[i].level : x->most[l];
        }
    }
    for (int32_t l = 0; l < x->n_link; l++)
        assert_true(x->used[l] <= x->capacity[l] * (1 + 1e-12));
    for (int32_t i = 0; i < MOST; i++) {
        if (!x->flows[i].live)
            continue;
        bool limited =
            x->flows[i].capped && x->flows[i].level * x->flows[i].weight >= x->flows[i].cap * (1 - 1e-12);
        for (int32_t k = 0; k < x->flows[i].n; k++) {
            int32_t l = x->flows[i].links[k];
            limited |=
                x->used[l] >= x->capacity[l] * (1 - 1e-12) && x->flows[i].level >= x->most[l] * (1 - 1e-12);
        }
        assert_true(limited);
    }
}

static void begin(struct instance *x, struct dh_flow_net *net, struct dh_rng *rng, int32_t i, bool fancy) {
    int32_t n = 1 + (int32_t)dh_rng_below(rng, 6), m = 0;
    while (m < n) {
        int32_t l = (int32_t)dh_rng_below(rng, (uint64_t)x->n_link), k = 0;
        while (k < m && x->flows[i].links[k] != l)
            k++;
        if (k == m)
            x->flows[i].links[m++] = l;
        else if (x->n_link <= 6)
            n--;
    }
    x->flows[i].n = m;
    x->flows[i].weight = fancy ? 0.1 + (double)dh_rng_below(rng, 40) / 10 : 1;
    x->flows[i].capped = fancy && dh_rng_below(rng, 4) == 0;
    x->flows[i].cap = x->flows[i].capped ? 1 + (double)dh_rng_below(rng, 300) / 10 : 0;
    x->flows[i].bytes = 1 + (double)dh_rng_below(rng, 1000);
    x->flows[i].integral = 0;
    x->flows[i].live = true;
    bool shared = fancy && dh_rng_below(rng, 3) == 0;
    for (int32_t k = 0; k < m; k++)
        x->flows[i].shares[k] = shared ? 0.25 * (double)(1 + dh_rng_below(rng, 40)) : 1;
    struct dh_flow_spec flow = {x->flows[i].links, m,
                                x->flows[i].bytes, x->flows[i].weight,
                                x->flows[i].cap,   shared ? x->flows[i].shares : NULL};
    assert_int_equal(dh_flow_net_start(net, &flow, &x->flows[i].id), DH_OK);
    x->row_of[x->flows[i].id] = i;
    x->n_live++;
}

/* Moves to the next end, adding up what each flow sends: rate by time, independently of the engine's books.
 */
static void step(struct instance *x, struct dh_flow_net *net) {
    double now = dh_flow_net_now(net), next = dh_flow_net_next(net);
    const int32_t *ended;
    int32_t n;
    assert_true(next < INFINITY);
    for (int32_t i = 0; i < MOST; i++)
        if (x->flows[i].live)
            x->flows[i].integral += dh_flow_net_rate(net, x->flows[i].id) * (next - now);
    dh_flow_net_advance(net, next, &ended, &n);
    assert_true(n > 0);
    for (int32_t k = 0; k < n; k++) {
        int32_t i = x->row_of[ended[k]];
        assert_true(x->flows[i].live);
        near(x->flows[i].integral, x->flows[i].bytes, 1e-10); /* next - now rounds as the clock does */
        x->flows[i].live = false;
        x->n_live--;
    }
}

void random_flows_have_bottlenecks(void **state) {
    (void)state;
    static struct instance x;
    for (int32_t round = 0; round < 24; round++) {
        struct dh_rng rng = dh_rng_stream(6, DH_RNG_TEST, (uint64_t)round);
        int32_t n = round < 20 ? 1 + (int32_t)dh_rng_below(&rng, 400) : MOST;
        memset(&x, 0, sizeof x);
        x.n_link = round < 20 ? 6 + (int32_t)dh_rng_below(&rng, 60) : MOST_LINKS;
        for (int32_t l = 0; l < x.n_link; l++)
            x.capacity[l] = 10 * (double)(1 + dh_rng_below(&rng, 40));
        struct dh_flow_net *net = dh_flow_net_new(x.capacity, x.n_link);
        assert_non_null(net);
        for (int32_t i = 0; i < n; i++) {
            begin(&x, net, &rng, i, round % 2 == 1);
            if (i % 97 == 0 && round < 20)
                certify(&x, net);
        }
        certify(&x, net);
        for (int32_t k = 0; x.n_live > 0 && k < (round < 20 ? 1000 : 60);
             k++) { /* one by one: incrementally */
            step(&x, net);
            if (k % 3 == 0 && k < n && !x.flows[k].live)
                begin(&x, net, &rng, k, round % 2 == 1);
            if (round < 20 || k % 20 == 0)
                certify(&x, net);
        }
        assert_true(round >= 20 || dh_flow_net_work(net).solves > 0);
        dh_flow_net_delete(net);
    }
}

/* Caps that change and flows that end early leave the others' rates max-min fair, and links the bytes that
 * they carried. */
void flows_that_are_cancelled_or_capped_leave_fair_rates(void **state) {
    (void)state;
    static struct instance x;
    for (int32_t round = 0; round < 12; round++) {
        struct dh_rng rng = dh_rng_stream(9, DH_RNG_TEST, (uint64_t)round);
        int32_t n = 20 + (int32_t)dh_rng_below(&rng, 200);
        memset(&x, 0, sizeof x);
        x.n_link = 6 + (int32_t)dh_rng_below(&rng, 40);
        double carried[MOST_LINKS] = {0};
        for (int32_t l = 0; l < x.n_link; l++)
            x.capacity[l] = 10 * (double)(1 + dh_rng_below(&rng, 40));
        struct dh_flow_net *net = dh_flow_net_new(x.capacity, x.n_link);
        assert_non_null(net);
        for (int32_t i = 0; i < n; i++)
            begin(&x, net, &rng, i, true);
        for (int32_t k = 0; x.n_live > 0 && k < 300; k++) {
            int32_t i = (int32_t)dh_rng_below(&rng, (uint64_t)n);
            if (x.flows[i].live && k % 2 == 0) {
                double sent = dh_flow_net_sent(net, x.flows[i].id),
                       left = dh_flow_net_left(net, x.flows[i].id);
                assert_true(sent + left == x.flows[i].bytes);
                near(x.flows[i].integral, sent, 1e-9);
                for (int32_t l = 0; l < x.flows[i].n; l++)
                    carried[x.flows[i].links[l]] += sent * x.flows[i].shares[l];
                dh_flow_net_cancel(net, x.flows[i].id);
                x.flows[i].live = false;
                x.n_live--;
            } else if (x.flows[i].live) {
                x.flows[i].capped = dh_rng_below(&rng, 3) > 0;
                x.flows[i].cap = x.flows[i].capped ? 1 + (double)dh_rng_below(&rng, 300) / 10 : 0;
                assert_int_equal(dh_flow_net_set_cap(net, x.flows[i].id, x.flows[i].cap), DH_OK);
            } else {
                begin(&x, net, &rng, i, true);
            }
            certify(&x, net);
            if (k % 5 == 4 && x.n_live > 0) {
                bool was[MOST];
                for (int32_t f = 0; f < n; f++)
                    was[f] = x.flows[f].live;
                step(&x, net);
                for (int32_t f = 0; f < n; f++)
                    for (int32_t l = 0; was[f] && !x.flows[f].live && l < x.flows[f].n; l++)
                        carried[x.flows[f].links[l]] += x.flows[f].bytes * x.flows[f].shares[l];
            }
        }
        for (int32_t i = 0; i < n; i++)
            for (int32_t l = 0; x.flows[i].live && l < x.flows[i].n; l++)
                carried[x.flows[i].links[l]] += dh_flow_net_sent(net, x.flows[i].id) * x.flows[i].shares[l];
        for (int32_t l = 0; l < x.n_link; l++)
            near(dh_flow_net_carried(net, l), carried[l], 1e-10);
        dh_flow_net_delete(net);
    }
}

void a_lone_flow_is_no_slower_with_more_capacity(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(7, DH_RNG_TEST, 0);
    for (int32_t round = 0; round < 200; round++) {
        double capacity[3], end[2];
        for (int32_t l = 0; l < 3; l++)
            capacity[l] = 1 + (double)dh_rng_below(&rng, 100);
        double bytes = 1 + (double)dh_rng_below(&rng, 1000);
        double least = fmin(fmin(capacity[0], capacity[1]), capacity[2]);
        for (int32_t k = 0; k < 2; k++) {
            struct dh_flow_net *net = dh_flow_net_new(capacity, 3);
            start(net, "0 1 2", bytes, 0, 0);
            end[k] = dh_flow_net_next(net);
            dh_flow_net_delete(net);
            capacity[dh_rng_below(&rng, 3)] *= 1 + (double)dh_rng_below(&rng, 10);
        }
        near(end[0], bytes / least, 1e-15);
        assert_true(end[1] <= end[0]);
    }
}

/* Flows that share nothing with a crowd do not see it, to the bit; one of no bytes changes nothing. */
void flows_see_only_what_they_share(void **state) {
    (void)state;
    const double capacity[3] = {7, 11, 13};
    double end[2];
    for (int32_t crowd = 0; crowd < 2; crowd++) {
        struct dh_flow_net *net = dh_flow_net_new(capacity, 3);
        int32_t a = start(net, "0", 100, 0, 0), n = 1;
        const int32_t *ended = &a;
        start(net, "0", 150, 0, 0);
        for (int32_t i = 0; crowd && i < 50; i++)
            start(net, i % 2 ? "1 2" : "2", 3 + i, 1 + i % 3, 0);
        int32_t none = start(net, "0 1 2", 0, 0, 0);
        while ((end[crowd] = dh_flow_net_next(net)) < INFINITY) {
            double now = dh_flow_net_now(net);
            dh_flow_net_advance(net, end[crowd], &ended, &n);
            if (now == 0 && end[crowd] == 0)
                assert_true(n == 1 && ended[0] == none);
            for (int32_t i = 0; i < n; i++)
                if (ended[i] == a) /* both at 3.5 until the first has its 100 */
                    assert_true(dh_flow_net_now(net) == 100 / 3.5);
        }
        dh_flow_net_delete(net);
    }
}

void flows_without_links_know_only_their_cap(void **state) {
    (void)state;
    const double capacity[1] = {10};
    struct dh_flow_net *net = dh_flow_net_new(capacity, 1);
    const int32_t *ended;
    int32_t n;
    start(net, "", 100, 0, 0);
    assert_true(dh_flow_net_next(net) == 0);
    dh_flow_net_advance(net, 0, &ended, &n);
    assert_int_equal(n, 1);
    int32_t id = start(net, "", 100, 3, 25);
    assert_true(dh_flow_net_rate(net, id) == 25 && dh_flow_net_next(net) == 4);
    dh_flow_net_advance(net, 1, &ended, &n);
    assert_true(n == 0 && dh_flow_net_sent(net, id) == 25);
    dh_flow_net_advance(net, INFINITY, &ended, &n);
    assert_true(n == 1 && dh_flow_net_now(net) == 4);
    dh_flow_net_advance(net, INFINITY, &ended, &n);
    assert_true(n == 0 && dh_flow_net_now(net) == 4);
    dh_flow_net_delete(net);
}

/* Two flows share a link of 10; it fails, one goes another way of 4, the other waits, then has it alone. */
void failed_links_stall_or_divert_flows(void **state) {
    (void)state;
    const double capacity[3] = {10, 4, 100};
    static const int32_t detour[2] = {1, 2};
    struct dh_flow_net *net = dh_flow_net_new(capacity, 3);
    const int32_t *ended;
    int32_t n;
    int32_t a = start(net, "0 2", 50, 0, 0), b = start(net, "0", 50, 0, 0);
    dh_flow_net_advance(net, 2, &ended, &n); /* each has sent 10 */
    assert_int_equal(dh_flow_net_set_capacity(net, 0, 0), DH_OK);
    assert_true(dh_flow_net_rate(net, a) == 0 && dh_flow_net_next(net) == INFINITY);
    assert_int_equal(dh_flow_net_reroute(net, a, detour, NULL, 2), DH_OK);
    assert_true(dh_flow_net_rate(net, a) == 4 && dh_flow_net_rate(net, b) == 0 &&
                dh_flow_net_next(net) == 12);
    dh_flow_net_advance(net, 7, &ended, &n);
    assert_true(dh_flow_net_sent(net, a) == 30 && dh_flow_net_left(net, a) == 20);
    assert_true(dh_flow_net_sent(net, b) == 10 && dh_flow_net_left(net, b) == 40);
    assert_int_equal(dh_flow_net_set_capacity(net, 0, 20), DH_OK); /* repaired, with another lane */
    assert_true(dh_flow_net_rate(net, b) == 20 && dh_flow_net_next(net) == 9);
    dh_flow_net_advance(net, 9, &ended, &n);
    assert_true(n == 1 && ended[0] == b);
    dh_flow_net_advance(net, INFINITY, &ended, &n);
    assert_true(n == 1 && ended[0] == a && dh_flow_net_now(net) == 12);
    assert_true(dh_flow_net_carried(net, 0) == 60 && dh_flow_net_carried(net, 1) == 40);
    assert_true(dh_flow_net_carried(net, 2) == 50); /* of both routes */
    assert_int_equal(dh_flow_net_set_capacity(net, 3, 1), DH_ERR_RANGE);
    assert_int_equal(dh_flow_net_set_capacity(net, 0, -1), DH_ERR_RANGE);
    assert_int_equal(dh_flow_net_set_capacity(net, 0, NAN), DH_ERR_RANGE);
    dh_flow_net_delete(net);
}

/* Links that fail, come back, change, and flows that are sent another way: rates stay max-min fair, and what
 * is sent and what is left are what was asked for, to the bit. */
void rates_stay_fair_while_links_fail(void **state) {
    (void)state;
    static struct instance x;
    for (int32_t round = 0; round < 12; round++) {
        struct dh_rng rng = dh_rng_stream(8, DH_RNG_TEST, (uint64_t)round);
        memset(&x, 0, sizeof x);
        x.n_link = 6 + (int32_t)dh_rng_below(&rng, 60);
        int32_t n = 20 + (int32_t)dh_rng_below(&rng, 300);
        for (int32_t l = 0; l < x.n_link; l++)
            x.capacity[l] = 10 * (double)(1 + dh_rng_below(&rng, 40));
        struct dh_flow_net *net = dh_flow_net_new(x.capacity, x.n_link);
        assert_non_null(net);
        for (int32_t i = 0; i < n; i++)
            begin(&x, net, &rng, i, round % 2 == 1);
        for (int32_t k = 0; k < 200; k++) {
            int32_t l = (int32_t)dh_rng_below(&rng, (uint64_t)x.n_link);
            x.capacity[l] = dh_rng_below(&rng, 3) == 0 ? 0 : 10 * (double)(1 + dh_rng_below(&rng, 40));
            assert_int_equal(dh_flow_net_set_capacity(net, l, x.capacity[l]), DH_OK);
            for (int32_t m = 0; m < (k % 10 == 9 ? 80 : 2);
                 m++) { /* few, or so many that all is filled anew */
                int32_t i = (int32_t)dh_rng_below(&rng, (uint64_t)n);
                if (!x.flows[i].live)
                    continue;
                x.flows[i].links[0] = (int32_t)dh_rng_below(&rng, (uint64_t)x.n_link);
                x.flows[i].n = 1;
                x.flows[i].shares[0] = 1;
                assert_int_equal(dh_flow_net_reroute(net, x.flows[i].id, x.flows[i].links, NULL, 1), DH_OK);
            }
            certify(&x, net);
            for (int32_t i = 0; i < n; i++)
                if (x.flows[i].live) {
                    double sent = dh_flow_net_sent(net, x.flows[i].id);
                    assert_true(sent + dh_flow_net_left(net, x.flows[i].id) == x.flows[i].bytes);
                    near(sent, x.flows[i].integral, 1e-9);
                }
            if (x.n_live > 0 && dh_flow_net_next(net) < INFINITY)
                step(&x, net);
        }
        dh_flow_net_delete(net);
    }
}

/* A flow of which link 0 carries 3 bytes for one, as of three messages in step, beside a plain one; then
 * another way where it carries 2. */
void links_carry_shares_of_flows(void **state) {
    (void)state;
    const double capacity[3] = {12, 100, 8}, shares[2] = {3, 0.5}, other[1] = {2};
    const int32_t links[2] = {0, 1}, way[1] = {2};
    for (int32_t many = 0; many < 2; many++) { /* filled all at once, or link by link */
        struct dh_flow_net *net = dh_flow_net_new(capacity, 3);
        struct dh_flow_spec spec = {links, 2, 30, 0, 0, shares};
        const int32_t *ended;
        int32_t n, a, crowd[100];
        for (int32_t i = 0; many && i < 100; i++)
            crowd[i] = start(net, "2", 4, 0, 0);
        if (!many)
            dh_flow_net_advance(net, 0, &ended, &n);
        assert_int_equal(dh_flow_net_start(net, &spec, &a), DH_OK);
        int32_t b = start(net, "0", 40, 0, 0);
        assert_true(dh_flow_net_rate(net, a) == 3 && dh_flow_net_rate(net, b) == 3);
        dh_flow_net_advance(net, 2, &ended, &n);
        assert_true(dh_flow_net_sent(net, a) == 6 && dh_flow_net_carried(net, 0) == 24 &&
                    dh_flow_net_carried(net, 1) == 3);
        for (int32_t i = 0; many && i < 100; i++)
            assert_int_equal(dh_flow_net_reroute(net, crowd[i], links + 1, NULL, 1), DH_OK);
        assert_int_equal(dh_flow_net_reroute(net, a, way, other, 1), DH_OK);
        assert_true(dh_flow_net_rate(net, a) == 4 && dh_flow_net_rate(net, b) == 12);
        while (dh_flow_net_next(net) < INFINITY)
            dh_flow_net_advance(net, INFINITY, &ended, &n);
        assert_true(dh_flow_net_now(net) == 8 && dh_flow_net_carried(net, 0) == 18 + 40);
        near(dh_flow_net_carried(net, 1), 3 + many * (400 - 2 * 8), 1e-14);
        near(dh_flow_net_carried(net, 2), 2 * 24 + many * 2 * 8, 1e-14);
        dh_flow_net_delete(net);
    }
}

/* A ring of 200 over a link each, as steps of a collective: all begin and end at once, to the bit; what comes
 * afterwards shares as ever, and a link has carried what was sent over it. */
void steps_of_a_ring_are_alike(void **state) {
    (void)state;
    enum { N = 200, STEPS = 3 };
    double capacity[N];
    for (int32_t i = 0; i < N; i++)
        capacity[i] = 16;
    struct dh_flow_net *net = dh_flow_net_new(capacity, N);
    assert_int_equal(dh_flow_net_reserve(net, -1, 0), DH_ERR_RANGE);
    assert_int_equal(dh_flow_net_reserve(net, N, 2 * N), DH_OK);
    const int32_t *ended;
    int32_t n;
    for (int32_t step = 0; step < STEPS; step++) {
        for (int32_t i = 0; i < N; i++) {
            int32_t links[2] = {i, (i + 1) % N}, id;
            struct dh_flow_spec flow = {links, 2, 64, 0, 0};
            assert_int_equal(dh_flow_net_start(net, &flow, &id), DH_OK);
        }
        dh_flow_net_advance(net, INFINITY, &ended, &n); /* two share each link: 64 bytes at 8 */
        assert_true(n == N && dh_flow_net_now(net) == 8 * (step + 1));
    }
    assert_int_equal(dh_flow_net_work(net).fills, STEPS);
    assert_true(dh_flow_net_next(net) == INFINITY);
    int32_t a = start(net, "0 1", 64, 0, 0), b = start(net, "1 2", 8, 0, 0), c = start(net, "2", 64, 3, 0);
    assert_true(dh_flow_net_rate(net, a) == 12 && dh_flow_net_rate(net, b) == 4 &&
                dh_flow_net_rate(net, c) == 12);
    dh_flow_net_advance(net, INFINITY, &ended, &n);
    assert_true(n == 1 && ended[0] == b && dh_flow_net_now(net) == 8 * STEPS + 2);
    assert_true(dh_flow_net_rate(net, a) == 16 && dh_flow_net_rate(net, c) == 16);
    assert_true(dh_flow_net_carried(net, 1) == 128 * STEPS + 24 + 8 &&
                dh_flow_net_carried(net, 5) == 128 * STEPS);
    dh_flow_net_delete(net);
}

void impossible_flows_are_refused(void **state) {
    (void)state;
    const double capacity[2] = {10, 20}, bad[3] = {0, -1, NAN};
    static const double none[2] = {1, 0};
    const int32_t twice[2] = {1, 1}, beyond[1] = {2}, good[2] = {0, 1};
    const struct dh_flow_spec specs[] = {
        {twice,  2,                     1,        0,  0  },
        {beyond, 1,                     1,        0,  0  },
        {good,   2,                     -1,       0,  0  },
        {good,   2,                     NAN,      0,  0  },
        {good,   2,                     1,        -1, 0  },
        {good,   2,                     1,        0,  -1 },
        {good,   2,                     1,        0,  NAN},
        {good,   -1,                    1,        0,  0  },
        {good,   2,                     INFINITY, 0,  0  },
        {good,   DH_FLOW_MAX_LINKS + 1, 1,        0,  0  },
    };
    struct dh_flow_net *net = dh_flow_net_new(capacity, 2);
    int32_t id;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        assert_int_equal(dh_flow_net_start(net, &specs[i], &id), DH_ERR_RANGE);
    struct dh_flow_spec no_share = {.links = good, .n_link = 2, .bytes = 1, .shares = none};
    assert_int_equal(dh_flow_net_start(net, &no_share, &id), DH_ERR_RANGE);
    assert_true(dh_flow_net_next(net) == INFINITY);
    dh_flow_net_delete(net);
    for (int32_t i = 0; i < 3; i++)
        assert_null(dh_flow_net_new(&bad[i], 1));
}

/* Three rows of the routes that SimGrid's fat tree of 1,024 hosts gives, 32 spines and 8. */
void fat_trees_route_by_destination(void **state) {
    (void)state;
    struct dh_fat_tree plain = {
        .n_level = 2, .down = {32, 32},
             .up = {1,  32}
    };
    struct dh_fat_tree oversubscribed = {
        .n_level = 2, .down = {32, 32},
             .up = {1,  8 }
    };
    static const int32_t hosts[3][2] = {
        {319, 978},
        {534, 825},
        {464, 408}
    };
    static const int32_t want[2][3][4] = {
        {{638, 2660, 4005, 1957}, {1068, 3122, 3699, 1651}, {928, 2992, 2865, 817}},
        {{638, 2196, 2533, 1957}, {1068, 2306, 2451, 1651}, {928, 2272, 2241, 817}}
    };
    int32_t links[2 * DH_FAT_TREE_LEVELS];
    assert_int_equal(dh_fat_tree_init(&plain), DH_OK);
    assert_int_equal(dh_fat_tree_init(&oversubscribed), DH_OK);
    assert_true(plain.n_host == 1024 && plain.n_link == 4096 && oversubscribed.n_link == 2560);
    for (int32_t i = 0; i < 3; i++) {
        assert_int_equal(dh_fat_tree_route(&plain, hosts[i][0], hosts[i][1], links), 4);
        assert_memory_equal(links, want[0][i], sizeof want[0][i]);
        assert_int_equal(dh_fat_tree_route(&oversubscribed, hosts[i][0], hosts[i][1], links), 4);
        assert_memory_equal(links, want[1][i], sizeof want[1][i]);
    }
    assert_int_equal(dh_fat_tree_route(&plain, 32, 63, links), 2);
    assert_int_equal(dh_fat_tree_route(&plain, 5, 5, links), 0);
    plain.up[1] = 0;
    assert_int_equal(dh_fat_tree_init(&plain), DH_ERR_RANGE);
}

/* Whatever the tree, a route is a walk of links from its source to its destination. */
void routes_of_fat_trees_lead_to_their_destination(void **state) {
    (void)state;
    static const struct dh_fat_tree trees[] = {
        {.n_level = 1, .down = {7},       .up = {1}      },
        {.n_level = 2, .down = {3, 4},    .up = {2, 5}   },
        {.n_level = 3, .down = {2, 3, 4}, .up = {1, 3, 2}},
    };
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct dh_fat_tree t = trees[i];
        assert_int_equal(dh_fat_tree_init(&t), DH_OK);
        for (int32_t src = 0; src < t.n_host; src++)
            for (int32_t dst = 0; dst < t.n_host; dst++) {
                int32_t links[2 * DH_FAT_TREE_LEVELS], level = 0, at = src;
                int32_t n = dh_fat_tree_route(&t, src, dst, links);
                for (int32_t k = 0; k < n; k++) {
                    struct dh_fat_tree_link l = dh_fat_tree_link(&t, links[k]);
                    assert_true(links[k] < t.n_link && l.from_level == level && l.from == at);
                    level = l.to_level;
                    at = l.to;
                }
                assert_true(level == 0 && at == dst);
            }
    }
}
