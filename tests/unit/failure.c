/* Laws of failure and repair, what checkpoints save, and nodes that leave the pool. */
#include "models/failure.h"
#include "models/job.h"
#include "models/pool.h"
#include "sim/math.h"

#include <math.h>

static double mean_of(const struct dh_failure_law *law, bool repair, int n, double *second) {
    double sum = 0, square = 0;
    for (int k = 0; k < n; k++) {
        struct dh_rng rng = dh_failure_stream(7, DH_RNG_TEST, dh_rng_entity("unit#1"), (uint32_t)k);
        double x = repair ? dh_failure_repair_s(law, &rng) : dh_failure_life_s(law, &rng);
        sum += x;
        square += x * x;
    }
    *second = square / n;
    return sum / n;
}

void failure_laws_have_the_mean_of_their_parameters(void **state) {
    (void)state;
    enum { N = 40000 };
    /* Mean and coefficient of variation; of Weibull with shape 2: sqrt(4/pi - 1); lognormal: sqrt(e^s2 - 1).
     */
    const struct {
        struct dh_failure_law law;
        bool repair;
        double mean, cv;
    } rows[] = {
        {{.life = DH_LIFE_EXPONENTIAL, .mtbf_s = 500, .hurry = 1},                                    false, 500, 1            },
        {{.life = DH_LIFE_WEIBULL, .mtbf_s = 500, .shape = 2, .hurry = 1},                            false, 500, 0.52272320088},
        {{.life = DH_LIFE_WEIBULL, .mtbf_s = 500, .shape = 0.7, .hurry = 1},                          false, 500, 1.46242      },
        {{.repair = DH_REPAIR_LOGNORMAL, .mttr_s = 60, .sigma = 0.8, .mtbf_s = INFINITY, .hurry = 1},
         true,                                                                                               60,
         0.94683                                                                                                               },
        {{.repair = DH_REPAIR_EXPONENTIAL, .mttr_s = 60, .mtbf_s = INFINITY, .hurry = 1},             true,  60,  1            },
        {{.repair = DH_REPAIR_FIXED, .mttr_s = 60, .mtbf_s = INFINITY, .hurry = 1},                   true,  60,  0            },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dh_failure_law law = rows[i].law;
        dh_failure_law_prepare(&law);
        double second, mean = mean_of(&law, rows[i].repair, N, &second),
                       cv = sqrt(second / (mean * mean) - 1);
        /* Five standard errors of the mean; the second moment converges more slowly. */
        assert_true(fabs(mean - rows[i].mean) <= 5 * rows[i].mean * rows[i].cv / sqrt(N) + 1e-9);
        assert_true(!(fabs(cv - rows[i].cv) > 0.08 * rows[i].cv + 1e-6));
    }
    struct dh_failure_law never = {.mtbf_s = INFINITY, .hurry = 1};
    struct dh_rng rng = dh_rng_stream(1, DH_RNG_TEST, 1);
    assert_true(isinf(dh_failure_life_s(&never, &rng)));
    assert_true(fabs(dh_log_gamma(0.5) - 0.5723649429247001) < 1e-13); /* ln sqrt(pi) */
    assert_true(fabs(dh_log_gamma(101) - 363.73937555556349) < 1e-10); /* ln 100! */
}

/* P(an exponential life of mean 1000 is below 1) from lives drawn 500 times shorter: the mean of weight times
 * indicator is the true probability, where plain draws would see one in a thousand. */
void biased_lives_weigh_what_they_should(void **state) {
    (void)state;
    enum { N = 20000 };
    struct dh_failure_law law = {.mtbf_s = 1000, .hurry = 500};
    dh_failure_law_prepare(&law);
    double sum = 0, square = 0, exact = -expm1(-1.0 / 1000);
    for (int k = 0; k < N; k++) {
        struct dh_rng rng = dh_failure_stream(3, DH_RNG_TEST, 1, (uint32_t)k);
        double life = dh_failure_life_s(&law, &rng);
        double weight = life < 1 ? dh_exp(dh_failure_log_weight(&law, life, 1)) : 0;
        sum += weight;
        square += weight * weight;
    }
    double mean = sum / N, error = sqrt((square / N - mean * mean) / N);
    assert_true(error < 0.03 * exact);
    assert_true(fabs(mean - exact) < 4 * error);
}

void checkpoints_divide_a_job_into_pieces(void **state) {
    (void)state;
    struct dh_job job = {.work = 1000, .checkpoint = 300, .checkpoint_write = 10};
    /* 300 + 10 | 300 + 10 | 300 + 10 | 100: none is written at the end */
    assert_int_equal(dh_job_wall(&job, 1000), 1030);
    assert_int_equal(dh_job_wall(&job, 300), 300);
    assert_int_equal(dh_job_wall(&job, 900), 920);
    static const int64_t walls[][3] = {
  /* under way, useful, saved */
        {0,    0,    0  },
        {299,  299,  0  },
        {305,  300,  0  },
        {310,  300,  300},
        {610,  600,  300},
        {620,  600,  600},
        {1030, 1000, 900},
    };
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
        assert_int_equal(dh_job_useful(&job, walls[i][0]), walls[i][1]);
        assert_int_equal(dh_job_saved(&job, walls[i][0]), walls[i][2]);
    }
    struct dh_job_run run = {.saved = 600};
    dh_job_plan(&job, &run, 50);
    assert_int_equal(run.remaining, 50 + 400 + 10);
    struct dh_job plain = {.work = 1000};
    assert_int_equal(dh_job_wall(&plain, 1000), 1000);
    assert_int_equal(dh_job_saved(&plain, 999), 0);
    assert_int_equal(dh_job_useful(&plain, 999), 999);
}

void checkpoints_written_behind_the_work_count_once_they_are_there(void **state) {
    (void)state;
    struct dh_job job = {.work = 1000, .checkpoint = 300, .checkpoint_write = 10, .checkpoint_drain = 200};
    assert_int_equal(dh_job_wall(&job, 1000), 1030); /* no longer than without: it goes on meanwhile */
    static const int64_t walls[][3] = {
  /* under way, useful, saved: the first is there at 310 + 200 */
        {310,  300,  0  },
        {509,  499,  0  },
        {510,  500,  300},
        {819,  799,  300},
        {820,  800,  600},
        {1030, 1000, 600},
    };
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
        assert_int_equal(dh_job_useful(&job, walls[i][0]), walls[i][1]);
        assert_int_equal(dh_job_saved(&job, walls[i][0]), walls[i][2]);
    }
    assert_int_equal(dh_job_saved(&job, 100), 0);
}

void nodes_that_are_down_take_no_job(void **state) {
    (void)state;
    static const int32_t gpus[] = {8, 8, 8, 4}, racks[] = {0, 0, 1, 1};
    struct dh_pool pool, trial;
    assert_int_equal(dh_pool_init(&pool, 4, gpus, 2, racks, DH_PLACEMENT_PACKED), DH_OK);
    assert_int_equal(dh_pool_init_like(&trial, &pool), DH_OK);
    dh_pool_set_down(&pool, 1, true);
    dh_pool_set_down(&pool, 1, true); /* once is enough */
    assert_int_equal(pool.n_down_gpu, 8);
    assert_int_equal(dh_pool_free_gpus(&pool), 20);
    assert_int_equal(pool.n_busy_gpu + pool.n_free_gpu + pool.n_down_gpu, pool.n_gpu);
    assert_int_equal(pool.n_busy_node, 0);
    struct dh_job large = {.gpus = 24}, two = {.gpus = 16};
    struct dh_job_run run = {0};
    bool taken;
    assert_false(dh_pool_fits(&pool, &large));
    assert_true(dh_pool_could_ever(&pool, &large)); /* it waits for the repair */
    assert_int_equal(dh_pool_take(&pool, &two, &run, &taken), DH_OK);
    assert_true(taken && run.n_segment == 2 && run.segments[0].node == 0 && run.segments[1].node == 2);
    /* Copies see it, also those that begin empty. */
    dh_pool_copy(&trial, &pool);
    assert_int_equal(dh_pool_free_gpus(&trial), 4);
    dh_pool_empty(&trial);
    assert_int_equal(dh_pool_free_gpus(&trial), 20);
    assert_false(dh_pool_fits(&trial, &large));
    dh_pool_give(&pool, &run);
    dh_pool_set_down(&pool, 1, false);
    assert_int_equal(dh_pool_free_gpus(&pool), 28);
    assert_true(dh_pool_fits(&pool, &large));
    dh_pool_free(&trial);
    dh_pool_free(&pool);
}
