/* Jobs that train a model: what <training> says of a stream, made into a plan, a run time, an activity and
 * the swing within a step. The step is that of models/training.h, which `predict training` calls as well.
 *
 * Where a <fabric> joins nodes with the device, collectives are those of the device's interconnect and of the
 * fabric's measured network, as `predict training` has them for a row that names its network; where the
 * catalogs of neither are imported, rings at the bare rates of the device's links and of the adapters that
 * the fabric has. Without a fabric, or with fidelity="none": dh_training_net_default. */
#ifndef DH_MODELS_TRAINING_JOB_H
#define DH_MODELS_TRAINING_JOB_H

#include "models/activity.h"
#include "models/facility.h"
#include "models/training_traffic.h"

struct dh_training_job {
    struct dh_training_plan plan; /* what the scenario says, and what was searched for */
    struct dh_training_step step;
    struct dh_training_phase phases[DH_N_TRAIN_PHASE];
    double steps, work_s; /* of the whole training at full clock */
    double tokens;
    double duty; /* share of a step in which the GPU computes */
    /* Power within a step, part by part, and its mean; n_part 0: the device has no constants for it. */
    struct dh_swing_part parts[DH_N_TRAIN_PHASE];
    int32_t n_part;
    double board_w;
    double gpu_util; /* activity at which the stream's kind of work draws board_w, 0-1; NAN: not known */
};

/* For a job of so many GPUs of the stream's device (by default the one that the facility has most of);
 * stream->trainings[0] is what to train.
 * DH_ERR_VALUE with the reason: a plan that does not divide or does not fit the memory (with the tensor class
 * that is largest, its bytes and the nearest plan that fits), a device without constants;
 * DH_ERR_DANGLING_REF: no stack called "default" where none is named. */
enum dh_err dh_training_job_of(struct dh_training_job *job, const struct dh_facility *f,
                               const struct dh_jobs_spec *stream, int64_t gpus, struct dh_diag *diag);

/* What a step of that job sends (models/training_traffic.h). Errors as dh_training_job_of. */
enum dh_err dh_training_job_traffic(struct dh_training_traffic *out, const struct dh_facility *f,
                                    const struct dh_jobs_spec *stream, int64_t gpus);

/* The kernels of a step of that job (dh_training_kernels), and the device that it runs on. */
enum dh_err dh_training_job_kernels(struct dh_kernel_use *use, const struct dh_device_spec **device,
                                    const struct dh_training_job *job, const struct dh_facility *f,
                                    const struct dh_jobs_spec *stream);

/* The stream's <checkpoints>; where neither a size nor a write is given, with the parameters of the model
 * that it trains, all of them. Adapters (lora-rank) are saved alone: their size has to be given. */
struct dh_checkpoints_spec dh_training_job_checkpoints(const struct dh_scenario *sc,
                                                       const struct dh_jobs_spec *stream);

#endif
