/* A device that obeys given constants: times by models/kernel.h's equations with noise, and failures by a
 * script. For tests of what measures and fits, and to see what a calibration looks like without a device. */
#ifndef DH_MODELS_GPU_SYNTHETIC_H
#define DH_MODELS_GPU_SYNTHETIC_H

#include "models/gpu/backend.h"
#include "scenarios/scenario.h"

/* What dh_gpu_options.given points to for the back end "synthetic"; NULL there: dh_gpu_synthetic_standard. */
struct dh_gpu_synthetic {
    const char *name; /* of the device */
    const struct dh_device_spec
        *device;     /* multiprocessors, cache, memory and its bandwidth, gemms, prefills, decodes */
    double noise;    /* standard deviation of the logarithm of a time */
    double outliers; /* share of times that are longer, by 40 to 200 % */
    uint64_t seed;
    double power_idle_w, power_busy_w; /* 0: no power counter. Energy by the host's clock */
    bool no_energy;                    /* polled power alone */
    bool real_time;                    /* launches take the time that they say */

    /* the script: calls of time() are counted from 1 in *calls (NULL: no script), over all openings */
    int64_t *calls;
    int64_t fail_from, fail_until; /* these fail; the device then fails until it is opened again */
    int64_t throttle_from;         /* from this on thermal throttling shows; 0: never */
    bool fail_open;                /* no further opening once one call has failed */
    bool wrong;                    /* results are never written */
};

/* 132 multiprocessors, 989.4 TFLOP/s in bf16, 3.35 TB/s: the constants of an H100 SXM in gpus.xml, rounded, 3
 * % noise and 5 % outliers. */
extern const struct dh_gpu_synthetic dh_gpu_synthetic_standard;

extern const struct dh_gpu_backend dh_gpu_synthetic;

#endif
