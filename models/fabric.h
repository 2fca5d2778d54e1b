/* Flows between hosts of a network whose links and switches fail and are repaired.
 *
 * A flow takes the route that the network gives it: by its destination, by a hash of the flow (ECMP), or
 * adaptively, of some equally short routes the one whose fullest link has the fewest flows for its capacity
 * when the flow begins. When a link or a node of the route fails, the flow takes a shortest way around what
 * has failed, chosen alike; it stays there until it ends. Where there is none it stands still, and so does
 * one that begins then; each repair gives those the way that there is by then. Bytes that are sent are sent:
 * what is left takes the new way. Rerouting takes no time. */
#ifndef DH_MODELS_FABRIC_H
#define DH_MODELS_FABRIC_H

#include "models/flow.h"
#include "models/topology.h"

enum dh_fabric_way { DH_WAY_BY_DESTINATION, DH_WAY_BY_HASH, DH_WAY_ADAPTIVE };

/* A network as nodes and links, or a topology. */
struct dh_fabric_spec {
    const struct dh_topology *topology; /* initialized; copied. NULL: the following, copied too */
    int32_t n_node, n_link;
    const bool *ends; /* nodes that pass nothing on, NULL: all pass on */
    const struct dh_graph_link *links;
    const double *capacity;  /* bytes/s of each link, above 0 */
    const double *latency_s; /* of each link; NULL: 0 */
    const uint64_t *numbers; /* of nodes as destinations, for ways by destination; NULL: their indices */
    enum dh_fabric_way way;
};

struct dh_fabric_flow {
    int32_t src, dst;          /* nodes */
    double bytes, weight, cap; /* as in struct dh_flow_spec */
};

struct dh_fabric;

/* NULL: without memory, or the network is none. Delete it. */
struct dh_fabric *dh_fabric_new(const struct dh_fabric_spec *spec);
void dh_fabric_delete(struct dh_fabric *fabric);

/* A flow begins now. DH_ERR_RANGE as dh_flow_net_start, DH_ERR_MISSING: src and dst are not joined even when
 * nothing has failed; DH_ERR_MEMORY. Then nothing has changed. */
enum dh_err dh_fabric_start(struct dh_fabric *fabric, const struct dh_fabric_flow *flow, int32_t *id);

/* A link or a node goes out of service, or comes back; a link whose node is out is out too. DH_ERR_MEMORY:
 * flows may stand still that need not. */
enum dh_err dh_fabric_set_link(struct dh_fabric *fabric, int32_t link, bool works);
enum dh_err dh_fabric_set_node(struct dh_fabric *fabric, int32_t node, bool works);

/* Does the flow stand still because its route has failed? */
bool dh_fabric_stalled(const struct dh_fabric *fabric, int32_t id);

/* Seconds from end to end of the route that the flow has, or had when it ended, until its id is given again.
 */
double dh_fabric_latency(const struct dh_fabric *fabric, int32_t id);

/* What there was to do: flows that took another way, and that had none (each time). */
struct dh_fabric_events {
    int64_t rerouted, stalled;
};
struct dh_fabric_events dh_fabric_events(const struct dh_fabric *fabric);

/* Rates, bytes and the clock. Flows are not to be started or sent elsewhere, nor links changed, behind the
 * fabric's back. */
struct dh_flow_net *dh_fabric_net(struct dh_fabric *fabric);

#endif
