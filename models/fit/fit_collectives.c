/* fit_collectives DATA [ID]: constants of collectives (models/collective.h) from public measurements, for
 * <interconnect> and <network> of scenarios/catalog/interconnects.xml. `make fit-collectives` prints them,
 * ready to paste, with the errors of each operation.
 *
 * Rows of DATA/aiperf/collectives.csv, by the catalog's names and words. A configuration (system, nodes,
 * ranks, operation, bytes) belongs to the fitted or to the judged half by a hash of its text. Constants are
 * pooled: the operations of a domain share latencies and what is not theirs alone, see shape(). Fitted: the
 * mean of |ln(predicted/measured)|, by the simplex of Nelder and Mead over logarithms
 * (gsl_multimin_fminimizer_nmsimplex2) on some constants at a time, taken in turn at random. low and high are
 * the 5 and 95 % quantiles of measured over predicted within the fitted half, each fold predicted by
 * constants of the others. The judged half is printed and used for nothing. */
#include "models/collective.h"
#include "scenarios/csv_read.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ROWS = 4096,
    MOST_CONSTANTS = 40,
    MOST_WAYS = 40,
    FOLDS = 5,
    MOST_PROBLEMS = 32,
    BLOCK = 6,
    ROUNDS = 140
};
/* Loss of one row that is off by e-fold times this, for a constant that is; of networks, which have few rows.
 */
#define PRIOR         0.02
#define PRIOR_NETWORK 0.05

struct row {
    char system[96], op_name[32], notes[128];
    struct dh_collective_group group;
    enum dh_collective_op op;
    double bytes, time_s;
    const struct dh_interconnect_spec *domain;
    const struct dh_network_spec *network;
    int32_t nodes;
    int fold;
    bool judged;
};

static struct row *rows;
static int n_row;
static const struct dh_scenario *catalog;

/* ---- reading ------------------------------------------------------------------------------------------ */

/* FNV-1a, 32 bits, stirred: its low bits alone repeat those of the text. */
static uint32_t hash_of(const char *text) {
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    return h ^ h >> 13;
}

static bool op_of(const char *word, enum dh_collective_op *op) {
    static const struct {
        const char *word;
        enum dh_collective_op op;
    } words[] = {
        {"all_reduce",     DH_ALL_REDUCE    },
        {"all_gather",     DH_ALL_GATHER    },
        {"reduce_scatter", DH_REDUCE_SCATTER},
        {"alltoall",       DH_ALL_TO_ALL    },
        {"send_recv",      DH_SEND          },
        {"moe_dispatch",   DH_DISPATCH      },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0) {
            *op = words[i].op;
            return true;
        }
    return false;
}

static bool read_rows(const char *data) {
    static const char *const names[] = {"system", "nodes", "gpus", "op", "bytes", "time_us", "notes"};
    char path[4096], nodes[16], gpus[16], bytes[32], text[256];
    struct dh_diag diag = {0};
    struct dh_csv csv;
    bool got = true;
    int32_t at[7];
    snprintf(path, sizeof path, "%s/aiperf/collectives.csv", data);
    if (dh_csv_open(&csv, path, DH_CSV_PLAIN, &diag) != DH_OK) {
        fprintf(stderr, "%s cannot be read\n", path);
        return false;
    }
    for (int i = 0; i < 7; i++)
        at[i] = dh_csv_column(&csv, names[i], NULL, NULL);
    while (dh_csv_next(&csv, &got) == DH_OK && got && n_row < MOST_ROWS) {
        struct row *r = &rows[n_row];
        double us = 0;
        *r = (struct row){0};
        dh_csv_text(&csv, at[0], r->system, sizeof r->system);
        dh_csv_text(&csv, at[1], nodes, sizeof nodes);
        dh_csv_text(&csv, at[2], gpus, sizeof gpus);
        dh_csv_text(&csv, at[3], r->op_name, sizeof r->op_name);
        dh_csv_text(&csv, at[4], bytes, sizeof bytes);
        dh_csv_text(&csv, at[6], r->notes, sizeof r->notes);
        if (dh_csv_double(&csv, at[4], 1, 1e15, &r->bytes) != DH_OK ||
            dh_csv_double(&csv, at[5], 1e-3, 1e12, &us) != DH_OK || !op_of(r->op_name, &r->op))
            continue; /* tables of bandwidths without a size */
        snprintf(text, sizeof text, "%s,%s,%s,%s,%s", r->system, nodes, gpus, r->op_name, bytes);
        uint32_t hash = hash_of(text);
        r->judged = hash & 1;
        r->fold = (int)(hash >> 8) % FOLDS;
        r->time_s = us * 1e-6;
        r->nodes = atoi(nodes);
        r->domain =
            dh_collective_find_domain(catalog->interconnects, catalog->n_interconnects, r->system, r->notes);
        r->network = dh_collective_find_network(catalog->networks, catalog->n_networks, r->system, r->notes);
        if (r->domain)
            r->group = dh_collective_group_of(r->domain, r->nodes, atoi(gpus));
        r->group.rings = strstr(r->system, "ALGO=RING") || strstr(r->notes, "ALGO=RING");
        n_row += r->domain != NULL;
    }
    dh_csv_close(&csv);
    dh_diag_free(&diag);
    return n_row > 0;
}

/* ---- constants ---------------------------------------------------------------------------------------- */

/* What is fitted of one element. */
struct problem {
    const char *id;
    struct dh_interconnect_spec domain;
    struct dh_network_spec network;
    struct dh_collective_spec ways[MOST_WAYS];
    struct dh_transport_spec transports[4];
    bool is_network;
    void (*shape)(struct problem *p);
    const char *names[MOST_CONSTANTS];
    double values[MOST_CONSTANTS], starts[MOST_CONSTANTS], low[MOST_CONSTANTS], high[MOST_CONSTANTS];
    int n, n_shaped;
    const struct row *rows[MOST_ROWS];
    int n_row, left_out;
};

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

#define US 1e-6
#define GB 1e9

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
        c->piece_max = constant(p, "ll128 piece", 5e5, 1e4, 1e8);
        c = way(p, op, DH_WAY_RING, "Simple");
        c->start_s = constant(p, "start", 15 * US, 1 * US, 100 * US);
        c->step_s = constant(p, "step", 2 * US, 0.1 * US, 50 * US);
        c->bytes_per_s = constant(p, rates[op], 0.75 * wire, 0.05 * wire, wire);
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
    c->bytes_per_s = constant(p, rates[DH_ALL_TO_ALL], 0.7 * wire, 0.05 * wire, wire);
    c->own = constant(p, "a2a own", 0.2, 0.001, 5);
    c->pipeline_s = constant(p, "a2a pipeline", 0.3 * US, 1e-9, 1e-3);
    if (in_switch) {
        c = way(p, DH_ALL_REDUCE, DH_WAY_SWITCH, "NVLS");
        c->ranks_min = 5;
        c->start_s = constant(p, "nvls start", 40 * US, 1 * US, 200 * US);
        c->bytes_per_s = constant(p, "nvls rate", 0.58 * wire, 0.05 * wire, wire);
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
    bool in_switch = p->shape == shape_graph && strncmp(p->id, "a100", 4) != 0;
    struct dh_collective_spec *c = way(p, DH_ALL_REDUCE, DH_WAY_ONE_SHOT, "one-shot");
    c->start_s = constant(p, "one start", 4 * US, 0.5 * US, 100 * US);
    c->step_s = constant(p, "one step", 0.1 * US, 0.001 * US, 10 * US);
    c->bytes_per_s = constant(p, "one rate", 0.4 * wire, 1 * GB, wire);
    c->moved_max = constant(p, "one moved", 3e6, 1e4, 1e9);
    c = way(p, DH_ALL_REDUCE, DH_WAY_DIRECT, "two-shot");
    c->start_s = constant(p, "two start", 8 * US, 0.5 * US, 100 * US);
    c->step_s = constant(p, "two step", 0.1 * US, 0.001 * US, 10 * US);
    c->bytes_per_s = constant(p, "two rate", 0.6 * wire, 1 * GB, wire);
    c->moved_max = constant(p, "two moved", 8e6, 1e4, 1e9);
    c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "LL128");
    c->start_s = constant(p, "ll128 start", 8 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "ll128 step", 1 * US, 0.1 * US, 10 * US);
    c->bytes_per_s = constant(p, "ll128 rate", 0.4 * wire, 1 * GB, wire);
    c->piece_max = constant(p, "ll128 piece", 5e5, 1e4, 1e8);
    c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "Simple");
    c->start_s = constant(p, "start", 15 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "step", 2 * US, 0.01 * US, 50 * US);
    c->bytes_per_s = constant(p, "rate", 0.75 * wire, 0.05 * wire, wire);
    c->own = constant(p, "own", 0.2, 0.001, 5);
    c->pipeline_s = constant(p, "pipeline", 0.3 * US, 1e-9, 1e-3);
    if (in_switch) {
        c = way(p, DH_ALL_REDUCE, DH_WAY_SWITCH, "NVLS");
        c->ranks_min = 5;
        c->start_s = constant(p, "nvls start", 20 * US, 1 * US, 200 * US);
        c->bytes_per_s = constant(p, "nvls rate", 0.58 * wire, 0.05 * wire, wire);
        c->pipeline_s = constant(p, "nvls pipeline", 0.3 * US, 1e-9, 1e-3);
    }
}

static void shape_profile(struct problem *p);

/* All-reduce launched one by one from the host. */
static void shape_host(struct problem *p) {
    shape_profile(p);
}

/* An engine's profile without a graph: all-reduce by two protocols, and messages. */
static void shape_profile(struct problem *p) {
    double wire = p->domain.wire_bytes_per_s;
    struct dh_collective_spec *c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "LL");
    c->start_s = constant(p, "ll start", 8 * US, 1 * US, 100 * US);
    c->step_s = constant(p, "ll step", 1 * US, 0.01 * US, 50 * US);
    c->bytes_per_s = constant(p, "ll rate", 0.2 * wire, 1 * GB, wire);
    c->piece_max = constant(p, "ll piece", 3e5, 1e3, 1e8);
    c = way(p, DH_ALL_REDUCE, DH_WAY_RING, "Simple");
    c->start_s = constant(p, "start", 20 * US, 1 * US, 200 * US);
    c->step_s = constant(p, "step", 1 * US, 0.01 * US, 50 * US);
    c->bytes_per_s = constant(p, "rate", 0.7 * wire, 0.05 * wire, wire);
    c->own = constant(p, "own", 0.2, 0.001, 5);
    c->pipeline_s = constant(p, "pipeline", 0.3 * US, 1e-9, 1e-3);
    if (p->shape == shape_host)
        return;
    c = way(p, DH_SEND, DH_WAY_RING, "Simple");
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
static void (*shape_of(const struct dh_interconnect_spec *d))(struct problem *p) {
    return strstr(d->id, "graph")     ? shape_graph
           : strstr(d->id, "profile") ? shape_profile
           : strstr(d->id, "host")    ? shape_host
           : strstr(d->id, "experts") ? shape_experts
           : strstr(d->id, "a100")    ? shape_ring
                                      : shape_switch;
}

static void shape_network(struct problem *p) {
    struct dh_transport_spec *t = p->transports;
    t[0] = (struct dh_transport_spec){.protocol = "LL128",
                                      .start_s = constant(p, "small start", 50 * US, 1 * US, 1000 * US),
                                      .hop_s = constant(p, "hop", 6 * US, 3 * US, 15 * US),
                                      .efficiency = constant(p, "small efficiency", 0.3, 0.01, 0.9),
                                      .inside = constant(p, "inside", 0.93, 0.8, 1)};
    t[1] = (struct dh_transport_spec){.protocol = "Simple",
                                      .start_s = constant(p, "start", 120 * US, 1 * US, 5000 * US),
                                      .hop_s = constant(p, "hop", 6 * US, 3 * US, 15 * US),
                                      .efficiency = constant(p, "efficiency", 0.93, 0.05, 0.98),
                                      .inside = constant(p, "inside", 0.93, 0.8, 1)};
    p->network.n_transports = 2;
}

static void reshape(struct problem *p) {
    p->domain.n_collectives = 0;
    p->domain.collectives = p->ways;
    if (p->is_network)
        p->network.transports = p->transports;
    p->shape(p);
}

/* ---- fitting ------------------------------------------------------------------------------------------ */

static double predict(const struct problem *p, const struct row *r) {
    struct dh_collective_fabric f = {p->is_network ? r->domain : &p->domain,
                                     p->is_network ? &p->network : r->network};
    return dh_collective_s(&f, r->op, r->bytes, &r->group);
}

static bool is_out(const struct problem *p, const struct row *r) {
    return r->judged || (p->left_out >= 0 && r->fold == p->left_out);
}

static double loss_now(struct problem *p) {
    double sum = 0;
    int n = 0;
    reshape(p);
    for (int i = 0; i < p->n_row; i++)
        if (!is_out(p, p->rows[i])) {
            double off = fabs(log(predict(p, p->rows[i]) / p->rows[i]->time_s));
            sum += off + 0.5 * off * off;
            n++;
        }
    /* what rows say little about stays where it began */
    double prior = 0;
    for (int i = 0; i < p->n; i++) {
        double off = log(p->values[i] / p->starts[i]);
        prior += off * off;
    }
    return (sum + (p->is_network ? PRIOR_NETWORK : PRIOR) * prior) / (n ? n : 1);
}

struct block {
    struct problem *p;
    int n, which[BLOCK];
};

static double loss(const gsl_vector *x, void *self) {
    struct block *b = self;
    double outside = 0;
    for (int i = 0; i < b->n; i++) {
        int k = b->which[i];
        double value = exp(gsl_vector_get(x, (size_t)i));
        double held = fmin(fmax(value, b->p->low[k]), b->p->high[k]);
        outside += fabs(log(value / held));
        b->p->values[k] = held;
    }
    return loss_now(b->p) + 0.01 * outside;
}

/* Some constants at a time, chosen at random; what does not help is taken back. */
static double fit_once(struct problem *p, uint32_t seed) {
    double best = loss_now(p);
    for (int round = 0; round < ROUNDS; round++) {
        struct block b = {.p = p, .n = p->n < BLOCK ? p->n : BLOCK};
        double kept[MOST_CONSTANTS];
        memcpy(kept, p->values, sizeof kept);
        for (int i = 0; i < b.n; i++) {
            bool again = true;
            while (again) {
                seed = seed * 1664525u + 1013904223u;
                b.which[i] = (int)((seed >> 8) % (uint32_t)p->n);
                again = false;
                for (int k = 0; k < i; k++)
                    again |= b.which[k] == b.which[i];
            }
        }
        gsl_multimin_function f = {loss, (size_t)b.n, &b};
        gsl_vector *x = gsl_vector_alloc((size_t)b.n), *step = gsl_vector_alloc((size_t)b.n);
        gsl_multimin_fminimizer *m =
            gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, (size_t)b.n);
        for (int i = 0; i < b.n; i++)
            gsl_vector_set(x, (size_t)i, log(p->values[b.which[i]]));
        gsl_vector_set_all(step, round % 3 == 0 ? 0.6 : round % 3 == 1 ? 0.2 : 0.05);
        gsl_multimin_fminimizer_set(m, &f, x, step);
        for (int i = 0; i < 120 && gsl_multimin_fminimizer_size(m) > 1e-4; i++)
            gsl_multimin_fminimizer_iterate(m);
        double found = loss(m->x, &b);
        if (found < best)
            best = found;
        else
            memcpy(p->values, kept, sizeof kept);
        gsl_multimin_fminimizer_free(m);
        gsl_vector_free(x);
        gsl_vector_free(step);
    }
    return loss_now(p);
}

static double fit(struct problem *p, int starts) {
    double best = INFINITY, found[MOST_CONSTANTS];
    for (int s = 0; s < starts; s++) {
        uint32_t seed = 12345u + 7919u * (uint32_t)s;
        for (int i = 0; i < p->n; i++) {
            seed = seed * 1664525u + 1013904223u;
            double wide = s ? exp(((double)(seed >> 8) / (1 << 24) - 0.5) * 1.5) : 1;
            p->values[i] = fmin(fmax(p->starts[i] * wide, p->low[i]), p->high[i]);
        }
        double now = fit_once(p, seed);
        if (now < best) {
            best = now;
            memcpy(found, p->values, sizeof found);
        }
    }
    memcpy(p->values, found, sizeof found);
    return loss_now(p);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Measured over predicted of the fitted half, each fold predicted by constants of the others. */
static int ratios_of(struct problem *p, double *ratios) {
    double kept[MOST_CONSTANTS];
    int n = 0;
    memcpy(kept, p->values, sizeof kept);
    for (p->left_out = 0; p->left_out < FOLDS; p->left_out++) {
        memcpy(p->values, kept, sizeof kept);
        fit_once(p, 4711u);
        for (int i = 0; i < p->n_row; i++)
            if (!p->rows[i]->judged && p->rows[i]->fold == p->left_out)
                ratios[n++] = p->rows[i]->time_s / predict(p, p->rows[i]);
    }
    p->left_out = -1;
    memcpy(p->values, kept, sizeof kept);
    reshape(p);
    return n;
}

static void band(double *ratios, int n, double *low, double *high) {
    qsort(ratios, (size_t)n, sizeof *ratios, ascending);
    *low = fmin(ratios[(int)(0.05 * (n - 1))], 1);
    *high = fmax(ratios[(int)ceil(0.95 * (n - 1))], 1);
}

/* ---- printing ----------------------------------------------------------------------------------------- */

static void errors(const struct problem *p, const char *what, int op, double low, double high) {
    double sum[2] = {0};
    int n[2] = {0}, inside = 0;
    for (int i = 0; i < p->n_row; i++) {
        const struct row *r = p->rows[i];
        if (op >= 0 && (int)r->op != op)
            continue;
        double ratio = r->time_s / predict(p, r);
        sum[r->judged] += fabs(1 / ratio - 1);
        n[r->judged]++;
        inside += r->judged && ratio >= low && ratio <= high;
    }
    if (n[0] + n[1] > 0)
        printf(
            "    <!-- %s: %d rows fitted, %.1f %%; %d judged, %.1f %%, %.0f %% of them within the band -->\n",
            what, n[0], n[0] ? 100 * sum[0] / n[0] : 0, n[1], n[1] ? 100 * sum[1] / n[1] : 0,
            n[1] ? 100.0 * inside / n[1] : 0);
}

static const char *const op_words[] = {"all-reduce", "all-gather", "reduce-scatter", "all-to-all",
                                       "broadcast",  "send",       "dispatch",       "combine"};
static const char *const way_words[] = {"ring", "direct", "peer", "switch", "one-shot"};

static void put(struct problem *p, double low, double high) {
    for (int i = 0; !p->is_network && i < p->domain.n_collectives; i++) {
        const struct dh_collective_spec *c = &p->ways[i];
        printf("    <collective op=\"%s\" way=\"%s\" protocol=\"%s\"", op_words[c->op], way_words[c->way],
               c->protocol);
        if (c->ranks_min > 2)
            printf(" ranks-min=\"%d\"", (int)c->ranks_min);
        printf(" start=\"%.4g us\" step=\"%.4g us\" rate=\"%.5g GB/s\"", c->start_s / US, c->step_s / US,
               c->bytes_per_s / GB);
        if (c->own > 0)
            printf(" own=\"%.4g\"", c->own);
        if (c->pipeline_s > 0)
            printf(" pipeline=\"%.4g us\"", c->pipeline_s / US);
        if (c->piece_max > 0)
            printf(" piece-max=\"%.0f B\"", c->piece_max);
        if (c->moved_max > 0)
            printf(" moved-max=\"%.0f B\"", c->moved_max);
        printf("/>\n");
    }
    for (int i = 0; p->is_network && i < p->network.n_transports; i++) {
        const struct dh_transport_spec *t = &p->transports[i];
        printf("    <transport protocol=\"%s\" start=\"%.4g us\" hop=\"%.4g us\" efficiency=\"%.4g\" "
               "inside=\"%.4g\"/>\n",
               t->protocol, t->start_s / US, t->hop_s / US, t->efficiency, t->inside);
    }
    for (int op = 0; op < DH_N_COLLECTIVE_OP; op++)
        errors(p, op_words[op], op, low, high);
    errors(p, "all", -1, low, high);
    if (getenv("DATAHALL_ROWS"))
        for (int i = 0; i < p->n_row; i++) {
            const struct row *r = p->rows[i];
            printf("%d %-24.24s %-14s %3d %11.0f %10.2f %10.2f %+6.1f\n", r->judged, r->system, r->op_name,
                   r->group.ranks, r->bytes, 1e6 * r->time_s, 1e6 * predict(p, r),
                   100 * (predict(p, r) / r->time_s - 1));
        }
    fflush(stdout);
}

static void gather(struct problem *p) {
    p->left_out = -1;
    for (int i = 0; i < n_row; i++) {
        const struct row *r = &rows[i];
        bool alone = r->group.ranks_per_domain >= r->group.ranks;
        if (!alone && !r->network)
            fprintf(stderr, "no network: %s\n", r->system);
        if (p->is_network ? !alone && r->network && strcmp(r->network->id, p->id) == 0
                          : alone && strcmp(r->domain->id, p->id) == 0)
            p->rows[p->n_row++] = r;
    }
    reshape(p);
    for (int i = 0; i < p->n_row; i++)
        if (isnan(predict(p, p->rows[i]))) {
            fprintf(stderr, "no prediction: %s %s %s\n", p->id, p->rows[i]->system, p->rows[i]->op_name);
            p->rows[i--] = p->rows[--p->n_row];
        }
}

/* Fits them one by one; networks have few rows each, so their band is one for all. */
static void run(struct problem *all, int n, bool one_band) {
    double *ratios = malloc(MOST_ROWS * sizeof *ratios), low = 1, high = 1;
    int n_ratio = 0;
    for (int i = 0; i < n; i++)
        if (all[i].n_row > 0) {
            fit(&all[i], 4);
            if (!one_band)
                n_ratio = 0;
            n_ratio += ratios_of(&all[i], ratios + n_ratio);
            if (n_ratio > 0 && !one_band) {
                band(ratios, n_ratio, &low, &high);
                printf("  <interconnect id=\"%s\" low=\"%.3f\" high=\"%.3f\">\n", all[i].id, low, high);
                put(&all[i], low, high);
            }
        }
    if (one_band && n_ratio > 0) {
        band(ratios, n_ratio, &low, &high);
        for (int i = 0; i < n; i++)
            if (all[i].n_row > 0) {
                printf("  <network id=\"%s\" low=\"%.3f\" high=\"%.3f\">\n", all[i].id, low, high);
                put(&all[i], low, high);
            }
    }
    free(ratios);
}

int main(int argc, char **argv) {
    static const char text[] = "<scenario xmlns='urn:datahall:scenario:1' name='fit'><import "
                               "href='catalog:interconnects.xml'/><import "
                               "href='catalog:gpus.xml'/><horizon duration='1 d'/><node id='n' device='b200' "
                               "gpus='1'/><rack-type id='r' "
                               "node='n' nodes='1' rated='9 kW'/><site id='s'><power><utility id='u' "
                               "rated='1 MW'/></power><hall id='h'>"
                               "<row id='w' rack='r' feed='u'/></hall></site></scenario>";
    struct problem *problems = calloc(MOST_PROBLEMS, sizeof *problems);
    int n = 0;
    struct dh_diag diag = {0};
    struct dh_scenario_file file;
    if (argc < 2 || !(rows = malloc(MOST_ROWS * sizeof *rows)))
        return 2;
    if (dh_scenario_read_memory(&file, text, strlen(text), "fit.xml", ".", NULL, &diag) != DH_OK) {
        fprintf(stderr, "the catalog cannot be read\n");
        return 1;
    }
    catalog = &file.spec;
    if (!read_rows(argv[1]))
        return 1;
    for (int i = 0; i < catalog->n_interconnects && n < MOST_PROBLEMS; i++) {
        const struct dh_interconnect_spec *d = &catalog->interconnects[i];
        if (argc > 2 && !strstr(d->id, argv[2]))
            continue;
        problems[n] = (struct problem){.id = d->id, .domain = *d, .shape = shape_of(d)};
        gather(&problems[n++]);
    }
    run(problems, n, false);
    n = 0;
    for (int i = 0; i < catalog->n_networks && n < MOST_PROBLEMS; i++) {
        const struct dh_network_spec *net = &catalog->networks[i];
        if (argc > 2 && strcmp(argv[2], "network") != 0)
            continue;
        problems[n] =
            (struct problem){.id = net->id, .network = *net, .is_network = true, .shape = shape_network};
        gather(&problems[n++]);
    }
    run(problems, n, true);
    dh_scenario_free(&file);
    free(problems);
    free(rows);
    dh_diag_free(&diag);
    return 0;
}
