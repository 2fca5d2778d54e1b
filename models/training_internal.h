/* Between the files of the training model. Private to models/training_*.c and the programs that fit it. */
#ifndef DH_MODELS_TRAINING_INTERNAL_H
#define DH_MODELS_TRAINING_INTERNAL_H

#include "models/kernel_use.h"
#include "models/training_traffic.h"

/* A collective, or many of them: what no bandwidth shortens, what passes the links, and the bytes of
 * struct dh_training_wire. */
struct dh_training_transfer {
    double latency_s, transfer_s, bytes;
};

/* Where a plan runs. */
struct dh_training_place {
    const struct dh_transformer *model;
    const struct dh_device_spec *device;
    const struct dh_training_net *net;
    const struct dh_stack_spec *stack;
    const struct dh_gemm_spec *products, *output; /* of the plan's format; of the output layer, 16-bit */
    const struct dh_prefill_spec *prefill;        /* NULL: the catalog has none */
    struct dh_kernel_use *use;                    /* gets the kernels of one layer; NULL as a rule */
    struct dh_training_traffic *traffic;          /* gets what a step sends; NULL as a rule */
};

/* To flow: so many transfers, each beside computing of window_s. */
void dh_training_flow_add(struct dh_training_flow *flow, const struct dh_training_transfer *transfer,
                          double window_s, double times);
void dh_training_flow_join(struct dh_training_flow *flow, const struct dh_training_flow *other, double times);

/* Seconds of one layer (the mean over a model's kinds of layers) and of the output layer, one micro-batch,
 * one rank. exposed: what shows of the traffic; host: launching, all told. */
struct dh_training_pass {
    double product, attention, element, host;
    double tensor, context, expert;
    struct dh_training_flow tensor_flow, context_flow, expert_flow; /* where place->traffic asks for them */
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
/* The same in its parts; bytes: out of each domain. */
struct dh_training_transfer dh_training_ring(const struct dh_training_place *place, double bytes, double n,
                                             double local, double rounds);
/* bytes: as given. */
struct dh_training_transfer dh_training_exchange(const struct dh_training_place *place, double bytes,
                                                 double n, double local, double copies);

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
