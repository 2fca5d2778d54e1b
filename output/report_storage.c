/* Section of a report: stores of data, and checkpoints in them. */
#include "output/report_facility.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_store(struct dh_page *page, int i, const char *id) {
    double capacity = dh_page_list_value(page, "stores", i, "capacity_tb");
    double peak = dh_page_list_value(page, "stores", i, "peak_tb");
    double still = dh_page_list_value(page, "stores", i, "still_h");
    double refused = dh_page_list_value(page, "stores", i, "refused");
    double wait = dh_page_list_value(page, "stores", i, "longest_wait_s");
    char room[64];
    dh_page_label(page, 1, id);
    dh_page_cell(page, dh_page_list_value(page, "stores", i, "read_tb"), 1, "TB");
    dh_page_cell(page, dh_page_list_value(page, "stores", i, "written_tb"), 1, "TB");
    dh_page_cell(page, peak, 1, "TB");
    dh_page_percent(page, isnan(peak) || isnan(capacity) ? NAN : peak / capacity);
    dh_page_percent(page, dh_page_list_value(page, "stores", i, "busy"));
    if (still > 0)
        dh_page_note(page, "stood still for %s", dh_page_duration(room, 3600 * still));
    else if (refused > 0)
        dh_page_note(page, "no room for %.0f writes", refused);
    else if (wait > 0)
        dh_page_note(page, "drives waited for: up to %s", dh_page_wait(room, wait));
    dh_page_end_line(page);
}

static void put_longest(struct dh_page *page, const char *name, const char *key, const char *share_key) {
    double s = dh_page_value(page, key), share = dh_page_value(page, share_key);
    char room[64];
    if (isnan(s))
        return;
    if (share > 1.005)
        dh_page_fact(page, name, "%s, up to %.1f times as long as alone", dh_page_duration(room, s), share);
    else
        dh_page_fact(page, name, "%s, as long as alone", dh_page_duration(room, s));
}

void dh_report_storage(struct dh_page *page) {
    static const char *const columns[5] = {"read", "written", "at most", "of capacity", "busy"};
    if (!dh_page_list_text(page, "stores", 0, "id"))
        return;
    dh_page_wide(page, "STORAGE", columns, false);
    const char *id;
    for (int i = 0; (id = dh_page_list_text(page, "stores", i, "id")) != NULL; i++)
        put_store(page, i, id);
    double n = dh_page_value(page, "storage.checkpoints");
    if (isnan(n))
        return;
    dh_page_heading(page, "CHECKPOINTS IN STORES", NULL, NULL, NULL);
    dh_page_line(page, "Written", n, 0, "");
    double left_out = dh_page_value(page, "storage.checkpoints_left_out");
    if (left_out > 0)
        dh_page_line(page, "Left out for lack of room", left_out, 0, "");
    put_longest(page, "Longest write", "storage.longest_write_s", "storage.longest_write_share");
    put_longest(page, "Longest read at a restart", "storage.longest_read_s", "storage.longest_read_share");
    double installed = dh_page_value(page, "gpu_time.installed_h");
    double waited = dh_page_value(page, "gpu_time.checkpoint_h"),
           read = dh_page_value(page, "gpu_time.restart_h");
    if (installed > 0 && waited > 0)
        dh_page_fact(page, "GPU time for checkpoints", "%.1f h, %.2f %% of all", waited,
                     100 * waited / installed);
    if (installed > 0 && read > 0)
        dh_page_fact(page, "GPU time for restarts", "%.1f h, %.2f %% of all", read, 100 * read / installed);
}
