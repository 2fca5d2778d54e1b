/* Statistics over independent replications, for tests against exact answers. */
#ifndef DH_TESTS_STAT_H
#define DH_TESTS_STAT_H

#include <stdbool.h>

/* The mean of n >= 2 replications and Student's interval mean +- half_width at the confidence (0.999). */
struct stat_interval {
    double mean, half_width;
};

struct stat_interval stat_t_interval(const double *x, int n, double confidence);

/* What the project asks of a stochastic oracle: the exact value lies inside, and the interval is narrow. */
bool stat_contains(struct stat_interval i, double exact);
double stat_relative_half_width(struct stat_interval i); /* half_width / |mean| */

#endif
