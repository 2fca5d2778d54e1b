/* Does a plan fit the memory, and if not: what is in the way, and what is the nearest plan that does. */
#include "models/training.h"
#include "sim/diag.h"

#include <math.h>
#include <stdio.h>

static const struct dh_place nowhere = {NULL, 0, 0};

#define MOST_DEVICES 16384.0 /* how far a search for more devices goes, times what the plan has */

/* How far apart two plans are: doublings of each cut, and a step of sharding or recomputation as half of one.
 */
static double apart(const struct dh_training_plan *a, const struct dh_training_plan *b) {
    static const double step = 0.5;
    double of[] = {(double)a->tensor / b->tensor,   (double)a->pipeline / b->pipeline,
                   (double)a->context / b->context, a->micro_batch / b->micro_batch,
                   (double)a->expert / b->expert,   (double)a->gpus / b->gpus};
    double sum = step * (fabs((double)a->shard - b->shard) + fabs((double)a->recompute - b->recompute));
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        for (double ratio = fmax(of[i], 1 / of[i]); ratio > 1 + 1e-9; ratio /= 2)
            sum += fmin(1, ratio - 1);
    return sum;
}

struct nearest {
    const struct dh_transformer *model;
    const struct dh_device_spec *device;
    const struct dh_stack_spec *stack;
    const struct dh_training_plan *wanted;
    struct dh_training_plan best;
    double distance;
};

static void try_memory(struct nearest *n, struct dh_training_plan *plan) {
    struct dh_training_memory memory;
    for (int shard = (int)n->wanted->shard; shard <= DH_SHARD_WEIGHTS; shard++)
        for (int how = (int)n->wanted->recompute; how <= DH_RECOMPUTE_FULL; how++) {
            plan->shard = (enum dh_shard)shard;
            plan->recompute = (enum dh_recompute)how;
            if (apart(plan, n->wanted) >= n->distance)
                continue;
            dh_training_memory(&memory, n->model, plan, n->device, n->stack);
            if (!memory.fits)
                continue;
            n->distance = apart(plan, n->wanted);
            n->best = *plan;
        }
}

/* The plans around the wanted one on so many devices: cuts doubled, the micro-batch halved. */
static void try_around(struct nearest *n, int32_t gpus, int32_t domain) {
    const struct dh_training_plan *w = n->wanted;
    for (int32_t t = w->tensor; t <= domain; t *= 2)
        for (int32_t p = w->pipeline; p <= n->model->layers && (double)t * p <= gpus; p *= 2)
            for (int32_t c = w->context; (double)t * p * c <= gpus && c <= 16 * w->context; c *= 2)
                for (int32_t e = w->expert; e <= fmax(w->expert, n->model->experts); e *= 2)
                    for (double b = w->micro_batch; b >= 1 || b == w->micro_batch; b /= 2) {
                        struct dh_training_plan plan = *w;
                        plan.gpus = gpus;
                        plan.tensor = t;
                        plan.pipeline = p;
                        plan.chunks = (double)p * plan.chunks > n->model->layers ? 1 : plan.chunks;
                        plan.context = c;
                        plan.expert = e;
                        plan.micro_batch = b;
                        plan.sequence_parallel =
                            t > 1 && (w->sequence_parallel || n->stack->sequence_parallel);
                        if (dh_training_check(n->model, &plan, NULL) == DH_OK)
                            try_memory(n, &plan);
                    }
}

static const char *const shard_names[] = {"nothing", "optimizer states", "gradients", "weights"};
static const char *const recompute_names[] = {"nothing", "selectively", "everything"};

/* What differs, in the words of a plan. */
static void tell(char *text, size_t room, const struct dh_training_plan *is,
                 const struct dh_training_plan *was) {
    int n = 0;
    const struct {
        const char *name;
        double is, was;
    } counts[] = {
        {"devices",     is->gpus,        was->gpus       },
        {"tensor",      is->tensor,      was->tensor     },
        {"pipeline",    is->pipeline,    was->pipeline   },
        {"context",     is->context,     was->context    },
        {"expert",      is->expert,      was->expert     },
        {"micro-batch", is->micro_batch, was->micro_batch},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].is != counts[i].was && n < (int)room)
            n += snprintf(text + n, room - (size_t)n, "%s%s %g", n ? ", " : "", counts[i].name, counts[i].is);
    if (is->shard != was->shard && n < (int)room)
        n += snprintf(text + n, room - (size_t)n, "%ssharded %s", n ? ", " : "", shard_names[is->shard]);
    if (is->recompute != was->recompute && n < (int)room)
        snprintf(text + n, room - (size_t)n, "%srecompute %s", n ? ", " : "", recompute_names[is->recompute]);
}

enum dh_err dh_training_fit(struct dh_training_memory *memory, struct dh_training_plan *nearest,
                            const struct dh_transformer *model, const struct dh_training_plan *plan,
                            const struct dh_device_spec *device, const struct dh_training_net *net,
                            const struct dh_stack_spec *stack, struct dh_diag *diag) {
    struct dh_training_plan taken = *plan;
    struct dh_training_memory own;
    struct dh_training_memory *m = memory ? memory : &own;
    char change[256] = "";
    if (taken.recompute == DH_RECOMPUTE_BY_FIT)
        taken.recompute = DH_RECOMPUTE_FULL;
    dh_training_memory(m, model, &taken, device, stack);
    if (m->fits)
        return DH_OK;
    struct nearest n = {model, device, stack, &taken, taken, INFINITY};
    for (double gpus = plan->gpus; isinf(n.distance) && gpus <= fmin(plan->gpus * MOST_DEVICES, 1e8);
         gpus *= 2)
        try_around(&n, (int32_t)gpus, net->domain);
    enum dh_err err = dh_fail(
        diag, DH_ERR_VALUE, nowhere,
        "the plan needs %.1f GB of the %.1f GB on each %s: %s are the largest part, %.1f GB", m->total / 1e9,
        m->available / 1e9, device->id, dh_tensor_class_names[m->largest], m->bytes[m->largest] / 1e9);
    if (isinf(n.distance))
        dh_diag_hint(diag, "no plan near this one fits, whatever the number of devices");
    else {
        tell(change, sizeof change, &n.best, &taken);
        dh_diag_hint(diag, "the nearest plan that fits: %s", change);
        if (nearest)
            *nearest = n.best;
    }
    return err;
}
