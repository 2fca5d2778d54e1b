/* The Standard Workload Format (S. Chapin et al., JSSPP 1999; version 2.2 of the Parallel Workloads Archive):
 * ';' comments with a header, then 18 numbers a job, -1 where unknown. A processor is taken as a GPU. */
#include "scenarios/joblog_reader.h"

#include "sim/units.h"

#include <math.h>
#include <string.h>

enum { N_FIELD = 18, MAX_GPUS = 100000000 };

/* Fields by their number in the standard, less one. */
enum { JOB, SUBMIT, WAIT, RUN, ALLOCATED, ASKED = 7, TIME_ASKED, USER = 11, PARTITION = 15 };

struct field {
    const char *text;
    size_t n;
    int32_t col;
};

static const char *const field_name[N_FIELD] = {"job number",
                                                "submit time",
                                                "wait time",
                                                "run time",
                                                "allocated processors",
                                                "processor time used",
                                                "memory used",
                                                "processors requested",
                                                "time requested",
                                                "memory requested",
                                                "status",
                                                "user",
                                                "group",
                                                "application",
                                                "queue",
                                                "partition",
                                                "preceding job",
                                                "think time"};

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Splits at blanks; returns how many fields there are, of which the first N_FIELD are kept. */
static int32_t split(const struct dh_lines *in, struct field *fields) {
    int32_t n_field = 0;
    for (size_t at = 0; at < in->n;) {
        while (at < in->n && is_blank(in->text[at]))
            at++;
        size_t begin = at;
        while (at < in->n && !is_blank(in->text[at]))
            at++;
        if (at == begin)
            break;
        if (n_field < N_FIELD)
            fields[n_field] = (struct field){in->text + begin, at - begin, (int32_t)begin + 1};
        n_field++;
    }
    return n_field;
}

static enum dh_err fail_field(const struct dh_lines *in, const struct field *fields, int f,
                              enum dh_err code) {
    return dh_fail(in->diag, code, dh_lines_place(in, fields[f].col), "%s: '%.*s' is not a number in range",
                   field_name[f], (int)(fields[f].n < 40 ? fields[f].n : 40), fields[f].text);
}

static enum dh_err field_integer(const struct dh_lines *in, const struct field *fields, int f,
                                 int64_t *value) {
    double number = 0;
    size_t end = 0;
    enum dh_err err = dh_number_parse(fields[f].text, fields[f].n, &number, &end);
    if (err == DH_OK && end == fields[f].n && !(number >= -1 && number <= MAX_GPUS))
        err = DH_ERR_RANGE;
    else if (err == DH_OK && (end != fields[f].n || number != rint(number)))
        err = DH_ERR_NUMBER;
    if (err != DH_OK)
        return fail_field(in, fields, f, err);
    *value = (int64_t)number;
    return DH_OK;
}

static enum dh_err field_seconds(const struct dh_lines *in, const struct field *fields, int f,
                                 dh_time *value) {
    enum dh_err err = dh_seconds_parse(fields[f].text, fields[f].n, value);
    return err == DH_OK ? err : fail_field(in, fields, f, err);
}

static enum dh_err read_record(struct dh_joblog_reader *r, const struct dh_lines *in) {
    struct field fields[N_FIELD];
    int32_t n_field = split(in, fields);
    if (n_field != N_FIELD)
        return dh_fail(r->diag, DH_ERR_DATA, dh_lines_place(in, 0), "%d fields where the format has %d%s",
                       n_field, N_FIELD, in->ended && n_field < N_FIELD ? ": the file is cut off" : "");
    for (int f = 0; f < N_FIELD; f++) { /* all are numbers, used or not */
        double ignored = 0;
        size_t end = 0;
        enum dh_err err = dh_number_parse(fields[f].text, fields[f].n, &ignored, &end);
        if (err != DH_OK || end != fields[f].n)
            return fail_field(in, fields, f, err != DH_OK ? err : DH_ERR_NUMBER);
    }
    r->n_row++;
    if (!dh_joblog_wants(r, fields[PARTITION].text, fields[PARTITION].n))
        return DH_OK;
    struct dh_job job = dh_joblog_job(r);
    job.work_kind = DH_WORK_HPC;
    dh_time wait = 0;
    int64_t gpus = 0;
    DH_TRY(field_seconds(in, fields, SUBMIT, &job.submit));
    DH_TRY(field_seconds(in, fields, WAIT, &wait));
    DH_TRY(field_seconds(in, fields, RUN, &job.work));
    DH_TRY(field_seconds(in, fields, TIME_ASKED, &job.requested));
    DH_TRY(field_integer(in, fields, ALLOCATED, &gpus));
    /* A scheduler sees what was asked for. Machines that give whole blocks (KTH's) record more as allocated.
     */
    int64_t asked = 0;
    DH_TRY(field_integer(in, fields, ASKED, &asked));
    r->n_unknown_size += gpus < 0;
    if (asked > 0)
        gpus = asked;
    if (gpus <= 0) {
        dh_joblog_skip_gpus(r, in->line);
        return DH_OK;
    }
    if (job.work <= 0) { /* cancelled before its start, or unknown */
        dh_joblog_skip_time(r, in->line);
        return DH_OK;
    }
    job.gpus = (int32_t)gpus;
    if (job.requested <= 0)
        job.requested = DH_TIME_NONE;
    if (wait >= 0 && wait <= INT64_MAX / 4 && job.submit <= INT64_MAX / 4)
        job.replay_start = job.submit + wait;
    if (fields[USER].text[0] != '-')
        DH_TRY(dh_joblog_tenant(r, &job, fields[USER].text, fields[USER].n,
                                dh_lines_place(in, fields[USER].col)));
    return dh_joblog_append(r, &job, fields[JOB].text, fields[JOB].n, dh_lines_place(in, fields[JOB].col));
}

/* "; MaxProcs: 64": two different ones are worth a word, the jobs stand on their own. */
static void read_comment(struct dh_joblog_reader *r, const struct dh_lines *in, int64_t *max_procs) {
    static const char key[] = "MaxProcs:";
    const char *text = in->text;
    size_t n = in->n;
    while (n > 0 && (*text == ';' || is_blank(*text))) {
        text++;
        n--;
    }
    if (n < sizeof key - 1 || memcmp(text, key, sizeof key - 1) != 0)
        return;
    text += sizeof key - 1;
    n -= sizeof key - 1;
    while (n > 0 && is_blank(*text)) {
        text++;
        n--;
    }
    double value = 0;
    size_t end = 0;
    if (dh_number_parse(text, n, &value, &end) != DH_OK || !(value >= 0 && value < 1e15))
        return;
    if (*max_procs >= 0 && *max_procs != (int64_t)value && !r->told_header) {
        r->told_header = true;
        dh_warn(r->diag, DH_ERR_W_DATA, dh_lines_place(in, 1), "MaxProcs is %lld here and %lld above",
                (long long)value, (long long)*max_procs);
    }
    *max_procs = (int64_t)value;
}

enum dh_err dh_joblog_read_swf(struct dh_joblog_reader *r) {
    struct dh_lines in;
    DH_TRY(dh_joblog_open_lines(r, &in));
    int64_t max_procs = -1;
    bool got = true, any = false;
    enum dh_err err = DH_OK;
    while (err == DH_OK && (err = dh_lines_next(&in, &got)) == DH_OK && got) {
        size_t at = 0;
        while (at < in.n && is_blank(in.text[at]))
            at++;
        any = any || at < in.n;
        if (at < in.n && in.text[at] == ';')
            read_comment(r, &in, &max_procs);
        else if (at < in.n)
            err = read_record(r, &in);
    }
    if (err == DH_OK && !any)
        err = dh_fail(r->diag, DH_ERR_DATA, (struct dh_place){r->path, 1, 1}, "an empty file");
    dh_lines_close(&in);
    return err;
}
