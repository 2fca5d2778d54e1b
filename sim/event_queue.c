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
#include "sim/event_ladder.h"

#include <stdlib.h>
#include <string.h>

enum {
    DIGIT_BITS = DH_LADDER_DIGIT_BITS,
    N_DIGIT = DH_LADDER_N_DIGIT,
    N_LEVEL = DH_LADDER_N_LEVEL,
    N_WORD = DH_LADDER_N_WORD,
    CHUNK_EVENTS = DH_LADDER_CHUNK_EVENTS,
    RUN_MAX = 128, /* a bucket of at most this many is sorted at once */
    RUN_BITS = 7,  /* for the number of one of them */
    HEAP_MAX = 256 /* a larger heap is spilled into the buckets */
};
_Static_assert(RUN_MAX == 1 << RUN_BITS, "as many numbers as entries");

struct dh_ladder_slab {
    struct dh_ladder_slab *next;
    struct dh_ladder_chunk chunks[];
};

/* ---- the heap ------------------------------------------------------------------------------------ */

static void heap_add(struct dh_event_ladder *l, struct dh_ladder_entry e) {
    struct dh_ladder_entry *h = l->heap;
    size_t i = l->n_heap++;
    while (i > 0) {
        size_t parent = (i - 1) / 4;
        if (!dh_ladder_before(&e, &h[parent]))
            break;
        h[i] = h[parent];
        i = parent;
    }
    h[i] = e;
}

struct dh_ladder_entry dh_ladder_heap_take(struct dh_event_ladder *l) {
    struct dh_ladder_entry *h = l->heap, first = h[0], last = h[--l->n_heap];
    size_t n = l->n_heap, i = 0;
    for (;;) {
        size_t child = 4 * i + 1, end = child + 4 < n ? child + 4 : n, least = child;
        if (child >= n)
            break;
        for (size_t c = child + 1; c < end; c++)
            if (dh_ladder_before(&h[c], &h[least]))
                least = c;
        if (!dh_ladder_before(&h[least], &last))
            break;
        h[i] = h[least];
        i = least;
    }
    if (n > 0)
        h[i] = last;
    return first;
}

/* ---- the run ------------------------------------------------------------------------------------- */

static void sort_insertion(struct dh_ladder_entry *a, size_t n) {
    for (size_t i = 1; i < n; i++) {
        struct dh_ladder_entry e = a[i];
        size_t j = i;
        for (; j > 0 && dh_ladder_before(&e, &a[j - 1]); j--)
            a[j] = a[j - 1];
        a[j] = e;
    }
}

static void sift_down(struct dh_ladder_entry *a, size_t n, size_t i) {
    struct dh_ladder_entry e = a[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && dh_ladder_before(&a[child], &a[child + 1]))
            child++;
        if (!dh_ladder_before(&e, &a[child]))
            break;
        a[i] = a[child];
    }
    a[i] = e;
}

static void sort_heap(struct dh_ladder_entry *a, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sift_down(a, n, i);
    while (n > 1) {
        struct dh_ladder_entry e = a[--n];
        a[n] = a[0];
        a[0] = e;
        sift_down(a, n, 0);
    }
}

/* Quicksort by the median of three, with a heap sort behind it: no order of arrival makes it slow. */
static void sort_entries(struct dh_ladder_entry *a, size_t n, int depth) {
    while (n > 24) {
        if (depth-- == 0) {
            sort_heap(a, n);
            return;
        }
        struct dh_ladder_entry x = a[0], y = a[n / 2], z = a[n - 1];
        struct dh_ladder_entry pivot = dh_ladder_before(&x, &y) ? (dh_ladder_before(&y, &z)   ? y
                                                                   : dh_ladder_before(&x, &z) ? z
                                                                                              : x)
                                                                : (dh_ladder_before(&x, &z)   ? x
                                                                   : dh_ladder_before(&y, &z) ? z
                                                                                              : y);
        size_t i = 0, j = n - 1;
        for (;;) {
            while (dh_ladder_before(&a[i], &pivot))
                i++;
            while (dh_ladder_before(&pivot, &a[j]))
                j--;
            if (i >= j)
                break;
            struct dh_ladder_entry t = a[i];
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

static struct dh_ladder_chunk *chunk_release(struct dh_event_ladder *l, struct dh_ladder_chunk *c) {
    struct dh_ladder_chunk *next = c->next;
    c->next = l->free_chunks;
    l->free_chunks = c;
    return next;
}

/* Takes the whole lowest bucket out; base moves to its first instant. */
static struct dh_ladder_bucket bucket_take_lowest(struct dh_event_ladder *l, int *level) {
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
    struct dh_ladder_bucket taken = l->buckets[*level][digit];
    l->buckets[*level][digit] = (struct dh_ladder_bucket){0};
    return taken;
}

typedef int32_t four __attribute__((vector_size(16)));
enum { RUN_VECTORS = RUN_MAX / 4, AT_ONCE = 4 };

/* rank[i]: how many of the n keys are below keys[i]; vectors of keys, filled up with anything. All pairs,
 * because that takes no branch: the order of random times cannot be foreseen, and a wrong guess costs more
 * than 20 compares. */
static void rank_keys(const four *keys, size_t n, four *rank) {
    const int32_t *key = (const int32_t *)keys;
    for (size_t v = 0; 4 * v < n; v += AT_ONCE) {
        four a = keys[v], b = keys[v + 1], c = keys[v + 2], d = keys[v + 3];
        four below_a = {0}, below_b = {0}, below_c = {0}, below_d = {0};
        for (size_t j = 0; j < n; j++) {
            four k = {key[j], key[j], key[j], key[j]};
            below_a -= a > k;
            below_b -= b > k;
            below_c -= c > k;
            below_d -= d > k;
        }
        rank[v] = below_a;
        rank[v + 1] = below_b;
        rank[v + 2] = below_c;
        rank[v + 3] = below_d;
    }
}

/* A bucket of at most RUN_MAX becomes the sorted run. Keys of 31 bits: time since base, what lies beyond 2^25
 * of its bucket's width cut off, and the number of the entry. So they are all different, and neighbours whose
 * keys began alike are put in order afterwards. */
static void gather_few(struct dh_event_ladder *l, const struct dh_ladder_bucket *b, int level) {
    union {
        four v[RUN_VECTORS];
        int32_t i[RUN_MAX];
    } key, rank;
    const struct dh_ladder_entry *from[RUN_MAX];
    int shift = level * DIGIT_BITS > 31 - RUN_BITS ? level * DIGIT_BITS - (31 - RUN_BITS) : 0;
    size_t n = 0;
    for (struct dh_ladder_chunk *c = b->head; n < b->n; c = chunk_release(l, c))
        for (size_t i = 0; i < CHUNK_EVENTS && n < b->n; i++, n++) {
            from[n] = &c->e[i];
            key.i[n] = (int32_t)((c->e[i].at - l->base) >> shift << RUN_BITS | n);
        }
    for (size_t i = n; i % (4 * AT_ONCE); i++)
        key.i[i] = 0;
    rank_keys(key.v, n, rank.v);
    for (size_t i = 0; i < n; i++)
        l->run[rank.i[i]] = *from[i];
    l->run_end = n;
    sort_insertion(l->run, n);
}

/* More than that at one instant: in the order of scheduling mostly, sorted by phase otherwise. */
static void gather_many(struct dh_event_ladder *l, const struct dh_ladder_bucket *b) {
    size_t left = b->n;
    for (struct dh_ladder_chunk *c = b->head; left > 0; c = chunk_release(l, c)) {
        size_t n = left < CHUNK_EVENTS ? left : CHUNK_EVENTS;
        memcpy(l->run + l->run_end, c->e, n * sizeof *c->e);
        l->run_end += n;
        left -= n;
    }
    size_t sorted = 1;
    while (sorted < l->run_end && !dh_ladder_before(&l->run[sorted], &l->run[sorted - 1]))
        sorted++;
    if (sorted < l->run_end)
        sort_entries(l->run, l->run_end, 2 * (64 - __builtin_clzll(l->run_end)));
}

/* Makes the earliest events the run. */
void dh_ladder_gather(struct dh_event_ladder *l) {
    l->run_head = l->run_end = 0;
    l->heap_max = HEAP_MAX;
    for (;;) {
        int level;
        struct dh_ladder_bucket b = bucket_take_lowest(l, &level);
        if (b.n > RUN_MAX && level > 0) {
            size_t left = b.n;
            for (struct dh_ladder_chunk *c = b.head; left > 0; c = chunk_release(l, c))
                for (size_t i = 0; i < CHUNK_EVENTS && left > 0; i++, left--)
                    *dh_ladder_place(l, c->e[i].at) = c->e[i];
            continue;
        }
        if (b.n <= RUN_MAX)
            gather_few(l, &b, level);
        else
            gather_many(l, &b);
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
        *dh_ladder_place(l, l->run[i].at) = l->run[i];
    l->run_head = l->run_end = 0;
    l->run_limit = l->base;
    size_t n = l->n_heap;
    l->n_heap = 0;
    for (size_t i = 0; i < n; i++) {
        struct dh_ladder_entry e = l->heap[i];
        if (e.at < l->base)
            heap_add(l, e);
        else
            *dh_ladder_place(l, e.at) = e;
    }
    l->heap_max = 2 * l->n_heap + HEAP_MAX;
}

/* ---- the queue ----------------------------------------------------------------------------------- */

/* Room for a quarter more events wherever they may go. Chunks: every bucket may have one that is not full,
 * and one is being emptied while others fill; so neither gathering nor spilling can run out. */
static enum dh_err reserve(struct dh_event_queue *q) {
    struct dh_event_ladder *l = q->ladder;
    if (!l) {
        l = q->ladder = calloc(1, sizeof *l);
        if (!l)
            return DH_ERR_MEMORY;
        l->heap_max = HEAP_MAX;
    }
    size_t n = l->n + l->n / 4 + 64;
    if (n > SIZE_MAX / 4 / sizeof(struct dh_ladder_entry))
        return DH_ERR_MEMORY;
    const size_t all_buckets = (size_t)N_LEVEL * N_DIGIT;
    size_t chunks = n / CHUNK_EVENTS + (n < all_buckets ? n : all_buckets) + 2;
    struct dh_ladder_entry *run = malloc(n * sizeof *run);
    if (!run)
        return DH_ERR_MEMORY;
    size_t left = l->run_end - l->run_head;
    if (left)
        memcpy(run, l->run + l->run_head, left * sizeof *run);
    free(l->run);
    l->run = run;
    l->run_head = 0;
    l->run_end = left;
    if (chunks > l->n_chunk) {
        size_t more = chunks - l->n_chunk;
        struct dh_ladder_slab *s = aligned_alloc(DH_LADDER_CHUNK, sizeof *s + more * sizeof *s->chunks);
        if (!s)
            return DH_ERR_MEMORY;
        s->next = l->slabs;
        l->slabs = s;
        for (size_t i = more; i-- > 0;) {
            s->chunks[i].next = l->free_chunks;
            l->free_chunks = &s->chunks[i];
        }
        l->n_chunk = chunks;
    }
    l->n_reserved = n;
    return DH_OK;
}

enum dh_err dh_ladder_push_near(struct dh_event_queue *q, uint64_t at, uint64_t order, double value,
                                int32_t subject, uint32_t generation) {
    struct dh_ladder_entry e = {at, order, value, subject, generation};
    struct dh_event_ladder *l = q->ladder;
    if (!l || l->n == l->n_reserved) {
        enum dh_err err = reserve(q);
        if (err != DH_OK)
            return err;
        l = q->ladder;
    }
    if (at >= l->run_limit) {
        l->n++;
        *dh_ladder_place(l, at) = e;
        return DH_OK;
    }
    if (l->n_heap == l->heap_room) {
        size_t room = l->heap_room ? 2 * l->heap_room : 2 * HEAP_MAX;
        struct dh_ladder_entry *heap =
            room <= SIZE_MAX / sizeof *heap ? realloc(l->heap, room * sizeof *heap) : NULL;
        if (!heap)
            return DH_ERR_MEMORY;
        l->heap = heap;
        l->heap_room = room;
    }
    l->n++;
    heap_add(l, e);
    if (l->n_heap > l->heap_max && l->run_limit - l->base > 1)
        spill(l);
    return DH_OK;
}

void dh_event_queue_init(struct dh_event_queue *q) {
    *q = (struct dh_event_queue){0};
}

void dh_event_queue_free(struct dh_event_queue *q) {
    struct dh_event_ladder *l = q->ladder;
    if (l) {
        for (struct dh_ladder_slab *s = l->slabs, *next; s; s = next) {
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
    return dh_ladder_push(q, ev);
}

bool dh_event_queue_pop(struct dh_event_queue *q, struct dh_event *ev) {
    bool in_heap;
    if (!dh_ladder_first(q->ladder, &in_heap))
        return false;
    dh_ladder_take(q->ladder, in_heap, ev);
    return true;
}

bool dh_event_queue_pop_before(struct dh_event_queue *q, dh_time until, struct dh_event *ev) {
    return dh_ladder_pop_before(q, until, ev);
}

dh_time dh_event_queue_next(struct dh_event_queue *q) {
    bool in_heap;
    const struct dh_ladder_entry *e = dh_ladder_first(q->ladder, &in_heap);
    return e ? (dh_time)(e->at ^ DH_LADDER_BIAS) : DH_TIME_MAX;
}

size_t dh_event_queue_count(const struct dh_event_queue *q) {
    return q->ladder ? q->ladder->n : 0;
}
