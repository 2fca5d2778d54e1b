#include "output/report_html.h"

#include "output/report_charts.h"
#include "output/report_glance.h"
#include "output/report_page.h"
#include "output/report_sections.h"

#include <stdio.h>
#include <string.h>

/* ---- sections ---------------------------------------------------------------------------------------------
 */

static void put_sections(struct dh_page *page, struct dh_report_charts *charts) {
    for (const struct dh_report_section *section = dh_report_sections; section->id; section++) {
        size_t before = page->out->n;
        dh_text_printf(page->out, "<section id=\"%s\">\n", section->id);
        size_t opened = page->out->n;
        page->n_column = 0;
        section->put(page);
        page->form->end(page);
        if (page->out->failed)
            return;
        if (page->out->n == opened) { /* not modelled */
            page->out->n = before;
            page->out->at[before] = '\0';
            continue;
        }
        dh_report_chart(charts, section->id, page, opened);
        dh_text_puts(page->out, "</section>\n");
    }
}

enum dh_err dh_report_html_write(struct dh_result *result, const struct dh_summary *summary, bool us,
                                 struct dh_text *out) {
    struct dh_page page = {
        .form = &dh_page_form_html, .summary = summary, .out = out, .style = {.full = true, .us = us}
    };
    struct dh_report_charts charts;
    enum dh_err err = dh_report_charts_load(&charts, result, summary);
    charts.us = us;
    if (err == DH_OK) {
        const char *name = dh_page_text(&page, "scenario.name");
        dh_text_puts(out,
                     "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
        dh_text_put_xml(out, name ? name : "datahall");
        dh_text_puts(out, "</title>\n<style>\n");
        dh_text_puts(out, dh_report_style_sheet);
        dh_text_puts(out, "</style></head><body>\n");
        dh_report_glance_head(&page);
        dh_text_puts(out, "<div class=\"kpis\">\n");
        dh_report_tiles(&page);
        dh_text_puts(out, "</div>\n");
        dh_report_glance_lines(&page);
        put_sections(&page, &charts);
        err = charts.err;
        dh_text_puts(out, "</body></html>\n");
    }
    dh_report_charts_free(&charts);
    dh_arena_free(&page.mem);
    return err == DH_OK && out->failed ? DH_ERR_MEMORY : err;
}
