/* datahall's own job log, and RAPS's list of jobs on whole nodes: tables with named columns. */
#include "scenarios/joblog_reader.h"

#include "sim/text.h"

#include <string.h>

enum { MAX_GPUS = 100000000 };

struct columns {
    int32_t id, submit, duration, gpus, nodes, requested, tenant, kind, cpu_util, gpu_util, start, priority;
};

static enum dh_err find_columns(struct dh_csv *csv, struct columns *c) {
    enum dh_err err = DH_OK;
    DH_TRY(dh_csv_require(csv, "submit_s", NULL, &c->submit));
    DH_TRY(dh_csv_require(csv, "duration_s", "run_s", &c->duration));
    c->nodes = dh_csv_column(csv, "nodes", NULL, NULL);
    c->gpus = dh_csv_column(csv, "gpus", NULL, NULL);
    if (c->gpus < 0 && c->nodes < 0)
        DH_TRY(dh_csv_require(csv, "gpus", NULL, &c->gpus));
    c->id = dh_csv_column(csv, "id", NULL, NULL);
    c->requested = dh_csv_column(csv, "requested_s", "estimate_s", &err);
    c->tenant = dh_csv_column(csv, "tenant", "user", &err);
    c->kind = dh_csv_column(csv, "kind", NULL, NULL);
    c->cpu_util = dh_csv_column(csv, "cpu_util", NULL, NULL);
    c->gpu_util = dh_csv_column(csv, "gpu_util", NULL, NULL);
    c->start = dh_csv_column(csv, "start_s", NULL, NULL);
    c->priority = dh_csv_column(csv, "priority", NULL, NULL);
    dh_csv_warn_unknown(csv);
    return err;
}

static enum dh_err read_times(const struct dh_csv *csv, const struct columns *c, struct dh_job *job) {
    DH_TRY(dh_csv_seconds(csv, c->submit, &job->submit));
    DH_TRY(dh_csv_seconds(csv, c->duration, &job->work));
    if (job->work < 0)
        return dh_fail(csv->in.diag, DH_ERR_RANGE, dh_csv_place(csv, c->duration), "a negative run time");
    if (!dh_csv_is_empty(csv, c->requested)) {
        DH_TRY(dh_csv_seconds(csv, c->requested, &job->requested));
        if (job->requested < 0)
            return dh_fail(csv->in.diag, DH_ERR_RANGE, dh_csv_place(csv, c->requested),
                           "a negative requested time");
    }
    if (!dh_csv_is_empty(csv, c->start))
        DH_TRY(dh_csv_seconds(csv, c->start, &job->replay_start));
    return DH_OK;
}

/* GPUs, or whole nodes where the record gives some. */
static enum dh_err read_size(const struct dh_csv *csv, int32_t gpus, int32_t nodes, int32_t node_gpus,
                             struct dh_job *job) {
    int64_t value = 0;
    if (dh_csv_is_empty(csv, nodes) && gpus < 0)
        return dh_fail(csv->in.diag, DH_ERR_DATA, dh_csv_place(csv, nodes), "neither GPUs nor nodes");
    if (!dh_csv_is_empty(csv, nodes)) {
        DH_TRY(dh_csv_integer(csv, nodes, 0, MAX_GPUS, &value));
        job->nodes = (int32_t)value;
    }
    if (gpus >= 0 && (job->nodes == 0 || !dh_csv_is_empty(csv, gpus))) {
        DH_TRY(dh_csv_integer(csv, gpus, 0, MAX_GPUS, &value));
        job->gpus = (int32_t)value;
    }
    if (job->nodes == 0)
        return DH_OK;
    if (node_gpus <= 0 && job->gpus > 0)
        return DH_OK; /* as the record says, as long as no site is known */
    if (node_gpus <= 0)
        return dh_fail(csv->in.diag, DH_ERR_VALUE, dh_csv_place(csv, nodes),
                       "the log asks for nodes, but how many GPUs a node has is not known");
    if (job->nodes > MAX_GPUS / node_gpus)
        return dh_fail(csv->in.diag, DH_ERR_RANGE, dh_csv_place(csv, nodes), "more than %d GPUs", MAX_GPUS);
    job->gpus = job->nodes * node_gpus;
    return DH_OK;
}

static enum dh_err read_rest(struct dh_joblog_reader *r, const struct dh_csv *csv, const struct columns *c,
                             struct dh_job *job) {
    if (!dh_csv_is_empty(csv, c->cpu_util))
        DH_TRY(dh_csv_double(csv, c->cpu_util, 0, 1, &job->cpu_util));
    if (!dh_csv_is_empty(csv, c->gpu_util))
        DH_TRY(dh_csv_double(csv, c->gpu_util, 0, 1, &job->gpu_util));
    if (!dh_csv_is_empty(csv, c->priority)) {
        int64_t priority = 0;
        DH_TRY(dh_csv_integer(csv, c->priority, -1000, 1000, &priority));
        job->priority = (int16_t)priority;
    }
    if (!dh_csv_is_empty(csv, c->kind)) {
        const struct dh_csv_field *kind = &csv->fields[c->kind];
        static const char words[] = "training|finetune|batch|notebook|prefill|decode|copy|hpc";
        int index = dh_word_index(words, kind->text, kind->n);
        if (index < 0) {
            dh_fail(r->diag, DH_ERR_VALUE, dh_csv_place(csv, c->kind), "kind: '%.*s' is no kind of work",
                    (int)(kind->n < 40 ? kind->n : 40), kind->text);
            dh_diag_hint(r->diag, "one of %s", words);
            return DH_ERR_VALUE;
        }
        job->work_kind = (uint8_t)index;
    }
    if (c->tenant >= 0)
        DH_TRY(dh_joblog_tenant(r, job, csv->fields[c->tenant].text, csv->fields[c->tenant].n,
                                dh_csv_place(csv, c->tenant)));
    return DH_OK;
}

/* Ids of records without one: their number, from 0. */
static size_t number_id(int64_t number, char text[static 24]) {
    char reversed[24];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < n; i++)
        text[i] = reversed[n - 1 - i];
    return n;
}

static enum dh_err csv_record(struct dh_joblog_reader *r, const struct dh_csv *csv, const struct columns *c) {
    struct dh_job job = dh_joblog_job(r);
    DH_TRY(read_times(csv, c, &job));
    DH_TRY(read_size(csv, c->gpus, c->nodes, r->options->node_gpus, &job));
    DH_TRY(read_rest(r, csv, c, &job));
    if (job.gpus == 0) {
        dh_joblog_skip_gpus(r, csv->in.line);
        return DH_OK;
    }
    char number[24];
    const char *id = number;
    size_t n_id = 0;
    if (dh_csv_is_empty(csv, c->id)) {
        n_id = number_id(r->n_row - 1, number);
    } else {
        id = csv->fields[c->id].text;
        n_id = csv->fields[c->id].n;
    }
    return dh_joblog_append(r, &job, id, n_id, dh_csv_place(csv, c->id));
}

static enum dh_err each_record(struct dh_joblog_reader *r, struct dh_csv *csv, const struct columns *c,
                               enum dh_err (*take)(struct dh_joblog_reader *, const struct dh_csv *,
                                                   const struct columns *)) {
    for (bool got = true;;) {
        DH_TRY(dh_csv_next(csv, &got));
        if (!got)
            return DH_OK;
        r->n_row++;
        DH_TRY(take(r, csv, c));
    }
}

enum dh_err dh_joblog_read_csv(struct dh_joblog_reader *r) {
    struct dh_csv csv;
    struct columns c = {0};
    DH_TRY(dh_joblog_open_csv(r, &csv));
    enum dh_err err = find_columns(&csv, &c);
    if (err == DH_OK)
        err = each_record(r, &csv, &c, csv_record);
    dh_csv_close(&csv);
    return err;
}

/* ---- raps ---------------------------------------------------------------------------------------------- */

static enum dh_err find_raps_columns(struct dh_csv *csv, struct columns *c) {
    *c = (struct columns){.gpus = -1, .tenant = -1, .kind = -1, .priority = -1};
    DH_TRY(dh_csv_require(csv, "submit_s", NULL, &c->submit));
    DH_TRY(dh_csv_require(csv, "nodes", NULL, &c->nodes));
    DH_TRY(dh_csv_require(csv, "runtime_s", NULL, &c->duration));
    c->id = dh_csv_column(csv, "id", NULL, NULL);
    c->requested = dh_csv_column(csv, "time_limit_s", NULL, NULL);
    c->cpu_util = dh_csv_column(csv, "cpu_util", NULL, NULL);
    c->gpu_util = dh_csv_column(csv, "gpu_util", NULL, NULL);
    c->start = dh_csv_column(csv, "actual_start_s", NULL, NULL);
    dh_csv_column(csv, "planned_start_s", NULL, NULL); /* known, and of no use here */
    dh_csv_column(csv, "state", NULL, NULL);
    dh_csv_warn_unknown(csv);
    return DH_OK;
}

/* An activity of 0 to most as a share; "nan" is that of a job without a trace. */
static enum dh_err raps_share(struct dh_joblog_reader *r, const struct dh_csv *csv, int32_t column,
                              double most, double *share) {
    const struct dh_csv_field *field = column >= 0 ? &csv->fields[column] : NULL;
    if (!field || field->n == 0 || (field->n == 3 && memcmp(field->text, "nan", 3) == 0)) {
        *share = 0;
        return DH_OK;
    }
    double value = 0;
    DH_TRY(dh_csv_double(csv, column, -1e9, 1e9, &value));
    *share = dh_joblog_share(r, value / most, csv->in.line);
    return DH_OK;
}

static enum dh_err raps_record(struct dh_joblog_reader *r, const struct dh_csv *csv,
                               const struct columns *c) {
    struct dh_job job = dh_joblog_job(r);
    job.work_kind = DH_WORK_HPC;
    DH_TRY(read_times(csv, c, &job));
    DH_TRY(read_size(csv, -1, c->nodes, r->options->node_gpus, &job));
    DH_TRY(raps_share(r, csv, c->cpu_util, 1, &job.cpu_util));
    DH_TRY(raps_share(r, csv, c->gpu_util, r->options->node_gpus > 0 ? r->options->node_gpus : 1,
                      &job.gpu_util));
    if (job.nodes == 0) {
        dh_joblog_skip_gpus(r, csv->in.line);
        return DH_OK;
    }
    char number[24];
    size_t n_number = number_id(r->n_row - 1, number);
    bool named = !dh_csv_is_empty(csv, c->id);
    return dh_joblog_append(r, &job, named ? csv->fields[c->id].text : number,
                            named ? csv->fields[c->id].n : n_number, dh_csv_place(csv, c->id));
}

enum dh_err dh_joblog_read_raps(struct dh_joblog_reader *r) {
    struct dh_csv csv;
    struct columns c = {0};
    DH_TRY(dh_joblog_open_csv(r, &csv));
    enum dh_err err = find_raps_columns(&csv, &c);
    if (err == DH_OK)
        err = each_record(r, &csv, &c, raps_record);
    dh_csv_close(&csv);
    return err;
}
