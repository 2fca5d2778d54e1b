/* Inside of sim/event_queue.c, for it and for the loop (sim/des.c), which would otherwise spend more on calls
 * than on events: what every push and pop runs through. The rest, and what it all means, is in
 * sim/event_queue.c. */
#ifndef DH_SIM_EVENT_LADDER_H
#define DH_SIM_EVENT_LADDER_H

#include "sim/event_queue.h"

enum {
    DH_LADDER_DIGIT_BITS = 8,
    DH_LADDER_N_DIGIT = 1 << DH_LADDER_DIGIT_BITS,
    DH_LADDER_N_LEVEL = 64 / DH_LADDER_DIGIT_BITS,
    DH_LADDER_N_WORD = DH_LADDER_N_DIGIT / 64,
    DH_LADDER_CHUNK = 1024, /* bytes, and alignment */
    DH_LADDER_CHUNK_EVENTS = 31
};

#define DH_LADDER_BIAS (UINT64_C(1) << 63) /* order as unsigned numbers */

/* An event in 32 bytes. phase and seq in one number; seq is unique, so the kind below it orders nothing. */
struct dh_ladder_entry {
    uint64_t at;    /* biased */
    uint64_t order; /* phase (8 bits), seq (48), kind (8) */
    double value;
    int32_t subject;
    uint32_t generation;
};

/* The end of its entries is a multiple of its size, which is how a full one is known. */
struct dh_ladder_chunk {
    _Alignas(DH_LADDER_CHUNK) struct dh_ladder_chunk *next; /* set when this one is full, or free */
    _Alignas(32) struct dh_ladder_entry e[DH_LADDER_CHUNK_EVENTS];
};
_Static_assert(sizeof(struct dh_ladder_chunk) == DH_LADDER_CHUNK, "a chunk is its own alignment");

struct dh_ladder_bucket {
    struct dh_ladder_chunk *head;
    struct dh_ladder_entry *end; /* where the next one goes; NULL when the bucket is empty */
    size_t n;
};

struct dh_event_ladder {
    size_t n;          /* events in all three places */
    size_t n_reserved; /* as many have room wherever they go */
    uint64_t base, run_limit;
    /* run[run_head .. run_end) is sorted: the events of [base, run_limit) when they were last gathered */
    struct dh_ladder_entry *run;
    size_t run_head, run_end;
    /* events pushed at a time below run_limit since then; a 4-ary heap */
    struct dh_ladder_entry *heap;
    size_t n_heap, heap_room, heap_max;
    struct dh_ladder_chunk *free_chunks;
    size_t n_chunk;                                     /* free ones included */
    struct dh_ladder_slab *slabs;                       /* what the chunks are in */
    uint64_t used[DH_LADDER_N_LEVEL][DH_LADDER_N_WORD]; /* one bit for each bucket that is not empty */
    uint32_t levels;                                    /* one bit for each level that is not empty */
    struct dh_ladder_bucket buckets[DH_LADDER_N_LEVEL][DH_LADDER_N_DIGIT];
};

/* The slow ways. */
/* An event below run_limit, or when there is no room yet. */
enum dh_err dh_ladder_push_near(struct dh_event_queue *q, uint64_t at, uint64_t order, double value,
                                int32_t subject, uint32_t generation);
void dh_ladder_gather(struct dh_event_ladder *l); /* run and heap are empty, a bucket is not */
struct dh_ladder_entry dh_ladder_heap_take(struct dh_event_ladder *l);

static inline bool dh_ladder_before(const struct dh_ladder_entry *a, const struct dh_ladder_entry *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

/* Where an event of that time, at or after base, is to be written: a new place at the end of its bucket. */
static inline struct dh_ladder_entry *dh_ladder_place(struct dh_event_ladder *l, uint64_t at) {
    uint64_t differs = (at ^ l->base) | 1; /* digit 0 where nothing does */
    unsigned level = (63 - (unsigned)__builtin_clzll(differs)) / DH_LADDER_DIGIT_BITS;
    unsigned digit = at >> (level * DH_LADDER_DIGIT_BITS) & (DH_LADDER_N_DIGIT - 1);
    struct dh_ladder_bucket *b = &l->buckets[level][digit];
    struct dh_ladder_entry *end = b->end;
    b->n++;
    if (((uintptr_t)end & (DH_LADDER_CHUNK - 1)) == 0) { /* full, or NULL */
        struct dh_ladder_chunk *c = l->free_chunks;      /* there is one: n_reserved */
        l->free_chunks = c->next;
        if (end) {
            ((struct dh_ladder_chunk *)end - 1)->next = c;
        } else {
            b->head = c;
            l->used[level][digit / 64] |= UINT64_C(1) << digit % 64;
            l->levels |= UINT32_C(1) << level;
        }
        end = c->e;
    }
    b->end = end + 1;
    return end;
}

static inline enum dh_err dh_ladder_push(struct dh_event_queue *q, const struct dh_event *ev) {
    if (ev->at == DH_TIME_MAX || ev->seq >> 48 || (ev->phase | ev->kind) > 0xff)
        return DH_ERR_INTERNAL;
    struct dh_event_ladder *l = q->ladder;
    uint64_t at = (uint64_t)ev->at ^ DH_LADDER_BIAS,
             order = (uint64_t)ev->phase << 56 | ev->seq << 8 | ev->kind;
    if (__builtin_expect(!l || l->n == l->n_reserved || at < l->run_limit, 0))
        return dh_ladder_push_near(q, at, order, ev->value, ev->subject, ev->generation);
    l->n++;
    struct dh_ladder_entry *e = dh_ladder_place(l, at);
    e->at = at;
    e->order = order;
    e->value = ev->value;
    e->subject = ev->subject;
    e->generation = ev->generation;
    return DH_OK;
}

/* The first event, which is the run's or the heap's; NULL when there is none. */
static inline const struct dh_ladder_entry *dh_ladder_first(struct dh_event_ladder *l, bool *in_heap) {
    if (!l || l->n == 0)
        return NULL;
    if (l->run_head == l->run_end && l->n_heap == 0)
        dh_ladder_gather(l);
    *in_heap =
        l->n_heap && (l->run_head == l->run_end || dh_ladder_before(&l->heap[0], &l->run[l->run_head]));
    return *in_heap ? &l->heap[0] : &l->run[l->run_head];
}

static inline void dh_ladder_take(struct dh_event_ladder *l, bool in_heap, struct dh_event *ev) {
    struct dh_ladder_entry e = in_heap ? dh_ladder_heap_take(l) : l->run[l->run_head++];
    l->n--;
    *ev = (struct dh_event){.at = (dh_time)(e.at ^ DH_LADDER_BIAS),
                            .seq = e.order >> 8 & ((UINT64_C(1) << 48) - 1),
                            .value = e.value,
                            .subject = e.subject,
                            .generation = e.generation,
                            .phase = (uint16_t)(e.order >> 56),
                            .kind = (uint16_t)(e.order & 0xff)};
}

static inline bool dh_ladder_pop_before(struct dh_event_queue *q, dh_time until, struct dh_event *ev) {
    bool in_heap;
    const struct dh_ladder_entry *e = dh_ladder_first(q->ladder, &in_heap);
    if (!e || e->at >= ((uint64_t)until ^ DH_LADDER_BIAS))
        return false;
    dh_ladder_take(q->ladder, in_heap, ev);
    return true;
}

#endif
