/* Bytes of a plan on its fullest device, and which class of tensors they are. */
#include "models/kernel.h"
#include "models/training_internal.h"

#include <math.h>

/* CUDA context, collectives' buffers, fragmentation (AI.md 2: 2 to 4 GB). */
#define WORKSPACE 2e9
/* fp32 weight, first and second moment. */
#define OPTIMIZER_BYTES 12.0
/* A logit in 16 bits and its fp32 softmax, which the gradient overwrites. */
#define LOGIT_BYTES 6.0

const char *const dh_tensor_class_names[DH_N_TENSOR_CLASS] = {"weights",     "gradients", "optimizer states",
                                                              "activations", "logits",    "workspace"};

double dh_training_stage_parameters(const struct dh_transformer *m, const struct dh_training_plan *plan,
                                    double *expert) {
    double t = plan->tensor, p = plan->pipeline, own = plan->expert > 1 ? plan->expert : t;
    *expert = m->expert_layers * m->experts * m->expert / own / p;
    double dense =
        (m->layers * m->attention + m->dense_layers * m->dense + m->expert_layers * m->shared) / t +
        m->expert_layers * m->router + m->small;
    double table = m->embedding / t; /* the first stage's; one stage has both ends */
    if (p <= 1)
        table += m->tied ? 0 : m->output / t;
    return dense / p + *expert + table;
}

static double block_bytes(const struct dh_transformer *m, double width) {
    /* what the activation reads (gate and up, or the GELU's input) and its result */
    return m->matrices == 3 ? 6 * width : 4 * width;
}

double dh_training_activation_bytes(const struct dh_transformer *m, const struct dh_training_plan *plan,
                                    bool tiled) {
    double tokens = plan->micro_batch * plan->sequence / plan->context, t = plan->tensor;
    double cut = plan->sequence_parallel ? t : 1, experts = (double)m->expert_layers / m->layers;
    /* inputs of two norms and of the products behind them, two dropout masks */
    double whole = 8 * m->hidden + (plan->dropout ? 2 * m->hidden : 0);
    double heads = m->heads * (m->head_dim + m->rope_dim), kv = m->kv_heads * m->head_dim;
    if (m->kv_rank > 0) {
        whole += 2 * (m->kv_rank + m->rope_dim + m->q_rank);
        kv = m->heads * m->head_dim;
    }
    double split =
        2 * (heads + kv + (m->kv_rank > 0 ? m->heads * m->value_dim : kv)) + 2 * m->heads * m->value_dim;
    if (experts < 1)
        split += (1 - experts) * block_bytes(m, m->ffn);
    double routed = 0;
    if (experts > 0) {
        split += experts * block_bytes(m, m->shared_ffn);
        routed = experts * m->experts_used *
                 (4 * m->hidden + block_bytes(m, m->expert_ffn) / (plan->expert > 1 ? 1 : t)) /
                 (plan->expert > 1 ? t : 1);
    }
    double scores = tiled ? 0 : m->heads * plan->sequence * (plan->dropout ? 5 : 4);
    return tokens * (whole / cut + (split + scores) / t + routed);
}

/* Results of norms and of the activation between the products of a block: inputs of products. */
static double recomputed_bytes(const struct dh_transformer *m, const struct dh_training_plan *plan) {
    double tokens = plan->micro_batch * plan->sequence / plan->context, t = plan->tensor;
    double experts = (double)m->expert_layers / m->layers, spread = plan->expert > 1 ? t : 1;
    double inner = (1 - experts) * m->ffn / t + experts * m->shared_ffn / t +
                   experts * m->experts_used * m->expert_ffn / (plan->expert > 1 ? spread : t);
    return tokens * (4 * m->hidden / (plan->sequence_parallel ? t : 1) + 2 * inner);
}

void dh_training_memory(struct dh_training_memory *out, const struct dh_transformer *m,
                        const struct dh_training_plan *plan, const struct dh_device_spec *device,
                        const struct dh_stack_spec *stack) {
    double expert, all = dh_training_stage_parameters(m, plan, &expert);
    double t = plan->tensor, p = plan->pipeline, replicas = dh_training_replicas(plan);
    double ranks =
        plan->shard_group > 0 ? fmin(plan->shard_group, replicas * plan->context) : replicas * plan->context;
    /* experts have copies of their own: fewer ranks hold the same ones */
    double copies = plan->expert > 1 ? fmax(1, replicas * plan->context * t / plan->expert) : ranks;
    double trained = plan->lora_rank > 0 ? fmin(1, 2.0 * plan->lora_rank / m->hidden) : 1;
    double whole = all, shared = (all - expert) / ranks + expert / fmin(copies, ranks);
    double layers = m->layers / p, tokens = plan->micro_batch * plan->sequence / plan->context;
    *out = (struct dh_training_memory){.available = device->memory_bytes};
    /* fully sharded: two layers' weights are gathered at a time. Frozen ones stay in the products' format */
    out->bytes[DH_TENSOR_WEIGHTS] =
        (plan->lora_rank > 0 ? fmin(2, dh_kernel_bytes(plan->format)) : 2) *
        (plan->shard >= DH_SHARD_WEIGHTS ? shared + 2 * (whole - shared) / fmax(layers, 1) : whole);
    out->bytes[DH_TENSOR_GRADIENTS] =
        (double)stack->gradient_bytes * trained * (plan->shard >= DH_SHARD_GRADIENTS ? shared : whole);
    out->bytes[DH_TENSOR_OPTIMIZER] =
        OPTIMIZER_BYTES * trained * (plan->shard >= DH_SHARD_OPTIMIZER ? shared : whole);
    bool tiled = stack->attention == 0;
    double one = dh_training_activation_bytes(m, plan, tiled || plan->recompute != DH_RECOMPUTE_NONE),
           working = 0;
    if (plan->recompute == DH_RECOMPUTE_FULL) {
        working = dh_training_activation_bytes(m, plan, tiled);
        one = 2 * tokens * m->hidden / (plan->sequence_parallel ? t : 1);
    }
    if (plan->recompute == DH_RECOMPUTE_SELECTIVE &&
        tiled) /* what norms and activations give is made again */
        one -= recomputed_bytes(m, plan);
    double times = plan->batch / (replicas * plan->micro_batch);
    /* the first stage has p micro-batches under way, interleaved ones a part more (Korthikanti et al., 4.3)
     */
    double in_flight = fmin(times, p) * (plan->chunks > 1 ? 1 + (p - 1) / (p * plan->chunks) : 1);
    out->bytes[DH_TENSOR_ACTIVATIONS] = layers * in_flight * one + working;
    if (p <= 1)
        out->bytes[DH_TENSOR_LOGITS] = LOGIT_BYTES * tokens * m->vocab / t;
    out->bytes[DH_TENSOR_WORKSPACE] = WORKSPACE;
    for (int i = 0; i < DH_N_TENSOR_CLASS; i++) {
        out->total += out->bytes[i];
        if (out->bytes[i] > out->bytes[out->largest])
            out->largest = (enum dh_tensor_class)i;
    }
    out->fits = out->total <= out->available;
}

enum dh_recompute dh_training_recompute_of(const struct dh_transformer *m,
                                           const struct dh_training_plan *plan,
                                           const struct dh_device_spec *device,
                                           const struct dh_stack_spec *stack) {
    struct dh_training_plan tried = *plan;
    struct dh_training_memory memory;
    for (int how = DH_RECOMPUTE_NONE; how < DH_RECOMPUTE_FULL; how++) {
        tried.recompute = (enum dh_recompute)how;
        dh_training_memory(&memory, m, &tried, device, stack);
        if (memory.fits)
            return tried.recompute;
    }
    return DH_RECOMPUTE_FULL;
}
