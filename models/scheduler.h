/* The scheduler: who runs when. It owns the queue and the set of running jobs, takes and gives GPUs in the
 * pool, and tells the world through hooks. It never looks at physics: how fast a job runs is the world's.
 *
 * In one instant the world calls, in this order: dh_scheduler_ended for every job that ends,
 * dh_scheduler_submit for every arrival, then one dh_scheduler_pass (scheduler pass="instant"), or a pass
 * after each of them (pass="event").
 *
 * Policies. Higher priority goes first under each of them; "queue order" is (priority, submit, row).
 *   fcfs         queue order; the first job that does not fit ends the pass.
 *   sjf          (priority, believed run time, submit, row); the first job that does not fit ends the pass.
 *   easy         queue order; the first job that does not fit gets a reservation at the earliest time at
 * which, by believed ends, it fits; jobs behind it start now if they fit and either end by then or use only
 * what is spare then (D. Lifka, The ANL/IBM SP scheduling system, JSSPP 1995). Where nodes matter (packed,
 * rack) the reservation is of the GPUs the placement rule would give it then; of whole nodes, any of which
 * serve, it takes those that are not free now first. easy-sjbf    the same, with the
 * shortest believed first among the jobs behind (D. Tsafrir, Y. Etsion and D. Feitelson, Backfilling using
 * system-generated predictions, IEEE TPDS 18, 2007). conservative every waiting job holds a reservation,
 * given in queue order; a job that ends early lets all be given anew (A. Mu'alem and D. Feitelson,
 * Utilization, predictability, workloads, and user runtime estimates in scheduling the IBM SP2 with
 * backfilling, IEEE TPDS 12, 2001). Reservations count GPUs, not nodes: where a reserved job then finds no
 * place because the free GPUs lie scattered, it keeps its turn and starts as soon as there is one. srtf, srsf
 * preemptive: at each arrival and end all jobs, running or waiting, are sorted by remaining time, or
 * remaining time x GPUs, and placed anew from empty nodes; who finds no room waits. Moving is free of charge.
 *   replay       a job starts at its replay_start (its submission, if that is later), or as soon after as it
 *                fits, in the order of starts; a job without one never starts.
 *   none         nothing starts here.
 * A running job that is past its believed end is believed to end now.
 *
 * When the power gate (may_start) refuses the first job, it does not fit now: under fcfs and sjf the pass
 * ends; under easy it is expected at the first believed end, and only jobs that end by then may pass it
 * (power spare at that time is unknown); under conservative it keeps its reservation, which counts as begun;
 * under srtf and srsf it waits and others are placed. Behind the first job a refusal concerns that job alone.
 * A pass must be called when the gate may have opened. */
#ifndef DH_MODELS_SCHEDULER_H
#define DH_MODELS_SCHEDULER_H

#include "models/job.h"
#include "models/job_tree.h"
#include "models/pool.h"
#include "scenarios/scenario.h"

#include <stdbool.h>
#include <stdint.h>

/* Any function may be NULL. */
struct dh_scheduler_hooks {
    void *self;
    /* Power gate, asked when GPUs are free: run->segments says where. Not asked again for a job that only
     * moves. */
    bool (*may_start)(void *self, int32_t job, dh_time now);
    /* The job runs: state, start, believed_end and segments are set. The world sets rate, plans its end. */
    enum dh_err (*started)(void *self, int32_t job, dh_time now);
    /* The job stops or moves (then `started` follows in the same pass): its segments are still the old ones,
     * and still taken. The world writes what is left to run->remaining and makes its end event stale. */
    enum dh_err (*preempted)(void *self, int32_t job, dh_time now);
    /* The job left without running: it can never start here, or queue="no" and it did not fit. Its state is
     * DH_JOB_REJECTED; the world may send it to a cloud instead. */
    enum dh_err (*left)(void *self, int32_t job, dh_time now);
};

struct dh_profile;
struct dh_ranked;

struct dh_scheduler {
    const struct dh_scheduler_spec *spec;
    const struct dh_job_list *list;
    struct dh_job_run *runs; /* one per job; set it anew if the array moves */
    struct dh_pool *pool;
    struct dh_scheduler_hooks hooks;

    /* For reading. */
    struct dh_job_tree queue;   /* waiting jobs in the policy's order */
    struct dh_job_tree running; /* by believed end */
    int64_t n_started, n_preempted, n_left;

    /* private */
    struct dh_job_tree shortest; /* easy-sjbf: the queue by believed run time */
    struct dh_pool trial;        /* easy: what is free at the reservation; preemptive: the new placement */
    struct dh_pool beyond;       /* easy: what is free now and at the reservation */
    struct dh_profile *profile;  /* conservative: what running and waiting jobs leave free */
    bool profile_holds;          /* the profile is that of running jobs and reservations */
    bool late;                   /* conservative: some running job is past its believed end */
    bool compress;               /* conservative: GPUs came free early */
    int32_t n_new;               /* conservative: arrived since the last pass */
    bool gate_refused;           /* in the last pass */
    bool dirty;                  /* something came or went since the last pass */
    int64_t depth;               /* waiting jobs looked at */
    struct dh_ranked *ranked;    /* preemptive: all jobs, by remaining time */
    int32_t n_ranked_room;
    struct dh_segment *places; /* preemptive: their new places */
    size_t n_places_room;
};

/* spec may be that of a scenario; list, runs and pool must outlive the scheduler. All runs must be in state
 * DH_JOB_PENDING with start DH_TIME_NONE. DH_ERR_MEMORY. */
enum dh_err dh_scheduler_init(struct dh_scheduler *s, const struct dh_scheduler_spec *spec,
                              const struct dh_job_list *list, struct dh_job_run *runs, struct dh_pool *pool,
                              struct dh_scheduler_hooks hooks);
void dh_scheduler_free(struct dh_scheduler *s);

/* The job arrives: it queues, or leaves at once when it can never start here. Starts nothing. */
enum dh_err dh_scheduler_submit(struct dh_scheduler *s, int32_t job, dh_time now);

/* A running job is over (the world sets its state): its GPUs are free, run->gpu_ns is added up. */
enum dh_err dh_scheduler_ended(struct dh_scheduler *s, int32_t job, dh_time now);

/* Nodes went down or came back. */
void dh_scheduler_pool_changed(struct dh_scheduler *s);

/* Adds the GPU time of a running job up to now to run->gpu_ns: for jobs that still run when a run is closed.
 */
void dh_scheduler_account(struct dh_scheduler *s, int32_t job, dh_time now);

/* A waiting job leaves the queue (the world sets its state). */
enum dh_err dh_scheduler_withdraw(struct dh_scheduler *s, int32_t job, dh_time now);

/* Starts whatever the policy starts now. */
enum dh_err dh_scheduler_pass(struct dh_scheduler *s, dh_time now);

/* To be asked after each pass: when the next is due although nothing arrives or ends (replayed starts, and
 * reservations that others, by moving forward, left without an event at their time); DH_TIME_MAX: never. */
dh_time dh_scheduler_next(const struct dh_scheduler *s, dh_time now);

/* The run time that the scheduler believes in (estimates, limit), and the one at which a job is killed;
 * DH_TIME_MAX: never. Counted from the start of the job's run. */
dh_time dh_scheduler_believed(const struct dh_scheduler_spec *spec, const struct dh_job *job);
dh_time dh_scheduler_limit(const struct dh_scheduler_spec *spec, const struct dh_job *job);

/* Waiting jobs, the GPUs they ask for, and the oldest submission among them (DH_TIME_MAX: none). */
static inline int32_t dh_scheduler_waiting(const struct dh_scheduler *s) {
    return dh_job_tree_count(&s->queue);
}
static inline int64_t dh_scheduler_waiting_gpus(const struct dh_scheduler *s) {
    return dh_job_tree_gpus(&s->queue);
}
static inline dh_time dh_scheduler_oldest_submit(const struct dh_scheduler *s) {
    return dh_job_tree_oldest(&s->queue);
}

/* Next waiting job, in queue order, that was submitted at or before `submit`; -1: none. Pass -1 first, then
 * the job that was returned (which may have been withdrawn meanwhile). Cheap where few of many jobs qualify.
 */
int32_t dh_scheduler_waiting_since(const struct dh_scheduler *s, dh_time submit, int32_t after);

#endif
