#include "output/recorder_finance.h"

#include "models/cash_flow.h"
#include "output/h5_file.h"
#include "output/recorder_file.h"
#include "output/summary_keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char group[] = "cash_flow";

static enum dh_err put_column(struct dh_h5_file *h5, const struct dh_summary *summary, const char *name,
                              int32_t n) {
    double values[DH_LIFE_YEARS + 1];
    char key[64] = "";
    for (int32_t y = 0; y < n; y++) {
        snprintf(key, sizeof key, "finance.flows.%d.%s", (int)y, name);
        values[y] = dh_summary_value(summary, key);
    }
    struct dh_summary_key entry = dh_summary_key_at(dh_summary_key_find(key));
    const char *about = entry.about ? strstr(entry.about, ": ") : NULL; /* behind "of year N: " */
    const struct dh_h5_variable v = {
        .name = name, .unit = entry.unit, .long_name = about ? about + 2 : entry.about, .type = DH_H5_F64};
    return dh_h5_array(h5, group, "year", &v, n, values);
}

enum dh_err dh_recorder_cash_flow(struct dh_recorder *recorder, const struct dh_summary *summary) {
    static const char *const columns[] = {"revenue", "energy",    "staff",  "cloud",        "other",
                                          "lease",   "purchases", "sales",  "depreciation", "tax",
                                          "flow",    "discount",  "present"};
    struct dh_h5_file *h5 = dh_recorder_file(recorder);
    double years = dh_summary_value(summary, "finance.life_years");
    if (!h5 || isnan(years))
        return DH_OK;
    int32_t n = (int32_t)years + 1;
    DH_TRY(dh_h5_group(h5, group, "the site over its life, flows at the end of each year"));
    DH_TRY(dh_h5_attr_number(h5, group, "rate", dh_summary_value(summary, "finance.rate")));
    DH_TRY(dh_h5_counter(h5, group, "year", "years since the start", n));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        DH_TRY(put_column(h5, summary, columns[i], n));
    return DH_OK;
}
