/* Inference services in a run: what world_service.c (control) shares with the two forms of serving. Private
 * to models/. */
#ifndef DH_MODELS_WORLD_SERVICE_H
#define DH_MODELS_WORLD_SERVICE_H

#include "models/requests.h"
#include "models/service.h"
#include "models/serving_engine.h"
#include "models/world.h"
#include "sim/histogram.h"

/* What a service did since it was last looked at. */
struct dh_service_look {
    double arriving;         /* requests a second, expected or seen of late: what the autoscaler goes by */
    double came, served;     /* requests that arrived, and were answered */
    double tokens;           /* written */
    double utilization;      /* of the running replicas' capacity */
    double ttft_s;           /* mean to the first token; NAN: none came */
    double prompts, answers; /* shares of a replica's time, 0-1: what its GPUs draw follows from them, or */
    bool modelled;           /* from these, of a device on average: */
    double flops_per_s, bytes_per_s, link_bytes_per_s, running, tokens_per_s; /* the last two of a replica */
};

/* Pace of a replica against full clock, of reading prompts and of a whole request: its slowest GPU's. */
struct dh_service_pace {
    double prefill, request;
};
struct dh_service_pace dh_service_pace_of(const struct dh_world *w, const struct dh_service_run *run,
                                          int32_t job);
/* world_service_fluid.c: the last dt_s by the rates of its replicas. */
void dh_service_fluid(struct dh_world *w, int32_t service, double dt_s, struct dh_service_look *look);

/* world_service_requests.c: the same, request by request. */
enum dh_err dh_service_requests_new(struct dh_world *w, int32_t service, struct dh_diag *diag);
void dh_service_requests_free(struct dh_service_requests *requests);
enum dh_err dh_service_requests_run(struct dh_world *w, int32_t service, double dt_s,
                                    struct dh_service_look *look);
/* A replica got its GPUs, or is about to lose them: what it had in hand goes to others. */
enum dh_err dh_service_replica_came(struct dh_world *w, int32_t service, int32_t replica);
enum dh_err dh_service_replica_left(struct dh_world *w, int32_t service, int32_t replica);
/* No new requests for it, or again some; whether it has any. */
void dh_service_drain(struct dh_service_requests *requests, int32_t replica, bool drain);
bool dh_service_is_draining(const struct dh_service_requests *requests, int32_t replica);
double dh_service_unanswered(const struct dh_service_requests *requests); /* inside or in front */
bool dh_service_is_empty(const struct dh_service_requests *requests, int32_t replica);

#endif
