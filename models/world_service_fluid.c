/* A service as a fluid: requests arrive at the hour's rate and replicas share them evenly. What a replica can
 * do and how fast it answers comes from its model (models/service.h), or from the rates that the scenario
 * gives: then a request occupies a replica for prompt / prefill rate + answer / decode rate, and with n
 * replicas of capacity mu the wait is that of M/M/n (Erlang C; L. Kleinrock, Queueing Systems I, 1975,
 * eq. 3.40), an upper bound, since a replica serves many requests side by side. */
#include "models/world_service.h"
#include "sim/math.h"
#include "sim/units.h"

#include <math.h>

enum { LENGTH_CLASSES = 10 };

/* Probability that all n servers are busy when a offered Erlangs, by the Erlang-B recursion. */
static double erlang_c(int32_t n, double offered) {
    double b = 1;
    for (int32_t i = 1; i <= n; i++)
        b = offered * b / (i + offered * b);
    double rho = offered / n;
    return rho >= 1 ? 1 : b / (1 - rho * (1 - b));
}

/* Mean pace of the running replicas, which share the requests evenly. */
static struct dh_service_pace mean_pace(const struct dh_world *w, const struct dh_service_run *run,
                                        int64_t max_replicas) {
    struct dh_service_pace sum = {0, 0};
    if (run->n_running == 0)
        return (struct dh_service_pace){1, 1};
    for (int32_t k = 0; k < max_replicas; k++)
        if (w->runs[run->first_replica + k].state == DH_JOB_RUNNING) {
            struct dh_service_pace one = dh_service_pace_of(w, run, run->first_replica + k);
            sum.prefill += one.prefill;
            sum.request += one.request;
        }
    return (struct dh_service_pace){sum.prefill / run->n_running, sum.request / run->n_running};
}

/* Latencies of the last period: requests that were served, requests a second of each replica's capacity, how
 * many come a second, and what waits in front. */
struct period {
    double dt_s, arriving, served, each;
    struct dh_service_pace pace;
};

static bool has_objective(const struct dh_service_spec *spec) {
    return !isnan(spec->slo_ttft_s) || !isnan(spec->slo_tpot_s);
}

static void answer_by_rates(const struct dh_service_spec *spec, struct dh_service_run *run,
                            const struct period *p, struct dh_service_look *look) {
    double capacity = run->n_running * p->each;
    double prefill_s =
        spec->prompt_tokens / spec->prefill_tokens_per_s / (p->pace.prefill > 0 ? p->pace.prefill : 1);
    double wait_s = INFINITY, in_time = 0;
    if (run->backlog > 0) {
        wait_s = capacity > 0 ? run->backlog / capacity : INFINITY;
        in_time = prefill_s + wait_s <= spec->slo_ttft_s;
    } else if (run->n_running > 0 && p->arriving < capacity) {
        double all_busy = erlang_c(run->n_running, p->arriving / p->each), spare = capacity - p->arriving;
        wait_s = all_busy / spare;
        if (prefill_s <= spec->slo_ttft_s)
            in_time = 1 - all_busy * dh_exp(-spare * (spec->slo_ttft_s - prefill_s));
    }
    look->ttft_s = isfinite(wait_s) ? prefill_s + wait_s : NAN;
    dh_sum_add(&run->met, isnan(spec->slo_ttft_s) ? NAN : p->arriving * p->dt_s * in_time);
    if (isfinite(wait_s))
        dh_sum_add(&run->ttft_weighted_s, look->ttft_s * p->served);
}

/* Prompts of ten lengths, each as likely, and a wait for prompts in front that is nothing with probability
 * 1 - rho, else exponential (the wait of M/M/1): shares of the requests by their time to the first token. */
static double spread_ttft(struct dh_service_run *run, const struct dh_service_state *state, double read_s,
                          double late_s, double served, double slo_s) {
    double in_time = 0, first_s = run->model->serving.engine->first_s, rho = state->prompt_share;
    double mean_wait_s = rho > 0 ? state->wait_s / rho : 0;
    for (int i = 0; i < LENGTH_CLASSES; i++) {
        double base = first_s + read_s * run->length_class[i] + late_s, share = served / LENGTH_CLASSES;
        dh_histogram_add(run->ttft, base, share * (1 - rho));
        for (int u = 0; u < 3; u++)
            dh_histogram_add(run->ttft, base - mean_wait_s * dh_log(1 - (2 * u + 1) / 6.0), share * rho / 3);
        if (isnan(slo_s) || base <= slo_s)
            in_time +=
                1 - (isnan(slo_s) || mean_wait_s <= 0 ? 0 : rho * dh_exp(-(slo_s - base) / mean_wait_s));
    }
    return in_time / LENGTH_CLASSES;
}

static void answer_by_model(const struct dh_service_spec *spec, struct dh_service_run *run,
                            const struct period *p, struct dh_service_look *look) {
    const struct dh_service_model *m = run->model;
    struct dh_service_state state;
    if (run->n_running == 0 || p->pace.request <= 0 || p->pace.prefill <= 0) {
        dh_sum_add(&run->met, has_objective(spec) ? 0 : NAN);
        return;
    }
    dh_service_model_at(m, p->served / p->dt_s / run->n_running / p->pace.request, &state);
    double late_s = run->backlog > 0 ? run->backlog / (run->n_running * p->each) : 0;
    double read_s = (state.ttft_s - state.wait_s - m->serving.engine->first_s) / p->pace.prefill;
    state.wait_s /= p->pace.prefill;
    double tpot_s = state.tpot_s / p->pace.request;
    double in_time = spread_ttft(run, &state, read_s, late_s, p->served, spec->slo_ttft_s);
    dh_histogram_add(run->tpot, tpot_s, p->served);
    if (!isnan(spec->slo_tpot_s) && tpot_s > spec->slo_tpot_s * (1 + 1e-9))
        in_time = 0;
    dh_sum_add(&run->met, has_objective(spec) ? p->arriving * p->dt_s * in_time : NAN);
    look->ttft_s = m->serving.engine->first_s + read_s + state.wait_s + late_s;
    dh_sum_add(&run->ttft_weighted_s, look->ttft_s * p->served);
    look->modelled = true;
    look->flops_per_s = state.flops_per_s;
    look->bytes_per_s = state.bytes_per_s;
    look->link_bytes_per_s = state.link_bytes_per_s;
    look->running = state.clients;
    look->tokens_per_s = p->served / p->dt_s / run->n_running * spec->output_tokens;
    look->prompts = state.prompt_share;
    look->answers = fmax(0, 1 - dh_exp(-state.clients) - state.prompt_share);
}

void dh_service_fluid(struct dh_world *w, int32_t v, double dt_s, struct dh_service_look *look) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    struct period p = {.dt_s = dt_s,
                       .arriving = dh_arrivals_per_s(&run->shape, w->des.now),
                       .pace = mean_pace(w, run, spec->max_replicas)};
    p.each = run->per_s * p.pace.request;
    double capacity = run->n_running * p.each, offered = p.arriving * dt_s + run->backlog;
    p.served = offered < capacity * dt_s ? offered : capacity * dt_s;
    run->backlog = offered - p.served;
    *look = (struct dh_service_look){.arriving = p.arriving,
                                     .came = p.arriving * dt_s,
                                     .served = p.served,
                                     .tokens = p.served * spec->output_tokens,
                                     .utilization = capacity > 0 ? p.served / (capacity * dt_s) : 0,
                                     .ttft_s = NAN};
    look->prompts = look->utilization * run->prefill_share;
    look->answers = look->utilization - look->prompts;
    if (run->model)
        answer_by_model(spec, run, &p, look);
    else
        answer_by_rates(spec, run, &p, look);
}
