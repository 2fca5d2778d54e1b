/* The timeline: series over time with what happened and marks, on scales that its legend tells; below them,
 * where only a part of the time is shown, which part. */
#include "viz/timeline.h"

#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint32_t PLOT = 0x12171D;

static uint32_t darker(uint32_t color) {
    return color >> 1 & 0x7F7F7F;
}

/* Paler, so that others stand out. */
static uint32_t faded(uint32_t color) {
    return (color >> 2 & 0x3F3F3F) + 0x0E1116;
}

static double begin_of(const struct dh_view *v) {
    return (double)v->source->begin / DH_NS_PER_S;
}

static double end_of(const struct dh_view *v) {
    double begin = begin_of(v), end = (double)v->source->horizon / DH_NS_PER_S;
    return end > begin ? end : begin + 1;
}

/* What the timeline shows: all there is, or what was chosen, which goes along with what is played. */
void dh_timeline_span(struct dh_view *v) {
    double begin = begin_of(v), end = end_of(v), at = (double)v->at / DH_NS_PER_S, span = v->to_s - v->from_s;
    if (v->all_time) {
        v->from_s = begin;
        v->to_s = end;
    } else if ((v->playing || v->following) && !v->dragging && (at < v->from_s || at > v->to_s)) {
        v->from_s = fmax(fmin(at - 0.1 * span, end - span), begin);
        v->to_s = v->from_s + span;
    }
}

float dh_timeline_x(const struct dh_view *v, double at_s) {
    return v->plot.x + v->plot.w * (float)((at_s - v->from_s) / (v->to_s - v->from_s));
}

/* ---- axes
 * --------------------------------------------------------------------------------------------------
 */

/* "14 Mar 16:20", or as much of it as a step of the axis needs. */
static const char *axis_word(char room[static DH_FORMAT_ROOM], const struct dh_view *v, double at_s,
                             double step_s) {
    char full[DH_FORMAT_ROOM];
    dh_format_instant(full, v->facility->start_unix_s, dh_view_instant(at_s), step_s < 60);
    if (step_s >= 25 * 86400.0)
        snprintf(room, DH_FORMAT_ROOM, "%.8s", full + 3); /* month and year */
    else if (step_s >= 86400)
        snprintf(room, DH_FORMAT_ROOM, "%.6s", full);
    else if (v->to_s - v->from_s > 86400)
        snprintf(room, DH_FORMAT_ROOM, "%.6s %s", full, full + 12);
    else
        snprintf(room, DH_FORMAT_ROOM, "%s", full + 12);
    return room;
}

static void draw_axis(struct dh_view *v, struct dh_scene *scene, struct dh_box below, struct dh_box taken) {
    double step = dh_axis_time_step(v->to_s - v->from_s, (int)(v->plot.w / (110 * v->s)));
    double offset =
        fmod((double)v->facility->start_unix_s, step); /* ticks at round instants of the calendar */
    char room[DH_FORMAT_ROOM];
    for (double at = ceil((v->from_s + offset) / step) * step - offset; at <= v->to_s; at += step) {
        float x = dh_timeline_x(v, at), w = 100 * v->s;
        dh_scene_rect(scene, (struct dh_box){x, v->plot.y, 1, v->plot.h}, DH_RAISED);
        if (x - w / 2 < below.x || x + w / 2 > below.x + below.w ||
            (x + w / 2 > taken.x && x - w / 2 < taken.x + taken.w))
            continue;
        dh_scene_word(scene, (struct dh_box){x - w / 2, below.y, w, below.h},
                      dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_CENTER), axis_word(room, v, at, step));
    }
}

/* Lines at the quarters of every scale. */
static void draw_grid(struct dh_view *v, struct dh_scene *scene) {
    for (int i = 1; i < DH_CHART_DIVISIONS; i++) {
        float y = floorf(v->plot.y + v->plot.h * (float)i / DH_CHART_DIVISIONS);
        dh_scene_rect(scene, (struct dh_box){v->plot.x, y, v->plot.w, 1}, 0x1B222A);
    }
}

/* ---- series
 * ------------------------------------------------------------------------------------------------
 */

static void draw_series(struct dh_view *v, struct dh_scene *scene, bool of_twin, int place, int lit) {
    struct dh_view *of = of_twin ? v->twin : v;
    enum dh_column_id column = v->charts.column[place];
    const struct dh_trace *t = of->source->ops->trace(of->source, column, 0);
    uint32_t color = of_twin ? darker(dh_chart_color(place)) : dh_chart_color(place);
    struct dh_scale_ends ends;
    if (t && dh_chart_scale(&v->charts, v->source, v->twin ? v->twin->source : NULL, place, &ends))
        dh_spark(of, scene, v->plot, t, v->from_s, v->to_s, ends.low, ends.high,
                 lit >= 0 && lit != place ? faded(color) : color);
}

/* The legend's row that the mouse is over; -1: none. */
static int lit_of(const struct dh_view *v) {
    bool there = v->mouse_in && v->hover_kind == DH_HIT_SERIES && v->hover_row >= 0 &&
                 v->hover_row < DH_CHARTS && !v->charts.off[v->hover_row];
    return there ? v->hover_row : -1;
}

static void draw_plot(struct dh_view *v, struct dh_scene *scene) {
    int lit = lit_of(v);
    dh_scene_clip(scene, v->plot);
    for (int pass = v->twin ? 0 : 1; pass < 2; pass++) /* the second result's below, and darker */
        for (int i = DH_CHARTS - 1; i >= 0; i--)
            if (!v->charts.off[i] && i != lit)
                draw_series(v, scene, pass == 0, i, lit);
    for (int pass = v->twin ? 0 : 1; lit >= 0 && pass < 2; pass++)
        draw_series(v, scene, pass == 0, lit, lit);
    dh_scene_clip(scene, (struct dh_box){0});
}

/* Beyond what is known: not simulated yet, or not recorded. */
static void draw_unknown(struct dh_view *v, struct dh_scene *scene) {
    double newest = v->source->newest == DH_TIME_NONE ? v->from_s : (double)v->source->newest / DH_NS_PER_S;
    double step = v->source->n_time > 1 ? v->source->time_s[1] - v->source->time_s[0] : 0;
    float x = dh_timeline_x(v, newest + step), end = v->plot.x + v->plot.w;
    x = fminf(fmaxf(x, v->plot.x), end);
    if (end - x > 3 * v->s)
        dh_scene_tint(scene, (struct dh_box){x, v->plot.y, end - x, v->plot.h}, 0x000000, 110);
}

/* ---- the legend
 * --------------------------------------------------------------------------------------------
 */

/* The instant that the legend's figures are of: the pointer's over the plot, else the one that is shown. */
static bool pointed(const struct dh_view *v, dh_time *at) {
    struct dh_box plot = v->plot;
    bool over = v->mouse_in && !v->help && !v->searching && v->hover_kind == DH_HIT_TIMELINE &&
                dh_box_has((struct dh_box){plot.x, plot.y - 40 * v->s, plot.w, plot.h + 40 * v->s},
                           v->mouse_x, v->mouse_y);
    *at = v->at;
    if (over)
        *at = dh_view_instant(v->from_s +
                              (v->to_s - v->from_s) * (double)((v->mouse_x - v->plot.x) / v->plot.w));
    return over;
}

static double value_at(struct dh_view *v, enum dh_column_id column, bool over, dh_time at) {
    if (!over)
        return dh_view_value(v, column, 0);
    return at <= v->source->newest ? dh_chart_value(v->source, column, at) : NAN;
}

struct legend {
    struct dh_box swatch, name, value, other, scale;
};

static struct legend columns_of(const struct dh_view *v, struct dh_box row) {
    struct legend l = {0};
    l.swatch = dh_box_cut_x(&row, 16 * v->s);
    l.scale = dh_box_cut_x(&row, -100 * v->s);
    if (v->twin)
        l.other = dh_box_cut_x(&row, -90 * v->s);
    l.value = dh_box_cut_x(&row, -90 * v->s);
    l.name = row;
    return l;
}

static void draw_head(struct dh_view *v, struct dh_scene *scene, struct dh_box row, bool over, dh_time at) {
    struct legend l = columns_of(v, row);
    char room[DH_FORMAT_ROOM];
    struct dh_style faint = dh_plain(DH_SMALL, DH_INK_FAINT), right = dh_aligned(faint, DH_RIGHT);
    struct dh_box when = l.swatch;
    when.w += l.name.w + (v->twin ? 0 : l.value.w);
    if (over)
        dh_scene_word(scene, when, dh_bold(DH_SMALL, DH_INK_STRONG),
                      dh_format_instant(room, v->facility->start_unix_s, at, 0));
    if (v->twin || !over)
        dh_scene_word(scene, l.value, right, v->twin ? "A" : "now");
    if (v->twin)
        dh_scene_word(scene, l.other, right, "B");
    dh_scene_word(scene, l.scale, right, "scale");
}

static void draw_entry(struct dh_view *v, struct dh_scene *scene, struct dh_box row, int place, bool over,
                       dh_time at) {
    enum dh_column_id column = v->charts.column[place];
    const struct dh_trace *t = v->source->ops->trace(v->source, column, 0);
    bool off = v->charts.off[place], there = t && t->n > 0 && t->low <= t->high;
    uint32_t color = dh_chart_color(place), ink = off || !there ? 0x5B6672 : DH_INK_PLAIN;
    struct legend l = columns_of(v, row);
    struct dh_scale_ends ends;
    char room[2 * DH_FORMAT_ROOM];
    float s = v->s, middle = floorf(row.y + row.h / 2);
    struct dh_box line = {l.swatch.x, middle - 1.5f * s, 10 * s, 3 * s};
    if (lit_of(v) == place)
        dh_scene_rect(scene, row, DH_RAISED);
    if (off)
        dh_scene_frame(scene, line, 1 * s, 0x5B6672);
    else
        dh_scene_rect(scene, line, color);
    if (v->twin && !off)
        dh_scene_rect(scene, (struct dh_box){line.x, line.y + 4 * s, line.w, 2 * s}, darker(color));
    dh_scene_word(scene, l.name, dh_plain(DH_SMALL, ink), dh_chart_name(column));
    struct dh_style right = dh_aligned(dh_plain(DH_SMALL, off ? ink : DH_INK_STRONG), DH_RIGHT);
    dh_scene_word(scene, l.value, right,
                  off ? "off" : dh_format(room, value_at(v, column, over, at), dh_chart_unit(column)));
    if (v->twin && !off)
        dh_scene_word(scene, l.other, right,
                      dh_format(room, value_at(v->twin, column, over, at), dh_chart_unit(column)));
    if (!off && dh_chart_scale(&v->charts, v->source, v->twin ? v->twin->source : NULL, place, &ends))
        dh_scene_word(scene, l.scale, dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT),
                      dh_scale_text(room, ends, dh_chart_unit(column)));
    dh_scene_hit(scene, row, DH_HIT_SERIES, place,
                 off ? "click: show it again" : "click: take it off; key figures above put others here");
}

static void draw_legend(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    float line = dh_line(v, DH_SMALL);
    dh_time at;
    bool over = pointed(v, &at);
    draw_head(v, scene, dh_box_cut_y(&box, line), over, at);
    for (int i = 0; i < DH_CHARTS; i++) {
        struct dh_box row = dh_box_cut_y(&box, line);
        if (row.h >= line)
            draw_entry(v, scene, row, i, over, at);
    }
}

/* ---- over the plot
 * -----------------------------------------------------------------------------------------
 */

/* A line down the plot with its time, and a point on each series. */
static void draw_crosshair(struct dh_view *v, struct dh_scene *scene) {
    dh_time at;
    if (!pointed(v, &at) || v->dragging)
        return;
    float s = v->s, x = floorf(v->mouse_x);
    dh_scene_rect(scene, (struct dh_box){x, v->plot.y, 1 * s, v->plot.h}, DH_INK_FAINT);
    for (int i = 0; i < DH_CHARTS; i++) {
        struct dh_scale_ends ends;
        double value = value_at(v, v->charts.column[i], true, at);
        if (v->charts.off[i] || !isfinite(value) ||
            !dh_chart_scale(&v->charts, v->source, v->twin ? v->twin->source : NULL, i, &ends))
            continue;
        float y = v->plot.y + v->plot.h * (float)(1 - (value - ends.low) / (ends.high - ends.low));
        dh_scene_rect(scene, (struct dh_box){x - 2 * s, y - 2 * s, 5 * s, 5 * s}, PLOT);
        dh_scene_rect(scene, (struct dh_box){x - 1 * s, y - 1 * s, 3 * s, 3 * s}, dh_chart_color(i));
    }
}

static void draw_marks(struct dh_view *v, struct dh_scene *scene) {
    struct dh_box p = v->plot;
    float s = v->s;
    for (int32_t m = 0; m < v->n_mark; m++) {
        float x = floorf(dh_timeline_x(v, (double)v->marks[m] / DH_NS_PER_S));
        if (x < p.x || x > p.x + p.w - 1)
            continue;
        for (float y = p.y; y < p.y + p.h; y += 6 * s) /* dashed, with a flag */
            dh_scene_rect(scene, (struct dh_box){x, y, 1 * s, fminf(3 * s, p.y + p.h - y)}, DH_GREEN);
        dh_scene_rect(scene, (struct dh_box){x, p.y, fminf(7 * s, p.x + p.w - x), 5 * s}, DH_GREEN);
    }
}

static void draw_now(struct dh_view *v, struct dh_scene *scene, float top) {
    struct dh_box p = v->plot;
    float now = dh_timeline_x(v, (double)v->at / DH_NS_PER_S);
    if (now >= p.x - 1 && now <= p.x + p.w + 1)
        dh_scene_rect(scene, (struct dh_box){floorf(now), top, 1.5f * v->s, p.y + p.h - top}, DH_INK_STRONG);
    if (v->dragging && v->moved && !isnan(v->brush_s)) {
        float a = dh_timeline_x(v, v->brush_s), b = fminf(fmaxf(v->mouse_x, p.x), p.x + p.w);
        dh_scene_tint(scene, (struct dh_box){fminf(a, b), p.y, fabsf(b - a), p.h}, DH_ACCENT, 60);
    }
}

/* Of a part of the time: where it lies in the whole, to be moved, and the way back. */
static void draw_overview(struct dh_view *v, struct dh_scene *scene, struct dh_box row) {
    float s = v->s;
    struct dh_box all = dh_box_cut_x(&row, -58 * s);
    dh_scene_rect(scene, all, DH_RAISED);
    dh_button(v, scene, dh_box_inset(all, 1 * s), "All", false, DH_HIT_TIMELINE_ALL, 0,
              "all of the time   A");
    dh_box_cut_x(&row, -8 * s);
    struct dh_box bar = dh_box_cut_x(&row, -150 * s);
    bar = (struct dh_box){bar.x, floorf(bar.y + bar.h / 2 - 4 * s), bar.w, 8 * s};
    double begin = begin_of(v), span = end_of(v) - begin;
    float from = bar.w * (float)((v->from_s - begin) / span), to = bar.w * (float)((v->to_s - begin) / span);
    float w = fmaxf(to - from, 4 * s);
    dh_scene_rect(scene, bar, DH_RAISED);
    dh_scene_rect(scene, (struct dh_box){bar.x + fminf(from, bar.w - w), bar.y, w, bar.h}, DH_ACCENT);
    float now = bar.w * (float)(((double)v->at / DH_NS_PER_S - begin) / span);
    dh_scene_rect(scene, (struct dh_box){bar.x + now, bar.y - 2 * s, 1 * s, bar.h + 4 * s}, DH_INK_STRONG);
    v->overview = bar;
    dh_scene_hit(scene, (struct dh_box){bar.x, row.y, bar.w, row.h}, DH_HIT_OVERVIEW, 0,
                 "drag: another part of the time");
}

void dh_draw_timeline(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    float s = v->s;
    dh_scene_rect(scene, box, DH_PANEL);
    struct dh_box in = dh_box_inset(box, 8 * s), legend = dh_box_cut_x(&in, (v->twin ? 380 : 296) * s);
    dh_box_cut_x(&in, 12 * s);
    struct dh_box axis = dh_box_cut_y(&in, -dh_line(v, DH_SMALL)),
                  events = dh_box_cut_y(&in, dh_event_strip_height(v)), taken = {0};
    v->plot = in;
    dh_scene_rect(scene, in, PLOT);
    if (!v->all_time)
        taken = (struct dh_box){axis.x + axis.w - 224 * s, axis.y, 224 * s, axis.h};
    draw_grid(v, scene);
    draw_axis(v, scene, axis, taken);
    draw_plot(v, scene);
    draw_unknown(v, scene);
    dh_draw_event_strip(v, scene, events);
    draw_marks(v, scene);
    draw_now(v, scene, events.y);
    draw_crosshair(v, scene);
    dh_scene_hit(scene, in, DH_HIT_TIMELINE, 0, NULL);
    dh_scene_hit(scene, events, DH_HIT_EVENTS, 0, NULL);
    if (!v->all_time)
        draw_overview(v, scene, axis);
    draw_legend(v, scene, legend);
}
