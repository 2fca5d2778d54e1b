/* All that can fail, as named groups of equal units, and which units are in service.
 *
 *   ID            a power stage, hall (air handlers), CDU group (pumps), plant (all its parts), row (racks)
 *   RACK          one rack, by its name: ROW-003
 *   ID/PART       chiller, tower, chilled-pump, condenser-pump of a chilled-water plant; cooler, pump of a
 *                 facility-water plant; air-handler of a hall; pump of a CDU group; server of a store of data
 *                 (its gateways, data servers, drives), metadata of a file system; node, gpu of a row or
 *                 rack; leaf, spine, core, link, uplink, trunk, domain of a fabric
 *   …:N           N units of it: the first N that are in service
 *   …#N           the N-th of its units
 * A unit is out of service while at least one cause holds it: a failure, a trip, maintenance. */
#ifndef DH_MODELS_EQUIPMENT_H
#define DH_MODELS_EQUIPMENT_H

#include "models/facility.h"
#include "models/plant.h"

enum dh_equipment_kind {
    DH_EQUIPMENT_STAGE, /* row: stage */
    DH_EQUIPMENT_PLANT, /* part: enum dh_plant_unit; row: of its hall, CDU group or plant */
    DH_EQUIPMENT_RACK,  /* row: first rack of the row; units are racks */
    DH_EQUIPMENT_NODE,  /* row: first node; units are nodes */
    DH_EQUIPMENT_GPU,   /* row: first node; units are GPUs, node by node */
    DH_EQUIPMENT_STORE, /* row: store; part 0: servers, 1: metadata servers */
    DH_EQUIPMENT_FABRIC /* row: fabric; part: enum dh_network_unit */
};

struct dh_equipment_group {
    const char *name; /* ID or ID/PART */
    enum dh_equipment_kind kind;
    int32_t row, part;
    int32_t n;          /* units */
    int32_t first_unit; /* among all units */
    int32_t unit_gpus;  /* of a gpu group: GPUs of a node */
    int32_t n_out;
};

struct dh_equipment {
    struct dh_equipment_group *groups;
    int32_t n_group, n_unit;
    uint16_t *causes;    /* of each unit: how many hold it out of service */
    int32_t *unit_group; /* its group */
    struct dh_arena mem;
};

/* Units of one group, or of all groups of an element: a plant has several parts, and a file system. */
struct dh_target {
    int32_t group, n_group;
    int32_t first; /* unit of the group from which they count */
    int32_t n;     /* units; of a whole plant those of all its parts */
    bool some;     /* n of those from `first` to the end of the rack or group that are in service */
    int32_t of;    /* how many there are to choose from */
};

/* Everything of a facility; units from the facility and the plant (of which only the numbers of units are
 * read). DH_ERR_MEMORY. */
enum dh_err dh_equipment_init(struct dh_equipment *out, const struct dh_facility *f,
                              const struct dh_plant *plant);
/* The groups alone, without units: for names. */
enum dh_err dh_equipment_init_groups(struct dh_equipment *out, const struct dh_facility *f,
                                     const struct dh_plant *plant);
void dh_equipment_free(struct dh_equipment *equipment);

/* The target that name[0 .. n) means. Otherwise DH_ERR_DANGLING_REF (or DH_ERR_RANGE: more units than there
 * are), with one message at place that says what is wrong and what was probably meant. */
enum dh_err dh_equipment_find(const struct dh_equipment *equipment, const struct dh_facility *f,
                              const char *name, size_t n, struct dh_target *out, struct dh_place place,
                              struct dh_diag *diag);

/* One more cause, or one less, for a unit. Returns whether it left service or came back. */
bool dh_equipment_hold(struct dh_equipment *equipment, int32_t unit);
bool dh_equipment_release(struct dh_equipment *equipment, int32_t unit);

/* Name of a unit, for random streams: "ups-a#3", "row-012/gpu#5"; a group of one has no number. */
void dh_equipment_unit_name(const struct dh_equipment *equipment, int32_t unit, char *text, size_t room);

#endif
