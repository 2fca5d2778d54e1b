/* Inference services: their replicas are jobs that hold GPUs until they are told to go, as many as the
 * arriving requests need. What they answer, and how fast, is world_service_fluid.c's or
 * world_service_requests.c's; each minute their books are closed, GPUs get the activity of the minute that is
 * over, and replicas are asked for or let go. */
#include "models/world_service.h"
#include "models/activity.h"
#include "models/chip.h"
#include "sim/math.h"
#include "sim/units.h"

#include <math.h>
#include <stdlib.h>

/* Period of the control, and the idle time of what it starts from. */
static const double CONTROL_S = 60;
/* A service keeps a replica until the load has left room for one less by this margin, so that it does not
 * swing; an assumption about the autoscaler. */
static const double SCALE_DOWN_MARGIN = 0.9;
/* Activity reaches the power model in steps, so that each minute does not move every node of a service. */
static const double UTIL_STEP = 1.0 / 32;

/* Accelerator of the first replica that runs; NULL when none does. Replicas of one service on devices of
 * several types get the activity of the first one's. */
static const struct dh_device_spec *device_of(const struct dh_world *w, const struct dh_service_run *run,
                                              const struct dh_service_spec *spec) {
    for (int32_t k = 0; k < spec->max_replicas; k++) {
        const struct dh_job_run *replica = &w->runs[run->first_replica + k];
        if (replica->state == DH_JOB_RUNNING)
            return w->f->device_spec[w->f->rack_device[w->f->node_rack[replica->segments[0].node]]];
    }
    return NULL;
}

/* A replica is as fast as its slowest GPU. */
struct dh_service_pace dh_service_pace_of(const struct dh_world *w, const struct dh_service_run *run,
                                          int32_t job) {
    const struct dh_facility *f = w->f;
    struct dh_service_pace slowest = {1, 1};
    for (int32_t i = 0; i < w->runs[job].n_segment; i++) {
        int32_t rack = f->node_rack[w->runs[job].segments[i].node];
        const struct dh_device_spec *device = f->device_spec[f->rack_device[rack]];
        if (dh_power_rack_full(&w->power, rack))
            continue;
        double clock = dh_power_clock(&w->power, w->runs[job].segments[i].node, job);
        if (clock >= 1)
            continue;
        double prefill = dh_chip_rate(device, DH_WORK_PREFILL, clock),
               decode = dh_chip_rate(device, DH_WORK_DECODE, clock);
        double request =
            clock > 0 ? 1 / (run->prefill_share / prefill + (1 - run->prefill_share) / decode) : 0;
        slowest.prefill = fmin(slowest.prefill, prefill);
        slowest.request = fmin(slowest.request, request);
    }
    return slowest;
}

/* Board power by what was done. */
static double modelled_w(const struct dh_service_run *run, const struct dh_device_spec *device,
                         const struct dh_service_look *look) {
    const struct dh_serving *s = &run->model->serving;
    struct dh_serving_point p = {.running = look->running / s->plan.dp,
                                 .tokens_per_s = look->tokens_per_s,
                                 .flops_per_s = look->flops_per_s,
                                 .bytes_per_s = look->bytes_per_s,
                                 .link_bytes_per_s = look->link_bytes_per_s};
    struct dh_activity a;
    dh_activity_serving(&a, s, &p);
    return dh_activity_w(device, &a);
}

/* Activity at which the class of the replicas draws so much. */
static double activity_of_board(const struct dh_device_spec *device, double board_w) {
    double range_w = dh_chip_class_w(device, DH_WORK_PREFILL) - device->idle_w;
    double activity = range_w > 0 ? UTIL_STEP * rint((board_w - device->idle_w) / range_w / UTIL_STEP) : 0;
    return activity > 1 ? 1 : activity > 0 ? activity : 0;
}

/* Activity that makes a replica of the prefill class draw the mean of its times of prompts and of answers. */
static double activity_of(const struct dh_world *w, const struct dh_service_run *run,
                          const struct dh_service_spec *spec, const struct dh_service_look *look) {
    const struct dh_device_spec *device = device_of(w, run, spec);
    if (!device)
        return 0;
    if (look->modelled && dh_activity_of(device))
        return activity_of_board(device, modelled_w(run, device, look));
    double prefill_w = dh_chip_class_w(device, DH_WORK_PREFILL) - device->idle_w;
    double decode_w = dh_chip_class_w(device, DH_WORK_DECODE) - device->idle_w;
    if (prefill_w <= 0)
        return look->prompts + look->answers;
    double mean_w = look->prompts * prefill_w + look->answers * decode_w;
    double activity = UTIL_STEP * rint(mean_w / prefill_w / UTIL_STEP);
    return activity > 1 ? 1 : activity;
}

static enum dh_err set_activity(struct dh_world *w, struct dh_service_run *run,
                                const struct dh_service_spec *spec, double activity) {
    if (activity == run->util)
        return DH_OK;
    run->util = activity;
    for (int32_t k = 0; k < spec->max_replicas; k++) {
        const struct dh_job_run *replica = &w->runs[run->first_replica + k];
        if (replica->state != DH_JOB_RUNNING)
            continue;
        for (int32_t i = 0; i < replica->n_segment; i++) {
            dh_power_activity(&w->power, &replica->segments[i], run->first_replica + k, activity,
                              w->jobs.jobs[run->first_replica + k].cpu_util);
            w->rack_jobs_changed[w->f->node_rack[replica->segments[i].node]] = true;
        }
    }
    return DH_OK;
}

/* Replicas that take no more requests go when they have none. */
static enum dh_err let_go_of_empty(struct dh_world *w, struct dh_service_run *run,
                                   const struct dh_service_spec *spec) {
    bool any = false;
    for (int32_t k = 0; k < spec->max_replicas; k++)
        if (dh_service_is_draining(run->queue, k) && dh_service_is_empty(run->queue, k) &&
            w->runs[run->first_replica + k].state == DH_JOB_RUNNING) {
            dh_service_drain(run->queue, k, false);
            DH_TRY(dh_world_finish_job(w, run->first_replica + k, DH_JOB_DONE));
            any = true;
        }
    return any ? dh_world_plan_pass(w) : DH_OK;
}

/* Asks for, or lets go, replicas until `wanted` are running or waiting. The highest rows go first. */
static enum dh_err scale(struct dh_world *w, struct dh_service_run *run, const struct dh_service_spec *spec,
                         int32_t wanted) {
    for (int32_t k = 0; k < spec->max_replicas && run->n_asked < wanted; k++)
        if (run->queue && dh_service_is_draining(run->queue, k)) {
            dh_service_drain(run->queue, k, false);
            run->n_asked++;
        }
    for (int32_t k = 0; k < spec->max_replicas && run->n_asked < wanted; k++) {
        struct dh_job_run *replica = &w->runs[run->first_replica + k];
        if (replica->state == DH_JOB_QUEUED || replica->state == DH_JOB_RUNNING)
            continue;
        replica->state = DH_JOB_PENDING;
        replica->start = replica->end = DH_TIME_NONE;
        replica->remaining = DH_TIME_MAX / 4;
        w->jobs.jobs[run->first_replica + k].submit = w->des.now;
        run->n_asked++;
        DH_TRY(dh_scheduler_submit(&w->scheduler, run->first_replica + k, w->des.now));
    }
    for (int32_t k = (int32_t)spec->max_replicas - 1; k >= 0 && run->n_asked > wanted; k--) {
        int32_t job = run->first_replica + k;
        struct dh_job_run *replica = &w->runs[job];
        if (replica->state == DH_JOB_QUEUED) {
            DH_TRY(dh_scheduler_withdraw(&w->scheduler, job, w->des.now));
            replica->state = DH_JOB_DONE;
            replica->end = w->des.now;
        } else if (replica->state == DH_JOB_RUNNING && run->queue) {
            if (dh_service_is_draining(run->queue, k))
                continue;
            dh_service_drain(run->queue, k, true); /* what it has in hand it may finish */
        } else if (replica->state == DH_JOB_RUNNING) {
            DH_TRY(dh_world_finish_job(w, job, DH_JOB_DONE));
        } else {
            continue;
        }
        run->n_asked--;
    }
    if (run->queue)
        DH_TRY(let_go_of_empty(w, run, spec));
    return dh_world_plan_pass(w);
}

/* What the replicas did in the last dt_s, at most CONTROL_S, to the books. */
static enum dh_err serve(struct dh_world *w, int32_t v, double dt_s, struct dh_service_look *look) {
    struct dh_service_run *run = &w->services[v];
    if (run->queue)
        DH_TRY(dh_service_requests_run(w, v, dt_s, look));
    else
        dh_service_fluid(w, v, dt_s, look);
    dh_sum_add(&run->requests, look->came);
    dh_sum_add(&run->served, look->served);
    dh_sum_add(&run->tokens, look->tokens);
    dh_sum_add(&run->replica_s, run->n_running * dt_s);
    if (run->n_running > run->peak)
        run->peak = run->n_running;
    w->now.service_requests_per_s[v] = run->queue ? look->came / dt_s : look->arriving;
    w->now.service_served_per_s[v] = look->served / dt_s;
    w->now.service_replicas[v] = run->n_running;
    w->now.service_utilization[v] = look->utilization;
    w->now.service_ttft_s[v] = look->ttft_s;
    return DH_OK;
}

static enum dh_err control(struct dh_world *w, int32_t v, double dt_s) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    struct dh_service_look look;
    DH_TRY(serve(w, v, dt_s, &look));
    bool missed = look.came > 0 && !isnan(spec->slo_ttft_s) && !(look.ttft_s <= spec->slo_ttft_s);
    if (missed != run->missed)
        DH_TRY(dh_world_incident(w, missed ? DH_INCIDENT_SLO_MISSED : DH_INCIDENT_SLO_MET, v, look.ttft_s));
    run->missed = missed;
    DH_TRY(set_activity(w, run, spec, activity_of(w, run, spec, &look)));

    double needed = ceil((look.arriving + run->backlog / CONTROL_S) / (run->per_s * spec->target));
    if (needed < run->n_asked) {
        double fewer = ceil(look.arriving / (run->per_s * spec->target * SCALE_DOWN_MARGIN));
        needed = fewer < run->n_asked ? fewer : run->n_asked;
    }
    if (needed > (double)spec->max_replicas)
        needed = (double)spec->max_replicas;
    if (needed < (double)spec->min_replicas)
        needed = (double)spec->min_replicas;
    if ((int32_t)needed == run->n_asked)
        return run->queue ? let_go_of_empty(w, run, spec) : DH_OK;
    DH_TRY(dh_world_incident(w, DH_INCIDENT_REPLICAS, v, needed));
    return scale(w, run, spec, (int32_t)needed);
}

enum dh_err dh_world_on_service(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct dh_world *w = world;
    (void)ev;
    for (int32_t v = 0; v < w->f->n_service; v++)
        DH_TRY(control(w, v, CONTROL_S));
    w->service_at = des->now;
    if (w->start_gate.since != DH_TIME_NONE) /* what the replicas draw less, others may */
        DH_TRY(dh_world_plan_pass(w));
    return dh_des_schedule(des, des->now + dh_time_from_s(CONTROL_S), DH_PHASE_SERVICE, DH_EVENT_SERVICE, -1,
                           0);
}

enum dh_err dh_world_services_end(struct dh_world *w) {
    struct dh_service_look look;
    double dt_s = dh_time_to_s(w->des.now - w->service_at);
    for (int32_t v = 0; v < w->f->n_service && dt_s > 0; v++)
        DH_TRY(serve(w, v, dt_s, &look));
    w->service_at = w->des.now;
    return DH_OK;
}

/* Ten lengths, each as likely, of a lognormal with mean 1. */
static void fill_lengths(struct dh_service_run *run, double sigma) {
    double sum = 0;
    for (int i = 0; i < 10; i++)
        sum += run->length_class[i] = dh_exp(sigma * dh_norm_inv((i + 0.5) / 10));
    for (int i = 0; i < 10; i++)
        run->length_class[i] *= 10 / sum;
}

/* What a replica does follows from its model. */
static void take_rates(struct dh_service_run *run, const struct dh_service_spec *spec) {
    struct dh_service_state busy;
    run->per_s = run->model->capacity_per_s;
    dh_service_model_at(run->model, run->per_s * spec->target, &busy);
    run->prefill_share = run->model->alone_s / (run->model->alone_s + spec->output_tokens * busy.tpot_s);
}

/* Engines of replicas in the request form keep pointing into the model: its place stays. */
enum dh_err dh_world_services_refit(struct dh_world *w, struct dh_diag *diag) {
    for (int32_t v = 0; v < w->f->n_service; v++) {
        struct dh_service_run *run = &w->services[v];
        struct dh_service_model *fresh = run->model ? malloc(sizeof *fresh) : NULL;
        if (!run->model)
            continue;
        if (!fresh)
            return DH_ERR_MEMORY;
        enum dh_err err = dh_service_model_of(fresh, w->f, w->f->service_spec[v], diag);
        if (err == DH_OK) {
            *run->model = *fresh;
            take_rates(run, w->f->service_spec[v]);
        }
        free(fresh);
        DH_TRY(err);
    }
    return DH_OK;
}

static enum dh_err prepare_model(struct dh_world *w, int32_t v, struct dh_diag *diag) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    struct dh_histogram *histograms = calloc(3, sizeof *histograms);
    run->model = calloc(1, sizeof *run->model);
    run->ttft = histograms;
    if (!run->model || !histograms)
        return dh_fail(diag, DH_ERR_MEMORY, spec->place, "out of memory");
    run->tpot = &histograms[1];
    run->e2e = &histograms[2];
    DH_TRY(dh_service_model_of(run->model, w->f, spec, diag));
    fill_lengths(run, spec->prompt_sigma);
    take_rates(run, spec);
    return spec->fidelity == DH_SERVE_REQUEST ? dh_service_requests_new(w, v, diag) : DH_OK;
}

enum dh_err dh_world_services_init(struct dh_world *w, struct dh_diag *diag) {
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_spec *spec = w->f->service_spec[v];
        struct dh_service_run *run = &w->services[v];
        struct dh_arrivals_of of = {"service",    spec->id,     spec->place,    spec->per_s,
                                    spec->hourly, spec->weekly, spec->n_hourly, spec->n_weekly};
        DH_TRY(
            dh_arrivals_start(&run->shape, &of, w->f->start_unix_s, w->utc_offset_s / 3600, w->until, diag));
        if (spec->model) {
            DH_TRY(prepare_model(w, v, diag));
            continue;
        }
        double prefill_s = spec->prompt_tokens / spec->prefill_tokens_per_s;
        double decode_s = spec->output_tokens / spec->decode_tokens_per_s;
        run->per_s = 1 / (prefill_s + decode_s);
        run->prefill_share = prefill_s * run->per_s;
    }
    return DH_OK;
}

double dh_world_unanswered(const struct dh_world *w, int32_t v) {
    const struct dh_service_run *run = &w->services[v];
    return run->queue ? dh_service_unanswered(run->queue) : run->backlog;
}

void dh_world_services_free(struct dh_world *w) {
    for (int32_t v = 0; w->services && v < w->f->n_service; v++) {
        dh_service_requests_free(w->services[v].queue);
        free(w->services[v].model);
        free(w->services[v].ttft);
    }
}

enum dh_err dh_world_services_start(struct dh_world *w) {
    if (w->f->n_service == 0)
        return DH_OK;
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_spec *spec = w->f->service_spec[v];
        struct dh_service_run *run = &w->services[v];
        double needed = ceil(dh_arrivals_per_s(&run->shape, w->des.now) / (run->per_s * spec->target));
        int64_t first = needed < (double)spec->min_replicas   ? spec->min_replicas
                        : needed > (double)spec->max_replicas ? spec->max_replicas
                                                              : (int64_t)needed;
        DH_TRY(scale(w, run, spec, (int32_t)first));
    }
    return dh_des_schedule(&w->des, dh_time_from_s(CONTROL_S), DH_PHASE_SERVICE, DH_EVENT_SERVICE, -1, 0);
}
