/* Predictions whose rows are of several kinds: a row names its kind and gives its figures in named columns;
 * each quantity that follows is a row of the output: name, kind, quantity, value, unit, with all digits. A
 * row that names a quantity gets that one, and its column measured, where filled, is what errors count
 * against. Private to sim/api. */
#ifndef DH_SIM_API_PREDICT_KINDS_H
#define DH_SIM_API_PREDICT_KINDS_H

#include "scenarios/csv_read.h"
#include "sim/api/predict.h"

enum { DH_KIND_COLUMNS = 40 };

/* A column of figures: least and most that is taken; standard: where a row leaves it open, NAN: it must be
 * given where it is needed. */
struct dh_kind_column {
    const char *name;
    double least, most, standard;
};

struct dh_kind_table {
    struct dh_prediction *p;
    struct dh_csv csv;
    const struct dh_kind_column *columns;
    int32_t n_column; /* at most DH_KIND_COLUMNS */
    int32_t at[DH_KIND_COLUMNS];
    double value[DH_KIND_COLUMNS]; /* of the record */
    int32_t name, kind, quantity, measured;
    bool given; /* the quantity that the record asks for was there */
    void *self; /* for the kinds */
};

struct dh_kind {
    const char *name;
    enum dh_err (*row)(struct dh_kind_table *t);
};

bool dh_kind_field_is(const struct dh_kind_table *t, int32_t column, const char *text);
/* A row of the output. */
enum dh_err dh_kind_put(struct dh_kind_table *t, const char *quantity, double value, const char *unit);
/* DH_ERR_MISSING at the first of these columns that the record leaves open. */
enum dh_err dh_kind_need(struct dh_kind_table *t, const int *list, int n);
#define DH_KIND_NEED(t, ...)                                                                                 \
    DH_TRY(dh_kind_need((t), (const int[]){__VA_ARGS__},                                                     \
                        (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int))))

/* Reads p->input, whose records `read` (may be NULL) looks at before they are predicted; `open` (may be NULL)
 * finds columns of texts. Kinds end with a NULL name. Writes `rows` and `predicted` of the summary. */
enum dh_err dh_kind_table(struct dh_kind_table *t, struct dh_prediction *p, const struct dh_kind *kinds,
                          enum dh_err (*open)(struct dh_kind_table *t),
                          enum dh_err (*read)(struct dh_kind_table *t));

#endif
