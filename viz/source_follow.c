/* Frames of a result that a run is still writing: the file is looked at now and then, and read anew by a
 * fresh reader when it has changed, for what a reader has seen of a file it keeps. When the run is done the
 * file has its final name and everything in it; when the run died, what is there stays. */
#include "viz/source.h"

#include <datahall/datahall.h>

#include "output/result_draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file is looked at twice a second. Reading one anew takes its time: rows of the facility a second. */
static const double LOOK_S = 0.5, ROWS_PER_S = 200e3;
/* A reader that dies is replaced so often: a damaged file kills each. */
enum { MOST_READERS = 3 };

struct source_follow {
    struct dh_source base;
    struct dh_source *inner; /* the file as it was read last; NULL: nothing could be shown yet */
    struct dh_result_host *host;
    struct dh_diag *diag; /* of reading anew; nobody reads it */
    char *path, *final, *name;
    const char *read; /* that of the names under which it was read last */
    struct dh_result_look seen;
    double waited_s;
    int n_dead;        /* readers that died since the file was read anew */
    char problem[200]; /* why it cannot be read: the reader's words do not outlive it */
};

static struct source_follow *of(struct dh_source *source) {
    return (struct source_follow *)source;
}

/* What a reader has found becomes what is shown. */
static void take(struct source_follow *s, struct dh_source *inner) {
    struct dh_source *base = &s->base;
    dh_source_close(s->inner);
    s->inner = inner;
    base->problem = NULL;
    base->begin = inner->begin;
    base->newest = inner->newest;
    base->horizon = base->live && base->horizon > inner->newest ? base->horizon : inner->horizon;
    base->time_s = inner->time_s;
    base->n_time = inner->n_time;
    base->events = inner->events;
    base->n_event = inner->n_event;
    base->note = inner->note;
    inner->ops->seek(inner, base->at);
    base->racks = inner->racks;
}

/* False: it cannot be read just now, or holds no rows yet. */
static bool read_anew(struct source_follow *s, const char *path) {
    struct dh_source *inner = NULL;
    dh_diag_clear(s->diag);
    if (dh_source_open_result(&inner, s->host, path, s->base.facility, s->diag) != DH_OK)
        return false;
    s->read = path;
    take(s, inner);
    return true;
}

/* Somebody killed the reader, or the file did. */
static bool read_again(struct source_follow *s) {
    struct dh_source *base = &s->base;
    if (base->problem)
        return false;
    if (!s->inner->hopeless && s->n_dead++ < MOST_READERS && read_anew(s, s->read))
        return true;
    snprintf(s->problem, sizeof s->problem, "%s", s->inner->problem);
    base->problem = s->problem;
    return true;
}

/* The run is over: the file has its final name, or is left as it is. What is read last stays. */
static bool end(struct source_follow *s, const char *path) {
    s->base.live = false;
    if (!read_anew(s, path) && s->inner)
        s->base.horizon = s->inner->horizon;
    return true;
}

static bool follow_poll(struct dh_source *source, double wall_s) {
    struct source_follow *s = of(source);
    struct dh_result_look now, last;
    if (s->inner && s->inner->ops->poll(s->inner, wall_s) && s->inner->problem)
        return read_again(s);
    s->waited_s += wall_s;
    if (!source->live || s->waited_s < fmax(LOOK_S, (double)source->n_time / ROWS_PER_S))
        return false;
    s->waited_s = 0;
    if (!dh_result_look(s->path, &now) || !dh_result_look_same(&now, &s->seen)) {
        bool done = dh_result_look(s->final, &last) && dh_result_look_same(&last, &s->seen);
        return end(s, done ? s->final : s->path);
    }
    if (!now.written) /* between this look and the last it may have got its name, or a name may follow */
        return dh_result_look(s->path, &last) && dh_result_look_same(&last, &s->seen) ? end(s, s->path)
                                                                                      : false;
    if (now.bytes == s->seen.bytes && now.changed_ns == s->seen.changed_ns)
        return false;
    s->seen = now;
    return read_anew(s, s->path);
}

static void follow_seek(struct dh_source *source, dh_time at) {
    struct source_follow *s = of(source);
    source->at = at;
    if (s->inner)
        s->inner->ops->seek(s->inner, at);
    if (s->inner)
        source->racks = s->inner->racks;
}

/* ---- whatever is asked, the file that was read last answers */

static const double *follow_column(struct dh_source *source, enum dh_column_id column) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->column(inner, column) : NULL;
}
static const struct dh_trace *follow_trace(struct dh_source *source, enum dh_column_id column, int32_t row) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->trace(inner, column, row) : NULL;
}
static int32_t follow_history(struct dh_source *source, enum dh_column_id column, int32_t row, dh_time from,
                              dh_time to, double *time_s, double *values, int32_t room) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->history(inner, column, row, from, to, time_s, values, room) : 0;
}
static int32_t follow_running(struct dh_source *source, struct dh_view_job *out, int32_t room) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->running(inner, out, room) : 0;
}
static int32_t follow_waiting(struct dh_source *source, struct dh_view_job *out, int32_t room) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->waiting(inner, out, room) : 0;
}
static int32_t follow_between(struct dh_source *source, dh_time from, dh_time to, struct dh_view_job *out,
                              int32_t room) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->between(inner, from, to, out, room) : 0;
}
static bool follow_job(struct dh_source *source, int32_t row, struct dh_view_job *out) {
    struct dh_source *inner = of(source)->inner;
    return inner && inner->ops->job(inner, row, out);
}
static int32_t follow_places(struct dh_source *source, int32_t row, int32_t *nodes, int32_t room) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->places(inner, row, nodes, room) : 0;
}
static int32_t follow_stages(struct dh_source *source, dh_time from, dh_time to, struct dh_view_stage *out,
                             int32_t room) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->stages(inner, from, to, out, room) : 0;
}
static int64_t follow_done(struct dh_source *source) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->done(inner) : -1;
}
static const int32_t *follow_node_job(struct dh_source *source) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->node_job(inner) : NULL;
}
static const int32_t *follow_node_gpus(struct dh_source *source) {
    struct dh_source *inner = of(source)->inner;
    return inner ? inner->ops->node_gpus(inner) : NULL;
}

static void follow_close(struct dh_source *source) {
    struct source_follow *s = of(source);
    dh_source_close(s->inner);
    if (s->diag)
        dh_diag_delete(s->diag);
    free(s->path);
    free(s->final);
    free(s->name);
    free(s);
}

static const struct dh_source_ops follow_ops = {
    .poll = follow_poll,
    .seek = follow_seek,
    .column = follow_column,
    .trace = follow_trace,
    .history = follow_history,
    .running = follow_running,
    .waiting = follow_waiting,
    .between = follow_between,
    .job = follow_job,
    .places = follow_places,
    .stages = follow_stages,
    .done = follow_done,
    .node_job = follow_node_job,
    .node_gpus = follow_node_gpus,
    .close = follow_close,
};

/* How long it will be, as the scenario says: the file does not before its end. */
static dh_time planned_end(const struct dh_facility *f) {
    const struct dh_scenario *sc = f->scenario;
    double s = sc && sc->n_horizons > 0 ? sc->horizons[0].duration_s : 0;
    return isfinite(s) && s > 0 && s < 9e9 ? dh_time_from_s(s) : 0;
}

enum dh_err dh_source_open_follow(struct dh_source **out, struct dh_result_host *host, const char *path,
                                  const struct dh_facility *facility, struct dh_diag *diag) {
    struct dh_result_look seen;
    char name[4096];
    struct dh_source *inner = NULL;
    bool written = dh_result_look(path, &seen) && seen.written;
    *out = NULL;
    if (!written)
        DH_TRY(dh_source_open_result(&inner, host, path, facility, diag));
    struct source_follow *s = calloc(1, sizeof *s);
    if (!s) {
        dh_source_close(inner);
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
    }
    s->base = (struct dh_source){.ops = &follow_ops,
                                 .facility = facility,
                                 .newest = DH_TIME_NONE,
                                 .horizon = planned_end(facility),
                                 .live = written};
    s->host = host;
    s->seen = seen;
    s->diag = dh_diag_new();
    s->path = strdup(path);
    s->final = strdup(dh_result_final(path, name, sizeof name));
    s->name = strdup(inner                                            ? inner->name
                     : facility->scenario && facility->scenario->name ? facility->scenario->name
                                                                      : "");
    if (!s->diag || !s->path || !s->final || !s->name) {
        dh_source_close(inner);
        follow_close(&s->base);
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
    }
    s->base.name = s->name;
    s->read = s->path;
    if (inner)
        take(s, inner);
    else
        read_anew(s, s->path); /* no rows yet: they will come */
    *out = &s->base;
    return DH_OK;
}
