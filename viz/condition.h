/* What was done to things, and what is out of service, as events tell it: live and in a replay alike, at once
 * where a run is followed. Nothing of it is a column. Private to viz/. */
#ifndef DH_VIZ_CONDITION_H
#define DH_VIZ_CONDITION_H

#include "viz/source.h"

#include "models/equipment.h"

struct dh_view;
struct dh_view_thing;

/* Of one thing at the instant shown. */
struct dh_condition {
    int32_t nodes, drained; /* of a rack: its nodes, and those on which no job starts */
    int32_t units;          /* that it has, of all its parts */
    int32_t tripped, failed,
        planned;      /* of them out of service: made to fail; by themselves; for planned work */
    double cap_w;     /* of a site or a stage, set by hand; NAN: none was */
    double gpu_cap_w; /* of each GPU of a rack, likewise */
    bool set;         /* a supply temperature was set by hand (dh_view_supply has it) */
};
void dh_view_condition(struct dh_view *view, struct dh_view_thing thing, struct dh_condition *out);
/* Units of a group of equipment that are out of service, for whatever cause. */
int32_t dh_view_units_out(struct dh_view *view, int32_t group);
/* Nodes of each rack on which no job starts; NULL: nothing was ever drained. Until the next call. */
const int32_t *dh_view_drained(struct dh_view *view);
/* In words with a mark, "▲ drained, 2 of 3 units tripped"; "" where all is as it was built. */
const char *dh_condition_text(const struct dh_condition *condition, char *room, size_t n);

/* ---- state, part of the view */
struct dh_conditions {
    struct dh_view_event *told;              /* those events that matter here, of the first n_seen */
    int64_t n_told, room, n_seen, n_counted; /* counted: in the figures below, up to `counted_to` */
    dh_time counted_to;
    int32_t *drained;                    /* of each rack */
    int32_t *tripped, *failed, *planned; /* of each group of equipment */
    float *gpu_cap_w;                    /* of each rack; NAN */
    float *site_cap_w, *stage_cap_w;
    bool any_drained, ready, broken; /* broken: there was no memory */
};
void dh_conditions_free(struct dh_conditions *conditions);

#endif
