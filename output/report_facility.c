#include "output/report_facility.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A ratio with what is divided by what. */
static void ratio(struct dh_page *page, const char *name, const char *key, int decimals, const char *unit,
                  const char *what) {
    double v = dh_page_value(page, key);
    if (isnan(v))
        return;
    dh_page_label(page, 1, name);
    dh_page_cell(page, v, decimals, unit);
    dh_page_note(page, "%s", what);
    dh_page_end_line(page);
}

void dh_report_ratios(struct dh_page *page) {
    if (isnan(dh_page_value(page, "metrics.pue3")))
        return;
    dh_page_heading(page, "RATIOS", NULL, NULL, NULL);
    ratio(page, "PUE1", "metrics.pue1", 3, "", "facility over UPS output");
    ratio(page, "PUE2", "metrics.pue2", 3, "", "facility over PDU output");
    ratio(page, "PUE3", "metrics.pue3", 3, "", "facility over rack input");
    ratio(page, "ERE", "metrics.ere", 3, "", "facility energy less reused heat over IT");
    ratio(page, "ITUE", "metrics.itue", 3, "", "rack input over compute parts");
    ratio(page, "TUE", "metrics.tue", 3, "", "facility over compute parts");
    ratio(page, "WUE, site", "metrics.wue_site_l_per_kwh", 3, "L/kWh", "make-up over IT energy");
    ratio(page, "WUE, consumption", "metrics.wue_consumption_l_per_kwh", 3, "L/kWh",
          "make-up less blowdown over IT energy");
    ratio(page, "WUE, source", "metrics.wue_source_l_per_kwh", 3, "L/kWh",
          "with the power plants' water, over IT energy");
    ratio(page, "CUE", "metrics.cue_kg_per_kwh", 4, "kg/kWh", "location-based CO2e over IT energy");
    ratio(page, "MLC", "metrics.mlc", 3, "", "cooling over IT energy, ASHRAE 90.4");
    ratio(page, "MLC, limit of the zone", "metrics.mlc_limit", 3, "", "ASHRAE 90.4-2016 Addendum g");
    ratio(page, "Work per energy", "metrics.work_gpu_h_per_kwh", 4, "h/kWh",
          "GPU hours at full clock over facility energy");
}

/* What each branch has left; stranded capacity on a line of its own, with what strands it. */
void dh_report_branches(struct dh_page *page) {
    int all = 0, shown = page->style.full ? 100 : 12;
    while (dh_page_list_text(page, "branches", all, "name"))
        all++;
    if (all == 0)
        return;
    dh_page_heading(page, "BRANCHES", "rating", "peak", "more fits");
    for (int i = 0; i < all && i < shown; i++) {
        char label[96];
        const char *name = dh_page_list_text(page, "branches", i, "name"),
                   *kind = dh_page_list_text(page, "branches", i, "kind"),
                   *by = dh_page_list_text(page, "branches", i, "stranded_by");
        double rated = dh_page_list_value(page, "branches", i, "rated_kw"),
               peak = dh_page_list_value(page, "branches", i, "peak_kw"),
               near = dh_page_list_value(page, "branches", i, "hours_within_10pct"),
               stranded = dh_page_list_value(page, "branches", i, "stranded_kw");
        snprintf(label, sizeof label, "%.40s (%s)", name, kind ? kind : "");
        bool cools = kind && (strcmp(kind, "hall-air") == 0 || strcmp(kind, "cdu") == 0 ||
                              strcmp(kind, "chiller-plant") == 0 || strcmp(kind, "liquid-plant") == 0);
        const char *unit = cools ? "kW cold" : "kW";
        dh_page_label(page, 1, label);
        dh_page_cell(page, rated, 1, unit);
        dh_page_percent(page, peak / rated);
        dh_page_cell(page, dh_page_list_value(page, "branches", i, "usable_kw"), 1, unit);
        dh_page_end_line(page);
        if (near > 0) {
            dh_page_label(page, 2, "at 90 % or more, 95 % or more");
            dh_page_cell(page, near, 1, "h");
            dh_page_cell(page, dh_page_list_value(page, "branches", i, "hours_within_5pct"), 1, "h");
            dh_page_end_line(page);
        }
        if (by && stranded > 0.005 * rated) { /* half a per cent is no finding */
            dh_page_label(page, 2, "stranded");
            dh_page_cell(page, stranded, 1, unit);
            dh_page_note(page, "by %s", by);
            dh_page_end_line(page);
        }
    }
    if (all > shown)
        dh_page_says(page, "and %d further from their limits: report --full", all - shown);
}

static void single_failure(struct dh_page *page, int i) {
    const char *most = dh_page_list_text(page, "single", i, "most_loaded");
    double cooling = dh_page_list_value(page, "single", i, "cooling_dark");
    dh_page_label(page, 1, dh_page_list_text(page, "single", i, "out"));
    dh_page_cell(page, dh_page_list_value(page, "single", i, "racks_dark"), 0, "");
    dh_page_percent(page, dh_page_list_value(page, "single", i, "share"));
    char dark[32] = "";
    if (cooling > 0)
        snprintf(dark, sizeof dark, "; cooling dark: %.0f", cooling);
    dh_page_note(page, "%.40s%s%s", most ? most : "nobody", dark,
                 dh_page_list_value(page, "single", i, "overloaded") > 0 ? "; overloaded" : "");
    dh_page_end_line(page);
}

/* What one failure leaves, racks at their ratings: those that are not held, worst first. */
void dh_report_single_failures(struct dh_page *page) {
    double all = dh_page_value(page, "facility.single_failures"),
           held = dh_page_value(page, "facility.single_failures_held");
    const char *most = dh_page_text(page, "facility.most_loaded");
    int shown = page->style.full ? 100 : 8;
    if (isnan(all))
        return;
    dh_page_heading(page, "SINGLE FAILURES, RACKS AT RATING", "racks dark", "who takes over", NULL);
    dh_page_label(page, 1, "nothing");
    dh_page_cell(page, 0, 0, "");
    dh_page_percent(page, dh_page_value(page, "facility.most_loaded_share"));
    dh_page_note(page, "%.40s", most ? most : "nothing");
    dh_page_end_line(page);
    for (int i = 0;
         i < shown && (i < all - held || page->style.full) && dh_page_list_text(page, "single", i, "out");
         i++)
        single_failure(page, i);
    dh_page_says(page, "%.0f of %.0f leave all racks and cooling fed and overload nothing", held, all);
}

static void backup_line(struct dh_page *page, const char *list, int i, const char *name, const char *member,
                        double scale, int decimals, const char *unit) {
    double v = dh_page_list_value(page, list, i, member);
    if (!(v > 0))
        return;
    dh_page_label(page, 2, name);
    dh_page_cell(page, v * scale, decimals, unit);
    dh_page_end_line(page);
}

static void group(struct dh_page *page, const char *name, const char *kind) {
    char text[96];
    snprintf(text, sizeof text, "%.60s (%s)", name, kind);
    dh_page_group(page, text);
}

/* What batteries, generators and breakers did; nothing where none had to. */
void dh_report_backup(struct dh_page *page) {
    const char *name;
    if (!dh_page_list_text(page, "ups", 0, "name") && !dh_page_list_text(page, "generators", 0, "name") &&
        !dh_page_list_text(page, "breakers", 0, "name"))
        return;
    dh_page_heading(page, "BACKUP POWER", NULL, NULL, NULL);
    for (int i = 0; (name = dh_page_list_text(page, "ups", i, "name")); i++) {
        group(page, name, "ups");
        backup_line(page, "ups", i, "times on battery", "times_on_battery", 1, 0, "");
        backup_line(page, "ups", i, "time on battery", "on_battery_s", 1.0 / 60, 1, "min");
        backup_line(page, "ups", i, "times that it dropped its load", "times_empty", 1, 0, "");
        backup_line(page, "ups", i, "transfers from the bypass", "transfers", 1, 0, "");
        backup_line(page, "ups", i, "of these failed", "failed_transfers", 1, 0, "");
    }
    for (int i = 0; (name = dh_page_list_text(page, "generators", i, "name")); i++) {
        group(page, name, "generators");
        backup_line(page, "generators", i, "sets started", "starts", 1, 0, "");
        backup_line(page, "generators", i, "attempts that failed", "failed_attempts", 1, 0, "");
        backup_line(page, "generators", i, "sets that did not start", "failed_starts", 1, 0, "");
        backup_line(page, "generators", i, "sets that failed while running", "failed_running", 1, 0, "");
        backup_line(page, "generators", i, "times stalled by too much load", "stalls", 1, 0, "");
        backup_line(page, "generators", i, "largest first load step", "first_step", 100, 0, "%");
        backup_line(page, "generators", i, "running time of all sets", "run_h", 1, 2, "h");
        backup_line(page, "generators", i, "electricity given", "energy_kwh", 1, 1, "kWh");
        backup_line(page, "generators", i, "diesel burnt", "fuel_m3", 1000, 0, "L");
    }
    for (int i = 0; (name = dh_page_list_text(page, "breakers", i, "name")); i++) {
        group(page, name, "breaker");
        backup_line(page, "breakers", i, "trips", "trips", 1, 0, "");
    }
}

static void permit(struct dh_page *page, int i, const char *what, const char *name, const char *key,
                   const char *unit) {
    char limit[48], used[48], share[48], expected[48];
    snprintf(limit, sizeof limit, "%s.limit_%s", what, key);
    snprintf(used, sizeof used, "%s.used_%s", what, key);
    snprintf(share, sizeof share, "%s.share", what);
    snprintf(expected, sizeof expected, "%s.expected", what);
    double most = dh_page_list_value(page, "permits", i, limit),
           year = dh_page_list_value(page, "permits", i, expected);
    if (isnan(most))
        return;
    dh_page_label(page, 2, name);
    dh_page_cell(page, dh_page_list_value(page, "permits", i, used), 1, unit);
    dh_page_cell(page, most, 1, unit);
    dh_page_percent(page, dh_page_list_value(page, "permits", i, share));
    if (!isnan(year))
        dh_page_note(page, "%.0f %% in a year", 100 * year);
    dh_page_end_line(page);
}

void dh_report_permits(struct dh_page *page) {
    const char *site = dh_page_list_text(page, "permits", 0, "site");
    if (!site)
        return;
    dh_page_heading(page, "PERMITS", "used", "allowed", "of allowance");
    for (int i = 0; (site = dh_page_list_text(page, "permits", i, "site")); i++) {
        dh_page_group(page, site);
        permit(page, i, "water", "water", "m3", "m3");
        permit(page, i, "power", "power", "kw", "kW");
        permit(page, i, "generators", "standby generators", "h", "h");
    }
}

static void year(struct dh_page *page, const char *name, double peak_kw, double typical_kw, double pue) {
    dh_page_label(page, 1, name);
    dh_page_cell(page, peak_kw, 1, "kW");
    if (peak_kw == typical_kw)
        dh_page_text_cell(page, DH_TONE_PLAIN, "");
    else
        dh_page_cell(page, 100 * (peak_kw / typical_kw - 1), 2, "%");
    dh_page_cell(page, pue, 3, "");
    dh_page_end_line(page);
}

void dh_report_years(struct dh_page *page) {
    double typical_kw = dh_page_value(page, "energy.peak_facility_kw");
    const char *name = dh_page_list_text(page, "extremes", 0, "year");
    if (!name)
        return;
    dh_page_heading(page, "EXTREME YEARS", "peak", "beside this run", "PUE");
    year(page, "this run", typical_kw, typical_kw, dh_page_value(page, "energy.pue"));
    for (int i = 0; (name = dh_page_list_text(page, "extremes", i, "year")); i++)
        year(page, name, dh_page_list_value(page, "extremes", i, "peak_facility_kw"), typical_kw,
             dh_page_list_value(page, "extremes", i, "pue"));
}

void dh_report_sizing(struct dh_page *page) {
    const char *name = dh_page_list_text(page, "sizing.halls", 0, "name");
    if (name)
        dh_page_heading(page, "FLOOR", "racks", "area used", "heaviest place");
    for (int i = 0; (name = dh_page_list_text(page, "sizing.halls", i, "name")); i++) {
        dh_page_label(page, 1, name);
        dh_page_cell(page, dh_page_list_value(page, "sizing.halls", i, "racks"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "sizing.halls", i, "area_used_m2"), 1, "m2");
        dh_page_cell(page, dh_page_list_value(page, "sizing.halls", i, "floor_kg_per_m2"), 0, "kg/m2");
        dh_page_end_line(page);
        dh_page_label(page, 2, "there is");
        dh_page_cell(page, dh_page_list_value(page, "sizing.halls", i, "positions"), 0, "");
        dh_page_cell(page, dh_page_list_value(page, "sizing.halls", i, "area_m2"), 1, "m2");
        dh_page_cell(page, dh_page_list_value(page, "sizing.halls", i, "floor_limit_kg_per_m2"), 0, "kg/m2");
        dh_page_end_line(page);
    }
    if (dh_page_list_text(page, "sizing.phases", 0, "name"))
        dh_page_heading(page, "PHASES", "lowest", "highest", "imbalance");
    for (int i = 0; (name = dh_page_list_text(page, "sizing.phases", i, "name")); i++) {
        double a = dh_page_list_value(page, "sizing.phases", i, "a_kw"),
               b = dh_page_list_value(page, "sizing.phases", i, "b_kw"),
               c = dh_page_list_value(page, "sizing.phases", i, "c_kw");
        dh_page_label(page, 1, name);
        dh_page_cell(page, fmin(a, fmin(b, c)), 1, "kW");
        dh_page_cell(page, fmax(a, fmax(b, c)), 1, "kW");
        dh_page_percent(page, dh_page_list_value(page, "sizing.phases", i, "imbalance"));
        dh_page_end_line(page);
    }
    if (dh_page_list_text(page, "sizing.late", 0, "name"))
        dh_page_heading(page, "LATE", "needed", "arrives", "late by");
    for (int i = 0; (name = dh_page_list_text(page, "sizing.late", i, "name")); i++) {
        char label[96];
        const char *kind = dh_page_list_text(page, "sizing.late", i, "kind"),
                   *needed = dh_page_list_text(page, "sizing.late", i, "needed"),
                   *arrives = dh_page_list_text(page, "sizing.late", i, "arrives");
        snprintf(label, sizeof label, "%.40s (%s)", name, kind ? kind : "");
        dh_page_label(page, 1, label);
        char day[16];
        snprintf(day, sizeof day, "%.10s", needed ? needed : "");
        dh_page_text_cell(page, DH_TONE_PLAIN, day);
        snprintf(day, sizeof day, "%.10s", arrives ? arrives : "");
        dh_page_text_cell(page, DH_TONE_PLAIN, day);
        dh_page_cell(page, dh_page_list_value(page, "sizing.late", i, "days"), 0, "d");
        dh_page_end_line(page);
    }
}
