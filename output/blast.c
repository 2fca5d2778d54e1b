#include "output/blast.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double value(const struct dh_page *page, int i, const char *member) {
    return dh_page_list_value(page, "blast", i, member);
}

static const char *when(char room[static 64], double s) {
    if (s == 0)
        snprintf(room, 64, "at once");
    else
        snprintf(room, 64,
                 s < 120    ? "%.0f s"
                 : s < 7200 ? "%.1f min"
                            : "%.1f h",
                 s < 120    ? s
                 : s < 7200 ? s / 60
                            : s / 3600);
    return room;
}

/* "after 21 s", or that it did not happen. */
static void after(struct dh_page *page, int i, const char *name, const char *member) {
    double s = value(page, i, member);
    char room[64];
    dh_page_fact(page, name, "%s%s", s > 0 ? "after " : "", isnan(s) ? "did not happen" : when(room, s));
}

static void said(struct dh_page *page, int i, const char *name, const char *member) {
    const char *text = dh_page_list_text(page, "blast", i, member);
    if (text && strcmp(text, "nothing") != 0)
        dh_page_fact(page, name, "%s", text);
}

static void counted(struct dh_page *page, int i, const char *name, const char *member) {
    if (value(page, i, member) > 0)
        dh_page_line(page, name, value(page, i, member), 0, "");
}

static void hours(struct dh_page *page, int i, const char *name, const char *member) {
    if (value(page, i, member) > 0)
        dh_page_line(page, name, value(page, i, member), 1, "GPU h");
}

static void head(struct dh_page *page, int i) {
    const char *trip = dh_page_list_text(page, "blast", i, "trip"),
               *at = dh_page_list_text(page, "blast", i, "at");
    double for_s = value(page, i, "for_s");
    char text[420], room[64];
    snprintf(text, sizeof text, "WHAT IF %.300s FAIL%s", trip, strchr(trip, ',') ? "" : "S");
    dh_page_heading(page, text, NULL, NULL, NULL);
    dh_page_says(page, "at %.10s %.8s UTC, %s%s", at ? at : "", at && strlen(at) > 11 ? at + 11 : "",
                 isnan(for_s) ? "to the end of the run" : "for ",
                 isnan(for_s) ? "" : dh_page_duration(room, for_s));
}

static void steps(struct dh_page *page, int i) {
    enum { TIME = 12 };
    char member[64], room[64], first[128];
    for (int k = 0;; k++) {
        snprintf(member, sizeof member, "steps.%d.after_s", k);
        double s = value(page, i, member);
        if (isnan(s))
            break;
        snprintf(member, sizeof member, "steps.%d.what", k);
        const char *what = dh_page_list_text(page, "blast", i, member);
        snprintf(first, sizeof first, "  %*s  ", TIME, when(room, s));
        dh_page_wrapped(page, DH_TONE_PLAIN, first, TIME + 4, what ? what : "");
    }
    if (value(page, i, "more_steps") > 0)
        dh_page_says(page, "and %.0f further events: datahall export RESULT /events",
                     value(page, i, "more_steps"));
}

/* Whether anything of the work was touched. */
static bool is_harmless(const struct dh_page *page, int i) {
    return !(value(page, i, "lost_gpu_h") > 0) && value(page, i, "racks_dark") == 0 &&
           value(page, i, "racks_throttled") == 0 && value(page, i, "jobs_killed") == 0;
}

static void costs(struct dh_page *page, int i) {
    const char *currency = dh_page_text(page, "cost.currency");
    double usd = value(page, i, "lost_usd");
    if (is_harmless(page, i)) {
        dh_page_says(page, "nothing lost: no rack dark or slowed, no job hit");
        return;
    }
    dh_page_line(page, "racks dark", value(page, i, "racks_dark"), 0, "");
    counted(page, i, "racks slowed by heat", "racks_throttled");
    counted(page, i, "racks switched off by heat", "racks_shut_down");
    dh_page_line(page, "jobs that lost their nodes", value(page, i, "jobs_killed"), 0, "");
    hours(page, i, "work to be done again", "lost_work_gpu_h");
    hours(page, i, "GPUs down", "down_gpu_h");
    hours(page, i, "GPUs slowed", "slowed_gpu_h");
    dh_page_line(page, "lost in all", value(page, i, "lost_gpu_h"), 1, "GPU h");
    if (isnan(usd))
        return;
    dh_page_line(page, "lost, at the cost of a GPU hour", usd, 2, currency ? currency : "USD");
    dh_page_wrapped(
        page, DH_TONE_PLAIN, "  ", 2,
        "GPU hours lost times the site's cost of an installed GPU hour (cost.per_gpu_hour_available)");
}

static void put_inlet(struct dh_page *page, double inlet) {
    const char *unit = dh_page_unit(page, &inlet, "degC");
    dh_page_fact(page, "hottest rack inlet meanwhile", "%.1f %s", inlet, unit);
}

static void one(struct dh_page *page, int i) {
    const char *most = dh_page_list_text(page, "blast", i, "most_loaded");
    double lasts = value(page, i, "battery_lasts_s"), inlet = value(page, i, "hottest_inlet_degc");
    char room[64];
    head(page, i);
    steps(page, i);
    if (!dh_page_list_text(page, "blast", i, "steps.0.what"))
        dh_page_says(page, "nothing lost power or its cooling, nothing was overloaded");
    said(page, i, "loaded above its rating", "overloaded");
    if (most)
        dh_page_fact(page, "most loaded meanwhile", "%.60s, %.1f %% of its rating", most,
                     100 * value(page, i, "most_loaded_share"));
    if (!isnan(lasts))
        dh_page_fact(page, "batteries last at that load", "%s", when(room, lasts));
    after(page, i, "first GPU slowed by heat", "throttle_s");
    after(page, i, "first rack switched off by heat", "shutdown_s");
    if (!isnan(inlet))
        put_inlet(page, inlet);
    costs(page, i);
    if (!isnan(value(page, i, "next_trip_s")))
        dh_page_fact(page, "all as before", "the next trip came first, after %s",
                     when(room, value(page, i, "next_trip_s")));
    else if (isnan(value(page, i, "over_s")))
        dh_page_fact(page, "all as before", "not in this run");
    else
        after(page, i, "all as before", "over_s");
}

void dh_report_blast(struct dh_page *page) {
    for (int i = 0; dh_page_list_text(page, "blast", i, "trip"); i++)
        one(page, i);
}

void dh_report_blast_line(struct dh_page *page, int i, struct dh_text *says) {
    char room[64];
    double for_s = value(page, i, "for_s"), dark = value(page, i, "racks_dark"),
           usd = value(page, i, "lost_usd");
    const char *currency = dh_page_text(page, "cost.currency");
    dh_text_printf(says, "%.200s out %s%s: ", dh_page_list_text(page, "blast", i, "trip"),
                   isnan(for_s) ? "for good" : "for ", isnan(for_s) ? "" : dh_page_duration(room, for_s));
    if (is_harmless(page, i)) {
        dh_text_puts(says, "nothing lost");
        return;
    }
    if (dark > 0)
        dh_text_printf(says, "%.0f racks dark %s%s, ", dark, value(page, i, "dark_s") > 0 ? "after " : "",
                       when(room, value(page, i, "dark_s")));
    else if (value(page, i, "racks_shut_down") > 0)
        dh_text_printf(says, "%.0f racks too hot after %s, ", value(page, i, "racks_shut_down"),
                       when(room, value(page, i, "shutdown_s")));
    else if (value(page, i, "racks_throttled") > 0)
        dh_text_printf(says, "%.0f racks slowed by heat after %s, ", value(page, i, "racks_throttled"),
                       when(room, value(page, i, "throttle_s")));
    dh_text_printf(says, "%.0f jobs hit, %s GPU h lost", value(page, i, "jobs_killed"),
                   dh_page_grouped(room, value(page, i, "lost_gpu_h"), 0));
    if (!isnan(usd))
        dh_text_printf(says, ", %s %s", dh_page_grouped(room, usd, 0), currency ? currency : "USD");
}
