/* How large a run will be, before anything is allocated: for limits and for --dry-run. */
#ifndef DH_SCENARIOS_SCENARIO_ESTIMATE_H
#define DH_SCENARIOS_SCENARIO_ESTIMATE_H

#include "scenarios/scenario.h"

struct dh_run_size {
    int64_t racks, nodes, gpus;
    int64_t jobs;     /* as given, else those expected of the synthetic streams */
    int64_t requests; /* expected of services one by one, without logs */
    double memory_bytes, file_bytes;
    int64_t events, plant_steps;
};

/* A scenario that would need more is refused with E-LIMIT-MEMORY. */
#define DH_MEMORY_BUDGET_BYTES (8.0 * 1024 * 1024 * 1024)
/* The same for plant steps and for samples of a series (E-LIMIT-STEPS). */
#define DH_STEPS_MAX 1e9
/* And for requests one by one: hours. */
#define DH_REQUESTS_MAX 1e9

/* n_job: jobs of the run where they are read already, -1: not yet, then logs count nothing. Memory and file
 * are fitted to measured runs. Counts saturate at INT64_MAX. The scenario need not be checked yet, but its
 * references must hold. */
void dh_scenario_estimate(const struct dh_scenario *scenario, int64_t n_job, struct dh_run_size *estimate);

#endif
