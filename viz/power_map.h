/* The power graph as the view shows it: every stage, and whoever hangs on them: groups of racks of one row
 * and feed, air handlers of halls, CDU pumps, cooling plants, house loads, and on-site sources. Made once
 * from the facility; values are read for the instant that the source shows. */
#ifndef DH_VIZ_POWER_MAP_H
#define DH_VIZ_POWER_MAP_H

#include "models/equipment.h"
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
    double rated_w;   /* usable rating of the units in service; 0: not known, or none is */
    double share;     /* of that */
    double near_w;    /* from here on it is near a limit (viz/near.h); INFINITY where there is none */
    double circuit_w; /* for which its breakers are rated, those in service; NAN: it has none */
    double carries_w; /* above which one of them trips in the long run; NAN */
    double without_w; /* the most that it would carry if one other stage failed: dh_power_losses; NAN */
    int32_t without;  /* that stage; -1: none, or none that puts more on it */
    double battery;   /* share of its usable energy; NAN: has none */
    bool live, on_battery;
    bool open;       /* its breaker has tripped */
    int32_t up;      /* units in service */
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
    /* Units out of service, as dh_power_map_equip was told; the share in service of each row of a part. */
    const struct dh_equipment *equipment;
    int32_t (*units_out)(void *self, int32_t group);
    void *self;
    float *in_service[DH_N_POWER_PART]; /* of stages and of what cools; of others NULL */
    int32_t *used_by, *first_used;      /* links by the stage that they come from, and each one's first */
    double *more_w;                     /* of each node, for dh_power_losses; and who is lost then */
    bool *lost;
    bool several; /* something has more than one feed */
    dh_time losses_at;
    int64_t losses_events;
    bool read; /* values are those of read_at */
    dh_time read_at;
    int64_t read_events;
    struct dh_arena mem;
};

/* DH_ERR_MEMORY. */
enum dh_err dh_power_map_make(struct dh_power_map *out, const struct dh_facility *facility);
void dh_power_map_free(struct dh_power_map *map);

/* From now on units may be out of service; without it all are in. The equipment must outlive the map. */
void dh_power_map_equip(struct dh_power_map *map, const struct dh_equipment *equipment,
                        int32_t (*units_out)(void *self, int32_t group), void *self);

/* Heat that a hall's air handlers, a CDU group or a plant takes at design with the units that are in service,
 * W: of its parts (chillers, pumps, cells) those count of which the smallest share is. NAN: not known. */
double dh_power_cools_w(const struct dh_power_map *map, enum dh_power_part part, int32_t row);
/* The same with all units in service: for charts of a past in which they may have been. */
double dh_power_cools_built_w(const struct dh_power_map *map, enum dh_power_part part, int32_t row);

/* Part of dh_power_map_read: ratings and limits of each `now`; of sets that run it has to be known how many.
 */
void dh_power_limits_read(struct dh_power_map *map);

/* What each live stage would carry if one other stage failed and nobody drew less: the share of a lost feed
 * goes to those that are left, the first of them behind a transfer switch, and up to the sources, losses
 * included; batteries empty, generators that stand by in place of a source
 * (how many of them start is not reckoned, and nothing is said of their own load). Of graphs of more than
 * 2,000 stages nothing is reckoned. Part of dh_power_map_read; once an instant, though a run in progress is
 * read anew for a deed. */
void dh_power_losses(struct dh_power_map *map);

/* Values of the instant that the source shows. */
void dh_power_map_read(struct dh_power_map *map, struct dh_source *source);

/* Is its input its output: no loss, and no battery to charge? */
bool dh_power_passes(const struct dh_facility *facility, int32_t stage);

/* Units of a stage that may fail without overload: 1 is N+1. */
int32_t dh_power_spare(const struct dh_facility *facility, int32_t stage);

/* What an on-site source is. */
bool dh_power_is_solar(const struct dh_facility *facility, int32_t onsite);
bool dh_power_is_storage(const struct dh_facility *facility, int32_t onsite);

#endif
