/* Logs that GPU clusters have published: Microsoft ITP and Philly, Muri's, Alibaba openb. */
#include "scenarios/joblog_reader.h"

#include <string.h>

enum { MAX_GPUS = 100000000 };

/* Columns by position in the format's list of names. */
enum { MAX_COLUMNS = 8 };

static enum dh_err for_each(struct dh_joblog_reader *r, const char *const *names, int32_t n_name,
                            enum dh_err (*take)(struct dh_joblog_reader *, const struct dh_csv *,
                                                const int32_t *)) {
    struct dh_csv csv;
    int32_t column[MAX_COLUMNS];
    bool got = true;
    DH_TRY(dh_joblog_open_csv(r, &csv));
    enum dh_err err = DH_OK;
    for (int32_t c = 0; c < n_name && err == DH_OK; c++)
        err = dh_csv_require(&csv, names[c], NULL, &column[c]);
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got) {
        r->n_row++;
        err = take(r, &csv, column);
    }
    dh_csv_close(&csv);
    return err;
}

static enum dh_err append(struct dh_joblog_reader *r, const struct dh_csv *csv, int32_t id, int32_t gpus,
                          struct dh_job *job) {
    int64_t n = 0;
    DH_TRY(dh_csv_integer(csv, gpus, 0, MAX_GPUS, &n));
    job->gpus = (int32_t)n;
    if (n == 0) {
        dh_joblog_skip_gpus(r, csv->in.line);
        return DH_OK;
    }
    if (job->work < 0) {
        dh_joblog_skip_time(r, csv->in.line);
        return DH_OK;
    }
    return dh_joblog_append(r, job, csv->fields[id].text, csv->fields[id].n, dh_csv_place(csv, id));
}

/* ---- itp, philly: one record a job, with its cluster; the run time is all that is known of a request
 * --------- */

static enum dh_err cluster_record(struct dh_joblog_reader *r, const struct dh_csv *csv,
                                  const int32_t *column) {
    const struct dh_csv_field *part = &csv->fields[column[0]];
    struct dh_job job = dh_joblog_job(r);
    if (!dh_joblog_wants(r, part->text, part->n))
        return DH_OK;
    DH_TRY(dh_csv_seconds(csv, column[2], &job.submit));
    DH_TRY(dh_csv_seconds(csv, column[3], &job.work));
    job.requested = job.work;
    DH_TRY(dh_joblog_tenant(r, &job, part->text, part->n, dh_csv_place(csv, column[0])));
    return append(r, csv, column[1], column[4], &job);
}

enum dh_err dh_joblog_read_itp(struct dh_joblog_reader *r) {
    static const char *const names[] = {"cluster", "job", "submission_s", "duration_s", "num_gpu"};
    r->from_first = true;
    return for_each(r, names, 5, cluster_record);
}

enum dh_err dh_joblog_read_philly(struct dh_joblog_reader *r) {
    static const char *const names[] = {"vc", "job", "submit_s", "duration_s", "num_gpu"};
    r->from_first = true;
    return for_each(r, names, 5, cluster_record);
}

/* ---- muri: work is a number of iterations of a measured length
 * ---------------------------------------------- */

/* Milliseconds whose digits were read as seconds, in units of ns: a thousandth, halves up. */
static dh_time thousandth(__int128 value) {
    return (dh_time)((value + 500) / 1000);
}

static enum dh_err muri_record(struct dh_joblog_reader *r, const struct dh_csv *csv, const int32_t *column) {
    struct dh_job job = dh_joblog_job(r);
    dh_time submit_ms = 0, iteration_ms = 0;
    int64_t iterations = 0;
    DH_TRY(dh_csv_seconds(csv, column[2], &submit_ms));
    DH_TRY(dh_csv_integer(csv, column[3], 0, INT64_C(1000000000000), &iterations));
    DH_TRY(dh_csv_seconds(csv, column[4], &iteration_ms));
    job.submit = submit_ms >= 0 ? thousandth(submit_ms) : -thousandth(-(__int128)submit_ms);
    /* Muri's simulator counts 1.5 % on top of each iteration for its measurements (simulator.py, DP
     * overhead). */
    __int128 work = (__int128)iterations * iteration_ms;
    if (work > (__int128)4000000000000 * DH_NS_PER_S)
        return dh_fail(r->diag, DH_ERR_RANGE, dh_csv_place(csv, column[3]), "a run time of more than 4e9 s");
    job.work = iteration_ms < 0 ? -1 : (dh_time)((work * 1015 + 500000) / 1000000);
    job.requested = job.work;
    return append(r, csv, column[0], column[1], &job);
}

enum dh_err dh_joblog_read_muri(struct dh_joblog_reader *r) {
    static const char *const names[] = {"job_id", "num_gpu", "submit_time", "iterations", "iteration_time"};
    return for_each(r, names, 5, muri_record);
}

/* ---- openb: pods; one GPU may be shared, gpu_milli then says how much of it
 * -------------------------------- */

static enum dh_err openb_record(struct dh_joblog_reader *r, const struct dh_csv *csv, const int32_t *column) {
    struct dh_job job = dh_joblog_job(r);
    dh_time end = 0;
    if (dh_csv_is_empty(csv, column[5]) || dh_csv_is_empty(csv, column[4])) {
        int64_t gpus = 0;
        DH_TRY(dh_csv_integer(csv, column[1], 0, MAX_GPUS, &gpus));
        if (gpus == 0)
            dh_joblog_skip_gpus(r, csv->in.line);
        else
            dh_joblog_skip_time(r,
                                csv->in.line); /* never scheduled: nothing says how long it would have run */
        return DH_OK;
    }
    DH_TRY(dh_csv_seconds(csv, column[3], &job.submit));
    DH_TRY(dh_csv_seconds(csv, column[4], &end));
    DH_TRY(dh_csv_seconds(csv, column[5], &job.replay_start));
    job.work = end - job.replay_start;
    if (!dh_csv_is_empty(csv, column[2])) {
        int64_t milli = 0;
        DH_TRY(dh_csv_integer(csv, column[2], 0, 1000, &milli));
        job.gpu_util = (double)milli / 1000;
    }
    const struct dh_csv_field *qos = &csv->fields[column[6]];
    if (qos->n == 2 && memcmp(qos->text, "BE", 2) == 0)
        job.work_kind = DH_WORK_BATCH; /* best effort */
    return append(r, csv, column[0], column[1], &job);
}

enum dh_err dh_joblog_read_openb(struct dh_joblog_reader *r) {
    static const char *const names[] = {"name",          "num_gpu",        "gpu_milli", "creation_time",
                                        "deletion_time", "scheduled_time", "qos"};
    return for_each(r, names, 7, openb_record);
}
