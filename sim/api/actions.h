/* What somebody does in a run: from the scenario, a file, and another thread. Private to sim/api. */
#ifndef DH_SIM_API_ACTIONS_H
#define DH_SIM_API_ACTIONS_H

#include "sim/api/internal.h"

struct dh_acts;

/* Once the facility is compiled: the scenario's own deeds, and those of a file whose rows say `do`. The
 * caller closes it, also after a failure (*acts may be NULL). */
enum dh_err dh_acts_open(struct dh_acts **acts, const struct dh_facility *facility,
                         const struct dh_scenario_changes *changes, struct dh_diag *diag);
void dh_acts_close(struct dh_acts *acts);

/* Those whose time is known, into the options of the run; and those that come up, into the run. */
enum dh_err dh_acts_begin(struct dh_acts *acts, struct dh_world_options *options, struct dh_diag *diag);
void dh_acts_listen(struct dh_acts *acts, struct dh_world *world);
void dh_acts_end(struct dh_acts *acts); /* the run is over: nobody is heard any more */

/* Does a file of --events have rows of deeds, not of trips alone? */
enum dh_err dh_events_have_deeds(const char *path, bool *have, struct dh_diag *diag);

#endif
