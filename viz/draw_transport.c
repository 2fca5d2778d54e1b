/* The bar below: play, step, jump, speed, and where in time this is. */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>

/* Simulated s a second; the last: all of it, however long, in three seconds. */
const double dh_speeds[DH_N_SPEED] = {1,     10,    60,     300,    900,     3600,    10800,   21600,
                                      43200, 86400, 259200, 604800, 1209600, 2592000, INFINITY};

double dh_view_speed(const struct dh_view *v) {
    double span_s = (double)(v->source->horizon - v->source->begin) / DH_NS_PER_S;
    return isfinite(v->speed) ? v->speed : fmax(span_s / 3, 2592000);
}

static const char *speed_word(char room[static DH_FORMAT_ROOM], double speed) {
    if (!isfinite(speed))
        snprintf(room, DH_FORMAT_ROOM, "max");
    else if (speed < 60)
        snprintf(room, DH_FORMAT_ROOM, "%.0f s/s", speed);
    else if (speed < 3600)
        snprintf(room, DH_FORMAT_ROOM, "%.0f min/s", speed / 60);
    else if (speed < 86400)
        snprintf(room, DH_FORMAT_ROOM, "%.0f h/s", speed / 3600);
    else
        snprintf(room, DH_FORMAT_ROOM, "%.0f d/s", speed / 86400);
    return room;
}

/* How it stands: a word with a mark of its own, and its colour. */
static const char *status_of(const struct dh_view *v, char room[static DH_FORMAT_ROOM], uint32_t *color) {
    const struct dh_source *s = v->source;
    double all = (double)(s->horizon - s->begin), done = (double)(s->newest - s->begin);
    *color = DH_INK_FAINT;
    if (s->live && s->newest == DH_TIME_NONE) {
        snprintf(room, DH_FORMAT_ROOM, "starting");
    } else if (s->live) {
        *color = DH_GREEN;
        snprintf(room, DH_FORMAT_ROOM, "\u25cf live, %.0f %%", all > 0 ? fmin(100 * done / all, 100) : 0);
    } else {
        snprintf(room, DH_FORMAT_ROOM,
                 v->at >= s->newest ? "\u25a0 end"
                 : v->playing       ? "\u25b6 replay"
                                    : "replay");
    }
    return room;
}

/* From the start to the horizon: what there is, and how far the shown instant is. */
static void draw_bar(struct dh_view *v, struct dh_scene *scene, struct dh_box in) {
    const struct dh_source *src = v->source;
    float s = v->s;
    struct dh_box bar = {in.x, floorf(in.y + in.h / 2 - 3 * s), in.w, 6 * s};
    double span = src->horizon > src->begin ? (double)(src->horizon - src->begin) : 1;
    dh_time newest = src->newest == DH_TIME_NONE ? src->begin : src->newest;
    /* The last sample of what is whole stands for the end. */
    double last = src->n_time > 1 ? (src->time_s[1] - src->time_s[0]) * DH_NS_PER_S : 0;
    float known = (float)fmin(fmax(((double)(newest - src->begin) + last) / span, 0), 1) * bar.w;
    float done = (float)fmin(fmax((double)(v->at - src->begin) / span, 0), 1) * bar.w;
    v->seek = bar;
    dh_scene_rect(scene, (struct dh_box){bar.x, bar.y + 2 * s, bar.w, 2 * s}, DH_RAISED);
    dh_scene_rect(scene, (struct dh_box){bar.x, bar.y, known, bar.h}, DH_RULE);
    dh_scene_rect(scene, (struct dh_box){bar.x, bar.y, done, bar.h}, DH_ACCENT);
    if (src->live) /* how far the run is */
        dh_scene_rect(scene,
                      (struct dh_box){bar.x + fmaxf(known - 2 * s, 0), bar.y - 3 * s, 2 * s, bar.h + 6 * s},
                      DH_GREEN);
    dh_scene_rect(scene, (struct dh_box){bar.x + done - 3 * s, bar.y - 6 * s, 6 * s, bar.h + 12 * s},
                  DH_INK_STRONG);
    dh_scene_hit(scene, (struct dh_box){bar.x, in.y, bar.w, in.h}, DH_HIT_SEEK, 0,
                 src->live ? "drag: go to any time up to now; green: how far the run is"
                           : "drag: go to any time");
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
        float w, gap;
    } buttons[] = {
        {v->playing ? "Pause" : "\u25b6 Play", "play, pause   Space",          DH_HIT_PLAY,   0,  66, 8},
        {"\u25c0\u25c6",                       "to the event before   [",      DH_HIT_EVENT,  -1, 36, 2},
        {"\u25c0",                             "one sample back   ,",          DH_HIT_STEP,   -1, 28, 2},
        {"\u25b6",                             "one sample on   .",            DH_HIT_STEP,   1,  28, 2},
        {"\u25c6\u25b6",                       "to the next event   ]",        DH_HIT_EVENT,  1,  36, 8},
        {"\u2212",                             "slower   \u2212",              DH_HIT_SLOWER, 0,  24, 0},
        {NULL,                                 "simulated time in one second", DH_HIT_SPEEDS, 0,  78, 0},
        {"+",                                  "faster   +",                   DH_HIT_FASTER, 0,  24, 8},
    };
    for (unsigned i = 0; i < sizeof buttons / sizeof *buttons; i++) {
        struct dh_box b = dh_box_cut_x(&in, buttons[i].w * s);
        const char *word = buttons[i].word ? buttons[i].word
                           : v->following  ? "following"
                                           : speed_word(room, v->speed);
        if (!buttons[i].word)
            v->speed_box = b;
        dh_button(v, scene, b, word, i == 0 ? v->playing : !buttons[i].word && v->choosing_speed,
                  buttons[i].kind, buttons[i].row, buttons[i].tip);
        dh_box_cut_x(&in, buttons[i].gap * s);
    }
    if (src->live) {
        dh_button(v, scene, dh_box_cut_x(&in, 52 * s), "Now", v->following, DH_HIT_FOLLOW, 0,
                  "follow the run   F");
        dh_box_cut_x(&in, gap);
    }
    uint32_t color;
    struct dh_box status = dh_box_cut_x(&in, -96 * s), when = dh_box_cut_x(&in, 176 * s),
                  zone = dh_box_cut_x(&in, 32 * s);
    dh_scene_word(scene, when, dh_bold(DH_BODY, DH_INK_STRONG),
                  dh_format_instant(room, v->facility->start_unix_s, v->at, 1));
    dh_scene_word(scene, zone, dh_plain(DH_SMALL, DH_INK_FAINT), "UTC");
    const char *word = status_of(v, room, &color);
    dh_scene_word(scene, status, dh_aligned(dh_plain(DH_SMALL, color), DH_RIGHT), word);
    dh_box_cut_x(&in, 10 * s);
    draw_bar(v, scene, in);
}

void dh_draw_speeds(struct dh_view *v, struct dh_scene *scene, struct dh_box all) {
    float s = v->s, line = dh_line(v, DH_BODY) + 4 * s, h = line * DH_N_SPEED + 8 * s;
    struct dh_box box = {v->speed_box.x, v->speed_box.y - h - 4 * s, fmaxf(v->speed_box.w, 92 * s), h};
    char room[DH_FORMAT_ROOM];
    dh_scene_hit(scene, all, DH_HIT_CLOSE, 0, NULL);
    dh_scene_hit(scene, box, DH_HIT_PANEL, 0, NULL);
    dh_scene_rect(scene, box, DH_PANEL);
    dh_scene_frame(scene, box, 1 * s, DH_ACCENT);
    struct dh_box in = dh_box_inset(box, 4 * s);
    for (int i = 0; i < DH_N_SPEED && in.h >= line - 1; i++) {
        struct dh_box row = dh_box_cut_y(&in, line);
        bool on = dh_speeds[i] == v->speed;
        dh_button(v, scene, row, speed_word(room, dh_speeds[i]), on, DH_HIT_SPEED, i,
                  isfinite(dh_speeds[i]) ? NULL : "all of it in three seconds");
    }
}
