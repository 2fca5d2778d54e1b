#include "tests/tests.h"

#include "sim/des.h"

#include <string.h>

enum { TICK, ECHO, FAIL, N_KIND };

struct world {
    char trace[256]; /* one character an event, '|' where time moves */
    dh_time settled;
    uint32_t generation;
    volatile sig_atomic_t stop;
    bool stop_at_tick, fails_to_settle;
};

static void note(struct world *w, char c) {
    size_t n = strlen(w->trace);
    assert_true(n + 1 < sizeof w->trace);
    w->trace[n] = c;
}

static enum dh_err tick(struct dh_des *des, void *world, const struct dh_event *ev) {
    struct world *w = world;
    assert_true(des->now == ev->at && w->settled == ev->at);
    if (ev->generation != w->generation)
        return DH_OK;
    note(w, (char)('a' + ev->subject));
    if (w->stop_at_tick)
        w->stop = 1;
    return DH_OK;
}

/* Schedules ticks at the present instant: phase 0 goes before the waiting phase 2, phase 3 after. */
static enum dh_err echo(struct dh_des *des, void *world, const struct dh_event *ev) {
    note(world, 'E');
    assert_int_equal(dh_des_schedule(des, des->now - 1, 0, TICK, 0, 0), DH_ERR_INTERNAL);
    assert_int_equal(dh_des_schedule(des, des->now, 3, TICK, ev->subject + 1, 0), DH_OK);
    return dh_des_schedule(des, des->now, 0, TICK, ev->subject, 0);
}

static enum dh_err fail_now(struct dh_des *des, void *world, const struct dh_event *ev) {
    (void)des, (void)world, (void)ev;
    return DH_ERR_DATA;
}

static enum dh_err settle(void *world, dh_time from, dh_time to) {
    struct world *w = world;
    assert_true(w->settled == from && to > from);
    w->settled = to;
    note(w, '|');
    return w->fails_to_settle ? DH_ERR_IO : DH_OK;
}

static const struct dh_handler handlers[N_KIND] = {
    {"tick", tick    },
    {"echo", echo    },
    {"fail", fail_now}
};

static struct dh_des start(void) {
    struct dh_des des;
    dh_des_init(&des);
    des.before_advance = settle;
    return des;
}

void loop_handles_events_before_until_and_leaves_the_rest(void **state) {
    (void)state;
    struct world w = {0};
    struct dh_des des = start();
    for (int i = 0; i < 5; i++)
        assert_int_equal(dh_des_schedule(&des, 10 * i, 0, TICK, i, 0), DH_OK);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 30), DH_OK);
    assert_string_equal(w.trace, "a|b|c|");
    assert_true(des.now == 30 && w.settled == 30 && des.n_event == 3);
    assert_int_equal(dh_event_queue_count(&des.queue), 2);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 30), DH_OK);
    assert_string_equal(w.trace, "a|b|c|");
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 1000), DH_OK);
    assert_string_equal(w.trace, "a|b|c|d|e|");
    assert_true(des.now == 1000 && des.n_event == 5);
    dh_des_free(&des);
}

void loop_settles_the_world_before_time_moves(void **state) {
    (void)state;
    struct world w = {0};
    struct dh_des des = start();
    assert_int_equal(dh_des_schedule(&des, 5, 2, TICK, 3, 0), DH_OK); /* d, phase 2 */
    assert_int_equal(dh_des_schedule(&des, 5, 1, ECHO, 0, 0), DH_OK); /* E, phase 1: plans a and b */
    assert_int_equal(dh_des_schedule(&des, 5, 2, TICK, 2, 0), DH_OK); /* c, phase 2, later */
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 6), DH_OK);
    assert_string_equal(w.trace, "|Eadcb|");
    dh_des_free(&des);
}

void loop_ends_where_the_world_cannot_settle(void **state) {
    (void)state;
    struct world w = {.fails_to_settle = true};
    struct dh_des des = start();
    assert_int_equal(dh_des_schedule(&des, 0, 0, TICK, 0, 0), DH_OK);
    assert_int_equal(dh_des_schedule(&des, 10, 0, TICK, 1, 0), DH_OK);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 30), DH_ERR_IO);
    assert_string_equal(w.trace, "a|");
    dh_des_free(&des);
}

void loop_refuses_the_past_and_unknown_kinds(void **state) {
    (void)state;
    struct world w = {0};
    struct dh_des des = start();
    assert_int_equal(dh_des_schedule(&des, -1, 0, TICK, 0, 0), DH_ERR_INTERNAL);
    assert_int_equal(dh_des_schedule(&des, 0, 256, TICK, 0, 0), DH_ERR_INTERNAL);
    assert_int_equal(dh_des_schedule(&des, 0, 0, 256, 0, 0), DH_ERR_INTERNAL);
    assert_int_equal(dh_des_schedule(&des, DH_TIME_MAX, 0, TICK, 0, 0), DH_OK);
    assert_int_equal(dh_event_queue_count(&des.queue), 0);
    assert_int_equal(dh_des_schedule(&des, 1, 0, N_KIND, 0, 0), DH_OK);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 10), DH_ERR_INTERNAL);
    assert_int_equal(dh_des_schedule(&des, 2, 0, FAIL, 0, 0), DH_OK);
    assert_int_equal(dh_des_schedule(&des, 3, 0, TICK, 0, 0), DH_OK);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 10), DH_ERR_DATA);
    assert_int_equal(des.now, 2);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 10), DH_OK);
    assert_int_equal(des.now, 10);
    dh_des_free(&des);
}

void loop_skips_cancelled_events_by_generation(void **state) {
    (void)state;
    struct world w = {.generation = 1};
    struct dh_des des = start();
    assert_int_equal(dh_des_schedule_generation(&des, 1, 0, TICK, 0, 0, 0), DH_OK);
    assert_int_equal(dh_des_schedule_generation(&des, 2, 0, TICK, 1, 1, 0), DH_OK);
    assert_int_equal(dh_des_schedule_generation(&des, 3, 0, TICK, 2, 2, 0), DH_OK);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 4), DH_OK);
    assert_string_equal(w.trace, "||b||");
    dh_des_free(&des);
}

void loop_stops_at_the_flag_and_goes_on_later(void **state) {
    (void)state;
    struct world w = {.stop_at_tick = true};
    struct dh_des des = start();
    des.stop = &w.stop;
    for (int i = 0; i < 3; i++)
        assert_int_equal(dh_des_schedule(&des, 10 * i, 0, TICK, i, 0), DH_OK);
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 100), DH_ERR_INTERRUPTED);
    assert_string_equal(w.trace, "a");
    assert_int_equal(des.now, 0);
    w.stop = 0;
    w.stop_at_tick = false;
    assert_int_equal(dh_des_run(&des, handlers, N_KIND, &w, 100), DH_OK);
    assert_string_equal(w.trace, "a|b|c|");
    dh_des_free(&des);
}
