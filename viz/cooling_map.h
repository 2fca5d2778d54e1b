/* The cooling of a facility as a tree for a picture, at the instant that a source shows: outdoors, what gives
 * heat to it, plants, CDU groups and air handlers, and the racks and halls behind them. Heat runs towards the
 * root, water and air both ways. */
#ifndef DH_VIZ_COOLING_MAP_H
#define DH_VIZ_COOLING_MAP_H

#include "viz/power_map.h"
#include "viz/scene.h"

enum dh_cooling_part {
    DH_COOLING_OUTDOORS,
    DH_COOLING_NOWHERE, /* heat leaves the model: no plant takes it */
    DH_COOLING_TOWER,   /* tower or dry coolers of a chilled-water plant */
    DH_COOLING_COOLERS, /* of a facility-water plant */
    DH_COOLING_REUSE,   /* heat taken for a use elsewhere; beside what gives heat to the outdoors */
    DH_COOLING_CHILLERS,
    DH_COOLING_PUMPS, /* of a facility-water plant */
    DH_COOLING_AIR,   /* air handlers of a hall */
    DH_COOLING_CDU,
    DH_COOLING_HALL,
    DH_COOLING_PLATES, /* racks on a CDU group */
    DH_N_COOLING_PART
};
enum { DH_COOLING_COLUMNS = 5 };

struct dh_cooling_node {
    enum dh_cooling_part part;
    int32_t row; /* of the site, plant, hall or CDU group; the first of n that are shown as one */
    int32_t n;
    int32_t parent; /* where its heat goes; -1: none. Of a reuse: the plant that it comes from */
    int32_t column; /* 0: outdoors */
    int32_t racks;
    double heat_w;                   /* that it gives to its parent */
    double capacity_w;               /* of what is in service; NAN: no limit is known */
    double built_w;                  /* the same of all that was built */
    double supply_degc, return_degc; /* of the water or air that its parent sends it, and gets back */
    double set_degc;                 /* set-point of what it supplies */
    double own_degc;                 /* what it supplies */
    double power_w;                  /* that it draws; NAN: nothing to say */
    double junction_degc;            /* hottest GPU of the racks */
    bool dead;                       /* without power */
    bool warm;                       /* more than a kelvin above its set-point */
    struct dh_box box;
};

struct dh_cooling_map {
    const struct dh_facility *facility;
    struct dh_cooling_node *nodes; /* parents first */
    int32_t n_node;
    int32_t folded; /* parts that are shown as one with others */
    float content_h, column_x[DH_COOLING_COLUMNS], node_w;
    float pixels_per_w; /* width of pipes */
    struct dh_arena mem;
};

/* Everything at the instant that the source shows, placed in a box (whose height the content may exceed).
 * power: who is without power. unit: pixels of the design. DH_ERR_MEMORY. */
enum dh_err dh_cooling_map_make(struct dh_cooling_map *out, struct dh_source *source,
                                const struct dh_power_map *power, struct dh_box box, float unit);
void dh_cooling_map_free(struct dh_cooling_map *map);

#endif
