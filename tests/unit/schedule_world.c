#include "tests/unit/schedule_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHASE_END, PHASE_ARRIVAL, PHASE_PASS };

static void must(enum dh_err err, const char *what) {
    if (err != DH_OK) {
        fprintf(stderr, "schedule_world: %s: %s\n", what, dh_err_code(err));
        abort();
    }
}

static void *must_alloc(size_t n, size_t size) {
    void *memory = calloc(n + 1, size);
    if (!memory)
        abort();
    return memory;
}

void schedule_world_init(struct schedule_world *w, int32_t n_node, int32_t gpus, int32_t per_rack,
                         enum dh_policy policy, enum dh_placement placement) {
    *w = (struct schedule_world){.n_node = n_node, .placement = placement};
    w->spec = (struct dh_scheduler_spec){.policy = (int32_t)policy,
                                         .placement = (int32_t)placement,
                                         .estimates = DH_ESTIMATES_EXACT,
                                         .pass = DH_PASS_INSTANT,
                                         .limit = DH_LIMIT_KILL,
                                         .queue = true,
                                         .backfill_depth = NAN};
    w->node_gpus = must_alloc((size_t)n_node, sizeof *w->node_gpus);
    w->node_rack = must_alloc((size_t)n_node, sizeof *w->node_rack);
    w->n_rack = (n_node + per_rack - 1) / per_rack;
    for (int32_t n = 0; n < n_node; n++) {
        w->node_gpus[n] = gpus;
        w->node_rack[n] = n / per_rack;
    }
}

void schedule_world_add(struct schedule_world *w, dh_time submit, dh_time work, dh_time requested,
                        int32_t gpus) {
    struct dh_job job = {.submit = submit,
                         .work = work,
                         .requested = requested,
                         .replay_start = DH_TIME_NONE,
                         .gpus = gpus,
                         .tenant = -1,
                         .service = -1};
    must(dh_job_list_add(&w->list, &job, "", 0), "add");
}

static void plan(struct schedule_world *w, dh_time at, uint16_t phase, int32_t job, uint32_t generation) {
    struct dh_event ev = {
        .at = at, .phase = phase, .subject = job, .generation = generation, .seq = w->seq++};
    must(dh_event_queue_push(&w->queue, &ev), "push");
}

static bool may_start(void *self, int32_t job, dh_time now) {
    struct schedule_world *w = self;
    (void)now;
    return w->gate_gpus <= 0 || (double)(w->busy + w->list.jobs[job].gpus) <= w->gate_gpus;
}

static enum dh_err started(void *self, int32_t job, dh_time now) {
    struct schedule_world *w = self;
    const struct dh_job *j = &w->list.jobs[job];
    struct dh_job_run *run = &w->runs[job];
    if (run->updated == DH_TIME_NONE)
        run->remaining = j->work;
    run->updated = now;
    run->rate = w->rate > 0 ? w->rate : 1;
    dh_time length = w->rate > 0 ? (dh_time)((double)run->remaining / w->rate) : run->remaining;
    dh_time limit = dh_scheduler_limit(&w->spec, j);
    plan(w, now + (length < limit ? length : limit), PHASE_END, job, ++run->generation);
    w->busy += j->gpus;
    w->n_running++;
    return DH_OK;
}

static enum dh_err preempted(void *self, int32_t job, dh_time now) {
    struct schedule_world *w = self;
    struct dh_job_run *run = &w->runs[job];
    run->remaining -= now - run->updated;
    run->updated = now;
    run->generation++;
    w->busy -= w->list.jobs[job].gpus;
    w->n_running--;
    return DH_OK;
}

static enum dh_err left(void *self, int32_t job, dh_time now) {
    struct schedule_world *w = self;
    (void)job;
    (void)now;
    w->n_left++;
    return DH_OK;
}

/* Laws that hold after each pass. */
static void look(struct schedule_world *w) {
    int64_t held = 0;
    int32_t *busy = must_alloc((size_t)w->n_node, sizeof *busy);
    int32_t running = 0, queued = 0, nodes = 0;
    for (int32_t j = 0; j < w->list.n_job; j++) {
        const struct dh_job_run *run = &w->runs[j];
        queued += run->state == DH_JOB_QUEUED;
        if (run->state != DH_JOB_RUNNING)
            continue;
        running++;
        int64_t gpus = 0;
        for (int32_t i = 0; i < run->n_segment; i++) {
            busy[run->segments[i].node] += run->segments[i].gpus;
            gpus += run->segments[i].gpus;
        }
        w->n_wrong += gpus != w->list.jobs[j].gpus;
        held += gpus;
    }
    for (int32_t n = 0; n < w->n_node; n++) {
        w->n_wrong += busy[n] > w->node_gpus[n] || busy[n] != dh_pool_busy_gpus(&w->pool, n);
        nodes += busy[n] > 0;
    }
    w->n_wrong += held != w->pool.n_busy_gpu || nodes != w->pool.n_busy_node;
    w->n_wrong += running != dh_job_tree_count(&w->scheduler.running) || running != w->n_running;
    w->n_wrong += queued != dh_scheduler_waiting(&w->scheduler);
    w->n_wrong += w->gate_gpus > 0 && (double)held > w->gate_gpus;
    free(busy);
}

static void pass(struct schedule_world *w) {
    must(dh_scheduler_pass(&w->scheduler, w->now), "pass");
    dh_time next = dh_scheduler_next(&w->scheduler, w->now);
    if (next < DH_TIME_MAX && (w->wake_at <= w->now || next < w->wake_at)) {
        w->wake_at = next;
        plan(w, next, PHASE_PASS, -1, 0);
    }
    if (w->check)
        look(w);
}

void schedule_world_run(struct schedule_world *w) {
    int32_t n = w->list.n_job;
    w->runs = must_alloc((size_t)n, sizeof *w->runs);
    must(dh_pool_init(&w->pool, w->n_node, w->node_gpus, w->n_rack, w->node_rack, w->placement), "pool");
    struct dh_scheduler_hooks hooks = {w, may_start, started, preempted, left};
    must(dh_scheduler_init(&w->scheduler, &w->spec, &w->list, w->runs, &w->pool, hooks), "scheduler");
    for (int32_t j = 0; j < n; j++) {
        w->runs[j].start = w->runs[j].end = w->runs[j].updated = DH_TIME_NONE;
        plan(w, w->list.jobs[j].submit, PHASE_ARRIVAL, j, 0);
    }
    dh_time planned = DH_TIME_NONE;
    struct dh_event ev;
    while (dh_event_queue_pop(&w->queue, &ev)) {
        struct dh_job_run *run = ev.subject >= 0 ? &w->runs[ev.subject] : NULL;
        if (ev.phase == PHASE_END && run->generation != ev.generation)
            continue;
        w->n_event++;
        w->busy_gpu_ns += w->busy * (ev.at - w->now);
        w->now = ev.at;
        if (ev.phase == PHASE_PASS) {
            planned =
                DH_TIME_NONE; /* jobs of no length end in the instant of their pass, and ask for another */
            pass(w);
            continue;
        }
        if (ev.phase == PHASE_END) {
            must(dh_scheduler_ended(&w->scheduler, ev.subject, ev.at), "ended");
            run->state = DH_JOB_DONE;
            run->end = ev.at;
            w->busy -= w->list.jobs[ev.subject].gpus;
            w->n_running--;
            w->n_done++;
        } else {
            must(dh_scheduler_submit(&w->scheduler, ev.subject, ev.at), "submit");
        }
        if (w->spec.pass == DH_PASS_EVENT) {
            pass(w);
        } else if (planned != ev.at) {
            planned = ev.at;
            plan(w, ev.at, PHASE_PASS, -1, 0);
        }
    }
}

void schedule_world_free(struct schedule_world *w) {
    dh_scheduler_free(&w->scheduler);
    dh_pool_free(&w->pool);
    dh_job_list_free(&w->list);
    dh_event_queue_free(&w->queue);
    free(w->runs);
    free(w->node_gpus);
    free(w->node_rack);
    *w = (struct schedule_world){0};
}
