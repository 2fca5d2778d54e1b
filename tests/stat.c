#include "tests/stat.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

struct stat_interval stat_t_interval(const double *x, int n, double confidence) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    double mean = sum / n;
    for (int i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    double t = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, n - 1);
    return (struct stat_interval){mean, t * sqrt(squares / (n - 1) / n)};
}

bool stat_contains(struct stat_interval i, double exact) {
    /* a quantity without any spread (all replications equal) is compared to rounding */
    double slack = 1e-12 * fabs(exact);
    return fabs(exact - i.mean) <= i.half_width + slack;
}

double stat_relative_half_width(struct stat_interval i) {
    return i.half_width / fabs(i.mean);
}
