#include "sim/api/inference_row.h"

#include "models/kernel.h"
#include "scenarios/catalog.h"
#include "sim/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- catalog ------------------------------------------------------------------------------------------- */

/* The entries of a catalog as they stand in its file: those that are imported are kept only where something
 * refers to them. */
static void put_entries(struct dh_text *text, const char *name) {
    size_t n;
    const char *all = dh_catalog_text(name, &n), *begin = strstr(all, "<catalog");
    begin = strchr(begin, '>') + 1;
    dh_text_add(text, begin, (size_t)(strstr(begin, "</catalog>") - begin));
}

enum dh_err dh_inference_catalog_read(struct dh_inference_catalog *catalog, struct dh_diag *diag) {
    struct dh_text text = {0};
    dh_text_puts(&text,
                 "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"serving\"><horizon duration=\"1 d\"/>");
    put_entries(&text, "gpus.xml");
    put_entries(&text, "models.xml");
    put_entries(&text, "engines.xml");
    dh_text_puts(&text, "<node id=\"n\" device=\"h100-sxm\" gpus=\"1\"/><rack-type id=\"r\" node=\"n\" "
                        "nodes=\"1\" rated=\"9 kW\"/>");
    dh_text_puts(&text, "<site id=\"s\"><power><utility id=\"u\" rated=\"1 GW\"/></power><hall id=\"h\"><row "
                        "id=\"w\" rack=\"r\" feed=\"u\"/></hall></site></scenario>");
    enum dh_err err =
        text.failed
            ? dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){NULL, 0, 0}, "out of memory")
            : dh_scenario_read_memory(&catalog->file, text.at, text.n, "serving.xml", ".", NULL, diag);
    dh_text_free(&text);
    return err;
}

void dh_inference_catalog_free(struct dh_inference_catalog *catalog) {
    dh_scenario_free(&catalog->file);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const char *const numbers[DH_INFERENCE_NUMBERS] = {
    "n_gpus",      "tp",    "pp",      "dp",      "ep",         "input_len",    "output_len",
    "concurrency", "batch", "ttft_ms", "tpot_ms", "itl_p90_ms", "output_tok_s", "e2e_ms"};
static const char *const words[DH_INFERENCE_WORDS] = {"engine",    "model",    "gpu",         "mode",
                                                      "precision", "kv_dtype", "prefill_cfg", "decode_cfg"};

enum dh_err dh_inference_columns_find(struct dh_inference_columns *columns, struct dh_csv *csv) {
    int32_t must;
    DH_TRY(dh_csv_require(csv, "gpu", NULL, &must));
    DH_TRY(dh_csv_require(csv, "model", NULL, &must));
    DH_TRY(dh_csv_require(csv, "engine", NULL, &must));
    DH_TRY(dh_csv_require(csv, "output_len", NULL, &must));
    for (int i = 0; i < DH_INFERENCE_NUMBERS; i++)
        columns->number[i] = dh_csv_column(csv, numbers[i], NULL, NULL);
    for (int i = 0; i < DH_INFERENCE_WORDS; i++)
        columns->word[i] = dh_csv_column(csv, words[i], NULL, NULL);
    return DH_OK;
}

void dh_inference_row_read(struct dh_inference_row *r, const struct dh_csv *csv,
                           const struct dh_inference_columns *columns) {
    double *const at[] = {&r->n_gpus, &r->tp,        &r->pp,           &r->dp,    &r->ep,
                          &r->prompt, &r->output,    &r->concurrency,  &r->batch, &r->ttft_s,
                          &r->tpot_s, &r->gap_p90_s, &r->tokens_per_s, &r->e2e_s};
    char *const text[] = {r->engine, r->model, r->gpu, r->mode, r->precision, r->kv, r->prefill, r->decode};
    for (int i = 0; i < DH_INFERENCE_NUMBERS; i++)
        *at[i] = dh_csv_number(csv, columns->number[i]);
    for (int i = 0; i < DH_INFERENCE_WORDS; i++)
        dh_csv_text(csv, columns->word[i], text[i], DH_INFERENCE_TEXT);
    r->ttft_s /= 1e3;
    r->tpot_s /= 1e3;
    r->gap_p90_s /= 1e3;
    r->e2e_s /= 1e3;
    for (char *c = r->engine; *c; c++)
        if (*c == ' ')
            *c = '-';
}

/* ---- what a row means ---------------------------------------------------------------------------------- */

static int format_of(const char *word) {
    static const struct {
        const char *word;
        enum dh_number_format format;
    } known[] = {
        {"",         DH_FORMAT_BF16 },
        {"bf16",     DH_FORMAT_BF16 },
        {"bfloat16", DH_FORMAT_BF16 },
        {"fp16",     DH_FORMAT_FP16 },
        {"float16",  DH_FORMAT_FP16 },
        {"fp8",      DH_FORMAT_FP8  },
        {"fp4",      DH_FORMAT_NVFP4},
        {"nvfp4",    DH_FORMAT_NVFP4},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].word, word) == 0)
            return (int)known[i].format;
    return -1;
}

/* Lengths and numbers of a row that no deployment has: they would leave the integers of a plan. */
#define MOST_PARTS  1e6
#define MOST_TOKENS 1e9

/* The number behind "key=" in a text of such pairs; missing or empty: otherwise. */
static double pair(const char *text, const char *key, double otherwise) {
    size_t n = strlen(key);
    for (const char *at = strstr(text, key); at; at = strstr(at + 1, key))
        if ((at == text || at[-1] == ' ') && at[n] == '=') {
            char *end;
            double value = strtod(at + n + 1, &end);
            return end > at + n + 1 && value >= 1 && value <= MOST_PARTS ? value : otherwise;
        }
    return otherwise;
}

static double at_least_one(double value) {
    return value >= 1 ? value : 1;
}

static bool within_reason(const struct dh_inference_row *r) {
    const double parts[] = {r->n_gpus, r->tp, r->pp, r->dp, r->ep},
                 tokens[] = {r->prompt, r->output, r->concurrency, r->batch};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i] > MOST_PARTS)
            return false;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        if (tokens[i] > MOST_TOKENS)
            return false;
    return true;
}

static const struct dh_device_spec *device_of(const struct dh_scenario *sc, const char *name) {
    for (int32_t i = 0; i < sc->n_devices; i++)
        if (dh_kernel_is_called(&sc->devices[i], name))
            return &sc->devices[i];
    return NULL;
}

static const struct dh_model_spec *model_of(const struct dh_scenario *sc, const char *name) {
    for (int32_t i = 0; i < sc->n_models; i++)
        if (dh_transformer_is_called(&sc->models[i], name))
            return &sc->models[i];
    return NULL;
}

/* Some files write tensor (or data) parallelism times expert parallelism: the same devices twice. */
static void count_once(double *tp, double *dp, double ep) {
    if (ep > 1 && *tp * *dp == ep * ep) {
        if (*tp >= ep)
            *tp /= ep;
        else
            *dp /= ep;
    }
}

struct parts {
    const struct dh_device_spec *device;
    const struct dh_model_spec *model;
    const struct dh_engine_spec *engine;
    int weights, kv;
};

static const char *serve(struct dh_serving *s, const struct parts *x, double tp, double pp, double dp,
                         double ep) {
    struct dh_serving_plan plan = {.tp = (int32_t)tp,
                                   .pp = (int32_t)pp,
                                   .dp = (int32_t)dp,
                                   .ep = x->model->experts > 0 ? (int32_t)ep : 1,
                                   .weights = x->weights,
                                   .kv = x->kv};
    if (fmod((double)x->model->heads, tp) != 0)
        return "tensor parallelism that does not divide the heads";
    if (dh_serving_of(s, x->model, x->device, x->engine, &plan, NULL) != DH_OK)
        return "the device has no constants of kernels for this number format";
    return s->cache_tokens > 0 ? NULL : "the weights do not fit the devices";
}

static const char *find_parts(struct parts *x, const struct dh_inference_row *row,
                              const struct dh_scenario *sc) {
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(row->precision, " ("), row->precision);
    if (!(x->device = device_of(sc, row->gpu)))
        return "the catalog has no such device";
    if (!(x->model = model_of(sc, row->model)))
        return "the catalog has no such model";
    if (!(x->engine = dh_serving_engine_of(sc->engines, sc->n_engines, row->engine, x->device->id,
                                           x->model->experts > 0)))
        return "the catalog has no such engine on this device";
    if ((x->weights = format_of(word)) < 0)
        return "no such number format";
    bool narrow = x->weights == DH_FORMAT_FP8 || x->weights == DH_FORMAT_NVFP4;
    x->kv = *row->kv                            ? format_of(row->kv)
            : narrow && x->engine->narrow_cache ? DH_FORMAT_FP8
                                                : DH_FORMAT_BF16;
    return x->kv < 0 ? "no such number format" : NULL;
}

static const char *apart(struct dh_inference_case *c, const struct dh_inference_row *row,
                         const struct parts *x) {
    const char *p = row->prefill, *d = row->decode;
    if (!strstr(p, "tp=") || !strstr(d, "tp="))
        return "prefill and decode are not described";
    c->readers = pair(p, "workers", 1);
    c->writers = pair(d, "workers", 1);
    double tp = pair(p, "tp", 1), dp = pair(p, "dp", 1), ep = pair(p, "ep", 1);
    count_once(&tp, &dp, ep);
    const char *why = serve(&c->prefill, x, tp, pair(p, "pp", 1), dp, ep);
    if (why)
        return why;
    tp = pair(d, "tp", 1), dp = pair(d, "dp", 1), ep = pair(d, "ep", 1);
    count_once(&tp, &dp, ep);
    c->demand.clients = row->concurrency;
    if (!(row->concurrency >= 1))
        return "concurrency is missing";
    return serve(&c->serving, x, tp, pair(d, "pp", 1), dp, ep);
}

const char *dh_inference_case_of(struct dh_inference_case *c, const struct dh_inference_row *row,
                                 const struct dh_inference_catalog *catalog) {
    static const char *const modes[] = {"agg", "disagg", "static-batch", "offline-max-throughput"};
    struct parts x;
    int mode = 0;
    while (mode < 4 && strcmp(row->mode, modes[mode]) != 0)
        mode++;
    *c = (struct dh_inference_case){.mode = (enum dh_inference_mode)mode, .readers = 1, .writers = 1};
    if (mode == 4 && *row->mode)
        return "modes are agg, disagg, static-batch and offline-max-throughput";
    if (!*row->mode)
        c->mode = DH_INFERENCE_AGG;
    if (!within_reason(row))
        return "parallelism above 1e6, or lengths or clients above 1e9";
    const char *why = find_parts(&x, row, &catalog->file.spec);
    if (why)
        return why;
    c->demand.prompt = row->prompt >= 1 ? row->prompt : x.engine->typical_prompt;
    c->demand.output = row->output;
    c->gaps = row->gap_p90_s > 0;
    if (!(row->output >= 1))
        return "output_len is missing";
    if (c->mode == DH_INFERENCE_DISAGG)
        return apart(c, row, &x);
    double tp = at_least_one(row->tp), pp = at_least_one(row->pp), dp = at_least_one(row->dp),
           ep = at_least_one(row->ep), batch = row->batch;
    if (!(row->tp >= 1) && x.model->experts == 0 && row->n_gpus > 1)
        return "parallelism is missing";
    if (ep > 1 && tp * dp == ep * ep)
        batch = NAN;
    count_once(&tp, &dp, ep);
    if (dp == 1 && ep > tp && x.model->experts > 0) { /* experts over more devices than attention names */
        dp = ep / tp;
        batch = NAN;
    }
    if ((why = serve(&c->serving, &x, tp, pp, dp, ep)))
        return why;
    double devices = tp * pp * dp;
    c->writers = row->n_gpus > devices ? floor(row->n_gpus / devices) : 1;
    if (c->mode == DH_INFERENCE_OFFLINE) {
        c->demand.clients = INFINITY;
        return NULL;
    }
    double clients = row->concurrency >= 1 ? row->concurrency : batch;
    if (!(clients >= 1))
        return "concurrency is missing";
    c->demand.clients = batch >= 1 && !c->gaps ? fmin(batch, clients) : clients / dp / c->writers;
    c->demand.clients = fmax(1, c->demand.clients);
    return NULL;
}

const char *dh_inference_predict(const struct dh_inference_case *c, struct dh_serving_point *p) {
    if (c->mode == DH_INFERENCE_BATCH)
        dh_serving_batch(&c->serving, &c->demand, p);
    else if (c->mode == DH_INFERENCE_DISAGG)
        dh_serving_apart(&c->prefill, c->readers, &c->serving, c->writers, 0, &c->demand, p);
    else
        dh_serving_steady(&c->serving, &c->demand, p);
    if (!(p->running >= 1))
        return "not one request fits the cache";
    if (c->mode != DH_INFERENCE_DISAGG)
        p->tokens_per_s *= c->writers;
    if (c->gaps)
        p->tpot_s = p->quiet_s;
    return NULL;
}
