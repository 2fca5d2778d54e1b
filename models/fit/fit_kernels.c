/* fit_kernels DATA [DEVICE]: constants of the kernel layer (models/kernel.h) from public measurements, for
 * <gemm>, <prefill> and <decode> of scenarios/catalog/gpus.xml. `make fit-kernels` prints them, ready to
 * paste.
 *
 * Rows of DATA/aiperf/gemm.csv.gz and attention.csv.gz, by the device's aliases. A configuration (device,
 * format and shape) belongs to the fitted or to the judged half by a hash of its text, so no shape is in
 * both. Fitted: the mean of |ln(predicted/measured)|, with the simplex of Nelder and Mead over the logarithms
 * of the constants (gsl_multimin_fminimizer_nmsimplex2), started again twice with smaller steps. What is a
 * trait of a kernel and not a size (which contexts are cut, how many heads share a reading) is tried both
 * ways. low and high are the 5 and 95 % quantiles of measured over predicted, within the fitted half. The
 * judged half is printed and used for nothing. */
#include "models/fit/halves.h"
#include "models/kernel.h"
#include "scenarios/csv_read.h"
#include "scenarios/scenario.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 8192, MOST_CONSTANTS = 10, FOLDS = 5, UNIT_MEMORY = 5 };

struct row {
    char device[32], format[16], phase[16];
    double shape[6], time_s;
    int fold;
    bool judged, bare; /* bare: a library's product alone, nothing quantized in front */
};

static struct row *rows;
static int n_row;
static const struct dh_device_spec *device;

/* ---- reading ------------------------------------------------------------------------------------------ */

static void copy(char *out, size_t room, const struct dh_csv *csv, int32_t column) {
    const struct dh_csv_field *f = &csv->fields[column];
    size_t n = f->n < room ? f->n : room - 1;
    memcpy(out, f->text, n);
    out[n] = '\0';
}

static int read_rows(const char *data, const char *file, const char *format, const char *phase,
                     const char *const *shape, int n_shape) {
    char path[4096];
    struct dh_diag diag = {0};
    struct dh_csv csv;
    bool got = true;
    snprintf(path, sizeof path, "%s/aiperf/%s", data, file);
    if (dh_csv_open(&csv, path, DH_CSV_PLAIN, &diag) != DH_OK) {
        fprintf(stderr, "%s cannot be read\n", path);
        return 0;
    }
    int32_t gpu = dh_csv_column(&csv, "gpu", NULL, NULL), kind = dh_csv_column(&csv, format, NULL, NULL);
    int32_t time = dh_csv_column(&csv, "time_ms", NULL, NULL), columns[6];
    int32_t when = phase ? dh_csv_column(&csv, phase, NULL, NULL) : -1;
    int32_t what = dh_csv_column(&csv, "kind", NULL, NULL);
    for (int i = 0; i < n_shape; i++)
        columns[i] = dh_csv_column(&csv, shape[i], NULL, NULL);
    n_row = 0;
    while (dh_csv_next(&csv, &got) == DH_OK && got && n_row < MOST_ROWS) {
        struct row *r = &rows[n_row];
        char text[256];
        double ms;
        bool good = dh_csv_double(&csv, time, 1e-6, 1e9, &ms) == DH_OK;
        *r = (struct row){.time_s = ms / 1e3};
        copy(r->device, sizeof r->device, &csv, gpu);
        copy(r->format, sizeof r->format, &csv, kind);
        if (what >= 0)
            copy(text, sizeof text, &csv, what);
        r->bare = what >= 0 && strstr(text, "cuBLASLt");
        if (when >= 0)
            copy(r->phase, sizeof r->phase, &csv, when);
        int n = snprintf(text, sizeof text, "%s,%s", r->device, r->format);
        for (int i = 0; i < n_shape && good; i++) {
            good = dh_csv_double(&csv, columns[i], 1, 1e12, &r->shape[i]) == DH_OK;
            n += snprintf(text + n, sizeof text - (size_t)n, ",%.0f", r->shape[i]);
        }
        uint32_t hash = dh_fit_hash(text);
        r->judged = hash & 1;
        r->fold = (int)(hash >> 8) % FOLDS;
        n_row += good; /* rows of a table of best rates have no shape */
    }
    dh_csv_close(&csv);
    dh_diag_free(&diag);
    return n_row;
}

/* ---- fitting ------------------------------------------------------------------------------------------ */

struct constant {
    const char *name, *unit;
    double *at, start, low, high, scale; /* printed: value / scale unit */
};

struct problem {
    struct constant constants[MOST_CONSTANTS];
    int n;
    const struct row *rows[MOST_ROWS];
    int n_row, n_shape;
    int left_out; /* a fold that is not fitted now; -1: none */
    double (*predict)(const struct row *r);
};

static bool is_out(const struct problem *p, const struct row *r) {
    return r->judged || (p->left_out >= 0 && r->fold == p->left_out);
}

/* Over the judged rows, or over those that are being fitted. */
static double loss_of(const struct problem *p, bool judged, bool relative) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < p->n_row; i++)
        if (judged ? p->rows[i]->judged : !is_out(p, p->rows[i])) {
            double ratio = p->predict(p->rows[i]) / p->rows[i]->time_s;
            sum += relative ? fabs(ratio - 1) : fabs(log(ratio));
            n++;
        }
    return n ? sum / n : NAN;
}

static double loss(const gsl_vector *x, void *self) {
    struct problem *p = self;
    double outside = 0;
    for (int i = 0; i < p->n; i++) {
        struct constant *c = &p->constants[i];
        double value = exp(gsl_vector_get(x, (size_t)i)), held = fmin(fmax(value, c->low), c->high);
        outside += fabs(log(value / held));
        *c->at = held;
    }
    return loss_of(p, false, false) + 0.01 * outside;
}

static double fit(struct problem *p) {
    gsl_multimin_function f = {loss, (size_t)p->n, p};
    gsl_vector *x = gsl_vector_alloc((size_t)p->n), *step = gsl_vector_alloc((size_t)p->n);
    gsl_multimin_fminimizer *m =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, (size_t)p->n);
    for (int i = 0; i < p->n; i++)
        gsl_vector_set(x, (size_t)i, log(p->constants[i].start));
    static const double steps[] = {0.5, 0.3, 0.1};
    double best = NAN;
    for (int s = 0; s < 3; s++) {
        gsl_vector_set_all(step, steps[s]);
        gsl_multimin_fminimizer_set(m, &f, x, step);
        for (int i = 0; i < 600 && gsl_multimin_fminimizer_size(m) > 1e-4; i++)
            gsl_multimin_fminimizer_iterate(m);
        gsl_vector_memcpy(x, m->x);
        best = loss(x, p); /* leaves the best constants in their places */
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

/* Quantiles of measured over predicted, each fold of the fitted half predicted by constants fitted to the
 * others: what a fit leaves on its own rows is too narrow. */
static void band(struct problem *p, double *low, double *high) {
    double *ratios = malloc((size_t)p->n_row * sizeof *ratios), kept[MOST_CONSTANTS];
    int n = 0;
    for (int i = 0; i < p->n; i++)
        kept[i] = *p->constants[i].at;
    for (p->left_out = 0; p->left_out < FOLDS; p->left_out++) {
        fit(p);
        for (int i = 0; i < p->n_row; i++)
            if (!p->rows[i]->judged && p->rows[i]->fold == p->left_out)
                ratios[n++] = p->rows[i]->time_s / p->predict(p->rows[i]);
    }
    p->left_out = -1;
    for (int i = 0; i < p->n; i++)
        *p->constants[i].at = kept[i];
    qsort(ratios, (size_t)n, sizeof *ratios, ascending);
    *low = fmin(ratios[(int)(0.05 * (n - 1))], 1);
    *high = fmax(ratios[(int)ceil(0.95 * (n - 1))], 1);
    free(ratios);
}

static double coverage(const struct problem *p, double low, double high) {
    int n = 0, inside = 0;
    for (int i = 0; i < p->n_row; i++)
        if (p->rows[i]->judged) {
            double ratio = p->rows[i]->time_s / p->predict(p->rows[i]);
            inside += ratio >= low && ratio <= high;
            n++;
        }
    return n ? (double)inside / n : NAN;
}

/* Least and greatest of each size among the fitted rows. */
static void put_hull(const struct problem *p) {
    for (int k = 0; k < p->n_shape; k++) {
        double least = INFINITY, most = 0;
        for (int i = 0; i < p->n_row; i++)
            if (!p->rows[i]->judged) {
                least = fmin(least, p->rows[i]->shape[k]);
                most = fmax(most, p->rows[i]->shape[k]);
            }
        printf("%s%.0f %.0f", k ? " " : "", least, most);
    }
}

static void put(struct problem *p, const char *element, const char *attributes) {
    double low, high;
    band(p, &low, &high);
    printf("    <%s %s", element, attributes);
    for (int i = 0; i < p->n; i++) {
        const struct constant *c = &p->constants[i];
        printf(" %s=\"%.4g%s\"", c->name, *c->at / c->scale, c->unit);
    }
    printf(" low=\"%.3f\" high=\"%.3f\" hull=\"", low, high);
    put_hull(p);
    printf("\"/>\n");
    printf("    <!-- %d rows; mean error of the fitted half %.1f %%, of the judged half %.1f %%, %.0f %% of "
           "it within the "
           "band -->\n",
           p->n_row, 100 * loss_of(p, false, true), 100 * loss_of(p, true, true),
           100 * coverage(p, low, high));
    fflush(stdout);
}

static void gather(struct problem *p, const char *format, const char *phase) {
    p->n_row = 0;
    for (int i = 0; i < n_row; i++)
        if (dh_kernel_is_called(device, rows[i].device) && strcmp(rows[i].format, format) == 0 &&
            (!phase || strcmp(rows[i].phase, phase) == 0))
            p->rows[p->n_row++] = &rows[i];
}

/* ---- matrix products ---------------------------------------------------------------------------------- */

static struct dh_gemm_spec gemm;

static double gemm_s(const struct row *r) {
    double quantize_s = r->bare ? 0 : dh_kernel_quantize_s(device, &gemm, r->shape[0], r->shape[2]);
    return quantize_s + dh_kernel_gemm_s(device, &gemm, r->shape[0], r->shape[1], r->shape[2]);
}

static void fit_gemm(enum dh_number_format format, const char *word) {
    static struct problem p;
    char attributes[64];
    double peak = format == DH_FORMAT_FP8 ? device->fp8_flops : device->bf16_flops;
    if (format == DH_FORMAT_NVFP4)
        peak = 4 * device->bf16_flops;
    p = (struct problem){.predict = gemm_s, .n_shape = 3, .left_out = -1};
    gather(&p, word, NULL);
    if (p.n_row < 40)
        return;
    gemm = (struct dh_gemm_spec){.format = format, .peak_flops = peak};
    bool quantizes = format == DH_FORMAT_FP8 || format == DH_FORMAT_NVFP4;
    p.n = quantizes ? 10 : 8;
    struct constant all[MOST_CONSTANTS] = {
        {"start",       " us", &gemm.start_s,       3e-6,  1e-7,  1e-4, 1e-6},
        {"efficiency",  "",    &gemm.efficiency,    0.8,   0.05,  1,    1   },
        {"memory",      "",    &gemm.memory,        0.8,   0.05,  1,    1   },
        {"wave",        "",    &gemm.wave,          0.6,   0.001, 1,    1   },
        {"prologue",    "",    &gemm.prologue_k,    150,   0.1,   5000, 1   },
        {"unit-memory", "",    &gemm.unit_memory,   1.5,   0.05,  100,  1   },
        {"split",       " us", &gemm.split_s,       1e-6,  1e-8,  1e-4, 1e-6},
        {"cache",       "",    &gemm.cache,         1.3,   1,     20,   1   },
        {"row",         " ns", &gemm.row_s,         1e-10, 1e-12, 1e-6, 1e-9},
        {"element",     "",    &gemm.element_bytes, 1,     0.001, 100,  1   },
    };
    memcpy(p.constants, all, sizeof all);
    /* Skinny products have two explanations, multiprocessors that draw little and a long start: try both. */
    double least = INFINITY, from = 0;
    static const double draws[] = {0.6, 1.5, 6};
    for (int i = 0; i < 3; i++) {
        p.constants[UNIT_MEMORY].start = draws[i];
        double found = fit(&p);
        if (found < least) {
            least = found;
            from = draws[i];
        }
    }
    p.constants[UNIT_MEMORY].start = from;
    fit(&p);
    snprintf(attributes, sizeof attributes, "format=\"%s\" peak=\"%.5g TFLOP/s\"", word, peak / 1e12);
    put(&p, "gemm", attributes);
}

/* ---- attention ---------------------------------------------------------------------------------------- */

static struct dh_prefill_spec prefill;
static struct dh_decode_spec decode;

static struct dh_kernel_attention attention_of(const struct row *r) {
    return (struct dh_kernel_attention){.batch = r->shape[0],
                                        .queries = r->shape[1],
                                        .keys = r->shape[2],
                                        .heads = r->shape[3],
                                        .kv_heads = r->shape[4],
                                        .head_dim = r->shape[5]};
}

static double prefill_s(const struct row *r) {
    struct dh_kernel_attention a = attention_of(r);
    return dh_kernel_prefill_s(device, &prefill, &a);
}

static double decode_s(const struct row *r) {
    struct dh_kernel_attention a = attention_of(r);
    return dh_kernel_decode_s(device, &decode, &a);
}

static void fit_prefill(enum dh_number_format format, const char *word, const char *xml) {
    static struct problem p;
    char attributes[64];
    p = (struct problem){.predict = prefill_s, .n = 6, .n_shape = 6, .left_out = -1};
    gather(&p, word, "prefill");
    if (p.n_row < 40)
        return;
    prefill = (struct dh_prefill_spec){.format = format, .peak_flops = device->bf16_flops};
    struct constant all[] = {
        {"start",         " us", &prefill.start_s,       1e-5, 1e-7, 1e-4, 1e-6},
        {"efficiency",    "",    &prefill.efficiency,    0.6,  0.05, 1,    1   },
        {"overhead",      "",    &prefill.overhead_keys, 100,  0.1,  1e4,  1   },
        {"tail",          "",    &prefill.tail,          0.5,  1e-3, 1,    1   },
        {"query-element", "",    &prefill.head_s,        1,    1e-3, 1e3,  1   },
        {"kv-element",    "",    &prefill.kv_s,          1,    1e-3, 1e3,  1   },
    };
    memcpy(p.constants, all, sizeof all);
    fit(&p);
    snprintf(attributes, sizeof attributes, "kv=\"%s\" peak=\"%.5g TFLOP/s\"", xml,
             device->bf16_flops / 1e12);
    put(&p, "prefill", attributes);
}

static void fit_decode(enum dh_number_format format, const char *word, const char *xml) {
    static struct problem p;
    char attributes[64];
    struct dh_decode_spec best = {0};
    double least = INFINITY;
    p = (struct problem){.predict = decode_s, .n_shape = 6, .left_out = -1};
    gather(&p, word, "decode");
    if (p.n_row < 40)
        return;
    struct constant all[] = {
        {"start",       " us", &decode.start_s,     1e-5, 1e-7,  1e-4, 1e-6},
        {"memory",      "",    &decode.memory,      0.8,  0.05,  1,    1   },
        {"unit-memory", "",    &decode.unit_memory, 1.5,  0.05,  100,  1   },
        {"sequence",    " ns", &decode.sequence_s,  3e-8, 1e-12, 1e-5, 1e-9},
        {"kv-head",     " ns", &decode.kv_head_s,   1e-8, 1e-12, 1e-6, 1e-9},
        {"head",        " ns", &decode.head_s,      1e-9, 1e-12, 1e-6, 1e-9},
        {"split",       " us", &decode.split_s,     2e-6, 1e-8,  1e-4, 1e-6},
    };
    p.n = sizeof all / sizeof *all;
    memcpy(p.constants, all, sizeof all);
    static const int64_t keys[] = {64, 128, 256, 512, 1024};
    for (int trait = 0; trait < 4; trait++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            decode = (struct dh_decode_spec){.format = format,
                                             .split_keys = keys[k],
                                             .split_single = trait & 1,
                                             .group_max = trait & 2 ? 32 : 1000};
            double found = fit(&p);
            if (found < least - 1e-4) {
                least = found;
                best = decode;
            }
        }
    decode = best;
    snprintf(attributes, sizeof attributes, "kv=\"%s\" split-keys=\"%d\"%s%s", xml, (int)best.split_keys,
             best.group_max < 1000 ? " group=\"32\"" : "", best.split_single ? "" : " split-single=\"no\"");
    put(&p, "decode", attributes);
}

/* ------------------------------------------------------------------------------------------------------- */

int main(int argc, char **argv) {
    static const char *const product[] = {"m", "n", "k"};
    static const char *const attention[] = {"batch", "q_len", "kv_len", "heads", "kv_heads", "head_dim"};
    static const char *const ids[] = {"a100-sxm", "h100-sxm", "b200", "a40"};
    struct dh_diag diag = {0};
    struct dh_scenario_file file;
    if (argc < 2 || !(rows = malloc(MOST_ROWS * sizeof *rows)))
        return 2;
    for (size_t d = 0; d < sizeof ids / sizeof *ids; d++) {
        char text[1024];
        if (argc > 2 && strcmp(argv[2], ids[d]) != 0)
            continue;
        snprintf(
            text, sizeof text,
            "<scenario xmlns='urn:datahall:scenario:1' name='fit'><import href='catalog:gpus.xml'/><horizon "
            "duration='1 d'/><node id='n' device='%s' gpus='1'/><rack-type id='r' node='n' nodes='1' "
            "rated='9 kW'/>"
            "<site id='s'><power><utility id='u' rated='1 MW'/></power><hall id='h'><row id='w' rack='r' "
            "feed='u'/>"
            "</hall></site></scenario>",
            ids[d]);
        if (dh_scenario_read_memory(&file, text, strlen(text), "fit.xml", ".", NULL, &diag) != DH_OK)
            return 1;
        device = &file.spec.devices[0];
        printf("  <!-- %s -->\n", device->id);
        if (!read_rows(argv[1], "gemm.csv.gz", "dtype", NULL, product, 3))
            return 1;
        fit_gemm(DH_FORMAT_BF16, "bf16");
        fit_gemm(DH_FORMAT_FP16, "fp16");
        fit_gemm(DH_FORMAT_FP8, "fp8");
        fit_gemm(DH_FORMAT_NVFP4, "nvfp4");
        if (!read_rows(argv[1], "attention.csv.gz", "kv_dtype", "phase", attention, 6))
            return 1;
        fit_prefill(DH_FORMAT_BF16, "bfloat16", "bf16");
        fit_prefill(DH_FORMAT_FP8, "fp8", "fp8");
        fit_decode(DH_FORMAT_BF16, "bfloat16", "bf16");
        fit_decode(DH_FORMAT_FP8, "fp8", "fp8");
        dh_scenario_free(&file);
    }
    free(rows);
    dh_diag_free(&diag);
    return 0;
}
