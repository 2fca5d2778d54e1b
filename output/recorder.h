/* The recorder: an observer that writes what a run shows to a result file (h5_file.h says how).
 *
 *   dh_recorder_open      provenance, labels, all series                 before the first event
 *   .sample               rows of the series                             by the loop
 *   dh_recorder_incident  a row of /events                               any time in the run
 *   dh_recorder_jobs, dh_recorder_summary, dh_recorder_audit             after the last event
 *   dh_recorder_close     the file gets its name
 *
 * Errors are sticky and recorded once in diag; close returns the first. Nothing that differs between two runs
 * of the same scenario is written. Without a path nothing is written at all: *out is NULL, and every function
 * accepts that. Functions that are given a file that already failed return its error at once. */
#ifndef DH_OUTPUT_RECORDER_H
#define DH_OUTPUT_RECORDER_H

#include "models/incident.h"
#include "models/job.h"
#include "models/observer.h"
#include "output/summary.h"

struct dh_recorder;

struct dh_recorder_options {
    const char *path;    /* final name; NULL: record nothing */
    const char *version; /* of datahall, for /provenance */
    bool series;         /* false: only jobs, summary, audit, provenance, events */
    double interval_s;   /* of facility, hall, queue, … rows; only sizes chunks and is noted in the file */
    double rack_interval_s; /* of the racks' rows */
    double duration_s;      /* expected length of the run, 0: unknown. Sizes chunks */
    enum dh_record_kind kind;
    bool full; /* nothing rounded, everything in double precision */
};

/* How a run ended. The name that the file gets: */
enum dh_recorder_status {
    DH_RECORDER_COMPLETE,    /* PATH, replacing an older result */
    DH_RECORDER_INTERRUPTED, /* PATH, marked as partial; PATH.part where a result PATH exists already */
    DH_RECORDER_FAILED       /* PATH.part */
};

/* facility and file are read here and in dh_recorder_jobs only; both must live until then. */
enum dh_err dh_recorder_open(struct dh_recorder **out, const struct dh_recorder_options *options,
                             const struct dh_facility *facility, const struct dh_scenario_file *file,
                             struct dh_diag *diag);

struct dh_observer dh_recorder_observer(struct dh_recorder *recorder);

/* subject: a row of the incident's entity, or -1. */
enum dh_err dh_recorder_incident(struct dh_recorder *recorder, dh_time at, enum dh_incident kind,
                                 int32_t subject, double value);

/* Names of the groups of equipment that incidents' subjects are rows of: /events/equipment. Nothing for n 0.
 */
enum dh_err dh_recorder_equipment(struct dh_recorder *recorder, const char *const *names, int32_t n);
/* The same of what cools: /events/cooling. */
enum dh_err dh_recorder_cooling(struct dh_recorder *recorder, const char *const *names, int32_t n);

/* What became of the jobs: /jobs. runs[i] belongs to list->jobs[i]; its segments are where it ran last.
 * network_slowdown: of each job, NAN: had no traffic; NULL: there is no fabric, and no such column. */
enum dh_err dh_recorder_jobs(struct dh_recorder *recorder, const struct dh_job_list *list,
                             const struct dh_job_run *runs, const struct dh_facility *facility,
                             const double *network_slowdown);
/* GPU seconds of each of the n jobs in the cloud: /jobs/cloud_gpu_s. After dh_recorder_jobs. */
enum dh_err dh_recorder_cloud(struct dh_recorder *recorder, const double *gpu_s, int32_t n);

/* /summary: one scalar for each entry. */
enum dh_err dh_recorder_summary(struct dh_recorder *recorder, const struct dh_summary *summary);

/* /replications: figures of n_run runs that differ in their seed, a variable for each of the n_key keys along
 * `replication`; values[run * n_key + key]; seed_of(self, run) is its seed. */
enum dh_err dh_recorder_replications(struct dh_recorder *recorder, const struct dh_summary *keys,
                                     const double *values, int32_t n_run,
                                     int64_t (*seed_of)(const void *self, int32_t run), const void *self);

/* /audit: the terms of every balance, and its residual, so that a reader can add them up again. Keys like
 * "energy.utility_j", "energy.it_j", "energy.residual". */
enum dh_err dh_recorder_audit(struct dh_recorder *recorder, const struct dh_summary *terms);

/* end: when the last interval ends. Frees. */
enum dh_err dh_recorder_close(struct dh_recorder *recorder, enum dh_recorder_status status, dh_time end);

/* Rows so far, for progress and tests: of all series and events together. */
int64_t dh_recorder_rows(const struct dh_recorder *recorder);

#endif
