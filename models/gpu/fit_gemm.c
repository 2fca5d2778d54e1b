/* Constants of matrix products, a format each. */
#include "models/gpu/fit_family.h"
#include "models/kernel.h"

#include <math.h>

enum { MOST_GEMMS = 16, MEMORY = 2, PROLOGUE = 4, UNIT_MEMORY = 5 };

struct products {
    const struct dh_device_spec *device;
    struct dh_gemm_spec gemm;
    const struct dh_fit_group *group;
};

static double predict(const void *self, int32_t i) {
    const struct products *p = self;
    const double *size = p->group->rows[i]->size;
    return dh_kernel_gemm_s(p->device, &p->gemm, size[0], size[1], size[2]);
}

/* Dense peak by the datasheet; NaN where it says nothing. */
static double datasheet_peak(const struct dh_device_spec *device, int32_t format) {
    if (!device)
        return NAN;
    switch (format) {
    case DH_GPU_FP32:
        return device->fp32_flops;
    case DH_GPU_BF16:
    case DH_GPU_FP16:
        return device->bf16_flops;
    case DH_GPU_FP8:
        return device->fp8_flops;
    default:
        return NAN;
    }
}

static void fit_format(struct dh_fit_session *s, int32_t format) {
    struct dh_fit_group group = dh_fit_gather(s, DH_GPU_GEMM, format, NULL, 0);
    struct dh_profile_spec *profile = &s->result->profile;
    if (group.n + group.n_held == 0 || profile->n_gemms == MOST_GEMMS)
        return;
    double best = 0, shortest = INFINITY;
    for (int32_t i = 0; i < group.n; i++) {
        const struct dh_sample_spec *r = group.rows[i];
        best = fmax(best, 2 * r->size[0] * r->size[1] * r->size[2] / r->seconds);
        shortest = fmin(shortest, r->seconds);
    }
    double peak = datasheet_peak(s->known, format);
    bool by_datasheet = best <= peak;
    struct products self = {
        .device = &s->device,
        .group = &group,
        .gemm = {.format = format,
                 .peak_flops = by_datasheet ? peak : 4 * best, /* room: the fitted rate becomes the peak */
                 .memory = 0.8,
                 .wave = 0.5,
                 .unit_memory = 100,
                 .split_s = 1e-6,
                 .cache = 1,
                 .tile_m = group.rows[0]->tile_m,
                 .tile_n = group.rows[0]->tile_n}
    };
    struct dh_gemm_spec *g = &self.gemm;
    double efficiency = fmin(0.9, 1.1 * best / g->peak_flops);
    bool has_tile = g->tile_m > 0 && g->tile_n > 0;
    /* skinny products have two explanations, multiprocessors that draw little and a long start */
    // clang-format off
    static const struct dh_fit_start starts[][DH_FIT_STARTED] = {
        {{UNIT_MEMORY, 0.5}},
        {{UNIT_MEMORY, 6}},
        {{PROLOGUE, 10}},
        {{MEMORY, 0.3}, {UNIT_MEMORY, 6}},
        {{MEMORY, 0.9}, {UNIT_MEMORY, 1}},
    };
    // clang-format on
    struct dh_fit_problem p = {
        .constants = {dh_fit_log("start", &g->start_s, 0, 1e-8, 1e-3, fmin(shortest / 2, 5e-4)),
                      dh_fit_share("efficiency", &g->efficiency, 0.01, fmax(efficiency, 0.02)),
                      dh_fit_share("memory", &g->memory, 0.01, 0.8), dh_fit_share("wave", &g->wave, 0, 0.5),
                      dh_fit_log("prologue", &g->prologue_k, 0, 1, 5000, 100),
                      dh_fit_log("unit-memory", &g->unit_memory, 0, 0.02, 100, 1.5),
                      dh_fit_log("cache", &g->cache, 1, 1.01, 20, 1.5),
                      dh_fit_log("split", &g->split_s, 0, 1e-8, 1e-3, 1e-6)},
        .n_constant = has_tile ? 7 : 8,
        .n_needed = 3,
        .starts = starts,
        .n_start = sizeof starts / sizeof *starts,
        .predict = predict,
        .self = &self,
    };
    const char *of = dh_fit_text(s, "gemm:%s", dh_gpu_format_name((enum dh_gpu_format)format));
    if (!dh_fit_family(s, &p, of, &group, &g->low, &g->high))
        return;
    if (!by_datasheet)
        dh_fit_peak_of_efficiency(s, of, &g->peak_flops, &g->efficiency);
    g->stack = group.rows[0]->library;
    g->origin = DH_ORIGIN_MEASURED;
    g->hull = dh_fit_hull(s, &group, 3, &g->n_hull);
    profile->gemms[profile->n_gemms++] = *g;
}

void dh_fit_gemms(struct dh_fit_session *s) {
    for (int32_t format = 0; format < DH_N_GPU_FORMAT; format++)
        fit_format(s, format);
}
