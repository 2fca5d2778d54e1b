/* EASY backfill: a reservation for the first job that does not fit, and whoever does not delay it. */
#include "models/scheduler_internal.h"

/* The reservation of the first job: when, and what is spare then. */
struct reservation {
    dh_time at;
    int64_t spare; /* GPUs; where nodes matter s->trial says which */
    bool by_nodes;
};

/* Where GPUs are interchangeable, sums decide. */
static void reserve_flat(const struct dh_scheduler *s, const struct dh_job *job, dh_time now,
                         struct reservation *r) {
    int64_t free_now = dh_pool_free_gpus(s->pool);
    int32_t slot = dh_job_tree_reach(&s->running, job->gpus - free_now);
    r->at = DH_TIME_MAX;
    r->spare = 0;
    if (!slot)
        return;
    dh_time at = s->running.entries[slot].key.first;
    r->at = at > now ? at : now;
    r->spare = free_now + dh_job_tree_sum_until(&s->running, r->at) - job->gpus;
}

/* A place for a job of whole nodes in s->trial, into its `found`: any free nodes of one size serve, so those
 * that are taken now come first, and as much as possible of what is free now is left to others. */
static bool find_whole_nodes(struct dh_scheduler *s, const struct dh_job *job) {
    struct dh_pool *trial = &s->trial;
    int32_t size = job->gpus / job->nodes;
    trial->n_found = 0;
    for (int free_now = 0; free_now <= 1; free_now++)
        for (int32_t n = 0; n < trial->n_node && trial->n_found < job->nodes; n++)
            if (trial->node_gpus[n] == size && trial->node_free[n] == size &&
                (s->pool->node_free[n] == size) == free_now)
                trial->found[trial->n_found++] = (struct dh_segment){.node = n, .gpus = size};
    return trial->n_found == job->nodes;
}

/* Otherwise the believed ends are tried in turn until the placement rule finds room. */
static void reserve_nodes(struct dh_scheduler *s, const struct dh_job *job, dh_time now,
                          struct reservation *r) {
    struct dh_pool *trial = &s->trial;
    dh_pool_copy(trial, s->pool);
    r->at = DH_TIME_MAX;
    r->spare = 0;
    for (int32_t slot = s->running.head; slot;) {
        const struct dh_job_entry *e = &s->running.entries[slot];
        const struct dh_job_run *run = &s->runs[e->key.job];
        dh_time at = e->key.first > now ? e->key.first : now;
        dh_pool_give_list(trial, run->segments, run->n_segment);
        slot = e->after;
        bool last_at = !slot || s->running.entries[slot].key.first > at;
        if (last_at && dh_pool_fits(trial, job)) {
            r->at = at;
            break;
        }
    }
    if (r->at == DH_TIME_MAX ||
        !(job->nodes > 0 ? find_whole_nodes(s, job) : dh_pool_find(trial, job, false)))
        return;
    dh_pool_take_list(trial, trial->found, trial->n_found);
    /* Only where the first job will be is less free then than now. */
    dh_pool_copy(&s->beyond, s->pool);
    for (int32_t i = 0; i < trial->n_found; i++)
        dh_pool_limit(&s->beyond, trial->found[i].node, trial->node_free[trial->found[i].node]);
    r->spare = dh_pool_largest(&s->beyond);
}

/* The power gate refused: power comes back when a job ends, and how much then is anyone's guess. */
static void reserve_power(const struct dh_scheduler *s, dh_time now, struct reservation *r) {
    r->at = DH_TIME_MAX;
    r->spare = 0;
    r->by_nodes = false;
    if (s->running.head) {
        dh_time at = s->running.entries[s->running.head].key.first;
        r->at = at > now ? at : now;
    }
}

/* Starts a job behind the first if that does not delay it. */
static enum dh_err backfill(struct dh_scheduler *s, int32_t job, dh_time end, struct reservation *r,
                            dh_time now) {
    const struct dh_job_run *run = &s->runs[job];
    bool beyond = end > r->at;
    enum dh_start outcome;
    DH_TRY(dh_scheduler_start(s, job, beyond && r->by_nodes ? &s->beyond : s->pool, now, &outcome));
    if (outcome != DH_START_DONE)
        return DH_OK;
    if (!r->by_nodes) {
        r->spare -= beyond ? dh_scheduler_job(s, job)->gpus : 0;
        return DH_OK;
    }
    if (beyond) {
        dh_pool_take_list(&s->trial, run->segments, run->n_segment);
        dh_pool_take_list(&s->beyond, run->segments, run->n_segment);
    } else {
        for (int32_t i = 0; i < run->n_segment; i++)
            dh_pool_limit(&s->beyond, run->segments[i].node, s->pool->node_free[run->segments[i].node]);
    }
    r->spare = dh_pool_largest(&s->beyond);
    return DH_OK;
}

enum dh_err dh_scheduler_pass_easy(struct dh_scheduler *s, dh_time now) {
    enum dh_start outcome = DH_START_DONE;
    while (s->queue.head && outcome == DH_START_DONE)
        DH_TRY(dh_scheduler_start(s, s->queue.entries[s->queue.head].key.job, s->pool, now, &outcome));
    if (!s->queue.head)
        return DH_OK;

    /* Anyone behind who is small enough? The reservation costs more than this question. */
    const struct dh_job_key first = s->queue.entries[s->queue.head].key;
    const struct dh_job_tree *behind = s->spec->policy == DH_POLICY_EASY_SJBF ? &s->shortest : &s->queue;
    struct dh_job_want want = {.gpus = dh_pool_largest(s->pool),
                               .spare = INT64_MAX,
                               .length = DH_TIME_MAX,
                               .submit = DH_TIME_MAX,
                               .mark = DH_TIME_MAX};
    if (!dh_job_tree_first(&s->queue, &first, &want))
        return DH_OK;

    const struct dh_job *job = dh_scheduler_job(s, first.job);
    struct reservation r = {.by_nodes = s->pool->placement != DH_PLACEMENT_FLAT || job->nodes > 0};
    if (outcome == DH_START_REFUSED)
        reserve_power(s, now, &r);
    else if (r.by_nodes)
        reserve_nodes(s, job, now, &r);
    else
        reserve_flat(s, job, now, &r);
    struct dh_job_key key = {0};
    int64_t started = s->n_started;
    for (bool begun = false;; begun = true) {
        want.gpus = dh_pool_largest(s->pool);
        want.spare = r.spare;
        want.length = r.at == DH_TIME_MAX ? DH_TIME_MAX : r.at - now;
        int32_t slot = dh_job_tree_first(behind, begun ? &key : NULL, &want);
        if (!slot)
            return DH_OK;
        key = behind->entries[slot].key;
        if (s->depth != INT64_MAX && dh_job_tree_rank(behind, &key) + s->n_started - started >= s->depth)
            return DH_OK;
        if (key.job != first.job)
            DH_TRY(backfill(s, key.job, dh_scheduler_after(now, behind->entries[slot].length), &r, now));
    }
}
