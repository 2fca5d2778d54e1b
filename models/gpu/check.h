/* Is what a kernel left in memory its result? */
#ifndef DH_MODELS_GPU_CHECK_H
#define DH_MODELS_GPU_CHECK_H

#include "models/gpu/shape.h"

enum { DH_GPU_CHECKED = 64 }; /* elements that are recomputed */

/* Largest error that a right kernel may have, over the sum of the absolute terms: fp32 1e-5; the others twice
 * the unit roundoff of a tf32 product's operands (2^-11), or of the result (bf16 2^-8, fp16 2^-11): once for
 * the result, once for what kernels round on the way, such as attention's weights. Sums of more than 16384
 * products in fp32 may have more by rights; none is measured. */
double dh_gpu_tolerance(enum dh_gpu_format format);

/* Compares DH_GPU_CHECKED elements of launch->buffer[0] with the reference, corners among them and the rest
 * spread by chance with seed `sample`; looks for poison in all of a result of up to 4 MiB (of devices without
 * hardware only after small launches). Buffer i must hold dh_gpu_value(seeds[i], .). *error becomes the
 * largest error over the sum of the absolute terms, infinity where a NaN was found; right where it is at most
 * the tolerance. DH_GPU_OUT_OF_MEMORY for the host's memory; else as download. Kernels without a result
 * (empty and what follows): error 0. */
enum dh_gpu_status dh_gpu_check(const struct dh_gpu_backend *backend, struct dh_gpu *gpu,
                                const struct dh_gpu_point *point, const struct dh_gpu_launch *launch,
                                const uint32_t *seeds, uint32_t sample, double *error);

#endif
