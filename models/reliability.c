#include "models/reliability.h"

#include "sim/math.h"

#include <math.h>
#include <stdlib.h>

double dh_availability(double mtbf_h, double mttr_h) {
    return mtbf_h / (mtbf_h + mttr_h);
}

/* ---- k of n -------------------------------------------------------------------------------------------- */

/* Binomial probabilities p[i] of i successes, i = from .. to, relative to the likeliest of all, which is 1;
 * returns their sum, and the sum over all i. Ratios only: nothing overflows, and what underflows is nothing.
 */
static double binomial_sum(int32_t n, double a, int32_t from, int32_t to, double *all) {
    int32_t mode = (int32_t)floor((n + 1) * a);
    mode = mode > n ? n : mode;
    double odds = a / (1 - a), term = 1, part = 0, sum = 0;
    for (int32_t i = mode; i <= n && term > 0; i++) {
        sum += term;
        part += i >= from && i <= to ? term : 0;
        term *= (double)(n - i) / (i + 1) * odds;
    }
    term = mode / ((double)(n - mode + 1) * odds);
    for (int32_t i = mode - 1; i >= 0 && term > 0; i--) {
        sum += term;
        part += i >= from && i <= to ? term : 0;
        term *= i / ((double)(n - i + 1) * odds);
    }
    *all = sum;
    return part;
}

static double binomial(int32_t n, double a, int32_t from, int32_t to) {
    if (!(a > 0))
        return from <= 0 && to >= 0 ? 1 : 0;
    if (!(a < 1))
        return from <= n && to >= n ? 1 : 0;
    double all, part = binomial_sum(n, a, from, to, &all);
    return part / all;
}

double dh_k_of_n(int32_t k, int32_t n, double a) {
    return binomial(n, a, k, n);
}

double dh_k_of_n_lost(int32_t k, int32_t n, double a) {
    return binomial(n, a, 0, k - 1);
}

/* What is lost falls with every unit more: steps that double, then halving. */
int32_t dh_k_of_n_least(int32_t k, double a, double most_lost) {
    int32_t low = k - 1, high = k;
    for (int32_t step = 1; dh_k_of_n_lost(k, high, a) > most_lost; step *= 2) {
        if (high == DH_RELIABILITY_UNITS)
            return 0;
        low = high;
        high = high + step < DH_RELIABILITY_UNITS ? high + step : DH_RELIABILITY_UNITS;
    }
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (dh_k_of_n_lost(k, middle, a) > most_lost)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* ---- chains ---------------------------------------------------------------------------------------------
 */

static double failing(const struct dh_redundant *s, int32_t down) {
    int32_t up = s->n - down;
    return (s->cold && up > s->k ? s->k : up) / s->mtbf_h;
}

static double repaired_per_h(const struct dh_redundant *s, int32_t down) {
    return (down < s->crews ? down : s->crews) / s->mttr_h;
}

static bool makes_sense(const struct dh_redundant *s, int32_t most) {
    return s->k >= 1 && s->k <= s->n && s->n <= most && s->crews >= 1 && s->mtbf_h > 0 && s->mttr_h >= 0;
}

/* Sums from the smallest terms up: the unavailability of redundant systems is many orders below 1. */
static void sum_up(const struct dh_redundant *s, const double *p, struct dh_reliability *out) {
    double lost = 0, up = 0, mean = 0;
    for (int32_t j = s->n; j > s->n - s->k; j--)
        lost += p[j];
    for (int32_t j = s->n - s->k; j >= 0; j--)
        up += p[j];
    for (int32_t j = s->n; j > 0; j--)
        mean += j * p[j];
    out->unavailability = lost;
    out->availability = up;
    out->mean_down = mean;
}

static void mean_times(struct dh_reliability *out) {
    out->up_h = out->availability / out->failures_per_h;
    out->down_h = out->unavailability / out->failures_per_h;
}

static void never_down(const struct dh_redundant *s, double *p, struct dh_reliability *out) {
    for (int32_t j = 0; p && j <= s->n; j++)
        p[j] = j == 0;
    /* Repairs of no length: each unit's failures are there, but none lasts. The system goes down only where
     * it has no unit to spare. */
    double per_h = s->k == s->n ? failing(s, 0) : 0;
    *out = (struct dh_reliability){
        .availability = 1, .failures_per_h = per_h, .up_h = per_h > 0 ? 1 / per_h : INFINITY};
}

enum dh_err dh_redundant_solve(const struct dh_redundant *s, double *probability,
                               struct dh_reliability *out) {
    if (!makes_sense(s, DH_RELIABILITY_UNITS))
        return DH_ERR_RANGE;
    if (s->mttr_h == 0) {
        never_down(s, probability, out);
        return DH_OK;
    }
    double *p = probability ? probability : malloc(((size_t)s->n + 1) * sizeof *p);
    if (!p)
        return DH_ERR_MEMORY;
    /* Flow up = flow down between neighbours. Rescaled when terms grow, so that many units do not overflow.
     */
    double sum = p[0] = 1;
    for (int32_t j = 0; j < s->n; j++) {
        p[j + 1] = p[j] * failing(s, j) / repaired_per_h(s, j + 1);
        sum += p[j + 1];
        if (p[j + 1] > 1e200) {
            for (int32_t i = 0; i <= j + 1; i++)
                p[i] *= 1e-200;
            sum *= 1e-200;
        }
    }
    for (int32_t j = 0; j <= s->n; j++)
        p[j] /= sum;
    sum_up(s, p, out);
    out->failures_per_h = p[s->n - s->k] * failing(s, s->n - s->k);
    mean_times(out);
    if (!probability)
        free(p);
    return DH_OK;
}

void dh_markov_stationary(double *rate, int32_t n, double *p) {
    /* States are taken out from the last: what passed through one goes directly. */
    for (int32_t k = n - 1; k > 0; k--) {
        double out = 0;
        for (int32_t j = 0; j < k; j++)
            out += rate[k * n + j];
        for (int32_t i = 0; i < k; i++)
            rate[i * n + k] /= out;
        for (int32_t i = 0; i < k; i++)
            for (int32_t j = 0; j < k; j++)
                rate[i * n + j] += rate[i * n + k] * rate[k * n + j];
    }
    double sum = p[0] = 1;
    for (int32_t k = 1; k < n; k++) {
        p[k] = 0;
        for (int32_t i = 0; i < k; i++)
            p[k] += p[i] * rate[i * n + k];
        sum += p[k];
    }
    for (int32_t k = 0; k < n; k++)
        p[k] /= sum;
}

enum { MOST_SHOCKED = 400 };

/* Rate of shocks that leave exactly `more` further units of `up` failed. */
static double shock_to(double per_h, double share, int32_t up, int32_t more) {
    return per_h * binomial(up, share, more, more);
}

static enum dh_err shocked(const struct dh_redundant *s, double per_h, double share, double *rate, double *p,
                           struct dh_reliability *out) {
    int32_t n = s->n, states = n + 1, last_up = n - s->k;
    for (int32_t i = 0; i < states; i++)
        for (int32_t j = 0; j < states; j++) {
            double r = j > i ? shock_to(per_h, share, n - i, j - i) : 0;
            if (j == i + 1)
                r += failing(s, i);
            if (j == i - 1)
                r = repaired_per_h(s, i);
            rate[i * states + j] = r;
        }
    dh_markov_stationary(rate, states, p);
    sum_up(s, p, out);
    out->failures_per_h = 0;
    for (int32_t i = last_up; i >= 0; i--) {
        double r = i == last_up ? failing(s, i) : 0;
        for (int32_t j = last_up + 1; j <= n; j++)
            r += shock_to(per_h, share, n - i, j - i);
        out->failures_per_h += p[i] * r;
    }
    mean_times(out);
    return DH_OK;
}

enum dh_err dh_redundant_solve_shocks(const struct dh_redundant *s, double shock_per_h, double shock_share,
                                      double *probability, struct dh_reliability *out) {
    if (!makes_sense(s, MOST_SHOCKED) || !(shock_per_h >= 0) || !(shock_share >= 0 && shock_share <= 1))
        return DH_ERR_RANGE;
    if (s->mttr_h == 0) {
        never_down(s, probability, out);
        return DH_OK;
    }
    size_t states = (size_t)s->n + 1;
    double *rate = malloc(states * states * sizeof *rate), *p = probability;
    if (!p)
        p = malloc(states * sizeof *p);
    enum dh_err err = rate && p ? shocked(s, shock_per_h, shock_share, rate, p, out) : DH_ERR_MEMORY;
    if (!probability)
        free(p);
    free(rate);
    return err;
}

/* ---- topologies -----------------------------------------------------------------------------------------
 */

double dh_two_paths_lost(double u, double beta) {
    return (1 - beta) * (1 - beta) * u * u + beta * u;
}

/* Its own block is down, and the catcher is, or stands for one of the j others that are down: j / (j + 1).
 * FACILITY D2 writes the same as a difference of nearly equal numbers. */
double dh_block_redundant_lost(int32_t n, double u) {
    double beaten = 0;
    for (int32_t j = n - 1; j > 0; j--)
        beaten += binomial(n - 1, u, j, j) * j / (j + 1);
    return u * (u + (1 - u) * beaten);
}

double dh_block_redundant_any_lost(int32_t n, double u) {
    return binomial(n, u, 2, n) + binomial(n, u, 1, 1) * u;
}

double dh_block_redundant_lost_approx(int32_t n, double u) {
    return u * (u + (1 - u) * binomial(n - 1, u, 1, n - 1) / 2);
}

double dh_distributed_lost(double u) {
    return u * u;
}

double dh_distributed_any_lost(double u) {
    return binomial(3, u, 2, 3);
}

/* ---- generators -----------------------------------------------------------------------------------------
 */

double dh_generators_start(int32_t k, int32_t n, double availability, double failure_to_start) {
    return dh_k_of_n(k, n, availability * (1 - failure_to_start));
}

double dh_generators_run(int32_t k, int32_t n, double availability, double failure_to_start, double mttf_h,
                         double hours) {
    return dh_k_of_n(k, n, availability * (1 - failure_to_start) * dh_exp(hours * dh_log1p(-1 / mttf_h)));
}

/* Where an hour with g generators leaves the battery; -1: the load is not met. Levels are rounded to bins. */
static int32_t after_hour(const struct dh_backup *b, int32_t g, int32_t level, double load_w) {
    double bin_wh = b->battery_wh > 0 ? b->battery_wh / (b->bins - 1) : 0;
    double spare_w = g * b->generator_w - load_w, stored_wh = level * bin_wh;
    if (spare_w >= 0) {
        double in_w = spare_w < b->battery_w ? spare_w : b->battery_w;
        int32_t more = bin_wh > 0 ? (int32_t)rint(in_w * b->charge_efficiency / bin_wh) : 0;
        return level + more < b->bins ? level + more : b->bins - 1;
    }
    double out_wh = -spare_w / b->discharge_efficiency, tolerance = 1e-9 * load_w;
    if (-spare_w <= tolerance)
        return level;
    if (-spare_w > b->battery_w + tolerance || out_wh > stored_wh + tolerance)
        return -1;
    int32_t less = (int32_t)rint(out_wh / bin_wh);
    return level > less ? level - less : 0;
}

static enum dh_err backup_chain(const struct dh_backup *b, const double *load_w, int32_t n_hour, double *now,
                                double *next, double *result) {
    int32_t bins = b->bins, n = b->generators;
    double bin_wh = b->battery_wh / (bins - 1), lasts = 1 - 1 / b->mttf_h;
    int32_t start = bin_wh > 0 ? (int32_t)rint(b->start_wh / bin_wh) : 0;
    double starts = b->available * (1 - b->failure_to_start), met = 1;
    for (int32_t g = 0; g <= n; g++)
        now[g * bins + start] = binomial(n, starts, g, g);
    for (int32_t h = 0; h < n_hour; h++) {
        for (int32_t i = 0; i < (n + 1) * bins; i++)
            next[i] = 0;
        met = 0;
        for (int32_t g = 0; g <= n; g++)
            for (int32_t left = 0; left <= g; left++) {
                double p = binomial(g, lasts, left, left);
                for (int32_t level = 0; level < bins; level++) {
                    int32_t to = now[g * bins + level] > 0 ? after_hour(b, left, level, load_w[h]) : -1;
                    if (to < 0)
                        continue;
                    next[left * bins + to] += p * now[g * bins + level];
                    met += p * now[g * bins + level];
                }
            }
        double *swap = now;
        now = next;
        next = swap;
    }
    *result = met;
    return DH_OK;
}

/* Steps of the chain: about a minute of processor time. */
static const double MOST_STEPS = 2e10;

enum dh_err dh_backup_survives(const struct dh_backup *b, const double *load_w, int32_t n_hour,
                               double *probability) {
    bool good = b->generators >= 0 && b->generators <= 1000 && b->bins >= 2 && b->bins <= 100000 &&
                b->mttf_h >= 1 && b->generator_w >= 0 && b->battery_wh >= 0 && b->battery_w >= 0 &&
                b->start_wh >= 0 && b->start_wh <= b->battery_wh && b->charge_efficiency > 0 &&
                b->discharge_efficiency > 0 && n_hour >= 1 &&
                (b->generators + 1.0) * (b->generators + 1.0) * b->bins * n_hour <= MOST_STEPS;
    if (!good)
        return DH_ERR_RANGE;
    size_t states = ((size_t)b->generators + 1) * (size_t)b->bins;
    double *both = calloc(2 * states, sizeof *both);
    enum dh_err err =
        both ? backup_chain(b, load_w, n_hour, both, both + states, probability) : DH_ERR_MEMORY;
    free(both);
    return err;
}
