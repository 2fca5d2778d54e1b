/* The cost and energy report of one run as text for a terminal. */
#ifndef DH_OUTPUT_REPORT_TEXT_H
#define DH_OUTPUT_REPORT_TEXT_H

#include "output/summary.h"
#include "sim/text.h"

#include <stdbool.h>

struct dh_report_style {
    bool color;    /* ANSI colours */
    int32_t width; /* columns, 60-240; 0: 100 */
    bool brief;    /* verdict and a line for each question only */
    bool full;     /* every assumption, book and input file */
    bool us;       /* US customary units; electricity stays as it is */
    bool markdown; /* GitHub's Markdown instead: width and color say nothing */
};

/* Appends the report. Reads the summary alone, so that the end of a run and `report` of its file print the
 * same; what the summary lacks is left out. DH_ERR_MEMORY. */
enum dh_err dh_report_text_write(const struct dh_summary *summary, const struct dh_report_style *style,
                                 struct dh_text *out);

#endif
