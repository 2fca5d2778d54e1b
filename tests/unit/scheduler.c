#include "tests/tests.h"

#include "models/profile.h"
#include "tests/unit/schedule_world.h"

#include <stdlib.h>
#include <string.h>

static const enum dh_policy policies[] = {DH_POLICY_FCFS,      DH_POLICY_SJF,          DH_POLICY_EASY,
                                          DH_POLICY_EASY_SJBF, DH_POLICY_CONSERVATIVE, DH_POLICY_SRTF,
                                          DH_POLICY_SRSF};
enum { N_POLICY = sizeof policies / sizeof *policies };

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return *state;
}

/* Jobs at random: crowded instants, small and large sizes, estimates above the run time. */
static void add_random(struct schedule_world *w, uint64_t seed, int32_t n, int32_t max_gpus, dh_time unit) {
    uint64_t random = 0x9e3779b97f4a7c15u * (seed + 1);
    dh_time at = 0;
    for (int32_t i = 0; i < n; i++) {
        at += (dh_time)(next_random(&random) % 4) * unit;
        dh_time work = (dh_time)(next_random(&random) % 40) * unit;
        dh_time more = next_random(&random) % 2 ? (dh_time)(next_random(&random) % 30) * unit : 0;
        int32_t most = next_random(&random) % 4 ? 6 : max_gpus;
        int32_t gpus = 1 + (int32_t)(next_random(&random) % (uint64_t)most);
        schedule_world_add(w, at, work, work + more, gpus);
        w->list.jobs[i].priority = next_random(&random) % 8 ? 0 : 1;
    }
}

static void starts_are(enum dh_policy policy, int32_t gpus, const int32_t (*jobs)[4], int32_t n,
                       const int32_t *starts) {
    struct schedule_world w;
    schedule_world_init(&w, gpus, 1, gpus, policy, DH_PLACEMENT_FLAT);
    w.spec.estimates = DH_ESTIMATES_REQUESTED;
    for (int32_t i = 0; i < n; i++)
        schedule_world_add(&w, jobs[i][0], jobs[i][2], jobs[i][3], jobs[i][1]);
    schedule_world_run(&w);
    for (int32_t i = 0; i < n; i++)
        assert_int_equal(w.runs[i].start, starts[i]);
    schedule_world_free(&w);
}

/* Worked by hand: four processors; arrival, processors, run time, estimate. */
void easy_lets_pass_who_does_not_delay_the_first(void **state) {
    (void)state;
    const int32_t jobs[][4] = {
        {0, 2, 10, 10},
        {1, 4, 5,  5 },
        {2, 2, 8,  8 },
        {3, 1, 20, 20},
        {4, 2, 3,  3 }
    };
    const int32_t fcfs[] = {0, 10, 15, 15, 23}, easy[] = {0, 10, 2, 15, 15};
    starts_are(DH_POLICY_FCFS, 4, jobs, 5, fcfs);
    starts_are(DH_POLICY_EASY, 4, jobs, 5, easy);
    /* The third ends just when the second begins and so leaves the one spare processor to the fourth. */
    const int32_t just[][4] = {
        {0, 2, 10, 10},
        {1, 3, 5,  5 },
        {2, 1, 8,  8 },
        {2, 1, 20, 20}
    };
    const int32_t just_easy[] = {0, 10, 2, 2};
    starts_are(DH_POLICY_EASY, 4, just, 4, just_easy);
}

/* The last job would delay the third, which under EASY holds no reservation, and conservatively does. */
void conservative_backfill_delays_nobody_who_waits(void **state) {
    (void)state;
    const int32_t jobs[][4] = {
        {0, 2, 10, 10},
        {1, 4, 5,  5 },
        {2, 3, 10, 10},
        {3, 2, 20, 20}
    };
    const int32_t easy[] = {0, 10, 15, 25};
    starts_are(DH_POLICY_EASY, 4, jobs, 4, easy);
    const int32_t two[][4] = {
        {0, 3, 10, 10},
        {0, 1, 2,  2 },
        {1, 2, 10, 10},
        {1, 4, 5,  5 },
        {2, 1, 12, 12}
    };
    const int32_t easy_two[] = {0, 0, 10, 20, 2}, conservative_two[] = {0, 0, 10, 20, 2};
    starts_are(DH_POLICY_EASY, 4, two, 5, easy_two);
    starts_are(DH_POLICY_CONSERVATIVE, 4, two, 5, conservative_two);
    const int32_t three[][4] = {
        {0, 3, 10, 10},
        {1, 2, 10, 10},
        {1, 4, 5,  5 },
        {2, 1, 30, 30}
    };
    const int32_t easy_three[] = {0, 10, 32, 2}, conservative_three[] = {0, 10, 20, 25};
    starts_are(DH_POLICY_EASY, 4, three, 4, easy_three);
    starts_are(DH_POLICY_CONSERVATIVE, 4, three, 4, conservative_three);
}

void no_policy_ever_oversubscribes_or_loses_a_job(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++)
        for (int32_t p = 0; p < N_POLICY; p++)
            for (int32_t placement = DH_PLACEMENT_FLAT; placement <= DH_PLACEMENT_SPREAD; placement++)
                for (int32_t variant = 0; variant < 4; variant++) {
                    struct schedule_world w;
                    schedule_world_init(&w, 6, 4, 2, policies[p], (enum dh_placement)placement);
                    w.check = true;
                    w.spec.estimates = seed % 2 ? DH_ESTIMATES_EXACT : DH_ESTIMATES_REQUESTED;
                    w.spec.pass = variant == 1 ? DH_PASS_EVENT : DH_PASS_INSTANT;
                    w.gate_gpus = variant == 2 ? 20 : 0;
                    bool preempts = policies[p] == DH_POLICY_SRTF || policies[p] == DH_POLICY_SRSF;
                    if (variant == 3 && !preempts) { /* slower than believed, and nobody is killed */
                        w.rate = 0.5;
                        w.spec.limit = DH_LIMIT_ALLOW;
                        w.spec.backfill_depth = 5;
                    }
                    add_random(&w, seed, 120, w.gate_gpus > 0 ? 20 : 28, 1000);
                    schedule_world_run(&w);
                    assert_int_equal(w.n_wrong, 0);
                    assert_int_equal(w.n_done + w.n_left, w.list.n_job);
                    int64_t held = 0;
                    for (int32_t j = 0; j < w.list.n_job; j++) {
                        bool too_large = w.list.jobs[j].gpus > 24;
                        assert_int_equal(w.runs[j].state, too_large ? DH_JOB_REJECTED : DH_JOB_DONE);
                        held += w.runs[j].gpu_ns;
                        int64_t own = w.list.jobs[j].work * w.list.jobs[j].gpus;
                        if (!too_large)
                            assert_int_equal(w.runs[j].gpu_ns, w.rate > 0 ? 2 * own : own);
                    }
                    assert_int_equal(held, w.busy_gpu_ns);
                    assert_int_equal(dh_pool_free_gpus(&w.pool), 24);
                    schedule_world_free(&w);
                }
}

/* Strict order has no Graham anomalies: a larger pool lets no job end later. Backfill has them. */
void more_gpus_let_no_job_end_later_in_strict_order(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        dh_time before[150] = {0};
        for (int32_t gpus = 12; gpus <= 30; gpus += 3) {
            struct schedule_world w;
            schedule_world_init(&w, gpus, 1, gpus, DH_POLICY_FCFS, DH_PLACEMENT_FLAT);
            add_random(&w, seed, 150, 12, 1000);
            for (int32_t j = 0; j < 150; j++)
                w.list.jobs[j].priority = 0;
            schedule_world_run(&w);
            for (int32_t j = 0; j < 150; j++) {
                if (gpus > 12)
                    assert_true(w.runs[j].end <= before[j]);
                before[j] = w.runs[j].end;
            }
            schedule_world_free(&w);
        }
    }
}

void all_times_scale_with_the_unit(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++)
        for (int32_t p = 0; p < N_POLICY; p++) {
            struct schedule_world a, b;
            schedule_world_init(&a, 5, 4, 5, policies[p], DH_PLACEMENT_PACKED);
            schedule_world_init(&b, 5, 4, 5, policies[p], DH_PLACEMENT_PACKED);
            add_random(&a, seed, 120, 20, 1000);
            add_random(&b, seed, 120, 20, 7000);
            schedule_world_run(&a);
            schedule_world_run(&b);
            for (int32_t j = 0; j < 120; j++) {
                assert_int_equal(7 * a.runs[j].start, b.runs[j].start);
                assert_int_equal(7 * a.runs[j].end, b.runs[j].end);
            }
            schedule_world_free(&a);
            schedule_world_free(&b);
        }
}

/* What EASY promises: with true estimates no job starts later than if nobody passed the first in line. */
void conservative_starts_nobody_later_than_strict_order(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct schedule_world strict, backfilled;
        schedule_world_init(&strict, 20, 1, 20, DH_POLICY_FCFS, DH_PLACEMENT_FLAT);
        schedule_world_init(&backfilled, 20, 1, 20, DH_POLICY_CONSERVATIVE, DH_PLACEMENT_FLAT);
        add_random(&strict, seed, 200, 20, 1000);
        add_random(&backfilled, seed, 200, 20, 1000);
        for (int32_t j = 0; j < 200; j++)
            strict.list.jobs[j].priority = backfilled.list.jobs[j].priority = 0;
        schedule_world_run(&strict);
        schedule_world_run(&backfilled);
        for (int32_t j = 0; j < 200; j++)
            assert_true(backfilled.runs[j].start <= strict.runs[j].start);
        schedule_world_free(&strict);
        schedule_world_free(&backfilled);
    }
}

void a_job_larger_than_the_pool_leaves_and_holds_up_nobody(void **state) {
    (void)state;
    struct schedule_world w;
    schedule_world_init(&w, 2, 4, 2, DH_POLICY_FCFS, DH_PLACEMENT_PACKED);
    schedule_world_add(&w, 0, 10, DH_TIME_NONE, 9);
    schedule_world_add(&w, 1, 10, DH_TIME_NONE, 8);
    schedule_world_run(&w);
    assert_int_equal(w.runs[0].state, DH_JOB_REJECTED);
    assert_int_equal(w.runs[0].start, DH_TIME_NONE);
    assert_int_equal(w.n_left, 1);
    assert_int_equal(w.runs[1].start, 1);
    schedule_world_free(&w);
}

void higher_priority_goes_first(void **state) {
    (void)state;
    for (int32_t p = 0; p < N_POLICY; p++) {
        struct schedule_world w;
        schedule_world_init(&w, 1, 4, 1, policies[p], DH_PLACEMENT_PACKED);
        schedule_world_add(&w, 0, 100, DH_TIME_NONE, 4);
        schedule_world_add(&w, 1, 200, DH_TIME_NONE, 4);
        schedule_world_add(&w, 2, 300, DH_TIME_NONE, 4);
        w.list.jobs[0].priority = 9;
        w.list.jobs[2].priority = 7;
        schedule_world_run(&w);
        assert_int_equal(w.runs[2].start, 100);
        assert_int_equal(w.runs[1].start, 400);
        schedule_world_free(&w);
    }
}

void without_a_queue_who_finds_no_room_leaves(void **state) {
    (void)state;
    struct schedule_world w;
    schedule_world_init(&w, 4, 1, 4, DH_POLICY_EASY, DH_PLACEMENT_FLAT);
    w.spec.queue = false;
    schedule_world_add(&w, 0, 10, DH_TIME_NONE, 3);
    schedule_world_add(&w, 5, 10, DH_TIME_NONE, 2);
    schedule_world_add(&w, 5, 10, DH_TIME_NONE, 1);
    schedule_world_add(&w, 10, 10, DH_TIME_NONE, 3);
    schedule_world_run(&w);
    assert_int_equal(w.runs[1].state, DH_JOB_REJECTED);
    assert_int_equal(w.runs[2].start, 5);
    assert_int_equal(w.runs[3].start, 10);
    schedule_world_free(&w);
}

void replay_starts_jobs_when_the_log_says(void **state) {
    (void)state;
    struct schedule_world w;
    schedule_world_init(&w, 4, 1, 4, DH_POLICY_REPLAY, DH_PLACEMENT_FLAT);
    for (int32_t j = 0; j < 4; j++)
        schedule_world_add(&w, j, 10, DH_TIME_NONE, 2);
    w.list.jobs[0].replay_start = 30;
    w.list.jobs[1].replay_start = 7;
    w.list.jobs[3].replay_start = 1; /* before it was submitted */
    schedule_world_run(&w);
    assert_int_equal(w.runs[0].start, 30);
    assert_int_equal(w.runs[1].start, 7);
    assert_int_equal(w.runs[2].start, DH_TIME_NONE);
    assert_int_equal(w.runs[2].state, DH_JOB_QUEUED);
    assert_int_equal(w.runs[3].start, 3);
    schedule_world_free(&w);
}

void jobs_that_waited_long_are_found_in_queue_order(void **state) {
    (void)state;
    struct schedule_world w;
    schedule_world_init(&w, 1, 1, 1, DH_POLICY_NONE, DH_PLACEMENT_FLAT);
    for (int32_t j = 0; j < 100; j++)
        schedule_world_add(&w, 10 * j, 5, DH_TIME_NONE, 1);
    schedule_world_run(&w);
    assert_int_equal(dh_scheduler_waiting(&w.scheduler), 100);
    assert_int_equal(dh_scheduler_waiting_gpus(&w.scheduler), 100);
    assert_int_equal(dh_scheduler_oldest_submit(&w.scheduler), 0);
    int32_t n = 0;
    for (int32_t j = dh_scheduler_waiting_since(&w.scheduler, 305, -1); j >= 0;
         j = dh_scheduler_waiting_since(&w.scheduler, 305, j)) {
        assert_int_equal(j, n++);
        assert_int_equal(dh_scheduler_withdraw(&w.scheduler, j, 1000), DH_OK);
    }
    assert_int_equal(n, 31);
    assert_int_equal(dh_scheduler_oldest_submit(&w.scheduler), 310);
    schedule_world_free(&w);
}

/* Beside a plain array of free GPUs per time unit. */
void profile_finds_the_earliest_time_of_a_plain_array(void **state) {
    (void)state;
    enum { SPAN = 400, GPUS = 16 };
    uint64_t random = 7;
    for (int32_t round = 0; round < 60; round++) {
        struct dh_profile profile = {0};
        int64_t plain[SPAN];
        for (int32_t t = 0; t < SPAN; t++)
            plain[t] = GPUS;
        assert_int_equal(dh_profile_begin(&profile, 0, GPUS), DH_OK);
        dh_time now = 0;
        for (int32_t step = 0; step < 60; step++) {
            int64_t gpus = 1 + (int64_t)(next_random(&random) % GPUS);
            int32_t length = 1 + (int32_t)(next_random(&random) % 12);
            if (next_random(&random) % 4 == 0)
                dh_profile_advance(&profile, ++now);
            dh_time at = now;
            for (int32_t t = (int32_t)at; t < (int32_t)at + length && t < SPAN; t++)
                if (plain[t] < gpus)
                    at = t + 1;
            if (at + length >= SPAN)
                break;
            assert_int_equal(dh_profile_earliest(&profile, gpus, length), at);
            assert_int_equal(dh_profile_take(&profile, at, length, gpus), DH_OK);
            for (int32_t t = 0; t < length; t++)
                plain[at + t] -= gpus;
        }
        dh_profile_free(&profile);
    }
}

/* Beside a plain search through all entries. */
void job_tree_finds_what_a_plain_search_finds(void **state) {
    (void)state;
    enum { N = 300 };
    uint64_t random = 11;
    struct dh_job_tree tree = {0};
    struct dh_job_entry plain[N];
    bool in[N] = {0};
    for (int32_t step = 0; step < 6000; step++) {
        int32_t j = (int32_t)(next_random(&random) % N);
        if (in[j]) {
            assert_true(dh_job_tree_remove(&tree, &plain[j].key));
            assert_false(dh_job_tree_remove(&tree, &plain[j].key));
        } else {
            plain[j] = (struct dh_job_entry){
                .key = {.job = j,
                        .first = (dh_time)(next_random(&random) % 20),
                        .priority = (int16_t)(next_random(&random) % 2)},
                .length = (dh_time)(next_random(&random) % 50),
                .submit = (dh_time)(next_random(&random) % 50),
                .mark = (dh_time)(next_random(&random) % 50),
                .gpus = 1 + (int32_t)(next_random(&random) % 9)
            };
            assert_int_equal(dh_job_tree_add(&tree, &plain[j]), DH_OK);
        }
        in[j] = !in[j];
        struct dh_job_want want = {.gpus = (int64_t)(next_random(&random) % 10),
                                   .spare = (int64_t)(next_random(&random) % 5),
                                   .length = (dh_time)(next_random(&random) % 50),
                                   .submit = (dh_time)(next_random(&random) % 80),
                                   .mark = (dh_time)(next_random(&random) % 80)};
        int32_t expected = 0, n = 0, rank = 0;
        int64_t sum = 0;
        for (int32_t slot = tree.head; slot; slot = tree.entries[slot].after) {
            const struct dh_job_entry *e = &tree.entries[slot];
            assert_true(in[e->key.job]);
            assert_int_equal(dh_job_tree_rank(&tree, &e->key), rank++);
            sum += e->gpus;
            n++;
            if (!expected && e->gpus <= want.gpus && (e->length <= want.length || e->gpus <= want.spare) &&
                e->submit <= want.submit && e->mark <= want.mark)
                expected = slot;
        }
        assert_int_equal(dh_job_tree_first(&tree, NULL, &want), expected);
        assert_int_equal(dh_job_tree_count(&tree), n);
        assert_int_equal(dh_job_tree_gpus(&tree), sum);
    }
    dh_job_tree_free(&tree);
}
