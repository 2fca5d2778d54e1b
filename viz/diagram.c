#include "viz/diagram.h"

#include <math.h>
#include <string.h>

struct dh_diagram *dh_diagram_of(struct dh_view *v) {
    return v->tab == DH_TAB_POWER ? &v->power_diagram : v->tab == DH_TAB_COOLING ? &v->cooling_diagram : NULL;
}

static float zoom_of(const struct dh_diagram *d) {
    return d->zoom >= 1 ? d->zoom : 1;
}

void dh_diagram_zoom(struct dh_view *v, float y, float factor) {
    struct dh_diagram *d = dh_diagram_of(v);
    if (!d)
        return;
    float before = zoom_of(d), after = fminf(fmaxf(before * factor, 1), 40);
    float at = d->y + (y - d->pane.y); /* of the content */
    d->y = at * after / before - (y - d->pane.y);
    d->zoom = after;
    v->changed = true;
}

void dh_diagram_pan(struct dh_view *v, float dy) {
    struct dh_diagram *d = dh_diagram_of(v);
    if (!d)
        return;
    d->y += dy;
    v->changed = true;
}

float dh_diagram_height(const struct dh_view *v, struct dh_box pane) {
    return pane.h * zoom_of(v->tab == DH_TAB_COOLING ? &v->cooling_diagram : &v->power_diagram);
}

float dh_diagram_begin(struct dh_view *v, struct dh_scene *scene, struct dh_box pane, float content_h) {
    struct dh_diagram *d = dh_diagram_of(v);
    if (!d)
        return pane.y;
    d->pane = pane;
    d->content_h = content_h;
    d->y = floorf(fmaxf(fminf(d->y, content_h - pane.h), 0));
    dh_scene_hit(scene, pane, DH_HIT_DIAGRAM, 0, NULL);
    return pane.y - d->y;
}

bool dh_diagram_is_new(struct dh_view *v) {
    struct dh_diagram *d = dh_diagram_of(v);
    if (!d || (d->seen.what == v->selected.what && d->seen.row == v->selected.row))
        return false;
    d->seen = v->selected;
    return v->selected.what != DH_NOTHING;
}

bool dh_diagram_reveal(struct dh_view *v, struct dh_box box) {
    struct dh_diagram *d = dh_diagram_of(v);
    if (!d || (box.y >= d->pane.y && box.y + box.h <= d->pane.y + d->pane.h))
        return false;
    d->y += box.y + box.h / 2 - (d->pane.y + d->pane.h / 2);
    d->y = floorf(fmaxf(fminf(d->y, d->content_h - d->pane.h), 0));
    return true;
}

void dh_diagram_thumb(struct dh_view *v, struct dh_scene *scene) {
    const struct dh_diagram *d = dh_diagram_of(v);
    if (!d || !(d->content_h > d->pane.h + 1))
        return;
    struct dh_box track = {d->pane.x + d->pane.w + 3 * v->s, d->pane.y, 4 * v->s, d->pane.h};
    struct dh_box thumb = {track.x, track.y + track.h * d->y / d->content_h, track.w,
                           fmaxf(track.h * track.h / d->content_h, 12 * v->s)};
    dh_scene_rect(scene, track, DH_RAISED);
    dh_scene_rect(scene, thumb, DH_INK_FAINT);
}

/* ---- lines
 * -------------------------------------------------------------------------------------------------
 */

enum { MAX_POINTS = 2048 };

/* The middle line as points close to one another. */
static int course(const float *xy, int32_t n, bool fine, float *out) {
    int points = 0;
    for (int32_t k = 0; k + 1 < n; k++) {
        float x0 = xy[2 * k], y0 = xy[2 * k + 1], x1 = xy[2 * k + 2], y1 = xy[2 * k + 3];
        int pieces = fine ? (int)fminf(fmaxf((x1 - x0) / 2, 12), 200) : 16;
        if (k % 2 == 1 || fabsf(y1 - y0) < 0.5f)
            pieces = 1;
        for (int i = k > 0; i <= pieces && points < MAX_POINTS; i++) {
            float t = (float)i / (float)pieces;
            out[2 * points] = x0 + (x1 - x0) * t;
            out[2 * points + 1] = y0 + (y1 - y0) * t * t * (3 - 2 * t);
            points++;
        }
    }
    return points;
}

void dh_flow(struct dh_scene *scene, const float *xy, int32_t n, float width, uint32_t color) {
    float points[2 * MAX_POINTS];
    int count = course(xy, n, width > 3, points);
    if (count < 2)
        return;
    dh_scene_line(scene, fmaxf(width, 1), color);
    for (int i = 0; i < count; i++)
        dh_scene_point(scene, points[2 * i], points[2 * i + 1]);
}

void dh_flow_dashed(struct dh_scene *scene, const float *xy, int32_t n, float width, uint32_t color,
                    float dash) {
    float points[2 * MAX_POINTS], run = 0;
    int count = course(xy, n, false, points);
    bool on = true;
    if (count >= 2)
        dh_scene_line(scene, width, color);
    for (int i = 0; i < count; i++) {
        float x = points[2 * i], y = points[2 * i + 1];
        if (i > 0) { /* cut where a dash ends */
            float x0 = points[2 * i - 2], y0 = points[2 * i - 1], length = hypotf(x - x0, y - y0), done = 0;
            while (length > 0 && run + length - done >= dash) {
                done += dash - run;
                float t = done / length, cx = x0 + (x - x0) * t, cy = y0 + (y - y0) * t;
                if (on)
                    dh_scene_point(scene, cx, cy);
                else {
                    dh_scene_line(scene, width, color);
                    dh_scene_point(scene, cx, cy);
                }
                on = !on;
                run = 0;
            }
            run += length - done;
        }
        if (on)
            dh_scene_point(scene, x, y);
    }
}

/* ---- marks
 * -------------------------------------------------------------------------------------------------
 */

void dh_circle(struct dh_scene *scene, float x, float y, float radius, float width, uint32_t color) {
    enum { SIDES = 20 };
    dh_scene_line(scene, width, color);
    for (int i = 0; i <= SIDES; i++) {
        double angle = 2 * 3.14159265358979 * i / SIDES;
        dh_scene_point(scene, x + radius * (float)cos(angle), y + radius * (float)sin(angle));
    }
}

void dh_badge(struct dh_view *v, struct dh_scene *scene, struct dh_box box, uint32_t color,
              const char *letter) {
    dh_scene_rect(scene, box, color);
    dh_scene_word(scene, box, (struct dh_style){DH_SMALL, true, DH_CENTER, 0x10151B}, letter);
    (void)v;
}

uint32_t dh_mix(uint32_t a, uint32_t b, double share) {
    uint32_t out = 0;
    double t = fmin(fmax(share, 0), 1);
    for (int shift = 0; shift <= 16; shift += 8) {
        double x = (a >> shift) & 255, y = (b >> shift) & 255;
        out |= (uint32_t)lround(x + (y - x) * t) << shift;
    }
    return out;
}

void dh_ramp(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *name,
             const uint32_t *colors, double low, double high, const char *unit) {
    char from[DH_FORMAT_ROOM], to[DH_FORMAT_ROOM];
    float s = v->s;
    dh_format(from, low, unit);
    dh_format(to, high, unit);
    float name_w = (float)dh_type_width(&v->type, DH_SMALL, true, name, strlen(name)) + 8 * s;
    float from_w = (float)dh_type_width(&v->type, DH_SMALL, false, from, strlen(from)) + 6 * s;
    float to_w = (float)dh_type_width(&v->type, DH_SMALL, false, to, strlen(to)) + 18 * s;
    float ramp_w = fminf(120 * s, in->w - name_w - from_w - to_w);
    if (ramp_w < 30 * s)
        return;
    dh_scene_word(scene, dh_box_cut_x(in, name_w), dh_bold(DH_SMALL, DH_INK_PLAIN), name);
    dh_scene_word(scene, dh_box_cut_x(in, from_w), dh_plain(DH_SMALL, DH_INK_PLAIN), from);
    struct dh_box ramp = dh_box_cut_x(in, ramp_w);
    ramp = (struct dh_box){ramp.x, ramp.y + ramp.h / 2 - 5 * s, ramp.w, 10 * s};
    uint32_t *texels = dh_scene_texels(scene, ramp, 256, 1);
    for (int i = 0; texels && i < 256; i++)
        texels[i] = colors[i];
    dh_box_cut_x(in, 6 * s);
    dh_scene_word(scene, dh_box_cut_x(in, to_w - 6 * s), dh_plain(DH_SMALL, DH_INK_PLAIN), to);
}
