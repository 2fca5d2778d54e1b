/* What can be done in a run that goes on, by buttons, keys and a small dialog: the view says what is wanted
 * as a deed in words, whoever drives it hands the words to the run (dh_sim_act) and answers. A replay has
 * none of it. State is part of the view; private to viz/. */
#ifndef DH_VIZ_DEEDS_H
#define DH_VIZ_DEEDS_H

#include "viz/view.h"

enum { DH_DEED_WAITING = 8, DH_DEED_FIELDS = 3, DH_DEED_TYPED = 48, DH_DEED_BUTTONS = 10 };

/* What is typed into the dialog. */
enum dh_deed_dialog { DH_DIALOG_NONE, DH_DIALOG_SET, DH_DIALOG_BURST, DH_DIALOG_JOB };

struct dh_set_supply {
    int64_t event;
    dh_time at;
    int32_t row; /* of what cools */
    double degc;
};

struct dh_deeds {
    bool heard, live; /* there is a run that listens; it went on when that was said: until it ends, then */
    struct dh_view_deed waiting[DH_DEED_WAITING];
    int32_t n_waiting;
    int32_t said_by[DH_DEED_WAITING], taken_from; /* serials of dialogs, 0: none; of the deed taken last */
    char answer[160];                             /* to the last deed */
    bool good, of_dialog;                         /* of_dialog: that is open, or was last */
    struct dh_view_thing answered;                /* what was selected when it was asked for */
    /* A set-point that was asked for, until the run says so. */
    struct dh_view_thing asked;
    double asked_degc;
    int64_t asked_after; /* events there were then */
    /* Set-points that were changed, the last ones, among the events that were looked at so far. */
    struct dh_set_supply set[64];
    int32_t n_set;
    int64_t n_seen;
    /* The dialog. */
    enum dh_deed_dialog dialog;
    int32_t serial; /* of the last one that was opened, from 1 */
    char title[120], what[DH_ACTION_TEXT + 1];
    char typed[DH_DEED_FIELDS][DH_DEED_TYPED];
    int32_t n_field, field;
    char opened_by; /* a key whose letter is yet to come as text; 0: none */
};

struct dh_button_deed {
    const char *word, *tip;
    struct dh_view_deed deed; /* what it does at once; deed.deed[0] 0: it opens the dialog */
    enum dh_deed_dialog dialog;
};

struct dh_scene;
struct dh_box;

/* Takes in events that came since the last frame. */
void dh_deeds_look(struct dh_view *view);
/* Buttons of what is selected; how many. 0 where nobody listens. */
int32_t dh_deed_buttons(const struct dh_view *view, struct dh_button_deed out[static DH_DEED_BUTTONS]);
/* The supply set-point of a hall, CDU group or plant, degC: at the instant shown; and the newest, or what was
 * asked for. NAN: it has none. */
double dh_view_supply(const struct dh_view *view, struct dh_view_thing thing);
double dh_deed_supply(const struct dh_view *view, struct dh_view_thing thing);
/* Was it set by hand, by the instant shown? */
bool dh_supply_was_set(const struct dh_view *view, struct dh_view_thing thing);

/* Cuts the room that the buttons take off the bottom of a box; draws them there. */
struct dh_box dh_deeds_cut(struct dh_view *view, struct dh_box *in);
void dh_draw_deeds(struct dh_view *view, struct dh_scene *scene, struct dh_box box);
void dh_draw_dialog(struct dh_view *view, struct dh_scene *scene, struct dh_box all);

/* Answers to hits and keys. */
void dh_deed_press(struct dh_view *view, int32_t button); /* of dh_deed_buttons */
void dh_deed_warmer(struct dh_view *view, double by_k);   /* the set-point of what is selected */
bool dh_deed_key(struct dh_view *view, const struct dh_view_input *in); /* false: not one of ours */
void dh_deed_field(struct dh_view *view, int32_t field);
void dh_deed_typed(struct dh_view *view, const char *text);
void dh_deed_send(struct dh_view *view);  /* what the dialog says */
void dh_deed_close(struct dh_view *view); /* the dialog */

#endif
