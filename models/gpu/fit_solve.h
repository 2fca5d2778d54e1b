/* Robust regression of positive quantities (times of kernels) on the constants of a model: residuals
 * r_i = ln(predicted/measured), GSL's trust-region Levenberg-Marquardt, Cauchy weights 1/(1 + (r/(2.385
 * s))^2) by iteration with s = 1.4826 median |r| (Holland and Welsch 1977), from several starts. Samples that
 * end with less than a quarter of a full weight are outliers: they are counted, and the last step is without
 * them, as their pull is small but always to the same side.
 *
 * A constant v is fitted as x = ln(v - low) or, a share of something, as ln((v - low)/(high - v)), with a
 * weak prior: the starting value with a standard deviation of 3 of those units. Where the samples say
 * anything it weighs nothing; where they do not it keeps the fit in place.
 *
 * Intervals: Huber's covariance of M-estimators (1973, Annals of Statistics 1:799, with his correction for
 * the number of constants) and Student's quantile; where that interval is wide, hence the quadratic doubtful,
 * the profile likelihood instead: the constant is moved until the others cannot make up for it any more, also
 * from where other starts ended. A constant is not identified if its interval spans a decade (a share: half
 * of its range), or reaches a bound and more than a quarter of its value.
 *
 * The same samples give the same constants, on one machine and build: logarithms are libm's. */
#ifndef DH_MODELS_GPU_FIT_SOLVE_H
#define DH_MODELS_GPU_FIT_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

enum { DH_FIT_MAX_CONSTANTS = 10, DH_FIT_MAX_STARTS = 6, DH_FIT_STARTED = 2, DH_FIT_FOLDS = 5 };

enum dh_fit_scale {
    DH_FIT_LOG,   /* from low up */
    DH_FIT_SHARE, /* between low and high */
};

struct dh_fit_constant {
    const char *name; /* attribute in the catalog */
    double *at;       /* where the model reads it, SI */
    enum dh_fit_scale scale;
    double low, high; /* the value stays between */
    double least;     /* log: what is as good as low; the search for an interval ends there */
    double start;     /* centre of the prior, and the first start */

    /* found */
    double value, x, x_se; /* x and its standard error on the scale above */
    double interval_low, interval_high;
    bool identified;
};

/* A constant, by its number, that begins from another value; value 0: none. */
struct dh_fit_start {
    int32_t constant;
    double value;
};

struct dh_fit_problem {
    struct dh_fit_constant constants[DH_FIT_MAX_CONSTANTS];
    int32_t n_constant;
    int32_t
        n_needed; /* the first of them: the others may be left where the model has them, if samples are few */
    const struct dh_fit_start (*starts)[DH_FIT_STARTED]; /* further ones: what differs from the first */
    int32_t n_start;
    int32_t
        most_looks; /* around the best end, for a better one: 4 is plenty; 0 to compare forms of a model */

    /* Sample i as the model has it with the constants in their places, and as measured; both above 0. */
    double (*predict)(const void *self, int32_t i);
    const void *self;
    const double *measured;
    const int32_t *fold; /* 0 to DH_FIT_FOLDS - 1 */
    int32_t n;

    /* found */
    double scale; /* of residuals, robust */
    double loss;  /* mean |r|: compares fits of other forms of the model to the same samples */
    int32_t n_outlier;
    double others[2 * DH_FIT_MAX_CONSTANTS]
                 [DH_FIT_MAX_CONSTANTS]; /* what fits about as well, on the scales */
    int32_t n_other;
};

/* A constant from low (least is as good) to high; and a share. */
struct dh_fit_constant dh_fit_log(const char *name, double *at, double low, double least, double high,
                                  double start);
struct dh_fit_constant dh_fit_share(const char *name, double *at, double low, double start);

/* Fits, and leaves the constants in their places. false: out of memory, or a prediction that is no number. */
bool dh_fit_solve(struct dh_fit_problem *problem);

/* Standard errors and intervals; after dh_fit_solve. */
bool dh_fit_intervals(struct dh_fit_problem *problem);

/* Each fold predicted by constants fitted to the others: residuals[i] = ln(measured/predicted). The constants
 * are those of dh_fit_solve again at the end. */
bool dh_fit_cross_validate(struct dh_fit_problem *problem, double *residuals);

/* A value on a constant's scale, and back. */
double dh_fit_to_x(const struct dh_fit_constant *constant, double value);
double dh_fit_from_x(const struct dh_fit_constant *constant, double x);

/* Quantile of n ascending values, in a straight line between neighbours (R's type 7); NaN for none. */
double dh_fit_quantile(const double *ascending, int32_t n, double share);
void dh_fit_sort(double *values, int32_t n);

#endif
