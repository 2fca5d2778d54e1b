/* Time of a layer under a plan: its matrix products, attention, element-wise passes and collectives. */
#include "models/kernel.h"
#include "models/training_internal.h"
#include "sim/math.h"

#include <math.h>

/* Bytes that element-wise kernels move, AI.md 1.3; streams get this share of the memory bandwidth
 * (assumption: 0.75 to 0.8 in copies of NVIDIA parts). */
#define STREAM         0.78
#define RESIDUAL_BYTES 32.0 /* of H: residual, norm and their gradients' inputs, 16 elements of 2 bytes */
/* Backward attention: 2.5 times the operations (five products for two; T. Dao, arXiv 2307.08691,
 * section 4.1), at this share of the forward rate (AI.md 1.2). */
#define BACKWARD_ATTENTION (2.5 / 0.82)
/* Scores that go to memory: bytes an element, forward and backward (AI.md 1.2: write, mask, softmax, dropout
 * in 16 bits). */
#define SCORE_FORWARD  13.0
#define SCORE_BACKWARD 16.0
/* Kernels of a layer forward; backward has twice as many. Assumption for an eager layer:
 * norms 2, products 4, attention 1, rotations and biases 6, dropouts and additions 5; of experts,
 * router, sorting, permutations and all-to-alls, and each expert's own two products. */
#define LAUNCHES         18.0
#define LAUNCHES_UNFUSED 6.0
#define LAUNCHES_EXPERT  25.0
#define LAUNCHES_TENSOR  4.0
/* The fused softmax of unfused attention takes sequences times heads in fours (Megatron-LM,
 * megatron/model/fused_softmax.py); others go through fp32 scores, step by step. */
#define ALIGNED        8.0 /* elements of 16 bits that matrix units take at once: 16 bytes */
#define FUSED_ROWS     4.0
#define SCORE_SLOW     32.0
#define LAUNCHES_SLOW  8.0
#define TILE           64.0  /* rows of an expert's product are padded to it */
#define FREQUENT_NODES 4.0   /* rings lose bandwidth beyond so many servers */
#define RING_LOSS      0.055 /* a doubling, AI.md 4 */

/* ---- collectives -------------------------------------------------------------------------------------- */

static double worn(double n, double local) {
    double nodes = n / local;
    return nodes > FREQUENT_NODES ? 1 + RING_LOSS * dh_log2(nodes / FREQUENT_NODES) : 1;
}

/* By the fabric's own constants; a group has the adapters of its ranks, while others use theirs. */
static struct dh_training_transfer on_fabric(const struct dh_training_place *p, double bytes, double n,
                                             double local, double rounds) {
    const struct dh_network_spec *network = p->net->fabric.network;
    struct dh_collective_group group = {(int32_t)n, (int32_t)local, network ? network->nics : 0};
    struct dh_collective_plan plan =
        dh_collective_plan(&p->net->fabric, rounds > 1 ? DH_ALL_REDUCE : DH_ALL_GATHER, bytes, &group);
    double share = n > local ? p->stack->nic : p->stack->link;
    return (struct dh_training_transfer){
        plan.latency_s + p->stack->latency_s, (plan.time_s - plan.latency_s) / share,
        plan.domain_bytes > 0 ? plan.domain_bytes : rounds * (n - 1) / n * bytes};
}

struct dh_training_transfer dh_training_ring(const struct dh_training_place *p, double bytes, double n,
                                             double local, double rounds) {
    if (n <= 1)
        return (struct dh_training_transfer){0, 0, 0};
    if (p->net->fabric.domain) {
        struct dh_training_transfer t = on_fabric(p, bytes, n, floor(local), rounds);
        if (!isnan(t.transfer_s))
            return t;
    }
    double rate = p->net->link_bytes_per_s * p->stack->link, steps = rounds * fmin(n - 1, 16);
    if (n > local)
        rate = fmin(rate, p->net->nic_bytes_per_s * p->stack->nic * local / worn(n, local));
    return (struct dh_training_transfer){p->stack->latency_s * (1 + 0.05 * steps),
                                         rounds * (n - 1) / n * bytes / rate, rounds * (n - 1) / n * bytes};
}

double dh_training_ring_s(const struct dh_training_place *p, double bytes, double n, double local,
                          double rounds) {
    struct dh_training_transfer t = dh_training_ring(p, bytes, n, local, rounds);
    return t.latency_s + t.transfer_s;
}

struct dh_training_transfer dh_training_exchange(const struct dh_training_place *p, double bytes, double n,
                                                 double local, double copies) {
    if (n <= 1)
        return (struct dh_training_transfer){0, 0, 0};
    double link = p->net->link_bytes_per_s * p->stack->link, nic = p->net->nic_bytes_per_s * p->stack->nic;
    double near = bytes * (fmin(local, n) - 1) / n / link, far = 0;
    if (n > local) {
        /* a token goes to each other domain once, however many of its experts are there */
        double domains = n / local, missed = 1;
        for (int i = 0; i < (int)copies; i++)
            missed *= 1 - 1 / domains;
        far = bytes * (domains - 1) * (1 - missed) / copies / nic;
    }
    return (struct dh_training_transfer){p->stack->latency_s, fmax(near, far), bytes};
}

static double local_ranks(const struct dh_training_place *p, double inner, double n) {
    return fmax(1, fmin(n, p->net->domain / inner));
}

/* ---- matrix products ---------------------------------------------------------------------------------- */

struct products {
    double forward, input, weight;
};

static double product_s(const struct dh_training_place *p, const struct dh_gemm_spec *g, double m, double n,
                        double k) {
    double t = dh_kernel_gemm_s(p->device, g, fmax(m, 1), fmax(n, 1), fmax(k, 1));
    t = g->start_s + (t - g->start_s) / p->stack->compute;
    dh_kernel_use_gemm(p->use, g, fmax(m, 1), fmax(n, 1), fmax(k, 1), t);
    return t;
}

static void add(struct products *sum, const struct dh_training_place *p, const struct dh_gemm_spec *g,
                double tokens, double in, double out) {
    sum->forward += product_s(p, g, tokens, out, in);
    sum->input += product_s(p, g, tokens, in, out);
    sum->weight += product_s(p, g, in, out, tokens);
}

/* Load of the busiest rank over the mean: what chance makes of few experts, each with its own popularity. */
static double busiest(const struct dh_training_place *p, const struct dh_training_plan *plan) {
    return 1 + p->stack->expert_spread * sqrt(plan->expert / p->model->experts);
}

/* Experts of a rank as one product whose rows are padded for each; each weight is read at least once. */
static void add_experts(struct products *sum, const struct dh_training_place *p, double rows, double experts,
                        double in, double out) {
    const struct dh_gemm_spec *g = p->products;
    double each = rows / experts, padded = experts * ceil(each / TILE) * TILE;
    double weights = experts * in * out * dh_kernel_bytes((enum dh_number_format)g->format) /
                     (p->device->memory_bytes_per_s * g->memory);
    double rate = p->stack->expert_rate;
    sum->forward += fmax(product_s(p, g, padded, out, in) / rate, weights);
    sum->input += fmax(product_s(p, g, padded, in, out) / rate, weights);
    sum->weight += fmax(product_s(p, g, experts * in, out, each) / rate, 2 * weights);
}

static struct products attention_products(const struct dh_training_place *p, double tokens, double t) {
    const struct dh_transformer *m = p->model;
    const struct dh_gemm_spec *g = p->products;
    struct products sum = {0};
    double queries = m->heads * (m->head_dim + m->rope_dim) / t;
    if (m->kv_rank > 0) {
        if (m->q_rank > 0) {
            add(&sum, p, g, tokens, m->hidden, m->q_rank);
            add(&sum, p, g, tokens, m->q_rank, queries);
        } else
            add(&sum, p, g, tokens, m->hidden, queries);
        add(&sum, p, g, tokens, m->hidden, m->kv_rank + m->rope_dim);
        add(&sum, p, g, tokens, m->kv_rank, m->heads * (m->head_dim + m->value_dim) / t);
    } else
        add(&sum, p, g, tokens, m->hidden, queries + 2 * fmax(m->kv_heads / t, 1) * m->head_dim);
    add(&sum, p, g, tokens, m->heads * m->value_dim / t, m->hidden);
    return sum;
}

static struct products block_products(const struct dh_training_place *p, double tokens, double width) {
    struct products sum = {0};
    if (width > 0) {
        add(&sum, p, p->products, tokens, p->model->hidden, (p->model->matrices - 1) * width);
        add(&sum, p, p->products, tokens, width, p->model->hidden);
    }
    return sum;
}

static struct products plus(struct products a, struct products b, double share) {
    return (struct products){a.forward + share * b.forward, a.input + share * b.input,
                             a.weight + share * b.weight};
}

/* ---- a layer ------------------------------------------------------------------------------------------ */

static bool softmax_is_fused(const struct dh_training_plan *plan, double heads) {
    return fmod(plan->micro_batch * heads, FUSED_ROWS) == 0;
}

static void attention_s(struct dh_training_layer *out, const struct dh_training_place *p,
                        const struct dh_training_plan *plan) {
    const struct dh_transformer *m = p->model;
    double s = plan->sequence, heads = fmax(m->heads / plan->tensor, 1), share = 1.0 / plan->context;
    double width = (m->head_dim + m->rope_dim + m->value_dim) / 2, near = m->layers - m->full_layers;
    /* layers with a window work on that part of the triangle */
    if (near > 0 && m->window < s)
        share *= (m->full_layers + near * m->window * (2 * s - m->window) / (s * s)) / m->layers;
    if (p->stack->attention == 0) {
        struct dh_kernel_attention a = {
            plan->micro_batch, s, s, heads, fmax(m->kv_heads / plan->tensor, 1), width};
        double flops = 2 * plan->micro_batch * s * s * heads * width;
        double t = p->prefill ? dh_kernel_prefill_s(p->device, p->prefill, &a)
                              : flops / (0.5 * p->output->peak_flops);
        if (p->stack->attention_flops > 0)
            t = fmax(t, flops / p->stack->attention_flops);
        if (p->prefill) {
            dh_kernel_use_weigh(p->use, share * (1 + BACKWARD_ATTENTION) / p->stack->attention_rate);
            dh_kernel_use_prefill(p->use, p->prefill, &a, t);
            dh_kernel_use_weigh(p->use, 1);
        }
        out->forward.attention = share * t / p->stack->attention_rate;
        out->backward.attention = out->forward.attention * BACKWARD_ATTENTION;
        return;
    }
    double elements = plan->micro_batch * s * s * heads / plan->context;
    double stream = p->device->memory_bytes_per_s * STREAM * p->stack->attention_rate;
    double rows = plan->micro_batch * s * heads / plan->context;
    double scores = product_s(p, p->output, rows, s, width), mix = product_s(p, p->output, rows, width, s);
    if (fmod(width, ALIGNED) != 0 && p->device->fp32_flops > 0) /* no matrix units for such rows */
        scores = mix = 2 * rows * s * width / p->device->fp32_flops;
    double more = softmax_is_fused(plan, heads) ? 0 : SCORE_SLOW;
    out->forward.attention = elements * (SCORE_FORWARD + more) / stream + scores + mix;
    out->backward.attention = elements * (SCORE_BACKWARD + more) / stream + 2 * (scores + mix);
}

static void element_s(struct dh_training_layer *out, const struct dh_training_place *p,
                      const struct dh_training_plan *plan, double tokens, double experts) {
    const struct dh_transformer *m = p->model;
    double t = plan->tensor, cut = plan->sequence_parallel ? t : 1, spread = plan->expert > 1 ? 1 : t;
    double routed = plan->expert > 1 ? 1 / t : 1; /* tokens that a rank sends to experts */
    double inner = m->ffn / t * (1 - experts) +
                   experts * (m->shared_ffn / t + routed * m->experts_used * m->expert_ffn / spread);
    double per_token =
        RESIDUAL_BYTES * m->hidden / cut + 2 * inner * (m->matrices == 3 ? 3 : 2.5) +
        4 * (m->heads + 2 * m->kv_heads) * m->head_dim / t +
        experts * 8 * p->stack->expert_element / p->stack->element * m->hidden * m->experts_used * routed;
    if (dh_kernel_bytes(plan->format) < 2)
        per_token += 3 * (2 * m->hidden + (m->matrices - 1) * inner);
    double rate = p->device->memory_bytes_per_s * STREAM;
    out->forward.element = tokens * per_token * p->stack->element / rate;
    /* and the weight's gradient is added to what is there */
    double gradients = plan->lora_rank > 0 ? 0 : 2 * (double)p->stack->gradient_bytes * out->parameters;
    out->backward.element = 2 * out->forward.element + gradients / rate;
}

static void tensor_traffic(struct dh_training_layer *out, const struct dh_training_place *p, double bytes,
                           double t) {
    struct dh_training_transfer ring = dh_training_ring(p, bytes, t, fmin(t, p->net->domain), 2);
    double shown = 1 - p->stack->tensor_overlap;
    out->forward.tensor = 2 * shown * (ring.latency_s + ring.transfer_s);
    out->backward.tensor = out->forward.tensor;
    if (!p->traffic)
        return;
    /* products hide a share of it, whatever it takes */
    dh_training_flow_add(&out->forward.tensor_flow, &ring,
                         ring.latency_s + p->stack->tensor_overlap * ring.transfer_s, 2);
    out->backward.tensor_flow = out->forward.tensor_flow;
}

static void context_traffic(struct dh_training_layer *out, const struct dh_training_place *p,
                            const struct dh_training_plan *plan, double tokens) {
    const struct dh_transformer *m = p->model;
    double c = plan->context, t = plan->tensor,
           kv = m->kv_rank > 0 ? m->kv_rank + m->rope_dim : 2 * m->kv_heads * m->head_dim / t;
    double rate = t * c <= p->net->domain ? p->net->link_bytes_per_s * p->stack->link
                                          : p->net->nic_bytes_per_s * p->stack->nic;
    double ring = (c - 1) * (2 * kv * tokens / rate + p->stack->latency_s);
    double forward = 0.8 * out->forward.attention, backward = 0.8 * out->backward.attention;
    out->forward.context = fmax(0, ring - forward);
    out->backward.context = fmax(0, 2 * ring - backward);
    if (!p->traffic)
        return;
    double sent = (c - 1) * 2 * kv * tokens, latency = (c - 1) * p->stack->latency_s;
    struct dh_training_transfer there = {latency, sent / rate, sent};
    struct dh_training_transfer back = {2 * latency, 2 * sent / rate, 2 * sent};
    dh_training_flow_add(&out->forward.context_flow, &there, forward, 1);
    dh_training_flow_add(&out->backward.context_flow, &back, backward, 1);
}

static void expert_traffic(struct dh_training_layer *out, const struct dh_training_place *p,
                           const struct dh_training_plan *plan, double tokens, double experts) {
    const struct dh_transformer *m = p->model;
    double sent = 2 * tokens / plan->tensor * m->hidden * m->experts_used * busiest(p, plan);
    struct dh_training_transfer once =
        dh_training_exchange(p, sent, plan->expert, local_ranks(p, 1, plan->expert), m->experts_used);
    out->forward.expert = out->backward.expert =
        experts * 2 * (once.latency_s + once.transfer_s) * (1 - p->stack->expert_overlap);
    if (!p->traffic)
        return;
    dh_training_flow_add(&out->forward.expert_flow, &once,
                         once.latency_s + p->stack->expert_overlap * once.transfer_s, experts * 2);
    out->backward.expert_flow = out->forward.expert_flow;
}

static void traffic_s(struct dh_training_layer *out, const struct dh_training_place *p,
                      const struct dh_training_plan *plan, double tokens, double experts) {
    tensor_traffic(out, p, 2 * tokens * p->model->hidden, plan->tensor);
    if (plan->context > 1)
        context_traffic(out, p, plan, tokens);
    if (experts > 0 && plan->expert > 1)
        expert_traffic(out, p, plan, tokens, experts);
}

void dh_training_layer_of(struct dh_training_layer *out, const struct dh_training_place *p,
                          const struct dh_training_plan *plan) {
    const struct dh_transformer *m = p->model;
    double tokens = plan->micro_batch * plan->sequence / plan->context, t = plan->tensor;
    double experts = (double)m->expert_layers / m->layers; /* share of layers that have them */
    *out = (struct dh_training_layer){0};
    struct products sum = attention_products(p, tokens, t);
    out->parameters = m->attention / t;
    if (experts < 1) {
        dh_kernel_use_weigh(p->use, 1 - experts);
        sum = plus(sum, block_products(p, tokens, m->ffn / t), 1 - experts);
        out->parameters += (1 - experts) * m->dense / t;
    }
    if (experts > 0) {
        struct products routed = {0};
        double own = plan->expert > 1 ? 1 : t, held = m->experts / plan->expert;
        double rows = tokens * m->experts_used * busiest(p, plan) / (plan->expert > 1 ? t : 1);
        dh_kernel_use_weigh(p->use, experts);
        add_experts(&routed, p, rows, held, m->hidden, (m->matrices - 1) * m->expert_ffn / own);
        add_experts(&routed, p, rows, held, m->expert_ffn / own, m->hidden);
        add(&routed, p, p->output, tokens / t, m->hidden, m->experts);
        sum = plus(sum, plus(block_products(p, tokens, m->shared_ffn / t), routed, 1), experts);
        out->expert_parameters = experts * held * m->expert / own;
        out->parameters += experts * (m->shared / t + m->router) + out->expert_parameters;
    }
    if (plan->lora_rank > 0) /* frozen weights have no gradient; adapters are thin */
        sum.weight *= fmin(1, 2.0 * plan->lora_rank / m->hidden);
    dh_kernel_use_weigh(p->use, 1);
    out->forward.product = sum.forward;
    out->backward.product = sum.input + sum.weight;
    out->weight_gradient = sum.weight;
    attention_s(out, p, plan);
    element_s(out, p, plan, tokens, experts);
    traffic_s(out, p, plan, tokens, experts);
    double unfused = LAUNCHES_UNFUSED + (softmax_is_fused(plan, fmax(m->heads / t, 1)) ? 0 : LAUNCHES_SLOW);
    double launches = LAUNCHES + (p->stack->attention ? unfused : 0) +
                      experts * (LAUNCHES_EXPERT + 2 * m->experts / plan->expert) +
                      (t > 1 ? LAUNCHES_TENSOR : 0);
    out->forward.host = launches * p->stack->launch_s;
    out->backward.host = 2 * out->forward.host;
    struct products output = {0};
    dh_kernel_use_weigh(p->use, (double)plan->pipeline / m->layers); /* a stage has that many layers to one */
    add(&output, p, p->output, tokens, m->hidden, m->vocab / t);
    /* 20 bytes a logit: written in 16 and 32 bits, read by softmax and loss, and its gradient */
    double logits = 20 * tokens * m->vocab / t / (p->device->memory_bytes_per_s * STREAM);
    out->output_forward = output.forward + 0.4 * logits;
    out->output_backward = output.input + (plan->lora_rank > 0 ? 0 : output.weight) + 0.6 * logits;
}
