#include "sim/api/plan.h"

#include "output/fail_if.h"
#include "output/summary_keys.h"
#include "sim/diag.h"
#include "sim/units.h"

#include <gsl/gsl_cdf.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is wanted
 * ----------------------------------------------------------------------------------------
 */

static enum dh_err read_key(struct dh_plan_goal *goal, const struct dh_study_goal *from,
                            struct dh_diag *diag) {
    int32_t row = dh_summary_key_find(from->key);
    if (row < 0) {
        const char *nearest = dh_summary_key_nearest(from->key);
        enum dh_err err =
            dh_fail(diag, DH_ERR_VALUE, from->key_place, "no summary has the key '%.80s'", from->key);
        if (nearest)
            dh_diag_hint(diag, "did you mean '%s'?", nearest);
        else
            dh_diag_hint(diag, "'datahall help --summary' prints the keys");
        return err;
    }
    const char *unit = dh_summary_key_at(row).unit;
    if (!unit[0]) {
        enum dh_err err =
            dh_fail(diag, DH_ERR_VALUE, from->key_place, "'%.80s' is a text, not a number", from->key);
        dh_diag_hint(diag, "'datahall help --summary' tells which keys are numbers");
        return err;
    }
    *goal = (struct dh_plan_goal){.key = from->key,
                                  .name = from->name,
                                  .scale = 1,
                                  .sense = from->most ? -1 : 1,
                                  .confidence = NAN,
                                  .probability = NAN,
                                  .step = NAN,
                                  .place = from->key_place};
    snprintf(goal->unit, sizeof goal->unit, "%s", strcmp(unit, "1") == 0 ? "" : unit);
    return DH_OK;
}

/* One number of the study with its unit, in the unit of the key. */
static enum dh_err read_number(const struct dh_plan_goal *goal, const char *text, struct dh_place place,
                               double *value, struct dh_diag *diag) {
    struct dh_diag why = {0};
    const char *unit = goal->unit[0] ? goal->unit : "1";
    enum dh_err err = dh_limit_value(goal->key, unit, text, strlen(text), value, &why);
    if (err != DH_OK)
        err = dh_fail(
            diag, why.n_message > 0 && strstr(why.messages[0].text, "unit of") ? DH_ERR_UNIT : DH_ERR_NUMBER,
            place, "%s", why.n_message > 0 ? why.messages[0].text : "not a number with a unit");
    else if (!isfinite(*value))
        err = dh_fail(diag, DH_ERR_NUMBER, place, "'%.60s' is no finite number", text);
    if (err != DH_OK)
        dh_diag_hint(diag, "such as value=\"10%s%s\"", goal->unit[0] ? " " : "", goal->unit);
    dh_diag_free(&why);
    return err;
}

/* The least number of n runs that must meet the limit so that their share is at least p (with confidence c).
 * n + 1: so many runs cannot tell. */
static int32_t runs_that_must(int32_t n, double p, double c) {
    for (int32_t k = 1; k <= n; k++) {
        if (isnan(c) ? k >= p * n - 1e-9 : gsl_cdf_beta_Pinv(1 - c, k, n - k + 1) >= p - 1e-12)
            return k;
    }
    return n + 1;
}

static enum dh_err read_certainty(struct dh_plan_goal *goal, const struct dh_study_goal *from, int32_t seeds,
                                  struct dh_diag *diag) {
    goal->confidence = from->confidence;
    goal->probability = from->probability;
    if (!isnan(goal->confidence) && isnan(goal->probability) && seeds < 2) {
        enum dh_err err =
            dh_fail(diag, DH_ERR_VALUE, from->confidence_place, "one run of each design tells no confidence");
        dh_diag_hint(diag, "give the study seeds=\"10\", or leave confidence out");
        return err;
    }
    if (isnan(goal->probability))
        return DH_OK;
    goal->least = runs_that_must(seeds, goal->probability, goal->confidence);
    if (goal->least <= seeds)
        return DH_OK;
    int32_t n = seeds;
    while (n < 100000 && runs_that_must(n, goal->probability, goal->confidence) > n)
        n++;
    enum dh_err err = dh_fail(diag, DH_ERR_VALUE, from->probability_place,
                              "%d run%s of each design cannot show a share of %g with confidence %g",
                              (int)seeds, seeds == 1 ? "" : "s", goal->probability, goal->confidence);
    dh_diag_hint(diag, "that takes seeds=\"%d\" at least", (int)n);
    return err;
}

static enum dh_err read_constraint(struct dh_plan_goal *goal, const struct dh_study_goal *from, int32_t seeds,
                                   struct dh_diag *diag) {
    double limit, step = NAN, number, zero;
    size_t end = 0;
    DH_TRY(read_key(goal, from, diag));
    goal->sense = from->op == DH_STUDY_AT_MOST || from->op == DH_STUDY_BELOW ? 1 : -1;
    goal->strict = from->op == DH_STUDY_BELOW || from->op == DH_STUDY_ABOVE;
    DH_TRY(read_number(goal, from->value, from->value_place, &limit, diag));
    if (from->step) {
        DH_TRY(read_number(goal, from->step, from->step_place, &step, diag));
        if (!(step > 0))
            return dh_fail(diag, DH_ERR_RANGE, from->step_place, "a step is above 0, not '%.60s'",
                           from->step);
    }
    DH_TRY(read_certainty(goal, from, seeds, diag));
    /* Shown in the unit that the study writes, where that only scales. */
    char text[128];
    struct dh_diag unheard = {0};
    if (dh_number_parse(from->value, strlen(from->value), &number, &end) == DH_OK) {
        const char *unit = from->value + end + strspn(from->value + end, " ");
        size_t n = strlen(unit);
        while (n > 0 && unit[n - 1] == ' ')
            n--;
        n = n < sizeof goal->unit ? n : 0;
        snprintf(text, sizeof text, "0 %.*s", (int)n, unit);
        if (n > 0 && number != 0 &&
            dh_limit_value(goal->key, goal->unit[0] ? goal->unit : "1", text, strlen(text), &zero,
                           &unheard) == DH_OK &&
            zero == 0) {
            goal->scale = limit / number;
            snprintf(goal->unit, sizeof goal->unit, "%.*s", (int)n, unit);
            limit = number;
            step /= goal->scale;
        }
    }
    dh_diag_free(&unheard);
    goal->limit = limit;
    goal->step = step;
    return DH_OK;
}

/* At most 5 and at least 6 of the same: nothing can meet both. */
static enum dh_err check_contradictions(const struct dh_plan *p, struct dh_diag *diag) {
    for (int32_t i = p->n_objective; i < p->n_goal; i++)
        for (int32_t j = p->n_objective; j < i; j++) {
            const struct dh_plan_goal *a = &p->goals[j], *b = &p->goals[i];
            if (strcmp(a->key, b->key) != 0)
                continue;
            if (a->sense == b->sense && isnan(a->probability) == isnan(b->probability) &&
                !(a->probability != b->probability && !isnan(a->probability)))
                return dh_fail(diag, DH_ERR_DUPLICATE_ID, b->place,
                               "'%.80s' has a limit on this side already", b->key);
            double low = (a->sense < 0 ? a->limit * a->scale : b->limit * b->scale),
                   high = (a->sense < 0 ? b->limit * b->scale : a->limit * a->scale);
            if (a->sense != b->sense && isnan(a->probability) && isnan(b->probability) &&
                (low > high || (low == high && (a->strict || b->strict))))
                return dh_fail(
                    diag, DH_ERR_VALUE, b->place,
                    "'%.80s' cannot be at least %g and at most %g: these constraints contradict each other",
                    b->key, low, high);
        }
    return DH_OK;
}

/* What is demand cannot be of the design as well: one of both would overwrite the other. */
static enum dh_err check_demand(const struct dh_study *study, struct dh_diag *diag) {
    const struct dh_study_demand *d = &study->demand;
    for (int32_t i = 0; i < study->n_vary; i++) {
        const struct dh_study_vary *v = &study->vary[i];
        if ((d->path && v->path && strcmp(d->path, v->path) == 0) ||
            (d->parameter && v->parameter && strcmp(d->parameter, v->parameter) == 0)) {
            dh_fail(diag, DH_ERR_VALUE, d->place, "'%.200s' is a variable of the design already",
                    v->path ? v->path : v->parameter);
            dh_diag_hint(diag, "demand is what comes from outside: leave path out for all jobs and requests");
            return DH_ERR_VALUE;
        }
    }
    return DH_OK;
}

enum dh_err dh_plan_goals(struct dh_plan *p, struct dh_diag *diag) {
    const struct dh_study *study = &p->study;
    struct dh_place top = {study->path, 0, 0};
    if (study->n_objective == 0) {
        dh_fail(diag, DH_ERR_MISSING, top, "the study has no objective: what is the best design?");
        dh_diag_hint(diag, "<objective key=\"cost.total\" sense=\"min\"/>");
        return DH_ERR_MISSING;
    }
    if (study->design != DH_DESIGN_CARTESIAN) {
        dh_fail(diag, DH_ERR_VALUE, top, "a search takes every value with every other: design is cartesian");
        dh_diag_hint(diag, "leave design and points out; ranges have levels");
        return DH_ERR_VALUE;
    }
    p->seeds = study->seeds;
    for (int32_t i = 0; i < study->n_objective; i++)
        DH_TRY(read_key(&p->goals[p->n_goal++], &study->objectives[i], diag));
    p->n_objective = p->n_goal;
    for (int32_t i = 0; i < study->n_constraint; i++)
        DH_TRY(read_constraint(&p->goals[p->n_goal++], &study->constraints[i], p->seeds, diag));
    for (int32_t i = 0; i < study->n_vary; i++)
        for (int32_t j = 0; j < i; j++) {
            const struct dh_study_vary *a = &study->vary[j], *b = &study->vary[i];
            if ((a->path && b->path && strcmp(a->path, b->path) == 0) ||
                (a->parameter && b->parameter && strcmp(a->parameter, b->parameter) == 0))
                return dh_fail(diag, DH_ERR_DUPLICATE_ID, b->place, "'%.200s' varies already",
                               b->path ? b->path : b->parameter);
        }
    DH_TRY(check_demand(study, diag));
    return check_contradictions(p, diag);
}

/* ---- what a design comes to
 * --------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double dh_plan_statistic(const struct dh_plan *p, const struct dh_plan_design *d, int32_t goal) {
    const struct dh_plan_goal *g = &p->goals[goal];
    const double *values = d->values + (size_t)goal * (size_t)p->seeds;
    double mean = 0, square = 0;
    int32_t n = p->seeds;
    if (!isnan(g->probability)) {
        double *sorted = malloc((size_t)n * sizeof *sorted);
        if (!sorted)
            return NAN;
        for (int32_t i = 0; i < n; i++)
            sorted[i] = g->sense * values[i];
        qsort(sorted, (size_t)n, sizeof *sorted, by_value);
        mean = g->sense * sorted[g->least - 1];
        free(sorted);
        return mean;
    }
    for (int32_t i = 0; i < n; i++) {
        double before = values[i] - mean;
        mean += before / (i + 1);
        square += before * (values[i] - mean);
    }
    if (isnan(g->confidence) || n < 2)
        return mean;
    return mean + g->sense * gsl_cdf_tdist_Pinv(g->confidence, n - 1) * sqrt(square / (n - 1) / n);
}

/* Limits that are whole in one unit are not in another: a part in 1e12 is rounding. */
double dh_plan_excess(const struct dh_plan *p, int32_t goal, double statistic, double limit) {
    double over = p->goals[goal].sense * (statistic - limit);
    return fabs(over) <= 1e-12 * fabs(limit) ? 0 : over;
}

bool dh_plan_meets(const struct dh_plan *p, int32_t goal, double statistic, double limit) {
    double over = dh_plan_excess(p, goal, statistic, limit);
    return p->goals[goal].strict ? over < 0 : over <= 0;
}

bool dh_plan_feasible(const struct dh_plan *p, const struct dh_plan_design *d, const double *limits) {
    if (d->state != DH_PLAN_COMPLETE)
        return false;
    for (int32_t g = p->n_objective; g < p->n_goal; g++)
        if (!dh_plan_meets(p, g, dh_plan_statistic(p, d, g), limits[g]))
            return false;
    return true;
}

double dh_plan_violation(const struct dh_plan *p, const struct dh_plan_design *d, const double *limits) {
    double sum = 0;
    for (int32_t g = p->n_objective; g < p->n_goal; g++) {
        double over = dh_plan_excess(p, g, dh_plan_statistic(p, d, g), limits[g]);
        if (over > 0)
            sum += over / (limits[g] != 0 ? fabs(limits[g]) : 1);
    }
    return sum;
}

void dh_plan_limits(const struct dh_plan *p, double limits[static DH_PLAN_GOALS]) {
    for (int32_t g = 0; g < p->n_goal; g++)
        limits[g] = p->goals[g].limit;
}
