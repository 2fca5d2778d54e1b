/* What is beyond a limit, or near it, at the instant that a source shows: one pass over racks, stages,
 * plants, services and links, so that even 100,000 racks cost a small part of a frame. Private to the view.
 */
#ifndef DH_VIZ_ALERTS_H
#define DH_VIZ_ALERTS_H

#include "models/equipment.h"
#include "viz/near.h"
#include "viz/power_map.h"
#include "viz/view.h"

/* The gravest kinds first: of two alerts of one level the earlier kind is shown first. */
enum dh_alert_kind {
    DH_ALERT_STAGE_DARK,   /* a power stage whose feeds are live, or that has none, gives nothing */
    DH_ALERT_RACKS_DARK,   /* n racks draw nothing */
    DH_ALERT_STOPPED,      /* n racks whose GPUs stopped: too hot even at the lowest clock */
    DH_ALERT_BATTERY,      /* a UPS is on battery; value: s that are left, NAN: not known */
    DH_ALERT_COOLING_DEAD, /* what cools is without power */
    DH_ALERT_BREAKER,      /* W through breakers, W that they carry in the long run */
    DH_ALERT_STAGE,        /* W of W usable rating of the units in service */
    DH_ALERT_INLET,        /* n racks; the hottest degC, its limit */
    DH_ALERT_COOLING,      /* W of heat of W at design of what is in service */
    DH_ALERT_COOLING_WARM, /* supplies more than a kelvin above its set-point */
    DH_ALERT_SERVICE,      /* s to the first token of s */
    DH_ALERT_RACKS_OVER,   /* n racks above their design power; W of W of the worst */
    DH_ALERT_LINKS,        /* n links of fabrics; the fullest, share of 1 */
    DH_ALERT_STORE,        /* so many servers are out that nothing can be read */
    DH_ALERT_SLOW,         /* n racks; the lowest clock, share of 1 */
    DH_ALERT_CAP,          /* a site's power limit lowers clocks; share of 1 */
    DH_ALERT_ONE_SIDE,     /* n stages that carry this without another one: W of W; of several the worst */
    DH_ALERT_OUT,          /* units of a group, value of limit, out of service */
    DH_ALERT_FABRIC,       /* switches and cables of a fabric out of service: value */
    DH_ALERT_CHARGING,     /* a UPS whose battery is not full: share of 1 */
    DH_N_ALERT
};

enum dh_alert_level { DH_ALERT_NEAR = 1, DH_ALERT_OVER = 2 };

struct dh_alert {
    enum dh_alert_kind kind;
    enum dh_alert_level level;
    struct dh_view_thing thing; /* of several the worst */
    int32_t n;                  /* how many are so; 1 for a single thing */
    int32_t group;              /* DH_ALERT_OUT: of the equipment */
    double value, limit;        /* limit NAN: there is none */
};

enum { DH_ALERTS_LISTED = 32 };

/* {0} before the first reading. */
struct dh_alerts {
    struct dh_alert list[DH_ALERTS_LISTED]; /* the gravest first */
    int32_t n;                              /* of the list */
    int32_t n_over, n_near;                 /* of all, those among them that are not listed */
    /* Told by events, as far as they were taken in: what cools that is dead, or too warm (halls, CDU groups,
     * chilled-water plants, facility-water plants); stores that stand still. */
    int32_t *dead, *warm, *still;
    int64_t n_taken;
    bool read;
    dh_time read_at;
    int64_t read_events;
};

/* Kelvin below the limit of a rack's inlet from which on it is near it. */
#define DH_ALERT_NEAR_K 2.0

/* What else is known of the facility; power is read for the source's instant. */
struct dh_alerts_given {
    struct dh_power_map *power;
    const struct dh_equipment *equipment;
    int32_t (*units_out)(void *self, int32_t group); /* of service, of a group of the equipment */
    void *self;
};

/* At the source's instant; does nothing where that has been read. Alerts that find no memory are left out. */
void dh_alerts_read(struct dh_alerts *alerts, struct dh_source *source, const struct dh_alerts_given *given);
void dh_alerts_free(struct dh_alerts *alerts);

/* A service's objective at the source's instant, as the run judges it: missed, too, where requests come and
 * nothing answers. NONE: it has none, nobody asks, or it is not recorded. */
enum dh_slo { DH_SLO_NONE, DH_SLO_MET, DH_SLO_MISSED };
enum dh_slo dh_service_slo(struct dh_source *source, int32_t service);

/* What is wrong, in a few words: "25.1 MW of 24.0 MW". */
const char *dh_alert_text(const struct dh_alert *alert, char *room, size_t n);

#endif
