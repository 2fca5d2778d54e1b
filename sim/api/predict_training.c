/* Time of training steps, by the catalog's devices and stacks. */
#include "sim/api/predict_catalog.h"
#include "sim/api/predict_rows.h"
#include "sim/api/training_rows.h"

#include <math.h>
#include <string.h>

static const char *const catalogs[] = {"gpus.xml", "interconnects.xml", "models.xml", "stacks.xml", NULL};

struct predictor {
    struct dh_predict_rows rows;
    struct dh_training_columns columns;
    const struct dh_scenario *catalog;
    const struct dh_stack_spec *forced; /* of every row; NULL: by framework */
};

/* A plan that does not fit ends the reading, with what is in the way and the nearest plan that fits. */
static enum dh_err check_memory(struct predictor *r, const struct dh_training_row *row,
                                const struct dh_stack_spec *stack) {
    struct dh_diag own = {0}, *diag = r->rows.p->diag;
    struct dh_training_plan plan = row->plan;
    if (!row->recompute_known)
        plan.recompute = DH_RECOMPUTE_BY_FIT;
    enum dh_err err = dh_training_fit(NULL, NULL, &row->model, &plan, row->device, &row->net, stack, &own);
    if (err != DH_OK && own.n_message > 0) {
        dh_fail(diag, err, dh_csv_place(&r->rows.csv, -1), "%s", own.messages[0].text);
        if (own.messages[0].hint)
            dh_diag_hint(diag, "%s", own.messages[0].hint);
    }
    dh_diag_free(&own);
    return err;
}

static enum dh_err predict_row(void *self) {
    struct predictor *r = self;
    struct dh_training_row row;
    struct dh_training_step step;
    struct dh_predicted x = {NAN, NAN, NAN, NAN, NULL};
    const struct dh_scenario *c = r->catalog;
    dh_training_row_read(&row, &r->columns, &r->rows.csv, c);
    const struct dh_stack_spec *stack =
        r->forced ? r->forced : dh_training_stack_of(c->stacks, c->n_stacks, row.framework);
    if (!stack)
        stack = dh_training_stack_of(c->stacks, c->n_stacks, "default");
    x.measured = row.measured_s;
    if (dh_training_row_complete(&row, stack)) {
        struct dh_diag diag = {0};
        if (r->rows.p->options->check_memory)
            DH_TRY(check_memory(r, &row, stack));
        if (dh_training_step(&step, NULL, &row.model, &row.plan, row.device, &row.net, stack, &diag) ==
            DH_OK) {
            if (isfinite(step.step_s) && step.step_s > 0) {
                x.value = step.step_s;
                x.low = step.low_s;
                x.high = step.high_s;
            } else
                row.why = "figures beyond what makes sense";
        } else
            row.why = "the device has no constants for this number format";
        dh_diag_free(&diag);
    }
    x.why = row.why;
    return dh_predict_rows_put(&r->rows, &x);
}

static enum dh_err predict(struct predictor *r) {
    DH_TRY(dh_training_columns_find(&r->columns, &r->rows.csv));
    return dh_predict_rows_each(&r->rows, predict_row, r);
}

enum dh_err dh_predict_training(struct dh_prediction *p) {
    struct predictor r = {0};
    struct dh_scenario_file catalog = {0};
    DH_TRY(dh_predict_catalog_read(&catalog, catalogs, p->diag));
    r.catalog = &catalog.spec;
    enum dh_err err = DH_OK;
    if (p->options->stack) {
        r.forced = dh_training_stack_of(catalog.spec.stacks, catalog.spec.n_stacks, p->options->stack);
        if (!r.forced)
            err = dh_fail(p->diag, DH_ERR_USAGE, (struct dh_place){NULL, 0, 0},
                          "the catalog has no stack '%s'", p->options->stack);
    }
    if (err == DH_OK)
        err = dh_predict_rows_open(&r.rows, p, "predicted_step_s");
    if (err == DH_OK) {
        err = predict(&r);
        dh_predict_rows_close(&r.rows);
    }
    dh_scenario_free(&catalog);
    return err;
}
