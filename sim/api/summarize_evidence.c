/* How much of a run rests on figures that were published, measured, computed from such, or assumed: the
 * sources of its scenario and catalogs counted, and GPU time and energy by the evidence for the power of the
 * accelerator at that kind of work (device/source for="power:decode"). */
#include "scenarios/scenario_evidence.h"
#include "sim/api/summarize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_SAID = DH_N_EVIDENCE, N_KIND };
static const char *const words[N_KIND] = {"published", "measured", "computed", "assumed", "not_said"};

static void count_source(void *self, const char *element, const char *id,
                         const struct dh_source_spec *source) {
    int64_t *count = self;
    (void)element;
    (void)id;
    if (!dh_evidence_is_aside(source) && source->evidence >= 0 && source->evidence < DH_N_EVIDENCE)
        count[source->evidence]++;
}

/* Of the accelerators that a job ran on, for its kind of work; replicas mostly write answers. */
static int kind_of(const struct dh_world *w, int32_t j) {
    static const char *const figures[] = {"power:training", "power:finetune", "power:batch", "power:notebook",
                                          "power:prefill",  "power:decode",   "power:copy",  "power:hpc"};
    const struct dh_job_run *run = &w->runs[j];
    const struct dh_job *job = &w->jobs.jobs[j];
    if (run->n_segment == 0 || run->segments[0].node < 0 || run->segments[0].node >= w->f->n_node)
        return NOT_SAID;
    const struct dh_device_spec *device =
        w->f->device_spec[w->f->rack_device[w->f->node_rack[run->segments[0].node]]];
    size_t work = job->service >= 0 ? 5 : job->work_kind;
    int32_t found = work < sizeof figures / sizeof *figures
                        ? dh_evidence_of(device->sources, device->n_sources, figures[work])
                        : -1;
    return found < 0 ? NOT_SAID : found;
}

void dh_summarize_evidence(struct dh_summary *out, const struct dh_world *w) {
    int64_t count[DH_N_EVIDENCE] = {0};
    dh_gpu_ns all[N_KIND] = {0}, (*owned)[N_KIND] = calloc((size_t)w->f->n_owner + 1, sizeof *owned);
    double kwh[N_KIND] = {0}, it_kwh = dh_summary_value(out, "energy.it_kwh"), said = 0;
    if (!owned) {
        out->err = DH_ERR_MEMORY;
        return;
    }
    dh_scenario_each_source(w->sc, count_source, count);
    for (int32_t j = 0; j < w->jobs.n_job; j++) {
        int32_t owner = dh_world_owner(w, j);
        if (w->runs[j].gpu_ns == 0)
            continue;
        int kind = kind_of(w, j);
        all[kind] += w->runs[j].gpu_ns;
        if (owner >= 0)
            owned[owner][kind] += w->runs[j].gpu_ns;
    }
    for (int32_t o = 0; o < w->f->n_owner; o++) {
        double energy = dh_energy_kwh(&w->power.owner[o].meter, w->des.now), held = 0;
        for (int k = 0; k < N_KIND; k++)
            held += (double)owned[o][k];
        for (int k = 0; k < N_KIND && held > 0; k++)
            kwh[k] += energy * (double)owned[o][k] / held;
    }
    for (int k = 0; k < N_KIND; k++) {
        said += kwh[k];
        if (k < DH_N_EVIDENCE)
            dh_put_at(out, (double)count[k], "evidence.sources.%s", words[k]);
        if (all[k] > 0)
            dh_put_at(out, (double)all[k] / 3.6e12, "evidence.gpu_h.%s", words[k]);
        if (kwh[k] > 0)
            dh_put_at(out, kwh[k], "evidence.energy_kwh.%s", words[k]);
    }
    if (said > 0)
        dh_put_at(out, it_kwh - said, "evidence.energy_kwh.rest");
    free(owned);
}
