#include "tests/tests.h"

#include "sim/api/kriging.h"

#include <math.h>

enum { N = 40 };

/* Points of a lattice that fills the square (H. Niederreiter: multiples of the golden ratio), categories in
 * turn. */
static void fill(double x[N][3]) {
    for (int i = 0; i < N; i++) {
        x[i][0] = (i + 0.5) / N;
        x[i][1] = fmod(i * 0.6180339887498949, 1);
        x[i][2] = i % 3;
    }
}

static double smooth(const double *x) {
    return sin(4 * x[0]) + 2 * x[1] * x[1] + (x[2] == 1 ? 3 : x[2] == 2 ? -1 : 0);
}

void kriging_knows_what_it_saw_and_guesses_what_lies_between(void **state) {
    (void)state;
    struct dh_kriging_space space = {
        .n = 3, .categories = {0, 0, 3}
    };
    double x[N][3], y[N], hyper[4], mean, deviation, worst = 0, worst_seen = 0, off[3] = {0.43, 0.37, 1};
    fill(x);
    for (int i = 0; i < N; i++)
        y[i] = smooth(x[i]);
    dh_kriging_start(&space, hyper);
    struct dh_kriging *k = dh_kriging_fit(&space, N, x[0], y, hyper, true);
    assert_non_null(k);
    for (int i = 0; i < N; i++) {
        dh_kriging_predict(k, x[i], &mean, &deviation);
        worst_seen = fmax(worst_seen, fabs(mean - y[i]));
    }
    assert_true(worst_seen < 0.02); /* of a range of some seven */
    for (int i = 1; i < 9; i++)
        for (int c = 0; c < 3; c++) {
            double at[3] = {i / 9.0, fmod(i * 0.37, 1), c}, alone;
            dh_kriging_predict(k, at, &mean, &deviation);
            dh_kriging_predict(k, at, &alone, NULL);
            assert_true(alone == mean);
            worst = fmax(worst, fabs(mean - smooth(at)));
            assert_true(fabs(mean - smooth(at)) < 5 * deviation + 0.05);
        }
    assert_true(worst < 0.25);
    double near_seen;
    dh_kriging_predict(k, x[7], &mean, &near_seen);
    dh_kriging_predict(k, off, &mean, &deviation);
    assert_true(near_seen < deviation); /* surer where it was */
    dh_kriging_free(k);
}

void kriging_of_a_constant_or_a_point_is_that(void **state) {
    (void)state;
    struct dh_kriging_space space = {.n = 1};
    double x[3] = {0, 0.5, 1}, same[3] = {4, 4, 4}, hyper[2], mean, deviation, at = 0.3;
    for (int n = 1; n <= 3; n++) {
        dh_kriging_start(&space, hyper);
        struct dh_kriging *k = dh_kriging_fit(&space, n, x, same, hyper, true);
        assert_non_null(k);
        dh_kriging_predict(k, &at, &mean, &deviation);
        assert_true(fabs(mean - 4) < 1e-9);
        assert_true(fabs(deviation - 0) < 1e-9);
        dh_kriging_free(k);
    }
    assert_null(dh_kriging_fit(&space, 0, x, same, hyper, true));
}
