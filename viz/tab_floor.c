/* The floor plan: halls, aisles, racks in the colours of an overlay, as fine as the zoom allows. */
#include "viz/floor_look.h"
#include "viz/inspect.h"
#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the camera
 * --------------------------------------------------------------------------------------------
 */

/* Pixels of a metre with which all of the floor is seen; a few racks do not fill the screen. */
static float fit_zoom(const struct dh_view *v, struct dh_box pane) {
    return fminf(fminf(pane.w / v->floor.box.w, pane.h / v->floor.box.h), 130 * v->s);
}

/* Halls are arranged for the pane; what is free above their racks then has room for a line of text. */
void dh_camera_fit(struct dh_view *v, struct dh_box pane) {
    float margin = 8 * v->s;
    struct dh_box in = {pane.x, pane.y, fmaxf(pane.w - 2 * margin, 10), fmaxf(pane.h - 2 * margin, 10)};
    float aspect = in.w / in.h;
    if (v->floor.aspect != aspect || v->floor.line_px != dh_line(v, DH_BODY)) {
        dh_floor_arrange(&v->floor, v->facility, aspect, 0.8f);
        float title_m = (dh_line(v, DH_BODY) + 5 * v->s) / fit_zoom(v, in);
        dh_floor_arrange(&v->floor, v->facility, aspect, fminf(fmaxf(title_m, 0.1f), 12));
        v->floor.line_px = dh_line(v, DH_BODY);
    }
    struct dh_box all = v->floor.box;
    v->camera.zoom = fit_zoom(v, in);
    v->camera.x = all.x - (pane.w / v->camera.zoom - all.w) / 2;
    v->camera.y = all.y - (pane.h / v->camera.zoom - all.h) / 2;
    v->camera.fitted = true;
    if (v->selected.what != DH_A_RACK || v->selected.row < 0 || v->selected.row >= v->facility->n_rack ||
        pane.x + pane.w < (float)v->w - 200 * v->s)
        return;
    /* The inspector lies over the pane's right side (view.c): the rack that it shows is moved out of there.
     */
    struct dh_box rack = v->floor.rack[v->selected.row];
    float hidden = (rack.x + rack.w - v->camera.x) * v->camera.zoom - (pane.w - 400 * v->s);
    v->camera.x += fmaxf(hidden, 0) / v->camera.zoom;
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

/* A word in a part of the floor, as far as that is within the pane: all of it, or none. */
static void put_word(const struct dh_view *v, struct dh_scene *scene, struct dh_box box,
                     struct dh_style style, const char *text) {
    float right = fminf(box.x + box.w, v->pane.x + v->pane.w), line = dh_line(v, style.size),
          y = floorf(box.y + (box.h - line) / 2);
    box.x = fmaxf(box.x, v->pane.x);
    box.w = right - box.x;
    bool fits = (float)dh_type_width(&v->type, style.size, style.bold, text, strlen(text)) <= floorf(box.w);
    if (fits && y >= v->pane.y && y + line <= v->pane.y + v->pane.h)
        dh_scene_word(scene, box, style, text);
}

/* ---- racks
 * -------------------------------------------------------------------------------------------------
 */

static uint32_t rack_color(const struct dh_view *v, const uint32_t *palette, int32_t rack) {
    switch ((enum dh_rack_state)v->state[rack]) {
    case DH_RACK_FINE:
    case DH_RACK_OVER:
        break;
    case DH_RACK_ASIDE:
        return 0x262E38;
    case DH_RACK_NO_DATA:
    case DH_RACK_ABSENT:
        return DH_NO_DATA;
    }
    return palette[v->shade[rack]];
}

static enum dh_rack_mark mark_of(const struct dh_view *v, int32_t rack) {
    return v->rack_marks.mark ? (enum dh_rack_mark)v->rack_marks.mark[rack] : DH_MARK_NONE;
}

/* Far away: a texel a rack, a strip a line. */
static void draw_far(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_line *line) {
    struct dh_box box = on_screen(v, line->box);
    if (!is_seen(v, box))
        return;
    uint32_t *texels = dh_scene_texels(scene, box, line->n, 1);
    for (int32_t k = 0; texels && k < line->n; k++) {
        int32_t r = v->floor.racks[line->first + k];
        texels[k] = mark_of(v, r) == DH_MARK_OUT ? DH_RED : rack_color(v, scene->palette, r);
    }
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
        enum dh_rack_mark mark = mark_of(v, r);
        if (v->state[r] == DH_RACK_FINE && mark == DH_MARK_NONE)
            continue;
        struct dh_box box = cell_of(v, r);
        if (!is_seen(v, box))
            continue;
        switch ((enum dh_rack_state)v->state[r]) {
        case DH_RACK_FINE:
            break;
        case DH_RACK_OVER:
            dh_scene_hatch(scene, box, DH_RED);
            dh_scene_frame(scene, box, 1.5f * v->s, DH_RED);
            break;
        case DH_RACK_ABSENT:
            dh_scene_frame(scene, box, 1 * v->s, DH_RULE);
            break;
        case DH_RACK_ASIDE:
            dh_scene_rect(scene, box, 0x262E38);
            break;
        case DH_RACK_NO_DATA:
            dh_scene_rect(scene, box, DH_NO_DATA);
            dh_scene_hatch(scene, box, DH_PANEL);
            break;
        }
        dh_floor_mark(v, scene, box, mark);
    }
}

/* The longest of these that fits: "a1-010", "010". */
static const char *fitting_name(const struct dh_view *v, const char *name, float w) {
    const char *dash = strrchr(name, '-');
    const char *const forms[] = {name, dash ? dash + 1 : ""};
    for (int k = 0; k < 2; k++)
        if (*forms[k] && (float)dh_type_width(&v->type, DH_SMALL, false, forms[k], strlen(forms[k])) <= w)
            return forms[k];
    return "";
}

/* The figure with its unit, or without; "" where neither fits. */
static const char *fitting_figure(const struct dh_view *v, double value, const char *unit, float w,
                                  struct dh_figure *room, char text[static DH_FORMAT_ROOM]) {
    char widest[DH_FORMAT_ROOM]; /* cells of one line look alike, whatever their digits */
    *room = dh_figure_of(value, unit);
    snprintf(widest, sizeof widest, "88.8 %s", room->unit);
    if ((float)dh_type_width(&v->type, DH_SMALL, true, widest, strlen(widest)) <= w)
        dh_format(text, value, unit);
    else
        *text = '\0';
    if (*text && (float)dh_type_width(&v->type, DH_SMALL, true, text, strlen(text)) <= w)
        return text;
    return (float)dh_type_width(&v->type, DH_SMALL, true, room->number, strlen(room->number)) <= w
               ? room->number
               : "";
}

/* The same of a difference, with its sign; never without its unit, which differs from rack to rack. */
static const char *fitting_difference(const struct dh_view *v, double value, const char *unit, float w,
                                      char text[static DH_FORMAT_ROOM]) {
    struct dh_figure f = dh_figure_of(value, unit);
    dh_twin_signed(value, unit, text);
    for (int decimals = 1; decimals >= 0; decimals--) {
        if ((float)dh_type_width(&v->type, DH_SMALL, true, text, strlen(text)) <= w)
            return text;
        if (strcmp(unit, "degC") != 0 && isfinite(value))
            snprintf(text, DH_FORMAT_ROOM, "%+.*f %s", decimals, strtod(f.number, NULL), f.unit);
    }
    return (float)dh_type_width(&v->type, DH_SMALL, true, text, strlen(text)) <= w ? text : "";
}

/* Close by: the figure as a bar, then its name and number, where each cell of the line has room for them. */
static void draw_near(struct dh_view *v, struct dh_scene *scene, int32_t r, float least_w) {
    struct dh_box box = cell_of(v, r);
    float s = v->s, line = dh_line(v, DH_SMALL);
    enum dh_floor_symbol symbol = dh_floor_rack_symbol(v->facility, r);
    if (!is_seen(v, box) || mark_of(v, r) == DH_MARK_OUT)
        return;
    bool known = v->state[r] == DH_RACK_FINE || v->state[r] == DH_RACK_OVER;
    double value = known ? dh_twin_value(v, r) : NAN;
    const struct dh_overlay_about *about = &dh_overlays[v->overlay];
    uint32_t ink = known ? dh_ink_on(scene->palette[v->shade[r]]) : DH_INK_FAINT;
    if (known && !about->categories) {
        struct dh_box bar = {box.x + 2 * s, box.y + box.h - 5 * s, box.w - 4 * s, 3 * s};
        double share = (value - v->colors.low) / (v->colors.high - v->colors.low);
        dh_scene_tint(scene, bar, 0x000000, 120);
        if (dh_twin_differs(v)) { /* from the middle, where both are alike */
            float half = bar.w / 2, by = (float)(fmin(fmax(share, 0), 1) - 0.5) * bar.w;
            bar = (struct dh_box){bar.x + half + fminf(by, 0), bar.y, fmaxf(fabsf(by), 1), bar.h};
        } else {
            bar.w *= (float)fmin(fmax(share, 0), 1);
        }
        dh_scene_rect(scene, bar, 0xFFFFFF);
    }
    if (symbol < DH_N_FLOOR_SYMBOL && mark_of(v, r) == DH_MARK_NONE)
        dh_floor_symbol(v, scene, (struct dh_box){box.x, box.y, box.w, box.h - 6 * s}, symbol, ink);
    if (least_w < 24 * s || box.h < 2 * line + 8 * s)
        return;
    struct dh_box in = {box.x + 2 * s, box.y + 2 * s, least_w - 3 * s, box.h - 8 * s};
    struct dh_figure figure;
    char text[DH_FORMAT_ROOM];
    put_word(v, scene, dh_box_cut_y(&in, line), dh_plain(DH_SMALL, ink),
             fitting_name(v, v->facility->rack_name[r], in.w));
    if (known && !about->categories)
        put_word(v, scene, dh_box_cut_y(&in, line), dh_bold(DH_SMALL, ink),
                 dh_twin_differs(v) ? fitting_difference(v, value, about->unit, in.w, text)
                                    : fitting_figure(v, value, about->unit, in.w, &figure, text));
}

/* ---- halls
 * -------------------------------------------------------------------------------------------------
 */

/* "a1", or of a folded row "a1 001 to 051". */
static void line_name(const struct dh_view *v, const struct dh_floor_line *line, char *room, size_t n) {
    const struct dh_facility *f = v->facility;
    int32_t first = v->floor.racks[line->first], last = v->floor.racks[line->first + line->n - 1];
    const char *name = f->rack_name[first], *dash = strrchr(name, '-'),
               *end = strrchr(f->rack_name[last], '-');
    bool folded = (first > 0 && f->rack_row[first - 1] == f->rack_row[first]) ||
                  (last + 1 < f->n_rack && f->rack_row[last + 1] == f->rack_row[last]);
    if (!dash || line->n == 1)
        snprintf(room, n, "%s", name);
    else if (folded && end)
        snprintf(room, n, "%.*s   %.12s to %.12s", (int)fmin((double)(dash - name), 64), name, dash + 1,
                 end + 1);
    else
        snprintf(room, n, "%.*s", (int)fmin((double)(dash - name), 64), name);
}

/* Where there is room in an aisle, it says which row stands below it, and what it is. */
static void draw_aisles(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_line *line) {
    struct dh_box aisle = on_screen(v, line->faces_up ? line->cold : line->hot);
    float h = dh_line(v, DH_SMALL), s = v->s;
    if (aisle.h < 4 || !is_seen(v, aisle)) /* from far away racks alone count */
        return;
    dh_scene_rect(scene, aisle, line->faces_up ? DH_COLD : DH_HOT);
    if (aisle.h < h)
        return;
    char name[96];
    const char *word = line->faces_up ? "cold aisle" : "hot aisle";
    line_name(v, line, name, sizeof name);
    float name_w = (float)dh_type_width(&v->type, DH_SMALL, false, name, strlen(name)),
          word_w = (float)dh_type_width(&v->type, DH_SMALL, false, word, strlen(word));
    bool chosen = v->selected.what == DH_A_RACK && v->selected.row < v->facility->n_rack &&
                  &v->floor.lines[v->floor.rack_line[v->selected.row]] == line;
    struct dh_box in = {aisle.x + 4 * s, aisle.y + aisle.h - h - 1 * s, aisle.w - 8 * s, h};
    uint32_t faint = line->faces_up ? 0x7FA6CC : 0xC79A8B;
    if (name_w <= in.w)
        put_word(v, scene, in, (struct dh_style){DH_SMALL, chosen, DH_LEFT, chosen ? 0xFFFFFF : faint}, name);
    if (name_w + word_w + 24 * s <= in.w)
        put_word(v, scene, in, dh_aligned(dh_plain(DH_SMALL, faint), DH_RIGHT), word);
    if (line->faces_up && line->hot.h > 0) { /* behind the last row */
        struct dh_box behind = on_screen(v, line->hot);
        dh_scene_rect(scene, behind, DH_HOT);
        behind = (struct dh_box){behind.x + 4 * s, behind.y, behind.w - 8 * s, behind.h};
        if (behind.h >= h && word_w + 8 * s <= behind.w)
            put_word(v, scene, behind, dh_aligned(dh_plain(DH_SMALL, 0xC79A8B), DH_RIGHT), "hot aisle");
    }
}

static void draw_unit(struct dh_view *v, struct dh_scene *scene, struct dh_box m, enum dh_floor_symbol symbol,
                      struct dh_view_thing thing, const char *tip) {
    struct dh_box box = on_screen(v, m);
    uint32_t color = dh_floor_symbol_color(symbol);
    const char *letters = dh_floor_symbol_word(symbol);
    if (thing.what == DH_A_STAGE) /* whatever it is, it has a name */
        letters = v->facility->stage_name[thing.row];
    float line = dh_line(v, DH_SMALL), s = v->s;
    if (m.w <= 0 || !is_seen(v, box) || box.w < 3 || box.h < 3)
        return;
    dh_scene_rect(scene, box, DH_RAISED);
    dh_scene_frame(scene, box, 1 * s, color);
    bool words = box.w >= (float)dh_type_width(&v->type, DH_SMALL, false, letters, strlen(letters)) + 2 * s;
    struct dh_box sign = box;
    if (words && box.h >= 20 * s + line) {
        struct dh_box both = {box.x, box.y + (box.h - 18 * s - line) / 2, box.w, 18 * s + line};
        sign = dh_box_cut_y(&both, 18 * s);
        put_word(v, scene, both, dh_aligned(dh_plain(DH_SMALL, color), DH_CENTER), letters);
    }
    dh_floor_symbol(v, scene, sign, symbol, color);
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
            draw_near(v, scene, floor->racks[line->first + k],
                      floorf(cell) - (cell >= 40 * v->s ? 2 * v->s : 1));
    }
}

static void draw_units(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_hall *hall) {
    const struct dh_facility *f = v->facility;
    for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++) {
        const struct dh_floor_line *line = &v->floor.lines[l];
        int32_t rack = v->floor.racks[line->first];
        int32_t stage = f->rack_feeds[rack] > 0 ? f->feed_stage[f->rack_first_feed[rack]] : -1;
        struct dh_view_thing feed = {stage >= 0 ? DH_A_STAGE : DH_NOTHING, stage};
        if (stage >= 0)
            draw_unit(v, scene, line->feed, dh_floor_feed_symbol(f, stage), feed, NULL);
        draw_unit(v, scene, line->cdu, DH_SYMBOL_COOLANT, (struct dh_view_thing){DH_A_CDU, f->rack_cdu[rack]},
                  NULL);
    }
}

/* What a hall is called, and what its racks draw: a dash where that of one is not known. */
static void title_forms(struct dh_view *v, const struct dh_floor_hall *hall, char *forms, size_t n) {
    double sum = 0, degc = hall->hall >= 0 ? dh_view_value(v, DH_COLUMN_zone_temp_degc, hall->hall) : NAN;
    char w[DH_FORMAT_ROOM], room[DH_FORMAT_ROOM], air[DH_FORMAT_ROOM + 8] = "", when[64];
    for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++)
        for (int32_t k = 0; k < v->floor.lines[l].n; k++)
            sum += dh_twin_column(v, DH_COLUMN_rack_power_w, v->floor.racks[v->floor.lines[l].first + k]);
    const char *name = hall->name;
    int racks = (int)hall->racks;
    dh_rack_time(v, DH_OVERLAY_MEAN, when);
    if (dh_twin_differs(v)) {
        dh_twin_signed(sum, "W", w);
        snprintf(forms, n, "%s   %d racks   B \u2212 A %s, %s\n%s   B \u2212 A %s\n%s", name, racks, w, when,
                 name, w, name);
        return;
    }
    dh_format(w, sum, "W");
    if (!isnan(degc))
        snprintf(air, sizeof air, "   air %s", dh_format(room, degc, "degC"));
    const char *mean = v->source->racks.from < v->source->racks.to ? " mean" : "";
    snprintf(forms, n,
             "%s   %d racks   %s, %s%s\n%s   %d racks   %s%s%s\n%s   %d racks   %s%s\n%s   %s%s\n%s   %s\n%s",
             name, racks, w, when, air, name, racks, w, mean, air, name, racks, w, mean, name, w, mean, name,
             w, name);
}

/* The name over the hall, with what its racks draw. */
static void draw_title(struct dh_view *v, struct dh_scene *scene, const struct dh_floor_hall *hall) {
    struct dh_box box = on_screen(v, hall->box);
    float line = dh_line(v, DH_BODY);
    if (!is_seen(v, box) || box.w < 60 * v->s)
        return;
    char forms[1024], text[192];
    title_forms(v, hall, forms, sizeof forms);
    /* Over the hall's own wall where there is room, else just below it. */
    float top = fmaxf(box.y + 3 * v->s, v->pane.y + 3 * v->s),
          x = fmaxf(box.x + 6 * v->s, v->pane.x + 6 * v->s);
    float w = fminf(box.x + box.w, v->pane.x + v->pane.w) - x - 6 * v->s;
    if (!*dh_fitting(v, DH_BODY, false, w, forms, text, sizeof text))
        snprintf(text, sizeof text, "%s", hall->name);
    float room_h = v->floor.title_m * v->camera.zoom - 3 * v->s;
    if (room_h < line - 2 * v->s ||
        box.y < v->pane.y) { /* too far away for it to lie in the hall: dark ground behind it */
        float text_w = (float)dh_type_width(&v->type, DH_BODY, false, text, strlen(text));
        dh_scene_tint(scene, (struct dh_box){x - 4 * v->s, top, fminf(w, text_w) + 8 * v->s, line}, DH_GROUND,
                      215);
    }
    dh_scene_word(scene, (struct dh_box){x, top, w, line}, dh_plain(DH_BODY, DH_INK_PLAIN), text);
    if (hall->hall >= 0)
        dh_scene_hit(scene, (struct dh_box){x, top, w, line}, DH_HIT_THING + DH_A_HALL, hall->hall, NULL);
}

enum { SELECTED = 0xFFFFFF };

/* The name of what is too small to bear it, above it or else below. */
static void draw_tag(struct dh_view *v, struct dh_scene *scene, struct dh_box at, const char *name) {
    float s = v->s, h = dh_line(v, DH_SMALL) + 2 * s,
          w = (float)dh_type_width(&v->type, DH_SMALL, true, name, strlen(name)) + 8 * s;
    w = fminf(w, v->pane.w - 4 * s);
    struct dh_box tag = {floorf(at.x + (at.w - w) / 2), floorf(at.y - h - 4 * s), w, h};
    tag.x = fmaxf(fminf(tag.x, v->pane.x + v->pane.w - w - 2 * s), v->pane.x + 2 * s);
    if (tag.y < v->pane.y)
        tag.y = floorf(at.y + at.h + 4 * s);
    dh_scene_layer(scene); /* it may lie on words */
    dh_scene_rect(scene, tag, 0x05070A);
    dh_scene_frame(scene, tag, 1 * s, SELECTED);
    dh_scene_word(scene, (struct dh_box){tag.x + 3 * s, tag.y, tag.w - 6 * s, tag.h},
                  dh_aligned(dh_bold(DH_SMALL, SELECTED), DH_CENTER), name);
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
        if (color == SELECTED && box.w < 24 * v->s && is_seen(v, box))
            draw_tag(v, scene, box, v->facility->rack_name[thing.row]);
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
        draw_unit(v, scene, floor->coolers[c], DH_SYMBOL_AIR,
                  (struct dh_view_thing){DH_A_HALL, floor->halls[floor->cooler_hall[c]].hall}, NULL);
    for (int32_t h = 0; h < floor->n_hall; h++)
        draw_units(v, scene, &floor->halls[h]);
    for (int32_t h = 0; h < floor->n_hall; h++)
        draw_title(v, scene, &floor->halls[h]);
    draw_frame_of(v, scene, v->hover, DH_INK_PLAIN);
    dh_scene_clip(scene, (struct dh_box){0});
    dh_floor_legend(v, scene, legend);
    dh_scene_clip(scene, box);
    draw_frame_of(v, scene, v->selected, SELECTED);
    dh_scene_clip(scene, (struct dh_box){0});
}
