/* A plan for people: the verdict, the design, what binds, other demand, what was tried. The same tables as
 * text, Markdown and HTML. */
#include "sim/api/plan_report.h"

#include "output/chart.h"
#include "output/report_html.h"
#include "output/report_page.h"
#include "sim/api/hand_over.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dh_interval dh_plan_interval(const struct dh_plan *p, const struct dh_plan_design *d, int32_t goal) {
    return dh_interval_of(d->values + (size_t)goal * (size_t)p->seeds, p->seeds, 1);
}

void dh_plan_price_unit(const struct dh_plan *p, int32_t goal, char unit[static 96]) {
    const char *over = p->goals[0].unit, *per = p->goals[goal].unit;
    snprintf(unit, 96, "%s per %s", over[0] ? over : "1", per[0] ? per : "1");
}

struct dh_plan_totals dh_plan_totals(const struct dh_plan *p) {
    struct dh_plan_totals t = {0};
    double limits[DH_PLAN_GOALS];
    dh_plan_limits(p, limits);
    for (int32_t i = 0; i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        if (d->variant != 0)
            continue;
        t.designs++;
        t.complete += d->state == DH_PLAN_COMPLETE;
        t.failed += d->state == DH_PLAN_FAILED;
        t.feasible += dh_plan_feasible(p, d, limits);
    }
    return t;
}

/* ---- numbers
 * -----------------------------------------------------------------------------------------------
 */

/* As many decimals as show four figures, at most six. */
static int decimals_of(double v) {
    int before = v != 0 && isfinite(v) ? (int)floor(log10(fabs(v))) + 1 : 1;
    int decimals = 4 - before;
    return decimals < 0 ? 0 : decimals > 6 ? 6 : decimals;
}

/* "1,234.5 MW": without zeros at its end. */
const char *dh_plan_amount(char room[static 128], double v, const char *unit) {
    char number[64];
    int decimals = decimals_of(v);
    if (v == floor(v) && fabs(v) < 1e15)
        decimals = 0;
    dh_page_grouped(number, v, decimals);
    snprintf(room, 128, "%s%s%.40s", number, unit[0] ? " " : "", unit);
    return room;
}

const char *dh_plan_safe(struct dh_page *page, const char *text) {
    const char *out = dh_text_escape(&page->mem, text, strlen(text));
    return out ? out : "";
}

/* "racks 12, supply 24 degC" */
const char *dh_plan_values_text(struct dh_page *page, const struct dh_plan *p, int32_t point) {
    struct dh_text text = {0};
    for (int32_t v = 0; v < p->study.n_vary; v++) {
        char value[DH_STUDY_VALUE];
        dh_study_value(&p->study, point, v, value);
        dh_text_printf(&text, "%s%.60s %s", v > 0 ? ", " : "", p->study.vary[v].name, value);
    }
    const char *out = text.at ? dh_plan_safe(page, text.at) : "";
    dh_text_free(&text);
    return out;
}

/* ---- parts
 * -------------------------------------------------------------------------------------------------
 */

static void put_verdict(struct dh_page *page, const struct dh_plan *p) {
    struct dh_text text = {0};
    char room[128];
    const struct dh_plan_goal *goal = &p->goals[0];
    if (p->best >= 0) {
        dh_text_printf(&text, "%s %s %s, with %s", goal->sense > 0 ? "least" : "greatest", goal->name,
                       dh_plan_amount(room, dh_plan_statistic(p, &p->designs[p->best], 0), goal->unit),
                       dh_plan_values_text(page, p, p->designs[p->best].point));
        page->form->verdict(page, DH_TONE_GOOD, "FEASIBLE", dh_plan_safe(page, text.at ? text.at : ""));
    } else {
        dh_text_printf(&text, "no design that was tried meets %s",
                       p->n_goal - p->n_objective == 1 ? "the constraint" : "all constraints");
        page->form->verdict(page, DH_TONE_BAD, "INFEASIBLE", dh_plan_safe(page, text.at ? text.at : ""));
    }
    dh_text_free(&text);
}

static void put_design(struct dh_page *page, const struct dh_plan *p, int32_t design) {
    const struct dh_plan_design *d = &p->designs[design];
    char room[128], both[300], low[128], high[128];
    dh_page_heading(page, p->best >= 0 ? "THE DESIGN" : "THE NEAREST DESIGN", NULL, NULL, NULL);
    for (int32_t v = 0; v < p->study.n_vary; v++) {
        char value[DH_STUDY_VALUE];
        dh_study_value(&p->study, d->point, v, value);
        dh_page_fact(page, dh_plan_safe(page, p->study.vary[v].name), "%s", dh_plan_safe(page, value));
    }
    dh_page_heading(page, "WHAT IT COMES TO", p->seeds > 1 ? "mean" : "value", "limit", "slack");
    for (int32_t g = 0; g < p->n_goal; g++) {
        const struct dh_plan_goal *goal = &p->goals[g];
        struct dh_interval i = dh_plan_interval(p, d, g);
        double statistic = dh_plan_statistic(p, d, g), over = dh_plan_excess(p, g, statistic, goal->limit);
        bool met = g < p->n_objective || dh_plan_meets(p, g, statistic, goal->limit);
        dh_page_label(page, 1, dh_plan_safe(page, goal->name));
        dh_page_text_cell(page, DH_TONE_PLAIN, dh_plan_amount(room, i.mean, goal->unit));
        if (g >= p->n_objective) {
            dh_page_text_cell(page, DH_TONE_PLAIN, dh_plan_amount(room, goal->limit, goal->unit));
            dh_page_text_cell(page, met ? DH_TONE_PLAIN : DH_TONE_BAD,
                              dh_plan_amount(room, -over, goal->unit));
        } else {
            dh_page_text_cell(page, DH_TONE_PLAIN, "");
            dh_page_text_cell(page, DH_TONE_PLAIN, "");
        }
        both[0] = '\0';
        if (!isnan(goal->probability))
            snprintf(both, sizeof both, "%d of %d runs must meet it: %s", (int)goal->least, (int)p->seeds,
                     dh_plan_amount(room, statistic, goal->unit));
        else if (!isnan(goal->confidence))
            snprintf(both, sizeof both, "%s with %g %% confidence: %s",
                     goal->sense > 0 ? "at most" : "at least", 100 * goal->confidence,
                     dh_plan_amount(room, statistic, goal->unit));
        else if (p->seeds > 1)
            snprintf(both, sizeof both, "95 %%: %s to %s", dh_plan_amount(low, i.mean - i.half_width, ""),
                     dh_plan_amount(high, i.mean + i.half_width, ""));
        if (both[0] || !met)
            dh_page_note(page, "%s%s%s", met ? "" : "missed", met || !both[0] ? "" : "; ", both);
        dh_page_end_line(page);
    }
}

/* By whom the nearest design falls short, and what each constraint alone came to at best. */
static void put_shortfall(struct dh_page *page, const struct dh_plan *p) {
    char room[128], best_room[128];
    for (int32_t g = p->n_objective; g < p->n_goal; g++) {
        const struct dh_plan_goal *goal = &p->goals[g];
        double most = INFINITY;
        for (int32_t i = 0; i < p->n_design; i++)
            if (p->designs[i].variant == 0 && p->designs[i].state == DH_PLAN_COMPLETE)
                most = fmin(most, goal->sense * dh_plan_statistic(p, &p->designs[i], g));
        double best = goal->sense * most;
        double near = dh_plan_statistic(p, &p->designs[p->near], g),
               over = dh_plan_excess(p, g, near, goal->limit);
        if (!dh_plan_meets(p, g, best, goal->limit))
            dh_page_says(page,
                         "%s cannot be met: of all designs tried the best has %s, %s short of the limit",
                         dh_plan_safe(page, goal->name), dh_plan_amount(best_room, best, goal->unit),
                         dh_plan_amount(room, dh_plan_excess(p, g, best, goal->limit), goal->unit));
        else if (!dh_plan_meets(p, g, near, goal->limit))
            dh_page_says(
                page,
                "%s is met by other designs (best %s), but by none that meets the other constraints: the "
                "nearest misses it by %s",
                dh_plan_safe(page, goal->name), dh_plan_amount(best_room, best, goal->unit),
                dh_plan_amount(room, over, goal->unit));
    }
}

static void put_binding(struct dh_page *page, const struct dh_plan *p) {
    char room[128], step[128], text[900], slack[128], year[160];
    if (p->n_goal == p->n_objective)
        return;
    dh_page_heading(page, "WHAT BINDS", NULL, NULL, NULL);
    const struct dh_plan_goal *goal = &p->goals[0];
    for (int pass = 0; pass < 2; pass++)
        for (int32_t g = p->n_objective; g < p->n_goal; g++) {
            const struct dh_plan_price *price = &p->prices[g - p->n_objective];
            const struct dh_plan_goal *c = &p->goals[g];
            char first[200];
            if (price->binds != (pass == 0))
                continue;
            snprintf(first, sizeof first, "  %.150s:", dh_plan_safe(page, c->name));
            double a_year = price->price * 365.25 * 86400 / p->duration_s;
            year[0] = '\0'; /* amounts of money are of the time that was simulated */
            if (strcmp(goal->unit, "USD") == 0 && p->duration_s > 0)
                snprintf(year, sizeof year, ", %s a year", dh_plan_amount(room, a_year, goal->unit));
            if (price->binds)
                snprintf(text, sizeof text,
                         "binds. One %s more %s %s%s (shadow price; limit moved by %s, which lets in %s)",
                         c->unit[0] ? c->unit : "unit", goal->sense > 0 ? "saves" : "gains",
                         dh_plan_amount(slack, price->price, goal->unit), year,
                         dh_plan_amount(step, price->step, c->unit),
                         dh_plan_values_text(page, p, p->designs[price->relaxed_design].point));
            else
                snprintf(text, sizeof text, "does not bind (slack %s): without it nothing better is known",
                         dh_plan_amount(slack, price->slack, c->unit));
            dh_page_wrapped(page, price->binds ? DH_TONE_FAIR : DH_TONE_PLAIN, first, 4, text);
            if (isfinite(price->tightened) &&
                price->tightened != dh_plan_statistic(p, &p->designs[p->best], 0)) {
                snprintf(text, sizeof text, "%s tighter: %s",
                         dh_plan_amount(step, dh_plan_step(p, g), c->unit),
                         dh_plan_amount(room, price->tightened, goal->unit));
                dh_page_wrapped(page, DH_TONE_PLAIN, "      ", 6, text);
            }
        }
}

static void put_demand(struct dh_page *page, const struct dh_plan *p) {
    char room[128];
    double limits[DH_PLAN_GOALS];
    dh_plan_limits(p, limits);
    if (p->n_demand == 0)
        return;
    dh_page_heading(page, "AT OTHER DEMAND", "best then", "this design", NULL);
    for (int32_t i = 0; i < p->n_demand; i++) {
        const struct dh_plan_demand *d = &p->demands[i];
        char name[400];
        snprintf(name, sizeof name, "%+.0f %%", 100 * (d->factor - 1));
        dh_page_label(page, 1, name);
        dh_page_text_cell(page, d->best >= 0 ? DH_TONE_PLAIN : DH_TONE_BAD,
                          d->best >= 0 ? dh_plan_amount(room, dh_plan_statistic(p, &p->designs[d->best], 0),
                                                        p->goals[0].unit)
                                       : "none found");
        const struct dh_plan_design *same = d->same >= 0 ? &p->designs[d->same] : NULL;
        bool holds = same && dh_plan_feasible(p, same, limits);
        dh_page_text_cell(page, holds ? DH_TONE_PLAIN : DH_TONE_BAD,
                          same && same->state == DH_PLAN_COMPLETE
                              ? dh_plan_amount(room, dh_plan_statistic(p, same, 0), p->goals[0].unit)
                              : "cannot be run");
        dh_page_note(page, "%s%s",
                     !same || holds ? ""
                     : d->best >= 0 ? "misses limits; "
                                    : "misses limits",
                     d->best >= 0 ? dh_plan_values_text(page, p, p->designs[d->best].point) : "");
        dh_page_end_line(page);
    }
    if (p->study.demand.path || p->study.demand.parameter)
        dh_page_says(
            page, "demand: %s times the factor",
            dh_plan_safe(page, p->study.demand.path ? p->study.demand.path : p->study.demand.parameter));
    else
        dh_page_says(
            page,
            "demand: arrival rates of jobs and requests times the factor; logs of jobs thinned or repeated");
}

struct ranked {
    int32_t design;
    double merit;
};

static int by_merit(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    return x->merit != y->merit ? (x->merit > y->merit) - (x->merit < y->merit) : x->design - y->design;
}

/* Why a design is not it, shortly. */
static void put_reason(struct dh_page *page, const struct dh_plan *p, const struct dh_plan_design *d) {
    char room[128];
    for (int32_t g = p->n_objective; g < p->n_goal; g++) {
        double over = dh_plan_excess(p, g, dh_plan_statistic(p, d, g), p->goals[g].limit);
        if (!dh_plan_meets(p, g, dh_plan_statistic(p, d, g), p->goals[g].limit)) {
            dh_page_note(page, "misses %s by %s; %s", dh_plan_safe(page, p->goals[g].name),
                         dh_plan_amount(room, over, p->goals[g].unit),
                         dh_plan_values_text(page, p, d->point));
            return;
        }
    }
    dh_page_note(page, "%s", dh_plan_values_text(page, p, d->point));
}

static void put_tried(struct dh_page *page, const struct dh_plan *p) {
    enum { SHOWN = 12 };
    double limits[DH_PLAN_GOALS];
    char room[128];
    struct ranked *all = malloc((size_t)(p->n_design > 0 ? p->n_design : 1) * sizeof *all);
    int32_t n = 0, first = 0;
    dh_plan_limits(p, limits);
    for (int32_t i = 0; all && i < p->n_design; i++)
        if (p->designs[i].variant == 0 && p->designs[i].state == DH_PLAN_COMPLETE)
            all[n++] = (struct ranked){i, p->goals[0].sense * dh_plan_statistic(p, &p->designs[i], 0)};
    if (all)
        qsort(all, (size_t)n, sizeof *all, by_merit);
    for (int32_t i = 0; i < n; i++)
        if (all[i].design == p->best)
            first = i > SHOWN / 2 ? i - SHOWN / 2 : 0;
    dh_page_heading(page, "DESIGNS NEAR IT, BY OBJECTIVE",
                    p->goals[0].unit[0] ? p->goals[0].unit : "objective", NULL, NULL);
    for (int32_t i = first; i < n && i < first + SHOWN; i++) {
        const struct dh_plan_design *d = &p->designs[all[i].design];
        bool good = dh_plan_feasible(p, d, limits);
        dh_page_label(page, 1, all[i].design == p->best ? "the best" : good ? "feasible" : "infeasible");
        dh_page_text_cell(page, good ? DH_TONE_PLAIN : DH_TONE_FINE,
                          dh_plan_amount(room, dh_plan_statistic(p, d, 0), ""));
        put_reason(page, p, d);
        dh_page_end_line(page);
    }
    free(all);
}

static void put_effort(struct dh_page *page, const struct dh_plan *p) {
    struct dh_plan_totals t = dh_plan_totals(p);
    double every = (double)p->study.n_point * p->seeds;
    dh_page_heading(page, "THE SEARCH", NULL, NULL, NULL);
    dh_page_line(page, "designs of the study", p->study.n_point, 0, "");
    dh_page_line(page, "runs of each", p->seeds, 0, "");
    dh_page_label(page, 1, "simulations");
    dh_page_cell(page, (double)p->n_simulation, 0, "");
    dh_page_note(page, "%.2f %% of all", 100 * (double)p->n_simulation / every);
    dh_page_end_line(page);
    dh_page_line(page, "  to find the design", (double)p->n_search, 0, "");
    dh_page_line(page, "  for shadow prices", (double)p->n_price, 0, "");
    dh_page_line(page, "  at other demand", (double)p->n_demanded, 0, "");
    if (p->phased.given)
        dh_page_line(page, "  for the years to come", (double)p->phased.n_simulation, 0, "");
    dh_page_line(page, "designs tried", t.designs, 0, "");
    dh_page_line(page, "feasible", t.feasible, 0, "");
    if (t.failed > 0)
        dh_page_line(page, "that cannot be run", t.failed, 0, "");
    for (int32_t i = 0, told = 0; i < p->n_design && told < 3; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        bool before = d->state != DH_PLAN_FAILED || !d->why;
        int32_t count = 0;
        for (int32_t k = 0; k < p->n_design && !before; k++) {
            bool same = p->designs[k].state == DH_PLAN_FAILED && p->designs[k].why &&
                        strcmp(p->designs[k].why, d->why) == 0;
            before = before || (same && k < i);
            count += same;
        }
        if (before)
            continue;
        dh_page_says(page, "%d of them: %s", (int)count, dh_plan_safe(page, d->why));
        told++;
    }
    if (p->exhaustive)
        dh_page_says(page, "every design was simulated: there is no better one");
    else if (p->searched_out)
        dh_page_says(page, "the search ended because nothing better was likely; what was not simulated is "
                           "believed, not known");
    else
        dh_page_says(page, "the search ended with its budget; <search simulations=\"%lld\"/> lets it look on",
                     (long long)(2 * p->budget));
}

/* Objective against the second one, or against what the constraint with the highest price limits. */
static enum dh_err put_chart(struct dh_page *page, const struct dh_plan *p) {
    int32_t other = p->n_objective > 1 ? 1 : -1, n = 0;
    for (int32_t g = p->n_objective; g < p->n_goal && p->n_objective == 1; g++)
        if (p->best >= 0 && p->prices[g - 1].binds &&
            (other < 0 || p->prices[g - 1].price * fabs(p->goals[g].limit) >
                              p->prices[other - 1].price * fabs(p->goals[other].limit)))
            other = g;
    struct dh_front_point *points = calloc((size_t)(p->n_design > 0 ? p->n_design : 1), sizeof *points);
    if (other < 0 || !points) {
        free(points);
        return other < 0 ? DH_OK : DH_ERR_MEMORY;
    }
    const struct dh_plan_goal *x = &p->goals[other], *y = &p->goals[0];
    double limits[DH_PLAN_GOALS];
    dh_plan_limits(p, limits);
    if (p->n_objective == 1)
        limits[other] = x->limit != 0 ? x->limit + x->sense * fabs(x->limit)
                                      : x->sense * INFINITY; /* twice as far: what is beyond tells nothing */
    for (int32_t i = 0; i < p->n_design; i++) {
        const struct dh_plan_design *d = &p->designs[i];
        if (d->variant != 0 || !dh_plan_feasible(p, d, limits))
            continue;
        points[n++] = (struct dh_front_point){.name = i == p->best ? "the best" : NULL,
                                              .x = dh_plan_statistic(p, d, other),
                                              .y = dh_plan_statistic(p, d, 0),
                                              .x_low = NAN,
                                              .x_high = NAN,
                                              .y_low = NAN,
                                              .y_high = NAN};
    }
    char names[2][160], title[400];
    double most = 0;
    for (int32_t i = 0; i < n; i++)
        most = fmax(most, fabs(points[i].y));
    double scale = most >= 1e7 ? 1e-6 : most >= 1e4 ? 1e-3 : 1;
    snprintf(names[0], sizeof names[0], "%.80s%s%.30s", dh_plan_safe(page, x->name), x->unit[0] ? ", " : "",
             x->unit);
    snprintf(names[1], sizeof names[1], "%.80s%s%s%.30s", dh_plan_safe(page, y->name),
             y->unit[0] || scale < 1 ? ", " : "",
             scale == 1e-6   ? "million "
             : scale == 1e-3 ? "thousand "
                             : "",
             y->unit);
    snprintf(title, sizeof title, "%.80s against %.80s: designs that were simulated%s",
             dh_plan_safe(page, y->name), dh_plan_safe(page, x->name),
             p->n_objective > 1 ? "" : " and meet the other constraints");
    dh_text_puts(page->out, "<figure>");
    enum dh_err err = dh_chart_front(page->out, title, &(struct dh_front_axis){names[0], 1, x->sense < 0},
                                     &(struct dh_front_axis){names[1], scale, y->sense < 0}, points, n);
    dh_text_puts(page->out, "</figure>\n");
    free(points);
    return err;
}

static void put_front(struct dh_page *page, const struct dh_plan *p) {
    char room[128];
    const char *heads[5] = {NULL};
    if (p->n_objective < 2 || p->n_front == 0)
        return;
    for (int32_t g = 0; g < p->n_objective && g < 5; g++)
        heads[g] = dh_plan_safe(page, p->goals[g].name);
    dh_page_heading(page, "PARETO FRONT", heads[0], heads[1], heads[2]);
    for (int32_t i = 0; i < p->n_front; i++) {
        const struct dh_plan_design *d = &p->designs[p->front[i]];
        char name[32];
        snprintf(name, sizeof name, "%c", i < 26 ? 'A' + (int)i : '*');
        dh_page_label(page, 1, name);
        for (int32_t g = 0; g < p->n_objective && g < 3; g++)
            dh_page_text_cell(page, DH_TONE_PLAIN,
                              dh_plan_amount(room, dh_plan_statistic(p, d, g), p->goals[g].unit));
        dh_page_note(page, "%s", dh_plan_values_text(page, p, d->point));
        dh_page_end_line(page);
    }
    dh_page_says(page, "no design that was tried is better in one objective and no worse in the others");
}

static void put_all(struct dh_page *page, const struct dh_plan *p) {
    static void (*const parts[])(struct dh_page *, const struct dh_plan *) = {
        put_front, put_binding, put_demand, dh_plan_put_phases, put_tried, put_effort};
    bool html = page->form == &dh_page_form_html;
    put_verdict(page, p);
    if (html)
        dh_text_puts(page->out, "<section>\n");
    if (p->best >= 0 || p->near >= 0)
        put_design(page, p, p->best >= 0 ? p->best : p->near);
    if (p->best < 0 && p->near >= 0)
        put_shortfall(page, p);
    page->form->end(page);
    if (html)
        dh_text_puts(page->out, "</section>\n");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (p->best < 0 && parts[i] == put_binding)
            continue;
        if (html)
            dh_text_puts(page->out, "<section>\n");
        if (html && i == 1 && put_chart(page, p) != DH_OK)
            page->out->failed = true;
        parts[i](page, p);
        page->form->end(page);
        if (html)
            dh_text_puts(page->out, "</section>\n");
    }
}

enum dh_err dh_plan_report(const struct dh_plan *p, int32_t form, const struct dh_report_options *options,
                           dh_write_fn write, void *self, struct dh_diag *diag) {
    const char *slash = strrchr(p->study.path, '/'), *name = slash ? slash + 1 : p->study.path;
    struct dh_text out = {0};
    struct dh_page page = {
        .form = form == DH_PLAN_HTML       ? &dh_page_form_html
                : form == DH_PLAN_MARKDOWN ? &dh_page_form_markdown
                                           : &dh_page_form_text,
        .out = &out,
        .style = {.width = options && options->width ? options->width : 100,
                  .color = options && options->color}
    };
    if (form == DH_PLAN_HTML) {
        dh_text_puts(&out,
                     "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
        dh_text_put_xml(&out, name);
        dh_text_puts(&out, "</title>\n<style>\n");
        dh_text_puts(&out, dh_report_style_sheet);
        dh_text_puts(&out, "</style></head><body>\n");
    }
    if (form != DH_PLAN_TEXT)
        page.form->title(&page, dh_plan_safe(&page, name), "what to build", "");
    put_all(&page, p);
    if (form == DH_PLAN_HTML)
        dh_text_puts(&out, "</body></html>\n");
    dh_arena_free(&page.mem);
    return dh_hand_over(&out, DH_OK, write, self, diag);
}
