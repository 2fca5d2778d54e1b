/* Mean power of accelerators by what runs on them, by the catalog's constants of each device. */
#include "sim/api/power_rows.h"
#include "sim/api/predict_catalog.h"
#include "sim/api/predict_rows.h"

#include <math.h>

static const char *const catalogs[] = {"gpus.xml", "models.xml", "tasks.xml", NULL};

struct predictor {
    struct dh_predict_rows rows;
    struct dh_power_columns columns;
    const struct dh_scenario *catalog;
};

static enum dh_err predict_row(void *self) {
    struct predictor *r = self;
    struct dh_power_row row;
    dh_power_row_read(&row, &r->columns, &r->rows.csv, r->catalog);
    struct dh_predicted x = {NAN, NAN, NAN, row.measured_w, row.why};
    if (!row.why) {
        x.value = dh_power_row_w(&row);
        if (!row.idle) {
            const struct dh_activity_spec *spec = dh_activity_of(row.device);
            bool experts = row.model.expert_layers > 0;
            x.low = x.value * (experts ? spec->expert_low : spec->low);
            x.high =
                fmin(x.value * (experts ? spec->expert_high : spec->high), row.devices * row.device->tdp_w);
        }
    }
    return dh_predict_rows_put(&r->rows, &x);
}

static enum dh_err predict(struct predictor *r) {
    DH_TRY(dh_power_columns_find(&r->columns, &r->rows.csv));
    return dh_predict_rows_each(&r->rows, predict_row, r);
}

enum dh_err dh_predict_power(struct dh_prediction *p) {
    struct predictor r = {0};
    struct dh_scenario_file catalog = {0};
    DH_TRY(dh_predict_catalog_read(&catalog, catalogs, p->diag));
    r.catalog = &catalog.spec;
    enum dh_err err = dh_predict_rows_open(&r.rows, p, "predicted_watts");
    if (err == DH_OK) {
        err = predict(&r);
        dh_predict_rows_close(&r.rows);
    }
    dh_scenario_free(&catalog);
    return err;
}
