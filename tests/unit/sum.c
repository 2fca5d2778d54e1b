#include "tests/tests.h"

#include "sim/sum.h"

void sum_keeps_what_rounding_takes(void **state) {
    (void)state;
    struct dh_sum s = {0};
    double plain = 0;
    for (int i = 0; i < 10000000; i++) {
        dh_sum_add(&s, 0.1);
        plain += 0.1;
    }
    /* 1e7 * 0.1 where 0.1 is the double: exact to the last place */
    assert_true(dh_sum_value(&s) == 1e7 * 0.1);
    assert_true(fabs(plain - 1e6) > 1e-5); /* so the test can tell the difference */
}

/* Neumaier's own example: Kahan's sum gives 0. */
void sum_survives_terms_larger_than_itself(void **state) {
    (void)state;
    struct dh_sum s = {0};
    double terms[] = {1.0, 1e100, 1.0, -1e100};
    for (int i = 0; i < 4; i++)
        dh_sum_add(&s, terms[i]);
    assert_true(dh_sum_value(&s) == 2.0);
    dh_sum_add(&s, INFINITY);
    assert_true(isinf(dh_sum_value(&s)));
}
