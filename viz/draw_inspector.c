/* The inspector: what is selected, in figures; without a selection the site (draw_site.c). */
#include "viz/inspect.h"

#include <math.h>
#include <stdio.h>

/* By mouse what the keys do. */
static void draw_head_buttons(struct dh_view *v, struct dh_scene *scene, struct dh_box *line,
                              struct dh_view_thing t) {
    static const struct {
        const char *word, *tip;
        int key;
    } buttons[] = {
        {"Y", "Y: copy its figures",                                 'y'},
        {"C", "C: pin it, to compare it with what is selected next", 'c'}
    };
    for (int i = 0; i < 2; i++) {
        struct dh_box b = dh_box_cut_x(line, -24 * v->s);
        dh_box_cut_x(&b, -2 * v->s);
        dh_scene_rect(scene, b, DH_RAISED);
        dh_button(v, scene, dh_box_inset(b, 1 * v->s), buttons[i].word, i == 1 && dh_pin_has(v, t),
                  DH_HIT_KEY, buttons[i].key, buttons[i].tip);
        if (t.what == DH_A_JOB)
            break;
    }
    dh_box_cut_x(line, -4 * v->s);
}

/* The panel with its title and, unless it is always there, what closes it; what can be done is at its foot.
 */
static void draw_page(struct dh_view *v, struct dh_scene *scene, struct dh_box box, const char *title,
                      bool closes, struct dh_view_thing t, struct dh_box *in, struct dh_box *deeds) {
    *in = dh_panel(v, scene, box, NULL);
    struct dh_box line = dh_box_cut_y(in, dh_line(v, DH_TITLE));
    if (closes) {
        struct dh_box head = {box.x + box.w - 32 * v->s, box.y + 6 * v->s, 26 * v->s, 26 * v->s};
        dh_box_cut_x(&line, -32 * v->s);
        dh_button(v, scene, head, "\u2715", false, DH_HIT_CLOSE, 0, "close   Escape");
    }
    if (t.what != DH_NOTHING)
        draw_head_buttons(v, scene, &line, t);
    dh_scene_word(scene, line, dh_bold(DH_TITLE, DH_INK_STRONG), title);
    dh_box_cut_y(in, 2 * v->s);
    *deeds = dh_deeds_cut(v, in);
}

static void draw_strip(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, uint32_t color,
                       const char *text) {
    float line = dh_line(v, DH_BODY) + 4 * v->s;
    if (in->h < 2 * line)
        return;
    struct dh_box row = dh_box_cut_y(in, line);
    dh_scene_tint(scene, row, color, 40);
    dh_box_cut_x(&row, 4 * v->s);
    dh_scene_word(scene, row, dh_bold(DH_BODY, color), text);
    dh_box_cut_y(in, 2 * v->s);
}

/* What was done to it and what of it is out, before all figures. */
static void draw_condition(struct dh_view *v, struct dh_scene *scene, struct dh_box *in,
                           struct dh_view_thing t) {
    struct dh_condition c;
    char text[200], value[DH_FORMAT_ROOM];
    dh_view_condition(v, t, &c);
    if (*dh_condition_text(&c, text, sizeof text))
        draw_strip(v, scene, in, DH_AMBER, text);
    snprintf(text, sizeof text, "Cap set by hand: %s", dh_format(value, c.cap_w, "W"));
    if (!isnan(c.cap_w))
        draw_strip(v, scene, in, DH_ACCENT, text);
    snprintf(text, sizeof text, "GPU cap set by hand: %s each", dh_format(value, c.gpu_cap_w, "W"));
    if (!isnan(c.gpu_cap_w))
        draw_strip(v, scene, in, DH_ACCENT, text);
    snprintf(text, sizeof text, "Set-point set by hand: %s", dh_format(value, dh_view_supply(v, t), "degC"));
    if (c.set)
        draw_strip(v, scene, in, DH_ACCENT, text);
}

void dh_draw_inspector(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    char name[96];
    struct dh_view_thing t = v->selected;
    struct dh_box in, deeds;
    dh_scene_hit(scene, box, DH_HIT_PANEL, 0, NULL);
    if (dh_pins_shown(v)) {
        struct dh_box head = {box.x + box.w - 32 * v->s, box.y + 6 * v->s, 26 * v->s, 26 * v->s};
        in = dh_panel(v, scene, box, "Compared");
        deeds = dh_deeds_cut(v, &in);
        dh_button(v, scene, head, "\u2715", false, DH_HIT_UNPIN, -1, "Escape: compare no longer");
        dh_draw_pins(v, scene, in);
        dh_draw_deeds(v, scene, deeds);
        return;
    }
    if (t.what == DH_NOTHING || t.row < 0 || (t.what != DH_A_JOB && t.row >= dh_thing_count(v, t.what))) {
        snprintf(name, sizeof name, "%s%.90s", v->twin ? "A  " : "", v->source->name);
        draw_page(v, scene, box, name, !v->wide, (struct dh_view_thing){0}, &in, &deeds);
        dh_inspect_site(v, scene, &in);
        dh_draw_deeds(v, scene, deeds);
        return;
    }
    dh_thing_name(v, t, name);
    draw_page(v, scene, box, name, true, t, &in, &deeds);
    dh_draw_deeds(v, scene, deeds);
    draw_condition(v, scene, &in, t);
    switch (t.what) {
    case DH_A_RACK:
        dh_inspect_rack(v, scene, &in, t.row);
        break;
    case DH_A_STAGE:
        dh_inspect_stage(v, scene, &in, t.row);
        break;
    case DH_AN_ONSITE:
        dh_inspect_onsite(v, scene, &in, t.row);
        break;
    case DH_A_HALL:
        dh_inspect_hall(v, scene, &in, t.row);
        break;
    case DH_A_CDU:
        dh_inspect_cdu(v, scene, &in, t.row);
        break;
    case DH_A_CPLANT:
        dh_inspect_cplant(v, scene, &in, t.row);
        break;
    case DH_AN_LPLANT:
        dh_inspect_lplant(v, scene, &in, t.row);
        break;
    case DH_A_JOB:
        dh_draw_job(v, scene, &in, t.row);
        break;
    default:
        dh_inspect_heading(v, scene, &in, dh_what_name(t.what));
        if (dh_thing_rows(t.what))
            dh_inspect_columns(v, scene, &in, dh_thing_rows(t.what), t.row);
        break;
    }
}
