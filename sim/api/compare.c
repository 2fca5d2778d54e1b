/* Results side by side: reading them, and the comparison as text, JSON or HTML. */
#include <datahall/datahall.h>
#include "output/compare_front.h"
#include "output/result_read.h"
#include "scenarios/scenario_diff.h"
#include "sim/api/hand_over.h"
#include "sim/diag.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

/* ---- reading ----------------------------------------------------------------------------------------------
 */

/* Of antithetic pairs the means are independent, not the runs: a pair becomes one value, its seed the pair's.
 */
static void join_pairs(struct dh_compared *c) {
    c->n_run /= 2;
    for (int32_t i = 0; i < c->n_run; i++)
        c->seeds[i] = -(c->seeds[(size_t)2 * (size_t)i] + 1) / 2;
    for (int32_t k = 0; k < c->summary.n_entry; k++)
        for (int32_t i = 0; c->values[k] && i < c->n_run; i++)
            c->values[k][i] =
                (c->values[k][(size_t)2 * (size_t)i] + c->values[k][(size_t)2 * (size_t)i + 1]) / 2;
}

static enum dh_err load_replications(struct dh_compared *c, struct dh_result *result) {
    const struct dh_result_dataset *seed = dh_result_find(result, "replications", "seed");
    if (!seed || seed->rank != 1 || seed->rows < 1 || seed->rows > 1000000)
        return DH_OK;
    size_t n = (size_t)seed->rows;
    c->seeds = malloc(n * sizeof *c->seeds);
    c->values = calloc((size_t)c->summary.n_entry + 1, sizeof *c->values);
    if (!c->seeds || !c->values)
        return DH_ERR_MEMORY;
    DH_TRY(dh_result_integers(result, seed, 0, seed->rows, c->seeds));
    c->n_run = (int32_t)seed->rows;
    bool pairs = c->seeds[0] < 0;
    for (int32_t i = 1; i < c->n_run; i++)
        if (pairs ? c->seeds[i] != c->seeds[i - 1] - 1 : c->seeds[i] <= c->seeds[i - 1])
            return DH_ERR_RESULT;
    if (pairs && (c->n_run % 2 != 0 || c->seeds[0] % 2 == 0))
        return DH_ERR_RESULT;
    for (int32_t k = 0; k < c->summary.n_entry; k++) {
        const struct dh_result_dataset *d = dh_result_find(result, "replications", c->summary.entries[k].key);
        if (!d || d->rank != 1 || d->rows != seed->rows || d->kind == DH_RESULT_TEXT)
            continue;
        c->values[k] = malloc(n * sizeof **c->values);
        if (!c->values[k])
            return DH_ERR_MEMORY;
        DH_TRY(dh_result_numbers(result, d, 0, d->rows, c->values[k]));
    }
    if (pairs)
        join_pairs(c);
    return DH_OK;
}

static void free_compared(struct dh_compared *c) {
    for (int32_t k = 0; c->values && k < c->summary.n_entry; k++)
        free(c->values[k]);
    free(c->values);
    free(c->seeds);
    dh_summary_free(&c->summary);
}

/* name: the scenario's, or where that says nothing the file's. */
static enum dh_err load(struct dh_compared *c, const char *path, struct dh_arena *arena, const char **xml,
                        struct dh_diag *diag) {
    struct dh_result *result = NULL;
    DH_TRY(dh_result_open(&result, path, diag));
    enum dh_err err = dh_result_summary(result, "summary", &c->summary);
    if (err == DH_OK && c->summary.n_entry == 0) {
        err = dh_fail(diag, DH_ERR_RESULT, (struct dh_place){path, 0, 0}, "%s holds no summary", path);
        dh_diag_hint(diag, "the run did not end");
    } else if (err == DH_OK) {
        err = load_replications(c, result);
        if (err == DH_ERR_RESULT && dh_diag_errors(diag) == 0)
            dh_fail(diag, err, (struct dh_place){path, 0, 0}, "%s: its replications are not in order", path);
    }
    const struct dh_summary_entry *name = dh_summary_find(&c->summary, "scenario.name");
    c->name =
        dh_arena_strdup(arena, name && name->kind == DH_SUMMARY_TEXT && name->text[0] ? name->text : path);
    *xml = dh_result_provenance(result, "scenario_xml", arena);
    dh_result_close(result);
    return err == DH_OK && !c->name ? DH_ERR_MEMORY : err;
}

static enum dh_err find_changes(struct dh_comparison *c, int32_t k, const char *base, const char *other,
                                struct dh_arena *arena, struct dh_diag *diag) {
    struct dh_scenario_change *found;
    int32_t n;
    DH_TRY(dh_scenario_diff(arena, base, other, &found, &n, diag));
    c->changes[k] = dh_arena_array(arena, (size_t)n + 1, sizeof *c->changes[k]);
    if (!c->changes[k])
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < n; i++)
        c->changes[k][i] = (struct dh_compare_change){found[i].path, found[i].base, found[i].other};
    c->n_change[k] = n;
    return DH_OK;
}

/* Results of one scenario are told apart by their files. */
static void name_by_file(struct dh_comparison *c, const char *const *paths, struct dh_arena *arena) {
    bool same = false;
    for (int32_t i = 0; i < c->n_other; i++) {
        same = same || strcmp(c->others[i].name, c->base.name) == 0;
        for (int32_t k = 0; k < i; k++)
            same = same || strcmp(c->others[i].name, c->others[k].name) == 0;
    }
    for (int32_t i = -1; same && i < c->n_other; i++) {
        const char *slash = strrchr(paths[i + 1], '/'), *file = slash ? slash + 1 : paths[i + 1];
        size_t n = strlen(file);
        n -= n > 3 && strcmp(file + n - 3, ".h5") == 0 ? 3 : 0;
        char *name = dh_arena_strndup(arena, file, n);
        if (name)
            *(i < 0 ? &c->base.name : &c->others[i].name) = name;
    }
}

/* ---- JSON -------------------------------------------------------------------------------------------------
 */

static void set(json_t *object, const char *key, double v) {
    if (isfinite(v))
        json_object_set_new(object, key, json_real(v));
}

static json_t *deltas_json(const struct dh_compared *base, const struct dh_compared *other) {
    json_t *all = json_object();
    for (int32_t i = 0; i < base->summary.n_entry; i++) {
        const struct dh_summary_entry *e = &base->summary.entries[i];
        struct dh_delta d = dh_compare_delta(base, other, e->key);
        if (e->kind == DH_SUMMARY_TEXT || isnan(d.delta))
            continue;
        json_t *one = json_object();
        set(one, "base", d.base);
        set(one, "other", d.other);
        set(one, "delta", d.delta);
        set(one, "low", d.low);
        set(one, "high", d.high);
        json_object_set_new(one, "clear", json_boolean(dh_delta_clear(&d)));
        json_object_set_new(all, e->key, one);
    }
    return all;
}

static json_t *causes_json(const struct dh_causes *causes) {
    json_t *all = json_object();
    for (int32_t i = 0; i < causes->n; i++)
        set(all, causes->parts[i].name, causes->parts[i].delta);
    return all;
}

static json_t *text_or_null(const char *text) {
    json_t *json = text ? json_string(text) : json_null();
    return json ? json : json_null();
}

static json_t *one_json(const struct dh_comparison *c, int32_t k) {
    const struct dh_compared *base = &c->base, *other = &c->others[k];
    struct dh_causes power, cost, carbon;
    json_t *changes = json_array();
    dh_compare_power(&power, base, other);
    dh_compare_cost(&cost, base, other);
    dh_compare_carbon(&carbon, base, other);
    for (int32_t i = 0; i < c->n_change[k]; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "path", text_or_null(c->changes[k][i].path));
        json_object_set_new(one, "base", text_or_null(c->changes[k][i].base));
        json_object_set_new(one, "other", text_or_null(c->changes[k][i].other));
        json_array_append_new(changes, one);
    }
    return json_pack("{s:s, s:i, s:o, s:{s:o, s:o, s:o}, s:o}", "name", other->name, "pairs",
                     (int)dh_compare_delta(base, other, "energy.facility_kwh").n_pair, "deltas",
                     deltas_json(base, other), "causes", "power_kw", causes_json(&power), "cost",
                     causes_json(&cost), "carbon_kg", causes_json(&carbon), "scenario_changes", changes);
}

static json_t *fronts_json(const struct dh_comparison *c) {
    json_t *all = json_array();
    for (int32_t f = 0; f < c->n_front; f++) {
        bool on[DH_COMPARE_OTHERS + 1];
        json_t *best = json_array();
        dh_compare_on_front(c, &c->fronts[f], on);
        for (int32_t k = -1; k < c->n_other; k++)
            if (on[k + 1])
                json_array_append_new(best, json_string(k < 0 ? c->base.name : c->others[k].name));
        json_array_append_new(all, json_pack("{s:[s, s], s:o}", "objectives", c->fronts[f].x.key,
                                             c->fronts[f].y.key, "best", best));
    }
    return all;
}

static enum dh_err put_json(const struct dh_comparison *c, struct dh_text *out) {
    json_t *others = json_array();
    for (int32_t k = 0; k < c->n_other; k++)
        json_array_append_new(others, one_json(c, k));
    json_t *root =
        json_pack("{s:s, s:o, s:o}", "base", c->base.name, "others", others, "pareto", fronts_json(c));
    char *dumped = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (!dumped)
        return DH_ERR_MEMORY;
    dh_text_printf(out, "%s\n", dumped);
    free(dumped);
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}

/* ---- all together -----------------------------------------------------------------------------------------
 */

enum dh_err dh_compare(const char *const *results, int32_t n, const struct dh_compare_options *options,
                       dh_write_fn write, void *self, struct dh_diag *diag) {
    if (n < 2 || n > DH_COMPARE_OTHERS + 1)
        return dh_fail(diag, DH_ERR_USAGE, nowhere, "two results, up to %d", DH_COMPARE_OTHERS + 1);
    struct dh_comparison *c = calloc(1, sizeof *c);
    struct dh_arena arena = {0};
    struct dh_text text = {0};
    const char *xml[DH_COMPARE_OTHERS + 1] = {0};
    enum dh_err err = c ? DH_OK : DH_ERR_MEMORY;
    for (int32_t i = 0; i < n && err == DH_OK; i++) {
        err = load(i == 0 ? &c->base : &c->others[i - 1], results[i], &arena, &xml[i], diag);
        c->n_other = i;
    }
    for (int32_t k = 0; err == DH_OK && k < c->n_other; k++)
        if (xml[0] && xml[k + 1])
            err = find_changes(c, k, xml[0], xml[k + 1], &arena, diag);
    if (err == DH_OK) {
        struct dh_report_style style = {
            .color = options->color != 0, .width = options->width, .full = options->full != 0};
        struct dh_compare_front fronts[DH_COMPARE_FRONTS];
        const char *missing;
        name_by_file(c, results, &arena);
        c->n_front = dh_compare_fronts(fronts, c, options->objectives, &arena, &missing);
        c->fronts = fronts;
        if (c->n_front < 0) {
            err = dh_fail(diag, DH_ERR_USAGE, nowhere, "not every result has the figure \"%s\"", missing);
            dh_diag_hint(diag, "two keys of the summary with a comma between them, as cost.total,energy.pue");
        }
        if (err == DH_OK)
            err = options->form == DH_COMPARE_JSON   ? put_json(c, &text)
                  : options->form == DH_COMPARE_HTML ? dh_compare_html_write(c, &text)
                  : options->form == DH_COMPARE_PDF  ? dh_compare_pdf_write(c, &text)
                                                     : dh_compare_text_write(c, &style, &text);
    }
    err = dh_hand_over(&text, err, write, self, diag);
    for (int32_t i = 0; c && i < n; i++)
        free_compared(i == 0 ? &c->base : &c->others[i - 1]);
    dh_arena_free(&arena);
    free(c);
    return err;
}
