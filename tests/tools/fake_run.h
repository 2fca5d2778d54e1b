/* A made-up facility and a made-up run of any length, for tests of result files. The series are smooth with
 * noise, so that they compress like real ones, and depend on nothing but the arguments. */
#ifndef DH_TESTS_TOOLS_FAKE_RUN_H
#define DH_TESTS_TOOLS_FAKE_RUN_H

#include "output/recorder.h"

struct fake_run {
    struct dh_facility facility;
    struct dh_state state;
    struct dh_scenario_file file;
    struct dh_job_list jobs;
    struct dh_job_run *runs;
    struct dh_arena mem;
};

/* n_rack racks of two nodes in two halls; n_job jobs. */
void fake_run_init(struct fake_run *fake, int32_t n_rack, int32_t n_job);
void fake_run_free(struct fake_run *fake);

/* The state at a time. */
void fake_run_state(struct fake_run *fake, dh_time at);

/* A whole run recorded: rows of `interval` seconds for facility and `rack_interval` for racks. Status as
 * given. */
enum dh_err fake_run_record(struct fake_run *fake, const char *path, double duration_s, double interval_s,
                            double rack_interval_s, enum dh_recorder_status status, struct dh_diag *diag);

#endif
