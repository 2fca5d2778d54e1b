/* What the files of the floor's tab share: symbols of what stands in a hall, and the strip that explains
 * them and the colours. Private to viz/tab_floor.c and viz/floor_*.c. */
#ifndef DH_VIZ_FLOOR_LOOK_H
#define DH_VIZ_FLOOR_LOOK_H

#include "viz/parts.h"

enum dh_floor_symbol {
    DH_SYMBOL_AIR,      /* an air handler: louvres */
    DH_SYMBOL_POWER,    /* what distributes power, a PDU or a busway: a bolt */
    DH_SYMBOL_UPS,      /* a UPS that feeds racks itself: a battery */
    DH_SYMBOL_FEED,     /* whatever else feeds racks: a bar with taps */
    DH_SYMBOL_COOLANT,  /* a coolant distribution unit: a coil */
    DH_SYMBOL_SWITCHES, /* a rack of switches: there and back */
    DH_SYMBOL_STORE,    /* a rack of a store of data: a stack */
    DH_N_FLOOR_SYMBOL
};

/* Its letters and its colour. */
const char *dh_floor_symbol_word(enum dh_floor_symbol symbol);
uint32_t dh_floor_symbol_color(enum dh_floor_symbol symbol);
/* In the middle of a box, as large as it allows; nothing where that is too small. */
void dh_floor_symbol(struct dh_view *view, struct dh_scene *scene, struct dh_box box,
                     enum dh_floor_symbol symbol, uint32_t color);
/* What feeds a rack. */
enum dh_floor_symbol dh_floor_feed_symbol(const struct dh_facility *facility, int32_t stage);
/* What a rack without nodes is; DH_N_FLOOR_SYMBOL: it is none such. */
enum dh_floor_symbol dh_floor_rack_symbol(const struct dh_facility *facility, int32_t rack);

/* A mark on a rack's cell: what is out of service is crossed out, what is drained has two bars. */
void dh_floor_mark(struct dh_view *view, struct dh_scene *scene, struct dh_box cell, enum dh_rack_mark mark);

/* The strip below the floor. */
void dh_floor_legend(struct dh_view *view, struct dh_scene *scene, struct dh_box strip);

/* Dark on light shades and light on dark ones. */
uint32_t dh_ink_on(uint32_t color);

#endif
