/* The statistics that judge the stochastic tests are judged themselves. */
#include "tests/tests.h"

#include "sim/rng.h"
#include "tests/stat.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* Student's t quantiles (tables of W. S. Gosset's distribution, e.g. Abramowitz and Stegun 26.10). */
void t_interval_uses_students_quantiles(void **state) {
    (void)state;
    double x[20];
    for (int i = 0; i < 20; i++)
        x[i] = i % 2 ? 1 : -1; /* sample variance 20/19 */
    struct stat_interval ci = stat_t_interval(x, 20, 0.999);
    assert_true(fabs(ci.mean) < 1e-15);
    assert_true(fabs(ci.half_width - 3.883405852592084 * sqrt(1.0 / 19)) < 1e-9);
    double two[2] = {0, 2};
    ci = stat_t_interval(two, 2, 0.95);
    assert_true(ci.mean == 1 && fabs(ci.half_width - 12.706204736174705) < 1e-9);
    assert_true(stat_contains(ci, 13.7) && !stat_contains(ci, 13.71));
}

/* 1000 intervals at 95 %: 913 to 980 hits; a right program is outside with probability below 1e-6, and
 * intervals that are too wide fail as well. */
void t_interval_covers_as_often_as_it_says(void **state) {
    (void)state;
    int hits = 0;
    for (int e = 0; e < 1000; e++) {
        struct dh_rng rng = dh_rng_stream(3, DH_RNG_TEST, (uint64_t)e);
        double x[20];
        for (int i = 0; i < 20; i++)
            x[i] = dh_rng_normal(&rng, 5, 2);
        hits += stat_contains(stat_t_interval(x, 20, 0.95), 5);
    }
    assert_in_range(hits, 913, 980);
}
