/* What predictions of single measurements share: rows that go out as they came in with columns behind them,
 * and errors by source. Private to sim/api. */
#ifndef DH_SIM_API_PREDICT_ROWS_H
#define DH_SIM_API_PREDICT_ROWS_H

#include "scenarios/csv_read.h"
#include "sim/api/predict.h"

enum { DH_SOURCE_NAME = 48, DH_REASON_NAME = 96 };

/* Predictions of one source, each with what was measured. */
struct dh_predict_source {
    char name[DH_SOURCE_NAME];
    double *errors; /* |predicted - measured| / measured, percent */
    int32_t n, room, n_inside;
};

/* Why rows have no prediction, each reason with its rows; behind the sixteenth they are not told. */
struct dh_predict_reasons {
    struct {
        char why[DH_REASON_NAME];
        int64_t n;
    } rows[16];
    int32_t n;
};
void dh_predict_reason(struct dh_predict_reasons *reasons, const char *why);
void dh_predict_reasons_put(const struct dh_predict_reasons *reasons, struct dh_summary *summary);

/* Errors of one quantity, by source. {0} holds none. */
struct dh_predict_errors {
    struct dh_predict_source *sources;
    int32_t n_source, n_banded, n_inside;
};

struct dh_predict_rows {
    struct dh_prediction *p;
    struct dh_csv csv;
    int32_t source; /* column, or -1 */
    struct dh_predict_errors errors;
    struct dh_predict_reasons reasons;
};

struct dh_predicted {
    double value, low, high; /* NAN: no prediction */
    double measured;         /* NAN: not in the row */
    const char *why;         /* of no prediction */
};

/* Counts the error of a prediction under the current record's source; of none, where nothing was measured, or
 * nothing predicted. */
enum dh_err dh_predict_errors_note(struct dh_predict_errors *e, const struct dh_predict_rows *r,
                                   const struct dh_predicted *x);
/* coverage90 and by_source, behind prefix ("" or "tpot_ms."); with `total` also measured, mape, median, p90
 * of all sources, which dh_predict writes for a prediction of one quantity. DH_ERR_MEMORY. */
enum dh_err dh_predict_errors_put(struct dh_predict_errors *e, struct dh_summary *summary, const char *prefix,
                                  bool total);
void dh_predict_errors_free(struct dh_predict_errors *e);

/* Writes the names of the input's columns, each with a comma behind it. */
void dh_predict_rows_head(struct dh_predict_rows *r);
/* Opens p->input and writes the header: the input's columns, then `predicted`, low, high, reason; several
 * names in `predicted`, with commas between, are all there is in front of the reason. */
enum dh_err dh_predict_rows_open(struct dh_predict_rows *r, struct dh_prediction *p, const char *predicted);
/* The next record; *got is false behind the last. */
enum dh_err dh_predict_rows_next(struct dh_predict_rows *r, bool *got);
/* Writes the current record's fields as they came, each with a comma behind it. */
void dh_predict_rows_copy(struct dh_predict_rows *r);
/* Writes the current record with its prediction and counts its error. */
enum dh_err dh_predict_rows_put(struct dh_predict_rows *r, const struct dh_predicted *predicted);
/* All records, each to row(self), which puts it; then the summary. */
enum dh_err dh_predict_rows_each(struct dh_predict_rows *r, enum dh_err (*row)(void *self), void *self);
/* rows, predicted, coverage90, by_source, not_predicted. */
void dh_predict_rows_summary(struct dh_predict_rows *r);
void dh_predict_rows_close(struct dh_predict_rows *r);

#endif
