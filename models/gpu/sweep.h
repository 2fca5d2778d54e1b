/* What is measured, in which order, and with what share of the time.
 *
 * full: matrix products of every format that the device has, over a grid of powers of two from 128 to 16384
 * thinned to a lattice of about a hundred, decode's skinny ones (m of 1 to 64), and 30 % more off the grid
 * that the fit does not see; attention of prompts and of single tokens; triad, copy and gather from twice the
 * cache to half of the memory; layernorm and softmax; launches; copies of 4 B to 1 GiB; collectives where
 * there are several devices. quick: the same at sizes of a processor's seconds.
 *
 * Groups take turns in two rounds, each with every other point of a group, and the first points of the first
 * round are measured again at the end: a device that changes meanwhile shows. A point gets what is left of
 * the time by its weight among the points that are left; one that would take much longer waits until faster
 * ones have said how fast the device is, and is refused if that does not help. */
#ifndef DH_MODELS_GPU_SWEEP_H
#define DH_MODELS_GPU_SWEEP_H

#include "models/gpu/measure.h"

struct dh_gpu_plan {
    struct dh_gpu_point *points;
    double *weights; /* shares of the time, any unit */
    int32_t n, room;
};

/* Plans for what the opened device supports and holds. false: the host is out of memory. */
bool dh_gpu_plan_make(struct dh_gpu_plan *plan, const struct dh_gpu_bench *bench, bool quick);
/* Adds a point; those that mean nothing or do not fit into the bench's memory are left out. */
bool dh_gpu_plan_add(struct dh_gpu_plan *plan, const struct dh_gpu_bench *bench,
                     const struct dh_gpu_point *point, double weight);
void dh_gpu_plan_free(struct dh_gpu_plan *plan);

/* Who gets what is measured. Any may be NULL. */
struct dh_gpu_sink {
    void *self;
    void (*sample)(void *self, const struct dh_gpu_sample *sample);
    void (*refusal)(void *self, const struct dh_gpu_point *point, const char *why);
    /* Before each point: so many of n are done. */
    void (*progress)(void *self, int32_t done, int32_t n, const struct dh_gpu_point *next);
    /* A launch failed: closes and opens the device again, and readies the bench. false: it is gone. NULL:
     * it is. */
    bool (*reopen)(void *self, struct dh_gpu_bench *bench);
};

enum dh_gpu_end {
    DH_GPU_COMPLETE, /* every point was tried */
    DH_GPU_TIME_UP,
    DH_GPU_STOPPED, /* bench->stop said so */
    DH_GPU_BROKEN,  /* the device could not be opened again, or failed on three points in a row */
};

/* Measures the plan's points in about budget_s seconds. */
enum dh_gpu_end dh_gpu_sweep(struct dh_gpu_bench *bench, const struct dh_gpu_plan *plan, double budget_s,
                             const struct dh_gpu_sink *sink);

#endif
