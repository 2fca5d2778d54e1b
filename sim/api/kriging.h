/* Kriging: what a function of several variables is likely to be where it was not evaluated.
 *
 * y(x) = trend + Gaussian process + noise. Trend: a constant and a line in each ordered variable, a step for
 * each category, by ridge regression, where there are data enough. Covariance: Matérn 5/2 in each ordered
 * variable, times exp(-theta) for each category that differs; one length (theta) a variable and one share of
 * noise, by the greatest likelihood with a weak prior on their logarithms (C. Rasmussen, C. Williams,
 * Gaussian Processes for Machine Learning, 2006, chapters 2, 4, 5; D. Jones, M. Schonlau, W. Welch, J. Global
 * Optimization 13, 1998). The variance is that of the process at its most likely scale. */
#ifndef DH_API_KRIGING_H
#define DH_API_KRIGING_H

#include <stdbool.h>
#include <stdint.h>

enum { DH_KRIGING_VARIABLES = 32 };

/* Variables: ordered ones from 0 to 1; categories as 0, 1, 2, … */
struct dh_kriging_space {
    int32_t n;
    int32_t categories[DH_KRIGING_VARIABLES]; /* 0: ordered */
};

struct dh_kriging;

/* n points of space->n values each. hyper (space->n + 1 logarithms) is where the likelihood is climbed from
 * and what it was found to be; climb false: it is taken as it is. NULL: no memory, or n < 1. */
struct dh_kriging *dh_kriging_fit(const struct dh_kriging_space *space, int32_t n, const double *x,
                                  const double *y, double *hyper, bool climb);
void dh_kriging_start(const struct dh_kriging_space *space, double *hyper);
/* deviation NULL: the mean alone, which is much faster. */
void dh_kriging_predict(const struct dh_kriging *k, const double *x, double *mean, double *deviation);
void dh_kriging_free(struct dh_kriging *k); /* NULL is allowed */

#endif
