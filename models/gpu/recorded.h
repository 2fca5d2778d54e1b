/* A device played back from samples: a launch takes the median that was recorded for it. */
#ifndef DH_MODELS_GPU_RECORDED_H
#define DH_MODELS_GPU_RECORDED_H

#include "models/gpu/measure.h"

/* What dh_gpu_options.given points to for the back end "recorded"; without it there is no device. Must
 * outlive the handle. Of several samples of one point the first counts; those marked wrong never. */
struct dh_gpu_recording {
    struct dh_gpu_info info;
    const struct dh_gpu_sample *samples;
    int32_t n;
};

extern const struct dh_gpu_backend dh_gpu_recorded;

#endif
