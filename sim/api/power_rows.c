#include "sim/api/power_rows.h"

#include "sim/api/predict_catalog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GPU, WORKLOAD, PHASE, LEVEL };
enum { N_GPUS, WATTS, BATCH, THROUGHPUT };

/* Mean context of a sequence where a row does not say: its keys are a small part of all traffic (assumption).
 */
#define CONTEXT 500.0

enum dh_err dh_power_columns_find(struct dh_power_columns *c, struct dh_csv *csv) {
    DH_TRY(dh_csv_require(csv, "gpu", "device", &c->word[GPU]));
    DH_TRY(dh_csv_require(csv, "workload", NULL, &c->word[WORKLOAD]));
    DH_TRY(dh_csv_require(csv, "phase", NULL, &c->word[PHASE]));
    c->word[LEVEL] = dh_csv_column(csv, "level", NULL, NULL);
    c->number[N_GPUS] = dh_csv_column(csv, "n_gpus", NULL, NULL);
    c->number[WATTS] = dh_csv_column(csv, "watts", NULL, NULL);
    c->number[BATCH] = dh_csv_column(csv, "batch", NULL, NULL);
    c->number[THROUGHPUT] = dh_csv_column(csv, "throughput", NULL, NULL);
    return DH_OK;
}

/* Bytes an element of weights; those of models with 4-bit experts keep the rest in 16 bits. MXFP4: a byte of
 * scale for 32 elements (OCP Microscaling Formats 1.0); NVFP4: one for 16. */
static bool weights_of(const char *word, struct dh_activity_weights *out) {
    static const struct {
        const char *word;
        struct dh_activity_weights weights;
    } formats[] = {
        {"bfloat16", {2, 2}                  },
        {"bf16",     {2, 2}                  },
        {"float16",  {2, 2}                  },
        {"fp16",     {2, 2}                  },
        {"fp8",      {1, 1}                  },
        {"int8",     {1, 1}                  },
        {"mxfp4",    {0.5 + 1.0 / 32, 2}     },
        {"nvfp4",    {0.5 + 1.0 / 16, 0.5625}},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].word, word) == 0) {
            *out = formats[i].weights;
            return true;
        }
    return false;
}

static const struct dh_task_spec *task_of(const struct dh_scenario *sc, const char *word) {
    for (int32_t i = 0; i < sc->n_tasks; i++)
        if (strcmp(sc->tasks[i].id, word) == 0 || dh_text_has_word(sc->tasks[i].aliases, word))
            return &sc->tasks[i];
    return NULL;
}

/* Number behind "tp=" and its like. */
static bool is_count(const char *word, const char *name, double *value) {
    size_t n = strlen(name);
    if (strncmp(word, name, n) != 0 || word[n] != '=')
        return false;
    *value = strtod(word + n + 1, NULL);
    return true;
}

static const char *read_workload(struct dh_power_row *row, const char *workload,
                                 const struct dh_scenario *sc) {
    const struct dh_model_spec *model = NULL;
    double tp = 1, ep = 1;
    bool formatted = false;
    row->writing.groups = 1;
    for (const char *at = workload + strspn(workload, " "); *at; at += strspn(at, " ")) {
        char word[128];
        size_t n = strcspn(at, " ");
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), at);
        at += n;
        if (is_count(word, "tp", &tp) || is_count(word, "dp", &row->writing.groups) ||
            is_count(word, "ep", &ep))
            continue;
        if (!model && (model = dh_predict_model(sc, word)))
            continue;
        if (!formatted && weights_of(word, &row->writing.weights))
            formatted = true;
        else if (!row->task)
            row->task = task_of(sc, word);
    }
    if (!model)
        return "the catalog has no such model";
    if (!formatted)
        return "no such number format";
    if (!(row->writing.groups >= 1 && tp >= 1 && ep >= 1))
        return "tp, dp or ep is below 1";
    struct dh_diag diag = {0};
    enum dh_err err = dh_transformer_of(&row->model, model, &diag);
    dh_diag_free(&diag);
    return err == DH_OK ? NULL : "the catalog's model makes no sense";
}

/* A number with its unit behind it ("234.06 tok/s"); NAN. */
static double leading(const struct dh_csv *csv, int32_t column, const char *unit) {
    char text[64], *end;
    dh_csv_text(csv, column, text, sizeof text);
    double value = strtod(text, &end);
    while (*end == ' ')
        end++;
    return end == text || (*end && strcmp(end, unit) != 0) ? NAN : value;
}

static const char *read_row(struct dh_power_row *row, const struct dh_power_columns *c,
                            const struct dh_csv *csv, const struct dh_scenario *sc) {
    char gpu[64], workload[256], phase[96], level[96];
    dh_csv_text(csv, c->word[GPU], gpu, sizeof gpu);
    dh_csv_text(csv, c->word[WORKLOAD], workload, sizeof workload);
    dh_csv_text(csv, c->word[PHASE], phase, sizeof phase);
    dh_csv_text(csv, c->word[LEVEL], level, sizeof level);
    snprintf(row->configuration, sizeof row->configuration, "%s %s", gpu, workload);
    double devices = dh_csv_number(csv, c->number[N_GPUS]);
    row->devices = isnan(devices) ? 1 : devices;
    row->measured_w = dh_csv_number(csv, c->number[WATTS]);
    if (strncmp(level, "node", 4) == 0)
        return "power of a whole node: hosts and fans are of a scenario's racks";
    if (!(row->device = dh_predict_device(sc, gpu)))
        return "the catalog has no such device";
    row->idle = strcmp(phase, "idle") == 0;
    if (row->idle)
        return NULL;
    if (!strstr(phase, "serving"))
        return "no model of this work's traffic; serving and idle are predicted";
    if (!dh_activity_of(row->device) || isnan(row->device->bf16_flops) ||
        isnan(row->device->memory_bytes_per_s))
        return "the device has no constants of activity";
    const char *why = read_workload(row, workload, sc);
    if (why)
        return why;
    row->writing.devices = row->devices;
    row->writing.sequences = dh_csv_number(csv, c->number[BATCH]);
    row->writing.tokens_per_s = leading(csv, c->number[THROUGHPUT], "tok/s");
    row->writing.context = CONTEXT;
    row->writing.prompts = row->task ? row->task->prompts : 0;
    if (!(row->writing.sequences > 0 && row->writing.tokens_per_s > 0 && row->devices >= 1 &&
          row->writing.sequences < 1e9 && row->writing.tokens_per_s < 1e12))
        return "batch, throughput in tok/s or n_gpus is missing or not above 0";
    return NULL;
}

void dh_power_row_read(struct dh_power_row *row, const struct dh_power_columns *columns,
                       const struct dh_csv *csv, const struct dh_scenario *catalog) {
    *row = (struct dh_power_row){0};
    row->why = read_row(row, columns, csv, catalog);
}

double dh_power_row_w(const struct dh_power_row *row) {
    struct dh_activity a;
    if (row->idle)
        return row->devices * row->device->idle_w;
    dh_activity_write(&a, &row->model, row->device, &row->writing);
    return row->devices * dh_activity_w(row->device, &a);
}
