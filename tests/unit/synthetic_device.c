#include "tests/unit/synthetic_device.h"

#include "models/kernel.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

struct synthetic_device synthetic_library(void) {
    struct synthetic_device d = {0};
    d.device = (struct dh_device_spec){.id = "synthetic",
                                       .aliases = "",
                                       .multiprocessors = 132,
                                       .cache_bytes = 50e6,
                                       .memory_bytes_per_s = 3.35e12,
                                       .memory_bytes = NAN,
                                       .bf16_flops = 989.4e12,
                                       .fp8_flops = NAN,
                                       .fp32_flops = NAN};
    d.gemm = (struct dh_gemm_spec){.format = DH_FORMAT_BF16,
                                   .peak_flops = 989.4e12,
                                   .start_s = 4e-6,
                                   .efficiency = 0.78,
                                   .memory = 0.85,
                                   .wave = 0.6,
                                   .prologue_k = 150,
                                   .unit_memory = 1.5,
                                   .split_s = 2e-6,
                                   .cache = 2.5};
    d.prefill = (struct dh_prefill_spec){.format = DH_FORMAT_BF16,
                                         .peak_flops = 989.4e12,
                                         .start_s = 8e-6,
                                         .efficiency = 0.62,
                                         .overhead_keys = 120,
                                         .tail = 0.5,
                                         .head_s = 1.5,
                                         .kv_s = 2.5};
    d.decode = (struct dh_decode_spec){.format = DH_FORMAT_BF16,
                                       .start_s = 9e-6,
                                       .memory = 0.82,
                                       .unit_memory = 2,
                                       .sequence_s = 30e-9,
                                       .kv_head_s = 10e-9,
                                       .head_s = 2e-9,
                                       .split_s = 3e-6,
                                       .split_keys = 256,
                                       .group_max = 1000,
                                       .split_single = true};
    return d;
}

struct synthetic_device synthetic_own_tile(void) {
    struct synthetic_device d = synthetic_library();
    d.gemm.tile_m = d.gemm.tile_n = 128;
    d.gemm.efficiency = 0.45;
    return d;
}

static double drawn(gsl_rng *rng, double low, double high) {
    return exp(log(low) + gsl_rng_uniform(rng) * log(high / low));
}

static double power_of_two(gsl_rng *rng, int low, int high) {
    return ldexp(1, low + (int)gsl_rng_uniform_int(rng, (unsigned long)(high - low + 1)));
}

/* Four in ten products are skinny; sizes are multiples of eight, as libraries want them. */
static void product(gsl_rng *rng, enum synthetic_shapes shapes, double *size) {
    bool skinny = shapes == SYNTHETIC_ALL && gsl_rng_uniform(rng) < 0.4;
    double low = shapes == SYNTHETIC_COMPUTE ? 4096 : 128;
    for (int k = 0; k < 3; k++)
        size[k] = 8 * rint(drawn(rng, low, 16384) / 8);
    if (skinny) {
        size[0] = rint(drawn(rng, 1, 64));
        size[1] = 8 * rint(drawn(rng, 128, 131072) / 8);
    }
}

static double attention(gsl_rng *rng, const struct synthetic_device *d, bool decode, double *size) {
    size[0] = power_of_two(rng, 0, decode ? 8 : 4);
    size[2] = 128 * power_of_two(rng, 0, decode ? 10 : 6);
    size[1] = decode ? 1 : size[2];
    size[3] = power_of_two(rng, 3, 6);
    size[4] = size[3] / power_of_two(rng, 0, 3);
    size[5] = 64 * power_of_two(rng, 0, 1);
    struct dh_kernel_attention a = {size[0], size[1], size[2], size[3], size[4], size[5]};
    return decode ? dh_kernel_decode_s(&d->device, &d->decode, &a)
                  : dh_kernel_prefill_s(&d->device, &d->prefill, &a);
}

struct dh_samples_spec synthetic_samples(const struct synthetic_device *d, enum synthetic_shapes shapes,
                                         int32_t n, double noise, double outliers, unsigned long seed,
                                         struct dh_arena *mem) {
    int32_t total = shapes == SYNTHETIC_ATTENTION ? 2 * n : n;
    struct dh_samples_spec samples = {.id = "synthetic",
                                      .device = "synthetic",
                                      .runtime = "",
                                      .libraries = "",
                                      .uuid = "",
                                      .pci = "",
                                      .capability = "",
                                      .tool = "",
                                      .kernels = "",
                                      .date = "",
                                      .flags = "",
                                      .backend = 3,
                                      .units = d->device.multiprocessors,
                                      .cache_bytes = d->device.cache_bytes,
                                      .memory_bytes = NAN,
                                      .memory_bytes_per_s = NAN,
                                      .clock_hz = NAN,
                                      .power_limit_w = NAN,
                                      .complete = true,
                                      .samples = dh_arena_array(mem, (size_t)total, sizeof *samples.samples),
                                      .n_samples = total};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, seed);
    for (int32_t i = 0; samples.samples && i < total; i++) {
        struct dh_sample_spec *s = &samples.samples[i];
        bool decode = shapes == SYNTHETIC_ATTENTION && i % 2;
        *s = (struct dh_sample_spec){.kernel = shapes != SYNTHETIC_ATTENTION ? 0
                                               : decode                      ? 2
                                                                             : 1,
                                     .format = DH_FORMAT_BF16,
                                     .size = dh_arena_array(mem, 6, sizeof *s->size),
                                     .n_size = shapes == SYNTHETIC_ATTENTION ? 6 : 3,
                                     .n = 10,
                                     .batch = 1,
                                     .library = d->gemm.tile_m ? "own" : "cublasLt",
                                     .flags = "",
                                     .tile_m = d->gemm.tile_m,
                                     .tile_n = d->gemm.tile_n};
        double exact;
        if (shapes == SYNTHETIC_ATTENTION) {
            exact = attention(rng, d, decode, s->size);
        } else {
            product(rng, shapes, s->size);
            exact = dh_kernel_gemm_s(&d->device, &d->gemm, s->size[0], s->size[1], s->size[2]);
        }
        s->seconds = exact * exp(gsl_ran_gaussian(rng, noise));
        if (gsl_rng_uniform(rng) < outliers)
            s->seconds *= 1.4 + 1.6 * gsl_rng_uniform(rng);
        s->low_s = s->high_s = s->seconds;
    }
    gsl_rng_free(rng);
    return samples;
}

const struct dh_figure_spec *synthetic_figure(const struct dh_gpu_fit_result *result, const char *of) {
    for (int32_t i = 0; i < result->profile.n_figures; i++)
        if (strcmp(result->profile.figures[i].of, of) == 0)
            return &result->profile.figures[i];
    return NULL;
}
