/* Drawing as SVG text: shapes, and words whose width is known, so that nothing is clipped or overlaps.
 * Numbers have one decimal, so that the same drawing is the same bytes. Looks come from classes that the
 * page's style sheet knows (report_style.c). */
#ifndef DH_OUTPUT_SVG_H
#define DH_OUTPUT_SVG_H

#include "sim/text.h"

enum dh_anchor { DH_ANCHOR_START, DH_ANCHOR_MIDDLE, DH_ANCHOR_END };

/* The font that widths are of, or one as wide: Helvetica, Arial, Liberation Sans, Nimbus Sans. */
#define DH_SVG_FONT "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"

/* Width of a text of a size in px; from the advance widths of Adobe's font metrics (Helvetica.afm 002.000,
 * Helvetica-Bold.afm) for ASCII; other characters as wide as an m. */
double dh_svg_width(const char *text, double size, bool bold);
/* As much of a text as fits, an ellipsis behind what was cut; lives in room. */
const char *dh_svg_fit(char *room, size_t n, const char *text, double size, double width);

/* A picture of width x height px with a title for those who cannot see it. */
void dh_svg_begin(struct dh_text *out, double width, double height, const char *title);
void dh_svg_end(struct dh_text *out);
void dh_svg_text(struct dh_text *out, double x, double y, enum dh_anchor anchor, const char *class,
                 const char *text);
void dh_svg_line(struct dh_text *out, double x1, double y1, double x2, double y2, const char *class);
/* tip: what hovering over it shows; NULL: nothing. */
void dh_svg_rect(struct dh_text *out, double x, double y, double w, double h, const char *class,
                 const char *tip);

/* A path in steps: begin, points, end. */
void dh_svg_path_begin(struct dh_text *out, const char *class);
void dh_svg_path_move(struct dh_text *out, double x, double y);
void dh_svg_path_to(struct dh_text *out, double x, double y);
void dh_svg_path_curve(struct dh_text *out, double x1, double y1, double x2, double y2, double x, double y);
void dh_svg_path_close(struct dh_text *out);
void dh_svg_path_end(struct dh_text *out, const char *tip);

#endif
