/* Several runs of one scenario that differ in their seed alone, in processes of their own: inside. */
#ifndef DH_API_REPLICATE_H
#define DH_API_REPLICATE_H

#include <datahall/datahall.h>
#include "output/summary.h"

/* Figures of runs, a row each. */
struct dh_sample_table {
    struct dh_summary keys;     /* the numbers that the first run has, in its order; values are of that run */
    int32_t n_key, n_run, room; /* room: rows that values has */
    double *values;             /* [run * n_key + key]; NAN: that run lacks the key */
    int64_t first_seed;
    bool antithetic; /* runs 2 k and 2 k + 1 are the antithetic pair of seed first_seed + k */
};

/* Seed of a run of the struct dh_sample_table self. */
int64_t dh_sample_seed(const void *self, int32_t run);

/* Of replications; NULL of NULL. */
const struct dh_sample_table *dh_replications_table(const struct dh_replications *r);

/* Mean of n values, and the half-width of the 95 % interval of the mean by Student's distribution (NAN for
 * fewer than 2); standard deviation of the values. */
struct dh_interval {
    int32_t n;
    double mean, half_width, deviation, least, most;
    /* of pairs: variance of their mean to that of as many independent values (below 1: pairs help); else NAN
     */
    double variance_ratio;
};
struct dh_interval dh_interval_of(const double *values, int32_t n, int32_t stride);
/* The same where values 2 k and 2 k + 1 are an antithetic pair: the half-width is of the means of pairs,
 * which are independent; n, deviation, least and greatest are those of single values. Pairs of which one is
 * NAN count for nothing. */
struct dh_interval dh_interval_of_pairs(const double *values, int32_t n, int32_t stride);

#endif
