/* The stretches of a step, with what the device does in each: for its power. */
#include "models/training_internal.h"

#include <math.h>

void dh_training_phases_of(struct dh_training_phase *phases, const struct dh_training_step *s,
                           const struct dh_training_place *p, const struct dh_training_plan *plan) {
    double passes = dh_training_passes(plan), flops = s->model_flops / plan->gpus / passes,
           peak = p->products->peak_flops;
    double again = s->recompute == DH_RECOMPUTE_FULL ? 1 : 0;
    double work = s->forward_s + s->backward_s + s->host_s;
    double forward = work > 0 ? s->host_s * s->forward_s / (s->forward_s + s->backward_s) : 0;
    double element = s->element_s / fmax(s->forward_s + s->backward_s, 1e-12);
    for (int i = 0; i < DH_N_TRAIN_PHASE; i++)
        phases[i] = (struct dh_training_phase){0};
    /* products stream operands besides: a fifth of the bandwidth (assumption) */
    double mbu = fmin(1, 0.2 + 0.78 * element),
           stretch = 1 + (s->step_s > 0 ? s->straggle_s / (s->step_s - s->straggle_s) : 0);
    phases[DH_TRAIN_FORWARD].seconds = (s->forward_s + forward) * stretch;
    phases[DH_TRAIN_BACKWARD].seconds = (s->backward_s + s->host_s - forward) * stretch;
    phases[DH_TRAIN_COMMUNICATION].seconds =
        (s->tensor_s + s->context_s + s->expert_s + s->pipeline_s + s->data_s) * stretch;
    phases[DH_TRAIN_BUBBLE].seconds = s->bubble_s * stretch;
    phases[DH_TRAIN_OPTIMIZER].seconds = s->optimizer_s * stretch;
    phases[DH_TRAIN_IDLE].seconds = s->fixed_s * stretch;
    if (phases[DH_TRAIN_FORWARD].seconds > 0)
        phases[DH_TRAIN_FORWARD].mfu = fmin(1, flops / phases[DH_TRAIN_FORWARD].seconds / peak);
    if (phases[DH_TRAIN_BACKWARD].seconds > 0)
        phases[DH_TRAIN_BACKWARD].mfu =
            fmin(1, flops * (passes - 1 + again) / phases[DH_TRAIN_BACKWARD].seconds / peak);
    phases[DH_TRAIN_FORWARD].mbu = phases[DH_TRAIN_BACKWARD].mbu = mbu;
    phases[DH_TRAIN_COMMUNICATION].mbu = 0.15; /* buffers in and out; assumption */
    phases[DH_TRAIN_OPTIMIZER].mbu = 0.78;
}
