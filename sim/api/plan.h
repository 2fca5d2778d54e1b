/* A search for the cheapest design of a study: inside. plan.c leads; plan_goals.c reads what is wanted,
 * plan_runs.c simulates, plan_search.c chooses what to simulate, plan_after.c asks what binds and what other
 * demand would mean, plan_phases.c when to build what, plan_report.c and plan_json.c tell it.
 *
 * A design is a point of the study's grid. It is simulated with the same seeds as every other (common random
 * numbers): the scenario's own, the next, … up to the study's number of seeds. A design is complete when all
 * of them are there; only complete designs can be the best, the others tell the search where to look.
 *
 * What a constraint compares with its limit is one number of a design, its statistic:
 *   - without confidence: the mean over the seeds.
 *   - with confidence c: the one-sided bound of the mean, mean ± t(c, n - 1) s / sqrt(n) by Student, so that
 *     the chance of calling a design feasible whose true mean misses the limit is at most 1 - c.
 *   - with probability p: the worst of the best m of the n runs, m the least number for which at least a
 *     share p of runs meets the limit; with confidence c the least for which the lower bound of that share by
 *     C. Clopper and E. Pearson (Biometrika 26(4), 1934) is at least p. */
#ifndef DH_API_PLAN_H
#define DH_API_PLAN_H

#include <datahall/datahall.h>
#include "scenarios/study.h"
#include "sim/diag.h"

enum {
    DH_PLAN_GOALS = DH_STUDY_OBJECTIVES + DH_STUDY_CONSTRAINTS,
    DH_PLAN_VARIANTS = DH_STUDY_FACTORS + DH_STUDY_YEARS + 3,
    DH_PLAN_WHY = 400
};

/* Objective (the first n_objective of them) or constraint, its key understood. Values are in `unit`. */
struct dh_plan_goal {
    const char *key, *name;
    char unit[32]; /* objectives: of the key; constraints: as the limit is written; "": none */
    double scale;  /* one unit is so many of the key's */
    double sense;  /* +1: small is good, -1: large is good */
    double limit;  /* constraints */
    bool strict;   /* the limit itself does not meet it */
    double confidence, probability, step;
    int32_t least; /* with probability: so many of the runs must meet the limit */
    struct dh_place place;
};

/* A point with a demand; variant 0 is the study's own. */
enum dh_plan_state { DH_PLAN_STARTED, DH_PLAN_COMPLETE, DH_PLAN_FAILED };
struct dh_plan_design {
    int32_t point, variant, n_run;
    enum dh_plan_state state;
    double *values;  /* [goal * seeds + seed]; NAN where it is not there yet */
    const char *why; /* failed */
    enum dh_err err;
    int32_t order; /* in which it was first simulated, from 1 */
};

/* What else is changed in a simulation: of a demand. */
struct dh_plan_variant {
    double factor;
    const char *set, *param; /* PATH=VALUE, NAME=VALUE; NULL: none */
    int32_t *index;          /* of each point: design, -1: none */
};

struct dh_plan_price {
    bool binds;                /* some better design misses this constraint and no other */
    double slack;              /* limit less statistic of the best design, by sense; in unit */
    double step;               /* by how much the limit was moved */
    double relaxed, tightened; /* first objective of the best design then; NAN: none */
    double price;              /* objective saved for each unit of relaxation; 0: not binding */
    int32_t relaxed_design;
};

struct dh_plan_demand {
    double factor;
    int32_t best; /* design, -1: none found */
    int32_t same; /* the best design of the study's demand at this one; -1: not simulated */
    int32_t near; /* where there is none: the nearest; -1 */
};

/* A year of a build-out. Costs are of the first objective, a year, expected over the demand. */
struct dh_plan_year {
    double demand, median; /* factors: what its design must bear; of the middle path */
    int32_t variant;       /* of `demand` */
    int32_t design;        /* what stands then, at that demand; -1: nothing was found */
    double cost, at_once;  /* of it, and of what is built at once */
    double discount;
    bool changed;   /* another design than the year before */
    int32_t forced; /* goal that the design of the year before would miss; -1: it changes because that is
                       cheaper */
};

struct dh_plan_phased {
    bool given, found;
    int32_t n, missing; /* missing: first year for which no design was found, from 0; -1 */
    double rate;
    struct dh_plan_year years[DH_STUDY_YEARS];
    int32_t at_once;               /* point that bears all years and costs least; -1: none was found */
    double expected, at_once_cost; /* present values */
    double low, high;              /* 5 and 95 % of the paths of demand lie below */
    double half_width;             /* of the 95 % interval of `expected`; 0: paths are given */
    int32_t nodes[DH_STUDY_YEARS + 3],
        n_node; /* variants by factor, between which costs are taken as straight */
    int64_t n_simulation;
};

struct dh_plan {
    struct dh_study study;
    struct dh_plan_goal goals[DH_PLAN_GOALS];
    int32_t n_objective, n_goal, seeds;
    int64_t first_seed;
    double duration_s; /* simulated, of the scenario as it is */
    const char *folder;
    struct dh_plan_options options;
    struct dh_plan_variant variants[DH_PLAN_VARIANTS];
    int32_t n_variant;
    struct dh_plan_design *designs;
    int32_t n_design, room;
    int64_t n_simulation, n_kept;  /* asked for by the search; of them read from the folder */
    int64_t budget;                /* simulations that the search may make in all */
    bool exhaustive, searched_out; /* searched_out: stopped because nothing better was likely */
    /* what came out */
    int32_t best; /* design; -1: none is feasible */
    int32_t near; /* the one that misses the constraints by least; -1 */
    int32_t *front, n_front;
    struct dh_plan_price prices[DH_STUDY_CONSTRAINTS];
    struct dh_plan_demand demands[DH_STUDY_FACTORS];
    int32_t n_demand;
    struct dh_plan_phased phased;
    int64_t n_search, n_price, n_demanded;              /* simulations by purpose */
    double hyper[DH_PLAN_GOALS + 1][DH_STUDY_VARY + 1]; /* of the models, where the last fit ended */
    int32_t hyper_n[DH_PLAN_GOALS + 1];                 /* of so many designs; 0: never */
    struct dh_arena mem;
};

/* ---- plan_goals.c */
/* Reads keys, units and limits. The study's errors, with their places. */
enum dh_err dh_plan_goals(struct dh_plan *p, struct dh_diag *diag);
/* Statistic of a goal at a complete design: of an objective its mean. */
double dh_plan_statistic(const struct dh_plan *p, const struct dh_plan_design *d, int32_t goal);
/* How far it is beyond a limit, in the unit: <= 0 meets it (strict ones: < 0). */
double dh_plan_excess(const struct dh_plan *p, int32_t goal, double statistic, double limit);
bool dh_plan_meets(const struct dh_plan *p, int32_t goal, double statistic, double limit);
bool dh_plan_feasible(const struct dh_plan *p, const struct dh_plan_design *d, const double *limits);
/* Excess over all constraints, each as a share of its limit (of 1 where that is 0). */
double dh_plan_violation(const struct dh_plan *p, const struct dh_plan_design *d, const double *limits);
/* Limits as the study has them, by goal. */
void dh_plan_limits(const struct dh_plan *p, double limits[static DH_PLAN_GOALS]);

/* ---- plan_runs.c */
struct dh_plan_task {
    int32_t point, variant, seed;
};
/* Simulates what is not there yet, side by side; the order of tasks decides the order of designs. A design
 * that cannot be simulated is marked as failed. DH_ERR_INTERRUPTED, DH_ERR_IO, DH_ERR_MEMORY. */
enum dh_err dh_plan_simulate(struct dh_plan *p, const struct dh_plan_task *tasks, int32_t n,
                             struct dh_diag *diag);
/* The design of a point, NULL: none yet. */
struct dh_plan_design *dh_plan_find(const struct dh_plan *p, int32_t variant, int32_t point);
/* The scenario, what varies and the goals, tried before anything long begins: errors with their places. */
enum dh_err dh_plan_try(struct dh_plan *p, struct dh_diag *diag);

/* ---- plan_search.c */
/* One problem: the study, or the study with other limits or at another demand. */
struct dh_plan_problem {
    int32_t variant;
    double limits[DH_PLAN_GOALS]; /* by goal; INFINITY by sense: without it */
    int64_t simulations;          /* that may be made for it */
    double
        weights[DH_STUDY_OBJECTIVES]; /* of the objectives less their ideal, by sense; {1}: the first alone */
    double ideal[DH_STUDY_OBJECTIVES];
    bool refine; /* only what is likely to be better is simulated, nothing to learn */
};
enum dh_err dh_plan_search(struct dh_plan *p, const struct dh_plan_problem *problem, struct dh_diag *diag);
/* Best complete design of a problem by its first objective; -1: none is feasible. */
int32_t dh_plan_best(const struct dh_plan *p, const struct dh_plan_problem *problem);
int32_t dh_plan_nearest(const struct dh_plan *p, const struct dh_plan_problem *problem);

/* ---- plan_after.c */
/* By how much the limit of a constraint is moved at first. */
double dh_plan_step(const struct dh_plan *p, int32_t goal);
enum dh_err dh_plan_prices(struct dh_plan *p, struct dh_diag *diag);
enum dh_err dh_plan_demands(struct dh_plan *p, struct dh_diag *diag);
enum dh_err dh_plan_search_front(struct dh_plan *p, int64_t simulations, struct dh_diag *diag);
enum dh_err dh_plan_front(struct dh_plan *p);

/* ---- plan.c */
/* A variant at this demand; there is room for DH_PLAN_VARIANTS. */
enum dh_err dh_plan_variant_add(struct dh_plan *p, double factor, struct dh_diag *diag);

/* ---- plan_phases.c: when to build what.
 *
 * The design of a year meets all constraints at the demand that the year stays below with the study's
 * confidence; levels of variables, in the order in which they are written, never go back. Of all ways through
 * the candidates that keep both the one of the least expected cost is taken (dynamic programming, R. Bellman
 * 1957), each year's cost discounted from its end. Candidates are the best designs of each year and what has
 * each variable's greatest level of two of them; in an exhaustive study all. Costs at other demand lie on
 * straight lines between the simulated ones. */
enum dh_err dh_plan_phase_variants(struct dh_plan *p, struct dh_diag *diag);
enum dh_err dh_plan_phases(struct dh_plan *p, struct dh_diag *diag);

#endif
