/* Transfers of data in a run: flows over the links of stores (models/storage.h) in one flow net.
 *
 * A transfer goes from a store, to a store, or from one to another. It begins at once (an archive's when it
 * has drives and their tapes are mounted), shares what it crosses with all others max-min fairly, and ends by
 * itself. What waits for it is told by a function, in phase DATA of the instant of its end. Bytes are exact:
 * what was asked of each store is delivered, cancelled or under way. */
#ifndef DH_MODELS_WORLD_STORAGE_H
#define DH_MODELS_WORLD_STORAGE_H

#include "models/flow.h"
#include "models/storage.h"

#include <datahall/time.h>
#include "sim/des.h"
#include "sim/sum.h"

struct dh_world;

/* What a transfer is for, for the books. */
enum dh_data_use {
    DH_DATA_CHECKPOINT,
    DH_DATA_RESTART,
    DH_DATA_DATASET,
    DH_DATA_PIPELINE,
    DH_DATA_TIER,
    DH_N_DATA_USE
};

struct dh_data_transfer {
    int32_t from, to; /* stores; -1: none, at the nodes or outside. At least one */
    double bytes;     /* 0 or more, finite; with 0 it ends in this instant */
    double files;     /* that they are in; 0: one stream of data */
    int32_t nodes;    /* whose adapters it goes through; 0: none */
    double streams;   /* side by side, 0: as many as nodes, at least one */
    double cap;       /* bytes/s at most, besides; 0: none */
    enum dh_data_use use;
    int32_t subject; /* given to the functions */
    int32_t *object; /* NULL, or where the row of what was written is put before done(): for deleting it */
    /* It has ended: all is there. NULL: nobody waits. May start and cancel transfers. What it returns but
     * DH_OK ends the run. */
    enum dh_err (*done)(struct dh_world *w, int32_t subject);
    /* Its rate has changed, and stands in an instant that is over; also after the start. For readers that go
     * on for long, at the pace of their cap. NULL: nobody asks. May set caps and paces, not start, end or
     * cancel. */
    enum dh_err (*paced)(struct dh_world *w, int32_t subject, double bytes_per_s);
};

enum { DH_TRANSFER_NONE = -1 };

/* Row of a store by its id; -1: none. */
int32_t dh_world_store(const struct dh_world *w, const char *id);

/* Begins now. *id is free to be given again once it has ended or was cancelled: forget it in done(). A
 * transfer to a store without room for its bytes does not begin: *id is DH_TRANSFER_NONE then, and an
 * incident is told. DH_ERR_RANGE for what the comments above do not allow, DH_ERR_MEMORY. */
enum dh_err dh_world_transfer(struct dh_world *w, const struct dh_data_transfer *transfer, int32_t *id);
/* Ends now without done(): what it has delivered stays delivered, but nothing is stored of it. */
enum dh_err dh_world_transfer_cancel(struct dh_world *w, int32_t id);
/* It goes on with another cap, bytes/s, above 0; INFINITY: none. The limits of its streams and nodes stay. */
enum dh_err dh_world_transfer_cap(struct dh_world *w, int32_t id, double cap);

/* Bytes/s now, and bytes still to come; and the most that it may have with nothing else under way. */
double dh_world_transfer_rate(struct dh_world *w, int32_t id);
double dh_world_transfer_left(struct dh_world *w, int32_t id);
double dh_world_transfer_alone(const struct dh_world *w, const struct dh_data_transfer *transfer);

/* Room of a store, bytes: what is neither stored nor promised to writes under way. INFINITY: no limit. */
double dh_world_store_room(const struct dh_world *w, int32_t store);
/* What a write left there is deleted, wherever tiers have moved it since. object: as given by the write; rows
 * are given again after that. */
enum dh_err dh_world_store_delete(struct dh_world *w, int32_t object);

/* ---- the run's own ------------------------------------------------------------------------------------ */

/* Servers and metadata servers of a store in service from now on. */
enum dh_err dh_world_store_units(struct dh_world *w, int32_t store, int32_t servers_out,
                                 int32_t metadata_out);

/* A rack stands still for one more reason, or for one less: if it is a store's, that does likewise. */
enum dh_err dh_world_store_rack(struct dh_world *w, int32_t rack, bool down);

enum dh_moving_state { DH_MOVING_FREE, DH_MOVING_WAITS, DH_MOVING_MOUNTS, DH_MOVING_FLOWS, DH_MOVING_ENDED };

/* A transfer under way. */
struct dh_moving {
    struct dh_data_transfer asked;
    enum dh_moving_state state;
    uint32_t generation; /* of its mount */
    int32_t flow;        /* in the net, while it flows */
    int32_t drives;      /* that it holds or waits for */
    int32_t next;        /* in the queue for drives; -1: the last */
    double cap;          /* of its streams and nodes */
    double told;         /* rate that paced() heard of last */
    dh_time began;
};

/* Bytes of one direction of a store. */
struct dh_store_bytes {
    struct dh_sum asked, delivered, cancelled, operations;
};

/* Bytes over time are exact: 10 EB over 90 years are 3e37, more than 64 bits hold. */
__extension__ typedef __int128 dh_b_ns;

struct dh_store_run {
    int32_t link[DH_N_STORE_LINK]; /* of the net; -1: none */
    int32_t servers_out, metadata_out;
    int32_t dark; /* reasons why its rack stands still: no power, heat */
    int32_t drives_held, first_waiting, last_waiting, n_waiting;
    struct dh_store_bytes read, written;
    double promised_b; /* to writes under way */
    int64_t stored_b, most_b;
    dh_b_ns stored_b_ns; /* integral, up to stored_at */
    dh_time stored_at;
    int32_t oldest, newest;     /* of its objects; -1: none */
    int64_t n_refused;          /* writes without room */
    int64_t moving_b;           /* of what is stored: on its way to the next tier */
    dh_time tier_at;            /* when that is looked at again */
    dh_time still_since, still; /* it stands still since then, DH_TIME_NONE: does not; and has in all */
    dh_time longest_wait;       /* for drives */
    struct dh_sum server_s;     /* time of its servers that ended transfers took */
    double read_mark_b, write_mark_b;
};

/* What a write has left. */
struct dh_stored {
    int32_t store; /* -1: a free row */
    int32_t older, newer;
    int32_t moving; /* the transfer that moves it to another tier; -1: stays */
    int64_t bytes;
    dh_time written;
};

struct dh_storage_run {
    const struct dh_storage *storage; /* the facility's */
    struct dh_flow_net *net;          /* NULL: the scenario has no stores */
    struct dh_store_run *stores;
    struct dh_moving *moving;
    int32_t n_moving, moving_room, first_free;
    int32_t *flow_of; /* by flow of the net: the transfer */
    int32_t flow_room;
    int32_t *ended; /* transfers that have ended and are yet to be told of */
    int32_t n_ended, ended_room;
    struct dh_stored *objects;
    int32_t n_object, object_room, first_object;
    uint32_t generation; /* of the event at the next end */
    double next_s;       /* which is then */
    bool planned;        /* an event is due in this instant */
    struct dh_sum by_use[DH_N_DATA_USE];
    int64_t n_by_use[DH_N_DATA_USE];
};

/* Of a store up to now, what is under way included. */
struct dh_store_figures {
    double read_b, written_b; /* delivered, and by transfers under way */
    double asked_b, cancelled_b, left_b;
    double read_b_per_s, write_b_per_s; /* now */
    double stored_b, peak_b;
    double busy;     /* share of its servers' time */
    double usd;      /* what it has cost */
    double residual; /* of its bytes, and of its servers' time against what the net carried; as a share */
    int32_t n_moving, n_waiting;
};
/* After dh_world_storage_to_now. */
void dh_world_store_figures(const struct dh_world *w, int32_t store, struct dh_store_figures *out);
/* Bytes moved so far for a use, of transfers under way too. */
double dh_world_storage_moved(const struct dh_world *w, enum dh_data_use use);
bool dh_world_storage_priced(const struct dh_world *w);

enum dh_err dh_world_storage_start(struct dh_world *w);
void dh_world_storage_free(struct dh_world *w);
/* Data move, or will: at more than the byte a second of who waits for something else. */
bool dh_world_storage_moves(const struct dh_world *w);
/* Moves the net's clock to now; who ends is told in phase DATA. */
enum dh_err dh_world_storage_to_now(struct dh_world *w);
/* Columns of stores to w->out: means of the interval that ends; 0: as they are now. */
enum dh_err dh_world_storage_sample(struct dh_world *w, double interval_s);
enum dh_err dh_world_stored_put(struct dh_world *w, int32_t store, double bytes, int32_t *row);
enum dh_err dh_world_tier(struct dh_world *w, int32_t store);
enum dh_err dh_world_on_tier(struct dh_des *des, void *world, const struct dh_event *ev);
const struct dh_store *dh_store_of(const struct dh_world *w, int32_t store);
/* Makes *array hold n elements of size bytes, and more; what was there stays. */
bool dh_room_for(void *array, int32_t *room, int32_t n, size_t size);
enum dh_err dh_world_on_data(struct dh_des *des, void *world, const struct dh_event *ev);

#endif
