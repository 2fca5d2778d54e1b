/* fit_training DATA [STACK [rows]]: constants of training software (models/training.h) from public
 * measurements, for <stack> of scenarios/catalog/stacks.xml. `make fit-training` prints them, ready to paste.
 *
 * Rows of DATA/aiperf/training.csv, by the stack that their framework names; which software a stack is, and
 * its traits (attention, recompute, gradient-bytes, sequence-parallel), stay as the catalog has them. A
 * configuration (model, plan, device, count, software) belongs to the fitted or to the judged half by a hash
 * of its text. Fitted: the mean of |ln(predicted/measured)| plus a pull towards the defaults that weighs less
 * the more rows there are, with the simplex of Nelder and Mead over the logarithms of the constants, started
 * again with smaller steps, from the defaults and from what the catalog has; the better counts. Stack
 * "default" is fitted to all rows, each source weighing the square root of its rows. A stack whose alias
 * begins with another's ("NeMo 25", "NeMo") is a release of that family: the family is fitted to all of them,
 * and the release is pulled towards it instead of the defaults. low and high are the 5 and 95 % quantiles of
 * measured over predicted, each fold of the fitted half predicted by constants fitted to the others. The
 * judged half is printed and used for nothing. */
#include "models/fit/halves.h"
#include "scenarios/csv_read.h"
#include "sim/api/predict_catalog.h"
#include "sim/api/training_rows.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 4096, MOST_CONSTANTS = 16, FOLDS = 5, MOST_SOURCES = 32, N_EXPERT_CONSTANTS = 4 };
#define RELEASE_PULL 2.0

struct row {
    struct dh_training_row run;
    const struct dh_stack_spec *stack;
    char source[48];
    bool judged;
    int fold;
    double weight;
};

static struct row *rows;
static int n_row;

static const char *const configuration[] = {"model",  "seq_len",  "global_batch", "micro_batch", "gpu",
                                            "n_gpus", "tp",       "pp",           "vpp",         "cp",
                                            "ep",     "sharding", "recompute",    "precision",   "framework"};

static bool read_rows(const char *data, const struct dh_scenario *catalog) {
    char path[4096];
    struct dh_diag diag = {0};
    struct dh_csv csv;
    struct dh_training_columns columns;
    bool got = true;
    snprintf(path, sizeof path, "%s/aiperf/training.csv", data);
    if (dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, &diag) != DH_OK ||
        dh_training_columns_find(&columns, &csv) != DH_OK) {
        fprintf(stderr, "%s cannot be read\n", path);
        return false;
    }
    while (dh_csv_next(&csv, &got) == DH_OK && got && n_row < MOST_ROWS) {
        struct row *r = &rows[n_row];
        char text[1024], part[160];
        *r = (struct row){.weight = 1};
        dh_training_row_read(&r->run, &columns, &csv, catalog);
        int n = 0;
        for (size_t i = 0; i < sizeof configuration / sizeof *configuration; i++) {
            dh_csv_text(&csv, dh_csv_column(&csv, configuration[i], NULL, NULL), part, sizeof part);
            n += snprintf(text + n, sizeof text - (size_t)n, "%s%s", i ? "," : "", part);
        }
        uint32_t hash = dh_fit_hash(text);
        r->judged = hash & 1;
        r->fold = (int)(hash >> 8) % FOLDS;
        r->stack = dh_training_stack_of(catalog->stacks, catalog->n_stacks, r->run.framework);
        snprintf(r->source, sizeof r->source, "%.*s", (int)strcspn(r->run.source, "@ ,:;"), r->run.source);
        n_row += !r->run.why && r->run.measured_s > 0;
    }
    dh_csv_close(&csv);
    dh_diag_free(&diag);
    return n_row > 0;
}

/* ---- fitting ------------------------------------------------------------------------------------------ */

struct constant {
    const char *name, *unit;
    double *at, start, low, high, scale, pull; /* pull: how much the default is believed in, per row */
};

struct problem {
    struct dh_stack_spec stack;
    struct constant constants[MOST_CONSTANTS];
    int n;
    struct row **rows;
    int n_row, left_out;
    bool pooled;
};

static double predict(const struct problem *p, const struct row *r) {
    struct dh_training_row run = r->run;
    struct dh_training_step step;
    struct dh_diag diag = {0};
    double t = NAN;
    if (dh_training_row_complete(&run, &p->stack) &&
        dh_training_step(&step, NULL, &run.model, &run.plan, run.device, &run.net, &p->stack, &diag) == DH_OK)
        t = step.step_s;
    dh_diag_free(&diag);
    return t;
}

static double loss(const gsl_vector *x, void *self) {
    struct problem *p = self;
    double outside = 0, pull = 0, sum = 0, weight = 0;
    for (int i = 0; i < p->n; i++) {
        struct constant *c = &p->constants[i];
        double value = exp(gsl_vector_get(x, (size_t)i)), held = fmin(fmax(value, c->low), c->high);
        outside += fabs(log(value / held));
        double off = log(held / c->start);
        pull += c->pull * off * off;
        *c->at = held;
    }
    for (int i = 0; i < p->n_row; i++) {
        const struct row *r = p->rows[i];
        if (r->judged || (p->left_out >= 0 && r->fold == p->left_out))
            continue;
        double t = predict(p, r);
        if (isnan(t))
            continue;
        sum += r->weight * fabs(log(t / r->run.measured_s));
        weight += r->weight;
    }
    return sum / weight + pull / weight + 0.01 * outside;
}

static void set_start(struct problem *p, gsl_vector *x) {
    for (int i = 0; i < p->n; i++)
        gsl_vector_set(x, (size_t)i,
                       log(fmin(fmax(*p->constants[i].at, p->constants[i].low), p->constants[i].high)));
}

static double fit(struct problem *p, int rounds, int steps) {
    gsl_multimin_function f = {loss, (size_t)p->n, p};
    gsl_vector *x = gsl_vector_alloc((size_t)p->n), *step = gsl_vector_alloc((size_t)p->n);
    gsl_multimin_fminimizer *m =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, (size_t)p->n);
    static const double sizes[] = {0.4, 0.25, 0.1, 0.25, 0.1};
    double best = NAN;
    set_start(p, x);
    for (int s = 0; s < rounds; s++) {
        gsl_vector_set_all(step, sizes[s]);
        gsl_multimin_fminimizer_set(m, &f, x, step);
        for (int i = 0; i < steps && gsl_multimin_fminimizer_size(m) > 1e-3; i++)
            gsl_multimin_fminimizer_iterate(m);
        gsl_vector_memcpy(x, m->x);
        best = loss(x, p);
    }
    gsl_multimin_fminimizer_free(m);
    gsl_vector_free(x);
    gsl_vector_free(step);
    return best;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void band(struct problem *p) {
    double *ratios = malloc((size_t)p->n_row * sizeof *ratios), kept[MOST_CONSTANTS];
    int n = 0;
    for (int i = 0; i < p->n; i++)
        kept[i] = *p->constants[i].at;
    for (p->left_out = 0; p->left_out < FOLDS; p->left_out++) {
        if (!p->pooled)
            fit(p, 1, 150);
        for (int i = 0; i < p->n_row; i++) {
            double t = p->rows[i]->judged || p->rows[i]->fold != p->left_out ? NAN : predict(p, p->rows[i]);
            if (!isnan(t))
                ratios[n++] = p->rows[i]->run.measured_s / t;
        }
        for (int i = 0; i < p->n; i++)
            *p->constants[i].at = kept[i];
    }
    p->left_out = -1;
    qsort(ratios, (size_t)n, sizeof *ratios, ascending);
    if (n > 0) {
        p->stack.low = fmin(ratios[(int)(0.05 * (n - 1))], 0.97);
        p->stack.high = fmax(ratios[(int)ceil(0.95 * (n - 1))], 1.03);
    }
    free(ratios);
}

/* ---- figures ------------------------------------------------------------------------------------------ */

struct figures {
    double mape, median, p90, inside;
    int n;
};

static struct figures figures_of(const struct problem *p, bool judged, const char *source) {
    double *errors = malloc((size_t)(p->n_row + 1) * sizeof *errors);
    struct figures f = {0};
    for (int i = 0; i < p->n_row; i++) {
        const struct row *r = p->rows[i];
        double t = r->judged != judged || (source && strcmp(source, r->source) != 0) ? NAN : predict(p, r);
        if (isnan(t))
            continue;
        errors[f.n++] = 100 * fabs(t / r->run.measured_s - 1);
        f.mape += errors[f.n - 1];
        f.inside += r->run.measured_s >= t * p->stack.low && r->run.measured_s <= t * p->stack.high;
    }
    if (f.n > 0) {
        qsort(errors, (size_t)f.n, sizeof *errors, ascending);
        f.mape /= f.n;
        f.inside *= 100.0 / f.n;
        f.median = errors[f.n / 2];
        f.p90 = errors[(int)(0.9 * (f.n - 1))];
    }
    free(errors);
    return f;
}

static void print_sources(const struct problem *p) {
    const char *seen[MOST_SOURCES];
    int n = 0;
    for (int i = 0; i < p->n_row && n < MOST_SOURCES; i++) {
        int k = 0;
        while (k < n && strcmp(seen[k], p->rows[i]->source) != 0)
            k++;
        if (k < n)
            continue;
        seen[n++] = p->rows[i]->source;
        struct figures a = figures_of(p, false, seen[k]), b = figures_of(p, true, seen[k]);
        printf(
            "       %-34s fitted %4d: %5.1f %5.1f %5.1f   judged %4d: %5.1f %5.1f %5.1f  inside %3.0f %%\n",
            seen[k], a.n, a.mape, a.median, a.p90, b.n, b.mape, b.median, b.p90, b.inside);
    }
}

static void put(struct problem *p) {
    struct figures a = figures_of(p, false, NULL), b = figures_of(p, true, NULL);
    printf("  <stack id=\"%s\"", p->stack.id);
    for (int i = 0; i < p->n; i++) {
        const struct constant *c = &p->constants[i];
        printf(" %s=\"%.4g%s\"", c->name, *c->at / c->scale, c->unit);
    }
    printf(" low=\"%.3f\" high=\"%.3f\"\n", p->stack.low, p->stack.high);
    printf("    errors: fitted %d rows: %.1f %%, median %.1f, p90 %.1f; others %d rows: %.1f %%, median "
           "%.1f, p90 %.1f; %.0f %% within the band\n",
           a.n, a.mape, a.median, a.p90, b.n, b.mape, b.median, b.p90, b.inside);
    print_sources(p);
    fflush(stdout);
}

static void set_problem(struct problem *p) {
    struct dh_stack_spec *s = &p->stack;
    struct constant all[] = {
        {"compute",        "",    &s->compute,        0.85, 0.3,    1.2,  1,    0.3 },
        {"attention-rate", "",    &s->attention_rate, 0.8,  0.1,    1.4,  1,    0.1 },
        {"element",        "",    &s->element,        1.3,  0.3,    8,    1,    0.1 },
        {"launch",         " us", &s->launch_s,       8e-6, 1e-6,   2e-4, 1e-6, 0.05},
        {"link",           "",    &s->link,           0.75, 0.1,    1,    1,    0.3 },
        {"nic",            "",    &s->nic,            0.75, 0.05,   1,    1,    0.3 },
        {"latency",        " us", &s->latency_s,      5e-6, 1e-7,   2e-3, 1e-6, 0.05},
        {"tensor-overlap", "",    &s->tensor_overlap, 0.1,  0.001,  0.95, 1,    0.02},
        {"data-overlap",   "",    &s->data_overlap,   0.7,  0.001,  1,    1,    0.05},
        {"gather-overlap", "",    &s->gather_overlap, 0.5,  0.001,  1,    1,    0.05},
        {"scale",          "",    &s->scale,          0.01, 0.0002, 0.1,  1,    0.05},
        {"fixed",          " ms", &s->fixed_s,        1e-2, 1e-4,   1,    1e-3, 0.05},
        {"expert-spread",  "",    &s->expert_spread,  0.3,  0.01,   5,    1,    0.05},
        {"expert-rate",    "",    &s->expert_rate,    0.9,  0.2,    1.1,  1,    0.2 },
        {"expert-element", "",    &s->expert_element, 3,    0.2,    20,   1,    0.05},
        {"expert-overlap", "",    &s->expert_overlap, 0.3,  0.001,  0.95, 1,    0.05},
    };
    p->n = sizeof all / sizeof *all;
    memcpy(p->constants, all, sizeof all);
    p->left_out = -1;
}

/* Does this alias stand in front of one of the other's, and is shorter? */
static bool is_part(const struct dh_stack_spec *whole, const struct dh_stack_spec *part) {
    size_t n = strcspn(whole->aliases, "|");
    for (const char *at = part->aliases; n > 0 && whole != part && *at; at += strspn(at, "|")) {
        size_t length = strcspn(at, "|");
        if (length > n && strncmp(at, whole->aliases, n) == 0)
            return true;
        at += length;
    }
    return false;
}

static void gather(struct problem *p, const struct dh_stack_spec *of) {
    for (int i = 0; i < n_row; i++) {
        int alike = 0;
        for (int k = 0; k < n_row && p->pooled; k++)
            alike += strcmp(rows[i].source, rows[k].source) == 0;
        rows[i].weight = p->pooled ? 1 / sqrt(alike) : 1;
        if (p->pooled || rows[i].stack == of || (rows[i].stack && is_part(of, rows[i].stack)))
            p->rows[p->n_row++] = &rows[i];
    }
}

static void leave_experts(struct problem *p) {
    bool experts = false;
    for (int i = 0; i < p->n_row; i++)
        experts = experts || p->rows[i]->run.model.expert_layers > 0;
    p->n -= experts ? 0 : N_EXPERT_CONSTANTS; /* they stand last */
}

/* A release begins with what its family has, and is held to it. */
static void begin(struct problem *p, const struct dh_stack_spec *family) {
    struct problem of_family = {.stack = *family};
    set_problem(&of_family);
    for (int i = 0; i < p->n; i++) {
        struct constant *c = &p->constants[i];
        c->start = fmin(fmax(*of_family.constants[i].at, c->low), c->high);
        c->pull *= RELEASE_PULL;
    }
}

/* A line for each row: what the step is made of, in percent of it. */
static void print_rows(const struct problem *p) {
    for (int i = 0; i < p->n_row; i++) {
        struct dh_training_row r = p->rows[i]->run;
        struct dh_training_step s;
        struct dh_diag diag = {0};
        if (dh_training_row_complete(&r, &p->stack) &&
            dh_training_step(&s, NULL, &r.model, &r.plan, r.device, &r.net, &p->stack, &diag) == DH_OK) {
            struct dh_training_memory memory;
            double c = 100 / s.step_s;
            r.plan.recompute = p->rows[i]->run.recompute_known ? s.recompute : DH_RECOMPUTE_FULL;
            dh_training_memory(&memory, &r.model, &r.plan, r.device, &p->stack);
            printf("%5.2f %c %-8s %-16s n %d t%d p%d v%d c%d e%d b%g m%g s%g z%d R%d f%d: %.4g s, mfu %.2f "
                   "product %.0f attention %.0f "
                   "element %.0f host %.0f tensor %.0f context %.0f expert %.0f pipe %.0f data %.0f bubble "
                   "%.0f optimizer %.1f fixed %.1f straggle %.1f memory %.0f\n",
                   s.step_s / r.measured_s, p->rows[i]->judged ? 'j' : 'f', r.device->id, r.name,
                   (int)r.plan.gpus, (int)r.plan.tensor, (int)r.plan.pipeline, (int)r.plan.chunks,
                   (int)r.plan.context, (int)r.plan.expert, r.plan.micro_batch, s.micro_batches,
                   r.plan.sequence, (int)r.plan.shard, (int)s.recompute, (int)r.plan.format, r.measured_s,
                   s.mfu, c * s.product_s, c * s.attention_s, c * s.element_s, c * s.host_s, c * s.tensor_s,
                   c * s.context_s, c * s.expert_s, c * s.pipeline_s, c * s.data_s, c * s.bubble_s,
                   c * s.optimizer_s, c * s.fixed_s, c * s.straggle_s, 100 * memory.total / memory.available);
        }
        dh_diag_free(&diag);
    }
}

static void fit_stack(struct dh_stack_spec *stacks, int32_t n, int32_t s, bool as_it_is) {
    static struct problem p;
    struct row **kept = p.rows ? p.rows : malloc(MOST_ROWS * sizeof *kept);
    const struct dh_stack_spec *family = NULL;
    p = (struct problem){.stack = stacks[s], .rows = kept, .pooled = strcmp(stacks[s].id, "default") == 0};
    gather(&p, &stacks[s]);
    set_problem(&p);
    leave_experts(&p);
    for (int32_t i = 0; i < n; i++)
        if (is_part(&stacks[i], &stacks[s]))
            family = &stacks[i];
    if (family)
        begin(&p, family);
    if (!as_it_is && p.n_row > 0) {
        double from_here = fit(&p, p.pooled ? 3 : 5, 700), here[MOST_CONSTANTS]; /* what the catalog has */
        for (int i = 0; i < p.n; i++) {
            here[i] = *p.constants[i].at;
            *p.constants[i].at = p.constants[i].start;
        }
        bool worse = fit(&p, p.pooled ? 3 : 5, 700) > from_here;
        for (int i = 0; i < p.n && worse; i++)
            *p.constants[i].at = here[i];
        band(&p);
        stacks[s] = p.stack;
    }
    put(&p);
    if (as_it_is)
        print_rows(&p);
}

int main(int argc, char **argv) {
    static const char *const catalogs[] = {"gpus.xml", "interconnects.xml", "models.xml", "stacks.xml", NULL};
    struct dh_diag diag = {0};
    struct dh_scenario_file file;
    if (argc < 2 || !(rows = malloc(MOST_ROWS * sizeof *rows)))
        return 2;
    if (dh_predict_catalog_read(&file, catalogs, &diag) != DH_OK || !read_rows(argv[1], &file.spec))
        return 1;
    struct dh_stack_spec *stacks = file.spec.stacks;
    for (int round = 0; round < 2; round++) /* families in the first, what belongs to one in the second */
        for (int32_t s = 0; s < file.spec.n_stacks; s++) {
            bool release = false;
            for (int32_t i = 0; i < file.spec.n_stacks; i++)
                release = release || is_part(&stacks[i], &stacks[s]);
            bool wanted = argc < 3 || strcmp(argv[2], "all") == 0 ||
                          strncmp(argv[2], stacks[s].id, strlen(argv[2])) == 0;
            if (release == (round == 1) && wanted)
                fit_stack(stacks, file.spec.n_stacks, s, argc > 3);
        }
    dh_scenario_free(&file);
    free(rows);
    dh_diag_free(&diag);
    return 0;
}
