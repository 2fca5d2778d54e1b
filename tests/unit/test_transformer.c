#include "tests/tests.h"

#include "models/transformer.h"

/* What models.xml would leave out. */
static struct dh_model_spec model_of(int64_t layers, int64_t hidden, int64_t heads, int64_t kv, int64_t ffn,
                                     int64_t vocab) {
    return (struct dh_model_spec){.id = "m",
                                  .aliases = "",
                                  .layers = layers,
                                  .hidden = hidden,
                                  .heads = heads,
                                  .kv_heads = kv,
                                  .head_dim = -1,
                                  .ffn = ffn,
                                  .gated = true,
                                  .vocab = vocab,
                                  .experts_used = 1,
                                  .expert_ffn = -1,
                                  .expert_every = 1,
                                  .value_dim = -1,
                                  .global_every = 1};
}

/* Exact figures: independent counts that match the published checkpoints' totals. */
void transformers_are_counted_exactly(void **state) {
    (void)state;
    static const struct {
        int64_t layers, hidden, heads, kv, ffn, vocab;
        double parameters, matrices, cache, context, token, prompt;
    } known[] = {
  /* Llama 3 8B, 70B, 3.1 405B, Llama 2 7B */
        {32,  4096,  32,  8,  14336, 128256, 8030261248,   7504658432,   131072, 8192,   19304284160,   140550657277952},
        {80,  8192,  64,  8,  28672, 128256, 70553706496,  69501714432,  327680, 2048,   144372137984,
         290179264806912                                                                                               },
        {126, 16384, 128, 8,  53248, 128256, 405853388800, 403747897344, 516096, 131072, 1889827553280,
         176772324098310144                                                                                            },
        {32,  4096,  32,  32, 11008, 32000,  6738415616,   6607077376,   524288, 2048,   14287896576,   28162637430784 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct dh_model_spec model = model_of(known[i].layers, known[i].hidden, known[i].heads, known[i].kv,
                                              known[i].ffn, known[i].vocab);
        struct dh_transformer t;
        assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_OK);
        assert_true(dh_transformer_parameters(&t) == known[i].parameters);
        assert_true(dh_transformer_active(&t) == known[i].parameters);
        assert_true(dh_transformer_matrices(&t) == known[i].matrices);
        assert_true(2 * dh_transformer_cache(&t) == known[i].cache);
        assert_true(dh_transformer_cache_of(&t, 7) == 7 * dh_transformer_cache(&t));
        assert_true(dh_transformer_token_flops(&t, known[i].context) == known[i].token);
        assert_true(dh_transformer_prompt_flops(&t, known[i].context) == known[i].prompt);
    }
}

void experts_and_compressed_caches_are_counted(void **state) {
    (void)state;
    /* Mixtral 8x7B: 46,702,792,704 parameters, 12.9 billion of which a token meets */
    struct dh_model_spec model = model_of(32, 4096, 32, 8, 14336, 32000);
    struct dh_transformer t;
    model.experts = 8;
    model.experts_used = 2;
    assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_OK);
    assert_true(dh_transformer_parameters(&t) == 46702792704);
    assert_true(dh_transformer_active(&t) == 46702792704 - 32 * 6.0 * 3 * 4096 * 14336);
    /* DeepSeek-V3 without its layer that predicts a second token: 671,026,419,200 with the 58 vectors of 256
     * that balance its router (arXiv 2412.19437 prints 671B and 37B activated); 512 + 64 elements of cache */
    model = model_of(61, 7168, 128, 128, 18432, 129280);
    model.head_dim = model.value_dim = 128;
    model.rope_dim = 64;
    model.kv_rank = 512;
    model.q_rank = 1536;
    model.experts = 256;
    model.experts_used = 8;
    model.expert_ffn = model.shared_ffn = 2048;
    model.dense_layers = 3;
    assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_OK);
    assert_true(dh_transformer_parameters(&t) == 671026419200 - 58 * 256);
    assert_true(dh_transformer_active(&t) > 36.5e9 && dh_transformer_active(&t) < 38e9);
    assert_true(dh_transformer_cache(&t) == 61 * 576);
    /* every second layer of 48, the last of each pair */
    model.dense_layers = 0;
    model.layers = 48;
    model.expert_every = 2;
    assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_OK);
    assert_int_equal(t.expert_layers, 24);
}

void windows_bound_what_layers_see(void **state) {
    (void)state;
    struct dh_model_spec model = model_of(12, 64, 4, 4, 256, 1000);
    struct dh_transformer all, some;
    assert_int_equal(dh_transformer_of(&all, &model, NULL), DH_OK);
    model.window = 10;
    model.global_every = 6;
    assert_int_equal(dh_transformer_of(&some, &model, NULL), DH_OK);
    assert_int_equal(some.full_layers, 2);
    /* 2 layers keep 100 tokens and 10 keep 10: 300 of 1,200 */
    assert_true(dh_transformer_cache_of(&some, 100) * 4 == dh_transformer_cache_of(&all, 100));
    double matrices = 2 * dh_transformer_matrices(&all);
    assert_true(4 * (dh_transformer_token_flops(&some, 100) - matrices) ==
                dh_transformer_token_flops(&all, 100) - matrices);
    /* 12 tokens: 78 pairs, of which a window of 10 leaves 75 */
    double full = dh_transformer_prompt_flops(&all, 12) - 12 * matrices,
           windowed = dh_transformer_prompt_flops(&some, 12) - 12 * matrices;
    assert_true(full == 4 * 64 * 12 * 78.0 && windowed == 4 * 64 * (2 * 78.0 + 10 * 75));
}

void impossible_transformers_are_refused(void **state) {
    (void)state;
    struct dh_transformer t;
    struct dh_model_spec model = model_of(2, 64, 4, 3, 256, 1000);
    assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_ERR_VALUE);
    model = model_of(2, 65, 4, 4, 256, 1000);
    assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_ERR_VALUE);
    model = model_of(2, 64, 4, 4, 256, 1000);
    model.experts = 2;
    model.experts_used = 3;
    assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_ERR_VALUE);
    model = model_of(10000, 1000000, 4, 4, 10000000, 1000);
    assert_int_equal(dh_transformer_of(&t, &model, NULL), DH_ERR_VALUE);
}
