/* What the timeline shows: which series, what they are called, and on what scale they are drawn. Private to
 * the view. */
#ifndef DH_VIZ_CHARTS_H
#define DH_VIZ_CHARTS_H

#include "viz/format.h"
#include "viz/source.h"

/* Series have places, so that each keeps its colour; one that is off keeps its place. */
enum { DH_CHARTS = 6, DH_CHART_DIVISIONS = 4 };
struct dh_charts {
    enum dh_column_id column[DH_CHARTS];
    bool off[DH_CHARTS];
};
extern const struct dh_charts dh_first_charts;

/* Puts a series on the timeline, or where it is there takes it off: into a place that is off, else the last.
 */
void dh_chart_toggle(struct dh_charts *charts, enum dh_column_id column);
/* "Queued GPUs", and what its figures are written in (viz/format.h). */
const char *dh_chart_name(enum dh_column_id column);
const char *dh_chart_unit(enum dh_column_id column);
uint32_t dh_chart_color(int place);

/* Ends of a scale in round numbers, with three lines between them. */
struct dh_scale_ends {
    double low, high;
};
/* From zero, unless all stays far from it; a little room is left above. */
struct dh_scale_ends dh_scale_round(double low, double high);
/* For one series; those of one unit share it, of both sources (b: NULL, or the second). False: nothing is
 * known of it. */
bool dh_chart_scale(const struct dh_charts *charts, struct dh_source *a, struct dh_source *b, int place,
                    struct dh_scale_ends *out);
/* "to 24 MW"; where it is not from zero "0.8…1.6". */
const char *dh_scale_text(char room[static 2 * DH_FORMAT_ROOM], struct dh_scale_ends ends, const char *unit);
/* The value of a series that holds at an instant; NAN: not known. */
double dh_chart_value(struct dh_source *source, enum dh_column_id column, dh_time at);

#endif
