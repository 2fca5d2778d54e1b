/* The world of a scenario in which one stage of the power graph is away for a while. */
#ifndef DH_TESTS_OUTAGE_WORLD_H
#define DH_TESTS_OUTAGE_WORLD_H

#include "models/world.h"

struct outage_world {
    struct dh_scenario_file file;
    struct dh_facility f;
    struct dh_job_list jobs;
    struct dh_weather weather;
    struct dh_bill bill;
    struct dh_world w;
};

struct outage {
    const char *stage;
    double from_s, to_s, until_s; /* away, back, end of the run */
};

/* Reads text, runs it and settles its power; incidents go to observer, unless it is NULL. Large: declare it
 * static. Fails the test where something fails. */
void outage_world_run(struct outage_world *o, const char *text, const struct outage *outage,
                      struct dh_observer *observer);
void outage_world_close(struct outage_world *o);

int32_t outage_world_stage(const struct outage_world *o, const char *id);

#endif
