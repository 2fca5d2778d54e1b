/* Samples of a device that obeys given constants of models/kernel.h, with noise and outliers: for tests that
 * fit them again. */
#ifndef DH_TESTS_SYNTHETIC_DEVICE_H
#define DH_TESTS_SYNTHETIC_DEVICE_H

#include "models/gpu/fit.h"

enum synthetic_shapes {
    SYNTHETIC_ALL,      /* products from skinny to large */
    SYNTHETIC_COMPUTE,  /* none that waits for memory */
    SYNTHETIC_ATTENTION /* prefill and decode */
};

struct synthetic_device {
    struct dh_device_spec device; /* datasheet */
    struct dh_gemm_spec gemm;
    struct dh_prefill_spec prefill;
    struct dh_decode_spec decode;
};

/* Like an H100 under a library; and with one tile of 128 x 128 that does not cut k. */
struct synthetic_device synthetic_library(void);
struct synthetic_device synthetic_own_tile(void);

/* n samples, or two times n for attention; noise: standard deviation of the logarithm; outliers: their share,
 * 40 to 200 % too slow. The same seed gives the same samples. They live in mem. */
struct dh_samples_spec synthetic_samples(const struct synthetic_device *d, enum synthetic_shapes shapes,
                                         int32_t n, double noise, double outliers, unsigned long seed,
                                         struct dh_arena *mem);

/* One of the samples' figures; NULL: none. */
const struct dh_figure_spec *synthetic_figure(const struct dh_gpu_fit_result *result, const char *of);

#endif
