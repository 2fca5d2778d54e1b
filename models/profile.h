/* Free GPUs over future time, as reservations leave them: a step function, kept by conservative backfill. */
#ifndef DH_MODELS_PROFILE_H
#define DH_MODELS_PROFILE_H

#include <datahall/err.h>
#include <datahall/time.h>

#include <stdint.h>

/* From `at` on, until the next step, so many GPUs are free. */
struct dh_profile_step {
    dh_time at;
    int64_t gpus;
};

/* {0}, then dh_profile_begin. The last step holds for ever. */
struct dh_profile {
    struct dh_profile_step *steps;
    int32_t first, n, room; /* steps[first .. n) */
};

/* All gpus free from now on. DH_ERR_MEMORY. */
enum dh_err dh_profile_begin(struct dh_profile *profile, dh_time now, int64_t gpus);

/* Forgets what lies before now. */
void dh_profile_advance(struct dh_profile *profile, dh_time now);

/* Earliest time from which so many GPUs stay free for that length; DH_TIME_MAX: never. */
dh_time dh_profile_earliest(const struct dh_profile *profile, int64_t gpus, dh_time length);

/* Takes GPUs from at (not before the profile's beginning) for a length; negative gpus give them back.
 * DH_ERR_MEMORY. */
enum dh_err dh_profile_take(struct dh_profile *profile, dh_time at, dh_time length, int64_t gpus);

void dh_profile_free(struct dh_profile *profile);

#endif
