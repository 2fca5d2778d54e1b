/* What a result file keeps of pipelines and of jobs' data. */
#ifndef DH_OUTPUT_RECORDER_DATA_H
#define DH_OUTPUT_RECORDER_DATA_H

#include "models/world_pace.h"
#include "models/world_pipeline.h"
#include "output/recorder.h"

/* /pipelines: a row for each stage of each run that ended, in the order of their ends; and columns of /jobs:
 * time that each was held back until its dataset had a version, what it read, and time that its GPUs stood
 * for want of it. After dh_recorder_jobs. Nothing for
 * data NULL. stood: dh_world.stood, or NULL. n_job: rows of /jobs, of which the first n_own are of the
 * workload. */
enum dh_err dh_recorder_data(struct dh_recorder *recorder, const struct dh_data_run *data,
                             dh_time (*const stood)[DH_N_IDLE], int32_t n_job, int32_t n_own);

#endif
