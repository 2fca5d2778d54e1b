/* Buttons of what can be done in a run, and the dialog for what has to be typed. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { IN_A_ROW = 3 };

static float button_h(const struct dh_view *v) {
    return dh_line(v, DH_BODY) + 8 * v->s;
}

static bool has_supply(const struct dh_view *v) {
    return !isnan(dh_deed_supply(v, v->selected));
}

struct dh_box dh_deeds_cut(struct dh_view *v, struct dh_box *in) {
    struct dh_button_deed buttons[DH_DEED_BUTTONS];
    int32_t n = dh_deed_buttons(v, buttons), rows = (n + IN_A_ROW - 1) / IN_A_ROW;
    if (n == 0)
        return (struct dh_box){0};
    float h = dh_line(v, DH_BODY) + 8 * v->s + (float)rows * (button_h(v) + 4 * v->s) + dh_line(v, DH_SMALL) +
              6 * v->s;
    h += has_supply(v) ? button_h(v) + 4 * v->s : 0;
    return in->h > 2 * h ? dh_box_cut_y(in, -h) : (struct dh_box){0};
}

/* "Supply set-point  −  22 °C  +" */
static void draw_supply(struct dh_view *v, struct dh_scene *scene, struct dh_box row) {
    char text[DH_FORMAT_ROOM];
    float side = row.h;
    struct dh_box more = dh_box_cut_x(&row, -side), value = dh_box_cut_x(&row, -90 * v->s),
                  less = dh_box_cut_x(&row, -side);
    dh_scene_word(scene, row, dh_plain(DH_BODY, DH_INK_FAINT), "Supply set-point");
    dh_scene_rect(scene, less, DH_RAISED);
    dh_scene_rect(scene, more, DH_RAISED);
    dh_button(v, scene, dh_box_inset(less, 1 * v->s), "\u2212", false, DH_HIT_WARMER, -1, "1 K colder");
    dh_button(v, scene, dh_box_inset(more, 1 * v->s), "+", false, DH_HIT_WARMER, 1, "1 K warmer");
    dh_scene_word(scene, value, dh_aligned(dh_bold(DH_BODY, DH_INK_STRONG), DH_CENTER),
                  dh_format(text, dh_deed_supply(v, v->selected), "degC"));
}

void dh_draw_deeds(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    struct dh_button_deed buttons[DH_DEED_BUTTONS];
    int32_t n = dh_deed_buttons(v, buttons);
    float gap = 4 * v->s, h = button_h(v);
    if (n == 0 || box.h <= 0)
        return;
    dh_scene_rect(scene, (struct dh_box){box.x, box.y, box.w, 1}, DH_RULE);
    dh_box_cut_y(&box, 4 * v->s);
    struct dh_box head = dh_box_cut_y(&box, dh_line(v, DH_BODY) + gap);
    dh_scene_word(scene, head, dh_bold(DH_BODY, DH_INK_PLAIN), "Do");
    if (has_supply(v)) {
        draw_supply(v, scene, dh_box_cut_y(&box, h));
        dh_box_cut_y(&box, gap);
    }
    float w = floorf((box.w - (IN_A_ROW - 1) * gap) / IN_A_ROW);
    for (int32_t i = 0; i < n; i += IN_A_ROW) {
        struct dh_box row = dh_box_cut_y(&box, h);
        dh_box_cut_y(&box, gap);
        for (int32_t k = i; k < i + IN_A_ROW && k < n; k++) {
            struct dh_box b = dh_box_cut_x(&row, w);
            dh_box_cut_x(&row, gap);
            dh_scene_rect(scene, b, DH_RAISED);
            dh_button(v, scene, dh_box_inset(b, 1 * v->s), buttons[k].word, false, DH_HIT_DEED, k,
                      buttons[k].tip);
        }
    }
    const struct dh_deeds *d = &v->deeds;
    bool same = d->answered.what == v->selected.what && d->answered.row == v->selected.row;
    if (*d->answer && d->dialog == DH_DIALOG_NONE && same)
        dh_scene_word(scene, dh_box_cut_y(&box, dh_line(v, DH_SMALL)),
                      dh_plain(DH_SMALL, d->good ? DH_GREEN : DH_RED), d->answer);
}

/* ---- the dialog -------------------------------------------------------------------------------------------
 */

static const char *const fields[][DH_DEED_FIELDS] = {
    [DH_DIALOG_SET] = {"To",        "For",      NULL  },
    [DH_DIALOG_BURST] = {"A wait of", "For",      NULL  },
    [DH_DIALOG_JOB] = {"GPUs",      "Run time", "Name"},
};

static const char *hint(const struct dh_deeds *d, int32_t field) {
    const char *slash = strrchr(d->what, '/');
    if (d->dialog == DH_DIALOG_JOB)
        return field == 0 ? "64" : field == 1 ? "2 h" : "or none";
    if (field == 1)
        return "1 h; nothing: for good";
    if (d->dialog == DH_DIALOG_BURST)
        return "10 min";
    if (slash && strcmp(slash, "/supply") == 0)
        return "24 degC";
    return slash && strcmp(slash, "/gpu-cap") == 0 ? "500 W, none" : "1.2 MW, none";
}

static void draw_field(struct dh_view *v, struct dh_scene *scene, struct dh_box row, int32_t i) {
    const struct dh_deeds *d = &v->deeds;
    struct dh_box name = dh_box_cut_x(&row, 90 * v->s), about = dh_box_cut_x(&row, -170 * v->s);
    bool on = i == d->field;
    dh_scene_word(scene, name, dh_plain(DH_BODY, DH_INK_FAINT), fields[d->dialog][i]);
    dh_scene_rect(scene, row, DH_GROUND);
    dh_scene_frame(scene, row, 1 * v->s, on ? DH_ACCENT : DH_RULE);
    struct dh_box in = dh_box_inset(row, 4 * v->s);
    float w = dh_scene_word(scene, in, dh_plain(DH_BODY, DH_INK_STRONG), d->typed[i]);
    if (on)
        dh_scene_rect(scene, (struct dh_box){in.x + w + 1 * v->s, in.y, 1 * v->s, in.h}, DH_ACCENT);
    dh_scene_hit(scene, row, DH_HIT_FIELD, i, NULL);
    dh_box_cut_x(&about, 10 * v->s);
    dh_scene_word(scene, about, dh_plain(DH_SMALL, DH_INK_FAINT), hint(d, i));
}

void dh_draw_dialog(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    const struct dh_deeds *d = &v->deeds;
    float line = dh_line(v, DH_BODY) + 12 * v->s, small = dh_line(v, DH_SMALL);
    float h = dh_line(v, DH_TITLE) + 24 * v->s + (float)(d->n_field + 1) * (line + 6 * v->s) + 2 * small +
              14 * v->s;
    float w = fminf(520 * v->s, all.w - 16);
    struct dh_box box = {floorf(all.x + (all.w - w) / 2), floorf(all.y + (all.h - h) / 2), w, h};
    dh_scene_tint(scene, all, 0x000000, 150);
    dh_scene_hit(scene, all, DH_HIT_CLOSE, 0, NULL);
    dh_scene_hit(scene, box, DH_HIT_PANEL, 0, NULL);
    struct dh_box in = dh_panel(v, scene, box, d->title);
    dh_scene_frame(scene, box, 1 * v->s, DH_RULE);
    for (int32_t i = 0; i < d->n_field; i++) {
        draw_field(v, scene, dh_box_cut_y(&in, line), i);
        dh_box_cut_y(&in, 6 * v->s);
    }
    struct dh_box says = dh_box_cut_y(&in, 2 * small + 4 * v->s);
    if (*d->answer && !d->good && d->of_dialog)
        dh_scene_paragraph(scene, says, dh_plain(DH_SMALL, DH_RED), d->answer);
    struct dh_box row = dh_box_cut_y(&in, line), send = dh_box_cut_x(&row, -110 * v->s);
    dh_box_cut_x(&row, -8 * v->s);
    struct dh_box back = dh_box_cut_x(&row, -110 * v->s);
    dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_INK_FAINT), "Tab: the next field");
    dh_scene_rect(scene, back, DH_RAISED);
    dh_button(v, scene, send, "Do it", true, DH_HIT_SEND, 0, "Enter");
    dh_button(v, scene, dh_box_inset(back, 1 * v->s), "Cancel", false, DH_HIT_CLOSE, 0, "Escape");
}
