#include "output/report_series.h"

#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One column of numbers, or NULL where there is none of that length. */
static enum dh_err load(double **out, struct dh_result *result, const char *group, const char *name,
                        int64_t *n) {
    const struct dh_result_dataset *d = dh_result_find(result, group, name);
    if (!d || d->rank != 1 || d->kind == DH_RESULT_TEXT || d->rows <= 0 || (*n > 0 && d->rows != *n))
        return DH_OK;
    if ((uint64_t)d->rows > SIZE_MAX / sizeof **out)
        return DH_ERR_MEMORY;
    *out = malloc((size_t)d->rows * sizeof **out);
    if (!*out)
        return DH_ERR_MEMORY;
    *n = d->rows;
    return dh_result_numbers(result, d, 0, d->rows, *out);
}

enum dh_err dh_report_series_load(struct dh_report_series *series, struct dh_result *result) {
    const struct {
        double **out;
        const char *group, *name;
    } columns[] = {
        {&series->time_s,         "facility", "time"            },
        {&series->interval_s,     "facility", "interval_s"      },
        {&series->facility_w,     "facility", "facility_power_w"},
        {&series->it_w,           "facility", "it_power_w"      },
        {&series->stored_w,       "facility", "stored_power_w"  },
        {&series->water_kg_per_s, "facility", "water_kg_per_s"  },
        {&series->gpus_busy,      "facility", "gpus_busy"       },
        {&series->queue_gpus,     "queue",    "queue_gpus"      },
        {&series->burst_gpus,     "queue",    "burst_gpus"      },
    };
    *series = (struct dh_report_series){0};
    const struct dh_result_info *info = dh_result_contents(result);
    const char *start = info->start;
    if (!start || dh_timestamp_parse(start, strlen(start), &series->start_unix_s) != DH_OK)
        return DH_OK;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        DH_TRY(load(columns[i].out, result, columns[i].group, columns[i].name, &series->n));
    if (!series->time_s || !series->interval_s || !series->facility_w)
        series->n = 0;
    if (series->n > 0)
        series->duration_s = series->time_s[series->n - 1] + series->interval_s[series->n - 1];
    if (!(series->duration_s > 0))
        series->n = 0;
    return DH_OK;
}

void dh_report_series_free(struct dh_report_series *series) {
    double *columns[] = {series->time_s,    series->interval_s, series->facility_w,
                         series->it_w,      series->stored_w,   series->water_kg_per_s,
                         series->gpus_busy, series->queue_gpus, series->burst_gpus};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        free(columns[i]);
    *series = (struct dh_report_series){0};
}

void dh_report_bins_of(struct dh_report_bins *bins, const struct dh_report_series *series,
                       const double *values, double scale) {
    double seconds[DH_CHART_BINS] = {0};
    for (int32_t b = 0; b < DH_CHART_BINS; b++) {
        bins->low[b] = bins->high[b] = NAN;
        bins->mean[b] = 0;
    }
    for (int64_t i = 0; i < series->n; i++) {
        double v = values[i] * scale, from = series->time_s[i] / series->duration_s * DH_CHART_BINS,
               to = (series->time_s[i] + series->interval_s[i]) / series->duration_s * DH_CHART_BINS;
        if (isnan(v) || !(from >= 0) || !(to <= DH_CHART_BINS + 1e-6))
            continue;
        for (int32_t b = (int32_t)from; b < DH_CHART_BINS && b < to; b++) {
            double part = fmin(to, b + 1) - fmax(from, b);
            if (part <= 0)
                continue;
            bins->low[b] = fmin(bins->low[b], v); /* of NAN and a number the number */
            bins->high[b] = fmax(bins->high[b], v);
            bins->mean[b] += part * v;
            seconds[b] += part;
        }
    }
    for (int32_t b = 0; b < DH_CHART_BINS; b++)
        bins->mean[b] = seconds[b] > 0 ? bins->mean[b] / seconds[b] : NAN;
}

static int falling(const void *left, const void *right) {
    double a = ((const double *)left)[0], b = ((const double *)right)[0];
    return a > b ? -1 : a < b;
}

enum dh_err dh_report_falling(double *out, int32_t n, const struct dh_report_series *series,
                              const double *values, double scale) {
    double(*pairs)[2] = malloc((size_t)series->n * sizeof *pairs), all = 0, passed = 0;
    if (!pairs)
        return DH_ERR_MEMORY;
    int64_t m = 0;
    for (int64_t i = 0; i < series->n; i++) {
        if (isnan(values[i]) || !(series->interval_s[i] > 0))
            continue;
        pairs[m][0] = values[i] * scale;
        pairs[m++][1] = series->interval_s[i];
        all += series->interval_s[i];
    }
    qsort(pairs, (size_t)m, sizeof *pairs, falling);
    int32_t k = 0;
    for (int64_t i = 0; i < m; i++) {
        passed += pairs[i][1];
        for (; k < n && (double)k / (n - 1) * all <= passed + 1e-9 * all; k++)
            out[k] = pairs[i][0];
    }
    for (; k < n; k++)
        out[k] = m > 0 ? pairs[m - 1][0] : 0;
    free(pairs);
    return DH_OK;
}

void dh_report_months_of(struct dh_report_months *months, const struct dh_report_series *series) {
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    *months = (struct dh_report_months){0};
    int32_t last = -1;
    int64_t until = 0; /* the same month up to here */
    for (int64_t i = 0; i < series->n; i++) {
        int64_t at = series->start_unix_s + (int64_t)floor(series->time_s[i]);
        if (i == 0 || at >= until) {
            struct dh_calendar c = dh_calendar_of(at);
            int32_t month = 12 * c.year + c.month - 1;
            until = at - at % 86400 + 86400;
            if (month != last && months->n == DH_REPORT_MONTHS)
                return;
            if (month != last)
                snprintf(months->name[months->n++], sizeof *months->name, "%s %02d", names[c.month - 1],
                         (int)(c.year % 100));
            last = month;
        }
        int32_t m = months->n - 1;
        double s = series->interval_s[i];
        months->facility_j[m] += series->facility_w[i] * s;
        months->it_j[m] += series->it_w ? series->it_w[i] * s : NAN;
        months->stored_j[m] += series->stored_w ? series->stored_w[i] * s : 0;
        months->water_kg[m] += series->water_kg_per_s ? series->water_kg_per_s[i] * s : NAN;
    }
}
