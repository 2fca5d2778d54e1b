/* What stands around the tabs of the view: key figures, alerts, the timeline with its scales and events, the
 * bar of the transport, help, and the page of the site. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "sim/rng.h"
#include "viz/kpi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- alerts, of a state made by hand */

struct made {
    struct dh_source source;
    double *columns[DH_N_COLUMN];
    struct dh_view_event events[5];
    int32_t out_group, out;
};

static void made_seek(struct dh_source *source, dh_time at) {
    source->at = at;
}

static const double *made_column(struct dh_source *source, enum dh_column_id column) {
    return ((struct made *)source)->columns[column];
}

static int32_t made_out(void *self, int32_t group) {
    const struct made *m = self;
    return group == m->out_group ? m->out : 0;
}

static const struct dh_source_ops made_ops = {.seek = made_seek, .column = made_column};

/* Everything at half of its rating, live and cool. */
static void make_fine(struct made *m, const struct dh_facility *f) {
    *m = (struct made){
        .source = {.ops = &made_ops, .facility = f, .events = m->events}
    };
    static const struct {
        enum dh_column_id column;
        double value;
    } fine[] = {
        {DH_COLUMN_stage_live,      1 },
        {DH_COLUMN_stage_loss_w,    0 },
        {DH_COLUMN_stage_power_w,   0 },
        {DH_COLUMN_rack_power_w,    0 },
        {DH_COLUMN_rack_inlet_degc, 24},
        {DH_COLUMN_rack_clock_frac, 1 },
        {DH_COLUMN_cplant_heat_w,   1 },
        {DH_COLUMN_service_ttft_s,  0 },
        {DH_COLUMN_stage_battery_j, 0 },
    };
    for (unsigned i = 0; i < sizeof fine / sizeof *fine; i++) {
        int32_t rows = dh_source_rows(&m->source, fine[i].column);
        m->columns[fine[i].column] = calloc((size_t)rows + 1, sizeof(double));
        for (int32_t k = 0; k < rows; k++)
            m->columns[fine[i].column][k] = fine[i].value;
    }
    for (int32_t k = 0; k < f->n_stage; k++) {
        const struct dh_ups_spec *ups = f->stage_ups[k];
        m->columns[DH_COLUMN_stage_power_w][k] = 0.5 * f->stage_rated_w[k];
        if (ups && ups->n_batteries > 0)
            m->columns[DH_COLUMN_stage_battery_j][k] =
                ups->batteries->energy_j * ups->batteries->usable * f->stage_units[k];
    }
    for (int32_t r = 0; r < f->n_rack; r++)
        m->columns[DH_COLUMN_rack_power_w][r] = 0.5 * f->rack_rated_w[r];
}

static const struct dh_alert *alert_of(const struct dh_alerts *a, enum dh_alert_kind kind) {
    for (int32_t i = 0; i < a->n; i++)
        if (a->list[i].kind == kind)
            return &a->list[i];
    return NULL;
}

void alerts_tell_what_is_beyond_its_limit(void **state) {
    (void)state;
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    struct dh_scenario_changes changes = {.until = "1 h"};
    assert_int_equal(dh_sim_open(&sim, "scenarios/examples/two-cords.xml", &changes, diag), DH_OK);
    const struct dh_facility *f = dh_sim_facility(sim);
    struct made m;
    struct dh_power_map map;
    struct dh_plant plant;
    struct dh_equipment equipment;
    struct dh_alerts a = {0};
    char text[96];
    struct dh_alerts_given given = {&map, &equipment, made_out, &m};
    make_fine(&m, f);
    assert_int_equal(dh_power_map_make(&map, f), DH_OK);
    assert_int_equal(dh_plant_init(&plant, f, NULL), DH_OK);
    assert_int_equal(dh_equipment_init_groups(&equipment, f, &plant), DH_OK);
    dh_alerts_read(&a, &m.source, &given);
    assert_int_equal(a.n + a.n_over + a.n_near, 0);

    int32_t ups = -1, other = -1;
    for (int32_t k = 0; k < f->n_stage; k++)
        if (f->stage_ups[k])
            *(ups < 0 ? &ups : &other) = k;
    assert_true(ups >= 0 && other >= 0 && f->n_rack > 4 && f->rack_nodes[2] > 0);
    m.columns[DH_COLUMN_rack_inlet_degc][3] = 33.5;
    m.columns[DH_COLUMN_rack_inlet_degc][1] = 32.5;
    m.columns[DH_COLUMN_rack_inlet_degc][0] = 31;
    m.columns[DH_COLUMN_rack_clock_frac][2] = 0.82;
    m.columns[DH_COLUMN_stage_power_w][other] = 0.95 * f->stage_rated_w[other];
    m.source.at = 1;
    dh_alerts_read(&a, &m.source, &given);
    assert_int_equal(a.n_over, 1);
    assert_int_equal(a.n_near, 4); /* an inlet, a clock, a stage, which cannot take the other's load over */
    const struct dh_alert *hot = &a.list[0];
    assert_true(hot->kind == DH_ALERT_INLET && hot->level == DH_ALERT_OVER && hot->n == 2 &&
                hot->thing.row == 3);
    assert_string_equal(dh_alert_text(hot, text, sizeof text), "air 33.5 \u00b0C, limit 32.0 \u00b0C");
    assert_string_equal(dh_alert_text(alert_of(&a, DH_ALERT_SLOW), text, sizeof text), "clock at 82 %");
    assert_int_equal(alert_of(&a, DH_ALERT_STAGE)->thing.row, other);
    assert_true(alert_of(&a, DH_ALERT_STAGE)->level == DH_ALERT_NEAR);

    m.columns[DH_COLUMN_stage_power_w][other] = 1.1 * f->stage_rated_w[other];
    m.columns[DH_COLUMN_stage_live][ups] = 0; /* its feed lives: it is the one to be told */
    m.columns[DH_COLUMN_rack_power_w][4] = 0;
    m.source.at = 2;
    dh_alerts_read(&a, &m.source, &given);
    assert_true(a.list[0].kind == DH_ALERT_STAGE_DARK && a.list[0].thing.row == ups);
    assert_true(alert_of(&a, DH_ALERT_RACKS_DARK)->thing.row == 4);
    assert_true(alert_of(&a, DH_ALERT_STAGE)->level == DH_ALERT_OVER ||
                alert_of(&a, DH_ALERT_BREAKER)->level == DH_ALERT_OVER);
    for (int32_t i = 1; i < a.n; i++)
        assert_true(a.list[i - 1].level >= a.list[i].level);

    while (m.out_group + 1 < equipment.n_group && equipment.groups[m.out_group].n < 3)
        m.out_group++;
    m.out = 2;
    m.source.at = 3;
    dh_alerts_read(&a, &m.source, &given);
    const struct dh_alert *out = alert_of(&a, DH_ALERT_OUT);
    assert_true(out && out->group == m.out_group && out->value == 2 && out->level == DH_ALERT_NEAR);
    m.out = equipment.groups[m.out_group].n; /* all of them */
    m.source.at = 4;
    dh_alerts_read(&a, &m.source, &given);
    assert_true(alert_of(&a, DH_ALERT_OUT)->level == DH_ALERT_OVER);

    /* Told by events, forth and back. */
    m.events[0] = (struct dh_view_event){10, DH_INCIDENT_COOLING_SHORT, 0, 2};
    m.events[1] = (struct dh_view_event){20, DH_INCIDENT_COOLING_DEAD, 0, 0};
    m.events[2] = (struct dh_view_event){30, DH_INCIDENT_COOLING_LIVE, 0, 0};
    m.events[3] = (struct dh_view_event){30, DH_INCIDENT_COOLING_DEAD, 1 << 30, 0}; /* of nothing there is */
    m.events[4] = (struct dh_view_event){50, DH_INCIDENT_COOLING_MET, 0, 0.4};
    m.source.n_event = 5;
    static const struct {
        dh_time at;
        bool dead, warm;
    } steps[] = {
        {5,  false, false},
        {15, false, true },
        {25, true,  false},
        {45, false, true },
        {55, false, false},
        {45, false, true },
        {25, true,  false},
        {15, false, true },
        {5,  false, false},
    };
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
        m.source.at = steps[i].at;
        dh_alerts_read(&a, &m.source, &given);
        assert_true((alert_of(&a, DH_ALERT_COOLING_DEAD) != NULL) == steps[i].dead);
        assert_true((alert_of(&a, DH_ALERT_COOLING_WARM) != NULL) == steps[i].warm);
    }
    dh_alerts_free(&a);
    for (int c = 0; c < DH_N_COLUMN; c++)
        free(m.columns[c]);
    dh_equipment_free(&equipment);
    dh_plant_free(&plant);
    dh_power_map_free(&map);
    dh_sim_close(sim);
    dh_diag_delete(diag);
}

/* ---- figures */

void sums_so_far_are_those_of_the_rows(void **state) {
    (void)state;
    struct view_look look;
    struct dh_sums sums = {0};
    struct dh_rng rng = dh_rng_stream(3, 1, 4);
    view_look_open(&look, "scenarios/examples/small-hall.xml", "6 h");
    struct dh_source *s = look.source;
    const struct dh_trace *facility = s->ops->trace(s, DH_COLUMN_facility_power_w, 0),
                          *it = s->ops->trace(s, DH_COLUMN_it_power_w, 0);
    assert_true(facility && facility->n == 360);
    for (int i = 0; i < 100; i++) { /* forth and back */
        int64_t row = (int64_t)(dh_rng_uniform(&rng) * 360);
        double facility_j = 0, it_j = 0;
        for (int64_t k = 0; k <= row; k++) {
            facility_j += 60 * (double)facility->values[k];
            it_j += 60 * (double)it->values[k];
        }
        struct dh_so_far found = dh_so_far_at(&sums, s, row * 60 * DH_NS_PER_S + 7);
        assert_true(fabs(found.facility_j - facility_j) < 1e-9 * facility_j);
        assert_true(fabs(found.pue - facility_j / it_j) < 1e-9);
    }
    dh_sums_free(&sums);
    struct dh_kpi_figure pue, gpus, it_load;
    dh_view_seek(look.view, 359 * 60 * DH_NS_PER_S);
    dh_kpi_read(look.view, DH_KPI_PUE, &pue);
    dh_kpi_read(look.view, DH_KPI_GPUS, &gpus);
    dh_kpi_read(look.view, DH_KPI_IT, &it_load);
    assert_true(strncmp(pue.second, "mean 1.", 7) == 0);
    assert_true(strstr(gpus.second, " of 256") != NULL && fabs(gpus.share - gpus.value / 100) < 1e-12);
    assert_true(it_load.share > 0 && it_load.share < 1 && it_load.level == 0);
    view_look_close(&look);
}

void scales_are_round_and_hold_all(void **state) {
    (void)state;
    struct dh_rng rng = dh_rng_stream(2, 7, 1);
    for (int i = 0; i < 2000; i++) {
        double power = pow(10, 12 * dh_rng_uniform(&rng) - 6), a = power * (dh_rng_uniform(&rng) - 0.3),
               b = power * dh_rng_uniform(&rng), low = fmin(a, b), high = fmax(a, b);
        struct dh_scale_ends ends = dh_scale_round(low, high);
        assert_true(ends.low <= low && ends.high > high);
        assert_true((high - low) / (ends.high - ends.low) > 0.25 || ends.low == 0);
    }
    static const double odd[] = {0, 1, -1, 1e300, NAN, INFINITY};
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++) {
            struct dh_scale_ends ends = dh_scale_round(odd[i], odd[k]);
            assert_true(ends.low < ends.high && isfinite(ends.low) && isfinite(ends.high));
        }
    struct dh_scale_ends power = dh_scale_round(12.2e6, 22.9e6);
    assert_true(power.low == 0 && power.high == 24e6);
    char room[2 * DH_FORMAT_ROOM];
    assert_string_equal(dh_scale_text(room, power, "W"), "to 24 MW");
}

/* A file may hold any figure; what draws counts in whole pixels. */
void what_is_drawn_far_away_has_coordinates_all_the_same(void **state) {
    static const float odd[] = {0, -1e31f, 1e31f, INFINITY, -INFINITY, NAN};
    enum { N = sizeof odd / sizeof *odd };
    const struct dh_type type = {.scale = 1};
    static const uint32_t palette[256];
    struct dh_scene scene = {0};
    (void)state;
    dh_scene_begin(&scene, 100, 100, &type, palette);
    dh_scene_line(&scene, 1, 0);
    for (int i = 0; i < N; i++)
        dh_scene_point(&scene, (float)i, odd[i]);
    assert_int_equal(scene.inks[0].n, N - 1); /* without what is no number */
    dh_scene_band(&scene, 0, 255);
    for (int i = 0; i < 2 * N; i++)
        dh_scene_point(&scene, (float)i, odd[i % N]);
    assert_int_equal(scene.inks[1].n, 2 * N);
    for (int32_t i = 0; i < 2 * scene.n_point; i++)
        assert_true(fabsf(scene.points[i]) <= DH_SCENE_FAR);
    dh_scene_cells(&scene);
    for (int i = 0; i < N; i++) {
        struct dh_box box = {odd[i], odd[i], 1e31f, 1};
        dh_scene_rect(&scene, box, 0);
        dh_scene_cells(&scene);
        dh_scene_cell(&scene, box, 0);
    }
    for (int32_t i = 0; i < scene.n_ink; i++)
        assert_true(fabsf(scene.inks[i].box.x) <= DH_SCENE_FAR && scene.inks[i].box.w <= DH_SCENE_FAR);
    for (int32_t i = 0; i < scene.n_cell; i++)
        assert_true(fabsf(scene.cells[i].box.y) <= DH_SCENE_FAR && scene.cells[i].box.w <= DH_SCENE_FAR);
    dh_scene_free(&scene);
}

void large_numbers_have_commas(void **state) {
    (void)state;
    char room[DH_FORMAT_ROOM];
    assert_string_equal(dh_format(room, 12816, "1"), "12,816");
    assert_string_equal(dh_format(room, 999, "jobs"), "999 jobs");
    assert_string_equal(dh_format(room, -1234567, "1"), "-1,234,567");
    assert_string_equal(dh_format(room, 6921, "kg/h"), "6.92 t/h");
    assert_string_equal(dh_format(room, 1491000, "kg"), "1,491 t");
    assert_string_equal(dh_format(room, 996, "USD/h"), "996 $/h");
    assert_string_equal(dh_format(room, 193000, "USD"), "193 k$");
    assert_string_equal(dh_format(room, 4.38e9, "Wh"), "4.38 GWh");
    assert_string_equal(dh_format(room, 1e22, "1"), dh_format(room, 1e22, "1"));
}

/* ---- keys and the mouse */

static void press(struct dh_view *view, int key) {
    dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_KEY, .key = key});
}

static const struct dh_hit *hit_of(const struct dh_scene *s, int32_t kind, int32_t row) {
    for (int32_t i = s->n_hit - 1; i >= 0; i--)
        if (s->hits[i].kind == kind && s->hits[i].row == row)
            return &s->hits[i];
    return NULL;
}

static void click(struct view_look *look, int32_t kind, int32_t row) {
    dh_view_draw(look->view, &look->scene);
    const struct dh_hit *hit = hit_of(&look->scene, kind, row);
    assert_non_null(hit);
    struct dh_view_input in = {
        .kind = DH_IN_DOWN, .button = 1, .x = hit->box.x + hit->box.w / 2, .y = hit->box.y + hit->box.h / 2};
    dh_view_input(look->view, &in);
    in.kind = DH_IN_UP;
    dh_view_input(look->view, &in);
    dh_view_draw(look->view, &look->scene);
}

void series_are_taken_off_the_timeline_and_put_there(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "2 h");
    struct dh_view *v = look.view;
    click(&look, DH_HIT_SERIES, 2);
    assert_true(v->charts.off[2]);
    click(&look, DH_HIT_SERIES, 2);
    assert_false(v->charts.off[2]);
    click(&look, DH_HIT_SERIES, 1);
    click(&look, DH_HIT_KPI, DH_KPI_PUE); /* into the place that is free */
    assert_true(v->charts.column[1] == DH_COLUMN_pue && !v->charts.off[1]);
    assert_true(view_look_says(&look, "PUE"));
    click(&look, DH_HIT_KPI, DH_KPI_PUE);
    assert_true(v->charts.off[1]);
    click(&look, DH_HIT_KPI, DH_KPI_SLO);
    assert_int_equal(v->tab, DH_TAB_WORK);
    view_look_close(&look);
}

void the_timeline_is_zoomed_and_shown_whole_again(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/two-cords.xml", "4 h"); /* UPS A is lost at three */
    struct dh_view *v = look.view;
    dh_view_draw(v, &look.scene);
    assert_null(hit_of(&look.scene, DH_HIT_TIMELINE_ALL, 0));
    struct dh_view_input in = {
        .kind = DH_IN_DOWN, .button = 1, .x = v->plot.x + v->plot.w / 4, .y = v->plot.y + 5};
    dh_view_input(v, &in);
    in.kind = DH_IN_MOVE;
    in.x = v->plot.x + v->plot.w / 2;
    dh_view_input(v, &in);
    in.kind = DH_IN_UP;
    dh_view_input(v, &in);
    assert_true(fabs(v->from_s - 3600) < 60 && fabs(v->to_s - 7200) < 60);
    assert_string_equal(view_look_complaint(&look), "");
    assert_non_null(hit_of(&look.scene, DH_HIT_OVERVIEW, 0));
    click(&look, DH_HIT_OVERVIEW, 0); /* its middle: the same length in the middle of all */
    assert_true(fabs(v->from_s + v->to_s - 4 * 3600) < 60 && fabs(v->to_s - v->from_s - 3600) < 120);
    click(&look, DH_HIT_TIMELINE_ALL, 0);
    assert_true(v->all_time);
    /* What happened at three: to be pointed at, and clicked. */
    char tip[512];
    float x = v->plot.x + v->plot.w * 0.75f;
    dh_event_strip_tip(v, x, tip, sizeof tip);
    assert_true(strstr(tip, "ups-a") != NULL && strstr(tip, "19:00:00") != NULL);
    const struct dh_hit *strip = hit_of(&look.scene, DH_HIT_EVENTS, 0);
    in = (struct dh_view_input){.kind = DH_IN_DOWN, .button = 1, .x = x, .y = strip->box.y + 2};
    dh_view_input(v, &in);
    in.kind = DH_IN_UP;
    dh_view_input(v, &in);
    assert_int_equal(dh_view_at(v) / DH_NS_PER_S, 3 * 3600);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(v->alerts.n_over > 0);
    press(v, 'm');
    press(v, 'm');
    assert_int_equal(v->n_mark, 0);
    view_look_close(&look);
}

void a_speed_is_chosen_from_a_list(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "2 h");
    struct dh_view *v = look.view;
    click(&look, DH_HIT_SPEEDS, 0);
    assert_true(view_look_says(&look, "30 d/s") && view_look_says(&look, "max"));
    click(&look, DH_HIT_SPEED, 2);
    assert_true(v->speed == 60 && !v->choosing_speed);
    click(&look, DH_HIT_SPEEDS, 0);
    click(&look, DH_HIT_SPEED, DH_N_SPEED - 1);
    dh_view_play(v, true, 0);
    dh_view_tick(v, 3);
    assert_int_equal(dh_view_at(v), 119 * 60 * DH_NS_PER_S); /* all of it */
    view_look_complaint(&look);
    assert_true(view_look_says(&look, "end"));
    click(&look, DH_HIT_SPEEDS, 0);
    press(v, DH_KEY_ESCAPE);
    assert_false(v->choosing_speed);
    view_look_close(&look);
}

void the_site_is_at_hand_on_a_small_picture(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/small-hall.xml", "2 h");
    struct dh_view *v = look.view;
    dh_view_hear(v, true);
    dh_view_resize(v, 1280, 720, 0);
    assert_string_equal(view_look_complaint(&look), "");
    assert_false(view_look_says(&look, "Energy flow"));
    click(&look, DH_HIT_SITE, 0);
    assert_true(view_look_says(&look, "Energy flow") && view_look_says(&look, "Power cap"));
    assert_non_null(hit_of(&look.scene, DH_HIT_DEED, 0));
    click(&look, DH_HIT_CLOSE, 0);
    assert_false(view_look_says(&look, "Energy flow"));
    press(v, 'n');
    assert_true(dh_view_select(v, "r-003"));
    view_look_complaint(&look);
    assert_false(view_look_says(&look, "Energy flow"));
    press(v, DH_KEY_ESCAPE); /* back to the site, then to the floor */
    view_look_complaint(&look);
    assert_true(view_look_says(&look, "Energy flow"));
    press(v, DH_KEY_ESCAPE);
    view_look_complaint(&look);
    assert_false(view_look_says(&look, "Energy flow"));
    view_look_close(&look);
}

/* As the run judges it (models/world_service.c): requests that nothing answers miss their objective. */
void a_service_that_answers_nothing_misses_its_objective(void **state) {
    (void)state;
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    struct dh_scenario_changes changes = {.until = "1 h"};
    assert_int_equal(dh_sim_open(&sim, "scenarios/examples/ashburn-24mw.xml", &changes, diag), DH_OK);
    const struct dh_facility *f = dh_sim_facility(sim);
    double ttft[2] = {0.05, NAN}, rate[2] = {3, 3};
    struct made m = {
        .source = {.ops = &made_ops, .facility = f}
    };
    assert_int_equal(f->n_service, 2);
    m.columns[DH_COLUMN_service_ttft_s] = ttft;
    m.columns[DH_COLUMN_service_requests_per_s] = rate;
    assert_int_equal(dh_service_slo(&m.source, 0), DH_SLO_MET);
    assert_int_equal(dh_service_slo(&m.source, 1), DH_SLO_MISSED);
    rate[1] = 0; /* nobody asks */
    assert_int_equal(dh_service_slo(&m.source, 1), DH_SLO_NONE);
    ttft[0] = 1e3;
    assert_int_equal(dh_service_slo(&m.source, 0), DH_SLO_MISSED);
    dh_sim_close(sim);
    dh_diag_delete(diag);
}

void what_has_no_price_is_not_shown_as_free(void **state) {
    (void)state;
    struct view_look look;
    view_look_open(&look, "scenarios/examples/redundancy.xml", "10 min"); /* no tariff, no grid mix */
    dh_view_seek(look.view, 300 * DH_NS_PER_S);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "So far") && view_look_says(&look, "no price known"));
    assert_false(view_look_says(&look, "0 $") || view_look_says(&look, "0 kg"));
    view_look_close(&look);
}

/* Words of all that lies around and over the tabs, in both fonts, at every size. */
void words_around_the_tabs_can_be_read(void **state) {
    (void)state;
    static const int sizes[][2] = {
        {1280, 720 },
        {1920, 1080},
        {3840, 2160}
    };
    static const char ways[] = " n?/m";
    struct view_look look;
    view_look_open(&look, "scenarios/examples/two-cords.xml", "4 h");
    dh_view_seek(look.view, 3 * 3600 * DH_NS_PER_S + 120 * DH_NS_PER_S);
    dh_view_hear(look.view, true);
    for (int size = 0; size < 3; size++)
        for (int font = 0; font < 2; font++)
            for (const char *way = ways; *way; way++)
                for (int zoomed = 0; zoomed < 2; zoomed++) {
                    dh_view_resize(look.view, sizes[size][0], sizes[size][1], 0);
                    dh_view_bitmap_font(look.view, font);
                    if (*way != ' ')
                        press(look.view, *way);
                    look.view->all_time = !zoomed;
                    look.view->to_s = 3.5 * 3600;
                    look.view->choosing_speed = *way == 'm';
                    const char *complaint = view_look_complaint(&look);
                    if (*complaint)
                        fail_msg("%c at %dx%d, font %d: %s", *way, sizes[size][0], sizes[size][1], font,
                                 complaint);
                    press(look.view, DH_KEY_ESCAPE);
                }
    view_look_close(&look);
}
