#include "models/gpu/measure.h"

#include "models/gpu/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MAX_TIMES = 501,
    MIN_TIMES = 10, /* before an interval may end the measurement */
    MAX_SETS = 512,
    MAX_BATCH = 200,
    MIN_WARM_UP = 3,
    MAX_WARM_UP = 30,
};
static const double SINGLE_S = 50e-6; /* shorter launches are timed in batches */
static const double BATCH_S = 500e-6; /* of about this length */
static const double TARGET = 0.02;    /* half width of the interval over the median */
static const double NOISY = 0.10;

static double host_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double dh_gpu_bench_now(const struct dh_gpu_bench *bench) {
    return bench->now ? bench->now(bench->now_self) : host_now();
}

void dh_gpu_bench_init(struct dh_gpu_bench *bench, const struct dh_gpu_backend *backend, struct dh_gpu *gpu) {
    bench->backend = backend;
    bench->gpu = gpu;
    backend->describe(gpu, &bench->info);
    bench->operands.backend = backend;
    bench->operands.gpu = gpu;
    /* a processor's memory is also that of everything else on the host */
    double share = bench->info.is_cpu ? 0.125 : 0.5;
    bench->operands.limit_bytes = bench->info.memory_bytes > 0 ? share * bench->info.memory_bytes : 0x1p30;
}

static bool stopped(const struct dh_gpu_bench *bench) {
    return (bench->stop && bench->stop(bench->stop_self)) ||
           (bench->until > 0 && dh_gpu_bench_now(bench) >= bench->until);
}

int32_t dh_gpu_interval_rank(int32_t n) {
    double chance = ldexp(1, -n), below = 0; /* of exactly k, of at most k */
    int32_t k = 0;
    for (; k < n / 2; k++) {
        below += chance;
        if (below > 0.025)
            break;
        chance *= (double)(n - k) / (k + 1);
    }
    return k > 0 ? k - 1 : 0;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median and interval of a copy of the times. */
static void summarize(const double *times, int32_t n, struct dh_gpu_sample *sample) {
    double sorted[MAX_TIMES];
    memcpy(sorted, times, (size_t)n * sizeof *times);
    qsort(sorted, (size_t)n, sizeof *sorted, by_size);
    int32_t rank = dh_gpu_interval_rank(n);
    sample->n = n;
    sample->seconds = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
    sample->low_s = sorted[rank];
    sample->high_s = sorted[n - 1 - rank];
}

static double half_width(const struct dh_gpu_sample *sample) {
    return 0.5 * (sample->high_s - sample->low_s) / sample->seconds;
}

static void read_counters(struct dh_gpu_bench *bench, struct dh_gpu_sample *sample) {
    struct dh_gpu_counters c;
    if (!bench->backend->counters || bench->backend->counters(bench->gpu, &c) != DH_GPU_OK)
        return;
    if (c.throttle > 0)
        sample->flags |= (c.throttle & DH_GPU_THROTTLE_THERMAL ? (uint32_t)DH_GPU_THERMAL : 0) |
                         (c.throttle & DH_GPU_THROTTLE_POWER ? (uint32_t)DH_GPU_POWER : 0) |
                         (c.throttle & DH_GPU_THROTTLE_BRAKE ? (uint32_t)DH_GPU_BRAKE : 0);
    bench->shared |= c.other_processes > 0;
}

/* The launches of one timing, and how to ask for them. */
struct work {
    struct dh_gpu_launch *launches;
    int32_t n;     /* launches */
    int32_t n_set; /* distinct ones; the rest repeat them */
    int32_t next;  /* where the next batch begins, so that sets go on rotating */
    int32_t batch;
    bool graph;
};

static enum dh_gpu_status time_once(struct dh_gpu_bench *bench, struct work *w, double *seconds) {
    double all = 0, from = dh_gpu_bench_now(bench);
    enum dh_gpu_status status =
        bench->backend->time(bench->gpu, w->launches + w->next, w->batch, w->graph, &all);
    double took = (dh_gpu_bench_now(bench) - from) / w->batch;
    if (bench->launch_s == 0 || took < bench->launch_s)
        bench->launch_s = took;
    if (w->n_set > 1)
        w->next = (w->next + w->batch) % w->n_set;
    *seconds = all / w->batch;
    return status;
}

/* Sets of operands, at least one; fewer where memory is short. */
static enum dh_gpu_status take_sets(struct dh_gpu_bench *bench, const struct dh_gpu_point *point,
                                    const struct dh_gpu_shape *shape, struct work *w) {
    double cache = bench->info.cache_bytes > 0 ? bench->info.cache_bytes : 0;
    double wanted = shape->n_buffer ? floor(2 * cache / shape->bytes) + 1 : 1;
    int32_t n = wanted < MAX_SETS ? (int32_t)wanted : MAX_SETS;
    if (n > 1 && shape->bytes * n > bench->operands.limit_bytes)
        n = 1;
    for (w->n_set = 0; w->n_set < n && (w->n_set == 0 || !stopped(bench)); w->n_set++) {
        struct dh_gpu_launch *launch = &w->launches[w->n_set];
        enum dh_gpu_kernel kernel = point->kernel == DH_GPU_GRAPH ? DH_GPU_EMPTY : point->kernel;
        *launch = (struct dh_gpu_launch){.kernel = kernel, .format = point->format};
        memcpy(launch->size, point->size, sizeof launch->size);
        enum dh_gpu_status status =
            dh_gpu_operands_take(&bench->operands, shape, w->n_set, w->n_set == 0, launch);
        if (status == DH_GPU_OUT_OF_MEMORY && w->n_set > 0)
            break;
        if (status != DH_GPU_OK)
            return status;
    }
    for (int32_t i = w->n_set; i < w->n; i++)
        w->launches[i] = w->launches[i - w->n_set];
    return DH_GPU_OK;
}

/* Poisons the result, computes it once, and looks at it. */
static enum dh_gpu_status run_and_check(struct dh_gpu_bench *bench, const struct dh_gpu_point *point,
                                        const struct dh_gpu_shape *shape, struct work *w,
                                        struct dh_gpu_sample *sample) {
    uint32_t seeds[DH_GPU_MAX_BUFFER];
    for (int32_t i = 0; i < DH_GPU_MAX_BUFFER; i++)
        seeds[i] = dh_gpu_operand_seed(i, 0);
    size_t bytes = (size_t)shape->elements[0] * dh_gpu_format_bytes(shape->formats[0]);
    double seconds, error;
    enum dh_gpu_status status = bench->backend->poison(bench->gpu, w->launches[0].buffer[0], bytes);
    if (status == DH_GPU_OK)
        status = bench->backend->time(bench->gpu, w->launches, 1, false, &seconds);
    if (status == DH_GPU_OK)
        status = dh_gpu_check(bench->backend, bench->gpu, point, w->launches, seeds,
                              (uint32_t)shape->elements[0], &error);
    if (status != DH_GPU_OK)
        return status;
    sample->error = isfinite(error) ? error : NAN;
    if (!(error <= dh_gpu_tolerance(point->format)))
        sample->flags |= DH_GPU_WRONG;
    return DH_GPU_OK;
}

/* Until three times in a row differ by less than 5 %, or a quarter of the time is gone. *seconds: the last.
 */
static enum dh_gpu_status warm_up(struct dh_gpu_bench *bench, struct work *w, double until, double *seconds) {
    double before = 0;
    for (int32_t i = 0, settled = 0; i < MAX_WARM_UP && settled < 2; i++) {
        enum dh_gpu_status status = time_once(bench, w, seconds);
        if (status != DH_GPU_OK || stopped(bench))
            return status;
        settled = fabs(*seconds - before) < 0.05 * before ? settled + 1 : 0;
        before = *seconds;
        if (i + 1 >= MIN_WARM_UP && dh_gpu_bench_now(bench) > until)
            break;
    }
    return DH_GPU_OK;
}

static enum dh_gpu_status repeat(struct dh_gpu_bench *bench, struct work *w, double until,
                                 struct dh_gpu_sample *sample) {
    double times[MAX_TIMES];
    for (int32_t n = 0; n < MAX_TIMES && !stopped(bench);) {
        enum dh_gpu_status status = time_once(bench, w, &times[n]);
        if (status != DH_GPU_OK)
            return status;
        if (!(times[n] > 0) || !isfinite(times[n]))
            return DH_GPU_FAILED;
        summarize(times, ++n, sample);
        if ((n >= MIN_TIMES && half_width(sample) < TARGET) || dh_gpu_bench_now(bench) > until)
            break;
    }
    return DH_GPU_OK;
}

static enum dh_gpu_status measure(struct dh_gpu_bench *bench, const struct dh_gpu_point *point,
                                  const struct dh_gpu_shape *shape, double budget_s, struct work *w,
                                  struct dh_gpu_sample *sample) {
    double begin = dh_gpu_bench_now(bench), seconds = 0;
    enum dh_gpu_status status = take_sets(bench, point, shape, w);
    if (status == DH_GPU_OK && stopped(bench))
        return status;
    if (status == DH_GPU_OK && shape->n_buffer > 0)
        status = run_and_check(bench, point, shape, w, sample);
    if (status != DH_GPU_OK || stopped(bench))
        return status;
    bool short_ones = point->kernel < DH_GPU_H2D && point->kernel != DH_GPU_GRAPH;
    bool has_graphs = bench->backend->supports(bench->gpu, DH_GPU_GRAPH, DH_GPU_FP32);
    w->batch = 1;
    if (point->kernel == DH_GPU_GRAPH) {
        w->batch = (int32_t)point->size[0];
        w->graph = true;
    } else if (point->kernel >= DH_GPU_H2D) {
        w->graph = point->pinned;
    }
    status = warm_up(bench, w, begin + 0.25 * budget_s, &seconds);
    if (status == DH_GPU_OK && short_ones && seconds < SINGLE_S && !stopped(bench)) {
        w->batch = seconds * MAX_BATCH > BATCH_S ? (int32_t)ceil(BATCH_S / seconds) : MAX_BATCH;
        /* a launch may take the host much longer than the device says */
        if (w->batch * bench->launch_s > 0.25 * budget_s)
            w->batch = (int32_t)fmax(1, 0.25 * budget_s / bench->launch_s);
        w->graph = has_graphs && point->kernel != DH_GPU_EMPTY;
        status = warm_up(bench, w, begin + 0.4 * budget_s, &seconds);
    }
    if (status != DH_GPU_OK || stopped(bench))
        return status;
    read_counters(bench, sample);
    status = repeat(bench, w, begin + budget_s, sample);
    read_counters(bench, sample);
    sample->batch = w->batch;
    if (point->kernel == DH_GPU_GRAPH && sample->n > 0) { /* the whole graph is one launch */
        sample->seconds *= w->batch;
        sample->low_s *= w->batch;
        sample->high_s *= w->batch;
        sample->batch = 1;
    }
    if (sample->n > 0 && half_width(sample) > NOISY)
        sample->flags |= DH_GPU_NOISY;
    return status;
}

static void explain(const struct dh_gpu_bench *bench, const struct dh_gpu_point *point,
                    enum dh_gpu_status status, char *why, size_t room) {
    const char *error = bench->backend->error(bench->gpu);
    char text[160];
    dh_gpu_point_text(text, sizeof text, point);
    if (status == DH_GPU_OUT_OF_MEMORY)
        snprintf(why, room, "%s: does not fit into the memory that may be used", text);
    else if (status == DH_GPU_NOT_RECORDED)
        snprintf(why, room, "%s: not among the recorded points", text);
    else if (error[0])
        snprintf(why, room, "%s: %s", text, error);
    else
        snprintf(why, room, "%s: %s", text,
                 status == DH_GPU_UNSUPPORTED ? "this device does not have it" : "the launch failed");
}

enum dh_gpu_status dh_gpu_measure(struct dh_gpu_bench *bench, const struct dh_gpu_point *point,
                                  double budget_s, struct dh_gpu_sample *sample, char *why, size_t room) {
    struct dh_gpu_shape shape;
    *sample = (struct dh_gpu_sample){.point = *point, .error = NAN, .batch = 1};
    why[0] = '\0';
    bench->launch_s = 0;
    if (!dh_gpu_shape(&shape, point) || !bench->backend->supports(bench->gpu, point->kernel, point->format)) {
        char text[160];
        snprintf(why, room, "%s: this device does not have it", dh_gpu_point_text(text, sizeof text, point));
        return DH_GPU_UNSUPPORTED;
    }
    int32_t nodes = point->kernel == DH_GPU_GRAPH ? (int32_t)point->size[0] : 0;
    struct work w = {.n = MAX_SETS + MAX_BATCH + nodes, .n_set = 1, .batch = 1};
    w.launches = calloc((size_t)w.n, sizeof *w.launches);
    if (!w.launches) {
        snprintf(why, room, "the host is out of memory");
        return DH_GPU_OUT_OF_MEMORY;
    }
    enum dh_gpu_status status = measure(bench, point, &shape, budget_s, &w, sample);
    if (status != DH_GPU_OK) {
        explain(bench, point, status, why, room);
        sample->n = 0;
    }
    const char *library = point->kernel >= DH_GPU_H2D && point->kernel <= DH_GPU_BOTH
                              ? (point->pinned ? "pinned" : "pageable")
                              : bench->backend->library(bench->gpu, point->kernel, point->format);
    snprintf(sample->library, sizeof sample->library, "%s", library ? library : "own");
    bench->backend->tile(bench->gpu, point->kernel, point->format, &sample->tile_m, &sample->tile_n);
    free(w.launches);
    return status;
}
