/* Incidents: what happened in a run that is neither a job's start or end nor a sample. */
#ifndef DH_MODELS_INCIDENT_H
#define DH_MODELS_INCIDENT_H

enum dh_incident {
#define INCIDENT(name, word, entity, about) DH_INCIDENT_##name,
#include "models/incident.def"
#undef INCIDENT
    DH_N_INCIDENT
};

#endif
