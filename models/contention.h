/* How much longer the steps of training jobs take that share links.
 *
 * A step of a job is a list of phases: computing without traffic (quiet), then traffic beside which other
 * computing goes on (window); the phase is over when both are. The traffic is one flow (models/flow.h) that
 * at full speed lasts network_s and then carries shares[i] bytes/s over links[i]; a flow that shares a link
 * with others goes slower, max-min fairly, and the step is as much longer as what is left of the window does
 * not hide. So a step at full speed takes the sum of quiet_s + max(window_s, network_s).
 *
 * The steps of all jobs that are coupled are simulated from given starts. Fair sharing keeps the distance of
 * two equal jobs for ever (whoever is ahead by d communicates alone for d at the beginning, and the other at
 * the end), so that who began when matters as long as they run; jobs of different length drift through all
 * distances. Links couple jobs only where all that use them could fill them; all other jobs keep to what is
 * slowest on their own way, in closed form. */
#ifndef DH_MODELS_CONTENTION_H
#define DH_MODELS_CONTENTION_H

#include <datahall/err.h>

#include <stdbool.h>
#include <stdint.h>

struct dh_contention_phase {
    double quiet_s, window_s; /* 0 or more, finite */
    double network_s;         /* above 0, finite */
    const int32_t *links;     /* each once */
    const double *shares;     /* bytes/s at full speed, above 0 */
    int32_t n_link;           /* 0: traffic that nothing slows */
};
struct dh_contention_job {
    const struct dh_contention_phase *phases;
    int32_t n_phase; /* at least 1 */
    double start;    /* its first step begins after this share of one at full speed, 0 to 1 */
};

/* When it is enough. Steps are counted in rounds, each twice as long as the last: in the first, every job
 * makes `steps`. The means of a round stand when no job's differs from that of the round before by more than
 * tolerance of itself. A round that is under way when max_event ends of traffic and computing have been made
 * is the last. */
struct dh_contention_limits {
    int32_t steps;     /* at least 1 */
    double tolerance;  /* above 0 */
    int64_t max_event; /* at least 1 */
};
/* 8 steps, 0.002, and 2000 for each of the first eight jobs, 1000 for each more: many together vary less. Of
 * four random jobs on a link means are 0.4 % off those of a thousand times as many steps, 5 % where periods
 * are nearly equal. */
struct dh_contention_limits dh_contention_standard(int32_t n_job);

struct dh_contention_result {
    int64_t n_event;
    bool settled;      /* no simulation was cut short */
    int32_t n_coupled; /* jobs that were simulated */
};

/* A step at full speed. */
double dh_contention_full_s(const struct dh_contention_job *job);
/* A step of a job that is alone on its links: its own traffic may fill them. INFINITY where a link has no
 * capacity. */
double dh_contention_alone_s(const struct dh_contention_job *job, const double *capacity);

/* Mean step of each job; exactly dh_contention_full_s where nothing slows it, INFINITY where a link of its
 * has no capacity (others are then not slowed by it). capacity: bytes/s, 0 or more, of n_link links.
 * DH_ERR_RANGE for what the comments above do not allow, DH_ERR_MEMORY. */
enum dh_err dh_contention_steps(double *step_s, const struct dh_contention_job *jobs, int32_t n_job,
                                const double *capacity, int32_t n_link,
                                const struct dh_contention_limits *limits,
                                struct dh_contention_result *result);

#endif
