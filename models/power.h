/* Electrical load, exact between events: jobs change node power at once, and the change runs from node to
 * rack to distribution, UPS, transformer and utility, each with its load-dependent loss.
 *
 * Power is int64 microwatts and energy is 128-bit microwatt-nanoseconds, so that what is added can be taken
 * away without a trace, sums do not depend on their order, and the ledgers of the audit close exactly. */
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

dh_uw dh_uw_from_w(double watts); /* nearest; |watts| < 9e12 */
double dh_uw_ns_to_j(dh_uw_ns energy);

/* What a job does to one of its nodes. */
struct dh_holding {
    int32_t job, node, gpus;
    int32_t next; /* next holding of the same node, -1: last */
    enum dh_work work;
    double gpu_util, cpu_util;
    double clock; /* of its GPUs: the rack's, or less where the node's hungriest part meets its cap */
    dh_uw power;  /* above the idle node, at that clock */
};

/* Power that is no rack: its stage and what it draws now. */
struct dh_load {
    int32_t stage;
    dh_uw power;
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

/* How far a stage went above its rating. Counts what held for some time: what is passed through within one
 * instant, while loads change one after the other, never was. */
struct dh_stage_peak {
    int64_t n_over; /* times that its output rose above */
    dh_uw out;      /* highest output above it */
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
    double *rack_clock; /* share of the highest clock */
    double *rack_fan_w; /* fans of one node */
    dh_uw *rack_nodes;  /* inputs of its nodes */
    struct dh_meter *rack;
    bool *rack_dirty;
    int32_t *dirty;
    int32_t n_dirty;
    /* power stages */
    dh_uw *stage_out;
    struct dh_meter *stage_in, *stage_loss;
    struct dh_stage_peak *stage_peak;
    struct dh_load_curve *stage_curve; /* of their outputs */
    uint64_t *stage_dirty;             /* bit set */
    bool any_stage_dirty;
    /* loads besides racks, in this order: halls, CDUs, chilled-water plants, facility-water plants, sites */
    struct dh_load *load;
    int32_t n_load;
    /* totals over all sites: as changed at this instant, and their integrals up to the last settling */
    struct {
        dh_uw facility, it, cooling, house, loss, node_dc_total, node_in_total, fan;
    } sum;
    struct dh_meter facility, it, cooling, house, loss, node_dc_total, node_in_total;
    struct dh_meter fan;          /* of all nodes: part of node_dc_total */
    dh_uw peak_facility, peak_it; /* of what held for some time */
    dh_time peak_facility_at;
    dh_uw *site_held,
        *site_peak; /* from its utilities: as of the last settling; highest that held for a time */
    dh_time *site_peak_at;
    dh_uw *site_power;
    /* holdings: a pool with a free list */
    struct dh_holding *holding;
    int32_t n_holding, holding_room, free_holding;
    struct dh_arena mem;
};

/* All idle at time 0, racks at full clock with their fans at the lowest speed. DH_ERR_MEMORY. */
enum dh_err dh_power_init(struct dh_power *p, const struct dh_facility *f);
void dh_power_free(struct dh_power *p);

/* A job takes GPUs of a node, with the activity that it has there (0-1). DH_ERR_MEMORY. */
enum dh_err dh_power_hold(struct dh_power *p, const struct dh_segment *segment, int32_t job,
                          enum dh_work work, double gpu_util, double cpu_util);
/* It gives them back. */
void dh_power_release(struct dh_power *p, const struct dh_segment *segment, int32_t job);
/* Its activity changes. */
void dh_power_activity(struct dh_power *p, const struct dh_segment *segment, int32_t job, double gpu_util);

/* The rack's GPUs run at this share of their highest clock; its nodes' fans draw fan_w each. */
void dh_power_rack_clock(struct dh_power *p, int32_t rack, double clock);
void dh_power_rack_fan(struct dh_power *p, int32_t rack, double fan_w);
/* Its GPUs sit in this air or coolant: decides their leakage. At first: as the catalog's figures. */
void dh_power_rack_place(struct dh_power *p, int32_t rack, struct dh_chip_place place);

/* Clock of a job's GPUs on one of its nodes; 0 where it holds none. */
double dh_power_clock(const struct dh_power *p, int32_t node, int32_t job);
/* Power of a node's hungriest GPU over that of a nominal part. */
double dh_power_worst_part(const struct dh_power *p, int32_t node);

/* Rows of the loads that the plant sets, W. */
void dh_power_hall_load(struct dh_power *p, int32_t hall, double watts);
void dh_power_cdu_load(struct dh_power *p, int32_t cdu, double watts);
void dh_power_cplant_load(struct dh_power *p, int32_t cplant, double watts);
void dh_power_lplant_load(struct dh_power *p, int32_t lplant, double watts);

/* Carries every change made at this instant up to the utilities. To be called before time moves on and
 * before any power or energy is read. */
void dh_power_settle(struct dh_power *p, dh_time now);

/* At the end, settled: peaks count what has held until now. */
void dh_power_close(struct dh_power *p, dh_time now);

/* Loss of a stage at this output: fixed + linear P + square P^2, from its loss element, whose units share the
 * load equally. */
dh_uw dh_stage_loss(const struct dh_facility *f, int32_t stage, dh_uw out);

/* Power of a site's utilities as of the last settling, W. */
double dh_power_site_w(const struct dh_power *p, int32_t site);

#endif
