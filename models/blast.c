#include "models/blast.h"

void dh_blast_begin(struct dh_blast *blast, const char *trip, dh_time at, int32_t units) {
    *blast =
        (struct dh_blast){.trip = trip, .at = at, .back = DH_TIME_NONE, .over = DH_TIME_NONE, .units = units};
    for (int k = 0; k < DH_N_INCIDENT; k++)
        blast->first[k] = DH_TIME_NONE;
}

void dh_blast_note(struct dh_blast *b, dh_time at, enum dh_incident kind, int32_t subject, double value) {
    if (b->first[kind] == DH_TIME_NONE)
        b->first[kind] = at;
    b->n[kind]++;
    if (kind == DH_INCIDENT_STAGE_DEAD && b->n_stage < DH_BLAST_NAMES) {
        bool known = false;
        for (int32_t i = 0; i < b->n_stage; i++)
            known |= b->stages[i] == subject;
        if (!known)
            b->stages[b->n_stage++] = subject;
    }
    if (kind == DH_INCIDENT_JOB_FAILED)
        b->lost_work_gpu_h += value;
}

double dh_blast_gpu_h(const struct dh_blast *b) {
    return b->lost_work_gpu_h + b->down_gpu_h + b->slowed_gpu_h;
}
