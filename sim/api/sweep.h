/* What a sweep has found, for its reports. */
#ifndef DH_API_SWEEP_H
#define DH_API_SWEEP_H

#include <datahall/datahall.h>
#include "output/summary.h"
#include "scenarios/study.h"

const struct dh_study *dh_sweep_study(const struct dh_sweep *s);
/* Figures of a point, means over its seeds; NULL: it is not there. */
const struct dh_summary *dh_sweep_point(const struct dh_sweep *s, int32_t point);

#endif
