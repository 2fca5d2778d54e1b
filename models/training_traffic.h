/* What one training step puts on the network: collective by collective the seconds that it takes, the
 * computing that hides it, and who sends how much to whom.
 *
 * Seconds are those of models/training.h, which counts them in the same place: what shows of all wires adds
 * up to the communication of struct dh_training_step. Latencies are no traffic: they pass whatever others do.
 *
 * Ranks are numbered tensor fastest, then context, data, pipeline (Megatron-LM's default order
 * tp-cp-ep-dp-pp, megatron/core/parallel_state.py; D. Narayanan et al., SC21, arXiv 2104.04473, section 3):
 * rank = t + T (c + C (d + D p)). Experts are shared by expert-many neighbours of a stage, whatever their
 * tensor and context ranks; their copies are as many ranks apart.
 *
 *   tensor     all-reduces of T neighbours; only where T is more than a domain
 *   context    each rank sends keys and values to the next of its C, T apart
 *   expert     tokens of each rank to the domains of its group that hold their experts, evenly spread
 *   pipeline   activations to the same rank of the next stage, gradients back; interleaved chunks close the
 *              ring
 *   gather, reduce   rings of the C D ranks T apart that hold the same part of a stage (of `shard_group` for
 *              gathers where it says so), and those of experts' copies. Fully sharded weights: both are
 *              gathers, layer by layer.
 *
 * A ring passes each domain once: what leaves a domain for the next, in the order of ranks, is spread over
 * the group's ranks in both (NCCL's channels). Where the closed form takes a tree or reducing switches its
 * bytes are taken, sent alike: an assumption about who sends to whom, not about how much. */
#ifndef DH_MODELS_TRAINING_TRAFFIC_H
#define DH_MODELS_TRAINING_TRAFFIC_H

#include "models/contention.h"
#include "models/training.h"

enum dh_wire {
    DH_WIRE_TENSOR,
    DH_WIRE_CONTEXT,
    DH_WIRE_EXPERT,
    DH_WIRE_PIPELINE,
    DH_WIRE_GATHER,
    DH_WIRE_REDUCE,
    DH_N_WIRE
};
extern const char *const dh_wire_names[DH_N_WIRE];

/* Transfers of a step on the rank that is waited for, without latencies: at full speed network_s in all, each
 * beside its own window of computing. hidden_s: those that take no longer than their windows, which are
 * hidden_window_s; of the others, whose windows are shown_window_s, the rest shows: shown_s. */
struct dh_training_flow {
    double network_s, shown_s, shown_window_s, hidden_s, hidden_window_s;
    double bytes; /* that a domain (tensor, gather, reduce) or a rank (else) sends; pipeline: half of them
                     back */
};
struct dh_training_wire {
    struct dh_training_flow flow;
    double expert_bytes; /* of experts' copies, besides: gather and reduce */
    double exposed_s;    /* what the step shows, latencies included */
};

struct dh_training_traffic {
    struct dh_training_wire wires[DH_N_WIRE];
    struct dh_training_plan plan; /* recomputation as taken */
    double step_s;
    double copies; /* experts of a token */
};

/* As dh_training_step. */
enum dh_err dh_training_traffic(struct dh_training_traffic *out, const struct dh_transformer *model,
                                const struct dh_training_plan *plan, const struct dh_device_spec *device,
                                const struct dh_training_net *net, const struct dh_stack_spec *stack,
                                struct dh_diag *diag);

/* Calls edge for each two ranks of different domains between which a wire sends, with the bytes of a step.
 * domain: of each of the plan's ranks, 0 to n_domain - 1. DH_ERR_MEMORY. */
enum dh_err dh_training_edges(const struct dh_training_traffic *traffic, enum dh_wire wire,
                              const int32_t *domain, int32_t n_domain,
                              void (*edge)(void *self, int32_t from, int32_t to, double bytes), void *self);

/* A step as phases of models/contention.h: those of the wires that `crosses` says leave domains, what hides
 * and what shows apart, and before them all the rest. Links and shares are left empty. Returns their number.
 * At full speed they last as long as the step but for rounding; longer where wires hide behind the same
 * computing and together take longer than the step: a pace is then that of the phases. */
enum { DH_TRAINING_PHASES = 2 * DH_N_WIRE };
int32_t dh_training_phases(const struct dh_training_traffic *traffic, const bool crosses[static DH_N_WIRE],
                           struct dh_contention_phase phases[static DH_TRAINING_PHASES],
                           enum dh_wire wires[static DH_TRAINING_PHASES]);

#endif
