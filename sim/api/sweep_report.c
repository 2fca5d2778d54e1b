/* What a sweep shows: how each figure responds to each value that varied, and which of them it hangs on.
 *
 * Response: mean of a figure over all points of one level (of a range that was sampled: of a fifth of it).
 * Share: of the figure's variance, what the levels of one value explain: epsilon squared, 1 - (1 - eta
 * squared)(N - 1)/ (N - K), the first-order sensitivity index estimated from given points without the bias of
 * eta squared (T. Kelley, PNAS 21(9), 1935; E. Plischke, E. Borgonovo, C. Smith, Eur. J. Oper. Res. 226(3),
 * 2013). */
#include "sim/api/sweep.h"

#include "output/chart.h"
#include "output/page_pdf.h"
#include "output/report_html.h"
#include "output/report_page.h"
#include "output/svg.h"
#include "sim/api/hand_over.h"
#include "sim/api/sensitivity.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 64, CLASSES = 5 };

static const struct {
    const char *key, *name;
    double scale;
    int decimals;
    const char *unit;
} shown[] = {
    {"cost.total",              "Cost",                    1,        0, ""      },
    {"cost.per_gpu_hour",       "Cost of a GPU hour used", 1,        4, ""      },
    {"energy.peak_facility_kw", "Peak facility power",     1,        1, "kW"    },
    {"energy.facility_kwh",     "Energy",                  1e-3,     1, "MWh"   },
    {"energy.pue",              "PUE",                     1,        4, ""      },
    {"carbon.location_kg",      "Carbon, location-based",  1e-3,     1, "t CO2e"},
    {"gpus.utilization",        "GPU hours used",          100,      2, "%"     },
    {"jobs.completed",          "Jobs completed",          1,        1, ""      },
    {"jobs.wait_s.p95",         "Wait, 95 %",              1.0 / 60, 2, "min"   },
};
enum { N_SHOWN = sizeof shown / sizeof *shown };

/* Means of one figure by the levels of one value. */
struct response {
    int32_t n_level, n[MAX_LEVELS];
    double mean[MAX_LEVELS], at[MAX_LEVELS]; /* at: mean of the value itself, of ranges */
    double all, share;
    int32_t n_all;
    double least, most; /* of the means */
};

static bool sampled(const struct dh_study *study) {
    return dh_study_sampled(study);
}

static int32_t level_of(const struct dh_study *study, int32_t point, int32_t v) {
    const struct dh_study_vary *vary = &study->vary[v];
    double x = dh_study_number(study, point, v);
    if (vary->values)
        return (int32_t)x;
    double low = vary->log ? log(vary->from) : vary->from, high = vary->log ? log(vary->to) : vary->to;
    double share = ((vary->log ? log(x) : x) - low) / (high - low);
    int32_t classes = sampled(study) ? CLASSES : vary->n_value;
    int32_t level = sampled(study) ? (int32_t)(share * classes) : (int32_t)lround(share * (classes - 1));
    return level < 0 ? 0 : level >= classes ? classes - 1 : level;
}

static bool response_of(struct response *r, const struct dh_sweep *s, int32_t v, const char *key) {
    const struct dh_study *study = dh_sweep_study(s);
    double sum = 0, square = 0, between = 0;
    *r = (struct response){.least = NAN, .most = NAN, .share = NAN};
    for (int32_t i = 0; i < study->n_point; i++) {
        const struct dh_summary *point = dh_sweep_point(s, i);
        double y = point ? dh_summary_value(point, key) : NAN;
        if (isnan(y) || !dh_study_changes(study, i, v))
            continue;
        int32_t level = level_of(study, i, v);
        if (level >= MAX_LEVELS)
            continue;
        r->n_level = level >= r->n_level ? level + 1 : r->n_level;
        r->mean[level] += y;
        r->at[level] += dh_study_number(study, i, v);
        r->n[level]++;
        r->n_all++;
        double before = y - sum;
        sum += before / r->n_all;
        square += before * (y - sum);
    }
    r->all = sum;
    int32_t levels = 0;
    for (int32_t k = 0; k < r->n_level; k++) {
        if (r->n[k] == 0)
            continue;
        r->mean[k] /= r->n[k];
        r->at[k] /= r->n[k];
        between += r->n[k] * (r->mean[k] - r->all) * (r->mean[k] - r->all);
        r->least = fmin(r->least, r->mean[k]);
        r->most = fmax(r->most, r->mean[k]);
        levels++;
    }
    if (study->design != DH_DESIGN_ONE && square > 1e-18 * r->all * r->all * r->n_all && r->n_all > levels)
        r->share = 1 - (1 - between / square) * (r->n_all - 1.0) / (r->n_all - levels);
    return levels > (study->design == DH_DESIGN_ONE ? 0 : 1);
}

/* Values by the size of their effect, largest first. */
static int32_t by_effect(const struct dh_sweep *s, const char *key, int32_t order[DH_STUDY_VARY]) {
    const struct dh_study *study = dh_sweep_study(s);
    double size[DH_STUDY_VARY];
    int32_t n = 0;
    for (int32_t v = 0; v < study->n_vary; v++) {
        struct response r;
        if (!response_of(&r, s, v, key))
            continue;
        size[v] = r.most - r.least;
        int32_t k = n++;
        for (; k > 0 && size[order[k - 1]] < size[v]; k--)
            order[k] = order[k - 1];
        order[k] = v;
    }
    return n;
}

static const char *safe(struct dh_page *page, const char *text) {
    const char *made = dh_text_escape(&page->mem, text, strlen(text));
    if (!made)
        page->out->failed = true;
    return made ? made : "";
}

static void level_name(const struct dh_study *study, int32_t v, int32_t level, double at,
                       char room[static 128]) {
    const struct dh_study_vary *vary = &study->vary[v];
    if (vary->values)
        snprintf(room, 128, "%s", vary->values[level]);
    else
        snprintf(room, 128, sampled(study) ? "about %.3g%.40s" : "%.6g%.40s", at, vary->unit);
}

static bool nothing(const struct response *r) {
    return r->most - r->least <= 1e-12 * fabs(r->all);
}

static void put_figure(struct dh_page *page, const struct dh_sweep *s, int k) {
    const struct dh_study *study = dh_sweep_study(s);
    int32_t order[DH_STUDY_VARY], n = by_effect(s, shown[k].key, order);
    for (int32_t i = 0; i < n; i++) {
        struct response r;
        char name[128];
        response_of(&r, s, order[i], shown[k].key);
        if (nothing(&r))
            continue;
        dh_page_label(page, 1, safe(page, study->vary[order[i]].name));
        dh_page_cell(page, r.least * shown[k].scale, shown[k].decimals, shown[k].unit);
        dh_page_cell(page, r.most * shown[k].scale, shown[k].decimals, shown[k].unit);
        dh_page_cell(page, isnan(r.share) ? NAN : 100 * fmax(r.share, 0), 0, "%");
        dh_page_end_line(page);
        for (int32_t level = 0; level < r.n_level && r.n_level <= 12; level++) {
            if (r.n[level] == 0)
                continue;
            level_name(study, order[i], level, r.at[level], name);
            dh_page_label(page, 2, safe(page, name));
            dh_page_cell(page, r.mean[level] * shown[k].scale, shown[k].decimals, shown[k].unit);
            dh_page_end_line(page);
        }
    }
}

/* ---- charts: how far each value moves a figure, and along which way ---------------------------------------
 */

static void put_tornado(struct dh_page *page, const struct dh_sweep *s, int k, const int32_t *order,
                        int32_t n) {
    const struct dh_study *study = dh_sweep_study(s);
    struct dh_tornado_bar bars[DH_STUDY_VARY];
    char names[DH_STUDY_VARY][2][128];
    double base = NAN;
    int32_t n_bar = 0;
    for (int32_t i = 0; i < n; i++) {
        struct response r;
        int32_t last = -1, first = -1;
        response_of(&r, s, order[i], shown[k].key);
        base = isnan(base) ? r.all : base;
        for (int32_t level = 0; level < r.n_level; level++)
            if (r.n[level] > 0) {
                first = first < 0 ? level : first;
                last = level;
            }
        if (first < 0 || nothing(&r))
            continue;
        level_name(study, order[i], first, r.at[first], names[n_bar][0]);
        level_name(study, order[i], last, r.at[last], names[n_bar][1]);
        bars[n_bar] =
            (struct dh_tornado_bar){safe(page, study->vary[order[i]].name), safe(page, names[n_bar][0]),
                                    safe(page, names[n_bar][1]), r.mean[first], r.mean[last]};
        n_bar++;
    }
    if (study->design == DH_DESIGN_ONE)
        base = dh_sweep_point(s, 0) ? dh_summary_value(dh_sweep_point(s, 0), shown[k].key) : NAN;
    if (n_bar == 0 || isnan(base))
        return;
    char title[160];
    struct dh_text chart = {0};
    snprintf(title, sizeof title, "%s from one end of each value to the other%s", shown[k].name,
             study->design == DH_DESIGN_ONE ? ", all others as the scenario says" : ", mean over all others");
    dh_chart_tornado(&chart, title, shown[k].unit, shown[k].scale, base, bars, n_bar);
    page->form->chart(page, &chart);
    dh_text_free(&chart);
}

static void put_levels(struct dh_page *page, const struct dh_sweep *s, int k, int32_t v) {
    enum { MOST = 60 };
    struct dh_response_level levels[MAX_LEVELS];
    char names[MAX_LEVELS][128], title[260];
    const struct dh_study *study = dh_sweep_study(s);
    struct response r;
    response_of(&r, s, v, shown[k].key);
    if (r.n_level < 3 || r.n_level > MOST || nothing(&r))
        return; /* two ends are in the tornado */
    struct dh_text chart = {0};
    for (int32_t level = 0; level < r.n_level; level++) {
        level_name(study, v, level, r.at[level], names[level]);
        levels[level] =
            (struct dh_response_level){safe(page, names[level]), r.mean[level], NAN, NAN, r.n[level]};
    }
    char fitted[200];
    snprintf(title, sizeof title, "%s along %.120s", shown[k].name, safe(page, study->vary[v].name));
    dh_chart_levels(&chart, dh_svg_fit(fitted, sizeof fitted, title, 14, DH_CHART_WIDTH - 20), shown[k].unit,
                    shown[k].scale, levels, r.n_level);
    page->form->chart(page, &chart);
    dh_text_free(&chart);
}

/* ---- Sobol's indices
 * ---------------------------------------------------------------------------------------- */

static enum dh_err indices_of(struct dh_indices *out, const struct dh_sweep *s, const char *key) {
    const struct dh_study *study = dh_sweep_study(s);
    double *rows = malloc((size_t)study->n_point * sizeof *rows);
    if (!rows)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < study->n_point; i++)
        rows[i] = dh_sweep_point(s, i) ? dh_summary_value(dh_sweep_point(s, i), key) : NAN;
    enum dh_err err = dh_sobol_indices(out, study->n_vary, rows, study->n_base, study->seed);
    free(rows);
    return err;
}

static void put_indices(struct dh_page *page, const struct dh_sweep *s, int k) {
    static const char *const heads[4] = {"alone", "95 %", "with others", "95 %"};
    const struct dh_study *study = dh_sweep_study(s);
    struct dh_indices indices[DH_STUDY_VARY];
    if (study->design != DH_DESIGN_INDICES)
        return;
    if (indices_of(indices, s, shown[k].key) != DH_OK) {
        page->out->failed = true;
        return;
    }
    if (isnan(indices[0].total))
        return;
    page->label_width = DH_PAGE_LABEL;
    page->form->table(page, "shares of the variance (Sobol's indices)", heads, 4, true);
    for (int32_t v = 0; v < study->n_vary; v++) {
        const struct dh_indices *x = &indices[v];
        char alone[64], all[64];
        snprintf(alone, sizeof alone, "%.3f to %.3f", x->first_low, x->first_high);
        snprintf(all, sizeof all, "%.3f to %.3f", x->total_low, x->total_high);
        dh_page_label(page, 1, safe(page, study->vary[v].name));
        dh_page_cell(page, x->first, 3, "");
        dh_page_text_cell(page, DH_TONE_PLAIN, alone);
        dh_page_cell(page, x->total, 3, "");
        dh_page_text_cell(page, DH_TONE_PLAIN, all);
        dh_page_end_line(page);
    }
}

/* ---- documents
 * ------------------------------------------------------------------------------------------------ */

static void put_figures(struct dh_page *page, const struct dh_sweep *s) {
    for (int k = 0; k < N_SHOWN; k++) {
        int32_t order[DH_STUDY_VARY];
        struct response r;
        int32_t n = by_effect(s, shown[k].key, order);
        if (n == 0 || !response_of(&r, s, order[0], shown[k].key) || nothing(&r))
            continue;
        bool one = dh_sweep_study(s)->design == DH_DESIGN_ONE, drawn = page->form->chart != NULL;
        const char *heads[3] = {one ? "least" : "least mean", one ? "greatest" : "greatest mean",
                                one ? NULL : "of variance"};
        if (drawn) {
            char title[80];
            snprintf(title, sizeof title, "%.60s", shown[k].name);
            for (char *letter = title; *letter; letter++)
                if (*letter >= 'a' && *letter <= 'z')
                    *letter = (char)(*letter - 'a' + 'A');
            dh_page_heading(page, title, NULL, NULL, NULL);
            put_tornado(page, s, k, order, n);
            for (int32_t i = 0; i < n; i++)
                put_levels(page, s, k, order[i]);
            page->form->table(page, "", heads, one ? 2 : 3, true);
        } else {
            dh_page_heading(page, shown[k].name, heads[0], heads[1], heads[2]);
        }
        put_figure(page, s, k);
        put_indices(page, s, k);
    }
}

static void put_notes(struct dh_page *page, const struct dh_sweep *s) {
    const struct dh_study *study = dh_sweep_study(s);
    if (study->design == DH_DESIGN_ONE)
        dh_page_says(page, "one value at a time, all others as the scenario says");
    else
        dh_page_says(
            page,
            "means over all points of one level%s; of variance: what the levels of one value explain of it",
            sampled(study) ? " (a fifth of its range)" : "");
    if (study->design == DH_DESIGN_INDICES)
        dh_page_says(page,
                     "alone: first-order index; with others: total index; 95 %%: bootstrap intervals over "
                     "%d rows",
                     (int)study->n_base);
}

enum dh_err dh_sweep_report(const struct dh_sweep *s, dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text text = {0};
    struct dh_page page = {.form = &dh_page_form_text, .out = &text, .style = {.width = 100}};
    struct dh_sweep_count count = dh_sweep_count(s);
    put_figures(&page, s);
    dh_page_heading(&page, "POINTS", NULL, NULL, NULL);
    dh_page_line(&page, "of the study", count.points, 0, "");
    dh_page_line(&page, "run now", count.run, 0, "");
    dh_page_line(&page, "there already", count.kept, 0, "");
    if (count.failed > 0)
        dh_page_line(&page, "failed", count.failed, 0, "");
    dh_page_line(&page, "in the index", count.there, 0, "");
    put_notes(&page, s);
    dh_arena_free(&page.mem);
    return dh_hand_over(&text, DH_OK, write, self, diag);
}

/* What a page has; nothing of when its points were run, so that the same results give the same bytes. */
static void put_page(struct dh_page *page, const struct dh_sweep *s) {
    static const char *const designs[] = {"every value with every other",
                                          "a list",
                                          "a Latin hypercube",
                                          "Sobol's sequence",
                                          "one value at a time",
                                          "for Sobol's indices"};
    const struct dh_study *study = dh_sweep_study(s);
    struct dh_sweep_count count = dh_sweep_count(s);
    struct dh_text line = {0};
    const struct dh_summary *first = NULL;
    for (int32_t i = 0; i < study->n_point && !first; i++)
        first = dh_sweep_point(s, i);
    const struct dh_summary_entry *name = first ? dh_summary_find(first, "scenario.name") : NULL;
    dh_text_printf(&line, "%d points%s, %s; %d value%s vary", (int)count.there,
                   count.there < count.points ? " so far" : "", designs[study->design], (int)study->n_vary,
                   study->n_vary == 1 ? "" : "s");
    if (study->seeds > 1)
        dh_text_printf(&line, "; figures are means of %d seeds", (int)study->seeds);
    page->form->title(page, safe(page, name && name->kind == DH_SUMMARY_TEXT ? name->text : study->scenario),
                      "how its figures respond to what varies", line.at ? line.at : "");
    page->out->failed = page->out->failed || line.failed;
    dh_text_free(&line);
    put_figures(page, s);
    page->form->end(page);
    put_notes(page, s);
    page->form->end(page);
}

enum dh_err dh_sweep_html(const struct dh_sweep *s, dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text text = {0};
    struct dh_page page = {.form = &dh_page_form_html, .out = &text};
    dh_text_puts(&text, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                        "<title>Study</title>\n<style>\n");
    dh_text_puts(&text, dh_report_style_sheet);
    dh_text_puts(&text, "</style></head><body>\n");
    put_page(&page, s);
    dh_text_puts(&text, "</body></html>\n");
    dh_arena_free(&page.mem);
    return dh_hand_over(&text, DH_OK, write, self, diag);
}

enum dh_err dh_sweep_pdf(const struct dh_sweep *s, dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text text = {0}, unused = {0};
    struct dh_pdf_doc doc = {0};
    struct dh_page page = {.form = &dh_page_form_pdf, .out = &unused, .doc = &doc};
    put_page(&page, s);
    enum dh_err err = dh_page_pdf_write(&page, "Study", &text);
    err = unused.failed ? DH_ERR_MEMORY : err;
    dh_text_free(&unused);
    dh_arena_free(&page.mem);
    return dh_hand_over(&text, err, write, self, diag);
}

static void set_finite(json_t *object, const char *key, double v) {
    if (isfinite(v))
        json_object_set_new(object, key, json_real(v));
}

enum dh_err dh_sweep_json(const struct dh_sweep *s, dh_write_fn write, void *self, struct dh_diag *diag) {
    const struct dh_study *study = dh_sweep_study(s);
    struct dh_sweep_count count = dh_sweep_count(s);
    json_t *figures = json_object();
    const struct dh_summary *first = NULL;
    for (int32_t i = 0; i < study->n_point && !first; i++)
        first = dh_sweep_point(s, i);
    for (int32_t k = 0; first && k < first->n_entry; k++) {
        json_t *one = json_object();
        struct dh_indices indices[DH_STUDY_VARY];
        bool has = study->design == DH_DESIGN_INDICES && first->entries[k].kind != DH_SUMMARY_TEXT;
        if (has && indices_of(indices, s, first->entries[k].key) != DH_OK)
            has = false;
        for (int32_t v = 0; v < study->n_vary && first->entries[k].kind != DH_SUMMARY_TEXT; v++) {
            struct response r;
            if (!response_of(&r, s, v, first->entries[k].key) || r.most == r.least)
                continue;
            json_t *levels = json_array();
            for (int32_t level = 0; level < r.n_level; level++) {
                char name[128];
                if (r.n[level] == 0)
                    continue;
                level_name(study, v, level, r.at[level], name);
                json_array_append_new(levels, json_pack("{s:s, s:f, s:i}", "level", name, "mean",
                                                        r.mean[level], "points", (int)r.n[level]));
            }
            json_t *of = json_pack("{s:o}", "levels", levels);
            if (isfinite(r.share))
                json_object_set_new(of, "variance_share", json_real(r.share));
            for (int i = 0; has && i < 6; i++) {
                static const char *const names[6] = {"sobol_first", "sobol_first_low", "sobol_first_high",
                                                     "sobol_total", "sobol_total_low", "sobol_total_high"};
                const struct dh_indices *x = &indices[v];
                const double values[6] = {x->first, x->first_low, x->first_high,
                                          x->total, x->total_low, x->total_high};
                set_finite(of, names[i], values[i]);
            }
            json_object_set_new(one, study->vary[v].name, of);
        }
        if (json_object_size(one) > 0)
            json_object_set_new(figures, first->entries[k].key, one);
        else
            json_decref(one);
    }
    json_t *root = json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "points", (int)count.points, "run",
                             (int)count.run, "kept", (int)count.kept, "failed", (int)count.failed, "there",
                             (int)count.there, "responses", figures);
    return dh_hand_over_json(root, write, self, diag);
}
