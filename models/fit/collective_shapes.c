/* How constants make the ways of a collective: operations of a domain share latencies and what is not theirs
 * alone. Each constant is named once, with the value that a fit begins at and its bounds. */
#include "models/fit/collective_shapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The constant called name, made where it is not there: its first value and bounds. */
static double constant(struct problem *p, const char *name, double start, double low, double high) {
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->names[i], name) == 0)
            return p->values[i];
    if (p->n == MOST_CONSTANTS)
        abort();
    p->names[p->n] = name;
    p->starts[p->n] = p->values[p->n] = start;
    p->low[p->n] = low;
    p->high[p->n] = high;
    return p->values[p->n++];
}

static struct dh_collective_spec *way(struct problem *p, enum dh_collective_op op,
                                      enum dh_collective_way kind, const char *protocol) {
    struct dh_collective_spec *c = &p->ways[p->domain.n_collectives++];
    *c = (struct dh_collective_spec){
        .op = op, .way = kind, .protocol = protocol, .ranks_min = 2, .piece_max = NAN, .moved_max = NAN};
    return c;
}

/* A switch reduces as fast for one software as for another, within a tenth. */
static double switch_rate(struct problem *p) {
    double wire = p->domain.wire_bytes_per_s, known = p->switch_bytes_per_s;
    if (known > 0)
        return constant(p, "nvls rate", known, 0.9 * known, fmin(1.1 * known, wire));
    return constant(p, "nvls rate", 0.5 * wire, 0.05 * wire, 0.65 * wire);
}

static const char *const ll128_steps[] = {"ll128 step ar", "ll128 step ag", "ll128 step rs"};
static const char *const ll128_rates[] = {"ll128 rate ar", "ll128 rate ag", "ll128 rate rs"};
static const char *const rates[] = {"rate ar", "rate ag", "rate rs", "rate a2a"};

/* NCCL within a domain: rings by three protocols, their latencies shared; all-to-all as messages between
 * pairs; NVLS where the switch reduces. */
static void shape_nccl(struct problem *p, bool in_switch) {
    double wire = p->domain.wire_bytes_per_s;
    struct dh_collective_spec *c;
    for (int op = DH_ALL_REDUCE; op <= DH_REDUCE_SCATTER; op++) {
        c = way(p, op, DH_WAY_RING, "LL");
        c->start_s = constant(p, "ll start", 6 * US, 1 * US, 100 * US);
        c->step_s = constant(p, "ll step", 1 * US, 0.1 * US, 10 * US);
        c->bytes_per_s = constant(p, "ll rate", 20 * GB, 1 * GB, wire);
        c->piece_max = constant(p, "ll piece", 2048, 64, 1e6);
        c = way(p, op, DH_WAY_RING, "LL128");
        c->start_s = constant(p, "ll128 start", 8 * US, 1 * US, 100 * US);
        c->step_s = constant(p, ll128_steps[op], 1.2 * US, 0.1 * US, 10 * US);
        c->bytes_per_s = constant(p, ll128_rates[op], 0.3 * wire, 1 * GB, wire);
        c->own = constant(p, "ll128 own", 0.5, 0.001, 5);
        c->piece_max = constant(p, "ll128 piece", 5e5, 1e4, 1e8);
        c = way(p, op, DH_WAY_RING, "Simple");
        c->start_s = constant(p, "start", 15 * US, 1 * US, 100 * US);
        c->step_s = constant(p, "step", 2 * US, 0.1 * US, 50 * US);
        c->bytes_per_s = constant(p, rates[op], 0.75 * wire, 0.05 * wire, 0.9 * wire);
        c->own = constant(p, "own", 0.4, 0.001, 5);
        c->pipeline_s = constant(p, "pipeline", 0.3 * US, 1e-9, 1e-3);
    }
    c = way(p, DH_ALL_TO_ALL, DH_WAY_PEER, "LL");
    c->start_s = constant(p, "a2a ll start", 7 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "a2a ll step", 0.2 * US, 0.01 * US, 10 * US);
    c->bytes_per_s = constant(p, "a2a ll rate", 8 * GB, 0.5 * GB, wire);
    c->piece_max = constant(p, "a2a ll piece", 65536, 1e3, 5e5);
    c = way(p, DH_ALL_TO_ALL, DH_WAY_DIRECT, "Simple");
    c->start_s = constant(p, "a2a start", 12 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "a2a step", 0.2 * US, 0.01 * US, 10 * US);
    c->bytes_per_s = constant(p, rates[DH_ALL_TO_ALL], 0.7 * wire, 0.05 * wire, 0.9 * wire);
    c->own = constant(p, "a2a own", 0.2, 0.001, 5);
    c->pipeline_s = constant(p, "a2a pipeline", 0.3 * US, 1e-9, 1e-3);
    if (in_switch) {
        c = way(p, DH_ALL_REDUCE, DH_WAY_SWITCH, "NVLS");
        c->ranks_min = 5;
        c->start_s = constant(p, "nvls start", 40 * US, 1 * US, 200 * US);
        c->bytes_per_s = switch_rate(p);
        c->pipeline_s = constant(p, "nvls pipeline", 0.3 * US, 1e-9, 1e-3);
    }
    /* not measured here: as an all-gather's ring, which moves as a broadcast does, and as one step of it */
    for (int op = DH_BROADCAST; op <= DH_SEND; op++)
        for (int from = 3; from < 6; from++) {
            c = way(p, op, DH_WAY_RING, "");
            *c = p->ways[from];
            c->op = op;
            c->own = 0;
        }
}

static void shape_ring(struct problem *p) {
    shape_nccl(p, false);
}

static void shape_switch(struct problem *p) {
    shape_nccl(p, true);
}

/* All-reduce of an inference engine within a graph: one-shot, two-shot, then the library's. */
static void shape_graph(struct problem *p) {
    double wire = p->domain.wire_bytes_per_s;
    bool in_switch = strncmp(p->id, "a100", 4) != 0;
    struct dh_collective_spec *c = way(p, DH_ALL_REDUCE, DH_WAY_ONE_SHOT, "one-shot");
    c->start_s = constant(p, "one start", 4 * US, 0.5 * US, 100 * US);
    c->step_s = constant(p, "one step", 0.1 * US, 0.001 * US, 10 * US);
    c->bytes_per_s = constant(p, "one rate", 0.4 * wire, 1 * GB, wire);
    c->moved_max = constant(p, "one moved", 3e6, 1e4, 1e9);
    c = way(p, DH_ALL_REDUCE, DH_WAY_DIRECT, "two-shot");
    c->start_s = constant(p, "two start", 8 * US, 0.5 * US, 100 * US);
    c->step_s = constant(p, "two step", 0.1 * US, 0.001 * US, 10 * US);
    c->bytes_per_s = constant(p, "two rate", 0.6 * wire, 1 * GB, wire);
    /* the engine's own limits, all_reduce_utils.py of vLLM 0.24: 8 MiB, on Hopper 32 to 64 */
    c->moved_max = constant(p, "two moved", in_switch ? 64e6 : 8e6, 1e4, 1e9);
    c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "LL128");
    c->start_s = constant(p, "ll128 start", 8 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "ll128 step", 1 * US, 0.1 * US, 10 * US);
    c->bytes_per_s = constant(p, "ll128 rate", 0.4 * wire, 1 * GB, wire);
    c->piece_max = constant(p, "ll128 piece", 5e5, 1e4, 1e8);
    c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "Simple");
    c->start_s = constant(p, "start", 15 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "step", 2 * US, 0.01 * US, 50 * US);
    c->bytes_per_s = constant(p, "rate", 0.75 * wire, 0.05 * wire, 0.9 * wire);
    c->own = constant(p, "own", 0.2, 0.001, 5);
    c->pipeline_s = constant(p, "pipeline", 0.3 * US, 1e-9, 1e-3);
    if (in_switch) {
        c = way(p, DH_ALL_REDUCE, DH_WAY_SWITCH, "symmetric memory");
        c->ranks_min = 4;
        c->start_s = constant(p, "mem start", 10 * US, 1 * US, 200 * US);
        c->bytes_per_s = constant(p, "mem rate", 0.45 * wire, 0.05 * wire, wire);
        c->moved_max = constant(p, "mem moved", 48e6, 1e4, 1e9);
        c = way(p, DH_ALL_REDUCE, DH_WAY_SWITCH, "NVLS");
        c->ranks_min = 5;
        c->start_s = constant(p, "nvls start", 20 * US, 1 * US, 200 * US);
        c->bytes_per_s = switch_rate(p);
        c->pipeline_s = constant(p, "nvls pipeline", 0.3 * US, 1e-9, 1e-3);
    }
}

/* All-reduce launched one by one from the host, by two protocols. */
static void shape_host(struct problem *p) {
    double wire = p->domain.wire_bytes_per_s;
    struct dh_collective_spec *c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "LL");
    c->start_s = constant(p, "ll start", 8 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "ll step", 1 * US, 0.01 * US, 50 * US);
    c->bytes_per_s = constant(p, "ll rate", 0.2 * wire, 1 * GB, wire);
    c->piece_max = constant(p, "ll piece", 3e5, 1e3, 1e8);
    c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "Simple");
    c->start_s = constant(p, "start", 20 * US, 1 * US, 200 * US);
    c->step_s = constant(p, "step", 1 * US, 0.01 * US, 50 * US);
    c->bytes_per_s = constant(p, "rate", 0.7 * wire, 0.05 * wire, 0.9 * wire);
    c->own = constant(p, "own", 0.2, 0.001, 5);
    c->pipeline_s = constant(p, "pipeline", 0.3 * US, 1e-9, 1e-3);
}

/* An engine's profile without a graph: messages besides. */
static void shape_profile(struct problem *p) {
    double wire = p->domain.wire_bytes_per_s;
    shape_host(p);
    struct dh_collective_spec *c = way(p, DH_SEND, DH_WAY_RING, "Simple");
    c->start_s = constant(p, "send start", 8 * US, 0.5 * US, 100 * US);
    c->bytes_per_s = constant(p, "send rate", 0.8 * wire, 0.05 * wire, wire);
    c->pipeline_s = constant(p, "send pipeline", 0.3 * US, 1e-9, 1e-3);
}

/* Tokens to experts. */
static void shape_experts(struct problem *p) {
    double wire = p->domain.wire_bytes_per_s;
    for (int op = DH_DISPATCH; op <= DH_COMBINE; op++) { /* the way back as the way out: not measured here */
        struct dh_collective_spec *c = way(p, op, DH_WAY_DIRECT, "DeepEP");
        c->start_s = constant(p, "start", 20 * US, 1 * US, 200 * US);
        c->bytes_per_s = constant(p, "rate", 0.6 * wire, 0.05 * wire, wire);
        c->pipeline_s = constant(p, "pipeline", 0.3 * US, 1e-9, 1e-3);
    }
}

/* What software an element of the catalog stands for is in its id. */
void (*shape_of(const struct dh_interconnect_spec *d))(struct problem *p) {
    return strstr(d->id, "graph")     ? shape_graph
           : strstr(d->id, "profile") ? shape_profile
           : strstr(d->id, "host")    ? shape_host
           : strstr(d->id, "experts") ? shape_experts
           : strstr(d->id, "a100")    ? shape_ring
                                      : shape_switch;
}

void shape_network(struct problem *p) {
    struct dh_transport_spec *t = p->transports;
    t[0] = (struct dh_transport_spec){.protocol = "LL128",
                                      .start_s = constant(p, "small start", 50 * US, 1 * US, 1000 * US),
                                      .hop_s = constant(p, "hop", 6 * US, 3 * US, 15 * US),
                                      .efficiency = constant(p, "small efficiency", 0.3, 0.01, 0.9),
                                      .inside = constant(p, "inside", 0.97, 0.8, 1)};
    t[1] = (struct dh_transport_spec){.protocol = "Simple",
                                      .start_s = constant(p, "start", 120 * US, 1 * US, 5000 * US),
                                      .hop_s = constant(p, "hop", 6 * US, 3 * US, 15 * US),
                                      .efficiency = constant(p, "efficiency", 0.93, 0.05, 0.98),
                                      .inside = constant(p, "inside", 0.97, 0.8, 1)};
    p->network.n_transports = 2;
}

void reshape(struct problem *p) {
    p->domain.n_collectives = 0;
    p->domain.collectives = p->ways;
    if (p->is_network)
        p->network.transports = p->transports;
    p->shape(p);
}
