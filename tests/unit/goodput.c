/* Costs of checkpoints, and goodput in closed form against sums over attempts that do not use it. */
#include "tests/tests.h"

#include "models/checkpoint.h"
#include "models/goodput.h"

#include <math.h>

static void about(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

void a_checkpoint_costs_what_its_bytes_take(void **state) {
    (void)state;
    /* 70 billion parameters of 14 B on 1,024 GPUs: 980 GB, 957 MB a GPU. */
    double bytes = dh_checkpoint_bytes(70e9, 14);
    about(bytes, 980e9, 1e-15);
    struct dh_checkpoint_cost c = dh_checkpoint_cost_of(bytes, 1024, 50e9, 100e9, true);
    about(c.blocking_s, 0.019140625, 1e-12);
    about(c.drain_s, 9.8, 1e-12);
    c = dh_checkpoint_cost_of(bytes, 1024, 50e9, 100e9, false);
    about(c.blocking_s, 9.819140625, 1e-12);
    assert_true(c.drain_s == 0);
    /* Behind the work the interval is the optimum of what blocks, but the next waits for the storage. */
    struct dh_checkpoint_cost slow = {.blocking_s = 10, .drain_s = 100};
    about(dh_checkpoint_interval(DH_CHECKPOINT_OPTIMAL, slow, 3600), 261.70331270177846427, 1e-13);
    about(dh_checkpoint_interval(DH_CHECKPOINT_YOUNG, slow, 3600), 268.32815729997476357, 1e-13);
    slow.drain_s = 400;
    assert_true(dh_checkpoint_interval(DH_CHECKPOINT_DALY, slow, 3600) == 400);
    assert_true(dh_checkpoint_interval(DH_CHECKPOINT_OPTIMAL, slow, INFINITY) == 0);
    assert_true(dh_checkpoint_interval(DH_CHECKPOINT_OPTIMAL, (struct dh_checkpoint_cost){0}, 3600) ==
                DH_CHECKPOINT_LEAST_S);
}

/* What a scenario says, and what it must not. */
static enum dh_err reads(struct dh_checkpoints_spec spec, struct dh_checkpoint_cost *cost) {
    struct dh_diag diag = {0};
    enum dh_err err = dh_checkpoint_cost_read(&spec, 100, cost, &diag);
    dh_diag_free(&diag);
    return err;
}

void checkpoints_of_a_scenario_say_enough_and_not_too_much(void **state) {
    (void)state;
    struct dh_checkpoints_spec none = {.interval_s = NAN,
                                       .size_b = NAN,
                                       .parameters = NAN,
                                       .parameter_b = 14,
                                       .storage_b_per_s = NAN,
                                       .write_s = NAN,
                                       .copy_b_per_s = 50e9,
                                       .blocking_s = NAN},
                               s = none;
    struct dh_checkpoint_cost cost;
    assert_int_equal(reads(none, &cost), DH_ERR_MISSING);
    s.size_b = 1e12;
    assert_int_equal(reads(s, &cost), DH_ERR_MISSING);
    s.storage_b_per_s = 1e11;
    assert_int_equal(reads(s, &cost), DH_OK);
    about(cost.blocking_s, 10.2, 1e-12);
    s.asynchronous = true;
    assert_int_equal(reads(s, &cost), DH_OK);
    assert_true(fabs(cost.blocking_s - 0.2) < 1e-12 && fabs(cost.drain_s - 10) < 1e-12);
    s.parameters = 1e9;
    assert_int_equal(reads(s, &cost), DH_ERR_VALUE);
    s = none;
    s.write_s = 7;
    assert_int_equal(reads(s, &cost), DH_OK);
    assert_true(cost.blocking_s == 7 && cost.drain_s == 0);
    s.asynchronous = true, s.blocking_s = 2;
    assert_int_equal(reads(s, &cost), DH_OK);
    assert_true(cost.blocking_s == 2 && cost.drain_s == 7);
    s.storage_b_per_s = 1;
    assert_int_equal(reads(s, &cost), DH_ERR_VALUE);
}

/* By the definition: attempts end within a small step of time; what each came to by then is counted. */
static void by_steps(const struct dh_goodput_plan *p, double restart_s, double per_s, double share[4]) {
    enum { STEPS = 400000 };
    double period = p->interval_s + p->blocking_s, step = 20 / per_s / STEPS, all = 0;
    share[0] = share[1] = share[2] = share[3] = 0; /* saved, restart, checkpoint, rework */
    for (int i = 0; i < STEPS; i++) {
        double life = (i + 0.5) * step, weight = exp(-life * per_s);
        double work = life > restart_s ? life - restart_s : 0, piece = fmod(work, period);
        double done =
            work - floor(work / period) * p->blocking_s - (piece > p->interval_s ? piece - p->interval_s : 0);
        double saved = work > p->drain_s ? floor((work - p->drain_s) / period) * p->interval_s : 0;
        share[0] += weight * saved;
        share[1] += weight * (life - work);
        share[2] += weight * (work - done);
        share[3] += weight * (done - saved);
        all += weight * life;
    }
    for (int k = 0; k < 4; k++)
        share[k] /= all;
}

void goodput_is_that_of_attempts_one_by_one(void **state) {
    (void)state;
    static const double rows[][5] = {
  /* failures a hour, interval, blocking, drain, restart in s */
        {1,    262,  10, 0,   30 },
        {1,    600,  10, 500, 300},
        {0.1,  1800, 1,  900, 600},
        {0.05, 600,  60, 0,   0  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double *r = rows[i];
        struct dh_goodput_plan plan = {
            .interval_s = r[1], .blocking_s = r[2], .drain_s = r[3], .available = 1};
        struct dh_goodput_cause cause = {.per_s = r[0] / 3600, .restart_s = r[4]};
        struct dh_goodput g;
        double share[4];
        dh_goodput(&plan, &cause, 1, &g, NULL);
        by_steps(&plan, r[4], cause.per_s, share);
        assert_true(fabs(g.goodput - share[0]) < 1e-5 && fabs(g.loss.restart - share[1]) < 1e-5);
        assert_true(fabs(g.checkpoint - share[2]) < 1e-5 && fabs(g.loss.rework - share[3]) < 1e-5);
        assert_true(g.ettr == g.goodput);
        if (r[3] == 0)
            about(g.goodput, dh_checkpoint_goodput(r[1], r[2], r[4], 3600 / r[0]), 1e-14);
    }
}

void losses_of_causes_add_up_to_the_time(void **state) {
    (void)state;
    struct dh_goodput_plan plan = {.interval_s = 900, .blocking_s = 20, .drain_s = 60, .available = 0.97};
    struct dh_goodput_cause causes[] = {
        {.per_s = 2e-5, .restart_s = 300, .wait_s = 0  },
        {.per_s = 1e-5, .restart_s = 900, .wait_s = 600},
        {.per_s = 0,    .restart_s = 9e9, .wait_s = 9e9}  /* never */
    };
    struct dh_goodput g;
    struct dh_goodput_loss by[3];
    dh_goodput(&plan, causes, 3, &g, by);
    about(g.ettr + g.checkpoint + g.loss.rework + g.loss.restart + g.loss.waiting, 1, 1e-14);
    about(by[0].rework + by[1].rework, g.loss.rework, 1e-14);
    about(by[0].restart + by[1].restart, g.loss.restart, 1e-14);
    about(by[0].rework, 2 * by[1].rework, 1e-14);
    assert_true(by[2].rework == 0 && by[2].restart == 0 && by[2].waiting == 0 && by[0].waiting == 0);
    /* waiting: 3 % for want of nodes, and of the rest 600 s after each failure of the second, one in 100,000
     * s */
    about(by[1].waiting, 0.97 * 0.006 / 1.006, 1e-13);
    about(g.loss.waiting, 1 - 0.97 / 1.006, 1e-13);
    /* Nothing fails: only checkpoints and lack of nodes cost anything. */
    dh_goodput(&plan, causes + 2, 1, &g, by);
    about(g.goodput, 900.0 / 920, 1e-15);
    about(g.ettr + g.checkpoint + g.loss.waiting, 1, 1e-15);
}
