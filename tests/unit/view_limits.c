/* What the view holds loads against: ratings of the units in service, and what one side carries alone. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "viz/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int32_t stage_of(const struct dh_facility *f, const char *name) {
    for (int32_t k = 0; k < f->n_stage; k++)
        if (strcmp(f->stage_name[k], name) == 0)
            return k;
    fail_msg("there is no stage %s", name);
    return 0;
}

/* Four modules of 100 kW of which three carry the load, and two chillers of 50 kW. */
void limits_are_those_of_what_is_in_service(void **state) {
    static const char deeds[] = "at,do,what,value,for\n"
                                "2 h,trip,ups:1,,4 h\n"
                                "3 h,trip,ups:1,,1 h\n"
                                "3 h,trip,chilled/chiller:1,,1 h\n";
    static const struct {
        double hours, ups_w, plant_w;
        int32_t up;
    } expected[] = {
        {1,   300e3, 100e3, 4},
        {2.5, 300e3, 100e3, 3},
        {3.5, 200e3, 50e3,  2},
        {5,   300e3, 100e3, 3},
        {3.5, 200e3, 50e3,  2}, /* back in time */
    };
    char csv[] = "/tmp/datahall-limits-XXXXXX.csv";
    struct view_look look;
    int fd = mkstemps(csv, 4);
    (void)state;
    assert_true(fd >= 0 && write(fd, deeds, sizeof deeds - 1) == (ssize_t)sizeof deeds - 1);
    close(fd);
    view_look_open_with(&look, "scenarios/examples/hot-weather.xml",
                        &(struct dh_scenario_changes){.events = csv, .until = "6 h"});
    struct dh_view *v = look.view;
    int32_t ups = stage_of(v->facility, "ups");
    v->tab = DH_TAB_POWER;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        dh_view_seek(v, dh_time_from_s(expected[i].hours * 3600));
        assert_true(dh_view_select(v, "ups"));
        assert_string_equal(view_look_complaint(&look), "");
        const struct dh_power_now *now = &v->power_map.now[ups];
        assert_int_equal(now->up, expected[i].up);
        assert_true(fabs(now->rated_w - expected[i].ups_w) < 1e-3);
        assert_true(fabs(now->share - now->out_w / expected[i].ups_w) < 1e-9);
        assert_true(fabs(dh_power_cools_w(&v->power_map, DH_POWER_CPLANT, 0) - expected[i].plant_w) < 1e-2);
        assert_int_equal(view_look_says(&look, "2 of 4 \u00d7 100 kW"), expected[i].up == 2);
        assert_int_equal(view_look_says(&look, "% of what is up"), expected[i].up == 2);
        assert_true(dh_view_select(v, "chilled"));
        assert_string_equal(view_look_complaint(&look), "");
        assert_int_equal(view_look_says(&look, "50 % of 100 kW"), expected[i].up == 2);
    }
    view_look_close(&look);
    unlink(csv);
}

/* ---- a state made by hand */

struct sides {
    struct dh_source source;
    double *columns[DH_N_COLUMN];
    int32_t out_group, out;
};

static const double *sides_column(struct dh_source *source, enum dh_column_id column) {
    return ((struct sides *)source)->columns[column];
}

static int32_t sides_out(void *self, int32_t group) {
    const struct sides *m = self;
    return group == m->out_group ? m->out : 0;
}

static const struct dh_source_ops sides_ops = {.column = sides_column};

static void set_all(struct sides *m, enum dh_column_id column, double value) {
    int32_t rows = dh_source_rows(&m->source, column);
    if (!m->columns[column])
        m->columns[column] = calloc((size_t)rows + 1, sizeof(double));
    for (int32_t k = 0; k < rows; k++)
        m->columns[column][k] = value;
}

/* Eight racks on two busways of 1.2 MW, each of two units and behind a UPS of 1.2 MW. */
void two_sides_are_seen_to_be_too_full_for_one(void **state) {
    (void)state;
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    struct dh_scenario_changes changes = {.until = "1 h"};
    assert_int_equal(dh_sim_open(&sim, "scenarios/examples/two-cords.xml", &changes, diag), DH_OK);
    const struct dh_facility *f = dh_sim_facility(sim);
    struct sides m = {
        .source = {.ops = &sides_ops, .facility = f},
          .out_group = -1
    };
    struct dh_power_map map;
    struct dh_plant plant;
    struct dh_equipment equipment;
    struct dh_alerts a = {0};
    char text[96];
    assert_int_equal(dh_power_map_make(&map, f), DH_OK);
    assert_int_equal(dh_plant_init(&plant, f, NULL), DH_OK);
    assert_int_equal(dh_equipment_init_groups(&equipment, f, &plant), DH_OK);
    dh_power_map_equip(&map, &equipment, sides_out, &m);
    int32_t bus_a = stage_of(f, "bus-a"), bus_b = stage_of(f, "bus-b"), ups_b = stage_of(f, "ups-b");
    set_all(&m, DH_COLUMN_stage_live, 1);
    set_all(&m, DH_COLUMN_stage_loss_w, 0);
    set_all(&m, DH_COLUMN_stage_power_w, 300e3);
    set_all(&m, DH_COLUMN_stage_battery_j, 3 * 35 * 3.6e6 * f->stage_ups[ups_b]->batteries->usable);
    set_all(&m, DH_COLUMN_rack_power_w, 180e3); /* 1.44 MW: 720 kW by each side */
    m.columns[DH_COLUMN_stage_power_w][bus_a] = m.columns[DH_COLUMN_stage_power_w][bus_b] = 720e3;
    m.columns[DH_COLUMN_stage_power_w][ups_b] = 730e3;
    struct dh_alerts_given given = {&map, &equipment, sides_out, &m};
    dh_alerts_read(&a, &m.source, &given);
    const struct dh_power_now *now = &map.now[bus_b], *feed = &map.now[ups_b];
    assert_true(fabs(now->share - 0.6) < 1e-9 && fabs(now->without_w - 1440e3) < 1);
    assert_int_equal(now->without, bus_a);
    double bus_w = 720e3 * (1 + f->stage_loss_linear[bus_b]) +
                   f->stage_loss_square_per_w[bus_b] * (1440e3 * 1440e3 - 720e3 * 720e3);
    assert_true(fabs(feed->without_w - (730e3 + bus_w)) < 1);
    assert_int_equal(feed->without, bus_a);
    assert_true(a.n_over == 1 && a.list[0].kind == DH_ALERT_RACKS_OVER); /* by more than was designed for */
    assert_true(a.n == 2 && a.list[1].kind == DH_ALERT_ONE_SIDE && a.list[1].level == DH_ALERT_NEAR);
    assert_true(a.list[1].n >= 3 && fabs(a.list[1].value / a.list[1].limit - feed->without_w / 1.2e6) < 1e-9);
    assert_string_equal(dh_alert_text(&(struct dh_alert){.kind = DH_ALERT_ONE_SIDE, .value = 12, .limit = 10},
                                      text, sizeof text),
                        "on one side: 120 %");

    set_all(&m, DH_COLUMN_rack_power_w, 100e3); /* either could do alone */
    m.columns[DH_COLUMN_stage_power_w][bus_a] = m.columns[DH_COLUMN_stage_power_w][bus_b] = 400e3;
    m.columns[DH_COLUMN_stage_power_w][ups_b] = 400e3;
    m.source.at = 1;
    dh_alerts_read(&a, &m.source, &given);
    assert_true(fabs(now->without_w - 800e3) < 1);
    assert_int_equal(a.n, 0);

    /* Not with one of the units of its busway out; which alone is no load near a limit. */
    while (equipment.groups[++m.out_group].row != bus_b)
        ;
    m.out = 1;
    m.source.at = 2;
    dh_alerts_read(&a, &m.source, &given);
    assert_true(fabs(now->rated_w - 600e3) < 1 && fabs(now->near_w - 480e3) < 1);
    assert_true(a.n == 2 && a.list[0].kind == DH_ALERT_ONE_SIDE && a.list[0].thing.row == bus_b);
    m.columns[DH_COLUMN_stage_power_w][bus_b] = 500e3;
    m.columns[DH_COLUMN_stage_power_w][ups_b] = 1.07e6; /* below nine tenths */
    m.source.at = 3;
    dh_alerts_read(&a, &m.source, &given);
    assert_true(a.list[0].kind == DH_ALERT_STAGE && a.list[0].level == DH_ALERT_NEAR);
    assert_true(a.list[0].thing.row == bus_b && fabs(a.list[0].limit - 600e3) < 1);
    for (int32_t i = 1; i < a.n; i++)
        assert_true(a.list[i].kind != DH_ALERT_STAGE);

    /* Where a side is lost already, nothing is left to be lost of it. */
    m.columns[DH_COLUMN_stage_live][bus_a] = 0;
    m.source.at = 4;
    dh_alerts_read(&a, &m.source, &given);
    assert_true(isnan(now->without_w) && now->without == -1);
    dh_alerts_free(&a);
    for (int c = 0; c < DH_N_COLUMN; c++)
        free(m.columns[c]);
    dh_equipment_free(&equipment);
    dh_plant_free(&plant);
    dh_power_map_free(&map);
    dh_sim_close(sim);
    dh_diag_delete(diag);
}
