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
/* Shades of the differences, and their scale: as far below zero as above. */
void dh_twin_shades(struct dh_view *view);
/* Both tabs beside each other under their names. */
void dh_draw_both(struct dh_view *view, struct dh_scene *scene, struct dh_box box,
                  void (*draw)(struct dh_view *, struct dh_scene *, struct dh_box));
/* What a figure is in the second, in words: "B 18.2 MW (+3.1 %)"; "" without a second. */
const char *dh_twin_text(struct dh_view *view, double a, double b, const char *unit, char room[static 64]);

#endif
