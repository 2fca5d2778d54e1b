#include "sim/api/demand.h"

#include "sim/api/internal.h"
#include "sim/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum dh_err dh_demand_of_rates(struct dh_sim *sim, struct dh_diag *diag) {
    struct dh_scenario *sc = &sim->file.spec;
    double demand = sc->n_workloads > 0 ? sc->workloads[0].demand : 1;
    if (demand == 1)
        return DH_OK;
    if (sc->n_schedulers > 0 && sc->schedulers[0].policy == DH_POLICY_REPLAY && sc->workloads[0].n_logs > 0) {
        dh_fail(diag, DH_ERR_VALUE, sc->workloads[0].place,
                "a log that is replayed has no other demand: its jobs start where they did");
        dh_diag_hint(diag, "leave demand out, or let another policy schedule them");
        return DH_ERR_VALUE;
    }
    for (int32_t i = 0; i < sc->workloads[0].n_streams; i++)
        ((struct dh_jobs_spec *)sc->workloads[0].streams)[i].per_s *= demand;
    for (int32_t i = 0; i < sc->workloads[0].n_services; i++)
        ((struct dh_service_spec *)sc->workloads[0].services)[i].per_s *= demand;
    return DH_OK;
}

/* How often it comes. */
static int32_t times(double demand, int64_t seed, uint64_t entity) {
    struct dh_rng rng = dh_rng_stream((uint64_t)seed, DH_RNG_DEMAND, entity);
    return (int32_t)(floor(demand) + (dh_rng_uniform(&rng) < demand - floor(demand) ? 1 : 0));
}

enum dh_err dh_demand_of_jobs(struct dh_job_list *list, double demand, int64_t seed, struct dh_diag *diag) {
    if (demand == 1 || list->n_job == 0)
        return DH_OK;
    int32_t n = list->n_job, kept = 0;
    for (int32_t i = 0; i < n; i++) { /* copies go behind all others: ties of submit keep their order */
        int32_t comes = times(demand, seed, dh_rng_entity(dh_job_id(list, i)));
        struct dh_job job = list->jobs[i];
        for (int32_t k = 2; k <= comes; k++) {
            char id[300];
            int length = snprintf(id, sizeof id, "%.256s#%d", dh_job_id(list, i), (int)k);
            enum dh_err err = dh_job_list_add(list, &job, id, (size_t)length);
            if (err != DH_OK)
                return dh_fail(diag, err, nowhere, "no memory for the jobs at demand %g", demand);
        }
        if (comes > 0)
            list->jobs[kept++] = job;
    }
    memmove(list->jobs + kept, list->jobs + n, (size_t)(list->n_job - n) * sizeof *list->jobs);
    list->n_job -= n - kept;
    return DH_OK;
}

enum dh_err dh_demand_of_requests(struct dh_request_list *list, const char *service, double demand,
                                  int64_t seed, struct dh_diag *diag) {
    struct dh_request_list out = {0};
    enum dh_err err = DH_OK;
    if (demand == 1)
        return DH_OK;
    for (int32_t i = 0; i < list->n && err == DH_OK; i++)
        for (int32_t k = times(demand, seed, dh_rng_entity(service) + (uint64_t)i); k > 0 && err == DH_OK;
             k--)
            err = dh_request_list_add(&out, &list->rows[i]);
    if (err != DH_OK) {
        dh_request_list_free(&out);
        return dh_fail(diag, err, nowhere, "no memory for the requests at demand %g", demand);
    }
    dh_request_list_free(list);
    *list = out;
    return DH_OK;
}
