#include "models/gpu/backend.h"
#include "models/gpu/cuda.h"
#include "models/gpu/opencl.h"
#include "models/gpu/recorded.h"
#include "models/gpu/synthetic.h"

const struct dh_gpu_backend *const dh_gpu_backends[] = {
    &dh_gpu_cuda, &dh_gpu_opencl, &dh_gpu_synthetic, &dh_gpu_recorded, NULL,
};
