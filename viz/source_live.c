/* Frames of a run in progress: the newest snapshot, and what the run has appended so far of its history and
 * its events. The run writes blocks and then says how much of them counts; the view reads what counts.
 * Neither waits. */
#include "viz/source.h"

#include "viz/blocks.h"
#include "viz/live_history.h"
#include "viz/live_jobs.h"
#include "viz/live_past.h"
#include "viz/snapshot.h"

#include <datahall/datahall.h>

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns whose history is kept: those of few rows that charts over time show. */
static const enum dh_column_id kept[] = {
    DH_COLUMN_interval_s,
    DH_COLUMN_facility_power_w,
    DH_COLUMN_it_power_w,
    DH_COLUMN_cooling_power_w,
    DH_COLUMN_loss_power_w,
    DH_COLUMN_generator_power_w,
    DH_COLUMN_stored_power_w,
    DH_COLUMN_pue,
    DH_COLUMN_water_kg_per_s,
    DH_COLUMN_gpus_busy,
    DH_COLUMN_site_dry_bulb_degc,
    DH_COLUMN_site_wet_bulb_degc,
    DH_COLUMN_site_price_usd_per_kwh,
    DH_COLUMN_site_carbon_g_per_kwh,
    DH_COLUMN_site_cap_frac,
    DH_COLUMN_queue_jobs,
    DH_COLUMN_queue_gpus,
    DH_COLUMN_queue_oldest_s,
    DH_COLUMN_running_jobs,
    DH_COLUMN_burst_jobs,
    DH_COLUMN_burst_gpus,
    DH_COLUMN_energy_usd,
    DH_COLUMN_cloud_usd,
    DH_COLUMN_carbon_kg,
    DH_COLUMN_service_requests_per_s,
    DH_COLUMN_fabric_host_most_frac,
    DH_COLUMN_fabric_local_most_frac,
    DH_COLUMN_fabric_global_most_frac,
};
enum { N_KEPT = sizeof kept / sizeof *kept, BLOCK_BYTES = 256 * 1024 };

struct source_live {
    struct dh_source base;
    struct dh_snapshot *snapshot;
    struct live_jobs *jobs;
    struct dh_observer inner;
    const struct dh_frame *frame;
    struct dh_blocks history, incidents;
    struct live_history *more; /* of all other columns but the racks' */
    atomic_bool ended;
    /* The newest sample is copied when the view has seen the last copy, thirty times a second instead of at
     * each step of a run that is fast; and at the end. */
    atomic_bool wanted;
    struct missed {
        bool facility, racks;
        dh_time at, racks_at;
        const struct dh_state *state; /* the run's, as long as it runs */
    } missed;
    struct {
        const struct dh_column *column;
        size_t n;
    } kept[N_KEPT];
    /* The view's. */
    struct dh_live_past *past; /* NULL: no result is written */
    bool in_past;
    struct dh_source *told; /* which knows the instant in the past; NULL: only what is in memory does */
    double *remembered;     /* of that instant, the values of what is kept, in its order */
    struct dh_trace *traces[N_KEPT];
    double *time_s;
    int64_t room_time, room_event;
    struct dh_view_event *events;
};

static struct source_live *of(struct dh_source *source) {
    return (struct source_live *)source;
}

/* ---- the run's thread
 * --------------------------------------------------------------------------------------
 */

static enum dh_err copy_missed(struct source_live *s, const struct dh_facility *f) {
    struct missed m = s->missed;
    enum dh_err err = DH_OK;
    s->missed.facility = s->missed.racks = false;
    if (m.racks)
        err = s->inner.sample(s->inner.self, DH_SAMPLE_RACKS, m.racks_at, f, m.state);
    if (err == DH_OK && m.facility)
        err = s->inner.sample(s->inner.self, DH_SAMPLE_FACILITY, m.at, f, m.state);
    return err;
}

static enum dh_err live_sample(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                               const struct dh_state *state) {
    struct source_live *s = self;
    double *row = what == DH_SAMPLE_FACILITY ? dh_blocks_next(&s->history) : NULL;
    if (row) {
        dh_live_history_see(s->more, s->history.written, state);
        *row++ = (double)(at / DH_NS_PER_S) + (double)(at % DH_NS_PER_S) / 1e9;
        for (int i = 0; i < N_KEPT; i++) {
            const double *values = dh_state_column(state, s->kept[i].column);
            for (size_t k = 0; k < s->kept[i].n; k++)
                *row++ = values[k];
        }
        dh_blocks_publish(&s->history);
    }
    struct missed *m = &s->missed;
    m->state = state;
    if (what == DH_SAMPLE_RACKS) { /* with the next sample of the facility, mostly at once */
        m->racks = true;
        m->racks_at = at;
        return DH_OK;
    }
    m->facility = true;
    m->at = at;
    if (!atomic_load_explicit(&s->wanted, memory_order_relaxed))
        return DH_OK;
    atomic_store_explicit(&s->wanted, false, memory_order_relaxed);
    return copy_missed(s, f);
}

static enum dh_err live_incident(void *self, dh_time at, enum dh_incident kind, int32_t subject,
                                 double value) {
    struct source_live *s = self;
    double *row = dh_blocks_next(&s->incidents);
    if (row) {
        memcpy(&row[0], &at, sizeof at); /* a time needs all its bits */
        row[1] = (double)kind;
        row[2] = (double)subject;
        row[3] = value;
        dh_blocks_publish(&s->incidents);
    }
    return s->inner.incident(s->inner.self, at, kind, subject, value);
}

static void live_see_jobs(void *self, const struct dh_observed_jobs *seen) {
    struct source_live *s = self;
    if (seen->last && (s->missed.facility || s->missed.racks))
        copy_missed(s, s->base.facility);
    dh_live_jobs_see(s->jobs, seen);
}

static void live_job_over(void *self, const struct dh_job_list *list, const struct dh_job_run *runs,
                          int32_t job) {
    struct source_live *s = self;
    dh_live_jobs_over(s->jobs, list, runs, job);
}

struct dh_observer dh_source_live_observer(struct dh_source *source) {
    return (struct dh_observer){.sample = live_sample,
                                .incident = live_incident,
                                .jobs = live_see_jobs,
                                .job_over = live_job_over,
                                .self = source};
}

void dh_source_live_ended(struct dh_source *source) {
    atomic_store_explicit(&of(source)->ended, true, memory_order_release);
}

/* ---- the view's thread
 * -------------------------------------------------------------------------------------
 */

static bool room_for(void **array, int64_t *room, int64_t n, size_t size) {
    if (n < *room)
        return true;
    int64_t more = *room ? 2 * *room : 1024;
    void *bigger = realloc(*array, (size_t)more * size);
    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

static void take_history(struct source_live *s, const double *row) {
    struct dh_source *base = &s->base;
    if (!room_for((void **)&s->time_s, &s->room_time, base->n_time, sizeof *s->time_s))
        return;
    s->time_s[base->n_time++] = *row++;
    base->time_s = s->time_s;
    for (int i = 0; i < N_KEPT; i++)
        for (int32_t k = 0; k < dh_source_rows(base, kept[i]); k++)
            dh_trace_add(&s->traces[i][k], *row++);
}

static void take_event(struct source_live *s, const double *row) {
    struct dh_source *base = &s->base;
    if (!room_for((void **)&s->events, &s->room_event, base->n_event, sizeof *s->events))
        return;
    struct dh_view_event *e = &s->events[base->n_event++];
    memcpy(&e->at, row, sizeof e->at);
    e->kind = (enum dh_incident)row[1];
    e->subject = (int32_t)row[2];
    e->value = row[3];
    base->events = s->events;
}

/* What is in memory of an instant that is not in the result yet: the columns of few rows. */
static void remember(struct source_live *s) {
    int64_t row = dh_source_row(&s->base, s->base.at);
    double *out = s->remembered;
    for (int i = 0; i < N_KEPT; i++)
        for (size_t k = 0; k < s->kept[i].n; k++, out++)
            *out = row >= 0 && row < s->traces[i][k].n ? (double)s->traces[i][k].values[row] : NAN;
}

static const struct dh_rack_times no_racks = {DH_TIME_NONE, DH_TIME_NONE, DH_TIME_NONE};

/* Of the newest frame: an interval that is over. */
static struct dh_rack_times rack_times(const struct source_live *s) {
    const struct dh_frame *frame = s->frame;
    const struct dh_record_spec *record = dh_record_of(s->base.facility->scenario);
    if (!frame || frame->racks_at == DH_TIME_NONE)
        return no_racks;
    dh_time from = frame->racks_at, end = from + dh_time_from_s(record->rack_interval_s),
            now = frame->at + dh_time_from_s(frame->state.interval_s[0]);
    end = end < now || now <= from ? end : now; /* the last one of a run may be shorter */
    return record->kind == DH_RECORD_POINT ? (struct dh_rack_times){from, from, from}
                                           : (struct dh_rack_times){from, end, end};
}

/* The newest instant is the snapshot's; others are looked up in the result as far as it goes, and between its
 * end and now in memory. */
static void live_seek(struct dh_source *source, dh_time at) {
    struct source_live *s = of(source);
    s->in_past = s->past && at < source->newest;
    source->at = s->in_past ? at : source->newest;
    s->told = NULL;
    source->racks = s->in_past ? no_racks : rack_times(s);
    if (!s->in_past)
        return;
    int64_t row = dh_source_row(source, at);
    s->told = dh_live_past_seek(s->past, at, row >= 0 ? dh_time_from_s(source->time_s[row]) : at);
    source->problem = dh_live_past_problem(s->past);
    if (s->told)
        source->racks = s->told->racks;
    else
        remember(s);
}

static bool live_poll(struct dh_source *source, double wall_s) {
    struct source_live *s = of(source);
    bool any = s->past && dh_live_past_poll(s->past, wall_s),
         ended = atomic_load_explicit(&s->ended, memory_order_acquire);
    for (const double *row; (row = dh_blocks_take(&s->history)); any = true)
        take_history(s, row);
    for (const double *row; (row = dh_blocks_take(&s->incidents)); any = true)
        take_event(s, row);
    any |= dh_live_history_poll(s->more, source->n_time);
    any |= dh_live_jobs_poll(s->jobs);
    int64_t serial = s->frame ? s->frame->serial : 0; /* before it goes back to the run */
    const struct dh_frame *frame = dh_snapshot_read(s->snapshot);
    s->frame = frame;
    atomic_store_explicit(&s->wanted, true, memory_order_relaxed);
    if (frame)
        source->newest = frame->at;
    if (!s->in_past)
        source->racks = rack_times(s);
    any |= frame && frame->serial != serial;
    if (source->live && ended) {
        any = true;
        if (s->past)
            dh_live_past_ended(s->past);
    }
    source->live = !ended;
    if (any && s->in_past) /* there may be more of it, or another reader */
        live_seek(source, source->at);
    return any;
}

static const double *remembered(const struct source_live *s, enum dh_column_id column) {
    const double *values = s->remembered;
    for (int i = 0; i < N_KEPT; values += s->kept[i++].n)
        if (kept[i] == column)
            return s->kept[i].n > 0 ? values : NULL;
    return NULL;
}

static const double *live_column(struct dh_source *source, enum dh_column_id column) {
    struct source_live *s = of(source);
    if (s->in_past)
        return s->told ? s->told->ops->column(s->told, column) : remembered(s, column);
    return s->frame && dh_source_rows(source, column) > 0
               ? dh_state_column(&s->frame->state, &dh_state_columns[column])
               : NULL;
}

static const struct dh_trace *live_trace(struct dh_source *source, enum dh_column_id column, int32_t row) {
    for (int i = 0; i < N_KEPT; i++)
        if (kept[i] == column && row >= 0 && row < dh_source_rows(source, column))
            return &of(source)->traces[i][row];
    return dh_live_history_trace(of(source)->more, column, row);
}

/* Of an instant that is over the result tells, once the run has ended; before that what was seen of the run
 * does, which is all but who waited and where. */
static struct dh_source *told_by(struct dh_source *source) {
    struct source_live *s = of(source);
    return s->in_past ? dh_live_past_whole(s->past) : NULL;
}

static int32_t live_running(struct dh_source *source, struct dh_view_job *out, int32_t room) {
    struct dh_source *past = told_by(source);
    if (past)
        return past->ops->running(past, out, room);
    return of(source)->in_past ? dh_live_jobs_between(of(source)->jobs, source->at, source->at + 1, out, room)
                               : dh_live_jobs_running(of(source)->jobs, out, room);
}
static int32_t live_waiting(struct dh_source *source, struct dh_view_job *out, int32_t room) {
    struct dh_source *past = told_by(source);
    if (past)
        return past->ops->waiting(past, out, room);
    return of(source)->in_past ? 0 : dh_live_jobs_waiting(of(source)->jobs, out, room);
}
static int32_t live_between(struct dh_source *source, dh_time from, dh_time to, struct dh_view_job *out,
                            int32_t room) {
    struct dh_source *past = told_by(source);
    return past ? past->ops->between(past, from, to, out, room)
                : dh_live_jobs_between(of(source)->jobs, from, to, out, room);
}
static bool live_job(struct dh_source *source, int32_t row, struct dh_view_job *out) {
    struct dh_source *past = told_by(source);
    return past ? past->ops->job(past, row, out) : dh_live_jobs_one(of(source)->jobs, row, out);
}
static int32_t live_places(struct dh_source *source, int32_t row, int32_t *nodes, int32_t room) {
    struct dh_source *past = told_by(source);
    return past ? past->ops->places(past, row, nodes, room)
                : dh_live_jobs_places(of(source)->jobs, row, nodes, room);
}
/* Told by results only. */
static int32_t live_stages(struct dh_source *source, dh_time from, dh_time to, struct dh_view_stage *out,
                           int32_t room) {
    struct dh_source *past = told_by(source);
    return past ? past->ops->stages(past, from, to, out, room) : 0;
}
/* Of an instant in the past only the result knows. */
static int64_t live_done(struct dh_source *source) {
    struct dh_source *past = told_by(source);
    return past ? past->ops->done(past) : of(source)->in_past ? -1 : dh_live_jobs_done(of(source)->jobs);
}
static const int32_t *live_node_job(struct dh_source *source) {
    struct dh_source *past = told_by(source);
    if (past)
        return past->ops->node_job(past);
    return of(source)->in_past ? NULL : dh_live_jobs_on_nodes(of(source)->jobs);
}
static const int32_t *live_node_gpus(struct dh_source *source) {
    struct dh_source *past = told_by(source);
    if (past)
        return past->ops->node_gpus(past);
    return of(source)->in_past ? NULL : dh_live_jobs_node_gpus(of(source)->jobs);
}

static void live_close(struct dh_source *source) {
    struct source_live *s = of(source);
    for (int i = 0; i < N_KEPT; i++) {
        for (int32_t k = 0; s->traces[i] && k < dh_source_rows(source, kept[i]); k++)
            dh_trace_free(&s->traces[i][k]);
        free(s->traces[i]);
    }
    dh_live_past_close(s->past);
    free(s->remembered);
    dh_blocks_free(&s->history);
    dh_blocks_free(&s->incidents);
    dh_live_history_close(s->more);
    dh_snapshot_close(s->snapshot);
    dh_live_jobs_close(s->jobs);
    free(s->time_s);
    free(s->events);
    free(s);
}

/* Of racks the run keeps none: it is in the result, as far as that was opened. */
static int32_t live_history(struct dh_source *source, enum dh_column_id column, int32_t row, dh_time from,
                            dh_time to, double *time_s, double *values, int32_t room) {
    struct source_live *s = of(source);
    struct dh_source *past = s->past ? dh_live_past_source(s->past) : NULL;
    return past ? past->ops->history(past, column, row, from, to, time_s, values, room) : 0;
}

static const struct dh_source_ops live_ops = {
    .poll = live_poll,
    .seek = live_seek,
    .column = live_column,
    .trace = live_trace,
    .history = live_history,
    .running = live_running,
    .waiting = live_waiting,
    .between = live_between,
    .job = live_job,
    .places = live_places,
    .stages = live_stages,
    .done = live_done,
    .node_job = live_node_job,
    .node_gpus = live_node_gpus,
    .close = live_close,
};

enum dh_err dh_source_open_live(struct dh_source **out, const struct dh_facility *facility, const char *name,
                                dh_time horizon, const char *result, struct dh_result_host *host) {
    struct source_live *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return DH_ERR_MEMORY;
    s->base = (struct dh_source){.ops = &live_ops,
                                 .facility = facility,
                                 .name = name,
                                 .horizon = horizon,
                                 .newest = DH_TIME_NONE,
                                 .live = true};
    size_t width = 1;
    s->jobs = dh_live_jobs_open(facility);
    bool good = s->jobs && dh_snapshot_open(&s->snapshot, facility) == DH_OK;
    for (int i = 0; i < N_KEPT; i++) {
        size_t n = (size_t)dh_source_rows(&s->base, kept[i]);
        s->kept[i].column = &dh_state_columns[kept[i]];
        s->kept[i].n = n;
        s->traces[i] = calloc(n + 1, sizeof *s->traces[i]);
        good = good && s->traces[i];
        width += n;
    }
    s->remembered = calloc(width, sizeof *s->remembered);
    s->past = result && host ? dh_live_past_open(result, host, facility) : NULL;
    good = good && s->remembered && (!result || !host || s->past);
    good = good && dh_blocks_init(&s->history, width, BLOCK_BYTES, 0) &&
           dh_blocks_init(&s->incidents, 4, BLOCK_BYTES / 8, 0);
    s->more = good ? dh_live_history_open(facility, kept, N_KEPT) : NULL;
    good = good && s->more;
    if (!good) {
        live_close(&s->base);
        return DH_ERR_MEMORY;
    }
    s->inner = dh_snapshot_observer(s->snapshot);
    atomic_init(&s->wanted, true);
    *out = &s->base;
    return DH_OK;
}
