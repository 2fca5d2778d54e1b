#include "output/report_pdf.h"

#include "output/page_pdf.h"
#include "output/report_charts.h"
#include "output/report_glance.h"
#include "output/report_sections.h"

enum dh_err dh_report_pdf_write(struct dh_result *result, const struct dh_summary *summary, bool us,
                                struct dh_text *out) {
    struct dh_text unused = {0};
    struct dh_pdf_doc doc = {0};
    struct dh_page page = {
        .form = &dh_page_form_pdf,
        .summary = summary,
        .out = &unused,
        .style = {.full = true, .us = us},
        .doc = &doc
    };
    struct dh_report_charts charts;
    enum dh_err err = dh_report_charts_load(&charts, result, summary);
    charts.us = us;
    if (err == DH_OK) {
        const char *name = dh_page_text(&page, "scenario.name");
        dh_report_glance_head(&page);
        dh_report_tiles(&page);
        dh_report_glance_lines(&page);
        for (const struct dh_report_section *section = dh_report_sections; section->id; section++) {
            dh_report_chart_of(&charts, section->id, &doc.chart);
            section->put(&page);
            page.form->end(&page);
            dh_text_free(&doc.chart); /* of a section that has nothing to say */
            doc.chart = (struct dh_text){0};
        }
        err = dh_page_pdf_write(&page, name ? name : "datahall", out);
        err = err == DH_OK ? charts.err : err;
    }
    dh_report_charts_free(&charts);
    dh_text_free(&unused);
    dh_arena_free(&page.mem);
    return err;
}
