/* An iteration of a model in service against counts by hand, and what its parts must do when a load or a plan
 * changes. */
#include "tests/tests.h"

#include "models/kernel.h"
#include "models/serving_curve.h"
#include "sim/api/inference_row.h"

#include <math.h>
#include <string.h>

static struct dh_inference_catalog catalog;

static void begin(void) {
    struct dh_diag diag = {0};
    assert_int_equal(dh_inference_catalog_read(&catalog, &diag), DH_OK);
}

static const struct dh_model_spec *model(const char *id) {
    for (int32_t i = 0; i < catalog.file.spec.n_models; i++)
        if (strcmp(catalog.file.spec.models[i].id, id) == 0)
            return &catalog.file.spec.models[i];
    return NULL;
}

static const struct dh_device_spec *device(const char *id) {
    for (int32_t i = 0; i < catalog.file.spec.n_devices; i++)
        if (strcmp(catalog.file.spec.devices[i].id, id) == 0)
            return &catalog.file.spec.devices[i];
    return NULL;
}

static struct dh_serving serve(const char *name, const char *on, struct dh_serving_plan plan) {
    const struct dh_scenario *sc = &catalog.file.spec;
    const struct dh_model_spec *m = model(name);
    struct dh_serving s;
    const struct dh_engine_spec *e =
        dh_serving_engine_of(sc->engines, sc->n_engines, "vllm", on, m->experts > 0);
    assert_int_equal(dh_serving_of(&s, m, device(on), e, &plan, NULL), DH_OK);
    return s;
}

static struct dh_serving_plan plan_of(int32_t tp, int32_t format) {
    return (struct dh_serving_plan){tp, 1, 1, 1, format, DH_FORMAT_BF16};
}

/* Operations of a token and of a prompt are those that the architecture counts, whoever adds them up. */
void iterations_do_the_operations_of_the_model(void **state) {
    (void)state;
    begin();
    struct dh_serving s = serve("llama3-8b", "h100-sxm", plan_of(1, DH_FORMAT_BF16));
    struct dh_serving_load token = {.sequences = 3, .context = 5000},
                           prompt = {.prompts = 1, .tokens = 2048, .keys = 2048};
    struct dh_serving_cost c;
    dh_serving_iteration(&s, &token, &c);
    assert_true(fabs(c.flops / (3 * dh_transformer_token_flops(&s.model, 5000)) - 1) < 1e-12);
    /* weights once, caches of three, little else */
    double weights = 2 * dh_transformer_matrices(&s.model),
           cache = 2 * 3 * 5000 * dh_transformer_cache(&s.model);
    assert_true(c.bytes > weights + cache && c.bytes < 1.02 * (weights + cache));
    dh_serving_iteration(&s, &prompt, &c);
    /* the output layer only for the last token of the prompt */
    double logits = 2 * s.model.vocab * s.model.hidden;
    assert_true(fabs(c.flops / (dh_transformer_prompt_flops(&s.model, 2048) - 2047 * logits) - 1) < 1e-12);
    /* in two parts it is the same */
    struct dh_serving_load first = {.prompts = 1, .tokens = 1024, .keys = 1024},
                           second = {.prompts = 1, .tokens = 1024, .keys = 2048};
    struct dh_serving_cost a, b;
    dh_serving_iteration(&s, &first, &a);
    dh_serving_iteration(&s, &second, &b);
    assert_true(fabs((a.flops + b.flops - logits) / c.flops - 1) < 1e-12);
    assert_true(fabs(c.products_s + c.attention_s + c.link_s + c.rest_s - c.s) < 1e-15);
    dh_inference_catalog_free(&catalog);
}

/* Eight devices: an eighth of weights, cache and work each; reductions of 2 m H bytes twice a layer. */
void tensor_parallel_devices_share_the_work(void **state) {
    (void)state;
    begin();
    struct dh_serving one = serve("llama3-70b", "b200", plan_of(1, DH_FORMAT_BF16)),
                      eight = serve("llama3-70b", "b200", plan_of(8, DH_FORMAT_BF16));
    struct dh_serving_load load = {.sequences = 64, .context = 1000};
    struct dh_serving_cost a, b;
    dh_serving_iteration(&one, &load, &a);
    dh_serving_iteration(&eight, &load, &b);
    assert_true(fabs(a.flops / b.flops - 8) < 1e-9);
    assert_true(fabs(one.weight_bytes / eight.weight_bytes - 8) < 1e-9);
    assert_true(one.token_bytes == 8 * eight.token_bytes);
    assert_true(a.link_bytes == 0 && a.link_s == 0);
    assert_true(fabs(b.link_bytes / (80 * 2 * (2.0 * 64 * 8192) * 2 * 7 / 8) - 1) < 1e-12);
    assert_true(b.s < a.s && b.s > a.s / 8);
    /* parameters of 16 bits; what is left holds the cache: 2 x 80 x 8 x 128 elements of 2 bytes a token */
    assert_true(fabs(one.weight_bytes / (2 * 70553706496.0) - 1) < 1e-4);
    assert_true(one.token_bytes == 327680);
    double room = one.engine->memory_share * 180e9 - one.weight_bytes - one.engine->workspace_bytes;
    assert_int_equal(dh_serving_blocks(&one), (int64_t)(room / 327680 / 16));
    assert_true(dh_serving_sequence_bytes(&one, 17) == 32 * 327680.0);
    dh_inference_catalog_free(&catalog);
}

/* One token meets k experts, many meet all; what is read grows between the two and no further. */
void tokens_meet_experts(void **state) {
    (void)state;
    begin();
    struct dh_serving s = serve("qwen3-30b-a3b", "h100-sxm", plan_of(1, DH_FORMAT_BF16));
    double before = 0, bytes[3];
    static const double sequences[] = {1, 16, 2048};
    for (int i = 0; i < 3; i++) {
        struct dh_serving_load load = {.sequences = sequences[i], .context = 1};
        struct dh_serving_cost c;
        dh_serving_iteration(&s, &load, &c);
        bytes[i] = c.bytes;
        assert_true(c.bytes > before);
        assert_true(fabs(c.flops / (sequences[i] * dh_transformer_token_flops(&s.model, 1)) - 1) < 1e-9);
        before = c.bytes;
    }
    double expert = 2 * s.model.expert, layers = 48;
    assert_true(fabs((bytes[1] - bytes[0]) / (layers * expert * (128 * (1 - pow(1 - 8 / 128.0, 16)) - 8)) -
                     1) < 0.02);
    assert_true(bytes[2] > layers * 128 * expert);
    dh_inference_catalog_free(&catalog);
}

/* Compressed caches: one vector of 512 + 64 for all heads, on every device. */
void latent_caches_are_small_and_everywhere(void **state) {
    (void)state;
    begin();
    struct dh_serving_plan plan = {8, 1, 8, 1, DH_FORMAT_FP8, DH_FORMAT_BF16};
    struct dh_serving s = serve("deepseek-v3", "b200", plan);
    assert_true(s.token_bytes == 2.0 * 61 * 576);
    assert_true(fabs(s.weight_bytes / (671e9 / 8) - 1) < 0.06);
    struct dh_serving_plan one = {1, 1, 8, 8, DH_FORMAT_FP8, DH_FORMAT_BF16};
    struct dh_serving apart = serve("deepseek-v3", "b200", one); /* attention on each, experts shared */
    assert_true(apart.token_bytes == s.token_bytes && apart.weight_bytes > s.weight_bytes);
    dh_inference_catalog_free(&catalog);
}

void more_load_takes_longer(void **state) {
    (void)state;
    begin();
    static const char *const models[] = {"llama3-8b", "gemma3-12b", "qwen3-30b-a3b", "gpt-oss-120b"};
    for (int i = 0; i < 4; i++) {
        struct dh_serving s = serve(models[i], "h100-sxm", plan_of(4, DH_FORMAT_BF16));
        struct dh_serving_demand d = {1, 1000, 200, 0};
        struct dh_serving_point p;
        double rate = 0, tpot = 0, ttft = 0;
        for (; d.clients <= 256; d.clients *= 2) {
            dh_serving_steady(&s, &d, &p);
            /* a prompt beside answers shares the reading of weights with them: two may wait less than one */
            assert_true(p.tokens_per_s > rate && p.tpot_s >= tpot && p.ttft_s >= 0.98 * ttft);
            assert_true(fabs(p.e2e_s - p.ttft_s - 199 * p.tpot_s) < 1e-9);
            rate = p.tokens_per_s;
            tpot = p.tpot_s;
            ttft = p.ttft_s;
        }
        d.hit = 0.9; /* prompts that are mostly in the prefix cache */
        d.clients /= 2;
        dh_serving_steady(&s, &d, &p);
        assert_true(p.tokens_per_s > rate && p.ttft_s < ttft);
        d = (struct dh_serving_demand){INFINITY, 1000, 200, 0};
        dh_serving_steady(&s, &d, &p);
        assert_true(p.running > 256 && isfinite(p.tokens_per_s));
    }
    dh_inference_catalog_free(&catalog);
}

/* The longest alias that the name begins with; then the device; then the kind. */
void engines_are_found_by_name_device_and_kind(void **state) {
    (void)state;
    struct dh_engine_spec e[] = {
        {.id = "any",   .aliases = "stack other", .devices = "",          .models = DH_ENGINE_ANY    },
        {.id = "here",  .aliases = "stack",       .devices = "gpu1 gpu2", .models = DH_ENGINE_ANY    },
        {.id = "dense", .aliases = "stack",       .devices = "gpu1",      .models = DH_ENGINE_DENSE  },
        {.id = "two",   .aliases = "stack-2",     .devices = "gpu1",      .models = DH_ENGINE_EXPERTS}
    };
    static const struct {
        const char *name, *device;
        bool experts;
        const char *id;
    } cases[] = {
        {"stack-1.0", "gpu1", false, "dense"},
        {"stack-1.0", "gpu1", true,  "here" },
        {"stack-1.0", "gpu3", false, "any"  },
        {"stack-2.1", "gpu1", true,  "two"  },
        {"stack-2.1", "gpu1", false, "dense"},
        {"other-x",   "gpu2", false, "any"  },
        {"nobody",    "gpu1", false, NULL   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct dh_engine_spec *found =
            dh_serving_engine_of(e, 4, cases[i].name, cases[i].device, cases[i].experts);
        if (!cases[i].id)
            assert_null(found);
        else
            assert_string_equal(found->id, cases[i].id);
    }
}

/* Totals as the model cards and reports print them, in billions; those of models that see images too count
 * their language part. */
void architectures_have_the_parameters_of_their_checkpoints(void **state) {
    (void)state;
    static const struct {
        const char *id;
        double all, active; /* 0: not printed */
    } known[] = {
        {"llama2-7b",             6.738, 0   },
        {"llama3-8b",             8.030, 0   },
        {"llama3-70b",            70.55, 0   },
        {"llama3.1-405b",         405.9, 0   },
        {"bloom-176b",            176.2, 0   },
        {"gpt-j-6b",              6.05,  0   },
        {"gpt3-175b",             174.6, 0   },
        {"mixtral-8x7b",          46.7,  12.9},
        {"qwen3-8b",              8.19,  0   },
        {"qwen3-14b",             14.77, 0   },
        {"qwen3-32b",             32.76, 0   },
        {"qwen3-30b-a3b",         30.53, 3.35},
        {"qwen3-235b-a22b",       235.1, 22.2},
        {"qwen3-coder-480b-a35b", 480.2, 35.5},
        {"gemma3-27b",            27.0,  0   },
        {"deepseek-v3",           671.0, 37.6},
        {"kimi-k2",               1026., 32.9},
        {"glm-5",                 744.,  40.9},
        {"minimax-m2",            228.7, 11.0},
        {"gpt-oss-120b",          116.8, 5.7 },
        {"mpt-70b",               64.86, 0   },
    };
    begin();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct dh_transformer t;
        assert_non_null(model(known[i].id));
        assert_int_equal(dh_transformer_of(&t, model(known[i].id), NULL), DH_OK);
        assert_true(fabs(dh_transformer_parameters(&t) / (1e9 * known[i].all) - 1) < 0.0015);
        assert_true(known[i].active == 0 ||
                    fabs(dh_transformer_active(&t) / (1e9 * known[i].active) - 1) < 0.01);
    }
    dh_inference_catalog_free(&catalog);
}
