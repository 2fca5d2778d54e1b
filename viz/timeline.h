/* The timeline's parts. Private to viz/timeline*.c, viz/event_strip.c and who answers the mouse. */
#ifndef DH_VIZ_TIMELINE_H
#define DH_VIZ_TIMELINE_H

#include "viz/parts.h"

/* Pixel of an instant, s, in the plot of the last draw. */
float dh_timeline_x(const struct dh_view *view, double at_s);

float dh_event_strip_height(const struct dh_view *view);
void dh_draw_event_strip(struct dh_view *view, struct dh_scene *scene, struct dh_box box);

/* ---- the mouse, x in pixels */
double dh_timeline_s(const struct dh_view *view, float x); /* the instant there, s */
void dh_timeline_seek(struct dh_view *view, float x);      /* on the bar of the transport */
void dh_timeline_to_event(struct dh_view *view, float x);  /* that the strip shows there */
void dh_timeline_move(struct dh_view *view, float x);      /* the shown part, on the overview */
void dh_timeline_end_brush(struct dh_view *view, float x);
void dh_timeline_zoom(struct dh_view *view, float x, float factor);

#endif
