/* Versions of datasets in a run, and jobs that wait for one. */
#include "models/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double dh_dataset_grown_b(const struct dh_world *w, const struct dh_dataset_run *d) {
    return d->spec->growth_b_per_s * dh_time_to_s(w->des.now);
}

double dh_world_dataset_bytes(const struct dh_world *w, int32_t dataset) {
    const struct dh_dataset_run *d = &w->data->datasets[dataset];
    return d->n_version > 0 ? d->versions[d->n_version - 1].bytes + dh_dataset_grown_b(w, d) : NAN;
}

double dh_world_dataset_age_s(const struct dh_world *w, int32_t dataset) {
    const struct dh_dataset_run *d = &w->data->datasets[dataset];
    return d->n_version == 0 || d->spec->growth_b_per_s > 0
               ? NAN
               : dh_time_to_s(w->des.now - d->versions[d->n_version - 1].due);
}

double dh_world_dataset_mean_age_s(const struct dh_world *w, int32_t dataset) {
    const struct dh_dataset_run *d = &w->data->datasets[dataset];
    struct dh_sum sum = {0};
    if (d->n_version == 0 || d->spec->growth_b_per_s > 0 || w->des.now <= d->versions[0].at)
        return NAN;
    for (int32_t v = 0; v < d->n_version; v++) {
        dh_time to = v + 1 < d->n_version ? d->versions[v + 1].at : w->des.now;
        double from_s = dh_time_to_s(d->versions[v].at - d->versions[v].due),
               to_s = dh_time_to_s(to - d->versions[v].due);
        dh_sum_add(&sum, (to_s - from_s) * (to_s + from_s) / 2);
    }
    return dh_sum_value(&sum) / dh_time_to_s(w->des.now - d->versions[0].at);
}

void dh_world_data_sample(struct dh_world *w) {
    for (int32_t d = 0; d < w->f->n_dataset; d++) {
        w->out.dataset_bytes[d] = w->data ? dh_world_dataset_bytes(w, d) : NAN;
        w->out.dataset_versions[d] = w->data ? w->data->datasets[d].n_version : 0;
        w->out.dataset_age_s[d] = w->data ? dh_world_dataset_age_s(w, d) : NAN;
    }
}

/* Versions beyond those that are kept leave their store. */
static enum dh_err drop_old(struct dh_world *w, struct dh_dataset_run *d) {
    for (; d->spec->keep >= 0 && d->n_version - d->n_dropped > d->spec->keep; d->n_dropped++) {
        struct dh_dataset_version *v = &d->versions[d->n_dropped];
        for (int32_t i = 0; i < v->n_object; i++)
            DH_TRY(dh_world_store_delete(w, v->objects[i]));
        free(v->objects);
        v->objects = NULL;
        v->n_object = 0;
    }
    return DH_OK;
}

enum dh_err dh_dataset_add_version(struct dh_world *w, struct dh_dataset_run *d,
                                   struct dh_dataset_version version) {
    if (d->n_version == d->n_room) {
        int32_t room = d->n_room ? 2 * d->n_room : 8;
        struct dh_dataset_version *grown = realloc(d->versions, (size_t)room * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        d->versions = grown;
        d->n_room = room;
    }
    d->versions[d->n_version++] = version;
    return drop_old(w, d);
}

/* ---- jobs that wait for data
 * -----------------------------------------------------------------------------------
 */

const struct dh_loader_spec *dh_world_loader_of(const struct dh_world *w, int32_t job) {
    int32_t stream = w->jobs.jobs[job].stream - 1;
    return stream >= 0 && w->sc->workloads[0].streams[stream].n_loaders > 0
               ? &w->sc->workloads[0].streams[stream].loaders[0]
               : NULL;
}

int32_t dh_world_dataset(const struct dh_world *w, const char *id) {
    for (int32_t d = 0; d < w->data->n_dataset; d++)
        if (strcmp(w->data->datasets[d].spec->id, id) == 0)
            return d;
    return -1;
}

/* Takes a version for the job, if there is one for it. */
static bool take_version(struct dh_world *w, int32_t job, const struct dh_loader_spec *loader,
                         const struct dh_dataset_run *d) {
    int32_t *read = &w->data->read_version[w->jobs.jobs[job].stream - 1];
    if (d->n_version == 0 || (loader->version == DH_VERSION_NEW && *read >= d->n_version))
        return false;
    *read = d->n_version;
    return true;
}

bool dh_world_data_holds(struct dh_world *w, int32_t job) {
    const struct dh_loader_spec *loader = w->data ? dh_world_loader_of(w, job) : NULL;
    int32_t row = loader ? dh_world_dataset(w, loader->dataset) : -1;
    if (row < 0)
        return false;
    struct dh_dataset_run *d = &w->data->datasets[row];
    int32_t *before = &w->data->n_waiting[w->jobs.jobs[job].stream - 1]; /* of its stream: they go first */
    if (*before == 0 && take_version(w, job, loader, d))
        return false;
    (*before)++;
    w->data->next_waiting[job] = -1;
    if (d->last_waiting >= 0)
        w->data->next_waiting[d->last_waiting] = job;
    else
        d->first_waiting = job;
    d->last_waiting = job;
    w->data->held[job] = -1;
    w->data->n_held++;
    return true;
}

/* Those for whom there is a version now are submitted, in order. */
enum dh_err dh_dataset_submit_waiting(struct dh_world *w, struct dh_dataset_run *d) {
    int32_t job = d->first_waiting;
    d->first_waiting = d->last_waiting = -1;
    while (job >= 0) {
        int32_t next = w->data->next_waiting[job];
        if (take_version(w, job, dh_world_loader_of(w, job), d)) {
            w->data->held[job] = w->des.now - w->jobs.jobs[job].submit;
            w->data->n_held--;
            w->data->n_waiting[w->jobs.jobs[job].stream - 1]--;
            DH_TRY(dh_scheduler_submit(&w->scheduler, job, w->des.now));
            DH_TRY(dh_world_plan_pass(w));
        } else {
            w->data->next_waiting[job] = -1;
            if (d->last_waiting >= 0)
                w->data->next_waiting[d->last_waiting] = job;
            else
                d->first_waiting = job;
            d->last_waiting = job;
        }
        job = next;
    }
    return DH_OK;
}
