/* CSV as data files bring it (RFC 4180), strictly: one header, the same number of fields in every record,
 * quotes that close. Built on scenarios/lines.h, whose limits hold; besides, a record has at most 4,096
 * fields and 1 MiB, line breaks within quotes included. Empty lines are skipped. */
#ifndef DH_SCENARIOS_CSV_READ_H
#define DH_SCENARIOS_CSV_READ_H

#include <datahall/time.h>
#include "scenarios/lines.h"

enum { DH_CSV_MAX_FIELDS = 4096 };

struct dh_csv_field {
    const char *text; /* unquoted; not terminated; in a record: valid until the next one is read */
    size_t n;
    int32_t col; /* where it begins, from 1 */
};

struct dh_csv {
    struct dh_lines in;
    struct dh_csv_field *fields; /* of the record */
    int32_t n_field;
    struct dh_csv_field *columns; /* names, blanks around them cut */
    int32_t n_column;
    bool *known; /* columns that somebody asked for */
    /* private */
    char *names;
    int32_t room;
    bool hash_comments;
};

enum dh_csv_flags {
    DH_CSV_PLAIN = 0,
    DH_CSV_HASH_COMMENTS = 1 /* lines that begin with # before the header are skipped */
};

/* Opens path and reads the header. DH_ERR_DATA for an empty file, a nameless (unless it is the first, as
 * pandas writes an index) or repeated column; otherwise as dh_lines_open. Nothing is held on failure. */
enum dh_err dh_csv_open(struct dh_csv *csv, const char *path, int flags, struct dh_diag *diag);
enum dh_err dh_csv_open_memory(struct dh_csv *csv, const char *bytes, size_t n, const char *path, int flags,
                               struct dh_diag *diag);
void dh_csv_close(struct dh_csv *csv);

/* Column of that name, or -1. An alias may be given ("duration_s", "run_s"), or NULL; both present is an
 * error of the file: *err is then set, if not NULL. */
int32_t dh_csv_column(struct dh_csv *csv, const char *name, const char *alias, enum dh_err *err);
/* First column whose name begins with prefix, or -1. */
int32_t dh_csv_column_prefix(struct dh_csv *csv, const char *prefix);
/* As dh_csv_column for one that must be there: DH_ERR_MISSING, with the columns there are as hint. */
enum dh_err dh_csv_require(struct dh_csv *csv, const char *name, const char *alias, int32_t *column);
/* One W-DATA that names the columns nobody asked for, if any. */
void dh_csv_warn_unknown(struct dh_csv *csv);

/* Reads the next record; *got is false after the last. */
enum dh_err dh_csv_next(struct dh_csv *csv, bool *got);

struct dh_place dh_csv_place(const struct dh_csv *csv, int32_t column);
bool dh_csv_is_empty(const struct dh_csv *csv, int32_t column); /* nothing but blanks, or column is -1 */

/* Values of a field, blanks around them cut. Each records DH_ERR_NUMBER or DH_ERR_RANGE with the column's
 * name and the text. */
enum dh_err dh_csv_integer(const struct dh_csv *csv, int32_t column, int64_t min, int64_t max,
                           int64_t *value);
enum dh_err dh_csv_double(const struct dh_csv *csv, int32_t column, double min, double max, double *value);
/* Seconds as nanoseconds, exactly: the nearest one, halves away from zero. */
enum dh_err dh_csv_seconds(const struct dh_csv *csv, int32_t column, dh_time *value);
/* An instant "2022-01-01T05:00:00Z", "2022-01-01 05:00:00+00:00", "2023-11-16 18:17:03.9799600",
 * "2024-01-01T00:00" or "2017-09-19": without an offset UTC, as nanoseconds since 1970. */
enum dh_err dh_csv_instant(const struct dh_csv *csv, int32_t column, int64_t *unix_ns);

/* Text of a field, blanks around it cut, at most room - 1 bytes; "" for a column that is not there. And its
 * number; NAN where it is empty, words, infinite or not there. Neither leaves a message. */
void dh_csv_text(const struct dh_csv *csv, int32_t column, char *text, size_t room);
double dh_csv_number(const struct dh_csv *csv, int32_t column);

/* The same from bare text, without messages. DH_ERR_NUMBER or DH_ERR_RANGE. */
enum dh_err dh_seconds_parse(const char *text, size_t n, dh_time *value);
enum dh_err dh_instant_parse(const char *text, size_t n, int64_t *unix_ns);

#endif
