#include "models/finance.h"
#include "sim/math.h"
#include "sim/sum.h"

#include <math.h>

double dh_finance_crf(double rate, double years) {
    /* -expm1(-n log1p(r)) = 1 - (1 + r)^-n without cancellation, so that small rates lead smoothly to 1 / n.
     */
    double discounted = -dh_expm1(-years * dh_log1p(rate));
    return discounted > 0 ? rate / discounted : 1 / years;
}

double dh_finance_yearly(double cost, double residual, double rate, double years) {
    double worth = residual * cost * dh_exp(-years * dh_log1p(rate)); /* of what is left, today */
    return (cost - worth) * dh_finance_crf(rate, years);
}

double dh_finance_npv(const double *flow, int32_t n, double rate) {
    struct dh_sum sum = {0};
    double factor = 1;
    for (int32_t t = 0; t < n; t++) {
        dh_sum_add(&sum, flow[t] / factor);
        factor *= 1 + rate;
    }
    return dh_sum_value(&sum);
}

double dh_finance_irr(const double *flow, int32_t n) {
    double low = -0.99, high = 10;
    double at_low = dh_finance_npv(flow, n, low);
    if ((at_low > 0) == (dh_finance_npv(flow, n, high) > 0))
        return NAN;
    while (high - low > 1e-13) {
        double middle = low + (high - low) / 2;
        if (middle == low || middle == high)
            break;
        if ((dh_finance_npv(flow, n, middle) > 0) == (at_low > 0))
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}
