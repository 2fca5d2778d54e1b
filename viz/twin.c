#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool dh_twin_alike(const struct dh_view *v) {
    const struct dh_facility *a = v->facility, *b = v->twin ? v->twin->facility : NULL;
    if (!b || a->n_rack != b->n_rack)
        return false;
    for (int32_t r = 0; r < a->n_rack; r++)
        if (strcmp(a->rack_name[r], b->rack_name[r]) != 0)
            return false;
    return true;
}

static struct dh_view_thing called_the_same(const struct dh_view *v) {
    char name[96], other[96];
    struct dh_view_thing t = v->selected;
    dh_thing_name(v, t, name);
    for (int32_t row = 0; *name && t.what != DH_A_JOB && row < dh_thing_count(v->twin, t.what); row++)
        if (strcmp(name, dh_thing_name(v->twin, (struct dh_view_thing){t.what, row}, other)) == 0)
            return (struct dh_view_thing){t.what, row};
    return (struct dh_view_thing){0};
}

void dh_twin_follow(struct dh_view *v) {
    struct dh_view *t = v->twin;
    t->type = v->type;
    t->s = v->s;
    t->w = v->w;
    t->h = v->h;
    t->tab = v->tab;
    t->palette = v->palette;
    t->camera = v->camera;
    t->from_s = v->from_s;
    t->to_s = v->to_s;
    t->power_diagram.zoom = v->power_diagram.zoom;
    t->power_diagram.y = v->power_diagram.y;
    t->cooling_diagram.zoom = v->cooling_diagram.zoom;
    t->cooling_diagram.y = v->cooling_diagram.y;
    if (t->overlay != v->overlay || t->scale != v->scale || t->at != v->at) {
        t->overlay = v->overlay;
        t->scale = v->scale;
        dh_view_seek(t, v->at);
    }
    t->selected = called_the_same(v);
    t->hover = (struct dh_view_thing){0};
    t->mouse_in = false;
    if (!t->colors_shown) { /* on the first one's scale: colours of both mean the same */
        t->colors = v->colors;
        dh_overlay_shades(t->source, (enum dh_overlay)t->overlay, &t->colors, t->shade, t->state);
        dh_rack_marks_read(&t->rack_marks, t->source, &t->equipment, dh_view_drained(t));
        t->colors_shown = true;
    }
}

bool dh_twin_differs(const struct dh_view *v) {
    return v->twin && v->difference && !dh_overlays[v->overlay].categories;
}

double dh_twin_value(struct dh_view *v, int32_t rack) {
    enum dh_overlay overlay = (enum dh_overlay)v->overlay;
    double a = dh_overlay_value(v->source, overlay, rack);
    return dh_twin_differs(v) ? dh_overlay_value(v->twin->source, overlay, rack) - a : a;
}

double dh_twin_column(struct dh_view *v, enum dh_column_id column, int32_t rack) {
    double a = dh_view_value(v, column, rack);
    return dh_twin_differs(v) ? dh_view_value(v->twin, column, rack) - a : a;
}

const char *dh_twin_signed(double by, const char *unit, char room[static DH_FORMAT_ROOM]) {
    char value[DH_FORMAT_ROOM];
    dh_format(value, by, unit);
    if (strcmp(unit, "degC") == 0 && isfinite(by))
        snprintf(room, DH_FORMAT_ROOM, "%+.1f K", by);
    else
        snprintf(room, DH_FORMAT_ROOM, "%s%.46s", by > 0 ? "+" : "", value);
    return room;
}

void dh_twin_shades(struct dh_view *v) {
    enum dh_overlay overlay = (enum dh_overlay)v->overlay;
    int32_t n = v->facility->n_rack;
    double most = 0;
    v->colors = (struct dh_overlay_scale){.limit = NAN};
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t r = 0; r < n; r++) {
            double d = dh_twin_value(v, r);
            if (pass == 0) {
                most = isnan(d) ? most : fmax(most, fabs(d));
                continue;
            }
            bool applies = dh_overlay_applies(v->facility, overlay, r);
            v->state[r] = !isnan(d) ? DH_RACK_FINE : applies ? DH_RACK_NO_DATA : DH_RACK_ASIDE;
            v->shade[r] = isnan(d) ? 0 : dh_palette_shade(d, v->colors.low, v->colors.high);
            v->colors.missing += isnan(d) && applies;
            v->colors.aside += !applies;
        }
        v->colors.high = most > 0 ? most : 1;
        v->colors.low = -v->colors.high;
    }
}

static void draw_name(struct dh_view *v, struct dh_scene *scene, struct dh_box box, const char *letter) {
    dh_scene_rect(scene, box, DH_RAISED);
    box = dh_box_inset(box, 2 * v->s);
    dh_box_cut_x(&box, 6 * v->s);
    dh_scene_word(scene, dh_box_cut_x(&box, 20 * v->s), dh_bold(DH_BODY, DH_ACCENT), letter);
    dh_scene_word(scene, box, dh_plain(DH_BODY, DH_INK_STRONG), v->source->name);
}

void dh_draw_both(struct dh_view *v, struct dh_scene *scene, struct dh_box box,
                  void (*draw)(struct dh_view *, struct dh_scene *, struct dh_box)) {
    float head = dh_line(v, DH_BODY) + 6 * v->s;
    struct dh_box left = dh_box_cut_x(&box, floorf((box.w - 8 * v->s) / 2));
    dh_box_cut_x(&box, 8 * v->s);
    draw_name(v, scene, dh_box_cut_y(&left, head), "A");
    draw_name(v->twin, scene, dh_box_cut_y(&box, head), "B");
    draw(v, scene, left);
    dh_twin_follow(v); /* the camera is fitted by now */
    int32_t first = scene->n_hit;
    draw(v->twin, scene, box);
    scene->n_hit = first; /* its rows are not ours: the first one is what answers */
    dh_scene_hit(scene, box, DH_HIT_PANEL, 0, "B follows A");
}

const char *dh_twin_text(struct dh_view *v, double a, double b, const char *unit, char room[static 64]) {
    char value[DH_FORMAT_ROOM];
    room[0] = '\0';
    if (!v->twin || isnan(b))
        return room;
    double share = 100 * (b - a) / fabs(a);
    if (isfinite(share) && fabs(share) < 9999)
        snprintf(room, 64, "B %.30s (%+.1f %%)", dh_format(value, b, unit), share);
    else
        snprintf(room, 64, "B %.40s", dh_format(value, b, unit));
    return room;
}
