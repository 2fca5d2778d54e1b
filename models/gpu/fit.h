/* From samples of an attached device (<samples>, as 'datahall calibrate measure' writes them) to constants
 * that runs use (<profile>): those of models/kernel.h, fitted with the functions that predictions and runs
 * call, and besides launches, copies, collectives and board power as figures. How: fit_solve.h.
 *
 * gemm:FORMAT, prefill:FORMAT, decode:FORMAT   constants of the catalog's elements of these names; the unit
 * of a figure is SI. A library's choice of tiles, or the kernel's own where samples tell it (tile-m, tile-n).
 * triad, copy, gather       memory-bandwidth, start: t = start + bytes/bandwidth, the cache as in kernel.h;
 *                           12, 8 and 12 bytes an element (one of gather's reads is in random order)
 * layernorm:F, softmax:F    memory: share of the memory bandwidth for one reading and one writing; start
 * empty, graph              start: seconds of a launch; graph: start of a graph, kernel: each kernel in it
 * h2d:L, d2h:L, both:L, peer:L  latency, rate: t = latency + bytes/rate; L is the sample's library ("pinned")
 * allreduce:N, allgather:N, alltoall:N   latency, bus-bandwidth as nccl-tests defines it, N ranks
 * sustained                 idle:board, KERNEL:FORMAT:DUTY:board, time-constant, throttled
 *
 * Shares are of the datasheet where the device is known, else of what was measured: the triad's bandwidth,
 * and the fitted rate as peak with an efficiency of 1. So it is where a measured rate is above the
 * datasheet's.
 *
 * Samples under thermal slowdown or power brake are left out and counted, and so are those with wrong results
 * and those that were held back, which judge the fit. A fit takes two samples for each
 * constant. With fewer it is tried without the last constants; where too few are left for that the family is
 * left out. Notes say so. */
#ifndef DH_MODELS_GPU_FIT_H
#define DH_MODELS_GPU_FIT_H

#include "scenarios/scenario.h"

enum { DH_GPU_FIT_NOTES = 64 };

struct dh_gpu_fit_options {
    const struct dh_device_spec *device; /* of the catalog; NULL: unknown */
    const char *sha256;                  /* of the file of samples; NULL: none */
    const char *id;                      /* of the profile; NULL: that of the samples */
};

struct dh_gpu_fit_result {
    struct dh_profile_spec profile;      /* its texts and rows are in the arena or belong to the samples */
    int32_t n_fitted;                    /* samples used */
    int32_t n_throttled, n_wrong;        /* left out: thermal slowdown or power brake; wrong results */
    const char *notes[DH_GPU_FIT_NOTES]; /* what could not be fitted and why, a sentence each */
    int32_t n_note;
};

/* DH_ERR_DATA: no family has enough samples. DH_ERR_MEMORY. */
enum dh_err dh_gpu_fit(const struct dh_samples_spec *samples, const struct dh_gpu_fit_options *options,
                       struct dh_arena *mem, struct dh_gpu_fit_result *result, struct dh_diag *diag);

/* The device of the catalog that a driver's name means: one of whose names (id, aliases, up to their first
 * hyphen) is a word of it, and whose memory is within 15 %. NULL: none, as for cards of another form factor
 * (PCIe, NVL) or parts of one (MIG). memory_bytes: NaN where it is not told. */
const struct dh_device_spec *dh_gpu_fit_device(const struct dh_scenario *catalog, const char *driver_name,
                                               double memory_bytes);

#endif
