#include "models/serving_engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A request inside. read counts prompt tokens in the cache, those written before a preemption among them;
 * goal is how many there have to be before it writes again. */
struct sequence {
    struct dh_engine_request request;
    double first_s;
    int64_t read, goal, written, blocks, preemptions;
    int64_t chunk; /* tokens that the running iteration reads of it */
};

struct ring {
    int32_t *at;
    int32_t head, n, room;
};

struct dh_engine {
    struct dh_engine_options options;
    struct sequence *sequences; /* the pool */
    int32_t *unused;
    int32_t n_unused, room;
    struct ring waiting;
    int32_t *running; /* in order of admission */
    int32_t n_running;
    struct dh_engine_answer *answers;
    int32_t answer_head, n_answer, answer_room;
    int64_t blocks_used, block, groups;
    double pace;
    double now, clock; /* of the last iteration's end, or idle since; last time heard of */
    /* the stride that runs */
    bool busy, writes; /* writes: sequences whose prompt is read get a token */
    double begun, each;
    int64_t strides;
    struct dh_serving_load load;
    struct dh_serving_cost cost;
    struct dh_engine_totals totals;
};

static int64_t blocks_for(const struct dh_engine *e, int64_t tokens) {
    return (tokens + e->block - 1) / e->block;
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static enum dh_err grow(struct dh_engine *e) {
    int32_t room = e->room ? 2 * e->room : 64;
    struct sequence *sequences = realloc(e->sequences, (size_t)room * sizeof *sequences);
    if (sequences)
        e->sequences = sequences;
    int32_t *unused = realloc(e->unused, (size_t)room * sizeof *unused);
    if (unused)
        e->unused = unused;
    int32_t *running = realloc(e->running, (size_t)room * sizeof *running);
    if (running)
        e->running = running;
    int32_t *ring = malloc((size_t)room * sizeof *ring);
    if (!sequences || !unused || !running || !ring) {
        free(ring);
        return DH_ERR_MEMORY;
    }
    for (int32_t i = 0; i < e->waiting.n; i++)
        ring[i] = e->waiting.at[(e->waiting.head + i) % e->waiting.room];
    free(e->waiting.at);
    e->waiting.at = ring;
    e->waiting.head = 0;
    e->waiting.room = room;
    for (int32_t i = room; i-- > e->room;)
        e->unused[e->n_unused++] = i;
    e->room = room;
    return DH_OK;
}

static int32_t front(const struct dh_engine *e) {
    return e->waiting.at[e->waiting.head];
}

static void push_front(struct ring *r, int32_t value) {
    r->head = (r->head + r->room - 1) % r->room;
    r->at[r->head] = value;
    r->n++;
}

static void push_back(struct ring *r, int32_t value) {
    r->at[(r->head + r->n++) % r->room] = value;
}

static void pop_front(struct ring *r) {
    r->head = (r->head + 1) % r->room;
    r->n--;
}

/* ---- planning an iteration ------------------------------------------------------------------------------
 */

static bool reads(const struct sequence *s) {
    return s->read < s->goal;
}

static bool hold(struct dh_engine *e, struct sequence *s, int64_t tokens) {
    int64_t more = blocks_for(e, tokens) - s->blocks;
    if (more <= 0)
        return true;
    if (e->blocks_used + more > e->options.blocks)
        return false;
    e->blocks_used += more;
    s->blocks += more;
    return true;
}

static void release(struct dh_engine *e, struct sequence *s) {
    e->blocks_used -= s->blocks;
    s->blocks = 0;
}

static void push_out_last(struct dh_engine *e) {
    int32_t last = e->running[--e->n_running];
    struct sequence *s = &e->sequences[last];
    release(e, s);
    s->goal = s->request.prompt + s->written;
    s->read = 0;
    s->chunk = 0;
    s->preemptions++;
    e->totals.preemptions++;
    push_front(&e->waiting, last);
}

/* A block for the next token of everyone that writes; the latest make room. */
static int64_t make_room(struct dh_engine *e) {
    int64_t n = 0;
    for (int32_t i = 0; i < e->n_running; i++) {
        struct sequence *s = &e->sequences[e->running[i]];
        if (reads(s))
            continue;
        while (i < e->n_running && !hold(e, s, s->read + 1))
            push_out_last(e);
        n += i < e->n_running;
    }
    return n;
}

static bool admissible(const struct dh_engine *e) {
    if (e->waiting.n == 0 || e->n_running >= e->options.sequence_limit)
        return false;
    const struct sequence *s = &e->sequences[front(e)];
    return e->blocks_used + blocks_for(e, s->goal + 1) <= e->options.blocks;
}

static void admit(struct dh_engine *e) {
    int32_t id = front(e);
    struct sequence *s = &e->sequences[id];
    pop_front(&e->waiting);
    hold(e, s, s->goal + 1);
    if (s->request.moved && s->preemptions == 0)
        s->read = s->goal;
    else
        s->read = s->request.cached < s->goal ? s->request.cached : s->goal - 1;
    e->running[e->n_running++] = id;
}

/* Takes up to budget tokens of a prompt into the iteration; what is left of the budget. */
static int64_t read_some(struct dh_engine *e, struct sequence *s, int64_t budget, double *keys) {
    int64_t left = s->goal - s->read, take = left < budget ? left : budget;
    bool whole = e->options.serving && !e->options.serving->engine->chunked;
    if (whole && take < left && e->load.tokens > 0)
        return 0; /* waits until it fits, or is alone */
    if (whole)
        take = left;
    s->chunk = take;
    if (take > 0) {
        e->load.prompts += 1;
        e->load.tokens += (double)take;
        *keys += (double)(s->read + take);
    }
    return budget > take ? budget - take : 0;
}

static void plan_prompts(struct dh_engine *e, int64_t budget) {
    double keys = 0;
    for (int32_t i = 0; i < e->n_running && budget > 0; i++) {
        struct sequence *s = &e->sequences[e->running[i]];
        if (reads(s))
            budget = read_some(e, s, budget, &keys);
    }
    while (budget > 0 && admissible(e)) {
        admit(e);
        struct sequence *s = &e->sequences[e->running[e->n_running - 1]];
        if (reads(s))
            budget = read_some(e, s, budget, &keys);
        else
            budget--; /* moved here: it writes from the next iteration on */
    }
    e->load.keys = e->load.prompts > 0 ? keys / e->load.prompts : 0;
}

/* How many iterations are alike: until somebody finishes, or there is no block for the next token. */
static int64_t alike(const struct dh_engine *e) {
    int64_t k = INT64_MAX;
    for (int32_t i = 0; i < e->n_running; i++) {
        const struct sequence *s = &e->sequences[e->running[i]];
        int64_t left = s->request.output - s->written;
        k = left < k ? left : k;
    }
    int64_t room = e->options.blocks - e->blocks_used;
    for (;; k /= 2) {
        int64_t more = 0;
        for (int32_t i = 0; i < e->n_running; i++) {
            const struct sequence *s = &e->sequences[e->running[i]];
            more += blocks_for(e, s->read + k) - s->blocks;
        }
        if (more <= room || k <= 1)
            return k;
    }
}

static void measure(struct dh_engine *e) {
    struct dh_serving_load load = e->load;
    double groups = (double)e->groups;
    load.sequences /= groups;
    load.prompts /= groups;
    load.tokens /= groups;
    if (e->options.iteration)
        e->cost = (struct dh_serving_cost){.s = e->options.iteration(e->options.self, &load)};
    else
        dh_serving_iteration(e->options.serving, &load, &e->cost);
    e->cost.s /= e->pace;
    e->each = e->cost.s;
}

static void begin(struct dh_engine *e) {
    e->load = (struct dh_serving_load){0};
    bool first = e->options.serving && e->options.serving->engine->prompts_first;
    int64_t budget = e->options.token_budget, writers = 0;
    for (int32_t i = 0; i < e->n_running; i++)
        e->sequences[e->running[i]].chunk = 0;
    if (first)
        plan_prompts(e, budget);
    e->writes = e->load.tokens == 0;
    if (e->writes || !first) {
        writers = make_room(e);
        int64_t before = e->n_running;
        e->load = (struct dh_serving_load){0};
        if (!first)
            plan_prompts(e, budget > writers ? budget - writers : 0);
        /* those moved here are among the writers at once */
        for (int64_t i = before; i < e->n_running; i++)
            writers += !reads(&e->sequences[e->running[i]]);
        e->writes = true;
    }
    double context = 0;
    e->strides = 1;
    if (e->writes && writers > 0) {
        for (int32_t i = 0; i < e->n_running; i++) {
            const struct sequence *s = &e->sequences[e->running[i]];
            context += reads(s) ? 0 : (double)(s->read + 1);
        }
        e->load.sequences = (double)writers;
        if (e->load.tokens == 0 && !e->options.single && !admissible(e))
            e->strides = alike(e);
        e->load.context = context / (double)writers + (double)(e->strides - 1) / 2;
    }
    e->busy = e->load.sequences > 0 || e->load.tokens > 0;
    if (!e->busy)
        return;
    e->begun = e->now;
    measure(e);
}

/* ---- ending it ------------------------------------------------------------------------------------------
 */

static enum dh_err answer(struct dh_engine *e, int32_t id) {
    struct sequence *s = &e->sequences[id];
    if (e->answer_head + e->n_answer == e->answer_room) {
        if (e->answer_head > 0) {
            memmove(e->answers, e->answers + e->answer_head, (size_t)e->n_answer * sizeof *e->answers);
            e->answer_head = 0;
        } else {
            int32_t room = e->answer_room ? 2 * e->answer_room : 64;
            struct dh_engine_answer *grown = realloc(e->answers, (size_t)room * sizeof *grown);
            if (!grown)
                return DH_ERR_MEMORY;
            e->answers = grown;
            e->answer_room = room;
        }
    }
    e->answers[e->answer_head + e->n_answer++] = (struct dh_engine_answer){.tag = s->request.tag,
                                                                           .arrival_s = s->request.arrival_s,
                                                                           .first_s = s->first_s,
                                                                           .end_s = e->now,
                                                                           .prompt = s->request.prompt,
                                                                           .output = s->request.output,
                                                                           .preemptions = s->preemptions};
    release(e, s);
    e->unused[e->n_unused++] = id;
    e->totals.answered++;
    return DH_OK;
}

/* One token more for a sequence, which may be its last. */
static bool wrote(struct dh_engine *e, struct sequence *s, int64_t tokens) {
    if (s->written == 0)
        s->first_s = e->begun + e->each;
    if (s->request.moved && s->first_s == 0)
        s->first_s = e->begun + e->each;
    s->written += tokens;
    e->totals.output_tokens += tokens;
    return s->written >= s->request.output || s->request.prompt_only;
}

static enum dh_err end(struct dh_engine *e) {
    int64_t k = e->strides;
    int32_t kept = 0;
    enum dh_err err = DH_OK;
    e->now = e->begun + (double)k * e->each;
    e->busy = false;
    e->totals.iterations += k;
    e->totals.busy_s += e->now - e->begun;
    e->totals.flops += (double)k * e->cost.flops;
    e->totals.bytes += (double)k * e->cost.bytes;
    e->totals.link_bytes += (double)k * e->cost.link_bytes;
    for (int32_t i = 0; i < e->n_running; i++) {
        int32_t id = e->running[i];
        struct sequence *s = &e->sequences[id];
        bool over = false;
        if (s->chunk > 0) {
            s->read += s->chunk;
            e->totals.prompt_tokens += s->chunk;
            s->chunk = 0;
            if (!reads(s)) /* the last of the prompt gives a token */
                over = wrote(e, s, 1);
        } else if (!reads(s) && e->writes) {
            s->read += k; /* the token that was written last is read into the cache */
            hold(e, s, s->read);
            over = wrote(e, s, k);
        }
        if (!over)
            e->running[kept++] = id;
        else if (err == DH_OK)
            err = answer(e, id);
    }
    e->n_running = kept;
    return err;
}

/* ---- calls ----------------------------------------------------------------------------------------------
 */

enum dh_err dh_engine_new(struct dh_engine **engine, const struct dh_engine_options *options,
                          struct dh_diag *diag) {
    static const struct dh_place nowhere = {NULL, 0, 0};
    struct dh_engine *e = calloc(1, sizeof *e);
    *engine = NULL;
    if (!e)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    const struct dh_serving *s = options->serving;
    e->options = *options;
    e->pace = 1;
    e->groups = s ? s->plan.dp : 1;
    e->block = s ? s->engine->block_tokens : 16;
    if (e->options.blocks == 0 && s)
        e->options.blocks = e->groups * dh_serving_blocks(s);
    if (e->options.token_budget == 0 && s)
        e->options.token_budget = e->groups * s->engine->token_budget;
    if (e->options.sequence_limit == 0 && s)
        e->options.sequence_limit = e->groups * s->engine->sequence_limit;
    enum dh_err err = grow(e);
    if (err != DH_OK)
        dh_fail(diag, err, nowhere, "out of memory");
    else if (e->options.blocks < 1 || e->options.token_budget < 1 || e->options.sequence_limit < 1)
        err = dh_fail(diag, DH_ERR_VALUE, nowhere, "the devices of a replica have no room for its cache");
    if (err == DH_OK)
        *engine = e;
    else
        dh_engine_delete(e);
    return err;
}

void dh_engine_delete(struct dh_engine *e) {
    if (!e)
        return;
    free(e->sequences);
    free(e->unused);
    free(e->running);
    free(e->waiting.at);
    free(e->answers);
    free(e);
}

static double strides_until(const struct dh_engine *e, double t) {
    return fmin(fmax(1, ceil((t - e->begun) / e->each)), (double)e->strides);
}

/* The stride ends with the iteration that runs at t. Fewer iterations have a shorter mean context, and with
 * it each is a little shorter. */
static void cut(struct dh_engine *e, double t) {
    double k = strides_until(e, t);
    e->load.context -= ((double)e->strides - k) / 2;
    measure(e);
    e->strides = (int64_t)strides_until(e, t);
}

enum dh_err dh_engine_submit(struct dh_engine *e, const struct dh_engine_request *r, bool *accepted) {
    *accepted = false;
    if (!(r->arrival_s >= e->clock))
        return DH_ERR_VALUE;
    if (r->prompt < 1 || r->output < 1)
        return DH_ERR_VALUE;
    if (blocks_for(e, r->prompt + r->output) > e->options.blocks) {
        e->totals.refused++;
        return DH_OK;
    }
    if (r->arrival_s > e->clock)
        DH_TRY(dh_engine_advance(e, r->arrival_s));
    if (e->n_unused == 0)
        DH_TRY(grow(e));
    int32_t id = e->unused[--e->n_unused];
    e->sequences[id] = (struct sequence){.request = *r, .goal = r->prompt, .written = r->moved ? 1 : 0};
    push_back(&e->waiting, id);
    e->totals.submitted++;
    *accepted = true;
    if (e->busy && e->strides > 1 && admissible(e))
        cut(e, r->arrival_s);
    return DH_OK;
}

void dh_engine_pace(struct dh_engine *e, double pace) {
    e->pace = pace;
}

enum dh_err dh_engine_advance(struct dh_engine *e, double t) {
    for (;;) {
        if (!e->busy && (e->n_running > 0 || e->waiting.n > 0))
            begin(e);
        if (!e->busy || dh_engine_next(e) > t)
            break;
        DH_TRY(end(e));
    }
    if (isfinite(t))
        e->clock = fmax(e->clock, t);
    else
        e->clock = fmax(e->clock, e->now);
    if (!e->busy)
        e->now = e->clock;
    return DH_OK;
}

double dh_engine_next(const struct dh_engine *e) {
    if (e->busy)
        return e->begun + (double)e->strides * e->each;
    return e->n_running > 0 || e->waiting.n > 0 ? e->now : INFINITY;
}

enum dh_err dh_engine_drain(struct dh_engine *e, double *last) {
    DH_TRY(dh_engine_advance(e, INFINITY));
    if (last)
        *last = e->now;
    return DH_OK;
}

bool dh_engine_take(struct dh_engine *e, struct dh_engine_answer *out) {
    if (e->n_answer == 0)
        return false;
    *out = e->answers[e->answer_head++];
    e->n_answer--;
    if (e->n_answer == 0)
        e->answer_head = 0;
    return true;
}

bool dh_engine_evict(struct dh_engine *e, struct dh_engine_request *request) {
    int32_t id;
    e->busy = false;
    if (e->n_running > 0)
        id = e->running[--e->n_running];
    else if (e->waiting.n > 0) {
        id = front(e);
        pop_front(&e->waiting);
    } else
        return false;
    release(e, &e->sequences[id]);
    *request = e->sequences[id].request;
    e->unused[e->n_unused++] = id;
    return true;
}

void dh_engine_totals_of(const struct dh_engine *e, struct dh_engine_totals *totals) {
    *totals = e->totals;
    if (!e->busy || e->strides < 2 || e->clock <= e->begun)
        return;
    double over = fmin((double)e->strides, floor((e->clock - e->begun) / e->each));
    totals->busy_s += over * e->each;
    totals->flops += over * e->cost.flops;
    totals->bytes += over * e->cost.bytes;
    totals->link_bytes += over * e->cost.link_bytes;
    totals->iterations += (int64_t)over;
    totals->output_tokens += (int64_t)(over * e->load.sequences);
}

void dh_engine_activity_of(const struct dh_engine *e, struct dh_engine_activity *a) {
    *a = (struct dh_engine_activity){.running = e->n_running,
                                     .waiting = e->waiting.n,
                                     .blocks_used = e->blocks_used,
                                     .blocks = e->options.blocks};
    if (!e->busy)
        return;
    a->sequences = e->load.sequences;
    a->tokens = e->load.tokens;
    a->flops_per_s = e->cost.flops / e->each;
    a->bytes_per_s = e->cost.bytes / e->each;
    a->link_bytes_per_s = e->cost.link_bytes / e->each;
}
