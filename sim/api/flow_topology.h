/* A topology in words, as `predict flows --topology` takes it. Private to sim/api. */
#ifndef DH_SIM_API_FLOW_TOPOLOGY_H
#define DH_SIM_API_FLOW_TOPOLOGY_H

#include "models/topology.h"
#include "sim/diag.h"

/* "fat-tree hosts-per-leaf=32 units=32 oversubscription=4 rate=50GB/s": a kind (fat-tree, dragonfly,
 * dragonfly+, torus, mesh), then its sizes by the names of struct dh_topology with - for _, and rates and
 * latencies: rate and latency of all links, host-rate, local-rate, global-rate, domain-rate. One message for
 * what is none. */
enum dh_err dh_topology_parse(const char *text, struct dh_topology *topology, struct dh_diag *diag);

#endif
