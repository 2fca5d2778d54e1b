/* Language models in service: time to the first token, between tokens, tokens per second, end to end, a
 * measurement a row. */
#include "sim/api/inference_row.h"
#include "sim/api/predict_rows.h"

#include <math.h>
#include <stdio.h>

enum { TTFT, TPOT, RATE, E2E, N_QUANTITY };
static const struct quantity {
    const char *column; /* also the block of the summary */
    double scale;
} quantities[N_QUANTITY] = {
    {"ttft_ms",      1e3},
    {"tpot_ms",      1e3},
    {"output_tok_s", 1  },
    {"e2e_ms",       1e3},
};

struct predictor {
    struct dh_predict_rows rows;
    struct dh_predict_errors errors[N_QUANTITY];
    const struct dh_inference_catalog *catalog;
    struct dh_inference_columns columns;
};

static void band(struct dh_predicted *x, double value, double low, double high, double scale) {
    x->value = scale * value;
    x->low = scale * value * low;
    x->high = scale * value * high;
}

/* Of one row; NULL or why there is none. The end-to-end band is that of its parts. */
static const char *predict_row(const struct predictor *r, const struct dh_inference_row *row,
                               struct dh_predicted x[N_QUANTITY]) {
    struct dh_inference_case c;
    struct dh_serving_point p;
    const char *why = dh_inference_case_of(&c, row, r->catalog);
    if (!why)
        why = dh_inference_predict(&c, &p);
    if (why)
        return why;
    const struct dh_engine_spec *e = c.serving.engine;
    double written = p.e2e_s - p.ttft_s;
    if (c.mode != DH_INFERENCE_OFFLINE) {
        band(&x[TTFT], p.ttft_s, e->ttft_low, e->ttft_high, quantities[TTFT].scale);
        band(&x[TPOT], p.tpot_s, e->tpot_low, e->tpot_high, quantities[TPOT].scale);
        band(&x[E2E], p.e2e_s, (p.ttft_s * e->ttft_low + written * e->tpot_low) / p.e2e_s,
             (p.ttft_s * e->ttft_high + written * e->tpot_high) / p.e2e_s, quantities[E2E].scale);
    }
    band(&x[RATE], p.tokens_per_s, e->rate_low, e->rate_high, quantities[RATE].scale);
    return NULL;
}

static enum dh_err put_row(struct predictor *r, const struct dh_predicted x[N_QUANTITY], const char *why) {
    struct dh_prediction *p = r->rows.p;
    dh_predict_rows_copy(&r->rows);
    for (int q = 0; q < N_QUANTITY; q++) {
        dh_prediction_put(p, x[q].value, ',');
        dh_prediction_put(p, x[q].low, ',');
        dh_prediction_put(p, x[q].high, ',');
    }
    dh_text_printf(&p->out, "%s\n", why ? why : "");
    p->n_predicted += !why;
    if (why)
        dh_predict_reason(&r->rows.reasons, why);
    return dh_prediction_flush(p, false);
}

static enum dh_err predict(struct predictor *r) {
    struct dh_prediction *p = r->rows.p;
    struct dh_summary *sum = p->summary;
    bool got = true;
    DH_TRY(dh_inference_columns_find(&r->columns, &r->rows.csv));
    for (;;) {
        DH_TRY(dh_predict_rows_next(&r->rows, &got));
        if (!got)
            break;
        struct dh_inference_row row;
        dh_inference_row_read(&row, &r->rows.csv, &r->columns);
        double measured[] = {row.ttft_s, row.tpot_s, row.tokens_per_s, row.e2e_s};
        struct dh_predicted x[N_QUANTITY];
        for (int q = 0; q < N_QUANTITY; q++)
            x[q] = (struct dh_predicted){NAN, NAN, NAN, measured[q] * quantities[q].scale, NULL};
        const char *why = predict_row(r, &row, x);
        DH_TRY(put_row(r, x, why));
        for (int q = 0; q < N_QUANTITY; q++)
            DH_TRY(dh_predict_errors_note(&r->errors[q], &r->rows, &x[q]));
    }
    dh_summary_integer(sum, "rows", "1", p->n_row, "rows read");
    dh_summary_integer(sum, "predicted", "1", p->n_predicted, "rows with a prediction");
    dh_predict_reasons_put(&r->rows.reasons, sum);
    for (int q = 0; q < N_QUANTITY; q++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "%s.", quantities[q].column);
        DH_TRY(dh_predict_errors_put(&r->errors[q], sum, prefix, true));
    }
    return DH_OK;
}

enum dh_err dh_predict_inference(struct dh_prediction *p) {
    struct predictor r = {0};
    struct dh_inference_catalog catalog = {0};
    char columns[256];
    int n = 0;
    for (int q = 0; q < N_QUANTITY; q++)
        n += snprintf(columns + n, sizeof columns - (size_t)n, "%spredicted_%s,%s_low,%s_high", q ? "," : "",
                      quantities[q].column, quantities[q].column, quantities[q].column);
    DH_TRY(dh_inference_catalog_read(&catalog, p->diag));
    r.catalog = &catalog;
    enum dh_err err = dh_predict_rows_open(&r.rows, p, columns);
    if (err == DH_OK) {
        err = predict(&r);
        dh_predict_rows_close(&r.rows);
    }
    for (int q = 0; q < N_QUANTITY; q++)
        dh_predict_errors_free(&r.errors[q]);
    dh_inference_catalog_free(&catalog);
    return err;
}
