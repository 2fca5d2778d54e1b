/* Memory bandwidth, launches, copies, collectives: a start and a rate. */
#include "models/gpu/fit_family.h"

#include <math.h>
#include <string.h>

enum {
    MOST_GROUPS = 64
}; /* of transfers: two libraries, or some numbers of ranks, for each of seven kernels */

struct stream {
    const struct dh_fit_group *group;
    enum dh_gpu_kernel kernel;
    double start_s, rate, cache, cache_bytes;
};

/* What a sample moves: bytes, or for a graph launches. */
static double amount_of(const struct dh_sample_spec *row, enum dh_gpu_kernel kernel) {
    const double *size = row->size;
    double element = (double)dh_gpu_format_bytes((enum dh_gpu_format)row->format);
    switch (kernel) {
    case DH_GPU_TRIAD:  /* two read, one written */
    case DH_GPU_GATHER: /* an index and a value read, one written */
        return 12 * size[0];
    case DH_GPU_COPY:
        return 8 * size[0];
    case DH_GPU_LAYERNORM:
    case DH_GPU_SOFTMAX:
        return 2 * element * size[0] * size[1];
    case DH_GPU_ALLREDUCE: /* nccl-tests, doc/PERFORMANCE.md: what a rank's links carry */
        return 2 * (size[0] - 1) / size[0] * size[1];
    case DH_GPU_ALLGATHER:
    case DH_GPU_ALLTOALL:
        return (size[0] - 1) / size[0] * size[1];
    default:
        return size[0];
    }
}

static double predict(const void *self, int32_t i) {
    const struct stream *p = self;
    double amount = amount_of(p->group->rows[i], p->kernel);
    double reach = 2 * amount / p->cache_bytes, cached = 1 / (1 + reach * reach);
    return p->start_s + amount / (p->rate * (1 + cached * (p->cache - 1)));
}

/* Of too few samples for two constants: the rate of the largest, whatever its start takes. */
static double rate_of_largest(struct dh_fit_session *s, enum dh_gpu_kernel kernel, const char *of,
                              const struct dh_fit_group *group, const char *rate) {
    const struct dh_sample_spec *largest = group->rows[0];
    for (int32_t i = 1; i < group->n; i++)
        if (amount_of(group->rows[i], kernel) > amount_of(largest, kernel))
            largest = group->rows[i];
    double amount = amount_of(largest, kernel);
    dh_fit_figure(s, of, rate, amount / largest->seconds, amount / fmax(largest->high_s, largest->seconds),
                  amount / fmin(largest->low_s, largest->seconds), true);
    dh_fit_note(s, "%s: %d samples are too few for a start and a rate; the rate is that of the largest", of,
                group->n);
    s->result->n_fitted += group->n;
    return amount / largest->seconds;
}

/* Fits start (or latency) and rate; with a cache its bandwidth over the memory's. NaN: not fitted. */
static double fit_stream(struct dh_fit_session *s, enum dh_gpu_kernel kernel, const char *of,
                         const struct dh_fit_group *group, const char *start, const char *rate,
                         double cache_bytes) {
    struct stream self = {.group = group, .kernel = kernel, .cache = 1, .cache_bytes = fmax(cache_bytes, 1)};
    double best = 0, shortest = INFINITY, least = INFINITY;
    for (int32_t i = 0; i < group->n; i++) {
        double amount = amount_of(group->rows[i], kernel);
        best = fmax(best, amount / group->rows[i]->seconds);
        least = fmin(least, amount);
        shortest = fmin(shortest, group->rows[i]->seconds);
    }
    if (group->n > 0 && group->n < dh_fit_least_samples(2))
        return rate_of_largest(s, kernel, of, group, rate);
    if (!(best > 0)) {
        dh_fit_note(s, "%s: nothing to fit among %d samples", of, group->n);
        return NAN;
    }
    bool fits_cache = least < cache_bytes && group->n >= dh_fit_least_samples(3);
    const struct dh_fit_start starts[][DH_FIT_STARTED] = {{{0, shortest / 100}}};
    struct dh_fit_problem p = {
        .constants = {dh_fit_log(start, &self.start_s, 0, 1e-9, 10, shortest / 2),
                      dh_fit_log(rate, &self.rate, 0, 1, 1e20, best),
                      dh_fit_log("cache", &self.cache, 1, 1.01, 100, 1.5)},
        .n_constant = fits_cache ? 3 : 2,
        .n_needed = 2,
        .starts = starts,
        .n_start = 1,
        .predict = predict,
        .self = &self,
    };
    return dh_fit_family(s, &p, of, group, NULL, NULL) ? self.rate : NAN;
}

/* The newest figure of this name, as a share of a whole. */
static void to_share(struct dh_fit_session *s, const char *of, const char *name, const char *as,
                     double whole) {
    struct dh_profile_spec *p = &s->result->profile;
    const char *wanted = dh_fit_text(s, "%s:%s", of, name);
    for (int32_t i = 0; i < p->n_figures; i++)
        if (strcmp(p->figures[i].of, wanted) == 0) {
            p->figures[i].of = dh_fit_text(s, "%s:%s", of, as);
            p->figures[i].value /= whole;
            p->figures[i].low /= whole;
            p->figures[i].high /= whole;
        }
}

/* Without a datasheet, bandwidths are shares of what was measured. */
static void find_bandwidth(struct dh_fit_session *s, double triad, double copy) {
    double *bandwidth = &s->device.memory_bytes_per_s, most = 0;
    if (s->known && isfinite(s->known->memory_bytes_per_s)) {
        *bandwidth = s->known->memory_bytes_per_s;
        return;
    }
    if (isfinite(triad) || isfinite(copy)) {
        *bandwidth = isfinite(triad) ? triad : copy;
        return;
    }
    if (isfinite(s->samples->memory_bytes_per_s)) {
        *bandwidth = fmax(s->samples->memory_bytes_per_s, 1e6);
        return;
    }
    for (int32_t i = 0; i < s->samples->n_samples; i++) { /* the operands of products alone */
        const struct dh_sample_spec *r = &s->samples->samples[i];
        if (dh_fit_kernel(r) == DH_GPU_GEMM && dh_fit_is_used(r))
            most = fmax(most, (double)dh_gpu_format_bytes((enum dh_gpu_format)r->format) *
                                  (r->size[0] + r->size[1]) * r->size[2] / r->seconds);
    }
    *bandwidth = fmax(most, 1e6);
}

void dh_fit_memory(struct dh_fit_session *s) {
    static const enum dh_gpu_kernel kernels[] = {DH_GPU_TRIAD, DH_GPU_COPY, DH_GPU_GATHER};
    double rate[3];
    for (int k = 0; k < 3; k++) {
        struct dh_fit_group group = dh_fit_gather(s, kernels[k], -1, NULL, 0);
        rate[k] = group.n + group.n_held == 0
                      ? NAN
                      : fit_stream(s, kernels[k], dh_gpu_kernel_name(kernels[k]), &group, "start",
                                   "memory-bandwidth", s->device.cache_bytes);
    }
    find_bandwidth(s, rate[0], rate[1]);
    static const enum dh_gpu_kernel rows[] = {DH_GPU_LAYERNORM, DH_GPU_SOFTMAX};
    for (int k = 0; k < 2; k++)
        for (int32_t format = 0; format < DH_N_GPU_FORMAT; format++) {
            struct dh_fit_group group = dh_fit_gather(s, rows[k], format, NULL, 0);
            const char *of = dh_fit_text(s, "%s:%s", dh_gpu_kernel_name(rows[k]),
                                         dh_gpu_format_name((enum dh_gpu_format)format));
            if (group.n + group.n_held > 0 &&
                isfinite(fit_stream(s, rows[k], of, &group, "start", "rate", s->device.cache_bytes)))
                to_share(s, of, "rate", "memory", s->device.memory_bytes_per_s);
        }
}

/* ---- launches, copies, collectives -------------------------------------------------------------------- */

static void fit_launches(struct dh_fit_session *s) {
    struct dh_fit_group empty = dh_fit_gather(s, DH_GPU_EMPTY, -1, NULL, 0);
    struct dh_fit_group graph = dh_fit_gather(s, DH_GPU_GRAPH, -1, NULL, 0);
    double *times = dh_arena_array(s->mem, (size_t)empty.n + 1, sizeof *times);
    if (!times) {
        s->memory_out = true;
        return;
    }
    if (empty.n > 0) {
        double low = INFINITY, high = 0;
        for (int32_t i = 0; i < empty.n; i++) {
            times[i] = empty.rows[i]->seconds;
            low = fmin(low, empty.rows[i]->low_s);
            high = fmax(high, empty.rows[i]->high_s);
        }
        dh_fit_sort(times, empty.n);
        dh_fit_figure(s, "empty", "start", dh_fit_quantile(times, empty.n, 0.5), low, high, true);
        s->result->n_fitted += empty.n;
    }
    if (graph.n >= dh_fit_least_samples(2)) {
        if (isfinite(fit_stream(s, DH_GPU_GRAPH, "graph", &graph, "start", "rate", 0))) {
            struct dh_profile_spec *p = &s->result->profile;
            struct dh_figure_spec *f = &p->figures[p->n_figures - 1]; /* launches a second */
            *f = (struct dh_figure_spec){.of = dh_fit_text(s, "graph:kernel"),
                                         .value = 1 / f->value,
                                         .low = 1 / f->high,
                                         .high = 1 / f->low,
                                         .identified = f->identified};
        }
    } else if (graph.n > 0) { /* the longest tells best what one kernel in it takes */
        const struct dh_sample_spec *longest = graph.rows[0];
        for (int32_t i = 1; i < graph.n; i++)
            if (graph.rows[i]->size[0] > longest->size[0])
                longest = graph.rows[i];
        dh_fit_figure(s, "graph", "kernel", longest->seconds / longest->size[0],
                      longest->low_s / longest->size[0], longest->high_s / longest->size[0], true);
        s->result->n_fitted += graph.n;
    }
}

/* Is there a sample of the same kernel, and library or number of ranks, among those so far? */
static bool seen(const struct dh_sample_spec *const *so_far, int32_t n, const struct dh_sample_spec *r) {
    bool ranks = dh_fit_kernel(r) >= DH_GPU_ALLREDUCE;
    for (int32_t k = 0; k < n; k++)
        if (so_far[k]->kernel == r->kernel &&
            (ranks ? so_far[k]->size[0] == r->size[0] : strcmp(so_far[k]->library, r->library) == 0))
            return true;
    return false;
}

void dh_fit_transfers(struct dh_fit_session *s) {
    const struct dh_sample_spec *groups[MOST_GROUPS];
    int32_t n_group = 0;
    fit_launches(s);
    for (int32_t i = 0; i < s->samples->n_samples && n_group < MOST_GROUPS; i++) {
        const struct dh_sample_spec *r = &s->samples->samples[i];
        enum dh_gpu_kernel kernel = dh_fit_kernel(r);
        const char *name = dh_gpu_kernel_name(kernel);
        if (kernel < DH_GPU_H2D || seen(groups, n_group, r))
            continue;
        groups[n_group++] = r;
        if (kernel >= DH_GPU_ALLREDUCE) {
            struct dh_fit_group group = dh_fit_gather(s, kernel, -1, NULL, r->size[0]);
            fit_stream(s, kernel, dh_fit_text(s, "%s:%.0f", name, r->size[0]), &group, "latency",
                       "bus-bandwidth", 0);
        } else {
            struct dh_fit_group group = dh_fit_gather(s, kernel, -1, r->library, 0);
            fit_stream(s, kernel, dh_fit_text(s, "%s:%s", name, r->library), &group, "latency", "rate", 0);
        }
    }
}
