#include "models/gpu/host.h"
#include "models/gpu/recorded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dh_gpu {
    const struct dh_gpu_recording *recording;
    struct dh_gpu_host host;
    char error[200];
};

static enum dh_gpu_status result(struct dh_gpu *gpu, enum dh_gpu_status status, const char *error) {
    snprintf(gpu->error, sizeof gpu->error, "%s", status == DH_GPU_OK ? "" : error);
    return status;
}

static int32_t recorded_count(const struct dh_gpu_options *options, char *message, size_t room) {
    if (options->given && options->device == 0)
        return 1;
    snprintf(message, room, "there is no recording to play");
    return 0;
}

static enum dh_gpu_status recorded_open(struct dh_gpu **gpu, const struct dh_gpu_options *options,
                                        char *message, size_t room) {
    *gpu = NULL;
    if (recorded_count(options, message, room) == 0)
        return DH_GPU_NO_DEVICE;
    struct dh_gpu *g = calloc(1, sizeof *g);
    if (!g) {
        snprintf(message, room, "the host is out of memory");
        return DH_GPU_OUT_OF_MEMORY;
    }
    g->recording = options->given;
    double memory = g->recording->info.memory_bytes;
    g->host.limit_bytes = memory > 0 ? memory : 0x1p30;
    *gpu = g;
    return DH_GPU_OK;
}

static void recorded_close(struct dh_gpu *gpu) {
    if (gpu)
        dh_gpu_host_close(&gpu->host);
    free(gpu);
}

static void recorded_describe(struct dh_gpu *gpu, struct dh_gpu_info *info) {
    *info = gpu->recording->info;
}

static const struct dh_gpu_sample *find(const struct dh_gpu *gpu, const struct dh_gpu_point *point) {
    for (int32_t i = 0; i < gpu->recording->n; i++) {
        const struct dh_gpu_sample *s = &gpu->recording->samples[i];
        if (!(s->flags & DH_GPU_WRONG) && dh_gpu_same_point(&s->point, point))
            return s;
    }
    return NULL;
}

static bool recorded_supports(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format) {
    for (int32_t i = 0; i < gpu->recording->n; i++)
        if (gpu->recording->samples[i].point.kernel == kernel &&
            gpu->recording->samples[i].point.format == format)
            return true;
    return false;
}

static const char *recorded_library(struct dh_gpu *gpu, enum dh_gpu_kernel kernel,
                                    enum dh_gpu_format format) {
    for (int32_t i = 0; i < gpu->recording->n; i++)
        if (gpu->recording->samples[i].point.kernel == kernel &&
            gpu->recording->samples[i].point.format == format)
            return gpu->recording->samples[i].library;
    return "own";
}

static void recorded_tile(struct dh_gpu *gpu, enum dh_gpu_kernel kernel, enum dh_gpu_format format,
                          int32_t *m, int32_t *n) {
    *m = *n = 0;
    for (int32_t i = 0; i < gpu->recording->n && *m == 0; i++) {
        const struct dh_gpu_sample *s = &gpu->recording->samples[i];
        if (s->point.kernel == kernel && s->point.format == format) {
            *m = s->tile_m;
            *n = s->tile_n;
        }
    }
}

static enum dh_gpu_status recorded_alloc(struct dh_gpu *gpu, size_t bytes, dh_gpu_buffer *buffer) {
    return result(gpu, dh_gpu_host_alloc(&gpu->host, bytes, buffer), "more memory than the device had");
}

static void recorded_free(struct dh_gpu *gpu, dh_gpu_buffer buffer) {
    dh_gpu_host_free(&gpu->host, buffer);
}

static enum dh_gpu_status recorded_upload(struct dh_gpu *gpu, dh_gpu_buffer to, size_t at, const void *from,
                                          size_t bytes) {
    return result(gpu, dh_gpu_host_upload(&gpu->host, to, at, from, bytes), "upload beyond a buffer");
}

static enum dh_gpu_status recorded_download(struct dh_gpu *gpu, void *to, dh_gpu_buffer from, size_t at,
                                            size_t bytes) {
    return result(gpu, dh_gpu_host_download(&gpu->host, to, from, at, bytes), "download beyond a buffer");
}

static enum dh_gpu_status recorded_fill(struct dh_gpu *gpu, dh_gpu_buffer to, enum dh_gpu_format format,
                                        int64_t n, uint32_t seed) {
    return result(gpu, dh_gpu_host_fill(&gpu->host, to, format, n, seed), "fill beyond a buffer");
}

static enum dh_gpu_status recorded_poison(struct dh_gpu *gpu, dh_gpu_buffer to, size_t bytes) {
    return result(gpu, dh_gpu_host_poison(&gpu->host, to, bytes), "poison beyond a buffer");
}

static enum dh_gpu_status recorded_time(struct dh_gpu *gpu, const struct dh_gpu_launch *launches, int32_t n,
                                        bool graph, double *seconds) {
    *seconds = 0;
    for (int32_t i = 0; i < n; i++) {
        struct dh_gpu_point point = {.kernel = launches[i].kernel, .format = launches[i].format};
        point.pinned = graph && point.kernel >= DH_GPU_H2D;
        memcpy(point.size, launches[i].size, sizeof point.size);
        bool whole = point.kernel == DH_GPU_EMPTY && graph;
        if (whole) {
            point.kernel = DH_GPU_GRAPH;
            point.size[0] = n;
        }
        enum dh_gpu_status status = dh_gpu_host_launch(&gpu->host, &launches[i]);
        if (status != DH_GPU_OK)
            return result(gpu, status,
                          status == DH_GPU_UNSUPPORTED ? "sizes that mean nothing"
                                                       : "a buffer is missing or too small");
        const struct dh_gpu_sample *sample = find(gpu, &point);
        if (!sample)
            return result(gpu, DH_GPU_NOT_RECORDED, "the recording has no such point");
        *seconds += sample->seconds;
        if (whole)
            break;
    }
    return result(gpu, n > 0 ? DH_GPU_OK : DH_GPU_UNSUPPORTED, "no launches");
}

static enum dh_gpu_status recorded_counters(struct dh_gpu *gpu, struct dh_gpu_counters *c) {
    (void)gpu;
    *c = (struct dh_gpu_counters){NAN, NAN, NAN, NAN, NAN, -1, -1};
    return DH_GPU_OK;
}

static const char *recorded_error(struct dh_gpu *gpu) {
    return gpu->error;
}

const struct dh_gpu_backend dh_gpu_recorded = {
    .name = "recorded",
    .about = "plays back what was measured before",
    .count = recorded_count,
    .open = recorded_open,
    .close = recorded_close,
    .describe = recorded_describe,
    .supports = recorded_supports,
    .library = recorded_library,
    .tile = recorded_tile,
    .alloc = recorded_alloc,
    .free = recorded_free,
    .upload = recorded_upload,
    .download = recorded_download,
    .fill = recorded_fill,
    .poison = recorded_poison,
    .time = recorded_time,
    .counters = recorded_counters,
    .error = recorded_error,
};
