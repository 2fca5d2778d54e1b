/* What to own of a capacity whose demand is uncertain, the rest being rented by use: the newsvendor's
 * question. A unit owned costs `own` each period whether used or not, demand above it `rent` a unit. Expected
 * cost own q + rent E[(D - q)+] is convex in q and least where P(D > q) = own / rent, the critical ratio
 * (K. Arrow, T. Harris, J. Marschak, Econometrica 19, 1951; S. Nahmias, Production and Operations Analysis,
 * chapter 5): for a discrete demand at the first value with P(D > q) <= own / rent. Laws by GSL: for what is
 * computed beside runs. */
#ifndef DH_SIM_API_RESERVE_H
#define DH_SIM_API_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

enum dh_demand_law {
    DH_DEMAND_DISCRETE,  /* values with their probabilities */
    DH_DEMAND_NORMAL,    /* mean, deviation */
    DH_DEMAND_LOGNORMAL, /* mean and deviation of the demand itself, not of its logarithm */
    DH_DEMAND_GAMMA,     /* likewise */
    DH_DEMAND_UNIFORM,   /* likewise: mean -+ sqrt(3) deviations */
    DH_DEMAND_POISSON    /* mean */
};
#define DH_DEMAND_LAWS "discrete|normal|lognormal|gamma|uniform|poisson"

struct dh_demand {
    enum dh_demand_law law;
    double mean, deviation;               /* > 0; of a discrete law both follow */
    const double *values, *probabilities; /* discrete: n values ascending, probabilities summing to 1 */
    int32_t n;
};

double dh_demand_mean(const struct dh_demand *demand);
/* P(D > q), and E[(D - q)+]. */
double dh_demand_above(const struct dh_demand *demand, double q);
double dh_demand_excess(const struct dh_demand *demand, double q);

/* own q + rent E[(D - q)+]. */
double dh_reserve_cost(const struct dh_demand *demand, double own, double rent, double q);
/* The q >= 0 of the least expected cost, 0 where owning is no cheaper than renting; of several equally cheap
 * ones the smallest. whole: among whole numbers. 0 < own, 0 < rent. */
double dh_reserve_best(const struct dh_demand *demand, double own, double rent, bool whole);

#endif
