/* What a measurement that failed is in the library's errors. Private to sim/api. */
#ifndef DH_SIM_API_PROBE_ERROR_H
#define DH_SIM_API_PROBE_ERROR_H

#include "models/gpu/probe.h"
#include "sim/diag.h"

/* Tells it, with the sentence of dh_gpu_probe_run, and returns it. status: not DH_GPU_PROBE_OK. */
enum dh_err dh_probe_failed(enum dh_gpu_probe_status status, const char *message, struct dh_diag *diag);

#endif
