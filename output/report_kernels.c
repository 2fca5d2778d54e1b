/* What the computing time of models rests on: a line for each kind of kernel and number format. */
#include "output/report_facility.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *meaning(const char *origin) {
    static const struct {
        const char *origin, *text;
    } all[] = {
        {"measured",  "measured"           },
        {"published", "published rows"     },
        {"datasheet", "datasheet x derate" },
        {"user",      "set in the scenario"},
    };
    for (size_t i = 0; origin && i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].origin, origin) == 0)
            return all[i].text;
    return "?";
}

static void put_row(struct dh_page *page, int i) {
    char label[96];
    const char *device = dh_page_list_text(page, "kernels", i, "device"),
               *family = dh_page_list_text(page, "kernels", i, "family"),
               *format = dh_page_list_text(page, "kernels", i, "format"),
               *origin = dh_page_list_text(page, "kernels", i, "origin");
    double all = dh_page_list_value(page, "kernels", i, "gpu_h"),
           outside = dh_page_list_value(page, "kernels", i, "extrapolated_gpu_h"),
           low = dh_page_list_value(page, "kernels", i, "low"),
           high = dh_page_list_value(page, "kernels", i, "high");
    snprintf(label, sizeof label, "%.14s %.8s %.6s", device, family ? family : "", format ? format : "");
    dh_page_label(page, 1, label);
    dh_page_cell(page, all, 1, "h");
    if (isnan(outside))
        dh_page_text_cell(page, DH_TONE_PLAIN, "range unknown");
    else
        dh_page_percent(page, all > 0 ? outside / all : 0);
    snprintf(label, sizeof label, "%+.0f..%+.0f %%", 100 * (low - 1), 100 * (high - 1));
    dh_page_text_cell(page, DH_TONE_PLAIN, label);
    dh_page_note(page, "%s", meaning(origin));
    dh_page_end_line(page);
}

void dh_report_kernels(struct dh_page *page) {
    double all = dh_page_value(page, "kernel_time.gpu_h"),
           outside = dh_page_value(page, "kernel_time.extrapolated_gpu_h");
    if (!(all > 0))
        return;
    dh_page_heading(page, "KERNEL TIME OF MODELS", "GPU hours", "extrapolated", "90 % band");
    for (int i = 0; dh_page_list_text(page, "kernels", i, "device"); i++)
        put_row(page, i);
    for (int i = 0; dh_page_list_text(page, "kernels", i, "device"); i++) {
        const char *profile = dh_page_list_text(page, "kernels", i, "profile"), *before = NULL;
        for (int k = 0; k < i && profile; k++) {
            before = dh_page_list_text(page, "kernels", k, "profile");
            if (before && strcmp(before, profile) == 0)
                profile = NULL;
        }
        if (profile)
            dh_page_wrapped(page, DH_TONE_PLAIN, "  measured: profile ", 4, profile);
    }
    char text[320], hours[64];
    snprintf(
        text, sizeof text,
        "extrapolated: with shapes beyond those that were measured, %s of these GPU hours; band: of single "
        "kernels, measured over computed",
        dh_page_grouped(hours, outside, 1));
    dh_page_wrapped(page, DH_TONE_FINE, "    ", 4, text);
}
