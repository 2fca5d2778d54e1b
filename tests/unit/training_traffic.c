#include "tests/tests.h"
#include "tests/unit/training_case.h"

#include "models/training_traffic.h"
#include "sim/diag.h"
#include "sim/rng.h"

#include <math.h>
#include <string.h>

/* A mixture of experts and a dense model; bare rates, so that all is by hand. */
static struct dh_model_spec spec = {.id = "m",
                                    .aliases = "",
                                    .layers = 32,
                                    .hidden = 4096,
                                    .heads = 32,
                                    .kv_heads = 8,
                                    .head_dim = -1,
                                    .ffn = 14336,
                                    .gated = true,
                                    .vocab = 32000,
                                    .experts_used = 1,
                                    .expert_ffn = -1,
                                    .expert_every = 1,
                                    .value_dim = -1,
                                    .global_every = 1};
static const struct dh_stack_spec stack = {.id = "s",
                                           .aliases = "",
                                           .compute = 0.9,
                                           .attention_rate = 0.8,
                                           .element = 1.2,
                                           .launch_s = 5e-6,
                                           .link = 0.8,
                                           .nic = 0.8,
                                           .latency_s = 2e-5,
                                           .tensor_overlap = 0.3,
                                           .data_overlap = 0.5,
                                           .gather_overlap = 0.5,
                                           .expert_spread = 0.3,
                                           .expert_rate = 0.8,
                                           .expert_element = 1.5,
                                           .expert_overlap = 0.2,
                                           .scale = 0.01,
                                           .fixed_s = 1e-2,
                                           .gradient_bytes = 4,
                                           .low = 0.8,
                                           .high = 1.2};

static void near(double is, double want, double share) {
    if (!(fabs(is - want) <= share * fabs(want)))
        fail_msg("%.15g, not %.15g", is, want);
}

static struct dh_training_traffic traffic_of(const struct dh_training_plan *plan,
                                             struct dh_training_step *s) {
    struct dh_training_traffic t;
    struct dh_transformer m;
    struct dh_diag diag = {0};
    assert_int_equal(dh_transformer_of(&m, &spec, &diag), DH_OK);
    assert_int_equal(dh_training_check(&m, plan, &diag), DH_OK);
    assert_int_equal(dh_training_step(s, NULL, &m, plan, &device, &net, &stack, &diag), DH_OK);
    assert_int_equal(dh_training_traffic(&t, &m, plan, &device, &net, &stack, &diag), DH_OK);
    dh_diag_free(&diag);
    return t;
}

static void with_experts(bool on) {
    spec.experts = on ? 64 : 0;
    spec.experts_used = on ? 8 : 1;
    spec.expert_ffn = on ? 1024 : -1;
}

/* A plan of random cuts; the batch suits it. */
static struct dh_training_plan random_plan(struct dh_rng *rng, bool experts) {
    struct dh_training_plan plan =
        training_plan(64, 1 << dh_rng_below(rng, 5), 1 << dh_rng_below(rng, 3), 4096);
    plan.context = plan.tensor * plan.pipeline <= 16 ? 1 << dh_rng_below(rng, 3) : 1;
    plan.chunks = plan.pipeline > 1 && dh_rng_below(rng, 2) ? 2 : 1;
    plan.shard = (enum dh_shard)dh_rng_below(rng, 4);
    plan.recompute = (enum dh_recompute)dh_rng_below(rng, 3);
    plan.sequence = dh_rng_below(rng, 2) ? 4096 : 65536;
    plan.batch = dh_rng_below(rng, 2) ? 128 : 1024;
    int32_t stage = plan.gpus / plan.pipeline;
    plan.expert = experts ? 1 << dh_rng_below(rng, 6) : 1;
    plan.expert = plan.expert > stage ? stage : plan.expert;
    return plan;
}

void what_wires_show_is_the_step_s_communication(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(3, DH_RNG_TEST, 7);
    int shown[DH_N_WIRE] = {0}, equal = 0;
    for (int i = 0; i < 400; i++) {
        with_experts(i % 2);
        struct dh_training_plan plan = random_plan(&rng, i % 2);
        struct dh_training_step s;
        struct dh_training_traffic t = traffic_of(&plan, &s);
        const struct dh_training_wire *w = t.wires;
        assert_true(t.step_s == s.step_s);
        assert_true(w[DH_WIRE_TENSOR].exposed_s == s.tensor_s);
        assert_true(w[DH_WIRE_CONTEXT].exposed_s == s.context_s);
        assert_true(w[DH_WIRE_EXPERT].exposed_s == s.expert_s);
        assert_true(w[DH_WIRE_PIPELINE].exposed_s == s.pipeline_s);
        near(w[DH_WIRE_GATHER].exposed_s + w[DH_WIRE_REDUCE].exposed_s, s.data_s, 1e-12);
        bool all[DH_N_WIRE];
        struct dh_contention_phase phases[DH_TRAINING_PHASES];
        enum dh_wire wires[DH_TRAINING_PHASES];
        for (int k = 0; k < DH_N_WIRE; k++) {
            const struct dh_training_flow *f = &w[k].flow;
            /* what shows without latencies is no more than with them, and no more than there is */
            near(f->hidden_s + f->shown_s + f->shown_window_s, f->network_s, 1e-12);
            assert_true(f->hidden_window_s >= f->hidden_s);
            assert_true(f->shown_s <= w[k].exposed_s * (1 + 1e-12) &&
                        f->shown_s <= f->network_s * (1 + 1e-12));
            assert_true((f->network_s > 0) == (f->bytes + w[k].expert_bytes > 0));
            shown[k] += f->shown_s > 0;
            all[k] = true;
        }
        int32_t n = dh_training_phases(&t, all, phases, wires);
        struct dh_contention_job job = {phases, n, 0};
        double busy = 0, shows[DH_N_WIRE] = {0};
        for (int32_t k = 0; k < n; k++) {
            busy += phases[k].network_s;
            shows[wires[k]] += fmax(0, phases[k].network_s - phases[k].window_s);
        }
        if (n > 0 && busy <= t.step_s) {
            near(dh_contention_full_s(&job), t.step_s, 1e-12);
            equal++;
        } else if (n > 0) /* several hide behind the same computing */
            near(dh_contention_full_s(&job), busy, 1e-12);
        for (int k = 0; k < DH_N_WIRE; k++)
            assert_true(fabs(shows[k] - w[k].flow.shown_s) <= 1e-12 * t.step_s);
    }
    for (int k = 0; k < DH_N_WIRE; k++)
        assert_true(shown[k] > 5);
    assert_true(equal > 300);
    with_experts(false);
}

/* Edges of a wire: the sum of each rank's, and of each pair of domains of 8. */
struct sums {
    double out[64], in[64], between[8][8], all;
    int32_t to[64], n; /* last partner */
    const int32_t *domain;
};

static void sum_up(void *self, int32_t from, int32_t to, double bytes) {
    struct sums *s = self;
    assert_true(from >= 0 && from < 64 && to >= 0 && to < 64 && bytes > 0);
    assert_true(s->domain[from] != s->domain[to]);
    s->out[from] += bytes;
    s->in[to] += bytes;
    s->between[s->domain[from]][s->domain[to]] += bytes;
    s->to[from] = to;
    s->all += bytes;
    s->n++;
}

static struct sums edges_of(const struct dh_training_traffic *t, enum dh_wire wire, const int32_t *domain) {
    struct sums s = {.domain = domain};
    assert_int_equal(dh_training_edges(t, wire, domain, 8, sum_up, &s), DH_OK);
    return s;
}

void ranks_send_what_the_plan_says(void **state) {
    (void)state;
    struct dh_training_step s;
    struct dh_training_plan plan = training_plan(64, 8, 2, 4096); /* four replicas, each of two servers */
    int32_t packed[64];
    for (int r = 0; r < 64; r++)
        packed[r] = r / 8;
    struct dh_training_traffic t = traffic_of(&plan, &s);
    /* tensor parallel within servers */
    assert_true(t.wires[DH_WIRE_TENSOR].flow.network_s > 0);
    assert_int_equal(edges_of(&t, DH_WIRE_TENSOR, packed).n, 0);
    /* activations of 128 micro-batches of 4096 tokens, 2 bytes an element, to the rank of the next stage, and
     * as many gradients back */
    struct sums e = edges_of(&t, DH_WIRE_PIPELINE, packed);
    double sent = 128 * 4096. * 4096 * 2;
    assert_int_equal(e.n, 64);
    for (int r = 0; r < 64; r++) {
        near(e.out[r], sent, 1e-12);
        assert_int_equal(e.to[r], (r + 32) % 64);
    }
    near(t.wires[DH_WIRE_PIPELINE].flow.network_s, 2 * sent / (25e9 * 0.8), 1e-12);
    /* fp32 gradients of a stage, a rank's share of them, around a ring of four servers: 2 (4 - 1)/4 */
    e = edges_of(&t, DH_WIRE_REDUCE, packed);
    struct dh_transformer m;
    struct dh_diag diag = {0};
    assert_int_equal(dh_transformer_of(&m, &spec, &diag), DH_OK);
    double held = t.wires[DH_WIRE_REDUCE].flow.bytes / 1.5 / 4;
    near(16 * held, dh_transformer_parameters(&m), 0.04); /* embedding and output layer: one stage has more */
    assert_int_equal(e.n, 64);
    for (int r = 0; r < 64; r++) {
        near(e.out[r], 1.5 * 4 * held, 1e-12);
        near(e.in[r], 1.5 * 4 * held, 1e-12);
        assert_int_equal(e.to[r], r / 32 * 32 + (r + 8) % 32);
    }
    /* sharded optimizer: gradients once round, weights of 2 bytes once */
    plan.shard = DH_SHARD_OPTIMIZER;
    t = traffic_of(&plan, &s);
    near(edges_of(&t, DH_WIRE_REDUCE, packed).out[5], 0.75 * 4 * held, 1e-12);
    near(edges_of(&t, DH_WIRE_GATHER, packed).out[5], 0.75 * 2 * held, 1e-12);
    /* two replicas to a server: rings of 8 ranks pass four servers; each of a server's two sends half */
    plan = training_plan(64, 4, 2, 4096);
    t = traffic_of(&plan, &s);
    e = edges_of(&t, DH_WIRE_REDUCE, packed);
    for (int r = 0; r < 64; r++)
        near(e.out[r], t.wires[DH_WIRE_REDUCE].flow.bytes / 2, 1e-12);
    near(t.wires[DH_WIRE_REDUCE].flow.bytes, 2 * 7. / 8 * 2 * 4 * held, 1e-3); /* norms are not cut */
}

void rings_pass_each_domain_once(void **state) {
    (void)state;
    struct dh_training_step s;
    struct dh_training_plan plan = training_plan(64, 1, 1, 4096);
    struct dh_training_traffic t = traffic_of(&plan, &s);
    int32_t dealt[64], uneven[64];
    for (int r = 0; r < 64; r++) {
        dealt[r] = r % 8; /* whatever the order: by domain, as each is met */
        uneven[r] = r < 16 ? 0 : r / 8 - 1;
    }
    double around = t.wires[DH_WIRE_REDUCE].flow.bytes;
    struct sums e = edges_of(&t, DH_WIRE_REDUCE, dealt);
    for (int d = 0; d < 8; d++) {
        near(e.between[d][(d + 1) % 8], around, 1e-12);
        near(e.out[d], around / 8, 1e-12);
    }
    near(e.all, 8 * around, 1e-12);
    /* a domain of sixteen: its ranks send half each, and the eight of the next get it */
    e = edges_of(&t, DH_WIRE_REDUCE, uneven);
    near(e.between[0][1], around, 1e-12);
    near(e.out[3], around / 16, 1e-12);
    near(e.in[16], around / 8, 1e-12);
    near(e.all, 7 * around, 1e-12);
}

void tokens_go_to_each_domain_once(void **state) {
    (void)state;
    with_experts(true);
    struct dh_training_step s;
    struct dh_training_plan plan = training_plan(64, 1, 1, 4096);
    plan.expert = 32; /* two groups of four servers, copies 32 apart */
    struct dh_training_traffic t = traffic_of(&plan, &s);
    int32_t packed[64];
    for (int r = 0; r < 64; r++)
        packed[r] = r / 8;
    struct sums e = edges_of(&t, DH_WIRE_EXPERT, packed);
    double sent = t.wires[DH_WIRE_EXPERT].flow.bytes, reached = 1 - pow(0.75, 8);
    for (int r = 0; r < 64; r++)
        near(e.out[r], sent * 3 * reached / 8, 1e-12);
    near(e.between[0][3], 8 * sent * reached / 8, 1e-12);
    assert_true(e.between[0][4] == 0 && e.between[3][4] == 0);
    /* as the closed form counts it */
    double seconds = sent * 3 * reached / 8 / (25e9 * 0.8);
    near(t.wires[DH_WIRE_EXPERT].flow.network_s, seconds, 1e-12);
    /* experts' gradients go to the other copy alone */
    e = edges_of(&t, DH_WIRE_REDUCE, packed);
    near(e.between[0][4], 8 * t.wires[DH_WIRE_REDUCE].expert_bytes, 1e-12);
    assert_true(t.wires[DH_WIRE_REDUCE].expert_bytes > 0);
    with_experts(false);
}
