/* Datasets and pipelines in a run: runs come due, their stages wait for one another, take cores, people or
 * GPUs (as jobs of the scheduler), send back what fails their checks, and leave versions of datasets; jobs
 * that read a dataset are submitted once it has one. What a stage does and how long it takes:
 * models/pipeline.h.
 *
 * A stage on GPUs has one job for each run that its pipeline may have under way, which is submitted again and
 * again; these rows stand behind the replicas of services. For reading outside of models/. */
#ifndef DH_MODELS_WORLD_PIPELINE_H
#define DH_MODELS_WORLD_PIPELINE_H

#include "models/pipeline.h"
#include "sim/sum.h"

#include <datahall/err.h>
#include <datahall/time.h>

struct dh_world;

struct dh_dataset_version {
    dh_time due; /* of the run that made it: data are as of then */
    dh_time at;  /* it is there */
    double bytes;
    int32_t *objects; /* in its store: world_storage.h */
    int32_t n_object;
};

struct dh_dataset_run {
    const struct dh_dataset_spec *spec;
    struct dh_dataset_version *versions; /* first that of the start, where there is one */
    int32_t n_version, n_room;
    int32_t store;                       /* -1: none */
    int32_t n_dropped;                   /* oldest versions, which are no longer kept */
    double came_b;                       /* of the start, and of all that was ever written, without growth */
    int32_t first_waiting, last_waiting; /* jobs that wait for a version, in order of submission; -1 */
};

/* Of one stage of one run, all rounds together. */
struct dh_stage_record {
    int32_t pipeline, stage, run, rounds; /* rounds: 1, and one for each time that items failed */
    dh_time due, ready, start, end;       /* run due; inputs there; work begun; all done */
    double bytes, out_bytes;              /* read, again and again; results */
    double items, failed;                 /* worked on and sent back, each time counted; NAN: not known */
    double usd;
};

/* One of the transfers of a stage: of a dataset that it reads, or of its results. */
struct dh_stage_part {
    int32_t stage;    /* row of stages */
    int32_t read;     /* row of the pipeline's reads; -1: it writes */
    int32_t transfer; /* DH_TRANSFER_NONE: not under way */
    int32_t object;   /* what it left */
    double whole_b;   /* of the first round */
    double bytes;     /* of this round */
    double left_b;    /* of them, yet to be moved */
};

/* A stage in motion; one for each run that may be under way. */
struct dh_stage_run {
    int32_t pipeline, slot, stage;
    int32_t job; /* row; -1: no GPUs */
    uint8_t state;
    uint64_t open;                   /* stages that it waits for, in this round */
    struct dh_pipeline_amount whole; /* of the first round */
    double share, items;             /* of this round */
    double failed;                   /* of these, at the check at its end */
    int32_t first_part, n_part;      /* reads, and a write: its transfers */
    int32_t n_moving;                /* of them, under way */
    bool worked;                     /* the work of this round is done */
    bool owes;                       /* results that its store has no room for yet */
    int32_t *objects, n_object;      /* what its writes have left, until that is a version */
    uint32_t generation;             /* of its event */
    struct dh_stage_record record;
};

struct dh_stage_totals {
    int64_t runs, rounds;
    struct dh_sum bytes, out_bytes, items, failed, usd;
    struct dh_sum first_b; /* bytes of first rounds */
    struct dh_sum wait_s;  /* from inputs there to work begun, latency included */
    struct dh_sum work_s;  /* from then to the end */
};

struct dh_pipeline_slot {
    bool busy;
    int32_t run;
    dh_time due;
    uint64_t done; /* stages whose first pass, or check, is over */
};

struct dh_pipeline_run {
    const struct dh_pipeline_spec *spec;
    struct dh_pipeline_graph graph;
    struct dh_rng rng;
    int32_t n_slot, first_stage; /* row of slot 0's first stage in dh_data_run.stages */
    struct dh_pipeline_slot *slots;
    struct dh_stage_totals *totals; /* of each stage */
    double *taken_b;                /* of each read: came_b when last taken */
    int32_t *after, n_after;        /* datasets, then pipelines counted behind them */
    int32_t *came;                  /* of each: since it last set off a run */
    int64_t n_due, n_begun, n_ended;
    dh_time *owed; /* due times of runs that wait for a slot, oldest first */
    int32_t n_owed, owed_room;
    struct dh_sum late_s; /* from due to begun */
    struct dh_sum took_s; /* from begun to ended */
};

/* What a job reads while it works. */
struct dh_loader_run {
    int32_t transfer;
    bool cached;             /* it goes from the nodes' caches */
    double rate;             /* bytes/s, as far as was told */
    double bytes;            /* of the transfer */
    double more_b;           /* to be read by the next, in the same way */
    double left_b;           /* to be read from caches behind it */
    double store_b, cache_b; /* read so far */
};

struct dh_data_run {
    int32_t n_dataset, n_pipeline, n_stage;
    struct dh_dataset_run *datasets;
    struct dh_pipeline_run *pipelines;
    struct dh_stage_run *stages;
    struct dh_stage_record *records; /* in the order of their ends */
    int32_t n_record, record_room;
    int32_t first_job, n_job; /* rows of stages */
    int32_t *job_stage;       /* of each of them: row of stages */
    int32_t *next_waiting;    /* of each job of the workload: the next that waits for the same dataset; -1 */
    struct dh_loader_run *loaders; /* of each job of the workload; NULL: none has one */
    double **need;      /* of each stream and size of job: bytes/s at full clock; NULL: no loader */
    int32_t *n_waiting; /* of each stream: jobs that wait for a version */
    struct dh_stage_part *parts;
    int32_t *read_version; /* of each stream: version that its newest job took, from 1; 0: none did */
    dh_time *held;         /* of each job of the workload: waited for its dataset, ns; -1: still does */
    int64_t n_pending;     /* runs that are planned, due or under way */
    int64_t n_held;        /* jobs that wait for data */
};

/* Before the rows of jobs are allocated: adds those of stages. Without datasets nothing is done and w->data
 * stays NULL. DH_ERR_MEMORY. */
enum dh_err dh_world_data_init(struct dh_world *w);
/* After all else is set up: plans the first runs. */
enum dh_err dh_world_data_start(struct dh_world *w);
void dh_world_data_free(struct dh_world *w);

/* Whether a job that arrives has to wait for its dataset: it is submitted later. */
bool dh_world_data_holds(struct dh_world *w, int32_t job);
/* A stage's job is over, or left without having run. */
enum dh_err dh_world_stage_job_done(struct dh_world *w, int32_t job);
enum dh_err dh_world_stage_job_left(struct dh_world *w, int32_t job);
/* The next run by schedule, so many seconds from now, if that is within the horizon. */
enum dh_err dh_world_plan_run(struct dh_world *w, int32_t pipeline, double after_s);
/* Runs of pipelines are planned, due or under way. */
bool dh_world_data_pending(const struct dh_world *w);
/* A run will come due, or a stage is at work: none waits only for its inputs, GPUs, stores or room. */
bool dh_world_data_moves(const struct dh_world *w);

/* world_loader.c: what jobs read, at their start, and when they leave their GPUs, or go at another clock. */
enum dh_err dh_world_loaders_init(struct dh_world *w, struct dh_diag *diag);
enum dh_err dh_world_loader_start(struct dh_world *w, int32_t job);
enum dh_err dh_world_loader_stop(struct dh_world *w, int32_t job);
void dh_world_loader_close(struct dh_world *w, int32_t job); /* the end of the run: what it has read so far */
enum dh_err dh_world_loader_clock(struct dh_world *w, int32_t job);

/* world_stage.c: what a round of a stage has to move; its transfers begin, again: reading anew what was read;
 * what is under way ends. */
void dh_stage_plan(struct dh_world *w, struct dh_stage_run *at);
enum dh_err dh_stage_move(struct dh_world *w, struct dh_stage_run *at, bool again);
enum dh_err dh_stage_stop(struct dh_world *w, struct dh_stage_run *at);
/* Results that had no room are tried again. */
enum dh_err dh_stage_write_again(struct dh_world *w, struct dh_stage_run *at);
/* world_pipeline.c: a round is over once its work is done and nothing moves. */
enum dh_err dh_stage_look(struct dh_world *w, struct dh_stage_run *at);
const struct dh_pipeline_stage_spec *dh_stage_spec(const struct dh_world *w, const struct dh_stage_run *at);
/* A job gets GPUs, or is about to leave them with work to be done. */
enum dh_err dh_world_data_started(struct dh_world *w, int32_t job);
enum dh_err dh_world_data_stopped(struct dh_world *w, int32_t job);

/* world_dataset.c */
const struct dh_loader_spec *dh_world_loader_of(const struct dh_world *w, int32_t job); /* NULL: none */
int32_t dh_world_dataset(const struct dh_world *w, const char *id);                     /* row; -1: none */
double dh_dataset_grown_b(const struct dh_world *w, const struct dh_dataset_run *d); /* by itself, so far */
enum dh_err dh_dataset_add_version(struct dh_world *w, struct dh_dataset_run *d,
                                   struct dh_dataset_version version);
/* Jobs for which there is a version now are submitted, in order. */
enum dh_err dh_dataset_submit_waiting(struct dh_world *w, struct dh_dataset_run *d);
/* Bytes of the newest version now; NAN: there is none. */
double dh_world_dataset_bytes(const struct dh_world *w, int32_t dataset);
/* Age of the newest version: time since the run that made it came due. NAN: there is none, or it grows. */
double dh_world_dataset_age_s(const struct dh_world *w, int32_t dataset);
/* The mean of that since there is a version. */
double dh_world_dataset_mean_age_s(const struct dh_world *w, int32_t dataset);
void dh_world_data_sample(struct dh_world *w); /* the columns of datasets, in w->out */

#endif
