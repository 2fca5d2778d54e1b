#include "tests/tests.h"

#include "models/contention.h"
#include "sim/rng.h"

#include <math.h>

static void near(double is, double want, double share) {
    if (!(fabs(is - want) <= share * fabs(want)))
        fail_msg("%.15g, not %.15g", is, want);
}

static const int32_t first_link[] = {0}, both_links[] = {0, 1};
static const double one[] = {1, 1};

/* Computes alone for quiet_s, then sends for network_s over link 0, beside computing of window_s. */
static struct dh_contention_phase phase_of(double quiet_s, double window_s, double network_s) {
    return (struct dh_contention_phase){quiet_s, window_s, network_s, first_link, one, 1};
}

/* Steps of jobs of one phase each on links of capacity 1. */
static struct dh_contention_result steps_of(double *step_s, const struct dh_contention_phase *phases,
                                            const double *starts, int32_t n, const double *capacity,
                                            int32_t n_link) {
    struct dh_contention_job jobs[8];
    struct dh_contention_limits limits = dh_contention_standard(n);
    struct dh_contention_result result;
    for (int32_t j = 0; j < n; j++)
        jobs[j] = (struct dh_contention_job){&phases[j], 1, starts[j]};
    assert_int_equal(dh_contention_steps(step_s, jobs, n, capacity, n_link, &limits, &result), DH_OK);
    return result;
}

void equal_jobs_on_one_link_keep_their_distance(void **state) {
    (void)state;
    /* 1 s of computing, 1 s of traffic: begun d later, 0 to 1 s, whoever is ahead sends alone for d, both for
     * 2 - 2d, and so a step takes 1 + 2 - d */
    struct dh_contention_phase phases[2] = {phase_of(1, 0, 1), phase_of(1, 0, 1)};
    double step_s[2], starts[2] = {0, 0};
    struct dh_contention_result r = steps_of(step_s, phases, starts, 2, one, 1);
    assert_true(step_s[0] == 3 && step_s[1] == 3); /* together */
    assert_true(r.settled && r.n_coupled == 2);
    starts[1] = 0.5;
    steps_of(step_s, phases, starts, 2, one, 1); /* in turn: nobody waits */
    near(step_s[0], 2, 1e-12);
    near(step_s[1], 2, 1e-12);
    struct dh_rng rng = dh_rng_stream(1, DH_RNG_TEST, 1);
    for (int i = 0; i < 50; i++) {
        starts[0] = dh_rng_uniform(&rng);
        starts[1] = dh_rng_uniform(&rng);
        double d = fabs(2 * (starts[1] - starts[0]));
        steps_of(step_s, phases, starts, 2, one, 1);
        near(step_s[0], 3 - fmin(d, 2 - d), 1e-9);
        near(step_s[1], 3 - fmin(d, 2 - d), 1e-9);
    }
}

void jobs_that_only_send_have_max_min_rates(void **state) {
    (void)state;
    /* Shares 1, 2 and 3 of a link of 3: the level is a half. With a link of their own, of 0.5, the third has
     * 1/6 of its speed, and the others get (3 - 0.5)/3. */
    static const double shares[3][2] = {
        {1},
        { 2},
        { 3, 3}
    };
    struct dh_contention_phase phases[3];
    for (int j = 0; j < 3; j++)
        phases[j] = (struct dh_contention_phase){0, 0, 1 + j, both_links, shares[j], j == 2 ? 2 : 1};
    double step_s[3], wide[] = {3, 100}, narrow[] = {3, 0.5}, starts[3] = {0, 0.3, 0.7};
    steps_of(step_s, phases, starts, 3, wide, 2);
    for (int j = 0; j < 3; j++)
        near(step_s[j], 2 * (1 + j), 1e-9);
    steps_of(step_s, phases, starts, 3, narrow, 2);
    near(step_s[0], 1 / (2.5 / 3), 1e-9);
    near(step_s[1], 2 / (2.5 / 3), 1e-9);
    near(step_s[2], 3 * 6, 1e-9);
}

void computing_hides_what_sharing_costs(void **state) {
    (void)state;
    /* Begun together traffic of 1 s takes 2 s; with 1.5 s of computing beside it 0.5 s of that show, with 3 s
     * nothing. */
    struct dh_contention_phase phases[2] = {phase_of(1, 1.5, 1), phase_of(1, 1.5, 1)};
    double step_s[2], starts[2] = {0, 0};
    steps_of(step_s, phases, starts, 2, one, 1);
    near(step_s[0], 3, 1e-12);
    phases[0].window_s = phases[1].window_s = 3;
    steps_of(step_s, phases, starts, 2, one, 1);
    near(step_s[0], 4, 1e-12);
    near(step_s[1], 4, 1e-12);
}

void jobs_of_different_length_drift_through_all_distances(void **state) {
    (void)state;
    /* A short burst of a job with an irrational step falls anywhere in the other's steps. To first order in
     * the bursts, a step of q seconds meets one of the other's bursts with probability (a + b)/step, and
     * bursts a and b that begin x apart (x even from -a to b) both end min(a, b, overlap) later: the mean
     * over x of the overlap is a b/(a + b). */
    double a = 0.01, b = 0.02, qa = 1, qb = 1.6180339887498949;
    struct dh_contention_phase phases[2] = {phase_of(qa, 0, a), phase_of(qb, 0, b)};
    struct dh_contention_job jobs[2] = {
        {&phases[0], 1, 0.1},
        {&phases[1], 1, 0.6}
    };
    struct dh_contention_limits limits = {20000, 1e-5, 1000000};
    struct dh_contention_result r;
    double step_s[2];
    assert_int_equal(dh_contention_steps(step_s, jobs, 2, one, 1, &limits, &r), DH_OK);
    near(step_s[0] - (qa + a), a * b / (qb + b), 0.1);
    near(step_s[1] - (qb + b), a * b / (qa + a), 0.1);
    assert_true(r.n_event < limits.max_event + 3);
}

void only_links_that_can_be_full_couple_jobs(void **state) {
    (void)state;
    struct dh_contention_phase phases[3] = {phase_of(1, 0, 1), phase_of(1, 0, 1), phase_of(2, 0, 0.5)};
    double step_s[3], starts[3] = {0, 0, 0}, two[] = {3, 0.5};
    struct dh_contention_result r = steps_of(step_s, phases, starts, 3, two, 2);
    assert_true(r.n_coupled == 0 && r.n_event == 0);
    assert_true(step_s[0] == 2 && step_s[1] == 2 && step_s[2] == 2.5);
    /* alone over a link of half of what it would send */
    phases[2].links = both_links;
    phases[2].n_link = 2;
    r = steps_of(step_s, phases, starts, 3, two, 2);
    assert_true(r.n_coupled == 0 && step_s[0] == 2 && step_s[2] == 3);
    /* a link that has failed: who needs it stands still, and is not in the others' way */
    two[0] = 2;
    two[1] = 0;
    r = steps_of(step_s, phases, starts, 3, two, 2);
    assert_true(r.n_coupled == 0 && step_s[0] == 2 && step_s[2] == INFINITY);
    two[1] = 0.5;
    r = steps_of(step_s, phases, starts, 3, two, 2);
    assert_true(r.n_coupled == 3 && step_s[2] > 3 - 1e-9 && step_s[0] > 2);
}

/* Of n random jobs on one link: how far the means that are taken are from those of long runs. */
static void compare_with_long_runs(int32_t n, int runs, double *mean, double *worst) {
    enum { MOST = 24 };
    struct dh_rng rng = dh_rng_stream(2, DH_RNG_TEST, (uint64_t)n);
    *mean = *worst = 0;
    for (int i = 0; i < runs; i++) {
        struct dh_contention_phase phases[MOST];
        struct dh_contention_job jobs[MOST];
        struct dh_contention_limits standard = dh_contention_standard(n), longer = {2000, 1e9, 10000000};
        struct dh_contention_result r;
        double step_s[MOST], long_s[MOST], capacity = 0.4 * n;
        for (int32_t j = 0; j < n; j++) {
            phases[j] = phase_of(2 * dh_rng_uniform(&rng), 0, 0.2 + dh_rng_uniform(&rng));
            jobs[j] = (struct dh_contention_job){&phases[j], 1, dh_rng_uniform(&rng)};
        }
        assert_int_equal(dh_contention_steps(step_s, jobs, n, &capacity, 1, &standard, &r), DH_OK);
        assert_true(r.n_event <= standard.max_event + n);
        assert_int_equal(dh_contention_steps(long_s, jobs, n, &capacity, 1, &longer, &r), DH_OK);
        for (int32_t j = 0; j < n; j++) {
            double off = fabs(step_s[j] / long_s[j] - 1);
            *worst = fmax(*worst, off);
            *mean += off / (runs * n);
        }
    }
}

void means_that_stand_are_those_of_long_runs(void **state) {
    (void)state;
    double mean, worst;
    compare_with_long_runs(4, 40, &mean, &worst);
    /* who drifts by hardly a step has a mean over years that is not that of hours */
    if (!(worst < 0.1 && mean < 0.007))
        fail_msg("4 jobs: %g, %g at most", mean, worst);
    compare_with_long_runs(24, 3, &mean, &worst);
    if (!(worst < 0.05 && mean < 0.007))
        fail_msg("24 jobs: %g, %g at most", mean, worst);
}

void contention_is_bounded_work(void **state) {
    (void)state;
    /* One has made a million steps before the other has made one. */
    struct dh_contention_phase phases[2] = {phase_of(0, 0, 1e-3), phase_of(1000, 0, 1000)};
    struct dh_contention_job jobs[2] = {
        {&phases[0], 1, 0},
        {&phases[1], 1, 0}
    };
    struct dh_contention_limits limits = {4, 1e-3, 5000};
    struct dh_contention_result r;
    double step_s[2];
    assert_int_equal(dh_contention_steps(step_s, jobs, 2, one, 1, &limits, &r), DH_OK);
    assert_true(!r.settled && r.n_event <= 5002);
    assert_true(step_s[0] >= 1e-3 && step_s[1] >= 2000 && step_s[1] < 3000.0001);
}

void contention_refuses_what_is_none(void **state) {
    (void)state;
    struct dh_contention_limits limits = dh_contention_standard(1);
    double step_s, capacity = 1;
    struct dh_contention_phase p = phase_of(1, 0, 1);
    struct dh_contention_job job = {&p, 1, 0};
    assert_int_equal(dh_contention_steps(&step_s, &job, 1, &capacity, 1, &limits, NULL), DH_OK);
    assert_int_equal(dh_contention_steps(&step_s, &job, 1, &capacity, 0, &limits, NULL), DH_ERR_RANGE);
    double bad[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(dh_contention_steps(&step_s, &job, 1, &bad[i], 1, &limits, NULL), DH_ERR_RANGE);
        struct dh_contention_phase q[] = {phase_of(bad[i], 0, 1), phase_of(0, bad[i], 1),
                                          phase_of(0, 0, bad[i])};
        for (int k = 0; k < 3; k++) {
            struct dh_contention_job other = {&q[k], 1, 0};
            assert_int_equal(dh_contention_steps(&step_s, &other, 1, &capacity, 1, &limits, NULL),
                             DH_ERR_RANGE);
        }
    }
    p.network_s = 0;
    assert_int_equal(dh_contention_steps(&step_s, &job, 1, &capacity, 1, &limits, NULL), DH_ERR_RANGE);
    job.n_phase = 0;
    assert_int_equal(dh_contention_steps(&step_s, &job, 1, &capacity, 1, &limits, NULL), DH_ERR_RANGE);
}
