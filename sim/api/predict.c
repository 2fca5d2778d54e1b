/* Predictions row by row, by the functions that runs use. */
#include "sim/api/predict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

static const struct kind {
    struct dh_predict_kind kind;
    enum dh_err (*predict)(struct dh_prediction *p);
} kinds[] = {
    {{"attention", "time of attention kernels, prefill and decode, on a device of the catalog"},
     dh_predict_attention                                                                                                     },
    {{"bill", "electricity bill of a load, month by month: -i LOAD.csv --tariff TARIFF, or -i TARIFF.json"},
     dh_predict_bill                                                                                                          },
    {{"carbon", "carbon intensity from hourly generation by source, or from time and g/kWh"},
     dh_predict_carbon                                                                                                        },
    {{"collective", "time of all-reduce and its relatives on interconnects and networks of the catalog"},
     dh_predict_collective                                                                                                    },
    {{"flows", "when flows end that share links: -i FLOWS.csv --links LINKS.csv --routes ROUTES.csv"},
     dh_predict_flows                                                                                                         },
    {{"gemm", "time of matrix products on a device of the catalog"},                                          dh_predict_gemm },
    {{"inference",
      "language models in service: time to first token, between tokens, tokens per second, end to end"},
     dh_predict_inference                                                                                                     },
    {{"power", "mean power of accelerators by what they serve: model, batch, throughput"},                    dh_predict_power},
    {{"pue", "PUE and WUE of archetypes of data centers in a climate: -i ROWS.csv --climate HOURLY.csv"},
     dh_predict_pue                                                                                                           },
    {{"training", "time of training steps of transformers, by plan, device and software"},
     dh_predict_training                                                                                                      },
    {{"reliability", "availability, failure frequency and checkpoints in closed form"},
     dh_predict_reliability                                                                                                   },
    {{"sizing", "what to build in closed form: servers, spare units, capacity to own or rent, batteries"},
     dh_predict_sizing                                                                                                        },
};

enum { N_KIND = sizeof kinds / sizeof *kinds, BLOCK = 64 * 1024 };

struct dh_predict_kind dh_predict_kind_at(int32_t i) {
    return i >= 0 && i < N_KIND ? kinds[i].kind : (struct dh_predict_kind){NULL, NULL};
}

enum dh_err dh_prediction_flush(struct dh_prediction *p, bool always) {
    if (p->out.failed)
        return dh_fail(p->diag, DH_ERR_MEMORY, nowhere, "out of memory");
    if (p->out.n == 0 || (!always && p->out.n < BLOCK))
        return DH_OK;
    if (p->write && p->write(p->self, p->out.at, p->out.n) != 0)
        return dh_fail(p->diag, DH_ERR_IO, nowhere, "the output could not be written");
    p->out.n = 0;
    return DH_OK;
}

enum dh_err dh_prediction_measured(struct dh_prediction *p, double predicted, double measured) {
    if (isnan(predicted) || isnan(measured) || measured == 0)
        return DH_OK;
    if (p->n_error == p->error_room) {
        int32_t room = p->error_room ? 2 * p->error_room : 1024;
        double *grown = realloc(p->errors, (size_t)room * sizeof *grown);
        if (!grown)
            return dh_fail(p->diag, DH_ERR_MEMORY, nowhere, "out of memory");
        p->errors = grown;
        p->error_room = room;
    }
    p->errors[p->n_error++] = 100 * fabs(predicted - measured) / fabs(measured);
    return DH_OK;
}

void dh_prediction_put(struct dh_prediction *p, double value, char separator) {
    char text[48] = "";
    if (!isnan(value)) /* twelve digits: what binary fractions leave over is not shown */
        snprintf(text, sizeof text, value == rint(value) && fabs(value) < 1e15 ? "%.0f" : "%.12g", value);
    if (strchr(text, ',')) /* the decimal comma of a program's locale */
        *strchr(text, ',') = '.';
    dh_text_printf(&p->out, "%s%c", text, separator);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Quantile of ascending values, in a straight line between neighbours (R's type 7). */
static double quantile(const double *values, int32_t n, double share) {
    double at = share * (n - 1);
    int32_t low = (int32_t)at;
    return low + 1 < n ? values[low] + (at - low) * (values[low + 1] - values[low]) : values[n - 1];
}

void dh_prediction_put_errors(struct dh_summary *summary, const char *prefix, double *errors, int32_t n) {
    char key[128];
    double sum = 0;
    if (n == 0)
        return;
    qsort(errors, (size_t)n, sizeof *errors, ascending);
    for (int32_t i = 0; i < n; i++)
        sum += errors[i];
    snprintf(key, sizeof key, "%smeasured", prefix);
    dh_summary_integer(summary, key, "1", n, "predictions with a measured value");
    snprintf(key, sizeof key, "%smape", prefix);
    dh_summary_number(summary, key, "%", sum / n, "mean error");
    snprintf(key, sizeof key, "%smedian", prefix);
    dh_summary_number(summary, key, "%", quantile(errors, n, 0.5), "median error");
    snprintf(key, sizeof key, "%sp90", prefix);
    dh_summary_number(summary, key, "%", quantile(errors, n, 0.9), "90th percentile of errors");
}

static enum dh_err predict(struct dh_prediction *p, const struct kind *kind) {
    DH_TRY(kind->predict(p));
    DH_TRY(dh_prediction_flush(p, true));
    dh_prediction_put_errors(p->summary, "", p->errors, p->n_error);
    return p->summary->err;
}

enum dh_err dh_predict(const char *kind, const char *input, const struct dh_predict_options *options,
                       dh_write_fn write, void *self, struct dh_summary **summary, struct dh_diag *diag) {
    static const struct dh_predict_options none = {0};
    if (summary)
        *summary = NULL;
    for (int32_t i = 0; i < N_KIND; i++) {
        if (strcmp(kind, kinds[i].kind.name) != 0)
            continue;
        struct dh_prediction p = {.input = input,
                                  .options = options ? options : &none,
                                  .write = write,
                                  .self = self,
                                  .summary = calloc(1, sizeof *p.summary),
                                  .diag = diag};
        enum dh_err err =
            p.summary ? predict(&p, &kinds[i]) : dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
        dh_text_free(&p.out);
        free(p.errors);
        if (err == DH_OK && summary)
            *summary = p.summary;
        else
            dh_summary_delete(p.summary);
        return err;
    }
    return dh_fail(diag, DH_ERR_USAGE, nowhere, "nothing predicts %s", kind);
}
