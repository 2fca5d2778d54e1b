#include "sim/api/reserve.h"

#include "sim/math.h"
#include "sim/sum.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* Sums of probabilities such as ten times 0.1 end beside what they mean: so far apart counts as equal. */
static const double EQUAL = 1e-12;

struct lognormal {
    double mu, sigma;
};

static struct lognormal lognormal_of(const struct dh_demand *d) {
    double variance = dh_log1p(d->deviation / d->mean * (d->deviation / d->mean));
    return (struct lognormal){dh_log(d->mean) - variance / 2, sqrt(variance)};
}

static double shape_of(const struct dh_demand *d) {
    return d->mean / d->deviation * (d->mean / d->deviation);
}

double dh_demand_mean(const struct dh_demand *d) {
    struct dh_sum sum = {0};
    if (d->law != DH_DEMAND_DISCRETE)
        return d->mean;
    for (int32_t i = 0; i < d->n; i++)
        dh_sum_add(&sum, d->values[i] * d->probabilities[i]);
    return dh_sum_value(&sum);
}

static double discrete_above(const struct dh_demand *d, double q) {
    struct dh_sum sum = {0};
    for (int32_t i = d->n - 1; i >= 0 && d->values[i] > q; i--)
        dh_sum_add(&sum, d->probabilities[i]);
    return dh_sum_value(&sum);
}

double dh_demand_above(const struct dh_demand *d, double q) {
    double half = sqrt(3) * d->deviation;
    switch (d->law) {
    case DH_DEMAND_DISCRETE:
        return discrete_above(d, q);
    case DH_DEMAND_NORMAL:
        return gsl_cdf_ugaussian_Q((q - d->mean) / d->deviation);
    case DH_DEMAND_LOGNORMAL: {
        struct lognormal l = lognormal_of(d);
        return q > 0 ? gsl_cdf_ugaussian_Q((dh_log(q) - l.mu) / l.sigma) : 1;
    }
    case DH_DEMAND_GAMMA: {
        double k = shape_of(d);
        return q > 0 ? gsl_sf_gamma_inc_Q(k, q * k / d->mean) : 1;
    }
    case DH_DEMAND_UNIFORM:
        return fmin(1, fmax(0, (d->mean + half - q) / (2 * half)));
    case DH_DEMAND_POISSON:
        return q < 0 ? 1 : gsl_sf_gamma_inc_P(floor(q) + 1, d->mean);
    }
    return NAN;
}

/* Where the law is on whole numbers, q between two of them lies on the straight line between their costs. */
static double poisson_excess(double mean, double q) {
    if (q < 0)
        return mean - q;
    double n = floor(q), above = gsl_sf_gamma_inc_P(n + 1, mean);
    double at_least = above + gsl_ran_poisson_pdf((unsigned)n, mean);
    return mean * at_least - q * above;
}

double dh_demand_excess(const struct dh_demand *d, double q) {
    double half = sqrt(3) * d->deviation;
    struct dh_sum sum = {0};
    switch (d->law) {
    case DH_DEMAND_DISCRETE:
        for (int32_t i = d->n - 1; i >= 0 && d->values[i] > q; i--)
            dh_sum_add(&sum, (d->values[i] - q) * d->probabilities[i]);
        return dh_sum_value(&sum);
    case DH_DEMAND_NORMAL: {
        double z = (q - d->mean) / d->deviation;
        return d->deviation * (gsl_ran_ugaussian_pdf(z) - z * gsl_cdf_ugaussian_Q(z));
    }
    case DH_DEMAND_LOGNORMAL: {
        struct lognormal l = lognormal_of(d);
        if (q <= 0)
            return d->mean - q;
        double z = (dh_log(q) - l.mu) / l.sigma;
        return d->mean * gsl_cdf_ugaussian_Q(z - l.sigma) - q * gsl_cdf_ugaussian_Q(z);
    }
    case DH_DEMAND_GAMMA: {
        double k = shape_of(d), x = q * k / d->mean;
        if (q <= 0)
            return d->mean - q;
        return d->mean * gsl_sf_gamma_inc_Q(k + 1, x) - q * gsl_sf_gamma_inc_Q(k, x);
    }
    case DH_DEMAND_UNIFORM:
        if (q <= d->mean - half)
            return d->mean - q;
        return q >= d->mean + half ? 0 : (d->mean + half - q) * (d->mean + half - q) / (4 * half);
    case DH_DEMAND_POISSON:
        return poisson_excess(d->mean, q);
    }
    return NAN;
}

double dh_reserve_cost(const struct dh_demand *demand, double own, double rent, double q) {
    return own * q + rent * dh_demand_excess(demand, q);
}

/* P(D > q) = above, of the laws with a density. GSL's inverse of the gamma law ends at 1e-10; one step of
 * Newton's leaves nothing of that. */
static double quantile(const struct dh_demand *d, double above) {
    double half = sqrt(3) * d->deviation;
    switch (d->law) {
    case DH_DEMAND_NORMAL:
        return d->mean + d->deviation * gsl_cdf_ugaussian_Qinv(above);
    case DH_DEMAND_LOGNORMAL: {
        struct lognormal l = lognormal_of(d);
        return dh_exp(l.mu + l.sigma * gsl_cdf_ugaussian_Qinv(above));
    }
    case DH_DEMAND_GAMMA: {
        double k = shape_of(d), scale = d->mean / k;
        double x = gsl_cdf_gamma_Qinv(above, k, 1);
        for (int i = 0; i < 2 && x > 0; i++) {
            double density = gsl_ran_gamma_pdf(x, k, 1);
            if (density > 0)
                x += (gsl_sf_gamma_inc_Q(k, x) - above) / density;
        }
        return scale * x;
    }
    default:
        return d->mean + half - 2 * half * above;
    }
}

double dh_reserve_best(const struct dh_demand *d, double own, double rent, bool whole) {
    double ratio = own / rent, q = 0;
    if (ratio >= 1)
        return 0;
    if (d->law == DH_DEMAND_POISSON) {
        /* The first whole number: by halving, between 0 and one that is surely enough. */
        double low = -1, high = 16 + d->mean + 40 * sqrt(d->mean);
        high = floor(high);
        while (high - low > 1) {
            double middle = floor(low + (high - low) / 2);
            if (dh_demand_above(d, middle) <= ratio * (1 + EQUAL))
                high = middle;
            else
                low = middle;
        }
        return high;
    }
    if (d->law == DH_DEMAND_DISCRETE) {
        struct dh_sum above = {0};
        int32_t i = d->n - 1;
        for (; i > 0; i--) { /* down as long as what is above stays cheaper to rent */
            dh_sum_add(&above, d->probabilities[i]);
            if (!(dh_sum_value(&above) <= ratio * (1 + EQUAL)))
                break;
        }
        q = d->values[i < 0 ? 0 : i];
        if (i == 0) { /* below the least value all demand is above q */
            dh_sum_add(&above, d->probabilities[0]);
            q = dh_sum_value(&above) <= ratio * (1 + EQUAL) ? 0 : d->values[0];
        }
    } else {
        q = quantile(d, ratio);
    }
    q = q > 0 ? q : 0;
    if (!whole || q == floor(q))
        return q;
    double below = floor(q); /* the cost is convex: one of both neighbours */
    return dh_reserve_cost(d, own, rent, below) <= dh_reserve_cost(d, own, rent, below + 1) ? below
                                                                                            : below + 1;
}
