/* Events above the timeline: a row for each kind of gravity, with a shape of its own. */
#include "viz/timeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    ROWS = 3,
    ALL = 1 << DH_EVENT_FAILURE | 1 << DH_EVENT_LIMIT | 1 << DH_EVENT_DEED | 1 << DH_EVENT_GOOD
};

/* Which classes there are in each pixel: counted anew where the span changes, else only what has come. */
static void take_events(struct dh_view *v, struct dh_event_strip *strip, int n) {
    const struct dh_source *s = v->source;
    bool same = strip->from_s == v->from_s && strip->to_s == v->to_s && strip->n == n &&
                strip->n_event <= s->n_event && strip->n_event > 0;
    if (!same) {
        memset(strip, 0, sizeof *strip);
        strip->from_s = v->from_s;
        strip->to_s = v->to_s;
        strip->n = n;
        strip->n_event = dh_source_event(s, dh_view_instant(v->from_s));
    }
    double per_s = n / (v->to_s - v->from_s);
    while (strip->n_event < s->n_event) {
        const struct dh_view_event *e = &s->events[strip->n_event];
        double pixel = ((double)e->at / DH_NS_PER_S - v->from_s) * per_s;
        if (!(pixel < n))
            break; /* behind the end: looked at again, which costs nothing */
        int at = pixel > 0 ? (int)pixel : 0;
        strip->n_event++;
        strip->classes[at] |= (uint8_t)(1u << dh_event_class(e->kind));
        int64_t next = (strip->classes[at] & ALL) == ALL /* nothing more to be seen here */
                           ? dh_source_event(s, dh_view_instant(v->from_s + (at + 1) / per_s))
                           : 0;
        strip->n_event = next > strip->n_event ? next : strip->n_event;
    }
}

static void draw_mark(struct dh_view *v, struct dh_scene *scene, struct dh_box row, float x,
                      enum dh_event_class class) {
    float s = v->s, h = row.h - 1 * s;
    uint32_t color = dh_event_color(class);
    if (class == DH_EVENT_FAILURE) { /* a block */
        dh_scene_rect(scene, (struct dh_box){x - 1 * s, row.y, 4 * s, h}, color);
    } else if (class == DH_EVENT_LIMIT) { /* a roof on a post */
        dh_scene_rect(scene, (struct dh_box){x - 1 * s, row.y, 4 * s, 2 * s}, color);
        dh_scene_rect(scene, (struct dh_box){x + 0.5f * s, row.y, 1 * s, h}, color);
    } else if (class == DH_EVENT_DEED) { /* a post on a foot */
        dh_scene_rect(scene, (struct dh_box){x + 0.5f * s, row.y, 1 * s, h}, color);
        dh_scene_rect(scene, (struct dh_box){x - 1 * s, row.y + h - 2 * s, 4 * s, 2 * s}, color);
    } else { /* a post */
        dh_scene_rect(scene, (struct dh_box){x + 0.5f * s, row.y, 1 * s, h}, color);
    }
}

/* The time in which GPUs of the cloud were held: it begins and ends where jobs leave and come back. */
static void draw_cloud(struct dh_view *v, struct dh_scene *scene, struct dh_box row) {
    const struct dh_trace *t = v->source->ops->trace(v->source, DH_COLUMN_burst_gpus, 0);
    int n = (int)(row.w / v->s), began = -1;
    if (!t || !(t->high > 0) || n <= 0)
        return;
    int64_t first = dh_source_row(v->source, dh_view_instant(v->from_s));
    for (int i = 0; i <= n; i++) {
        double end_s = v->from_s + (v->to_s - v->from_s) * (i + 1) / n;
        int64_t last = i < n ? dh_source_row(v->source, dh_view_instant(end_s)) : first;
        bool known = i < n && end_s - (v->to_s - v->from_s) / n <= (double)v->source->newest / DH_NS_PER_S;
        bool any = known && dh_trace_range(t, first < 0 ? 0 : first, last + 1).high > 0;
        first = last;
        if (any && began < 0)
            began = i;
        if (any || began < 0)
            continue;
        struct dh_box span = {row.x + (float)began * v->s, row.y, (float)(i - began) * v->s, row.h};
        dh_scene_rect(scene, span, 0xE69F00);
        dh_scene_rect(scene, (struct dh_box){span.x, span.y - 3 * v->s, 1 * v->s, 3 * v->s}, 0xE69F00);
        began = -1;
    }
}

float dh_event_strip_height(const struct dh_view *v) {
    return 7 * v->s * ROWS + 3 * v->s;
}

void dh_draw_event_strip(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    struct dh_event_strip *strip = &v->strip;
    float s = v->s;
    int n = (int)fminf(box.w / s, DH_STRIP_PIXELS);
    if (n <= 0 || !(v->to_s > v->from_s))
        return;
    take_events(v, strip, n);
    struct dh_box cloud = dh_box_cut_y(&box, -2 * s);
    for (int class = DH_EVENT_FAILURE; class < DH_N_EVENT_CLASS; class ++) {
        int line = class == DH_EVENT_FAILURE ? 0 : class == DH_EVENT_LIMIT ? 1 : 2, last = -9;
        struct dh_box row = {box.x, box.y + (float)line * 7 * s, box.w, 7 * s};
        for (int i = 0; i < n; i++)
            if (strip->classes[i] >> class & 1 && i - last >= 4) {
                last = i;
                draw_mark(v, scene, row, box.x + (float)i * box.w / (float)n, (enum dh_event_class) class);
            }
    }
    draw_cloud(v, scene, cloud);
}

int64_t dh_event_strip_at(const struct dh_view *v, float x, int32_t *others) {
    const struct dh_source *s = v->source;
    double per_pixel = (v->to_s - v->from_s) / (double)v->plot.w;
    double at_s = v->from_s + (double)(x - v->plot.x) * per_pixel, reach = 5 * (double)v->s * per_pixel;
    enum { MOST = 20000 };
    int64_t best = -1, first = dh_source_event(s, dh_view_instant(fmax(at_s - reach, 0)));
    *others = 0;
    for (int64_t i = first; i < s->n_event && i < first + MOST; i++) {
        double here_s = (double)s->events[i].at / DH_NS_PER_S;
        enum dh_event_class class = dh_event_class(s->events[i].kind);
        if (here_s > at_s + reach)
            break;
        if (class == DH_EVENT_QUIET)
            continue;
        *others += best >= 0;
        if (best < 0 || class < dh_event_class(s->events[best].kind) ||
            (class == dh_event_class(s->events[best].kind) &&
             fabs(here_s - at_s) < fabs((double)s->events[best].at / DH_NS_PER_S - at_s)))
            best = i;
    }
    return best;
}

void dh_event_strip_tip(const struct dh_view *v, float x, char *room, size_t n) {
    char when[DH_FORMAT_ROOM], text[160];
    int32_t others;
    int64_t i = dh_event_strip_at(v, x, &others);
    if (i < 0) {
        snprintf(room, n, "failures, limits, deeds and repairs; the line: jobs are in the cloud");
        return;
    }
    const struct dh_view_event *e = &v->source->events[i];
    size_t used = (size_t)snprintf(room, n, "%s %s   %s", dh_event_mark(dh_event_class(e->kind)),
                                   dh_format_instant(when, v->facility->start_unix_s, e->at, 1),
                                   dh_event_text(v, e, text, sizeof text));
    if (others > 0 && used < n)
        snprintf(room + used, n - used, "   and %d more here", (int)others);
}
