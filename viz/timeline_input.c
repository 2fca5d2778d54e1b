/* How the timeline and the bar of the transport answer the mouse. */
#include "viz/timeline.h"

#include <math.h>

static double share_at(struct dh_box box, float x) {
    return box.w > 0 ? fmin(fmax((x - box.x) / box.w, 0), 1) : 0;
}

double dh_timeline_s(const struct dh_view *v, float x) {
    return v->from_s + share_at(v->plot, x) * (v->to_s - v->from_s);
}

void dh_timeline_seek(struct dh_view *v, float x) {
    const struct dh_source *s = v->source;
    v->following = false;
    if (s->newest != DH_TIME_NONE) /* not beyond it: dh_view_seek */
        dh_view_seek(v, s->begin + (dh_time)(share_at(v->seek, x) * (double)(s->horizon - s->begin)));
}

/* To the event that the strip shows there, and what it is about. */
void dh_timeline_to_event(struct dh_view *v, float x) {
    int32_t others;
    int64_t i = dh_event_strip_at(v, x, &others);
    if (i < 0)
        return;
    v->following = v->playing = false;
    dh_view_seek(v, v->source->events[i].at);
    dh_view_choose(v, dh_event_thing(v, &v->source->events[i]));
}

/* The shown part of the time, about where the pointer is in the whole. */
void dh_timeline_move(struct dh_view *v, float x) {
    double begin = (double)v->source->begin / DH_NS_PER_S, end = (double)v->source->horizon / DH_NS_PER_S;
    double span = v->to_s - v->from_s, from = begin + share_at(v->overview, x) * (end - begin) - span / 2;
    v->from_s = fmax(fmin(from, end - span), begin);
    v->to_s = v->from_s + span;
}

void dh_timeline_end_brush(struct dh_view *v, float x) {
    double a = v->brush_s, b = dh_timeline_s(v, x);
    if (v->moved && fabs(b - a) > 1) {
        v->from_s = fmin(a, b);
        v->to_s = fmax(a, b);
        v->all_time = false;
    } else {
        v->following = false;
        dh_view_seek(v, dh_view_instant(a));
    }
    v->brush_s = NAN;
}

void dh_timeline_zoom(struct dh_view *v, float x, float factor) {
    double at = dh_timeline_s(v, x), from = at - (at - v->from_s) * factor, to = at + (v->to_s - at) * factor;
    if (to - from < 10)
        return;
    double begin = (double)v->source->begin / DH_NS_PER_S, end = (double)v->source->horizon / DH_NS_PER_S;
    v->from_s = fmax(from, begin);
    v->to_s = fmin(to, end);
    v->all_time = v->from_s <= begin && v->to_s >= end;
}
