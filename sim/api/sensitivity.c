#include "sim/api/sensitivity.h"

#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>

enum { BOOTSTRAP = 1000 };

/* Of the rows with these numbers. first and total: k each. */
static void estimate(double *first, double *total, int32_t k, const double *rows, const int32_t *which,
                     int32_t n) {
    double mean = 0, variance = 0;
    for (int32_t j = 0; j < n; j++) {
        const double *f = rows + (size_t)which[j] * ((size_t)k + 2);
        mean += f[0] + f[1];
    }
    mean /= 2.0 * n;
    for (int32_t i = 0; i < k; i++)
        first[i] = total[i] = 0;
    for (int32_t j = 0; j < n; j++) {
        const double *f = rows + (size_t)which[j] * ((size_t)k + 2);
        double a = f[0] - mean, b = f[1] - mean;
        variance += a * a + b * b;
        for (int32_t i = 0; i < k; i++) {
            double mixed = f[2 + i] - mean;
            first[i] += b * (mixed - a);
            total[i] += (a - mixed) * (a - mixed) / 2;
        }
    }
    variance /= 2.0 * n;
    for (int32_t i = 0; i < k; i++) {
        first[i] = variance > 0 ? first[i] / n / variance : NAN;
        total[i] = variance > 0 ? total[i] / n / variance : NAN;
    }
}

static int rising(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static void interval(double *samples, double *low, double *high) {
    qsort(samples, BOOTSTRAP, sizeof *samples, rising);
    *low = samples[BOOTSTRAP / 40];
    *high = samples[BOOTSTRAP - 1 - BOOTSTRAP / 40];
}

enum dh_err dh_sobol_indices(struct dh_indices *out, int32_t k, const double *rows, int32_t n, int64_t seed) {
    for (int32_t i = 0; i < k; i++)
        out[i] = (struct dh_indices){NAN, NAN, NAN, NAN, NAN, NAN};
    int32_t *whole = malloc(((size_t)n + 1) * 2 * sizeof *whole), *drawn = whole ? whole + n + 1 : NULL,
            left = 0;
    double *samples = malloc((size_t)k * 2 * (BOOTSTRAP + 1) * sizeof *samples);
    double *first = malloc(((size_t)k + 1) * 2 * sizeof *first), *total = first ? first + k + 1 : NULL;
    enum dh_err err = whole && samples && first ? DH_OK : DH_ERR_MEMORY;
    for (int32_t j = 0; j < n && err == DH_OK; j++) {
        bool good = true;
        for (int32_t i = 0; i < k + 2; i++)
            good = good && isfinite(rows[(size_t)j * ((size_t)k + 2) + (size_t)i]);
        if (good)
            whole[left++] = j;
    }
    double least = INFINITY, most = -INFINITY;
    for (int32_t j = 0; j < left; j++)
        for (int32_t i = 0; i < k + 2; i++) {
            double f = rows[(size_t)whole[j] * ((size_t)k + 2) + (size_t)i];
            least = fmin(least, f);
            most = fmax(most, f);
        }
    if (err == DH_OK && left >= 4 && most - least > 1e-12 * fmax(fabs(most), fabs(least))) {
        struct dh_rng rng = dh_rng_stream((uint64_t)seed, DH_RNG_STUDY, dh_rng_entity("bootstrap"));
        estimate(first, total, k, rows, whole, left);
        for (int32_t i = 0; i < k; i++) {
            out[i].first = first[i];
            out[i].total = total[i];
        }
        for (int32_t b = 0; b < BOOTSTRAP; b++) {
            for (int32_t j = 0; j < left; j++)
                drawn[j] = whole[dh_rng_below(&rng, (uint64_t)left)];
            estimate(first, total, k, rows, drawn, left);
            for (int32_t i = 0; i < k; i++) { /* a sample in which nothing varies says what all rows say */
                samples[(size_t)i * BOOTSTRAP + (size_t)b] = isnan(first[i]) ? out[i].first : first[i];
                samples[(size_t)(k + i) * BOOTSTRAP + (size_t)b] = isnan(total[i]) ? out[i].total : total[i];
            }
        }
        for (int32_t i = 0; i < k; i++) {
            interval(samples + (size_t)i * BOOTSTRAP, &out[i].first_low, &out[i].first_high);
            interval(samples + (size_t)(k + i) * BOOTSTRAP, &out[i].total_low, &out[i].total_high);
        }
    }
    free(whole);
    free(samples);
    free(first);
    return err;
}
