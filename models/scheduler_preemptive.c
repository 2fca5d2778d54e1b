/* Shortest remaining time (or GPU time) first: at each arrival and end everybody is placed anew. */
#include "models/scheduler_internal.h"

#include <stdlib.h>
#include <string.h>

/* A job in the new order, and its new place: places[first .. first + n). */
struct dh_ranked {
    __int128 rank; /* ns, or GPU ns */
    dh_time submit;
    size_t first;
    int32_t n, job;
    int16_t priority;
    bool runs, stays;
};

static int compare(const void *a, const void *b) {
    const struct dh_ranked *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return x->job < y->job ? -1 : 1;
}

/* Run time left, as the scheduler believes. */
static dh_time believed_left(const struct dh_scheduler *s, int32_t job, dh_time now) {
    const struct dh_job *j = dh_scheduler_job(s, job);
    const struct dh_job_run *run = &s->runs[job];
    dh_time left = run->start == DH_TIME_NONE ? j->work : run->remaining;
    if (run->state == DH_JOB_RUNNING)
        left -= (dh_time)((double)(now - run->updated) * run->rate + 0.5);
    dh_time believed = left - (j->work - dh_scheduler_believed(s->spec, j));
    return believed > 0 ? believed : 0;
}

static void rank_one(struct dh_scheduler *s, int32_t job, dh_time now, struct dh_ranked *out) {
    const struct dh_job *j = dh_scheduler_job(s, job);
    dh_time left = believed_left(s, job, now);
    *out = (struct dh_ranked){.rank = s->spec->policy == DH_POLICY_SRSF ? (__int128)left * j->gpus : left,
                              .submit = j->submit,
                              .job = job,
                              .priority = j->priority,
                              .runs = s->runs[job].state == DH_JOB_RUNNING};
}

/* All jobs, running and waiting, in the new order. */
static enum dh_err rank_all(struct dh_scheduler *s, dh_time now, int32_t *n) {
    int32_t total = dh_job_tree_count(&s->running) + dh_job_tree_count(&s->queue);
    if (total > s->n_ranked_room) {
        struct dh_ranked *grown = realloc(s->ranked, 2 * (size_t)total * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        s->ranked = grown;
        s->n_ranked_room = total <= INT32_MAX / 2 ? 2 * total : INT32_MAX;
    }
    *n = 0;
    for (int32_t slot = s->running.head; slot; slot = s->running.entries[slot].after)
        rank_one(s, s->running.entries[slot].key.job, now, &s->ranked[(*n)++]);
    for (int32_t slot = s->queue.head; slot; slot = s->queue.entries[slot].after)
        rank_one(s, s->queue.entries[slot].key.job, now, &s->ranked[(*n)++]);
    if (*n > 0)
        qsort(s->ranked, (size_t)*n, sizeof *s->ranked, compare); /* never ties */
    return DH_OK;
}

/* A place for everybody who finds one, from empty nodes. */
static enum dh_err place_all(struct dh_scheduler *s, int32_t n) {
    size_t used = 0;
    dh_pool_empty(&s->trial);
    for (int32_t i = 0; i < n && dh_pool_free_gpus(&s->trial) > 0; i++) {
        struct dh_ranked *r = &s->ranked[i];
        if (!dh_pool_find(&s->trial, dh_scheduler_job(s, r->job), true))
            continue;
        size_t found = (size_t)s->trial.n_found;
        if (used + found > s->n_places_room) {
            size_t room = 2 * (used + found);
            struct dh_segment *grown = realloc(s->places, room * sizeof *grown);
            if (!grown)
                return DH_ERR_MEMORY;
            s->places = grown;
            s->n_places_room = room;
        }
        memcpy(s->places + used, s->trial.found, found * sizeof *s->places);
        dh_pool_take_list(&s->trial, s->trial.found, s->trial.n_found);
        r->first = used;
        r->n = s->trial.n_found;
        const struct dh_job_run *run = &s->runs[r->job];
        r->stays = r->runs && run->n_segment == r->n &&
                   memcmp(run->segments, s->places + used, found * sizeof *s->places) == 0;
        used += found;
    }
    return DH_OK;
}

/* A running job stops, or is about to move. */
static enum dh_err stop(struct dh_scheduler *s, int32_t job, bool moves, dh_time now) {
    if (s->hooks.preempted)
        DH_TRY(s->hooks.preempted(s->hooks.self, job, now));
    DH_TRY(dh_scheduler_ended(s, job, now));
    if (moves)
        return DH_OK;
    s->n_preempted++;
    return dh_scheduler_enqueue(s, job);
}

/* Takes the new place and runs, if the power gate lets a waiting job. */
static enum dh_err start_at(struct dh_scheduler *s, const struct dh_ranked *r, dh_time left, dh_time now) {
    struct dh_job_run *run = &s->runs[r->job];
    memcpy(s->trial.found, s->places + r->first, (size_t)r->n * sizeof *s->places);
    s->trial.n_found = r->n;
    DH_TRY(dh_pool_take_found(s->pool, &s->trial, run));
    if (!r->runs) {
        if (s->hooks.may_start && !s->hooks.may_start(s->hooks.self, r->job, now)) {
            dh_pool_give(s->pool, run);
            s->gate_refused = true;
            return DH_OK;
        }
        DH_TRY(dh_scheduler_dequeue(s, r->job));
    }
    return dh_scheduler_runs(s, r->job, dh_scheduler_after(now, left), now);
}

enum dh_err dh_scheduler_pass_preemptive(struct dh_scheduler *s, dh_time now) {
    int32_t n;
    DH_TRY(rank_all(s, now, &n));
    DH_TRY(place_all(s, n));
    for (int32_t i = 0; i < n; i++) {
        const struct dh_ranked *r = &s->ranked[i];
        if (r->runs && !r->stays)
            DH_TRY(stop(s, r->job, r->n > 0, now));
    }
    /* Those that only move first: the power gate must see them when it is asked about the others. */
    for (int32_t fresh = 0; fresh < 2; fresh++)
        for (int32_t i = 0; i < n; i++) {
            const struct dh_ranked *r = &s->ranked[i];
            if (r->n > 0 && !r->stays && r->runs == !fresh)
                DH_TRY(start_at(s, r, believed_left(s, r->job, now), now));
        }
    s->dirty = false;
    return DH_OK;
}
