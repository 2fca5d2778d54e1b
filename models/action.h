/* What an operator does while the data center runs, in words: the one grammar of <event do=>, the file of
 * --events, live actions and /actions of a result.
 *
 *   do       what                              value           for
 *   trip     ID, ID/PART, …:N, …#N                             until put back; default: for good
 *   restore  ID, ID/PART, …:N, …#N
 *   set      HALL/supply, PLANT/supply, CDU/supply   26 degC    until it is over
 *            SITE/cap, STAGE/cap               1.2 MW, none    until it is over
 *            RACK/gpu-cap, ROW/gpu-cap         500 W, none     until it is over
 *            burst/threshold                   10 min          until it is over
 *   drain    RACK, ROW, RACK/node#3, ROW/node#3                until jobs start there again
 *   undrain  the same
 *   inject   its name; default: injected-N     GPUs            its work, mandatory
 *
 * Of several sets, or drains and undrains, of the same thing the one that was done last holds. One that is
 * over leaves the thing to the last of the others that are not, or as it was before all of them: a cap of 500
 * W for 1 h undoes no cap of 400 W for good that came meanwhile. */
#ifndef DH_MODELS_ACTION_H
#define DH_MODELS_ACTION_H

#include "models/equipment.h"

/* In the order of <event do=>. */
enum dh_deed { DH_DO_TRIP, DH_DO_RESTORE, DH_DO_SET, DH_DO_DRAIN, DH_DO_UNDRAIN, DH_DO_INJECT, DH_N_DEED };
/* "trip", …; NULL for what is none. */
const char *dh_deed_word(enum dh_deed deed);

/* What a set sets. */
enum dh_setting {
    DH_SET_SUPPLY,    /* row: of what cools, as in dh_plant_cooling_name; degC */
    DH_SET_SITE_CAP,  /* row: site; W */
    DH_SET_STAGE_CAP, /* row: stage; W */
    DH_SET_GPU_CAP,   /* row, n: racks; W of each GPU */
    DH_SET_BURST      /* s */
};

/* As given; "" or NULL: not given. No longer than DH_ACTION_TEXT. */
enum { DH_ACTION_TEXT = 200, DH_INJECT_MOST = 1000 };
struct dh_action_words {
    const char *deed, *what, *value, *lasts;
};

struct dh_action {
    dh_time at;
    enum dh_deed deed;
    enum dh_setting setting;
    struct dh_target target; /* of trip, restore */
    int32_t row, n;          /* set: as above; drain, undrain: first node and how many; inject: n GPUs */
    double value;            /* of set: SI; INFINITY: lifted */
    double for_s;            /* NAN: for good */
    const char *what, *value_text, *lasts; /* as given, "" where not; whose memory it is, the reader says */
    const char *at_text;
    bool kept; /* to be told in the result: it is in no scenario */
    /* of the run */
    bool done;
    double before; /* what a setting was before anybody set it */
    struct dh_action *next;
    struct dh_action *under; /* of those in force (world_action.c): the one done before it */
};

/* Reads words for this facility, equipment being all of it. Fills everything but the texts and times. One
 * message at place, with a hint: DH_ERR_VALUE, DH_ERR_DANGLING_REF, DH_ERR_RANGE, DH_ERR_MISSING,
 * DH_ERR_UNIT, DH_ERR_NUMBER. */
enum dh_err dh_action_read(struct dh_action *out, const struct dh_action_words *words,
                           const struct dh_facility *facility, const struct dh_equipment *equipment,
                           struct dh_place place, struct dh_diag *diag);

#endif
