/* What the policies share; private to models/scheduler*.c. */
#ifndef DH_MODELS_SCHEDULER_INTERNAL_H
#define DH_MODELS_SCHEDULER_INTERNAL_H

#include "models/profile.h"
#include "models/scheduler.h"

static inline const struct dh_job *dh_scheduler_job(const struct dh_scheduler *s, int32_t job) {
    return &s->list->jobs[job];
}

/* t + length without overflow. */
static inline dh_time dh_scheduler_after(dh_time t, dh_time length) {
    return t > DH_TIME_MAX - length ? DH_TIME_MAX : t + length;
}

enum dh_start { DH_START_DONE, DH_START_NO_ROOM, DH_START_REFUSED };

/* Starts a waiting job if the placement rule finds room in `room` (s->pool, or what a reservation leaves of
 * it) and the power gate lets it: it leaves the queue, and started is called. */
enum dh_err dh_scheduler_start(struct dh_scheduler *s, int32_t job, struct dh_pool *room, dh_time now,
                               enum dh_start *outcome);

/* Books a job as running: run, set of running jobs, hook. Its segments are taken already. */
enum dh_err dh_scheduler_runs(struct dh_scheduler *s, int32_t job, dh_time believed_end, dh_time now);

/* The key under which a job stands in the set of running jobs, and in the queue. */
struct dh_job_key dh_scheduler_running_key(const struct dh_scheduler *s, int32_t job);
struct dh_job_key dh_scheduler_queue_key(const struct dh_scheduler *s, int32_t job);

enum dh_err dh_scheduler_enqueue(struct dh_scheduler *s, int32_t job);
enum dh_err dh_scheduler_dequeue(struct dh_scheduler *s, int32_t job);

enum dh_err dh_scheduler_pass_easy(struct dh_scheduler *s, dh_time now);
enum dh_err dh_scheduler_pass_conservative(struct dh_scheduler *s, dh_time now);
enum dh_err dh_scheduler_pass_preemptive(struct dh_scheduler *s, dh_time now);

#endif
