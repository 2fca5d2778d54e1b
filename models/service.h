/* What one replica of a service can do and how fast it answers, from model, engine and device
 * (models/serving.h): the fluid form of a service, and what its request form is built from.
 *
 * A replica that gets lambda requests a second holds C of them, C / T(C) = lambda with T the time of a cycle
 * (models/serving_curve.h). Arrivals are Poisson, so that of the time a share rho = lambda P goes to prompts
 * and a prompt waits for those in front of it as in M/G/1 (Pollaczek and Khinchine; L. Kleinrock, Queueing
 * Systems I, 1975, eq. 5.69):
 *
 *   TPOT = D / (1 - rho)
 *   TTFT = first + (1 - busy) P' + busy (3/2 D + P) + rho P (1 + c^2) / (2 (1 - rho))
 *
 * D an iteration of C answers, P what a prompt adds to them, P' the iteration of a prompt alone; busy the
 * probability that the replica is at work, 1 - exp(-C), when a prompt waits for half an iteration on average
 * and is read beside the next; c^2 = exp(sigma^2) - 1 of the prompts' lengths, at most what the context
 * leaves: 1 + c^2 <= context / mean. */
#ifndef DH_MODELS_SERVICE_H
#define DH_MODELS_SERVICE_H

#include "models/facility.h"
#include "models/serving_curve.h"

enum { DH_SERVICE_POINTS = 40 };

/* Of a replica at one number of requests inside. */
struct dh_service_point {
    double clients, per_s;
    double answers_s, prompt_s;                        /* D, P */
    double flops_per_s, bytes_per_s, link_bytes_per_s; /* of a device */
};

struct dh_service_model {
    struct dh_serving serving;
    const struct dh_service_spec *spec;
    double alone_s;        /* a prompt read while nothing else runs, without `first` */
    double capacity_per_s; /* most requests a second that keep the objective for tokens; 0: none fits */
    int32_t n;
    struct dh_service_point points[DH_SERVICE_POINTS]; /* per_s rises */
};

/* How a replica fares. */
struct dh_service_state {
    double clients, ttft_s, tpot_s;
    double wait_s;                                     /* for prompts in front: a part of ttft_s */
    double prompt_share;                               /* rho */
    double flops_per_s, bytes_per_s, link_bytes_per_s; /* of a device */
};

/* spec->model is not NULL. DH_ERR_VALUE with the reason: GPUs that the plan does not divide, weights or one
 * request that do not fit the memory (with the bytes), a device without constants; DH_ERR_DANGLING_REF: no
 * such engine in the scenario. */
enum dh_err dh_service_model_of(struct dh_service_model *m, const struct dh_facility *f,
                                const struct dh_service_spec *spec, struct dh_diag *diag);

/* At so many requests a second, 0 to capacity. */
void dh_service_model_at(const struct dh_service_model *m, double per_s, struct dh_service_state *state);

/* The kernels of a replica's device in a second at that rate: iterations of the mean number of requests at
 * their mean context, and prompts of the mean length. */
void dh_service_model_kernels(const struct dh_service_model *m, double per_s, struct dh_kernel_use *use);

#endif
