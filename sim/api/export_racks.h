/* What an export says of racks beyond their series. Private to sim/api. */
#ifndef DH_SIM_API_EXPORT_RACKS_H
#define DH_SIM_API_EXPORT_RACKS_H

#include "output/export_prometheus.h"
#include "sim/arena.h"

/* GPUs, device and highest clock of each of /racks/rack, by the scenario that the result holds; NULL where it
 * has no racks with a name and a device. In mem. DH_ERR_RESULT, DH_ERR_MEMORY. */
enum dh_err dh_export_racks(struct dh_result *result, struct dh_arena *mem,
                            const struct dh_export_rack **racks, struct dh_diag *diag);

#endif
