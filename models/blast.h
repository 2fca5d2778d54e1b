/* What followed from one thing that was made to fail: the incidents between a trip and the time at which all
 * is as before, in the order of their causes. Times are as in the run; DH_TIME_NONE: it did not happen.
 *
 * An effect belongs to the newest trip whose consequences are not over. */
#ifndef DH_MODELS_BLAST_H
#define DH_MODELS_BLAST_H

#include <datahall/time.h>
#include "models/incident.h"

#include <stdbool.h>
#include <stdint.h>

enum { DH_BLAST_NAMES = 12 }; /* stages that are named; the others are counted */

struct dh_blast {
    const char *trip; /* as given */
    dh_time at, back; /* until when it was out; DH_TIME_NONE: to the end */
    dh_time over;     /* when nothing of it was left; DH_TIME_NONE: not in the run */
    int32_t units;    /* taken out */
    /* first times, and how many */
    dh_time first[DH_N_INCIDENT];
    int32_t n[DH_N_INCIDENT];
    int32_t stages[DH_BLAST_NAMES]; /* that lost power, in order */
    int32_t n_stage;
    int32_t cooling_lost;   /* groups of cooling equipment without power */
    double lost_work_gpu_h; /* since the last checkpoints of the jobs that were killed */
    double down_gpu_h;      /* GPUs that were down, beyond those that were before */
    double slowed_gpu_h;    /* busy GPUs below full clock: time times the missing share */
    /* marks at the trip */
    double down_mark_gpu_h, slowed_mark_gpu_h;
    int64_t down_before;
    int64_t *over_mark; /* of each power stage: how often it was above its rating */
};

/* Starts an account. */
void dh_blast_begin(struct dh_blast *blast, const char *trip, dh_time at, int32_t units);

/* An incident that belongs to it. */
void dh_blast_note(struct dh_blast *blast, dh_time at, enum dh_incident kind, int32_t subject, double value);

/* GPU hours lost: work, down and slowed. */
double dh_blast_gpu_h(const struct dh_blast *blast);

#endif
