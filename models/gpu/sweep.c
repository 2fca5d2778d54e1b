#include "models/gpu/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A point may take so many times the time that its weight gives it; five launches are the least that a
 * measurement makes (one checked, three to warm up, one timed). */
static const double PATIENCE = 4, LEAST_LAUNCHES = 5;
enum { FAILURES_IN_A_ROW = 3 };

struct run {
    struct dh_gpu_bench *bench;
    const struct dh_gpu_plan *plan;
    const struct dh_gpu_sink *sink;
    double until, weight_left;
    double rate[DH_N_GPU_KERNEL][DH_N_GPU_FORMAT]; /* best seen: operations, else bytes, a second; 0: none */
    int32_t done, failures;
    bool broken, time_up;
};

static double cost(const struct dh_gpu_point *point) {
    struct dh_gpu_shape shape;
    if (!dh_gpu_shape(&shape, point))
        return 0;
    return shape.operations > 0 ? shape.operations : shape.bytes;
}

static void refuse(struct run *r, const struct dh_gpu_point *point, const char *why) {
    if (r->sink->refusal)
        r->sink->refusal(r->sink->self, point, why);
}

static void recover(struct run *r) {
    dh_gpu_operands_forget(&r->bench->operands);
    r->failures++;
    r->broken =
        r->failures >= FAILURES_IN_A_ROW || !r->sink->reopen || !r->sink->reopen(r->sink->self, r->bench);
}

static void point(struct run *r, const struct dh_gpu_point *p, double budget_s) {
    struct dh_gpu_sample sample;
    char why[320];
    enum dh_gpu_status status = dh_gpu_measure(r->bench, p, budget_s, &sample, why, sizeof why);
    if (status == DH_GPU_OK && sample.n == 0)
        return; /* stopped */
    r->done++;
    if (status != DH_GPU_OK) {
        refuse(r, p, why);
        if (status == DH_GPU_FAILED)
            recover(r);
        return;
    }
    r->failures = 0;
    r->rate[p->kernel][p->format] = fmax(r->rate[p->kernel][p->format], cost(p) / sample.seconds);
    if (r->sink->sample)
        r->sink->sample(r->sink->self, &sample);
}

static bool ended(struct run *r) {
    r->time_up |= dh_gpu_bench_now(r->bench) > r->until;
    return r->broken || r->time_up || (r->bench->stop && r->bench->stop(r->bench->stop_self));
}

/* One pass over the points marked 1 in todo; those that would take too long are marked 2 where they may wait,
 * else refused. */
static void pass(struct run *r, unsigned char *todo, bool may_wait) {
    for (int32_t i = 0; i < r->plan->n && !ended(r); i++) {
        const struct dh_gpu_point *p = &r->plan->points[i];
        if (!todo[i])
            continue;
        double left = fmax(r->until - dh_gpu_bench_now(r->bench), 0);
        double budget = left * fmin(1, r->plan->weights[i] / r->weight_left);
        double rate = r->rate[p->kernel][p->format], needs = rate > 0 ? LEAST_LAUNCHES * cost(p) / rate : 0;
        if (needs > PATIENCE * budget) {
            if (may_wait)
                continue;
            char text[160], why[256];
            dh_gpu_point_text(text, sizeof text, p);
            snprintf(why, sizeof why, "%s: a launch would take about %.2g s, too long for the time budget",
                     text, cost(p) / rate);
            refuse(r, p, why);
            r->done++;
        } else {
            if (r->sink->progress)
                r->sink->progress(r->sink->self, r->done, r->plan->n, p);
            point(r, p, budget);
        }
        todo[i] = 0;
        r->weight_left -= r->plan->weights[i];
    }
}

enum dh_gpu_end dh_gpu_sweep(struct dh_gpu_bench *bench, const struct dh_gpu_plan *plan, double budget_s,
                             const struct dh_gpu_sink *sink) {
    struct run r = {.bench = bench, .plan = plan, .sink = sink, .until = dh_gpu_bench_now(bench) + budget_s};
    unsigned char *todo = malloc((size_t)plan->n + 1);
    if (!todo)
        return DH_GPU_BROKEN;
    for (int32_t i = 0; i < plan->n; i++) {
        todo[i] = 1;
        r.weight_left += plan->weights[i];
    }
    pass(&r, todo, true);
    pass(&r, todo, false);
    free(todo);
    if (r.done == plan->n)
        return DH_GPU_COMPLETE;
    return r.broken ? DH_GPU_BROKEN : r.time_up ? DH_GPU_TIME_UP : DH_GPU_STOPPED;
}
