/* What a planner looks for first: figures, some with their limits. */
#include "output/report_glance.h"

#include <math.h>
#include <stdio.h>

static void number_tile(struct dh_page *page, const char *name, double v, int decimals, const char *unit,
                        double share) {
    char number[64], text[96];
    if (isnan(v))
        return;
    unit = dh_page_unit(page, &v, unit);
    snprintf(text, sizeof text, "%s%s%.24s", dh_page_grouped(number, v, decimals), unit[0] ? " " : "", unit);
    page->form->tile(page, name, text, share);
}

static void short_tile(struct dh_page *page, const char *name, double v, const char *const units[4],
                       const char *more, double share) {
    char number[64], text[96];
    if (isnan(v))
        return;
    snprintf(text, sizeof text, "%s%.24s", dh_page_short(number, v, units), more);
    page->form->tile(page, name, text, share);
}

/* Prompt and completion of all services. */
static double million_tokens_cost(struct dh_page *page) {
    double tokens = 0, usd = 0;
    double s = dh_page_value(page, "scenario.duration_s");
    for (int i = 0; dh_page_list_text(page, "services", i, "id"); i++) {
        double rate = dh_page_list_value(page, "services", i, "tokens_per_s"),
               price = dh_page_list_value(page, "services", i, "usd_per_million_tokens");
        if (isnan(rate) || isnan(price))
            continue;
        tokens += rate * s;
        usd += rate * s * price;
    }
    return tokens > 0 ? usd / tokens : NAN;
}

void dh_report_tiles(struct dh_page *page) {
    static const char *const watts[] = {"kW", "MW", "GW", "TW"},
                             *const hours[] = {"kWh", "MWh", "GWh", "TWh"},
                             *const tons[] = {"t", "kt", "Mt", "Gt"}, *const money[] = {"", "k", "M", "G"};
    const char *currency = dh_page_text(page, "cost.currency");
    char more[40], unit[40];
    snprintf(more, sizeof more, " %.20s", currency ? currency : "USD");
    snprintf(unit, sizeof unit, "%.20s/h", currency ? currency : "USD");
    double peak = dh_page_value(page, "energy.peak_facility_kw"),
           limit = dh_page_value(page, "facility.limit_kw"),
           grid = dh_page_value(page, "energy.peak_grid_kw");
    double cost = dh_page_value(page, "cost.total"), done = dh_page_value(page, "jobs.completed");
    short_tile(page, isnan(grid) ? "Peak facility power" : "Peak from the grid", isnan(grid) ? peak : grid,
               watts, "", (isnan(grid) ? peak : grid) / limit);
    short_tile(page, "Energy", dh_page_value(page, "energy.facility_kwh"), hours, "", NAN);
    number_tile(page, "PUE", dh_page_value(page, "energy.pue"), 3, "", NAN);
    number_tile(page, "Water per IT energy", dh_page_value(page, "energy.wue_l_per_kwh"), 2, "L/kWh", NAN);
    double carbon = dh_page_value(page, "carbon.location_kg") / 1000;
    if (page->style.us)
        number_tile(page, "Carbon, location-based", carbon, carbon < 100 ? 1 : 0, "t CO2e", NAN);
    else
        short_tile(page, "Carbon, location-based", carbon, tons, " CO2e", NAN);
    if (cost < 1000)
        number_tile(page, "Cost", cost, 2, more + 1, NAN);
    else
        short_tile(page, "Cost", cost, money, more, NAN);
    number_tile(page, "Cost of a GPU hour used", dh_page_value(page, "cost.per_gpu_hour"), 3, unit, NAN);
    if (done > 0 && isnan(dh_page_list_value(page, "services", 0, "requests")))
        number_tile(page, "Cost of a completed job", cost / done, cost / done < 100 ? 2 : 0, more + 1, NAN);
    number_tile(page, "Cost of 1M tokens written", million_tokens_cost(page), 2, more + 1, NAN);
    number_tile(page, "GPU hours used", 100 * dh_page_value(page, "gpus.utilization"), 1, "%", NAN);
    if (!isnan(dh_page_value(page, "jobs.wait_s.p95"))) {
        char room[64];
        page->form->tile(page, "95 % of jobs start within",
                         dh_page_wait(room, dh_page_value(page, "jobs.wait_s.p95")), NAN);
    }
}
