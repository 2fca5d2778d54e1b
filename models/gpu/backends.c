#include "models/gpu/backend.h"
#include "models/gpu/opencl.h"

const struct dh_gpu_backend *const dh_gpu_backends[] = {
    &dh_gpu_opencl,
    NULL,
};
