/* What a plan must fulfil, where it runs when it does not say, and which stack a name means. */
#include "models/training.h"
#include "sim/diag.h"

#include <math.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum dh_err dh_training_check(const struct dh_transformer *m, const struct dh_training_plan *plan,
                              struct dh_diag *diag) {
    if (plan->gpus < 1 || plan->tensor < 1 || plan->pipeline < 1 || plan->chunks < 1 || plan->context < 1 ||
        plan->expert < 1)
        return dh_fail(diag, DH_ERR_VALUE, nowhere,
                       "a plan needs at least one device, and one in each direction");
    double cut = (double)plan->tensor * plan->pipeline * plan->context;
    if (fmod(plan->gpus, cut) != 0)
        return dh_fail(diag, DH_ERR_VALUE, nowhere,
                       "tensor x pipeline x context (%g) does not divide %d devices", cut, (int)plan->gpus);
    /* embedding and output layer may stand for a layer each where chunks are dealt out */
    if ((double)plan->pipeline * plan->chunks > m->layers + 2 || plan->pipeline > m->layers)
        return dh_fail(diag, DH_ERR_VALUE, nowhere, "%d stages of %d chunks for %d layers",
                       (int)plan->pipeline, (int)plan->chunks, (int)m->layers);
    if (plan->tensor > m->heads)
        return dh_fail(diag, DH_ERR_VALUE, nowhere, "%d tensor-parallel ranks for %g heads",
                       (int)plan->tensor, m->heads);
    if (plan->expert > 1 && (m->experts < plan->expert || fmod(m->experts, plan->expert) != 0))
        return dh_fail(diag, DH_ERR_VALUE, nowhere, "%d expert-parallel ranks do not divide %g experts",
                       (int)plan->expert, m->experts);
    if (plan->expert > plan->gpus / plan->pipeline)
        return dh_fail(diag, DH_ERR_VALUE, nowhere, "%d expert-parallel ranks in a stage of %d devices",
                       (int)plan->expert, (int)(plan->gpus / plan->pipeline));
    if (!(plan->batch > 0 && plan->micro_batch > 0 && plan->sequence >= 1))
        return dh_fail(diag, DH_ERR_VALUE, nowhere, "batch, micro-batch and sequence must be positive");
    if (plan->batch < plan->micro_batch * dh_training_replicas(plan) * (1 - 1e-9))
        return dh_fail(diag, DH_ERR_VALUE, nowhere,
                       "%d replicas with micro-batches of %g need more than the batch of %g sequences",
                       (int)dh_training_replicas(plan), plan->micro_batch, plan->batch);
    return DH_OK;
}

struct dh_training_net dh_training_net_default(const struct dh_device_spec *device) {
    /* Network cards of the era: 400 Gbit/s a device where links are above 300 GB/s a direction, else 200
     * (DGX A100 and DGX H100 data sheets). */
    double link = device->link_bytes_per_s > 0 ? device->link_bytes_per_s / 2 : 32e9;
    /* Of bare rates libraries get about so much, as the catalog's interconnects and networks were fitted. */
    static const double of_link = 0.75, of_nic = 0.9;
    return (struct dh_training_net){.node = 8,
                                    .domain = 8,
                                    .link_bytes_per_s = of_link * link,
                                    .nic_bytes_per_s = of_nic * (link > 310e9 ? 50e9 : 25e9)};
}

const struct dh_stack_spec *dh_training_stack_of(const struct dh_stack_spec *stacks, int32_t n,
                                                 const char *name) {
    const struct dh_stack_spec *best = NULL;
    size_t longest = 0;
    for (int32_t i = 0; i < n; i++) {
        if (strcmp(stacks[i].id, name) == 0)
            return &stacks[i];
        for (const char *at = stacks[i].aliases; *at; at += strspn(at, "|")) {
            size_t length = strcspn(at, "|");
            if (length > longest && strncmp(at, name, length) == 0) {
                longest = length;
                best = &stacks[i];
            }
            at += length;
        }
    }
    return best;
}
