/* A result is shown while its run writes it, and becomes the finished one without being opened again. */
#include "tests/tests.h"

#include "models/observer.h"
#include "output/result_host.h"
#include "output/result_read.h"
#include "tests/unit/view_check.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char hall[] = "scenarios/examples/small-hall.xml";
enum { ROWS = 14400 }; /* of ten days */

/* A run on a thread of its own, which goes on to so many samples of the facility and waits there. */
struct paced {
    struct dh_sim *sim;
    struct dh_diag *diag;
    struct dh_result_host *host; /* of readers: HDF5 is at work in this process */
    struct dh_source *live;      /* a view of the run itself */
    char folder[32], path[64], part[72];
    _Atomic int64_t allowed, done;
    volatile int stop;
    pthread_t thread;
    enum dh_err err;
};

static enum dh_err wait_here(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                             const struct dh_state *s) {
    struct paced *p = self;
    (void)at, (void)f, (void)s;
    if (what != DH_SAMPLE_FACILITY)
        return DH_OK;
    int64_t done = atomic_fetch_add(&p->done, 1) + 1;
    while (done >= atomic_load(&p->allowed))
        usleep(200);
    return DH_OK;
}

static void *run(void *self) {
    struct paced *p = self;
    struct dh_run_options options = {.output = p->path, .stop = &p->stop};
    p->err = dh_sim_run(p->sim, &options, p->diag);
    if (p->live)
        dh_source_live_ended(p->live);
    return NULL;
}

static void start_with(struct paced *p, int64_t samples, bool live) {
    struct dh_scenario_changes changes = {.until = "10 d"};
    *p = (struct paced){.diag = dh_diag_new(), .folder = "/tmp/datahall-follow-XXXXXX"};
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(dh_result_host_start(&p->host), DH_OK);
    snprintf(p->path, sizeof p->path, "%s/o.h5", p->folder);
    snprintf(p->part, sizeof p->part, "%s.part", p->path);
    atomic_store(&p->allowed, samples);
    assert_int_equal(dh_sim_open(&p->sim, hall, &changes, p->diag), DH_OK);
    if (live) {
        assert_int_equal(dh_source_open_live(&p->live, dh_sim_facility(p->sim), "o", dh_time_from_s(864000),
                                             p->path, p->host),
                         DH_OK);
        struct dh_observer observer = dh_source_live_observer(p->live);
        assert_int_equal(dh_sim_watch(p->sim, &observer), DH_OK);
    }
    assert_int_equal(dh_sim_watch(p->sim, &(struct dh_observer){.sample = wait_here, .self = p}), DH_OK);
    assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
    while (atomic_load(&p->done) < samples)
        usleep(200);
}

static void start(struct paced *p, int64_t samples) {
    start_with(p, samples, false);
}

static void go_on_to(struct paced *p, int64_t samples) {
    atomic_store(&p->allowed, samples);
    while (samples <= ROWS && atomic_load(&p->done) < samples)
        usleep(200);
}

static void finish(struct paced *p) {
    dh_result_host_stop(p->host);
    dh_sim_close(p->sim);
    dh_diag_delete(p->diag);
    unlink(p->path);
    unlink(p->part);
    rmdir(p->folder);
}

/* Anew until the picture of the file is that of what lies in it: the file's time says little of its contents
 * where clocks are coarse. */
static bool polls_to(struct dh_source *source, int64_t rows) {
    for (int i = 0; i < 200 && source->n_time != rows; i++) {
        source->ops->poll(source, 10);
        usleep(1000);
    }
    return source->n_time == rows;
}

void a_result_is_shown_while_its_run_writes_it(void **state) {
    struct paced p;
    struct dh_source *source = NULL, *whole = NULL;
    struct dh_view *view = NULL;
    char room[80];
    (void)state;
    start(&p, 100);
    assert_string_equal(dh_result_draft(p.path, room, sizeof room), p.part);
    const struct dh_facility *f = dh_sim_facility(p.sim);
    assert_int_equal(dh_source_open_follow(&source, p.host, p.part, f, p.diag), DH_OK);
    assert_true(source->live && source->newest == DH_TIME_NONE); /* nothing is in it yet */
    assert_int_equal(source->horizon, 10 * 86400 * DH_NS_PER_S);
    assert_int_equal(dh_view_open(&view, &source, 1), DH_OK);
    struct dh_scene scene = {0};
    dh_view_draw(view, &scene);

    /* Rows come in whole chunks. */
    go_on_to(&p, 7000);
    dh_view_tick(view, 0.1); /* not yet looked at again */
    assert_int_equal(source->n_time, 0);
    int64_t chunk = 0;
    for (int i = 0; i < 200 && chunk == 0; i++) {
        dh_view_tick(view, 10);
        chunk = source->n_time;
    }
    assert_true(chunk > 0 && chunk <= 7000);
    assert_true(dh_view_at(view) == source->newest); /* it follows */
    assert_true(source->newest == dh_time_from_s((double)(chunk - 1) * 60));
    assert_true(dh_source_value(source, DH_COLUMN_facility_power_w, 0) > 1000);
    double kept = dh_source_value(source, DH_COLUMN_facility_power_w, 0);
    assert_false(source->ops->poll(source, 10)); /* nothing has changed */
    int64_t next = (7000 / chunk + 1) * chunk;
    go_on_to(&p, next + 10);
    assert_true(polls_to(source, next));
    const struct dh_trace *trace = source->ops->trace(source, DH_COLUMN_facility_power_w, 0);
    assert_true(trace && trace->n == next);
    assert_true(source->live);
    dh_view_draw(view, &scene);

    /* The end: the file has its name, and all that is written last. */
    go_on_to(&p, ROWS + 1);
    pthread_join(p.thread, NULL);
    assert_int_equal(p.err, DH_OK);
    assert_true(polls_to(source, ROWS));
    assert_false(source->live);
    assert_int_equal(dh_source_open_follow(&whole, p.host, p.path, f, p.diag), DH_OK);
    assert_false(whole->live);
    for (int c = 0; c < DH_N_COLUMN; c++) {
        dh_time at = dh_time_from_s(123456);
        source->ops->seek(source, at);
        whole->ops->seek(whole, at);
        double a = dh_source_value(source, (enum dh_column_id)c, 0),
               b = dh_source_value(whole, (enum dh_column_id)c, 0);
        assert_memory_equal(&a, &b, sizeof a);
    }
    source->ops->seek(source, dh_time_from_s((double)(chunk - 1) * 60));
    assert_true(dh_source_value(source, DH_COLUMN_facility_power_w, 0) == kept);
    struct dh_view_job job;
    assert_true(source->ops->job(source, 0, &job)); /* jobs are written last */
    assert_int_equal(source->n_event, whole->n_event);
    dh_view_tick(view, 1);
    dh_view_draw(view, &scene);
    dh_scene_free(&scene);
    dh_view_close(view);
    dh_source_close(source);
    dh_source_close(whole);
    finish(&p);
}

void what_a_run_left_behind_is_shown_as_it_is(void **state) {
    struct paced p;
    struct dh_source *source = NULL;
    (void)state;
    start(&p, 7000);
    assert_int_equal(dh_source_open_follow(&source, p.host, p.part, dh_sim_facility(p.sim), p.diag), DH_OK);
    int64_t rows = source->n_time;
    assert_true(source->live && rows > 0);
    assert_int_equal(rename(p.part, p.path), 0); /* of another name: not what this run would have left */
    FILE *other = fopen(p.part, "w");
    assert_non_null(other);
    fclose(other);
    unlink(p.path);
    source->ops->poll(source, 10);
    assert_false(source->live);
    assert_int_equal(source->n_time, rows);
    source->ops->seek(source, source->newest);
    assert_true(dh_source_value(source, DH_COLUMN_facility_power_w, 0) > 1000);
    assert_false(source->ops->poll(source, 10));
    dh_source_close(source);
    p.stop = 2;
    go_on_to(&p, ROWS + 1);
    pthread_join(p.thread, NULL);
    finish(&p);
}

/* ---- the past of a run that is looked at while it goes on ------------------------------------------------
 */

/* All rows that the run has made; the view may drop none. */
static void take_in(struct dh_source *source, int64_t rows) {
    for (int i = 0; i < 200 && source->n_time < rows; i++) {
        source->ops->poll(source, 1);
        usleep(1000);
    }
    assert_int_equal(source->n_time, rows);
}

void a_live_view_never_shows_one_instant_as_another(void **state) {
    struct paced p;
    (void)state;
    start_with(&p, 7000, true);
    struct dh_source *live = p.live;
    take_in(live, 7000);
    go_on_to(&p, 7001); /* a copy of the newest is made when the one before was seen */
    take_in(live, 7001);
    const struct dh_trace *trace = live->ops->trace(live, DH_COLUMN_facility_power_w, 0);
    assert_true(trace && trace->n == 7001 && live->newest == dh_time_from_s(7000 * 60.0));
    enum { FIRST = 100, STEP = 137, N = 51 };
    double racks[N];
    int not_told = 0;
    for (int i = 0; i < N; i++) {
        int64_t row = FIRST + STEP * i;
        live->ops->seek(live, dh_time_from_s((double)row * 60));
        assert_true((float)dh_source_value(live, DH_COLUMN_facility_power_w, 0) == trace->values[row]);
        racks[i] = dh_source_value(live, DH_COLUMN_rack_power_w, 0);
        not_told += isnan(racks[i]);
    }
    assert_true(not_told > 0); /* of rows that are not in the file yet */

    go_on_to(&p, ROWS + 1);
    pthread_join(p.thread, NULL);
    assert_int_equal(p.err, DH_OK);
    take_in(live, ROWS);
    live->ops->poll(live, 1);
    assert_false(live->live);
    struct dh_view_job job;
    live->ops->seek(live, dh_time_from_s(100 * 60)); /* before what was read while it ran */
    assert_true(live->ops->node_job(live) && live->ops->job(live, 0, &job) && live->ops->done(live) >= 0);
    for (int i = 0; i < N; i++) {
        live->ops->seek(live, dh_time_from_s((double)(FIRST + STEP * i) * 60));
        double power = dh_source_value(live, DH_COLUMN_rack_power_w, 0);
        assert_true(power > 0 && (isnan(racks[i]) || racks[i] == power));
    }
    dh_source_close(live);
    finish(&p);
}

void a_failed_run_is_not_shown_as_the_result_before_it(void **state) {
    struct paced p;
    (void)state;
    start_with(&p, 7000, true);
    assert_int_equal(link(p.part, p.path), 0); /* somebody's, of the same name */
    p.stop = 2;
    go_on_to(&p, ROWS + 1);
    pthread_join(p.thread, NULL);
    struct dh_source *live = p.live;
    live->ops->poll(live, 1);
    assert_false(live->live);
    live->ops->seek(live, dh_time_from_s(6000));
    assert_null(live->ops->node_job(live)); /* jobs are in results that are whole */
    dh_source_close(live);
    finish(&p);
}

/* ---- readers that die ------------------------------------------------------------------------------------
 */

/* Ends the processes that this one has made: the reader. */
static int kill_readers(void) {
    char path[64];
    int pid, n = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "r");
    while (children && fscanf(children, "%d", &pid) == 1)
        n += kill(pid, SIGKILL) == 0;
    if (children)
        fclose(children);
    return n;
}

/* One that a host made is nobody's child here. */
void a_reader_of_a_host_is_gone_when_its_result_is_closed(void **state) {
    struct view_look look;
    struct dh_result_host *host = NULL;
    struct dh_result *result = NULL;
    char path[64];
    int pid = 0, reader = 0;
    (void)state;
    view_look_open(&look, hall, "1 h");
    assert_int_equal(dh_result_host_start(&host), DH_OK);
    assert_int_equal(dh_result_open_by(&result, host, look.path, look.diag), DH_OK);
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "r");
    while (children && fscanf(children, "%d", &pid) == 1) { /* the last is the host */
    }
    if (children)
        fclose(children);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    children = fopen(path, "r");
    if (!children || fscanf(children, "%d", &reader) != 1)
        fail_msg("no reader in %s", path);
    fclose(children);
    assert_int_equal(kill(reader, SIGSTOP), 0); /* it would not see that nobody listens any more */
    assert_false(dh_result_hung(result));
    dh_result_close(result);
    for (int i = 0; i < 2000 && kill(reader, 0) == 0; i++)
        usleep(1000);
    bool there = kill(reader, 0) == 0;
    if (there)
        kill(reader, SIGKILL);
    assert_false(there);
    dh_result_host_stop(host);
    view_look_close(&look);
}

void a_view_lives_on_when_its_reader_dies(void **state) {
    struct view_look look;
    struct dh_source *source = NULL;
    struct dh_view *view = NULL;
    struct dh_scene scene = {0};
    (void)state;
    view_look_open(&look, hall, "36 d"); /* its reader goes, too */
    assert_int_equal(dh_source_open_follow(&source, NULL, look.path, look.source->facility, look.diag),
                     DH_OK);
    assert_int_equal(dh_view_open(&view, &source, 1), DH_OK);
    double before = 0;
    for (int i = 0; i < 5; i++) {
        dh_view_seek(view, dh_time_from_s(86400.0 * 6 * (i + 1))); /* beyond what was read before */
        dh_view_draw(view, &scene);
        double power = dh_source_value(source, DH_COLUMN_facility_power_w, 0);
        assert_true(isnan(power) == (i == 4) && power != before);
        before = power;
        if (i < 4)
            assert_true(kill_readers() >= 1 && !source->problem);
        dh_view_seek(view, dh_time_from_s(86400.0 * (6 * (i + 1) + 3)));
        dh_view_draw(view, &scene);
        dh_view_tick(view, 0.1); /* sees that it died, and has another one read */
    }
    assert_non_null(source->problem); /* a file that kills them all */
    look.scene = scene;
    assert_false(dh_view_tick(view, 0.1)); /* said once */
    dh_view_draw(view, &scene);
    look.scene = scene;
    assert_true(view_look_says(&look, "reading it had to be stopped"));
    look.scene = (struct dh_scene){0};
    dh_scene_free(&scene);
    dh_view_close(view);
    dh_source_close(source);
    view_look_close(&look);
}
