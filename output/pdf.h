/* A document as PDF 1.4: A4 pages with text in Helvetica, lines, boxes and paths; text can be selected and
 * searched. Written here because it needs so little: the two fonts are of the fourteen that every viewer
 * has (ISO 32000-1, 9.6.2.2), their widths are those of svg.h, and no library on top would embed or shape
 * anything. No dates and no identifiers: the same calls give the same bytes.
 *
 * Lengths are points (1/72 inch), y counts down from the top of the page. */
#ifndef DH_OUTPUT_PDF_H
#define DH_OUTPUT_PDF_H

#include "sim/diag.h"
#include "sim/text.h"

#define DH_PDF_WIDTH  595.28 /* A4 */
#define DH_PDF_HEIGHT 841.89

typedef uint32_t dh_rgb; /* 0xRRGGBB */

enum { DH_PDF_MARKS = 400 };

struct dh_pdf {
    struct dh_text *pages;      /* what is drawn on each */
    int32_t n_page, n_room, at; /* at: the page that is drawn on */
    struct {
        char name[120];
        int32_t page;
        double y;
    } marks[DH_PDF_MARKS]; /* headings that a viewer lists */
    int32_t n_mark;
    bool failed; /* no memory; later calls do nothing */
};

void dh_pdf_page(struct dh_pdf *pdf); /* begins a new one; {0} has none yet */
void dh_pdf_mark(struct dh_pdf *pdf, const char *name, double y);

/* Text in UTF-8, its baseline at y. What Windows' Latin alphabet (WinAnsiEncoding) lacks becomes a question
 * mark. */
void dh_pdf_text(struct dh_pdf *pdf, double x, double y, double size, bool bold, dh_rgb color,
                 const char *text, size_t n);

/* How paths are painted; widths 0 and opacity 1 as they are. */
struct dh_pdf_paint {
    bool fill, stroke;
    dh_rgb fill_color, stroke_color;
    double width, dash, gap; /* dash 0: none */
    double opacity;          /* 1, or one of 0.22, 0.35, 0.8 */
};
/* A path: begin, points, end; close joins its end to its beginning. */
void dh_pdf_begin(struct dh_pdf *pdf, const struct dh_pdf_paint *paint);
void dh_pdf_move(struct dh_pdf *pdf, double x, double y);
void dh_pdf_to(struct dh_pdf *pdf, double x, double y);
void dh_pdf_curve(struct dh_pdf *pdf, double x1, double y1, double x2, double y2, double x, double y);
void dh_pdf_close(struct dh_pdf *pdf);
void dh_pdf_end(struct dh_pdf *pdf, const struct dh_pdf_paint *paint);
void dh_pdf_rect(struct dh_pdf *pdf, double x, double y, double w, double h, dh_rgb color);
void dh_pdf_line(struct dh_pdf *pdf, double x1, double y1, double x2, double y2, double width, dh_rgb color);

/* Appends the document. DH_ERR_MEMORY. */
enum dh_err dh_pdf_write(const struct dh_pdf *pdf, const char *title, struct dh_text *out);
void dh_pdf_free(struct dh_pdf *pdf);

#endif
