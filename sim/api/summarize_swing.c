/* Power swings of the largest training job. */
#include "models/swing.h"
#include "models/training_job.h"
#include "sim/api/summarize.h"

#include <math.h>

#define LOW_HZ  0.1
#define HIGH_HZ 20.0

static bool swings(const struct dh_world *w, int32_t job) {
    int32_t row = w->jobs.jobs[job].stream;
    if (row <= 0 || w->runs[job].start == DH_TIME_NONE)
        return false;
    const struct dh_jobs_spec *stream = &w->sc->workloads[0].streams[row - 1];
    return stream->n_swings > 0 || stream->n_trainings > 0;
}

/* Row of the largest of those that ran; -1: none swings. */
static int32_t largest(const struct dh_world *w) {
    int32_t found = -1;
    for (int32_t j = 0; j < w->jobs.n_job; j++)
        if (swings(w, j) && (found < 0 || w->jobs.jobs[j].gpus > w->jobs.jobs[found].gpus))
            found = j;
    return found;
}

/* Of a stream that says nothing of its swings: no stagger, floor or storage; edges as by default. */
static const struct dh_swing_spec plain = {.period_s = NAN,
                                           .duty = NAN,
                                           .low = 0.3,
                                           .edge_s = 0.05,
                                           .checkpoint_every = -1,
                                           .checkpoint_s = 30,
                                           .groups = 1,
                                           .efficiency = 0.95};

/* The wave of one GPU: of the step that the stream trains with, unless the scenario says one. */
static struct dh_swing_wave wave_of(const struct dh_world *w, int32_t job, const struct dh_swing_spec *spec,
                                    const struct dh_device_spec *device) {
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_jobs_spec *stream = &w->sc->workloads[0].streams[asked->stream - 1];
    double mean_w = dh_chip_power_w(device, (enum dh_work)asked->work_kind, asked->gpu_util, 1);
    struct dh_training_job step;
    if (!isnan(spec->period_s) || dh_training_job_of(&step, w->f, stream, asked->gpus, NULL) != DH_OK)
        return dh_swing_wave_of(mean_w, device->idle_w, spec->period_s, spec->duty, spec->low, spec->edge_s);
    double period_s = step.step.step_s,
           edge_s = fmin(spec->edge_s, period_s * fmin(step.duty, 1 - step.duty));
    double duty = fmin(0.99, fmax(0.01, isnan(spec->duty) ? step.duty : spec->duty));
    struct dh_swing_wave wave = dh_swing_wave_of(mean_w, device->idle_w, period_s, duty, spec->low, edge_s);
    if (step.n_part == 0)
        return wave;
    /* powers of the parts in which it computes, and of those in which it waits */
    double high_j = 0, low_j = 0, high_s = 0, low_s = 0;
    for (int k = 0, n = 0; k < DH_N_TRAIN_PHASE; k++) {
        if (!(step.phases[k].seconds > 0))
            continue;
        bool computes = k == DH_TRAIN_FORWARD || k == DH_TRAIN_BACKWARD || k == DH_TRAIN_OPTIMIZER;
        *(computes ? &high_j : &low_j) += step.parts[n].s * step.parts[n].w;
        *(computes ? &high_s : &low_s) += step.parts[n].s;
        n++;
    }
    if (high_s > 0 && low_s > 0) {
        wave.high_w = high_j / high_s;
        wave.low_w = fmin(wave.high_w, low_j / low_s);
    }
    return wave;
}

void dh_summarize_swing(struct dh_summary *out, const struct dh_world *w) {
    int32_t job = largest(w);
    if (job < 0)
        return;
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_jobs_spec *stream = &w->sc->workloads[0].streams[asked->stream - 1];
    const struct dh_swing_spec *spec = stream->n_swings > 0 ? &stream->swings[0] : &plain;
    const char *of = stream->n_trainings > 0 ? stream->trainings[0].device : NULL;
    const struct dh_device_spec *device = of ? dh_scenario_device(w->sc, of) : dh_facility_main_device(w->f);
    struct dh_swing_wave one = wave_of(w, job, spec, device);
    struct dh_swing_wave all = one;
    all.high_w *= asked->gpus;
    all.low_w *= asked->gpus;
    dh_put_text(out, "swing.job", dh_job_id(&w->jobs, job));
    dh_put_count(out, "swing.gpus", asked->gpus);
    dh_put_number(out, "swing.mw", dh_swing_step_w(&all) * 1e-6);
    dh_put_number(out, "swing.max_ramp_mw_per_s", dh_swing_ramp_w_per_s(&all) * 1e-6);
    dh_put_number(out, "swing.fundamental_hz", 1 / all.period_s);
    dh_put_number(out, "swing.fundamental_mw", dh_swing_harmonic_w(&all, 1) * 1e-6);
    dh_put_number(out, "swing.band_mw", dh_swing_band_w(&all, LOW_HZ, HIGH_HZ) * 1e-6);
    dh_put_number(out, "swing.flat_kwh", dh_swing_store_j(&all) / J_PER_KWH);
    if (spec->checkpoint_every > 0)
        dh_put_number(out, "swing.flat_checkpoint_kwh",
                      dh_swing_checkpoint_store_j(&all, spec->checkpoint_every, spec->checkpoint_s,
                                                  device->idle_w * asked->gpus) /
                          J_PER_KWH);
    double cost_w = 0;
    struct dh_swing_wave left = dh_swing_stagger(&all, spec->groups);
    left = dh_swing_floor(&left, spec->floor * all.high_w, &cost_w);
    left = dh_swing_storage(&left, spec->storage_j * asked->gpus, spec->efficiency, &cost_w);
    double step_w = dh_swing_step_w(&left);
    dh_put_number(out, "swing.residual_mw", step_w * 1e-6);
    dh_put_number(out, "swing.residual_ramp_mw_per_s", dh_swing_ramp_w_per_s(&left) * 1e-6);
    dh_put_number(out, "swing.residual_band_mw", dh_swing_band_w(&left, LOW_HZ, HIGH_HZ) * 1e-6);
    dh_put_number(out, "swing.cost_kw", cost_w * 1e-3);
}
