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
    b->low = fminf(b->low, by.low);
    b->high = fmaxf(b->high, by.high);
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
    int64_t at[DH_TRACE_LEVELS], size = 1;
    for (int k = 0; k < DH_TRACE_LEVELS; k++) {
        size *= DH_TRACE_FACTOR;
        at[k] = slot(t, t->n / size);
        if (!grow((void **)&t->blocks[k], &t->block_room[k], room_of(t, t->n / size + 1),
                  sizeof *t->blocks[k]))
            return false;
        if (t->n % size == 0)
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

struct dh_trace_block dh_trace_range(const struct dh_trace *t, int64_t first, int64_t last) {
    struct dh_trace_block found = nothing;
    first = first < 0 ? 0 : first;
    last = last > t->n ? t->n : last;
    while (first < last) {
        int64_t size = 1;
        int level = -1; /* the longest block that begins here and ends in time */
        while (level + 1 < DH_TRACE_LEVELS && first % (size * DH_TRACE_FACTOR) == 0 &&
               first + size * DH_TRACE_FACTOR <= last) {
            size *= DH_TRACE_FACTOR;
            level++;
        }
        /* Or the shortest that is kept, wherever it begins and ends. */
        while (!is_kept(t, first / size, (t->n + size - 1) / size) && level + 1 < DH_TRACE_LEVELS) {
            size *= DH_TRACE_FACTOR;
            level++;
        }
        if (!is_kept(t, first / size, (t->n + size - 1) / size))
            ; /* longer ago than anything is remembered of */
        else if (level >= 0)
            widen(&found, t->blocks[level][slot(t, first / size)]);
        else if (!isnan(t->values[slot(t, first)]))
            widen(&found, (struct dh_trace_block){t->values[slot(t, first)], t->values[slot(t, first)]});
        first += size - first % size;
    }
    return found;
}
