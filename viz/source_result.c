/* Frames of a result file. Columns are read in windows of rows, traces and events whole and once. */
#include "viz/source.h"

#include "output/result_read.h"
#include "viz/result_jobs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_VALUES = 1 << 23,
    WINDOW_ROWS = 240,
    PIECE_BYTES = 2 << 20,
    MAX_EVENTS = 4000000,
    MAX_TRACE_ROWS = 40000000,
    MAX_TRACE_VALUES = 1 << 24, /* of all rows of a column: 77 MB */
    /* In all windows, and in all traces: a small file may say that it has any number of rows. */
    MAX_WINDOW_VALUES = 1 << 26,
    MAX_TRACES_VALUES = 1 << 27
};

/* Rows of a column that were read together. */
struct window {
    const struct dh_result_dataset *set;
    int64_t first, n; /* rows of the file */
    double *values;
    int64_t room; /* in rows */
    bool broken;  /* it could not be read: said once, then not asked again */
};

struct group_times {
    double *time_s;
    int64_t n;
};

/* Rows of the file for one rack: the last that a history was asked of. */
struct past {
    double *values;
    enum dh_column_id column;
    int32_t row;
    int64_t first, n;
};

struct source_result {
    struct dh_source base;
    struct dh_result *result;
    struct dh_diag *diag;
    struct window windows[DH_N_COLUMN];
    struct group_times facility, racks;
    int64_t row, rack_row, rack_end_row; /* racks: of means, and of values at the ends of intervals */
    dh_time rack_interval;
    bool points;                           /* all values are those of starts */
    int64_t n_window_value, n_trace_value; /* that there is room for */
    struct dh_trace *traces[DH_N_COLUMN];  /* one for each row of the column */
    bool traced[DH_N_COLUMN];              /* they were asked for */
    struct past past;
    struct dh_view_event *events;
    struct result_jobs *jobs;
};

static struct source_result *of(struct dh_source *source) {
    return (struct source_result *)source;
}

/* The first of the values of a numeric dataset, at most so many; NULL when it is absent or unreadable. */
static double *read_first(struct source_result *s, const char *group, const char *name, int64_t most,
                          int64_t *n) {
    const struct dh_result_dataset *set = dh_result_find(s->result, group, name);
    *n = 0;
    if (!set || set->rank != 1 || set->kind == DH_RESULT_TEXT || set->rows <= 0)
        return NULL;
    int64_t rows = set->rows < most ? set->rows : most;
    double *values = malloc((size_t)rows * sizeof *values);
    if (!values || dh_result_numbers(s->result, set, 0, rows, values) != DH_OK) {
        free(values);
        return NULL;
    }
    *n = rows;
    return values;
}

/* Of times that do not ascend, or that no run has, those before. */
static void read_times(struct source_result *s, const char *group, struct group_times *out) {
    out->time_s = read_first(s, group, "time", MAX_TRACE_ROWS, &out->n);
    if (out->n == MAX_TRACE_ROWS)
        s->base.note = "more than 40,000,000 rows: the later ones are not shown";
    for (int64_t i = 0; i < out->n; i++)
        if (!(out->time_s[i] >= 0 && out->time_s[i] < 9e9) ||
            (i > 0 && out->time_s[i] <= out->time_s[i - 1])) {
            out->n = i;
            break;
        }
}

static int64_t row_at(const struct group_times *times, double at_s) {
    int64_t low = 0, high = times->n;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (times->time_s[middle] <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

static dh_time instant(double s) {
    return s >= 0 && s < 9e9 ? (dh_time)llround(s * DH_NS_PER_S) : DH_TIME_NONE;
}

static bool is_rack(enum dh_column_id column) {
    return dh_state_columns[column].count == offsetof(struct dh_facility, n_rack);
}

static bool result_poll(struct dh_source *source, double wall_s) {
    const char *before = source->problem;
    (void)wall_s;
    source->problem = dh_result_problem(of(source)->result);
    source->hopeless = dh_result_hung(of(source)->result);
    return source->problem != before;
}

/* The last row may be shorter than the others: the run ended. */
static dh_time rack_row_end(const struct source_result *s, int64_t row) {
    dh_time from = instant(s->racks.time_s[row]);
    if (row + 1 < s->racks.n || from == DH_TIME_NONE)
        return row + 1 < s->racks.n ? instant(s->racks.time_s[row + 1]) : from;
    return from + s->rack_interval < s->base.horizon ? from + s->rack_interval : s->base.horizon;
}

/* The mean of the interval that the instant lies in; of values at the ends of intervals the last that was. Of
 * a file that is still written racks may be behind: then it is not known. */
static void seek_racks(struct source_result *s, dh_time at) {
    int64_t row = row_at(&s->racks, (double)at / DH_NS_PER_S);
    struct dh_rack_times *t = &s->base.racks;
    *t = (struct dh_rack_times){DH_TIME_NONE, DH_TIME_NONE, DH_TIME_NONE};
    s->rack_row = s->rack_end_row = -1;
    dh_time from = row >= 0 ? instant(s->racks.time_s[row]) : DH_TIME_NONE;
    if (from == DH_TIME_NONE)
        return;
    dh_time to = rack_row_end(s, row), next = to + s->rack_interval;
    if (s->points && (row + 1 < s->racks.n || at < from + s->rack_interval)) {
        *t = (struct dh_rack_times){from, from, from};
        s->rack_row = s->rack_end_row = row;
    }
    if (s->points)
        return;
    if (at < to) {
        t->from = from;
        t->to = to;
        s->rack_row = row;
        s->rack_end_row = row - 1;
    } else if (at < next) {
        s->rack_end_row = row;
    }
    if (s->rack_end_row >= 0)
        t->at = rack_row_end(s, s->rack_end_row);
}

static void result_seek(struct dh_source *source, dh_time at) {
    struct source_result *s = of(source);
    source->at = at;
    s->row = row_at(&s->facility, (double)at / DH_NS_PER_S);
    seek_racks(s, at);
}

/* Rows that are read together: those that are stored together and therefore unpacked at once, as far as there
 * is room. */
static int64_t window_rows(const struct source_result *s, const struct dh_result_dataset *set) {
    int64_t n = set->chunk_rows > 0 ? set->chunk_rows : WINDOW_ROWS,
            left = MAX_WINDOW_VALUES - s->n_window_value;
    int64_t most = (left < WINDOW_VALUES ? left : WINDOW_VALUES) / set->columns;
    return n < most ? n : most > 0 ? most : 1;
}

static const double *result_column(struct dh_source *source, enum dh_column_id column) {
    struct source_result *s = of(source);
    struct window *w = &s->windows[column];
    bool mean = dh_column_is_flow(&dh_state_columns[column]);
    int64_t row = !is_rack(column) ? s->row : mean ? s->rack_row : s->rack_end_row;
    if (!w->set || w->broken || row < 0 || row >= w->set->rows)
        return NULL;
    int64_t columns = w->set->columns;
    if (w->values && row >= w->first && row < w->first + w->n)
        return w->values + (row - w->first) * columns;
    if (!w->values) {
        w->room = window_rows(s, w->set);
        w->values = malloc((size_t)(w->room * columns) * sizeof *w->values);
        s->n_window_value += w->room * columns;
    }
    int64_t first = row - row % w->room;
    w->first = first;
    w->n = w->set->rows - first < w->room ? w->set->rows - first : w->room;
    if (!w->values || dh_result_numbers(s->result, w->set, first, w->n, w->values) != DH_OK) {
        w->broken = true;
        return NULL;
    }
    return w->values + (row - first) * columns;
}

/* Rows first … first + n - 1 of one rack's column, or another thing's. What was read before is kept where it
 * is asked for again: an instant later the same day but for an end. */
static const double *past_of(struct source_result *s, enum dh_column_id column, int32_t row, int64_t first,
                             int64_t n) {
    enum { PIECE = 64 };
    const struct dh_result_dataset *set = s->windows[column].set;
    struct past *p = &s->past;
    int64_t begin = first / PIECE * PIECE, end = (first + n + PIECE - 1) / PIECE * PIECE;
    end = end < set->rows ? end : set->rows;
    bool same = p->values && p->column == column && p->row == row;
    if (same && p->first <= first && first + n <= p->first + p->n)
        return p->values + (first - p->first);
    double *values = malloc((size_t)(end - begin) * sizeof *values);
    bool good = values != NULL;
    for (int64_t at = begin, more; good && at < end; at += more) {
        if (same && at >= p->first && at < p->first + p->n) {
            more = p->first + p->n < end ? p->first + p->n - at : end - at;
            memcpy(values + (at - begin), p->values + (at - p->first), (size_t)more * sizeof *values);
        } else {
            more = same && at < p->first && p->first < end ? p->first - at : end - at;
            good = dh_result_columns(s->result, set, at, more, row, 1, values + (at - begin)) == DH_OK;
        }
    }
    free(p->values);
    *p = (struct past){values, column, row, begin, end - begin};
    if (!good) {
        free(values);
        p->values = NULL;
        return NULL;
    }
    return values + (first - begin);
}

static int32_t result_history(struct dh_source *source, enum dh_column_id column, int32_t row, dh_time from,
                              dh_time to, double *time_s, double *values, int32_t room) {
    struct source_result *s = of(source);
    const struct dh_result_dataset *set = s->windows[column].set;
    const struct group_times *times = is_rack(column) ? &s->racks : &s->facility;
    if (!set || row < 0 || row >= set->columns || s->windows[column].broken)
        return 0;
    int64_t first = row_at(times, (double)from / DH_NS_PER_S), last = row_at(times, (double)to / DH_NS_PER_S);
    first = first < 0 ? 0 : first;
    last = last < set->rows ? last : set->rows - 1;
    first = last - first >= room ? last - room + 1 : first;
    const double *past = last >= first ? past_of(s, column, row, first, last - first + 1) : NULL;
    for (int64_t i = first; past && i <= last; i++) {
        time_s[i - first] = times->time_s[i];
        values[i - first] = past[i - first];
    }
    return past ? (int32_t)(last - first + 1) : 0;
}

/* The traces of a column: read once, in pieces; NULL: there is no room for them. */
static struct dh_trace *read_traces(struct source_result *s, enum dh_column_id column) {
    const struct dh_result_dataset *set = s->windows[column].set;
    int64_t columns = set->columns, rows = set->rows < s->facility.n ? set->rows : s->facility.n;
    if (rows > (MAX_TRACES_VALUES - s->n_trace_value) / columns)
        return NULL;
    s->n_trace_value += rows * columns;
    int64_t piece = PIECE_BYTES / (int64_t)sizeof(double) / columns;
    piece = piece < 1 ? 1 : piece;
    struct dh_trace *traces = calloc((size_t)columns, sizeof *traces);
    double *values = malloc((size_t)(piece * columns) * sizeof *values);
    bool good = traces && values;
    for (int64_t first = 0; good && first < rows; first += piece) {
        int64_t n = rows - first < piece ? rows - first : piece;
        good = dh_result_numbers(s->result, set, first, n, values) == DH_OK;
        for (int64_t i = 0; good && i < n * columns; i++)
            good = dh_trace_add(&traces[i % columns], values[i]);
    }
    free(values);
    return traces;
}

static const struct dh_trace *result_trace(struct dh_source *source, enum dh_column_id column, int32_t row) {
    struct source_result *s = of(source);
    const struct dh_result_dataset *set = s->windows[column].set;
    if (!set || is_rack(column) || row < 0 || row >= set->columns || set->columns > 4096 ||
        set->rows > MAX_TRACE_VALUES / set->columns) /* a year of a hundred stages: see history */
        return NULL;
    if (!s->traced[column])
        s->traces[column] = read_traces(s, column);
    s->traced[column] = true;
    return s->traces[column] ? &s->traces[column][row] : NULL;
}

/* ---- jobs: result_jobs.c */

static int32_t result_running(struct dh_source *source, struct dh_view_job *out, int32_t room) {
    return dh_result_jobs_running(of(source)->jobs, source->at, out, room);
}
static int32_t result_waiting(struct dh_source *source, struct dh_view_job *out, int32_t room) {
    return dh_result_jobs_waiting(of(source)->jobs, source->at, out, room);
}
static int32_t result_between(struct dh_source *source, dh_time from, dh_time to, struct dh_view_job *out,
                              int32_t room) {
    return dh_result_jobs_between(of(source)->jobs, source->at, from, to, out, room);
}
static bool result_job(struct dh_source *source, int32_t row, struct dh_view_job *out) {
    return dh_result_jobs_one(of(source)->jobs, source->at, row, out);
}
static int32_t result_places(struct dh_source *source, int32_t row, int32_t *nodes, int32_t room) {
    return dh_result_jobs_places(of(source)->jobs, row, nodes, room);
}
static int32_t result_stages(struct dh_source *source, dh_time from, dh_time to, struct dh_view_stage *out,
                             int32_t room) {
    return dh_result_jobs_stages(of(source)->jobs, from, to, out, room);
}
static int64_t result_done(struct dh_source *source) {
    return dh_result_jobs_done(of(source)->jobs, source->at);
}
static const int32_t *result_node_job(struct dh_source *source) {
    return dh_result_jobs_on_nodes(of(source)->jobs, source->at);
}
static const int32_t *result_node_gpus(struct dh_source *source) {
    return dh_result_jobs_node_gpus(of(source)->jobs, source->at);
}

/* ---- opening
 * -----------------------------------------------------------------------------------------------
 */

static void read_events(struct source_result *s) {
    int64_t n, n_kind, n_subject, n_value;
    double *time_s = read_first(s, "events", "time", MAX_EVENTS, &n);
    double *kind = read_first(s, "events", "kind", MAX_EVENTS, &n_kind);
    double *subject = read_first(s, "events", "subject", MAX_EVENTS, &n_subject);
    double *value = read_first(s, "events", "value", MAX_EVENTS, &n_value);
    if (time_s && kind && subject && value && n_kind == n && n_subject == n && n_value == n)
        s->events = malloc((size_t)n * sizeof *s->events);
    for (int64_t i = 0; s->events && i < n; i++) {
        bool good = time_s[i] >= 0 && time_s[i] < 9e9 && kind[i] >= 0 && kind[i] < DH_N_INCIDENT &&
                    subject[i] >= -1 && subject[i] < INT32_MAX && (i == 0 || time_s[i] >= time_s[i - 1]);
        if (!good)
            break;
        s->events[s->base.n_event++] = (struct dh_view_event){instant(time_s[i]), (enum dh_incident)kind[i],
                                                              (int32_t)subject[i], value[i]};
    }
    s->base.events = s->events;
    const struct dh_result_dataset *all = dh_result_find(s->result, "events", "time");
    if (s->events && all && all->rows > n)
        s->base.note = "more than 4,000,000 events: the later ones are not shown";
    free(time_s);
    free(kind);
    free(subject);
    free(value);
}

static void result_close(struct dh_source *source) {
    struct source_result *s = of(source);
    for (int i = 0; i < DH_N_COLUMN; i++) {
        for (int64_t k = 0; s->traces[i] && k < s->windows[i].set->columns; k++)
            dh_trace_free(&s->traces[i][k]);
        free(s->traces[i]);
        free(s->windows[i].values);
    }
    free(s->past.values);
    free(s->facility.time_s);
    free(s->racks.time_s);
    free(s->events);
    dh_result_jobs_close(s->jobs);
    dh_result_close(s->result);
    free(s);
}

static const struct dh_source_ops result_ops = {
    .poll = result_poll,
    .seek = result_seek,
    .column = result_column,
    .trace = result_trace,
    .history = result_history,
    .running = result_running,
    .waiting = result_waiting,
    .between = result_between,
    .job = result_job,
    .places = result_places,
    .stages = result_stages,
    .done = result_done,
    .node_job = result_node_job,
    .node_gpus = result_node_gpus,
    .close = result_close,
};

/* Datasets by the names of the columns; one of another shape than the facility's is left alone. */
static void find_columns(struct source_result *s) {
    const struct dh_result_info *info = dh_result_contents(s->result);
    for (int32_t d = 0; d < info->n_dataset; d++)
        for (int c = 0; c < DH_N_COLUMN; c++) {
            const struct dh_result_dataset *set = &info->datasets[d];
            if (strcmp(set->name, dh_state_columns[c].name) == 0 && set->kind == DH_RESULT_NUMBER &&
                set->rank >= 1 && set->columns == dh_column_rows(s->base.facility, &dh_state_columns[c]) &&
                set->columns > 0)
                s->windows[c].set = set;
        }
}

enum dh_err dh_source_open_result(struct dh_source **out, struct dh_result_host *host, const char *path,
                                  const struct dh_facility *facility, struct dh_diag *diag) {
    struct source_result *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
    s->base = (struct dh_source){.ops = &result_ops, .facility = facility, .newest = DH_TIME_NONE};
    s->diag = diag;
    enum dh_err err = dh_result_open_by(&s->result, host, path, diag);
    if (err != DH_OK) {
        free(s);
        return err;
    }
    s->jobs = dh_result_jobs_open(s->result, facility);
    if (!s->jobs) {
        result_close(&s->base);
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "out of memory");
    }
    const struct dh_result_info *info = dh_result_contents(s->result);
    s->base.name = info->scenario;
    s->base.horizon = isfinite(info->duration_s) && info->duration_s > 0 && info->duration_s < 9e9
                          ? dh_time_from_s(info->duration_s)
                          : 0;
    const struct dh_record_spec *record = dh_record_of(facility->scenario);
    s->points = record->kind == DH_RECORD_POINT;
    s->rack_interval = dh_time_from_s(record->rack_interval_s);
    find_columns(s);
    read_times(s, "facility", &s->facility);
    read_times(s, "racks", &s->racks);
    s->base.time_s = s->facility.time_s;
    s->base.n_time = s->facility.n;
    if (s->base.n_time > 0) {
        s->base.begin = instant(s->base.time_s[0]);
        s->base.newest = instant(s->base.time_s[s->base.n_time - 1]);
    }
    if (s->base.n_time == 0 || s->base.begin == DH_TIME_NONE || s->base.newest == DH_TIME_NONE) {
        result_close(&s->base);
        return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){.file = path},
                       "no series in this result: there is nothing to show over time");
    }
    if (s->base.horizon < s->base.newest)
        s->base.horizon = s->base.newest;
    read_events(s);
    result_seek(&s->base, s->base.begin);
    *out = &s->base;
    return DH_OK;
}
