/* Between the files of the training model. Private to models/training_*.c and the programs that fit it. */
#ifndef DH_MODELS_TRAINING_INTERNAL_H
#define DH_MODELS_TRAINING_INTERNAL_H

#include "models/kernel_use.h"
#include "models/training.h"

/* Where a plan runs. */
struct dh_training_place {
    const struct dh_transformer *model;
    const struct dh_device_spec *device;
    const struct dh_training_net *net;
    const struct dh_stack_spec *stack;
    const struct dh_gemm_spec *products, *output; /* of the plan's format; of the output layer, 16-bit */
    const struct dh_prefill_spec *prefill;        /* NULL: the catalog has none */
    struct dh_kernel_use *use;                    /* gets the kernels of one layer; NULL as a rule */
};

/* Seconds of one layer (the mean over a model's kinds of layers) and of the output layer, one micro-batch,
 * one rank. exposed: what shows of the traffic; host: launching, all told. */
struct dh_training_pass {
    double product, attention, element, host;
    double tensor, context, expert;
};
struct dh_training_layer {
    struct dh_training_pass forward, backward;
    double weight_gradient;                 /* part of backward.product */
    double output_forward, output_backward; /* of the last stage */
    double parameters, expert_parameters;   /* of a layer on this rank; the second are part of the first */
};

enum dh_err dh_training_place_of(struct dh_training_place *place, const struct dh_transformer *model,
                                 const struct dh_training_plan *plan, const struct dh_device_spec *device,
                                 const struct dh_training_net *net, const struct dh_stack_spec *stack,
                                 struct dh_diag *diag);

/* Depends on tensor, context, expert, micro_batch, sequence, format, sequence_parallel and lora_rank alone.
 */
void dh_training_layer_of(struct dh_training_layer *out, const struct dh_training_place *place,
                          const struct dh_training_plan *plan);

/* The step from its layer; recompute as the plan says, not BY_FIT. */
void dh_training_step_of(struct dh_training_step *out, const struct dh_training_layer *layer,
                         const struct dh_training_place *place, const struct dh_training_plan *plan);

/* Seconds of a ring over n ranks of which `local` share a domain: bytes that each holds in the end, once
 * round for a gather or reduce-scatter, twice for an all-reduce. And of an all-to-all in which each sends
 * bytes. */
double dh_training_ring_s(const struct dh_training_place *place, double bytes, double n, double local,
                          double rounds);
double dh_training_exchange_s(const struct dh_training_place *place, double bytes, double n, double local,
                              double copies);

/* Passes through the matrices that count as the model's: forward and both gradients, of frozen weights one.
 */
double dh_training_passes(const struct dh_training_plan *plan);

void dh_training_phases_of(struct dh_training_phase *phases, const struct dh_training_step *step,
                           const struct dh_training_place *place, const struct dh_training_plan *plan);

/* For BY_FIT: the least recomputation that fits the memory, full when nothing does. */
enum dh_recompute dh_training_recompute_of(const struct dh_transformer *model,
                                           const struct dh_training_plan *plan,
                                           const struct dh_device_spec *device,
                                           const struct dh_stack_spec *stack);

/* Parameters on a rank of a stage, embedding and output layer included where it has one; those of experts
 * among them. */
double dh_training_stage_parameters(const struct dh_transformer *model, const struct dh_training_plan *plan,
                                    double *expert);

#endif
