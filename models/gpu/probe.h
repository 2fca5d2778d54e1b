/* A whole calibration: finds a device, measures it, and leaves the file of samples. What 'datahall calibrate
 * measure' and datahall-probe do, and what a live calibration does with a list of points of its own. */
#ifndef DH_MODELS_GPU_PROBE_H
#define DH_MODELS_GPU_PROBE_H

#include "models/gpu/samples.h"

#define DH_GPU_BUDGET_S       300.0 /* where none is given */
#define DH_GPU_QUICK_BUDGET_S 25.0

struct dh_gpu_progress {
    int32_t done, n;  /* points */
    double share;     /* of the time budget that is gone, 0-1 */
    const char *what; /* "gemm bf16 128 128 128", "holding gemm at 50 %" */
};

/* {0} but for output is ready. */
struct dh_gpu_probe_options {
    const char *backend; /* name; NULL or "auto": the first that drives hardware and has a device */
    int32_t device;
    const char *library_dir; /* absolute, or NULL */
    const void *given;       /* for recorded and synthetic */
    double budget_s;         /* 0: see above */
    bool quick;
    const char *output; /* file of samples; NULL: none */
    const char *tool;   /* version, for the file */

    const struct dh_gpu_point *points; /* measure these alone, without loads that are held; NULL: the plan */
    int32_t n_point;

    void *self;               /* of the functions below, which may be NULL */
    bool (*stop)(void *self); /* asked between launches */
    void (*progress)(void *self, const struct dh_gpu_progress *progress);
    void (*sample)(void *self, const struct dh_gpu_sample *sample); /* each one, as it is measured */
};

enum dh_gpu_probe_status {
    DH_GPU_PROBE_OK,        /* also where the time was up first, or the device failed: the file says so */
    DH_GPU_PROBE_STOPPED,   /* stop said so; the file is kept */
    DH_GPU_PROBE_NO_DEVICE, /* nothing can be measured */
    DH_GPU_PROBE_USAGE,     /* no such back end, a folder that is not absolute */
    DH_GPU_PROBE_IO,        /* the file cannot be written */
    DH_GPU_PROBE_MEMORY,
};

struct dh_gpu_probe_result {
    char device[128];
    const char *backend;
    int32_t samples, wrong, sustained, refusals; /* wrong: of the samples */
    enum dh_gpu_end end;
    bool noisy, shared;
    double spent_s;
    char refusal[320]; /* the first one */
};

/* Measures. result may be NULL. message: one sentence where the status is not OK, or where the device failed
 * or the time was up; else "". */
enum dh_gpu_probe_status dh_gpu_probe_run(const struct dh_gpu_probe_options *options,
                                          struct dh_gpu_probe_result *result, char *message, size_t room);

/* The devices that can be opened: calls row for each back end with its device i (info), or with info NULL and
 * why there is none. */
void dh_gpu_probe_list(const struct dh_gpu_options *options, void *self,
                       void (*row)(void *self, const struct dh_gpu_backend *backend, int32_t i,
                                   const struct dh_gpu_info *info, const char *why));

#endif
