/* Sections of a report: power, energy by part, sources on site, carbon and water. */
#include "output/report_sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One unit for the whole energy table, so that its rows compare at a glance. */
struct scale {
    double per_kwh;
    const char *energy;
};

static void energy_row(struct dh_page *page, int depth, const char *name, double kwh, struct scale scale) {
    double all = dh_page_value(page, "energy.facility_kwh"), s = dh_page_value(page, "simulated_s");
    if (isnan(kwh))
        return;
    if (isnan(s))
        s = dh_page_value(page, "scenario.duration_s");
    dh_page_label(page, depth, name);
    dh_page_cell(page, kwh * scale.per_kwh, scale.per_kwh < 1e-4 ? 3 : 1, scale.energy);
    dh_page_cell(page, kwh / (s / 3600), 1, "kW");
    dh_page_percent(page, all > 0 ? kwh / all : NAN);
    dh_page_end_line(page);
}

/* What a part or a power stage is called on paper. */
static const char *said(const char *name) {
    static const struct {
        const char *key, *name;
    } names[] = {
        {"chiller",       "chillers"               },
        {"tower_fan",     "tower fans"             },
        {"chw_pump",      "chilled-water pumps"    },
        {"air_handler",   "air handlers"           },
        {"cooler_fan",    "dry-cooler fans"        },
        {"facility_pump", "facility-water pumps"   },
        {"cdu_pump",      "CDU pumps"              },
        {"utility",       "utility"                },
        {"transformer",   "transformers"           },
        {"ups",           "UPS"                    },
        {"pdu",           "distribution"           },
        {"rack_supply",   "lost in rack supplies"  },
        {"node",          "lost in node converters"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].key, name) == 0)
            return names[i].name;
    return name;
}

static bool inside_it(const char *stage) {
    return strcmp(stage, "rack_supply") == 0 || strcmp(stage, "node") == 0;
}

/* All keys "prefix.NAME" as rows; the suffix is cut off. Parts of nothing are left out. */
static void energy_parts(struct dh_page *page, const char *prefix, const char *suffix, bool inside,
                         struct scale scale) {
    size_t n_prefix = strlen(prefix), n_suffix = strlen(suffix);
    for (int32_t i = 0; i < page->summary->n_entry; i++) {
        const struct dh_summary_entry *entry = &page->summary->entries[i];
        if (strncmp(entry->key, prefix, n_prefix) != 0 || entry->kind == DH_SUMMARY_TEXT)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%s", entry->key + n_prefix);
        size_t n = strlen(name);
        if (n_suffix && n > n_suffix && strcmp(name + n - n_suffix, suffix) == 0)
            name[n - n_suffix] = '\0';
        double kwh = dh_summary_value(page->summary, entry->key);
        if (kwh != 0 && inside_it(name) == inside)
            energy_row(page, 2, said(name), kwh, scale);
    }
}

/* Losses outside the racks: those that facility energy has and IT energy has not. */
static double site_losses(const struct dh_page *page) {
    double sum = NAN;
    for (int32_t i = 0; i < page->summary->n_entry; i++) {
        const char *key = page->summary->entries[i].key;
        if (strncmp(key, "energy.loss_kwh.", 16) != 0 || inside_it(key + 16))
            continue;
        sum = (isnan(sum) ? 0 : sum) + dh_summary_value(page->summary, key);
    }
    return sum;
}

/* One unit for all energies of a report. */
static struct scale scale_of(const struct dh_page *page) {
    double all = dh_page_value(page, "energy.facility_kwh");
    return all < 1e5   ? (struct scale){1, "kWh"}
           : all < 1e9 ? (struct scale){1e-3, "MWh"}
                       : (struct scale){1e-6, "GWh"};
}

void dh_report_energy(struct dh_page *page) {
    double all = dh_page_value(page, "energy.facility_kwh");
    if (isnan(all))
        return;
    struct scale scale = scale_of(page);
    dh_page_heading(page, "ENERGY", "energy", "mean power", "of facility");
    energy_row(page, 1, "IT equipment", dh_page_value(page, "energy.it_kwh"), scale);
    energy_parts(page, "energy.loss_kwh.", "", true, scale);
    energy_row(page, 1, "Cooling", dh_page_value(page, "energy.cooling_kwh"), scale);
    energy_parts(page, "energy.parts.", "_kwh", false, scale);
    energy_row(page, 1, "Losses of the power tree", site_losses(page), scale);
    energy_parts(page, "energy.loss_kwh.", "", false, scale);
    energy_row(page, 1, "Lighting, offices, security", dh_page_value(page, "energy.house_kwh"), scale);
    energy_row(page, 1, "Facility", all, scale);
    dh_page_line(page, "PUE", dh_page_value(page, "energy.pue"), 3, "");
    dh_page_line(page, "PUE, worst interval", dh_page_value(page, "energy.pue_max"), 3, "");
}

void dh_report_power(struct dh_page *page) {
    double peak = dh_page_value(page, "energy.peak_facility_kw"),
           limit = dh_page_value(page, "facility.limit_kw");
    if (isnan(peak))
        return;
    dh_page_heading(page, "POWER", "peak", "limit", "of limit");
    double it = dh_page_value(page, "energy.peak_it_kw"), rated = dh_page_value(page, "facility.it_rated_kw");
    if (!isnan(it)) {
        dh_page_label(page, 1, "IT equipment");
        dh_page_cell(page, it, 1, "kW");
        dh_page_cell(page, rated, 1, "kW");
        dh_page_percent(page, it / rated);
        dh_page_end_line(page);
    }
    double grid =
        dh_page_value(page, "energy.peak_grid_kw"); /* what its own sources leave to the utilities */
    dh_page_label(page, 1, "Facility");
    dh_page_cell(page, peak, 1, "kW");
    if (isnan(grid)) {
        dh_page_cell(page, limit, 1, "kW");
        dh_page_percent(page, peak / limit);
    }
    dh_page_end_line(page);
    if (!isnan(grid)) {
        dh_page_label(page, 1, "From the grid");
        dh_page_cell(page, grid, 1, "kW");
        dh_page_cell(page, limit, 1, "kW");
        dh_page_percent(page, grid / limit);
        dh_page_end_line(page);
    }
    const char *at = dh_page_text(page, "energy.peak_at");
    if (at && strlen(at) >= 16) {
        dh_page_label(page, 1, "Highest at");
        dh_page_note(page, "%.10s %.5s UTC", at, at + 11);
        dh_page_end_line(page);
    }
}

static void kwh(struct dh_page *page, const char *name, const char *key) {
    struct scale scale = scale_of(page);
    dh_page_line(page, name, dh_page_value(page, key) * scale.per_kwh, 1, scale.energy);
}

void dh_report_onsite(struct dh_page *page) {
    if (isnan(dh_page_value(page, "energy.grid_kwh")) && isnan(dh_page_value(page, "signals.hours")))
        return;
    dh_page_heading(page, "ON SITE", NULL, NULL, NULL);
    kwh(page, "From the grid, net", "energy.grid_kwh");
    kwh(page, "Given to the grid", "energy.export_kwh");
    kwh(page, "Solar", "energy.solar_kwh");
    kwh(page, "  turned down", "energy.solar_curtailed_kwh");
    kwh(page, "Turbines", "energy.turbine_kwh");
    char heat[24];
    snprintf(heat, sizeof heat, "%s heat", scale_of(page).energy);
    dh_page_line(page, "  fuel", dh_page_value(page, "energy.fuel_kwh") * scale_of(page).per_kwh, 1, heat);
    kwh(page, "Storage, given", "energy.storage_discharge_kwh");
    kwh(page, "  taken", "energy.storage_charge_kwh");
    kwh(page, "  lost", "energy.storage_loss_kwh");
    dh_page_line(page, "  full cycles", dh_page_value(page, "energy.storage_cycles"), 1, "");
    dh_page_line(page, "Carbon-free by own means", 100 * dh_page_value(page, "carbon.cfe_score"), 1, "%");
    dh_page_line(page, "Requests of the grid", dh_page_value(page, "signals.hours"), 1, "h");
    kwh(page, "  energy below the baseline", "signals.below_baseline_kwh");
    kwh(page, "  energy above the limit", "signals.above_limit_kwh");
}

void dh_report_planet(struct dh_page *page) {
    double location = dh_page_value(page, "carbon.location_kg"),
           water = dh_page_value(page, "energy.water_m3");
    double embodied = dh_page_value(page, "carbon.embodied_kg");
    if (isnan(location) && isnan(water) && isnan(embodied))
        return;
    dh_page_heading(page, "CARBON AND WATER", NULL, NULL, NULL);
    dh_page_line(page, "Carbon, location-based", location / 1e3, 1, "t CO2e");
    dh_page_line(page, "Carbon, market-based", dh_page_value(page, "carbon.market_kg") / 1e3, 1, "t CO2e");
    dh_page_line(page, "Carbon, direct (scope 1)", dh_page_value(page, "carbon.scope1_kg") / 1e3, 1,
                 "t CO2e");
    dh_page_line(page, "Carbon, embodied, written off", embodied / 1e3, 1, "t CO2e");
    dh_page_line(page, "Mean carbon intensity", dh_page_value(page, "carbon.mean_g_per_kwh"), 1, "g/kWh");
    dh_page_line(page, "Gaps filled in carbon series", dh_page_value(page, "carbon.gap_hours"), 0, "h");
    dh_page_line(page, "Water", water, 1, "m3");
    if (dh_page_value(page, "water.evaporation_m3") > 0) {
        dh_page_line(page, "  evaporated", dh_page_value(page, "water.evaporation_m3"), 1, "m3");
        dh_page_line(page, "  drift", dh_page_value(page, "water.drift_m3"), 1, "m3");
        dh_page_line(page, "  blowdown", dh_page_value(page, "water.blowdown_m3"), 1, "m3");
    }
    dh_page_line(page, "Water per IT energy (WUE)", dh_page_value(page, "energy.wue_l_per_kwh"), 3, "L/kWh");
}
