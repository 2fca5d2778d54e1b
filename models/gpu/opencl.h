/* The OpenCL back end: GPUs of any vendor, and processors by PoCL. Its kernels are its own (kernels.cl), no
 * vendor's library takes part, so matrix products and attention give lower bounds of what a GPU can do;
 * tensor cores are out of OpenCL's reach. Formats: fp32; bf16, as 16-bit memory and fp32 arithmetic; fp16
 * likewise where the device has cl_khr_fp16. No graphs, counters, peers or collectives.
 *
 * Devices are counted over all platforms, GPUs first, then accelerators, then processors. Times are those of
 * the queue's profiling events. */
#ifndef DH_MODELS_GPU_OPENCL_H
#define DH_MODELS_GPU_OPENCL_H

#include "models/gpu/backend.h"

extern const struct dh_gpu_backend dh_gpu_opencl;

/* kernels.cl, embedded in the program. */
extern const char dh_opencl_kernels[];

/* As dh_gpu_opencl.open, with the choice of kernels: `barriers` takes those for GPUs, which tests do on a
 * processor. open() takes them on everything but processors. */
enum dh_gpu_status dh_opencl_open(struct dh_gpu **gpu, const struct dh_gpu_options *options,
                                  const bool *barriers, char *message, size_t room);

#endif
