/* How one unit breaks and is repaired: the law of its lives and of its repairs, and draws from them. Pure;
 * who keeps time is models/world_failure.c in a run, and tests/validation/reliability_simulated.c against
 * exact values.
 *
 * A life counts working time only: it does not go on during repair. Distributions and their parameters:
 * FACILITY D1 (exponential as baseline; Weibull of shape 0.6-0.8 for infant mortality, 1.5-2.5 for wear;
 * repairs lognormal with sigma about 1). */
#ifndef DH_MODELS_FAILURE_H
#define DH_MODELS_FAILURE_H

#include "scenarios/scenario.h"
#include "sim/rng.h"

#include <datahall/time.h>

#include <stdint.h>

struct dh_failure_law {
    enum dh_life_law life;
    enum dh_repair_law repair;
    double mtbf_s;  /* mean life; INFINITY: never fails */
    double shape;   /* of Weibull, > 0; 1 is exponential */
    double scale_s; /* of Weibull: dh_failure_law_prepare */
    double mttr_s;  /* mean repair, >= 0 */
    double sigma;   /* of a lognormal repair's logarithm */
    double hurry;   /* failure biasing: lives are drawn so many times shorter (exponential only); 1: not */
};

/* Fills in what follows from the rest. */
void dh_failure_law_prepare(struct dh_failure_law *law);

/* Seconds; INFINITY for a unit that never fails. */
double dh_failure_life_s(const struct dh_failure_law *law, struct dh_rng *rng);
double dh_failure_repair_s(const struct dh_failure_law *law, struct dh_rng *rng);

/* Logarithm of the likelihood ratio true law / hurried law, for n_failure failures seen in exposure_s of
 * working time of such units: what an outcome of hurried lives has to be weighted with (importance sampling:
 * P. Heidelberger, ACM TOMACS 5, 1995). */
double dh_failure_log_weight(const struct dh_failure_law *law, double exposure_s, int64_t n_failure);

/* The stream of draw number k of a unit: entity is dh_rng_entity of its name. Draws of one unit leave those
 * of all others, and its own others, as they are. */
struct dh_rng dh_failure_stream(uint64_t seed, enum dh_rng_purpose purpose, uint64_t entity, uint32_t k);

/* Time of an <event at=>: an instant (UTC unless it says otherwise), or a duration since the start of the
 * run. DH_ERR_VALUE, DH_ERR_RANGE (before the start), with a message at place. */
enum dh_err dh_event_time(const char *text, int64_t start_unix_s, dh_time *at, struct dh_place place,
                          struct dh_diag *diag);

/* Whether all that <failures> names exists: what a run would refuse, without one. */
struct dh_facility;
enum dh_err dh_failures_check(const struct dh_facility *f, struct dh_diag *diag);

/* Natural logarithm of the gamma function, x > 0, relative error of exp() below 1e-13. */
double dh_log_gamma(double x);

#endif
