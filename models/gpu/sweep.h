/* What is measured, in which order, and with what share of the time.
 *
 * full: matrix products of every format that the device has, over a grid of powers of two from 128 to 16384
 * thinned to a lattice of about a hundred, decode's skinny ones (m of 1 to 64), and 30 % more off the grid
 * that the fit does not see; attention of prompts and of single tokens; triad, copy and gather from twice the
 * cache to half of the memory; layernorm and softmax; launches; copies of 4 B to 1 GiB; collectives where
 * there are several devices. quick: the same at sizes of a processor's seconds.
 *
 * Points are in groups, which have shares of the time and take turns by them, so that each is measured over
 * all of the time and a budget that is short leaves some of each. One of every group is measured again at the
 * end: a device that changed meanwhile shows. A point that would take much longer than its part of the time
 * waits until others have said how fast the device is, and is refused if that does not help. */
#ifndef DH_MODELS_GPU_SWEEP_H
#define DH_MODELS_GPU_SWEEP_H

#include "models/gpu/measure.h"

enum { DH_GPU_MAX_GROUP = 16 };

struct dh_gpu_plan {
    struct dh_gpu_point *points; /* of a group in the order in which they are measured */
    int32_t *groups;             /* which one each is in */
    int32_t n, room;
    double shares[DH_GPU_MAX_GROUP]; /* of the time, any unit; 0: the group comes when all others are done */
};

/* Plans for what the opened device supports and holds. false: the host is out of memory. */
bool dh_gpu_plan_make(struct dh_gpu_plan *plan, const struct dh_gpu_bench *bench, bool quick);
/* Adds a point to a group; those that mean nothing or do not fit into the bench's memory are left out. */
bool dh_gpu_plan_add(struct dh_gpu_plan *plan, const struct dh_gpu_bench *bench,
                     const struct dh_gpu_point *point, int32_t group);
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
