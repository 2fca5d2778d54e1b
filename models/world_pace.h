/* What sets a job's pace, and where the GPU time goes that it holds.
 *
 * A job goes on at the clock of its slowest GPU, times the share of that which the fabric lets through
 * (network pace), times the share of that which its data keeps up with (data pace); or it stands still for
 * one reason (halted). Of the time that it holds its GPUs for,
 *
 *   1 - clock                       goes to what holds the clock down: the power limit, or heat
 *   clock (1 - network)             to the network
 *   clock network (1 - data)        to the data
 *
 * and what is left is progress: the work, the checkpoints and the restart that dh_job_wall plans. While
 * halted all of it goes to the reason. Counted in whole GPU nanoseconds, so that with the GPUs that nobody
 * holds, and those that are down, the parts are the installed GPU time, exactly. */
#ifndef DH_MODELS_WORLD_PACE_H
#define DH_MODELS_WORLD_PACE_H

#include "models/job.h"

#include <datahall/err.h>

struct dh_world;

/* Why GPU time that a job holds is no progress. */
enum dh_idle {
    DH_IDLE_POWER, /* clocks below the highest: power limits of sites, stages, boards */
    DH_IDLE_HEAT,  /* clocks lowered by temperature, or GPUs stopped by it */
    DH_IDLE_NETWORK,
    DH_IDLE_DATA,
    DH_IDLE_CHECKPOINT,
    DH_IDLE_RESTART,
    DH_N_IDLE
};

/* Activity of a GPU that only communicates, as a share of that at its full power: boards draw 0.35 to 0.5 of
 * their TDP then. An assumption, the default of <activity communication=>. */
#define DH_COMMUNICATION_ACTIVITY 0.3

/* Where GPU time went; GPU ns. */
struct dh_gpu_ledger {
    dh_gpu_ns slow[DH_N_IDLE]; /* held, no progress */
    dh_gpu_ns serving;         /* held by replicas of services, the rest */
    dh_gpu_ns progress; /* held by jobs, the rest: work, checkpoints, restarts, and work to be done again */
    dh_gpu_ns bubble;   /* of the work: pipelines that fill and drain */
    dh_gpu_ns communication; /* of the work: communication of its steps that computing does not hide */
    dh_gpu_ns idle_queue;    /* free while jobs wait: too few, in the wrong places, or kept for others */
    dh_gpu_ns idle_power;    /* free while a power limit holds starts back */
};

/* A running job's pace for one cause, DH_IDLE_NETWORK or DH_IDLE_DATA: 0 to 1, 1 at each start. Counts what
 * was up to now, plans the new end, and what its boards draw while they wait follows: communication for the
 * network, nothing for data. No change for a job that does not run. DH_ERR_MEMORY. */
enum dh_err dh_world_set_pace(struct dh_world *w, int32_t job, enum dh_idle cause, double pace);

/* It stands still, its GPUs held and idle, until it is resumed, or leaves them. Halting what is halted only
 * changes the cause. */
enum dh_err dh_world_halt(struct dh_world *w, int32_t job, enum dh_idle cause);
enum dh_err dh_world_resume(struct dh_world *w, int32_t job);

/* Time for which a job's GPUs have stood for a cause so far, all its attempts; 0 where scenarios have neither
 * fabric nor storage. */
dh_time dh_world_stood(const struct dh_world *w, int32_t job, enum dh_idle cause);

/* ---- for world_jobs.c ------------------------------------------------------------------------------------
 */

/* It gets GPUs: nothing holds it back. */
void dh_world_pace_reset(struct dh_job_run *run);
/* It has got them: its rate, at the clocks that there are. Its end is not planned yet. */
void dh_world_pace_start(struct dh_world *w, int32_t job);
/* First instant at which the remaining work is done at the present rate; an event of it, older ones being
 * stale. */
enum dh_err dh_world_plan_end(struct dh_world *w, int32_t job);
/* Share of its GPUs' and of full activity that a job's boards show, waiting included: gpu_util of what is
 * working becomes that of the whole time. */
double dh_world_waiting_activity(const struct dh_job_run *run, double gpu_util);

#endif
