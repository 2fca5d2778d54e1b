/* Series of a result, reduced to what a chart shows. */
#ifndef DH_OUTPUT_REPORT_SERIES_H
#define DH_OUTPUT_REPORT_SERIES_H

#include "output/chart.h"
#include "output/result_read.h"

/* The facility's series, row for row; a member is NULL where the file lacks it. */
struct dh_report_series {
    int64_t n;
    double *time_s, *interval_s; /* from the start; length of each row's interval */
    double *facility_w, *it_w, *stored_w, *water_kg_per_s, *gpus_busy, *queue_gpus, *burst_gpus;
    double duration_s;
    int64_t start_unix_s;
};

/* n 0: the file has no series. DH_ERR_MEMORY, or what reading fails with. Free it in any case. */
enum dh_err dh_report_series_load(struct dh_report_series *series, struct dh_result *result);
void dh_report_series_free(struct dh_report_series *series);

/* DH_CHART_BINS bins of equal time: means weighted by time; NAN where nothing lies in a bin. */
struct dh_report_bins {
    double low[DH_CHART_BINS], mean[DH_CHART_BINS], high[DH_CHART_BINS];
};
void dh_report_bins_of(struct dh_report_bins *bins, const struct dh_report_series *series,
                       const double *values, double scale);

/* The values at n equal shares of the time, falling: from the greatest (0 %) to the least (100 %).
 * DH_ERR_MEMORY. */
enum dh_err dh_report_falling(double *out, int32_t n, const struct dh_report_series *series,
                              const double *values, double scale);

/* Months of the calendar, UTC, that the run touches: sums over each of the values times seconds. */
enum { DH_REPORT_MONTHS = 120 };
struct dh_report_months {
    int32_t n;
    char name[DH_REPORT_MONTHS][16]; /* "Jan 26" */
    double facility_j[DH_REPORT_MONTHS], it_j[DH_REPORT_MONTHS], stored_j[DH_REPORT_MONTHS],
        water_kg[DH_REPORT_MONTHS];
};
void dh_report_months_of(struct dh_report_months *months, const struct dh_report_series *series);

#endif
