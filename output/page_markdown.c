/* A page as Markdown: GitHub's tables. */
#include "output/report_page.h"

#include <string.h>

/* What would be marks of Markdown or of a table is escaped. */
static void put(struct dh_page *page, const char *s) {
    for (; *s; s++) {
        if (strchr("|*_`<>[]\\#", *s))
            dh_text_add(page->out, "\\", 1);
        dh_text_add(page->out, s, 1);
    }
}

static void close_row(struct dh_page *page) {
    if (!page->in_row)
        return;
    for (; page->n_cell <= page->n_column; page->n_cell++)
        dh_text_puts(page->out, " |");
    dh_text_puts(page->out, "\n");
    page->in_row = false;
}

static void title(struct dh_page *page, const char *name, const char *about, const char *line) {
    dh_text_puts(page->out, "# ");
    put(page, name);
    dh_text_puts(page->out, "\n\n");
    put(page, about ? about : "");
    dh_text_puts(page->out, about ? "\n\n" : "");
    put(page, line);
    dh_text_puts(page->out, "\n\n");
}

static void verdict(struct dh_page *page, enum dh_tone tone, const char *word, const char *says) {
    (void)tone;
    dh_text_puts(page->out, "**");
    put(page, word);
    dh_text_puts(page->out, "** ");
    put(page, says);
    dh_text_puts(page->out, "\n\n");
}

static void glance(struct dh_page *page, const char *name, const char *says) {
    dh_text_puts(page->out, "- **");
    put(page, name);
    dh_text_puts(page->out, "** ");
    put(page, says);
    dh_text_puts(page->out, "\n");
}

/* Every table has a column of notes at its end: rows may have one. */
static void open_table(struct dh_page *page, const char *const *columns) {
    dh_text_puts(page->out, "\n| |");
    for (int c = 0; c < page->n_column; c++) {
        dh_text_puts(page->out, " ");
        put(page, columns && columns[c] ? columns[c] : "");
        dh_text_puts(page->out, " |");
    }
    dh_text_puts(page->out, " |\n|---|");
    for (int c = 0; c < page->n_column; c++)
        dh_text_puts(page->out, "---:|");
    dh_text_puts(page->out, "---|\n");
    page->in_table = true;
}

static void table(struct dh_page *page, const char *name, const char *const *columns, int n, bool sub) {
    close_row(page);
    page->in_table = false;
    if (name[0]) {
        dh_text_puts(page->out, sub ? "\n### " : "\n## ");
        put(page, name);
        dh_text_puts(page->out, "\n");
    }
    page->n_column = n > 0 ? n : 1;
    if (n > 0)
        open_table(page, columns);
}

static void label(struct dh_page *page, int depth, const char *name) {
    close_row(page);
    if (!page->in_table)
        open_table(page, NULL);
    dh_text_puts(page->out, depth > 1 ? "| \u2003" : "| ");
    put(page, name);
    dh_text_puts(page->out, " |");
    page->in_row = true;
    page->n_cell = 0;
}

static void cell(struct dh_page *page, enum dh_tone tone, const char *text) {
    (void)tone;
    dh_text_puts(page->out, " ");
    put(page, text);
    dh_text_puts(page->out, " |");
    page->n_cell++;
}

static void note(struct dh_page *page, const char *text) {
    for (; page->n_cell < page->n_column; page->n_cell++)
        dh_text_puts(page->out, " |");
    cell(page, DH_TONE_PLAIN, text);
}

static void end_line(struct dh_page *page) {
    close_row(page);
}

static void group(struct dh_page *page, const char *name) {
    close_row(page);
    if (!page->in_table)
        open_table(page, NULL);
    dh_text_puts(page->out, "| **");
    put(page, name);
    dh_text_puts(page->out, "** |");
    page->in_row = true;
    page->n_cell = 0;
    close_row(page);
}

static void wrapped(struct dh_page *page, enum dh_tone tone, const char *first, int indent, const char *s) {
    (void)tone;
    (void)indent;
    close_row(page);
    page->in_table = false;
    dh_text_puts(page->out, "\n");
    put(page, first + strspn(first, " "));
    dh_text_puts(page->out, first[strspn(first, " ")] ? " " : "");
    put(page, s);
    dh_text_puts(page->out, "\n");
}

static void end(struct dh_page *page) {
    close_row(page);
}

const struct dh_page_form dh_page_form_markdown = {title, verdict,  glance, table,   label, cell,
                                                   note,  end_line, group,  wrapped, end};
