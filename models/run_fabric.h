/* The fabrics of a run as built: from <fabric> and the rows it joins to a network definition, numbers of
 * switches and cables, and the racks in which the switches stand. Everything here follows from the scenario
 * alone and is const once compiled.
 *
 * Power: switches and the optics at their ports draw theirs all the time. They stand in racks of their own, a
 * tier's together, `per-rack` in each, in the order of their numbers; a rack has no nodes, hangs on the
 * fabric's feed, heats the hall's air, and with it go its switches. The optics of a tier are shared out
 * evenly among its switches. Ends in adapters, the links of a torus and of a mesh belong to the nodes and the
 * carrier.
 */
#ifndef DH_MODELS_RUN_FABRIC_H
#define DH_MODELS_RUN_FABRIC_H

#include "models/network.h"
#include "scenarios/scenario.h"

/* As the words of <fabric fidelity=…>. */
enum dh_network_fidelity { DH_NETWORK_FLOW, DH_NETWORK_COLLECTIVE, DH_NETWORK_NONE };

enum { DH_FABRIC_ROWS = 8192 }; /* links, and units, whose figures are recorded: so many at most, else none */
enum { DH_N_TIER = 3, DH_N_CABLE = 3 }; /* leaf, spine, core; host, local, global */

struct dh_run_fabric {
    const struct dh_run_fabric_spec *spec;
    const struct dh_network_spec *network; /* measured; NULL: none fits */
    struct dh_network_facts facts;
    const struct dh_fabric_switch_spec *tier[DH_N_TIER]; /* NULL: not given */
    const struct dh_fabric_link_spec *cable[DH_N_CABLE]; /* NULL: not given */
    int64_t switches[DH_N_TIER], cables[DH_N_CABLE];
    double switch_w[DH_N_TIER];    /* each, optics included */
    int32_t first_rack[DH_N_TIER]; /* among the racks of all fabrics */
    int32_t racks[DH_N_TIER], per_rack[DH_N_TIER];
    int32_t site, hall; /* of its switches; hall over all sites; -1: a mesh has none */
    int32_t device;     /* of its first row: row of the scenario; -1: none */
    const struct dh_hall_spec *hall_spec;
    const struct dh_row_spec *row_spec; /* its first row */
    const char *feed;                   /* of its racks */
    int32_t transfer;
    double power_w;     /* of all */
    double price_usd;   /* NAN: some price is not known */
    double embodied_kg; /* likewise */
};

/* A switch or domain of a fabric. */
struct dh_fabric_unit {
    int32_t fabric, index;
    enum dh_network_unit unit;
};

struct dh_run_fabrics {
    struct dh_run_fabric *fabrics; /* as many as def.parts, in that order */
    int32_t n, n_rack;
    struct dh_network_def def;
    /* Whose figures are recorded, with their names: "ib: leaf 3 up"; "ib/leaf#4", "ib/domain#1", counted as
     * events count them. */
    const int32_t *link; /* of the network: all between switches, in its order */
    const char *const *link_name;
    const struct dh_fabric_unit *unit; /* leaves, spines, cores, domains of each fabric */
    const char *const *unit_name;
    int32_t n_link, n_unit;
    struct dh_arena mem;
};

/* DH_ERR_MEMORY; DH_ERR_RANGE, DH_ERR_VALUE, DH_ERR_MISSING, DH_ERR_CYCLE, DH_ERR_DUPLICATE_ID for a fabric
 * that cannot be, each with one message and a hint. {0} without any fabric. */
enum dh_err dh_run_fabrics_compile(struct dh_run_fabrics *out, const struct dh_scenario *scenario,
                                   struct dh_diag *diag);
void dh_run_fabrics_free(struct dh_run_fabrics *fabrics);

/* "leaf", "spine", "core" switches; "host", "local", "global" cables. */
extern const char *const dh_tier_name[DH_N_TIER], *const dh_cable_name[DH_N_CABLE];
/* What a tier's switches are as units of a network. */
enum dh_network_unit dh_tier_unit(int tier);

#endif
