/* Conservative backfill: every waiting job holds a reservation in a profile of free GPUs. */
#include "models/scheduler_internal.h"

/* Mark of a job without a reservation; a job that has just arrived has DH_TIME_MAX. */
#define NEVER (DH_TIME_MAX - 1)

static enum dh_err reserve(struct dh_scheduler *s, int32_t slot) {
    const struct dh_job_entry *e = &s->queue.entries[slot];
    dh_time length = e->length > 0 ? e->length : 1; /* a job of no length still needs its GPUs to start */
    dh_time at = dh_profile_earliest(s->profile, e->gpus, length);
    dh_job_tree_mark(&s->queue, slot, at == DH_TIME_MAX ? NEVER : at);
    return at == DH_TIME_MAX ? DH_OK : dh_profile_take(s->profile, at, length, e->gpus);
}

/* All reservations anew, in queue order. */
static enum dh_err reserve_all(struct dh_scheduler *s, dh_time now) {
    DH_TRY(dh_profile_begin(s->profile, now, dh_pool_free_gpus(s->pool)));
    s->late = false;
    for (int32_t slot = s->running.head; slot; slot = s->running.entries[slot].after) {
        const struct dh_job_entry *e = &s->running.entries[slot];
        /* Late: it ends in a moment, but not in this pass. */
        bool late = e->key.first < now || (e->key.first == now && s->spec->pass == DH_PASS_INSTANT);
        dh_time end = late ? now + 1 : e->key.first;
        s->late = s->late || late;
        if (end < DH_TIME_MAX)
            DH_TRY(dh_profile_take(s->profile, end, DH_TIME_MAX, -(int64_t)e->gpus));
    }
    int64_t looked_at = 0;
    for (int32_t slot = s->queue.head; slot; slot = s->queue.entries[slot].after) {
        if (looked_at++ < s->depth)
            DH_TRY(reserve(s, slot));
        else
            dh_job_tree_mark(&s->queue, slot, NEVER);
    }
    s->profile_holds = true;
    return DH_OK;
}

/* Whether the reservations stand: nobody left or is late, and who arrived stands behind all others. */
static bool still_holds(const struct dh_scheduler *s, dh_time now) {
    if (!s->profile_holds || s->depth != INT64_MAX)
        return false;
    if (s->running.head) {
        dh_time end = s->running.entries[s->running.head].key.first;
        if (end < now || (end == now && s->spec->pass == DH_PASS_INSTANT))
            return false;
    }
    int32_t slot = s->queue.tail;
    for (int32_t i = 0; i < s->n_new; i++, slot = s->queue.entries[slot].before)
        if (!slot || s->queue.entries[slot].mark != DH_TIME_MAX)
            return false;
    return true;
}

/* GPUs came free early: each reservation, in queue order, moves forward as far as the others let it, and so
 * nobody's start is ever put off. */
static enum dh_err move_forward(struct dh_scheduler *s, dh_time now) {
    dh_profile_advance(s->profile, now);
    for (int32_t slot = s->queue.head; slot; slot = s->queue.entries[slot].after) {
        const struct dh_job_entry *e = &s->queue.entries[slot];
        if (e->mark <= now || e->mark >= NEVER)
            continue;
        dh_time length = e->length > 0 ? e->length : 1;
        DH_TRY(dh_profile_take(s->profile, e->mark, length, -(int64_t)e->gpus));
        DH_TRY(reserve(s, slot));
    }
    return DH_OK;
}

/* Reservations for those who arrived, behind all others. */
static enum dh_err reserve_new(struct dh_scheduler *s, dh_time now) {
    dh_profile_advance(s->profile, now);
    int32_t slot = s->queue.tail;
    for (int32_t i = 1; i < s->n_new; i++)
        slot = s->queue.entries[slot].before;
    for (; slot && s->n_new > 0; slot = s->queue.entries[slot].after)
        DH_TRY(reserve(s, slot));
    return DH_OK;
}

enum dh_err dh_scheduler_pass_conservative(struct dh_scheduler *s, dh_time now) {
    if (!still_holds(s, now)) {
        DH_TRY(reserve_all(s, now));
    } else {
        if (s->compress)
            DH_TRY(move_forward(s, now));
        DH_TRY(reserve_new(s, now));
    }
    s->n_new = 0;
    s->compress = false;
    struct dh_job_want due = {
        .gpus = INT64_MAX, .spare = INT64_MAX, .length = DH_TIME_MAX, .submit = DH_TIME_MAX, .mark = now};
    struct dh_job_key key = {0};
    for (bool begun = false;; begun = true) {
        int32_t slot = dh_job_tree_first(&s->queue, begun ? &key : NULL, &due);
        if (!slot)
            return DH_OK;
        key = s->queue.entries[slot].key;
        enum dh_start outcome;
        dh_time length = s->queue.entries[slot].length;
        DH_TRY(dh_scheduler_start(s, key.job, s->pool, now, &outcome));
        if (outcome != DH_START_DONE || length <= 0)
            s->profile_holds = false;
    }
}
