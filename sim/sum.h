/* Long sums: Neumaier's compensated accumulator (A. Neumaier, ZAMM 54, 1974). The error of the sum does not
 * grow with the number of terms, and the result depends only on the order of the terms. */
#ifndef DH_SIM_SUM_H
#define DH_SIM_SUM_H

#include <math.h>

/* {0} is an empty sum. */
struct dh_sum {
    double sum, carry; /* carry: what rounding took from sum so far */
};

static inline void dh_sum_add(struct dh_sum *s, double term) {
    double t = s->sum + term;
    if (fabs(s->sum) >= fabs(term))
        s->carry += (s->sum - t) + term;
    else
        s->carry += (term - t) + s->sum;
    s->sum = t;
}

/* Not finite terms make the value not finite: inf stays inf, NaN stays NaN. */
static inline double dh_sum_value(const struct dh_sum *s) {
    return isfinite(s->sum) ? s->sum + s->carry : s->sum;
}

#endif
