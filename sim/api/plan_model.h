/* What a search believes: models of objective and constraints made from the designs so far. */
#ifndef DH_API_PLAN_MODEL_H
#define DH_API_PLAN_MODEL_H

#include "sim/api/kriging.h"
#include "sim/api/plan.h"

/* All values small is good. Each is bent by asinh((v - reference) / scale), which keeps what is near the
 * reference and draws in what is far: the reference of a constraint is its limit, that of the objective the
 * best design so far. Row n_goal is whether a design can be simulated at all (1 no, -1 yes). */
struct dh_plan_row {
    double reference, scale;
    struct dh_kriging *base, *shift; /* shift: of a demand, what differs from the study's own; NULL: none */
    double *y;                       /* of the data, bent */
    double *hyper;
    bool used;
};

struct dh_plan_model {
    const struct dh_plan *plan;
    const struct dh_plan_problem *problem;
    struct dh_kriging_space space;
    struct dh_plan_row rows[DH_PLAN_GOALS + 1];
    int32_t n, room, n_shift; /* data; of them the last n_shift are of the demand */
    double *x;
    int32_t *points;
    double typical[DH_PLAN_GOALS],
        spread[DH_PLAN_GOALS]; /* statistic less first run, over complete designs */
    int32_t n_typical;
    int32_t best; /* design; -1 */
    struct dh_arena mem;
};

void dh_plan_space(const struct dh_plan *p, struct dh_kriging_space *space);
void dh_plan_coordinates(const struct dh_plan *p, const struct dh_kriging_space *space, int32_t point,
                         double *x);
int32_t dh_plan_level(const struct dh_study *study, int32_t point, int32_t v);

/* Fits models to all designs. DH_ERR_MEMORY. Free it in any case. */
enum dh_err dh_plan_model_fit(struct dh_plan_model *m, struct dh_plan *p,
                              const struct dh_plan_problem *problem);
/* Takes what it believes about a point for true, so that the next one is chosen elsewhere. */
enum dh_err dh_plan_model_believe(struct dh_plan_model *m, int32_t point);
void dh_plan_model_free(struct dh_plan_model *m);

/* What is believed of a point. */
struct dh_plan_belief {
    double objective, deviation; /* bent, 0: as good as the best */
    double log_feasible;         /* logarithm of the probability that it meets all constraints */
    double better;               /* probability that it is better than the best and meets them */
    double gain;                 /* expected improvement times the probability that it meets them */
};
struct dh_plan_belief dh_plan_model_ask(const struct dh_plan_model *m, int32_t point);
/* A fast guess of the same order: small is promising. */
double dh_plan_model_guess(const struct dh_plan_model *m, int32_t point);
/* Sum of objectives that a problem ranks by, of a design's values: small is good. */
double dh_plan_merit(const struct dh_plan *p, const struct dh_plan_problem *problem,
                     const double *objectives);

#endif
