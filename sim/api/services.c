/* Services of a scenario before its run: their logs of requests, and whether what they serve fits. */
#include "models/service.h"
#include "scenarios/requestlog.h"
#include "sim/api/internal.h"

#include <stdlib.h>

static enum dh_err gather(struct dh_sim *sim, int32_t v, struct dh_diag *diag) {
    const struct dh_service_spec *spec = sim->facility.service_spec[v];
    struct dh_service_model *model;
    if (spec->requests)
        DH_TRY(dh_requestlog_read(&sim->requests[v], spec->requests, diag));
    if (!spec->model)
        return DH_OK;
    if (!(model = malloc(sizeof *model)))
        return dh_fail(diag, DH_ERR_MEMORY, spec->place, "out of memory");
    enum dh_err err = dh_service_model_of(model, &sim->facility, spec, diag);
    free(model);
    return err;
}

enum dh_err dh_gather_services(struct dh_sim *sim, struct dh_diag *diag) {
    int32_t n = sim->facility.n_service;
    if (n == 0)
        return DH_OK;
    sim->requests = calloc((size_t)n, sizeof *sim->requests);
    if (!sim->requests)
        return dh_fail(diag, DH_ERR_MEMORY, sim->file.spec.workloads[0].place, "out of memory");
    for (int32_t v = 0; v < n; v++)
        DH_TRY(gather(sim, v, diag));
    return DH_OK;
}

void dh_free_services(struct dh_sim *sim) {
    for (int32_t v = 0; sim->requests && v < sim->facility.n_service; v++)
        dh_request_list_free(&sim->requests[v]);
    free(sim->requests);
    sim->requests = NULL;
}
