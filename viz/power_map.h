/* The power graph as the view shows it: every stage, and whoever hangs on them: groups of racks of one row
 * and feed, air handlers of halls, CDU pumps, cooling plants, house loads, and on-site sources. Made once
 * from the facility; values are read for the instant that the source shows. */
#ifndef DH_VIZ_POWER_MAP_H
#define DH_VIZ_POWER_MAP_H

#include "viz/source.h"

enum dh_power_part {
    DH_POWER_STAGE,
    DH_POWER_ONSITE, /* joins at the output of the stage that its only link leads to */
    DH_POWER_RACKS,
    DH_POWER_HALL,
    DH_POWER_CDU,
    DH_POWER_CPLANT,
    DH_POWER_LPLANT,
    DH_POWER_HOUSE,
    DH_N_POWER_PART
};

struct dh_power_node {
    enum dh_power_part part;
    int32_t row;               /* of the facility; of racks the first, of a house load the site */
    int32_t racks;             /* which follow one another */
    int32_t first_link, links; /* its feeds, in their order */
    int32_t transfer;          /* enum dh_transfer */
    int32_t column;            /* 0: sources; each part right of all that feed it, racks in the last */
    double rated_w;            /* usable rating, or what it draws at most; 0: not known */
    double expected_w;         /* the most that may come its way: at most the rating */
    uint8_t sides;             /* bit k: racks behind it have it as their feed number k */
    char name[72];
};

struct dh_power_link {
    int32_t from, to; /* nodes */
    int32_t order;    /* place among the feeds */
};

/* A part as it is now; NAN: not known. */
struct dh_power_now {
    double in_w, out_w, loss_w;
    double share;   /* of the rating */
    double battery; /* share of its usable energy; NAN: has none */
    bool live, on_battery;
    bool open;       /* its breaker has tripped */
    int32_t running; /* sets of a generator; -1: not known */
};

struct dh_power_map {
    const struct dh_facility *facility;
    struct dh_power_node *nodes; /* stages first, by row */
    struct dh_power_link *links; /* by consumer */
    struct dh_power_now *now;    /* of each node */
    double *flow_w;              /* of each link, from left to right; below zero: into storage */
    bool *carries;               /* of each link: its feed is live and used */
    int32_t n_node, n_link, n_column;
    bool read; /* values are those of read_at */
    dh_time read_at;
    int64_t read_events;
    struct dh_arena mem;
};

/* DH_ERR_MEMORY. */
enum dh_err dh_power_map_make(struct dh_power_map *out, const struct dh_facility *facility);
void dh_power_map_free(struct dh_power_map *map);

/* Values of the instant that the source shows. */
void dh_power_map_read(struct dh_power_map *map, struct dh_source *source);

/* Units of a stage that may fail without overload: 1 is N+1. */
int32_t dh_power_spare(const struct dh_facility *facility, int32_t stage);

/* What an on-site source is. */
bool dh_power_is_solar(const struct dh_facility *facility, int32_t onsite);
bool dh_power_is_storage(const struct dh_facility *facility, int32_t onsite);

#endif
