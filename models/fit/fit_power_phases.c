/* fit_power_phases DATA [judge]: constants of models/activity.h from public measurements, for <activity> of
 * scenarios/catalog/gpus.xml and <task> of tasks.xml. `make fit-power-phases` prints them.
 *
 * Rows of DATA/aiperf/power.csv that predict power can read: mean board power of language models in service,
 * with batch and throughput. A configuration (device, model, task, split, format; all its batches) belongs to
 * the fitted or to the judged half by a hash of its text. on, memory, compute and wait are a device's own;
 * how traffic keeps kernels busy, what 8-bit experts cost and the prompts of the catalog's tasks are common
 * to all. Fitted: ln(predicted / measured) by Levenberg-Marquardt (gsl_multifit_nlinear) over the logarithms
 * of the constants, with a faint pull to where they start, rows weighted again six times by 1 / sqrt(1 + (r /
 * 0.1)^2) so that outliers count less. Bands are the 5 and 95 % quantiles of measured over predicted, each
 * fold of the fitted half predicted by constants fitted to the others; models with experts have their own.
 * The judged half is printed and used for nothing. judge: the catalog as it is. */
#include "models/fit/halves.h"
#include "sim/api/power_rows.h"
#include "sim/api/predict_catalog.h"

#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 4096, FOLDS = 5, MOST_CONSTANTS = 64, LEAST_ROWS = 30, ROUNDS = 6 };
static const double PULL = 0.03, OUTLIER = 0.1;

struct row {
    struct dh_power_row run;
    bool judged;
    int fold;
    double weight;
};

static struct row rows[MOST_ROWS];
static int n_row;

static bool read_rows(const char *data, const struct dh_scenario *catalog) {
    char path[4096];
    struct dh_diag diag = {0};
    struct dh_csv csv;
    struct dh_power_columns columns;
    bool got = true;
    snprintf(path, sizeof path, "%s/aiperf/power.csv", data);
    if (dh_csv_open(&csv, path, DH_CSV_HASH_COMMENTS, &diag) != DH_OK ||
        dh_power_columns_find(&columns, &csv) != DH_OK) {
        fprintf(stderr, "%s cannot be read\n", path);
        return false;
    }
    while (dh_csv_next(&csv, &got) == DH_OK && got && n_row < MOST_ROWS) {
        struct row *r = &rows[n_row];
        *r = (struct row){.weight = 1};
        dh_power_row_read(&r->run, &columns, &csv, catalog);
        uint32_t hash = dh_fit_hash(r->run.configuration);
        r->judged = hash & 1;
        r->fold = (int)(hash >> 8) % FOLDS;
        n_row += !r->run.why && !r->run.idle && r->run.measured_w > 0;
    }
    dh_csv_close(&csv);
    dh_diag_free(&diag);
    return n_row > 0;
}

/* ---- constants: places in the catalog's own structs, so that rows are predicted as predict power does
 * --------- */

struct constant {
    double *at[16]; /* the same one of several devices */
    int n_at;
    double start;
    bool share; /* between 0 and 1 */
};

static struct constant constants[MOST_CONSTANTS];
static int n_constant, left_out; /* fold; -1: none */

static void add(double *at, double start, bool share) {
    constants[n_constant++] = (struct constant){.at = {at}, .n_at = 1, .start = start, .share = share};
}

static int rows_of(const struct dh_device_spec *d) {
    int n = 0;
    for (int i = 0; i < n_row; i++)
        n += rows[i].run.device == d;
    return n;
}

static void set_constants(struct dh_scenario *sc) {
    struct constant common[] = {{.start = 2}, {.start = 2}, {.start = 20}, {.start = 150}};
    for (int32_t i = 0; i < sc->n_devices; i++) {
        struct dh_device_spec *d = &sc->devices[i];
        if (d->n_activities == 0 || rows_of(d) < LEAST_ROWS)
            continue;
        struct dh_activity_spec *a = &d->activities[0];
        double *const places[] = {&a->narrow, &a->memory_busy, &a->compute_busy, &a->expert_busy};
        add(&a->on, 0.5, false);
        add(&a->memory, 0.3, false);
        add(&a->compute, 1, false);
        add(&a->wait, 0.1, true);
        for (int k = 0; k < 4 && common[k].n_at < 16; k++)
            common[k].at[common[k].n_at++] = places[k];
    }
    for (int k = 0; k < 4; k++)
        constants[n_constant++] = common[k];
    for (int32_t i = 0; i < sc->n_tasks; i++)
        add(&sc->tasks[i].prompts, 5, false);
}

/* What is fitted: the logarithm, of a share that of its odds. */
static double start_of(const struct constant *c) {
    return log(c->share ? c->start / (1 - c->start) : c->start);
}

static void set(const gsl_vector *x) {
    for (int i = 0; i < n_constant; i++) {
        double value = exp(gsl_vector_get(x, (size_t)i));
        for (int k = 0; k < constants[i].n_at; k++)
            *constants[i].at[k] = constants[i].share ? value / (1 + value) : value;
    }
}

static bool is_used(const struct row *r) {
    return !r->judged && r->fold != left_out;
}

static double log_ratio(struct row *r) {
    r->run.writing.prompts = r->run.task ? r->run.task->prompts : 0;
    return log(dh_power_row_w(&r->run) / r->run.measured_w);
}

static int residuals(const gsl_vector *x, void *self, gsl_vector *f) {
    (void)self;
    set(x);
    for (int i = 0; i < n_row; i++)
        gsl_vector_set(f, (size_t)i, is_used(&rows[i]) ? sqrt(rows[i].weight) * log_ratio(&rows[i]) : 0);
    for (int i = 0; i < n_constant; i++)
        gsl_vector_set(f, (size_t)(n_row + i),
                       PULL * (gsl_vector_get(x, (size_t)i) - start_of(&constants[i])));
    return GSL_SUCCESS;
}

static void fit(void) {
    gsl_multifit_nlinear_fdf f = {.f = residuals, .n = (size_t)(n_row + n_constant), .p = (size_t)n_constant};
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *w =
        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &how, f.n, f.p);
    gsl_vector *x = gsl_vector_alloc(f.p);
    int info;
    for (int i = 0; i < n_constant; i++)
        gsl_vector_set(x, (size_t)i, start_of(&constants[i]));
    for (int i = 0; i < n_row; i++)
        rows[i].weight = 1;
    for (int round = 0; round < ROUNDS; round++) {
        gsl_multifit_nlinear_init(x, &f, w);
        gsl_multifit_nlinear_driver(60, 1e-8, 1e-8, 0, NULL, NULL, &info, w);
        gsl_vector_memcpy(x, gsl_multifit_nlinear_position(w));
        set(x);
        for (int i = 0; i < n_row; i++)
            rows[i].weight = 1 / sqrt(1 + pow(log_ratio(&rows[i]) / OUTLIER, 2));
    }
    gsl_multifit_nlinear_free(w);
    gsl_vector_free(x);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ratios of measured to predicted of each row of the fitted half by constants that do not know its fold. */
static double ratio[MOST_ROWS];
static void predict_folds(void) {
    double kept[MOST_CONSTANTS];
    for (int i = 0; i < n_constant; i++)
        kept[i] = *constants[i].at[0];
    for (left_out = 0; left_out < FOLDS; left_out++) {
        fit();
        for (int i = 0; i < n_row; i++)
            if (!rows[i].judged && rows[i].fold == left_out)
                ratio[i] = exp(-log_ratio(&rows[i]));
    }
    left_out = -1;
    for (int i = 0; i < n_constant; i++)
        for (int k = 0; k < constants[i].n_at; k++)
            *constants[i].at[k] = kept[i];
}

/* Of all devices together: one alone has too few configurations for a quantile. */
static void band(bool experts, double *low, double *high) {
    static double all[MOST_ROWS];
    int n = 0;
    for (int i = 0; i < n_row; i++)
        if (!rows[i].judged && (rows[i].run.model.expert_layers > 0) == experts)
            all[n++] = ratio[i];
    if (n == 0)
        return;
    qsort(all, (size_t)n, sizeof *all, ascending);
    *low = fmin(all[(int)(0.05 * (n - 1))], 0.97);
    *high = fmax(all[(int)ceil(0.95 * (n - 1))], 1.03);
}

/* ---- figures ---------------------------------------------------------------------------------------------
 */

static void put_errors(const struct dh_device_spec *d, bool judged, bool experts) {
    static double errors[MOST_ROWS];
    double sum = 0, inside = 0;
    int n = 0;
    for (int i = 0; i < n_row; i++) {
        struct row *r = &rows[i];
        if ((d && r->run.device != d) || r->judged != judged || (r->run.model.expert_layers > 0) != experts)
            continue;
        const struct dh_activity_spec *a = &r->run.device->activities[0];
        double is = exp(-log_ratio(r)), low = experts ? a->expert_low : a->low,
               high = experts ? a->expert_high : a->high;
        errors[n] = 100 * fabs(1 / is - 1);
        sum += errors[n++];
        inside += is >= low && is <= high;
    }
    if (n == 0)
        return;
    qsort(errors, (size_t)n, sizeof *errors, ascending);
    printf("    %-10s %-7s %-6s %4d rows: mean %5.1f %%, median %5.1f, p90 %5.1f; in the band %3.0f %%\n",
           d ? d->id : "all", experts ? "experts" : "dense", judged ? "judged" : "fitted", n, sum / n,
           errors[n / 2], errors[(int)(0.9 * (n - 1))], 100 * inside / n);
}

static void put_device(const struct dh_device_spec *d) {
    const struct dh_activity_spec *a = d ? &d->activities[0] : NULL;
    if (a)
        printf("  %s: <activity on=\"%.4g\" memory=\"%.4g\" compute=\"%.4g\" wait=\"%.4g\" "
               "narrow-experts=\"%.4g\" "
               "memory-busy=\"%.4g\" compute-busy=\"%.4g\" expert-busy=\"%.4g\" low=\"%.3f\" high=\"%.3f\" "
               "expert-low=\"%.3f\" expert-high=\"%.3f\"/>\n",
               d->id, a->on, a->memory, a->compute, a->wait, a->narrow, a->memory_busy, a->compute_busy,
               a->expert_busy, a->low, a->high, a->expert_low, a->expert_high);
    for (int k = 0; k < 4; k++)
        put_errors(d, k & 1, k >> 1);
}

int main(int argc, char **argv) {
    static const char *const catalogs[] = {"gpus.xml", "models.xml", "tasks.xml", NULL};
    struct dh_diag diag = {0};
    struct dh_scenario_file file = {0};
    if (argc < 2)
        return 2;
    if (dh_predict_catalog_read(&file, catalogs, &diag) != DH_OK || !read_rows(argv[1], &file.spec))
        return 1;
    struct dh_scenario *sc = &file.spec;
    left_out = -1;
    if (argc < 3) {
        set_constants(sc);
        fit();
        predict_folds();
        for (int32_t i = 0; i < sc->n_devices; i++) {
            struct dh_device_spec *d = &sc->devices[i];
            if (d->n_activities == 0)
                continue;
            band(false, &d->activities[0].low, &d->activities[0].high);
            band(true, &d->activities[0].expert_low, &d->activities[0].expert_high);
        }
    }
    for (int32_t i = 0; i < sc->n_devices; i++)
        if (sc->devices[i].n_activities > 0 && rows_of(&sc->devices[i]) > 0)
            put_device(&sc->devices[i]);
    put_device(NULL);
    for (int32_t i = 0; i < sc->n_tasks; i++)
        printf("  <task id=\"%s\" prompts=\"%.3g\">\n", sc->tasks[i].id, sc->tasks[i].prompts);
    dh_scenario_free(&file);
    dh_diag_free(&diag);
    return 0;
}
