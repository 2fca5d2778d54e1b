#include "models/serving_curve.h"
#include "sim/math.h"

#include <math.h>

/* Requests of these lengths whose caches fit a group together. A request holds its prompt and, on average
 * over its stay, half of its answer. */
static double room_for(const struct dh_serving *s, const struct dh_serving_demand *d) {
    double one = dh_serving_sequence_bytes(s, d->prompt + d->output / 2);
    double fit = s->cache_bytes > 0 ? s->cache_bytes / one : 0;
    return fmin(floor(fit), (double)s->engine->sequence_limit);
}

static struct dh_serving_load answers(const struct dh_serving_demand *d, double running) {
    return (struct dh_serving_load){.sequences = running, .context = d->prompt + d->output / 2};
}

/* New tokens of a prompt, and how many prompts an iteration takes. */
static double new_tokens(const struct dh_serving_demand *d) {
    return fmax(1, d->prompt * (1 - d->hit));
}

static double together(const struct dh_serving *s, const struct dh_serving_demand *d, double running) {
    double fit = floor((double)s->engine->token_budget / new_tokens(d));
    return fmax(1, fmin(fit, running));
}

/* Prompts that one waits for, its own among them: those of the others at the beginning, when all clients come
 * together, and of those that still come together later; and those that happen to be in front of a reader
 * that is busy with prompts for a share `load` of the time. */
static double crowd(const struct dh_serving *s, double clients, double load) {
    const struct dh_engine_spec *e = s->engine;
    double with = clients > 1 ? e->burst * dh_pow(clients - 1, e->burst_growth) : 0;
    return 1 + with + e->queue * load / (1 - fmin(load, 0.95));
}

static void add(struct dh_serving_cost *sum, const struct dh_serving_cost *c, double times) {
    sum->s += times * c->s;
    sum->flops += times * c->flops;
    sum->bytes += times * c->bytes;
    sum->link_bytes += times * c->link_bytes;
}

/* An iteration of n prompts beside `running` answers: what each of them adds. */
static double prompt_cost(const struct dh_serving *s, const struct dh_serving_demand *d, double n,
                          double running, const struct dh_serving_cost *quiet, struct dh_serving_cost *one) {
    struct dh_serving_load load = answers(d, running);
    struct dh_serving_cost c;
    load.prompts = n;
    load.tokens = n * new_tokens(d);
    load.keys = d->prompt;
    dh_serving_iteration(s, &load, &c);
    *one = (struct dh_serving_cost){0};
    add(one, &c, 1 / n);
    add(one, quiet, -1 / n);
    return one->s;
}

static void rates(const struct dh_serving *s, const struct dh_serving_demand *d,
                  const struct dh_serving_cost *cycle, double cycle_s, struct dh_serving_point *p) {
    p->requests_per_s = s->plan.dp * p->running / cycle_s;
    p->tokens_per_s = p->requests_per_s * d->output;
    p->flops_per_s = cycle->flops / cycle_s;
    p->bytes_per_s = cycle->bytes / cycle_s;
    p->link_bytes_per_s = cycle->link_bytes / cycle_s;
}

static const struct dh_serving_point nothing = {0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

void dh_serving_steady(const struct dh_serving *s, const struct dh_serving_demand *d,
                       struct dh_serving_point *p) {
    const struct dh_engine_spec *e = s->engine;
    double room = room_for(s, d), running = fmin(d->clients, room);
    *p = nothing;
    if (!(running >= 1))
        return;
    p->running = running;
    struct dh_serving_load load = answers(d, running);
    struct dh_serving_cost quiet, one, cycle = {0}, none = {0};
    dh_serving_iteration(s, &load, &quiet);
    double n = together(s, d, running);
    double gaps = d->output - 1, beside = e->prompts_first ? 0 : running;
    p->quiet_s = quiet.s;
    p->prompt_s = prompt_cost(s, d, n, beside, e->prompts_first ? &none : &quiet, &one);
    add(&cycle, &quiet, fmax(gaps, 1));
    add(&cycle, &one, running);
    double cycle_s = fmax(gaps, 1) * quiet.s + running * p->prompt_s;
    /* the prompts in front, the iteration that it came in, the way there and back */
    double ahead =
        crowd(s, running, running * p->prompt_s / cycle_s) * p->prompt_s + (e->prompts_first ? 0 : quiet.s);
    p->ttft_s = e->first_s + fmin(ahead, cycle_s);
    p->tpot_s = gaps > 0 ? fmax(quiet.s, (cycle_s - fmin(ahead, cycle_s)) / gaps) : 0;
    p->ttft_s += (fmin(e->stream_tokens, d->output) - 1) * p->tpot_s;
    if (d->clients > room && isfinite(d->clients))
        p->ttft_s += (d->clients / running - 1) * cycle_s;
    p->e2e_s = p->ttft_s + gaps * p->tpot_s;
    rates(s, d, &cycle, isfinite(d->clients) ? cycle_s : cycle_s / e->peak_share, p);
}

void dh_serving_batch(const struct dh_serving *s, const struct dh_serving_demand *d,
                      struct dh_serving_point *p) {
    double gaps = d->output - 1;
    struct dh_serving_load load = answers(d, d->clients);
    struct dh_serving_cost quiet, one, cycle = {0}, none = {0};
    *p = nothing;
    if (s->cache_bytes < 0 || !isfinite(d->clients))
        return;
    p->running = d->clients;
    dh_serving_iteration(s, &load, &quiet);
    double n = together(s, d, d->clients);
    p->quiet_s = p->tpot_s = quiet.s;
    p->prompt_s = prompt_cost(s, d, n, 0, &none, &one);
    p->ttft_s = s->engine->first_s + d->clients * p->prompt_s;
    p->e2e_s = p->ttft_s + gaps * p->tpot_s;
    add(&cycle, &quiet, gaps);
    add(&cycle, &one, d->clients);
    rates(s, d, &cycle, p->e2e_s, p);
}

void dh_serving_apart(const struct dh_serving *prefill, double readers, const struct dh_serving *decode,
                      double writers, double transfer_s, const struct dh_serving_demand *d,
                      struct dh_serving_point *p) {
    struct dh_serving_demand share = *d;
    struct dh_serving_cost quiet, one, none = {0};
    *p = nothing;
    share.clients = d->clients / (writers * decode->plan.dp);
    double room = room_for(decode, &share), running = fmax(1, fmin(share.clients, room));
    if (!(room >= 1) || prefill->cache_bytes < 0)
        return;
    struct dh_serving_load load = answers(d, running);
    dh_serving_iteration(decode, &load, &quiet);
    p->running = running;
    p->quiet_s = p->tpot_s = quiet.s;
    double n = together(prefill, d, fmax(1, d->clients / (readers * prefill->plan.dp)));
    p->prompt_s = prompt_cost(prefill, d, 1, 0, &none, &one);
    double cost = prompt_cost(prefill, d, n, 0, &none, &one);
    double gaps = d->output - 1, served = readers * prefill->plan.dp / cost; /* prompts a second */
    double clients = fmax(1, d->clients / (readers * prefill->plan.dp));
    double busy = clients * cost / (clients * cost + gaps * quiet.s);
    double waits = crowd(prefill, clients, busy);
    double ttft = waits * cost + transfer_s;
    /* closed loop: no more than the prompts that are read */
    double most = served * (ttft + gaps * quiet.s);
    double queue = d->clients > most ? d->clients / served - gaps * quiet.s - ttft : 0;
    p->ttft_s = prefill->engine->first_s + ttft + fmin(1, prefill->engine->queue) * queue;
    p->e2e_s = p->ttft_s + gaps * p->tpot_s;
    p->requests_per_s = d->clients / p->e2e_s;
    p->tokens_per_s = p->requests_per_s * d->output;
    p->flops_per_s = quiet.flops / quiet.s;
    p->bytes_per_s = quiet.bytes / quiet.s;
    p->link_bytes_per_s = quiet.link_bytes / quiet.s;
}
