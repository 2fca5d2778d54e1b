/* Reliability in closed form and by small Markov chains: what a simulation of failures must agree with, and
 * what `predict reliability` prints. Pure functions; times in hours, rates per hour, probabilities 0-1.
 * Up and down times are exponential where a chain is solved; where only an availability enters, any laws of
 * these means give the same.
 *
 * Equations: FACILITY D2 (R. Barlow and F. Proschan, Mathematical Theory of Reliability, 1965; birth-death
 * and machine repair: D. Gross et al., Fundamentals of Queueing Theory, 2008). */
#ifndef DH_MODELS_RELIABILITY_H
#define DH_MODELS_RELIABILITY_H

#include <datahall/err.h>

#include <stdbool.h>
#include <stdint.h>

/* MTBF / (MTBF + MTTR), with MTBF the mean time that a repaired unit works; 1 where mttr is 0. */
double dh_availability(double mtbf_h, double mttr_h);

/* At least k of n up, each with probability a independently of the others; and its complement, summed from
 * its own terms, so that 1e-12 is as exact as 0.5. 0 <= k, n <= DH_RELIABILITY_UNITS. */
enum { DH_RELIABILITY_UNITS = 100000 };
double dh_k_of_n(int32_t k, int32_t n, double a);
double dh_k_of_n_lost(int32_t k, int32_t n, double a);
/* The smallest n of which fewer than k are up with at most this probability; 0: above DH_RELIABILITY_UNITS.
 */
int32_t dh_k_of_n_least(int32_t k, double a, double most_lost);

/* n equal units of which k are needed. */
struct dh_redundant {
    int32_t k, n;
    int32_t crews; /* repairs at a time; n and more: one for each */
    double mtbf_h, mttr_h;
    bool cold; /* spare units do not fail while the others suffice: only k run */
};

/* A system that is up or down. */
struct dh_reliability {
    double availability, unavailability;
    double failures_per_h; /* how often it goes down */
    double up_h, down_h;   /* mean length of each: availability / frequency, unavailability / frequency */
    double mean_down;      /* units */
};

/* Birth-death chain of the number of failed units: rate (n - j) / mtbf up (min(k, n - j) of them in cold
 * standby), min(j, crews) / mttr down. probability[j], j = 0 .. n, is written where not NULL.
 * DH_ERR_RANGE unless 1 <= k <= n <= DH_RELIABILITY_UNITS, crews >= 1, mtbf > 0, mttr >= 0; DH_ERR_MEMORY. */
enum dh_err dh_redundant_solve(const struct dh_redundant *system, double *probability,
                               struct dh_reliability *out);

/* The same with shocks (Marshall-Olkin): at shock_per_h, each unit that is up fails with probability
 * shock_share at once. n <= 400: the chain is solved as a matrix, without subtractions (W. Grassmann,
 * M. Taksar, D. Heyman, Operations Research 33, 1985). */
enum dh_err dh_redundant_solve_shocks(const struct dh_redundant *system, double shock_per_h,
                                      double shock_share, double *probability, struct dh_reliability *out);

/* Unavailability of two paths, each unavailable with u, of which the share beta by a common cause:
 * (1 - beta)^2 u^2 + beta u. */
double dh_two_paths_lost(double u, double beta);

/* n blocks with one catcher for all, each unavailable with u independently, who comes first at random:
 * that a given block's load is lost, and that any is; the usual approximation of the former. */
double dh_block_redundant_lost(int32_t n, double u);
double dh_block_redundant_any_lost(int32_t n, double u);
double dh_block_redundant_lost_approx(int32_t n, double u);

/* Three systems that feed three loads, each by two of them: that a given load is lost, and any. */
double dh_distributed_lost(double u);
double dh_distributed_any_lost(double u);

/* Of n generators at least k are available and start. */
double dh_generators_start(int32_t k, int32_t n, double availability, double failure_to_start);
/* and run for so many hours without repair, each failing in an hour with probability 1 / mttf_h, mttf_h >= 1
 * (as REopt counts; an exponential law gives (1 / mttf_h)^2 / 2 an hour less). */
double dh_generators_run(int32_t k, int32_t n, double availability, double failure_to_start, double mttf_h,
                         double hours);

/* An outage bridged hour by hour by generators that stay down when they fail, and a battery (the Markov
 * model of REopt.jl's backup_reliability.jl, with which its published cases agree). Each hour: every running
 * generator fails with probability 1 / mttf; then the load is met by generators, and what is missing by the
 * battery, or all is lost; what generators have over charges the battery. */
struct dh_backup {
    int32_t generators;
    double generator_w, available, failure_to_start, mttf_h;
    double battery_wh, battery_w; /* usable energy; greatest power in and out */
    double start_wh;
    double charge_efficiency, discharge_efficiency; /* 1: lossless */
    int32_t bins;                                   /* levels of charge from empty to full, >= 2 */
};
/* Probability that the load, load_w[n_hour], is met in all hours. DH_ERR_RANGE, also where generators squared
 * times bins times hours is above 2e10; DH_ERR_MEMORY. */
enum dh_err dh_backup_survives(const struct dh_backup *backup, const double *load_w, int32_t n_hour,
                               double *probability);

/* Stationary probabilities of a chain of n states from its rates, rate[i * n + j] from i to j (the diagonal
 * is not read); rate is destroyed. Irreducible chains only. */
void dh_markov_stationary(double *rate, int32_t n, double *probability);

#endif
