/* A study's points, each in a process of its own: one result a point, and an index of all.
 *
 * A point's result has its name only when it is complete, so that a sweep that was killed goes on where it
 * was: points whose result is there, of the same effective scenario (by its SHA-256) and as many seeds, are
 * not run again. Several machines share a folder: each takes every n-th point. Whoever ends writes the index
 * of what is there by then. */
#include "sim/api/sweep.h"

#include "output/result_read.h"
#include "sim/api/child.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct dh_place nowhere = {NULL, 0, 0};

enum { MAX_WORKERS = 1024, MESSAGE = 1024 };

struct dh_sweep {
    struct dh_study study;
    const char *folder; /* of the results */
    int32_t n_run, n_kept, n_failed;
    struct dh_summary *points; /* of each point; no entries: not there */
    struct dh_arena mem;
};

static const char *point_path(const struct dh_sweep *s, int32_t point, struct dh_text *text) {
    text->n = 0;
    dh_text_printf(text, "%s/point-%06d.h5", s->folder, (int)point + 1);
    return text->at;
}

/* ---- one point, in a child --------------------------------------------------------------------------------
 */

struct changes {
    char texts[DH_STUDY_VARY][DH_STUDY_VALUE + 512];
    const char *sets[DH_STUDY_VARY], *params[DH_STUDY_VARY];
    struct dh_scenario_changes is;
};

static enum dh_err changes_of(struct changes *c, const struct dh_study *study, int32_t point,
                              struct dh_diag *diag) {
    *c = (struct changes){0};
    c->is.sets = c->sets;
    c->is.params = c->params;
    for (int32_t v = 0; v < study->n_vary; v++) {
        char value[DH_STUDY_VALUE];
        const struct dh_study_vary *vary = &study->vary[v];
        if (!dh_study_changes(study, point, v))
            continue;
        dh_study_value(study, point, v, value);
        int n = snprintf(c->texts[v], sizeof *c->texts, "%s=%s", vary->path ? vary->path : vary->parameter,
                         value);
        if (n < 0 || (size_t)n >= sizeof *c->texts)
            return dh_fail(diag, DH_ERR_VALUE, vary->place, "this path is longer than 500 characters");
        if (vary->path)
            c->sets[c->is.n_set++] = c->texts[v];
        else
            c->params[c->is.n_param++] = c->texts[v];
    }
    return DH_OK;
}

/* Is the point's result there, of this scenario and with all its seeds? */
static bool is_done(const char *path, const char *sha256, int32_t seeds) {
    struct dh_result *result = NULL;
    struct dh_diag unheard = {0};
    struct dh_arena mem = {0};
    bool done = false;
    if (access(path, F_OK) == 0 && dh_result_open(&result, path, &unheard) == DH_OK) {
        const char *has = dh_result_provenance(result, "scenario_sha256", &mem);
        const struct dh_result_dataset *seed = dh_result_find(result, "replications", "seed");
        done = has && strcmp(has, sha256) == 0 &&
               strcmp(dh_result_contents(result)->status, "complete") == 0 &&
               (seeds < 2 || (seed && seed->rows == seeds));
    }
    dh_result_close(result);
    dh_diag_free(&unheard);
    dh_arena_free(&mem);
    return done;
}

enum outcome { RUN = 1, KEPT };

static enum dh_err run_point(const struct dh_sweep *s, int32_t point, const volatile int *stop, char *outcome,
                             struct dh_diag *diag) {
    struct changes *c = malloc(sizeof *c);
    struct dh_text path = {0};
    struct dh_sim *sim = NULL;
    struct dh_replications *others = NULL;
    if (!c)
        return DH_ERR_MEMORY;
    enum dh_err err = changes_of(c, &s->study, point, diag);
    if (err == DH_OK)
        err = dh_sim_open(&sim, s->study.scenario, &c->is, diag);
    if (err == DH_OK && !point_path(s, point, &path))
        err = DH_ERR_MEMORY;
    if (err == DH_OK && is_done(path.at, dh_sim_sha256(sim), s->study.seeds)) {
        *outcome = KEPT;
    } else if (err == DH_OK) {
        struct dh_replication_options replication = {.n = s->study.seeds, .workers = 1, .stop = stop};
        if (s->study.seeds > 1)
            err = dh_replicate(&others, s->study.scenario, &c->is, &replication, diag);
        struct dh_run_options options = {
            .output = path.at, .no_series = !s->study.series, .stop = stop, .replications = others};
        if (err == DH_OK)
            err = dh_sim_run(sim, &options, diag);
        *outcome = RUN;
    }
    dh_replications_delete(others);
    dh_sim_close(sim);
    dh_text_free(&path);
    free(c);
    return err;
}

/* Answer of a child: its outcome, the error and what it says. */
struct answer {
    int32_t err;
    char outcome;
    char text[MESSAGE];
};

struct item {
    const struct dh_sweep *sweep;
    int32_t point;
    const volatile int *stop;
};

static void serve(void *self, int to) {
    const struct item *item = self;
    struct answer answer = {0};
    struct dh_diag *diag = dh_diag_new();
    answer.err = diag ? (int32_t)run_point(item->sweep, item->point, item->stop, &answer.outcome, diag)
                      : DH_ERR_MEMORY;
    for (int32_t i = 0; answer.err != DH_OK && i < dh_diag_count(diag); i++)
        if (!dh_diag_at(diag, i).warning) {
            snprintf(answer.text, sizeof answer.text, "%s", dh_diag_at(diag, i).text);
            break;
        }
    dh_diag_delete(diag);
    dh_child_send(to, &answer, sizeof answer);
}

/* ---- all points -------------------------------------------------------------------------------------------
 */

/* A point's error does not end the sweep: it is told, counted, and the others go on. */
static void harvest(struct dh_sweep *s, struct dh_child *child, int32_t point, bool unwanted,
                    const struct dh_sweep_options *o) {
    struct answer answer = {.err = DH_ERR_IO, .text = "its process was killed"};
    struct answer got;
    size_t n = 0;
    while (!unwanted && n < sizeof got) {
        ssize_t more = read(child->from, (char *)&got + n, sizeof got - n);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            break;
        n += (size_t)more;
    }
    if (n == sizeof got)
        answer = got;
    answer.text[MESSAGE - 1] = '\0';
    dh_child_end(child, unwanted);
    if (answer.err == DH_ERR_INTERRUPTED || unwanted)
        return;
    s->n_run += answer.err == DH_OK && answer.outcome == RUN;
    s->n_kept += answer.err == DH_OK && answer.outcome == KEPT;
    s->n_failed += answer.err != DH_OK;
    if (answer.err != DH_OK && o->failed)
        o->failed(o->self, point + 1, answer.text);
}

static enum dh_err run_all(struct dh_sweep *s, const struct dh_sweep_options *o, struct dh_diag *diag) {
    struct dh_child children[MAX_WORKERS];
    int32_t points[MAX_WORKERS], n = 0, next = o->task, done = 0;
    int32_t mine = s->study.n_point > o->task ? (s->study.n_point - o->task + o->n_task - 1) / o->n_task : 0;
    enum dh_err err = DH_OK;
    while (err == DH_OK && (n > 0 || next < s->study.n_point)) {
        bool stopped = o->stop && *o->stop;
        if (stopped && n == 0)
            break;
        while (!stopped && n < o->workers && next < s->study.n_point && err == DH_OK) {
            struct item item = {s, next, o->stop};
            err = dh_child_start(&children[n], serve, &item, children, n, diag);
            points[n] = next;
            n += err == DH_OK;
            next += o->n_task;
        }
        struct pollfd ready[MAX_WORKERS];
        for (int32_t i = 0; i < n; i++)
            ready[i] = (struct pollfd){.fd = children[i].from, .events = POLLIN};
        if (poll(ready, n > 0 ? (nfds_t)n : 0, 500) < 0 && errno != EINTR)
            err = dh_fail(diag, DH_ERR_IO, nowhere, "waiting for points: %s", strerror(errno));
        for (int32_t i = n - 1; i >= 0 && err == DH_OK; i--) {
            if (!ready[i].revents)
                continue;
            harvest(s, &children[i], points[i], false, o);
            children[i] = children[--n];
            points[i] = points[n];
            if (o->progress)
                o->progress(o->self, ++done, mine);
        }
    }
    for (int32_t i = 0; i < n; i++) /* only after an error */
        harvest(s, &children[i], points[i], true, o);
    return err == DH_OK && o->stop && *o->stop ? DH_ERR_INTERRUPTED : err;
}

/* ---- what is there ----------------------------------------------------------------------------------------
 */

/* Means over the seeds take the place of the first run's figures. */
static void take_means(struct dh_summary *summary, struct dh_result *result) {
    for (int32_t i = 0; i < summary->n_entry; i++) {
        struct dh_summary_entry *e = &summary->entries[i];
        const struct dh_result_dataset *d = dh_result_find(result, "replications", e->key);
        if (e->kind == DH_SUMMARY_TEXT || !d || d->rank != 1 || d->kind == DH_RESULT_TEXT ||
            d->rows > 1000000)
            continue;
        double *v = malloc((size_t)d->rows * sizeof *v), sum = 0;
        int64_t n = 0;
        if (v && dh_result_numbers(result, d, 0, d->rows, v) == DH_OK)
            for (int64_t k = 0; k < d->rows; k++)
                if (!isnan(v[k])) {
                    sum += v[k];
                    n++;
                }
        free(v);
        if (n == 0)
            continue;
        e->kind = DH_SUMMARY_NUMBER;
        e->number = sum / (double)n;
    }
}

static enum dh_err load_points(struct dh_sweep *s) {
    struct dh_text path = {0};
    s->points = dh_arena_array(&s->mem, (size_t)s->study.n_point, sizeof *s->points);
    if (!s->points)
        return DH_ERR_MEMORY;
    for (int32_t i = 0; i < s->study.n_point; i++) {
        struct dh_result *result = NULL;
        struct dh_diag unheard = {0};
        if (!point_path(s, i, &path))
            return DH_ERR_MEMORY;
        if (access(path.at, F_OK) == 0 && dh_result_open(&result, path.at, &unheard) == DH_OK &&
            strcmp(dh_result_contents(result)->status, "complete") == 0 &&
            dh_result_summary(result, "summary", &s->points[i]) == DH_OK)
            take_means(&s->points[i], result);
        dh_result_close(result);
        dh_diag_free(&unheard);
    }
    dh_text_free(&path);
    return DH_OK;
}

/* point, file, what varied, then every figure of the first point that is there. */
static enum dh_err put_index(const struct dh_sweep *s, struct dh_text *out) {
    const struct dh_summary *first = NULL;
    char value[DH_STUDY_VALUE], number[64];
    for (int32_t i = 0; i < s->study.n_point && !first; i++)
        first = s->points[i].n_entry > 0 ? &s->points[i] : NULL;
    dh_text_puts(out, "point,file");
    for (int32_t v = 0; v < s->study.n_vary; v++) {
        dh_text_puts(out, ",");
        dh_text_put_csv(out, s->study.vary[v].name, strlen(s->study.vary[v].name));
    }
    for (int32_t k = 0; first && k < first->n_entry; k++)
        if (first->entries[k].kind != DH_SUMMARY_TEXT) {
            dh_text_puts(out, ",");
            dh_text_put_csv(out, first->entries[k].key, strlen(first->entries[k].key));
        }
    dh_text_puts(out, "\n");
    for (int32_t i = 0; i < s->study.n_point; i++) {
        if (s->points[i].n_entry == 0)
            continue;
        dh_text_printf(out, "%d,point-%06d.h5", (int)i + 1, (int)i + 1);
        for (int32_t v = 0; v < s->study.n_vary; v++) {
            dh_study_value(&s->study, i, v, value);
            dh_text_puts(out, ",");
            dh_text_put_csv(out, value, strlen(value));
        }
        for (int32_t k = 0; k < first->n_entry; k++) {
            if (first->entries[k].kind == DH_SUMMARY_TEXT)
                continue;
            double x = dh_summary_value(&s->points[i], first->entries[k].key);
            if (!isnan(x))
                dh_number_format(x, number, sizeof number);
            dh_text_printf(out, ",%s", isnan(x) ? "" : number);
        }
        dh_text_puts(out, "\n");
    }
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}

/* Whole or not at all, whoever else writes it. */
static enum dh_err write_index(const struct dh_sweep *s, struct dh_diag *diag) {
    struct dh_text text = {0}, part = {0}, path = {0};
    enum dh_err err = put_index(s, &text);
    dh_text_printf(&path, "%s/index.csv", s->folder);
    dh_text_printf(&part, "%s/index.csv.%ld.part", s->folder, (long)getpid());
    if (part.failed || path.failed)
        err = DH_ERR_MEMORY;
    FILE *out = err == DH_OK ? fopen(part.at, "w") : NULL;
    bool good = out && fwrite(text.at, 1, text.n, out) == text.n;
    good = out && fclose(out) == 0 && good;
    if (err == DH_OK && (!good || rename(part.at, path.at) != 0))
        err = dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", path.at, strerror(errno));
    dh_text_free(&text);
    dh_text_free(&part);
    dh_text_free(&path);
    return err;
}

/* ---- all of it --------------------------------------------------------------------------------------------
 */

enum dh_err dh_sweep_run(struct dh_sweep **out, const char *study, const struct dh_sweep_options *options,
                         struct dh_diag *diag) {
    struct dh_sweep_options o = *options;
    struct dh_sweep *s = calloc(1, sizeof *s);
    *out = NULL;
    o.workers = o.workers > 0 ? o.workers : 1;
    o.n_task = o.n_task > 0 ? o.n_task : 1;
    if (!s)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    enum dh_err err = o.workers <= MAX_WORKERS && o.task >= 0 && o.task < o.n_task
                          ? DH_OK
                          : dh_fail(diag, DH_ERR_USAGE, nowhere, "at most %d processes; task 1 to %d of %d",
                                    MAX_WORKERS, (int)o.n_task, (int)o.n_task);
    if (err == DH_OK)
        err = dh_study_read(&s->study, study, diag);
    s->folder = dh_arena_strdup(&s->mem, o.folder);
    if (err == DH_OK && !s->folder)
        err = DH_ERR_MEMORY;
    if (err == DH_OK && mkdir(s->folder, 0777) != 0 && errno != EEXIST)
        err = dh_fail(diag, DH_ERR_IO, nowhere, "%s: %s", s->folder, strerror(errno));
    enum dh_err ran = err == DH_OK ? run_all(s, &o, diag) : err;
    if (ran == DH_OK || ran == DH_ERR_INTERRUPTED) {
        err = load_points(s);
        if (err == DH_OK)
            err = write_index(s, diag);
    }
    if (err == DH_OK)
        err = ran;
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, nowhere, "no memory for the study");
    if (err == DH_OK || err == DH_ERR_INTERRUPTED)
        *out = s;
    else
        dh_sweep_delete(s);
    return err;
}

void dh_sweep_delete(struct dh_sweep *s) {
    if (!s)
        return;
    for (int32_t i = 0; s->points && i < s->study.n_point; i++)
        dh_summary_free(&s->points[i]);
    dh_study_free(&s->study);
    dh_arena_free(&s->mem);
    free(s);
}

struct dh_sweep_count dh_sweep_count(const struct dh_sweep *s) {
    struct dh_sweep_count count = {
        .points = s->study.n_point, .run = s->n_run, .kept = s->n_kept, .failed = s->n_failed};
    for (int32_t i = 0; s->points && i < s->study.n_point; i++)
        count.there += s->points[i].n_entry > 0;
    return count;
}

const struct dh_study *dh_sweep_study(const struct dh_sweep *s) {
    return &s->study;
}
const struct dh_summary *dh_sweep_point(const struct dh_sweep *s, int32_t point) {
    return s->points && s->points[point].n_entry > 0 ? &s->points[point] : NULL;
}
