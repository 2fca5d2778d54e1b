/* Which kernels a scenario's work asks most of, on the devices that are to be measured. Private to sim/api.
 */
#ifndef DH_SIM_API_LIVE_POINTS_H
#define DH_SIM_API_LIVE_POINTS_H

#include "models/gpu/sweep.h"
#include "models/kernel_use.h"
#include "sim/api/internal.h"

enum { DH_LIVE_TARGETS = 16, DH_LIVE_CALLS = 512 };

struct dh_live_work {
    const struct dh_device_spec *targets[DH_LIVE_TARGETS];
    int32_t n_target;
    struct dh_kernel_call calls[DH_LIVE_CALLS]; /* seconds: GPU seconds expected of the whole scenario */
    int32_t n_call;
    double seconds;
};

/* Devices of the scenario whose profile is "live" and not there. */
void dh_live_targets(struct dh_live_work *work, const struct dh_scenario *sc);

/* The kernels of training jobs and services that run on the targets, the longest first. Services at their
 * mean rate. */
void dh_live_gather(struct dh_live_work *work, const struct dh_sim *sim);

/* What to measure, in this order: the sweep's points of the families and formats that the work uses, which a
 * fit needs (quick: those of small machines), then the kernels that take 95 % of the expected time, at most
 * 40 of a family and format; those that the device does not have or hold are left out. *points: malloc'd. -1:
 * out of memory. */
int32_t dh_live_points(struct dh_gpu_point **points, const struct dh_live_work *work,
                       const struct dh_gpu_bench *bench, bool quick);

#endif
