/* Charts of a report, as SVG: each a picture of DH_CHART_WIDTH px with axes whose steps are 1, 2 or 5 times a
 * power of ten, direct labels, and limits as dashed lines with their names. */
#ifndef DH_OUTPUT_CHART_H
#define DH_OUTPUT_CHART_H

#include "sim/diag.h"
#include "sim/text.h"

enum { DH_CHART_WIDTH = 860, DH_CHART_SERIES = 4, DH_CHART_LIMITS = 4, DH_CHART_BINS = 780 };

/* A quantity's unit and how far it is scaled for the axis: 23930.9 kW is 23.93 MW. */
struct dh_chart_unit {
    double scale; /* times this for the axis */
    const char *name;
};
/* The largest of four units, each a thousand of the one before, in which the value is at least 1. */
struct dh_chart_unit dh_chart_unit_of(double largest, const char *const units[4]);

/* A series in equal bins of time: least, mean and greatest value of each; NAN: nothing there. */
struct dh_chart_series {
    const char *name;
    const double *low, *mean, *high; /* n_bin each; low and high may be NULL */
};

struct dh_chart_limit {
    const char *name;
    double value;
};

struct dh_time_chart {
    const char *title, *unit;
    int64_t start_unix_s;
    double duration_s;
    int32_t n_bin, n_series, n_limit;
    struct dh_chart_series series[DH_CHART_SERIES];
    struct dh_chart_limit limits[DH_CHART_LIMITS];
    bool from_zero;
};
void dh_chart_time(struct dh_text *out, const struct dh_time_chart *chart);

/* Load-duration curve: values, falling, each for the same share of the time. */
void dh_chart_duration(struct dh_text *out, const char *title, const char *unit, const double *falling,
                       int32_t n, const struct dh_chart_limit *limits, int32_t n_limit);

/* Share of cases up to each value on a logarithmic axis of durations: sorted seconds, n of them. */
void dh_chart_waits(struct dh_text *out, const char *title, const double *sorted_s, int64_t n);

/* Parts of a whole one below the other, each where the one before ended; the last bar is their sum. Parts may
 * be negative: then each says its sign. */
struct dh_chart_part {
    const char *name, *note;
    double value;
};
void dh_chart_waterfall(struct dh_text *out, const char *title, const char *unit, double scale,
                        const struct dh_chart_part *parts, int32_t n, const char *total);

/* One bar of all parts, largest first, names where there is room. */
void dh_chart_shares(struct dh_text *out, const char *title, const struct dh_chart_part *parts, int32_t n);

/* Bars, one a month. */
void dh_chart_months(struct dh_text *out, const char *title, const char *const *names, const double *values,
                     int32_t n, int decimals, double from);

/* Where energy flows: nodes in columns, links between them. A node's height is what flows through it. */
struct dh_flow_node {
    const char *name;
    int32_t column;
};
struct dh_flow_link {
    int32_t from, to;
    double value;
};
void dh_chart_flow(struct dh_text *out, const char *title, const char *unit, double scale,
                   const struct dh_flow_node *nodes, int32_t n_node, const struct dh_flow_link *links,
                   int32_t n_link);

/* Designs by two objectives. Those that no other beats in both are filled and joined by the line behind which
 * nothing better is known; the others are hollow. */
struct dh_front_point {
    const char *name;                    /* beside the point where there is room; NULL: none */
    double x, y;                         /* NAN: not drawn */
    double x_low, x_high, y_low, y_high; /* intervals; both NAN (or equal): none */
};
struct dh_front_axis {
    const char *name; /* with its unit: "Cost, M USD" */
    double scale;     /* of values for the axis */
    bool more;        /* more is better; else less */
};
/* on[i]: is point i of n beaten by none? Of equal points all are on it. NAN in either: no. Quadratic in n. */
void dh_front_of(bool *on, const double *x, const double *y, int32_t n, bool x_more, bool y_more);
/* DH_ERR_MEMORY. Draws nothing where no point has both. */
enum dh_err dh_chart_front(struct dh_text *out, const char *title, const struct dh_front_axis *x,
                           const struct dh_front_axis *y, const struct dh_front_point *points, int32_t n);

/* What a figure comes to at either end of each value, beside what it is at the base: a tornado, in the order
 * given. */
struct dh_tornado_bar {
    const char *name;             /* what varies */
    const char *low_at, *high_at; /* its values at the ends */
    double low, high;             /* the figure there; either may be the greater */
};
void dh_chart_tornado(struct dh_text *out, const char *title, const char *unit, double scale, double base,
                      const struct dh_tornado_bar *bars, int32_t n);

/* A figure along a value, or at each of several: means of levels, with the least and the greatest where they
 * are known (else NAN). One small picture. */
struct dh_response_level {
    const char *name;
    double mean, low, high;
    int32_t n;
};
void dh_chart_levels(struct dh_text *out, const char *title, const char *unit, double scale,
                     const struct dh_response_level *levels, int32_t n);

#endif
