/* Whoever watches a run: recorder, view. Sees everything, changes nothing. */
#ifndef DH_MODELS_OBSERVER_H
#define DH_MODELS_OBSERVER_H

#include <datahall/err.h>
#include <datahall/time.h>
#include "models/incident.h"
#include "models/state.h"

enum dh_sample {
    DH_SAMPLE_FACILITY, /* every record interval: all columns but the racks' */
    DH_SAMPLE_RACKS,    /* every rack interval: the racks' columns */
};

struct dh_observer {
    /* at: start of the interval that the means cover. An error ends the run. */
    enum dh_err (*sample)(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                          const struct dh_state *s);
    /* Something happened (incident.def); subject is a row of the incident's entity. May be NULL. */
    enum dh_err (*incident)(void *self, dh_time at, enum dh_incident kind, int32_t subject, double value);
    void *self;
};

#endif
