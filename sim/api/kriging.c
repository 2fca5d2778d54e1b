#include "sim/api/kriging.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multimin.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 96 };

struct dh_kriging {
    struct dh_kriging_space space;
    int32_t n, n_feature;
    const double *x;                      /* its own copy */
    double beta[FEATURES], center, scale; /* of y; of residuals */
    double theta[DH_KRIGING_VARIABLES], noise;
    double variance; /* of the process, in scaled residuals */
    gsl_matrix *chol;
    double *alpha;
};

/* ---- trend
 * -------------------------------------------------------------------------------------------------
 */

static int32_t n_features(const struct dh_kriging_space *s) {
    int32_t n = 1;
    for (int32_t j = 0; j < s->n; j++)
        n += s->categories[j] > 0 ? s->categories[j] - 1 : 1;
    return n <= FEATURES ? n : 1;
}

static void features(const struct dh_kriging_space *s, const double *x, double *f, int32_t n_feature) {
    int32_t k = 1;
    f[0] = 1;
    for (int32_t j = 0; j < s->n && k < n_feature; j++) {
        if (s->categories[j] == 0)
            f[k++] = x[j] - 0.5;
        else
            for (int32_t c = 1; c < s->categories[j]; c++)
                f[k++] = (int32_t)x[j] == c ? 1 : 0;
    }
}

/* Ridge regression; the constant is not shrunk. */
static bool fit_trend(struct dh_kriging *k, const double *y, double *residual) {
    int32_t p = k->n_feature, n = k->n;
    double f[FEATURES], ridge = 1e-3 * n;
    gsl_matrix *a = gsl_matrix_calloc((size_t)p, (size_t)p);
    gsl_vector *b = gsl_vector_calloc((size_t)p);
    bool good = a && b;
    for (int32_t i = 0; good && i < n; i++) {
        features(&k->space, k->x + (size_t)i * (size_t)k->space.n, f, p);
        for (int32_t r = 0; r < p; r++) {
            *gsl_vector_ptr(b, (size_t)r) += f[r] * y[i];
            for (int32_t c = 0; c < p; c++)
                *gsl_matrix_ptr(a, (size_t)r, (size_t)c) += f[r] * f[c];
        }
    }
    for (int32_t r = 1; good && r < p; r++)
        *gsl_matrix_ptr(a, (size_t)r, (size_t)r) += ridge;
    good =
        good && gsl_linalg_cholesky_decomp1(a) == GSL_SUCCESS && gsl_linalg_cholesky_svx(a, b) == GSL_SUCCESS;
    for (int32_t r = 0; good && r < p; r++)
        k->beta[r] = gsl_vector_get(b, (size_t)r);
    for (int32_t i = 0; good && i < n; i++) {
        features(&k->space, k->x + (size_t)i * (size_t)k->space.n, f, p);
        residual[i] = y[i];
        for (int32_t r = 0; r < p; r++)
            residual[i] -= k->beta[r] * f[r];
    }
    if (a)
        gsl_matrix_free(a);
    if (b)
        gsl_vector_free(b);
    return good;
}

/* ---- covariance
 * --------------------------------------------------------------------------------------------
 */

static double correlation(const struct dh_kriging_space *s, const double *theta, const double *a,
                          const double *b) {
    double product = 1, sum = 0;
    for (int32_t j = 0; j < s->n; j++) {
        double d = fabs(a[j] - b[j]);
        if (d == 0)
            continue;
        if (s->categories[j] > 0) {
            sum += theta[j];
            continue;
        }
        double r = sqrt(5.0) * d * theta[j];
        product *= 1 + r + r * r / 3;
        sum += r;
    }
    return product * exp(-sum);
}

struct climb {
    const struct dh_kriging *k;
    const double *residual; /* of unit variance */
    gsl_matrix *r;
    gsl_vector *v;
};

static bool decompose(const struct dh_kriging *k, const double *theta, double noise, gsl_matrix *r) {
    size_t n = (size_t)k->n, d = (size_t)k->space.n;
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < i; c++) {
            double v = correlation(&k->space, theta, k->x + i * d, k->x + c * d);
            gsl_matrix_set(r, i, c, v);
            gsl_matrix_set(r, c, i, v);
        }
        gsl_matrix_set(r, i, i, 1 + noise + 1e-8);
    }
    return gsl_linalg_cholesky_decomp1(r) == GSL_SUCCESS;
}

/* Minus twice the logarithm of likelihood times prior; lengths of 0.5 and noise of 1e-4 are usual, a factor
 * of five either way is a standard deviation, of noise one of ten. */
static double misfit(const gsl_vector *at, void *self) {
    struct climb *c = self;
    int32_t d = c->k->space.n, n = c->k->n;
    double theta[DH_KRIGING_VARIABLES], prior = 0, log_det = 0, square = 0;
    for (int32_t j = 0; j < d; j++) {
        double v = gsl_vector_get(at, (size_t)j);
        prior += pow((v - log(2)) / log(5), 2);
        theta[j] = exp(fmin(fmax(v, -8), 8));
    }
    double noise = gsl_vector_get(at, (size_t)d);
    prior += pow((noise - log(1e-4)) / log(10), 2);
    if (!decompose(c->k, theta, exp(fmin(fmax(noise, -18), 1)), c->r))
        return 1e300;
    memcpy(c->v->data, c->residual, (size_t)n * sizeof(double));
    gsl_blas_dtrsv(CblasLower, CblasNoTrans, CblasNonUnit, c->r, c->v);
    gsl_blas_ddot(c->v, c->v, &square);
    for (int32_t i = 0; i < n; i++)
        log_det += 2 * log(gsl_matrix_get(c->r, (size_t)i, (size_t)i));
    return n * log(fmax(square / n, 1e-300)) + log_det + prior;
}

void dh_kriging_start(const struct dh_kriging_space *space, double *hyper) {
    for (int32_t j = 0; j < space->n; j++)
        hyper[j] = log(2);
    hyper[space->n] = log(1e-4);
}

static void climb(struct climb *c, double *hyper) {
    size_t n = (size_t)c->k->space.n + 1;
    gsl_multimin_function f = {misfit, n, c};
    gsl_vector *start = gsl_vector_alloc(n), *step = gsl_vector_alloc(n);
    gsl_multimin_fminimizer *m = gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n);
    if (start && step && m) {
        memcpy(start->data, hyper, n * sizeof *hyper);
        gsl_vector_set_all(step, 1);
        int status = gsl_multimin_fminimizer_set(m, &f, start, step);
        for (int i = 0; i < 40 * (int)n && status == GSL_SUCCESS; i++) {
            status = gsl_multimin_fminimizer_iterate(m);
            if (gsl_multimin_fminimizer_size(m) < 0.05)
                break;
        }
        memcpy(hyper, gsl_multimin_fminimizer_x(m)->data, n * sizeof *hyper);
    }
    if (start)
        gsl_vector_free(start);
    if (step)
        gsl_vector_free(step);
    if (m)
        gsl_multimin_fminimizer_free(m);
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------------
 */

struct dh_kriging *dh_kriging_fit(const struct dh_kriging_space *space, int32_t n, const double *x,
                                  const double *y, double *hyper, bool wanted) {
    struct dh_kriging *k = n >= 1 ? calloc(1, sizeof *k) : NULL;
    if (!k)
        return NULL;
    size_t d = (size_t)space->n, rows = (size_t)n;
    double *own = malloc(rows * d * sizeof *own), *residual = malloc(rows * sizeof *residual);
    gsl_vector *v = gsl_vector_alloc(rows);
    *k = (struct dh_kriging){.space = *space, .n = n, .x = own, .scale = 1, .variance = 0};
    k->n_feature = n_features(space);
    if (n < 2 * k->n_feature)
        k->n_feature = 1;
    k->chol = gsl_matrix_alloc(rows, rows);
    k->alpha = malloc(rows * sizeof *k->alpha);
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    bool good = own && residual && v && k->chol && k->alpha;
    if (good) {
        memcpy(own, x, rows * d * sizeof *own);
        good = fit_trend(k, y, residual);
    }
    if (good) {
        double square = 0, all = 0;
        for (size_t i = 0; i < rows; i++) {
            square += residual[i] * residual[i];
            all = fmax(all, fabs(y[i]));
        }
        k->scale = sqrt(square / n);
        if (!(k->scale > 1e-12 * all)) { /* the trend says it all */
            k->scale = 0;
            memset(residual, 0, rows * sizeof *residual);
        }
        for (size_t i = 0; i < rows; i++)
            residual[i] = k->scale > 0 ? residual[i] / k->scale : 0;
        if (wanted && k->scale > 0 && n >= 4) {
            struct climb c = {k, residual, k->chol, v};
            climb(&c, hyper);
        }
        for (int32_t j = 0; j < space->n; j++)
            k->theta[j] = exp(fmin(fmax(hyper[j], -8), 8));
        k->noise = exp(fmin(fmax(hyper[space->n], -18), 1));
        while (!decompose(k, k->theta, k->noise, k->chol) && k->noise < 10)
            k->noise = fmax(10 * k->noise, 1e-8);
        memcpy(v->data, residual, rows * sizeof *residual);
        gsl_linalg_cholesky_svx(k->chol, v);
        memcpy(k->alpha, v->data, rows * sizeof *k->alpha);
        for (size_t i = 0; i < rows; i++)
            k->variance += k->alpha[i] * residual[i] / n;
    }
    gsl_set_error_handler(handler);
    free(residual);
    if (v)
        gsl_vector_free(v);
    if (good)
        return k;
    dh_kriging_free(k);
    return NULL;
}

void dh_kriging_predict(const struct dh_kriging *k, const double *x, double *mean, double *deviation) {
    double f[FEATURES], trend = 0, sum = 0, square = 0;
    size_t n = (size_t)k->n, d = (size_t)k->space.n;
    features(&k->space, x, f, k->n_feature);
    for (int32_t r = 0; r < k->n_feature; r++)
        trend += k->beta[r] * f[r];
    *mean = trend;
    if (deviation)
        *deviation = 0;
    if (k->scale == 0)
        return;
    gsl_vector *v = deviation ? gsl_vector_alloc(n) : NULL;
    for (size_t i = 0; i < n; i++) {
        double r = correlation(&k->space, k->theta, k->x + i * d, x);
        if (v)
            gsl_vector_set(v, i, r);
        sum += r * k->alpha[i];
    }
    *mean = trend + k->scale * sum;
    if (!v)
        return;
    gsl_blas_dtrsv(CblasLower, CblasNoTrans, CblasNonUnit, k->chol, v);
    gsl_blas_ddot(v, v, &square);
    gsl_vector_free(v);
    *deviation = k->scale * sqrt(fmax(k->variance, 0) * fmax(1 - square, 0));
}

void dh_kriging_free(struct dh_kriging *k) {
    if (!k)
        return;
    free((void *)k->x);
    if (k->chol)
        gsl_matrix_free(k->chol);
    free(k->alpha);
    free(k);
}
