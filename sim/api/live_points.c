#include "sim/api/live_points.h"

#include "models/service.h"
#include "models/training_job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Share of the expected time that is measured shape by shape, and shapes of one family and format at most. */
#define COVERED 0.95
enum { MOST_SHAPES = 40, SPEED_POINTS = 8 };

void dh_live_targets(struct dh_live_work *work, const struct dh_scenario *sc) {
    for (int32_t i = 0; i < sc->n_devices && work->n_target < DH_LIVE_TARGETS; i++)
        if (sc->devices[i].profile && strcmp(sc->devices[i].profile, "live") == 0 &&
            !dh_scenario_profile(sc, "live"))
            work->targets[work->n_target++] = &sc->devices[i];
}

static bool is_target(const struct dh_live_work *work, const struct dh_device_spec *device) {
    for (int32_t i = 0; i < work->n_target; i++)
        if (work->targets[i] == device)
            return true;
    return false;
}

static void add(struct dh_live_work *work, const struct dh_kernel_use *use, double gpu_s) {
    for (int32_t i = 0; i < use->n; i++) {
        const struct dh_kernel_call *call = &use->calls[i];
        struct dh_kernel_call *found = NULL;
        for (int32_t k = 0; k < work->n_call && !found; k++)
            if (work->calls[k].family == call->family && work->calls[k].format == call->format &&
                memcmp(work->calls[k].size, call->size, sizeof call->size) == 0)
                found = &work->calls[k];
        if (!found && work->n_call < DH_LIVE_CALLS) {
            found = &work->calls[work->n_call++];
            *found = *call;
            found->seconds = 0;
        }
        if (found)
            found->seconds += gpu_s * call->seconds;
        work->seconds += gpu_s * call->seconds;
    }
}

static int longest_first(const void *left, const void *right) {
    const struct dh_kernel_call *a = left, *b = right;
    return a->seconds > b->seconds ? -1 : a->seconds < b->seconds;
}

static void gather_streams(struct dh_live_work *work, const struct dh_sim *sim) {
    const struct dh_workload_spec *w = &sim->file.spec.workloads[0];
    for (int32_t s = 0; s < w->n_streams; s++) {
        const struct dh_jobs_spec *stream = &w->streams[s];
        for (int32_t i = 0; i < stream->n_sizes && stream->n_trainings > 0; i++) {
            const struct dh_device_spec *device;
            struct dh_training_job job;
            struct dh_kernel_use use;
            double gpu_s = 0;
            for (int32_t j = 0; j < sim->jobs.n_job; j++)
                if (sim->jobs.jobs[j].stream == s + 1 && sim->jobs.jobs[j].gpus == stream->sizes[i].gpus)
                    gpu_s += dh_time_to_s(sim->jobs.jobs[j].work) * (double)stream->sizes[i].gpus;
            if (gpu_s > 0 &&
                dh_training_job_of(&job, &sim->facility, stream, stream->sizes[i].gpus, NULL) == DH_OK &&
                dh_training_job_kernels(&use, &device, &job, &sim->facility, stream) == DH_OK &&
                is_target(work, device))
                add(work, &use, gpu_s / job.step.step_s);
        }
    }
}

static void gather_services(struct dh_live_work *work, const struct dh_sim *sim) {
    double seconds = sim->file.spec.horizons[0].duration_s;
    for (int32_t v = 0; v < sim->facility.n_service; v++) {
        const struct dh_service_spec *spec = sim->facility.service_spec[v];
        struct dh_service_model *model = spec->model ? malloc(sizeof *model) : NULL;
        if (model && dh_service_model_of(model, &sim->facility, spec, NULL) == DH_OK &&
            is_target(work, model->serving.device) && model->capacity_per_s > 0 && spec->per_s > 0) {
            struct dh_kernel_use use;
            double most = fmax(1, (double)spec->max_replicas),
                   replicas = fmin(most, fmax((double)spec->min_replicas,
                                              ceil(spec->per_s / (spec->target * model->capacity_per_s))));
            replicas = fmax(1, replicas);
            dh_service_model_kernels(model, fmin(spec->per_s / replicas, model->capacity_per_s), &use);
            add(work, &use, replicas * (double)spec->replica_gpus * seconds);
        }
        free(model);
    }
}

void dh_live_gather(struct dh_live_work *work, const struct dh_sim *sim) {
    work->n_call = 0;
    work->seconds = 0;
    if (sim->file.spec.n_workloads > 0)
        gather_streams(work, sim);
    gather_services(work, sim);
    qsort(work->calls, (size_t)work->n_call, sizeof *work->calls, longest_first);
}

/* ---- what to measure ----------------------------------------------------------------------------------- */

static enum dh_gpu_kernel kernel_of(enum dh_kernel_family family) {
    return family == DH_KERNEL_GEMM      ? DH_GPU_GEMM
           : family == DH_KERNEL_PREFILL ? DH_GPU_PREFILL
                                         : DH_GPU_DECODE;
}

/* Whole sizes near the call's: counts per rank and mean contexts are seldom whole. false: a format that no
 * back end measures. */
static bool point_of(struct dh_gpu_point *p, const struct dh_kernel_call *call) {
    *p = (struct dh_gpu_point){.kernel = kernel_of(call->family), .format = (enum dh_gpu_format)call->format};
    for (int32_t i = 0; i < DH_KERNEL_SIZES; i++)
        p->size[i] = call->size[i] > 0 ? (int64_t)fmax(1, rint(call->size[i])) : 0;
    if (call->family != DH_KERNEL_GEMM && p->size[3] % p->size[4] != 0)
        p->size[4] = 1;
    return call->format < (enum dh_number_format)DH_N_GPU_FORMAT;
}

static bool is_asked(const struct dh_live_work *work, const struct dh_gpu_point *p) {
    if (p->kernel == DH_GPU_TRIAD)
        return true;
    for (int32_t i = 0; i < work->n_call; i++)
        if (kernel_of(work->calls[i].family) == p->kernel &&
            (enum dh_gpu_format)work->calls[i].format == p->format)
            return true;
    return false;
}

static bool add_own(struct dh_gpu_plan *plan, const struct dh_live_work *work,
                    const struct dh_gpu_bench *bench) {
    double told = 0;
    int32_t count[DH_N_KERNEL_FAMILY][DH_N_FORMAT] = {{0}};
    for (int32_t i = 0; i < work->n_call && told < COVERED * work->seconds; i++) {
        const struct dh_kernel_call *call = &work->calls[i];
        struct dh_gpu_point p;
        told += call->seconds;
        if (count[call->family][call->format]++ < MOST_SHAPES && point_of(&p, call) &&
            !dh_gpu_plan_add(plan, bench, &p, 1))
            return false;
    }
    return true;
}

/* The sweep's points of a kernel in another format: a quick sweep has one format of each. */
static bool add_in_formats(struct dh_gpu_plan *plan, const struct dh_gpu_plan *sweep,
                           const struct dh_live_work *work, const struct dh_gpu_bench *bench) {
    for (int f = 0; f < DH_N_GPU_FORMAT; f++)
        for (int k = DH_GPU_GEMM; k <= DH_GPU_DECODE; k++) {
            struct dh_gpu_point wanted = {.kernel = (enum dh_gpu_kernel)k, .format = (enum dh_gpu_format)f};
            int32_t like = -1;
            bool there = false;
            for (int32_t i = 0; i < sweep->n; i++) {
                there |= sweep->points[i].kernel == wanted.kernel && sweep->points[i].format == wanted.format;
                like = like < 0 && sweep->points[i].kernel == wanted.kernel ? i : like;
            }
            if (there || like < 0 || !is_asked(work, &wanted))
                continue;
            for (int32_t i = 0; i < sweep->n; i++) {
                struct dh_gpu_point p = sweep->points[i];
                if (p.kernel != wanted.kernel || p.format != sweep->points[like].format)
                    continue;
                p.format = wanted.format;
                if (!dh_gpu_plan_add(plan, bench, &p, 1))
                    return false;
            }
        }
    return true;
}

/* The first of the sweep, which tell how fast the device is, then one of each in turn: whenever the time is
 * up, both were there. */
static bool merge(struct dh_gpu_plan *plan, const struct dh_gpu_plan *sweep, const struct dh_gpu_plan *own,
                  const struct dh_gpu_bench *bench) {
    int32_t i = 0, k = 0;
    bool good = true;
    while (good && (i < sweep->n || k < own->n)) {
        if (i < sweep->n)
            good = dh_gpu_plan_add(plan, bench, &sweep->points[i++], 1);
        if (good && k < own->n && i >= SPEED_POINTS)
            good = dh_gpu_plan_add(plan, bench, &own->points[k++], 1);
        else if (i >= sweep->n)
            i = i > SPEED_POINTS ? i : SPEED_POINTS;
    }
    return good;
}

int32_t dh_live_points(struct dh_gpu_point **points, const struct dh_live_work *work,
                       const struct dh_gpu_bench *bench, bool quick) {
    struct dh_gpu_plan all = {0}, sweep = {0}, own = {0}, plan = {0};
    bool good = dh_gpu_plan_make(&all, bench, quick);
    for (int32_t i = 0; i < all.n && good; i++)
        if (is_asked(work, &all.points[i]))
            good = dh_gpu_plan_add(&sweep, bench, &all.points[i], 1);
    good = good && add_in_formats(&sweep, &all, work, bench) && add_own(&own, work, bench) &&
           merge(&plan, &sweep, &own, bench);
    dh_gpu_plan_free(&all);
    dh_gpu_plan_free(&sweep);
    dh_gpu_plan_free(&own);
    int32_t n = good ? plan.n : -1;
    *points = n > 0 ? malloc((size_t)n * sizeof **points) : NULL;
    if (*points)
        memcpy(*points, plan.points, (size_t)n * sizeof **points);
    else if (n > 0)
        n = -1;
    dh_gpu_plan_free(&plan);
    return n;
}
