/* Links and nodes of a network that fail and are repaired, as `predict flows --failures` reads them. Private
 * to sim/api. */
#ifndef DH_SIM_API_FLOW_FAILURES_H
#define DH_SIM_API_FLOW_FAILURES_H

#include "models/fabric.h"
#include "sim/api/flow_network.h"

/* One end of an outage. */
struct dh_flow_outage {
    double at;
    int32_t link, node; /* -1: it is the other */
    bool works;         /* from then on */
};

/* {0} holds nothing. */
struct dh_flow_outages {
    struct dh_flow_outage *events; /* by time; at one instant failures first, then as in the file */
    int32_t n, room;
};

/* Columns link_id, or level and position (of a node), down_s, and up_s, empty for what is not repaired. A
 * part that is out twice at a time is refused. Free it in any case. */
enum dh_err dh_flow_outages_read(struct dh_flow_outages *outages, const struct dh_flow_network *net,
                                 const char *path, struct dh_diag *diag);
void dh_flow_outages_free(struct dh_flow_outages *outages);

#endif
