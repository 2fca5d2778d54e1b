/* In what two effective scenarios differ: attributes by path. */
#ifndef DH_SCENARIOS_SCENARIO_DIFF_H
#define DH_SCENARIOS_SCENARIO_DIFF_H

#include "sim/arena.h"
#include "sim/diag.h"

#include <stddef.h>

/* A difference: "site[@id='iad']/hall[@id='air']/@supply". NULL: that scenario has no such attribute. */
struct dh_scenario_change {
    const char *path, *base, *other;
};

/* Elements are told by their ids, else by their number among those of their name; base= has been resolved in
 * effective scenarios. *changes lives in arena, in the order of the base, then what the other has besides.
 * Either text may come from anywhere: it is read like a scenario. DH_ERR_XML and its like, DH_ERR_MEMORY. */
enum dh_err dh_scenario_diff(struct dh_arena *arena, const char *base, const char *other,
                             struct dh_scenario_change **changes, int32_t *n, struct dh_diag *diag);

#endif
