#include "models/gpu/sustain.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double READING_S = 0.1; /* counters tick at about that */
static const double PERIOD_S = 0.5;  /* of a load that runs a part of the time */
static const double BURST_S = 0.05;  /* launches that are given at once */
enum { MAX_READINGS = 36000 };       /* an hour */

static void wait_s(double seconds) {
    if (!(seconds > 0))
        return;
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&t, NULL);
}

bool dh_gpu_has_power(struct dh_gpu_bench *bench) {
    struct dh_gpu_counters c;
    return bench->backend->counters && bench->backend->counters(bench->gpu, &c) == DH_GPU_OK &&
           (!isnan(c.energy_j) || !isnan(c.power_w));
}

/* ---- the time constant --------------------------------------------------------------------------------- */

/* Sum of squares left over by the best start and end for a tau. */
static double misfit(const double *at, const double *degc, int32_t n, double tau) {
    double sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
    for (int32_t i = 0; i < n; i++) {
        double x = exp(-(at[i] - at[0]) / tau), y = degc[i] - degc[0];
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
        syy += y * y;
    }
    double xx = sxx - sx * sx / n, xy = sxy - sx * sy / n, yy = syy - sy * sy / n;
    return xx > 0 ? yy - xy * xy / xx : yy;
}

double dh_gpu_time_constant(const double *at, const double *degc, int32_t n) {
    if (n < 20)
        return NAN;
    double span = at[n - 1] - at[0], low = INFINITY, high = -INFINITY;
    for (int32_t i = 0; i < n; i++) {
        low = fmin(low, degc[i]);
        high = fmax(high, degc[i]);
    }
    if (!(high - low >= 3) || !(span > 0))
        return NAN;
    double least = span / 50, most = 4 * span, best = least;
    enum { STEPS = 100 };
    double step = pow(most / least, 1.0 / STEPS);
    for (int i = 0; i <= STEPS; i++)
        if (misfit(at, degc, n, least * pow(step, i)) < misfit(at, degc, n, best))
            best = least * pow(step, i);
    if (best >= most / step)
        return NAN;
    double a = best / step, b = best * step; /* golden section; the sum of squares is smooth in between */
    for (int i = 0; i < 40; i++) {
        double x = b - 0.6180339887 * (b - a), y = a + 0.6180339887 * (b - a);
        if (misfit(at, degc, n, x) < misfit(at, degc, n, y))
            b = y;
        else
            a = x;
    }
    return 0.5 * (a + b);
}

/* ---- readings of the counters, in a thread ------------------------------------------------------------- */

struct watch {
    struct dh_gpu_bench *bench;
    atomic_bool end;
    pthread_t thread;
    bool runs;
    double *at, *degc, *clock_hz, *power_w;
    int32_t n, n_degc, throttled;
    uint32_t flags;
};

static void *watch(void *self) {
    struct watch *w = self;
    double begin = dh_gpu_bench_now(w->bench);
    while (!atomic_load(&w->end) && w->n < MAX_READINGS) {
        struct dh_gpu_counters c;
        if (w->bench->backend->counters(w->bench->gpu, &c) == DH_GPU_OK) {
            w->clock_hz[w->n] = c.clock_hz;
            w->power_w[w->n++] = c.power_w;
            if (!isnan(c.temperature_degc)) {
                w->at[w->n_degc] = dh_gpu_bench_now(w->bench) - begin;
                w->degc[w->n_degc++] = c.temperature_degc;
            }
            if (c.throttle > 0) {
                w->throttled++;
                w->flags |= (c.throttle & DH_GPU_THROTTLE_THERMAL ? (uint32_t)DH_GPU_THERMAL : 0) |
                            (c.throttle & DH_GPU_THROTTLE_POWER ? (uint32_t)DH_GPU_POWER : 0) |
                            (c.throttle & DH_GPU_THROTTLE_BRAKE ? (uint32_t)DH_GPU_BRAKE : 0);
            }
        }
        wait_s(READING_S);
    }
    return NULL;
}

static bool watch_begin(struct watch *w, struct dh_gpu_bench *bench) {
    *w = (struct watch){.bench = bench, .at = malloc(4 * MAX_READINGS * sizeof *w->at)};
    if (!w->at)
        return false;
    w->degc = w->at + MAX_READINGS;
    w->clock_hz = w->degc + MAX_READINGS;
    w->power_w = w->clock_hz + MAX_READINGS;
    w->runs = pthread_create(&w->thread, NULL, watch, w) == 0;
    if (!w->runs)
        free(w->at);
    return w->runs;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void watch_end(struct watch *w, struct dh_gpu_sustained *s) {
    atomic_store(&w->end, true);
    pthread_join(w->thread, NULL);
    double power = 0;
    int32_t n_power = 0, n_clock = 0;
    for (int32_t i = 0; i < w->n; i++) {
        if (!isnan(w->power_w[i])) {
            power += w->power_w[i];
            n_power++;
        }
        if (!isnan(w->clock_hz[i]))
            w->clock_hz[n_clock++] = w->clock_hz[i];
    }
    qsort(w->clock_hz, (size_t)n_clock, sizeof *w->clock_hz, by_size);
    s->clock_hz = n_clock ? w->clock_hz[n_clock / 2] : NAN;
    s->board_w = n_power ? power / n_power : NAN;
    s->start_degc = w->n_degc ? w->degc[0] : NAN;
    s->end_degc = w->n_degc ? w->degc[w->n_degc - 1] : NAN;
    s->tau_s = dh_gpu_time_constant(w->at, w->degc, w->n_degc);
    s->throttled = w->n ? (double)w->throttled / w->n : 0;
    s->flags = w->flags;
    free(w->at);
}

/* ---- loads --------------------------------------------------------------------------------------------- */

struct load {
    enum dh_gpu_load kind;
    struct dh_gpu_point point;
    struct dh_gpu_shape shape;
    struct dh_gpu_launch launch;
    double launch_s; /* the last known */
};

/* Launches the load, and keeps what one took: by the host's clock too, where the device tells less. */
static enum dh_gpu_status launch(struct dh_gpu_bench *bench, struct load *load,
                                 const struct dh_gpu_launch *launches, int32_t n) {
    double from = dh_gpu_bench_now(bench), took = 0;
    enum dh_gpu_status status = bench->backend->time(bench->gpu, launches, n, false, &took);
    load->launch_s = fmax(took, dh_gpu_bench_now(bench) - from) / n;
    return status;
}

/* Operands for the largest size at which a launch takes at most BURST_S and they fit. */
static enum dh_gpu_status prepare(struct dh_gpu_bench *bench, struct load *load) {
    double cache = bench->info.cache_bytes > 0 ? bench->info.cache_bytes : 0x1p24;
    bool is_gemm = load->kind == DH_GPU_LOAD_GEMM;
    int64_t size = is_gemm ? 512 : (int64_t)(fmax(2 * cache, 0x1p24) / 12), last = is_gemm ? 8192 : size * 16;
    enum dh_gpu_status status = DH_GPU_UNSUPPORTED;
    double growth = is_gemm ? 8 : 2; /* of a launch with twice the size */
    for (; size <= last && growth * load->launch_s < 2 * BURST_S; size *= 2) {
        struct load next = *load;
        next.point.size[0] = size;
        next.point.size[1] = next.point.size[2] = is_gemm ? size : 0;
        if (!dh_gpu_shape(&next.shape, &next.point) || next.shape.bytes > 0.9 * bench->operands.limit_bytes)
            break;
        next.launch = (struct dh_gpu_launch){.kernel = next.point.kernel, .format = next.point.format};
        memcpy(next.launch.size, next.point.size, sizeof next.launch.size);
        enum dh_gpu_status now = dh_gpu_operands_take(&bench->operands, &next.shape, 0, true, &next.launch);
        for (int i = 0; i < 2 && now == DH_GPU_OK; i++) /* a first launch may have to get ready */
            now = launch(bench, &next, &next.launch, 1);
        if (now == DH_GPU_FAILED || (now != DH_GPU_OK && load->launch_s == 0))
            return now;
        if (now != DH_GPU_OK || (next.launch_s > BURST_S && load->launch_s > 0))
            break;
        *load = next;
        status = DH_GPU_OK;
    }
    /* the larger size that was tried may have taken the buffers */
    return status == DH_GPU_OK ? dh_gpu_operands_take(&bench->operands, &load->shape, 0, true, &load->launch)
                               : status;
}

static bool stopped(const struct dh_gpu_bench *bench) {
    return bench->stop && bench->stop(bench->stop_self);
}

/* Holds the load for so long; *launches becomes how many ran. */
static enum dh_gpu_status hold(struct dh_gpu_bench *bench, struct load *load, double duty, double seconds,
                               int64_t *launches) {
    enum { MOST = 256 };
    struct dh_gpu_launch burst[MOST];
    double begin = dh_gpu_bench_now(bench), now = begin;
    for (int i = 0; i < MOST; i++)
        burst[i] = load->launch;
    for (int64_t period = 0; now < begin + seconds && !stopped(bench); period++) {
        double from = begin + (double)period * PERIOD_S, until = fmin(from + PERIOD_S, begin + seconds);
        double busy_until = from + duty * (until - from);
        while (load->kind != DH_GPU_LOAD_IDLE && (now = dh_gpu_bench_now(bench)) < busy_until) {
            double wanted = fmin(BURST_S, busy_until - now) / fmax(load->launch_s, 1e-7);
            int32_t n = wanted < 1 ? 1 : wanted > MOST ? MOST : (int32_t)wanted;
            enum dh_gpu_status status = launch(bench, load, burst, n);
            if (status != DH_GPU_OK)
                return status;
            *launches += n;
        }
        while ((now = dh_gpu_bench_now(bench)) < until && !stopped(bench))
            wait_s(fmin(until - now, READING_S));
    }
    return DH_GPU_OK;
}

/* Holds a load and says what it drew. */
static enum dh_gpu_status sustain(struct dh_gpu_bench *bench, struct load *load, double duty, double seconds,
                                  struct dh_gpu_sustained *s) {
    struct watch w;
    struct dh_gpu_counters before, after;
    *s = (struct dh_gpu_sustained){
        .load = load->kind, .format = load->point.format, .duty = duty, .rate = NAN};
    if (!watch_begin(&w, bench))
        return DH_GPU_OUT_OF_MEMORY;
    int64_t launches = 0;
    double begin = dh_gpu_bench_now(bench);
    enum dh_gpu_status status = bench->backend->counters(bench->gpu, &before);
    if (status == DH_GPU_OK)
        status = hold(bench, load, duty, seconds, &launches);
    s->seconds = dh_gpu_bench_now(bench) - begin;
    if (status == DH_GPU_OK)
        status = bench->backend->counters(bench->gpu, &after);
    watch_end(&w, s);
    if (status != DH_GPU_OK)
        return status;
    s->energy_j = after.energy_j - before.energy_j;
    s->polled = isnan(s->energy_j);
    if (!s->polled)
        s->board_w = s->energy_j / s->seconds;
    if (load->kind == DH_GPU_LOAD_GEMM)
        s->rate = (double)launches * load->shape.operations / s->seconds;
    else if (load->kind == DH_GPU_LOAD_TRIAD)
        s->rate = (double)launches * load->shape.bytes / s->seconds;
    return DH_GPU_OK;
}

static void refuse(const struct dh_gpu_sustained_sink *sink, const struct load *load, const char *why) {
    struct dh_gpu_point p = load->point;
    for (int32_t i = 0; i < dh_gpu_size_count(p.kernel); i++)
        p.size[i] = p.size[i] > 0 ? p.size[i] : 1;
    if (sink->refusal)
        sink->refusal(sink->self, &p, why);
}

enum dh_gpu_end dh_gpu_sustain(struct dh_gpu_bench *bench, double budget_s,
                               const struct dh_gpu_sustained_sink *sink) {
    static const double duties[] = {0.25, 0.5, 0.75, 1};
    struct load loads[] = {
        {.kind = DH_GPU_LOAD_IDLE,  .point = {.kernel = DH_GPU_EMPTY}},
        {.kind = DH_GPU_LOAD_GEMM,  .point = {.kernel = DH_GPU_GEMM} },
        {.kind = DH_GPU_LOAD_TRIAD, .point = {.kernel = DH_GPU_TRIAD}}
    };
    static const enum dh_gpu_format formats[] = {DH_GPU_BF16, DH_GPU_FP16};
    for (int i = 0; i < 2 && loads[1].point.format == DH_GPU_FP32; i++)
        if (bench->backend->supports(bench->gpu, DH_GPU_GEMM, formats[i]))
            loads[1].point.format = formats[i];
    bool power = dh_gpu_has_power(bench);
    double until = dh_gpu_bench_now(bench) + budget_s;
    int parts = 12; /* idle 2, and twice 1 + 1 + 1 + 2: of what is left, as getting ready takes some too */
    for (int l = 0; l < 3; l++) {
        struct load *load = &loads[l];
        if (!power) {
            refuse(sink, load, "the device tells neither energy nor power: no load was held");
            continue;
        }
        enum dh_gpu_status status = l > 0 ? prepare(bench, load) : DH_GPU_OK;
        for (int d = l > 0 ? 0 : 3; d < 4 && status == DH_GPU_OK; d++) {
            struct dh_gpu_sustained s;
            if (stopped(bench))
                return DH_GPU_STOPPED;
            if (sink->progress)
                sink->progress(sink->self, load->kind, duties[d]);
            int part = d == 3 ? 2 : 1;
            double left = until - dh_gpu_bench_now(bench);
            if (left <= 0)
                return DH_GPU_TIME_UP;
            status = sustain(bench, load, duties[d], left * part / parts, &s);
            parts -= part;
            if (status == DH_GPU_OK && !stopped(bench) && sink->sustained)
                sink->sustained(sink->self, &s);
        }
        if (status == DH_GPU_OK)
            continue;
        parts = l == 1 ? 5 : parts;
        const char *error = bench->backend->error(bench->gpu);
        refuse(sink, load, error[0] ? error : "the load could not be held");
        if (status == DH_GPU_FAILED)
            return DH_GPU_BROKEN;
    }
    return stopped(bench) ? DH_GPU_STOPPED : DH_GPU_COMPLETE;
}
