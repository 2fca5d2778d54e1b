#include "models/gpu/probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Of the time, what loads that are held get where there is a power counter. In ten minutes that is half a
 * minute for each that counts most, which the energy counter wants. An assumption. */
static const double SUSTAINED_SHARE = 0.35;
/* Runnable processes a processor above which times are doubted. An assumption. */
static const double BUSY_LOAD = 0.7;
/* A first point measured again at the end that differs by more. An assumption. */
static const double DRIFT = 0.10;

struct probe {
    const struct dh_gpu_probe_options *options;
    struct dh_gpu_options open;
    const struct dh_gpu_backend *backend;
    struct dh_gpu_bench bench;
    struct dh_gpu_plan plan;
    struct dh_gpu_writer *writer;
    struct dh_gpu_probe_result *result;
    double begin, budget_s;
    struct dh_gpu_sample *seen; /* all so far, for drift */
    int32_t n_seen;
    char text[200];
};

static void mark(struct probe *p, struct dh_gpu_ending *e) {
    p->result->shared = p->bench.shared;
    p->result->spent_s = dh_gpu_bench_now(&p->bench) - p->begin;
    *e = (struct dh_gpu_ending){
        .spent_s = p->result->spent_s, .noisy = p->result->noisy, .shared = p->result->shared};
}

static void keep_sample(void *self, const struct dh_gpu_sample *sample) {
    struct probe *p = self;
    p->result->samples++;
    p->result->wrong += (sample->flags & DH_GPU_WRONG) != 0;
    for (int32_t i = 0; i < p->n_seen; i++)
        if (dh_gpu_same_point(&p->seen[i].point, &sample->point) &&
            fabs(log(sample->seconds / p->seen[i].seconds)) > DRIFT)
            p->result->noisy = true;
    if (p->n_seen < p->plan.n)
        p->seen[p->n_seen++] = *sample;
    if (p->writer) {
        struct dh_gpu_ending e;
        mark(p, &e);
        dh_gpu_writer_sample(p->writer, sample);
        dh_gpu_writer_mark(p->writer, &e);
    }
    if (p->options->sample)
        p->options->sample(p->options->self, sample);
}

static void keep_sustained(void *self, const struct dh_gpu_sustained *sustained) {
    struct probe *p = self;
    p->result->sustained++;
    if (p->writer)
        dh_gpu_writer_sustained(p->writer, sustained);
}

static void keep_refusal(void *self, const struct dh_gpu_point *point, const char *why) {
    struct probe *p = self;
    if (p->result->refusals++ == 0)
        snprintf(p->result->refusal, sizeof p->result->refusal, "%s", why);
    if (p->writer)
        dh_gpu_writer_refusal(p->writer, point, why);
}

static void tell(struct probe *p, int32_t done, int32_t n) {
    double share = (dh_gpu_bench_now(&p->bench) - p->begin) / p->budget_s;
    struct dh_gpu_progress progress = {.done = done, .n = n, .share = fmin(share, 1), .what = p->text};
    if (p->options->progress)
        p->options->progress(p->options->self, &progress);
}

static void tell_point(void *self, int32_t done, int32_t n, const struct dh_gpu_point *next) {
    struct probe *p = self;
    dh_gpu_point_text(p->text, sizeof p->text, next);
    tell(p, done, n);
}

static void tell_load(void *self, enum dh_gpu_load load, double duty) {
    static const char *const names[] = {"nothing", "gemm", "triad"};
    struct probe *p = self;
    snprintf(p->text, sizeof p->text, "holding %s at %.0f %%", names[load], 100 * duty);
    tell(p, p->plan.n, p->plan.n);
}

/* After a failed launch the device is opened anew: what CUDA calls a sticky error ends with its context. */
static bool reopen(void *self, struct dh_gpu_bench *bench) {
    struct probe *p = self;
    char message[320];
    bench->backend->close(bench->gpu);
    bench->gpu = bench->operands.gpu = NULL;
    if (bench->backend->open(&bench->gpu, &p->open, message, sizeof message) != DH_GPU_OK) {
        bench->gpu = NULL;
        return false;
    }
    bench->operands.gpu = bench->gpu;
    return true;
}

/* The device that the options ask for, opened. */
static enum dh_gpu_probe_status find(struct probe *p, char *message, size_t room) {
    const char *name = p->options->backend;
    bool any = !name || strcmp(name, "auto") == 0;
    if (p->open.library_dir && p->open.library_dir[0] != '/') {
        snprintf(message, room, "%s: the folder of libraries must be an absolute path", p->open.library_dir);
        return DH_GPU_PROBE_USAGE;
    }
    if (!any && !dh_gpu_backend_by_name(name)) {
        int n = snprintf(message, room, "no back end '%.40s'; there are", name);
        for (int i = 0; dh_gpu_backends[i] && n > 0 && (size_t)n < room; i++)
            n += snprintf(message + n, room - (size_t)n, "%s %s", i ? "," : "", dh_gpu_backends[i]->name);
        return DH_GPU_PROBE_USAGE;
    }
    /* what all of them say, when none has a device */
    char reasons[640] = "";
    for (int i = 0; dh_gpu_backends[i]; i++) {
        const struct dh_gpu_backend *b = dh_gpu_backends[i];
        char why[320] = "";
        if (any ? !b->real : strcmp(b->name, name) != 0)
            continue;
        if (b->open(&p->bench.gpu, &p->open, why, sizeof why) == DH_GPU_OK) {
            p->backend = b;
            return DH_GPU_PROBE_OK;
        }
        p->bench.gpu = NULL;
        size_t n = strlen(reasons);
        snprintf(reasons + n, sizeof reasons - n, "%s%s%s%s", n ? "; " : "", any ? b->name : "",
                 any ? ": " : "", why[0] ? why : "no device");
    }
    if (any)
        snprintf(message, room, "no device to calibrate: %s",
                 reasons[0] ? reasons : "this program has no back end for one");
    else
        snprintf(message, room, "%s", reasons);
    return DH_GPU_PROBE_NO_DEVICE;
}

static bool open_writer(struct probe *p, char *message, size_t room) {
    double load[1] = {NAN};
    if (getloadavg(load, 1) != 1)
        load[0] = NAN;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    p->result->noisy = load[0] > BUSY_LOAD * (double)(processors > 0 ? processors : 1);
    if (!p->options->output)
        return true;
    struct dh_gpu_heading heading = {.backend = p->backend->name,
                                     .info = p->bench.info,
                                     .tool = p->options->tool ? p->options->tool : "",
                                     .load_average = load[0],
                                     .budget_s = p->budget_s,
                                     .unix_s = (int64_t)time(NULL)};
    p->writer = dh_gpu_writer_open(p->options->output, &heading, message, room);
    return p->writer != NULL;
}

static bool make_plan(struct probe *p) {
    bool good = true;
    if (!p->options->points)
        good = dh_gpu_plan_make(&p->plan, &p->bench, p->options->quick);
    for (int32_t i = 0; good && i < p->options->n_point; i++)
        good = dh_gpu_plan_add(&p->plan, &p->bench, &p->options->points[i], 0);
    if (p->options->points)
        p->plan.shares[0] = 1;
    p->seen = calloc((size_t)p->plan.n + 1, sizeof *p->seen);
    return good && p->seen;
}

static enum dh_gpu_end measure(struct probe *p) {
    struct dh_gpu_sink sink = {
        .self = p, .sample = keep_sample, .refusal = keep_refusal, .progress = tell_point, .reopen = reopen};
    struct dh_gpu_sustained_sink held = {
        .self = p, .sustained = keep_sustained, .refusal = keep_refusal, .progress = tell_load};
    bool loads = !p->options->points;
    double share = loads && dh_gpu_has_power(&p->bench) ? SUSTAINED_SHARE : 0;
    enum dh_gpu_end end = dh_gpu_sweep(&p->bench, &p->plan, p->budget_s * (1 - share), &sink);
    if (loads && (end == DH_GPU_COMPLETE || end == DH_GPU_TIME_UP)) {
        double left = p->budget_s - (dh_gpu_bench_now(&p->bench) - p->begin);
        enum dh_gpu_end then =
            left > 0 || share == 0 ? dh_gpu_sustain(&p->bench, left, &held) : DH_GPU_TIME_UP;
        end = then == DH_GPU_COMPLETE ? end : then;
    }
    return end;
}

static enum dh_gpu_probe_status end_with(struct probe *p, char *message, size_t room) {
    struct dh_gpu_ending e;
    mark(p, &e);
    e.complete = p->result->end == DH_GPU_COMPLETE;
    e.failed = p->result->end == DH_GPU_BROKEN;
    if (p->result->end == DH_GPU_BROKEN)
        snprintf(message, room, "%s stopped working after %d samples, which are kept: %s", p->result->device,
                 (int)p->result->samples, p->result->refusal);
    else if (p->result->end == DH_GPU_TIME_UP)
        snprintf(message, room,
                 "the time budget of %g s was up: %d samples of %d points that were planned; what was "
                 "measured is kept",
                 p->budget_s, (int)p->result->samples, (int)p->plan.n);
    else if (p->result->end == DH_GPU_STOPPED)
        snprintf(message, room, "interrupted after %d samples, which are kept", (int)p->result->samples);
    struct dh_gpu_writer *writer = p->writer;
    p->writer = NULL;
    if (writer && !dh_gpu_writer_close(writer, &e, message, room))
        return DH_GPU_PROBE_IO;
    return p->result->end == DH_GPU_STOPPED ? DH_GPU_PROBE_STOPPED : DH_GPU_PROBE_OK;
}

enum dh_gpu_probe_status dh_gpu_probe_run(const struct dh_gpu_probe_options *options,
                                          struct dh_gpu_probe_result *result, char *message, size_t room) {
    struct dh_gpu_probe_result own;
    struct probe p = {.options = options, .result = result ? result : &own};
    p.open = (struct dh_gpu_options){
        .device = options->device, .library_dir = options->library_dir, .given = options->given};
    *p.result = (struct dh_gpu_probe_result){0};
    message[0] = '\0';
    enum dh_gpu_probe_status status = find(&p, message, room);
    if (status != DH_GPU_PROBE_OK)
        return status;
    dh_gpu_bench_init(&p.bench, p.backend, p.bench.gpu);
    p.bench.stop = options->stop;
    p.bench.stop_self = options->self;
    snprintf(p.result->device, sizeof p.result->device, "%s", p.bench.info.name);
    dh_gpu_clean(p.result->device);
    p.result->backend = p.backend->name;
    p.begin = dh_gpu_bench_now(&p.bench);
    p.budget_s = options->budget_s > 0 ? options->budget_s
                 : options->quick      ? DH_GPU_QUICK_BUDGET_S
                                       : DH_GPU_BUDGET_S;
    if (!make_plan(&p)) {
        snprintf(message, room, "out of memory");
        status = DH_GPU_PROBE_MEMORY;
    } else if (!open_writer(&p, message, room)) {
        status = DH_GPU_PROBE_IO;
    } else {
        p.result->end = measure(&p);
        status = end_with(&p, message, room);
    }
    if (p.bench.gpu) {
        dh_gpu_operands_free(&p.bench.operands);
        p.backend->close(p.bench.gpu);
    }
    dh_gpu_operands_forget(&p.bench.operands);
    dh_gpu_plan_free(&p.plan);
    free(p.seen);
    return status;
}

void dh_gpu_probe_list(const struct dh_gpu_options *options, void *self,
                       void (*row)(void *self, const struct dh_gpu_backend *backend, int32_t i,
                                   const struct dh_gpu_info *info, const char *why)) {
    for (int b = 0; dh_gpu_backends[b]; b++) {
        const struct dh_gpu_backend *backend = dh_gpu_backends[b];
        char why[320] = "";
        int32_t n = backend->count(options, why, sizeof why);
        dh_gpu_clean(why);
        if (n <= 0)
            row(self, backend, 0, NULL, why);
        for (int32_t i = 0; i < n; i++) {
            struct dh_gpu_options one = *options;
            struct dh_gpu *gpu = NULL;
            struct dh_gpu_info info;
            one.device = i;
            why[0] = '\0';
            if (backend->open(&gpu, &one, why, sizeof why) != DH_GPU_OK) {
                dh_gpu_clean(why);
                row(self, backend, i, NULL, why);
                continue;
            }
            backend->describe(gpu, &info);
            dh_gpu_clean(info.name);
            dh_gpu_clean(info.runtime);
            row(self, backend, i, &info, NULL);
            backend->close(gpu);
        }
    }
}
