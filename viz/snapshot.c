#include "viz/snapshot.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Of the three frames the run writes one, the view reads one, and the third is the newest complete one, which
 * either of them swaps for its own. FRESH says that the view has not had it. */
enum { FRESH = 4u, INDEX = 3u };

struct dh_snapshot {
    const struct dh_facility *facility;
    struct dh_frame frames[3];
    int64_t racks_serial[3]; /* which rack sample a frame holds: the run's */
    /* Each on a cache line of its own, so that the view's looking does not slow the run down. */
    _Alignas(64) unsigned writing; /* the run's */
    int64_t serial, rack_serial, n_incident[DH_N_INCIDENT];
    dh_time at, racks_at;
    _Alignas(64) atomic_uint newest;
    _Alignas(64) unsigned reading; /* the view's */
};

enum dh_err dh_snapshot_open(struct dh_snapshot **out, const struct dh_facility *facility) {
    struct dh_snapshot *s = aligned_alloc(_Alignof(struct dh_snapshot), sizeof *s);
    *out = NULL;
    if (!s)
        return DH_ERR_MEMORY;
    memset(s, 0, sizeof *s);
    s->facility = facility;
    s->racks_at = DH_TIME_NONE;
    s->writing = 0;
    atomic_init(&s->newest, 1u);
    s->reading = 2;
    for (int i = 0; i < 3; i++)
        if (dh_state_init(&s->frames[i].state, facility) != DH_OK) {
            dh_snapshot_close(s);
            return DH_ERR_MEMORY;
        }
    *out = s;
    return DH_OK;
}

void dh_snapshot_close(struct dh_snapshot *s) {
    for (int i = 0; s && i < 3; i++)
        dh_state_free(&s->frames[i].state);
    free(s);
}

/* Columns of racks, or all others. */
static void copy_columns(const struct dh_snapshot *s, struct dh_state *to, const struct dh_state *from,
                         bool racks) {
    for (int32_t c = 0; c < dh_n_state_column; c++) {
        const struct dh_column *column = &dh_state_columns[c];
        size_t n = (size_t)dh_column_rows(s->facility, column);
        if ((column->count == offsetof(struct dh_facility, n_rack)) != racks || n == 0)
            continue;
        double *values;
        memcpy(&values, (const char *)to + column->offset, sizeof values);
        memcpy(values, dh_state_column(from, column), n * sizeof *values);
    }
}

/* Whatever the sample is of: `from` holds the last of the other kind, too. */
static enum dh_err sample(void *self, enum dh_sample what, dh_time at, const struct dh_facility *f,
                          const struct dh_state *from) {
    struct dh_snapshot *s = self;
    struct dh_frame *frame = &s->frames[s->writing];
    (void)f;
    if (what == DH_SAMPLE_RACKS) {
        s->rack_serial++;
        s->racks_at = at;
    }
    /* The means of racks begin longer ago; a frame is as new as what it has of the facility. */
    if (what == DH_SAMPLE_FACILITY || s->serial == 0)
        s->at = at;
    frame->at = s->at;
    frame->racks_at = s->racks_at;
    frame->serial = ++s->serial;
    memcpy(frame->n_incident, s->n_incident, sizeof frame->n_incident);
    copy_columns(s, &frame->state, from, false);
    if (s->racks_serial[s->writing] != s->rack_serial) {
        copy_columns(s, &frame->state, from, true);
        s->racks_serial[s->writing] = s->rack_serial;
    }
    s->writing = atomic_exchange_explicit(&s->newest, s->writing | FRESH, memory_order_acq_rel) & INDEX;
    return DH_OK;
}

static enum dh_err incident(void *self, dh_time at, enum dh_incident kind, int32_t subject, double value) {
    struct dh_snapshot *s = self;
    (void)at, (void)subject, (void)value;
    s->n_incident[kind]++;
    return DH_OK;
}

struct dh_observer dh_snapshot_observer(struct dh_snapshot *s) {
    return (struct dh_observer){.sample = sample, .incident = incident, .self = s};
}

const struct dh_frame *dh_snapshot_read(struct dh_snapshot *s) {
    if (atomic_load_explicit(&s->newest, memory_order_relaxed) & FRESH)
        s->reading = atomic_exchange_explicit(&s->newest, s->reading, memory_order_acq_rel) & INDEX;
    const struct dh_frame *frame = &s->frames[s->reading];
    return frame->serial > 0 ? frame : NULL;
}
