/* Jobs of a result file: columns are read once, names and placements as they are asked for. */
#include "viz/result_jobs.h"

#include "sim/text.h"
#include "viz/spans.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_JOBS = 4000000, NAME_ROOM = sizeof((struct dh_view_job *)0)->name };
/* Texts are read so many at a time: who asks for one asks for its neighbours soon. */
enum { BLOCK = 128, MOST_PLACE_BYTES = 64 << 20 };
/* More jobs than a node has GPUs are not on one. */
enum { MOST_ON_NODE = 256 };

/* Columns of /jobs that must be there, then those that may. */
enum {
    SUBMIT,
    START,
    END,
    GPUS,
    NODES,
    STATE,
    BURST,
    N_NEEDED,
    PRIORITY = N_NEEDED,
    SERVICE,
    WORK,
    GPU_NS,
    SLOWDOWN,
    N_COLUMN
};
static const char *const names[N_COLUMN] = {
    [SUBMIT] = "submit_s", [START] = "start_s", [END] = "end_s",     [GPUS] = "gpus",
    [NODES] = "nodes",     [STATE] = "state",   [BURST] = "burst_s", [PRIORITY] = "priority",
    [SERVICE] = "service", [WORK] = "work_s",   [GPU_NS] = "gpu_ns", [SLOWDOWN] = "network_slowdown"};

/* Columns of /pipelines. */
enum { STAGE_START, STAGE_END, STAGE_BYTES, N_STAGE_COLUMN };

struct result_jobs {
    struct dh_result *result;
    const struct dh_facility *facility;
    double *columns[N_COLUMN]; /* NULL: not there */
    int64_t n;
    bool asked, ready, stages_asked;
    int32_t *rank;     /* of each row by GPUs, the largest first */
    int32_t *started;  /* rows by their starts; */
    int64_t n_started; /* those that never start are not among them */
    double *done;      /* ends of jobs that were done, ascending; NULL: not asked for */
    int64_t n_done;
    struct dh_spans on, wait; /* times on GPUs; and in the queue */
    char (*name)[NAME_ROOM];
    bool *named; /* of each block: its names were read */
    struct places {
        struct dh_arena mem;
        const char **texts;
    } * places; /* of each block: where its jobs are; NULL: not read */
    int64_t place_bytes;
    /* At an instant: rows that run, the largest first, and that wait, the oldest first. */
    dh_time at;
    int32_t *rows, n_running, n_waiting;
    int32_t *node_job, *node_gpus;
    dh_time node_job_at;
    double *stages[N_STAGE_COLUMN];
    int64_t n_stage;
};

static double *read_all(struct dh_result *result, const char *group, const char *name, int64_t *n) {
    const struct dh_result_dataset *set = dh_result_find(result, group, name);
    *n = 0;
    if (!set || set->rank != 1 || set->kind == DH_RESULT_TEXT || set->rows <= 0 || set->rows > MOST_JOBS)
        return NULL;
    double *values = malloc((size_t)set->rows * sizeof *values);
    if (!values || dh_result_numbers(result, set, 0, set->rows, values) != DH_OK) {
        free(values);
        return NULL;
    }
    *n = set->rows;
    return values;
}

static bool read_text(struct result_jobs *j, const char *group, const char *name, int64_t row, char *out,
                      size_t room) {
    const struct dh_result_dataset *set = dh_result_find(j->result, group, name);
    struct dh_arena mem = {0};
    const char *text = NULL;
    bool good = set && set->kind == DH_RESULT_TEXT && row < set->rows &&
                dh_result_texts(j->result, set, row, 1, &mem, &text) == DH_OK && text;
    dh_text_cut(out, room, good ? text : "");
    dh_arena_free(&mem);
    return good;
}

/* ---- what is asked of all jobs */

static int by_gpus(const void *a, const void *b, void *self) {
    const struct result_jobs *j = self;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    double difference = j->columns[GPUS][y] - j->columns[GPUS][x];
    return difference > 0 ? 1 : difference < 0 ? -1 : (x > y) - (x < y);
}

static int by_start(const void *a, const void *b, void *self) {
    const struct result_jobs *j = self;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    double difference = j->columns[START][x] - j->columns[START][y];
    return difference > 0 ? 1 : difference < 0 ? -1 : (x > y) - (x < y);
}

/* Ranks by GPUs, starts, and who runs and waits when: so that an instant need not look at every job. */
static bool sort_jobs(struct result_jobs *j) {
    size_t n = (size_t)j->n;
    double *off = malloc(n * sizeof *off); /* of the GPUs; then of the queue */
    j->rank = malloc(n * sizeof *j->rank);
    j->started = malloc(n * sizeof *j->started);
    j->rows = malloc(2 * n * sizeof *j->rows);
    if (!off || !j->rank || !j->started || !j->rows) {
        free(off);
        return false;
    }
    for (int64_t i = 0; i < j->n; i++) {
        j->columns[GPUS][i] = isfinite(j->columns[GPUS][i]) ? fmin(fmax(j->columns[GPUS][i], 0), 1e9) : 0;
        j->rows[i] = (int32_t)i;
        if (isfinite(j->columns[START][i]))
            j->started[j->n_started++] = (int32_t)i;
        off[i] = fmin(j->columns[END][i], j->columns[BURST][i]); /* of NAN and a number the number */
    }
    qsort_r(j->rows, n, sizeof *j->rows, by_gpus, j);
    qsort_r(j->started, (size_t)j->n_started, sizeof *j->started, by_start, j);
    for (int64_t k = 0; k < j->n; k++)
        j->rank[j->rows[k]] = (int32_t)k;
    bool good = dh_spans_make(&j->on, j->columns[START], off, (int32_t)j->n);
    for (int64_t i = 0; i < j->n; i++)
        off[i] = fmin(off[i], j->columns[START][i]);
    good = good && dh_spans_make(&j->wait, j->columns[SUBMIT], off, (int32_t)j->n);
    free(off);
    return good;
}

static bool is_there(struct result_jobs *j) {
    if (j->asked)
        return j->ready;
    j->asked = true;
    bool good = true;
    for (int i = 0; i < N_COLUMN; i++) {
        int64_t n;
        j->columns[i] = read_all(j->result, "jobs", names[i], &n);
        j->n = i == 0 ? n : j->n;
        if (j->columns[i] && n != j->n) {
            free(j->columns[i]);
            j->columns[i] = NULL;
        }
        good = good && (i >= N_NEEDED || j->columns[i]);
    }
    size_t n_block = (size_t)(j->n + BLOCK - 1) / BLOCK;
    j->name = good ? calloc((size_t)j->n, sizeof *j->name) : NULL;
    j->named = good ? calloc(n_block, sizeof *j->named) : NULL;
    j->places = good ? calloc(n_block, sizeof *j->places) : NULL;
    j->ready = j->name && j->named && j->places && sort_jobs(j);
    return j->ready;
}

struct result_jobs *dh_result_jobs_open(struct dh_result *result, const struct dh_facility *facility) {
    struct result_jobs *j = calloc(1, sizeof *j);
    if (j)
        *j = (struct result_jobs){
            .result = result, .facility = facility, .at = DH_TIME_NONE, .node_job_at = DH_TIME_NONE};
    return j;
}

void dh_result_jobs_close(struct result_jobs *j) {
    if (!j)
        return;
    for (int i = 0; i < N_COLUMN; i++)
        free(j->columns[i]);
    for (int i = 0; i < N_STAGE_COLUMN; i++)
        free(j->stages[i]);
    for (int64_t b = 0; j->places && b * BLOCK < j->n; b++)
        dh_arena_free(&j->places[b].mem);
    free(j->places);
    free(j->named);
    free(j->done);
    free(j->name);
    free(j->rank);
    free(j->started);
    free(j->rows);
    dh_spans_free(&j->on);
    dh_spans_free(&j->wait);
    free(j->node_job);
    free(j->node_gpus);
    free(j);
}

/* ---- one job */

static dh_time instant(double s) {
    return s >= 0 && s < 9e9 ? (dh_time)llround(s * DH_NS_PER_S) : DH_TIME_NONE;
}

static double column(const struct result_jobs *j, int which, int32_t row, double otherwise) {
    return j->columns[which] ? j->columns[which][row] : otherwise;
}

static bool runs_at(const struct result_jobs *j, int32_t i, double at_s) {
    return j->columns[START][i] <= at_s && !(j->columns[END][i] <= at_s) && !(j->columns[BURST][i] <= at_s);
}

static bool waits_at(const struct result_jobs *j, int32_t i, double at_s) {
    return j->columns[SUBMIT][i] <= at_s && !(j->columns[START][i] <= at_s) &&
           !(j->columns[END][i] <= at_s) && !(j->columns[BURST][i] <= at_s);
}

static enum dh_view_job_state state_at(const struct result_jobs *j, int32_t i, double at_s) {
    if (runs_at(j, i, at_s))
        return DH_VIEW_RUNS;
    if (j->columns[BURST][i] <= at_s)
        return DH_VIEW_CLOUD;
    if (j->columns[END][i] <= at_s)
        return j->columns[STATE][i] == DH_JOB_DONE ? DH_VIEW_DONE : DH_VIEW_LOST;
    return DH_VIEW_WAITS;
}

/* Texts of a block of jobs, in its arena; NULL: they cannot be read. */
static const char **read_block(struct result_jobs *j, const char *name, int64_t block, struct dh_arena *mem) {
    const struct dh_result_dataset *set = dh_result_find(j->result, "jobs", name);
    int64_t first = block * BLOCK, n = set ? (set->rows < j->n ? set->rows : j->n) - first : 0;
    n = n < BLOCK ? n : BLOCK;
    if (!set || set->kind != DH_RESULT_TEXT || n <= 0)
        return NULL;
    const char **texts = dh_arena_array(mem, BLOCK, sizeof *texts);
    if (texts && dh_result_texts(j->result, set, first, n, mem, texts) != DH_OK)
        texts = NULL;
    return texts;
}

static const char *name_of(struct result_jobs *j, int32_t row) {
    int64_t block = row / BLOCK;
    if (!j->named[block]) {
        struct dh_arena mem = {0};
        const char **texts = read_block(j, "job", block, &mem);
        for (int64_t i = block * BLOCK; texts && i < (block + 1) * BLOCK && i < j->n; i++)
            if (texts[i % BLOCK])
                dh_text_cut(j->name[i], NAME_ROOM, texts[i % BLOCK]);
        dh_arena_free(&mem);
        j->named[block] = true;
    }
    return j->name[row];
}

static void put_job(struct result_jobs *j, int32_t i, dh_time at, struct dh_view_job *out) {
    double service = column(j, SERVICE, i, -1), priority = column(j, PRIORITY, i, 0);
    double work_s = column(j, WORK, i, NAN), state = j->columns[STATE][i];
    *out = (struct dh_view_job){
        .row = i,
        .submit = instant(j->columns[SUBMIT][i]),
        .start = instant(j->columns[START][i]),
        .end = instant(j->columns[END][i]),
        .left = instant(j->columns[BURST][i]),
        .gpus = (int32_t)j->columns[GPUS][i],
        .nodes = (int32_t)fmin(fmax(j->columns[NODES][i], 0), 1e9),
        .priority = fabs(priority) < 1e6 ? (int32_t)priority : 0,
        .service = service >= 0 && service < j->facility->n_service ? (int32_t)service : -1,
        .outcome = state >= 0 && state < DH_N_JOB_STATE ? (enum dh_job_state)state : DH_JOB_PENDING,
        .work_s = work_s < 1e9 ? work_s : NAN, /* a replica's has no end */
        .gpu_s = column(j, GPU_NS, i, NAN) / 1e9,
        .slowdown = column(j, SLOWDOWN, i, NAN),
        .state = state_at(j, i, (double)at / DH_NS_PER_S)};
    memcpy(out->name, name_of(j, i), NAME_ROOM);
}

bool dh_result_jobs_one(struct result_jobs *j, dh_time at, int32_t row, struct dh_view_job *out) {
    if (!is_there(j) || row < 0 || row >= j->n)
        return false;
    put_job(j, row, at, out);
    return true;
}

/* ---- lists */

static int by_submit(const void *a, const void *b, void *self) {
    const struct result_jobs *j = self;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    double difference = j->columns[SUBMIT][x] - j->columns[SUBMIT][y];
    return difference > 0 ? 1 : difference < 0 ? -1 : (x > y) - (x < y);
}

static int by_rank(const void *a, const void *b, void *self) {
    const struct result_jobs *j = self;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (j->rank[x] > j->rank[y]) - (j->rank[x] < j->rank[y]);
}

/* Keeps the rows for which it holds. */
static int32_t keep(const struct result_jobs *j, int32_t *rows, int32_t n, double at_s,
                    bool (*holds)(const struct result_jobs *j, int32_t row, double at_s)) {
    int32_t kept = 0;
    for (int32_t k = 0; k < n; k++)
        if (holds(j, rows[k], at_s))
            rows[kept++] = rows[k];
    return kept;
}

static void sort(struct result_jobs *j, int32_t *rows, int32_t n,
                 int (*order)(const void *a, const void *b, void *self)) {
    if (n > 1)
        qsort_r(rows, (size_t)n, sizeof *rows, order, j);
}

/* Once for each instant that is asked for: a frame asks several times. */
static bool list(struct result_jobs *j, dh_time at) {
    if (!is_there(j))
        return false;
    if (j->at == at)
        return true;
    double at_s = (double)at / DH_NS_PER_S;
    j->n_running = keep(j, j->rows, dh_spans_about(&j->on, at_s, j->rows), at_s, runs_at);
    int32_t *waiting = j->rows + j->n_running;
    j->n_waiting = keep(j, waiting, dh_spans_about(&j->wait, at_s, waiting), at_s, waits_at);
    sort(j, j->rows, j->n_running, by_rank);
    sort(j, waiting, j->n_waiting, by_submit);
    j->at = at;
    return true;
}

int32_t dh_result_jobs_running(struct result_jobs *j, dh_time at, struct dh_view_job *out, int32_t room) {
    if (!list(j, at))
        return 0;
    for (int32_t k = 0; k < j->n_running && k < room; k++)
        put_job(j, j->rows[k], at, &out[k]);
    return j->n_running;
}

int32_t dh_result_jobs_waiting(struct result_jobs *j, dh_time at, struct dh_view_job *out, int32_t room) {
    if (!list(j, at))
        return 0;
    for (int32_t k = 0; k < j->n_waiting && k < room; k++)
        put_job(j, j->rows[j->n_running + k], at, &out[k]);
    return j->n_waiting;
}

/* The first of those that start after an instant. */
static int64_t started_after(const struct result_jobs *j, double at_s) {
    int64_t low = 0, high = j->n_started;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (j->columns[START][j->started[middle]] <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t dh_result_jobs_between(struct result_jobs *j, dh_time at, dh_time from, dh_time to,
                               struct dh_view_job *out, int32_t room) {
    double from_s = (double)from / DH_NS_PER_S, to_s = (double)to / DH_NS_PER_S;
    int32_t *found = is_there(j) ? malloc(2 * (size_t)j->n * sizeof *found) : NULL;
    if (!found)
        return 0;
    int32_t n = keep(j, found, dh_spans_about(&j->on, from_s, found), from_s, runs_at), kept = 0;
    for (int64_t k = started_after(j, from_s); k < j->n_started && j->columns[START][j->started[k]] < to_s;
         k++)
        found[n++] = j->started[k];
    for (int32_t k = 0; k < n; k++) {
        int32_t i = found[k];
        bool here = j->columns[START][i] < to_s && !(j->columns[BURST][i] <= j->columns[START][i]);
        if (here && !(column(j, SERVICE, i, -1) >= 0))
            found[kept++] = i;
    }
    sort(j, found, kept, by_rank);
    kept = kept < room ? kept : room;
    for (int32_t k = 0; k < kept; k++)
        put_job(j, found[k], at, &out[k]);
    free(found);
    return kept;
}

/* ---- where they are */

/* "node:gpus|first-last:gpus": calls for each node; wrong text ends it, and so do *left nodes. */
static void each_node(const char *placement, int32_t n_node, int64_t *left,
                      void (*call)(void *self, int32_t node, int32_t gpus), void *self) {
    for (const char *c = placement; *c && *left > 0;) {
        char *end;
        long first = strtol(c, &end, 10), last = first;
        if (end == c)
            return;
        if (*end == '-') {
            c = end + 1;
            last = strtol(c, &end, 10);
            if (end == c)
                return;
        }
        long gpus = *end == ':' ? strtol(end + 1, NULL, 10) : 0;
        gpus = gpus < 0 ? 0 : gpus > INT32_MAX ? INT32_MAX : gpus;
        for (long node = first < 0 ? 0 : first; node <= last && node<n_node && * left> 0; node++, --*left)
            call(self, (int32_t)node, (int32_t)gpus);
        c = end + strcspn(end, "|");
        c += *c == '|';
    }
}

static void forget_places(struct result_jobs *j) {
    for (int64_t b = 0; b * BLOCK < j->n; b++) {
        dh_arena_free(&j->places[b].mem);
        j->places[b] = (struct places){0};
    }
    j->place_bytes = 0;
}

/* Blocks are kept as far as there is room for them. */
static const char *placement_of(struct result_jobs *j, int32_t job) {
    struct places *p = &j->places[job / BLOCK];
    if (!p->texts) {
        if (j->place_bytes > MOST_PLACE_BYTES)
            forget_places(j);
        p->texts = read_block(j, "placement", job / BLOCK, &p->mem);
        for (int k = 0; p->texts && k < BLOCK; k++)
            j->place_bytes += p->texts[k] ? (int64_t)strlen(p->texts[k]) + 1 : 0;
    }
    return p->texts ? p->texts[job % BLOCK] : NULL;
}

static void place(struct result_jobs *j, int32_t job, int64_t *left,
                  void (*call)(void *self, int32_t node, int32_t gpus), void *self) {
    const char *placement = placement_of(j, job);
    if (placement)
        each_node(placement, j->facility->n_node, left, call, self);
}

struct collect {
    int32_t *nodes, n, room;
};
static void collect(void *self, int32_t node, int32_t gpus) {
    struct collect *c = self;
    (void)gpus;
    if (c->n < c->room)
        c->nodes[c->n] = node;
    c->n += c->n < c->room;
}

int32_t dh_result_jobs_places(struct result_jobs *j, int32_t row, int32_t *nodes, int32_t room) {
    struct collect c = {nodes, 0, room};
    int64_t left = j->facility->n_node;
    if (is_there(j) && row >= 0 && row < j->n)
        place(j, row, &left, collect, &c);
    return c.n;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int64_t dh_result_jobs_done(struct result_jobs *j, dh_time at) {
    double at_s = (double)at / DH_NS_PER_S;
    int64_t low = 0, high;
    if (!is_there(j))
        return -1;
    if (!j->done) { /* once */
        j->done = malloc((size_t)j->n * sizeof *j->done);
        for (int64_t i = 0; j->done && i < j->n; i++)
            if (j->columns[STATE][i] == DH_JOB_DONE && isfinite(j->columns[END][i]) &&
                !(j->columns[SERVICE] && j->columns[SERVICE][i] >= 0))
                j->done[j->n_done++] = j->columns[END][i];
        if (!j->done)
            return -1;
        qsort(j->done, (size_t)j->n_done, sizeof *j->done, ascending);
    }
    for (high = j->n_done; low < high;) {
        int64_t middle = (low + high) / 2;
        if (j->done[middle] <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct mark {
    struct result_jobs *jobs;
    int32_t job;
};
/* What a file says of a node is no more than the node has. */
static void mark(void *self, int32_t node, int32_t gpus) {
    const struct mark *m = self;
    int32_t *held = &m->jobs->node_gpus[node], room = m->jobs->facility->node_gpus[node] - *held;
    m->jobs->node_job[node] = m->job;
    *held += gpus < room ? gpus : room;
}

const int32_t *dh_result_jobs_on_nodes(struct result_jobs *j, dh_time at) {
    int32_t n_node = j->facility->n_node;
    const struct dh_result_dataset *set = dh_result_find(j->result, "jobs", "placement");
    if (!set || set->kind != DH_RESULT_TEXT || n_node == 0 || !list(j, at))
        return NULL;
    if (!j->node_job)
        j->node_job = malloc((size_t)n_node * sizeof *j->node_job);
    if (!j->node_gpus)
        j->node_gpus = malloc((size_t)n_node * sizeof *j->node_gpus);
    if (!j->node_job || !j->node_gpus)
        return NULL;
    if (j->node_job_at == at)
        return j->node_job;
    for (int32_t i = 0; i < n_node; i++) {
        j->node_job[i] = -1;
        j->node_gpus[i] = 0;
    }
    int64_t left = (int64_t)n_node * MOST_ON_NODE;
    for (int32_t k = 0; k < j->n_running && left > 0; k++) {
        struct mark m = {j, j->rows[k]};
        place(j, j->rows[k], &left, mark, &m);
    }
    j->node_job_at = at;
    return j->node_job;
}

const int32_t *dh_result_jobs_node_gpus(struct result_jobs *j, dh_time at) {
    return dh_result_jobs_on_nodes(j, at) ? j->node_gpus : NULL;
}

/* ---- pipelines */

static bool stages_are_there(struct result_jobs *j) {
    static const char *const columns[N_STAGE_COLUMN] = {"start_s", "end_s", "bytes"};
    if (j->stages_asked)
        return j->stages[N_STAGE_COLUMN - 1] != NULL;
    j->stages_asked = true;
    bool good = true;
    for (int i = 0; i < N_STAGE_COLUMN; i++) {
        int64_t n;
        j->stages[i] = read_all(j->result, "pipelines", columns[i], &n);
        good = good && j->stages[i] && (i == 0 || n == j->n_stage);
        j->n_stage = i == 0 ? n : j->n_stage;
    }
    if (!good) {
        free(j->stages[N_STAGE_COLUMN - 1]);
        j->stages[N_STAGE_COLUMN - 1] = NULL;
    }
    return good;
}

int32_t dh_result_jobs_stages(struct result_jobs *j, dh_time from, dh_time to, struct dh_view_stage *out,
                              int32_t room) {
    double from_s = (double)from / DH_NS_PER_S, to_s = (double)to / DH_NS_PER_S;
    int32_t n = 0;
    for (int64_t i = 0; stages_are_there(j) && i < j->n_stage && n < room; i++) {
        if (!(j->stages[STAGE_START][i] < to_s) || j->stages[STAGE_END][i] <= from_s)
            continue;
        struct dh_view_stage *s = &out[n++];
        *s = (struct dh_view_stage){.start = instant(j->stages[STAGE_START][i]),
                                    .end = instant(j->stages[STAGE_END][i]),
                                    .bytes = j->stages[STAGE_BYTES][i]};
        read_text(j, "pipelines", "pipeline", i, s->pipeline, sizeof s->pipeline);
        read_text(j, "pipelines", "stage", i, s->stage, sizeof s->stage);
    }
    return n;
}
