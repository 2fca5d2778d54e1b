#include "scenarios/joblog.h"

#include "scenarios/joblog_reader.h"
#include "sim/units.h"

#include <string.h>

enum {
    MAX_JOBS = 20000000, /* 20 times the largest public log; some 2.5 GB */
    MAX_ID = 255
};
#define MAX_TIME (INT64_C(4000000000) * DH_NS_PER_S) /* 126 years: two of them can be added */
/* A log whose first submission lies later than 20 years after its zero counts from 1970. */
#define EPOCH_TIME (INT64_C(20) * 365 * 86400 * DH_NS_PER_S)

static const struct {
    const char *name;
    enum dh_err (*read)(struct dh_joblog_reader *r);
} formats[DH_N_LOG_FORMAT] = {
    [DH_LOG_CSV] = {"csv",    dh_joblog_read_csv   },
      [DH_LOG_SWF] = {"swf",    dh_joblog_read_swf   },
    [DH_LOG_ITP] = {"itp",    dh_joblog_read_itp   },
      [DH_LOG_PHILLY] = {"philly", dh_joblog_read_philly},
    [DH_LOG_MURI] = {"muri",   dh_joblog_read_muri  },
      [DH_LOG_RAPS] = {"raps",   dh_joblog_read_raps  },
    [DH_LOG_OPENB] = {"openb",  dh_joblog_read_openb },
      [DH_LOG_SACCT] = {"sacct",  dh_joblog_read_sacct },
};

int dh_joblog_format_by_name(const char *name, size_t n) {
    for (int f = 0; f < DH_N_LOG_FORMAT; f++)
        if (strlen(formats[f].name) == n && memcmp(formats[f].name, name, n) == 0)
            return f;
    return -1;
}

const char *dh_joblog_format_name(enum dh_log_format format) {
    return format < DH_N_LOG_FORMAT ? formats[format].name : "unknown";
}

static bool ends_with(const char *text, size_t n, const char *tail) {
    size_t n_tail = strlen(tail);
    return n >= n_tail && memcmp(text + n - n_tail, tail, n_tail) == 0;
}

enum dh_err dh_joblog_spec_parse(const char *text, struct dh_joblog_spec *spec) {
    size_t n = strlen(text);
    *spec = (struct dh_joblog_spec){.file = text, .n_file = n, .format = DH_LOG_CSV};
    bool found = false;
    for (const char *colon = strchr(text, ':'); colon && !found; colon = strchr(colon + 1, ':')) {
        const char *name = colon + 1, *end = strchr(name, ':');
        int format = dh_joblog_format_by_name(name, end ? (size_t)(end - name) : strlen(name));
        if (format < 0)
            continue;
        found = true;
        spec->n_file = (size_t)(colon - text);
        spec->format = (enum dh_log_format)format;
        spec->part = end ? end + 1 : NULL;
    }
    if (!found && (ends_with(text, n, ".swf") || ends_with(text, n, ".swf.gz")))
        spec->format = DH_LOG_SWF;
    return spec->n_file > 0 ? DH_OK : DH_ERR_USAGE;
}

/* ---- for the formats ----------------------------------------------------------------------------------- */

enum dh_err dh_joblog_open_csv(struct dh_joblog_reader *r, struct dh_csv *csv) {
    if (r->bytes)
        return dh_csv_open_memory(csv, r->bytes, r->n_byte, r->path, DH_CSV_PLAIN, r->diag);
    return dh_csv_open(csv, r->path, DH_CSV_PLAIN, r->diag);
}

enum dh_err dh_joblog_open_lines(struct dh_joblog_reader *r, struct dh_lines *in) {
    if (r->bytes)
        return dh_lines_open_memory(in, r->bytes, r->n_byte, r->path, r->diag);
    return dh_lines_open(in, r->path, r->diag);
}

struct dh_job dh_joblog_job(const struct dh_joblog_reader *r) {
    return (struct dh_job){
        .requested = DH_TIME_NONE,
        .replay_start = DH_TIME_NONE,
        .gpu_util = r->options->gpu_util > 0 ? r->options->gpu_util : 1.0,
        .cpu_util = r->options->cpu_util > 0 ? r->options->cpu_util : 0.2,
        .tenant = -1,
        .service = -1,
        .work_kind = DH_WORK_TRAINING,
        .burstable = true,
    };
}

bool dh_joblog_wants(struct dh_joblog_reader *r, const char *part, size_t n) {
    const char *wanted = r->options->part;
    if (!wanted || wanted[0] == '\0' || (strlen(wanted) == n && memcmp(wanted, part, n) == 0))
        return true;
    r->n_other_part++;
    return false;
}

static void count(int64_t *counter, int32_t *first_line, int32_t line) {
    if ((*counter)++ == 0)
        *first_line = line;
}

void dh_joblog_skip_gpus(struct dh_joblog_reader *r, int32_t line) {
    count(&r->n_skipped_gpus, &r->first_skipped_gpus, line);
}

void dh_joblog_skip_time(struct dh_joblog_reader *r, int32_t line) {
    count(&r->n_skipped_time, &r->first_skipped_time, line);
}

void dh_joblog_step(struct dh_joblog_reader *r) {
    r->n_step++;
}

void dh_joblog_held(struct dh_joblog_reader *r, int32_t line) {
    count(&r->n_held, &r->first_held, line);
}

void dh_joblog_unfinished(struct dh_joblog_reader *r, int32_t line) {
    count(&r->n_unfinished, &r->first_unfinished, line);
}

void dh_joblog_attempt(struct dh_joblog_reader *r, const struct dh_job *before, int32_t line) {
    count(&r->n_requeued, &r->first_requeued, line);
    dh_sum_add(&r->requeued_gpu_s, dh_time_to_s(before->work) * before->gpus);
}

double dh_joblog_share(struct dh_joblog_reader *r, double share, int32_t line) {
    if (share >= 0 && share <= 1)
        return share;
    count(&r->n_clamped, &r->first_clamped, line);
    return share > 1 ? 1 : 0;
}

/* A name fit for files and terminals: as it is, or escaped. */
static enum dh_err fit_name(struct dh_joblog_reader *r, const char **name, size_t *n, struct dh_place place) {
    if (*n > MAX_ID)
        return dh_fail(r->diag, DH_ERR_DATA, place, "a name of more than %d bytes", MAX_ID);
    bool plain = true;
    for (size_t i = 0; i < *n && plain; i++)
        plain = (*name)[i] >= 0x20 && (*name)[i] < 0x7F;
    if (plain)
        return DH_OK;
    *name = dh_text_escape(&r->scratch, *name, *n);
    if (!*name)
        return dh_fail(r->diag, DH_ERR_MEMORY, place, "out of memory");
    *n = strlen(*name);
    return DH_OK;
}

enum dh_err dh_joblog_tenant(struct dh_joblog_reader *r, struct dh_job *job, const char *name, size_t n,
                             struct dh_place place) {
    DH_TRY(fit_name(r, &name, &n, place));
    job->tenant = dh_job_list_tenant(r->out, name, n);
    if (job->tenant == -2)
        return dh_fail(r->diag, DH_ERR_MEMORY, place, "out of memory");
    return DH_OK;
}

static bool in_range(dh_time t) {
    return t == DH_TIME_NONE || (t >= -MAX_TIME && t <= MAX_TIME);
}

enum dh_err dh_joblog_append(struct dh_joblog_reader *r, const struct dh_job *job, const char *id,
                             size_t n_id, struct dh_place place) {
    if (!in_range(job->submit) || !in_range(job->work) || !in_range(job->requested) ||
        !in_range(job->replay_start))
        return dh_fail(r->diag, DH_ERR_RANGE, (struct dh_place){place.file, place.line, 0},
                       "a time of more than 4e9 s");
    if (job->requested != DH_TIME_NONE && job->work > job->requested)
        count(&r->n_over_estimate, &r->first_over_estimate, place.line);
    if (r->out->n_job > r->first_job && job->submit < r->last_submit)
        count(&r->n_unsorted, &r->first_unsorted, place.line);
    r->last_submit = job->submit;
    DH_TRY(fit_name(r, &id, &n_id, place));
    enum dh_err err =
        r->out->n_job >= MAX_JOBS ? DH_ERR_LIMIT_MEMORY : dh_job_list_add(r->out, job, id, n_id);
    if (err == DH_ERR_LIMIT_MEMORY)
        return dh_fail(r->diag, err, place, "more than %d jobs", MAX_JOBS);
    if (err != DH_OK)
        return dh_fail(r->diag, err, place, "out of memory");
    return DH_OK;
}

/* ---- the whole log ------------------------------------------------------------------------------------- */

static void rebase(struct dh_joblog_reader *r) {
    struct dh_job_list *list = r->out;
    if (list->n_job == r->first_job)
        return;
    dh_time first = list->jobs[r->first_job].submit;
    for (int32_t j = r->first_job; j < list->n_job; j++)
        if (list->jobs[j].submit < first)
            first = list->jobs[j].submit;
    if (!r->from_first && first < EPOCH_TIME)
        return;
    if (!r->from_first) {
        char text[21];
        dh_timestamp_format(first / DH_NS_PER_S, text);
        dh_warn(r->diag, DH_ERR_W_DATA, (struct dh_place){r->path, 0, 0},
                "times count from 1970; the first submission, %s, becomes the horizon's start", text);
    }
    for (int32_t j = r->first_job; j < list->n_job; j++) {
        list->jobs[j].submit -= first;
        if (list->jobs[j].replay_start != DH_TIME_NONE)
            list->jobs[j].replay_start -= first;
    }
}

static void tell(struct dh_joblog_reader *r, int64_t n, int32_t line, const char *what) {
    if (n > 0)
        dh_warn(r->diag, DH_ERR_W_DATA, (struct dh_place){r->path, line, 0}, "%s: %lld", what, (long long)n);
}

static enum dh_err finish(struct dh_joblog_reader *r) {
    const char *part = r->options->part;
    int32_t n_job = r->out->n_job - r->first_job;
    if (part && part[0] != '\0' && n_job == 0 && r->n_other_part > 0)
        return dh_fail(r->diag, DH_ERR_DANGLING_REF, (struct dh_place){r->path, 1, 0}, "no job of part %s",
                       part);
    rebase(r);
    tell(r, r->n_skipped_gpus, r->first_skipped_gpus, "skipped, as they ask for no GPU");
    tell(r, r->n_skipped_time, r->first_skipped_time, "skipped, as they have no run time");
    tell(r, r->n_unsorted, r->first_unsorted,
         "submitted before the record above, taken in order of submission");
    tell(r, r->n_over_estimate, r->first_over_estimate,
         "longer than they asked for, the scheduler's limit decides");
    tell(r, r->n_clamped, r->first_clamped, "activities outside their range, clamped");
    tell(r, r->n_unknown_size, 0, "without a count of allocated processors, the requested one is taken");
    tell(r, r->n_requeued, r->first_requeued, "earlier attempts of requeued jobs, of which the last counts");
    tell(r, r->n_unfinished, r->first_unfinished, "still running, taken with the time they had run");
    tell(r, r->n_held, r->first_held,
         "not eligible to start when submitted (dependencies, begin times), taken as if they were");
    if (n_job == 0)
        dh_warn(r->diag, DH_ERR_W_DATA, (struct dh_place){r->path, 0, 0}, "no job in this log");
    struct dh_job_list *out = r->out;
    out->n_row += r->n_row;
    out->n_skipped_gpus += r->n_skipped_gpus;
    out->n_skipped_time += r->n_skipped_time;
    out->n_unsorted += r->n_unsorted;
    out->n_over_estimate += r->n_over_estimate;
    out->n_step += r->n_step;
    out->n_requeued += r->n_requeued;
    out->requeued_gpu_s += dh_sum_value(&r->requeued_gpu_s);
    out->measured_j += dh_sum_value(&r->measured_j);
    return DH_OK;
}

static enum dh_err read_log(struct dh_joblog_reader *r) {
    if (r->options->format < 0 || r->options->format >= DH_N_LOG_FORMAT)
        return dh_fail(r->diag, DH_ERR_INTERNAL, (struct dh_place){r->path, 0, 0}, "no such log format");
    enum dh_err err = formats[r->options->format].read(r);
    if (err == DH_OK)
        err = finish(r);
    dh_arena_free(&r->scratch);
    return err;
}

enum dh_err dh_joblog_read(struct dh_job_list *out, const char *path, const struct dh_joblog_options *options,
                           struct dh_diag *diag) {
    struct dh_joblog_reader r = {
        .out = out, .options = options, .diag = diag, .path = path, .first_job = out->n_job};
    return read_log(&r);
}

enum dh_err dh_joblog_read_memory(struct dh_job_list *out, const char *bytes, size_t n, const char *path,
                                  const struct dh_joblog_options *options, struct dh_diag *diag) {
    struct dh_joblog_reader r = {.out = out,
                                 .options = options,
                                 .diag = diag,
                                 .path = path,
                                 .bytes = bytes,
                                 .n_byte = n,
                                 .first_job = out->n_job};
    return read_log(&r);
}
