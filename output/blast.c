#include "output/blast.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double value(const struct dh_page *page, int i, const char *member) {
    return dh_page_list_value(page, "blast", i, member);
}

/* "after 21 s", or that it did not happen. */
static void after(struct dh_page *page, int i, const char *name, const char *member) {
    double s = value(page, i, member);
    char room[64];
    dh_text_printf(page->out, "  %-*s %s\n", DH_PAGE_LABEL - 2, name,
                   isnan(s)  ? "did not happen"
                   : s == 0  ? "at once"
                   : s < 120 ? (snprintf(room, sizeof room, "after %.0f s", s), room)
                             : (snprintf(room, sizeof room, "after %.1f min", s / 60), room));
}

static void said(struct dh_page *page, int i, const char *name, const char *member) {
    const char *text = dh_page_list_text(page, "blast", i, member);
    if (text)
        dh_text_printf(page->out, "  %-*s %s\n", DH_PAGE_LABEL - 2, name, text);
}

static void one(struct dh_page *page, int i) {
    const char *trip = dh_page_list_text(page, "blast", i, "trip"),
               *at = dh_page_list_text(page, "blast", i, "at");
    const char *currency = dh_page_text(page, "cost.currency");
    char head[420], room[64];
    double for_s = value(page, i, "for_s"), usd = value(page, i, "lost_usd");
    snprintf(head, sizeof head, "WHAT IF %.300s FAILS", trip);
    dh_page_heading(page, head, NULL, NULL, NULL);
    dh_text_printf(page->out, "  at %.10s %.8s UTC, %s%s\n", at ? at : "",
                   at && strlen(at) > 11 ? at + 11 : "", isnan(for_s) ? "to the end of the run" : "for ",
                   isnan(for_s) ? "" : dh_page_duration(room, for_s));
    said(page, i, "lost power", "lost_power");
    said(page, i, "cooling without power", "lost_cooling_power");
    said(page, i, "loaded above its rating", "overloaded");
    after(page, i, "first UPS on battery", "battery_begin_s");
    after(page, i, "first generator on the bus", "generator_s");
    after(page, i, "fed again from battery", "battery_end_s");
    after(page, i, "first battery empty", "battery_empty_s");
    after(page, i, "first rack dark", "dark_s");
    after(page, i, "first GPU slowed by heat", "throttle_s");
    after(page, i, "first rack switched off by heat", "shutdown_s");
    dh_page_line(page, "racks dark", value(page, i, "racks_dark"), 0, "");
    dh_page_line(page, "racks slowed by heat", value(page, i, "racks_throttled"), 0, "");
    dh_page_line(page, "racks switched off by heat", value(page, i, "racks_shut_down"), 0, "");
    dh_page_line(page, "jobs that lost their nodes", value(page, i, "jobs_killed"), 0, "");
    dh_page_line(page, "work to be done again", value(page, i, "lost_work_gpu_h"), 1, "GPU h");
    dh_page_line(page, "GPUs down", value(page, i, "down_gpu_h"), 1, "GPU h");
    dh_page_line(page, "GPUs slowed", value(page, i, "slowed_gpu_h"), 1, "GPU h");
    dh_page_line(page, "lost in all", value(page, i, "lost_gpu_h"), 1, "GPU h");
    if (!isnan(usd)) {
        dh_page_line(page, "lost, at the cost of a GPU hour", usd, 2, currency ? currency : "USD");
        dh_page_wrapped(
            page, 0, "  ", 2,
            "GPU hours lost times the site's cost of an installed GPU hour (cost.per_gpu_hour_available)");
    }
    if (isnan(value(page, i, "over_s")))
        dh_text_printf(page->out, "  %-*s not in this run\n", DH_PAGE_LABEL - 2, "all as before");
    else
        after(page, i, "all as before", "over_s");
}

void dh_report_blast(struct dh_page *page) {
    for (int i = 0; dh_page_list_text(page, "blast", i, "trip"); i++)
        one(page, i);
}
