/* The CUDA back end: NVIDIA's devices by the driver's own interface. Products by cuBLASLt (fp32, tf32, bf16,
 * fp16, fp8), everything else by kernels.cu, which is in the program as machine code where nvcc built it and
 * is compiled by NVRTC where not; counters by NVML; collectives by NCCL where there are two devices of a kind
 * or more. Each of these is opened at run time, and each but the driver may be missing: describe() says
 * which.
 *
 * No driver, a driver without a device, and the toolkit's stub of one are DH_GPU_NO_DEVICE with one sentence.
 * Kernels need compute capability 8.0; below it there are products and copies.
 *
 * What has never run on hardware: all of it, so far. See cuda_internal.h. */
#ifndef DH_MODELS_GPU_CUDA_H
#define DH_MODELS_GPU_CUDA_H

#include "models/gpu/backend.h"

extern const struct dh_gpu_backend dh_gpu_cuda;

#endif
