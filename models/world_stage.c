/* Transfers of stages: while a stage works it reads its datasets from their stores, and writes what it makes
 * of them. Reading keeps the pace of the work where the stores allow it; else the work, and the GPUs that do
 * it, and the writing, keep the pace of the slowest reading. A round is over when work, reading and writing
 * are. */
#include "models/world.h"

#include <math.h>
#include <stdlib.h>

/* Until a store without room is asked again. */
static const double RETRY_S = 60;
/* A writer never stands still altogether: a cap is above 0. */
static const double LEAST_B_PER_S = 1e-3;

static int32_t row_of(const struct dh_world *w, const struct dh_stage_run *at) {
    return (int32_t)(at - w->data->stages);
}

/* Bytes/s of the stage's work. */
static double rate_of(const struct dh_world *w, const struct dh_stage_run *at) {
    return dh_pipeline_rate(dh_stage_spec(w, at), &at->whole);
}

/* Share of the round's input that is read in a second, by the slowest reading under way; INFINITY: none is.
 */
static double progress(struct dh_world *w, const struct dh_stage_run *at) {
    double slowest = INFINITY;
    for (int32_t i = at->first_part; i < at->first_part + at->n_part; i++) {
        const struct dh_stage_part *part = &w->data->parts[i];
        if (part->read >= 0 && part->transfer != DH_TRANSFER_NONE)
            slowest = fmin(slowest, dh_world_transfer_rate(w, part->transfer) / part->whole_b);
    }
    return slowest;
}

/* What waits for the reading: the job's GPUs, and the writer. */
static enum dh_err keep_pace(struct dh_world *w, struct dh_stage_run *at) {
    double share_per_s = progress(w, at), rate = rate_of(w, at);
    double pace = isinf(share_per_s) ? 1 : fmin(1, share_per_s * at->whole.bytes / rate);
    pace = pace > 1 - 1e-12 ? 1 : pace;
    if (at->job >= 0)
        DH_TRY(dh_world_set_pace(w, at->job, DH_IDLE_DATA, pace));
    const struct dh_stage_part *write = &w->data->parts[at->first_part + at->n_part - 1];
    if (at->n_part == 0 || write->read >= 0 || write->transfer == DH_TRANSFER_NONE)
        return DH_OK;
    double cap = isinf(share_per_s) ? rate / at->whole.bytes * write->whole_b
                                    : fmax(share_per_s * write->whole_b, LEAST_B_PER_S);
    return dh_world_transfer_cap(w, write->transfer, cap);
}

static enum dh_err paced(struct dh_world *w, int32_t subject, double bytes_per_s) {
    (void)bytes_per_s;
    return keep_pace(w, &w->data->stages[w->data->parts[subject].stage]);
}

/* What a round left is part of the version to come; of a round that does work again it takes the place of
 * what was wrong. */
static enum dh_err keep_object(struct dh_world *w, struct dh_stage_run *at, int32_t object) {
    int32_t *grown = NULL;
    if (w->data->pipelines[at->pipeline].slots[at->slot].done >> at->stage & 1)
        return dh_world_store_delete(w, object);
    grown = realloc(at->objects, (size_t)(at->n_object + 1) * sizeof *grown);
    if (!grown)
        return DH_ERR_MEMORY;
    at->objects = grown;
    at->objects[at->n_object++] = object;
    return DH_OK;
}

static enum dh_err moved(struct dh_world *w, int32_t subject) {
    struct dh_stage_part *part = &w->data->parts[subject];
    struct dh_stage_run *at = &w->data->stages[part->stage];
    part->transfer = DH_TRANSFER_NONE;
    part->left_b = 0;
    at->n_moving--;
    if (part->read < 0)
        DH_TRY(keep_object(w, at, part->object));
    else
        DH_TRY(keep_pace(w, at));
    return dh_stage_look(w, at);
}

static enum dh_err begin_part(struct dh_world *w, struct dh_stage_run *at, int32_t row) {
    const struct dh_pipeline_stage_spec *spec = dh_stage_spec(w, at);
    const struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    struct dh_stage_part *part = &w->data->parts[row];
    const struct dh_dataset_run *d =
        &w->data->datasets[part->read >= 0 ? p->graph.reads[part->read] : p->graph.writes[at->stage]];
    double cap = rate_of(w, at) * part->whole_b / at->whole.bytes;
    int64_t streams = spec->cores > spec->gpus ? spec->cores : spec->gpus;
    double bytes = part->left_b;
    struct dh_data_transfer t = {.from = part->read >= 0 ? d->store : -1,
                                 .to = part->read >= 0 ? -1 : d->store,
                                 .bytes = bytes,
                                 .files = isnan(d->spec->file_b) ? 0 : ceil(bytes / d->spec->file_b),
                                 .nodes = at->job >= 0 ? w->runs[at->job].n_segment : 0,
                                 .streams = (double)(spec->streams >= 0 ? spec->streams : streams),
                                 .cap = cap < INFINITY ? fmax(cap, LEAST_B_PER_S) : 0,
                                 .use = DH_DATA_PIPELINE,
                                 .subject = row,
                                 .object = part->read >= 0 ? NULL : &part->object,
                                 .done = moved,
                                 .paced = part->read >= 0 ? paced : NULL};
    DH_TRY(dh_world_transfer(w, &t, &part->transfer));
    at->n_moving += part->transfer != DH_TRANSFER_NONE;
    if (part->transfer != DH_TRANSFER_NONE)
        return DH_OK;
    at->owes = true;
    return dh_des_schedule(&w->des, dh_time_after(w->des.now, RETRY_S), DH_PHASE_DATA, DH_EVENT_STAGE,
                           row_of(w, at), 1);
}

enum dh_err dh_stage_write_again(struct dh_world *w, struct dh_stage_run *at) {
    int32_t row = at->first_part + at->n_part - 1;
    const struct dh_stage_part *part = &w->data->parts[row];
    int32_t store = w->data->datasets[w->data->pipelines[at->pipeline].graph.writes[at->stage]].store;
    if (!at->owes)
        return DH_OK;
    if (ceil(part->bytes) >
        dh_world_store_room(w, store)) /* each refusal of a transfer would be an incident */
        return dh_des_schedule(&w->des, dh_time_after(w->des.now, RETRY_S), DH_PHASE_DATA, DH_EVENT_STAGE,
                               row_of(w, at), 1);
    at->owes = false;
    DH_TRY(begin_part(w, at, row));
    return keep_pace(w, at);
}

void dh_stage_plan(struct dh_world *w, struct dh_stage_run *at) {
    const struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    /* Of a check, what passes is written; of others, all of the round. */
    double passing = p->graph.again[at->stage] && at->whole.items > 0
                         ? (at->items - at->failed) / at->whole.items
                         : at->share;
    for (int32_t i = at->first_part; i < at->first_part + at->n_part; i++) {
        struct dh_stage_part *part = &w->data->parts[i];
        part->left_b = part->bytes = part->whole_b * (part->read >= 0 ? at->share : passing);
    }
}

enum dh_err dh_stage_move(struct dh_world *w, struct dh_stage_run *at, bool again) {
    bool reads = false;
    for (int32_t i = at->first_part; i < at->first_part + at->n_part; i++) {
        struct dh_stage_part *part = &w->data->parts[i];
        if (again && part->read >= 0)
            part->left_b = part->bytes;
        if (!(part->left_b > 0))
            continue;
        DH_TRY(begin_part(w, at, i));
        reads = reads || part->read >= 0;
    }
    return reads && at->job >= 0 ? dh_world_set_pace(w, at->job, DH_IDLE_DATA, 0) : DH_OK;
}

enum dh_err dh_stage_stop(struct dh_world *w, struct dh_stage_run *at) {
    at->owes = false;
    for (int32_t i = at->first_part; i < at->first_part + at->n_part; i++) {
        struct dh_stage_part *part = &w->data->parts[i];
        if (part->transfer == DH_TRANSFER_NONE)
            continue;
        if (part->read >= 0) /* a write that was cut off has left nothing */
            part->left_b = dh_world_transfer_left(w, part->transfer);
        DH_TRY(dh_world_transfer_cancel(w, part->transfer));
        part->transfer = DH_TRANSFER_NONE;
        at->n_moving--;
    }
    return DH_OK;
}

enum dh_err dh_world_data_started(struct dh_world *w, int32_t job) {
    if (!w->data)
        return DH_OK;
    if (w->jobs.jobs[job].pipeline == 0)
        return dh_world_loader_start(w, job);
    struct dh_stage_run *at = &w->data->stages[w->data->job_stage[job - w->data->first_job]];
    const struct dh_job_run *run = &w->runs[job];
    return dh_stage_move(w, at, run->remaining == run->planned); /* set aside, it goes on where it was */
}

/* One whose work is done may still have results to write. */
enum dh_err dh_world_data_stopped(struct dh_world *w, int32_t job) {
    if (!w->data)
        return DH_OK;
    if (w->jobs.jobs[job].pipeline == 0)
        return dh_world_loader_stop(w, job);
    return w->runs[job].remaining > 0
               ? dh_stage_stop(w, &w->data->stages[w->data->job_stage[job - w->data->first_job]])
               : DH_OK;
}
