/* A step put together from its layers: pipeline, gradients, optimizer. And what a plan must fulfil. */
#include "models/kernel.h"
#include "models/training_internal.h"
#include "sim/diag.h"
#include "sim/math.h"

#include <math.h>

#define STREAM 0.78
#define OPTIMIZER_BYTES                                                                                      \
    20.0 /* a parameter: gradient, fp32 weight and two moments in, all but the first out */
#define PIPE_START_S 15e-6
#define PIPE_SHOWN   0.3  /* of a message between chunks, AI.md 2 */
#define FSDP_MIX     0.05 /* of the shorter of work and traffic, what does not overlap (AI.md 2) */

int32_t dh_training_replicas(const struct dh_training_plan *plan) {
    return (int32_t)(plan->gpus / ((int64_t)plan->tensor * plan->pipeline * plan->context));
}

double dh_training_pipeline_s(double stages, double micro_batches, double chunks, double forward_s,
                              double backward_s) {
    return (micro_batches + (stages - 1) / chunks) * (forward_s + backward_s);
}

/* The longer one, rounded off where both matter: a launch queue runs empty now and then. */
static double longer(double a, double b) {
    double x = a * a, y = b * b;
    return sqrt(sqrt(x * x + y * y));
}

static double of_pass(const struct dh_training_pass *p) {
    return p->product + p->attention + p->element + p->tensor + p->context + p->expert;
}

static void add_pass(struct dh_training_step *s, const struct dh_training_pass *p, double times,
                     double busy) {
    s->product_s += times * p->product;
    s->attention_s += times * p->attention;
    s->element_s += times * p->element;
    s->tensor_s += times * p->tensor;
    s->context_s += times * p->context;
    s->expert_s += times * p->expert;
    s->host_s += times * (busy - of_pass(p));
}

/* Recomputation puts a forward pass in front of the backward one; selective, the attention whose scores went
 * to memory (Korthikanti et al.), or where attention is tiled anyway, norms and activations: half of the
 * element-wise traffic. */
static struct dh_training_pass recomputed(const struct dh_training_layer *l, enum dh_recompute how,
                                          bool tiled) {
    struct dh_training_pass b = l->backward;
    if (how == DH_RECOMPUTE_FULL) {
        b.product += l->forward.product;
        b.attention += l->forward.attention;
        b.element += l->forward.element;
        b.tensor += l->forward.tensor;
        b.context += l->forward.context;
        b.expert += l->forward.expert;
        b.host += l->forward.host;
        dh_training_flow_join(&b.tensor_flow, &l->forward.tensor_flow, 1);
        dh_training_flow_join(&b.context_flow, &l->forward.context_flow, 1);
        dh_training_flow_join(&b.expert_flow, &l->forward.expert_flow, 1);
    } else if (how == DH_RECOMPUTE_SELECTIVE && tiled)
        b.element += 0.5 * l->forward.element;
    else if (how == DH_RECOMPUTE_SELECTIVE)
        b.attention += l->forward.attention;
    return b;
}

/* Slowest stage: layers in equal parts, the last stage has the output layer too; where the number of layers
 * is not a multiple of the stages, it has one less. */
static double slowest(double layer, double output, double layers, double stages, double *mine) {
    double most = ceil(layers / stages);
    if (stages == 1 || most * stages == layers) {
        *mine = most;
        return most * layer + output;
    }
    double last = (most - 1) * layer + output;
    *mine = last > most * layer ? most - 1 : most;
    return fmax(most * layer, last);
}

/* Share of the parameters that adapters are: two thin matrices beside each. */
static double adapters(const struct dh_transformer *m, const struct dh_training_plan *plan) {
    return fmin(1, 2.0 * plan->lora_rank / m->hidden);
}

/* Ranks that share out what is sharded. */
static double shard_ranks(const struct dh_training_plan *plan) {
    double ranks = (double)dh_training_replicas(plan) * plan->context;
    return plan->shard_group > 0 ? fmin(plan->shard_group, ranks) : ranks;
}

/* Collectives of a stage's parameters: those of all ranks that see other data, and of experts' copies, which
 * are fewer: their ranks differ. */
struct gradient_ranks {
    double rest, expert; /* parameters */
    double ranks, local, copies, copies_local;
};

static struct gradient_ranks gradient_ranks(const struct dh_training_place *p,
                                            const struct dh_training_plan *plan) {
    struct gradient_ranks g;
    double all = dh_training_stage_parameters(p->model, plan, &g.expert);
    g.ranks = (double)dh_training_replicas(plan) * plan->context;
    g.local = fmax(1, fmin(g.ranks, floor((double)p->net->domain / plan->tensor)));
    g.copies = fmax(1, g.ranks * plan->tensor / plan->expert);
    g.copies_local = fmax(1, fmin(g.copies, floor((double)p->net->domain / plan->expert)));
    if (plan->lora_rank > 0)
        all *= adapters(p->model, plan);
    if (plan->expert <= 1 || plan->lora_rank > 0)
        g.expert = 0;
    g.rest = all - g.expert;
    return g;
}

/* Both collectives, one after the other, beside one window. */
static double both_s(const struct dh_training_place *p, struct dh_training_wire *wire,
                     const struct dh_training_transfer *rest, const struct dh_training_transfer *expert,
                     double window_s) {
    struct dh_training_transfer both = {rest->latency_s + expert->latency_s,
                                        rest->transfer_s + expert->transfer_s, rest->bytes};
    double time = rest->latency_s + rest->transfer_s + (expert->latency_s + expert->transfer_s);
    double shown = fmax(0, time - window_s);
    if (p->traffic) {
        dh_training_flow_add(&wire->flow, &both, window_s, 1);
        wire->expert_bytes += expert->bytes;
        wire->exposed_s += shown;
    }
    return shown;
}

/* What shows of reducing gradients and, where optimizer states are sharded, of gathering the weights that
 * they made. */
static double gradient_traffic(const struct dh_training_place *p, const struct dh_training_plan *plan,
                               double forward_s, double backward_s) {
    struct gradient_ranks g = gradient_ranks(p, plan);
    struct dh_training_wire unused[2], *wire = p->traffic ? &p->traffic->wires[DH_WIRE_GATHER] : unused;
    const struct dh_training_transfer none = {0, 0, 0};
    double element = (double)p->stack->gradient_bytes;
    /* a shard group smaller than all ranks still needs everyone's gradients */
    double rounds = plan->shard == DH_SHARD_NONE || plan->shard_group > 0 ? 2 : 1;
    struct dh_training_transfer rest = dh_training_ring(p, element * g.rest, g.ranks, g.local, rounds);
    struct dh_training_transfer expert =
        g.expert > 0 ? dh_training_ring(p, element * g.expert, g.copies, g.copies_local, rounds) : none;
    double shown = both_s(p, &wire[DH_WIRE_REDUCE - DH_WIRE_GATHER], &rest, &expert,
                          p->stack->data_overlap * backward_s);
    if (plan->shard == DH_SHARD_NONE)
        return shown;
    double group = shard_ranks(plan);
    rest = dh_training_ring(p, 2 * g.rest, group, fmin(g.local, group), 1);
    expert = g.expert > 0 ? dh_training_ring(p, 2 * g.expert, g.copies, g.copies_local, 1) : none;
    return shown + both_s(p, wire, &rest, &expert, p->stack->gather_overlap * forward_s);
}

/* What of gathering a layer's weights shows beside its work. */
static double beside(double work, double traffic) {
    return fmax(work, traffic) + FSDP_MIX * fmin(work, traffic) - work;
}

/* Fully sharded weights: what shows of gathering a layer's, forward and backward, and at the ends of a step,
 * where nothing hides it. */
struct gathering {
    double forward, backward, ends;
};

/* times: layers of a step that are told to p->traffic. */
static struct gathering gathering_of(const struct dh_training_layer *layer, const struct dh_training_place *p,
                                     const struct dh_training_plan *plan, double forward, double backward,
                                     double times) {
    if (plan->shard != DH_SHARD_WEIGHTS)
        return (struct gathering){0};
    double ranks = shard_ranks(plan), held = layer->parameters;
    double local = fmax(1, fmin(ranks, floor((double)p->net->domain / plan->tensor)));
    struct dh_training_transfer in = dh_training_ring(p, 2 * held, ranks, local, 1), out = {0};
    if (plan->lora_rank == 0)
        out = dh_training_ring(p, (double)p->stack->gradient_bytes * held, ranks, local, 1);
    double gather = in.latency_s + in.transfer_s, scatter = out.latency_s + out.transfer_s;
    if (p->traffic && times > 0) {
        struct dh_training_flow *flow = &p->traffic->wires[DH_WIRE_GATHER].flow;
        struct dh_training_transfer both = {in.latency_s + out.latency_s, in.transfer_s + out.transfer_s,
                                            in.bytes + out.bytes};
        dh_training_flow_add(flow, &in, forward, times);
        dh_training_flow_add(flow, &both, backward, times);
        dh_training_flow_add(flow, &both, 0, 1);
    }
    return (struct gathering){beside(forward, gather), beside(backward, gather + scatter), gather + scatter};
}

/* Activations of a micro-batch to the next stage and gradients back, once a chunk; interleaved stages work on
 * other chunks meanwhile. */
static double handing_on(const struct dh_training_place *p, const struct dh_training_plan *plan,
                         double times) {
    if (plan->pipeline <= 1)
        return 0;
    bool near = plan->gpus <= p->net->domain;
    double rate = near ? p->net->link_bytes_per_s * p->stack->link : p->net->nic_bytes_per_s * p->stack->nic;
    double bytes = 2 * plan->micro_batch * plan->sequence / plan->context * p->model->hidden /
                   (plan->sequence_parallel ? plan->tensor : 1);
    double shown = plan->chunks > 1 ? PIPE_SHOWN : 1;
    if (p->traffic) {
        struct dh_training_transfer message = {PIPE_START_S, bytes / rate, bytes};
        dh_training_flow_add(&p->traffic->wires[DH_WIRE_PIPELINE].flow, &message,
                             PIPE_START_S + (1 - shown) * bytes / rate, 2.0 * plan->chunks * times);
    }
    return 2.0 * plan->chunks * (bytes / rate + PIPE_START_S) * shown;
}

/* What layers send, and how much of each kind the step shows. */
static void tell_traffic(struct dh_training_traffic *t, const struct dh_training_step *s,
                         const struct dh_training_pass *forward, const struct dh_training_pass *back,
                         double times) {
    struct dh_training_wire *w = t->wires;
    dh_training_flow_join(&w[DH_WIRE_TENSOR].flow, &forward->tensor_flow, times);
    dh_training_flow_join(&w[DH_WIRE_TENSOR].flow, &back->tensor_flow, times);
    dh_training_flow_join(&w[DH_WIRE_CONTEXT].flow, &forward->context_flow, times);
    dh_training_flow_join(&w[DH_WIRE_CONTEXT].flow, &back->context_flow, times);
    dh_training_flow_join(&w[DH_WIRE_EXPERT].flow, &forward->expert_flow, times);
    dh_training_flow_join(&w[DH_WIRE_EXPERT].flow, &back->expert_flow, times);
    w[DH_WIRE_TENSOR].exposed_s = s->tensor_s;
    w[DH_WIRE_CONTEXT].exposed_s = s->context_s;
    w[DH_WIRE_EXPERT].exposed_s = s->expert_s;
    w[DH_WIRE_PIPELINE].exposed_s = s->pipeline_s;
    if (t->plan.shard == DH_SHARD_WEIGHTS)
        w[DH_WIRE_GATHER].exposed_s = s->data_s;
    t->step_s = s->step_s;
}

static double sum_of(const struct dh_training_step *s) {
    return s->product_s + s->attention_s + s->element_s + s->host_s + s->tensor_s + s->context_s +
           s->expert_s + s->pipeline_s + s->data_s + s->bubble_s + s->optimizer_s + s->fixed_s;
}

double dh_training_passes(const struct dh_training_plan *plan) {
    return plan->lora_rank > 0 ? 2 : 3;
}

/* Rates and the band, once the time is known. */
static void judge(struct dh_training_step *s, const struct dh_training_place *p,
                  const struct dh_training_plan *plan) {
    s->low_s = s->step_s * p->stack->low;
    s->high_s = s->step_s * p->stack->high;
    s->tokens_per_s = plan->batch * plan->sequence / s->step_s / plan->gpus;
    s->model_flops =
        dh_training_passes(plan) * plan->batch * dh_transformer_prompt_flops(p->model, plan->sequence);
    s->mfu = s->model_flops / s->step_s / (plan->gpus * p->products->peak_flops);
}

void dh_training_step_of(struct dh_training_step *s, const struct dh_training_layer *layer,
                         const struct dh_training_place *p, const struct dh_training_plan *plan) {
    const struct dh_transformer *m = p->model;
    double stages = plan->pipeline, times = plan->batch / (dh_training_replicas(plan) * plan->micro_batch),
           layers;
    struct dh_training_pass back = recomputed(layer, plan->recompute, p->stack->attention == 0);
    double forward = longer(of_pass(&layer->forward), layer->forward.host);
    double backward = longer(of_pass(&back), back.host);
    struct gathering shown = gathering_of(layer, p, plan, forward, backward, 0);
    double output = layer->output_forward + layer->output_backward;
    double one = forward + backward + shown.forward + shown.backward, x = handing_on(p, plan, times);
    double stage = slowest(one, output, m->layers, stages, &layers);
    double idle = one; /* of a layer while its stage waits for the first and behind the last micro-batch */
    if (plan->schedule == DH_SCHEDULE_ZERO_BUBBLE)
        idle -= 2 * layer->weight_gradient;

    *s = (struct dh_training_step){.micro_batches = times, .recompute = plan->recompute};
    s->pipeline_s = times * x;
    s->bubble_s = (stages - 1) / plan->chunks * (m->layers / stages * idle + x);
    add_pass(s, &layer->forward, times * layers, forward);
    add_pass(s, &back, times * layers, backward);
    double last = times * (stage - layers * one); /* output layer, or waiting for the stage that has it */
    s->product_s += last;
    s->forward_s =
        times * layers * (layer->forward.product + layer->forward.attention + layer->forward.element) +
        last * layer->output_forward / output;
    s->backward_s = times * layers * (back.product + back.attention + back.element) +
                    last * layer->output_backward / output;
    s->data_s = plan->shard == DH_SHARD_WEIGHTS
                    ? times * layers * (shown.forward + shown.backward) + shown.ends
                    : gradient_traffic(p, plan, layers * forward, layers * backward);
    double expert, trained = dh_training_stage_parameters(m, plan, &expert);
    if (plan->lora_rank > 0)
        trained *= adapters(m, plan);
    s->optimizer_s = trained / (plan->shard == DH_SHARD_NONE ? 1 : shard_ranks(plan)) * OPTIMIZER_BYTES /
                     (p->device->memory_bytes_per_s * STREAM);
    s->fixed_s = p->stack->fixed_s;
    s->straggle_s = sum_of(s) * p->stack->scale * dh_log2(fmax(1, (double)plan->gpus / p->net->node));
    s->step_s = sum_of(s) + s->straggle_s;
    judge(s, p, plan);
    if (!p->traffic)
        return;
    gathering_of(layer, p, plan, forward, backward, times * layers);
    tell_traffic(p->traffic, s, &layer->forward, &back, times * layers);
}

enum dh_err dh_training_place_of(struct dh_training_place *place, const struct dh_transformer *model,
                                 const struct dh_training_plan *plan, const struct dh_device_spec *device,
                                 const struct dh_training_net *net, const struct dh_stack_spec *stack,
                                 struct dh_diag *diag) {
    *place = (struct dh_training_place){model,
                                        device,
                                        net,
                                        stack,
                                        dh_kernel_gemm_of(device, plan->format),
                                        dh_kernel_gemm_of(device, DH_FORMAT_BF16),
                                        dh_kernel_prefill_of(device, DH_FORMAT_BF16),
                                        NULL,
                                        NULL};
    if (!place->products || !place->output)
        return dh_fail(diag, DH_ERR_VALUE, device->place,
                       "device %s has no constants for matrix products in this number format", device->id);
    return DH_OK;
}

enum dh_err dh_training_step(struct dh_training_step *out, struct dh_training_phase *phases,
                             const struct dh_transformer *model, const struct dh_training_plan *plan,
                             const struct dh_device_spec *device, const struct dh_training_net *net,
                             const struct dh_stack_spec *stack, struct dh_diag *diag) {
    struct dh_training_place place;
    struct dh_training_layer layer;
    struct dh_training_plan taken = *plan;
    DH_TRY(dh_training_place_of(&place, model, plan, device, net, stack, diag));
    if (taken.recompute == DH_RECOMPUTE_BY_FIT)
        taken.recompute = dh_training_recompute_of(model, plan, device, stack);
    dh_training_layer_of(&layer, &place, &taken);
    dh_training_step_of(out, &layer, &place, &taken);
    if (phases)
        dh_training_phases_of(phases, out, &place, &taken);
    return DH_OK;
}

enum dh_err dh_training_kernels(struct dh_kernel_use *use, const struct dh_transformer *model,
                                const struct dh_training_plan *plan, const struct dh_device_spec *device,
                                const struct dh_training_net *net, const struct dh_stack_spec *stack) {
    struct dh_training_place place;
    struct dh_training_layer layer;
    struct dh_training_step step;
    struct dh_training_plan taken = *plan;
    struct dh_diag quiet = {0};
    enum dh_err err = dh_training_place_of(&place, model, plan, device, net, stack, &quiet);
    dh_diag_free(&quiet);
    *use = (struct dh_kernel_use){.weight = 1};
    DH_TRY(err);
    if (taken.recompute == DH_RECOMPUTE_BY_FIT)
        taken.recompute = dh_training_recompute_of(model, plan, device, stack);
    place.use = use;
    dh_training_layer_of(&layer, &place, &taken);
    place.use = NULL;
    dh_training_step_of(&step, &layer, &place, &taken);
    double sum = 0; /* of one layer; of the step there are as many as its time says */
    for (int32_t i = 0; i < use->n; i++)
        sum += use->calls[i].seconds;
    double scale = sum > 0 ? (step.product_s + step.attention_s) / sum : 0;
    for (int32_t i = 0; i < use->n; i++)
        use->calls[i].seconds *= scale;
    return DH_OK;
}
