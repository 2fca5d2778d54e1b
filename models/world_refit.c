/* Devices measured again during a run: what their kernels take changes at an instant. */
#include "models/training_job.h"
#include "models/world.h"

#include <math.h>
#include <stdlib.h>

/* Run times of the sizes of all streams that train, in the order of the scenario. NULL: out of memory. */
static double *lengths(const struct dh_world *w, int32_t *n) {
    const struct dh_workload_spec *work = w->sc->n_workloads > 0 ? &w->sc->workloads[0] : NULL;
    int32_t room = 0;
    *n = 0;
    for (int32_t s = 0; work && s < work->n_streams; s++)
        room += work->streams[s].n_sizes;
    double *all = malloc((size_t)(room + 1) * sizeof *all);
    for (int32_t s = 0; all && work && s < work->n_streams; s++) {
        const struct dh_jobs_spec *stream = &work->streams[s];
        for (int32_t i = 0; i < stream->n_sizes; i++) {
            struct dh_training_job job;
            bool trains = stream->n_trainings > 0 &&
                          dh_training_job_of(&job, w->f, stream, stream->sizes[i].gpus, NULL) == DH_OK;
            all[(*n)++] = trains ? job.work_s : NAN;
        }
    }
    return all;
}

static dh_time scaled(dh_time t, double ratio) {
    return t == DH_TIME_NONE ? t : (dh_time)((double)t * ratio + 0.5);
}

/* Jobs of that stream and size that are still to come. */
static void stretch(struct dh_world *w, int32_t stream, int64_t gpus, double ratio) {
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        struct dh_job *job = &w->jobs.jobs[j];
        if (job->stream != stream + 1 || job->gpus != gpus || w->runs[j].state != DH_JOB_PENDING)
            continue;
        job->work = scaled(job->work, ratio);
        job->requested = scaled(job->requested, ratio);
    }
}

enum dh_err dh_world_refit(struct dh_world *w, enum dh_err (*change)(void *self), void *self,
                           struct dh_diag *diag) {
    int32_t n = 0;
    double *before = lengths(w, &n);
    enum dh_err err = before ? change(self) : DH_ERR_MEMORY;
    double *after = err == DH_OK ? lengths(w, &n) : NULL;
    for (int32_t s = 0, row = 0; after && row < n; s++) {
        const struct dh_jobs_spec *stream = &w->sc->workloads[0].streams[s];
        for (int32_t i = 0; i < stream->n_sizes; i++, row++)
            if (after[row] > 0 && before[row] > 0 && after[row] != before[row])
                stretch(w, s, stream->sizes[i].gpus, after[row] / before[row]);
    }
    if (err == DH_OK && !after)
        err = DH_ERR_MEMORY;
    free(before);
    free(after);
    return err == DH_OK ? dh_world_services_refit(w, diag) : err;
}
