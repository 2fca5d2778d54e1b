/* What a job that runs puts on the links of a network, where it was placed. One flow for each kind of
 * collective of its step (models/training_traffic.h): all its messages move at one rate, and each link has a
 * share of it. */
#ifndef DH_MODELS_JOB_TRAFFIC_H
#define DH_MODELS_JOB_TRAFFIC_H

#include "models/network.h"
#include "models/training_traffic.h"

/* Where the ranks of a job are. */
struct dh_job_ranks {
    int32_t n;
    const int32_t *host;   /* adapter of each; -1: its node is on no fabric */
    const int32_t *domain; /* 0 to n_domain - 1: ranks of one domain do not use the network */
    int32_t n_domain;
};

struct dh_job_traffic {
    struct dh_contention_phase
        phases[DH_TRAINING_PHASES]; /* of a step; without traffic between domains none */
    int32_t n_phase;
    double step_s; /* the phases at full speed */
    /* All links of all phases, each once, with the most that any phase puts on it: bytes/s. */
    int32_t *links;
    double *most;
    int32_t n_link;
    /* Bytes of a step that leave adapters for other domains (DH_LINK_HOST), and of those the ones that pass
     * links of the other classes. */
    double bytes[DH_N_LINK_CLASS];
};

/* A training job. Bytes between ranks that nothing joins are left out.
 *
 * The rates at which collectives were measured include what the routing of a fabric without oversubscription
 * costs them. So a phase that would by up to 1/0.95 exceed the capacity of a link with all in service
 * (models/network.h, adaptive) fills just that. And one that by the seconds of its closed form, which were
 * fitted on whole steps, would send more than its adapters can, fills just them. DH_ERR_MEMORY. Free it in
 * any case. */
enum dh_err dh_job_traffic_training(struct dh_job_traffic *out, struct dh_network *network,
                                    const struct dh_training_traffic *step, const struct dh_job_ranks *ranks);

/* Of other work is known that it communicates for a share of its time, and how fast: bytes/s that each rank
 * sends to the same rank of the next domain, all around, for `share` of each period. */
enum dh_err dh_job_traffic_plain(struct dh_job_traffic *out, struct dh_network *network, double share,
                                 double bytes_per_s, double period_s, const struct dh_job_ranks *ranks);

void dh_job_traffic_free(struct dh_job_traffic *traffic);

#endif
