#include "models/gpu/host.h"
#include "models/gpu/synthetic.h"

#include "models/kernel.h"
#include "sim/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of what models/kernel.h has no equation for: starts, shares of the memory bandwidth, rates of links. Round
 * numbers of the right size; assumptions. */
static const double START_S = 2e-6, GRAPH_NODE_S = 0.8e-6, STREAM = 0.9, SCATTER = 0.3, NORM = 0.8,
                    HOST_START_S = 8e-6, HOST_BYTES_PER_S = 50e9, PAGEABLE = 0.4;

struct dh_gpu {
    struct dh_gpu_synthetic is;
    struct dh_gpu_host host;
    struct dh_rng rng;
    double opened_s, busy_s;
    int64_t own_calls, *calls;
    bool lost;
    char error[200];
};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum dh_gpu_status result(struct dh_gpu *gpu, enum dh_gpu_status status, const char *error) {
    snprintf(gpu->error, sizeof gpu->error, "%s", status == DH_GPU_OK ? "" : error);
    return status;
}

static int32_t synthetic_count(const struct dh_gpu_options *options, char *message, size_t room) {
    if (options->device == 0)
        return 1;
    snprintf(message, room, "there is one synthetic device, number 0");
    return 0;
}

static enum dh_gpu_status synthetic_open(struct dh_gpu **gpu, const struct dh_gpu_options *options,
                                         char *message, size_t room) {
    const struct dh_gpu_synthetic *is = options->given ? options->given : &dh_gpu_synthetic_standard;
    *gpu = NULL;
    if (synthetic_count(options, message, room) == 0)
        return DH_GPU_NO_DEVICE;
    if (is->fail_open && is->calls && *is->calls >= is->fail_from) {
        snprintf(message, room, "the synthetic device is gone, as its script says");
        return DH_GPU_NO_DEVICE;
    }
    struct dh_gpu *g = calloc(1, sizeof *g);
    if (!g) {
        snprintf(message, room, "the host is out of memory");
        return DH_GPU_OUT_OF_MEMORY;
    }
    g->is = *is;
    g->host.limit_bytes = is->device->memory_bytes;
    g->calls = is->calls ? is->calls : &g->own_calls;
    g->rng = dh_rng_stream(is->seed, DH_RNG_TEST, (uint64_t)*g->calls);
    g->opened_s = now_s();
    *gpu = g;
    return DH_GPU_OK;
}

static void synthetic_close(struct dh_gpu *gpu) {
    if (gpu)
        dh_gpu_host_close(&gpu->host);
    free(gpu);
}

static void synthetic_describe(struct dh_gpu *gpu, struct dh_gpu_info *info) {
    const struct dh_device_spec *d = gpu->is.device;
    *info = (struct dh_gpu_info){.vendor = "datahall",
                                 .runtime = "models/kernel.h",
                                 .units = (int32_t)d->multiprocessors,
                                 .memory_bytes = d->memory_bytes,
                                 .cache_bytes = d->cache_bytes,
                                 .memory_bytes_per_s = d->memory_bytes_per_s,
                                 .clock_hz = NAN,
                                 .memory_clock_hz = NAN,
                                 .power_limit_w = gpu->is.power_busy_w > 0 ? gpu->is.power_busy_w : NAN,
                                 .count = 1};
    snprintf(info->name, sizeof info->name, "%s", gpu->is.name);
}

static bool synthetic_supports(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format) {
    const struct dh_device_spec *d = gpu->is.device;
    bool there = false;
    switch (kernel) {
    case DH_GPU_GEMM: /* not by stand-ins, as dh_kernel_gemm_of would */
        for (int32_t i = 0; i < d->n_gemms; i++)
            there |= d->gemms[i].format == (int32_t)format;
        return there;
    case DH_GPU_PREFILL:
        for (int32_t i = 0; i < d->n_prefills; i++)
            there |= d->prefills[i].format == (int32_t)format;
        return there;
    case DH_GPU_DECODE:
        for (int32_t i = 0; i < d->n_decodes; i++)
            there |= d->decodes[i].format == (int32_t)format;
        return there;
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        return format == DH_GPU_FP32 || format == DH_GPU_BF16 || format == DH_GPU_FP16;
    case DH_GPU_PEER:
    case DH_GPU_ALLREDUCE:
    case DH_GPU_ALLGATHER:
    case DH_GPU_ALLTOALL:
        return false;
    default:
        return format == DH_GPU_FP32;
    }
}

static const char *synthetic_library(struct dh_gpu *gpu, enum dh_gpu_kernel kernel,
                                     enum dh_gpu_format format) {
    (void)gpu;
    (void)kernel;
    (void)format;
    return "own";
}

static void synthetic_tile(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format,
                           int32_t *m, int32_t *n) {
    const struct dh_device_spec *d = gpu->is.device;
    *m = *n = 0;
    for (int32_t i = 0; kernel == DH_GPU_GEMM && i < d->n_gemms; i++)
        if (d->gemms[i].format == (int32_t)format) {
            *m = (int32_t)d->gemms[i].tile_m;
            *n = (int32_t)d->gemms[i].tile_n;
        }
}

static enum dh_gpu_status synthetic_alloc(struct dh_gpu *gpu, size_t bytes, dh_gpu_buffer *buffer) {
    return result(gpu, dh_gpu_host_alloc(&gpu->host, bytes, buffer), "more memory than the device has");
}

static void synthetic_free(struct dh_gpu *gpu, dh_gpu_buffer buffer) {
    dh_gpu_host_free(&gpu->host, buffer);
}

static enum dh_gpu_status synthetic_upload(struct dh_gpu *gpu, dh_gpu_buffer to, size_t at, const void *from,
                                           size_t bytes) {
    return result(gpu, dh_gpu_host_upload(&gpu->host, to, at, from, bytes), "upload beyond a buffer");
}

static enum dh_gpu_status synthetic_download(struct dh_gpu *gpu, void *to, dh_gpu_buffer from, size_t at,
                                             size_t bytes) {
    return result(gpu, dh_gpu_host_download(&gpu->host, to, from, at, bytes), "download beyond a buffer");
}

static enum dh_gpu_status synthetic_fill(struct dh_gpu *gpu, dh_gpu_buffer to, enum dh_gpu_format format,
                                         int64_t n, uint32_t seed) {
    return result(gpu, dh_gpu_host_fill(&gpu->host, to, format, n, seed), "fill beyond a buffer");
}

static enum dh_gpu_status synthetic_poison(struct dh_gpu *gpu, dh_gpu_buffer to, size_t bytes) {
    return result(gpu, dh_gpu_host_poison(&gpu->host, to, bytes), "poison beyond a buffer");
}

/* Seconds of a launch without noise; 0: the device has none. */
static double exact_s(const struct dh_gpu *gpu, const struct dh_gpu_launch *l, bool graph) {
    const struct dh_device_spec *d = gpu->is.device;
    enum dh_number_format format = (enum dh_number_format)l->format;
    struct dh_gpu_point point = {.kernel = l->kernel, .format = l->format};
    struct dh_gpu_shape shape;
    memcpy(point.size, l->size, sizeof point.size);
    if (!dh_gpu_shape(&shape, &point))
        return 0;
    struct dh_kernel_attention a = {(double)l->size[0], (double)l->size[1], (double)l->size[2],
                                    (double)l->size[3], (double)l->size[4], (double)l->size[5]};
    switch (l->kernel) {
    case DH_GPU_GEMM: {
        const struct dh_gemm_spec *g = dh_kernel_gemm_of(d, format);
        return g ? dh_kernel_gemm_s(d, g, a.batch, a.queries, a.keys) : 0;
    }
    case DH_GPU_PREFILL: {
        const struct dh_prefill_spec *p = dh_kernel_prefill_of(d, format);
        return p ? dh_kernel_prefill_s(d, p, &a) : 0;
    }
    case DH_GPU_DECODE: {
        const struct dh_decode_spec *p = dh_kernel_decode_of(d, format);
        return p ? dh_kernel_decode_s(d, p, &a) : 0;
    }
    case DH_GPU_TRIAD:
    case DH_GPU_COPY:
        return START_S + shape.bytes / (STREAM * d->memory_bytes_per_s);
    case DH_GPU_GATHER:
        return START_S + shape.bytes / (SCATTER * d->memory_bytes_per_s);
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        return START_S + shape.bytes / (NORM * d->memory_bytes_per_s);
    case DH_GPU_EMPTY:
        return graph ? GRAPH_NODE_S : START_S;
    case DH_GPU_H2D:
    case DH_GPU_D2H:
    case DH_GPU_BOTH:
        return HOST_START_S + shape.bytes / (HOST_BYTES_PER_S * (graph ? 1 : PAGEABLE));
    default:
        return 0;
    }
}

static enum dh_gpu_status synthetic_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launches, int32_t n,
                                         bool graph, double *seconds) {
    int64_t call = ++*gpu->calls;
    *seconds = 0;
    gpu->lost |= gpu->is.fail_from > 0 && call >= gpu->is.fail_from && call <= gpu->is.fail_until;
    if (gpu->lost)
        return result(gpu, DH_GPU_FAILED, "the launch failed, as the script says");
    double all = 0, one = 0;
    for (int32_t i = 0; i < n; i++) {
        /* launches of one timing differ in their buffers, if at all */
        if (i == 0 || launches[i].kernel != launches[0].kernel ||
            memcmp(launches[i].size, launches[0].size, sizeof launches[0].size) != 0)
            one = exact_s(gpu, &launches[i], graph);
        if (!(one > 0))
            return result(gpu, DH_GPU_UNSUPPORTED, "no such kernel, or sizes that mean nothing");
        enum dh_gpu_status status = gpu->is.wrong ? DH_GPU_OK : dh_gpu_host_launch(&gpu->host, &launches[i]);
        if (status != DH_GPU_OK)
            return result(gpu, status, "a buffer is missing or too small");
        all += one;
    }
    if (n < 1)
        return result(gpu, DH_GPU_UNSUPPORTED, "no launches");
    /* one factor a timing: what disturbs a device lasts longer than a launch */
    all *= exp(dh_rng_normal(&gpu->rng, 0, gpu->is.noise));
    if (dh_rng_uniform(&gpu->rng) < gpu->is.outliers)
        all *= 1.4 + 1.6 * dh_rng_uniform(&gpu->rng);
    gpu->busy_s += all;
    if (gpu->is.real_time) {
        struct timespec t = {.tv_sec = (time_t)all, .tv_nsec = (long)((all - floor(all)) * 1e9)};
        nanosleep(&t, NULL);
    }
    *seconds = all;
    return result(gpu, DH_GPU_OK, "");
}

static enum dh_gpu_status synthetic_counters(struct dh_gpu *gpu, struct dh_gpu_counters *c) {
    *c = (struct dh_gpu_counters){NAN, NAN, NAN, NAN, NAN, -1, -1};
    double idle = gpu->is.power_idle_w, swing = gpu->is.power_busy_w - idle;
    if (gpu->is.power_busy_w > 0) {
        double lasted = now_s() - gpu->opened_s, energy = idle * lasted + swing * gpu->busy_s;
        c->energy_j = gpu->is.no_energy ? NAN : energy;
        c->power_w = lasted > 0 ? energy / lasted : idle;
    }
    c->throttle =
        gpu->is.throttle_from > 0 && *gpu->calls >= gpu->is.throttle_from ? DH_GPU_THROTTLE_THERMAL : 0;
    c->other_processes = 0;
    return DH_GPU_OK;
}

static const char *synthetic_error(struct dh_gpu *gpu) {
    return gpu->error;
}

static struct dh_gemm_spec gemms[] = {
    {.format = DH_FORMAT_FP32,
     .peak_flops = 66.9e12,
     .start_s = 3e-6,
     .efficiency = 0.85,
     .memory = 0.87,
     .wave = 1,
     .prologue_k = 40,
     .unit_memory = 2,
     .split_s = 2e-6,
     .cache = 1.5},
    {.format = DH_FORMAT_BF16,
     .peak_flops = 989.4e12,
     .start_s = 3e-6,
     .efficiency = 0.8,
     .memory = 0.87,
     .wave = 1,
     .prologue_k = 90,
     .unit_memory = 2,
     .split_s = 2e-6,
     .cache = 1.5},
    {.format = DH_FORMAT_FP8,
     .peak_flops = 1978.9e12,
     .start_s = 4e-6,
     .efficiency = 0.7,
     .memory = 0.8,
     .wave = 1,
     .prologue_k = 90,
     .unit_memory = 2,
     .split_s = 2e-6,
     .cache = 1.5},
};
static struct dh_prefill_spec prefills[] = {
    {.format = DH_FORMAT_BF16,
     .peak_flops = 989.4e12,
     .start_s = 10e-6,
     .efficiency = 0.7,
     .overhead_keys = 150}
};
static struct dh_decode_spec decodes[] = {
    {.format = DH_FORMAT_BF16,
     .start_s = 11e-6,
     .memory = 0.9,
     .unit_memory = 4,
     .kv_head_s = 20e-9,
     .split_s = 1e-6,
     .split_keys = 512,
     .group_max = 1000,
     .split_single = true}
};
static const struct dh_device_spec standard = {.multiprocessors = 132,
                                               .memory_bytes = 80e9,
                                               .memory_bytes_per_s = 3.35e12,
                                               .cache_bytes = 50e6,
                                               .gemms = gemms,
                                               .n_gemms = 3,
                                               .prefills = prefills,
                                               .n_prefills = 1,
                                               .decodes = decodes,
                                               .n_decodes = 1};

const struct dh_gpu_synthetic dh_gpu_synthetic_standard = {
    .name = "synthetic", .device = &standard, .noise = 0.03, .outliers = 0.05, .seed = 1};

const struct dh_gpu_backend dh_gpu_synthetic = {
    .name = "synthetic",
    .about = "obeys given constants, with noise; no hardware",
    .count = synthetic_count,
    .open = synthetic_open,
    .close = synthetic_close,
    .describe = synthetic_describe,
    .supports = synthetic_supports,
    .library = synthetic_library,
    .tile = synthetic_tile,
    .alloc = synthetic_alloc,
    .free = synthetic_free,
    .upload = synthetic_upload,
    .download = synthetic_download,
    .fill = synthetic_fill,
    .poison = synthetic_poison,
    .time = synthetic_time,
    .counters = synthetic_counters,
    .error = synthetic_error,
};
