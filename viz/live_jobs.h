/* Jobs of a run in progress. The run copies those that run and wait when the view has asked for them, and
 * says which are over; the view reads. No locks: copies go through a triple buffer, jobs that are over
 * through a ring. With nobody asking a sample costs the run one look at a flag. */
#ifndef DH_VIZ_LIVE_JOBS_H
#define DH_VIZ_LIVE_JOBS_H

#include "viz/source.h"

struct live_jobs;

/* NULL: no memory. */
struct live_jobs *dh_live_jobs_open(const struct dh_facility *facility);
void dh_live_jobs_close(struct live_jobs *jobs);

/* ---- the run's thread: as an observer's functions are called. What finds no memory is left out. */
void dh_live_jobs_see(struct live_jobs *jobs, const struct dh_observed_jobs *seen);
void dh_live_jobs_over(struct live_jobs *jobs, const struct dh_job_list *list, const struct dh_job_run *runs,
                       int32_t job);

/* ---- the view's thread */

/* Takes in what has come, and asks for more every third time: a copy is far dearer than a frame's numbers,
 * and lists are read by people. Whether there is anything new. */
bool dh_live_jobs_poll(struct live_jobs *jobs);
/* As the functions of a source. Waiting jobs are the first 4096 in the scheduler's order. */
int32_t dh_live_jobs_running(struct live_jobs *jobs, struct dh_view_job *out, int32_t room);
int32_t dh_live_jobs_waiting(struct live_jobs *jobs, struct dh_view_job *out, int32_t room);
int32_t dh_live_jobs_between(struct live_jobs *jobs, dh_time from, dh_time to, struct dh_view_job *out,
                             int32_t room);
bool dh_live_jobs_one(struct live_jobs *jobs, int32_t row, struct dh_view_job *out);
int32_t dh_live_jobs_places(struct live_jobs *jobs, int32_t row, int32_t *nodes, int32_t room);
int64_t dh_live_jobs_done(struct live_jobs *jobs);
const int32_t *dh_live_jobs_on_nodes(struct live_jobs *jobs);
/* GPUs that jobs hold of each node; NULL: not known. */
const int32_t *dh_live_jobs_node_gpus(struct live_jobs *jobs);

#endif
