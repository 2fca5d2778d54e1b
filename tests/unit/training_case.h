/* A device whose rates are bare numbers, the wires between eight of them and between nodes, and a plan:
 * training steps that can be reckoned by hand. */
#ifndef DH_TESTS_TRAINING_CASE_H
#define DH_TESTS_TRAINING_CASE_H

#include "models/training.h"

static struct dh_gemm_spec product = {.format = DH_FORMAT_BF16,
                                      .peak_flops = 300e12,
                                      .start_s = 3e-6,
                                      .efficiency = 0.8,
                                      .memory = 0.8,
                                      .wave = 1,
                                      .unit_memory = 100,
                                      .split_s = 1e-6,
                                      .cache = 1};
static const struct dh_device_spec device = {.id = "d",
                                             .aliases = "",
                                             .memory_bytes = 80e9,
                                             .memory_bytes_per_s = 2e12,
                                             .link_bytes_per_s = 600e9,
                                             .multiprocessors = 108,
                                             .cache_bytes = 40e6,
                                             .gemms = &product,
                                             .n_gemms = 1};
static const struct dh_training_net net = {
    .node = 8, .domain = 8, .link_bytes_per_s = 300e9, .nic_bytes_per_s = 25e9};

static inline struct dh_training_plan training_plan(int32_t gpus, int32_t t, int32_t p, int32_t sequence) {
    return (struct dh_training_plan){.gpus = gpus,
                                     .tensor = t,
                                     .pipeline = p,
                                     .chunks = 1,
                                     .context = 1,
                                     .expert = 1,
                                     .batch = 512,
                                     .micro_batch = 1,
                                     .sequence = sequence,
                                     .format = DH_FORMAT_BF16,
                                     .recompute = DH_RECOMPUTE_NONE};
}

#endif
