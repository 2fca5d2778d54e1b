/* Paces of running jobs, and the books of GPU time: see world_pace.h. */
#include "models/chip.h"
#include "models/world.h"

#include <math.h>

/* ---- books ----------------------------------------------------------------------------------------------
 */

static void stands(struct dh_world *w, int32_t job, enum dh_idle cause, dh_time time) {
    w->gpu_time.slow[cause] += (dh_gpu_ns)time * w->jobs.jobs[job].gpus;
    if (w->stood)
        w->stood[job][cause] += time;
}

/* What of the time that passed was no progress, cause by cause; each as rounded up as the sum of them is, so
 * that progress is never more than was planned. Returns the rest. */
static dh_time count_waits(struct dh_world *w, int32_t job, dh_time passed) {
    const struct dh_job_run *run = &w->runs[job];
    if (run->halted < DH_N_IDLE) {
        stands(w, job, (enum dh_idle)run->halted, passed);
        return 0;
    }
    const struct {
        enum dh_idle cause;
        double pace;
    } steps[] = {
        {(enum dh_idle)run->clock_cause, run->clock  },
        {DH_IDLE_NETWORK,                run->network},
        {DH_IDLE_DATA,                   run->data   }
    };
    dh_time left = passed;
    double pace = 1;
    for (int i = 0; i < 3; i++) {
        if (steps[i].pace == 1)
            continue;
        pace *= steps[i].pace;
        dh_time after = (dh_time)floor((double)passed * pace);
        stands(w, job, steps[i].cause, left - after);
        left = after;
    }
    return left;
}

void dh_world_account(struct dh_world *w, int32_t job) {
    struct dh_job_run *run = &w->runs[job];
    dh_time passed = w->des.now - run->updated;
    if (passed <= 0)
        return;
    dh_time progress = count_waits(w, job, passed);
    dh_gpu_ns *held = w->jobs.jobs[job].service >= 0 ? &w->gpu_time.serving : &w->gpu_time.progress;
    *held += (dh_gpu_ns)progress * w->jobs.jobs[job].gpus;
    if (progress > run->remaining)
        progress = run->remaining;
    run->remaining -= progress;
    run->updated = w->des.now;
    double gpu_s = w->jobs.jobs[job].gpus * dh_time_to_s(progress);
    dh_sum_add(&w->work_gpu_s, gpu_s);
    int32_t owner = dh_world_owner(w, job);
    if (owner >= 0)
        dh_sum_add(&w->owners[owner].work_gpu_s, gpu_s);
}

dh_time dh_world_stood(const struct dh_world *w, int32_t job, enum dh_idle cause) {
    return w->stood ? w->stood[job][cause] : 0;
}

/* ---- paces ----------------------------------------------------------------------------------------------
 */

/* A gang runs at the pace of its slowest member. */
static void find_clock(const struct dh_world *w, int32_t job) {
    const struct dh_facility *f = w->f;
    struct dh_job_run *run = &w->runs[job];
    double last_clock = -1;
    int32_t last_device = -1;
    run->clock = 1;
    run->clock_cause = DH_IDLE_POWER;
    for (int32_t i = 0; i < run->n_segment; i++) {
        int32_t node = run->segments[i].node, rack = f->node_rack[node], device = f->rack_device[rack];
        if (dh_power_rack_full(&w->power, rack))
            continue;
        double clock = dh_power_clock(&w->power, node, job);
        if (clock == last_clock && device == last_device)
            continue;
        last_clock = clock;
        last_device = device;
        double rate = dh_chip_rate(f->device_spec[device], w->jobs.jobs[job].work_kind, clock);
        if (rate < run->clock) {
            run->clock = rate;
            run->clock_cause = w->rack_hot[rack] || w->rack_stopped[rack] ? DH_IDLE_HEAT : DH_IDLE_POWER;
        }
    }
}

/* The product in the order of count_waits, so that both round alike. */
static double rate_of(const struct dh_job_run *run) {
    if (run->halted < DH_N_IDLE)
        return 0;
    double rate = run->clock;
    if (run->network != 1)
        rate *= run->network;
    if (run->data != 1)
        rate *= run->data;
    return rate;
}

void dh_world_pace_reset(struct dh_job_run *run) {
    run->network = run->data = 1;
    run->halted = DH_N_IDLE;
}

void dh_world_pace_start(struct dh_world *w, int32_t job) {
    find_clock(w, job);
    w->runs[job].rate = rate_of(&w->runs[job]);
}

enum dh_err dh_world_plan_end(struct dh_world *w, int32_t job) {
    struct dh_job_run *run = &w->runs[job];
    run->generation++;
    if (w->jobs.jobs[job].service >= 0 || run->rate <= 0)
        return DH_OK;
    double needed = run->rate == 1 ? 0 : ceil((double)run->remaining / run->rate);
    dh_time takes = run->rate == 1 ? run->remaining : needed < 9e18 ? (dh_time)needed : DH_TIME_MAX / 2;
    if (takes > DH_TIME_MAX - 1 - w->des.now)
        return DH_OK;
    DH_TRY(dh_world_plan_phase(w, job));
    DH_TRY(dh_world_plan_saving(w, job));
    return dh_des_schedule_generation(&w->des, w->des.now + takes, DH_PHASE_END, DH_EVENT_END, job,
                                      run->generation, 0);
}

enum dh_err dh_world_rates(struct dh_world *w) {
    for (int32_t i = 0; i < w->n_changed; i++) {
        int32_t job = w->changed[i];
        struct dh_job_run *run = &w->runs[job];
        if (run->state != DH_JOB_RUNNING)
            continue; /* lost its nodes meanwhile */
        struct dh_job_run before = *run;
        find_clock(w, job);
        double clock = run->clock;
        uint8_t cause = run->clock_cause;
        /* At the same clock the time since the last change goes to the cause that holds it now: to count it
         * here would only round progress once more. */
        if (clock == before.clock)
            continue;
        run->clock = before.clock; /* until now */
        run->clock_cause = before.clock_cause;
        dh_world_account(w, job);
        run->clock = clock;
        run->clock_cause = cause;
        run->rate = rate_of(run);
        if (run->rate != before.rate)
            DH_TRY(dh_world_plan_end(w, job));
        DH_TRY(dh_world_loader_clock(w, job));
    }
    w->n_changed = 0;
    w->round++;
    return DH_OK;
}

double dh_world_waiting_activity(const struct dh_job_run *run, double gpu_util) {
    if (run->halted < DH_N_IDLE)
        return run->halted == DH_IDLE_NETWORK ? DH_COMMUNICATION_ACTIVITY : 0;
    if (run->network == 1 && run->data == 1)
        return gpu_util;
    return run->network * run->data * gpu_util + (1 - run->network) * DH_COMMUNICATION_ACTIVITY;
}

/* What changed its pace also changed what its boards draw. */
static enum dh_err go_on(struct dh_world *w, int32_t job) {
    struct dh_job_run *run = &w->runs[job];
    double gpu_util, cpu_util;
    run->rate = rate_of(run);
    dh_world_activity(w, job, &gpu_util, &cpu_util);
    for (int32_t i = 0; i < run->n_segment; i++) {
        dh_power_activity(&w->power, &run->segments[i], job, gpu_util, cpu_util);
        w->rack_jobs_changed[w->f->node_rack[run->segments[i].node]] = true;
    }
    return dh_world_plan_end(w, job);
}

enum dh_err dh_world_set_pace(struct dh_world *w, int32_t job, enum dh_idle cause, double pace) {
    struct dh_job_run *run = &w->runs[job];
    double *which = cause == DH_IDLE_DATA ? &run->data : &run->network;
    if (run->state != DH_JOB_RUNNING || *which == pace)
        return DH_OK;
    dh_world_account(w, job);
    *which = fmin(fmax(pace, 0), 1);
    DH_TRY(go_on(w, job));
    return cause == DH_IDLE_DATA ? DH_OK : dh_world_loader_clock(w, job);
}

static enum dh_err set_halted(struct dh_world *w, int32_t job, uint8_t halted) {
    struct dh_job_run *run = &w->runs[job];
    if (run->state != DH_JOB_RUNNING || run->halted == halted)
        return DH_OK;
    dh_world_account(w, job);
    run->halted = halted;
    DH_TRY(go_on(w, job));
    return dh_world_loader_clock(w, job);
}

enum dh_err dh_world_halt(struct dh_world *w, int32_t job, enum dh_idle cause) {
    return set_halted(w, job, (uint8_t)cause);
}

enum dh_err dh_world_resume(struct dh_world *w, int32_t job) {
    return set_halted(w, job, DH_N_IDLE);
}
