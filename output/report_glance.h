/* The head of a report: title, verdict, and one line for each question that a planner asks first. */
#ifndef DH_OUTPUT_REPORT_GLANCE_H
#define DH_OUTPUT_REPORT_GLANCE_H

#include "output/report_page.h"

void dh_report_glance(struct dh_page *page);
/* Its two parts: title and verdict; the lines. */
void dh_report_glance_head(struct dh_page *page);
void dh_report_glance_lines(struct dh_page *page);
/* Its figures one by one, for forms that have tiles (report_tiles.c). */
void dh_report_tiles(struct dh_page *page);

#endif
