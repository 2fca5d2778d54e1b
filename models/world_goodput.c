/* What failures cost jobs in a run: how each saves its work, and the books of what each cause took. In closed
 * form: models/goodput.h. */
#include "models/checkpoint.h"
#include "models/training_job.h"
#include "models/world.h"

#include <math.h>

static const double LONGEST_S = 1e9;

double dh_world_job_mtbf_s(const struct dh_world *w, int32_t gpus) {
    const struct dh_failure_run *r = &w->failure;
    double per_s = 0, nodes = w->f->n_node, all_gpus = (double)w->pool.n_gpu;
    for (int32_t p = 0; p < r->n_process; p++) {
        const struct dh_failure_process *process = &r->processes[p];
        enum dh_equipment_kind kind = r->equipment.groups[r->equipment.unit_group[process->first_unit]].kind;
        if (kind == DH_EQUIPMENT_RACK || kind == DH_EQUIPMENT_NODE || kind == DH_EQUIPMENT_GPU)
            per_s += process->n / process->law.mtbf_s;
    }
    /* Of whole nodes as large as the mean one, evenly over all of them. */
    double held = all_gpus > 0 ? ceil(gpus * nodes / all_gpus) / nodes : 0;
    return per_s * held > 0 ? 1 / (per_s * held) : INFINITY;
}

/* What a checkpoint to a store costs a job that has the store for itself. */
static enum dh_err cost_of(const struct dh_world *w, const struct dh_checkpoints_spec *spec, double gpus,
                           struct dh_checkpoint_cost *cost, struct dh_diag *diag) {
    struct dh_checkpoints_spec alone = *spec;
    if (spec->to) {
        alone.to = NULL;
        alone.storage_b_per_s = dh_world_saving_alone(w, spec, gpus, dh_checkpoint_size(spec), true);
    }
    DH_TRY(dh_checkpoint_cost_read(&alone, gpus, cost, diag));
    /* `blocking` is the copy: the write takes what it takes */
    if (spec->to && !spec->asynchronous && !isnan(spec->blocking_s))
        cost->blocking_s += dh_checkpoint_size(spec) / alone.storage_b_per_s;
    return DH_OK;
}

static enum dh_err saves(struct dh_world *w, const struct dh_checkpoints_spec *spec, int32_t row,
                         struct dh_diag *diag) {
    struct dh_job *job = &w->jobs.jobs[row];
    struct dh_checkpoint_cost cost;
    DH_TRY(cost_of(w, spec, job->gpus, &cost, diag));
    double s = spec->interval_s;
    /* As long as anything else of a scenario: then no sum of times leaves what a time can be. */
    cost.blocking_s = fmin(cost.blocking_s, LONGEST_S);
    cost.drain_s = fmin(cost.drain_s, LONGEST_S);
    if (isnan(s))
        s = dh_checkpoint_interval((enum dh_checkpoint_rule)spec->rule, cost,
                                   dh_world_job_mtbf_s(w, job->gpus));
    job->checkpoint_write = dh_time_from_s(cost.blocking_s);
    job->checkpoint_drain = dh_time_from_s(cost.drain_s);
    job->checkpoint = dh_time_from_s(fmin(s, LONGEST_S));
    if (job->checkpoint > 0 && job->checkpoint < job->checkpoint_drain)
        job->checkpoint = job->checkpoint_drain;
    if (!spec->to)
        return DH_OK;
    /* The write is a transfer: only the copy is planned. */
    DH_TRY(dh_checkpoint_cost_read(spec, job->gpus, &cost, diag));
    job->checkpoint_write = dh_time_from_s(fmin(cost.blocking_s, LONGEST_S));
    job->checkpoint_drain = 0;
    if (!isnan(spec->interval_s)) /* a write in the background may take longer: the next waits for it */
        job->checkpoint = dh_time_from_s(fmin(fmax(s, DH_CHECKPOINT_LEAST_S), LONGEST_S));
    return dh_world_save_to(w, row, spec, dh_checkpoint_size(spec));
}

/* Run time of all its work, with what writes take that find the store idle. */
static dh_time planned_wall(const struct dh_world *w, const struct dh_checkpoints_spec *how,
                            const struct dh_job *job) {
    struct dh_job planned = *job;
    if (how && how->to && !how->asynchronous) {
        double bytes = dh_checkpoint_size(how);
        double write_s = bytes > 0 ? bytes / dh_world_saving_alone(w, how, job->gpus, bytes, true) : 0;
        planned.checkpoint_write += dh_time_from_s(fmin(write_s, LONGEST_S));
    }
    return dh_job_wall(&planned, planned.work);
}

enum dh_err dh_world_checkpoints_start(struct dh_world *w, struct dh_diag *diag) {
    const struct dh_failures_spec *failures = w->sc->n_failures > 0 ? &w->sc->failures[0] : NULL;
    const struct dh_workload_spec *work = w->sc->n_workloads > 0 ? &w->sc->workloads[0] : NULL;
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        struct dh_job *job = &w->jobs.jobs[j];
        const struct dh_jobs_spec *stream = work && job->stream > 0 ? &work->streams[job->stream - 1] : NULL;
        const struct dh_checkpoints_spec *how =
            failures && failures->n_checkpoints > 0 && !job->checkpoint ? failures->checkpoints : NULL;
        struct dh_checkpoints_spec own;
        if (stream && stream->n_checkpoints > 0) {
            own = dh_training_job_checkpoints(w->sc, stream);
            how = &own;
        }
        if (job->service >= 0 || job->pipeline > 0)
            continue;
        if (how) {
            DH_TRY(saves(w, how, j, diag));
        } else if (failures && job->checkpoint == 0 && !isnan(failures->checkpoint_s)) {
            job->checkpoint = dh_time_from_s(failures->checkpoint_s);
            job->checkpoint_write = dh_time_from_s(failures->checkpoint_write_s);
        }
        if (failures && job->restart == 0)
            job->restart = dh_time_from_s(failures->restart_s);
        if (how)
            job->detection = dh_time_from_s(how->detection_s);
        /* Who asks for a time asks for that of the checkpoints, too. A log's request is what it is. */
        if (job->stream > 0 && job->requested != DH_TIME_NONE)
            job->requested += planned_wall(w, how, job) - job->work;
    }
    return DH_OK;
}

dh_time dh_world_restart_lead(const struct dh_world *w, int32_t job) {
    const struct dh_failure_run *r = &w->failure;
    const struct dh_job *asked = &w->jobs.jobs[job];
    double s = r->cause < r->n_process ? r->processes[r->cause].spec->detection_s : NAN;
    return asked->restart + (isnan(s) ? asked->detection : dh_time_from_s(s));
}

/* ---- books ----------------------------------------------------------------------------------------------
 */

/* A job's failure belongs to its cause to the end of its next start. */
static struct dh_toll *toll_of(struct dh_world *w, int32_t job) {
    return w->failure.tolls ? &w->failure.tolls[w->runs[job].cause] : NULL;
}

void dh_world_count_restart(struct dh_world *w, int32_t job, dh_time took) {
    dh_gpu_ns gpu_ns = (dh_gpu_ns)took * w->jobs.jobs[job].gpus;
    struct dh_toll *toll = toll_of(w, job);
    w->restart_gpu_ns += gpu_ns;
    if (toll)
        toll->restart_gpu_ns += gpu_ns;
}

/* The GPU time is in the books of waiting already. */
void dh_world_count_reading(struct dh_world *w, int32_t job, dh_time took) {
    struct dh_toll *toll = toll_of(w, job);
    if (toll)
        toll->restart_gpu_ns += (dh_gpu_ns)took * w->jobs.jobs[job].gpus;
}

void dh_world_count_loss(struct dh_world *w, int32_t job, dh_time lost) {
    dh_gpu_ns gpu_ns = (dh_gpu_ns)lost * w->jobs.jobs[job].gpus;
    w->lost_gpu_ns += gpu_ns;
    w->runs[job].cause = w->failure.cause;
    struct dh_toll *toll = toll_of(w, job);
    if (!toll)
        return;
    toll->lost_gpu_ns += gpu_ns;
    toll->n_job++;
}

void dh_world_count_wait(struct dh_world *w, int32_t job, dh_time waited) {
    dh_gpu_ns gpu_ns = (dh_gpu_ns)waited * w->jobs.jobs[job].gpus;
    struct dh_toll *toll = toll_of(w, job);
    w->requeued_gpu_ns += gpu_ns;
    if (toll)
        toll->waiting_gpu_ns += gpu_ns;
}
