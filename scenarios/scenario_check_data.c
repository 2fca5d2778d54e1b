/* Datasets, pipelines and loaders: what one value alone cannot show. */
#include "scenarios/scenario_check.h"

#include "models/pipeline.h"
#include "scenarios/refs.h"
#include "scenarios/scenario_estimate.h"
#include "sim/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAIL(code, spec, attr, ...)                                                                          \
    dh_tree_fail(tree, code, dh_check_place(tree, (spec)->place, attr), __VA_ARGS__)

/* Runs of stages that a result keeps, each as a row. */
#define STAGE_RUNS_MAX 200000.0

/* ---- stages
 * ------------------------------------------------------------------------------------------------- */

static void fail_cycle(struct dh_tree *tree, const struct dh_pipeline_spec *p,
                       const struct dh_pipeline_fault *fault) {
    struct dh_text text = {0};
    for (int32_t i = 0; i < fault->n_path; i++)
        dh_text_printf(&text, "%s <- ", p->stages[fault->path[i]].id);
    dh_text_puts(&text, p->stages[fault->path[0]].id);
    FAIL(DH_ERR_CYCLE, &p->stages[fault->path[0]], "reads", "pipeline %s: its stages go in a circle: %s",
         p->id, text.at ? text.at : "");
    dh_tree_hint(tree, "what a stage reads, the stages before it write; items that have to be done again are "
                       "'defects' and 'rework'");
    dh_text_free(&text);
}

static void fail_graph(struct dh_tree *tree, const struct dh_pipeline_spec *p,
                       const struct dh_pipeline_fault *fault) {
    const struct dh_pipeline_stage_spec *stage = &p->stages[fault->stage];
    switch (fault->kind) {
    case DH_PIPELINE_FINE:
        break;
    case DH_PIPELINE_STRANGER:
        FAIL(DH_ERR_VALUE, stage, "reads", "stage %s reads '%.*s', a stage of another pipeline", stage->id,
             (int)fault->n_name, fault->name);
        dh_tree_hint(tree, "between pipelines data go through datasets");
        break;
    case DH_PIPELINE_LONG:
        FAIL(DH_ERR_RANGE, stage, "reads", "pipeline %s: its stages read more than %d datasets", p->id,
             DH_PIPELINE_READS);
        dh_tree_hint(tree, "several pipelines, or larger datasets");
        break;
    case DH_PIPELINE_CYCLE:
        fail_cycle(tree, p, fault);
        break;
    case DH_PIPELINE_REWORK:
        FAIL(DH_ERR_VALUE, stage, "rework", "stage %s sends items back to %s, which is not before it",
             stage->id, stage->rework);
        dh_tree_hint(tree, "a stage of the same pipeline whose results come to %s", stage->id);
        break;
    case DH_PIPELINE_OVERLAP:
        FAIL(DH_ERR_VALUE, stage, "defects", "stages %s and %s both have the same stages do work again",
             p->stages[fault->other].id, stage->id);
        dh_tree_hint(tree,
                     "one check for both: d1 + d2 - d1 d2; or 'rework' to a stage behind the other check");
        break;
    }
}

/* Which stages know how many items they work on: all that they read says so. known[s]: those that it reads.
 */
static void find_items(const struct dh_pipeline_graph *g, const struct dh_workload_spec *w, bool *known) {
    bool out[DH_PIPELINE_STAGES] = {false};
    for (int32_t round = 0; round < g->n; round++)
        for (int32_t s = 0; s < g->n; s++) {
            known[s] = true;
            for (int32_t t = 0; t < g->n; t++)
                known[s] = known[s] && (!(g->takes[s] >> t & 1) || out[t]);
            for (int32_t r = g->first_read[s]; r < g->first_read[s + 1]; r++)
                known[s] = known[s] && !isnan(w->datasets[g->reads[r]].item_b);
            out[s] = known[s] || (g->writes[s] >= 0 && !isnan(w->datasets[g->writes[s]].item_b));
        }
}

static void check_stage(struct dh_tree *tree, const struct dh_pipeline_stage_spec *s, bool items,
                        int64_t gpus) {
    const char *needs = s->defects > 0    ? "defects"
                        : s->item_s > 0   ? "item-time"
                        : s->item_usd > 0 ? "item-cost"
                                          : NULL;
    if (needs && !items) {
        FAIL(DH_ERR_MISSING, s, needs, "stage %s: '%s' is of items, and what it reads has no item-size",
             s->id, needs);
        dh_tree_hint(tree, "<dataset … item-size=\"500 kB\">");
    }
    if (s->item_s > 0 && s->people < 1) {
        FAIL(DH_ERR_MISSING, s, "item-time", "stage %s: 'item-time' is of people, and there are none", s->id);
        dh_tree_hint(tree, "people=\"40\"");
    }
    if ((s->gpus > 0) != (s->gpu_s_per_gb > 0)) {
        FAIL(DH_ERR_MISSING, s, s->gpus > 0 ? "gpus" : "gpu",
             "stage %s: 'gpus' and 'gpu', the time for a GB, go together", s->id);
        dh_tree_hint(tree, "gpus=\"8\" gpu=\"20 s\"");
    }
    if (s->gpus > gpus) {
        FAIL(DH_ERR_RANGE, s, "gpus", "stage %s asks for %lld GPUs; there are %lld", s->id,
             (long long)s->gpus, (long long)gpus);
        dh_tree_hint(tree, "it would wait for ever");
    }
    if (s->rework && !(s->defects > 0)) {
        FAIL(DH_ERR_VALUE, s, "rework", "stage %s: 'rework' without 'defects': nothing goes back", s->id);
        dh_tree_hint(tree, "defects=\"0.05\"");
    }
    if (s->appends && !s->writes) {
        FAIL(DH_ERR_VALUE, s, "appends", "stage %s: 'appends' without 'writes'", s->id);
        dh_tree_hint(tree, "writes=\"dataset\"");
    }
    if (s->inspection < 1 && isnan(s->path_b_per_s)) {
        FAIL(DH_ERR_MISSING, s, "inspection",
             "stage %s: 'inspection' is a share of 'path', which is not given", s->id);
        dh_tree_hint(tree, "path=\"100 Gbit/s\"");
    }
}

/* ---- datasets, and who writes them
 * --------------------------------------------------------------------------- */

struct writer {
    int32_t pipeline; /* -1: none */
    const struct dh_pipeline_stage_spec *stage;
};

static int32_t find_dataset(const struct dh_workload_spec *w, const char *id, size_t n) {
    for (int32_t d = 0; d < w->n_datasets; d++)
        if (strlen(w->datasets[d].id) == n && memcmp(w->datasets[d].id, id, n) == 0)
            return d;
    return -1;
}

static void find_writers(struct dh_tree *tree, const struct dh_workload_spec *w, struct writer *writers) {
    for (int32_t d = 0; d < w->n_datasets; d++)
        writers[d].pipeline = -1;
    for (int32_t p = 0; p < w->n_pipelines; p++)
        for (int32_t s = 0; s < w->pipelines[p].n_stages; s++) {
            const struct dh_pipeline_stage_spec *stage = &w->pipelines[p].stages[s];
            int32_t d = stage->writes ? find_dataset(w, stage->writes, strlen(stage->writes)) : -1;
            if (d < 0)
                continue;
            if (writers[d].pipeline >= 0) {
                FAIL(DH_ERR_VALUE, stage, "writes", "dataset %s is written by %s and by %s",
                     w->datasets[d].id, writers[d].stage->id, stage->id);
                dh_tree_hint(tree, "a dataset each, and a stage that reads both");
            }
            writers[d] = (struct writer){.pipeline = p, .stage = stage};
        }
}

static void check_dataset(struct dh_tree *tree, const struct dh_dataset_spec *d,
                          const struct writer *writer) {
    if (!d->store && (!isnan(d->file_b) || d->keep >= 0)) {
        const char *attr = d->keep >= 0 ? "keep" : "file-size";
        FAIL(DH_ERR_MISSING, d, attr, "dataset %s lies in no store: '%s' says nothing", d->id, attr);
        dh_tree_hint(tree, "store=\"lustre\"");
    }
    if (d->keep >= 0 && writer->pipeline >= 0 && writer->stage->appends) {
        FAIL(DH_ERR_VALUE, d, "keep", "dataset %s: a version that is added to holds those before", d->id);
        dh_tree_hint(tree, "without 'keep', or without 'appends'");
    }
    if (writer->pipeline >= 0 && d->growth_b_per_s > 0) {
        FAIL(DH_ERR_VALUE, d, "growth", "dataset %s grows by itself and is written by stage %s", d->id,
             writer->stage->id);
        dh_tree_hint(tree, "the stage reads a dataset that grows, and writes another");
    }
    if (writer->pipeline < 0 && isnan(d->size_b) && !(d->growth_b_per_s > 0)) {
        FAIL(DH_ERR_MISSING, d, "id", "dataset %s has no 'size', and no stage writes it", d->id);
        dh_tree_hint(tree, "size=\"20 TB\"");
    }
}

/* ---- runs: who sets off whom
 * ---------------------------------------------------------------------------------- */

/* Runs of a pipeline: those of its schedule, and as many as the rarest of what it waits for sets off. */
static double runs_of(const struct dh_workload_spec *w, int32_t row, const struct writer *writers,
                      const double *runs, double duration_s) {
    const struct dh_pipeline_spec *p = &w->pipelines[row];
    double first_s = isnan(p->first_s) ? 0 : p->first_s, own = 0, set_off = INFINITY;
    if (!isnan(p->every_s))
        own = first_s < duration_s ? floor((duration_s - first_s) / p->every_s) + 1 : 0;
    else if (!isnan(p->first_s) || !p->after)
        own = 1;
    size_t n = 0;
    for (const char *id = dh_refs_next(p->after, &n); id; id = dh_refs_next(id + n, &n)) {
        int32_t d = find_dataset(w, id, n), other = d >= 0 ? writers[d].pipeline : -1;
        for (int32_t i = 0; d < 0 && i < w->n_pipelines; i++)
            if (strlen(w->pipelines[i].id) == n && memcmp(w->pipelines[i].id, id, n) == 0)
                other = i;
        set_off = fmin(set_off, other >= 0 ? runs[other] : 0);
    }
    double all = own + (p->after ? set_off : 0);
    return p->count >= 0 ? fmin(all, (double)p->count) : all;
}

/* A pipeline that sets itself off, through others or not, has more runs in each round of counting. */
static void check_runs(struct dh_tree *tree, const struct dh_scenario *sc, const struct writer *writers) {
    const struct dh_workload_spec *w = &sc->workloads[0];
    double duration_s = sc->horizons[0].duration_s, stages = 0;
    double *runs = calloc((size_t)w->n_pipelines + 1, sizeof *runs),
           *depth = calloc((size_t)w->n_pipelines + 1, sizeof *depth);
    if (!runs || !depth) {
        dh_tree_fail(tree, DH_ERR_MEMORY, w->place, "out of memory");
        free(runs);
        free(depth);
        return;
    }
    /* The longest chain that ends at each: one that is longer than there are pipelines closes a circle. */
    for (int32_t round = 0; round <= w->n_pipelines && !tree->too_many; round++)
        for (int32_t p = 0; p < w->n_pipelines; p++) {
            size_t n = 0;
            for (const char *id = dh_refs_next(w->pipelines[p].after, &n); id;
                 id = dh_refs_next(id + n, &n)) {
                int32_t d = find_dataset(w, id, n), other = d >= 0 ? writers[d].pipeline : -1;
                for (int32_t i = 0; d < 0 && i < w->n_pipelines; i++)
                    if (strlen(w->pipelines[i].id) == n && memcmp(w->pipelines[i].id, id, n) == 0)
                        other = i;
                if (other >= 0)
                    depth[p] = fmax(depth[p], depth[other] + 1);
            }
            if (depth[p] > w->n_pipelines) {
                FAIL(DH_ERR_CYCLE, &w->pipelines[p], "after",
                     "pipeline %s sets itself off, through what it waits for", w->pipelines[p].id);
                dh_tree_hint(
                    tree,
                    "in a circle none of them would ever begin, or none would end: give one of them 'every'");
                free(runs);
                free(depth);
                return;
            }
            runs[p] = runs_of(w, p, writers, runs, duration_s);
        }
    for (int32_t p = 0; p < w->n_pipelines; p++)
        stages += runs[p] * w->pipelines[p].n_stages;
    if (stages > STAGE_RUNS_MAX) {
        int32_t most = 0;
        for (int32_t p = 1; p < w->n_pipelines; p++)
            most = runs[p] > runs[most] ? p : most;
        FAIL(DH_ERR_LIMIT_STEPS, &w->pipelines[most], "every",
             "some %.3g runs of stages; at most %.0f are kept", stages, STAGE_RUNS_MAX);
        dh_tree_hint(tree, "less often, or a shorter duration");
    }
    free(runs);
    free(depth);
}

static void check_after(struct dh_tree *tree, const struct dh_workload_spec *w,
                        const struct dh_pipeline_spec *p, const struct writer *writers) {
    size_t n = 0;
    for (const char *id = dh_refs_next(p->after, &n); id; id = dh_refs_next(id + n, &n)) {
        int32_t d = find_dataset(w, id, n);
        if (d < 0 || writers[d].pipeline >= 0)
            continue;
        FAIL(DH_ERR_VALUE, p, "after", "pipeline %s waits for new versions of %s, which no stage writes",
             p->id, w->datasets[d].id);
        dh_tree_hint(tree, "every=\"1 d\"");
    }
}

/* ---- loaders
 * -------------------------------------------------------------------------------------------------- */

static bool is_archive(const struct dh_scenario *sc, const char *store) {
    const struct dh_data_storage_spec *storage = sc->n_storages > 0 ? &sc->storages[0] : NULL;
    for (int32_t i = 0; storage && i < storage->n_archives; i++)
        if (strcmp(storage->archives[i].id, store) == 0)
            return true;
    return false;
}

static void check_loader(struct dh_tree *tree, const struct dh_scenario *sc, const struct dh_jobs_spec *j) {
    const struct dh_workload_spec *w = &sc->workloads[0];
    const struct dh_loader_spec *l = &j->loaders[0];
    int32_t d = find_dataset(w, l->dataset, strlen(l->dataset));
    if (j->n_throughputs > 0 && isnan(l->per_sample_b) && d >= 0 && isnan(w->datasets[d].item_b)) {
        FAIL(DH_ERR_MISSING, l, "", "jobs %s: how much a sample reads is not known", j->id);
        dh_tree_hint(tree, "per-sample=\"120 kB\", or item-size of dataset %s", l->dataset);
    }
    if ((j->n_trainings > 0 || j->n_throughputs > 0) && !isnan(l->per_gpu_b_per_s)) {
        FAIL(DH_ERR_VALUE, l, "per-gpu", "jobs %s: how fast they read follows from <%s>", j->id,
             j->n_trainings > 0 ? "training" : "throughput");
        dh_tree_hint(tree, "per-token, or per-sample");
    }
    if (l->cache && d >= 0 && !w->datasets[d].store) {
        FAIL(DH_ERR_MISSING, l, "cache", "jobs %s: a cache of dataset %s, which lies in no store", j->id,
             l->dataset);
        dh_tree_hint(tree, "<dataset … store=\"lustre\">");
    }
    const struct dh_checkpoints_spec *saves = j->n_checkpoints > 0 ? &j->checkpoints[0] : NULL;
    const char *store = d >= 0 ? w->datasets[d].store : NULL;
    if (saves && saves->to && store && strcmp(saves->to, store) == 0 && is_archive(sc, store)) {
        FAIL(DH_ERR_VALUE, saves, "to",
             "jobs %s: what reads %s holds the drives that its checkpoints wait for", j->id, store);
        dh_tree_hint(tree, "another store for the checkpoints, or a stage that brings %s to a file system",
                     l->dataset);
    }
    if ((l->cores >= 0) != !isnan(l->core_b_per_s)) {
        FAIL(DH_ERR_MISSING, l, l->cores >= 0 ? "cores" : "core-rate",
             "jobs %s: 'cores' and 'core-rate' go together", j->id);
        dh_tree_hint(tree, "cores=\"32\" core-rate=\"150 MB/s\"");
    }
}

/* ---- all
 * ------------------------------------------------------------------------------------------------------ */

void dh_check_data(struct dh_tree *tree, const struct dh_scenario *sc, int64_t gpus) {
    const struct dh_workload_spec *w = &sc->workloads[0];
    struct writer *writers = calloc((size_t)w->n_datasets + 1, sizeof *writers);
    if (!writers) {
        dh_tree_fail(tree, DH_ERR_MEMORY, w->place, "out of memory");
        return;
    }
    find_writers(tree, w, writers);
    for (int32_t d = 0; d < w->n_datasets; d++)
        check_dataset(tree, &w->datasets[d], &writers[d]);
    for (int32_t p = 0; p < w->n_pipelines; p++) {
        struct dh_pipeline_graph g;
        struct dh_pipeline_fault fault;
        bool items[DH_PIPELINE_STAGES];
        check_after(tree, w, &w->pipelines[p], writers);
        if (!dh_pipeline_graph_of(&g, &w->pipelines[p], w, &fault)) {
            fail_graph(tree, &w->pipelines[p], &fault);
            continue;
        }
        find_items(&g, w, items);
        for (int32_t s = 0; s < g.n; s++)
            check_stage(tree, &w->pipelines[p].stages[s], items[s], gpus);
    }
    check_runs(tree, sc, writers);
    for (int32_t i = 0; i < w->n_streams; i++)
        if (w->streams[i].n_loaders > 0)
            check_loader(tree, sc, &w->streams[i]);
    free(writers);
}
