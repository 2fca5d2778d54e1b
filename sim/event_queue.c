/* A radix ladder: buckets for the far future, a sorted run for the near one, a small heap for what is
 * scheduled inside that run.
 *
 * Times are 64-bit numbers cut into 8 digits of 8 bits. Every bucketed event is at or after `base`, and lies
 * in the bucket (level, digit) of the highest digit in which its time differs from base; so the lowest
 * bucket of the lowest level holds the earliest. When the run is used up, that bucket becomes the run if it
 * is small or all of one instant; otherwise base moves to its start and its events fall to lower levels, at
 * most 7 times each. There is nothing to tune, and ties cost nothing. (R. K. Ahuja et al., Faster algorithms
 * for the shortest path problem, JACM 37, 1990, for the radix heap; W. T. Tang et al., Ladder queue, ACM
 * TOMACS 15, 2005, for the sorted bottom.) Chosen by measurement: tests/bench/README.md. */
#include "sim/event_queue.h"

#include <stdlib.h>
#include <string.h>

enum {
    DIGIT_BITS = 8,
    N_DIGIT = 1 << DIGIT_BITS,
    N_LEVEL = 64 / DIGIT_BITS,
    N_WORD = N_DIGIT / 64,
    RUN_MAX = 32,     /* a bucket of at most this many is sorted at once */
    HEAP_MAX = 256,   /* a larger heap is spilled into the buckets */
    CHUNK_EVENTS = 15 /* with the link, 496 bytes */
};

#define TIME_BIAS (UINT64_C(1) << 63) /* order as unsigned numbers */

/* An event in 32 bytes. phase and seq in one number; seq is unique, so the kind below it orders nothing. */
struct entry {
    uint64_t at;    /* biased */
    uint64_t order; /* phase (8 bits), seq (48), kind (8) */
    double value;
    int32_t subject;
    uint32_t generation;
};

struct chunk {
    struct entry e[CHUNK_EVENTS];
    struct chunk *next;
    size_t n;
};

struct slab {
    struct slab *next;
    struct chunk chunks[];
};

struct bucket {
    struct chunk *head, *tail;
    size_t n;
};

struct dh_event_ladder {
    size_t n; /* events in all three places */
    /* run[run_head .. run_end) is sorted: the events of [base, run_limit) when they were last gathered */
    struct entry *run;
    size_t run_head, run_end, run_room; /* room for all n, so that gathering never fails */
    /* events pushed at a time below run_limit since then; a 4-ary heap */
    struct entry *heap;
    size_t n_heap, heap_room, heap_max;
    uint64_t base, run_limit;
    struct bucket buckets[N_LEVEL][N_DIGIT];
    uint64_t used[N_LEVEL][N_WORD]; /* one bit for each bucket that is not empty */
    uint32_t levels;                /* one bit for each level that is not empty */
    struct chunk *free_chunks;
    size_t n_chunk; /* free ones included */
    struct slab *slabs;
};

static bool before(const struct entry *a, const struct entry *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static struct entry entry_of(const struct dh_event *ev) {
    return (struct entry){.at = (uint64_t)ev->at ^ TIME_BIAS,
                          .order = (uint64_t)ev->phase << 56 | ev->seq << 8 | ev->kind,
                          .value = ev->value,
                          .subject = ev->subject,
                          .generation = ev->generation};
}

static struct dh_event event_of(const struct entry *e) {
    return (struct dh_event){.at = (dh_time)(e->at ^ TIME_BIAS),
                             .seq = e->order >> 8 & ((UINT64_C(1) << 48) - 1),
                             .value = e->value,
                             .subject = e->subject,
                             .generation = e->generation,
                             .phase = (uint16_t)(e->order >> 56),
                             .kind = (uint16_t)(e->order & 0xff)};
}

/* ---- the heap ------------------------------------------------------------------------------------ */

static void heap_add(struct dh_event_ladder *l, struct entry e) {
    struct entry *h = l->heap;
    size_t i = l->n_heap++;
    while (i > 0) {
        size_t parent = (i - 1) / 4;
        if (!before(&e, &h[parent]))
            break;
        h[i] = h[parent];
        i = parent;
    }
    h[i] = e;
}

static struct entry heap_take(struct dh_event_ladder *l) {
    struct entry *h = l->heap, first = h[0], last = h[--l->n_heap];
    size_t n = l->n_heap, i = 0;
    for (;;) {
        size_t child = 4 * i + 1, end = child + 4 < n ? child + 4 : n, least = child;
        if (child >= n)
            break;
        for (size_t c = child + 1; c < end; c++)
            if (before(&h[c], &h[least]))
                least = c;
        if (!before(&h[least], &last))
            break;
        h[i] = h[least];
        i = least;
    }
    if (n > 0)
        h[i] = last;
    return first;
}

/* ---- the run ------------------------------------------------------------------------------------- */

static void sort_insertion(struct entry *a, size_t n) {
    for (size_t i = 1; i < n; i++) {
        struct entry e = a[i];
        size_t j = i;
        for (; j > 0 && before(&e, &a[j - 1]); j--)
            a[j] = a[j - 1];
        a[j] = e;
    }
}

static void sift_down(struct entry *a, size_t n, size_t i) {
    struct entry e = a[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(&a[child], &a[child + 1]))
            child++;
        if (!before(&e, &a[child]))
            break;
        a[i] = a[child];
    }
    a[i] = e;
}

static void sort_heap(struct entry *a, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sift_down(a, n, i);
    while (n > 1) {
        struct entry e = a[--n];
        a[n] = a[0];
        a[0] = e;
        sift_down(a, n, 0);
    }
}

/* Quicksort by the median of three, with a heap sort behind it: no order of arrival makes it slow. */
static void sort_entries(struct entry *a, size_t n, int depth) {
    while (n > 24) {
        if (depth-- == 0) {
            sort_heap(a, n);
            return;
        }
        struct entry x = a[0], y = a[n / 2], z = a[n - 1];
        struct entry pivot = before(&x, &y) ? (before(&y, &z)   ? y
                                               : before(&x, &z) ? z
                                                                : x)
                                            : (before(&x, &z)   ? x
                                               : before(&y, &z) ? z
                                                                : y);
        size_t i = 0, j = n - 1;
        for (;;) {
            while (before(&a[i], &pivot))
                i++;
            while (before(&pivot, &a[j]))
                j--;
            if (i >= j)
                break;
            struct entry t = a[i];
            a[i++] = a[j];
            a[j--] = t;
        }
        if (i < n - i) {
            sort_entries(a, i, depth);
            a += i;
            n -= i;
        } else {
            sort_entries(a + i, n - i, depth);
            n = i;
        }
    }
    sort_insertion(a, n);
}

/* ---- the buckets --------------------------------------------------------------------------------- */

static void bucket_add(struct dh_event_ladder *l, const struct entry *e) {
    uint64_t differs = e->at ^ l->base;
    int level = differs ? (63 - __builtin_clzll(differs)) / DIGIT_BITS : 0;
    unsigned digit = e->at >> (level * DIGIT_BITS) & (N_DIGIT - 1);
    struct bucket *b = &l->buckets[level][digit];
    struct chunk *c = b->tail;
    if (!c || c->n == CHUNK_EVENTS) {
        c = l->free_chunks; /* reserve() made sure that there is one */
        l->free_chunks = c->next;
        c->next = NULL;
        c->n = 0;
        if (b->tail) {
            b->tail->next = c;
        } else {
            b->head = c;
            l->used[level][digit / 64] |= UINT64_C(1) << digit % 64;
            l->levels |= UINT32_C(1) << level;
        }
        b->tail = c;
    }
    c->e[c->n++] = *e;
    b->n++;
}

static struct chunk *chunk_release(struct dh_event_ladder *l, struct chunk *c) {
    struct chunk *next = c->next;
    c->next = l->free_chunks;
    l->free_chunks = c;
    return next;
}

/* Takes the whole lowest bucket out; base moves to its first instant. */
static struct bucket bucket_take_lowest(struct dh_event_ladder *l, int *level) {
    *level = __builtin_ctz(l->levels);
    uint64_t *used = l->used[*level];
    int w = 0;
    while (!used[w])
        w++;
    unsigned digit = (unsigned)w * 64 + (unsigned)__builtin_ctzll(used[w]);
    used[w] &= used[w] - 1;
    if (!(used[0] | used[1] | used[2] | used[3]))
        l->levels &= ~(UINT32_C(1) << *level);
    _Static_assert(N_WORD == 4, "the line above names every word");
    int shift = *level * DIGIT_BITS;
    uint64_t above = shift + DIGIT_BITS < 64 ? l->base >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS) : 0;
    l->base = above | (uint64_t)digit << shift;
    struct bucket taken = l->buckets[*level][digit];
    l->buckets[*level][digit] = (struct bucket){0};
    return taken;
}

/* Run and heap are empty, a bucket is not: makes the earliest events the run. */
static void gather(struct dh_event_ladder *l) {
    l->run_head = l->run_end = 0;
    l->heap_max = HEAP_MAX;
    for (;;) {
        int level;
        struct bucket b = bucket_take_lowest(l, &level);
        if (b.n > RUN_MAX && level > 0) {
            for (struct chunk *c = b.head; c; c = chunk_release(l, c))
                for (size_t i = 0; i < c->n; i++)
                    bucket_add(l, &c->e[i]);
            continue;
        }
        for (struct chunk *c = b.head; c; c = chunk_release(l, c)) {
            memcpy(l->run + l->run_end, c->e, c->n * sizeof *c->e);
            l->run_end += c->n;
        }
        size_t sorted = 1;
        while (sorted < l->run_end && !before(&l->run[sorted], &l->run[sorted - 1]))
            sorted++;
        if (sorted < l->run_end)
            sort_entries(l->run, l->run_end, 2 * (64 - __builtin_clzll(l->run_end)));
        uint64_t width = UINT64_C(1) << (level * DIGIT_BITS);
        l->run_limit = l->base <= UINT64_MAX - width ? l->base + width : UINT64_MAX;
        return;
    }
}

/* The heap has grown large because the run spans a long time: puts both back into buckets, which the next
 * gathering divides more finely. What lies before base has to stay; the heap may then double before this is
 * tried again, so that the work stays proportional to the pushes. */
static void spill(struct dh_event_ladder *l) {
    for (size_t i = l->run_head; i < l->run_end; i++)
        bucket_add(l, &l->run[i]);
    l->run_head = l->run_end = 0;
    l->run_limit = l->base;
    size_t n = l->n_heap;
    l->n_heap = 0;
    for (size_t i = 0; i < n; i++) {
        struct entry e = l->heap[i];
        if (e.at < l->base)
            heap_add(l, e);
        else
            bucket_add(l, &e);
    }
    l->heap_max = 2 * l->n_heap + HEAP_MAX;
}

/* ---- the queue ----------------------------------------------------------------------------------- */

/* Room for one event more wherever it may go. Chunks: every bucket may have one that is not full, and one
 * is being emptied while others fill; so neither gathering nor spilling can run out. */
static bool reserve(struct dh_event_ladder *l) {
    size_t n = l->n + 1;
    if (n > l->run_room) {
        size_t room = l->run_room ? 2 * l->run_room : 1024;
        struct entry *run = room <= SIZE_MAX / sizeof *run ? malloc(room * sizeof *run) : NULL;
        if (!run)
            return false;
        size_t left = l->run_end - l->run_head;
        if (left)
            memcpy(run, l->run + l->run_head, left * sizeof *run);
        free(l->run);
        l->run = run;
        l->run_room = room;
        l->run_head = 0;
        l->run_end = left;
    }
    if (l->n_heap == l->heap_room) {
        size_t room = l->heap_room ? 2 * l->heap_room : 2 * HEAP_MAX;
        struct entry *heap = room <= SIZE_MAX / sizeof *heap ? realloc(l->heap, room * sizeof *heap) : NULL;
        if (!heap)
            return false;
        l->heap = heap;
        l->heap_room = room;
    }
    const size_t all_buckets = (size_t)N_LEVEL * N_DIGIT;
    size_t chunks = n / CHUNK_EVENTS + (n < all_buckets ? n : all_buckets) + 2;
    if (chunks > l->n_chunk) {
        size_t more = chunks - l->n_chunk + 128 + l->n_chunk / 4;
        struct slab *s = malloc(sizeof *s + more * sizeof *s->chunks);
        if (!s)
            return false;
        s->next = l->slabs;
        l->slabs = s;
        for (size_t i = more; i-- > 0;) {
            s->chunks[i].next = l->free_chunks;
            l->free_chunks = &s->chunks[i];
        }
        l->n_chunk += more;
    }
    return true;
}

void dh_event_queue_init(struct dh_event_queue *q) {
    *q = (struct dh_event_queue){0};
}

void dh_event_queue_free(struct dh_event_queue *q) {
    struct dh_event_ladder *l = q->ladder;
    if (l) {
        for (struct slab *s = l->slabs, *next; s; s = next) {
            next = s->next;
            free(s);
        }
        free(l->run);
        free(l->heap);
        free(l);
    }
    *q = (struct dh_event_queue){0};
}

enum dh_err dh_event_queue_push(struct dh_event_queue *q, const struct dh_event *ev) {
    if (ev->at == DH_TIME_MAX || ev->seq >> 48 || ev->phase > 0xff || ev->kind > 0xff)
        return DH_ERR_INTERNAL;
    struct dh_event_ladder *l = q->ladder;
    if (!l) {
        l = q->ladder = calloc(1, sizeof *l);
        if (!l)
            return DH_ERR_MEMORY;
        l->heap_max = HEAP_MAX;
    }
    if (!reserve(l))
        return DH_ERR_MEMORY;
    struct entry e = entry_of(ev);
    l->n++;
    if (e.at >= l->run_limit) {
        bucket_add(l, &e);
    } else {
        heap_add(l, e);
        if (l->n_heap > l->heap_max && l->run_limit - l->base > 1)
            spill(l);
    }
    return DH_OK;
}

/* The first event, which is the run's or the heap's; NULL when there is none. */
static const struct entry *first(struct dh_event_ladder *l, bool *in_heap) {
    if (!l || l->n == 0)
        return NULL;
    if (l->run_head == l->run_end && l->n_heap == 0)
        gather(l);
    *in_heap = l->n_heap && (l->run_head == l->run_end || before(&l->heap[0], &l->run[l->run_head]));
    return *in_heap ? &l->heap[0] : &l->run[l->run_head];
}

static void take(struct dh_event_ladder *l, bool in_heap, struct dh_event *ev) {
    l->n--;
    if (in_heap) {
        struct entry e = heap_take(l);
        *ev = event_of(&e);
    } else {
        *ev = event_of(&l->run[l->run_head++]);
    }
}

bool dh_event_queue_pop(struct dh_event_queue *q, struct dh_event *ev) {
    bool in_heap;
    if (!first(q->ladder, &in_heap))
        return false;
    take(q->ladder, in_heap, ev);
    return true;
}

bool dh_event_queue_pop_before(struct dh_event_queue *q, dh_time until, struct dh_event *ev) {
    bool in_heap;
    const struct entry *e = first(q->ladder, &in_heap);
    if (!e || e->at >= ((uint64_t)until ^ TIME_BIAS))
        return false;
    take(q->ladder, in_heap, ev);
    return true;
}

dh_time dh_event_queue_next(struct dh_event_queue *q) {
    bool in_heap;
    const struct entry *e = first(q->ladder, &in_heap);
    return e ? (dh_time)(e->at ^ TIME_BIAS) : DH_TIME_MAX;
}

size_t dh_event_queue_count(const struct dh_event_queue *q) {
    return q->ladder ? q->ladder->n : 0;
}
