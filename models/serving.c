#include "models/serving.h"
#include "models/kernel.h"
#include "sim/math.h"
#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows at which the multiplier of products is halfway between that of few rows and of many: the knee of the
 * roofline of these devices at 16 bits (peak / bandwidth, 150 to 300 operations a byte). */
#define KNEE_ROWS 256.0
/* Element-wise work of a layer (two norms, two additions, rotation, activation): elements read and written a
 * token, and the share of the bandwidth that it gets; AI.md 5. */
#define LAYER_ELEMENTS 12.0
#define STREAM_SHARE   0.7
/* Rows of an expert are padded to a tile of the grouped product: assumption, after CUTLASS' grouped kernels.
 */
#define FEW_TILE  16.0
#define MANY_TILE 64.0
/* Compressed attention computes in 16 bits at this share of the peak: FlashMLA's published 660 of 989 TFLOP/s
 * on an H800 (github.com/deepseek-ai/FlashMLA). */
#define LATENT_SHARE 0.66

size_t dh_serving_is_called(const struct dh_engine_spec *engine, const char *name) {
    size_t best = 0;
    for (const char *at = engine->aliases; *at;) {
        size_t n = strcspn(at, " ");
        if (n > best && strncmp(name, at, n) == 0)
            best = n;
        at += n + strspn(at + n, " ");
    }
    return best;
}

const struct dh_engine_spec *dh_serving_engine_of(const struct dh_engine_spec *engines, int32_t n,
                                                  const char *name, const char *device, bool experts) {
    const struct dh_engine_spec *best = NULL;
    size_t most = 0;
    for (int32_t i = 0; i < n; i++) {
        const struct dh_engine_spec *e = &engines[i];
        size_t length = dh_serving_is_called(e, name);
        bool there = dh_text_has_word(e->devices, device);
        bool kind = e->models == (experts ? DH_ENGINE_EXPERTS : DH_ENGINE_DENSE);
        if (length == 0 || (!there && *e->devices) || (!kind && e->models != DH_ENGINE_ANY))
            continue;
        size_t fit = 4 * length + 2 * there + kind;
        if (fit > most) {
            most = fit;
            best = e;
        }
    }
    return best;
}

static double per(double whole, double parts) {
    return whole / parts;
}

static double count_weights(const struct dh_serving *s) {
    const struct dh_transformer *t = &s->model;
    double tp = s->plan.tp, group = tp * s->plan.dp,
           e = dh_kernel_bytes((enum dh_number_format)s->plan.weights);
    double layers = t->layers * t->attention / tp + t->dense_layers * t->dense / tp +
                    t->expert_layers * (t->experts * t->expert / group + t->shared / tp + t->router);
    double ends = 2 * (t->embedding + (t->tied ? 0 : t->output)) / tp; /* kept in 16 bits */
    return layers * e / s->plan.pp + ends;
}

enum dh_err dh_serving_of(struct dh_serving *s, const struct dh_model_spec *model,
                          const struct dh_device_spec *device, const struct dh_engine_spec *engine,
                          const struct dh_serving_plan *plan, struct dh_diag *diag) {
    enum dh_number_format weights = (enum dh_number_format)plan->weights,
                          kv = (enum dh_number_format)plan->kv;
    *s = (struct dh_serving){.device = device,
                             .engine = engine,
                             .gemm = dh_kernel_gemm_of(device, weights),
                             .gemm16 = dh_kernel_gemm_of(device, DH_FORMAT_BF16),
                             .prefill = dh_kernel_prefill_of(device, kv),
                             .decode = dh_kernel_decode_of(device, kv),
                             .plan = *plan};
    DH_TRY(dh_transformer_of(&s->model, model, diag));
    if (!s->gemm || !s->gemm16 || !s->prefill || !s->decode)
        return dh_fail(diag, DH_ERR_VALUE, model->place,
                       "device %s has no constants of kernels for these number formats", device->id);
    if (plan->tp < 1 || plan->pp < 1 || plan->ep < 1 || plan->dp < 1)
        return dh_fail(diag, DH_ERR_VALUE, model->place, "parts of a plan must be at least 1");
    const struct dh_transformer *t = &s->model;
    double heads = t->kv_rank > 0 ? 1 : fmax(t->kv_heads / plan->tp, 1) / t->kv_heads;
    s->weight_bytes = count_weights(s);
    s->token_bytes = dh_transformer_cache(t) * heads * dh_kernel_bytes(kv) / plan->pp;
    s->cache_bytes = engine->memory_share * device->memory_bytes - s->weight_bytes - engine->workspace_bytes;
    s->cache_tokens = fmax(0, s->cache_bytes / s->token_bytes);
    return DH_OK;
}

/* ---- parts of an iteration ----------------------------------------------------------------------------- */

/* Adds a product of m rows; returns its time above the start of its kernel. */
static double product(const struct dh_serving *s, const struct dh_gemm_spec *g, double m, double n, double k,
                      struct dh_serving_cost *c, double times) {
    double e = dh_kernel_bytes((enum dh_number_format)g->format);
    c->flops += times * 2 * m * n * k;
    c->bytes += times * ((m * k + n * k) * e + 2 * m * n);
    double t = dh_kernel_gemm_s(s->device, g, m, n, k) - g->start_s;
    dh_kernel_use_gemm(s->use, g, m, n, k, times * t);
    return times * t;
}

static double attention_products(const struct dh_serving *s, double m, struct dh_serving_cost *c) {
    const struct dh_transformer *t = &s->model;
    double tp = s->plan.tp, H = t->hidden, d = t->head_dim;
    if (t->kv_rank <= 0) {
        double kv = fmax(t->kv_heads / tp, 1);
        return product(s, s->gemm, m, (per(t->heads, tp) + 2 * kv) * d, H, c, 1) +
               product(s, s->gemm, m, H, per(t->heads, tp) * d, c, 1);
    }
    double heads = per(t->heads, tp), q = t->q_rank > 0 ? t->q_rank : 0;
    double time = product(s, s->gemm, m, q + t->kv_rank + t->rope_dim, H, c, 1);
    time += product(s, s->gemm, m, heads * (d + t->rope_dim), q > 0 ? q : H, c, 1);
    time +=
        product(s, s->gemm, m, heads * (d + t->value_dim), t->kv_rank, c, 1); /* in and out of the latent */
    return time + product(s, s->gemm, m, H, heads * t->value_dim, c, 1);
}

static double block_products(const struct dh_serving *s, double m, double width, struct dh_serving_cost *c) {
    double H = s->model.hidden, F = per(width, s->plan.tp);
    return product(s, s->gemm, m, (s->model.matrices - 1) * F, H, c, 1) + product(s, s->gemm, m, H, F, c, 1);
}

/* Experts of a layer on one device; m tokens of one group. */
static double expert_products(const struct dh_serving *s, double m, struct dh_serving_cost *c) {
    const struct dh_transformer *t = &s->model;
    const struct dh_gemm_spec *g = s->gemm;
    double group = (double)s->plan.tp * s->plan.dp, ep = fmin(s->plan.ep, group);
    double all = m * s->plan.dp, here = t->experts / ep;
    double missed = dh_pow(1 - t->experts_used / t->experts, all);
    double met = fmax(here * (1 - missed), fmin(here, 1)), rows = all * t->experts_used / ep;
    double each = t->expert / (group / ep), e = dh_kernel_bytes((enum dh_number_format)g->format);
    double tile = rows / met > MANY_TILE ? MANY_TILE : FEW_TILE;
    double padded = met * ceil(rows / met / tile) * tile;
    double bytes = met * each * e + rows * 2 * (2 * t->hidden + t->expert_ffn / (group / ep));
    double read = bytes / (s->device->memory_bytes_per_s * g->memory);
    double work = 2 * padded * each / (g->peak_flops * g->efficiency * (tile > FEW_TILE ? 0.8 : 0.4));
    c->flops += 2 * rows * each + 2 * m * t->router; /* the router's time is in the layer's */
    c->bytes += bytes;
    return fmax(read, work);
}

static double latent_decode(const struct dh_serving *s, const struct dh_serving_load *load,
                            struct dh_serving_cost *c) {
    const struct dh_transformer *t = &s->model;
    double width = t->kv_rank + t->rope_dim, tokens = load->sequences * load->context;
    double bytes = tokens * width * dh_kernel_bytes((enum dh_number_format)s->decode->format);
    double flops = 2 * tokens * t->heads / s->plan.tp * (width + t->kv_rank);
    double peak = s->gemm16->peak_flops * LATENT_SHARE;
    c->flops += flops;
    c->bytes += bytes;
    return fmax(bytes / (s->device->memory_bytes_per_s * s->decode->memory), flops / peak);
}

static double decode_attention(const struct dh_serving *s, const struct dh_serving_load *load, double context,
                               struct dh_serving_cost *c) {
    const struct dh_transformer *t = &s->model;
    double kv = fmax(t->kv_heads / s->plan.tp, 1);
    struct dh_kernel_attention a = {load->sequences,       1,  fmax(context, 1),
                                    t->heads / s->plan.tp, kv, t->head_dim};
    a.heads = fmax(a.heads, kv);
    c->flops += 4 * a.batch * a.keys * a.heads * a.head_dim;
    c->bytes +=
        a.batch * a.keys * 2 * kv * a.head_dim * dh_kernel_bytes((enum dh_number_format)s->decode->format);
    double seconds = dh_kernel_decode_s(s->device, s->decode, &a) - s->decode->start_s;
    dh_kernel_use_decode(s->use, s->decode, &a, seconds);
    return seconds;
}

static double prompt_attention(const struct dh_serving *s, const struct dh_serving_load *load, double window,
                               struct dh_serving_cost *c) {
    const struct dh_transformer *t = &s->model;
    double kv = fmax((t->kv_rank > 0 ? t->heads : t->kv_heads) / s->plan.tp, 1);
    double width = t->kv_rank > 0 ? (t->head_dim + t->rope_dim + t->value_dim) / 2 : t->head_dim;
    double queries = fmax(1, load->tokens / load->prompts), keys = fmax(load->keys, queries);
    struct dh_kernel_attention a = {load->prompts, queries, keys, fmax(t->heads / s->plan.tp, kv), kv, width};
    if (window > 0 && keys > window + queries) /* the band's area, as if it ended with its queries */
        a.keys = window + queries;
    double area = a.batch * queries * (a.keys - (queries - 1) / 2);
    c->flops += 4 * area * a.heads * width;
    c->bytes += 2 * a.batch * (queries * a.heads + keys * 2 * kv) * width;
    double seconds = dh_kernel_prefill_s(s->device, s->prefill, &a) - s->prefill->start_s;
    dh_kernel_use_prefill(s->use, s->prefill, &a, seconds);
    return seconds;
}

/* Attention of all layers of a stage, those with a window by themselves. */
static double attention(const struct dh_serving *s, const struct dh_serving_load *load, double layers,
                        struct dh_serving_cost *c) {
    const struct dh_transformer *t = &s->model;
    const struct dh_engine_spec *e = s->engine;
    double full = layers * t->full_layers / t->layers, banded = layers - full, time = 0;
    struct dh_serving_cost one = {0}, two = {0};
    if (load->sequences > 0) {
        dh_kernel_use_weigh(s->use, e->attention * full);
        if (t->kv_rank > 0)
            time += e->attention * layers * latent_decode(s, load, &one);
        else
            time += e->attention * full * decode_attention(s, load, load->context, &one);
        dh_kernel_use_weigh(s->use, e->attention * banded);
        if (banded > 0 && t->kv_rank <= 0)
            time += e->attention * banded * decode_attention(s, load, fmin(load->context, t->window), &two);
    }
    if (load->tokens > 0 && load->prompts > 0) {
        dh_kernel_use_weigh(s->use, e->prompt_attention * full);
        time += e->prompt_attention * full * prompt_attention(s, load, 0, &one);
        dh_kernel_use_weigh(s->use, e->prompt_attention * banded);
        if (banded > 0)
            time += e->prompt_attention * banded * prompt_attention(s, load, t->window, &two);
    }
    c->flops += full * one.flops + banded * two.flops;
    c->bytes += full * one.bytes + banded * two.bytes;
    return time;
}

/* Bytes over the links in both reductions of a layer, and their time. */
static double reductions(const struct dh_serving *s, double m, struct dh_serving_cost *c) {
    const struct dh_engine_spec *e = s->engine;
    double tp = s->plan.tp, H = s->model.hidden, link = s->device->link_bytes_per_s / 2 * e->reduce_share;
    double time = 0, bytes = 0;
    if (tp > 1) {
        bytes = 2 * 2 * (tp - 1) / tp * 2 * m * H;
        time = 2 * e->reduce_s + bytes / link;
    }
    c->link_bytes += bytes;
    return time;
}

/* Tokens out to their experts and back, where attention is data-parallel. */
static double exchange(const struct dh_serving *s, double m, struct dh_serving_cost *c) {
    const struct dh_engine_spec *e = s->engine;
    double ep = s->plan.ep, used = fmin(s->model.experts_used, ep);
    if (s->plan.dp < 2 || ep < 2)
        return 0;
    double bytes = m / s->plan.tp * s->model.hidden * used * (1 - 1 / ep) * (1 + 2);
    c->link_bytes += bytes;
    return 2 * e->reduce_s + bytes / (s->device->link_bytes_per_s / 2 * e->reduce_share);
}

void dh_serving_iteration(const struct dh_serving *s, const struct dh_serving_load *load,
                          struct dh_serving_cost *cost) {
    const struct dh_transformer *t = &s->model;
    const struct dh_engine_spec *e = s->engine;
    double pp = s->plan.pp;
    /* stages work on a part of the sequences each, one after the other */
    struct dh_serving_load part = *load;
    part.sequences /= pp;
    part.tokens /= pp;
    part.prompts /= pp;
    double m = part.sequences + part.tokens, layers = t->layers;
    struct dh_serving_cost c = {0}, once = {0}, dense = {0}, expert = {0};
    if (m <= 0) {
        *cost = c;
        return;
    }
    double many = (e->products * KNEE_ROWS + e->prompt_products * m) / (KNEE_ROWS + m);
    dh_kernel_use_weigh(s->use, layers * many);
    double products = layers * many * attention_products(s, m, &once);
    dh_kernel_use_weigh(s->use, t->dense_layers * many);
    if (t->dense_layers > 0)
        products += t->dense_layers * many * block_products(s, m, t->ffn, &dense);
    if (t->expert_layers > 0) {
        dh_kernel_use_weigh(s->use, t->expert_layers * many);
        double share = t->shared_ffn > 0 ? many * block_products(s, m, t->shared_ffn, &expert) : 0;
        products += t->expert_layers * (share + e->experts * expert_products(s, m, &expert));
    }
    c.flops = layers * once.flops + t->dense_layers * dense.flops + t->expert_layers * expert.flops;
    c.bytes = layers * once.bytes + t->dense_layers * dense.bytes + t->expert_layers * expert.bytes;
    /* the output layer, for one row of each sequence and prompt */
    double rows = part.sequences + part.prompts;
    dh_kernel_use_weigh(s->use, e->products);
    products += e->products * product(s, s->gemm16, rows, per(t->vocab, s->plan.tp), t->hidden, &c, 1);
    c.attention_s = attention(s, &part, layers, &c);
    struct dh_serving_cost sent = {0}, routed = {0};
    c.link_s = layers * reductions(s, m, &sent) + t->expert_layers * exchange(s, m, &routed);
    c.link_bytes = layers * sent.link_bytes + t->expert_layers * routed.link_bytes;
    double width = t->expert_layers > 0 ? t->expert_ffn * t->experts_used : t->ffn;
    double element = layers * m * 2 * (LAYER_ELEMENTS * t->hidden + 3 * width / s->plan.tp);
    c.bytes += element;
    c.products_s = products;
    c.rest_s = e->host_s + load->sequences * e->sequence_s + load->prompts * e->request_s +
               layers * e->layer_s + (pp > 1 ? pp * e->stage_s : 0) +
               element / (s->device->memory_bytes_per_s * STREAM_SHARE);
    c.s = c.products_s + c.attention_s + c.link_s + c.rest_s;
    double launched = e->host_s + layers * e->launch_s; /* beside the device's work, not behind it */
    if (launched > c.s) {
        c.rest_s += launched - c.s;
        c.s = launched;
    }
    *cost = c; /* a device of one stage does a pp-th of it for each of pp parts: the same */
}

double dh_serving_iteration_s(const struct dh_serving *s, const struct dh_serving_load *load) {
    struct dh_serving_cost cost;
    dh_serving_iteration(s, load, &cost);
    return cost.s;
}

double dh_serving_sequence_bytes(const struct dh_serving *s, double tokens) {
    double block = (double)s->engine->block_tokens, whole = ceil(tokens / block) * block;
    return s->token_bytes / dh_transformer_cache(&s->model) * dh_transformer_cache_of(&s->model, whole);
}

int64_t dh_serving_blocks(const struct dh_serving *s) {
    return (int64_t)(s->cache_tokens / (double)s->engine->block_tokens);
}

double dh_serving_transfer_s(const struct dh_serving *s, double prompt, double nic_bytes_per_s) {
    return prompt * s->token_bytes / nic_bytes_per_s / ((double)s->model.layers / s->plan.pp);
}
