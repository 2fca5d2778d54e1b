/* What the links of fabrics join, and how full they are for each rack: for pictures of networks, and the
 * overlay of the floor. Made from the facility when it is first asked for; belongs to its source. */
#ifndef DH_VIZ_FABRIC_MAP_H
#define DH_VIZ_FABRIC_MAP_H

#include "models/network.h"
#include "viz/source.h"

/* The network with nothing out of service. NULL: no fabric, or no memory. */
const struct dh_network *dh_source_network(struct dh_source *source);
/* Load of the fullest of the links that the leaves of a rack have to the rest of their fabric, at the instant
 * of the last seek, as a share of 1; of a rack of switches that of their class. NAN: not known, or there are
 * none. */
double dh_source_rack_load(struct dh_source *source, int32_t rack);

struct dh_fabric_map;
void dh_fabric_map_free(struct dh_fabric_map *map);

#endif
