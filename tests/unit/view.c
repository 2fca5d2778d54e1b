/* The view, without a screen: words that can be read at every size, what keys and the mouse do, traces. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "sim/rng.h"
#include "viz/format.h"

#include <math.h>
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

/* Whatever is done to it, a view stays within its picture and does not fall over; sanitizers look on. */
void a_view_survives_a_monkey(void **state) {
    (void)state;
    static const int keys[] = {' ',
                               '.',
                               ',',
                               '+',
                               '-',
                               '[',
                               ']',
                               'f',
                               'm',
                               'l',
                               'p',
                               '/',
                               '?',
                               's',
                               'y',
                               'a',
                               'd',
                               'z',
                               '1',
                               '2',
                               '3',
                               '4',
                               '5',
                               '6',
                               '7',
                               '8',
                               '9',
                               DH_KEY_TAB,
                               DH_KEY_LEFT,
                               DH_KEY_UP,
                               DH_KEY_HOME,
                               DH_KEY_END,
                               DH_KEY_ESCAPE,
                               DH_KEY_ENTER,
                               DH_KEY_BACKSPACE,
                               DH_KEY_PAGE_UP,
                               DH_KEY_PAGE_DOWN,
                               'c',
                               'g',
                               'i',
                               't',
                               'x'};
    enum { EVENTS = 100000, N_KEY = sizeof keys / sizeof *keys };
    struct view_look look;
    struct dh_rng rng = dh_rng_stream(1, 2, 3);
    view_look_open(&look, "scenarios/examples/small-hall.xml", "2 h");
    dh_view_draw(look.view, &look.scene);
    for (int i = 0; i < EVENTS; i++) {
        double u = dh_rng_uniform(&rng);
        struct dh_view_input in = {.kind =
                                       (enum dh_view_input_kind)(dh_rng_uniform(&rng) * (DH_IN_LEAVE + 1)),
                                   .key = keys[dh_rng_below(&rng, N_KEY)],
                                   .shift = u<0.2, .ctrl = u> 0.9,
                                   .button = 1 + (u < 0.05),
                                   .x = (float)(dh_rng_uniform(&rng) * 2100 - 90),
                                   .y = (float)(dh_rng_uniform(&rng) * 1200 - 60),
                                   .wheel = (float)(dh_rng_uniform(&rng) * 8 - 4)};
        snprintf(in.text, sizeof in.text, "%c", (int)('a' + u * 26));
        dh_view_input(look.view, &in);
        if (u < 0.01)
            dh_view_resize(look.view, 200 + (int)(dh_rng_uniform(&rng) * 3800),
                           100 + (int)(dh_rng_uniform(&rng) * 2100), 0);
        struct dh_view_deed deed;
        dh_view_tick(look.view, 0.016);
        dh_view_hear(look.view, i > EVENTS / 2); /* half of the time there is a run to act in */
        while (dh_view_wishes(look.view) & DH_WISH_ACT && dh_view_deed(look.view, &deed))
            dh_view_answer(look.view, u < 0.5, "as asked");
        if (i % 20 == 0)
            dh_view_draw(look.view, &look.scene);
    }
    assert_false(look.scene.failed);
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
