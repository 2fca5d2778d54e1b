/* What the parts of the view share. Private to viz/view*.c, viz/tab_*.c and their like. */
#ifndef DH_VIZ_PARTS_H
#define DH_VIZ_PARTS_H

#include "sim/text.h"
#include "models/equipment.h"
#include "viz/alerts.h"
#include "viz/charts.h"
#include "viz/condition.h"
#include "viz/cooling_map.h"
#include "viz/deeds.h"
#include "viz/floor.h"
#include "viz/format.h"
#include "viz/overlay.h"
#include "viz/pins.h"
#include "viz/power_plan.h"
#include "viz/rack_mark.h"
#include "viz/so_far.h"
#include "viz/view.h"

/* Kinds of hits; the row says which. */
enum dh_hit_kind {
    DH_HIT_TAB = 1,
    DH_HIT_OVERLAY,
    DH_HIT_KPI, /* row: enum dh_kpi */
    DH_HIT_PLAY,
    DH_HIT_SLOWER,
    DH_HIT_FASTER,
    DH_HIT_STEP,     /* row: -1 back, 1 on */
    DH_HIT_EVENT,    /* row: -1 the one before, 1 the next */
    DH_HIT_SEEK,     /* the bar of the transport */
    DH_HIT_TIMELINE, /* its plot */
    DH_HIT_EVENTS,   /* the strip above it */
    DH_HIT_SERIES,   /* row: place in the legend */
    DH_HIT_OVERVIEW, /* where the shown part of the time is moved */
    DH_HIT_FLOOR,    /* the pane: the floor finds its rack itself */
    DH_HIT_CLOSE,    /* whatever lies on top */
    DH_HIT_HELP,
    DH_HIT_SEARCH,
    DH_HIT_PALETTE,
    DH_HIT_SCALE,
    DH_HIT_FOLLOW, /* to the newest instant of a run */
    DH_HIT_FOUND,  /* row: of what the search found */
    DH_HIT_TIMELINE_ALL,
    DH_HIT_SPEEDS, /* opens the list */
    DH_HIT_SPEED,  /* row: of dh_speeds */
    DH_HIT_SITE,   /* opens or closes the page of the site */
    DH_HIT_DIFFERENCE,
    DH_HIT_DEED,   /* row: of dh_deed_buttons */
    DH_HIT_WARMER, /* row: K */
    DH_HIT_FIELD,  /* row: of the dialog */
    DH_HIT_SEND,
    DH_HIT_UNPIN,     /* row: of what is compared */
    DH_HIT_KEY,       /* row: a key, as if it were pressed */
    DH_HIT_PANEL,     /* swallows the mouse */
    DH_HIT_DIAGRAM,   /* the pane of the power or the cooling tab: moved and zoomed in height */
    DH_HIT_THING = 64 /* + enum dh_view_what; the row is its */
};

enum dh_scale_mode { DH_SCALE_FIXED, DH_SCALE_RATING, DH_SCALE_AUTO, DH_N_SCALE };

enum { DH_VIEW_FOUND = 12, DH_VIEW_MARKS = 64, DH_STRIP_PIXELS = 4096, DH_N_SPEED = 15 };

/* Where the floor is seen from: pixels of a metre, and what metre is at the pane's top left. */
struct dh_camera {
    float zoom, x, y;
    bool fitted; /* to the pane, again whenever that changes */
};

/* What part of a diagram is seen; zoom 0 counts as 1: all of it, as far as it fits. */
struct dh_diagram {
    float zoom, y;
    struct dh_box pane;        /* at the last draw */
    float content_h;           /* likewise */
    struct dh_view_thing seen; /* what was selected then: what is chosen anew is brought into sight */
};

/* Which classes of events there are in each pixel of the timeline, as far as they were taken in. */
struct dh_event_strip {
    double from_s, to_s;
    int n;
    int64_t n_event;                  /* the next one */
    uint8_t classes[DH_STRIP_PIXELS]; /* bit k: there is one of enum dh_event_class k */
};

/* A chart's columns of pixels, as they were found last (dh_spark). */
enum { DH_VIEW_SPARKS = 32 };
struct dh_spark_columns {
    const struct dh_trace *trace; /* of what, with so many rows and times; NULL: of nothing yet */
    int64_t rows, times;
    double from_s, to_s, low, high;
    int32_t n, known; /* columns; those up to where nothing is known any more */
    struct dh_trace_block *blocks;
    int64_t used; /* when it was asked for last */
};

struct dh_view {
    struct dh_source *source;
    struct dh_view *twin; /* of the result to be compared with (viz/twin.h); NULL: none */
    bool difference;      /* on one floor, instead of side by side */
    const struct dh_facility *facility;
    struct dh_type type;
    int w, h;                 /* of what is drawn */
    int picture_w, picture_h; /* of what is seen of it */
    float s;                  /* scale, as a number */
    enum dh_view_tab tab;
    int overlay; /* 0 … DH_N_OVERLAY - 1 */
    enum dh_palette palette;
    enum dh_scale_mode scale;
    struct dh_floor floor;
    struct dh_camera camera;
    struct dh_box pane; /* of the floor, at the last draw */
    struct dh_power_map power_map;
    struct dh_power_plan power_plan;
    struct dh_cooling_map cooling; /* as it was drawn last */
    struct dh_diagram power_diagram, cooling_diagram;
    /* Time. */
    dh_time at;
    bool playing, following; /* following: the newest of a run */
    double speed;            /* simulated s a second; infinite: as fast as makes sense */
    double carry_s;          /* of a step that was too short to be one */
    /* Charts. */
    struct dh_charts charts;
    struct dh_event_strip strip;
    double from_s, to_s; /* what the timeline shows */
    bool all_time;       /* from the start to the end, whatever that is */
    dh_time marks[DH_VIEW_MARKS];
    int32_t n_mark;
    struct dh_box plot;                      /* of the timeline, at the last draw */
    struct dh_box overview, seek, speed_box; /* likewise; the last two of the transport */
    /* What the mouse does. */
    float mouse_x, mouse_y;
    bool mouse_in, dragging, moved;
    int drag_kind;                                      /* enum dh_hit_kind */
    float drag_x, drag_y, drag_camera_x, drag_camera_y; /* of a diagram: y alone */
    double brush_s;                                     /* where a brush over the timeline began; NAN: none */
    /* What is looked at. */
    struct dh_view_thing hover, selected;
    struct dh_view_thing pins[DH_VIEW_PINS]; /* to be compared */
    int32_t n_pin;
    int32_t hover_kind, hover_row; /* the hit under the pointer; kind 0: none */
    bool help, searching, choosing_speed;
    bool wide;       /* the inspector has a place of its own; else it lies over the pane, */
    bool site_shown; /* and this is whether the page of the site does */
    struct dh_alerts alerts;
    struct dh_sums sums;
    double design_w; /* of all racks */
    char search[64];
    struct dh_view_thing found[DH_VIEW_FOUND];
    int32_t n_found, found_at;
    bool colors_shown; /* shades are those of `shown_at` and of the overlay */
    struct dh_overlay_scale colors;
    uint8_t *shade;                  /* of each rack: 0 … 255 */
    uint8_t *state;                  /* enum dh_rack_state of each rack */
    struct dh_rack_marks rack_marks; /* as of `colors_shown` */
    struct {                         /* nodes of a job, as asked for last */
        int32_t *nodes, n, job;
        dh_time at;
        bool known;
    } places;
    char tip[256];
    struct dh_spark_columns sparks[DH_VIEW_SPARKS];
    int64_t sparks_used;
    struct dh_text copy;
    const struct dh_scene *drawn; /* the last picture, for what the mouse is over; borrowed */
    struct dh_deeds deeds;
    struct dh_conditions conditions;
    struct dh_equipment equipment; /* groups that incidents name; none where memory was short */
    unsigned wishes;
    bool changed;
};

/* ---- parts: each draws itself into a box */
void dh_draw_kpi(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_tabs(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_timeline_span(struct dh_view *view); /* from_s … to_s, whether it is drawn or not */
void dh_draw_timeline(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_transport(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_inspector(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_help(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_search(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_tip(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_speeds(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
float dh_kpi_height(const struct dh_view *view);
void dh_draw_floor(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_power(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_cooling(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_network(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_work(struct dh_view *view, struct dh_scene *scene, struct dh_box box);

/* Jobs over time, from and to in s; and one in the inspector. */
void dh_draw_gantt(struct dh_view *view, struct dh_scene *scene, struct dh_box box, double from_s,
                   double to_s);
void dh_draw_job(struct dh_view *view, struct dh_scene *scene, struct dh_box *in, int32_t row);
const char *dh_job_word(const struct dh_view_job *job);
void dh_job_tip(struct dh_view *view, int32_t row, char *room, size_t n);
/* Nodes of a job at the shown instant; until the next call. */
const int32_t *dh_view_places(struct dh_view *view, int32_t job, int32_t *n);
/* A job's own colour, the same everywhere. */
static inline uint32_t dh_job_color(int32_t row) {
    return dh_category_color((int32_t)((uint64_t)(uint32_t)row * 2654435761u % 8));
}

/* ---- the floor's camera */
void dh_camera_fit(struct dh_view *view, struct dh_box pane);
void dh_camera_zoom(struct dh_view *view, float x, float y, float factor);
/* The rack under a pixel; -1: none. */
int32_t dh_camera_rack(const struct dh_view *view, float x, float y);

/* ---- time */
/* The instant s seconds after the start, whatever a picture of no width or a file make of s. */
static inline dh_time dh_view_instant(double s) {
    return dh_time_from_s(s > -9e9 ? s < 9e9 ? s : 9e9 : s <= -9e9 ? -9e9 : 0);
}
double dh_view_value(struct dh_view *view, enum dh_column_id column, int32_t row);
void dh_view_follow(struct dh_view *view);
/* To the next event (1) or the one before (-1). */
void dh_view_to_event(struct dh_view *view, int way);
void dh_view_to_row(struct dh_view *view, int rows);
extern const double dh_speeds[DH_N_SPEED];
double dh_view_speed(const struct dh_view *view); /* finite */

/* ---- things */
/* Its name, as the scenario says; "" where it has none. */
const char *dh_thing_name(const struct dh_view *view, struct dh_view_thing thing, char room[static 96]);
/* The same, however long it is; "" of a job. */
const char *dh_thing_id(const struct dh_view *view, struct dh_view_thing thing);
const char *dh_what_name(enum dh_view_what what);
/* What the columns of its figures are rows of ("rack", "cdu"); NULL: it has none. */
const char *dh_thing_rows(enum dh_view_what what);
/* A column of those in words, without its entity and unit: "power". */
const char *dh_column_words(const struct dh_column *column, char room[static 64]);
int32_t dh_thing_count(const struct dh_view *view, enum dh_view_what what);
void dh_view_choose(struct dh_view *view, struct dh_view_thing thing);
void dh_view_search(struct dh_view *view); /* fills found from search */
/* What an event is about, in words: "ups-a: breaker trip, 1.24"; in room. */
const char *dh_event_text(const struct dh_view *view, const struct dh_view_event *event, char *room,
                          size_t n);
void dh_event_names(struct dh_view *view);                /* once: what incidents call equipment */
bool dh_event_matters(const struct dh_view_event *event); /* worth a mark on the timeline */
/* The gravest first. */
enum dh_event_class {
    DH_EVENT_QUIET,   /* no mark */
    DH_EVENT_FAILURE, /* something broke, lost its power, or a job its nodes */
    DH_EVENT_LIMIT,   /* a limit was met or an objective missed */
    DH_EVENT_DEED,    /* planned, or done by hand */
    DH_EVENT_GOOD,    /* back in order */
    DH_N_EVENT_CLASS
};
enum dh_event_class dh_event_class(enum dh_incident kind);
/* What happened where its name alone says little: "breaker opened at 124 %". False: its name will do. */
bool dh_event_words(const struct dh_view_event *event, char room[static DH_FORMAT_ROOM]);
const char *dh_event_mark(enum dh_event_class event_class); /* a character: no two alike */
uint32_t dh_event_color(enum dh_event_class event_class);
/* The event that the strip shows at a pixel: the gravest, -1: none; and how many others there are. Its tip.
 */
int64_t dh_event_strip_at(const struct dh_view *view, float x, int32_t *others);
void dh_event_strip_tip(const struct dh_view *view, float x, char *room, size_t n);
struct dh_view_thing dh_event_thing(const struct dh_view *view, const struct dh_view_event *event);
/* What shows a group of equipment: a row of racks by its first one. */
struct dh_view_thing dh_group_thing(const struct dh_facility *f, const struct dh_equipment_group *group);

/* ---- looks */
static inline struct dh_style dh_plain(enum dh_type_size size, uint32_t color) {
    return (struct dh_style){size, false, DH_LEFT, color};
}
static inline struct dh_style dh_bold(enum dh_type_size size, uint32_t color) {
    return (struct dh_style){size, true, DH_LEFT, color};
}
static inline struct dh_style dh_aligned(struct dh_style style, enum dh_align align) {
    style.align = align;
    return style;
}
float dh_line(const struct dh_view *view, enum dh_type_size size); /* height of a line */
/* A button with a word, pressed or not; answers as a hit. */
void dh_button(struct dh_view *view, struct dh_scene *scene, struct dh_box box, const char *word, bool on,
               int32_t kind, int32_t row, const char *tip);
/* A panel's ground with its title; the box that is left inside. */
struct dh_box dh_panel(struct dh_view *view, struct dh_scene *scene, struct dh_box box, const char *title);
/* A row "name … value unit" of a table; moves the box down. */
void dh_row(struct dh_view *view, struct dh_scene *scene, struct dh_box *box, const char *name, double value,
            const char *unit);
void dh_row_text(struct dh_view *view, struct dh_scene *scene, struct dh_box *box, const char *name,
                 const char *text);
/* A bar of a share of 1 with its limit marked; red and hatched beyond it. */
void dh_bar(struct dh_scene *scene, struct dh_box box, double share, uint32_t color);
/* The first of several texts, one a line, that fits a width: "loss 66.1 kW, 0.3 %\nloss 66.1 kW"; "" where
 * none does. In room. */
const char *dh_fitting(const struct dh_view *view, enum dh_type_size size, bool bold, float w,
                       const char *forms, char *room, size_t n);
/* The last 24 hours of a figure as a chart without words, from zero, with its limit dashed (NAN: none), if
 * there is a history and the box is large enough for it. Is there a history? */
bool dh_small_day(struct dh_view *view, struct dh_scene *scene, struct dh_box box, enum dh_column_id column,
                  int32_t row, double limit);
bool dh_has_day(struct dh_view *view, enum dh_column_id column, int32_t row);
/* A small chart of a trace over a stretch of time, s, between low and high. */
void dh_spark(struct dh_view *view, struct dh_scene *scene, struct dh_box box, const struct dh_trace *trace,
              double from_s, double to_s, double low, double high, uint32_t color);

#endif
