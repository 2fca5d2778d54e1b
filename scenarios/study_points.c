/* The points of a study's design. */
#include "scenarios/study.h"

#include "sim/math.h"
#include "sim/rng.h"

#include <gsl/gsl_qrng.h>

#include <math.h>
#include <stdio.h>

/* Place of a point in a Latin hypercube, in one direction: a permutation of the strata, and a place within.
 */
static double latin(const struct dh_study *study, int32_t point, int32_t v) {
    struct dh_rng rng = dh_rng_stream((uint64_t)study->seed, DH_RNG_STUDY, (uint64_t)v);
    int32_t stratum = -1;
    double within = 0;
    /* The permutation by Fisher and Yates from the end; only where `point` goes is followed. */
    int32_t at = point;
    for (int32_t i = study->n_point - 1; i >= 0; i--) {
        int32_t k = (int32_t)dh_rng_below(&rng, (uint64_t)i + 1);
        if (at == i)
            at = k;
        else if (at == k)
            at = i;
    }
    stratum = at;
    struct dh_rng place =
        dh_rng_stream((uint64_t)study->seed, DH_RNG_STUDY, dh_rng_entity("place") + (uint64_t)v);
    for (int32_t i = 0; i <= point; i++)
        within = dh_rng_uniform(&place);
    return (stratum + within) / study->n_point;
}

/* Coordinate v of a point of Sobol's sequence in so many dimensions. */
static double sobol(int32_t dimensions, int32_t point, int32_t v) {
    double u[2 * DH_STUDY_VARY];
    gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)dimensions);
    if (!q)
        return 0.5;
    for (int32_t i = 0; i <= point; i++)
        gsl_qrng_get(q, u);
    gsl_qrng_free(q);
    return u[v];
}

/* Of one at a time: which level of v a point has; -1: it leaves v as it is. */
static int32_t one_level(const struct dh_study *study, int32_t point, int32_t v) {
    int32_t at = point - 1;
    for (int32_t i = 0; i < v; i++)
        at -= study->vary[i].n_value;
    return at >= 0 && at < study->vary[v].n_value ? at : -1;
}

/* Position in 0 … n_value - 1 of what has levels, else share of the range. */
static int32_t level_of(const struct dh_study *study, int32_t point, int32_t v) {
    if (study->design == DH_DESIGN_LIST)
        return point;
    if (study->design == DH_DESIGN_ONE)
        return one_level(study, point, v);
    for (int32_t i = study->n_vary - 1; i > v; i--) /* the last varies fastest */
        point /= study->vary[i].n_value;
    return point % study->vary[v].n_value;
}

static double share_of(const struct dh_study *study, int32_t point, int32_t v) {
    if (study->design == DH_DESIGN_LATIN)
        return latin(study, point, v);
    if (study->design == DH_DESIGN_SOBOL)
        return sobol(study->n_vary, point, v);
    /* A row is A, B, and A with the value of B in one direction each. */
    int32_t row = point / (study->n_vary + 2), what = point % (study->n_vary + 2);
    bool other = what == 1 || what == v + 2;
    return sobol(2 * study->n_vary, row, other ? study->n_vary + v : v);
}

bool dh_study_sampled(const struct dh_study *study) {
    return study->design == DH_DESIGN_LATIN || study->design == DH_DESIGN_SOBOL ||
           study->design == DH_DESIGN_INDICES;
}

bool dh_study_changes(const struct dh_study *study, int32_t point, int32_t v) {
    return study->design != DH_DESIGN_ONE || one_level(study, point, v) >= 0;
}

double dh_study_number(const struct dh_study *study, int32_t point, int32_t v) {
    const struct dh_study_vary *vary = &study->vary[v];
    double share;
    if (!dh_study_changes(study, point, v))
        return NAN;
    if (dh_study_sampled(study))
        share = share_of(study, point, v);
    else if (vary->values)
        return level_of(study, point, v);
    else
        share = (double)level_of(study, point, v) / (vary->n_value - 1);
    if (vary->values) {
        int32_t i = (int32_t)(share * vary->n_value);
        return i < vary->n_value ? i : vary->n_value - 1;
    }
    double x = vary->log ? dh_exp(dh_log(vary->from) + share * (dh_log(vary->to) - dh_log(vary->from)))
                         : vary->from + share * (vary->to - vary->from);
    x = share == 1 ? vary->to : x;
    return vary->whole ? floor(x + 0.5) : x;
}

void dh_study_value(const struct dh_study *study, int32_t point, int32_t v,
                    char room[static DH_STUDY_VALUE]) {
    const struct dh_study_vary *vary = &study->vary[v];
    double x = dh_study_number(study, point, v);
    char number[48];
    room[0] = '\0';
    if (!dh_study_changes(study, point, v))
        return;
    if (vary->values) {
        snprintf(room, DH_STUDY_VALUE, "%s", vary->values[(int32_t)x]);
        return;
    }
    /* Twelve digits: 21.6 and not 21.600000000000001, for the same value on paper and in the run. */
    snprintf(number, sizeof number, "%.12g", x);
    snprintf(room, DH_STUDY_VALUE, "%s%.40s", number, vary->unit);
}
