/* Requests of an inference service, one by one: from a log, or drawn. Arrivals follow the local week
 * (models/arrivals.h). Prompts and answers are lognormal about the service's means, as logs of production
 * services nearly are (P. Patel et al., Splitwise, ISCA 2024, figure 3: long right tails), cut to one token
 * at least and to the service's context at most; arrivals and lengths have random streams of their own. */
#ifndef DH_MODELS_REQUESTS_H
#define DH_MODELS_REQUESTS_H

#include "models/arrivals.h"
#include "sim/rng.h"

struct dh_request {
    dh_time at;
    int32_t prompt, output; /* tokens, at least 1 */
};

/* In the order of their arrival. {0} is empty. */
struct dh_request_list {
    struct dh_request *rows;
    int32_t n, room;
};
/* DH_ERR_MEMORY, DH_ERR_LIMIT_MEMORY beyond a hundred million. */
enum dh_err dh_request_list_add(struct dh_request_list *list, const struct dh_request *request);
void dh_request_list_free(struct dh_request_list *list);

struct dh_request_source {
    const struct dh_service_spec *service;
    const struct dh_request_list *log; /* NULL: drawn */
    int32_t at;                        /* of the log */
    struct dh_arrivals arrivals;
    double target;
    struct dh_rng when, lengths;
};

/* Borrows both; log may be NULL. DH_ERR_VALUE as dh_arrivals_start. */
enum dh_err dh_request_source_start(struct dh_request_source *source, const struct dh_service_spec *service,
                                    const struct dh_request_list *log, uint64_t seed, int64_t start_unix_s,
                                    double utc_offset_h, dh_time horizon, struct dh_diag *diag);
/* The next one before the horizon; false: there is none. Requests logged before time 0 are left out. */
bool dh_request_next(struct dh_request_source *source, struct dh_request *request);

#endif
