/* One page of a report: figures in columns, wrapped text, colours. Shared by the report's sections. */
#ifndef DH_OUTPUT_REPORT_PAGE_H
#define DH_OUTPUT_REPORT_PAGE_H

#include "output/report_text.h"

enum {
    DH_PAGE_LABEL = 34,
    DH_PAGE_COLUMN = 16
}; /* width of a table's first column and of each further one */

struct dh_page {
    const struct dh_summary *summary;
    struct dh_text *out;
    struct dh_report_style style;
    struct dh_arena mem; /* texts made safe for a terminal: a result file may come from anywhere */
};

/* The summary's items: NAN, NULL where it lacks them; of list i: "constraints.3.name". */
double dh_page_value(const struct dh_page *page, const char *key);
const char *dh_page_text(struct dh_page *page, const char *key);
double dh_page_list_value(const struct dh_page *page, const char *list, int i, const char *member);
const char *dh_page_list_text(struct dh_page *page, const char *list, int i, const char *member);

/* ANSI colour, where colour is wanted: "1;31"; "0" ends it. */
void dh_page_paint(struct dh_page *page, const char *code);
/* A table's title and up to three column heads; NULL: none. */
void dh_page_heading(struct dh_page *page, const char *title, const char *c1, const char *c2, const char *c3);
/* First cell of a row, indented by depth. */
void dh_page_label(struct dh_page *page, int depth, const char *name);
/* Right-aligned "1,234.5 kWh"; an absent value leaves the cell blank. */
void dh_page_cell(struct dh_page *page, double v, int decimals, const char *unit);
void dh_page_percent(struct dh_page *page, double share);
void dh_page_duration_cell(struct dh_page *page, double s);
void dh_page_wait_cell(struct dh_page *page, double s);
void dh_page_end_line(struct dh_page *page);
/* One name, one figure; nothing when it is absent. */
void dh_page_line(struct dh_page *page, const char *name, double v, int decimals, const char *unit);
/* Text broken at blanks to the page's width, behind first at column at, later lines indented. */
void dh_page_wrapped(struct dh_page *page, int at, const char *first, int indent, const char *s);

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
