/* Pipelines as graphs of stages: what one run of a pipeline moves, how fast a stage is, and what it takes to
 * do again what fails a check. Pure.
 *
 * A stage reads B bytes, of datasets and of the results of other stages together, and gives ratio x B. It
 * takes
 *
 *   latency + B / rate,  rate = min(cores / cpu, gpus / gpu, people b / item-time, path x inspection) bytes/s
 *
 * with cpu and gpu in seconds a byte and b the bytes of one item. Of the N items that a check sees, a
 * binomial number with mean N d fail. They go back to the stage `rework`, and all stages on a way from there
 * to the check do their share B n / N again; then these n are checked, and so on until none fails. So the
 * work of these stages is expected to be that of one pass times
 *
 *   1 + d + d^2 + ... = 1 / (1 - d). */
#ifndef DH_MODELS_PIPELINE_H
#define DH_MODELS_PIPELINE_H

#include "scenarios/scenario.h"
#include "sim/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum { DH_PIPELINE_STAGES = 64, DH_PIPELINE_READS = 256 };

/* Sets of stages are bits by row in the pipeline. */
struct dh_pipeline_graph {
    const struct dh_pipeline_spec *spec;
    int32_t n;
    int32_t order[DH_PIPELINE_STAGES];   /* rows, each behind those that it waits for */
    uint64_t takes[DH_PIPELINE_STAGES];  /* stages whose results it takes as they are */
    uint64_t after[DH_PIPELINE_STAGES];  /* those, and stages that write a dataset that it reads */
    uint64_t before[DH_PIPELINE_STAGES]; /* the other way round: stages that wait for it */
    uint64_t again[DH_PIPELINE_STAGES];  /* of a check: the stages that do work again for it; 0: it checks
                                            nothing */
    int32_t writes[DH_PIPELINE_STAGES];  /* row of the dataset; -1: none */
    /* Rows of the datasets that stage s reads: reads[first_read[s] … first_read[s + 1] - 1]. */
    int32_t first_read[DH_PIPELINE_STAGES + 1], reads[DH_PIPELINE_READS];
};

enum dh_pipeline_fault_kind {
    DH_PIPELINE_FINE,
    DH_PIPELINE_STRANGER, /* `stage` reads a stage of another pipeline: name, n */
    DH_PIPELINE_LONG,     /* more than DH_PIPELINE_READS datasets are read */
    DH_PIPELINE_CYCLE,  /* the stages of path wait for one another, each for the next, the last for the first
                         */
    DH_PIPELINE_REWORK, /* `stage` sends items to `other`, on no way to it */
    DH_PIPELINE_OVERLAP /* `stage` and `other`, both checks, have the same stages do work again */
};

struct dh_pipeline_fault {
    enum dh_pipeline_fault_kind kind;
    int32_t stage, other;
    const char *name; /* a piece of the scenario's text */
    size_t n_name;
    int32_t path[DH_PIPELINE_STAGES], n_path;
};

/* Spec as read: its references name datasets and stages that are there. False: *fault says why. The graph
 * points into the spec. A stage that reads and writes one dataset reads the version before. */
bool dh_pipeline_graph_of(struct dh_pipeline_graph *g, const struct dh_pipeline_spec *spec,
                          const struct dh_workload_spec *workload, struct dh_pipeline_fault *fault);

/* What goes through a stage in one pass. Items NAN: not known. */
struct dh_pipeline_amount {
    double bytes, items;         /* read */
    double out_bytes, out_items; /* given */
};
/* With bytes and items set: fills in the rest. writes: the dataset that it writes, or NULL. */
void dh_pipeline_results(struct dh_pipeline_amount *amount, const struct dh_pipeline_stage_spec *stage,
                         const struct dh_dataset_spec *writes);
/* Items of so many bytes of a dataset, rounded; NAN where it does not say how large one is. */
double dh_dataset_items(const struct dh_dataset_spec *dataset, double bytes);

/* Bytes/s at most, for amounts of this kind; INFINITY: nothing limits it. */
double dh_pipeline_rate(const struct dh_pipeline_stage_spec *stage, const struct dh_pipeline_amount *amount);
/* Seconds of one pass over amount->bytes, latency included. */
double dh_pipeline_seconds(const struct dh_pipeline_stage_spec *stage,
                           const struct dh_pipeline_amount *amount);
/* Money of it: items and core time. */
double dh_pipeline_usd(const struct dh_pipeline_stage_spec *stage, const struct dh_pipeline_amount *amount);

/* 1 / (1 - defects). */
double dh_pipeline_passes(double defects);
/* How many of so many items (a whole number, 0 or more) fail; drawn exactly up to some thousand failures,
 * beyond as a normal of the same mean and variance; the mean itself above 1e15 items. */
double dh_pipeline_failures(struct dh_rng *rng, double items, double defects);

#endif
