/* Sobol's indices: the share of a figure's variance that each value explains alone (first order), and with
 * all that it does together with others (total). */
#ifndef DH_API_SENSITIVITY_H
#define DH_API_SENSITIVITY_H

#include "sim/diag.h"

#include <stdint.h>

struct dh_indices {
    double first, first_low, first_high, total, total_low, total_high;
};

/* From n rows of 2 + k figures each: of a point of A, of one of B, and of the k points of A that have one
 * value of B, as the design sobol-indices makes them. Rows with a NAN count for nothing. First order by
 * Saltelli's estimator (A. Saltelli et al., Comput. Phys. Commun. 181(2), 2010, (b) of table 2) of figures
 * less their mean, total by Jansen's (M. Jansen, Comput. Phys. Commun. 117, 1999). Low and high: the 95 %
 * percentile interval of 1,000 bootstrap samples of rows (G. Archer, A. Saltelli, I. Sobol', J. Stat. Comput.
 * Simul. 58(2), 1997), drawn with the seed. All NAN where fewer than 4 rows are left or nothing varies.
 * DH_ERR_MEMORY. */
enum dh_err dh_sobol_indices(struct dh_indices *out, int32_t k, const double *rows, int32_t n, int64_t seed);

#endif
