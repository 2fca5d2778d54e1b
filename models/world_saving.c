/* Checkpoints as transfers: see world_saving.h. */
#include "models/world.h"

#include <math.h>
#include <string.h>

static struct dh_saving *saving_of(const struct dh_world *w, int32_t job) {
    return w->saving.of ? w->saving.of[job] : NULL;
}

/* Nodes that so many GPUs take where they are alone on them. */
static double nodes_of(const struct dh_world *w, double gpus) {
    const struct dh_device_spec *device = dh_facility_main_device(w->f);
    int32_t each = device ? dh_facility_node_gpus(w->f, device) : 0;
    return each > 0 ? ceil(gpus / each) : 1;
}

/* Each GPU has a share, and writes it as a file. */
static struct dh_data_transfer transfer_of(int32_t store, bool write, double bytes, double gpus,
                                           double nodes) {
    return (struct dh_data_transfer){.from = write ? -1 : store,
                                     .to = write ? store : -1,
                                     .bytes = bytes,
                                     .files = gpus,
                                     .streams = gpus,
                                     .nodes = (int32_t)nodes,
                                     .use = write ? DH_DATA_CHECKPOINT : DH_DATA_RESTART};
}

double dh_world_saving_alone(const struct dh_world *w, const struct dh_checkpoints_spec *spec, double gpus,
                             double bytes, bool write) {
    int32_t store = dh_world_store(w, spec->to);
    struct dh_data_transfer t = transfer_of(store, write, bytes, gpus, nodes_of(w, gpus));
    return bytes > 0 ? dh_world_transfer_alone(w, &t) : INFINITY;
}

enum dh_err dh_world_save_to(struct dh_world *w, int32_t job, const struct dh_checkpoints_spec *spec,
                             double bytes) {
    struct dh_saving_run *r = &w->saving;
    if (!r->of)
        r->of = dh_arena_array(&w->mem, (size_t)dh_world_job_rows(w), sizeof *r->of);
    struct dh_saving *s = r->of ? dh_arena_alloc(&w->mem, sizeof *s) : NULL;
    if (!s)
        return DH_ERR_MEMORY;
    *s = (struct dh_saving){.store = dh_world_store(w, spec->to),
                            .bytes = bytes,
                            .synchronous = !spec->asynchronous,
                            .keep = (int32_t)spec->keep,
                            .writing = DH_TRANSFER_NONE,
                            .reading = DH_TRANSFER_NONE};
    r->of[job] = s;
    return DH_OK;
}

dh_time dh_world_saved(const struct dh_world *w, int32_t job, dh_time wall) {
    const struct dh_saving *s = saving_of(w, job);
    const struct dh_job *asked = &w->jobs.jobs[job];
    return s ? s->n_saved * asked->checkpoint : dh_job_saved(asked, wall);
}

/* ---- transfers ------------------------------------------------------------------------------------------
 */

static enum dh_err step_on(struct dh_world *w, int32_t job);

static enum dh_err begin(struct dh_world *w, int32_t job, int32_t store, bool write,
                         enum dh_err (*done)(struct dh_world *, int32_t), int32_t *id) {
    struct dh_saving *s = saving_of(w, job);
    struct dh_data_transfer t =
        transfer_of(store, write, s->bytes, w->jobs.jobs[job].gpus, w->runs[job].n_segment);
    t.subject = job;
    t.done = done;
    t.object = write ? &s->written : NULL;
    s->since = w->des.now;
    return dh_world_transfer(w, &t, id);
}

static void note_longest(const struct dh_world *w, int32_t job, bool write, dh_time *longest, double *share) {
    const struct dh_saving *s = saving_of(w, job);
    struct dh_data_transfer t = transfer_of(write ? s->store : s->read_from, write, s->bytes,
                                            w->jobs.jobs[job].gpus, w->runs[job].n_segment);
    dh_time took = w->des.now - s->since;
    double alone_s = s->bytes > 0 ? s->bytes / dh_world_transfer_alone(w, &t) : 0;
    *longest = took > *longest ? took : *longest;
    if (alone_s > 0)
        *share = fmax(*share, dh_time_to_s(took) / alone_s);
}

/* One more is complete; the oldest that is not kept goes. */
static enum dh_err keep(struct dh_world *w, struct dh_saving *s) {
    if (!s->kept)
        s->kept = dh_arena_array(&w->mem, (size_t)s->keep + 1, sizeof *s->kept);
    if (!s->kept)
        return DH_ERR_MEMORY;
    s->kept[(s->first + s->n_kept++) % (s->keep + 1)] = s->written;
    if (s->n_kept <= s->keep)
        return DH_OK;
    int32_t oldest = s->kept[s->first];
    s->first = (s->first + 1) % (s->keep + 1);
    s->n_kept--;
    return dh_world_store_delete(w, oldest);
}

static enum dh_err written(struct dh_world *w, int32_t job) {
    struct dh_saving *s = saving_of(w, job);
    s->writing = DH_TRANSFER_NONE;
    s->n_saved = s->n_taken; /* none is copied while one is written */
    w->saving.n_written++;
    note_longest(w, job, true, &w->saving.longest_write, &w->saving.longest_write_share);
    DH_TRY(keep(w, s));
    return step_on(w, job);
}

static enum dh_err read_back(struct dh_world *w, int32_t job) {
    struct dh_saving *s = saving_of(w, job);
    s->reading = DH_TRANSFER_NONE;
    w->saving.n_read++;
    note_longest(w, job, false, &w->saving.longest_read, &w->saving.longest_read_share);
    dh_world_count_reading(w, job, w->des.now - s->since);
    return step_on(w, job);
}

enum dh_err dh_world_saving_ends(struct dh_world *w, int32_t job) {
    struct dh_saving *s = saving_of(w, job);
    if (!s)
        return DH_OK;
    int32_t under_way[] = {s->writing, s->reading};
    s->writing = s->reading = DH_TRANSFER_NONE;
    s->step = DH_SAVING_STARTS;
    s->n_taken = s->n_saved = 0;
    for (int i = 0; i < 2; i++)
        if (under_way[i] != DH_TRANSFER_NONE)
            DH_TRY(dh_world_transfer_cancel(w, under_way[i]));
    return DH_OK;
}

/* ---- steps ----------------------------------------------------------------------------------------------
 */

/* Time under way at which the present step is over; DH_TIME_MAX: with the job. */
static dh_time step_over(const struct dh_world *w, int32_t job) {
    const struct dh_saving *s = saving_of(w, job);
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_job_run *run = &w->runs[job];
    dh_time period = asked->checkpoint + asked->checkpoint_write;
    dh_time useful = asked->work - run->saved;
    switch (s->step) {
    case DH_SAVING_STARTS:
        return run->lead;
    case DH_SAVING_WORKS:
        /* none at the end */
        if (asked->checkpoint <= 0 || s->n_taken >= (useful - 1) / asked->checkpoint)
            return DH_TIME_MAX;
        return run->lead + s->n_taken * period + asked->checkpoint;
    case DH_SAVING_COPIES:
        return run->lead + (s->n_taken + 1) * period;
    default:
        return 0;
    }
}

/* It stands still for this transfer, if it is still under way. */
static bool waits(int32_t transfer) {
    return transfer != DH_TRANSFER_NONE;
}

/* The next step, if the present one is over; false: it is not, or it is a wait that has to go on. */
static enum dh_err next_step(struct dh_world *w, int32_t job, bool *over) {
    struct dh_saving *s = saving_of(w, job);
    struct dh_job_run *run = &w->runs[job];
    *over = run->planned - run->remaining >= step_over(w, job);
    if (!*over)
        return DH_OK;
    switch (s->step) {
    case DH_SAVING_STARTS:
        s->step = run->saved > 0 && s->n_kept > 0 ? DH_SAVING_READS : DH_SAVING_WORKS;
        if (s->step == DH_SAVING_READS) {
            int32_t newest = s->kept[(s->first + s->n_kept - 1) % (s->keep + 1)];
            s->read_from = w->storage.objects[newest].store;
            DH_TRY(begin(w, job, s->read_from, false, read_back, &s->reading));
        }
        return DH_OK;
    case DH_SAVING_READS:
        *over = !waits(s->reading);
        if (!*over)
            return dh_world_halt(w, job, DH_IDLE_RESTART);
        s->step = DH_SAVING_WORKS;
        return dh_world_resume(w, job);
    case DH_SAVING_WORKS:
        s->step = waits(s->writing) ? DH_SAVING_WAITS : DH_SAVING_COPIES;
        return DH_OK;
    case DH_SAVING_WAITS:
    case DH_SAVING_WRITES:
        *over = !waits(s->writing);
        if (!*over)
            return dh_world_halt(w, job, DH_IDLE_CHECKPOINT);
        s->step = s->step == DH_SAVING_WAITS ? DH_SAVING_COPIES : DH_SAVING_WORKS;
        return dh_world_resume(w, job);
    case DH_SAVING_COPIES:
        s->n_taken++;
        DH_TRY(begin(w, job, s->store, true, written, &s->writing));
        w->saving.n_left_out += !waits(s->writing);
        s->step = s->synchronous && waits(s->writing) ? DH_SAVING_WRITES : DH_SAVING_WORKS;
        return DH_OK;
    }
    return DH_OK;
}

static enum dh_err step_on(struct dh_world *w, int32_t job) {
    bool over = w->runs[job].state == DH_JOB_RUNNING;
    if (over)
        dh_world_account(w, job);
    while (over)
        DH_TRY(next_step(w, job, &over));
    return DH_OK;
}

/* Steps that wait have been over since they began: whoever gets GPUs again asks at once whether they are. */
enum dh_err dh_world_plan_saving(struct dh_world *w, int32_t job) {
    const struct dh_job_run *run = &w->runs[job];
    if (!saving_of(w, job) || !(run->rate > 0))
        return DH_OK;
    dh_time at = step_over(w, job);
    if (at == DH_TIME_MAX)
        return DH_OK;
    dh_time until = at - (run->planned - run->remaining);
    double needed = until <= 0 ? 0 : run->rate == 1 ? (double)until : ceil((double)until / run->rate);
    if (!(needed < (double)(DH_TIME_MAX - 1 - w->des.now)))
        return DH_OK;
    dh_time takes = until <= 0 ? 0 : run->rate == 1 ? until : (dh_time)needed;
    return dh_des_schedule_generation(&w->des, w->des.now + takes, DH_PHASE_LIMIT, DH_EVENT_CHECKPOINT, job,
                                      run->generation, 0);
}

enum dh_err dh_world_on_checkpoint(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    const struct dh_job_run *run = &w->runs[ev->subject];
    (void)des;
    if (ev->generation != run->generation || run->state != DH_JOB_RUNNING)
        return DH_OK;
    DH_TRY(step_on(w, ev->subject));
    /* whatever changed its rate has planned the next step */
    return run->generation == ev->generation ? dh_world_plan_saving(w, ev->subject) : DH_OK;
}
