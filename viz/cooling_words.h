/* What the boxes of the cooling tab say. Private to viz/tab_cooling.c. */
#ifndef DH_VIZ_COOLING_WORDS_H
#define DH_VIZ_COOLING_WORDS_H

#include "viz/parts.h"

enum { DH_COOLING_LINE = 128, DH_COOLING_LINES = 7 };

/* Lines of a box; a line may have shorter forms behind line feeds (dh_fitting). */
struct dh_cooling_lines {
    char text[DH_COOLING_LINES][DH_COOLING_LINE];
    int n;
};
void dh_cooling_lines(struct dh_view *view, const struct dh_cooling_node *node, struct dh_cooling_lines *out);
/* "cooling tower". */
const char *dh_cooling_part_word(const struct dh_view *view, const struct dh_cooling_node *node);

#endif
