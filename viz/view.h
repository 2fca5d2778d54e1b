/* The view: what is shown and how it answers, without a screen. Feed it input and time, and it writes scenes;
 * viz/sdl puts them on a window or into a picture, tests read them as they are. */
#ifndef DH_VIZ_VIEW_H
#define DH_VIZ_VIEW_H

#include "models/action.h"
#include "viz/palette.h"
#include "viz/scene.h"
#include "viz/source.h"

struct dh_view;

enum dh_view_tab { DH_TAB_FLOOR, DH_TAB_POWER, DH_TAB_COOLING, DH_TAB_NETWORK, DH_TAB_WORK, DH_N_TAB };
extern const char *const dh_tab_names[DH_N_TAB];

/* What is selected, or pointed at: a row of the facility. */
enum dh_view_what {
    DH_NOTHING,
    DH_A_RACK,
    DH_A_STAGE,
    DH_A_HALL,
    DH_A_CDU,
    DH_A_CPLANT,
    DH_AN_LPLANT,
    DH_AN_ONSITE,
    DH_A_SITE,
    DH_A_FABRIC,
    DH_A_STORE,
    DH_A_SERVICE,
    DH_A_JOB,    /* of the run's list */
    DH_A_LINK,   /* between switches: a row of link columns */
    DH_A_SWITCH, /* or domain: a row of netunit columns */
    DH_N_WHAT
};
struct dh_view_thing {
    enum dh_view_what what;
    int32_t row;
};

enum dh_view_key {
    DH_KEY_NONE = 0, /* printable keys are their lower-case character */
    DH_KEY_LEFT = 256,
    DH_KEY_RIGHT,
    DH_KEY_UP,
    DH_KEY_DOWN,
    DH_KEY_HOME,
    DH_KEY_END,
    DH_KEY_PAGE_UP,
    DH_KEY_PAGE_DOWN,
    DH_KEY_ENTER,
    DH_KEY_ESCAPE,
    DH_KEY_BACKSPACE,
    DH_KEY_TAB,
    DH_KEY_F11
};

enum dh_view_input_kind { DH_IN_KEY, DH_IN_TEXT, DH_IN_DOWN, DH_IN_UP, DH_IN_MOVE, DH_IN_WHEEL, DH_IN_LEAVE };

struct dh_view_input {
    enum dh_view_input_kind kind;
    int key; /* enum dh_view_key or a character */
    bool shift, ctrl;
    int button; /* 1 left, 2 middle, 3 right */
    float x, y; /* pixels; of the wheel: where the pointer is */
    float wheel;
    char text[16]; /* UTF-8 */
};

/* What the view asks of whoever drives it, since the last time it was asked. */
enum dh_view_wish {
    DH_WISH_QUIT = 1,
    DH_WISH_FULLSCREEN = 2,
    DH_WISH_PICTURE = 4, /* a PNG with its sidecar */
    DH_WISH_COPY = 8,    /* dh_view_copy to the clipboard */
    DH_WISH_RECORD = 16, /* frames to files, from now on or no longer */
    DH_WISH_ACT = 32,    /* to do something in the run: dh_view_deed has it */
};

/* One source, or two to be compared. They are borrowed. DH_ERR_MEMORY. */
enum dh_err dh_view_open(struct dh_view **out, struct dh_source *const *sources, int32_t n);
void dh_view_close(struct dh_view *view);

/* Pixels of the picture; scale 0: from the height. At least 320 x 200 is drawn, less is cut. */
void dh_view_resize(struct dh_view *view, int w, int h, int scale);
/* The built-in bitmap font instead of DejaVu. */
void dh_view_bitmap_font(struct dh_view *view, bool bitmap);

void dh_view_input(struct dh_view *view, const struct dh_view_input *input);
/* `wall_s` later: moves the shown instant on while it plays, and takes in what a run has done. Whether the
 * picture has changed since the last draw. */
bool dh_view_tick(struct dh_view *view, double wall_s);
/* The scene must live until the next one is drawn: the mouse is looked up in it. */
void dh_view_draw(struct dh_view *view, struct dh_scene *scene);
unsigned dh_view_wishes(struct dh_view *view);

/* What the user wants done in the run, as dh_sim_act takes it; "" where nothing is said. */
struct dh_view_deed {
    char deed[12], what[DH_ACTION_TEXT + 1], value[48], lasts[48];
};
/* Somebody hears: buttons are shown. A replay has none. */
void dh_view_hear(struct dh_view *view, bool heard);
/* The next one; false: there is none. Each is answered: it is planned, or what is wrong with it. */
bool dh_view_deed(struct dh_view *view, struct dh_view_deed *out);
void dh_view_answer(struct dh_view *view, bool good, const char *text);
/* The next tick says that the picture has changed. */
void dh_view_redraw(struct dh_view *view);
/* Does it change by itself (a run, a replay that plays)? Is somebody typing a name? */
bool dh_view_moves(const struct dh_view *view);
bool dh_view_follows(const struct dh_view *view); /* the newest instant of a run, as it comes */
bool dh_view_wants_text(const struct dh_view *view);

/* For the command line and tests. Words are names or numbers as the keys have them ("2", "cooling"); false:
 * there is none such. A time is an instant ("2026-07-14T15:00") or a length of time after the start ("36 h").
 */
bool dh_view_tab_of(const char *word, enum dh_view_tab *tab);
bool dh_view_overlay_of(const char *word, int *overlay); /* 1 to 9 */
bool dh_view_time_of(const struct dh_view *view, const char *word, dh_time *at);
bool dh_view_span_of(const char *word, dh_time *span); /* "1 h" */
void dh_view_seek(struct dh_view *view, dh_time at);
dh_time dh_view_at(const struct dh_view *view);
void dh_view_show_tab(struct dh_view *view, enum dh_view_tab tab);
/* 1 to 9, as the keys; false: there is none. */
bool dh_view_show_overlay(struct dh_view *view, int overlay);
/* Of two results: the difference of each rack on one floor, or both side by side. False: it has none, as
 * there are no two, or their racks are not the same. */
bool dh_view_show_difference(struct dh_view *view, bool shown);
/* By its name, as search finds it: the nearest. False: nothing is called so. */
bool dh_view_select(struct dh_view *view, const char *name);
void dh_view_play(struct dh_view *view, bool playing, double speed); /* simulated s a second; 0: as it is */
/* What is selected as lines of tab-separated values; belongs to the view. */
const char *dh_view_copy(struct dh_view *view);
/* What a picture shows, as JSON: time, scenario, tab, overlay, selection, scale of colours. */
struct dh_text;
void dh_view_sidecar(struct dh_view *view, struct dh_text *out);

#endif
