/* Levels of links, and the rates that follow from them. */
#include "models/flow_internal.h"

#include <math.h>
#include <stdlib.h>

/* Changes of a level below this share are not passed on. */
static const double still = 1e-13;
/* A link that is this little too full is not counted as full: sums of its flows round. */
static const double full = 1e-14;

/* The least and second least limit of a flow, from its links' levels. */
static void find_limits(const struct dh_flow_net *net, struct dh_flow_limits *f) {
    const struct dh_flow_hop *hops = net->hops + f->hop;
    double first = f->cap, second = INFINITY;
    int32_t at = DH_FLOW_NO_LINK;
    for (int32_t i = 0; i < f->n_hop; i++) {
        double level = net->level[hops[i].link];
        double higher =
            level < first ? first : level; /* without branches: which is less is anybody's guess */
        at = level < first ? hops[i].link : at;
        first = level < first ? level : first;
        second = higher < second ? higher : second;
    }
    f->first = first;
    f->second = second;
    f->at = at;
}

/* Finds a flow's limits and tells them its links. */
static void tell_limits(struct dh_flow_net *net, struct dh_flow_limits *f) {
    find_limits(net, f);
    for (int32_t i = f->hop; i < f->hop + f->n_hop; i++) {
        struct dh_flow_hop hop = net->hops[i];
        net->links[hop.link].entries[hop.place].other = f->at == hop.link ? f->second : f->first;
    }
}

/* ---- heap of links, least level first */

static void sift_down(struct dh_flow_key *heap, int32_t n, int32_t at) {
    struct dh_flow_key key = heap[at];
    for (int32_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && heap[child + 1].level < heap[child].level;
        if (heap[child].level >= key.level)
            break;
        heap[at] = heap[child];
    }
    heap[at] = key;
}

static void drop_first(struct dh_flow_key *heap, int32_t *n) {
    heap[0] = heap[--*n];
    if (*n > 0)
        sift_down(heap, *n, 0);
}

void dh_flow_queue_link(struct dh_flow_net *net, int32_t link) {
    if (net->queued[link])
        return;
    double level = net->level[link];
    int32_t at = net->n_queue++;
    for (int32_t above; at > 0 && net->queue[above = (at - 1) / 2].level > level; at = above)
        net->queue[at] = net->queue[above];
    net->queue[at] = (struct dh_flow_key){level, link};
    net->queued[link] = true;
}

static void clear_queue(struct dh_flow_net *net) {
    for (int32_t i = 0; i < net->n_queue; i++)
        net->queued[net->queue[i].link] = false;
    net->n_queue = 0;
}

/* ---- all links at once */

static int by_cap(const void *a, const void *b, void *limits) {
    const struct dh_flow_limits *f = limits;
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    if (f[i].cap != f[j].cap)
        return f[i].cap < f[j].cap ? -1 : 1;
    return (i > j) - (i < j);
}

/* In a fill .first is a flow's level, NAN before it is fixed. */
static void fix(struct dh_flow_net *net, struct dh_flow_limits *f, double level) {
    f->first = level;
    for (int32_t i = f->hop; i < f->hop + f->n_hop; i++) {
        int32_t link = net->hops[i].link;
        double weight = f->shared ? net->links[link].entries[net->hops[i].place].weight : f->weight;
        net->free_share[link] -= level * weight;
        net->open[link] -= weight;
    }
}

/* The level at which a link is full whose other flows are fixed: from the flows themselves, for what has been
 * taken off step by step carries the rounding of every step. NAN: no flow is left. */
static double level_of(const struct dh_flow_net *net, const struct dh_flow_link *link) {
    double fixed = 0, open = 0;
    for (int32_t i = 0; i < link->n; i++) {
        const struct dh_flow_limits *f = &net->limits[link->entries[i].flow];
        if (isnan(f->first))
            open += link->entries[i].weight;
        else
            fixed += f->first * link->entries[i].weight;
    }
    return open > 0 ? (link->capacity - fixed) / open : NAN;
}

/* Links with flows, by the level they would have alone; all levels unknown. */
static int32_t begin_fill(struct dh_flow_net *net) {
    int32_t n = 0, n_capped = 0;
    for (int32_t i = 0; i < net->n_flow; i++) {
        struct dh_flow_limits *f = &net->limits[i];
        f->first = NAN;
        if (f->live && f->cap < INFINITY)
            net->capped[n_capped++] = i;
    }
    qsort_r(net->capped, (size_t)n_capped, sizeof *net->capped, by_cap, net->limits);
    for (int32_t i = 0; i < net->n_link; i++) {
        struct dh_flow_link *link = &net->links[i];
        net->level[i] = INFINITY;
        if (link->n == 0)
            continue;
        net->free_share[i] = link->capacity;
        net->open[i] = 0;
        for (int32_t k = 0; k < link->n; k++)
            net->open[i] += link->entries[k].weight;
        net->queue[n++] = (struct dh_flow_key){link->capacity / net->open[i], i};
    }
    net->n_queue = n;
    for (int32_t i = n / 2; i-- > 0;)
        sift_down(net->queue, n, i);
    return n_capped;
}

/* Progressive filling: the link or cap with the least level fixes its flows, which raises the others' levels,
 * so that what stands in the heap is never too high. */
static void fill(struct dh_flow_net *net) {
    if (net->n_live == 0) {
        for (int32_t i = 0; i < net->n_link; i++)
            net->level[i] = INFINITY;
        return;
    }
    int32_t n_capped = begin_fill(net), c = 0;
    double reached = 0;
    net->work.fills++;
    while (net->n_queue > 0) {
        struct dh_flow_key *top = &net->queue[0];
        struct dh_flow_link *link = &net->links[top->link];
        if (c < n_capped && net->limits[net->capped[c]].cap <= top->level) {
            struct dh_flow_limits *f = &net->limits[net->capped[c++]];
            if (isnan(f->first)) {
                reached = f->cap;
                fix(net, f, f->cap);
            }
            continue;
        }
        double level = net->free_share[top->link] / net->open[top->link];
        if (net->open[top->link] > 0 && level > top->level * (1 + 4e-16)) {
            top->level = level;
            sift_down(net->queue, net->n_queue, 0);
            continue;
        }
        level = level_of(net, link);
        int32_t at = top->link;
        drop_first(net->queue, &net->n_queue);
        if (isnan(level))
            continue;
        reached = net->level[at] = level > reached ? level : reached;
        for (int32_t i = 0; i < link->n; i++) {
            struct dh_flow_limits *f = &net->limits[link->entries[i].flow];
            if (isnan(f->first))
                fix(net, f, reached);
        }
    }
    for (int32_t i = 0; i < net->n_flow; i++) {
        struct dh_flow_limits *f = &net->limits[i];
        if (f->live)
            dh_flow_set_rate(net, i, f->first * f->weight);
    }
    net->told = false;
}

/* After a fill flows know their least limit only, and links nothing of it: nobody asks before a link is
 * solved by itself, which between the steps of a collective does not happen. */
static void tell_all(struct dh_flow_net *net) {
    for (int32_t i = 0; !net->told && i < net->n_flow; i++)
        if (net->limits[i].live)
            tell_limits(net, &net->limits[i]);
    net->told = true;
}

/* ---- one link */

/* The level at which its flows, limited elsewhere as their entries say, fill it; INFINITY where they cannot.
 */
static double solve(const struct dh_flow_link *link) {
    const struct dh_flow_entry *e = link->entries;
    int32_t n = link->n, n_unlimited = 0, n_below = -1;
    double sum = 0, weights = 0;
    for (int32_t i = 0; i < n; i++) {
        weights += e[i].weight;
        n_unlimited += e[i].other == INFINITY;
        sum += e[i].other * e[i].weight;
    }
    if (n == 0 || (n_unlimited == 0 && sum <= link->capacity * (1 + full)))
        return INFINITY;
    for (double level = link->capacity / weights;;) {
        double taken = 0, open = 0;
        int32_t k = 0;
        for (int32_t i = 0; i < n; i++) {
            bool below = e[i].other <= level;
            taken += below ? e[i].other * e[i].weight : 0;
            open += below ? 0 : e[i].weight;
            k += below;
        }
        if (k == n)
            return INFINITY;
        double next = (link->capacity - taken) / open;
        if (k == n_below || !(next > level))
            return level;
        n_below = k;
        level = next;
    }
}

/* A link's level has moved: its flows' limits, and the links to which that matters. */
static void pass_on(struct dh_flow_net *net, int32_t at, double was) {
    const struct dh_flow_link *link = &net->links[at];
    double now = net->level[at];
    for (int32_t i = 0; i < link->n; i++) {
        int32_t flow = link->entries[i].flow;
        struct dh_flow_limits *f = &net->limits[flow];
        if (f->second < now && f->second < was)
            continue; /* two others limit it more, before and after */
        double first = f->first;
        int32_t first_at = f->at;
        find_limits(net, f);
        bool same = first == f->first && first_at == f->at; /* then only that link sees the second least */
        if (!same && !f->listed) {
            f->listed = true;
            net->changed[net->n_changed++] = flow;
        }
        for (int32_t h = f->hop; h < f->hop + f->n_hop; h++) {
            int32_t m = net->hops[h].link;
            if (same && m != f->at)
                continue;
            double *other = &net->links[m].entries[net->hops[h].place].other;
            double before = *other, after = f->at == m ? f->second : f->first, level = net->level[m];
            *other = after;
            if (m != at && before != after && (before < level || after < level))
                dh_flow_queue_link(net, m);
        }
    }
}

/* Solves queued links until none is left; false where that takes longer than filling all would. */
static bool propagate(struct dh_flow_net *net) {
    int64_t most = 1000 + 16 * (int64_t)net->n_link;
    while (net->n_queue > 0) {
        int32_t at = net->queue[0].link;
        drop_first(net->queue, &net->n_queue);
        net->queued[at] = false;
        if (most-- == 0)
            return false;
        net->work.solves++;
        double was = net->level[at], level = solve(&net->links[at]);
        if (level == was || (was < INFINITY && fabs(level - was) <= still * was))
            continue;
        net->level[at] = level;
        pass_on(net, at, was);
    }
    return true;
}

void dh_flow_settle(struct dh_flow_net *net) {
    if (net->settled)
        return;
    bool done = false;
    int32_t n = net->n_started + net->n_ended;
    if (4 * (int64_t)n <= net->n_live + DH_FLOW_MANY) {
        tell_all(net);
        for (int32_t i = 0; i < net->n_started; i++) {
            struct dh_flow_limits *f = &net->limits[net->started[i]];
            tell_limits(net, f);
            f->listed = true; /* whether a link changes or not, it needs a rate */
            net->changed[net->n_changed++] = net->started[i];
            for (int32_t h = f->hop; h < f->hop + f->n_hop; h++)
                dh_flow_queue_link(net, net->hops[h].link);
        }
        done = propagate(net);
    }
    clear_queue(net);
    if (!done)
        fill(net);
    for (int32_t i = 0; i < net->n_changed; i++) {
        struct dh_flow_limits *f = &net->limits[net->changed[i]];
        f->listed = false;
        dh_flow_set_rate(net, net->changed[i], f->first * f->weight);
    }
    for (int32_t i = 0; i < net->n_started; i++)
        net->limits[net->started[i]].fresh = false;
    net->n_changed = net->n_started = net->n_ended = 0;
    net->settled = true;
}
