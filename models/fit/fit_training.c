/* fit_training DATA [STACK]: constants of training software (models/training.h) from public measurements, for
 * <stack> of scenarios/catalog/stacks.xml. `make fit-training` prints them, ready to paste.
 *
 * Rows of DATA/aiperf/training.csv, by the stack that their framework names; which software a stack is, and
 * its traits (attention, recompute, gradient-bytes, sequence-parallel), stay as the catalog has them. A
 * configuration (model, plan, device, count, software) belongs to the fitted or to the judged half by a hash
 * of its text. Fitted: the mean of |ln(predicted/measured)| plus a pull towards the defaults that weighs less
 * the more rows there are, with the simplex of Nelder and Mead over the logarithms of the constants, started
 * again with smaller steps. Stack "default" is fitted to all rows, each source weighing the square root of
 * its rows. low and high are the 5 and 95 % quantiles of measured over predicted, each fold of the fitted
 * half predicted by constants fitted to the others. The judged half is printed and used for nothing. */
#include "scenarios/csv_read.h"
#include "sim/api/predict_catalog.h"
#include "sim/api/training_rows.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 4096, MOST_CONSTANTS = 16, FOLDS = 5, MOST_SOURCES = 32 };

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

/* FNV-1a, 32 bits, stirred: its low bits alone repeat those of the text. */
static uint32_t hash_of(const char *text) {
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    return h ^ h >> 13;
}

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
        uint32_t hash = hash_of(text);
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
        {"compute",          "",    &s->compute,        0.85,  0.3,    1.3,  1,    0.3 },
        {"attention-rate",   "",    &s->attention_rate, 0.8,   0.1,    2,    1,    0.1 },
        {"element",          "",    &s->element,        1.3,   0.3,    8,    1,    0.1 },
        {"launch",           " us", &s->launch_s,       8e-6,  1e-6,   2e-4, 1e-6, 0.05},
        {"link",             "",    &s->link,           0.75,  0.1,    1,    1,    0.3 },
        {"nic",              "",    &s->nic,            0.75,  0.05,   1,    1,    0.3 },
        {"latency",          " us", &s->latency_s,      20e-6, 1e-6,   2e-3, 1e-6, 0.05},
        {"tensor-overlap",   "",    &s->tensor_overlap, 0.1,   0.001,  0.95, 1,    0.02},
        {"data-overlap",     "",    &s->data_overlap,   0.7,   0.001,  1,    1,    0.05},
        {"gather-overlap",   "",    &s->gather_overlap, 0.5,   0.001,  1,    1,    0.05},
        {"scale",            "",    &s->scale,          0.01,  0.0002, 0.1,  1,    0.05},
        {"fixed",            " ms", &s->fixed_s,        1e-2,  1e-4,   1,    1e-3, 0.05},
        {"expert-imbalance", "",    &s->expert_balance, 1.1,   1,      2,    1,    0.3 },
        {"expert-overlap",   "",    &s->expert_overlap, 0.1,   0.001,  0.95, 1,    0.05},
    };
    p->n = sizeof all / sizeof *all;
    memcpy(p->constants, all, sizeof all);
    p->left_out = -1;
}

int main(int argc, char **argv) {
    static const char *const catalogs[] = {"gpus.xml", "models.xml", "stacks.xml", NULL};
    static struct problem p;
    struct dh_diag diag = {0};
    struct dh_scenario_file file;
    if (argc < 2 || !(rows = malloc(MOST_ROWS * sizeof *rows)) ||
        !(p.rows = malloc(MOST_ROWS * sizeof *p.rows)))
        return 2;
    if (dh_predict_catalog_read(&file, catalogs, &diag) != DH_OK || !read_rows(argv[1], &file.spec))
        return 1;
    const struct dh_scenario *c = &file.spec;
    for (int32_t s = 0; s < c->n_stacks; s++) {
        if (argc > 2 && strcmp(argv[2], c->stacks[s].id) != 0)
            continue;
        struct row **kept = p.rows;
        p = (struct problem){
            .stack = c->stacks[s], .rows = kept, .pooled = strcmp(c->stacks[s].id, "default") == 0};
        for (int i = 0; i < n_row; i++) {
            int alike = 0;
            for (int k = 0; k < n_row && p.pooled; k++)
                alike += strcmp(rows[i].source, rows[k].source) == 0;
            rows[i].weight = p.pooled ? 1 / sqrt(alike) : 1;
            if (p.pooled || rows[i].stack == &c->stacks[s])
                p.rows[p.n_row++] = &rows[i];
        }
        set_problem(&p);
        if (argc > 3) { /* as the catalog has it */
            put(&p);
            continue;
        }
        for (int i = 0; i < p.n; i++)
            *p.constants[i].at = p.constants[i].start;
        fit(&p, p.pooled ? 3 : 5, 500);
        band(&p);
        put(&p);
    }
    dh_scenario_free(&file);
    free(p.rows);
    free(rows);
    dh_diag_free(&diag);
    return 0;
}
