#include "tests/tests.h"
#include "tests/unit/training_case.h"

#include "models/kernel.h"
#include "models/training.h"
#include "scenarios/csv_read.h"
#include "sim/diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 22 billion parameters as in Korthikanti et al. (arXiv 2205.05198), table 3: 48 layers, h 6144, a 64, s
 * 2048. */
static struct dh_model_spec spec = {.id = "m",
                                    .aliases = "",
                                    .layers = 48,
                                    .hidden = 6144,
                                    .heads = 64,
                                    .kv_heads = -1,
                                    .head_dim = -1,
                                    .ffn = -1,
                                    .gated = false,
                                    .vocab = 51200,
                                    .experts_used = 1,
                                    .expert_ffn = -1,
                                    .expert_every = 1,
                                    .value_dim = -1,
                                    .global_every = 1};
static const struct dh_stack_spec stack = {.id = "s",
                                           .aliases = "A 1|A|B c",
                                           .compute = 0.9,
                                           .attention_rate = 0.8,
                                           .element = 1.2,
                                           .launch_s = 5e-6,
                                           .link = 0.8,
                                           .nic = 0.8,
                                           .latency_s = 2e-5,
                                           .data_overlap = 0.5,
                                           .gather_overlap = 0.5,
                                           .expert_spread = 0.3,
                                           .expert_rate = 0.8,
                                           .expert_element = 1.5,
                                           .scale = 0.01,
                                           .fixed_s = 1e-2,
                                           .gradient_bytes = 4,
                                           .low = 0.8,
                                           .high = 1.2,
                                           .recompute = DH_RECOMPUTE_NONE};

static struct dh_transformer model_of(const struct dh_model_spec *m) {
    struct dh_transformer t;
    struct dh_diag diag = {0};
    assert_int_equal(dh_transformer_of(&t, m, &diag), DH_OK);
    dh_diag_free(&diag);
    return t;
}

static struct dh_training_step step_of(const struct dh_training_plan *plan,
                                       const struct dh_training_net *on) {
    struct dh_training_step step;
    struct dh_diag diag = {0};
    struct dh_transformer m = model_of(&spec);
    assert_int_equal(dh_training_check(&m, plan, &diag), DH_OK);
    assert_int_equal(dh_training_step(&step, NULL, &m, plan, &device, on, &stack, &diag), DH_OK);
    return step;
}

static void near(double is, double want, double share) {
    if (!(fabs(is - want) <= share * fabs(want)))
        fail_msg("%.15g, not %.15g", is, want);
}

void pipelines_have_the_bubble_of_the_closed_form(void **state) {
    (void)state;
    /* rows of oracles/pipeline_bubble.csv: p, m, v, whole time for tf = 1, tb = 2 */
    static const double known[][4] = {
        {1, 8,   1, 24    },
        {2, 4,   2, 13.5  },
        {2, 32,  4, 96.75 },
        {4, 1,   1, 12    },
        {4, 4,   1, 21    },
        {2, 512, 2, 1537.5}
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        near(dh_training_pipeline_s(known[i][0], known[i][1], known[i][2], 1, 2), known[i][3], 1e-15);
}

void every_row_of_the_bubble_table_agrees(void **state) {
    (void)state;
    const char *shared = getenv("DATAHALL_SHARED");
    char path[4096];
    struct dh_csv csv;
    struct dh_diag diag = {0};
    bool got = true;
    snprintf(path, sizeof path, "%s/data/oracles/pipeline_bubble.csv", shared ? shared : "../shared");
    if (dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, &diag) != DH_OK) {
        dh_diag_free(&diag);
        SKIP("no %s", path);
    }
    int n = 0;
    while (dh_csv_next(&csv, &got) == DH_OK && got) {
        double p = dh_csv_number(&csv, 0), m = dh_csv_number(&csv, 1), v = dh_csv_number(&csv, 2);
        double all = dh_training_pipeline_s(p, m, v, 1, 2);
        near(all, dh_csv_number(&csv, 5), 1e-12);
        if (p > 1)
            near((all - 3 * m) / all, dh_csv_number(&csv, 4), 1e-12);
        near(3 * m / all, dh_csv_number(&csv, 6), 1e-12);
        n++;
    }
    assert_true(n > 40);
    dh_csv_close(&csv);
    dh_diag_free(&diag);
}

void activations_are_those_of_korthikanti(void **state) {
    (void)state;
    /* table 2 of arXiv 2205.05198, a layer, dropout kept: s b h (34 + 5 a s / h), and so on */
    struct dh_transformer m = model_of(&spec);
    struct dh_training_plan plan = training_plan(8, 1, 1, 2048);
    double s = 2048, h = 6144, a = 64, b = 4, t = 8, sbh = s * b * h;
    plan.micro_batch = b;
    plan.dropout = true;
    near(dh_training_activation_bytes(&m, &plan, false), sbh * (34 + 5 * a * s / h), 1e-15);
    near(dh_training_activation_bytes(&m, &plan, true), sbh * 34, 1e-15);
    plan.tensor = 8;
    near(dh_training_activation_bytes(&m, &plan, false), sbh * (10 + 24 / t + 5 * a * s / (h * t)), 1e-15);
    plan.sequence_parallel = true;
    near(dh_training_activation_bytes(&m, &plan, false), sbh * (34 / t + 5 * a * s / (h * t)), 1e-15);
    near(dh_training_activation_bytes(&m, &plan, true), sbh * 34 / t, 1e-15);
    /* half the context on each of two ranks */
    plan.context = 2;
    near(dh_training_activation_bytes(&m, &plan, true), sbh * 34 / t / 2, 1e-15);
}

void memory_counts_each_class_of_tensors(void **state) {
    (void)state;
    /* 48 layers of 12 h^2 and norms, embedding and output layer of 51200 h, on one device each */
    struct dh_transformer m = model_of(&spec);
    struct dh_training_memory memory;
    struct dh_training_plan plan = training_plan(8, 1, 1, 2048);
    double all = dh_transformer_parameters(&m);
    dh_training_memory(&memory, &m, &plan, &device, &stack);
    near(memory.bytes[DH_TENSOR_WEIGHTS], 2 * all, 1e-12);
    near(memory.bytes[DH_TENSOR_GRADIENTS], 4 * all, 1e-12);
    near(memory.bytes[DH_TENSOR_OPTIMIZER], 12 * all, 1e-12);
    assert_int_equal(memory.largest, DH_TENSOR_OPTIMIZER);
    assert_false(memory.fits);
    plan.shard = DH_SHARD_OPTIMIZER;
    dh_training_memory(&memory, &m, &plan, &device, &stack);
    near(memory.bytes[DH_TENSOR_WEIGHTS], 2 * all, 1e-12);
    near(memory.bytes[DH_TENSOR_OPTIMIZER], 12 * all / 8, 1e-12);
    plan.shard = DH_SHARD_GRADIENTS;
    dh_training_memory(&memory, &m, &plan, &device, &stack);
    near(memory.bytes[DH_TENSOR_GRADIENTS], 4 * all / 8, 1e-12);
    /* full recomputation keeps the input of each layer: 2 s b h, and one layer's own while it is redone */
    plan.recompute = DH_RECOMPUTE_FULL;
    dh_training_memory(&memory, &m, &plan, &device, &stack);
    near(memory.bytes[DH_TENSOR_ACTIVATIONS], 49 * 2.0 * 2048 * 6144 + 32.0 * 2048 * 6144 - 2.0 * 2048 * 6144,
         1e-12);
}

void steps_follow_the_laws_of_their_plans(void **state) {
    (void)state;
    struct dh_training_plan plan = training_plan(64, 8, 4, 2048);
    struct dh_training_net faster = net;
    struct dh_training_step before = step_of(&plan, &net), after;
    /* the parts are the whole */
    double sum = before.product_s + before.attention_s + before.element_s + before.host_s + before.tensor_s +
                 before.context_s + before.expert_s + before.pipeline_s + before.data_s + before.bubble_s +
                 before.optimizer_s + before.fixed_s + before.straggle_s;
    near(sum, before.step_s, 1e-12);
    near(before.tokens_per_s * before.step_s * 64, 512 * 2048, 1e-12);
    assert_true(before.mfu > 0.2 && before.mfu < 0.8);
    faster.link_bytes_per_s *= 2;
    after = step_of(&plan, &faster);
    assert_true(after.step_s < before.step_s && after.tensor_s < before.tensor_s);
    faster = net;
    faster.nic_bytes_per_s *= 2;
    after = step_of(&plan, &faster);
    assert_true(after.step_s < before.step_s);
    /* more micro-batches, smaller share of bubble; chunks divide it */
    double share = before.bubble_s / before.step_s;
    plan.batch = 1024;
    after = step_of(&plan, &net);
    assert_true(after.bubble_s / after.step_s < share);
    plan.chunks = 3;
    assert_true(step_of(&plan, &net).bubble_s < after.bubble_s / 2);
    plan.chunks = 1;
    plan.schedule = DH_SCHEDULE_ZERO_BUBBLE;
    assert_true(step_of(&plan, &net).bubble_s < after.bubble_s);
    plan.schedule = DH_SCHEDULE_1F1B;
    /* recomputation costs a forward pass: between 20 and 40 % */
    plan.recompute = DH_RECOMPUTE_FULL;
    double again = step_of(&plan, &net).step_s / after.step_s;
    assert_true(again > 1.2 && again < 1.4);
    plan.recompute = DH_RECOMPUTE_NONE;
    /* adapters spare the frozen weights' gradients: about a third of the products */
    plan.lora_rank = 16;
    double spared = step_of(&plan, &net).product_s / after.product_s;
    assert_true(spared > 0.6 && spared < 0.75);
}

void model_flops_are_three_forward_passes(void **state) {
    (void)state;
    struct dh_transformer m = model_of(&spec);
    struct dh_training_plan plan = training_plan(8, 8, 1, 2048);
    struct dh_training_step step = step_of(&plan, &net);
    near(step.model_flops, 3 * 512 * dh_transformer_prompt_flops(&m, 2048), 1e-15);
    near(step.mfu, step.model_flops / (step.step_s * 8 * 300e12), 1e-15);
}

void impossible_plans_are_refused(void **state) {
    (void)state;
    struct dh_transformer m = model_of(&spec);
    struct dh_diag diag = {0};
    struct dh_training_plan plan = training_plan(60, 8, 1, 2048);
    assert_int_equal(dh_training_check(&m, &plan, &diag), DH_ERR_VALUE);
    plan = training_plan(64, 1, 64, 2048);
    assert_int_equal(dh_training_check(&m, &plan, &diag), DH_ERR_VALUE);
    plan = training_plan(1024, 1, 1, 2048);
    assert_int_equal(dh_training_check(&m, &plan, &diag), DH_ERR_VALUE);
    plan = training_plan(64, 8, 1, 2048);
    plan.expert = 4;
    assert_int_equal(dh_training_check(&m, &plan, &diag), DH_ERR_VALUE);
    dh_diag_free(&diag);
}

void searches_find_plans_that_fit(void **state) {
    (void)state;
    struct dh_transformer m = model_of(&spec);
    struct dh_diag diag = {0};
    struct dh_training_plan plan = training_plan(64, 1, 1, 2048), other;
    struct dh_training_free all = {.layout = true, .micro_batch = true, .recompute = true, .shard = true};
    struct dh_training_step step, worse;
    struct dh_training_memory memory;
    int64_t tried = 0;
    assert_int_equal(dh_training_search(&plan, &step, &tried, &m, &all, &device, &net, &stack, &diag), DH_OK);
    assert_true(tried > 200);
    assert_int_equal(dh_training_check(&m, &plan, &diag), DH_OK);
    dh_training_memory(&memory, &m, &plan, &device, &stack);
    assert_true(memory.fits);
    near(step_of(&plan, &net).step_s, step.step_s, 1e-12);
    /* no neighbour that fits is better */
    for (int32_t t = 1; t <= 8; t *= 2)
        for (int32_t p = 1; p <= 4; p *= 2) {
            other = plan;
            other.tensor = t;
            other.pipeline = p;
            other.chunks = 1;
            other.micro_batch = 1;
            if (other.shard == DH_SHARD_WEIGHTS && p > 1)
                continue;
            other.sequence_parallel = false;
            dh_training_memory(&memory, &m, &other, &device, &stack);
            worse = step_of(&other, &net);
            assert_true(!memory.fits || worse.step_s >= step.step_s * (1 - 1e-12));
        }
    struct dh_device_spec small = device;
    small.memory_bytes = 4e9;
    plan = training_plan(8, 1, 1, 2048);
    assert_int_equal(dh_training_search(&plan, &step, &tried, &m, &all, &small, &net, &stack, &diag),
                     DH_ERR_VALUE);
    dh_diag_free(&diag);
}

void stacks_are_found_by_how_names_begin(void **state) {
    (void)state;
    struct dh_stack_spec stacks[2] = {
        stack, {.id = "other", .aliases = "A"}
    };
    assert_ptr_equal(dh_training_stack_of(stacks, 2, "A 1.5"), &stacks[0]);
    assert_ptr_equal(dh_training_stack_of(stacks, 2, "B cd"), &stacks[0]);
    assert_ptr_equal(dh_training_stack_of(stacks, 2, "other"), &stacks[1]);
    assert_null(dh_training_stack_of(stacks, 2, "B"));
    assert_null(dh_training_stack_of(stacks, 2, ""));
}

void phases_last_as_long_as_the_step(void **state) {
    (void)state;
    struct dh_training_plan plan = training_plan(64, 8, 4, 2048);
    struct dh_training_phase phases[DH_N_TRAIN_PHASE];
    struct dh_training_step step;
    struct dh_diag diag = {0};
    struct dh_transformer m = model_of(&spec);
    double sum = 0, work = 0;
    assert_int_equal(dh_training_step(&step, phases, &m, &plan, &device, &net, &stack, &diag), DH_OK);
    for (int i = 0; i < DH_N_TRAIN_PHASE; i++) {
        assert_true(phases[i].seconds >= 0 && phases[i].mfu >= 0 && phases[i].mfu <= 1 &&
                    phases[i].mbu >= 0 && phases[i].mbu <= 1);
        sum += phases[i].seconds;
        work += phases[i].seconds * phases[i].mfu;
    }
    near(sum, step.step_s, 1e-9);
    near(work / step.step_s, step.mfu, 1e-9);
    dh_diag_free(&diag);
}

void plans_that_do_not_fit_are_explained(void **state) {
    (void)state;
    struct dh_transformer m = model_of(&spec);
    struct dh_training_memory memory;
    struct dh_training_plan plan = training_plan(8, 1, 1, 2048), nearest;
    struct dh_diag diag = {0};
    /* 22 billion parameters unsharded: 12 bytes each of optimizer states alone are 266 GB of 80 GB */
    assert_int_equal(dh_training_fit(&memory, &nearest, &m, &plan, &device, &net, &stack, &diag),
                     DH_ERR_VALUE);
    assert_int_equal(memory.largest, DH_TENSOR_OPTIMIZER);
    const char *text = diag.messages[0].text, *hint = diag.messages[0].hint;
    assert_non_null(strstr(text, "optimizer states"));
    assert_non_null(strstr(text, "80.0 GB"));
    assert_non_null(strstr(hint, "nearest plan that fits"));
    dh_training_memory(&memory, &m, &nearest, &device, &stack);
    assert_true(memory.fits && nearest.gpus == 8);
    assert_int_equal(dh_training_fit(NULL, NULL, &m, &nearest, &device, &net, &stack, &diag), DH_OK);
    /* one device never holds it: more of them do */
    plan = training_plan(1, 1, 1, 2048);
    assert_int_equal(dh_training_fit(&memory, &nearest, &m, &plan, &device, &net, &stack, &diag),
                     DH_ERR_VALUE);
    assert_true(nearest.gpus > 2);
    dh_diag_free(&diag);
}

void kernels_of_a_step_are_its_products_and_attention(void **state) {
    (void)state;
    struct dh_transformer model;
    struct dh_training_step step;
    struct dh_kernel_use use;
    struct dh_training_plan plan = {.gpus = 8,
                                    .tensor = 4,
                                    .pipeline = 2,
                                    .chunks = 1,
                                    .context = 1,
                                    .expert = 1,
                                    .batch = 16,
                                    .micro_batch = 1,
                                    .sequence = 2048,
                                    .format = DH_FORMAT_BF16};
    assert_int_equal(dh_transformer_of(&model, &spec, NULL), DH_OK);
    assert_int_equal(dh_training_step(&step, NULL, &model, &plan, &device, &net, &stack, NULL), DH_OK);
    assert_int_equal(dh_training_kernels(&use, &model, &plan, &device, &net, &stack), DH_OK);
    double sum = 0, flops = 0;
    bool has_attention_out = false;
    for (int32_t i = 0; i < use.n; i++) {
        const struct dh_kernel_call *c = &use.calls[i];
        sum += c->seconds;
        if (c->family == DH_KERNEL_GEMM)
            flops += c->size[0] * c->size[1] * c->size[2];
        /* tokens x hidden x a rank's heads: the product behind attention */
        has_attention_out |= c->size[0] == 2048 && c->size[1] == 6144 && c->size[2] == 6144 / 4.0;
    }
    assert_true(fabs(sum / (step.product_s + step.attention_s) - 1) < 1e-12);
    assert_true(has_attention_out);
    assert_true(flops > 0);
}
