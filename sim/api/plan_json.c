/* A plan for scripts: JSON, and a table of all designs. */
#include "sim/api/plan_report.h"

#include "sim/api/hand_over.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *number(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *dh_plan_values_json(const struct dh_plan *p, int32_t point) {
    json_t *values = json_object();
    for (int32_t v = 0; v < p->study.n_vary; v++) {
        char text[DH_STUDY_VALUE];
        dh_study_value(&p->study, point, v, text);
        json_object_set_new(values, p->study.vary[v].name, json_string(text));
    }
    return values;
}

static json_t *design_json(const struct dh_plan *p, int32_t design) {
    const struct dh_plan_design *d = &p->designs[design];
    json_t *one = json_object(), *objectives = json_object(), *constraints = json_array();
    json_object_set_new(one, "values", dh_plan_values_json(p, d->point));
    json_object_set_new(one, "objective", number(dh_plan_statistic(p, d, 0)));
    for (int32_t g = 0; g < p->n_goal; g++) {
        const struct dh_plan_goal *goal = &p->goals[g];
        struct dh_interval i = dh_plan_interval(p, d, g);
        json_t *of =
            json_pack("{s:o, s:o, s:o, s:s}", "mean", number(i.mean), "low", number(i.mean - i.half_width),
                      "high", number(i.mean + i.half_width), "unit", goal->unit[0] ? goal->unit : "1");
        if (g < p->n_objective) {
            json_object_set_new(objectives, goal->key, of);
            continue;
        }
        double statistic = dh_plan_statistic(p, d, g);
        json_object_set_new(of, "constraint", json_string(goal->name));
        json_object_set_new(of, "key", json_string(goal->key));
        json_object_set_new(of, "limit", number(goal->limit));
        json_object_set_new(of, "statistic", number(statistic));
        json_object_set_new(of, "slack", number(-dh_plan_excess(p, g, statistic, goal->limit)));
        json_object_set_new(of, "met", json_boolean(dh_plan_meets(p, g, statistic, goal->limit)));
        json_array_append_new(constraints, of);
    }
    json_object_set_new(one, "objectives", objectives);
    json_object_set_new(one, "constraints", constraints);
    return one;
}

static json_t *binding_json(const struct dh_plan *p) {
    json_t *all = json_array();
    for (int pass = 0; pass < 2 && p->best >= 0; pass++) /* those that bind first */
        for (int32_t g = p->n_objective; g < p->n_goal; g++) {
            const struct dh_plan_goal *goal = &p->goals[g];
            const struct dh_plan_price *price = &p->prices[g - p->n_objective];
            char unit[96];
            if (price->binds != (pass == 0))
                continue;
            dh_plan_price_unit(p, g, unit);
            json_array_append_new(
                all, json_pack("{s:s, s:s, s:b, s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "constraint", goal->name,
                               "key", goal->key, "binds", (int)price->binds, "slack", number(price->slack),
                               "slack_unit", goal->unit[0] ? goal->unit : "1", "shadow_price",
                               number(price->price), "unit", unit, "step", number(price->step),
                               "objective_relaxed", number(price->relaxed), "objective_tightened",
                               number(price->tightened)));
        }
    return all;
}

static json_t *demand_json(const struct dh_plan *p) {
    json_t *all = json_array();
    for (int32_t i = 0; i < p->n_demand; i++) {
        const struct dh_plan_demand *d = &p->demands[i];
        json_t *one = json_object();
        json_object_set_new(one, "factor", json_real(d->factor));
        json_object_set_new(one, "feasible", json_boolean(d->best >= 0));
        json_object_set_new(one, "objective",
                            d->best >= 0 ? number(dh_plan_statistic(p, &p->designs[d->best], 0))
                                         : json_null());
        if (d->best >= 0 || d->near >= 0)
            json_object_set_new(one, d->best >= 0 ? "design" : "nearest",
                                design_json(p, d->best >= 0 ? d->best : d->near));
        if (d->same >= 0 && p->designs[d->same].state == DH_PLAN_COMPLETE)
            json_object_set_new(one, "same_design", design_json(p, d->same));
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *failed_json(const struct dh_plan *p) {
    json_t *reasons = json_object();
    for (int32_t i = 0; i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        if (d->state != DH_PLAN_FAILED)
            continue;
        const char *why = d->why ? d->why : "";
        json_object_set_new(reasons, why,
                            json_integer(json_integer_value(json_object_get(reasons, why)) + 1));
    }
    return reasons;
}

enum dh_err dh_plan_json(const struct dh_plan *p, dh_write_fn write, void *self, struct dh_diag *diag) {
    json_t *root = json_object(), *front = json_array();
    struct dh_plan_totals t = dh_plan_totals(p);
    json_object_set_new(root, "feasible", json_boolean(p->best >= 0));
    json_object_set_new(root, "best", p->best >= 0 ? design_json(p, p->best) : json_null());
    if (p->best < 0)
        json_object_set_new(root, "nearest", p->near >= 0 ? design_json(p, p->near) : json_null());
    json_object_set_new(root, "evaluations", json_integer(p->n_simulation));
    json_object_set_new(root, "points", json_integer(p->study.n_point));
    json_object_set_new(root, "seeds", json_integer(p->seeds));
    json_object_set_new(root, "share",
                        json_real((double)p->n_simulation / ((double)p->study.n_point * p->seeds)));
    json_object_set_new(root, "designs", json_integer(t.designs));
    json_object_set_new(root, "searched_out", json_boolean(p->searched_out));
    for (int32_t i = 0; i < p->n_front; i++)
        json_array_append_new(front, design_json(p, p->front[i]));
    json_object_set_new(root, "pareto", front);
    json_object_set_new(root, "binding", binding_json(p));
    json_object_set_new(root, "demand", demand_json(p));
    if (p->phased.given)
        json_object_set_new(root, "phases", dh_plan_phases_json(p));
    json_object_set_new(root, "failed", failed_json(p));
    return dh_hand_over_json(root, write, self, diag);
}

/* ---- every design
 * ------------------------------------------------------------------------------------------
 */

/* A row a design in the order in which they were tried. Of designs that are not complete what is known. */
enum dh_err dh_plan_csv(const struct dh_plan *p, dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text out = {0};
    double limits[DH_PLAN_GOALS];
    char text[DH_STUDY_VALUE], room[64];
    dh_plan_limits(p, limits);
    dh_text_puts(&out, "design,demand,state,runs");
    for (int32_t v = 0; v < p->study.n_vary; v++) {
        dh_text_puts(&out, ",");
        dh_text_put_csv(&out, p->study.vary[v].name, strlen(p->study.vary[v].name));
    }
    for (int32_t g = 0; g < p->n_goal; g++) {
        snprintf(text, sizeof text, "%.40s%s", p->goals[g].key, g < p->n_objective ? "" : " (limit)");
        dh_text_puts(&out, ",");
        dh_text_put_csv(&out, text, strlen(text));
    }
    dh_text_puts(&out, ",reason\n");
    for (int32_t i = 0; i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        const char *state = d->state == DH_PLAN_FAILED       ? "failed"
                            : d->state == DH_PLAN_STARTED    ? "begun"
                            : dh_plan_feasible(p, d, limits) ? "feasible"
                                                             : "infeasible";
        dh_text_printf(&out, "%d,%g,%s,%d", (int)d->order, p->variants[d->variant].factor, state,
                       (int)d->n_run);
        for (int32_t v = 0; v < p->study.n_vary; v++) {
            dh_study_value(&p->study, d->point, v, text);
            dh_text_puts(&out, ",");
            dh_text_put_csv(&out, text, strlen(text));
        }
        for (int32_t g = 0; g < p->n_goal; g++) {
            double x =
                d->state == DH_PLAN_COMPLETE ? dh_plan_statistic(p, d, g) : dh_plan_interval(p, d, g).mean;
            if (isfinite(x))
                dh_number_format(x, room, sizeof room);
            dh_text_printf(&out, ",%s", isfinite(x) && d->state != DH_PLAN_FAILED ? room : "");
        }
        dh_text_puts(&out, ",");
        if (d->state == DH_PLAN_FAILED && d->why)
            dh_text_put_csv(&out, d->why, strlen(d->why));
        dh_text_puts(&out, "\n");
    }
    return dh_hand_over(&out, DH_OK, write, self, diag);
}
