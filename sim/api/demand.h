/* A workload at another demand: <workload demand="1.2">. */
#ifndef DH_API_DEMAND_H
#define DH_API_DEMAND_H

#include "models/job.h"
#include "models/requests.h"
#include "sim/diag.h"

struct dh_sim;

/* Multiplies the rates of streams and services. DH_ERR_VALUE: a replay. */
enum dh_err dh_demand_of_rates(struct dh_sim *sim, struct dh_diag *diag);

/* Jobs, requests of a log: each comes floor(demand) times, and once more by chance, at its own instant. Each
 * has its random number by its name or place, the same at any demand, so that what comes at a smaller demand
 * comes at a larger one too. Further ones of job "a" are called "a#2", … DH_ERR_MEMORY, DH_ERR_LIMIT_MEMORY.
 */
enum dh_err dh_demand_of_jobs(struct dh_job_list *list, double demand, int64_t seed, struct dh_diag *diag);
enum dh_err dh_demand_of_requests(struct dh_request_list *list, const char *service, double demand,
                                  int64_t seed, struct dh_diag *diag);

#endif
