/* Sections of a report: what one of something costs, who pays, and what missed objectives give back. */
#include "output/report_sections.h"

#include <math.h>
#include <stdio.h>

static const char *currency_of(struct dh_page *page) {
    const char *currency = dh_page_text(page, "cost.currency");
    return currency ? currency : "USD";
}

/* Four figures, whatever the size. */
static int figures(double v) {
    int n = v != 0 && isfinite(v) ? 3 - (int)floor(log10(fabs(v))) : 2;
    return n < 0 ? 0 : n > 6 ? 6 : n;
}

static void put_one(struct dh_page *page, const char *name, double v) {
    dh_page_line(page, name, v, figures(v), currency_of(page));
}

void dh_report_unit_costs(struct dh_page *page) {
    if (isnan(dh_page_value(page, "cost.total")) || isnan(dh_page_value(page, "cost.per_gpu_hour")))
        return;
    dh_page_heading(page, "WHAT ONE COSTS", "all costs", NULL, NULL);
    put_one(page, "GPU hour used, here and in clouds", dh_page_value(page, "cost.per_gpu_hour"));
    put_one(page, "GPU hour installed, site alone", dh_page_value(page, "cost.per_gpu_hour_available"));
    put_one(page, "Job completed", dh_page_value(page, "cost.per_job"));
    for (int i = 0; dh_page_list_text(page, "services", i, "id"); i++) {
        char name[120];
        snprintf(name, sizeof name, "Million tokens of %.80s", dh_page_list_text(page, "services", i, "id"));
        put_one(page, name, dh_page_list_value(page, "services", i, "usd_per_million_tokens"));
    }
    for (int i = 0; dh_page_list_text(page, "streams", i, "id"); i++) {
        char name[120];
        snprintf(name, sizeof name, "Million tokens trained by %.80s",
                 dh_page_list_text(page, "streams", i, "id"));
        put_one(page, name, dh_page_list_value(page, "streams", i, "usd_per_million_tokens"));
    }
}

void dh_report_tenants(struct dh_page *page) {
    static const char *const columns[5] = {"GPU hours", "energy", "cost", "credit", "to pay"};
    double sum[5] = {0};
    if (!dh_page_list_text(page, "tenants", 0, "id") || isnan(dh_page_list_value(page, "tenants", 0, "cost")))
        return; /* nobody ran anything, or nothing costs */
    char head[120];
    snprintf(head, sizeof head, "WHO PAYS, %.20s", currency_of(page));
    dh_page_wide(page, head, columns, false);
    double total = dh_page_value(page, "cost.total");
    int decimals = total < 1e5 ? 2 : 0;
    for (int i = 0; dh_page_list_text(page, "tenants", i, "id"); i++) {
        const char *cells[5] = {"gpu_h", "energy_share", "cost", "credit", "bill"};
        double cloud = dh_page_list_value(page, "tenants", i, "cloud_gpu_h");
        dh_page_label(page, 1, dh_page_list_text(page, "tenants", i, "id"));
        for (int c = 0; c < 5; c++) {
            double v = dh_page_list_value(page, "tenants", i, cells[c]);
            if (c == 0 && !isnan(cloud))
                v += cloud;
            sum[c] += isnan(v) ? 0 : v;
            if (c == 1)
                dh_page_percent(page, v);
            else
                dh_page_cell(page, v, c == 0 ? (v < 1e5 ? 1 : 0) : decimals, "");
        }
        dh_page_end_line(page);
    }
    dh_page_label(page, 1, "Total");
    dh_page_cell(page, sum[0], sum[0] < 1e5 ? 1 : 0, "");
    dh_page_percent(page, sum[1]);
    for (int c = 2; c < 5; c++)
        dh_page_cell(page, isnan(total) ? NAN : sum[c], decimals, "");
    dh_page_end_line(page);
    if (!isnan(total))
        dh_page_wrapped(
            page, DH_TONE_FINE, "    ", 4,
            "all costs are divided: electricity, fuel and water by the energy of each one's GPUs and CPUs, "
            "clouds by GPU hours there, all else by GPU hours on site; so idle capacity is borne in "
            "proportion to use");
    if (isnan(dh_page_list_value(page, "tenants", 0, "cost_energy")))
        return;
    static const char *const parts[5] = {"energy", "capacity", "cloud", "a GPU hour", "in time"};
    dh_page_wide(page, "of that", parts, true);
    for (int i = 0; dh_page_list_text(page, "tenants", i, "id"); i++) {
        dh_page_label(page, 1, dh_page_list_text(page, "tenants", i, "id"));
        dh_page_cell(page, dh_page_list_value(page, "tenants", i, "cost_energy"), decimals, "");
        dh_page_cell(page, dh_page_list_value(page, "tenants", i, "cost_capacity"), decimals, "");
        dh_page_cell(page, dh_page_list_value(page, "tenants", i, "cost_cloud"), decimals, "");
        dh_page_cell(page, dh_page_list_value(page, "tenants", i, "per_gpu_hour"), 4, "");
        dh_page_cell(page, 100 * dh_page_list_value(page, "tenants", i, "in_time"), 2, "%");
        dh_page_end_line(page);
    }
}

void dh_report_credits(struct dh_page *page) {
    static const char *const columns[5] = {"kept", "due below", "gives back", "of", "credit"};
    if (!dh_page_list_text(page, "credits", 0, "whom"))
        return;
    dh_page_wide(page, "CREDITS FOR OBJECTIVES", columns, false);
    double sum = 0;
    for (int i = 0; dh_page_list_text(page, "credits", i, "whom"); i++) {
        double usd = dh_page_list_value(page, "credits", i, "usd");
        const char *objective = dh_page_list_text(page, "credits", i, "objective");
        dh_page_label(page, 1, dh_page_list_text(page, "credits", i, "whom"));
        dh_page_cell(page, 100 * dh_page_list_value(page, "credits", i, "met"), 3, "%");
        dh_page_cell(page, 100 * dh_page_list_value(page, "credits", i, "below"), 3, "%");
        dh_page_cell(page, 100 * dh_page_list_value(page, "credits", i, "share"), 1, "%");
        dh_page_cell(page, dh_page_list_value(page, "credits", i, "of"), 2, "");
        dh_page_cell(page, usd, 2, "");
        dh_page_end_line(page);
        dh_page_wrapped(page, DH_TONE_FINE, "    ", 4, objective ? objective : "");
        sum += usd;
    }
    dh_page_label(page, 1, "Total");
    for (int c = 0; c < 4; c++)
        dh_page_text_cell(page, DH_TONE_PLAIN, "");
    dh_page_cell(page, sum, 2, "");
    dh_page_end_line(page);
}
