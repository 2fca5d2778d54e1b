#include "models/workload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct dh_size_spec size_of(int64_t gpus, double share, double median_s) {
    return (struct dh_size_spec){.gpus = gpus, .share = share, .median_s = median_s};
}

/* One GPU, constant run time: what a stream is without any shape. */
static struct dh_jobs_spec plain_stream(const char *id, struct dh_size_spec *size) {
    *size = size_of(1, 1, NAN);
    return (struct dh_jobs_spec){.id = id,
                                 .per_s = 0.1,
                                 .duration = DH_LAW_CONSTANT,
                                 .median_s = NAN,
                                 .mean_s = 100,
                                 .sigma = 1,
                                 .limit_s = 1e9,
                                 .overestimate = 1,
                                 .gpu_util = 1,
                                 .count = -1,
                                 .tenant = "",
                                 .sizes = size,
                                 .n_sizes = 1};
}

static struct dh_job_list build(struct dh_jobs_spec *streams, int32_t n, double horizon_s, uint64_t seed) {
    struct dh_workload_spec workload = {.streams = streams, .n_streams = n};
    struct dh_workload_options options = {.seed = seed,
                                          .start_unix_s = 1767225600, /* Thursday 2026-01-01T00:00:00Z */
                                          .horizon = dh_time_from_s(horizon_s)};
    struct dh_job_list list = {0};
    struct dh_diag diag = {0};
    enum dh_err err = dh_workload_build(&list, &workload, &options, &diag);
    if (err != DH_OK)
        printf("# %s\n", diag.n_message ? diag.messages[0].text : "no message");
    assert_int_equal(err, DH_OK);
    dh_diag_free(&diag);
    return list;
}

static double mean_s(const struct dh_job_list *list, double *variation2) {
    double sum = 0, square = 0;
    for (int32_t j = 0; j < list->n_job; j++) {
        double s = dh_time_to_s(list->jobs[j].work);
        sum += s;
        square += s * s;
    }
    double mean = sum / list->n_job;
    *variation2 = square / list->n_job / (mean * mean) - 1;
    return mean;
}

static double median_s(const struct dh_job_list *list) {
    int32_t below = 0;
    double low = 0, high = 1e9;
    while (high - low > 1e-3) {
        double middle = (low + high) / 2;
        below = 0;
        for (int32_t j = 0; j < list->n_job; j++)
            below += dh_time_to_s(list->jobs[j].work) < middle;
        if (2 * below < list->n_job)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void arrivals_come_at_the_mean_rate(void **state) {
    (void)state;
    struct dh_size_spec size;
    struct dh_jobs_spec stream = plain_stream("a", &size);
    struct dh_job_list list = build(&stream, 1, 1e6, 1);
    /* 100,000 expected; five standard deviations of a Poisson count are 1,581 */
    assert_true(abs(list.n_job - 100000) < 1581);
    double sum = 0, square = 0;
    for (int32_t j = 1; j < list.n_job; j++) {
        double gap = dh_time_to_s(list.jobs[j].submit - list.jobs[j - 1].submit);
        assert_true(gap >= 0);
        sum += gap;
        square += gap * gap;
    }
    double mean = sum / (list.n_job - 1);
    assert_true(fabs(square / (list.n_job - 1) / (2 * mean * mean) - 1) < 0.03); /* E[X^2] = 2 E[X]^2 */
    assert_string_equal(dh_job_id(&list, 0), "a-1");
    dh_job_list_free(&list);
}

void arrivals_follow_the_local_week(void **state) {
    (void)state;
    struct dh_size_spec size;
    struct dh_jobs_spec stream = plain_stream("a", &size);
    double hourly[24] = {0}, weekly[7] = {1, 1, 1, 1, 1, 0, 0};
    hourly[9] = 3;
    hourly[15] = 1;
    stream.hourly = hourly;
    stream.n_hourly = 24;
    stream.weekly = weekly;
    stream.n_weekly = 7;
    struct dh_job_list list = build(&stream, 1, 7 * 86400.0, 1);
    int32_t nine = 0, fifteen = 0;
    for (int32_t j = 0; j < list.n_job; j++) {
        int64_t second = list.jobs[j].submit / DH_NS_PER_S;
        int64_t day = (second / 86400 + 3) % 7,
                hour = second / 3600 % 24; /* starts on a Thursday, Monday is 0 */
        assert_true(day < 5);
        assert_true(hour == 9 || hour == 15);
        nine += hour == 9;
        fifteen += hour == 15;
    }
    assert_true(abs(list.n_job - 60480) < 1230); /* a week brings the mean rate */
    assert_true(fabs((double)nine / fifteen - 3) < 0.15);
    struct dh_workload_options options = {.start_unix_s = 1767225600, .horizon = 7 * 86400 * DH_NS_PER_S};
    assert_true(fabs(dh_workload_expected(&stream, &options) - 60480) < 1e-6);
    dh_job_list_free(&list);
}

void arrivals_use_the_local_clock(void **state) {
    (void)state;
    struct dh_size_spec size;
    struct dh_jobs_spec stream = plain_stream("a", &size);
    double hourly[24] = {0};
    hourly[0] = 1;
    stream.hourly = hourly;
    stream.n_hourly = 24;
    struct dh_workload_spec workload = {.streams = &stream, .n_streams = 1};
    /* 5.5 h ahead of UTC: local midnight is at 18:30 UTC */
    struct dh_workload_options options = {
        .seed = 1, .start_unix_s = 1767225600, .horizon = 86400 * DH_NS_PER_S, .utc_offset_h = 5.5};
    struct dh_job_list list = {0};
    assert_int_equal(dh_workload_build(&list, &workload, &options, NULL), DH_OK);
    assert_true(list.n_job > 8000);
    for (int32_t j = 0; j < list.n_job; j++) {
        assert_true(list.jobs[j].submit >= 66600 * DH_NS_PER_S);
        assert_true(list.jobs[j].submit < 70200 * DH_NS_PER_S);
    }
    dh_job_list_free(&list);
}

void run_times_have_the_moments_of_their_law(void **state) {
    (void)state;
    static const struct {
        enum dh_law law;
        double variation2, tolerance;
    } laws[] = {
        {DH_LAW_EXPONENTIAL, 1,           0.05},
        {DH_LAW_CONSTANT,    0,           1e-9},
        {DH_LAW_ERLANG2,     0.5,         0.03},
        {DH_LAW_HYPER2,      4,           0.4 },
        {DH_LAW_LOGNORMAL,   1.718281828, 0.5 }
    }; /* exp(1) - 1 */
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        struct dh_size_spec size;
        struct dh_jobs_spec stream = plain_stream("a", &size);
        stream.duration = laws[i].law;
        double variation2 = 0;
        struct dh_job_list list = build(&stream, 1, 1e6, 7);
        assert_true(fabs(mean_s(&list, &variation2) - 100) < 3);
        assert_true(fabs(variation2 - laws[i].variation2) <= laws[i].tolerance);
        dh_job_list_free(&list);
        size.median_s = 50; /* of the size, before the stream's mean */
        list = build(&stream, 1, 1e6, 7);
        assert_true(fabs(median_s(&list) - 50) < 1.5);
        dh_job_list_free(&list);
    }
}

void run_times_end_at_the_limit(void **state) {
    (void)state;
    struct dh_size_spec size;
    struct dh_jobs_spec stream = plain_stream("a", &size);
    stream.duration = DH_LAW_EXPONENTIAL;
    stream.limit_s = 120;
    stream.overestimate = 2.5;
    struct dh_job_list list = build(&stream, 1, 1e5, 1);
    int32_t at_limit = 0;
    for (int32_t j = 0; j < list.n_job; j++) {
        assert_true(list.jobs[j].work <= 120 * DH_NS_PER_S);
        assert_true(fabs(dh_time_to_s(list.jobs[j].requested) - 2.5 * dh_time_to_s(list.jobs[j].work)) <
                    1e-6);
        at_limit += list.jobs[j].work == 120 * DH_NS_PER_S;
    }
    assert_true(fabs((double)at_limit / list.n_job - 0.3012) < 0.025); /* exp(-1.2) */
    dh_job_list_free(&list);
}

void sizes_come_in_their_shares(void **state) {
    (void)state;
    struct dh_size_spec size, sizes[3] = {size_of(1, 0.5, NAN), size_of(8, 0.3, NAN), size_of(64, 0.2, NAN)};
    struct dh_jobs_spec stream = plain_stream("a", &size);
    stream.sizes = sizes;
    stream.n_sizes = 3;
    stream.input_b_per_gpu = 10;
    struct dh_job_list list = build(&stream, 1, 1e6, 3);
    int32_t counts[3] = {0};
    for (int32_t j = 0; j < list.n_job; j++) {
        int32_t gpus = list.jobs[j].gpus;
        counts[gpus == 1 ? 0 : gpus == 8 ? 1 : 2]++;
        assert_true(list.jobs[j].input_b == 10.0 * gpus);
    }
    for (int i = 0; i < 3; i++)
        assert_true(fabs((double)counts[i] / list.n_job - sizes[i].share) < 0.01);
    dh_job_list_free(&list);
}

void another_stream_leaves_the_first_as_it_was(void **state) {
    (void)state;
    struct dh_size_spec size[2], sizes[2] = {size_of(1, 0.5, NAN), size_of(8, 0.5, NAN)};
    struct dh_jobs_spec streams[2] = {plain_stream("first", &size[0]), plain_stream("second", &size[1])};
    streams[0].sizes = sizes;
    streams[0].n_sizes = 2;
    streams[0].duration = DH_LAW_LOGNORMAL;
    streams[1].per_s = 0.3;
    struct dh_job_list alone = build(streams, 1, 1e5, 5), both = build(streams, 2, 1e5, 5);
    assert_true(both.n_job > alone.n_job);
    int32_t found = 0;
    for (int32_t j = 0; j < both.n_job; j++) {
        assert_true(j == 0 || both.jobs[j].submit >= both.jobs[j - 1].submit);
        if (strncmp(dh_job_id(&both, j), "first-", 6) != 0)
            continue;
        assert_true(found < alone.n_job);
        assert_string_equal(dh_job_id(&both, j), dh_job_id(&alone, found));
        assert_true(both.jobs[j].submit == alone.jobs[found].submit);
        assert_true(both.jobs[j].work == alone.jobs[found].work);
        assert_int_equal(both.jobs[j].gpus, alone.jobs[found].gpus);
        found++;
    }
    assert_int_equal(found, alone.n_job);
    dh_job_list_free(&alone);
    dh_job_list_free(&both);
}

void regular_arrivals_keep_their_distance_and_count(void **state) {
    (void)state;
    struct dh_size_spec size;
    struct dh_jobs_spec stream = plain_stream("a", &size);
    stream.arrival = DH_ARRIVAL_REGULAR;
    stream.count = 7;
    struct dh_job_list list = build(&stream, 1, 1e6, 1);
    assert_int_equal(list.n_job, 7);
    for (int32_t j = 0; j < 7; j++)
        assert_true(list.jobs[j].submit == 10 * j * DH_NS_PER_S);
    dh_job_list_free(&list);
}

void a_workload_that_makes_no_sense_is_refused(void **state) {
    (void)state;
    struct dh_size_spec size;
    struct dh_jobs_spec stream = plain_stream("a", &size);
    struct dh_workload_spec workload = {.streams = &stream, .n_streams = 1};
    struct dh_workload_options options = {.seed = 1, .horizon = 365 * 86400 * DH_NS_PER_S};
    struct dh_job_list list = {0};
    stream.per_s = 1e9; /* 3e16 jobs: told before anything is allocated */
    assert_int_equal(dh_workload_build(&list, &workload, &options, NULL), DH_ERR_LIMIT_MEMORY);
    stream.per_s = 0.1;
    stream.mean_s = NAN;
    assert_int_equal(dh_workload_build(&list, &workload, &options, NULL), DH_ERR_VALUE);
    stream.mean_s = 1;
    size.share = 0.9;
    assert_int_equal(dh_workload_build(&list, &workload, &options, NULL), DH_ERR_VALUE);
    size.share = 1;
    double three[3] = {1, 1, 1};
    stream.weekly = three;
    stream.n_weekly = 3;
    assert_int_equal(dh_workload_build(&list, &workload, &options, NULL), DH_ERR_VALUE);
    dh_job_list_free(&list);
}

void measured_rates_give_run_times(void **state) {
    (void)state;
    /* 8 GPUs at 100 samples a second each; 64 of them three doublings on, each 10 % slower: 8e5 samples */
    struct dh_size_spec sizes[2];
    struct dh_throughput_spec rate = {.samples = 8e5, .per_gpu_s = 100, .gpus = 8, .loss = 0.1};
    struct dh_jobs_spec stream = plain_stream("vision", &sizes[0]);
    sizes[0] = size_of(8, 0.5, NAN);
    sizes[1] = size_of(64, 0.5, NAN);
    stream.n_sizes = 2;
    stream.throughputs = &rate;
    stream.n_throughputs = 1;
    stream.limit_s = 10; /* of drawn times, not of this one */
    struct dh_job_list list = build(&stream, 1, 10000, 1);
    int32_t n_of[2] = {0};
    for (int32_t j = 0; j < list.n_job; j++) {
        bool large = list.jobs[j].gpus == 64;
        double want = large ? 8e5 / (64 * 100 * 0.9 * 0.9 * 0.9) : 1000;
        assert_true(fabs(dh_time_to_s(list.jobs[j].work) / want - 1) < 1e-9);
        n_of[large]++;
    }
    assert_true(n_of[0] > 100 && n_of[1] > 100);
    dh_job_list_free(&list);
}

void successive_halving_spends_the_same_on_each_rung(void **state) {
    (void)state;
    /* 81 trials, one of three goes on at each of four rungs: 54 end at 1/27 of the run, 18 at 1/9, 6 at 1/3
     * and 3 run to their end; (54 + 18 x 3 + 6 x 9 + 3 x 27) / 27 = 9 whole runs */
    struct dh_size_spec size;
    struct dh_jobs_spec stream = plain_stream("sweep", &size);
    stream.mean_s = 2700;
    stream.count = 81;
    stream.halving = 3;
    stream.rungs = 4;
    struct dh_job_list list = build(&stream, 1, 1e6, 1);
    int32_t n_of[4] = {0};
    double sum = 0;
    assert_int_equal(list.n_job, 81);
    for (int32_t j = 0; j < 81; j++) {
        double s = dh_time_to_s(list.jobs[j].work);
        sum += s;
        n_of[0] += s == 100;
        n_of[1] += s == 300;
        n_of[2] += s == 900;
        n_of[3] += s == 2700;
    }
    assert_true(n_of[0] == 54 && n_of[1] == 18 && n_of[2] == 6 && n_of[3] == 3 && sum == 9 * 2700);
    dh_job_list_free(&list);
}
