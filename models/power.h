/* Electrical load, exact between events: jobs change node power at once, and the change runs from node to
 * rack to distribution, UPS, transformer and utility, each with its load-dependent loss.
 *
 * The stages form a graph without circles: a stage, a rack or a cooling load may name several feeds. What is
 * live runs from the sources down: a stage is live when a unit of it is in service and a feed is live, or its
 * battery holds. Power runs from the loads up, over live feeds only; what has none is dark and draws nothing.
 *
 * Power is int64 microwatts and energy is 128-bit microwatt-nanoseconds, so that what is added can be taken
 * away without a trace, sums do not depend on their order, and the ledgers of the audit close exactly:
 *   sources + injected = racks + cooling + house + losses + stored. */
#ifndef DH_MODELS_POWER_H
#define DH_MODELS_POWER_H

#include <datahall/time.h>
#include "models/chip.h"
#include "models/facility.h"
#include "models/job.h"
#include "models/load_curve.h"

typedef int64_t dh_uw;                   /* microwatts */
__extension__ typedef __int128 dh_uw_ns; /* microwatts times nanoseconds: 1e-15 J */

static inline double dh_uw_to_w(dh_uw power) {
    return (double)power * 1e-6;
}

dh_uw dh_uw_from_w(double watts); /* nearest; at most 9 TW */
double dh_uw_ns_to_j(dh_uw_ns energy);

/* What a job does on its GPUs, and whose energy that is. */
struct dh_power_use {
    enum dh_work work;
    int32_t owner;             /* 0 to f->n_owner - 1; -1: nobody's */
    double gpu_util, cpu_util; /* 0-1 */
};

/* What a job does to one of its nodes. */
struct dh_holding {
    int32_t job, node, gpus, owner;
    int32_t next;             /* next holding of the same node, -1: last */
    struct dh_chip_load load; /* of its kind of work on this device */
    double gpu_util, cpu_util;
    bool below;   /* its clock is below what the rack and its kind of work allow: the cap holds it */
    double clock; /* of its GPUs: the rack's, or less where the node's hungriest part meets its cap */
    dh_uw power;  /* above the idle node, at that clock */
    dh_uw idle;   /* its share of the idle node */
};

/* A consumer's feeds: a run of f->feed_stage. */
struct dh_feeds {
    const int32_t *stage;
    int32_t n, transfer; /* enum dh_transfer */
};

/* Power that is no rack: where it comes from, what is asked for, and what it draws now. */
struct dh_load {
    struct dh_feeds feeds;
    dh_uw asked, power; /* power: asked while live, else 0 */
    dh_uw *total;       /* which sum it belongs to */
    bool live;
};

/* Loads besides racks, in this order. */
enum dh_load_kind {
    DH_LOAD_HALL,
    DH_LOAD_CDU,
    DH_LOAD_CPLANT,
    DH_LOAD_LPLANT,
    DH_LOAD_HOUSE,
    DH_N_LOAD_KIND
};

/* Loss over the output P: fixed + linear P + square P^2. */
struct dh_stage_loss {
    double fixed_w, linear, square_per_w;
};

/* How fast the battery of a stage goes down at an output P: P times per_output, and above knee_w, where a
 * lead battery gives less than its rated energy, times (P / knee_w)^exponent as well. */
struct dh_battery_drain {
    double per_output, knee_w, exponent;
};

/* A stage as it is now. */
struct dh_stage {
    struct dh_feeds feeds;
    int32_t n_up;   /* units in service */
    int32_t choice; /* DH_TRANSFER_FIRST: which of its feeds carries it; -1: none */
    int32_t n_on;   /* of a source: units that run, of those in service */
    bool open;      /* its breaker has tripped */
    bool live;
    bool on_battery;    /* live, but by its own battery: draws nothing from its feeds */
    bool on_grid;       /* live, and nothing but utilities carries it: what is given here can flow back */
    bool wanted;        /* a load would draw through it if it were live */
    dh_time live_since; /* or dead since; INT64_MIN: from the start */
    double rated_w;     /* usable now */
    double held_w;      /* and since its load was last settled */
    struct dh_stage_loss loss; /* with all its units; with fewer, settle_stage reckons */
    double stage_at;           /* units are switched off above this share of their rating; 0: all stay on */
    bool battery_holds;
    struct dh_battery_drain drain;
    dh_uw charge;   /* into the battery, while a feed is live */
    dh_uw injected; /* asked of on-site sources at its output */
    dh_uw passed;   /* what its feeds carry for it now */
    bool over;      /* its output is above its usable rating: dh_power_crossings */
    bool crossing;  /* stands in the list of those where that may have changed */
};

/* The highest share of its usable rating that any stage has carried for some time since the watch began. */
struct dh_power_watch {
    bool on;
    int32_t stage; /* -1: none yet */
    double share;
};

/* What lost or got power when the graph was last looked at. */
struct dh_power_change {
    enum { DH_CHANGED_STAGE, DH_CHANGED_RACK, DH_CHANGED_LOAD } what;
    enum dh_load_kind load; /* of a load */
    int32_t row;            /* stage, rack, or row of the load among those of its kind */
    bool live;
};

/* A quantity of power and its integral. */
struct dh_meter {
    dh_uw power;
    dh_time since;   /* power holds since then */
    dh_uw_ns energy; /* up to `since` */
};

static inline dh_uw_ns dh_meter_energy(const struct dh_meter *meter, dh_time now) {
    return meter->energy + (dh_uw_ns)meter->power * (now - meter->since);
}

/* Energy of whoever runs jobs (a stream, a service): what its jobs draw at the boards and in the CPUs, and
 * their GPUs' share of the idle node, behind the node's converter, without fans. */
struct dh_owner_power {
    dh_uw power; /* now */
    struct dh_meter meter;
};

/* How far a stage went above its rating. Counts what held for some time: what is passed through within one
 * instant, while loads change one after the other, never was. */
struct dh_stage_peak {
    int64_t n_over; /* times that its output rose above */
    dh_uw out;      /* at the worst of them */
    double rated_w; /* and the usable rating then */
    dh_time at;
    bool over; /* since the last change that held */
};

struct dh_power {
    const struct dh_facility *f;
    /* nodes */
    int32_t *node_holding; /* first holding, -1: none */
    dh_uw *node_work;      /* sum of its holdings */
    dh_uw *node_dc;        /* behind its own converter */
    dh_uw *node_in;
    double *node_part;  /* mean power of its GPUs over that of nominal parts, and that of the hungriest; */
    double *node_worst; /* both NULL where all parts are alike */
    /* racks */
    struct dh_chip_place *rack_place;
    int32_t *rack_below;          /* holdings below */
    double *rack_clock;           /* share of the highest clock */
    double *rack_fan_w;           /* fans of one node */
    dh_uw *rack_nodes;            /* inputs of its nodes */
    dh_uw *rack_dc;               /* the same behind the nodes' converters */
    bool *rack_live, *rack_waits; /* waits: not yet energized, whatever its feeds */
    struct dh_meter *rack;
    bool *rack_dirty;
    int32_t *dirty;
    int32_t n_dirty;
    /* power stages: in = out + loss + stored; out is net of what is injected there */
    struct dh_stage *stage;
    dh_uw *stage_out;
    struct dh_meter *stage_in, *stage_loss, *stage_stored; /* stored: into its battery; negative: out of it */
    struct dh_stage_peak *stage_peak;
    struct dh_load_curve *stage_curve; /* of their outputs */
    struct dh_power_watch watch;
    int32_t *crossing; /* stages whose output may have crossed their rating since this was last asked */
    int32_t n_crossing;
    uint64_t *stage_dirty; /* bit set */
    bool any_stage_dirty;
    struct dh_load *load; /* by kind, then by row */
    int32_t first_load[DH_N_LOAD_KIND + 1];
    /* the graph: what changed since it was last looked at, and what that did */
    bool graph_changed;
    dh_time look_again_at; /* a transfer switch waits until then; DH_TIME_MAX: none does */
    struct dh_power_change *change;
    int32_t n_change;
    int32_t *change_at; /* place in `change`, from 1, of each stage, rack and load */
    /* totals over all sites: as changed at this instant, and their integrals up to the last settling */
    struct {
        dh_uw facility, it, cooling, house, loss, node_dc_total, node_in_total, overhead, fan, stored,
            injected;
    } sum;
    /* facility: of all sources and injections together; overhead: switches of live racks */
    struct dh_meter facility, it, cooling, house, loss, node_dc_total, node_in_total, overhead, fan, stored,
        injected;                 /* fan: of all nodes, part of node_dc_total */
    dh_uw peak_facility, peak_it; /* of what held for some time */
    dh_time peak_facility_at;
    dh_uw *site_held,
        *site_peak; /* from its utilities: as of the last settling; highest that held for a time */
    dh_time *site_peak_at;
    dh_uw injected_before; /* share of the injections in sum.facility */
    dh_uw *site_power;     /* from its utilities, net of export */
    struct dh_owner_power *owner;
    /* holdings: a pool with a free list */
    struct dh_holding *holding;
    int32_t n_holding, holding_room, free_holding;
    struct dh_arena mem;
};

/* All idle at time 0, racks at full clock with their fans at the lowest speed. DH_ERR_MEMORY. */
enum dh_err dh_power_init(struct dh_power *p, const struct dh_facility *f);
void dh_power_free(struct dh_power *p);

/* A job takes GPUs of a node, with the activity that it has there. DH_ERR_MEMORY. */
enum dh_err dh_power_hold(struct dh_power *p, const struct dh_segment *segment, int32_t job,
                          const struct dh_power_use *activity);
/* It gives them back. */
void dh_power_release(struct dh_power *p, const struct dh_segment *segment, int32_t job);
/* Its activity changes. */
void dh_power_activity(struct dh_power *p, const struct dh_segment *segment, int32_t job, double gpu_util,
                       double cpu_util);

/* The rack's GPUs run at this share of their highest clock; its nodes' fans draw fan_w each. */
void dh_power_rack_clock(struct dh_power *p, int32_t rack, double clock);
void dh_power_rack_fan(struct dh_power *p, int32_t rack, double fan_w);
/* Its GPUs sit in this air or coolant: decides their leakage. At first: as the catalog's figures. */
void dh_power_rack_place(struct dh_power *p, int32_t rack, struct dh_chip_place place);

/* Clock of a job's GPUs on one of its nodes; 0 where it holds none. */
double dh_power_clock(const struct dh_power *p, int32_t node, int32_t job);
/* Whether every job of the rack runs at full clock, or the highest of its kind. */
static inline bool dh_power_rack_full(const struct dh_power *p, int32_t rack) {
    return p->rack_clock[rack] >= 1 && p->rack_below[rack] == 0;
}
/* Power of a node's hungriest GPU over that of a nominal part. */
double dh_power_worst_part(const struct dh_power *p, int32_t node);

/* What the plant asks for, W. Drawn while the load has a live feed. */
void dh_power_hall_load(struct dh_power *p, int32_t hall, double watts);
void dh_power_cdu_load(struct dh_power *p, int32_t cdu, double watts);
void dh_power_cplant_load(struct dh_power *p, int32_t cplant, double watts);
void dh_power_lplant_load(struct dh_power *p, int32_t lplant, double watts);

/* ---- what is in service. Takes effect, all changes of an instant together, with dh_power_settle. ----------
 */

/* Units of a stage in service, 0 to f->stage_units: those left share the load; with none it is dead. Of a
 * utility one unit is the grid. In a run: dh_world_set_units, which also tells whom it concerns. */
void dh_power_set_units(struct dh_power *p, int32_t stage, int32_t n_up);

/* Its breaker opens or closes: open, it is dead with whatever units are in service. */
void dh_power_set_open(struct dh_power *p, int32_t stage, bool open);

/* Units of a source that run, besides being in service. Utilities begin with all, generators with none. */
void dh_power_set_source(struct dh_power *p, int32_t stage, int32_t n_on);

/* The battery of a stage: whether it carries the stage when no feed is live, how fast it goes down then, and
 * the power that charges it while a feed is live, W >= 0. The caller keeps its energy, by the meter
 * stage_stored. */
void dh_power_set_battery(struct dh_power *p, int32_t stage, bool holds, struct dh_battery_drain drain,
                          double charge_w);

/* Loss of a stage while it is fed, with all its units in service. At first the facility's. */
void dh_power_set_loss(struct dh_power *p, int32_t stage, struct dh_stage_loss loss);

/* Switches off units that are not needed to keep those that run below this share of their rating, 0-1,
 * besides as many as are redundant. 0: all stay on. */
void dh_power_set_staging(struct dh_power *p, int32_t stage, double share);

/* On-site power (solar, storage, turbine) joins at the output of a stage, W; negative: it takes power there.
 * Counts while the stage is live. What the stage's loads do not take flows back towards its feeds, and out
 * of a utility as export. */
void dh_power_inject(struct dh_power *p, int32_t stage, double watts);

/* p->change[0 .. n_change) is what lost or got power since this was last called; a stage, rack or load stands
 * there at most once, in no promised order beyond being the same in every run. */
void dh_power_changes_seen(struct dh_power *p);

/* As of the last settling. A load without feeds (a hall without a plant) is live. */
bool dh_power_stage_live(const struct dh_power *p, int32_t stage);
/* Whether it is live by utilities alone, not through a generator or the battery of a stage. */
bool dh_power_stage_on_grid(const struct dh_power *p, int32_t stage);
bool dh_power_rack_live(const struct dh_power *p, int32_t rack);
/* A rack that is to be energized (f->rack_energized > 0) waits dark until this is called. */
void dh_power_energize(struct dh_power *p, int32_t rack);
bool dh_power_hall_live(const struct dh_power *p, int32_t hall);
bool dh_power_cdu_live(const struct dh_power *p, int32_t cdu);
bool dh_power_cplant_live(const struct dh_power *p, int32_t cplant);
bool dh_power_lplant_live(const struct dh_power *p, int32_t lplant);

/* Carries every change made at this instant up to the utilities. To be called before time moves on and
 * before any power or energy is read. */
void dh_power_settle(struct dh_power *p, dh_time now);

/* A stage that has gone above its usable rating, or back below 98 % of it (so that a load at the rating makes
 * no stream of them), since this was last called: its row, `over` says which; -1: no further one. To be
 * called when time is about to move, settled: what is passed through within one instant never was. */
int32_t dh_power_crossing(struct dh_power *p);

/* From now on the most loaded stage is kept; and which it is, present loads included. */
void dh_power_watch_begin(struct dh_power *p);
struct dh_power_watch dh_power_watch_now(const struct dh_power *p);

/* At the end, settled: peaks count what has held until now. */
void dh_power_close(struct dh_power *p, dh_time now);

/* Power of a site's utilities as of the last settling, W. */
double dh_power_site_w(const struct dh_power *p, int32_t site);

#endif
