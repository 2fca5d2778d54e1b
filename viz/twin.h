/* Two results under one clock: the second is a view of its own, which follows the first in all but what it
 * shows. Side by side, or on one floor as the difference of the second from the first. Private to the view.
 */
#ifndef DH_VIZ_TWIN_H
#define DH_VIZ_TWIN_H

#include "viz/parts.h"

/* Do both have the same racks, by number and name? Only then is there a difference of each. */
bool dh_twin_alike(const struct dh_view *view);
/* Makes the twin show what the view shows: tab, overlay, camera, instant, and what is called as the selected
 * thing. */
void dh_twin_follow(struct dh_view *view);
/* Is it the difference that the floor shows? There is none of categories: A is shown then. */
bool dh_twin_differs(const struct dh_view *view);
/* What the floor says of a rack: B less A where that is shown, else the overlay's figure of A. */
double dh_twin_value(struct dh_view *view, int32_t rack);
/* The same of a column. */
double dh_twin_column(struct dh_view *view, enum dh_column_id column, int32_t rack);
/* A difference with its sign: "+1.2 kW", "0 kW"; of a temperature in K. */
const char *dh_twin_signed(double by, const char *unit, char room[static DH_FORMAT_ROOM]);
/* Shades of the differences, and their scale: as far below zero as above. */
void dh_twin_shades(struct dh_view *view);
/* Both tabs beside each other under their names. */
void dh_draw_both(struct dh_view *view, struct dh_scene *scene, struct dh_box box,
                  void (*draw)(struct dh_view *, struct dh_scene *, struct dh_box));
/* What a figure is in the second, in words: "B 18.2 MW (+3.1 %)"; "" without a second. */
const char *dh_twin_text(struct dh_view *view, double a, double b, const char *unit, char room[static 64]);

#endif
