/* The inspector's sections, one for each kind of thing, and what they share. Private to viz/inspect*.c and
 * viz/draw_inspector.c. Each draws from the top of a box and cuts off what it used; what finds no room is
 * left out. */
#ifndef DH_VIZ_INSPECT_H
#define DH_VIZ_INSPECT_H

#include "viz/parts.h"

/* ---- the first page, and sections: rows of the facility, which exist */
void dh_inspect_site(struct dh_view *view, struct dh_scene *scene, struct dh_box *in);
void dh_inspect_rack(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t rack);
void dh_inspect_stage(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t stage);
void dh_inspect_onsite(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t onsite);
void dh_inspect_hall(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t hall);
void dh_inspect_cdu(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t cdu);
void dh_inspect_cplant(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t cplant);
void dh_inspect_lplant(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t lplant);
/* Whatever else: every recorded figure of one row, by the words of its columns. */
void dh_inspect_columns(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *rows,
                        int32_t row);

/* ---- shared */
/* Of what time figures of racks are: "mean 07:00–07:15", "at 07:15"; "" where that is the instant shown. */
const char *dh_rack_time(const struct dh_view *view, enum dh_overlay_time which, char room[static 64]);
void dh_inspect_heading(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *about);
/* False: there is no room for it and a line below it; nothing is drawn. */
bool dh_inspect_section(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *title);
/* "Output   1.1 MW of 2.4 MW" over a bar; beyond the limit the bar is red and hatched, and the text has a
 * mark. */
void dh_inspect_load(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *name,
                     double load_w, double limit_w);
/* A line that selects another thing: name to the left, text to the right. */
void dh_inspect_link(struct dh_view *view, struct dh_scene *scene, struct dh_box *in,
                     struct dh_view_thing thing, const char *name, const char *text);
/* The last 24 hours of a figure that has a history: its least and greatest, and a limit (NAN: none). */
void dh_inspect_day(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *title,
                    enum dh_column_id column, int32_t row, double limit);
/* The same of a rack's figure, or of any that has no trace. */
void dh_inspect_rack_day(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *title,
                         enum dh_column_id column, int32_t rack, double limit);
/* The same of what is left of a figure after another, both of which have traces. */
void dh_inspect_day_less(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, const char *title,
                         enum dh_column_id column, enum dh_column_id less, int32_t row, double limit);
/* The power stages that feed a part of the power graph, and what comes from each; nothing where none does. */
void dh_inspect_fed_by(struct dh_view *view, struct dh_scene *scene, struct dh_box *in,
                       enum dh_power_part part, int32_t row);
/* What happened to it last, the newest first, up to the instant shown; nothing where nothing did. */
void dh_inspect_events(struct dh_view *view, struct dh_scene *scene, struct dh_box *in,
                       struct dh_view_thing thing);

/* Its name and main figures in a line, for the tip at the pointer. */
void dh_thing_tip(struct dh_view *view, struct dh_view_thing thing, char *room, size_t n);

#endif
