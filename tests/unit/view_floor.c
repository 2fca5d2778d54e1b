/* The floor: halls are arranged for any pane without racks on one another, and racks that are out of service
 * or drained are told from what happened. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static bool overlap(struct dh_box a, struct dh_box b) {
    return a.x + a.w > b.x + 0.01f && b.x + b.w > a.x + 0.01f && a.y + a.h > b.y + 0.01f &&
           b.y + b.h > a.y + 0.01f;
}

static bool within(struct dh_box inner, struct dh_box outer) {
    return inner.x >= outer.x - 0.01f && inner.y >= outer.y - 0.01f &&
           inner.x + inner.w <= outer.x + outer.w + 0.01f && inner.y + inner.h <= outer.y + outer.h + 0.01f;
}

static void check_floor(const struct dh_floor *floor, const struct dh_facility *f) {
    int32_t racks = 0;
    for (int32_t h = 0; h < floor->n_hall; h++) {
        const struct dh_floor_hall *hall = &floor->halls[h];
        assert_true(within(hall->box, floor->box));
        for (int32_t k = 0; k < h; k++)
            assert_false(overlap(hall->box, floor->halls[k].box));
        for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++) {
            const struct dh_floor_line *line = &floor->lines[l];
            assert_true(within(line->box, hall->box) && within(line->feed, hall->box));
            for (int32_t k = hall->first_line; k < l; k++)
                assert_false(overlap(line->box, floor->lines[k].box));
            for (int32_t k = 0; k < line->n; k++, racks++) {
                int32_t r = floor->racks[line->first + k];
                struct dh_box box = floor->rack[r];
                assert_true(within(box, line->box));
                assert_int_equal(dh_floor_rack_at(floor, box.x + box.w / 2, box.y + box.h / 2), r);
            }
        }
    }
    assert_int_equal(racks, f->n_rack);
    for (int32_t c = 0; c < floor->n_cooler; c++)
        assert_true(within(floor->coolers[c], floor->halls[floor->cooler_hall[c]].box));
}

void halls_are_arranged_for_any_pane(void **state) {
    (void)state;
    static const char *const scenarios[] = {"scenarios/examples/ashburn-24mw.xml",
                                            "scenarios/examples/redundancy.xml",
                                            "scenarios/examples/ai-factory.xml"};
    static const float aspects[] = {0.4f, 1.1f, 2.1f, 3.5f};
    for (int i = 0; i < COUNT(scenarios); i++) {
        struct dh_diag *diag = dh_diag_new();
        struct dh_sim *sim = NULL;
        struct dh_floor floor;
        assert_int_equal(dh_sim_open(&sim, scenarios[i], NULL, diag), DH_OK);
        const struct dh_facility *f = dh_sim_facility(sim);
        assert_int_equal(dh_floor_make(&floor, f), DH_OK);
        for (int k = 0; k < COUNT(aspects); k++) {
            dh_floor_arrange(&floor, f, aspects[k], 1);
            check_floor(&floor, f);
            float zoom = fminf(aspects[k] / floor.box.w, 1 / floor.box.h);
            /* The halls take most of the pane. */
            assert_true(floor.box.w * floor.box.h * zoom * zoom / aspects[k] > 0.45f);
        }
        dh_floor_free(&floor);
        dh_sim_close(sim);
        dh_diag_delete(diag);
    }
}

static const double *all_draw(struct dh_source *source, enum dh_column_id column) {
    static double power_w[4096];
    for (int32_t r = 0; r < source->facility->n_rack && r < 4096; r++)
        power_w[r] = r == 1 && source->at >= 30 * DH_NS_PER_S ? 0 : 1000;
    return column == DH_COLUMN_rack_power_w ? power_w : NULL;
}

void drained_and_dark_racks_are_marked(void **state) {
    (void)state;
    static const struct dh_source_ops ops = {.column = all_draw};
    static const struct dh_view_event events[] = {
        {10 * DH_NS_PER_S, DH_INCIDENT_DRAIN,   0,      4  },
        {20 * DH_NS_PER_S, DH_INCIDENT_FAILURE, 0,      3  }, /* node 3 of a row */
        {25 * DH_NS_PER_S, DH_INCIDENT_FAILURE, 0,      1e9}, /* there is no such unit */
        {25 * DH_NS_PER_S, DH_INCIDENT_DRAIN,   999999, 4  }, /* nor such a rack */
        {40 * DH_NS_PER_S, DH_INCIDENT_UNDRAIN, 0,      4  },
    };
    struct dh_diag *diag = dh_diag_new();
    struct dh_sim *sim = NULL;
    assert_int_equal(dh_sim_open(&sim, "scenarios/examples/small-hall.xml", NULL, diag), DH_OK);
    const struct dh_facility *f = dh_sim_facility(sim);
    assert_true(f->n_rack > 2 && f->n_rack <= 4096);
    struct dh_equipment_group group = {
        .name = "r/node", .kind = DH_EQUIPMENT_NODE, .row = f->rack_first_node[2], .n = f->rack_nodes[2]};
    struct dh_equipment equipment = {.groups = &group, .n_group = 1};
    struct dh_source source = {.ops = &ops, .facility = f, .events = events, .n_event = COUNT(events)};
    struct dh_rack_marks marks = {0};
    int32_t drained[4096] = {0};
    static const struct {
        int at_s;
        enum dh_rack_mark drained, dark, part;
    } expected[] = {
        {0,  DH_MARK_NONE,    DH_MARK_NONE, DH_MARK_NONE},
        {15, DH_MARK_DRAINED, DH_MARK_NONE, DH_MARK_NONE},
        {35, DH_MARK_DRAINED, DH_MARK_OUT,  DH_MARK_PART},
        {50, DH_MARK_NONE,    DH_MARK_OUT,  DH_MARK_PART},
        {15, DH_MARK_DRAINED, DH_MARK_NONE, DH_MARK_NONE}, /* and back */
    };
    for (int i = 0; i < COUNT(expected); i++) {
        source.at = expected[i].at_s * DH_NS_PER_S;
        drained[0] = expected[i].drained == DH_MARK_DRAINED ? 4 : 0;
        dh_rack_marks_read(&marks, &source, &equipment, drained);
        assert_int_equal(marks.mark[0], expected[i].drained);
        assert_int_equal(marks.mark[1], expected[i].dark);
        assert_int_equal(marks.mark[2], f->rack_nodes[2] > 2 ? expected[i].part : marks.mark[2]);
        assert_int_equal(marks.n[DH_MARK_DRAINED], expected[i].drained == DH_MARK_DRAINED);
    }
    dh_rack_marks_free(&marks);
    dh_sim_close(sim);
    dh_diag_delete(diag);
}

/* Whatever a box has room for, and nothing that is cut. */
void words_that_do_not_fit_have_shorter_forms(void **state) {
    (void)state;
    struct view_look look;
    char room[64];
    view_look_open(&look, "scenarios/examples/small-hall.xml", "10 min");
    const char *forms = "loss 66.1 kW, 0.3 %\nloss 66.1 kW\n66.1 kW";
    float long_w = (float)dh_type_width(&look.view->type, DH_SMALL, false, forms, 19);
    assert_string_equal(dh_fitting(look.view, DH_SMALL, false, long_w, forms, room, sizeof room),
                        "loss 66.1 kW, 0.3 %");
    assert_string_equal(dh_fitting(look.view, DH_SMALL, false, long_w - 1, forms, room, sizeof room),
                        "loss 66.1 kW");
    assert_string_equal(dh_fitting(look.view, DH_SMALL, false, 1, forms, room, sizeof room), "");
    assert_string_equal(dh_fitting(look.view, DH_SMALL, false, long_w, forms, room, 8), "66.1 kW");
    view_look_close(&look);
}
