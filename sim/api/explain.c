/* datahall report --explain: values of expressions over a result, and what they rest on. */
#include "sim/api/explain.h"

#include <datahall/datahall.h>
#include "output/formula.h"
#include "output/report_page.h"
#include "output/summary_keys.h"
#include "scenarios/scenario_evidence.h"
#include "sim/api/replicate.h"
#include "sim/diag.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_VALUES = 1 << 16 };

/* ---- series -----------------------------------------------------------------------------------------------
 */

struct integral {
    double sum, time, most, last;
    double before; /* start of the row that is being read; NAN: none yet */
    double row;    /* its sum */
};

/* The row that was read last lasts until `next`. */
static void close_row(struct integral *in, double next) {
    if (isnan(in->before))
        return;
    in->sum += in->row * (next - in->before);
    in->time += next - in->before;
}

static void put_row(struct integral *in, double time, const double *values, int64_t width, int64_t only) {
    double sum = 0;
    if (!isnan(time))
        close_row(in, time);
    for (int64_t c = 0; c < width; c++)
        if ((only < 0 || c == only) && !isnan(values[c])) {
            sum += values[c];
            in->most = isnan(in->most) || values[c] > in->most ? values[c] : in->most;
        }
    in->before = time;
    in->row = in->last = sum;
}

/* "/storage/store_usd[2]" into its parts. */
static const struct dh_result_dataset *find_series(struct dh_result *result, const char *name, int64_t *only,
                                                   const struct dh_result_dataset **time) {
    char group[256], set[256];
    const char *slash = strchr(name + 1, '/'), *bracket = strchr(name, '[');
    if (!slash)
        return NULL;
    snprintf(group, sizeof group, "%.*s", (int)(slash - name - 1), name + 1);
    snprintf(set, sizeof set, "%.*s", (int)strcspn(slash + 1, "["), slash + 1);
    *only = bracket ? strtoll(bracket + 1, NULL, 10) : -1;
    *time = dh_result_find(result, group, "time");
    return dh_result_find(result, group, set);
}

static double series_value(struct dh_explained *e, const char *function, const char *name) {
    const struct dh_result_dataset *time;
    int64_t only;
    const struct dh_result_dataset *set = find_series(e->result, name, &only, &time);
    if (!set || (only >= 0 && only >= set->columns))
        return NAN;
    if (strcmp(function, "count") == 0)
        return (double)set->rows;
    if (set->kind == DH_RESULT_TEXT || set->rows == 0 || set->columns <= 0)
        return NAN;
    bool timed = time && time->rows >= set->rows;
    int64_t window = WINDOW_VALUES / set->columns + 1;
    double *values = malloc((size_t)(window * set->columns) * sizeof *values),
           *times = malloc((size_t)window * sizeof *times);
    struct integral in = {.most = NAN, .last = NAN, .before = NAN};
    double total = 0;
    bool whole = values && times;
    for (int64_t first = 0; whole && first < set->rows; first += window) {
        int64_t n = set->rows - first < window ? set->rows - first : window;
        whole = dh_result_numbers(e->result, set, first, n, values) == DH_OK &&
                (!timed || dh_result_numbers(e->result, time, first, n, times) == DH_OK);
        for (int64_t i = 0; whole && i < n; i++) {
            put_row(&in, timed ? times[i] : NAN, values + i * set->columns, set->columns, only);
            total += in.row;
        }
    }
    free(values);
    free(times);
    if (!whole)
        return NAN;
    close_row(&in, dh_result_contents(e->result)->duration_s);
    return strcmp(function, "total") == 0      ? total
           : strcmp(function, "highest") == 0  ? in.most
           : strcmp(function, "last") == 0     ? in.last
           : !timed                            ? NAN
           : strcmp(function, "integral") == 0 ? in.sum
                                               : in.sum / in.time;
}

/* ---- expressions ------------------------------------------------------------------------------------------
 */

static double atom_value(void *self, enum dh_formula_atom atom, const char *function, const char *name) {
    struct dh_explained *e = self;
    double sum = NAN;
    switch (atom) {
    case DH_FORMULA_KEY:
        return dh_summary_value(e->summary, name);
    case DH_FORMULA_SUM:
        for (int32_t i = 0; i < e->summary->n_entry; i++)
            if (dh_summary_pattern_fits(name, e->summary->entries[i].key))
                sum = (isnan(sum) ? 0 : sum) + dh_summary_value(e->summary, e->summary->entries[i].key);
        return sum;
    case DH_FORMULA_SERIES:
        return series_value(e, function, name);
    case DH_FORMULA_FIGURE:
        return e->has_scenario ? dh_scenario_figure(&e->scenario.spec, name).si : NAN;
    }
    return NAN;
}

double dh_explain_value(struct dh_explained *e, const char *expression) {
    double value;
    return dh_formula_value(expression, atom_value, e, &value) == DH_OK ? value : NAN;
}

struct gathering {
    struct dh_explained *e;
    struct dh_explain_input *inputs;
    int32_t n;
    bool values;
};

static void gather(struct gathering *g, enum dh_formula_atom atom, const char *function, const char *name) {
    for (int32_t i = 0; i < g->n; i++)
        if (strcmp(g->inputs[i].name, name) == 0 && strcmp(g->inputs[i].function, function) == 0)
            return;
    if (g->n == DH_MOST_INPUTS)
        return;
    struct dh_explain_input *in = &g->inputs[g->n];
    *in = (struct dh_explain_input){.name = dh_arena_strdup(&g->e->mem, name),
                                    .function = dh_arena_strdup(&g->e->mem, function),
                                    .atom = atom,
                                    .value = NAN};
    if (!in->name || !in->function)
        return;
    if (g->values)
        in->value = atom_value(g->e, atom, function, name);
    g->n++;
}

static double gather_atom(void *self, enum dh_formula_atom atom, const char *function, const char *name) {
    struct gathering *g = self;
    if (atom != DH_FORMULA_SUM) {
        gather(g, atom, function, name);
        return 1;
    }
    const struct dh_summary *s = g->e->summary;
    for (int32_t i = 0; i < s->n_entry; i++)
        if (dh_summary_pattern_fits(name, s->entries[i].key))
            gather(g, DH_FORMULA_KEY, "", s->entries[i].key);
    return 1;
}

int32_t dh_explain_inputs(struct dh_explained *e, const char *expression,
                          struct dh_explain_input inputs[static DH_MOST_INPUTS]) {
    struct gathering g = {.e = e, .inputs = inputs, .values = true};
    double ignored;
    (void)dh_formula_value(expression, gather_atom, &g, &ignored);
    return g.n;
}

/* ---- what it rests on -------------------------------------------------------------------------------------
 */

static uint32_t rests_of(struct dh_explained *e, const char *key, int depth) {
    int32_t row = dh_how_find(key);
    uint32_t bits = 0;
    if (row < 0 || depth > 6)
        return 0;
    struct dh_how how = dh_how_at(row);
    for (int32_t i = 0; dh_rests_at(i).word; i++)
        if (dh_text_has_word(how.rests, dh_rests_at(i).word))
            bits |= 1u << i;
    char expression[1200];
    if (how.kind != DH_HOW_FORMULA || !dh_how_formula(row, key, expression, sizeof expression))
        return bits;
    struct dh_explain_input inputs[DH_MOST_INPUTS];
    struct gathering g = {.e = e, .inputs = inputs};
    double ignored;
    (void)dh_formula_value(expression, gather_atom, &g, &ignored);
    for (int32_t i = 0; i < g.n; i++)
        if (inputs[i].atom == DH_FORMULA_KEY && dh_summary_find(e->summary, inputs[i].name))
            bits |= rests_of(e, inputs[i].name, depth + 1);
    return bits;
}

uint32_t dh_explain_rests(struct dh_explained *e, const char *key) {
    return rests_of(e, key, 0);
}

struct counting {
    const char *elements;
    int64_t *count;
};

static void count_source(void *self, const char *element, const char *id,
                         const struct dh_source_spec *source) {
    struct counting *c = self;
    (void)id;
    if (dh_text_has_word(c->elements, element) && !dh_evidence_is_aside(source) && source->evidence >= 0 &&
        source->evidence < DH_N_EVIDENCE)
        c->count[source->evidence]++;
}

void dh_explain_evidence(const struct dh_explained *e, int32_t i, int64_t count[static DH_N_EVIDENCE]) {
    struct counting c = {dh_rests_at(i).elements, count};
    memset(count, 0, DH_N_EVIDENCE * sizeof *count);
    if (e->has_scenario)
        dh_scenario_each_source(&e->scenario.spec, count_source, &c);
}

struct dh_explain_interval dh_explain_interval(struct dh_explained *e, const char *key) {
    struct dh_explain_interval interval = {0, NAN, NAN};
    const struct dh_result_dataset *d = dh_result_find(e->result, "replications", key);
    if (!d || d->rank != 1 || d->kind == DH_RESULT_TEXT || d->rows < 2 || d->rows > 1000000)
        return interval;
    double *values = malloc((size_t)d->rows * sizeof *values);
    if (values && dh_result_numbers(e->result, d, 0, d->rows, values) == DH_OK) {
        struct dh_interval of = dh_interval_of(values, (int32_t)d->rows, 1);
        interval = (struct dh_explain_interval){of.n, of.mean, of.half_width};
    }
    free(values);
    return interval;
}

const char *dh_explain_number(char room[static 64], double v) {
    int decimals = 6;
    if (v != 0 && isfinite(v))
        decimals = 5 - (int)floor(log10(fabs(v)));
    if (v == round(v) && fabs(v) < 1e15)
        decimals = 0;
    decimals = decimals < 0 ? 0 : decimals;
    if (decimals > 9)
        snprintf(room, 64, "%.5e", v);
    else
        dh_page_grouped(room, v, decimals);
    return room;
}

/* ---- the whole --------------------------------------------------------------------------------------------
 */

static const struct dh_place nowhere = {NULL, 0, 0};

static enum dh_err explain_all(struct dh_explained *e, const struct dh_explain_options *options,
                               struct dh_text *out) {
    bool first = true;
    dh_text_puts(out, options->json ? "[\n" : "");
    for (int32_t i = 0; i < e->summary->n_entry; i++) {
        if (!first)
            dh_text_puts(out, options->json ? ",\n" : "\n");
        first = false;
        if (options->json)
            dh_explain_json(e, e->summary->entries[i].key, out);
        else
            dh_explain_text(e, e->summary->entries[i].key, options->width, options->full, out);
    }
    dh_text_puts(out, options->json ? "\n]\n" : "");
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}

static enum dh_err explain(struct dh_explained *e, const char *key, const struct dh_explain_options *options,
                           struct dh_text *out) {
    if (strcmp(key, "all") == 0)
        return explain_all(e, options, out);
    if (options->json)
        dh_explain_json(e, key, out);
    else
        dh_explain_text(e, key, options->width, options->full, out);
    dh_text_puts(out, options->json ? "\n" : "");
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}

enum dh_err dh_explain_check(const char *key, struct dh_diag *diag) {
    if (strcmp(key, "all") == 0 || dh_summary_key_find(key) >= 0)
        return DH_OK;
    const char *near = dh_summary_key_nearest(key);
    dh_fail(diag, DH_ERR_USAGE, nowhere, "no summary has a key '%s'", key);
    if (near)
        dh_diag_hint(diag, "did you mean '%s'?", near);
    else
        dh_diag_hint(diag, "'datahall report --json' prints the keys");
    return DH_ERR_USAGE;
}

enum dh_err dh_result_explain(const char *path, const char *key, const struct dh_explain_options *options,
                              dh_write_fn write, void *self, struct dh_diag *diag) {
    static const struct dh_explain_options none = {0};
    struct dh_explained e = {0};
    struct dh_summary *summary = NULL;
    struct dh_text out = {0};
    DH_TRY(dh_explain_check(key, diag));
    DH_TRY(dh_summary_read(&summary, path, diag));
    enum dh_err err = dh_result_open(&e.result, path, diag);
    if (err == DH_OK) {
        e.summary = summary;
        struct dh_scenario_options plain = {0};
        struct dh_diag *silent = dh_diag_new(); /* without its scenario much can still be said */
        const char *xml = dh_result_provenance(e.result, "scenario_xml", &e.mem);
        e.has_scenario =
            xml && silent &&
            dh_scenario_read_memory(&e.scenario, xml, strlen(xml), "scenario", ".", &plain, silent) == DH_OK;
        dh_diag_delete(silent);
        err = explain(&e, key, options ? options : &none, &out);
        if (err == DH_ERR_MEMORY || !out.at)
            err = dh_fail(diag, DH_ERR_MEMORY, nowhere, "no memory for the explanation");
        else if (write(self, out.at, out.n) != 0)
            err = dh_fail(diag, DH_ERR_IO, nowhere, "the explanation could not be written");
    }
    dh_scenario_free(&e.scenario);
    dh_text_free(&out);
    dh_result_close(e.result);
    dh_summary_delete(summary);
    dh_arena_free(&e.mem);
    return err;
}
