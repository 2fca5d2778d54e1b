/* What the ways of telling a plan share. */
#ifndef DH_API_PLAN_REPORT_H
#define DH_API_PLAN_REPORT_H

#include "sim/api/plan.h"
#include "sim/api/replicate.h"

/* Mean of a goal over the runs that are there, with its two-sided 95 % interval. */
struct dh_interval dh_plan_interval(const struct dh_plan *p, const struct dh_plan_design *d, int32_t goal);
/* "USD per MW". */
void dh_plan_price_unit(const struct dh_plan *p, int32_t goal, char unit[static 96]);

struct dh_plan_totals {
    int32_t designs, complete, feasible, failed; /* of the study's own demand */
};
struct dh_plan_totals dh_plan_totals(const struct dh_plan *p);

#endif
