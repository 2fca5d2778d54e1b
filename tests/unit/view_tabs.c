/* The power and the cooling tab: all of a facility is in the picture, nothing overlaps, lines are as wide as
 * what they carry, and what is wrong is told by more than a colour. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include "viz/diagram.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static const int sizes[][2] = {
    {1280, 720 },
    {1920, 1080},
    {3840, 2160}
};

static const struct {
    const char *scenario, *until, *at;
} shown[] = {
    {"scenarios/examples/two-cords.xml",     "3.2 h",  "3.1 h" }, /* UPS A is lost at three */
    {"scenarios/examples/redundancy.xml",    "2 h",    "1.5 h" },
    {"scenarios/examples/solar-battery.xml", "12 h",   "9 h"   },
    {"scenarios/examples/ashburn-24mw.xml",  "20 min", "15 min"},
    {"scenarios/examples/frontier.xml",      "10 min", "5 min" },
};

static struct view_look open_shown(int i) {
    struct view_look look;
    dh_time when = 0;
    view_look_open(&look, shown[i].scenario, shown[i].until);
    assert_true(dh_view_time_of(look.view, shown[i].at, &when));
    dh_view_seek(look.view, when);
    return look;
}

/* How often a thing answers the mouse in a diagram. */
static int32_t hits_of(const struct view_look *look, enum dh_view_what what, int32_t row) {
    const struct dh_scene *s = &look->scene;
    const struct dh_box *pane = &dh_diagram_of(look->view)->pane;
    int32_t n = 0;
    for (int32_t i = 0; i < s->n_hit; i++)
        n += s->hits[i].kind == DH_HIT_THING + (int32_t)what && s->hits[i].row == row &&
             s->hits[i].box.x < pane->x + pane->w;
    return n;
}

static bool overlap(struct dh_box a, struct dh_box b) {
    return a.x + a.w > b.x + 0.5f && b.x + b.w > a.x + 0.5f && a.y + a.h > b.y + 0.5f &&
           b.y + b.h > a.y + 0.5f;
}

/* Boxes of a diagram that answer the mouse: none lies on another, and a word that begins in one ends in it.
 */
static void check_boxes(const struct view_look *look, struct dh_box pane, const char *where) {
    const struct dh_scene *s = &look->scene;
    for (int32_t i = 0; i < s->n_hit; i++) {
        struct dh_box box = s->hits[i].box;
        if (s->hits[i].kind < DH_HIT_THING || !overlap(box, pane))
            continue;
        for (int32_t k = 0; k < i; k++)
            if (s->hits[k].kind >= DH_HIT_THING && overlap(s->hits[k].box, box))
                fail_msg("%s: boxes of things overlap at %.0f,%.0f", where, (double)box.x, (double)box.y);
        for (int32_t k = 0; k < s->n_ink; k++) {
            struct dh_box word = s->inks[k].box;
            if (s->inks[k].kind == DH_INK_WORD && dh_box_has(box, word.x, word.y + word.h / 2) &&
                word.x + word.w > box.x + box.w + 0.5f)
                fail_msg("%s: \"%.*s\" leaves its box", where, (int)s->inks[k].n,
                         s->bytes + s->inks[k].first);
        }
    }
}

void every_power_stage_is_in_the_picture(void **state) {
    (void)state;
    for (int i = 0; i < COUNT(shown); i++) {
        struct view_look look = open_shown(i);
        dh_view_show_tab(look.view, DH_TAB_POWER);
        const struct dh_facility *f = look.view->facility;
        for (int size = 0; size < COUNT(sizes); size++) {
            dh_view_resize(look.view, sizes[size][0], sizes[size][1], 0);
            assert_string_equal(view_look_complaint(&look), "");
            check_boxes(&look, look.view->power_diagram.pane, shown[i].scenario);
            const struct dh_power_plan *plan = &look.view->power_plan;
            int64_t parts = 0, racks = 0;
            for (int32_t k = 0; k < plan->n_item; k++) {
                parts += plan->items[k].n;
                racks += plan->items[k].racks;
            }
            assert_int_equal(parts, look.view->power_map.n_node);
            assert_int_equal(racks, f->n_rack);
            for (int32_t k = 0; plan->fold == DH_FOLD_NONE && k < f->n_stage; k++) {
                assert_int_equal(hits_of(&look, DH_A_STAGE, k), 1);
                assert_true(sizes[size][0] < 1920 || view_look_says(&look, f->stage_name[k]));
            }
            for (int32_t k = 0; k < f->n_onsite; k++)
                assert_true(view_look_says(&look, f->onsite_name[k]));
        }
        view_look_close(&look);
    }
}

static bool has_line(const struct dh_scene *s, float x, float y, float width) {
    for (int32_t i = 0; i < s->n_ink; i++) {
        const float *p = s->points + 2 * (ptrdiff_t)s->inks[i].first;
        if (s->inks[i].kind == DH_INK_LINE && s->inks[i].n > 1 && fabsf(s->inks[i].width - width) < 0.01f &&
            fabsf(p[0] - x) < 0.01f && fabsf(p[1] - y) < 0.01f)
            return true;
    }
    return false;
}

void lines_are_as_wide_as_their_megawatts(void **state) {
    (void)state;
    int32_t lines = 0;
    for (int i = 0; i < COUNT(shown); i++) {
        struct view_look look = open_shown(i);
        dh_view_resize(look.view, 1920, 1080, 1);
        dh_view_show_tab(look.view, DH_TAB_POWER);
        assert_string_equal(view_look_complaint(&look), "");
        const struct dh_power_plan *plan = &look.view->power_plan;
        const struct dh_power_map *map = &look.view->power_map;
        for (int32_t e = 0; e < plan->n_edge; e++) {
            const struct dh_power_edge *edge = &plan->edges[e];
            assert_true(fabs((double)edge->width - (double)plan->pixels_per_w * fabs(edge->flow_w)) < 0.01);
            if (plan->items[edge->from].column == plan->items[edge->to].column || edge->width < 1.2f ||
                edge->carrying == 0)
                continue;
            const struct dh_box *from = &plan->items[edge->from].box;
            assert_true(has_line(&look.scene, from->x + from->w, edge->y0, edge->width));
            lines++;
        }
        for (int32_t k = 0; k < map->n_node; k++) { /* what comes in is what the links bring */
            double sum = 0;
            for (int32_t l = 0; l < map->nodes[k].links; l++)
                sum += map->flow_w[map->nodes[k].first_link + l];
            if (map->nodes[k].part != DH_POWER_ONSITE && map->nodes[k].links > 0 && map->now[k].in_w > 0)
                assert_true(fabs(sum - map->now[k].in_w) <= 1e-6 * map->now[k].in_w);
        }
        view_look_close(&look);
    }
    assert_true(lines >= 40);
}

static const struct dh_hit *hit_of(const struct dh_scene *s, enum dh_view_what what, int32_t row) {
    for (int32_t i = 0; i < s->n_hit; i++)
        if (s->hits[i].kind == DH_HIT_THING + (int32_t)what && s->hits[i].row == row)
            return &s->hits[i];
    fail_msg("%s %d is not in the picture", dh_what_name(what), (int)row);
    return NULL;
}

/* Inks of a kind in a box; words only those with the mark. */
static int32_t inks_in(const struct dh_scene *s, enum dh_ink_kind kind, struct dh_box box) {
    int32_t n = 0;
    for (int32_t i = 0; i < s->n_ink; i++) {
        const struct dh_ink *ink = &s->inks[i];
        bool in = dh_box_has(box, ink->box.x + 1, ink->box.y + 1);
        n += ink->kind == kind && in &&
             (kind != DH_INK_WORD || memmem(s->bytes + ink->first, (size_t)ink->n, "\u25b2", 3) != NULL);
    }
    return n;
}

static int32_t row_of(const char *const *names, int32_t n, const char *name) {
    for (int32_t k = 0; k < n; k++)
        if (strcmp(names[k], name) == 0)
            return k;
    fail_msg("nothing is called %s", name);
    return -1;
}

void what_is_dead_is_marked_by_more_than_colour(void **state) {
    (void)state;
    struct view_look look = open_shown(0);
    const struct dh_facility *f = look.view->facility;
    int32_t a = row_of(f->stage_name, f->n_stage, "ups-a"), b = row_of(f->stage_name, f->n_stage, "ups-b");
    dh_view_show_tab(look.view, DH_TAB_POWER);
    assert_string_equal(view_look_complaint(&look), "");
    struct dh_box dead = hit_of(&look.scene, DH_A_STAGE, a)->box,
                  live = hit_of(&look.scene, DH_A_STAGE, b)->box;
    assert_true(inks_in(&look.scene, DH_INK_WORD, dead) >= 2 &&
                inks_in(&look.scene, DH_INK_HATCH, dead) == 1);
    assert_true(inks_in(&look.scene, DH_INK_WORD, live) == 0 &&
                inks_in(&look.scene, DH_INK_HATCH, live) == 0);
    assert_true(view_look_says(&look, "no power") && view_look_says(&look, "of 2 feeds dead"));
    int32_t dashes = 0; /* what led away from it is drawn in pieces */
    for (int32_t i = 0; i < look.scene.n_ink; i++) {
        const struct dh_ink *ink = &look.scene.inks[i];
        const float *p = look.scene.points + 2 * (ptrdiff_t)ink->first;
        dashes += ink->kind == DH_INK_LINE && ink->color == DH_RED && ink->n > 0 &&
                  p[0] >= dead.x + dead.w - 1 && p[0] < dead.x + dead.w + 200;
    }
    assert_true(dashes >= 4);
    dh_view_show_tab(look.view, DH_TAB_COOLING); /* its pumps hang on that side alone */
    assert_string_equal(view_look_complaint(&look), "");
    struct dh_box cdu = hit_of(&look.scene, DH_A_CDU, 0)->box;
    assert_true(inks_in(&look.scene, DH_INK_WORD, cdu) >= 2 && inks_in(&look.scene, DH_INK_HATCH, cdu) == 1);
    assert_true(view_look_says(&look, "without power"));
    dh_view_seek(look.view, 2 * 3600 * DH_NS_PER_S); /* before it was lost */
    assert_string_equal(view_look_complaint(&look), "");
    assert_false(view_look_says(&look, "without power"));
    view_look_close(&look);
}

void every_plant_and_hall_is_in_the_picture(void **state) {
    (void)state;
    for (int i = 0; i < COUNT(shown); i++) {
        struct view_look look = open_shown(i);
        const struct dh_facility *f = look.view->facility;
        dh_view_show_tab(look.view, DH_TAB_COOLING);
        for (int size = 0; size < COUNT(sizes); size++) {
            dh_view_resize(look.view, sizes[size][0], sizes[size][1], 0);
            assert_string_equal(view_look_complaint(&look), "");
            check_boxes(&look, look.view->cooling_diagram.pane, shown[i].scenario);
            for (int32_t k = 0; k < f->n_cplant; k++) /* plant, and what rejects its heat */
                assert_true(hits_of(&look, DH_A_CPLANT, k) >= 2);
            for (int32_t k = 0; k < f->n_lplant; k++)
                assert_true(hits_of(&look, DH_AN_LPLANT, k) >= 2);
            for (int32_t k = 0; look.view->cooling.folded == 0 && k < f->n_hall; k++)
                assert_true(hits_of(&look, DH_A_HALL, k) == 2 || size == 0);
            assert_int_equal(view_look_says(&look, "There is no cooling plant here"),
                             f->n_cplant + f->n_lplant == 0);
        }
        view_look_close(&look);
    }
}

/* Two sides of so many distribution units: more than fit. */
static void write_large(const char *path, int units) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(
        "<scenario xmlns='urn:datahall:scenario:1' name='large'><device id='g' idle='1 W' tdp='2 W'/>"
        "<node id='n' device='g' gpus='0' other='10 kW'/><rack-type id='r' node='n' nodes='1' rated='10 kW'/>"
        "<horizon duration='10 min'/><site id='s'><power><utility id='u' rated='90 MW'/>",
        file);
    for (int k = 0; k < units; k++)
        fprintf(file, "<pdu id='pdu-%03d' feed='u' rated='100 kW'/>", k);
    fputs("</power><hall id='h'>", file);
    for (int k = 0; k < units; k++)
        fprintf(file, "<row id='row-%03d' rack='r' count='3' feed='pdu-%03d'/>", k, k);
    fputs("</hall></site></scenario>", file);
    assert_int_equal(fclose(file), 0);
}

static void press_home(struct dh_view *view) {
    dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_KEY, .key = DH_KEY_HOME});
}

void parts_beyond_what_fits_are_folded_and_told(void **state) {
    (void)state;
    struct view_look look;
    char path[] = "/tmp/datahall-large-XXXXXX";
    close(mkstemp(path));
    write_large(path, 300);
    view_look_open(&look, path, "10 min");
    unlink(path);
    dh_view_show_tab(look.view, DH_TAB_POWER);
    assert_string_equal(view_look_complaint(&look), "");
    assert_true(view_look_says(&look, "folded into"));
    assert_true(view_look_says(&look, "300 \u00d7 pdu"));
    assert_true(view_look_says(&look, "900 racks"));
    for (int k = 0; k < 40; k++) /* near enough, each is seen */
        dh_diagram_zoom(look.view, look.view->power_diagram.pane.y + 50, 1.25f);
    assert_string_equal(view_look_complaint(&look), "");
    assert_false(view_look_says(&look, "folded into"));
    assert_true(view_look_says(&look, "pdu-0"));
    check_boxes(&look, look.view->power_diagram.pane, "large");
    assert_true(look.view->power_plan.n_item >= 601);
    assert_true(look.scene.n_ink < 4000); /* what is not seen is not drawn */
    assert_false(view_look_says(&look, "pdu-299"));
    assert_true(dh_view_select(look.view, "pdu-299")); /* what is looked for is brought into sight */
    assert_string_equal(view_look_complaint(&look), "");
    assert_int_equal(hits_of(&look, DH_A_STAGE, 300), 1);
    press_home(look.view);
    dh_diagram_zoom(look.view, look.view->power_diagram.pane.y, 20);
    view_look_complaint(&look);
    float before = look.view->power_diagram.y;
    dh_diagram_pan(look.view, 1e6f);
    view_look_complaint(&look);
    assert_true(look.view->power_diagram.y > before);
    assert_true(look.view->power_diagram.y <=
                look.view->power_diagram.content_h - look.view->power_diagram.pane.h + 1);
    view_look_close(&look);
}

void the_inspector_knows_who_feeds_whom(void **state) {
    (void)state;
    struct view_look look = open_shown(0);
    dh_view_resize(look.view, 1920, 1080, 1);
    static const struct {
        const char *name, *says[4];
    } things[] = {
        {"ups-b",   {"3 units of 400 kW", "Fed by", "tx-b", "bus-b"}          },
        {"bus-a",   {"without power", "Fed by", "dead", "What happened to it"}},
        {"cdu",     {"Gives its heat to", "warm", "Racks", "n, 8 racks"}      },
        {"chilled", {"3 chillers, tower", "Takes heat from", "hall", "tx-a"}  },
        {"warm",    {"dry coolers", "Takes heat from", "cdu", "tx-b"}         },
        {"hall",    {"8 racks", "Gives its heat to", "chilled", "bus-b"}      },
    };
    for (int i = 0; i < COUNT(things); i++) {
        dh_view_show_tab(look.view, DH_TAB_FLOOR);
        assert_true(dh_view_select(look.view, things[i].name));
        assert_string_equal(view_look_complaint(&look), "");
        for (int k = 0; k < 4; k++)
            if (!view_look_says(&look, things[i].says[k]))
                fail_msg("%s: nothing is said of \"%s\"", things[i].name, things[i].says[k]);
    }
    view_look_close(&look);
}

/* A file may say anything. */
static const double wild[] = {0, NAN, INFINITY, -INFINITY, 1e300, -1e300, -1, 1, 1e12, 0.5, 1e-300, 3};
static double wild_values[20000];
static struct dh_trace wild_trace;

static const double *wild_column(struct dh_source *source, enum dh_column_id column) {
    (void)source;
    return wild_values + (size_t)column * 7 % COUNT(wild);
}

static const struct dh_trace *wild_history(struct dh_source *source, enum dh_column_id column, int32_t row) {
    (void)source;
    return ((int)column + row) % 3 ? &wild_trace : NULL;
}

static bool finite_box(struct dh_box b) {
    return isfinite(b.x) && isfinite(b.y) && isfinite(b.w) && isfinite(b.h) && fabsf(b.x) < 1e6f &&
           fabsf(b.y) < 1e6f && b.w < 1e6f && b.h < 1e6f;
}

static void check_finite(const struct view_look *look) {
    const struct dh_scene *s = &look->scene;
    for (int32_t i = 0; i < s->n_ink; i++)
        if (!finite_box(s->inks[i].box) || !(s->inks[i].width >= 0 && s->inks[i].width < 1e5f))
            fail_msg("ink %d of kind %d: %g %g %g %g, width %g", (int)i, s->inks[i].kind,
                     (double)s->inks[i].box.x, (double)s->inks[i].box.y, (double)s->inks[i].box.w,
                     (double)s->inks[i].box.h, (double)s->inks[i].width);
    for (int32_t i = 0; i < 2 * s->n_point; i++)
        assert_true(isfinite(s->points[i]) && fabsf(s->points[i]) < 1e6f);
}

void tabs_bear_any_value(void **state) {
    (void)state;
    struct view_look look = open_shown(0);
    const struct dh_source_ops *told = look.source->ops;
    struct dh_source_ops ops = *told;
    for (int i = 0; i < COUNT(wild_values); i++)
        wild_values[i] = wild[i % COUNT(wild)];
    for (int64_t i = 0; i < look.source->n_time; i++)
        assert_true(dh_trace_add(&wild_trace, wild[i % COUNT(wild)]));
    ops.column = wild_column;
    ops.trace = wild_history;
    look.source->ops = &ops;
    dh_view_seek(look.view, 3600 * DH_NS_PER_S);
    for (int tab = DH_TAB_POWER; tab <= DH_TAB_COOLING; tab++)
        for (int what = DH_A_STAGE; what <= DH_A_SITE; what++)
            for (int32_t row = 0; row < dh_thing_count(look.view, (enum dh_view_what)what); row++) {
                dh_view_show_tab(look.view, (enum dh_view_tab)tab);
                look.view->selected = (struct dh_view_thing){(enum dh_view_what)what, row};
                look.view->all_time = true;
                assert_string_equal(view_look_complaint(&look), "");
                check_finite(&look);
            }
    dh_trace_free(&wild_trace);
    look.source->ops = told;
    view_look_close(&look);
}
