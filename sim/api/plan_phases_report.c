/* When to build what, for people and for scripts. */
#include "sim/api/plan_report.h"

#include <math.h>
#include <stdio.h>

static void put_year(struct dh_page *page, const struct dh_plan *p, int32_t y) {
    const struct dh_plan_year *year = &p->phased.years[y];
    char room[128], label[24];
    snprintf(label, sizeof label, "year %d", (int)y + 1);
    dh_page_label(page, 1, label);
    dh_page_text_cell(page, DH_TONE_PLAIN, dh_plan_amount(room, year->median, ""));
    dh_page_text_cell(page, DH_TONE_PLAIN, dh_plan_amount(room, year->demand, ""));
    dh_page_text_cell(page, DH_TONE_PLAIN, dh_plan_amount(room, year->cost, ""));
    dh_page_text_cell(page, DH_TONE_PLAIN, dh_plan_amount(room, year->cost * year->discount, ""));
    dh_page_text_cell(page, DH_TONE_PLAIN,
                      isnan(year->at_once) ? "" : dh_plan_amount(room, year->at_once, ""));
    if (y > 0 && !year->changed)
        dh_page_note(page, "as before");
    else if (y > 0 && year->forced >= 0)
        dh_page_note(page, "%s, for %s", dh_plan_values_text(page, p, p->designs[year->design].point),
                     dh_plan_safe(page, p->goals[year->forced].name));
    else
        dh_page_note(page, "%s%s", dh_plan_values_text(page, p, p->designs[year->design].point),
                     y > 0 ? ", which is cheaper then" : "");
    dh_page_end_line(page);
}

void dh_plan_put_phases(struct dh_page *page, const struct dh_plan *p) {
    static const char *const heads[5] = {"demand", "bears", "cost a year", "worth today", "all at once"};
    const struct dh_plan_phased *f = &p->phased;
    const struct dh_study_phases *s = &p->study.phases;
    char room[128], low[128], high[128];
    const char *unit = p->goals[0].unit;
    if (!f->given)
        return;
    dh_page_wide(page, "WHEN TO BUILD WHAT", heads, false);
    if (!f->found) {
        dh_page_label(page, 1, "none found");
        dh_page_end_line(page);
        if (f->missing >= 0)
            dh_page_says(
                page,
                "no design that was tried bears the demand of year %d, %s times that of the study, and "
                "meets all constraints",
                (int)f->missing + 1, dh_plan_amount(room, f->years[f->missing].demand, ""));
        else
            dh_page_says(page,
                         "each year has designs that bear its demand, but no way through them only adds");
        return;
    }
    for (int32_t y = 0; y < f->n; y++)
        put_year(page, p, y);
    const char *alone = f->at_once < 0 ? " No one design bears all years." : "";
    if (s->n_path == 0 && !(s->sigma > 0)) /* one path, certain */
        dh_page_says(page, "All years, worth today at %.3g %%: %s.%s", 100 * f->rate,
                     dh_plan_amount(room, f->expected, unit), alone);
    else
        dh_page_says(page, "All years, worth today at %.3g %%: %s expected; %s %s to %s.%s", 100 * f->rate,
                     dh_plan_amount(room, f->expected, unit),
                     s->n_path > 0 ? "on the paths" : "in nine of ten drawn paths of demand",
                     dh_plan_amount(low, f->low, ""), dh_plan_amount(high, f->high, unit), alone);
    if (f->at_once >= 0)
        dh_page_says(page, "Built at once (%s): %s; building in phases saves %s.",
                     dh_plan_values_text(page, p, f->at_once), dh_plan_amount(low, f->at_once_cost, unit),
                     dh_plan_amount(high, f->at_once_cost - f->expected, unit));
    dh_page_says(
        page,
        "demand: factors of the study's, in the middle, and what the year stays below with %.3g %% "
        "probability, which its design bears. Costs are means over the paths, between simulated demands "
        "in straight lines, at the prices of today, counted at the end of each year; capital is charged "
        "by the year from when it is built.",
        100 * s->confidence);
}

static json_t *number(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *dh_plan_phases_json(const struct dh_plan *p) {
    const struct dh_plan_phased *f = &p->phased;
    json_t *all = json_object(), *years = json_array();
    json_object_set_new(all, "found", json_boolean(f->found));
    json_object_set_new(all, "rate", number(f->rate));
    json_object_set_new(all, "missing_year", f->missing >= 0 ? json_integer(f->missing + 1) : json_null());
    for (int32_t y = 0; y < f->n; y++) {
        const struct dh_plan_year *year = &f->years[y];
        json_t *one = json_object();
        json_object_set_new(one, "year", json_integer(y + 1));
        json_object_set_new(one, "median_demand", number(year->median));
        json_object_set_new(one, "demand", number(year->demand));
        if (f->found) {
            json_object_set_new(one, "values", dh_plan_values_json(p, p->designs[year->design].point));
            json_object_set_new(one, "changed", json_boolean(year->changed));
            json_object_set_new(one, "forced_by",
                                year->forced >= 0 ? json_string(p->goals[year->forced].name) : json_null());
            json_object_set_new(one, "cost", number(year->cost));
            json_object_set_new(one, "discount", number(year->discount));
            json_object_set_new(one, "cost_at_once", number(year->at_once));
        }
        json_array_append_new(years, one);
    }
    json_object_set_new(all, "years", years);
    json_object_set_new(all, "simulations", json_integer((json_int_t)f->n_simulation));
    if (!f->found)
        return all;
    json_object_set_new(all, "expected", number(f->expected));
    json_object_set_new(all, "low", number(f->low));
    json_object_set_new(all, "high", number(f->high));
    json_object_set_new(all, "half_width", number(f->half_width));
    json_object_set_new(all, "at_once", f->at_once >= 0 ? dh_plan_values_json(p, f->at_once) : json_null());
    json_object_set_new(all, "at_once_cost", f->at_once >= 0 ? number(f->at_once_cost) : json_null());
    return all;
}
