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
};

/* Of replications; NULL of NULL. */
const struct dh_sample_table *dh_replications_table(const struct dh_replications *r);

/* Mean of n values, and the half-width of the 95 % interval of the mean by Student's distribution (NAN for
 * fewer than 2); standard deviation of the values. */
struct dh_interval {
    int32_t n;
    double mean, half_width, deviation, least, most;
};
struct dh_interval dh_interval_of(const double *values, int32_t n, int32_t stride);

#endif
