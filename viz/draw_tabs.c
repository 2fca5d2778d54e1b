/* The row below the key figures: tabs, overlays of the floor, alerts, search, help. */
#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "▲ 3  △ 12": how much is beyond its limit and near it; opens the page of the site. */
static void draw_alerts(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    const struct dh_alerts *a = &v->alerts;
    struct dh_view_thing none = {0};
    bool open = v->site_shown && v->selected.what == none.what;
    char over[16], near[16];
    dh_button(v, scene, box, "", open && !v->wide, DH_HIT_SITE, 0,
              v->twin ? "of A: what is beyond its limit (\u25b2) or near it (\u25b3), and the site   N"
                      : "what is beyond its limit (\u25b2) or near it (\u25b3), and the site   N");
    struct dh_box in = dh_box_inset(box, 6 * v->s);
    struct dh_style style = dh_aligned(dh_bold(DH_BODY, DH_RED), DH_CENTER);
    if (a->n_over + a->n_near == 0) {
        dh_scene_word(scene, in, dh_aligned(dh_plain(DH_BODY, DH_INK_PLAIN), DH_CENTER), "\u2713 no alerts");
        return;
    }
    snprintf(over, sizeof over, "\u25b2 %d", a->n_over > 999 ? 999 : (int)a->n_over);
    snprintf(near, sizeof near, "\u25b3 %d", a->n_near > 999 ? 999 : (int)a->n_near);
    struct dh_box left = a->n_near > 0 && a->n_over > 0 ? dh_box_cut_x(&in, in.w / 2) : in;
    if (a->n_over > 0)
        dh_scene_word(scene, left, style, over);
    if (a->n_near > 0)
        dh_scene_word(scene, in, dh_aligned(dh_plain(DH_BODY, DH_AMBER), DH_CENTER), near);
}

/* With their keys where all of them fit. */
static void draw_overlays(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    float s = v->s, w = floorf(fminf((box.w + 3 * s) / DH_N_OVERLAY, 86 * s)) - 3 * s;
    char words[DH_N_OVERLAY][32];
    bool fit = true;
    for (int i = 0; i < DH_N_OVERLAY; i++) {
        snprintf(words[i], sizeof words[i], "%d %s", i + 1, dh_overlays[i].name);
        fit &= (float)dh_type_width(&v->type, DH_BODY, false, words[i], strlen(words[i])) <= w - 4 * s;
    }
    for (int i = 0; i < DH_N_OVERLAY; i++) {
        const char *name = dh_overlays[i].name; /* "Coolant in": its first word where that has to do */
        bool whole = (float)dh_type_width(&v->type, DH_BODY, false, name, strlen(name)) <= w - 4 * s;
        if (!fit)
            snprintf(words[i], sizeof words[i], "%.*s", whole ? 31 : (int)strcspn(name, " "), name);
        dh_button(v, scene, dh_box_cut_x(&box, w), words[i], v->overlay == i, DH_HIT_OVERLAY, i,
                  dh_overlays[i].about);
        dh_box_cut_x(&box, 3 * s);
    }
}

void dh_draw_tabs(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    static const char *const about[DH_N_TAB] = {
        "halls, rows, racks   Ctrl+1", "from the grid to the racks   Ctrl+2",
        "from the racks to the air outside   Ctrl+3", "fabrics and their links   Ctrl+4",
        "queue, jobs, services, storage   Ctrl+5"};
    float s = v->s;
    for (int i = 0; i < DH_N_TAB; i++) {
        dh_button(v, scene, dh_box_cut_x(&box, (v->wide ? 84 : 64) * s), dh_tab_names[i],
                  v->tab == (enum dh_view_tab)i, DH_HIT_TAB, i, about[i]);
        dh_box_cut_x(&box, 3 * s);
    }
    dh_button(v, scene, dh_box_cut_x(&box, -28 * s), "?", v->help, DH_HIT_HELP, 0, "all keys   ?");
    dh_box_cut_x(&box, -4 * s);
    dh_button(v, scene, dh_box_cut_x(&box, -58 * s), "/ Find", v->searching, DH_HIT_SEARCH, 0,
              "a rack, hall, power stage, plant, service, job by its name   /");
    dh_box_cut_x(&box, -4 * s);
    draw_alerts(v, scene, dh_box_cut_x(&box, -98 * s));
    if (v->tab != DH_TAB_FLOOR)
        return;
    dh_box_cut_x(&box, -12 * s);
    if (v->twin && dh_twin_alike(v)) {
        dh_button(v, scene, dh_box_cut_x(&box, -52 * s), "B \u2212 A", v->difference, DH_HIT_DIFFERENCE, 0,
                  "the difference of each rack on one floor   D");
        dh_box_cut_x(&box, -8 * s);
    }
    dh_box_cut_x(&box, 12 * s);
    draw_overlays(v, scene, box);
}
