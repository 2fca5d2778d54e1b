/* What followed from things that were made to fail at one instant: the incidents between that and the time at
 * which all is as before, in the order of their causes. Times are as in the run; DH_TIME_NONE: it did not
 * happen.
 *
 * An effect belongs to the newest trip whose consequences are not over. */
#ifndef DH_MODELS_BLAST_H
#define DH_MODELS_BLAST_H

#include <datahall/time.h>
#include "models/incident.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    DH_BLAST_NAMES = 12, /* rows that are named of one kind; the others are counted */
    DH_BLAST_STEPS = 40  /* of the account; later ones are counted */
};

/* What happened to one or several at an instant. Of racks and jobs the first instant stands for all; of
 * cooling that is too warm, the first time of each. */
struct dh_blast_step {
    dh_time at;
    enum dh_incident kind;
    int32_t subject[DH_BLAST_NAMES]; /* the first ones */
    int32_t n;
    double value; /* of the first */
};

/* Rows of one kind, each once, in order; the further ones are counted. */
struct dh_blast_rows {
    int32_t row[DH_BLAST_NAMES], n;
};

struct dh_blast {
    const char *trip; /* as given; of several at one instant with commas between */
    dh_time at, back; /* until when it was out, the last of them; DH_TIME_NONE: to the end */
    dh_time over;     /* when nothing of it was left; DH_TIME_NONE: not in the run */
    dh_time next;     /* of the trip that took over before it was over; DH_TIME_NONE: none did */
    int32_t units;    /* taken out */
    /* first times, and how many */
    dh_time first[DH_N_INCIDENT];
    int32_t n[DH_N_INCIDENT];
    struct dh_blast_step step[DH_BLAST_STEPS];
    int32_t n_step, n_more;               /* more: left out */
    struct dh_blast_rows stages, cooling; /* that lost power */
    struct dh_blast_rows warm;            /* cooling that rose above its set-point */
    double battery_s;  /* shortest that a battery would have lasted at the load that it took over; INFINITY */
    double inlet_degc; /* hottest at a rack; NAN */
    double overload;   /* highest share of the usable rating that a stage carried, */
    int32_t most_loaded;    /* and which stage; -1: none */
    double lost_work_gpu_h; /* since the last checkpoints of the jobs that were killed */
    double down_gpu_h;      /* GPUs that were down, beyond those that were before */
    double slowed_gpu_h;    /* busy GPUs below full clock: time times the missing share */
    /* marks at the trip */
    double down_mark_gpu_h, slowed_mark_gpu_h;
    int64_t down_before;
    int32_t hot_before, short_before;
    int64_t *over_mark;     /* of each power stage: how often it was above its rating */
    int32_t *choice_before; /* of each stage behind a transfer switch: the feed that carried it */
};

/* Starts an account. */
void dh_blast_begin(struct dh_blast *blast, const char *trip, dh_time at, int32_t units);

/* An incident that belongs to it. */
void dh_blast_note(struct dh_blast *blast, dh_time at, enum dh_incident kind, int32_t subject, double value);

/* GPU hours lost: work, down and slowed. */
double dh_blast_gpu_h(const struct dh_blast *blast);

#endif
