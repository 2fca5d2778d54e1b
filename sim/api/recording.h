/* A file of samples as a device that can be played back. Private to sim/api. */
#ifndef DH_SIM_API_RECORDING_H
#define DH_SIM_API_RECORDING_H

#include "models/gpu/recorded.h"
#include "scenarios/scenario.h"

/* {0} is empty. */
struct dh_recording {
    struct dh_gpu_recording played; /* for dh_gpu_options.given */
    struct dh_gpu_point *points;    /* of the samples that are not marked wrong, played.n of them at most */
    int32_t n_point;
};

/* What the file of samples says, as a device; texts are copied. DH_ERR_DATA: sizes that mean nothing;
 * DH_ERR_MEMORY; and what dh_samples_read says. Free it in any case. */
enum dh_err dh_recording_read(struct dh_recording *recording, const char *path, struct dh_diag *diag);
void dh_recording_free(struct dh_recording *recording);

#endif
