/* What the formats of job logs share; private to scenarios/joblog*.c. */
#ifndef DH_SCENARIOS_JOBLOG_READER_H
#define DH_SCENARIOS_JOBLOG_READER_H

#include "scenarios/csv_read.h"
#include "scenarios/joblog.h"
#include "sim/sum.h"

/* One log being read. The format's function reads records and hands over jobs; counting, rebasing and telling
 * happen once, in joblog.c. */
struct dh_joblog_reader {
    struct dh_job_list *out;
    const struct dh_joblog_options *options;
    struct dh_diag *diag;
    const char *path;
    const char *bytes; /* NULL: read the file */
    size_t n_byte;
    int32_t first_job; /* of this log in out */
    dh_time last_submit;
    int64_t n_row, n_skipped_gpus, n_skipped_time, n_unsorted, n_over_estimate;
    int64_t n_other_part;   /* records of parts not asked for */
    int64_t n_unknown_size; /* records whose allocation is unknown: what they asked for was taken */
    bool told_header;
    int64_t n_clamped; /* activities outside their range */
    int32_t first_skipped_gpus, first_skipped_time, first_unsorted, first_over_estimate,
        first_clamped;                                /* lines */
    int64_t n_step, n_held, n_unfinished, n_requeued; /* sacct: steps; jobs that were not eligible at once,
                                                       * that still ran, attempts that were taken back */
    int32_t first_held, first_unfinished, first_requeued;
    struct dh_sum requeued_gpu_s, measured_j;
    bool from_first; /* times count from the first submission */
    struct dh_arena scratch;
};

enum dh_err dh_joblog_open_csv(struct dh_joblog_reader *r, struct dh_csv *csv);
enum dh_err dh_joblog_open_lines(struct dh_joblog_reader *r, struct dh_lines *in);

/* A job with the defaults of the options: training, no request, no replayed start, no tenant. */
struct dh_job dh_joblog_job(const struct dh_joblog_reader *r);

/* Is this record's part the one asked for? Counts it when not. */
bool dh_joblog_wants(struct dh_joblog_reader *r, const char *part, size_t n);

void dh_joblog_skip_gpus(struct dh_joblog_reader *r, int32_t line);
void dh_joblog_skip_time(struct dh_joblog_reader *r, int32_t line);

/* Slurm's: a step of a job; a job that had to wait for others or a date before it could start; one that still
 * ran; an attempt that the record of this line replaces. */
void dh_joblog_step(struct dh_joblog_reader *r);
void dh_joblog_held(struct dh_joblog_reader *r, int32_t line);
void dh_joblog_unfinished(struct dh_joblog_reader *r, int32_t line);
void dh_joblog_attempt(struct dh_joblog_reader *r, const struct dh_job *before, int32_t line);

/* Clamps an activity to 0-1 and counts it when it was outside. */
double dh_joblog_share(struct dh_joblog_reader *r, double share, int32_t line);

/* Tenant's row for job->tenant. */
enum dh_err dh_joblog_tenant(struct dh_joblog_reader *r, struct dh_job *job, const char *name, size_t n,
                             struct dh_place place);

/* Checks the ranges of the times and appends the job. */
enum dh_err dh_joblog_append(struct dh_joblog_reader *r, const struct dh_job *job, const char *id,
                             size_t n_id, struct dh_place place);

enum dh_err dh_joblog_read_csv(struct dh_joblog_reader *r);
enum dh_err dh_joblog_read_swf(struct dh_joblog_reader *r);
enum dh_err dh_joblog_read_itp(struct dh_joblog_reader *r);
enum dh_err dh_joblog_read_philly(struct dh_joblog_reader *r);
enum dh_err dh_joblog_read_muri(struct dh_joblog_reader *r);
enum dh_err dh_joblog_read_raps(struct dh_joblog_reader *r);
enum dh_err dh_joblog_read_openb(struct dh_joblog_reader *r);
enum dh_err dh_joblog_read_sacct(struct dh_joblog_reader *r);

#endif
