/* The weather over the span of the timeline, and what plants did in it: a strip below the cooling tab. */
#include "viz/diagram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint32_t dh_mode_color(double mode) {
    return mode < 0.5 ? DH_GREEN : mode < 1.5 ? DH_AMBER : 0x8FA1B3;
}

static const struct dh_trace *trace_of(struct dh_view *v, enum dh_column_id column, int32_t row) {
    const struct dh_trace *t = v->source->ops->trace(v->source, column, row);
    return t && t->n > 0 && t->low <= t->high ? t : NULL;
}

/* A plant's mode over time: high where cooling is free, half where partly, low where chillers work alone. */
static void draw_modes(struct dh_view *v, struct dh_scene *scene, struct dh_box strip, int32_t cplant) {
    const struct dh_trace *t = trace_of(v, DH_COLUMN_cplant_mode, cplant);
    int n = (int)(strip.w / v->s), from = 0, before = -1;
    dh_scene_rect(scene, strip, 0x12171D);
    for (int i = 0; t && i <= n; i++) {
        double at_s = v->from_s + (v->to_s - v->from_s) * (i + 0.5) / n;
        int64_t row = at_s >= 0 ? dh_source_row(v->source, dh_view_instant(at_s)) : -1;
        int mode = -1;
        struct dh_trace_block found = dh_trace_range(t, row, row + 1);
        if (i < n && row >= 0 && row < t->n && at_s <= (double)v->source->newest / DH_NS_PER_S &&
            found.low <= found.high)
            mode = found.high < 0.5f ? 0 : found.high < 1.5f ? 1 : 2;
        if (mode == before)
            continue;
        if (before >= 0) {
            static const char *const words[3] = {"free", "partly free", "chillers"};
            float share = before == 0 ? 1 : before == 1 ? 0.8f : 0.15f, h = strip.h * share;
            dh_scene_rect(scene,
                          (struct dh_box){strip.x + (float)from * v->s, strip.y + strip.h - h,
                                          (float)(i - from) * v->s, h},
                          dh_mode_color(before));
            struct dh_box room = {strip.x + (float)from * v->s, strip.y, (float)(i - from) * v->s, strip.h};
            if ((float)dh_type_width(&v->type, DH_SMALL, false, words[before], strlen(words[before])) +
                    8 * v->s <=
                room.w)
                dh_scene_word(
                    scene, room,
                    dh_aligned(dh_plain(DH_SMALL, before == 2 ? DH_INK_PLAIN : 0x10151B), DH_CENTER),
                    words[before]);
        }
        before = mode;
        from = i;
    }
}

static void draw_curves(struct dh_view *v, struct dh_scene *scene, struct dh_box plot, struct dh_box words,
                        int32_t site) {
    static const enum dh_column_id columns[2] = {DH_COLUMN_site_dry_bulb_degc, DH_COLUMN_site_wet_bulb_degc};
    static const uint32_t colors[2] = {0xE69F00, 0x56B4E9};
    static const char *const names[2] = {"dry bulb", "wet bulb"};
    char room[DH_FORMAT_ROOM], text[96];
    struct dh_box axis = dh_box_cut_x(&plot, 48 * v->s);
    axis.w -= 5 * v->s;
    double low = INFINITY, high = -INFINITY;
    for (int k = 0; k < 2; k++) {
        const struct dh_trace *t = trace_of(v, columns[k], site);
        low = t ? fmin(low, t->low) : low;
        high = t ? fmax(high, t->high) : high;
    }
    dh_scene_rect(scene, plot, 0x12171D);
    if (!(low <= high) || !(high - low < 1000)) { /* none, or nothing that could be weather */
        dh_scene_word(scene, dh_box_inset(plot, 4 * v->s), dh_plain(DH_SMALL, DH_INK_FAINT),
                      "no weather: the site has no climate, or it was not recorded");
        return;
    }
    low = 5 * floor((low - 1) / 5);
    high = 5 * ceil((high + 1) / 5);
    dh_scene_clip(scene, plot);
    for (double level = low + 10; level < high; level += 10) {
        float y = plot.y + plot.h * (float)(1 - (level - low) / (high - low));
        dh_scene_rect(scene, (struct dh_box){plot.x, floorf(y), plot.w, 1}, DH_RAISED);
    }
    for (int k = 0; k < 2; k++) {
        const struct dh_trace *t = trace_of(v, columns[k], site);
        if (t)
            dh_spark(v, scene, plot, t, v->from_s, v->to_s, low, high, colors[k]);
    }
    float now = plot.x + plot.w * (float)(((double)v->at / DH_NS_PER_S - v->from_s) / (v->to_s - v->from_s));
    if (now >= plot.x && now <= plot.x + plot.w)
        dh_scene_rect(scene, (struct dh_box){floorf(now), plot.y, 1.5f * v->s, plot.h}, DH_INK_STRONG);
    dh_scene_clip(scene, (struct dh_box){0});
    float line = dh_line(v, DH_SMALL);
    struct dh_style faint = dh_aligned(dh_plain(DH_SMALL, DH_INK_FAINT), DH_RIGHT);
    dh_scene_wordf(scene, (struct dh_box){axis.x, plot.y, axis.w, line}, faint, "%.0f \u00b0C", high);
    if (plot.h >= 2 * line)
        dh_scene_wordf(scene, (struct dh_box){axis.x, plot.y + plot.h - line, axis.w, line}, faint,
                       "%.0f \u00b0C", low);
    if (v->facility->n_site > 1 && words.h >= 3 * line)
        dh_scene_word(scene, dh_box_cut_y(&words, line), dh_bold(DH_SMALL, DH_INK_PLAIN),
                      v->facility->site_spec[site]->id);
    for (int k = 0; k < 2 && words.h >= line; k++) {
        struct dh_box row = dh_box_cut_y(&words, line), swatch = dh_box_cut_x(&row, 14 * v->s);
        dh_scene_rect(scene, (struct dh_box){swatch.x, swatch.y + line / 2 - 1.5f * v->s, 9 * v->s, 3 * v->s},
                      colors[k]);
        snprintf(text, sizeof text, "%s %s", names[k],
                 dh_format(room, dh_view_value(v, columns[k], site), "degC"));
        dh_scene_word(scene, row, dh_plain(DH_SMALL, DH_INK_PLAIN), text);
    }
}

/* The site of what is selected, or the first. */
static int32_t chosen_site(const struct dh_view *v) {
    const struct dh_facility *f = v->facility;
    struct dh_view_thing t = v->selected;
    if (t.row < 0 || t.row >= dh_thing_count(v, t.what))
        return 0;
    switch (t.what) {
    case DH_A_SITE:
        return t.row;
    case DH_A_HALL:
        return f->hall_site[t.row];
    case DH_A_CDU:
        return f->cdu_site[t.row];
    case DH_A_CPLANT:
        return f->cplant_site[t.row];
    case DH_AN_LPLANT:
        return f->lplant_site[t.row];
    case DH_A_RACK:
        return f->rack_site[t.row];
    default:
        return 0;
    }
}

void dh_draw_weather(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    const struct dh_facility *f = v->facility;
    int32_t site = chosen_site(v), shown = 0;
    float s = v->s, line = dh_line(v, DH_SMALL);
    dh_scene_rect(scene, (struct dh_box){box.x, box.y, box.w, 1}, DH_RULE);
    box = dh_box_inset(box, 6 * s);
    struct dh_box words = dh_box_cut_x(&box, 150 * s);
    for (int32_t k = 0; k < f->n_cplant && shown < 2; k++) {
        if (f->cplant_site[k] != site || box.h < 3 * line || !trace_of(v, DH_COLUMN_cplant_mode, k))
            continue;
        struct dh_box strip = dh_box_cut_y(&box, -line), label = dh_box_cut_y(&words, -line);
        dh_box_cut_x(&strip, 48 * s);
        draw_modes(v, scene, (struct dh_box){strip.x, strip.y + 1 * s, strip.w, strip.h - 1 * s}, k);
        dh_scene_wordf(scene, label, dh_plain(DH_SMALL, DH_INK_PLAIN), "mode of %s", f->cplant_spec[k]->id);
        shown++;
    }
    draw_curves(v, scene, box, words, site);
}
