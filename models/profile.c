#include "models/profile.h"

#include <stdlib.h>
#include <string.h>

static enum dh_err make_room(struct dh_profile *p, int32_t more) {
    if (p->n + more <= p->room)
        return DH_OK;
    if (p->first > p->n / 2) { /* what was forgotten makes enough room */
        p->n -= p->first;
        memmove(p->steps, p->steps + p->first, (size_t)p->n * sizeof *p->steps);
        p->first = 0;
        if (p->n + more <= p->room)
            return DH_OK;
    }
    if (p->room > INT32_MAX / 4)
        return DH_ERR_MEMORY;
    int32_t room = 2 * p->room + 64;
    struct dh_profile_step *grown = realloc(p->steps, (size_t)room * sizeof *grown);
    if (!grown)
        return DH_ERR_MEMORY;
    p->steps = grown;
    p->room = room;
    return DH_OK;
}

enum dh_err dh_profile_begin(struct dh_profile *p, dh_time now, int64_t gpus) {
    p->first = p->n = 0;
    enum dh_err err = make_room(p, 1);
    if (err != DH_OK)
        return err;
    p->steps[p->n++] = (struct dh_profile_step){.at = now, .gpus = gpus};
    return DH_OK;
}

/* The step that holds at time t, which is not before the first. */
static int32_t step_at(const struct dh_profile *p, dh_time t) {
    int32_t low = p->first, high = p->n;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (p->steps[middle].at <= t)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void dh_profile_advance(struct dh_profile *p, dh_time now) {
    if (p->n == p->first || now <= p->steps[p->first].at)
        return;
    p->first = step_at(p, now);
    p->steps[p->first].at = now;
}

dh_time dh_profile_earliest(const struct dh_profile *p, int64_t gpus, dh_time length) {
    int32_t i = p->first;
    for (;;) {
        while (i < p->n && p->steps[i].gpus < gpus)
            i++;
        if (i == p->n)
            return DH_TIME_MAX;
        dh_time at = p->steps[i].at, end = at > DH_TIME_MAX - length ? DH_TIME_MAX : at + length;
        int32_t k = i + 1;
        while (k < p->n && p->steps[k].at < end && p->steps[k].gpus >= gpus)
            k++;
        if (k == p->n || p->steps[k].at >= end)
            return at;
        i = k + 1;
    }
}

/* Index of a step that begins at t, made if there is none; there must be room. */
static int32_t step_from(struct dh_profile *p, dh_time t) {
    int32_t i = step_at(p, t);
    if (p->steps[i].at == t)
        return i;
    memmove(p->steps + i + 2, p->steps + i + 1, (size_t)(p->n - i - 1) * sizeof *p->steps);
    p->n++;
    p->steps[i + 1] = (struct dh_profile_step){.at = t, .gpus = p->steps[i].gpus};
    return i + 1;
}

/* Drops a step that does not change anything. */
static void join_at(struct dh_profile *p, int32_t i) {
    if (i == p->first || p->steps[i].gpus != p->steps[i - 1].gpus)
        return;
    memmove(p->steps + i, p->steps + i + 1, (size_t)(p->n - i - 1) * sizeof *p->steps);
    p->n--;
}

enum dh_err dh_profile_take(struct dh_profile *p, dh_time at, dh_time length, int64_t gpus) {
    if (length <= 0)
        return DH_OK;
    enum dh_err err = make_room(p, 2);
    if (err != DH_OK)
        return err;
    int32_t from = step_from(p, at);
    int32_t to = at > DH_TIME_MAX - length ? p->n : step_from(p, at + length);
    for (int32_t i = from; i < to; i++)
        p->steps[i].gpus -= gpus;
    if (to < p->n)
        join_at(p, to);
    join_at(p, from);
    return DH_OK;
}

void dh_profile_free(struct dh_profile *p) {
    free(p->steps);
    *p = (struct dh_profile){0};
}
