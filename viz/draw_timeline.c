/* The timeline: charts over time with events and marks, and below it the bar that plays and seeks. */
#include "viz/parts.h"

#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint32_t chart_colors[DH_VIEW_TRACES] = {0x56B4E9, 0x3FB68B, 0xCC79A7,
                                                      0xE69F00, 0xF0E442, 0xB6BEC6};

static uint32_t darker(uint32_t color) {
    return color >> 1 & 0x7F7F7F;
}

/* What the timeline shows: all there is, or what was chosen. */
static void set_span(struct dh_view *v) {
    const struct dh_source *s = v->source;
    double begin = (double)s->begin / DH_NS_PER_S, end = (double)s->horizon / DH_NS_PER_S;
    if (!v->all_time)
        return;
    v->from_s = begin;
    v->to_s = end > begin ? end : begin + 1;
}

static float x_of(const struct dh_view *v, double at_s) {
    return v->plot.x + v->plot.w * (float)((at_s - v->from_s) / (v->to_s - v->from_s));
}

/* "14 Mar 16:20", or as much of it as a step of the axis needs. */
static const char *axis_word(char room[static DH_FORMAT_ROOM], const struct dh_view *v, double at_s,
                             double step_s) {
    char full[DH_FORMAT_ROOM];
    dh_format_instant(full, v->facility->start_unix_s, dh_time_from_s(at_s), step_s < 60);
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

static void draw_axis(struct dh_view *v, struct dh_scene *scene, struct dh_box below) {
    double step = dh_axis_time_step(v->to_s - v->from_s, (int)(v->plot.w / (110 * v->s)));
    double offset =
        fmod((double)v->facility->start_unix_s, step); /* ticks at round instants of the calendar */
    char room[DH_FORMAT_ROOM];
    for (double at = ceil((v->from_s + offset) / step) * step - offset; at <= v->to_s; at += step) {
        float x = x_of(v, at), w = 100 * v->s;
        dh_scene_rect(scene, (struct dh_box){x, v->plot.y, 1, v->plot.h}, DH_RAISED);
        if (x - w / 2 < below.x || x + w / 2 > below.x + below.w)
            continue;
        dh_scene_word(scene, (struct dh_box){x - w / 2, below.y, w, below.h},
                      dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_CENTER), axis_word(room, v, at, step));
    }
}

/* Least and greatest of all charts of one unit, so that they can be compared: from zero, unless they never
 * come near it. False: there is nothing to draw. */
static bool range_of(struct dh_view *v, const char *unit, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int32_t i = 0; i < 2 * v->n_chart; i++) {
        struct dh_source *s = i % 2 == 0 ? v->source : v->twin ? v->twin->source : NULL;
        enum dh_column_id chart = v->charts[i / 2];
        const struct dh_trace *t = s ? s->ops->trace(s, chart, 0) : NULL;
        if (!t || t->n == 0 || t->low > t->high || strcmp(dh_state_columns[chart].unit, unit) != 0)
            continue;
        *low = fmin(*low, t->low);
        *high = fmax(*high, t->high);
    }
    if (*low > *high)
        return false;
    bool near_zero = *low >= 0 && *low < 0.6 * *high;
    double room = 0.06 * (*high - *low);
    *low = near_zero ? 0 : *low - room;
    *high = *high > *low ? *high + room : *low + 1;
    return true;
}

static void draw_legend(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    char room[DH_FORMAT_ROOM], text[96];
    float line = dh_line(v, DH_SMALL);
    for (int32_t i = 0; i < v->n_chart; i++) {
        const struct dh_column *column = &dh_state_columns[v->charts[i]];
        const struct dh_trace *t = v->source->ops->trace(v->source, v->charts[i], 0);
        struct dh_box row = dh_box_cut_y(&box, line);
        if (row.h < line || !t || t->n == 0)
            continue;
        struct dh_box swatch = dh_box_cut_x(&row, 14 * v->s);
        dh_scene_rect(scene, (struct dh_box){swatch.x, swatch.y + line / 2 - 1.5f * v->s, 9 * v->s, 3 * v->s},
                      chart_colors[i]);
        struct dh_box value = dh_box_cut_x(&row, -74 * v->s);
        snprintf(text, sizeof text, "%s", column->name);
        for (char *c = text; *c; c++)
            if (*c == '_')
                *c = ' ';
        char *unit = strrchr(text, ' '); /* the names of columns end with their units */
        if (unit && (strcmp(unit, " w") == 0 || strcmp(unit, " usd") == 0 || strcmp(unit, " kg") == 0 ||
                     strcmp(unit, " s") == 0 || strcmp(unit, " degc") == 0))
            *unit = '\0';
        if (v->twin) /* the second one's colour */
            dh_scene_rect(scene,
                          (struct dh_box){swatch.x, swatch.y + line / 2 + 2.5f * v->s, 9 * v->s, 2 * v->s},
                          darker(chart_colors[i]));
        dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_INK_PLAIN), text);
        dh_scene_word(scene, value, dh_aligned(dh_plain(DH_SMALL, DH_INK_STRONG), DH_RIGHT),
                      dh_format(room, dh_view_value(v, v->charts[i], 0), column->unit));
    }
}

/* Marks of what happened, at most one a pixel and kind of gravity. */
static void draw_events(struct dh_view *v, struct dh_scene *scene, struct dh_box strip) {
    const struct dh_source *s = v->source;
    int64_t i = dh_source_event(s, dh_time_from_s(v->from_s));
    float last = -1e9f;
    for (; i < s->n_event; i++) {
        double at_s = (double)s->events[i].at / DH_NS_PER_S;
        if (at_s > v->to_s)
            break;
        float x = floorf(x_of(v, at_s));
        if (!dh_event_matters(&s->events[i]) || x < last + 2 * v->s)
            continue;
        last = x;
        dh_scene_rect(scene, (struct dh_box){x, strip.y, 2 * v->s, strip.h}, DH_AMBER);
    }
}

void dh_draw_timeline(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    float s = v->s;
    set_span(v);
    dh_scene_rect(scene, box, DH_PANEL);
    struct dh_box in = dh_box_inset(box, 8 * s), legend = dh_box_cut_x(&in, 220 * s);
    dh_box_cut_x(&in, 12 * s);
    struct dh_box axis = dh_box_cut_y(&in, -dh_line(v, DH_SMALL)), events = dh_box_cut_y(&in, 7 * s);
    dh_box_cut_y(&in, 2 * s);
    v->plot = in;
    dh_scene_rect(scene, in, 0x12171D);
    draw_axis(v, scene, axis);
    dh_scene_clip(scene, in);
    for (int32_t i = v->n_chart - 1; v->twin && i >= 0; i--) { /* below those of the first, and darker */
        const struct dh_trace *t = v->twin->source->ops->trace(v->twin->source, v->charts[i], 0);
        double low, high;
        if (t && t->n > 0 && range_of(v, dh_state_columns[v->charts[i]].unit, &low, &high))
            dh_spark(v->twin, scene, in, t, v->from_s, v->to_s, low, high, darker(chart_colors[i]));
    }
    for (int32_t i = v->n_chart - 1; i >= 0; i--) {
        const struct dh_trace *t = v->source->ops->trace(v->source, v->charts[i], 0);
        double low, high;
        if (!t || t->n == 0 || !range_of(v, dh_state_columns[v->charts[i]].unit, &low, &high))
            continue;
        dh_spark(v, scene, in, t, v->from_s, v->to_s, low, high, chart_colors[i]);
    }
    dh_scene_clip(scene, (struct dh_box){0});
    draw_events(v, scene, events);
    for (int32_t m = 0; m < v->n_mark; m++) {
        float x = x_of(v, (double)v->marks[m] / DH_NS_PER_S);
        if (x >= in.x && x <= in.x + in.w)
            dh_scene_rect(scene, (struct dh_box){x, in.y, 1.5f * s, in.h}, DH_GREEN);
    }
    float now = x_of(v, (double)v->at / DH_NS_PER_S);
    if (now >= in.x - 1 && now <= in.x + in.w + 1)
        dh_scene_rect(scene, (struct dh_box){floorf(now), events.y, 1.5f * s, in.y + in.h - events.y},
                      DH_INK_STRONG);
    if (v->dragging && v->moved && !isnan(v->brush_s)) {
        float a = x_of(v, v->brush_s), b = fminf(fmaxf(v->mouse_x, in.x), in.x + in.w);
        dh_scene_tint(scene, (struct dh_box){fminf(a, b), in.y, fabsf(b - a), in.h}, DH_ACCENT, 60);
    }
    struct dh_box answers = {in.x, events.y, in.w, in.y + in.h - events.y};
    dh_scene_hit(scene, answers, DH_HIT_TIMELINE, 0,
                 "click: go there; drag: zoom into it; wheel: zoom; A: all");
    draw_legend(v, scene, legend);
}

/* ---- transport
 * ---------------------------------------------------------------------------------------------
 */

static const char *speed_word(char room[static DH_FORMAT_ROOM], const struct dh_view *v) {
    if (v->following)
        snprintf(room, DH_FORMAT_ROOM, "following");
    else if (v->speed < 60)
        snprintf(room, DH_FORMAT_ROOM, "%.0f s/s", v->speed);
    else if (v->speed < 3600)
        snprintf(room, DH_FORMAT_ROOM, "%.0f min/s", v->speed / 60);
    else if (v->speed < 86400)
        snprintf(room, DH_FORMAT_ROOM, "%.0f h/s", v->speed / 3600);
    else
        snprintf(room, DH_FORMAT_ROOM, "%.0f d/s", v->speed / 86400);
    return room;
}

static const char *status_of(const struct dh_view *v) {
    return v->source->live ? "running" : "replay";
}

void dh_draw_transport(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    const struct dh_source *src = v->source;
    float s = v->s, gap = 4 * s;
    char room[DH_FORMAT_ROOM];
    dh_scene_rect(scene, box, DH_PANEL);
    struct dh_box in = dh_box_inset(box, 7 * s);
    const struct {
        const char *word, *tip;
        int32_t kind, row;
        float w;
    } buttons[] = {
        {v->playing ? "Pause" : "Play", "Space",                DH_HIT_PLAY,   0,  62},
        {"\u25c0",                      "one sample back   ,",  DH_HIT_STEP,   -1, 30},
        {"\u25b6",                      "one sample on   .",    DH_HIT_STEP,   1,  30},
        {"[",                           "the event before   [", DH_HIT_EVENT,  -1, 26},
        {"]",                           "the next event   ]",   DH_HIT_EVENT,  1,  26},
        {"\u2212",                      "slower   -",           DH_HIT_SLOWER, 0,  26},
    };
    for (unsigned i = 0; i < sizeof buttons / sizeof *buttons; i++) {
        dh_button(v, scene, dh_box_cut_x(&in, buttons[i].w * s), buttons[i].word, i == 0 && v->playing,
                  buttons[i].kind, buttons[i].row, buttons[i].tip);
        dh_box_cut_x(&in, gap);
    }
    dh_scene_word(scene, dh_box_cut_x(&in, 74 * s), dh_aligned(dh_plain(DH_BODY, DH_INK_PLAIN), DH_CENTER),
                  speed_word(room, v));
    dh_button(v, scene, dh_box_cut_x(&in, 26 * s), "+", false, DH_HIT_FASTER, 0, "faster   +");
    dh_box_cut_x(&in, 10 * s);
    if (src->live) {
        dh_button(v, scene, dh_box_cut_x(&in, 60 * s), "Now", v->following, DH_HIT_FOLLOW, 0,
                  "follow the run   F");
        dh_box_cut_x(&in, 10 * s);
    }
    struct dh_box status = dh_box_cut_x(&in, -70 * s), when = dh_box_cut_x(&in, 172 * s);
    dh_scene_word(scene, status,
                  dh_aligned(dh_plain(DH_SMALL, src->live ? DH_GREEN : DH_INK_FAINT), DH_RIGHT),
                  status_of(v));
    dh_scene_word(scene, when, dh_bold(DH_BODY, DH_INK_STRONG),
                  dh_format_instant(room, v->facility->start_unix_s, v->at, 1));
    dh_box_cut_x(&in, 12 * s);
    struct dh_box bar = {in.x, in.y + in.h / 2 - 3 * s, in.w, 6 * s};
    v->seek = bar;
    dh_time end = src->live ? src->newest : src->horizon;
    double span = end != DH_TIME_NONE && end > src->begin ? (double)(end - src->begin) : 1;
    dh_scene_rect(scene, bar, DH_RAISED);
    float done = bar.w * (float)fmin(fmax((double)(v->at - src->begin) / span, 0), 1);
    dh_scene_rect(scene, (struct dh_box){bar.x, bar.y, done, bar.h}, DH_ACCENT);
    dh_scene_rect(scene, (struct dh_box){bar.x + done - 3 * s, bar.y - 6 * s, 6 * s, bar.h + 12 * s},
                  DH_INK_STRONG);
    dh_scene_hit(scene, (struct dh_box){bar.x, in.y, bar.w, in.h}, DH_HIT_SEEK, 0, "drag: go to any time");
}
