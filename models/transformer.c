#include "models/transformer.h"
#include "sim/text.h"

#include <math.h>
#include <string.h>

#define MOST_PARAMETERS 1e15

bool dh_transformer_is_called(const struct dh_model_spec *model, const char *name) {
    return strcmp(model->id, name) == 0 || dh_text_has_word(model->aliases, name);
}

static double given(int64_t value, double otherwise) {
    return value >= 0 ? (double)value : otherwise;
}

/* Layers of a model that are the last of a group of `every`, of `layers` behind the leading ones. */
static int32_t one_in(int32_t layers, int64_t every) {
    return (int32_t)(layers / every);
}

static void count_attention(struct dh_transformer *t) {
    double queries = t->heads * (t->head_dim + t->rope_dim), out = t->heads * t->value_dim * t->hidden;
    if (t->kv_rank > 0)
        t->attention = (t->q_rank > 0 ? t->hidden * t->q_rank + t->q_rank * queries : t->hidden * queries) +
                       t->hidden * (t->kv_rank + t->rope_dim) +
                       t->kv_rank * t->heads * (t->head_dim + t->value_dim) + out;
    else
        t->attention = t->hidden * t->head_dim * (t->heads + 2 * t->kv_heads) + out;
}

/* Norms in front of attention and feed-forward and of the compressed widths, one at the end; biases. Those
 * inside experts and heads are left out: their share is below 1e-6. */
static double small_parts(const struct dh_transformer *t, const struct dh_model_spec *model) {
    double norms = t->hidden * (2 * t->layers + 1) + t->layers * (t->kv_rank + t->q_rank);
    double qkv = t->head_dim * (t->heads + 2 * t->kv_heads), n_dense = t->layers - t->expert_layers;
    if (!model->bias)
        return norms + (model->qkv_bias ? t->layers * qkv : 0);
    return 2 * norms + t->layers * (qkv + t->hidden) + n_dense * ((t->matrices - 1) * t->ffn + t->hidden);
}

enum dh_err dh_transformer_of(struct dh_transformer *t, const struct dh_model_spec *model,
                              struct dh_diag *diag) {
    double hidden = (double)model->hidden, heads = (double)model->heads;
    double ffn = given(model->ffn, 4 * hidden);
    int32_t layers = (int32_t)model->layers,
            leading = (int32_t)(model->dense_layers < layers ? model->dense_layers : layers);
    *t = (struct dh_transformer){
        .layers = layers,
        .expert_layers = model->experts > 0 ? one_in(layers - leading, model->expert_every) : 0,
        .full_layers = model->window > 0 ? one_in(layers, model->global_every) : layers,
        .hidden = hidden,
        .heads = heads,
        .kv_heads = given(model->kv_heads, heads),
        .head_dim = given(model->head_dim, hidden / heads),
        .ffn = ffn,
        .expert_ffn = given(model->expert_ffn, ffn),
        .shared_ffn = (double)model->shared_ffn,
        .vocab = (double)model->vocab,
        .experts = (double)model->experts,
        .experts_used = (double)model->experts_used,
        .kv_rank = (double)model->kv_rank,
        .q_rank = model->kv_rank > 0 ? (double)model->q_rank : 0,
        .rope_dim = model->kv_rank > 0 ? (double)model->rope_dim : 0,
        .window = (double)model->window,
        .matrices = model->gated ? 3 : 2,
        .tied = model->tied,
    };
    t->dense_layers = layers - t->expert_layers;
    t->value_dim = t->kv_rank > 0 ? given(model->value_dim, t->head_dim) : t->head_dim;
    if (t->head_dim != floor(t->head_dim))
        return dh_fail(diag, DH_ERR_VALUE, model->place,
                       "model %s: %g heads do not divide a width of %g, and no head-dim is given", model->id,
                       heads, hidden);
    if (fmod(heads, t->kv_heads) != 0)
        return dh_fail(diag, DH_ERR_VALUE, model->place, "model %s: kv-heads (%g) must divide heads (%g)",
                       model->id, t->kv_heads, heads);
    if (t->expert_layers > 0 && t->experts_used > t->experts)
        return dh_fail(diag, DH_ERR_VALUE, model->place, "model %s: uses %g experts of %g", model->id,
                       t->experts_used, t->experts);
    count_attention(t);
    t->dense = t->matrices * hidden * t->ffn;
    t->expert = t->matrices * hidden * t->expert_ffn;
    t->shared = t->expert_layers > 0 ? t->matrices * hidden * t->shared_ffn : 0;
    t->router = t->expert_layers > 0 ? hidden * t->experts : 0;
    t->small = small_parts(t, model);
    t->embedding = t->vocab * hidden + (double)model->positions * hidden;
    t->output = t->vocab * hidden;
    double all = dh_transformer_parameters(t);
    if (all > MOST_PARAMETERS)
        return dh_fail(diag, DH_ERR_VALUE, model->place, "model %s: %g parameters, at most 1e15", model->id,
                       all);
    return DH_OK;
}

/* Matrices of all layers with so many experts in each that has any. */
static double layer_matrices(const struct dh_transformer *t, double experts) {
    return t->layers * t->attention + t->dense_layers * t->dense +
           t->expert_layers * (experts * t->expert + t->shared + t->router);
}

double dh_transformer_parameters(const struct dh_transformer *t) {
    return layer_matrices(t, t->experts) + t->small + t->embedding + (t->tied ? 0 : t->output);
}

double dh_transformer_active(const struct dh_transformer *t) {
    return layer_matrices(t, t->experts_used) + t->small + t->embedding + (t->tied ? 0 : t->output);
}

double dh_transformer_matrices(const struct dh_transformer *t) {
    return layer_matrices(t, t->experts_used) + t->output;
}

static double cache_of_layer(const struct dh_transformer *t) {
    return t->kv_rank > 0 ? t->kv_rank + t->rope_dim : 2 * t->kv_heads * t->head_dim;
}

double dh_transformer_cache(const struct dh_transformer *t) {
    return t->layers * cache_of_layer(t);
}

double dh_transformer_cache_of(const struct dh_transformer *t, double tokens) {
    double seen = t->window > 0 ? fmin(tokens, t->window) : tokens;
    return cache_of_layer(t) * (t->full_layers * tokens + (t->layers - t->full_layers) * seen);
}

/* Of scores and of what they weigh: 2 a (d + d_rope) and 2 a d_v for each token that is seen, in a layer. */
static double flops_of_seen(const struct dh_transformer *t) {
    return 2 * t->heads * (t->head_dim + t->rope_dim + t->value_dim);
}

double dh_transformer_token_flops(const struct dh_transformer *t, double context) {
    double seen = t->window > 0 ? fmin(context, t->window) : context;
    return 2 * dh_transformer_matrices(t) +
           flops_of_seen(t) * (t->full_layers * context + (t->layers - t->full_layers) * seen);
}

/* Token i sees i tokens, itself among them, or no more than the window. */
static double pairs(double tokens, double window) {
    double triangle = tokens * (tokens + 1) / 2, beyond = tokens - window;
    return window > 0 && beyond > 0 ? triangle - beyond * (beyond + 1) / 2 : triangle;
}

double dh_transformer_prompt_flops(const struct dh_transformer *t, double tokens) {
    return 2 * dh_transformer_matrices(t) * tokens +
           flops_of_seen(t) *
               (t->full_layers * pairs(tokens, 0) + (t->layers - t->full_layers) * pairs(tokens, t->window));
}
