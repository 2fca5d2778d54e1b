/* Sections of a report: limits that came near; what its figures rest on. */
#include "output/report_sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void dh_report_alerts(struct dh_page *page) {
    if (!dh_page_list_text(page, "alerts", 0, "what"))
        return;
    dh_page_heading(page, "ALERTS: 90 % OF A LIMIT OR MORE", "limit", "worst", "time");
    for (int i = 0; dh_page_list_text(page, "alerts", i, "what"); i++) {
        double worst = dh_page_list_value(page, "alerts", i, "worst");
        const char *at = dh_page_list_text(page, "alerts", i, "at");
        char share[32];
        snprintf(share, sizeof share, "%.1f %%", 100 * worst);
        dh_page_label(page, 1, dh_page_list_text(page, "alerts", i, "what"));
        dh_page_cell(page, dh_page_list_value(page, "alerts", i, "limit_kw"), 1, "kW");
        dh_page_text_cell(page, worst > 1 ? DH_TONE_BAD : DH_TONE_FAIR, share);
        dh_page_cell(page, dh_page_list_value(page, "alerts", i, "hours"), 1, "h");
        if (at && strlen(at) >= 16)
            dh_page_note(page, "%.10s %.5s UTC", at, at + 11);
        dh_page_end_line(page);
    }
}

static const struct {
    const char *word, *name;
} kinds[] = {
    {"measured",  "measured"         },
    {"published", "published"        },
    {"computed",  "computed, fitted" },
    {"assumed",   "assumed"          },
    {"not_said",  "no source named"  },
    {"rest",      "idle and the rest"},
};
enum { N_KIND = sizeof kinds / sizeof *kinds };

static double of_kind(struct dh_page *page, const char *what, int k) {
    char key[80];
    snprintf(key, sizeof key, "evidence.%s.%s", what, kinds[k].word);
    return dh_page_value(page, key);
}

void dh_report_evidence(struct dh_page *page) {
    static const char *const columns[5] = {"figures", "GPU hours", "share", "IT energy", "share"};
    double hours = 0, energy = 0;
    for (int k = 0; k < N_KIND; k++) {
        double h = of_kind(page, "gpu_h", k), e = of_kind(page, "energy_kwh", k);
        hours += isnan(h) ? 0 : h;
        energy += isnan(e) ? 0 : e;
    }
    if (isnan(of_kind(page, "sources", 0)))
        return;
    dh_page_wide(page, "WHAT IT RESTS ON", columns, false);
    for (int k = 0; k < N_KIND; k++) {
        double n = of_kind(page, "sources", k), h = of_kind(page, "gpu_h", k),
               e = of_kind(page, "energy_kwh", k);
        if (isnan(n) && isnan(h) && isnan(e))
            continue;
        dh_page_label(page, 1, kinds[k].name);
        dh_page_cell(page, n, 0, "");
        dh_page_cell(page, h, h < 1e5 ? 1 : 0, "h");
        dh_page_percent(page, h / hours);
        dh_page_cell(page, e / 1000, 1, "MWh");
        dh_page_percent(page, e / energy);
        dh_page_end_line(page);
    }
    dh_page_wrapped(
        page, DH_TONE_FINE, "    ", 4,
        "figures: of the scenario and its catalogs, by their sources. GPU hours and energy: by the evidence "
        "for the "
        "accelerator's power at that kind of work; the rest: nodes that wait, fans, supplies, jobs of logs. "
        "report --explain KEY says what one number rests on");
}
