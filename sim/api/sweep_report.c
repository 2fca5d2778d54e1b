/* What a sweep shows: how each figure responds to each value that varied, and which of them it hangs on.
 *
 * Response: mean of a figure over all points of one level (of a range that was sampled: of a fifth of it).
 * Share: of the figure's variance, what the levels of one value explain: epsilon squared, 1 - (1 - eta
 * squared)(N - 1)/ (N - K), the first-order sensitivity index estimated from given points without the bias of
 * eta squared (T. Kelley, PNAS 21(9), 1935; E. Plischke, E. Borgonovo, C. Smith, Eur. J. Oper. Res. 226(3),
 * 2013). */
#include "sim/api/sweep.h"

#include "output/report_page.h"
#include "sim/api/hand_over.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

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
    return study->design == DH_DESIGN_LATIN || study->design == DH_DESIGN_SOBOL;
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
        int32_t level = level_of(study, i, v);
        if (isnan(y) || level >= MAX_LEVELS)
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
    if (square > 1e-18 * r->all * r->all * r->n_all && r->n_all > levels)
        r->share = 1 - (1 - between / square) * (r->n_all - 1.0) / (r->n_all - levels);
    return levels > 1;
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

static void level_name(const struct dh_study *study, int32_t v, int32_t level, double at,
                       char room[static 128]) {
    const struct dh_study_vary *vary = &study->vary[v];
    if (vary->values)
        snprintf(room, 128, "%s", vary->values[level]);
    else
        snprintf(room, 128, "%s%.6g%.40s", sampled(study) ? "about " : "", at, vary->unit);
}

static void put_figure(struct dh_page *page, const struct dh_sweep *s, int k) {
    const struct dh_study *study = dh_sweep_study(s);
    int32_t order[DH_STUDY_VARY], n = by_effect(s, shown[k].key, order);
    for (int32_t i = 0; i < n; i++) {
        struct response r;
        char name[128];
        response_of(&r, s, order[i], shown[k].key);
        if (r.most - r.least <= 1e-12 * fabs(r.all))
            continue;
        dh_page_label(page, 1, study->vary[order[i]].name);
        dh_page_cell(page, r.least * shown[k].scale, shown[k].decimals, shown[k].unit);
        dh_page_cell(page, r.most * shown[k].scale, shown[k].decimals, shown[k].unit);
        dh_page_cell(page, isnan(r.share) ? NAN : 100 * fmax(r.share, 0), 0, "%");
        dh_page_end_line(page);
        for (int32_t level = 0; level < r.n_level && r.n_level <= 12; level++) {
            if (r.n[level] == 0)
                continue;
            level_name(study, order[i], level, r.at[level], name);
            dh_page_label(page, 2, dh_text_escape(&page->mem, name, strlen(name)));
            dh_page_cell(page, r.mean[level] * shown[k].scale, shown[k].decimals, shown[k].unit);
            dh_page_end_line(page);
        }
    }
}

enum dh_err dh_sweep_report(const struct dh_sweep *s, dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text text = {0};
    struct dh_page page = {.form = &dh_page_form_text, .out = &text, .style = {.width = 100}};
    struct dh_sweep_count count = dh_sweep_count(s);
    for (int k = 0; k < N_SHOWN; k++) {
        int32_t order[DH_STUDY_VARY];
        struct response r;
        int32_t n = by_effect(s, shown[k].key, order);
        if (n == 0 || !response_of(&r, s, order[0], shown[k].key) || r.most - r.least <= 1e-12 * fabs(r.all))
            continue;
        dh_page_heading(&page, shown[k].name, "least mean", "greatest mean", "of variance");
        put_figure(&page, s, k);
    }
    dh_page_heading(&page, "POINTS", NULL, NULL, NULL);
    dh_page_line(&page, "of the study", count.points, 0, "");
    dh_page_line(&page, "run now", count.run, 0, "");
    dh_page_line(&page, "there already", count.kept, 0, "");
    if (count.failed > 0)
        dh_page_line(&page, "failed", count.failed, 0, "");
    dh_page_line(&page, "in the index", count.there, 0, "");
    dh_page_says(
        &page,
        "means over all points of one level%s; of variance: what the levels of one value explain of it",
        sampled(dh_sweep_study(s)) ? " (a fifth of its range)" : "");
    dh_arena_free(&page.mem);
    return dh_hand_over(&text, DH_OK, write, self, diag);
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
    struct dh_text text = {0};
    char *dumped = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (!dumped)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "no memory for the output");
    dh_text_printf(&text, "%s\n", dumped);
    free(dumped);
    return dh_hand_over(&text, DH_OK, write, self, diag);
}
