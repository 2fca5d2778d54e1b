/* The report of one run as PDF: the same sections, tables and charts as the HTML, laid out on A4. The same
 * result gives the same bytes. */
#ifndef DH_OUTPUT_REPORT_PDF_H
#define DH_OUTPUT_REPORT_PDF_H

#include "output/result_read.h"
#include "sim/text.h"

/* Appends the document. What the result lacks is left out. DH_ERR_MEMORY, DH_ERR_RESULT. */
enum dh_err dh_report_pdf_write(struct dh_result *result, const struct dh_summary *summary, bool us,
                                struct dh_text *out);

#endif
