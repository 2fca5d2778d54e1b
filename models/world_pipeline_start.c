/* Pipelines before a run: rows of their stages, the jobs of those that need GPUs, the first runs. */
#include "models/world.h"
#include "sim/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_workload_spec *work_of(const struct dh_world *w) {
    return w->sc->n_workloads > 0 ? &w->sc->workloads[0] : NULL;
}

static enum dh_err add_job(struct dh_world *w, int32_t row) {
    struct dh_stage_run *at = &w->data->stages[row];
    const struct dh_pipeline_run *p = &w->data->pipelines[at->pipeline];
    const struct dh_pipeline_stage_spec *spec = &p->spec->stages[at->stage];
    at->job = -1;
    if (spec->gpus < 1)
        return DH_OK;
    struct dh_job job = {.submit = DH_TIME_MAX,
                         .requested = DH_TIME_NONE,
                         .replay_start = DH_TIME_NONE,
                         .gpus = (int32_t)spec->gpus,
                         .gpu_util = spec->gpu_util,
                         .cpu_util = spec->cpu_util,
                         .tenant = -1,
                         .service = -1,
                         .pipeline = at->pipeline + 1,
                         .priority = (int16_t)spec->priority,
                         .work_kind = (uint8_t)spec->work};
    char id[600];
    int length = p->n_slot > 1
                     ? snprintf(id, sizeof id, "%.255s/%.255s/%d", p->spec->id, spec->id, at->slot + 1)
                     : snprintf(id, sizeof id, "%.255s/%.255s", p->spec->id, spec->id);
    at->job = w->jobs.n_job;
    w->data->job_stage[w->data->n_job++] = row;
    w->n_replica_jobs++;
    return dh_job_list_add(&w->jobs, &job, id, (size_t)length);
}

#define ALLOCATE(target, count)                                                                              \
    do {                                                                                                     \
        (target) = dh_arena_array(&w->mem, (size_t)(count), sizeof *(target));                               \
        if (!(target))                                                                                       \
            return DH_ERR_MEMORY;                                                                            \
    } while (0)

static enum dh_err set_after(struct dh_world *w, struct dh_pipeline_run *p) {
    const char *word = p->spec->after;
    size_t n = 0;
    ALLOCATE(p->after, w->data->n_dataset + w->data->n_pipeline);
    ALLOCATE(p->came, w->data->n_dataset + w->data->n_pipeline);
    for (word = word ? word + strspn(word, " ") : ""; (n = strcspn(word, " ")) > 0;
         word += n + strspn(word + n, " "))
        for (int32_t i = 0; i < w->data->n_dataset + w->data->n_pipeline; i++) {
            const char *id = i < w->data->n_dataset ? w->data->datasets[i].spec->id
                                                    : w->data->pipelines[i - w->data->n_dataset].spec->id;
            if (strlen(id) == n && memcmp(id, word, n) == 0) {
                p->after[p->n_after++] = i;
                break; /* a dataset goes before a pipeline of the same name */
            }
        }
    return DH_OK;
}

/* Rows for the transfers of a stage: of each dataset that lies in a store, its results last. */
static void add_parts(struct dh_world *w, int32_t row, int32_t *n_part) {
    struct dh_stage_run *at = &w->data->stages[row];
    const struct dh_pipeline_graph *g = &w->data->pipelines[at->pipeline].graph;
    at->first_part = *n_part;
    for (int32_t r = g->first_read[at->stage]; r <= g->first_read[at->stage + 1]; r++) {
        bool writes = r == g->first_read[at->stage + 1];
        int32_t d = writes ? g->writes[at->stage] : g->reads[r];
        if (d >= 0 && w->data->datasets[d].store >= 0)
            w->data->parts[(*n_part)++] =
                (struct dh_stage_part){.stage = row, .read = writes ? -1 : r, .transfer = DH_TRANSFER_NONE};
    }
    at->n_part = *n_part - at->first_part;
}

/* Transfers that all runs which may be under way have at most: a read for each word, and a write. */
static int32_t most_parts(const struct dh_pipeline_spec *spec) {
    int32_t n = spec->n_stages;
    for (int32_t s = 0; s < spec->n_stages; s++)
        for (const char *at = spec->stages[s].reads; *at; at++)
            n += *at != ' ' && (at[1] == ' ' || at[1] == '\0');
    return n * (int32_t)spec->at_once;
}

static enum dh_err set_pipeline(struct dh_world *w, int32_t row, int32_t *n_part) {
    const struct dh_workload_spec *work = work_of(w);
    struct dh_pipeline_run *p = &w->data->pipelines[row];
    struct dh_pipeline_fault fault;
    if (!dh_pipeline_graph_of(&p->graph, p->spec, work,
                              &fault)) /* which reading the scenario has ruled out */
        return DH_ERR_CYCLE;
    p->rng = dh_rng_stream((uint64_t)w->sc->seed, DH_RNG_PIPELINE, dh_rng_entity(p->spec->id));
    p->n_slot = (int32_t)p->spec->at_once;
    ALLOCATE(p->slots, p->n_slot);
    ALLOCATE(p->totals, p->graph.n);
    ALLOCATE(p->taken_b, DH_PIPELINE_READS);
    p->first_stage = w->data->n_stage;
    for (int32_t slot = 0; slot < p->n_slot; slot++)
        for (int32_t s = 0; s < p->graph.n; s++) {
            int32_t stage = w->data->n_stage++;
            w->data->stages[stage] = (struct dh_stage_run){.pipeline = row, .slot = slot, .stage = s};
            add_parts(w, stage, n_part);
            DH_TRY(add_job(w, stage));
        }
    return set_after(w, p);
}

enum dh_err dh_world_data_init(struct dh_world *w) {
    const struct dh_workload_spec *work = work_of(w);
    if (!work || work->n_datasets == 0)
        return DH_OK;
    ALLOCATE(w->data, 1);
    struct dh_data_run *data = w->data;
    int32_t n_stage = 0, n_part = 0, n_all_part = 0, n_own = dh_world_n_own(w);
    data->n_dataset = work->n_datasets;
    data->n_pipeline = work->n_pipelines;
    ALLOCATE(data->datasets, data->n_dataset);
    ALLOCATE(data->pipelines, data->n_pipeline);
    ALLOCATE(data->read_version, work->n_streams);
    ALLOCATE(data->n_waiting, work->n_streams);
    ALLOCATE(data->next_waiting, n_own);
    ALLOCATE(data->held, n_own);
    for (int32_t d = 0; d < data->n_dataset; d++) {
        struct dh_dataset_run *set = &data->datasets[d];
        *set = (struct dh_dataset_run){
            .spec = &work->datasets[d], .first_waiting = -1, .last_waiting = -1, .store = -1};
        if (set->spec->store)
            set->store = dh_storage_find(&w->f->storage, set->spec->store);
        if (isnan(set->spec->size_b) && !(set->spec->growth_b_per_s > 0))
            continue;
        set->came_b = isnan(set->spec->size_b) ? 0 : set->spec->size_b;
        DH_TRY(dh_dataset_add_version(w, set, (struct dh_dataset_version){.bytes = set->came_b}));
    }
    for (int32_t p = 0; p < data->n_pipeline; p++) {
        data->pipelines[p].spec = &work->pipelines[p];
        n_stage += work->pipelines[p].n_stages * (int32_t)work->pipelines[p].at_once;
        n_all_part += most_parts(&work->pipelines[p]);
    }
    ALLOCATE(data->stages, n_stage);
    ALLOCATE(data->job_stage, n_stage);
    ALLOCATE(data->parts, n_all_part);
    data->first_job = w->jobs.n_job;
    for (int32_t p = 0; p < data->n_pipeline; p++)
        DH_TRY(set_pipeline(w, p, &n_part));
    return DH_OK;
}

enum dh_err dh_world_data_start(struct dh_world *w) {
    for (int32_t p = 0; w->data && p < w->data->n_pipeline; p++) {
        const struct dh_pipeline_spec *spec = w->data->pipelines[p].spec;
        bool scheduled = !isnan(spec->first_s) || !isnan(spec->every_s) || !spec->after;
        if (scheduled && spec->count != 0)
            DH_TRY(dh_world_plan_run(w, p, isnan(spec->first_s) ? 0 : spec->first_s));
    }
    return DH_OK;
}

static void free_versions(struct dh_dataset_run *d) {
    for (int32_t v = 0; v < d->n_version; v++)
        free(d->versions[v].objects);
    free(d->versions);
}

void dh_world_data_free(struct dh_world *w) {
    struct dh_data_run *data = w->data;
    for (int32_t d = 0; data && data->datasets && d < data->n_dataset; d++)
        free_versions(&data->datasets[d]);
    for (int32_t p = 0; data && data->pipelines && p < data->n_pipeline; p++)
        free(data->pipelines[p].owed);
    for (int32_t s = 0; data && data->stages && s < data->n_stage; s++)
        free(data->stages[s].objects);
    if (data)
        free(data->records);
    w->data = NULL;
}
