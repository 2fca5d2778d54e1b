/* Things that are pinned to be compared, side by side in the inspector. Private to viz/. */
#ifndef DH_VIZ_PINS_H
#define DH_VIZ_PINS_H

#include "viz/view.h"

enum { DH_VIEW_PINS = 4 };

struct dh_scene;
struct dh_box;
struct dh_text;

/* Pins a thing, or lets go of it. Things of one kind are compared: one of another kind begins anew. The
 * oldest goes where there are too many. Jobs cannot be pinned. */
void dh_pin_toggle(struct dh_view *view, struct dh_view_thing thing);
void dh_pin_drop(struct dh_view *view, int32_t number);
bool dh_pin_has(const struct dh_view *view, struct dh_view_thing thing);
void dh_pins_clear(struct dh_view *view);

/* Is there anything to be compared with what is selected? Then the inspector shows it. */
bool dh_pins_shown(const struct dh_view *view);
void dh_draw_pins(struct dh_view *view, struct dh_scene *scene, struct dh_box in);
/* As lines of tab-separated values: what is compared, or otherwise the one thing. */
void dh_pins_write(struct dh_view *view, struct dh_text *out);

#endif
