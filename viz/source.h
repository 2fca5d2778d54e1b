/* What a view shows, wherever it comes from: a run in progress (source_live.c) or a result file, finished or
 * still being written (source_result.c, source_follow.c). One interface, so that live and replay are one code
 * path.
 *
 * Columns are those of models/state.def. A source is read by one thread, the view's. */
#ifndef DH_VIZ_SOURCE_H
#define DH_VIZ_SOURCE_H

#include "models/incident.h"
#include "models/observer.h"
#include "output/result_draft.h"
#include "output/result_host.h"
#include "sim/diag.h"
#include "viz/trace.h"

/* Rows of dh_state_columns, by name. */
enum dh_column_id {
#define COLUMN(name, rows, unit, quantum, about) DH_COLUMN_##name,
#include "models/state.def"
#undef COLUMN
    DH_N_COLUMN
};

struct dh_view_event {
    dh_time at;
    enum dh_incident kind;
    int32_t subject;
    double value;
};

/* As kept in /jobs. Texts live until the source is polled or asked again. */
enum dh_view_job_state { DH_VIEW_WAITS, DH_VIEW_RUNS, DH_VIEW_DONE, DH_VIEW_CLOUD, DH_VIEW_LOST };
struct dh_view_job {
    int32_t row; /* of the run's list of jobs */
    char name[40];
    dh_time submit, start, end, left; /* DH_TIME_NONE: not yet, or not known; left: for the cloud */
    int32_t gpus, nodes;              /* nodes 0: it did not ask for whole ones */
    int32_t priority, service;        /* service: whose replica it is; -1: of none */
    enum dh_view_job_state state;     /* at the instant of the last seek */
    enum dh_job_state outcome;        /* what became of it by the end of what is known */
    double work_s;                    /* at full speed; NAN: not known */
    double gpu_s;                     /* GPU time that it held; NAN: not known */
    double slowdown;                  /* by the network: time on GPUs over that without waiting for it; NAN */
};

/* One stage of a run of a pipeline that ended. */
struct dh_view_stage {
    char pipeline[40], stage[40];
    dh_time start, end;
    double bytes; /* that it read */
};

struct dh_source;

struct dh_source_ops {
    /* Takes in what has come since; whether anything has. wall_s: since the last time it was asked. */
    bool (*poll)(struct dh_source *source, double wall_s);
    /* Makes the columns those of an instant: the last rows that began by then. */
    void (*seek)(struct dh_source *source, dh_time at);
    /* Values of a column, a row of the facility each; NULL: not recorded. Until the next seek or poll. */
    const double *(*column)(struct dh_source *source, enum dh_column_id column);
    /* History of a column that has one row, or few: NULL where it is not kept. Row i is at dh_source_time. */
    const struct dh_trace *(*trace)(struct dh_source *source, enum dh_column_id column, int32_t row);
    /* History of one row of a column of racks, or of one that has no trace: the last `room` values that begin
     * from … to, or fewer where there are very many racks, with their starts, s. How many; 0: none is kept.
     */
    int32_t (*history)(struct dh_source *source, enum dh_column_id column, int32_t row, dh_time from,
                       dh_time to, double *time_s, double *values, int32_t room);
    /* Jobs that hold GPUs on site at the instant of the last seek, the largest first; then those that wait,
     * the oldest first. How many there are of each; at most `room` are written. */
    int32_t (*running)(struct dh_source *source, struct dh_view_job *out, int32_t room);
    int32_t (*waiting)(struct dh_source *source, struct dh_view_job *out, int32_t room);
    /* Jobs but replicas that held GPUs on site at some time from … to, the largest first; at most `room`, and
     * how many were written. Of a run in progress those that are not long over. */
    int32_t (*between)(struct dh_source *source, dh_time from, dh_time to, struct dh_view_job *out,
                       int32_t room);
    /* One job by its row, as it is at that instant; false: not known. */
    bool (*job)(struct dh_source *source, int32_t row, struct dh_view_job *out);
    /* Nodes that it has, or had last; at most `room`, and how many were written. */
    int32_t (*places)(struct dh_source *source, int32_t row, int32_t *nodes, int32_t room);
    /* Stages of pipelines that were at work at some time from … to, in the order of their ends. */
    int32_t (*stages)(struct dh_source *source, dh_time from, dh_time to, struct dh_view_stage *out,
                      int32_t room);
    /* Jobs but replicas that had been done on site by the instant of the last seek; -1: not known. */
    int64_t (*done)(struct dh_source *source);
    /* Job on each node of the facility at that instant (-1: none); NULL: not known. And GPUs of each node
     * that jobs hold then. */
    const int32_t *(*node_job)(struct dh_source *source);
    const int32_t *(*node_gpus)(struct dh_source *source);
    void (*close)(struct dh_source *source);
};

/* Of what time the columns of racks are, which are recorded more rarely than others: power is the mean
 * from … to, which may be yet to come, all else the value at `at`, which is over. DH_TIME_NONE: not recorded
 * by then. from == to: power is that of an instant. */
struct dh_rack_times {
    dh_time from, to, at;
};

struct dh_source {
    const struct dh_source_ops *ops;
    const struct dh_facility *facility;
    const char *name;       /* for titles */
    dh_time begin, horizon; /* of the scenario */
    dh_time newest;         /* there is something to show from begin to here; DH_TIME_NONE: nothing yet */
    bool live;              /* more may come */
    const char *problem;    /* why nothing can be read any more; NULL: it can */
    bool hopeless;          /* of a problem: to read it anew is of no use */
    const char *note;       /* what of it is not shown; a text of the program, NULL: all is */
    dh_time at;             /* of the last seek */
    /* Then. */
    struct dh_rack_times racks;
    /* Starts of the rows of traces, s after the start, ascending. */
    const double *time_s;
    int64_t n_time;
    const struct dh_view_event *events; /* in order of time */
    int64_t n_event;
    struct dh_fabric_map *fabric; /* viz/fabric_map.h; NULL: not asked for, or none */
    bool fabric_asked;
};

/* Of a result file. The facility is that of its scenario, and outlives the source. host: NULL, or who makes
 * the reader (output/result_host.h). What reading fails with. */
enum dh_err dh_source_open_result(struct dh_source **out, struct dh_result_host *host, const char *path,
                                  const struct dh_facility *facility, struct dh_diag *diag);

/* The same of a file that a run may still be writing (NAME.part): shows what is in it, and what comes, as it
 * is polled; at the end of the run it is the finished result. The host is needed where there are threads. */
enum dh_err dh_source_open_follow(struct dh_source **out, struct dh_result_host *host, const char *path,
                                  const struct dh_facility *facility, struct dh_diag *diag);

/* Of a run in progress. Given the path of its result (NULL: none) and a host, instants before the newest are
 * shown from NAME.part, or from the result once the run has ended; otherwise the columns are always the
 * newest. The observer is for the run (dh_sim_watch) and its thread; the source for the view's. The run
 * allocates a little for its history and its events and never waits. Close it after the run has ended. */
enum dh_err dh_source_open_live(struct dh_source **out, const struct dh_facility *facility, const char *name,
                                dh_time horizon, const char *result, struct dh_result_host *host);
struct dh_observer dh_source_live_observer(struct dh_source *source);
/* For the run's thread, once the run is over. */
void dh_source_live_ended(struct dh_source *source);

void dh_source_close(struct dh_source *source);

/* Row of the traces that is shown at an instant: the last that began by then; -1: none. */
int64_t dh_source_row(const struct dh_source *source, dh_time at);
/* The same where it is known that it is not before `from`: quick where it is not far behind. */
int64_t dh_source_row_from(const struct dh_source *source, dh_time at, int64_t from);
/* The first event at or after an instant: 0 … n_event. */
int64_t dh_source_event(const struct dh_source *source, dh_time at);
/* Value of a column's row now; NAN: not known. */
double dh_source_value(struct dh_source *source, enum dh_column_id column, int32_t row);
/* Is a rack without power at the instant of the last seek: are its feeds dead, or did it draw nothing all of
 * the time around it? */
bool dh_source_rack_dark(struct dh_source *source, int32_t rack);
/* GPUs of a rack that jobs hold then; NAN: not known. */
double dh_source_rack_gpus(struct dh_source *source, int32_t rack);
/* Rows of a column, as the facility has them. */
int32_t dh_source_rows(const struct dh_source *source, enum dh_column_id column);

#endif
