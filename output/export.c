#include "output/export_internal.h"

#include "sim/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void dh_export_text(FILE *out, const char *text) {
    bool formula = *text && strchr("=+-@\t\r", *text) != NULL;
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted)
        putc('"', out);
    if (formula)
        putc('\'', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    if (quoted)
        putc('"', out);
}

/* Nanoseconds as seconds: the shortest exact decimal; nothing for "never". */
static void put_ns(FILE *out, int64_t ns) {
    if (ns == INT64_MIN)
        return;
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, part = size % 1000000000;
    fprintf(out, "%s%" PRIu64, ns < 0 ? "-" : "", size / 1000000000);
    if (part == 0)
        return;
    int digits = 9;
    for (; part % 10 == 0; part /= 10)
        digits--;
    fprintf(out, ".%0*" PRIu64, digits, part);
}

void dh_export_number(FILE *out, double value) {
    if (isnan(value))
        return;
    if (fabs(value) < 1e15 && value == trunc(value)) { /* 60 rather than 6e+01 */
        fprintf(out, "%" PRId64, (int64_t)value);
        return;
    }
    char text[32];
    dh_number_format(value, text, sizeof text);
    fputs(text, out);
}

void dh_export_word(FILE *out, const char *words, int64_t value) {
    size_t n = 0;
    for (int64_t k = 0; *words; k++, words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        if (k == value) {
            fwrite(words, 1, n, out);
            return;
        }
    }
}

/* "17-19:8|30:4" as "17:8|18:8|19:8|30:4". What is not of that form is put as it is. */
static void put_placement(FILE *out, const char *text) {
    const char *at = text;
    for (bool first = true; *at; first = false) {
        long from, to, gpus;
        int used = 0;
        if (sscanf(at, "%9ld-%9ld:%9ld%n", &from, &to, &gpus, &used) != 3 || used == 0) {
            used = 0;
            if (sscanf(at, "%9ld:%9ld%n", &from, &gpus, &used) != 2 || used == 0) {
                dh_export_text(out, at);
                return;
            }
            to = from;
        }
        for (long node = from; node <= to; node++, first = false)
            fprintf(out, "%s%ld:%ld", first ? "" : "|", node, gpus);
        at += used;
        at += *at == '|';
    }
}

static enum dh_err finish(FILE *out, struct dh_diag *diag) {
    bool failed = ferror(out) != 0;
    if (failed) { /* earlier, and the reason is forgotten: it is asked for once more */
        clearerr(out);
        fputc('\n', out);
    }
    errno = 0;
    if (fflush(out) != 0 || failed)
        return dh_fail(diag, DH_ERR_IO, (struct dh_place){"output", 0, 0}, "cannot be written: %s",
                       strerror(errno ? errno : EIO));
    return DH_OK;
}

static enum dh_err memory(struct dh_diag *diag) {
    return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for the export");
}

/* ---- jobs ------------------------------------------------------------------------------------------------
 */

enum { WINDOW = 16 * 1024 };
enum { SUBMIT, START, END, GPUS, NODES, STATE, SERVICE, N_INTEGER };
enum { ID, PLACEMENT, POOL, N_TEXT };

struct job_window {
    int64_t integers[N_INTEGER][WINDOW];
    const char *texts[N_TEXT][WINDOW];
    double slowdown[WINDOW]; /* by the network; where there is one */
};

static void put_job(FILE *out, const struct job_window *w, int64_t i, const char *states, bool slowdown) {
    int64_t submit = w->integers[SUBMIT][i], start = w->integers[START][i];
    dh_export_text(out, w->texts[ID][i]);
    putc(',', out);
    put_ns(out, submit);
    putc(',', out);
    put_ns(out, start);
    putc(',', out);
    put_ns(out, w->integers[END][i]);
    putc(',', out);
    int64_t wait;
    if (start != INT64_MIN && !__builtin_sub_overflow(start, submit, &wait))
        put_ns(out, wait);
    fprintf(out, ",%" PRId64 ",%" PRId64 ",", w->integers[GPUS][i], w->integers[NODES][i]);
    put_placement(out, w->texts[PLACEMENT][i]);
    putc(',', out);
    dh_export_text(out, w->texts[POOL][i]);
    putc(',', out);
    dh_export_word(out, states, w->integers[STATE][i]);
    if (slowdown)
        putc(',', out);
    if (slowdown && !isnan(w->slowdown[i]))
        dh_export_number(out, w->slowdown[i]);
    putc('\n', out);
}

static enum dh_err jobs(struct dh_result *r, FILE *out, struct job_window *w, struct dh_diag *diag) {
    static const char *const integers[N_INTEGER] = {"submit_ns", "start_ns", "end_ns", "gpus",
                                                    "nodes",     "state",    "service"};
    static const char *const texts[N_TEXT] = {"job", "placement", "pool"};
    const struct dh_result_dataset *columns[N_INTEGER], *labels[N_TEXT];
    const struct dh_result_dataset *id = dh_result_find(r, "jobs", "job"),
                                   *slowdown = dh_result_find(r, "jobs", "network_slowdown");
    if (slowdown &&
        (!id || slowdown->kind != DH_RESULT_NUMBER || slowdown->rows != id->rows || slowdown->rank != 1))
        slowdown = NULL;
    fputs("id,submit_s,start_s,end_s,wait_s,gpus,nodes,placement,pool,state", out);
    fputs(slowdown ? ",network_slowdown\n" : "\n", out);
    if (!id)
        return DH_OK;
    for (int i = 0; i < N_INTEGER; i++) {
        columns[i] = dh_result_find(r, "jobs", integers[i]);
        if (!columns[i] || columns[i]->kind != DH_RESULT_INTEGER || columns[i]->rows != id->rows ||
            columns[i]->rank != 1)
            return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){0}, "/jobs has no whole column %s",
                           integers[i]);
    }
    for (int i = 0; i < N_TEXT; i++) {
        labels[i] = dh_result_find(r, "jobs", texts[i]);
        if (!labels[i] || labels[i]->kind != DH_RESULT_TEXT || labels[i]->rows != id->rows)
            return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){0}, "/jobs has no whole column %s",
                           texts[i]);
    }
    for (int64_t first = 0; first < id->rows; first += WINDOW) {
        int64_t n = id->rows - first < WINDOW ? id->rows - first : WINDOW;
        struct dh_arena arena = {0};
        enum dh_err err = DH_OK;
        for (int i = 0; i < N_INTEGER && !err; i++)
            err = dh_result_integers(r, columns[i], first, n, w->integers[i]);
        for (int i = 0; i < N_TEXT && !err; i++)
            err = dh_result_texts(r, labels[i], first, n, &arena, w->texts[i]);
        if (slowdown && !err)
            err = dh_result_numbers(r, slowdown, first, n, w->slowdown);
        for (int64_t i = 0; i < n && !err; i++)
            if (w->integers[SERVICE][i] < 0)
                put_job(out, w, i, columns[STATE]->flags, slowdown != NULL);
        dh_arena_free(&arena);
        DH_TRY(err);
    }
    return DH_OK;
}

enum dh_err dh_export_jobs(struct dh_result *result, FILE *out, struct dh_diag *diag) {
    struct job_window *window = malloc(sizeof *window);
    if (!window)
        return memory(diag);
    enum dh_err err = jobs(result, out, window, diag);
    free(window);
    return err ? err : finish(out, diag);
}

/* ---- series ----------------------------------------------------------------------------------------------
 */

static bool wanted(const char *columns, const char *name) {
    if (!columns || !*columns)
        return true;
    size_t n = strlen(name);
    for (const char *at = columns; *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, name, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
    return false;
}

/* The columns of one table: all those of a group with the same second dimension. */
struct table {
    const struct dh_result_dataset **columns;
    int32_t n_column;
    const struct dh_result_dataset *time, *label;
    int64_t rows, width;
};

static void put_rows(FILE *out, const struct table *t, const double *time, double *const *values,
                     const char *const *labels, int64_t n) {
    for (int64_t row = 0; row < n; row++)
        for (int64_t k = 0; k < t->width; k++) {
            dh_export_number(out, time[row]);
            if (t->label) {
                putc(',', out);
                dh_export_text(out, labels[k]);
            }
            for (int32_t c = 0; c < t->n_column; c++) {
                putc(',', out);
                dh_export_number(out, values[c][row * t->width + k]);
            }
            putc('\n', out);
        }
}

static enum dh_err put_table(struct dh_result *r, const struct table *t, FILE *out, struct dh_diag *diag) {
    enum dh_err err = DH_OK;
    struct dh_arena arena = {0};
    int64_t window = (256 * 1024) / t->width;
    window = window < 1 ? 1 : window > 4096 ? 4096 : window;
    double *time = dh_arena_array(&arena, (size_t)window, sizeof *time);
    double **values = dh_arena_array(&arena, (size_t)t->n_column + 1, sizeof *values);
    const char **labels = dh_arena_array(&arena, (size_t)t->width, sizeof *labels);
    if (!time || !values || !labels)
        err = memory(diag);
    for (int32_t c = 0; c < t->n_column && !err; c++) {
        values[c] = dh_arena_array(&arena, (size_t)(window * t->width), sizeof **values);
        if (!values[c])
            err = memory(diag);
    }
    if (!err && t->label)
        err = dh_result_texts(r, t->label, 0, t->width, &arena, labels);
    if (!err) {
        fputs("time_s", out);
        if (t->label) {
            putc(',', out);
            dh_export_text(out, t->label->name);
        }
        for (int32_t c = 0; c < t->n_column; c++) {
            putc(',', out);
            dh_export_text(out, t->columns[c]->name);
        }
        putc('\n', out);
    }
    for (int64_t first = 0; first < t->rows && !err; first += window) {
        int64_t n = t->rows - first < window ? t->rows - first : window;
        err = dh_result_numbers(r, t->time, first, n, time);
        for (int32_t c = 0; c < t->n_column && !err; c++)
            err = dh_result_numbers(r, t->columns[c], first, n, values[c]);
        if (!err)
            put_rows(out, t, time, values, labels, n);
    }
    dh_arena_free(&arena);
    return err;
}

enum dh_err dh_export_table(struct dh_result *result, const char *group, const char *columns, FILE *out,
                            struct dh_diag *diag) {
    const struct dh_result_info *info = dh_result_contents(result);
    if (strcmp(group, "events") == 0 && (!columns || !*columns)) {
        DH_TRY(dh_export_events(result, out, diag));
        return finish(out, diag);
    }
    struct table t = {.time = dh_result_find(result, group, "time"), .width = 1};
    if (!t.time || t.time->rank != 1 || t.time->kind != DH_RESULT_NUMBER)
        return dh_fail(diag, DH_ERR_USAGE, (struct dh_place){group, 0, 0}, "the result has no such table");
    t.rows = t.time->rows;
    t.columns = malloc(((size_t)info->n_dataset + 1) * sizeof *t.columns);
    if (!t.columns)
        return memory(diag);
    /* The first column that is wanted decides the table: /cooling holds several, of different widths. */
    const char *dimension = NULL;
    for (int32_t i = 0; i < info->n_dataset; i++) {
        const struct dh_result_dataset *d = &info->datasets[i];
        bool series = d->rank > 0 && strcmp(d->dimension[0], "time") == 0 && d->kind != DH_RESULT_TEXT;
        if (strcmp(d->group, group) != 0 || d == t.time || !series || !wanted(columns, d->name))
            continue;
        if (!dimension) {
            dimension = d->dimension[1];
            t.width = d->columns;
            if (d->rank == 2)
                t.label = dh_result_find(result, group, dimension);
        }
        if (strcmp(d->dimension[1], dimension) != 0 || d->columns != t.width)
            continue;
        t.columns[t.n_column++] = d;
        t.rows = d->rows < t.rows ? d->rows : t.rows;
    }
    enum dh_err err = DH_OK;
    if (t.n_column == 0) /* all columns were wanted: the file is damaged */
        err =
            columns && *columns
                ? dh_fail(diag, DH_ERR_USAGE, (struct dh_place){group, 0, 0}, "the table has no such column")
                : dh_fail(diag, DH_ERR_RESULT, (struct dh_place){group, 0, 0}, "the table has no columns");
    else if (t.width < 1 ||
             (t.label && (t.label->kind != DH_RESULT_TEXT || t.label->rows != t.width || t.label->rank != 1)))
        err = dh_fail(diag, DH_ERR_RESULT, (struct dh_place){group, 0, 0}, "the table's labels do not fit");
    else
        err = put_table(result, &t, out, diag);
    free(t.columns);
    return err ? err : finish(out, diag);
}
