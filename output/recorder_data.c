#include "output/recorder_data.h"

#include "output/h5_file.h"
#include "output/recorder_file.h"

#include <math.h>
#include <stdlib.h>

static double seconds(dh_time t) {
    return t == DH_TIME_NONE ? NAN : (double)(t / DH_NS_PER_S) + (double)(t % DH_NS_PER_S) / 1e9;
}

/* Each number in turn, through one buffer of n doubles. */
#define PUT(group, dimension, n, name_, unit_, about_, expression)                                           \
    do {                                                                                                     \
        struct dh_h5_variable v = {.name = name_, .unit = unit_, .long_name = about_, .type = DH_H5_F64};    \
        for (int32_t i = 0; i < (n); i++)                                                                    \
            buffer[i] = expression;                                                                          \
        DH_TRY(dh_h5_array(h5, group, dimension, &v, n, buffer));                                            \
    } while (0)

static enum dh_err stage_runs(struct dh_h5_file *h5, const struct dh_data_run *data, double *buffer,
                              const char **names) {
    const struct dh_stage_record *r = data->records;
    int32_t n = data->n_record;
    DH_TRY(dh_h5_group(h5, "pipelines", "stages of the runs of pipelines that ended"));
    for (int32_t i = 0; i < n; i++)
        names[i] = data->pipelines[r[i].pipeline].spec->stages[r[i].stage].id;
    DH_TRY(dh_h5_labels(h5, "pipelines", "stage", "name of the stage", n, names));
    for (int32_t i = 0; i < n; i++)
        names[i] = data->pipelines[r[i].pipeline].spec->id;
    DH_TRY(dh_h5_texts(h5, "pipelines", "stage", "pipeline", "name of the pipeline", n, names));
    PUT("pipelines", "stage", n, "run", "1", "run of the pipeline, from 0", r[i].run);
    PUT("pipelines", "stage", n, "rounds", "1",
        "rounds of work: one, and one for each time that items came back", r[i].rounds);
    PUT("pipelines", "stage", n, "due_s", "s", "the run came due", seconds(r[i].due));
    PUT("pipelines", "stage", n, "ready_s", "s", "what it reads was there", seconds(r[i].ready));
    PUT("pipelines", "stage", n, "start_s", "s", "its work began", seconds(r[i].start));
    PUT("pipelines", "stage", n, "end_s", "s", "its last round ended", seconds(r[i].end));
    PUT("pipelines", "stage", n, "bytes", "B", "bytes read, again and again", r[i].bytes);
    PUT("pipelines", "stage", n, "out_bytes", "B", "bytes of results", r[i].out_bytes);
    PUT("pipelines", "stage", n, "items", "1", "items worked on, each time counted", r[i].items);
    PUT("pipelines", "stage", n, "failed", "1", "items that failed its check, each time counted",
        r[i].failed);
    PUT("pipelines", "stage", n, "cost_usd", "USD", "items and core time", r[i].usd);
    return DH_OK;
}

static enum dh_err job_data(struct dh_h5_file *h5, const struct dh_data_run *data,
                            dh_time (*const stood)[DH_N_IDLE], int32_t n_job, int32_t n_own, double *buffer) {
    PUT("jobs", "job", n_job, "held_s", "s",
        "time that it was held back until its dataset had a version; nothing: it still is",
        i < n_own ? data->held[i] < 0 ? NAN : seconds(data->held[i]) : 0);
    PUT("jobs", "job", n_job, "store_read_b", "B", "read from its dataset's store while it worked",
        data->loaders && i < n_own ? data->loaders[i].store_b : 0);
    PUT("jobs", "job", n_job, "cache_read_b", "B", "read from the caches of its nodes",
        data->loaders && i < n_own ? data->loaders[i].cache_b : 0);
    PUT("jobs", "job", n_job, "data_wait_s", "s",
        "time that its GPUs stood and waited for data, as whole GPUs",
        i < n_own && stood ? seconds(stood[i][DH_IDLE_DATA]) : 0);
    return DH_OK;
}

enum dh_err dh_recorder_data(struct dh_recorder *recorder, const struct dh_data_run *data,
                             dh_time (*const stood)[DH_N_IDLE], int32_t n_job, int32_t n_own) {
    struct dh_h5_file *h5 = dh_recorder_file(recorder);
    if (!h5 || !data)
        return DH_OK;
    size_t n = (size_t)(n_job > data->n_record ? n_job : data->n_record) + 1;
    double *buffer = malloc(n * sizeof *buffer);
    const char **names = malloc(n * sizeof *names);
    enum dh_err err = buffer && names ? DH_OK : DH_ERR_MEMORY;
    if (err == DH_OK && n_job > 0)
        err = job_data(h5, data, stood, n_job, n_own, buffer);
    if (err == DH_OK && data->n_record > 0)
        err = stage_runs(h5, data, buffer, names);
    free(buffer);
    free(names);
    return err;
}
