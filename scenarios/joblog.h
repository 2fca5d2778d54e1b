/* Job logs: eight formats, one list of jobs (models/job.h), in the order of the file.
 *
 * csv     header with submit_s, duration_s (or run_s) and gpus (or nodes); optionally id, requested_s (or
 *         estimate_s), tenant (or user), kind, cpu_util, gpu_util (0-1), start_s (empty: never), priority
 * swf     Standard Workload Format: 18 fields, ';' header; a processor is a GPU, as many as were requested,
 * or allocated where that is unknown; PART is a partition number itp     cluster, job, submission_s,
 * duration_s, num_gpu (Microsoft ITP); PART is a cluster philly  vc, job, submit_s, duration_s, num_gpu
 * (Microsoft Philly); PART is a virtual cluster muri    iterations x iteration_time, submission in ms (Muri,
 * SIGCOMM 2022) raps    whole nodes, as ExaDigiT RAPS lists them; gpu_util counts GPUs, 0 to those of a node
 * openb   pods of Alibaba's openb cluster; gpu_milli is the share of a GPU
 * sacct   Slurm's accounting, with bars between fields (scenarios/joblog_sacct.c has the command): steps of
 * jobs are dropped, of attempts of a requeued job the last counts, from the first submission on; PART is a
 * partition. Tenants are accounts. What still ran counts with the time it had run; what never started is
 * skipped */
#ifndef DH_SCENARIOS_JOBLOG_H
#define DH_SCENARIOS_JOBLOG_H

#include "models/job.h"

#include <stddef.h>

struct dh_joblog_options {
    enum dh_log_format format;
    const char *part;          /* one cluster, virtual cluster or partition; NULL or "": all */
    int32_t node_gpus;         /* GPUs of a node of the site, for logs that ask for nodes; 0: unknown */
    double gpu_util, cpu_util; /* where the log has none; 0 means 1 and 0.2 */
};

/* Appends the jobs of a log to out. Times count from the horizon's start: itp and philly (the part's) and
 * logs in seconds since 1970 (with a warning) count from their first submission; the others are taken as they
 * are, negative submissions too. What was skipped or doubtful is counted in out and told once each as W-DATA.
 * Errors carry file:line:col: DH_ERR_DATA, DH_ERR_NUMBER, DH_ERR_RANGE, DH_ERR_MISSING, DH_ERR_NOT_FOUND,
 * DH_ERR_LIMIT_BYTES, DH_ERR_LIMIT_MEMORY, DH_ERR_MEMORY, DH_ERR_IO. out is the caller's to free in any case.
 */
enum dh_err dh_joblog_read(struct dh_job_list *out, const char *path, const struct dh_joblog_options *options,
                           struct dh_diag *diag);
/* The same from memory, named path in messages. */
enum dh_err dh_joblog_read_memory(struct dh_job_list *out, const char *bytes, size_t n, const char *path,
                                  const struct dh_joblog_options *options, struct dh_diag *diag);

/* Format of that name ("itp"), or -1; and its name. */
int dh_joblog_format_by_name(const char *name, size_t n);
const char *dh_joblog_format_name(enum dh_log_format format);

/* "FILE[:FORMAT[:PART]]", pointers into text. A colon belongs to FILE unless a format's name follows it:
 * "a:b.csv" is a file, "a:b.csv:swf" names its format. Without FORMAT a name that ends in .swf or .swf.gz is
 * swf, all else csv. DH_ERR_USAGE for an empty FILE. */
struct dh_joblog_spec {
    const char *file;
    size_t n_file;
    enum dh_log_format format;
    const char *part; /* to the end of text, or NULL */
};
enum dh_err dh_joblog_spec_parse(const char *text, struct dh_joblog_spec *spec);

#endif
