#include "scenarios/telemetry.h"

#include "scenarios/csv_read.h"
#include "scenarios/json_read.h"
#include "sim/text.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SAMPLES = 20000000, MAX_SERIES = 200000, NAME_ROOM = 256 };
/* 1990 to 2100: what lies outside is no instant but a mistake of units. */
static const double FIRST_S = 631152000, LAST_S = 4102444800;

/* Metrics of dcgm-exporter (default-counters.csv of github.com/NVIDIA/dcgm-exporter) and their units. */
static const struct {
    const char *name;
    enum dh_telemetry what;
    double scale, min, max; /* SI = scale x; the range is that of x */
} metrics[] = {
    {"DCGM_FI_DEV_POWER_USAGE",              DH_TELEMETRY_POWER,  1,    0,    1e5 },
    {"DCGM_FI_DEV_POWER_USAGE_INSTANT",      DH_TELEMETRY_POWER,  1,    0,    1e5 },
    {"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", DH_TELEMETRY_ENERGY, 1e-3, 0,    1e18},
    {"DCGM_FI_DEV_GPU_UTIL",                 DH_TELEMETRY_ACTIVE, 1e-2, 0,    100 },
    {"DCGM_FI_PROF_GR_ENGINE_ACTIVE",        DH_TELEMETRY_ACTIVE, 1,    0,    1   },
    {"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",      DH_TELEMETRY_TENSOR, 1,    0,    1   },
    {"DCGM_FI_PROF_DRAM_ACTIVE",             DH_TELEMETRY_DRAM,   1,    0,    1   },
    {"DCGM_FI_DEV_GPU_TEMP",                 DH_TELEMETRY_TEMP,   1,    -100, 300 },
    {"DCGM_FI_DEV_SM_CLOCK",                 DH_TELEMETRY_CLOCK,  1e6,  0,    1e6 },
};
enum { N_METRIC = sizeof metrics / sizeof *metrics };

/* What names a series in the file. */
struct labels {
    char metric[NAME_ROOM], host[NAME_ROOM], gpu[NAME_ROOM];
    int host_rank, gpu_rank; /* of the label that it came from: the smaller one counts; 0: none yet */
};

/* Labels that tell hosts and GPUs apart, the best first. */
static const char *const host_labels[] = {"Hostname", "hostname", "host", "node", "instance"};
static const char *const gpu_labels[] = {"gpu", "GPU", "UUID", "uuid", "device"};

struct reader {
    struct dh_telemetry_set *out;
    const char *path;
    struct dh_diag *diag;
};

static int metric_of(const char *name) {
    for (int m = 0; m < N_METRIC; m++)
        if (strcmp(metrics[m].name, name) == 0)
            return m;
    return -1;
}

static enum dh_err no_memory(const struct reader *r) {
    return dh_fail(r->diag, DH_ERR_MEMORY, (struct dh_place){r->path, 0, 0}, "out of memory");
}

static void take_label(struct labels *l, const char *name, const char *value) {
    if (strcmp(name, "__name__") == 0 || strcmp(name, "metric") == 0)
        snprintf(l->metric, sizeof l->metric, "%s", value);
    for (int i = 0; i < 5; i++) {
        if (strcmp(name, host_labels[i]) == 0 && (l->host_rank == 0 || i + 1 < l->host_rank)) {
            l->host_rank = i + 1;
            snprintf(l->host, sizeof l->host, "%s", value);
        }
        if (strcmp(name, gpu_labels[i]) == 0 && (l->gpu_rank == 0 || i + 1 < l->gpu_rank)) {
            l->gpu_rank = i + 1;
            snprintf(l->gpu, sizeof l->gpu, "%s", value);
        }
    }
}

/* ---- series -------------------------------------------------------------------------------------------- */

static size_t hash_of(const char *host, const char *gpu, enum dh_telemetry what) {
    uint64_t h = UINT64_C(14695981039346656037) + (uint64_t)what; /* FNV-1a */
    for (const char *c = host; *c; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
    h = (h ^ 0xFF) * UINT64_C(1099511628211);
    for (const char *c = gpu; *c; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 29);
}

static int32_t *slot_of(const struct dh_telemetry_set *set, const char *host, const char *gpu,
                        enum dh_telemetry what) {
    for (size_t i = hash_of(host, gpu, what) & (set->n_slot - 1);; i = (i + 1) & (set->n_slot - 1)) {
        const struct dh_telemetry_series *s = set->slots[i] ? &set->series[set->slots[i] - 1] : NULL;
        if (!s || (s->what == what && strcmp(s->host, host) == 0 && strcmp(s->gpu, gpu) == 0))
            return &set->slots[i];
    }
}

static bool more_slots(struct dh_telemetry_set *set) {
    size_t n_slot = set->n_slot ? 2 * set->n_slot : 1024;
    int32_t *slots = calloc(n_slot, sizeof *slots);
    if (!slots)
        return false;
    free(set->slots);
    set->slots = slots;
    set->n_slot = n_slot;
    for (int32_t s = 0; s < set->n; s++)
        *slot_of(set, set->series[s].host, set->series[s].gpu, set->series[s].what) = s + 1;
    return true;
}

/* The row of a host's GPU's quantity, new or not. */
static enum dh_err series_of(struct reader *r, const char *host, const char *gpu, enum dh_telemetry what,
                             struct dh_place place, int32_t *row) {
    struct dh_telemetry_set *set = r->out;
    const char *shown_host = dh_text_escape(&set->names, host, strlen(host));
    const char *shown_gpu = dh_text_escape(&set->names, gpu, strlen(gpu));
    if (!shown_host || !shown_gpu || ((size_t)set->n * 2 >= set->n_slot && !more_slots(set)))
        return no_memory(r);
    int32_t *slot = slot_of(set, shown_host, shown_gpu, what);
    if (*slot == 0) {
        if (set->n == MAX_SERIES)
            return dh_fail(r->diag, DH_ERR_LIMIT_MEMORY, place, "more than %d series", MAX_SERIES);
        if (set->n == set->room) {
            int32_t room = set->room ? 2 * set->room : 64;
            struct dh_telemetry_series *grown = realloc(set->series, (size_t)room * sizeof *grown);
            if (!grown)
                return no_memory(r);
            set->series = grown;
            set->room = room;
        }
        set->series[set->n++] = (struct dh_telemetry_series){
            .host = shown_host, .gpu = shown_gpu, .what = what, .line = place.line};
        *slot = set->n;
    }
    *row = *slot - 1;
    return DH_OK;
}

static enum dh_err add_sample(struct reader *r, int32_t row, int64_t unix_ns, double value,
                              struct dh_place place) {
    struct dh_telemetry_series *s = &r->out->series[row];
    if (isnan(value)) {
        r->out->n_missing++;
        return DH_OK;
    }
    if (r->out->n_sample == MAX_SAMPLES)
        return dh_fail(r->diag, DH_ERR_LIMIT_MEMORY, place, "more than %d samples", MAX_SAMPLES);
    if (s->n == s->room) {
        int32_t room = s->room ? s->room + s->room / 2 : 16;
        struct dh_telemetry_sample *grown = realloc(s->samples, (size_t)room * sizeof *grown);
        if (!grown)
            return no_memory(r);
        s->samples = grown;
        s->room = room;
    }
    s->samples[s->n++] = (struct dh_telemetry_sample){unix_ns, value};
    r->out->n_sample++;
    return DH_OK;
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* Seconds or milliseconds since 1970, or a date and time. */
static enum dh_err parse_time(const char *text, size_t n, int64_t *unix_ns) {
    double number = 0;
    size_t end = 0;
    if (dh_number_parse(text, n, &number, &end) != DH_OK || end != n)
        return dh_instant_parse(text, n, unix_ns);
    bool ms = number > 100 * LAST_S / 100 && number < 1000 * LAST_S;
    if (!(number >= FIRST_S && number <= (ms ? 1000 * LAST_S : LAST_S)))
        return DH_ERR_RANGE;
    if (!ms)
        return dh_seconds_parse(text, n, unix_ns);
    *unix_ns = (int64_t)rint(number * 1e6);
    return DH_OK;
}

/* "312", "312 W", "NaN": a value in the metric's unit, as it is or as Grafana shows it. */
static enum dh_err parse_value(const char *text, size_t n, int m, double *value) {
    static const char *const units[] = {"W", "%", "°C", "C", "MHz", "mJ", "percent", "watt"};
    size_t end = 0;
    while (n > 0 && text[n - 1] == ' ')
        n--;
    while (n > 0 && *text == ' ')
        text++, n--;
    *value = NAN;
    if (n == 0 || (n == 3 && memcmp(text, "NaN", 3) == 0) || (n == 4 && memcmp(text, "null", 4) == 0))
        return DH_OK;
    DH_TRY(dh_number_parse(text, n, value, &end));
    bool known = end == n;
    while (end < n && text[end] == ' ')
        end++;
    for (size_t u = 0; u < sizeof units / sizeof *units && !known; u++)
        known = n - end == strlen(units[u]) && memcmp(text + end, units[u], n - end) == 0;
    if (!known)
        return DH_ERR_NUMBER;
    if (!(*value >= metrics[m].min && *value <= metrics[m].max))
        return DH_ERR_RANGE;
    *value *= metrics[m].scale;
    return DH_OK;
}

static enum dh_err fail_value(const struct reader *r, enum dh_err err, struct dh_place place,
                              const char *text, size_t n, int m) {
    return dh_fail(r->diag, err, place, "%s: '%.*s' is not a number within %.10g and %.10g", metrics[m].name,
                   (int)(n < 40 ? n : 40), text, metrics[m].min, metrics[m].max);
}

static enum dh_err fail_time(const struct reader *r, enum dh_err err, struct dh_place place, const char *text,
                             size_t n) {
    return dh_fail(r->diag, err, place,
                   "'%.*s' is no time: seconds or milliseconds since 1970, or 2026-07-01T12:00:00Z",
                   (int)(n < 40 ? n : 40), text);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static enum dh_err read_labels(struct dh_json *json, struct labels *l) {
    char name[NAME_ROOM];
    DH_TRY(dh_json_want(json, DH_JSON_OBJECT));
    for (;;) {
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_OBJECT_END)
            return DH_OK;
        snprintf(name, sizeof name, "%s", json->text);
        DH_TRY(dh_json_want(json, DH_JSON_STRING));
        if (json->n >= NAME_ROOM)
            return dh_fail(json->in.diag, DH_ERR_DATA, json->place, "a label of more than %d bytes",
                           NAME_ROOM - 1);
        take_label(l, name, json->text);
    }
}

/* [1435781430.781, "1"] behind its bracket. */
static enum dh_err read_pair(struct reader *r, struct dh_json *json, int m, int32_t row) {
    int64_t unix_ns = 0;
    double value = NAN;
    DH_TRY(dh_json_want(json, DH_JSON_NUMBER));
    enum dh_err err = parse_time(json->text, json->n, &unix_ns);
    if (err != DH_OK)
        return fail_time(r, err, json->place, json->text, json->n);
    DH_TRY(dh_json_want(json, DH_JSON_STRING));
    struct dh_place place = json->place;
    if (m >= 0 && (err = parse_value(json->text, json->n, m, &value)) != DH_OK)
        return fail_value(r, err, place, json->text, json->n, m);
    DH_TRY(dh_json_want(json, DH_JSON_ARRAY_END));
    if (m < 0) {
        r->out->n_other++;
        return DH_OK;
    }
    return add_sample(r, row, unix_ns, value, place);
}

static enum dh_err read_pairs(struct reader *r, struct dh_json *json, bool one, int m, int32_t row) {
    DH_TRY(dh_json_want(json, DH_JSON_ARRAY));
    if (one)
        return read_pair(r, json, m, row);
    for (;;) {
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_ARRAY_END)
            return DH_OK;
        if (json->kind != DH_JSON_ARRAY)
            return dh_fail(r->diag, DH_ERR_DATA, json->place, "values are pairs: [time, \"value\"]");
        DH_TRY(read_pair(r, json, m, row));
    }
}

/* {"metric": {...}, "values": [...]} behind its brace. */
static enum dh_err read_one(struct reader *r, struct dh_json *json) {
    struct labels l = {0};
    struct dh_place place = json->place;
    bool labelled = false, valued = false;
    int32_t row = -1;
    for (;;) {
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_OBJECT_END)
            break;
        bool values = dh_json_is(json, "values"), value = dh_json_is(json, "value");
        if (dh_json_is(json, "metric")) {
            if (labelled)
                return dh_fail(r->diag, DH_ERR_DATA, json->place, "metric is there twice");
            labelled = true;
            DH_TRY(read_labels(json, &l));
        } else if (values || value) {
            int m = metric_of(l.metric);
            if (!labelled || valued)
                return dh_fail(r->diag, DH_ERR_DATA, json->place,
                               valued ? "%s is there twice" : "%s without a metric before", json->text);
            valued = true;
            if (m >= 0 && (!*l.host || !*l.gpu))
                return dh_fail(r->diag, DH_ERR_MISSING, place, "%s without a label %s", l.metric,
                               *l.host ? "gpu" : "Hostname");
            if (m >= 0)
                DH_TRY(series_of(r, l.host, l.gpu, metrics[m].what, place, &row));
            DH_TRY(read_pairs(r, json, value, m, row));
        } else {
            DH_TRY(dh_json_skip(json));
        }
    }
    if (!labelled || !valued)
        return dh_fail(r->diag, DH_ERR_MISSING, place, "a result without %s",
                       labelled ? "values" : "a metric");
    return DH_OK;
}

static enum dh_err read_results(struct reader *r, struct dh_json *json) {
    DH_TRY(dh_json_want(json, DH_JSON_ARRAY));
    for (;;) {
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_ARRAY_END)
            return DH_OK;
        if (json->kind != DH_JSON_OBJECT)
            return dh_fail(r->diag, DH_ERR_DATA, json->place, "a result is an object with metric and values");
        DH_TRY(read_one(r, json));
    }
}

/* The answer, or its "data": looks for "result" in either, one level down at most. */
static enum dh_err read_answer(struct reader *r, struct dh_json *json, int level, bool *any) {
    for (;;) {
        DH_TRY(dh_json_next(json));
        if (json->kind == DH_JSON_OBJECT_END)
            return DH_OK;
        if (dh_json_is(json, "result")) {
            DH_TRY(read_results(r, json));
            *any = true;
        } else if (level == 0 && dh_json_is(json, "data")) {
            DH_TRY(dh_json_want(json, DH_JSON_OBJECT));
            DH_TRY(read_answer(r, json, 1, any));
        } else if (level == 0 && dh_json_is(json, "error")) {
            DH_TRY(dh_json_want(json, DH_JSON_STRING));
            return dh_fail(r->diag, DH_ERR_DATA, json->place, "Prometheus answered with an error: %.200s",
                           json->text);
        } else {
            DH_TRY(dh_json_skip(json));
        }
    }
}

static enum dh_err read_json(struct reader *r) {
    struct dh_json json;
    bool any = false;
    DH_TRY(dh_json_open(&json, r->path, r->diag));
    enum dh_err err;
    struct dh_place place = {r->path, 1, 1};
    for (;;) {
        err = dh_json_next(&json);
        if (err != DH_OK || json.kind == DH_JSON_END)
            break;
        if (json.kind != DH_JSON_OBJECT)
            err = dh_fail(r->diag, DH_ERR_DATA, json.place, "the answer of Prometheus is an object");
        if (err == DH_OK)
            err = read_answer(r, &json, 0, &any);
        if (err != DH_OK)
            break;
    }
    if (err == DH_OK && !any)
        err = dh_fail(r->diag, DH_ERR_MISSING, place, "no data.result: not the answer to a range query");
    dh_json_close(&json);
    return err;
}

/* ---- CSV ----------------------------------------------------------------------------------------------- */

static enum dh_err csv_time(const struct reader *r, const struct dh_csv *csv, int32_t column,
                            int64_t *unix_ns) {
    const struct dh_csv_field *f = &csv->fields[column];
    enum dh_err err = parse_time(f->text, f->n, unix_ns);
    return err == DH_OK ? err : fail_time(r, err, dh_csv_place(csv, column), f->text, f->n);
}

static enum dh_err csv_value(struct reader *r, const struct dh_csv *csv, int32_t column, int m, int32_t row,
                             int64_t unix_ns) {
    const struct dh_csv_field *f = &csv->fields[column];
    double value = NAN;
    enum dh_err err = parse_value(f->text, f->n, m, &value);
    if (err != DH_OK)
        return fail_value(r, err, dh_csv_place(csv, column), f->text, f->n, m);
    return add_sample(r, row, unix_ns, value, dh_csv_place(csv, column));
}

static enum dh_err read_long(struct reader *r, struct dh_csv *csv) {
    int32_t time, host, gpu, metric, value;
    bool got = true;
    DH_TRY(dh_csv_require(csv, "time", "timestamp", &time));
    DH_TRY(dh_csv_require(csv, "host", "Hostname", &host));
    DH_TRY(dh_csv_require(csv, "gpu", NULL, &gpu));
    DH_TRY(dh_csv_require(csv, "metric", NULL, &metric));
    DH_TRY(dh_csv_require(csv, "value", NULL, &value));
    dh_csv_warn_unknown(csv);
    for (;;) {
        char text[3][NAME_ROOM];
        int64_t unix_ns = 0;
        int32_t row = 0;
        DH_TRY(dh_csv_next(csv, &got));
        if (!got)
            return DH_OK;
        DH_TRY(csv_time(r, csv, time, &unix_ns));
        const int32_t columns[3] = {host, gpu, metric};
        for (int i = 0; i < 3; i++) {
            if (csv->fields[columns[i]].n >= NAME_ROOM || dh_csv_is_empty(csv, columns[i]))
                return dh_fail(r->diag, DH_ERR_DATA, dh_csv_place(csv, columns[i]),
                               "%s is empty, or longer than %d bytes", csv->columns[columns[i]].text,
                               NAME_ROOM - 1);
            dh_csv_text(csv, columns[i], text[i], NAME_ROOM);
        }
        int m = metric_of(text[2]);
        r->out->n_other += m < 0;
        if (m < 0)
            continue;
        DH_TRY(series_of(r, text[0], text[1], metrics[m].what, dh_csv_place(csv, metric), &row));
        DH_TRY(csv_value(r, csv, value, m, row, unix_ns));
    }
}

/* METRIC{Hostname="n1", gpu="0"}; false where it is not of that form. */
static bool parse_selector(const char *text, struct labels *l) {
    const char *brace = strchr(text, '{');
    *l = (struct labels){0};
    if (!brace || brace - text >= NAME_ROOM)
        return false;
    memcpy(l->metric, text, (size_t)(brace - text));
    for (const char *at = brace + 1; *at != '}';) {
        char name[NAME_ROOM], value[NAME_ROOM];
        size_t n = 0;
        while (*at == ' ' || *at == ',')
            at++;
        while (*at && *at != '=' && n + 1 < sizeof name)
            name[n++] = *at++;
        name[n] = '\0';
        if (at[0] != '=' || at[1] != '"')
            return false;
        n = 0;
        for (at += 2; *at && *at != '"' && n + 1 < sizeof value; at++) {
            at += *at == '\\' && at[1];
            value[n++] = *at;
        }
        value[n] = '\0';
        if (*at++ != '"')
            return false;
        take_label(l, name, value);
    }
    return *l->metric && *l->host && *l->gpu;
}

static enum dh_err find_series(struct reader *r, struct dh_csv *csv, int *metric, int32_t *row) {
    int32_t n_known = 0;
    for (int32_t c = 1; c < csv->n_column; c++) {
        struct labels l;
        metric[c] = parse_selector(csv->columns[c].text, &l) ? metric_of(l.metric) : -1;
        if (metric[c] < 0)
            continue;
        n_known++;
        DH_TRY(series_of(r, l.host, l.gpu, metrics[metric[c]].what,
                         dh_lines_place(&csv->in, csv->columns[c].col), &row[c]));
        for (int32_t other = 1; other < c; other++)
            if (metric[other] >= 0 && row[other] == row[c])
                return dh_fail(r->diag, DH_ERR_DATA, dh_lines_place(&csv->in, csv->columns[c].col),
                               "a second column of the same host, GPU and quantity");
    }
    if (n_known > 0)
        return DH_OK;
    dh_fail(r->diag, DH_ERR_MISSING, dh_lines_place(&csv->in, 1), "no column that names a metric of GPUs");
    dh_diag_hint(r->diag, "columns are named DCGM_FI_DEV_POWER_USAGE{Hostname=\"n1\", gpu=\"0\"}: leave "
                          "Grafana's legend on Auto; or they are time,host,gpu,metric,value");
    return DH_ERR_MISSING;
}

static enum dh_err read_wide(struct reader *r, struct dh_csv *csv) {
    int *metric = calloc((size_t)csv->n_column, sizeof *metric);
    int32_t *row = calloc((size_t)csv->n_column, sizeof *row);
    bool got = true;
    enum dh_err err = metric && row ? find_series(r, csv, metric, row) : no_memory(r);
    while (err == DH_OK && (err = dh_csv_next(csv, &got)) == DH_OK && got) {
        int64_t unix_ns = 0;
        err = csv_time(r, csv, 0, &unix_ns);
        for (int32_t c = 1; c < csv->n_column && err == DH_OK; c++) {
            r->out->n_other += metric[c] < 0;
            if (metric[c] >= 0)
                err = csv_value(r, csv, c, metric[c], row[c], unix_ns);
        }
    }
    free(metric);
    free(row);
    return err;
}

static enum dh_err read_csv(struct reader *r) {
    struct dh_csv csv;
    DH_TRY(dh_csv_open(&csv, r->path, DH_CSV_PLAIN, r->diag));
    bool metric = dh_csv_column(&csv, "metric", NULL, NULL) >= 0,
         value = dh_csv_column(&csv, "value", NULL, NULL) >= 0;
    enum dh_err err = metric || value ? read_long(r, &csv) : read_wide(r, &csv);
    dh_csv_close(&csv);
    return err;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b) {
    const struct dh_telemetry_sample *p = a, *q = b;
    if (p->unix_ns != q->unix_ns)
        return p->unix_ns < q->unix_ns ? -1 : 1;
    return (p->value > q->value) - (p->value < q->value);
}

/* Ascending, and one sample an instant: the first one, or the least where the file was not in order. */
static void tidy(struct dh_telemetry_set *set, struct dh_telemetry_series *s) {
    bool sorted = true;
    for (int32_t i = 1; i < s->n && sorted; i++)
        sorted = s->samples[i - 1].unix_ns <= s->samples[i].unix_ns;
    if (!sorted)
        qsort(s->samples, (size_t)s->n, sizeof *s->samples, by_time);
    int32_t n = 0;
    for (int32_t i = 0; i < s->n; i++)
        if (n == 0 || s->samples[n - 1].unix_ns != s->samples[i].unix_ns)
            s->samples[n++] = s->samples[i];
    set->n_duplicate += s->n - n;
    set->n_sample -= s->n - n;
    s->n = n;
}

static int by_name(const void *a, const void *b) {
    const struct dh_telemetry_series *p = a, *q = b;
    int order = dh_text_natural_order(p->host, q->host);
    order = order ? order : dh_text_natural_order(p->gpu, q->gpu);
    return order ? order : (int)p->what - (int)q->what;
}

/* Does the text begin like JSON? */
static enum dh_err begins_like_json(const char *path, struct dh_diag *diag, bool *json) {
    struct dh_lines in;
    size_t n = 0, i = 0;
    DH_TRY(dh_lines_open(&in, path, diag));
    enum dh_err err = dh_lines_piece(&in, &n);
    while (err == DH_OK && i < n && strchr(" \t\r\n", in.text[i]) && in.text[i])
        i++;
    *json = err == DH_OK && i < n && (in.text[i] == '{' || in.text[i] == '[');
    dh_lines_close(&in);
    return err;
}

enum dh_err dh_telemetry_read(struct dh_telemetry_set *out, const char *path, struct dh_diag *diag) {
    struct reader r = {out, path, diag};
    bool json = false;
    *out = (struct dh_telemetry_set){0};
    DH_TRY(begins_like_json(path, diag, &json));
    enum dh_err err = json ? read_json(&r) : read_csv(&r);
    if (err == DH_OK && out->n_sample == 0)
        err = dh_fail(diag, DH_ERR_DATA, (struct dh_place){path, 1, 0}, "no sample of a metric of GPUs");
    if (err != DH_OK) {
        dh_telemetry_free(out);
        return err;
    }
    for (int32_t s = 0; s < out->n; s++)
        tidy(out, &out->series[s]);
    qsort(out->series, (size_t)out->n, sizeof *out->series, by_name);
    return DH_OK;
}

void dh_telemetry_free(struct dh_telemetry_set *set) {
    for (int32_t s = 0; s < set->n; s++)
        free(set->series[s].samples);
    free(set->series);
    free(set->slots);
    dh_arena_free(&set->names);
    *set = (struct dh_telemetry_set){0};
}
