/* What the kinds of predictions share. Private to sim/api. */
#ifndef DH_SIM_API_PREDICT_H
#define DH_SIM_API_PREDICT_H

#include <datahall/datahall.h>
#include "models/hourly.h"
#include "output/summary.h"
#include "scenarios/scenario.h"
#include "scenarios/series.h"
#include "scenarios/tariff_urdb.h"
#include "sim/diag.h"
#include "sim/text.h"

/* One prediction in progress: where from, where to, and what is counted. */
struct dh_prediction {
    const char *input;
    const struct dh_predict_options *options; /* never NULL */
    dh_write_fn write;
    void *self;
    struct dh_summary *summary;
    struct dh_diag *diag;
    struct dh_text out; /* rows not yet written */
    double *errors;     /* |predicted - measured| / |measured| in percent */
    int32_t n_error, error_room;
    int64_t n_row, n_predicted;
};

/* Writes what has gathered in out when it is long, or always. DH_ERR_IO, DH_ERR_MEMORY. */
enum dh_err dh_prediction_flush(struct dh_prediction *p, bool always);

/* Notes the error of one prediction; a measured value that is zero or missing (NAN) counts for nothing. */
enum dh_err dh_prediction_measured(struct dh_prediction *p, double predicted, double measured);

/* measured, mape, median and p90 of n errors in percent, which are sorted on the way; nothing for none. Keys
 * begin with prefix, "" or at most 100 bytes. */
void dh_prediction_put_errors(struct dh_summary *summary, const char *prefix, double *errors, int32_t n);

/* Number and separator; nothing for NAN. */
void dh_prediction_put(struct dh_prediction *p, double value, char separator);

/* A tariff and what it stands on. {0} holds nothing. */
struct dh_predict_tariff {
    struct dh_urdb urdb;
    struct dh_scenario_file file;
    struct dh_series prices; /* n = 0: none */
    const struct dh_tariff_spec *spec;
    bool urdb_read, file_read;
};

/* name: a path that ends in .json (rate) or .xml (scenario: the tariff of its first site that has one), else
 * an id of the catalog. Free it in any case. */
enum dh_err dh_predict_tariff_read(struct dh_predict_tariff *out, const char *name, struct dh_diag *diag);
void dh_predict_tariff_free(struct dh_predict_tariff *tariff);

enum dh_err dh_predict_attention(struct dh_prediction *p);
enum dh_err dh_predict_carbon(struct dh_prediction *p);
enum dh_err dh_predict_collective(struct dh_prediction *p);
enum dh_err dh_predict_flows(struct dh_prediction *p);
enum dh_err dh_predict_gemm(struct dh_prediction *p);
enum dh_err dh_predict_inference(struct dh_prediction *p);
enum dh_err dh_predict_bill(struct dh_prediction *p);
enum dh_err dh_predict_power(struct dh_prediction *p);
enum dh_err dh_predict_pue(struct dh_prediction *p);
enum dh_err dh_predict_reliability(struct dh_prediction *p);
enum dh_err dh_predict_sizing(struct dh_prediction *p);
enum dh_err dh_predict_training(struct dh_prediction *p);

#endif
