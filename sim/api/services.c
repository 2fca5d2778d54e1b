/* Services of a scenario before its run: their logs of requests, and whether what they serve fits. */
#include "models/service.h"
#include "scenarios/requestlog.h"
#include "sim/api/demand.h"
#include "sim/api/internal.h"

#include <stdlib.h>

static enum dh_err gather(struct dh_sim *sim, int32_t v, struct dh_diag *diag) {
    const struct dh_service_spec *spec = sim->facility.service_spec[v];
    struct dh_service_model *model;
    if (spec->requests) {
        DH_TRY(dh_requestlog_read(&sim->requests[v], spec->requests, diag));
        DH_TRY(dh_demand_of_requests(&sim->requests[v], spec->id, sim->file.spec.workloads[0].demand,
                                     sim->file.spec.seed, diag));
    }
    if (!spec->model)
        return DH_OK;
    if (!(model = malloc(sizeof *model)))
        return dh_fail(diag, DH_ERR_MEMORY, spec->place, "out of memory");
    enum dh_err err = dh_service_model_of(model, &sim->facility, spec, diag);
    free(model);
    return err;
}

/* Scheduling places jobs on any GPUs, and a model's speed is that of one device. */
static void warn_of_other_devices(const struct dh_sim *sim, struct dh_diag *diag) {
    const struct dh_facility *f = &sim->facility;
    const struct dh_device_spec *main = dh_facility_main_device(f), *other = NULL;
    const struct dh_workload_spec *work = &sim->file.spec.workloads[0];
    for (int32_t d = 0; d < f->n_device && !other; d++)
        if (f->device_spec[d] != main && dh_facility_node_gpus(f, f->device_spec[d]) > 0)
            other = f->device_spec[d];
    for (int32_t v = 0; other && v < f->n_service; v++)
        if (f->service_spec[v]->model)
            dh_warn(diag, DH_ERR_W_VALUE, f->service_spec[v]->place,
                    "service %s: its replicas may run on %s and %s, and are as fast on both",
                    f->service_spec[v]->id, main->id, other->id);
    for (int32_t j = 0; other && j < work->n_streams; j++)
        if (work->streams[j].n_trainings > 0)
            dh_warn(diag, DH_ERR_W_VALUE, work->streams[j].place,
                    "jobs %s: they may train on %s and %s, and are as fast on both", work->streams[j].id,
                    main->id, other->id);
}

enum dh_err dh_gather_services(struct dh_sim *sim, struct dh_diag *diag) {
    if (sim->file.spec.n_workloads > 0)
        warn_of_other_devices(sim, diag);
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
