#include "models/fabric.h"

#include "models/flow_internal.h"

#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 8 }; /* routes that an adaptive choice looks at */

struct placed {
    int32_t src, dst;
    uint64_t number;
    double latency_s;
    bool stalled;
};

struct dh_fabric {
    struct dh_flow_net *net;
    struct dh_link_graph *intact, *left; /* intact: NULL with a topology; left: without what has failed */
    struct dh_topology topology;
    bool has_topology;
    enum dh_fabric_way way;
    int32_t n_node, n_link;
    struct dh_graph_link *links;
    double *capacity, *latency;
    uint64_t *numbers;
    bool *link_out, *node_out;
    int32_t n_out; /* links and nodes */
    int64_t n_started;

    struct placed *flows; /* by id */
    int32_t room;
    int32_t *affected; /* scratch: ids */
    struct dh_fabric_events events;
};

static bool copy_network(struct dh_fabric *f, const struct dh_fabric_spec *s) {
    size_t links = (size_t)f->n_link + 1, nodes = (size_t)f->n_node + 1;
    f->links = calloc(links, sizeof *f->links);
    f->capacity = calloc(links, sizeof *f->capacity);
    f->latency = calloc(links, sizeof *f->latency);
    f->link_out = calloc(links, sizeof *f->link_out);
    f->node_out = calloc(nodes, sizeof *f->node_out);
    f->numbers = calloc(nodes, sizeof *f->numbers);
    if (!f->links || !f->capacity || !f->latency || !f->link_out || !f->node_out || !f->numbers)
        return false;
    for (int32_t i = 0; i < f->n_link; i++) {
        if (f->has_topology) {
            struct dh_topology_link l = dh_topology_link(&f->topology, i);
            f->links[i] = (struct dh_graph_link){l.from, l.to};
            f->capacity[i] = f->topology.link[l.is].bytes_per_s;
            f->latency[i] = f->topology.link[l.is].latency_s;
        } else {
            f->links[i] = s->links[i];
            f->capacity[i] = s->capacity[i];
            f->latency[i] = s->latency_s ? s->latency_s[i] : 0;
        }
    }
    for (int32_t i = 0; i < f->n_node; i++)
        f->numbers[i] = s->numbers ? s->numbers[i] : (uint64_t)i;
    return true;
}

struct dh_fabric *dh_fabric_new(const struct dh_fabric_spec *s) {
    struct dh_fabric *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->way = s->way;
    f->has_topology = s->topology != NULL;
    if (f->has_topology)
        f->topology = *s->topology;
    f->n_node = f->has_topology ? f->topology.n_node : s->n_node;
    f->n_link = f->has_topology ? f->topology.n_link : s->n_link;
    if (f->n_node < 0 || f->n_link < 0 || !copy_network(f, s))
        goto fail;
    if (f->has_topology) {
        f->left = dh_topology_graph(&f->topology);
    } else {
        f->left = dh_link_graph_new(f->n_node, s->ends, f->links, f->n_link);
        f->intact = dh_link_graph_new(f->n_node, s->ends, f->links, f->n_link);
    }
    f->net = dh_flow_net_new(f->capacity, f->n_link);
    if (f->net && f->left && (f->intact || f->has_topology))
        return f;
fail:
    dh_fabric_delete(f);
    return NULL;
}

void dh_fabric_delete(struct dh_fabric *f) {
    if (!f)
        return;
    dh_flow_net_delete(f->net);
    dh_link_graph_delete(f->intact);
    dh_link_graph_delete(f->left);
    void *parts[] = {f->links,    f->capacity, f->latency, f->link_out,
                     f->node_out, f->numbers,  f->flows,   f->affected};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        free(parts[i]);
    free(f);
}

/* ---- routes */

static bool out(const struct dh_fabric *f, int32_t link) {
    return f->link_out[link] || f->node_out[f->links[link].from] || f->node_out[f->links[link].to];
}

static bool whole(const struct dh_fabric *f, const int32_t *links, int32_t n) {
    for (int32_t i = 0; f->n_out > 0 && i < n; i++)
        if (out(f, links[i]))
            return false;
    return true;
}

static int32_t intact_route(struct dh_fabric *f, const struct placed *p, uint64_t number, int32_t *links) {
    if (f->has_topology)
        return dh_topology_route(&f->topology, p->src, p->dst,
                                 f->way == DH_WAY_BY_DESTINATION ? DH_BY_DESTINATION : number, links);
    return dh_link_graph_route(f->intact, p->src, p->dst, number, DH_FLOW_MAX_HOPS, links);
}

/* The regular route, or one around what has failed. *works: it is whole. -1: there is none at all. */
static int32_t one_route(struct dh_fabric *f, const struct placed *p, uint64_t number, int32_t *links,
                         bool *works) {
    int32_t around[DH_FLOW_MAX_HOPS], n = intact_route(f, p, number, links);
    *works = n >= 0 && n <= DH_FLOW_MAX_HOPS && whole(f, links, n);
    if (*works || n < 0 || n > DH_FLOW_MAX_HOPS)
        return n <= DH_FLOW_MAX_HOPS ? n : -1;
    int32_t m = dh_link_graph_route(f->left, p->src, p->dst, number, DH_FLOW_MAX_HOPS, around);
    if (m < 0 || m > DH_FLOW_MAX_HOPS)
        return n;
    memcpy(links, around, (size_t)m * sizeof *links);
    *works = true;
    return m;
}

/* splitmix64 (Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014). */
static uint64_t mixed(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/* Flows for its capacity of the fullest link of a route. */
static double crowd(const struct dh_fabric *f, const int32_t *links, int32_t n) {
    double most = 0;
    for (int32_t i = 0; i < n; i++) {
        double on = f->net->links[links[i]].n / f->capacity[links[i]];
        most = on > most ? on : most;
    }
    return most;
}

static int32_t find_route(struct dh_fabric *f, const struct placed *p, int32_t *links, bool *works) {
    int32_t n = one_route(f, p, p->number, links, works);
    if (f->way != DH_WAY_ADAPTIVE || n <= 0 || !*works)
        return n;
    double best = crowd(f, links, n);
    for (uint64_t i = 1; i < CANDIDATES; i++) {
        int32_t other[DH_FLOW_MAX_HOPS];
        bool good;
        int32_t m = one_route(f, p, mixed(p->number + i), other, &good);
        double most = m == n && good ? crowd(f, other, m) : best;
        if (most < best) {
            best = most;
            memcpy(links, other, (size_t)m * sizeof *links);
        }
    }
    return n;
}

/* ---- flows */

static double latency_of(const struct dh_fabric *f, const int32_t *links, int32_t n) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += f->latency[links[i]];
    return sum;
}

static bool make_room(struct dh_fabric *f) {
    int32_t ids = f->net->n_flow + 1; /* the next flow may have a new one */
    if (ids <= f->room)
        return true;
    int32_t room = f->room ? 2 * f->room : 256;
    struct placed *flows = realloc(f->flows, (size_t)room * sizeof *flows);
    if (flows)
        f->flows = flows;
    int32_t *affected = realloc(f->affected, (size_t)room * sizeof *affected);
    if (affected)
        f->affected = affected;
    if (!flows || !affected)
        return false;
    f->room = room;
    return true;
}

enum dh_err dh_fabric_start(struct dh_fabric *f, const struct dh_fabric_flow *flow, int32_t *id) {
    int32_t links[DH_FLOW_MAX_HOPS];
    if (flow->src < 0 || flow->src >= f->n_node || flow->dst < 0 || flow->dst >= f->n_node ||
        (f->has_topology && (flow->src >= f->topology.n_host || flow->dst >= f->topology.n_host)))
        return DH_ERR_RANGE;
    if (!make_room(f))
        return DH_ERR_MEMORY;
    struct placed p = {.src = flow->src, .dst = flow->dst, .number = f->numbers[flow->dst]};
    if (f->way != DH_WAY_BY_DESTINATION)
        p.number = mixed((uint64_t)f->n_started ^ mixed((uint64_t)flow->src << 32 | (uint64_t)flow->dst));
    bool works;
    int32_t n = find_route(f, &p, links, &works);
    if (n < 0)
        return DH_ERR_MISSING;
    struct dh_flow_spec spec = {links, n, flow->bytes, flow->weight, flow->cap};
    enum dh_err err = dh_flow_net_start(f->net, &spec, id);
    if (err != DH_OK)
        return err;
    p.stalled = !works && flow->bytes > 0;
    p.latency_s = latency_of(f, links, n);
    f->events.stalled += p.stalled;
    f->flows[*id] = p;
    f->n_started++;
    return DH_OK;
}

static bool takes(const struct dh_fabric *f, int32_t id, const int32_t *links, int32_t n) {
    const struct dh_flow_limits *flow = &f->net->limits[id];
    for (int32_t i = 0; i < n && n == flow->n_hop; i++)
        if (f->net->hops[flow->hop + i].link != links[i])
            return false;
    return n == flow->n_hop;
}

/* Flows that have failed links on their routes get others, as far as there are. */
static enum dh_err divert(struct dh_fabric *f, const int32_t *ids, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        struct placed *p = &f->flows[ids[i]];
        int32_t links[DH_FLOW_MAX_HOPS];
        bool works, before = p->stalled;
        int32_t hops = find_route(f, p, links, &works);
        p->stalled = hops < 0 || !works;
        if (p->stalled) {
            f->events.stalled += !before;
            continue;
        }
        if (takes(f, ids[i], links, hops))
            continue;
        enum dh_err err = dh_flow_net_reroute(f->net, ids[i], links, NULL, hops);
        if (err != DH_OK) {
            p->stalled = true;
            return err;
        }
        p->latency_s = latency_of(f, links, hops);
        f->events.rerouted++;
    }
    return DH_OK;
}

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Flows on links that are out, each once, in the order of their ids: no order of links shows. */
static int32_t flows_on(struct dh_fabric *f, const bool *was_out) {
    int32_t n = 0;
    for (int32_t l = 0; l < f->n_link; l++) {
        const struct dh_flow_link *link = &f->net->links[l];
        for (int32_t k = 0; !was_out[l] && out(f, l) && k < link->n; k++) {
            int32_t id = link->entries[k].flow;
            if (!f->flows[id].stalled) {
                f->flows[id].stalled = true; /* listed; taken back below */
                f->affected[n++] = id;
            }
        }
    }
    for (int32_t i = 0; i < n; i++)
        f->flows[f->affected[i]].stalled = false;
    if (n > 0)
        qsort(f->affected, (size_t)n, sizeof *f->affected, by_number);
    return n;
}

static int32_t stalled_flows(struct dh_fabric *f) {
    int32_t n = 0;
    for (int32_t id = 0; id < f->net->n_flow; id++)
        if (f->net->limits[id].live && f->flows[id].stalled)
            f->affected[n++] = id;
    return n;
}

static enum dh_err change(struct dh_fabric *f, bool *part, bool works) {
    if (*part != works) /* part: out of service */
        return DH_OK;
    bool *was_out = malloc(((size_t)f->n_link + 1) * sizeof *was_out);
    if (!was_out)
        return DH_ERR_MEMORY;
    for (int32_t l = 0; l < f->n_link; l++)
        was_out[l] = out(f, l);
    *part = !works;
    f->n_out += works ? -1 : 1;
    enum dh_err err = DH_OK;
    for (int32_t l = 0; err == DH_OK && l < f->n_link; l++)
        if (out(f, l) != was_out[l]) {
            dh_link_graph_cut_link(f->left, l, out(f, l));
            err = dh_flow_net_set_capacity(f->net, l, out(f, l) ? 0 : f->capacity[l]);
        }
    int32_t n = works ? stalled_flows(f) : flows_on(f, was_out);
    free(was_out);
    return err == DH_OK ? divert(f, f->affected, n) : err;
}

enum dh_err dh_fabric_set_link(struct dh_fabric *f, int32_t link, bool works) {
    return link < 0 || link >= f->n_link ? DH_ERR_RANGE : change(f, &f->link_out[link], works);
}

enum dh_err dh_fabric_set_node(struct dh_fabric *f, int32_t node, bool works) {
    return node < 0 || node >= f->n_node ? DH_ERR_RANGE : change(f, &f->node_out[node], works);
}

bool dh_fabric_stalled(const struct dh_fabric *f, int32_t id) {
    return f->flows[id].stalled;
}

double dh_fabric_latency(const struct dh_fabric *f, int32_t id) {
    return f->flows[id].latency_s;
}

struct dh_fabric_events dh_fabric_events(const struct dh_fabric *f) {
    return f->events;
}

struct dh_flow_net *dh_fabric_net(struct dh_fabric *f) {
    return f->net;
}
