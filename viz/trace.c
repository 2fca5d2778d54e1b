#include "viz/trace.h"

#include <math.h>
#include <stdlib.h>

static bool grow(void **array, int64_t *room, int64_t wanted, size_t size) {
    if (wanted <= *room)
        return true;
    int64_t more = *room ? 2 * *room : 64;
    more = more < wanted ? wanted : more;
    void *bigger = realloc(*array, (size_t)more * size);
    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

static const struct dh_trace_block nothing = {INFINITY, -INFINITY};

static void widen(struct dh_trace_block *b, struct dh_trace_block by) {
    b->low = by.low < b->low ? by.low : b->low;
    b->high = by.high > b->high ? by.high : b->high;
}

/* Values in a block of a level, as a power of two; level -1: one. */
static int shift_of(int level) {
    _Static_assert(DH_TRACE_FACTOR == 8, "blocks grow by three bits");
    return 3 * (level + 1);
}

/* Where the i-th is kept. */
static int64_t slot(const struct dh_trace *t, int64_t i) {
    return t->keep > 0 ? i % t->keep : i;
}

/* Is the i-th of n still kept? */
static bool is_kept(const struct dh_trace *t, int64_t i, int64_t n) {
    return t->keep <= 0 || i >= n - t->keep;
}

static int64_t room_of(const struct dh_trace *t, int64_t n) {
    return t->keep > 0 && n > t->keep ? t->keep : n;
}

bool dh_trace_add(struct dh_trace *t, double value) {
    int64_t at[DH_TRACE_LEVELS];
    for (int k = 0; k < DH_TRACE_LEVELS; k++) {
        int64_t block = t->n >> shift_of(k);
        at[k] = slot(t, block);
        if (!grow((void **)&t->blocks[k], &t->block_room[k], room_of(t, block + 1), sizeof *t->blocks[k]))
            return false;
        if (t->n == block << shift_of(k))
            t->blocks[k][at[k]] = nothing;
    }
    if (!grow((void **)&t->values, &t->room, room_of(t, t->n + 1), sizeof *t->values))
        return false;
    if (t->n == 0) {
        t->low = INFINITY;
        t->high = -INFINITY;
    }
    float v = fabs(value) < 3e38 ? (float)value : NAN; /* nothing that could be drawn is beyond */
    t->values[slot(t, t->n)] = v;
    t->n++;
    if (isnan(v))
        return true;
    for (int k = 0; k < DH_TRACE_LEVELS; k++)
        widen(&t->blocks[k][at[k]], (struct dh_trace_block){v, v});
    t->low = fmin(t->low, (double)v);
    t->high = fmax(t->high, (double)v);
    return true;
}

void dh_trace_free(struct dh_trace *t) {
    free(t->values);
    for (int k = 0; k < DH_TRACE_LEVELS; k++)
        free(t->blocks[k]);
    *t = (struct dh_trace){0};
}

/* Is the block of a level that the i-th value is in still kept? */
static bool block_is_kept(const struct dh_trace *t, int64_t i, int level) {
    int shift = shift_of(level);
    return t->keep <= 0 || is_kept(t, i >> shift, (t->n + ((int64_t)1 << shift) - 1) >> shift);
}

struct dh_trace_block dh_trace_range(const struct dh_trace *t, int64_t first, int64_t last) {
    struct dh_trace_block found = nothing;
    first = first < 0 ? 0 : first;
    last = last > t->n ? t->n : last;
    while (first < last) {
        int level = -1; /* the longest block that begins here and ends in time */
        while (level + 1 < DH_TRACE_LEVELS) {
            int64_t size = (int64_t)1 << shift_of(level + 1);
            if ((first & (size - 1)) != 0 || first + size > last)
                break;
            level++;
        }
        /* Or the shortest that is kept, wherever it begins and ends. */
        while (!block_is_kept(t, first, level) && level + 1 < DH_TRACE_LEVELS)
            level++;
        int64_t block = first >> shift_of(level);
        if (!block_is_kept(t, first, level))
            ; /* longer ago than anything is remembered of */
        else if (level >= 0)
            widen(&found, t->blocks[level][slot(t, block)]);
        else if (!isnan(t->values[slot(t, first)]))
            widen(&found, (struct dh_trace_block){t->values[slot(t, first)], t->values[slot(t, first)]});
        first = (block + 1) << shift_of(level);
    }
    return found;
}
