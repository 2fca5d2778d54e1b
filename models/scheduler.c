#include "models/scheduler.h"
#include "models/scheduler_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_preemptive(const struct dh_scheduler *s) {
    return s->spec->policy == DH_POLICY_SRTF || s->spec->policy == DH_POLICY_SRSF;
}

enum dh_err dh_scheduler_init(struct dh_scheduler *s, const struct dh_scheduler_spec *spec,
                              const struct dh_job_list *list, struct dh_job_run *runs, struct dh_pool *pool,
                              struct dh_scheduler_hooks hooks) {
    *s = (struct dh_scheduler){.spec = spec, .list = list, .runs = runs, .pool = pool, .hooks = hooks};
    s->depth = isnan(spec->backfill_depth) ? INT64_MAX : (int64_t)spec->backfill_depth;
    bool easy = spec->policy == DH_POLICY_EASY || spec->policy == DH_POLICY_EASY_SJBF;
    enum dh_err err = DH_OK;
    if (is_preemptive(s) || easy) {
        err = dh_pool_init_like(&s->trial, pool);
        if (err == DH_OK)
            err = dh_pool_init_like(&s->beyond, pool);
    }
    if (err == DH_OK && spec->policy == DH_POLICY_CONSERVATIVE) {
        s->profile = calloc(1, sizeof *s->profile);
        err = s->profile ? DH_OK : DH_ERR_MEMORY;
    }
    if (err != DH_OK)
        dh_scheduler_free(s);
    return err;
}

void dh_scheduler_free(struct dh_scheduler *s) {
    dh_job_tree_free(&s->queue);
    dh_job_tree_free(&s->running);
    dh_job_tree_free(&s->shortest);
    dh_pool_free(&s->trial);
    dh_pool_free(&s->beyond);
    if (s->profile)
        dh_profile_free(s->profile);
    free(s->profile);
    free(s->ranked);
    free(s->places);
    *s = (struct dh_scheduler){0};
}

/* ---- run times
 * ----------------------------------------------------------------------------------------------- */

dh_time dh_scheduler_limit(const struct dh_scheduler_spec *spec, const struct dh_job *job) {
    bool ends = spec->limit == DH_LIMIT_KILL && job->requested != DH_TIME_NONE && !job->exact_request;
    return ends ? job->requested : DH_TIME_MAX;
}

dh_time dh_scheduler_believed(const struct dh_scheduler_spec *spec, const struct dh_job *job) {
    if (spec->estimates == DH_ESTIMATES_REQUESTED && job->requested != DH_TIME_NONE)
        return job->requested;
    dh_time limit = dh_scheduler_limit(spec, job);
    return job->work < limit ? job->work : limit;
}

/* ---- queue
 * ----------------------------------------------------------------------------------------------------- */

static struct dh_job_key shortest_key(const struct dh_scheduler *s, int32_t job) {
    const struct dh_job *j = dh_scheduler_job(s, job);
    return (struct dh_job_key){
        .priority = j->priority, .first = dh_scheduler_believed(s->spec, j), .second = j->submit, .job = job};
}

struct dh_job_key dh_scheduler_queue_key(const struct dh_scheduler *s, int32_t job) {
    const struct dh_job *j = dh_scheduler_job(s, job);
    if (s->spec->policy == DH_POLICY_SJF)
        return shortest_key(s, job);
    struct dh_job_key key = {.priority = j->priority, .first = j->submit, .job = job};
    if (s->spec->policy == DH_POLICY_REPLAY) {
        dh_time at = j->replay_start < j->submit ? j->submit : j->replay_start;
        key = (struct dh_job_key){
            .first = j->replay_start == DH_TIME_NONE ? DH_TIME_MAX : at, .second = j->submit, .job = job};
    }
    return key;
}

struct dh_job_key dh_scheduler_running_key(const struct dh_scheduler *s, int32_t job) {
    return (struct dh_job_key){.first = s->runs[job].believed_end, .job = job};
}

enum dh_err dh_scheduler_enqueue(struct dh_scheduler *s, int32_t job) {
    const struct dh_job *j = dh_scheduler_job(s, job);
    struct dh_job_entry entry = {.key = dh_scheduler_queue_key(s, job),
                                 .length = dh_scheduler_believed(s->spec, j),
                                 .submit = j->submit,
                                 .mark = DH_TIME_MAX,
                                 .gpus = j->gpus};
    DH_TRY(dh_job_tree_add(&s->queue, &entry));
    if (s->spec->policy == DH_POLICY_EASY_SJBF) {
        entry.key = shortest_key(s, job);
        enum dh_err err = dh_job_tree_add(&s->shortest, &entry);
        if (err != DH_OK) {
            struct dh_job_key key = dh_scheduler_queue_key(s, job);
            dh_job_tree_remove(&s->queue, &key);
            return err;
        }
    }
    s->runs[job].state = DH_JOB_QUEUED;
    s->n_new++;
    return DH_OK;
}

enum dh_err dh_scheduler_dequeue(struct dh_scheduler *s, int32_t job) {
    struct dh_job_key key = dh_scheduler_queue_key(s, job);
    if (!dh_job_tree_remove(&s->queue, &key))
        return DH_ERR_INTERNAL;
    if (s->spec->policy == DH_POLICY_EASY_SJBF) {
        key = shortest_key(s, job);
        if (!dh_job_tree_remove(&s->shortest, &key))
            return DH_ERR_INTERNAL;
    }
    return DH_OK;
}

/* A job goes without having run. */
static enum dh_err leave(struct dh_scheduler *s, int32_t job, dh_time now) {
    s->runs[job].state = DH_JOB_REJECTED;
    s->n_left++;
    return s->hooks.left ? s->hooks.left(s->hooks.self, job, now) : DH_OK;
}

enum dh_err dh_scheduler_submit(struct dh_scheduler *s, int32_t job, dh_time now) {
    s->dirty = true;
    if (!dh_pool_could_ever(s->pool, dh_scheduler_job(s, job)))
        return leave(s, job, now);
    return dh_scheduler_enqueue(s, job);
}

enum dh_err dh_scheduler_withdraw(struct dh_scheduler *s, int32_t job, dh_time now) {
    (void)now;
    s->dirty = true;
    s->profile_holds = false;
    return dh_scheduler_dequeue(s, job);
}

int32_t dh_scheduler_waiting_since(const struct dh_scheduler *s, dh_time submit, int32_t after) {
    struct dh_job_want want = {
        .gpus = INT64_MAX, .spare = INT64_MAX, .length = DH_TIME_MAX, .submit = submit, .mark = DH_TIME_MAX};
    struct dh_job_key key = {0};
    if (after >= 0)
        key = dh_scheduler_queue_key(s, after);
    int32_t slot = dh_job_tree_first(&s->queue, after >= 0 ? &key : NULL, &want);
    return slot ? s->queue.entries[slot].key.job : -1;
}

/* ---- starting and ending
 * --------------------------------------------------------------------------------------- */

enum dh_err dh_scheduler_runs(struct dh_scheduler *s, int32_t job, dh_time believed_end, dh_time now) {
    struct dh_job_run *run = &s->runs[job];
    if (run->start == DH_TIME_NONE)
        run->start = now;
    run->believed_end = believed_end;
    run->state = DH_JOB_RUNNING;
    /* mark: when this run began, for the GPU time held */
    struct dh_job_entry entry = {.key = dh_scheduler_running_key(s, job),
                                 .length = 0,
                                 .submit = dh_scheduler_job(s, job)->submit,
                                 .mark = now,
                                 .gpus = dh_scheduler_job(s, job)->gpus};
    DH_TRY(dh_job_tree_add(&s->running, &entry));
    s->n_started++;
    return s->hooks.started ? s->hooks.started(s->hooks.self, job, now) : DH_OK;
}

enum dh_err dh_scheduler_start(struct dh_scheduler *s, int32_t job, struct dh_pool *room, dh_time now,
                               enum dh_start *outcome) {
    const struct dh_job *j = dh_scheduler_job(s, job);
    struct dh_job_run *run = &s->runs[job];
    if (!dh_pool_find(room, j, false)) {
        *outcome = DH_START_NO_ROOM;
        return DH_OK;
    }
    DH_TRY(dh_pool_take_found(s->pool, room, run));
    if (s->hooks.may_start && !s->hooks.may_start(s->hooks.self, job, now)) {
        dh_pool_give(s->pool, run);
        dh_pool_forget(s->pool, run);
        s->gate_refused = true;
        *outcome = DH_START_REFUSED;
        return DH_OK;
    }
    *outcome = DH_START_DONE;
    DH_TRY(dh_scheduler_dequeue(s, job));
    return dh_scheduler_runs(s, job, dh_scheduler_after(now, dh_scheduler_believed(s->spec, j)), now);
}

void dh_scheduler_pool_changed(struct dh_scheduler *s) {
    s->dirty = true;
    s->profile_holds = false;
}

void dh_scheduler_account(struct dh_scheduler *s, int32_t job, dh_time now) {
    struct dh_job_key key = dh_scheduler_running_key(s, job);
    int32_t slot = dh_job_tree_find(&s->running, &key);
    if (!slot)
        return;
    s->runs[job].gpu_ns += (dh_gpu_ns)(now - s->running.entries[slot].mark) * dh_scheduler_job(s, job)->gpus;
    dh_job_tree_mark(&s->running, slot, now);
}

enum dh_err dh_scheduler_ended(struct dh_scheduler *s, int32_t job, dh_time now) {
    struct dh_job_run *run = &s->runs[job];
    struct dh_job_key key = dh_scheduler_running_key(s, job);
    int32_t slot = dh_job_tree_find(&s->running, &key);
    if (!slot)
        return DH_ERR_INTERNAL;
    dh_scheduler_account(s, job, now);
    dh_job_tree_remove(&s->running, &key);
    dh_pool_give(s->pool, run);
    if (s->profile_holds && now < run->believed_end) {
        DH_TRY(dh_profile_take(s->profile, now, run->believed_end - now,
                               -(int64_t)dh_scheduler_job(s, job)->gpus));
        s->compress = true;
    } else if (now > run->believed_end) {
        s->profile_holds = false;
    }
    s->dirty = true;
    return DH_OK;
}

/* ---- passes
 * ------------------------------------------------------------------------------------------------------ */

/* fcfs, sjf: the first job that does not start ends the pass. */
static enum dh_err pass_in_order(struct dh_scheduler *s, dh_time now) {
    enum dh_start outcome = DH_START_DONE;
    while (s->queue.head && outcome == DH_START_DONE)
        DH_TRY(dh_scheduler_start(s, s->queue.entries[s->queue.head].key.job, s->pool, now, &outcome));
    return DH_OK;
}

/* Replayed starts that are due; one that finds no room is tried again in each pass. */
static enum dh_err pass_replay(struct dh_scheduler *s, dh_time now) {
    for (int32_t slot = s->queue.head, next; slot && s->queue.entries[slot].key.first <= now; slot = next) {
        enum dh_start outcome;
        next = s->queue.entries[slot].after;
        DH_TRY(dh_scheduler_start(s, s->queue.entries[slot].key.job, s->pool, now, &outcome));
    }
    return DH_OK;
}

/* queue="no": who cannot start leaves. */
static enum dh_err pass_no_queue(struct dh_scheduler *s, dh_time now) {
    bool starts = s->spec->policy != DH_POLICY_NONE;
    while (s->queue.head) {
        int32_t job = s->queue.entries[s->queue.head].key.job;
        enum dh_start outcome = DH_START_NO_ROOM;
        if (starts)
            DH_TRY(dh_scheduler_start(s, job, s->pool, now, &outcome));
        if (outcome != DH_START_DONE) {
            DH_TRY(dh_scheduler_dequeue(s, job));
            DH_TRY(leave(s, job, now));
        }
    }
    return DH_OK;
}

/* With a pass after each event, jobs that are believed to end now may still stand in the running set. Who
 * reserves by believed ends counts on their GPUs already, so the pass is left to the event of the last of
 * them. (One that is slower than believed ends later, and there will be a pass then.) */
static bool others_end_now(const struct dh_scheduler *s, dh_time now) {
    return s->spec->pass == DH_PASS_EVENT &&
           dh_job_tree_sum_until(&s->running, now) > dh_job_tree_sum_until(&s->running, now - 1);
}

enum dh_err dh_scheduler_pass(struct dh_scheduler *s, dh_time now) {
    bool again = s->dirty || s->gate_refused;
    s->dirty = false;
    s->gate_refused = false;
    if (!s->spec->queue && !is_preemptive(s) && s->spec->policy != DH_POLICY_REPLAY)
        return pass_no_queue(s, now);
    switch ((enum dh_policy)s->spec->policy) {
    case DH_POLICY_FCFS:
    case DH_POLICY_SJF:
        return pass_in_order(s, now);
    case DH_POLICY_EASY:
    case DH_POLICY_EASY_SJBF:
        return others_end_now(s, now) ? DH_OK : dh_scheduler_pass_easy(s, now);
    case DH_POLICY_CONSERVATIVE:
        return others_end_now(s, now) ? DH_OK : dh_scheduler_pass_conservative(s, now);
    case DH_POLICY_SRTF:
    case DH_POLICY_SRSF:
        return again ? dh_scheduler_pass_preemptive(s, now) : DH_OK;
    case DH_POLICY_REPLAY:
        return pass_replay(s, now);
    case DH_POLICY_NONE:
    case DH_N_POLICY:
        break;
    }
    return DH_OK;
}

dh_time dh_scheduler_next(const struct dh_scheduler *s, dh_time now) {
    if (s->spec->policy == DH_POLICY_CONSERVATIVE && s->queue.root) {
        /* Behind a late job all reservations are guesses; its end brings the next pass. */
        dh_time first = s->queue.entries[s->queue.root].min_mark;
        return first > now && first < DH_TIME_MAX - 1 && !s->late ? first : DH_TIME_MAX;
    }
    if (s->spec->policy != DH_POLICY_REPLAY)
        return DH_TIME_MAX;
    for (int32_t slot = s->queue.head; slot; slot = s->queue.entries[slot].after)
        if (s->queue.entries[slot].key.first > now)
            return s->queue.entries[slot].key.first;
    return DH_TIME_MAX;
}
