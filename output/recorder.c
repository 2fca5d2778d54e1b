#include "output/recorder.h"

#include "output/action_log.h"
#include "output/h5_series.h"
#include "output/recorder_file.h"
#include "sim/text.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the columns of an entity go: group, dimension in it (NULL: one value a row), what the group and the
 * labels are called, whether single precision holds what it shows (many rows; the others are
 * few, and their means must integrate to the ledgers). */
static const struct place {
    const char *rows, *group, *dimension, *title, *label;
    bool single;
} places[] = {
    {"facility", "facility", NULL,            "the whole facility",               NULL,                               false},
    {"site",     "sites",    "site",          "sites: weather, prices, power",    "name of the site",                 false},
    {"stage",    "power",    "stage",         "power stages",                     "name of the power stage",          false},
    {"rack",     "racks",    "rack",          "racks",                            "name of the rack",                 true },
    {"hall",     "halls",    "hall",          "data halls",                       "name of the hall",                 false},
    {"cdu",      "cooling",  "cdu",           "cooling plants",                   "name of the CDU group",            false},
    {"cplant",   "cooling",  "chiller_plant", "cooling plants",                   "name of the chilled-water plant",  false},
    {"lplant",   "cooling",  "liquid_plant",  "cooling plants",                   "name of the facility-water plant", false},
    {"onsite",   "onsite",   "source",        "on-site solar, turbines, storage", "name of the on-site source",       false},
    {"queue",    "queue",    NULL,            "waiting and running jobs",         NULL,                               false},
    {"service",  "services", "service",       "inference services",               "name of the service",              false},
    {"fabric",   "network",  "fabric",        "what joins the nodes",             "name of the fabric",               false},
    {"link",     "network",  "link",          "what joins the nodes",             "name of the link",                 true },
    {"netunit",  "network",  "unit",          "what joins the nodes",             "name of the switch or domain",     true },
    {"store",    "storage",  "store",         "stores of data",                   "name of the store",                false},
    {"dataset",  "datasets", "dataset",       "datasets and their versions",      "name of the dataset",              false},
    {"cost",     "cost",     NULL,            "cost and carbon so far",           NULL,                               false},
};
enum { N_PLACE = sizeof places / sizeof places[0], MAX_GROUP = N_PLACE };

struct target {
    struct dh_h5_table *table; /* NULL: column not recorded */
    int32_t column;
    bool rack;
};

struct dh_recorder {
    struct dh_h5_file *file;
    enum dh_err err; /* of the recorder itself; the file has its own */
    struct dh_diag *diag;
    struct target *targets; /* one for each row of dh_state_columns */
    struct dh_h5_table *tables[MAX_GROUP];
    bool table_is_rack[MAX_GROUP];
    const char *table_group[MAX_GROUP];
    int32_t n_table;
    struct dh_h5_table *events, *actions;
};

/* Whole seconds stay exact, which t * 1e-9 would not keep. */
static double seconds(dh_time t) {
    if (t == DH_TIME_NONE)
        return NAN;
    return (double)(t / DH_NS_PER_S) + (double)(t % DH_NS_PER_S) / 1e9;
}

static const struct place *place_of(const char *rows) {
    for (int i = 0; i < N_PLACE; i++)
        if (strcmp(places[i].rows, rows) == 0)
            return &places[i];
    return NULL;
}

static const char *label_of(const struct dh_facility *f, const char *rows, int32_t i) {
    if (strcmp(rows, "site") == 0)
        return f->site_spec[i]->id;
    if (strcmp(rows, "stage") == 0)
        return f->stage_name[i];
    if (strcmp(rows, "rack") == 0)
        return f->rack_name[i];
    if (strcmp(rows, "hall") == 0)
        return f->hall_spec[i]->id;
    if (strcmp(rows, "cdu") == 0)
        return f->cdu_spec[i]->id;
    if (strcmp(rows, "cplant") == 0)
        return f->cplant_spec[i]->id;
    if (strcmp(rows, "lplant") == 0)
        return f->lplant_spec[i]->id;
    if (strcmp(rows, "onsite") == 0)
        return f->onsite_name[i];
    if (strcmp(rows, "dataset") == 0)
        return f->scenario->workloads[0].datasets[i].id;
    if (strcmp(rows, "fabric") == 0)
        return f->fabric.fabrics[i].spec->id;
    if (strcmp(rows, "link") == 0)
        return f->fabric.link_name[i];
    if (strcmp(rows, "netunit") == 0)
        return f->fabric.unit_name[i];
    if (strcmp(rows, "store") == 0)
        return f->storage.stores[i].id;
    return f->service_spec[i]->id;
}

static enum dh_err labels(struct dh_recorder *r, const struct dh_facility *f, const struct place *p,
                          int32_t n) {
    const char **names = malloc((size_t)n * sizeof *names);
    if (!names)
        return r->err = dh_fail(r->diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for labels");
    for (int32_t i = 0; i < n; i++)
        names[i] = label_of(f, p->rows, i);
    enum dh_err err = dh_h5_labels(r->file, p->group, p->dimension, p->label, n, names);
    if (!err && strcmp(p->rows, "rack") == 0) { /* auxiliary coordinates: power.groupby("hall") */
        for (int32_t i = 0; i < n; i++)
            names[i] = f->hall_spec[f->rack_hall[i]]->id;
        err = dh_h5_texts(r->file, "racks", "rack", "hall", "hall of the rack", n, names);
        for (int32_t i = 0; i < n; i++)
            names[i] = i >= n - f->n_bare_rack ? "" : f->device_spec[f->rack_device[i]]->id;
        if (!err)
            err = dh_h5_texts(r->file, "racks", "rack", "device", "accelerators of the rack", n, names);
    }
    free(names);
    return err;
}

/* The widest row of a group decides its chunks. */
static size_t row_bytes(const struct dh_facility *f, const char *group, bool full) {
    size_t widest = 0;
    for (int32_t i = 0; i < dh_n_state_column; i++) {
        const struct place *p = place_of(dh_state_columns[i].rows);
        if (!p || strcmp(p->group, group) != 0)
            continue;
        size_t bytes = (size_t)dh_column_rows(f, &dh_state_columns[i]) * (p->single && !full ? 4 : 8);
        widest = bytes > widest ? bytes : widest;
    }
    return widest;
}

static enum dh_err table_of(struct dh_recorder *r, const struct dh_recorder_options *o,
                            const struct dh_facility *f, const struct place *p, const char *time_units,
                            struct dh_h5_table **out) {
    for (int32_t i = 0; i < r->n_table; i++)
        if (strcmp(r->table_group[i], p->group) == 0) {
            *out = r->tables[i];
            return DH_OK;
        }
    bool rack = strcmp(p->rows, "rack") == 0;
    double interval_s = rack ? o->rack_interval_s : o->interval_s;
    DH_TRY(dh_h5_group(r->file, p->group, p->title));
    if (interval_s > 0)
        DH_TRY(dh_h5_attr_number(r->file, p->group, "interval_s", interval_s));
    double rows = interval_s > 0 && o->duration_s > 0 ? ceil(o->duration_s / interval_s) : 0;
    DH_TRY(dh_h5_table_add(out, r->file, p->group, time_units, row_bytes(f, p->group, o->full),
                           rows < 1e9 ? (int64_t)rows : 0));
    r->tables[r->n_table] = *out;
    r->table_is_rack[r->n_table] = rack;
    r->table_group[r->n_table++] = p->group;
    return DH_OK;
}

static enum dh_err open_series(struct dh_recorder *r, const struct dh_recorder_options *o,
                               const struct dh_facility *f, const char *time_units) {
    const char *labelled[N_PLACE] = {0};
    for (int32_t i = 0; i < dh_n_state_column; i++) {
        const struct dh_column *c = &dh_state_columns[i];
        const struct place *p = place_of(c->rows);
        int32_t n = dh_column_rows(f, c);
        if (!p || n == 0)
            continue;
        struct target *t = &r->targets[i];
        DH_TRY(table_of(r, o, f, p, time_units, &t->table));
        t->rack = strcmp(p->rows, "rack") == 0;
        if (p->dimension && !labelled[p - places]) {
            labelled[p - places] = p->dimension;
            DH_TRY(labels(r, f, p, n));
        }
        bool mean = o->kind == DH_RECORD_MEAN;
        bool given = strstr(c->unit, "/kWh") != NULL; /* price and carbon hold from the start on */
        const char *methods = !mean || given         ? "time: point"
                              : dh_column_is_flow(c) ? "time: mean"
                                                     : "time: point (comment: at the end of the interval)";
        struct dh_h5_variable variable = {.name = c->name,
                                          .unit = c->unit,
                                          .long_name = c->about,
                                          .cell_methods = methods,
                                          .coordinates = t->rack ? "hall device" : NULL,
                                          .quantum = o->full ? 0 : c->quantum,
                                          .type = p->single && !o->full ? DH_H5_F32 : DH_H5_F64};
        int32_t before = 0;
        for (int32_t k = 0; k < i; k++)
            before += r->targets[k].table == t->table;
        t->column = before;
        DH_TRY(dh_h5_table_column(t->table, &variable, p->dimension, n));
    }
    return DH_OK;
}

static enum dh_err open_events(struct dh_recorder *r, const char *time_units) {
    static const char meanings[] =
#define INCIDENT(name, word, entity, about) " " word
#include "models/incident.def"
#undef INCIDENT
        ;
    static const char entities[] =
#define INCIDENT(name, word, entity, about) " " #entity
#include "models/incident.def"
#undef INCIDENT
        ;
    const struct dh_h5_variable columns[] = {
        {.name = "kind",
         .unit = "1",
         .long_name = "what happened",
         .flag_meanings = meanings + 1,
         .type = DH_H5_U8},
        {.name = "subject",
         .unit = "1",
         .long_name = "row of the entity concerned, -1: none",
         .type = DH_H5_I32                             },
        {.name = "value",              .unit = "1",   .long_name = "depends on the kind", .type = DH_H5_F64},
    };
    DH_TRY(dh_h5_group(r->file, "events", "incidents in order of time"));
    DH_TRY(dh_h5_table_add(&r->events, r->file, "events", time_units, sizeof(double), 0));
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        DH_TRY(dh_h5_table_column(r->events, &columns[i], NULL, 1));
    return dh_h5_attr_text(r->file, "events/kind", "flag_entities", entities + 1);
}

static enum dh_err provenance(struct dh_recorder *r, const struct dh_recorder_options *o,
                              const struct dh_facility *f, const struct dh_scenario_file *s) {
    struct dh_h5_file *h5 = r->file;
    DH_TRY(dh_h5_group(h5, "provenance", "where the result comes from"));
    DH_TRY(dh_h5_scalar_text(h5, "provenance", "scenario_xml", "effective scenario: all defaults filled in",
                             s->effective_xml ? s->effective_xml : ""));
    DH_TRY(dh_h5_scalar_text(h5, "provenance", "scenario_sha256", "SHA-256 of scenario_xml",
                             s->effective_sha256 ? s->effective_sha256 : ""));
    DH_TRY(
        dh_h5_scalar_text(h5, "provenance", "version", "version of datahall", o->version ? o->version : ""));
    struct dh_h5_variable seed = {
        .name = "seed", .unit = "1", .long_name = "seed of all random streams", .type = DH_H5_I64};
    DH_TRY(dh_h5_scalar(h5, "provenance", &seed, &s->spec.seed));
    int32_t n = s->n_input > f->n_device ? s->n_input : f->n_device;
    const char **texts = malloc(((size_t)n + 1) * sizeof *texts);
    if (!texts)
        return r->err = dh_fail(r->diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for provenance");
    enum dh_err err = DH_OK;
    if (s->n_input > 0) {
        for (int32_t i = 0; i < s->n_input; i++)
            texts[i] = s->inputs[i].path;
        err = dh_h5_labels(h5, "provenance", "input", "file that the scenario read", s->n_input, texts);
        for (int32_t i = 0; i < s->n_input; i++)
            texts[i] = s->inputs[i].sha256;
        if (!err)
            err = dh_h5_texts(h5, "provenance", "input", "input_sha256", "SHA-256 of the file", s->n_input,
                              texts);
    }
    if (!err && f->n_device > 0) {
        for (int32_t i = 0; i < f->n_device; i++)
            texts[i] = f->device_spec[i]->id;
        err = dh_h5_labels(h5, "provenance", "device", "device profile", f->n_device, texts);
        for (int32_t i = 0; i < f->n_device; i++)
            texts[i] = f->device_spec[i]->title ? f->device_spec[i]->title : "";
        if (!err)
            err = dh_h5_texts(h5, "provenance", "device", "device_title", "its name in reports", f->n_device,
                              texts);
    }
    free(texts);
    return err;
}

static enum dh_err open_all(struct dh_recorder *r, const struct dh_recorder_options *o,
                            const struct dh_facility *f, const struct dh_scenario_file *s) {
    char start[21], time_units[48], source[64];
    dh_timestamp_format(f->start_unix_s, start);
    snprintf(time_units, sizeof time_units, "seconds since %s", start);
    snprintf(source, sizeof source, "datahall %.40s", o->version ? o->version : "");
    DH_TRY(dh_h5_create(&r->file, o->path, r->diag));
    const char *title = s->spec.title && *s->spec.title ? s->spec.title : s->spec.name;
    DH_TRY(dh_h5_attr_text(r->file, "", "title", title));
    DH_TRY(dh_h5_attr_text(r->file, "", "source", source));
    DH_TRY(dh_h5_attr_text(r->file, "", "scenario", s->spec.name));
    DH_TRY(dh_h5_attr_text(r->file, "", "time_coverage_start", start));
    DH_TRY(dh_h5_attr_text(r->file, "", "status", "running"));
    DH_TRY(provenance(r, o, f, s));
    if (o->series)
        DH_TRY(open_series(r, o, f, time_units));
    DH_TRY(open_events(r, time_units));
    DH_TRY(dh_action_log_open(&r->actions, r->file, time_units));
    return dh_h5_series_start(r->file);
}

enum dh_err dh_recorder_open(struct dh_recorder **out, const struct dh_recorder_options *options,
                             const struct dh_facility *facility, const struct dh_scenario_file *file,
                             struct dh_diag *diag) {
    *out = NULL;
    if (!options->path)
        return DH_OK;
    struct dh_recorder *r = calloc(1, sizeof *r);
    if (r)
        r->targets = calloc((size_t)dh_n_state_column, sizeof *r->targets);
    if (!r || !r->targets) {
        free(r);
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){options->path, 0, 0},
                       "no memory for the recorder");
    }
    r->diag = diag;
    enum dh_err err = open_all(r, options, facility, file);
    if (err) {
        dh_h5_close(r->file, DH_H5_KEEP_PART);
        free(r->targets);
        free(r);
        return err;
    }
    *out = r;
    return DH_OK;
}

static enum dh_err failed(const struct dh_recorder *r) {
    return r->err ? r->err : dh_h5_error(r->file);
}

static enum dh_err sample(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                          const struct dh_state *s) {
    struct dh_recorder *r = self;
    (void)f;
    if (!r)
        return DH_OK;
    DH_TRY(failed(r));
    bool racks = what == DH_SAMPLE_RACKS;
    double time = seconds(at);
    for (int32_t i = 0; i < r->n_table; i++)
        if (r->table_is_rack[i] == racks)
            dh_h5_row_begin(r->tables[i], time);
    for (int32_t i = 0; i < dh_n_state_column; i++)
        if (r->targets[i].table && r->targets[i].rack == racks)
            dh_h5_row_put(r->targets[i].table, r->targets[i].column,
                          dh_state_column(s, &dh_state_columns[i]));
    for (int32_t i = 0; i < r->n_table; i++)
        if (r->table_is_rack[i] == racks)
            DH_TRY(dh_h5_row_end(r->tables[i]));
    return DH_OK;
}

static enum dh_err action(void *self, dh_time at, const struct dh_action *what) {
    struct dh_recorder *r = self;
    if (!r)
        return DH_OK;
    DH_TRY(failed(r));
    return dh_action_log_put(r->actions, seconds(at), what);
}

struct dh_observer dh_recorder_observer(struct dh_recorder *recorder) {
    return (struct dh_observer){.sample = sample, .action = action, .self = recorder};
}

enum dh_err dh_recorder_incident(struct dh_recorder *recorder, dh_time at, enum dh_incident kind,
                                 int32_t subject, double value) {
    if (!recorder)
        return DH_OK;
    DH_TRY(failed(recorder));
    double number = (double)kind, row = (double)subject;
    dh_h5_row_begin(recorder->events, seconds(at));
    dh_h5_row_put(recorder->events, 0, &number);
    dh_h5_row_put(recorder->events, 1, &row);
    dh_h5_row_put(recorder->events, 2, &value);
    return dh_h5_row_end(recorder->events);
}

int64_t dh_recorder_rows(const struct dh_recorder *recorder) {
    if (!recorder)
        return 0;
    int64_t rows = dh_h5_table_rows(recorder->events);
    for (int32_t i = 0; i < recorder->n_table; i++)
        rows += dh_h5_table_rows(recorder->tables[i]);
    return rows;
}

/* ---- after the run ---------------------------------------------------------------------------------------
 */

static enum dh_err write_entries(struct dh_recorder *r, const char *group, const char *title,
                                 const struct dh_summary *s) {
    if (!r)
        return DH_OK;
    DH_TRY(failed(r));
    if (s->err)
        return r->err = dh_fail(r->diag, s->err, (struct dh_place){0}, "no memory for the summary");
    DH_TRY(dh_h5_series_end(r->file));
    DH_TRY(dh_h5_group(r->file, group, title));
    for (int32_t i = 0; i < s->n_entry; i++) {
        const struct dh_summary_entry *e = &s->entries[i];
        if (e->kind == DH_SUMMARY_TEXT) {
            DH_TRY(dh_h5_scalar_text(r->file, group, e->key, e->about, e->text));
            continue;
        }
        bool integer = e->kind == DH_SUMMARY_INTEGER;
        struct dh_h5_variable v = {
            .name = e->key, .unit = e->unit, .long_name = e->about, .type = integer ? DH_H5_I64 : DH_H5_F64};
        DH_TRY(
            dh_h5_scalar(r->file, group, &v, integer ? (const void *)&e->integer : (const void *)&e->number));
    }
    return DH_OK;
}

enum dh_err dh_recorder_summary(struct dh_recorder *recorder, const struct dh_summary *summary) {
    return write_entries(recorder, "summary", "the run in a few numbers", summary);
}

enum dh_err dh_recorder_audit(struct dh_recorder *recorder, const struct dh_summary *terms) {
    return write_entries(recorder, "audit", "terms and residuals of the balances", terms);
}

/* ---- jobs ------------------------------------------------------------------------------------------------
 */

/* Nodes and GPUs of a job: "17-24:8|30:4" is eight GPUs on each of the nodes 17 to 24 and four on node 30. */
static void put_placement(struct dh_text *text, const struct dh_job_run *run) {
    for (int32_t i = 0, j; i < run->n_segment; i = j) {
        const struct dh_segment *first = &run->segments[i];
        for (j = i + 1; j < run->n_segment && run->segments[j].node == first->node + (j - i) &&
                        run->segments[j].gpus == first->gpus;)
            j++;
        if (i > 0)
            dh_text_add(text, "|", 1);
        if (j - i > 1)
            dh_text_printf(text, "%d-%d:%d", (int)first->node, (int)(first->node + (j - i) - 1),
                           (int)first->gpus);
        else
            dh_text_printf(text, "%d:%d", (int)first->node, (int)first->gpus);
    }
}

/* Accelerators that it ran on, or the cloud that it went to. */
static const char *pool_of(const struct dh_facility *f, const struct dh_job_run *run) {
    if (run->burst && f->scenario && f->scenario->n_bursts > 0 && f->scenario->bursts[0].provider)
        return f->scenario->bursts[0].provider;
    if (run->n_segment == 0 || run->segments[0].node < 0 || run->segments[0].node >= f->n_node)
        return "";
    return f->device_spec[f->rack_device[f->node_rack[run->segments[0].node]]]->id;
}

static enum dh_err job_texts(struct dh_recorder *r, const struct dh_job_list *list,
                             const struct dh_job_run *runs, const struct dh_facility *f, const char **texts) {
    struct dh_h5_file *h5 = r->file;
    int32_t n = list->n_job;
    for (int32_t i = 0; i < n; i++)
        texts[i] = pool_of(f, &runs[i]);
    DH_TRY(dh_h5_texts(h5, "jobs", "job", "pool", "accelerators that it ran on, or the cloud", n, texts));
    if (list->n_tenant > 0) {
        for (int32_t i = 0; i < n; i++)
            texts[i] = list->jobs[i].tenant >= 0 ? list->tenants[list->jobs[i].tenant] : "";
        DH_TRY(dh_h5_texts(h5, "jobs", "job", "tenant", "who pays", n, texts));
    }
    struct dh_text placements = {0};
    size_t *offsets = malloc((size_t)n * sizeof *offsets);
    if (!offsets)
        goto memory;
    for (int32_t i = 0; i < n; i++) {
        offsets[i] = placements.n;
        put_placement(&placements, &runs[i]);
        dh_text_add(&placements, "", 1);
    }
    if (placements.failed)
        goto memory;
    for (int32_t i = 0; i < n; i++)
        texts[i] = placements.at + offsets[i];
    enum dh_err err =
        dh_h5_texts(h5, "jobs", "job", "placement", "node:GPUs|first-last:GPUs of each", n, texts);
    free(offsets);
    dh_text_free(&placements);
    return err;
memory:
    free(offsets);
    dh_text_free(&placements);
    return r->err = dh_fail(r->diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for placements");
}

/* Each number of the jobs in turn, through one buffer. */
static enum dh_err job_numbers(struct dh_recorder *r, const struct dh_job_list *list,
                               const struct dh_job_run *runs, const struct dh_facility *f, void *buffer) {
    static const char works[] = "training finetune batch notebook prefill decode copy hpc"; /* enum dh_work */
    char states[256] = "";
    for (int i = 0, at = 0; i < DH_N_JOB_STATE; i++)
        at += snprintf(states + at, sizeof states - (size_t)at, "%s%s", i ? " " : "", dh_job_state_name(i));
    double *d = buffer;
    int64_t *l = buffer;
    int32_t *w = buffer;
    uint8_t *b = buffer;
    const struct dh_job *jobs = list->jobs;
#define JOBS(name_, unit_, about_, type_, target, expression, flags)                                         \
    do {                                                                                                     \
        struct dh_h5_variable v = {                                                                          \
            .name = name_, .unit = unit_, .long_name = about_, .flag_meanings = flags, .type = type_};       \
        for (int32_t i = 0; i < list->n_job; i++)                                                            \
            target[i] = expression;                                                                          \
        DH_TRY(dh_h5_array(r->file, "jobs", "job", &v, list->n_job, buffer));                                \
    } while (0)
    JOBS("submit_s", "s", "submission after the horizon's start", DH_H5_F64, d, seconds(jobs[i].submit),
         NULL);
    JOBS("start_s", "s", "first start", DH_H5_F64, d, seconds(runs[i].start), NULL);
    JOBS("end_s", "s", "end", DH_H5_F64, d, seconds(runs[i].end), NULL);
    JOBS("wait_s", "s", "time from submission to the first start", DH_H5_F64, d,
         runs[i].start == DH_TIME_NONE ? NAN : seconds(runs[i].start - jobs[i].submit), NULL);
    JOBS("gpus", "1", "GPUs", DH_H5_I32, w, jobs[i].gpus, NULL);
    JOBS("nodes", "1", "nodes that it ran on, or asked for", DH_H5_I32, w,
         runs[i].n_segment ? runs[i].n_segment : jobs[i].nodes, NULL);
    JOBS("state", "1", "what became of it", DH_H5_U8, b, runs[i].state, states);
    JOBS("work", "1", "kind of work", DH_H5_U8, b, jobs[i].work_kind, works);
    JOBS("priority", "1", "higher goes first", DH_H5_I32, w, jobs[i].priority, NULL);
    JOBS("service", "1",
         "row of the service that it is a replica of, -1: none; behind the services: of the pipeline whose "
         "stage "
         "it works for",
         DH_H5_I32, w, jobs[i].pipeline > 0 ? f->n_service + jobs[i].pipeline - 1 : jobs[i].service, NULL);
    JOBS("work_s", "s", "run time at full speed", DH_H5_F64, d, seconds(jobs[i].work), NULL);
    JOBS("requested_s", "s", "run time asked for", DH_H5_F64, d, seconds(jobs[i].requested), NULL);
    JOBS("burst_s", "s", "left for the cloud", DH_H5_F64, d,
         runs[i].burst ? seconds(runs[i].burst_start) : NAN, NULL);
    /* Exact: integers. The smallest int64 stands for "never". */
    JOBS("gpu_ns", "ns", "GPU time held, exact", DH_H5_I64, l, runs[i].gpu_ns, NULL);
    JOBS("submit_ns", "ns", "submission, exact", DH_H5_I64, l, jobs[i].submit, NULL);
    JOBS("start_ns", "ns", "first start, exact", DH_H5_I64, l, runs[i].start, NULL);
    JOBS("end_ns", "ns", "end, exact", DH_H5_I64, l, runs[i].end, NULL);
#undef JOBS
    return DH_OK;
}

enum dh_err dh_recorder_jobs(struct dh_recorder *recorder, const struct dh_job_list *list,
                             const struct dh_job_run *runs, const struct dh_facility *facility,
                             const double *network_slowdown) {
    if (!recorder)
        return DH_OK;
    DH_TRY(failed(recorder));
    DH_TRY(dh_h5_series_end(recorder->file));
    if (list->n_job == 0)
        return DH_OK;
    size_t n = (size_t)list->n_job;
    const char **texts = malloc(n * sizeof *texts);
    void *numbers = malloc(n * sizeof(int64_t));
    enum dh_err err = DH_OK;
    if (!texts || !numbers)
        err = recorder->err =
            dh_fail(recorder->diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for jobs");
    if (!err)
        err = dh_h5_group(recorder->file, "jobs", "jobs in log order");
    if (!err) {
        for (size_t i = 0; i < n; i++)
            texts[i] = dh_job_id(list, (int32_t)i);
        err = dh_h5_labels(recorder->file, "jobs", "job", "id in the log", (int64_t)n, texts);
    }
    if (!err)
        err = job_numbers(recorder, list, runs, facility, numbers);
    if (!err && network_slowdown) {
        struct dh_h5_variable v = {.name = "network_slowdown",
                                   .unit = "1",
                                   .long_name = "time on GPUs over that without waiting for the network",
                                   .type = DH_H5_F64};
        err = dh_h5_array(recorder->file, "jobs", "job", &v, list->n_job, network_slowdown);
    }
    if (!err)
        err = job_texts(recorder, list, runs, facility, texts);
    free(texts);
    free(numbers);
    return err;
}

enum dh_err dh_recorder_cloud(struct dh_recorder *recorder, const double *gpu_s, int32_t n) {
    if (!recorder || n == 0)
        return DH_OK;
    DH_TRY(failed(recorder));
    struct dh_h5_variable v = {.name = "cloud_gpu_s",
                               .unit = "s",
                               .long_name =
                                   "GPU time on instances of a cloud, those that stayed empty included",
                               .type = DH_H5_F64};
    return dh_h5_array(recorder->file, "jobs", "job", &v, n, gpu_s);
}

struct dh_h5_file *dh_recorder_file(struct dh_recorder *recorder) {
    return recorder && !failed(recorder) ? recorder->file : NULL;
}

enum dh_err dh_recorder_equipment(struct dh_recorder *recorder, const char *const *names, int32_t n) {
    if (!recorder || n == 0)
        return DH_OK;
    DH_TRY(failed(recorder));
    DH_TRY(dh_h5_series_end(recorder->file));
    return dh_h5_labels(recorder->file, "events", "equipment", "what can fail, as ID or ID/PART", n, names);
}

enum dh_err dh_recorder_cooling(struct dh_recorder *recorder, const char *const *names, int32_t n) {
    if (!recorder || n == 0)
        return DH_OK;
    DH_TRY(failed(recorder));
    DH_TRY(dh_h5_series_end(recorder->file));
    return dh_h5_labels(recorder->file, "events", "cooling",
                        "what cools: halls, CDU groups, chilled-water plants, facility-water plants", n,
                        names);
}

enum dh_err dh_recorder_replications(struct dh_recorder *recorder, const struct dh_summary *keys,
                                     const double *values, int32_t n_run,
                                     int64_t (*seed_of)(const void *self, int32_t run), const void *self) {
    if (!recorder || n_run == 0)
        return DH_OK;
    struct dh_h5_file *h5 = recorder->file;
    int64_t *seeds = malloc((size_t)n_run * sizeof *seeds);
    double *column = malloc((size_t)n_run * sizeof *column);
    enum dh_err err = seeds && column ? DH_OK : DH_ERR_MEMORY;
    const struct dh_h5_variable seed = {
        .name = "seed", .unit = "1", .long_name = "seed of the run", .type = DH_H5_I64};
    if (err == DH_OK)
        err = dh_h5_series_end(h5);
    if (err == DH_OK)
        err = dh_h5_group(h5, "replications", "figures of runs that differ in their seed alone");
    if (err == DH_OK)
        err = dh_h5_counter(h5, "replications", "replication", "number of the run", n_run);
    for (int32_t i = 0; err == DH_OK && i < n_run; i++)
        seeds[i] = seed_of(self, i);
    if (err == DH_OK)
        err = dh_h5_array(h5, "replications", "replication", &seed, n_run, seeds);
    for (int32_t k = 0; err == DH_OK && k < keys->n_entry; k++) {
        const struct dh_h5_variable v = {
            .name = keys->entries[k].key, .unit = keys->entries[k].unit, .type = DH_H5_F64};
        for (int32_t i = 0; i < n_run; i++)
            column[i] = values[(size_t)i * (size_t)keys->n_entry + (size_t)k];
        err = dh_h5_array(h5, "replications", "replication", &v, n_run, column);
    }
    free(seeds);
    free(column);
    return err;
}

enum dh_err dh_recorder_close(struct dh_recorder *recorder, enum dh_recorder_status status, dh_time end) {
    static const char *const words[] = {"complete", "interrupted", "failed"};
    static const enum dh_h5_ending endings[] = {DH_H5_RENAME, DH_H5_RENAME_NEW, DH_H5_KEEP_PART};
    if (!recorder)
        return DH_OK;
    if (!failed(recorder) && !dh_h5_series_end(recorder->file)) {
        dh_h5_attr_number(recorder->file, "", "duration_s", seconds(end));
        dh_h5_attr_text(recorder->file, "", "status", words[status]);
    }
    enum dh_err own = recorder->err;
    enum dh_err err = dh_h5_close(recorder->file, own ? DH_H5_KEEP_PART : endings[status]);
    free(recorder->targets);
    free(recorder);
    return own ? own : err;
}
