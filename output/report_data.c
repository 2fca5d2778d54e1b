/* Datasets, pipelines and what waited for them. */
#include "output/report_facility.h"

#include <math.h>
#include <stdio.h>

static const char *const bytes_units[4] = {"GB", "TB", "PB", "EB"};

static void put_bytes(struct dh_page *page, double bytes) {
    char room[64];
    dh_page_text_cell(page, DH_TONE_PLAIN, isnan(bytes) ? "" : dh_page_short(room, bytes / 1e9, bytes_units));
}

static void datasets(struct dh_page *page) {
    static const char *const columns[5] = {"versions", "newest", "first after", "age at the end",
                                           "age, mean"};
    dh_page_wide(page, "DATA", columns, false);
    for (int i = 0; dh_page_list_text(page, "datasets", i, "id"); i++) {
        dh_page_label(page, 1, dh_page_list_text(page, "datasets", i, "id"));
        dh_page_cell(page, dh_page_list_value(page, "datasets", i, "versions"), 0, "");
        put_bytes(page, dh_page_list_value(page, "datasets", i, "bytes"));
        dh_page_duration_cell(page, dh_page_list_value(page, "datasets", i, "first_s"));
        dh_page_duration_cell(page, dh_page_list_value(page, "datasets", i, "age_s"));
        dh_page_duration_cell(page, dh_page_list_value(page, "datasets", i, "mean_age_s"));
        dh_page_end_line(page);
    }
}

static void stages(struct dh_page *page, int pipeline) {
    char list[64];
    snprintf(list, sizeof list, "pipelines.%d.stages", pipeline);
    for (int s = 0; dh_page_list_text(page, list, s, "id"); s++) {
        dh_page_label(page, 2, dh_page_list_text(page, list, s, "id"));
        dh_page_cell(page, dh_page_list_value(page, list, s, "rounds"), 0, "");
        put_bytes(page, dh_page_list_value(page, list, s, "bytes"));
        dh_page_cell(page, dh_page_list_value(page, list, s, "rework"), 3, "x");
        dh_page_duration_cell(page, dh_page_list_value(page, list, s, "wait_s"));
        dh_page_duration_cell(page, dh_page_list_value(page, list, s, "work_s"));
        dh_page_end_line(page);
    }
}

static void pipelines(struct dh_page *page) {
    static const char *const columns[5] = {"rounds", "bytes read", "rework", "waited, mean", "worked, mean"};
    dh_page_wide(page, "PIPELINES", columns, false);
    for (int i = 0; dh_page_list_text(page, "pipelines", i, "id"); i++) {
        double runs = dh_page_list_value(page, "pipelines", i, "runs"),
               due = dh_page_list_value(page, "pipelines", i, "due");
        char text[400], took[64] = "";
        if (runs > 0)
            dh_page_duration(took, dh_page_list_value(page, "pipelines", i, "mean_s"));
        snprintf(text, sizeof text, "%.200s: %.0f of %.0f runs ended%s%s%s",
                 dh_page_list_text(page, "pipelines", i, "id"), runs, due, runs > 0 ? ", " : "", took,
                 runs > 0 ? " each" : "");
        dh_page_group(page, text);
        stages(page, i);
    }
}

void dh_report_data(struct dh_page *page) {
    double held = dh_page_value(page, "data.jobs_held"), waiting = dh_page_value(page, "data.jobs_waiting");
    char hours[64];
    if (!dh_page_list_text(page, "datasets", 0, "id"))
        return;
    datasets(page);
    if (held > 0)
        dh_page_says(page, "Jobs that waited for a version: %.0f, %s together; at the end %.0f still did.",
                     held, dh_page_duration(hours, 3600 * dh_page_value(page, "data.held_h")), waiting);
    double cache_b = dh_page_value(page, "data.cache_b");
    char store[64], cache[64];
    if (dh_page_value(page, "data.read_b") > 0)
        dh_page_says(page, "Read by jobs while they worked: %s from stores%s%s.",
                     dh_page_short(store, dh_page_value(page, "data.read_b") / 1e9, bytes_units),
                     cache_b > 0 ? ", and from the caches of their nodes " : "",
                     cache_b > 0 ? dh_page_short(cache, cache_b / 1e9, bytes_units) : "");
    if (dh_page_list_text(page, "pipelines", 0, "id"))
        pipelines(page);
}
