/* The charts of a report on one run: which chart belongs to which section, and what it shows. */
#ifndef DH_OUTPUT_REPORT_CHARTS_H
#define DH_OUTPUT_REPORT_CHARTS_H

#include "output/report_page.h"
#include "output/report_series.h"

struct dh_report_charts {
    struct dh_report_series series;
    double *waits_s; /* of jobs that started, rising */
    int64_t n_wait;
    const struct dh_summary *summary;
    enum dh_err err;
    bool us; /* gallons */
};

/* DH_ERR_MEMORY, or what reading fails with. Free it in any case. */
enum dh_err dh_report_charts_load(struct dh_report_charts *charts, struct dh_result *result,
                                  const struct dh_summary *summary);
void dh_report_charts_free(struct dh_report_charts *charts);

/* Appends the section's charts, each a <figure>, if it has any. */
void dh_report_chart_of(struct dh_report_charts *charts, const char *section, struct dh_text *out);
/* Puts the section's charts, if it has any, behind its heading, which begins at byte `at` of the page. */
void dh_report_chart(struct dh_report_charts *charts, const char *section, struct dh_page *page, size_t at);

#endif
