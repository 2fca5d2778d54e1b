/* One training step of a transformer on many accelerators: its time by part, its memory, and the best plan.
 *
 * A plan cuts the model and the batch: tensor (t), pipeline (p, each stage in v chunks), context (c), expert
 * (e) and data (D = gpus / (t p c)) parallel. A micro-batch of b sequences of s tokens leaves T = b s / c
 * tokens to a rank, and a step has m = batch / (D b) of them. Kernels come from models/kernel.h, what the
 * software does to them from a catalog's <stack> (struct dh_stack_spec). Equations: AI.md 1.3 and 2, that is
 *
 *   layer, forward   matrix products / psi + attention / eps + element-wise phi + exposed collectives, never
 *                    less than what the host needs to launch it; backward twice the products (the input's
 *                    gradient and the weight's), 2.5 times the attention's operations at 0.82 of its rate
 *                    (T. Dao, arXiv 2307.08691, section 4.1); recomputation adds a forward pass
 *   tensor           per layer two all-reduces of 2 T H bytes forward and two backward, or the same as
 *                    reduce-scatter and all-gather with sequence parallelism (V. Korthikanti et al., arXiv
 *                    2205.05198, section 4.2)
 *   context          ring of key and value chunks, hidden behind 0.8 of the attention
 *   expert           dispatch and combine all-to-all of T H bytes times the experts of a token
 *   pipeline         m (S + x) + (p - 1)/v (S_layers + x), S the slowest stage (D. Narayanan et al., SC21,
 *                    arXiv 2104.04473, section 2.2); zero-bubble schedules keep (p - 1)(F + B - W) of it (P.
 *                    Qi et al., arXiv 2401.10241, table 2, ZB-H1)
 *   data             ring all-reduce of the gradients, or reduce-scatter and all-gather when sharded, less
 *                    what hides behind the backward pass; fully sharded: each layer's weights for every
 *                    micro-batch, forward and backward
 *   step             the sum, the optimizer and a fixed time, times 1 + gamma log2(nodes)
 *
 * All functions are pure: plain structs in and out, nothing allocated, no globals. Seconds and bytes; token
 * and batch counts are doubles because they are only ever multiplied. */
#ifndef DH_MODELS_TRAINING_H
#define DH_MODELS_TRAINING_H

#include "models/collective.h"
#include "models/kernel_use.h"
#include "models/transformer.h"
#include "scenarios/scenario.h"

enum dh_shard {
    DH_SHARD_NONE,      /* every data-parallel rank holds everything */
    DH_SHARD_OPTIMIZER, /* ZeRO 1, Megatron's distributed optimizer */
    DH_SHARD_GRADIENTS, /* ZeRO 2 */
    DH_SHARD_WEIGHTS    /* ZeRO 3, FSDP */
};
enum dh_recompute { DH_RECOMPUTE_NONE, DH_RECOMPUTE_SELECTIVE, DH_RECOMPUTE_FULL, DH_RECOMPUTE_BY_FIT };
enum dh_schedule { DH_SCHEDULE_1F1B, DH_SCHEDULE_ZERO_BUBBLE };

struct dh_training_plan {
    int32_t gpus;                              /* all of them; divisible by tensor * pipeline * context */
    int32_t tensor, pipeline, chunks, context; /* each at least 1; chunks: of a stage, interleaved */
    int32_t expert;                            /* ranks that share a layer's experts, 1: each has all */
    double batch, micro_batch, sequence;       /* sequences of a step, of a micro-batch; tokens of each */
    enum dh_shard shard;
    int32_t shard_group;         /* ranks that a shard set spans; 0: all data-parallel ones */
    enum dh_recompute recompute; /* BY_FIT: the least that fits the memory */
    enum dh_schedule schedule;
    enum dh_number_format format; /* of the layers' matrix products; the rest is 16-bit */
    bool sequence_parallel;       /* norms and residuals cut along the sequence as well */
    bool dropout;                 /* its masks are kept */
    int32_t lora_rank;            /* 0: all weights are trained; else only adapters are */
};

/* What joins the devices. Rates are one direction of one device. fabric gives reductions and gathers their
 * time (models/collective.h), of which the stack gets its share; without one (domain NULL) they are rings at
 * the bare rates. */
struct dh_training_net {
    int32_t node;   /* devices of a server */
    int32_t domain; /* devices within fast links: a server's, or a rack's */
    double link_bytes_per_s, nic_bytes_per_s;
    struct dh_collective_fabric fabric;
};

/* Seconds of a step, of the rank that is waited for. They add up to step_s. */
struct dh_training_step {
    double step_s;
    double product_s, attention_s, element_s, host_s;         /* host_s: launches that the device waits for */
    double tensor_s, context_s, expert_s, pipeline_s, data_s; /* exposed communication */
    double bubble_s, optimizer_s, fixed_s, straggle_s;
    double forward_s, backward_s; /* of all micro-batches on that rank, without communication */
    double tokens_per_s;          /* of one device */
    double model_flops;           /* of the step, all devices: three forward passes, two of frozen weights; no
                                     recomputation */
    double mfu;                   /* against the device's peak of the plan's format */
    double micro_batches;
    enum dh_recompute recompute; /* as taken */
    double low_s, high_s;        /* 90 % of measured steps of that stack lie between */
};

/* A stretch of the step for the power model: what the device does on average while it lasts. */
enum dh_training_phase_kind {
    DH_TRAIN_FORWARD,
    DH_TRAIN_BACKWARD,
    DH_TRAIN_COMMUNICATION,
    DH_TRAIN_BUBBLE,
    DH_TRAIN_OPTIMIZER,
    DH_TRAIN_IDLE,
    DH_N_TRAIN_PHASE
};
struct dh_training_phase {
    double seconds, mfu, mbu; /* shares of the peak rate and of the memory bandwidth */
};

enum dh_tensor_class {
    DH_TENSOR_WEIGHTS,
    DH_TENSOR_GRADIENTS,
    DH_TENSOR_OPTIMIZER,
    DH_TENSOR_ACTIVATIONS,
    DH_TENSOR_LOGITS,
    DH_TENSOR_WORKSPACE,
    DH_N_TENSOR_CLASS
};
extern const char *const dh_tensor_class_names[DH_N_TENSOR_CLASS];
struct dh_training_memory {
    double bytes[DH_N_TENSOR_CLASS], total, available;
    enum dh_tensor_class largest;
    bool fits;
};

/* Does the plan make sense for this model? DH_ERR_VALUE with what does not: counts that do not divide. */
enum dh_err dh_training_check(const struct dh_transformer *model, const struct dh_training_plan *plan,
                              struct dh_diag *diag);

/* Ranks that see different data. */
int32_t dh_training_replicas(const struct dh_training_plan *plan);

/* Links as the device's data sheet gives them and the era's network cards, three quarters and nine tenths of
 * their rates (catalog:interconnects.xml), for a plan that says nothing: servers of eight. */
struct dh_training_net dh_training_net_default(const struct dh_device_spec *device);

/* The stack of a name among n, by id or alias; the longest alias that the name begins with wins ("NeMo" is
 * of "NeMo 25.04"). NULL: none. */
const struct dh_stack_spec *dh_training_stack_of(const struct dh_stack_spec *stacks, int32_t n,
                                                 const char *name);

/* Time of one step; the plan has passed dh_training_check. phases may be NULL, else DH_N_TRAIN_PHASE of
 * them. DH_ERR_VALUE: the device has no constants for matrix products. */
enum dh_err dh_training_step(struct dh_training_step *out, struct dh_training_phase *phases,
                             const struct dh_transformer *model, const struct dh_training_plan *plan,
                             const struct dh_device_spec *device, const struct dh_training_net *net,
                             const struct dh_stack_spec *stack, struct dh_diag *diag);

/* The kernels of that step on the rank that is waited for: shapes of a layer and of the output layer, with
 * the seconds of a step, which add up to product_s + attention_s. */
enum dh_err dh_training_kernels(struct dh_kernel_use *use, const struct dh_transformer *model,
                                const struct dh_training_plan *plan, const struct dh_device_spec *device,
                                const struct dh_training_net *net, const struct dh_stack_spec *stack);

/* 1F1B and interleaved pipeline without communication: p stages, m micro-batches, v chunks, one micro-batch
 * takes forward_s + backward_s on a stage. Whole time; the bubble's share of it is
 * (p-1)/(v m + p - 1). */
double dh_training_pipeline_s(double stages, double micro_batches, double chunks, double forward_s,
                              double backward_s);

/* What a search may choose; the rest stays as the plan says. layout: tensor, pipeline, chunks, context and
 * expert; shard: from what the plan has up to optimizer states; recompute likewise. */
struct dh_training_free {
    bool layout, micro_batch, recompute, shard;
};

/* The plan whose step is shortest among those that fit the memory: powers of two and their like for each
 * direction, tensor within a domain. tried may be NULL. DH_ERR_VALUE: none fits; *plan is then as it was. */
enum dh_err dh_training_search(struct dh_training_plan *plan, struct dh_training_step *step, int64_t *tried,
                               const struct dh_transformer *model, const struct dh_training_free *may,
                               const struct dh_device_spec *device, const struct dh_training_net *net,
                               const struct dh_stack_spec *stack, struct dh_diag *diag);

/* Bytes on the fullest device (the first pipeline stage; the last for logits). Weights 2 bytes, gradients as
 * the stack keeps them, optimizer 12 (fp32 weight and two moments; S. Rajbhandari et al., arXiv 1910.02054,
 * section 3.1); activations of a layer after Korthikanti et al., table 2, tensor by tensor, so that gated and
 * grouped models count too. */
void dh_training_memory(struct dh_training_memory *out, const struct dh_transformer *model,
                        const struct dh_training_plan *plan, const struct dh_device_spec *device,
                        const struct dh_stack_spec *stack);
/* DH_OK where it fits. Otherwise DH_ERR_VALUE with the bytes, the largest class of tensors and, as hint, the
 * nearest plan that fits: fewest doublings of its cuts, halvings of its micro-batch and steps of sharding and
 * recomputation; on the same devices, or when none fits on twice as many, and so on. memory and nearest may
 * be NULL. */
enum dh_err dh_training_fit(struct dh_training_memory *memory, struct dh_training_plan *nearest,
                            const struct dh_transformer *model, const struct dh_training_plan *plan,
                            const struct dh_device_spec *device, const struct dh_training_net *net,
                            const struct dh_stack_spec *stack, struct dh_diag *diag);
/* Of one layer and micro-batch on a rank, attention by tiles or not. */
double dh_training_activation_bytes(const struct dh_transformer *model, const struct dh_training_plan *plan,
                                    bool tiled);

#endif
