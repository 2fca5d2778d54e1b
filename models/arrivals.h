/* When things arrive: a Poisson process, or a regular one, whose rate follows the local week, in rescaled
 * time. The expected count N(t) is the integral of the rate, and the k-th arrival is where N reaches the sum
 * of k unit-mean exponential steps (E. Cinlar, Introduction to Stochastic Processes, 1975, section 4.7).
 *
 * The rate of an hour of the local week is the mean rate times hourly[h] / mean(hourly) times weekly[d] /
 * mean(weekly), so that a whole week brings the mean rate whatever the shape. */
#ifndef DH_MODELS_ARRIVALS_H
#define DH_MODELS_ARRIVALS_H

#include <datahall/time.h>
#include "scenarios/scenario.h"

enum { DH_HOURS_OF_WEEK = 168 };

/* The rate's shape, and where its clock stands. */
struct dh_arrivals {
    double week[DH_HOURS_OF_WEEK]; /* rate of each hour from Monday 00:00, relative, mean 1 */
    bool flat;
    double per_s;
    int64_t local_s; /* local clock at time 0, seconds since Monday 5 January 1970, 00:00 */
    dh_time at, horizon;
    double count; /* expected up to `at` */
};

/* What the rate follows; lists as in the scenario. */
struct dh_arrivals_of {
    const char *kind, *id; /* for messages: "jobs", "train" */
    struct dh_place place;
    double per_s;
    const double *hourly, *weekly;
    int32_t n_hourly, n_weekly;
};

/* Stands at time 0. DH_ERR_VALUE: a list of a wrong length, or of zeros. */
enum dh_err dh_arrivals_start(struct dh_arrivals *a, const struct dh_arrivals_of *of, int64_t start_unix_s,
                              double utc_offset_h, dh_time horizon, struct dh_diag *diag);

/* Rate at the instant t >= 0, a second; where the clock stands does not matter. */
double dh_arrivals_per_s(const struct dh_arrivals *a, dh_time t);

/* Moves on to the instant `at` at which the expected count reaches target; false behind the horizon. */
bool dh_arrivals_reach(struct dh_arrivals *a, double target);

#endif
