/* What the floor says of racks, and of when: means and values at the ends of intervals, jobs of the instant,
 * what is dark, and what a difference is. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "viz/floor_look.h"
#include "viz/twin.h"

#include <math.h>
#include <string.h>

static dh_time minutes(int n) {
    return (dh_time)n * 60 * DH_NS_PER_S;
}

static double past_value(struct dh_source *s, enum dh_column_id column, int row) {
    double time_s[8], values[8];
    assert_true(s->ops->history(s, column, 3, 0, minutes(60), time_s, values, 8) > row);
    return values[row];
}

void figures_of_racks_say_of_when_they_are(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "2 h");
    struct dh_source *s = look.source;
    dh_view_seek(look.view, minutes(5)); /* the first interval is not over */
    assert_true(s->racks.from == 0 && s->racks.to == minutes(15) && s->racks.at == DH_TIME_NONE);
    assert_null(s->ops->column(s, DH_COLUMN_rack_inlet_degc));
    assert_non_null(s->ops->column(s, DH_COLUMN_rack_power_w));
    dh_view_seek(look.view, minutes(31));
    assert_true(s->racks.from == minutes(30) && s->racks.to == minutes(45) && s->racks.at == minutes(30));
    assert_true(dh_source_value(s, DH_COLUMN_rack_power_w, 3) == past_value(s, DH_COLUMN_rack_power_w, 2));
    assert_true(dh_source_value(s, DH_COLUMN_rack_junction_degc, 3) ==
                past_value(s, DH_COLUMN_rack_junction_degc, 1));
    dh_view_show_overlay(look.view, 1);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "racks: mean 00:30\u201300:45"));
    assert_true(view_look_says(&look, "kW, mean 00:30\u201300:45"));
    dh_view_show_overlay(look.view, 3);
    assert_true(dh_view_select(look.view, "r-004"));
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "racks: at 00:30") &&
                view_look_says(&look, "Power: mean 00:30\u201300:45"));
    /* GPUs are those of jobs at the instant. */
    for (int at = 0; at < 120; at += 7) {
        struct dh_view_job jobs[64];
        double held = 0, all = 0;
        dh_view_seek(look.view, minutes(at));
        int32_t n = s->ops->running(s, jobs, 64);
        assert_true(n <= 64);
        for (int32_t i = 0; i < n; i++)
            held += jobs[i].gpus;
        for (int32_t r = 0; r < s->facility->n_rack; r++)
            all += dh_source_rack_gpus(s, r);
        assert_true(all == held);
    }
    view_look_close(&look);
}

/* Columns made by hand: the feed of all racks, and what they draw. */
static struct { double live[64], power_w[64], inlet_degc[64]; } made;

static const double *made_column(struct dh_source *source, enum dh_column_id column) {
    (void)source;
    return column == DH_COLUMN_stage_live        ? made.live
           : column == DH_COLUMN_rack_power_w    ? made.power_w
           : column == DH_COLUMN_rack_inlet_degc ? made.inlet_degc
                                                 : NULL;
}

static const double *no_column(struct dh_source *source, enum dh_column_id column) {
    (void)source, (void)column;
    return NULL;
}

void racks_are_dark_when_their_feeds_are(void **state) {
    (void)state;
    static const struct dh_source_ops ops = {.column = made_column};
    struct view_look look;
    struct dh_overlay_scale scale;
    uint8_t shade[64], rack_state[64];
    view_look_open(&look, "scenarios/examples/small-hall.xml", "10 min");
    const struct dh_facility *f = look.source->facility;
    struct dh_source s = {
        .ops = &ops, .facility = f, .at = minutes(20), .racks = {minutes(15), minutes(30), minutes(15)}
    };
    assert_true(f->n_rack <= 64 && f->n_stage <= 64);
    for (int32_t k = 0; k < 64; k++) {
        made.live[k] = 1;
        made.power_w[k] = 1000;
        made.inlet_degc[k] = 26 + 2 * (k % 2);
    }
    assert_false(dh_source_rack_dark(&s, 0));
    made.live[f->feed_stage[f->rack_first_feed[0]]] = 0; /* for a part of the interval */
    assert_true(dh_source_rack_dark(&s, 0));
    assert_true(dh_overlay_value(&s, DH_OVERLAY_HEALTH, 0) == 2);
    made.live[f->feed_stage[f->rack_first_feed[0]]] = 1;
    made.power_w[0] = 0;
    assert_true(dh_source_rack_dark(&s, 0)); /* for all of it */
    s.at = minutes(40);                      /* a mean that is over */
    assert_false(dh_source_rack_dark(&s, 0));
    /* Half of the racks are above what is recommended, none above the limit; colours keep their middle. */
    for (int mode = 0; mode < 3; mode++) {
        dh_overlay_range(&s, DH_OVERLAY_INLET, mode, &scale);
        assert_float_equal((scale.low + scale.high) / 2, 27, 1e-9);
        dh_overlay_shades(&s, DH_OVERLAY_INLET, &scale, shade, rack_state);
        assert_true(scale.over == 0 && scale.near == f->n_rack / 2);
    }
    view_look_close(&look);
}

void what_is_not_recorded_is_no_zero(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "10 min");
    struct dh_source_ops ops = *look.source->ops;
    ops.column = no_column;
    look.source->ops = &ops;
    dh_view_seek(look.view, minutes(5));
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "8 racks   \u2013") && !view_look_says(&look, "8 racks   0 W"));
    dh_power_map_read(&look.view->power_map, look.source);
    for (int32_t k = 0; k < look.source->facility->n_stage; k++)
        assert_true(isnan(look.view->power_map.now[k].out_w));
    view_look_close(&look);
}

void a_difference_says_which_is_higher(void **state) {
    (void)state;
    struct view_look a, b;
    struct dh_view *view;
    struct dh_scene scene = {0};
    char text[DH_FORMAT_ROOM];
    view_look_open_with(&a, "scenarios/examples/small-hall.xml",
                        &(struct dh_scenario_changes){.until = "2 h", .seed = "1"});
    view_look_open_with(&b, "scenarios/examples/small-hall.xml",
                        &(struct dh_scenario_changes){.until = "2 h", .seed = "2"});
    assert_false(dh_view_show_difference(a.view, true)); /* from what? */
    struct dh_source *sources[] = {a.source, b.source};
    assert_int_equal(dh_view_open(&view, sources, 2), DH_OK);
    dh_view_seek(view, minutes(100));
    assert_true(dh_view_show_difference(view, true));
    struct view_look look = {.view = view, .source = a.source, .scene = scene};
    double most = 0;
    for (int32_t r = 0; r < a.source->facility->n_rack; r++) {
        double d = dh_source_value(b.source, DH_COLUMN_rack_power_w, r) -
                   dh_source_value(a.source, DH_COLUMN_rack_power_w, r);
        assert_true(dh_twin_value(view, r) == d);
        most = fmax(most, fabs(d));
    }
    assert_true(most > 0);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view->colors.high == most && view->colors.low == -most);
    assert_true(view_look_says(&look, "Power   B \u2212 A") && view_look_says(&look, "blue: B lower") &&
                view_look_says(&look, "orange: B higher") && !view_look_says(&look, "over its limit"));
    assert_true(view_look_says(&look, dh_twin_signed(most, "W", text)));
    dh_view_show_overlay(view, 6);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "no difference of jobs: A is shown"));
    assert_string_equal(dh_twin_signed(1200, "W", text), "+1.20 kW");
    assert_string_equal(dh_twin_signed(-0.26, "degC", text), "-0.3 K");
    dh_view_close(view);
    dh_scene_free(&look.scene);
    view_look_close(&b);
    view_look_close(&a);
}

void rows_are_fed_by_what_feeds_them(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/redundancy.xml", "10 min");
    const struct dh_facility *f = look.source->facility;
    int32_t n[DH_N_FLOOR_SYMBOL] = {0};
    for (int32_t r = 0; r < f->n_rack; r++)
        n[dh_floor_feed_symbol(f, f->feed_stage[f->rack_first_feed[r]])]++;
    assert_true(n[DH_SYMBOL_UPS] > 0 && n[DH_SYMBOL_POWER] > 0);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "UPS") && view_look_says(&look, "distribution") &&
                !view_look_says(&look, "PDU"));
    view_look_close(&look);
}
