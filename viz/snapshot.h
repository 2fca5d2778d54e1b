/* Snapshots of a run for a live view: an observer that copies what a frame can show, and hands the copies
 * over through a triple buffer. The run never waits for the view, the view never for the run, and the run's
 * results do not depend on whether anyone looks.
 *
 * Two threads, at most: the run calls the observer, the view dh_snapshot_read. A third thread, or two views
 * of one snapshot, need one of their own each. Nothing is said of frames that the view was too slow for: it
 * sees the newest complete one, in order of time, and never one that is half written. */
#ifndef DH_VIZ_SNAPSHOT_H
#define DH_VIZ_SNAPSHOT_H

#include "models/observer.h"

/* One instant of a run. */
struct dh_frame {
    dh_time at;       /* of the newest sample of the facility in it: the start of the interval it covers */
    dh_time racks_at; /* the same of the rack columns; DH_TIME_NONE before their first */
    int64_t serial;   /* samples seen so far; 1 for the first frame */
    int64_t n_incident[DH_N_INCIDENT]; /* incidents so far, by kind */
    struct dh_state state;             /* every column of state.def; rows as in the facility */
};

struct dh_snapshot;

/* A snapshot for runs on this facility, which must outlive it. DH_ERR_MEMORY. */
enum dh_err dh_snapshot_open(struct dh_snapshot **out, const struct dh_facility *facility);

/* After the run has ended (or without one) and the view has read for the last time; NULL is allowed. */
void dh_snapshot_close(struct dh_snapshot *snapshot);

/* For the run. The observer fails never, allocates nothing and takes no lock: each sample costs a copy of the
 * facility's columns, and of the rack columns only where they changed. */
struct dh_observer dh_snapshot_observer(struct dh_snapshot *snapshot);

/* For the view: the newest complete frame, NULL before the first. It stays as it is until the next call,
 * which returns the same one again when nothing has happened since. */
const struct dh_frame *dh_snapshot_read(struct dh_snapshot *snapshot);

#endif
