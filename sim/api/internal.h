/* What the files of the public API share. */
#ifndef DH_SIM_API_INTERNAL_H
#define DH_SIM_API_INTERNAL_H

#include <datahall/datahall.h>
#include "models/observer.h"
#include "models/world.h"
#include "output/summary.h"
#include "scenarios/scenario.h"
#include "scenarios/series.h"

enum { DH_MAX_WATCHERS = 4 };

struct dh_sim {
    struct dh_scenario_file file;
    struct dh_facility facility;
    struct dh_job_list jobs;           /* until the run takes them */
    struct dh_request_list *requests;  /* of each service */
    struct dh_weather *weather;        /* of each site, until the run takes them */
    struct dh_bill *bills;             /* of each site */
    struct dh_series *prices, *carbon; /* of each site; n = 0: none */
    struct dh_world world;
    struct dh_summary summary, audit;
    struct dh_performance performance;
    bool ran, has_world;
    struct dh_observer watchers[DH_MAX_WATCHERS];
    int32_t n_watcher;
    struct dh_acts *acts; /* sim/api/actions.h */
    struct dh_live *live; /* who measures during the run (sim/api/live.h); NULL: no one. Borrowed */
    /* of the run in progress */
    const struct dh_run_options *options;
    double started_s;
};

/* Seconds of a monotonic clock, and of processor time of all threads. */
double dh_wall_s(void);

/* Adds what changes->trips and changes->events ask for to the scenario that was read. */
enum dh_err dh_add_trips(struct dh_sim *sim, const struct dh_scenario_changes *changes, struct dh_diag *diag);

/* Reads the logs of requests, and sees that each service fits its GPUs. */
enum dh_err dh_gather_services(struct dh_sim *sim, struct dh_diag *diag);
void dh_free_services(struct dh_sim *sim);

/* Fills summary and audit from a world that has run. */
void dh_summarize(struct dh_sim *sim, enum dh_err ended);

#endif
