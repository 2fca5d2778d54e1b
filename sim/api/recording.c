#include "sim/api/recording.h"

#include "sim/api/calibrate_samples.h"
#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t room, const char *from) {
    snprintf(to, room, "%s", from ? from : "");
}

static void describe(struct dh_gpu_info *info, const struct dh_samples_spec *s) {
    *info = (struct dh_gpu_info){.units = (int32_t)s->units,
                                 .memory_bytes = s->memory_bytes,
                                 .cache_bytes = s->cache_bytes,
                                 .clock_hz = s->clock_hz,
                                 .memory_clock_hz = NAN,
                                 .power_limit_w = s->power_limit_w,
                                 .memory_bytes_per_s = s->memory_bytes_per_s,
                                 .count = 1,
                                 .is_cpu = s->is_cpu};
    copy(info->name, sizeof info->name, s->device);
    copy(info->runtime, sizeof info->runtime, s->runtime);
    copy(info->libraries, sizeof info->libraries, s->libraries);
    copy(info->pci, sizeof info->pci, s->pci);
    copy(info->capability, sizeof info->capability, s->capability);
    copy(info->kernels, sizeof info->kernels, s->kernels);
}

/* Sizes of the file, which the language bounds by 1e15; false where they mean nothing. */
static bool convert(struct dh_gpu_sample *to, const struct dh_sample_spec *from) {
    struct dh_gpu_shape shape;
    *to = (struct dh_gpu_sample){.seconds = from->seconds,
                                 .low_s = from->low_s,
                                 .high_s = from->high_s,
                                 .error = from->error,
                                 .n = (int32_t)from->n,
                                 .batch = (int32_t)from->batch,
                                 .tile_m = (int32_t)from->tile_m,
                                 .tile_n = (int32_t)from->tile_n};
    to->point.kernel = (enum dh_gpu_kernel)from->kernel;
    to->point.format = (enum dh_gpu_format)from->format;
    to->point.held = from->held;
    to->point.pinned = strcmp(from->library, "pinned") == 0;
    to->flags = dh_text_has_word(from->flags, "wrong") ? DH_GPU_WRONG : 0;
    copy(to->library, sizeof to->library, from->library);
    if (from->n_size != dh_gpu_size_count(to->point.kernel))
        return false;
    for (int32_t i = 0; i < from->n_size; i++) {
        to->point.size[i] = (int64_t)from->size[i];
        if ((double)to->point.size[i] != from->size[i])
            return false;
    }
    return dh_gpu_shape(&shape, &to->point);
}

static enum dh_err fill(struct dh_recording *r, const struct dh_samples_spec *s, struct dh_diag *diag) {
    struct dh_gpu_sample *samples = calloc((size_t)s->n_samples + 1, sizeof *samples);
    r->points = calloc((size_t)s->n_samples + 1, sizeof *r->points);
    r->played.samples = samples;
    if (!samples || !r->points)
        return dh_fail(diag, DH_ERR_MEMORY, s->place, "out of memory");
    describe(&r->played.info, s);
    for (int32_t i = 0; i < s->n_samples; i++) {
        if (!convert(&samples[i], &s->samples[i]))
            return dh_fail(diag, DH_ERR_DATA, s->samples[i].place, "no %s has these sizes",
                           dh_gpu_kernel_name((enum dh_gpu_kernel)s->samples[i].kernel));
        r->played.n++;
        bool known = (samples[i].flags & DH_GPU_WRONG) != 0;
        for (int32_t k = 0; k < r->n_point && !known; k++)
            known = dh_gpu_same_point(&r->points[k], &samples[i].point);
        if (!known)
            r->points[r->n_point++] = samples[i].point;
    }
    return DH_OK;
}

enum dh_err dh_recording_read(struct dh_recording *r, const char *path, struct dh_diag *diag) {
    struct dh_scenario_file file = {0};
    const struct dh_samples_spec *samples;
    char sha256[DH_SHA256_HEX];
    *r = (struct dh_recording){0};
    enum dh_err err = dh_samples_read(&file, path, &samples, sha256, diag);
    if (err == DH_OK)
        err = fill(r, samples, diag);
    dh_scenario_free(&file);
    return err;
}

void dh_recording_free(struct dh_recording *r) {
    free((void *)r->played.samples);
    free(r->points);
    *r = (struct dh_recording){0};
}
