/* How long one iteration of a language model in service takes, and what it holds in memory: a replica on some
 * devices, under one serving stack (<engine> of the catalog). From the kernel layer (models/kernel.h) and the
 * counts of the architecture (models/transformer.h), as AI.md 5:
 *
 *   t = host + n tau + prompts' requests
 *       + stages (layers of a stage) [layer + products + attention + element-wise + reductions]
 *       + logits,  but not less than host + layers launch
 *
 * Products are the four matrix products of a layer at m rows, m being the new tokens of an iteration: one for
 * each sequence that answers, many for prompts. Their time above the kernel's start is multiplied by a
 * constant of the engine that goes from `products` (few rows, memory) to `prompt-products` (many, power):
 * (products m0 + prompt-products m) / (m0 + m), m0 = 256. Starts of all kernels are in `layer`.
 *
 * Experts: m tokens with k experts each meet E (1 - (1 - k/E)^m) of E; their weights are read once, and each
 * works on at least one tile of 16 rows (64 where there are many). Tensor parallelism t: two all-reduces a
 * layer of 2 m H bytes, 2 (t-1)/t of which cross each link. Expert parallelism over data-parallel attention:
 * each token's vector goes out and comes back k times at most.
 *
 * Compressed keys and values (multi-head latent attention): decode reads the r + d_rope elements of a token
 * once for all heads and does 2 a (2 r + d_rope) operations on it; every device has all of them.
 *
 * All functions are pure and take no memory; times are deterministic (+ - * / only). */
#ifndef DH_MODELS_SERVING_H
#define DH_MODELS_SERVING_H

#include "models/kernel_use.h"
#include "models/transformer.h"
#include "scenarios/scenario.h"

/* How a replica is spread over devices. dp: groups of tp x pp devices that have their own sequences and share
 * the experts; ep: devices that divide the experts of a layer between them, 1: they are cut like any matrix.
 */
struct dh_serving_plan {
    int32_t tp, pp, ep, dp;
    int32_t weights, kv; /* enum dh_number_format */
};

/* One replica, ready to be asked. Keeps pointers to device and engine. */
struct dh_serving {
    const struct dh_device_spec *device;
    const struct dh_engine_spec *engine;
    const struct dh_gemm_spec *gemm, *gemm16; /* of the weights' format; of 16 bits (output layer) */
    const struct dh_prefill_spec *prefill;
    const struct dh_decode_spec *decode;
    struct dh_transformer model;
    struct dh_serving_plan plan;
    double weight_bytes;       /* a device */
    double token_bytes;        /* cache of one token on a device, in all its layers */
    double cache_bytes;        /* room for the cache on a device; below 0: the weights do not fit */
    struct dh_kernel_use *use; /* gets the kernels of iterations; NULL as a rule */
    double cache_tokens;       /* that the cache of one group holds, windows not regarded; 0: does not fit */
};

/* What an iteration works on, in one group. */
struct dh_serving_load {
    double sequences, context; /* that get one token each, and their mean context */
    double prompts, tokens;    /* prompts in progress, and their new tokens together */
    double keys;               /* mean context at the end of those tokens: what came before and they */
};

/* Of one device unless said otherwise. */
struct dh_serving_cost {
    double s;                                       /* the iteration */
    double products_s, attention_s, link_s, rest_s; /* its parts */
    double flops, bytes, link_bytes;                /* operations, memory traffic, sent over links */
};

/* Does engine text `name` of a file (blanks as '-') begin with one of the engine's aliases? Length of the
 * longest that does, 0: none. */
size_t dh_serving_is_called(const struct dh_engine_spec *engine, const char *name);

/* The engine of `engines` for a stack's name on a device: longest alias, then one that names the device, then
 * one for the kind of model. NULL: none. */
const struct dh_engine_spec *dh_serving_engine_of(const struct dh_engine_spec *engines, int32_t n,
                                                  const char *name, const char *device, bool experts);

/* DH_ERR_VALUE with the reason when the device has no constants for the formats (models/kernel.h) or the plan
 * has parts below 1; weights that do not fit leave cache_tokens 0 and are no error. diag may be NULL. */
enum dh_err dh_serving_of(struct dh_serving *s, const struct dh_model_spec *model,
                          const struct dh_device_spec *device, const struct dh_engine_spec *engine,
                          const struct dh_serving_plan *plan, struct dh_diag *diag);

void dh_serving_iteration(const struct dh_serving *s, const struct dh_serving_load *load,
                          struct dh_serving_cost *cost);
/* Seconds alone. */
double dh_serving_iteration_s(const struct dh_serving *s, const struct dh_serving_load *load);

/* Bytes of cache that a sequence of so many tokens occupies on a device, in whole blocks. */
double dh_serving_sequence_bytes(const struct dh_serving *s, double tokens);
/* Blocks that one group has. */
int64_t dh_serving_blocks(const struct dh_serving *s);

/* Seconds that the cache of a prompt takes over the links of nic_bytes_per_s a device, for disaggregated
 * prefill: what is left when layers are sent as they are ready is that of one layer. */
double dh_serving_transfer_s(const struct dh_serving *s, double prompt, double nic_bytes_per_s);

#endif
