/* Two results side by side: what changed, why, and how sure that is. Works on numbers alone. */
#ifndef DH_OUTPUT_COMPARE_H
#define DH_OUTPUT_COMPARE_H

#include "output/summary.h"

#include <stdbool.h>
#include <stdint.h>

/* What one run, or several that differ in their seeds alone, came to. */
struct dh_compared {
    const char *name; /* of the scenario */
    struct dh_summary summary;
    int32_t n_run; /* replications; 0: none */
    int64_t *seeds;
    double *(*values); /* [entry of the summary][run]; NULL where that entry has none */
};

/* A figure of two results. With replications means of them, and the 95 % interval of the mean difference of
 * runs of the same seed (paired Student; common random numbers), and base and other those of these runs; low
 * and high NAN: fewer than two seeds in common. */
struct dh_delta {
    double base, other, delta, low, high;
    int32_t n_pair;
};
/* NAN where either lacks the key. */
struct dh_delta dh_compare_delta(const struct dh_compared *base, const struct dh_compared *other,
                                 const char *key);
/* Mean of a figure over its replications with the mean's 95 % interval (Student; NAN: fewer than two), or the
 * one value. NAN where the result lacks the key. */
struct dh_compared_mean {
    double mean, low, high;
};
struct dh_compared_mean dh_compare_mean(const struct dh_compared *c, const char *key);
/* Does the interval exclude zero? With a single run each, whether they differ at all: simulations of the same
 * seed have no noise of their own, but what another seed would give is not known. */
bool dh_delta_clear(const struct dh_delta *delta);

/* What a change is made of: parts that sum to `total`. */
enum { DH_CAUSES = 32 };
struct dh_causes {
    const char *unit;
    double total;
    int32_t n;
    struct {
        const char *name;
        double delta;
    } parts[DH_CAUSES];
};

/* Mean facility power, kW: nodes, losses in racks, parts of cooling, stages, house; "batteries" is what went
 * into those of UPS. */
void dh_compare_power(struct dh_causes *out, const struct dh_compared *base, const struct dh_compared *other);
/* Cost by part of the bill. */
void dh_compare_cost(struct dh_causes *out, const struct dh_compared *base, const struct dh_compared *other);
/* Location-based carbon, kg: what it changed by part of the energy, own sources, and grid intensity. Of
 * carbon = energy x intensity the change is d(energy) mean(intensity) + d(intensity) mean(energy): exact, and
 * alike in both directions (Shapley's value of two factors). */
void dh_compare_carbon(struct dh_causes *out, const struct dh_compared *base,
                       const struct dh_compared *other);

#endif
