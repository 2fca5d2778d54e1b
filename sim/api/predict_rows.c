#include "sim/api/predict_rows.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dh_err no_memory(struct dh_predict_rows *r) {
    return dh_fail(r->p->diag, DH_ERR_MEMORY, (struct dh_place){r->p->input, 0, 0}, "out of memory");
}

/* A field as CSV: quoted where it holds a comma, quote or line break. */
static void put_field(struct dh_text *out, const struct dh_csv_field *f) {
    bool quoted = false;
    for (size_t i = 0; i < f->n; i++)
        quoted |= strchr(",\"\n\r", f->text[i]) != NULL;
    if (!quoted) {
        dh_text_add(out, f->text, f->n);
        return;
    }
    dh_text_puts(out, "\"");
    for (size_t i = 0; i < f->n; i++)
        dh_text_add(out, f->text[i] == '"' ? "\"\"" : &f->text[i], f->text[i] == '"' ? 2 : 1);
    dh_text_puts(out, "\"");
}

enum dh_err dh_predict_rows_open(struct dh_predict_rows *r, struct dh_prediction *p, const char *predicted) {
    *r = (struct dh_predict_rows){.p = p};
    DH_TRY(dh_csv_open(&r->csv, p->input, DH_CSV_HASH_COMMENTS, p->diag));
    r->source = dh_csv_column(&r->csv, "source", NULL, NULL);
    for (int32_t i = 0; i < r->csv.n_column; i++) {
        put_field(&p->out, &r->csv.columns[i]);
        dh_text_puts(&p->out, ",");
    }
    dh_text_printf(&p->out, "%s,low,high,reason\n", predicted);
    return DH_OK;
}

enum dh_err dh_predict_rows_next(struct dh_predict_rows *r, bool *got) {
    DH_TRY(dh_csv_next(&r->csv, got));
    r->p->n_row += *got;
    return DH_OK;
}

void dh_predict_rows_text(const struct dh_predict_rows *r, int32_t column, char *text, size_t room) {
    *text = '\0';
    if (column < 0 || column >= r->csv.n_field)
        return;
    const struct dh_csv_field *f = &r->csv.fields[column];
    const char *from = f->text;
    size_t n = f->n;
    for (; n > 0 && *from == ' '; n--)
        from++;
    while (n > 0 && from[n - 1] == ' ')
        n--;
    n = n < room ? n : room - 1;
    memcpy(text, from, n);
    text[n] = '\0';
}

double dh_predict_rows_number(const struct dh_predict_rows *r, int32_t column) {
    char text[64], *end;
    dh_predict_rows_text(r, column, text, sizeof text);
    double value = strtod(text, &end);
    return end == text || *end || !isfinite(value) ? NAN : value;
}

/* The project that a source names: what stands before the first @, blank, comma or colon. */
static void source_name(const struct dh_predict_rows *r, char name[DH_SOURCE_NAME]) {
    dh_predict_rows_text(r, r->source, name, DH_SOURCE_NAME);
    size_t n = strcspn(name, "@ ,:;");
    name[n] = '\0';
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-')
            *c = '_'; /* a dot would make a level of the key */
    if (!*name)
        strcpy(name, "unnamed");
}

static enum dh_err note_error(struct dh_predict_rows *r, const struct dh_predicted *x) {
    char name[DH_SOURCE_NAME];
    struct dh_predict_source *s = NULL;
    source_name(r, name);
    for (int32_t i = 0; i < r->n_source && !s; i++)
        if (strcmp(r->sources[i].name, name) == 0)
            s = &r->sources[i];
    if (!s) {
        struct dh_predict_source *grown = realloc(r->sources, (size_t)(r->n_source + 1) * sizeof *grown);
        if (!grown)
            return no_memory(r);
        r->sources = grown;
        s = &grown[r->n_source++];
        *s = (struct dh_predict_source){0};
        strcpy(s->name, name);
    }
    if (s->n == s->room) {
        int32_t room = s->room ? 2 * s->room : 64;
        double *grown = realloc(s->errors, (size_t)room * sizeof *grown);
        if (!grown)
            return no_memory(r);
        s->errors = grown;
        s->room = room;
    }
    bool inside = x->measured >= x->low && x->measured <= x->high;
    s->errors[s->n++] = 100 * fabs(x->value - x->measured) / x->measured;
    s->n_inside += inside;
    r->n_banded++;
    r->n_inside += inside;
    return dh_prediction_measured(r->p, x->value, x->measured);
}

static void count_reason(struct dh_predict_rows *r, const char *why) {
    int32_t i = 0;
    while (i < r->n_reason && strncmp(r->reasons[i].why, why, DH_REASON_NAME - 1) != 0)
        i++;
    if (i == (int32_t)(sizeof r->reasons / sizeof *r->reasons))
        return;
    if (i == r->n_reason)
        snprintf(r->reasons[r->n_reason++].why, DH_REASON_NAME, "%s", why);
    r->reasons[i].n++;
}

enum dh_err dh_predict_rows_put(struct dh_predict_rows *r, const struct dh_predicted *x) {
    struct dh_text *out = &r->p->out;
    for (int32_t i = 0; i < r->csv.n_field; i++) {
        put_field(out, &r->csv.fields[i]);
        dh_text_puts(out, ",");
    }
    dh_prediction_put(r->p, x->value, ',');
    dh_prediction_put(r->p, x->low, ',');
    dh_prediction_put(r->p, x->high, ',');
    bool predicted = !isnan(x->value);
    dh_text_printf(out, "%s\n", predicted ? "" : x->why);
    r->p->n_predicted += predicted;
    if (!predicted)
        count_reason(r, x->why);
    else if (x->measured > 0)
        DH_TRY(note_error(r, x));
    return dh_prediction_flush(r->p, false);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void put_source(struct dh_summary *sum, struct dh_predict_source *s) {
    char key[DH_SOURCE_NAME + 32];
    double total = 0;
    qsort(s->errors, (size_t)s->n, sizeof *s->errors, ascending);
    for (int32_t i = 0; i < s->n; i++)
        total += s->errors[i];
#define PUT(what, kind, unit, value, about)                                                                  \
    snprintf(key, sizeof key, "by_source.%s." what, s->name);                                                \
    dh_summary_##kind(sum, key, unit, value, about)
    PUT("measured", integer, "1", s->n, "predictions with a measured value");
    PUT("mape", number, "%", total / s->n, "mean error");
    PUT("median", number, "%", s->errors[(s->n - 1) / 2], "median error");
    PUT("p90", number, "%", s->errors[(int32_t)ceil(0.9 * (s->n - 1))], "90th percentile of errors");
    PUT("coverage90", number, "1", (double)s->n_inside / s->n,
        "share of measured values between low and high");
#undef PUT
}

void dh_predict_rows_summary(struct dh_predict_rows *r) {
    struct dh_summary *sum = r->p->summary;
    char key[64];
    dh_summary_integer(sum, "rows", "1", r->p->n_row, "rows read");
    dh_summary_integer(sum, "predicted", "1", r->p->n_predicted, "rows with a prediction");
    for (int32_t i = 0; i < r->n_reason; i++) {
        snprintf(key, sizeof key, "not_predicted.%d.reason", i);
        dh_summary_text(sum, key, r->reasons[i].why, "why rows have no prediction");
        snprintf(key, sizeof key, "not_predicted.%d.rows", i);
        dh_summary_integer(sum, key, "1", r->reasons[i].n, "rows without a prediction");
    }
    if (r->n_banded > 0)
        dh_summary_number(sum, "coverage90", "1", (double)r->n_inside / r->n_banded,
                          "share of measured values between low and high");
    for (int32_t i = 0; i < r->n_source; i++)
        put_source(sum, &r->sources[i]);
}

void dh_predict_rows_close(struct dh_predict_rows *r) {
    for (int32_t i = 0; i < r->n_source; i++)
        free(r->sources[i].errors);
    free(r->sources);
    dh_csv_close(&r->csv);
    *r = (struct dh_predict_rows){0};
}
