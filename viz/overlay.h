/* Overlays of the floor: which figure of a rack its colour tells. */
#ifndef DH_VIZ_OVERLAY_H
#define DH_VIZ_OVERLAY_H

#include "viz/palette.h"
#include "viz/source.h"

enum dh_overlay {
    DH_OVERLAY_POWER,
    DH_OVERLAY_LOAD,
    DH_OVERLAY_INLET,
    DH_OVERLAY_COOLANT,
    DH_OVERLAY_GPUS,
    DH_OVERLAY_JOBS,
    DH_OVERLAY_NETWORK,
    DH_OVERLAY_HEALTH,
    DH_OVERLAY_UNUSED,
    DH_N_OVERLAY
};

struct dh_overlay_about {
    const char *name, *unit, *about;
    bool categories, diverging;
};
extern const struct dh_overlay_about dh_overlays[DH_N_OVERLAY];

/* What a rack's cell says besides its colour. */
enum dh_rack_state {
    DH_RACK_FINE,
    DH_RACK_OVER,
    DH_RACK_NO_DATA,
    DH_RACK_ABSENT, /* not there yet */
    DH_RACK_ASIDE   /* the overlay says nothing of such a rack: one without GPUs, without coolant */
};

struct dh_overlay_scale {
    double low, high, limit; /* in the overlay's unit; limit NAN: none */
    int32_t over, missing;   /* racks beyond the limit, racks without a figure */
    int32_t near;            /* racks above what is recommended, within the limit */
    int32_t aside;           /* racks of which the overlay says nothing */
};

/* What racks are of which it says nothing: "no GPUs"; NULL: there are none such. */
const char *dh_overlay_aside(enum dh_overlay overlay);
bool dh_overlay_applies(const struct dh_facility *facility, enum dh_overlay overlay, int32_t rack);

/* The figure of one rack, in the overlay's unit; NAN: not known. Categories: a small whole number. */
double dh_overlay_value(struct dh_source *source, enum dh_overlay overlay, int32_t rack);
/* Of what time it is: the instant shown, or as source->racks says the mean or the end of an interval. */
enum dh_overlay_time { DH_OVERLAY_NOW, DH_OVERLAY_MEAN, DH_OVERLAY_END };
enum dh_overlay_time dh_overlay_time(struct dh_source *source, enum dh_overlay overlay);
/* What the figures are compared with, in words for the legend, the longest form first, one a line; "" for
 * none. In room. */
const char *dh_overlay_of_what(struct dh_source *source, enum dh_overlay overlay, char room[static 128]);
/* Above it is not recommended; NAN: nothing is said. A tick on the scale, too. */
double dh_overlay_recommended(enum dh_overlay overlay);
/* Its limit; NAN: none. */
double dh_overlay_limit(const struct dh_source *source, enum dh_overlay overlay, int32_t rack);

/* Ends of the colours: fixed ones, up to the ratings, or what is there now. */
void dh_overlay_range(struct dh_source *source, enum dh_overlay overlay, int mode,
                      struct dh_overlay_scale *out);
/* Shade and state of every rack on that scale; counts what is over and missing. */
void dh_overlay_shades(struct dh_source *source, enum dh_overlay overlay, struct dh_overlay_scale *scale,
                       uint8_t *shade, uint8_t *state);

/* Words for the categories of an overlay, NULL behind the last; and their colours. */
const char *dh_overlay_category(enum dh_overlay overlay, int32_t i);
uint32_t dh_overlay_category_color(enum dh_overlay overlay, int32_t i);
/* 256 colours that its shades stand for. */
const uint32_t *dh_overlay_colors(enum dh_overlay overlay, enum dh_palette palette);

#endif
