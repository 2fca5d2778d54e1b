/* Jobs in motion: they arrive, start where the scheduler puts them, progress at the clock of their slowest
 * GPU, and end. A change of clock plans a new end and makes the old one stale. */
#include "models/world_network.h"
#include "models/world_service.h"
#include "models/chip.h"

#include <math.h>

static const struct dh_scheduler_spec *spec_of(const struct dh_world *w) {
    return w->scheduler.spec;
}

enum dh_err dh_world_plan_pass(struct dh_world *w) {
    if (w->pass_at == w->des.now)
        return DH_OK;
    w->pass_at = w->des.now;
    return dh_des_schedule(&w->des, w->des.now, DH_PHASE_PASS, DH_EVENT_PASS, -1, 0);
}

/* A pass at the end of the instant, or at once. */
static enum dh_err pass_wanted(struct dh_world *w) {
    return spec_of(w)->pass == DH_PASS_EVENT ? dh_world_on_pass(&w->des, w, NULL) : dh_world_plan_pass(w);
}

/* Of the workload: no replica, and no stage of a pipeline. */
static bool is_own(const struct dh_job *job) {
    return job->service < 0 && job->pipeline == 0;
}

int32_t dh_world_owner(const struct dh_world *w, int32_t job) {
    const struct dh_job *asked = &w->jobs.jobs[job];
    if (asked->service >= 0)
        return asked->service;
    return asked->stream > 0 ? w->f->n_service + asked->stream - 1 : -1;
}

void dh_world_rack_rates(struct dh_world *w, int32_t rack) {
    const struct dh_facility *f = w->f;
    for (int32_t n = f->rack_first_node[rack]; n < f->rack_first_node[rack] + f->rack_nodes[rack]; n++)
        for (int32_t h = w->power.node_holding[n]; h >= 0; h = w->power.holding[h].next) {
            int32_t job = w->power.holding[h].job;
            if (w->stamp[job] == w->round)
                continue;
            w->stamp[job] = w->round;
            w->changed[w->n_changed++] = job;
        }
}

/* ---- what the scheduler tells
 * -------------------------------------------------------------------------------- */

/* Whether a site's limit leaves room for the GPUs of the job that are there. */
static bool site_allows(const struct dh_world *w, int32_t site, int32_t job) {
    const struct dh_facility *f = w->f;
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_job_run *run = &w->runs[job];
    double more_w = 0;
    for (int32_t i = 0; i < run->n_segment; i++) {
        int32_t rack = f->node_rack[run->segments[i].node];
        if (f->rack_site[rack] != site)
            continue;
        const struct dh_device_spec *device = f->device_spec[f->rack_device[rack]];
        more_w += run->segments[i].gpus *
                  (dh_chip_power_w(device, asked->work_kind, asked->gpu_util, 1) - device->idle_w +
                   asked->cpu_util * (f->rack_cpu_max_w[rack] - f->rack_cpu_idle_w[rack]) /
                       f->rack_node_gpus[rack]);
    }
    /* What a watt of IT costs at the utility now; a start moves neither weather nor losses much. */
    double it_w = dh_uw_to_w(w->power.sum.it);
    double factor = it_w > 0 ? dh_uw_to_w(w->power.sum.facility) / it_w : 1;
    return !(more_w > 0) || dh_power_site_w(&w->power, site) + factor * more_w <=
                                DH_POWER_TARGET * w->energy.start_limit_w[site];
}

static bool power_allows(void *self, int32_t job, dh_time now) {
    struct dh_world *w = self;
    dh_power_settle(&w->power, now);
    for (int32_t s = 0; s < w->f->n_site; s++)
        if (!site_allows(w, s, job)) {
            w->start_gate.refused++;
            w->site_gate[s].refused++;
            dh_binding_begin(w, &w->start_gate);
            dh_binding_begin(w, &w->site_gate[s]);
            return false;
        }
    return true;
}

/* Time on GPUs since its last failure, as of the scheduler's last account. */
static dh_time held(const struct dh_world *w, int32_t job) {
    return (dh_time)(w->runs[job].gpu_ns / w->jobs.jobs[job].gpus) - w->runs[job].held_before;
}

static enum dh_err job_started(void *self, int32_t job, dh_time now) {
    struct dh_world *w = self;
    const struct dh_job *asked = &w->jobs.jobs[job];
    struct dh_job_run *run = &w->runs[job];
    struct dh_power_use activity = {.work = asked->work_kind, .owner = dh_world_owner(w, job)};
    dh_world_pace_reset(run);
    dh_world_activity(w, job, &activity.gpu_util, &activity.cpu_util);
    for (int32_t i = 0; i < run->n_segment; i++) {
        DH_TRY(dh_power_hold(&w->power, &run->segments[i], job, &activity));
        w->rack_jobs_changed[w->f->node_rack[run->segments[i].node]] = true;
    }
    dh_world_pace_start(w, job);
    run->updated = now;
    if (run->failed_at != DH_TIME_NONE)
        dh_world_count_wait(w, job, now - run->failed_at);
    run->failed_at = DH_TIME_NONE;
    w->n_running++;
    if (!is_own(asked))
        w->n_replica_running++;
    if (asked->service >= 0) {
        w->services[asked->service].n_running++;
        if (w->services[asked->service].queue)
            DH_TRY(
                dh_service_replica_came(w, asked->service, job - w->services[asked->service].first_replica));
    }
    DH_TRY(dh_world_network_came(w, job));
    DH_TRY(dh_world_plan_end(w, job));
    DH_TRY(dh_world_data_started(w, job));
    dh_time limit = dh_scheduler_limit(spec_of(w), asked);
    if (limit >= DH_TIME_MAX - now || asked->service >= 0)
        return DH_OK;
    dh_time left = limit - held(w, job);
    return dh_des_schedule(&w->des, now + (left > 0 ? left : 0), DH_PHASE_LIMIT, DH_EVENT_LIMIT, job, 0);
}

static enum dh_err take_off(struct dh_world *w, int32_t job) {
    struct dh_job_run *run = &w->runs[job];
    int32_t service = w->jobs.jobs[job].service;
    if (service >= 0 && w->services[service].queue)
        DH_TRY(dh_service_replica_left(w, service, job - w->services[service].first_replica));
    dh_world_account(w, job);
    DH_TRY(dh_world_network_left(w, job));
    DH_TRY(dh_world_data_stopped(w, job));
    run->generation++;
    for (int32_t i = 0; i < run->n_segment; i++) {
        dh_power_release(&w->power, &run->segments[i], job);
        w->rack_jobs_changed[w->f->node_rack[run->segments[i].node]] = true;
    }
    w->n_running--;
    if (w->n_drained > 0) /* what it gives back may be nobody's */
        dh_scheduler_pool_changed(&w->scheduler);
    if (service >= 0)
        w->services[service].n_running--;
    if (!is_own(&w->jobs.jobs[job]))
        w->n_replica_running--;
    return DH_OK;
}

static enum dh_err job_preempted(void *self, int32_t job, dh_time now) {
    (void)now;
    return take_off(self, job);
}

static enum dh_err job_left(void *self, int32_t job, dh_time now) {
    struct dh_world *w = self;
    const struct dh_job *asked = &w->jobs.jobs[job];
    if (w->bursts && dh_cloud_takes(&w->cloud, asked) && dh_cloud_has_room(&w->cloud, asked))
        return dh_world_send(w, job);
    w->runs[job].end = now;
    dh_world_job_over(w, job);
    w->n_unfinished -= is_own(asked);
    if (asked->pipeline > 0 && dh_pool_could_ever(&w->pool, asked))
        return dh_world_stage_job_left(w, job);
    return dh_world_incident(w, DH_INCIDENT_REJECTED, job, asked->gpus);
}

struct dh_scheduler_hooks dh_world_scheduler_hooks(struct dh_world *w) {
    return (struct dh_scheduler_hooks){.self = w,
                                       .may_start = power_allows,
                                       .started = job_started,
                                       .preempted = job_preempted,
                                       .left = job_left};
}

/* ---- events
 * ------------------------------------------------------------------------------------------------- */

enum dh_err dh_world_on_arrival(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    int32_t job = w->arrival[w->next_arrival++];
    dh_job_plan(&w->jobs.jobs[job], &w->runs[job], 0);
    if (!dh_world_data_holds(w, job))
        DH_TRY(dh_scheduler_submit(&w->scheduler, job, des->now));
    if (w->next_arrival < w->n_arrival) {
        dh_time next = w->jobs.jobs[w->arrival[w->next_arrival]].submit;
        DH_TRY(dh_des_schedule(des, next > des->now ? next : des->now, DH_PHASE_ARRIVAL, DH_EVENT_ARRIVAL, -1,
                               0));
    }
    return pass_wanted(w);
}

/* What a job's attempt came to so far: restarting and writing checkpoints is no work, nor is what has to be
 * done again if it fails now. Returns the work that is saved. */
static dh_time count_attempt(struct dh_world *w, int32_t job, bool fails) {
    const struct dh_job *asked = &w->jobs.jobs[job];
    const struct dh_job_run *run = &w->runs[job];
    dh_time progress = run->planned - run->remaining, wall = progress - run->lead;
    dh_time useful = dh_job_useful(asked, wall), saved = dh_world_saved(w, job, wall);
    dh_gpu_ns overhead = (dh_gpu_ns)(progress - useful) * asked->gpus;
    double kept = (double)(fails ? saved : useful);
    w->gpu_time.bubble += (dh_gpu_ns)floor(kept * (double)asked->bubble) * asked->gpus;
    w->gpu_time.communication += (dh_gpu_ns)floor(kept * (double)asked->communication) * asked->gpus;
    int32_t owner = dh_world_owner(w, job);
    w->overhead_gpu_ns += overhead;
    dh_world_count_restart(w, job, progress < run->lead ? progress : run->lead);
    if (fails)
        dh_world_count_loss(w, job, useful - saved);
    if (owner >= 0) {
        w->owners[owner].overhead_gpu_ns += overhead;
        w->owners[owner].lost_gpu_ns += fails ? (dh_gpu_ns)(useful - saved) * asked->gpus : 0;
    }
    return saved;
}

void dh_world_close_job(struct dh_world *w, int32_t job) {
    dh_world_account(w, job);
    if (w->jobs.jobs[job].service < 0)
        count_attempt(w, job, false);
}

/* The pass waits for the end of the instant whatever the scheduler's pass: before that it would put the job
 * back on the node that is going down. */
enum dh_err dh_world_fail_job(struct dh_world *w, int32_t job) {
    const struct dh_job *asked = &w->jobs.jobs[job];
    struct dh_job_run *run = &w->runs[job];
    dh_gpu_ns lost = w->lost_gpu_ns + w->overhead_gpu_ns;
    bool again = !is_own(asked) || !w->failing_jobs_leave;
    DH_TRY(take_off(w, job));
    if (asked->service < 0)
        run->saved += count_attempt(w, job, true);
    DH_TRY(dh_scheduler_ended(&w->scheduler, job, w->des.now));
    run->held_before += held(w, job);
    run->n_failed++;
    w->n_job_failure++;
    double lost_gpu_h = (double)(w->lost_gpu_ns + w->overhead_gpu_ns - lost) / 3.6e12;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_JOB_FAILED, job, lost_gpu_h));
    if (asked->service < 0)
        dh_job_plan(asked, run, dh_world_restart_lead(w, job));
    DH_TRY(dh_world_saving_ends(w, job));
    if (!again) {
        run->state = DH_JOB_FAILED;
        run->end = w->des.now;
        dh_world_job_over(w, job);
        w->n_unfinished--;
        return dh_world_plan_pass(w);
    }
    run->failed_at = asked->service < 0 ? w->des.now : DH_TIME_NONE;
    DH_TRY(dh_scheduler_submit(&w->scheduler, job, w->des.now));
    return dh_world_plan_pass(w);
}

enum dh_err dh_world_finish_job(struct dh_world *w, int32_t job, enum dh_job_state state) {
    struct dh_job_run *run = &w->runs[job];
    DH_TRY(take_off(w, job));
    dh_world_close_job(w, job);
    DH_TRY(dh_world_saving_ends(w, job));
    DH_TRY(dh_scheduler_ended(&w->scheduler, job, w->des.now));
    run->state = (uint8_t)state;
    run->end = w->des.now;
    dh_world_job_over(w, job);
    w->n_unfinished -= is_own(&w->jobs.jobs[job]);
    if (w->jobs.jobs[job].pipeline > 0)
        DH_TRY(dh_world_stage_job_done(w, job));
    return pass_wanted(w);
}

/* A power limit that has let nobody start for this long, with nobody running, never will: weather and
 * requests come back every year. */
static const dh_time GIVE_UP = INT64_C(31622400) * DH_NS_PER_S;

/* Whether time alone may let a job start that the power limit holds back: weather or requests change what
 * else is drawn. */
static bool power_may_come_back(const struct dh_world *w) {
    bool moves = w->plant_steps || w->f->n_service > 0;
    return w->start_gate.since != DH_TIME_NONE && moves && w->des.now - w->start_gate.since < GIVE_UP;
}

/* Whether nodes that are down may yet come back: something is in repair or will be put back, or heat or power
 * has changed lately. */
static bool nodes_may_come_back(const struct dh_world *w) {
    return w->pool.n_down_gpu > 0 &&
           (w->failure.n_away > 0 || w->n_rack_waiting > 0 || w->des.now - w->down_changed_at < GIVE_UP);
}

/* With --until idle the run ends with the last job: none arrives, runs or is in the cloud, and those that
 * wait, if any, can never start: nothing that could free a GPU or power is left, the scheduler plans nothing,
 * and the cloud will never take them. */
static bool all_done(const struct dh_world *w, bool passed) {
    if (w->next_arrival < w->n_arrival || dh_world_data_pending(w))
        return false;
    if (w->n_unfinished == 0)
        return true;
    return passed && w->n_running == w->n_replica_running && w->cloud.n_job == 0 && !power_may_come_back(w) &&
           !nodes_may_come_back(w) && dh_scheduler_next(&w->scheduler, w->des.now) == DH_TIME_MAX &&
           !dh_world_may_send(w);
}

/* Whether a job gets on, data move, a stage is at work, or racks are yet to come. Who stands still holds his
 * GPUs: for a store, a link or room that may never come back. */
static bool anything_moves(const struct dh_world *w) {
    if (w->next_arrival < w->n_arrival || w->cloud.n_job > 0 || w->n_rack_waiting > 0 ||
        dh_world_storage_moves(w) || dh_world_data_moves(w))
        return true;
    for (int32_t j = 0; j < w->jobs.n_job; j++)
        if (w->runs[j].state == DH_JOB_RUNNING && w->jobs.jobs[j].service < 0 && w->runs[j].rate > 0)
            return true;
    return false;
}

/* What is in repair is waited for longer; but where something always is, that too has to end. */
static bool stood_for_long(struct dh_world *w) {
    if (anything_moves(w))
        w->moved_at = w->des.now;
    return w->des.now - w->moved_at >= (w->failure.n_away > 0 ? 10 * GIVE_UP : GIVE_UP);
}

/* Who waits for nodes that heat or a lack of power has kept down for a year waits in vain, and so does who
 * has stood still for that long. */
bool dh_world_stands_still(struct dh_world *w) {
    if (stood_for_long(w))
        return true;
    return w->next_arrival >= w->n_arrival && w->cloud.n_job == 0 && w->n_running == w->n_replica_running &&
           w->n_unfinished > 0 && w->pool.n_down_gpu > 0 && !dh_world_data_pending(w) &&
           !nodes_may_come_back(w) && !w->bursts;
}

static enum dh_err end_if_idle(struct dh_world *w, bool passed) {
    if (!w->until_idle || !all_done(w, passed))
        return DH_OK;
    w->idle = true;
    return DH_ERR_INTERRUPTED; /* stops the loop here; dh_world_run knows why */
}

enum dh_err dh_world_end_if_idle(struct dh_world *w) {
    return end_if_idle(w, false);
}

enum dh_err dh_world_on_end(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_job_run *run = &w->runs[ev->subject];
    if (ev->generation != run->generation || run->state != DH_JOB_RUNNING)
        return DH_OK;
    (void)des;
    run->remaining = run->remaining < 0 ? 0 : run->remaining;
    DH_TRY(dh_world_finish_job(w, ev->subject, DH_JOB_DONE));
    return end_if_idle(w, false);
}

enum dh_err dh_world_on_limit(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    struct dh_job_run *run = &w->runs[ev->subject];
    if (run->state != DH_JOB_RUNNING)
        return DH_OK;
    /* What counts is the time on GPUs: one that was set aside meanwhile has a later limit, planned when it
     * went on. */
    dh_scheduler_account(&w->scheduler, ev->subject, des->now);
    if (held(w, ev->subject) < dh_scheduler_limit(spec_of(w), &w->jobs.jobs[ev->subject]))
        return DH_OK;
    DH_TRY(dh_world_finish_job(w, ev->subject, DH_JOB_KILLED));
    return end_if_idle(w, false);
}

/* Whether the pass that is over left a job waiting because it found no place: a replayed start that is still
 * to come, and a policy that starts nothing, ask for none. */
static bool wants_gpus(const struct dh_world *w) {
    const struct dh_job_tree *queue = &w->scheduler.queue;
    if (spec_of(w)->policy == DH_POLICY_REPLAY)
        return queue->head && queue->entries[queue->head].key.first <= w->des.now;
    return queue->head && spec_of(w)->policy != DH_POLICY_NONE;
}

enum dh_err dh_world_on_pass(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    w->pass_at = DH_TIME_NONE; /* a job of no length ends in this instant, and its GPUs are for the next */
    int64_t refused = w->start_gate.refused;
    for (int32_t s = 0; s < w->f->n_site; s++)
        w->site_gate[s].refused = 0; /* in this pass */
    /* A job of no length ends in the instant of its start and wants another pass. */
    w->pass_at = DH_TIME_NONE;
    DH_TRY(dh_scheduler_pass(&w->scheduler, des->now));
    if (w->start_gate.refused == refused)
        dh_binding_end(w, &w->start_gate);
    for (int32_t s = 0; s < w->f->n_site; s++)
        if (w->site_gate[s].refused == 0)
            dh_binding_end(w, &w->site_gate[s]);
    if (w->bursts)
        DH_TRY(dh_world_burst(w));
    if (wants_gpus(w) && w->start_gate.refused == refused)
        dh_binding_begin(w, &w->gpus_bind);
    else
        dh_binding_end(w, &w->gpus_bind);
    if (dh_scheduler_waiting(&w->scheduler) > w->max_queued)
        w->max_queued = dh_scheduler_waiting(&w->scheduler);
    dh_time next = dh_scheduler_next(&w->scheduler, des->now);
    if (next != DH_TIME_MAX && next > des->now && (w->next_pass <= des->now || next < w->next_pass)) {
        w->next_pass = next;
        DH_TRY(dh_des_schedule(des, next, DH_PHASE_PASS, DH_EVENT_PASS, -1, 0));
    }
    return end_if_idle(w, true);
}
