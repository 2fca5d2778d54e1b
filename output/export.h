/* A result's tables as CSV (RFC 4180, "\n" line ends, UTF-8). Texts that a spreadsheet would take for a
 * formula are preceded by an apostrophe; numbers read back as the same double. */
#ifndef DH_OUTPUT_EXPORT_H
#define DH_OUTPUT_EXPORT_H

#include "output/result_read.h"

#include <stdio.h>

/* id, submit_s, start_s, end_s, wait_s, gpus, nodes, placement, pool, state: one line for each job of the
 * log, in log order and log time, exact to the nanosecond; empty where there is none. placement is
 * node:gpus|node:gpus. Replicas of services are left out. A result without jobs gives the header. DH_ERR_IO
 * when out fails. */
enum dh_err dh_export_jobs(struct dh_result *result, FILE *out, struct dh_diag *diag);

/* Any group with a time: time_s and its columns; tables with a label (racks, halls, …) give one line for each
 * time and label; /events whole: kinds in words, with the names of their subjects. columns: names wanted,
 * separated by commas, NULL or "" for all. DH_ERR_USAGE for a group or column that the file does not have,
 * with those that it has. */
enum dh_err dh_export_table(struct dh_result *result, const char *group, const char *columns, FILE *out,
                            struct dh_diag *diag);

/* A group whose columns lie along a dimension of their own, "replications": one line for each place. Nothing
 * where the file has no such group. */
enum dh_err dh_export_columns(struct dh_result *result, const char *group, FILE *out, struct dh_diag *diag);

/* /actions: at, do, what, value, for, as changes.events reads them; a result without gives the header. */
enum dh_err dh_export_actions(struct dh_result *result, FILE *out, struct dh_diag *diag);

#endif
