#include "scenarios/requestlog.h"
#include "scenarios/csv_read.h"
#include "sim/units.h"

struct columns {
    int32_t submit, at, prompt, output;
};

static enum dh_err find_columns(struct dh_csv *csv, struct columns *c) {
    c->at = dh_csv_column(csv, "TIMESTAMP", NULL, NULL);
    c->submit = -1;
    if (c->at < 0)
        DH_TRY(dh_csv_require(csv, "submit_s", NULL, &c->submit));
    DH_TRY(dh_csv_require(csv, c->at < 0 ? "prompt_tokens" : "ContextTokens", NULL, &c->prompt));
    DH_TRY(dh_csv_require(csv, c->at < 0 ? "output_tokens" : "GeneratedTokens", NULL, &c->output));
    dh_csv_warn_unknown(csv);
    return DH_OK;
}

static enum dh_err read_tokens(const struct dh_csv *csv, int32_t column, int32_t *tokens) {
    int64_t value = 0;
    DH_TRY(dh_csv_integer(csv, column, 0, 100000000, &value));
    *tokens = value > 0 ? (int32_t)value : 1;
    return DH_OK;
}

static enum dh_err read_all(struct dh_request_list *out, struct dh_csv *csv, struct dh_diag *diag) {
    struct columns c;
    bool got = true;
    int64_t first_ns = INT64_MIN;
    int32_t first = out->n;
    DH_TRY(find_columns(csv, &c));
    for (;;) {
        struct dh_request request = {0};
        DH_TRY(dh_csv_next(csv, &got));
        if (!got)
            return DH_OK;
        if (c.at >= 0) {
            int64_t at_ns = 0;
            DH_TRY(dh_csv_instant(csv, c.at, &at_ns));
            if (first_ns == INT64_MIN)
                first_ns = at_ns;
            request.at = at_ns - first_ns;
        } else {
            DH_TRY(dh_csv_seconds(csv, c.submit, &request.at));
        }
        DH_TRY(read_tokens(csv, c.prompt, &request.prompt));
        DH_TRY(read_tokens(csv, c.output, &request.output));
        if (out->n > first && request.at < out->rows[out->n - 1].at) {
            dh_fail(diag, DH_ERR_DATA, dh_csv_place(csv, c.at >= 0 ? c.at : c.submit),
                    "a request before the one above it");
            dh_diag_hint(diag, "sort the log by its time");
            return DH_ERR_DATA;
        }
        enum dh_err err = dh_request_list_add(out, &request);
        if (err != DH_OK)
            return dh_fail(diag, err, dh_csv_place(csv, c.prompt), "too many requests, or out of memory");
    }
}

enum dh_err dh_requestlog_read(struct dh_request_list *out, const char *path, struct dh_diag *diag) {
    struct dh_csv csv;
    DH_TRY(dh_csv_open(&csv, path, DH_CSV_PLAIN, diag));
    enum dh_err err = read_all(out, &csv, diag);
    dh_csv_close(&csv);
    return err;
}
