/* Checkpoints that travel to a store (models/world_storage.h), and back at a restart.
 *
 * Such a job works for `checkpoint`, stands still for `checkpoint_write`, which is the copy to host memory
 * and part of its planned time as without a store, and then writes: a transfer of all its nodes. While a
 * synchronous one is written the job stands still, halted for CHECKPOINT; after an asynchronous one it goes
 * on, and stands still only where the next is due before it has ended. A failure leaves what the last write
 * that ended holds, and cancels the one under way. The next attempt, once its lead is over (models/job.h:
 * noticing, starting), reads that back: halted for RESTART until it is there. With nothing else under way
 * this is what dh_job_wall and dh_job_saved say for the same rate, to the rounding of times.
 *
 * The newest `keep` stay in the store, older ones are deleted when one more is complete. A write that the
 * store has no room for is left out: the job goes on, and has that much more to lose. */
#ifndef DH_MODELS_WORLD_SAVING_H
#define DH_MODELS_WORLD_SAVING_H

#include "scenarios/scenario.h"
#include "sim/des.h"

#include <datahall/time.h>

struct dh_world;

enum dh_saving_step {
    DH_SAVING_STARTS, /* until its lead is over */
    DH_SAVING_READS,  /* halted */
    DH_SAVING_WORKS,  /* until the next checkpoint is due */
    DH_SAVING_WAITS,  /* for the write before: halted */
    DH_SAVING_COPIES, /* to host memory */
    DH_SAVING_WRITES  /* synchronously: halted */
};

/* How one job saves its work. */
struct dh_saving {
    int32_t store;
    double bytes;
    bool synchronous;
    enum dh_saving_step step;
    dh_time n_taken;          /* checkpoints of this attempt that were copied */
    dh_time n_saved;          /* number of the last that is in the store */
    int32_t read_from;        /* store of what is read back: tiers may have moved it */
    int32_t writing, reading; /* transfers; DH_TRANSFER_NONE */
    int32_t written;          /* object of the last write */
    int32_t *kept;            /* objects, a ring of keep + 1: oldest first */
    int32_t keep, first, n_kept;
    dh_time since; /* the transfer under way began */
};

struct dh_saving_run {
    struct dh_saving **of;         /* of each job; NULL: it does not save to a store. NULL: no job does */
    int64_t n_written, n_left_out; /* checkpoints; of the latter, for lack of room */
    int64_t n_read;
    dh_time longest_write, longest_read;
    double longest_write_share, longest_read_share; /* over the time that it takes alone */
};

/* The job saves as spec says, whose `to` is given. bytes: of one checkpoint; its job has its interval.
 * DH_ERR_MEMORY. */
enum dh_err dh_world_save_to(struct dh_world *w, int32_t job, const struct dh_checkpoints_spec *spec,
                             double bytes);
/* Bytes/s of a job of so many GPUs that has a store for itself. */
double dh_world_saving_alone(const struct dh_world *w, const struct dh_checkpoints_spec *spec, double gpus,
                             double bytes, bool write);

/* Plans what a running job does next, once its rate is known. */
enum dh_err dh_world_plan_saving(struct dh_world *w, int32_t job);
enum dh_err dh_world_on_checkpoint(struct dh_des *des, void *world, const struct dh_event *ev);
/* It has left its GPUs for good, or failed: what is under way is cancelled, and the next attempt begins by
 * reading. */
enum dh_err dh_world_saving_ends(struct dh_world *w, int32_t job);
/* Work that this attempt, so long under way behind its lead, has saved. */
dh_time dh_world_saved(const struct dh_world *w, int32_t job, dh_time wall);

#endif
