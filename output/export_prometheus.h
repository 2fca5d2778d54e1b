/* The series of a result as OpenMetrics text, for what operators already chart with. */
#ifndef DH_OUTPUT_EXPORT_PROMETHEUS_H
#define DH_OUTPUT_EXPORT_PROMETHEUS_H

#include "output/result_read.h"

#include <stdio.h>

/* What the series do not say of a rack; in the order of /racks/rack. */
struct dh_export_rack {
    const char *device; /* title of its accelerators; "" */
    int32_t gpus;       /* 0: none, or not known */
    double clock_mhz;   /* highest clock of one; NAN: not known */
};

struct dh_export_moment {
    double start_unix_s; /* of the series' times */
    double at_s;         /* the last values up to this time after the start; NAN: all of them */
};

/* Every series as a gauge: datahall_ and the name that `info` lists, with the base unit spelled out as
 * OpenMetrics wants it (facility_power_w: datahall_facility_power_watts), one label for the row's name, racks
 * with their hall. Besides, for racks whose GPUs are known, the names that dcgm-exporter gives, with labels
 * Hostname and instance (the rack) and gpu="0", which stands for all of its GPUs: DCGM_FI_DEV_GPU_TEMP
 * junction of the hottest one DCGM_FI_DEV_SM_CLOCK     MHz DCGM_FI_DEV_GPU_UTIL     percent of them that jobs
 * hold DCGM_FI_DEV_POWER_USAGE  the rack's power at its feed over its GPUs: boards with their share of hosts,
 * fans and supplies, as series of boards alone are not recorded Values that are NAN are left out. racks: as
 * many as /racks/rack has rows, or NULL. DH_ERR_USAGE for an at_s outside the series, DH_ERR_RESULT,
 * DH_ERR_MEMORY, DH_ERR_IO. */
enum dh_err dh_export_prometheus(struct dh_result *result, const struct dh_export_rack *racks,
                                 const struct dh_export_moment *moment, FILE *out, struct dh_diag *diag);

#endif
