/* What jobs read while they work. A loader reads as fast as the job works, clocks and network counted, and no
 * faster than its cores make ready what it reads; the job keeps the pace of what comes. Where the version
 * fits the caches of the job's nodes it is read from the store once, and the rest from them. */
#include "models/training_job.h"
#include "models/workload.h"
#include "models/world.h"

#include <math.h>

/* A cap is above 0; bytes/s. */
static const double LEAST_B_PER_S = 1;

/* Of one transfer, so that its bytes are counted to some hundred; then the next. */
static const double MOST_B = 1e18;

static double need_of(const struct dh_world *w, int32_t job) {
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_jobs_spec *stream = &w->sc->workloads[0].streams[asked->stream - 1];
    for (int32_t i = 0; i < stream->n_sizes; i++)
        if (stream->sizes[i].gpus == asked->gpus)
            return w->data->need[asked->stream - 1][i];
    return 0;
}

/* Bytes/s that the job takes in at the clock and network that it has. */
static double wanted(const struct dh_world *w, int32_t job) {
    const struct dh_job_run *run = &w->runs[job];
    return run->halted < DH_N_IDLE ? 0 : need_of(w, job) * run->clock * run->network;
}

/* What its cores make ready. */
static double ready_b_per_s(const struct dh_world *w, int32_t job) {
    const struct dh_loader_spec *loader = dh_world_loader_of(w, job);
    return loader->cores >= 0 ? (double)loader->cores * loader->core_b_per_s * w->runs[job].n_segment
                              : INFINITY;
}

static double cap_of(const struct dh_world *w, int32_t job) {
    return fmax(fmin(wanted(w, job), ready_b_per_s(w, job)), LEAST_B_PER_S);
}

static enum dh_err set_pace(struct dh_world *w, int32_t job) {
    const struct dh_loader_run *l = &w->data->loaders[job];
    double want = wanted(w, job), come = l->transfer == DH_TRANSFER_NONE ? ready_b_per_s(w, job) : l->rate;
    if (!(want > 0))
        return DH_OK;
    /* The last digits of a rate are no wait. */
    return dh_world_set_pace(w, job, DH_IDLE_DATA, come >= want * (1 - 1e-12) ? 1 : come / want);
}

static enum dh_err paced(struct dh_world *w, int32_t job, double bytes_per_s) {
    w->data->loaders[job].rate = bytes_per_s;
    return set_pace(w, job);
}

static enum dh_err begin(struct dh_world *w, int32_t job, bool cached, double bytes);

static void count(struct dh_loader_run *l, double bytes) {
    *(l->cached ? &l->cache_b : &l->store_b) += bytes;
}

static enum dh_err over(struct dh_world *w, int32_t job) {
    struct dh_loader_run *l = &w->data->loaders[job];
    double left_b = l->left_b;
    count(l, l->bytes);
    l->transfer = DH_TRANSFER_NONE;
    if (l->more_b > 0)
        return begin(w, job, l->cached, l->more_b);
    l->left_b = 0;
    return left_b > 0 ? begin(w, job, true, left_b) : set_pace(w, job);
}

/* Reads so many bytes: out of the caches, or from the store, where to_cache into them on the way. */
static enum dh_err begin(struct dh_world *w, int32_t job, bool cached, double bytes) {
    const struct dh_loader_spec *loader = dh_world_loader_of(w, job);
    struct dh_loader_run *l = &w->data->loaders[job];
    const struct dh_dataset_run *d = &w->data->datasets[dh_world_dataset(w, loader->dataset)];
    int32_t cache = cached || l->left_b > 0 ? dh_world_store(w, loader->cache) : -1,
            nodes = w->runs[job].n_segment;
    struct dh_data_transfer t = {.from = cached ? cache : d->store,
                                 .to = cached ? -1 : cache,
                                 .bytes = fmin(bytes, MOST_B),
                                 .files =
                                     isnan(d->spec->file_b) ? 0 : ceil(fmin(bytes, MOST_B) / d->spec->file_b),
                                 .nodes = nodes,
                                 .streams = (double)loader->streams * nodes,
                                 .cap = cap_of(w, job),
                                 .use = DH_DATA_DATASET,
                                 .subject = job,
                                 .done = over,
                                 .paced = paced};
    l->cached = cached;
    l->bytes = t.bytes;
    l->more_b = bytes - t.bytes;
    l->rate = 0;
    DH_TRY(dh_world_transfer(w, &t, &l->transfer));
    return set_pace(w, job); /* nothing has come yet */
}

enum dh_err dh_world_loader_start(struct dh_world *w, int32_t job) {
    const struct dh_loader_spec *loader = w->data->loaders ? dh_world_loader_of(w, job) : NULL;
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_job_run *run = &w->runs[job];
    if (!loader)
        return DH_OK;
    struct dh_loader_run *l = &w->data->loaders[job];
    int32_t row = dh_world_dataset(w, loader->dataset),
            cache = loader->cache ? dh_world_store(w, loader->cache) : -1;
    dh_time useful = dh_job_useful(asked, run->planned - run->remaining - run->lead);
    double bytes = need_of(w, job) * dh_time_to_s(asked->work - run->saved - useful),
           version_b = dh_world_dataset_bytes(w, row);
    if (w->data->datasets[row].store < 0 || !(bytes > 0))
        return set_pace(w, job);
    l->left_b = 0;
    if (cache >= 0 && version_b > 0 && bytes > version_b &&
        version_b <= dh_world_store_room(w, cache) * run->n_segment) {
        l->left_b = bytes - version_b;
        bytes = version_b;
    }
    return begin(w, job, false, bytes);
}

enum dh_err dh_world_loader_stop(struct dh_world *w, int32_t job) {
    struct dh_loader_run *l = w->data->loaders && dh_world_loader_of(w, job) ? &w->data->loaders[job] : NULL;
    if (!l || l->transfer == DH_TRANSFER_NONE)
        return DH_OK;
    int32_t transfer = l->transfer;
    count(l, l->bytes - dh_world_transfer_left(w, transfer));
    l->transfer = DH_TRANSFER_NONE;
    return dh_world_transfer_cancel(w, transfer);
}

void dh_world_loader_close(struct dh_world *w, int32_t job) {
    struct dh_loader_run *l =
        w->data && w->data->loaders && w->jobs.jobs[job].pipeline == 0 && dh_world_loader_of(w, job)
            ? &w->data->loaders[job]
            : NULL;
    if (!l || l->transfer == DH_TRANSFER_NONE)
        return;
    double left = dh_world_transfer_left(w, l->transfer);
    count(l, l->bytes - left);
    l->bytes = left;
}

enum dh_err dh_world_loader_clock(struct dh_world *w, int32_t job) {
    if (!w->data || !w->data->loaders || w->jobs.jobs[job].pipeline > 0 || !dh_world_loader_of(w, job) ||
        w->runs[job].state != DH_JOB_RUNNING)
        return DH_OK;
    if (w->data->loaders[job].transfer != DH_TRANSFER_NONE)
        DH_TRY(dh_world_transfer_cap(w, w->data->loaders[job].transfer, cap_of(w, job)));
    return set_pace(w, job);
}

/* ---- what streams need
 * --------------------------------------------------------------------------------------
 */

static enum dh_err find_need(const struct dh_world *w, const struct dh_jobs_spec *stream, int64_t gpus,
                             double *need, struct dh_diag *diag) {
    const struct dh_loader_spec *loader = &stream->loaders[0];
    if (stream->n_trainings > 0) {
        struct dh_training_job job;
        DH_TRY(dh_training_job_of(&job, w->f, stream, gpus, diag));
        *need = job.tokens / job.work_s * loader->per_token_b;
    } else if (stream->n_throughputs > 0) {
        const struct dh_dataset_spec *d = w->data->datasets[dh_world_dataset(w, loader->dataset)].spec;
        *need = dh_throughput_per_s(&stream->throughputs[0], gpus) *
                (isnan(loader->per_sample_b) ? d->item_b : loader->per_sample_b);
    } else {
        *need = isnan(loader->per_gpu_b_per_s) ? 0 : loader->per_gpu_b_per_s * (double)gpus;
    }
    return DH_OK;
}

enum dh_err dh_world_loaders_init(struct dh_world *w, struct dh_diag *diag) {
    int32_t n_own = dh_world_n_own(w);
    if (!w->data)
        return DH_OK;
    const struct dh_workload_spec *work = &w->sc->workloads[0];
    w->data->need = dh_arena_array(&w->mem, (size_t)work->n_streams, sizeof *w->data->need);
    if (!w->data->need)
        return DH_ERR_MEMORY;
    for (int32_t s = 0; s < work->n_streams; s++) {
        const struct dh_jobs_spec *stream = &work->streams[s];
        if (stream->n_loaders == 0)
            continue;
        double *need = dh_arena_array(&w->mem, (size_t)stream->n_sizes, sizeof *need);
        if (!need)
            return DH_ERR_MEMORY;
        w->data->need[s] = need;
        for (int32_t i = 0; i < stream->n_sizes; i++)
            DH_TRY(find_need(w, stream, stream->sizes[i].gpus, &need[i], diag));
        if (w->data->loaders)
            continue;
        w->data->loaders = dh_arena_array(&w->mem, (size_t)n_own, sizeof *w->data->loaders);
        if (!w->data->loaders)
            return DH_ERR_MEMORY;
        for (int32_t j = 0; j < n_own; j++)
            w->data->loaders[j].transfer = DH_TRANSFER_NONE;
    }
    return DH_OK;
}
