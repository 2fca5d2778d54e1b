#include "tests/tests.h"

#include "sim/api/internal.h"
#include "tests/tools/fake_run.h"
#include "viz/snapshot.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every column of the state gets this value, rack columns another. */
static void fill(struct dh_state *state, const struct dh_facility *f, double value, double rack_value) {
    for (int32_t c = 0; c < dh_n_state_column; c++) {
        const struct dh_column *column = &dh_state_columns[c];
        double *values;
        memcpy(&values, (char *)state + column->offset, sizeof values);
        for (int32_t i = 0; i < dh_column_rows(f, column); i++)
            values[i] = strcmp(column->rows, "rack") == 0 ? rack_value : value;
    }
}

/* Rows whose value is not the one expected. */
static int32_t torn(const struct dh_state *state, const struct dh_facility *f, double value,
                    double rack_value) {
    int32_t n = 0;
    for (int32_t c = 0; c < dh_n_state_column; c++) {
        const double *values = dh_state_column(state, &dh_state_columns[c]);
        double expected = strcmp(dh_state_columns[c].rows, "rack") == 0 ? rack_value : value;
        for (int32_t i = 0; i < dh_column_rows(f, &dh_state_columns[c]); i++)
            n += values[i] != expected;
    }
    return n;
}

void snapshot_shows_the_newest_frame_and_keeps_it(void **state) {
    (void)state;
    struct fake_run fake;
    struct dh_snapshot *s;
    fake_run_init(&fake, 5, 0);
    assert_int_equal(dh_snapshot_open(&s, &fake.facility), DH_OK);
    struct dh_observer o = dh_snapshot_observer(s);
    assert_null(dh_snapshot_read(s));
    fill(&fake.state, &fake.facility, 1, 100);
    o.sample(o.self, DH_SAMPLE_RACKS, 0, &fake.facility, &fake.state);
    o.sample(o.self, DH_SAMPLE_FACILITY, 10, &fake.facility, &fake.state);
    const struct dh_frame *frame = dh_snapshot_read(s);
    assert_non_null(frame);
    assert_true(frame->at == 10 && frame->racks_at == 0 && frame->serial == 2);
    assert_int_equal(torn(&frame->state, &fake.facility, 1, 100), 0);
    assert_ptr_equal(dh_snapshot_read(s), frame); /* nothing new */

    /* What the run writes meanwhile does not reach the frame that is being looked at. */
    for (int k = 2; k < 9; k++) {
        fill(&fake.state, &fake.facility, k, 100);
        o.sample(o.self, DH_SAMPLE_FACILITY, 10 * k, &fake.facility, &fake.state);
        assert_int_equal(torn(&frame->state, &fake.facility, 1, 100), 0);
    }
    o.incident(o.self, 85, DH_INCIDENT_REJECTED, 0, 8);
    fill(&fake.state, &fake.facility, 8, 200);
    o.sample(o.self, DH_SAMPLE_RACKS, 40, &fake.facility, &fake.state);
    frame = dh_snapshot_read(s);
    assert_true(frame->at == 80 && frame->racks_at == 40 && frame->serial == 10);
    assert_int_equal(frame->n_incident[DH_INCIDENT_REJECTED], 1);
    assert_int_equal(torn(&frame->state, &fake.facility, 8, 200), 0);
    dh_snapshot_close(s);
    dh_snapshot_close(NULL);
    fake_run_free(&fake);
}

/* ---- two threads
 * -------------------------------------------------------------------------------------------- */

enum { EXCHANGES = 100000, RACKS_EVERY = 7 };

struct writer {
    struct fake_run *fake;
    struct dh_observer observer;
    _Atomic bool done;
};

/* The value of each frame is its time; that of racks the time of their last sample. */
static void *write_frames(void *self) {
    struct writer *w = self;
    double rack_value = 0;
    for (int64_t k = 1; k <= EXCHANGES; k++) {
        fill(&w->fake->state, &w->fake->facility, (double)k, rack_value);
        w->observer.sample(w->observer.self, DH_SAMPLE_FACILITY, k, &w->fake->facility, &w->fake->state);
        if (k % RACKS_EVERY == 0) {
            rack_value = (double)k;
            fill(&w->fake->state, &w->fake->facility, (double)k, rack_value);
            w->observer.sample(w->observer.self, DH_SAMPLE_RACKS, k, &w->fake->facility, &w->fake->state);
        }
        if (k % 64 == 0)
            sched_yield(); /* so that both take turns where there is but one processor */
    }
    atomic_store(&w->done, true);
    return NULL;
}

void snapshot_frames_are_whole_and_in_order_between_threads(void **state) {
    (void)state;
    struct fake_run fake;
    struct dh_snapshot *s;
    fake_run_init(&fake, 40, 0);
    assert_int_equal(dh_snapshot_open(&s, &fake.facility), DH_OK);
    struct writer w = {.fake = &fake, .observer = dh_snapshot_observer(s)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_frames, &w), 0);
    dh_time last = 0;
    int64_t last_serial = 0, n_torn = 0, n_back = 0, n_new = 0;
    for (bool done = false; !done;) {
        done = atomic_load(&w.done);
        const struct dh_frame *frame = dh_snapshot_read(s);
        if (!frame)
            continue;
        double racks = frame->racks_at == DH_TIME_NONE ? 0 : (double)frame->racks_at;
        n_torn += torn(&frame->state, &fake.facility, (double)frame->at, racks);
        n_back += frame->at < last || frame->serial < last_serial || racks > (double)frame->at;
        n_new += frame->serial > last_serial;
        last = frame->at;
        last_serial = frame->serial;
    }
    pthread_join(thread, NULL);
    assert_int_equal(n_torn, 0);
    assert_int_equal(n_back, 0);
    assert_true(n_new > 100);
    assert_true(last == EXCHANGES); /* the last frame is not lost */
    assert_true(last_serial == EXCHANGES + EXCHANGES / RACKS_EVERY);
    dh_snapshot_close(s);
    fake_run_free(&fake);
}

/* ---- a real run
 * ------------------------------------------------------------------------------------------------ */

static char *read_whole(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *n = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

struct looker {
    struct dh_snapshot *snapshot;
    _Atomic bool stop;
    int64_t n_frame;
};

static void *look(void *self) {
    struct looker *l = self;
    int64_t serial = 0;
    while (!atomic_load(&l->stop)) {
        const struct dh_frame *frame = dh_snapshot_read(l->snapshot);
        l->n_frame += frame && frame->serial != serial;
        serial = frame ? frame->serial : 0;
        sched_yield();
    }
    return NULL;
}

static void run_small_hall(const char *output, bool watched) {
    struct dh_scenario_changes changes = {.until = "6 h"};
    struct dh_sim *sim;
    assert_int_equal(dh_sim_open(&sim, "scenarios/examples/small-hall.xml", &changes, NULL), DH_OK);
    struct looker looker = {0};
    pthread_t thread;
    if (watched) {
        assert_int_equal(dh_snapshot_open(&looker.snapshot, &sim->facility), DH_OK);
        struct dh_observer observer = dh_snapshot_observer(looker.snapshot);
        assert_int_equal(dh_sim_watch(sim, &observer), DH_OK);
        assert_int_equal(pthread_create(&thread, NULL, look, &looker), 0);
    }
    struct dh_run_options options = {.output = output};
    assert_int_equal(dh_sim_run(sim, &options, NULL), DH_OK);
    if (watched) {
        atomic_store(&looker.stop, true);
        pthread_join(thread, NULL);
        const struct dh_frame *frame = dh_snapshot_read(looker.snapshot);
        assert_non_null(frame);
        /* 6 h of 1 min and 15 min: 360 + 24 samples; the last minute began at 5 h 59 min */
        assert_true(frame->serial == 360 + 24);
        assert_true(frame->at == dh_time_from_s(6 * 3600 - 60));
        assert_true(frame->racks_at == dh_time_from_s(6 * 3600 - 900));
        assert_true(frame->state.facility_power_w[0] > 0 && frame->state.rack_power_w[0] > 0);
        dh_snapshot_close(looker.snapshot);
    }
    dh_sim_close(sim);
}

void result_does_not_depend_on_a_snapshot_being_taken(void **state) {
    (void)state;
    char folder[] = "/tmp/datahall-snapshot-XXXXXX", path[2][64];
    assert_non_null(mkdtemp(folder));
    char *bytes[2];
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/%d.h5", folder, i);
        run_small_hall(path[i], i == 1);
        bytes[i] = read_whole(path[i], &n[i]);
        unlink(path[i]);
    }
    rmdir(folder);
    assert_true(n[0] > 10000 && n[0] == n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    free(bytes[0]);
    free(bytes[1]);
}
