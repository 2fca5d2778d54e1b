/* The view, without a screen: words that can be read at every size, what keys and the mouse do, traces. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "sim/rng.h"
#include "viz/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void every_picture(const char *scenario, const char *until, const char *at) {
    static const int sizes[][2] = {
        {1280, 720 },
        {1920, 1080},
        {3840, 2160}
    };
    struct view_look look;
    dh_time when = 0;
    view_look_open(&look, scenario, until);
    assert_true(dh_view_time_of(look.view, at, &when));
    dh_view_seek(look.view, when);
    for (int size = 0; size < 3; size++)
        for (int tab = 0; tab < DH_N_TAB; tab++)
            for (int overlay = 1; overlay <= (tab == DH_TAB_FLOOR ? 9 : 1); overlay++) {
                dh_view_resize(look.view, sizes[size][0], sizes[size][1], 0);
                dh_view_show_tab(look.view, (enum dh_view_tab)tab);
                dh_view_show_overlay(look.view, overlay);
                const char *complaint = view_look_complaint(&look);
                if (*complaint)
                    fail_msg("%s, %s, overlay %d, %dx%d: %s", scenario, dh_tab_names[tab], overlay,
                             sizes[size][0], sizes[size][1], complaint);
            }
    view_look_close(&look);
}

void words_of_a_view_can_be_read_at_every_size(void **state) {
    (void)state;
    every_picture("scenarios/examples/small-hall.xml", "6 h", "5 h");
    every_picture("scenarios/examples/gb200-pod.xml", "3 h", "2 h");
}

static void press(struct dh_view *view, int key) {
    dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_KEY, .key = key});
}

void keys_move_a_view_through_time(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "2 h");
    assert_int_equal(dh_view_at(look.view), 0);
    press(look.view, '.');
    assert_int_equal(dh_view_at(look.view), 60 * DH_NS_PER_S);
    press(look.view, '.');
    press(look.view, ',');
    assert_int_equal(dh_view_at(look.view), 60 * DH_NS_PER_S);
    press(look.view, DH_KEY_END);
    assert_int_equal(dh_view_at(look.view), 119 * 60 * DH_NS_PER_S);
    dh_view_seek(look.view, 0);
    dh_view_play(look.view, true, 600);
    dh_view_tick(look.view, 2);
    assert_int_equal(dh_view_at(look.view), 1200 * DH_NS_PER_S); /* two seconds at ten minutes a second */
    dh_view_tick(look.view, 3600);
    assert_int_equal(dh_view_at(look.view), 119 * 60 * DH_NS_PER_S); /* not beyond the last sample */
    view_look_close(&look);
}

void a_click_selects_the_rack_under_it(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "1 h");
    assert_true(dh_view_select(look.view, "r-003"));
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "r-003"));
    assert_non_null(strstr(dh_view_copy(look.view), "r-003"));
    assert_false(dh_view_select(look.view, "no such thing"));
    press(look.view, DH_KEY_ESCAPE);
    view_look_complaint(&look);
    assert_string_equal(dh_view_copy(look.view), "");
    const struct dh_ink *cells = NULL; /* the racks of the row */
    for (int32_t i = 0; i < look.scene.n_ink; i++)
        if (look.scene.inks[i].kind == DH_INK_CELLS && look.scene.inks[i].n == 8)
            cells = &look.scene.inks[i];
    assert_non_null(cells);
    struct dh_box box = look.scene.cells[cells->first + 4].box;
    struct dh_view_input in = {
        .kind = DH_IN_DOWN, .button = 1, .x = box.x + box.w / 2, .y = box.y + box.h / 2};
    dh_view_input(look.view, &in);
    in.kind = DH_IN_UP;
    dh_view_input(look.view, &in);
    view_look_complaint(&look);
    assert_non_null(strstr(dh_view_copy(look.view), "r-005"));
    view_look_close(&look);
}

void traces_keep_the_extremes_of_any_stretch(void **state) {
    (void)state;
    struct dh_trace t = {0};
    struct dh_rng rng = dh_rng_stream(7, 0, 0);
    enum { N = 5000 };
    float values[N];
    for (int i = 0; i < N; i++) {
        values[i] = i % 97 == 0 ? NAN : (float)dh_rng_uniform(&rng);
        assert_true(dh_trace_add(&t, (double)values[i]));
    }
    for (int k = 0; k < 400; k++) {
        int a = (int)(dh_rng_uniform(&rng) * N), b = a + (int)(dh_rng_uniform(&rng) * (N - a));
        float low = INFINITY, high = -INFINITY;
        for (int i = a; i < b; i++)
            if (!isnan(values[i])) {
                low = fminf(low, values[i]);
                high = fmaxf(high, values[i]);
            }
        struct dh_trace_block found = dh_trace_range(&t, a, b);
        assert_true(found.low == low && found.high == high);
    }
    dh_trace_free(&t);
}

/* One that is bounded: what is recent is exact, and of what is older no peak is lost. */
void bounded_traces_keep_the_extremes_of_any_stretch(void **state) {
    (void)state;
    enum { N = 40000, KEEP = 64 };
    struct dh_trace t = {.keep = KEEP};
    struct dh_rng rng = dh_rng_stream(8, 0, 0);
    float *values = malloc(N * sizeof *values);
    assert_non_null(values);
    for (int i = 0; i < N; i++) {
        values[i] = (float)dh_rng_uniform(&rng);
        assert_true(dh_trace_add(&t, (double)values[i]));
    }
    assert_true(t.room <= 2 * KEEP && t.block_room[0] <= 2 * KEEP && t.n == N);
    for (int k = 0; k < 400; k++) {
        bool recent = k % 2 == 0;
        int a = recent ? N - 1 - (int)(dh_rng_uniform(&rng) * (KEEP - 1)) : (int)(dh_rng_uniform(&rng) * N),
            b = a + 1 + (int)(dh_rng_uniform(&rng) * (N - a - 1));
        float low = INFINITY, high = -INFINITY;
        for (int i = a; i < b; i++) {
            low = fminf(low, values[i]);
            high = fmaxf(high, values[i]);
        }
        struct dh_trace_block found = dh_trace_range(&t, a, b);
        assert_true(recent ? found.low == low && found.high == high : found.low <= low && found.high >= high);
    }
    free(values);
    dh_trace_free(&t);
}

void figures_of_a_view_have_their_prefixes(void **state) {
    (void)state;
    char room[DH_FORMAT_ROOM];
    assert_string_equal(dh_format(room, 18840000, "W"), "18.8 MW");
    assert_string_equal(dh_format(room, 999600, "W"), "1.00 MW");
    assert_string_equal(dh_format(room, NAN, "W"), "\u2013");
    assert_string_equal(dh_format(room, -0.2, "degC"), "-0.2 \u00b0C");
    assert_string_equal(dh_format_span(room, 12000), "3 h 20 min");
    assert_string_equal(dh_format_span(room, 3599.9), "60 min");
    assert_string_equal(dh_format(room, 0, "jobs"), "0 jobs");
    assert_string_equal(dh_format_instant(room, 0, 90061 * DH_NS_PER_S, 1), "02 Jan 1970 01:01:01");
}
