/* The ring of a collective as one flow: its messages wait for one another, so that all move at one rate, that
 * of the slowest; a link with three of them carries three bytes for one. Alone it takes as long as step by
 * step (models/traffic.h), but for latency. Beside others it may be over sooner (in 20 random placements of
 * four rings 17 times as long, else 2 to 11 % shorter): messages that wait leave links idle that the flow
 * would use. A job of thousands of ranks is one flow. */
#ifndef DH_MODELS_COLLECTIVE_FLOW_H
#define DH_MODELS_COLLECTIVE_FLOW_H

#include "models/flow.h"
#include "models/topology.h"

struct dh_ring_flow {
    int32_t *links; /* each once, by number */
    double *shares; /* messages over each */
    int32_t n;
    double latency_s; /* of the longest message: a step takes it besides */
};

/* The ring hosts[0] to hosts[1] … to hosts[0], routed by destination. DH_ERR_RANGE: no ranks, a host that is
 * none, or more than DH_FLOW_MAX_LINKS links; DH_ERR_MEMORY. Free it in any case. */
enum dh_err dh_ring_flow_init(struct dh_ring_flow *ring, const struct dh_topology *topology,
                              const int32_t *hosts, int32_t ranks);
void dh_ring_flow_free(struct dh_ring_flow *ring);

#endif
