/* Datasets, pipelines and what waited for them. */
#include "sim/api/summarize.h"

#include <math.h>

double dh_pipelines_usd(const struct dh_world *w) {
    double usd = 0;
    bool priced = false;
    for (int32_t p = 0; w->data && p < w->data->n_pipeline; p++)
        for (int32_t s = 0; s < w->data->pipelines[p].graph.n; s++) {
            const struct dh_pipeline_stage_spec *spec = &w->data->pipelines[p].spec->stages[s];
            priced = priced || spec->item_usd > 0 || spec->core_usd_per_s > 0;
            usd += dh_sum_value(&w->data->pipelines[p].totals[s].usd);
        }
    return priced ? usd : NAN;
}

static void put_dataset(struct dh_summary *out, const struct dh_world *w, int32_t d) {
    const struct dh_dataset_run *run = &w->data->datasets[d];
    dh_put_text_at(out, run->spec->id, "datasets.%d.id", (int)d);
    dh_put_at(out, run->n_version, "datasets.%d.versions", (int)d);
    if (run->n_version == 0)
        return;
    dh_put_at(out, dh_world_dataset_bytes(w, d), "datasets.%d.bytes", (int)d);
    dh_put_at(out, dh_time_to_s(run->versions[0].at), "datasets.%d.first_s", (int)d);
    dh_put_at(out, dh_world_dataset_age_s(w, d), "datasets.%d.age_s", (int)d);
    dh_put_at(out, dh_world_dataset_mean_age_s(w, d), "datasets.%d.mean_age_s", (int)d);
}

/* GPU time of a stage's jobs, one for each run that may be under way. */
static double gpu_hours(const struct dh_world *w, const struct dh_pipeline_run *p, int32_t stage) {
    dh_gpu_ns held = 0;
    for (int32_t slot = 0; slot < p->n_slot; slot++)
        held += w->runs[w->data->stages[p->first_stage + slot * p->graph.n + stage].job].gpu_ns;
    return (double)held / 1e9 / S_PER_H;
}

/* Row k of the list: stages behind those that they wait for. */
static void put_stage(struct dh_summary *out, const struct dh_world *w, int32_t p, int32_t k) {
    static const char *const kinds[] = {"ingest", "clean", "label", "transform",
                                        "load"}; /* enum dh_pipe_kind */
    const struct dh_pipeline_run *run = &w->data->pipelines[p];
    int32_t s = run->graph.order[k];
    const struct dh_pipeline_stage_spec *spec = &run->spec->stages[s];
    const struct dh_stage_totals *t = &run->totals[s];
    double first_b = dh_sum_value(&t->first_b), bytes = dh_sum_value(&t->bytes);
    dh_put_text_at(out, spec->id, "pipelines.%d.stages.%d.id", (int)p, (int)k);
    dh_put_text_at(out, kinds[spec->kind], "pipelines.%d.stages.%d.kind", (int)p, (int)k);
    dh_put_at(out, (double)t->rounds, "pipelines.%d.stages.%d.rounds", (int)p, (int)k);
    dh_put_at(out, bytes, "pipelines.%d.stages.%d.bytes", (int)p, (int)k);
    dh_put_at(out, dh_sum_value(&t->out_bytes), "pipelines.%d.stages.%d.out_bytes", (int)p, (int)k);
    dh_put_at(out, dh_sum_value(&t->items), "pipelines.%d.stages.%d.items", (int)p, (int)k);
    if (spec->defects > 0)
        dh_put_at(out, dh_sum_value(&t->failed), "pipelines.%d.stages.%d.failed", (int)p, (int)k);
    if (first_b > 0)
        dh_put_at(out, bytes / first_b, "pipelines.%d.stages.%d.rework", (int)p, (int)k);
    if (t->runs > 0) {
        dh_put_at(out, dh_sum_value(&t->wait_s) / (double)t->runs, "pipelines.%d.stages.%d.wait_s", (int)p,
                  (int)k);
        dh_put_at(out, dh_sum_value(&t->work_s) / (double)t->runs, "pipelines.%d.stages.%d.work_s", (int)p,
                  (int)k);
    }
    if (spec->gpus > 0)
        dh_put_at(out, gpu_hours(w, run, s), "pipelines.%d.stages.%d.gpu_h", (int)p, (int)k);
    if (spec->item_usd > 0 || spec->core_usd_per_s > 0)
        dh_put_at(out, dh_sum_value(&t->usd), "pipelines.%d.stages.%d.cost", (int)p, (int)k);
}

static void put_pipeline(struct dh_summary *out, const struct dh_world *w, int32_t p) {
    const struct dh_pipeline_run *run = &w->data->pipelines[p];
    double usd = 0;
    bool priced = false;
    for (int32_t s = 0; s < run->graph.n; s++) {
        priced = priced || run->spec->stages[s].item_usd > 0 || run->spec->stages[s].core_usd_per_s > 0;
        usd += dh_sum_value(&run->totals[s].usd);
    }
    dh_put_text_at(out, run->spec->id, "pipelines.%d.id", (int)p);
    dh_put_at(out, (double)run->n_due, "pipelines.%d.due", (int)p);
    dh_put_at(out, (double)run->n_ended, "pipelines.%d.runs", (int)p);
    if (run->n_ended > 0)
        dh_put_at(out, dh_sum_value(&run->took_s) / (double)run->n_ended, "pipelines.%d.mean_s", (int)p);
    if (run->n_begun > 0)
        dh_put_at(out, dh_sum_value(&run->late_s) / (double)run->n_begun, "pipelines.%d.late_s", (int)p);
    if (priced)
        dh_put_at(out, usd, "pipelines.%d.cost", (int)p);
    for (int32_t s = 0; s < run->graph.n; s++)
        put_stage(out, w, p, s);
}

/* What jobs read, those that still run up to now. */
static void put_read(struct dh_summary *out, const struct dh_world *w) {
    struct dh_sum store = {0}, cache = {0};
    bool cached = false;
    for (int32_t s = 0; s < w->sc->workloads[0].n_streams; s++)
        cached = cached || (w->sc->workloads[0].streams[s].n_loaders > 0 &&
                            w->sc->workloads[0].streams[s].loaders[0].cache != NULL);
    for (int32_t j = 0; w->data->loaders && j < dh_world_n_own(w); j++) {
        const struct dh_loader_run *l = &w->data->loaders[j];
        dh_sum_add(&store, l->store_b);
        dh_sum_add(&cache, l->cache_b);
    }
    if (w->data->loaders)
        dh_put_number(out, "data.read_b", dh_sum_value(&store));
    if (cached)
        dh_put_number(out, "data.cache_b", dh_sum_value(&cache));
}

/* Jobs that waited before they were submitted. */
static void put_held(struct dh_summary *out, const struct dh_world *w) {
    double held_s = 0, now_s = dh_time_to_s(w->des.now);
    int64_t n = 0;
    for (int32_t j = 0; j < dh_world_n_own(w); j++) {
        n += w->data->held[j] != 0;
        held_s += w->data->held[j] < 0 ? now_s - dh_time_to_s(w->jobs.jobs[j].submit)
                                       : dh_time_to_s(w->data->held[j]);
    }
    dh_put_count(out, "data.jobs_held", n);
    dh_put_count(out, "data.jobs_waiting", w->data->n_held);
    dh_put_number(out, "data.held_h", held_s / S_PER_H);
}

void dh_summarize_data(struct dh_summary *out, const struct dh_world *w) {
    if (!w->data)
        return;
    put_held(out, w);
    put_read(out, w);
    for (int32_t d = 0; d < w->data->n_dataset; d++)
        put_dataset(out, w, d);
    for (int32_t p = 0; p < w->data->n_pipeline; p++)
        put_pipeline(out, w, p);
}
