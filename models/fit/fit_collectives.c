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
#include "models/fit/collective_shapes.h"
#include "models/fit/halves.h"
#include "scenarios/csv_read.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 5, MOST_PROBLEMS = 32, STARTS = 10, BLOCK = 6, ROUNDS = 250 };
/* Loss of one row that is off by e-fold times this, for a constant that is; of networks, which have few rows.
 */
#define PRIOR         0.02
#define PRIOR_NETWORK 0.05

static struct row *rows;
static int n_row;
static const struct dh_scenario *catalog;
static struct dh_interconnect_spec *domains; /* the catalog's, with what was fitted put in */

/* ---- reading ------------------------------------------------------------------------------------------ */

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
        uint32_t hash = dh_fit_hash(text);
        r->judged = hash & 1;
        r->fold = (int)(hash >> 8) % FOLDS;
        r->time_s = us * 1e-6;
        r->nodes = atoi(nodes);
        r->domain = dh_collective_find_domain(domains, catalog->n_interconnects, r->system, r->notes);
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

/* ---- fitting ------------------------------------------------------------------------------------------ */

static double predict(const struct problem *p, const struct row *r) {
    struct dh_collective_fabric f = {p->is_network ? r->domain : &p->domain,
                                     p->is_network ? &p->network : r->network};
    return dh_collective_s(&f, r->op, r->bytes, &r->group);
}

static bool is_out(const struct problem *p, const struct row *r) {
    return r->judged || (p->left_out >= 0 && r->fold == p->left_out);
}

/* Where a library changes its protocol: no slope leads there, so starts are spread far. */
static bool is_limit(const char *name) {
    return strstr(name, "piece") || strstr(name, "moved");
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
        double off = is_limit(p->names[i]) ? 0 : log(p->values[i] / p->starts[i]);
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

/* A limit may lie anywhere between the last row below and the first above it: put it in the middle. */
static void center_limits(struct problem *p) {
    for (int i = 0; i < p->n; i++) {
        double best = loss_now(p), at = p->values[i], ends[2];
        if (!is_limit(p->names[i]))
            continue;
        for (int up = 0; up < 2; up++) {
            double step = up ? 1.02 : 1 / 1.02;
            for (p->values[i] = ends[up] = at; loss_now(p) <= best + 1e-12; p->values[i] *= step) {
                ends[up] = p->values[i];
                if (ends[up] <= p->low[i] || ends[up] >= p->high[i])
                    break;
            }
        }
        p->values[i] = fmin(fmax(sqrt(ends[0] * ends[1]), p->low[i]), p->high[i]);
    }
}

static double fit(struct problem *p, int starts) {
    double best = INFINITY, found[MOST_CONSTANTS];
    for (int s = 0; s < starts; s++) {
        uint32_t seed = 12345u + 7919u * (uint32_t)s;
        for (int i = 0; i < p->n; i++) {
            seed = seed * 1664525u + 1013904223u;
            double wide =
                s ? exp(((double)(seed >> 8) / (1 << 24) - 0.5) * (is_limit(p->names[i]) ? 5 : 1.5)) : 1;
            p->values[i] = fmin(fmax(p->starts[i] * wide, p->low[i]), p->high[i]);
        }
        double now = fit_once(p, seed);
        if (now < best) {
            best = now;
            memcpy(found, p->values, sizeof found);
        }
    }
    memcpy(p->values, found, sizeof found);
    center_limits(p);
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
        fit(p, 3);
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
    /* what one more row would be within nine times of ten, between two rows of those that are there */
    double at = fmax(0.05 * (n + 1) - 1, 0), part = at - floor(at);
    int i = (int)at, j = i + 1 < n ? i + 1 : i;
    *low = fmin(exp((1 - part) * log(ratios[i]) + part * log(ratios[j])), 1);
    *high = fmax(exp((1 - part) * log(ratios[n - 1 - i]) + part * log(ratios[n - 1 - j])), 1);
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

static void put_ways(const struct dh_interconnect_spec *d) {
    for (int i = 0; i < d->n_collectives; i++) {
        const struct dh_collective_spec *c = &d->collectives[i];
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
}

static void put(const struct problem *p, double low, double high) {
    printf("  <%s id=\"%s\" low=\"%.3f\" high=\"%.3f\">\n", p->is_network ? "network" : "interconnect", p->id,
           low, high);
    if (!p->is_network)
        put_ways(&p->domain);
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

/* Takes over from those that are fitted what the same switches give. */
static void learn(struct problem *p, const struct problem *fitted, int n) {
    for (int i = 0; i < n; i++)
        for (int c = 0; c < fitted[i].domain.n_collectives; c++) {
            const struct dh_collective_spec *way = &fitted[i].ways[c];
            if (fitted[i].n_row > 0 && fitted[i].domain.wire_bytes_per_s == p->domain.wire_bytes_per_s &&
                way->way == DH_WAY_SWITCH && !(way->moved_max > 0))
                p->switch_bytes_per_s = way->bytes_per_s;
        }
    p->n = 0; /* constants anew, with their bounds */
    reshape(p);
}

/* Fits them one by one; networks have few rows each, so their band is one for all. */
static void run(struct problem *all, int n, bool one_band) {
    double *ratios = malloc(MOST_ROWS * sizeof *ratios), low = 1, high = 1;
    int n_ratio = 0;
    for (int i = 0; i < n; i++)
        if (all[i].n_row > 0) {
            if (!one_band)
                learn(&all[i], all, i);
            fit(&all[i], STARTS);
            if (!one_band)
                n_ratio = 0;
            n_ratio += ratios_of(&all[i], ratios + n_ratio);
            if (n_ratio > 0 && !one_band) {
                band(ratios, n_ratio, &low, &high);
                put(&all[i], low, high);
            }
        }
    if (one_band && n_ratio > 0) {
        band(ratios, n_ratio, &low, &high);
        for (int i = 0; i < n; i++)
            if (all[i].n_row > 0) {
                put(&all[i], low, high);
            }
    }
    free(ratios);
}

/* Interconnects that were not measured take over another's ways, rates by the ratio of the wires. */
static const struct {
    const char *id, *from;
} derived[] = {
    {"gb200-nvlink",      "b200-nvlink"       },
    {"h800-nvlink",       "h100-nvlink"       },
    {"a40-pairs-profile", "a100-pairs-profile"},
};

static struct dh_interconnect_spec *domain_called(const char *id) {
    for (int32_t i = 0; i < catalog->n_interconnects; i++)
        if (strcmp(domains[i].id, id) == 0)
            return &domains[i];
    fprintf(stderr, "the catalog has no %s\n", id);
    exit(1);
}

/* Networks are fitted over the domains as they are now. */
static void take_over(const struct dh_interconnect_spec *fitted) {
    struct dh_interconnect_spec *d = domain_called(fitted->id);
    d->collectives = fitted->collectives;
    d->n_collectives = fitted->n_collectives;
}

static void derive(const char *id, const char *from) {
    static struct dh_collective_spec ways[sizeof derived / sizeof *derived][MOST_WAYS];
    static int n;
    struct dh_interconnect_spec *d = domain_called(id), *source = domain_called(from);
    memcpy(ways[n], source->collectives, (size_t)source->n_collectives * sizeof **ways);
    for (int32_t i = 0; i < source->n_collectives; i++)
        ways[n][i].bytes_per_s *= d->wire_bytes_per_s / source->wire_bytes_per_s;
    d->collectives = ways[n++];
    d->n_collectives = source->n_collectives;
    printf("  <interconnect id=\"%s\"> as %s\n", id, from);
    put_ways(d);
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
    domains = malloc((size_t)catalog->n_interconnects * sizeof *domains);
    if (!problems || !domains)
        return 1;
    memcpy(domains, catalog->interconnects, (size_t)catalog->n_interconnects * sizeof *domains);
    if (!read_rows(argv[1]))
        return 1;
    /* engines' own first: they were measured up to 1 GiB */
    for (int i = catalog->n_interconnects - 1; i >= 0 && n < MOST_PROBLEMS; i--) {
        const struct dh_interconnect_spec *d = &domains[i];
        if (argc > 2 && !strstr(d->id, argv[2]))
            continue;
        problems[n] = (struct problem){.id = d->id, .domain = *d, .shape = shape_of(d)};
        gather(&problems[n++]);
    }
    run(problems, n, false);
    for (int i = 0; i < n; i++)
        if (problems[i].n_row > 0)
            take_over(&problems[i].domain);
    for (size_t i = 0; argc < 3 && i < sizeof derived / sizeof *derived; i++)
        derive(derived[i].id, derived[i].from);
    int first = n;
    for (int i = 0; i < catalog->n_networks && n < MOST_PROBLEMS; i++) {
        const struct dh_network_spec *net = &catalog->networks[i];
        if (argc > 2 && strcmp(argv[2], "network") != 0)
            continue;
        problems[n] =
            (struct problem){.id = net->id, .network = *net, .is_network = true, .shape = shape_network};
        gather(&problems[n++]);
    }
    run(problems + first, n - first, true);
    free(domains);
    dh_scenario_free(&file);
    free(problems);
    free(rows);
    dh_diag_free(&diag);
    return 0;
}
