/* Flows under way: their routes, their bytes, and the clock. Rates are models/flow_rates.c's. */
#include "models/flow_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ends closer than this share of the clock are one instant: a few units in the last place of a time. */
static const double same_instant = 2e-15;

static bool positive(double x) {
    return x > 0 && isfinite(x);
}

struct dh_flow_net *dh_flow_net_new(const double *capacity, int32_t n_link) {
    struct dh_flow_net *net = calloc(1, sizeof *net);
    size_t n = (size_t)(n_link > 0 ? n_link : 1);
    if (!net || n_link < 0)
        goto fail;
    net->n_link = n_link;
    net->links = calloc(n, sizeof *net->links);
    net->carried = calloc(n, sizeof *net->carried);
    net->level = calloc(n, sizeof *net->level);
    net->queue = calloc(n, sizeof *net->queue);
    net->mark = calloc(n, sizeof *net->mark);
    net->queued = calloc(n, sizeof *net->queued);
    net->free_share = calloc(n, sizeof *net->free_share);
    net->open = calloc(n, sizeof *net->open);
    net->hop_room = DH_FLOW_MAX_HOPS;
    net->hops = calloc((size_t)net->hop_room, sizeof *net->hops);
    if (!net->hops || !net->mark || !net->links || !net->carried || !net->level || !net->queue ||
        !net->queued || !net->free_share || !net->open)
        goto fail;
    for (int32_t i = 0; i < n_link; i++) {
        if (!positive(capacity[i]))
            goto fail;
        net->links[i].capacity = capacity[i];
        net->level[i] = INFINITY;
    }
    for (int32_t i = 0; i <= DH_FLOW_MAX_LINKS; i++)
        net->vacant_hops[i] = -1;
    net->settled = net->told = true;
    return net;
fail:
    dh_flow_net_delete(net);
    return NULL;
}

void dh_flow_net_delete(struct dh_flow_net *net) {
    if (!net)
        return;
    for (int32_t i = 0; net->links && i < net->n_link; i++)
        free(net->links[i].entries);
    void *parts[] = {net->links,      net->level,     net->carried,     net->queue,    net->queued,
                     net->free_share, net->open,      net->limits,      net->accounts, net->end,
                     net->changed,    net->vacant,    net->started,     net->ended,    net->hops,
                     net->capped,     net->block_end, net->block_stale, net->stale,    net->mark};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        free(parts[i]);
    free(net);
}

/* Makes *array hold room elements of size bytes; what was there stays. */
static bool grow(void *array, int32_t room, size_t size) {
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, (size_t)room * size);
    if (grown)
        memcpy(array, &grown, sizeof grown);
    return grown != NULL;
}

/* Room for so many flows, a multiple of DH_FLOW_BLOCK above what there is. */
static bool flows_of(struct dh_flow_net *net, int32_t room) {
    int32_t blocks = room / DH_FLOW_BLOCK;
    if (!grow(&net->limits, room, sizeof *net->limits) ||
        !grow(&net->accounts, room, sizeof *net->accounts) || !grow(&net->end, room, sizeof *net->end) ||
        !grow(&net->changed, room, sizeof *net->changed) || !grow(&net->vacant, room, sizeof *net->vacant) ||
        !grow(&net->started, room, sizeof *net->started) || !grow(&net->ended, room, sizeof *net->ended) ||
        !grow(&net->capped, room, sizeof *net->capped) ||
        !grow(&net->block_end, blocks, sizeof *net->block_end) ||
        !grow(&net->block_stale, blocks, sizeof *net->block_stale) ||
        !grow(&net->stale, blocks, sizeof *net->stale))
        return false;
    for (int32_t i = net->flow_room; i < room; i++) {
        net->limits[i] = (struct dh_flow_limits){0};
        net->end[i] = INFINITY;
    }
    for (int32_t i = net->flow_room / DH_FLOW_BLOCK; i < blocks; i++) {
        net->block_end[i] = INFINITY;
        net->block_stale[i] = false;
    }
    net->flow_room = room;
    return true;
}

static bool flow_room(struct dh_flow_net *net) {
    if (net->n_vacant > 0 || net->n_flow < net->flow_room)
        return true;
    return net->flow_room <= INT32_MAX / 4 &&
           flows_of(net, net->flow_room ? 2 * net->flow_room : 4 * DH_FLOW_BLOCK);
}

static bool hop_room(struct dh_flow_net *net, int32_t n) {
    if (net->vacant_hops[n] >= 0 || net->n_hop + n <= net->hop_room)
        return true;
    if (net->hop_room > INT32_MAX / 4)
        return false;
    int32_t room = 2 * net->hop_room + n + 1024;
    if (!grow(&net->hops, room, sizeof *net->hops))
        return false;
    net->hop_room = room;
    return true;
}

enum dh_err dh_flow_net_reserve(struct dh_flow_net *net, int32_t n_flow, int32_t n_hop) {
    if (n_flow < 0 || n_hop < 0 || n_flow > INT32_MAX / 4 || n_hop > INT32_MAX / 4)
        return DH_ERR_RANGE;
    int32_t flows = (n_flow / DH_FLOW_BLOCK + 1) * DH_FLOW_BLOCK;
    if (flows > net->flow_room && !flows_of(net, flows))
        return DH_ERR_MEMORY;
    if (n_hop > net->hop_room) {
        if (!grow(&net->hops, n_hop, sizeof *net->hops))
            return DH_ERR_MEMORY;
        net->hop_room = n_hop;
    }
    return DH_OK;
}

static bool entry_room(struct dh_flow_link *link) {
    if (link->n < link->room)
        return true;
    int32_t room = link->room ? 2 * link->room : 8;
    if (link->room > INT32_MAX / 4 || !grow(&link->entries, room, sizeof *link->entries))
        return false;
    link->room = room;
    return true;
}

/* Is each link there, once, with a share above 0? */
static bool check_links(struct dh_flow_net *net, const struct dh_flow_spec *f) {
    if (++net->last_mark == 0) { /* once in 2^32 */
        memset(net->mark, 0, (size_t)net->n_link * sizeof *net->mark);
        net->last_mark = 1;
    }
    for (int32_t i = 0; i < f->n_link; i++) {
        int32_t link = f->links[i];
        if (link < 0 || link >= net->n_link || net->mark[link] == net->last_mark ||
            (f->shares && !positive(f->shares[i])))
            return false;
        net->mark[link] = net->last_mark;
    }
    return true;
}

static enum dh_err check(struct dh_flow_net *net, const struct dh_flow_spec *f) {
    return f->n_link < 0 || f->n_link > DH_FLOW_MAX_LINKS || !(f->bytes >= 0) || !isfinite(f->bytes) ||
                   !(f->weight == 0 || positive(f->weight)) || !(f->cap == 0 || positive(f->cap)) ||
                   !check_links(net, f)
               ? DH_ERR_RANGE
               : DH_OK;
}

static int32_t take_hops(struct dh_flow_net *net, int32_t n) {
    int32_t at = net->vacant_hops[n];
    if (n > 0 && at >= 0) {
        net->vacant_hops[n] = net->hops[at].place;
        return at;
    }
    at = net->n_hop;
    net->n_hop += n;
    net->longest = n > net->longest ? n : net->longest;
    return at;
}

static void join(struct dh_flow_net *net, int32_t flow, int32_t hop, int32_t link, double weight) {
    struct dh_flow_link *l = &net->links[link];
    net->hops[hop] = (struct dh_flow_hop){link, l->n};
    l->entries[l->n++] = (struct dh_flow_entry){INFINITY, weight, flow, hop};
}

static void leave(struct dh_flow_net *net, int32_t hop) {
    struct dh_flow_link *l = &net->links[net->hops[hop].link];
    struct dh_flow_entry last = l->entries[--l->n];
    l->entries[net->hops[hop].place] = last;
    net->hops[last.hop].place = net->hops[hop].place;
}

enum dh_err dh_flow_net_start(struct dh_flow_net *net, const struct dh_flow_spec *flow, int32_t *id) {
    enum dh_err err = check(net, flow);
    if (err != DH_OK)
        return err;
    int32_t n = flow->bytes > 0 ? flow->n_link : 0;
    bool room = flow_room(net) && hop_room(net, n);
    for (int32_t i = 0; room && i < n; i++)
        room = entry_room(&net->links[flow->links[i]]);
    if (!room)
        return DH_ERR_MEMORY;
    *id = net->n_vacant > 0 ? net->vacant[--net->n_vacant] : net->n_flow++;
    double weight = flow->weight > 0 ? flow->weight : 1;
    struct dh_flow_limits *limits = &net->limits[*id];
    *limits = (struct dh_flow_limits){.weight = weight,
                                      .cap = flow->cap > 0 ? flow->cap / weight : INFINITY,
                                      .hop = take_hops(net, n),
                                      .n_hop = n,
                                      .live = true,
                                      .shared = flow->shares != NULL,
                                      .fresh = true};
    net->accounts[*id] =
        (struct dh_flow_account){.bytes = flow->bytes, .left = flow->bytes, .since = net->now};
    net->end[*id] = INFINITY;
    for (int32_t i = 0; i < n; i++)
        join(net, *id, limits->hop + i, flow->links[i], flow->shares ? flow->shares[i] * weight : weight);
    net->started[net->n_started++] = *id;
    net->n_live++;
    net->settled = false;
    return DH_OK;
}

static void note_end(struct dh_flow_net *net, int32_t flow, double end) {
    int32_t block = flow / DH_FLOW_BLOCK;
    net->end[flow] = end;
    if (!net->block_stale[block]) {
        net->block_stale[block] = true;
        net->stale[net->n_stale++] = block;
    }
}

static double left_now(const struct dh_flow_net *net, int32_t flow) {
    const struct dh_flow_account *a = &net->accounts[flow];
    double passed = net->now - a->since;
    double left = passed > 0 ? a->left - a->rate * passed : a->left;
    return left > 0 ? left : 0; /* also where the rate is infinite */
}

void dh_flow_set_rate(struct dh_flow_net *net, int32_t flow, double rate) {
    struct dh_flow_account *a = &net->accounts[flow];
    if (rate == a->rate)
        return;
    net->work.changes++;
    a->left = left_now(net, flow);
    a->since = net->now;
    a->rate = rate;
    note_end(net, flow, rate > 0 ? net->now + a->left / rate : a->left > 0 ? INFINITY : net->now);
}

double dh_flow_net_now(const struct dh_flow_net *net) {
    return net->now;
}

double dh_flow_net_next(struct dh_flow_net *net) {
    dh_flow_settle(net);
    for (int32_t i = 0; i < net->n_stale; i++) {
        int32_t block = net->stale[i];
        const double *end = &net->end[block * DH_FLOW_BLOCK];
        double least = INFINITY;
        for (int32_t k = 0; k < DH_FLOW_BLOCK; k++)
            least = end[k] < least ? end[k] : least;
        net->block_end[block] = least;
        net->block_stale[block] = false;
    }
    net->n_stale = 0;
    double least = INFINITY;
    int32_t blocks = (net->n_flow + DH_FLOW_BLOCK - 1) / DH_FLOW_BLOCK;
    for (int32_t i = 0; i < blocks; i++)
        least = net->block_end[i] < least ? net->block_end[i] : least;
    return least > net->now ? least : net->now;
}

static void leave_links(struct dh_flow_net *net, const struct dh_flow_limits *f) {
    for (int32_t i = f->hop; i < f->hop + f->n_hop; i++) {
        leave(net, i);
        dh_flow_queue_link(net, net->hops[i].link);
    }
    if (f->n_hop > 0) {
        net->hops[f->hop].place = net->vacant_hops[f->n_hop];
        net->vacant_hops[f->n_hop] = f->hop;
    }
}

/* The same for all that ended where no flow is left, as behind a step of a collective: then no link has any.
 * So many ends are more than settling does one by one: no link need be queued. */
static void leave_all_links(struct dh_flow_net *net) {
    for (int32_t k = 0; k < net->n_ended; k++) {
        const struct dh_flow_limits *f = &net->limits[net->ended[k]];
        for (int32_t i = f->hop; i < f->hop + f->n_hop; i++)
            net->links[net->hops[i].link].n = 0;
    }
    for (int32_t i = 0; i <= net->longest; i++)
        net->vacant_hops[i] = -1;
    net->n_hop = 0;
}

/* Bytes of a flow to the books of its links. */
static void carry(struct dh_flow_net *net, const struct dh_flow_limits *f, double bytes) {
    for (int32_t i = f->hop; i < f->hop + f->n_hop; i++)
        net->carried[net->hops[i].link] += f->shared ? bytes * dh_flow_share(net, f, i) : bytes;
}

static void end_flow(struct dh_flow_net *net, int32_t flow) {
    struct dh_flow_limits *f = &net->limits[flow];
    carry(net, f, net->accounts[flow].bytes);
    f->live = false;
    note_end(net, flow, INFINITY);
    net->vacant[net->n_vacant++] = flow;
    net->n_live--;
    net->ended[net->n_ended++] = flow;
    net->settled = false;
}

void dh_flow_net_advance(struct dh_flow_net *net, double at, const int32_t **ended, int32_t *n_ended) {
    double next = dh_flow_net_next(net);
    net->n_ended = 0;
    double to = at > net->now ? at < next ? at : next : net->now;
    net->now = isfinite(to) ? to : net->now;
    double until = net->now * (1 + same_instant);
    int32_t blocks = (net->n_flow + DH_FLOW_BLOCK - 1) / DH_FLOW_BLOCK;
    for (int32_t i = 0; next <= until && i < blocks; i++) {
        if (net->block_end[i] > until)
            continue;
        for (int32_t k = i * DH_FLOW_BLOCK; k < (i + 1) * DH_FLOW_BLOCK; k++)
            if (net->end[k] <= until)
                end_flow(net, k);
    }
    if (net->n_live == 0 && net->n_ended > DH_FLOW_MANY)
        leave_all_links(net);
    else
        for (int32_t k = 0; k < net->n_ended; k++)
            leave_links(net, &net->limits[net->ended[k]]);
    *ended = net->ended;
    *n_ended = net->n_ended;
}

enum dh_err dh_flow_net_reroute(struct dh_flow_net *net, int32_t id, const int32_t *links,
                                const double *shares, int32_t n) {
    struct dh_flow_limits *f = &net->limits[id];
    enum dh_err err = check(net, &(struct dh_flow_spec){.links = links, .shares = shares, .n_link = n});
    if (err != DH_OK)
        return err;
    if (net->accounts[id].bytes == 0)
        return DH_OK;
    bool room = hop_room(net, n);
    for (int32_t i = 0; room && i < n; i++)
        room = entry_room(&net->links[links[i]]);
    if (!room)
        return DH_ERR_MEMORY;
    /* What was sent so far stays with the links that carried it; those that it takes now are to carry the
     * rest. */
    double sent = dh_flow_net_sent(net, id);
    carry(net, f, sent);
    leave_links(net, f);
    f->hop = take_hops(net, n);
    f->n_hop = n;
    for (int32_t i = 0; i < n; i++)
        join(net, id, f->hop + i, links[i], shares ? shares[i] * f->weight : f->weight);
    f->shared = shares != NULL;
    carry(net, f, -sent);
    if (!f->fresh)
        net->started[net->n_started++] = id;
    f->fresh = true;
    net->settled = false;
    return DH_OK;
}

enum dh_err dh_flow_net_set_cap(struct dh_flow_net *net, int32_t id, double cap) {
    struct dh_flow_limits *f = &net->limits[id];
    if (!(cap == 0 || positive(cap)))
        return DH_ERR_RANGE;
    f->cap = cap > 0 ? cap / f->weight : INFINITY;
    if (!f->fresh)
        net->started[net->n_started++] = id;
    f->fresh = true;
    net->settled = false;
    return DH_OK;
}

/* Settled first, so that no list names it. */
void dh_flow_net_cancel(struct dh_flow_net *net, int32_t id) {
    dh_flow_settle(net);
    struct dh_flow_limits *f = &net->limits[id];
    carry(net, f, dh_flow_net_sent(net, id));
    leave_links(net, f);
    f->live = false;
    note_end(net, id, INFINITY);
    net->vacant[net->n_vacant++] = id;
    net->n_live--;
    net->settled = false;
}

enum dh_err dh_flow_net_set_capacity(struct dh_flow_net *net, int32_t link, double capacity) {
    if (link < 0 || link >= net->n_link || !(capacity >= 0) || !isfinite(capacity))
        return DH_ERR_RANGE;
    if (capacity == net->links[link].capacity)
        return DH_OK;
    net->links[link].capacity = capacity;
    dh_flow_queue_link(net, link);
    net->settled = false;
    return DH_OK;
}

double dh_flow_net_rate(struct dh_flow_net *net, int32_t id) {
    dh_flow_settle(net);
    return net->accounts[id].rate;
}

double dh_flow_net_sent(struct dh_flow_net *net, int32_t id) {
    return net->accounts[id].bytes - left_now(net, id);
}

double dh_flow_net_left(struct dh_flow_net *net, int32_t id) {
    return net->accounts[id].bytes - dh_flow_net_sent(net, id);
}

double dh_flow_net_carried(struct dh_flow_net *net, int32_t link) {
    const struct dh_flow_link *l = &net->links[link];
    double sum = net->carried[link];
    for (int32_t i = 0; i < l->n; i++)
        sum += dh_flow_net_sent(net, l->entries[i].flow) *
               dh_flow_share(net, &net->limits[l->entries[i].flow], l->entries[i].hop);
    return sum;
}

struct dh_flow_work dh_flow_net_work(const struct dh_flow_net *net) {
    return net->work;
}
