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
#define FSDP_MIX     0.05 /* of the shorter of work and traffic, what does not overlap (AI.md 2) */

int32_t dh_training_replicas(const struct dh_training_plan *plan) {
    return plan->gpus / (plan->tensor * plan->pipeline * plan->context);
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

static double gradient_traffic(struct dh_training_step *s, const struct dh_training_layer *layer,
                               const struct dh_training_place *p, const struct dh_training_plan *plan,
                               double layers, double backward_s, double forward_s) {
    double expert, all = dh_training_stage_parameters(p->model, plan, &expert);
    double ranks = (double)dh_training_replicas(plan) * plan->context, inner = plan->tensor;
    double local = fmax(1, fmin(ranks, floor(p->net->domain / inner)));
    (void)layer;
    (void)layers;
    (void)s;
    if (plan->lora_rank > 0)
        all = all * fmin(1, 2.0 * plan->lora_rank / p->model->hidden), expert = 0;
    double trained = all - expert, copies = fmax(1, ranks * plan->tensor / plan->expert);
    double copies_local = fmax(1, fmin(copies, floor((double)p->net->domain / plan->expert)));
    if (plan->expert <= 1)
        trained = all, expert = 0;
    double gradients = (double)p->stack->gradient_bytes,
           rounds = plan->shard == DH_SHARD_NONE || plan->shard_group > 0 ? 2 : 1;
    double reduce =
        dh_training_ring_s(p, gradients * trained, ranks, local, rounds) +
        (expert > 0 ? dh_training_ring_s(p, gradients * expert, copies, copies_local, rounds) : 0);
    double shown = fmax(0, reduce - p->stack->data_overlap * backward_s);
    if (plan->shard != DH_SHARD_NONE) {
        double group = plan->shard_group > 0 ? fmin(plan->shard_group, ranks) : ranks;
        double gather = dh_training_ring_s(p, 2 * trained, group, fmin(local, group), 1) +
                        (expert > 0 ? dh_training_ring_s(p, 2 * expert, copies, copies_local, 1) : 0);
        shown += fmax(0, gather - p->stack->gather_overlap * forward_s);
    }
    return shown;
}

/* What of gathering a layer's weights shows beside its work. */
static double beside(double work, double traffic) {
    return fmax(work, traffic) + FSDP_MIX * fmin(work, traffic) - work;
}

void dh_training_step_of(struct dh_training_step *s, const struct dh_training_layer *layer,
                         const struct dh_training_place *p, const struct dh_training_plan *plan) {
    const struct dh_transformer *m = p->model;
    double replicas = dh_training_replicas(plan), stages = plan->pipeline, chunks = plan->chunks;
    double times = plan->batch / (replicas * plan->micro_batch), layers;
    struct dh_training_pass back = recomputed(layer, plan->recompute, p->stack->attention == 0);
    double forward = longer(of_pass(&layer->forward), layer->forward.host),
           backward = longer(of_pass(&back), back.host);
    *s = (struct dh_training_step){.micro_batches = times, .recompute = plan->recompute};

    double shown_forward = 0, shown_backward = 0, ends = 0;
    if (plan->shard == DH_SHARD_WEIGHTS) {
        double ranks = plan->shard_group > 0 ? fmin(plan->shard_group, replicas * plan->context)
                                             : replicas * plan->context;
        double local = fmax(1, fmin(ranks, floor((double)p->net->domain / plan->tensor)));
        double gather = dh_training_ring_s(p, 2 * layer->parameters, ranks, local, 1);
        double scatter = plan->lora_rank > 0
                             ? 0
                             : dh_training_ring_s(p, (double)p->stack->gradient_bytes * layer->parameters,
                                                  ranks, local, 1);
        shown_forward = beside(forward, gather);
        shown_backward = beside(backward, gather + scatter);
        ends = gather + scatter;
    }
    double output = layer->output_forward + layer->output_backward;
    double one = forward + backward + shown_forward + shown_backward;
    double stage = slowest(one, output, m->layers, stages, &layers);

    /* activations to the next stage and back, once a chunk */
    double x = 0;
    if (stages > 1) {
        double tokens = plan->micro_batch * plan->sequence / plan->context;
        bool near = plan->tensor * plan->context * replicas * stages <= p->net->domain;
        double rate =
            near ? p->net->link_bytes_per_s * p->stack->link : p->net->nic_bytes_per_s * p->stack->nic;
        double bytes = 2 * tokens * m->hidden / (plan->sequence_parallel ? plan->tensor : 1);
        x = 2 * chunks * (bytes / rate + PIPE_START_S) * (chunks > 1 ? 0.3 : 1);
    }
    double bare = stage;
    if (plan->schedule == DH_SCHEDULE_ZERO_BUBBLE && stages > 1)
        bare = m->layers / stages * (one - 2 * layer->weight_gradient);
    else if (stages > 1)
        bare = m->layers / stages * one;
    s->pipeline_s = times * x;
    s->bubble_s = (stages - 1) / chunks * (bare + x);
    add_pass(s, &layer->forward, times * layers, forward);
    add_pass(s, &back, times * layers, backward);
    double last = times * (stage - layers * one); /* output layer, or waiting for the stage that has it */
    s->product_s += last;
    s->forward_s =
        times * layers * (layer->forward.product + layer->forward.attention + layer->forward.element) +
        last * layer->output_forward / output;
    s->backward_s = times * layers * (back.product + back.attention + back.element) +
                    last * layer->output_backward / output;

    double expert, all = dh_training_stage_parameters(m, plan, &expert);
    double shards = plan->shard == DH_SHARD_NONE ? 1
                    : plan->shard_group > 0      ? fmin(plan->shard_group, replicas * plan->context)
                                                 : replicas * plan->context;
    if (plan->lora_rank > 0)
        all *= fmin(1, 2.0 * plan->lora_rank / m->hidden);
    s->data_s = plan->shard == DH_SHARD_WEIGHTS
                    ? times * layers * (shown_forward + shown_backward) + ends
                    : gradient_traffic(s, layer, p, plan, layers, layers * backward, layers * forward);
    s->optimizer_s = all / shards * OPTIMIZER_BYTES / (p->device->memory_bytes_per_s * STREAM);
    s->fixed_s = p->stack->fixed_s;
    double sum = s->product_s + s->attention_s + s->element_s + s->host_s + s->tensor_s + s->context_s +
                 s->expert_s + s->pipeline_s + s->data_s + s->bubble_s + s->optimizer_s + s->fixed_s;
    double nodes = fmax(1, (double)plan->gpus / p->net->node);
    s->straggle_s = sum * p->stack->scale * dh_log2(nodes);
    s->step_s = sum + s->straggle_s;
    s->low_s = s->step_s * p->stack->low;
    s->high_s = s->step_s * p->stack->high;
    s->tokens_per_s = plan->batch * plan->sequence / s->step_s / plan->gpus;
    s->model_flops = 3 * plan->batch * dh_transformer_prompt_flops(m, plan->sequence);
    s->mfu = s->model_flops / s->step_s / (plan->gpus * p->products->peak_flops);
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
                                        dh_kernel_prefill_of(device, DH_FORMAT_BF16)};
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
        dh_training_phases_of(phases, out, &layer, &place, &taken);
    return DH_OK;
}
