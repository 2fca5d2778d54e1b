/* Phases of jobs: a job's activity changes when a share of its work is done, wherever throttling and
 * preemption put that moment. */
#include "models/world.h"

#include <math.h>

static const struct dh_jobs_spec *stream_of(const struct dh_world *w, int32_t job) {
    int32_t row = w->jobs.jobs[job].stream;
    return row > 0 ? &w->sc->workloads[0].streams[row - 1] : NULL;
}

/* The phase that a job is in; *left: work that remains when it is over, 0 in the last. */
static int32_t phase_of(const struct dh_world *w, const struct dh_jobs_spec *stream, int32_t job,
                        dh_time *left) {
    dh_time work = w->jobs.jobs[job].work;
    double done = 0;
    for (int32_t phase = 0; phase + 1 < stream->n_phases; phase++) {
        done += stream->phases[phase].share;
        *left = work - (dh_time)floor((double)work * done);
        if (w->runs[job].remaining > *left)
            return phase;
    }
    *left = 0;
    return stream->n_phases - 1;
}

void dh_world_activity(const struct dh_world *w, int32_t job, double *gpu_util, double *cpu_util) {
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_jobs_spec *stream = stream_of(w, job);
    *gpu_util = asked->service >= 0 ? w->services[asked->service].util : asked->gpu_util;
    *cpu_util = asked->cpu_util;
    if (stream && stream->n_phases > 0) {
        dh_time left;
        const struct dh_phase_spec *phase = &stream->phases[phase_of(w, stream, job, &left)];
        *gpu_util = phase->gpu_util;
        *cpu_util = phase->cpu_util;
    }
    *gpu_util = dh_world_waiting_activity(&w->runs[job], *gpu_util);
}

enum dh_err dh_world_plan_phase(struct dh_world *w, int32_t job) {
    const struct dh_jobs_spec *stream = stream_of(w, job);
    const struct dh_job_run *run = &w->runs[job];
    if (!stream || stream->n_phases == 0 || !(run->rate > 0))
        return DH_OK;
    dh_time left;
    if (phase_of(w, stream, job, &left) + 1 >= stream->n_phases)
        return DH_OK;
    dh_time until = run->remaining - left;
    double needed = run->rate == 1 ? (double)until : ceil((double)until / run->rate);
    if (!(needed < (double)(DH_TIME_MAX - 1 - w->des.now)))
        return DH_OK;
    dh_time takes = run->rate == 1 ? until : (dh_time)needed;
    return dh_des_schedule_generation(&w->des, w->des.now + takes, DH_PHASE_LIMIT, DH_EVENT_PHASE, job,
                                      run->generation, 0);
}

enum dh_err dh_world_on_phase(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    const struct dh_job_run *run = &w->runs[ev->subject];
    (void)des;
    if (ev->generation != run->generation || run->state != DH_JOB_RUNNING)
        return DH_OK;
    dh_world_account(w, ev->subject);
    double gpu_util, cpu_util;
    dh_world_activity(w, ev->subject, &gpu_util, &cpu_util);
    for (int32_t i = 0; i < run->n_segment; i++) {
        dh_power_activity(&w->power, &run->segments[i], ev->subject, gpu_util, cpu_util);
        w->rack_jobs_changed[w->f->node_rack[run->segments[i].node]] = true;
    }
    DH_TRY(dh_world_plan_phase(w, ev->subject));
    if (w->stamp[ev->subject] != w->round) { /* another activity may meet the cap at another clock */
        w->stamp[ev->subject] = w->round;
        w->changed[w->n_changed++] = ev->subject;
    }
    return dh_world_rates(w);
}
