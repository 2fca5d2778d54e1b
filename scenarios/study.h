/* A study: one scenario in many variants. Read from XML by the same hardened loader as scenarios.
 *
 *   <study xmlns="urn:datahall:scenario:1" scenario="a.xml" design="cartesian" seeds="5">
 *     <vary path="//hall/@supply" values="20 degC|24 degC|27 degC"/>
 *     <vary parameter="gpus" from="512" to="2048" levels="4" whole="yes"/>
 *   </study>
 *
 * Designs: cartesian takes every value with every other (values, or `levels` of from … to); list the first of
 * each, the second of each, …; latin-hypercube and sobol `points` points of the space of from … to, in which
 * a list of values counts as equal shares of it. Latin hypercubes: M. McKay, R. Beckman, W. Conover,
 * Technometrics 21(2), 1979; Sobol's sequence as GSL has it (P. Bratley, B. Fox, ACM TOMS 14(1), 1988), whose
 * first point is the middle. one-at-a-time: the scenario as it is, then each value (both ends of a range, or
 * its `levels`) with all others as they are. sobol-indices: `points` rows of 2 + n points, two of a space of
 * twice the n values and the n that take one value of the second (A. Saltelli et al., Comput. Phys. Commun.
 * 181(2), 2010), from which sim/api/sensitivity.h has the indices.
 *
 * What a search for the best variant wants besides (datahall plan; a sweep leaves it alone):
 *
 *     <objective key="cost.total" sense="min"/>                  one, or several for a Pareto front
 *     <constraint key="jobs.wait_s.p95" op="at-most" value="30 min" confidence="0.95"/>
 *     <constraint key="energy.peak_facility_kw" op="&lt;=" value="24 MW" probability="0.9" step="1 MW"/>
 *     <search simulations="400"/> or <search share="0.05"/>      how many runs it may make
 *     <demand factors="0.8|1.2" path="//jobs/@rate" base="2 1/h"/>   at which demand it is asked again (these
 *         factors unless others are given, "none" for none), and what demand is: a path or a parameter;
 * default: <workload demand=>, all that arrives
 *
 *     <phases years="6" growth="0.25" sigma="0.1" confidence="0.9"/>   what to build when, with demand that
 * grows: by 25 % a year in the median, each year's logarithm with a deviation of sigma; or along a few paths:
 *         <path name="low" growth="0.05" probability="0.3"/> ... The first year has the study's demand.
 * Besides the search's runs it takes three tenths of them, and what the candidates need at each demand.
 *
 * Keys, units and limits are read by whoever knows the summary (sim/api/plan_goals.c). */
#ifndef DH_SCENARIOS_STUDY_H
#define DH_SCENARIOS_STUDY_H

#include "sim/arena.h"
#include "sim/diag.h"

#include <stdbool.h>
#include <stdint.h>

enum dh_study_design {
    DH_DESIGN_CARTESIAN,
    DH_DESIGN_LIST,
    DH_DESIGN_LATIN,
    DH_DESIGN_SOBOL,
    DH_DESIGN_ONE,
    DH_DESIGN_INDICES
};
enum { DH_STUDY_INDICES = 20 }; /* values of sobol-indices: GSL's sequence has 40 dimensions */
enum { DH_STUDY_VARY = 32, DH_STUDY_POINTS = 1000000, DH_STUDY_SAMPLED = 20000 };

struct dh_study_vary {
    const char *name;             /* for tables */
    const char *path, *parameter; /* one of them */
    const char **values;          /* NULL: a range */
    int32_t n_value;              /* of cartesian and list also the levels of a range */
    double from, to;
    const char *unit; /* behind the number, with its blank; "" */
    bool log, whole;  /* levels and shares are of the logarithm; values are rounded to integers */
    struct dh_place place;
};

/* Objective or constraint, as the file says it. */
enum dh_study_op { DH_STUDY_AT_MOST, DH_STUDY_AT_LEAST, DH_STUDY_BELOW, DH_STUDY_ABOVE };
enum { DH_STUDY_OBJECTIVES = 4, DH_STUDY_CONSTRAINTS = 16 };

struct dh_study_goal {
    const char *key, *name; /* name: of the constraint in reports; the key where it has none */
    const char *value,
        *step;           /* constraints: limit and step of its shadow price as written; step may be NULL */
    bool most;           /* objectives: the largest is the best */
    enum dh_study_op op; /* constraints */
    double confidence;   /* NAN: none */
    double probability;  /* share of runs that must meet it; NAN: their mean must */
    struct dh_place place, key_place, value_place, step_place, confidence_place, probability_place;
};

enum { DH_STUDY_FACTORS = 8 };
struct dh_study_demand {
    bool given;
    double factors[DH_STUDY_FACTORS];
    int32_t n_factor;
    const char *path, *parameter; /* what is multiplied; both NULL: the demand of the whole workload */
    double base;                  /* of path or parameter at factor 1, in unit */
    const char *unit;
    struct dh_place place;
};

/* Demand of year y, 1 to years, is (1 + growth)^(y - 1) times the study's: in the median, or on each path. */
enum { DH_STUDY_YEARS = 12, DH_STUDY_PATHS = 8 };
struct dh_study_path {
    const char *name;
    double growth, probability;
};
struct dh_study_phases {
    bool given;
    int32_t years;
    double growth, sigma; /* sigma: of each year's growth, in its logarithm; 0: certain */
    double confidence;    /* a design must bear its year's demand with this probability */
    double rate;          /* discount rate a year; NAN: the scenario's cost of capital */
    int32_t samples;      /* paths that are drawn */
    struct dh_study_path paths[DH_STUDY_PATHS];
    int32_t n_path; /* 0: by growth and sigma */
    struct dh_place place;
};

struct dh_study {
    const char *path, *folder;
    const char *scenario; /* path of the scenario, from the working directory */
    enum dh_study_design design;
    int32_t n_point, seeds; /* seeds: runs of each point */
    int32_t n_base;         /* rows of sobol-indices; else 0 */
    int64_t seed;           /* of the design */
    bool series;            /* keep the series of each point's first run */
    struct dh_study_vary vary[DH_STUDY_VARY];
    int32_t n_vary;
    struct dh_study_goal objectives[DH_STUDY_OBJECTIVES], constraints[DH_STUDY_CONSTRAINTS];
    int32_t n_objective, n_constraint;
    int64_t simulations; /* that a search may make; -1: not said */
    double share;        /* the same as a share of all points times seeds; NAN: not said */
    struct dh_place search_place;
    struct dh_study_demand demand;
    struct dh_study_phases phases;
    struct dh_arena mem;
};

/* DH_ERR_XML and its like, DH_ERR_RANGE, DH_ERR_MISSING, …, each with its place; DH_ERR_NOT_FOUND. Free it in
 * any case. */
enum dh_err dh_study_read(struct dh_study *study, const char *path, struct dh_diag *diag);
void dh_study_free(struct dh_study *study);

/* Are points drawn from ranges, not levels? */
bool dh_study_sampled(const struct dh_study *study);
/* Is v set at a point? One at a time all but one are as the scenario says. */
bool dh_study_changes(const struct dh_study *study, int32_t point, int32_t v);
/* Value of variable v at a point, as the scenario reads it; in room. Empty where it is not set. */
enum { DH_STUDY_VALUE = 96 };
void dh_study_value(const struct dh_study *study, int32_t point, int32_t v, char room[static DH_STUDY_VALUE]);
/* The same as a number: of a range the value, of a list its position; NAN where it is not set. */
double dh_study_number(const struct dh_study *study, int32_t point, int32_t v);

#endif
