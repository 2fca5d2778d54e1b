/* Weights by size in bins of equal ratio: quantiles of what is too much to keep, to 1 % of their value.
 * Adding is a logarithm and an index; two histograms of the same data are equal bit for bit (C. Masson et
 * al., DDSketch, VLDB 2019, the same bins). */
#ifndef DH_SIM_HISTOGRAM_H
#define DH_SIM_HISTOGRAM_H

#include <stdint.h>

/* Values from 1e-6 to 1e7; what lies outside counts in the first or last bin. */
enum { DH_HISTOGRAM_BINS = 1512 };

struct dh_histogram {
    double weight[DH_HISTOGRAM_BINS];
    double total;
};

void dh_histogram_add(struct dh_histogram *h, double value,
                      double weight); /* weight >= 0; NaN: not counted */
/* Value below which this share of the weight lies; the bin's middle. NAN: empty. */
double dh_histogram_quantile(const struct dh_histogram *h, double share);

#endif
