/* A service request by request: each goes to the replica that has the fewest inside, through that replica's
 * queue, cache and iterations (models/serving_engine.h), and comes back as times. Replicas are advanced to
 * each arrival, so the router sees them as they are then. While no replica takes requests they wait in front;
 * what a replica has in hand when its GPUs go is sent to the others and read again from the start.
 *
 * With prefill-replicas the first ones only read: a request that has been read moves to one that writes,
 * after the time that its cache takes over the adapters (models/serving.h, dh_serving_transfer_s). */
#include "models/training.h"
#include "models/world_service.h"
#include "sim/units.h"

#include <math.h>
#include <stdlib.h>

/* What the autoscaler takes for the arrival rate: an exponential mean over five minutes, an assumption. */
static const double SMOOTHING_S = 300;
/* Requests that wait or are in hand at a time: 5 GB of them. */
enum { MAX_INSIDE = 100000000 };

/* One that has not been answered; its row is its tag. */
struct inside {
    double arrival_s;
    double first_s; /* its first token was written then; NAN: not yet */
    double ready_s; /* its cache is where it will be written */
    int32_t prompt, output;
    int32_t next; /* of the unused rows, of those that wait in front, or that move; -1: last */
};

struct dh_service_requests {
    struct dh_request_source source;
    struct dh_request coming;
    bool any_coming;
    double at_s;                /* all is done until then */
    int32_t n_slot;             /* replicas that the service may have */
    int32_t n_replica;          /* of the slots, the last that runs and one: what is looked through */
    struct dh_engine **engines; /* NULL: the replica does not run */
    double *ready_s;            /* takes requests from then on */
    int64_t *n_inside;
    bool *draining;
    struct inside *inside;
    int32_t n_inside_row, inside_room, unused;
    int32_t front_first, front_last; /* wait for a replica that takes them */
    int64_t n_front;
    int32_t n_reader;                  /* the first replicas only read prompts; 0: all do both */
    int32_t moving_first, moving_last; /* read, on their way to those that write: in order of ready_s */
    int64_t n_moving;
    double nic_bytes_per_s;
    double smoothed_per_s;
    /* since the last look */
    double came, served, tokens, ttft_sum, in_time;
    struct dh_engine_totals before; /* of all replicas, as of the last look; six of its figures */
};

/* ---- who is inside ---------------------------------------------------------------------------------------
 */

/* A row for one more, in *row. DH_ERR_MEMORY, DH_ERR_LIMIT_MEMORY. */
static enum dh_err new_row(struct dh_service_requests *q, int32_t *row) {
    if (q->unused >= 0) {
        *row = q->unused;
        q->unused = q->inside[*row].next;
        return DH_OK;
    }
    if (q->n_inside_row >= MAX_INSIDE)
        return DH_ERR_LIMIT_MEMORY;
    if (q->n_inside_row == q->inside_room) {
        int32_t room = q->inside_room ? 2 * q->inside_room : 1024;
        struct inside *grown = realloc(q->inside, (size_t)room * sizeof *grown);
        if (!grown)
            return DH_ERR_MEMORY;
        q->inside = grown;
        q->inside_room = room;
    }
    *row = q->n_inside_row++;
    return DH_OK;
}

static void give_row(struct dh_service_requests *q, int32_t row) {
    q->inside[row].next = q->unused;
    q->unused = row;
}

static void wait_in_front(struct dh_service_requests *q, int32_t row) {
    q->inside[row].next = -1;
    if (q->front_last >= 0)
        q->inside[q->front_last].next = row;
    else
        q->front_first = row;
    q->front_last = row;
    q->n_front++;
}

/* ---- replicas --------------------------------------------------------------------------------------------
 */

/* One that has been read goes to those that write. */
static void move_on(struct dh_service_run *run, int32_t row, double first_s) {
    struct dh_service_requests *q = run->queue;
    struct inside *r = &q->inside[row];
    r->first_s = first_s;
    r->ready_s = first_s + dh_serving_transfer_s(&run->model->serving, r->prompt, q->nic_bytes_per_s);
    int32_t *at = &q->moving_first;
    /* most go to the end: of many that wait for somebody who writes, not all are looked at */
    if (q->moving_last >= 0 && q->inside[q->moving_last].ready_s <= r->ready_s)
        at = &q->inside[q->moving_last].next;
    while (*at >= 0 && q->inside[*at].ready_s <= r->ready_s)
        at = &q->inside[*at].next;
    r->next = *at;
    *at = row;
    if (r->next < 0)
        q->moving_last = row;
    q->n_moving++;
}

static void take_answers(struct dh_service_run *run, const struct dh_service_spec *spec, int32_t k) {
    struct dh_service_requests *q = run->queue;
    struct dh_engine_answer answer;
    double first_s = run->model->serving.engine->first_s;
    while (dh_engine_take(q->engines[k], &answer)) {
        const struct inside *r = &q->inside[answer.tag];
        if (k < q->n_reader && r->output > 1) {
            q->n_inside[k]--;
            move_on(run, (int32_t)answer.tag, answer.first_s);
            continue;
        }
        double written_s = isnan(r->first_s) ? answer.first_s : r->first_s;
        double ttft_s = written_s - r->arrival_s + first_s,
               tpot_s = r->output > 1 ? (answer.end_s - written_s) / (r->output - 1) : NAN;
        dh_histogram_add(run->ttft, ttft_s, 1);
        dh_histogram_add(run->tpot, tpot_s, 1);
        dh_histogram_add(run->e2e, answer.end_s - r->arrival_s + first_s, 1);
        q->served += 1;
        q->tokens += r->output;
        q->ttft_sum += ttft_s;
        q->in_time += (isnan(spec->slo_ttft_s) || ttft_s <= spec->slo_ttft_s) &&
                      (isnan(spec->slo_tpot_s) || isnan(tpot_s) || tpot_s <= spec->slo_tpot_s);
        q->n_inside[k]--;
        give_row(q, (int32_t)answer.tag);
    }
}

static enum dh_err advance_all(struct dh_service_run *run, const struct dh_service_spec *spec, double t) {
    struct dh_service_requests *q = run->queue;
    for (int32_t k = 0; k < q->n_replica; k++)
        if (q->engines[k] && dh_engine_next(q->engines[k]) <= t) {
            DH_TRY(dh_engine_advance(q->engines[k], t));
            take_answers(run, spec, k);
        }
    return DH_OK;
}

/* The one with the fewest inside that takes requests now, of those that read, or that write; -1: none does.
 */
static int32_t least_loaded(const struct dh_service_requests *q, double t, bool writes) {
    int32_t best = -1,
            end = q->n_reader > 0 && !writes && q->n_reader < q->n_replica ? q->n_reader : q->n_replica;
    for (int32_t k = writes ? q->n_reader : 0; k < end; k++)
        if (q->engines[k] && !q->draining[k] && q->ready_s[k] <= t &&
            (best < 0 || q->n_inside[k] < q->n_inside[best]))
            best = k;
    return best;
}

static enum dh_err hand_over(struct dh_service_run *run, const struct dh_service_spec *spec, int32_t k,
                             int32_t row, double t) {
    struct dh_service_requests *q = run->queue;
    const struct inside *r = &q->inside[row];
    bool accepted = false;
    struct dh_engine_request request = {.arrival_s = t,
                                        .prompt = r->prompt,
                                        .output = r->output,
                                        .cached = (int64_t)(r->prompt * spec->prefix_hit),
                                        .prompt_only =
                                            k<q->n_reader, .moved = q->n_reader> 0 && k >= q->n_reader,
                                        .tag = row};
    DH_TRY(dh_engine_submit(q->engines[k], &request, &accepted));
    if (accepted) {
        q->n_inside[k]++;
        take_answers(run, spec, k); /* submitting advances it */
    } else {
        run->refused++;
        give_row(q, row);
    }
    return DH_OK;
}

/* Those in front, as soon as somebody takes them. */
static enum dh_err serve_front(struct dh_service_run *run, const struct dh_service_spec *spec, double t) {
    struct dh_service_requests *q = run->queue;
    while (q->front_first >= 0) {
        int32_t k = least_loaded(q, t, false), row = q->front_first;
        if (k < 0)
            return DH_OK;
        q->front_first = q->inside[row].next;
        if (q->front_first < 0)
            q->front_last = -1;
        q->n_front--;
        DH_TRY(hand_over(run, spec, k, row, t));
    }
    return DH_OK;
}

static enum dh_err arrive(struct dh_service_run *run, const struct dh_service_spec *spec, double t) {
    struct dh_service_requests *q = run->queue;
    int32_t row = -1;
    DH_TRY(new_row(q, &row));
    q->inside[row] =
        (struct inside){t, NAN, NAN, .prompt = q->coming.prompt, .output = q->coming.output, .next = -1};
    q->came += 1;
    int32_t k = q->front_first < 0 ? least_loaded(q, t, false) : -1;
    if (k >= 0)
        return hand_over(run, spec, k, row, t);
    wait_in_front(q, row);
    return DH_OK;
}

/* The next time before t at which a replica begins to take requests, of those that wait for one. */
static double next_ready(const struct dh_service_requests *q, double after, double t) {
    for (int32_t k = 0; k < q->n_replica; k++)
        if (q->engines[k] && !q->draining[k] && q->ready_s[k] > after && q->ready_s[k] < t)
            t = q->ready_s[k];
    return t;
}

/* Those whose cache has arrived by t begin to be written. Without a replica that writes they stay. */
static enum dh_err serve_moving(struct dh_service_run *run, const struct dh_service_spec *spec, double t) {
    struct dh_service_requests *q = run->queue;
    while (q->moving_first >= 0 && q->inside[q->moving_first].ready_s <= t) {
        int32_t k = least_loaded(q, t, true), row = q->moving_first;
        if (k < 0)
            return DH_OK;
        q->moving_first = q->inside[row].next;
        if (q->moving_first < 0)
            q->moving_last = -1;
        q->n_moving--;
        DH_TRY(hand_over(run, spec, k, row, t));
    }
    return DH_OK;
}

/* The next time before t at which a reader ends an iteration or a cache arrives. */
static double next_move(const struct dh_service_requests *q, double after, double t) {
    if (q->moving_first >= 0 && q->inside[q->moving_first].ready_s > after)
        t = fmin(t, q->inside[q->moving_first].ready_s);
    for (int32_t k = 0; k < q->n_reader; k++)
        if (q->engines[k] && dh_engine_next(q->engines[k]) > after)
            t = fmin(t, dh_engine_next(q->engines[k]));
    return t;
}

/* Between two arrivals: what is read moves on when it is. */
static enum dh_err move_until(struct dh_service_run *run, const struct dh_service_spec *spec, double from,
                              double t) {
    struct dh_service_requests *q = run->queue;
    double at = from;
    while (q->n_reader > 0 && (at = next_move(q, at, t)) < t) {
        DH_TRY(advance_all(run, spec, at));
        DH_TRY(serve_moving(run, spec, at));
    }
    DH_TRY(advance_all(run, spec, t));
    return q->n_reader > 0 ? serve_moving(run, spec, t) : DH_OK;
}

/* Everything until t that is not done yet: replicas that leave within a minute have seen a part of it. */
static enum dh_err run_until(struct dh_service_run *run, const struct dh_service_spec *spec, double t) {
    struct dh_service_requests *q = run->queue;
    double at = q->at_s;
    while (q->any_coming && dh_time_to_s(q->coming.at) < t) {
        double next = dh_time_to_s(q->coming.at);
        double ready = q->front_first >= 0 ? next_ready(q, at, next) : next;
        DH_TRY(move_until(run, spec, at, fmax(at, ready)));
        at = fmax(at, ready);
        DH_TRY(serve_front(run, spec, at));
        if (ready < next)
            continue;
        DH_TRY(arrive(run, spec, at));
        q->any_coming = dh_request_next(&q->source, &q->coming);
    }
    for (double ready = 0; q->front_first >= 0 && (ready = next_ready(q, at, t)) < t;) {
        DH_TRY(move_until(run, spec, at, ready));
        at = ready;
        DH_TRY(serve_front(run, spec, at));
    }
    DH_TRY(move_until(run, spec, at, t));
    q->at_s = t;
    for (int32_t k = 0; k < q->n_replica; k++) /* in the midst of a stride: what is over counts */
        if (q->engines[k])
            DH_TRY(dh_engine_advance(q->engines[k], t));
    return serve_front(run, spec, t);
}

/* ---- the minute ------------------------------------------------------------------------------------------
 */

static void set_paces(struct dh_world *w, struct dh_service_run *run) {
    struct dh_service_requests *q = run->queue;
    for (int32_t k = 0; k < q->n_replica; k++)
        if (q->engines[k]) {
            double pace = dh_service_pace_of(w, run, run->first_replica + k).request;
            dh_engine_pace(q->engines[k], pace > 0 ? pace : 1);
        }
}

/* Requests that nobody works on: in front, and in the queues of replicas. */
static double waiting(const struct dh_service_requests *q) {
    struct dh_engine_activity of;
    double n = (double)q->n_front;
    for (int32_t k = 0; k < q->n_replica; k++)
        if (q->engines[k]) {
            dh_engine_activity_of(q->engines[k], &of);
            n += (double)of.waiting;
        }
    return n;
}

/* What is used of them, times sign. */
static void add_totals(struct dh_engine_totals *sum, const struct dh_engine_totals *t, int sign) {
    sum->busy_s += sign * t->busy_s;
    sum->flops += sign * t->flops;
    sum->bytes += sign * t->bytes;
    sum->link_bytes += sign * t->link_bytes;
    sum->prompt_tokens += sign * t->prompt_tokens;
    sum->output_tokens += sign * t->output_tokens;
}

/* Shares of the replicas' time that went to prompts and to answers. */
static void look_at_replicas(struct dh_service_run *run, double dt_s, struct dh_service_look *look) {
    struct dh_service_requests *q = run->queue;
    const struct dh_service_model *m = run->model;
    struct dh_engine_totals totals, all = {0};
    for (int32_t k = 0; k < q->n_replica; k++)
        if (q->engines[k]) {
            dh_engine_totals_of(q->engines[k], &totals);
            add_totals(&all, &totals, 1);
        }
    double time_s = run->n_running * dt_s, new_busy_s = fmax(0, all.busy_s - q->before.busy_s),
           new_tokens = fmax(0, (double)(all.prompt_tokens - q->before.prompt_tokens));
    struct dh_engine_totals before = q->before;
    q->before = all;
    if (!(time_s > 0))
        return;
    look->modelled = true;
    look->flops_per_s = fmax(0, all.flops - before.flops) / time_s;
    look->bytes_per_s = fmax(0, all.bytes - before.bytes) / time_s;
    look->link_bytes_per_s = fmax(0, all.link_bytes - before.link_bytes) / time_s;
    /* written, whether the answer is complete or not: long ones take many minutes */
    look->tokens_per_s = fmax(0, (double)(all.output_tokens - before.output_tokens)) / time_s;
    look->utilization = fmin(1, look->tokens_per_s / (run->per_s * fmax(1, m->spec->output_tokens)));
    look->running = dh_service_unanswered(q) / run->n_running;
    double busy = fmin(1, new_busy_s / time_s),
           token_s = m->points[0].prompt_s / fmax(1, m->spec->prompt_tokens);
    look->prompts = fmin(busy, new_tokens * token_s / m->serving.plan.dp / time_s);
    look->answers = busy - look->prompts;
}

enum dh_err dh_service_requests_run(struct dh_world *w, int32_t v, double dt_s,
                                    struct dh_service_look *look) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    struct dh_service_requests *q = run->queue;
    double now = dh_time_to_s(w->des.now), weight = fmin(1, dt_s / SMOOTHING_S);
    set_paces(w, run);
    DH_TRY(run_until(run, spec, now));
    q->smoothed_per_s += weight * (q->came / dt_s - q->smoothed_per_s);
    run->backlog = waiting(q);
    *look = (struct dh_service_look){
        .arriving = q->smoothed_per_s,
        .came = q->came,
        .served = q->served,
        .tokens = q->tokens,
        .ttft_s = q->served > 0 ? q->ttft_sum / q->served : NAN,
    };
    look_at_replicas(run, dt_s, look);
    dh_sum_add(&run->ttft_weighted_s, q->ttft_sum);
    dh_sum_add(&run->met, isnan(spec->slo_ttft_s) && isnan(spec->slo_tpot_s) ? NAN : q->in_time);
    q->came = q->served = q->tokens = q->ttft_sum = q->in_time = 0;
    return DH_OK;
}

/* ---- replicas that come and go ---------------------------------------------------------------------------
 */

enum dh_err dh_service_replica_came(struct dh_world *w, int32_t v, int32_t k) {
    struct dh_service_run *run = &w->services[v];
    struct dh_service_requests *q = run->queue;
    struct dh_engine_options options = {.serving = &run->model->serving};
    q->ready_s[k] = dh_time_to_s(w->des.now) + (w->des.now > 0 ? w->f->service_spec[v]->start_s : 0);
    q->n_inside[k] = 0;
    q->draining[k] = false;
    if (k >= q->n_replica)
        q->n_replica = k + 1;
    return dh_engine_new(&q->engines[k], &options, NULL);
}

enum dh_err dh_service_replica_left(struct dh_world *w, int32_t v, int32_t k) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    struct dh_service_requests *q = run->queue;
    struct dh_engine_request request;
    struct dh_engine_totals totals;
    double now = dh_time_to_s(w->des.now);
    if (!q->engines[k])
        return DH_OK;
    DH_TRY(run_until(run, spec, now));
    dh_engine_totals_of(q->engines[k], &totals);
    add_totals(&q->before, &totals, -1); /* of a replica that will not be asked again */
    while (dh_engine_evict(q->engines[k], &request)) {
        q->inside[request.tag].first_s = NAN;
        wait_in_front(q, (int32_t)request.tag);
    }
    dh_engine_delete(q->engines[k]);
    q->engines[k] = NULL;
    run->n_asked += q->draining[k]; /* lost before it was empty: its job queues for GPUs again */
    q->draining[k] = false;
    q->n_inside[k] = 0;
    while (q->n_replica > 0 && !q->engines[q->n_replica - 1])
        q->n_replica--;
    return serve_front(run, spec, now);
}

void dh_service_drain(struct dh_service_requests *q, int32_t replica, bool drain) {
    q->draining[replica] = drain;
}

bool dh_service_is_draining(const struct dh_service_requests *q, int32_t replica) {
    return q->draining[replica];
}

bool dh_service_is_empty(const struct dh_service_requests *q, int32_t replica) {
    return q->n_inside[replica] == 0;
}

double dh_service_unanswered(const struct dh_service_requests *q) {
    double n = (double)q->n_front + (double)q->n_moving;
    for (int32_t k = 0; k < q->n_replica; k++)
        n += (double)q->n_inside[k];
    return n;
}

/* ---- beginning and end -----------------------------------------------------------------------------------
 */

enum dh_err dh_service_requests_new(struct dh_world *w, int32_t v, struct dh_diag *diag) {
    const struct dh_service_spec *spec = w->f->service_spec[v];
    struct dh_service_run *run = &w->services[v];
    size_t n = (size_t)spec->max_replicas;
    struct dh_service_requests *q = run->queue = calloc(1, sizeof *q);
    if (!q)
        return dh_fail(diag, DH_ERR_MEMORY, spec->place, "out of memory");
    q->unused = q->front_first = q->front_last = q->moving_first = q->moving_last = -1;
    q->n_reader = (int32_t)spec->prefill_replicas;
    q->nic_bytes_per_s = dh_training_net_default(run->model->serving.device).nic_bytes_per_s;
    q->n_slot = (int32_t)n;
    q->engines = calloc(n, sizeof(struct dh_engine *));
    q->ready_s = calloc(n, sizeof *q->ready_s);
    q->n_inside = calloc(n, sizeof *q->n_inside);
    q->draining = calloc(n, sizeof *q->draining);
    if (!q->engines || !q->ready_s || !q->n_inside || !q->draining)
        return dh_fail(diag, DH_ERR_MEMORY, spec->place, "out of memory");
    const struct dh_request_list *log = w->request_logs && spec->requests ? &w->request_logs[v] : NULL;
    DH_TRY(dh_request_source_start(&q->source, spec, log, (uint64_t)w->sc->seed, w->f->start_unix_s,
                                   w->utc_offset_s / 3600, w->until, diag));
    q->any_coming = dh_request_next(&q->source, &q->coming);
    q->smoothed_per_s = log ? 0 : dh_arrivals_per_s(&run->shape, 0);
    return DH_OK;
}

void dh_service_requests_free(struct dh_service_requests *q) {
    if (!q)
        return;
    for (int32_t k = 0; q->engines && k < q->n_slot; k++)
        dh_engine_delete(q->engines[k]);
    free(q->engines);
    free(q->ready_s);
    free(q->n_inside);
    free(q->draining);
    free(q->inside);
    free(q);
}
