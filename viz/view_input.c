/* How the view answers keys and the mouse. */
#include "viz/diagram.h"
#include "viz/kpi.h"
#include "viz/timeline.h"
#include "viz/twin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void change_speed(struct dh_view *v, int way) {
    int at = 0;
    while (at + 1 < DH_N_SPEED && dh_speeds[at + 1] <= v->speed)
        at++;
    at += way;
    v->speed = dh_speeds[at < 0 ? 0 : at >= DH_N_SPEED ? DH_N_SPEED - 1 : at];
    v->following = false;
}

static void toggle_play(struct dh_view *v) {
    if (v->following) {
        v->following = v->playing = false;
        return;
    }
    v->playing = !v->playing;
    if (v->playing && v->source->live && v->at >= v->source->newest)
        v->following = true;
    else if (v->playing && v->at >= v->source->newest)
        dh_view_seek(v, v->source->begin);
}

/* A mark where there is none yet; else it goes away. */
static void mark(struct dh_view *v, dh_time at) {
    for (int32_t i = 0; i < v->n_mark; i++)
        if (v->marks[i] == at) {
            v->marks[i] = v->marks[--v->n_mark];
            return;
        }
    if (v->n_mark == DH_VIEW_MARKS)
        memmove(v->marks, v->marks + 1, sizeof v->marks[0] * --v->n_mark);
    v->marks[v->n_mark++] = at;
}

static void toggle_difference(struct dh_view *v) {
    dh_view_show_difference(v, !v->difference);
}

static void next_tab(struct dh_view *v, int way) {
    v->tab = (enum dh_view_tab)(((int)v->tab + way + DH_N_TAB) % DH_N_TAB);
}

static void next_scale(struct dh_view *v) {
    v->scale = (enum dh_scale_mode)((v->scale + 1) % DH_N_SCALE);
    v->colors_shown = false;
}

static void next_palette(struct dh_view *v) {
    v->palette = (enum dh_palette)((v->palette + 1) % DH_DIVERGING);
}

static void escape(struct dh_view *v) {
    if (v->help)
        v->help = false;
    else if (v->searching)
        v->searching = false;
    else if (v->choosing_speed)
        v->choosing_speed = false;
    else if (v->deeds.dialog != DH_DIALOG_NONE)
        dh_deed_close(v);
    else if (v->selected.what != DH_NOTHING && !dh_pins_shown(v))
        v->selected = (struct dh_view_thing){0};
    else if (v->n_pin > 0)
        dh_pins_clear(v);
    else
        v->site_shown = false;
}

/* The page of the site, which is there anyhow on a wide picture once nothing is selected. */
static void toggle_site(struct dh_view *v) {
    v->site_shown = v->selected.what != DH_NOTHING || dh_pins_shown(v) || !v->site_shown;
    v->selected = (struct dh_view_thing){0};
    dh_pins_clear(v);
}

static void pan(struct dh_view *v, float dx, float dy) {
    if (dh_diagram_of(v)) {
        dh_diagram_pan(v, dy * dh_diagram_of(v)->pane.h / 10);
        return;
    }
    v->camera.x += dx * v->pane.w / 10 / v->camera.zoom;
    v->camera.y += dy * v->pane.h / 10 / v->camera.zoom;
    v->camera.fitted = false;
}

static void zoom(struct dh_view *v, float factor) {
    const struct dh_diagram *d = dh_diagram_of(v);
    if (d)
        dh_diagram_zoom(v, d->pane.y + d->pane.h / 2, factor);
    else
        dh_camera_zoom(v, v->pane.x + v->pane.w / 2, v->pane.y + v->pane.h / 2, factor);
}

static void show_all(struct dh_view *v) {
    struct dh_diagram *d = dh_diagram_of(v);
    if (d)
        d->zoom = d->y = 0;
    else
        v->camera.fitted = true;
}

static void open_search(struct dh_view *v) {
    v->searching = true;
    v->search[0] = '\0';
    v->n_found = v->found_at = 0;
}

static void key_search(struct dh_view *v, const struct dh_view_input *in) {
    size_t n = strlen(v->search);
    switch (in->key) {
    case DH_KEY_ESCAPE:
        v->searching = false;
        break;
    case DH_KEY_BACKSPACE:
        while (n > 0 && ((unsigned char)v->search[--n] & 0xC0) == 0x80)
            ;
        v->search[n] = '\0';
        dh_view_search(v);
        break;
    case DH_KEY_UP:
    case DH_KEY_DOWN:
        if (v->n_found > 0)
            v->found_at = (v->found_at + (in->key == DH_KEY_UP ? v->n_found - 1 : 1)) % v->n_found;
        break;
    case DH_KEY_ENTER:
        if (v->n_found > 0)
            dh_view_choose(v, v->found[v->found_at]);
        v->searching = false;
        break;
    default:
        break;
    }
}

static void type_search(struct dh_view *v, const char *text) {
    size_t n = strlen(v->search), more = strlen(text);
    if (n + more >= sizeof v->search || (n == 0 && strcmp(text, "/") == 0)) /* the key that opened it */
        return;
    memcpy(v->search + n, text, more + 1);
    dh_view_search(v);
}

static void key_down(struct dh_view *v, const struct dh_view_input *in) {
    if (v->searching) {
        key_search(v, in);
        return;
    }
    if (dh_deed_key(v, in))
        return;
    if (in->ctrl && in->key >= '1' && in->key < '1' + DH_N_TAB) {
        v->tab = (enum dh_view_tab)(in->key - '1');
        return;
    }
    if (in->key >= '1' && in->key <= '9') {
        dh_view_show_overlay(v, in->key - '0');
        return;
    }
    switch (in->key) {
    case ' ':
        toggle_play(v);
        break;
    case '.':
        dh_view_to_row(v, 1);
        break;
    case ',':
        dh_view_to_row(v, -1);
        break;
    case '+':
    case '=':
        change_speed(v, 1);
        break;
    case '-':
        change_speed(v, -1);
        break;
    case '[':
        dh_view_to_event(v, -1);
        break;
    case ']':
        dh_view_to_event(v, 1);
        break;
    case 'f':
        dh_view_follow(v);
        break;
    case 'n':
        toggle_site(v);
        break;
    case 'd':
        toggle_difference(v);
        break;
    case 'c':
        dh_pin_toggle(v, v->selected);
        break;
    case 'm':
        mark(v, v->at);
        break;
    case 'l':
        next_scale(v);
        break;
    case 'p':
        next_palette(v);
        break;
    case '/':
        open_search(v);
        break;
    case '?':
    case 'h':
        v->help = !v->help;
        break;
    case 's':
        v->wishes |= DH_WISH_PICTURE;
        break;
    case 'r':
        v->wishes |= DH_WISH_RECORD;
        break;
    case 'y':
        v->wishes |= DH_WISH_COPY;
        break;
    case 'q':
        v->wishes |= DH_WISH_QUIT;
        break;
    case 'a':
        v->all_time = true;
        break;
    case 'z':
        zoom(v, in->shift ? 0.8f : 1.25f);
        break;
    case DH_KEY_F11:
        v->wishes |= DH_WISH_FULLSCREEN;
        break;
    case DH_KEY_TAB:
        next_tab(v, in->shift ? -1 : 1);
        break;
    case DH_KEY_ESCAPE:
        escape(v);
        break;
    case DH_KEY_HOME:
        show_all(v);
        break;
    case DH_KEY_LEFT:
        pan(v, -1, 0);
        break;
    case DH_KEY_RIGHT:
        pan(v, 1, 0);
        break;
    case DH_KEY_UP:
        pan(v, 0, -1);
        break;
    case DH_KEY_DOWN:
        pan(v, 0, 1);
        break;
    case DH_KEY_PAGE_UP:
        zoom(v, 1.5f);
        break;
    case DH_KEY_PAGE_DOWN:
        zoom(v, 1 / 1.5f);
        break;
    case DH_KEY_END:
        dh_view_seek(v, v->source->newest);
        break;
    default:
        break;
    }
}

/* ---- the mouse
 * ---------------------------------------------------------------------------------------------
 */

/* What the mouse is over, in the last picture. */
static const struct dh_hit *hit_at(const struct dh_view *v, float x, float y) {
    return v->drawn ? dh_scene_at(v->drawn, x, y) : NULL;
}

static void click(struct dh_view *v, const struct dh_hit *hit, const struct dh_view_input *in) {
    int32_t row = hit->row, rack;
    switch ((enum dh_hit_kind)hit->kind) {
    case DH_HIT_TAB:
        v->tab = (enum dh_view_tab)row;
        break;
    case DH_HIT_OVERLAY:
        dh_view_show_overlay(v, row + 1);
        break;
    case DH_HIT_KPI:
        dh_kpi_click(v, (enum dh_kpi)row);
        break;
    case DH_HIT_SERIES:
        dh_chart_toggle(&v->charts, v->charts.column[row]);
        break;
    case DH_HIT_EVENTS:
        dh_timeline_to_event(v, in->x);
        break;
    case DH_HIT_SPEEDS:
        v->choosing_speed = !v->choosing_speed;
        break;
    case DH_HIT_SPEED:
        v->speed = dh_speeds[row];
        v->following = v->choosing_speed = false;
        break;
    case DH_HIT_SITE:
        toggle_site(v);
        break;
    case DH_HIT_PLAY:
        toggle_play(v);
        break;
    case DH_HIT_SLOWER:
        change_speed(v, -1);
        break;
    case DH_HIT_FASTER:
        change_speed(v, 1);
        break;
    case DH_HIT_STEP:
        dh_view_to_row(v, row);
        break;
    case DH_HIT_EVENT:
        dh_view_to_event(v, row);
        break;
    case DH_HIT_FOLLOW:
        dh_view_follow(v);
        break;
    case DH_HIT_TIMELINE_ALL:
        v->all_time = true;
        break;
    case DH_HIT_CLOSE:
        escape(v);
        break;
    case DH_HIT_DIFFERENCE:
        toggle_difference(v);
        break;
    case DH_HIT_UNPIN:
        if (row < 0)
            dh_pins_clear(v);
        else
            dh_pin_drop(v, row);
        break;
    case DH_HIT_KEY:
        v->help = false;
        key_down(v, &(struct dh_view_input){.kind = DH_IN_KEY, .key = row});
        break;
    case DH_HIT_DEED:
        dh_deed_press(v, row);
        break;
    case DH_HIT_WARMER:
        dh_deed_warmer(v, row);
        break;
    case DH_HIT_FIELD:
        dh_deed_field(v, row);
        break;
    case DH_HIT_SEND:
        dh_deed_send(v);
        break;
    case DH_HIT_HELP:
        v->help = !v->help;
        break;
    case DH_HIT_SEARCH:
        open_search(v);
        break;
    case DH_HIT_PALETTE:
        next_palette(v);
        break;
    case DH_HIT_SCALE:
        next_scale(v);
        break;
    case DH_HIT_FOUND:
        dh_view_choose(v, v->found[row < v->n_found ? row : 0]);
        v->searching = false;
        break;
    case DH_HIT_DIAGRAM:
        v->selected = (struct dh_view_thing){0};
        break;
    case DH_HIT_FLOOR:
        rack = dh_camera_rack(v, in->x, in->y);
        v->selected = rack >= 0 ? (struct dh_view_thing){DH_A_RACK, rack} : (struct dh_view_thing){0};
        break;
    default:
        if (hit->kind >= DH_HIT_THING)
            dh_view_choose(v, (struct dh_view_thing){(enum dh_view_what)(hit->kind - DH_HIT_THING), row});
        break;
    }
}

static void button_down(struct dh_view *v, const struct dh_view_input *in) {
    const struct dh_hit *hit = hit_at(v, in->x, in->y);
    v->dragging = true;
    v->moved = false;
    v->drag_kind = hit ? hit->kind : 0;
    v->drag_x = in->x;
    v->drag_y = in->y;
    v->drag_camera_x = v->camera.x;
    v->drag_camera_y = dh_diagram_of(v) ? dh_diagram_of(v)->y : v->camera.y;
    v->brush_s = NAN;
    if (v->drag_kind == DH_HIT_SEEK)
        dh_timeline_seek(v, in->x);
    if (v->drag_kind == DH_HIT_OVERVIEW)
        dh_timeline_move(v, in->x);
    if (v->drag_kind == DH_HIT_TIMELINE)
        v->brush_s = dh_timeline_s(v, in->x);
}

/* What C and M do, where the pointer is. */
static void right_click(struct dh_view *v, const struct dh_view_input *in) {
    const struct dh_hit *hit = hit_at(v, in->x, in->y);
    if (v->hover.what != DH_NOTHING)
        dh_pin_toggle(v, v->hover);
    else if (hit && hit->kind == DH_HIT_TIMELINE)
        mark(v, dh_view_instant(dh_timeline_s(v, in->x)));
}

static void drag(struct dh_view *v, const struct dh_view_input *in) {
    v->moved |= fabsf(in->x - v->drag_x) + fabsf(in->y - v->drag_y) > 4 * v->s;
    if (v->drag_kind == DH_HIT_SEEK)
        dh_timeline_seek(v, in->x);
    if (v->drag_kind == DH_HIT_OVERVIEW)
        dh_timeline_move(v, in->x);
    if (v->drag_kind == DH_HIT_FLOOR && v->moved) {
        v->camera.x = v->drag_camera_x - (in->x - v->drag_x) / v->camera.zoom;
        v->camera.y = v->drag_camera_y - (in->y - v->drag_y) / v->camera.zoom;
        v->camera.fitted = false;
    }
    struct dh_diagram *d = dh_diagram_of(v);
    if (d && v->moved && dh_box_has(d->pane, v->drag_x, v->drag_y) &&
        (v->drag_kind == DH_HIT_DIAGRAM || v->drag_kind >= DH_HIT_THING))
        d->y = v->drag_camera_y - (in->y - v->drag_y);
}

static void button_up(struct dh_view *v, const struct dh_view_input *in) {
    const struct dh_hit *hit = hit_at(v, in->x, in->y);
    if (v->dragging && v->drag_kind == DH_HIT_TIMELINE && !isnan(v->brush_s))
        dh_timeline_end_brush(v, in->x);
    else if (v->dragging && !v->moved && hit && hit->kind == v->drag_kind)
        click(v, hit, in);
    v->dragging = false;
}

static void wheel(struct dh_view *v, const struct dh_view_input *in) {
    const struct dh_hit *hit = hit_at(v, in->x, in->y);
    float notches = fminf(fmaxf(in->wheel, -10), 10);
    if (hit && hit->kind == DH_HIT_FLOOR)
        dh_camera_zoom(v, in->x, in->y, powf(1.2f, notches));
    struct dh_diagram *d = dh_diagram_of(v);
    if (d && dh_box_has(d->pane, in->x, in->y) && hit && hit->kind != DH_HIT_PANEL)
        dh_diagram_zoom(v, in->y, powf(1.2f, notches));
    if (hit && (hit->kind == DH_HIT_TIMELINE || hit->kind == DH_HIT_EVENTS || hit->kind == DH_HIT_OVERVIEW))
        dh_timeline_zoom(v, in->x, powf(1.2f, -notches));
}

static void point(struct dh_view *v, float x, float y) {
    v->mouse_in = true;
    v->mouse_x = x;
    v->mouse_y = y;
    const struct dh_hit *hit = hit_at(v, x, y);
    v->hover = (struct dh_view_thing){0};
    v->hover_kind = hit ? hit->kind : 0;
    v->hover_row = hit ? hit->row : -1;
    if (hit && hit->kind == DH_HIT_FLOOR) {
        int32_t rack = dh_camera_rack(v, x, y);
        if (rack >= 0)
            v->hover = (struct dh_view_thing){DH_A_RACK, rack};
    } else if (hit && hit->kind >= DH_HIT_THING) {
        v->hover = (struct dh_view_thing){(enum dh_view_what)(hit->kind - DH_HIT_THING), hit->row};
    }
    snprintf(v->tip, sizeof v->tip, "%s", hit && hit->tip ? hit->tip : "");
}

void dh_view_input(struct dh_view *v, const struct dh_view_input *in) {
    v->changed = true;
    switch (in->kind) {
    case DH_IN_KEY:
        key_down(v, in);
        break;
    case DH_IN_TEXT:
        if (v->searching)
            type_search(v, in->text);
        else if (v->deeds.dialog != DH_DIALOG_NONE)
            dh_deed_typed(v, in->text);
        break;
    case DH_IN_DOWN:
        point(v, in->x, in->y);
        if (in->button == 1)
            button_down(v, in);
        if (in->button == 3)
            right_click(v, in);
        break;
    case DH_IN_MOVE:
        if (v->dragging)
            drag(v, in);
        point(v, in->x, in->y);
        break;
    case DH_IN_UP:
        if (in->button == 1)
            button_up(v, in);
        point(v, in->x, in->y);
        break;
    case DH_IN_WHEEL:
        wheel(v, in);
        break;
    case DH_IN_LEAVE:
        v->mouse_in = false;
        v->hover = (struct dh_view_thing){0};
        v->hover_kind = 0;
        break;
    }
}
