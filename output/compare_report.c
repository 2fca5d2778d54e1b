#include "output/compare_report.h"

#include "output/chart.h"
#include "output/compare_front.h"
#include "output/page_pdf.h"
#include "output/report_html.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Figures that a comparison shows. */
static const struct row {
    const char *key, *name;
    double scale; /* of what is shown */
    int decimals;
    const char *unit;
} rows[] = {
    {"energy.peak_facility_kw", "Peak facility power",          1,        1, "kW"    },
    {"energy.facility_kwh",     "Energy",                       1e-3,     1, "MWh"   },
    {"energy.it_kwh",           "IT energy",                    1e-3,     1, "MWh"   },
    {"energy.pue",              "PUE",                          1,        4, ""      },
    {"energy.water_m3",         "Water",                        1,        1, "m3"    },
    {"carbon.location_kg",      "Carbon, location-based",       1e-3,     1, "t CO2e"},
    {"carbon.market_kg",        "Carbon, market-based",         1e-3,     1, "t CO2e"},
    {"cost.total",              "Cost",                         1,        0, ""      },
    {"cost.per_gpu_hour",       "Cost of a GPU hour used",      1,        4, ""      },
    {"gpus.utilization",        "GPU hours used",               100,      2, "%"     },
    {"gpus.goodput",            "Goodput",                      100,      2, "%"     },
    {"gpus.availability",       "Availability",                 100,      3, "%"     },
    {"jobs.completed",          "Jobs completed",               1,        0, ""      },
    {"jobs.wait_s.mean",        "Wait, mean",                   1.0 / 60, 2, "min"   },
    {"jobs.wait_s.p95",         "Wait, 95 %",                   1.0 / 60, 2, "min"   },
    {"burst.gpu_h",             "Cloud GPU hours",              1,        0, "h"     },
    {"gpu_time.network_h",      "GPUs waiting for the network", 1,        1, "h"     },
    {"gpu_time.data_h",         "GPUs waiting for data",        1,        1, "h"     },
    {"thermal.throttled_gpu_h", "GPU time slowed by heat",      1,        1, "h"     },
};

/* As many decimals as show two figures of a difference, at least those of the row. */
static int decimals_for(double v, int least) {
    int wanted = v != 0 && isfinite(v) ? 1 - (int)floor(log10(fabs(v))) : least;
    return wanted < least ? least : wanted > 6 ? 6 : wanted;
}

/* ---- one result beside the base ---------------------------------------------------------------------------
 */

static void put_figures(struct dh_page *page, const struct dh_compared *base,
                        const struct dh_compared *other) {
    char title[200];
    bool paired = false;
    snprintf(title, sizeof title, "%.80s BESIDE %.80s", other->name, base->name);
    dh_page_heading(page, title, "base", "this one", "difference");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        struct dh_delta d = dh_compare_delta(base, other, r->key);
        if (isnan(d.delta))
            continue;
        double nothing = 1e-8 * fabs(d.base); /* no digit of what is shown */
        if (fabs(d.delta) <= nothing && (d.n_pair < 2 || (d.low >= -nothing && d.high <= nothing)))
            d.delta = d.high = 0;
        char both[96], number[64], low[64], high[64];
        int decimals = decimals_for(d.delta * r->scale, r->decimals);
        snprintf(both, sizeof both, "%s%s%s%s", d.delta > 0 ? "+" : "",
                 dh_page_grouped(number, d.delta * r->scale, decimals), r->unit[0] ? " " : "", r->unit);
        dh_page_label(page, 1, r->name);
        dh_page_cell(page, d.base * r->scale, r->decimals, r->unit);
        dh_page_cell(page, d.other * r->scale, r->decimals, r->unit);
        dh_page_text_cell(page, DH_TONE_PLAIN, d.delta == 0 ? "" : both);
        if (d.delta == 0 && !(d.high > 0))
            dh_page_note(page, "the same");
        else if (d.n_pair >= 2)
            dh_page_note(page, "%s%s to %s", dh_delta_clear(&d) ? "" : "no clear difference: ",
                         dh_page_grouped(low, d.low * r->scale, decimals),
                         dh_page_grouped(high, d.high * r->scale, decimals));
        else if (d.base != 0)
            dh_page_note(page, "%+.*f %%", fabs(d.delta) < 1e-3 * fabs(d.base) ? 3 : 1,
                         100 * d.delta / fabs(d.base));
        dh_page_end_line(page);
        paired = paired || d.n_pair >= 2;
    }
    if (paired)
        dh_page_says(
            page,
            "behind the difference: 95 %% interval of its mean over runs of the same seeds (%d of them)",
            (int)dh_compare_delta(base, other, "energy.facility_kwh").n_pair);
    else
        dh_page_says(page,
                     "one run each: what another seed would give is not known; run --replications says how "
                     "sure a difference is");
}

static void put_causes(struct dh_page *page, const char *title, const struct dh_causes *causes, double scale,
                       const char *unit, int decimals) {
    if (isnan(causes->total) || causes->n == 0)
        return;
    bool drawn = page->form->chart != NULL;
    dh_page_heading(page, title, drawn ? NULL : unit, drawn ? NULL : "share", NULL);
    decimals = decimals_for(causes->total * scale, decimals);
    if (drawn) {
        struct dh_chart_part parts[DH_CAUSES];
        for (int32_t i = 0; i < causes->n; i++)
            parts[i] = (struct dh_chart_part){causes->parts[i].name, NULL, causes->parts[i].delta};
        struct dh_text chart = {0};
        dh_chart_waterfall(&chart, "The change, part by part", unit, scale, parts, causes->n, "Change");
        page->form->chart(page, &chart);
        dh_text_free(&chart);
        page->form->table(page, "", (const char *const[]){unit, "share"}, 2, true);
    }
    for (int32_t i = 0; i < causes->n; i++) {
        dh_page_label(page, 1, causes->parts[i].name);
        dh_page_cell(page, causes->parts[i].delta * scale, decimals, "");
        dh_page_percent(page, causes->total != 0 ? causes->parts[i].delta / causes->total : NAN);
        dh_page_end_line(page);
    }
    dh_page_label(page, 1, "Change");
    dh_page_cell(page, causes->total * scale, decimals, "");
    dh_page_percent(page, causes->total != 0 ? 1 : NAN);
    dh_page_end_line(page);
}

static const char *safe(struct dh_page *page, const char *text) {
    return text ? dh_text_escape(&page->mem, text, strlen(text)) : "-";
}

static void put_changes(struct dh_page *page, const struct dh_compare_change *changes, int32_t n) {
    int32_t shown = page->style.full ? n : n < 20 ? n : 20;
    dh_page_heading(page, "WHAT THE SCENARIOS SAY DIFFERENTLY", NULL, NULL, NULL);
    if (n == 0)
        dh_page_says(page, "nothing: the same scenario");
    for (int32_t i = 0; i < shown; i++) {
        char text[1000];
        snprintf(text, sizeof text, "%.300s instead of %.300s", safe(page, changes[i].other),
                 safe(page, changes[i].base));
        char first[512];
        snprintf(first, sizeof first, "  %.500s:", safe(page, changes[i].path));
        dh_page_wrapped(page, DH_TONE_PLAIN, first, 4, text);
    }
    if (shown < n)
        dh_page_says(page, "and %d more: compare --full", (int)(n - shown));
}

static void put_one(struct dh_page *page, const struct dh_comparison *c, int32_t k) {
    struct dh_causes causes;
    const struct dh_compared *base = &c->base, *other = &c->others[k];
    put_figures(page, base, other);
    dh_compare_power(&causes, base, other);
    put_causes(page, "WHY MEAN FACILITY POWER CHANGED", &causes, 1, "kW", 1);
    dh_compare_cost(&causes, base, other);
    put_causes(page, "WHY COST CHANGED", &causes, 1, "USD", 0);
    dh_compare_carbon(&causes, base, other);
    put_causes(page, "WHY CARBON CHANGED", &causes, 1e-3, "t CO2e", 2);
    put_changes(page, c->changes[k], c->n_change[k]);
}

static void put_front_sentence(struct dh_page *page, const struct dh_comparison *c,
                               const struct dh_compare_front *front, const bool *on) {
    struct dh_text says = {0};
    for (int32_t k = -1; k < c->n_other; k++)
        if (on[k + 1])
            dh_text_printf(&says, "%s%s", says.n > 0 ? ", " : "",
                           safe(page, k < 0 ? c->base.name : c->others[k].name));
    dh_page_says(page, "%s against %s: no other result is better in both than %.600s", front->x.name,
                 front->y.name, says.at ? says.at : "");
    page->out->failed = page->out->failed || says.failed;
    dh_text_free(&says);
}

/* Which results no other beats in two objectives. */
static void put_fronts(struct dh_page *page, const struct dh_comparison *c) {
    for (int32_t f = 0; f < c->n_front; f++) {
        const struct dh_objective *x = &c->fronts[f].x, *y = &c->fronts[f].y;
        bool on[DH_COMPARE_OTHERS + 1];
        char title[160], head[2][120];
        const char *heads[2] = {head[0], head[1]};
        snprintf(title, sizeof title, "%.60s AGAINST %.60s", x->name, y->name);
        for (char *letter = title; *letter; letter++)
            if (*letter >= 'a' && *letter <= 'z')
                *letter = (char)(*letter - 'a' + 'A');
        for (int i = 0; i < 2; i++) {
            const struct dh_objective *o = i == 0 ? x : y;
            snprintf(head[i], sizeof head[i], "%.60s%s%.30s", o->name, o->unit[0] ? ", " : "", o->unit);
        }
        dh_compare_on_front(c, &c->fronts[f], on);
        if (!page->form->chart) {
            put_front_sentence(page, c, &c->fronts[f], on);
            continue;
        }
        struct dh_text chart = {0};
        if (dh_compare_front_chart(c, &c->fronts[f], &chart) != DH_OK)
            page->out->failed = true;
        dh_page_heading(page, title, NULL, NULL, NULL);
        page->form->chart(page, &chart);
        dh_text_free(&chart);
        page->form->table(page, "", heads, 2, true);
        for (int32_t k = -1; k < c->n_other; k++) {
            double a = dh_compare_value(c, k, x->key) * x->scale,
                   b = dh_compare_value(c, k, y->key) * y->scale;
            dh_page_label(page, 1, safe(page, k < 0 ? c->base.name : c->others[k].name));
            dh_page_cell(page, a, decimals_for(a, 0) + 2, "");
            dh_page_cell(page, b, decimals_for(b, 0) + 2, "");
            dh_page_note(page, "%s",
                         on[k + 1] ? "none is better in both" : "another is at least as good in both");
            dh_page_end_line(page);
        }
        if (c->base.n_run > 1)
            dh_page_says(page, "lines through the points: 95 %% intervals of the means");
    }
}

/* ---- documents --------------------------------------------------------------------------------------------
 */

enum dh_err dh_compare_text_write(const struct dh_comparison *c, const struct dh_report_style *style,
                                  struct dh_text *out) {
    struct dh_page page = {.form = &dh_page_form_text, .out = out, .style = *style};
    if (page.style.width == 0)
        page.style.width = 100;
    for (int32_t k = 0; k < c->n_other; k++)
        put_one(&page, c, k);
    put_fronts(&page, c);
    page.form->end(&page);
    dh_arena_free(&page.mem);
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}

/* A table of all results, so that more than two can be seen at once. */
static void put_overview(struct dh_page *page, const struct dh_comparison *c) {
    const char *names[DH_COMPARE_OTHERS + 1];
    for (int32_t k = -1; k < c->n_other; k++)
        names[k + 1] = safe(page, k < 0 ? c->base.name : c->others[k].name);
    page->form->table(page, "ALL RESULTS", names, c->n_other + 1, false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dh_delta first = dh_compare_delta(&c->base, &c->base, rows[i].key);
        if (isnan(first.base))
            continue;
        dh_page_label(page, 1, rows[i].name);
        dh_page_cell(page, first.base * rows[i].scale, rows[i].decimals, rows[i].unit);
        for (int32_t k = 0; k < c->n_other; k++)
            dh_page_cell(page, dh_compare_delta(&c->base, &c->others[k], rows[i].key).other * rows[i].scale,
                         rows[i].decimals, rows[i].unit);
        dh_page_end_line(page);
    }
}

/* The same for HTML and PDF: all results side by side first, then each beside the base. */
static void put_head(struct dh_page *page, const struct dh_comparison *c) {
    struct dh_text line = {0}, name = {0};
    dh_text_printf(&line, "%d result%s beside the base", (int)c->n_other, c->n_other == 1 ? "" : "s");
    dh_text_printf(&name, "%.100s compared", safe(page, c->base.name));
    for (int32_t k = 0; k < c->n_other && c->n_other <= 3; k++)
        dh_text_printf(&name, "%s %.100s",
                       k == 0                ? " with"
                       : k + 1 == c->n_other ? " and"
                                             : ",",
                       safe(page, c->others[k].name));
    page->form->title(page, name.at ? name.at : "", "what changes, and why", line.at ? line.at : "");
    dh_text_free(&name);
    dh_text_free(&line);
}

enum dh_err dh_compare_html_write(const struct dh_comparison *c, struct dh_text *out) {
    struct dh_page page = {.form = &dh_page_form_html, .out = out, .style = {.full = false}};
    dh_text_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    dh_text_put_xml(out, c->base.name);
    dh_text_puts(out, " compared</title>\n<style>\n");
    dh_text_puts(out, dh_report_style_sheet);
    dh_text_puts(out, "</style></head><body>\n");
    put_head(&page, c);
    for (int32_t k = -1; k < c->n_other; k++) {
        dh_text_puts(out, "<section>\n");
        if (k < 0) {
            put_overview(&page, c);
            put_fronts(&page, c);
        } else {
            put_one(&page, c, k);
        }
        page.form->end(&page);
        dh_text_puts(out, "</section>\n");
    }
    dh_text_puts(out, "</body></html>\n");
    dh_arena_free(&page.mem);
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}

enum dh_err dh_compare_pdf_write(const struct dh_comparison *c, struct dh_text *out) {
    struct dh_text unused = {0}, title = {0};
    struct dh_pdf_doc doc = {0};
    struct dh_page page = {.form = &dh_page_form_pdf, .out = &unused, .doc = &doc};
    put_head(&page, c);
    put_overview(&page, c);
    put_fronts(&page, c);
    for (int32_t k = 0; k < c->n_other; k++)
        put_one(&page, c, k);
    dh_text_printf(&title, "%s compared", c->base.name);
    enum dh_err err = dh_page_pdf_write(&page, title.at ? title.at : "", out);
    err = unused.failed ? DH_ERR_MEMORY : err;
    dh_text_free(&unused);
    dh_text_free(&title);
    dh_arena_free(&page.mem);
    return err;
}
