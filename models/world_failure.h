/* Failures in a run: units with their clocks, people and parts, shocks, planned work, trips. */
#ifndef DH_MODELS_WORLD_FAILURE_H
#define DH_MODELS_WORLD_FAILURE_H

#include "models/blast.h"
#include "models/equipment.h"
#include "models/failure.h"

enum dh_failing_state { DH_FAILING_WORKS, DH_FAILING_NEEDS_PART, DH_FAILING_NEEDS_CREW, DH_FAILING_REPAIR };

/* A unit under one <failure>. Its clock runs while it works: not in repair, and not while something else
 * holds it out of service. */
struct dh_failing_unit {
    int32_t process;
    uint64_t entity; /* of its random streams */
    uint32_t n_life, n_repair;
    uint32_t generation; /* of its failure event */
    enum dh_failing_state state;
    bool stands;  /* the clock does */
    dh_time at;   /* of the failure, while the clock runs */
    dh_time left; /* of the life, while it stands */
    int32_t next; /* in a queue; -1: the last */
};

struct dh_failure_process {
    const struct dh_failure_spec *spec;
    struct dh_failure_law law;
    int32_t first, n;           /* failing units */
    int32_t first_unit, n_each; /* of the equipment: the first, and how many each failing unit stands for */
    int32_t crew, spare;        /* rows; -1: none needed */
};

struct dh_waiting {
    int32_t free;       /* crews or parts at hand */
    int32_t head, tail; /* failing units that wait for one; -1: none */
};

struct dh_shock {
    const struct dh_common_cause_spec *spec;
    struct dh_failure_law law; /* between shocks, and of repairs */
    uint64_t entity;
    uint32_t n_shock;
    struct dh_target *targets;
    int32_t n_target;
};

struct dh_upkeep {
    const struct dh_maintenance_spec *spec;
    struct dh_target target;
    uint64_t entity;
    uint32_t n_switch;
    int32_t next; /* unit that the next window begins with */
    int32_t *out; /* units out in the present window */
    int32_t n_out;
    bool error; /* all are down by a mistake */
};

struct dh_trip {
    const struct dh_event_spec *spec;
    struct dh_target target;
    dh_time at;
    int32_t *held; /* units that it holds */
    int32_t n_held;
    struct dh_blast blast;
    bool began, open; /* its consequences are not over */
    bool by_hand;     /* somebody put some of it back */
};

/* What the failures of one <failure>, or all other reasons together, cost jobs. */
struct dh_toll {
    int64_t n_job;                         /* jobs that lost their nodes */
    __extension__ __int128 lost_gpu_ns;    /* work to be done again */
    __extension__ __int128 restart_gpu_ns; /* GPUs held until the work went on */
    __extension__ __int128 waiting_gpu_ns; /* GPUs waited for */
};

/* {0}: nothing fails. */
struct dh_failure_run {
    struct dh_equipment equipment;
    struct dh_failure_process *processes;
    struct dh_failing_unit *units;
    struct dh_waiting *crews, *spares;
    struct dh_shock *shocks;
    struct dh_upkeep *upkeeps;
    struct dh_trip *trips;
    int32_t n_process, n_unit, n_crew, n_spare, n_shock, n_upkeep, n_trip;
    int32_t trip_room;
    int32_t *touched; /* groups that changed in the event at hand */
    bool *is_touched;
    int32_t n_touched;
    int32_t newest; /* trip whose consequences go on; -1: none */
    int32_t n_away; /* units in repair or waiting for one, trips and windows that will end */
    int64_t n_failure, n_human_error, n_shocked;
    struct dh_toll *tolls; /* of each process, and one more for the rest; NULL without <failures> */
    int32_t cause;         /* row of tolls that whatever goes down now counts for */
    bool models;           /* something may fail: availability is reported */
};

#endif
