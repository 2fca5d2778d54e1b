/* The jobs of a result file, as a view asks for them. */
#ifndef DH_VIZ_RESULT_JOBS_H
#define DH_VIZ_RESULT_JOBS_H

#include "output/result_read.h"
#include "viz/source.h"

struct result_jobs;

/* Reads nothing yet. NULL: no memory. Result and facility are borrowed. */
struct result_jobs *dh_result_jobs_open(struct dh_result *result, const struct dh_facility *facility);
void dh_result_jobs_close(struct result_jobs *jobs);

/* As the functions of a source are called (source.h), at an instant. */
int32_t dh_result_jobs_running(struct result_jobs *jobs, dh_time at, struct dh_view_job *out, int32_t room);
int32_t dh_result_jobs_waiting(struct result_jobs *jobs, dh_time at, struct dh_view_job *out, int32_t room);
int32_t dh_result_jobs_between(struct result_jobs *jobs, dh_time at, dh_time from, dh_time to,
                               struct dh_view_job *out, int32_t room);
bool dh_result_jobs_one(struct result_jobs *jobs, dh_time at, int32_t row, struct dh_view_job *out);
int32_t dh_result_jobs_places(struct result_jobs *jobs, int32_t row, int32_t *nodes, int32_t room);
int64_t dh_result_jobs_done(struct result_jobs *jobs, dh_time at);
const int32_t *dh_result_jobs_on_nodes(struct result_jobs *jobs, dh_time at);
/* GPUs that jobs hold of each node; NULL: not known. */
const int32_t *dh_result_jobs_node_gpus(struct result_jobs *jobs, dh_time at);
/* Stages of runs of pipelines that were at work at some time from … to, as they began. */
int32_t dh_result_jobs_stages(struct result_jobs *jobs, dh_time from, dh_time to, struct dh_view_stage *out,
                              int32_t room);

#endif
