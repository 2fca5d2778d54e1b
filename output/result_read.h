/* Reading result files. A foreign file is opened in a child process (h5_read.h) and arrives here as plain
 * numbers and texts, whose sizes are checked; when the child dies, the file is damaged (DH_ERR_RESULT). Works
 * on finished results and on NAME.h5.part files that are being written or were left by a run that was killed.
 */
#ifndef DH_OUTPUT_RESULT_READ_H
#define DH_OUTPUT_RESULT_READ_H

#include "output/summary.h"
#include "sim/diag.h"

struct dh_result;

enum dh_result_kind { DH_RESULT_NUMBER, DH_RESULT_INTEGER, DH_RESULT_TEXT };

/* One dataset of the file: /group/name. */
struct dh_result_dataset {
    const char *group, *name;
    const char *unit, *about, *cell_methods; /* "" where not given */
    const char *flags;        /* words for the values 0, 1, …, separated by blanks; "" none */
    const char *dimension[2]; /* names of its dimensions; "" */
    int32_t rank;             /* 0, 1 or 2 */
    int64_t rows, columns;    /* 1 where it has no such dimension */
    int32_t chunk_rows;       /* rows that are stored together and unpacked at once; 0: not in chunks */
    enum dh_result_kind kind;
    uint64_t stored_bytes;
    int32_t number; /* its place in the list */
};

struct dh_result_info {
    const char *title, *scenario, *source, *start; /* start: "2026-01-01T00:00:00Z" */
    const char *status;                            /* running, complete, interrupted, failed, recovered */
    double duration_s;                             /* NAN: not known */
    const struct dh_result_dataset *datasets;
    int32_t n_dataset;
};

/* Failures: DH_ERR_NOT_FOUND, DH_ERR_IO, DH_ERR_RESULT with the reason, DH_ERR_MEMORY. diag must live as long
 * as the result. */
enum dh_err dh_result_open(struct dh_result **out, const char *path, struct dh_diag *diag);
/* The same with a reader that a host makes (output/result_host.h), for programs with threads; NULL: without.
 */
struct dh_result_host;
enum dh_err dh_result_open_by(struct dh_result **out, struct dh_result_host *host, const char *path,
                              struct dh_diag *diag);
void dh_result_close(struct dh_result *result); /* NULL is allowed */

/* Why nothing can be read of it any more; NULL: it can. */
const char *dh_result_problem(const struct dh_result *result);
/* Was that because reading took for ever? Another reader would take as long. */
bool dh_result_hung(const struct dh_result *result);

const struct dh_result_info *dh_result_contents(const struct dh_result *result);
const struct dh_result_dataset *dh_result_find(const struct dh_result *result, const char *group,
                                               const char *name);

/* Rows first … first + n - 1 of a numeric dataset, row by row, each dataset->columns wide; any n, in windows
 * inside. Integers beyond 2^53 lose digits as numbers. */
enum dh_err dh_result_numbers(struct dh_result *result, const struct dh_result_dataset *dataset,
                              int64_t first, int64_t n, double *out);
enum dh_err dh_result_integers(struct dh_result *result, const struct dh_result_dataset *dataset,
                               int64_t first, int64_t n, int64_t *out);
/* Of each row only `width` values from this column on. */
enum dh_err dh_result_columns(struct dh_result *result, const struct dh_result_dataset *dataset,
                              int64_t first, int64_t n, int64_t column, int64_t width, double *out);
/* Texts of a one-dimensional dataset, or the single one; out[i] live in arena. */
enum dh_err dh_result_texts(struct dh_result *result, const struct dh_result_dataset *dataset, int64_t first,
                            int64_t n, struct dh_arena *arena, const char **out);

/* All single values of a group as a summary: "summary", "audit". A group that is absent gives an empty one.
 */
enum dh_err dh_result_summary(struct dh_result *result, const char *group, struct dh_summary *out);

/* A text of /provenance ("scenario_xml", "scenario_sha256", "version"), in arena; NULL when absent or
 * unreadable. */
const char *dh_result_provenance(struct dh_result *result, const char *name, struct dh_arena *arena);

#endif
