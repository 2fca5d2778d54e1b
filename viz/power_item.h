/* What the parts of the power tab share. Private to viz/tab_power.c and viz/power_item.c. */
#ifndef DH_VIZ_POWER_ITEM_H
#define DH_VIZ_POWER_ITEM_H

#include "viz/diagram.h"

/* Shades of lines that are neither of a first nor a second feed; from sources on site; of what stands by. */
enum { DH_POWER_PLAIN = 0x6F8294, DH_POWER_JOINED = 0x3FA07C, DH_POWER_STANDBY = 0x5A6775 };

/* The first of the parts that an item shows. */
static inline const struct dh_power_node *dh_power_node_of(const struct dh_view *view,
                                                           const struct dh_power_item *item) {
    return &view->power_map.nodes[item->node];
}

/* "A", "B", … of parts that all racks behind them have as that feed; "" of others. And the shade of lines. */
const char *dh_power_letter(uint8_t sides);
uint32_t dh_power_color(uint8_t sides);

/* Generators that wait: not dead. */
bool dh_power_stands_by(const struct dh_view *view, const struct dh_power_item *item);

/* Is this the item that shows a thing, by itself or folded into it? */
bool dh_power_holds(const struct dh_view *view, const struct dh_power_item *item, struct dh_view_thing thing);

/* How high an item is where there is room: as its kind needs, alike for all of one kind. */
float dh_power_item_high(struct dh_view *view, const struct dh_power_item *item);

/* What a folded item shows as one: "24 × bus"; of a single part its name. */
void dh_power_item_name(const struct dh_view *view, const struct dh_power_item *item, char *room, size_t n);

/* The sign of a breaker: a bar through a closed one, an arm beside an open one. */
void dh_power_breaker(struct dh_view *view, struct dh_scene *scene, struct dh_box box, bool open);

/* Box, figures and words of an item; it answers the mouse. Outside the pane nothing is drawn. */
void dh_power_draw_item(struct dh_view *view, struct dh_scene *scene, const struct dh_power_item *item);

#endif
