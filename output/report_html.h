/* The report of one run as one HTML file: nothing is fetched from anywhere, light and dark and on paper, a
 * table beside each chart. The same result gives the same bytes. */
#ifndef DH_OUTPUT_REPORT_HTML_H
#define DH_OUTPUT_REPORT_HTML_H

#include "output/result_read.h"
#include "sim/text.h"

/* Appends the document. What the result lacks is left out. DH_ERR_MEMORY, DH_ERR_RESULT. */
enum dh_err dh_report_html_write(struct dh_result *result, const struct dh_summary *summary, bool us,
                                 struct dh_text *out);

/* The style sheet, shared by all documents: rules of the page and of the charts' classes. */
extern const char dh_report_style_sheet[];

#endif
