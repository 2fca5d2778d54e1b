/* What was done to things is told where they are looked at; things are compared and copied. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char hall[] = "scenarios/examples/hot-weather.xml";
static const char deeds[] = "at,do,what,value,for\n"
                            "1 h,drain,l-002,,\n"
                            "1 h,drain,l-003/node#2,,2 h\n"
                            "2 h,trip,ups:1,,\n"
                            "2 h,trip,chilled/chiller:1,,1 h\n"
                            "2 h,set,hall/supply,25 degC,\n"
                            "2 h,set,l-001/gpu-cap,400 W,\n"
                            "2 h,set,phx/cap,250 kW,2 h\n"
                            "4 h,undrain,l-002,,\n"
                            "5 h,restore,ups,,\n";

static void press(struct dh_view *view, int key) {
    dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_KEY, .key = key});
}

static const char *condition_of(struct view_look *look, double hours, const char *name,
                                char room[static 200]) {
    struct dh_condition c;
    dh_view_seek(look->view, dh_time_from_s(hours * 3600));
    assert_true(dh_view_select(look->view, name));
    dh_view_condition(look->view, look->view->selected, &c);
    return dh_condition_text(&c, room, 200);
}

void what_was_done_to_things_is_told_at_its_time(void **state) {
    char csv[] = "/tmp/datahall-deeds-XXXXXX.csv", room[200];
    struct view_look look;
    struct dh_condition c;
    int fd = mkstemps(csv, 4);
    (void)state;
    assert_true(fd >= 0 && write(fd, deeds, sizeof deeds - 1) == (ssize_t)sizeof deeds - 1);
    close(fd);
    view_look_open_with(&look, hall, &(struct dh_scenario_changes){.events = csv, .until = "6 h"});
    static const struct {
        double hours;
        const char *thing, *words;
    } told[] = {
        {0.5, "l-002",   ""                                  },
        {1.5, "l-002",   "\u25b2 drained: no job starts here"},
        {4.5, "l-002",   ""                                  },
        {1.5, "l-003",   "\u25b2 1 of 8 nodes drained"       },
        {3.5, "l-003",   ""                                  },
        {1.5, "l-001",   ""                                  },
        {1.5, "ups",     ""                                  },
        {2.5, "ups",     "\u25b2 1 of 4 units tripped"       },
        {5.5, "ups",     ""                                  },
        {3.5, "chilled", ""                                  },
        {1.5, "l-002",   "\u25b2 drained: no job starts here"}  /* back in time */
    };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        assert_string_equal(condition_of(&look, told[i].hours, told[i].thing, room), told[i].words);
    assert_non_null(strstr(condition_of(&look, 2.5, "chilled", room), "units tripped"));
    condition_of(&look, 2.5, "phx", room);
    dh_view_condition(look.view, look.view->selected, &c);
    assert_true(c.cap_w == 250e3);
    condition_of(&look, 4.5, "phx", room);
    dh_view_condition(look.view, look.view->selected, &c);
    assert_false(c.cap_w == 250e3);
    condition_of(&look, 2.5, "l-001", room);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "GPU cap set by hand: 400 W each"));
    condition_of(&look, 2.5, "hall", room);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "Set-point set by hand: 25.0 \u00b0C"));
    condition_of(&look, 1.5, "hall", room);
    assert_string_equal(view_look_complaint(&look), "");
    assert_false(view_look_says(&look, "set by hand"));
    dh_view_seek(look.view, dh_time_from_s(1.5 * 3600));
    const int32_t *drained = dh_view_drained(look.view);
    assert_true(drained && drained[1] == 8 && drained[2] == 1 && drained[0] == 0);
    view_look_close(&look);
    unlink(csv);
}

void things_are_compared_and_copied(void **state) {
    struct view_look look;
    char wanted[80];
    (void)state;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "2 h");
    dh_view_seek(look.view, dh_time_from_s(3600));
    press(look.view, 'c'); /* nothing is selected */
    assert_int_equal(look.view->n_pin, 0);
    assert_true(dh_view_select(look.view, "r-001"));
    press(look.view, 'c');
    assert_string_equal(view_look_complaint(&look), "");
    assert_false(view_look_says(&look, "Compared")); /* with what? */
    assert_true(dh_view_select(look.view, "r-005"));
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(
        view_look_says(&look, "Compared") && view_look_says(&look, "r-001") &&
        view_look_says(&look, "r-005") &&
        (view_look_says(&look, "r-005 \u2212 r-001") || view_look_says(&look, "second \u2212 first")));
    const char *table = dh_view_copy(look.view);
    double power = dh_view_value(look.view, DH_COLUMN_rack_power_w, 4);
    assert_true(strncmp(table, "rack\tr-001\tr-005\n", 17) == 0);
    snprintf(wanted, sizeof wanted, "\t%.9g\tW\n", power);
    assert_non_null(strstr(table, wanted));
    for (int i = 2; i < 7; i++) { /* four at most are pinned: the oldest goes */
        char name[24];
        snprintf(name, sizeof name, "r-00%d", i);
        assert_true(dh_view_select(look.view, name));
        press(look.view, 'c');
    }
    assert_int_equal(look.view->n_pin, 4);
    assert_int_equal(look.view->pins[0].row, 2);
    press(look.view, 'c'); /* lets go of the one that is selected */
    assert_int_equal(look.view->n_pin, 3);
    assert_true(dh_view_select(look.view, "hall")); /* of another kind: by itself */
    assert_string_equal(view_look_complaint(&look), "");
    assert_false(view_look_says(&look, "Compared"));
    table = dh_view_copy(look.view);
    assert_true(strncmp(table, "hall\thall\n", 10) == 0 && strstr(table, "\tdegC\n"));
    press(look.view, DH_KEY_ESCAPE);
    view_look_complaint(&look);
    assert_true(view_look_says(&look, "Compared"));
    press(look.view, DH_KEY_ESCAPE);
    view_look_complaint(&look);
    assert_int_equal(look.view->n_pin, 0);
    assert_false(view_look_says(&look, "Compared"));
    view_look_close(&look);
}

void one_switch_of_many_is_made_to_fail(void **state) {
    struct view_look look;
    struct dh_view_deed deed;
    const char *const trips[] = {"net/spine#2@10 min:10 min"};
    char name[96];
    (void)state;
    view_look_open_with(&look, "scenarios/examples/shared-spine.xml",
                        &(struct dh_scenario_changes){.trips = trips, .n_trip = 1, .until = "30 min"});
    for (int k = 0; k < 3; k++) { /* before, while and after */
        dh_view_seek(look.view, dh_time_from_s(300 + 600 * k));
        for (int32_t u = 0; u < look.source->facility->n_netunit; u++) {
            bool meant = strcmp(look.source->facility->fabric.unit_name[u], "net/spine#2") == 0;
            double out = dh_source_value(look.source, DH_COLUMN_netunit_out, u);
            assert_true(out == (k == 1 && meant ? 1 : 0));
        }
    }
    assert_true(dh_view_select(look.view, "net/spine#2"));
    dh_view_hear(look.view, true);
    press(look.view, 't');
    assert_true(dh_view_deed(look.view, &deed));
    assert_string_equal(deed.deed, "trip");
    assert_string_equal(deed.what, dh_thing_name(look.view, look.view->selected, name));
    assert_string_equal(deed.what, "net/spine#2");
    dh_view_choose(look.view, (struct dh_view_thing){DH_A_LINK, 0});
    press(look.view, 't');
    assert_true(dh_view_deed(look.view, &deed));
    assert_string_equal(deed.what, "net/uplink:1");
    /* There is no such one; of several parts it is not said of which. */
    static const char *const wrong[] = {"net/spine#0", "net/spine#99", "net#1", "net/spine#"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct dh_sim *sim = NULL;
        assert_int_equal(dh_sim_open(&sim, "scenarios/examples/shared-spine.xml", NULL, NULL), DH_OK);
        assert_int_not_equal(dh_sim_act(sim, "trip", wrong[i], "", "", NULL), DH_OK);
        assert_int_equal(dh_sim_act(sim, "trip", "net/spine#1", "", "", NULL), DH_OK);
        dh_sim_close(sim);
    }
    view_look_close(&look);
}

/* Where a key is named in the help, a click presses it. */
void keys_of_the_help_are_buttons(void **state) {
    struct view_look look;
    int32_t n = 0;
    (void)state;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "1 h");
    press(look.view, '?');
    assert_string_equal(view_look_complaint(&look), "");
    static const int wanted[] = {' ', '.', ',', 'm', 'a', 'd',        'l',        'p',
                                 'y', 's', 'r', 'q', '/', DH_KEY_F11, DH_KEY_HOME};
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
        for (int32_t i = 0; i < look.scene.n_hit; i++)
            if (look.scene.hits[i].kind == DH_HIT_KEY && look.scene.hits[i].row == wanted[k]) {
                n++;
                break;
            }
    assert_int_equal(n, sizeof wanted / sizeof *wanted);
    for (int32_t i = 0; i < look.scene.n_hit; i++)
        if (look.scene.hits[i].kind == DH_HIT_KEY && look.scene.hits[i].row == 's') {
            struct dh_box b = look.scene.hits[i].box;
            struct dh_view_input in = {
                .kind = DH_IN_DOWN, .button = 1, .x = b.x + b.w / 2, .y = b.y + b.h / 2};
            dh_view_input(look.view, &in);
            in.kind = DH_IN_UP;
            dh_view_input(look.view, &in);
            break;
        }
    assert_true(dh_view_wishes(look.view) & DH_WISH_PICTURE);
    assert_false(look.view->help);
    view_look_close(&look);
}
