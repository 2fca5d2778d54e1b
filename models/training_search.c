/* The best plan of those that fit: all layouts, one layer's times reckoned once for all that share them. */
#include "models/training_internal.h"
#include "sim/diag.h"

#include <math.h>

static const struct dh_place nowhere = {NULL, 0, 0};

struct search {
    struct dh_training_plan best;
    struct dh_training_step step;
    int64_t tried;
    bool found;
};

/* Everything below a layer's own times: chunks, recompute, sharding. False: nothing of it fits. */
static bool try_steps(struct search *s, const struct dh_training_layer *layer,
                      const struct dh_training_place *place, const struct dh_training_plan *at,
                      const struct dh_training_free *may) {
    struct dh_training_plan plan = *at;
    struct dh_training_memory memory;
    struct dh_training_step step;
    int32_t most_chunks =
        may->layout && plan.pipeline > 1 ? place->model->layers / plan.pipeline : plan.chunks;
    if (most_chunks < 1)
        most_chunks = 1;
    int first_recompute =
        may->recompute || plan.recompute == DH_RECOMPUTE_BY_FIT ? DH_RECOMPUTE_NONE : (int)plan.recompute;
    int last_recompute =
        may->recompute || plan.recompute == DH_RECOMPUTE_BY_FIT ? DH_RECOMPUTE_FULL : (int)plan.recompute;
    int last_shard = may->shard ? DH_SHARD_WEIGHTS : (int)at->shard;
    bool fits = false;
    double times = plan.batch / (dh_training_replicas(&plan) * plan.micro_batch);
    for (plan.chunks = may->layout ? 1 : at->chunks; plan.chunks <= most_chunks; plan.chunks++) {
        if (plan.chunks > 1 && may->layout &&
            (place->model->layers % (plan.pipeline * plan.chunks) != 0 || fmod(times, plan.pipeline) != 0))
            continue; /* interleaving needs whole chunks and whole rounds of micro-batches */
        for (int shard = (int)at->shard; shard <= last_shard; shard++) {
            plan.shard = (enum dh_shard)shard;
            if (shard == DH_SHARD_WEIGHTS && plan.pipeline > 1 && may->shard)
                continue; /* gathering every layer for every micro-batch of a pipeline is never done */
            for (int how = first_recompute; how <= last_recompute; how++) {
                plan.recompute = (enum dh_recompute)how;
                dh_training_memory(&memory, place->model, &plan, place->device, place->stack);
                s->tried++;
                if (!memory.fits)
                    continue;
                fits = true;
                dh_training_step_of(&step, layer, place, &plan);
                if (!s->found || step.step_s < s->step.step_s) {
                    s->found = true;
                    s->best = plan;
                    s->step = step;
                }
            }
        }
    }
    return fits;
}

static void try_micro_batches(struct search *s, const struct dh_training_place *place,
                              const struct dh_training_plan *at, const struct dh_training_free *may) {
    struct dh_training_layer layer;
    struct dh_training_plan plan = *at;
    double share = plan.batch / dh_training_replicas(&plan);
    for (plan.micro_batch = may->micro_batch ? 1 : at->micro_batch; plan.micro_batch <= share + 1e-9;
         plan.micro_batch *= 2) {
        if (may->micro_batch && fmod(share, plan.micro_batch) != 0 && plan.micro_batch > 1)
            break;
        if (dh_training_check(place->model, &plan, NULL) == DH_OK) {
            dh_training_layer_of(&layer, place, &plan);
            if (!try_steps(s, &layer, place, &plan, may))
                break; /* nor do larger ones: activations grow with them */
        }
        if (!may->micro_batch)
            break;
    }
}

static bool divides(double a, double b) {
    return fmod(b, a) == 0;
}

enum dh_err dh_training_search(struct dh_training_plan *plan, struct dh_training_step *step, int64_t *tried,
                               const struct dh_transformer *m, const struct dh_training_free *may,
                               const struct dh_device_spec *device, const struct dh_training_net *net,
                               const struct dh_stack_spec *stack, struct dh_diag *diag) {
    struct dh_training_place place;
    struct search s = {0};
    DH_TRY(dh_training_place_of(&place, m, plan, device, net, stack, diag));
    if (!may->layout)
        try_micro_batches(&s, &place, plan, may);
    else
        for (int32_t t = 1; t <= net->domain && t <= m->heads; t *= 2)
            for (int32_t p = 1; p <= m->layers && t * p <= plan->gpus; p++)
                for (int32_t c = 1; t * p * c <= plan->gpus && c <= 64; c *= 2)
                    for (int32_t e = 1; e <= fmax(1, m->experts) && e <= plan->gpus / p; e *= 2) {
                        struct dh_training_plan at = *plan;
                        if (!divides((double)t * p * c, plan->gpus) || !divides(t, m->heads) ||
                            (e > 1 && !divides(e, m->experts)))
                            continue;
                        if (plan->sequence / c < 1024 && c > 1)
                            break; /* shorter pieces hide nothing */
                        at.tensor = t;
                        at.pipeline = p;
                        at.context = c;
                        at.expert = e;
                        at.sequence_parallel = t > 1 && (plan->sequence_parallel || stack->sequence_parallel);
                        if (dh_training_replicas(&at) > at.batch)
                            continue;
                        try_micro_batches(&s, &place, &at, may);
                    }
    if (tried)
        *tried = s.tried;
    if (!s.found)
        return dh_fail(diag, DH_ERR_VALUE, nowhere, "no plan for %d devices fits their memory",
                       (int)plan->gpus);
    *plan = s.best;
    *step = s.step;
    return DH_OK;
}
