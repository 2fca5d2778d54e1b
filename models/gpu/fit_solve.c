#include "models/gpu/fit_solve.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAUCHY      2.385 /* 95 % efficient where errors are normal */
#define PRIOR_SD    3.0
#define LEAST_SCALE 1e-4  /* times have no more digits */
#define STEP        1e-3  /* of derivatives: over the small kinks of a model of tiles */
#define WIDE        0.5   /* half an interval, on the scale, from which on it is looked for by profile */
#define FARTHEST    7.0   /* on a share's scale: 0.1 % from a bound */
#define SENSELESS   100.0 /* residual of a prediction that is no number */
#define KINKS       1.1   /* of standard errors: what kinks of the model add, by tests/validation/gpu_fit.c */
#define ASIDE       0.7   /* on a constant's scale: a factor of two */
#define BETTER      0.01  /* of a loss */
#define AS_GOOD     3.0
enum { MOST_ROUNDS = 12, MOST_STEPS = 12, MORE_STEPS = 60, BISECTIONS = 5 };

struct dh_fit_constant dh_fit_log(const char *name, double *at, double low, double least, double high,
                                  double start) {
    return (struct dh_fit_constant){.name = name,
                                    .at = at,
                                    .scale = DH_FIT_LOG,
                                    .low = low,
                                    .least = least,
                                    .high = high,
                                    .start = start};
}

struct dh_fit_constant dh_fit_share(const char *name, double *at, double low, double start) {
    return (struct dh_fit_constant){
        .name = name, .at = at, .scale = DH_FIT_SHARE, .low = low, .high = 1, .start = start};
}

double dh_fit_to_x(const struct dh_fit_constant *c, double value) {
    if (c->scale == DH_FIT_SHARE) {
        double edge = 1e-6 * (c->high - c->low), v = fmin(fmax(value, c->low + edge), c->high - edge);
        return log((v - c->low) / (c->high - v));
    }
    return log(fmax(fmin(value, c->high), c->least) - c->low);
}

double dh_fit_from_x(const struct dh_fit_constant *c, double x) {
    if (c->scale == DH_FIT_SHARE)
        return c->low + (c->high - c->low) / (1 + exp(-x));
    return fmin(c->low + exp(x), c->high);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void dh_fit_sort(double *values, int32_t n) {
    qsort(values, (size_t)n, sizeof *values, ascending);
}

double dh_fit_quantile(const double *values, int32_t n, double share) {
    double at = share * (n - 1);
    int32_t low = (int32_t)at;
    if (n < 1)
        return NAN;
    return low + 1 < n ? values[low] + (at - low) * (values[low + 1] - values[low]) : values[n - 1];
}

/* ---- one weighted fit --------------------------------------------------------------------------------- */

struct work {
    struct dh_fit_problem *p;
    double x[DH_FIT_MAX_CONSTANTS];
    double *weight, *r, *sorted, *base; /* a value for each sample */
    bool *out;                          /* left out: another fold, or an outlier in the end */
    double scale;
    int32_t held; /* this constant does not move; -1: all do */
    int32_t n_free, free_of[DH_FIT_MAX_CONSTANTS];
};

static void place(const struct work *w, const double *x) {
    for (int32_t k = 0; k < w->p->n_constant; k++)
        *w->p->constants[k].at = dh_fit_from_x(&w->p->constants[k], x[k]);
}

/* ln(predicted/measured) of all samples that count; 0 for the others. */
static void residuals(struct work *w, const double *x, double *r) {
    struct dh_fit_problem *p = w->p;
    place(w, x);
    for (int32_t i = 0; i < p->n; i++) {
        r[i] = w->out[i] ? 0 : log(p->predict(p->self, i) / p->measured[i]);
        if (!isfinite(r[i]))
            r[i] = SENSELESS;
    }
}

static void spread(const struct work *w, const gsl_vector *v, double *x) {
    memcpy(x, w->x, sizeof w->x);
    for (int32_t k = 0; k < w->n_free; k++)
        x[w->free_of[k]] = gsl_vector_get(v, (size_t)k);
}

static int value(const gsl_vector *v, void *self, gsl_vector *f) {
    struct work *w = self;
    const struct dh_fit_problem *p = w->p;
    double x[DH_FIT_MAX_CONSTANTS];
    spread(w, v, x);
    residuals(w, x, w->r);
    for (int32_t i = 0; i < p->n; i++)
        gsl_vector_set(f, (size_t)i, sqrt(w->weight[i]) * w->r[i]);
    for (int32_t k = 0; k < w->n_free; k++) {
        const struct dh_fit_constant *c = &p->constants[w->free_of[k]];
        gsl_vector_set(f, (size_t)(p->n + k),
                       w->scale * (x[w->free_of[k]] - dh_fit_to_x(c, c->start)) / PRIOR_SD);
    }
    return GSL_SUCCESS;
}

static int slope(const gsl_vector *v, void *self, gsl_matrix *j) {
    struct work *w = self;
    const struct dh_fit_problem *p = w->p;
    double x[DH_FIT_MAX_CONSTANTS];
    spread(w, v, x);
    residuals(w, x, w->base);
    gsl_matrix_set_zero(j);
    for (int32_t k = 0; k < w->n_free; k++) {
        double kept = x[w->free_of[k]];
        x[w->free_of[k]] = kept + STEP;
        residuals(w, x, w->r);
        x[w->free_of[k]] = kept;
        for (int32_t i = 0; i < p->n; i++)
            gsl_matrix_set(j, (size_t)i, (size_t)k, sqrt(w->weight[i]) * (w->r[i] - w->base[i]) / STEP);
        gsl_matrix_set(j, (size_t)(p->n + k), (size_t)k, w->scale / PRIOR_SD);
    }
    return GSL_SUCCESS;
}

/* Moves x to the least weighted squares; the weights stay. */
static bool least_squares(struct work *w, int32_t steps) {
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    size_t n = (size_t)(w->p->n + w->n_free), n_free = (size_t)w->n_free;
    gsl_multifit_nlinear_fdf f = {.f = value, .df = slope, .n = n, .p = n_free, .params = w};
    gsl_multifit_nlinear_workspace *space =
        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &how, n, n_free);
    gsl_vector *v = gsl_vector_alloc(n_free);
    int info = 0;
    bool done = space && v;
    for (size_t k = 0; done && k < n_free; k++)
        gsl_vector_set(v, k, w->x[w->free_of[k]]);
    done = done && gsl_multifit_nlinear_init(v, &f, space) == GSL_SUCCESS;
    if (done) {
        /* that no better step is found, at a kink, is an end too */
        gsl_multifit_nlinear_driver((size_t)steps, 1e-5, 1e-8, 0, NULL, NULL, &info, space);
        spread(w, gsl_multifit_nlinear_position(space), w->x);
    }
    gsl_multifit_nlinear_free(space);
    gsl_vector_free(v);
    return done;
}

static int32_t n_inside(const struct work *w) {
    int32_t n = 0;
    for (int32_t i = 0; i < w->p->n; i++)
        n += !w->out[i];
    return n;
}

/* Residuals at x into r, and their robust scale. */
static void rescale(struct work *w) {
    int32_t n = 0, n_constant = w->p->n_constant;
    residuals(w, w->x, w->r);
    for (int32_t i = 0; i < w->p->n; i++)
        if (!w->out[i])
            w->sorted[n++] = fabs(w->r[i]);
    dh_fit_sort(w->sorted, n);
    double wide = n > n_constant ? sqrt((double)n / (n - n_constant)) : 2;
    w->scale = fmax(1.4826 * wide * dh_fit_quantile(w->sorted, n, 0.5), LEAST_SCALE);
}

static void reweigh(struct work *w) {
    for (int32_t i = 0; i < w->p->n; i++) {
        double u = w->r[i] / (CAUCHY * w->scale);
        w->weight[i] = w->out[i] ? 0 : 1 / (1 + u * u);
    }
}

static double mean_size(const struct work *w) {
    double sum = 0;
    for (int32_t i = 0; i < w->p->n; i++)
        sum += fabs(w->r[i]);
    return sum / n_inside(w);
}

/* Iteration of weights from x, which is near the end. */
static bool robust_from(struct work *w, int32_t rounds) {
    double before[DH_FIT_MAX_CONSTANTS];
    for (int32_t round = 0; round < rounds; round++) {
        double moved = 0;
        rescale(w);
        reweigh(w);
        memcpy(before, w->x, sizeof before);
        if (!least_squares(w, MOST_STEPS))
            return false;
        for (int32_t k = 0; k < w->p->n_constant; k++)
            moved = fmax(moved, fabs(w->x[k] - before[k]));
        if (moved < 1e-3)
            break;
    }
    rescale(w);
    return true;
}

/* The same from anywhere: first all weights are equal. */
static bool robust(struct work *w, int32_t rounds) {
    for (int32_t i = 0; i < w->p->n; i++)
        w->weight[i] = !w->out[i];
    return least_squares(w, MOST_STEPS) && robust_from(w, rounds - 1);
}

/* The last step: without those that have less than a quarter of a full weight. */
static bool finish(struct work *w, int32_t *n_outlier) {
    *n_outlier = 0;
    reweigh(w);
    for (int32_t i = 0; i < w->p->n; i++)
        if (!w->out[i] && w->weight[i] < 0.25) {
            w->weight[i] = 0;
            ++*n_outlier;
        }
    bool done = least_squares(w, MORE_STEPS);
    residuals(w, w->x, w->r);
    return done;
}

static bool begin(struct work *w, struct dh_fit_problem *p) {
    size_t n = (size_t)p->n;
    *w = (struct work){.p = p, .scale = 0.05, .held = -1, .n_free = p->n_constant};
    for (int32_t k = 0; k < p->n_constant; k++)
        w->free_of[k] = k;
    w->weight = malloc(4 * n * sizeof *w->weight);
    w->out = calloc(n, sizeof *w->out);
    if (!w->weight || !w->out)
        return false;
    w->r = w->weight + n;
    w->sorted = w->r + n;
    w->base = w->sorted + n;
    return true;
}

static void end(struct work *w) {
    free(w->weight);
    free(w->out);
}

/* Cauchy's loss over the samples, with the prior of what is free. */
static double cauchy_loss(struct work *w) {
    double sum = 0;
    residuals(w, w->x, w->r);
    for (int32_t i = 0; i < w->p->n; i++)
        if (!w->out[i]) {
            double u = w->r[i] / (CAUCHY * w->scale);
            sum += CAUCHY * CAUCHY / 2 * log1p(u * u);
        }
    for (int32_t k = 0; k < w->p->n_constant; k++) {
        const struct dh_fit_constant *c = &w->p->constants[k];
        double prior = (w->x[k] - dh_fit_to_x(c, c->start)) / PRIOR_SD;
        sum += k == w->held ? 0 : prior * prior / 2;
    }
    return sum;
}

static void begin_from(struct work *w, int32_t start) {
    const struct dh_fit_problem *p = w->p;
    for (int32_t k = 0; k < p->n_constant; k++)
        w->x[k] = dh_fit_to_x(&p->constants[k], p->constants[k].start);
    for (int32_t i = 0; start > 0 && i < DH_FIT_STARTED; i++) {
        int32_t k = p->starts[start - 1][i].constant;
        if (p->starts[start - 1][i].value > 0)
            w->x[k] = dh_fit_to_x(&p->constants[k], p->starts[start - 1][i].value);
    }
    w->scale = 0.05;
}

/* Down from x, with weights that follow; gives the loss at the end. */
static double descend(struct work *w) {
    for (int32_t round = 0; round < 2; round++) {
        residuals(w, w->x, w->r);
        reweigh(w);
        if (!least_squares(w, MOST_STEPS))
            return INFINITY;
    }
    return cauchy_loss(w);
}

/* Is there something better near x, or as good? One constant after the other is moved aside. *least is the
 * loss at x; both become those of the best that was found. What is as good is kept among the others. */
static bool look_around(struct work *w, double *x, double *least) {
    struct dh_fit_problem *p = w->p;
    bool found = false;
    p->n_other = 0;
    for (int32_t i = 0; i < 2 * p->n_constant; i++) {
        memcpy(w->x, x, sizeof w->x);
        w->x[i / 2] += i % 2 ? ASIDE : -ASIDE;
        double loss = descend(w);
        if (loss < *least - BETTER) {
            *least = loss;
            memcpy(x, w->x, sizeof w->x);
            found = true;
        } else if (loss < *least + AS_GOOD) {
            memcpy(p->others[p->n_other++], w->x, sizeof w->x);
        }
    }
    return found;
}

/* Some rounds from each start, all from the best, and from there a look around. */
static bool search(struct work *w) {
    struct dh_fit_problem *p = w->p;
    double best[DH_FIT_MAX_CONSTANTS], least = INFINITY;
    for (int32_t s = 0; s <= p->n_start; s++) {
        begin_from(w, s);
        if (!robust(w, 3))
            return false;
        double size = mean_size(w);
        if (size < least) {
            least = size;
            memcpy(best, w->x, sizeof best);
        }
    }
    memcpy(w->x, best, sizeof best);
    if (!robust(w, MOST_ROUNDS))
        return false;
    memcpy(best, w->x, sizeof best);
    least = cauchy_loss(w);
    for (int32_t round = 0; round < p->most_looks && look_around(w, best, &least); round++) {
        memcpy(w->x, best, sizeof best);
        residuals(w, w->x, w->r);
        rescale(w); /* the others are to be judged by what the best one leaves */
        least = cauchy_loss(w);
    }
    memcpy(w->x, best, sizeof best);
    return robust_from(w, MOST_ROUNDS) && finish(w, &p->n_outlier);
}

bool dh_fit_solve(struct dh_fit_problem *p) {
    struct work w;
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    bool done = begin(&w, p) && search(&w);
    if (done) {
        for (int32_t k = 0; k < p->n_constant; k++) {
            p->constants[k].x = w.x[k];
            p->constants[k].value = dh_fit_from_x(&p->constants[k], w.x[k]);
        }
        p->scale = w.scale;
        p->loss = mean_size(&w);
        place(&w, w.x);
        for (int32_t i = 0; i < p->n; i++)
            done = done && w.r[i] != SENSELESS;
    }
    end(&w);
    gsl_set_error_handler(handler);
    return done;
}

/* ---- intervals ---------------------------------------------------------------------------------------- */

/* Of Cauchy's psi over the samples: what its derivative is on average, and its square. */
struct influence {
    double slope, square, spread; /* spread: variance of the derivative over its squared mean */
};

static struct influence influence_of(const struct work *w) {
    double slope_sum = 0, slope_squares = 0, squares = 0, n = 0;
    for (int32_t i = 0; i < w->p->n; i++) {
        if (w->weight[i] == 0)
            continue;
        double u = w->r[i] / w->scale, q = u * u / (CAUCHY * CAUCHY);
        double psi = u / (1 + q), derivative = (1 - q) / ((1 + q) * (1 + q));
        squares += psi * psi;
        slope_sum += derivative;
        slope_squares += derivative * derivative;
        n++;
    }
    double mean = slope_sum / n;
    return (struct influence){mean, squares / fmax(n - w->p->n_constant, 1),
                              (slope_squares / n - mean * mean) / (mean * mean)};
}

/* From the rows of derivatives and the covariance for equal variances, the one that takes each sample's own
 * residual, over 1 - its leverage (HC3, MacKinnon and White 1985, J. Econometrics 29:305): where few samples
 * decide about a constant, their residuals are smaller than the others'. The wider of both is taken. */
static bool widen(const struct work *w, const struct influence *f, double variance, const gsl_matrix *j,
                  const gsl_matrix *c) {
    size_t n_constant = (size_t)w->p->n_constant;
    gsl_vector *cj = gsl_vector_alloc(n_constant);
    double sums[DH_FIT_MAX_CONSTANTS] = {0};
    if (!cj)
        return false;
    for (int32_t i = 0; i < w->p->n; i++) {
        gsl_vector_const_view row = gsl_matrix_const_row(j, (size_t)i);
        double u = w->r[i] / w->p->scale, psi = w->p->scale * u / (1 + u * u / (CAUCHY * CAUCHY)) / f->slope;
        double leverage = 0;
        if (w->weight[i] == 0)
            continue;
        gsl_blas_dgemv(CblasNoTrans, 1 / variance, c, &row.vector, 0, cj);
        gsl_blas_ddot(cj, &row.vector, &leverage);
        psi /= 1 - fmin(leverage, 0.9);
        for (size_t k = 0; k < n_constant; k++)
            sums[k] += psi * psi * gsl_vector_get(cj, k) * gsl_vector_get(cj, k);
    }
    for (size_t k = 0; k < n_constant; k++)
        w->p->constants[k].x_se = KINKS * fmax(sqrt(sums[k]), sqrt(gsl_matrix_get(c, k, k)));
    gsl_vector_free(cj);
    return true;
}

static bool standard_errors(struct work *w, const struct influence *f, int32_t n_used) {
    struct dh_fit_problem *p = w->p;
    size_t n = (size_t)(p->n + p->n_constant), n_constant = (size_t)p->n_constant;
    gsl_matrix *j = gsl_matrix_alloc(n, n_constant), *a = gsl_matrix_calloc(n_constant, n_constant);
    gsl_vector *v = gsl_vector_alloc(n_constant);
    bool done = j && a && v;
    if (done) {
        double correction = 1 + p->n_constant * f->spread / n_used;
        double variance = p->scale * p->scale * f->square / (f->slope * f->slope) * correction * correction;
        for (size_t k = 0; k < n_constant; k++)
            gsl_vector_set(v, k, w->x[k]);
        for (int32_t i = 0; i < p->n; i++)
            w->weight[i] = w->weight[i] > 0;
        w->scale = sqrt(variance); /* of the prior's rows */
        slope(v, w, j);
        residuals(w, w->x, w->r);
        gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1 / variance, j, j, 0, a);
        done = gsl_linalg_cholesky_decomp1(a) == GSL_SUCCESS &&
               gsl_linalg_cholesky_invert(a) == GSL_SUCCESS && widen(w, f, variance, j, a);
    }
    gsl_matrix_free(j);
    gsl_matrix_free(a);
    gsl_vector_free(v);
    return done;
}

/* How much worse the fit is with constant k at x, in squared standard errors. */
static double worse(struct work *w, const double *from, int32_t k, double x, double least,
                    const struct influence *f) {
    memcpy(w->x, from, sizeof w->x);
    w->x[k] = x;
    w->held = k;
    w->n_free = 0;
    for (int32_t m = 0; m < w->p->n_constant; m++)
        if (m != k)
            w->free_of[w->n_free++] = m;
    if (w->n_free > 0)
        least_squares(w, MOST_STEPS);
    return 2 * (cauchy_loss(w) - least) * f->slope / f->square;
}

/* The end of the interval on one side, by profile; *open where it is the end of the scale. */
static double edge(struct work *w, const double *from, int32_t k, double sign, double t, double least,
                   const struct influence *f, bool *open) {
    const struct dh_fit_constant *c = &w->p->constants[k];
    double x = from[k];
    double last = c->scale == DH_FIT_SHARE ? sign * FARTHEST
                  : sign > 0               ? dh_fit_to_x(c, c->high)
                                           : dh_fit_to_x(c, c->least);
    double inside = x, outside = x, step = fmin(fmax(0.5 * t * c->x_se, 0.1), 1);
    *open = false;
    while (sign * (last - outside) > 0) {
        outside = sign * fmin(sign * (outside + sign * step), sign * last);
        if (worse(w, from, k, outside, least, f) > t * t) {
            for (int32_t i = 0; i < BISECTIONS; i++) {
                double middle = (inside + outside) / 2;
                if (worse(w, from, k, middle, least, f) > t * t)
                    outside = middle;
                else
                    inside = middle;
            }
            return (inside + outside) / 2;
        }
        inside = outside;
        step *= 1.5;
    }
    *open = true;
    return last;
}

static bool is_identified(const struct dh_fit_constant *c, bool open_below, bool open_above) {
    double low = c->interval_low - (c->scale == DH_FIT_LOG ? c->low : 0);
    double high = c->interval_high - (c->scale == DH_FIT_LOG ? c->low : 0);
    double value = c->value - (c->scale == DH_FIT_LOG ? c->low : 0);
    if (c->scale == DH_FIT_LOG && high > 10 * low)
        return false;
    if (c->scale == DH_FIT_SHARE && high - low > 0.5 * (c->high - c->low))
        return false;
    return !(open_below || open_above) || high - low < 0.25 * value;
}

static bool intervals(struct work *w) {
    struct dh_fit_problem *p = w->p;
    double from[DH_FIT_MAX_CONSTANTS], scale = p->scale;
    int32_t n_used = 0;
    for (int32_t k = 0; k < p->n_constant; k++)
        from[k] = p->constants[k].x;
    memcpy(w->x, from, sizeof from);
    residuals(w, w->x, w->r);
    w->scale = scale;
    reweigh(w);
    for (int32_t i = 0; i < p->n; i++) {
        if (w->weight[i] < 0.25)
            w->weight[i] = 0;
        n_used += w->weight[i] > 0;
    }
    struct influence f = influence_of(w);
    double t = gsl_cdf_tdist_Pinv(0.975, fmax(n_used - p->n_constant, 1));
    if (!standard_errors(w, &f, n_used))
        return false;
    w->scale = scale;
    residuals(w, from, w->r);
    for (int32_t i = 0; i < p->n; i++)
        if (w->weight[i] > 0) {
            double u = w->r[i] / (CAUCHY * scale);
            w->weight[i] = 1 / (1 + u * u);
        }
    for (int32_t k = 0; k < p->n_constant; k++) {
        struct dh_fit_constant *c = &p->constants[k];
        double half = t * c->x_se, low = from[k] - half, high = from[k] + half;
        bool open_below = false, open_above = false;
        memcpy(w->x, from, sizeof from);
        w->held = k;
        double least = cauchy_loss(w);
        if (half > WIDE || (c->scale == DH_FIT_SHARE && fabs(from[k]) + half > FARTHEST)) {
            low = edge(w, from, k, -1, t, least, &f, &open_below);
            high = edge(w, from, k, 1, t, least, &f, &open_above);
        }
        for (int32_t o = 0; o < p->n_other; o++) {
            double x = p->others[o][k];
            bool open = false;
            if (x < low && worse(w, p->others[o], k, x, least, &f) < t * t) {
                low = edge(w, p->others[o], k, -1, t, least, &f, &open);
                open_below = open_below || open;
            }
            if (x > high && worse(w, p->others[o], k, x, least, &f) < t * t) {
                high = edge(w, p->others[o], k, 1, t, least, &f, &open);
                open_above = open_above || open;
            }
        }
        w->held = -1;
        c->interval_low = dh_fit_from_x(c, low);
        c->interval_high = dh_fit_from_x(c, high);
        if (open_below)
            c->interval_low = c->low;
        if (open_above)
            c->interval_high = c->high;
        c->identified = is_identified(c, open_below, open_above);
    }
    place(w, from);
    return true;
}

bool dh_fit_intervals(struct dh_fit_problem *p) {
    struct work w;
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    bool done = begin(&w, p) && intervals(&w);
    end(&w);
    gsl_set_error_handler(handler);
    return done;
}

/* ---- cross-validation --------------------------------------------------------------------------------- */

static bool cross_validate(struct work *w, double *out) {
    struct dh_fit_problem *p = w->p;
    double from[DH_FIT_MAX_CONSTANTS];
    int32_t n_outlier;
    for (int32_t k = 0; k < p->n_constant; k++)
        from[k] = p->constants[k].x;
    for (int32_t fold = 0; fold < DH_FIT_FOLDS; fold++) {
        for (int32_t i = 0; i < p->n; i++)
            w->out[i] = p->fold[i] == fold;
        if (n_inside(w) == 0)
            continue; /* all samples are of one shape: it stays what it was */
        memcpy(w->x, from, sizeof from);
        w->scale = p->scale;
        if (!robust_from(w, MOST_ROUNDS / 2) || !finish(w, &n_outlier))
            return false;
        memset(w->out, 0, (size_t)p->n * sizeof *w->out);
        residuals(w, w->x, w->r);
        for (int32_t i = 0; i < p->n; i++)
            if (p->fold[i] == fold)
                out[i] = -w->r[i];
    }
    return true;
}

bool dh_fit_cross_validate(struct dh_fit_problem *p, double *out) {
    struct work w;
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    for (int32_t i = 0; i < p->n; i++)
        out[i] = 0;
    bool done = begin(&w, p) && cross_validate(&w, out);
    double x[DH_FIT_MAX_CONSTANTS];
    for (int32_t k = 0; k < p->n_constant; k++)
        x[k] = p->constants[k].x;
    if (done)
        place(&w, x);
    end(&w);
    gsl_set_error_handler(handler);
    return done;
}
