/* Sections of a report: what held work back and what crossed its limits; whether it adds up, what it assumes,
 * where it comes from. */
#include "output/report_sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void dh_report_limits(struct dh_page *page) {
    double s = dh_page_value(page, "simulated_s");
    if (isnan(s))
        s = dh_page_value(page, "scenario.duration_s");
    if (dh_page_list_text(page, "constraints", 0, "name")) {
        dh_page_heading(page, "WHAT HELD WORK BACK", "hours", "of the time", "idle elsewhere");
        for (int i = 0; dh_page_list_text(page, "constraints", i, "name"); i++) {
            const char *name = dh_page_list_text(page, "constraints", i, "name");
            double hours = dh_page_list_value(page, "constraints", i, "hours_binding");
            dh_page_label(page, 1, strcmp(name, "gpus") == 0 ? "too few GPUs" : name);
            dh_page_cell(page, hours, 1, "h");
            dh_page_percent(page, hours / (s / 3600));
            dh_page_cell(page, dh_page_list_value(page, "constraints", i, "stranded_kw"), 1, "kW");
            dh_page_end_line(page);
        }
    }
    if (dh_page_list_text(page, "violations", 0, "kind")) {
        dh_page_heading(page, "LIMITS CROSSED", "times", "worst", "at it or above");
        for (int i = 0; dh_page_list_text(page, "violations", i, "kind"); i++) {
            dh_page_label(page, 1, dh_page_list_text(page, "violations", i, "kind"));
            dh_page_cell(page, dh_page_list_value(page, "violations", i, "count"), 0, "");
            dh_page_percent(page, dh_page_list_value(page, "violations", i, "worst"));
            dh_page_cell(page, dh_page_list_value(page, "violations", i, "hours"), 2, "h");
            const char *at = dh_page_list_text(page, "violations", i, "at");
            if (at)
                dh_page_note(page, "%.10s %.5s UTC", at, strlen(at) > 15 ? at + 11 : "");
            dh_page_end_line(page);
        }
    }
}

/* One line while all books close; a line for each with --full, and for those that do not close. */
void dh_report_audit(struct dh_page *page) {
    static const struct {
        const char *key, *name;
    } books[] = {
        {"audit.energy",    "energy"   },
        {"audit.heat",      "heat"     },
        {"audit.water",     "water"    },
        {"audit.gpu_hours", "GPU hours"},
        {"audit.bytes",     "bytes"    },
        {"audit.requests",  "requests" },
        {"audit.bill",      "bill"     },
    };
    char closed[128] = "";
    int n = 0;
    double largest = 0;
    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        double residual = dh_page_value(page, books[i].key);
        if (isnan(residual))
            continue;
        bool closes = fabs(residual) <= 1e-9; /* VERIFY: each book closes to 1e-9 of what went in */
        if (n++ == 0)
            dh_page_heading(page, "DOES IT ADD UP", NULL, NULL, NULL);
        if (closes && !page->style.full) {
            snprintf(closed + strlen(closed), sizeof closed - strlen(closed), "%s%s", *closed ? ", " : "",
                     books[i].name);
            largest = fmax(largest, fabs(residual));
            continue;
        }
        dh_page_label(page, 1, books[i].name);
        char text[32];
        snprintf(text, sizeof text, "%.1e", residual);
        dh_page_text_cell(page, closes ? DH_TONE_PLAIN : DH_TONE_BAD, text);
        dh_page_note(page, "%s", closes ? "closes" : "DOES NOT CLOSE");
        dh_page_end_line(page);
    }
    if (*closed)
        dh_page_says(page, "%s: what went in came out (largest difference %.0e)", closed, largest);
}

/* Assumptions about equipment are many and rarely what a decision turns on; weather, prices, clouds and
 * capital are few and often are. The latter are always shown, the former counted unless all are wanted. */
static bool about_equipment(const char *where) {
    return where && (strncmp(where, "device ", 7) == 0 || strncmp(where, "node ", 5) == 0 ||
                     strncmp(where, "rack-type ", 10) == 0);
}

void dh_report_assumptions(struct dh_page *page) {
    int hidden = 0;
    if (dh_page_list_text(page, "assumptions", 0, "text"))
        dh_page_heading(page, "ASSUMED", NULL, NULL, NULL);
    for (int i = 0; dh_page_list_text(page, "assumptions", i, "text"); i++) {
        const char *where = dh_page_list_text(page, "assumptions", i, "where");
        char first[128];
        if (!page->style.full && about_equipment(where)) {
            hidden++;
            continue;
        }
        snprintf(first, sizeof first, "  %.100s%s", where ? where : "-", where ? ":" : "");
        dh_page_wrapped(page, DH_TONE_PLAIN, first, 4, dh_page_list_text(page, "assumptions", i, "text"));
    }
    if (hidden > 0)
        dh_page_says(page, "and %d about the GPUs, nodes and racks in use: report --full", hidden);
}

void dh_report_origin(struct dh_page *page) {
    int n = 0;
    dh_page_heading(page, "WHERE THIS COMES FROM", NULL, NULL, NULL);
    const char *version = dh_page_text(page, "provenance.version"),
               *sha = dh_page_text(page, "scenario.sha256");
    if (version || sha)
        dh_page_says(page, "%s%s%s%s%s", version ? "datahall " : "", version ? version : "",
                     version && sha ? ", " : "", sha ? "scenario SHA-256 " : "", sha ? sha : "");
    for (; dh_page_list_text(page, "provenance.inputs", n, "path"); n++) {
        const char *hash = dh_page_list_text(page, "provenance.inputs", n, "sha256");
        if (page->style.full)
            dh_page_fact(page, dh_page_list_text(page, "provenance.inputs", n, "path"), "%.64s",
                         hash ? hash : "");
    }
    if (n > 0 && !page->style.full)
        dh_page_says(page, "%d input file%s, by path and hash: report --full", n, n == 1 ? "" : "s");
}
