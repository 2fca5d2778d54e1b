/* A power graph in a test: a scenario with one site, given by its <power> and its rows. */
#ifndef DH_TESTS_POWER_WORLD_H
#define DH_TESTS_POWER_WORLD_H

#include "models/power.h"

struct power_world {
    struct dh_scenario_file file;
    struct dh_facility f;
    struct dh_power p;
};

/* Racks draw exactly 100 kW: type "r", one node without GPUs, no losses. Fails the test where it cannot be
 * read. */
void power_world_open(struct power_world *w, const char *power, const char *rows);
void power_world_close(struct power_world *w);

/* Reads only; what the first message says, or "" when there is none. */
enum dh_err power_world_read(const char *power, const char *rows, char message[static 400]);

int32_t stage_of(const struct power_world *w, const char *id);
double share_of(const struct power_world *w, const char *id); /* output over the usable rating */

/* Sources + injected - racks - loads - losses - stored up to now, in uW ns: exactly 0. */
dh_uw_ns imbalance_of(const struct power_world *w, dh_time now);

#endif
