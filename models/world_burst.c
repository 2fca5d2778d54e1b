/* Hybrid cloud: jobs that have waited longer than the threshold go there, in order of submission. */
#include "models/world.h"

enum dh_err dh_world_send(struct dh_world *w, int32_t job) {
    struct dh_job_run *run = &w->runs[job];
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_cloud_plan *plan =
        dh_cloud_send(&w->cloud, job, asked, dh_job_id(&w->jobs, job), w->des.now);
    run->state = DH_JOB_BURST;
    run->burst = true;
    run->burst_start = w->des.now;
    run->start = plan->running;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_BURST, job, asked->gpus));
    return dh_des_schedule(&w->des, plan->done, DH_PHASE_CLOUD, DH_EVENT_CLOUD_DONE, job, 0);
}

/* What has begun here stays. */
static bool may_leave(const struct dh_world *w, int32_t job) {
    return dh_cloud_takes(&w->cloud, &w->jobs.jobs[job]) && w->runs[job].gpu_ns == 0;
}

bool dh_world_may_send(const struct dh_world *w) {
    int32_t job = -1;
    while (w->bursts && (job = dh_scheduler_waiting_since(&w->scheduler, DH_TIME_MAX, job)) >= 0)
        if (may_leave(w, job) && dh_cloud_has_room(&w->cloud, &w->jobs.jobs[job]))
            return true;
    return false;
}

enum dh_err dh_world_burst(struct dh_world *w) {
    dh_time now = w->des.now, threshold = dh_time_from_s(w->cloud.spec->threshold_s);
    int32_t job = -1;
    while ((job = dh_scheduler_waiting_since(&w->scheduler, now - threshold, job)) >= 0) {
        const struct dh_job *asked = &w->jobs.jobs[job];
        if (!may_leave(w, job))
            continue;
        if (!dh_cloud_has_room(&w->cloud, asked))
            continue; /* looked at again when something comes back */
        DH_TRY(dh_scheduler_withdraw(&w->scheduler, job, now));
        DH_TRY(dh_world_send(w, job));
    }
    /* Next time a waiting job may cross the threshold: the oldest that has not yet. */
    dh_time due = dh_scheduler_oldest_submit(&w->scheduler);
    if (due == DH_TIME_MAX)
        return DH_OK;
    due += threshold;
    if (due <= now) /* the oldest stays for good; look again as often as the site is stepped */
        due = now + w->burst_retry;
    if (w->burst_check_at > now && w->burst_check_at <= due)
        return DH_OK;
    w->burst_check_at = due;
    return dh_des_schedule(&w->des, due, DH_PHASE_PASS, DH_EVENT_PASS, -1, 0);
}

/* The scenario's own stays as it is: the cloud gets its copy of what was asked for. */
enum dh_err dh_world_burst_after(struct dh_world *w, double threshold_s) {
    if (!w->bursts)
        return DH_OK;
    struct dh_burst_spec *own = dh_arena_alloc(&w->mem, sizeof *own);
    if (!own)
        return DH_ERR_MEMORY;
    *own = *w->cloud.spec;
    own->threshold_s = threshold_s;
    w->cloud.spec = own;
    w->burst_check_at = DH_TIME_NONE;
    return dh_world_plan_pass(w);
}

enum dh_err dh_world_on_cloud_done(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_job_run *run = &w->runs[ev->subject];
    dh_cloud_done(&w->cloud, ev->subject, &w->jobs.jobs[ev->subject], des->now);
    run->end = des->now;
    dh_world_job_over(w, ev->subject);
    w->n_unfinished--;
    if (w->until_idle && w->n_unfinished == 0 && w->next_arrival == w->n_arrival) {
        w->idle = true;
        return DH_ERR_INTERRUPTED;
    }
    return dh_world_plan_pass(w);
}
