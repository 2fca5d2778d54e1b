/* Pages of a PDF: what the forms of report_page.h put is collected and laid out on A4, so that tables carry
 * their heads over pages, a heading never stands alone at a page's end, and nothing is cut. */
#ifndef DH_OUTPUT_PAGE_PDF_H
#define DH_OUTPUT_PAGE_PDF_H

#include "output/pdf.h"
#include "output/report_page.h"

enum { DH_PDF_COLUMNS = 12 };

struct dh_pdf_row {
    enum { DH_PDF_ROW, DH_PDF_GROUP } kind;
    int depth;
    const char *label, *note, *cells[DH_PDF_COLUMNS]; /* NULL: none */
    enum dh_tone tones[DH_PDF_COLUMNS];
    int n_cell;
};

struct dh_pdf_tile {
    const char *name, *value;
    double share;
};

enum { DH_PDF_TILES = 32 };

/* A document that is being made. Texts live in the page's arena. */
struct dh_pdf_doc {
    struct dh_pdf pdf;
    const char *header;        /* at the top of each page */
    double y;                  /* where the next thing goes */
    const char *section, *sub; /* headings that wait for what they are of; NULL: none */
    struct dh_text chart; /* SVG, goes below the next section's heading; its elements one behind the other */
    const char *columns[DH_PDF_COLUMNS];
    int n_column;
    struct dh_pdf_row *rows;
    int32_t n_row, n_row_room;
    struct dh_pdf_tile tiles[DH_PDF_TILES];
    int32_t n_tile;
    bool failed;
};

extern const struct dh_page_form dh_page_form_pdf; /* page->doc is the document; page->out stays empty */

/* Lays out what is still waiting, numbers the pages, and appends the file. DH_ERR_MEMORY. Frees doc in any
 * case. */
enum dh_err dh_page_pdf_write(struct dh_page *page, const char *title, struct dh_text *out);

#endif
