/* Whoever watches a run: recorder, view. Sees everything, changes nothing. */
#ifndef DH_MODELS_OBSERVER_H
#define DH_MODELS_OBSERVER_H

#include <datahall/err.h>
#include <datahall/time.h>
#include "models/incident.h"
#include "models/job.h"
#include "models/job_tree.h"
#include "models/state.h"

enum dh_sample {
    DH_SAMPLE_FACILITY, /* every record interval: all columns but the racks' */
    DH_SAMPLE_RACKS,    /* every rack interval: the racks' columns */
};

/* Jobs as they are at a sample, all borrowed for the call. */
struct dh_observed_jobs {
    dh_time now;
    const struct dh_job_list *list;
    const struct dh_job_run *runs;               /* of each job of the list */
    const struct dh_job_tree *running, *waiting; /* rows of the list: running ones by the end that the
                                                    scheduler believes in, waiting ones in its order */
    bool last;                                   /* the run is over: no more will come */
};

/* How often and what: of a scenario that does not say, the defaults of the language. */
const struct dh_record_spec *dh_record_of(const struct dh_scenario *scenario);

struct dh_action;

struct dh_observer {
    /* at: start of the interval that the means cover. An error ends the run. */
    enum dh_err (*sample)(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                          const struct dh_state *s);
    /* Something happened (incident.def); subject is a row of the incident's entity. May be NULL. */
    enum dh_err (*incident)(void *self, dh_time at, enum dh_incident kind, int32_t subject, double value);
    /* Somebody does something that is to be told (models/action.h); called before it has any consequence. May
     * be NULL. */
    enum dh_err (*action)(void *self, dh_time at, const struct dh_action *action);
    /* At each facility sample, and once more at the end of a run; and when a job of any kind is over, with
     * what became of it. May be NULL. */
    void (*jobs)(void *self, const struct dh_observed_jobs *jobs);
    void (*job_over)(void *self, const struct dh_job_list *list, const struct dh_job_run *runs, int32_t job);
    void *self;
};

#endif
