/* Collectives of several jobs as flows over one fabric: each message is a flow that shares links with all
 * others, and arrives its route's latency after its last byte has gone. Uncontended a collective takes its
 * closed form (models/collective.h, "Textbook forms"); jobs whose routes meet slow each other. */
#ifndef DH_MODELS_TRAFFIC_H
#define DH_MODELS_TRAFFIC_H

#include "models/collective_steps.h"
#include "models/fabric.h"

struct dh_traffic;

/* The fabric is the caller's, outlives the traffic and has no other flows; its clock goes on from where it
 * is. NULL without memory. Delete it. */
struct dh_traffic *dh_traffic_new(struct dh_fabric *fabric);
void dh_traffic_delete(struct dh_traffic *traffic);

/* A collective whose rank r is on hosts[r] (copied; ranks may share a host) begins at `start`, not before
 * now. *id: 0, 1, … in the order of these calls. DH_ERR_RANGE: no ranks or more than 2^29, bytes below 0 or
 * not finite. */
enum dh_err dh_traffic_add(struct dh_traffic *traffic, enum dh_pattern pattern, const int32_t *hosts,
                           int32_t ranks, double bytes, double start, int32_t *id);

/* Goes on until all have ended, or none can (links that have failed), or to `until`. What dh_fabric_start
 * fails with: DH_ERR_MISSING where hosts are not joined. */
enum dh_err dh_traffic_run(struct dh_traffic *traffic, double until);

/* When the collective's last message arrived; INFINITY before. */
double dh_traffic_end(const struct dh_traffic *traffic, int32_t id);

#endif
