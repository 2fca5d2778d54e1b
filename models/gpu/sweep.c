#include "models/gpu/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A point may take so many times its part of the time; five launches are the least that a
 * measurement makes (one checked, three to warm up, one timed). */
static const double PATIENCE = 4, LEAST_LAUNCHES = 5;
/* Of the time, for points that are measured again. */
static const double AGAIN_SHARE = 0.03;
enum { FAILURES_IN_A_ROW = 3 };

struct run {
    struct dh_gpu_bench *bench;
    const struct dh_gpu_plan *plan;
    const struct dh_gpu_sink *sink;
    double until; /* of all points, and before those that are measured again */
    double again_from;
    double spent[DH_GPU_MAX_GROUP];
    int32_t left[DH_GPU_MAX_GROUP]; /* points of a group that this pass has not looked at */
    /* best seen by the host's clock: operations, else bytes, else launches, a second; 0: none */
    double rate[DH_N_GPU_KERNEL][DH_N_GPU_FORMAT];
    int32_t done, failures;
    bool broken;
};

static double cost(const struct dh_gpu_point *point) {
    struct dh_gpu_shape shape;
    if (!dh_gpu_shape(&shape, point))
        return 0;
    return shape.operations > 0 ? shape.operations : shape.bytes > 0 ? shape.bytes : (double)point->size[0];
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
    r->rate[p->kernel][p->format] =
        fmax(r->rate[p->kernel][p->format], cost(p) / fmax(sample.seconds, r->bench->launch_s));
    if (r->sink->sample)
        r->sink->sample(r->sink->self, &sample);
}

static bool stopped(const struct run *r) {
    return r->broken || (r->bench->stop && r->bench->stop(r->bench->stop_self));
}

/* The group whose turn it is: the one that is furthest behind its share; those without a share at the end.
 * -1: all are done. */
static int32_t next_group(const struct run *r) {
    int32_t best = -1;
    for (int32_t g = 0; g < DH_GPU_MAX_GROUP; g++) {
        if (r->left[g] == 0 || r->plan->shares[g] <= 0)
            continue;
        if (best < 0 || r->spent[g] / r->plan->shares[g] < r->spent[best] / r->plan->shares[best])
            best = g;
    }
    return best;
}

/* Seconds for the next point of a group: the group's part of what is left, divided by its points. */
static double part(const struct run *r, int32_t group, double left_s) {
    double all = 0, own = r->plan->shares[group];
    for (int32_t g = 0; g < DH_GPU_MAX_GROUP; g++)
        all += r->left[g] > 0 ? r->plan->shares[g] : 0;
    return fmax(left_s, 0) * (all > 0 ? own / all : 1) / r->left[group];
}

/* Measures point i, or leaves it where it would take too long: to a later pass where it may wait, else
 * refused. */
static void try_point(struct run *r, int32_t i, double budget_s, bool may_wait, unsigned char *todo) {
    const struct dh_gpu_point *p = &r->plan->points[i];
    double rate = r->rate[p->kernel][p->format], needs = rate > 0 ? LEAST_LAUNCHES * cost(p) / rate : 0;
    if (needs > PATIENCE * budget_s) {
        if (may_wait)
            return;
        char text[160], why[256];
        dh_gpu_point_text(text, sizeof text, p);
        snprintf(why, sizeof why, "%s: a launch would take about %.2g s, too long for the time budget", text,
                 cost(p) / rate);
        refuse(r, p, why);
        r->done++;
    } else {
        if (r->sink->progress)
            r->sink->progress(r->sink->self, r->done, r->plan->n, p);
        point(r, p, budget_s);
    }
    todo[i] = 0;
}

/* Point i, or the smallest of its kernel and group where nothing is known of how long that takes. */
static int32_t known_first(const struct run *r, int32_t i, const unsigned char *todo) {
    const struct dh_gpu_point *p = &r->plan->points[i];
    int32_t best = i;
    for (int32_t k = 0; k < r->plan->n && !(r->rate[p->kernel][p->format] > 0); k++) {
        const struct dh_gpu_point *other = &r->plan->points[k];
        if (todo[k] && r->plan->groups[k] == r->plan->groups[i] && other->kernel == p->kernel &&
            other->format == p->format && cost(other) < cost(&r->plan->points[best]))
            best = k;
    }
    return best;
}

/* Each group's points in their order, groups by turns. */
static void pass(struct run *r, unsigned char *todo, bool may_wait) {
    int32_t at[DH_GPU_MAX_GROUP] = {0};
    memset(r->left, 0, sizeof r->left);
    for (int32_t i = 0; i < r->plan->n; i++)
        r->left[r->plan->groups[i]] += todo[i];
    for (int32_t g; (g = next_group(r)) >= 0 && !stopped(r);) {
        double now = dh_gpu_bench_now(r->bench);
        if (now > r->again_from)
            return;
        while (r->plan->groups[at[g]] != g || !todo[at[g]])
            at[g]++;
        int32_t i = known_first(r, at[g], todo);
        at[g] += i == at[g];
        try_point(r, i, part(r, g, r->again_from - now), may_wait, todo);
        r->spent[g] += dh_gpu_bench_now(r->bench) - now;
        r->left[g]--;
    }
}

/* What has no share comes last, with the time that was kept for it. */
static void last(struct run *r, unsigned char *todo) {
    int32_t n = 0;
    for (int32_t i = 0; i < r->plan->n; i++)
        n += todo[i] && r->plan->shares[r->plan->groups[i]] <= 0;
    for (int32_t i = 0; i < r->plan->n && !stopped(r); i++) {
        double left = r->until - dh_gpu_bench_now(r->bench);
        if (!todo[i] || r->plan->shares[r->plan->groups[i]] > 0)
            continue;
        if (left < 0)
            return;
        try_point(r, i, left / n--, false, todo);
    }
}

enum dh_gpu_end dh_gpu_sweep(struct dh_gpu_bench *bench, const struct dh_gpu_plan *plan, double budget_s,
                             const struct dh_gpu_sink *sink) {
    double begin = dh_gpu_bench_now(bench);
    struct run r = {.bench = bench, .plan = plan, .sink = sink};
    unsigned char *todo = malloc((size_t)plan->n + 1);
    if (!todo)
        return DH_GPU_BROKEN;
    memset(todo, 1, (size_t)plan->n);
    r.until = begin + budget_s;
    r.again_from = begin + budget_s * (1 - AGAIN_SHARE);
    bench->until = r.until;
    pass(&r, todo, true);
    pass(&r, todo, false);
    last(&r, todo);
    bench->until = 0;
    free(todo);
    if (r.done == plan->n)
        return DH_GPU_COMPLETE;
    return r.broken ? DH_GPU_BROKEN : stopped(&r) ? DH_GPU_STOPPED : DH_GPU_TIME_UP;
}
