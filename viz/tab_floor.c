/* The floor plan: halls, aisles, racks in the colours of an overlay, as fine as the zoom allows. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the camera
 * --------------------------------------------------------------------------------------------
 */

void dh_camera_fit(struct dh_view *v, struct dh_box pane) {
    struct dh_box all = v->floor.box;
    float margin = 14 * v->s, w = fmaxf(pane.w - 2 * margin, 10), h = fmaxf(pane.h - 2 * margin, 10);
    v->camera.zoom = fminf(w / all.w, h / all.h);
    v->camera.zoom = fminf(v->camera.zoom, 60 * v->s); /* a few racks do not fill the screen */
    v->camera.x = all.x - (pane.w / v->camera.zoom - all.w) / 2;
    v->camera.y = all.y - (pane.h / v->camera.zoom - all.h) / 2;
    v->camera.fitted = true;
}

void dh_camera_zoom(struct dh_view *v, float x, float y, float factor) {
    float before = v->camera.zoom, after = fminf(fmaxf(before * factor, 0.05f), 600 * v->s);
    if (!(before > 0))
        return;
    v->camera.x += (x - v->pane.x) / before - (x - v->pane.x) / after;
    v->camera.y += (y - v->pane.y) / before - (y - v->pane.y) / after;
    v->camera.zoom = after;
    v->camera.fitted = false;
    v->changed = true;
}

int32_t dh_camera_rack(const struct dh_view *v, float x, float y) {
    if (!dh_box_has(v->pane, x, y) || !(v->camera.zoom > 0))
        return -1;
    return dh_floor_rack_at(&v->floor, v->camera.x + (x - v->pane.x) / v->camera.zoom,
                            v->camera.y + (y - v->pane.y) / v->camera.zoom);
}

static struct dh_box on_screen(const struct dh_view *v, struct dh_box m) {
    float z = v->camera.zoom;
    return (struct dh_box){v->pane.x + (m.x - v->camera.x) * z, v->pane.y + (m.y - v->camera.y) * z, m.w * z,
                           m.h * z};
}

static bool is_seen(const struct dh_view *v, struct dh_box b) {
    return b.x < v->pane.x + v->pane.w && b.x + b.w > v->pane.x && b.y < v->pane.y + v->pane.h &&
           b.y + b.h > v->pane.y;
}

/* ---- racks
 * -------------------------------------------------------------------------------------------------
 */

static uint32_t rack_color(const struct dh_view *v, const uint32_t *palette, int32_t rack) {
    return v->state[rack] == DH_RACK_NO_DATA || v->state[rack] == DH_RACK_ABSENT ? DH_NO_DATA
                                                                                 : palette[v->shade[rack]];
}

/* Far away: a texel a rack, a strip a line. */
static void draw_far(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_line *line) {
    struct dh_box box = on_screen(v, line->box);
    if (!is_seen(v, box))
        return;
    uint32_t *texels = dh_scene_texels(scene, box, line->n, 1);
    for (int32_t k = 0; texels && k < line->n; k++)
        texels[k] = rack_color(v, scene->palette, v->floor.racks[line->first + k]);
}

static struct dh_box cell_of(const struct dh_view *v, int32_t rack) {
    struct dh_box box = on_screen(v, v->floor.rack[rack]);
    float x = floorf(box.x + 0.5f),
          right = floorf(box.x + box.w + 0.5f); /* gaps of whole pixels look alike */
    float gap = box.w >= 40 * v->s ? 2 * v->s : box.w >= 4 ? 1 : 0;
    return (struct dh_box){x, box.y, right - x - gap, box.h};
}

/* Near enough for cells: the batch of one line, then what has no colour of the palette. */
static void draw_cells(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_line *line) {
    for (int32_t k = 0; k < line->n; k++) {
        int32_t r = v->floor.racks[line->first + k];
        if (v->state[r] == DH_RACK_FINE || v->state[r] == DH_RACK_OVER)
            dh_scene_cell(scene, cell_of(v, r), v->shade[r]);
    }
}

static void draw_odd(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_line *line) {
    for (int32_t k = 0; k < line->n; k++) {
        int32_t r = v->floor.racks[line->first + k];
        struct dh_box box = cell_of(v, r);
        if (v->state[r] == DH_RACK_FINE || !is_seen(v, box))
            continue;
        if (v->state[r] == DH_RACK_OVER) {
            dh_scene_hatch(scene, box, DH_RED);
            dh_scene_frame(scene, box, 1.5f * v->s, DH_RED);
        } else if (v->state[r] == DH_RACK_ABSENT) {
            dh_scene_frame(scene, box, 1 * v->s, DH_RULE);
        } else {
            dh_scene_rect(scene, box, DH_NO_DATA);
            dh_scene_hatch(scene, box, DH_PANEL);
        }
    }
}

/* Dark on light shades and light on dark ones. */
static uint32_t ink_on(uint32_t color) {
    double luma = 0.2126 * (color >> 16 & 255) + 0.7152 * (color >> 8 & 255) + 0.0722 * (color & 255);
    return luma > 125 ? 0x10151B : 0xFFFFFF;
}

/* Close by: the figure as a bar, then its name and number. */
static void draw_near(struct dh_view *v, struct dh_scene *scene, int32_t r) {
    struct dh_box box = cell_of(v, r);
    if (!is_seen(v, box) || v->state[r] == DH_RACK_NO_DATA || v->state[r] == DH_RACK_ABSENT)
        return;
    double value = dh_overlay_value(v->source, (enum dh_overlay)v->overlay, r);
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    if (!about->categories) {
        struct dh_box bar = {box.x + 2 * v->s, box.y + box.h - 5 * v->s, box.w - 4 * v->s, 3 * v->s};
        double share = (value - v->colors.low) / (v->colors.high - v->colors.low);
        dh_scene_tint(scene, bar, 0x000000, 120);
        bar.w *= (float)fmin(fmax(share, 0), 1);
        dh_scene_rect(scene, bar, 0xFFFFFF);
    }
    if (box.w < 56 * v->s || box.h < 40 * v->s)
        return;
    char room[DH_FORMAT_ROOM];
    uint32_t ink = ink_on(rack_color(v, scene->palette, r));
    struct dh_box in = dh_box_inset(box, 3 * v->s);
    dh_scene_word(scene, dh_box_cut_y(&in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, ink),
                  v->facility->rack_name[r]);
    if (!about->categories && in.h >= dh_line(v, DH_SMALL) + 6 * v->s)
        dh_scene_word(scene, dh_box_cut_y(&in, dh_line(v, DH_SMALL)), dh_bold(DH_SMALL, ink),
                      dh_format(room, value, about->unit));
}

/* ---- halls
 * -------------------------------------------------------------------------------------------------
 */

static void draw_aisles(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_line *line) {
    dh_scene_rect(scene, on_screen(v, line->cold), DH_COLD);
    dh_scene_rect(scene, on_screen(v, line->hot), DH_HOT);
}

static void draw_unit(struct dh_view *v, struct dh_scene *scene, struct dh_box m, const char *letters,
                      uint32_t color, struct dh_view_thing thing, const char *tip) {
    struct dh_box box = on_screen(v, m);
    if (m.w <= 0 || !is_seen(v, box) || box.w < 3 || box.h < 3)
        return;
    dh_scene_rect(scene, box, DH_RAISED);
    dh_scene_frame(scene, box, 1 * v->s, color);
    if (box.w >= 30 * v->s && box.h >= dh_line(v, DH_SMALL))
        dh_scene_word(scene, box, dh_aligned(dh_plain(DH_SMALL, color), DH_CENTER), letters);
    if (thing.what != DH_NOTHING && box.w >= 6 && box.h >= 6)
        dh_scene_hit(scene, box, DH_HIT_THING + (int32_t)thing.what, thing.row, tip);
}

static void draw_hall(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_hall *hall) {
    struct dh_box box = on_screen(v, hall->box);
    if (!is_seen(v, box))
        return;
    dh_scene_rect(scene, box, 0x12171D);
    dh_scene_frame(scene, box, 1 * v->s, DH_RULE);
    for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++)
        draw_aisles(v, scene, &v->floor.lines[l]);
}

static void draw_racks(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_hall *hall) {
    const struct dh_floor *floor = &v->floor;
    if (!is_seen(v, on_screen(v, hall->box)))
        return;
    for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++) {
        const struct dh_floor_line *line = &floor->lines[l];
        struct dh_box box = on_screen(v, line->box);
        float cell = box.w / (float)line->n;
        if (!is_seen(v, box))
            continue;
        if (cell < 3) {
            draw_far(v, scene, line);
            continue;
        }
        dh_scene_cells(scene);
        draw_cells(v, scene, line);
        draw_odd(v, scene, line);
        for (int32_t k = 0; cell >= 14 * v->s && k < line->n; k++)
            draw_near(v, scene, floor->racks[line->first + k]);
    }
}

static void draw_units(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_hall *hall) {
    const struct dh_facility *f = v->facility;
    for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++) {
        const struct dh_floor_line *line = &v->floor.lines[l];
        int32_t rack = v->floor.racks[line->first];
        int32_t stage = f->rack_feeds[rack] > 0 ? f->feed_stage[f->rack_first_feed[rack]] : -1;
        struct dh_view_thing feed = {stage >= 0 ? DH_A_STAGE : DH_NOTHING, stage};
        draw_unit(v, scene, line->feed, "PDU", DH_AMBER, feed, stage >= 0 ? f->stage_name[stage] : NULL);
        draw_unit(v, scene, line->cdu, "CDU", DH_ACCENT, (struct dh_view_thing){DH_A_CDU, f->rack_cdu[rack]},
                  f->rack_cdu[rack] >= 0 ? f->cdu_spec[f->rack_cdu[rack]]->id : NULL);
    }
}

/* The name over the hall, with what its racks draw. */
static void draw_title(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_hall *hall) {
    struct dh_box box = on_screen(v, hall->box);
    float line = dh_line(v, DH_BODY);
    if (!is_seen(v, box) || box.w < 60 * v->s)
        return;
    double sum = 0;
    for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++)
        for (int32_t k = 0; k < v->floor.lines[l].n; k++) {
            double w = dh_view_value(v, DH_COLUMN_rack_power_w, v->floor.racks[v->floor.lines[l].first + k]);
            sum += isnan(w) ? 0 : w;
        }
    char room[DH_FORMAT_ROOM], text[192];
    snprintf(text, sizeof text, "%s   %d racks   %s", hall->name, (int)hall->racks,
             dh_format(room, sum, "W"));
    if (hall->hall >= 0) {
        char room2[DH_FORMAT_ROOM];
        size_t n = strlen(text);
        double degc = dh_view_value(v, DH_COLUMN_zone_temp_degc, hall->hall);
        if (!isnan(degc))
            snprintf(text + n, sizeof text - n, "   air %s", dh_format(room2, degc, "degC"));
    }
    /* Over the hall's own wall where there is room, else just below it. */
    float top = fmaxf(box.y + 3 * v->s, v->pane.y + 3 * v->s),
          x = fmaxf(box.x + 6 * v->s, v->pane.x + 6 * v->s);
    float w = fminf(box.x + box.w, v->pane.x + v->pane.w) - x - 6 * v->s;
    float room_h = fmaxf(2.6f * v->camera.zoom, 0);
    if (room_h < line - 2) { /* too far away for it to lie in the hall: dark ground behind it */
        float text_w = (float)dh_type_width(&v->type, DH_BODY, false, text, strlen(text));
        dh_scene_tint(scene, (struct dh_box){x - 4 * v->s, top, fminf(w, text_w) + 8 * v->s, line}, DH_GROUND,
                      215);
    }
    dh_scene_word(scene, (struct dh_box){x, top, w, line}, dh_plain(DH_BODY, DH_INK_PLAIN), text);
    if (hall->hall >= 0)
        dh_scene_hit(scene, (struct dh_box){x, top, w, line}, DH_HIT_THING + DH_A_HALL, hall->hall, NULL);
}

static void draw_frame_of(struct dh_view *v, struct dh_scene *scene, struct dh_view_thing thing,
                          uint32_t color) {
    struct dh_box box;
    if (thing.what == DH_A_RACK && thing.row < v->facility->n_rack) {
        box = on_screen(v, v->floor.rack[thing.row]);
        float least = 7 * v->s;
        if (box.w < least) {
            box.x -= (least - box.w) / 2;
            box.w = least;
        }
        if (box.h < least) {
            box.y -= (least - box.h) / 2;
            box.h = least;
        }
        dh_scene_frame(scene, dh_box_inset(box, -2 * v->s), 2 * v->s, color);
        return;
    }
    struct dh_view_job job;
    if (thing.what == DH_A_JOB && v->source->ops->job(v->source, thing.row, &job) &&
        job.state == DH_VIEW_RUNS) {
        int32_t n;
        const int32_t *nodes = dh_view_places(v, thing.row, &n);
        for (int32_t i = 0; i < n; i++) /* nodes of a rack mostly follow one another */
            if (i == 0 || v->facility->node_rack[nodes[i]] != v->facility->node_rack[nodes[i - 1]])
                draw_frame_of(v, scene, (struct dh_view_thing){DH_A_RACK, v->facility->node_rack[nodes[i]]},
                              color);
    }
    for (int32_t h = 0; thing.what == DH_A_HALL && h < v->floor.n_hall; h++)
        if (v->floor.halls[h].hall == thing.row)
            dh_scene_frame(scene, on_screen(v, v->floor.halls[h].box), 2 * v->s, color);
}

/* ---- the legend
 * --------------------------------------------------------------------------------------------
 */

static void draw_categories(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    for (int32_t i = 0;; i++) {
        const char *word = dh_overlay_category((enum dh_overlay)v->overlay, i);
        if (!word)
            return;
        struct dh_box swatch = dh_box_cut_x(&in, 16 * v->s);
        float w = (float)dh_type_width(&v->type, DH_SMALL, false, word, strlen(word)) + 18 * v->s;
        dh_scene_rect(scene, (struct dh_box){swatch.x, in.y + in.h / 2 - 5 * v->s, 10 * v->s, 10 * v->s},
                      dh_overlay_category_color((enum dh_overlay)v->overlay, i));
        dh_scene_word(scene, dh_box_cut_x(&in, w), dh_plain(DH_SMALL, DH_INK_PLAIN), word);
    }
}

static void draw_ramp(struct dh_view *v, struct dh_scene *scene, struct dh_box *in) {
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    char low[DH_FORMAT_ROOM], high[DH_FORMAT_ROOM];
    float s = v->s;
    dh_scene_word(scene, dh_box_cut_x(in, 58 * s), dh_aligned(dh_plain(DH_SMALL, DH_INK_PLAIN), DH_RIGHT),
                  dh_format(low, v->colors.low, about->unit));
    dh_box_cut_x(in, 8 * s);
    struct dh_box ramp = dh_box_cut_x(in, fminf(220 * s, in->w / 3));
    ramp = (struct dh_box){ramp.x, ramp.y + ramp.h / 2 - 5 * s, ramp.w, 10 * s};
    uint32_t *texels = dh_scene_texels(scene, ramp, 256, 1);
    for (int i = 0; texels && i < 256; i++)
        texels[i] = scene->palette[i];
    if (v->colors.limit > v->colors.low && v->colors.limit < v->colors.high) {
        double share = (v->colors.limit - v->colors.low) / (v->colors.high - v->colors.low);
        dh_scene_rect(scene, (struct dh_box){ramp.x + ramp.w * (float)share, ramp.y - 4 * s, 2 * s, 18 * s},
                      DH_RED);
    }
    dh_box_cut_x(in, 8 * s);
    dh_scene_word(scene, dh_box_cut_x(in, 64 * s), dh_plain(DH_SMALL, DH_INK_PLAIN),
                  dh_format(high, v->colors.high, about->unit));
}

/* A strip below the floor: what the colours mean, their ends with units, limits, and how many are beyond. */
static void draw_legend(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    static const char *const modes[DH_N_SCALE] = {"scale: fixed", "scale: to rating", "scale: what is now"};
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    float s = v->s;
    char over[96];
    dh_scene_rect(scene, (struct dh_box){in.x, in.y, in.w, 1}, DH_RULE);
    dh_scene_hit(scene, in, DH_HIT_SCALE, 0, "a click, or L: another scale; P: other colours");
    in = dh_box_inset(in, 6 * s);
    float name_w = (float)dh_type_width(&v->type, DH_BODY, true, about->name, strlen(about->name)) + 14 * s;
    dh_scene_word(scene, dh_box_cut_x(&in, name_w), dh_bold(DH_BODY, DH_INK_STRONG), about->name);
    if (about->categories) {
        draw_categories(v, scene, in);
        return;
    }
    draw_ramp(v, scene, &in);
    if (v->colors.over > 0)
        snprintf(over, sizeof over, "\u25b2 %d over the limit (hatched red)", (int)v->colors.over);
    else if (v->colors.missing > 0)
        snprintf(over, sizeof over, "hatched: %d racks without a figure", (int)v->colors.missing);
    else
        snprintf(over, sizeof over, "%s",
                 isnan(v->colors.limit) && v->overlay != DH_OVERLAY_POWER ? "" : "none over its limit");
    dh_scene_word(scene, dh_box_cut_x(&in, -130 * s), dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT),
                  modes[v->scale]);
    dh_box_cut_x(&in, 10 * s);
    dh_scene_word(scene, in, dh_plain(DH_SMALL, v->colors.over > 0 ? DH_RED : DH_INK_FAINT), over);
}

void dh_draw_floor(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    const struct dh_floor *floor = &v->floor;
    dh_scene_rect(scene, box, DH_PANEL);
    struct dh_box legend = dh_box_cut_y(&box, -30 * v->s);
    v->pane = box;
    if (v->camera.fitted)
        dh_camera_fit(v, box);
    dh_scene_clip(scene, box);
    dh_scene_hit(scene, box, DH_HIT_FLOOR, 0, NULL);
    for (int32_t h = 0; h < floor->n_hall; h++)
        draw_hall(v, scene, &floor->halls[h]);
    for (int32_t h = 0; h < floor->n_hall; h++)
        draw_racks(v, scene, &floor->halls[h]);
    for (int32_t c = 0; c < floor->n_cooler; c++)
        draw_unit(v, scene, floor->coolers[c], "AHU", 0x7FB7D9,
                  (struct dh_view_thing){DH_A_HALL, floor->halls[floor->cooler_hall[c]].hall}, "air handler");
    for (int32_t h = 0; h < floor->n_hall; h++)
        draw_units(v, scene, &floor->halls[h]);
    for (int32_t h = 0; h < floor->n_hall; h++)
        draw_title(v, scene, &floor->halls[h]);
    draw_frame_of(v, scene, v->hover, DH_INK_PLAIN);
    draw_frame_of(v, scene, v->selected, 0xFFFFFF);
    dh_scene_clip(scene, (struct dh_box){0});
    draw_legend(v, scene, legend);
}
