#include "sim/event_queue.h"

#include <stdlib.h>
#include <string.h>

static bool before(const struct dh_event *a, const struct dh_event *b) {
    if (a->at != b->at)
        return a->at < b->at;
    if (a->phase != b->phase)
        return a->phase < b->phase;
    return a->seq < b->seq;
}

void dh_event_queue_init(struct dh_event_queue *q) {
    *q = (struct dh_event_queue){0};
}

void dh_event_queue_free(struct dh_event_queue *q) {
    free(q->heap);
    *q = (struct dh_event_queue){0};
}

enum dh_err dh_event_queue_push(struct dh_event_queue *q, const struct dh_event *ev) {
    if (q->n == q->room) {
        size_t room = q->room ? 2 * q->room : 256;
        struct dh_event *heap = room > SIZE_MAX / sizeof *heap ? NULL : realloc(q->heap, room * sizeof *heap);
        if (!heap)
            return DH_ERR_MEMORY;
        q->heap = heap;
        q->room = room;
    }
    size_t i = q->n++;
    while (i > 0) {
        size_t parent = (i - 1) / 4;
        if (!before(ev, &q->heap[parent]))
            break;
        q->heap[i] = q->heap[parent];
        i = parent;
    }
    q->heap[i] = *ev;
    return DH_OK;
}

bool dh_event_queue_pop(struct dh_event_queue *q, struct dh_event *ev) {
    if (q->n == 0)
        return false;
    *ev = q->heap[0];
    struct dh_event last = q->heap[--q->n];
    size_t i = 0;
    for (;;) {
        size_t child = 4 * i + 1;
        if (child >= q->n)
            break;
        size_t end = child + 4 < q->n ? child + 4 : q->n;
        size_t least = child;
        for (size_t c = child + 1; c < end; c++)
            if (before(&q->heap[c], &q->heap[least]))
                least = c;
        if (!before(&q->heap[least], &last))
            break;
        q->heap[i] = q->heap[least];
        i = least;
    }
    if (q->n > 0)
        q->heap[i] = last;
    return true;
}

dh_time dh_event_queue_next(struct dh_event_queue *q) {
    return q->n ? q->heap[0].at : DH_TIME_MAX;
}

size_t dh_event_queue_count(const struct dh_event_queue *q) {
    return q->n;
}
