/* fit_serving DATA [ENGINE]: constants of serving stacks (models/serving.h, models/serving_curve.h) from
 * public measurements, for <engine> of scenarios/catalog/engines.xml, whose entries say which stacks and
 * devices go together. `make fit-serving` prints them, ready to paste. A third word prints rows beside their
 * predictions instead: of the engine that it names, or all.
 *
 * Rows of DATA/aiperf/inference.csv.gz by the names of the catalogs, read as predict inference reads them
 * (sim/api/inference_row.h). A configuration (stack, model, device, format, parallelism, lengths,
 * concurrency) belongs to the fitted or to the judged half by a hash of its text. Fitted: the mean of
 * |ln(predicted / measured)| over times per token, tokens per second, times to the first token and from end
 * to end, with the simplex of Nelder and Mead over the logarithms of the constants
 * (gsl_multimin_fminimizer_nmsimplex2), part by part of the model and all together, held to usual values by a
 * weak spring where rows do not tell. low and high are the 5 and 95 % quantiles of measured over predicted,
 * each fifth of the fitted half predicted by constants fitted to the others. The judged half is printed and
 * used for nothing. */
#include "models/fit/halves.h"
#include "models/kernel.h"
#include "sim/api/inference_row.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 8192, FOLDS = 5, QUANTITIES = 4, FEW = 100 };
enum { TTFT, TPOT, RATE, E2E };
#define SPRING 0.004

struct row {
    struct dh_inference_row read;
    struct dh_inference_case is;
    double measured[QUANTITIES];
    int fold;
    bool judged;
};

static struct row *rows;
static int n_row;

static int read_rows(const char *data, const struct dh_inference_catalog *catalog, struct dh_diag *diag) {
    /* the configuration: these fields as they stand, joined by commas */
    static const char *const parts[] = {"engine",     "model",       "gpu",         "mode",      "precision",
                                        "tp",         "pp",          "dp",          "ep",        "input_len",
                                        "output_len", "concurrency", "prefill_cfg", "decode_cfg"};
    enum { PARTS = sizeof parts / sizeof *parts };
    char path[4096];
    struct dh_csv csv;
    struct dh_inference_columns columns;
    int32_t part[PARTS];
    bool got = true;
    snprintf(path, sizeof path, "%s/aiperf/inference.csv.gz", data);
    if (dh_csv_open(&csv, path, DH_CSV_PLAIN, diag) != DH_OK ||
        dh_inference_columns_find(&columns, &csv) != DH_OK) {
        fprintf(stderr, "%s cannot be read\n", path);
        return 0;
    }
    for (int i = 0; i < PARTS; i++)
        part[i] = dh_csv_column(&csv, parts[i], NULL, NULL);
    while (dh_csv_next(&csv, &got) == DH_OK && got && n_row < MOST_ROWS) {
        struct row *r = &rows[n_row];
        char text[2048];
        size_t n = 0;
        dh_inference_row_read(&r->read, &csv, &columns);
        if (dh_inference_case_of(&r->is, &r->read, catalog))
            continue;
        for (int i = 0; i < PARTS; i++) {
            char field[128];
            dh_csv_text(&csv, part[i], field, sizeof field);
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? "," : "", field);
        }
        double measured[QUANTITIES] = {r->read.ttft_s, r->read.tpot_s, r->read.tokens_per_s, r->read.e2e_s};
        memcpy(r->measured, measured, sizeof measured);
        /* answers that ended before the length that the row names: its parts do not add up to its whole */
        double parts_s = r->read.ttft_s + (r->read.output - 1) * r->read.tpot_s;
        if (fabs(parts_s / r->read.e2e_s - 1) > 0.05)
            r->measured[E2E] = NAN;
        uint32_t hash = dh_fit_hash(text);
        r->judged = hash & 1;
        r->fold = (int)(hash >> 8) % FOLDS;
        n_row++;
    }
    dh_csv_close(&csv);
    return n_row;
}

/* ---- one engine ---------------------------------------------------------------------------------------- */

enum part { ANSWERS, PROMPTS, WAITING, ALL };
struct constant {
    enum part part; /* of the model: tuned by themselves in turn */
    const char *name, *unit;
    size_t at;                      /* in struct dh_engine_spec */
    double scale, low, high, usual; /* where rows do not tell, they stay near the usual value */
};
#define C(part, name, unit, member, scale, low, high, usual)                                                 \
    { part, name, unit, offsetof(struct dh_engine_spec, member), scale, low, high, usual }
static const struct constant constants[] = {
    C(ANSWERS, "host", " us", host_s, 1e-6, 1e-5, 3e-2, 1e-3),
    C(ANSWERS, "sequence", " us", sequence_s, 1e-6, 1e-8, 2e-4, 2e-6),
    C(ANSWERS, "launch", " us", launch_s, 1e-6, 1e-6, 5e-3, 5e-4),
    C(PROMPTS, "request", " us", request_s, 1e-6, 1e-6, 2e-2, 2e-4),
    C(ANSWERS, "layer", " us", layer_s, 1e-6, 1e-6, 5e-4, 3e-5),
    C(ANSWERS, "products", "", products, 1, 0.6, 4, 1),
    C(PROMPTS, "prompt-products", "", prompt_products, 1, 0.6, 4, 1.15),
    C(ANSWERS, "attention", "", attention, 1, 0.3, 6, 1),
    C(PROMPTS, "prompt-attention", "", prompt_attention, 1, 0.3, 6, 1),
    C(ANSWERS, "experts", "", experts, 1, 0.3, 8, 1.3),
    C(ANSWERS, "reduce", " us", reduce_s, 1e-6, 1e-6, 1e-4, 8e-6),
    C(PROMPTS, "reduce-share", "", reduce_share, 1, 0.05, 1.5, 0.5),
    C(WAITING, "first", " ms", first_s, 1e-3, 1e-4, 3, 2e-2),
    C(WAITING, "burst", "", burst, 1, 0.001, 5, 0.2),
    C(WAITING, "burst-growth", "", burst_growth, 1, 0.05, 1, 0.7),
    C(WAITING, "queue", "", queue, 1, 0.01, 20, 0.5),
    C(WAITING, "stream", "", stream_tokens, 1, 1, 40, 1),
    C(PROMPTS, "peak-share", "", peak_share, 1, 0.3, 2, 1),
    C(WAITING, "memory-share", "", memory_share, 1, 0.6, 1.05, 0.95),
    C(PROMPTS, "typical-prompt", "", typical_prompt, 1, 30, 4000, 300),
};
enum { N_CONSTANT = sizeof constants / sizeof *constants };

static struct dh_engine_spec *engine;
static double *value_of(int i) {
    return (double *)((char *)engine + constants[i].at);
}

struct problem {
    const struct row *rows[MOST_ROWS];
    int n_row, left_out;        /* a fold that is not fitted now; -1: none */
    int use[N_CONSTANT], n_use; /* constants of this engine */
    int now[N_CONSTANT], n_now; /* and those that are being fitted */
};

/* Predictions of a row with the engine as it is now. What hangs on the engine in dh_serving_of is the room
 * for the cache. */
static bool predict(const struct row *r, double out[QUANTITIES]) {
    struct dh_inference_case c = r->is;
    struct dh_serving *const both[] = {&c.serving, &c.prefill};
    for (int i = 0; i < (c.mode == DH_INFERENCE_DISAGG ? 2 : 1); i++) {
        struct dh_serving *s = both[i];
        s->cache_bytes =
            engine->memory_share * s->device->memory_bytes - s->weight_bytes - engine->workspace_bytes;
        s->cache_tokens = fmax(0, s->cache_bytes / s->token_bytes);
    }
    if (!(r->read.prompt >= 1))
        c.demand.prompt = engine->typical_prompt;
    struct dh_serving_point p;
    if (dh_inference_predict(&c, &p))
        return false;
    double got[] = {p.ttft_s, p.tpot_s, p.tokens_per_s, p.e2e_s};
    memcpy(out, got, sizeof got);
    return true;
}

static const double weights[QUANTITIES] = {0.4, 1, 1, 0.5};

static double loss_of(const struct problem *p) {
    double sum = 0, n = 0;
    for (int i = 0; i < p->n_row; i++) {
        const struct row *r = p->rows[i];
        double got[QUANTITIES];
        if (r->judged || r->fold == p->left_out)
            continue;
        bool there = predict(r, got);
        for (int q = 0; q < QUANTITIES; q++)
            if (r->measured[q] > 0) {
                sum += weights[q] * (there ? fmin(3, fabs(log(got[q] / r->measured[q]))) : 3);
                n += weights[q];
            }
    }
    return n > 0 ? sum / n : NAN;
}

static double loss(const gsl_vector *x, void *self) {
    struct problem *p = self;
    double extra = 0;
    for (int i = 0; i < p->n_now; i++) {
        const struct constant *c = &constants[p->now[i]];
        double value = exp(gsl_vector_get(x, (size_t)i)), held = fmin(fmax(value, c->low), c->high);
        extra += 0.01 * fabs(log(value / held)) + SPRING * fabs(log(held / c->usual)) / 2.3;
        *value_of(p->now[i]) = held;
    }
    return loss_of(p) + extra;
}

/* From where the constants stand; leaves the best ones there. */
static double fit(struct problem *p, enum part part, double size, int most) {
    p->n_now = 0;
    for (int i = 0; i < p->n_use; i++)
        if (part == ALL || constants[p->use[i]].part == part)
            p->now[p->n_now++] = p->use[i];
    size_t n = (size_t)p->n_now;
    if (n < 2)
        return loss_of(p);
    gsl_multimin_function f = {loss, n, p};
    gsl_vector *x = gsl_vector_alloc(n), *step = gsl_vector_alloc(n);
    gsl_multimin_fminimizer *m = gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n);
    for (size_t i = 0; i < n; i++)
        gsl_vector_set(x, i, log(*value_of(p->now[i])));
    gsl_vector_set_all(step, size);
    gsl_multimin_fminimizer_set(m, &f, x, step);
    for (int i = 0; i < most && gsl_multimin_fminimizer_size(m) > 1e-4; i++)
        gsl_multimin_fminimizer_iterate(m);
    double best = loss(m->x, p);
    gsl_multimin_fminimizer_free(m);
    gsl_vector_free(x);
    gsl_vector_free(step);
    return best;
}

static void put_back(const struct problem *p, const double *values) {
    for (int i = 0; i < p->n_use; i++)
        *value_of(p->use[i]) = values[i];
}

static void keep(const struct problem *p, double *values) {
    for (int i = 0; i < p->n_use; i++)
        values[i] = *value_of(p->use[i]);
}

/* Part by part, then all together; and that from several explanations of the wait for the first token: all
 * start together, some stay together, prompts queue, each costs the host time. The best is left. */
static double fit_well(struct problem *p) {
    static const struct {
        double burst, growth, queue, request;
    } begins[] = {
        {0,    0,   0,    0   },
        {0.05, 1,   0.5,  1e-4},
        {1.5,  0.3, 0.02, 2e-3},
        {0.5,  0.5, 2,    5e-4}
    };
    double best[N_CONSTANT], begin[N_CONSTANT], least = INFINITY;
    keep(p, begin);
    for (size_t b = 0; b < sizeof begins / sizeof *begins; b++) {
        put_back(p, begin);
        if (begins[b].burst > 0) { /* the first: as it stands in the catalog */
            engine->burst = begins[b].burst;
            engine->burst_growth = begins[b].growth;
            engine->queue = begins[b].queue;
            engine->request_s = begins[b].request;
        }
        double found = INFINITY;
        for (int round = 0; round < 3; round++) {
            double size = round == 0 ? 0.5 : round == 1 ? -0.3 : 0.15;
            fit(p, ANSWERS, size, 300);
            fit(p, PROMPTS, size, 200);
            fit(p, WAITING, size, 250);
            found = fit(p, ALL, size, 500);
        }
        if (found < least) {
            least = found;
            keep(p, best);
        }
    }
    put_back(p, best);
    return least;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Quantiles of measured over predicted for each quantity, out of fold. */
static void bands(struct problem *p, double low[QUANTITIES], double high[QUANTITIES]) {
    static double ratios[QUANTITIES][MOST_ROWS];
    int n[QUANTITIES] = {0};
    double kept[N_CONSTANT];
    keep(p, kept);
    for (p->left_out = 0; p->left_out < FOLDS; p->left_out++) {
        put_back(p, kept);
        fit(p, ALL, 0.2, 300);
        for (int i = 0; i < p->n_row; i++) {
            double got[QUANTITIES];
            const struct row *r = p->rows[i];
            if (!r->judged && r->fold == p->left_out && predict(r, got))
                for (int q = 0; q < QUANTITIES; q++)
                    if (r->measured[q] > 0)
                        ratios[q][n[q]++] = r->measured[q] / got[q];
        }
    }
    p->left_out = -1;
    put_back(p, kept);
    for (int q = 0; q < QUANTITIES; q++) {
        low[q] = high[q] = NAN;
        if (n[q] < 6)
            continue;
        qsort(ratios[q], (size_t)n[q], sizeof(double), ascending);
        low[q] = fmin(ratios[q][(int)(0.05 * (n[q] - 1))], 0.98);
        high[q] = fmax(ratios[q][(int)ceil(0.95 * (n[q] - 1))], 1.02);
        if (n[q] < FEW) { /* tails of few rows are not known by themselves: the wider one on both sides */
            high[q] = fmax(high[q], 1 / low[q]);
            low[q] = 1 / high[q];
        }
    }
}

static void errors(const struct problem *p, int quantity, double low, double high) {
    static const char *const names[] = {"ttft", "tpot", "tokens/s", "e2e"};
    double sum[2] = {0};
    int n[2] = {0}, inside = 0;
    for (int i = 0; i < p->n_row; i++) {
        const struct row *r = p->rows[i];
        double got[QUANTITIES], m = r->measured[quantity];
        if (!(m > 0) || !predict(r, got))
            continue;
        sum[r->judged] += fabs(got[quantity] / m - 1);
        n[r->judged]++;
        inside += r->judged && m >= low * got[quantity] && m <= high * got[quantity];
    }
    if (n[0] + n[1])
        printf("%s: %d rows, %.1f and %.1f %% (%.0f %% within); ", names[quantity], n[0] + n[1],
               100 * sum[0] / n[0], 100 * sum[1] / n[1], 100.0 * inside / (n[1] ? n[1] : 1));
}

static void fit_engine(void) {
    static struct problem p;
    double low[QUANTITIES], high[QUANTITIES];
    bool unsaid = false, parallel = false, experts = false, peak = false, first = false, steady = false;
    p.n_row = p.n_use = 0;
    p.left_out = -1;
    int fitted = 0;
    for (int i = 0; i < n_row; i++)
        if (rows[i].is.serving.engine == engine) {
            const struct row *r = p.rows[p.n_row++] = &rows[i];
            fitted += !r->judged;
            parallel |= r->is.serving.plan.tp > 1 || r->is.serving.plan.dp > 1;
            experts |= r->is.serving.model.expert_layers > 0;
            peak |= r->is.mode == DH_INFERENCE_OFFLINE;
            steady |= r->is.mode != DH_INFERENCE_BATCH;
            first |= r->measured[TTFT] > 0;
            unsaid |= !(r->read.prompt >= 1);
        }
    if (fitted < 6)
        return;
    for (int i = 0; i < N_CONSTANT; i++) {
        const char *name = constants[i].name;
        if ((strcmp(name, "launch") == 0 && engine->launch_s == 0) ||
            (strncmp(name, "reduce", 6) == 0 && !parallel) || (strcmp(name, "experts") == 0 && !experts) ||
            (strcmp(name, "peak-share") == 0 && !peak) ||
            ((strncmp(name, "burst", 5) == 0 || strcmp(name, "queue") == 0) && !(first && steady)) ||
            (strcmp(name, "typical-prompt") == 0 && !unsaid) ||
            ((strcmp(name, "first") == 0 || strcmp(name, "stream") == 0) && !first))
            continue;
        p.use[p.n_use] = i;
        *value_of(i) = fmin(fmax(*value_of(i), constants[i].low), constants[i].high);
        p.n_use++;
    }
    fit_well(&p);
    bands(&p, low, high);
    printf("  <engine id=\"%s\"", engine->id);
    for (int i = 0; i < p.n_use; i++) {
        const struct constant *c = &constants[p.use[i]];
        printf(" %s=\"%.4g%s\"", c->name, *value_of(p.use[i]) / c->scale, c->unit);
    }
    static const char *const words[] = {"ttft", "tpot", "rate"};
    for (int q = 0; q < 3; q++)
        if (!isnan(low[q]))
            printf(" %s-low=\"%.3f\" %s-high=\"%.3f\"", words[q], low[q], words[q], high[q]);
    printf("/>\n    <!-- mean errors of the fitted and the judged half: ");
    for (int q = 0; q < QUANTITIES; q++)
        errors(&p, q, low[q], high[q]);
    printf("-->\n");
    fflush(stdout);
}

static int show(const char *id) {
    for (int i = 0; i < n_row; i++) {
        const struct row *r = &rows[i];
        double got[QUANTITIES];
        engine = (struct dh_engine_spec *)(uintptr_t)r->is.serving.engine;
        if ((strcmp(engine->id, id) == 0 || strcmp(id, "all") == 0) && predict(r, got))
            printf("%d %s %s %s %s %s in %g out %g c %g tp %d pp %d dp %d ep %d | ttft %.1f %.1f | tpot %.2f "
                   "%.2f | rate %.0f %.0f\n",
                   r->judged, engine->id, r->read.mode, r->read.model, r->read.gpu, r->read.precision,
                   r->is.demand.prompt, r->is.demand.output, r->is.demand.clients, r->is.serving.plan.tp,
                   r->is.serving.plan.pp, r->is.serving.plan.dp, r->is.serving.plan.ep, 1e3 * got[TTFT],
                   1e3 * r->measured[TTFT], 1e3 * got[TPOT], 1e3 * r->measured[TPOT], got[RATE],
                   r->measured[RATE]);
    }
    return 0;
}

int main(int argc, char **argv) {
    struct dh_diag diag = {0};
    struct dh_inference_catalog catalog = {0};
    if (argc < 2 || !(rows = malloc(MOST_ROWS * sizeof *rows)))
        return 2;
    if (dh_inference_catalog_read(&catalog, &diag) != DH_OK) {
        for (int32_t i = 0; i < diag.n_message; i++)
            fprintf(stderr, "%d: %s\n", diag.messages[i].place.line, diag.messages[i].text);
        return 1;
    }
    if (!read_rows(argv[1], &catalog, &diag))
        return 1;
    fprintf(stderr, "%d rows\n", n_row);
    if (argc > 3)
        return show(argv[3]);
    for (int32_t i = 0; i < catalog.file.spec.n_engines; i++) {
        engine = &catalog.file.spec.engines[i];
        if (argc < 3 || strcmp(argv[2], engine->id) == 0)
            fit_engine();
    }
    free(rows);
    dh_inference_catalog_free(&catalog);
    dh_diag_free(&diag);
    return 0;
}
