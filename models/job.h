/* Jobs: what was asked for (const) and what became of it. */
#ifndef DH_MODELS_JOB_H
#define DH_MODELS_JOB_H

#include <datahall/time.h>
#include "scenarios/scenario.h"

#include <stdbool.h>
#include <stdint.h>

/* One job as submitted. Times count from the horizon's start. */
struct dh_job {
    dh_time submit;
    dh_time work;             /* run time at full speed; >= 0 */
    dh_time requested;        /* run time asked for; DH_TIME_NONE: not given */
    dh_time replay_start;     /* start to replay; DH_TIME_NONE: never started there */
    int32_t gpus;             /* >= 1 */
    int32_t nodes;            /* > 0: that many whole nodes, gpus then being nodes times the node's GPUs */
    double gpu_util;          /* activity of each of its GPUs, 0-1 */
    double cpu_util;          /* activity of its nodes' CPUs, 0-1 */
    double input_b, output_b; /* data to bring to a cloud and back */
    uint32_t name;            /* offset of its id in dh_job_list.names */
    int32_t tenant;           /* row of dh_job_list.tenants; -1: none */
    int32_t service;          /* row of the service that it is a replica of; -1: none */
    int32_t pipeline;         /* row of the pipeline whose stage it works for, + 1; 0: none */
    int32_t stream;           /* row of the workload's stream that it belongs to, + 1; 0: none */
    int16_t priority;         /* higher first, under every policy */
    uint8_t work_kind;        /* enum dh_work */
    bool burstable;
    bool exact_request; /* `requested` is what it takes at full speed, known to nobody: not a limit */
    /* What a failure leaves of it: useful work between checkpoints (0: none are written, all is lost), the
     * time for which the work stands still for one, the time after that until it is in storage and can be
     * started from (at most the work between two), and the time to start again from one or from the
     * beginning. */
    dh_time checkpoint, checkpoint_write, checkpoint_drain, restart;
    dh_time detection; /* from a failure until it is noticed, where its cause does not say */
    /* Shares of its work at full speed, of training jobs: pipelines that fill and drain, and communication
     * that computing does not hide. */
    float bubble, communication;
};

/* Jobs in log order (which breaks ties of submit), with what their reading noticed. {0} is empty. */
struct dh_job_list {
    struct dh_job *jobs;
    int32_t n_job, n_room;
    char *names; /* all ids, each with its terminator */
    size_t names_used, names_room;
    char **tenants;
    int32_t n_tenant;
    int32_t *tenant_slots; /* private: open hash of the tenants' rows + 1 */
    int32_t n_tenant_slot;
    int64_t n_row;           /* records read */
    int64_t n_skipped_gpus;  /* asked for no GPU */
    int64_t n_skipped_time;  /* negative or missing run time */
    int64_t n_unsorted;      /* submitted before the record above */
    int64_t n_over_estimate; /* ran longer than requested */
    int64_t n_step;          /* steps of jobs, which accounting lists beside them: dropped */
    int64_t n_requeued;      /* attempts that a scheduler took back: the next one of the job counts */
    double requeued_gpu_s;   /* GPU time of those attempts */
    double measured_j;       /* energy that the log gives, of all its jobs, with and without GPUs */
};

/* Appends a job and its id. DH_ERR_MEMORY, or DH_ERR_LIMIT_MEMORY beyond 2^31 - 2 jobs. */
enum dh_err dh_job_list_add(struct dh_job_list *list, const struct dh_job *job, const char *id,
                            size_t id_length);
const char *dh_job_id(const struct dh_job_list *list, int32_t job);
/* Row of a tenant, added when new; -1 for an empty name, -2 when memory is exhausted. */
int32_t dh_job_list_tenant(struct dh_job_list *list, const char *name, size_t length);
void dh_job_list_free(struct dh_job_list *list);

enum dh_job_state {
    DH_JOB_PENDING, /* not submitted yet */
    DH_JOB_QUEUED,
    DH_JOB_RUNNING,
    DH_JOB_BURST, /* in the cloud, or done there */
    DH_JOB_DONE,
    DH_JOB_KILLED, /* at its requested time */
    DH_JOB_FAILED,
    DH_JOB_REJECTED, /* can never start here, or found no room where nothing queues */
    DH_N_JOB_STATE
};
/* "done", "killed", … as `export jobs` prints them. */
const char *dh_job_state_name(enum dh_job_state state);

/* GPUs of one node that a job holds. */
struct dh_segment {
    int32_t node, gpus;
};

/* GPU time is exact: a year of 16,000 GPUs is 5e20 GPU ns, more than 64 bits hold. */
__extension__ typedef __int128 dh_gpu_ns;

/* What became of one job. */
struct dh_job_run {
    dh_time start;     /* first start; DH_TIME_NONE before */
    dh_time end;       /* end, or DH_TIME_NONE */
    dh_time remaining; /* run time left at full speed, checkpoints and restart included, as of `updated` */
    dh_time updated;
    dh_time believed_end;        /* start of this run + the time the scheduler believes in */
    double rate;                 /* progress per time, 1 at full clock: of the following, or 0 while halted */
    double clock, network, data; /* models/world_pace.h: paces, 0 to 1 */
    uint8_t clock_cause;         /* enum dh_idle: what holds the clock down */
    uint8_t halted;              /* enum dh_idle: why it stands still; DH_N_IDLE: it does not */
    dh_gpu_ns gpu_ns;            /* GPU time held so far, all runs together */
    struct dh_segment *segments; /* where it runs; owned by the pool */
    int32_t n_segment, segment_room;
    uint32_t generation; /* counts its end events: an event of an older generation is stale */
    uint8_t state;       /* enum dh_job_state */
    bool burst;          /* was sent to a cloud */
    dh_time burst_start; /* left the queue for the cloud */
    /* since its last failure, or its submission */
    dh_time saved;       /* useful work that earlier attempts left in checkpoints */
    dh_time planned;     /* `remaining` when the attempt was planned, of which */
    dh_time lead;        /* the restart */
    dh_time held_before; /* time on GPUs of earlier attempts */
    dh_time failed_at;   /* waits since then to start again; DH_TIME_NONE: does not */
    int32_t n_failed;
    int32_t cause; /* of its last failure: row of dh_failure_run.tolls */
};

/* Run time at full speed of so much useful work, with the checkpoints between its pieces; none is written at
 * the end. */
dh_time dh_job_wall(const struct dh_job *job, dh_time useful);
/* The other way round, for a run that is `wall` under way: useful work done, and how much of it a checkpoint
 * has saved. */
dh_time dh_job_useful(const struct dh_job *job, dh_time wall);
dh_time dh_job_saved(const struct dh_job *job, dh_time wall);
/* Plans the run of what is not saved; lead: the time until the work goes on. */
void dh_job_plan(const struct dh_job *job, struct dh_job_run *run, dh_time lead);

#endif
