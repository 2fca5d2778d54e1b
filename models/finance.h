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

/* Value left of 1 after so many years when each takes a share (0.25 to 0.35 for GPUs). */
double dh_finance_declining(double share, double years);

/* Levelised cost of a GPU-hour: what it costs to own and run one GPU with its share of everything, all money
 * in one currency. */
struct dh_gpu_cost {
    double it, network;     /* purchase for each GPU */
    double facility_per_kw; /* building and plant for each kW of critical IT load */
    double kw;              /* IT power for each GPU, CPU, network and switches included */
    double rate;            /* cost of capital a year */
    double it_years, network_years, facility_years;
    double it_upkeep, network_upkeep, facility_upkeep; /* yearly, shares of the purchase */
    double pue, load_factor;
    double energy_per_kwh, demand_per_kw_month;
    double staff, software, water, carbon; /* a year for each GPU */
    double used, goodput;                  /* shares of the hours sold, and of those that do work */
};
struct dh_gpu_hour {
    double owned;    /* for each hour that it exists */
    double utilised; /* for each hour that is used and does work */
    double energy;   /* energy's part of `owned` */
};
struct dh_gpu_hour dh_finance_gpu_hour(const struct dh_gpu_cost *cost);

#endif
