#include "models/requests.h"
#include "sim/math.h"

#include <stdlib.h>

enum { MAX_REQUESTS = 100000000 };

enum dh_err dh_request_list_add(struct dh_request_list *list, const struct dh_request *request) {
    if (list->n >= MAX_REQUESTS)
        return DH_ERR_LIMIT_MEMORY;
    if (list->n == list->room) {
        int32_t room = list->room ? 2 * list->room : 1024;
        struct dh_request *grown = realloc(list->rows, (size_t)room * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        list->rows = grown;
        list->room = room;
    }
    list->rows[list->n++] = *request;
    return DH_OK;
}

void dh_request_list_free(struct dh_request_list *list) {
    free(list->rows);
    *list = (struct dh_request_list){0};
}

enum dh_err dh_request_source_start(struct dh_request_source *source, const struct dh_service_spec *service,
                                    const struct dh_request_list *log, uint64_t seed, int64_t start_unix_s,
                                    double utc_offset_h, dh_time horizon, struct dh_diag *diag) {
    struct dh_arrivals_of of = {"service",       service->id,     service->place,    service->per_s,
                                service->hourly, service->weekly, service->n_hourly, service->n_weekly};
    uint64_t entity = dh_rng_entity(service->id);
    *source = (struct dh_request_source){
        .service = service,
        .log = log,
        .when = dh_rng_stream(seed, DH_RNG_SERVICE, entity),
        .lengths = dh_rng_stream(seed, DH_RNG_REQUEST, entity),
    };
    DH_TRY(dh_arrivals_start(&source->arrivals, &of, start_unix_s, utc_offset_h, horizon, diag));
    source->target = dh_rng_exponential(&source->when, 1);
    return DH_OK;
}

/* Lognormal with this mean; sigma of the logarithm. */
static int32_t draw_tokens(struct dh_rng *rng, double mean, double sigma, double most) {
    if (!(mean > 0))
        return 1;
    double tokens = rint(dh_rng_lognormal(rng, dh_log(mean) - sigma * sigma / 2, sigma));
    return tokens < 1 ? 1 : tokens < most ? (int32_t)tokens : (int32_t)most;
}

static bool next_of_log(struct dh_request_source *source, struct dh_request *request) {
    const struct dh_request_list *log = source->log;
    while (source->at < log->n && log->rows[source->at].at < 0)
        source->at++;
    if (source->at >= log->n || log->rows[source->at].at >= source->arrivals.horizon)
        return false;
    *request = log->rows[source->at++];
    return true;
}

bool dh_request_next(struct dh_request_source *source, struct dh_request *request) {
    const struct dh_service_spec *service = source->service;
    if (source->log)
        return next_of_log(source, request);
    if (!dh_arrivals_reach(&source->arrivals, source->target))
        return false;
    source->target += dh_rng_exponential(&source->when, 1);
    double most = (double)service->context;
    *request = (struct dh_request){.at = source->arrivals.at};
    request->prompt = draw_tokens(&source->lengths, service->prompt_tokens, service->prompt_sigma, most - 1);
    request->output =
        draw_tokens(&source->lengths, service->output_tokens, service->output_sigma, most - request->prompt);
    return true;
}
