/* Board power by what runs: figures by hand, bounds, and the parts of training as a wave. */
#include "tests/tests.h"

#include "models/activity.h"

#include <math.h>

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

static struct dh_activity_spec constants = {.on = 0.4,
                                            .memory = 0.3,
                                            .compute = 0.8,
                                            .communication = 0.25,
                                            .wait = 0.2,
                                            .narrow = 2,
                                            .memory_busy = 3,
                                            .compute_busy = 20,
                                            .expert_busy = 200};

/* 100 W idle, 1,100 W cap, 1 TB/s, 1 PFLOP/s. */
static struct dh_device_spec device_of(void) {
    return (struct dh_device_spec){.idle_w = 100,
                                   .tdp_w = 1100,
                                   .cap_held = 1,
                                   .bf16_flops = 1e15,
                                   .memory_bytes_per_s = 1e12,
                                   .clock_max_hz = 2e9,
                                   .clock_min_hz = 2e8,
                                   .clock_step_hz = 1e7,
                                   .clock_knee = 0.6,
                                   .voltage_min = 0.7,
                                   .leakage_w = 50,
                                   .leakage_per_k = 0.0125,
                                   .leakage_degc = 60,
                                   .clock_w = 30,
                                   .memory_w = 150,
                                   .link_w = 40,
                                   .units_w = NAN,
                                   .memory_clock_hz = NAN,
                                   .activities = &constants,
                                   .n_activities = 1};
}

void power_rises_with_all_that_a_device_does(void **state) {
    (void)state;
    struct dh_device_spec d = device_of();
    struct dh_activity none = {.group = 1};
    assert_ptr_equal(dh_activity_of(&d), &constants);
    assert_true(dh_activity_w(&d, &none) == 100); /* idle */
    /* By hand: x = 0.2, u = 0.01: busy 1 - exp(-0.8), y = 0.4 busy + 0.06 + 0.8 0.01^0.7. */
    struct dh_activity a = {.compute = 0.01, .memory = 0.2, .group = 1};
    about(dh_activity_w(&d, &a), 100 + 1000 * (0.4 * (1 - exp(-0.8)) + 0.06 + 0.8 * pow(0.01, 0.7)), 1e-12);
    /* Of the same traffic 8-bit experts cost twice; eight devices wait. */
    struct dh_activity e = {.compute = 0.01, .experts = 0.2, .narrow = true, .mixture = true, .group = 8};
    about(dh_activity_w(&d, &e),
          100 + 1000 * (0.4 * (1 - 0.2 * 7 / 8) * (1 - exp(-3.2)) + 0.12 + 0.8 * pow(0.01, 0.7)), 1e-12);
    /* Only communication. */
    about(dh_activity_w(&d, &(struct dh_activity){.waiting = 1, .group = 8}), 350, 1e-12);
    /* Up to the cap, never down. */
    double before = 0;
    for (int i = 0; i <= 20; i++) {
        double w =
            dh_activity_w(&d, &(struct dh_activity){.compute = 0.05 * i, .memory = 0.05 * i, .group = 1});
        assert_true(w >= before && w <= 1100);
        before = w;
    }
    assert_true(before == 1100);
}

/* Two layers of 1,000 wide attention and blocks: attention 4e6, dense 12e6 a layer, 10,000 tokens. */
static struct dh_transformer small_model(bool experts) {
    return (struct dh_transformer){.layers = 2,
                                   .dense_layers = experts ? 0 : 2,
                                   .expert_layers = experts ? 2 : 0,
                                   .full_layers = 2,
                                   .hidden = 1000,
                                   .heads = 10,
                                   .kv_heads = 10,
                                   .head_dim = 100,
                                   .value_dim = 100,
                                   .ffn = 4000,
                                   .expert_ffn = 4000,
                                   .vocab = 10000,
                                   .experts = experts ? 8 : 0,
                                   .experts_used = experts ? 2 : 0,
                                   .matrices = 3,
                                   .attention = 4e6,
                                   .dense = 12e6,
                                   .expert = 12e6,
                                   .router = experts ? 8000 : 0,
                                   .embedding = 1e7,
                                   .output = 1e7};
}

void writing_tokens_reads_weights_and_cache(void **state) {
    (void)state;
    struct dh_device_spec d = device_of();
    struct dh_transformer t = small_model(false);
    struct dh_activity a;
    /* 10 sequences of 500 tokens, 1,000 tokens/s: 100 iterations/s. Weights 42e6 of 2 B; cache 2 layers x 2 x
     * 1,000 x 2 B x 500 x 10. */
    struct dh_activity_writing w = {
        .devices = 1, .groups = 1, .sequences = 10, .tokens_per_s = 1000, .context = 500, .weights = {2, 2}
    };
    dh_activity_write(&a, &t, &d, &w);
    about(a.memory, 100 * (84e6 + 40e6) / 1e12, 1e-12);
    about(a.compute, 1000 * dh_transformer_token_flops(&t, 500) / 1e15, 1e-12);
    assert_true(a.experts == 0 && !a.mixture && a.group == 1);
    /* Two devices that share everything see half each; two that each have all weights read them twice. */
    w.devices = 2;
    dh_activity_write(&a, &t, &d, &w);
    about(a.memory, 50 * (84e6 + 40e6) / 1e12, 1e-12);
    w.groups = 2;
    dh_activity_write(&a, &t, &d, &w);
    about(a.memory, 50 * (168e6 + 40e6) / 1e12, 1e-12);
    /* Prompts are read on the side. */
    double without = a.compute;
    w.prompts = 3;
    dh_activity_write(&a, &t, &d, &w);
    about(a.compute, 4 * without, 1e-12);
}

void experts_that_nobody_meets_are_not_read(void **state) {
    (void)state;
    struct dh_device_spec d = device_of();
    struct dh_transformer t = small_model(true);
    struct dh_activity a;
    struct dh_activity_writing w = {
        .devices = 1, .groups = 1, .sequences = 1, .tokens_per_s = 100, .context = 500, .weights = {1, 2}
    };
    dh_activity_write(&a, &t, &d, &w); /* one token meets its two experts */
    about(a.experts, 100 * 2 * 2 * 12e6 / 1e12, 1e-12);
    assert_true(a.mixture && a.narrow);
    w.sequences = 1000;
    w.tokens_per_s = 100e3;
    dh_activity_write(&a, &t, &d, &w); /* a thousand meet all eight */
    about(a.experts, 100 * 2 * 8 * 12e6 / 1e12, 1e-9);
    w.weights.expert_b = 2;
    dh_activity_write(&a, &t, &d, &w);
    about(a.experts, 100 * 2 * 8 * 24e6 / 1e12, 1e-9);
    assert_false(a.narrow);
}

void a_load_of_activity_meets_its_power_and_its_cap(void **state) {
    (void)state;
    struct dh_device_spec d = device_of();
    struct dh_activity a = {.compute = 0.05, .memory = 0.3, .group = 1};
    struct dh_chip_load load = dh_activity_load(&d, &a, 0.1);
    about(dh_chip_busy_w(&d, &load, 1, 60), dh_activity_w(&d, &a), 1e-12);
    about(load.steady_w, 0.3 * 150 + 0.1 * 40, 1e-12);
    /* At a lower limit the governor lowers the clock until it holds. */
    double clock = dh_chip_clock_for(&d, &load, 60, 0.8 * dh_activity_w(&d, &a));
    assert_true(clock < 1 && clock > 0.5);
    assert_true(dh_chip_busy_w(&d, &load, clock, 60) <= 0.8 * dh_activity_w(&d, &a));
    /* Work that wants more than the cap gets the cap, at a lower clock. */
    a.compute = 0.9;
    load = dh_activity_load(&d, &a, 0);
    struct dh_chip_point p = dh_chip_run(&d, &load, 1, 1, (struct dh_chip_place){NAN, 0}, 1);
    assert_true(p.clock < 1 && p.power_w <= 1100 && p.power_w > 1080);
    assert_true(dh_activity_w(&d, &a) == 1100);
    /* Nothing to do but what is measured is less than base and leakage: no power out of nothing. */
    load = dh_activity_load(&d, &(struct dh_activity){.group = 1}, 0);
    about(dh_chip_busy_w(&d, &load, 1, 60), 100, 1e-12);
    assert_true(load.switching_w >= 0);
}

void a_training_step_is_a_wave_of_its_phases(void **state) {
    (void)state;
    struct dh_device_spec d = device_of();
    struct dh_training_phase phases[DH_N_TRAIN_PHASE] = {
        [DH_TRAIN_FORWARD] = {0.5,  0.4, 0.3 },
        [DH_TRAIN_BACKWARD] = {1.0,  0.4, 0.3 },
        [DH_TRAIN_COMMUNICATION] = {0.3,  0,   0.15},
        [DH_TRAIN_OPTIMIZER] = {0.1,  0,   0.78},
        [DH_TRAIN_IDLE] = {0.01, 0,   0   },
    };
    struct dh_swing_part parts[DH_N_TRAIN_PHASE];
    double mean;
    assert_int_equal(dh_activity_step(parts, phases, &d, 8, &mean), 5); /* no bubble */
    double busy = dh_activity_w(&d, &(struct dh_activity){.compute = 0.4, .memory = 0.3, .group = 1});
    assert_true(parts[0].w == busy && parts[1].w == busy && parts[0].s == 0.5);
    about(parts[2].w, 100 + 1000 * (0.25 + 0.3 * 0.15), 1e-12);
    assert_true(parts[3].w > parts[2].w && parts[3].w < parts[0].w && parts[4].w == 100);
    double j = 0, s = 0;
    for (int i = 0; i < 5; i++) {
        j += parts[i].s * parts[i].w;
        s += parts[i].s;
    }
    about(mean, j / s, 1e-14);
    /* What storage would flatten it: between the dip's own energy and none. */
    double store = dh_swing_parts_store_j(parts, 5);
    assert_true(store > 0.9 * 1.5 * (busy - mean) && store <= 1.5 * (busy - mean) * 1.000001);
    assert_int_equal(dh_activity_step(parts, (struct dh_training_phase[DH_N_TRAIN_PHASE]){0}, &d, 8, &mean),
                     0);
    assert_true(mean == 100);
}

void replicas_in_service_draw_what_their_traffic_says(void **state) {
    (void)state;
    struct dh_device_spec d = device_of();
    struct dh_serving s = {
        .device = &d,
        .model = small_model(true),
        .plan = {.tp = 2, .pp = 1, .ep = 2, .dp = 1, .weights = DH_FORMAT_BF16}
    };
    struct dh_serving_point p = {.running = 1000,
                                 .tokens_per_s = 1e5,
                                 .flops_per_s = 2e13,
                                 .bytes_per_s = 3e11,
                                 .link_bytes_per_s = 0};
    struct dh_activity a;
    dh_activity_serving(&a, &s, &p);
    /* 100 iterations/s read all of 8 experts in 2 layers, half of them on a device */
    about(a.experts, 100 * 2 * 8 * 24e6 / 2 / 1e12, 1e-9);
    about(a.experts + a.memory, 0.3, 1e-12);
    about(a.compute, 0.02, 1e-12);
    assert_true(a.mixture && !a.narrow && a.group == 2);
    p.running = 0;
    dh_activity_serving(&a, &s, &p);
    assert_true(a.experts == 0);
}
