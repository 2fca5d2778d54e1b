#include "sim/api/plan_model.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_erf.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DATA = 320 }; /* a fit takes the cube of it; beyond, the farthest from the limits are left out */

/* ---- the space
 * ---------------------------------------------------------------------------------------------
 */

/* Values that are numbers of one unit have an order. */
static bool is_ordered(const struct dh_study_vary *v) {
    const char *unit = NULL;
    for (int32_t i = 0; v->values && i < v->n_value; i++) {
        char *end;
        double x = strtod(v->values[i], &end);
        if (end == v->values[i] || !isfinite(x) || (unit && strcmp(unit, end) != 0))
            return false;
        unit = end;
    }
    return true;
}

void dh_plan_space(const struct dh_plan *p, struct dh_kriging_space *space) {
    *space = (struct dh_kriging_space){.n = p->study.n_vary};
    for (int32_t v = 0; v < p->study.n_vary; v++)
        if (!is_ordered(&p->study.vary[v]))
            space->categories[v] = p->study.vary[v].n_value;
}

int32_t dh_plan_level(const struct dh_study *study, int32_t point, int32_t v) {
    for (int32_t i = study->n_vary - 1; i > v; i--)
        point /= study->vary[i].n_value;
    return point % study->vary[v].n_value;
}

void dh_plan_coordinates(const struct dh_plan *p, const struct dh_kriging_space *space, int32_t point,
                         double *x) {
    for (int32_t v = p->study.n_vary - 1; v >= 0; v--) {
        int32_t n = p->study.vary[v].n_value, level = point % n;
        point /= n;
        x[v] = space->categories[v] > 0 ? level : n > 1 ? (double)level / (n - 1) : 0.5;
    }
}

/* ---- data
 * --------------------------------------------------------------------------------------------------
 */

double dh_plan_merit(const struct dh_plan *p, const struct dh_plan_problem *problem,
                     const double *objectives) {
    double sum = 0, most = -INFINITY;
    bool alone = true;
    for (int32_t g = 1; g < p->n_objective; g++)
        alone = alone && problem->weights[g] == 0;
    if (alone)
        return objectives[0];
    /* Augmented Chebyshev (J. Knowles, ParEGO, IEEE Trans. Evol. Comp. 10(1), 2006): weights are of values
     * brought to one range by whoever made the problem. */
    for (int32_t g = 0; g < p->n_objective; g++) {
        double v = problem->weights[g] * (objectives[g] - problem->ideal[g]);
        sum += v;
        most = fmax(most, v);
    }
    return most + 0.05 * sum;
}

static double bent(const struct dh_plan_row *row, double v) {
    return row->scale > 0 ? asinh((v - row->reference) / row->scale) : 0;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int32_t n) {
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n > 0 ? v[n / 2] : NAN;
}

static bool has_first(const struct dh_plan *p, const struct dh_plan_design *d) {
    return d->state != DH_PLAN_FAILED && p->n_goal > 0 && !isnan(d->values[0]);
}

/* How a statistic differs from the first run's value. */
static enum dh_err learn_typical(struct dh_plan_model *m, const struct dh_plan *p) {
    double *shift = malloc((size_t)(p->n_design > 0 ? p->n_design : 1) * sizeof *shift);
    if (!shift)
        return DH_ERR_MEMORY;
    for (int32_t g = 0; g < p->n_goal; g++) {
        int32_t n = 0;
        m->typical[g] = 0;
        m->spread[g] = p->seeds > 1 ? INFINITY : 0;
        for (int32_t i = 0; i < p->n_design; i++) {
            const struct dh_plan_design *d = &p->designs[i];
            if (d->state == DH_PLAN_COMPLETE)
                shift[n++] = p->goals[g].sense *
                             (dh_plan_statistic(p, d, g) - d->values[(size_t)g * (size_t)p->seeds]);
        }
        m->n_typical = n;
        if (n == 0)
            continue;
        m->typical[g] = median(shift, n);
        for (int32_t i = 0; i < n; i++)
            shift[i] = fabs(shift[i] - m->typical[g]);
        if (n >= 3)
            m->spread[g] = shift[n - 1] > 0 ? median(shift, n) * 1.5 : 0;
    }
    free(shift);
    return DH_OK;
}

/* Value of a goal by sense: the statistic, or what it is likely to be. */
static double value_of(const struct dh_plan_model *m, const struct dh_plan_design *d, int32_t g) {
    const struct dh_plan *p = m->plan;
    if (d->state == DH_PLAN_COMPLETE)
        return p->goals[g].sense * dh_plan_statistic(p, d, g);
    return p->goals[g].sense * d->values[(size_t)g * (size_t)p->seeds] + m->typical[g];
}

static double row_value(const struct dh_plan_model *m, const struct dh_plan_design *d, int32_t row) {
    double objectives[DH_STUDY_OBJECTIVES];
    if (row > 0)
        return value_of(m, d, row);
    for (int32_t g = 0; g < m->plan->n_objective; g++)
        objectives[g] = value_of(m, d, g);
    return dh_plan_merit(m->plan, m->problem, objectives);
}

/* Row 0 is the objective that the problem ranks by, rows n_objective … those of the constraints. */
static bool row_wanted(const struct dh_plan_model *m, int32_t row) {
    const struct dh_plan *p = m->plan;
    return row == 0 || (row >= p->n_objective && row < p->n_goal && isfinite(m->problem->limits[row]));
}

static enum dh_err take_designs(struct dh_plan_model *m) {
    const struct dh_plan *p = m->plan;
    int32_t *chosen = malloc((size_t)(p->n_design > 0 ? p->n_design : 1) * sizeof *chosen), n = 0;
    if (!chosen)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < p->n_design; i++)
        if (p->designs[i].variant == 0 &&
            (has_first(p, &p->designs[i]) || p->designs[i].state == DH_PLAN_FAILED))
            chosen[n++] = i;
    if (n >
        MOST_DATA) { /* the latest know best, for the search has closed in on something; some of the first */
        int32_t off = n - MOST_DATA, first = MOST_DATA / 4;
        memmove(chosen + first, chosen + first + off, (size_t)(n - first - off) * sizeof *chosen);
        n -= off;
    }
    int32_t n_base = n;
    for (int32_t i = 0; i < p->n_design && m->problem->variant > 0; i++) /* those of the demand last */
        if (p->designs[i].variant == m->problem->variant &&
            (has_first(p, &p->designs[i]) || p->designs[i].state == DH_PLAN_FAILED))
            chosen[n++] = i;
    m->n_shift = n - n_base;
    m->n = n;
    m->room = n + 64;
    m->x = dh_arena_array(&m->mem, (size_t)m->room * (size_t)m->space.n, sizeof *m->x);
    m->points = dh_arena_array(&m->mem, (size_t)m->room, sizeof *m->points);
    if (m->x)
        for (int32_t i = 0; i < n; i++) {
            dh_plan_coordinates(p, &m->space, p->designs[chosen[i]].point, m->x + i * m->space.n);
            m->points[i] = chosen[i]; /* design for now */
        }
    free(chosen);
    return m->x && m->points ? DH_OK : DH_ERR_MEMORY;
}

/* Fits a row to the data that have it. */
static enum dh_err fit_row(struct dh_plan_model *m, struct dh_plan_row *row, bool climb) {
    int32_t n = 0, d = m->space.n, n_base = 0;
    double *x = malloc((size_t)(m->n > 0 ? m->n : 1) * (size_t)d * sizeof *x),
           *y = malloc((size_t)(m->n > 0 ? m->n : 1) * sizeof *y);
    dh_kriging_free(row->base);
    dh_kriging_free(row->shift);
    row->base = row->shift = NULL;
    if (!x || !y) {
        free(x);
        free(y);
        return DH_ERR_MEMORY;
    }
    for (int32_t i = 0; i < m->n - m->n_shift; i++) {
        if (isnan(row->y[i]))
            continue;
        memcpy(x + n * d, m->x + i * d, (size_t)d * sizeof *x);
        y[n++] = row->y[i];
    }
    n_base = n;
    enum dh_err err = DH_OK;
    if (n_base > 0) {
        row->base = dh_kriging_fit(&m->space, n_base, x, y, row->hyper, climb);
        err = row->base ? DH_OK : DH_ERR_MEMORY;
    }
    n = 0;
    for (int32_t i = m->n - m->n_shift; i < m->n && err == DH_OK && row->base; i++) {
        double mean;
        if (isnan(row->y[i]))
            continue;
        dh_kriging_predict(row->base, m->x + i * d, &mean, NULL);
        memcpy(x + n * d, m->x + i * d, (size_t)d * sizeof *x);
        y[n++] = row->y[i] - mean;
    }
    if (n > 0 && err == DH_OK) {
        double hyper[DH_STUDY_VARY + 1];
        memcpy(hyper, row->hyper, sizeof hyper);
        row->shift = dh_kriging_fit(&m->space, n, x, y, hyper, false);
        err = row->shift ? DH_OK : DH_ERR_MEMORY;
    }
    free(x);
    free(y);
    return err;
}

/* Reference, scale and bent values of a row. */
static void bend_row(struct dh_plan_model *m, int32_t g, struct dh_plan_row *row, double *scratch) {
    const struct dh_plan *p = m->plan;
    int32_t n = 0;
    for (int32_t i = 0; i < m->n; i++) {
        const struct dh_plan_design *d = &p->designs[m->points[i]];
        row->y[i] = d->state == DH_PLAN_FAILED ? NAN : row_value(m, d, g);
        if (!isnan(row->y[i]))
            scratch[n++] = row->y[i];
    }
    row->reference = g > 0          ? p->goals[g].sense * m->problem->limits[g]
                     : m->best >= 0 ? row_value(m, &p->designs[m->best], 0)
                                    : median(scratch, n);
    for (int32_t i = 0; i < n; i++)
        scratch[i] = fabs(scratch[i] - row->reference);
    row->scale = n > 0 ? median(scratch, n) : 0;
    if (n > 0 && !(row->scale > 1e-6 * scratch[n - 1])) /* most are alike: the others make the scale */
        row->scale = scratch[n - 1] / 3;
    for (int32_t i = 0; i < m->n; i++)
        if (!isnan(row->y[i]))
            row->y[i] = bent(row, row->y[i]);
}

enum dh_err dh_plan_model_fit(struct dh_plan_model *m, struct dh_plan *p,
                              const struct dh_plan_problem *problem) {
    *m = (struct dh_plan_model){.plan = p, .problem = problem, .best = dh_plan_best(p, problem)};
    dh_plan_space(p, &m->space);
    enum dh_err err = learn_typical(m, p);
    if (err == DH_OK)
        err = take_designs(m);
    double *scratch = malloc((size_t)(m->n > 0 ? m->n : 1) * sizeof *scratch);
    if (!scratch)
        err = DH_ERR_MEMORY;
    int32_t failed = 0;
    for (int32_t i = 0; err == DH_OK && i < m->n; i++)
        failed += p->designs[m->points[i]].state == DH_PLAN_FAILED;
    for (int32_t g = 0; g <= p->n_goal && err == DH_OK; g++) {
        struct dh_plan_row *row = &m->rows[g];
        row->used = g < p->n_goal ? row_wanted(m, g) : failed > 0 && failed < m->n;
        if (!row->used || m->n == 0)
            continue;
        row->y = dh_arena_array(&m->mem, (size_t)m->room, sizeof *row->y);
        row->hyper = p->hyper[g];
        if (!row->y) {
            err = DH_ERR_MEMORY;
            break;
        }
        if (g < p->n_goal) {
            bend_row(m, g, row, scratch);
        } else {
            row->scale = 1;
            for (int32_t i = 0; i < m->n; i++)
                row->y[i] = p->designs[m->points[i]].state == DH_PLAN_FAILED ? 1 : -1;
        }
        bool climb = p->hyper_n[g] == 0 || m->n > p->hyper_n[g] * 1.12;
        if (p->hyper_n[g] == 0)
            dh_kriging_start(&m->space, row->hyper);
        if (climb)
            p->hyper_n[g] = m->n;
        err = fit_row(m, row, climb);
    }
    for (int32_t i = 0; err == DH_OK && i < m->n; i++)
        m->points[i] = p->designs[m->points[i]].point;
    free(scratch);
    return err;
}

void dh_plan_model_free(struct dh_plan_model *m) {
    for (int32_t g = 0; g <= DH_PLAN_GOALS; g++) {
        dh_kriging_free(m->rows[g].base);
        dh_kriging_free(m->rows[g].shift);
    }
    dh_arena_free(&m->mem);
    *m = (struct dh_plan_model){0};
}

/* ---- questions
 * ---------------------------------------------------------------------------------------------
 */

static void predict(const struct dh_plan_model *m, const struct dh_plan_row *row, const double *x,
                    double *mean, double *deviation) {
    double shift = 0, more = 0;
    *mean = 0;
    if (deviation)
        *deviation = 1;
    if (!row->base)
        return;
    dh_kriging_predict(row->base, x, mean, deviation);
    if (row->shift)
        dh_kriging_predict(row->shift, x, &shift, deviation ? &more : NULL);
    *mean += shift;
    if (deviation) { /* a model is never surer than a hundredth of what it has seen */
        if (m->problem->variant > 0 && !row->shift)
            more = 0.3;
        *deviation = sqrt(*deviation * *deviation + more * more + (row->scale > 0 ? 1e-4 : 0));
    }
}

struct dh_plan_belief dh_plan_model_ask(const struct dh_plan_model *m, int32_t point) {
    const struct dh_plan *p = m->plan;
    struct dh_plan_belief b = {0};
    double x[DH_STUDY_VARY], mean, deviation;
    dh_plan_coordinates(p, &m->space, point, x);
    for (int32_t g = p->n_objective; g <= p->n_goal; g++) {
        const struct dh_plan_row *row = &m->rows[g];
        if (!row->used || (g < p->n_goal && g < p->n_objective))
            continue;
        predict(m, row, x, &mean, &deviation);
        if (g == p->n_goal)
            deviation = fmax(deviation, 0.3);
        if (deviation > 0)
            b.log_feasible += gsl_sf_log_erfc(mean / deviation / sqrt(2)) - log(2);
        else if (mean > 0)
            b.log_feasible -= 1e6;
    }
    predict(m, &m->rows[0], x, &b.objective, &b.deviation);
    double feasible = exp(fmax(b.log_feasible, -700)), u = b.deviation > 0 ? -b.objective / b.deviation : 0;
    if (b.deviation > 0) {
        b.better = feasible * gsl_cdf_ugaussian_P(-(b.objective + 1e-6) / b.deviation);
        b.gain = feasible * b.deviation * (u * gsl_cdf_ugaussian_P(u) + gsl_ran_ugaussian_pdf(u));
    } else if (b.objective < -1e-6) {
        b.better = feasible;
        b.gain = -feasible * b.objective;
    }
    return b;
}

double dh_plan_model_guess(const struct dh_plan_model *m, int32_t point) {
    const struct dh_plan *p = m->plan;
    double x[DH_STUDY_VARY], mean, guess;
    dh_plan_coordinates(p, &m->space, point, x);
    predict(m, &m->rows[0], x, &guess, NULL);
    if (m->best < 0)
        guess *= 1e-3; /* first of all a design that meets the constraints */
    for (int32_t g = p->n_objective; g <= p->n_goal; g++) {
        if (!m->rows[g].used)
            continue;
        predict(m, &m->rows[g], x, &mean, NULL);
        guess += 10 * fmax(mean, 0);
    }
    return guess;
}

enum dh_err dh_plan_model_believe(struct dh_plan_model *m, int32_t point) {
    if (m->n == m->room)
        return DH_OK;
    double *x = m->x + m->n * m->space.n;
    dh_plan_coordinates(m->plan, &m->space, point, x);
    for (int32_t g = 0; g <= m->plan->n_goal; g++)
        if (m->rows[g].used)
            predict(m, &m->rows[g], x, &m->rows[g].y[m->n], NULL);
    m->points[m->n++] = point;
    if (m->problem->variant > 0)
        m->n_shift++;
    for (int32_t g = 0; g <= m->plan->n_goal; g++)
        if (m->rows[g].used)
            DH_TRY(fit_row(m, &m->rows[g], false));
    return DH_OK;
}
