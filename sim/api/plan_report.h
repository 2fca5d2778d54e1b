/* What the ways of telling a plan share. */
#ifndef DH_API_PLAN_REPORT_H
#define DH_API_PLAN_REPORT_H

#include "sim/api/plan.h"
#include "sim/api/replicate.h"
#include "output/report_page.h"

#include <jansson.h>

/* Mean of a goal over the runs that are there, with its two-sided 95 % interval. */
struct dh_interval dh_plan_interval(const struct dh_plan *p, const struct dh_plan_design *d, int32_t goal);
/* "USD per MW". */
void dh_plan_price_unit(const struct dh_plan *p, int32_t goal, char unit[static 96]);

/* "1,234.5 MW"; a text of the study made safe for a terminal; "racks 12, supply 24 degC". */
const char *dh_plan_amount(char room[static 128], double v, const char *unit);
const char *dh_plan_safe(struct dh_page *page, const char *text);
const char *dh_plan_values_text(struct dh_page *page, const struct dh_plan *p, int32_t point);
json_t *dh_plan_values_json(const struct dh_plan *p, int32_t point);

/* What to build when, where the study asks for it (plan_phases_report.c). */
void dh_plan_put_phases(struct dh_page *page, const struct dh_plan *p);
json_t *dh_plan_phases_json(const struct dh_plan *p);

struct dh_plan_totals {
    int32_t designs, complete, feasible, failed; /* of the study's own demand */
};
struct dh_plan_totals dh_plan_totals(const struct dh_plan *p);

#endif
