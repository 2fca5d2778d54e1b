/* Profiles of devices, stage by stage of the reading. What <device profile=> names replaces the device's
 * constants of the same kernels and number formats, and what these count on (multiprocessors, cache, memory
 * bandwidth). The device's other constants stay where that basis is the same within 0.1 %, else they are left
 * out: they would mean another machine. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_PROFILE_H
#define DH_SCENARIOS_SCENARIO_PROFILE_H

#include "scenarios/scenario_tree.h"

/* Lets devices without a profile take the given ones (options.profiles) that are of their name. After bases
 * and --set, before structs. */
enum dh_err dh_profiles_attach(struct dh_tree *tree);

/* A given profile that no device takes is a mistake. Keeps what follows a profile in use. After
 * dh_refs_mark. */
void dh_profiles_check_used(struct dh_tree *tree);

/* Puts the constants in place. After pruning. */
void dh_profiles_apply(struct dh_tree *tree, struct dh_scenario *scenario);

#endif
