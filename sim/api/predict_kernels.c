/* Times of kernels: matrix products and attention, by the catalog's constants of each device. */
#include "sim/api/predict_rows.h"

#include "models/kernel.h"
#include "scenarios/catalog.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Every device of the catalog, with the constants of a file of profiles; read once for a file of rows. */
static enum dh_err read_devices(struct dh_scenario_file *file, const char *profile, struct dh_diag *diag) {
    static const char begin[] = "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"kernels\"><import "
                                "href=\"catalog:gpus.xml\"/><horizon duration=\"1 d\"/>",
                      end[] =
                          "<site id=\"s\"><power><utility id=\"u\" rated=\"1 GW\"/></power><hall id=\"h\">";
    struct dh_text text = {0}, rows = {0};
    size_t n;
    int number = 0;
    struct dh_profile_text given = {.name = profile};
    struct dh_scenario_options options = {.profiles = &given, .n_profile = profile != NULL};
    dh_text_puts(&text, begin);
    /* entries that nothing refers to are not kept: a rack of each */
    for (const char *at = strstr(dh_catalog_text("gpus.xml", &n), "<device id=\""); at;
         at = strstr(at, "<device id=\"")) {
        at += strlen("<device id=\"");
        dh_text_printf(
            &text,
            "<node id=\"n%d\" device=\"%.*s\" gpus=\"1\"/><rack-type id=\"r%d\" node=\"n%d\" nodes=\"1\" "
            "rated=\"1 MW\"/>",
            number, (int)strcspn(at, "\""), at, number, number);
        dh_text_printf(&rows, "<row id=\"w%d\" rack=\"r%d\" feed=\"u\"/>", number, number);
        number++;
    }
    dh_text_puts(&text, end);
    dh_text_add(&text, rows.at, rows.n);
    dh_text_puts(&text, "</hall></site></scenario>");
    enum dh_err err =
        text.failed || rows.failed
            ? dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){NULL, 0, 0}, "out of memory")
            : dh_scenario_read_memory(file, text.at, text.n, "kernels.xml", ".", &options, diag);
    dh_text_free(&text);
    dh_text_free(&rows);
    if (err != DH_OK)
        dh_scenario_free(file);
    return err;
}

static const struct dh_device_spec *device_of(const struct dh_scenario *sc, const char *name) {
    for (int32_t i = 0; i < sc->n_devices; i++)
        if (dh_kernel_is_called(&sc->devices[i], name))
            return &sc->devices[i];
    return NULL;
}

static int format_of(const char *word) {
    static const struct {
        const char *word;
        enum dh_number_format format;
    } words[] = {
        {"fp32",     DH_FORMAT_FP32 },
        {"tf32",     DH_FORMAT_TF32 },
        {"bf16",     DH_FORMAT_BF16 },
        {"bfloat16", DH_FORMAT_BF16 },
        {"fp16",     DH_FORMAT_FP16 },
        {"float16",  DH_FORMAT_FP16 },
        {"fp8",      DH_FORMAT_FP8  },
        {"nvfp4",    DH_FORMAT_NVFP4},
        {"int8",     DH_FORMAT_INT8 },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0)
            return (int)words[i].format;
    return -1;
}

enum { GPU, FORMAT, PHASE, KIND, N_WORD };
enum { MOST_SIZES = 6 };
static const char *const product_sizes[] = {"m", "n", "k"};
static const char *const attention_sizes[] = {"batch", "q_len", "kv_len", "heads", "kv_heads", "head_dim"};

struct predictor {
    struct dh_predict_rows rows;
    const struct dh_scenario *devices;
    bool attention;
    int32_t word[N_WORD], size[MOST_SIZES], n_size, time;
};

static enum dh_err find_columns(struct predictor *r) {
    struct dh_csv *csv = &r->rows.csv;
    const char *const *sizes = r->attention ? attention_sizes : product_sizes;
    r->n_size = r->attention ? 6 : 3;
    DH_TRY(dh_csv_require(csv, "gpu", "device", &r->word[GPU]));
    DH_TRY(dh_csv_require(csv, r->attention ? "kv_dtype" : "dtype", NULL, &r->word[FORMAT]));
    r->word[PHASE] = r->word[KIND] = -1;
    if (r->attention)
        DH_TRY(dh_csv_require(csv, "phase", NULL, &r->word[PHASE]));
    else
        r->word[KIND] = dh_csv_column(csv, "kind", NULL, NULL);
    for (int32_t i = 0; i < r->n_size; i++)
        DH_TRY(dh_csv_require(csv, sizes[i], NULL, &r->size[i]));
    r->time = dh_csv_column(csv, "time_ms", NULL, NULL);
    return DH_OK;
}

static void band(struct dh_predicted *x, double seconds, double low, double high) {
    x->value = 1e3 * seconds;
    x->low = x->value * low;
    x->high = x->value * high;
}

static void predict_product(struct dh_predicted *x, const struct dh_device_spec *d,
                            enum dh_number_format format, const double *size, const char *kind) {
    const struct dh_gemm_spec *g = dh_kernel_gemm_of(d, format);
    if (!g) {
        x->why = "the device has no constants for this number format";
        return;
    }
    double seconds = dh_kernel_gemm_s(d, g, size[0], size[1], size[2]);
    if (!strstr(kind, "cuBLASLt")) /* a library's product alone: nothing is quantized in front */
        seconds += dh_kernel_quantize_s(d, g, size[0], size[2]);
    band(x, seconds, g->low, g->high);
}

static void predict_attention(struct dh_predicted *x, const struct dh_device_spec *d,
                              enum dh_number_format format, const double *size, const char *phase) {
    struct dh_kernel_attention a = {size[0], size[1], size[2], size[3], size[4], size[5]};
    const struct dh_prefill_spec *prefill = dh_kernel_prefill_of(d, format);
    const struct dh_decode_spec *decode = dh_kernel_decode_of(d, format);
    if (a.kv_heads > a.heads || a.queries > a.keys)
        x->why = "more heads of keys than of queries, or more queries than keys";
    else if (strcmp(phase, "prefill") == 0 && prefill)
        band(x, dh_kernel_prefill_s(d, prefill, &a), prefill->low, prefill->high);
    else if (strcmp(phase, "decode") == 0 && decode)
        band(x, dh_kernel_decode_s(d, decode, &a), decode->low, decode->high);
    else
        x->why = "the device has no constants for this phase and number format";
}

static enum dh_err predict_row(void *self) {
    struct predictor *r = self;
    char gpu[64], word[64], what[64];
    double size[MOST_SIZES];
    bool sized = true;
    struct dh_predicted x = {NAN, NAN, NAN, dh_csv_number(&r->rows.csv, r->time), NULL};
    dh_csv_text(&r->rows.csv, r->word[GPU], gpu, sizeof gpu);
    dh_csv_text(&r->rows.csv, r->word[FORMAT], word, sizeof word);
    dh_csv_text(&r->rows.csv, r->word[r->attention ? PHASE : KIND], what, sizeof what);
    for (int32_t i = 0; i < r->n_size; i++) {
        size[i] = dh_csv_number(&r->rows.csv, r->size[i]);
        sized = sized && size[i] >= 1 && size[i] <= 1e9;
    }
    const struct dh_device_spec *device = device_of(r->devices, gpu);
    int format = format_of(word);
    if (!device)
        x.why = "the catalog has no such device";
    else if (format < 0)
        x.why = "no such number format";
    else if (!sized)
        x.why = "a size is missing, or not from 1 to 1e9";
    else if (r->attention)
        predict_attention(&x, device, (enum dh_number_format)format, size, what);
    else
        predict_product(&x, device, (enum dh_number_format)format, size, what);
    return dh_predict_rows_put(&r->rows, &x);
}

static enum dh_err predict(struct predictor *r) {
    DH_TRY(find_columns(r));
    return dh_predict_rows_each(&r->rows, predict_row, r);
}

static enum dh_err predict_kernels(struct dh_prediction *p, bool attention) {
    struct predictor r = {.attention = attention};
    struct dh_scenario_file devices = {0};
    DH_TRY(read_devices(&devices, p->options->profile, p->diag));
    r.devices = &devices.spec;
    enum dh_err err = dh_predict_rows_open(&r.rows, p, "predicted_time_ms");
    if (err == DH_OK) {
        err = predict(&r);
        dh_predict_rows_close(&r.rows);
    }
    dh_scenario_free(&devices);
    return err;
}

enum dh_err dh_predict_gemm(struct dh_prediction *p) {
    return predict_kernels(p, false);
}

enum dh_err dh_predict_attention(struct dh_prediction *p) {
    return predict_kernels(p, true);
}
