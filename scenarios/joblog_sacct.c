/* Slurm's accounting, one line a job:
 *   TZ=UTC sacct -aXPn --starttime … -o JobIDRaw,Submit,Eligible,Start,End,ElapsedRaw,TimelimitRaw,State,\
 *     Partition,Account,User,QOS,ReqTRES,AllocTRES,NodeList,ConsumedEnergyRaw
 * With a header (no -n) columns may stand in any order and others between them; without one they are these.
 * Times are UTC or, by SLURM_TIME_FORMAT=%s, seconds since 1970. */
#include "scenarios/joblog_reader.h"

#include "sim/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GPUS = 100000000, MAX_COLUMNS = 256 };

enum {
    ID,
    SUBMIT,
    ELIGIBLE,
    START,
    END,
    ELAPSED,
    LIMIT,
    STATE,
    PARTITION,
    ACCOUNT,
    USER,
    QOS,
    REQUESTED,
    ALLOCATED,
    NODES,
    ENERGY,
    N_COLUMN
};

/* alias: what the same command prints without "Raw". Elapsed and Timelimit are then clocks: [DD-]HH:MM:SS. */
static const struct {
    const char *name, *alias;
    bool needed;
} columns[N_COLUMN] = {
    [ID] = {"JobIDRaw",          "JobID",     true },
    [SUBMIT] = {"Submit",            NULL,        true },
    [ELIGIBLE] = {"Eligible",          NULL,        false},
    [START] = {"Start",             NULL,        true },
    [END] = {"End",               NULL,        false},
    [ELAPSED] = {"ElapsedRaw",        "Elapsed",   true },
    [LIMIT] = {"TimelimitRaw",      "Timelimit", false},
    [STATE] = {"State",             NULL,        true },
    [PARTITION] = {"Partition",         NULL,        false},
    [ACCOUNT] = {"Account",           NULL,        false},
    [USER] = {"User",              NULL,        false},
    [QOS] = {"QOS",               NULL,        false},
    [REQUESTED] = {"ReqTRES",           NULL,        false},
    [ALLOCATED] = {"AllocTRES",         NULL,        true },
    [NODES] = {"NodeList",          NULL,        false},
    [ENERGY] = {"ConsumedEnergyRaw", NULL,        false},
};

struct field {
    const char *text;
    size_t n;
    int32_t col;
};

/* Ids seen, for attempts of the same job: rows of out->jobs + 1 by an open hash. */
struct seen {
    int32_t *slots;
    size_t n_slot;
    uint8_t *again; /* of each job of this log: its last record ended so that Slurm starts it once more */
    int32_t n_again_room;
};

struct table {
    struct dh_joblog_reader *r;
    struct dh_lines in;
    int32_t column[N_COLUMN]; /* -1: absent */
    bool alias[N_COLUMN];
    int32_t n_field;
    struct field fields[MAX_COLUMNS];
    struct seen seen;
};

static bool is(const struct field *f, const char *word) {
    return f->n == strlen(word) && memcmp(f->text, word, f->n) == 0;
}

static bool begins(const struct field *f, const char *word) {
    return f->n >= strlen(word) && memcmp(f->text, word, strlen(word)) == 0;
}

static const struct field *at(const struct table *t, int c) {
    static const struct field nothing = {"", 0, 0};
    return t->column[c] >= 0 ? &t->fields[t->column[c]] : &nothing;
}

static enum dh_err fail_field(const struct table *t, int c, enum dh_err code, const char *wanted) {
    const struct field *f = at(t, c);
    return dh_fail(t->r->diag, code, dh_lines_place(&t->in, f->col), "%s: '%.*s' is not %s%s",
                   columns[c].name, (int)(f->n < 40 ? f->n : 40), f->text, wanted,
                   t->in.ended && t->column[c] == t->n_field - 1 ? " (is the file cut off?)" : "");
}

static enum dh_err split(struct table *t) {
    size_t begin = 0;
    t->n_field = 0;
    for (size_t i = 0; i <= t->in.n; i++) {
        if (i < t->in.n && t->in.text[i] != '|')
            continue;
        size_t end = i;
        size_t from = begin;
        while (from < end && t->in.text[from] == ' ')
            from++;
        while (end > from && t->in.text[end - 1] == ' ')
            end--;
        if (t->n_field == MAX_COLUMNS)
            return dh_fail(t->r->diag, DH_ERR_DATA, dh_lines_place(&t->in, (int32_t)begin + 1),
                           "more than %d fields", MAX_COLUMNS);
        t->fields[t->n_field++] = (struct field){t->in.text + from, end - from, (int32_t)from + 1};
        begin = i + 1;
    }
    return DH_OK;
}

/* Is the line a header? Then its columns are found by their names. */
static enum dh_err find_columns(struct table *t, bool *header) {
    *header = false;
    for (int32_t f = 0; f < t->n_field; f++)
        *header = *header || is(&t->fields[f], "JobIDRaw") || is(&t->fields[f], "JobID");
    for (int c = 0; c < N_COLUMN; c++) {
        t->column[c] = *header ? -1 : c;
        for (int32_t f = 0; *header && f < t->n_field; f++) {
            bool alias = columns[c].alias && is(&t->fields[f], columns[c].alias);
            if (!alias && !is(&t->fields[f], columns[c].name))
                continue;
            if (t->column[c] >= 0 && t->alias[c] == alias)
                return dh_fail(t->r->diag, DH_ERR_DATA, dh_lines_place(&t->in, t->fields[f].col),
                               "column %s is there twice", columns[c].name);
            if (t->column[c] < 0 || !alias) {
                t->column[c] = f;
                t->alias[c] = alias;
            }
        }
        if (t->column[c] < 0 && columns[c].needed) {
            dh_fail(t->r->diag, DH_ERR_MISSING, dh_lines_place(&t->in, 1), "no column %s", columns[c].name);
            dh_diag_hint(t->r->diag, "print it with sacct -o …,%s", columns[c].name);
            return DH_ERR_MISSING;
        }
    }
    return DH_OK;
}

/* An instant; *known is false for those that Slurm does not know (yet). */
static enum dh_err read_instant(const struct table *t, int c, dh_time *unix_ns, bool *known) {
    const struct field *f = at(t, c);
    *known = false;
    if (f->n == 0 || is(f, "Unknown") || is(f, "None") || is(f, "N/A") || is(f, "0"))
        return DH_OK;
    bool digits = true;
    for (size_t i = 0; i < f->n; i++)
        digits = digits && f->text[i] >= '0' && f->text[i] <= '9';
    enum dh_err err =
        digits ? dh_seconds_parse(f->text, f->n, unix_ns) : dh_instant_parse(f->text, f->n, unix_ns);
    if (err != DH_OK)
        return fail_field(t, c, err, "a date and time such as 2026-07-01T12:00:00, or seconds since 1970");
    *known = true;
    return DH_OK;
}

/* "1-02:03:04", "02:03:04", "03:04": days, hours, minutes, seconds, from the right. */
static enum dh_err clock_seconds(const char *text, size_t n, double *seconds) {
    static const double unit[] = {1, 60, 3600};
    double part[4] = {0};
    int n_part = 0;
    size_t end = 0;
    *seconds = 0;
    const char *dash = memchr(text, '-', n);
    if (dash) {
        if (dh_number_parse(text, (size_t)(dash - text), &part[0], &end) != DH_OK ||
            end != (size_t)(dash - text) || part[0] < 0)
            return DH_ERR_NUMBER;
        *seconds = 86400 * part[0];
        n -= (size_t)(dash - text) + 1;
        text = dash + 1;
    }
    while (n_part < 3) {
        const char *colon = memchr(text, ':', n);
        size_t n_text = colon ? (size_t)(colon - text) : n;
        if (dh_number_parse(text, n_text, &part[n_part], &end) != DH_OK || end != n_text || part[n_part] < 0)
            return DH_ERR_NUMBER;
        n_part++;
        if (!colon)
            break;
        n -= n_text + 1;
        text = colon + 1;
        if (n_part == 3)
            return DH_ERR_NUMBER;
    }
    if (n_part < 2)
        return DH_ERR_NUMBER;
    for (int p = 0; p < n_part; p++)
        *seconds += part[p] * unit[n_part - 1 - p];
    return *seconds <= 4e9 ? DH_OK : DH_ERR_RANGE;
}

static enum dh_err read_elapsed(const struct table *t, dh_time *elapsed) {
    const struct field *f = at(t, ELAPSED);
    *elapsed = 0;
    if (f->n == 0 || is(f, "Unknown") || is(f, "INVALID"))
        return DH_OK;
    double seconds = 0;
    enum dh_err err =
        t->alias[ELAPSED] ? clock_seconds(f->text, f->n, &seconds) : dh_seconds_parse(f->text, f->n, elapsed);
    if (err != DH_OK || *elapsed < 0)
        return fail_field(t, ELAPSED, err == DH_OK ? DH_ERR_RANGE : err, "a number of seconds");
    if (t->alias[ELAPSED])
        *elapsed = dh_time_from_s(seconds);
    return DH_OK;
}

/* In minutes (raw); none: the partition decides, or nobody. */
static enum dh_err read_limit(const struct table *t, dh_time *limit) {
    const struct field *f = at(t, LIMIT);
    *limit = DH_TIME_NONE;
    if (f->n == 0 || is(f, "UNLIMITED") || is(f, "Partition_Limit") || is(f, "Unknown") || is(f, "INVALID"))
        return DH_OK;
    double seconds = 0;
    size_t end = 0;
    enum dh_err err = t->alias[LIMIT] ? clock_seconds(f->text, f->n, &seconds)
                                      : dh_number_parse(f->text, f->n, &seconds, &end);
    if (err == DH_OK && !t->alias[LIMIT] && end != f->n)
        err = DH_ERR_NUMBER;
    seconds *= t->alias[LIMIT] ? 1 : 60;
    if (err == DH_OK && !(seconds >= 0 && seconds <= 4e9))
        err = DH_ERR_RANGE;
    if (err != DH_OK)
        return fail_field(t, LIMIT, err, "a number of minutes");
    if (seconds > 0)
        *limit = dh_time_from_s(seconds);
    return DH_OK;
}

/* GPUs of "billing=8,cpu=64,gres/gpu=8,gres/gpu:h100=8,node=1": the sum that Slurm made, or that of the kinds
 * where it made none. Both say the same thing: they are never added. */
static enum dh_err read_gpus(const struct table *t, int c, int64_t *gpus, bool *given) {
    const struct field *f = at(t, c);
    int64_t total = -1, kinds = 0;
    bool any_kind = false;
    *given = f->n > 0;
    for (size_t from = 0; from < f->n;) {
        const char *text = f->text + from, *comma = memchr(text, ',', f->n - from);
        size_t n = comma ? (size_t)(comma - text) : f->n - from;
        const char *equals = memchr(text, '=', n);
        struct field item = {text, n, f->col + (int32_t)from};
        from += n + 1;
        if (!equals || equals == text)
            return dh_fail(t->r->diag, DH_ERR_DATA, dh_lines_place(&t->in, item.col),
                           "%s: '%.*s' is not NAME=COUNT", columns[c].name, (int)(n < 40 ? n : 40), text);
        struct field name = {text, (size_t)(equals - text), item.col};
        bool plain = is(&name, "gres/gpu"), typed = begins(&name, "gres/gpu:");
        if (!plain && !typed)
            continue;
        double count = 0;
        size_t n_count = n - name.n - 1, end = 0;
        if (dh_number_parse(equals + 1, n_count, &count, &end) != DH_OK || end != n_count ||
            count != rint(count) || !(count >= 0 && count <= MAX_GPUS))
            return dh_fail(t->r->diag, DH_ERR_NUMBER, dh_lines_place(&t->in, item.col + (int32_t)name.n + 1),
                           "%s: '%.*s' is no count of GPUs", columns[c].name, (int)(n < 40 ? n : 40), text);
        if (plain && total >= 0)
            return dh_fail(t->r->diag, DH_ERR_DATA, dh_lines_place(&t->in, item.col),
                           "%s: gres/gpu is there twice", columns[c].name);
        any_kind = any_kind || typed;
        kinds += typed ? (int64_t)count : 0;
        total = plain ? (int64_t)count : total;
    }
    *gpus = total >= 0 ? total : any_kind ? kinds : 0;
    if (*gpus > MAX_GPUS)
        return fail_field(t, c, DH_ERR_RANGE, "a count of GPUs within reach");
    return DH_OK;
}

/* ---- attempts of the same job -------------------------------------------------------------------------- */

static size_t hash_of(const char *text, size_t n) {
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 29);
}

static int32_t *slot_of(const struct table *t, const char *id, size_t n) {
    const struct seen *s = &t->seen;
    for (size_t i = hash_of(id, n) & (s->n_slot - 1);; i = (i + 1) & (s->n_slot - 1)) {
        const char *other = s->slots[i] ? dh_job_id(t->r->out, s->slots[i] - 1) : NULL;
        if (!other || (strlen(other) == n && memcmp(other, id, n) == 0))
            return &s->slots[i];
    }
}

/* Room for one job more. */
static bool seen_grow(struct table *t) {
    struct seen *s = &t->seen;
    int32_t n_job = t->r->out->n_job - t->r->first_job;
    if (n_job >= s->n_again_room) {
        int32_t room = s->n_again_room ? 2 * s->n_again_room : 1024;
        uint8_t *again = realloc(s->again, (size_t)room);
        if (!again)
            return false;
        s->again = again;
        s->n_again_room = room;
    }
    if ((size_t)n_job * 2 < s->n_slot)
        return true;
    struct seen old = *s;
    s->n_slot = old.n_slot ? 2 * old.n_slot : 4096;
    s->slots = calloc(s->n_slot, sizeof *s->slots);
    if (!s->slots) {
        s->slots = old.slots;
        s->n_slot = old.n_slot;
        return false;
    }
    for (size_t i = 0; i < old.n_slot; i++)
        if (old.slots[i]) {
            const char *id = dh_job_id(t->r->out, old.slots[i] - 1);
            *slot_of(t, id, strlen(id)) = old.slots[i];
        }
    free(old.slots);
    return true;
}

/* Appends the job; or, where its id was there and Slurm took that attempt back, puts it in its place: what
 * has to be simulated is the run that came through, from the first submission on. */
static enum dh_err keep(struct table *t, struct dh_job *job, bool again) {
    const struct field *id = at(t, ID);
    struct dh_job_list *out = t->r->out;
    struct dh_place place = dh_lines_place(&t->in, id->col);
    if (!seen_grow(t))
        return dh_fail(t->r->diag, DH_ERR_MEMORY, place, "out of memory");
    int32_t *slot = slot_of(t, id->text, id->n);
    if (*slot && t->seen.again[*slot - 1 - t->r->first_job]) {
        struct dh_job *before = &out->jobs[*slot - 1];
        dh_joblog_attempt(t->r, before, t->in.line);
        job->name = before->name;
        if (before->submit < job->submit)
            job->submit = before->submit;
        *before = *job;
        t->seen.again[*slot - 1 - t->r->first_job] = again;
        return DH_OK;
    }
    DH_TRY(dh_joblog_append(t->r, job, id->text, id->n, place));
    *slot = out->n_job;
    t->seen.again[out->n_job - 1 - t->r->first_job] = again;
    return DH_OK;
}

/* ---- records ------------------------------------------------------------------------------------------- */

static enum dh_err read_energy(struct table *t) {
    const struct field *f = at(t, ENERGY);
    double joules = 0;
    size_t end = 0;
    if (f->n == 0)
        return DH_OK;
    enum dh_err err = dh_number_parse(f->text, f->n, &joules, &end);
    if (err != DH_OK || end != f->n || joules < 0)
        return fail_field(t, ENERGY, err != DH_OK ? err : DH_ERR_NUMBER, "a number of joules");
    if (joules < 1e18) /* 2^64 - 2: Slurm's word for "not measured" */
        dh_sum_add(&t->r->measured_j, joules);
    return DH_OK;
}

static enum dh_err read_times(struct table *t, struct dh_job *job) {
    dh_time eligible = 0;
    bool known = false, started = false;
    DH_TRY(read_instant(t, SUBMIT, &job->submit, &known));
    if (!known)
        return fail_field(t, SUBMIT, DH_ERR_NUMBER, "the time of its submission");
    DH_TRY(read_instant(t, ELIGIBLE, &eligible, &known));
    if (known && eligible > job->submit)
        dh_joblog_held(t->r, t->in.line);
    DH_TRY(read_instant(t, START, &job->replay_start, &started));
    if (!started)
        job->replay_start = DH_TIME_NONE;
    DH_TRY(read_elapsed(t, &job->work));
    dh_time end = 0;
    DH_TRY(read_instant(t, END, &end, &known));
    if (job->work == 0 && known && started && at(t, ELAPSED)->n == 0)
        job->work = end - job->replay_start;
    return read_limit(t, &job->requested);
}

static enum dh_err read_record(struct table *t) {
    const struct field *id = at(t, ID), *state = at(t, STATE);
    struct dh_joblog_reader *r = t->r;
    if (id->n == 0 || id->text[0] < '0' || id->text[0] > '9') {
        dh_fail(r->diag, DH_ERR_DATA, dh_lines_place(&t->in, id->col > 0 ? id->col : 1),
                "JobIDRaw: '%.*s' is no job id", (int)(id->n < 40 ? id->n : 40), id->text);
        dh_diag_hint(r->diag, "as sacct -aXPn -o JobIDRaw,Submit,Eligible,Start,End,ElapsedRaw,TimelimitRaw,"
                              "State,Partition,Account,User,QOS,ReqTRES,AllocTRES,NodeList,ConsumedEnergyRaw "
                              "prints it, or with a header");
        return DH_ERR_DATA;
    }
    r->n_row++;
    if (memchr(id->text, '.', id->n)) {
        dh_joblog_step(r);
        return DH_OK;
    }
    if (!dh_joblog_wants(r, at(t, PARTITION)->text, at(t, PARTITION)->n))
        return DH_OK;
    struct dh_job job = dh_joblog_job(r);
    int64_t gpus = 0;
    bool given = false;
    DH_TRY(read_times(t, &job));
    DH_TRY(read_gpus(t, ALLOCATED, &gpus, &given));
    if (!given)
        DH_TRY(read_gpus(t, REQUESTED, &gpus, &given));
    DH_TRY(read_energy(t));
    if (gpus == 0) {
        dh_joblog_skip_gpus(r, t->in.line);
        return DH_OK;
    }
    if (job.work <= 0) { /* pending, or cancelled before its start */
        dh_joblog_skip_time(r, t->in.line);
        return DH_OK;
    }
    job.gpus = (int32_t)gpus;
    if (is(state, "RUNNING") || is(state, "SUSPENDED") || is(state, "COMPLETING"))
        dh_joblog_unfinished(r, t->in.line);
    const struct field *tenant = at(t, ACCOUNT)->n > 0 ? at(t, ACCOUNT) : at(t, USER);
    if (tenant->n > 0)
        DH_TRY(dh_joblog_tenant(r, &job, tenant->text, tenant->n, dh_lines_place(&t->in, tenant->col)));
    bool again = begins(state, "REQUEUE") || begins(state, "PREEMPTED") || begins(state, "NODE_FAIL") ||
                 begins(state, "BOOT_FAIL") || begins(state, "RESIZING");
    return keep(t, &job, again);
}

static enum dh_err read_line(struct table *t, int32_t *width) {
    DH_TRY(split(t));
    bool header = false;
    if (*width == 0) {
        DH_TRY(find_columns(t, &header));
        *width = header ? t->n_field : N_COLUMN;
        if (header)
            return DH_OK;
    }
    if (t->n_field == *width + 1 && t->fields[*width].n == 0)
        t->n_field--; /* -p instead of -P: a bar at the end */
    if (t->n_field != *width)
        return dh_fail(t->r->diag, DH_ERR_DATA, dh_lines_place(&t->in, 0),
                       "%d fields between bars where there should be %d%s", t->n_field, *width,
                       t->in.ended && t->n_field < *width ? ": the file is cut off" : "");
    return read_record(t);
}

enum dh_err dh_joblog_read_sacct(struct dh_joblog_reader *r) {
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return dh_fail(r->diag, DH_ERR_MEMORY, (struct dh_place){r->path, 0, 0}, "out of memory");
    t->r = r;
    enum dh_err err = dh_joblog_open_lines(r, &t->in);
    if (err != DH_OK) {
        free(t);
        return err;
    }
    bool got = true, any = false;
    int32_t width = 0;
    while (err == DH_OK && (err = dh_lines_next(&t->in, &got)) == DH_OK && got) {
        if (t->in.n == 0)
            continue;
        any = true;
        err = read_line(t, &width);
    }
    if (err == DH_OK && !any)
        err = dh_fail(r->diag, DH_ERR_DATA, (struct dh_place){r->path, 1, 1}, "an empty file");
    dh_lines_close(&t->in);
    free(t->seen.slots);
    free(t->seen.again);
    free(t);
    return err;
}
