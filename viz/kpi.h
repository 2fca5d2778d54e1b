/* The key figures of the strip on top: each with a second one beside it, and where they come from. Private to
 * the view. */
#ifndef DH_VIZ_KPI_H
#define DH_VIZ_KPI_H

#include "viz/parts.h"

enum dh_kpi {
    DH_KPI_IT,
    DH_KPI_FACILITY,
    DH_KPI_PUE,
    DH_KPI_COST,
    DH_KPI_CARBON,
    DH_KPI_GPUS,
    DH_KPI_QUEUE,
    DH_KPI_CLOUD,
    DH_KPI_SLO,
    DH_N_KPI
};

struct dh_kpi_figure {
    const char *name, *unit;
    double value;    /* NAN: not known */
    char second[48]; /* "of 24.0 MW", "214 k$ so far"; "": nothing to say */
    double share;    /* of what it may be at most, or of all; NAN: there is none */
    int level;       /* 1: near its limit, 2: beyond it */
};

void dh_kpi_read(struct dh_view *view, enum dh_kpi kpi, struct dh_kpi_figure *out);
/* Where it comes from, and what is left out. */
void dh_kpi_tip(struct dh_view *view, enum dh_kpi kpi, char *room, size_t n);
/* What a click on it does: a series on the timeline, or the tab of what it counts. */
void dh_kpi_click(struct dh_view *view, enum dh_kpi kpi);

#endif
