/* Inference services as fluids: requests arrive at the hour's rate, replicas share them, and the number of
 * replicas follows. A replica is a job that holds GPUs until it is told to go.
 *
 * A request occupies a replica for prompt / prefill rate + answer / decode rate when the replica is full.
 * With n replicas of capacity mu the wait before the first token is that of M/M/n (Erlang C; L. Kleinrock,
 * Queueing Systems I, 1975, eq. 3.40): an upper bound here, since a replica serves many requests side by
 * side. */
#include "models/world.h"
#include "models/chip.h"
#include "sim/math.h"
#include "sim/units.h"

#include <math.h>

/* Period of the control, and the idle time of what it starts from. */
static const double CONTROL_S = 60;
/* A service keeps a replica until the load has left room for one less by this margin, so that it does not
 * swing; an assumption about the autoscaler. */
static const double SCALE_DOWN_MARGIN = 0.9;
/* Activity reaches the power model in steps, so that each minute does not move every node of a service. */
static const double UTIL_STEP = 1.0 / 32;

static double hour_factor(const double *shape, int32_t n, int32_t at) {
    if (n <= 1)
        return 1;
    double sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += shape[i];
    return sum > 0 ? shape[at % n] * n / sum : 0;
}

/* Requests per second now: the mean rate times the hour's and the weekday's share, local standard time. */
static double arrival_rate(const struct dh_world *w, const struct dh_service_spec *spec) {
    double offset_s = w->utc_offset_s;
    int64_t unix_s = w->f->start_unix_s + w->des.now / DH_NS_PER_S;
    struct dh_calendar local = dh_calendar_of(unix_s + (int64_t)offset_s);
    return spec->per_s * hour_factor(spec->hourly, spec->n_hourly, local.hour) *
           hour_factor(spec->weekly, spec->n_weekly, local.weekday);
}

/* Probability that all n servers are busy when a offered Erlangs, by the Erlang-B recursion. */
static double erlang_c(int32_t n, double offered) {
    double b = 1;
    for (int32_t i = 1; i <= n; i++)
        b = offered * b / (i + offered * b);
    double rho = offered / n;
    return rho >= 1 ? 1 : b / (1 - rho * (1 - b));
}

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

/* Pace of a replica against full clock: of reading prompts, and of a whole request, whose two parts wait for
 * memory in different measure. */
struct pace {
    double prefill, request;
};

/* A replica is as fast as its slowest GPU. */
static struct pace pace_of(const struct dh_world *w, const struct dh_service_run *run, int32_t job) {
    const struct dh_facility *f = w->f;
    struct pace slowest = {1, 1};
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

/* Activity that makes a replica of the prefill class draw the mean of its prefill and decode time. */
static double activity_of(const struct dh_world *w, const struct dh_service_run *run,
                          const struct dh_service_spec *spec, double utilization) {
    const struct dh_device_spec *device = device_of(w, run, spec);
    if (!device)
        return 0;
    double prefill_w = dh_chip_class_w(device, DH_WORK_PREFILL) - device->idle_w;
    double decode_w = dh_chip_class_w(device, DH_WORK_DECODE) - device->idle_w;
    if (prefill_w <= 0)
        return utilization;
    double mean_w = run->prefill_share * prefill_w + (1 - run->prefill_share) * decode_w;
    double activity = UTIL_STEP * rint(utilization * mean_w / prefill_w / UTIL_STEP);
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

/* Asks for, or lets go, replicas until `wanted` are running or waiting. The highest rows go first. */
static enum dh_err scale(struct dh_world *w, struct dh_service_run *run, const struct dh_service_spec *spec,
                         int32_t wanted) {
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
        } else if (replica->state == DH_JOB_RUNNING) {
            DH_TRY(dh_world_finish_job(w, job, DH_JOB_DONE));
        } else {
            continue;
        }
        run->n_asked--;
    }
    return dh_world_plan_pass(w);
}

/* What the replicas did in the last dt_s, at most CONTROL_S; gives the rate of arrivals and, as
 * *utilization, how busy they were. */
static double serve(struct dh_world *w, int32_t v, double dt_s, double *utilization) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    double arriving = arrival_rate(w, spec), clock_rate = 1, prefill_rate = 1;
    int32_t n = run->n_running;
    /* The service has the mean pace of its replicas. */
    if (n > 0) {
        double sum = 0, prefill_sum = 0;
        for (int32_t k = 0; k < spec->max_replicas; k++)
            if (w->runs[run->first_replica + k].state == DH_JOB_RUNNING) {
                struct pace pace = pace_of(w, run, run->first_replica + k);
                sum += pace.request;
                prefill_sum += pace.prefill;
            }
        clock_rate = sum / n;
        prefill_rate = prefill_sum / n;
    }
    double each = run->per_s * clock_rate, capacity = n * each;
    double offered = arriving * dt_s + run->backlog;
    double served = offered < capacity * dt_s ? offered : capacity * dt_s;
    run->backlog = offered - served;
    *utilization = capacity > 0 ? served / (capacity * dt_s) : 0;
    double prefill_s =
        spec->prompt_tokens / spec->prefill_tokens_per_s / (prefill_rate > 0 ? prefill_rate : 1);
    double wait_s = INFINITY, in_time = 0;
    if (run->backlog > 0) {
        wait_s = capacity > 0 ? run->backlog / capacity : INFINITY;
        in_time = prefill_s + wait_s <= spec->slo_ttft_s;
    } else if (n > 0 && arriving < capacity) {
        double all_busy = erlang_c(n, arriving / each), spare = capacity - arriving;
        wait_s = all_busy / spare;
        if (prefill_s <= spec->slo_ttft_s)
            in_time = 1 - all_busy * dh_exp(-spare * (spec->slo_ttft_s - prefill_s));
    }
    dh_sum_add(&run->requests, arriving * dt_s);
    dh_sum_add(&run->served, served);
    dh_sum_add(&run->met, isnan(spec->slo_ttft_s) ? NAN : arriving * dt_s * in_time);
    dh_sum_add(&run->replica_s, n * dt_s);
    if (isfinite(wait_s))
        dh_sum_add(&run->ttft_weighted_s, (prefill_s + wait_s) * served);
    if (n > run->peak)
        run->peak = n;
    w->now.service_requests_per_s[v] = arriving;
    w->now.service_served_per_s[v] = served / dt_s;
    w->now.service_replicas[v] = n;
    w->now.service_utilization[v] = *utilization;
    w->now.service_ttft_s[v] = isfinite(wait_s) ? prefill_s + wait_s : NAN;
    return arriving;
}

static enum dh_err control(struct dh_world *w, int32_t v, double dt_s) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    double utilization, arriving = serve(w, v, dt_s, &utilization), ttft_s = w->now.service_ttft_s[v];
    bool missed = arriving > 0 && !isnan(spec->slo_ttft_s) && !(ttft_s <= spec->slo_ttft_s);
    if (missed != run->missed)
        DH_TRY(dh_world_incident(w, missed ? DH_INCIDENT_SLO_MISSED : DH_INCIDENT_SLO_MET, v, ttft_s));
    run->missed = missed;
    DH_TRY(set_activity(w, run, spec, activity_of(w, run, spec, utilization)));

    double needed = ceil((arriving + run->backlog / CONTROL_S) / (run->per_s * spec->target));
    if (needed < run->n_asked) {
        double fewer = ceil(arriving / (run->per_s * spec->target * SCALE_DOWN_MARGIN));
        needed = fewer < run->n_asked ? fewer : run->n_asked;
    }
    if (needed > (double)spec->max_replicas)
        needed = (double)spec->max_replicas;
    if (needed < (double)spec->min_replicas)
        needed = (double)spec->min_replicas;
    if ((int32_t)needed == run->n_asked)
        return DH_OK;
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

void dh_world_services_end(struct dh_world *w) {
    double utilization, dt_s = dh_time_to_s(w->des.now - w->service_at);
    for (int32_t v = 0; v < w->f->n_service && dt_s > 0; v++)
        serve(w, v, dt_s, &utilization);
    w->service_at = w->des.now;
}

enum dh_err dh_world_services_start(struct dh_world *w) {
    if (w->f->n_service == 0)
        return DH_OK;
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_spec *spec = w->f->service_spec[v];
        struct dh_service_run *run = &w->services[v];
        double prefill_s = spec->prompt_tokens / spec->prefill_tokens_per_s;
        double decode_s = spec->output_tokens / spec->decode_tokens_per_s;
        run->per_s = 1 / (prefill_s + decode_s);
        run->prefill_share = prefill_s * run->per_s;
        run->util = 0;
        double needed = ceil(arrival_rate(w, spec) / (run->per_s * spec->target));
        int64_t first = needed < (double)spec->min_replicas   ? spec->min_replicas
                        : needed > (double)spec->max_replicas ? spec->max_replicas
                                                              : (int64_t)needed;
        DH_TRY(scale(w, run, spec, (int32_t)first));
    }
    return dh_des_schedule(&w->des, dh_time_from_s(CONTROL_S), DH_PHASE_SERVICE, DH_EVENT_SERVICE, -1, 0);
}
