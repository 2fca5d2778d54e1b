/* The view as a whole: its state, what a frame is made of, and time. Input is in view_input.c. */
#include "viz/twin.h"

#include "output/summary_json.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const dh_tab_names[DH_N_TAB] = {"Floor", "Power", "Cooling", "Network", "Work"};

static int32_t units_out(void *self, int32_t group) {
    return dh_view_units_out(self, group);
}

enum dh_err dh_view_open(struct dh_view **out, struct dh_source *const *sources, int32_t n) {
    struct dh_view *v = calloc(1, sizeof *v);
    *out = NULL;
    if (!v)
        return DH_ERR_MEMORY;
    v->source = sources[0];
    v->facility = v->source->facility;
    v->type.scale = 1;
    v->following = v->source->live;
    v->playing = v->source->live;
    v->speed = 3600;
    v->all_time = true;
    v->brush_s = NAN;
    v->scale = DH_SCALE_RATING;
    v->camera.fitted = true;
    v->at = v->source->begin;
    v->charts = dh_first_charts;
    for (int32_t r = 0; r < v->facility->n_rack; r++)
        v->design_w += v->facility->rack_rated_w[r];
    v->shade = calloc((size_t)v->facility->n_rack + 1, 1);
    v->state = calloc((size_t)v->facility->n_rack + 1, 1);
    if (!v->shade || !v->state || dh_floor_make(&v->floor, v->facility) != DH_OK ||
        dh_power_map_make(&v->power_map, v->facility) != DH_OK ||
        (n > 1 && dh_view_open(&v->twin, &sources[1], 1) != DH_OK)) {
        dh_view_close(v);
        return DH_ERR_MEMORY;
    }
    dh_power_map_equip(&v->power_map, &v->equipment, units_out, v);
    dh_event_names(v);
    dh_view_resize(v, 1920, 1080, 0);
    dh_view_seek(v, v->at);
    *out = v;
    return DH_OK;
}

void dh_view_close(struct dh_view *v) {
    if (!v)
        return;
    dh_view_close(v->twin);
    dh_floor_free(&v->floor);
    dh_cooling_map_free(&v->cooling);
    dh_power_plan_free(&v->power_plan);
    dh_power_map_free(&v->power_map);
    dh_alerts_free(&v->alerts);
    dh_sums_free(&v->sums);
    dh_text_free(&v->copy);
    dh_equipment_free(&v->equipment);
    dh_conditions_free(&v->conditions);
    dh_rack_marks_free(&v->rack_marks);
    for (int i = 0; i < DH_VIEW_SPARKS; i++)
        free(v->sparks[i].blocks);
    free(v->places.nodes);
    free(v->shade);
    free(v->state);
    free(v);
}

void dh_view_resize(struct dh_view *v, int w, int h, int scale) {
    v->picture_w = w;
    v->picture_h = h;
    v->w = w < 320 ? 320 : w;
    v->h = h < 200 ? 200 : h;
    int auto_scale = (h + 540) / 1080 < (w + 640) / 1280 ? (h + 540) / 1080 : (w + 640) / 1280;
    v->type.scale = scale > 0 ? scale : auto_scale < 1 ? 1 : auto_scale;
    v->s = (float)v->type.scale;
    v->changed = true;
}

void dh_view_bitmap_font(struct dh_view *v, bool bitmap) {
    v->changed |= v->type.bitmap != bitmap;
    v->type.bitmap = bitmap;
}

/* ---- time
 * --------------------------------------------------------------------------------------------------
 */

double dh_view_value(struct dh_view *v, enum dh_column_id column, int32_t row) {
    return dh_source_value(v->source, column, row);
}

void dh_view_seek(struct dh_view *v, dh_time at) {
    struct dh_source *s = v->source;
    dh_time newest = s->newest == DH_TIME_NONE ? s->begin : s->newest;
    v->at = at < s->begin ? s->begin : at > newest ? newest : at;
    s->ops->seek(s, v->at);
    if (v->twin)
        dh_view_seek(v->twin, v->at);
    v->colors_shown = false;
    v->changed = true;
}

dh_time dh_view_at(const struct dh_view *v) {
    return v->at;
}

void dh_view_play(struct dh_view *v, bool playing, double speed) {
    v->playing = playing;
    if (speed > 0)
        v->speed = speed;
    v->changed = true;
}

void dh_view_follow(struct dh_view *v) {
    v->following = true;
    v->playing = true;
    dh_view_seek(v, v->source->newest);
}

void dh_view_to_row(struct dh_view *v, int rows) {
    int64_t row = dh_source_row(v->source, v->at) + rows;
    row = row < 0 ? 0 : row >= v->source->n_time ? v->source->n_time - 1 : row;
    v->playing = v->following = false;
    if (row >= 0)
        dh_view_seek(v, dh_time_from_s(v->source->time_s[row]));
}

void dh_view_to_event(struct dh_view *v, int way) {
    const struct dh_source *s = v->source;
    int64_t i = way > 0 ? dh_source_event(s, v->at + 1) : dh_source_event(s, v->at) - 1;
    while (i >= 0 && i < s->n_event && !dh_event_matters(&s->events[i]))
        i += way;
    if (i < 0 || i >= s->n_event)
        return;
    v->playing = v->following = false;
    dh_view_seek(v, s->events[i].at);
    dh_view_choose(v, dh_event_thing(v, &s->events[i]));
}

bool dh_view_tick(struct dh_view *v, double wall_s) {
    struct dh_source *s = v->source;
    bool polled = s->ops->poll(s, wall_s);
    if (v->twin) /* both are at one instant, which the first one's clock says */
        polled |= v->twin->source->ops->poll(v->twin->source, wall_s);
    if (v->following && polled) {
        dh_view_seek(v, s->newest);
    } else if (v->playing && !v->following && s->newest != DH_TIME_NONE) {
        double step_s = wall_s * dh_view_speed(v) + v->carry_s;
        dh_time step = dh_time_from_s(fmin(step_s, 1e9));
        v->carry_s = 0;
        if (v->at < s->newest && step > 0)
            dh_view_seek(v, v->at + step);
        else if (v->at >= s->newest && !s->live)
            v->playing = false;
    }
    bool changed = v->changed || polled;
    v->changed = false;
    return changed;
}

/* ---- a frame
 * -----------------------------------------------------------------------------------------------
 */

static void draw_tab(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    static void (*const tabs[DH_N_TAB])(struct dh_view *, struct dh_scene *,
                                        struct dh_box) = {[DH_TAB_FLOOR] = dh_draw_floor,
                                                          [DH_TAB_POWER] = dh_draw_power,
                                                          [DH_TAB_COOLING] = dh_draw_cooling,
                                                          [DH_TAB_NETWORK] = dh_draw_network,
                                                          [DH_TAB_WORK] = dh_draw_work};
    if (v->twin && !(v->difference && v->tab == DH_TAB_FLOOR))
        dh_draw_both(v, scene, box, tabs[v->tab]);
    else
        tabs[v->tab](v, scene, box);
}

static const char *complaint_of(const struct dh_source *s) {
    return s->problem ? s->problem : s->note;
}

/* One sentence over the pane: what is shown stays, the rest is not known. */
static void draw_problem(struct dh_view *v, struct dh_scene *scene, struct dh_box body) {
    const struct dh_source *s = complaint_of(v->source) || !v->twin ? v->source : v->twin->source;
    const char *complaint = complaint_of(s);
    float line = dh_line(v, DH_BODY) + 8 * v->s;
    if (!complaint || body.h < 2 * line)
        return;
    dh_scene_layer(scene);
    struct dh_box strip = {body.x, body.y + body.h - line, body.w, line};
    dh_scene_rect(scene, strip, DH_RED);
    dh_box_cut_x(&strip, 8 * v->s);
    dh_scene_wordf(scene, strip, dh_bold(DH_BODY, DH_GROUND), "\u25b2 %s: %s", s->name, complaint);
}

/* The inspector has a place of its own on a wide picture, and lies over the pane on a narrow one. */
static void draw_body(struct dh_view *v, struct dh_scene *scene, struct dh_box body) {
    float s = v->s;
    struct dh_box side = {0};
    if (v->wide)
        side = dh_box_cut_x(&body, -420 * s);
    if (v->wide)
        dh_box_cut_x(&body, -8 * s);
    draw_tab(v, scene, body);
    if (v->wide)
        dh_draw_inspector(v, scene, side);
    if (!v->wide && (v->selected.what != DH_NOTHING || dh_pins_shown(v) || v->site_shown)) {
        side = (struct dh_box){body.x + body.w - 380 * s, body.y, 380 * s, body.h};
        dh_scene_layer(scene);
        dh_scene_rect(scene, (struct dh_box){side.x - 2 * s, side.y, 2 * s, side.h}, DH_RULE);
        dh_draw_inspector(v, scene, side);
    }
}

void dh_view_draw(struct dh_view *v, struct dh_scene *scene) {
    float s = v->s, margin = 8 * s;
    dh_deeds_look(v);
    bool difference = dh_twin_differs(v);
    if (!v->colors_shown && difference) {
        dh_twin_shades(v);
    } else if (!v->colors_shown) {
        dh_overlay_range(v->source, (enum dh_overlay)v->overlay, v->scale, &v->colors);
        dh_overlay_shades(v->source, (enum dh_overlay)v->overlay, &v->colors, v->shade, v->state);
    }
    if (!v->colors_shown)
        dh_rack_marks_read(&v->rack_marks, v->source, &v->equipment, dh_view_drained(v));
    v->colors_shown = true;
    if (v->twin)
        dh_twin_follow(v);
    dh_scene_begin(scene, (float)v->w, (float)v->h, &v->type,
                   difference ? dh_palette(DH_DIVERGING)
                              : dh_overlay_colors((enum dh_overlay)v->overlay, v->palette));
    dh_scene_rect(scene, scene->size, DH_GROUND);
    dh_alerts_read(&v->alerts, v->source,
                   &(struct dh_alerts_given){&v->power_map, &v->equipment, units_out, v});
    struct dh_box all = dh_box_inset(scene->size, margin);
    bool low = (float)v->h < 800 * s;
    v->wide = all.w >= 1500 * s;
    dh_draw_kpi(v, scene, dh_box_cut_y(&all, dh_kpi_height(v)));
    dh_box_cut_y(&all, margin);
    dh_draw_tabs(v, scene, dh_box_cut_y(&all, 28 * s));
    dh_box_cut_y(&all, margin);
    dh_draw_transport(v, scene, dh_box_cut_y(&all, -44 * s));
    dh_box_cut_y(&all, -margin);
    v->plot = (struct dh_box){0};
    dh_timeline_span(v);
    if ((float)v->h >= 560 * s) { /* what is smaller than anything it is made for shows the pane */
        dh_draw_timeline(v, scene, dh_box_cut_y(&all, low ? -128 * s : -196 * s));
        dh_box_cut_y(&all, -margin);
    }
    draw_body(v, scene, all);
    draw_problem(v, scene, all);
    v->drawn = scene;
    if (v->choosing_speed) {
        dh_scene_layer(scene);
        dh_draw_speeds(v, scene, scene->size);
    }
    if (v->searching) {
        dh_scene_layer(scene);
        dh_draw_search(v, scene, scene->size);
    }
    if (v->deeds.dialog != DH_DIALOG_NONE) {
        dh_scene_layer(scene);
        dh_draw_dialog(v, scene, scene->size);
    }
    if (v->help) {
        dh_scene_layer(scene);
        dh_draw_help(v, scene, scene->size);
    }
    if (v->mouse_in && !v->dragging) {
        dh_scene_layer(scene);
        dh_draw_tip(v, scene, scene->size);
    }
}

unsigned dh_view_wishes(struct dh_view *v) {
    unsigned wishes = v->wishes;
    v->wishes = 0;
    return wishes;
}

void dh_view_redraw(struct dh_view *v) {
    v->changed = true;
}

bool dh_view_moves(const struct dh_view *v) {
    return v->playing || v->source->live;
}

bool dh_view_follows(const struct dh_view *v) {
    return v->following && v->source->live;
}

bool dh_view_wants_text(const struct dh_view *v) {
    return v->searching || v->deeds.dialog != DH_DIALOG_NONE;
}

void dh_view_show_tab(struct dh_view *v, enum dh_view_tab tab) {
    v->tab = tab;
    v->changed = true;
}

bool dh_view_show_difference(struct dh_view *v, bool shown) {
    v->difference = shown && v->twin && dh_twin_alike(v);
    v->colors_shown = false;
    v->changed = true;
    return v->difference == shown;
}

bool dh_view_show_overlay(struct dh_view *v, int overlay) {
    if (overlay < 1 || overlay > DH_N_OVERLAY)
        return false;
    v->overlay = overlay - 1;
    v->colors_shown = false;
    v->changed = true;
    return true;
}

/* ---- words
 * -------------------------------------------------------------------------------------------------
 */

/* Number of a word among names, from 0: as a number from 1, or by its beginning. */
static bool find_word(const char *word, const char *const *names, int n, int *found) {
    size_t length = strlen(word);
    if (length == 1 && word[0] >= '1' && word[0] < '1' + n) {
        *found = word[0] - '1';
        return true;
    }
    for (int i = 0; i < n && length > 0; i++)
        if (strncasecmp(names[i], word, length) == 0) {
            *found = i;
            return true;
        }
    return false;
}

bool dh_view_tab_of(const char *word, enum dh_view_tab *tab) {
    int found = 0;
    bool good = find_word(word, dh_tab_names, DH_N_TAB, &found);
    *tab = (enum dh_view_tab)found;
    return good;
}

bool dh_view_overlay_of(const char *word, int *overlay) {
    const char *names[DH_N_OVERLAY];
    for (int i = 0; i < DH_N_OVERLAY; i++)
        names[i] = dh_overlays[i].name;
    bool good = find_word(word, names, DH_N_OVERLAY, overlay);
    *overlay += good;
    return good;
}

static const struct dh_place nowhere = {NULL, 0, 0};

bool dh_view_span_of(const char *word, dh_time *span) {
    double s;
    if (dh_quantity_parse(word, strlen(word), DH_DIM_DURATION, &s, NULL, nowhere) != DH_OK || !(s > 0) ||
        s > 9e9)
        return false;
    *span = dh_time_from_s(s);
    return true;
}

bool dh_view_time_of(const struct dh_view *v, const char *word, dh_time *at) {
    int64_t unix_s;
    if (dh_timestamp_parse(word, strlen(word), &unix_s) == DH_OK) {
        int64_t after = unix_s - v->facility->start_unix_s;
        if (after < 0 || after > (int64_t)9e9)
            return false;
        *at = after * DH_NS_PER_S;
        return true;
    }
    if (strcmp(word, "0") == 0) {
        *at = 0;
        return true;
    }
    return dh_view_span_of(word, at);
}

/* ---- what others want to know
 * ------------------------------------------------------------------------------
 */

static void put_text(struct dh_text *out, const char *key, const char *value) {
    dh_text_printf(out, "  \"%s\": ", key);
    dh_json_put_string(out, value); /* names come from files */
    dh_text_puts(out, ",\n");
}

static void put_number(struct dh_text *out, const char *key, double value) {
    if (isfinite(value))
        dh_text_printf(out, "  \"%s\": %.9g,\n", key, value);
    else
        dh_text_printf(out, "  \"%s\": null,\n", key);
}

void dh_view_sidecar(struct dh_view *v, struct dh_text *out) {
    char at[21], name[96];
    dh_timestamp_format(v->facility->start_unix_s + v->at / DH_NS_PER_S, at);
    dh_text_puts(out, "{\n");
    put_text(out, "scenario", v->source->name);
    put_text(out, "at", at);
    put_number(out, "at_s", (double)v->at / DH_NS_PER_S);
    put_text(out, "tab", dh_tab_names[v->tab]);
    put_text(out, "overlay", dh_overlays[v->overlay].name);
    put_text(out, "unit", dh_overlays[v->overlay].unit);
    dh_text_printf(out, "  \"difference\": %s,\n", dh_twin_differs(v) ? "true" : "false");
    put_number(out, "low", v->colors.low);
    put_number(out, "high", v->colors.high);
    put_text(out, "selected", dh_thing_name(v, v->selected, name));
    dh_text_printf(out, "  \"width\": %d,\n  \"height\": %d,\n  \"scale\": %d\n}\n", v->picture_w,
                   v->picture_h, v->type.scale);
}

const char *dh_view_copy(struct dh_view *v) {
    dh_text_free(&v->copy);
    dh_pins_write(v, &v->copy);
    return v->copy.at ? v->copy.at : "";
}
