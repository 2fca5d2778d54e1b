/* What replications came to: as text, JSON and CSV. */
#include "sim/api/replicate.h"

#include "output/report_page.h"
#include "sim/api/hand_over.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a planner compares first. */
static const struct {
    const char *key, *name;
    double scale;
    int decimals;
    const char *unit;
} shown[] = {
    {"energy.peak_facility_kw", "Peak facility power",     1,        1, "kW"    },
    {"energy.facility_kwh",     "Energy",                  1e-3,     1, "MWh"   },
    {"energy.pue",              "PUE",                     1,        4, ""      },
    {"energy.water_m3",         "Water",                   1,        1, "m3"    },
    {"carbon.location_kg",      "Carbon, location-based",  1e-3,     1, "t CO2e"},
    {"cost.total",              "Cost",                    1,        0, ""      },
    {"cost.per_gpu_hour",       "Cost of a GPU hour used", 1,        4, ""      },
    {"gpus.utilization",        "GPU hours used",          100,      2, "%"     },
    {"gpus.goodput",            "Goodput",                 100,      2, "%"     },
    {"gpus.availability",       "Availability",            100,      2, "%"     },
    {"jobs.completed",          "Jobs completed",          1,        1, ""      },
    {"jobs.wait_s.mean",        "Wait, mean",              1.0 / 60, 2, "min"   },
    {"jobs.wait_s.p95",         "Wait, 95 %",              1.0 / 60, 2, "min"   },
    {"burst.gpu_h",             "Cloud GPU hours",         1,        0, "h"     },
};

static struct dh_replication_figure find(const struct dh_replications *r, const char *key) {
    struct dh_replication_figure f;
    for (int32_t i = 0; (f = dh_replications_at(r, i)).key; i++)
        if (strcmp(f.key, key) == 0)
            return f;
    return f;
}

enum dh_err dh_replications_report(const struct dh_replications *r, dh_write_fn write, void *self,
                                   struct dh_diag *diag) {
    struct dh_text text = {0};
    struct dh_page page = {.form = &dh_page_form_text, .out = &text, .style = {.width = 100}};
    static const char *const columns[] = {"mean", "+- (95 %)", "least", "greatest"};
    int32_t n = dh_replications_runs(r);
    page.label_width = DH_PAGE_LABEL;
    page.form->table(&page, "REPLICATIONS", columns, 4, false);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct dh_replication_figure f = find(r, shown[i].key);
        if (!f.key)
            continue;
        dh_page_label(&page, 1, shown[i].name);
        dh_page_cell(&page, f.mean * shown[i].scale, shown[i].decimals, shown[i].unit);
        dh_page_cell(&page, f.half_width * shown[i].scale, shown[i].decimals, shown[i].unit);
        dh_page_cell(&page, f.least * shown[i].scale, shown[i].decimals, shown[i].unit);
        dh_page_cell(&page, f.most * shown[i].scale, shown[i].decimals, shown[i].unit);
        dh_page_end_line(&page);
    }
    dh_page_says(&page,
                 "%d runs, seeds %lld to %lld; intervals of the mean by Student's distribution, %s being "
                 "independent%s",
                 (int)n, (long long)dh_replications_seed(r, 0), (long long)dh_replications_seed(r, n - 1),
                 dh_replications_table(r)->antithetic ? "antithetic pairs" : "runs",
                 dh_replications_reached(r) ? "" : "; the wanted precision was NOT reached");
    return dh_hand_over(&text, DH_OK, write, self, diag);
}

enum dh_err dh_replications_json(const struct dh_replications *r, dh_write_fn write, void *self,
                                 struct dh_diag *diag) {
    json_t *figures = json_object();
    struct dh_replication_figure f;
    for (int32_t i = 0; (f = dh_replications_at(r, i)).key; i++) {
        if (f.n == 0)
            continue;
        json_t *one = json_pack("{s:s, s:i, s:f, s:f, s:f}", "unit", f.unit, "n", (int)f.n, "mean", f.mean,
                                "least", f.least, "most", f.most);
        if (f.n > 1 && isfinite(f.half_width)) {
            json_object_set_new(one, "low", json_real(f.mean - f.half_width));
            json_object_set_new(one, "high", json_real(f.mean + f.half_width));
            json_object_set_new(one, "deviation", json_real(f.deviation));
            if (isfinite(f.variance_ratio))
                json_object_set_new(one, "variance_ratio", json_real(f.variance_ratio));
        }
        json_object_set_new(figures, f.key, one);
    }
    json_t *root =
        json_pack("{s:{s:i, s:I, s:b, s:f, s:b, s:o}}", "replications", "runs", (int)dh_replications_runs(r),
                  "first_seed", (json_int_t)dh_replications_seed(r, 0), "antithetic",
                  dh_replications_table(r)->antithetic, "confidence", 0.95, "precision_reached",
                  dh_replications_reached(r), "figures", figures);
    return dh_hand_over_json(root, write, self, diag);
}

enum dh_err dh_replications_csv(const struct dh_replications *r, dh_write_fn write, void *self,
                                struct dh_diag *diag) {
    struct dh_text text = {0};
    char number[64];
    int32_t n_key = 0;
    dh_text_puts(&text, "run,seed");
    for (; dh_replications_at(r, n_key).key; n_key++)
        dh_text_printf(&text, ",%s", dh_replications_at(r, n_key).key);
    dh_text_puts(&text, "\n");
    for (int32_t run = 0; run < dh_replications_runs(r); run++) {
        dh_text_printf(&text, "%d,%lld", (int)run, (long long)dh_replications_seed(r, run));
        for (int32_t i = 0; i < n_key; i++) {
            double v = dh_replications_value(r, run, i);
            if (!isnan(v))
                dh_number_format(v, number, sizeof number);
            dh_text_printf(&text, ",%s", isnan(v) ? "" : number);
        }
        dh_text_puts(&text, "\n");
    }
    return dh_hand_over(&text, DH_OK, write, self, diag);
}
