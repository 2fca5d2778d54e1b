/* Capital over time: annuities, net present value, internal rate of return. Amounts in any one currency,
 * rates a year as shares (0.08), times in years. */
#ifndef DH_MODELS_FINANCE_H
#define DH_MODELS_FINANCE_H

#include <stdint.h>

/* Capital recovery factor: the yearly payment that repays 1 in n years at rate r: r (1 + r)^n / ((1 + r)^n -
 * 1), and 1 / n at r = 0. (L. Blank and A. Tarquin, Engineering Economy, table of factors.) r >= 0, years >
 * 0, whole or not. */
double dh_finance_crf(double rate, double years);

/* Yearly charge for depreciation and cost of capital of an asset that is worth residual x cost at the end. */
double dh_finance_yearly(double cost, double residual, double rate, double years);

/* Sum of flow[t] / (1 + rate)^t, t = 0 .. n - 1; year 0 undiscounted. rate > -1. */
double dh_finance_npv(const double *flow, int32_t n, double rate);

/* Rate in (-0.99, 10) at which the NPV is zero, to 1e-13; NAN when the NPV has the same sign at both ends. */
double dh_finance_irr(const double *flow, int32_t n);

#endif
