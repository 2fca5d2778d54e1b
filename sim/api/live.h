/* Profiles that take over during a run: those of the scenario with follows= and at=, and such as are measured
 * at intervals on the attached device. Private to sim/api. */
#ifndef DH_SIM_API_LIVE_H
#define DH_SIM_API_LIVE_H

#include "sim/api/internal.h"

struct dh_live {
    struct dh_sim *sim;
    struct dh_diag *diag;
    dh_time *pauses; /* rising */
    const struct dh_profile_spec **profiles;
    int32_t n;
    /* Measuring instead: every so many simulated seconds (0: never) the next profile is asked for. It follows
     * the one that the devices have, and lives as long as the run. */
    double every_s;
    enum dh_err (*measure)(void *self, double at_s, const struct dh_profile_spec **profile,
                           struct dh_diag *diag);
    void *self;
};

/* Readies the pauses of a run, for a live whose every_s, measure and self are set or 0. Errors of memory, and
 * of more than 100,000 pauses (DH_ERR_RANGE). */
enum dh_err dh_live_begin(struct dh_live *live, struct dh_sim *sim, struct dh_world_options *options,
                          struct dh_diag *diag);
void dh_live_free(struct dh_live *live);

#endif
