#include "sim/api/predict_rows.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dh_predict_rows_head(struct dh_predict_rows *r) {
    for (int32_t i = 0; i < r->csv.n_column; i++) {
        dh_text_put_csv(&r->p->out, r->csv.columns[i].text, r->csv.columns[i].n);
        dh_text_puts(&r->p->out, ",");
    }
}

enum dh_err dh_predict_rows_open(struct dh_predict_rows *r, struct dh_prediction *p, const char *predicted) {
    *r = (struct dh_predict_rows){.p = p};
    DH_TRY(dh_csv_open(&r->csv, p->input, DH_CSV_HASH_COMMENTS, p->diag));
    r->source = dh_csv_column(&r->csv, "source", NULL, NULL);
    dh_predict_rows_head(r);
    dh_text_printf(&p->out, strchr(predicted, ',') ? "%s,reason\n" : "%s,low,high,reason\n", predicted);
    return DH_OK;
}

enum dh_err dh_predict_rows_next(struct dh_predict_rows *r, bool *got) {
    DH_TRY(dh_csv_next(&r->csv, got));
    r->p->n_row += *got;
    return DH_OK;
}

/* The project that a source names: what stands before the first @, blank, comma or colon. */
static void source_name(const struct dh_predict_rows *r, char name[DH_SOURCE_NAME]) {
    dh_csv_text(&r->csv, r->source, name, DH_SOURCE_NAME);
    size_t n = strcspn(name, "@ ,:;");
    name[n] = '\0';
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-')
            *c = '_'; /* a dot would make a level of the key */
    if (!*name)
        strcpy(name, "unnamed");
}

static struct dh_predict_source *source_of(struct dh_predict_errors *e, const char *name) {
    for (int32_t i = 0; i < e->n_source; i++)
        if (strcmp(e->sources[i].name, name) == 0)
            return &e->sources[i];
    struct dh_predict_source *grown = realloc(e->sources, (size_t)(e->n_source + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    e->sources = grown;
    grown[e->n_source] = (struct dh_predict_source){0};
    strcpy(grown[e->n_source].name, name);
    return &grown[e->n_source++];
}

enum dh_err dh_predict_errors_note(struct dh_predict_errors *e, const struct dh_predict_rows *r,
                                   const struct dh_predicted *x) {
    char name[DH_SOURCE_NAME];
    if (!(x->measured > 0) || isnan(x->value))
        return DH_OK;
    source_name(r, name);
    struct dh_predict_source *s = source_of(e, name);
    if (!s)
        return DH_ERR_MEMORY;
    if (s->n == s->room) {
        int32_t room = s->room ? 2 * s->room : 64;
        double *grown = realloc(s->errors, (size_t)room * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        s->errors = grown;
        s->room = room;
    }
    bool inside = x->measured >= x->low && x->measured <= x->high;
    s->errors[s->n++] = 100 * fabs(x->value - x->measured) / x->measured;
    s->n_inside += inside;
    e->n_banded++;
    e->n_inside += inside;
    return DH_OK;
}

static enum dh_err note_error(struct dh_predict_rows *r, const struct dh_predicted *x) {
    if (dh_predict_errors_note(&r->errors, r, x) != DH_OK)
        return dh_fail(r->p->diag, DH_ERR_MEMORY, (struct dh_place){r->p->input, 0, 0}, "out of memory");
    return dh_prediction_measured(r->p, x->value, x->measured);
}

void dh_predict_reason(struct dh_predict_reasons *reasons, const char *why) {
    int32_t i = 0, most = (int32_t)(sizeof reasons->rows / sizeof *reasons->rows);
    while (i < reasons->n && strncmp(reasons->rows[i].why, why, DH_REASON_NAME - 1) != 0)
        i++;
    if (i == most)
        return;
    if (i == reasons->n)
        snprintf(reasons->rows[reasons->n++].why, DH_REASON_NAME, "%s", why);
    reasons->rows[i].n++;
}

void dh_predict_reasons_put(const struct dh_predict_reasons *reasons, struct dh_summary *summary) {
    char key[64];
    for (int32_t i = 0; i < reasons->n; i++) {
        snprintf(key, sizeof key, "not_predicted.%d.reason", i);
        dh_summary_text(summary, key, reasons->rows[i].why, "why rows have no prediction");
        snprintf(key, sizeof key, "not_predicted.%d.rows", i);
        dh_summary_integer(summary, key, "1", reasons->rows[i].n, "rows without a prediction");
    }
}

void dh_predict_rows_copy(struct dh_predict_rows *r) {
    for (int32_t i = 0; i < r->csv.n_field; i++) {
        dh_text_put_csv(&r->p->out, r->csv.fields[i].text, r->csv.fields[i].n);
        dh_text_puts(&r->p->out, ",");
    }
}

enum dh_err dh_predict_rows_put(struct dh_predict_rows *r, const struct dh_predicted *x) {
    struct dh_text *out = &r->p->out;
    dh_predict_rows_copy(r);
    dh_prediction_put(r->p, x->value, ',');
    dh_prediction_put(r->p, x->low, ',');
    dh_prediction_put(r->p, x->high, ',');
    bool predicted = !isnan(x->value);
    dh_text_printf(out, "%s\n", predicted ? "" : x->why);
    r->p->n_predicted += predicted;
    if (!predicted)
        dh_predict_reason(&r->reasons, x->why);
    else if (x->measured > 0)
        DH_TRY(note_error(r, x));
    return dh_prediction_flush(r->p, false);
}

static void put_source(struct dh_summary *sum, const char *prefix, struct dh_predict_source *s) {
    char key[DH_SOURCE_NAME + 64];
    snprintf(key, sizeof key, "%sby_source.%s.", prefix, s->name);
    dh_prediction_put_errors(sum, key, s->errors, s->n);
    snprintf(key, sizeof key, "%sby_source.%s.coverage90", prefix, s->name);
    dh_summary_number(sum, key, "1", (double)s->n_inside / s->n,
                      "share of measured values between low and high");
}

static enum dh_err put_total(const struct dh_predict_errors *e, struct dh_summary *sum, const char *prefix) {
    double *all = malloc((size_t)e->n_banded * sizeof *all);
    int32_t n = 0;
    if (!all)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < e->n_source; i++) {
        memcpy(all + n, e->sources[i].errors, (size_t)e->sources[i].n * sizeof *all);
        n += e->sources[i].n;
    }
    dh_prediction_put_errors(sum, prefix, all, n);
    free(all);
    return DH_OK;
}

enum dh_err dh_predict_errors_put(struct dh_predict_errors *e, struct dh_summary *sum, const char *prefix,
                                  bool total) {
    char key[64];
    if (e->n_banded == 0)
        return DH_OK;
    if (total)
        DH_TRY(put_total(e, sum, prefix));
    snprintf(key, sizeof key, "%scoverage90", prefix);
    dh_summary_number(sum, key, "1", (double)e->n_inside / e->n_banded,
                      "share of measured values between low and high");
    for (int32_t i = 0; i < e->n_source; i++)
        put_source(sum, prefix, &e->sources[i]);
    return DH_OK;
}

void dh_predict_errors_free(struct dh_predict_errors *e) {
    for (int32_t i = 0; i < e->n_source; i++)
        free(e->sources[i].errors);
    free(e->sources);
    *e = (struct dh_predict_errors){0};
}

void dh_predict_rows_summary(struct dh_predict_rows *r) {
    struct dh_summary *sum = r->p->summary;
    dh_summary_integer(sum, "rows", "1", r->p->n_row, "rows read");
    dh_summary_integer(sum, "predicted", "1", r->p->n_predicted, "rows with a prediction");
    dh_predict_reasons_put(&r->reasons, sum);
    dh_predict_errors_put(&r->errors, sum, "", false);
}

enum dh_err dh_predict_rows_each(struct dh_predict_rows *r, enum dh_err (*row)(void *self), void *self) {
    bool got = true;
    for (;;) {
        DH_TRY(dh_predict_rows_next(r, &got));
        if (!got)
            break;
        DH_TRY(row(self));
    }
    dh_predict_rows_summary(r);
    return DH_OK;
}

void dh_predict_rows_close(struct dh_predict_rows *r) {
    dh_predict_errors_free(&r->errors);
    dh_csv_close(&r->csv);
    *r = (struct dh_predict_rows){0};
}
