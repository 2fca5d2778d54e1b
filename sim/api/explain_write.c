/* datahall report --explain: one number's explanation as text and as JSON. */
#include "sim/api/explain.h"

#include "output/formula.h"
#include "output/report_page.h"
#include "output/summary_json.h"
#include "output/summary_keys.h"
#include "scenarios/scenario_evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is known of a key before its inputs are. */
struct about {
    const struct dh_summary_entry *entry; /* NULL: absent from this result */
    struct dh_summary_key key;
    struct dh_how how;
    char expression[1200]; /* "" where it is none */
    double recomputed;     /* NAN */
};

static void find_about(struct dh_explained *e, const char *key, struct about *a) {
    int32_t row = dh_summary_key_find(key), how = dh_how_find(key);
    *a = (struct about){.recomputed = NAN};
    a->entry = dh_summary_find(e->summary, key);
    a->key = dh_summary_key_at(row);
    if (!a->key.pattern) /* of another version */
        a->key =
            (struct dh_summary_key){key, a->entry ? a->entry->unit : "", a->entry ? a->entry->about : "", ""};
    a->how = how >= 0
                 ? dh_how_at(how)
                 : (struct dh_how){.pattern = "", .kind = DH_HOW_GIVEN, .rests = "", .from = "", .how = ""};
    if (how >= 0 && a->how.kind == DH_HOW_FORMULA &&
        dh_how_formula(how, key, a->expression, sizeof a->expression) && a->entry)
        a->recomputed = dh_explain_value(e, a->expression);
}

/* "USD/h" in the scenario's currency; "" for none. */
static void unit_of(const struct dh_explained *e, const char *unit, char room[static 64]) {
    const struct dh_summary_entry *currency = dh_summary_find(e->summary, "cost.currency");
    if (strcmp(unit, "1") == 0)
        unit = "";
    if (currency && currency->kind == DH_SUMMARY_TEXT && strncmp(unit, "USD", 3) == 0)
        snprintf(room, 64, "%.20s%.40s", currency->text, unit + 3);
    else
        snprintf(room, 64, "%.60s", unit);
}

/* ---- text -------------------------------------------------------------------------------------------------
 */

static void put_wrapped(struct dh_page *page, int indent, const char *first, const char *text) {
    char start[200];
    int n = snprintf(start, sizeof start, "%*s%s", indent, "", first);
    if (first[0] && n <= indent + 4) /* else the words' own blank stands there */
        snprintf(start, sizeof start, "%*s%s ", indent, "", first);
    dh_page_wrapped(page, DH_TONE_PLAIN, start, indent + 4, text);
}

static void put_key_input(struct dh_explained *e, struct dh_page *page, const char *name, double value) {
    char number[64], unit[64], line[1600];
    struct about a;
    find_about(e, name, &a);
    unit_of(e, a.key.unit, unit);
    snprintf(line, sizeof line, "= %s %s: %s", isnan(value) ? "absent" : dh_explain_number(number, value),
             unit, a.key.about);
    put_wrapped(page, 4, name, line);
    if (a.expression[0] && !isnan(value)) {
        snprintf(line, sizeof line, "%s", a.expression);
        put_wrapped(page, 8, "=", line);
    } else if (!isnan(value) && a.how.how[0]) {
        snprintf(line, sizeof line, "%s%s%s", a.how.from, a.how.from[0] ? ": " : "", a.how.how);
        put_wrapped(page, 8, a.how.kind == DH_HOW_GIVEN ? "given:" : "from:", line);
    }
}

static void put_figure_input(struct dh_explained *e, struct dh_page *page, const char *name) {
    char line[1600];
    struct dh_figure f = e->has_scenario ? dh_scenario_figure(&e->scenario.spec, name)
                                         : (struct dh_figure){.si = NAN, .about = ""};
    snprintf(line, sizeof line, "= %s: %s", isnan(f.si) ? "absent" : f.text, f.about);
    put_wrapped(page, 4, name, line);
    if (f.source) {
        snprintf(line, sizeof line, "%s", f.source->text);
        char first[40];
        snprintf(first, sizeof first, "%s:", dh_evidence_word(f.source->evidence));
        put_wrapped(page, 8, first, line);
    } else if (!isnan(f.si)) {
        put_wrapped(page, 8, "scenario:", "no source is named");
    }
}

static void put_inputs(struct dh_explained *e, struct dh_page *page, const char *expression) {
    struct dh_explain_input inputs[DH_MOST_INPUTS];
    int32_t n = dh_explain_inputs(e, expression, inputs);
    for (int32_t i = 0; i < n; i++) {
        char number[64], line[500];
        if (inputs[i].atom == DH_FORMULA_KEY) {
            put_key_input(e, page, inputs[i].name, inputs[i].value);
        } else if (inputs[i].atom == DH_FORMULA_FIGURE) {
            put_figure_input(e, page, inputs[i].name);
        } else {
            snprintf(line, sizeof line, "(%s) = %s", inputs[i].name,
                     isnan(inputs[i].value) ? "absent" : dh_explain_number(number, inputs[i].value));
            put_wrapped(page, 4, inputs[i].function, line);
        }
    }
}

struct telling {
    struct dh_page *page;
    const char *elements;
    bool all;
};

static void tell_source(void *self, const char *element, const char *id,
                        const struct dh_source_spec *source) {
    struct telling *t = self;
    char first[120], line[2000];
    if (!dh_text_has_word(t->elements, element) || dh_evidence_is_aside(source) ||
        (!t->all && source->evidence != DH_EVIDENCE_ASSUMED))
        return;
    snprintf(first, sizeof first, "%s:", dh_evidence_word(source->evidence));
    if (t->all)
        snprintf(line, sizeof line, "%s %.200s, %.300s: %.1200s", element, id, source->figures, source->text);
    else
        snprintf(line, sizeof line, "%s %.200s, %.300s", element, id, source->figures);
    put_wrapped(t->page, 8, first, line);
}

static void put_kernels(struct dh_explained *e, struct dh_page *page) {
    for (int i = 0; dh_page_list_text(page, "kernels", i, "device"); i++) {
        char line[600], number[64];
        snprintf(
            line, sizeof line,
            "%s %s %s: %s, %s GPU hours; 90 %% of measured times lie between %.3g and %.3g of the "
            "prediction",
            dh_page_list_text(page, "kernels", i, "device"), dh_page_list_text(page, "kernels", i, "family"),
            dh_page_list_text(page, "kernels", i, "format"), dh_page_list_text(page, "kernels", i, "origin"),
            dh_explain_number(number, dh_page_list_value(page, "kernels", i, "gpu_h")),
            dh_page_list_value(page, "kernels", i, "low"), dh_page_list_value(page, "kernels", i, "high"));
        put_wrapped(page, 8, "kernels:", line);
    }
    (void)e;
}

static void put_rests(struct dh_explained *e, struct dh_page *page, uint32_t bits, bool all) {
    bool any = false;
    for (int32_t i = 0; dh_rests_at(i).word; i++) {
        struct dh_rests rests = dh_rests_at(i);
        if (!(bits & 1u << i) || !rests.elements[0])
            continue;
        int64_t count[DH_N_EVIDENCE], sum = 0;
        char line[400] = "";
        dh_explain_evidence(e, i, count);
        for (int k = 0; k < DH_N_EVIDENCE; k++)
            sum += count[k];
        for (int k = 0; k < DH_N_EVIDENCE; k++)
            if (count[k] > 0)
                snprintf(line + strlen(line), sizeof line - strlen(line), "%s%lld %s", line[0] ? ", " : "",
                         (long long)count[k], dh_evidence_word(k));
        if (!any)
            dh_text_printf(page->out, "  rests on figures of the scenario and its catalogs%s\n",
                           all ? "" : ", whose sources --full prints");
        any = true;
        char first[200];
        snprintf(first, sizeof first, "%s:", rests.about);
        put_wrapped(page, 4, first, sum > 0 ? line : "the scenario's own figures, no source named");
        struct telling t = {page, rests.elements, all};
        if (e->has_scenario)
            dh_scenario_each_source(&e->scenario.spec, tell_source, &t);
        if (strcmp(rests.word, "time") == 0)
            put_kernels(e, page);
    }
}

static void put_sure(struct dh_explained *e, struct dh_page *page, const struct about *a, const char *key) {
    struct dh_explain_interval interval = dh_explain_interval(e, key);
    char line[300], mean[64], half[64], unit[64];
    unit_of(e, a->key.unit, unit);
    if (interval.n >= 2)
        snprintf(line, sizeof line, "mean of %d seeds %s %s, 95 %% interval of the mean +- %s",
                 (int)interval.n, dh_explain_number(mean, interval.mean), unit,
                 dh_explain_number(half, interval.half_width));
    else if (a->how.kind == DH_HOW_GIVEN)
        snprintf(line, sizeof line, "as sure as the figures that it was worked out from; no seed changes it");
    else
        snprintf(
            line, sizeof line,
            "one run: what another seed would give is not known; run --replications says how sure it is");
    put_wrapped(page, 2, "how sure:", line);
}

void dh_explain_text(struct dh_explained *e, const char *key, int32_t width, bool all_sources,
                     struct dh_text *out) {
    struct about a;
    char number[64], unit[64], line[1600];
    struct dh_page page = {
        .form = &dh_page_form_text, .summary = e->summary, .out = out, .style.width = width ? width : 100};
    find_about(e, key, &a);
    unit_of(e, a.key.unit, unit);
    if (!a.entry)
        dh_text_printf(out, "%s: not in this result: its scenario does not model it, or it is a pattern\n",
                       key);
    else if (a.entry->kind == DH_SUMMARY_TEXT)
        dh_text_printf(out, "%s = ", key), dh_page_wrapped(&page, DH_TONE_PLAIN, "", 4, a.entry->text);
    else
        dh_text_printf(out, "%s = %s%s%s\n", key,
                       dh_explain_number(number, dh_summary_value(e->summary, key)), unit[0] ? " " : "",
                       unit);
    put_wrapped(&page, 2, "", a.key.about);
    if (a.key.source[0])
        put_wrapped(&page, 2, "defined by", a.key.source);
    if (a.expression[0]) {
        put_wrapped(&page, 2, "=", a.expression);
        if (!isnan(a.recomputed)) {
            snprintf(line, sizeof line, "%s %s from", dh_explain_number(number, a.recomputed), unit);
            put_wrapped(&page, 2, "=", line);
        }
        put_inputs(e, &page, a.expression);
    } else if (a.how.how[0]) {
        snprintf(line, sizeof line, "%s%s%s", a.how.from, a.how.from[0] ? ": " : "", a.how.how);
        put_wrapped(&page, 2,
                    a.how.kind == DH_HOW_GIVEN   ? "given:"
                    : a.how.kind == DH_HOW_STATE ? "kept by the run:"
                                                 : "from",
                    line);
    }
    if (a.key.unit[0]) {
        put_rests(e, &page, dh_explain_rests(e, key), all_sources);
        put_sure(e, &page, &a, key);
    }
    dh_arena_free(&page.mem);
}

/* ---- JSON -------------------------------------------------------------------------------------------------
 */

static void put_string(struct dh_text *out, const char *name, const char *text, bool more) {
    dh_text_puts(out, "\"");
    dh_text_puts(out, name);
    dh_text_puts(out, "\": ");
    dh_json_put_string(out, text ? text : "");
    dh_text_puts(out, more ? ", " : "");
}

static void put_number(struct dh_text *out, const char *name, double v, bool more) {
    char number[40] = "null";
    if (isfinite(v))
        dh_number_format(v, number, sizeof number);
    dh_text_printf(out, "\"%s\": %s%s", name, number, more ? ", " : "");
}

static void put_json_input(struct dh_explained *e, const struct dh_explain_input *in, struct dh_text *out) {
    dh_text_puts(out, "{");
    if (in->function[0])
        put_string(out, "function", in->function, true);
    put_string(out, "name", in->name, true);
    if (in->atom == DH_FORMULA_KEY) {
        struct about a;
        find_about(e, in->name, &a);
        put_string(out, "unit", a.key.unit, true);
        put_string(out, "about", a.key.about, true);
        put_string(out, "how", dh_how_word(a.how.kind), true);
        put_string(out, "formula", a.expression, true);
    } else if (in->atom == DH_FORMULA_FIGURE && e->has_scenario) {
        struct dh_figure f = dh_scenario_figure(&e->scenario.spec, in->name);
        put_string(out, "text", f.text, true);
        put_string(out, "about", f.about, true);
        put_string(out, "evidence", f.source ? dh_evidence_word(f.source->evidence) : "not said", true);
        put_string(out, "source", f.source ? f.source->text : "", true);
    }
    put_number(out, "value", in->value, false);
    dh_text_puts(out, "}");
}

static void put_json_rests(struct dh_explained *e, uint32_t bits, struct dh_text *out) {
    bool any = false;
    dh_text_puts(out, "\"rests_on\": [");
    for (int32_t i = 0; dh_rests_at(i).word; i++) {
        int64_t count[DH_N_EVIDENCE];
        if (!(bits & 1u << i))
            continue;
        dh_explain_evidence(e, i, count);
        dh_text_puts(out, any ? ", {" : "{");
        any = true;
        put_string(out, "word", dh_rests_at(i).word, true);
        put_string(out, "about", dh_rests_at(i).about, true);
        for (int k = 0; k < DH_N_EVIDENCE; k++)
            dh_text_printf(out, "\"%s\": %lld%s", dh_evidence_word(k), (long long)count[k],
                           k + 1 < DH_N_EVIDENCE ? ", " : "}");
    }
    dh_text_puts(out, "], ");
}

void dh_explain_json(struct dh_explained *e, const char *key, struct dh_text *out) {
    struct about a;
    find_about(e, key, &a);
    dh_text_puts(out, "{");
    put_string(out, "key", key, true);
    if (a.entry && a.entry->kind == DH_SUMMARY_TEXT)
        put_string(out, "value", a.entry->text, true);
    else
        put_number(out, "value", dh_summary_value(e->summary, key), true);
    put_string(out, "unit", a.key.unit, true);
    put_string(out, "about", a.key.about, true);
    put_string(out, "definition", a.key.source, true);
    put_string(out, "how", a.key.unit[0] ? dh_how_word(a.how.kind) : "text", true);
    put_string(out, "formula", a.expression, true);
    put_string(out, "from", a.how.kind == DH_HOW_FROM ? a.how.from : "", true);
    put_string(out, "words", a.how.how, true);
    put_number(out, "recomputed", a.recomputed, true);
    dh_text_puts(out, "\"inputs\": [");
    if (a.expression[0]) {
        struct dh_explain_input inputs[DH_MOST_INPUTS];
        int32_t n = dh_explain_inputs(e, a.expression, inputs);
        for (int32_t i = 0; i < n; i++) {
            dh_text_puts(out, i > 0 ? ", " : "");
            put_json_input(e, &inputs[i], out);
        }
    }
    dh_text_puts(out, "], ");
    put_json_rests(e, dh_explain_rests(e, key), out);
    struct dh_explain_interval interval = dh_explain_interval(e, key);
    dh_text_printf(out, "\"replications\": %d", (int)interval.n);
    if (interval.n > 1) {
        dh_text_puts(out, ", ");
        put_number(out, "mean", interval.mean, true);
        put_number(out, "half_width_95", interval.half_width, false);
    }
    dh_text_puts(out, "}");
}
