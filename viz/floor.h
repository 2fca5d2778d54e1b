/* Where things stand: halls side by side, in them lines of racks between cold and hot aisles, air handlers
 * along the walls, a distribution unit at each line's end. Made once from the facility; in metres.
 *
 * A scenario says how many racks a row has and how deep its aisles are, not where the walls are: lines follow
 * the order of the file, and are as long, in as many banks beside each other, as shows all halls largest in a
 * pane of some shape. Long rows are folded for it. */
#ifndef DH_VIZ_FLOOR_H
#define DH_VIZ_FLOOR_H

#include "models/facility.h"
#include "viz/scene.h"

struct dh_floor_variant;

struct dh_floor_hall {
    struct dh_box box;
    int32_t hall; /* of the facility; -1: racks that stand in none */
    int32_t first_line, lines, racks;
    int32_t first_rack, end_rack; /* places in `racks` */
    const struct dh_floor_variant *variant;
    char name[72];
};

struct dh_floor_line {
    struct dh_box box;       /* of its racks */
    int32_t first, n;        /* places in `racks` */
    bool faces_up;           /* the cold aisle is above it */
    int32_t hall;            /* of the floor */
    struct dh_box cold, hot; /* aisles that it opens; empty: its neighbour did */
    struct dh_box feed;      /* its distribution unit */
    struct dh_box cdu;       /* empty: none */
};

struct dh_floor {
    struct dh_box box; /* of all */
    struct dh_floor_hall *halls;
    struct dh_floor_line *lines;
    int32_t *racks;         /* racks of the facility in the order in which lines name them */
    struct dh_box *rack;    /* of each rack of the facility */
    int32_t *rack_line;     /* of each rack */
    struct dh_box *coolers; /* air handlers */
    int32_t *cooler_hall;   /* of the floor */
    int32_t n_hall, n_line, n_cooler;
    float aspect, title_m;             /* as it was arranged for */
    float line_px;                     /* likewise, by whoever draws it: height of a line of text */
    struct dh_floor_variant *variants; /* of each hall: ways to set it up */
    struct dh_arena mem;
};

/* DH_ERR_MEMORY. */
enum dh_err dh_floor_make(struct dh_floor *out, const struct dh_facility *facility);
void dh_floor_free(struct dh_floor *floor);
/* Places all of it anew for a pane that is `aspect` times as wide as high, with title_m of each hall's depth
 * left free at its top. */
void dh_floor_arrange(struct dh_floor *floor, const struct dh_facility *facility, float aspect,
                      float title_m);

/* The rack at a point, in metres; -1: none. */
int32_t dh_floor_rack_at(const struct dh_floor *floor, float x, float y);

#endif
