/* GPUs, jobs, cloud and services of a run. */
#include "models/training_job.h"
#include "sim/api/summarize.h"
#include "sim/histogram.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dh_summarize_gpus(struct dh_summary *out, const struct dh_world *w) {
    double busy_s = (double)w->busy_gpu_ns / 1e9, waiting_s = (double)dh_world_waiting_gpu_ns(w) / 1e9,
           installed_s = (double)w->f->n_gpu * dh_time_to_s(w->des.now) - waiting_s;
    dh_put_count(out, "gpus.installed", w->f->n_gpu);
    dh_put_number(out, "gpus.hours_busy", busy_s / S_PER_H);
    if (installed_s > 0)
        dh_put_number(out, "gpus.utilization", busy_s / installed_s);
    if (waiting_s > 0)
        dh_put_number(out, "gpus.waiting_h", waiting_s / S_PER_H);
    if (busy_s > 0)
        dh_put_number(
            out, "gpus.goodput",
            (dh_sum_value(&w->work_gpu_s) - ((double)w->lost_gpu_ns + (double)w->overhead_gpu_ns) / 1e9) /
                busy_s);
    dh_summarize_down(out, w);
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* Mean, nearest-rank percentiles and largest of n > 0 values, which are sorted on the way. */
static void put_distribution(struct dh_summary *out, const char *key, double *values, int32_t n) {
    static const struct {
        const char *name;
        double share;
    } ranks[] = {
        {"p50", 0.5 },
        {"p95", 0.95},
        {"p99", 0.99}
    };
    struct dh_sum sum = {0};
    for (int32_t i = 0; i < n; i++)
        dh_sum_add(&sum, values[i]);
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    dh_put_at(out, dh_sum_value(&sum) / n, "%s.mean", key);
    for (int k = 0; k < 3; k++) {
        int32_t rank = (int32_t)ceil(ranks[k].share * n);
        dh_put_at(out, values[rank > 0 ? rank - 1 : 0], "%s.%s", key, ranks[k].name);
    }
    dh_put_at(out, values[n - 1], "%s.max", key);
}

struct tally {
    int64_t of_state[DH_N_JOB_STATE], completed, burst;
    double *wait_s, *turnaround_s;
    int32_t n_wait, n_turnaround, n_seen;
    struct dh_sum slowdown;
};

static void tally_job(struct tally *t, const struct dh_world *w, int32_t j) {
    const struct dh_job_run *run = &w->runs[j];
    const struct dh_job *job = &w->jobs.jobs[j];
    dh_time now = w->des.now;
    bool gone = run->end != DH_TIME_NONE && run->end <= now;
    t->n_seen++;
    t->of_state[run->state]++;
    t->burst += run->burst;
    t->completed += run->state == DH_JOB_DONE || (run->state == DH_JOB_BURST && gone);
    if (run->start != DH_TIME_NONE && run->start <= now)
        t->wait_s[t->n_wait++] = dh_time_to_s(run->start - job->submit);
    if (run->start == DH_TIME_NONE || !gone)
        return;
    double turnaround = dh_time_to_s(run->end - job->submit), ran = dh_time_to_s(run->end - run->start);
    t->turnaround_s[t->n_turnaround++] = turnaround;
    /* Bounded slowdown, bound 10 s (D. Feitelson, Metrics for parallel job scheduling, JSSPP 2001). */
    dh_sum_add(&t->slowdown, fmax(1, turnaround / fmax(ran, 10)));
}

void dh_summarize_jobs(struct dh_summary *out, const struct dh_world *w) {
    int32_t own = dh_world_n_own(w), n = own + w->actions.n_injected;
    if (n == 0)
        return;
    struct tally t = {.wait_s = malloc((size_t)n * sizeof(double)),
                      .turnaround_s = malloc((size_t)n * sizeof(double))};
    if (!t.wait_s || !t.turnaround_s) {
        out->err = DH_ERR_MEMORY;
    } else {
        for (int32_t i = 0; i < n; i++) {
            int32_t j = i < own ? i : i + w->n_replica_jobs;
            if (w->runs[j].state != DH_JOB_PENDING)
                tally_job(&t, w, j);
        }
        double seconds = dh_time_to_s(w->des.now);
        dh_put_count(out, "jobs.submitted", t.n_seen);
        dh_put_count(out, "jobs.completed", t.completed);
        dh_put_count(out, "jobs.failed", t.of_state[DH_JOB_FAILED]);
        dh_put_count(out, "jobs.killed", t.of_state[DH_JOB_KILLED]);
        if (w->bursts)
            dh_put_count(out, "jobs.burst", t.burst);
        dh_put_count(out, "jobs.rejected", t.of_state[DH_JOB_REJECTED]);
        dh_put_count(out, "jobs.running", t.of_state[DH_JOB_RUNNING]);
        dh_put_count(out, "jobs.queued", t.of_state[DH_JOB_QUEUED]);
        if (w->scheduler.n_preempted > 0)
            dh_put_count(out, "jobs.preemptions", w->scheduler.n_preempted);
        if (seconds > 0) {
            dh_put_number(out, "jobs.mean_running", (double)w->running_ns / 1e9 / seconds);
            dh_put_number(out, "jobs.mean_queued", (double)w->queue_ns / 1e9 / seconds);
        }
        dh_put_count(out, "jobs.max_queued", w->max_queued);
        if (t.n_wait > 0)
            put_distribution(out, "jobs.wait_s", t.wait_s, t.n_wait);
        if (t.n_turnaround > 0) {
            put_distribution(out, "jobs.turnaround_s", t.turnaround_s, t.n_turnaround);
            dh_put_number(out, "jobs.bounded_slowdown_mean", dh_sum_value(&t.slowdown) / t.n_turnaround);
        }
    }
    free(t.wait_s);
    free(t.turnaround_s);
}

struct stream_tally {
    int64_t jobs, completed;
    dh_gpu_ns held;
};

/* The step of a stream that trains, for its largest jobs, and what its work came to. */
static void put_training(struct dh_summary *out, const struct dh_world *w, const struct dh_jobs_spec *stream,
                         int row, double held_h, double gained_gpu_s) {
    const struct dh_size_spec *size = &stream->sizes[0];
    struct dh_training_job job;
    for (int32_t i = 1; i < stream->n_sizes; i++)
        size = stream->sizes[i].gpus > size->gpus ? &stream->sizes[i] : size;
    if (dh_training_job_of(&job, w->f, stream, size->gpus, NULL) != DH_OK)
        return;
    const struct dh_training_plan *p = &job.plan;
    static const char *const shards[] = {"", ", optimizer sharded", ", gradients sharded",
                                         ", weights sharded"};
    static const char *const recomputes[] = {"", ", attention recomputed", ", layers recomputed", ""};
    char plan[200];
    snprintf(plan, sizeof plan, "tensor %d, pipeline %d x %d, context %d, expert %d, micro-batch %g%s%s",
             (int)p->tensor, (int)p->pipeline, (int)p->chunks, (int)p->context, (int)p->expert,
             p->micro_batch, shards[p->shard], recomputes[job.step.recompute]);
    dh_put_text_at(out, plan, "streams.%d.plan", row);
    dh_put_at(out, (double)size->gpus, "streams.%d.plan_gpus", row);
    dh_put_at(out, job.step.step_s, "streams.%d.step_s", row);
    dh_put_at(out, job.step.low_s, "streams.%d.step_low_s", row);
    dh_put_at(out, job.step.high_s, "streams.%d.step_high_s", row);
    dh_put_at(out, job.step.tokens_per_s, "streams.%d.tokens_per_s_per_gpu", row);
    dh_put_at(out, job.step.mfu, "streams.%d.mfu", row);
    if (stream->n_sizes != 1)
        return;
    double tokens = gained_gpu_s * job.step.tokens_per_s, usd = dh_summary_value(out, "cost.per_gpu_hour");
    if (tokens > 0)
        dh_put_at(out, 1e6 * usd * held_h / tokens, "streams.%d.usd_per_million_tokens", row);
    dh_put_at(out, tokens, "streams.%d.tokens", row);
}

static void put_stream(struct dh_summary *out, const struct dh_world *w, int32_t stream, int row,
                       const struct stream_tally *t) {
    int32_t owner = w->f->n_service + stream;
    const struct dh_owner_run *run = &w->owners[owner];
    double held_s = (double)t->held / 1e9,
           gained_s = dh_sum_value(&run->work_gpu_s) -
                      ((double)run->lost_gpu_ns + (double)run->overhead_gpu_ns) / 1e9;
    dh_put_text_at(out, w->sc->workloads[0].streams[stream].id, "streams.%d.id", row);
    dh_put_at(out, (double)t->jobs, "streams.%d.jobs", row);
    dh_put_at(out, (double)t->completed, "streams.%d.completed", row);
    dh_put_at(out, held_s / S_PER_H, "streams.%d.gpu_h", row);
    if (held_s > 0)
        dh_put_at(out, gained_s / held_s, "streams.%d.goodput", row);
    dh_put_at(out, dh_uw_ns_to_j(dh_meter_energy(&w->power.owner[owner].meter, w->des.now)) / J_PER_KWH,
              "streams.%d.energy_kwh", row);
    if (w->sc->workloads[0].streams[stream].n_trainings > 0)
        put_training(out, w, &w->sc->workloads[0].streams[stream], row, held_s / S_PER_H, gained_s);
}

void dh_summarize_streams(struct dh_summary *out, const struct dh_world *w) {
    int32_t n_stream = w->f->n_owner - w->f->n_service;
    if (n_stream == 0)
        return;
    struct stream_tally *t = calloc((size_t)n_stream, sizeof *t);
    if (!t) {
        out->err = DH_ERR_MEMORY;
        return;
    }
    for (int32_t j = 0; j < dh_world_n_own(w); j++) {
        int32_t stream = w->jobs.jobs[j].stream - 1;
        if (stream < 0 || w->runs[j].state == DH_JOB_PENDING)
            continue;
        t[stream].jobs++;
        t[stream].completed += w->runs[j].state == DH_JOB_DONE;
        t[stream].held += w->runs[j].gpu_ns;
    }
    int row = 0; /* of those that any job came from: logs may have replaced them */
    for (int32_t s = 0; s < n_stream; s++)
        if (t[s].jobs > 0)
            put_stream(out, w, s, row++, &t[s]);
    free(t);
}

void dh_summarize_burst(struct dh_summary *out, const struct dh_world *w) {
    const struct dh_cloud *c = &w->cloud;
    if (!w->bursts)
        return;
    double gpu_h = dh_sum_value(&c->gpu_s) / S_PER_H;
    char name[600];
    snprintf(name, sizeof name, "%.250s %.250s", c->spec->provider, c->instance->id);
    dh_put_text(out, "burst.provider", name);
    dh_put_number(out, "burst.gpu_h", gpu_h);
    dh_put_number(out, "burst.hours_active", dh_time_to_s(c->active) / S_PER_H);
    dh_put_count(out, "burst.peak_gpus", c->peak_gpus);
    dh_put_number(out, "burst.in_tb", dh_sum_value(&c->in_b) / 1e12);
    dh_put_number(out, "burst.out_tb", dh_sum_value(&c->out_b) / 1e12);
    if (gpu_h > 0)
        dh_put_number(out, "burst.usd_per_gpu_h",
                      (dh_sum_value(&c->instance_usd) + dh_sum_value(&c->egress_usd)) / gpu_h);
}

/* What the tokens took: energy behind the nodes' converters, and the GPU hours at what one costs here. */
static void put_price(struct dh_summary *out, const struct dh_world *w, int32_t v, double tokens) {
    const struct dh_service_run *run = &w->services[v];
    double gpu_h = dh_sum_value(&run->replica_s) * (double)w->f->service_spec[v]->replica_gpus / S_PER_H,
           energy_j = dh_uw_ns_to_j(dh_meter_energy(&w->power.owner[v].meter, w->des.now)),
           usd_per_gpu_h = dh_summary_value(out, "cost.per_gpu_hour");
    dh_put_at(out, gpu_h, "services.%d.gpu_h", (int)v);
    dh_put_at(out, energy_j / J_PER_KWH, "services.%d.energy_kwh", (int)v);
    if (!(tokens > 0))
        return;
    dh_put_at(out, energy_j / tokens, "services.%d.joules_per_token", (int)v);
    if (isfinite(usd_per_gpu_h))
        dh_put_at(out, usd_per_gpu_h * gpu_h / tokens * 1e6, "services.%d.usd_per_million_tokens", (int)v);
}

static void put_quantiles(struct dh_summary *out, const struct dh_histogram *h, const char *list, int32_t v) {
    char key[64], name[80];
    if (!(h->total > 0))
        return;
    snprintf(key, sizeof key, list, (int)v);
    snprintf(name, sizeof name, "%s.p50", key);
    dh_put_number(out, name, dh_histogram_quantile(h, 0.5));
    snprintf(name, sizeof name, "%s.p95", key);
    dh_put_number(out, name, dh_histogram_quantile(h, 0.95));
    snprintf(name, sizeof name, "%s.p99", key);
    dh_put_number(out, name, dh_histogram_quantile(h, 0.99));
}

void dh_summarize_services(struct dh_summary *out, const struct dh_world *w) {
    double seconds = dh_time_to_s(w->des.now);
    for (int32_t v = 0; v < w->f->n_service; v++) {
        const struct dh_service_run *run = &w->services[v];
        double requests = dh_sum_value(&run->requests), served = dh_sum_value(&run->served);
        dh_put_text_at(out, w->f->service_spec[v]->id, "services.%d.id", (int)v);
        dh_put_at(out, requests, "services.%d.requests", (int)v);
        dh_put_at(out, served, "services.%d.served", (int)v);
        if (requests > 0)
            dh_put_at(out, dh_sum_value(&run->met) / requests, "services.%d.slo_met", (int)v);
        if (served > 0)
            dh_put_at(out, dh_sum_value(&run->ttft_weighted_s) / served, "services.%d.ttft_s.mean", (int)v);
        if (run->model && served > 0) {
            put_quantiles(out, run->ttft, "services.%d.ttft_s", v);
            put_quantiles(out, run->tpot, "services.%d.tpot_s", v);
            put_quantiles(out, run->e2e, "services.%d.e2e_s", v);
        }
        if (run->model)
            dh_put_at(out, dh_world_unanswered(w, v), "services.%d.unanswered", (int)v);
        if (run->queue)
            dh_put_at(out, (double)run->refused, "services.%d.refused", (int)v);
        dh_put_at(out, dh_sum_value(&run->tokens) / seconds, "services.%d.tokens_per_s", (int)v);
        dh_put_at(out, dh_sum_value(&run->replica_s) / seconds, "services.%d.mean_replicas", (int)v);
        dh_put_at(out, run->peak, "services.%d.peak_replicas", (int)v);
        put_price(out, w, v, dh_sum_value(&run->tokens));
    }
}
