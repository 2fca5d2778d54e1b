/* Synthetic streams of jobs: arrivals that follow the local clock, sizes by share, run times by law.
 *
 * Arrivals are a Poisson process whose rate follows the local week (models/arrivals.h), or regular: one each
 * time the expected count grows by one, the first at the horizon's start. Run times are cut at the stream's
 * limit; their laws:
 *
 *   lognormal     median, or mean / exp(sigma^2 / 2), and sigma
 *   exponential   mean
 *   constant      mean
 *   erlang2       mean; squared coefficient of variation 1/2
 *   hyper2        mean; two exponentials with balanced means, squared coefficient of variation 4
 *
 * A median given for a law other than lognormal is turned into that law's mean; a size's own median counts
 * before the stream's figures. Arrivals, sizes and run times each draw from their own random stream, keyed by
 * the jobs stream's id: adding or changing another stream leaves these jobs as they are. */
#ifndef DH_MODELS_WORKLOAD_H
#define DH_MODELS_WORKLOAD_H

#include "models/facility.h"
#include "models/job.h"

struct dh_workload_options {
    uint64_t seed;
    int64_t start_unix_s;               /* instant of time 0 */
    dh_time horizon;                    /* arrivals before it */
    double utc_offset_h;                /* local clock of the hourly and weekly shapes */
    const struct dh_facility *facility; /* for streams that train models; else may be NULL */
};

/* Expected number of jobs of one stream within the horizon, its count limit included. */
double dh_workload_expected(const struct dh_jobs_spec *stream, const struct dh_workload_options *options);

/* Appends the jobs of all streams, in order of submission (ties: order of the streams), named ID-1, ID-2, …
 * within each stream. Nothing large is allocated before the expected number is known to fit:
 * DH_ERR_LIMIT_MEMORY above 20 million jobs. DH_ERR_VALUE: shares that do not add up to 1, a list of a wrong
 * length, no median or mean. DH_ERR_MEMORY. */
enum dh_err dh_workload_build(struct dh_job_list *out, const struct dh_workload_spec *workload,
                              const struct dh_workload_options *options, struct dh_diag *diag);

/* Samples a second of so many GPUs at full clock. */
double dh_throughput_per_s(const struct dh_throughput_spec *throughput, int64_t gpus);

#endif
