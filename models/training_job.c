#include "models/training_job.h"
#include "models/kernel.h"

#include <math.h>

/* What a stack is where nothing is known of it: the defaults of <stack>. */
static const struct dh_stack_spec *stack_of(const struct dh_scenario *sc, const struct dh_training_spec *t) {
    return dh_scenario_stack(sc, t->stack ? t->stack : "default");
}

static int32_t given(int64_t value) {
    return value >= 1 ? (int32_t)value : 1;
}

/* The plan as far as the scenario says it, and what a search may add. A layout of which a part is given has
 * ones for the rest. */
static struct dh_training_free plan_of(struct dh_training_plan *plan, const struct dh_training_spec *t,
                                       const struct dh_stack_spec *stack, int64_t gpus) {
    bool layout = t->tensor >= 1 || t->pipeline >= 1 || t->chunks >= 1 || t->context >= 1 || t->expert >= 1;
    *plan = (struct dh_training_plan){
        .gpus = (int32_t)gpus,
        .tensor = given(t->tensor),
        .pipeline = given(t->pipeline),
        .chunks = given(t->chunks),
        .context = given(t->context),
        .expert = given(t->expert),
        .batch = t->batch,
        .micro_batch = isnan(t->micro_batch) ? 1 : t->micro_batch,
        .sequence = t->sequence,
        .shard = t->shard >= 0 ? (enum dh_shard)t->shard : DH_SHARD_NONE,
        .recompute = t->recompute >= 0 ? (enum dh_recompute)t->recompute : DH_RECOMPUTE_BY_FIT,
        .format = (enum dh_number_format)t->format,
        .sequence_parallel = stack->sequence_parallel && t->tensor > 1,
        .lora_rank = (int32_t)t->lora_rank,
    };
    return (struct dh_training_free){.layout = !layout,
                                     .micro_batch = isnan(t->micro_batch),
                                     .recompute = t->recompute < 0,
                                     .shard = t->shard < 0};
}

/* Computing against waiting for others, and how long the step is. */
static void add_swing(struct dh_training_job *job) {
    const struct dh_training_phase *p = job->phases;
    double computing =
        p[DH_TRAIN_FORWARD].seconds + p[DH_TRAIN_BACKWARD].seconds + p[DH_TRAIN_OPTIMIZER].seconds;
    job->duty = computing / job->step.step_s;
}

static void add_power(struct dh_training_job *job, const struct dh_jobs_spec *stream,
                      const struct dh_device_spec *device) {
    job->gpu_util = NAN;
    if (!dh_activity_of(device))
        return;
    job->n_part = dh_activity_step(job->parts, job->phases, device, (double)job->plan.gpus, &job->board_w);
    double range_w = dh_chip_class_w(device, (enum dh_work)stream->kind) - device->idle_w;
    job->gpu_util = range_w > 0 ? fmin(1, fmax(0, (job->board_w - device->idle_w) / range_w)) : 1;
}

/* The plan and its step. Where a search finds nothing for a layout that is given, the reason is that of its
 * smallest form. */
static enum dh_err find_step(struct dh_training_job *job, const struct dh_transformer *counts,
                             const struct dh_training_free *may, const struct dh_device_spec *device,
                             const struct dh_training_net *net, const struct dh_stack_spec *stack,
                             struct dh_diag *diag) {
    struct dh_diag quiet = {0};
    if (!dh_kernel_gemm_of(device, job->plan.format)) {
        dh_fail(diag, DH_ERR_VALUE, (struct dh_place){NULL, 0, 0},
                "device %s has no constants for matrix products in this number format", device->id);
        dh_diag_hint(diag,
                     "catalog:gpus.xml has constants of some formats for each device, bf16 and fp8 of most");
        return DH_ERR_VALUE;
    }
    if (!may->layout)
        DH_TRY(dh_training_check(counts, &job->plan, diag));
    if (may->layout || may->micro_batch || may->recompute || may->shard) {
        enum dh_err err =
            dh_training_search(&job->plan, &job->step, NULL, counts, may, device, net, stack, &quiet);
        dh_diag_free(&quiet);
        if (err != DH_OK && may->layout) {
            dh_fail(diag, err, (struct dh_place){NULL, 0, 0},
                    "no plan for %d devices fits their memory and the batch", (int)job->plan.gpus);
            dh_diag_hint(diag, "more GPUs, shorter sequences, or adapters alone: lora-rank=\"16\"");
            return err;
        }
        if (err != DH_OK) {
            job->plan.recompute = may->recompute ? DH_RECOMPUTE_FULL : job->plan.recompute;
            if (may->shard)
                job->plan.shard = job->plan.pipeline > 1 ? DH_SHARD_GRADIENTS : DH_SHARD_WEIGHTS;
        }
    }
    DH_TRY(dh_training_check(counts, &job->plan, diag));
    DH_TRY(dh_training_fit(NULL, NULL, counts, &job->plan, device, net, stack, diag));
    return dh_training_step(&job->step, job->phases, counts, &job->plan, device, net, stack, diag);
}

/* The reason, where the scenario says what is trained. */
static void tell_why(struct dh_diag *diag, const struct dh_diag *why, enum dh_err err,
                     const struct dh_jobs_spec *stream, const struct dh_training_spec *t) {
    const struct dh_message *m = why->n_message > 0 ? &why->messages[why->n_message - 1] : NULL;
    dh_fail(diag, err, t->place, "jobs %s: %s", stream->id, m ? m->text : "no plan");
    dh_diag_hint(diag, "%s",
                 m && m->hint
                     ? m->hint
                     : "what is left out of tensor, pipeline, chunks, context and expert is 1; without all "
                       "of them the fastest plan is taken");
}

/* What a stream trains, and on what. */
struct setting {
    struct dh_transformer counts;
    const struct dh_device_spec *device;
    const struct dh_stack_spec *stack;
    struct dh_training_net net;
};

/* The first fabric that joins a node of the device; NULL: none does. */
static const struct dh_run_fabric *fabric_of(const struct dh_facility *f, const struct dh_device_spec *device,
                                             double *adapters) {
    for (int32_t i = 0; i < f->fabric.n; i++) {
        const struct dh_network_part_spec *part = &f->fabric.def.parts[i];
        for (int32_t n = 0; n < part->n_node; n++) {
            int32_t node = part->nodes[n];
            if (f->device_spec[f->rack_device[f->node_rack[node]]] != device || f->node_gpus[node] == 0)
                continue;
            *adapters = (double)part->adapters / f->node_gpus[node];
            return &f->fabric.fabrics[i];
        }
    }
    return NULL;
}

static struct dh_training_net net_of(const struct dh_facility *f, const struct dh_device_spec *device) {
    const struct dh_scenario *sc = f->scenario;
    struct dh_training_net net = dh_training_net_default(device);
    double adapters;
    const struct dh_run_fabric *fabric = fabric_of(f, device, &adapters);
    net.node = dh_facility_node_gpus(f, device);
    if (!fabric || fabric->spec->fidelity == DH_NETWORK_NONE)
        return net;
    const struct dh_interconnect_spec *domain =
        dh_collective_find_domain(sc->interconnects, sc->n_interconnects, device->id, "");
    if (device->link_bytes_per_s > 0)
        net.link_bytes_per_s = device->link_bytes_per_s / 2;
    net.domain = net.node;
    if (domain && domain->spans_nodes)
        net.domain = (int32_t)domain->domain;
    net.nic_bytes_per_s = adapters * fabric->facts.host_bytes_per_s;
    net.fabric.domain = domain;
    if (fabric->network) {
        net.nic_bytes_per_s = fabric->network->nics * fabric->network->nic_bytes_per_s;
        net.fabric.network = fabric->network;
    }
    return net;
}

static enum dh_err setting_of(struct setting *s, const struct dh_facility *f,
                              const struct dh_jobs_spec *stream, struct dh_diag *diag) {
    const struct dh_training_spec *t = &stream->trainings[0];
    const struct dh_scenario *sc = f->scenario;
    const struct dh_device_spec *device =
        t->device ? dh_scenario_device(sc, t->device) : dh_facility_main_device(f);
    const struct dh_model_spec *model = dh_scenario_model(sc, t->model);
    s->device = device;
    s->stack = stack_of(sc, t);
    if (!model || !s->stack) {
        dh_fail(diag, DH_ERR_DANGLING_REF, t->place, "jobs %s: no %s", stream->id,
                model ? "stack called 'default'" : "such model");
        dh_diag_hint(diag, "<import href=\"catalog:stacks.xml\"/>");
        return DH_ERR_DANGLING_REF;
    }
    if (!device)
        return dh_fail(diag, DH_ERR_VALUE, t->place, "jobs %s: nothing in the halls to train on", stream->id);
    if (dh_facility_node_gpus(f, device) == 0) {
        dh_fail(diag, DH_ERR_VALUE, t->place, "jobs %s: no %s stands in the halls", stream->id, device->id);
        dh_diag_hint(diag, "without 'device' it is the one that the halls have most of");
        return DH_ERR_VALUE;
    }
    s->net = net_of(f, device);
    return dh_transformer_of(&s->counts, model, diag);
}

enum dh_err dh_training_job_of(struct dh_training_job *job, const struct dh_facility *f,
                               const struct dh_jobs_spec *stream, int64_t gpus, struct dh_diag *diag) {
    const struct dh_training_spec *t = &stream->trainings[0];
    struct setting s;
    *job = (struct dh_training_job){0};
    DH_TRY(setting_of(&s, f, stream, diag));
    struct dh_diag why = {0};
    struct dh_training_free may = plan_of(&job->plan, t, s.stack, gpus);
    enum dh_err err = find_step(job, &s.counts, &may, s.device, &s.net, s.stack, &why);
    if (err != DH_OK)
        tell_why(diag, &why, err, stream, t);
    dh_diag_free(&why);
    DH_TRY(err);
    double tokens_per_step = t->batch * t->sequence;
    job->steps = isnan(t->steps) ? ceil(t->tokens / tokens_per_step) : t->steps;
    job->tokens = job->steps * tokens_per_step;
    job->work_s = job->steps * job->step.step_s;
    add_swing(job);
    add_power(job, stream, s.device);
    return DH_OK;
}

enum dh_err dh_training_job_traffic(struct dh_training_traffic *out, const struct dh_facility *f,
                                    const struct dh_jobs_spec *stream, int64_t gpus) {
    struct setting s;
    struct dh_training_job job;
    struct dh_diag quiet = {0};
    enum dh_err err = dh_training_job_of(&job, f, stream, gpus, &quiet);
    if (err == DH_OK)
        err = setting_of(&s, f, stream, &quiet);
    if (err == DH_OK)
        err = dh_training_traffic(out, &s.counts, &job.plan, s.device, &s.net, s.stack, &quiet);
    dh_diag_free(&quiet);
    return err;
}

enum dh_err dh_training_job_kernels(struct dh_kernel_use *use, const struct dh_device_spec **device,
                                    const struct dh_training_job *job, const struct dh_facility *f,
                                    const struct dh_jobs_spec *stream) {
    struct setting s;
    struct dh_diag quiet = {0};
    enum dh_err err = setting_of(&s, f, stream, &quiet);
    dh_diag_free(&quiet);
    DH_TRY(err);
    *device = s.device;
    return dh_training_kernels(use, &s.counts, &job->plan, s.device, &s.net, s.stack);
}

struct dh_checkpoints_spec dh_training_job_checkpoints(const struct dh_scenario *sc,
                                                       const struct dh_jobs_spec *stream) {
    struct dh_checkpoints_spec how = stream->checkpoints[0];
    struct dh_diag diag = {0};
    struct dh_transformer counts;
    bool open = isnan(how.size_b) && isnan(how.parameters) && isnan(how.write_s);
    const struct dh_model_spec *model = open && stream->n_trainings > 0 && stream->trainings[0].lora_rank == 0
                                            ? dh_scenario_model(sc, stream->trainings[0].model)
                                            : NULL;
    if (model && dh_transformer_of(&counts, model, &diag) == DH_OK)
        how.parameters = dh_transformer_parameters(&counts);
    dh_diag_free(&diag);
    return how;
}
