#include "tests/tests.h"

#include "sim/event_queue.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int compare(const void *pa, const void *pb) {
    const struct dh_event *a = pa, *b = pb;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->phase != b->phase)
        return a->phase < b->phase ? -1 : 1;
    return (a->seq > b->seq) - (a->seq < b->seq);
}

static void assert_same_event(const struct dh_event *a, const struct dh_event *b) {
    assert_true(a->at == b->at && a->seq == b->seq && a->phase == b->phase && a->kind == b->kind);
    assert_true(a->subject == b->subject && a->generation == b->generation && a->value == b->value);
}

/* The reference: a plain sorted array. */
struct reference {
    struct dh_event *ev;
    size_t n;
};

static void reference_push(struct reference *r, const struct dh_event *ev) {
    size_t lo = 0, hi = r->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (compare(&r->ev[mid], ev) > 0) /* descending: the first event is last */
            lo = mid + 1;
        else
            hi = mid;
    }
    memmove(r->ev + lo + 1, r->ev + lo, (r->n - lo) * sizeof *r->ev);
    r->ev[lo] = *ev;
    r->n++;
}

enum { OPS = 100000, PENDING_MAX = 3000 };

/* Random pushes and pops against the reference. spread: how far apart times are, in bits; past: whether
 * times before the last popped one occur. */
static void compare_with_reference(uint64_t seed, int spread_bits, bool past) {
    struct dh_rng rng = dh_rng_stream(seed, DH_RNG_TEST, (uint64_t)spread_bits);
    struct dh_event_queue q = {0};
    struct reference r = {.ev = malloc((PENDING_MAX + 1) * sizeof *r.ev)};
    assert_non_null(r.ev);
    dh_time now = 0;
    size_t target = 10;
    for (uint64_t seq = 0, op = 0; op < OPS; op++) {
        if (op % 5000 == 0) /* let the number of pending events rise and fall */
            target = (size_t[]){10, PENDING_MAX, 300, 0}[dh_rng_below(&rng, 4)];
        bool push = r.n < target ? dh_rng_below(&rng, 3) != 0 : dh_rng_below(&rng, 3) == 0;
        if (push && r.n < PENDING_MAX) {
            uint64_t step = dh_rng_u64(&rng) >> (64 - 1 - dh_rng_below(&rng, (uint64_t)spread_bits));
            if (dh_rng_below(&rng, 4) == 0)
                step = 0;
            dh_time at = now + (dh_time)step;
            if (past && dh_rng_below(&rng, 8) == 0)
                at = now - (dh_time)(step / 3);
            struct dh_event ev = {.at = at,
                                  .seq = seq++,
                                  .value = (double)op,
                                  .subject = (int32_t)dh_rng_below(&rng, 5) - 1,
                                  .generation = (uint32_t)dh_rng_u64(&rng),
                                  .phase = (uint16_t)dh_rng_below(&rng, dh_rng_below(&rng, 2) ? 3 : 256),
                                  .kind = (uint16_t)dh_rng_below(&rng, 256)};
            assert_int_equal(dh_event_queue_push(&q, &ev), DH_OK);
            reference_push(&r, &ev);
        } else {
            struct dh_event got;
            if (dh_rng_below(&rng, 2))
                assert_int_equal(dh_event_queue_next(&q), r.n ? r.ev[r.n - 1].at : DH_TIME_MAX);
            if (r.n && dh_rng_below(&rng, 2))
                assert_false(dh_event_queue_pop_before(&q, r.ev[r.n - 1].at, &got));
            bool some = dh_event_queue_pop(&q, &got);
            assert_int_equal(some, r.n > 0);
            if (some) {
                assert_same_event(&got, &r.ev[--r.n]);
                now = got.at > now ? got.at : now;
            }
        }
        assert_int_equal(dh_event_queue_count(&q), r.n);
        if (now > INT64_MAX / 4)
            now = 0;
    }
    free(r.ev);
    dh_event_queue_free(&q);
}

void queue_gives_random_events_back_in_total_order(void **state) {
    (void)state;
    compare_with_reference(1, 3, false);  /* nearly all at the same few instants */
    compare_with_reference(2, 20, false); /* microseconds */
    compare_with_reference(3, 44, false); /* hours */
    compare_with_reference(4, 56, false); /* years */
}

void queue_takes_events_earlier_than_those_already_given(void **state) {
    (void)state;
    compare_with_reference(5, 12, true);
    compare_with_reference(6, 50, true);
}

/* One event a century ahead makes the sorted run span a century; a hundred thousand come in before it. */
void queue_stays_in_order_when_one_far_event_comes_first(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(8, DH_RNG_TEST, 0);
    struct dh_event_queue q = {0};
    struct dh_event ev = {.at = INT64_MAX / 3}, last = {0};
    assert_int_equal(dh_event_queue_push(&q, &ev), DH_OK);
    assert_int_equal(dh_event_queue_next(&q), INT64_MAX / 3);
    for (uint64_t i = 1; i <= OPS; i++) {
        ev = (struct dh_event){.at = (dh_time)(dh_rng_u64(&rng) >> 8), .seq = i};
        assert_int_equal(dh_event_queue_push(&q, &ev), DH_OK);
    }
    for (uint64_t i = 0; i <= OPS; i++) {
        assert_true(dh_event_queue_pop(&q, &ev));
        assert_true(i == 0 || compare(&last, &ev) < 0);
        last = ev;
    }
    assert_int_equal(last.at, INT64_MAX / 3);
    assert_false(dh_event_queue_pop(&q, &ev));
    dh_event_queue_free(&q);
}

void queue_orders_a_crowded_instant_by_phase_then_seq(void **state) {
    (void)state;
    struct dh_event_queue q = {0};
    struct dh_event ev, last = {0};
    for (uint64_t i = 0; i < 50000; i++) { /* phases downwards, seq upwards */
        ev = (struct dh_event){.at = 7000, .seq = i, .phase = (uint16_t)(200 - i % 200), .value = (double)i};
        assert_int_equal(dh_event_queue_push(&q, &ev), DH_OK);
    }
    for (uint64_t i = 0, seq = 50000; dh_event_queue_pop(&q, &ev); i++) {
        assert_true(i == 0 || compare(&last, &ev) < 0);
        last = ev;
        if (i % 10 == 0 && seq < 53000) { /* now, and before all that waits */
            struct dh_event urgent = {.at = 7000, .seq = seq++, .phase = 0};
            assert_int_equal(dh_event_queue_push(&q, &urgent), DH_OK);
            struct dh_event next;
            assert_true(dh_event_queue_pop(&q, &next));
            assert_same_event(&next, &urgent);
        }
    }
    dh_event_queue_free(&q);
}

void queue_refuses_fields_outside_their_range(void **state) {
    (void)state;
    struct dh_event_queue q = {0};
    const struct dh_event bad[] = {
        {.at = DH_TIME_MAX}, {.seq = UINT64_C(1) << 48}, {.phase = 256}, {.kind = 256}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(dh_event_queue_push(&q, &bad[i]), DH_ERR_INTERNAL);
    const struct dh_event ends[] = {
        {.at = DH_TIME_MAX - 1, .seq = (UINT64_C(1) << 48) - 1, .phase = 255, .kind = 255},
        {.at = INT64_MIN,                     .subject = -1,                                     .generation = UINT32_MAX               }
    };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(dh_event_queue_push(&q, &ends[i]), DH_OK);
    struct dh_event got;
    for (size_t i = 2; i-- > 0;) {
        assert_true(dh_event_queue_pop(&q, &got));
        assert_same_event(&got, &ends[i]);
    }
    assert_int_equal(dh_event_queue_next(&q), DH_TIME_MAX);
    dh_event_queue_free(&q);
}

/* In a child with 40 MB of address space left: pushes until refused, then takes all out in order. */
static int fill_memory(void) {
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (!f || fscanf(f, "%lu", &pages) != 1)
        return 2;
    fclose(f);
    rlim_t room = pages * (rlim_t)sysconf(_SC_PAGESIZE) + 40000000;
    if (setrlimit(RLIMIT_AS, &(struct rlimit){room, room}) != 0)
        return 2;
    struct dh_rng rng = dh_rng_stream(11, DH_RNG_TEST, 0);
    struct dh_event_queue q = {0};
    uint64_t n = 0;
    enum dh_err err;
    for (;; n++) {
        struct dh_event ev = {.at = (dh_time)(dh_rng_u64(&rng) >> 20), .seq = n};
        err = dh_event_queue_push(&q, &ev);
        if (err != DH_OK)
            break;
    }
    if (err != DH_ERR_MEMORY || n < 10000 || dh_event_queue_count(&q) != n)
        return 3;
    struct dh_event ev, last = {.at = -1};
    for (; dh_event_queue_pop(&q, &ev); last = ev, n--)
        if (compare(&last, &ev) >= 0)
            return 4;
    dh_event_queue_free(&q);
    return n == 0 ? 0 : 5;
}

void queue_keeps_its_events_when_memory_runs_out(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    SKIP("AddressSanitizer needs its address space");
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    SKIP("AddressSanitizer needs its address space");
#endif
#endif
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fill_memory());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}
