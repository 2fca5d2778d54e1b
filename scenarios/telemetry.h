/* What monitoring recorded of GPUs: samples of power, activity, temperature and energy by host and GPU. */
#ifndef DH_SCENARIOS_TELEMETRY_H
#define DH_SCENARIOS_TELEMETRY_H

#include "sim/arena.h"
#include "sim/diag.h"

#include <stdint.h>

enum dh_telemetry {
    DH_TELEMETRY_POWER,  /* W */
    DH_TELEMETRY_ENERGY, /* J; counts up, and from 0 again after a restart */
    DH_TELEMETRY_ACTIVE, /* 0-1: share of the time in which something ran */
    DH_TELEMETRY_TENSOR, /* 0-1: tensor cores */
    DH_TELEMETRY_DRAM,   /* 0-1: memory */
    DH_TELEMETRY_TEMP,   /* degC */
    DH_TELEMETRY_CLOCK,  /* Hz */
    DH_N_TELEMETRY
};

struct dh_telemetry_sample {
    int64_t unix_ns;
    double value;
};

/* Samples of one quantity of one GPU, ascending in time. */
struct dh_telemetry_series {
    const char *host, *gpu; /* escaped for files and terminals */
    enum dh_telemetry what;
    struct dh_telemetry_sample *samples;
    int32_t n;
    int32_t room, line; /* private; where the series began */
};

/* In order of host, GPU (as people count) and quantity. */
struct dh_telemetry_set {
    struct dh_telemetry_series *series;
    int32_t n, room;
    int64_t n_sample;
    int64_t n_missing;     /* samples that say NaN, or nothing */
    int64_t n_other;       /* samples of other metrics, left out */
    int64_t n_duplicate;   /* of an instant that was there: the first counts */
    struct dh_arena names; /* private */
    /* private: the series that a host, GPU and quantity have */
    int32_t *slots;
    size_t n_slot;
};

/* Reads one of three forms, told apart by how the file begins:
 *   JSON of a Prometheus query (query_range, or query for one instant): metrics as dcgm-exporter calls them
 *     (DCGM_FI_DEV_POWER_USAGE, …_TOTAL_ENERGY_CONSUMPTION in mJ, …_GPU_UTIL, …_GPU_TEMP, …_SM_CLOCK,
 *     DCGM_FI_PROF_GR_ENGINE_ACTIVE, …_PIPE_TENSOR_ACTIVE, …_DRAM_ACTIVE), labels Hostname (or instance,
 * host, node) and gpu (or UUID, device) CSV of Grafana, "series to columns": Time, then a column a series,
 * named METRIC{Hostname="n1", gpu="0"} CSV with time, host, gpu, metric, value Times are instants (UTC), or
 * seconds or milliseconds since 1970. At most 20 million samples, 200,000 series. DH_ERR_DATA, DH_ERR_NUMBER,
 * DH_ERR_RANGE, DH_ERR_MISSING with line and column; those of scenarios/lines.h. */
enum dh_err dh_telemetry_read(struct dh_telemetry_set *out, const char *path, struct dh_diag *diag);
void dh_telemetry_free(struct dh_telemetry_set *set);

#endif
