#include "models/traffic.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct collective {
    enum dh_pattern pattern;
    int32_t ranks, steps, open; /* open: ranks that have not ended */
    double bytes, start, end;
    int32_t *hosts, *step; /* by rank */
    bool *sent, *heard;    /* by rank: of its step, the message out and in has arrived, or there is none */
};

struct message {
    int32_t collective, rank; /* that sends */
};

/* A message arrives, or with rank -1 a collective starts. */
struct due {
    double at;
    int64_t order;
    struct message message;
};

struct dh_traffic {
    struct dh_fabric *fabric;
    struct collective *collectives;
    int32_t n, room;
    struct message *of_flow; /* by flow id */
    int32_t flow_room;
    struct due *due; /* heap */
    int32_t n_due, due_room;
    int64_t n_ordered;
    int32_t *ended; /* of the net, copied: starts give ids again */
    int32_t ended_room;
};

struct dh_traffic *dh_traffic_new(struct dh_fabric *fabric) {
    struct dh_traffic *t = calloc(1, sizeof *t);
    if (t)
        t->fabric = fabric;
    return t;
}

static void free_collective(struct collective *c) {
    free(c->hosts);
    free(c->step);
    free(c->sent);
    free(c->heard);
}

void dh_traffic_delete(struct dh_traffic *t) {
    if (!t)
        return;
    for (int32_t i = 0; i < t->n; i++)
        free_collective(&t->collectives[i]);
    free(t->collectives);
    free(t->of_flow);
    free(t->due);
    free(t->ended);
    free(t);
}

/* Makes *array hold n elements at least. */
static bool grow(void *array, int32_t *room, int32_t n, size_t size) {
    void *old;
    if (n <= *room)
        return true;
    int32_t more = n < INT32_MAX / 2 ? 2 * n : INT32_MAX;
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, (size_t)more * size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *room = more;
    return true;
}

/* ---- what is due, earliest first, then in the order in which it was found */

static bool before(const struct due *a, const struct due *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static enum dh_err push(struct dh_traffic *t, double at, struct message message) {
    struct due due = {at, t->n_ordered++, message};
    if (!grow(&t->due, &t->due_room, t->n_due + 1, sizeof *t->due))
        return DH_ERR_MEMORY;
    int32_t i = t->n_due++;
    for (int32_t above; i > 0 && before(&due, &t->due[above = (i - 1) / 2]); i = above)
        t->due[i] = t->due[above];
    t->due[i] = due;
    return DH_OK;
}

static struct due pop(struct dh_traffic *t) {
    struct due first = t->due[0], last = t->due[--t->n_due];
    int32_t i = 0;
    for (int32_t child; (child = 2 * i + 1) < t->n_due; i = child) {
        child += child + 1 < t->n_due && before(&t->due[child + 1], &t->due[child]);
        if (!before(&t->due[child], &last))
            break;
        t->due[i] = t->due[child];
    }
    if (t->n_due > 0)
        t->due[i] = last;
    return first;
}

/* ---- ranks */

enum dh_err dh_traffic_add(struct dh_traffic *t, enum dh_pattern pattern, const int32_t *hosts, int32_t ranks,
                           double bytes, double start, int32_t *id) {
    if (ranks < 1 || !(bytes >= 0) || !isfinite(bytes) ||
        !(start >= dh_flow_net_now(dh_fabric_net(t->fabric))) || !isfinite(start) || ranks > INT32_MAX / 4)
        return DH_ERR_RANGE;
    if (!grow(&t->collectives, &t->room, t->n + 1, sizeof *t->collectives))
        return DH_ERR_MEMORY;
    struct collective c = {.pattern = pattern,
                           .ranks = ranks,
                           .steps = dh_collective_steps(pattern, ranks),
                           .open = ranks,
                           .bytes = bytes,
                           .start = start,
                           .end = INFINITY};
    size_t n = (size_t)ranks;
    c.hosts = malloc(n * sizeof *c.hosts);
    c.step = malloc(n * sizeof *c.step);
    c.sent = calloc(n, sizeof *c.sent);
    c.heard = calloc(n, sizeof *c.heard);
    if (!c.hosts || !c.step || !c.sent || !c.heard || push(t, start, (struct message){t->n, -1}) != DH_OK) {
        free_collective(&c);
        return DH_ERR_MEMORY;
    }
    for (int32_t r = 0; r < ranks; r++) {
        c.hosts[r] = hosts[r];
        c.step[r] = -1;
    }
    *id = t->n;
    t->collectives[t->n++] = c;
    return DH_OK;
}

static enum dh_err send(struct dh_traffic *t, int32_t which, int32_t rank) {
    const struct collective *c = &t->collectives[which];
    struct dh_collective_message m =
        dh_collective_message(c->pattern, c->ranks, c->bytes, rank, c->step[rank]);
    struct dh_fabric_flow flow = {c->hosts[rank], c->hosts[m.to], m.bytes, 0, 0};
    int32_t id = 0;
    enum dh_err err = dh_fabric_start(t->fabric, &flow, &id);
    if (err == DH_OK && !grow(&t->of_flow, &t->flow_room, id + 1, sizeof *t->of_flow))
        err = DH_ERR_MEMORY;
    if (err == DH_OK)
        t->of_flow[id] = (struct message){which, rank};
    return err;
}

/* A rank that is done with its step begins the next ones, up to one that has to wait. */
static enum dh_err go_on(struct dh_traffic *t, int32_t which, int32_t rank) {
    struct collective *c = &t->collectives[which];
    while (c->step[rank] < 0 || (c->sent[rank] && c->heard[rank])) {
        int32_t step = ++c->step[rank];
        if (step == c->steps) {
            if (--c->open == 0)
                c->end = dh_flow_net_now(dh_fabric_net(t->fabric));
            return DH_OK;
        }
        struct dh_collective_message m = dh_collective_message(c->pattern, c->ranks, c->bytes, rank, step);
        enum dh_err err = DH_OK;
        c->sent[rank] = m.to < 0;
        c->heard[rank] = m.from < 0;
        if (m.to >= 0 && c->step[m.to] == step)
            err = send(t, which, rank);
        if (err == DH_OK && m.from >= 0 && c->step[m.from] == step)
            err = send(t, which, m.from);
        if (err != DH_OK)
            return err;
    }
    return DH_OK;
}

static enum dh_err arrive(struct dh_traffic *t, struct message m) {
    struct collective *c = &t->collectives[m.collective];
    enum dh_err err = DH_OK;
    if (m.rank < 0) {
        for (int32_t r = 0; err == DH_OK && r < c->ranks; r++)
            err = go_on(t, m.collective, r);
        return err;
    }
    int32_t to = dh_collective_message(c->pattern, c->ranks, c->bytes, m.rank, c->step[m.rank]).to;
    c->sent[m.rank] = true;
    c->heard[to] = true;
    err = go_on(t, m.collective, m.rank);
    return err == DH_OK ? go_on(t, m.collective, to) : err;
}

enum dh_err dh_traffic_run(struct dh_traffic *t, double until) {
    struct dh_flow_net *net = dh_fabric_net(t->fabric);
    for (;;) {
        double flow = dh_flow_net_next(net), due = t->n_due > 0 ? t->due[0].at : INFINITY;
        double next = due < flow ? due : flow;
        if (next > until || next == INFINITY) {
            const int32_t *none;
            int32_t n;
            if (isfinite(until))
                dh_flow_net_advance(net, until, &none, &n);
            return DH_OK;
        }
        const int32_t *ended;
        int32_t n;
        dh_flow_net_advance(net, next, &ended, &n);
        if (!grow(&t->ended, &t->ended_room, n, sizeof *t->ended))
            return DH_ERR_MEMORY;
        if (n > 0)
            memcpy(t->ended, ended, (size_t)n * sizeof *ended);
        double now = dh_flow_net_now(net);
        for (int32_t i = 0; i < n; i++) {
            enum dh_err err =
                push(t, now + dh_fabric_latency(t->fabric, t->ended[i]), t->of_flow[t->ended[i]]);
            if (err != DH_OK)
                return err;
        }
        while (t->n_due > 0 && t->due[0].at <= now) {
            enum dh_err err = arrive(t, pop(t).message);
            if (err != DH_OK)
                return err;
        }
    }
}

double dh_traffic_end(const struct dh_traffic *t, int32_t id) {
    return t->collectives[id].end;
}
