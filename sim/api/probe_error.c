#include "sim/api/probe_error.h"

enum dh_err dh_probe_failed(enum dh_gpu_probe_status status, const char *message, struct dh_diag *diag) {
    static const enum dh_err errors[] = {
        [DH_GPU_PROBE_STOPPED] = DH_ERR_INTERRUPTED, [DH_GPU_PROBE_NO_DEVICE] = DH_ERR_NO_DEVICE,
        [DH_GPU_PROBE_USAGE] = DH_ERR_USAGE,         [DH_GPU_PROBE_IO] = DH_ERR_IO,
        [DH_GPU_PROBE_MEMORY] = DH_ERR_MEMORY,
    };
    return dh_fail(diag, errors[status], (struct dh_place){NULL, 0, 0}, "%s", message);
}
