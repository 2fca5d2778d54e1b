/* A page as HTML: a heading and a table for each section. */
#include "output/report_page.h"

#include <math.h>
#include <stdio.h>

static void put(struct dh_page *page, const char *s) {
    dh_text_put_xml(page->out, s);
}

static void close_row(struct dh_page *page) {
    if (!page->in_row)
        return;
    for (; page->n_cell < page->n_column; page->n_cell++)
        dh_text_puts(page->out, "<td></td>");
    dh_text_puts(page->out, "</tr>\n");
    page->in_row = false;
}

static void close_table(struct dh_page *page) {
    close_row(page);
    if (page->in_table)
        dh_text_puts(page->out, "</tbody></table></div>\n");
    page->in_table = false;
}

/* Rows may come without heads: after a sentence, or where heads say nothing. */
static void open_table(struct dh_page *page) {
    if (!page->in_table)
        dh_text_puts(page->out, page->n_column > 0 ? "<div class=\"wide\"><table><tbody>\n"
                                                   : "<div class=\"wide\"><table class=\"facts\"><tbody>\n");
    page->in_table = true;
}

static void title(struct dh_page *page, const char *name, const char *about, const char *line) {
    dh_text_puts(page->out, "<header><h1>");
    put(page, name);
    dh_text_puts(page->out, "</h1>\n<p class=\"about\">");
    put(page, about ? about : "");
    dh_text_puts(page->out, "</p>\n<p class=\"fine\">");
    put(page, line);
    dh_text_puts(page->out, "</p></header>\n");
}

static const char *const tones[] = {[DH_TONE_PLAIN] = "plain",
                                    [DH_TONE_GOOD] = "good",
                                    [DH_TONE_FAIR] = "fair",
                                    [DH_TONE_BAD] = "bad",
                                    [DH_TONE_FINE] = "fine"};

static void verdict(struct dh_page *page, enum dh_tone tone, const char *word, const char *says) {
    dh_text_printf(page->out, "<p class=\"verdict %s\"><b>", tones[tone]);
    put(page, word);
    dh_text_puts(page->out, "</b> ");
    put(page, says);
    dh_text_puts(page->out, "</p>\n");
}

static void glance(struct dh_page *page, const char *name, const char *says) {
    dh_text_puts(page->out, "<div class=\"glance\"><b>");
    put(page, name);
    dh_text_puts(page->out, "</b><span>");
    put(page, says);
    dh_text_puts(page->out, "</span></div>\n");
}

static void table(struct dh_page *page, const char *name, const char *const *columns, int n, bool sub) {
    close_table(page);
    if (name[0]) {
        dh_text_puts(page->out, sub ? "<h3>" : "<h2>");
        put(page, name);
        dh_text_puts(page->out, sub ? "</h3>\n" : "</h2>\n");
    }
    page->n_column = n;
    if (n == 0)
        return;
    dh_text_puts(page->out, "<div class=\"wide\"><table><thead><tr><th></th>");
    for (int c = 0; c < n; c++) {
        dh_text_puts(page->out, "<th scope=\"col\">");
        put(page, columns[c] ? columns[c] : "");
        dh_text_puts(page->out, "</th>");
    }
    dh_text_puts(page->out, "</tr></thead><tbody>\n");
    page->in_table = true;
}

static void label(struct dh_page *page, int depth, const char *name) {
    open_table(page);
    close_row(page);
    while (*name == ' ') { /* names that indent themselves */
        name++;
        depth = 2;
    }
    dh_text_printf(page->out, "<tr><th scope=\"row\" class=\"d%d\">", depth);
    put(page, name);
    dh_text_puts(page->out, "</th>");
    page->in_row = true;
    page->n_cell = 0;
}

static void cell(struct dh_page *page, enum dh_tone tone, const char *text) {
    dh_text_puts(page->out, tone == DH_TONE_BAD ? "<td class=\"bad\">" : "<td>");
    put(page, text);
    dh_text_puts(page->out, "</td>");
    page->n_cell++;
}

/* Behind the last column; a text that stands for all cells takes their room. */
static void note(struct dh_page *page, const char *text) {
    if (page->n_cell == 0 && page->n_column > 1) {
        dh_text_printf(page->out, "<td class=\"note\" colspan=\"%d\">", page->n_column);
    } else {
        for (; page->n_cell > 0 && page->n_cell < page->n_column; page->n_cell++)
            dh_text_puts(page->out, "<td></td>");
        dh_text_puts(page->out, "<td class=\"note\">");
    }
    put(page, text);
    dh_text_puts(page->out, "</td>");
    page->n_cell = page->n_column;
}

static void end_line(struct dh_page *page) {
    close_row(page);
}

static void group(struct dh_page *page, const char *name) {
    open_table(page);
    close_row(page);
    dh_text_printf(page->out, "<tr><th scope=\"rowgroup\" class=\"group\" colspan=\"%d\">",
                   page->n_column + 1);
    put(page, name);
    dh_text_puts(page->out, "</th></tr>\n");
}

static void wrapped(struct dh_page *page, enum dh_tone tone, const char *first, int indent, const char *s) {
    (void)indent;
    close_table(page);
    while (*first == ' ')
        first++;
    dh_text_printf(page->out, "<p class=\"%s\">", tones[tone]);
    if (*first) {
        dh_text_puts(page->out, "<b>");
        put(page, first);
        dh_text_puts(page->out, "</b> ");
    }
    put(page, s);
    dh_text_puts(page->out, "</p>\n");
}

static void end(struct dh_page *page) {
    close_table(page);
}

static void chart(struct dh_page *page, const struct dh_text *svg) {
    if (svg->n == 0)
        return;
    close_table(page);
    dh_text_puts(page->out, "<figure>");
    dh_text_add(page->out, svg->at, svg->n);
    dh_text_puts(page->out, "</figure>\n");
    page->out->failed = page->out->failed || svg->failed;
}

static void tile(struct dh_page *page, const char *name, const char *value, double share) {
    dh_text_puts(page->out, "<div class=\"kpi\"><span>");
    put(page, name);
    dh_text_puts(page->out, "</span><b>");
    put(page, value);
    dh_text_puts(page->out, "</b>");
    if (!isnan(share)) {
        char text[64];
        snprintf(text, sizeof text, "%.1f %% of the limit", 100 * share);
        dh_text_printf(
            page->out,
            "<meter min=\"0\" max=\"1\" high=\"0.95\" value=\"%.3f\" title=\"%s\"></meter><span>%s</span>",
            share, text, text);
    }
    dh_text_puts(page->out, "</div>\n");
}

const struct dh_page_form dh_page_form_html = {
    .title = title,
    .verdict = verdict,
    .glance = glance,
    .table = table,
    .label = label,
    .cell = cell,
    .note = note,
    .end_line = end_line,
    .group = group,
    .wrapped = wrapped,
    .end = end,
    .chart = chart,
    .tile = tile,
};
