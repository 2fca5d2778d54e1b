#include "models/training_traffic.h"
#include "models/training_internal.h"

#include <math.h>
#include <stdlib.h>

const char *const dh_wire_names[DH_N_WIRE] = {
    [DH_WIRE_TENSOR] = "tensor",     [DH_WIRE_CONTEXT] = "context", [DH_WIRE_EXPERT] = "expert",
    [DH_WIRE_PIPELINE] = "pipeline", [DH_WIRE_GATHER] = "gather",   [DH_WIRE_REDUCE] = "reduce",
};

/* Of a window that is longer than the latency, the rest hides the transfer. */
void dh_training_flow_add(struct dh_training_flow *flow, const struct dh_training_transfer *t,
                          double window_s, double times) {
    double window = fmax(0, window_s - t->latency_s);
    flow->network_s += times * t->transfer_s;
    flow->bytes += times * t->bytes;
    if (t->transfer_s <= window) {
        flow->hidden_s += times * t->transfer_s;
        flow->hidden_window_s += times * window;
        return;
    }
    flow->shown_s += times * (t->transfer_s - window);
    flow->shown_window_s += times * window;
}

void dh_training_flow_join(struct dh_training_flow *flow, const struct dh_training_flow *other,
                           double times) {
    flow->network_s += times * other->network_s;
    flow->shown_s += times * other->shown_s;
    flow->shown_window_s += times * other->shown_window_s;
    flow->hidden_s += times * other->hidden_s;
    flow->hidden_window_s += times * other->hidden_window_s;
    flow->bytes += times * other->bytes;
}

enum dh_err dh_training_traffic(struct dh_training_traffic *out, const struct dh_transformer *model,
                                const struct dh_training_plan *plan, const struct dh_device_spec *device,
                                const struct dh_training_net *net, const struct dh_stack_spec *stack,
                                struct dh_diag *diag) {
    struct dh_training_place place;
    struct dh_training_layer layer;
    struct dh_training_step step;
    DH_TRY(dh_training_place_of(&place, model, plan, device, net, stack, diag));
    *out = (struct dh_training_traffic){.plan = *plan, .copies = model->experts_used};
    if (plan->recompute == DH_RECOMPUTE_BY_FIT)
        out->plan.recompute = dh_training_recompute_of(model, plan, device, stack);
    place.traffic = out;
    dh_training_layer_of(&layer, &place, &out->plan);
    dh_training_step_of(&step, &layer, &place, &out->plan);
    return DH_OK;
}

/* ---- who sends to whom -------------------------------------------------------------------------------- */

/* A group of ranks, a stride apart, by domain: members[first[i]] … are those of the i-th domain that it
 * meets. */
struct split {
    const int32_t *domain;
    int32_t *place;   /* of each domain: which one of the group it is; -1: none */
    int32_t *members; /* ranks, domain by domain */
    int32_t *first, *fill, *met;
    int32_t n; /* domains */
    void (*edge)(void *self, int32_t from, int32_t to, double bytes);
    void *self;
};

static void split_group(struct split *s, int64_t base, int64_t stride, int32_t n) {
    s->n = 0;
    for (int32_t i = 0; i < n; i++) {
        int32_t d = s->domain[base + i * stride];
        if (s->place[d] < 0) {
            s->place[d] = s->n;
            s->met[s->n] = d;
            s->fill[s->n++] = 0;
        }
        s->fill[s->place[d]]++;
    }
    s->first[0] = 0;
    for (int32_t i = 0; i < s->n; i++) {
        s->first[i + 1] = s->first[i] + s->fill[i];
        s->fill[i] = s->first[i];
    }
    for (int32_t i = 0; i < n; i++) {
        int64_t rank = base + i * stride;
        s->members[s->fill[s->place[s->domain[rank]]]++] = (int32_t)rank;
    }
    for (int32_t i = 0; i < s->n; i++)
        s->place[s->met[i]] = -1;
}

/* Once round the domains: bytes from each to the next. */
static void ring(struct split *s, double bytes) {
    for (int32_t i = 0; s->n > 1 && i < s->n; i++) {
        int32_t next = i + 1 < s->n ? i + 1 : 0;
        int32_t here = s->first[i + 1] - s->first[i], there = s->first[next + 1] - s->first[next];
        int32_t pairs = here > there ? here : there;
        for (int32_t k = 0; k < pairs; k++)
            s->edge(s->self, s->members[s->first[i] + k % here], s->members[s->first[next] + k % there],
                    bytes / pairs);
    }
}

/* Each rank to all others' domains: a token goes to a domain once, if any of its experts are there. */
static void exchange(struct split *s, double bytes, double copies) {
    double all = s->first[s->n];
    for (int32_t to = 0; s->n > 1 && to < s->n; to++) {
        int32_t there = s->first[to + 1] - s->first[to];
        double missed = 1;
        for (int i = 0; i < (int)copies; i++)
            missed *= 1 - there / all;
        double each = bytes * (1 - missed) / copies / there;
        for (int32_t i = 0; i < s->first[s->n]; i++) {
            if (i >= s->first[to] && i < s->first[to + 1])
                continue;
            for (int32_t k = s->first[to]; k < s->first[to + 1]; k++)
                s->edge(s->self, s->members[i], s->members[k], each);
        }
    }
}

static void send_between(const struct split *s, int64_t from, int64_t to, double bytes) {
    if (from != to && s->domain[from] != s->domain[to])
        s->edge(s->self, (int32_t)from, (int32_t)to, bytes);
}

static void pipeline(const struct split *s, const struct dh_training_plan *plan, double bytes) {
    int64_t stage = plan->gpus / plan->pipeline, all = plan->gpus;
    for (int64_t rank = 0; rank < all; rank++) {
        bool last = rank + stage >= all;
        if (last && plan->chunks == 1)
            continue;
        int64_t next = last ? rank + stage - all : rank + stage;
        send_between(s, rank, next, bytes / 2);
        send_between(s, next, rank, bytes / 2);
    }
}

static void context(const struct split *s, const struct dh_training_plan *plan, double bytes) {
    int64_t t = plan->tensor, turn = t * plan->context;
    for (int64_t rank = 0; rank < plan->gpus; rank++) {
        int64_t base = rank / turn * turn;
        send_between(s, rank, base + (rank - base + t) % turn, bytes);
    }
}

/* Rings of `group` ranks a stride apart, within so many neighbours. */
static void rings(struct split *s, const struct dh_training_plan *plan, int64_t within, int64_t stride,
                  int64_t group, double bytes) {
    for (int64_t base = 0; base < plan->gpus; base += within)
        for (int64_t k = 0; k < stride; k++)
            for (int64_t i = k; i < within; i += stride * group) {
                int64_t left = (within - i + stride - 1) / stride;
                split_group(s, base + i, stride, (int32_t)(left < group ? left : group));
                ring(s, bytes);
            }
}

static void wire_edges(struct split *s, const struct dh_training_traffic *t, enum dh_wire wire) {
    const struct dh_training_plan *plan = &t->plan;
    const struct dh_training_wire *w = &t->wires[wire];
    int64_t stage = plan->gpus / plan->pipeline, same = stage / plan->tensor;
    int64_t shards = plan->shard_group > 0 && plan->shard_group < same ? plan->shard_group : same;
    int64_t copies = (stage + plan->expert - 1) / plan->expert;
    switch (wire) {
    case DH_WIRE_TENSOR:
        rings(s, plan, plan->tensor, 1, plan->tensor, w->flow.bytes);
        return;
    case DH_WIRE_CONTEXT:
        context(s, plan, w->flow.bytes);
        return;
    case DH_WIRE_EXPERT:
        for (int64_t base = 0; base < plan->gpus; base += stage)
            for (int64_t i = 0; i < stage; i += plan->expert) {
                int64_t left = stage - i;
                split_group(s, base + i, 1, (int32_t)(left < plan->expert ? left : plan->expert));
                exchange(s, w->flow.bytes, t->copies);
            }
        return;
    case DH_WIRE_PIPELINE:
        pipeline(s, plan, w->flow.bytes);
        return;
    default:
        rings(s, plan, stage, plan->tensor, wire == DH_WIRE_GATHER ? shards : same, w->flow.bytes);
        if (w->expert_bytes > 0)
            rings(s, plan, stage, plan->expert, copies, w->expert_bytes);
    }
}

enum dh_err dh_training_edges(const struct dh_training_traffic *t, enum dh_wire wire, const int32_t *domain,
                              int32_t n_domain,
                              void (*edge)(void *self, int32_t from, int32_t to, double bytes), void *self) {
    if (!(t->wires[wire].flow.network_s > 0) || n_domain < 2)
        return DH_OK;
    size_t n = (size_t)n_domain, ranks = (size_t)t->plan.gpus;
    int32_t *room = malloc((4 * n + 1 + ranks) * sizeof *room);
    if (!room)
        return DH_ERR_MEMORY;
    struct split s = {.domain = domain,
                      .place = room,
                      .met = room + n,
                      .fill = room + 2 * n,
                      .first = room + 3 * n,
                      .members = room + 4 * n + 1,
                      .edge = edge,
                      .self = self};
    for (int32_t d = 0; d < n_domain; d++)
        s.place[d] = -1;
    wire_edges(&s, t, wire);
    free(room);
    return DH_OK;
}

/* ---- the step ----------------------------------------------------------------------------------------- */

int32_t dh_training_phases(const struct dh_training_traffic *t, const bool crosses[static DH_N_WIRE],
                           struct dh_contention_phase phases[static DH_TRAINING_PHASES],
                           enum dh_wire wires[static DH_TRAINING_PHASES]) {
    int32_t n = 0;
    double busy = 0, slack = 0;
    for (int32_t w = 0; w < DH_N_WIRE; w++) {
        const struct dh_training_flow *flow = &t->wires[w].flow;
        double shown = flow->shown_s + flow->shown_window_s; /* of what shows, all that is sent */
        if (crosses[w] && flow->hidden_s > 0) {
            wires[n] = (enum dh_wire)w;
            phases[n++] =
                (struct dh_contention_phase){.window_s = flow->hidden_window_s, .network_s = flow->hidden_s};
            busy += flow->hidden_window_s;
            slack += flow->hidden_window_s - flow->hidden_s;
        }
        if (crosses[w] && shown > 0) {
            wires[n] = (enum dh_wire)w;
            phases[n++] = (struct dh_contention_phase){.window_s = flow->shown_window_s, .network_s = shown};
            busy += shown;
        }
    }
    /* Windows of two wires may be the same computing. Then neither has as much of it to itself. */
    double excess = busy - t->step_s;
    for (int32_t i = 0; i < n && excess > 0 && slack > 0; i++) {
        double own = fmax(0, phases[i].window_s - phases[i].network_s);
        phases[i].window_s -= own * fmin(1, excess / slack);
    }
    if (excess > 0)
        busy = fmax(t->step_s, busy - slack);
    if (n > 0)
        phases[0].quiet_s = fmax(0, t->step_s - busy);
    return n;
}
