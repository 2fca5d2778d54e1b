#include "sim/api/predict_kinds.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool dh_kind_field_is(const struct dh_kind_table *t, int32_t column, const char *text) {
    const struct dh_csv_field *f = &t->csv.fields[column];
    return f->n == strlen(text) && memcmp(f->text, text, f->n) == 0;
}

static void put_field(struct dh_kind_table *t, int32_t column) {
    if (column >= 0)
        dh_text_put_csv_word(&t->p->out, t->csv.fields[column].text, t->csv.fields[column].n);
    dh_text_puts(&t->p->out, ",");
}

enum dh_err dh_kind_put(struct dh_kind_table *t, const char *quantity, double value, const char *unit) {
    if (!dh_csv_is_empty(&t->csv, t->quantity) && !dh_kind_field_is(t, t->quantity, quantity))
        return DH_OK;
    t->given = true;
    put_field(t, t->name);
    put_field(t, t->kind);
    dh_text_printf(&t->p->out, "%s,", quantity);
    /* All digits: these are compared with exact values. */
    char text[32] = "";
    if (isfinite(value)) {
        snprintf(text, sizeof text, "%.16g", value);
        if (strchr(text, ','))
            *strchr(text, ',') = '.';
    }
    dh_text_printf(&t->p->out, "%s,%s\n", text, unit);
    if (!dh_csv_is_empty(&t->csv, t->quantity) && !dh_csv_is_empty(&t->csv, t->measured)) {
        double measured;
        DH_TRY(dh_csv_double(&t->csv, t->measured, -1e300, 1e300, &measured));
        DH_TRY(dh_prediction_measured(t->p, value, measured));
    }
    return DH_OK;
}

enum dh_err dh_kind_need(struct dh_kind_table *t, const int *list, int n) {
    for (int i = 0; i < n; i++)
        if (isnan(t->value[list[i]]))
            return dh_fail(t->p->diag, DH_ERR_MISSING, dh_csv_place(&t->csv, t->at[list[i]]),
                           "this kind needs %s", t->columns[list[i]].name);
    return DH_OK;
}

static enum dh_err predict_row(struct dh_kind_table *t, const struct dh_kind *kinds,
                               enum dh_err (*read)(struct dh_kind_table *t)) {
    struct dh_text names = {0};
    for (int c = 0; c < t->n_column; c++) {
        t->value[c] = t->columns[c].standard;
        if (!dh_csv_is_empty(&t->csv, t->at[c]))
            DH_TRY(dh_csv_double(&t->csv, t->at[c], t->columns[c].least, t->columns[c].most, &t->value[c]));
    }
    if (read)
        DH_TRY(read(t));
    for (const struct dh_kind *kind = kinds; kind->name; kind++) {
        dh_text_printf(&names, "%s%s", kind == kinds ? "" : ", ", kind->name);
        if (!dh_kind_field_is(t, t->kind, kind->name))
            continue;
        dh_text_free(&names);
        t->given = false;
        DH_TRY(kind->row(t));
        if (!t->given)
            return dh_fail(t->p->diag, DH_ERR_DATA, dh_csv_place(&t->csv, t->quantity),
                           "a row of kind %s with these columns has no such quantity", kind->name);
        t->p->n_predicted++;
        return dh_prediction_flush(t->p, false);
    }
    dh_fail(t->p->diag, DH_ERR_DATA, dh_csv_place(&t->csv, t->kind), "no such kind");
    dh_diag_hint(t->p->diag, "kinds are %s", names.at ? names.at : "");
    dh_text_free(&names);
    return DH_ERR_DATA;
}

static enum dh_err read_table(struct dh_kind_table *t, const struct dh_kind *kinds,
                              enum dh_err (*open)(struct dh_kind_table *t),
                              enum dh_err (*read)(struct dh_kind_table *t)) {
    enum dh_err err = DH_OK;
    DH_TRY(dh_csv_require(&t->csv, "kind", NULL, &t->kind));
    t->name = dh_csv_column(&t->csv, "name", NULL, &err);
    t->quantity = dh_csv_column(&t->csv, "quantity", NULL, &err);
    t->measured = dh_csv_column(&t->csv, "measured", NULL, &err);
    for (int c = 0; c < t->n_column; c++)
        t->at[c] = dh_csv_column(&t->csv, t->columns[c].name, NULL, &err);
    DH_TRY(err);
    if (open)
        DH_TRY(open(t));
    dh_csv_warn_unknown(&t->csv);
    dh_text_puts(&t->p->out, "name,kind,quantity,value,unit\n");
    for (bool got = true;;) {
        DH_TRY(dh_csv_next(&t->csv, &got));
        if (!got)
            return DH_OK;
        t->p->n_row++;
        DH_TRY(predict_row(t, kinds, read));
    }
}

enum dh_err dh_kind_table(struct dh_kind_table *t, struct dh_prediction *p, const struct dh_kind *kinds,
                          enum dh_err (*open)(struct dh_kind_table *t),
                          enum dh_err (*read)(struct dh_kind_table *t)) {
    t->p = p;
    DH_TRY(dh_csv_open(&t->csv, p->input, DH_CSV_HASH_COMMENTS, p->diag));
    enum dh_err err = read_table(t, kinds, open, read);
    dh_csv_close(&t->csv);
    if (err == DH_OK) {
        dh_summary_integer(p->summary, "rows", "1", p->n_row, "records read");
        dh_summary_integer(p->summary, "predicted", "1", p->n_predicted, "records with a prediction");
    }
    return err;
}
