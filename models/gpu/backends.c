#include "models/gpu/backend.h"

const struct dh_gpu_backend *const dh_gpu_backends[] = {
    NULL,
};
