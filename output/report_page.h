/* One page of a report: figures in columns, wrapped text, colours. Shared by the report's sections. */
#ifndef DH_OUTPUT_REPORT_PAGE_H
#define DH_OUTPUT_REPORT_PAGE_H

#include "output/report_text.h"

enum {
    DH_PAGE_LABEL = 34,
    DH_PAGE_NARROW = 20, /* the first column of tables with five others */
    DH_PAGE_COLUMN = 16
}; /* width of a table's first column and of each further one, in characters */

enum dh_tone { DH_TONE_PLAIN, DH_TONE_GOOD, DH_TONE_FAIR, DH_TONE_BAD, DH_TONE_FINE };

struct dh_page;

/* How a page looks: on a terminal (page_text.c), as HTML (page_html.c), as Markdown
 * (page_markdown.c). What
 * sections put is the same for all. Texts have been made safe for a terminal; each form makes them safe for
 * itself. */
struct dh_page_form {
    void (*title)(struct dh_page *page, const char *name, const char *about, const char *line);
    void (*verdict)(struct dh_page *page, enum dh_tone tone, const char *word, const char *says);
    void (*glance)(struct dh_page *page, const char *name, const char *says);
    /* A table begins: its title, and heads of n columns; sub: of the section that the one before began. */
    void (*table)(struct dh_page *page, const char *title, const char *const *columns, int n, bool sub);
    void (*label)(struct dh_page *page, int depth, const char *name); /* first cell of a row */
    void (*cell)(struct dh_page *page, enum dh_tone tone, const char *text);
    void (*note)(struct dh_page *page, const char *text); /* behind the cells */
    void (*end_line)(struct dh_page *page);
    void (*group)(struct dh_page *page, const char *name); /* a row that names those below */
    /* Text outside of the table: behind `first`, later lines indented. */
    void (*wrapped)(struct dh_page *page, enum dh_tone tone, const char *first, int indent, const char *s);
    void (*end)(struct dh_page *page);
    /* A chart, as chart.h makes it: below the heading. NULL: this form draws none. */
    void (*chart)(struct dh_page *page, const struct dh_text *svg);
    /* A figure that is looked for first, and its share of a limit (NAN: none). NULL: this form has none. */
    void (*tile)(struct dh_page *page, const char *name, const char *value, double share);
};
extern const struct dh_page_form dh_page_form_text, dh_page_form_html, dh_page_form_markdown;

struct dh_page {
    const struct dh_page_form *form;
    const struct dh_summary *summary;
    struct dh_text *out;
    struct dh_report_style style;
    struct dh_arena mem; /* texts made safe for a terminal: a result file may come from anywhere */
    /* of forms */
    int label_width, n_column, n_cell;
    bool in_table, in_row, has_note;
    struct dh_pdf_doc *doc; /* of page_pdf.h */
};

/* The summary's items: NAN, NULL where it lacks them; of list i: "constraints.3.name". */
double dh_page_value(const struct dh_page *page, const char *key);
const char *dh_page_text(struct dh_page *page, const char *key);
double dh_page_list_value(const struct dh_page *page, const char *list, int i, const char *member);
const char *dh_page_list_text(struct dh_page *page, const char *list, int i, const char *member);

/* A section's title and up to three column heads; NULL: none. */
void dh_page_heading(struct dh_page *page, const char *title, const char *c1, const char *c2, const char *c3);
/* The same with five columns, behind a narrow first one; sub: a further table of the section. */
void dh_page_wide(struct dh_page *page, const char *title, const char *const columns[static 5], bool sub);
/* First cell of a row, indented by depth. */
void dh_page_label(struct dh_page *page, int depth, const char *name);
/* The unit in which the page says v, which is in `unit`, and v in it: degC or degF, m3 or gal. "kW cold",
 * "kWh heat": of cooling and fuel, tons and kBtu in the US. */
const char *dh_page_unit(const struct dh_page *page, double *v, const char *unit);
/* Right-aligned "1,234.5 kWh"; an absent value leaves the cell blank. */
void dh_page_cell(struct dh_page *page, double v, int decimals, const char *unit);
void dh_page_text_cell(struct dh_page *page, enum dh_tone tone, const char *text);
void dh_page_percent(struct dh_page *page, double share);
void dh_page_duration_cell(struct dh_page *page, double s);
void dh_page_wait_cell(struct dh_page *page, double s);
/* What stands behind a row's cells. */
void dh_page_note(struct dh_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dh_page_end_line(struct dh_page *page);
/* One name, one figure; nothing when it is absent. One name, one text. A row that names those below it. */
void dh_page_line(struct dh_page *page, const char *name, double v, int decimals, const char *unit);
void dh_page_fact(struct dh_page *page, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void dh_page_group(struct dh_page *page, const char *name);
/* Text broken at blanks to the page's width, behind `first`, later lines indented. */
void dh_page_wrapped(struct dh_page *page, enum dh_tone tone, const char *first, int indent, const char *s);
/* A sentence below a table. */
void dh_page_says(struct dh_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Characters of a text in UTF-8. */
int dh_page_columns(const char *s);
/* "12,345.6": decimals fixed, a comma every three digits. */
const char *dh_page_grouped(char room[static 64], double v, int decimals);
/* A duration in the unit that a planner would say. */
const char *dh_page_duration(char room[static 64], double s);
/* The same for waits, which nobody counts in milliseconds. */
const char *dh_page_wait(char room[static 64], double s);
/* Four figures in the largest of four units that fits, each a thousand of the one before: "23.93 MW" of
 * 23930.9 with kW, MW, GW, TW. */
const char *dh_page_short(char room[static 64], double v, const char *const units[4]);

#endif
