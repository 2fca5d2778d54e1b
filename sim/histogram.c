#include "sim/histogram.h"
#include "sim/math.h"

#include <math.h>

static const double FIRST = 1e-6;
/* Bins of 2 %: 1512 of them reach from 1e-6 to 1e7, and a bin's middle is within 1 % of all in it. */
static const double LOG_RATIO = 0.01980262729617973; /* ln 1.02 */

void dh_histogram_add(struct dh_histogram *h, double value, double weight) {
    if (isnan(value) || !(weight > 0))
        return;
    double at = value > FIRST ? floor(dh_log(value / FIRST) / LOG_RATIO) : 0;
    h->weight[at < DH_HISTOGRAM_BINS - 1 ? (int32_t)at : DH_HISTOGRAM_BINS - 1] += weight;
    h->total += weight;
}

double dh_histogram_quantile(const struct dh_histogram *h, double share) {
    double below = 0;
    if (!(h->total > 0))
        return NAN;
    for (int32_t i = 0; i < DH_HISTOGRAM_BINS; i++) {
        below += h->weight[i];
        if (below >= share * h->total && h->weight[i] > 0)
            return FIRST * dh_exp((i + 0.5) * LOG_RATIO);
    }
    return FIRST * dh_exp(DH_HISTOGRAM_BINS * LOG_RATIO); /* rounding of the sum */
}
