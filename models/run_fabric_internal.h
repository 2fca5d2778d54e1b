/* What models/run_fabric*.c share. */
#ifndef DH_MODELS_RUN_FABRIC_INTERNAL_H
#define DH_MODELS_RUN_FABRIC_INTERNAL_H

#include "models/run_fabric.h"

/* A row of racks with its place in the facility. */
struct dh_fabric_row {
    const struct dh_site_spec *site;
    const struct dh_hall_spec *hall;
    const struct dh_row_spec *row;
    const struct dh_node_spec *node;
    int32_t at_site, at_hall, first_node, nodes, rack_nodes;
    int32_t fabric; /* that joins it; -1: none */
};

/* Sizes, rates and tiers of a fabric whose nodes and adapters are known: what dh_network_new needs of it.
 * device: of its nodes, or NULL. */
enum dh_err dh_fabric_shape(struct dh_run_fabric *fabric, struct dh_network_part_spec *part,
                            const struct dh_device_spec *device, const struct dh_fabric_row *first,
                            struct dh_diag *diag);

/* Switches, cables, power, money and racks of a fabric whose facts are known; *n_rack is counted up. */
void dh_fabric_count(struct dh_run_fabric *fabric, int32_t *n_rack);

#endif
