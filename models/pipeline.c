#include "models/pipeline.h"
#include "sim/math.h"

#include <math.h>
#include <string.h>

#define GB 1e9

static uint64_t bit(int32_t stage) {
    return UINT64_C(1) << stage;
}

/* Row of the stage or dataset called so; -1: none. */
static int32_t find_stage(const struct dh_pipeline_spec *spec, const char *id, size_t n) {
    for (int32_t s = 0; s < spec->n_stages; s++)
        if (strlen(spec->stages[s].id) == n && memcmp(spec->stages[s].id, id, n) == 0)
            return s;
    return -1;
}

static int32_t find_dataset(const struct dh_workload_spec *workload, const char *id, size_t n) {
    for (int32_t d = 0; d < workload->n_datasets; d++)
        if (strlen(workload->datasets[d].id) == n && memcmp(workload->datasets[d].id, id, n) == 0)
            return d;
    return -1;
}

/* Next word of a list; NULL behind the last. */
static const char *next_word(const char *at, size_t *n) {
    at += strspn(at, " \t\r\n");
    *n = strcspn(at, " \t\r\n");
    return *n > 0 ? at : NULL;
}

static bool fail(struct dh_pipeline_fault *fault, enum dh_pipeline_fault_kind kind, int32_t stage,
                 int32_t other) {
    fault->kind = kind;
    fault->stage = stage;
    fault->other = other;
    return false;
}

/* A word may be the id of a dataset, of a stage, or of both: then it is the stage's. */
static bool read_inputs(struct dh_pipeline_graph *g, const struct dh_workload_spec *workload, int32_t s,
                        int32_t *n_read, struct dh_pipeline_fault *fault) {
    size_t n = 0;
    g->first_read[s] = *n_read;
    for (const char *id = next_word(g->spec->stages[s].reads, &n); id; id = next_word(id + n, &n)) {
        int32_t stage = find_stage(g->spec, id, n), dataset = stage < 0 ? find_dataset(workload, id, n) : -1;
        if (stage >= 0) {
            g->takes[s] |= bit(stage);
        } else if (dataset < 0) {
            fault->name = id;
            fault->n_name = n;
            return fail(fault, DH_PIPELINE_STRANGER, s, -1);
        } else if (*n_read == DH_PIPELINE_READS) {
            return fail(fault, DH_PIPELINE_LONG, s, -1);
        } else {
            g->reads[(*n_read)++] = dataset;
        }
    }
    g->first_read[s + 1] = *n_read;
    return true;
}

static void add_edges(struct dh_pipeline_graph *g) {
    for (int32_t s = 0; s < g->n; s++) {
        g->after[s] = g->takes[s];
        for (int32_t r = g->first_read[s]; r < g->first_read[s + 1]; r++)
            for (int32_t w = 0; w < g->n; w++)
                if (w != s && g->writes[w] == g->reads[r])
                    g->after[s] |= bit(w);
    }
    for (int32_t s = 0; s < g->n; s++)
        for (int32_t w = 0; w < g->n; w++)
            if (g->after[s] & bit(w))
                g->before[w] |= bit(s);
}

/* Takes away stages that wait for none of those that are left; what cannot be taken away contains a circle,
 * and whoever follows its first inputs comes into it. */
static bool is_acyclic(struct dh_pipeline_graph *g, struct dh_pipeline_fault *fault) {
    int32_t n = 0;
    uint64_t left = g->n == 64 ? UINT64_MAX : bit(g->n) - 1, seen = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int32_t s = 0; s < g->n; s++)
            if ((left & bit(s)) && !(g->after[s] & left)) {
                left &= ~bit(s);
                g->order[n++] = s;
                moved = true;
            }
    }
    if (!left)
        return true;
    int32_t at = __builtin_ctzll(left);
    for (; !(seen & bit(at)); at = __builtin_ctzll(g->after[at] & left)) {
        seen |= bit(at);
        fault->path[fault->n_path++] = at;
    }
    int32_t first = 0;
    while (fault->path[first] != at)
        first++;
    fault->n_path -= first;
    memmove(fault->path, fault->path + first, (size_t)fault->n_path * sizeof *fault->path);
    return fail(fault, DH_PIPELINE_CYCLE, at, -1);
}

/* All stages that can be reached over edges, the start included. */
static uint64_t reach(const uint64_t *edges, int32_t n, int32_t start) {
    uint64_t found = bit(start), fresh = found;
    while (fresh) {
        uint64_t next = 0;
        for (int32_t s = 0; s < n; s++)
            if (fresh & bit(s))
                next |= edges[s];
        fresh = next & ~found;
        found |= next;
    }
    return found;
}

static bool add_rework(struct dh_pipeline_graph *g, struct dh_pipeline_fault *fault) {
    for (int32_t s = 0; s < g->n; s++) {
        const struct dh_pipeline_stage_spec *stage = &g->spec->stages[s];
        if (!(stage->defects > 0))
            continue;
        int32_t to = stage->rework ? find_stage(g->spec, stage->rework, strlen(stage->rework)) : s;
        uint64_t upstream = reach(g->after, g->n, s);
        if (to < 0 || !(upstream & bit(to)))
            return fail(fault, DH_PIPELINE_REWORK, s, to);
        g->again[s] = reach(g->before, g->n, to) & upstream;
        for (int32_t other = 0; other < s; other++)
            if (g->again[other] & g->again[s])
                return fail(fault, DH_PIPELINE_OVERLAP, s, other);
    }
    return true;
}

bool dh_pipeline_graph_of(struct dh_pipeline_graph *g, const struct dh_pipeline_spec *spec,
                          const struct dh_workload_spec *workload, struct dh_pipeline_fault *fault) {
    int32_t n_read = 0;
    *g = (struct dh_pipeline_graph){.spec = spec, .n = spec->n_stages};
    *fault = (struct dh_pipeline_fault){.kind = DH_PIPELINE_FINE};
    for (int32_t s = 0; s < g->n; s++) {
        const char *writes = spec->stages[s].writes;
        g->writes[s] = writes ? find_dataset(workload, writes, strlen(writes)) : -1;
        if (!read_inputs(g, workload, s, &n_read, fault))
            return false;
    }
    add_edges(g);
    return is_acyclic(g, fault) && add_rework(g, fault);
}

/* ---- amounts
 * ------------------------------------------------------------------------------------------------
 */

double dh_dataset_items(const struct dh_dataset_spec *dataset, double bytes) {
    return isnan(dataset->item_b) ? NAN : rint(bytes / dataset->item_b);
}

void dh_pipeline_results(struct dh_pipeline_amount *amount, const struct dh_pipeline_stage_spec *stage,
                         const struct dh_dataset_spec *writes) {
    amount->out_bytes = amount->bytes * stage->ratio;
    amount->out_items = amount->items;
    if (writes && !isnan(writes->item_b))
        amount->out_items = dh_dataset_items(writes, amount->out_bytes);
}

double dh_pipeline_rate(const struct dh_pipeline_stage_spec *stage, const struct dh_pipeline_amount *amount) {
    double rate = INFINITY;
    if (stage->cpu_s_per_gb > 0)
        rate = fmin(rate, (double)stage->cores / stage->cpu_s_per_gb * GB);
    if (stage->gpus > 0 && stage->gpu_s_per_gb > 0)
        rate = fmin(rate, (double)stage->gpus / stage->gpu_s_per_gb * GB);
    if (stage->people > 0 && stage->item_s > 0 && amount->items > 0)
        rate = fmin(rate, (double)stage->people / stage->item_s * amount->bytes / amount->items);
    if (!isnan(stage->path_b_per_s))
        rate = fmin(rate, stage->path_b_per_s * stage->inspection);
    return rate;
}

double dh_pipeline_seconds(const struct dh_pipeline_stage_spec *stage,
                           const struct dh_pipeline_amount *amount) {
    return stage->latency_s + (amount->bytes > 0 ? amount->bytes / dh_pipeline_rate(stage, amount) : 0);
}

double dh_pipeline_usd(const struct dh_pipeline_stage_spec *stage, const struct dh_pipeline_amount *amount) {
    double usd = stage->cpu_s_per_gb / GB * amount->bytes * stage->core_usd_per_s;
    return usd + (stage->item_usd > 0 ? stage->item_usd * amount->items : 0);
}

/* ---- rework
 * -------------------------------------------------------------------------------------------------
 */

double dh_pipeline_passes(double defects) {
    return 1 / (1 - defects);
}

/* Failures until the items are used up, by the number of items between them: geometric (L. Devroye,
 * Non-Uniform Random Variate Generation, 1986, X.4.3, first waiting time algorithm). */
static double by_waiting(struct dh_rng *rng, double items, double defects) {
    double log_pass = dh_log1p(-defects), failures = 0, at = 0;
    for (;;) {
        double u = 1 - dh_rng_uniform(rng); /* above 0 */
        at += floor(dh_log(u) / log_pass) + 1;
        if (!(at <= items))
            return failures;
        failures++;
    }
}

double dh_pipeline_failures(struct dh_rng *rng, double items, double defects) {
    double mean = items * defects;
    if (!(mean > 0))
        return 0;
    if (mean <= 1000)
        return by_waiting(rng, items, defects);
    if (items > 1e15)
        return floor(mean);
    double n = floor(dh_rng_normal(rng, mean, sqrt(mean * (1 - defects))) + 0.5);
    return n < 0 ? 0 : n > items ? items : n;
}
