/* Axes that charts share. */
#ifndef DH_OUTPUT_CHART_AXIS_H
#define DH_OUTPUT_CHART_AXIS_H

#include "output/svg.h"

enum { DH_CHART_TEXT = 12 }; /* size of letters, px */

/* Ticks at multiples of a step of 1, 2 or 5 times a power of ten; low and high widened to them. At most
 * `most` steps. */
struct dh_chart_scale {
    double low, high, step;
    int decimals;
};
struct dh_chart_scale dh_chart_scale_of(double low, double high, int most);

/* Horizontal lines with numbers left of x0, and the unit above them. Returns nothing; y of a value: */
double dh_chart_y(const struct dh_chart_scale *scale, double top, double bottom, double value);
void dh_chart_y_axis(struct dh_text *out, const struct dh_chart_scale *scale, double x0, double x1,
                     double top, double bottom, const char *unit);

/* Numbers below, with lines up to the top. */
void dh_chart_x_axis(struct dh_text *out, const struct dh_chart_scale *scale, double x0, double x1,
                     double top, double bottom);

/* Dates below a time axis: as many as there is room for, at the beginnings of months, days or hours. */
void dh_chart_dates(struct dh_text *out, int64_t start_unix_s, double duration_s, double x0, double x1,
                    double bottom);

#endif
