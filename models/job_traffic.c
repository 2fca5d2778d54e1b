#include "models/job_traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the wire at hand, link by link. */
struct gather {
    struct dh_network *network;
    const struct dh_job_ranks *ranks;
    double *bytes;    /* of each link */
    int32_t *touched; /* links with any */
    int32_t n_touched;
    double *sum; /* of struct dh_job_traffic */
};

static void edge(void *self, int32_t from, int32_t to, double bytes) {
    struct gather *g = self;
    struct dh_network_hop hops[DH_NETWORK_HOPS];
    double passed[DH_N_LINK_CLASS] = {0};
    int32_t src = g->ranks->host[from], dst = g->ranks->host[to];
    int32_t n = src < 0 || dst < 0 || src == dst ? 0 : dh_network_route(g->network, src, dst, hops);
    if (n <= 0)
        return;
    for (int32_t i = 0; i < n; i++) {
        enum dh_link_class is = dh_network_link_class(g->network, hops[i].link);
        passed[is] = fmax(passed[is], hops[i].share);
        if (g->bytes[hops[i].link] == 0)
            g->touched[g->n_touched++] = hops[i].link;
        g->bytes[hops[i].link] += bytes * hops[i].share;
    }
    passed[DH_LINK_HOST] = 1;
    for (int c = DH_LINK_HOST; c < DH_N_LINK_CLASS; c++)
        g->sum[c] += bytes * passed[c];
}

/* Takes the links that were gathered over into a phase, and clears them. */
static enum dh_err take(struct dh_contention_phase *phase, struct gather *g) {
    const double *full = dh_network_full_capacity(g->network);
    size_t n = (size_t)g->n_touched;
    int32_t *links = malloc((n + 1) * (sizeof *links + sizeof(double)) + sizeof(double));
    phase->n_link = 0;
    if (links) {
        size_t used = (n * sizeof *links + sizeof(double) - 1) / sizeof(double) * sizeof(double);
        double *shares = (double *)((char *)links + used);
        double most = 1; /* of an adapter */
        for (size_t i = 0; i < n; i++) {
            links[i] = g->touched[i];
            shares[i] = g->bytes[links[i]] / phase->network_s;
            if (dh_network_link_class(g->network, links[i]) == DH_LINK_HOST)
                most = fmax(most, shares[i] / full[links[i]]);
        }
        for (size_t i = 0; i < n; i++) {
            shares[i] /= most;
            if (shares[i] > full[links[i]] && shares[i] * DH_ADAPTIVE_SHARE <= full[links[i]])
                shares[i] = full[links[i]];
        }
        phase->links = links;
        phase->shares = shares;
        phase->n_link = g->n_touched;
    }
    for (size_t i = 0; i < n; i++)
        g->bytes[g->touched[i]] = 0;
    g->n_touched = 0;
    return links ? DH_OK : DH_ERR_MEMORY;
}

/* All links once. g->bytes is clear before and after. */
static enum dh_err join(struct dh_job_traffic *t, struct gather *g) {
    for (int32_t p = 0; p < t->n_phase; p++)
        for (int32_t k = 0; k < t->phases[p].n_link; k++) {
            int32_t link = t->phases[p].links[k];
            if (g->bytes[link] == 0)
                g->touched[g->n_touched++] = link;
            g->bytes[link] = fmax(g->bytes[link], t->phases[p].shares[k]);
        }
    t->n_link = g->n_touched;
    t->links = malloc(((size_t)t->n_link + 1) * sizeof *t->links);
    t->most = malloc(((size_t)t->n_link + 1) * sizeof *t->most);
    for (int32_t k = 0; k < t->n_link; k++) {
        if (t->links && t->most) {
            t->links[k] = g->touched[k];
            t->most[k] = g->bytes[g->touched[k]];
        }
        g->bytes[g->touched[k]] = 0;
    }
    return t->links && t->most ? DH_OK : DH_ERR_MEMORY;
}

static enum dh_err begin(struct gather *g, struct dh_job_traffic *out, struct dh_network *network,
                         const struct dh_job_ranks *ranks) {
    size_t n = (size_t)dh_network_n_link(network) + 1;
    *out = (struct dh_job_traffic){0};
    *g = (struct gather){.network = network,
                         .ranks = ranks,
                         .bytes = calloc(n, sizeof *g->bytes),
                         .touched = malloc(n * sizeof *g->touched),
                         .sum = out->bytes};
    return g->bytes && g->touched ? DH_OK : DH_ERR_MEMORY;
}

static enum dh_err finish(struct gather *g, struct dh_job_traffic *out, enum dh_err err) {
    if (err == DH_OK)
        err = join(out, g);
    free(g->bytes);
    free(g->touched);
    struct dh_contention_job job = {out->phases, out->n_phase, 0};
    out->step_s = dh_contention_full_s(&job);
    return err;
}

enum dh_err dh_job_traffic_training(struct dh_job_traffic *out, struct dh_network *network,
                                    const struct dh_training_traffic *step,
                                    const struct dh_job_ranks *ranks) {
    struct gather g;
    enum dh_err err = begin(&g, out, network, ranks);
    struct dh_contention_phase found[DH_N_WIRE] = {0};
    bool crosses[DH_N_WIRE] = {0};
    for (int w = 0; w < DH_N_WIRE && err == DH_OK; w++) {
        found[w].network_s = step->wires[w].flow.network_s;
        err = dh_training_edges(step, (enum dh_wire)w, ranks->domain, ranks->n_domain, edge, &g);
        if (err == DH_OK && g.n_touched > 0) {
            crosses[w] = true;
            err = take(&found[w], &g);
        }
    }
    enum dh_wire wires[DH_TRAINING_PHASES];
    int32_t n = err == DH_OK ? dh_training_phases(step, crosses, out->phases, wires) : 0;
    for (int32_t i = 0; i < n; i++) {
        const struct dh_contention_phase *from = &found[wires[i]];
        out->phases[i].links = from->links;
        out->phases[i].shares = from->shares;
        out->phases[i].n_link = from->n_link;
    }
    out->n_phase = n;
    for (int w = 0; w < DH_N_WIRE && n == 0; w++)
        free((void *)(uintptr_t)found[w].links); /* of an error */
    return finish(&g, out, err);
}

enum dh_err dh_job_traffic_plain(struct dh_job_traffic *out, struct dh_network *network, double share,
                                 double bytes_per_s, double period_s, const struct dh_job_ranks *ranks) {
    /* a ring of all ranks, as of a plan that is data parallel alone: out of each domain what its ranks send
     */
    struct gather g;
    enum dh_err err = begin(&g, out, network, ranks);
    double seconds = share * period_s;
    struct dh_training_traffic ring = {
        .plan = {.gpus = ranks->n, .tensor = 1, .pipeline = 1, .chunks = 1, .context = 1, .expert = 1}
    };
    double each = ranks->n_domain > 0 ? (double)ranks->n / ranks->n_domain : 0; /* ranks of a domain */
    ring.wires[DH_WIRE_REDUCE].flow =
        (struct dh_training_flow){.network_s = seconds, .bytes = bytes_per_s * seconds * each};
    if (err == DH_OK && seconds > 0)
        err = dh_training_edges(&ring, DH_WIRE_REDUCE, ranks->domain, ranks->n_domain, edge, &g);
    if (err == DH_OK && g.n_touched > 0) {
        out->phases[0] = (struct dh_contention_phase){.quiet_s = period_s - seconds, .network_s = seconds};
        out->n_phase = 1;
        err = take(&out->phases[0], &g);
    }
    return finish(&g, out, err);
}

void dh_job_traffic_free(struct dh_job_traffic *t) {
    for (int32_t i = 0; i < t->n_phase; i++) /* two phases of a wire have the same */
        if (i == 0 || t->phases[i].links != t->phases[i - 1].links)
            free((void *)(uintptr_t)t->phases[i].links);
    free(t->links);
    free(t->most);
    *t = (struct dh_job_traffic){0};
}
