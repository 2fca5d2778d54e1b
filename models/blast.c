#include "models/blast.h"

#include <math.h>
#include <stddef.h>

/* Steps of the account: of stages and cooling each instant, of racks and jobs the first; else none. */
static enum { NOT_TOLD, EACH_INSTANT, FIRST_ONLY } telling(enum dh_incident kind) {
    switch (kind) {
    case DH_INCIDENT_STAGE_DEAD:
    case DH_INCIDENT_STAGE_LIVE:
    case DH_INCIDENT_BATTERY_BEGIN:
    case DH_INCIDENT_BATTERY_END:
    case DH_INCIDENT_BATTERY_EMPTY:
    case DH_INCIDENT_GENERATOR_ON:
    case DH_INCIDENT_GENERATOR_OFF:
    case DH_INCIDENT_GENERATOR_FAILED:
    case DH_INCIDENT_GENERATOR_STALL:
    case DH_INCIDENT_FUEL_EMPTY:
    case DH_INCIDENT_BREAKER_TRIP:
    case DH_INCIDENT_OVERLOAD_BEGIN:
    case DH_INCIDENT_OVERLOAD_END:
    case DH_INCIDENT_COOLING_DEAD:
    case DH_INCIDENT_COOLING_LIVE:
    case DH_INCIDENT_COOLING_SHORT:
        return EACH_INSTANT;
    case DH_INCIDENT_RACK_DARK:
    case DH_INCIDENT_RACK_LIT:
    case DH_INCIDENT_THROTTLE_BEGIN:
    case DH_INCIDENT_SHUTDOWN:
    case DH_INCIDENT_RESTORED:
    case DH_INCIDENT_JOB_FAILED:
        return FIRST_ONLY;
    default:
        return NOT_TOLD;
    }
}

void dh_blast_begin(struct dh_blast *blast, const char *trip, dh_time at, int32_t units) {
    *blast = (struct dh_blast){.trip = trip,
                               .at = at,
                               .back = DH_TIME_NONE,
                               .over = DH_TIME_NONE,
                               .next = DH_TIME_NONE,
                               .units = units,
                               .battery_s = INFINITY,
                               .inlet_degc = NAN,
                               .most_loaded = -1};
    for (int k = 0; k < DH_N_INCIDENT; k++)
        blast->first[k] = DH_TIME_NONE;
}

/* Whether it is new. */
static bool add_row(struct dh_blast_rows *rows, int32_t row) {
    int32_t known = rows->n < DH_BLAST_NAMES ? rows->n : DH_BLAST_NAMES;
    for (int32_t i = 0; i < known; i++)
        if (rows->row[i] == row)
            return false;
    if (rows->n < DH_BLAST_NAMES)
        rows->row[rows->n] = row;
    rows->n++;
    return true;
}

static void add_step(struct dh_blast *b, dh_time at, enum dh_incident kind, int32_t subject, double value) {
    int how = telling(kind);
    struct dh_blast_step *step = NULL;
    if (how == NOT_TOLD)
        return;
    for (int32_t i = b->n_step - 1; i >= 0 && !step; i--)
        if (b->step[i].kind == kind && (how == FIRST_ONLY || b->step[i].at == at))
            step = &b->step[i];
    if (!step && b->n_step == DH_BLAST_STEPS) {
        b->n_more++;
        return;
    }
    if (!step) {
        step = &b->step[b->n_step++];
        *step = (struct dh_blast_step){.at = at, .kind = kind, .value = value};
    }
    if (step->n < DH_BLAST_NAMES)
        step->subject[step->n] = subject;
    step->n++;
}

void dh_blast_note(struct dh_blast *b, dh_time at, enum dh_incident kind, int32_t subject, double value) {
    if (b->first[kind] == DH_TIME_NONE)
        b->first[kind] = at;
    b->n[kind]++;
    if (kind != DH_INCIDENT_COOLING_SHORT || add_row(&b->warm, subject))
        add_step(b, at, kind, subject, value);
    if (kind == DH_INCIDENT_STAGE_DEAD)
        add_row(&b->stages, subject);
    if (kind == DH_INCIDENT_COOLING_DEAD)
        add_row(&b->cooling, subject);
    if (kind == DH_INCIDENT_JOB_FAILED)
        b->lost_work_gpu_h += value;
}

double dh_blast_gpu_h(const struct dh_blast *b) {
    return b->lost_work_gpu_h + b->down_gpu_h + b->slowed_gpu_h;
}
