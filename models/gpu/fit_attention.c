/* Constants of attention: prefill and decode, a format of keys and values each. */
#include "models/gpu/fit_family.h"
#include "models/kernel.h"

#include <math.h>
#include <string.h>

enum { OVERHEAD = 2, QUERY_ELEMENT = 4, DRAW = 2 };

struct attention {
    const struct dh_device_spec *device;
    struct dh_prefill_spec prefill;
    struct dh_decode_spec decode;
    const struct dh_fit_group *group;
};

static struct dh_kernel_attention sizes_of(const struct dh_sample_spec *row) {
    const double *size = row->size;
    return (struct dh_kernel_attention){size[0], size[1], size[2], size[3], size[4], size[5]};
}

static double predict_prefill(const void *self, int32_t i) {
    const struct attention *p = self;
    struct dh_kernel_attention a = sizes_of(p->group->rows[i]);
    return dh_kernel_prefill_s(p->device, &p->prefill, &a);
}

static double predict_decode(const void *self, int32_t i) {
    const struct attention *p = self;
    struct dh_kernel_attention a = sizes_of(p->group->rows[i]);
    return dh_kernel_decode_s(p->device, &p->decode, &a);
}

static double shortest_of(const struct dh_fit_group *group) {
    double shortest = INFINITY;
    for (int32_t i = 0; i < group->n; i++)
        shortest = fmin(shortest, group->rows[i]->seconds);
    return fmin(shortest / 2, 5e-4);
}

static void fit_prefill(struct dh_fit_session *s, int32_t format) {
    struct dh_fit_group group = dh_fit_gather(s, DH_GPU_PREFILL, format, NULL, 0);
    struct dh_profile_spec *profile = &s->result->profile;
    if (group.n + group.n_held == 0)
        return;
    double best = 0;
    for (int32_t i = 0; i < group.n; i++) {
        struct dh_kernel_attention a = sizes_of(group.rows[i]);
        /* two products over the keys that a query sees, on average */
        double keys = a.keys - (a.queries - 1) / 2;
        best = fmax(best, 4 * a.batch * a.heads * a.queries * keys * a.head_dim / group.rows[i]->seconds);
    }
    double peak = s->known ? (format == DH_GPU_FP32 ? s->known->fp32_flops : s->known->bf16_flops) : NAN;
    bool by_datasheet = best <= peak;
    struct attention self = {
        .device = &s->device,
        .group = &group,
        .prefill = {.format = format, .peak_flops = by_datasheet ? peak : 8 * best}
    };
    struct dh_prefill_spec *a = &self.prefill;
    double efficiency = fmin(0.9, 1.1 * best / a->peak_flops);
    static const struct dh_fit_start starts[][DH_FIT_STARTED] = {
        {{OVERHEAD, 5}}, {{OVERHEAD, 1000}}, {{QUERY_ELEMENT, 50}}};
    struct dh_fit_problem p = {
        .constants = {dh_fit_log("start", &a->start_s, 0, 1e-8, 1e-3, shortest_of(&group)),
                      dh_fit_share("efficiency", &a->efficiency, 0.01, fmax(efficiency, 0.02)),
                      dh_fit_log("overhead", &a->overhead_keys, 0, 1, 1e4, 100),
                      dh_fit_share("tail", &a->tail, 0, 0.5),
                      dh_fit_log("query-element", &a->head_s, 0, 1e-3, 1e4, 0.5),
                      dh_fit_log("kv-element", &a->kv_s, 0, 1e-3, 1e4, 0.5)},
        .n_constant = 6,
        .n_needed = 2,
        .starts = starts,
        .n_start = sizeof starts / sizeof *starts,
        .predict = predict_prefill,
        .self = &self,
    };
    const char *of = dh_fit_text(s, "prefill:%s", dh_gpu_format_name((enum dh_gpu_format)format));
    if (!dh_fit_family(s, &p, of, &group, &a->low, &a->high))
        return;
    if (!by_datasheet)
        dh_fit_peak_of_efficiency(s, of, &a->peak_flops, &a->efficiency);
    a->stack = group.rows[0]->library;
    a->origin = DH_ORIGIN_MEASURED;
    a->hull = dh_fit_hull(s, &group, 6, &a->n_hull);
    profile->prefills[profile->n_prefills++] = *a;
}

/* What is a trait of a kernel and not a size: from which length on contexts are cut, whether they are where
 * each head has its own keys, and how many heads share a reading. All ways are tried, and the one that leaves
 * least is taken. */
static const struct dh_decode_spec *best_trait(struct dh_fit_session *s, struct dh_fit_problem *p,
                                               struct attention *self) {
    static const int64_t split_keys[] = {64, 128, 256, 512, 1024, 1000000};
    static struct dh_decode_spec none;
    struct dh_decode_spec *best = dh_arena_alloc(s->mem, sizeof *best);
    double least = INFINITY, *measured = dh_arena_array(s->mem, (size_t)self->group->n + 1, sizeof *measured);
    if (!best || !measured) {
        s->memory_out = true;
        return &none;
    }
    for (int32_t i = 0; i < self->group->n; i++)
        measured[i] = self->group->rows[i]->seconds;
    p->measured = measured;
    p->n = self->group->n;
    *best = self->decode;
    for (int trait = 0; trait < 4; trait++)
        for (size_t k = 0; k < sizeof split_keys / sizeof *split_keys; k++) {
            self->decode.split_keys = split_keys[k];
            self->decode.split_single = trait & 1;
            self->decode.group_max = trait & 2 ? 32 : 1000;
            /* 1e6: nothing is ever cut, whatever split_single says */
            if (split_keys[k] == 1000000 && !self->decode.split_single)
                continue;
            if (dh_fit_solve(p) && p->loss < least - 1e-4) {
                least = p->loss;
                *best = self->decode;
            }
        }
    return best;
}

static void fit_decode(struct dh_fit_session *s, int32_t format) {
    struct dh_fit_group group = dh_fit_gather(s, DH_GPU_DECODE, format, NULL, 0);
    struct dh_profile_spec *profile = &s->result->profile;
    if (group.n + group.n_held == 0)
        return;
    struct attention self = {
        .device = &s->device,
        .group = &group,
        .decode = {.format = format,
                   .unit_memory = 100,
                   .split_keys = 256,
                   .split_single = true,
                   .group_max = 1000}
    };
    struct dh_decode_spec *a = &self.decode;
    static const struct dh_fit_start starts[][DH_FIT_STARTED] = {{{DRAW, 0.3}}};
    struct dh_fit_problem p = {
        .constants = {dh_fit_log("start", &a->start_s, 0, 1e-8, 1e-3, shortest_of(&group)),
                      dh_fit_share("memory", &a->memory, 0.01, 0.8),
                      dh_fit_log("unit-memory", &a->unit_memory, 0, 0.02, 100, 1.5),
                      dh_fit_log("sequence", &a->sequence_s, 0, 1e-12, 1e-3, 1e-8),
                      dh_fit_log("kv-head", &a->kv_head_s, 0, 1e-12, 1e-3, 3e-9),
                      dh_fit_log("head", &a->head_s, 0, 1e-12, 1e-3, 1e-9),
                      dh_fit_log("split", &a->split_s, 0, 1e-8, 1e-3, 1e-6)},
        .n_constant = 7,
        .n_needed = 2,
        .starts = starts,
        .n_start = sizeof starts / sizeof *starts,
        .predict = predict_decode,
        .self = &self,
    };
    const char *of = dh_fit_text(s, "decode:%s", dh_gpu_format_name((enum dh_gpu_format)format));
    if (group.n >= dh_fit_least_samples(p.n_constant))
        self.decode = *best_trait(s, &p, &self);
    if (!dh_fit_family(s, &p, of, &group, &a->low, &a->high))
        return;
    a->stack = group.rows[0]->library;
    a->origin = DH_ORIGIN_MEASURED;
    a->hull = dh_fit_hull(s, &group, 6, &a->n_hull);
    profile->decodes[profile->n_decodes++] = *a;
}

void dh_fit_attention(struct dh_fit_session *s) {
    for (int32_t format = 0; format < DH_N_GPU_FORMAT; format++)
        fit_prefill(s, format);
    for (int32_t format = 0; format < DH_N_GPU_FORMAT; format++)
        fit_decode(s, format);
}
