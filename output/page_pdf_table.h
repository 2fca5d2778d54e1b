/* Layout inside of page_pdf.c: room on pages, lines of text, tables. Points. */
#ifndef DH_OUTPUT_PAGE_PDF_TABLE_H
#define DH_OUTPUT_PAGE_PDF_TABLE_H

#include "output/page_pdf.h"

#define DH_PDF_MARGIN 40.0 /* 14 mm */
#define DH_PDF_INSIDE (DH_PDF_WIDTH - 2 * DH_PDF_MARGIN)
#define DH_PDF_TOP    (DH_PDF_MARGIN + 4)
#define DH_PDF_BOTTOM (DH_PDF_HEIGHT - DH_PDF_MARGIN)

void dh_pdf_turn(struct dh_pdf_doc *doc); /* a new page */
/* Sees that so much fits below the headings that wait, on a new page if need be, and puts those. */
void dh_pdf_room(struct dh_pdf_doc *doc, double height);
/* Bytes of the text that fit on a line; broken at a blank where there is one. At least one character. */
size_t dh_pdf_line_end(const char *text, double size, bool bold, double width);

/* Puts the document's rows under its column heads, which are repeated on each page. */
void dh_pdf_table(struct dh_pdf_doc *doc);

#endif
