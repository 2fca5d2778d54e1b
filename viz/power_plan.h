/* Where the parts of the power graph stand in a picture: columns from the sources to the racks, equal parts
 * folded into one where there are more than fit, lines routed through the columns that they pass. Nothing
 * overlaps. */
#ifndef DH_VIZ_POWER_PLAN_H
#define DH_VIZ_POWER_PLAN_H

#include "viz/power_map.h"
#include "viz/scene.h"

enum dh_power_fold {
    DH_FOLD_NONE,
    DH_FOLD_EQUAL,    /* of one rating behind the same feeds */
    DH_FOLD_SIBLINGS, /* of one kind behind the same feeds */
    DH_FOLD_KIND,     /* of one kind in one place of the chain */
    DH_N_FOLD
};

/* Parts that are shown as one; or the place of a line in a column that it passes (node -1). */
struct dh_power_item {
    int32_t node; /* the first of them */
    int32_t n;
    int32_t column;
    int32_t edge;    /* of a passing line */
    int32_t letters; /* of the first one's name that all names share */
    int64_t racks;   /* of groups of racks */
    struct dh_box box;
    float high; /* as high as it is where there is room, pixels; set by whoever draws it */
    /* Values: sums, but the worst of shares and batteries. */
    double in_w, out_w, loss_w, rated_w, expected_w, share, battery;
    int32_t n_dead, n_over, n_near, n_open, n_on_battery; /* near: or beyond */
};

struct dh_power_edge {
    int32_t from, to; /* items */
    int32_t order;    /* as which of its feeds */
    int32_t first_via, vias;
    int32_t links, carrying;
    double flow_w;
    float width, y0, y1; /* pixels; the middles of its ends */
};

struct dh_power_plan {
    struct dh_power_map *map;
    enum dh_power_fold fold;
    struct dh_power_item *items; /* by column, in the order in which they stand */
    struct dh_power_edge *edges;
    int32_t *item_of;    /* of each node of the map */
    int32_t *edge_of;    /* of each link */
    int32_t *slots;      /* items from top to bottom, column by column */
    int32_t *first_slot; /* of each column, and one more */
    int32_t n_item, n_edge;
    int32_t most[DH_N_FOLD]; /* parts in the fullest column, folded so; 0: not counted yet */
    float pixels_per_w;
    float node_w, content_h;
    bool failed; /* memory was exhausted */
    struct dh_arena mem;
};

void dh_power_plan_free(struct dh_power_plan *plan);

/* Folds as little as fits `height` pixels with parts `least` high, gaps included. False: out of memory. */
bool dh_power_plan_fold(struct dh_power_plan *plan, struct dh_power_map *map, float height, float least);
/* Places everything in the box, whose height is the content's, or less where more is needed: then the content
 * is higher than it. unit: pixels of the design. */
void dh_power_plan_place(struct dh_power_plan *plan, struct dh_box box, float unit);
/* Takes the values of the map over, and gives lines their widths: pixels_per_w times their power. */
void dh_power_plan_values(struct dh_power_plan *plan);

#endif
