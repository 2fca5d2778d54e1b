/* The plant as built: one struct of const columns, compiled once from a scenario, then never written. */
#ifndef DH_MODELS_FACILITY_H
#define DH_MODELS_FACILITY_H

#include "models/run_fabric.h"
#include "models/storage.h"
#include "scenarios/scenario.h"

#include <stdbool.h>
#include <stdint.h>

enum dh_stage_kind {
    DH_STAGE_UTILITY,
    DH_STAGE_TRANSFORMER,
    DH_STAGE_UPS,
    DH_STAGE_PDU,
    DH_STAGE_GENERATOR,
    DH_N_STAGE_KIND
};

/* Is it a root of the power graph? */
static inline bool dh_stage_is_source(int32_t kind) {
    return kind == DH_STAGE_UTILITY || kind == DH_STAGE_GENERATOR;
}

/* Entities that have columns, in facility.def and state.def. */
#define DH_ENTITIES(X)                                                                                       \
    X(facility)                                                                                              \
    X(site)                                                                                                  \
    X(feed)                                                                                                  \
    X(stage)                                                                                                 \
    X(rack)                                                                                                  \
    X(node)                                                                                                  \
    X(hall)                                                                                                  \
    X(cdu)                                                                                                   \
    X(cplant)                                                                                                \
    X(lplant)                                                                                                \
    X(onsite)                                                                                                \
    X(queue)                                                                                                 \
    X(device)                                                                                                \
    X(service)                                                                                               \
    X(store)                                                                                                 \
    X(fabric)                                                                                                \
    X(link)                                                                                                  \
    X(netunit)                                                                                               \
    X(dataset)                                                                                               \
    X(cost)

struct dh_chiller_curves; /* models/chiller.h */

struct dh_facility {
#define X(entity) int32_t n_##entity;
    DH_ENTITIES(X)
#undef X
#define COLUMN(type, name, rows, unit, about) const type *name; /* n_##rows */
#include "models/facility.def"
#undef COLUMN
    /* Rows of the scenario, for parameters that are no columns, and for names in reports. */
    const struct dh_scenario *scenario;
    const struct dh_device_spec *const *device_spec;
    const struct dh_site_spec *const *site_spec;
    const struct dh_hall_spec *const *hall_spec;
    const struct dh_cdu_spec *const *cdu_spec;
    const struct dh_chiller_plant_spec *const *cplant_spec;
    const struct dh_chiller_curves *const *cplant_curves; /* what its machines are */
    const struct dh_liquid_plant_spec *const *lplant_spec;
    const struct dh_service_spec *const *service_spec;
    int32_t n_owner; /* whose energy is metered: services, then streams of jobs */
    const struct dh_transformer_spec *const *stage_transformer; /* of each stage; NULL where it is none */
    const struct dh_ups_spec *const *stage_ups;
    const struct dh_generator_spec *const *stage_generator;
    const struct dh_breaker_spec *const *stage_breaker; /* NULL where it has none */
    const char *const *stage_name;
    const char *const *onsite_name;
    const char *const *rack_name; /* ROW-001 */
    struct dh_storage storage;    /* its stores of data */
    struct dh_run_fabrics fabric; /* its fabrics; their racks are the last ones */
    int32_t n_bare_rack;          /* racks without nodes: those of stores, then of fabrics, the last ones */
    int64_t n_gpu;                /* of all nodes */
    int64_t start_unix_s;
    struct dh_arena mem; /* owns every column */
};

/* Builds the facility from a scenario that was read and checked; the scenario must outlive it. Rows appear in
 * the order of the file, except power stages: feeds first. DH_ERR_MEMORY. */
enum dh_err dh_facility_compile(struct dh_facility *out, const struct dh_scenario *scenario,
                                struct dh_diag *diag);
void dh_facility_free(struct dh_facility *facility);

/* Does a rack hold switches of a fabric, and no nodes? */
static inline bool dh_rack_is_switches(const struct dh_facility *f, int32_t rack) {
    return rack >= f->n_rack - f->fabric.n_rack;
}

/* The device that the facility has most of; NULL where no rack has any. And GPUs of a node of it, in the
 * first rack that has some; 0: none has. */
const struct dh_device_spec *dh_facility_main_device(const struct dh_facility *f);
int32_t dh_facility_node_gpus(const struct dh_facility *f, const struct dh_device_spec *device);

#endif
