/* Section of a report: fabrics, their switches and cables, and what of them was out of service. */
#include "output/report_facility.h"

#include <math.h>
#include <stdio.h>

static double of(struct dh_page *page, int i, const char *list, const char *name) {
    char key[64];
    snprintf(key, sizeof key, "fabrics.%d.%s.%s", i, list, name);
    return dh_page_value(page, key);
}

static double sum(struct dh_page *page, int i, const char *list, const char *const names[3]) {
    double all = NAN;
    for (int k = 0; k < 3; k++) {
        double one = of(page, i, list, names[k]);
        all = isnan(one) ? all : isnan(all) ? one : all + one;
    }
    return all;
}

static void put_fabric(struct dh_page *page, int i) {
    static const char *const tiers[3] = {"leaf", "spine", "core"}, *const cables[3] = {"host", "local",
                                                                                       "global"};
    static const char *const rates[4] = {"GB/s", "TB/s", "PB/s", "EB/s"};
    double bisection = dh_page_list_value(page, "fabrics", i, "bisection_gb_per_s");
    double over = dh_page_list_value(page, "fabrics", i, "oversubscription");
    char room[64];
    dh_page_label(page, 1, dh_page_list_text(page, "fabrics", i, "id"));
    dh_page_cell(page, dh_page_list_value(page, "fabrics", i, "hosts"), 0, "");
    dh_page_cell(page, sum(page, i, "switches", tiers), 0, "");
    dh_page_cell(page, sum(page, i, "cables", cables), 0, "");
    dh_page_text_cell(page, DH_TONE_PLAIN, isnan(bisection) ? "" : dh_page_short(room, bisection, rates));
    dh_page_cell(page, dh_page_list_value(page, "fabrics", i, "power_kw"), 1, "kW");
    if (over > 1)
        dh_page_note(page, "%.3g:1 oversubscribed", over);
    dh_page_end_line(page);
}

static void put_out(struct dh_page *page, int i) {
    static const struct {
        const char *name, *about;
    } units[] = {
        {"leaf",   "leaves out of service"         },
        {"spine",  "spines"                        },
        {"core",   "cores"                         },
        {"link",   "cables of adapters"            },
        {"uplink", "cables of leaves"              },
        {"trunk",  "cables between pods and groups"},
        {"domain", "switches of domains"           }
    };
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        double n = of(page, i, "failed", units[u].name);
        char room[64];
        if (!(n > 0))
            continue;
        dh_page_label(page, 2, units[u].about);
        dh_page_cell(page, n, 0, n > 1 ? "times" : "time");
        dh_page_text_cell(page, DH_TONE_PLAIN,
                          dh_page_duration(room, 3600 * of(page, i, "out_h", units[u].name)));
        dh_page_end_line(page);
    }
}

void dh_report_fabrics(struct dh_page *page) {
    static const char *const columns[5] = {"adapters", "switches", "cables", "bisection", "power"};
    bool any = false;
    if (!dh_page_list_text(page, "fabrics", 0, "id"))
        return;
    dh_page_wide(page, "FABRIC", columns, false);
    for (int i = 0; dh_page_list_text(page, "fabrics", i, "id"); i++)
        put_fabric(page, i);
    for (int i = 0; dh_page_list_text(page, "fabrics", i, "id"); i++) {
        double usd = dh_page_list_value(page, "fabrics", i, "purchase");
        const char *currency = dh_page_text(page, "cost.currency"),
                   *id = dh_page_list_text(page, "fabrics", i, "id");
        char room[64];
        if (!isnan(usd))
            dh_page_says(page, "Switches and cables of %s: %s %s.", id, dh_page_grouped(room, usd, 0),
                         currency ? currency : "USD");
        for (int u = 0; u < 7; u++) {
            static const char *const names[7] = {"leaf",   "spine", "core",  "link",
                                                 "uplink", "trunk", "domain"};
            any |= of(page, i, "failed", names[u]) > 0;
        }
    }
    if (!any)
        return;
    dh_page_heading(page, "OUT OF SERVICE IN FABRICS", "went out", "all together", NULL);
    for (int i = 0; dh_page_list_text(page, "fabrics", i, "id"); i++) {
        dh_page_group(page, dh_page_list_text(page, "fabrics", i, "id"));
        put_out(page, i);
    }
}
