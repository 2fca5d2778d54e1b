/* Diagrams that fill their pane's width and are moved and zoomed in height: the power and the cooling tab.
 * And what both are drawn with: lines as wide as what flows through them, dashes, marks. */
#ifndef DH_VIZ_DIAGRAM_H
#define DH_VIZ_DIAGRAM_H

#include "viz/parts.h"

/* Zoom about a pixel's height; move by so many pixels of content. */
void dh_diagram_zoom(struct dh_view *view, float y, float factor);
void dh_diagram_pan(struct dh_view *view, float dy);
/* Where the content's top is drawn: takes the pane and the content's height into account, and makes the pane
 * answer the mouse. */
float dh_diagram_begin(struct dh_view *view, struct dh_scene *scene, struct dh_box pane, float content_h);
/* Something else is selected than at the last draw. Where its box is out of sight, the diagram is moved:
 * true, and it has to be placed again. */
bool dh_diagram_is_new(struct dh_view *view);
bool dh_diagram_reveal(struct dh_view *view, struct dh_box box);
/* A thumb at the pane's right side where the content is higher than it. */
void dh_diagram_thumb(struct dh_view *view, struct dh_scene *scene);
/* How high the content is to be: the pane's height times the zoom. */
float dh_diagram_height(const struct dh_view *view, struct dh_box pane);
/* The diagram of the tab that is shown; NULL: it has none. */
struct dh_diagram *dh_diagram_of(struct dh_view *view);

/* A line from left to right through points (x, y), level at each of them and curved between the first and the
 * second, the third and the fourth, …; between the second and the third it runs straight. At least a pixel
 * wide. */
void dh_flow(struct dh_scene *scene, const float *xy, int32_t n, float width, uint32_t color);
/* The same course, dashed and thin: nothing flows. */
void dh_flow_dashed(struct dh_scene *scene, const float *xy, int32_t n, float width, uint32_t color,
                    float dash);

/* A small round badge with a letter. */
void dh_badge(struct dh_view *view, struct dh_scene *scene, struct dh_box box, uint32_t color,
              const char *letter);
void dh_circle(struct dh_scene *scene, float x, float y, float radius, float width, uint32_t color);
/* A colour between two, share 0 to 1. */
uint32_t dh_mix(uint32_t a, uint32_t b, double share);
/* A ramp of colours with its ends in a unit, in a strip: "name  0 [████] 100 %"; cuts off what it used. */
void dh_ramp(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *name,
             const uint32_t *colors, double low, double high, const char *unit);

/* Colour of a plant's mode, as cplant_mode has it. */
uint32_t dh_mode_color(double mode);
/* Dry and wet bulb of the site of what is selected, or of the first, and the modes of its plants. */
void dh_draw_weather(struct dh_view *view, struct dh_scene *scene, struct dh_box box);

#endif
