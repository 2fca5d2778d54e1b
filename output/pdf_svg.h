/* Charts on pages: what svg.c writes, and nothing else of SVG, drawn into a PDF with the colours of paper. */
#ifndef DH_OUTPUT_PDF_SVG_H
#define DH_OUTPUT_PDF_SVG_H

#include "output/pdf.h"

/* Width and height of the picture, px; false: it is none. */
bool dh_pdf_svg_size(const char *svg, double *width, double *height);
/* Draws it with its upper left corner at x, y; scale: points a px. */
void dh_pdf_svg(struct dh_pdf *pdf, const char *svg, double x, double y, double scale);

/* Colours of paper, shared with the tables around charts; as in report_style.c. */
enum {
    DH_PAPER_TEXT = 0x000000,
    DH_PAPER_FINE = 0x444444,
    DH_PAPER_RULE = 0xCCCCCC,
    DH_PAPER_SOFT = 0xF3F3F3,
    DH_PAPER_GOOD = 0x1A7F37,
    DH_PAPER_FAIR = 0x9A6700,
    DH_PAPER_BAD = 0xC62828,
    DH_PAPER_FIRST = 0x0072B2
};

#endif
