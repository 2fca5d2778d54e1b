/* Looking at scenes: is every word where it can be read? And a result to look at. */
#ifndef DH_TESTS_VIEW_CHECK_H
#define DH_TESTS_VIEW_CHECK_H

#include <datahall/datahall.h>
#include "viz/view.h"

/* A view of a result made by simulating a scenario for a while: "scenarios/examples/small-hall.xml", "6 h".
 */
struct view_look {
    struct dh_sim *run, *plant;
    struct dh_source *source;
    struct dh_view *view;
    struct dh_diag *diag;
    struct dh_scene scene;
    char path[256];
};
void view_look_open(struct view_look *look, const char *scenario, const char *until);
/* The same with changes to the scenario. */
void view_look_open_with(struct view_look *look, const char *scenario,
                         const struct dh_scenario_changes *changes);
void view_look_close(struct view_look *look);

/* Draws, and says what is wrong with the words, if anything: beyond the picture, cut by a clip, or two that
 * overlap. Empty: nothing. Lives until the next call. */
const char *view_look_complaint(struct view_look *look);
/* How many words of the last picture end with an ellipsis because they had no room; view_look_tell_cut prints
 * them. */
int view_look_cut(const struct view_look *look);
void view_look_tell_cut(const struct view_look *look, const char *prefix);

/* Things of a kind; jobs: those that run at the instant shown. Selects the i-th and says its name. */
int32_t view_look_count(const struct view_look *look, enum dh_view_what what);
void view_look_select(struct view_look *look, enum dh_view_what what, int32_t i, char name[static 96]);

/* Is there a word that has this text in it? */
bool view_look_says(const struct view_look *look, const char *text);

#endif
