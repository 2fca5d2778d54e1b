#include "models/activity.h"

#include "models/kernel.h"
#include "sim/math.h"

#include <math.h>

const struct dh_activity_spec *dh_activity_of(const struct dh_device_spec *device) {
    return device->n_activities > 0 ? &device->activities[0] : NULL;
}

static double traffic(const struct dh_activity_spec *spec, const struct dh_activity *a) {
    return a->memory + a->experts * (a->narrow ? spec->narrow : 1);
}

double dh_activity_busy(const struct dh_activity_spec *spec, const struct dh_activity *a) {
    double k = a->mixture ? spec->expert_busy : spec->compute_busy;
    return 1 - dh_exp(-(spec->memory_busy * traffic(spec, a) + k * a->compute));
}

/* Without the cap. */
static double wanted_w(const struct dh_device_spec *device, const struct dh_activity *a) {
    const struct dh_activity_spec *spec = &device->activities[0];
    double together = a->group > 1 ? 1 - spec->wait * (1 - 1 / a->group) : 1;
    double y = spec->on * together * dh_activity_busy(spec, a) * (1 - a->waiting) +
               spec->memory * traffic(spec, a) + spec->communication * a->waiting;
    if (a->compute > 0)
        y += spec->compute * dh_pow(a->compute, 0.7);
    return device->idle_w + (device->tdp_w - device->idle_w) * y;
}

double dh_activity_w(const struct dh_device_spec *device, const struct dh_activity *a) {
    double w = wanted_w(device, a), cap = dh_chip_cap_w(device);
    return w < cap ? w : cap;
}

struct dh_chip_load dh_activity_load(const struct dh_device_spec *device, const struct dh_activity *a,
                                     double link) {
    struct dh_chip_load load = dh_chip_load_of(device, 0, 0, link);
    double memory = a->memory + a->experts;
    load.steady_w += (memory < 1 ? memory : 1) * device->memory_w;
    double rest_w = load.base_w + load.steady_w + dh_chip_leakage_w(device, device->leakage_degc);
    load.switching_w = wanted_w(device, a) - rest_w;
    if (load.switching_w < 0) { /* traffic's own power is more than what was measured of all */
        load.steady_w += load.switching_w;
        load.switching_w = 0;
    }
    return load;
}

/* Experts of a layer that a batch of so many tokens meets (models/serving.h). */
static double experts_met(const struct dh_transformer *t, double tokens) {
    return t->experts * (1 - dh_pow(1 - t->experts_used / t->experts, tokens));
}

void dh_activity_write(struct dh_activity *a, const struct dh_transformer *model,
                       const struct dh_device_spec *device, const struct dh_activity_writing *w) {
    const struct dh_transformer *t = model;
    double iterations_per_s = w->tokens_per_s / w->sequences;
    double other = t->layers * t->attention + t->dense_layers * t->dense +
                   t->expert_layers * (t->shared + t->router) + t->output;
    double expert = t->expert_layers > 0 ? t->expert_layers * experts_met(t, w->sequences) * t->expert : 0;
    /* cache: 16 bits an element */
    double cache_b = 2 * w->sequences * dh_transformer_cache_of(t, w->context);
    double flops = dh_transformer_token_flops(t, w->context) * (1 + w->prompts) * w->tokens_per_s;
    double bytes_per_s = device->memory_bytes_per_s * w->devices;
    *a = (struct dh_activity){.compute = flops / (device->bf16_flops * w->devices),
                              .memory = iterations_per_s *
                                        (other * w->weights.other_b * w->groups + cache_b) / bytes_per_s,
                              .experts = iterations_per_s * expert * w->weights.expert_b / bytes_per_s,
                              .narrow = w->weights.expert_b == 1,
                              .mixture = t->expert_layers > 0,
                              .group = w->devices};
}

void dh_activity_serving(struct dh_activity *a, const struct dh_serving *s,
                         const struct dh_serving_point *p) {
    const struct dh_transformer *t = &s->model;
    double group = (double)s->plan.tp * s->plan.dp, iterations_per_s = 0, expert_b = 0;
    double element_b = dh_kernel_bytes((enum dh_number_format)s->plan.weights);
    if (t->expert_layers > 0 && p->running > 0) {
        iterations_per_s = p->tokens_per_s / (p->running * s->plan.dp);
        expert_b = t->expert_layers * experts_met(t, p->running * s->plan.dp) * t->expert * element_b /
                   group / s->plan.pp;
    }
    double experts = iterations_per_s * expert_b / s->device->memory_bytes_per_s;
    double all = p->bytes_per_s / s->device->memory_bytes_per_s;
    *a = (struct dh_activity){.compute = p->flops_per_s / s->device->bf16_flops,
                              .memory = all > experts ? all - experts : 0,
                              .experts = experts < all ? experts : all,
                              .narrow = element_b == 1,
                              .mixture = t->expert_layers > 0,
                              .group = group * s->plan.pp};
}

int32_t dh_activity_step(struct dh_swing_part parts[DH_N_TRAIN_PHASE], const struct dh_training_phase *phases,
                         const struct dh_device_spec *device, double group, double *mean_w) {
    int32_t n = 0;
    double all_s = 0, all_j = 0;
    for (int k = 0; k < DH_N_TRAIN_PHASE; k++) {
        const struct dh_training_phase *phase = &phases[k];
        /* Communication and bubbles: kernels that wait for others. */
        bool spins = k == DH_TRAIN_COMMUNICATION || k == DH_TRAIN_BUBBLE;
        struct dh_activity a = {.compute = phase->mfu,
                                .memory = phase->mbu,
                                .waiting = spins ? 1 : 0,
                                .group = spins ? group : 1};
        if (!(phase->seconds > 0))
            continue;
        parts[n] = (struct dh_swing_part){phase->seconds,
                                          k == DH_TRAIN_IDLE ? device->idle_w : dh_activity_w(device, &a)};
        all_s += parts[n].s;
        all_j += parts[n].s * parts[n].w;
        n++;
    }
    if (mean_w)
        *mean_w = all_s > 0 ? all_j / all_s : device->idle_w;
    return n;
}
