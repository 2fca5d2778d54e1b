/* Carbon intensity, hour by hour, as the bill of a run reads it. */
#include "sim/api/predict.h"

#include "scenarios/series.h"
#include "sim/units.h"

#include <math.h>

static enum dh_err put_rows(struct dh_prediction *p, const struct dh_series *s) {
    dh_text_puts(&p->out, s->measured ? "time,g_per_kwh,measured_g_per_kwh\n" : "time,g_per_kwh\n");
    for (int32_t i = 0; i < s->n; i++) {
        char time[21];
        dh_timestamp_format(s->unix_s[i], time);
        dh_text_printf(&p->out, "%s,", time);
        dh_prediction_put(p, s->value[i], s->measured ? ',' : '\n');
        if (s->measured)
            dh_prediction_put(p, s->measured[i], '\n');
        for (int64_t t = s->unix_s[i] + s->step_s; i + 1 < s->n && t < s->unix_s[i + 1]; t += s->step_s) {
            dh_timestamp_format(t, time); /* a gap: nothing is predicted */
            dh_text_printf(&p->out, s->measured ? "%s,,\n" : "%s,\n", time);
            DH_TRY(dh_prediction_flush(p, false));
        }
        DH_TRY(dh_prediction_flush(p, false));
        if (s->measured)
            DH_TRY(dh_prediction_measured(p, s->value[i], s->measured[i]));
    }
    return DH_OK;
}

enum dh_err dh_predict_carbon(struct dh_prediction *p) {
    struct dh_series series;
    enum dh_err err = dh_series_read_carbon(&series, p->input, NULL, p->diag);
    if (err == DH_OK) {
        struct dh_summary *sum = p->summary;
        dh_summary_integer(sum, "rows", "1", series.n_row, "records read");
        dh_summary_integer(sum, "predicted", "1", series.n, "records with a prediction");
        dh_summary_integer(sum, "incomplete", "1", series.n_missing, "records without all values");
        dh_summary_integer(sum, "gaps", "1", series.n_gap, "steps without a value, by either reason");
        dh_summary_integer(sum, "repeated", "1", series.n_duplicate, "records of an instant that was there");
        dh_summary_integer(sum, "unsorted", "1", series.n_unsorted, "records before the one they follow");
        dh_summary_number(sum, "hours", "h", (double)series.n * (double)series.step_s / 3600,
                          "time with a value");
        dh_summary_number(sum, "mean_g_per_kwh", "g/kWh", series.mean,
                          "mean over complete steps, unweighted");
        err = put_rows(p, &series);
    }
    dh_series_free(&series);
    return err;
}
